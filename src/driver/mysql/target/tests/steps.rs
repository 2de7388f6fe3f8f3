//! Statements of steps, and what an engine that died in the midst of them leaves.

use super::crossing::{Crossing, engine_that_is_gone, step};
use crate::core::catalog::Sequence;
use crate::core::chunk::Rejects;
use crate::core::fault::FaultKind;
use crate::core::name::ObjectName;
use crate::core::sql::checked_foreign_key;
use crate::driver::{LedgerKey, Target, TargetSession, Written};

const DONE: Written = Written::now(0);

#[tokio::test]
async fn a_step_runs_once_and_statements_without_ddl_together() {
    let crossing = Crossing::new("CREATE TABLE t (a int PRIMARY KEY)").await;
    let mut writer = crossing.writer().await;
    let rows = step(1, &["INSERT INTO home.t VALUES (1)", "INSERT INTO home.t VALUES (1)"]);
    assert_eq!(writer.run(&rows).await.unwrap_err().kind, FaultKind::RowRefused);
    assert_eq!(crossing.ask("count(*) FROM t"), "0", "one transaction");
    let make = step(2, &["CREATE TABLE home.u (a int)", "INSERT INTO home.u VALUES (5)"]);
    assert_eq!(writer.run(&make).await, Ok(DONE));
    assert_eq!(writer.run(&make).await, Ok(Written::before(0, Rejects::default())));
    assert_eq!(crossing.ask("sum(a) FROM u"), "5");
    assert_eq!(crossing.ledger_keys().await, [(LedgerKey::Step(2), 0)]);
    assert_eq!(crossing.ask("count(*) FROM tidegate.job_crossing WHERE kind = 'i'"), "0");
}

#[tokio::test]
async fn what_was_in_the_way_before_stays_in_the_way() {
    let crossing = Crossing::new("CREATE TABLE u (mine int)").await;
    let mut writer = crossing.writer().await;
    let make = step(1, &["CREATE TABLE home.t (a int)", "CREATE TABLE home.u (a int)"]);
    for _ in 0..2 {
        let refused = writer.run(&make).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::ObjectExists, "{refused}");
    }
    // Out of the way: the step goes on behind what it had done.
    crossing.server.sql("DROP TABLE home.u");
    assert_eq!(writer.run(&make).await, Ok(DONE));
    assert_eq!(crossing.server.sql("SHOW TABLES IN home"), "t\nu");
}

#[tokio::test]
async fn a_statement_whose_end_nobody_saw_may_have_been_done() {
    let crossing = Crossing::new("CREATE TABLE v (a int)").await;
    // The first engine had made `t`, was at `u`, and died; the server carried it out.
    let mark = "INSERT INTO tidegate.job_crossing (kind, id, row_count) VALUES ('i', 1, 3)";
    crossing
        .server
        .sql(&format!("USE home; CREATE TABLE t (a int); CREATE TABLE u (a int); {mark}"));
    let mut writer = crossing.writer().await;
    let make = step(
        1,
        &[
            "SET SESSION sql_mode = ''",
            "CREATE TABLE home.u (a int)",
            "ALTER TABLE home.v ADD COLUMN b int",
            "INSERT INTO home.v VALUES (1, 2)",
        ],
    );
    // The statement in doubt is the second: SET is done in every session.
    assert_eq!(writer.run(&make).await, Ok(DONE));
    assert_eq!(crossing.ask("a, b FROM v"), "1\t2");
    // The session is as it was: strict.
    let strict = step(2, &["INSERT INTO home.v VALUES ('many', 1)"]);
    assert_eq!(writer.run(&strict).await.unwrap_err().kind, FaultKind::RowRefused);
}

