//! Compares one chunk of two databases, and mends what differs.
//!
//! **First look**, in the job's snapshots: the digest of the chunk on both sides, computed by the
//! servers where both can, else over rows that stream through here. Equal digests end it.
//!
//! **Second look**, in snapshots made for it: a database that is in use changes between the two
//! sides' first snapshots, so only what differs again is called different. The rows of both sides
//! stream by once more into bucket sums, and then those of the buckets that differ are held, a
//! bounded number of bytes at a time, and compared one by one.
//!
//! Nothing is written anywhere but by [`Comparer::mend`], which hands the rows that differ to the
//! target's [`Target::mend`].

use std::sync::{Arc, Mutex, PoisonError};

use super::pipe::{Activity, Throttle, check_counts, pipe};
use super::{
    Block, ChunkTask, LedgerKey, Mend, MendRows, Snapshot, Source, SourceSession, Target, WorkGauge,
};
use crate::core::chunk::ChunkRange;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::plan::{Existing, TablePlan};
use crate::core::value::RowBatch;
use crate::core::verify::{
    BucketSums, Candidates, Change, Difference, Digest, Found, Outcome, ROWS_KEPT_PER_CHUNK,
    RowTexts, excerpt, hashed_in_servers, keys_of, mirrored, read_by_cells, shown_cell,
};

/// Canonical text of rows held at once while differing buckets are taken apart.
const HELD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Rounds of that size per chunk; what differs beyond is told as "at least". A chunk of the usual
/// size that differs in every row takes five.
const ROUNDS_MAX: usize = 16;

/// One chunk on both sides.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub source: ChunkTask,
    /// `None`: the table is not on the target.
    pub target: Option<ChunkTask>,
    pub from: Dialect,
    pub to: Dialect,
    /// Both servers print every column alike: they may hash for themselves.
    pub in_servers: bool,
}

impl Comparison {
    /// The chunk `range` of a planned table, between two engines.
    #[must_use]
    pub fn of(
        plan: &TablePlan,
        range: ChunkRange,
        key: LedgerKey,
        ends: (Dialect, Dialect),
    ) -> Self {
        let source = ChunkTask { table: Arc::new(read_by_cells(plan)), range, key };
        let there = plan.existing != Existing::Created;
        let mirror = || ChunkTask { table: Arc::new(mirrored(plan)), ..source.clone() };
        let target = there.then(mirror);
        let in_servers = hashed_in_servers(plan);
        Comparison { source, target, from: ends.0, to: ends.1, in_servers }
    }
}

/// A session of each side.
pub struct Sessions {
    pub source: Box<dyn SourceSession>,
    pub target: Box<dyn SourceSession>,
}

/// Sessions of two snapshots of their own.
pub struct FreshSessions {
    sessions: Sessions,
    _held: [Box<dyn Snapshot>; 2],
}

impl FreshSessions {
    /// Opens a snapshot of each side, for one look.
    ///
    /// # Errors
    /// As the side says that cannot be opened.
    pub async fn open(source: &dyn Source, target: &dyn Source) -> Result<FreshSessions, Fault> {
        let (here, there) = tokio::try_join!(source.open_snapshot(1), target.open_snapshot(1))?;
        let (source, target) = tokio::try_join!(here.session(), there.session())?;
        Ok(FreshSessions { sessions: Sessions { source, target }, _held: [here, there] })
    }
}

/// Values of one differing row, for a person who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowValues {
    pub difference: Difference,
    /// One for each of the compared columns; `None`: NULL. Absent: the side lacks the row.
    pub source: Option<Vec<Option<String>>>,
    pub target: Option<Vec<Option<String>>>,
}

/// Compares one chunk at a worker's expense.
pub struct Comparer {
    pub comparison: Comparison,
    pub throttle: Arc<dyn Throttle>,
    pub gauge: Arc<WorkGauge>,
}

/// Which rows [`Comparer::mend`] puts right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MendWhat {
    /// Missing and different rows.
    Rows,
    /// Rows only the target has are deleted.
    Extra,
}

impl Comparer {
    /// The first look. `None`: equal, with the digest.
    ///
    /// # Errors
    /// As a side says.
    pub async fn first_look(&self, sessions: &mut Sessions) -> Result<(Digest, Digest), Fault> {
        if self.comparison.in_servers
            && let Some(target) = &self.comparison.target
        {
            self.gauge.set(Activity::Read);
            let (here, there) = tokio::try_join!(
                sessions.source.digest(&self.comparison.source),
                sessions.target.digest(target)
            )?;
            if let (Some(here), Some(there)) = (here, there) {
                self.gauge.add(here.rows, 0);
                return Ok((here, there));
            }
        }
        let (here, there) = self.sums(sessions, true).await?;
        Ok((here.total(), there.total()))
    }

