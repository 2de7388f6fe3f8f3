//! The statements that read a chunk and write its rows.

use super::super::catalog::LogicalType;
use super::super::chunk::ChunkRange;
use super::super::name::{Dialect, ObjectName};
use super::range::{KeyColumn, predicate};
use super::shaped::{ReadColumn, RowsWanted, ShapedRead, shaped_rows};
use super::{column_list, qualified, quote};

/// What a chunk's SELECT is made of.
#[derive(Clone, Copy, Debug)]
pub struct ChunkSelect<'a> {
    pub table: &'a ObjectName,
    pub columns: &'a [ReadColumn<'a>],
    pub rows: &'a RowsWanted<'a>,
    pub range: &'a ChunkRange,
    /// The columns of [`ChunkRange::Key`], in key order.
    pub key: &'a [KeyColumn<'a>],
    /// SQLite: the name by which the rowid can be reached.
    pub rowid: &'a str,
    /// MySQL: the index that orders the key: named, because a wrong estimate must not make every
    /// chunk read the whole table.
    pub index: Option<&'a str>,
}

/// FROM and WHERE of a chunk on MySQL and SQLite.
///
/// # Errors
/// Why a text of the operator cannot stand in it.
pub fn chunk_rows(
    dialect: Dialect,
    select: &ChunkSelect<'_>,
) -> Result<(String, Option<String>), String> {
    let index = match (select.index, select.range) {
        (Some(index), ChunkRange::Key { .. }) => {
            format!(" FORCE INDEX ({})", quote(dialect, index))
        }
        _ => String::new(),
    };
    let condition = predicate(dialect, select.range, select.key, select.rowid);
    // Single rows are named by what was read of them, ranges by what lies in the table.
    let by_value = matches!(select.range, ChunkRange::Keys(_));
    shaped_rows(
        dialect,
        &ShapedRead {
            from: &format!("{}{index}", qualified(dialect, select.table)),
            range: condition.as_deref().filter(|_| !by_value),
            keys: condition.as_deref().filter(|_| by_value),
            columns: select.columns,
            rows: select.rows,
        },
    )
}

/// `SELECT columns FROM table WHERE range` for SQLite. Without columns the rows still come, as NULL
/// each.
///
/// # Errors
/// As [`chunk_rows`].
pub fn chunk_select(dialect: Dialect, select: &ChunkSelect<'_>) -> Result<String, String> {
    let columns = match select.columns {
        [] => "NULL".to_owned(),
        columns => column_list(dialect, columns.iter().map(|column| column.name)),
    };
    let (from, condition) = chunk_rows(dialect, select)?;
    Ok(format!("SELECT {columns} FROM {from}{}", where_text(condition)))
}

fn where_text(condition: Option<String>) -> String {
    condition.map(|text| format!(" WHERE {text}")).unwrap_or_default()
}

/// Characters of the longest VARCHAR.
const SHORT_MAX: u32 = 65_535;

/// A SELECT for MySQL whose first cell is never longer than some kilobytes: when `true` comes with
/// it, that is a constant to be left out, because a first cell of 16 MiB looks like the end of the
/// rows to the client library.
///
/// # Errors
/// As [`chunk_rows`].
pub fn mysql_chunk_select(select: &ChunkSelect<'_>) -> Result<(String, bool), String> {
    let first = select.columns.first();
    let short = first.is_some_and(|c| c.expression.is_none() && is_short(c.logical));
    let guard = (!short).then(|| "1".to_owned());
    let columns = select.columns.iter().map(|column| {
        let name = quote(Dialect::Mysql, column.name);
        match column.logical {
            // FLOAT is printed with six digits; as a double it shows what it holds.
            LogicalType::Float { bits: 32 } => format!("{name} * 1e0"),
            _ => name,
        }
    });
    let columns: Vec<String> = guard.into_iter().chain(columns).collect();
    let (from, condition) = chunk_rows(Dialect::Mysql, select)?;
    Ok((format!("SELECT {} FROM {from}{}", columns.join(", "), where_text(condition)), !short))
}

