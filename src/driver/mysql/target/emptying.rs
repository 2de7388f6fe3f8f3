//! Emptying a table that begins again, together with the ledger rows of its chunks.
//!
//! TRUNCATE is DDL and no part of a transaction. So the ledger rows go first, in a transaction of
//! their own, and then the rows: who dies between the two finds a table that the job still has to
//! empty, and no chunk that counts as done. Where another table's foreign key forbids TRUNCATE, or
//! the user may only delete, both go in one transaction.

use super::ledger::{Ledger, stored, text};
use super::link::Line;
use crate::core::fault::Fault;
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;
use crate::driver::LedgerKey;

/// Keys named by one DELETE.
const KEYS_PER_STATEMENT: usize = 1_000;

/// A foreign key refers to the table; the user may not DROP.
const NO_TRUNCATE: [&str; 4] = ["1701", "1142", "1044", "1227"];

pub(super) async fn empty(
    line: &mut Line,
    ledger: &Ledger,
    name: &ObjectName,
    chunks: &[LedgerKey],
) -> Result<(), Fault> {
    let table = sql::qualified(Dialect::Mysql, name);
    line.statement("SET foreign_key_checks = 1").await?;
    // Waits for a twin that still writes into the table: it has its ledger rows by now.
    if referenced_by(line, name).await?.is_none() {
        line.statement("START TRANSACTION").await?;
        forget(line, ledger, chunks).await?;
        line.statement("COMMIT").await?;
        match line.statement(format!("TRUNCATE TABLE {table}")).await {
            Ok(_) => return forget(line, ledger, chunks).await,
            Err(fault) if fault.code.as_deref().is_some_and(|c| NO_TRUNCATE.contains(&c)) => {}
            Err(fault) => return Err(fault),
        }
    }
    delete(line, ledger, name, chunks).await
}

/// One transaction: the rows and what the ledger says of them.
async fn delete(
    line: &mut Line,
    ledger: &Ledger,
    name: &ObjectName,
    chunks: &[LedgerKey],
) -> Result<(), Fault> {
    if let Some(acting) = referenced_by(line, name).await?.filter(|key| key.changes_rows) {
        return Err(acting.refusal(line));
    }
    line.statement("START TRANSACTION").await?;
    let gone = line.statement(format!("DELETE FROM {}", sql::qualified(Dialect::Mysql, name)));
    gone.await.map_err(|fault| match fault.code.as_deref() {
        Some("1451") => fault.with_hint(
            "Rows of another table refer to these. Drop that foreign key until the job is done, \
             or empty both tables by hand.",
        ),
        _ => fault,
    })?;
    forget(line, ledger, chunks).await?;
    line.statement("COMMIT").await?;
    Ok(())
}

async fn forget(line: &mut Line, ledger: &Ledger, chunks: &[LedgerKey]) -> Result<(), Fault> {
    for group in chunks.chunks(KEYS_PER_STATEMENT) {
        let keys: Vec<String> = group
            .iter()
            .map(|key| {
                let (kind, id) = stored(*key);
                format!("('{kind}', {id})")
            })
            .collect();
        let keys = keys.join(", ");
        line.statement(format!("DELETE FROM {} WHERE (kind, id) IN ({keys})", ledger.table))
            .await?;
    }
    Ok(())
}

/// A foreign key of another table.
struct Referring {
    constraint: String,
    table: String,
    /// Deleting a parent deletes or changes its children.
    changes_rows: bool,
}

impl Referring {
    fn refusal(&self, line: &Line) -> Fault {
        let what =
            format!("foreign key {} of {} would change its rows", self.constraint, self.table);
        Fault::new(crate::core::fault::FaultKind::RowRefused, line.side, what).with_hint(
            "Deleting the rows would change another table. Drop that foreign key, or empty the \
             table by hand.",
        )
    }
}

/// A foreign key of another table that refers to `name`: one that acts, when there is one.
async fn referenced_by(line: &mut Line, name: &ObjectName) -> Result<Option<Referring>, Fault> {
    let asked = format!(
        "SELECT CONSTRAINT_NAME, CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME), \
         DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AS acts \
         FROM information_schema.REFERENTIAL_CONSTRAINTS \
         WHERE UNIQUE_CONSTRAINT_SCHEMA = {} AND REFERENCED_TABLE_NAME = {} \
         AND NOT (CONSTRAINT_SCHEMA = UNIQUE_CONSTRAINT_SCHEMA \
                  AND TABLE_NAME = REFERENCED_TABLE_NAME) \
         ORDER BY acts DESC LIMIT 1",
        text(&name.schema),
        text(&name.name)
    );
    let found = line.rows(asked).await?.into_iter().next();
    Ok(found.and_then(|row| {
        let mut row = row.into_iter();
        let (constraint, table) = (row.next()??, row.next()??);
        let changes_rows = row.next()?? == "1";
        Some(Referring { constraint, table, changes_rows })
    }))
}
