//! The ledger: which chunks and steps of a job this database has committed.
//!
//! Schema `tidegate`, two tables per job: one ordinary, one UNLOGGED for the chunks of UNLOGGED
//! tables, so that after a crash of the server rows and ledger are gone together. A user who may
//! not create a schema gets the tables in the first schema where he may create any; their names
//! are unique to the job, so they are found again by name and owner.
//!
//! A row's `kind`: `c` chunk, `s` step, `o` large object (by oid, written with its bytes so that
//! an interrupted step does not write an object twice).

use sqlx::postgres::PgConnection;
use std::time::Duration;
use tokio::time::Instant;

use super::connect::Link;
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;
use crate::driver::{LedgerKey, LedgerRow};

/// Our schema. Never copied, never listed.
pub(super) const SCHEMA: &str = "tidegate";

/// How long leftovers of a dead engine may take to end.
const LEFTOVERS_END_WITHIN: Duration = Duration::from_secs(60);
const LEFTOVERS_ASKED_EVERY: Duration = Duration::from_millis(50);

/// The two tables of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ledger {
    /// Quoted and with schema.
    pub logged: String,
    pub unlogged: String,
    schema: String,
}

impl Ledger {
    fn within(schema: &str, link: &Link) -> Ledger {
        let name = |suffix: &str| {
            let name = format!("{}{suffix}", table_name(link));
            sql::qualified(Dialect::Postgres, &ObjectName::new(schema, name))
        };
        Ledger { logged: name(""), unlogged: name("_unlogged"), schema: schema.to_owned() }
    }

    /// The table for work on a table that is `unlogged` or not.
    pub fn of(&self, unlogged: bool) -> &str {
        if unlogged { &self.unlogged } else { &self.logged }
    }
}

fn table_name(link: &Link) -> String {
    format!("job_{}", link.job_tag)
}

/// `kind` and `id` of a key.
pub(super) fn stored(key: LedgerKey) -> (&'static str, i64) {
    match key {
        LedgerKey::Chunk(id) => ("c", i64::from(id)),
        LedgerKey::Step(id) => ("s", i64::from(id)),
    }
}

/// Where the job's ledger is; `None` when it has none here.
pub(super) async fn find(link: &Link, on: &mut PgConnection) -> Result<Option<Ledger>, Fault> {
    // Only our own: a table of that name made by someone else proves nothing.
    let text = "SELECT n.nspname::text AS schema FROM pg_catalog.pg_class c \
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                WHERE c.relname = $1 AND c.relkind = 'r' \
                  AND pg_catalog.pg_get_userbyid(c.relowner) = current_user \
                ORDER BY n.nspname <> 'tidegate', n.nspname LIMIT 1";
    let query = sqlx::query(text).persistent(false).bind(table_name(link));
    let row = query.fetch_optional(on).await.map_err(|e| link.fault(&e))?;
    let schema = row.map(|row| link.get::<String>(&row, "schema")).transpose()?;
    Ok(schema.map(|schema| Ledger::within(&schema, link)))
}

/// Creates what is not there.
pub(super) async fn prepare(link: &Link, on: &mut PgConnection) -> Result<Ledger, Fault> {
    let ledger = match find(link, on).await? {
        Some(ledger) => ledger,
        None => Ledger::within(&home(link, on).await?, link),
    };
    for (table, persistence) in [(&ledger.logged, ""), (&ledger.unlogged, "UNLOGGED ")] {
        // A row is written once, updated once and read at the next start.
        let text = format!(
            "CREATE {persistence}TABLE IF NOT EXISTS {table} (\
             kind text NOT NULL, id bigint NOT NULL, rows bigint NOT NULL DEFAULT 0, \
             rejected bigint NOT NULL DEFAULT 0, handout bigint NOT NULL DEFAULT 0, \
             written timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), \
             PRIMARY KEY (kind, id)) WITH (fillfactor = 50)"
        );
        link.statement(on, text).await?;
    }
    let comment = format!(
        "COMMENT ON TABLE {} IS 'tidegate: work committed by a copy job; removed when it ends'",
        ledger.logged
    );
    link.statement(on, comment).await?;
    Ok(ledger)
}

/// Adds what the ledger of a job begun by an older build lacks. Changes nothing else.
pub(super) async fn complete(
    link: &Link,
    on: &mut PgConnection,
    ledger: &Ledger,
) -> Result<(), Fault> {
    for table in [&ledger.logged, &ledger.unlogged] {
        let asked = format!(
            "SELECT count(*)::int8 AS n FROM pg_catalog.pg_attribute WHERE attrelid = {}::regclass \
             AND attname IN ('rejected', 'handout') AND NOT attisdropped",
            sql::literal(Dialect::Postgres, table)
        );
        let rows = link.rows(on, asked).await?;
        let there = rows.first().map(|row| link.get::<i64>(row, "n")).transpose()?;
        // ALTER waits for whoever holds the table: not without need.
        if there != Some(2) {
            let text = format!(
                "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS rejected bigint NOT NULL DEFAULT 0, \
                 ADD COLUMN IF NOT EXISTS handout bigint NOT NULL DEFAULT 0"
            );
            link.statement(on, text).await?;
        }
    }
    Ok(())
}

