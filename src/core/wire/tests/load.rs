//! What goes to a MySQL server, and what is refused by name.

use super::*;

fn column(source: LogicalType, declared: &str, target: LogicalType) -> TablePlan {
    table(&[("c", source, declared, target)])
}

/// The field of one cell in LOAD DATA text, without the newline.
fn loaded(plan: &TablePlan, cell: CellRef<'_>, form: WireForm) -> Result<String, Fault> {
    let mut rows = batch(&[cell], 1);
    rows.set_form(form);
    let mut out = Vec::new();
    LoadDataEncoder::new(plan).rows(&rows, &mut out)?;
    let text = String::from_utf8(out).unwrap();
    Ok(text.strip_suffix('\n').unwrap().to_owned())
}

fn from_postgres(source: LogicalType, declared: &str, cell: &str) -> Result<String, Fault> {
    let target = source.clone();
    loaded(&column(source, declared, target), CellRef::Text(cell.as_bytes()), WireForm::CopyText)
}

const BYTES: LogicalType = LogicalType::Bytes { max: None };
const FLOAT8: LogicalType = LogicalType::Float { bits: 64 };
const FLOAT4: LogicalType = LogicalType::Float { bits: 32 };
const STAMP: LogicalType = LogicalType::Timestamp { zoned: false };
const STAMP_TZ: LogicalType = LogicalType::Timestamp { zoned: true };

fn bit(max: u32) -> LogicalType {
    LogicalType::Bits { max: Some(max), varying: false }
}

#[test]
fn postgres_text_becomes_mysql_text() {
    let array = LogicalType::Array(Box::new(INT4));
    let other = LogicalType::Other("int4range".to_owned());
    for (source, declared, cell, field) in [
        (LogicalType::Bool, "tinyint(1)", "t", "1"),
        (LogicalType::Bool, "tinyint(1)", "f", "0"),
        (LogicalType::Bool, "bit(1)", "t", "1"),
        (INT8, "bigint", "-9223372036854775808", "-9223372036854775808"),
        (NUMERIC, "bigint unsigned", "18446744073709551615", "18446744073709551615"),
        (
            NUMERIC,
            "decimal(65,30)",
            "-0.000000000000000000000000000001",
            "-0.000000000000000000000000000001",
        ),
        (NUMERIC, "decimal(4,1)", "12.500", "12.5"),
        (FLOAT8, "double", "1e-300", "1e-300"),
        (FLOAT8, "double", "0.1", "1e-1"),
        (FLOAT4, "float", "0.1", "1.0000000149011612e-1"),
        (TEXT, "longtext", "a\tb\\\nc'\0😀\r", "a\\tb\\\\\\nc'\0😀\r"),
        (TEXT, "longtext", "", ""),
        (TEXT, "longtext", "\\N", "\\\\N"),
        (TEXT, "varchar(3)", "äöü", "äöü"),
        (TEXT, "varchar(3) character set latin1", "€éŽ", "€éŽ"),
        (BYTES, "longblob", "\\x00ff5c", "00ff5c"),
        (BYTES, "varbinary(2)", "\\x", ""),
        (
            LogicalType::Uuid,
            "char(36) character set ascii",
            "6ccd780c-baba-1026-9564-5b8c656024db",
            "6ccd780c-baba-1026-9564-5b8c656024db",
        ),
        (
            LogicalType::Uuid,
            "binary(16)",
            "6ccd780c-baba-1026-9564-5b8c656024db",
            "6ccd780cbaba102695645b8c656024db",
        ),
        (LogicalType::Date, "date", "2020-02-29", "2020-02-29"),
        (LogicalType::Date, "date", "0001-01-01", "0001-01-01"),
        (LogicalType::Time { zoned: false }, "time(6)", "24:00:00", "24:00:00"),
        (LogicalType::Time { zoned: false }, "time(6)", "23:59:59.999999", "23:59:59.999999"),
        (STAMP, "datetime(6)", "2020-01-01 00:00:00.5", "2020-01-01 00:00:00.5"),
        (STAMP_TZ, "datetime(6)", "2020-01-01 00:30:00+02", "2019-12-31 22:30:00"),
        (STAMP_TZ, "datetime(6)", "2019-12-31 22:30:00.000001-05:30", "2020-01-01 04:00:00.000001"),
        (STAMP_TZ, "timestamp(6)", "2038-01-19 03:14:07.999999+00", "2038-01-19 03:14:07.999999"),
        (LogicalType::Interval, "varchar(255)", "1 year -2 days +03:00:00", "P1Y-2DT3H"),
        (bit(10), "bit(10)", "1000000101", "517"),
        (
            bit(64),
            "bit(64)",
            "1111111111111111111111111111111111111111111111111111111111111111",
            "18446744073709551615",
        ),
        (LogicalType::Enum, "enum('it''s','b')", "it's", "it's"),
        (LogicalType::Set, "set('a','b c')", "{a,\"b c\"}", "a,b c"),
        (LogicalType::Json { binary: true }, "json", "{\"a\": 1.50}", "{\"a\": 1.50}"),
        (LogicalType::Json { binary: false }, "json", "[1e400]", "[1e400]"),
        (array, "longtext", "{{1,2},{3,NULL}}", "{{1,2},{3,NULL}}"),
        (other, "longtext", "[1,5)", "[1,5)"),
        (LogicalType::Year, "year", "0", "0000"),
        (INT4, "year", "2155", "2155"),
    ] {
        assert_eq!(from_postgres(source, declared, cell).unwrap(), field, "{declared} {cell}");
    }
}

