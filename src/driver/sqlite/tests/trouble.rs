//! Missing files, busy files, writers in between, work given back.

use std::time::Duration;

use super::*;
use crate::core::value::RowBatch;
use crate::driver::{Block, BlockSender, Snapshot};

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL)";

async fn target_session(target: &super::super::target::SqliteTarget) -> Box<dyn TargetSession> {
    target.prepare_ledger("j1").await.unwrap();
    let mut session = target.session("j1", &[]).await.unwrap();
    let step = StepTask {
        key: LedgerKey::Step(0),
        statements: vec![TABLE.to_owned()],
        title: "create t".to_owned(),
    };
    session.run(&step).await.unwrap();
    session
}

async fn task_of(source: &dyn Source) -> ChunkTask {
    let catalog = source.inspect(&Selection::default()).await.unwrap();
    ChunkTask {
        table: Arc::new(plan_of(&catalog.tables[0], ChunkMethod::Whole)),
        range: ChunkRange::Whole,
        key: LedgerKey::Chunk(1),
    }
}

fn rows(values: &[(i64, Option<&str>)]) -> Block {
    let mut batch = RowBatch::with_capacity(2, 64);
    for (id, text) in values {
        batch.push_int(*id);
        match text {
            Some(text) => batch.push_text(text.as_bytes()),
            None => batch.push_null(),
        }
    }
    Block::Rows(batch)
}

fn count(yard: &Yard, name: &str) -> i64 {
    yard.open(name).query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn new_pipe() -> (BlockSender, crate::driver::BlockReceiver) {
    pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()))
}

#[tokio::test]
async fn a_missing_source_is_not_created() {
    let yard = Yard { directory: tempfile::tempdir().unwrap() };
    let source = yard.source();
    let fault = source.probe().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::ObjectMissing);
    assert!(source.open_snapshot(2).await.is_err());
    assert_eq!(std::fs::read_dir(yard.directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_no_database_says_so() {
    let yard = Yard { directory: tempfile::tempdir().unwrap() };
    std::fs::write(yard.path("source.db"), vec![b'x'; 8192]).unwrap();
    let fault = yard.source().probe().await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("SQLITE_NOTADB"));
    std::fs::create_dir(yard.path("target.db")).unwrap();
    let fault = yard.target().probe().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Usage);
}

#[tokio::test]
async fn a_missing_target_is_made_by_the_job_and_not_by_the_plan() {
    let yard = Yard::new(TABLE);
    let target = yard.target();
    assert_eq!(target.probe().await.unwrap().identity, None);
    assert!(target.inspect(&Selection::default()).await.unwrap().tables.is_empty());
    assert_eq!(target.ledger("j1").await.unwrap(), None);
    assert!(!yard.path("target.db").exists());
    target.prepare_ledger("j1").await.unwrap();
    target.prepare_ledger("j1").await.unwrap();
    assert!(target.probe().await.unwrap().identity.is_some());
    assert_eq!(target.ledger("j1").await.unwrap(), Some(Vec::new()));
    let astray = Place { path: yard.path("no/such/t.db"), side: Side::Target };
    let fault = super::super::target::SqliteTarget::new(astray).prepare_ledger("j1").await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::ObjectMissing);
}

#[tokio::test]
async fn a_refused_row_leaves_nothing_of_its_chunk() {
    let yard = Yard::new(TABLE);
    let task = task_of(&yard.source()).await;
    let target = yard.target();
    let mut session = target_session(&target).await;
    let (sink, blocks) = new_pipe();
    sink.send(rows(&[(1, Some("a")), (2, None)])).await.unwrap();
    sink.end(2).await.unwrap();
    let fault = session.write(&task, blocks).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::RowRefused);
    assert_eq!(fault.detail.as_deref(), Some("row 2 of the chunk"));
    assert_eq!(count(&yard, "target.db"), 0);
    assert_eq!(target.ledger("j1").await.unwrap().unwrap().len(), 1, "the step's row only");
}

#[tokio::test]
async fn rows_without_an_end_or_with_a_wrong_count_are_not_kept() {
    let yard = Yard::new(TABLE);
    let task = task_of(&yard.source()).await;
    let target = yard.target();
    let mut session = target_session(&target).await;
    let (sink, blocks) = new_pipe();
    sink.send(rows(&[(1, Some("a"))])).await.unwrap();
    drop(sink);
    let fault = session.write(&task, blocks).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Cancelled);
    let (sink, blocks) = new_pipe();
    sink.send(rows(&[(1, Some("a"))])).await.unwrap();
    sink.end(2).await.unwrap();
    let fault = session.write(&task, blocks).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::CountMismatch);
    assert_eq!(count(&yard, "target.db"), 0);
}

#[tokio::test]
async fn dropped_work_is_rolled_back_and_the_next_session_goes_on() {
    let yard = Yard::new(TABLE);
    let task = task_of(&yard.source()).await;
    let target = yard.target();
    let mut session = target_session(&target).await;
    let mut other = target.session("j1", &[]).await.unwrap();
    let (sink, blocks) = new_pipe();
    sink.send(rows(&[(1, Some("a"))])).await.unwrap();
    let gauge = blocks.gauge().clone();
    {
        let work = session.write(&task, blocks);
        tokio::pin!(work);
        let arrived = async {
            while gauge.read().0 == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut work => panic!("the stream has not ended"),
            () = arrived => {}
        }
    }
    // The reader does not know yet and ends its stream as if nothing had happened.
    let _ = sink.end(1).await;
    let (sink, blocks) = new_pipe();
    sink.send(rows(&[(5, Some("b"))])).await.unwrap();
    sink.end(1).await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(20), other.write(&task, blocks)).await;
    assert_eq!(next.unwrap().unwrap(), Written::now(1));
    assert_eq!(count(&yard, "target.db"), 1);
}

