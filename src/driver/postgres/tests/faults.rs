//! What goes wrong, and what is left afterwards.

use std::sync::Arc;

use super::server::Server;
use super::voyage::{Voyage, move_chunk, plan_with, table_plan, whole};
use crate::core::chunk::Rejects;
use crate::core::chunk::{ChunkMethod, ChunkRange, ctid_ranges};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::plan::{Existing, Severity, TablePlan};
use crate::core::spec::Selection;
use crate::driver::pipe::{Activity, Unlimited, pipe};
use crate::driver::postgres::connect::Link;
use crate::driver::postgres::target::PostgresTarget;
use crate::driver::postgres::{source, target};
use crate::driver::url::Secret;
use crate::driver::{Block, ChunkTask, LedgerKey, LedgerRow, StepTask, Target, WorkGauge, Written};

/// A server with `from` and `to`, where both have what `text` makes.
fn pair(text: &str) -> (Server, Voyage) {
    let server = Server::start();
    for database in ["away", "home"] {
        server.create(database);
        server.sql(database, text);
    }
    let voyage = Voyage::new(&server, "away", "home");
    (server, voyage)
}

async fn plan_of(voyage: &Voyage, name: &str) -> TablePlan {
    let catalog = voyage.source.inspect(&Selection::default()).await.unwrap();
    let table = catalog.tables.iter().find(|t| t.name.name == name).unwrap();
    table_plan(table, ChunkMethod::Whole, whole())
}

fn chunk(plan: &TablePlan, id: u32, range: ChunkRange) -> ChunkTask {
    ChunkTask { table: Arc::new(plan.clone()), range, key: LedgerKey::Chunk(id) }
}

async fn copy(voyage: &Voyage, task: &ChunkTask) -> Result<Written, Fault> {
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    move_chunk(reader.as_mut(), writer.as_mut(), task).await
}

#[tokio::test]
async fn a_refused_login_and_an_unreachable_server_are_told_apart() {
    let server = Server::start();
    let good = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let nobody = format!("postgres://nobody@127.0.0.1:{}/postgres", server.port);
    let nowhere = format!("postgres://postgres@127.0.0.1:{}/nowhere", server.port);
    let closed = "postgres://postgres@127.0.0.1:1/postgres".to_owned();
    let unknown = "postgres://postgres@no-such-host.invalid/postgres".to_owned();
    let no_socket = "postgres://postgres@/postgres?host=/no/such/directory".to_owned();
    let tls = format!("{good}?sslmode=require");
    let open = |url: &str, password: &str| {
        let mut access = server.access_at(url, Side::Target, "login");
        access.password = Some(Secret::new(password.to_owned()));
        async move { target(&access).unwrap().probe().await.map(|_| ()) }
    };
    let word = super::server::PASSWORD;
    assert_eq!(open(&good, word).await, Ok(()));
    for (url, password, kind) in [
        (&good, "wrong", FaultKind::LoginRefused),
        (&nobody, word, FaultKind::LoginRefused),
        (&nowhere, word, FaultKind::LoginRefused),
        (&tls, word, FaultKind::LoginRefused),
        (&closed, word, FaultKind::ConnectionLost),
        (&unknown, word, FaultKind::ConnectionLost),
        (&no_socket, word, FaultKind::ConnectionLost),
    ] {
        let fault = open(url, password).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{url}: {fault}");
        assert!(fault.hint.is_some(), "{fault}");
        assert!(!fault.to_string().contains(word), "{fault}");
    }
}

