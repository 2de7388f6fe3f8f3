//! Every type of PostgreSQL with its extreme values, to each other engine.

use crate::support::canon::Place;
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::types::Arrives::{self, Either, Refused, Same, Text};
use crate::support::types::{Value, check, script};
use crate::support::{Tidegate, sqlite};

const TYPES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s \\ \"fine\"');
    CREATE TYPE pair AS (a integer, b text);
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
";

/// Declared type, literal, on MySQL, on SQLite.
type Both = (&'static str, &'static str, Arrives, Arrives);

#[rustfmt::skip]
const VALUES: &[Both] = &[
    ("smallint", "-32768", Same, Same),
    ("smallint", "32767", Same, Same),
    ("integer", "-2147483648", Same, Same),
    ("bigint", "-9223372036854775808", Same, Same),
    ("bigint", "9223372036854775807", Same, Same),
    ("positive", "7", Same, Same),
    ("oid", "4294967295", Same, Same),
    ("numeric", "0", Same, Same),
    ("numeric", "(repeat('1234567890', 8) || '.5')::numeric", Same, Same),
    ("numeric", "1e-200", Same, Same),
    ("numeric", "'NaN'", Same, Same),
    ("numeric", "'-Infinity'", Same, Same),
    ("numeric(65,30)", "(repeat('9', 35) || '.' || repeat('9', 30))::numeric", Same, Same),
    ("numeric(65,30)", "0.000000000000000000000000000001", Same, Same),
    ("numeric(12,2)", "9999999999.99", Same, Same),
    ("numeric(12,2)", "'NaN'", Refused, Refused),
    ("numeric(100,50)", "(repeat('12', 24) || '.' || repeat('0', 49) || '1')::numeric", Same, Same),
    ("real", "3.4028235e38", Same, Same),
    ("real", "1.17549435e-38", Same, Same),
    ("real", "0.1", Same, Same),
    ("real", "'NaN'", Refused, Refused),
    ("double precision", "1.7976931348623157e308", Same, Same),
    ("double precision", "2.2250738585072014e-308", Same, Same),
    ("double precision", "0.1", Same, Same),
    ("double precision", "'NaN'", Refused, Refused),
    ("double precision", "'Infinity'", Refused, Either),
    ("double precision", "'-Infinity'", Refused, Either),
    ("boolean", "true", Same, Same),
    ("boolean", "false", Same, Same),
    ("text", "''", Same, Same),
    ("text", "'naïve – “quotes” 日本語 🦀'", Same, Same),
    ("text", "E'tab\\tnew\\nline\\r\\\\N \\\\ \\b\\x01'", Same, Same),
    ("text", "'NULL'", Same, Same),
    ("text", "'\\N'", Same, Same),
    ("text", "repeat('x', 1000000)", Same, Same),
    ("varchar(10)", "'🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀'", Same, Same),
    ("varchar(10)", "'ends in  '", Same, Same),
    ("char(5)", "'ab'", Same, Same),
    ("char(300)", "'ab'", Same, Same),
    ("\"char\"", "'x'", Same, Same),
    ("name", "'a name'", Same, Same),
    ("bytea", "'\\x'", Same, Same),
    ("bytea", "'\\x00ff5c27220a0d'", Same, Same),
    ("date", "'0001-01-01'", Same, Same),
    ("date", "'9999-12-31'", Same, Same),
    ("date", "'10000-01-01'", Refused, Either),
    ("date", "'0044-03-15 BC'", Refused, Either),
    ("date", "'infinity'", Refused, Either),
    ("date", "'-infinity'", Refused, Either),
    ("time", "'23:59:59.999999'", Same, Same),
    ("time", "'24:00:00'", Same, Same),
    ("time", "'00:00:00'", Same, Same),
    ("timetz", "'23:59:59.999999+05:30'", Same, Same),
    ("timestamp", "'9999-12-31 23:59:59.999999'", Same, Same),
    ("timestamp", "'0001-01-01 00:00:00'", Same, Same),
    ("timestamp", "'infinity'", Refused, Either),
    ("timestamp", "'4713-01-01 00:00:00 BC'", Refused, Either),
    ("timestamptz", "'2024-02-29 12:00:00.000001+02'", Same, Same),
    ("timestamptz", "'9999-12-31 23:59:59.999999+00'", Same, Same),
    ("timestamptz", "'9999-12-31 23:59:59.999999-01'", Refused, Either),
    ("timestamptz", "'-infinity'", Refused, Either),
    ("timestamp(3)", "'2024-02-29 12:00:00.123'", Same, Same),
    ("interval", "'1 year 2 mons -3 days 04:05:06.7'", Text("P1Y2M-3DT4H5M6.7S"), Same),
    ("interval", "'-178000000 years'", Text("P-178000000Y"), Same),
    ("interval", "'0'", Text("PT0S"), Same),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", Same, Same),
    ("json", "'{\"b\": 1, \"a\":  [1, null, \"\\u00e9\"], \"b\": 2}'", Same, Same),
    ("json", "'{\"n\": 123456789012345678901234567890.123456789}'", Same, Same),
    ("json", "'\"\\u0000\"'", Same, Same),
    ("jsonb", "'{\"b\": 1, \"a\": [1.50, null, \"é🦀\"]}'", Same, Same),
    ("jsonb", "'null'", Same, Same),
    ("xml", "'<a b=\"c\">é</a>'", Same, Same),
    ("mood", "'sad'", Same, Same),
    ("mood", "'it''s \\ \"fine\"'", Same, Same),
    ("pair", "(1, 'a,\"b')", Same, Same),
    ("integer[]", "'{1,NULL,-3}'", Same, Same),
    ("integer[]", "'{{1,2},{3,4}}'", Same, Same),
    ("text[]", "ARRAY['a,b', '', NULL, '\"q\"', '\\', '{}']", Same, Same),
    ("text[]", "'{}'", Same, Same),
    ("mood[]", "'{sad,ok}'", Same, Same),
    ("int4range", "'[1,5)'", Same, Same),
    ("int4range", "'empty'", Same, Same),
    ("tstzrange", "'[2024-01-01 00:00+00,)'", Same, Same),
    ("int4multirange", "'{[1,3),[5,8)}'", Same, Same),
    ("bit(1)", "B'1'", Same, Same),
    ("bit(64)", "repeat('1', 64)::bit(64)", Same, Same),
    ("bit(70)", "repeat('10', 35)::bit(70)", Same, Same),
    ("bit varying", "B''", Same, Same),
    ("bit varying(5)", "B'0101'", Same, Same),
    ("inet", "'2001:db8::1/64'", Same, Same),
    ("cidr", "'10.0.0.0/8'", Same, Same),
    ("macaddr", "'08:00:2b:01:02:03'", Same, Same),
    ("money", "'-92233720368547758.08'", Same, Same),
    ("point", "'(1.5,-2)'", Same, Same),
    ("polygon", "'((0,0),(1,1),(1,0))'", Same, Same),
    ("tsvector", "'''a'':1A ''cat'':2'", Same, Same),
    ("tsquery", "'fat & !rat'", Same, Same),
    ("pg_lsn", "'16/B374D848'", Same, Same),
];

fn picked(pick: impl Fn(&Both) -> Arrives) -> Vec<Value> {
    VALUES.iter().map(|value| (value.0, value.1, pick(value))).collect()
}

#[test]
fn to_mysql() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let (source, target) = (server.create("types"), other.create("types"));
    let values = picked(|value| value.2);
    source.run(&script(TYPES, &values));
    let here = Place::postgres(&source, "public");
    let there = Place::Mysql(target.clone());
    check(&Tidegate::new(), (&source.url(), &here), (&target.url(), &there), &values);
}

#[test]
fn to_sqlite() {
    let server = PgServer::shared();
    let source = server.create("types");
    let tidegate = Tidegate::new();
    let file = tidegate.file("types.db");
    let values = picked(|value| value.3);
    source.run(&script(TYPES, &values));
    let here = Place::postgres(&source, "public");
    let there = Place::sqlite(&file);
    check(&tidegate, (&source.url(), &here), (&sqlite::url(&file), &there), &values);
}
