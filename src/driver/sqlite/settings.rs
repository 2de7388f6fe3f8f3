//! What a file is set to, for the report; and questions about orphans. Reads only.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::place::Place;
use crate::core::catalog::Settings;
use crate::driver::room;

/// Pragmas whose value the file itself keeps.
const ASKED: [&str; 7] = [
    "encoding",
    "journal_mode",
    "page_size",
    "auto_vacuum",
    "user_version",
    "application_id",
    "max_page_count",
];

/// Steps of SQLite's machine between two looks at the clock: well below a millisecond.
const CHECK_OPS: i32 = 4000;

/// The settings of a file; of a new one when there is none yet.
pub(super) fn read(place: &Place, connection: Option<&Connection>) -> Settings {
    let mut settings = Settings::default();
    for name in ASKED {
        let asked = |open: &Connection| {
            let value = open.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get_ref(0).map(|value| match value {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str().unwrap_or_default().to_owned(),
                })
            });
            value.ok()
        };
        if let Some(value) = connection.and_then(asked) {
            settings.values.insert(name.to_owned(), value);
        }
    }
    if connection.is_none() {
        for (name, value) in [("user_version", "0"), ("application_id", "0")] {
            settings.values.insert(name.to_owned(), value.to_owned());
        }
    }
    settings.collations = ["BINARY", "NOCASE", "RTRIM"].map(str::to_owned).into();
    settings.room = room::under(place.path.parent().unwrap_or(&place.path));
    settings
}

/// Answers questions that count something, each within a time; `None` where it did not suffice.
pub(super) fn counts(
    connection: &Connection,
    questions: &[String],
    each: Duration,
    all: Duration,
) -> Vec<Option<u64>> {
    let until = Instant::now() + all;
    let mut answers = Vec::new();
    for question in questions {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        let late = move || begun.elapsed() > each;
        // A closed connection has no handler to set; its next statement says so itself.
        let _ = connection.progress_handler(CHECK_OPS, Some(late));
        let count = connection.query_row(question, [], |row| row.get::<_, i64>(0));
        answers.push(count.ok().map(i64::unsigned_abs));
    }
    let _ = connection.progress_handler(0, None::<fn() -> bool>);
    answers.resize(questions.len(), None);
    answers
}