#[test]
fn values_of_postgres_that_mysql_would_bend_are_refused() {
    for (source, declared, cell, why) in [
        (INT4, "smallint", "32768", "out of the column's range"),
        (INT4, "int unsigned", "-1", "negative"),
        (NUMERIC, "bigint", "1.5", "not a whole number"),
        (NUMERIC, "decimal(65,30)", "NaN", "not finite"),
        (NUMERIC, "decimal(65,30)", "Infinity", "not finite"),
        (NUMERIC, "decimal(5,2)", "1.005", "more digits after the point"),
        (NUMERIC, "decimal(5,2)", "1000", "more digits than"),
        (NUMERIC, "decimal(5,2) unsigned", "-0.01", "negative"),
        (FLOAT8, "double", "NaN", "not finite"),
        (FLOAT8, "double", "-Infinity", "not finite"),
        (FLOAT8, "float", "0.1234567890123", "32-bit"),
        (FLOAT8, "double unsigned", "-1", "negative"),
        (FLOAT8, "float(7,2)", "1.125", "digits after the point"),
        (TEXT, "varchar(3)", "abcd", "longer"),
        (TEXT, "tinytext", &"ä".repeat(128), "longer"),
        (TEXT, "varchar(9) character set utf8mb3", "😀", "character set"),
        (TEXT, "varchar(9) charset latin1", "漢", "character set"),
        (TEXT, "char(9) collate ascii_bin", "é", "character set"),
        (BYTES, "varbinary(1)", "\\x0000", "longer"),
        (BYTES, "binary(2)", "\\x00", "shorter"),
        (LogicalType::Date, "date", "infinity", "infinite"),
        (LogicalType::Date, "date", "0044-03-15 BC", "MySQL's range"),
        (LogicalType::Date, "date", "10000-01-01", "MySQL's range"),
        (STAMP, "datetime(6)", "-infinity", "infinite"),
        (STAMP, "datetime(3)", "2020-01-01 00:00:00.0001", "finer"),
        (STAMP, "datetime", "2020-01-01 00:00:00.1", "finer"),
        (STAMP_TZ, "datetime(6)", "9999-12-31 23:00:00-02", "MySQL's range"),
        (STAMP_TZ, "timestamp(6)", "1970-01-01 00:00:00+00", "TIMESTAMP's range"),
        (STAMP_TZ, "timestamp(6)", "2038-01-19 03:14:08+00", "TIMESTAMP's range"),
        (LogicalType::Time { zoned: true }, "time(6)", "01:00:00+02", "time zone"),
        (LogicalType::Time { zoned: false }, "time", "01:00:00.5", "finer"),
        (LogicalType::Interval, "varchar(255)", "infinity", "infinite"),
        (bit(10), "bit(11)", "1000000101", "not as long"),
        (LogicalType::Enum, "enum('a','b')", "c", "labels"),
        (LogicalType::Enum, "enum('a','b')", "1", "labels"),
        (LogicalType::Enum, "enum('a','b')", "A", "labels"),
        (LogicalType::Set, "set('a','b')", "{a,c}", "labels"),
        (LogicalType::Json { binary: true }, "json", "[18446744073709551617]", "no exact form"),
        (LogicalType::Bool, "tinyint(1)", "yes", "not a whole number"),
        (LogicalType::Year, "year", "1900", "YEAR"),
    ] {
        let fault = from_postgres(source, declared, cell).expect_err(declared);
        let said = fault.to_string();
        assert_eq!(fault.kind, FaultKind::ValueUnfit);
        assert!(said.contains("table main.t, column c, row 1 of the chunk"), "{said}");
        assert!(said.contains(why), "{declared} {cell}: {said}");
    }
    let invalid = column(TEXT, "longtext", TEXT);
    for form in [WireForm::CopyText, WireForm::MysqlText, WireForm::Native] {
        let fault = loaded(&invalid, CellRef::Text(b"a\xff"), form).unwrap_err();
        assert!(fault.to_string().contains("UTF-8"), "{fault}");
    }
}

