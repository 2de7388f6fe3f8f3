//! The zone that a plan gives to moments without one, and MySQL's dates that are none.

use super::Unfit;

/// A zone as the plan names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Fixed(i32),
    /// An IANA name: only a server with the zones' history can tell the offset of a moment.
    Named(String),
}

impl Zone {
    /// `UTC`, `+02:00`, `-0330`, or a name.
    #[must_use]
    pub fn parse(text: &str) -> Zone {
        let text = text.trim();
        if matches!(text.to_ascii_uppercase().as_str(), "UTC" | "Z" | "GMT" | "ETC/UTC") {
            return Zone::Fixed(0);
        }
        match fixed(text) {
            Some(seconds) => Zone::Fixed(seconds),
            None => Zone::Named(text.to_owned()),
        }
    }

    pub(super) fn fixed_s(&self) -> Result<i32, Unfit> {
        match self {
            Zone::Fixed(seconds) => Ok(*seconds),
            Zone::Named(_) => Err("only PostgreSQL resolves a zone by its name: give an offset"),
        }
    }
}

fn fixed(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', ..] => (1, &text[1..]),
        [b'-', ..] => (-1, &text[1..]),
        _ => return None,
    };
    let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |at: usize| {
        digits.get(at..at + 2).map_or(0, |d| i32::from(d[0] - b'0') * 10 + i32::from(d[1] - b'0'))
    };
    let (hours, minutes) = (two(0), two(2));
    (hours < 16 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// `0000-00-00`, `2020-00-00`, `2020-01-00 00:00:00`: dates to MySQL and to nobody else.
#[must_use]
pub fn is_zero_date(text: &[u8]) -> bool {
    let Some([_, _, _, _, b'-', month @ .., b'-', d1, d2]) = text.first_chunk::<10>() else {
        return false;
    };
    month == b"00" || [*d1, *d2] == *b"00"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        assert_eq!(Zone::parse("+02:00"), Zone::Fixed(7200));
        assert_eq!(Zone::parse("-0330"), Zone::Fixed(-12_600));
        assert_eq!(Zone::parse("utc"), Zone::Fixed(0));
        assert_eq!(Zone::parse("Europe/Berlin"), Zone::Named("Europe/Berlin".to_owned()));
        assert_eq!(Zone::parse("+2"), Zone::Named("+2".to_owned()));
        assert!(Zone::parse("Asia/Tokyo").fixed_s().is_err());
    }

    #[test]
    fn dates_of_zero() {
        for zero in ["0000-00-00", "2020-00-01", "2020-01-00", "0000-00-00 00:00:00.000000"] {
            assert!(is_zero_date(zero.as_bytes()), "{zero}");
        }
        for other in ["0000-01-01", "2020-10-10", "00:00:00", "", "0000-00-0"] {
            assert!(!is_zero_date(other.as_bytes()), "{other}");
        }
    }
}