#[tokio::test]
async fn a_refused_row_fails_its_chunk_and_nothing_else() {
    let (server, voyage) = pair("CREATE TABLE t (a int, b int)");
    server.sql("away", "INSERT INTO t SELECT i, i FROM generate_series(1, 3000) i; ANALYZE");
    server.sql("home", "ALTER TABLE t ADD CONSTRAINT below CHECK (a < 2500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = plan_of(&voyage, "t").await;
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let mut faults = Vec::new();
    for (id, range) in (0..).zip(ctid_ranges(plan.estimate.pages, 3)) {
        let task = chunk(&plan, id, range);
        if let Err(fault) = move_chunk(reader.as_mut(), writer.as_mut(), &task).await {
            faults.push((id, fault));
        }
    }
    assert_eq!(faults.len(), 1, "{faults:?}");
    let (id, fault) = &faults[0];
    assert_eq!((*id, fault.kind, fault.code.as_deref()), (2, FaultKind::RowRefused, Some("23514")));
    let detail = fault.detail.as_deref().unwrap();
    assert!(detail.contains("Table public.t, constraint below."), "{detail}");
    let rows: u64 = server.sql("home", "SELECT count(*) FROM t").parse().unwrap();
    // The cause is mended: the one chunk is done and the others are not touched.
    server.sql("home", "ALTER TABLE t DROP CONSTRAINT below");
    let task = chunk(&plan, 2, ctid_ranges(plan.estimate.pages, 3).remove(2));
    let again = move_chunk(reader.as_mut(), writer.as_mut(), &task).await.unwrap();
    assert_eq!(again, Written::now(3000 - rows));
    assert_eq!(server.sql("home", "SELECT sum(a) FROM t"), "4501500");
}

#[tokio::test]
async fn a_chunk_done_twice_is_written_once() {
    let (server, voyage) = pair("CREATE TABLE t (a int)");
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = plan_of(&voyage, "t").await;
    let task = chunk(&plan, 7, ChunkRange::Whole);
    assert_eq!(copy(&voyage, &task).await, Ok(Written::now(500)));
    assert_eq!(copy(&voyage, &task).await, Ok(Written::before(500, Rejects::default())));
    assert_eq!(server.sql("home", "SELECT count(*) FROM t"), "500");
    let rows = voyage.target.ledger(&voyage.job).await.unwrap().unwrap();
    assert_eq!(
        rows,
        [LedgerRow { key: LedgerKey::Chunk(7), rows: 500, rejects: Rejects::default() }]
    );
}

#[tokio::test]
async fn a_twin_left_open_by_a_dead_engine_is_ended_before_the_ledger_is_read() {
    let (server, voyage) = pair("CREATE TABLE t (a int)");
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = plan_of(&voyage, "t").await;
    let task = chunk(&plan, 1, ChunkRange::Whole);
    // An engine that is gone, as the server sees it: half a chunk is written, nobody goes on.
    let link = Link::new(&server.access("home", Side::Target, &voyage.job)).unwrap();
    let gone = PostgresTarget { link: Link { nonce: "gone00".to_owned(), ..link } };
    let mut writer = gone.session(&voyage.job, &[]).await.unwrap();
    // A session of ours, and one of another job whose name begins like ours: both go on.
    let mut ours = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let longer = format!("{}2", voyage.job);
    gone.prepare_ledger(&longer).await.unwrap();
    let mut others = gone.session(&longer, &[]).await.unwrap();
    let gauge = Arc::new(WorkGauge::default());
    let (sender, receiver) = pipe(Arc::new(Unlimited), gauge.clone());
    let half = task.clone();
    let dead = tokio::spawn(async move { writer.write(&half, receiver).await });
    sender.send(Block::Raw { bytes: bytes::Bytes::from_static(b""), rows: 0 }).await.unwrap();
    wait_until(|| gauge.read().2 == Activity::Read).await;
    let rows = voyage.target.ledger(&voyage.job).await.unwrap().unwrap();
    assert_eq!(rows, [], "nothing of the twin was committed");
    for session in [&mut ours, &mut others] {
        let statements = vec!["SELECT 1".to_owned()];
        let step = StepTask { title: "live".to_owned(), statements, key: LedgerKey::Step(1) };
        assert_eq!(session.run(&step).await, Ok(Written::now(0)));
    }
    assert_eq!(copy(&voyage, &task).await, Ok(Written::now(500)));
    sender.end(0).await.unwrap();
    assert_eq!(dead.await.unwrap().unwrap_err().kind, FaultKind::ConnectionLost);
    assert_eq!(server.sql("home", "SELECT count(*) FROM t"), "500");
}

#[tokio::test]
async fn a_twin_that_commits_while_we_wait_is_not_repeated() {
    let (server, voyage) = pair("CREATE TABLE t (a int)");
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = plan_of(&voyage, "t").await;
    let task = chunk(&plan, 1, ChunkRange::Whole);
    let snapshot = voyage.source.open_snapshot(2).await.unwrap();
    let mut first = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let gauge = Arc::new(WorkGauge::default());
    let (sender, receiver) = pipe(Arc::new(Unlimited), gauge.clone());
    let (twin, mut reader) = (task.clone(), snapshot.session().await.unwrap());
    let writing = tokio::spawn(async move { first.write(&twin, receiver).await });
    wait_until(|| gauge.read().2 == Activity::Write).await;
    // The second waits for the first's ledger row.
    let mut second = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let (other_sender, other_receiver) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
    let waiting = task.clone();
    let second = tokio::spawn(async move { second.write(&waiting, other_receiver).await });
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    wait_until(|| server.sql("home", blocked) == "1").await;
    reader.read(&task, sender).await.unwrap();
    assert_eq!(writing.await.unwrap(), Ok(Written::now(500)));
    assert_eq!(second.await.unwrap(), Ok(Written::before(500, Rejects::default())));
    drop(other_sender);
    assert_eq!(server.sql("home", "SELECT count(*) FROM t"), "500");
}

#[tokio::test]
async fn a_crash_of_the_target_leaves_ledger_and_rows_agreeing() {
    let make = "CREATE TABLE t (a int); CREATE UNLOGGED TABLE u (a int)";
    let (server, voyage) = pair(make);
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500); INSERT INTO u TABLE t");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let (t, u) = (plan_of(&voyage, "t").await, plan_of(&voyage, "u").await);
    assert!(u.target_unlogged);
    assert_eq!(copy(&voyage, &chunk(&t, 1, ChunkRange::Whole)).await.unwrap().rows, 500);
    assert_eq!(copy(&voyage, &chunk(&u, 2, ChunkRange::Whole)).await.unwrap().rows, 500);
    server.sql("home", "CHECKPOINT");
    // In the middle of a chunk.
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let gauge = Arc::new(WorkGauge::default());
    let (sender, receiver) = pipe(Arc::new(Unlimited), gauge.clone());
    let task = chunk(&t, 3, ChunkRange::Whole);
    let writing = tokio::spawn(async move { writer.write(&task, receiver).await });
    wait_until(|| gauge.read().2 == Activity::Write).await;
    server.halt("immediate");
    drop(sender);
    assert!(writing.await.unwrap().is_err());
    let down = voyage.target.ledger(&voyage.job).await.unwrap_err();
    assert_eq!(down.kind, FaultKind::ConnectionLost, "{down}");
    server.boot();
    let rows = voyage.target.ledger(&voyage.job).await.unwrap().unwrap();
    assert_eq!(
        rows,
        [LedgerRow { key: LedgerKey::Chunk(1), rows: 500, rejects: Rejects::default() }]
    );
    let counts = "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)";
    assert_eq!(server.sql("home", counts), "500|0", "the unlogged rows went with their ledger");
}

