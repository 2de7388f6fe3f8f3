//! Expressions from one engine's SQL to another's: defaults, checks, generated columns, partial
//! indexes, and the parts of simple queries.
//!
//! What is known is written anew, everything else is refused with a reason: an expression that is
//! nearly right is worse than one that somebody writes by hand. Three habits follow.
//!
//! * Every value has a kind ([`Yields`]): engines convert between kinds each in their own way, so a
//!   mixture is refused.
//! * Texts are compared only where both engines tell the same texts apart: a column of MySQL whose
//!   collation ignores case is not compared, and no engine's order of texts is another's.
//! * Division, rounding and functions are taken over where both ends agree on every value.

mod from;
mod function;
mod scope;
mod select;
#[cfg(test)]
mod tests;
mod value;

pub use scope::{Known, Relation, Scope, known_columns};
pub use select::translate_query;

use super::super::name::Dialect;
use super::literal;
use super::token::{Spanned, Token, tokens};

/// SQLite's current moments mean UTC, and whole seconds.
pub(super) const NOW: &str = "date_trunc('second', now() AT TIME ZONE 'UTC')";
pub(super) const TODAY: &str = "(now() AT TIME ZONE 'UTC')::date";
pub(super) const CLOCK: &str = "date_trunc('second', now() AT TIME ZONE 'UTC')::time";

/// Deeper nesting is refused.
const DEPTH_MAX: u32 = 64;

const TEXT_ORDER: &str = "the engines order texts differently";

/// `text` in the target's SQL.
///
/// # Errors
/// Why not; a phrase for the checklist.
pub fn translate(text: &str, scope: &Scope<'_>) -> Result<String, String> {
    parse(text, scope).map(|written| written.sql)
}

fn parse(text: &str, scope: &Scope<'_>) -> Parsed {
    let all = tokens(text, scope.from);
    let mut parser = Parser::new(&all, scope);
    let parsed = parser.or()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(token) => Err(format!("{} is not known here", shown(token))),
    }
}

/// `text`, a condition, in the target's SQL.
///
/// # Errors
/// Why not; a phrase for the checklist.
pub fn translate_condition(text: &str, scope: &Scope<'_>) -> Result<String, String> {
    let written = parse(text, scope)?;
    if scope.to == Dialect::Postgres && written.yields != Yields::Bool {
        return Err("a value stands where PostgreSQL wants a condition".to_owned());
    }
    Ok(written.sql)
}

/// Takes one pair off `(x)` where it encloses everything.
pub(super) fn strip_parentheses(text: &str) -> &str {
    let mut inner = text;
    while let Some(body) = inner.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        let mut depth = 0;
        let encloses = tokens(body, Dialect::Postgres).iter().all(|t| {
            depth += i32::from(t.token.is_sign("(")) - i32::from(t.token.is_sign(")"));
            depth >= 0
        });
        if !encloses {
            break;
        }
        inner = body;
    }
    inner
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => word.clone(),
        Token::Quoted(name) => format!("{name:?}"),
        Token::Text(_) => "a text".to_owned(),
        Token::Blob(_) => "a blob".to_owned(),
        Token::Bits(_) => "a bit string".to_owned(),
        Token::Number(number) => number.clone(),
        Token::Sign(sign) => format!("{sign:?}"),
        Token::Unknown(c) => format!("{c:?}"),
    }
}

/// A written expression and, where it matters, what it yields.
#[derive(Clone, Debug)]
struct Written {
    sql: String,
    yields: Yields,
    /// Compared by rules of its own: not every text that is equal there is equal here.
    folds: bool,
    /// A text literal's own text.
    text: Option<String>,
    /// Labels of an enum: what a text may be compared with.
    labels: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    Bool,
    Int,
    Decimal,
    Float,
    Text,
    /// Dates, times of day and points in time.
    Moment,
    Other,
}

impl Yields {
    fn is_number(self) -> bool {
        matches!(self, Yields::Int | Yields::Decimal | Yields::Float)
    }

    /// Can values of the two be compared as they are?
    fn matches(self, other: Yields) -> bool {
        self == other
            || self == Yields::Other
            || other == Yields::Other
            || self.is_number() && other.is_number()
    }
}

