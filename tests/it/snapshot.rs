//! The source goes on living during the copy; the target is the source at one moment.

use std::process::Child;

use crate::support::made::SMALL_CHUNKS;
use crate::support::postgres::{Database, PgServer};
use crate::support::{Deadline, Tidegate, oracle, wait_until};

/// Step `k` changes the tables in a way that depends on `k` alone, so the state after any number of
/// steps can be made again elsewhere and compared.
const WORLD: &str = "
CREATE TABLE counter (k bigint);
INSERT INTO counter VALUES (0);
CREATE TABLE keyed (id integer PRIMARY KEY, payload text, changed bigint);
INSERT INTO keyed SELECT i, repeat(md5(i::text), 4), 0 FROM generate_series(1, 30000) i;
CREATE TABLE heap (id integer, payload text, changed bigint);
INSERT INTO heap SELECT i, repeat(md5(i::text), 4), 0 FROM generate_series(1, 30000) i;
CREATE TABLE journal (k bigint PRIMARY KEY, what text);
CREATE INDEX ON heap (id);
CREATE FUNCTION step() RETURNS void LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    UPDATE counter SET k = k + 1 RETURNING k INTO n;
    INSERT INTO journal VALUES (n, repeat('j', 100));
    UPDATE keyed SET changed = n, payload = payload || n WHERE id = 1 + (n * 7919) % 30000;
    UPDATE heap SET changed = n WHERE id = 1 + (n * 104729) % 30000;
    DELETE FROM keyed WHERE id = 1 + (n * 15485863) % 30000;
    DELETE FROM heap WHERE id = 1 + (n * 32452843) % 30000;
    INSERT INTO keyed VALUES (100000 + n, 'new', n);
    INSERT INTO heap VALUES (-n, 'new', n);
END $$;
ANALYZE;";

/// Steps, each in a transaction of its own, until someone says stop.
fn keep_writing(database: &Database) -> Child {
    database.run("CREATE SCHEMA hidden; CREATE TABLE hidden.stop ()");
    let work = "DO $$ BEGIN LOOP PERFORM public.step(); COMMIT; \
                EXIT WHEN EXISTS (SELECT FROM hidden.stop); END LOOP; END $$";
    let mut command = database.psql();
    command.args(["-c", work]).spawn().expect("psql can be started")
}

#[test]
fn the_target_is_the_source_at_the_snapshot() {
    let server = PgServer::shared();
    let (source, target) = (server.create("world"), server.create("copy"));
    source.run(WORLD);
    let mut writer = keep_writing(&source);
    wait_until("the first steps", Deadline::seconds(20), || {
        source.number("SELECT k FROM counter") > 20
    });
    let tidegate = Tidegate::new();
    let mut more = vec!["--schema", "public", "--threads", "4", "--rate", "6MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy("living", &source.url(), &target.url(), &more);
    let at_end = source.number("SELECT k FROM counter");
    source.run("INSERT INTO hidden.stop DEFAULT VALUES");
    assert!(writer.wait().expect("a child").success(), "the writer failed");

    let seen = target.number("SELECT k FROM counter");
    assert!(seen < at_end, "nothing was written during the copy ({seen} of {at_end} steps)");
    let again = server.create("again");
    again.run(WORLD);
    again.run(&format!("SELECT step() FROM generate_series(1, {seen})"));
    oracle::assert_same_rows(&again, &target);
    assert_eq!(tidegate.stored("living", "SELECT snapshots FROM job"), ["1"]);
}

/// A pause keeps the snapshot, however much happens meanwhile.
#[test]
fn a_pause_keeps_the_snapshot() {
    let server = PgServer::shared();
    let (source, target) = (server.create("world"), server.create("copy"));
    source.run(WORLD);
    source.run("SELECT step() FROM generate_series(1, 10)");
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "2", "--rate", "3MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached("paused", &source.url(), &target.url(), &more);
    tidegate.await_chunks("paused", 5, Deadline::seconds(60));
    tidegate.ok(&["pause", "paused"]);
    tidegate.await_state("paused", "IDLING", Deadline::seconds(30));
    source.run("SELECT step() FROM generate_series(1, 500)");
    tidegate.ok(&["rate", "paused", "none"]);
    tidegate.ok(&["resume", "paused"]);
    tidegate.wait_done("paused", 120);

    let again = server.create("again");
    again.run(WORLD);
    again.run("SELECT step() FROM generate_series(1, 10)");
    oracle::assert_same_rows(&again, &target);
    assert_eq!(tidegate.stored("paused", "SELECT snapshots FROM job"), ["1"]);
}
