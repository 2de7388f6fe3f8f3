//! Tests of the master table: what is written is what is loaded, and what is refused.

use super::*;
use crate::core::catalog::{LogicalType, Section, TableEstimate};
use crate::core::chunk::{ChunkId, ChunkMethod, ChunkRange, PlannedChunk};
use crate::core::job::{
    Actor, Assignment, ChunkStatus, Command, Event, IdleWorkers, Input, Job, JobState, Notice,
    Report, Work, WorkerId,
};
use crate::core::mapping::{Fit, Transform};
use crate::core::name::{Dialect, JobName, ObjectName};
use crate::core::plan::{
    Change, ChecklistEntry, ColumnPlan, CopyFormat, DataPath, Existing, Fate, Finding, LockMode,
    MigrationPlan, RowChoice, Severity, Step, StepId, StepKind, TableIndex, TablePlan,
};
use crate::core::spec::Endpoint;

const NOW: Timestamp = Timestamp(1_795_185_076_000);

fn spec() -> JobSpec {
    let end = |url: &str| Endpoint {
        dialect: Dialect::Postgres,
        url: url.to_owned(),
        connection: None,
        label: None,
        production: false,
    };
    let name = JobName::parse("crm-nov").unwrap();
    JobSpec::new(name, end("postgres://ana@db1/crm"), end("postgres://ana@db7/crm"))
}

fn table(name: &str, method: ChunkMethod, ranges: Vec<ChunkRange>) -> TablePlan {
    TablePlan {
        source: ObjectName::new("crm", name),
        target: ObjectName::new("crm_new", name),
        columns: vec![ColumnPlan {
            name: "id".to_owned(),
            target_name: "id".to_owned(),
            source_declared: "bigint".to_owned(),
            source_logical: LogicalType::Int { bits: 64, unsigned: false },
            target_declared: "bigint".to_owned(),
            target_logical: LogicalType::Array(Box::new(LogicalType::Any)),
            fit: Fit::Wider,
            reason: "because".to_owned(),
            transform: Transform::default(),
            rule: None,
            expression: Some("abs(id)".to_owned()),
        }],
        path: DataPath::DirectCopy(CopyFormat::Binary),
        path_reason: "equal engines".to_owned(),
        method,
        chunks: ranges
            .into_iter()
            .map(|range| PlannedChunk { range, bytes: 1_000, rows: 10 })
            .collect(),
        estimate: TableEstimate { rows: 30, bytes: 3_000, pages: 4 },
        target_unlogged: true,
        existing: Existing::Truncated,
        overrides_identity: true,
        key: Vec::new(),
        rows: RowChoice {
            filter: Some("id > 5 -- all\n".to_owned()),
            sample: Some(10),
            sample_by: vec!["id".to_owned()],
        },
    }
}

fn plan() -> MigrationPlan {
    let key = |text: &str| Some(vec![text.to_owned()]);
    let step = |kind, table: u32, waits_for: &[u32]| Step {
        kind,
        section: Section::Data,
        title: format!("{kind:?} {table}"),
        table: Some(TableIndex(table)),
        waits_for: waits_for.iter().copied().map(StepId).collect(),
        statements: vec!["select 'it''s'".to_owned()],
        locks: vec![(TableIndex(table), LockMode::Exclusive), (TableIndex(0), LockMode::Shared)],
        weight: 9,
        optional: true,
    };
    MigrationPlan {
        source_dialect: Dialect::Postgres,
        target_dialect: Dialect::Sqlite,
        ddl_preamble: vec!["set x = 1".to_owned()],
        tables: vec![
            table(
                "orders",
                ChunkMethod::Key { columns: vec!["id".to_owned()] },
                vec![
                    ChunkRange::Key { from: None, until: key("5") },
                    ChunkRange::Key { from: key("5"), until: key("9") },
                    ChunkRange::Key { from: key("9"), until: None },
                ],
            ),
            table(
                "log",
                ChunkMethod::Ctid,
                vec![ChunkRange::Ctid { from_page: 3, until_page: None }],
            ),
        ],
        steps: vec![
            step(StepKind::Load, 0, &[]),
            step(StepKind::Load, 1, &[]),
            step(StepKind::Index, 0, &[0]),
        ],
        findings: vec![
            Finding::new(Severity::Warn, "keys", "careful")
                .with_detail("a")
                .with_hint("b")
                .with_way(
                    "give it another name",
                    Change::Rename { table: ObjectName::new("crm", "orders") },
                ),
        ],
        checklist: vec![ChecklistEntry {
            kind: "VIEW".to_owned(),
            name: ObjectName::new("crm", "v"),
            fate: Fate::NeedsHands,
            reason: Some("uses a function".to_owned()),
            source_text: Some("create view".to_owned()),
        }],
    }
}

