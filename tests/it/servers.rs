//! The servers the other tests stand on. When one of these fails, look here first.

use crate::support::mariadb::MariaDbServer;
use crate::support::oracle;
use crate::support::postgres::{PgOptions, PgServer, StopMode};
use crate::support::{own_data, sqlite, temporary};

#[test]
fn postgres_starts_stops_and_keeps_what_was_committed() {
    let server = PgServer::start(PgOptions::default());
    let database = server.create("kept");
    database.run("CREATE TABLE t AS SELECT generate_series(1, 100) AS i");
    server.stop(StopMode::Immediate);
    assert_ne!(database.try_run("SELECT 1").code, Some(0), "a stopped server answers");
    server.start_again();
    assert_eq!(database.count("t"), 100);
    server.stop(StopMode::Fast);
    server.start_again();
    assert_eq!(database.count("t"), 100);
}

#[test]
fn a_server_with_passwords_asks_for_them() {
    let server = PgServer::start(PgOptions { password: Some("geheim"), ..PgOptions::default() });
    let mut database = server.create("locked");
    assert_eq!(database.one("SELECT 1"), "1");
    database.password = Some("wrong".to_owned());
    let refused = database.try_run("SELECT 1");
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("password authentication failed"), "{refused:?}");
}

#[test]
fn mariadb_starts() {
    let server = MariaDbServer::start();
    assert_eq!(server.run("SELECT 6 * 7").trim(), "42");
}

/// The comparison is trusted by every other test, so it has to see what is wrong.
#[test]
fn the_oracle_sees_differences() {
    let server = PgServer::shared();
    let files = [own_data("oddities_pg.sql"), own_data("oddities_pg_objects.sql")];
    let source = server.create_from("odd", &files);
    let target = server.create("copy");
    let dump = source.client("pg_dump").output().expect("pg_dump runs").stdout;
    let text = String::from_utf8(dump).expect("the dump is UTF-8");
    target.try_run(&text).expect_ok();
    oracle::assert_copied(&source, &target);

    let spoilt = |change: &str| {
        target.run(change);
        let mut found = oracle::schema_differences(&source, &target);
        found.extend(oracle::row_differences(&source, &target));
        found.extend(oracle::sequence_differences(&source, &target));
        found.len()
    };
    assert_eq!(spoilt("INSERT INTO odd.no_key VALUES (1, repeat('dup ', 20))"), 1);
    assert_eq!(spoilt("UPDATE odd.times SET ts = NULL WHERE id = 1"), 2);
    assert_eq!(spoilt("DROP INDEX odd.ix_gin"), 3);
    assert_eq!(spoilt("SELECT nextval('odd.called')"), 5, "one line for each side");
    assert_eq!(spoilt("ALTER TABLE odd.hen DROP CONSTRAINT \"hen's egg\""), 7);
}

#[test]
fn the_oracle_sees_differences_of_sqlite_files() {
    let folder = temporary("tglite");
    let (source, copy) = (folder.path().join("a.db"), folder.path().join("b.db"));
    sqlite::build(&source, &own_data("oddities_sqlite.sql"));
    std::fs::copy(&source, &copy).expect("a file can be copied");
    sqlite::assert_copied(&source, &copy);
    sqlite::build_from_text(&copy, "UPDATE loose SET t = 5 WHERE id = 2 AND typeof(t) = 'text'");
    sqlite::assert_copied(&source, &copy);
    sqlite::build_from_text(&copy, "UPDATE loose SET b = CAST(b AS TEXT) WHERE id = 1");
    let unequal = std::panic::catch_unwind(|| sqlite::assert_copied(&source, &copy));
    assert!(unequal.is_err(), "a blob that became text was not seen");
}
