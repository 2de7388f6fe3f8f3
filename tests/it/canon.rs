//! Canonical texts as the servers compute them are those that our own code makes of what the
//! servers print: row for row, and as sums.

use tidegate::core::canon::{
    DigestOf, RowCanon, RowDigest, digest_select, row_expression, server_expression,
};
use tidegate::core::catalog::LogicalType as Type;
use tidegate::core::fault::Side;
use tidegate::core::mapping::{Fit, Transform};
use tidegate::core::name::Dialect;
use tidegate::core::plan::ColumnPlan;
use tidegate::core::value::{RowBatch, WireForm};
use tidegate::core::wire::CopyTextReader;

use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;

const INT: Type = Type::Int { bits: 64, unsigned: false };
const TEXT: Type = Type::Text { max: None, fixed: false };
const CHAR: Type = Type::Text { max: Some(5), fixed: true };
const NUMERIC: Type = Type::Decimal { precision: Some(65), scale: Some(30) };
const BYTES: Type = Type::Bytes { max: None };
const STAMP: Type = Type::Timestamp { zoned: false };
const STAMP_TZ: Type = Type::Timestamp { zoned: true };
const TIME: Type = Type::Time { zoned: false };

fn column(name: &str, declared: &str, source: Type, target: Type) -> ColumnPlan {
    ColumnPlan {
        name: name.to_owned(),
        target_name: name.to_owned(),
        source_declared: declared.to_owned(),
        source_logical: source,
        target_declared: String::new(),
        target_logical: target,
        fit: Fit::Exact,
        reason: String::new(),
        transform: Transform::default(),
        rule: None,
        expression: None,
    }
}

fn bits(max: u32) -> Type {
    Type::Bits { max: Some(max), varying: false }
}