fn plain(sql: impl Into<String>, yields: Yields) -> Written {
    Written { sql: sql.into(), yields, folds: false, text: None, labels: Vec::new() }
}

fn boolean(sql: String) -> Written {
    plain(sql, Yields::Bool)
}

struct Parser<'a> {
    all: &'a [Spanned],
    at: usize,
    depth: u32,
    scope: &'a Scope<'a>,
    /// What names mean, the innermost query last.
    levels: Vec<Vec<Relation>>,
    /// Columns named outside aggregates: level, relation, column.
    used: Vec<(usize, usize, usize)>,
    aggregates: u32,
    in_aggregate: bool,
    /// Nobody sees what a query calls its columns: it is inside another, or united with one.
    unseen: bool,
    /// Remarks on what was made.
    notes: Vec<String>,
}

type Parsed = Result<Written, String>;

impl<'a> Parser<'a> {
    fn new(all: &'a [Spanned], scope: &'a Scope<'a>) -> Parser<'a> {
        Parser {
            all,
            at: 0,
            depth: 0,
            scope,
            levels: vec![scope.relations.clone()],
            used: Vec::new(),
            aggregates: 0,
            in_aggregate: false,
            unseen: false,
            notes: Vec::new(),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at).map(|t| &t.token)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_word(word));
        self.at += usize::from(hit);
        hit
    }

    /// Both words, or none.
    fn eat_words(&mut self, words: &[&str]) -> bool {
        let there = words
            .iter()
            .enumerate()
            .all(|(n, word)| self.all.get(self.at + n).is_some_and(|t| t.token.is_word(word)));
        self.at += if there { words.len() } else { 0 };
        there
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_sign(sign));
        self.at += usize::from(hit);
        hit
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.eat_sign(sign) { Ok(()) } else { Err(format!("{sign:?} is missing")) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), String> {
        if self.eat_word(word) { Ok(()) } else { Err(format!("{word} is missing")) }
    }

    fn to(&self) -> Dialect {
        self.scope.to
    }

    fn from(&self) -> Dialect {
        self.scope.from
    }

