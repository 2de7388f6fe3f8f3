//! Reads a CREATE TABLE that somebody wrote by hand, for any of the three engines: its columns as
//! far as a plan must know them, and the statements that follow it. Nothing is rewritten but the
//! table's name.

use super::super::name::{Dialect, ObjectName};
use super::lone::statements;
use super::qualified;
use super::token::{Spanned, Token, tokens};

/// A statement by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateTable {
    /// Schema, where the text has one, and name.
    pub schema: Option<String>,
    pub name: String,
    pub columns: Vec<NewColumn>,
    pub has_primary_key: bool,
    /// What stands before and behind the name.
    head: String,
    tail: String,
    /// Statements that follow.
    more: Vec<String>,
}

/// One column of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewColumn {
    pub name: String,
    pub declared: String,
    pub not_null: bool,
    pub has_default: bool,
    /// Computes itself.
    pub generated: bool,
    /// Numbered by the engine.
    pub identity: bool,
}

/// Words that end a column's type.
const AFTER_TYPE: [&str; 25] = [
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "CONSTRAINT",
    "GENERATED",
    "COLLATE",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COMMENT",
    "ON",
    "AS",
    "CHARSET",
    "INVISIBLE",
    "VISIBLE",
    "VIRTUAL",
    "STORED",
    "PERSISTENT",
    "STORAGE",
    "COMPRESSION",
    "KEY",
    "COLUMN_FORMAT",
];

/// Words that begin something else than a column.
const NO_COLUMN: [&str; 10] = [
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "FOREIGN",
    "KEY",
    "INDEX",
    "FULLTEXT",
    "SPATIAL",
    "EXCLUDE",
];

