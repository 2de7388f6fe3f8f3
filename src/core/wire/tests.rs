//! Rows through both ends of the wire: what goes in comes back, or is refused by name.

mod load;
mod mysql;

use proptest::prelude::*;

use super::*;
use crate::core::catalog::{LogicalType, TableEstimate};
use crate::core::chunk::ChunkMethod;
use crate::core::mapping::{Fit, Transform};
use crate::core::plan::{ColumnPlan, CopyFormat, DataPath, Existing, TablePlan};
use crate::core::value::{CellRef, RowBatch, WireForm};

fn table(columns: &[(&str, LogicalType, &str, LogicalType)]) -> TablePlan {
    let column =
        |(name, source, declared, target): &(&str, LogicalType, &str, LogicalType)| ColumnPlan {
            name: (*name).to_owned(),
            target_name: (*name).to_owned(),
            source_declared: String::new(),
            source_logical: source.clone(),
            target_declared: (*declared).to_owned(),
            target_logical: target.clone(),
            fit: Fit::Exact,
            reason: String::new(),
            transform: Transform::default(),
            rule: None,
            expression: None,
        };
    TablePlan {
        source: ObjectName::new("main", "t"),
        target: ObjectName::new("public", "t"),
        columns: columns.iter().map(column).collect(),
        path: DataPath::Conventional,
        path_reason: String::new(),
        method: ChunkMethod::Whole,
        chunks: Vec::new(),
        estimate: TableEstimate::default(),
        target_unlogged: false,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: crate::core::plan::RowChoice::default(),
    }
}

fn one(logical: LogicalType) -> TablePlan {
    table(&[("c", logical.clone(), "x", logical)])
}

