//! Reads what MySQL and MariaDB answer to SHOW CREATE TABLE, cuts it into what must be there before
//! the rows and what is better made after them, and writes both for another database or name.
//!
//! Before the rows: columns, checks, the primary key, the key that AUTO_INCREMENT needs, and the
//! unique key that InnoDB clusters a table by when it has no primary key. After them: every other
//! index, then foreign keys. Tables with system versioning keep all their indexes: MariaDB refuses
//! to alter them. Nothing is interpreted that need not be: pieces keep their text.

use super::super::name::{Dialect, ObjectName};
use super::token::{Spanned, Token, tokens};
use super::{qualified, quote};

/// A CREATE TABLE statement in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MysqlTable {
    pub name: String,
    /// What stands between the parentheses, in order.
    pub entries: Vec<Entry>,
    /// What follows them, without `AUTO_INCREMENT` and `PARTITION BY`.
    pub options: String,
    /// The next number, where the text tells.
    pub auto_increment: Option<u64>,
    /// `PARTITION BY ...`; empty for a table in one piece.
    pub partitions: String,
}

/// One column, key or constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// Of a column, index or constraint; empty where it has none.
    pub name: String,
    /// The whole definition without the comma.
    pub text: String,
    /// Columns of a key, in order; an expression is an empty name.
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    Column,
    PrimaryKey,
    Index {
        unique: bool,
        fulltext: bool,
        spatial: bool,
    },
    ForeignKey {
        /// The database, where the text names one, and the table.
        to: (Option<String>, String),
    },
    Check,
    /// `PERIOD FOR ...`.
    Other,
}

/// One statement for after the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatePart {
    pub name: String,
    /// On the target.
    pub statement: String,
    /// Of a foreign key: the table it refers to, on the target.
    pub to_table: Option<ObjectName>,
    /// Of an index: it can refuse rows.
    pub unique: bool,
}

/// The statements that make a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MysqlStatements {
    pub create: String,
    pub indexes: Vec<LatePart>,
    pub foreign_keys: Vec<LatePart>,
}

impl MysqlTable {
    /// `None` when the text is no CREATE TABLE with columns.
    #[must_use]
    pub fn read(sql: &str) -> Option<MysqlTable> {
        let all = tokens(sql, Dialect::Mysql);
        let open = all.iter().position(|t| t.token.is_sign("("))?;
        if !all.first()?.token.is_word("CREATE") {
            return None;
        }
        let name = all[..open].iter().rev().find_map(|t| name_of(&t.token))?;
        let mut table = MysqlTable { name, ..MysqlTable::default() };
        let mut at = open + 1;
        loop {
            let end = definition_end(&all, at)?;
            table.entries.push(entry(sql, &all[at..end])?);
            at = end + 1;
            if all[end].token.is_sign(")") {
                break;
            }
        }
        table.read_options(sql, &all[at..]);
        Some(table)
    }

    fn read_options(&mut self, sql: &str, rest: &[Spanned]) {
        let split = rest
            .windows(2)
            .position(|pair| pair[0].token.is_word("PARTITION") && pair[1].token.is_word("BY"));
        let (options, partitions) = rest.split_at(split.unwrap_or(rest.len()));
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < options.len() {
            let is_counter = options[at].token.is_word("AUTO_INCREMENT");
            if let (true, Some(Token::Number(number))) =
                (is_counter, options.get(at + 2).map(|t| &t.token))
            {
                self.auto_increment = number.parse().ok();
                at += 3;
                continue;
            }
            pieces.push(at);
            at += 1;
        }
        self.options = join_spans(sql, options, &pieces);
        let all: Vec<usize> = (0..partitions.len()).collect();
        self.partitions = join_spans(sql, partitions, &all);
    }

    /// Is `WITH SYSTEM VERSIONING` among the options?
    #[must_use]
    pub fn is_versioned(&self) -> bool {
        let all = tokens(&self.options, Dialect::Mysql);
        all.windows(2).any(|p| p[0].token.is_word("SYSTEM") && p[1].token.is_word("VERSIONING"))
    }

