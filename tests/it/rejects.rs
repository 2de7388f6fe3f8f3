//! A row that the target refuses fails its chunk, and only that; mended, it completes the job.

use crate::support::made::SMALL_CHUNKS;
use crate::support::postgres::{Database, PgServer};
use crate::support::{Tidegate, oracle};

const JOB: &str = "picky";

/// A target whose table refuses one row of the source.
fn scene() -> (Tidegate, Database, Database) {
    let server = PgServer::shared();
    let (source, target) = (server.create("loose"), server.create("picky"));
    let table = "CREATE TABLE t (id integer PRIMARY KEY, payload text, v integer)";
    source.run(table);
    source.run(
        "INSERT INTO t SELECT i, repeat(md5(i::text), 4), i FROM generate_series(1, 20000) i;
         CREATE TABLE other AS SELECT generate_series(1, 3000) AS i; ANALYZE;",
    );
    target.run(table);
    target.run(
        "ALTER TABLE t ADD CONSTRAINT no_6666 CHECK (v <> 6666); CREATE TABLE other (i integer)",
    );
    let tidegate = Tidegate::new();
    let mut more = vec!["--data-only", "--if-exists", "append", "--threads", "3"];
    more.extend(SMALL_CHUNKS);
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles(JOB));
    assert!(outcome.text().contains("fail"), "the last words name failures: {outcome:?}");
    (tidegate, source, target)
}

#[test]
fn only_its_chunk_fails_and_after_mending_it_completes() {
    let (tidegate, source, target) = scene();
    let chunks = tidegate.chunks(JOB);
    assert_eq!(chunks.failed, 1, "{}", tidegate.troubles(JOB));
    assert_eq!(chunks.processed, chunks.total - 1);
    assert_eq!(target.count("other"), 3000);
    assert_eq!(target.count("t WHERE v = 6666"), 0);
    let missing = source.count("t") - target.count("t");
    assert!(missing > 0 && missing < 2000, "{missing} rows are missing: more than a chunk");

    // The same on the command line, in the master table, on the status.
    let failed = tidegate.json(&["chunks", JOB, "--state", "failed"]);
    let chunk = &failed["chunks"][0];
    assert_eq!(chunk["error_code"], "23514", "{failed:#}");
    let message = chunk["error_message"].as_str().unwrap_or_default();
    assert!(message.contains("no_6666"), "the constraint is named: {failed:#}");
    assert_eq!(chunk["attempts"], 1, "a refused row is not tried again in vain: {failed:#}");
    let stored = tidegate.stored(JOB, "SELECT chunk, error_code, error_message FROM failed_chunks");
    assert!(stored[0].contains("23514") && stored[0].contains("no_6666"), "{stored:?}");
    assert_eq!(tidegate.status_number(JOB, "progress.chunks_failed"), 1);
    assert_eq!(tidegate.run(&["wait", JOB]).code, Some(3));

    // Not mended: fails again, and nothing else moves.
    let number = format!("public.t#{}", chunk["number"]);
    tidegate.ok(&["retry", JOB, "--chunk", &number, "-y"]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3), "{}", tidegate.troubles(JOB));
    assert_eq!(target.count("t"), source.count("t") - missing);

    target.run("ALTER TABLE t DROP CONSTRAINT no_6666");
    tidegate.ok(&["retry", JOB, "--chunk", &number, "-y"]);
    tidegate.wait_done(JOB, 60);
    oracle::assert_same_rows(&source, &target);
    let others = "SELECT count(*) FROM chunk WHERE handouts > 1";
    assert_eq!(tidegate.stored(JOB, others), ["1"], "only the failed chunk was begun again");
    oracle::assert_nothing_left(&target);
}

#[test]
fn a_skipped_chunk_is_counted_and_never_called_done() {
    let (tidegate, source, target) = scene();
    let failed = tidegate.json(&["chunks", JOB, "--state", "failed"]);
    let number = format!("public.t#{}", failed["chunks"][0]["number"]);
    let without = tidegate.run(&["skip", JOB, "--chunk", &number, "--reason", "known"]);
    assert_eq!(without.code, Some(10), "leaving rows out for good is asked: {without:?}");
    let name = target.name.clone();
    tidegate.ok(&["skip", JOB, "--chunk", &number, "--reason", "known", "--yes-target", &name]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3), "a skipped chunk is not everything");
    assert_eq!(tidegate.status_number(JOB, "progress.chunks_skipped"), 1);
    assert_eq!(tidegate.stored(JOB, "SELECT skip_reason FROM chunk WHERE state = 4"), ["known"]);
    assert!(target.count("t") < source.count("t"));
}

/// The master table's views as the manual shows them.
#[test]
fn the_master_table_tells_it_to_sqlite3() {
    let (tidegate, _, _) = scene();
    let file = tidegate.job_folder(JOB).join("master.db");
    let ask = |query: &str| {
        let Some(sqlite3) = crate::support::programs::find(&["sqlite3"]) else {
            crate::support::programs::could_not_start("sqlite3", "it is not installed");
        };
        let mut command = std::process::Command::new(sqlite3);
        crate::support::programs::run(command.arg("-readonly").arg(&file).arg(query)).expect_ok()
    };
    let status = ask("SELECT state, chunks_failed FROM import_task_status");
    assert_eq!(status.trim(), "COMPLETED|1");
    let table = ask("SELECT state, failed FROM table_status WHERE source_table = 'public.t'");
    assert_eq!(table.trim(), "failed|1");
    let chunk =
        ask("SELECT status, error_code FROM parallel_execute_chunks WHERE error_code <> ''");
    assert_eq!(chunk.trim(), "PROCESSED_WITH_ERROR|23514");
}

/// Deadlocks and the like pass by themselves: the same chunk again, after a while.
#[test]
fn a_fault_that_passes_is_tried_again() {
    let server = PgServer::shared();
    let (source, target) = (server.create("calm"), server.create("busy"));
    let table = "CREATE TABLE t (id integer PRIMARY KEY)";
    source.run(&format!("{table}; INSERT INTO t SELECT generate_series(1, 500)"));
    target.run(table);
    target.run(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('public.tries') <= 2 THEN
                 RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
             END IF;
             RETURN NULL; END $$;
         CREATE TRIGGER twice BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION twice();
         ALTER TABLE t ENABLE ALWAYS TRIGGER twice",
    );
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--if-exists", "append"];
    tidegate.copy(JOB, &source.url(), &target.url(), &more);
    assert_eq!(target.count("t"), 500);
    let chunk = tidegate.stored(JOB, "SELECT state, attempts, error_code FROM chunk");
    assert_eq!(chunk, ["2 3 40P01"], "done at the third attempt, the last error is kept");
}

/// Foreign keys that the target had before the job hold for the rows of the job too.
#[test]
fn foreign_keys_of_the_target_hold() {
    let server = PgServer::shared();
    let (source, target) = (server.create("loose"), server.create("strict"));
    source.run(
        "CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (p integer);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1), (99);",
    );
    target.run(
        "CREATE TABLE parent (id integer PRIMARY KEY);
         CREATE TABLE child (p integer REFERENCES parent);",
    );
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--if-exists", "append"];
    let outcome = tidegate.try_copy(JOB, &source.url(), &target.url(), &more);
    let orphans = target.count("child WHERE p NOT IN (SELECT id FROM parent)");
    let refused = outcome.code != Some(0);
    assert!(refused, "{orphans} rows without a parent, and the job says: {outcome:?}");
    assert!(outcome.text().contains("child"), "{outcome:?}");
}
