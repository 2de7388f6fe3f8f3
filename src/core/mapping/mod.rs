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

mod cast;
mod convert;
mod mysql;
mod mysql_room;
mod patterns;
mod postgres_types;
mod rules;
mod spelling;
mod sqlite;
mod switched;
mod target_type;
#[cfg(test)]
mod tests;
mod to_mysql;
mod to_postgres;
mod to_sqlite;
mod wishes;

pub use convert::convert;
pub use mysql::{mysql_labels, mysql_second_digits, mysql_type};
pub use postgres_types::postgres_type;
pub use rules::{
    BadRowPolicy, EnumForm, MapRule, MapRules, RuleApplied, SetForm, Switches, Transform, Wanted,
};
pub use sqlite::{Sample, Storage, affinity, meaning_of_sample, sqlite_type};
pub use target_type::{is_type_name, target_type};
pub use wishes::{contradictions, idle_rules, wrong_targets};

use super::catalog::{Column, LogicalType, Server, Table};
use super::name::{Dialect, ObjectName};
use cast::Cast;
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

/// What becomes of an enum's labels where the target's type does not hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Labels {
    /// No enum, or its labels are part of the declared type, or nobody wants them.
    #[default]
    Unused,
    /// A CHECK that the column holds one of them.
    Check,
    /// A type of its own, made before the table: `declared` is `enum` until it has its name.
    Native,
}

/// How one column travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFit {
    /// The target's type as it will be declared. Of MySQL with a character set and collation where
    /// they are not the table's.
    pub declared: String,
    pub logical: LogicalType,
    pub fit: Fit,
    /// Why this type; a phrase for the plan.
    pub reason: Cow<'static, str>,
    pub transform: Transform,
    /// A rule of the job changed the type.
    pub rule: Option<RuleApplied>,
    pub labels: Labels,
}

impl ColumnFit {
    fn new(declared: &str, logical: LogicalType, fit: Fit, reason: &'static str) -> ColumnFit {
        ColumnFit {
            declared: declared.to_owned(),
            logical,
            fit,
            reason: Cow::Borrowed(reason),
            transform: Transform::default(),
            rule: None,
            labels: Labels::Unused,
        }
    }

    fn unsupported(column: &Column) -> ColumnFit {
        let reason = "no type of the target is known to hold it (switch unknown_as_text)";
        let logical = LogicalType::Other(column.declared.clone());
        ColumnFit::new("", logical, Fit::Unsupported, reason)
    }

    fn as_it_is(column: &Column) -> ColumnFit {
        let logical = column.logical.clone();
        ColumnFit::new(&column.declared, logical, Fit::Exact, "the same engine")
    }

    /// Does the target's column take NULL though the source's is NOT NULL? Dates of zero become
    /// NULL.
    #[must_use]
    pub fn takes_null(&self) -> bool {
        self.transform.zero_date_null
    }
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

/// A server as far as its types go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    pub dialect: Dialect,
    pub mariadb: bool,
    /// As in [`Server`].
    pub version_num: u32,
}

impl Engine {
    /// Of a server whose version does not matter.
    #[must_use]
    pub fn plain(dialect: Dialect) -> Engine {
        Engine { dialect, mariadb: false, version_num: 0 }
    }
}

impl From<&Server> for Engine {
    fn from(server: &Server) -> Engine {
        Engine { dialect: server.dialect, mariadb: server.mariadb, version_num: server.version_num }
    }
}

/// From which server to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub from: Engine,
    pub to: Engine,
}

impl Ends {
    #[must_use]
    pub fn of(source: &Server, target: &Server) -> Ends {
        Ends { from: source.into(), to: target.into() }
    }

    /// Without the servers' versions.
    #[must_use]
    pub fn plain(from: Dialect, to: Dialect) -> Ends {
        Ends { from: Engine::plain(from), to: Engine::plain(to) }
    }

    /// One engine on both sides: definitions are the source's own.
    #[must_use]
    pub fn are_equal(&self) -> bool {
        self.from.dialect == self.to.dialect
    }
}