fn batch(cells: &[CellRef<'_>], columns: usize) -> RowBatch {
    let mut batch = RowBatch::with_capacity(columns, 64);
    for cell in cells {
        match cell {
            CellRef::Null => batch.push_null(),
            CellRef::Int(value) => batch.push_int(*value),
            CellRef::Real(value) => batch.push_real(*value),
            CellRef::Text(text) => batch.push_text(text),
            CellRef::Blob(blob) => batch.push_blob(blob),
        }
    }
    batch
}

/// The payload of a single cell in COPY binary.
fn binary(logical: LogicalType, cell: CellRef<'_>) -> Result<Vec<u8>, Fault> {
    let mut encoder = CopyEncoder::new(&one(logical));
    assert_eq!(encoder.format(), CopyFormat::Binary);
    let mut out = Vec::new();
    encoder.rows(&batch(&[cell], 1), &mut out)?;
    assert_eq!(out[..2], 1i16.to_be_bytes());
    Ok(out[6..].to_vec())
}

const INT2: LogicalType = LogicalType::Int { bits: 16, unsigned: false };
const INT4: LogicalType = LogicalType::Int { bits: 32, unsigned: false };
const INT8: LogicalType = LogicalType::Int { bits: 64, unsigned: false };
const TEXT: LogicalType = LogicalType::Text { max: None, fixed: false };
const NUMERIC: LogicalType = LogicalType::Decimal { precision: None, scale: None };

#[test]
fn binary_cells_are_what_postgres_receives() {
    assert_eq!(binary(LogicalType::Bool, CellRef::Int(1)).unwrap(), [1]);
    assert_eq!(binary(INT2, CellRef::Int(-2)).unwrap(), [0xff, 0xfe]);
    assert_eq!(binary(INT4, CellRef::Int(258)).unwrap(), [0, 0, 1, 2]);
    assert_eq!(binary(INT8, CellRef::Int(i64::MIN)).unwrap(), i64::MIN.to_be_bytes());
    assert_eq!(binary(TEXT, CellRef::Text("ä".as_bytes())).unwrap(), "ä".as_bytes());
    assert_eq!(binary(LogicalType::Bytes { max: None }, CellRef::Blob(&[0])).unwrap(), [0]);
    assert_eq!(binary(LogicalType::Date, CellRef::Text(b"2000-01-02")).unwrap(), [0, 0, 0, 1]);
    let uuid = b"00112233-4455-6677-8899-AABBCCDDEEFF";
    let bytes: Vec<u8> = (0..16).map(|i| i * 0x11).collect();
    assert_eq!(binary(LogicalType::Uuid, CellRef::Text(uuid)).unwrap(), bytes);
    let jsonb = binary(LogicalType::Json { binary: true }, CellRef::Text(b"{}")).unwrap();
    assert_eq!(jsonb, b"\x01{}");
}

#[test]
fn numerics_in_groups_of_four_digits() {
    let words = |text: &str| {
        let mut encoder = CopyEncoder::new(&one(NUMERIC));
        let mut rows = batch(&[CellRef::Text(text.as_bytes())], 1);
        rows.set_form(WireForm::CopyText);
        let mut out = Vec::new();
        encoder.rows(&rows, &mut out).unwrap();
        out[6..].chunks(2).map(|w| u16::from_be_bytes([w[0], w[1]])).collect::<Vec<_>>()
    };
    // count, weight, sign, scale, digits: as PostgreSQL's own numeric_send prints them.
    assert_eq!(words("0"), [0, 0, 0, 0]);
    assert_eq!(words("0.00"), [0, 0, 0, 2]);
    assert_eq!(words("1"), [1, 0, 0, 0, 1]);
    assert_eq!(words("-12345.678"), [3, 1, 0x4000, 3, 1, 2345, 6780]);
    assert_eq!(words("10000"), [1, 1, 0, 0, 1]);
    assert_eq!(words("0.0001"), [1, 0xffff, 0, 4, 1]);
    assert_eq!(words("NaN"), [0, 0, 0xC000, 0]);
}

#[test]
fn a_real_becomes_its_shortest_decimal() {
    let payload = binary(NUMERIC, CellRef::Real(9.8)).unwrap();
    assert_eq!(payload, [0, 2, 0, 0, 0, 0, 0, 1, 0, 9, 0x1f, 0x40]);
    let money = LogicalType::Decimal { precision: Some(10), scale: Some(2) };
    assert!(binary(money.clone(), CellRef::Real(0.99)).is_ok());
    assert!(binary(money.clone(), CellRef::Int(5)).is_ok());
    assert!(binary(money.clone(), CellRef::Real(0.1 + 0.2)).is_err(), "never rounded");
    assert!(binary(money, CellRef::Int(100_000_000)).is_err());
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_without_its_value() {
    let varchar = LogicalType::Text { max: Some(2), fixed: false };
    for (logical, cell) in [
        (LogicalType::Bool, CellRef::Int(2)),
        (LogicalType::Bool, CellRef::Text(b"secret")),
        (INT2, CellRef::Int(32_768)),
        (INT4, CellRef::Int(1 << 31)),
        (INT8, CellRef::Real(1.5)),
        (INT8, CellRef::Text(b"secret")),
        (INT8, CellRef::Blob(b"secret")),
        (LogicalType::Float { bits: 64 }, CellRef::Int(i64::MAX)),
        (LogicalType::Float { bits: 32 }, CellRef::Real(1e300)),
        (TEXT, CellRef::Text(b"a\0b")),
        (TEXT, CellRef::Text(b"\xff")),
        (TEXT, CellRef::Blob(b"secret")),
        (TEXT, CellRef::Int(5)),
        (varchar, CellRef::Text("äöü".as_bytes())),
        (LogicalType::Bytes { max: None }, CellRef::Text(b"secret")),
        (LogicalType::Date, CellRef::Int(0)),
        (LogicalType::Date, CellRef::Text(b"secret")),
        (LogicalType::Timestamp { zoned: false }, CellRef::Real(2_450_000.5)),
        (LogicalType::Timestamp { zoned: true }, CellRef::Text(b"2020-01-01 00:00:00")),
        (LogicalType::Uuid, CellRef::Text(b"secret")),
        (LogicalType::Json { binary: false }, CellRef::Blob(b"secret")),
    ] {
        let fault = binary(logical.clone(), cell).expect_err(&format!("{logical:?} {cell:?}"));
        assert_eq!(fault.kind, FaultKind::ValueUnfit);
        let said = format!("{fault} {:?}", fault.hint);
        assert!(said.contains("main.t, column c, row 1 of the chunk"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn one_column_without_a_binary_form_makes_the_table_text() {
    let other = LogicalType::Other("inet".to_owned());
    let plan = table(&[
        ("a", other.clone(), "inet", other),
        ("b", INT8, "bigint", INT8),
        ("c", LogicalType::Bytes { max: None }, "bytea", LogicalType::Bytes { max: None }),
    ]);
    let mut encoder = CopyEncoder::new(&plan);
    assert_eq!(encoder.format(), CopyFormat::Text);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    let rows = batch(
        &[
            CellRef::Text(b"a\tb\\\n"),
            CellRef::Int(-5),
            CellRef::Blob(&[0x5c, 0xff]),
            CellRef::Null,
            CellRef::Null,
            CellRef::Null,
        ],
        3,
    );
    encoder.rows(&rows, &mut out).unwrap();
    encoder.end(&mut out);
    assert_eq!(out, b"a\\tb\\\\\\n\t-5\t\\\\x5cff\n\\N\t\\N\t\\N\n");
}

#[test]
fn copy_text_escapes() {
    let mut reader = CopyTextReader::new(3);
    let mut rows = RowBatch::with_capacity(3, 64);
    let text = b"\\N\t\\\\N\t\\b\\f\\n\\r\\t\\v\n\\101\\x4a\\x4\\7x\ta\\\tb\t\\q\\\n-\n\t\t\n\\.\n";
    reader.push(text, &mut rows).unwrap();
    reader.finish().unwrap();
    assert_eq!(rows.rows(), 3);
    assert_eq!(rows.cell(0, 0), CellRef::Null);
    assert_eq!(rows.cell(0, 1), CellRef::Text(b"\\N"));
    assert_eq!(rows.cell(0, 2), CellRef::Text(b"\x08\x0c\n\r\t\x0b"));
    assert_eq!(rows.cell(1, 0), CellRef::Text(b"AJ\x04\x07x"));
    assert_eq!(rows.cell(1, 1), CellRef::Text(b"a\tb"));
    assert_eq!(rows.cell(1, 2), CellRef::Text(b"q\n-"));
    assert_eq!(rows.cell(2, 0), CellRef::Text(b""));
    assert!(reader.push(b"a\tb\tc\n", &mut rows).is_err(), "data after the end mark");
    assert!(CopyTextReader::new(2).push(b"a\n", &mut rows).is_err(), "too few cells");
    let mut cut = CopyTextReader::new(1);
    cut.push(b"half a row", &mut rows).unwrap();
    assert!(cut.finish().is_err());
}

/// Reads PostgreSQL's text `cell` of a column `source` into SQLite's `declared`.
fn bound(source: LogicalType, declared: &str, cell: &str) -> Result<String, Fault> {
    let plan = table(&[("c", source, declared, LogicalType::Any)]);
    let mut binder = SqliteBinder::new(&plan);
    let value = binder.value(0, 1, CellRef::Text(cell.as_bytes()), WireForm::CopyText)?;
    Ok(match value {
        CellRef::Text(text) => format!("text {}", std::str::from_utf8(text).unwrap()),
        other => format!("{other:?}"),
    })
}

#[test]
fn postgres_text_becomes_sqlite_values() {
    let float = LogicalType::Float { bits: 64 };
    let money = LogicalType::Decimal { precision: Some(10), scale: Some(2) };
    let bytes = LogicalType::Bytes { max: None };
    for (source, declared, cell, value) in [
        (LogicalType::Bool, "BOOLEAN", "t", "Int(1)"),
        (INT8, "BIGINT", "-9223372036854775808", "Int(-9223372036854775808)"),
        (float.clone(), "REAL", "1e-300", "Real(1e-300)"),
        (float.clone(), "REAL", "-Infinity", "Real(-inf)"),
        (float.clone(), "TEXT", "NaN", "text NaN"),
        (money.clone(), "NUMERIC(10,2)", "5.00", "Int(5)"),
        (money.clone(), "NUMERIC(10,2)", "-0.99", "Real(-0.99)"),
        (NUMERIC, "", "0.1234567890123456789", "text 0.1234567890123456789"),
        (NUMERIC, "", "NaN", "text NaN"),
        (NUMERIC, "TEXT", "5.00", "text 5.00"),
        (bytes.clone(), "BLOB", "\\x00fF", "Blob([0, 255])"),
        (LogicalType::Date, "DATE", "2020-02-29", "text 2020-02-29"),
        (LogicalType::Date, "DATE", "-infinity", "text -infinity"),
        (TEXT, "TEXT", "007", "text 007"),
    ] {
        assert_eq!(bound(source, declared, cell).unwrap(), value, "{declared} {cell}");
    }
    for (source, declared, cell) in [
        (float.clone(), "REAL", "NaN"),
        (money.clone(), "NUMERIC(10,2)", "NaN"),
        (NUMERIC, "NUMERIC", "0.1234567890123456789"),
        (NUMERIC, "NUMERIC", "12345678901234567890"),
        (TEXT, "INTEGER", "007"),
        (TEXT, "JSON", " 1e5 "),
        (bytes, "BLOB", "x00"),
    ] {
        let fault = bound(source, declared, cell).expect_err(cell);
        assert_eq!(fault.kind, FaultKind::ValueUnfit, "{declared} {cell}");
    }
}

proptest! {
    /// COPY text written by the encoder and read in pieces cut anywhere is the same text.
    #[test]
    fn copy_text_comes_back_however_it_is_cut(
        rows in prop::collection::vec(
            prop::collection::vec(
                prop::option::of("[^\u{0}]{0,12}|[\\\\\t\n\rN.x0-7]{0,8}"),
                3,
            ),
            0..8,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let xml = LogicalType::Xml;
        let plan = table(&[
            ("a", xml.clone(), "xml", xml.clone()),
            ("b", TEXT, "text", TEXT),
            ("c", TEXT, "text", TEXT),
        ]);
        let mut sent = RowBatch::with_capacity(3, 64);
        for cell in rows.iter().flatten() {
            match cell {
                Some(text) => sent.push_text(text.as_bytes()),
                None => sent.push_null(),
            }
        }
        let mut bytes = Vec::new();
        CopyEncoder::new(&plan).rows(&sent, &mut bytes).unwrap();
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let mut reader = CopyTextReader::new(3);
        let mut got = RowBatch::with_capacity(3, 64);
        for pair in at.windows(2) {
            reader.push(&bytes[pair[0]..pair[1]], &mut got).unwrap();
        }
        reader.finish().unwrap();
        prop_assert_eq!(got.rows(), sent.rows());
        for row in 0..sent.rows() {
            for column in 0..3 {
                prop_assert_eq!(got.cell(row, column), sent.cell(row, column));
            }
        }
    }

    /// An integer or real that goes to numeric and back is the same number.
    #[test]
    fn numbers_survive_numeric(
        int in any::<i64>(),
        mantissa in -999_999_999_999_999i64..=999_999_999_999_999,
        places in 0..12usize,
    ) {
        for text in [int.to_string(), spelled(mantissa, places)] {
            let decimal = decimal::Decimal::parse(text.as_bytes()).unwrap();
            prop_assert!(decimal.fits(None, None).is_ok());
            let value = bound(NUMERIC, "NUMERIC", &text).unwrap();
            let again = match value.strip_prefix("Int(") {
                Some(rest) => rest.trim_end_matches(')').to_owned(),
                None => value.trim_start_matches("Real(").trim_end_matches(')').to_owned(),
            };
            prop_assert_eq!(again.parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
        }
    }

    /// Days are consecutive and known to the calendar.
    #[test]
    fn dates_match_the_civil_calendar(days in -700_000i64..2_900_000) {
        let stamp = crate::core::time::Timestamp((days + 10_957) * 86_400_000);
        let (year, month, day, ..) = stamp.civil();
        prop_assume!((1..=9999).contains(&year));
        let text = format!("{year:04}-{month:02}-{day:02}");
        prop_assert_eq!(parse_date(text.as_bytes(), WireForm::Native), Ok(days as i32));
    }
}

fn spelled(mantissa: i64, places: usize) -> String {
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
