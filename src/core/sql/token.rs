//! SQL text to words, names, literals and signs: as much as SQLite's CREATE TABLE and simple
//! expressions of either engine need.

/// One piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or plain name, as spelled.
    Word(String),
    /// A name in `"..."`, `` `...` `` or `[...]`, quotes undone.
    Quoted(String),
    /// A string literal, quotes undone.
    Text(String),
    /// `X'...'`: the digits.
    Blob(String),
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
    "->>", "->", "::", "||", "<>", "<=", ">=", "==", "!=", "<<", ">>", "!~~*", "!~~", "~~*", "~~",
    "!~", "(", ")", ",", ".", ";", "+", "-", "*", "/", "%", "<", ">", "=", "~", "&", "|", "[", "]",
    ":", "?", "@", "#", "^",
];

/// All tokens of `sql`; blanks and comments vanish. `brackets` reads `[name]` as SQLite does.
#[must_use]
pub fn tokens(sql: &str, brackets: bool) -> Vec<Spanned> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let rest = &sql[at..];
        if let Some(skip) = blank(rest) {
            at += skip;
            continue;
        }
        let (token, len) = one(rest, brackets);
        found.push(Spanned { token, start: at, end: at + len });
        at += len;
    }
    found
}

/// Length of the blank or comment that `rest` begins with.
fn blank(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    if rest.starts_with("--") {
        return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
    }
    let comment = rest.strip_prefix("/*")?;
    Some(comment.find("*/").map_or(rest.len(), |end| end + 4))
}

fn one(rest: &str, brackets: bool) -> (Token, usize) {
    let first = rest.chars().next().expect("the caller checked that something is left");
    match first {
        '\'' => quoted(rest, '\'', Token::Text),
        '"' => quoted(rest, '"', Token::Quoted),
        '`' => quoted(rest, '`', Token::Quoted),
        '[' if brackets => match rest.find(']') {
            Some(end) => (Token::Quoted(rest[1..end].to_owned()), end + 1),
            None => (Token::Unknown('['), 1),
        },
        'x' | 'X' if rest[1..].starts_with('\'') => {
            let (token, len) = quoted(&rest[1..], '\'', Token::Blob);
            (token, len + 1)
        }
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

fn quoted(rest: &str, mark: char, make: impl Fn(String) -> Token) -> (Token, usize) {
    let mut body = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != mark {
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
        let found: Vec<Token> = tokens(text, true).into_iter().map(|t| t.token).collect();
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
        for text in ["'abc", "\"", "[x", "/* x", "-- x", "x'", "1e", "."] {
            let _ = tokens(text, true);
        }
    }
}
