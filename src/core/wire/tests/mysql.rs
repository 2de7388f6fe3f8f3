//! What MySQL printed, for PostgreSQL and SQLite.

use super::*;

const FLOAT8: LogicalType = LogicalType::Float { bits: 64 };
const FLOAT4: LogicalType = LogicalType::Float { bits: 32 };
const STAMP: LogicalType = LogicalType::Timestamp { zoned: false };
const STAMP_TZ: LogicalType = LogicalType::Timestamp { zoned: true };
const BYTES: LogicalType = LogicalType::Bytes { max: None };
const TINY: LogicalType = LogicalType::Int { bits: 8, unsigned: false };

fn bit(max: u32) -> LogicalType {
    LogicalType::Bits { max: Some(max), varying: false }
}

fn texts() -> LogicalType {
    LogicalType::Array(Box::new(TEXT))
}

/// A cell of MySQL for a column of PostgreSQL: the binary payload, and the field in COPY text,
/// which a column of the server's own kind forces.
fn sent(plan: &TablePlan, cell: CellRef<'_>) -> Result<(Vec<u8>, String), Fault> {
    let encode = |plan: &TablePlan, format: CopyFormat| {
        let mut cells = vec![cell];
        cells.resize(plan.columns.len(), CellRef::Null);
        let mut rows = batch(&cells, cells.len());
        rows.set_form(WireForm::MysqlText);
        let mut encoder = CopyEncoder::new(plan);
        assert_eq!(encoder.format(), format);
        let mut out = Vec::new();
        encoder.rows(&rows, &mut out).map(|()| out)
    };
    let mut forced = plan.clone();
    let mut last = plan.columns[0].clone();
    last.target_logical = LogicalType::Xml;
    forced.columns.push(last);
    let text = String::from_utf8(encode(&forced, CopyFormat::Text)?).unwrap();
    let text = text.strip_suffix("\t\\N\n").unwrap().to_owned();
    let named = plan.columns[0].transform.zone.as_deref().is_some_and(|z| !z.starts_with('+'));
    if named {
        return Ok((Vec::new(), text));
    }
    let binary = encode(plan, CopyFormat::Binary)?;
    let null = binary[2..6] == (-1i32).to_be_bytes();
    Ok((if null { Vec::new() } else { binary[6..].to_vec() }, text))
}

fn plan(source: LogicalType, target: LogicalType) -> TablePlan {
    table(&[("c", source, "x", target)])
}

const fn text(text: &str) -> CellRef<'_> {
    CellRef::Text(text.as_bytes())
}

/// Source, target, a cell of MySQL, its payload in COPY binary and its field in COPY text.
type Case = (LogicalType, LogicalType, CellRef<'static>, Vec<u8>, &'static str);

fn assert_sent(cases: impl IntoIterator<Item = Case>) {
    for (source, target, cell, bytes, field) in cases {
        let got = sent(&plan(source.clone(), target.clone()), cell).unwrap();
        assert_eq!(got, (bytes, field.to_owned()), "{source:?} {target:?}");
    }
}

#[test]
fn numbers_of_mysql_for_postgres() {
    let numeric = |text: &str| {
        let decimal = LogicalType::Decimal { precision: None, scale: None };
        binary(decimal, CellRef::Text(text.as_bytes())).unwrap()
    };
    assert_sent([
        (TINY, INT2, text("-128"), (-128i16).to_be_bytes().to_vec(), "-128"),
        (TINY, LogicalType::Bool, text("1"), vec![1], "1"),
        (bit(1), LogicalType::Bool, CellRef::Blob(&[0]), vec![0], "0"),
        (LogicalType::Year, INT2, text("0000"), vec![0, 0], "0000"),
        (INT8, INT8, text("4294967295"), 4_294_967_295i64.to_be_bytes().to_vec(), "4294967295"),
        (NUMERIC, NUMERIC, text("-0.50"), numeric("-0.50"), "-0.50"),
        (FLOAT8, FLOAT8, text("-1.5e-10"), (-1.5e-10f64).to_be_bytes().to_vec(), "-1.5e-10"),
        (bit(10), bit(10), CellRef::Blob(&[2, 5]), vec![0, 0, 0, 10, 0x81, 0x40], "1000000101"),
        (bit(10), INT4, CellRef::Blob(&[2, 5]), 517i32.to_be_bytes().to_vec(), "517"),
        (bit(10), TEXT, CellRef::Blob(&[2, 5]), b"1000000101".to_vec(), "1000000101"),
        (
            INT8,
            NUMERIC,
            text("18446744073709551615"),
            numeric("18446744073709551615"),
            "18446744073709551615",
        ),
        (
            FLOAT4,
            FLOAT4,
            text("0.10000000149011612"),
            0.1f32.to_be_bytes().to_vec(),
            "0.10000000149011612",
        ),
    ]);
}

