//! Rows that the target refuses are put aside, all others are loaded, and after mending the
//! rejected ones are read again: whatever dies meanwhile, none is lost and none is there twice.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use crate::support::postgres::{Database, PgServer};
use crate::support::{Deadline, Tidegate, oracle, sqlite, wait_until};

const JOB: &str = "choosy";
const BAD: usize = 37;

/// Rows of the table; `tests/show` asks for a million.
fn rows() -> i64 {
    let asked = std::env::var("TIDEGATE_TEST_ROWS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(300_000)
}

const REJECT: [&str; 8] = [
    "--data-only",
    "--if-exists",
    "append",
    "--bad-rows",
    "reject",
    "--threads",
    "3",
    "--chunk-size=1MiB",
];

/// Kinds of bad rows: how many, and what makes row `id` one.
const KINDS: [(&str, usize, &str); 6] = [
    ("text into integer", 10, "a = 'seven'"),
    ("too long", 8, "b = 'much too long for ten'"),
    ("null into not null", 7, "c = NULL"),
    ("check constraint", 5, "e = -1"),
    ("duplicate of a row that is there", 4, "d = 'taken ' || id"),
    ("no such day", 3, "f = '2024-02-30'"),
];

/// Ids of bad rows: spread over the table, the first and the last row among them.
fn bad_ids() -> Vec<i64> {
    let count = i64::try_from(BAD).expect("a small number");
    (0..count).map(|i| 1 + i * (rows() - 1) / (count - 1)).collect()
}

fn bad_of(kind: usize) -> Vec<i64> {
    let before: usize = KINDS[..kind].iter().map(|(_, count, _)| count).sum();
    bad_ids()[before..before + KINDS[kind].1].to_vec()
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// Statements that make a good table bad.
fn spoil() -> String {
    (0..KINDS.len())
        .map(|kind| {
            format!("UPDATE t SET {} WHERE id IN ({});", KINDS[kind].2, list(&bad_of(kind)))
        })
        .collect()
}

const MEND: &str =
    "UPDATE t SET a = '7', b = 'short', c = 'c', d = 'd' || id, e = 1, f = '2024-02-29'";

fn loose_postgres(server: &PgServer) -> Database {
    let source = server.create("loose");
    let count = rows();
    source.run(&format!(
        "CREATE TABLE t (id integer PRIMARY KEY, a text, b text, c text, d text, e integer, f text);
         INSERT INTO t SELECT i, '7', 'short', 'c', 'd' || i, 1, '2024-02-29'
             FROM generate_series(1, {count}) i;
         {} ANALYZE",
        spoil()
    ));
    source
}

/// A target whose table is narrower and holds rows already. Without a key on `id`: a row that
/// arrived twice is seen, not refused.
fn narrow(server: &PgServer) -> Database {
    let target = server.create("narrow");
    target.run(
        "CREATE TABLE t (id integer, a integer, b varchar(10), c text NOT NULL, d text UNIQUE,
             e integer CONSTRAINT e_is_positive CHECK (e >= 0), f date)",
    );
    let taken = bad_of(4).into_iter().map(|id| format!("(-{id}, 'c', 'taken {id}')"));
    let taken: Vec<String> = taken.collect();
    target.run(&format!("INSERT INTO t (id, c, d) VALUES {}", taken.join(", ")));
    target
}

/// What must be on the target: every good row once.
fn assert_good_rows(target: &Database) {
    assert_eq!(target.count("t WHERE id > 0"), rows() - i64::try_from(BAD).expect("small"));
    assert_eq!(
        target.number("SELECT count(DISTINCT id) FROM t WHERE id > 0"),
        target.count("t WHERE id > 0")
    );
    assert_eq!(target.count(&format!("t WHERE id IN ({})", list(&bad_ids()))), 0);
}

fn assert_all_rows_once(target: &Database) {
    assert_eq!(target.count("t WHERE id > 0"), rows());
    assert_eq!(target.number("SELECT count(DISTINCT id) FROM t WHERE id > 0"), rows());
}

/// The 37, with their keys and a reason each, in the lists, the books and the files.
fn assert_listed(tidegate: &Tidegate) {
    let listed = tidegate.json(&["rejects", "list", JOB, "--limit", "1000"]);
    assert_eq!(listed["total"], BAD, "{listed:#}");
    let found = listed["rows"].as_array().expect("rows").clone();
    let keys: BTreeSet<i64> = found
        .iter()
        .map(|row| row["key"][0][1].as_str().expect("a key").parse().expect("a number"))
        .collect();
    assert_eq!(keys, bad_ids().into_iter().collect::<BTreeSet<i64>>());
    for row in &found {
        assert_eq!(row["key"][0][0], "id");
        assert!(row["message"].as_str().is_some_and(|text| !text.is_empty()), "{row:#}");
        assert!(row["row"].is_null(), "the row's text travels only when asked for: {row:#}");
    }
    let causes = listed["causes"].as_array().expect("causes").len();
    assert_eq!(causes, KINDS.len(), "{:#}", listed["causes"]);
    assert_eq!(tidegate.status_number(JOB, "progress.rows_rejected"), 37);
    // Rows read = rows written + rows rejected, over all chunks.
    let sums = "SELECT sum(rows), sum(rejected), sum(state = 2) = count(*) FROM chunk";
    assert_eq!(tidegate.stored(JOB, sums), [format!("{} 37 1", rows() - 37)]);
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM rejected_rows"), ["37"]);
    assert_files(tidegate);
}

fn assert_files(tidegate: &Tidegate) {
    let folder = tidegate.job_folder(JOB).join("rejects");
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        let mode = entry.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}: rows are private", entry.path().display());
    }
    let name = tidegate.stored(JOB, "SELECT source_schema FROM plan_table").concat();
    let bad = std::fs::read_to_string(folder.join(format!("{name}.t.bad"))).expect("a bad file");
    assert_eq!(bad.lines().count(), BAD, "{bad}");
    let ids: BTreeSet<i64> = bad
        .lines()
        .map(|line| line.split('\t').next().and_then(|id| id.parse().ok()).expect("an id"))
        .collect();
    assert_eq!(ids, bad_ids().into_iter().collect::<BTreeSet<i64>>());
    let lines = std::fs::read_to_string(folder.join(format!("{name}.t.ndjson"))).expect("a file");
    assert_eq!(lines.lines().count(), BAD);
    for line in lines.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        assert!(object["key"]["id"].is_string() && object["message"].is_string(), "{object:#}");
    }
}

