//! PostgreSQL to PostgreSQL: everything arrives, nothing else does, nothing stays behind.

use crate::support::made::SMALL_CHUNKS;
use crate::support::postgres::{Database, PgOptions, PgServer};
use crate::support::tidegate::memory_kb;
use crate::support::{Tidegate, oracle, own_data, sample};

fn odd(server: &PgServer) -> Database {
    server.create_from("odd", &[own_data("oddities_pg.sql"), own_data("oddities_pg_objects.sql")])
}

#[test]
fn oddities_arrive_whole() {
    let server = PgServer::shared();
    let (source, target) = (odd(server), server.create("copy"));
    let tidegate = Tidegate::new();
    tidegate.copy("odd", &source.url(), &target.url(), &SMALL_CHUNKS);
    oracle::assert_copied(&source, &target);
    oracle::assert_nothing_left(&target);
    let cut = tidegate.stored("odd", "SELECT method FROM plan_table GROUP BY method ORDER BY 1");
    assert_eq!(cut, ["ctid", "key", "whole"], "tables were cut in every way");
    let chunks = tidegate.chunks("odd");
    assert!(chunks.total > 150 && chunks.processed == chunks.total, "{chunks:?}");
}

/// The conventional path has no bytes to hand through and must come to the same rows.
#[test]
fn the_conventional_path_gives_the_same_rows() {
    let server = PgServer::shared();
    let (source, target) = (odd(server), server.create("copy"));
    let tidegate = Tidegate::new();
    let mut more = vec!["--access", "conventional"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy("odd", &source.url(), &target.url(), &more);
    oracle::assert_same_rows(&source, &target);
    let paths = tidegate.stored("odd", "SELECT DISTINCT path FROM plan_table");
    assert_eq!(paths, ["conventional"]);
}

fn copy_sample(file: &str) {
    let Some(file) = sample(file) else { return };
    let server = PgServer::shared();
    let source = server.create_from("sample", &[file]);
    let target = server.create("copy");
    let tidegate = Tidegate::new();
    tidegate.copy("sample", &source.url(), &target.url(), &[]);
    oracle::assert_copied(&source, &target);
    oracle::assert_nothing_left(&target);
}

#[test]
fn pagila_arrives_whole() {
    copy_sample("pagila/pagila_pg.sql");
}

#[test]
fn northwind_arrives_whole() {
    copy_sample("northwind/northwind_pg.sql");
}

#[test]
fn iso3166_arrives_whole() {
    copy_sample("iso3166/iso3166_pg.sql");
}

#[test]
fn chinook_arrives_whole() {
    let Some(file) = sample("chinook/chinook_pg.sql") else { return };
    let server = PgServer::shared();
    server.maintenance().run_file(&file); // Makes its database itself.
    let (source, target) = (server.database("chinook"), server.create("copy"));
    let tidegate = Tidegate::new();
    tidegate.copy("chinook", &source.url(), &target.url(), &SMALL_CHUNKS);
    oracle::assert_copied(&source, &target);
    oracle::assert_nothing_left(&target);
}

/// The hash of an enum's label is another one on another server, so its rows belong into other
/// partitions there.
#[test]
fn rows_hashed_by_enum_find_their_partition() {
    let server = PgServer::shared();
    let (source, target) = (server.create("hashed"), server.create("copy"));
    source.run(
        "CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'black', 'white', 'grey');
         CREATE TABLE t (c colour, n integer) PARTITION BY HASH (c);
         CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 3, REMAINDER 0);
         CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 3, REMAINDER 1);
         CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 3, REMAINDER 2);
         INSERT INTO t SELECT c, i FROM unnest(enum_range(NULL::colour)) c,
             generate_series(1, 100) i;",
    );
    // Object ids of the target's types become other ones than the source's.
    target.run("CREATE TYPE between AS ENUM ('a', 'b', 'c', 'd', 'e')");
    let tidegate = Tidegate::new();
    tidegate.copy("hashed", &source.url(), &target.url(), &[]);
    let all = "SELECT c, n FROM t ORDER BY c, n";
    assert_eq!(source.lines(all), target.lines(all));
}

#[test]
fn selected_schemas_and_tables_and_no_others() {
    let server = PgServer::shared();
    let source = server.create("picked");
    source.run(
        "CREATE SCHEMA a; CREATE SCHEMA b;
         CREATE TABLE a.one (i integer PRIMARY KEY); CREATE TABLE a.two (i integer);
         CREATE TABLE a.audit_x (i integer); CREATE TABLE b.one (i integer);
         CREATE TABLE b.three (i integer);
         INSERT INTO a.one VALUES (1); INSERT INTO a.two VALUES (2);
         INSERT INTO b.three VALUES (3);",
    );
    let tables = "SELECT schemaname || '.' || relname FROM pg_stat_user_tables ORDER BY 1";
    let tidegate = Tidegate::new();

    let target = server.create("copy");
    let more = ["--schema", "a", "--exclude", "*.audit_*"];
    tidegate.copy("by-schema", &source.url(), &target.url(), &more);
    assert_eq!(target.lines(tables), ["a.one", "a.two"]);

    let target = server.create("copy");
    let more = ["--table", "b.three", "--table", "a.one"];
    tidegate.copy("by-table", &source.url(), &target.url(), &more);
    assert_eq!(target.lines(tables), ["a.one", "b.three"]);
    assert_eq!(target.count("b.three"), 1);
}

