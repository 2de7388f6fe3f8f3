//! Plans for tests, and a store as the "Rows" notes of the events describe it. The simulation in
//! `tests/it/simulate` takes this file in as well, hence `super::core`.

use super::core::chunk::{ChunkId, ChunkMethod, ChunkRange, PlannedChunk, Rejects};
use super::core::job::*;
use super::core::name::{Dialect, JobName, ObjectName};
use super::core::plan::{
    CopyFormat, DataPath, Existing, LockMode, MigrationPlan, RowChoice, Section, Step, StepId,
    StepKind, TableIndex, TablePlan,
};
use super::core::spec::{Endpoint, JobSpec};

/// A plan that grows by calls.
pub struct PlanKit {
    pub plan: MigrationPlan,
}

impl PlanKit {
    pub fn new() -> PlanKit {
        PlanKit {
            plan: MigrationPlan {
                source_dialect: Dialect::Postgres,
                target_dialect: Dialect::Postgres,
                ddl_preamble: Vec::new(),
                tables: Vec::new(),
                steps: Vec::new(),
                findings: Vec::new(),
                checklist: Vec::new(),
            },
        }
    }

    pub fn step(&mut self, kind: StepKind, section: Section, waits_for: &[StepId]) -> StepId {
        let id = StepId(self.plan.steps.len() as u32);
        self.plan.steps.push(Step {
            kind,
            section,
            title: format!("{kind:?} {}", id.0),
            table: None,
            waits_for: waits_for.to_vec(),
            statements: Vec::new(),
            locks: Vec::new(),
            weight: 0,
            optional: false,
        });
        id
    }

    pub fn step_mut(&mut self, id: StepId) -> &mut Step {
        &mut self.plan.steps[id.0 as usize]
    }

    /// A table of `sizes.len()` chunks without any step.
    pub fn bare_table(&mut self, method: ChunkMethod, sizes: &[u64]) -> TableIndex {
        let table = TableIndex(self.plan.tables.len() as u32);
        let name = ObjectName::new("crm", format!("t{}", table.0));
        let chunk = |bytes: &u64| PlannedChunk {
            range: ChunkRange::Whole,
            bytes: *bytes,
            rows: *bytes / 10,
        };
        self.plan.tables.push(TablePlan {
            source: name.clone(),
            target: name,
            columns: Vec::new(),
            path: DataPath::DirectCopy(CopyFormat::Text),
            path_reason: String::new(),
            method,
            chunks: sizes.iter().map(chunk).collect(),
            estimate: Default::default(),
            target_unlogged: false,
            existing: Existing::Created,
            overrides_identity: false,
            key: Vec::new(),
            rows: RowChoice::default(),
        });
        table
    }

    /// A table with the steps that make and load it.
    pub fn table(&mut self, method: ChunkMethod, sizes: &[u64]) -> TableKit {
        let table = self.bare_table(method, sizes);
        let create = self.step(StepKind::Ddl, Section::PreData, &[]);
        self.step_mut(create).table = Some(table);
        let load = self.step(StepKind::Load, Section::Data, &[create]);
        self.step_mut(load).table = Some(table);
        TableKit { table, create, load }
    }

    pub fn index(&mut self, of: TableKit, weight: u64, mode: LockMode) -> StepId {
        let id = self.step(StepKind::Index, Section::PostData, &[of.load]);
        let step = self.step_mut(id);
        step.table = Some(of.table);
        step.weight = weight;
        step.locks = vec![(of.table, mode)];
        id
    }
}

#[derive(Clone, Copy, Debug)]
pub struct TableKit {
    pub table: TableIndex,
    pub create: StepId,
    pub load: StepId,
}

pub fn key() -> ChunkMethod {
    ChunkMethod::Key { columns: vec!["id".to_owned()] }
}

pub fn spec() -> JobSpec {
    let end = |url: &str| Endpoint {
        dialect: Dialect::Postgres,
        url: url.to_owned(),
        connection: None,
        label: None,
        production: false,
    };
    let name = JobName::parse("test").expect("a plain name");
    JobSpec::new(name, end("postgres://a/x"), end("postgres://b/x"))
}