/// No value of a row is in the logs.
fn assert_discreet(tidegate: &Tidegate) {
    let logs = tidegate.engine_logs();
    for value in ["much too long", "2024-02-30", "seven", "taken "] {
        assert!(!logs.contains(value), "{value:?} is in the log:\n{logs}");
    }
}

#[test]
fn all_but_37_rows_are_loaded_from_postgres_and_after_mending_these_too() {
    let server = PgServer::shared();
    let (source, target) = (loose_postgres(server), narrow(server));
    let tidegate = Tidegate::new();
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &REJECT);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(JOB));
    assert!(outcome.text().contains("37 rejected rows"), "{outcome:?}");
    let log = tidegate.ok(&["log", JOB]);
    assert!(log.contains("COMPLETED: with 37 rejected"), "{log}");
    assert_good_rows(&target);
    assert_listed(&tidegate);
    assert_discreet(&tidegate);

    // The bad file is what COPY reads.
    let bad = tidegate.job_folder(JOB).join("rejects/public.t.bad");
    let copied = std::fs::read_to_string(bad).expect("a bad file");
    source.run("CREATE TABLE bad (LIKE t)");
    let mut copy = source.psql();
    copy.args(["-c", "COPY bad FROM STDIN"]);
    crate::support::programs::run_with_input(&mut copy, &copied).expect_ok();
    assert_eq!(source.count("bad JOIN t USING (id) WHERE bad IS NOT DISTINCT FROM t"), 37);
    source.run("DROP TABLE bad");

    // Nothing mended: the same rows are refused again, and nothing is there twice.
    tidegate.ok(&["rejects", "retry", JOB, "-y"]);
    assert_eq!(tidegate.wait(JOB, 120), Some(3), "{}", tidegate.troubles(JOB));
    assert_good_rows(&target);
    assert_eq!(tidegate.status_number(JOB, "progress.rows_rejected"), 37);

    // One is gone at the source, all others are mended.
    let gone = bad_ids()[3];
    source.run(&format!(
        "DELETE FROM t WHERE id = {gone}; {MEND} WHERE id IN ({})",
        list(&bad_ids())
    ));
    tidegate.ok(&["rejects", "retry", JOB, "-y"]);
    tidegate.wait_done(JOB, 120);
    assert_eq!(target.count("t WHERE id > 0"), rows() - 1);
    oracle_of(&source, &target);
    let listed = tidegate.json(&["rejects", "list", JOB]);
    assert_eq!(listed["total"], 1, "{listed:#}");
    assert_eq!(listed["rows"][0]["gone"], true, "{listed:#}");
    assert_eq!(listed["rows"][0]["key"][0][1], gone.to_string());
    oracle::assert_nothing_left(&target);
}

