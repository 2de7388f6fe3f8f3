//! Is a text of the operator's one condition or expression, that can stand between parentheses and
//! mean nothing outside of them?
//!
//! Only the outside of quotes and comments counts: the server itself judges the rest.

use super::super::name::Dialect;

/// Why a text cannot stand between parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLone {
    /// `a ; ends the statement`.
    pub what: String,
    /// Byte of the text.
    pub at: usize,
}

/// Checks a condition or an expression.
///
/// # Errors
/// What reaches outside, and where.
pub fn check_lone(dialect: Dialect, text: &str) -> Result<(), NotLone> {
    let not = |what: &str, at: usize| Err(NotLone { what: what.to_owned(), at });
    let mut open: Vec<usize> = Vec::new();
    let (mut at, mut empty) = (0, true);
    while at < text.len() {
        let rest = &text[at..];
        let piece = piece(dialect, rest);
        match piece.kind {
            Kind::Blank => {}
            Kind::Unended(what) => return not(&format!("{what} is never ended"), at),
            Kind::Code(c) => match c {
                ';' => return not("a ; outside quotes would end the statement", at),
                '\0' => return not("a NUL character", at),
                '(' => open.push(at),
                ')' if open.pop().is_none() => {
                    return not("a ) that nothing opened", at);
                }
                '?' if dialect == Dialect::Sqlite => {
                    return not("a ? outside quotes stands for a value that nobody gives", at);
                }
                _ => {}
            },
            Kind::Quoted => {}
        }
        empty &= piece.kind == Kind::Blank;
        at += piece.length;
    }
    match open.first() {
        Some(at) => not("a ( that nothing closes", *at),
        None if empty => not("there is no text", 0),
        None => Ok(()),
    }
}

/// The statements of a text, each with the byte where it begins, without the `;` between them.
#[must_use]
pub fn statements(dialect: Dialect, text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut at, mut from) = (0, None);
    while at < text.len() {
        let piece = piece(dialect, &text[at..]);
        match (piece.kind, from) {
            (Kind::Code(';'), begun) => {
                found.extend(begun.map(|from| (from, &text[from..at])));
                from = None;
            }
            (Kind::Blank, _) => {}
            (_, begun) => from = begun.or(Some(at)),
        }
        at += piece.length;
    }
    found.extend(from.map(|from| (from, text[from..].trim_end())));
    found
}

/// Line and column of a byte, both from 1, as an editor counts.
#[must_use]
pub fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
    (number(line), number(column))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Quoted,
    Code(char),
    Unended(&'static str),
}

struct Piece {
    kind: Kind,
    length: usize,
}

/// The comment, the quoted text or the one character that `rest` begins with.
fn piece(dialect: Dialect, rest: &str) -> Piece {
    let first = rest.chars().next().expect("the caller checked that something is left");
    let of = |kind, length| Piece { kind, length };
    if first.is_whitespace() {
        return of(Kind::Blank, first.len_utf8());
    }
    let mysql = dialect == Dialect::Mysql;
    // To MySQL, `5--1` is a sum.
    let dashes = rest.strip_prefix("--").is_some_and(|after| {
        !mysql || after.is_empty() || after.starts_with(|c: char| c.is_whitespace())
    });
    if dashes || mysql && first == '#' {
        return of(Kind::Blank, rest.find('\n').map_or(rest.len(), |end| end + 1));
    }
    if rest.starts_with("/*") {
        return match comment_length(dialect, rest) {
            Some(length) => of(Kind::Blank, length),
            None => of(Kind::Unended("a comment"), rest.len()),
        };
    }
    let escaped =
        mysql || dialect == Dialect::Postgres && matches!(rest.get(..2), Some("e'" | "E'"));
    let lead = usize::from(escaped && !mysql);
    let quoted = match first {
        '\'' => Some(('\'', escaped)),
        'e' | 'E' if lead == 1 => Some(('\'', true)),
        '"' => Some(('"', mysql)),
        '`' if dialect != Dialect::Postgres => Some(('`', false)),
        '[' if dialect == Dialect::Sqlite => Some((']', false)),
        '$' if dialect == Dialect::Postgres => {
            return match dollar_length(rest) {
                Some(Some(length)) => of(Kind::Quoted, length),
                Some(None) => of(Kind::Unended("a text between dollar signs"), rest.len()),
                None => of(Kind::Code('$'), 1),
            };
        }
        _ => None,
    };
    match quoted {
        None => of(Kind::Code(first), first.len_utf8()),
        Some((mark, escapes)) => match quoted_length(&rest[lead + 1..], mark, escapes) {
            Some(length) => of(Kind::Quoted, lead + 1 + length),
            None => of(Kind::Unended("a quoted text"), rest.len()),
        },
    }
}

