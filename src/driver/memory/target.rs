//! The made-up target and what it remembers.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::{World, rows_of};
use crate::core::catalog::{Catalog, Sequence, Server};
use crate::core::chunk::Rejects;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::ObjectName;
use crate::core::plan::{Finding, MigrationPlan, TablePlan};
use crate::core::spec::Selection;
use crate::driver::pipe::{Activity, check_counts};
use crate::driver::{
    AttachSource, Block, BlockReceiver, ChunkTask, LargeObject, LedgerKey, LedgerRow, Pressure,
    PressureAsked, StepTask, Target, TargetSession, WorkGauge, Written,
};

/// One commit: what it added.
#[derive(Clone, Debug)]
struct Commit {
    key: LedgerKey,
    /// Table and ids (from, until; until exclusive) of the rows.
    rows: Option<(ObjectName, u64, u64)>,
    count: u64,
}

/// Everything the target holds.
#[derive(Debug, Default)]
pub(super) struct TargetState {
    has_ledger: bool,
    /// In order of commit; the ledger is their keys.
    journal: Vec<Commit>,
    ledger: BTreeMap<LedgerKey, u64>,
    pub(super) commits: BTreeMap<LedgerKey, u32>,
    pub(super) statements: Vec<String>,
    file: Option<File>,
}

