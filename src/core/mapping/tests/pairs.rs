//! Declared types between MySQL, MariaDB and the others, and what is exact in both directions.

use super::super::super::catalog::{Key, Table};
use super::*;

const MARIADB: Engine = Engine { dialect: Dialect::Mysql, mariadb: true, version_num: 101_106 };
const MARIADB_OLD: Engine = Engine { version_num: 100_600, ..MARIADB };
const MYSQL: Engine = Engine { dialect: Dialect::Mysql, mariadb: false, version_num: 80_400 };
const POSTGRES: Engine =
    Engine { dialect: Dialect::Postgres, mariadb: false, version_num: 150_000 };
const SQLITE: Engine = Engine { dialect: Dialect::Sqlite, mariadb: false, version_num: 3_045_000 };

/// A column as the engine's catalogue would give it.
pub(super) fn declared(engine: Engine, text: &str) -> Column {
    let logical = match engine.dialect {
        Dialect::Mysql => match mysql_type(text) {
            LogicalType::Json { .. } => LogicalType::Json { binary: !engine.mariadb },
            other => other,
        },
        Dialect::Postgres if text == "mood" => LogicalType::Enum,
        Dialect::Postgres => super::super::postgres_types::meaning(text),
        Dialect::Sqlite => sqlite_type(text),
    };
    let mut column = column(text, logical);
    column.labels = match (engine.dialect, &column.logical) {
        (Dialect::Mysql, _) => mysql_labels(text),
        (_, LogicalType::Enum) => vec!["sad".to_owned(), "it's".to_owned()],
        _ => Vec::new(),
    };
    column
}

fn becomes(from: Engine, to: Engine, text: &str) -> (String, Fit) {
    let fit = default_fit(Ends { from, to }, &declared(from, text), false);
    (fit.declared, fit.fit)
}

fn check(from: Engine, to: Engine, table: &[(&str, &str, Fit)]) {
    for (text, expected, verdict) in table {
        assert_eq!(becomes(from, to, text), ((*expected).to_owned(), *verdict), "{text}");
    }
}

#[test]
fn mysql_on_postgres_loses_nothing() {
    use Fit::{Exact, Lossy, Unsupported, Wider};
    check(
        MYSQL,
        POSTGRES,
        &[
            ("tinyint(1)", "smallint", Wider),
            ("tinyint unsigned", "smallint", Wider),
            ("smallint", "smallint", Exact),
            ("smallint unsigned", "integer", Wider),
            ("mediumint unsigned", "integer", Wider),
            ("int(11)", "integer", Exact),
            ("int(10) unsigned zerofill", "bigint", Wider),
            ("bigint", "bigint", Exact),
            ("bigint(20) unsigned", "numeric(20,0)", Wider),
            ("decimal(65,30)", "numeric(65,30)", Exact),
            ("float(7,3)", "real", Exact),
            ("double", "double precision", Exact),
            ("bit(8)", "bit(8)", Exact),
            ("char(3)", "character varying(3)", Wider),
            ("varchar(0)", "character varying(1)", Wider),
            ("varchar(40)", "character varying(40)", Exact),
            ("tinytext", "text", Wider),
            ("longtext", "text", Exact),
            ("binary(16)", "bytea", Wider),
            ("longblob", "bytea", Exact),
            ("date", "date", Exact),
            ("datetime", "timestamp(0) without time zone", Exact),
            ("datetime(6)", "timestamp without time zone", Exact),
            ("timestamp(3)", "timestamp(3) with time zone", Exact),
            ("time(2)", "interval", Wider),
            ("year", "smallint", Wider),
            ("enum('a','b')", "text", Wider),
            ("set('a','b')", "text", Wider),
            ("json", "jsonb", Exact),
            ("polygon", "bytea", Wider),
            ("vector(4)", "bytea", Wider),
            ("wonder", "", Unsupported),
        ],
    );
    check(MARIADB, POSTGRES, &[("json", "json", Exact), ("uuid", "uuid", Exact)]);
    check(MARIADB, POSTGRES, &[("inet6", "inet", Wider), ("inet4", "inet", Wider)]);
    let fit = default_fit(Ends { from: MYSQL, to: POSTGRES }, &declared(MYSQL, "enum('a')"), false);
    assert_eq!(fit.labels, Labels::Check);
    assert!(Lossy > Wider);
}

