//! Rows and values as a job shapes them, from one server to another and back in a digest.

use std::sync::Arc;

use super::server::Server;
use super::voyage::{Voyage, move_chunk, table_plan};
use crate::core::chunk::{ChunkMethod, ChunkRange, key_ranges};
use crate::core::fault::{Disposition, FaultKind, disposition_of};
use crate::core::plan::{CopyFormat, DataPath, TablePlan};
use crate::core::spec::Selection;
use crate::core::verify::{Digest, mirrored};
use crate::driver::{ChunkTask, DigestOver, LedgerKey};

/// Two databases with one table each; the source's holds 4,000 rows.
async fn ends(server: &Server) -> (Voyage, TablePlan) {
    let table = "CREATE TABLE people (id int PRIMARY KEY, name varchar(12), mail text, \
                 born date, kind int, \"odd \"\"name\" numeric(9,2))";
    for database in ["here", "there"] {
        server.create(database);
        server.sql(database, table);
    }
    server.sql(
        "here",
        "INSERT INTO people SELECT n, 'o''Neil ' || n % 7, n || '@example.org', \
         '2000-01-01'::date + n, n % 5, n / 3.0 FROM generate_series(1, 4000) n; ANALYZE people",
    );
    let voyage = Voyage::new(server, "here", "there");
    let catalog = voyage.source.inspect(&Selection::default()).await.unwrap();
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let method = ChunkMethod::Key { columns: vec!["id".to_owned()] };
    let mut plan = table_plan(&catalog.tables[0], method, Vec::new());
    plan.key = vec!["id".to_owned()];
    (voyage, plan)
}

fn tasks(plan: &TablePlan, bounds: &[&str]) -> Vec<ChunkTask> {
    let bounds: Vec<Vec<String>> = bounds.iter().map(|b| vec![(*b).to_owned()]).collect();
    let table = Arc::new(plan.clone());
    let task = |(range, n)| ChunkTask { table: table.clone(), range, key: LedgerKey::Chunk(n) };
    key_ranges(&bounds).into_iter().zip(0..).map(task).collect()
}

fn set(plan: &mut TablePlan, column: &str, expression: &str) {
    let column = plan.columns.iter_mut().find(|c| c.name == column).unwrap();
    column.expression = Some(expression.to_owned());
}

/// Copies the chunks and counts rows.
async fn copy(voyage: &Voyage, tasks: &[ChunkTask]) -> u64 {
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let mut rows = 0;
    for task in tasks {
        rows += move_chunk(reader.as_mut(), writer.as_mut(), task).await.unwrap().rows;
    }
    rows
}

async fn digest(source: &dyn crate::driver::Source, tasks: &[ChunkTask]) -> Vec<Digest> {
    let snapshot = source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut found = Vec::new();
    for task in tasks {
        found.push(reader.digest(task, DigestOver::OwnText).await.unwrap().unwrap());
    }
    found
}

#[tokio::test]
async fn filters_expressions_and_fewer_columns_pass_through_in_binary() {
    let server = Server::start();
    let (voyage, mut plan) = ends(&server).await;
    assert_eq!(plan.path, DataPath::DirectCopy(CopyFormat::Binary));
    plan.columns.retain(|c| c.name != "kind");
    // An OR that must not reach our range, a quote, a comment that must not reach our bracket.
    plan.rows.filter = Some("kind = 1 or name = 'o''Neil 3' -- the rest ;)".to_owned());
    set(&mut plan, "mail", "md5(mail) -- masked");
    set(&mut plan, "born", "date_trunc('year', born)");
    set(&mut plan, "odd \"name", "7");
    let tasks = tasks(&plan, &["1000", "2500"]);
    let rows = copy(&voyage, &tasks).await;
    let wanted = "SELECT count(*), md5(string_agg(id || name || mail || born, ',' ORDER BY id)) \
                  FROM";
    let expected = server.sql(
        "here",
        &format!(
            "{wanted} (SELECT id, name, md5(mail) AS mail, date_trunc('year', born)::date AS born \
             FROM people WHERE kind = 1 OR name = 'o''Neil 3') AS s"
        ),
    );
    assert_eq!(server.sql("there", &format!("{wanted} people")), expected);
    assert_eq!(expected.split('|').next().unwrap(), rows.to_string());
    let sevens = "SELECT count(*) FROM people WHERE \"odd \"\"name\" = 7 AND kind IS NULL";
    assert_eq!(server.sql("there", sevens), rows.to_string());

    // The servers' digests agree: the source's over what was copied, the target's over all it has.
    let back = Voyage::new(&server, "there", "here");
    let mirror: Vec<ChunkTask> = tasks
        .iter()
        .map(|task| ChunkTask { table: Arc::new(mirrored(&task.table)), ..task.clone() })
        .collect();
    assert!(!mirror[0].table.is_shaped());
    let here = digest(voyage.source.as_ref(), &tasks).await;
    assert_eq!(here, digest(back.source.as_ref(), &mirror).await);
    assert_eq!(here.iter().map(|d| d.rows).sum::<u64>(), rows);
}