/// The schema for a new ledger: ours, or the first one where this user may create tables.
async fn home(link: &Link, on: &mut PgConnection) -> Result<String, Fault> {
    let text = "SELECT n.nspname::text AS schema \
                FROM pg_catalog.pg_namespace n \
                WHERE pg_catalog.has_schema_privilege(n.oid, 'CREATE, USAGE') \
                  AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') \
                  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
                ORDER BY n.nspname <> 'tidegate', n.nspname <> 'public', n.nspname LIMIT 1";
    let found = |rows: Vec<sqlx::postgres::PgRow>| {
        rows.first().map(|row| link.get::<String>(row, "schema")).transpose()
    };
    let usable = found(link.rows(on, text.to_owned()).await?)?;
    if usable.as_deref() == Some(SCHEMA) {
        return Ok(SCHEMA.to_owned());
    }
    match link.statement(on, format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}")).await {
        Ok(_) => Ok(SCHEMA.to_owned()),
        // Another job made it at the same moment.
        Err(fault) if fault.code.as_deref() == Some("23505") => Ok(SCHEMA.to_owned()),
        Err(fault) if fault.kind == FaultKind::Privilege => usable.ok_or_else(|| {
            fault
                .while_doing("create the ledger")
                .with_hint("Grant CREATE on the database, or CREATE on one of its schemas.")
        }),
        Err(fault) => Err(fault.while_doing("create the ledger")),
    }
}

/// Every committed chunk and step.
pub(super) async fn read(
    link: &Link,
    on: &mut PgConnection,
    ledger: &Ledger,
) -> Result<Vec<LedgerRow>, Fault> {
    let text = format!(
        "SELECT kind, id, rows, rejected, handout FROM {} WHERE kind IN ('c', 's') \
         UNION ALL SELECT kind, id, rows, rejected, handout FROM {} \
         WHERE kind IN ('c', 's') ORDER BY 1, 2",
        ledger.logged, ledger.unlogged
    );
    let rows = link.rows(on, text).await?;
    let read = rows.iter().map(|row| {
        let id = u32::try_from(link.get::<i64>(row, "id")?).unwrap_or(u32::MAX);
        let key = match link.get::<String>(row, "kind")?.as_str() {
            "c" => LedgerKey::Chunk(id),
            _ => LedgerKey::Step(id),
        };
        let rows = u64::try_from(link.get::<i64>(row, "rows")?).unwrap_or(0);
        Ok(LedgerRow { key, rows, rejects: rejects_of(link, row)? })
    });
    read.collect()
}

/// What a ledger row says of rejected rows.
pub(super) fn rejects_of(link: &Link, row: &sqlx::postgres::PgRow) -> Result<Rejects, Fault> {
    let number =
        |column| link.get::<i64>(row, column).map(|value| u32::try_from(value).unwrap_or(u32::MAX));
    Ok(Rejects { count: number("rejected")?, handout: number("handout")? })
}

/// Removes the job's tables, and our schema when no other job has any. Idempotent.
pub(super) async fn drop(link: &Link, on: &mut PgConnection) -> Result<(), Fault> {
    while let Some(ledger) = find(link, on).await? {
        let text = format!("DROP TABLE IF EXISTS {}, {}", ledger.logged, ledger.unlogged);
        link.statement(on, text).await?;
        if ledger.schema == SCHEMA {
            match link.statement(on, format!("DROP SCHEMA IF EXISTS {SCHEMA}")).await {
                // Another job's ledger is in it, or the schema is another user's.
                Err(fault) if matches!(fault.code.as_deref(), Some("2BP01" | "42501")) => {}
                done => {
                    done?;
                }
            }
        }
    }
    Ok(())
}

/// Ends what an earlier engine of this job left open here, and waits until it is gone: only then
/// does the ledger say what is committed. Touches only this user's sessions of this job, and none
/// that this process opened: its workers may be in the midst of their work.
pub(super) async fn end_leftovers(link: &Link, on: &mut PgConnection) -> Result<(), Fault> {
    let text = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
                WHERE (application_name = $1 \
                       OR pg_catalog.starts_with(application_name, $1 || ' ')) \
                  AND application_name <> $2 AND usename = current_user \
                  AND datname = pg_catalog.current_database() \
                  AND pid <> pg_catalog.pg_backend_pid()";
    let deadline = Instant::now() + LEFTOVERS_END_WITHIN;
    loop {
        let query = sqlx::query(text).bind(link.job_sessions()).bind(link.application_name());
        let left = query.fetch_all(&mut *on).await.map_err(|e| link.fault(&e))?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(Fault::new(
                FaultKind::LockTimeout,
                link.side,
                format!("{} sessions of this job's earlier engine do not end", left.len()),
            )
            .with_hint(
                "See pg_stat_activity on the target; they must end before the job goes on.",
            ));
        }
        tokio::time::sleep(LEFTOVERS_ASKED_EVERY).await;
    }
}
