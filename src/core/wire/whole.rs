//! Integers as text, read by hand: the hottest loop of a copy.

/// `-?digits` as a number of any width an engine has; `None` when it is none or is wider.
pub fn whole(text: &[u8]) -> Option<i128> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 38 {
        return None;
    }
    let mut wide = 0i128;
    // Nineteen digits always fit 64 bits.
    for part in digits.chunks(19) {
        let mut value = 0u64;
        let mut power = 1u64;
        for digit in part {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u64::from(digit);
            power = power.wrapping_mul(10);
        }
        // The first part is all there is for nearly every number.
        wide = if wide == 0 { 0 } else { wide * i128::from(power) };
        wide += i128::from(value);
    }
    Some(if negative { -wide } else { wide })
}

/// The same where the number has to fit 64 bits.
pub(super) fn whole_64(text: &[u8]) -> Option<i64> {
    i64::try_from(whole(text)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width() {
        for number in [
            0,
            1,
            -1,
            i128::from(i64::MIN),
            i128::from(u64::MAX),
            10i128.pow(37),
            -(10i128.pow(37)),
        ] {
            assert_eq!(whole(number.to_string().as_bytes()), Some(number));
        }
        assert_eq!(whole(b"0000"), Some(0));
        assert_eq!(whole(b"00000000000000000000000000000000000001"), Some(1));
        for bad in ["", "-", "+1", "1.0", " 1", "1 ", "1e3", "--1", "0x1", "1_000"] {
            assert_eq!(whole(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(whole(&[b'9'; 39]), None);
        assert_eq!(whole_64(b"9223372036854775808"), None);
        assert_eq!(whole_64(b"-9223372036854775808"), Some(i64::MIN));
    }
}