#[test]
fn postgres_on_mysql_loses_nothing() {
    use Fit::{Exact, Wider};
    const ASCII: &str = "character set ascii collate ascii_bin";
    let uuid = format!("char(36) {ASCII}");
    let inet = format!("varchar(43) {ASCII}");
    let span = format!("varchar(64) {ASCII}");
    let timetz = format!("varchar(24) {ASCII}");
    let bits = format!("varchar(70) {ASCII}");
    check(
        POSTGRES,
        MYSQL,
        &[
            ("boolean", "tinyint(1)", Exact),
            ("smallint", "smallint", Exact),
            ("integer", "int", Exact),
            ("bigint", "bigint", Exact),
            ("oid", "int unsigned", Exact),
            ("numeric(10,2)", "decimal(10,2)", Exact),
            ("numeric(65,30)", "decimal(65,30)", Exact),
            ("numeric(66,2)", "longtext", Wider),
            ("numeric(40,31)", "longtext", Wider),
            ("numeric", "longtext", Wider),
            ("real", "float", Exact),
            ("double precision", "double", Exact),
            ("text", "longtext", Exact),
            ("citext", "longtext", Wider),
            ("character varying(40)", "varchar(40)", Exact),
            ("character varying(16384)", "longtext", Wider),
            ("character(3)", "char(3)", Exact),
            ("character(300)", "varchar(300)", Wider),
            ("bytea", "longblob", Exact),
            ("date", "date", Exact),
            ("time without time zone", "time(6)", Wider),
            ("time with time zone", &timetz, Wider),
            ("timestamp without time zone", "datetime(6)", Exact),
            ("timestamp(0) without time zone", "datetime", Exact),
            ("timestamp(3) with time zone", "datetime(3)", Wider),
            ("interval", &span, Wider),
            ("uuid", &uuid, Wider),
            ("json", "longtext", Wider),
            ("jsonb", "json", Exact),
            ("xml", "longtext", Wider),
            ("mood", "enum('sad','it''s')", Exact),
            ("bit(64)", "bit(64)", Exact),
            ("bit varying(70)", &bits, Wider),
            ("integer[]", "longtext", Wider),
            ("int4range", "longtext", Wider),
            ("inet", &inet, Wider),
            ("ext.mine", "longtext", Wider),
        ],
    );
    check(
        POSTGRES,
        MARIADB,
        &[("uuid", "uuid", Exact), ("json", "json", Exact), ("jsonb", "json", Wider)],
    );
    check(POSTGRES, MARIADB_OLD, &[("uuid", &uuid, Wider)]);
}

#[test]
fn sqlite_and_mysql_both_ways() {
    use Fit::{Exact, Lossy, Wider};
    check(
        SQLITE,
        MYSQL,
        &[
            ("INTEGER", "bigint", Exact),
            ("TINYINT", "bigint", Wider),
            ("BOOLEAN", "tinyint(1)", Exact),
            ("NUMERIC(10,2)", "decimal(10,2)", Exact),
            ("NUMERIC", "longtext", Wider),
            ("REAL", "double", Exact),
            ("NVARCHAR(160)", "longtext", Wider),
            ("TEXT", "longtext", Exact),
            ("BLOB", "longblob", Exact),
            ("DATE", "date", Exact),
            ("DATETIME", "datetime(6)", Exact),
            ("TIME", "time(6)", Wider),
            ("JSON", "longtext", Wider),
            ("", "longtext", Lossy),
            ("FLOOBLE", "longtext", Lossy),
        ],
    );
    check(
        MYSQL,
        SQLITE,
        &[
            ("tinyint(1)", "TINYINT", Wider),
            ("int unsigned", "INTEGER", Wider),
            ("bigint", "BIGINT", Exact),
            ("bigint unsigned", "", Wider),
            ("decimal(15,2)", "DECIMAL(15,2)", Exact),
            ("decimal(16,2)", "", Wider),
            ("double", "DOUBLE PRECISION", Exact),
            ("varchar(40)", "VARCHAR(40)", Wider),
            ("text", "TEXT", Wider),
            ("longtext", "TEXT", Exact),
            ("longblob", "BLOB", Exact),
            ("datetime", "DATETIME", Exact),
            ("timestamp", "TIMESTAMPTZ", Exact),
            ("time", "TEXT", Wider),
            ("year", "INTEGER", Wider),
            ("bit(3)", "TEXT", Wider),
            ("enum('POINT')", "TEXT", Wider),
            ("json", "TEXT", Wider),
            ("point", "BLOB", Wider),
        ],
    );
    for text in ["tinyint", "mediumint", "int", "bigint", "year"] {
        assert_eq!(affinity(&becomes(MYSQL, SQLITE, text).0), Affinity::Integer, "{text}");
    }
}

