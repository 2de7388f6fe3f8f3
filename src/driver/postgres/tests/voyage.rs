//! A whole copy with the driver alone: no engine, no job, every table in several chunks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::server::Server;
use crate::core::catalog::{Catalog, Section, Sequence, Table, TableKind};
use crate::core::chunk::{
    BoundsRequest, ChunkMethod, ChunkRange, PlannedChunk, ctid_ranges, key_ranges, spread,
};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::mapping::{Fit, Transform};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{
    ColumnPlan, CopyFormat, DataPath, Existing, MigrationPlan, Step, StepKind, TablePlan,
};
use crate::core::spec::Selection;
use crate::driver::pipe::{Unlimited, pipe};
use crate::driver::postgres::{source, target};
use crate::driver::{
    ChunkTask, LedgerKey, SchemaItems, Snapshot, Source, SourceSession, StepTask, Target,
    TargetSession, WorkGauge, Written,
};

/// Both ends and a job between them.
pub struct Voyage {
    pub source: Arc<dyn Source>,
    pub target: Arc<dyn Target>,
    pub job: String,
}

impl Voyage {
    pub fn new(server: &Server, from: &str, to: &str) -> Voyage {
        let job = format!("{from}-to-{to}");
        Voyage {
            source: source(&server.access(from, Side::Source, &job)).unwrap(),
            target: target(&server.access(to, Side::Target, &job)).unwrap(),
            job,
        }
    }

    /// Copies everything and returns the source's catalogue.
    pub async fn copy_everything(&self, parts: u64) -> Catalog {
        let catalog = self.source.inspect(&Selection::default()).await.unwrap();
        let schema = self.source.schema_items().await.unwrap();
        self.target.prepare_ledger(&self.job).await.unwrap();
        let mut session = self.target.session(&self.job, &schema.preamble).await.unwrap();
        let mut steps = Steps(0);
        steps.run_section(session.as_mut(), &schema, Section::PreData).await;
        let snapshot = self.source.open_snapshot(2).await.unwrap();
        let mut reader = snapshot.session().await.unwrap();
        let mut chunk_id = 0;
        for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Plain) {
            let plan = Arc::new(self.plan(table, parts).await);
            for chunk in &plan.chunks {
                let task = ChunkTask {
                    table: plan.clone(),
                    range: chunk.range.clone(),
                    key: LedgerKey::Chunk(chunk_id),
                };
                chunk_id += 1;
                let written = move_chunk(reader.as_mut(), session.as_mut(), &task).await;
                assert!(!written.unwrap_or_else(|e| panic!("{}: {e}", plan.source)).already);
            }
        }
        self.finish(&mut steps, session.as_mut(), snapshot.as_ref(), &schema).await;
        self.target.drop_ledger(&self.job).await.unwrap();
        catalog
    }

    async fn finish(
        &self,
        steps: &mut Steps,
        session: &mut dyn TargetSession,
        snapshot: &dyn Snapshot,
        schema: &SchemaItems,
    ) {
        let sequences = snapshot.sequences().await.unwrap();
        session.set_sequences(steps.next(), &sequences).await.unwrap();
        let (key, mut after) = (steps.next(), 0);
        loop {
            let objects = snapshot.large_objects(after).await.unwrap();
            session.write_large_objects(key, &objects, objects.is_empty()).await.unwrap();
            match objects.last() {
                Some(object) => after = object.oid,
                None => break,
            }
        }
        steps.run_section(session, schema, Section::PostData).await;
    }

    pub async fn plan(&self, table: &Table, parts: u64) -> TablePlan {
        let key = table.keys.iter().find(|k| k.not_null);
        let (method, ranges) = match key {
            Some(key) => {
                let method = ChunkMethod::Key { columns: key.columns.clone() };
                let request =
                    BoundsRequest { table: table.name.clone(), method: method.clone(), parts };
                (method, key_ranges(&self.source.bounds(&request).await.unwrap()))
            }
            None => (ChunkMethod::Ctid, ctid_ranges(table.estimate.pages, parts)),
        };
        let chunks = spread(ranges, table.estimate.bytes, table.estimate.rows);
        table_plan(table, method, chunks)
    }
}