#[test]
fn sqlite_values_become_mysql_text() {
    for (source, declared, cell, field) in [
        (INT8, "bigint", CellRef::Int(i64::MIN), "-9223372036854775808"),
        (INT8, "bigint", CellRef::Real(5.0), "5"),
        (LogicalType::Bool, "tinyint(1)", CellRef::Int(1), "1"),
        (NUMERIC, "decimal(10,2)", CellRef::Real(0.1), "0.1"),
        (NUMERIC, "decimal(10,2)", CellRef::Text(b"10.50"), "10.50"),
        (NUMERIC, "decimal(20,0)", CellRef::Real(1e19), "10000000000000000000"),
        (FLOAT8, "double", CellRef::Real(-0.0), "-0e0"),
        (FLOAT8, "double", CellRef::Int(7), "7e0"),
        (BYTES, "longblob", CellRef::Blob(&[0, 0xab]), "00ab"),
        (STAMP, "datetime(6)", CellRef::Text(b"2020-01-01T10:00"), "2020-01-01 10:00:00"),
        (LogicalType::Any, "longtext", CellRef::Int(5), "5"),
        (LogicalType::Time { zoned: false }, "time(6)", CellRef::Text(b"12:30"), "12:30:00"),
        (TEXT, "longtext", CellRef::Null, "\\N"),
    ] {
        let plan = column(source.clone(), declared, source);
        assert_eq!(loaded(&plan, cell, WireForm::Native).unwrap(), field, "{declared}");
    }
    for (source, declared, cell) in [
        (INT8, "bigint", CellRef::Text(b"5")),
        (INT8, "bigint", CellRef::Real(5.5)),
        (LogicalType::Bool, "tinyint(1)", CellRef::Int(128)),
        (NUMERIC, "decimal(10,2)", CellRef::Text(b"abc")),
        (NUMERIC, "decimal(10,2)", CellRef::Real(f64::INFINITY)),
        (FLOAT8, "double", CellRef::Int(i64::MAX)),
        (TEXT, "longtext", CellRef::Blob(b"a")),
        (TEXT, "longtext", CellRef::Int(5)),
        (BYTES, "longblob", CellRef::Text(b"a")),
        (STAMP, "datetime(6)", CellRef::Int(0)),
        (STAMP, "datetime(6)", CellRef::Text(b"2020-01-01 00:00:00Z")),
        (STAMP_TZ, "datetime(6)", CellRef::Text(b"2020-01-01 00:00:00")),
    ] {
        let plan = column(source.clone(), declared, source);
        let fault = loaded(&plan, cell, WireForm::Native).expect_err(declared);
        assert_eq!(fault.kind, FaultKind::ValueUnfit, "{declared}");
    }
}

/// Source and target declare the same.
fn same(declared: &str, logical: LogicalType) -> TablePlan {
    let mut plan = column(logical.clone(), declared, logical);
    plan.columns[0].source_declared = declared.to_owned();
    plan
}