#[tokio::test]
async fn orphans_fail_the_check_of_foreign_keys() {
    let yard = Yard::new(TABLE);
    let target = yard.target();
    let mut session = target_session(&target).await;
    let step = |id, statement: &str| StepTask {
        key: LedgerKey::Step(id),
        statements: vec![statement.to_owned()],
        title: "step".to_owned(),
    };
    let setup = "CREATE TABLE c (p INTEGER REFERENCES t (id)); INSERT INTO c VALUES (9)";
    session.run(&step(1, setup)).await.unwrap();
    let check = step(2, "PRAGMA main.foreign_key_check(\"c\")");
    let fault = session.run(&check).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::RowRefused);
    assert!(fault.message.contains("c refers to t"), "{fault}");
    session.run(&step(3, "INSERT INTO t VALUES (9, '')")).await.unwrap();
    let check = StepTask { key: LedgerKey::Step(2), ..check };
    assert!(!session.run(&check).await.unwrap().already);
}

async fn read_all(snapshot: &dyn Snapshot, task: &ChunkTask) -> u64 {
    let (sink, mut blocks) = new_pipe();
    let mut session = snapshot.session().await.unwrap();
    let (rows, ()) =
        tokio::join!(session.read(task, sink), async { while blocks.next().await.is_some() {} });
    assert_eq!(blocks.rows_announced(), Some(*rows.as_ref().unwrap()));
    rows.unwrap()
}

#[tokio::test]
async fn a_snapshot_in_wal_mode_does_not_see_later_writers() {
    let yard =
        Yard::new(&format!("PRAGMA journal_mode = WAL; {TABLE}; INSERT INTO t VALUES (1, 'a')"));
    let source = yard.source();
    assert_eq!(source.attachable().await.unwrap(), None);
    let task = task_of(&source).await;
    let writer = yard.open("source.db");
    let snapshot = source.open_snapshot(3).await.unwrap();
    writer.execute("INSERT INTO t VALUES (2, 'b')", []).unwrap();
    for _ in 0..3 {
        assert_eq!(read_all(&*snapshot, &task).await, 1);
    }
    snapshot.check().await.unwrap();
    let held = [
        snapshot.session().await.unwrap(),
        snapshot.session().await.unwrap(),
        snapshot.session().await.unwrap(),
    ];
    let full = snapshot.session().await.err().map(|fault| fault.kind);
    assert_eq!(full, Some(FaultKind::TooManyConnections));
    drop(held);
    let later = source.open_snapshot(1).await.unwrap();
    assert_eq!(read_all(&*later, &task).await, 2);
    let mut session = target_session(&yard.target()).await;
    let attach = AttachSource { path: yard.path("source.db") };
    let refused = session.copy_attached(&task, &attach, &WorkGauge::default()).await;
    assert_eq!(refused.unwrap_err().kind, FaultKind::Unsupported);
}

#[tokio::test]
async fn a_snapshot_in_rollback_mode_keeps_writers_out() {
    let yard = Yard::new(&format!("{TABLE}; INSERT INTO t VALUES (1, 'a')"));
    let source = yard.source();
    let attach = AttachSource { path: yard.path("source.db") };
    assert_eq!(source.attachable().await.unwrap(), Some(attach));
    let task = task_of(&source).await;
    let snapshot = source.open_snapshot(2).await.unwrap();
    let writer = yard.open("source.db");
    writer.busy_timeout(Duration::ZERO).unwrap();
    let refused = writer.execute("INSERT INTO t VALUES (2, 'b')", []).unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
    assert_eq!(read_all(&*snapshot, &task).await, 1);
    drop(snapshot);
    // The connections close on their own threads.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while writer.execute("INSERT INTO t VALUES (2, 'b')", []).is_err() {
        assert!(std::time::Instant::now() < deadline, "the snapshot was not let go");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_sample_settles_what_columns_mean() {
    use crate::core::catalog::LogicalType;
    let yard = Yard::new(
        "CREATE TABLE t (seconds DATETIME, text DATETIME, money DECIMAL(10,2), any, mixed INTEGER);
         INSERT INTO t VALUES (1700000000, '2020-01-01T10:00:00', 0.1 + 0.2, 5, 1),
                              (1700000001, '2020-01-02', 1.5, 2.5, 'x');",
    );
    let catalog = yard.source().inspect(&Selection::default()).await.unwrap();
    let found: Vec<LogicalType> =
        catalog.tables[0].columns.iter().map(|c| c.logical.clone()).collect();
    let unlimited = LogicalType::Decimal { precision: None, scale: None };
    let int = LogicalType::Int { bits: 64, unsigned: false };
    let stamp = LogicalType::Timestamp { zoned: false };
    assert_eq!(found, [int.clone(), stamp, unlimited.clone(), unlimited, int]);
    assert_eq!(catalog.tables[0].estimate.rows, 2);
}

#[tokio::test]
async fn gaps_in_the_numbers_do_not_fool_the_estimate() {
    let yard = Yard::new(
        "CREATE TABLE t (a);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000)
         INSERT INTO t SELECT 'some words' FROM n;
         DELETE FROM t WHERE rowid BETWEEN 2000 AND 6000;
         INSERT INTO t (rowid, a) VALUES (4000000000, 'far away');",
    );
    let catalog = yard.source().inspect(&Selection::default()).await.unwrap();
    let rows = catalog.tables[0].estimate.rows;
    assert!((4_000..7_000).contains(&rows), "{rows} of 5000");
}
