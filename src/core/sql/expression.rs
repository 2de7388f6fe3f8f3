//! Simple expressions from one engine's SQL to the other's: defaults, checks, partial indexes.
//!
//! What is known is written anew from a tree, everything else is refused with a reason: an
//! expression that is nearly right is worse than one that somebody writes by hand. Known are
//! literals, columns, comparisons, sums and products, `AND`, `OR`, `NOT`, `IS [NOT] NULL`,
//! `IN (...)`, `= ANY (ARRAY[...])`, `BETWEEN`, `LIKE` from SQLite, `length`, `abs`, `coalesce`,
//! the current date and time, and casts that change nothing.

use super::super::catalog::{Column, LogicalType};
use super::super::name::Dialect;
use super::token::{Spanned, Token, tokens};
use super::{literal, quote};

/// SQLite's current moments mean UTC, and whole seconds.
pub(super) const NOW: &str = "date_trunc('second', now() AT TIME ZONE 'UTC')";
pub(super) const TODAY: &str = "(now() AT TIME ZONE 'UTC')::date";
pub(super) const CLOCK: &str = "date_trunc('second', now() AT TIME ZONE 'UTC')::time";

/// Deeper nesting is refused.
const DEPTH_MAX: u32 = 64;

/// Who is asked for what a name means.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub from: Dialect,
    pub to: Dialect,
    /// Columns that may be named; none in a default.
    pub columns: &'a [Column],
    /// Their names on the target, in the same order.
    pub target_names: &'a [String],
}

/// `text` in the target's SQL.
///
/// # Errors
/// Why not; a phrase for the checklist.
pub fn translate(text: &str, scope: &Scope<'_>) -> Result<String, String> {
    parse(text, scope).map(|written| written.sql)
}

fn parse(text: &str, scope: &Scope<'_>) -> Parsed {
    let all = tokens(text, scope.from);
    let mut parser = Parser { all: &all, at: 0, depth: 0, scope };
    let parsed = parser.or()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(token) => Err(format!("{} is not known here", shown(token))),
    }
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

const TEXT_ORDER: &str = "the engines order texts differently";

/// 0 and 1 beside a truth value are truth values.
fn as_truth_beside(value: Written, other: &Written) -> Written {
    match (value.sql.as_str(), other.yields) {
        ("0", Yields::Bool) => boolean("false".to_owned()),
        ("1", Yields::Bool) => boolean("true".to_owned()),
        _ => value,
    }
}

/// A written expression and, where it matters, what it yields.
#[derive(Clone)]
struct Written {
    sql: String,
    yields: Yields,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yields {
    Bool,
    Number,
    Text,
    Other,
}

struct Parser<'a> {
    all: &'a [Spanned],
    at: usize,
    depth: u32,
    scope: &'a Scope<'a>,
}