pub fn ana() -> Actor {
    Actor { user: "ana".to_owned(), tty: "pts/3".to_owned() }
}

/// Writes an event's rows as its documentation says, knowing nothing of `apply`.
pub fn write_rows(rows: &mut JobParts, event: &Event) {
    match event {
        Event::StateChanged { from, to, .. } => {
            rows.state = *to;
            if *from == JobState::Completed {
                rows.final_check_done = false;
            }
        }
        Event::ThreadsSet { to, .. } => rows.threads = *to,
        Event::ThreadsMaxSet { to, .. } => rows.threads_max = *to,
        Event::IndexWorkersSet { to, .. } => rows.index_workers = *to,
        Event::RateSet { to, .. } => rows.rate_bytes = *to,
        Event::BadRowsSet { to, .. } => rows.bad_rows = *to,
        Event::RejectsRetried { table, key, batches, .. } => {
            write_retry(rows, *table, key, batches);
        }
        Event::FinalCheckDone => rows.final_check_done = true,
        Event::CleanedUp => rows.cleaned_up = true,
        Event::SnapshotOpened { number, .. } => rows.snapshots = *number,
        Event::ChunkAssigned { .. }
        | Event::ChunkProcessed { .. }
        | Event::ChunkReleased { .. }
        | Event::ChunkFailed { .. }
        | Event::ChunkRetried { .. }
        | Event::ChunkSkipped { .. }
        | Event::ChunkRevoked { .. } => write_chunk(rows, event),
        Event::StepStarted { .. }
        | Event::StepDone { .. }
        | Event::StepReleased { .. }
        | Event::StepFailed { .. }
        | Event::StepRetried { .. }
        | Event::StepRevoked { .. } => write_step(rows, event),
        Event::TableBeginsAgain { table, .. } => {
            for member in family(rows, *table) {
                rows.tables[member].begins_again = true;
                for chunk in &mut rows.chunks {
                    if chunk.table.0 as usize == member {
                        chunk.keys = 0;
                        if chunk.status != ChunkStatus::Assigned {
                            afresh(chunk);
                        }
                    }
                }
            }
        }
        Event::TableEmptied { table } => {
            for member in family(rows, *table) {
                rows.tables[member].begins_again = false;
                rows.tables[member].snapshot = 0;
            }
        }
        Event::BeginAgainAssigned { .. }
        | Event::BeginAgainReleased { .. }
        | Event::Reconciled { .. }
        | Event::SnapshotClosed { .. }
        | Event::HoldSet { .. }
        | Event::HoldLifted { .. }
        | Event::TrustLost { .. }
        | Event::EngineStarted => {}
    }
}

/// The table itself and the retries of its rejected rows.
fn family(rows: &JobParts, table: TableIndex) -> Vec<usize> {
    let root = rows.tables[table.0 as usize].retry_of.unwrap_or(table);
    let belongs = |at: &usize| *at == root.0 as usize || rows.tables[*at].retry_of == Some(root);
    (0..rows.tables.len()).filter(belongs).collect()
}

fn write_retry(rows: &mut JobParts, table: TableIndex, key: &[String], batches: &[u32]) {
    let retry = TableIndex(rows.tables.len() as u32);
    rows.tables.push(TableStatus {
        first_chunk: ChunkId(rows.chunks.len() as u32),
        chunk_count: batches.len() as u32,
        method: ChunkMethod::Key { columns: key.to_vec() },
        snapshot: 0,
        begins_again: false,
        retry_of: Some(table),
    });
    rows.chunks.extend(batches.iter().map(|keys| Chunk {
        table: retry,
        status: ChunkStatus::Unassigned,
        attempts: 0,
        interruptions: 0,
        handouts: 0,
        not_before: None,
        worker: None,
        rows: u64::from(*keys),
        bytes: 0,
        rejects: Rejects::default(),
        keys: *keys,
    }));
}

