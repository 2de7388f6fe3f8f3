//! Rules from a declared type to a neutral meaning to another engine's type, with a verdict.
//!
//! # SQLite to PostgreSQL
//!
//! SQLite enforces no width, length, precision or format, so a declaration is a promise of the
//! people who use the table and not a fact. Two decisions follow.
//!
//! * **A limit that SQLite does not enforce is not enforced by the target**: every integer becomes
//!   `bigint`, every `VARCHAR(n)` becomes `text`, every real `double precision`.
//! * **A declaration with a meaning keeps it**: `BOOLEAN`, `DATE`, `TIME`, `DATETIME`, `TIMESTAMP`,
//!   `DECIMAL(p,s)`, `UUID` and `JSON` become the types people expect on PostgreSQL, because each
//!   stored value that is no such thing is refused by table, column and row and never bent. What
//!   fits: for `BOOLEAN` the integers 0 and 1; for dates and times the ISO text that SQLite's own
//!   date functions read, down to microseconds, with a zone exactly where the type has one
//!   (numbers, whether Unix seconds or Julian days, never: nobody can tell which they are); for
//!   `DECIMAL(p,s)` numbers that need no rounding. Moments are equal as moments: the text
//!   `1996-07-04 00:00:00.000` comes back as `1996-07-04 00:00:00`.
//!
//! The driver looks at a sample of each column before it settles [`LogicalType`]
//! ([`meaning_of_sample`]). The declaration counts as long as anything in the sample bears it out.
//! When nothing does (Unix seconds in `DATETIME`, `'yes'` in `BOOLEAN`) the column gets the meaning
//! of what it holds, and when numbers exceed a `DECIMAL(p,s)` it loses the limit; the reason says
//! so. A column without a type is settled by its sample alone; mixed ones become `text`, which is
//! the one lossy rule (numbers arrive as text).
//!
//! Verdicts speak of values the declared type stands for. That a column of a table that is not
//! STRICT might also hold something else is true of every such column, and what does not fit stops
//! its chunk by name.
//!
//! # PostgreSQL to SQLite
//!
//! Whatever SQLite has no type for is kept as the text PostgreSQL prints (ISO dates, UTC, hex).
//! Declared names are chosen by the affinity they bring, never by their looks: `JSON`, `INTERVAL`
//! or `POINT` would make SQLite turn text into numbers. `numeric(p,s)` up to 15 digits is exact in
//! SQLite's numbers; longer or unlimited `numeric` gets a column without a type, whose values are
//! numbers where a number holds every digit and text where none does. A negative zero loses its
//! sign in SQLite. NaN is refused in number columns: SQLite would store NULL.

mod mysql;
mod postgres;
mod rules;
mod spelling;
mod sqlite;

pub use mysql::{mysql_labels, mysql_second_digits, mysql_type};
pub use rules::{MapRules, RuleApplied, Transform};
pub use sqlite::{Sample, Storage, affinity, meaning_of_sample, sqlite_type};

use super::catalog::{Column, LogicalType};
use super::name::{Dialect, ObjectName};
use std::borrow::Cow;

/// What a conversion does to values. Ordered: a table's verdict is its worst column's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Comes back identical.
    Exact,
    /// Holds every value, and more.
    Wider,
    /// Some values change or some are refused; needs consent.
    Lossy,
    /// No conversion is known.
    Unsupported,
}

impl Fit {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Fit::Exact => "exact",
            Fit::Wider => "wider",
            Fit::Lossy => "lossy",
            Fit::Unsupported => "unsupported",
        }
    }
}

/// How one column travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFit {
    /// The target's type as it will be declared.
    pub declared: String,
    pub logical: LogicalType,
    pub fit: Fit,
    /// Why this type; a phrase for the plan.
    pub reason: Cow<'static, str>,
    pub transform: Transform,
    /// A rule of the job changed the type.
    pub rule: Option<RuleApplied>,
}

/// What SQLite does to a value it stores in a column of a declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// What PostgreSQL would be asked to hold of a column of SQLite: what a sample is compared with.
#[must_use]
pub fn sqlite_meaning(column: &Column) -> LogicalType {
    sqlite::to_postgres(column).logical
}

/// What is to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct FitRequest<'a> {
    pub from: Dialect,
    pub to: Dialect,
    /// The table on the source, for rules that name one.
    pub table: &'a ObjectName,
    pub column: &'a Column,
    pub rules: &'a MapRules,
}

