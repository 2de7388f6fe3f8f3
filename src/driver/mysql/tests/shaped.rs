//! Rows and values as a job shapes them.

use std::sync::Arc;

use super::yard::{Yard, chunk, read, table, whole};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::{Disposition, Side, disposition_of};
use crate::core::plan::TablePlan;
use crate::core::value::CellRef;
use crate::driver::{ChunkTask, DigestOver, SourceSession};

const SETUP: &str = "DROP DATABASE IF EXISTS shaped; CREATE DATABASE shaped CHARACTER SET utf8mb4; \
    USE shaped; CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20) CHARACTER SET latin1, \
    mail VARCHAR(90), kind INT, f FLOAT, b BIT(12)) ENGINE=InnoDB; \
    INSERT INTO people SELECT seq, CONCAT('o''Neil ', seq MOD 7), CONCAT(seq, '@example.org'), \
    seq MOD 5, seq / 3, seq MOD 4096 FROM seq_1_to_4000; \
    CREATE TABLE bare (a VARCHAR(9) CHARACTER SET latin1, b INT, c VARCHAR(9)) ENGINE=InnoDB; \
    INSERT INTO bare SELECT seq, IF(seq MOD 3, seq, NULL), 'x' FROM seq_1_to_1000;";

fn shaped(task: &ChunkTask, shape: impl FnOnce(&mut TablePlan)) -> ChunkTask {
    let mut plan = TablePlan::clone(&task.table);
    shape(&mut plan);
    ChunkTask { table: Arc::new(plan), ..task.clone() }
}

fn set(plan: &mut TablePlan, column: &str, expression: &str) {
    let column = plan.columns.iter_mut().find(|c| c.name == column).unwrap();
    column.expression = Some(expression.to_owned());
}

/// Rows as texts.
async fn rows(session: &mut Box<dyn SourceSession>, task: &ChunkTask) -> Vec<Vec<String>> {
    let cell = |cell: CellRef<'_>| match cell {
        CellRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        other => format!("{other:?}"),
    };
    let batches = read(session, task).await.unwrap();
    let of = |batch: &crate::core::value::RowBatch| -> Vec<Vec<String>> {
        let row = |row| (0..batch.columns()).map(|at| cell(batch.cell(row, at))).collect();
        (0..batch.rows()).map(row).collect()
    };
    batches.iter().flat_map(of).collect()
}

fn by_key(table: &crate::core::catalog::Table, from: Option<&str>) -> ChunkTask {
    let method = ChunkMethod::Key { columns: vec!["id".to_owned()] };
    let from = from.map(|value| vec![value.to_owned()]);
    chunk(table, method, ChunkRange::Key { from, until: None })
}

#[tokio::test]
async fn filters_and_expressions_shape_what_is_read() {
    let yard = Yard::new();
    yard.sql(SETUP);
    let catalog = yard.catalog("shaped").await;
    let people = table(&catalog, "people");
    let snapshot = yard.source("shaped").open_snapshot(1).await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    let task = shaped(&by_key(people, Some("3000")), |plan| {
        plan.columns.retain(|c| c.name != "kind");
        plan.rows.filter = Some("kind = 1 or name = 'o''Neil 3' # the rest ;)".to_owned());
        set(plan, "mail", "sha1(mail) -- masked");
        set(plan, "b", "id mod 16");
        set(plan, "f", "id / 3");
    });
    let found = rows(&mut session, &task).await;
    let wanted = yard.sql(
        "SELECT id, name, sha1(mail) FROM shaped.people WHERE id >= 3000 AND \
         (kind = 1 OR name = 'o''Neil 3') ORDER BY id",
    );
    let joined: Vec<String> = found.iter().map(|row| row[..3].join("\t")).collect();
    assert_eq!(joined.join("\n"), wanted);
    assert!(found[0][4].starts_with("Blob"), "{:?}", found[0]);
    // The server's digest is over the same rows and values.
    let over = DigestOver::Canonical { columns: &task.table.columns[..3], side: Side::Source };
    let digest = session.digest(&task, over).await.unwrap().unwrap();
    assert_eq!(digest.rows, found.len() as u64);
    let plain = by_key(people, Some("3000"));
    let over = DigestOver::Canonical { columns: &task.table.columns[..3], side: Side::Source };
    assert_ne!(session.digest(&plain, over).await.unwrap().unwrap(), digest);
    // A row is found again by the value that was copied.
    let named = shaped(&by_key(people, None), |plan| set(plan, "id", "id + 10000"));
    let keys = ChunkRange::Keys(vec![vec!["10007".to_owned()]]);
    let named = ChunkTask { range: keys, ..named };
    assert_eq!(rows(&mut session, &named).await[0][2], "7@example.org");
}

#[tokio::test]
async fn a_sample_is_the_same_rows_each_time_and_its_share() {
    let yard = Yard::new();
    yard.sql(&SETUP.replace("shaped", "sampled"));
    let catalog = yard.catalog("sampled").await;
    let snapshot = yard.source("sampled").open_snapshot(1).await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    for (name, by, all) in [("people", &["id"][..], 4000), ("bare", &["a", "b", "c"][..], 1000)] {
        let task = shaped(&whole(table(&catalog, name)), |plan| {
            plan.rows.sample = Some(20);
            plan.rows.sample_by = by.iter().map(|c| (*c).to_owned()).collect();
        });
        let first = rows(&mut session, &task).await;
        let share = first.len() * 100 / all;
        assert!((16..=24).contains(&share), "{name}: {share} %");
        assert_eq!(rows(&mut session, &task).await, first);
        let fewer = shaped(&task, |plan| plan.columns.truncate(1));
        let keys = |rows: &[Vec<String>]| rows.iter().map(|r| r[0].clone()).collect::<Vec<_>>();
        assert_eq!(keys(&rows(&mut session, &fewer).await), keys(&first));
    }
}

#[tokio::test]
async fn a_filter_the_server_refuses_fails_for_good_and_by_name() {
    let yard = Yard::new();
    yard.sql(&SETUP.replace("shaped", "refused"));
    let catalog = yard.catalog("refused").await;
    let snapshot = yard.source("refused").open_snapshot(1).await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    for (filter, word) in [
        ("colour = 'red'", "colour"),
        ("id = 1 and", "syntax"),
        ("id > 1) or (id < 9", "nothing opened"),
    ] {
        let task = shaped(&whole(table(&catalog, "people")), |plan| {
            plan.rows.filter = Some(filter.to_owned());
        });
        let fault = read(&mut session, &task).await.unwrap_err();
        assert_eq!(disposition_of(fault.kind), Disposition::FailWork, "{fault}");
        for wanted in [word, filter, "refused.people"] {
            assert!(fault.message.contains(wanted), "{wanted} is not in: {fault}");
        }
    }
    // The snapshot's connection outlives a refused filter.
    assert_eq!(rows(&mut session, &whole(table(&catalog, "people"))).await.len(), 4000);
}
