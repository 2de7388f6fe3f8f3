//! Cells and rows, in whatever form they travel, to canonical text.

use std::io::Write as _;

use super::super::catalog::LogicalType;
use super::super::fault::Side;
use super::super::plan::{ColumnPlan, TablePlan};
use super::super::value::{CellRef, RowBatch, WireForm};
use super::super::wire::{
    Decimal, Zone, civil_of, is_zero_date, join_elements, parse_clock, parse_interval, parse_time,
    parse_timestamp, put_bits, put_clock, put_hex, put_iso_interval, put_timestamp, put_uuid,
    unswap_uuid, whole,
};
use super::json::put_json;
use super::shape::Shape;

const DAY_US: i64 = 86_400_000_000;

/// What makes canonical text of one column's cells on one side.
#[derive(Clone, Debug)]
pub struct CellCanon {
    shape: Shape,
    is_bool: bool,
    zero_date_null: bool,
    uuid_swapped: bool,
    /// Seconds east of UTC that this side's moments without a zone are in.
    east_s: i32,
    /// Bits of a BIT that arrives as bytes.
    bits: u32,
}

impl CellCanon {
    #[must_use]
    pub fn for_column(column: &ColumnPlan, side: Side) -> CellCanon {
        let own = match side {
            Side::Target => &column.target_logical,
            Side::Source | Side::Engine => &column.source_logical,
        };
        let zone = column.transform.zone.as_deref().map(Zone::parse);
        let unzoned = *own == LogicalType::Timestamp { zoned: false };
        CellCanon {
            shape: Shape::of(column),
            is_bool: *own == LogicalType::Bool,
            zero_date_null: column.transform.zero_date_null && side != Side::Target,
            uuid_swapped: column.transform.uuid_swapped,
            east_s: match zone {
                Some(Zone::Fixed(seconds)) if side != Side::Target && unzoned => seconds,
                _ => 0,
            },
            bits: match own {
                LogicalType::Bits { max, .. } => max.unwrap_or(1),
                _ => 0,
            },
        }
    }

