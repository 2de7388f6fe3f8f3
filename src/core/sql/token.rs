//! SQL text to words, names, literals and signs, by the lexical rules of each engine.

use super::super::name::Dialect;

/// One piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or plain name, as spelled.
    Word(String),
    /// A name in `"..."`, `` `...` `` or `[...]`, quotes undone.
    Quoted(String),
    /// A string literal, quotes undone.
    Text(String),
    /// `X'...'`, `0x...`: the hexadecimal digits.
    Blob(String),
    /// `b'...'`, `0b...`: the binary digits.
    Bits(String),
    Number(String),
    /// An operator or punctuation.
    Sign(&'static str),
    /// Something this reader does not know.
    Unknown(char),
}

impl Token {
    /// Is it this keyword?
    #[must_use]
    pub fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    #[must_use]
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(known) if *known == sign)
    }
}

/// A token and where it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// Longest first: the first that fits is taken.
const SIGNS: &[&str] = &[
    "!~~*", "->>", "!~~", "~~*", "<=>", "!~*", "->", "::", "||", "&&", "<>", "<=", ">=", "==",
    "!=", ":=", "<<", ">>", "~~", "!~", "~*", "@@", "(", ")", ",", ".", ";", "+", "-", "*", "/",
    "%", "<", ">", "=", "~", "&", "|", "[", "]", ":", "?", "@", "#", "^", "!",
];

/// All tokens of `sql`; blanks and comments vanish. What MySQL runs inside `/*! ... */` is read.
#[must_use]
pub fn tokens(sql: &str, dialect: Dialect) -> Vec<Spanned> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let rest = &sql[at..];
        if let Some(skip) = blank(rest, dialect) {
            at += skip;
            continue;
        }
        let (token, len) = one(rest, dialect);
        found.push(Spanned { token, start: at, end: at + len });
        at += len;
    }
    found
}

/// Length of the blank or comment that `rest` begins with.
fn blank(rest: &str, dialect: Dialect) -> Option<usize> {
    let first = rest.chars().next()?;
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    let line_end = || rest.find('\n').map_or(rest.len(), |end| end + 1);
    if dialect == Dialect::Mysql {
        if first == '#' {
            return Some(line_end());
        }
        if rest.starts_with("*/") {
            return Some(2);
        }
        if let Some(code) = rest.strip_prefix("/*!") {
            let digits = code.bytes().take_while(u8::is_ascii_digit).count();
            return Some(3 + digits);
        }
        // `5--1` is a sum there.
        if rest.starts_with("--") && !rest[2..].starts_with(char::is_whitespace) && rest.len() > 2 {
            return None;
        }
    }
    if rest.starts_with("--") {
        return Some(line_end());
    }
    let comment = rest.strip_prefix("/*")?;
    Some(comment.find("*/").map_or(rest.len(), |end| end + 4))
}

fn one(rest: &str, dialect: Dialect) -> (Token, usize) {
    let first = rest.chars().next().expect("the caller checked that something is left");
    let mysql = dialect == Dialect::Mysql;
    match first {
        '\'' => quoted(rest, '\'', if mysql { Escapes::Mysql } else { Escapes::None }, Token::Text),
        '"' if mysql => quoted(rest, '"', Escapes::Mysql, Token::Text),
        '"' => quoted(rest, '"', Escapes::None, Token::Quoted),
        '`' => quoted(rest, '`', Escapes::None, Token::Quoted),
        '[' if dialect == Dialect::Sqlite => match rest.find(']') {
            Some(end) => (Token::Quoted(rest[1..end].to_owned()), end + 1),
            None => (Token::Unknown('['), 1),
        },
        'x' | 'X' if rest[1..].starts_with('\'') => marked(rest, Escapes::None, Token::Blob),
        'b' | 'B' if rest[1..].starts_with('\'') => marked(rest, Escapes::None, Token::Bits),
        'n' | 'N' if mysql && rest[1..].starts_with('\'') => {
            marked(rest, Escapes::Mysql, Token::Text)
        }
        'e' | 'E' if dialect == Dialect::Postgres && rest[1..].starts_with('\'') => {
            marked(rest, Escapes::Postgres, Token::Text)
        }
        '0' if mysql && rest[1..].starts_with(['x', 'b']) => based(rest),
        _ if first.is_ascii_digit() || is_fraction(rest) => number(rest),
        _ if is_name(first) => {
            let end = rest.find(|c: char| !is_name(c) && !c.is_ascii_digit());
            let end = end.unwrap_or(rest.len());
            (Token::Word(rest[..end].to_owned()), end)
        }
        _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => (Token::Sign(sign), sign.len()),
            None => (Token::Unknown(first), first.len_utf8()),
        },
    }
}

