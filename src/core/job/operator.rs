//! What operators may want in which state. Wishes are absolute: a repeat is granted and leads to
//! no events.

use super::super::chunk::ChunkId;
use super::super::plan::{StepId, TableIndex};
use super::super::spec::BadRows;
use super::super::spec::THREADS_CEILING;
use super::command::{Actor, Command, RejectRetry};
use super::event::Event;
use super::state::{ChunkStatus, Job, JobState, StepStatus};

const NOT_STARTED: &str = "the job has not been started; start it first";
const COMPLETED: &str = "the job is completed; nothing runs";
const BEING_STOPPED: &str = "the job is being stopped; wait until it is STOPPED";
const CLEANED_UP: &str = "the job is completed and its ledger removed; define a new job";

impl Job {
    /// Why `command` cannot be granted now.
    pub(super) fn refusal(&self, command: &Command) -> Option<String> {
        match command {
            Command::Start => self.refuses_start(),
            Command::Pause => self.refuses_pause(),
            Command::Resume => self.refuses_resume(),
            // Leaving is always granted.
            Command::Stop { now: _ } => None,
            Command::Threads { want } => refuses_threads(*want, self.threads_max),
            Command::ThreadsMax { max } => refuses_count(*max, "a maximum of 0"),
            Command::IndexWorkers { want } => refuses_count(*want, "0 index workers"),
            Command::Rate { bytes: Some(0) } => {
                Some("0 would stop the copy but not the job; pause it instead".to_owned())
            }
            Command::Rate { bytes: _ } => None,
            Command::Retry { chunks, steps } => {
                self.refuses_change().or_else(|| self.unknown(chunks, steps))
            }
            Command::Skip { chunks, reason: _ } => self.refuses_skip(chunks),
            Command::Reload { table } => self.refuses_change().or_else(|| {
                let known = (table.0 as usize) < self.tables.len();
                (!known).then(|| format!("there is no table number {}", table.0))
            }),
            Command::DrainNow => None,
            Command::RetryRejects { tables } => self.refuses_rejects_retry(tables),
            Command::BadRows { want } => self.refuses_bad_rows(*want),
        }
    }

    /// Rejected rows are read from a new snapshot, as they are now: not while rows of the present
    /// one are on their way.
    fn refuses_rejects_retry(&self, tables: &[RejectRetry]) -> Option<String> {
        let unknown = |retry: &RejectRetry| {
            self.tables.get(retry.table.0 as usize).is_none_or(|t| t.retry_of.is_some())
        };
        self.refuses_change().or_else(|| {
            if self.index.total.unsettled() > 0 {
                let text = "rows are still being copied; rejected rows are read again after that";
                return Some(text.to_owned());
            }
            let wrong = tables.iter().find(|retry| unknown(retry));
            wrong.map(|retry| format!("there is no table number {}", retry.table.0))
        })
    }

    fn refuses_bad_rows(&self, want: BadRows) -> Option<String> {
        let sentence = match (want, self.state) {
            (BadRows::Reject { per_table: 0, .. } | BadRows::Reject { per_job: 0, .. }, _) => {
                "a limit of 0 rejects nothing; say fail instead"
            }
            (BadRows::Fail | BadRows::Reject { .. }, JobState::Completed) if self.cleaned_up => {
                CLEANED_UP
            }
            (BadRows::Fail | BadRows::Reject { .. }, _) => return None,
        };
        Some(sentence.to_owned())
    }

    fn refuses_start(&self) -> Option<String> {
        let sentence = match self.state {
            JobState::Defining | JobState::Executing | JobState::Completing => return None,
            JobState::StopPending { .. } | JobState::Idling | JobState::Stopped => {
                "the job was started before; resume it"
            }
            JobState::Stopping => BEING_STOPPED,
            JobState::Completed => COMPLETED,
        };
        Some(sentence.to_owned())
    }

