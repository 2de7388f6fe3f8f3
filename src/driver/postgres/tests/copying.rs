//! Whole databases, from one end to the other.

use std::sync::Arc;

use super::server::Server;
use super::voyage::{Voyage, assert_equal, contents, move_chunk, plan_with, table_plan, whole};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::Side;
use crate::core::plan::{CopyFormat, DataPath, Severity, TablePlan};
use crate::core::spec::Selection;
use crate::driver::pipe::{Unlimited, pipe};
use crate::driver::postgres::connect::{Link, Purpose};
use crate::driver::postgres::copy_in::CopyIn;
use crate::driver::{ChunkTask, LedgerKey};

#[tokio::test]
async fn a_database_of_odd_things_arrives_whole() {
    let server = Server::start();
    server.create("odd");
    server.create("copy");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    server.sql_file("odd", &path.join("src/driver/postgres/tests/odd.sql"));
    let voyage = Voyage::new(&server, "odd", "copy");
    let catalog = voyage.copy_everything(7).await;
    assert_equal(&server, "odd", "copy", &catalog).await;
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tidegate'";
    assert_eq!(server.sql("copy", left), "0", "the ledger is gone");
}

/// Every `*.sql` of a directory, each into a database of its own.
#[tokio::test]
#[ignore = "wants a directory of SQL files in TIDEGATE_TEST_SQL"]
async fn databases_from_files_arrive_whole() {
    let directory = std::env::var_os("TIDEGATE_TEST_SQL").expect("TIDEGATE_TEST_SQL is set");
    let server = Server::start();
    let files = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path());
    let mut copied = 0;
    for file in files.filter(|p| p.extension().is_some_and(|e| e == "sql")) {
        copied += 1;
        let (from, to) = (format!("from{copied}"), format!("to{copied}"));
        server.create(&from);
        server.create(&to);
        server.sql_file(&from, &file);
        let catalog = Voyage::new(&server, &from, &to).copy_everything(5).await;
        assert_equal(&server, &from, &to, &catalog).await;
    }
    assert!(copied > 0, "the directory holds SQL files");
}

/// Show 8: planning 5,000 tables takes seconds.
#[tokio::test]
async fn five_thousand_tables_are_read_in_one_breath() {
    let server = Server::start();
    server.create("many");
    server.sql(
        "many",
        "\
        DO $$ BEGIN FOR i IN 1..5000 LOOP EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, \
        a text, b timestamptz DEFAULT now(), UNIQUE (a, b))', i); \
        IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$",
    );
    let voyage = Voyage::new(&server, "many", "many");
    let begun = std::time::Instant::now();
    let catalog = voyage.source.inspect(&Selection::default()).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(catalog.tables.len(), 5000);
    assert_eq!(catalog.sequences.len(), 5000);
    assert!(catalog.tables.iter().all(|t| t.keys.len() == 2 && t.columns.len() == 3));
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    println!("5,000 tables were read in {took:?}");
}

#[tokio::test]
async fn what_the_target_lacks_is_found_beforehand() {
    let server = Server::start();
    server.create("home");
    let statements = [
        "CREATE EXTENSION IF NOT EXISTS no_such_extension WITH SCHEMA public;",
        "GRANT SELECT ON TABLE s.t TO nobody_here;",
        &super::super::schema::tablespace_if_there("no_such_place"),
    ];
    let plan = plan_with(Vec::new(), statements.map(str::to_owned).to_vec());
    let voyage = Voyage::new(&server, "home", "home");
    let findings = voyage.target.preflight(&plan).await.unwrap();
    let found: Vec<(Severity, &str)> =
        findings.iter().map(|f| (f.severity, f.message.as_str())).collect();
    assert_eq!(
        found,
        [
            (Severity::Block, "no_such_extension are not available on the target"),
            (Severity::Warn, "nobody_here are named in privileges or policies and missing"),
            (Severity::Warn, "no_such_place are missing on the target"),
        ]
    );
}

