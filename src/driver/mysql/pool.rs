//! The connections of a snapshot. None can be replaced: what is lost is lost, and the snapshot with
//! the last of them.
//!
//! A connection is lent for one chunk. Whatever happens to the one who asked for the chunk, the
//! connection is either given back between two statements or counted as lost: half-read answers
//! are finished or cut short by the server (`reader`), never left in a socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::address::MysqlAddress;
use super::connect::Session;
use super::key_shape::KeyShape;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::ObjectName;

/// Where a session goes back to between chunks: a transaction keeps the locks on the definitions
/// of the tables it has read, and the owner of the source may want to alter them.
pub(super) const SAVEPOINT: &str = "between_chunks";

/// Longest wait for a connection's sign of life.
const PING_LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Pool {
    pub address: MysqlAddress,
    state: Mutex<State>,
    changed: Notify,
    /// What is known of the keys that cut tables.
    shapes: Mutex<HashMap<ObjectName, Arc<KeyShape>>>,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// Idle, lent, or being looked at.
    alive: usize,
}

impl Pool {
    pub(super) fn new(address: MysqlAddress, sessions: Vec<Session>) -> Arc<Pool> {
        let alive = sessions.len();
        Arc::new(Pool {
            address,
            state: Mutex::new(State { idle: sessions, alive }),
            changed: Notify::new(),
            shapes: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, as soon as one is free.
    ///
    /// # Errors
    /// `SnapshotLost` when none is left.
    pub(super) async fn lend(self: &Arc<Pool>) -> Result<Lent, Fault> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Counted from here on: a connection given back in between is not missed.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                if let Some(session) = state.idle.pop() {
                    return Ok(Lent { pool: self.clone(), session: Some(session) });
                }
                if state.alive == 0 {
                    return Err(self.lost());
                }
            }
            changed.await;
        }
    }

    pub(super) fn lost(&self) -> Fault {
        let what = "the snapshot is gone: every connection that held it was cut";
        Fault::new(FaultKind::SnapshotLost, self.address.side, what)
    }

    /// The key that cuts `table`, read once.
    ///
    /// # Errors
    /// As [`KeyShape::read`].
    pub(super) async fn shape(
        &self,
        session: &mut Session,
        table: &ObjectName,
        columns: &[String],
    ) -> Result<Arc<KeyShape>, Fault> {
        if let Some(known) = self.shapes().get(table) {
            return Ok(known.clone());
        }
        let shape = Arc::new(KeyShape::read(session, table, columns).await?);
        self.shapes().insert(table.clone(), shape.clone());
        Ok(shape)
    }

    fn shapes(&self) -> MutexGuard<'_, HashMap<ObjectName, Arc<KeyShape>>> {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every idle connection for a sign of life. Goes on by itself when nobody waits.
    pub(super) async fn check(self: &Arc<Pool>) -> Result<(), Fault> {
        let idle: Vec<Session> = std::mem::take(&mut self.state().idle);
        let looks: Vec<_> = idle
            .into_iter()
            .map(|session| {
                let lent = Lent { pool: self.clone(), session: Some(session) };
                tokio::spawn(look_at(lent))
            })
            .collect();
        for look in looks {
            let _ = look.await;
        }
        if self.state().alive == 0 { Err(self.lost()) } else { Ok(()) }
    }
}

async fn look_at(mut lent: Lent) {
    let asked = tokio::time::timeout(PING_LIMIT, lent.session().run("DO 0")).await;
    if matches!(asked, Ok(Ok(()))) {
        lent.give_back();
    }
}

/// A connection out of the pool. Dropped without [`Lent::give_back`] it is closed and lost.
pub(super) struct Lent {
    pool: Arc<Pool>,
    session: Option<Session>,
}

impl Lent {
    pub(super) fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("held until given back")
    }

    /// For whoever has it between two statements.
    pub(super) fn give_back(mut self) {
        if let Some(session) = self.session.take() {
            self.pool.state().idle.push(session);
            self.pool.changed.notify_waiters();
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.session.take().is_some() {
            self.pool.state().alive -= 1;
            self.pool.changed.notify_waiters();
        }
    }
}