#[test]
fn times_of_mysql_for_postgres() {
    let day = 86_400_000_000i64;
    let interval = |micros: i64| [micros.to_be_bytes().to_vec(), vec![0; 8]].concat();
    assert_sent([
        (
            LogicalType::Date,
            LogicalType::Date,
            text("2000-01-02"),
            1i32.to_be_bytes().to_vec(),
            "2000-01-02",
        ),
        (
            STAMP,
            STAMP,
            text("2000-01-02 00:00:00.5"),
            (day + 500_000).to_be_bytes().to_vec(),
            "2000-01-02 00:00:00.5",
        ),
        (
            STAMP_TZ,
            STAMP_TZ,
            text("2000-01-02 00:00:00"),
            day.to_be_bytes().to_vec(),
            "2000-01-02 00:00:00+00",
        ),
        (
            LogicalType::TimeSpan,
            LogicalType::Interval,
            text("-838:59:59.000000"),
            interval(-3_020_399_000_000),
            "-838:59:59.000000",
        ),
        (
            LogicalType::TimeSpan,
            LogicalType::Time { zoned: false },
            text("24:00:00"),
            day.to_be_bytes().to_vec(),
            "24:00:00",
        ),
    ]);
}

#[test]
fn other_values_of_mysql_for_postgres() {
    assert_sent([
        (TEXT, TEXT, text("a\tb😀"), "a\tb😀".as_bytes().to_vec(), "a\\tb😀"),
        (BYTES, BYTES, CellRef::Blob(&[0, 0xab]), vec![0, 0xab], "\\\\x00ab"),
        (LogicalType::Geometry, BYTES, CellRef::Blob(&[1]), vec![1], "\\\\x01"),
        (LogicalType::Enum, TEXT, text("it's"), b"it's".to_vec(), "it's"),
        (LogicalType::Set, TEXT, text("a,b"), b"a,b".to_vec(), "a,b"),
        (
            LogicalType::Set,
            texts(),
            text(""),
            [0; 8].iter().chain(&25i32.to_be_bytes()).copied().collect(),
            "{}",
        ),
        (
            LogicalType::Json { binary: true },
            LogicalType::Json { binary: true },
            text("[1]"),
            b"\x01[1]".to_vec(),
            "[1]",
        ),
        (
            TEXT,
            LogicalType::Uuid,
            text("00000000-0000-0000-0000-0000000000FF"),
            [vec![0; 15], vec![255]].concat(),
            "00000000-0000-0000-0000-0000000000FF",
        ),
        (
            BYTES,
            LogicalType::Uuid,
            CellRef::Blob(&[7; 16]),
            vec![7; 16],
            "07070707070707070707070707070707",
        ),
        (TEXT, TEXT, CellRef::Null, vec![], "\\N"),
    ]);
    let (bytes, field) = sent(&plan(LogicalType::Set, texts()), text("a,b c")).unwrap();
    assert_eq!(field, "{\"a\",\"b c\"}");
    let words = [1, 0, 25, 2, 1, 1].map(i32::to_be_bytes).concat();
    assert_eq!(
        bytes,
        [words, b"a".to_vec(), 3i32.to_be_bytes().to_vec(), b"b c".to_vec()].concat()
    );
}