fn names(columns: &[ColumnPlan]) -> String {
    columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Canonical rows by our own code, and their digest.
fn own(columns: &[ColumnPlan], batch: &RowBatch) -> (Vec<Vec<u8>>, RowDigest) {
    let canons =
        columns.iter().map(|c| tidegate::core::canon::CellCanon::for_column(c, Side::Source));
    let mut canon = RowCanon::of(canons);
    let mut digest = RowDigest::default();
    let rows: Vec<Vec<u8>> = (0..batch.rows())
        .map(|row| {
            let mut out = Vec::new();
            canon.put(batch, row, &mut out);
            digest.add(&out);
            out
        })
        .collect();
    (rows, digest)
}

fn answer(line: &str, between: char) -> RowDigest {
    let cells: Vec<&str> = line.trim().split(between).collect();
    let cells = <[&str; 4]>::try_from(cells).expect("four texts");
    RowDigest::from_answer(cells).unwrap_or_else(|| panic!("{line}"))
}

fn shown(rows: &[Vec<u8>]) -> Vec<String> {
    rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn digest_of<'a>(dialect: Dialect, table: &'a str, columns: &'a [ColumnPlan]) -> DigestOf<'a> {
    DigestOf { dialect, table, columns, side: Side::Source, predicate: Some("i < 100") }
}

/// Extremes of every type that PostgreSQL can spell itself.
const POSTGRES: &str = r#"
CREATE TYPE mood AS ENUM ('so so', '');
CREATE TABLE t (i bigint, n numeric, b boolean, s text, c char(5), v varchar, h bytea, d date,
    ts timestamp, tz timestamptz, ti time, u uuid, iv interval, bt bit(10), ip inet, ar int[],
    m mood, js json, st text[]);
INSERT INTO t VALUES
 (1, 'NaN', true, '', '', 'x  ', '', 'infinity', '-infinity', 'infinity', '24:00',
  '6CCD780C-BABA-1026-9564-5B8C656024DB', '-838:59:59', B'1000000101', '192.168.1.5',
  '{{1,2},{3,NULL}}', 'so so', '{ "a" : 1.50 }', '{a,b c}'),
 (2, -12345678901234567890123456789012345.123456789012345678901234567890, false, E'\t\n\\N😀',
  'ab', '', '\x00ff5c', '0044-03-15 BC', '0001-01-01 00:00 BC', '0001-01-01 00:30:00+01',
  '00:00:00.000001',
  '00000000-0000-0000-0000-000000000000', '838:59:59.5', B'0000000000', '::1/64', '{}', '', '[]',
  '{}'),
 (3, 0.00, NULL, NULL, 'ä b  ', NULL, NULL, '5874897-12-31', '294276-12-31 23:59:59.999999',
  '2020-06-01 12:00:00.120+02', '23:59:59.99', NULL, '00:00', NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 100.10, true, 'N;', 'a', 'N;', '\x', '2020-02-29', '2020-02-29 10:00:00.500', NULL, NULL,
  NULL,
  '00:00:00.000001', B'1111111111', '10.0.0.0/8', '{7}', 'so so', 'null', '{a}'),
 (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL);
"#;

#[test]
fn postgres_computes_the_same_texts() {
    let database = PgServer::shared().create("canon");
    database.run(POSTGRES);
    let other = || Type::Other("inet".to_owned());
    let array = || Type::Array(Box::new(TEXT));
    let columns = [
        column("i", "bigint", INT, INT),
        column("n", "numeric", Type::Decimal { precision: None, scale: None }, NUMERIC),
        column("b", "boolean", Type::Bool, INT),
        column("s", "text", TEXT, TEXT),
        column("c", "character(5)", CHAR, CHAR),
        column("v", "character varying", TEXT, CHAR),
        column("h", "bytea", BYTES, BYTES),
        column("d", "date", Type::Date, Type::Date),
        column("ts", "timestamp without time zone", STAMP, STAMP),
        column("tz", "timestamp with time zone", STAMP_TZ, STAMP),
        column("ti", "time without time zone", TIME, Type::TimeSpan),
        column("u", "uuid", Type::Uuid, CHAR),
        column("iv", "interval", Type::Interval, Type::TimeSpan),
        column("bt", "bit(10)", bits(10), bits(10)),
        column("ip", "inet", other(), TEXT),
        column("ar", "integer[]", array(), TEXT),
        column("m", "mood", Type::Enum, Type::Enum),
        column("js", "json", Type::Json { binary: false }, TEXT),
        column("st", "text[]", array(), Type::Set),
    ];
    let names = names(&columns);
    let copied = database.run(&format!("COPY (SELECT {names} FROM t ORDER BY i) TO STDOUT"));
    let mut reader = CopyTextReader::new(columns.len());
    let mut batch = RowBatch::with_capacity(columns.len(), 4096);
    batch.set_form(WireForm::CopyText);
    reader.push(copied.as_bytes(), &mut batch).unwrap();
    assert_eq!(batch.rows(), 5);
    for at in &columns {
        let found = server_expression(Dialect::Postgres, &at.name, at, Side::Source);
        assert!(found.is_some(), "{}", at.name);
    }
    let row = row_expression(Dialect::Postgres, &columns, Side::Source).unwrap();
    let theirs: Vec<Vec<u8>> = database
        .lines(&format!("SELECT encode(convert_to({row}, 'UTF8'), 'hex') FROM t ORDER BY i"))
        .iter()
        .map(|line| unhex(line))
        .collect();
    let (ours, _) = own(&columns, &batch);
    assert_eq!(shown(&ours), shown(&theirs));

    // The last row has no `i`: the predicate leaves it out.
    let counted = database.run(&format!("COPY (SELECT {names} FROM t WHERE i < 100) TO STDOUT"));
    let mut some = RowBatch::with_capacity(columns.len(), 4096);
    some.set_form(WireForm::CopyText);
    CopyTextReader::new(columns.len()).push(counted.as_bytes(), &mut some).unwrap();
    let select = digest_select(&digest_of(Dialect::Postgres, "public.t", &columns)).unwrap();
    assert_eq!(answer(&database.one(&select), '|'), own(&columns, &some).1);
}

const MARIADB: &str = r#"
SET NAMES utf8mb4; SET time_zone = '+00:00';
SET sql_mode = 'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';
CREATE DATABASE canon CHARACTER SET utf8mb4; USE canon;
CREATE TABLE t (i bigint unsigned, z int(8) zerofill, n decimal(65,30), n0 decimal(20,0),
    s longtext, c char(5), l varchar(20) character set latin1, h longblob, bt bit(64),
    d date, ts datetime(6),
    ts0 datetime, tz timestamp(3) NULL, ti time(6), y year, e enum('a','b c',''), st set('a','b c'),
    j json, u char(36), ub binary(16), us binary(16), g point);
INSERT INTO t VALUES
 (18446744073709551615, 42, -99999999999999999999999999999999999.999999999999999999999999999999,
  0, CONCAT('tab', CHAR(9), 'line', CHAR(10), '\\N😀'), 'ab   ', 'é€', x'00ff5c', b'1', '0001-01-01',
  '9999-12-31 23:59:59.999999', '2020-01-01 00:00:00', '1970-01-01 00:00:01.500', '-838:59:59', 0,
  'b c', 'a,b c', '{ "a" : 1.50 }', '6CCD780C-BABA-1026-9564-5B8C656024DB',
  x'6ccd780cbaba102695645b8c656024db', x'1026baba6ccd780c95645b8c656024db', POINT(1, 2)),
 (0, 0, 0, 12345678901234567890, '', '', '', '', b'0', '0000-00-00', '0000-00-00', '0000-00-00',
  '2038-01-19 03:14:07.120', '24:00:00.5', 2155, '', '', 'null', 'not one', REPEAT(x'00', 16),
  REPEAT(x'00', 16), NULL),
 (5, 99999999, 1.5, -1, 'N;', 'a', 'b', x'0a', 18446744073709551615, '2020-00-10',
  '2020-00-10 01:00:00.5', '2020-10-00 01:00:00', NULL, '00:00:00.000001', 1999, 'a', 'b c', '[]',
  NULL, NULL, NULL, NULL);
INSERT INTO t (i) VALUES (NULL);
"#;

/// A field as the client prints it in batch mode.
fn field(text: &str) -> Option<Vec<u8>> {
    if text == "NULL" {
        return None;
    }
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match (byte, byte == b'\\') {
            (_, true) => match bytes.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(b'0') => 0,
                Some(other) => other,
                None => b'\\',
            },
            (other, _) => other,
        });
    }
    Some(out)
}

