//! stdout carries the result and nothing else; stderr carries everything else.
//!
//! A reader that goes away (`| head`) ends the command quietly: the job does not depend on it.

use std::io::{IsTerminal, Write};

use serde_json::{Map, Value, json};

use super::failure::Failure;
use crate::core::time::Timestamp;

/// Version of every JSON object this program prints.
const JSON_VERSION: u32 = 1;

/// Keys of the wire that hold a moment; in JSON they become RFC 3339 text without the `_ms`.
const MOMENTS: [&str; 6] =
    ["at_ms", "started_ms", "ended_ms", "now_ms", "since_ms", "last_change_ms"];

/// Where a command's words go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
    /// Only the last line.
    pub quiet: bool,
}

impl Output {
    /// Is a person looking at a terminal that can show a screen? `TERM=dumb` and
    /// `TIDEGATE_PLAIN=1` ask for lines.
    #[must_use]
    pub fn on_terminal(&self) -> bool {
        !self.json && !wants_lines() && has_terminals()
    }

    /// Is a person looking at a terminal that shows lines only, or asked for lines?
    #[must_use]
    pub fn on_plain_terminal(&self) -> bool {
        !self.json && wants_lines() && has_terminals()
    }

    /// A line of the result.
    pub fn line(&self, text: &str) {
        write_stdout(text);
    }

    /// A line of the result of a terminal or pipe; JSON has its own.
    pub fn text(&self, text: &str) {
        if !self.json {
            write_stdout(text);
        }
    }

    /// An object of the result: `kind` becomes its `type`.
    pub fn object(&self, kind: &str, body: Value) {
        if self.json {
            write_stdout(&object_text(kind, body));
        }
    }

    /// Words beside the result.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            // A closed stderr is no reason to end.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// The end of a command that failed.
    pub fn failure(&self, failure: &Failure) {
        self.failure_text(failure);
        if self.json {
            let body = json!({
                "exit": failure.exit as u8,
                "message": failure.message,
                "detail": failure.detail,
                "hint": failure.hint,
            });
            write_stdout(&object_text("error", body));
        }
    }

    /// Why something failed, beside the result.
    pub fn failure_text(&self, failure: &Failure) {
        let mut text = format!("tidegate: {}\n", clean(&failure.message));
        for part in [&failure.detail, &failure.hint].into_iter().flatten() {
            for line in part.lines() {
                text.push_str(&format!("  {}\n", clean(line)));
            }
        }
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

fn wants_lines() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    variable("TERM") == "dumb" || !matches!(variable("TIDEGATE_PLAIN").as_str(), "" | "0")
}

fn has_terminals() -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// One line of JSON with `"v"` and `"type"`.
#[must_use]
pub fn object_text(kind: &str, body: Value) -> String {
    let mut object = Map::new();
    object.insert("v".to_owned(), json!(JSON_VERSION));
    object.insert("type".to_owned(), json!(kind));
    match body {
        Value::Object(fields) => {
            object.extend(fields.into_iter().map(|(key, value)| readable(key, value)));
        }
        other => {
            object.insert("value".to_owned(), other);
        }
    }
    Value::Object(object).to_string()
}

/// Moments as RFC 3339 in UTC, everywhere below.
fn readable(key: String, value: Value) -> (String, Value) {
    if MOMENTS.contains(&key.as_str()) {
        let name = key.trim_end_matches("_ms").to_owned();
        let moment = value.as_i64().filter(|ms| *ms != 0);
        return (name, moment.map_or(Value::Null, |ms| json!(Timestamp(ms).to_string())));
    }
    let value = match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(k, v)| readable(k, v)).collect())
        }
        Value::Array(items) => {
            let inner = items.into_iter().map(|item| readable(String::new(), item).1);
            Value::Array(inner.collect())
        }
        plain => plain,
    };
    (key, value)
}

fn write_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(b"\n"));
    if written.and_then(|()| stdout.flush()).is_err() {
        // The reader is gone; nobody is left to be told.
        std::process::exit(super::failure::Exit::Done as i32);
    }
}

/// Text from outside for a terminal: control and direction marks written out.
#[must_use]
pub fn clean(text: &str) -> String {
    let hostile = |c: char| {
        let turns = ['\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
        c.is_control() || turns.iter().any(|marks| marks.contains(&c))
    };
    if !text.contains(hostile) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push(' '),
            c if hostile(c) && u32::from(c) < 0x80 => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c if hostile(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Columns of text, two spaces apart, the last one unpadded; `right` names right-aligned ones.
#[must_use]
pub fn columns(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let count = rows.iter().map(Vec::len).fold(0, |most, n| if n > most { n } else { most });
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.width())
            .fold(0, |most, n| if n > most { n } else { most })
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            let fill = " ".repeat(widths[i].saturating_sub(cell.width()));
            let last = i + 1 == row.len();
            match (right.contains(&i), last) {
                (true, _) => line.push_str(&format!("{fill}{cell}")),
                (false, true) => line.push_str(cell),
                (false, false) => line.push_str(&format!("{cell}{fill}")),
            }
            if !last {
                line.push_str("  ");
            }
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_version_and_type_and_moments_in_utc() {
        let body = json!({"a": 1, "log": [{"at_ms": 951_782_400_000_i64}], "started_ms": 0});
        let text = object_text("status", body);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["v"], 1);
        assert_eq!(back["type"], "status");
        assert_eq!(back["log"][0]["at"], "2000-02-29T00:00:00Z");
        assert_eq!(back["started"], Value::Null);
    }

    #[test]
    fn hostile_text_is_written_out() {
        assert_eq!(clean("a\x1b]52;c;x\x07b"), "a\\x1b]52;c;x\\x07b");
        assert_eq!(clean("a\r\nb\u{202e}c"), "a\\r\\nb\\u{202e}c");
        assert_eq!(clean("übel 漢"), "übel 漢");
    }

    #[test]
    fn columns_line_up_also_with_wide_letters() {
        let rows = [vec!["漢字".to_owned(), "1".to_owned()], vec!["a".to_owned(), "22".to_owned()]];
        assert_eq!(columns(&rows, &[1]), ["漢字   1", "a     22"]);
    }
}