#[tokio::test]
async fn a_snapshot_is_one_moment_and_its_loss_is_named() {
    let (server, voyage) = pair("CREATE TABLE t (a int)");
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = plan_of(&voyage, "t").await;
    let snapshot = voyage.source.open_snapshot(4).await.unwrap();
    server
        .sql("away", "DELETE FROM t WHERE a < 300; INSERT INTO t SELECT generate_series(1, 9000)");
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let first = ChunkRange::Ctid { from_page: 0, until_page: Some(1) };
    let rest = ChunkRange::Ctid { from_page: 1, until_page: None };
    for (id, range) in [(0, first), (1, rest)] {
        let task = chunk(&plan, id, range);
        move_chunk(reader.as_mut(), writer.as_mut(), &task).await.unwrap();
    }
    assert_eq!(server.sql("home", "SELECT count(*), sum(a) FROM t"), "500|125250");
    assert_eq!(snapshot.check().await, Ok(()));
    // A reader that was dropped half-way imports the snapshot again by itself.
    let (sender, receiver) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
    drop(receiver);
    let task = chunk(&plan, 2, ChunkRange::Whole);
    let fault = reader.read(&task, sender).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Cancelled);
    let again = move_chunk(reader.as_mut(), writer.as_mut(), &task).await.unwrap();
    assert_eq!(again.rows, 500);
    let task = chunk(&plan, 3, ChunkRange::Whole);
    // Between chunks the source's owner is not kept waiting, and what he does is noticed.
    server.sql("away", "TRUNCATE t");
    let fault = move_chunk(reader.as_mut(), writer.as_mut(), &task).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::SnapshotLost, "{fault}");
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away' \
                AND pid <> pg_backend_pid()";
    server.sql("away", kill);
    assert_eq!(snapshot.check().await.unwrap_err().kind, FaultKind::SnapshotLost);
    let fault = snapshot.session().await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::SnapshotLost, "{fault}");
}

