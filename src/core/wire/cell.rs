//! One cell read as a number, a text or bytes, whatever form it travels in.

use std::io::Write as _;

use super::super::value::{CellRef, WireForm};
use super::decimal::Decimal;
use super::whole::whole;
use super::{NOT_UTF8, NUL, RANGE, TYPE_BLOB, TYPE_INT, TYPE_REAL, TYPE_TEXT, Unfit};

const NOT_WHOLE: Unfit = "the number is not a whole number";
/// Integers up to here are exact as a float of 64 bits.
const FLOAT_EXACT_MAX: i64 = 1 << 53;
/// Longest text of a finite float: sign, 309 digits; or 0. and 324 zeros and 17 digits.
pub(super) const NUMBER_LEN_MAX: usize = 400;

pub(super) fn text_of(cell: CellRef<'_>) -> Result<&[u8], Unfit> {
    match cell {
        CellRef::Text(text) => Ok(text),
        CellRef::Int(_) => Err(TYPE_INT),
        CellRef::Real(_) => Err(TYPE_REAL),
        CellRef::Blob(_) => Err(TYPE_BLOB),
        CellRef::Null => Err("the value is NULL"),
    }
}

/// A whole number of any width.
pub(super) fn integer_of(cell: CellRef<'_>, form: WireForm) -> Result<i128, Unfit> {
    match cell {
        CellRef::Int(value) => Ok(i128::from(value)),
        CellRef::Real(value) => {
            let number = value as i64;
            let exact = number.abs() <= FLOAT_EXACT_MAX && number as f64 == value;
            if exact { Ok(i128::from(number)) } else { Err(NOT_WHOLE) }
        }
        CellRef::Text(text) if form != WireForm::Native => {
            whole(text).or_else(|| whole_decimal(text)).ok_or(NOT_WHOLE)
        }
        other => text_of(other).and(Err(TYPE_TEXT)),
    }
}

/// `5.00`, `1e3`.
fn whole_decimal(text: &[u8]) -> Option<i128> {
    let decimal = Decimal::parse(text)?;
    let (high, low) = decimal.places().unwrap_or((0, 0));
    if low < 0 || high > 36 {
        return None;
    }
    let digits = |value: i128, place| value * 10 + i128::from(decimal.digit(place));
    let value = (0..=high).rev().fold(0, digits);
    Some(if decimal.negative { -value } else { value })
}

/// The decimal text of a number, which the caller parses; `spelled` holds what is no text yet.
pub(super) fn number_text<'a>(
    cell: CellRef<'a>,
    form: WireForm,
    spelled: &'a mut [u8; NUMBER_LEN_MAX],
) -> Result<&'a [u8], Unfit> {
    let len = spelled.len();
    let mut rest = &mut spelled[..];
    match cell {
        CellRef::Text(text) if form != WireForm::Native || Decimal::is_plain(text) => {
            return Ok(text);
        }
        CellRef::Int(value) => write!(rest, "{value}").map_err(|_| RANGE)?,
        CellRef::Real(value) if value.is_finite() => write!(rest, "{value}").map_err(|_| RANGE)?,
        CellRef::Real(value) if value > 0.0 => return Ok(b"Infinity"),
        CellRef::Real(value) if value < 0.0 => return Ok(b"-Infinity"),
        CellRef::Real(_) => return Ok(b"NaN"),
        other => return text_of(other).and(Err(TYPE_TEXT)),
    }
    let used = len - rest.len();
    Ok(&spelled[..used])
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

pub(super) fn float8(cell: CellRef<'_>, form: WireForm) -> Result<f64, Unfit> {
    match cell {
        CellRef::Real(value) => Ok(value),
        CellRef::Int(value) if value.abs() <= FLOAT_EXACT_MAX => Ok(value as f64),
        CellRef::Int(_) => Err("the integer has no exact floating-point form"),
        CellRef::Text(text) if form != WireForm::Native => {
            parse(text).ok_or("the text is not a number")
        }
        other => text_of(other).and(Err(TYPE_TEXT)),
    }
}

/// Exact, or at least the same shortest decimal: what PostgreSQL prints of a `real` and SQLite
/// stores of it.
pub(super) fn float4(cell: CellRef<'_>, form: WireForm) -> Result<f32, Unfit> {
    let wide = float8(cell, form)?;
    let narrow = wide as f32;
    if wide.is_nan() || f64::from(narrow) == wide {
        return Ok(narrow);
    }
    let mut spelled = [0u8; 400];
    let mut rest = &mut spelled[..];
    write!(rest, "{narrow}").map_err(|_| RANGE)?;
    let left = rest.len();
    let used = spelled.len() - left;
    match parse::<f64>(&spelled[..used]) {
        Some(again) if again == wide => Ok(narrow),
        _ => Err("the number has no exact 32-bit floating-point form"),
    }
}

/// The text of any cell but a blob, as the server's input functions read it.
pub(super) fn as_text(cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cell {
        CellRef::Text(text) => return check_text(text, out),
        CellRef::Int(value) => {
            let mut buffer = itoa::Buffer::new();
            out.extend_from_slice(buffer.format(value).as_bytes());
        }
        CellRef::Real(value) if value.is_nan() => out.extend_from_slice(b"NaN"),
        CellRef::Real(value) if value.is_infinite() => {
            out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
        }
        CellRef::Real(value) => write!(out, "{value:?}").map_err(|_| RANGE)?,
        CellRef::Blob(_) => return Err(TYPE_BLOB),
        CellRef::Null => {}
    }
    Ok(())
}

pub(super) fn check_text(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    if std::str::from_utf8(text).is_err() {
        return Err(NOT_UTF8);
    }
    if memchr::memchr(0, text).is_some() {
        return Err(NUL);
    }
    out.extend_from_slice(text);
    Ok(())
}

/// `\x0aff` as `bytea_output = hex` prints it.
pub(super) fn hex_bytes(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    const NOT_HEX: Unfit = "the bytes are not in hex form";
    let digits = text.strip_prefix(b"\\x").ok_or(NOT_HEX)?;
    if digits.len() % 2 != 0 {
        return Err(NOT_HEX);
    }
    out.reserve(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        match (nibble(pair[0]), nibble(pair[1])) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => return Err(NOT_HEX),
        }
    }
    Ok(())
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

pub(super) fn uuid(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    const NOT_UUID: Unfit = "the text is not a UUID";
    if text.len() != 36 {
        return Err(NOT_UUID);
    }
    let mut high = None;
    for (at, byte) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return Err(NOT_UUID);
            }
            continue;
        }
        let value = nibble(*byte).ok_or(NOT_UUID)?;
        match high.take() {
            None => high = Some(value),
            Some(first) => out.push(first << 4 | value),
        }
    }
    Ok(())
}

/// Sixteen bytes as `6ccd780c-baba-1026-9564-5b8c656024db`.
pub(crate) fn put_uuid(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        super::load_data::put_hex(&[*byte], out);
    }
}
