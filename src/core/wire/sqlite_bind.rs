//! Rows to values for SQLite: what PostgreSQL and MySQL printed becomes integers, reals, blobs and
//! text.
//!
//! SQLite changes values by itself when they are stored (column affinity): text that looks like a
//! number becomes one in a numeric column, numbers become text in a text column. A value that would
//! be bent so is refused here. NaN does not exist in SQLite (it would become NULL) and is refused,
//! unless the column keeps text.

use super::super::catalog::LogicalType;
use super::super::fault::Fault;
use super::super::mapping::{Affinity, affinity};
use super::super::name::ObjectName;
use super::super::plan::{ColumnPlan, TablePlan};
use super::super::value::{CellRef, WireForm};
use super::bits::{put_bits, swap_uuid, unswap_uuid};
use super::cell::{hex_bytes, put_uuid, uuid};
use super::decimal::Decimal;
use super::moment::parse_timestamp;
use super::moment_text::put_timestamp;
use super::whole::whole_64;
use super::zone::{Zone, is_zero_date};
use super::{NOT_UTF8, Unfit, unfit};

/// Decimal digits that a float of 64 bits always keeps.
const FLOAT_DIGITS: u32 = 15;
/// Integers up to here are exact as a float of 64 bits.
const FLOAT_EXACT_MAX: u64 = 1 << 53;

/// How a server's text of a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Bool,
    Int,
    Float,
    Decimal,
    Bytes,
    /// MySQL's BIT arrives as bytes: a number, or as many characters of `0` and `1`.
    Bits {
        count: u32,
    },
    /// A UUID in sixteen bytes, to text.
    UuidBytes {
        swapped: bool,
    },
    /// A UUID in text, to sixteen bytes.
    UuidText {
        swapped: bool,
    },
    /// MySQL prints TIMESTAMP in UTC without a zone; the column wants one.
    Utc,
    /// A moment without a zone, which is this many seconds east of UTC.
    East {
        zone: Result<i32, Unfit>,
    },
    Text,
}

struct Column {
    name: String,
    reading: Reading,
    affinity: Affinity,
    /// Source and target declare the same: what SQLite has stored there it will store again.
    same_type: bool,
    zero_date_null: bool,
}

/// Turns cells of one table into what is bound to its INSERT.
pub struct SqliteBinder {
    table: ObjectName,
    columns: Vec<Column>,
    scratch: Vec<u8>,
}

impl SqliteBinder {
    #[must_use]
    pub fn new(table: &TablePlan) -> SqliteBinder {
        SqliteBinder {
            table: table.source.clone(),
            columns: table.columns.iter().map(Column::new).collect(),
            scratch: Vec::new(),
        }
    }

    /// The value to bind for `cell` of `column`; borrows from the cell or from the binder.
    ///
    /// # Errors
    /// `ValueUnfit` with table, column and `row`, the row's position in the chunk.
    pub fn value<'a>(
        &'a mut self,
        column: usize,
        row: u64,
        cell: CellRef<'a>,
        form: WireForm,
    ) -> Result<CellRef<'a>, Fault> {
        let known = &self.columns[column];
        let scratch = &mut self.scratch;
        if form == WireForm::Native && known.same_type {
            return Ok(cell);
        }
        known
            .read(cell, form, scratch)
            .and_then(|value| known.guard(value))
            .map_err(|why| unfit(&self.table, &known.name, row, why))
    }
}

impl Column {
    fn new(plan: &ColumnPlan) -> Column {
        let moment =
            matches!(plan.source_logical, LogicalType::Date | LogicalType::Timestamp { .. });
        Column {
            name: plan.name.clone(),
            reading: reading_of(plan),
            affinity: affinity(&plan.target_declared),
            same_type: plan.source_declared == plan.target_declared,
            zero_date_null: plan.transform.zero_date_null && moment,
        }
    }