fn is_binary(column: &ColumnPlan) -> bool {
    matches!(column.source_logical, Type::Bytes { .. } | Type::Bits { .. } | Type::Geometry)
}

/// The table's rows in the form that a reader of MySQL gives them.
fn mysql_rows(server: &MariaDbServer, columns: &[ColumnPlan], rest: &str) -> RowBatch {
    let items: Vec<String> = columns
        .iter()
        .map(|c| match c.source_logical {
            // HEX of a BIT is its number; the reader gets eight bytes.
            Type::Bits { .. } => format!("LPAD(HEX({0}), 16, '0')", c.name),
            _ if is_binary(c) => format!("HEX({})", c.name),
            _ => c.name.clone(),
        })
        .collect();
    let sql = format!("{SESSION}SELECT {} FROM canon.t {rest}", items.join(", "));
    let mut batch = RowBatch::with_capacity(columns.len(), 4096);
    batch.set_form(WireForm::MysqlText);
    for line in server.run(&sql).lines() {
        for (text, column) in line.split('\t').zip(columns) {
            match field(text) {
                None => batch.push_null(),
                Some(_) if is_binary(column) => batch.push_blob(&unhex(text)),
                Some(text) => batch.push_text(&text),
            }
        }
    }
    batch
}

const SESSION: &str = "SET NAMES utf8mb4; SET time_zone = '+00:00'; ";

fn mysql_columns() -> Vec<ColumnPlan> {
    let array = Type::Array(Box::new(TEXT));
    let mut swapped = column("us", "binary(16)", BYTES, Type::Uuid);
    swapped.transform.uuid_swapped = true;
    let mut zero = column("ts0", "datetime", STAMP, STAMP);
    zero.transform.zero_date_null = true;
    vec![
        column("i", "bigint(20) unsigned", Type::Int { bits: 64, unsigned: true }, NUMERIC),
        column("z", "int(8) unsigned zerofill", Type::Int { bits: 32, unsigned: true }, INT),
        column("n", "decimal(65,30)", NUMERIC, NUMERIC),
        column(
            "n0",
            "decimal(20,0)",
            Type::Decimal { precision: Some(20), scale: Some(0) },
            NUMERIC,
        ),
        column("s", "longtext", TEXT, TEXT),
        column("c", "char(5)", CHAR, TEXT),
        column("l", "varchar(20)", TEXT, TEXT),
        column("h", "longblob", BYTES, BYTES),
        column("bt", "bit(64)", bits(64), bits(64)),
        column("d", "date", Type::Date, Type::Date),
        column("ts", "datetime(6)", STAMP, STAMP),
        zero,
        column("tz", "timestamp(3)", STAMP_TZ, STAMP_TZ),
        column("ti", "time(6)", Type::TimeSpan, Type::Interval),
        column("y", "year(4)", Type::Year, INT),
        column("e", "enum('a','b c','')", Type::Enum, TEXT),
        column("st", "set('a','b c')", Type::Set, array),
        column("j", "longtext", Type::Json { binary: false }, TEXT),
        column("u", "char(36)", CHAR, Type::Uuid),
        column("ub", "binary(16)", BYTES, Type::Uuid),
        swapped,
        column("g", "point", Type::Geometry, BYTES),
    ]
}

#[test]
fn mariadb_computes_the_same_texts() {
    let server = MariaDbServer::start();
    server.run(MARIADB);
    let columns = mysql_columns();
    for at in &columns {
        let found = server_expression(Dialect::Mysql, &at.name, at, Side::Source);
        assert!(found.is_some(), "{}", at.name);
    }
    let batch = mysql_rows(&server, &columns, "ORDER BY i");
    assert_eq!(batch.rows(), 4);
    let row = row_expression(Dialect::Mysql, &columns, Side::Source).unwrap();
    let asked = server.run(&format!("{SESSION}SELECT HEX({row}) FROM canon.t ORDER BY i"));
    let theirs: Vec<Vec<u8>> = asked.lines().map(unhex).collect();
    let (ours, _) = own(&columns, &batch);
    assert_eq!(shown(&ours), shown(&theirs));

    let some = mysql_rows(&server, &columns, "WHERE i < 100");
    let select = digest_select(&digest_of(Dialect::Mysql, "canon.t", &columns)).unwrap();
    let told = server.run(&format!("{SESSION}{select}"));
    assert_eq!(answer(&told, '\t'), own(&columns, &some).1);

    // A row that is larger than a packet is not taken for another.
    server.run("INSERT INTO canon.t (i, s) VALUES (7, REPEAT('x', 9000000))");
    server.run("SET GLOBAL max_allowed_packet = 1048576");
    let told = server.run(&format!("{SESSION}{select}"));
    assert_eq!(told.trim().rsplit('\t').next(), Some("1"), "{told}");
}
