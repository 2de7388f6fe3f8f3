//! The numbers inside a JSON document. MySQL's JSON keeps integers and floats of 64 bits and rounds
//! everything else without a word; PostgreSQL and MariaDB keep every digit.

use super::decimal::Decimal;
use super::whole::whole;

/// Digits and exponents that every float of 64 bits keeps.
const FLOAT_DIGITS: u32 = 15;
const FLOAT_EXPONENT: i32 = 290;

/// Would each number of the document come back as the same number?
pub(super) fn numbers_are_exact(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at + 1),
            b'-' | b'0'..=b'9' => {
                let len = text[at..]
                    .iter()
                    .position(|b| !(b.is_ascii_digit() || b"+-.eE".contains(b)))
                    .unwrap_or(text.len() - at);
                if !is_exact(&text[at..at + len]) {
                    return false;
                }
                at += len;
            }
            _ => at += 1,
        }
    }
    true
}

/// Past the closing quote.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', &text[at..]) {
        at += found;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
        if at >= text.len() {
            break;
        }
    }
    text.len()
}

fn is_exact(number: &[u8]) -> bool {
    if let Some(value) = whole(number)
        && (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value)
    {
        return true;
    }
    // What is no number at all is for the server to refuse.
    let Some(decimal) = Decimal::parse(number) else { return true };
    let Some((high, low)) = decimal.places() else { return true };
    if decimal.significant() <= FLOAT_DIGITS && high < FLOAT_EXPONENT && low > -FLOAT_EXPONENT {
        return true;
    }
    let Some(float) = std::str::from_utf8(number).ok().and_then(|n| n.parse::<f64>().ok()) else {
        return false;
    };
    let shortest = format!("{float:e}");
    Decimal::parse(shortest.as_bytes()).is_some_and(|kept| kept.equals(&decimal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_mysql_keeps() {
        for exact in [
            r#"{"a": [18446744073709551615, -9223372036854775808, 0.1, 1e300, 1.50, 0]}"#,
            r#"{"12345678901234567890123": "99999999999999999999999 \" 9e999"}"#,
            "0.30000000000000004",
            "1.7976931348623157e308",
            "5e-324",
            "nonsense",
            r#""open \"#,
        ] {
            assert!(numbers_are_exact(exact.as_bytes()), "{exact}");
        }
        for inexact in [
            "[18446744073709551617]",
            "0.1234567890123456789",
            "1e400",
            "1e-400",
            r#"{"a\\": 123456789012345678901234567890}"#,
        ] {
            assert!(!numbers_are_exact(inexact.as_bytes()), "{inexact}");
        }
    }
}
