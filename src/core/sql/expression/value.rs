//! Literals, columns, casts and CASE.

use super::super::super::name::Dialect;
use super::super::literal;
use super::super::token::Token;
use super::{
    CLOCK, Known, NOW, Parsed, Parser, TODAY, Written, Yields, as_truth_beside, boolean,
    comparable, plain, shown, wider,
};

/// A cast's type in lower case, with its arguments.
pub(super) struct CastTo {
    name: String,
    arguments: Vec<String>,
    array: bool,
}

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        let Some(token) = self.peek().cloned() else {
            return Err("the expression ends too early".to_owned());
        };
        self.at += 1;
        match token {
            Token::Sign("(") => self.parenthesis(),
            Token::Number(number) => {
                let yields = match number.as_str() {
                    n if n.contains(['e', 'E']) => Yields::Float,
                    n if n.contains('.') => Yields::Decimal,
                    _ => Yields::Int,
                };
                Ok(plain(number, yields))
            }
            Token::Text(text) => Ok(self.text(text)),
            Token::Blob(digits) => Ok(self.bytes(&digits)),
            Token::Bits(digits) => self.bits(&digits),
            Token::Quoted(name) => {
                if self.peek().is_some_and(|t| t.is_sign("(")) {
                    return self.function(&name);
                }
                match (self.column(&name)?, self.from()) {
                    (Some(column), _) => Ok(column),
                    // SQLite takes a quoted word that is no column for a text.
                    (None, Dialect::Sqlite) => Ok(self.text(name)),
                    (None, _) => Err(format!("{name:?} is no column")),
                }
            }
            Token::Word(word) => self.word(&word),
            Token::Sign(_) | Token::Unknown(_) => {
                Err(format!("{} is not known here", shown(&token)))
            }
        }
    }

    fn parenthesis(&mut self) -> Parsed {
        if self.peek().is_some_and(|t| t.is_word("SELECT")) {
            let inner = self.scalar_query()?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let inner = self.or()?;
        self.expect_sign(")")?;
        Ok(Written { sql: format!("({})", inner.sql), ..inner })
    }

    pub(super) fn text(&self, text: String) -> Written {
        Written { text: Some(text.clone()), ..plain(literal(self.to(), &text), Yields::Text) }
    }

    fn bytes(&self, digits: &str) -> Written {
        match self.to() {
            Dialect::Postgres => plain(format!("'\\x{digits}'::bytea"), Yields::Other),
            Dialect::Sqlite | Dialect::Mysql => plain(format!("X'{digits}'"), Yields::Other),
        }
    }

    fn bits(&self, digits: &str) -> Parsed {
        match self.to() {
            Dialect::Postgres => Ok(plain(format!("B'{digits}'"), Yields::Other)),
            Dialect::Mysql => Ok(plain(format!("b'{digits}'"), Yields::Other)),
            Dialect::Sqlite => Err("SQLite has no bit strings".to_owned()),
        }
    }

    /// A column by its name, with its table in front where one is written.
    pub(super) fn column(&mut self, first: &str) -> Result<Option<Written>, String> {
        let mut path = vec![first.to_owned()];
        let begun = self.at;
        while self.peek().is_some_and(|t| t.is_sign(".")) {
            match self.all.get(self.at + 1).map(|t| &t.token) {
                Some(Token::Word(name) | Token::Quoted(name)) => path.push(name.clone()),
                _ => return Err("a name that ends in a dot".to_owned()),
            }
            self.at += 2;
        }
        let found = self.lookup(&path)?;
        if found.is_none() {
            self.at = begun;
            if path.len() > 1 {
                return Err(format!("{} is not known here", path.join(".")));
            }
        }
        Ok(found)
    }

    pub(super) fn lookup(&mut self, path: &[String]) -> Result<Option<Written>, String> {
        let from = self.from();
        let same = |a: &str, b: &str| match from {
            Dialect::Sqlite => a.eq_ignore_ascii_case(b),
            Dialect::Mysql => a.to_lowercase() == b.to_lowercase(),
            Dialect::Postgres => a == b,
        };
        let (name, owner) = path.split_last().expect("a path has a name");
        for level in (0..self.levels.len()).rev() {
            let mut hits = Vec::new();
            for (number, relation) in self.levels[level].iter().enumerate() {
                let owned = match owner {
                    [] => true,
                    [table] => same(&relation.name.name, table),
                    [schema, table] => {
                        same(&relation.name.name, table) && same(&relation.name.schema, schema)
                    }
                    _ => false,
                };
                let at = relation.columns.iter().position(|c| same(&c.name, name));
                hits.extend(at.filter(|_| owned).map(|at| (number, at)));
            }
            match hits.as_slice() {
                [] => {}
                [(number, at)] => return Ok(Some(self.named(level, *number, *at))),
                _ => return Err(format!("{name} may be a column of several tables")),
            }
        }
        Ok(None)
    }

    fn named(&mut self, level: usize, number: usize, at: usize) -> Written {
        if !self.in_aggregate {
            self.used.push((level, number, at));
        }
        let relation = &self.levels[level][number];
        let column: &Known = &relation.columns[at];
        let sql = match relation.written.as_str() {
            "" => column.written.clone(),
            table => format!("{table}.{}", column.written),
        };
        Written {
            sql,
            yields: column.yields,
            folds: column.folds,
            text: None,
            labels: column.labels.clone(),
        }
    }

    fn word(&mut self, word: &str) -> Parsed {
        if self.from() == Dialect::Mysql
            && word.starts_with('_')
            && let Some(Token::Text(text)) = self.peek().cloned()
        {
            self.at += 1;
            let unicode =
                matches!(word.to_ascii_lowercase().as_str(), "_utf8mb4" | "_utf8mb3" | "_utf8");
            return match text.is_ascii() && word != "_binary" || unicode {
                true => Ok(self.text(text)),
                false => Err(format!("a text in {}", &word[1..])),
            };
        }
        let upper = word.to_ascii_uppercase();
        match upper.as_str() {
            "CASE" => return self.case(),
            "CAST" if self.peek().is_some_and(|t| t.is_sign("(")) => return self.cast_call(),
            "DATE" | "TIMESTAMP" | "TIME"
                if matches!(self.peek(), Some(Token::Text(_)))
                    && self.from() != Dialect::Sqlite =>
            {
                return self.primary();
            }
            _ => {}
        }
        if self.peek().is_some_and(|t| t.is_sign("(")) {
            return self.function(word);
        }
        match upper.as_str() {
            "NULL" => Ok(plain("NULL", Yields::Other)),
            "TRUE" => Ok(boolean("true".to_owned())),
            "FALSE" => Ok(boolean("false".to_owned())),
            _ => match self.column(word)? {
                Some(column) => Ok(column),
                None => {
                    self.moment(&upper, None).ok_or_else(|| format!("{word} is not known here"))
                }
            },
        }
    }

    /// The current moment by its name on the source, with so many digits of a second.
    pub(super) fn moment(&self, name: &str, digits: Option<u8>) -> Option<Written> {
        let written = |sql: String| Some(plain(sql, Yields::Moment));
        let known = |sql: &str| written(sql.to_owned());
        let fraction = digits.map_or(String::new(), |n| format!("({n})"));
        match (self.from(), self.to(), name) {
            (Dialect::Sqlite, Dialect::Mysql, "CURRENT_TIMESTAMP") => known("utc_timestamp()"),
            (Dialect::Sqlite, Dialect::Mysql, "CURRENT_DATE") => known("utc_date()"),
            (Dialect::Sqlite, Dialect::Mysql, "CURRENT_TIME") => known("utc_time()"),
            (Dialect::Sqlite, _, "CURRENT_TIMESTAMP") => known(NOW),
            (Dialect::Sqlite, _, "CURRENT_DATE") => known(TODAY),
            (Dialect::Sqlite, _, "CURRENT_TIME") => known(CLOCK),
            (Dialect::Sqlite, ..) => None,
            (_, Dialect::Mysql, "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" | "NOW") => {
                written(format!("CURRENT_TIMESTAMP({})", digits.unwrap_or(6)))
            }
            (Dialect::Mysql, Dialect::Postgres, "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" | "NOW") => {
                written(format!("CURRENT_TIMESTAMP({})", digits.unwrap_or(0)))
            }
            (_, Dialect::Postgres, "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" | "NOW") => {
                written(format!("CURRENT_TIMESTAMP{fraction}"))
            }
            (_, _, "CURRENT_TIMESTAMP" | "LOCALTIMESTAMP" | "NOW") => known("CURRENT_TIMESTAMP"),
            (_, Dialect::Mysql, "CURRENT_DATE" | "CURDATE") => known("CURRENT_DATE()"),
            (_, _, "CURRENT_DATE" | "CURDATE") => known("CURRENT_DATE"),
            (_, Dialect::Mysql, "CURRENT_TIME" | "CURTIME" | "LOCALTIME") => {
                known("CURRENT_TIME()")
            }
            (_, Dialect::Postgres, "CURRENT_TIME" | "CURTIME" | "LOCALTIME") => {
                known("LOCALTIME(0)")
            }
            (_, Dialect::Sqlite, "CURRENT_TIME" | "CURTIME") => known("CURRENT_TIME"),
            _ => None,
        }
    }

    fn case(&mut self) -> Parsed {
        let operand = match self.peek().is_some_and(|t| t.is_word("WHEN")) {
            true => None,
            false => Some(self.sum()?),
        };
        let mut text = "CASE".to_owned();
        if let Some(operand) = &operand {
            text.push_str(&format!(" {}", operand.sql));
        }
        let mut results: Vec<Written> = Vec::new();
        while self.eat_word("WHEN") {
            let when = match &operand {
                Some(operand) => {
                    let value = self.sum()?;
                    self.beside(operand, value, "=")?.sql
                }
                None => {
                    let condition = self.or()?;
                    self.truth(condition)?
                }
            };
            self.expect_word("THEN")?;
            let result = self.or()?;
            text.push_str(&format!(" WHEN {when} THEN {}", result.sql));
            results.push(result);
        }
        if self.eat_word("ELSE") {
            let result = self.or()?;
            text.push_str(&format!(" ELSE {}", result.sql));
            results.push(result);
        }
        self.expect_word("END")?;
        text.push_str(" END");
        let yields = common_kind(&results)?;
        Ok(Written { folds: results.iter().any(|r| r.folds), ..plain(format!("({text})"), yields) })
    }

    fn cast_call(&mut self) -> Parsed {
        self.expect_sign("(")?;
        let value = self.or()?;
        self.expect_word("AS")?;
        let to = self.type_name()?;
        while self.peek().is_some_and(|t| !t.is_sign(")")) {
            // `charset utf8mb4` and the like.
            self.at += 1;
        }
        self.expect_sign(")")?;
        self.recast(value, &to)
    }

    /// `::type`, any number of them; the last one counts.
    pub(super) fn cast(&mut self) -> Result<Option<CastTo>, String> {
        let mut last = None;
        while self.eat_sign("::") {
            last = Some(self.type_name()?);
        }
        Ok(last)
    }

    fn type_name(&mut self) -> Result<CastTo, String> {
        const ENDS: &[&str] = &[
            "AND", "OR", "NOT", "IN", "IS", "BETWEEN", "LIKE", "AS", "THEN", "ELSE", "END", "WHEN",
            "DESC", "ASC", "CHARSET", "FROM", "ORDER",
        ];
        let mut words = Vec::new();
        while let Some(Token::Word(word) | Token::Quoted(word)) = self.peek() {
            if ENDS.iter().any(|end| word.eq_ignore_ascii_case(end)) {
                break;
            }
            words.push(word.to_ascii_lowercase());
            self.at += 1;
            // A type with its schema is one of the users'.
            if self.eat_sign(".") {
                words.clear();
            }
        }
        if words.is_empty() {
            return Err("a cast to a type that is not known here".to_owned());
        }
        let mut arguments = Vec::new();
        if self.eat_sign("(") {
            while !self.eat_sign(")") {
                match self.peek() {
                    None => return Err("\")\" is missing".to_owned()),
                    Some(Token::Number(number)) => arguments.push(number.clone()),
                    Some(_) => {}
                }
                self.at += 1;
            }
        }
        // `timestamp(3) without time zone`
        while let Some(Token::Word(word)) = self.peek() {
            if !["with", "without", "time", "zone"].contains(&word.to_ascii_lowercase().as_str()) {
                break;
            }
            words.push(word.to_ascii_lowercase());
            self.at += 1;
        }
        let array = self.eat_sign("[");
        if array {
            self.expect_sign("]")?;
        }
        Ok(CastTo { name: words.join(" "), arguments, array })
    }

    /// A cast that changes nothing is left out; one that computes is refused, but for whole numbers
    /// to text.
    pub(super) fn recast(&self, value: Written, to: &CastTo) -> Parsed {
        const INTS: &[&str] =
            &["smallint", "integer", "bigint", "int", "signed", "signed integer", "unsigned"];
        const TEXTS: &[&str] =
            &["text", "character varying", "character", "bpchar", "varchar", "char", "nchar"];
        let name = to.name.as_str();
        let is_literal = value.text.is_some();
        if value.sql == "NULL" {
            return Ok(value);
        }
        let negative = |v: &Written| v.sql.trim_start_matches('(').starts_with('-');
        match value.yields {
            Yields::Int if INTS.contains(&name) && (name != "unsigned" || !negative(&value)) => {
                Ok(value)
            }
            Yields::Int | Yields::Decimal if matches!(name, "numeric" | "decimal") => {
                match to.arguments.is_empty() && name == "numeric" {
                    true => Ok(Written { yields: Yields::Decimal, ..value }),
                    false => Ok(plain(
                        format!("cast({} as decimal({}))", value.sql, to.arguments.join(",")),
                        Yields::Decimal,
                    )),
                }
            }
            Yields::Float if matches!(name, "double precision" | "double" | "real") => Ok(value),
            Yields::Int if TEXTS.contains(&name) && to.arguments.is_empty() => {
                Ok(plain(self.int_as_text(&value.sql), Yields::Text))
            }
            // PostgreSQL prints negative defaults as '-1'::integer.
            Yields::Text if is_literal && (INTS.contains(&name) || is_fractional(name)) => {
                self.number_of(&value, name)
            }
            Yields::Text if TEXTS.contains(&name) && (is_literal || to.arguments.is_empty()) => {
                Ok(value)
            }
            Yields::Moment if is_same_moment(&value, name) => Ok(value),
            // Dates, enums, json: the text is what the other one keeps.
            Yields::Text if is_literal && to.array => {
                Ok(Written { yields: Yields::Other, ..value })
            }
            Yields::Text if is_literal && !matches!(name, "bytea" | "regclass" | "interval") => {
                let moment = ["date", "time", "timestamp"].iter().any(|m| name.starts_with(m));
                let yields = if moment { Yields::Moment } else { Yields::Other };
                Ok(Written { yields, ..value })
            }
            _ => Err(format!("a cast to {name}")),
        }
    }

    fn int_as_text(&self, sql: &str) -> String {
        match self.to() {
            Dialect::Mysql => format!("cast({sql} as char)"),
            Dialect::Postgres | Dialect::Sqlite => format!("cast({sql} as text)"),
        }
    }

    fn number_of(&self, value: &Written, name: &str) -> Parsed {
        let digits = value.text.clone().unwrap_or_default();
        let yields = if is_fractional(name) { Yields::Decimal } else { Yields::Int };
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(plain(digits, yields)),
            _ => Err("a number that only PostgreSQL knows".to_owned()),
        }
    }

    /// Texts in a row; NULL when one of them is.
    pub(super) fn joined(&self, parts: &[Written]) -> Parsed {
        let mut written = Vec::new();
        for part in parts {
            written.push(match part.yields {
                Yields::Text => part.sql.clone(),
                Yields::Int => self.int_as_text(&part.sql),
                _ => return Err("texts are joined with something else".to_owned()),
            });
        }
        let folds = parts.iter().any(|p| p.folds);
        let sql = match self.to() {
            Dialect::Mysql => format!("concat({})", written.join(", ")),
            Dialect::Postgres | Dialect::Sqlite if written.len() == 1 => written.remove(0),
            Dialect::Postgres | Dialect::Sqlite => format!("({})", written.join(" || ")),
        };
        Ok(Written { folds, ..plain(sql, Yields::Text) })
    }
}

