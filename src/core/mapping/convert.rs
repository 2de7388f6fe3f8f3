//! From a type to another that somebody asked for: does it work, and what may it cost?

use super::super::catalog::LogicalType::{self, *};
use super::{Fit, Transform};

type Verdict = Result<(Fit, &'static str), &'static str>;

const SAME: Verdict = Ok((Fit::Exact, "the same values"));
const ROOM: Verdict = Ok((Fit::Wider, "holds every value and more"));
const CHECKED: Verdict = Ok((Fit::Lossy, "what does not fit is refused by name"));
const IMPOSSIBLE: Verdict = Err("no conversion is known");

/// What values of `from` suffer in a column of `to`, which an operator or an existing table asks
/// for. Never a value bent: what does not fit is refused when it comes, and the verdict is lossy.
///
/// # Errors
/// Why there is no way.
pub fn convert(from: &LogicalType, to: &LogicalType, transform: &Transform) -> Verdict {
    if from == to {
        return match from {
            Timestamp { .. } if transform.zone.is_some() => moved(transform),
            _ => SAME,
        };
    }
    match (from, to) {
        // The server alone knows both of these; text is what they share.
        (Other(_), Other(_)) => CHECKED,
        (Any | Numeric, Geometry | Array(_)) => IMPOSSIBLE,
        (Any | Numeric, _) => CHECKED,
        (_, Any) => ROOM,
        (_, Numeric) => IMPOSSIBLE,
        (_, Bool) => to_bool(from),
        (_, Int { bits, unsigned }) => to_int(from, *bits, *unsigned),
        (_, Year) => match from {
            Int { .. } => CHECKED,
            _ => IMPOSSIBLE,
        },
        (_, Decimal { precision, scale }) => to_decimal(from, *precision, *scale),
        (_, Float { bits }) => to_float(from, *bits),
        (_, Text { max, .. }) => to_text(from, *max),
        (_, Bytes { max }) => to_bytes(from, *max),
        (_, Date | Time { .. } | TimeSpan | Timestamp { .. } | Interval) => {
            to_moment(from, to, transform)
        }
        (Bytes { max: Some(16) }, Uuid) => Ok((Fit::Exact, "16 bytes are a UUID")),
        (Bytes { .. }, Uuid) => CHECKED,
        (Text { .. }, Uuid) => CHECKED,
        (Set, Array(inner)) if matches!(**inner, Text { .. }) => {
            Ok((Fit::Wider, "an array of the labels"))
        }
        (Json { .. }, Json { .. }) => {
            Ok((Fit::Lossy, "the same document; its text may be spelled anew"))
        }
        (Text { .. }, Json { .. } | Xml | Enum | Set | Other(_)) => CHECKED,
        (Enum, Set) | (Set | Enum, Enum) => CHECKED,
        (Bits { max, .. }, Bits { max: room, .. }) => {
            if room.is_none() || room == max {
                ROOM
            } else {
                CHECKED
            }
        }
        (Bool | Int { .. }, Bits { .. }) => IMPOSSIBLE,
        (Array(_), Array(_) | Json { .. } | Other(_)) => IMPOSSIBLE,
        (Bytes { .. } | Geometry, _) | (_, Geometry) => IMPOSSIBLE,
        (_, Other(_)) => Ok((Fit::Lossy, "the server reads the text, and refuses what it cannot")),
        _ => IMPOSSIBLE,
    }
}

fn to_bool(from: &LogicalType) -> Verdict {
    match from {
        Int { .. } | Year => Ok((Fit::Lossy, "0 and 1; any other number is refused by name")),
        Bits { max: Some(1), .. } => Ok((Fit::Exact, "0 and 1")),
        _ => IMPOSSIBLE,
    }
}

fn to_int(from: &LogicalType, bits: u8, unsigned: bool) -> Verdict {
    match from {
        Int { bits: wide, unsigned: natural } => {
            let held = match (natural, unsigned) {
                (false, false) | (true, true) => wide <= &bits,
                (true, false) => wide < &bits,
                (false, true) => false,
            };
            if held { ROOM } else { CHECKED }
        }
        Bool => Ok((Fit::Wider, "0 and 1")),
        Year if bits >= 16 => ROOM,
        Decimal { .. } | Float { .. } | Text { .. } => CHECKED,
        Bits { max: Some(n), .. } if *n < u32::from(bits) => {
            Ok((Fit::Wider, "the bits as a number"))
        }
        _ => IMPOSSIBLE,
    }
}

/// Digits before the point that integers of so many bits need.
fn int_digits(bits: u8) -> i32 {
    match bits {
        8 => 3,
        16 => 5,
        24 => 8,
        32 => 10,
        _ => 20,
    }
}

fn to_decimal(from: &LogicalType, precision: Option<u16>, scale: Option<i16>) -> Verdict {
    let behind = i32::from(scale.unwrap_or(0));
    let before = precision.map(|p| i32::from(p) - behind);
    match (from, before) {
        (Int { .. } | Year | Decimal { .. }, None) => ROOM,
        (Int { bits, .. }, Some(before)) if before >= int_digits(*bits) => ROOM,
        (Year, Some(before)) if before >= 4 => ROOM,
        (Decimal { precision: Some(p), scale: s }, Some(before)) => {
            let own = i32::from(s.unwrap_or(0));
            if before >= i32::from(*p) - own && behind >= own { ROOM } else { CHECKED }
        }
        (Int { .. } | Year | Decimal { .. } | Float { .. } | Text { .. }, _) => CHECKED,
        _ => IMPOSSIBLE,
    }
}

fn to_float(from: &LogicalType, bits: u8) -> Verdict {
    match from {
        Float { bits: own } if *own <= bits => ROOM,
        // Whole numbers up to the bits of the mantissa.
        Int { bits: own, .. } if *own <= if bits == 32 { 24 } else { 32 } => ROOM,
        Year => ROOM,
        Int { .. } | Decimal { .. } | Float { .. } | Text { .. } => CHECKED,
        _ => IMPOSSIBLE,
    }
}

fn to_text(from: &LogicalType, max: Option<u32>) -> Verdict {
    let needed = match from {
        Text { max, .. } => *max,
        Bytes { .. } | Geometry => return Err("bytes have no text"),
        Bool => Some(5),
        Int { bits, .. } => u32::try_from(int_digits(*bits) + 1).ok(),
        Year => Some(4),
        Uuid => Some(36),
        Date => Some(13),
        Timestamp { .. } => Some(35),
        Time { .. } => Some(24),
        TimeSpan => Some(17),
        Bits { max, .. } => *max,
        Interval => Some(64),
        Decimal { precision: Some(p), .. } => Some(u32::from(*p) + 3),
        Float { .. } | Decimal { .. } | Json { .. } | Xml | Enum | Set | Array(_) | Other(_) => {
            None
        }
        Any | Numeric => return CHECKED,
    };
    match (needed, max) {
        (_, None) => Ok((Fit::Wider, "kept as text")),
        (Some(needed), Some(max)) if needed <= max => Ok((Fit::Wider, "kept as text")),
        _ => Ok((Fit::Lossy, "longer text is refused by name")),
    }
}

fn to_bytes(from: &LogicalType, max: Option<u32>) -> Verdict {
    match from {
        Bytes { max: own } => match (own, max) {
            (_, None) => ROOM,
            (Some(own), Some(max)) if *own <= max => ROOM,
            _ => CHECKED,
        },
        Geometry if max.is_none() => Ok((Fit::Wider, "the bytes as the source keeps them")),
        Uuid if max.is_none_or(|max| max >= 16) => Ok((Fit::Wider, "the UUID's 16 bytes")),
        Text { .. } if max.is_none() => Ok((Fit::Wider, "the text's bytes in UTF-8")),
        Text { .. } | Geometry => CHECKED,
        _ => IMPOSSIBLE,
    }
}

/// A moment of a zone's clock becomes one of all the world's.
fn moved(transform: &Transform) -> Verdict {
    let fixed = |zone: &String| zone.starts_with(['+', '-']) || zone == "UTC";
    match &transform.zone {
        Some(zone) if fixed(zone) => Ok((Fit::Exact, "the same moments, by the zone given")),
        Some(_) => Ok((
            Fit::Lossy,
            "by the zone given; the hour that comes twice in autumn cannot be told apart",
        )),
        None => Err("a moment without a zone has none: give zone = \"Area/City\" or \"+02:00\""),
    }
}

fn to_moment(from: &LogicalType, to: &LogicalType, transform: &Transform) -> Verdict {
    match (from, to) {
        (Timestamp { zoned: false }, Timestamp { zoned: true }) => moved(transform),
        (Timestamp { zoned: true }, Timestamp { zoned: false }) => {
            Ok((Fit::Wider, "moments in UTC, which the type no longer says"))
        }
        (Date, Timestamp { zoned: false }) => Ok((Fit::Wider, "midnight of the day")),
        (Timestamp { zoned: false }, Date) => {
            Ok((Fit::Lossy, "midnights only; any other time of day is refused by name"))
        }
        (Time { zoned: false }, TimeSpan | Interval) | (TimeSpan, Interval) => ROOM,
        (TimeSpan | Interval, Time { zoned: false }) | (Interval, TimeSpan) => CHECKED,
        (Text { .. }, _) => CHECKED,
        _ => IMPOSSIBLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_of_conversions_that_were_asked_for() {
        let int = |bits, unsigned| Int { bits, unsigned };
        let text = |max| Text { max, fixed: false };
        let none = Transform::default();
        for (from, to, fit) in [
            (int(8, false), Bool, Some(Fit::Lossy)),
            (int(32, true), int(32, false), Some(Fit::Lossy)),
            (int(32, true), int(64, false), Some(Fit::Wider)),
            (int(64, true), Decimal { precision: Some(20), scale: Some(0) }, Some(Fit::Wider)),
            (int(64, true), Decimal { precision: Some(19), scale: Some(0) }, Some(Fit::Lossy)),
            (Decimal { precision: None, scale: None }, Float { bits: 64 }, Some(Fit::Lossy)),
            (text(Some(10)), text(None), Some(Fit::Wider)),
            (text(None), text(Some(10)), Some(Fit::Lossy)),
            (Bytes { max: Some(16) }, Uuid, Some(Fit::Exact)),
            (Uuid, Bytes { max: Some(16) }, Some(Fit::Wider)),
            (Bytes { max: None }, text(None), None),
            (Geometry, Bool, None),
            (Date, Bool, None),
            (Timestamp { zoned: false }, Timestamp { zoned: true }, None),
            (Timestamp { zoned: false }, Date, Some(Fit::Lossy)),
            (Set, Array(Box::new(text(None))), Some(Fit::Wider)),
            (Date, Date, Some(Fit::Exact)),
        ] {
            assert_eq!(convert(&from, &to, &none).ok().map(|v| v.0), fit, "{from:?} {to:?}");
        }
        let zone = |zone: &str| Transform { zone: Some(zone.to_owned()), ..Transform::default() };
        let stamp = |zoned| Timestamp { zoned };
        let fits = |z: &str| convert(&stamp(false), &stamp(true), &zone(z)).unwrap().0;
        assert_eq!((fits("+02:00"), fits("Europe/Berlin")), (Fit::Exact, Fit::Lossy));
    }
}