/// Equal rows by their texts.
fn oracle_of(source: &Database, target: &Database) {
    let sum = "SELECT md5(string_agg(concat_ws('|', id, a, b, c, d, e, f), ',' ORDER BY id)) \
               FROM t WHERE id > 0";
    assert_eq!(source.one(sum), target.one(sum));
}

#[test]
fn the_same_from_sqlite_and_after_the_target_was_mended() {
    let server = PgServer::shared();
    let target = narrow(server);
    let tidegate = Tidegate::new();
    let file = tidegate.file("loose.db");
    let count = rows();
    sqlite::build_from_text(
        &file,
        &format!(
            "CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, c text, d text, e integer,
                 f date);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO t SELECT i, 7, 'short', 'c', 'd' || i, 1, '2024-02-29' FROM n; {}",
            spoil()
        ),
    );
    // What SQLite declares is no promise: the narrower columns are consented to.
    let more: Vec<&str> = REJECT.iter().copied().chain(["--accept-lossy"]).collect();
    let outcome = tidegate.try_copy(JOB, &sqlite::url(&file), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(JOB));
    assert_eq!(tidegate.chunks(JOB).failed, 0, "{}", tidegate.troubles(JOB));
    assert_good_rows(&target);
    assert_listed(&tidegate);
    assert_discreet(&tidegate);
    let columns = "SELECT column_name FROM rejected_rows WHERE column_name IN ('a', 'b', 'f')";
    assert_eq!(tidegate.stored(JOB, columns).len(), 10 + 8 + 3, "encoders name the column");

    target.run("ALTER TABLE t DROP CONSTRAINT e_is_positive, ALTER b TYPE text");
    tidegate.ok(&["rejects", "retry", JOB, "--table", "main.t", "-y"]);
    assert_eq!(tidegate.wait(JOB, 120), Some(3), "{}", tidegate.troubles(JOB));
    assert_eq!(tidegate.status_number(JOB, "progress.rows_rejected"), 37 - 8 - 5);
    assert_eq!(target.count("t WHERE id > 0"), rows() - 37 + 8 + 5);

    let to = tidegate.file("exported");
    tidegate.ok(&["rejects", "export", JOB, "--to", &to.display().to_string(), "--format", "tsv"]);
    let exported = std::fs::read_to_string(to.join("main.t.bad")).expect("an export");
    assert_eq!(exported.lines().count(), 37 - 8 - 5);
    assert!(!to.join("main.t.ndjson").exists());
}

#[test]
fn limits_stop_a_chunk_and_say_how_to_go_on() {
    let server = PgServer::shared();
    let (source, target) = (server.create("loose"), server.create("narrow"));
    source.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text);
         INSERT INTO t SELECT i, CASE WHEN i % 100 = 0 THEN 'x' ELSE '1' END
             FROM generate_series(1, 2000) i; ANALYZE",
    );
    target.run("CREATE TABLE t (id integer, v integer)");
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--if-exists", "append", "--rejects-per-table", "19"];
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_eq!(target.count("t"), 0, "nothing of the chunk was kept");
    assert_eq!(tidegate.status_number(JOB, "progress.rows_rejected"), 0);
    let failed = tidegate.json(&["chunks", JOB, "--state", "failed"]);
    let said = failed["chunks"][0]["error_message"].as_str().unwrap_or_default();
    for part in
        ["more than 19 rows of public.t", "safe", "tidegate rejects limit", "tidegate retry"]
    {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let shown = tidegate.json(&["rejects", "limit", JOB]);
    assert_eq!(shown["per_table"], 19, "{shown:#}");
    tidegate.ok(&["rejects", "limit", JOB, "--per-table", "20"]);
    tidegate.ok(&["retry", JOB, "--all", "-y"]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3), "{}", tidegate.troubles(JOB));
    assert_eq!(target.count("t"), 1980);
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM rejected_rows"), ["20"]);
}

#[test]
fn without_reject_mode_the_chunk_fails_and_nothing_is_put_aside() {
    let server = PgServer::shared();
    let (source, target) = (server.create("loose"), server.create("narrow"));
    source.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x'), (2, '2')",
    );
    target.run("CREATE TABLE t (id integer, v integer)");
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--if-exists", "append"];
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_eq!(target.count("t"), 0);
    assert_eq!(tidegate.chunks(JOB).failed, 1);
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM reject"), ["0"]);
    // Rejecting can be allowed later.
    tidegate.ok(&["rejects", "limit", JOB, "--per-table", "5"]);
    tidegate.ok(&["retry", JOB, "--all", "-y"]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3), "{}", tidegate.troubles(JOB));
    assert_eq!(target.count("t"), 1);
}

