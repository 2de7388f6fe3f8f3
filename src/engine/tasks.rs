//! Things the engine begins beside its workers and hears of through its queue.

use std::time::Duration;

use super::control::Engine;
use super::incoming::{Incoming, LedgerUse, OpenedSnapshot};
use super::narrate::{engine_note, fault_note};
use super::planning::make_plan;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{Job, JobState, Notice};
use crate::core::plan::{Finding, MigrationPlan, Severity};
use crate::protocol::convert::topic_of;

/// A server that has not answered by then counts as lost.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(15);
/// Reading a ledger of a million rows takes a few seconds; waiting for an old engine's
/// transactions to end may take longer.
const LEDGER_LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at an open snapshot; they also keep its connection from being cut as idle.
const CHECK_INTERVAL_MS: u64 = 5_000;

impl Engine {
    /// Begins what the machine wants begun.
    pub(super) fn look_around(&mut self) {
        if self.leave.is_some() {
            return;
        }
        let now = self.clock.now();
        if self.job.wants_reconcile() {
            self.remember(LedgerUse::Compare);
        }
        if self.job.wants_final_check() {
            self.remember(LedgerUse::FinalCheck);
        }
        if self.job.wants_snapshot(now) {
            self.open_snapshot();
        }
        if !self.verifies() && self.job.wants_cleanup() && now >= self.under_way.cleanup_not_before
        {
            self.clean_up();
        }
        for side in self.job.probes_due(now) {
            self.probe(side);
        }
        self.check_snapshot();
        self.watch_limits();
    }

    /// What was done, from where this kind of job keeps it.
    fn remember(&mut self, purpose: LedgerUse) {
        match self.verifies() {
            true => self.recall_own_work(purpose),
            false => self.read_ledger(purpose),
        }
    }

    /// Reads the ledger; makes it first when the job has begun nothing yet.
    fn read_ledger(&mut self, purpose: LedgerUse) {
        if std::mem::replace(&mut self.under_way.ledger, true) {
            return;
        }
        let is_fresh = !has_begun(&self.job);
        if is_fresh {
            let (now, name) = (self.clock.now(), self.job_id.to_string());
            if let Err(fault) = self.master.record_external("target", "ledger", &name, now) {
                self.under_way.ledger = false;
                self.set_trouble(fault, now);
                return;
            }
        }
        let (target, job_id) = (self.databases.target.clone(), self.job_id.clone());
        let (inbox, doubts) = (self.inbox(), self.job.doubts());
        tokio::spawn(async move {
            let reading = async {
                if is_fresh {
                    target.prepare_ledger(&job_id).await?;
                }
                if purpose == LedgerUse::FinalCheck {
                    target.flush(&job_id).await?;
                }
                target.ledger(&job_id).await
            };
            let outcome = limited(LEDGER_LIMIT, Side::Target, "read the ledger", reading).await;
            let _ = inbox.send(Incoming::LedgerRead { purpose, doubts, outcome }).await;
        });
    }

    fn open_snapshot(&mut self) {
        if std::mem::replace(&mut self.under_way.opening, true) {
            return;
        }
        let (source, inbox) = (self.databases.source.clone(), self.inbox());
        let mirror = self.databases.mirror.clone().filter(|_| self.verifies());
        let sessions_max = self.job.threads_max;
        tokio::spawn(async move {
            let opening = async {
                let there = async {
                    match &mirror {
                        Some(mirror) => mirror.open_snapshot(sessions_max).await.map(Some),
                        None => Ok(None),
                    }
                };
                let (snapshot, twin) = tokio::try_join!(source.open_snapshot(sessions_max), there)?;
                Ok(OpenedSnapshot { snapshot, twin })
            };
            let outcome = limited(LEDGER_LIMIT, Side::Source, "open a snapshot", opening).await;
            let _ = inbox.send(Incoming::SnapshotOpened(outcome)).await;
        });
    }

    fn check_snapshot(&mut self) {
        let now = self.clock.now();
        let Some(open) = self.snapshot.clone() else { return };
        if self.under_way.checking || now < self.under_way.next_check {
            return;
        }
        self.under_way.checking = true;
        self.under_way.next_check = now.plus_ms(CHECK_INTERVAL_MS);
        let inbox = self.inbox();
        tokio::spawn(async move {
            let checking = async {
                open.snapshot.check().await?;
                match &open.twin {
                    Some(twin) => twin.check().await,
                    None => Ok(()),
                }
            };
            let outcome = limited(PROBE_LIMIT, Side::Source, "check the snapshot", checking).await;
            let _ = inbox.send(Incoming::SnapshotChecked { number: open.number, outcome }).await;
        });
    }