#[test]
fn mysql_to_the_same_type_of_mysql() {
    let mysql =
        |declared, logical, cell| loaded(&same(declared, logical), cell, WireForm::MysqlText);
    for (declared, logical, text) in [
        ("time(6)", LogicalType::TimeSpan, "-838:59:59.000000"),
        ("date", LogicalType::Date, "0000-00-00"),
        ("year(4)", LogicalType::Year, "0000"),
        ("double", FLOAT8, "1.7976931348623157e308"),
        ("varchar(3)", TEXT, "abc"),
        ("set('a','b')", LogicalType::Set, "a,b"),
    ] {
        assert_eq!(mysql(declared, logical, CellRef::Text(text.as_bytes())).unwrap(), text);
    }
    assert_eq!(mysql("bit(64)", bit(64), CellRef::Blob(&[0xff; 8])).unwrap(), u64::MAX.to_string());
    assert_eq!(mysql("blob", BYTES, CellRef::Blob(b"\0\t")).unwrap(), "0009");
    let point = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0xff];
    let geometry = mysql("point", LogicalType::Geometry, CellRef::Blob(&point)).unwrap();
    assert_eq!(geometry, "000000000101000000ff");
    let error_value = mysql("enum('a','b')", LogicalType::Enum, CellRef::Text(b""));
    assert!(error_value.unwrap_err().to_string().contains("labels"));
    let mut plan = same("datetime", STAMP);
    plan.columns[0].transform.zero_date_null = true;
    let zero = CellRef::Text(b"2020-00-00 00:00:00");
    assert_eq!(loaded(&plan, zero, WireForm::MysqlText).unwrap(), "\\N");
}

#[test]
fn mysql_to_another_type_of_mysql() {
    let mysql = |source, declared: &str, cell| {
        let target = LogicalType::Any;
        loaded(&column(source, declared, target), cell, WireForm::MysqlText)
    };
    let text = |text: &'static str| CellRef::Text(text.as_bytes());
    assert_eq!(mysql(bit(4), "int", CellRef::Blob(&[9])).unwrap(), "9");
    assert_eq!(
        mysql(STAMP_TZ, "datetime", text("2020-01-01 00:00:00")).unwrap(),
        "2020-01-01 00:00:00"
    );
    assert_eq!(
        mysql(LogicalType::TimeSpan, "time", text("-100:00:00.000")).unwrap(),
        "-100:00:00.000"
    );
    for (source, declared, cell, why) in [
        (TEXT, "varchar(2)", text("abc"), "longer"),
        (STAMP, "date", text("2020-01-01 00:00:00"), "ISO date"),
        (LogicalType::Date, "datetime(3)", text("2020-00-10"), "zero date"),
        (bit(8), "bit(3)", CellRef::Blob(&[9]), "range"),
        (LogicalType::Geometry, "point", CellRef::Blob(&[9]), "geometry"),
        (LogicalType::TimeSpan, "time", text("00:00:00.5"), "finer"),
    ] {
        let said = mysql(source, declared, cell).unwrap_err().to_string();
        assert!(said.contains(why), "{declared}: {said}");
    }
}

#[test]
fn statements_name_columns_and_conversions() {
    let plan = table(&[
        ("a", INT4, "int", INT4),
        ("o`b", BYTES, "longblob", BYTES),
        ("c", bit(3), "bit(3)", bit(3)),
    ]);
    let mut encoder = LoadDataEncoder::new(&plan);
    assert_eq!(
        encoder.column_clause(),
        "(`a`, @v1, @v2) SET `o``b` = UNHEX(@v1), `c` = CAST(@v2 AS UNSIGNED)"
    );
    assert_eq!(encoder.insert_columns(), "(`a`, `o``b`, `c`)");
    let mut rows = batch(&[CellRef::Text(b"-5"), CellRef::Blob(b"'"), CellRef::Blob(&[5])], 3);
    rows.set_form(WireForm::MysqlText);
    let mut out = Vec::new();
    encoder.tuple(&rows, 0, &mut out).unwrap();
    assert_eq!(out, b"('-5',x'27',5)");
    let mut encoder = LoadDataEncoder::new(&table(&[("t", TEXT, "text", TEXT)]));
    out.clear();
    encoder.tuple(&batch(&[CellRef::Text(b"o'\\\n\0x")], 1), 0, &mut out).unwrap();
    assert_eq!(out, b"('o\\'\\\\\n\\0x')");
    assert_eq!(encoder.rows_done(), 1);
    let plain = LoadDataEncoder::new(&table(&[("t", TEXT, "text", TEXT)]));
    assert_eq!(plain.column_clause(), "(`t`)");
}