/// A table without a key: its rejected rows cannot be named, and that is said.
#[test]
fn rows_without_a_key_are_listed_and_their_table_can_be_loaded_again() {
    let server = PgServer::shared();
    let (source, target) = (server.create("loose"), server.create("narrow"));
    source.run("CREATE TABLE t (v text); INSERT INTO t VALUES ('1'), ('x'), ('3')");
    target.run("CREATE TABLE t (v integer)");
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--if-exists", "append", "--bad-rows", "reject"];
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_eq!(target.count("t"), 2);
    let refused = tidegate.run(&["rejects", "retry", JOB, "-y"]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.text().contains("tidegate reload"), "{refused:?}");
    source.run("UPDATE t SET v = '2' WHERE v = 'x'");
    let name = target.name.clone();
    tidegate.ok(&["reload", JOB, "public.t", "--yes-target", &name]);
    tidegate.wait_done(JOB, 60);
    assert_eq!(target.lines("SELECT v FROM t ORDER BY 1"), ["1", "2", "3"]);
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM rejected_rows"), ["0"]);
}

/// A trigger that sleeps at the commit of a chunk with one of these rows.
fn sleep_at_commit(target: &Database, condition: &str) {
    target.run(&format!(
        "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION doze()"
    ));
}

fn await_sleep(target: &Database) {
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
                  AND datname = current_database() AND query LIKE '%COMMIT%'";
    wait_until("a commit under way", Deadline::seconds(120), || target.number(asleep) > 0);
}

#[test]
fn an_engine_killed_between_commit_and_record_loses_no_reject() {
    let server = PgServer::shared();
    let (source, target) = (loose_postgres(server), narrow(server));
    // The second row: its chunk has the first, which is bad.
    sleep_at_commit(&target, "NEW.id = 2");
    let tidegate = Tidegate::new();
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &REJECT);
    await_sleep(&target);
    let pending = "SELECT count(*) FROM reject r JOIN chunk c ON c.id = r.chunk_id \
                   WHERE c.number = 1 AND c.state = 1 AND r.row_key = '[\"1\"]'";
    assert_eq!(tidegate.stored(JOB, pending), ["1"], "it is kept before the commit");
    tidegate.kill_engine(JOB);
    wait_until("the commit to be over", Deadline::seconds(60), || {
        target.count("t WHERE id = 2") == 1
    });
    tidegate.ok(&["resume", JOB]);
    assert_eq!(tidegate.wait(JOB, 180), Some(3), "{}", tidegate.troubles(JOB));
    assert_eq!(
        tidegate.stored(JOB, "SELECT handouts, rejected > 0 FROM chunk WHERE number = 1"),
        ["1 1"],
        "adopted, not done again"
    );
    assert_good_rows(&target);
    assert_listed(&tidegate);
}

#[test]
fn an_engine_killed_again_and_again_in_careful_mode_keeps_count() {
    let server = PgServer::shared();
    let (source, target) = (loose_postgres(server), narrow(server));
    target.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
         CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id % 1000 = 0)
             EXECUTE FUNCTION slow()",
    );
    let tidegate = Tidegate::new();
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &REJECT);
    let mut killed = 0;
    for at_least in [3, 12, 24] {
        let kept = || tidegate.stored(JOB, "SELECT count(*) FROM reject").concat();
        wait_until("rejects to be found", Deadline::seconds(180), || {
            kept().parse::<i32>().unwrap_or(0) >= at_least
                || tidegate.stored_state(JOB) == "COMPLETED"
        });
        if tidegate.stored_state(JOB) == "COMPLETED" {
            break;
        }
        tidegate.kill_engine(JOB);
        killed += 1;
        tidegate.ok(&["resume", JOB]);
    }
    assert!(killed >= 2, "only {killed} kills before the job was over");
    assert_eq!(tidegate.wait(JOB, 240), Some(3), "{}", tidegate.troubles(JOB));
    assert_good_rows(&target);
    assert_listed(&tidegate);
}