    /// The text of a column's definition.
    pub fn columns(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| e.kind == EntryKind::Column)
    }

    /// The statements that make the table as `target`, indexes and foreign keys apart.
    /// `name` tells how a table of the source is called on the target; `source` is the database
    /// that this one lies in.
    #[must_use]
    pub fn statements(
        &self,
        target: &ObjectName,
        source: &str,
        name: &dyn Fn(&ObjectName) -> ObjectName,
    ) -> MysqlStatements {
        let mut made = MysqlStatements::default();
        let mut lines = Vec::new();
        let clustering = self.clustering();
        let counted = self.counting_key();
        let whole = self.is_versioned();
        for (number, entry) in self.entries.iter().enumerate() {
            match &entry.kind {
                EntryKind::Index { unique, .. }
                    if Some(number) != clustering && Some(number) != counted && !whole =>
                {
                    made.indexes.push(LatePart {
                        name: entry.name.clone(),
                        statement: add(target, &entry.text),
                        to_table: None,
                        unique: *unique,
                    });
                }
                EntryKind::ForeignKey { to: (schema, table) } => {
                    let schema = schema.as_deref().unwrap_or(source);
                    let parent = name(&ObjectName::new(schema, table.as_str()));
                    let text = with_parent(&entry.text, &parent);
                    made.foreign_keys.push(LatePart {
                        name: entry.name.clone(),
                        statement: add(target, &text),
                        to_table: Some(parent),
                        unique: false,
                    });
                }
                EntryKind::Column
                | EntryKind::PrimaryKey
                | EntryKind::Index { .. }
                | EntryKind::Check
                | EntryKind::Other => lines.push(entry.text.clone()),
            }
        }
        let counter = self.auto_increment.map(|n| format!(" AUTO_INCREMENT={n}"));
        let partitions = match self.partitions.as_str() {
            "" => String::new(),
            text => format!("\n{text}"),
        };
        made.create = format!(
            "CREATE TABLE {} (\n  {}\n) {}{}{partitions}",
            qualified(Dialect::Mysql, target),
            lines.join(",\n  "),
            self.options,
            counter.unwrap_or_default()
        );
        made
    }

    /// The unique key that InnoDB takes for the primary one.
    fn clustering(&self) -> Option<usize> {
        if self.entries.iter().any(|e| e.kind == EntryKind::PrimaryKey) {
            return None;
        }
        let not_null = |name: &String| {
            self.columns().find(|c| c.name.eq_ignore_ascii_case(name)).is_some_and(|c| {
                let all = tokens(&c.text, Dialect::Mysql);
                all.windows(2).any(|p| p[0].token.is_word("NOT") && p[1].token.is_word("NULL"))
            })
        };
        self.entries.iter().position(|e| {
            matches!(e.kind, EntryKind::Index { unique: true, .. })
                && e.columns.iter().all(not_null)
        })
    }

    /// The key that AUTO_INCREMENT wants to find: its column leads it (or is in it, on engines
    /// that number within groups).
    fn counting_key(&self) -> Option<usize> {
        let counted = self.columns().find(|c| {
            let all = tokens(&c.text, Dialect::Mysql);
            all.iter().skip(1).any(|t| t.token.is_word("AUTO_INCREMENT"))
        })?;
        let same = |name: &String| name.eq_ignore_ascii_case(&counted.name);
        let is_key = |e: &Entry| matches!(e.kind, EntryKind::PrimaryKey | EntryKind::Index { .. });
        let leads = |e: &Entry| is_key(e) && e.columns.first().is_some_and(same);
        if self.entries.iter().any(|e| e.kind == EntryKind::PrimaryKey && leads(e)) {
            return None;
        }
        self.entries
            .iter()
            .position(leads)
            .or_else(|| self.entries.iter().position(|e| is_key(e) && e.columns.iter().any(same)))
    }
}

fn add(target: &ObjectName, text: &str) -> String {
    format!("ALTER TABLE {} ADD {text}", qualified(Dialect::Mysql, target))
}

/// The text of the tokens with these numbers; neighbours keep what stands between them.
fn join_spans(sql: &str, all: &[Spanned], numbers: &[usize]) -> String {
    let mut text = String::new();
    let mut last: Option<usize> = None;
    for number in numbers {
        let spanned = &all[*number];
        match last {
            Some(last) if last + 1 == *number => text.push_str(&sql[all[last].end..spanned.start]),
            Some(_) => text.push(' '),
            None => {}
        }
        text.push_str(&sql[spanned.start..spanned.end]);
        last = Some(*number);
    }
    balanced(text)
}

/// `/*!50100 a */ b` cut at a token has lost the mark in front; the other one goes as well.
fn balanced(text: String) -> String {
    let mut from = 0;
    for spanned in tokens(&text, Dialect::Mysql) {
        let gap = &text[from..spanned.start];
        if gap.contains("/*!") {
            break;
        }
        if let Some(at) = gap.find("*/") {
            let (before, after) = (text[..from + at].trim_end(), &text[from + at + 2..]);
            return format!("{before}{after}");
        }
        from = spanned.end;
    }
    text
}

fn name_of(token: &Token) -> Option<String> {
    match token {
        Token::Word(name) | Token::Quoted(name) => Some(name.clone()),
        _ => None,
    }
}