type Parsed = Result<Written, String>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at).map(|t| &t.token)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_word(word));
        self.at += usize::from(hit);
        hit
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_sign(sign));
        self.at += usize::from(hit);
        hit
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.eat_sign(sign) { Ok(()) } else { Err(format!("{sign:?} is missing")) }
    }

    fn or(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the expression is nested too deeply".to_owned());
        }
        let mut left = self.and()?;
        while self.eat_word("OR") {
            let right = self.and()?;
            left = boolean(format!("{} OR {}", self.truth(left)?, self.truth(right)?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.eat_word("AND") {
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

    /// SQLite takes numbers for truth values, PostgreSQL does not.
    fn truth(&self, written: Written) -> Result<String, String> {
        if self.scope.to == Dialect::Postgres && written.yields != Yields::Bool {
            return Err("a value stands where PostgreSQL wants a condition".to_owned());
        }
        Ok(written.sql)
    }

    fn comparison(&mut self) -> Parsed {
        // Only one: in a chain of comparisons the engines do not agree on what goes first.
        let left = self.sum()?;
        if self.eat_word("IS") {
            return self.is(left);
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
        let not = if self.eat_word("NOT") { "NOT " } else { "" };
        for word in ["NULL", "TRUE", "FALSE"] {
            if self.eat_word(word) {
                if word != "NULL" && left.yields != Yields::Bool {
                    return Err("IS TRUE of something that is no truth value".to_owned());
                }
                return Ok(boolean(format!("{} IS {not}{word}", left.sql)));
            }
        }
        Err("IS is known with NULL, TRUE and FALSE only".to_owned())
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
            let list = self.any_array()?;
            return Ok(boolean(format!("{} IN ({list})", left.sql)));
        }
        let right = self.beside(&left)?;
        let left = as_truth_beside(left, &right);
        if left.yields == Yields::Text && !matches!(sign, "=" | "<>") {
            return Err(TEXT_ORDER.to_owned());
        }
        Ok(boolean(format!("{} {sign} {}", left.sql, right.sql)))
    }

    /// The next value, which is compared with `left`. SQLite compares anything with anything;
    /// PostgreSQL would refuse, or convert.
    fn beside(&mut self, left: &Written) -> Parsed {
        let right = as_truth_beside(self.sum()?, left);
        let left = as_truth_beside(left.clone(), &right);
        let open = left.yields == Yields::Other || right.yields == Yields::Other;
        if left.yields == right.yields || open {
            Ok(right)
        } else {
            Err("values of different types are compared".to_owned())
        }
    }

    /// `(ARRAY['a'::text, 'b'::text])`, as PostgreSQL prints `IN`.
    fn any_array(&mut self) -> Result<String, String> {
        self.expect_sign("(")?;
        let wrapped = self.eat_sign("(");
        if !self.eat_word("ARRAY") {
            return Err("ANY is known with a list only".to_owned());
        }
        self.expect_sign("[")?;
        let mut list = Vec::new();
        loop {
            list.push(self.sum()?.sql);
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
                list.push(self.beside(left)?.sql);
                if !self.eat_sign(",") {
                    break;
                }
            }
            self.expect_sign(")")?;
            let list = list.join(", ");
            return Ok(Some(boolean(format!("{} {not}IN ({list})", left.sql))));
        }
        if self.eat_word("BETWEEN") {
            let low = self.beside(left)?;
            if !self.eat_word("AND") {
                return Err("BETWEEN without AND".to_owned());
            }
            let high = self.beside(left)?;
            if left.yields == Yields::Text {
                return Err(TEXT_ORDER.to_owned());
            }
            let range = format!("{} {not}BETWEEN {} AND {}", left.sql, low.sql, high.sql);
            return Ok(Some(boolean(range)));
        }
        if self.eat_word("LIKE") {
            return self.like(left, not).map(Some);
        }
        self.at = begun;
        Ok(None)
    }

    /// SQLite's LIKE ignores the case of ASCII letters and knows no escape by itself; PostgreSQL's
    /// ILIKE ignores the case of all letters. Equal only for patterns of other characters' sake.
    fn like(&mut self, left: &Written, not: &str) -> Parsed {
        let Some(Token::Text(pattern)) = self.peek().cloned() else {
            return Err("LIKE with something else than a text".to_owned());
        };
        self.at += 1;
        if self.scope.from != Dialect::Sqlite || self.scope.to != Dialect::Postgres {
            return Err("LIKE minds the case of letters on PostgreSQL only".to_owned());
        }
        if !pattern.is_ascii()
            || pattern.contains('\\')
            || self.peek().is_some_and(|t| t.is_word("ESCAPE"))
        {
            return Err("LIKE with letters that the two engines compare differently".to_owned());
        }
        let pattern = literal(Dialect::Postgres, &pattern);
        // `lower` of both sides in the C collation folds ASCII letters only, as SQLite does.
        let folded = format!("lower({} COLLATE \"C\")", left.sql);
        Ok(boolean(format!("{folded} {not}LIKE lower({pattern} COLLATE \"C\")")))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(sign @ ("+" | "-" | "*"))) => *sign,
                Some(Token::Sign("||")) => "||",
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.unary()?;
            let (wanted, what) = match sign {
                "||" => (Yields::Text, "texts are joined with something else"),
                _ => (Yields::Number, "arithmetic with something that is no number"),
            };
            if left.yields != wanted || right.yields != wanted {
                return Err(what.to_owned());
            }
            left = Written { sql: format!("{} {sign} {}", left.sql, right.sql), yields: wanted };
        }
    }

    fn unary(&mut self) -> Parsed {
        if self.eat_sign("-") {
            let inner = self.unary()?;
            return match inner.yields {
                Yields::Number => {
                    Ok(Written { sql: format!("-{}", inner.sql), yields: Yields::Number })
                }
                _ => Err("a minus before something that is no number".to_owned()),
            };
        }
        if self.eat_sign("+") {
            return self.unary();
        }
        let mut value = self.primary()?;
        if let Some(cast) = self.cast()? {
            value = recast(value, &cast)?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek().cloned() else {
            return Err("the expression ends too early".to_owned());
        };
        self.at += 1;
        match token {
            Token::Sign("(") => {
                let inner = self.or()?;
                self.expect_sign(")")?;
                Ok(Written { sql: format!("({})", inner.sql), yields: inner.yields })
            }
            Token::Number(number) => Ok(Written { sql: number, yields: Yields::Number }),
            Token::Text(text) => {
                Ok(Written { sql: literal(self.scope.to, &text), yields: Yields::Text })
            }
            Token::Blob(digits) => {
                let sql = match self.scope.to {
                    Dialect::Postgres => format!("'\\x{digits}'::bytea"),
                    Dialect::Sqlite | Dialect::Mysql => format!("X'{digits}'"),
                };
                Ok(Written { sql, yields: Yields::Other })
            }
            Token::Quoted(name) => match (self.column(&name)?, self.scope.from) {
                (Some(column), _) => Ok(column),
                // SQLite takes a quoted word that is no column for a text.
                (None, Dialect::Sqlite) => {
                    Ok(Written { sql: literal(self.scope.to, &name), yields: Yields::Text })
                }
                (None, _) => Err(format!("{name:?} is no column")),
            },
            Token::Word(word) => self.word(&word),
            Token::Sign(_) | Token::Bits(_) | Token::Unknown(_) => {
                Err(format!("{} is not known here", shown(&token)))
            }
        }
    }

    fn column(&self, name: &str) -> Result<Option<Written>, String> {
        let same = |column: &Column| match self.scope.from {
            Dialect::Sqlite => column.name.eq_ignore_ascii_case(name),
            Dialect::Postgres | Dialect::Mysql => column.name == name,
        };
        let Some(at) = self.scope.columns.iter().position(same) else { return Ok(None) };
        if self.scope.columns[at].collation.is_some() {
            return Err(format!("{name} compares by a collation of its own"));
        }
        let yields = match self.scope.columns[at].logical {
            LogicalType::Bool => Yields::Bool,
            LogicalType::Int { .. } | LogicalType::Decimal { .. } | LogicalType::Float { .. } => {
                Yields::Number
            }
            LogicalType::Text { .. } | LogicalType::Enum => Yields::Text,
            _ => Yields::Other,
        };
        Ok(Some(Written { sql: quote(self.scope.to, &self.scope.target_names[at]), yields }))
    }

    fn word(&mut self, word: &str) -> Parsed {
        if self.peek().is_some_and(|t| t.is_sign("(")) {
            return self.function(word);
        }
        if let Some(column) = self.column(word)? {
            return Ok(column);
        }
        let moment = |sql: &str| Ok(Written { sql: sql.to_owned(), yields: Yields::Other });
        match word.to_ascii_uppercase().as_str() {
            "NULL" => moment("NULL"),
            "TRUE" => Ok(boolean("true".to_owned())),
            "FALSE" => Ok(boolean("false".to_owned())),
            "CURRENT_TIMESTAMP" if self.scope.from == Dialect::Postgres => {
                moment("CURRENT_TIMESTAMP")
            }
            "CURRENT_TIMESTAMP" => moment(NOW),
            "CURRENT_DATE" if self.scope.from == Dialect::Sqlite => moment(TODAY),
            "CURRENT_DATE" => moment("CURRENT_DATE"),
            "CURRENT_TIME" if self.scope.from == Dialect::Sqlite => moment(CLOCK),
            "LOCALTIMESTAMP" => moment("CURRENT_TIMESTAMP"),
            _ => Err(format!("{word} is not known here")),
        }
    }

    fn function(&mut self, name: &str) -> Parsed {
        self.expect_sign("(")?;
        let mut arguments = Vec::new();
        if !self.eat_sign(")") {
            loop {
                arguments.push(self.or()?);
                if !self.eat_sign(",") {
                    break;
                }
            }
            self.expect_sign(")")?;
        }
        let lower = name.to_ascii_lowercase();
        let yields = match (lower.as_str(), arguments.as_slice()) {
            ("length" | "char_length" | "character_length", [only])
                if only.yields == Yields::Text =>
            {
                return Ok(Written {
                    sql: format!("length({})", only.sql),
                    yields: Yields::Number,
                });
            }
            ("abs", [only]) if only.yields == Yields::Number => Yields::Number,
            ("coalesce", [first, .., last]) if first.yields == last.yields => first.yields,
            ("now" | "transaction_timestamp", []) => {
                return Ok(Written { sql: "CURRENT_TIMESTAMP".to_owned(), yields: Yields::Other });
            }
            ("datetime" | "date" | "time", [only])
                if only.sql.eq_ignore_ascii_case("'now'") && self.scope.from == Dialect::Sqlite =>
            {
                let sql = match lower.as_str() {
                    "date" => TODAY,
                    "time" => CLOCK,
                    _ => NOW,
                };
                return Ok(Written { sql: sql.to_owned(), yields: Yields::Other });
            }
            _ => return Err(format!("the function {name} does not translate")),
        };
        let list: Vec<&str> = arguments.iter().map(|a| a.sql.as_str()).collect();
        Ok(Written { sql: format!("{lower}({})", list.join(", ")), yields })
    }

    /// `::type`, any number of them; the last one counts.
    fn cast(&mut self) -> Result<Option<String>, String> {
        let mut last = None;
        while self.eat_sign("::") {
            let mut words = Vec::new();
            while let Some(Token::Word(word)) = self.peek() {
                const ENDS: &[&str] = &["AND", "OR", "NOT", "IN", "IS", "BETWEEN", "LIKE"];
                if ENDS.iter().any(|end| word.eq_ignore_ascii_case(end)) {
                    break;
                }
                words.push(word.to_ascii_lowercase());
                self.at += 1;
            }
            if words.is_empty() {
                return Err("a cast to a type that is not known here".to_owned());
            }
            if self.eat_sign("(") {
                while !self.eat_sign(")") {
                    if self.peek().is_none() {
                        return Err("\")\" is missing".to_owned());
                    }
                    self.at += 1;
                }
            }
            if self.eat_sign("[") {
                self.expect_sign("]")?;
            }
            last = Some(words.join(" "));
        }
        Ok(last)
    }
}

fn boolean(sql: String) -> Written {
    Written { sql, yields: Yields::Bool }
}

/// A cast that changes nothing is left out; one that computes is refused.
fn recast(value: Written, to: &str) -> Parsed {
    const NUMBERS: &[&str] =
        &["smallint", "integer", "bigint", "numeric", "real", "double precision", "int"];
    const TEXTS: &[&str] = &["text", "character varying", "character", "bpchar", "varchar"];
    let is_literal = value.sql.starts_with('\'') || value.sql == "NULL";
    match value.yields {
        Yields::Number if NUMBERS.contains(&to) => Ok(value),
        // PostgreSQL prints negative defaults as '-1'::integer.
        Yields::Text if NUMBERS.contains(&to) && is_literal => {
            let digits = value.sql.trim_matches('\'').to_owned();
            match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    Ok(Written { sql: digits, yields: Yields::Number })
                }
                _ => Err("a number that only PostgreSQL knows".to_owned()),
            }
        }
        Yields::Text if TEXTS.contains(&to) => Ok(value),
        // Dates, enums, json: the text is what SQLite keeps.
        Yields::Text if is_literal && to != "bytea" && to != "regclass" && to != "interval" => {
            Ok(Written { sql: value.sql, yields: Yields::Other })
        }
        Yields::Other if value.sql == "NULL" => Ok(value),
        _ => Err(format!("a cast to {to}")),
    }
}

#[cfg(test)]
mod tests;