#[test]
fn an_engine_killed_during_a_retry_loses_and_doubles_nothing() {
    let server = PgServer::shared();
    let (source, target) = (loose_postgres(server), narrow(server));
    let tidegate = Tidegate::new();
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &REJECT);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(JOB));
    source.run(&format!("{MEND} WHERE id IN ({})", list(&bad_ids())));
    sleep_at_commit(&target, "NEW.id = 1");

    // Before the commit: the engine's sessions are ended, and nothing was kept.
    tidegate.ok(&["rejects", "retry", JOB, "-y"]);
    await_sleep(&target);
    tidegate.kill_engine(JOB);
    tidegate.ok(&["resume", JOB]);
    await_sleep(&target);
    // After it: committed, not recorded.
    tidegate.kill_engine(JOB);
    wait_until("the commit to be over", Deadline::seconds(60), || {
        target.count("t WHERE id = 1") == 1
    });
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM rejected_rows"), ["37"]);
    tidegate.ok(&["resume", JOB]);
    tidegate.wait_done(JOB, 120);
    assert_all_rows_once(&target);
    oracle_of(&source, &target);
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM rejected_rows"), ["0"]);
    let folder = tidegate.job_folder(JOB).join("rejects");
    assert!(!folder.join("public.t.bad").exists(), "the file says what is rejected now");
    oracle::assert_nothing_left(&target);
}

/// MariaDB as the other end: the same on its way there and on its way back.
#[test]
fn rows_that_mariadb_refuses_and_rows_of_mariadb_that_are_refused() {
    use crate::support::mariadb::MariaDbServer;
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let (source, middle, last) =
        (server.create("loose"), other.create("rejected_middle"), server.create("narrow"));
    source.run(
        "CREATE TABLE t (id integer, lang varchar(2), v varchar(40), w varchar(20),
             PRIMARY KEY (id, lang));
         INSERT INTO t SELECT i, 'de', 'short', 'w' || i FROM generate_series(1, 4000) i;
         UPDATE t SET v = 'much too long for ten' WHERE id IN (1, 1700, 4000);
         UPDATE t SET v = NULL WHERE id IN (2, 2500);
         UPDATE t SET w = 'w10' WHERE id = 900;
         UPDATE t SET w = 'taken' WHERE id = 3999; ANALYZE",
    );
    middle.run(
        "CREATE TABLE t (id int, lang varchar(2), v varchar(10) NOT NULL, w varchar(20) UNIQUE,
             PRIMARY KEY (id, lang)) ENGINE = InnoDB;
         INSERT INTO t VALUES (-1, 'de', 'x', 'taken')",
    );
    let tidegate = Tidegate::new();
    let more: Vec<&str> = REJECT.iter().copied().chain(["--accept-lossy"]).collect();
    let outcome = tidegate.try_copy(JOB, &source.url(), &middle.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(JOB));
    assert_eq!(tidegate.chunks(JOB).failed, 0, "{}", tidegate.troubles(JOB));
    assert_eq!(middle.count("t WHERE id > 0"), 4000 - 7);
    let keys = "SELECT row_key FROM rejected_rows ORDER BY row_key";
    let listed = ["1", "1700", "2", "2500", "3999", "4000", "900"];
    let expected: Vec<String> = listed.iter().map(|id| format!("[\"{id}\",\"de\"]")).collect();
    let mut found = tidegate.stored(JOB, keys);
    found.sort();
    let mut sorted = expected.clone();
    sorted.sort();
    assert_eq!(found, sorted);
    source.run("UPDATE t SET v = 'short', w = 'w' || id");
    tidegate.ok(&["rejects", "retry", JOB, "-y"]);
    tidegate.wait_done(JOB, 60);
    assert_eq!(middle.count("t WHERE id > 0"), 4000);
    assert_eq!(middle.number("SELECT count(DISTINCT w) FROM t WHERE id > 0"), 4000);

    // And from MariaDB to a table that is narrower still.
    middle.run("DELETE FROM t WHERE id < 0; UPDATE t SET v = 'longer' WHERE id IN (7, 3000)");
    last.run("CREATE TABLE t (id integer, lang text, v varchar(5), w text)");
    let back = "back";
    let mut more = more;
    let remap = format!("{}:public", middle.name);
    more.extend(["--remap-schema", &remap]);
    let outcome = tidegate.try_copy(back, &middle.url(), &last.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(back));
    assert_eq!(tidegate.stored(back, "SELECT count(*) FROM rejected_rows"), ["2"]);
    assert_eq!(last.count("t"), 3998);
    middle.run("UPDATE t SET v = 'short' WHERE id IN (7, 3000)");
    tidegate.ok(&["rejects", "retry", back, "-y"]);
    tidegate.wait_done(back, 60);
    assert_eq!(last.count("t"), 4000);
}
