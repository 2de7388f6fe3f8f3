//! A target that remembers in order and may lose what it remembered last.

use std::collections::{BTreeMap, BTreeSet};

use tidegate::core::chunk::ChunkId;
use tidegate::core::plan::{StepId, TableIndex};

/// One committed transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Commit {
    /// The rows of a chunk as they were in a snapshot.
    Chunk {
        chunk: ChunkId,
        table: TableIndex,
        snapshot: u32,
        rows: u64,
    },
    Step {
        step: StepId,
    },
    Emptied {
        table: TableIndex,
    },
}

#[derive(Debug, Default)]
pub struct FakeTarget {
    log: Vec<Commit>,
    /// Commits that no crash can take back any more.
    durable: usize,
    /// Transactions whose client is gone: they end one way or the other when somebody waits.
    pub twins: Vec<Commit>,
    /// Commits that crashes took back.
    pub lost: usize,
}

/// What a chunk's rows in the target are: the snapshot they came from, and how many.
pub type Loaded = BTreeMap<ChunkId, (TableIndex, u32, u64)>;

impl FakeTarget {
    /// Chunks that are there now. A chunk that is there twice is the one thing that must not be.
    pub fn loaded(&self) -> Loaded {
        let mut loaded = Loaded::new();
        for commit in &self.log {
            match commit {
                Commit::Chunk { chunk, table, snapshot, rows } => {
                    let before = loaded.insert(*chunk, (*table, *snapshot, *rows));
                    assert_eq!(before, None, "chunk {} was written twice", chunk.0);
                }
                Commit::Emptied { table } => loaded.retain(|_, (of, _, _)| of != table),
                Commit::Step { .. } => {}
            }
        }
        loaded
    }

    pub fn steps(&self) -> BTreeSet<StepId> {
        let done = |commit: &Commit| match commit {
            Commit::Step { step } => Some(*step),
            Commit::Chunk { .. } | Commit::Emptied { .. } => None,
        };
        self.log.iter().filter_map(done).collect()
    }

    /// Commits, unless the ledger has it. True: it had.
    pub fn commit(&mut self, commit: Commit) -> bool {
        let already = match &commit {
            Commit::Chunk { chunk, .. } => self.loaded().contains_key(chunk),
            Commit::Step { step } => self.steps().contains(step),
            Commit::Emptied { .. } => false,
        };
        if already {
            return true;
        }
        let synchronous = matches!(commit, Commit::Emptied { .. });
        self.log.push(commit);
        if synchronous {
            self.flush();
        }
        false
    }

    pub fn flush(&mut self) {
        self.durable = self.log.len();
    }

    /// Commits that a crash could take back.
    pub fn volatile(&self) -> usize {
        self.log.len() - self.durable
    }

    /// Loses the last `count` commits, and every transaction under way.
    pub fn crash(&mut self, count: usize) {
        assert!(count <= self.volatile(), "what is durable stays");
        self.log.truncate(self.log.len() - count);
        self.lost += count;
        self.twins.clear();
        self.flush();
    }
}