/// Where the definition that begins at `from` ends: its comma or the closing parenthesis.
fn definition_end(all: &[Spanned], from: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, spanned) in all.iter().enumerate().skip(from) {
        match spanned.token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") if depth == 0 => return Some(at),
            Token::Sign(")") => depth -= 1,
            Token::Sign(",") if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// Reads one definition.
fn entry(sql: &str, all: &[Spanned]) -> Option<Entry> {
    let first = all.first()?;
    let last = all.last()?;
    // A comment that runs closes behind the last token.
    let tail = sql[last.end..].trim_start();
    let end = match tail.strip_prefix("*/") {
        Some(after) => sql.len() - after.len(),
        None => last.end,
    };
    let mut reader = Reader { all, at: 0 };
    let (kind, name, columns) = reader.definition()?;
    Some(Entry { kind, name, text: sql[first.start..end].to_owned(), columns })
}

struct Reader<'a> {
    all: &'a [Spanned],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at).map(|t| &t.token)
    }

    fn eat(&mut self, word: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_word(word));
        self.at += usize::from(hit);
        hit
    }

    fn name(&mut self) -> Option<String> {
        let name = name_of(self.peek()?)?;
        self.at += 1;
        Some(name)
    }

    fn definition(&mut self) -> Option<(EntryKind, String, Vec<String>)> {
        // Names are always quoted there, so a bare word is a keyword.
        if let Some(Token::Quoted(name)) = self.peek() {
            return Some((EntryKind::Column, name.clone(), Vec::new()));
        }
        let mut name = String::new();
        if self.eat("CONSTRAINT") && matches!(self.peek(), Some(Token::Quoted(_))) {
            name = self.name()?;
        }
        if self.eat("PRIMARY") {
            self.eat("KEY");
            return Some((EntryKind::PrimaryKey, name, self.key_columns()?));
        }
        if self.eat("FOREIGN") {
            self.eat("KEY");
            return self.foreign_key(name);
        }
        if self.eat("CHECK") {
            return Some((EntryKind::Check, name, Vec::new()));
        }
        if self.eat("PERIOD") {
            return Some((EntryKind::Other, name, Vec::new()));
        }
        let unique = self.eat("UNIQUE");
        let fulltext = self.eat("FULLTEXT");
        let spatial = self.eat("SPATIAL");
        if !(self.eat("KEY") || self.eat("INDEX") || unique || fulltext || spatial) {
            return Some((EntryKind::Other, name, Vec::new()));
        }
        if matches!(self.peek(), Some(Token::Quoted(_))) {
            name = self.name()?;
        }
        let columns = self.key_columns()?;
        Some((EntryKind::Index { unique, fulltext, spatial }, name, columns))
    }

    fn foreign_key(&mut self, name: String) -> Option<(EntryKind, String, Vec<String>)> {
        let columns = self.key_columns()?;
        self.eat("REFERENCES");
        let first = self.name()?;
        let to = match self.peek() {
            Some(token) if token.is_sign(".") => {
                self.at += 1;
                (Some(first), self.name()?)
            }
            _ => (None, first),
        };
        Some((EntryKind::ForeignKey { to }, name, columns))
    }

    /// `(a, b(10) DESC, (expression))`.
    fn key_columns(&mut self) -> Option<Vec<String>> {
        while !self.peek()?.is_sign("(") {
            self.at += 1;
        }
        self.at += 1;
        let mut columns = Vec::new();
        let mut depth = 0;
        let mut begins = true;
        loop {
            let token = self.peek()?.clone();
            self.at += 1;
            match token {
                Token::Sign(")") if depth == 0 => return Some(columns),
                Token::Sign(",") if depth == 0 => begins = true,
                Token::Sign("(") => {
                    if begins {
                        columns.push(String::new());
                        begins = false;
                    }
                    depth += 1;
                }
                Token::Sign(")") => depth -= 1,
                Token::Word(name) | Token::Quoted(name) if begins => {
                    columns.push(name);
                    begins = false;
                }
                _ => {}
            }
        }
    }
}

/// A foreign key's text with `parent` in full after REFERENCES.
fn with_parent(text: &str, parent: &ObjectName) -> String {
    let all = tokens(text, Dialect::Mysql);
    let Some(at) = all.iter().position(|t| t.token.is_word("REFERENCES")) else {
        return text.to_owned();
    };
    let dotted = all.get(at + 2).is_some_and(|t| t.token.is_sign("."));
    let last = if dotted { at + 3 } else { at + 1 };
    let Some(last) = all.get(last) else { return text.to_owned() };
    format!(
        "{} {}.{}{}",
        &text[..all[at].end],
        quote(Dialect::Mysql, &parent.schema),
        quote(Dialect::Mysql, &parent.name),
        &text[last.end..]
    )
}

#[cfg(test)]
mod tests;
