//! Cells of every form of a pair of types: equal values have equal canonical bytes.

use super::super::catalog::LogicalType as Type;
use super::super::fault::Side;
use super::super::mapping::{Fit, Transform};
use super::super::name::Dialect;
use super::super::plan::ColumnPlan;
use super::super::value::{CellRef, RowBatch, WireForm};
use super::*;
use WireForm::{CopyText, MysqlText, Native};

const INT: Type = Type::Int { bits: 32, unsigned: false };
const TEXT: Type = Type::Text { max: None, fixed: false };
const CHAR: Type = Type::Text { max: Some(5), fixed: true };
const BYTES: Type = Type::Bytes { max: None };
const NUMERIC: Type = Type::Decimal { precision: None, scale: None };
const FLOAT4: Type = Type::Float { bits: 32 };
const FLOAT8: Type = Type::Float { bits: 64 };
const STAMP: Type = Type::Timestamp { zoned: false };
const STAMP_TZ: Type = Type::Timestamp { zoned: true };
const TIME: Type = Type::Time { zoned: false };

fn column(source: Type, target: Type) -> ColumnPlan {
    ColumnPlan {
        name: "s".to_owned(),
        target_name: "t".to_owned(),
        source_declared: String::new(),
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

fn canon(column: &ColumnPlan, side: Side, cell: CellRef<'_>, form: WireForm) -> Option<String> {
    let mut out = Vec::new();
    let there = CellCanon::for_column(column, side).put(cell, form, &mut out);
    there.then(|| String::from_utf8(out).unwrap())
}

const fn text(text: &str) -> CellRef<'_> {
    CellRef::Text(text.as_bytes())
}

fn bits(max: u32) -> Type {
    Type::Bits { max: Some(max), varying: false }
}

/// Source, target, a cell of each, and the canonical text of both.
type Case = (Type, Type, (CellRef<'static>, WireForm), (CellRef<'static>, WireForm), &'static str);

fn assert_pairs(cases: impl IntoIterator<Item = Case>) {
    for (source, target, here, there, canonical) in cases {
        let pair = column(source.clone(), target.clone());
        let one = canon(&pair, Side::Source, here.0, here.1);
        let other = canon(&pair, Side::Target, there.0, there.1);
        assert_eq!(one.as_deref(), Some(canonical), "{source:?} {target:?}");
        assert_eq!(other.as_deref(), Some(canonical), "{source:?} {target:?}, target");
    }
}

#[test]
fn numbers_of_both_sides_have_one_text() {
    assert_pairs([
        (Type::Bool, INT, (text("t"), CopyText), (text("1"), MysqlText), "1"),
        (Type::Bool, Type::Bool, (text("f"), CopyText), (CellRef::Int(0), Native), "0"),
        (INT, INT, (text("00042"), MysqlText), (text("42"), CopyText), "42"),
        (NUMERIC, NUMERIC, (text("5.00"), CopyText), (CellRef::Int(5), Native), "5"),
        (NUMERIC, NUMERIC, (text("-0.500"), MysqlText), (CellRef::Real(-0.5), Native), "-0.5"),
        (NUMERIC, NUMERIC, (text("0.00"), MysqlText), (CellRef::Real(-0.0), Native), "0"),
        (NUMERIC, Type::Any, (text("NaN"), CopyText), (text("NaN"), Native), "NaN"),
        (bits(10), INT, (CellRef::Blob(&[2, 5]), MysqlText), (text("517"), CopyText), "517"),
        (Type::Year, INT, (text("0000"), MysqlText), (text("0"), CopyText), "0"),
        (FLOAT4, FLOAT4, (text("0.10000000149011612"), MysqlText), (text("0.1"), CopyText), "1e-1"),
        (FLOAT8, FLOAT8, (text("1e-300"), CopyText), (CellRef::Real(1e-300), Native), "1e-300"),
        (FLOAT8, FLOAT8, (text("-0"), CopyText), (text("0"), MysqlText), "0"),
        (FLOAT8, FLOAT8, (text("NaN"), CopyText), (text("NaN"), Native), "NaN"),
        (INT, INT, (text("abc"), Native), (text("abc"), Native), "t:abc"),
        (
            INT,
            NUMERIC,
            (text("18446744073709551615"), MysqlText),
            (text("18446744073709551615"), CopyText),
            "18446744073709551615",
        ),
        (
            NUMERIC,
            Type::Any,
            (text("0.12345678901234567890"), CopyText),
            (text("0.1234567890123456789"), Native),
            "0.1234567890123456789",
        ),
    ]);
}

#[test]
fn moments_of_both_sides_have_one_text() {
    assert_pairs([
        (STAMP_TZ, STAMP_TZ, (text("infinity"), CopyText), (text("infinity"), Native), "infinity"),
        (
            STAMP,
            STAMP,
            (text("2020-01-01 00:00:00.500000"), MysqlText),
            (text("2020-01-01 00:00:00.5"), CopyText),
            "2020-01-01 00:00:00.5",
        ),
        (
            STAMP,
            STAMP,
            (text("2020-01-01T00:00"), Native),
            (text("2020-01-01 00:00:00"), CopyText),
            "2020-01-01 00:00:00",
        ),
        (
            STAMP,
            STAMP,
            (text("0000-00-00 00:00:00.000"), MysqlText),
            (text("0000-00-00 00:00:00.000"), Native),
            "0000-00-00 00:00:00",
        ),
        (
            STAMP_TZ,
            STAMP,
            (text("2020-01-01 01:00:00+02"), CopyText),
            (text("2019-12-31 23:00:00.000000"), MysqlText),
            "2019-12-31 23:00:00",
        ),
        (
            STAMP_TZ,
            STAMP_TZ,
            (text("0001-01-01 00:30:00+01 BC"), CopyText),
            (text("0002-12-31 23:30:00+00 BC"), CopyText),
            "0002-12-31 23:30:00 BC",
        ),
        (
            STAMP_TZ,
            STAMP_TZ,
            (text("2020-01-01 00:00:00"), MysqlText),
            (text("2020-01-01 00:00:00+00"), Native),
            "2020-01-01 00:00:00",
        ),
    ]);
}

#[test]
fn dates_and_times_of_both_sides_have_one_text() {
    assert_pairs([
        (TIME, TIME, (text("12:30"), Native), (text("12:30:00"), CopyText), "12:30:00"),
        (
            Type::Date,
            Type::Date,
            (text("0044-03-15 BC"), CopyText),
            (text("0044-03-15 BC"), Native),
            "0044-03-15 BC",
        ),
        (
            Type::Date,
            Type::Date,
            (text("0000-00-00"), MysqlText),
            (text("0000-00-00"), Native),
            "0000-00-00",
        ),
        (
            TIME,
            TIME,
            (text("24:00:00"), CopyText),
            (text("24:00:00.000000"), MysqlText),
            "24:00:00",
        ),
        (
            Type::TimeSpan,
            Type::Interval,
            (text("-838:59:59.000000"), MysqlText),
            (text("-838:59:59"), CopyText),
            "-838:59:59",
        ),
        (
            Type::Interval,
            TEXT,
            (text("1 mon -2 days"), CopyText),
            (text("P1M-2D"), MysqlText),
            "P1M-2D",
        ),
    ]);
}

#[test]
fn other_values_of_both_sides_have_one_text() {
    let json = |binary| Type::Json { binary };
    let array = Type::Array(Box::new(TEXT));
    assert_pairs([
        (TEXT, TEXT, (text("a "), CopyText), (text("a "), MysqlText), "a "),
        (CHAR, CHAR, (text("a "), CopyText), (text("a"), MysqlText), "a"),
        (Type::Any, TEXT, (CellRef::Int(5), Native), (text("5"), CopyText), "5"),
        (
            bits(10),
            TEXT,
            (CellRef::Blob(&[2, 5]), MysqlText),
            (text("1000000101"), Native),
            "1000000101",
        ),
        (BYTES, BYTES, (text("\\x00ff"), CopyText), (CellRef::Blob(&[0, 255]), MysqlText), "00ff"),
        (
            Type::Uuid,
            TEXT,
            (text("6ccd780c-baba-1026-9564-5b8c656024db"), CopyText),
            (text("6CCD780C-BABA-1026-9564-5B8C656024DB"), MysqlText),
            "6ccd780c-baba-1026-9564-5b8c656024db",
        ),
        (
            Type::Uuid,
            BYTES,
            (text("07070707-0707-0707-0707-070707070707"), CopyText),
            (CellRef::Blob(&[7; 16]), MysqlText),
            "07070707-0707-0707-0707-070707070707",
        ),
        (
            json(true),
            json(true),
            (text(r#"{"b": 1.50, "a": []}"#), CopyText),
            (text(r#"{"a": [], "b": 1.5}"#), MysqlText),
            r#"{"a":[],"b":1.5}"#,
        ),
        (json(false), TEXT, (text("{ }"), CopyText), (text("{ }"), MysqlText), "{ }"),
        (
            bits(10),
            bits(10),
            (text("1000000101"), CopyText),
            (CellRef::Blob(&[2, 5]), MysqlText),
            "1000000101",
        ),
        (Type::Set, array, (text("a,b c"), MysqlText), (text("{a,\"b c\"}"), CopyText), "a,b c"),
        (Type::Any, Type::Any, (CellRef::Int(5), Native), (CellRef::Int(5), Native), "i:5"),
    ]);
}

#[test]
fn what_the_plan_changes_counts_as_changed() {
    let mut zero = column(STAMP, STAMP);
    zero.transform.zero_date_null = true;
    let cell = text("2020-00-01 00:00:00");
    assert_eq!(canon(&zero, Side::Source, cell, MysqlText), None);
    assert_eq!(canon(&zero, Side::Target, CellRef::Null, CopyText), None);
    let mut zoned = column(STAMP, STAMP_TZ);
    zoned.transform.zone = Some("+02:00".to_owned());
    let here = canon(&zoned, Side::Source, text("2020-01-01 02:00:00"), MysqlText);
    let there = canon(&zoned, Side::Target, text("2020-01-01 00:00:00+00"), CopyText);
    assert_eq!((here.as_deref(), there), (Some("2020-01-01 00:00:00"), here.clone()));
    zoned.transform.zone = Some("Europe/Berlin".to_owned());
    assert!(why_not_comparable(&zoned).is_some());
    let mut swapped = column(Type::Bytes { max: Some(16) }, Type::Uuid);
    swapped.transform.uuid_swapped = true;
    let bytes = [0x10, 0x26, 0xba, 0xba, 0x6c, 0xcd, 0x78, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8];
    let here = canon(&swapped, Side::Source, CellRef::Blob(&bytes), MysqlText);
    assert_eq!(here.as_deref(), Some("6ccd780c-baba-1026-0102-030405060708"));
}

#[test]
fn different_values_have_different_rows() {
    let columns = [column(TEXT, TEXT), column(TEXT, TEXT)];
    let mut seen = std::collections::HashSet::new();
    for (one, other) in [
        (CellRef::Null, text("")),
        (text(""), CellRef::Null),
        (text(""), text("")),
        (text("N;"), text("")),
        (text("1:a;"), text("")),
        (text("a"), text("b")),
        (text("ab"), text("")),
        (text(""), text("ab")),
    ] {
        let mut batch = RowBatch::with_capacity(2, 16);
        for cell in [one, other] {
            match cell {
                CellRef::Text(text) => batch.push_text(text),
                _ => batch.push_null(),
            }
        }
        let canons = columns.iter().map(|c| CellCanon::for_column(c, Side::Source));
        let mut out = Vec::new();
        RowCanon::of(canons).put(&batch, 0, &mut out);
        assert!(seen.insert(out), "{one:?} {other:?}");
    }
    assert!(seen.contains(&b"N;0:;"[..]));
}

#[test]
fn servers_are_asked_only_for_what_they_can() {
    let expression =
        |dialect, column: &ColumnPlan| server_expression(dialect, "c", column, Side::Source);
    for can_not in [
        column(FLOAT8, FLOAT8),
        column(INT, FLOAT4),
        column(Type::Json { binary: true }, TEXT),
        column(Type::Interval, TEXT),
        column(Type::Any, Type::Any),
    ] {
        for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
            assert_eq!(expression(dialect, &can_not), None, "{can_not:?}");
        }
    }
    let all = [column(INT, INT), column(FLOAT8, FLOAT8)];
    assert_eq!(row_expression(Dialect::Mysql, &all, Side::Source), None);
    let row = row_expression(Dialect::Mysql, &all[..1], Side::Target).unwrap();
    let text = "CAST(`t` + 0 AS CHAR)";
    assert_eq!(
        row,
        format!("CONCAT(IF(`t` IS NULL, 'N;', CONCAT(LENGTH({text}), ':', {text}, ';')))")
    );
    let select = digest_select(&DigestOf {
        dialect: Dialect::Sqlite,
        table: "t",
        columns: &all[..1],
        side: Side::Source,
        predicate: None,
    });
    assert_eq!(select, None);
}
