//! Values of two engines brought to one form, so that rows can be compared across them.

use std::path::Path;

use super::postgres::Database;
use super::rows::differences;
use super::sqlite;

/// What a PostgreSQL column holds, as far as the form of its values goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Number,
    Float,
    Truth,
    Bytes,
    Moment,
    Text,
}

fn form_of(postgres_type: &str) -> Form {
    match postgres_type {
        "smallint" | "integer" | "bigint" => Form::Number,
        "real" | "double precision" => Form::Float,
        "boolean" => Form::Truth,
        "bytea" => Form::Bytes,
        t if t.starts_with("numeric") => Form::Number,
        t if t.starts_with("timestamp") || t.starts_with("time ") || t == "date" => Form::Moment,
        _ => Form::Text,
    }
}

/// Compares every table of a SQLite file with the table of the same name in a PostgreSQL schema.
#[track_caller]
pub fn assert_same_across(sqlite: &Path, postgres: &Database, schema: &str) {
    let connection = sqlite::open(sqlite);
    let mut found = Vec::new();
    let tables = sqlite::tables(&connection);
    assert!(!tables.is_empty(), "no tables in {}", sqlite.display());
    for table in tables {
        let columns = columns_of(postgres, schema, &table);
        if columns.is_empty() {
            found.push(format!("{table}: not in schema {schema} of PostgreSQL"));
            continue;
        }
        let names: Vec<String> = columns.iter().map(|(name, _)| sqlite::quoted(name)).collect();
        let query = format!("SELECT {} FROM {}", names.join(", "), sqlite::quoted(&table));
        let here: Vec<String> = sqlite::typed_rows(&connection, &query)
            .iter()
            .map(|row| {
                joined(row.iter().zip(&columns).map(|(cell, (_, form))| of_sqlite(cell, *form)))
            })
            .collect();
        let there = postgres_rows(postgres, schema, &table, &columns);
        let lines = differences(&here, &there);
        found.extend(lines.into_iter().map(|line| format!("{table}: {line}")));
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(" | ")
}

fn columns_of(postgres: &Database, schema: &str, table: &str) -> Vec<(String, Form)> {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let query = format!(
        "SELECT attname || chr(31) || format_type(atttypid, atttypmod) FROM pg_attribute \
         WHERE attrelid = to_regclass(format('%I.%I', {}::text, {}::text)) AND attnum > 0 \
         AND NOT attisdropped ORDER BY attnum",
        literal(schema),
        literal(table)
    );
    let line = |line: String| {
        let (name, kind) = line.split_once('\u{1f}').expect("both parts were selected");
        (name.to_owned(), form_of(kind))
    };
    postgres.lines(&query).into_iter().map(line).collect()
}

/// Every cell as hex of its text, so that no separator can be mistaken.
fn postgres_rows(
    postgres: &Database,
    schema: &str,
    table: &str,
    columns: &[(String, Form)],
) -> Vec<String> {
    let cell = |(name, form): &(String, Form)| {
        let name = sqlite::quoted(name);
        let bytes = match form {
            Form::Bytes => name,
            _ => format!("convert_to({name}::text, 'UTF8')"),
        };
        format!("coalesce(encode({bytes}, 'hex'), '-')")
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let query = format!(
        "SELECT {} FROM {}.{}",
        cells.join(" || ' ' || "),
        sqlite::quoted(schema),
        sqlite::quoted(table)
    );
    let row = |line: String| {
        let cells = line.split(' ').zip(columns).map(|(cell, (_, form))| of_postgres(cell, *form));
        joined(cells)
    };
    postgres.lines(&query).into_iter().map(row).collect()
}

fn of_postgres(hex: &str, form: Form) -> String {
    if hex == "-" {
        return "null".to_owned();
    }
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let text = || String::from_utf8(bytes.clone()).expect("PostgreSQL holds UTF-8");
    match form {
        Form::Bytes => bytes.escape_ascii().to_string(),
        Form::Number => number(&text()),
        Form::Float => float(&text()),
        Form::Truth => if text() == "true" { "t" } else { "f" }.to_owned(),
        Form::Moment => moment(&text()),
        Form::Text => text().escape_default().to_string(),
    }
}

/// `cell` is as `sqlite::typed_rows` writes it.
fn of_sqlite(cell: &str, form: Form) -> String {
    let Some((kind, value)) = cell.split_once(' ') else {
        return "null".to_owned();
    };
    let plain = || match kind {
        "real" => f64::from_bits(u64::from_str_radix(value, 16).expect("hex digits")).to_string(),
        "integer" => value.to_owned(),
        _ => unescape(value),
    };
    match form {
        Form::Bytes => value.to_owned(),
        Form::Number => number(&plain()),
        Form::Float => float(&plain()),
        Form::Truth => match plain().as_str() {
            "1" => "t".to_owned(),
            "0" => "f".to_owned(),
            other => other.to_owned(),
        },
        Form::Moment => moment(&plain()),
        Form::Text => plain().escape_default().to_string(),
    }
}

/// The text behind `escape_ascii`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        (rest, _) = match (first, behind.first()) {
            (b'\\', Some(b'x')) => {
                let hex = std::str::from_utf8(&behind[1..3]).expect("two hex digits");
                (&behind[3..], bytes.push(u8::from_str_radix(hex, 16).expect("two hex digits")))
            }
            (b'\\', Some(b'n')) => (&behind[1..], bytes.push(b'\n')),
            (b'\\', Some(b't')) => (&behind[1..], bytes.push(b'\t')),
            (b'\\', Some(b'r')) => (&behind[1..], bytes.push(b'\r')),
            (b'\\', Some(other)) => (&behind[1..], bytes.push(*other)),
            _ => (behind, bytes.push(*first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without zeros that say nothing: `12.340` is `12.34`.
fn number(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) if !text.contains(['e', 'E']) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
        }
        _ => text.to_owned(),
    }
}

fn float(text: &str) -> String {
    let text = match text {
        "Infinity" => "inf",
        "-Infinity" => "-inf",
        other => other,
    };
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |f| format!("{f:?}"))
}

/// `2024-02-29T12:34:56Z` and `2024-02-29 12:34:56+00` are one moment; midnight may be left out.
fn moment(text: &str) -> String {
    let text = text.replace('T', " ");
    let text = text.trim_end_matches("+00").trim_end_matches('Z').trim_end_matches(" 00:00:00");
    match text.rsplit_once('.') {
        Some((seconds, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { seconds.to_owned() } else { format!("{seconds}.{fraction}") }
        }
        None => text.to_owned(),
    }
}