    /// Appends the canonical text of `cell`. False: it is NULL, and nothing was appended.
    pub fn put(&self, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> bool {
        match cell {
            CellRef::Null => return false,
            CellRef::Text(text) if self.nulls(text, form) => return false,
            _ => {}
        }
        match self.shape {
            Shape::Number => self.number(cell, form, out),
            Shape::Float { bits } => float(cell, form, bits, out),
            Shape::Text { trim } => self.text(cell, trim, out),
            Shape::Hex => hex(cell, form, out),
            Shape::Uuid => self.uuid(cell, out),
            Shape::Json => match cell {
                CellRef::Text(text) if put_json(text, out) => {}
                other => self.text(other, false, out),
            },
            Shape::Bits => self.text(cell, false, out),
            Shape::Tagged => tagged(cell, out),
            Shape::Date | Shape::Moment { .. } | Shape::Clock => match cell {
                CellRef::Text(text) => self.time(text, form, out),
                other => tagged(other, out),
            },
            Shape::Interval => match cell {
                CellRef::Text(text) => match parse_interval(text) {
                    Ok(span) => put_iso_interval(span, out),
                    Err(_) => out.extend_from_slice(text),
                },
                other => tagged(other, out),
            },
            Shape::SetList => match cell {
                CellRef::Text(text) => set_list(text, out),
                other => tagged(other, out),
            },
        }
        true
    }

    fn nulls(&self, text: &[u8], form: WireForm) -> bool {
        let dated = matches!(self.shape, Shape::Date | Shape::Moment { .. });
        self.zero_date_null && form == WireForm::MysqlText && dated && is_zero_date(text)
    }

    fn number(&self, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) {
        match cell {
            CellRef::Text(b"t") if self.is_bool && form == WireForm::CopyText => out.push(b'1'),
            CellRef::Text(b"f") if self.is_bool && form == WireForm::CopyText => out.push(b'0'),
            CellRef::Text(text) => {
                if !put_number(text, out) {
                    tagged(cell, out);
                }
            }
            CellRef::Int(value) => put_int(i128::from(value), out),
            CellRef::Real(value) if value.is_finite() => {
                let mut spelled = [0u8; 400];
                let mut rest = &mut spelled[..];
                // No finite float is longer.
                let _ = write!(rest, "{value}");
                let used = 400 - rest.len();
                put_number(&spelled[..used], out);
            }
            CellRef::Real(value) => put_unbounded(value, out),
            CellRef::Blob(bytes) if self.bits > 0 && bytes.len() <= 8 => {
                let value = bytes.iter().fold(0, |n, byte| n << 8 | i128::from(*byte));
                put_int(value, out);
            }
            CellRef::Blob(_) | CellRef::Null => tagged(cell, out),
        }
    }

    fn text(&self, cell: CellRef<'_>, trim: bool, out: &mut Vec<u8>) {
        match cell {
            CellRef::Text(text) => {
                let blanks = text.iter().rev().take_while(|byte| trim && **byte == b' ').count();
                out.extend_from_slice(&text[..text.len() - blanks]);
            }
            CellRef::Int(value) => put_int(i128::from(value), out),
            CellRef::Real(value) if value.is_finite() => {
                // As the copy writes a number into a text column.
                let _ = write!(out, "{value:?}");
            }
            CellRef::Real(value) => put_unbounded(value, out),
            CellRef::Blob(bytes) => {
                let at = out.len();
                if self.bits == 0 || put_bits(bytes, self.bits, out).is_err() {
                    out.truncate(at);
                    tagged(cell, out);
                }
            }
            CellRef::Null => {}
        }
    }

    fn uuid(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        match cell {
            CellRef::Text(text) => out.extend(text.iter().map(u8::to_ascii_lowercase)),
            CellRef::Blob(bytes) => match <[u8; 16]>::try_from(bytes) {
                Ok(mut uuid) => {
                    if self.uuid_swapped {
                        unswap_uuid(&mut uuid);
                    }
                    put_uuid(&uuid, out);
                }
                Err(_) => tagged(cell, out),
            },
            other => tagged(other, out),
        }
    }

    /// Dates, moments and times. What is none of them stays the text it is.
    fn time(&self, text: &[u8], form: WireForm, out: &mut Vec<u8>) {
        let put = match self.shape {
            // Everyone writes it the same.
            Shape::Date => false,
            Shape::Moment { utc } => self.moment(text, form, utc, out),
            _ => put_time(text, form, out),
        };
        if !put {
            out.extend_from_slice(without_zeros(text));
        }
    }

    fn moment(&self, text: &[u8], form: WireForm, utc: bool, out: &mut Vec<u8>) -> bool {
        // MySQL prints what is already canonical but for the zeros of its fraction.
        if form == WireForm::MysqlText && self.east_s == 0 && text.len() > 10 {
            return false;
        }
        let Ok(mut moment) = parse_timestamp(text, form) else { return false };
        if matches!(moment.micros, i64::MAX | i64::MIN) {
            return false;
        }
        if utc && moment.zone_s.is_none() {
            moment.zone_s = Some(self.east_s);
        }
        if !utc && moment.zone_s.is_some() {
            return false;
        }
        let east = i64::from(moment.zone_s.unwrap_or(0)) * 1_000_000;
        put_moment(moment.micros - east, out);
        true
    }
}

/// As PostgreSQL prints it, with `BC` for years before 1.
fn put_moment(micros: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_of(micros.div_euclid(DAY_US));
    if year > 0 {
        put_timestamp(micros, out);
        return;
    }
    let _ = write!(out, "{:04}-{month:02}-{day:02} ", 1 - year);
    put_clock(micros.rem_euclid(DAY_US), out);
    out.extend_from_slice(b" BC");
}

/// `[-]HH:MM:SS[.f]`; SQLite may leave the seconds out.
fn put_time(text: &[u8], form: WireForm, out: &mut Vec<u8>) -> bool {
    let micros = match parse_clock(text) {
        Some(micros) => micros,
        None => match parse_time(text) {
            Ok((micros, None)) if form == WireForm::Native => micros,
            _ => return false,
        },
    };
    if micros < 0 {
        out.push(b'-');
    }
    // TIME and an interval of hours are far from the ends of 64 bits.
    put_clock(micros.saturating_abs(), out);
    true
}

/// Without zeros at the end of a fraction.
fn without_zeros(text: &[u8]) -> &[u8] {
    if memchr::memchr(b'.', text).is_none() {
        return text;
    }
    let end = text.iter().rposition(|byte| *byte != b'0').map_or(0, |at| at + 1);
    text[..end].strip_suffix(b".").unwrap_or(&text[..end])
}

fn put_int(value: i128, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// False: it is no number, and nothing was appended.
fn put_number(text: &[u8], out: &mut Vec<u8>) -> bool {
    if matches!(text, b"NaN" | b"Infinity" | b"-Infinity") {
        out.extend_from_slice(text);
        return true;
    }
    if let Some(value) = whole(text) {
        put_int(value, out);
        return true;
    }
    match Decimal::parse(text) {
        Some(decimal) => {
            decimal.put_plain(out);
            true
        }
        None => false,
    }
}

fn put_unbounded(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match value {
        _ if value.is_nan() => b"NaN",
        _ if value > 0.0 => b"Infinity",
        _ => b"-Infinity",
    });
}

fn float(cell: CellRef<'_>, form: WireForm, bits: u8, out: &mut Vec<u8>) {
    let parsed = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<f64>().ok();
    let value = match cell {
        CellRef::Real(value) => value,
        CellRef::Int(value) => value as f64,
        CellRef::Text(text) if form != WireForm::Native || text == b"NaN" => match parsed(text) {
            Some(value) => value,
            None => return tagged(cell, out),
        },
        other => return tagged(other, out),
    };
    if value == 0.0 {
        out.push(b'0');
    } else if !value.is_finite() {
        put_unbounded(value, out);
    } else if bits == 32 {
        let _ = write!(out, "{:e}", value as f32);
    } else {
        let _ = write!(out, "{value:e}");
    }
}

fn hex(cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) {
    match cell {
        CellRef::Blob(bytes) => put_hex(bytes, out),
        CellRef::Text(text) if form == WireForm::CopyText && text.starts_with(b"\\x") => {
            out.extend_from_slice(&text[2..]);
        }
        other => tagged(other, out),
    }
}

fn set_list(text: &[u8], out: &mut Vec<u8>) {
    let at = out.len();
    if text.first() != Some(&b'{') || join_elements(text, out).is_err() {
        out.truncate(at);
        out.extend_from_slice(text);
    }
}

/// The storage class and the value.
fn tagged(cell: CellRef<'_>, out: &mut Vec<u8>) {
    match cell {
        CellRef::Null => {}
        CellRef::Int(value) => {
            out.extend_from_slice(b"i:");
            put_int(i128::from(value), out);
        }
        CellRef::Real(value) => {
            let _ = write!(out, "r:{value:e}");
        }
        CellRef::Text(text) => {
            out.extend_from_slice(b"t:");
            out.extend_from_slice(text);
        }
        CellRef::Blob(bytes) => {
            out.extend_from_slice(b"x:");
            put_hex(bytes, out);
        }
    }
}

/// Rows of one table, as one side has them, to canonical rows.
#[derive(Clone, Debug)]
pub struct RowCanon {
    columns: Vec<CellCanon>,
    scratch: Vec<u8>,
}

impl RowCanon {
    #[must_use]
    pub fn new(table: &TablePlan, side: Side) -> RowCanon {
        RowCanon::of(table.columns.iter().map(|column| CellCanon::for_column(column, side)))
    }

    /// For columns of one's choice: a key, or one that differs.
    pub fn of(columns: impl IntoIterator<Item = CellCanon>) -> RowCanon {
        RowCanon { columns: columns.into_iter().collect(), scratch: Vec::new() }
    }

    /// Appends row `row` of `batch`: `N;` or `<bytes>:<text>;` per column.
    pub fn put(&mut self, batch: &RowBatch, row: usize, out: &mut Vec<u8>) {
        for (at, column) in self.columns.iter().enumerate() {
            self.scratch.clear();
            if column.put(batch.cell(row, at), batch.form(), &mut self.scratch) {
                let length = itoa::Buffer::new().format(self.scratch.len()).len();
                out.reserve(self.scratch.len() + length + 2);
                out.extend_from_slice(itoa::Buffer::new().format(self.scratch.len()).as_bytes());
                out.push(b':');
                out.extend_from_slice(&self.scratch);
                out.push(b';');
            } else {
                out.extend_from_slice(b"N;");
            }
        }
    }
}
