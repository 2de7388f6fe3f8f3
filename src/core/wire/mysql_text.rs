//! One cell as a MySQL server reads it: the text of a literal, or the bytes of a binary value.
//!
//! MySQL bends what does not fit (a long text is cut, a number rounded, an unknown label becomes
//! its number in the list), with a warning at best. So everything is checked here first.

use std::io::Write as _;

use super::super::catalog::LogicalType;
use super::super::plan::ColumnPlan;
use super::super::value::{CellRef, WireForm};
use super::bits::{bits_from_text, put_bits};
use super::cell::{
    NUMBER_LEN_MAX, as_text, float4, float8, hex_bytes, integer_of, number_text, text_of, uuid,
};
use super::decimal::Decimal;
use super::interval::{parse_interval, put_iso_interval};
use super::json_numbers::numbers_are_exact;
use super::moment::{parse_date, parse_time, parse_timestamp};
use super::moment_text::{civil_of, put_clock, put_date, put_timestamp};
use super::mysql_type::{Charset, MysqlKind};
use super::zone::{Zone, is_zero_date};
use super::{NOT_UTF8, RANGE, TYPE_BLOB, TYPE_TEXT, Unfit};

const DAY_US: i64 = 86_400_000_000;
/// 1970-01-01 00:00:01 and 2038-01-19 03:14:07.999999 in microseconds since 2000-01-01.
const TIMESTAMP_US: std::ops::RangeInclusive<i64> = -946_684_799_000_000..=1_200_798_847_999_999;

const FINER: Unfit = "the time is finer than the column";
const NOT_LABEL: Unfit = "the text is none of the column's labels";
const NARROW: Unfit = "the text has characters that the column's character set does not have";
const LONGER: Unfit = "the text is longer than the column";
const NOT_FINITE: Unfit = "the number is not finite, which MySQL does not have";
const NEGATIVE: Unfit = "the number is negative and the column is unsigned";

/// How one column's cells become MySQL's text.
#[derive(Clone, Debug)]
pub(super) struct MysqlCoder {
    pub name: String,
    pub target_name: String,
    pub kind: MysqlKind,
    source: LogicalType,
    /// Both sides declare the same: what MySQL printed it reads.
    same_type: bool,
    zero_date_null: bool,
    uuid_swapped: bool,
    zone: Option<Zone>,
}

impl MysqlCoder {
    pub(super) fn new(column: &ColumnPlan) -> MysqlCoder {
        MysqlCoder {
            name: column.name.clone(),
            target_name: column.target_name.clone(),
            kind: MysqlKind::of(&column.target_declared, &column.target_logical),
            source: column.source_logical.clone(),
            same_type: column.source_declared == column.target_declared
                && column.source_logical == column.target_logical,
            zero_date_null: column.transform.zero_date_null && is_moment(&column.source_logical),
            uuid_swapped: column.transform.uuid_swapped,
            zone: column.transform.zone.as_deref().map(Zone::parse),
        }
    }

    /// The text or the bytes of `cell`, borrowed from it or from `scratch`; `None` for NULL.
    pub(super) fn spell<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, Unfit> {
        if cell == CellRef::Null {
            return Ok(None);
        }
        if let CellRef::Text(text) = cell
            && form == WireForm::MysqlText
            && self.zero_date_null
            && is_zero_date(text)
        {
            return Ok(None);
        }
        if self.same_type && form == WireForm::MysqlText {
            return self.pass(cell, scratch).map(Some);
        }
        scratch.clear();
        self.convert(cell, form, scratch).map(Some)
    }