impl CreateTable {
    /// # Errors
    /// Why it cannot be read, as a phrase.
    pub fn read(text: &str, dialect: Dialect) -> Result<CreateTable, String> {
        let mut statements = statements(dialect, text).into_iter().map(|(_, text)| text);
        let first = statements.next().ok_or("there is no statement")?;
        let mut made = CreateTable::head_of(first, &tokens(first, dialect), dialect)?;
        for statement in statements {
            let programs = ["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "DROP", "TRUNCATE"];
            let all = tokens(statement, dialect);
            let second = all.iter().take(4).map(|t| &t.token);
            if second.into_iter().any(|t| programs.iter().any(|word| t.is_word(word))) {
                return Err("only indexes, comments and the like may follow the table".to_owned());
            }
            made.more.push(statement.to_owned());
        }
        Ok(made)
    }

    /// The statements that make it as `target`.
    #[must_use]
    pub fn statements(&self, dialect: Dialect, target: &ObjectName) -> Vec<String> {
        let create = format!("{}{}{}", self.head, qualified(dialect, target), self.tail);
        std::iter::once(create).chain(self.more.iter().cloned()).collect()
    }

    /// The statements behind the first.
    #[must_use]
    pub fn following(&self) -> &[String] {
        &self.more
    }

    fn head_of(text: &str, all: &[Spanned], dialect: Dialect) -> Result<CreateTable, String> {
        let word = |at: usize, word: &str| all.get(at).is_some_and(|t| t.token.is_word(word));
        if !word(0, "CREATE") {
            return Err("it does not begin with CREATE TABLE".to_owned());
        }
        let mut at = 1;
        if word(at, "UNLOGGED") {
            at += 1;
        }
        if !word(at, "TABLE") {
            return Err("it does not begin with CREATE TABLE".to_owned());
        }
        let head = text[all[0].start..all[at].end].to_owned() + " ";
        at += 1;
        if word(at, "IF") && word(at + 1, "NOT") && word(at + 2, "EXISTS") {
            // Whether it exists was looked at before, and is not passed over.
            at += 3;
        }
        let mut made = CreateTable { head, ..CreateTable::default() };
        made.name = name_at(all, at, dialect).ok_or("it names no table")?;
        at += 1;
        if all.get(at).is_some_and(|t| t.token.is_sign(".")) {
            let name = name_at(all, at + 1, dialect).ok_or("it names no table")?;
            made.schema = Some(std::mem::replace(&mut made.name, name));
            at += 2;
        }
        let open = all.get(at).filter(|t| t.token.is_sign("("));
        open.ok_or("there is no list of columns behind the name")?;
        let end = all.last().map_or(0, |last| last.end);
        made.tail = format!(" {}", &text[all[at].start..end]);
        made.read_columns(text, &all[at + 1..], dialect)?;
        Ok(made)
    }

    fn read_columns(
        &mut self,
        text: &str,
        mut rest: &[Spanned],
        dialect: Dialect,
    ) -> Result<(), String> {
        loop {
            let end = end_of_entry(rest).ok_or("a parenthesis is not closed")?;
            let closes = rest[end].token.is_sign(")");
            self.entry(text, &rest[..end], dialect)?;
            rest = &rest[end + 1..];
            if closes {
                return Ok(());
            }
        }
    }

    fn entry(&mut self, text: &str, entry: &[Spanned], dialect: Dialect) -> Result<(), String> {
        let Some(first) = entry.first() else {
            return Err("a column is missing between two commas".to_owned());
        };
        let is = |word: &&str| first.token.is_word(word);
        if first.token.is_word("LIKE") {
            return Err("LIKE says no columns".to_owned());
        }
        if NO_COLUMN.iter().any(is) {
            self.key(entry, dialect);
            return Ok(());
        }
        let name = name_at(entry, 0, dialect)
            .ok_or_else(|| format!("{:?} is no column's name", &text[first.start..first.end]))?;
        let column = column(text, name, &entry[1..]);
        self.has_primary_key |= words(entry, "PRIMARY", "KEY").is_some();
        if self.columns.iter().any(|c| c.name == column.name) {
            return Err(format!("column {} is there twice", column.name));
        }
        self.columns.push(column);
        Ok(())
    }

    /// A primary key over several columns: none of them is NULL.
    fn key(&mut self, entry: &[Spanned], dialect: Dialect) {
        let Some(at) = words(entry, "PRIMARY", "KEY") else { return };
        self.has_primary_key = true;
        let names: Vec<String> =
            (at + 2..entry.len()).filter_map(|i| name_at(entry, i, dialect)).collect();
        for column in &mut self.columns {
            column.not_null |= names.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        }
    }
}

fn column(text: &str, name: String, rest: &[Spanned]) -> NewColumn {
    let ends = |at: usize| {
        let token = &rest[at].token;
        let set = rest.get(at + 1).is_some_and(|next| next.token.is_word("SET"));
        AFTER_TYPE.iter().any(|word| token.is_word(word))
            || at > 0 && token.is_word("CHARACTER") && set
    };
    let end = (0..rest.len()).find(|at| ends(*at)).unwrap_or(rest.len());
    let declared = slice(text, &rest[..end]).to_owned();
    let has = |word: &str| outer(rest).any(|t| t.token.is_word(word));
    let primary = words(rest, "PRIMARY", "KEY").is_some();
    let serial = ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"];
    let serial = serial.iter().position(|word| declared.eq_ignore_ascii_case(word));
    let identity = has("AUTO_INCREMENT")
        || words(rest, "AS", "IDENTITY").is_some()
        || primary && declared.eq_ignore_ascii_case("INTEGER");
    let whole = ["integer", "bigint", "smallint", "integer", "bigint", "smallint"];
    NewColumn {
        name,
        not_null: primary || words(rest, "NOT", "NULL").is_some(),
        has_default: has("DEFAULT") || serial.is_some() || identity,
        generated: has("AS") && words(rest, "AS", "IDENTITY").is_none(),
        identity,
        declared: serial.map_or(declared, |at| whole[at].to_owned()),
    }
}

/// Tokens outside of parentheses.
fn outer(all: &[Spanned]) -> impl Iterator<Item = &Spanned> {
    let mut depth = 0_i32;
    all.iter().filter(move |spanned| {
        if spanned.token.is_sign("(") {
            depth += 1;
        } else if spanned.token.is_sign(")") {
            depth -= 1;
        }
        depth == 0
    })
}

fn words(all: &[Spanned], first: &str, second: &str) -> Option<usize> {
    all.windows(2).position(|pair| pair[0].token.is_word(first) && pair[1].token.is_word(second))
}

/// PostgreSQL folds what is not quoted; the others do not care for case.
fn name_at(all: &[Spanned], at: usize, dialect: Dialect) -> Option<String> {
    match &all.get(at)?.token {
        Token::Word(name) if dialect == Dialect::Postgres => Some(name.to_lowercase()),
        Token::Word(name) | Token::Quoted(name) => Some(name.clone()),
        _ => None,
    }
}

fn slice<'a>(text: &'a str, all: &[Spanned]) -> &'a str {
    match (all.first(), all.last()) {
        (Some(first), Some(last)) => &text[first.start..last.end],
        _ => "",
    }
}

