//! PostgreSQL's tables on SQLite.

use super::super::default::translate_default;
use super::super::expression::{translate, translate_condition};
use super::super::literal;
use super::{Dialect, ForeignKey, ObjectName, TableKind, Writer, is_numbered, qualified, quote};
use crate::core::catalog::Index;

const LI: Dialect = Dialect::Sqlite;

pub(super) fn write(writer: &mut Writer<'_>) {
    for at in 0..writer.planned.len() {
        match writer.planned[at].table.kind {
            TableKind::Plain if writer.planned[at].table.stored_columns().next().is_none() => {
                let name = writer.planned[at].table.name.clone();
                writer.refuse("TABLE", name, "SQLite wants a column that holds values", None);
            }
            TableKind::Plain => writer.whole_table(at),
            TableKind::Partitioned => {}
            TableKind::Foreign | TableKind::Virtual => {
                let name = writer.planned[at].table.name.clone();
                writer.refuse("FOREIGN TABLE", name, "its rows live elsewhere", None);
            }
        }
        writer.list_comments(at);
    }
    for at in 0..writer.planned.len() {
        match writer.planned[at].table.kind {
            TableKind::Plain => {
                writer.plain_indexes(at);
                writer.go_on_counting(at);
                writer.check_references(at);
            }
            TableKind::Partitioned => writer.union_view(at),
            TableKind::Foreign | TableKind::Virtual => {}
        }
    }
    let counted = (0..writer.planned.len()).filter_map(|at| {
        let number = writer.planned[at].integer_key()?;
        let column = &writer.planned[at].table.columns[number].name;
        writer.position_of(at, column).map(|s| s.name.clone())
    });
    let counted: Vec<ObjectName> = counted.collect();
    writer.free_sequences(&counted, "SQLite has no sequences");
}