/// Whoever may read the source and owns the target database needs no more.
#[test]
fn no_superuser_is_needed() {
    let server = PgServer::shared();
    let admin = server.maintenance();
    admin.run("CREATE ROLE plain LOGIN; CREATE ROLE reader LOGIN;");
    let source = server.create("theirs");
    source.run(
        "CREATE TABLE parent (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text);
         CREATE TABLE child (id integer PRIMARY KEY, p integer NOT NULL REFERENCES parent);
         INSERT INTO parent (t) SELECT 'x' FROM generate_series(1, 2000);
         INSERT INTO child SELECT i, i FROM generate_series(1, 2000) i;
         CREATE VIEW v AS SELECT count(*) FROM child;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
         GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO reader;",
    );
    let target = server.create("ours");
    admin.run(&format!("ALTER DATABASE {} OWNER TO plain", target.name));
    target.run("ALTER SCHEMA public OWNER TO plain");
    let (mut as_reader, mut as_plain) = (source.clone(), target.clone());
    as_reader.user = "reader".to_owned();
    as_plain.user = "plain".to_owned();
    let tidegate = Tidegate::new();
    tidegate.copy("plain", &as_reader.url(), &as_plain.url(), &[]);
    oracle::assert_same_rows(&source, &target);
    assert_eq!(oracle::sequence_differences(&source, &target), Vec::<String>::new());
    let new = target.run("INSERT INTO parent (t) VALUES ('next') RETURNING id");
    assert_eq!(new.trim(), "2001", "the identity goes on where the source was");
}

/// The password comes from ~/.pgpass and goes to the server and nowhere else.
#[test]
fn the_password_stays_where_it_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let password = "tief-im-brunnen-42";
    let server = PgServer::start(PgOptions { password: Some(password), ..PgOptions::default() });
    let (source, target) = (server.create("locked"), server.create("copy"));
    source.run("CREATE TABLE t AS SELECT generate_series(1, 5000) AS i");
    let tidegate = Tidegate::new();
    let pgpass = tidegate.file(".pgpass");
    std::fs::write(&pgpass, format!("127.0.0.1:*:*:postgres:{password}\n")).expect("a file");
    std::fs::set_permissions(&pgpass, std::fs::Permissions::from_mode(0o600)).expect("a file");

    tidegate.copy("locked", &source.url(), &target.url(), &["--threads", "2"]);
    assert_eq!(target.count("t"), 5000);
    let typed = target.url_with(password);
    let more = ["--if-exists", "truncate", "--yes-target", &target.name];
    tidegate.copy("again", &source.url(), &typed, &more);

    std::fs::remove_file(&pgpass).expect("a file of ours");
    for file in files_below(tidegate.home()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes.windows(password.len()).any(|window| window == password.as_bytes());
        assert!(!found, "the password is in {}", file.display());
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder can be listed").flatten();
    let paths = entries.map(|entry| entry.path());
    paths.flat_map(|p| if p.is_dir() { files_below(&p) } else { vec![p] }).collect()
}

#[test]
fn five_hundred_small_tables() {
    let server = PgServer::shared();
    let (source, target) = (server.create("many"), server.create("copy"));
    source.run(
        "DO $$ BEGIN FOR i IN 1..500 LOOP
             EXECUTE format('CREATE TABLE t%s (id integer PRIMARY KEY, t text)', i);
             EXECUTE format('INSERT INTO t%s SELECT n, ''x'' FROM generate_series(1, 20) n', i);
             EXECUTE format('CREATE INDEX ON t%s (t)', i);
         END LOOP; END $$;",
    );
    let tidegate = Tidegate::new();
    tidegate.copy("many", &source.url(), &target.url(), &[]);
    oracle::assert_copied(&source, &target);
}

/// Sixteen workers in the midst of rows of a megabyte.
#[test]
fn memory_does_not_follow_the_rows() {
    let server = PgServer::shared();
    let (source, target) = (server.create("fat"), server.create("copy"));
    source.run(
        "CREATE TABLE t (id integer PRIMARY KEY, b bytea);
         ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
         INSERT INTO t SELECT i, decode(repeat(md5(i::text), 65536), 'hex')
             FROM generate_series(1, 200) i;",
    );
    let tidegate = Tidegate::new();
    let more = ["--threads", "16", "--chunk-size", "8MiB"];
    tidegate.copy("fat", &source.url(), &target.url(), &more);
    let engine = tidegate.engine_pid("fat").expect("a finished engine stays for a moment");
    let peak = memory_kb(engine, "VmHWM");
    assert!(peak > 1_000 && peak < 100_000, "the engine used {peak} kB at its peak");
    oracle::assert_same_rows(&source, &target);
}

/// Rows without a cell to write are rows all the same, on every path.
#[test]
fn rows_without_writable_columns_are_counted() {
    let server = PgServer::shared();
    let source = server.create("bare");
    source.run(
        "CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES;
         CREATE TABLE computed (g integer GENERATED ALWAYS AS (6 * 7) STORED);
         INSERT INTO computed DEFAULT VALUES",
    );
    for access in ["direct", "conventional"] {
        let (tidegate, target) = (Tidegate::new(), server.create("copy"));
        tidegate.copy("bare", &source.url(), &target.url(), &["--access", access]);
        assert_eq!((target.count("bare"), target.count("computed")), (2, 1), "{access}");
    }
}
