//! A text of several statements, taken apart.

use super::super::name::Dialect;
use super::token::{Token, tokens};

/// The statements of `text` without the semicolons between them; comments between statements are
/// dropped, those within are kept.
#[must_use]
pub fn statements(text: &str, dialect: Dialect) -> Vec<String> {
    let mut found = Vec::new();
    let (mut begin, mut end) = (None, 0);
    for piece in tokens(text, dialect) {
        if piece.start < end {
            continue; // Within a body.
        }
        if let (Dialect::Postgres, Some(body_end)) = (dialect, body_end(text, piece.start)) {
            begin.get_or_insert(piece.start);
            end = body_end;
        } else if piece.token == Token::Sign(";") {
            found.extend(begin.take().map(|from: usize| text[from..end].trim().to_owned()));
        } else {
            begin.get_or_insert(piece.start);
            end = piece.end;
        }
    }
    found.extend(begin.map(|from| text[from..end].trim().to_owned()));
    found
}

/// Where the dollar-quoted text that begins at `at` ends: `$$ ... $$`, `$body$ ... $body$`.
fn body_end(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].strip_prefix('$')?;
    let tag = &rest[..rest.find('$')?];
    let lawful = |c: char| c.is_alphanumeric() || c == '_';
    let mark = format!("${tag}$");
    let body = at + mark.len();
    let within = text.get(body..)?;
    tag.chars().all(lawful).then(|| within.find(&mark).map(|len| body + len + mark.len()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_between_dollars_stay_whole() {
        let text = "DO $x$ BEGIN PERFORM 1; -- $$ ' \n END; $x$; SELECT $$;$$, 'a'";
        let found = statements(text, Dialect::Postgres);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1], "SELECT $$;$$, 'a'");
    }

    #[test]
    fn semicolons_within_literals_names_and_comments_are_no_ends() {
        let text = "-- a head; with a sign\nALTER DATABASE \"a;b\" SET x TO 'y;z';\n\n\
                    /* ; */ CREATE EXTENSION z -- why;\n ;;\nSELECT 1";
        assert_eq!(
            statements(text, Dialect::Postgres),
            ["ALTER DATABASE \"a;b\" SET x TO 'y;z'", "CREATE EXTENSION z", "SELECT 1"]
        );
        let text = "SET GLOBAL sql_mode = 'A;B\\'; C';\n# note;\nALTER DATABASE `x;` COMMENT 'e'";
        assert_eq!(statements(text, Dialect::Mysql).len(), 2);
        assert!(statements("-- nothing;\n", Dialect::Sqlite).is_empty());
    }
}