/// Rows of a table whose cells need quoting in text form.
const MIXED: &str = "CREATE TABLE mixed (id bigint PRIMARY KEY, a text, n numeric(12, 2), \
    f float8, at timestamptz, b bytea, u uuid, j jsonb, ok boolean)";
const MIXED_ROWS: &str = "INSERT INTO mixed SELECT i, \
    E'tab\\t back\\\\ \\n' || repeat('ä', i % 90), i / 7.0, i / 7.0, \
    'epoch'::timestamptz + i * interval '1.000001 s', \
    decode(md5(i::text), 'hex'), md5(i::text)::uuid, jsonb_build_object('k', i), \
    NULLIF(i % 3 = 0, i % 5 = 0) FROM generate_series(1, 20000) i";

#[tokio::test]
async fn cells_that_are_converted_arrive_as_they_left() {
    let server = Server::start();
    for database in ["away", "home"] {
        server.create(database);
        server.sql(database, MIXED);
    }
    server.sql("away", MIXED_ROWS);
    let voyage = Voyage::new(&server, "away", "home");
    let catalog = voyage.source.inspect(&Selection::default()).await.unwrap();
    let plan =
        TablePlan { path: DataPath::Conventional, ..voyage.plan(&catalog.tables[0], 3).await };
    voyage.target.prepare_ledger(&voyage.job).await.unwrap();
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    let mut reader = snapshot.session().await.unwrap();
    let mut writer = voyage.target.session(&voyage.job, &[]).await.unwrap();
    let table = Arc::new(plan);
    for (id, chunk) in (0..).zip(&table.chunks) {
        let key = LedgerKey::Chunk(id);
        let task = ChunkTask { table: table.clone(), range: chunk.range.clone(), key };
        move_chunk(reader.as_mut(), writer.as_mut(), &task).await.unwrap();
    }
    let (left, right) = (contents(&server, "away", &catalog), contents(&server, "home", &catalog));
    assert!(left.values().all(|v| v.starts_with("20000|")), "{left:?}");
    assert_eq!(left, right);
}

#[tokio::test]
async fn a_long_load_is_several_copies_and_loses_nothing_between() {
    let server = Server::start();
    for database in ["away", "home"] {
        server.create(database);
        server.sql(database, MIXED);
    }
    server.sql("away", MIXED_ROWS);
    let voyage = Voyage::new(&server, "away", "home");
    let catalog = voyage.source.inspect(&Selection::default()).await.unwrap();
    let link = Link::new(&server.access("home", Side::Target, "segments")).unwrap();
    let snapshot = voyage.source.open_snapshot(1).await.unwrap();
    for path in [CopyFormat::Text, CopyFormat::Binary].map(DataPath::DirectCopy) {
        for segment_bytes in [1, 300_000, u64::MAX] {
            let plan = table_plan(&catalog.tables[0], ChunkMethod::Whole, whole());
            let plan = TablePlan { path, ..plan };
            let key = LedgerKey::Chunk(0);
            let task = ChunkTask { table: Arc::new(plan.clone()), range: ChunkRange::Whole, key };
            let (sender, mut receiver) = pipe(Arc::new(Unlimited), Arc::default());
            let mut reader = snapshot.session().await.unwrap();
            let mut connection = link.connect(Purpose::Write).await.unwrap();
            let mut copy = CopyIn::new(&link, &plan).with_segments(segment_bytes);
            let (read, written) =
                tokio::join!(reader.read(&task, sender), copy.run(&mut connection, &mut receiver));
            assert_eq!((read, written), (Ok(20_000), Ok(20_000)), "{path:?} {segment_bytes}");
            let (left, right) =
                (contents(&server, "away", &catalog), contents(&server, "home", &catalog));
            assert_eq!(left, right, "{path:?} {segment_bytes}");
            server.sql("home", "TRUNCATE mixed");
        }
    }
}