    fn read<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        scratch: &'a mut Vec<u8>,
    ) -> Result<CellRef<'a>, Unfit> {
        scratch.clear();
        match cell {
            CellRef::Text(_) if form == WireForm::Native => Ok(cell),
            CellRef::Text(text) if self.zero_date_null && is_zero_date(text) => Ok(CellRef::Null),
            CellRef::Text(text) => self.read_text(text, form, scratch),
            CellRef::Blob(bytes) if form == WireForm::MysqlText => self.read_blob(bytes, scratch),
            other => Ok(other),
        }
    }

    fn read_text<'a>(
        &self,
        text: &'a [u8],
        form: WireForm,
        scratch: &'a mut Vec<u8>,
    ) -> Result<CellRef<'a>, Unfit> {
        let cell = CellRef::Text(text);
        if form == WireForm::MysqlText && std::str::from_utf8(text).is_err() {
            return Err(NOT_UTF8);
        }
        let number = matches!(
            self.reading,
            Reading::Bool | Reading::Int | Reading::Float | Reading::Decimal
        );
        if number && self.affinity == Affinity::Text {
            return Ok(cell);
        }
        match self.reading {
            Reading::Text => Ok(cell),
            Reading::Bool => match text {
                b"t" | b"1" => Ok(CellRef::Int(1)),
                b"f" | b"0" => Ok(CellRef::Int(0)),
                _ => Err("the text is not a truth value"),
            },
            Reading::Int => match whole_64(text) {
                Some(value) => Ok(CellRef::Int(value)),
                // A column without a type keeps the digits.
                None if self.affinity == Affinity::Blob => Ok(cell),
                None => Err("the number is out of SQLite's integer range"),
            },
            Reading::Float => match parse::<f64>(text) {
                Some(value) if value.is_nan() => Err("SQLite has no NaN"),
                Some(value) => Ok(CellRef::Real(value)),
                None => Err("the text is not a number"),
            },
            Reading::Decimal => self.decimal(text, cell),
            Reading::Bytes if form == WireForm::CopyText => {
                hex_bytes(text, scratch)?;
                Ok(CellRef::Blob(scratch))
            }
            Reading::UuidText { swapped } => {
                uuid(text, scratch)?;
                if swapped {
                    swap_uuid(scratch);
                }
                Ok(CellRef::Blob(scratch))
            }
            Reading::Utc if form == WireForm::MysqlText => {
                scratch.extend_from_slice(text);
                scratch.extend_from_slice(b"+00");
                Ok(CellRef::Text(scratch))
            }
            Reading::East { zone } => {
                let mut moment = parse_timestamp(text, form)?;
                moment.zone_s = Some(zone?);
                put_timestamp(moment.utc()?, scratch);
                scratch.extend_from_slice(b"+00");
                Ok(CellRef::Text(scratch))
            }
            Reading::Bits { .. } | Reading::UuidBytes { .. } | Reading::Bytes | Reading::Utc => {
                Ok(cell)
            }
        }
    }

    fn read_blob<'a>(
        &self,
        bytes: &'a [u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<CellRef<'a>, Unfit> {
        match self.reading {
            Reading::Bits { count } if self.affinity == Affinity::Text => {
                put_bits(bytes, count, scratch)?;
                Ok(CellRef::Text(scratch))
            }
            Reading::Bits { .. } if self.affinity != Affinity::Blob => {
                let number = bytes.iter().fold(0u128, |n, byte| n << 8 | u128::from(*byte));
                i64::try_from(number)
                    .map(CellRef::Int)
                    .map_err(|_| "the number is out of SQLite's integer range")
            }
            Reading::UuidBytes { swapped } => {
                if bytes.len() != 16 {
                    return Err("the bytes are not the sixteen of a UUID");
                }
                let mut plain = [0; 16];
                plain.copy_from_slice(bytes);
                if swapped {
                    unswap_uuid(&mut plain);
                }
                put_uuid(&plain, scratch);
                Ok(CellRef::Text(scratch))
            }
            _ => Ok(CellRef::Blob(bytes)),
        }
    }

    /// A number where one holds it exactly; else the text, where the column keeps text.
    fn decimal<'a>(&self, text: &[u8], cell: CellRef<'a>) -> Result<CellRef<'a>, Unfit> {
        let number = exact_number(text);
        match (number, self.affinity) {
            (Some(value), _) => Ok(value),
            (None, Affinity::Blob) => Ok(cell),
            (None, _) => Err("SQLite has no exact form of the number"),
        }
    }

    /// Refuses what SQLite would change while storing it.
    fn guard<'a>(&self, value: CellRef<'a>) -> Result<CellRef<'a>, Unfit> {
        let bent = match (value, self.affinity) {
            (CellRef::Text(text), Affinity::Integer | Affinity::Numeric | Affinity::Real) => {
                looks_numeric(text)
            }
            (CellRef::Int(_) | CellRef::Real(_), Affinity::Text) => true,
            (CellRef::Int(value), Affinity::Real) => value.unsigned_abs() > FLOAT_EXACT_MAX,
            (CellRef::Real(value), _) => value.is_nan(),
            _ => false,
        };
        if bent { Err("SQLite would change the value in a column of this type") } else { Ok(value) }
    }
}

fn reading_of(plan: &ColumnPlan) -> Reading {
    let swapped = plan.transform.uuid_swapped;
    let to_uuid = plan.target_logical == LogicalType::Uuid;
    match (&plan.source_logical, &plan.target_logical) {
        (LogicalType::Bool, _) => Reading::Bool,
        (LogicalType::Int { .. } | LogicalType::Year, LogicalType::Bool) => Reading::Bool,
        (LogicalType::Int { .. } | LogicalType::Year, _) => Reading::Int,
        (LogicalType::Float { .. }, _) => Reading::Float,
        (LogicalType::Decimal { .. }, _) => Reading::Decimal,
        (LogicalType::Bytes { .. }, _) if to_uuid => Reading::UuidBytes { swapped },
        (LogicalType::Uuid, LogicalType::Bytes { .. }) => Reading::UuidText { swapped },
        (LogicalType::Bytes { .. }, _) => Reading::Bytes,
        (LogicalType::Bits { max, .. }, _) => Reading::Bits { count: max.unwrap_or(1) },
        (LogicalType::Timestamp { zoned: true }, LogicalType::Timestamp { zoned: true }) => {
            Reading::Utc
        }
        (LogicalType::Timestamp { zoned: false }, LogicalType::Timestamp { zoned: true }) => {
            match plan.transform.zone.as_deref().map(Zone::parse) {
                Some(zone) => Reading::East { zone: zone.fixed_s() },
                None => Reading::Text,
            }
        }
        _ => Reading::Text,
    }
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The integer or float that is exactly the decimal `text`.
fn exact_number(text: &[u8]) -> Option<CellRef<'static>> {
    let decimal = Decimal::parse(text)?;
    let (_, low) = decimal.places().unwrap_or((0, 0));
    if low >= 0 {
        let whole = text.split(|b| *b == b'.').next().unwrap_or(text);
        if let Some(value) = parse::<i64>(whole) {
            return Some(CellRef::Int(value));
        }
    }
    if decimal.significant() > FLOAT_DIGITS {
        return None;
    }
    parse::<f64>(text).filter(|value| value.is_normal()).map(CellRef::Real)
}

/// Would SQLite's numeric affinity take `text` for a number? Errs on the side of yes.
fn looks_numeric(text: &[u8]) -> bool {
    let trimmed = text.trim_ascii();
    let spelled = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    trimmed.iter().all(spelled) && parse::<f64>(trimmed).is_some()
}
