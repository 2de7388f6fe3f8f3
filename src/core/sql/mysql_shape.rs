//! A table of MySQL with fewer columns and other column names, in the pieces of its own statement.
//!
//! SHOW CREATE TABLE quotes every name, so a quoted name is one of the table's and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::super::name::{Dialect, ObjectName};
use super::mysql_table::{Entry, EntryKind, MysqlTable};
use super::quote;
use super::token::{Token, tokens};

/// What is done to a table's columns.
#[derive(Clone, Copy, Debug)]
pub struct ColumnChange<'a> {
    pub left_out: &'a BTreeSet<String>,
    pub renamed: &'a BTreeMap<String, String>,
}

/// A part that went with a column it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostPart {
    pub kind: &'static str,
    pub name: String,
    pub text: String,
}

impl MysqlTable {
    /// Takes columns out and renames others, in everything that names them.
    ///
    /// # Errors
    /// What cannot follow.
    pub fn shape(&mut self, change: ColumnChange<'_>) -> Result<Vec<LostPart>, String> {
        let gone = |text: &str| {
            let named = quoted_names(text);
            change
                .left_out
                .iter()
                .find(|c| named.iter().any(|n| n.eq_ignore_ascii_case(c)))
                .cloned()
        };
        if let Some(column) = names_any(&self.partitions, change.left_out) {
            return Err(format!("it is partitioned by {column}, which is left out"));
        }
        let mut lost = Vec::new();
        let mut kept = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            let is_gone =
                |name: &String| change.left_out.iter().any(|c| c.eq_ignore_ascii_case(name));
            let (kind, names) = match entry.kind {
                EntryKind::Column if is_gone(&entry.name) => continue,
                EntryKind::Column | EntryKind::Other => match gone(&entry.text) {
                    Some(column) => {
                        let what = &entry.name;
                        return Err(format!("{what} is made of {column}, which is left out"));
                    }
                    None => {
                        kept.push(entry);
                        continue;
                    }
                },
                EntryKind::PrimaryKey => ("primary key", in_list(&entry)),
                EntryKind::Index { .. } => ("index", in_list(&entry)),
                EntryKind::ForeignKey { .. } => ("foreign key", entry.columns.clone()),
                EntryKind::Check => ("check", in_list(&entry)),
            };
            if names.iter().any(is_gone) {
                lost.push(LostPart { kind, name: entry.name, text: entry.text });
            } else {
                kept.push(entry);
            }
        }
        self.entries = kept;
        self.entries.iter_mut().for_each(|entry| rename(entry, change.renamed));
        self.partitions = renamed_within(&self.partitions, change.renamed, true);
        Ok(lost)
    }

    /// Foreign keys follow the columns of the tables they refer to; those to columns that are left
    /// out go. `schema` is the table's own database.
    pub fn follow_parents<'c>(
        &mut self,
        schema: &str,
        change_of: &dyn Fn(&ObjectName) -> Option<ColumnChange<'c>>,
    ) -> Vec<LostPart> {
        let mut lost = Vec::new();
        self.entries.retain_mut(|entry| {
            let EntryKind::ForeignKey { to: (parent_schema, parent) } = &entry.kind else {
                return true;
            };
            let schema = parent_schema.as_deref().unwrap_or(schema);
            let Some(change) = change_of(&ObjectName::new(schema, parent.as_str())) else {
                return true;
            };
            let all = tokens(&entry.text, Dialect::Mysql);
            let at = all.iter().position(|t| t.token.is_word("REFERENCES"));
            let Some(start) = at.map(|at| all[at].start) else { return true };
            let (own, referred) = entry.text.split_at(start);
            if names_any(referred, change.left_out).is_some() {
                let (name, text) = (entry.name.clone(), entry.text.clone());
                lost.push(LostPart { kind: "foreign key", name, text });
                return false;
            }
            entry.text = format!("{own}{}", renamed_within(referred, change.renamed, false));
            true
        });
        lost
    }

    /// Takes checks out that stand by themselves.
    pub fn without_checks(&mut self) {
        self.entries.retain(|entry| entry.kind != EntryKind::Check);
    }

    /// Takes the options away that say how the table is kept.
    pub fn without_storage(&mut self) {
        const WORDS: [&str; 4] = ["ENGINE", "ROW_FORMAT", "KEY_BLOCK_SIZE", "TABLESPACE"];
        let all = tokens(&self.options, Dialect::Mysql);
        let (mut made, mut copied) = (String::new(), 0);
        for (at, spanned) in all.iter().enumerate() {
            let value = match all.get(at + 1) {
                Some(next) if next.token.is_sign("=") => all.get(at + 2),
                other => other,
            };
            if let (true, Some(value)) =
                (WORDS.iter().any(|word| spanned.token.is_word(word)), value)
            {
                made.push_str(&self.options[copied..spanned.start]);
                copied = value.end;
            }
        }
        made.push_str(&self.options[copied..]);
        self.options = made.trim().to_owned();
    }
}

fn quoted_names(text: &str) -> Vec<String> {
    let name = |token: Token| match token {
        Token::Quoted(name) => Some(name),
        _ => None,
    };
    tokens(text, Dialect::Mysql).into_iter().filter_map(|t| name(t.token)).collect()
}

