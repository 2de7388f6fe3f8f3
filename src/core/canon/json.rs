//! JSON documents that mean the same have the same text: keys sorted, the last of equal keys kept,
//! numbers as plain decimals, strings with as few escapes as JSON allows.

use super::super::wire::Decimal;

/// Deeper documents are compared as text. MySQL ends at 100.
const DEPTH_MAX: u32 = 512;

/// Numbers beyond these exponents stay as they are spelled: written out they would be long.
const EXPONENT_MAX: i32 = 400;

/// Appends the canonical text. False: `text` is no JSON document, and nothing was appended.
pub(super) fn put_json(text: &[u8], out: &mut Vec<u8>) -> bool {
    let at = out.len();
    let mut reader = Reader { text, at: 0 };
    let whole = reader.value(0, out).is_some() && {
        reader.blanks();
        reader.at == text.len()
    };
    if !whole {
        out.truncate(at);
    }
    whole
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let hit = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(hit);
        hit
    }

    fn value(&mut self, depth: u32, out: &mut Vec<u8>) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.blanks();
        match self.text.get(self.at)? {
            b'{' => self.object(depth, out),
            b'[' => self.array(depth, out),
            b'"' => self.string(out),
            b'-' | b'0'..=b'9' => self.number(out),
            _ => ["true", "false", "null"].into_iter().find_map(|word| {
                self.text[self.at..].starts_with(word.as_bytes()).then(|| {
                    self.at += word.len();
                    out.extend_from_slice(word.as_bytes());
                })
            }),
        }
    }

    fn array(&mut self, depth: u32, out: &mut Vec<u8>) -> Option<()> {
        self.at += 1;
        out.push(b'[');
        if !self.eat(b']') {
            loop {
                self.value(depth + 1, out)?;
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return None;
                }
                out.push(b',');
            }
        }
        out.push(b']');
        Some(())
    }

    fn object(&mut self, depth: u32, out: &mut Vec<u8>) -> Option<()> {
        self.at += 1;
        // Sorted by the bytes of the key; a later key replaces an earlier one.
        let mut members = std::collections::BTreeMap::new();
        if !self.eat(b'}') {
            loop {
                self.blanks();
                let (mut key, mut value) = (Vec::new(), Vec::new());
                if self.text.get(self.at) != Some(&b'"') {
                    return None;
                }
                self.string(&mut key)?;
                if !self.eat(b':') {
                    return None;
                }
                self.value(depth + 1, &mut value)?;
                members.insert(key, value);
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(b',') {
                    return None;
                }
            }
        }
        out.push(b'{');
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.push(b'}');
        Some(())
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let rest = &self.text[self.at..];
        let end = rest
            .iter()
            .position(|byte| !(byte.is_ascii_digit() || b"+-.eE".contains(byte)))
            .unwrap_or(rest.len());
        let decimal = Decimal::parse(&rest[..end])?;
        self.at += end;
        match decimal.places() {
            Some((high, low)) if high > EXPONENT_MAX || low < -EXPONENT_MAX => {
                out.extend_from_slice(&rest[..end]);
            }
            _ => decimal.put_plain(out),
        }
        Some(())
    }

    fn string(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.at += 1;
        out.push(b'"');
        loop {
            let rest = &self.text[self.at..];
            let plain = memchr::memchr2(b'"', b'\\', rest)?;
            out.extend_from_slice(&rest[..plain]);
            self.at += plain + 1;
            if rest[plain] == b'"' {
                out.push(b'"');
                return Some(());
            }
            let c = self.escaped()?;
            match c {
                '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
                c if c < ' ' => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Option<char> {
        let letter = *self.text.get(self.at)?;
        self.at += 1;
        Some(match letter {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\x08',
            b'f' => '\x0c',
            b'"' | b'\\' | b'/' => char::from(letter),
            b'u' => {
                let high = self.four()?;
                if (0xD800..0xDC00).contains(&high) {
                    if self.text.get(self.at..self.at + 2) != Some(b"\\u") {
                        return None;
                    }
                    self.at += 2;
                    let low = self.four().filter(|low| (0xDC00..0xE000).contains(low))?;
                    return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                }
                return char::from_u32(high);
            }
            _ => return None,
        })
    }

    fn four(&mut self) -> Option<u32> {
        let digits = std::str::from_utf8(self.text.get(self.at..self.at + 4)?).ok()?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_mean_the_same() {
        for (text, canonical) in [
            (r#" { "b" : 1.50 , "a" : [ ] } "#, r#"{"a":[],"b":1.5}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a":2}"#),
            (
                r#"[1e2, -0.0, 0.10, 12345678901234567890123]"#,
                "[100,0,0.1,12345678901234567890123]",
            ),
            (r#""\u00e9\/\ud83d\ude00\u0000\n\"""#, "\"é/😀\\u0000\\u000a\\\"\""),
            ("null", "null"),
            ("1e500", "1e500"),
            ("{}", "{}"),
        ] {
            let mut out = Vec::new();
            assert!(put_json(text.as_bytes(), &mut out), "{text}");
            assert_eq!(std::str::from_utf8(&out).unwrap(), canonical);
        }
        for bad in ["", "{", "[1,]", "{\"a\"}", "tru", "1 2", "\"\\ud800\"", "\"", "{1:2}"] {
            let mut out = Vec::new();
            assert!(!put_json(bad.as_bytes(), &mut out), "{bad}");
            assert!(out.is_empty());
        }
        assert!(!put_json(&[b'['; 100_000], &mut Vec::new()));
    }
}