    fn or(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the expression is nested too deeply".to_owned());
        }
        let mut left = self.and()?;
        loop {
            let mysql_or = self.from() == Dialect::Mysql && self.eat_sign("||");
            if !mysql_or && !self.eat_word("OR") {
                break;
            }
            let right = self.and()?;
            left = boolean(format!("{} OR {}", self.truth(left)?, self.truth(right)?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.eat_word("AND") || self.eat_sign("&&") {
            let right = self.not()?;
            left = boolean(format!("{} AND {}", self.truth(left)?, self.truth(right)?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        if self.eat_word("NOT") {
            let inner = self.not()?;
            return Ok(boolean(format!("NOT {}", self.truth(inner)?)));
        }
        self.comparison()
    }

    /// MySQL and SQLite take numbers for truth values, PostgreSQL does not. Only whole numbers are
    /// taken over: what a fraction or a text means differs.
    fn truth(&self, written: Written) -> Result<String, String> {
        match (self.to(), written.yields) {
            (_, Yields::Bool) => Ok(written.sql),
            (Dialect::Postgres, Yields::Int) => Ok(format!("{} <> 0", written.sql)),
            (_, Yields::Int) => Ok(written.sql),
            (Dialect::Postgres, _) => {
                Err("a value stands where PostgreSQL wants a condition".to_owned())
            }
            _ => Err("a value stands for a condition".to_owned()),
        }
    }

    fn comparison(&mut self) -> Parsed {
        // Only one: in a chain of comparisons the engines do not agree on what goes first.
        let left = self.sum()?;
        if self.eat_word("IS") {
            return self.is(left);
        }
        if self.eat_sign("<=>") {
            let right = self.sum()?;
            return self.same(&left, &right, false);
        }
        if let Some(sign) = self.comparison_sign() {
            return self.compare(left, sign);
        }
        match self.worded(&left)? {
            Some(written) => Ok(written),
            None => Ok(left),
        }
    }

    fn is(&mut self, left: Written) -> Parsed {
        let not = self.eat_word("NOT");
        let word_not = if not { "NOT " } else { "" };
        for word in ["NULL", "TRUE", "FALSE"] {
            if self.eat_word(word) {
                if word != "NULL" && left.yields != Yields::Bool {
                    return Err("IS TRUE of something that is no truth value".to_owned());
                }
                return Ok(boolean(format!("{} IS {word_not}{word}", left.sql)));
            }
        }
        if self.eat_words(&["DISTINCT", "FROM"]) {
            let right = self.sum()?;
            return self.same(&left, &right, !not);
        }
        if self.from() == Dialect::Sqlite {
            let right = self.sum()?;
            return self.same(&left, &right, not);
        }
        Err("IS is known with NULL, TRUE and FALSE only".to_owned())
    }

    /// Equal, where NULL equals NULL.
    fn same(&self, left: &Written, right: &Written, negated: bool) -> Parsed {
        comparable(left, right, "=")?;
        let (a, b) = (&left.sql, &right.sql);
        Ok(boolean(match (self.to(), negated) {
            (Dialect::Postgres, false) => format!("{a} IS NOT DISTINCT FROM {b}"),
            (Dialect::Postgres, true) => format!("{a} IS DISTINCT FROM {b}"),
            (Dialect::Sqlite, false) => format!("{a} IS {b}"),
            (Dialect::Sqlite, true) => format!("{a} IS NOT {b}"),
            (Dialect::Mysql, false) => format!("({a} <=> {b})"),
            (Dialect::Mysql, true) => format!("(NOT ({a} <=> {b}))"),
        }))
    }

    fn comparison_sign(&mut self) -> Option<&'static str> {
        let sign = match self.peek()? {
            Token::Sign("=" | "==") => "=",
            Token::Sign("<>" | "!=") => "<>",
            Token::Sign("<") => "<",
            Token::Sign(">") => ">",
            Token::Sign("<=") => "<=",
            Token::Sign(">=") => ">=",
            _ => return None,
        };
        self.at += 1;
        Some(sign)
    }

    fn compare(&mut self, left: Written, sign: &str) -> Parsed {
        if sign == "=" && self.eat_word("ANY") {
            let list = self.any_array(&left)?;
            return Ok(boolean(format!("{} IN ({list})", left.sql)));
        }
        if sign == "<>" && self.eat_word("ALL") {
            let list = self.any_array(&left)?;
            return Ok(boolean(format!("{} NOT IN ({list})", left.sql)));
        }
        let right = self.sum()?;
        let right = self.beside(&left, right, sign)?;
        let left = self.dated(as_truth_beside(left, &right), &right)?;
        Ok(boolean(format!("{} {sign} {}", left.sql, right.sql)))
    }

    /// `right`, which is compared with `left`. SQLite and MySQL compare anything with anything;
    /// PostgreSQL would refuse, or convert.
    fn beside(&self, left: &Written, right: Written, sign: &str) -> Parsed {
        let right = as_truth_beside(right, left);
        let left = as_truth_beside(left.clone(), &right);
        comparable(&left, &right, sign)?;
        self.dated(right, &left)
    }

    /// Moments are texts in SQLite: a literal beside one needs the shape of the stored ones.
    fn dated(&self, value: Written, other: &Written) -> Parsed {
        let (Some(text), Yields::Moment) = (&value.text, other.yields) else { return Ok(value) };
        if self.to() != Dialect::Sqlite {
            return Ok(value);
        }
        let date = text.len() == 10 && super::default::is_moment(text);
        match other.labels.first().map(String::as_str) {
            Some("date") if date => Ok(value),
            Some("timestamp") if date => {
                Ok(plain(literal(Dialect::Sqlite, &format!("{text} 00:00:00")), Yields::Moment))
            }
            Some("timestamp") if text.len() == 19 && super::default::is_moment(text) => Ok(value),
            _ => Err("a moment is compared with a text of another shape".to_owned()),
        }
    }

    /// `(ARRAY['a'::text, 'b'::text])`, as PostgreSQL prints `IN`.
    fn any_array(&mut self, left: &Written) -> Result<String, String> {
        self.expect_sign("(")?;
        let wrapped = self.eat_sign("(");
        if !self.eat_word("ARRAY") {
            return Err("ANY is known with a list only".to_owned());
        }
        self.expect_sign("[")?;
        let mut list = Vec::new();
        loop {
            let next = self.sum()?;
            list.push(self.beside(left, next, "=")?.sql);
            if !self.eat_sign(",") {
                break;
            }
        }
        self.expect_sign("]")?;
        self.cast()?;
        if wrapped {
            self.expect_sign(")")?;
            self.cast()?;
        }
        self.expect_sign(")")?;
        Ok(list.join(", "))
    }

    /// `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] LIKE`.
    fn worded(&mut self, left: &Written) -> Result<Option<Written>, String> {
        let begun = self.at;
        let not = if self.eat_word("NOT") { "NOT " } else { "" };
        if self.eat_word("IN") {
            self.expect_sign("(")?;
            let mut list = Vec::new();
            loop {
                let next = self.sum()?;
                list.push(self.beside(left, next, "=")?.sql);
                if !self.eat_sign(",") {
                    break;
                }
            }
            self.expect_sign(")")?;
            let list = list.join(", ");
            return Ok(Some(boolean(format!("{} {not}IN ({list})", left.sql))));
        }
        if self.eat_word("BETWEEN") {
            let low = self.sum()?;
            let low = self.beside(left, low, "<=")?;
            self.expect_word("AND")?;
            let high = self.sum()?;
            let high = self.beside(left, high, "<=")?;
            let range = format!("{} {not}BETWEEN {} AND {}", left.sql, low.sql, high.sql);
            return Ok(Some(boolean(range)));
        }
        let tildes = [("~~", ""), ("!~~", "NOT ")];
        for (sign, not) in tildes {
            if self.from() == Dialect::Postgres && self.eat_sign(sign) {
                return self.like(left, not).map(Some);
            }
        }
        if self.eat_word("LIKE") {
            return self.like(left, not).map(Some);
        }
        self.at = begun;
        Ok(None)
    }

    /// SQLite's LIKE ignores the case of ASCII letters and knows no escape by itself; PostgreSQL's
    /// minds the case; MySQL's goes by the collation, and target tables have a binary one.
    fn like(&mut self, left: &Written, not: &str) -> Parsed {
        let Some(Token::Text(pattern)) = self.peek().cloned() else {
            return Err("LIKE with something else than a text".to_owned());
        };
        self.at += 1;
        self.cast()?;
        if self.peek().is_some_and(|t| t.is_word("ESCAPE")) || left.yields != Yields::Text {
            return Err("LIKE with letters that the two engines compare differently".to_owned());
        }
        match (self.from(), self.to()) {
            (Dialect::Sqlite, Dialect::Postgres | Dialect::Mysql) => {
                self.like_of_sqlite(left, not, &pattern)
            }
            (Dialect::Postgres, Dialect::Mysql) | (Dialect::Mysql, Dialect::Postgres) => {
                if left.folds {
                    return Err("LIKE by a collation that ignores case".to_owned());
                }
                let pattern = literal(self.to(), &pattern);
                Ok(boolean(format!("{} {not}LIKE {pattern}", left.sql)))
            }
            _ => Err("LIKE minds the case of letters on PostgreSQL only".to_owned()),
        }
    }

    fn like_of_sqlite(&self, left: &Written, not: &str, pattern: &str) -> Parsed {
        // MySQL folds the Kelvin sign and the dotted I to letters of ASCII.
        let strange = |c: char| self.to() == Dialect::Mysql && "ikIK".contains(c);
        if !pattern.is_ascii() || pattern.contains('\\') || pattern.contains(strange) {
            return Err("LIKE with letters that the two engines compare differently".to_owned());
        }
        let pattern = literal(self.to(), pattern);
        Ok(boolean(match self.to() {
            // `lower` in the C collation folds ASCII letters only, as SQLite does.
            Dialect::Postgres => format!(
                "lower({} COLLATE \"C\") {not}LIKE lower({pattern} COLLATE \"C\")",
                left.sql
            ),
            Dialect::Mysql | Dialect::Sqlite => {
                format!("lower({}) {not}LIKE lower({pattern})", left.sql)
            }
        }))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(sign @ ("+" | "-" | "*" | "/" | "%"))) => *sign,
                Some(Token::Sign("||")) if self.from() != Dialect::Mysql => "||",
                Some(token) if self.from() == Dialect::Mysql && token.is_word("DIV") => "DIV",
                Some(token) if self.from() == Dialect::Mysql && token.is_word("MOD") => "%",
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.unary()?;
            left = self.arithmetic(&left, sign, &right)?;
        }
    }

    fn arithmetic(&self, left: &Written, sign: &str, right: &Written) -> Parsed {
        if sign == "||" {
            return self.joined(&[left.clone(), right.clone()]);
        }
        if !left.yields.is_number() || !right.yields.is_number() {
            return Err("arithmetic with something that is no number".to_owned());
        }
        let yields = wider(left.yields, right.yields);
        let (a, b) = (&left.sql, &right.sql);
        if matches!(sign, "+" | "-" | "*") {
            return Ok(plain(format!("{a} {sign} {b}"), yields));
        }
        // By zero, one engine fails and the other yields NULL.
        let divisor = strip_parentheses(b).parse::<i64>().is_ok_and(|n| n != 0);
        let whole = yields == Yields::Int && divisor;
        let truncates = sign == "DIV" || self.from() != Dialect::Mysql;
        match sign {
            "%" if whole => Ok(plain(format!("{a} % {b}"), Yields::Int)),
            "/" | "DIV" if whole && truncates => {
                let sign = if self.to() == Dialect::Mysql { "DIV" } else { "/" };
                Ok(plain(format!("{a} {sign} {b}"), Yields::Int))
            }
            "/" if yields == Yields::Float && divisor => {
                Ok(plain(format!("{a} / {b}"), Yields::Float))
            }
            _ => Err("a division that the engines do not round alike".to_owned()),
        }
    }

    fn unary(&mut self) -> Parsed {
        if self.eat_sign("-") {
            let inner = self.unary()?;
            return match inner.yields.is_number() {
                true => Ok(plain(format!("-{}", inner.sql), inner.yields)),
                false => Err("a minus before something that is no number".to_owned()),
            };
        }
        if self.eat_sign("+") {
            return self.unary();
        }
        if self.from() == Dialect::Mysql && self.eat_sign("!") {
            let inner = self.unary()?;
            return Ok(boolean(format!("(NOT {})", self.truth(inner)?)));
        }
        let mut value = self.primary()?;
        if let Some(cast) = self.cast()? {
            value = self.recast(value, &cast)?;
        }
        Ok(value)
    }
}

fn wider(a: Yields, b: Yields) -> Yields {
    match (a, b) {
        (Yields::Float, _) | (_, Yields::Float) => Yields::Float,
        (Yields::Decimal, _) | (_, Yields::Decimal) => Yields::Decimal,
        (other, _) => other,
    }
}

/// 0 and 1 beside a truth value are truth values.
fn as_truth_beside(value: Written, other: &Written) -> Written {
    match (value.sql.as_str(), other.yields) {
        ("0", Yields::Bool) => boolean("false".to_owned()),
        ("1", Yields::Bool) => boolean("true".to_owned()),
        _ => value,
    }
}

/// Does comparing the two mean the same on both engines?
fn comparable(left: &Written, right: &Written, sign: &str) -> Result<(), String> {
    let moment = |a: &Written, b: &Written| {
        a.yields == Yields::Moment && b.text.as_deref().is_some_and(super::default::is_moment)
    };
    if !left.yields.matches(right.yields) && !moment(left, right) && !moment(right, left) {
        return Err("values of different types are compared".to_owned());
    }
    let texts = left.yields == Yields::Text && right.yields == Yields::Text;
    if texts && !matches!(sign, "=" | "<>") {
        return Err(TEXT_ORDER.to_owned());
    }
    let is_label =
        |a: &Written, b: &Written| b.text.as_ref().is_some_and(|text| a.labels.contains(text));
    if (left.folds || right.folds) && !is_label(left, right) && !is_label(right, left) {
        return Err("texts are compared by a collation of their own".to_owned());
    }
    Ok(())
}
