//! Memory databases: the fake twin of the tests and of `tidegate sim`.
//!
//! A [`World`] is one made-up source and one target that remembers which rows of which table were
//! committed under which ledger key, so that a test can ask whether every row is there exactly
//! once. With a file the target remembers its ledger across processes, which is what lets a
//! simulated job survive `kill -9`. Trouble comes from a script ([`Faults`]). Nothing here is
//! reached by a real job: the engine opens it for `memory:` URLs only.

mod script;
mod shape;
mod source;
mod target;

pub use script::{Faults, Scripted, Trouble, parse_script};
pub use shape::{MadeTable, Shape, crm_tables, made_tables};

use std::sync::{Arc, Mutex, MutexGuard};

use crate::core::catalog::Server;
use crate::core::chunk::ChunkRange;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};

use super::{Source, Target};
use target::TargetState;

/// A pair of databases that share a clock and a script.
pub struct World {
    pub shape: Shape,
    pub faults: Arc<Faults>,
    index_of: std::collections::HashMap<ObjectName, usize>,
    target: Mutex<TargetState>,
}

impl World {
    /// # Errors
    /// `Store` when the target's memory file cannot be read.
    pub fn new(shape: Shape) -> Result<Arc<World>, Fault> {
        let target = TargetState::open(shape.file.as_deref())?;
        let faults = Arc::new(Faults::new(shape.script.clone()));
        let index_of = shape.tables.iter().enumerate().map(|(i, t)| (t.name.clone(), i)).collect();
        Ok(Arc::new(World { shape, faults, index_of, target: Mutex::new(target) }))
    }

    /// # Errors
    /// `Usage` for a URL that makes no sense.
    pub fn from_url(text: &str) -> Result<Arc<World>, Fault> {
        let shape =
            Shape::from_url(text).map_err(|why| Fault::new(FaultKind::Usage, Side::Source, why))?;
        World::new(shape)
    }

    #[must_use]
    pub fn source(self: &Arc<World>) -> Arc<dyn Source> {
        Arc::new(source::MemorySource { world: self.clone() })
    }

    #[must_use]
    pub fn target(self: &Arc<World>) -> Arc<dyn Target> {
        Arc::new(target::MemoryTarget { world: self.clone() })
    }

    /// What is wrong with the rows on the target: `None` when each is there exactly once.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        let state = self.state();
        self.shape.tables.iter().find_map(|t| {
            let wrong = state.wrong_rows(&t.name, t.rows)?;
            Some(format!("{}: {wrong}", t.name))
        })
    }

    /// How often each ledger key was committed, for tests.
    #[must_use]
    pub fn commits(&self) -> std::collections::BTreeMap<super::LedgerKey, u32> {
        self.state().commits.clone()
    }

    /// Titles of steps and positions of sequences that were run, in order.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        self.state().statements.clone()
    }

    /// The target loses its last `count` commits, as after a crash with asynchronous commits.
    pub fn forget_commits(&self, count: usize) {
        self.state().forget(count);
    }

    fn state(&self) -> MutexGuard<'_, TargetState> {
        self.target.lock().expect("nobody panics while holding the target")
    }

    fn table(&self, name: &ObjectName) -> Result<&MadeTable, Fault> {
        self.index_of.get(name).map(|i| &self.shape.tables[*i]).ok_or_else(|| {
            Fault::new(
                FaultKind::ObjectMissing,
                Side::Source,
                format!("relation \"{name}\" does not exist"),
            )
            .with_code("42P01")
        })
    }

    fn server(&self, database: &str) -> Server {
        Server {
            dialect: Dialect::Postgres,
            version_text: "17.0 (memory)".to_owned(),
            version_num: 170_000,
            database: database.to_owned(),
            encoding: "UTF8".to_owned(),
            identity: Some(format!("memory {database}")),
            superuser: true,
            connections_free: Some(97),
            mariadb: false,
        }
    }
}

/// Rows per made-up heap page.
const ROWS_PER_PAGE: u64 = 100;

/// The rows (ids from, until; until exclusive) of `range`.
fn rows_of(table: &MadeTable, range: &ChunkRange) -> (u64, u64) {
    let end = table.rows + 1;
    let id = |key: &[String]| key.first().and_then(|t| t.parse().ok()).unwrap_or(end);
    match range {
        ChunkRange::Whole => (1, end),
        ChunkRange::Key { from, until } => {
            (from.as_deref().map_or(1, id), until.as_deref().map_or(end, id))
        }
        ChunkRange::Ctid { from_page, until_page } => (
            from_page * ROWS_PER_PAGE + 1,
            until_page.map_or(end, |page| (page * ROWS_PER_PAGE + 1).clamp(1, end)),
        ),
        // Made-up rows are never refused, so none is read again.
        ChunkRange::Keys(_) => (end, end),
        ChunkRange::Rowid { from, until } => {
            let id = |r: &i64| u64::try_from(*r).unwrap_or(1);
            (from.as_ref().map_or(1, id), until.as_ref().map_or(end, id))
        }
    }
}