/// Never near 16 MiB, whatever it holds.
fn is_short(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::Text { max, .. } | LogicalType::Bytes { max } => {
            max.is_some_and(|max| max <= SHORT_MAX)
        }
        LogicalType::Bool
        | LogicalType::Int { .. }
        | LogicalType::Decimal { .. }
        | LogicalType::Float { .. }
        | LogicalType::Date
        | LogicalType::Time { .. }
        | LogicalType::TimeSpan
        | LogicalType::Timestamp { .. }
        | LogicalType::Year
        | LogicalType::Uuid
        | LogicalType::Bits { .. } => true,
        LogicalType::Interval
        | LogicalType::Json { .. }
        | LogicalType::Xml
        | LogicalType::Enum
        | LogicalType::Set
        | LogicalType::Geometry
        | LogicalType::Array(_)
        | LogicalType::Any
        | LogicalType::Numeric
        | LogicalType::Other(_) => false,
    }
}

/// A prepared INSERT for SQLite. `OR ABORT` overrules `ON CONFLICT IGNORE` and `REPLACE` clauses of
/// the table, which would drop rows without a word.
#[must_use]
pub fn sqlite_insert(table: &ObjectName, columns: &[&str]) -> String {
    let names = column_list(Dialect::Sqlite, columns.iter().copied());
    let marks = vec!["?"; columns.len()].join(", ");
    format!("INSERT OR ABORT INTO {} ({names}) VALUES ({marks})", qualified(Dialect::Sqlite, table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain<'a>(name: &'a str, logical: &'a LogicalType) -> ReadColumn<'a> {
        ReadColumn { name, declared: "", logical, expression: None }
    }

    #[test]
    fn a_chunk_of_sqlite() {
        let table = ObjectName::new("main", "Order Details");
        let range = ChunkRange::Rowid { from: Some(1), until: Some(9) };
        let select = ChunkSelect {
            table: &table,
            columns: &[plain("id", &LogicalType::Any), plain("a b", &LogicalType::Any)],
            rows: &RowsWanted::default(),
            range: &range,
            key: &[],
            rowid: "rowid",
            index: None,
        };
        let text = |select: &ChunkSelect<'_>| chunk_select(Dialect::Sqlite, select).unwrap();
        assert_eq!(
            text(&select),
            r#"SELECT "id", "a b" FROM "main"."Order Details" WHERE rowid >= 1 AND rowid < 9"#
        );
        let whole = ChunkSelect { range: &ChunkRange::Whole, columns: &[], ..select };
        assert_eq!(text(&whole), r#"SELECT NULL FROM "main"."Order Details""#);
    }

    #[test]
    fn a_chunk_of_mysql_begins_with_a_short_cell() {
        let table = ObjectName::new("crm", "o`d");
        let int = LogicalType::Int { bits: 32, unsigned: false };
        let long = LogicalType::Text { max: None, fixed: false };
        let float = LogicalType::Float { bits: 32 };
        let range = ChunkRange::Key { from: Some(vec!["5".to_owned()]), until: None };
        let key = [KeyColumn { name: "id", declared: "int" }];
        let select = ChunkSelect {
            table: &table,
            columns: &[plain("id", &int), plain("f", &float)],
            rows: &RowsWanted::default(),
            range: &range,
            key: &key,
            rowid: "",
            index: Some("PRIMARY"),
        };
        let text = |select: &ChunkSelect<'_>| mysql_chunk_select(select).unwrap();
        let expected =
            "SELECT `id`, `f` * 1e0 FROM `crm`.`o``d` FORCE INDEX (`PRIMARY`) WHERE `id` >= 5";
        assert_eq!(text(&select), (expected.to_owned(), false));
        let whole = ChunkSelect {
            columns: &[plain("t", &long), plain("id", &int)],
            range: &ChunkRange::Whole,
            ..select
        };
        let expected = "SELECT 1, `t`, `id` FROM `crm`.`o``d`";
        assert_eq!(text(&whole), (expected.to_owned(), true));
        let none = ChunkSelect { columns: &[], range: &ChunkRange::Whole, ..select };
        assert_eq!(text(&none), ("SELECT 1 FROM `crm`.`o``d`".to_owned(), true));
        let keys = ChunkRange::Keys(vec![vec!["5".to_owned()]]);
        let masked = [ReadColumn { expression: Some("id + 1"), ..plain("id", &int) }];
        let one = ChunkSelect { columns: &masked, range: &keys, ..select };
        let expected = "SELECT 1, `id` FROM (SELECT (\nid + 1\n) AS `id` FROM `crm`.`o``d`) \
                        AS shaped WHERE ((`id` = 5))";
        assert_eq!(text(&one), (expected.to_owned(), true));
    }
}
