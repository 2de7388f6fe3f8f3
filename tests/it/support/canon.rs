//! Rows of any engine as canonical texts, so that copies across engines can be compared. Values are
//! read by the engines' own clients and never by the program under test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;

use super::mariadb::MyDatabase;
use super::postgres::Database;
use super::rows::differences;
use super::sqlite;

/// Where tables are.
#[derive(Clone, Debug)]
pub enum Place {
    Postgres(Database, String),
    Mysql(MyDatabase),
    Sqlite(PathBuf),
}

/// What a column's declared type says of the form of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    /// A float of 32 bits: engines print it with few digits or with all of its 64-bit form.
    Single,
    Truth,
    Bytes,
    Moment,
    Json,
    Uuid,
    Bits,
    /// CHAR(n): trailing blanks mean nothing.
    Padded,
    Text,
    /// SQLite: whatever the cell is.
    Loose,
}

/// A cell as its engine gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    Null,
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    Int(i64),
    Real(f64),
}

impl Place {
    pub fn postgres(database: &Database, schema: &str) -> Place {
        Place::Postgres(database.clone(), schema.to_owned())
    }

    pub fn sqlite(path: &Path) -> Place {
        Place::Sqlite(path.to_owned())
    }

    /// Tables that hold rows, sorted; nothing of the program's own.
    pub fn tables(&self) -> Vec<String> {
        match self {
            Place::Postgres(database, schema) => database.lines(&format!(
                "SELECT relname FROM pg_class WHERE relkind = 'r' \
                 AND relnamespace = {}::regnamespace ORDER BY 1",
                quoted(&sqlite::quoted(schema))
            )),
            Place::Mysql(database) => database.lines(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = database() \
                 AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_tidegate%' \
                 ORDER BY BINARY table_name",
            ),
            Place::Sqlite(path) => sqlite::tables(&sqlite::open(path)),
        }
    }

    /// Columns in order with their kinds; generated ones too.
    pub fn columns(&self, table: &str) -> Vec<(String, Kind)> {
        let split = |line: String| {
            let (name, kind) = line.split_once('\t').expect("both parts were selected");
            (name.to_owned(), kind.to_owned())
        };
        match self {
            Place::Postgres(database, schema) => {
                let query = format!(
                    "SELECT a.attname || chr(9) || format_type(a.atttypid, NULL) || \
                     CASE b.typtype WHEN 'd' THEN ' ' || format_type(b.typbasetype, NULL) \
                     ELSE '' END FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid \
                     WHERE a.attrelid = to_regclass({}) AND a.attnum > 0 AND NOT a.attisdropped \
                     ORDER BY a.attnum",
                    quoted(&format!("{}.{}", sqlite::quoted(schema), sqlite::quoted(table)))
                );
                let named = database.lines(&query).into_iter().map(split);
                named.map(|(name, kind)| (name, postgres_kind(&kind))).collect()
            }
            Place::Mysql(database) => {
                let query = format!(
                    "SELECT concat(column_name, char(9), column_type) FROM \
                     information_schema.columns WHERE table_schema = database() \
                     AND table_name = {} ORDER BY ordinal_position",
                    quoted(table)
                );
                // Batch mode prints a tab of a cell as \t.
                let lines = database.lines(&query).into_iter().map(|l| l.replace("\\t", "\t"));
                lines.map(split).map(|(name, kind)| (name, mysql_kind(&kind))).collect()
            }
            Place::Sqlite(path) => {
                let query = format!(
                    "SELECT name || char(9) || upper(type) FROM pragma_table_xinfo({}) \
                     WHERE hidden <> 1 ORDER BY cid",
                    quoted(table)
                );
                let named = sqlite::texts(&sqlite::open(path), &query).into_iter().map(split);
                named.map(|(name, kind)| (name, sqlite_kind(&kind))).collect()
            }
        }
    }