/// MariaDB has had a type for UUIDs since 10.7.
const MARIADB_WITH_UUID: u32 = 100_700;

/// What is to be mapped.
#[derive(Clone, Copy, Debug)]
pub struct FitRequest<'a> {
    pub ends: Ends,
    /// The table on the source, for rules that name one.
    pub table: &'a ObjectName,
    pub column: &'a Column,
    pub rules: &'a MapRules,
    /// Part of a primary, unique or foreign key.
    pub indexed: bool,
}

/// What a column becomes on the other engine. Between equal engines columns travel as they are.
/// Rules and switches of the job are applied. MySQL's limits of keys and rows are those of a whole
/// table: see [`fit_table`].
#[must_use]
pub fn fit(request: &FitRequest<'_>) -> ColumnFit {
    let default = default_fit(request.ends, request.column, request.indexed);
    wishes::apply(request, default)
}

/// What the columns of `table` become, generated ones included, in their order.
#[must_use]
pub fn fit_table(ends: Ends, table: &Table, rules: &MapRules) -> Vec<ColumnFit> {
    let keyed = mysql_room::keyed_columns(table);
    let one = |column: &Column| {
        let indexed = keyed.contains(column.name.as_str());
        fit(&FitRequest { ends, table: &table.name, column, rules, indexed })
    };
    let mut fits: Vec<ColumnFit> = table.columns.iter().map(one).collect();
    if ends.to.dialect == Dialect::Mysql && !ends.are_equal() {
        mysql_room::settle(table, &mut fits);
    }
    fits
}

fn default_fit(ends: Ends, column: &Column, indexed: bool) -> ColumnFit {
    let cast = |rules, second_digits, parse| Cast { column, rules, second_digits, parse }.apply();
    match (ends.from.dialect, ends.to.dialect) {
        (Dialect::Sqlite, Dialect::Postgres) => sqlite::to_postgres(column),
        (Dialect::Mysql, Dialect::Postgres) => {
            let mut fit = cast(to_postgres::FROM_MYSQL, 0, postgres_types::meaning);
            if column.logical == LogicalType::Enum && !column.labels.is_empty() {
                fit.labels = Labels::Check;
            }
            fit
        }
        (Dialect::Postgres, Dialect::Sqlite) => cast(to_sqlite::FROM_POSTGRES, 6, sqlite_type),
        (Dialect::Mysql, Dialect::Sqlite) => cast(to_sqlite::FROM_MYSQL, 0, sqlite_type),
        (_, Dialect::Mysql) => mysql_fit(ends, column, indexed),
        (Dialect::Postgres, Dialect::Postgres) | (Dialect::Sqlite, Dialect::Sqlite) => {
            ColumnFit::as_it_is(column)
        }
    }
}

fn mysql_fit(ends: Ends, column: &Column, indexed: bool) -> ColumnFit {
    if ends.from.dialect == Dialect::Postgres
        && column.logical == LogicalType::Enum
        && !mysql_room::are_labels(&column.labels)
    {
        let text = LogicalType::Text { max: None, fixed: false };
        return ColumnFit::new("longtext", text, Fit::Wider, "its labels are none MySQL can have");
    }
    let seconds = if ends.from.dialect == Dialect::Postgres { 6 } else { 0 };
    for rules in to_mysql::tables(ends.from, ends.to) {
        let mut fit = Cast { column, rules, second_digits: seconds, parse: mysql_type }.apply();
        if fit.fit == Fit::Unsupported {
            continue;
        }
        if matches!(fit.logical, LogicalType::Json { .. }) {
            fit.logical = LogicalType::Json { binary: !ends.to.mariadb };
        }
        if indexed && fit.declared == "longtext" && is_number(&column.logical) {
            return mysql_room::number_key();
        }
        return fit;
    }
    // Equal engines; the other pairs have a rule for everything.
    ColumnFit::as_it_is(column)
}

fn is_number(logical: &LogicalType) -> bool {
    matches!(logical, LogicalType::Decimal { .. })
}