/// Position of the comma or parenthesis that ends the entry which `rest` begins with.
fn end_of_entry(rest: &[Spanned]) -> Option<usize> {
    let mut depth = 0;
    for (at, spanned) in rest.iter().enumerate() {
        match &spanned.token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") if depth == 0 => return Some(at),
            Token::Sign(")") => depth -= 1,
            Token::Sign(",") if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_in_the_words_of_three_engines() {
        let postgres = CreateTable::read(
            "create table if not exists sales.\"Orders\" (\n id bigserial primary key,\n \
             \"Key\" character varying(10) not null default 'a,b' collate \"C\",\n \
             at timestamp(3) with time zone,\n total numeric(10, 2) check (total > 0),\n \
             double numeric generated always as (total * 2) stored\n) with (fillfactor = 70);\n\
             create index ix on sales.\"Orders\" (at);",
            Dialect::Postgres,
        )
        .unwrap();
        let declared: Vec<&str> = postgres.columns.iter().map(|c| c.declared.as_str()).collect();
        let types = [
            "bigint",
            "character varying(10)",
            "timestamp(3) with time zone",
            "numeric(10, 2)",
            "numeric",
        ];
        assert_eq!(declared, types);
        assert!(postgres.columns[0].not_null && postgres.columns[0].has_default);
        assert!(postgres.columns[1].not_null && postgres.columns[1].has_default);
        assert!(postgres.columns[4].generated && postgres.has_primary_key);
        assert_eq!(postgres.schema.as_deref(), Some("sales"));
        let made = postgres.statements(Dialect::Postgres, &ObjectName::new("s", "o"));
        assert!(made[0].starts_with("create table \"s\".\"o\" (\n id bigserial"), "{}", made[0]);
        assert!(made[0].ends_with("with (fillfactor = 70)") && made.len() == 2);

        let mysql = CreateTable::read(
            "CREATE TABLE t (`a b` int unsigned NOT NULL AUTO_INCREMENT, s varchar(9) character \
             set utf8mb4, PRIMARY KEY (`a b`), KEY k (s)) ENGINE=InnoDB",
            Dialect::Mysql,
        )
        .unwrap();
        assert_eq!(mysql.columns[0].declared, "int unsigned");
        assert!(mysql.columns[0].identity && mysql.columns[0].not_null);
        assert_eq!((mysql.columns[1].declared.as_str(), mysql.columns.len()), ("varchar(9)", 2));

        let sqlite = "CREATE TABLE [t](id INTEGER PRIMARY KEY, x, [y z] TEXT NOT NULL)";
        let sqlite = CreateTable::read(sqlite, Dialect::Sqlite).unwrap();
        assert_eq!(sqlite.columns[1].declared, "");
        assert!(sqlite.columns[0].identity && sqlite.columns[2].not_null);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            ("", "no statement"),
            ("drop table x", "begin with CREATE TABLE"),
            ("create table x as select 1", "no list of columns"),
            ("create table x (like y)", "LIKE"),
            ("create table x (a int", "not closed"),
            ("create table x (a int,, b int)", "between two commas"),
            ("create table x (a int, a text)", "twice"),
            ("create table x (a int); drop table y", "may follow"),
            ("create or replace table x (a int)", "begin with CREATE TABLE"),
        ] {
            let error = CreateTable::read(text, Dialect::Postgres).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
