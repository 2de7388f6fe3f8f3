//! The ledger: which chunks and steps of a job this server has committed.
//!
//! Database `tidegate`, one InnoDB table per job. A user who may not create a database gets the
//! table in the database the URL names, else in the first one where it can be made. It is found
//! again by its name and its comment.
//!
//! A row's `kind`: `c` chunk, `s` step, `i` a step with DDL that has begun ([`super::steps`]),
//! `l` a session of the job ([`super::leftovers`]).
//!
//! The database is made with a collation nobody chooses for data; by it we know our own when the
//! last job's ledger is gone and it can be removed.

use super::link::{Line, Link};
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;
use crate::driver::{LedgerKey, LedgerRow};

/// Our database. Never copied, never listed.
pub(super) const DATABASE: &str = "tidegate";

const COLLATION: &str = "ascii_bin";

/// Its beginning marks our tables.
const COMMENT: &str = "tidegate: work committed by a copy job; removed when it ends";

const COMMENT_COMPARED: &str = "tidegate: compared; removed when the job ends";

/// Held while the database or a table in it comes or goes.
const HOME_LOCK: &str = "tidegate/home";
const HOME_LOCK_SECONDS: u32 = 60;

/// No such privilege, in the server's numbers: on a database, a table, a command, anything.
const FORBIDDEN: [&str; 4] = ["1044", "1142", "1227", "1045"];

/// Where a job's table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ledger {
    /// Quoted and with its database.
    pub table: String,
    name: ObjectName,
}

impl Ledger {
    fn at(database: &str, link: &Link) -> Ledger {
        let name = ObjectName::new(database, table_name(database, link));
        Ledger { table: sql::qualified(Dialect::Mysql, &name), name }
    }
}

fn table_name(database: &str, link: &Link) -> String {
    if database == DATABASE {
        format!("job_{}", link.job_tag)
    } else {
        format!("_tidegate_ledger_{}", link.job_tag)
    }
}

/// `kind` and `id` of a key.
pub(super) fn stored(key: LedgerKey) -> (char, u64) {
    match key {
        LedgerKey::Chunk(id) => ('c', u64::from(id)),
        LedgerKey::Step(id) => ('s', u64::from(id)),
    }
}

pub(super) fn text(text: &str) -> String {
    sql::literal(Dialect::Mysql, text)
}

/// Where the job's ledger is; `None` when it has none here.
pub(super) async fn find(link: &Link, line: &mut Line) -> Result<Option<Ledger>, Fault> {
    // Names first: the server opens every table it is asked a comment of.
    let asked = format!(
        "SELECT TABLE_SCHEMA FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND TABLE_COMMENT LIKE 'tidegate:%'",
        text(DATABASE),
        text(&table_name(DATABASE, link)),
    );
    if line.one(asked).await?.is_some() {
        return Ok(Some(Ledger::at(DATABASE, link)));
    }
    let asked = format!(
        "SELECT TABLE_SCHEMA FROM information_schema.TABLES \
         WHERE TABLE_NAME = {} AND TABLE_COMMENT LIKE 'tidegate:%' \
         ORDER BY TABLE_SCHEMA LIMIT 1",
        text(&table_name("", link)),
    );
    Ok(line.one(asked).await?.map(|database| Ledger::at(&database, link)))
}

/// Creates what is not there.
pub(super) async fn prepare(link: &Link, line: &mut Line) -> Result<Ledger, Fault> {
    if let Some(ledger) = find(link, line).await? {
        return Ok(ledger);
    }
    let locked = lock_home(line).await?;
    let made = make(link, line).await;
    if locked {
        line.statement(format!("DO RELEASE_LOCK('{HOME_LOCK}')")).await?;
    }
    made.map_err(|fault| match fault.kind {
        FaultKind::ConnectionLost => fault,
        _ => fault.while_doing("create the ledger").with_hint(
            "Grant CREATE, INSERT, UPDATE, DELETE, SELECT and DROP on tidegate.*, or on the \
             database that the URL names.",
        ),
    })
}

async fn make(link: &Link, line: &mut Line) -> Result<Ledger, Fault> {
    let database =
        format!("CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET ascii COLLATE {COLLATION}");
    let refused = match line.statement(database).await {
        Ok(_) => match create(link, line, DATABASE).await {
            Err(fault) if is_forbidden(&fault) => fault,
            done => return done,
        },
        Err(fault) if is_forbidden(&fault) => fault,
        Err(fault) => return Err(fault),
    };
    let mut last = refused;
    for home in homes(link, line).await? {
        match create(link, line, &home).await {
            Err(fault) if is_forbidden(&fault) => last = fault,
            done => return done,
        }
    }
    Err(last)
}

/// Other places for the table: what the URL names first, then every database this user sees.
async fn homes(link: &Link, line: &mut Line) -> Result<Vec<String>, Fault> {
    let named = &link.address.database;
    let asked = format!(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN \
         ('mysql', 'sys', 'information_schema', 'performance_schema', 'tidegate') \
         ORDER BY SCHEMA_NAME <> {}, SCHEMA_NAME",
        text(named)
    );
    Ok(line.rows(asked).await?.into_iter().filter_map(|row| row.into_iter().next()?).collect())
}