/// The fields of one row of LOAD DATA text, as the server reads them.
fn fields(row: &[u8]) -> Vec<Option<Vec<u8>>> {
    let row = row.strip_suffix(b"\n").unwrap();
    let mut all = vec![Some(Vec::new())];
    let mut bytes = row.iter();
    while let Some(byte) = bytes.next() {
        let at = all.len() - 1;
        match byte {
            b'\t' => all.push(Some(Vec::new())),
            b'\\' => match bytes.next().unwrap() {
                b'N' => all[at] = None,
                b't' => all[at].as_mut().unwrap().push(b'\t'),
                b'n' => all[at].as_mut().unwrap().push(b'\n'),
                other => all[at].as_mut().unwrap().push(*other),
            },
            other => all[at].as_mut().unwrap().push(*other),
        }
    }
    all
}

proptest! {
    /// PostgreSQL's rows become LOAD DATA text, and what MySQL stores of it (text in its own form,
    /// bytes) becomes the same COPY text again.
    #[test]
    fn rows_go_to_mysql_and_come_back(
        rows in prop::collection::vec(
            (
                prop::option::of("[^\u{0}]{0,12}|[\\\\\t\n\rN.]{0,8}"),
                prop::option::of(prop::collection::vec(any::<u8>(), 0..6)),
                prop::option::of(any::<i64>()),
            ),
            1..6,
        ),
    ) {
        let plan = table(&[
            ("t", TEXT, "longtext", TEXT),
            ("b", BYTES, "longblob", BYTES),
            ("i", INT8, "bigint", INT8),
        ]);
        let mut sent = RowBatch::with_capacity(3, 64);
        sent.set_form(WireForm::CopyText);
        for (text, bytes, int) in &rows {
            let hex = |bytes: &Vec<u8>| {
                let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                format!("\\x{digits}").into_bytes()
            };
            let text = text.clone().map(String::into_bytes);
            let int = int.map(|int| int.to_string().into_bytes());
            let cells = [text, bytes.as_ref().map(hex), int];
            for cell in cells {
                match cell {
                    Some(text) => sent.push_text(&text),
                    None => sent.push_null(),
                }
            }
        }
        let mut stored = RowBatch::with_capacity(3, 64);
        stored.set_form(WireForm::MysqlText);
        let mut encoder = LoadDataEncoder::new(&plan);
        let mut out = Vec::new();
        encoder.rows(&sent, &mut out).unwrap();
        for row in out.split_inclusive(|byte| *byte == b'\n') {
            for (at, field) in fields(row).into_iter().enumerate() {
                match (at, field) {
                    (_, None) => stored.push_null(),
                    (1, Some(hex)) => {
                        let hex = String::from_utf8(hex).unwrap();
                        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                        stored.push_blob(&(0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>());
                    }
                    (_, Some(text)) => stored.push_text(&text),
                }
            }
        }
        prop_assert_eq!(stored.rows(), rows.len());
        let (mut back, mut there) = (Vec::new(), Vec::new());
        CopyEncoder::new(&plan).rows(&stored, &mut back).unwrap();
        CopyEncoder::new(&plan).rows(&sent, &mut there).unwrap();
        prop_assert_eq!(back, there);
    }

    /// Moments in UTC and back: the microsecond is the same.
    #[test]
    fn moments_survive_datetime(micros in -62_100_000_000_000_000i64..250_000_000_000_000_000) {
        let mut text = Vec::new();
        put_timestamp(micros, &mut text);
        let zoned = [&text[..], b"+00"].concat();
        let plan = column(STAMP_TZ, "datetime(6)", STAMP);
        let field = loaded(&plan, CellRef::Text(&zoned), WireForm::CopyText).unwrap();
        let moment = parse_timestamp(field.as_bytes(), WireForm::MysqlText).unwrap();
        prop_assert_eq!(moment.local(), Ok(micros));
    }

    /// Any decimal that fits goes through and is the same number.
    #[test]
    fn decimals_survive_decimal(int in any::<i64>(), places in 0..18usize) {
        let text = spelled(int, places);
        let field = from_postgres(NUMERIC, "decimal(65,30)", &text).unwrap();
        let (sent, got) = (Decimal::parse(text.as_bytes()), Decimal::parse(field.as_bytes()));
        prop_assert!(sent.unwrap().equals(&got.unwrap()));
    }
}