    /// The second look, in snapshots made for it.
    ///
    /// # Errors
    /// As a side says.
    pub async fn second_look(
        &self,
        first: (Digest, Digest),
        fresh: &mut FreshSessions,
    ) -> Result<Outcome, Fault> {
        let mut outcome = Outcome { source: first.0, target: first.1, ..Outcome::default() };
        let sessions = &mut fresh.sessions;
        let (here, there) = self.sums(sessions, false).await?;
        (outcome.source, outcome.target) = (here.total(), there.total());
        if self.comparison.target.is_none() {
            outcome.missing = outcome.source.rows;
            outcome.settled = outcome.missing == 0 && first.0.rows > 0;
            return Ok(outcome);
        }
        let rounds = rounds(&here, &there);
        outcome.settled = rounds.is_empty();
        outcome.at_least = rounds.len() > ROUNDS_MAX;
        for wanted in rounds.into_iter().take(ROUNDS_MAX) {
            let held = self.candidates(sessions, wanted).await?;
            self.note(&held, &mut outcome);
        }
        Ok(outcome)
    }

    fn note(&self, held: &Candidates, outcome: &mut Outcome) {
        for found in held.found() {
            match found.change {
                Change::Missing => outcome.missing += found.times,
                Change::Extra => outcome.extra += found.times,
                Change::Different => outcome.different += found.times,
            }
            if outcome.rows.len() < ROWS_KEPT_PER_CHUNK {
                outcome.rows.push(self.difference(held, &found));
            }
        }
    }

    fn difference(&self, held: &Candidates, found: &Found) -> Difference {
        let plan = &self.comparison.source.table;
        let names = held.columns_that_differ(found.key).into_iter();
        let columns = names.map(|at| plan.columns[at].name.clone()).collect();
        let row = match (found.source, found.target) {
            (Some(row), _) => Some((held.source_rows(), row)),
            (None, Some(row)) => Some((held.target_rows(), row)),
            (None, None) => None,
        };
        let key = match (keys_of(plan), row) {
            (Some(key), Some((rows, at))) => {
                let shown = |column| shown_cell(rows.cell(at, column)).unwrap_or_default();
                key.into_iter().map(shown).collect()
            }
            _ => vec![found.key.to_string()],
        };
        let has_key = keys_of(plan).is_some();
        let columns = if found.change == Change::Different { columns } else { Vec::new() };
        Difference { change: found.change, key, has_key, columns }
    }

    /// The first `limit` differing rows with their values, read now.
    ///
    /// # Errors
    /// As a side says.
    pub async fn values(
        &self,
        fresh: &mut FreshSessions,
        limit: usize,
    ) -> Result<Vec<RowValues>, Fault> {
        let mut values = Vec::new();
        if self.comparison.target.is_none() {
            return Ok(values);
        }
        let sessions = &mut fresh.sessions;
        let (here, there) = self.sums(sessions, false).await?;
        for wanted in rounds(&here, &there) {
            if values.len() >= limit {
                break;
            }
            let held = self.candidates(sessions, wanted).await?;
            for found in held.found().into_iter().take(limit - values.len()) {
                let shown = |rows: &RowBatch, row: usize| {
                    (0..rows.columns()).map(|column| shown_cell(rows.cell(row, column))).collect()
                };
                values.push(RowValues {
                    difference: self.difference(&held, &found),
                    source: found.source.map(|row| shown(held.source_rows(), row)),
                    target: found.target.map(|row| shown(held.target_rows(), row)),
                });
            }
        }
        Ok(values)
    }

    /// Puts what differs right, in a target transaction for each round of rows; answers the rows
    /// it wrote or deleted. The two sides' snapshots are given back before anything is written: a
    /// file that is being read may not be written to.
    ///
    /// # Errors
    /// As a side says; the transactions before are kept.
    pub async fn mend(
        &self,
        (from, to): (&dyn Source, &dyn Source),
        target: &dyn Target,
        what: MendWhat,
    ) -> Result<u64, Fault> {
        let rounds = {
            let mut fresh = FreshSessions::open(from, to).await?;
            let (here, there) = self.sums(&mut fresh.sessions, false).await?;
            rounds(&here, &there)
        };
        let mut written = 0;
        for wanted in rounds {
            let mend = {
                let mut fresh = FreshSessions::open(from, to).await?;
                let held = self.candidates(&mut fresh.sessions, wanted).await?;
                self.mend_of(&held, what)
            };
            if let Some(mend) = mend {
                self.gauge.set(Activity::Write);
                written += target.mend(&mend).await?;
            }
        }
        Ok(written)
    }