    /// MySQL to the same type of MySQL.
    fn pass<'a>(&self, cell: CellRef<'a>, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], Unfit> {
        match (cell, &self.kind) {
            (CellRef::Blob(bytes), MysqlKind::Bits { max }) => {
                scratch.clear();
                put_number(bits_of_bytes(bytes, *max)?, scratch);
                Ok(scratch)
            }
            (CellRef::Blob(bytes), kind) if kind.is_binary() => Ok(bytes),
            (CellRef::Text(text), MysqlKind::Enum(labels)) if text.is_empty() => {
                label(text, labels)?;
                Ok(text)
            }
            (CellRef::Text(text), _) => valid(text).map(|_| text),
            (CellRef::Blob(_), _) => Err(TYPE_BLOB),
            (CellRef::Null | CellRef::Int(_) | CellRef::Real(_), _) => Err(TYPE_TEXT),
        }
    }

    fn convert<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        out: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Unfit> {
        match &self.kind {
            MysqlKind::Int { bits, unsigned } => {
                let value = self.integer(cell, form)?;
                if !int_range(*bits, *unsigned).contains(&value) {
                    return Err(if value < 0 && *unsigned { NEGATIVE } else { RANGE });
                }
                put_number(value, out);
            }
            MysqlKind::Decimal { precision, scale, unsigned } => {
                put_decimal(cell, form, (*precision, *scale), *unsigned, out)?;
            }
            MysqlKind::Float { bits, places, unsigned } => {
                put_float(cell, form, *bits, out)?;
                if *unsigned && out.first() == Some(&b'-') {
                    return Err(NEGATIVE);
                }
                if let Some((precision, scale)) = places {
                    let decimal = Decimal::parse(out).ok_or(RANGE)?;
                    decimal.fits(Some(*precision), Some(*scale))?;
                }
            }
            MysqlKind::Text { chars, bytes, charset } => {
                return self.text(cell, form, (*chars, *bytes, *charset), out);
            }
            MysqlKind::Bytes { max, fixed } => return self.bytes(cell, form, *max, *fixed, out),
            MysqlKind::Date => put_day(text_of(cell)?, form, out)?,
            MysqlKind::Time { digits } => put_time(text_of(cell)?, form, *digits, out)?,
            MysqlKind::Datetime { .. } | MysqlKind::Timestamp { .. } => {
                self.moment(cell, form, out)?;
            }
            MysqlKind::Year => put_year(self.integer(cell, form)?, out)?,
            MysqlKind::Bits { max } => put_number(self.bits(cell, form, *max)?, out),
            MysqlKind::Enum(labels) => {
                let text = valid(text_of(cell)?)?;
                label(text.as_bytes(), labels)?;
                return Ok(text.as_bytes());
            }
            MysqlKind::Set(labels) => return set(text_of(cell)?, labels, form, out),
            MysqlKind::Json { numbers } => return json(cell, *numbers, out),
            MysqlKind::Geometry => return self.geometry(cell, form, out),
            MysqlKind::Server => return self.text(cell, form, (None, None, Charset::Full), out),
        }
        Ok(out)
    }

    fn integer(&self, cell: CellRef<'_>, form: WireForm) -> Result<i128, Unfit> {
        match (&self.source, cell) {
            (LogicalType::Bool, CellRef::Text(b"t")) if form == WireForm::CopyText => Ok(1),
            (LogicalType::Bool, CellRef::Text(b"f")) if form == WireForm::CopyText => Ok(0),
            (LogicalType::Bits { .. }, _) => self.bits(cell, form, 64),
            _ => integer_of(cell, form),
        }
    }

    fn bits(&self, cell: CellRef<'_>, form: WireForm, max: u32) -> Result<i128, Unfit> {
        match (&self.source, cell) {
            (LogicalType::Bits { .. }, CellRef::Blob(bytes)) => bits_of_bytes(bytes, max),
            (LogicalType::Bits { .. }, CellRef::Text(text)) if form == WireForm::CopyText => {
                if text.len() != max as usize && matches!(self.kind, MysqlKind::Bits { .. }) {
                    return Err("the bit string is not as long as the column");
                }
                bits_from_text(text)
            }
            (LogicalType::Bool, _) => self.integer(cell, form),
            _ => {
                let value = integer_of(cell, form)?;
                let fits = (0..1i128 << max).contains(&value);
                if fits { Ok(value) } else { Err(RANGE) }
            }
        }
    }

    fn text<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        (chars, bytes, charset): (Option<u32>, Option<u32>, Charset),
        out: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Unfit> {
        let text = match (cell, &self.source) {
            (CellRef::Text(text), LogicalType::Interval) if form == WireForm::CopyText => {
                put_iso_interval(parse_interval(text)?, out);
                &out[..]
            }
            (CellRef::Text(text), _) => text,
            (CellRef::Blob(bits), LogicalType::Bits { max, .. }) => {
                put_bits(bits, max.unwrap_or(64), out)?;
                &out[..]
            }
            (CellRef::Int(_) | CellRef::Real(_), source) if holds_numbers(source) => {
                as_text(cell, out)?;
                &out[..]
            }
            (other, _) => text_of(other)?,
        };
        let known = valid(text)?;
        if chars.is_some_and(|max| known.chars().count() > max as usize) {
            return Err(LONGER);
        }
        // Other character sets count other bytes; there the server says.
        if bytes.is_some_and(|max| text.len() > max as usize) && charset != Charset::Latin1 {
            return Err(LONGER);
        }
        if charset.holds(known) { Ok(text) } else { Err(NARROW) }
    }

    fn bytes<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        max: Option<u32>,
        fixed: bool,
        out: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Unfit> {
        let bytes = match (cell, &self.source) {
            (CellRef::Blob(bytes), _) => bytes,
            (CellRef::Text(text), LogicalType::Uuid) => {
                uuid(text, out)?;
                if self.uuid_swapped {
                    super::bits::swap_uuid(out);
                }
                &out[..]
            }
            (CellRef::Text(text), LogicalType::Bytes { .. }) if form == WireForm::CopyText => {
                hex_bytes(text, out)?;
                &out[..]
            }
            (CellRef::Text(text), LogicalType::Bytes { .. }) if form == WireForm::MysqlText => text,
            (CellRef::Text(_), _) => return Err(TYPE_TEXT),
            (other, _) => text_of(other)?,
        };
        match max {
            Some(max) if bytes.len() > max as usize => Err("the bytes are longer than the column"),
            Some(max) if fixed && bytes.len() < max as usize => {
                Err("the bytes are shorter than the column, which would add zero bytes")
            }
            _ => Ok(bytes),
        }
    }

    fn geometry<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        out: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Unfit> {
        let bytes = self.bytes(cell, form, None, false, out)?;
        // SRID, byte order, kind.
        if bytes.len() < 9 { Err("the bytes are no geometry of MySQL") } else { Ok(bytes) }
    }

    fn moment(&self, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let mut moment = parse_timestamp(text_of(cell)?, form)?;
        let from_zoned = matches!(self.source, LogicalType::Timestamp { zoned: true });
        if form == WireForm::MysqlText && from_zoned {
            moment.zone_s = Some(0);
        }
        if moment.zone_s.is_none()
            && let Some(zone) = &self.zone
        {
            moment.zone_s = Some(zone.fixed_s()?);
        }
        if moment.is_infinite() {
            return Err("the moment is infinite");
        }
        let timestamp = matches!(self.kind, MysqlKind::Timestamp { .. });
        let micros = if from_zoned || self.zone.is_some() || timestamp {
            moment.utc()?
        } else {
            moment.local()?
        };
        match self.kind {
            MysqlKind::Timestamp { digits } => {
                if !TIMESTAMP_US.contains(&micros) {
                    return Err("the moment is out of TIMESTAMP's range");
                }
                check_digits(micros, digits)?;
            }
            MysqlKind::Datetime { digits } => check_digits(micros, digits)?,
            _ => {}
        }
        check_year(micros.div_euclid(DAY_US))?;
        put_timestamp(micros, out);
        Ok(())
    }
}