fn master(spec: &JobSpec) -> MasterTable {
    MasterTable::create_in_memory(&NewJob { spec, job_id: "crm_1", now: NOW }).unwrap()
}

fn actor() -> Actor {
    Actor { user: "ana".to_owned(), tty: "pts/3".to_owned() }
}

/// A job and its file, kept in step as the engine does it.
struct Pair {
    job: Job,
    master: MasterTable,
    now: Timestamp,
}

impl Pair {
    fn new() -> Pair {
        let (spec, plan) = (spec(), plan());
        let mut master = master(&spec);
        master.begin_run(NOW, &actor(), "0").unwrap();
        master.save_plan(&plan).unwrap();
        Pair { job: Job::new(&plan, &spec), master, now: NOW }
    }

    fn save(&mut self, events: Vec<Event>) {
        let events: Vec<(Timestamp, Event)> = events.into_iter().map(|e| (self.now, e)).collect();
        for (at, event) in &events {
            self.job.apply(event, *at).unwrap();
        }
        self.master
            .append(&Batch {
                job: &self.job,
                events: &events,
                notes: &[],
                actions: &[],
                figures: &RunFigures::default(),
            })
            .unwrap();
    }

    fn input(&mut self, input: Input) {
        let events = self.job.decide(&input, self.now).unwrap();
        self.save(events);
    }

    /// What the file has is what the machine has.
    fn check(&self) {
        assert_eq!(self.master.load().unwrap().parts, self.job.parts());
    }

    fn assign(&mut self) -> Vec<Assignment> {
        let idle = IdleWorkers { copy: vec![WorkerId(1), WorkerId(2)], build: vec![] };
        let given = self.job.assignments(&idle, self.now);
        let events = self.job.assignment_events(&given);
        self.save(events);
        given
    }
}

#[test]
fn a_plan_comes_back_as_it_was_but_for_its_ranges() {
    let (spec, plan) = (spec(), plan());
    let mut master = master(&spec);
    master.save_plan(&plan).unwrap();
    master.save_plan(&plan).unwrap();
    let stored = master.load().unwrap();
    assert_eq!(stored.spec, spec);
    assert_eq!(stored.job_id, "crm_1");
    assert_eq!(stored.ddl_preamble, plan.ddl_preamble);
    assert_eq!(stored.findings, plan.findings);
    assert_eq!(master.checklist().unwrap(), plan.checklist);
    assert_eq!(stored.parts, Job::new(&plan, &spec).parts());
    let mut chunk = 0;
    for (stored, planned) in stored.tables.iter().zip(&plan.tables) {
        let without = TablePlan { chunks: Vec::new(), ..planned.clone() };
        assert_eq!(*stored, without);
        for planned in &planned.chunks {
            assert_eq!(master.range(ChunkId(chunk)).unwrap(), planned.range);
            chunk += 1;
        }
    }
    assert!(master.range(ChunkId(chunk)).is_err());
}

