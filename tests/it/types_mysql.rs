//! Every type of MySQL and MariaDB with its extreme values, to each engine.

use crate::support::canon::Place;
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::types::Arrives::{self, Either, Refused, Same, Text};
use crate::support::types::{Value, check, script};
use crate::support::{Tidegate, sqlite};

/// Zero dates and dates that no calendar has.
const LOOSE: &str = "SET sql_mode = 'ALLOW_INVALID_DATES';\n";

/// Declared type, literal, on PostgreSQL, on SQLite. MariaDB takes everything as it is.
type Both = (&'static str, &'static str, Arrives, Arrives);

#[rustfmt::skip]
const VALUES: &[Both] = &[
    ("tinyint", "-128", Same, Same),
    ("tinyint(1)", "-7", Same, Same),
    ("tinyint unsigned", "255", Same, Same),
    ("smallint unsigned", "65535", Same, Same),
    ("mediumint", "-8388608", Same, Same),
    ("mediumint unsigned", "16777215", Same, Same),
    ("int unsigned", "4294967295", Same, Same),
    ("int(10) unsigned zerofill", "42", Same, Same),
    ("bigint", "-9223372036854775808", Same, Same),
    ("bigint unsigned", "18446744073709551615", Same, Either),
    ("bigint unsigned", "9223372036854775807", Same, Same),
    ("decimal(65,30)", "concat('-', repeat('9', 35), '.', repeat('9', 30))", Same, Same),
    ("decimal(65,0)", "repeat('9', 65)", Same, Same),
    ("decimal(10,2)", "-0.01", Same, Same),
    ("float", "3.402823e38", Same, Same),
    ("float", "0.1", Same, Same),
    ("float", "16777217", Same, Same),
    ("double", "1.7976931348623157e308", Same, Same),
    ("double", "0.1", Same, Same),
    ("double", "-2.2250738585072014e-308", Same, Same),
    ("bit(1)", "b'1'", Same, Same),
    ("bit(10)", "b'0000000101'", Same, Same),
    ("bit(64)", "18446744073709551615", Same, Either),
    ("date", "'1000-01-01'", Same, Same),
    ("date", "'9999-12-31'", Same, Same),
    ("date", "'0000-00-00'", Refused, Either),
    ("date", "'2024-00-10'", Refused, Either),
    ("date", "'2024-02-31'", Refused, Either),
    ("datetime", "'2024-02-29 12:34:56'", Same, Same),
    ("datetime(6)", "'9999-12-31 23:59:59.999999'", Same, Same),
    ("datetime", "'0000-00-00 00:00:00'", Refused, Either),
    ("timestamp(6) NULL", "'2038-01-19 03:14:07.999999'", Same, Same),
    ("timestamp NULL", "'1970-01-01 00:00:01'", Same, Same),
    ("time", "'838:59:59'", Same, Same),
    ("time", "'-838:59:59'", Same, Same),
    ("time(6)", "'-00:00:00.000001'", Same, Same),
    ("time(3)", "'23:59:59.999'", Same, Same),
    ("year", "1901", Same, Same),
    ("year", "2155", Same, Same),
    ("year", "0", Same, Same),
    ("char(10)", "'ab'", Same, Same),
    ("char(255)", "'ü'", Same, Same),
    ("varchar(20)", "''", Same, Same),
    ("varchar(20)", "'ends in  '", Same, Same),
    ("varchar(20)", "'🦀 日本'", Same, Same),
    ("varchar(20)", "concat('a', char(0), 'b')", Refused, Either),
    ("tinytext", "repeat('é', 127)", Same, Same),
    ("text", r#"'tab\t\\ \n \r \Z \' \" \\N NULL'"#, Same, Same),
    ("mediumtext", "repeat('x', 1000000)", Same, Same),
    ("longtext", "'NULL'", Same, Same),
    ("varchar(20) CHARACTER SET latin1", "'caf\u{e9} \u{20ac}'", Same, Same),
    ("varchar(20) CHARACTER SET cp1251", "'Жук'", Same, Same),
    ("varchar(20) CHARACTER SET utf16", "'ä🦀'", Same, Same),
    ("varchar(20) CHARACTER SET ucs2", "'äé'", Same, Same),
    ("varchar(20) CHARACTER SET utf8mb3", "'€ä'", Same, Same),
    ("varchar(20) CHARACTER SET sjis", "'日本'", Same, Same),
    ("binary(4)", "x'00ff'", Same, Same),
    ("varbinary(20)", "x''", Same, Same),
    ("varbinary(20)", r"x'005c270a0d09ff'", Same, Same),
    ("tinyblob", "x'c328'", Same, Same),
    ("longblob", "repeat(x'00ff', 500000)", Same, Same),
    ("enum('small','it''s','a,b','')", "'it''s'", Same, Same),
    ("enum('small','it''s','a,b','')", "'a,b'", Same, Same),
    ("enum('small','it''s','a,b','')", "''", Same, Same),
    ("set('a','b','c d')", "'a,c d'", Same, Same),
    ("set('a','b','c d')", "''", Same, Same),
    ("json", r#"'{"b": 1, "a": [1.50, null, "é🦀"], "n": 123456789012345678901234567890}'"#,
        Same, Same),
    ("json", "'null'", Same, Same),
    ("point", "ST_GeomFromText('POINT(1.5 -2)', 4326)", Same, Same),
    ("geometry", "ST_GeomFromText('POLYGON((0 0,1 1,1 0,0 0))')", Same, Same),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", Same, Same),
    ("inet6", "'2001:db8::1'", Text("2001:db8::1/128"), Same),
];

fn picked(pick: impl Fn(&Both) -> Arrives) -> Vec<Value> {
    VALUES.iter().map(|value| (value.0, value.1, pick(value))).collect()
}

#[test]
fn to_postgres() {
    let (server, other) = (MariaDbServer::shared(), PgServer::shared());
    let (source, target) = (server.create("types"), other.create("types"));
    let values = picked(|value| value.2);
    source.run(&script(LOOSE, &values));
    let here = Place::Mysql(source.clone());
    let there = Place::postgres(&target, &source.name);
    check(&Tidegate::new(), (&source.url(), &here), (&target.url(), &there), &values);
}

#[test]
fn to_mysql() {
    let server = MariaDbServer::shared();
    let (source, target) = (server.create("types"), server.create("copy"));
    let values = picked(|_| Same);
    source.run(&script(LOOSE, &values));
    let (here, there) = (Place::Mysql(source.clone()), Place::Mysql(target.clone()));
    check(&Tidegate::new(), (&source.url(), &here), (&target.url(), &there), &values);
}

#[test]
fn to_sqlite() {
    let server = MariaDbServer::shared();
    let source = server.create("types");
    let tidegate = Tidegate::new();
    let file = tidegate.file("types.db");
    let values = picked(|value| value.3);
    source.run(&script(LOOSE, &values));
    let here = Place::Mysql(source.clone());
    let there = Place::sqlite(&file);
    check(&tidegate, (&source.url(), &here), (&sqlite::url(&file), &there), &values);
}