/// What a column becomes on the other engine. Between equal engines columns travel as they are
/// unless a rule says otherwise.
#[must_use]
pub fn fit(request: &FitRequest<'_>) -> ColumnFit {
    let column = request.column;
    match (request.from, request.to) {
        (Dialect::Sqlite, Dialect::Postgres) => sqlite::to_postgres(column),
        (Dialect::Postgres, Dialect::Sqlite) => postgres::to_sqlite(column),
        (from, to) if from == to => ColumnFit {
            declared: column.declared.clone(),
            logical: column.logical.clone(),
            fit: Fit::Exact,
            reason: Cow::Borrowed("the same engine"),
            transform: Transform::default(),
            rule: None,
        },
        _ => ColumnFit {
            declared: String::new(),
            logical: LogicalType::Other(column.declared.clone()),
            fit: Fit::Unsupported,
            reason: Cow::Borrowed("MySQL is not supported yet"),
            transform: Transform::default(),
            rule: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn column(declared: &str, logical: LogicalType) -> Column {
        Column {
            name: "c".to_owned(),
            declared: declared.to_owned(),
            logical,
            not_null: false,
            default: None,
            generated: None,
            identity: None,
            collation: None,
            binary_portable: true,
            charset: None,
            labels: Vec::new(),
            on_update: None,
            invisible: false,
            comment: None,
        }
    }

    /// SQLite to PostgreSQL and back.
    fn across(from: Dialect, column: &Column) -> ColumnFit {
        let to = if from == Dialect::Sqlite { Dialect::Postgres } else { Dialect::Sqlite };
        let table = ObjectName::new("s", "t");
        fit(&FitRequest { from, to, table: &table, column, rules: &MapRules::default() })
    }

    fn from_sqlite(declared: &str) -> (String, Fit) {
        let fit = across(Dialect::Sqlite, &column(declared, sqlite_type(declared)));
        (fit.declared, fit.fit)
    }

    #[test]
    fn declared_types_of_sqlite_on_postgres() {
        for (declared, expected, verdict) in [
            ("INTEGER", "bigint", Fit::Exact),
            ("int", "bigint", Fit::Exact),
            ("SMALLINT", "bigint", Fit::Wider),
            ("TINYINT(1)", "bigint", Fit::Wider),
            ("UNSIGNED BIG INT", "bigint", Fit::Exact),
            ("NVARCHAR(160)", "text", Fit::Wider),
            ("TEXT", "text", Fit::Exact),
            ("BLOB SUB_TYPE TEXT", "text", Fit::Exact),
            ("string", "text", Fit::Exact),
            ("NUMERIC(10,2)", "numeric(10,2)", Fit::Exact),
            ("DECIMAL(5)", "numeric(5,0)", Fit::Exact),
            ("DECIMAL(5000,2)", "numeric", Fit::Wider),
            ("numeric", "numeric", Fit::Exact),
            ("REAL", "double precision", Fit::Exact),
            ("FLOAT(24)", "double precision", Fit::Exact),
            ("BOOLEAN", "boolean", Fit::Exact),
            ("DATE", "date", Fit::Exact),
            ("DATETIME", "timestamp without time zone", Fit::Exact),
            ("DATETIME(6)", "timestamp without time zone", Fit::Exact),
            ("TIMESTAMP", "timestamp without time zone", Fit::Exact),
            ("timestamp with time zone", "timestamp with time zone", Fit::Exact),
            ("TIME", "time without time zone", Fit::Exact),
            ("UUID", "uuid", Fit::Exact),
            ("JSON", "json", Fit::Exact),
            ("BLOB", "bytea", Fit::Exact),
            ("VARBINARY(16)", "bytea", Fit::Wider),
            ("", "text", Fit::Lossy),
            ("FLOOBLE", "text", Fit::Lossy),
        ] {
            assert_eq!(from_sqlite(declared), (expected.to_owned(), verdict), "{declared}");
        }
    }

    #[test]
    fn postgres_types_get_names_with_the_right_affinity() {
        let decimal = |p, s| LogicalType::Decimal { precision: p, scale: s };
        let array = LogicalType::Array(Box::new(LogicalType::Bool));
        for (declared, logical, expected, kept) in [
            ("boolean", LogicalType::Bool, "BOOLEAN", Affinity::Numeric),
            (
                "smallint",
                LogicalType::Int { bits: 16, unsigned: false },
                "SMALLINT",
                Affinity::Integer,
            ),
            ("bigint", LogicalType::Int { bits: 64, unsigned: false }, "BIGINT", Affinity::Integer),
            ("numeric(10,2)", decimal(Some(10), Some(2)), "NUMERIC(10,2)", Affinity::Numeric),
            ("numeric(30,2)", decimal(Some(30), Some(2)), "", Affinity::Blob),
            ("numeric", decimal(None, None), "", Affinity::Blob),
            ("real", LogicalType::Float { bits: 32 }, "REAL", Affinity::Real),
            ("jsonb", LogicalType::Json { binary: true }, "TEXT", Affinity::Text),
            ("interval", LogicalType::Interval, "TEXT", Affinity::Text),
            ("point", LogicalType::Other("point".into()), "TEXT", Affinity::Text),
            ("boolean[]", array, "TEXT", Affinity::Text),
            ("bytea", LogicalType::Bytes { max: None }, "BLOB", Affinity::Blob),
            ("date", LogicalType::Date, "DATE", Affinity::Numeric),
        ] {
            let fit = across(Dialect::Postgres, &column(declared, logical));
            assert_eq!(fit.declared, expected, "{declared}");
            assert_eq!(affinity(&fit.declared), kept, "{declared}");
            assert!(fit.fit <= Fit::Wider, "{declared}");
        }
    }

    #[test]
    fn there_and_back_is_the_same_meaning() {
        for declared in [
            "INTEGER",
            "TEXT",
            "NUMERIC(10,2)",
            "REAL",
            "BOOLEAN",
            "DATE",
            "TIMESTAMP",
            "TIME",
            "BLOB",
        ] {
            let there = across(Dialect::Sqlite, &column(declared, sqlite_type(declared)));
            let back = across(Dialect::Postgres, &column(&there.declared, there.logical.clone()));
            assert_eq!(sqlite_type(&back.declared), sqlite_type(declared), "{declared}");
        }
    }
}
