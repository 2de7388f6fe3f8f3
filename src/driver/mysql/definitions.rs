//! The source's own statements, as its SHOW CREATE prints them: one item an object. What becomes
//! of them on a target of either kind, and under other names, `core::plan` decides.

use super::address::MysqlAddress;
use super::catalog::{self, Reading};
use super::connect::{Session, word};
use super::show::{Shown, Statement, show_create};
use super::types::quoted;
use crate::core::catalog::{DdlItem, Section};
use crate::core::fault::Fault;
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::{qualified, quote};
use crate::driver::SchemaItems;

/// Everything in the databases this source is about. Session settings that a statement needs stand
/// before it.
pub(super) async fn schema_items(address: &MysqlAddress) -> Result<SchemaItems, Fault> {
    let mut named = Session::open(address).await?;
    let schemas = catalog::schemas(&mut named, address).await?;
    drop(named);
    // Without a database of its own a session is shown every name with its database.
    let bare = MysqlAddress { database: String::new(), ..address.clone() };
    let mut session = Session::open(&bare).await?;
    let mut made = Making::default();
    if schemas.is_empty() {
        return Ok(made.items);
    }
    databases(&mut session, &schemas, &mut made).await?;
    let mut reading = Reading::of(&schemas, &mut session);
    let sequences = match reading.session.flavour.mariadb {
        true => reading.of_type("SEQUENCE").await?,
        false => Vec::new(),
    };
    let tables = catalog::table_names(reading.session, &schemas).await?;
    made.shown(reading.session, Shown::Sequence, sequences).await?;
    made.positions(reading.session).await?;
    made.shown(reading.session, Shown::Table, tables).await?;
    let owners = triggers(&mut reading).await?;
    for (what, names) in catalog::other_names(&mut reading).await? {
        made.shown(reading.session, what, names).await?;
    }
    for item in made.items.items.iter_mut().filter(|item| item.kind == "TRIGGER") {
        item.table = owners.iter().find(|(name, _)| *name == item.name).map(|(_, t)| t.clone());
    }
    Ok(made.items)
}

#[derive(Default)]
struct Making {
    items: SchemaItems,
}

impl Making {
    fn push(&mut self, kind: &str, name: ObjectName, statements: Vec<String>) {
        let items = &mut self.items.items;
        items.push(DdlItem {
            id: u32::try_from(items.len()).expect("fewer than 2^32 objects") + 1,
            kind: kind.to_owned(),
            name,
            section: Section::PreData,
            statements,
            table: None,
            depends_on: Vec::new(),
        });
    }

    async fn shown(
        &mut self,
        session: &mut Session,
        what: Shown,
        names: Vec<ObjectName>,
    ) -> Result<(), Fault> {
        let statements = show_create(session, what, &names).await?;
        for (name, statement) in names.into_iter().zip(statements) {
            // Without the privilege to see it there is nothing to run: it is listed and not made.
            let Some(Statement { text, sql_mode, time_zone }) = statement else {
                self.push(what.word(), name, Vec::new());
                continue;
            };
            let mode = sql_mode.map(|mode| format!("SET sql_mode = {}", quoted(&mode)));
            let zone = time_zone.map(|zone| format!("SET time_zone = {}", quoted(&zone)));
            let statements = mode.into_iter().chain(zone).chain([text]).collect();
            self.push(what.word(), name, statements);
        }
        Ok(())
    }

    /// Sequences begin where those of the source stand.
    async fn positions(&mut self, session: &mut Session) -> Result<(), Fault> {
        for item in self.items.items.iter_mut().filter(|item| item.kind == "SEQUENCE") {
            let name = qualified(Dialect::Mysql, &item.name);
            let asked = format!("SELECT next_not_cached_value FROM {name}");
            if let Some(next) = session.value(&asked).await? {
                item.statements.push(format!("DO SETVAL({name}, {next}, 0)"));
            }
        }
        Ok(())
    }
}

async fn databases(
    session: &mut Session,
    schemas: &[String],
    made: &mut Making,
) -> Result<(), Fault> {
    let rows = session
        .rows(
            "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME \
             FROM information_schema.SCHEMATA",
        )
        .await?;
    for row in rows.iter().filter(|row| schemas.contains(&word(row, 0))) {
        let name = word(row, 0);
        let text = format!(
            "CREATE DATABASE IF NOT EXISTS {} CHARACTER SET {} COLLATE {}",
            quote(Dialect::Mysql, &name),
            word(row, 1),
            word(row, 2)
        );
        made.push("SCHEMA", ObjectName::new("", name), vec![text]);
    }
    Ok(())
}

/// Triggers with their tables.
async fn triggers(reading: &mut Reading<'_>) -> Result<Vec<(ObjectName, ObjectName)>, Fault> {
    let rows = reading
        .session
        .rows(&format!(
            "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE \
             FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA {}",
            reading.scope
        ))
        .await?;
    let named = |row| {
        let trigger = ObjectName::new(word(row, 0), word(row, 1));
        (trigger, ObjectName::new(word(row, 2), word(row, 3)))
    };
    Ok(rows.iter().map(named).collect())
}