    /// Every row, cells in the order of `columns`.
    pub fn rows(&self, table: &str, columns: &[(String, Kind)]) -> Vec<Vec<Raw>> {
        match self {
            Place::Postgres(database, schema) => {
                let from = format!("{}.{}", sqlite::quoted(schema), sqlite::quoted(table));
                let cells: Vec<String> =
                    columns.iter().map(|(name, kind)| postgres_cell(name, *kind)).collect();
                let query = format!("SELECT {} FROM {from}", cells.join(" || ' ' || "));
                let query = format!("SET extra_float_digits = 1; {query}");
                hex_rows(database.lines(&query), ' ', columns)
            }
            Place::Mysql(database) => {
                let cells: Vec<String> =
                    columns.iter().map(|(name, kind)| mysql_cell(name, *kind)).collect();
                let query = format!("SELECT {} FROM {}", cells.join(", "), my_quoted(table));
                hex_rows(database.lines(&query), '\t', columns)
            }
            Place::Sqlite(path) => sqlite_rows(path, table, columns),
        }
    }

    /// Rows as canonical texts, each column in the form it has in both places of a comparison.
    pub fn canonical(&self, table: &str, forms: &[(String, Kind, Kind)]) -> Vec<String> {
        let own: Vec<(String, Kind)> =
            forms.iter().map(|(name, own, _)| (name.clone(), *own)).collect();
        let row = |cells: Vec<Raw>| {
            let texts = cells.iter().zip(forms).map(|(cell, (_, _, form))| canonical(cell, *form));
            texts.collect::<Vec<_>>().join(" | ")
        };
        self.rows(table, &own).into_iter().map(row).collect()
    }
}

/// Differences of all tables of two places; names are those of `here`.
pub fn differences_across(here: &Place, there: &Place) -> Vec<String> {
    let tables = here.tables();
    let mut found = Vec::new();
    if tables.is_empty() {
        found.push(format!("no tables in {here:?}"));
    }
    let others = there.tables();
    for table in &tables {
        match others.contains(table) {
            true => found.extend(table_differences(here, there, table)),
            false => found.push(format!("{table}: missing on the target, which has {others:?}")),
        }
    }
    found
}

/// Differences of one table; columns are matched by name.
pub fn table_differences(here: &Place, there: &Place, table: &str) -> Vec<String> {
    let (ours, theirs) = (here.columns(table), there.columns(table));
    let known: BTreeMap<&str, Kind> = theirs.iter().map(|(n, k)| (n.as_str(), *k)).collect();
    let mut found = Vec::new();
    let mut forms = Vec::new();
    for (name, kind) in &ours {
        match known.get(name.as_str()) {
            Some(other) => forms.push((name.clone(), *kind, *other, common(*kind, *other))),
            None => found.push(format!("{table}.{name}: missing on the target")),
        }
    }
    if forms.is_empty() {
        found.push(format!("{table}: no columns in common"));
        return found;
    }
    let side = |first: bool| -> Vec<(String, Kind, Kind)> {
        let pick = |(name, a, b, form): &(String, Kind, Kind, Kind)| {
            (name.clone(), if first { *a } else { *b }, *form)
        };
        forms.iter().map(pick).collect()
    };
    let (a, b) = (here.canonical(table, &side(true)), there.canonical(table, &side(false)));
    found.extend(differences(&a, &b).into_iter().map(|line| format!("{table}: {line}")));
    found
}

