//! Values between two values of a key. They need not exist, and only balance depends on them: the
//! server compares them by its own rules.

use crate::core::catalog::LogicalType;
use crate::core::chunk::KeyValues;

/// Bytes of a binary key that are looked at beyond what both ends share.
const BYTES_SEEN: usize = 8;

/// Keys that may halve the stretch between two keys, the likeliest first. Shorter than the key
/// where one of its first columns already differs.
pub(super) fn middle(first: &[String], last: &[String], types: &[LogicalType]) -> Vec<KeyValues> {
    let Some(at) = first.iter().zip(last).position(|(a, b)| a != b) else { return Vec::new() };
    let (low, high) = (&first[at], &last[at]);
    let values: Vec<String> = match &types[at] {
        LogicalType::Bytes { .. } => bytes_between(low, high).into_iter().collect(),
        LogicalType::Text { .. } | LogicalType::Uuid => texts_between(low, high),
        logical => numbers(low, high, logical)
            .and_then(|(low, high, scale)| {
                let middle = low + (high - low + 1) / 2;
                (high > low).then(|| spelled(middle, logical, scale))
            })
            .into_iter()
            .collect(),
    };
    values.into_iter().map(|value| [&first[..at], &[value]].concat()).collect()
}

/// The key at `share` (0 to 1) of the way, where the first column that differs is a number or a
/// moment.
pub(super) fn between(
    first: &[String],
    last: &[String],
    share: f64,
    types: &[LogicalType],
) -> Option<KeyValues> {
    let at = first.iter().zip(last).position(|(a, b)| a != b)?;
    let logical = &types[at];
    let (low, high, scale) = numbers(&first[at], &last[at], logical)?;
    let offset = ((high - low + 1) as f64 * share).round() as i128;
    let value = low + offset.clamp(0, high - low);
    Some([&first[..at], &[spelled(value, logical, scale)]].concat())
}

/// Both ends as whole numbers, `low <= high`, with the digits after the decimal point.
fn numbers(low: &str, high: &str, logical: &LogicalType) -> Option<(i128, i128, usize)> {
    let scale = match logical {
        LogicalType::Int { .. } | LogicalType::Year | LogicalType::Bits { .. } => 0,
        LogicalType::Decimal { scale, .. } => usize::try_from(scale.unwrap_or(0)).ok()?,
        LogicalType::Date | LogicalType::Timestamp { .. } => {
            let (low, high) = (moment(low)?, moment(high)?);
            return (low <= high).then_some((low, high, 0));
        }
        LogicalType::TimeSpan => {
            let (low, high) = (span(low)?, span(high)?);
            return (low <= high).then_some((low, high, 0));
        }
        _ => return None,
    };
    let (low, high) = (scaled(low, scale)?, scaled(high, scale)?);
    (low <= high).then_some((low, high, scale))
}

/// The number as the key's column has it.
fn spelled(value: i128, logical: &LogicalType, scale: usize) -> String {
    match logical {
        LogicalType::Date => moment_text(value - value.rem_euclid(DAY))[..10].to_owned(),
        LogicalType::Timestamp { .. } => moment_text(value),
        LogicalType::TimeSpan => span_text(value),
        _ if scale == 0 => value.to_string(),
        _ => {
            let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
            let (whole, rest) = digits.split_at(digits.len() - scale);
            format!("{}{whole}.{rest}", if value < 0 { "-" } else { "" })
        }
    }
}

/// `-12.5` with two digits is -1250. `None` for what is too long.
fn scaled(text: &str, scale: usize) -> Option<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > scale {
        return None;
    }
    format!("{whole}{rest:0<scale$}").parse().ok()
}

/// Microseconds.
const SECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;

/// `2020-01-31 12:00:00.5` in microseconds; months and days of zero count as the first.
fn moment(text: &str) -> Option<i128> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut parts = date.split('-').map(str::parse::<i128>);
    let mut next = || parts.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let or_first = |n| if n == 0 { 1 } else { n };
    Some(days(year, or_first(month), or_first(day)) * DAY + span(time)?)
}

/// Days since a day long ago, in the Gregorian calendar reckoned backwards.
fn days(year: i128, month: i128, day: i128) -> i128 {
    // Years begin in March: the day that comes and goes is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + day
        - 1
}

