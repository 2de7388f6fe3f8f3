//! One cell in PostgreSQL's COPY binary form: a length, then the type's own `recv` form.

use std::io::Write as _;

use super::super::value::{CellRef, WireForm};
use super::Unfit;
use super::columns::{ColumnCoder, Kind};
use super::decimal::Decimal;
use super::moment::{parse_date, parse_time, parse_timestamp};

/// Integers up to here are exact as a float of 64 bits.
const FLOAT_EXACT_MAX: i64 = 1 << 53;

const TYPE_TEXT: Unfit = "the value is stored as text and the column holds none";
const TYPE_REAL: Unfit = "the value is stored as a real number and the column holds none";
const TYPE_INT: Unfit = "the value is stored as an integer and the column holds none";
const TYPE_BLOB: Unfit = "the value is stored as a blob and the column holds none";
const RANGE: Unfit = "the number is out of the column's range";
const NUL: Unfit = "the text holds a NUL character, which PostgreSQL cannot store";
const NOT_UTF8: Unfit = "the text is not valid UTF-8";

/// Appends `cell` with its length to `out`. On error `out` holds a torn cell.
pub(super) fn put(
    column: &ColumnCoder,
    cell: CellRef<'_>,
    form: WireForm,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    if cell == CellRef::Null {
        out.extend_from_slice(&(-1i32).to_be_bytes());
        return Ok(());
    }
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    payload(column, cell, form, out)?;
    let len = i32::try_from(out.len() - at - 4).map_err(|_| "the value is larger than 2 GiB")?;
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
    Ok(())
}

