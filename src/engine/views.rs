//! The engine's state as views, and when they go out.

use super::control::Engine;
use super::workers::{Standing, WorkerHandle};
use crate::clock::utc_offset_s;
use crate::core::job::{JobState, Work, WorkerId};
use crate::core::name::Dialect;
use crate::core::plan::DataPath;
use crate::core::time::Timestamp;
use crate::driver::pipe::Activity;
use crate::protocol::convert::{Figures, JobContext, WorkerCounts, job_view};
use crate::protocol::{JobView, WorkerView};

/// A worker that holds its work for longer than this deserves a word about what it waits for.
const SLOW_WORK_MS: u64 = 30_000;

impl Engine {
    pub(super) fn publish(&mut self) {
        let (job, workers) = self.views();
        self.publisher.publish(job, workers);
    }

    /// The job's view and its workers'.
    pub(super) fn views(&mut self) -> (JobView, Vec<WorkerView>) {
        let now = self.clock.now();
        let figures = self.measured(now);
        let counts = self.worker_counts(now);
        let context = JobContext {
            job: &self.job,
            spec: &self.spec,
            now,
            utc_offset_s: utc_offset_s(now),
            planned: self.plan.is_made,
            blocks: self.plan.blocks,
            plan_fault: self.plan.fault.as_ref(),
            started_at: self.started_at,
            ended_at: self.ended_at,
            figures: &figures,
            workers: &counts,
            engine: &self.face,
            state_by: self.state_by.as_ref(),
            rate_by: self.rate_by.as_ref(),
            store_trouble: self.trouble.as_ref(),
            socket_trouble: self.socket_trouble.as_ref(),
            snapshots: &self.snapshots,
        };
        let mut job = job_view(&context, self.publisher.tables());
        job.compared = self.compared_in_all();
        job.pressure = self.watch.phrases.clone();
        if self.job.state == JobState::Completed && self.is_tidying() {
            job.state = JobState::Completing.word().to_owned();
        }
        let workers = self.workers.iter().map(|(id, handle)| self.worker_view(id, handle, now));
        (job, workers.collect())
    }

    fn measured(&mut self, now: Timestamp) -> Figures {
        let tables = self.publisher.tables();
        let (mut done, mut total, mut rows_moving, mut bytes_moving) = (0, 0, 0, 0);
        for table in tables {
            done += table.bytes_done;
            total += table.bytes_total;
            rows_moving += table.rows_moving;
            bytes_moving += table.bytes_moving;
        }
        let working = self.job.state.is_working();
        let is_held = !working || !self.job.holds.is_empty() || self.trouble.is_some();
        let moved = done + bytes_moving;
        let percent = (moved * 100).checked_div(total).unwrap_or(0);
        let left = total.saturating_sub(moved);
        let eta_ms = if is_held { None } else { self.gauge.eta_ms(now, left, percent) };
        let throttled =
            |(_, handle): (WorkerId, &WorkerHandle)| handle.gauge.read().2 == Activity::Throttled;
        Figures {
            bytes_per_s: if working { self.gauge.bytes_per_s() } else { 0 },
            rows_per_s: if working { self.gauge.rows_per_s() } else { 0 },
            peak_bytes_per_s: self.gauge.peak(),
            mean_1m_bytes_per_s: self.gauge.mean_1m(),
            mean_10m_bytes_per_s: self.gauge.mean_10m(),
            spark: self.gauge.spark(),
            eta_ms,
            rows_moving,
            bytes_moving,
            is_throttled: self.trouble.is_none() && self.workers.iter().any(throttled),
        }
    }

    fn worker_counts(&self, now: Timestamp) -> WorkerCounts {
        let mut counts = WorkerCounts::default();
        for (id, handle) in self.workers.iter() {
            match (id.is_build(), handle.standing) {
                (true, Standing::Busy(_)) => counts.index_run += 1,
                (true, Standing::Idle | Standing::Connecting) => {}
                (false, Standing::Connecting) => counts.connecting += 1,
                (false, Standing::Idle | Standing::Busy(_)) => {
                    counts.run += 1;
                    if !self.job.may_keep(id) {
                        counts.draining += 1;
                        let held = now.since_ms(handle.since);
                        if held > counts.draining_oldest_ms {
                            counts.draining_oldest_ms = held;
                        }
                    }
                }
            }
        }
        let one_writer = self.spec.target.dialect == Dialect::Sqlite
            && !self.verifies()
            && self.tables.iter().any(|t| t.path != DataPath::DirectAttach);
        counts.note = (one_writer && self.job.threads > 1)
            .then(|| "SQLite has one writer: more threads only read ahead".to_owned());
        counts
    }

    fn worker_view(&self, id: WorkerId, handle: &WorkerHandle, now: Timestamp) -> WorkerView {
        let (rows, _, activity) = handle.gauge.read();
        let held_ms = now.since_ms(handle.since);
        let role = match handle.standing {
            Standing::Connecting => "connecting",
            Standing::Idle => "idle",
            Standing::Busy(_) if self.job.may_keep(id) => "stay",
            Standing::Busy(_) => "drain",
        };
        let (work, rows_expected) = match handle.standing {
            Standing::Busy(work) => self.work_text(work),
            Standing::Connecting | Standing::Idle => (String::new(), 0),
        };
        let waits_for = match activity {
            Activity::Lock => Some("a lock on the target".to_owned()),
            Activity::Throttled if self.trouble.is_some() => {
                Some("progress to be saved".to_owned())
            }
            Activity::Throttled => Some("the rate limit".to_owned()),
            Activity::Read if held_ms > SLOW_WORK_MS && rows == 0 => Some("the source".to_owned()),
            _ => None,
        };
        WorkerView {
            number: id.0,
            role: role.to_owned(),
            work,
            activity: activity.word().to_owned(),
            rows,
            rows_expected,
            bytes_per_s: handle.bytes_per_s,
            held_ms,
            waits_for,
        }
    }

    /// What a worker holds, and the rows that are thought to be in it.
    fn work_text(&self, work: Work) -> (String, u64) {
        match work {
            Work::Chunk { chunk, .. } => {
                let held = &self.job.chunks[chunk.0 as usize];
                let table = held.table.0 as usize;
                let number = chunk.0 - self.job.tables[table].first_chunk.0 + 1;
                (format!("{} #{number}", self.tables[table].source), held.rows)
            }
            Work::Step { step, .. } => (self.job.step(step).title.clone(), 0),
            Work::BeginAgain { table, .. } => {
                (format!("empty {}", self.tables[table.0 as usize].target), 0)
            }
        }
    }
}
