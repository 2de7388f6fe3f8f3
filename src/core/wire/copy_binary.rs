//! One cell in PostgreSQL's COPY binary form: a length, then the type's own `recv` form.

use super::super::value::{CellRef, WireForm};
use super::bits::{put_bits, put_bits_left, put_text_bits, unswap_uuid};
use super::cell::{
    NUMBER_LEN_MAX, as_text, check_text, float4, float8, hex_bytes, integer_of, number_text,
    text_of, uuid,
};
use super::columns::{Clock, ColumnCoder, Kind};
use super::decimal::Decimal;
use super::interval::clock;
use super::moment::{parse_date, parse_time, parse_timestamp};
use super::{RANGE, TYPE_BLOB, TYPE_TEXT, Unfit};

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
        Kind::Bool => out.push(u8::from(boolean(column, cell, form)?)),
        Kind::Int2 => {
            let value = i16::try_from(integer(column, cell, form)?).map_err(|_| RANGE)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Kind::Int4 => {
            let value = i32::try_from(integer(column, cell, form)?).map_err(|_| RANGE)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Kind::Int8 => {
            let value = i64::try_from(integer(column, cell, form)?).map_err(|_| RANGE)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Kind::Numeric { precision, scale } => {
            numeric(column, cell, form, (precision, scale), out)?;
        }
        Kind::Float4 => out.extend_from_slice(&float4(cell, form)?.to_bits().to_be_bytes()),
        Kind::Float8 => out.extend_from_slice(&float8(cell, form)?.to_bits().to_be_bytes()),
        Kind::Text { max } => text(column, cell, max, out)?,
        Kind::Bytes => bytes(cell, form, out)?,
        Kind::Date => {
            out.extend_from_slice(&parse_date(text_of(cell)?, form)?.to_be_bytes());
        }
        Kind::Time | Kind::TimeZoned => time(column, text_of(cell)?, out)?,
        Kind::Timestamp | Kind::TimestampZoned => {
            out.extend_from_slice(&moment(column, text_of(cell)?, form)?.to_be_bytes());
        }
        Kind::Uuid => uuid_of(column, cell, out)?,
        Kind::Json => json(cell, out)?,
        Kind::Jsonb => {
            out.push(1);
            json(cell, out)?;
        }
        Kind::Interval => {
            let micros = clock(text_of(cell)?).ok_or("the text is not a time")?;
            out.extend_from_slice(&micros.to_be_bytes());
            // Neither days nor months.
            out.extend_from_slice(&[0; 8]);
        }
        Kind::Bits { bits } => bit_string(cell, bits, out)?,
        Kind::TextArray => text_array(text_of(cell)?, out)?,
        Kind::Server => match cell {
            CellRef::Blob(_) => return Err(TYPE_BLOB),
            other => as_text(other, out)?,
        },
    }
    Ok(())
}

/// Microseconds as the column counts them.
fn moment(column: &ColumnCoder, text: &[u8], form: WireForm) -> Result<i64, Unfit> {
    let mut moment = parse_timestamp(text, form)?;
    let zoned = column.kind == Kind::TimestampZoned;
    if form == WireForm::MysqlText && zoned {
        moment.zone_s = match column.clock {
            _ if column.mysql_utc => Some(0),
            Clock::East(seconds) => Some(seconds),
            // Only checked here: the server reads the text.
            Clock::Named(_) => Some(0),
            Clock::AsWritten => None,
        };
    }
    let micros = if zoned { moment.utc()? } else { moment.local()? };
    check_digits(column, micros)?;
    Ok(micros)
}

fn check_digits(column: &ColumnCoder, micros: i64) -> Result<(), Unfit> {
    match column.second_digits {
        // Infinity has no digits: PostgreSQL's largest and smallest number stand for it.
        Some(_) if micros == i64::MAX || micros == i64::MIN => Ok(()),
        Some(digits) if micros % 10i64.pow(6 - digits) != 0 => {
            Err("the time is finer than the column")
        }
        _ => Ok(()),
    }
}

/// MySQL's BIT arrives as bytes.
fn integer(column: &ColumnCoder, cell: CellRef<'_>, form: WireForm) -> Result<i128, Unfit> {
    match (cell, column.bits_from) {
        (CellRef::Blob(bytes), Some(_)) if bytes.len() <= 8 => {
            Ok(bytes.iter().fold(0, |number, byte| number << 8 | i128::from(*byte)))
        }
        _ => integer_of(cell, form),
    }
}

/// A BIT as the number it is, in COPY text.
pub(super) fn put_blob_number(
    column: &ColumnCoder,
    blob: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    let number = integer(column, CellRef::Blob(blob), WireForm::MysqlText)?;
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    Ok(())
}

/// How many bits, then the bits from the left.
fn bit_string(cell: CellRef<'_>, bits: u32, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let count = i32::try_from(bits).map_err(|_| RANGE)?;
    out.extend_from_slice(&count.to_be_bytes());
    match cell {
        CellRef::Blob(bytes) => put_bits_left(bytes, bits, out),
        other => {
            let text = text_of(other)?;
            if text.len() != bits as usize {
                return Err("the bit string is not as long as the column");
            }
            put_text_bits(text, out)
        }
    }
}

/// One dimension, from 1; the empty array has no dimension.
fn text_array(joined: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    const TEXT_OID: i32 = 25;
    let elements = joined.split(|byte| *byte == b',');
    let count = if joined.is_empty() { 0 } else { elements.clone().count() };
    let length = i32::try_from(count).map_err(|_| RANGE)?;
    for word in [i32::from(count > 0), 0, TEXT_OID] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    if count == 0 {
        return Ok(());
    }
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&1i32.to_be_bytes());
    for element in elements {
        let length = i32::try_from(element.len()).map_err(|_| RANGE)?;
        out.extend_from_slice(&length.to_be_bytes());
        check_text(element, out)?;
    }
    Ok(())
}

