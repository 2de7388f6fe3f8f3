//! SQLite databases made of files, and what is in them.

use std::fs;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::rows::differences;

/// Builds a database at `path` from a file of statements.
pub fn build(path: &Path, script: &Path) {
    let text = fs::read_to_string(script).expect("the script can be read");
    let connection = Connection::open(path).expect("a database can be made here");
    // For files that commit every row: the machine may not crash meanwhile, or the test is lost.
    connection.execute_batch("PRAGMA synchronous = OFF").expect("a setting");
    let done = connection.execute_batch(&text);
    done.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
}

/// A database made of statements.
pub fn build_from_text(path: &Path, text: &str) {
    let connection = Connection::open(path).expect("a database can be made here");
    connection.execute_batch(text).unwrap_or_else(|error| panic!("{error}: {text}"));
}

/// As typed on the command line.
pub fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

pub fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All rows of a query, each cell with its type.
#[track_caller]
pub fn typed_rows(connection: &Connection, query: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(query).unwrap_or_else(|e| panic!("{e}: {query}"));
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect("a query without parameters");
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}: {query}")) {
        let cell = |at: usize| match row.get_ref(at).expect("a column of this row") {
            ValueRef::Null => "null".to_owned(),
            ValueRef::Integer(number) => format!("integer {number}"),
            ValueRef::Real(number) => format!("real {:016x}", number.to_bits()),
            ValueRef::Text(text) => format!("text {}", text.escape_ascii()),
            ValueRef::Blob(bytes) => format!("blob {}", bytes.escape_ascii()),
        };
        found.push((0..columns).map(cell).collect());
    }
    found
}

/// Tables of a database that are not SQLite's own.
pub fn tables(connection: &Connection) -> Vec<String> {
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'tidegate%' \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1";
    texts(connection, query)
}

pub fn texts(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap_or_else(|e| panic!("{e}: {query}"));
    let rows = statement.query_map([], |row| row.get(0)).expect("a query without parameters");
    rows.map(|text| text.expect("a text")).collect()
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Says whether one file is a copy of another: every object's text, every row with its types, and
/// with its rowid where it has one, AUTOINCREMENT's positions, integrity.
#[track_caller]
pub fn assert_copied(source: &Path, target: &Path) {
    let (here, there) = (open(source), open(target));
    let mut found = Vec::new();
    for query in [
        "SELECT type || ' ' || name || ': ' || ifnull(sql, '') FROM sqlite_master \
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        "SELECT 'user_version ' || user_version FROM pragma_user_version",
        "SELECT 'application_id ' || application_id FROM pragma_application_id",
        "SELECT 'check ' || integrity_check FROM pragma_integrity_check",
    ] {
        found.extend(differences(&texts(&here, query), &texts(&there, query)));
    }
    let sequence = "SELECT name || ' ' || seq FROM sqlite_sequence";
    if tables_with_sequence(&here) {
        let positions =
            |c: &Connection| if tables_with_sequence(c) { texts(c, sequence) } else { vec![] };
        found.extend(differences(&positions(&here), &positions(&there)));
    }
    for table in tables(&here) {
        let rows = |connection: &Connection| -> Vec<String> {
            let query = format!("SELECT * FROM {}", quoted(&table));
            typed_rows(connection, &query).iter().map(|row| row.join(", ")).collect()
        };
        let lines = differences(&rows(&here), &rows(&there));
        found.extend(lines.into_iter().map(|line| format!("{table}: {line}")));
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

fn tables_with_sequence(connection: &Connection) -> bool {
    !texts(connection, "SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'").is_empty()
}