    /// What is to be written for the rows held; nothing for a table without a key.
    fn mend_of(&self, held: &Candidates, what: MendWhat) -> Option<Mend> {
        let plan = &self.comparison.source.table;
        let key = keys_of(plan)?;
        let all: Vec<usize> = (0..plan.columns.len()).collect();
        let found = held.found();
        let table = plan.clone();
        let rows = match what {
            MendWhat::Rows => {
                let wanted = found.iter().filter(|f| f.change != Change::Extra);
                let rows = wanted.filter_map(|f| f.source);
                MendRows::Upsert(excerpt(held.source_rows(), rows, &all))
            }
            MendWhat::Extra => {
                // Of two rows with one key the source has one: which, nobody can say.
                let alone = found.iter().filter(|f| f.source.is_none());
                let rows = alone.filter_map(|f| f.target);
                MendRows::Delete(excerpt(held.target_rows(), rows, &key))
            }
        };
        (rows.count() > 0).then_some(Mend { table, key, rows })
    }

    /// Streams both sides by.
    async fn sums(
        &self,
        sessions: &mut Sessions,
        counted: bool,
    ) -> Result<(BucketSums, BucketSums), Fault> {
        let (mut here, mut there) = (BucketSums::default(), BucketSums::default());
        let add = |sums: &mut BucketSums, texts: &mut RowTexts, batch: &RowBatch| {
            for row in 0..batch.rows() {
                let (key, whole, bytes) = texts.hash(batch, row);
                sums.add(key, whole, bytes);
            }
        };
        let (mut texts_here, mut texts_there) =
            (self.texts(Side::Source), self.texts(Side::Target));
        let gauge = counted.then_some(&self.gauge);
        let reading_source = self.stream(&mut sessions.source, &self.comparison.source, |batch| {
            add(&mut here, &mut texts_here, batch);
            if let Some(gauge) = gauge {
                gauge.add(batch.rows() as u64, batch.byte_len() as u64);
            }
        });
        match &self.comparison.target {
            Some(task) => {
                let reading_target = self.stream(&mut sessions.target, task, |batch| {
                    add(&mut there, &mut texts_there, batch);
                });
                tokio::try_join!(reading_source, reading_target)?;
            }
            None => reading_source.await?,
        }
        Ok((here, there))
    }

    /// The rows of the buckets that differ, of both sides.
    async fn candidates(
        &self,
        sessions: &mut Sessions,
        wanted: Vec<usize>,
    ) -> Result<Candidates, Fault> {
        // Both sides add to it, in turns and in one task: nobody ever waits here.
        let held = Mutex::new(Candidates::new(wanted));
        let keep = |of_source: bool, texts: &mut RowTexts, batch: &RowBatch| {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            for row in 0..batch.rows() {
                let (key, whole, _) = texts.hash(batch, row);
                if held.wants(key.bucket()) {
                    held.keep(of_source, (key, whole), texts.cells(), (batch, row));
                }
            }
        };
        let (mut texts_here, mut texts_there) =
            (self.texts(Side::Source), self.texts(Side::Target));
        let reading_source = self.stream(&mut sessions.source, &self.comparison.source, |batch| {
            keep(true, &mut texts_here, batch);
        });
        match &self.comparison.target {
            Some(task) => {
                let reading_target = self.stream(&mut sessions.target, task, |batch| {
                    keep(false, &mut texts_there, batch);
                });
                tokio::try_join!(reading_source, reading_target)?;
            }
            None => reading_source.await?,
        }
        Ok(held.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn texts(&self, side: Side) -> RowTexts {
        let ends = (self.comparison.from, self.comparison.to);
        RowTexts::new(&self.comparison.source.table, ends, side)
    }

    async fn stream(
        &self,
        session: &mut Box<dyn SourceSession>,
        task: &ChunkTask,
        mut on_batch: impl FnMut(&RowBatch),
    ) -> Result<(), Fault> {
        let (sink, mut blocks) = pipe(self.throttle.clone(), self.gauge.clone());
        let taking = async move {
            let mut rows = 0;
            while let Some(block) = blocks.next().await {
                let Block::Rows(batch) = block else { return Err(bytes_came()) };
                rows += batch.rows() as u64;
                on_batch(&batch);
            }
            Ok((rows, blocks.rows_announced()))
        };
        let (read, taken) = tokio::join!(session.read(task, sink), taking);
        let (rows, announced) = taken?;
        read?;
        check_counts(announced, rows)
    }
}

fn bytes_came() -> Fault {
    Fault::new(FaultKind::Other, Side::Engine, "a comparison was sent bytes instead of rows")
}

/// Differing buckets in groups whose rows may be held at once.
fn rounds(here: &BucketSums, there: &BucketSums) -> Vec<Vec<usize>> {
    let rows = here.total().rows + there.total().rows;
    let row_bytes = (here.bytes + there.bytes).checked_div(rows).unwrap_or(0) + 64;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut held = HELD_BYTES_MAX;
    for (bucket, rows) in here.differing(there) {
        let bytes = rows * row_bytes;
        if held + bytes > HELD_BYTES_MAX {
            groups.push(Vec::new());
            held = 0;
        }
        held += bytes;
        groups.last_mut().expect("one was pushed for the first bucket").push(bucket);
    }
    groups
}
