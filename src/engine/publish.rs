//! What consoles are told: one snapshot, then what changed, at intervals.
//!
//! There is one published picture for all consoles, so a change is worked out and written down
//! once however many look on. Nothing goes out when nothing visible changed. A console whose queue
//! is full is dropped: it does not read, and it may attach again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::task::AbortHandle;

use super::incoming::{ConsoleId, Outbox};
use crate::core::time::Timestamp;
use crate::protocol::{
    ConsoleView, Hello, JobView, LogLine, Reply, ServerLine, Snapshot, TableView, Update,
    WorkerView, codec,
};

/// Log lines a new console is shown.
const LOG_LINES_KEPT: usize = 200;

/// One connected console.
pub(super) struct Console {
    pub(super) hello: Hello,
    pub(super) since: Timestamp,
    is_subscribed: bool,
    outbox: Outbox,
    connection: AbortHandle,
}

/// The published picture and who looks at it.
#[derive(Default)]
pub(super) struct Publisher {
    consoles: BTreeMap<ConsoleId, Console>,
    job: JobView,
    tables: Vec<TableView>,
    /// Tables that changed since they were sent.
    unsent_tables: BTreeSet<u32>,
    workers: Vec<WorkerView>,
    log: VecDeque<LogLine>,
    unsent_log: Vec<LogLine>,
    sent_consoles: Vec<ConsoleView>,
}

impl Publisher {
    pub(super) fn join(
        &mut self,
        id: ConsoleId,
        hello: Hello,
        outbox: Outbox,
        connection: AbortHandle,
        now: Timestamp,
    ) {
        let console = Console { hello, since: now, is_subscribed: false, outbox, connection };
        self.consoles.insert(id, console);
    }

    pub(super) fn leave(&mut self, id: ConsoleId) {
        self.consoles.remove(&id);
    }

    pub(super) fn console(&self, id: ConsoleId) -> Option<&Console> {
        self.consoles.get(&id)
    }

    /// Consoles that look on: commands that ask and leave are not counted.
    pub(super) fn subscribers(&self) -> usize {
        self.consoles.values().filter(|c| c.is_subscribed).count()
    }

    pub(super) fn is_alone(&self) -> bool {
        self.consoles.is_empty()
    }

    pub(super) fn tables(&self) -> &[TableView] {
        &self.tables
    }

    /// A fresh plan: every table is new.
    pub(super) fn replace_tables(&mut self, tables: Vec<TableView>) {
        self.tables = tables;
        self.unsent_tables = (0..self.tables.len() as u32).collect();
    }

    /// A table was looked at again. Answers what it was before, when something changed.
    pub(super) fn update_table(&mut self, view: TableView) -> Option<TableView> {
        let number = view.number;
        let slot = self.tables.get_mut(number as usize)?;
        if *slot == view {
            return None;
        }
        self.unsent_tables.insert(number);
        Some(std::mem::replace(slot, view))
    }

    pub(super) fn add_log(&mut self, line: LogLine) {
        if self.log.len() == LOG_LINES_KEPT {
            self.log.pop_front();
        }
        self.log.push_back(line.clone());
        if self.unsent_log.len() == LOG_LINES_KEPT {
            self.unsent_log.remove(0);
        }
        self.unsent_log.push(line);
    }

    pub(super) fn consoles_view(&self) -> Vec<ConsoleView> {
        let view = |c: &Console| ConsoleView {
            user: c.hello.user.clone(),
            tty: c.hello.tty.clone(),
            since_ms: c.since.0,
            read_only: c.hello.read_only,
        };
        self.consoles.values().filter(|c| c.is_subscribed).map(view).collect()
    }

    /// Everything at this moment.
    pub(super) fn snapshot(&self, job: JobView, workers: Vec<WorkerView>) -> Snapshot {
        Snapshot {
            job,
            tables: self.tables.clone(),
            workers,
            consoles: self.consoles_view(),
            log: self.log.iter().cloned().collect(),
        }
    }

    /// Sends what changed to all who look on.
    pub(super) fn publish(&mut self, job: JobView, workers: Vec<WorkerView>) {
        let consoles = self.consoles_view();
        let tables = std::mem::take(&mut self.unsent_tables);
        let log = std::mem::take(&mut self.unsent_log);
        let job_changed = differs(&self.job, &job);
        let workers_changed = self.workers != workers;
        let consoles_changed = self.sent_consoles != consoles;
        let nothing = !job_changed && !workers_changed && !consoles_changed;
        if nothing && tables.is_empty() && log.is_empty() {
            return;
        }
        if self.subscribers() > 0 {
            let update = Update::Changed {
                job: job_changed.then(|| Box::new(job.clone())),
                tables: tables.iter().map(|n| self.tables[*n as usize].clone()).collect(),
                workers: workers_changed.then(|| workers.clone()),
                log,
                consoles: consoles_changed.then(|| consoles.clone()),
            };
            self.broadcast(&ServerLine::Update { update });
        }
        self.job = job;
        self.workers = workers;
        self.sent_consoles = consoles;
    }

    /// A new looker-on: everything first. The caller has just published.
    pub(super) fn subscribe(&mut self, id: ConsoleId, mut snapshot: Snapshot) {
        if let Some(console) = self.consoles.get_mut(&id) {
            console.is_subscribed = true;
        }
        snapshot.consoles = self.consoles_view();
        let update = Update::Snapshot { snapshot: Box::new(snapshot) };
        self.send(id, &codec::to_line(&ServerLine::Update { update }).into());
    }

    pub(super) fn reply(&mut self, id: ConsoleId, request: u64, reply: Reply) {
        let line = ServerLine::Reply { id: request, reply };
        self.send(id, &codec::to_line(&line).into());
    }

    /// The engine leaves.
    pub(super) fn goodbye(&mut self, reason: &str) {
        let update = Update::Goodbye { reason: reason.to_owned() };
        self.broadcast(&ServerLine::Update { update });
    }

    fn broadcast(&mut self, line: &ServerLine) {
        let line: Arc<[u8]> = codec::to_line(line).into();
        let ids: Vec<ConsoleId> =
            self.consoles.iter().filter(|(_, c)| c.is_subscribed).map(|(id, _)| *id).collect();
        for id in ids {
            self.send(id, &line);
        }
    }

    fn send(&mut self, id: ConsoleId, line: &Arc<[u8]>) {
        let Some(console) = self.consoles.get(&id) else { return };
        match console.outbox.try_send(line.clone()) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!(
                    console = id.0,
                    user = %console.hello.user,
                    "a console does not read its lines and was dropped"
                );
                console.connection.abort();
                self.consoles.remove(&id);
            }
            // `ConsoleLeft` is on its way.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

/// The clock's own running is no change.
fn differs(before: &JobView, after: &JobView) -> bool {
    let mut same_time = after.clone();
    same_time.now_ms = before.now_ms;
    same_time.elapsed_ms = before.elapsed_ms;
    same_time != *before
}