/// Says whether `there` holds what `here` does.
#[track_caller]
pub fn assert_same(here: &Place, there: &Place) {
    let found = differences_across(here, there);
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// The form two kinds are compared in: the one that says most.
fn common(a: Kind, b: Kind) -> Kind {
    let order = [
        Kind::Bytes,
        Kind::Json,
        Kind::Uuid,
        Kind::Truth,
        Kind::Single,
        Kind::Number,
        Kind::Moment,
        Kind::Bits,
        Kind::Padded,
        Kind::Text,
    ];
    // Bits as a number on one side are a number on both.
    if [a, b].contains(&Kind::Bits) && [a, b].contains(&Kind::Text) {
        return Kind::Text;
    }
    order.into_iter().find(|kind| *kind == a || *kind == b).unwrap_or(Kind::Loose)
}

fn postgres_kind(declared: &str) -> Kind {
    let last = declared.rsplit(' ').next().unwrap_or(declared);
    match declared {
        t if t.ends_with("[]") => Kind::Text,
        "boolean" => Kind::Truth,
        "bytea" => Kind::Bytes,
        "uuid" => Kind::Uuid,
        "json" | "jsonb" => Kind::Json,
        "bit" | "bit varying" => Kind::Bits,
        "date" | "time without time zone" | "time with time zone" => Kind::Moment,
        "timestamp without time zone" | "timestamp with time zone" => Kind::Moment,
        "real" => Kind::Single,
        "character" => Kind::Padded,
        "double precision" => Kind::Number,
        _ if ["smallint", "integer", "bigint", "numeric", "oid"].contains(&last) => Kind::Number,
        _ => Kind::Text,
    }
}

fn mysql_kind(column_type: &str) -> Kind {
    let lower = column_type.to_lowercase();
    let base: String = lower.chars().take_while(char::is_ascii_alphabetic).collect();
    match base.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "double" | "year" => {
            Kind::Number
        }
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "geometry"
        | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" => Kind::Bytes,
        "date" | "datetime" | "timestamp" | "time" => Kind::Moment,
        "float" => Kind::Single,
        "char" => Kind::Padded,
        "json" => Kind::Json,
        "uuid" => Kind::Uuid,
        "bit" => Kind::Bits,
        _ => Kind::Text,
    }
}

/// Declared types that say what a value means, as the plan reads them; cells are looked at besides.
fn sqlite_kind(declared: &str) -> Kind {
    let base = declared.split('(').next().unwrap_or_default().trim();
    match base {
        "BOOLEAN" | "BOOL" => Kind::Truth,
        "CHAR" => Kind::Padded,
        "DATE" | "DATETIME" | "TIMESTAMP" | "TIMESTAMPTZ" | "TIME" | "TIMETZ" => Kind::Moment,
        "JSON" => Kind::Json,
        "UUID" => Kind::Uuid,
        _ => Kind::Loose,
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn my_quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Hex, so that no separator can be mistaken; `-` is NULL.
fn postgres_cell(name: &str, kind: Kind) -> String {
    let name = sqlite::quoted(name);
    let bytes = match kind {
        Kind::Bytes => name,
        _ => format!("convert_to({name}::text, 'UTF8')"),
    };
    format!("coalesce(encode({bytes}, 'hex'), '-')")
}

fn mysql_cell(name: &str, kind: Kind) -> String {
    let name = my_quoted(name);
    let cell = match kind {
        Kind::Bytes => format!("hex({name})"),
        Kind::Bits => format!("hex(bin({name} + 0))"),
        // 17 digits: FLOAT would print with 6.
        Kind::Number | Kind::Single => format!("hex(CAST({name} * 1 AS char))"),
        _ => format!("hex(CONVERT(CAST({name} AS char) USING utf8mb4))"),
    };
    format!("coalesce(lower({cell}), '-')")
}

fn hex_rows(lines: Vec<String>, separator: char, columns: &[(String, Kind)]) -> Vec<Vec<Raw>> {
    let cell = |(hex, (_, kind)): (&str, &(String, Kind))| {
        if hex == "-" {
            return Raw::Null;
        }
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        if *kind == Kind::Bytes { Raw::Bytes(bytes) } else { Raw::Text(bytes) }
    };
    let row = |line: String| line.split(separator).zip(columns).map(cell).collect();
    lines.into_iter().map(row).collect()
}

fn sqlite_rows(path: &Path, table: &str, columns: &[(String, Kind)]) -> Vec<Vec<Raw>> {
    let connection = sqlite::open(path);
    let names: Vec<String> = columns.iter().map(|(name, _)| sqlite::quoted(name)).collect();
    let query = format!("SELECT {} FROM {}", names.join(", "), sqlite::quoted(table));
    let mut statement = connection.prepare(&query).unwrap_or_else(|e| panic!("{e}: {query}"));
    let mut rows = statement.query([]).expect("a query without parameters");
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}: {query}")) {
        let cell = |at: usize| match row.get_ref(at).expect("a column of this row") {
            ValueRef::Null => Raw::Null,
            ValueRef::Integer(number) => Raw::Int(number),
            ValueRef::Real(number) => Raw::Real(number),
            ValueRef::Text(text) => Raw::Text(text.to_vec()),
            ValueRef::Blob(bytes) => Raw::Bytes(bytes.to_vec()),
        };
        found.push((0..columns.len()).map(cell).collect());
    }
    found
}