fn is_fractional(name: &str) -> bool {
    matches!(name, "numeric" | "decimal" | "real" | "double precision")
}

fn is_same_moment(value: &Written, name: &str) -> bool {
    match value.labels.first().map(String::as_str) {
        Some("date") => name == "date",
        Some("timestamp") => name == "timestamp without time zone",
        _ => value.text.is_some(),
    }
}

/// The kind that all results have; NULL has any.
pub(super) fn common_kind(results: &[Written]) -> Result<Yields, String> {
    let mut common: Option<Yields> = None;
    for result in results.iter().filter(|r| r.sql != "NULL") {
        common = match common {
            None => Some(result.yields),
            Some(kind) if kind == result.yields => Some(kind),
            Some(kind) if kind.is_number() && result.yields.is_number() => {
                Some(wider(kind, result.yields))
            }
            Some(_) => return Err("one expression yields values of different types".to_owned()),
        };
    }
    Ok(common.unwrap_or(Yields::Other))
}

/// Two values that stand for one another.
pub(super) fn alike(left: &Written, right: &Written) -> Result<(Written, Written), String> {
    let right = as_truth_beside(right.clone(), left);
    let left = as_truth_beside(left.clone(), &right);
    comparable(&left, &right, "=")?;
    Ok((left, right))
}