fn payload(
    column: &ColumnCoder,
    cell: CellRef<'_>,
    form: WireForm,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    match column.kind {
        Kind::Bool => out.push(u8::from(boolean(cell, form)?)),
        Kind::Int2 => {
            let value = i16::try_from(integer(cell, form)?).map_err(|_| RANGE)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Kind::Int4 => {
            let value = i32::try_from(integer(cell, form)?).map_err(|_| RANGE)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Kind::Int8 => out.extend_from_slice(&integer(cell, form)?.to_be_bytes()),
        Kind::Numeric { precision, scale } => numeric(cell, form, (precision, scale), out)?,
        Kind::Float4 => out.extend_from_slice(&float4(cell, form)?.to_bits().to_be_bytes()),
        Kind::Float8 => out.extend_from_slice(&float8(cell, form)?.to_bits().to_be_bytes()),
        Kind::Text { max } => text(column, cell, max, out)?,
        Kind::Bytes => bytes(cell, form, out)?,
        Kind::Date => {
            out.extend_from_slice(&parse_date(text_of(cell)?, form)?.to_be_bytes());
        }
        Kind::Time | Kind::TimeZoned => time(column.kind, text_of(cell)?, out)?,
        Kind::Timestamp => {
            let micros = parse_timestamp(text_of(cell)?, form)?.local()?;
            out.extend_from_slice(&micros.to_be_bytes());
        }
        Kind::TimestampZoned => {
            let micros = parse_timestamp(text_of(cell)?, form)?.utc()?;
            out.extend_from_slice(&micros.to_be_bytes());
        }
        Kind::Uuid => uuid(text_of(cell)?, out)?,
        Kind::Json => json(cell, out)?,
        Kind::Jsonb => {
            out.push(1);
            json(cell, out)?;
        }
        Kind::Server => match cell {
            CellRef::Blob(_) => return Err(TYPE_BLOB),
            other => as_text(other, out)?,
        },
    }
    Ok(())
}

fn text_of(cell: CellRef<'_>) -> Result<&[u8], Unfit> {
    match cell {
        CellRef::Text(text) => Ok(text),
        CellRef::Int(_) => Err(TYPE_INT),
        CellRef::Real(_) => Err(TYPE_REAL),
        CellRef::Blob(_) => Err(TYPE_BLOB),
        CellRef::Null => Err("the value is NULL"),
    }
}

fn boolean(cell: CellRef<'_>, form: WireForm) -> Result<bool, Unfit> {
    match cell {
        CellRef::Int(0) => Ok(false),
        CellRef::Int(1) => Ok(true),
        CellRef::Text(b"t") if form == WireForm::CopyText => Ok(true),
        CellRef::Text(b"f") if form == WireForm::CopyText => Ok(false),
        CellRef::Int(_) => Err("the number is neither 0 nor 1"),
        other => text_of(other).and(Err(TYPE_TEXT)),
    }
}

fn integer(cell: CellRef<'_>, form: WireForm) -> Result<i64, Unfit> {
    match cell {
        CellRef::Int(value) => Ok(value),
        CellRef::Real(value) => {
            let whole = value as i64;
            let exact = whole.abs() <= FLOAT_EXACT_MAX && whole as f64 == value;
            if exact { Ok(whole) } else { Err("the number is not a whole number") }
        }
        CellRef::Text(text) if form == WireForm::CopyText => {
            parse(text).ok_or("the text is not a whole number")
        }
        other => text_of(other).and(Err(TYPE_TEXT)),
    }
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn float8(cell: CellRef<'_>, form: WireForm) -> Result<f64, Unfit> {
    match cell {
        CellRef::Real(value) => Ok(value),
        CellRef::Int(value) if value.abs() <= FLOAT_EXACT_MAX => Ok(value as f64),
        CellRef::Int(_) => Err("the integer has no exact floating-point form"),
        CellRef::Text(text) if form == WireForm::CopyText => {
            parse(text).ok_or("the text is not a number")
        }
        other => text_of(other).and(Err(TYPE_TEXT)),
    }
}

/// Exact, or at least the same shortest decimal: what PostgreSQL prints of a `real` and SQLite
/// stores of it.
fn float4(cell: CellRef<'_>, form: WireForm) -> Result<f32, Unfit> {
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

fn numeric(
    cell: CellRef<'_>,
    form: WireForm,
    (precision, scale): (Option<u16>, Option<i16>),
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    // Longest text of a finite float: sign, 309 digits; or 0. and 324 zeros and 17 digits.
    let mut spelled = [0u8; 400];
    let text = match cell {
        CellRef::Text(text) if form == WireForm::CopyText => text,
        CellRef::Text(text) if Decimal::is_plain(text) => text,
        CellRef::Int(value) => {
            let mut rest = &mut spelled[..];
            write!(rest, "{value}").map_err(|_| RANGE)?;
            let left = rest.len();
            let used = spelled.len() - left;
            &spelled[..used]
        }
        CellRef::Real(value) if value.is_finite() => {
            let mut rest = &mut spelled[..];
            write!(rest, "{value}").map_err(|_| RANGE)?;
            let left = rest.len();
            let used = spelled.len() - left;
            &spelled[..used]
        }
        CellRef::Real(value) if value > 0.0 => b"Infinity",
        CellRef::Real(_) => b"-Infinity",
        other => return text_of(other).and(Err(TYPE_TEXT)),
    };
    let special: Option<u16> = match text {
        b"NaN" => Some(0xC000),
        b"Infinity" => Some(0xD000),
        b"-Infinity" => Some(0xF000),
        _ => None,
    };
    if let Some(sign) = special {
        if precision.is_some() && sign != 0xC000 {
            return Err(RANGE);
        }
        for word in [0, 0, sign, 0] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        return Ok(());
    }
    let decimal = Decimal::parse(text).ok_or("the text is not a number")?;
    decimal.fits(precision, scale)?;
    put_decimal(&decimal, out)
}

/// Base-10000 digits, most significant first, as `numeric_recv` reads them.
fn put_decimal(decimal: &Decimal<'_>, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let scale = u16::try_from(decimal.display_scale())
        .ok()
        .filter(|scale| *scale <= 16_383)
        .ok_or("the number has more than 16383 digits after the point")?;
    let (first, last) = match decimal.places() {
        Some((high, low)) => (high.div_euclid(4), low.div_euclid(4)),
        None => (0, 1),
    };
    let count = if decimal.places().is_some() { first - last + 1 } else { 0 };
    let count = u16::try_from(count).map_err(|_| RANGE)?;
    let weight = i16::try_from(first).map_err(|_| RANGE)?;
    let sign: u16 = if decimal.negative && count > 0 { 0x4000 } else { 0 };
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
    for group in (last..=first).rev().take(usize::from(count)) {
        let place = group * 4;
        let value =
            (0..4).rev().fold(0u16, |value, i| value * 10 + u16::from(decimal.digit(place + i)));
        out.extend_from_slice(&value.to_be_bytes());
    }
    Ok(())
}

fn text(
    column: &ColumnCoder,
    cell: CellRef<'_>,
    max: Option<u32>,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    let at = out.len();
    match cell {
        CellRef::Text(text) => check_text(text, out)?,
        CellRef::Int(_) | CellRef::Real(_) if column.numbers_as_text => as_text(cell, out)?,
        other => return text_of(other).map(|_| ()),
    }
    if let Some(max) = max {
        let chars = bytes_to_chars(&out[at..]);
        if chars > max as usize {
            return Err("the text is longer than the column");
        }
    }
    Ok(())
}

/// Characters of valid UTF-8: bytes that do not continue one.
fn bytes_to_chars(text: &[u8]) -> usize {
    text.iter().filter(|b| (**b & 0xC0) != 0x80).count()
}

fn check_text(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    if std::str::from_utf8(text).is_err() {
        return Err(NOT_UTF8);
    }
    if memchr::memchr(0, text).is_some() {
        return Err(NUL);
    }
    out.extend_from_slice(text);
    Ok(())
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

fn bytes(cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cell {
        CellRef::Blob(blob) => out.extend_from_slice(blob),
        CellRef::Text(text) if form == WireForm::CopyText => hex_bytes(text, out)?,
        CellRef::Text(_) => return Err(TYPE_TEXT),
        other => return text_of(other).map(|_| ()),
    }
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

fn time(kind: Kind, text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    let (micros, zone_s) = parse_time(text)?;
    out.extend_from_slice(&micros.to_be_bytes());
    match (kind, zone_s) {
        (Kind::TimeZoned, Some(zone)) => {
            // PostgreSQL counts seconds west of UTC.
            out.extend_from_slice(&(-zone).to_be_bytes());
            Ok(())
        }
        (Kind::TimeZoned, None) => Err("the text names no time zone"),
        (_, None) => Ok(()),
        (_, Some(_)) => Err("the text names a time zone and the column keeps none"),
    }
}

fn uuid(text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
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

fn json(cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cell {
        // A column of numeric affinity has turned the text `5` into the number.
        CellRef::Real(value) if !value.is_finite() => Err("JSON has no infinity"),
        CellRef::Int(_) | CellRef::Real(_) | CellRef::Text(_) => as_text(cell, out),
        other => text_of(other).map(|_| ()),
    }
}