/// Types whose values MySQL may have as zero dates.
fn is_moment(source: &LogicalType) -> bool {
    matches!(source, LogicalType::Date | LogicalType::Timestamp { .. })
}

fn valid(text: &[u8]) -> Result<&str, Unfit> {
    std::str::from_utf8(text).map_err(|_| NOT_UTF8)
}

/// Columns of SQLite whose numbers may become text when the plan said so.
fn holds_numbers(source: &LogicalType) -> bool {
    matches!(
        source,
        LogicalType::Any
            | LogicalType::Numeric
            | LogicalType::Bool
            | LogicalType::Int { .. }
            | LogicalType::Decimal { .. }
            | LogicalType::Float { .. }
    )
}

fn int_range(bits: u8, unsigned: bool) -> std::ops::RangeInclusive<i128> {
    if unsigned {
        0..=(1i128 << bits) - 1
    } else {
        -(1i128 << (bits - 1))..=(1i128 << (bits - 1)) - 1
    }
}

fn put_number(value: i128, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn bits_of_bytes(bytes: &[u8], max: u32) -> Result<i128, Unfit> {
    if bytes.len() > 8 {
        return Err(RANGE);
    }
    let value = bytes.iter().fold(0i128, |n, byte| n << 8 | i128::from(*byte));
    if value >> max == 0 { Ok(value) } else { Err(RANGE) }
}

/// Plain digits: MySQL notes every digit it cuts, zeros too.
fn put_decimal(
    cell: CellRef<'_>,
    form: WireForm,
    (precision, scale): (u16, i16),
    unsigned: bool,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    let mut spelled = [0; NUMBER_LEN_MAX];
    let text = number_text(cell, form, &mut spelled)?;
    if matches!(text, b"NaN" | b"Infinity" | b"-Infinity") {
        return Err(NOT_FINITE);
    }
    let decimal = Decimal::parse(text).ok_or("the text is not a number")?;
    decimal.fits(Some(precision), Some(scale))?;
    if unsigned && decimal.negative && decimal.places().is_some() {
        return Err(NEGATIVE);
    }
    if decimal.display_scale() > i32::from(scale) || !Decimal::is_plain(text) {
        decimal.put_plain(out);
    } else {
        out.extend_from_slice(text);
    }
    Ok(())
}

fn put_float(cell: CellRef<'_>, form: WireForm, bits: u8, out: &mut Vec<u8>) -> Result<(), Unfit> {
    // The exact decimal of a float of 32 bits as one of 64: MySQL reads it in two roundings.
    let value = if bits == 32 { f64::from(float4(cell, form)?) } else { float8(cell, form)? };
    if !value.is_finite() {
        return Err(NOT_FINITE);
    }
    write!(out, "{value:e}").map_err(|_| RANGE)
}

/// Years 1 to 9999: a year 0 is half a zero date.
fn check_year(days: i64) -> Result<(), Unfit> {
    let (year, ..) = civil_of(days);
    if (1..=9999).contains(&year) { Ok(()) } else { Err("the date is out of MySQL's range") }
}

/// Digits of the fraction beyond what the column has would be rounded.
fn check_digits(micros: i64, digits: u32) -> Result<(), Unfit> {
    let unit = 10i64.pow(6 - digits.clamp(0, 6));
    if micros % unit == 0 { Ok(()) } else { Err(FINER) }
}

fn put_day(text: &[u8], form: WireForm, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let days = match parse_date(text, form)? {
        i32::MAX | i32::MIN => return Err("the date is infinite"),
        days => i64::from(days),
    };
    check_year(days)?;
    put_date(days, out);
    Ok(())
}

fn put_time(text: &[u8], form: WireForm, digits: u32, out: &mut Vec<u8>) -> Result<(), Unfit> {
    if form == WireForm::MysqlText {
        let micros = super::interval::clock(text).ok_or("the text is not a time")?;
        check_digits(micros, digits)?;
        out.extend_from_slice(text);
        return Ok(());
    }
    match parse_time(text)? {
        (micros, None) => {
            check_digits(micros, digits)?;
            put_clock(micros, out);
            Ok(())
        }
        (_, Some(_)) => Err("the text names a time zone and the column keeps none"),
    }
}

fn put_year(year: i128, out: &mut Vec<u8>) -> Result<(), Unfit> {
    if year != 0 && !(1901..=2155).contains(&year) {
        return Err("the year is out of YEAR's range");
    }
    // Four digits: a shorter text would be a year of this century.
    write!(out, "{year:04}").map_err(|_| RANGE)
}

fn label(text: &[u8], labels: &[String]) -> Result<(), Unfit> {
    let known = labels.is_empty() || labels.iter().any(|label| label.as_bytes() == text);
    if known { Ok(()) } else { Err(NOT_LABEL) }
}

/// `a,b` as MySQL has it, or PostgreSQL's array of it.
fn set<'a>(
    text: &'a [u8],
    labels: &[String],
    form: WireForm,
    out: &'a mut Vec<u8>,
) -> Result<&'a [u8], Unfit> {
    valid(text)?;
    let joined = if form == WireForm::CopyText && text.first() == Some(&b'{') {
        super::array::join_elements(text, out)?;
        &out[..]
    } else {
        text
    };
    if !joined.is_empty() {
        joined.split(|byte| *byte == b',').try_for_each(|one| label(one, labels))?;
    }
    Ok(joined)
}

fn json<'a>(cell: CellRef<'a>, numbers: bool, out: &'a mut Vec<u8>) -> Result<&'a [u8], Unfit> {
    let text = match cell {
        CellRef::Real(value) if !value.is_finite() => return Err("JSON has no infinity"),
        CellRef::Int(_) | CellRef::Real(_) => {
            as_text(cell, out)?;
            &out[..]
        }
        other => text_of(other)?,
    };
    valid(text)?;
    if numbers && !numbers_are_exact(text) {
        return Err("a number in the document has no exact form in MySQL's JSON");
    }
    Ok(text)
}
