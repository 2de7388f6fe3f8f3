//! Whole databases, from one end to the other.

use super::server::Server;
use super::voyage::{Voyage, assert_equal, plan_with};
use crate::core::plan::Severity;
use crate::core::spec::Selection;

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