fn afresh(chunk: &mut Chunk) {
    chunk.rejects = Rejects::default();
    chunk.status = ChunkStatus::Unassigned;
    (chunk.attempts, chunk.interruptions) = (0, 0);
    (chunk.not_before, chunk.worker) = (None, None);
}

fn write_chunk(rows: &mut JobParts, event: &Event) {
    let at = |id: &ChunkId| id.0 as usize;
    match event {
        Event::ChunkAssigned { chunk, worker, attempt, snapshot, begins_load } => {
            let row = &mut rows.chunks[at(chunk)];
            row.status = ChunkStatus::Assigned;
            (row.worker, row.not_before) = (Some(*worker), None);
            (row.handouts, row.attempts) = (*attempt, row.attempts + 1);
            if *begins_load {
                rows.tables[row.table.0 as usize].snapshot = *snapshot;
            }
        }
        Event::ChunkProcessed { chunk, worker, rows: written, bytes, rejects } => {
            let row = &mut rows.chunks[at(chunk)];
            row.status = ChunkStatus::Processed;
            (row.worker, row.not_before, row.rows) = (*worker, None, *written);
            row.bytes = bytes.unwrap_or(row.bytes);
            row.rejects = *rejects;
        }
        Event::ChunkReleased { chunk, charge, not_before, .. } => {
            let row = &mut rows.chunks[at(chunk)];
            row.status = ChunkStatus::Unassigned;
            (row.worker, row.not_before) = (None, *not_before);
            row.attempts -= u32::from(*charge != Charge::Attempt);
            row.interruptions += u32::from(*charge == Charge::Interruption);
        }
        Event::ChunkFailed { chunk, .. } => {
            let row = &mut rows.chunks[at(chunk)];
            row.status = ChunkStatus::ProcessedWithError;
            (row.worker, row.not_before) = (None, None);
        }
        Event::ChunkSkipped { chunk, .. } => {
            let row = &mut rows.chunks[at(chunk)];
            (row.status, row.not_before) = (ChunkStatus::Skipped, None);
        }
        Event::ChunkRetried { chunk, .. } => afresh(&mut rows.chunks[at(chunk)]),
        Event::ChunkRevoked { chunk } => {
            afresh(&mut rows.chunks[at(chunk)]);
            let members = family(rows, rows.chunks[at(chunk)].table);
            for other in &mut rows.chunks {
                let is_member = members.contains(&(other.table.0 as usize));
                if is_member && other.status != ChunkStatus::Processed {
                    other.keys = 0;
                }
            }
        }
        other => unreachable!("{other:?} is no event of a chunk"),
    }
}

fn write_step(rows: &mut JobParts, event: &Event) {
    let at = |id: &StepId| id.0 as usize;
    match event {
        Event::StepStarted { step, worker, attempt } => {
            let row = &mut rows.step_standings[at(step)];
            (row.status, row.not_before) = (StepStatus::Running(*worker), None);
            (row.handouts, row.attempts) = (*attempt, row.attempts + 1);
        }
        Event::StepDone { step } => {
            let row = &mut rows.step_standings[at(step)];
            (row.status, row.not_before) = (StepStatus::Done, None);
        }
        Event::StepReleased { step, charge, not_before, .. } => {
            let row = &mut rows.step_standings[at(step)];
            (row.status, row.not_before) = (StepStatus::Waiting, *not_before);
            row.attempts -= u32::from(*charge != Charge::Attempt);
            row.interruptions += u32::from(*charge == Charge::Interruption);
        }
        Event::StepFailed { step, .. } => {
            let row = &mut rows.step_standings[at(step)];
            (row.status, row.not_before) = (StepStatus::Failed, None);
        }
        Event::StepRetried { step, .. } | Event::StepRevoked { step } => {
            let row = &mut rows.step_standings[at(step)];
            row.status = StepStatus::Waiting;
            (row.attempts, row.interruptions) = (0, 0);
        }
        other => unreachable!("{other:?} is no event of a step"),
    }
}
