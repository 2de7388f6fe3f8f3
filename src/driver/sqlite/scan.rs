//! The value scan: one statement over a table, with functions for what SQLite cannot ask by itself;
//! and the function that samples rows.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::core::name::Dialect;
use crate::core::scan::{
    Charset, ScanAnswer, ScanRequest, is_decimal, is_encoded_twice, is_moment, read_answer,
    scan_select,
};
use crate::core::sql::SQLITE_BUCKET;

/// Answers `request`; `None` when the statement gave something else than one row of answers.
///
/// # Errors
/// As SQLite says.
pub(super) fn scan(connection: &Connection, request: &ScanRequest) -> Result<Option<ScanAnswer>> {
    add_functions(connection)?;
    let mut statement = connection.prepare(&scan_select(Dialect::Sqlite, request))?;
    let columns = statement.column_count();
    let cells: Vec<Option<String>> = statement.query_row([], |row| {
        (0..columns)
            .map(|at| {
                let text = match row.get_ref(at)? {
                    ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Integer(number) => Some(number.to_string()),
                    _ => None,
                };
                Ok(text)
            })
            .collect()
    })?;
    Ok(read_answer(request, &cells))
}

/// The functions that `core::scan` calls in SQLite's statements.
fn add_functions(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    let about = |name: &str, answer: fn(&[u8]) -> bool| {
        connection.create_scalar_function(name, 1, flags, move |context: &Context<'_>| {
            Ok(text(context, 0).map(answer))
        })
    };
    about("tidegate_is_utf8", |text| std::str::from_utf8(text).is_ok())?;
    about("tidegate_is_twice", is_encoded_twice)?;
    about("tidegate_is_decimal", is_decimal)?;
    let named = |name: &str, answer: fn(&str, &[u8]) -> bool| {
        connection.create_scalar_function(name, 2, flags, move |context: &Context<'_>| {
            let word: String = context.get(0)?;
            Ok(text(context, 1).map(|text| answer(&word, text)))
        })
    };
    named("tidegate_is_moment", is_moment)?;
    named("tidegate_is_in", |word, text| Charset::of_word(word).is_none_or(|set| set.holds(text)))
}

/// The function that `core::sql` samples rows with: a number from 0 to 99 for the values, with
/// their storage classes.
///
/// # Errors
/// As SQLite says.
pub(super) fn add_bucket(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(SQLITE_BUCKET, -1, flags, |context: &Context<'_>| {
        let mut hash = blake3::Hasher::new();
        for at in 0..context.len() {
            match context.get_raw(at) {
                ValueRef::Null => hash.update(b"n"),
                ValueRef::Integer(value) => hash.update(b"i").update(&value.to_be_bytes()),
                ValueRef::Real(value) => hash.update(b"r").update(&value.to_bits().to_be_bytes()),
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    hash.update(b"t").update(&text.len().to_be_bytes()).update(text)
                }
            };
        }
        let bytes = hash.finalize();
        let head = bytes.as_bytes().first_chunk::<8>().expect("a hash has 32 bytes");
        Ok(i64::try_from(u64::from_be_bytes(*head) % 100).expect("below a hundred"))
    })
}

fn text<'a>(context: &'a Context<'_>, at: usize) -> Option<&'a [u8]> {
    match context.get_raw(at) {
        ValueRef::Text(text) => Some(text),
        _ => None,
    }
}
