//! One table per value: each must arrive equal, in the wider form that the plan announces, or be
//! refused by the name of its table and column.

use super::canon::{Place, Raw, table_differences};
use super::tidegate::Tidegate;

/// What becomes of a value on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrives {
    /// Equal by the oracle, which reads both engines by their own clients.
    Same,
    /// As this text: another type that says so in the plan.
    Text(&'static str),
    /// Not at all: its chunk failed, and table and column are named.
    Refused,
    /// Equal or refused, never bent.
    Either,
}

/// A column's declaration, the literal that is put into it, and what becomes of that.
pub type Value = (&'static str, &'static str, Arrives);

/// The table of value number `at`.
pub fn table(at: usize) -> String {
    format!("value_{at}")
}

/// Statements that make the tables; `types` go in front.
pub fn script(types: &str, values: &[Value]) -> String {
    let mut text = types.to_owned();
    for (at, (declared, literal, _)) in values.iter().enumerate() {
        let name = table(at);
        text.push_str(&format!(
            "CREATE TABLE {name} (id integer PRIMARY KEY, v {declared});\n\
             INSERT INTO {name} VALUES (1, {literal}), (2, NULL);\n"
        ));
    }
    text
}

/// Copies everything and says which values did not become what they should.
#[track_caller]
pub fn check(tidegate: &Tidegate, from: (&str, &Place), to: (&str, &Place), values: &[Value]) {
    let outcome = tidegate.try_copy("types", from.0, to.0, &["--accept-lossy"]);
    assert!(matches!(outcome.code, Some(0 | 3)), "{outcome:?}\n{}", tidegate.troubles("types"));
    let failed = tidegate.stored(
        "types",
        "SELECT chunk || ': ' || error_message || ' ' || ifnull(error_detail, '') \
         FROM failed_chunks",
    );
    let fits = tidegate.stored(
        "types",
        "SELECT t.source_name || ' ' || c.fit || ' as ' || c.target_declared FROM plan_column c \
         JOIN plan_table t ON t.id = c.table_id WHERE c.name = 'v'",
    );
    let there = to.1.tables();
    let mut wrong = Vec::new();
    for (at, (declared, literal, arrives)) in values.iter().enumerate() {
        let name = table(at);
        let mine = |line: &&String| line.contains(&name) && !line.contains(&format!("{name}0"));
        let is_mine = |line: &&String| mine(line) && is_word(line, &name);
        let refusal = failed.iter().find(is_mine);
        let fit = fits.iter().find(is_mine).map_or("not planned", String::as_str);
        let found = match refusal {
            Some(text) if text.contains(" v") || text.contains("\"v\"") || text.contains("`v`") => {
                Found::Refused
            }
            Some(text) => Found::Badly(format!("refused without its column: {text}")),
            None if !there.contains(&name) => Found::Badly("its table is not there".to_owned()),
            None => match table_differences(from.1, to.1, &name).as_slice() {
                [] => Found::Same,
                lines => Found::Other(text_of(to.1, &name), lines.join("; ")),
            },
        };
        if let Some(why) = found.against(*arrives, fit) {
            let shown: String = literal.chars().take(60).collect();
            wrong.push(format!("{declared} {shown} [{fit}]: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} values:\n{}", wrong.len(), values.len(), wrong.join("\n"));
}

/// `name` as a whole word: `value_1` is not in `value_12`.
fn is_word(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let next = line[at + name.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_digit())
    })
}

enum Found {
    Same,
    Refused,
    /// The value's text on the target, and how that differs.
    Other(String, String),
    Badly(String),
}

impl Found {
    /// What is wrong with it.
    fn against(&self, arrives: Arrives, fit: &str) -> Option<String> {
        match (self, arrives) {
            (Found::Badly(why), _) => Some(why.clone()),
            (Found::Same, Arrives::Same | Arrives::Either) => None,
            (Found::Refused, Arrives::Refused | Arrives::Either) => None,
            (Found::Other(text, _), Arrives::Text(expected)) if text == expected => {
                // Another form than the source's needs another word than `exact`.
                fit.contains(" exact ").then(|| "was called exact".to_owned())
            }
            (Found::Other(text, why), _) => {
                Some(format!("expected {arrives:?}, is {text:?} ({why})"))
            }
            (Found::Same, _) => Some(format!("expected {arrives:?}, arrived as it is")),
            (Found::Refused, _) => Some(format!("expected {arrives:?}, was refused")),
        }
    }
}

/// The text of the value, whatever the target holds it as.
fn text_of(place: &Place, table: &str) -> String {
    let columns = place.columns(table);
    let rows = place.rows(table, &columns);
    let first = |row: &&Vec<Raw>| match row.first() {
        Some(Raw::Int(1)) => true,
        Some(Raw::Text(text)) => text == b"1",
        _ => false,
    };
    match rows.iter().find(first).and_then(|row| row.get(1)) {
        Some(Raw::Text(bytes) | Raw::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Some(Raw::Int(number)) => number.to_string(),
        Some(Raw::Real(number)) => number.to_string(),
        Some(Raw::Null) => "null".to_owned(),
        None => "no row".to_owned(),
    }
}