/// One cell in the form both sides are compared in.
fn canonical(cell: &Raw, form: Kind) -> String {
    let plain = match cell {
        Raw::Null => return "null".to_owned(),
        Raw::Bytes(bytes) if form == Kind::Bits => {
            bytes.iter().map(|byte| format!("{byte:08b}")).collect()
        }
        Raw::Bytes(bytes) => return format!("bytes {}", bytes.escape_ascii()),
        Raw::Int(number) if form == Kind::Bits => format!("{number:b}"),
        Raw::Int(number) => number.to_string(),
        Raw::Real(number) => number.to_string(),
        Raw::Text(text) if form == Kind::Bytes => return format!("bytes {}", text.escape_ascii()),
        Raw::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => return format!("broken {}", text.escape_ascii()),
        },
    };
    match form {
        Kind::Truth | Kind::Number => match plain.as_str() {
            "t" | "true" => "1".to_owned(),
            "f" | "false" => "0".to_owned(),
            _ => number(&plain),
        },
        Kind::Single => match plain.parse::<f32>() {
            Ok(single) => number(&single.to_string()),
            Err(_) => number(&plain),
        },
        Kind::Padded => plain.trim_end_matches(' ').escape_default().to_string(),
        Kind::Moment => moment(&plain),
        Kind::Json => json(&plain),
        Kind::Uuid => plain.to_lowercase(),
        Kind::Bits => match plain.trim_start_matches('0') {
            "" => "bits 0".to_owned(),
            digits => format!("bits {digits}"),
        },
        Kind::Loose if matches!(cell, Raw::Int(_) | Raw::Real(_)) => number(&plain),
        Kind::Bytes | Kind::Text | Kind::Loose => plain.escape_default().to_string(),
    }
}

/// Without zeros and signs that say nothing, and without an exponent.
pub fn number(text: &str) -> String {
    let special = match text.to_lowercase().as_str() {
        "nan" => Some("nan"),
        "infinity" | "inf" => Some("inf"),
        "-infinity" | "-inf" => Some("-inf"),
        _ => None,
    };
    if let Some(word) = special {
        return word.to_owned();
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap_or(0)),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return text.escape_default().to_string();
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).expect("short") + exponent;
    let at = |place: i32| {
        let byte = usize::try_from(place).ok().and_then(|at| digits.as_bytes().get(at));
        char::from(byte.copied().unwrap_or(b'0'))
    };
    let last = std::cmp::max(i32::try_from(digits.len()).expect("short"), point);
    let before: String = (std::cmp::min(0, point)..point).map(at).collect();
    let after: String = (point..last).map(at).collect();
    let (before, after) = (before.trim_start_matches('0'), after.trim_end_matches('0'));
    let sign = if negative && !(before.is_empty() && after.is_empty()) { "-" } else { "" };
    match (before, after) {
        ("", "") => "0".to_owned(),
        ("", after) => format!("{sign}0.{after}"),
        (before, "") => format!("{sign}{before}"),
        (before, after) => format!("{sign}{before}.{after}"),
    }
}

/// `2024-02-29T12:34:56.500Z` and `2024-02-29 12:34:56.5+00` are one moment; midnight may be left
/// out.
fn moment(text: &str) -> String {
    let text = text.replace('T', " ");
    let text = text.trim_end_matches("+00").trim_end_matches("+00:00").trim_end_matches('Z');
    let text = match text.rsplit_once('.') {
        Some((seconds, fraction)) => match fraction.trim_end_matches('0') {
            "" => seconds.to_owned(),
            fraction => format!("{seconds}.{fraction}"),
        },
        None => text.to_owned(),
    };
    text.trim_end_matches(" 00:00:00").to_owned()
}

/// Keys sorted, blanks gone; numbers as they are written.
fn json(text: &str) -> String {
    let read = serde_json::from_str::<serde_json::Value>(text);
    read.map_or_else(|_| text.escape_default().to_string(), |value| value.to_string())
}
