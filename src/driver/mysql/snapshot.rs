//! One moment for all workers: connections opened beforehand begin their transactions together
//! under a short read lock, which is released at once.
//!
//! The lock is the server's global one; where this user may not take that, each table's own; where
//! he may not take those either, there is one connection, whose transaction needs no lock. The lock
//! is held by a connection of its own: whatever happens to us, the server releases it when that
//! connection is closed.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use std::sync::Arc;

use super::address::MysqlAddress;
use super::catalog;
use super::connect::{Session, number, text, word};
use super::pool::{Pool, SAVEPOINT};
use super::reader::Reader;
use crate::core::catalog::Sequence;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::qualified;
use crate::driver::{LargeObject, Snapshot, SourceSession};

/// Longest wait for the lock. While we wait, the server makes its writers wait behind us.
const LOCK_WAIT_SECONDS: u32 = 10;

/// Connections left to others on a server that is nearly full.
const LEFT_FREE: u32 = 5;

/// Sessions opened at the same time.
const LOGINS_AT_ONCE: usize = 8;

const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY; SAVEPOINT ";

struct MysqlSnapshot {
    pool: Arc<Pool>,
    label: String,
}

/// Takes a snapshot that at most `sessions_max` sessions see.
pub(super) async fn open(
    address: &MysqlAddress,
    sessions_max: u32,
) -> Result<Box<dyn Snapshot>, Fault> {
    let mut keeper = Session::open(address).await?;
    let wanted = if sessions_max == 0 { 1 } else { sessions_max };
    let count = admitted(&mut keeper, wanted).await?;
    let mut sessions = logins(address, count).await?;
    let how = match sessions.len() {
        1 => Lock::None,
        _ => lock(&mut keeper, address).await?,
    };
    if how == Lock::None {
        sessions.truncate(1);
    }
    begin(&mut sessions).await?;
    // Closing the connection releases the lock, whatever it is; saying so is faster.
    let _ = keeper.run("UNLOCK TABLES").await;
    drop(keeper);
    let label = label(sessions.len(), sessions_max, how);
    Ok(Box::new(MysqlSnapshot { pool: Pool::new(address.clone(), sessions), label }))
}

fn label(count: usize, wanted: u32, how: Lock) -> String {
    let few = u32::try_from(count).unwrap_or(u32::MAX) < wanted;
    match (count, how) {
        (1, Lock::None) if wanted > 1 => "1 connection, no lock was permitted".to_owned(),
        (1, _) => "1 connection".to_owned(),
        (_, _) if few => format!("{count} connections of {wanted}"),
        _ => format!("{count} connections"),
    }
}

/// How many of the wanted connections the server has room for.
async fn admitted(keeper: &mut Session, wanted: u32) -> Result<u32, Fault> {
    let server = catalog::connections_free(keeper).await?;
    let room = server.saturating_sub(LEFT_FREE);
    let room = if room == 0 { 1 } else { room };
    Ok(if wanted < room { wanted } else { room })
}

/// Logs in before the lock is taken. A server that takes fewer gives fewer.
async fn logins(address: &MysqlAddress, count: u32) -> Result<Vec<Session>, Fault> {
    let mut sessions = Vec::new();
    let mut missing = usize::try_from(count).unwrap_or(usize::MAX);
    while missing > 0 {
        let group = if missing < LOGINS_AT_ONCE { missing } else { LOGINS_AT_ONCE };
        match try_join_all((0..group).map(|_| Session::open(address))).await {
            Ok(opened) => sessions.extend(opened),
            Err(fault) if fault.kind == FaultKind::TooManyConnections && !sessions.is_empty() => {
                break;
            }
            Err(fault) => return Err(fault),
        }
        missing -= group;
    }
    Ok(sessions)
}

async fn begin(sessions: &mut [Session]) -> Result<(), Fault> {
    let begin = format!("{BEGIN}{SAVEPOINT}");
    try_join_all(sessions.iter_mut().map(|session| session.run(&begin)))
        .await
        .map(|_| ())
        .map_err(|fault| fault.while_doing("begin to read"))
}

/// What keeps writers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Global,
    Tables,
    None,
}

/// Takes the best lock this user may take.
async fn lock(keeper: &mut Session, address: &MysqlAddress) -> Result<Lock, Fault> {
    keeper.run(&format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")).await?;
    match keeper.run("FLUSH TABLES WITH READ LOCK").await {
        Ok(()) => return Ok(Lock::Global),
        Err(fault) if is_refused(&fault) => {}
        Err(fault) => return Err(held_up(keeper, fault).await),
    }
    let schemas = catalog::schemas(keeper, address).await?;
    let names = catalog::table_names(keeper, &schemas).await?;
    if names.is_empty() {
        return Ok(Lock::None);
    }
    let locks: Vec<String> = names.iter().map(locked).collect();
    // MariaDB minds transactions under way only outside of autocommit.
    keeper.run("SET autocommit = 0").await?;
    match keeper.run(&format!("LOCK TABLES {}", locks.join(", "))).await {
        Ok(()) => Ok(Lock::Tables),
        Err(fault) if is_refused(&fault) => Ok(Lock::None),
        Err(fault) => Err(held_up(keeper, fault).await),
    }
}

fn locked(name: &ObjectName) -> String {
    format!("{} READ", qualified(Dialect::Mysql, name))
}

/// Denied; some hosts deny the global lock like a login.
fn is_refused(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Privilege | FaultKind::LoginRefused | FaultKind::Unsupported)
}

/// Names the sessions that were busy longest when the lock could not be had. Never what they run.
async fn held_up(keeper: &mut Session, fault: Fault) -> Fault {
    if fault.kind != FaultKind::LockTimeout {
        return fault.while_doing("keep writers out for a moment");
    }
    let asked = "SELECT ID, USER, TIME, COMMAND, STATE FROM information_schema.PROCESSLIST \
                 WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID') \
                 AND ID <> CONNECTION_ID() AND TIME >= 1 ORDER BY TIME DESC LIMIT 3";
    let rows = keeper.rows(asked).await.unwrap_or_default();
    let busy: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let seconds: u64 = number(row, 2)?;
            let state = text(row, 4).filter(|state| !state.is_empty());
            let state = state.unwrap_or_else(|| word(row, 3));
            Some(format!(
                "connection {} of {} for {seconds} s ({state})",
                word(row, 0),
                word(row, 1)
            ))
        })
        .collect();
    let mut said = Fault::new(
        FaultKind::LockTimeout,
        fault.side,
        format!("the source could not be locked for a moment within {LOCK_WAIT_SECONDS} s"),
    )
    .with_hint(
        "A long statement or an open transaction holds it up. It is tried again by itself; \
         SHOW PROCESSLIST on the source shows who.",
    );
    said.code = fault.code;
    if busy.is_empty() { said } else { said.with_detail(format!("Busy: {}.", busy.join(", "))) }
}

#[async_trait]
impl Snapshot for MysqlSnapshot {
    fn label(&self) -> String {
        self.label.clone()
    }

    async fn session(&self) -> Result<Box<dyn SourceSession>, Fault> {
        Ok(Box::new(Reader { pool: self.pool.clone() }))
    }

    async fn check(&self) -> Result<(), Fault> {
        self.pool.check().await
    }

    async fn sequences(&self) -> Result<Vec<Sequence>, Fault> {
        let mut session = Session::open(&self.pool.address).await?;
        catalog::sequences(&mut session, &self.pool.address).await
    }

    async fn large_objects(&self, _after_oid: u32) -> Result<Vec<LargeObject>, Fault> {
        Ok(Vec::new())
    }
}
