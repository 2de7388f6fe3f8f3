//! What names mean inside an expression.

use super::super::super::catalog::{Column, LogicalType};
use super::super::super::name::{Dialect, ObjectName};
use super::super::quote;
use super::Yields;

/// Who is asked for what a name means.
pub struct Scope<'a> {
    pub from: Dialect,
    pub to: Dialect,
    /// What may be named; none in a default.
    pub relations: Vec<Relation>,
    /// Tables and views a query may read; `None` where there is no place for a query.
    pub tables: Option<&'a TableSource<'a>>,
}

/// Finds a table or view of the source by its name, an empty schema when none is written.
pub type TableSource<'a> = dyn Fn(&ObjectName) -> Option<Relation> + 'a;

/// A table, view or subquery whose columns may be named.
#[derive(Clone, Debug)]
pub struct Relation {
    /// As it is called on the source: its alias, else its name.
    pub name: ObjectName,
    /// The table on the target, quoted.
    pub table: String,
    /// In front of its columns on the target, quoted; empty: they stand alone.
    pub written: String,
    pub columns: Vec<Known>,
    /// Positions of the primary key's columns.
    pub key: Vec<usize>,
}

/// A column that may be named.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: String,
    /// On the target, quoted.
    pub written: String,
    pub yields: Yields,
    /// Equal texts are more than identical ones.
    pub folds: bool,
    /// Of an enum; of a moment, its shape.
    pub labels: Vec<String>,
    pub invisible: bool,
}

impl Relation {
    /// Columns that stand alone, of something called `name`.
    #[must_use]
    pub fn new(name: ObjectName, columns: Vec<Known>) -> Relation {
        let (table, written) = (String::new(), String::new());
        Relation { name, table, written, columns, key: Vec::new() }
    }
}

impl<'a> Scope<'a> {
    /// Nothing can be named.
    #[must_use]
    pub fn bare(from: Dialect, to: Dialect) -> Scope<'a> {
        Scope { from, to, relations: Vec::new(), tables: None }
    }

    /// The columns of one table, which stand alone.
    #[must_use]
    pub fn of_columns(from: Dialect, to: Dialect, columns: Vec<Known>) -> Scope<'a> {
        let relation = Relation::new(ObjectName::new("", ""), columns);
        Scope { from, to, relations: vec![relation], tables: None }
    }
}

/// What is known of `columns`, with their names and meanings on the target in the same order.
#[must_use]
pub fn known_columns<'a>(
    from: Dialect,
    to: Dialect,
    columns: &[Column],
    target: impl Iterator<Item = (&'a str, &'a LogicalType)>,
) -> Vec<Known> {
    let pairs = columns.iter().zip(target);
    pairs.map(|(column, (name, logical))| known(from, to, column, name, logical)).collect()
}

fn known(from: Dialect, to: Dialect, column: &Column, name: &str, there: &LogicalType) -> Known {
    let yields = match there {
        // A rule made it a truth value.
        LogicalType::Bool => Yields::Bool,
        _ => kind_of(&column.logical),
    };
    let labels = match &column.logical {
        LogicalType::Enum => column.labels.clone(),
        LogicalType::Date => vec!["date".to_owned()],
        LogicalType::Timestamp { zoned: false } => vec!["timestamp".to_owned()],
        _ => Vec::new(),
    };
    Known {
        name: column.name.clone(),
        written: quote(to, name),
        yields,
        folds: folds(from, column),
        labels,
        invisible: column.invisible,
    }
}

fn kind_of(logical: &LogicalType) -> Yields {
    match logical {
        LogicalType::Bool => Yields::Bool,
        LogicalType::Int { .. } | LogicalType::Year => Yields::Int,
        LogicalType::Decimal { .. } => Yields::Decimal,
        LogicalType::Float { .. } => Yields::Float,
        LogicalType::Text { .. } | LogicalType::Enum => Yields::Text,
        LogicalType::Date | LogicalType::Time { .. } | LogicalType::Timestamp { .. } => {
            Yields::Moment
        }
        _ => Yields::Other,
    }
}

/// Without word of a collation MySQL's texts ignore case, the others' do not.
fn folds(from: Dialect, column: &Column) -> bool {
    if !matches!(column.logical, LogicalType::Text { .. } | LogicalType::Enum | LogicalType::Set) {
        return false;
    }
    match (from, column.collation.as_deref()) {
        (Dialect::Mysql, Some(name)) => !(name.ends_with("_bin") || name == "binary"),
        (Dialect::Mysql, None) => true,
        (Dialect::Postgres, Some(name)) => !matches!(name, "C" | "POSIX" | "default"),
        (Dialect::Sqlite, Some(name)) => !name.eq_ignore_ascii_case("BINARY"),
        (Dialect::Postgres | Dialect::Sqlite, None) => false,
    }
}