async fn create(link: &Link, line: &mut Line, database: &str) -> Result<Ledger, Fault> {
    let ledger = Ledger::at(database, link);
    let statement = format!(
        "CREATE TABLE IF NOT EXISTS {} (\
         kind char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, \
         id bigint unsigned NOT NULL, \
         row_count bigint unsigned NOT NULL DEFAULT 0, \
         rejected int unsigned NOT NULL DEFAULT 0, \
         handout int unsigned NOT NULL DEFAULT 0, \
         written timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), \
         PRIMARY KEY (kind, id)) ENGINE = InnoDB COMMENT = {}",
        ledger.table,
        text(COMMENT)
    );
    line.statement(statement).await?;
    // Is it ours to write? Known now and not after the first gigabytes.
    let table = &ledger.table;
    for statement in [
        format!(
            "INSERT INTO {table} (kind, id) VALUES ('-', 0) ON DUPLICATE KEY UPDATE row_count = 1"
        ),
        format!("DELETE FROM {table} WHERE kind = '-'"),
    ] {
        if let Err(fault) = line.statement(statement).await {
            line.statement(format!("DROP TABLE IF EXISTS {table}")).await.ok();
            return Err(fault);
        }
    }
    Ok(ledger)
}

fn is_forbidden(fault: &Fault) -> bool {
    fault.code.as_deref().is_some_and(|code| FORBIDDEN.contains(&code))
}

/// One job at a time; `false` on a cluster that knows no such locks.
async fn lock_home(line: &mut Line) -> Result<bool, Fault> {
    match line.one(format!("SELECT GET_LOCK('{HOME_LOCK}', {HOME_LOCK_SECONDS})")).await {
        Ok(got) => Ok(got.as_deref() == Some("1")),
        Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
        Err(_) => Ok(false),
    }
}

/// Every committed chunk and step.
pub(super) async fn read(line: &mut Line, ledger: &Ledger) -> Result<Vec<LedgerRow>, Fault> {
    let asked = format!(
        "SELECT kind, id, row_count, rejected, handout FROM {} \
         WHERE kind IN ('c', 's') ORDER BY kind, id",
        ledger.table
    );
    let rows = line.rows(asked).await?;
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        let [Some(kind), Some(id), Some(count), rejects @ ..] = &row[..] else { continue };
        let Ok(id) = id.parse() else { continue };
        let key = if kind == "c" { LedgerKey::Chunk(id) } else { LedgerKey::Step(id) };
        read.push(LedgerRow {
            key,
            rows: count.parse().unwrap_or(0),
            rejects: rejects_of(rejects),
        });
    }
    Ok(read)
}

/// What a ledger row says of rejected rows: how many, and of which handout.
pub(super) fn rejects_of(cells: &[Option<String>]) -> Rejects {
    let number =
        |at: usize| cells.get(at).and_then(|cell| cell.as_ref()?.parse().ok()).unwrap_or(0);
    Rejects { count: number(0), handout: number(1) }
}

/// Adds what the ledger of a job begun by an older build lacks. Changes nothing else.
pub(super) async fn complete(line: &mut Line, ledger: &Ledger) -> Result<(), Fault> {
    let asked = format!(
        "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} \
         AND TABLE_NAME = {} AND COLUMN_NAME IN ('rejected', 'handout')",
        text(&ledger.name.schema),
        text(&ledger.name.name)
    );
    if line.number(asked).await? != Some(0) {
        return Ok(());
    }
    let statement = format!(
        "ALTER TABLE {} ADD COLUMN rejected int unsigned NOT NULL DEFAULT 0, \
         ADD COLUMN handout int unsigned NOT NULL DEFAULT 0",
        ledger.table
    );
    line.statement(statement).await.map(|_| ())
}

/// Makes everything committed so far outlive a crash.
pub(super) async fn flush(line: &mut Line, ledger: &Ledger) -> Result<(), Fault> {
    for comment in [COMMENT_COMPARED, COMMENT] {
        let statement = format!("ALTER TABLE {} COMMENT = {}", ledger.table, text(comment));
        line.statement(statement).await?;
    }
    Ok(())
}

/// Removes the job's table, and our database when no other job has any. Idempotent.
pub(super) async fn drop(link: &Link, line: &mut Line) -> Result<(), Fault> {
    while let Some(ledger) = find(link, line).await? {
        line.statement(format!("DROP TABLE IF EXISTS {}", ledger.table)).await?;
        if ledger.name.schema != DATABASE {
            continue;
        }
        if !lock_home(line).await? {
            // Someone else is at it, or there are no such locks: an empty database does no harm.
            continue;
        }
        let dropped = drop_empty_database(line).await;
        line.statement(format!("DO RELEASE_LOCK('{HOME_LOCK}')")).await?;
        dropped?;
    }
    Ok(())
}

async fn drop_empty_database(line: &mut Line) -> Result<(), Fault> {
    let asked = format!(
        "SELECT s.DEFAULT_COLLATION_NAME = '{COLLATION}' \
         AND NOT EXISTS (SELECT 1 FROM information_schema.TABLES \
                         WHERE TABLE_SCHEMA = {name}) \
         AND NOT EXISTS (SELECT 1 FROM information_schema.ROUTINES \
                         WHERE ROUTINE_SCHEMA = {name}) \
         AND NOT EXISTS (SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {name}) \
         FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME = {name}",
        name = text(DATABASE)
    );
    if line.number(asked).await? != Some(1) {
        return Ok(());
    }
    match line.statement(format!("DROP DATABASE IF EXISTS {DATABASE}")).await {
        // It shows us nothing and holds what we may not see.
        Err(fault) if is_forbidden(&fault) => Ok(()),
        done => done.map(|_| ()),
    }
}
