//! Every kind of column of SQLite with every kind of value, to each other engine.

use crate::support::canon::Place;
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::types::Arrives::{self, Either, Refused, Same};
use crate::support::types::{Value, check, script};
use crate::support::{Tidegate, sqlite};

/// Declared type, literal, on PostgreSQL, on MySQL.
type Both = (&'static str, &'static str, Arrives, Arrives);

#[rustfmt::skip]
const VALUES: &[Both] = &[
    ("INTEGER", "9223372036854775807", Same, Same),
    ("INTEGER", "-9223372036854775808", Same, Same),
    ("INTEGER", "2.5", Same, Same),
    ("TINYINT", "300", Same, Same),
    ("REAL", "1.7976931348623157e308", Same, Same),
    ("REAL", "0.1", Same, Same),
    ("REAL", "9e999", Same, Refused),
    ("REAL", "-9e999", Same, Refused),
    ("TEXT", "''", Same, Same),
    ("TEXT", "'naïve 日本語 🦀'", Same, Same),
    ("TEXT", "'a' || char(0) || 'b'", Refused, Either),
    ("TEXT", "CAST(x'63c328' AS TEXT)", Refused, Refused),
    ("TEXT", "'tab' || char(9, 10, 13, 92) || 'N NULL'", Same, Same),
    ("TEXT", "'NULL'", Same, Same),
    ("VARCHAR(3)", "'longer than three'", Same, Same),
    ("BLOB", "x''", Same, Same),
    ("BLOB", "x'005cff270a'", Same, Same),
    ("BLOB", "zeroblob(1000000)", Same, Same),
    ("BOOLEAN", "1", Same, Same),
    ("BOOLEAN", "0", Same, Same),
    ("DATE", "'2024-02-29'", Same, Same),
    ("DATE", "'0001-01-01'", Same, Same),
    ("DATETIME", "'2024-02-29 12:34:56.789'", Same, Same),
    ("DATETIME", "'2024-02-29T12:34:56'", Same, Same),
    ("DATETIME", "1709210096", Same, Same),
    ("TIMESTAMP", "'9999-12-31 23:59:59.999999'", Same, Same),
    ("TIME", "'23:59:59.5'", Same, Same),
    ("DECIMAL(10,2)", "12345678.25", Same, Same),
    ("DECIMAL(10,2)", "-0.5", Same, Same),
    ("NUMERIC", "123456789012345678", Same, Same),
    ("UUID", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", Same, Same),
    ("JSON", "'{\"b\": 1, \"a\": [1.50, null, \"é\"]}'", Same, Same),
    ("", "42", Same, Same),
    ("", "'text'", Same, Same),
    ("", "x'00ff'", Same, Same),
    ("FLOOBLE", "1.5", Same, Same),
];

fn picked(pick: impl Fn(&Both) -> Arrives) -> Vec<Value> {
    VALUES.iter().map(|value| (value.0, value.1, pick(value))).collect()
}

#[test]
fn to_postgres() {
    let target = PgServer::shared().create("types");
    let there = Place::postgres(&target, "public");
    copy_to(&target.url(), &there, &picked(|value| value.2));
}

#[test]
fn to_mysql() {
    let target = MariaDbServer::shared().create("types");
    let there = Place::Mysql(target.clone());
    copy_to(&target.url(), &there, &picked(|value| value.3));
}

#[track_caller]
fn copy_to(url: &str, there: &Place, values: &[Value]) {
    let tidegate = Tidegate::new();
    let file = tidegate.file("types.db");
    sqlite::build_from_text(&file, &script("", values));
    let here = Place::sqlite(&file);
    check(&tidegate, (&sqlite::url(&file), &here), (url, there), values);
}
