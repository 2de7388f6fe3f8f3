//! Rows to values for SQLite: what PostgreSQL printed becomes integers, reals, blobs and text.
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
use super::cell::hex_bytes;
use super::decimal::Decimal;
use super::{Unfit, unfit};

/// Decimal digits that a float of 64 bits always keeps.
const FLOAT_DIGITS: u32 = 15;
/// Integers up to here are exact as a float of 64 bits.
const FLOAT_EXACT_MAX: u64 = 1 << 53;

/// How PostgreSQL's text of a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Bool,
    Int,
    Float,
    Decimal,
    Bytes,
    Text,
}

struct Column {
    name: String,
    reading: Reading,
    affinity: Affinity,
    /// Source and target declare the same: what SQLite has stored there it will store again.
    same_type: bool,
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
        let reading = match plan.source_logical {
            LogicalType::Bool => Reading::Bool,
            LogicalType::Int { .. } => Reading::Int,
            LogicalType::Float { .. } => Reading::Float,
            LogicalType::Decimal { .. } => Reading::Decimal,
            LogicalType::Bytes { .. } => Reading::Bytes,
            _ => Reading::Text,
        };
        Column {
            name: plan.name.clone(),
            reading,
            affinity: affinity(&plan.target_declared),
            same_type: plan.source_declared == plan.target_declared,
        }
    }

    fn read<'a>(
        &self,
        cell: CellRef<'a>,
        form: WireForm,
        scratch: &'a mut Vec<u8>,
    ) -> Result<CellRef<'a>, Unfit> {
        let CellRef::Text(text) = cell else { return Ok(cell) };
        if form == WireForm::Native
            || self.affinity == Affinity::Text && self.reading != Reading::Bytes
        {
            return Ok(cell);
        }
        match self.reading {
            Reading::Text => Ok(cell),
            Reading::Bool => match text {
                b"t" => Ok(CellRef::Int(1)),
                b"f" => Ok(CellRef::Int(0)),
                _ => Err("the text is not a truth value"),
            },
            Reading::Int => {
                parse(text).map(CellRef::Int).ok_or("the number is out of SQLite's integer range")
            }
            Reading::Float => match parse::<f64>(text) {
                Some(value) if value.is_nan() => Err("SQLite has no NaN"),
                Some(value) => Ok(CellRef::Real(value)),
                None => Err("the text is not a number"),
            },
            Reading::Decimal => self.decimal(text, cell),
            Reading::Bytes => {
                scratch.clear();
                hex_bytes(text, scratch)?;
                Ok(CellRef::Blob(scratch))
            }
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
