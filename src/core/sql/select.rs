//! The statements that read a chunk and write its rows.

use super::super::catalog::LogicalType;
use super::super::chunk::ChunkRange;
use super::super::name::{Dialect, ObjectName};
use super::range::{KeyColumn, predicate};
use super::{column_list, qualified, quote};

/// What a chunk's SELECT is made of.
#[derive(Clone, Copy, Debug)]
pub struct ChunkSelect<'a> {
    pub table: &'a ObjectName,
    pub columns: &'a [&'a str],
    pub range: &'a ChunkRange,
    /// The columns of [`ChunkRange::Key`], in key order.
    pub key: &'a [KeyColumn<'a>],
    /// PostgreSQL: rows of this table only, not of tables that inherit from it.
    pub only: bool,
    /// SQLite: the name by which the rowid can be reached.
    pub rowid: &'a str,
}

/// `SELECT columns FROM table WHERE range`. Without columns the rows still come, as NULL each.
#[must_use]
pub fn chunk_select(dialect: Dialect, select: &ChunkSelect<'_>) -> String {
    let columns = match select.columns {
        [] => "NULL".to_owned(),
        names => column_list(dialect, names.iter().copied()),
    };
    let only = if select.only && dialect == Dialect::Postgres { "ONLY " } else { "" };
    let table = qualified(dialect, select.table);
    let condition = predicate(dialect, select.range, select.key, select.rowid)
        .map(|text| format!(" WHERE {text}"))
        .unwrap_or_default();
    format!("SELECT {columns} FROM {only}{table}{condition}")
}

/// What a chunk's SELECT on MySQL is made of.
#[derive(Clone, Copy, Debug)]
pub struct MysqlSelect<'a> {
    pub table: &'a ObjectName,
    /// Names and meanings of the columns that are read.
    pub columns: &'a [(&'a str, &'a LogicalType)],
    pub range: &'a ChunkRange,
    /// The columns of [`ChunkRange::Key`], in key order.
    pub key: &'a [KeyColumn<'a>],
    /// The index that orders the key: named, because a wrong estimate must not make every chunk
    /// read the whole table.
    pub index: Option<&'a str>,
}

/// Characters of the longest VARCHAR.
const SHORT_MAX: u32 = 65_535;

/// A SELECT whose first cell is never longer than some kilobytes: when `true` comes with it, that
/// is a constant to be left out, because a first cell of 16 MiB looks like the end of the rows to
/// the client library.
#[must_use]
pub fn mysql_chunk_select(select: &MysqlSelect<'_>) -> (String, bool) {
    let short = select.columns.first().is_some_and(|(_, logical)| is_short(logical));
    let guard = (!short).then(|| "1".to_owned());
    let columns = select.columns.iter().map(|(name, logical)| {
        let name = quote(Dialect::Mysql, name);
        match logical {
            // FLOAT is printed with six digits; as a double it shows what it holds.
            LogicalType::Float { bits: 32 } => format!("{name} * 1e0"),
            _ => name,
        }
    });
    let columns: Vec<String> = guard.into_iter().chain(columns).collect();
    let index = match (select.index, select.range) {
        (Some(index), ChunkRange::Key { .. }) => {
            format!(" FORCE INDEX ({})", quote(Dialect::Mysql, index))
        }
        _ => String::new(),
    };
    let condition = predicate(Dialect::Mysql, select.range, select.key, "")
        .map(|text| format!(" WHERE {text}"))
        .unwrap_or_default();
    let table = qualified(Dialect::Mysql, select.table);
    (format!("SELECT {} FROM {table}{index}{condition}", columns.join(", ")), !short)
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

    #[test]
    fn a_chunk_of_each_engine() {
        let table = ObjectName::new("crm", "Order Details");
        let range = ChunkRange::Ctid { from_page: 8, until_page: None };
        let select = ChunkSelect {
            table: &table,
            columns: &["id", "a b"],
            range: &range,
            key: &[],
            only: true,
            rowid: "rowid",
        };
        assert_eq!(
            chunk_select(Dialect::Postgres, &select),
            r#"SELECT "id", "a b" FROM ONLY "crm"."Order Details" WHERE ctid >= '(8,0)'::tid"#
        );
        let range = ChunkRange::Rowid { from: Some(1), until: Some(9) };
        let select = ChunkSelect { range: &range, columns: &[], ..select };
        assert_eq!(
            chunk_select(Dialect::Sqlite, &select),
            r#"SELECT NULL FROM "crm"."Order Details" WHERE rowid >= 1 AND rowid < 9"#
        );
    }

    #[test]
    fn a_chunk_of_mysql_begins_with_a_short_cell() {
        let table = ObjectName::new("crm", "o`d");
        let int = LogicalType::Int { bits: 32, unsigned: false };
        let text = LogicalType::Text { max: None, fixed: false };
        let float = LogicalType::Float { bits: 32 };
        let range = ChunkRange::Key { from: Some(vec!["5".to_owned()]), until: None };
        let key = [KeyColumn { name: "id", declared: "int" }];
        let select = MysqlSelect {
            table: &table,
            columns: &[("id", &int), ("f", &float)],
            range: &range,
            key: &key,
            index: Some("PRIMARY"),
        };
        assert_eq!(
            mysql_chunk_select(&select),
            (
                "SELECT `id`, `f` * 1e0 FROM `crm`.`o``d` FORCE INDEX (`PRIMARY`) WHERE `id` >= 5"
                    .to_owned(),
                false
            )
        );
        let whole = MysqlSelect {
            columns: &[("t", &text), ("id", &int)],
            range: &ChunkRange::Whole,
            ..select
        };
        let expected = "SELECT 1, `t`, `id` FROM `crm`.`o``d`";
        assert_eq!(mysql_chunk_select(&whole), (expected.to_owned(), true));
        let none = MysqlSelect { columns: &[], range: &ChunkRange::Whole, ..select };
        assert_eq!(mysql_chunk_select(&none), ("SELECT 1 FROM `crm`.`o``d`".to_owned(), true));
    }
}
