//! Spec and two catalogues become an ordered, readable plan. Execution chooses nothing.

mod build;
mod columns;
mod conform;
mod cut;
mod dress;
mod existing;
mod findings;
#[cfg(test)]
pub(in crate::core) mod fixture;
mod hand;
mod mysql_items;
mod mysql_steps;
mod naming;
mod order;
mod orphans;
mod report;
mod select;
mod shape;
mod shaped;
mod steps;
mod storage;
mod translate;
mod verify;

pub use super::catalog::Section;
pub use build::{PlanInput, bounds_needed, build_plan, target_names, worst_fit};
pub use conform::Looked;
pub use findings::type_findings;
pub use naming::Naming;
pub use orphans::{OrphanQuestion, orphan_findings, orphan_questions};
pub use report::{bytes_text, report};
pub use select::selected_tables;
pub use verify::{DIFFERS, MEND_EXTRA, MEND_ROWS, build_verification, verification_bounds};

use super::catalog::{LogicalType, TableEstimate};
use super::chunk::{ChunkMethod, PlannedChunk};
use super::mapping::{Fit, RuleApplied, Transform};
use super::name::{Dialect, ObjectName};
use super::spec::TableExists;
use super::sql::{ReadColumn, RowsWanted};

/// Index into [`MigrationPlan::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableIndex(pub u32);

/// Index into [`MigrationPlan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// What will be done, in full.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationPlan {
    pub source_dialect: Dialect,
    pub target_dialect: Dialect,
    /// Statements for every session that runs DDL steps (pg_dump's `SET`s).
    pub ddl_preamble: Vec<String>,
    pub tables: Vec<TablePlan>,
    pub steps: Vec<Step>,
    pub findings: Vec<Finding>,
    /// Every object of the source and what becomes of it.
    pub checklist: Vec<ChecklistEntry>,
}

impl MigrationPlan {
    /// Does a BLOCK finding forbid the start?
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Block)
    }
}

/// How the rows of a table travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPath {
    /// PostgreSQL to PostgreSQL: COPY bytes pass through.
    DirectCopy(CopyFormat),
    /// SQLite to SQLite: ATTACH and INSERT ... SELECT in one connection.
    DirectAttach,
    /// Cells are converted one by one.
    Conventional,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    Text,
    Binary,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TablePlan {
    pub source: ObjectName,
    pub target: ObjectName,
    pub columns: Vec<ColumnPlan>,
    pub path: DataPath,
    /// Why this path: a phrase for the plan.
    pub path_reason: String,
    pub method: ChunkMethod,
    pub chunks: Vec<PlannedChunk>,
    pub estimate: TableEstimate,
    /// Rows of the source may vanish with a target crash: its ledger rows must as well.
    pub target_unlogged: bool,
    /// The table was there before the job and rows are added to it or it is emptied first.
    pub existing: Existing,
    /// GENERATED ALWAYS identity columns are written: the load must say OVERRIDING SYSTEM VALUE
    /// where it is not a COPY.
    pub overrides_identity: bool,
    /// Source columns that name a row: the primary key, else the first unique key without NULLs.
    /// Empty when there is none.
    pub key: Vec<String>,
    /// Which of its rows are copied.
    pub rows: RowChoice,
}

impl TablePlan {
    /// The same table, its rejected rows to be read again by their key.
    #[must_use]
    pub fn for_retry(&self) -> TablePlan {
        let method = ChunkMethod::Key { columns: self.key.clone() };
        TablePlan { method, chunks: Vec::new(), ..self.clone() }
    }
}

impl TablePlan {
    /// The rows that are read, for a statement on the source.
    #[must_use]
    pub fn rows_wanted(&self) -> RowsWanted<'_> {
        fn names(list: &[String]) -> Vec<&str> {
            list.iter().map(String::as_str).collect()
        }
        let by = match (self.rows.sample_by.as_slice(), self.key.as_slice()) {
            ([], []) => self.columns.iter().map(|c| c.name.as_str()).collect(),
            ([], key) => names(key),
            (by, _) => names(by),
        };
        RowsWanted {
            filter: self.rows.filter.as_deref(),
            sample: self.rows.sample.map(|percent| (percent, by)),
        }
    }

    /// The columns that are read, for a statement on the source.
    #[must_use]
    pub fn columns_read(&self) -> Vec<ReadColumn<'_>> {
        self.columns.iter().map(ColumnPlan::read).collect()
    }

    /// Does the source's server read texts of the operator for this table?
    #[must_use]
    pub fn is_shaped(&self) -> bool {
        !self.rows.is_whole() || self.columns.iter().any(|c| c.expression.is_some())
    }
}

/// Which rows of a source table are copied. Both together: the sample is taken of what the filter
/// leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowChoice {
    /// A condition in the source's SQL; unverified text of the operator, put between parentheses.
    pub filter: Option<String>,
    /// Percent of the rows, the same ones each time the source is unchanged: chosen by a hash of
    /// the key, so that a chunk that is done again reads the same rows.
    pub sample: Option<u8>,
    /// The columns whose hash decides: the key, or all that are stored. The same ones in a copy and
    /// in a verification, whichever columns travel; empty: the plan's key, or all its columns.
    pub sample_by: Vec<String>,
}

impl RowChoice {
    /// Every row.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.filter.is_none() && self.sample.is_none()
    }
}

