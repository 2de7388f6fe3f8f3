//! Declared types there and back.

mod pairs;
mod wishes;

use super::*;

pub(super) fn column(declared: &str, logical: LogicalType) -> Column {
    Column::new("c".to_owned(), declared.to_owned(), logical)
}

/// SQLite to PostgreSQL and back.
fn across(from: Dialect, column: &Column) -> ColumnFit {
    let to = if from == Dialect::Sqlite { Dialect::Postgres } else { Dialect::Sqlite };
    let table = ObjectName::new("s", "t");
    let rules = MapRules::default();
    let ends = Ends::plain(from, to);
    fit(&FitRequest { ends, table: &table, column, rules: &rules, indexed: false })
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
        ("smallint", LogicalType::Int { bits: 16, unsigned: false }, "SMALLINT", Affinity::Integer),
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
    for declared in
        ["INTEGER", "TEXT", "NUMERIC(10,2)", "REAL", "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "BLOB"]
    {
        let there = across(Dialect::Sqlite, &column(declared, sqlite_type(declared)));
        let back = across(Dialect::Postgres, &column(&there.declared, there.logical.clone()));
        assert_eq!(sqlite_type(&back.declared), sqlite_type(declared), "{declared}");
    }
}
