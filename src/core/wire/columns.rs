//! Which transcoder a column of PostgreSQL gets.

use super::super::catalog::LogicalType;
use super::super::plan::ColumnPlan;
use super::super::value::{CellRef, WireForm};
use super::copy_binary;

/// What a cell becomes on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Numeric {
        precision: Option<u16>,
        scale: Option<i16>,
    },
    Float4,
    Float8,
    /// `max` in characters.
    Text {
        max: Option<u32>,
    },
    Bytes,
    Date,
    Time,
    TimeZoned,
    Timestamp,
    TimestampZoned,
    Uuid,
    /// As text, which the server checks.
    Json,
    /// The same with a version byte.
    Jsonb,
    /// Known to the server only: it reads the text. Forces COPY text.
    Server,
}

/// One column's transcoder.
#[derive(Clone, Debug)]
pub(super) struct ColumnCoder {
    pub name: String,
    pub kind: Kind,
    /// The plan said that numbers become text here (a SQLite column of any type).
    pub numbers_as_text: bool,
}

impl ColumnCoder {
    pub(super) fn new(column: &ColumnPlan) -> ColumnCoder {
        ColumnCoder {
            name: column.name.clone(),
            kind: kind_of(&column.target_logical),
            numbers_as_text: matches!(
                column.source_logical,
                LogicalType::Any
                    | LogicalType::Numeric
                    | LogicalType::Bool
                    | LogicalType::Int { .. }
                    | LogicalType::Decimal { .. }
                    | LogicalType::Float { .. }
            ),
        }
    }

    pub(super) fn has_binary(&self) -> bool {
        self.kind != Kind::Server
    }
}

/// Could a column of PostgreSQL with this meaning take `cell` of SQLite as it is?
#[must_use]
pub fn fits_postgres(logical: &LogicalType, cell: CellRef<'_>) -> bool {
    let coder = ColumnCoder { name: String::new(), kind: kind_of(logical), numbers_as_text: false };
    // Long texts and blobs are checked to their end: a sample is small.
    copy_binary::put(&coder, cell, WireForm::Native, &mut Vec::new()).is_ok()
}

fn kind_of(logical: &LogicalType) -> Kind {
    match logical {
        LogicalType::Bool => Kind::Bool,
        LogicalType::Int { unsigned: true, .. } => Kind::Server,
        LogicalType::Int { bits: 16, .. } => Kind::Int2,
        LogicalType::Int { bits: 32, .. } => Kind::Int4,
        LogicalType::Int { bits: 64, .. } => Kind::Int8,
        LogicalType::Int { .. } => Kind::Server,
        LogicalType::Decimal { precision, scale } => {
            Kind::Numeric { precision: *precision, scale: *scale }
        }
        LogicalType::Float { bits: 32 } => Kind::Float4,
        LogicalType::Float { .. } => Kind::Float8,
        LogicalType::Text { max, .. } => Kind::Text { max: *max },
        // An enum's binary form is its label.
        LogicalType::Enum => Kind::Text { max: None },
        LogicalType::Bytes { .. } => Kind::Bytes,
        LogicalType::Date => Kind::Date,
        LogicalType::Time { zoned: false } => Kind::Time,
        LogicalType::Time { zoned: true } => Kind::TimeZoned,
        LogicalType::Timestamp { zoned: false } => Kind::Timestamp,
        LogicalType::Timestamp { zoned: true } => Kind::TimestampZoned,
        LogicalType::Uuid => Kind::Uuid,
        LogicalType::Json { binary: false } => Kind::Json,
        LogicalType::Json { binary: true } => Kind::Jsonb,
        LogicalType::Year => Kind::Int2,
        LogicalType::Interval
        | LogicalType::TimeSpan
        | LogicalType::Set
        | LogicalType::Geometry
        | LogicalType::Xml
        | LogicalType::Bits { .. }
        | LogicalType::Array(_)
        | LogicalType::Any
        | LogicalType::Numeric
        | LogicalType::Other(_) => Kind::Server,
    }
}