#[tokio::test]
async fn a_foreign_key_is_not_added_over_rows_that_refer_to_nothing() {
    let make = "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE c (i int, KEY (i)); \
                INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1), (NULL), (7)";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    let statements = checked_foreign_key(
        "ALTER TABLE `home`.`c` ADD CONSTRAINT `k` FOREIGN KEY (`i`) REFERENCES `home`.`p` (`i`)",
    );
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let add = step(1, &statements);
    let refused = writer.run(&add).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::RowRefused, "{refused}");
    crossing.server.sql("DELETE FROM home.c WHERE i = 7");
    assert_eq!(writer.run(&add).await, Ok(DONE));
    // Checks are on again, in this session and by the key.
    let orphan = step(2, &["INSERT INTO home.c VALUES (8)"]);
    assert_eq!(writer.run(&orphan).await.unwrap_err().kind, FaultKind::RowRefused);
}

#[tokio::test]
async fn tables_that_refer_to_each_other_are_dropped_in_any_order() {
    let make = "CREATE TABLE a (id int PRIMARY KEY); \
                CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id)); \
                CREATE TABLE c (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES b (id)); \
                CREATE TABLE other (id int PRIMARY KEY); \
                CREATE TABLE kept (id int, FOREIGN KEY (id) REFERENCES other (id))";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    let all = step(1, &["DROP TABLE IF EXISTS home.a, home.b, home.none, home.c"]);
    assert_eq!(writer.run(&all).await, Ok(DONE));
    assert_eq!(crossing.server.sql("SHOW TABLES IN home"), "kept\nother");
    let referenced = step(2, &["DROP TABLE IF EXISTS home.other"]);
    let refused = writer.run(&referenced).await.unwrap_err();
    assert!(matches!(refused.code.as_deref(), Some("1451" | "3730")), "{refused}");
    assert_eq!(crossing.server.sql("SHOW TABLES IN home"), "kept\nother");
}

#[tokio::test]
async fn a_long_statement_of_a_dead_engine_ends_before_its_step_is_tried_again() {
    let crossing = Crossing::new("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
    let gone = engine_that_is_gone(&crossing.server, &crossing.job);
    let mut writer = gone.writer(&crossing.job, &[]).await.unwrap();
    // Nobody else may hold the table meanwhile: the statement waits for it.
    let mut holder = crossing.target.link.connect().await.unwrap();
    holder.statement("LOCK TABLES home.t WRITE").await.unwrap();
    let add = step(1, &["ALTER TABLE home.t ADD COLUMN b int DEFAULT 7"]);
    let twin = add.clone();
    let dead = tokio::spawn(async move { writer.run(&twin).await });
    let server = &crossing.server;
    let waits = "SELECT count(*) FROM information_schema.PROCESSLIST \
                 WHERE STATE LIKE 'Waiting for table metadata lock'";
    super::crossing::wait_until("it waits", || server.sql(waits) == "1").await;
    assert_eq!(crossing.ledger_keys().await, []);
    assert_eq!(dead.await.unwrap().unwrap_err().kind, FaultKind::ConnectionLost);
    holder.statement("UNLOCK TABLES").await.unwrap();
    assert_eq!(crossing.writer().await.run(&add).await, Ok(DONE));
    assert_eq!(crossing.ask("b FROM t"), "7");
    assert_eq!(crossing.target.ledger(&crossing.job).await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn next_numbers_are_set() {
    let make = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, b int); \
                CREATE SEQUENCE up; \
                CREATE SEQUENCE down INCREMENT BY -1 MAXVALUE 100 START WITH 50";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    let name = |name: &str| ObjectName::new("home", name);
    let sequence = |of: &str, last_value, is_called, owner| Sequence {
        name: name(of),
        owner,
        last_value,
        is_called,
    };
    let sequences = [
        sequence("t_id", 41, true, Some((name("t"), "id".to_owned()))),
        sequence("up", 1000, true, None),
        sequence("down", 60, false, None),
    ];
    let done = writer.set_sequences(LedgerKey::Step(4), &sequences).await;
    assert_eq!(done, Ok(Written::now(3)));
    crossing.server.sql("INSERT INTO home.t (b) VALUES (1)");
    assert_eq!(crossing.ask("id FROM t"), "42");
    assert_eq!(crossing.ask("NEXTVAL(up), NEXTVAL(down), NEXTVAL(down)"), "1001\t60\t59");
    let again = writer.set_sequences(LedgerKey::Step(4), &sequences).await;
    assert_eq!(again, Ok(Written::before(3, Rejects::default())));
}