#[tokio::test]
async fn a_sample_is_the_same_rows_each_time_and_its_share() {
    let server = Server::start();
    let (voyage, mut plan) = ends(&server).await;
    plan.rows.sample = Some(10);
    plan.rows.sample_by = vec!["id".to_owned()];
    let rows = copy(&voyage, &tasks(&plan, &["1000", "2500"])).await;
    assert!((320..=480).contains(&rows), "{rows} of 4000 are no tenth");
    let sum = "SELECT count(*) || ' ' || sum(id) FROM people";
    let first = server.sql("there", sum);
    server.sql("there", "TRUNCATE people");
    // Cut another way, and with fewer columns: the same rows.
    plan.columns.retain(|c| c.name == "id");
    let mut other = tasks(&plan, &["77"]);
    for (task, n) in other.iter_mut().zip(100..) {
        task.key = LedgerKey::Chunk(n);
    }
    assert_eq!(copy(&voyage, &other).await, rows);
    assert_eq!(server.sql("there", sum), first);
    // Without a key, by the text of what is there.
    plan.rows.sample_by = vec!["name".to_owned(), "kind".to_owned()];
    let grouped = digest(voyage.source.as_ref(), &tasks(&plan, &[])).await[0].rows;
    assert!(grouped < 4000);
}

#[tokio::test]
async fn rows_are_found_again_by_the_values_that_were_copied() {
    let server = Server::start();
    let (voyage, mut plan) = ends(&server).await;
    set(&mut plan, "id", "id + 10000");
    plan.rows.filter = Some("kind = 2".to_owned());
    let range = ChunkRange::Keys(vec![vec!["10002".to_owned()], vec!["10003".to_owned()]]);
    let key = LedgerKey::Chunk(5);
    let task = ChunkTask { table: Arc::new(plan), range, key };
    assert_eq!(copy(&voyage, &[task]).await, 1, "the row 3 is of another kind");
    assert_eq!(server.sql("there", "SELECT id, mail FROM people"), "10002|2@example.org");
}

#[tokio::test]
async fn a_filter_the_server_refuses_fails_for_good_and_by_name() {
    let server = Server::start();
    let (voyage, plan) = ends(&server).await;
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    for (filter, word) in [
        ("colour = 'red'", "colour"),
        ("id = 1 and", "syntax error"),
        ("1 / (id - 3000) > 0", "division by zero"),
        ("id > 1) or (id < 9", "nothing opened"),
        ("id = 1; DROP TABLE people", "end the statement"),
    ] {
        let mut plan = plan.clone();
        plan.rows.filter = Some(filter.to_owned());
        let task = &tasks(&plan, &[])[0];
        let fault = move_chunk(reader.as_mut(), writer.as_mut(), task).await.unwrap_err();
        assert_eq!(disposition_of(fault.kind), Disposition::FailWork, "{fault}");
        assert_ne!(fault.kind, FaultKind::Cancelled, "{fault}");
        for wanted in [word, filter, "public.people"] {
            assert!(fault.message.contains(wanted), "{wanted} is not in: {fault}");
        }
        assert!(fault.hint.is_some_and(|hint| hint.contains("[[table]]")));
    }
    assert_eq!(server.sql("here", "SELECT count(*) FROM people"), "4000");
}
