//! PostgreSQL's tables on SQLite.

use super::super::default::translate_default;
use super::super::expression::{translate, translate_condition};
use super::super::literal;
use super::{
    Dialect, ForeignKey, Identity, ObjectName, Section, TableKind, Writer, is_numbered, qualified,
    quote,
};
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
    writer.free_sequences();
}

impl Writer<'_> {
    fn whole_table(&mut self, at: usize) {
        let alias = self.planned[at].integer_key();
        let mut lines = Vec::new();
        for number in 0..self.planned[at].names.len() {
            lines.extend(self.whole_column(at, number, alias == Some(number)));
        }
        lines.extend(self.inline_keys(at, alias.is_some()));
        lines.extend(self.inline_checks(at));
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
        if matches!(column.identity, Some(Identity::Always | Identity::ByDefault)) {
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
            lines.push(format!("{}{kind} ({list})", named(&key.name)));
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
                    let text = format!(
                        "FOREIGN KEY ({}) REFERENCES {} ({})",
                        key.columns.join(", "),
                        key.to_table,
                        key.to_columns.join(", ")
                    );
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
        if index.method != "btree" {
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
            parts.push(format!("{}{order}", quote(LI, &planned.names[position])));
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

    /// A partitioned table reads as one; its rows are in the partitions.
    fn union_view(&mut self, at: usize) {
        let parent = self.planned[at].table;
        let target = self.planned[at].target.clone();
        let names = &self.planned[at].names;
        let columns = names.iter().map(|n| quote(LI, n)).collect::<Vec<_>>().join(", ");
        let leaves: Vec<usize> = (0..self.planned.len())
            .filter(|leaf| self.planned[*leaf].table.parents.contains(&parent.name))
            .collect();
        let reason = "made as a view over its partitions, which are tables of their own";
        if leaves.is_empty() {
            self.refuse("TABLE", parent.name.clone(), "it has no partition in the job", None);
            return;
        }
        let selects: Vec<String> = leaves
            .iter()
            .map(|leaf| format!("SELECT {columns} FROM {}", self.planned[*leaf].qualified(LI)))
            .collect();
        let statement =
            format!("CREATE VIEW {} AS\n{}", qualified(LI, &target), selects.join("\nUNION ALL "));
        let ids: Vec<u32> = leaves
            .iter()
            .filter_map(|leaf| self.table_ids.get(&self.planned[*leaf].target).copied())
            .collect();
        let id = self.push("VIEW", &target, &target.name, statement);
        let item = &mut self.made.items[id as usize - 1];
        item.table = None;
        item.section = Section::PostData;
        item.depends_on = ids;
        self.refuse("TABLE", parent.name.clone(), reason, None);
    }

    /// Sequences that number no primary key have nobody to count for them.
    fn free_sequences(&mut self) {
        let counted: Vec<ObjectName> = (0..self.planned.len())
            .filter_map(|at| {
                let number = self.planned[at].integer_key()?;
                let column = &self.planned[at].table.columns[number].name;
                self.position_of(at, column).map(|s| s.name.clone())
            })
            .collect();
        for sequence in self.request.sequences {
            if !counted.contains(&sequence.name) {
                let text = Some(format!("stands at {}", sequence.last_value));
                let reason = "SQLite has no sequences";
                self.refuse("SEQUENCE", sequence.name.clone(), reason, text);
            }
        }
    }
}

fn named(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!("CONSTRAINT {} ", quote(LI, name)),
    }
}
