//! Decimal numbers as text, without going through a float.

use super::Unfit;

/// A number as its text spells it: `sign 0.d1 d2 d3... * 10^point`. Digits are borrowed in two
/// pieces (before and after the decimal point), without leading and trailing zeros accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal<'a> {
    pub negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// Power of ten the text ends with (`1.5e3`).
    exponent: i32,
}

/// Exponents beyond this are no number of ours: PostgreSQL's numeric ends at 131072 digits.
const EXPONENT_MAX: i32 = 200_000;

impl<'a> Decimal<'a> {
    /// `-?digits[.digits][e[+-]digits]`.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Decimal<'a>> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mark = text.iter().position(|b| matches!(b, b'e' | b'E'));
        let (mantissa, exponent) = match mark {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let dot = mantissa.iter().position(|b| *b == b'.');
        let (whole, fraction) = match dot {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &mantissa[..0]),
        };
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        if !digits(whole) || !digits(fraction) || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        Some(Decimal { negative, whole, fraction, exponent })
    }

    /// Spelled as PostgreSQL or SQLite would print it: no needless zeros in front, no exponent, a
    /// digit on both sides of a point. A text like `007` is a text and not a number.
    #[must_use]
    pub fn is_plain(text: &[u8]) -> bool {
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        let Some(decimal) = Decimal::parse(text) else { return false };
        let has_dot = unsigned.contains(&b'.');
        let has_exponent = unsigned.iter().any(|b| matches!(b, b'e' | b'E'));
        !has_exponent
            && !decimal.whole.is_empty()
            && (decimal.whole == b"0" || decimal.whole[0] != b'0')
            && has_dot != decimal.fraction.is_empty()
    }

    /// The digit whose place is `10^place`, 0..=9.
    #[must_use]
    pub fn digit(&self, place: i32) -> u8 {
        let at = place - self.exponent;
        let byte = if at >= 0 {
            let from_right = at as usize;
            self.whole.len().checked_sub(from_right + 1).map(|i| self.whole[i])
        } else {
            self.fraction.get((-at - 1) as usize).copied()
        };
        byte.map_or(0, |b| b - b'0')
    }

    /// Highest and lowest places that are not zero; `None` for zero itself.
    #[must_use]
    pub fn places(&self) -> Option<(i32, i32)> {
        let top = self.whole.len() as i32 - 1 + self.exponent;
        let bottom = self.exponent - self.fraction.len() as i32;
        let high = (bottom..=top).rev().find(|place| self.digit(*place) != 0)?;
        let low = (bottom..=top).find(|place| self.digit(*place) != 0)?;
        Some((high, low))
    }

    /// Significant digits.
    #[must_use]
    pub fn significant(&self) -> u32 {
        self.places().map_or(0, |(high, low)| (high - low + 1) as u32)
    }

    /// Digits after the point as spelled: what PostgreSQL shows.
    #[must_use]
    pub fn display_scale(&self) -> i32 {
        let scale = self.fraction.len() as i32 - self.exponent;
        if scale > 0 { scale } else { 0 }
    }

    /// The same number, however it is spelled. A zero has no sign.
    #[must_use]
    pub fn equals(&self, other: &Decimal<'_>) -> bool {
        match (self.places(), other.places()) {
            (None, None) => true,
            (Some(here), Some((high, low))) if here == (high, low) => {
                self.negative == other.negative
                    && (low..=high).all(|place| self.digit(place) == other.digit(place))
            }
            _ => false,
        }
    }

    /// Appends the shortest spelling without an exponent: `-0.5`, `1200`, `0`.
    pub fn put_plain(&self, out: &mut Vec<u8>) {
        let Some((high, low)) = self.places() else {
            out.push(b'0');
            return;
        };
        if self.negative {
            out.push(b'-');
        }
        let top = if high < 0 { 0 } else { high };
        let bottom = if low > 0 { 0 } else { low };
        for place in (bottom..=top).rev() {
            if place == -1 {
                out.push(b'.');
            }
            out.push(b'0' + self.digit(place));
        }
    }

    /// Does the number fit `numeric(precision, scale)` without rounding?
    ///
    /// # Errors
    /// Which end is too long.
    pub fn fits(&self, precision: Option<u16>, scale: Option<i16>) -> Result<(), Unfit> {
        let (Some(precision), Some((high, low))) = (precision, self.places()) else {
            return Ok(());
        };
        let scale = i32::from(scale.unwrap_or(0));
        if low < -scale {
            return Err("the number has more digits after the point than the column");
        }
        if high >= i32::from(precision) - scale {
            return Err("the number has more digits than the column");
        }
        Ok(())
    }
}

fn parse_exponent(text: &[u8]) -> Option<i32> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 7 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |n, d| n * 10 + i32::from(d - b'0'));
    (value <= EXPONENT_MAX).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_fit() {
        let fits = |text: &str, p, s| Decimal::parse(text.as_bytes()).unwrap().fits(Some(p), s);
        assert!(fits("99999999.99", 10, Some(2)).is_ok());
        assert!(fits("100000000", 10, Some(2)).is_err());
        assert!(fits("1.005", 10, Some(2)).is_err());
        assert!(fits("1.500", 3, Some(1)).is_ok());
        assert!(fits("0", 1, Some(1)).is_ok());
        assert!(fits("1e3", 4, None).is_ok());
        assert!(fits("1200", 2, Some(-2)).is_ok());
        assert!(fits("1250", 2, Some(-2)).is_err());
        assert_eq!(Decimal::parse(b"0.00120").unwrap().significant(), 2);
    }

    #[test]
    fn the_shortest_spelling() {
        for (text, plain) in [
            ("007", "7"),
            ("-0.50", "-0.5"),
            ("1.20e3", "1200"),
            ("15e-3", "0.015"),
            ("-0.00", "0"),
            (".5", "0.5"),
            ("100.001000", "100.001"),
        ] {
            let decimal = Decimal::parse(text.as_bytes()).unwrap();
            let mut out = Vec::new();
            decimal.put_plain(&mut out);
            assert_eq!(out, plain.as_bytes(), "{text}");
            assert!(decimal.equals(&Decimal::parse(&out).unwrap()));
        }
        let of = |text: &'static str| Decimal::parse(text.as_bytes()).unwrap();
        assert!(!of("1").equals(&of("-1")));
        assert!(!of("1").equals(&of("10")));
    }

    #[test]
    fn what_is_plain() {
        for good in ["0", "-1", "10.50", "0.1", "-0.5"] {
            assert!(Decimal::is_plain(good.as_bytes()), "{good}");
        }
        for bad in ["", "-", "007", ".5", "5.", "1e3", "+1", " 1", "0x1", "1.2.3", "NaN"] {
            assert!(!Decimal::is_plain(bad.as_bytes()), "{bad}");
        }
    }
}
