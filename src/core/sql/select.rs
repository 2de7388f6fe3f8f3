//! The statements that read a chunk and write its rows.

use super::super::chunk::ChunkRange;
use super::super::name::{Dialect, ObjectName};
use super::range::{KeyColumn, predicate};
use super::{column_list, qualified};

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
}