    fn probe(&mut self, side: Side) {
        let at_it = match side {
            Side::Source => &mut self.under_way.probing_source,
            Side::Target => &mut self.under_way.probing_target,
            // Our own file is looked after by `save`.
            Side::Engine => return self.decide_engine(Notice::Recovered { side }),
        };
        if std::mem::replace(at_it, true) {
            return;
        }
        let (databases, inbox) = (self.databases.clone(), self.inbox());
        tokio::spawn(async move {
            let probing = async {
                match side {
                    Side::Source => databases.source.probe().await,
                    Side::Target | Side::Engine => databases.target.probe().await,
                }
            };
            let outcome = limited(PROBE_LIMIT, side, "connect", probing).await;
            let _ = inbox.send(Incoming::Probed(side, outcome)).await;
        });
    }

    fn clean_up(&mut self) {
        if std::mem::replace(&mut self.under_way.cleaning, true) {
            return;
        }
        let (target, job_id, inbox) =
            (self.databases.target.clone(), self.job_id.clone(), self.inbox());
        tokio::spawn(async move {
            let cleaning = target.drop_ledger(&job_id);
            let outcome = limited(LEDGER_LIMIT, Side::Target, "remove the ledger", cleaning).await;
            let _ = inbox.send(Incoming::CleanedUp(outcome)).await;
        });
    }

    /// Makes the plan, in DEFINING only.
    pub(super) fn begin_planning(&mut self) {
        if std::mem::replace(&mut self.under_way.planning, true) {
            return;
        }
        let now = self.clock.now();
        self.plan.fault = None;
        self.tell(engine_note(now, "info", "the plan is being made".to_owned()));
        let (spec, databases, inbox) = (self.spec.clone(), self.databases.clone(), self.inbox());
        tokio::spawn(async move {
            // A loop too busy to hear how far it is misses nothing but that.
            let told = |text| drop(inbox.try_send(Incoming::PlanningTold(text)));
            let outcome = make_plan(&spec, &databases, &told).await.map(Box::new);
            let _ = inbox.send(Incoming::Planned(outcome)).await;
        });
    }

    pub(super) fn on_planned(&mut self, outcome: Result<Box<MigrationPlan>, Fault>) {
        let now = self.clock.now();
        self.under_way.planning = false;
        self.next_sample = std::time::Instant::now();
        if self.job.state != JobState::Defining {
            return;
        }
        let kept = outcome.and_then(|plan| self.keep_plan(*plan));
        match kept {
            Ok(()) => {
                let blocks = self.plan.blocks;
                let (level, tail) = match blocks {
                    0 => ("info", String::new()),
                    n => ("warn", format!(", {n} BLOCK")),
                };
                let (tables, chunks) = (self.tables.len(), self.job.chunks.len());
                let text = format!("planned: {tables} tables, {chunks} chunks{tail}");
                self.tell(engine_note(now, level, text));
                self.start_unasked();
            }
            Err(fault) => {
                self.tell(fault_note(now, "plan", &fault));
                self.plan.findings = vec![finding_of(&fault)];
                self.plan.blocks = 1;
                self.plan.fault = Some(fault);
            }
        }
    }

    /// Saves a plan and makes the job of it.
    fn keep_plan(&mut self, mut plan: MigrationPlan) -> Result<(), Fault> {
        self.master.save_plan(&plan)?;
        let settings = self.job.parts();
        self.job = Job::new(&plan, &self.spec);
        // What was set by hand while the plan was being made stays.
        self.job.threads = settings.threads;
        self.job.threads_max = settings.threads_max;
        self.job.index_workers = settings.index_workers;
        self.job.rate_bytes = settings.rate_bytes;
        self.decide_engine(Notice::EngineStarted);
        self.workers.set_preamble(std::mem::take(&mut plan.ddl_preamble));
        // Ranges stay in the file: a million of them would be most of our memory.
        plan.tables.iter_mut().for_each(|table| table.chunks = Vec::new());
        self.tables = plan.tables.into_iter().map(std::sync::Arc::new).collect();
        self.plan.blocks =
            plan.findings.iter().filter(|f| f.severity == Severity::Block).count() as u32;
        self.plan.findings = plan.findings;
        self.plan.is_made = true;
        self.fill_board();
        give_memory_back();
        Ok(())
    }
}

/// Planning thousands of tables takes much more memory than the job afterwards; the allocator
/// would keep it for as long as the engine lives, which may be days.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` may be called at any time from any thread; it frees nothing in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Was any work ever given out? Then there is a ledger, or someone removed it.
fn has_begun(job: &Job) -> bool {
    job.chunks.iter().any(|c| c.handouts > 0) || job.step_standings.iter().any(|s| s.handouts > 0)
}

fn finding_of(fault: &Fault) -> Finding {
    let mut finding = Finding::new(
        Severity::Block,
        topic_of(fault.kind),
        format!("{}: {fault}", fault.side.word()),
    );
    finding.detail = fault.detail.clone();
    finding.hint = fault.hint.clone();
    finding
}

/// A server that does not answer must not keep the engine waiting for ever.
pub(super) async fn limited<T>(
    limit: Duration,
    side: Side,
    doing: &str,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(|fault| fault.while_doing(doing)),
        Err(_) => Err(Fault::new(
            FaultKind::ConnectionLost,
            side,
            format!("{doing}: no answer within {} s", limit.as_secs()),
        )),
    }
}