#[test]
fn mysql_and_mariadb_keep_what_both_have() {
    use Fit::{Exact, Wider};
    let ascii = |name: &str| format!("{name} character set ascii collate ascii_bin");
    check(MYSQL, MARIADB, &[("json", "json", Wider), ("int unsigned", "int unsigned", Exact)]);
    check(MYSQL, MARIADB, &[("vector(3)", "longblob", Wider), ("point", "point", Exact)]);
    let newer = Engine { version_num: 110_800, ..MARIADB };
    check(MYSQL, newer, &[("vector(3)", "vector(3)", Exact)]);
    check(MARIADB, MYSQL, &[("uuid", &ascii("char(36)"), Wider), ("longtext", "longtext", Exact)]);
    check(MARIADB, MYSQL, &[("inet6", &ascii("varchar(39)"), Wider)]);
    check(MARIADB, MARIADB, &[("uuid", "uuid", Exact), ("inet4", "inet4", Exact)]);
}

#[rustfmt::skip]
const MYSQL_TYPES: &[&str] = &[
    "tinyint(1)", "smallint", "int", "int unsigned", "bigint", "bigint unsigned", "decimal(10,2)",
    "decimal(65,30)", "float", "double", "bit(8)", "char(5)", "varchar(40)", "tinytext", "text",
    "longtext", "binary(16)", "varbinary(9)", "blob", "longblob", "date", "datetime",
    "datetime(6)", "timestamp(3)", "time", "year", "enum('a','b')", "set('a')", "json", "point",
];

#[rustfmt::skip]
const POSTGRES_TYPES: &[&str] = &[
    "boolean", "smallint", "integer", "bigint", "oid", "numeric", "numeric(10,2)",
    "numeric(20,4)", "real", "double precision", "text", "character varying(40)",
    "character varying", "character(4)", "bytea", "date", "time without time zone",
    "time with time zone", "timestamp without time zone", "timestamp with time zone",
    "timestamp(3) without time zone", "interval", "uuid", "json", "jsonb", "xml", "mood",
    "bit(5)", "bit varying(5)", "integer[]", "inet",
];

#[rustfmt::skip]
const SQLITE_TYPES: &[&str] = &[
    "INTEGER", "SMALLINT", "TEXT", "VARCHAR(9)", "NUMERIC(10,2)", "NUMERIC", "REAL", "BOOLEAN",
    "DATE", "TIME", "TIMETZ", "DATETIME", "TIMESTAMPTZ", "UUID", "JSON", "BLOB", "",
];