fn moment_text(micros: i128) -> String {
    let (day, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let mut year = (day * 400).div_euclid(146_097);
    while days(year + 1, 3, 1) <= day {
        year += 1;
    }
    while days(year, 3, 1) > day {
        year -= 1;
    }
    let of_year = day - days(year, 3, 1);
    let month = (of_year * 5 + 2) / 153;
    let of_month = of_year - (month * 153 + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    // Zero dates lie before the year 0 begins.
    let (year, month, of_month) = if year < 0 { (0, 1, 1) } else { (year, month, of_month) };
    format!("{year:04}-{month:02}-{of_month:02} {}", span_text(rest))
}

/// `-12:34:56.7` in microseconds.
fn span(text: &str) -> Option<i128> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(str::parse::<i128>);
    let mut next = || parts.next()?.ok();
    let seconds = next()? * 3600 + next()? * 60 + next()?;
    let fraction: i128 =
        if fraction.len() > 6 { return None } else { format!("{fraction:0<6}").parse().ok()? };
    Some(sign * (seconds * SECOND + fraction))
}

fn span_text(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.abs();
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let dot = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
    format!("{sign}{hours:02}:{minutes:02}:{:02}{dot}", seconds % 60)
}

/// Hexadecimal digits between those of two values.
fn bytes_between(low: &str, high: &str) -> Option<String> {
    let shared = low.bytes().zip(high.bytes()).take_while(|(a, b)| a == b).count() / 2 * 2;
    let seen = |digits: &str| {
        let rest: String = digits[shared..].chars().take(BYTES_SEEN * 2).collect();
        u64::from_str_radix(&format!("{rest:0<16}"), 16).ok()
    };
    let (low, high_number) = (seen(low)?, seen(high)?);
    let middle = low + high_number.checked_sub(low)? / 2;
    if middle == low {
        return None;
    }
    let digits = format!("{middle:016X}");
    let length =
        if high.len() - shared < digits.len() { high.len() - shared } else { digits.len() };
    Some(format!("{}{}", &high[..shared], &digits[..length]))
}

/// Texts between two texts: by code points, and by code points of small letters, because most
/// collations see no difference between small and large ones.
fn texts_between(low: &str, high: &str) -> Vec<String> {
    let raw = text_between(low, high);
    let folded = text_between(&low.to_lowercase(), &high.to_lowercase());
    let mut texts: Vec<String> = folded.into_iter().chain(raw).collect();
    texts.dedup();
    texts
}

fn text_between(low: &str, high: &str) -> Option<String> {
    let (low, high): (Vec<char>, Vec<char>) = (low.chars().collect(), high.chars().collect());
    let shared = low.iter().zip(&high).take_while(|(a, b)| a == b).count();
    let code = |text: &[char], at: usize| text.get(at).map_or(u32::from(' '), |c| u32::from(*c));
    let (a, b) = (code(&low, shared), code(&high, shared));
    let prefix: String = high[..shared].iter().collect();
    if b > a + 1 {
        return char::from_u32(u32::midpoint(a, b)).map(|c| format!("{prefix}{c}"));
    }
    if b == a + 1 {
        // Neighbours: halfway through what begins with the lower one.
        let next = code(&low, shared + 1);
        let end = u32::from('~');
        let c = char::from_u32(u32::midpoint(next, end)).filter(|_| next + 1 < end)?;
        return Some(format!("{prefix}{}{c}", char::from_u32(a)?));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(values: &[&str]) -> KeyValues {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    fn one(low: &str, high: &str, logical: LogicalType) -> Vec<String> {
        let keys = middle(&own(&[low]), &own(&[high]), &[logical]);
        keys.into_iter().map(|mut key| key.remove(0)).collect()
    }

    #[test]
    fn halfway_between_two_values() {
        let int = || LogicalType::Int { bits: 64, unsigned: true };
        let decimal = LogicalType::Decimal { precision: Some(9), scale: Some(2) };
        let stamp = || LogicalType::Timestamp { zoned: false };
        let bytes = || LogicalType::Bytes { max: None };
        let text = || LogicalType::Text { max: None, fixed: false };
        for (low, high, logical, expected) in [
            ("0", "18446744073709551615", int(), "9223372036854775808"),
            ("-5", "5", int(), "0"),
            ("5", "6", int(), "6"),
            ("-0.50", "0.25", decimal, "-0.12"),
            ("2020-02-28", "2020-03-01", LogicalType::Date, "2020-02-29"),
            ("1999-12-31 00:00:00", "2000-01-02 00:00:00", stamp(), "2000-01-01 00:00:00"),
            ("0000-00-00 00:00:00", "0000-00-00 00:00:02", stamp(), "0000-01-01 00:00:01"),
            ("-10:00:00", "10:00:00", LogicalType::TimeSpan, "00:00:00"),
            ("00FF", "01FF", bytes(), "017F"),
            ("AABB00", "AABBFF", bytes(), "AABB7F"),
            ("", "80", bytes(), "40"),
            ("alice", "Zoe", text(), "m"),
            ("user_001", "user_999", text(), "user_4"),
            ("a", "b", text(), "aO"),
        ] {
            assert_eq!(
                one(low, high, logical).first().map(String::as_str),
                Some(expected),
                "{low}"
            );
        }
        assert!(one("5", "5", int()).is_empty());
        assert!(one("x", "y", LogicalType::Other("inet6".to_owned())).is_empty());
    }

    #[test]
    fn days_come_back_as_they_went() {
        for text in ["0001-01-01", "1582-10-15", "1900-02-28", "2000-02-29", "9999-12-31"] {
            assert_eq!(&moment_text(moment(text).unwrap())[..10], text);
        }
    }

    #[test]
    fn the_first_column_that_differs_is_halved() {
        let types =
            [LogicalType::Year, LogicalType::Int { bits: 32, unsigned: false }, LogicalType::Date];
        let (first, last) = (own(&["1999", "5", "2000-01-01"]), own(&["1999", "9", "1999-01-01"]));
        assert_eq!(middle(&first, &last, &types), [own(&["1999", "7"])]);
        assert_eq!(between(&first, &last, 0.5, &types), Some(own(&["1999", "8"])));
        assert_eq!(between(&first, &last, 1.0, &types), Some(own(&["1999", "9"])));
    }
}