impl Writer<'_> {
    fn whole_table(&mut self, at: usize) {
        let alias = self.planned[at].integer_key();
        let mut lines = Vec::new();
        for number in 0..self.planned[at].names.len() {
            match self.whole_column(at, number, alias == Some(number)) {
                Some(line) => lines.push(line),
                None => {
                    self.planned[at].left_out.insert(number);
                }
            }
        }
        lines.extend(self.inline_keys(at, alias.is_some()));
        lines.extend(self.inline_checks(at));
        let lost = super::postgres_extra::lost_checks(&self.planned[at], LI);
        lines.extend(lost.into_iter().map(|(_, condition)| format!("CHECK ({condition})")));
        lines.extend(self.inline_foreign_keys(at));
        let planned = &self.planned[at];
        let target = planned.target.clone();
        let statement =
            format!("CREATE TABLE {} (\n    {}\n)", planned.qualified(LI), lines.join(",\n    "));
        let id = self.push("TABLE", &target, &target.name, statement);
        self.table_ids.insert(target, id);
    }

    fn whole_column(&mut self, at: usize, number: usize, is_rowid: bool) -> Option<String> {
        let planned = &self.planned[at];
        let column = planned.table.columns[number].clone();
        let name = quote(LI, &planned.names[number]);
        if is_rowid {
            let counts = if is_numbered(&column) { " AUTOINCREMENT" } else { "" };
            return Some(format!("{name} INTEGER PRIMARY KEY{counts} NOT NULL"));
        }
        let declared = planned.fits[number].declared.clone();
        let mut text = [name.as_str(), declared.as_str()].join(" ").trim_end().to_owned();
        if let Some(generated) = &column.generated {
            return match translate(&generated.expression, &self.scope(at)) {
                Ok(sql) => Some(format!("{text} GENERATED ALWAYS AS ({sql}) STORED")),
                Err(why) => {
                    let why = format!("the column is left out: {why}");
                    let source = Some(generated.expression.clone());
                    self.refuse("GENERATED COLUMN", self.part(at, &column.name), why, source);
                    None
                }
            };
        }
        if column.not_null {
            text.push_str(" NOT NULL");
        }
        if let Some(on_update) = &column.on_update {
            let why = "SQLite sets no column by itself when a row changes";
            let source = Some(format!("ON UPDATE {on_update}"));
            self.refuse("ON UPDATE", self.part(at, &column.name), why, source);
        }
        if column.identity.is_some() && self.request.from != Dialect::Sqlite {
            let why = "SQLite numbers a primary key of one integer column only";
            self.refuse("IDENTITY", self.part(at, &column.name), why, None);
        }
        if let Some(default) = &column.default {
            let logical = &self.planned[at].fits[number].logical;
            match translate_default(default, self.request.from, LI, logical) {
                Ok(sql) if sql == "NULL" => {}
                Ok(sql) => text.push_str(&format!(" DEFAULT {sql}")),
                Err(why) => {
                    self.refuse("DEFAULT", self.part(at, &column.name), why, Some(default.clone()));
                }
            }
        }
        Some(text)
    }

    fn inline_keys(&mut self, at: usize, rowid: bool) -> Vec<String> {
        let planned = &self.planned[at];
        let mut lines = Vec::new();
        for key in &planned.table.keys {
            if key.primary && rowid {
                continue;
            }
            let Some(list) = planned.list(LI, &key.columns) else { continue };
            let kind = if key.primary { "PRIMARY KEY" } else { "UNIQUE" };
            // Every primary key of MySQL is called so.
            let name = if key.primary && key.name == "PRIMARY" { "" } else { &key.name };
            lines.push(format!("{}{kind} ({list})", named(name)));
        }
        lines
    }

    fn inline_checks(&mut self, at: usize) -> Vec<String> {
        let checks = self.planned[at].table.checks.clone();
        let mut lines = Vec::new();
        for check in checks {
            match translate_condition(&check.expression, &self.scope(at)) {
                Ok(sql) => lines.push(format!("{}CHECK ({sql})", named(&check.name))),
                Err(why) => {
                    let text = Some(format!("CHECK ({})", check.expression));
                    self.refuse("CHECK CONSTRAINT", self.part(at, &check.name), why, text);
                }
            }
        }
        lines
    }

    fn inline_foreign_keys(&mut self, at: usize) -> Vec<String> {
        let keys: Vec<ForeignKey> = self.planned[at].table.foreign_keys.clone();
        let mut lines = Vec::new();
        for key in keys {
            match self.reference(at, &key) {
                Ok(line) => lines.push(line),
                Err(reason) => {
                    let text = super::foreign_key_text(&key);
                    self.refuse("FK CONSTRAINT", self.part(at, &key.name), reason, Some(text));
                }
            }
        }
        lines
    }

    fn reference(&self, at: usize, key: &ForeignKey) -> Result<String, String> {
        let (parent, columns) = self.parent_of(key)?;
        if !self.is_unique(parent, &columns) {
            return Err("the columns it refers to are not unique".to_owned());
        }
        let known = "a column of it is not known";
        let other = &self.planned[parent];
        Ok(format!(
            "{}FOREIGN KEY ({}) REFERENCES {} ({}){}",
            named(&key.name),
            self.planned[at].list(LI, &key.columns).ok_or(known)?,
            quote(LI, &other.target.name),
            other.list(LI, &columns).ok_or(known)?,
            Writer::actions(key)
        ))
    }

    fn plain_indexes(&mut self, at: usize) {
        for number in 0..self.planned[at].table.indexes.len() {
            let index: Index = self.planned[at].table.indexes[number].clone();
            match self.plain_index(at, &index) {
                Ok(body) => {
                    let owner = self.planned[at].table.name.to_string();
                    let name = self.relations.give(&index.name, &owner);
                    let target = self.planned[at].target.clone();
                    let unique = if index.unique { "UNIQUE " } else { "" };
                    let statement = format!(
                        "CREATE {unique}INDEX {} ON {} {body}",
                        qualified(LI, &ObjectName::new(target.schema.as_str(), name.as_str())),
                        quote(LI, &target.name)
                    );
                    self.push("INDEX", &target, &name, statement);
                }
                Err(reason) => {
                    let schema = self.planned[at].table.name.schema.as_str();
                    let name = ObjectName::new(schema, index.name.as_str());
                    self.refuse("INDEX", name, reason, Some(index.definition));
                }
            }
        }
    }

    fn plain_index(&self, at: usize, index: &Index) -> Result<String, String> {
        if !index.method.eq_ignore_ascii_case("btree") {
            return Err(format!("SQLite has no {} indexes", index.method));
        }
        if index.columns.is_empty() {
            return Err("an index on an expression".to_owned());
        }
        let planned = &self.planned[at];
        let mut parts = Vec::new();
        for column in &index.columns {
            let position = planned.position(&column.name).ok_or("a column is not known")?;
            let order = if column.descending { " DESC" } else { "" };
            let name = quote(LI, &planned.names[position]);
            parts.push(match column.prefix {
                Some(length) => format!("substr({name}, 1, {length}){order}"),
                None => format!("{name}{order}"),
            });
        }
        let condition = match &index.predicate {
            None => String::new(),
            Some(predicate) => {
                format!(" WHERE {}", translate_condition(predicate, &self.scope(at))?)
            }
        };
        Ok(format!("({}){condition}", parts.join(", ")))
    }

    /// `AUTOINCREMENT` goes on where PostgreSQL's sequence stands, at the least.
    fn go_on_counting(&mut self, at: usize) {
        let planned = &self.planned[at];
        let Some(number) = planned.integer_key() else { return };
        let column = &planned.table.columns[number];
        if !is_numbered(column) {
            return;
        }
        let target = planned.target.clone();
        let known = self
            .position_of(at, &column.name)
            .map_or(0, |sequence| sequence.last_value - i64::from(!sequence.is_called));
        let name = literal(LI, &target.name);
        let statements = vec![
            format!(
                "INSERT INTO main.sqlite_sequence (name, seq) SELECT {name}, 0 \
                 WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = {name})"
            ),
            format!("UPDATE main.sqlite_sequence SET seq = max(seq, {known}) WHERE name = {name}"),
        ];
        let id = self.push("SEQUENCE SET", &target, &target.name, String::new());
        self.made.items[id as usize - 1].statements = statements;
    }

    fn check_references(&mut self, at: usize) {
        let planned = &self.planned[at];
        let keys = planned.table.foreign_keys.clone();
        let parents: Vec<usize> =
            keys.iter().filter_map(|key| self.parent_of(key).ok()).map(|(at, _)| at).collect();
        if parents.is_empty() {
            return;
        }
        let target = planned.target.clone();
        let statement = format!("PRAGMA main.foreign_key_check({})", quote(LI, &target.name));
        let id = self.push("FK CHECK", &target, &target.name, statement);
        let others: Vec<u32> = parents
            .iter()
            .filter_map(|parent| self.table_ids.get(&self.planned[*parent].target).copied())
            .collect();
        let item = &mut self.made.items[id as usize - 1];
        item.depends_on.extend(others);
        item.depends_on.sort_unstable();
        item.depends_on.dedup();
    }
}

fn named(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!("CONSTRAINT {} ", quote(LI, name)),
    }
}