#[test]
fn every_event_is_kept_with_the_rows_it_changes() {
    let mut pair = Pair::new();
    let operator = |command| Input::Operator(actor(), command);
    pair.input(Input::Engine(Notice::EngineStarted));
    pair.input(operator(Command::Start));
    pair.input(operator(Command::Threads { want: 7 }));
    pair.input(operator(Command::ThreadsMax { max: 40 }));
    pair.input(operator(Command::IndexWorkers { want: 3 }));
    pair.input(operator(Command::Rate { bytes: Some(40_000_000) }));
    pair.check();
    pair.input(Input::Engine(Notice::Reconciled { chunks: vec![], steps: vec![] }));
    pair.input(Input::Engine(Notice::SnapshotOpened { label: "1-1".to_owned() }));
    let given = pair.assign();
    assert_eq!(given.len(), 2);
    pair.check();
    let mut reports = given.iter().map(|a| match a.work {
        Work::Chunk { chunk, attempt, .. } => (a.worker, chunk, attempt),
        other => panic!("{other:?} in place of a chunk"),
    });
    let (worker, chunk, attempt) = reports.next().unwrap();
    let (rows, bytes) = (12, 1_234);
    let rejects = crate::core::chunk::Rejects::default();
    pair.input(Input::Worker(Report::ChunkDone { worker, chunk, attempt, rows, bytes, rejects }));
    let (worker, failed, attempt) = reports.next().unwrap();
    let fault = Fault::new(FaultKind::RowRefused, Side::Target, "duplicate key")
        .with_code("23505")
        .with_detail("Key (id)=(1)")
        .with_hint("Look");
    pair.input(Input::Worker(Report::ChunkFailed { worker, chunk: failed, attempt, fault }));
    pair.check();

    let (total, rows) = pair
        .master
        .chunks(ChunkFilter { status: Some(ChunkStatus::ProcessedWithError), table: None }, 0, 10)
        .unwrap();
    assert_eq!((total, rows[0].id), (1, failed));
    assert_eq!(rows[0].error_code.as_deref(), Some("23505"));
    assert_eq!(rows[0].error_hint.as_deref(), Some("Look"));
    let summary = pair.master.summary().unwrap();
    assert_eq!((summary.chunks, summary.chunks_done, summary.chunks_failed), (4, 1, 1));
    assert_eq!((summary.rows_done, summary.bytes_done), (12, 1_234));
    assert_eq!(summary.state, JobState::Executing);

    pair.input(operator(Command::Retry { chunks: vec![failed], steps: vec![] }));
    pair.check();
    // The target lost everything it had acknowledged.
    let lost = Fault::new(FaultKind::ConnectionLost, Side::Target, "gone");
    pair.input(Input::Engine(Notice::TargetLost { fault: lost }));
    pair.input(Input::Engine(Notice::Recovered { side: Side::Target }));
    pair.input(Input::Engine(Notice::Reconciled { chunks: vec![], steps: vec![] }));
    pair.check();
    assert_eq!(pair.master.summary().unwrap().chunks_done, 0);
    pair.input(operator(Command::Reload { table: TableIndex(0) }));
    pair.check();
    pair.input(operator(Command::Pause));
    pair.input(Input::Tick);
    pair.check();
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let mut pair = Pair::new();
    pair.master.refuse_commits_while(|| true).unwrap();
    let events = pair.job.decide(&Input::Operator(actor(), Command::Start), NOW).unwrap();
    let events: Vec<_> = events.into_iter().map(|e| (NOW, e)).collect();
    events.iter().for_each(|(at, e)| pair.job.apply(e, *at).unwrap());
    let figures = RunFigures::default();
    let note = Note { at: NOW, level: "info", kind: "state", by: None, text: "x".to_owned() };
    let notes = [note];
    let batch =
        Batch { job: &pair.job, events: &events, notes: &notes, actions: &[], figures: &figures };
    let refused = pair.master.append(&batch).unwrap_err();
    assert_eq!(refused.kind, FaultKind::Store);
    assert_eq!(pair.master.load().unwrap().parts.state, JobState::Defining);
    pair.master.refuse_commits_while(|| false).unwrap();
    pair.master.append(&batch).unwrap();
    assert_eq!(pair.master.load().unwrap().parts.state, JobState::Executing);
    assert_eq!(pair.master.events(10).unwrap().len(), 1);
}