/// Names within the parentheses of a key or check.
fn in_list(entry: &Entry) -> Vec<String> {
    let inner = entry.text.find('(').map_or("", |at| &entry.text[at..]);
    quoted_names(inner).into_iter().chain(entry.columns.iter().cloned()).collect()
}

fn names_any(text: &str, columns: &BTreeSet<String>) -> Option<String> {
    let inner = text.find('(').map_or("", |at| &text[at..]);
    let named = tokens(inner, Dialect::Mysql);
    let is = |column: &&String| {
        named.iter().any(|t| match &t.token {
            Token::Word(name) | Token::Quoted(name) => name.eq_ignore_ascii_case(column),
            _ => false,
        })
    };
    columns.iter().find(is).cloned()
}

fn rename(entry: &mut Entry, renamed: &BTreeMap<String, String>) {
    let new_of = |name: &String| renamed.get(name).unwrap_or(name).clone();
    match entry.kind {
        EntryKind::Column => {
            let name = new_of(&entry.name);
            let rest = tokens(&entry.text, Dialect::Mysql).first().map_or(0, |first| first.end);
            let rest = renamed_within(&entry.text[rest..], renamed, false);
            entry.text = format!("{}{rest}", quote(Dialect::Mysql, &name));
            entry.name = name;
        }
        EntryKind::ForeignKey { .. } => {
            let all = tokens(&entry.text, Dialect::Mysql);
            let at = all.iter().position(|t| t.token.is_word("REFERENCES"));
            let start = at.map_or(entry.text.len(), |at| all[at].start);
            let (own, referred) = entry.text.split_at(start);
            entry.text = format!("{}{referred}", renamed_within(own, renamed, false));
        }
        _ => entry.text = renamed_within(&entry.text, renamed, false),
    }
    entry.columns.iter_mut().for_each(|name| *name = new_of(name));
}

/// Columns within parentheses under other names; a key's own name stands outside.
fn renamed_within(text: &str, renamed: &BTreeMap<String, String>, words_too: bool) -> String {
    let (mut made, mut copied, mut depth) = (String::with_capacity(text.len()), 0, 0);
    for spanned in tokens(text, Dialect::Mysql) {
        let name = match &spanned.token {
            Token::Sign("(") => {
                depth += 1;
                continue;
            }
            Token::Sign(")") => {
                depth -= 1;
                continue;
            }
            Token::Quoted(name) => name,
            Token::Word(name) if words_too => name,
            _ => continue,
        };
        if let (true, Some(new)) = (depth > 0, renamed.get(name)) {
            made.push_str(&text[copied..spanned.start]);
            made.push_str(&quote(Dialect::Mysql, new));
            copied = spanned.end;
        }
    }
    made.push_str(&text[copied..]);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  \
        `email` varchar(9) DEFAULT 'email',\n  \
        `up` varchar(9) GENERATED ALWAYS AS (upper(`email`)) \
        VIRTUAL,\n  `blob` longblob,\n  `p` int,\n  PRIMARY KEY (`id`),\n  \
        KEY `email` (`email`(3)),\n  \
        KEY `b` (`blob`(9)),\n  CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `u` (`id`),\n  \
        CONSTRAINT `c` CHECK (`email` <> '`email`')\n\
        ) ENGINE=InnoDB ROW_FORMAT=COMPACT COMMENT='ENGINE=x'";

    #[test]
    fn columns_go_and_get_names_with_all_that_names_them() {
        let mut table = MysqlTable::read(TABLE).unwrap();
        let left_out = BTreeSet::from(["blob".to_owned()]);
        let renamed = BTreeMap::from([("email".to_owned(), "mail".to_owned())]);
        let change = ColumnChange { left_out: &left_out, renamed: &renamed };
        let lost = table.shape(change).unwrap();
        assert_eq!(lost.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["b"]);
        let parent = BTreeMap::from([("id".to_owned(), "uid".to_owned())]);
        let none = BTreeSet::new();
        let change = ColumnChange { left_out: &none, renamed: &parent };
        assert!(table.follow_parents("d", &|_| Some(change)).is_empty());
        table.without_storage();
        let made = table.statements(&ObjectName::new("d", "n"), "d", &ObjectName::clone);
        assert_eq!(
            made.create,
            "CREATE TABLE `d`.`n` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  \
             `mail` varchar(9) DEFAULT 'email',\n  \
             `up` varchar(9) GENERATED ALWAYS AS (upper(`mail`)) VIRTUAL,\n  `p` int,\n  \
             PRIMARY KEY (`id`),\n  CONSTRAINT `c` CHECK (`mail` <> '`email`')\n) \
             COMMENT='ENGINE=x'"
        );
        assert_eq!(made.indexes[0].statement, "ALTER TABLE `d`.`n` ADD KEY `email` (`mail`(3))");
        assert!(made.foreign_keys[0].statement.ends_with("(`p`) REFERENCES `d`.`u` (`uid`)"));
    }

    #[test]
    fn what_is_made_of_a_lost_column_is_named() {
        let mut table = MysqlTable::read(TABLE).unwrap();
        let left_out = BTreeSet::from(["email".to_owned()]);
        let change = ColumnChange { left_out: &left_out, renamed: &BTreeMap::new() };
        let error = table.shape(change).unwrap_err();
        assert!(error.contains("up is made of email"), "{error}");
    }
}