fn is_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$' || !c.is_ascii()
}

fn is_fraction(rest: &str) -> bool {
    rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// What a backslash does in a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    Mysql,
    /// Only what PostgreSQL itself prints; the rest is not known here.
    Postgres,
}

/// A literal with one letter before its quote.
fn marked(rest: &str, escapes: Escapes, make: impl Fn(String) -> Token) -> (Token, usize) {
    let (token, len) = quoted(&rest[1..], '\'', escapes, make);
    (token, len + 1)
}

fn quoted(
    rest: &str,
    mark: char,
    escapes: Escapes,
    make: impl Fn(String) -> Token,
) -> (Token, usize) {
    let mut body = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes != Escapes::None {
            match chars.next() {
                Some((_, next)) if escapes == Escapes::Mysql => unescape(next, &mut body),
                Some((_, next @ ('\\' | '\''))) => body.push(next),
                _ => break,
            }
        } else if c != mark {
            body.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == mark) {
            body.push(mark);
            chars.next();
        } else {
            return (make(body), at + mark.len_utf8());
        }
    }
    (Token::Unknown(mark), rest.len())
}

/// `\%` and `\_` keep their backslash, for LIKE.
fn unescape(c: char, body: &mut String) {
    match c {
        '0' => body.push('\0'),
        'n' => body.push('\n'),
        'r' => body.push('\r'),
        't' => body.push('\t'),
        'b' => body.push('\u{8}'),
        'Z' => body.push('\u{1a}'),
        '%' | '_' => body.extend(['\\', c]),
        other => body.push(other),
    }
}

/// MySQL's `0x41` and `0b101`.
fn based(rest: &str) -> (Token, usize) {
    let hex = rest[1..].starts_with('x');
    let digits: String = rest[2..]
        .chars()
        .take_while(|c| if hex { c.is_ascii_hexdigit() } else { matches!(c, '0' | '1') })
        .collect();
    if digits.is_empty() {
        return number(rest);
    }
    let len = digits.len() + 2;
    (if hex { Token::Blob(digits) } else { Token::Bits(digits) }, len)
}

fn number(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            end = after;
        }
    }
    (Token::Number(rest[..end].to_owned()), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_token() {
        let text =
            "SELECT [a b], \"c\"\"d\", `e`, 'o''x', X'0aFF', 1.5e-3, .5 -- end\n/* , */<=ä::t";
        let found: Vec<Token> =
            tokens(text, Dialect::Sqlite).into_iter().map(|t| t.token).collect();
        let comma = Token::Sign(",");
        assert_eq!(
            found,
            vec![
                Token::Word("SELECT".into()),
                Token::Quoted("a b".into()),
                comma.clone(),
                Token::Quoted("c\"d".into()),
                comma.clone(),
                Token::Quoted("e".into()),
                comma.clone(),
                Token::Text("o'x".into()),
                comma.clone(),
                Token::Blob("0aFF".into()),
                comma.clone(),
                Token::Number("1.5e-3".into()),
                comma,
                Token::Number(".5".into()),
                Token::Sign("<="),
                Token::Word("ä".into()),
                Token::Sign("::"),
                Token::Word("t".into()),
            ]
        );
    }

    #[test]
    fn text_that_ends_early_is_unknown_and_never_a_panic() {
        for text in ["'abc", "\"", "[x", "/* x", "-- x", "x'", "1e", ".", "'\\", "/*!", "0x", "--"]
        {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
                let _ = tokens(text, dialect);
            }
        }
    }

    #[test]
    fn the_lexical_rules_of_mysql() {
        let text = r#"'a\'b' "c" _utf8mb4'd\\' 0xAF b'01' a<=>b /*!50100 x */ -- y
            # z
            5--1"#;
        let found: Vec<Token> = tokens(text, Dialect::Mysql).into_iter().map(|t| t.token).collect();
        let word = |w: &str| Token::Word(w.to_owned());
        let one = Token::Number("1".into());
        assert_eq!(
            found,
            vec![
                Token::Text("a'b".into()),
                Token::Text("c".into()),
                word("_utf8mb4"),
                Token::Text("d\\".into()),
                Token::Blob("AF".into()),
                Token::Bits("01".into()),
                word("a"),
                Token::Sign("<=>"),
                word("b"),
                word("x"),
                Token::Number("5".into()),
                Token::Sign("-"),
                Token::Sign("-"),
                one,
            ]
        );
    }
}
