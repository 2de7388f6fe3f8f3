//! Reads a CREATE TABLE statement as SQLite keeps it, for what no pragma tells: checks, names of
//! constraints, collations, generated expressions, deferrable foreign keys, AUTOINCREMENT.

use super::super::name::Dialect;
use super::token::{Spanned, Token, tokens};

/// What a CREATE TABLE statement says beyond the pragmas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableText {
    pub columns: Vec<ColumnText>,
    pub checks: Vec<CheckText>,
    /// Primary key and unique constraints that have a name.
    pub named_keys: Vec<NamedKey>,
    /// In order of appearance; `PRAGMA foreign_key_list` counts them from the last.
    pub foreign_keys: Vec<ForeignKeyText>,
    pub autoincrement: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnText {
    pub name: String,
    pub collation: Option<String>,
    /// Expression of a generated column.
    pub generated: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckText {
    pub name: Option<String>,
    pub expression: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    pub name: String,
    pub primary: bool,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignKeyText {
    pub name: Option<String>,
    pub deferrable: bool,
    pub initially_deferred: bool,
}

/// `None` when the text is no CREATE TABLE with columns (virtual tables).
#[must_use]
pub fn read_create_table(sql: &str) -> Option<TableText> {
    let all = tokens(sql, Dialect::Sqlite);
    let open = all.iter().position(|t| t.token.is_sign("("))?;
    if all[..open].iter().any(|t| t.token.is_word("VIRTUAL")) {
        return None;
    }
    let mut reader = Reader { sql, all: &all, at: open + 1, table: TableText::default() };
    loop {
        reader.definition()?;
        if !reader.eat_sign(",") {
            break;
        }
    }
    Some(reader.table)
}

/// The WHERE of a partial index, as written.
#[must_use]
pub fn index_predicate(definition: &str) -> Option<String> {
    let mut depth = 0;
    for spanned in tokens(definition, Dialect::Sqlite) {
        match spanned.token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => depth -= 1,
            token if depth == 0 && token.is_word("WHERE") => {
                return Some(definition[spanned.end..].trim().to_owned());
            }
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    sql: &'a str,
    all: &'a [Spanned],
    at: usize,
    table: TableText,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at).map(|t| &t.token)
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_sign(sign));
        self.at += usize::from(hit);
        hit
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let hit = self.peek().is_some_and(|t| t.is_word(word));
        self.at += usize::from(hit);
        hit
    }

    /// A name in any quoting; SQLite takes string literals as names too.
    fn name(&mut self) -> Option<String> {
        let name = match self.peek()? {
            Token::Word(name) | Token::Quoted(name) | Token::Text(name) => name.clone(),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// The text between the parenthesis here and its partner.
    fn parenthesised(&mut self) -> Option<String> {
        if !self.eat_sign("(") {
            return None;
        }
        let from = self.all[self.at - 1].end;
        let mut depth = 1;
        while let Some(spanned) = self.all.get(self.at) {
            self.at += 1;
            if spanned.token.is_sign("(") {
                depth += 1;
            } else if spanned.token.is_sign(")") {
                depth -= 1;
                if depth == 0 {
                    return Some(self.sql[from..spanned.start].trim().to_owned());
                }
            }
        }
        None
    }

    /// A column or a table constraint.
    fn definition(&mut self) -> Option<()> {
        const TABLE: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        if TABLE.iter().any(|word| self.peek().is_some_and(|t| t.is_word(word))) {
            return self.constraints(None);
        }
        let column = ColumnText { name: self.name()?, ..ColumnText::default() };
        self.table.columns.push(column);
        let index = self.table.columns.len() - 1;
        self.constraints(Some(index))
    }

    /// All constraints up to the comma or parenthesis that ends the definition.
    fn constraints(&mut self, column: Option<usize>) -> Option<()> {
        let mut name = None;
        while let Some(token) = self.peek() {
            if token.is_sign(",") || token.is_sign(")") {
                return Some(());
            }
            if self.eat_word("CONSTRAINT") {
                name = Some(self.name()?);
                continue;
            }
            self.constraint(column, &mut name)?;
        }
        Some(())
    }

    fn constraint(&mut self, column: Option<usize>, name: &mut Option<String>) -> Option<()> {
        if self.eat_word("CHECK") {
            let expression = self.parenthesised()?;
            self.table.checks.push(CheckText { name: name.take(), expression });
        } else if self.eat_word("PRIMARY") {
            self.eat_word("KEY");
            self.key(column, name.take(), true)?;
        } else if self.eat_word("UNIQUE") {
            self.key(column, name.take(), false)?;
        } else if self.eat_word("FOREIGN") {
            self.eat_word("KEY");
            self.parenthesised()?;
        } else if self.eat_word("REFERENCES") {
            self.name()?;
            if self.peek().is_some_and(|t| t.is_sign("(")) {
                self.parenthesised()?;
            }
            let name = name.take();
            self.table.foreign_keys.push(ForeignKeyText { name, ..ForeignKeyText::default() });
        } else if self.eat_word("DEFERRABLE") {
            self.deferrable();
        } else if self.eat_word("AUTOINCREMENT") {
            self.table.autoincrement = true;
        } else if self.eat_word("COLLATE") {
            let collation = self.name()?;
            if let Some(column) = column {
                self.table.columns[column].collation = Some(collation);
            }
        } else if self.eat_word("AS") {
            let expression = self.parenthesised()?;
            if let Some(column) = column {
                self.table.columns[column].generated = Some(expression);
            }
        } else if self.peek().is_some_and(|t| t.is_sign("(")) {
            // Type arguments, default expressions.
            self.parenthesised()?;
        } else {
            self.at += 1;
        }
        Some(())
    }

    /// `NOT DEFERRABLE` is read as a word that means nothing and then this.
    fn deferrable(&mut self) {
        let negated = self.at >= 2 && self.all[self.at - 2].token.is_word("NOT");
        let deferred = self.eat_word("INITIALLY") && self.eat_word("DEFERRED");
        if let Some(key) = self.table.foreign_keys.last_mut() {
            key.deferrable = !negated;
            key.initially_deferred = deferred && !negated;
        }
    }

    fn key(&mut self, column: Option<usize>, name: Option<String>, primary: bool) -> Option<()> {
        let columns = match column {
            Some(column) => vec![self.table.columns[column].name.clone()],
            None => {
                let list = self.parenthesised()?;
                names_of(&list)
            }
        };
        if let Some(name) = name {
            self.table.named_keys.push(NamedKey { name, primary, columns });
        }
        Some(())
    }
}

/// The names of `a, "b" COLLATE x DESC, c`.
fn names_of(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut expect = true;
    for spanned in tokens(list, Dialect::Sqlite) {
        match spanned.token {
            Token::Sign(",") => expect = true,
            Token::Word(name) | Token::Quoted(name) | Token::Text(name) if expect => {
                names.push(name);
                expect = false;
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pragmas_do_not_tell() {
        let sql = "CREATE TABLE [order] (\n\
            id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, -- a, comment)\n\
            \"na me\" VARCHAR(10, 2) NOT NULL DEFAULT ('a,b)') COLLATE NOCASE \
            CHECK(length(\"na me\") > (0)),\n\
            twice INT GENERATED ALWAYS AS (id * 2) STORED UNIQUE,\n\
            ref INT CONSTRAINT r REFERENCES other ON DELETE SET NULL \
            DEFERRABLE INITIALLY DEFERRED,\n\
            CONSTRAINT u UNIQUE ('na me' COLLATE BINARY DESC, ref),\n\
            CONSTRAINT c CHECK (ref IN (1, 2)),\n\
            FOREIGN KEY (ref, id) REFERENCES other (a, b) NOT DEFERRABLE\n) STRICT";
        let table = read_create_table(sql).unwrap();
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["id", "na me", "twice", "ref"]);
        assert!(table.autoincrement);
        assert_eq!(table.columns[1].collation.as_deref(), Some("NOCASE"));
        assert_eq!(table.columns[2].generated.as_deref(), Some("id * 2"));
        assert_eq!(table.checks[0].expression, "length(\"na me\") > (0)");
        assert_eq!(table.checks[1].name.as_deref(), Some("c"));
        assert_eq!(table.named_keys[0].name, "pk");
        assert_eq!(table.named_keys[1].columns, ["na me", "ref"]);
        let first = &table.foreign_keys[0];
        assert_eq!((first.name.as_deref(), first.initially_deferred), (Some("r"), true));
        assert!(!table.foreign_keys[1].deferrable);
    }

    #[test]
    fn chinook_and_odd_texts() {
        let album = "CREATE TABLE [Album]\n(\n    [AlbumId] INTEGER  NOT NULL,\n    CONSTRAINT \
                     [PK_Album] PRIMARY KEY  ([AlbumId]),\n    FOREIGN KEY ([ArtistId]) REFERENCES \
                     [Artist] ([ArtistId]) \n\t\tON DELETE NO ACTION ON UPDATE NO ACTION\n)";
        let table = read_create_table(album).unwrap();
        assert_eq!(table.named_keys[0].columns, ["AlbumId"]);
        assert_eq!(table.foreign_keys.len(), 1);
        assert!(read_create_table("CREATE VIRTUAL TABLE f USING fts5(a, b)").is_none());
        assert!(read_create_table("CREATE TABLE broken (a CHECK (").is_none());
    }
}
