//! Lists of labels between MySQL's SET (`a,b`) and PostgreSQL's `text[]` (`{a,"b c"}`).

use super::Unfit;

const NOT_LIST: Unfit = "the text is not a one-dimensional array";

/// `{a,"b c"}` to `a,b c`. No element holds a comma or is NULL: a SET has no such label.
pub(in crate::core) fn join_elements(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    let inner = text.strip_prefix(b"{").and_then(|t| t.strip_suffix(b"}")).ok_or(NOT_LIST)?;
    if inner.is_empty() {
        return Ok(());
    }
    let mut rest = inner;
    loop {
        rest = match rest {
            [b'"', quoted @ ..] => quoted_element(quoted, out)?,
            _ => {
                let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
                let element = &rest[..end];
                let null = element.eq_ignore_ascii_case(b"null");
                if null || element.is_empty() || element.iter().any(|b| b"{}\"\\".contains(b)) {
                    return Err(NOT_LIST);
                }
                out.extend_from_slice(element);
                &rest[end..]
            }
        };
        match rest {
            [] => return Ok(()),
            [b',', more @ ..] => {
                out.push(b',');
                rest = more;
            }
            _ => return Err(NOT_LIST),
        }
    }
}

/// An element after its opening quote; what follows the closing one.
fn quoted_element<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Unfit> {
    loop {
        rest = match rest {
            [b'"', more @ ..] => return Ok(more),
            [b'\\', byte, more @ ..] => {
                out.push(*byte);
                more
            }
            [b',', ..] => return Err("an element holds a comma, which a SET cannot"),
            [byte, more @ ..] => {
                out.push(*byte);
                more
            }
            [] => return Err(NOT_LIST),
        };
    }
}

/// `a,b c` to `{"a","b c"}`; the empty set to `{}`.
pub(super) fn put_elements(joined: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    if !joined.is_empty() {
        for (at, element) in joined.split(|byte| *byte == b',').enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.push(b'"');
            for byte in element {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_arrays() {
        for (array, set) in [("{}", ""), ("{a,b}", "a,b"), (r#"{"a b","q\"\\"}"#, r#"a b,q"\"#)] {
            let mut out = Vec::new();
            join_elements(array.as_bytes(), &mut out).unwrap();
            assert_eq!(out, set.as_bytes());
            let mut back = Vec::new();
            put_elements(&out, &mut back);
            let mut again = Vec::new();
            join_elements(&back, &mut again).unwrap();
            assert_eq!(again, set.as_bytes());
        }
        for bad in ["", "{", "{a", "{NULL}", "{{a}}", r#"{"a,b"}"#, r#"{"a}"#, "{a,}"] {
            assert!(join_elements(bad.as_bytes(), &mut Vec::new()).is_err(), "{bad}");
        }
    }
}