pub fn table_plan(table: &Table, method: ChunkMethod, chunks: Vec<PlannedChunk>) -> TablePlan {
    let binary = table.stored_columns().all(|c| c.binary_portable);
    let column = |c: &crate::core::catalog::Column| ColumnPlan {
        name: c.name.clone(),
        target_name: c.name.clone(),
        source_declared: c.declared.clone(),
        source_logical: c.logical.clone(),
        target_declared: c.declared.clone(),
        target_logical: c.logical.clone(),
        fit: Fit::Exact,
        reason: String::new(),
        transform: Transform::default(),
        rule: None,
        expression: None,
    };
    TablePlan {
        source: table.name.clone(),
        target: table.name.clone(),
        columns: table.stored_columns().map(column).collect(),
        path: DataPath::DirectCopy(if binary { CopyFormat::Binary } else { CopyFormat::Text }),
        path_reason: String::new(),
        method,
        chunks,
        estimate: table.estimate,
        target_unlogged: table.unlogged,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: crate::core::plan::RowChoice::default(),
    }
}

/// Reads and writes one chunk at the same time, as a worker does.
pub async fn move_chunk(
    reader: &mut dyn SourceSession,
    writer: &mut dyn TargetSession,
    task: &ChunkTask,
) -> Result<Written, Fault> {
    let (sender, receiver) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
    let (read, written) = tokio::join!(reader.read(task, sender), writer.write(task, receiver));
    // The end that was stopped by the other one says Cancelled; the cause is the other's.
    match (read, written) {
        (Err(cause), Err(end)) if end.kind == FaultKind::Cancelled => Err(cause),
        (Err(cause), Ok(done)) if !done.already => Err(cause),
        (_, written) => written,
    }
}

/// Numbers steps and runs items.
pub struct Steps(pub u32);

impl Steps {
    pub fn next(&mut self) -> LedgerKey {
        self.0 += 1;
        LedgerKey::Step(self.0)
    }

    async fn run_section(
        &mut self,
        session: &mut dyn TargetSession,
        schema: &SchemaItems,
        section: Section,
    ) {
        for item in schema.items.iter().filter(|i| i.section == section) {
            let title = format!("create {} {}", item.kind.to_lowercase(), item.name);
            let step = StepTask { key: self.next(), statements: item.statements.clone(), title };
            session.run(&step).await.unwrap_or_else(|e| panic!("{e}\n{:?}", step.statements));
        }
    }
}

/// Rows of every table, sorted, as the server prints them.
pub fn contents(server: &Server, database: &str, catalog: &Catalog) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Plain) {
        let name = crate::core::sql::qualified(crate::core::name::Dialect::Postgres, &table.name);
        let text = format!(
            "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) \
             FROM ONLY {name} t"
        );
        found.insert(name, server.sql(database, &text));
    }
    found
}

/// Positions of all sequences by name.
pub async fn positions(of: &dyn Snapshot) -> BTreeMap<ObjectName, (i64, bool)> {
    let place = |s: Sequence| (s.name, (s.last_value, s.is_called));
    of.sequences().await.unwrap().into_iter().map(place).collect()
}

/// Definitions and rows of `to` are those of `from`.
pub async fn assert_equal(server: &Server, from: &str, to: &str, catalog: &Catalog) {
    let (ours, theirs) = (server.schema(to), server.schema(from));
    for (left, right) in theirs.lines().zip(ours.lines()) {
        assert_eq!(left, right, "pg_dump --schema-only differs");
    }
    assert_eq!(theirs, ours);
    assert_eq!(contents(server, from, catalog), contents(server, to, catalog));
    let open = |database: &str| {
        let access = server.access(database, Side::Source, "compare");
        async move { source(&access).unwrap().open_snapshot(1).await.unwrap() }
    };
    let (left, right) = (open(from).await, open(to).await);
    assert_eq!(positions(left.as_ref()).await, positions(right.as_ref()).await);
    let objects = "SELECT count(*), string_agg(oid || md5(lo_get(oid)), ',' ORDER BY oid) \
                   FROM pg_largeobject_metadata";
    assert_eq!(server.sql(from, objects), server.sql(to, objects));
}

/// One chunk that holds everything.
pub fn whole() -> Vec<PlannedChunk> {
    vec![PlannedChunk { range: ChunkRange::Whole, bytes: 0, rows: 0 }]
}

/// A plan of `tables` whose one step has `statements`.
pub fn plan_with(tables: Vec<TablePlan>, statements: Vec<String>) -> MigrationPlan {
    let step = Step {
        kind: StepKind::Ddl,
        section: Section::PreData,
        title: "everything".to_owned(),
        table: None,
        waits_for: Vec::new(),
        statements,
        locks: Vec::new(),
        weight: 0,
        optional: false,
    };
    MigrationPlan {
        source_dialect: Dialect::Postgres,
        target_dialect: Dialect::Postgres,
        ddl_preamble: Vec::new(),
        tables,
        steps: vec![step],
        findings: Vec::new(),
        checklist: Vec::new(),
    }
}