/// What the job does with a target table it did not create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Created by a step of this plan.
    Created,
    Append,
    /// Emptied by a step of this plan before the first chunk.
    Truncated,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnPlan {
    pub name: String,
    pub target_name: String,
    pub source_declared: String,
    pub source_logical: LogicalType,
    pub target_declared: String,
    pub target_logical: LogicalType,
    pub fit: Fit,
    pub reason: String,
    /// What is done to values beyond what follows from the two types.
    pub transform: Transform,
    /// A rule of the job changed the target's type.
    pub rule: Option<RuleApplied>,
    /// Read instead of the column, in the source's SQL; cast to the column's own type there, so
    /// that everything behind the reader is as without it.
    pub expression: Option<String>,
}

impl ColumnPlan {
    /// How it is read on the source.
    #[must_use]
    pub fn read(&self) -> ReadColumn<'_> {
        ReadColumn {
            name: &self.name,
            declared: &self.source_declared,
            logical: &self.source_logical,
            expression: self.expression.as_deref(),
        }
    }

    /// The types as a diff: `int -> boolean (switch tinyint1_as_boolean, instead of smallint)`.
    #[must_use]
    pub fn types(&self) -> String {
        let named = |declared: &str| match declared {
            "" => "no type".to_owned(),
            text => text.to_owned(),
        };
        let types = format!("{} -> {}", named(&self.source_declared), named(&self.target_declared));
        match &self.rule {
            Some(rule) if rule.instead_of != self.target_declared => {
                format!("{types} ({}, instead of {})", rule.by, named(&rule.instead_of))
            }
            Some(rule) => format!("{types} ({})", rule.by),
            None => types,
        }
    }
}

/// The weight of loads that are taken in the order of the plan's tables.
pub const IN_PLAN_ORDER: u64 = i64::MAX as u64;

/// One node of the work graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    pub section: Section,
    /// What people read: `create index crm.ix_orders_date`.
    pub title: String,
    pub table: Option<TableIndex>,
    /// Steps that must have succeeded (or, for loads, settled) before this one.
    pub waits_for: Vec<StepId>,
    /// Statements run in one target transaction together with the step's ledger row.
    pub statements: Vec<String>,
    /// Tables this step locks. Two steps that share a table run together only if both are shared.
    pub locks: Vec<(TableIndex, LockMode)>,
    /// Bytes it is thought to go through: largest first; or [`IN_PLAN_ORDER`].
    pub weight: u64,
    /// Its failure is reported as a warning and does not keep anything waiting (GRANT to a role
    /// that is not there, COMMENT on an extension).
    pub optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Statements of one DDL item other than an index or constraint.
    Ddl,
    Truncate,
    /// Load the table's chunks. The only kind made of chunks.
    Load,
    /// An index or a key: counted as `indexes`, limited by the index workers.
    Index,
    /// Foreign keys and checks: counted as `keys`.
    Constraint,
    /// Positions are read on the source when it runs: `statements` holds the sequences' names.
    Sequence,
    LargeObjects,
    Refresh,
    Analyse,
    /// Of a verification: rows that differ are copied again (`statements` says which).
    Mend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    Shared,
    Exclusive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Ok,
    Warn,
    Block,
}

impl Severity {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Warn => "warn",
            Severity::Block => "BLOCK",
        }
    }
}

/// Something the plan wants to say, with the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// One word: `target`, `types`, `keys`, `privileges`, `host`, ...
    pub topic: String,
    pub message: String,
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Numbered ways out, for the wizard and for people.
    pub ways: Vec<WayOut>,
}

/// One way out of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    /// `empty it first: truncate, asks for the target's name`.
    pub title: String,
    pub change: Change,
}

/// What a way out changes, as data: in a draft, or on the target on consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The policy of one table (its source name).
    TableExists {
        table: ObjectName,
        policy: TableExists,
    },
    /// The table is left out of the selection.
    LeaveOut {
        table: ObjectName,
    },
    /// Another name on the target.
    Rename {
        table: ObjectName,
    },
    AcceptLossy,
    /// A switch or key of the job file and its value: `switches.zero_date_to_null = true`.
    Set {
        key: String,
        value: String,
    },
    /// Statements that make the target conform; run as they are after consent.
    Conform {
        statements: Vec<String>,
    },
    /// A page of the wizard: `connect`, `pick`, `options`.
    Page {
        page: String,
    },
}

impl Finding {
    #[must_use]
    pub fn new(severity: Severity, topic: &str, message: impl Into<String>) -> Finding {
        Finding {
            severity,
            topic: topic.to_owned(),
            message: message.into(),
            detail: None,
            hint: None,
            ways: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Finding {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_way(mut self, title: impl Into<String>, change: Change) -> Finding {
        self.ways.push(WayOut { title: title.into(), change });
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }
}

/// What becomes of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistEntry {
    pub kind: String,
    pub name: ObjectName,
    pub fate: Fate,
    pub reason: Option<String>,
    /// The source's text, when it is not created as it is.
    pub source_text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Created,
    /// Not selected, or its table is not.
    Skipped,
    /// Does not translate: someone has to write it.
    NeedsHands,
}

impl Fate {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Fate::Created => "created",
            Fate::Skipped => "skipped",
            Fate::NeedsHands => "needs hands",
        }
    }
}