#[tokio::test]
async fn a_table_is_begun_again_with_its_ledger_rows_and_no_others() {
    let make = "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE child (a int)";
    let (server, voyage) = pair(make);
    server.sql("away", "INSERT INTO t SELECT generate_series(1, 500)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = TablePlan { existing: Existing::Truncated, ..plan_of(&voyage, "t").await };
    let task = chunk(&plan, 1, ChunkRange::Whole);
    assert_eq!(copy(&voyage, &task).await, Ok(Written::now(500)));
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    writer.begin_again(&plan, &[LedgerKey::Chunk(1)]).await.unwrap();
    assert_eq!(server.sql("home", "SELECT count(*) FROM t"), "0");
    assert_eq!(copy(&voyage, &task).await, Ok(Written::now(500)));
    // TRUNCATE is refused from now on, and DELETE would take the child's row along: nothing goes.
    server.sql("home", "INSERT INTO child VALUES (3)");
    let refer = "ALTER TABLE child ADD CONSTRAINT refers FOREIGN KEY (a) REFERENCES t";
    server.sql("home", &format!("{refer} ON DELETE CASCADE"));
    let fault = writer.begin_again(&plan, &[LedgerKey::Chunk(1)]).await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("0A000"), "{fault}");
    let counts = "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)";
    assert_eq!(server.sql("home", counts), "500|1");
    let kept = LedgerRow { key: LedgerKey::Chunk(1), rows: 500, rejects: Rejects::default() };
    assert_eq!(voyage.target.ledger(&voyage.job).await.unwrap(), Some(vec![kept]));
    // A key that does nothing but refuse, and nothing to refuse: DELETE empties.
    server.sql("home", "ALTER TABLE child DROP CONSTRAINT refers; DELETE FROM child");
    server.sql("home", refer);
    writer.begin_again(&plan, &[LedgerKey::Chunk(1)]).await.unwrap();
    assert_eq!(server.sql("home", counts), "0|0");
    assert_eq!(voyage.target.ledger(&voyage.job).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn a_failing_step_leaves_nothing_and_its_session_goes_on() {
    let (server, voyage) = pair("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let step = |key: u32, statements: &[&str]| StepTask {
        key: LedgerKey::Step(key),
        statements: statements.iter().map(|s| (*s).to_owned()).collect(),
        title: "create index t_a".to_owned(),
    };
    let unique = "CREATE UNIQUE INDEX t_a ON public.t (a)";
    let fault = writer.run(&step(1, &["CREATE TABLE public.made ()", unique])).await.unwrap_err();
    assert!(fault.message.starts_with("create index t_a: could not create"), "{fault}");
    assert_eq!(server.sql("home", "SELECT to_regclass('made') IS NULL"), "t");
    let good = step(2, &["CREATE INDEX t_a ON public.t (a)"]);
    assert_eq!(writer.run(&good).await, Ok(Written::now(0)));
    assert_eq!(writer.run(&good).await, Ok(Written::before(0, Rejects::default())));
    voyage.target.drop_ledger(&voyage.job).await.unwrap();
    voyage.target.drop_ledger(&voyage.job).await.unwrap();
    assert_eq!(voyage.target.ledger(&voyage.job).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_who_may_create_no_schema_gets_the_ledger_elsewhere() {
    let server = Server::start();
    server.create("home");
    let word = super::server::PASSWORD.replace('\'', "''");
    server.sql("home", &format!("CREATE ROLE clerk LOGIN PASSWORD '{word}'"));
    server.sql("home", "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let url = format!("postgres://clerk@127.0.0.1:{}/home", server.port);
    let end = target(&server.access_at(&url, Side::Target, "small")).unwrap();
    let fault = end.prepare_ledger("small").await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Privilege, "{fault}");
    server.sql("home", "CREATE SCHEMA desk AUTHORIZATION clerk");
    end.prepare_ledger("small").await.unwrap();
    assert_eq!(end.ledger("small").await, Ok(Some(Vec::new())));
    assert_eq!(server.sql("home", "SELECT to_regclass('desk.job_small') IS NOT NULL"), "t");
    end.drop_ledger("small").await.unwrap();
    assert_eq!(server.sql("home", "SELECT to_regclass('desk.job_small') IS NULL"), "t");
}

#[tokio::test]
async fn what_may_not_be_read_is_found_beforehand() {
    let server = Server::start();
    server.create("away");
    let word = super::server::PASSWORD.replace('\'', "''");
    server.sql(
        "away",
        &format!(
            "CREATE ROLE clerk LOGIN PASSWORD '{word}'; CREATE TABLE open (a int); \
         CREATE TABLE closed (a int); CREATE TABLE guarded (a int); \
         ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; GRANT SELECT ON open, guarded TO clerk"
        ),
    );
    let url = format!("postgres://clerk@127.0.0.1:{}/away", server.port);
    let end = source(&server.access_at(&url, Side::Source, "small")).unwrap();
    let catalog = end.inspect(&Selection::default()).await.unwrap();
    let secured: Vec<&str> =
        catalog.tables.iter().filter(|t| t.row_security).map(|t| t.name.name.as_str()).collect();
    assert_eq!(secured, ["guarded"]);
    let plans = catalog.tables.iter().map(|t| table_plan(t, ChunkMethod::Whole, whole()));
    let plan = plan_with(plans.collect(), Vec::new());
    let findings = end.preflight(&plan).await.unwrap();
    let messages: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "\"public\".\"closed\" may not be read",
            "\"public\".\"guarded\" would show only some of their rows",
        ]
    );
    assert!(findings.iter().all(|f| f.severity == Severity::Block));
    let fault = end.schema_items().await.unwrap_err();
    assert!(fault.message.contains("permission denied"), "{fault}");
}

/// Waits for a condition, a minute at most.
#[tokio::test]
async fn what_the_target_had_before_holds_and_its_triggers_are_named() {
    let (server, voyage) = pair("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int)");
    server.sql("away", "INSERT INTO p VALUES (1); INSERT INTO t VALUES (1), (2)");
    server.sql(
        "home",
        "ALTER TABLE t ADD CONSTRAINT child FOREIGN KEY (a) REFERENCES p; \
         INSERT INTO p VALUES (1); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql \
         AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER seen BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); \
         CREATE TRIGGER asleep BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); \
         ALTER TABLE t DISABLE TRIGGER asleep",
    );
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let plan = TablePlan { existing: Existing::Append, ..plan_of(&voyage, "t").await };
    let fault = copy(&voyage, &chunk(&plan, 1, ChunkRange::Whole)).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::RowRefused, Some("23503")));
    assert_eq!(server.sql("home", "SELECT count(*) FROM t"), "0");
    // Rows that others refer to are not deleted behind the foreign key's back.
    let parent = TablePlan { existing: Existing::Append, ..plan_of(&voyage, "p").await };
    server.sql("home", "INSERT INTO t VALUES (1)");
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let fault = writer.begin_again(&parent, &[]).await.unwrap_err();
    assert_eq!(fault.code.as_deref(), Some("23503"), "{fault}");
    assert!(fault.hint.is_some_and(|hint| hint.contains("foreign key")));
    assert_eq!(server.sql("home", "SELECT count(*) FROM p"), "1");

    let findings = voyage.target.preflight(&plan_with(vec![plan], Vec::new())).await.unwrap();
    let told: Vec<&str> =
        findings.iter().filter(|f| f.topic == "triggers").map(|f| f.message.as_str()).collect();
    assert_eq!(told, ["seen on public.t of the target fire for every row"]);
}

async fn wait_until(mut condition: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "waited a minute in vain");
        tokio::task::yield_now().await;
    }
}
