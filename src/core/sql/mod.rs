//! Statement text per dialect. Pure text in, text out; every function is compared as text in tests.

mod create_table;
mod ddl;
mod default;
mod expression;
mod lone;
mod mentions;
mod mysql_adapt;
mod mysql_foreign_key;
mod mysql_rename;
mod mysql_shape;
mod mysql_table;
mod names;
mod range;
mod renamed;
mod select;
mod shaped;
mod sqlite_table;
mod token;

pub use create_table::{CreateTable, NewColumn};
pub use ddl::{DdlRequest, Translation, Untranslated, column_names, items_for};
pub use lone::{NotLone, check_lone, line_and_column, statements};
pub use mentions::mentions;
pub use mysql_adapt::{Flavour, adapt as adapt_table, collation_on};
pub use mysql_foreign_key::{NO_ROW_MAY_ANSWER, checked_foreign_key};
pub use mysql_rename::mysql_database_renamed;
pub use mysql_shape::{ColumnChange, LostPart};
pub use mysql_table::{Entry, EntryKind, LatePart, MysqlStatements, MysqlTable};
pub use names::{Names, fit as fit_name};
pub use range::{KeyColumn, predicate};
pub use renamed::{Renames, postgres_renamed, sqlite_renamed};
pub use select::{ChunkSelect, chunk_rows, chunk_select, mysql_chunk_select, sqlite_insert};
pub use shaped::{
    ReadColumn, RowsWanted, SQLITE_BUCKET, ShapedRead, column_value, conditions, select_list,
    shaped_rows,
};
pub use sqlite_table::{ColumnText, TableText, index_predicate, read_create_table};

use super::name::{Dialect, ObjectName};

/// `name` quoted for `dialect`, always: a quoted name needs no list of reserved words.
#[must_use]
pub fn quote(dialect: Dialect, name: &str) -> String {
    let mark = match dialect {
        Dialect::Postgres | Dialect::Sqlite => '"',
        Dialect::Mysql => '`',
    };
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push(mark);
    for c in name.chars() {
        if c == mark {
            quoted.push(mark);
        }
        quoted.push(c);
    }
    quoted.push(mark);
    quoted
}

/// `schema.name`, both quoted.
#[must_use]
pub fn qualified(dialect: Dialect, name: &ObjectName) -> String {
    format!("{}.{}", quote(dialect, &name.schema), quote(dialect, &name.name))
}

/// Names quoted and joined with `, `.
pub fn column_list<'a>(dialect: Dialect, names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| quote(dialect, n)).collect::<Vec<_>>().join(", ")
}

/// A string literal. PostgreSQL reads it the same under any `standard_conforming_strings`:
/// backslashes force the `E''` form.
#[must_use]
pub fn literal(dialect: Dialect, text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match dialect {
        Dialect::Sqlite => format!("'{doubled}'"),
        Dialect::Postgres if !text.contains('\\') => format!("'{doubled}'"),
        Dialect::Postgres => format!("E'{}'", doubled.replace('\\', "\\\\")),
        Dialect::Mysql => format!("'{}'", doubled.replace('\\', "\\\\")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(quote(Dialect::Postgres, r#"a"b"#), r#""a""b""#);
        assert_eq!(quote(Dialect::Mysql, "a`b"), "`a``b`");
        assert_eq!(literal(Dialect::Postgres, r"o'\x"), r"E'o''\\x'");
        assert_eq!(literal(Dialect::Sqlite, r"o'\x"), r"'o''\x'");
    }
}
