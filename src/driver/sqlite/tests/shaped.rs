//! Rows and values as a job shapes them, by both roads.

use std::sync::Arc;

use super::{Road, Yard, copy_chunk, plan_of};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::{Disposition, disposition_of};
use crate::core::plan::TablePlan;
use crate::core::spec::Selection;
use crate::driver::{ChunkTask, LedgerKey, Source, Target, Written};

const TABLE: &str = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, kind INT);";
const ROWS: &str = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000) \
    INSERT INTO people SELECT n, 'o''Neil ' || n % 7, n || '@example.org', n % 5 FROM n;";

/// Copies the table in three chunks, shaped, into a new target; the fault instead.
async fn copy(road: Road, shape: impl Fn(&mut TablePlan)) -> Result<(Yard, u64), String> {
    let yard = Yard::new(&format!("{TABLE}{ROWS}"));
    yard.open("target.db").execute_batch(TABLE).unwrap();
    let (source, target) = (yard.source(), yard.target());
    let catalog = source.inspect(&Selection::default()).await.unwrap();
    let mut plan = plan_of(&catalog.tables[0], ChunkMethod::Rowid);
    plan.key = vec!["id".to_owned()];
    shape(&mut plan);
    let table = Arc::new(plan);
    target.prepare_ledger("j1").await.unwrap();
    let mut session = target.session("j1", &[]).await.unwrap();
    let snapshot = source.open_snapshot(1).await.unwrap();
    let mut rows = 0;
    for (bounds, n) in
        [(None, Some(1000)), (Some(1000), Some(2500)), (Some(2500), None)].into_iter().zip(0..)
    {
        let range = ChunkRange::Rowid { from: bounds.0, until: bounds.1 };
        let task = ChunkTask { table: table.clone(), range, key: LedgerKey::Chunk(n) };
        let path = yard.path("source.db");
        match copy_chunk(&mut *session, &*snapshot, task, road, &path).await {
            Ok(Written { rows: written, .. }) => rows += written,
            Err(fault) => {
                assert_eq!(disposition_of(fault.kind), Disposition::FailWork, "{fault}");
                return Err(fault.to_string());
            }
        }
    }
    Ok((yard, rows))
}

fn set(plan: &mut TablePlan, column: &str, expression: &str) {
    let column = plan.columns.iter_mut().find(|c| c.name == column).unwrap();
    column.expression = Some(expression.to_owned());
}

fn text(yard: &Yard, name: &str, sql: &str) -> String {
    yard.open(name).query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn filters_expressions_and_fewer_columns_by_both_roads() {
    for road in [Road::Attach, Road::Rows] {
        let filter = "kind = 1 or name = 'o''Neil 3' -- the rest ;)";
        let (yard, rows) = copy(road, |plan| {
            plan.columns.retain(|c| c.name != "kind");
            plan.rows.filter = Some(filter.to_owned());
        })
        .await
        .unwrap();
        let sum = "count(*) || ' ' || sum(id) || ' ' || group_concat(mail)";
        let wanted = format!("SELECT {sum} FROM people WHERE kind = 1 OR name = 'o''Neil 3'");
        let expected = text(&yard, "source.db", &wanted);
        let found = format!("SELECT {sum} FROM people WHERE kind IS NULL");
        assert_eq!(text(&yard, "target.db", &found), expected, "{road:?}");
        assert_eq!(expected.split(' ').next().unwrap(), rows.to_string());

        let (yard, rows) = copy(road, |plan| {
            set(plan, "mail", "hex(mail) -- masked");
            set(plan, "id", "id + 10000");
            plan.rows.filter = Some("id % 2".to_owned());
        })
        .await
        .unwrap();
        assert_eq!(rows, 2000);
        let found = "SELECT min(id) || ' ' || min(mail) FROM people WHERE id = 10001";
        let expected = text(&yard, "source.db", "SELECT '10001 ' || hex(mail) FROM people");
        assert_eq!(text(&yard, "target.db", found), expected, "{road:?}");
    }
}

#[tokio::test]
async fn a_sample_is_the_same_rows_by_both_roads_and_its_share() {
    let mut sums = Vec::new();
    for (road, by) in [(Road::Attach, "id"), (Road::Rows, "id"), (Road::Rows, "mail")] {
        let (yard, rows) = copy(road, |plan| {
            plan.rows.sample = Some(10);
            plan.rows.sample_by = vec![by.to_owned()];
        })
        .await
        .unwrap();
        assert!((320..=480).contains(&rows), "{rows} of 4000 are no tenth");
        sums.push(text(&yard, "target.db", "SELECT count(*) || ' ' || sum(id) FROM people"));
    }
    assert_eq!(sums[0], sums[1]);
    assert_ne!(sums[1], sums[2]);
}

#[tokio::test]
async fn a_filter_that_is_refused_fails_for_good_and_by_name() {
    for road in [Road::Attach, Road::Rows] {
        for (filter, word) in [
            ("colour = 'red'", "colour"),
            ("\"colour\" = 'red'", "colour"),
            ("id = 1 and", "syntax"),
            ("id = ?", "nobody gives"),
            ("id > 1) or (id < 9", "nothing opened"),
        ] {
            let shape = |plan: &mut TablePlan| plan.rows.filter = Some(filter.to_owned());
            let Err(fault) = copy(road, shape).await else { panic!("{filter} was taken") };
            for wanted in [word, filter, "main.people", "source"] {
                assert!(fault.contains(wanted), "{road:?}: {wanted} is not in: {fault}");
            }
        }
    }
}