#[test]
fn what_is_exact_both_ways_comes_back_the_same() {
    let engines: [(Engine, &[&str]); 5] = [
        (MYSQL, MYSQL_TYPES),
        (MARIADB, MYSQL_TYPES),
        (MARIADB, &["uuid", "inet6"]),
        (POSTGRES, POSTGRES_TYPES),
        (SQLITE, SQLITE_TYPES),
    ];
    let mut proven = 0;
    for (from, types) in engines {
        for to in [MYSQL, MARIADB, MARIADB_OLD, POSTGRES, SQLITE] {
            for text in types {
                let column = declared(from, text);
                let there = default_fit(Ends { from, to }, &column, false);
                if there.fit != Fit::Exact {
                    continue;
                }
                let mut landed = declared(to, &there.declared);
                // What its catalogue reads from the type made for it.
                landed.labels = column.labels.clone();
                let back = default_fit(Ends { from: to, to: from }, &landed, false);
                if back.fit == Fit::Exact {
                    let again = declared(from, &back.declared).logical;
                    assert_eq!(again, column.logical, "{text} as {} on {to:?}", there.declared);
                    proven += 1;
                }
            }
        }
    }
    assert!(proven > 100, "{proven} types were exact both ways");
}

pub(super) fn table(columns: &[(&str, &str)], keys: &[&[&str]]) -> Table {
    let columns = columns
        .iter()
        .map(|(name, text)| Column { name: (*name).to_owned(), ..declared(POSTGRES, text) });
    let key = |names: &&[&str]| Key {
        name: "k".to_owned(),
        columns: names.iter().map(|n| (*n).to_owned()).collect(),
        primary: true,
        deferrable: false,
        initially_deferred: false,
        not_null: true,
        correlation: None,
    };
    Table {
        keys: keys.iter().map(key).collect(),
        ..Table::new(ObjectName::new("public", "t"), columns.collect())
    }
}

fn on_mysql(table: &Table) -> Vec<(String, Fit)> {
    let fits = fit_table(Ends { from: POSTGRES, to: MYSQL }, table, &MapRules::default());
    fits.into_iter().map(|fit| (fit.declared, fit.fit)).collect()
}

#[test]
fn text_in_keys_of_mysql_gets_a_length_and_says_so() {
    let lossy = |text: &str| (text.to_owned(), Fit::Lossy);
    let exact = |text: &str| (text.to_owned(), Fit::Exact);
    let one = table(&[("a", "text"), ("b", "text")], &[&["a"]]);
    assert_eq!(on_mysql(&one), [lossy("varchar(768)"), exact("longtext")]);
    let two = table(&[("a", "text"), ("b", "text"), ("c", "bigint")], &[&["a", "b", "c"]]);
    let parts = on_mysql(&two);
    let length = |text: &str| text[8..text.len() - 1].parse::<u32>().unwrap();
    assert_eq!(parts[0].1, Fit::Lossy);
    assert!((length(&parts[0].0) + length(&parts[1].0)) * 4 + 8 <= 3_072, "{parts:?}");
    // What a short part leaves goes to the long one.
    let mixed = table(&[("a", "text"), ("b", "character varying(10)")], &[&["a", "b"]]);
    let parts = on_mysql(&mixed);
    assert_eq!(parts[1], exact("varchar(10)"));
    assert!(length(&parts[0].0) > 700, "{parts:?}");
    let bytes = table(&[("a", "bytea")], &[&["a"]]);
    assert_eq!(on_mysql(&bytes), [lossy("varbinary(3072)")]);
    let number = table(&[("a", "numeric")], &[&["a"]]);
    assert_eq!(on_mysql(&number), [lossy("decimal(65,30)")]);
    let uuid = table(&[("a", "uuid")], &[&["a"]]);
    assert_eq!(on_mysql(&uuid)[0].1, Fit::Wider, "fits as it is");
}

#[test]
fn rows_too_long_for_mysql_move_their_longest_columns_out() {
    let wide = table(
        &[
            ("a", "character varying(9000)"),
            ("b", "character varying(8000)"),
            ("c", "character varying(100)"),
        ],
        &[&["c"]],
    );
    let made = on_mysql(&wide);
    assert_eq!(made[0], ("text".to_owned(), Fit::Wider));
    assert_eq!(made[1], ("varchar(8000)".to_owned(), Fit::Exact));
    assert_eq!(made[2].0, "varchar(100)");
}
