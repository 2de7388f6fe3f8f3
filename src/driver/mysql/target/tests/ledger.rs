//! Once and only once: twins, dead engines, and what the server remembers.

use super::crossing::{
    Crossing, chunk, engine_that_is_gone, link, numbered, send_batches, step, table, target_of,
    wait_until,
};
use super::server::Server;
use crate::core::chunk::Rejects;
use crate::core::fault::FaultKind;
use crate::core::plan::TablePlan;
use crate::driver::{Block, LedgerKey, Target, TargetSession, Written};

fn numbers() -> TablePlan {
    table("t", &[("a", "int")])
}

const MAKE: &str = "CREATE TABLE t (a int PRIMARY KEY)";

#[tokio::test]
async fn a_chunk_done_twice_is_written_once() {
    let crossing = Crossing::new(MAKE).await;
    crossing.target.prepare_ledger(&crossing.job).await.unwrap();
    let mut writer = crossing.writer().await;
    let task = chunk(&numbers(), 7);
    for already in [false, true] {
        let done = send_batches(&mut writer, &task, vec![numbered(1, 500, 1)]).await;
        assert_eq!(done, Ok(Written { already, ..Written::now(500) }));
    }
    assert_eq!(crossing.ledger_keys().await, [(LedgerKey::Chunk(7), 500)]);
    // A chunk without rows is done as well.
    let none = send_batches(&mut writer, &chunk(&numbers(), 8), Vec::new()).await;
    assert_eq!(none, Ok(Written::now(0)));
    assert_eq!(crossing.ledger_keys().await.len(), 2);
}

#[tokio::test]
async fn a_reader_that_breaks_off_leaves_nothing() {
    let crossing = Crossing::new(MAKE).await;
    let mut writer = crossing.writer().await;
    let task = chunk(&numbers(), 1);
    let (sender, receiver, _) = link();
    let broken = async {
        sender.send(Block::Rows(numbered(1, 500, 1))).await.unwrap();
        drop(sender);
    };
    let (refused, ()) = tokio::join!(writer.write(&task, receiver), broken);
    assert_eq!(refused.unwrap_err().kind, FaultKind::Cancelled);
    // A reader that counts otherwise than we do.
    let (sender, receiver, _) = link();
    let wrong = async {
        sender.send(Block::Rows(numbered(1, 500, 1))).await.unwrap();
        sender.end(501).await.unwrap();
    };
    let (refused, ()) = tokio::join!(writer.write(&task, receiver), wrong);
    assert_eq!(refused.unwrap_err().kind, FaultKind::CountMismatch);
    assert_eq!(crossing.ask("count(*) FROM t"), "0");
    assert_eq!(crossing.ledger_keys().await, []);
}

#[tokio::test]
async fn work_that_is_dropped_half_way_is_rolled_back() {
    let crossing = Crossing::new(MAKE).await;
    let mut writer = crossing.writer().await;
    let task = chunk(&numbers(), 1);
    let (sender, receiver, gauge) = link();
    {
        let writing = std::pin::pin!(writer.write(&task, receiver));
        let reading = async {
            sender.send(Block::Rows(numbered(1, 500, 1))).await.unwrap();
            wait_until("rows are under way", || gauge.read().0 == 500).await;
        };
        tokio::select! {
            _ = writing => panic!("the stream has no end"),
            () = reading => {}
        }
    }
    let again = writer.write(&task, link().1).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::ConnectionLost, "its session is gone");
    let server = &crossing.server;
    let open = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = 'keeper'";
    wait_until("the server has rolled back", || server.sql(open) == "0").await;
    assert_eq!(crossing.ask("count(*) FROM t"), "0");
    assert_eq!(crossing.ledger_keys().await, []);
}

#[tokio::test]
async fn a_twin_left_open_by_a_dead_engine_is_ended_before_the_ledger_is_read() {
    let crossing = Crossing::new(MAKE).await;
    let task = chunk(&numbers(), 1);
    // An engine that is gone, as the server sees it: half a chunk is written, nobody goes on.
    let gone = engine_that_is_gone(&crossing.server, &crossing.job);
    let mut writer = gone.writer(&crossing.job, &[]).await.unwrap();
    // A session of ours, one of another job, and one of nobody's job: all go on.
    let mut ours = crossing.writer().await;
    gone.prepare_ledger("crossing2").await.unwrap();
    let mut others = gone.writer("crossing2", &[]).await.unwrap();
    let mut stranger = crossing.target.link.connect().await.unwrap();
    let (sender, receiver, gauge) = link();
    let half = task.clone();
    let dead = tokio::spawn(async move { writer.write(&half, receiver).await });
    sender.send(Block::Rows(numbered(1, 500, 1))).await.unwrap();
    wait_until("rows are under way", || gauge.read().0 == 500).await;
    assert_eq!(crossing.ledger_keys().await, [], "nothing of the twin was committed");
    for session in [&mut ours, &mut others] {
        let done = session.run(&step(1, &["SELECT 1"])).await;
        assert_eq!(done, Ok(Written::now(0)));
    }
    stranger.statement("DO 1").await.unwrap();
    let done = send_batches(&mut ours, &task, vec![numbered(1, 500, 1)]).await;
    assert_eq!(done, Ok(Written::now(500)));
    sender.end(500).await.ok();
    assert_eq!(dead.await.unwrap().unwrap_err().kind, FaultKind::ConnectionLost);
    assert_eq!(crossing.ask("count(*) FROM t"), "500");
}

