//! PostgreSQL's intervals: from the text it prints under `intervalstyle = postgres` to ISO 8601, as
//! it prints it itself under `intervalstyle = iso_8601` and reads it back.

use super::Unfit;
use super::moment_text::put_fraction;
use super::whole::whole_64;

const NOT_INTERVAL: Unfit = "the text is not an interval as PostgreSQL prints it";

/// The three parts an interval is stored in: none of them follows from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub months: i64,
    pub days: i64,
    pub micros: i64,
}

/// `1 year 2 mons -3 days +04:05:06.7`.
///
/// # Errors
/// When the text is none, or has no end (`infinity`, since PostgreSQL 17).
pub fn parse_interval(text: &[u8]) -> Result<Span, Unfit> {
    if matches!(text, b"infinity" | b"-infinity") {
        return Err("the interval is infinite");
    }
    let mut span = Span::default();
    let mut words = text.split(|byte| *byte == b' ');
    while let Some(word) = words.next() {
        if word.contains(&b':') {
            span.micros = clock(word).ok_or(NOT_INTERVAL)?;
            break;
        }
        let number = whole_64(word.strip_prefix(b"+").unwrap_or(word)).ok_or(NOT_INTERVAL)?;
        let unit = words.next().ok_or(NOT_INTERVAL)?;
        match unit {
            b"year" | b"years" => span.months += number * 12,
            b"mon" | b"mons" => span.months += number,
            b"day" | b"days" => span.days = number,
            _ => return Err(NOT_INTERVAL),
        }
    }
    if words.next().is_some() { Err(NOT_INTERVAL) } else { Ok(span) }
}

/// `[+-]H...H:MM:SS[.f]` to microseconds; also MySQL's TIME.
pub(in crate::core) fn clock(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut parts = text.splitn(3, |byte| *byte == b':');
    let hours = digits(parts.next()?, 1..=10)?;
    let minutes = digits(parts.next()?, 2..=2).filter(|n| *n < 60)?;
    let last = parts.next()?;
    let (seconds, fraction) = match last.iter().position(|byte| *byte == b'.') {
        Some(at) => (&last[..at], Some(&last[at + 1..])),
        None => (last, None),
    };
    let seconds = digits(seconds, 2..=2).filter(|n| *n < 60)?;
    let mut micros = 0;
    if let Some(fraction) = fraction {
        micros = digits(fraction, 1..=6)?;
        for _ in fraction.len()..6 {
            micros *= 10;
        }
    }
    // The least of all is one further from zero than the greatest.
    let whole = i128::from((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + i128::from(micros);
    i64::try_from(if negative { -whole } else { whole }).ok()
}

fn digits(text: &[u8], len: std::ops::RangeInclusive<usize>) -> Option<i64> {
    if !len.contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    whole_64(text)
}

/// `P1Y2M-3DT4H5M6.7S`, `PT0S` for nothing.
pub fn put_iso_interval(span: Span, out: &mut Vec<u8>) {
    if span == Span::default() {
        out.extend_from_slice(b"PT0S");
        return;
    }
    out.push(b'P');
    put_part(span.months / 12, b'Y', out);
    put_part(span.months % 12, b'M', out);
    put_part(span.days, b'D', out);
    if span.micros == 0 {
        return;
    }
    out.push(b'T');
    let seconds = span.micros / 1_000_000;
    put_part(seconds / 3600, b'H', out);
    put_part(seconds / 60 % 60, b'M', out);
    let (second, fraction) = (seconds % 60, span.micros % 1_000_000);
    if second != 0 || fraction != 0 {
        if span.micros < 0 {
            out.push(b'-');
        }
        out.extend_from_slice(itoa::Buffer::new().format(second.unsigned_abs()).as_bytes());
        put_fraction(fraction.unsigned_abs(), out);
        out.push(b'S');
    }
}

fn put_part(number: i64, unit: u8, out: &mut Vec<u8>) {
    if number != 0 {
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_as_postgres_prints_them_both_ways() {
        for (printed, iso) in [
            ("00:00:00", "PT0S"),
            ("1 year 2 mons 3 days 04:05:06.7", "P1Y2M3DT4H5M6.7S"),
            ("-1 years -2 mons +3 days -04:05:06", "P-1Y-2M3DT-4H-5M-6S"),
            ("1 mon -1 days", "P1M-1D"),
            ("-00:00:00.000001", "PT-0.000001S"),
            ("178000000 years", "P178000000Y"),
            ("-2562047788:00:54.775808", "PT-2562047788H-54.775808S"),
        ] {
            let span = parse_interval(printed.as_bytes()).expect(printed);
            let mut out = Vec::new();
            put_iso_interval(span, &mut out);
            assert_eq!(std::str::from_utf8(&out).unwrap(), iso, "{printed}");
        }
        for bad in ["", "infinity", "1 year ", "1 week", "1", "P1Y", "1:2:3", "@ 1 year"] {
            assert!(parse_interval(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
