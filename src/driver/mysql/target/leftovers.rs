//! Sessions that an earlier engine of the job left behind.
//!
//! A transaction of a dead engine may still hold locks, and may even still commit: only when it
//! has ended does the ledger say what is there. Connection numbers return after a restart of the
//! server, so a session is known by a lock it holds (`GET_LOCK`), whose name is derived from a
//! row of the ledger that was committed before the lock was taken. Whoever holds such a lock is a
//! session of this job, and nobody else is ever killed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

use super::ledger::Ledger;
use super::link::{Line, Link};
use crate::core::fault::{Fault, FaultKind};

/// How long leftovers may take to roll back what they had written.
const END_WITHIN: Duration = Duration::from_secs(300);
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// Gone by itself: no such thread.
const NO_SUCH_THREAD: &str = "1094";

/// Numbers the sessions of this process.
static SESSIONS: AtomicU32 = AtomicU32::new(0);

/// The lock of session `id` of the job; at most 64 characters.
fn lock_name(link: &Link, id: u64) -> String {
    format!("tidegate/{}/{id:x}", link.job_tag)
}

/// Makes a session known as the job's.
pub(super) async fn register(link: &Link, line: &mut Line, ledger: &Ledger) -> Result<(), Fault> {
    let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
    let id = (u64::from(link.nonce) << 32) | u64::from(number);
    let row = format!("INSERT INTO {} (kind, id) VALUES ('l', {id})", ledger.table);
    line.statement(row).await?;
    match line.one(format!("SELECT GET_LOCK('{}', 0)", lock_name(link, id))).await {
        Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
        // Some clusters know no such locks. Then a twin is only waited for, by its ledger row.
        _ => Ok(()),
    }
}

/// Ends what an earlier engine of this job left open here, and waits until it is gone. Never a
/// session that this process opened: its workers may be in the midst of their work.
pub(super) async fn end(link: &Link, line: &mut Line, ledger: &Ledger) -> Result<(), Fault> {
    let asked =
        format!("SELECT id FROM {} WHERE kind = 'l' AND id >> 32 <> {}", ledger.table, link.nonce);
    let rows = line.rows(asked).await?;
    let ids: Vec<u64> =
        rows.into_iter().filter_map(|row| row.into_iter().next()??.parse().ok()).collect();
    let deadline = Instant::now() + END_WITHIN;
    for id in ids {
        while let Some(thread) = holder(link, line, id).await? {
            match line.statement(format!("KILL CONNECTION {thread}")).await {
                Err(fault) if fault.code.as_deref() == Some(NO_SUCH_THREAD) => {}
                done => {
                    done.map_err(|f| f.while_doing("end a session of this job's earlier engine"))?;
                }
            }
            if Instant::now() >= deadline {
                return Err(still_there(link, thread));
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
        line.statement(format!("DELETE FROM {} WHERE kind = 'l' AND id = {id}", ledger.table))
            .await?;
    }
    Ok(())
}

async fn holder(link: &Link, line: &mut Line, id: u64) -> Result<Option<u64>, Fault> {
    match line.number(format!("SELECT IS_USED_LOCK('{}')", lock_name(link, id))).await {
        Err(fault) if fault.kind != FaultKind::ConnectionLost => Ok(None),
        found => found,
    }
}

fn still_there(link: &Link, thread: u64) -> Fault {
    let what = format!("session {thread} of this job's earlier engine does not end");
    Fault::new(FaultKind::LockTimeout, link.side(), what).with_hint(
        "It rolls back what it had written: see SHOW PROCESSLIST on the target. The job goes on \
         when it is gone.",
    )
}