fn uuid_of(column: &ColumnCoder, cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let CellRef::Blob(bytes) = cell else { return uuid(text_of(cell)?, out) };
    if bytes.len() != 16 {
        return Err("the bytes are not the sixteen of a UUID");
    }
    let at = out.len();
    out.extend_from_slice(bytes);
    if column.uuid_swapped {
        unswap_uuid(&mut out[at..]);
    }
    Ok(())
}

fn boolean(column: &ColumnCoder, cell: CellRef<'_>, form: WireForm) -> Result<bool, Unfit> {
    match cell {
        CellRef::Text(b"t") if form == WireForm::CopyText => return Ok(true),
        CellRef::Text(b"f") if form == WireForm::CopyText => return Ok(false),
        CellRef::Int(_) | CellRef::Blob(_) => {}
        CellRef::Text(_) if form == WireForm::MysqlText => {}
        other => return text_of(other).and(Err(TYPE_TEXT)),
    }
    match integer(column, cell, form)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err("the number is neither 0 nor 1"),
    }
}

fn numeric(
    column: &ColumnCoder,
    cell: CellRef<'_>,
    form: WireForm,
    (precision, scale): (Option<u16>, Option<i16>),
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    let mut spelled = [0; NUMBER_LEN_MAX];
    let mut buffer = itoa::Buffer::new();
    let text = match cell {
        CellRef::Blob(_) => buffer.format(integer(column, cell, form)?).as_bytes(),
        _ => number_text(cell, form, &mut spelled)?,
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
        CellRef::Blob(bytes) if column.bits_from.is_some() => {
            put_bits(bytes, column.bits_from.unwrap_or(1), out)?;
        }
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

fn bytes(cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cell {
        CellRef::Blob(blob) => out.extend_from_slice(blob),
        CellRef::Text(text) if form == WireForm::CopyText => hex_bytes(text, out)?,
        CellRef::Text(_) => return Err(TYPE_TEXT),
        other => return text_of(other).map(|_| ()),
    }
    Ok(())
}

fn time(column: &ColumnCoder, text: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    let (micros, zone_s) = parse_time(text)?;
    out.extend_from_slice(&micros.to_be_bytes());
    check_digits(column, micros)?;
    match (column.kind, zone_s) {
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

fn json(cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<(), Unfit> {
    match cell {
        // A column of numeric affinity has turned the text `5` into the number.
        CellRef::Real(value) if !value.is_finite() => Err("JSON has no infinity"),
        CellRef::Int(_) | CellRef::Real(_) | CellRef::Text(_) => as_text(cell, out),
        other => text_of(other).map(|_| ()),
    }
}