impl TargetState {
    pub(super) fn open(path: Option<&Path>) -> Result<TargetState, Fault> {
        let mut state = TargetState::default();
        let Some(path) = path else { return Ok(state) };
        let fail = |e: std::io::Error| {
            let message = format!("cannot use {}: {e}", path.display());
            Fault::new(FaultKind::Store, Side::Target, message)
        };
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(fail)?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).map_err(fail)?;
        for line in text.lines() {
            state.replay(line);
        }
        state.file = Some(file);
        Ok(state)
    }

    /// Lines of the file: `ledger`, `no ledger`, `+ c 17 1000`, `- c 17`.
    fn replay(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let key = |kind: &str, id: &str| {
            let id = id.parse().ok()?;
            Some(if kind == "c" { LedgerKey::Chunk(id) } else { LedgerKey::Step(id) })
        };
        match words.as_slice() {
            ["ledger"] => self.has_ledger = true,
            ["no", "ledger"] => {
                self.has_ledger = false;
                self.ledger.clear();
            }
            ["+", kind, id, rows] => {
                if let (Some(key), Ok(rows)) = (key(kind, id), rows.parse()) {
                    self.ledger.insert(key, rows);
                }
            }
            ["-", kind, id] => {
                if let Some(key) = key(kind, id) {
                    self.ledger.remove(&key);
                }
            }
            // A line cut short by a crash was never acknowledged.
            _ => {}
        }
    }

    fn note(&mut self, line: &str) {
        if let Some(file) = &mut self.file {
            // The file only serves a simulation that outlives its engine; losing it is harmless.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }

    fn commit(&mut self, commit: Commit) {
        let (kind, id) = match commit.key {
            LedgerKey::Chunk(id) => ("c", id),
            LedgerKey::Step(id) => ("s", id),
        };
        self.note(&format!("+ {kind} {id} {}", commit.count));
        self.ledger.insert(commit.key, commit.count);
        *self.commits.entry(commit.key).or_insert(0) += 1;
        self.journal.push(commit);
    }

    fn remove(&mut self, key: LedgerKey) {
        let (kind, id) = match key {
            LedgerKey::Chunk(id) => ("c", id),
            LedgerKey::Step(id) => ("s", id),
        };
        self.note(&format!("- {kind} {id}"));
        self.ledger.remove(&key);
        self.journal.retain(|commit| commit.key != key);
    }

    pub(super) fn forget(&mut self, count: usize) {
        for _ in 0..count {
            let Some(commit) = self.journal.last().cloned() else { return };
            self.remove(commit.key);
        }
    }

    /// What is wrong with a table of `rows` rows.
    pub(super) fn wrong_rows(&self, table: &ObjectName, rows: u64) -> Option<String> {
        let mut spans: Vec<(u64, u64)> = self
            .journal
            .iter()
            .filter_map(|c| c.rows.as_ref())
            .filter(|(name, from, until)| name == table && from < until)
            .map(|(_, from, until)| (*from, *until))
            .collect();
        spans.sort_unstable();
        let mut next = 1;
        for (from, until) in spans {
            if from < next {
                return Some(format!("rows {from} to {} are there twice", next - 1));
            }
            if from > next {
                return Some(format!("rows {next} to {} are missing", from - 1));
            }
            next = until;
        }
        (next != rows + 1).then(|| format!("rows {next} to {rows} are missing"))
    }
}

pub(super) struct MemoryTarget {
    pub(super) world: Arc<World>,
}

#[async_trait]
impl Target for MemoryTarget {
    async fn probe(&self) -> Result<Server, Fault> {
        self.world.faults.check(Side::Target)?;
        Ok(self.world.server("crm_new"))
    }

    async fn pressure(&self, _asked: PressureAsked) -> Result<Pressure, Fault> {
        self.world.faults.check(Side::Target)?;
        let sessions = Some(u64::from(self.world.faults.busyness()));
        Ok(Pressure { sessions, ..Pressure::default() })
    }

    async fn inspect(&self, _selection: &Selection) -> Result<Catalog, Fault> {
        self.world.faults.check(Side::Target)?;
        Ok(Catalog {
            server: self.world.server("crm_new"),
            schemas: vec!["public".to_owned()],
            tables: Vec::new(),
            sequences: Vec::new(),
            others: Vec::new(),
            large_objects: 0,
        })
    }

    async fn nonempty(&self, _names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault> {
        self.world.faults.check(Side::Target)?;
        Ok(Vec::new())
    }

    async fn preflight(&self, _plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        self.world.faults.check(Side::Target)?;
        Ok(Vec::new())
    }

    async fn prepare_ledger(&self, _job_id: &str) -> Result<(), Fault> {
        self.world.faults.check(Side::Target)?;
        let mut state = self.world.state();
        if !state.has_ledger {
            state.has_ledger = true;
            state.note("ledger");
        }
        Ok(())
    }

    async fn ledger(&self, _job_id: &str) -> Result<Option<Vec<LedgerRow>>, Fault> {
        self.world.faults.check(Side::Target)?;
        let state = self.world.state();
        let rows = || {
            state.ledger.iter().map(|(key, rows)| LedgerRow {
                key: *key,
                rows: *rows,
                rejects: Rejects::default(),
            })
        };
        Ok(state.has_ledger.then(|| rows().collect()))
    }

    async fn drop_ledger(&self, _job_id: &str) -> Result<(), Fault> {
        self.world.faults.check(Side::Target)?;
        let mut state = self.world.state();
        state.has_ledger = false;
        state.ledger.clear();
        state.note("no ledger");
        Ok(())
    }

    async fn session(
        &self,
        _job_id: &str,
        _preamble: &[String],
    ) -> Result<Box<dyn TargetSession>, Fault> {
        self.world.faults.check(Side::Target)?;
        Ok(Box::new(MemoryTargetSession { world: self.world.clone() }))
    }
}

struct MemoryTargetSession {
    world: Arc<World>,
}

impl MemoryTargetSession {
    fn done_before(&self, key: LedgerKey) -> Option<Written> {
        let state = self.world.state();
        state.ledger.get(&key).map(|rows| Written::before(*rows, Rejects::default()))
    }

    fn commit(&self, commit: Commit) -> Result<Written, Fault> {
        self.world.faults.check(Side::Target)?;
        let mut state = self.world.state();
        if !state.has_ledger {
            return Err(Fault::new(
                FaultKind::ObjectMissing,
                Side::Target,
                "the ledger of this job does not exist",
            ));
        }
        // A ledger row is unique: of two transactions for one piece of work, such as a dead
        // engine's last and its successor's first, one commits and the other finds it done.
        if let Some(rows) = state.ledger.get(&commit.key) {
            return Ok(Written::before(*rows, Rejects::default()));
        }
        let rows = commit.count;
        state.commit(commit);
        Ok(Written::now(rows))
    }
}

#[async_trait]
impl TargetSession for MemoryTargetSession {
    async fn write(
        &mut self,
        task: &ChunkTask,
        mut blocks: BlockReceiver,
    ) -> Result<Written, Fault> {
        self.world.faults.check(Side::Target)?;
        if let Some(written) = self.done_before(task.key) {
            return Ok(written);
        }
        let mut arrived = 0;
        while let Some(block) = blocks.next().await {
            self.world.faults.check(Side::Target)?;
            let (rows, bytes) = match &block {
                Block::Raw { bytes, rows } => (*rows, bytes.len()),
                Block::Rows(batch) => (batch.rows() as u64, batch.byte_len()),
            };
            blocks.gauge().add(rows, bytes as u64);
            arrived += rows;
        }
        check_counts(blocks.rows_announced(), arrived)?;
        blocks.gauge().set(Activity::Commit);
        let table = self.world.table(&task.table.source)?;
        let (from, until) = rows_of(table, &task.range);
        self.world.faults.check_chunk(&table.name.to_string(), table.number_of(from))?;
        let rows = Some((table.name.clone(), from, until));
        self.commit(Commit { key: task.key, rows, count: arrived })
    }

    async fn run(&mut self, step: &StepTask) -> Result<Written, Fault> {
        self.world.faults.check(Side::Target)?;
        if let Some(written) = self.done_before(step.key) {
            return Ok(written);
        }
        if step.title.contains("index") || step.title.contains("key") {
            tokio::time::sleep(self.world.shape.index_time * self.world.faults.slowness()).await;
        }
        let written = self.commit(Commit { key: step.key, rows: None, count: 0 })?;
        self.world.state().statements.push(step.title.clone());
        Ok(written)
    }

    async fn begin_again(&mut self, _table: &TablePlan, chunks: &[LedgerKey]) -> Result<(), Fault> {
        self.world.faults.check(Side::Target)?;
        let mut state = self.world.state();
        for key in chunks {
            state.remove(*key);
        }
        Ok(())
    }

    async fn set_sequences(
        &mut self,
        key: LedgerKey,
        sequences: &[Sequence],
    ) -> Result<Written, Fault> {
        self.world.faults.check(Side::Target)?;
        if let Some(written) = self.done_before(key) {
            return Ok(written);
        }
        let written = self.commit(Commit { key, rows: None, count: 0 })?;
        let mut state = self.world.state();
        for sequence in sequences {
            state.statements.push(format!("setval {} {}", sequence.name, sequence.last_value));
        }
        Ok(written)
    }

    async fn write_large_objects(
        &mut self,
        key: LedgerKey,
        _objects: &[LargeObject],
        last: bool,
    ) -> Result<Written, Fault> {
        self.world.faults.check(Side::Target)?;
        if !last {
            return Ok(Written::now(0));
        }
        self.commit(Commit { key, rows: None, count: 0 })
    }

    async fn copy_attached(
        &mut self,
        task: &ChunkTask,
        _source: &AttachSource,
        _gauge: &WorkGauge,
    ) -> Result<Written, Fault> {
        Err(Fault::new(
            FaultKind::Unsupported,
            Side::Target,
            format!("{} cannot be attached: it is in memory", task.table.source),
        ))
    }
}
