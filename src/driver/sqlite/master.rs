//! The statements that recreate a file's schema on another file, from `sqlite_schema`.

use std::collections::HashMap;

use rusqlite::Connection;

use super::catalog::main_name;
use crate::core::catalog::{DdlItem, Section};
use crate::core::name::Dialect;
use crate::core::sql::literal;

struct Entry {
    kind: String,
    name: String,
    table: String,
    sql: String,
    is_virtual: bool,
}

/// Tables before the data; virtual tables, indexes, views and triggers after it, so that no trigger
/// fires for a copied row. Foreign keys are not checked: SQLite lets rows without a parent be, and
/// the copy has exactly those that the source has.
///
/// # Errors
/// As SQLite says.
pub(super) fn schema_items(connection: &Connection) -> rusqlite::Result<Vec<DdlItem>> {
    let entries = read(connection)?;
    let mut made = Items::default();
    // What applications write into the file's header about themselves.
    for setting in ["user_version", "application_id"] {
        let value: i64 =
            connection.query_row(&format!("PRAGMA {setting}"), [], |row| row.get(0))?;
        if value != 0 {
            let statement = format!("PRAGMA main.{setting} = {value}");
            made.push("SETTING", setting, Section::PreData, vec![statement]);
        }
    }
    for entry in entries.iter().filter(|e| e.kind == "table" && !e.is_virtual) {
        made.table(entry);
    }
    for entry in entries.iter().filter(|e| e.kind == "table" && e.is_virtual) {
        made.virtual_table(entry, &entries);
    }
    for kind in ["index", "view", "trigger"] {
        for entry in entries.iter().filter(|e| e.kind == kind) {
            made.attached(entry);
        }
    }
    Ok(made.items)
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare(
        "SELECT type, name, tbl_name, sql, sql LIKE 'CREATE VIRTUAL %' FROM sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
           AND name NOT LIKE '\\_tidegate\\_ledger\\_%' ESCAPE '\\' ORDER BY rowid",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Entry {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
            is_virtual: row.get(4)?,
        })
    })?;
    rows.collect()
}

#[derive(Default)]
struct Items {
    items: Vec<DdlItem>,
    tables: HashMap<String, u32>,
    /// Views in order: one may read another that was made before it.
    views: Vec<u32>,
}

impl Items {
    fn push(&mut self, kind: &str, name: &str, section: Section, statements: Vec<String>) -> u32 {
        let id = u32::try_from(self.items.len() + 1).expect("a schema has less than 4 G objects");
        self.items.push(DdlItem {
            id,
            kind: kind.to_owned(),
            name: main_name(name),
            section,
            statements,
            table: None,
            depends_on: Vec::new(),
        });
        id
    }

    fn last(&mut self) -> &mut DdlItem {
        self.items.last_mut().expect("called right after a push")
    }

    fn table(&mut self, entry: &Entry) {
        let id = self.push("TABLE", &entry.name, Section::PreData, vec![entry.sql.clone()]);
        self.last().table = Some(main_name(&entry.name));
        self.tables.insert(entry.name.to_lowercase(), id);
    }

    /// Entered into the schema beside its loaded shadow tables, as `.dump` does.
    fn virtual_table(&mut self, entry: &Entry, all: &[Entry]) {
        let text = |value: &str| literal(Dialect::Sqlite, value);
        let name = text(&entry.name);
        let statements = vec![
            "PRAGMA writable_schema = ON".to_owned(),
            format!(
                "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) \
                 VALUES ('table', {name}, {name}, 0, {})",
                text(&entry.sql)
            ),
            "PRAGMA writable_schema = RESET".to_owned(),
        ];
        let id = self.push("VIRTUAL TABLE", &entry.name, Section::PostData, statements);
        let prefix = format!("{}_", entry.name.to_lowercase());
        let shadows = all
            .iter()
            .filter(|e| e.kind == "table" && e.name.to_lowercase().starts_with(&prefix))
            .filter_map(|e| self.tables.get(&e.name.to_lowercase()).copied())
            .collect();
        self.last().depends_on = shadows;
        self.tables.insert(entry.name.to_lowercase(), id);
    }

    fn attached(&mut self, entry: &Entry) {
        let kind = entry.kind.to_uppercase();
        let id = self.push(&kind, &entry.name, Section::PostData, vec![entry.sql.clone()]);
        let owner = self.tables.get(&entry.table.to_lowercase()).copied();
        let mut depends_on: Vec<u32> = owner.into_iter().collect();
        if kind == "VIEW" {
            depends_on.extend(self.views.iter().copied());
            self.views.push(id);
        } else {
            if kind == "TRIGGER" {
                // On a view, or reading one.
                depends_on.extend(self.views.iter().copied());
            }
            if owner.is_some() {
                self.last().table = Some(main_name(&entry.table));
            }
        }
        self.last().depends_on = depends_on;
    }
}