#[test]
fn transforms_of_the_plan() {
    let mut zero = plan(STAMP, STAMP);
    zero.columns[0].transform.zero_date_null = true;
    for gone in ["0000-00-00 00:00:00", "2020-00-01 00:00:00", "2020-01-00 00:00:00"] {
        assert_eq!(sent(&zero, text(gone)).unwrap(), (vec![], "\\N".to_owned()), "{gone}");
    }
    let mut zoned = plan(STAMP, STAMP_TZ);
    zoned.columns[0].transform.zone = Some("+02:00".to_owned());
    let (bytes, field) = sent(&zoned, text("2000-01-01 02:00:00")).unwrap();
    assert_eq!((bytes, field.as_str()), (vec![0; 8], "2000-01-01 02:00:00+02:00"));
    zoned.columns[0].transform.zone = Some("Europe/Berlin".to_owned());
    let (_, field) = sent(&zoned, text("2000-01-01 02:00:00")).unwrap();
    assert_eq!(field, "2000-01-01 02:00:00 Europe/Berlin");
    assert_eq!(CopyEncoder::new(&zoned).format(), CopyFormat::Text);
    let mut swapped = plan(BYTES, LogicalType::Uuid);
    swapped.columns[0].transform.uuid_swapped = true;
    let bytes = [0x10, 0x26, 0xba, 0xba, 0x6c, 0xcd, 0x78, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8];
    let (got, field) = sent(&swapped, CellRef::Blob(&bytes)).unwrap();
    assert_eq!(got[..8], [0x6c, 0xcd, 0x78, 0x0c, 0xba, 0xba, 0x10, 0x26]);
    assert_eq!(field, "6ccd780cbaba10260102030405060708");
}

#[test]
fn values_of_mysql_that_postgres_would_bend_are_refused() {
    let declared = |source: LogicalType, declared: &str, target: LogicalType| {
        table(&[("c", source, declared, target)])
    };
    for (plan, cell, why) in [
        (plan(INT8, INT8), text("18446744073709551615"), "out of the column's range"),
        (plan(INT8, INT4), text("4294967295"), "out of the column's range"),
        (plan(TINY, LogicalType::Bool), text("2"), "neither 0 nor 1"),
        (plan(TEXT, TEXT), text("a\0b"), "NUL"),
        (plan(TEXT, TEXT), CellRef::Text(b"\xff"), "UTF-8"),
        (plan(TEXT, TEXT), CellRef::Blob(b"a"), "blob"),
        (plan(LogicalType::Date, LogicalType::Date), text("0000-00-00"), "zero date"),
        (plan(STAMP, STAMP), text("2020-00-01 00:00:00"), "zero date"),
        (plan(STAMP, STAMP), text("0000-01-01 00:00:00"), "ISO date"),
        (plan(STAMP, STAMP_TZ), text("2020-01-01 00:00:00"), "no time zone"),
        (
            plan(LogicalType::TimeSpan, LogicalType::Time { zoned: false }),
            text("-00:00:01"),
            "time of day",
        ),
        (
            plan(LogicalType::TimeSpan, LogicalType::Time { zoned: false }),
            text("100:00:00"),
            "time of day",
        ),
        (
            declared(STAMP, "timestamp(3) without time zone", STAMP),
            text("2020-01-01 00:00:00.0001"),
            "finer",
        ),
        (plan(bit(8), bit(3)), CellRef::Blob(&[9]), "more bits"),
        (plan(BYTES, LogicalType::Uuid), CellRef::Blob(&[9]), "sixteen"),
        (plan(TEXT, LogicalType::Uuid), text("x"), "UUID"),
        (plan(FLOAT8, FLOAT4), text("0.1234567890123"), "32-bit"),
    ] {
        let fault = sent(&plan, cell).expect_err(why);
        assert_eq!(fault.kind, FaultKind::ValueUnfit);
        assert!(fault.to_string().contains(why), "{fault}");
        assert!(fault.to_string().contains("main.t, column c, row 1"), "{fault}");
    }
}

fn stored(plan: &TablePlan, cell: CellRef<'_>) -> Result<String, Fault> {
    let mut binder = SqliteBinder::new(plan);
    Ok(match binder.value(0, 1, cell, WireForm::MysqlText)? {
        CellRef::Text(text) => format!("text {}", std::str::from_utf8(text).unwrap()),
        other => format!("{other:?}"),
    })
}

