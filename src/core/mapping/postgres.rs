//! PostgreSQL's types on SQLite.

use super::super::catalog::{Column, LogicalType};
use super::{ColumnFit, Fit, Transform};

/// Decimal digits that SQLite's 64-bit floats always keep.
const FLOAT_DIGITS: u16 = 15;

const AS_TEXT: &str = "kept as the text PostgreSQL prints";
const DECIMAL_LONG: &str = "no type on purpose: numbers where 15 digits hold the value, else text \
                            with every digit";

pub(super) fn to_sqlite(column: &Column) -> ColumnFit {
    let text = || LogicalType::Text { max: None, fixed: false };
    let same =
        |declared: &str, reason| (declared.to_owned(), column.logical.clone(), Fit::Exact, reason);
    let (declared, logical, fit, reason) = match &column.logical {
        LogicalType::Bool => same("BOOLEAN", "0 and 1"),
        LogicalType::Int { bits: 16, .. } => same("SMALLINT", "the same integers"),
        LogicalType::Int { bits: 32, .. } => same("INTEGER", "the same integers"),
        LogicalType::Int { .. } => same("BIGINT", "the same integers"),
        LogicalType::Decimal { precision: Some(precision), scale }
            if *precision <= FLOAT_DIGITS =>
        {
            let declared = match scale {
                Some(scale) => format!("NUMERIC({precision},{scale})"),
                None => format!("NUMERIC({precision})"),
            };
            (declared, column.logical.clone(), Fit::Exact, "at most 15 digits: exact as a number")
        }
        LogicalType::Decimal { .. } => (String::new(), LogicalType::Any, Fit::Exact, DECIMAL_LONG),
        LogicalType::Float { bits: 32 } => same("REAL", "the digits PostgreSQL prints; no NaN"),
        LogicalType::Float { .. } => same("DOUBLE PRECISION", "the same number; no NaN"),
        LogicalType::Text { max: Some(max), fixed: true } => {
            let declared = format!("CHAR({max})");
            (declared, column.logical.clone(), Fit::Exact, "with its trailing blanks")
        }
        LogicalType::Text { max: Some(max), fixed: false } => {
            let reason = "SQLite does not enforce the length";
            (format!("VARCHAR({max})"), column.logical.clone(), Fit::Wider, reason)
        }
        LogicalType::Text { .. } => same("TEXT", "the same text"),
        LogicalType::Bytes { .. } => same("BLOB", "the same bytes"),
        LogicalType::Date => same("DATE", "ISO text"),
        LogicalType::Time { zoned: false } => same("TIME", "ISO text"),
        LogicalType::Time { zoned: true } => same("TIMETZ", "ISO text with its zone"),
        LogicalType::Timestamp { zoned: false } => same("TIMESTAMP", "ISO text"),
        LogicalType::Timestamp { zoned: true } => same("TIMESTAMPTZ", "ISO text in UTC"),
        LogicalType::Uuid
        | LogicalType::Json { .. }
        | LogicalType::Xml
        | LogicalType::Enum
        | LogicalType::Interval
        | LogicalType::TimeSpan
        | LogicalType::Set
        | LogicalType::Year
        | LogicalType::Geometry
        | LogicalType::Bits { .. }
        | LogicalType::Array(_)
        | LogicalType::Any
        | LogicalType::Numeric
        | LogicalType::Other(_) => ("TEXT".to_owned(), text(), Fit::Wider, AS_TEXT),
    };
    ColumnFit {
        declared,
        logical,
        fit,
        reason: reason.into(),
        transform: Transform::default(),
        rule: None,
    }
}
