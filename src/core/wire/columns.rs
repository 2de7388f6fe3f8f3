//! Which transcoder a column of PostgreSQL gets.

use super::super::catalog::LogicalType;
use super::super::plan::ColumnPlan;
use super::super::value::{CellRef, WireForm};
use super::copy_binary;
use super::zone::{Zone, is_zero_date};

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
    /// MySQL's TIME: hours, and neither days nor months.
    Interval,
    /// `bits`: how many the column has; of a varying one, how many its values have.
    Bits {
        bits: u32,
    },
    /// A SET as `text[]`.
    TextArray,
    /// Known to the server only: it reads the text. Forces COPY text.
    Server,
}

/// What a moment without a zone becomes in a column with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Nothing: its text has to name the zone.
    AsWritten,
    /// Seconds east of UTC. MySQL prints TIMESTAMP in UTC and says so nowhere.
    East(i32),
    /// The server resolves the name: forces COPY text.
    Named(String),
}

/// One column's transcoder.
#[derive(Clone, Debug)]
pub(super) struct ColumnCoder {
    pub name: String,
    pub kind: Kind,
    /// The plan said that numbers become text here (a SQLite column of any type).
    pub numbers_as_text: bool,
    pub clock: Clock,
    /// Digits of a second's fraction that the column keeps, when it declares fewer than six.
    pub second_digits: Option<u32>,
    /// MySQL prints this column's moments in UTC and without a zone.
    pub mysql_utc: bool,
    zero_date_null: bool,
    pub uuid_swapped: bool,
    /// Bits that MySQL sends as bytes.
    pub bits_from: Option<u32>,
}

impl ColumnCoder {
    pub(super) fn new(column: &ColumnPlan) -> ColumnCoder {
        let source = &column.source_logical;
        let zone = column.transform.zone.as_deref().map(Zone::parse);
        let moment = matches!(source, LogicalType::Date | LogicalType::Timestamp { .. });
        ColumnCoder {
            kind: kind_for(column),
            clock: match zone {
                Some(Zone::Fixed(seconds)) => Clock::East(seconds),
                Some(Zone::Named(name)) => Clock::Named(name),
                None => Clock::AsWritten,
            },
            second_digits: second_digits(column),
            mysql_utc: *source == LogicalType::Timestamp { zoned: true },
            zero_date_null: column.transform.zero_date_null && moment,
            uuid_swapped: column.transform.uuid_swapped,
            bits_from: match source {
                LogicalType::Bits { max, .. } => Some(max.unwrap_or(1)),
                _ => None,
            },
            ..ColumnCoder::of_kind(column.name.clone(), Kind::Server, holds_numbers(source))
        }
    }

    fn of_kind(name: String, kind: Kind, numbers_as_text: bool) -> ColumnCoder {
        ColumnCoder {
            name,
            kind,
            numbers_as_text,
            clock: Clock::AsWritten,
            second_digits: None,
            mysql_utc: false,
            zero_date_null: false,
            uuid_swapped: false,
            bits_from: None,
        }
    }

    pub(super) fn has_binary(&self) -> bool {
        let named = matches!(self.clock, Clock::Named(_)) && self.kind == Kind::TimestampZoned;
        self.kind != Kind::Server && !named
    }

    /// NULL, for what the plan makes NULL.
    pub(super) fn admit<'a>(&self, cell: CellRef<'a>, form: WireForm) -> CellRef<'a> {
        match cell {
            CellRef::Text(text)
                if self.zero_date_null && form == WireForm::MysqlText && is_zero_date(text) =>
            {
                CellRef::Null
            }
            other => other,
        }
    }
}

/// Numbers may become text where the plan said so.
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

/// `timestamp(3)`: the server would round what is finer.
fn second_digits(column: &ColumnPlan) -> Option<u32> {
    let timed =
        matches!(column.target_logical, LogicalType::Time { .. } | LogicalType::Timestamp { .. });
    let (_, rest) = column.target_declared.split_once('(').filter(|_| timed)?;
    let (digits, _) = rest.split_once(')')?;
    digits.trim().parse().ok().filter(|digits| *digits < 6)
}

/// The kind that the pair of types asks for.
fn kind_for(column: &ColumnPlan) -> Kind {
    match (&column.source_logical, &column.target_logical) {
        (LogicalType::TimeSpan, LogicalType::Interval) => Kind::Interval,
        (LogicalType::Set, LogicalType::Array(of))
            if matches!(**of, LogicalType::Text { max: None, .. }) =>
        {
            Kind::TextArray
        }
        (LogicalType::Bits { .. }, LogicalType::Bits { max: Some(bits), varying: false }) => {
            Kind::Bits { bits: *bits }
        }
        (LogicalType::Bits { max: Some(bits), varying: false }, LogicalType::Bits { .. }) => {
            Kind::Bits { bits: *bits }
        }
        // PostgreSQL has no spatial type of its own: the plan says bytes.
        (LogicalType::Geometry, LogicalType::Geometry) => Kind::Bytes,
        (_, target) => kind_of(target),
    }
}

/// Could a column of PostgreSQL with this meaning take `cell` of SQLite as it is?
#[must_use]
pub fn fits_postgres(logical: &LogicalType, cell: CellRef<'_>) -> bool {
    let coder = ColumnCoder::of_kind(String::new(), kind_of(logical), false);
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