#[test]
fn mysql_values_for_sqlite() {
    let any = LogicalType::Any;
    for (source, declared, target, cell, value) in [
        (TINY, "TINYINT", INT8, text("-128"), "Int(-128)"),
        (TINY, "BOOLEAN", LogicalType::Bool, text("1"), "Int(1)"),
        (INT8, "", any.clone(), text("18446744073709551615"), "text 18446744073709551615"),
        (INT8, "TEXT", TEXT, text("18446744073709551615"), "text 18446744073709551615"),
        (LogicalType::Year, "YEAR", INT8, text("0000"), "Int(0)"),
        (NUMERIC, "DECIMAL(10,2)", NUMERIC, text("10.50"), "Real(10.5)"),
        (NUMERIC, "", any.clone(), text("0.1234567890123456789"), "text 0.1234567890123456789"),
        (FLOAT4, "REAL", FLOAT8, text("0.10000000149011612"), "Real(0.10000000149011612)"),
        (TEXT, "TEXT", TEXT, text("007\0"), "text 007\0"),
        (BYTES, "BLOB", BYTES, CellRef::Blob(&[0, 255]), "Blob([0, 255])"),
        (bit(10), "INTEGER", INT8, CellRef::Blob(&[2, 5]), "Int(517)"),
        (bit(10), "TEXT", TEXT, CellRef::Blob(&[2, 5]), "text 1000000101"),
        (bit(10), "BLOB", BYTES, CellRef::Blob(&[2, 5]), "Blob([2, 5])"),
        (LogicalType::Date, "DATE", LogicalType::Date, text("0000-00-00"), "text 0000-00-00"),
        (STAMP, "DATETIME", STAMP, text("2020-01-01 00:00:00"), "text 2020-01-01 00:00:00"),
        (
            STAMP_TZ,
            "TIMESTAMPTZ",
            STAMP_TZ,
            text("2020-01-01 00:00:00"),
            "text 2020-01-01 00:00:00+00",
        ),
        (LogicalType::TimeSpan, "TIME", any, text("-838:59:59"), "text -838:59:59"),
    ] {
        let plan = table(&[("c", source, declared, target)]);
        assert_eq!(stored(&plan, cell).unwrap(), value, "{declared}");
    }
    let mut uuid = table(&[("c", BYTES, "TEXT", LogicalType::Uuid)]);
    uuid.columns[0].transform.uuid_swapped = true;
    let bytes = [0x10, 0x26, 0xba, 0xba, 0x6c, 0xcd, 0x78, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8];
    let shown = "text 6ccd780c-baba-1026-0102-030405060708";
    assert_eq!(stored(&uuid, CellRef::Blob(&bytes)).unwrap(), shown);
    let mut zero = table(&[("c", STAMP, "DATETIME", STAMP)]);
    zero.columns[0].transform.zero_date_null = true;
    assert_eq!(stored(&zero, text("0000-00-00 00:00:00")).unwrap(), "Null");
    let mut zoned = table(&[("c", STAMP, "TIMESTAMPTZ", STAMP_TZ)]);
    zoned.columns[0].transform.zone = Some("-01:00".to_owned());
    let shown = "text 2020-01-01 01:00:00+00";
    assert_eq!(stored(&zoned, text("2020-01-01 00:00:00")).unwrap(), shown);
    zoned.columns[0].transform.zone = Some("Asia/Tokyo".to_owned());
    assert!(stored(&zoned, text("2020-01-01 00:00:00")).is_err());
    for (source, declared, target, cell) in [
        (INT8, "BIGINT", INT8, text("18446744073709551615")),
        (bit(64), "INTEGER", INT8, CellRef::Blob(&[255; 8])),
        (NUMERIC, "NUMERIC", NUMERIC, text("0.1234567890123456789")),
        (TEXT, "INTEGER", INT8, text("007")),
        (TEXT, "TEXT", TEXT, CellRef::Text(b"\xff")),
        (BYTES, "TEXT", LogicalType::Uuid, CellRef::Blob(&[1])),
        (TINY, "BOOLEAN", LogicalType::Bool, text("2")),
    ] {
        let plan = table(&[("c", source, declared, target)]);
        let fault = stored(&plan, cell).expect_err(declared);
        assert_eq!(fault.kind, FaultKind::ValueUnfit, "{declared}");
    }
}