#[tokio::test]
async fn a_twin_that_commits_while_we_wait_is_not_repeated() {
    let crossing = Crossing::new(MAKE).await;
    let task = chunk(&numbers(), 1);
    let (mut first, mut second) = (crossing.writer().await, crossing.writer().await);
    let (sender, receiver, gauge) = link();
    let twin = task.clone();
    let writing = tokio::spawn(async move { first.write(&twin, receiver).await });
    sender.send(Block::Rows(numbered(1, 500, 1))).await.unwrap();
    wait_until("the first has the ledger row", || gauge.read().0 == 500).await;
    let (other_sender, other_receiver, _) = link();
    let second = tokio::spawn(async move { second.write(&task, other_receiver).await });
    let server = &crossing.server;
    let waits = "SELECT count(*) FROM information_schema.PROCESSLIST \
                 WHERE INFO LIKE 'INSERT INTO `tidegate`%'";
    wait_until("the second waits for it", || server.sql(waits) == "1").await;
    sender.end(500).await.unwrap();
    assert_eq!(writing.await.unwrap(), Ok(Written::now(500)));
    assert_eq!(second.await.unwrap(), Ok(Written::before(500, Rejects::default())));
    drop(other_sender);
    assert_eq!(crossing.ask("count(*) FROM t"), "500");
}

#[tokio::test]
async fn the_ledger_comes_and_goes_with_its_database() {
    let server = Server::start();
    let (a, b) = (target_of(&server, "a"), target_of(&server, "b"));
    assert_eq!(a.ledger("a").await.unwrap(), None);
    let refused = a.session("a", &[]).await.err().unwrap();
    assert_eq!(refused.kind, FaultKind::ObjectMissing, "{refused}");
    a.prepare_ledger("a").await.unwrap();
    b.prepare_ledger("b").await.unwrap();
    assert_eq!(server.sql("SHOW TABLES IN tidegate"), "job_a\njob_b");
    a.flush("a").await.unwrap();
    server.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    a.flush("a").await.unwrap();
    assert_eq!(a.ledger("a").await.unwrap(), Some(Vec::new()));
    a.drop_ledger("a").await.unwrap();
    assert_eq!(server.sql("SHOW TABLES IN tidegate"), "job_b");
    b.drop_ledger("b").await.unwrap();
    assert_eq!(server.sql("SHOW DATABASES LIKE 'tidegate'"), "");
    b.drop_ledger("b").await.unwrap();
    // Somebody's own database of that name stays, empty or not.
    server.sql("CREATE DATABASE tidegate CHARACTER SET utf8mb4");
    a.prepare_ledger("a").await.unwrap();
    a.drop_ledger("a").await.unwrap();
    assert_eq!(server.sql("SHOW DATABASES LIKE 'tidegate'"), "tidegate");
}

#[tokio::test]
async fn a_table_begins_again_with_its_ledger_rows() {
    let make = "CREATE TABLE t (a int PRIMARY KEY); \
                CREATE TABLE p (a int PRIMARY KEY); \
                CREATE TABLE q (a int, FOREIGN KEY (a) REFERENCES p (a)); \
                CREATE TABLE r (a int PRIMARY KEY); \
                CREATE TABLE s (a int, FOREIGN KEY (a) REFERENCES r (a) ON DELETE CASCADE)";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    for (name, id) in [("t", 0), ("p", 2), ("r", 4)] {
        let plan = table(name, &[("a", "int")]);
        for part in 0..2 {
            let from = u64::from(part) * 100;
            let batches = vec![numbered(from + 1, from + 100, 1)];
            send_batches(&mut writer, &chunk(&plan, id + part), batches).await.unwrap();
        }
    }
    let chunks = |ids: &[u32]| ids.iter().map(|id| LedgerKey::Chunk(*id)).collect::<Vec<_>>();
    writer.begin_again(&table("t", &[]), &chunks(&[0, 1])).await.unwrap();
    assert_eq!(crossing.ask("count(*) FROM t"), "0");
    // Another table refers to it: by DELETE, and not past a child.
    crossing.server.sql("INSERT INTO home.q VALUES (1)");
    let refused = writer.begin_again(&table("p", &[]), &chunks(&[2, 3])).await.unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("1451"), "{refused}");
    crossing.server.sql("DELETE FROM home.q");
    writer.begin_again(&table("p", &[]), &chunks(&[2, 3])).await.unwrap();
    assert_eq!(crossing.ask("count(*) FROM p"), "0");
    // Children that would go along.
    let refused = writer.begin_again(&table("r", &[]), &chunks(&[4, 5])).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::RowRefused, "{refused}");
    assert_eq!(crossing.ask("count(*) FROM r"), "200");
    let left = [(LedgerKey::Chunk(4), 100), (LedgerKey::Chunk(5), 100)];
    assert_eq!(crossing.ledger_keys().await, left);
    // It can be written again.
    let plan = numbers();
    send_batches(&mut writer, &chunk(&plan, 0), vec![numbered(1, 50, 1)]).await.unwrap();
    assert_eq!(crossing.ask("count(*) FROM t"), "50");
}

#[tokio::test]
async fn tables_that_hold_rows_are_found() {
    let make = "CREATE TABLE f (a int); INSERT INTO f VALUES (1); CREATE TABLE e (a int)";
    let crossing = Crossing::new(make).await;
    let name = |schema: &str, name: &str| crate::core::name::ObjectName::new(schema, name);
    let names = [name("home", "e"), name("home", "f"), name("home", "none"), name("no", "t")];
    assert_eq!(crossing.target.nonempty(&names).await.unwrap(), [name("home", "f")]);
}