#[test]
fn what_is_made_outside_is_known_until_it_is_removed() {
    let mut master = master(&spec());
    master.record_external("target", "ledger", "crm_1", NOW).unwrap();
    master.record_external("target", "ledger", "crm_1", NOW).unwrap();
    assert_eq!(master.externals().unwrap().len(), 1);
    master.record_removed("ledger", NOW).unwrap();
    assert!(master.externals().unwrap().is_empty());
}

fn on_disk() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("job/master.db");
    MasterTable::create(&path, &NewJob { spec: &spec(), job_id: "crm_1", now: NOW }).unwrap();
    (directory, path)
}

#[test]
fn a_name_in_use_is_refused_and_nothing_is_touched() {
    let (_directory, path) = on_disk();
    let before = std::fs::read(&path).unwrap();
    let again = MasterTable::create(&path, &NewJob { spec: &spec(), job_id: "x", now: NOW });
    assert!(again.is_err_and(|f| f.message.contains("already")));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, path) = on_disk();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_file_from_before_shaping_is_read_as_it_is_and_brought_up() {
    let (_directory, path) = on_disk();
    MasterTable::open(&path).unwrap().save_plan(&plan()).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "alter table plan_table drop column row_filter; alter table plan_table drop column \
             row_sample; alter table plan_table drop column row_sample_by; alter table plan_column \
             drop column expression; alter table finding drop column ways; pragma user_version = 3",
        )
        .unwrap();
    drop(connection);
    let unshaped = |table: &MasterTable| {
        let stored = table.load().unwrap();
        assert!(stored.tables.iter().all(|t| t.rows.is_whole()));
        assert!(stored.tables[0].columns[0].expression.is_none());
        assert_eq!(stored.findings.len(), plan().findings.len());
    };
    unshaped(&MasterTable::open_read_only(&path).unwrap());
    unshaped(&MasterTable::open(&path).unwrap());
    let version: i32 = Connection::open(&path)
        .unwrap()
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, SCHEMA_VERSION);
}

#[test]
fn a_newer_file_is_refused_unchanged() {
    let (_directory, path) = on_disk();
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    drop(connection);
    let Err(fault) = MasterTable::open(&path) else { panic!("a newer file was opened") };
    assert!(fault.message.contains("newer tidegate"), "{fault}");
    assert!(fault.detail.is_some() && fault.hint.is_some());
}

#[test]
fn what_is_no_master_table_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("create table t (a)").unwrap();
    assert!(MasterTable::open(&path).is_err_and(|f| f.message.contains("not a master table")));
    std::fs::write(&path, "this is no database at all, and long enough to be looked at").unwrap();
    assert!(MasterTable::open(&path).is_err());
    assert!(MasterTable::open(&directory.path().join("none.db")).is_err());
}

#[test]
fn a_damaged_file_is_refused_with_what_is_safe() {
    use std::os::unix::fs::FileExt;
    let (_directory, path) = on_disk();
    let mut open = MasterTable::open(&path).unwrap();
    open.save_plan(&plan()).unwrap();
    drop(open);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let pages = std::fs::metadata(&path).unwrap().len() / 4096;
    for page in 2..pages {
        file.write_all_at(&[0xa5; 512], page * 4096).unwrap();
    }
    let Err(fault) = MasterTable::open(&path) else { panic!("a damaged file was opened") };
    assert!(fault.message.contains("fails its check"), "{fault}");
    assert!(fault.detail.unwrap().contains("every chunk that was committed"));
}

#[test]
fn the_views_answer_and_add_up() {
    let mut pair = Pair::new();
    pair.input(Input::Operator(actor(), Command::Start));
    let count =
        |sql: &str| pair.master.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("select chunks from import_task_status"), 4);
    assert_eq!(count("select count(*) from table_status where state = 'waiting'"), 2);
    let sums =
        "select sum(done + running + left_over + failed + skipped = chunks) from table_status";
    assert_eq!(count(sums), 2);
    let unassigned = "select count(*) from parallel_execute_chunks where status = 'UNASSIGNED'";
    assert_eq!(count(unassigned), 4);
    assert_eq!(count("select count(*) from failed_chunks"), 0);
}