    fn refuses_pause(&self) -> Option<String> {
        let sentence = match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { .. }
            | JobState::Idling
            | JobState::Stopped => return None,
            JobState::Defining => NOT_STARTED,
            JobState::Stopping => BEING_STOPPED,
            JobState::Completed => COMPLETED,
        };
        Some(sentence.to_owned())
    }

    fn refuses_resume(&self) -> Option<String> {
        let sentence = match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { .. }
            | JobState::Idling
            | JobState::Stopped => return None,
            JobState::Defining => NOT_STARTED,
            JobState::Stopping => BEING_STOPPED,
            JobState::Completed => "the job is completed; retry runs again what failed",
        };
        Some(sentence.to_owned())
    }

    /// Retry, skip and reload: in any state but before the start, in mid-stop and after cleanup.
    fn refuses_change(&self) -> Option<String> {
        let sentence = match self.state {
            JobState::Defining => NOT_STARTED,
            JobState::Stopping => BEING_STOPPED,
            JobState::Completed if self.cleaned_up => CLEANED_UP,
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { .. }
            | JobState::Idling
            | JobState::Stopped
            | JobState::Completed => return None,
        };
        Some(sentence.to_owned())
    }

    fn unknown(&self, chunks: &[ChunkId], steps: &[StepId]) -> Option<String> {
        let chunk = chunks.iter().find(|id| id.0 as usize >= self.chunks.len());
        let step = steps.iter().find(|id| id.0 as usize >= self.steps.len());
        match (chunk, step) {
            (Some(id), _) => Some(format!("there is no chunk with the id {}", id.0)),
            (None, Some(id)) => Some(format!("there is no step with the id {}", id.0)),
            (None, None) => None,
        }
    }

    fn refuses_skip(&self, chunks: &[ChunkId]) -> Option<String> {
        if let Some(sentence) = self.refuses_change().or_else(|| self.unknown(chunks, &[])) {
            return Some(sentence);
        }
        chunks.iter().find_map(|id| match self.chunk(*id).status {
            ChunkStatus::Assigned => {
                Some(format!("chunk {} is being copied; skip it if it fails", id.0))
            }
            ChunkStatus::Processed => Some(format!("chunk {} is copied already", id.0)),
            // Its rows are counted as rejected as long as they are not on the target.
            ChunkStatus::Unassigned | ChunkStatus::ProcessedWithError
                if self.tables[self.chunk(*id).table.0 as usize].retry_of.is_some() =>
            {
                Some(format!("chunk {} reads rejected rows again; it cannot be skipped", id.0))
            }
            // What is in the table now would stay there under the name of a skipped chunk.
            ChunkStatus::Unassigned | ChunkStatus::ProcessedWithError
                if self.tables[self.chunk(*id).table.0 as usize].begins_again =>
            {
                Some(format!("the table of chunk {} is to be emptied first", id.0))
            }
            ChunkStatus::Unassigned | ChunkStatus::ProcessedWithError | ChunkStatus::Skipped => {
                None
            }
        })
    }

    /// The events of a command that `refusal` lets pass.
    pub(super) fn decide_command(&self, actor: &Actor, command: &Command) -> Vec<Event> {
        let by = || actor.clone();
        match command {
            Command::Start => match self.state {
                JobState::Defining => self.ordered(JobState::Executing, actor),
                JobState::Executing
                | JobState::StopPending { .. }
                | JobState::Stopping
                | JobState::Idling
                | JobState::Stopped
                | JobState::Completing
                | JobState::Completed => Vec::new(),
            },
            Command::Pause => self.decide_pause(actor),
            Command::Resume => self.decide_resume(actor),
            Command::Stop { now } => self.decide_stop(*now, actor),
            Command::Threads { want } if *want == self.threads => Vec::new(),
            Command::Threads { want } => {
                vec![Event::ThreadsSet { from: self.threads, to: *want, by: by() }]
            }
            Command::ThreadsMax { max } => self.decide_threads_max(*max, actor),
            Command::IndexWorkers { want } if *want == self.index_workers => Vec::new(),
            Command::IndexWorkers { want } => {
                vec![Event::IndexWorkersSet { from: self.index_workers, to: *want, by: by() }]
            }
            Command::Rate { bytes } if *bytes == self.rate_bytes => Vec::new(),
            Command::Rate { bytes } => {
                vec![Event::RateSet { from: self.rate_bytes, to: *bytes, by: by() }]
            }
            Command::Retry { chunks, steps } => self.decide_retry(chunks, steps, actor),
            Command::Skip { chunks, reason } => self.decide_skip(chunks, reason, actor),
            Command::Reload { table } => self.decide_reload(*table, actor),
            // Nothing becomes true yet: the engine cancels, and the workers' reports give back.
            Command::DrainNow => Vec::new(),
            Command::RetryRejects { tables } => self.decide_rejects_retry(tables, actor),
            Command::BadRows { want } if *want == self.bad_rows => Vec::new(),
            Command::BadRows { want } => {
                vec![Event::BadRowsSet { from: self.bad_rows, to: *want, by: by() }]
            }
        }
    }

    fn decide_rejects_retry(&self, tables: &[RejectRetry], actor: &Actor) -> Vec<Event> {
        let retried = tables.iter().filter(|retry| !retry.batches.is_empty());
        let mut events: Vec<Event> = retried
            .map(|retry| Event::RejectsRetried {
                table: retry.table,
                key: retry.key.clone(),
                batches: retry.batches.clone(),
                by: actor.clone(),
            })
            .collect();
        if self.snapshot_open && !events.is_empty() {
            let reason = "rejected rows are read again as they are now".to_owned();
            events.push(Event::SnapshotClosed { reason });
        }
        self.wake_if_completed(&mut events, actor);
        events
    }

    fn decide_pause(&self, actor: &Actor) -> Vec<Event> {
        match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { then_leave: true } => {
                self.ordered(JobState::StopPending { then_leave: false }, actor)
            }
            JobState::StopPending { then_leave: false }
            | JobState::Idling
            | JobState::Stopped
            | JobState::Defining
            | JobState::Stopping
            | JobState::Completed => Vec::new(),
        }
    }

    fn decide_resume(&self, actor: &Actor) -> Vec<Event> {
        let mut events = self.lift_all();
        match self.state {
            JobState::StopPending { .. } | JobState::Idling | JobState::Stopped => {
                events.extend(self.ordered(JobState::Executing, actor));
            }
            JobState::Executing
            | JobState::Completing
            | JobState::Defining
            | JobState::Stopping
            | JobState::Completed => {}
        }
        events
    }

    fn decide_stop(&self, now: bool, actor: &Actor) -> Vec<Event> {
        match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { .. }
            | JobState::Idling
                if now =>
            {
                self.ordered(JobState::Stopping, actor)
            }
            JobState::Executing
            | JobState::Completing
            | JobState::Idling
            | JobState::StopPending { then_leave: false } => {
                self.ordered(JobState::StopPending { then_leave: true }, actor)
            }
            // In these no worker runs or the same was asked before; the engine just leaves.
            JobState::StopPending { then_leave: true }
            | JobState::Stopping
            | JobState::Stopped
            | JobState::Defining
            | JobState::Completed => Vec::new(),
        }
    }

    fn decide_threads_max(&self, max: u32, actor: &Actor) -> Vec<Event> {
        let mut events = Vec::new();
        if max != self.threads_max {
            let from = self.threads_max;
            events.push(Event::ThreadsMaxSet { from, to: max, by: actor.clone() });
        }
        if max < self.threads {
            events.push(Event::ThreadsSet { from: self.threads, to: max, by: actor.clone() });
        }
        events
    }

    fn decide_retry(&self, chunks: &[ChunkId], steps: &[StepId], actor: &Actor) -> Vec<Event> {
        let by = || actor.clone();
        let mut events = Vec::new();
        if chunks.is_empty() && steps.is_empty() {
            let failed = (0..).zip(&self.chunks).filter(|(_, chunk)| match chunk.status {
                ChunkStatus::ProcessedWithError => true,
                ChunkStatus::Unassigned
                | ChunkStatus::Assigned
                | ChunkStatus::Processed
                | ChunkStatus::Skipped => false,
            });
            events
                .extend(failed.map(|(id, _)| Event::ChunkRetried { chunk: ChunkId(id), by: by() }));
            let failed = (0..).map(StepId).take(self.steps.len()).filter(|id| self.has_failed(*id));
            events.extend(failed.map(|step| Event::StepRetried { step, by: by() }));
        } else {
            let settled = once_each(chunks).filter(|id| match self.chunk(*id).status {
                ChunkStatus::ProcessedWithError | ChunkStatus::Skipped => true,
                // It is on its way already, or in.
                ChunkStatus::Unassigned | ChunkStatus::Assigned | ChunkStatus::Processed => false,
            });
            events.extend(settled.map(|chunk| Event::ChunkRetried { chunk, by: by() }));
            let failed = once_each(steps).filter(|id| self.has_failed(*id));
            events.extend(failed.map(|step| Event::StepRetried { step, by: by() }));
        }
        self.wake_if_completed(&mut events, actor);
        events
    }

    fn has_failed(&self, id: StepId) -> bool {
        match self.standing(id).status {
            StepStatus::Failed => true,
            StepStatus::Waiting
            | StepStatus::Running(_)
            | StepStatus::Done
            | StepStatus::Skipped => false,
        }
    }

    fn decide_skip(&self, chunks: &[ChunkId], reason: &str, actor: &Actor) -> Vec<Event> {
        let open = once_each(chunks).filter(|id| match self.chunk(*id).status {
            ChunkStatus::Unassigned | ChunkStatus::ProcessedWithError => true,
            ChunkStatus::Assigned | ChunkStatus::Processed | ChunkStatus::Skipped => false,
        });
        let skip =
            |chunk| Event::ChunkSkipped { chunk, by: actor.clone(), reason: reason.to_owned() };
        let mut events: Vec<Event> = open.map(skip).collect();
        // Work that waited for a chunk which can never come may go on now.
        self.wake_if_completed(&mut events, actor);
        events
    }

    fn decide_reload(&self, table: TableIndex, actor: &Actor) -> Vec<Event> {
        let table = self.root_of(table);
        let status = &self.tables[table.0 as usize];
        if status.begins_again || status.chunk_count == 0 {
            return Vec::new();
        }
        let reason = "asked for by name".to_owned();
        let mut events = vec![Event::TableBeginsAgain { table, reason, by: Some(actor.clone()) }];
        self.wake_if_completed(&mut events, actor);
        events
    }

    /// A completed job that is given work again executes again.
    fn wake_if_completed(&self, events: &mut Vec<Event>, actor: &Actor) {
        if self.state == JobState::Completed && !events.is_empty() {
            events.extend(self.ordered(JobState::Executing, actor));
        }
    }

    fn ordered(&self, to: JobState, actor: &Actor) -> Vec<Event> {
        vec![Event::StateChanged { from: self.state, to, by: Some(actor.clone()), reason: None }]
    }

    pub(super) fn chunk(&self, id: ChunkId) -> &super::Chunk {
        &self.chunks[id.0 as usize]
    }
}

/// The ids of a list that may name one twice.
fn once_each<T: Ord + Copy>(ids: &[T]) -> impl Iterator<Item = T> {
    ids.iter().copied().collect::<std::collections::BTreeSet<T>>().into_iter()
}

fn refuses_threads(want: u32, max: u32) -> Option<String> {
    if want == 0 {
        return Some("0 would stop the copy but not the job. Press p to pause.".to_owned());
    }
    (want > max).then(|| format!("max is {max}"))
}

fn refuses_count(count: u32, what: &str) -> Option<String> {
    if count == 0 {
        return Some(format!("{what} would stop the job without saying so; pause it instead"));
    }
    (count > THREADS_CEILING).then(|| format!("{count} is more than {THREADS_CEILING}"))
}