/// Bytes behind the opening mark, with the closing one.
fn quoted_length(body: &str, mark: char, escapes: bool) -> Option<usize> {
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == mark {
            match chars.peek() {
                Some((_, next)) if *next == mark && mark != ']' => {
                    chars.next();
                }
                _ => return Some(at + mark.len_utf8()),
            }
        }
    }
    None
}

/// PostgreSQL's comments hold comments; the others end at the first end.
fn comment_length(dialect: Dialect, rest: &str) -> Option<usize> {
    if dialect != Dialect::Postgres {
        return rest[2..].find("*/").map(|end| end + 4);
    }
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let next = at + rest[at..].find(['/', '*'])?;
        match rest.get(next..next + 2) {
            Some("/*") => depth += 1,
            Some("*/") => depth -= 1,
            _ => {
                at = next + 1;
                continue;
            }
        }
        at = next + 2;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Of `$tag$ ... $tag$`. `None`: it is no such text; `Some(None)`: it has no end.
fn dollar_length(rest: &str) -> Option<Option<usize>> {
    let end = rest[1..].find('$')? + 1;
    let tag = &rest[1..end];
    let lawful = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    if !lawful {
        return None;
    }
    let mark = &rest[..=end];
    Some(rest[end + 1..].find(mark).map(|at| end + 1 + at + mark.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_within_literals_names_and_comments_are_no_ends() {
        let text = "-- a head; with a sign\nALTER DATABASE \"a;b\" SET x TO 'y;z';\n\n\
                    /* ; */ CREATE EXTENSION z -- why;\n ;;\nSELECT 1";
        let found = statements(Dialect::Postgres, text);
        let words: Vec<&str> =
            found.iter().map(|(_, text)| text.lines().next().unwrap_or_default()).collect();
        let expected =
            ["ALTER DATABASE \"a;b\" SET x TO 'y;z'", "CREATE EXTENSION z -- why;", "SELECT 1"];
        assert_eq!(words, expected);
        let text = "SET GLOBAL sql_mode = 'A;B\\'; C';\n# note;\nALTER DATABASE `x;` COMMENT 'e'";
        assert_eq!(statements(Dialect::Mysql, text).len(), 2);
        assert!(statements(Dialect::Sqlite, "-- nothing;\n").is_empty());
        let text = "DO $x$ BEGIN PERFORM 1; -- $$ ' \n END; $x$; SELECT $$;$$, 'a'";
        assert_eq!(statements(Dialect::Postgres, text)[1].1, "SELECT $$;$$, 'a'");
    }

    #[test]
    fn what_stays_between_parentheses_is_taken() {
        for (dialect, text) in [
            (Dialect::Postgres, "a > 1 -- the newer ones; (all"),
            (Dialect::Postgres, "note <> 'it''s; (' or \"o)dd\" = $x$;)$x$"),
            (Dialect::Postgres, r"a = E'\'; (' and b = '\'"),
            (Dialect::Postgres, "a /* one /* two */ ; */ > 1"),
            (Dialect::Postgres, "doc ? 'key'"),
            (Dialect::Mysql, r#"a = 'it\'s; (' or b = "(" # the rest; ("#),
            (Dialect::Mysql, "5--1 > 2"),
            (Dialect::Sqlite, "[odd;)] = 1 or `x` = ')'"),
            (Dialect::Sqlite, r"a = '\'"),
        ] {
            assert_eq!(check_lone(dialect, text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_reaches_outside_is_told_with_its_place() {
        for (dialect, text, at) in [
            (Dialect::Postgres, "a = 1; drop table t", 5),
            (Dialect::Postgres, "a) or (b", 1),
            (Dialect::Postgres, "(a = 1", 0),
            (Dialect::Postgres, "a = 'x", 4),
            (Dialect::Postgres, "a /* b", 2),
            (Dialect::Postgres, "a = $x$ y", 4),
            (Dialect::Mysql, r"a = 'x\'", 4),
            (Dialect::Mysql, "5 --1 ;", 6),
            (Dialect::Sqlite, "a = ?", 4),
            (Dialect::Sqlite, " -- nothing", 0),
        ] {
            let said = check_lone(dialect, text).unwrap_err();
            assert_eq!(said.at, at, "{text}: {}", said.what);
        }
        assert_eq!(line_and_column("ab\nü c", 6), (2, 3));
    }

    #[test]
    fn a_text_is_taken_apart_where_its_statements_end() {
        let text = "-- new\ncreate table t (a text default ';'); comment on table t is 'x;'\n; ";
        let found = statements(Dialect::Postgres, text);
        assert_eq!(found[0], (7, "create table t (a text default ';')"));
        assert_eq!(found[1].1, "comment on table t is 'x;'\n");
        assert_eq!(found.len(), 2);
    }
}
