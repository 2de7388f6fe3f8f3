//! The value scan: one statement over a table, with functions for what SQLite cannot ask by itself.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::core::name::Dialect;
use crate::core::scan::{
    Charset, ScanAnswer, ScanRequest, is_decimal, is_encoded_twice, is_moment, read_answer,
    scan_select,
};

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

fn text<'a>(context: &'a Context<'_>, at: usize) -> Option<&'a [u8]> {
    match context.get_raw(at) {
        ValueRef::Text(text) => Some(text),
        _ => None,
    }
}
