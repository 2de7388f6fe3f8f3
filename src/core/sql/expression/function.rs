//! Functions that mean the same on two engines, under each one's name.

use super::super::super::name::Dialect;
use super::super::literal;
use super::value::{alike, common_kind};
use super::{Parsed, Parser, Token, Written, Yields, boolean, plain};

impl Parser<'_> {
    /// After its name, at the opening parenthesis.
    pub(super) fn function(&mut self, name: &str) -> Parsed {
        self.expect_sign("(")?;
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "extract" => return self.extract(),
            "count" | "sum" | "min" | "max" | "avg" | "group_concat" | "string_agg" => {
                return self.aggregate(&lower);
            }
            _ => {}
        }
        let mut arguments = Vec::new();
        if !self.eat_sign(")") {
            loop {
                arguments.push(self.or()?);
                let words = lower == "substring" && (self.eat_word("FROM") || self.eat_word("FOR"));
                if !words && !self.eat_sign(",") {
                    break;
                }
            }
            self.expect_sign(")")?;
        }
        let made = self.text_function(&lower, &arguments)?;
        let made = match made {
            None => self.choice(&lower, &arguments)?,
            made => made,
        };
        let made = match made {
            None => self.number_function(&lower, &arguments)?,
            made => made,
        };
        let made = match made {
            None => self.moment_function(&lower, &arguments),
            made => made,
        };
        made.ok_or_else(|| format!("the function {name} does not translate"))
    }

    fn text_function(&self, name: &str, arguments: &[Written]) -> Result<Option<Written>, String> {
        let (from, to) = (self.from(), self.to());
        let texts = arguments.iter().all(|a| a.yields == Yields::Text);
        let text = |sql: String| Ok(Some(text_like(sql, arguments)));
        let int = |sql: String| Ok(Some(plain(sql, Yields::Int)));
        match (name, arguments) {
            ("length" | "octet_length", [only])
                if texts && (from == Dialect::Mysql || name == "octet_length") =>
            {
                int(match to {
                    Dialect::Postgres => format!("octet_length({})", only.sql),
                    Dialect::Mysql => format!("length({})", only.sql),
                    Dialect::Sqlite => format!("length(cast({} as blob))", only.sql),
                })
            }
            ("length" | "char_length" | "character_length", [only]) if texts => int(match to {
                Dialect::Mysql => format!("char_length({})", only.sql),
                Dialect::Postgres | Dialect::Sqlite => format!("length({})", only.sql),
            }),
            ("upper" | "ucase" | "lower" | "lcase", [only]) if texts => {
                if (from == Dialect::Sqlite) != (to == Dialect::Sqlite) {
                    return Err(format!("{name} knows the letters of ASCII only in SQLite"));
                }
                let name = if name.starts_with('u') { "upper" } else { "lower" };
                text(format!("{name}({})", only.sql))
            }
            ("trim" | "btrim", [only]) if texts => text(format!("trim({})", only.sql)),
            ("ltrim" | "rtrim", [only]) if texts => text(format!("{name}({})", only.sql)),
            ("substr" | "substring", [whole, start, rest @ ..])
                if whole.yields == Yields::Text
                    && is_natural(start, 1)
                    && rest.len() < 2
                    && rest.iter().all(|len| is_natural(len, 0)) =>
            {
                let rest = rest.first().map_or(String::new(), |len| format!(", {}", len.sql));
                Ok(Some(text_like(
                    format!("substr({}, {}{rest})", whole.sql, start.sql),
                    arguments,
                )))
            }
            ("left" | "right", [whole, count])
                if whole.yields == Yields::Text && is_natural(count, 1) =>
            {
                let sql = match (to, name) {
                    (Dialect::Sqlite, "left") => format!("substr({}, 1, {})", whole.sql, count.sql),
                    (Dialect::Sqlite, _) => format!("substr({}, -{})", whole.sql, count.sql),
                    _ => format!("{name}({}, {})", whole.sql, count.sql),
                };
                Ok(Some(text_like(sql, arguments)))
            }
            ("replace", [_, _, _]) if texts && arguments.iter().all(|a| !a.folds) => {
                text(format!("replace({})", list(arguments)))
            }
            ("concat", [_, ..]) => self.concat(arguments).map(Some),
            _ => Ok(None),
        }
    }

    /// MySQL's is NULL when a part is; PostgreSQL's and SQLite's skip NULLs.
    fn concat(&self, arguments: &[Written]) -> Parsed {
        if self.from() == Dialect::Mysql {
            return self.joined(arguments);
        }
        let skipping: Vec<Written> = arguments
            .iter()
            .map(|a| match a.text {
                Some(_) => a.clone(),
                None => Written { sql: format!("coalesce({}, '')", a.sql), ..a.clone() },
            })
            .collect();
        if arguments.iter().any(|a| a.yields != Yields::Text) {
            return Err("texts are joined with something else".to_owned());
        }
        self.joined(&skipping)
    }

    fn choice(&self, name: &str, arguments: &[Written]) -> Result<Option<Written>, String> {
        let made = |sql: String, of: &[Written]| -> Result<Option<Written>, String> {
            let folds = of.iter().any(|a| a.folds);
            Ok(Some(Written { folds, ..plain(sql, common_kind(of)?) }))
        };
        match (name, arguments) {
            ("coalesce", [_, ..]) | ("ifnull", [_, _]) => {
                made(format!("coalesce({})", list(arguments)), arguments)
            }
            ("nullif", [left, right]) => {
                let (left, right) = alike(left, right)?;
                let yields = left.yields;
                Ok(Some(plain(format!("nullif({}, {})", left.sql, right.sql), yields)))
            }
            ("if" | "iif", [condition, yes, no]) => {
                let condition = self.truth(condition.clone())?;
                let sql = format!("(CASE WHEN {condition} THEN {} ELSE {} END)", yes.sql, no.sql);
                made(sql, &arguments[1..])
            }
            ("isnull", [only]) if self.from() == Dialect::Mysql => {
                Ok(Some(boolean(format!("({} IS NULL)", only.sql))))
            }
            ("json_valid", [only]) if self.to() != Dialect::Postgres => {
                Ok(Some(boolean(format!("json_valid({})", only.sql))))
            }
            _ => Ok(None),
        }
    }

    fn number_function(
        &self,
        name: &str,
        arguments: &[Written],
    ) -> Result<Option<Written>, String> {
        let exact = arguments.iter().all(|a| matches!(a.yields, Yields::Int | Yields::Decimal));
        let lite = self.from() == Dialect::Sqlite || self.to() == Dialect::Sqlite;
        match (name, arguments) {
            ("abs", [only]) if only.yields.is_number() => {
                Ok(Some(plain(format!("abs({})", only.sql), only.yields)))
            }
            ("mod", [left, right]) => self
                .arithmetic(left, "%", right)
                .map(|made| Some(Written { sql: format!("({})", made.sql), ..made })),
            ("round", [only]) if exact && !lite => {
                Ok(Some(plain(format!("round({})", only.sql), Yields::Decimal)))
            }
            ("round", [only, digits]) if exact && !lite && is_natural(digits, 0) => {
                let sql = format!("round({}, {})", only.sql, digits.sql);
                Ok(Some(plain(sql, Yields::Decimal)))
            }
            ("floor" | "ceil" | "ceiling", [only]) if exact && !lite => {
                Ok(Some(plain(format!("{name}({})", only.sql), Yields::Decimal)))
            }
            _ => Ok(None),
        }
    }

    fn moment_function(&self, name: &str, arguments: &[Written]) -> Option<Written> {
        let upper = name.to_ascii_uppercase();
        match (name, arguments) {
            ("now" | "transaction_timestamp" | "statement_timestamp", []) => {
                self.moment("NOW", (self.from() == Dialect::Mysql).then_some(0))
            }
            ("current_timestamp" | "localtimestamp" | "localtime", [])
                if self.from() == Dialect::Mysql =>
            {
                self.moment("NOW", Some(0))
            }
            ("now" | "current_timestamp" | "localtimestamp" | "localtime", [digits])
                if self.from() != Dialect::Sqlite =>
            {
                self.moment("NOW", digits.sql.parse().ok().filter(|n| *n <= 6))
            }
            ("curdate" | "current_date" | "curtime" | "current_time", [])
                if self.from() == Dialect::Mysql =>
            {
                self.moment(&upper, None)
            }
            ("datetime" | "date" | "time", [only])
                if self.from() == Dialect::Sqlite
                    && only.text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("now")) =>
            {
                self.moment(
                    match name {
                        "date" => "CURRENT_DATE",
                        "time" => "CURRENT_TIME",
                        _ => "CURRENT_TIMESTAMP",
                    },
                    None,
                )
            }
            ("year" | "month" | "day" | "dayofmonth" | "quarter", [only])
                if self.from() == Dialect::Mysql =>
            {
                self.part(if name == "dayofmonth" { "day" } else { name }, only)
            }
            ("date_part", [what, only]) if self.from() == Dialect::Postgres => {
                self.part(what.text.as_deref()?, only)
            }
            ("uuid", []) if self.to() == Dialect::Postgres => {
                Some(plain("gen_random_uuid()::text", Yields::Text))
            }
            ("gen_random_uuid" | "uuid_generate_v4", []) if self.to() == Dialect::Mysql => {
                Some(plain("uuid()", Yields::Text))
            }
            _ => None,
        }
    }

    /// A whole part of a date: of a column that has a date and no zone.
    fn part(&self, what: &str, of: &Written) -> Option<Written> {
        let dated = of.labels.iter().any(|shape| shape == "date" || shape == "timestamp");
        if of.yields != Yields::Moment || !dated {
            return None;
        }
        let format = match what {
            "year" => "%Y",
            "month" => "%m",
            "day" => "%d",
            "quarter" => "",
            _ => return None,
        };
        let sql = match self.to() {
            Dialect::Postgres => format!("cast(extract({what} from {}) as integer)", of.sql),
            Dialect::Mysql => format!("{what}({})", of.sql),
            Dialect::Sqlite if format.is_empty() => {
                format!("((cast(strftime('%m', {}) as integer) + 2) / 3)", of.sql)
            }
            Dialect::Sqlite => format!("cast(strftime('{format}', {}) as integer)", of.sql),
        };
        Some(plain(sql, Yields::Int))
    }

    fn extract(&mut self) -> Parsed {
        let Some(Token::Word(what)) = self.peek().cloned() else {
            return Err("EXTRACT of something that is not known".to_owned());
        };
        self.at += 1;
        self.expect_word("FROM")?;
        let of = self.or()?;
        self.expect_sign(")")?;
        self.part(&what.to_ascii_lowercase(), &of)
            .ok_or_else(|| format!("EXTRACT of {what} does not translate"))
    }

    fn aggregate(&mut self, name: &str) -> Parsed {
        if self.scope.tables.is_none() {
            return Err(format!("the function {name} does not translate"));
        }
        if self.in_aggregate {
            return Err("one aggregate inside another".to_owned());
        }
        self.aggregates += 1;
        if name == "count" && self.eat_sign("*") {
            self.expect_sign(")")?;
            return Ok(plain("count(*)", Yields::Int));
        }
        self.in_aggregate = true;
        let distinct = self.eat_word("DISTINCT");
        let value = self.or()?;
        let made = match name {
            "group_concat" | "string_agg" => self.gathered(&value, distinct)?,
            _ => self.simple_aggregate(name, &value, distinct)?,
        };
        self.in_aggregate = false;
        self.expect_sign(")")?;
        if self.peek().is_some_and(|t| t.is_word("FILTER") || t.is_word("OVER")) {
            return Err("an aggregate over a window or with a filter".to_owned());
        }
        Ok(made)
    }

    fn simple_aggregate(&mut self, name: &str, value: &Written, distinct: bool) -> Parsed {
        if distinct && value.folds {
            self.note_folding();
        }
        let word = if distinct { "DISTINCT " } else { "" };
        let sql = format!("{name}({word}{})", value.sql);
        match name {
            "count" => Ok(plain(sql, Yields::Int)),
            "sum" if value.yields.is_number() => Ok(plain(
                sql,
                if value.yields == Yields::Float { Yields::Float } else { Yields::Decimal },
            )),
            "min" | "max" if value.yields.is_number() || value.yields == Yields::Moment => {
                Ok(Written { labels: value.labels.clone(), ..plain(sql, value.yields) })
            }
            "avg" if value.yields == Yields::Float => Ok(plain(sql, Yields::Float)),
            "avg" => Err("averages have other digits on the other engine".to_owned()),
            _ => Err(TEXT_EXTREME.to_owned()),
        }
    }

    /// `group_concat(x ORDER BY y SEPARATOR s)`, `string_agg(x, s ORDER BY y)`,
    /// `group_concat(x, s)`.
    fn gathered(&mut self, value: &Written, distinct: bool) -> Parsed {
        let value = self.joined(std::slice::from_ref(value))?;
        let mut separator = ",".to_owned();
        if self.eat_sign(",") {
            let given = self.or()?;
            separator = given.text.ok_or("a separator that is no literal")?;
        }
        let mut order = Vec::new();
        if self.eat_words(&["ORDER", "BY"]) {
            loop {
                let by = self.or()?;
                let down = self.eat_word("DESC");
                self.eat_word("ASC");
                order.push(format!("{}{}", by.sql, if down { " DESC" } else { "" }));
                if !self.eat_sign(",") {
                    break;
                }
            }
        }
        if self.eat_word("SEPARATOR") {
            let given = self.primary()?;
            separator = given.text.ok_or("a separator that is no literal")?;
        }
        if distinct && value.folds {
            self.note_folding();
        }
        let word = if distinct { "DISTINCT " } else { "" };
        let by = match order.as_slice() {
            [] => String::new(),
            order => format!(" ORDER BY {}", order.join(", ")),
        };
        let separator = literal(self.to(), &separator);
        let sql = match self.to() {
            // With DISTINCT it orders by what it gathers only.
            Dialect::Postgres if distinct && order.iter().any(|o| *o != value.sql) => {
                return Err("a list of distinct texts in another order".to_owned());
            }
            Dialect::Postgres => format!("string_agg({word}{}, {separator}{by})", value.sql),
            Dialect::Mysql => {
                format!("group_concat({word}{}{by} SEPARATOR {separator})", value.sql)
            }
            Dialect::Sqlite if distinct || !order.is_empty() => {
                return Err("a list in a certain order, or of distinct texts".to_owned());
            }
            Dialect::Sqlite => format!("group_concat({}, {separator})", value.sql),
        };
        Ok(Written { folds: value.folds, ..plain(sql, Yields::Text) })
    }

    /// The two engines do not tell the same texts apart.
    pub(super) fn note_folding(&mut self) {
        let note = "texts that differ in case or accents only were one to the source and are \
                    several here";
        if !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }
}

const TEXT_EXTREME: &str = "the smallest and largest text depend on the engine's order of texts";

fn text_like(sql: String, of: &[Written]) -> Written {
    Written { folds: of.iter().any(|a| a.folds), ..plain(sql, Yields::Text) }
}

fn list(arguments: &[Written]) -> String {
    arguments.iter().map(|a| a.sql.as_str()).collect::<Vec<_>>().join(", ")
}

/// A whole number that is surely not below `least`.
fn is_natural(value: &Written, least: i64) -> bool {
    let length = ["length(", "char_length(", "octet_length("];
    value.sql.parse::<i64>().is_ok_and(|n| n >= least)
        || least == 0 && length.iter().any(|name| value.sql.starts_with(name))
}
