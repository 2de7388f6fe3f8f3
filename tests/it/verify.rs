//! Two sides compared: equal ones are found equal, and every difference is found and named.

use serde_json::Value;

use crate::support::made::{SMALL_CHUNKS, source};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgServer};
use crate::support::programs::Outcome;
use crate::support::{Deadline, Tidegate, oracle, own_data, sample, sqlite};

const DIFFERS: Option<i32> = Some(4);

fn verify(tidegate: &Tidegate, job: &str, ends: (&str, &str), more: &[&str]) -> Outcome {
    let mut arguments = vec!["verify", "--job", job, "--from", ends.0, "--to", ends.1];
    arguments.extend(more);
    tidegate.run(&arguments)
}

#[track_caller]
fn assert_equal(tidegate: &Tidegate, job: &str, ends: (&str, &str), more: &[&str]) {
    let outcome = verify(tidegate, job, ends, more);
    let found = tidegate.stored(job, "SELECT * FROM verify_status WHERE verdict <> 'equal'");
    assert!(outcome.code == Some(0), "{outcome:?}\n{found:?}\n{}", tidegate.troubles(job));
    assert_eq!(found, Vec::<String>::new(), "{outcome:?}");
}

/// `table change key columns` of every differing row that was kept.
fn rows(tidegate: &Tidegate, job: &str) -> Vec<String> {
    let query = "SELECT source_table, change, row_key, columns FROM verify_rows ORDER BY 1, 3, 2";
    tidegate.stored(job, query)
}

fn copied(more: &str) -> (Tidegate, Database, Database) {
    let server = PgServer::shared();
    let made = server.create("made");
    made.run(more);
    let target = server.create("copy");
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &made.url(), &target.url(), &[]);
    (tidegate, made, target)
}

#[test]
fn oddities_are_equal_after_a_copy() {
    let server = PgServer::shared();
    let files = [own_data("oddities_pg.sql"), own_data("oddities_pg_objects.sql")];
    let (here, there) = (server.create_from("odd", &files), server.create("copy"));
    let tidegate = Tidegate::new();
    tidegate.copy("odd", &here.url(), &there.url(), &SMALL_CHUNKS);
    let outcome = tidegate.run(&["verify", "odd"]);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("odd.verify"));
    let chunks = tidegate.chunks("odd.verify");
    assert!(chunks.total > 20 && chunks.processed == chunks.total, "{chunks:?}");
    oracle::assert_nothing_left(&there);
}

#[test]
fn pagila_is_equal_to_its_copy() {
    let Some(file) = sample("pagila/pagila_pg.sql") else { return };
    let server = PgServer::shared();
    let (here, there) = (server.create_from("sample", &[file]), server.create("copy"));
    let tidegate = Tidegate::new();
    tidegate.copy("pagila", &here.url(), &there.url(), &[]);
    assert_equal(&tidegate, "again", (&here.url(), &there.url()), &SMALL_CHUNKS);
}

fn equal_across_engines(script: &std::path::Path) {
    let server = PgServer::shared();
    let target = server.create("copy");
    let tidegate = Tidegate::new();
    let file = tidegate.file("source.db");
    sqlite::build(&file, script);
    tidegate.copy("file", &sqlite::url(&file), &target.url(), &["--accept-lossy", "--verify"]);
    assert_eq!(tidegate.stored_state("file.verify"), "COMPLETED");
    assert_equal(&tidegate, "there", (&sqlite::url(&file), &target.url()), &SMALL_CHUNKS);
    let back = tidegate.file("back.db");
    tidegate.copy("back", &target.url(), &sqlite::url(&back), &["--accept-lossy"]);
    let more = ["--threads", "2"];
    assert_equal(&tidegate, "home", (&target.url(), &sqlite::url(&back)), &more);
}

#[test]
fn chinook_is_equal_on_both_engines() {
    if let Some(script) = sample("chinook/chinook_sqlite.sql") {
        equal_across_engines(&script);
    }
}

#[test]
fn the_shop_is_equal_on_both_engines() {
    equal_across_engines(&own_data("shop_sqlite.sql"));
}

const BIG: &str = "CREATE TABLE big (id bigint PRIMARY KEY, a integer, b text, c timestamptz);
     INSERT INTO big SELECT i, i % 77, md5(i::text), '2024-01-01'::timestamptz + i * '1s'::interval
         FROM generate_series(1, 500000) i; ANALYZE;";

/// Every transaction that wrote a row of the target's big table.
const WRITERS: &str = "SELECT count(DISTINCT xmin::text), count(*) FROM big";

#[test]
fn one_byte_in_half_a_million_rows_is_named_and_mended_alone() {
    let (tidegate, made, target) = copied(BIG);
    let ends = (made.url(), target.url());
    target.run("UPDATE big SET b = overlay(b placing '~' from 7) WHERE id = 314159");
    target.run(
        "CREATE TABLE touched (op text, id bigint);
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO public.touched VALUES (TG_OP, coalesce(NEW.id, OLD.id)); RETURN NEW;
         END $$;
         CREATE TRIGGER touch AFTER INSERT OR UPDATE OR DELETE ON big
             FOR EACH ROW EXECUTE FUNCTION touch();",
    );
    let before = target.one(WRITERS);
    let more = ["--table", "big", "--chunk-size", "1MiB"];
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &more);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let named = [r#"public.big different ["314159"] ["b"]"#];
    assert_eq!(rows(&tidegate, "look"), named, "{}", tidegate.troubles("look"));
    assert!(tidegate.chunks("look").total > 10, "{:?}", tidegate.chunks("look"));
    assert_eq!(target.one("SELECT count(*) FROM touched"), "0", "looking changes nothing");
    let shown = tidegate.run(&["verify", "show", "look", "--values"]);
    assert_eq!(shown.code, DIFFERS);
    let value = made.one("SELECT b FROM big WHERE id = 314159");
    assert!(shown.stdout.contains("public.big  different  id 314159  (b)"), "{shown:?}");
    assert!(shown.stdout.contains(&value), "{shown:?}");
    let without = tidegate.run(&["verify", "show", "look"]);
    assert!(!without.stdout.contains(&value), "values only for who asks: {without:?}");

    let mut repair = more.to_vec();
    repair.push("--repair");
    let refused = verify(&tidegate, "unasked", (&ends.0, &ends.1), &repair);
    assert_eq!(refused.code, Some(10), "deleting rows wants the target's name: {refused:?}");
    let name = target.one("SELECT current_database()");
    repair.extend(["--yes-target", &name]);
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("mend"));
    assert_eq!(target.lines("SELECT op || ' ' || id FROM touched"), ["UPDATE 314159"]);
    assert_eq!(target.one("SELECT b FROM big WHERE id = 314159"), value);
    assert_eq!(target.one(WRITERS), before, "no other row was written");
    assert_equal(&tidegate, "after", (&ends.0, &ends.1), &["--table", "big"]);
    oracle::assert_nothing_left(&target);
}

const FAMILY: &str = "CREATE TABLE parent (id integer PRIMARY KEY, name text NOT NULL);
     CREATE TABLE child (a integer, b uuid, p integer NOT NULL REFERENCES parent, note text,
         PRIMARY KEY (a, b));
     INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 5000) i;
     INSERT INTO child SELECT i, md5(i::text)::uuid, i % 5000 + 1, nullif(i % 9, 0)::text
         FROM generate_series(1, 20000) i;
     CREATE TABLE nothing (id integer PRIMARY KEY);
     CREATE TABLE nulls (id integer PRIMARY KEY, a text, b integer, c bytea);
     INSERT INTO nulls VALUES (1, NULL, NULL, NULL), (2, '', 0, ''), (3, NULL, 1, '\\x00');
     ANALYZE;";

#[test]
fn missing_and_extra_rows_are_told_apart_and_mended_in_the_order_of_foreign_keys() {
    let (tidegate, made, target) = copied(FAMILY);
    target.run(
        "DELETE FROM child WHERE p = 7; DELETE FROM parent WHERE id = 7;
         INSERT INTO parent VALUES (9001, 'new');
         INSERT INTO child VALUES (70000, '00000000-0000-0000-0000-000000000001', 9001, 'x');
         UPDATE nulls SET a = '' WHERE id = 1;",
    );
    let ends = (made.url(), target.url());
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &SMALL_CHUNKS);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let found = rows(&tidegate, "look");
    for wanted in [
        r#"public.parent missing ["7"] []"#,
        r#"public.parent extra ["9001"] []"#,
        r#"public.child extra ["70000","00000000-0000-0000-0000-000000000001"] []"#,
        r#"public.nulls different ["1"] ["a"]"#,
    ] {
        assert!(found.iter().any(|row| row == wanted), "{wanted} in {found:?}");
    }
    assert_eq!(found.iter().filter(|row| row.contains("child missing")).count(), 4, "{found:?}");
    let verdict = "SELECT verdict FROM verify_status WHERE source_table = 'public.nothing'";
    assert_eq!(tidegate.stored("look", verdict), ["equal"]);
    let listed: Value = {
        let outcome = tidegate.run(&["verify", "list", "look", "--json"]);
        assert_eq!(outcome.code, DIFFERS);
        serde_json::from_str(&outcome.stdout).expect("one object")
    };
    assert_eq!(listed["tables"].as_array().map(Vec::len), Some(4), "{listed}");

    let name = target.one("SELECT current_database()");
    let repair = ["--repair", "--yes-target", &name];
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("mend"));
    oracle::assert_same_rows(&made, &target);
}

#[test]
fn rows_without_a_key_are_counted_and_their_repair_is_refused() {
    let (tidegate, made, target) = copied(
        "CREATE TABLE bare (kind integer, note text);
         INSERT INTO bare SELECT i % 5, 'the same' FROM generate_series(1, 1000) i;
         CREATE TABLE lost (id integer PRIMARY KEY); INSERT INTO lost VALUES (1), (2);
         CREATE TABLE narrow (id integer PRIMARY KEY, a text, b text);
         INSERT INTO narrow VALUES (1, 'a', 'b');",
    );
    let ends = (made.url(), target.url());
    assert_equal(&tidegate, "equal", (&ends.0, &ends.1), &[]);
    target.run(
        "DELETE FROM bare WHERE ctid IN (SELECT ctid FROM bare WHERE kind = 3 LIMIT 2);
         INSERT INTO bare VALUES (9, NULL); DROP TABLE lost; ALTER TABLE narrow DROP COLUMN b;",
    );
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &[]);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let sums = "SELECT source_table, verdict, missing, extra, different FROM verify_status \
                ORDER BY 1";
    assert_eq!(
        tidegate.stored("look", sums),
        ["public.bare differs 2 1 0", "public.lost differs 2 0 0", "public.narrow equal 0 0 0",]
    );
    let said = "SELECT message FROM finding WHERE topic = 'differs' ORDER BY 1";
    let said = tidegate.stored("look", said).join("\n");
    assert!(said.contains("public.narrow") && said.contains("public.lost"), "{said}");

    let name = target.one("SELECT current_database()");
    let repair = ["--table", "bare", "--repair", "--yes-target", &name];
    let before = target.one("SELECT count(*) FROM bare");
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}");
    assert_eq!(target.one("SELECT count(*) FROM bare"), before, "nothing was touched");
    let failed = tidegate.stored("mend", "SELECT error_message FROM step WHERE state = 'failed'");
    assert!(failed.iter().any(|text| text.contains("no key that names a row")), "{failed:?}");
}

#[test]
fn a_killed_engine_goes_on_and_a_pause_is_a_pause() {
    let server = PgServer::shared();
    let (made, target) = (source(server, 40_000), server.create("copy"));
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &made.url(), &target.url(), &[]);
    target.run("UPDATE by_id SET n = -1 WHERE id IN (5, 39999)");
    // The conventional way is read through us, and can be slowed down.
    target.run("ALTER TABLE by_id ALTER COLUMN payload TYPE varchar");
    let ends = (made.url(), target.url());
    let slow = ["--detach", "--rate", "2MB/s", "--threads", "2", "--chunk-size", "64KiB"];
    let begun = verify(&tidegate, "long", (&ends.0, &ends.1), &slow);
    assert_eq!(begun.code, Some(0), "{begun:?}");
    tidegate.await_chunks("long", 2, Deadline::seconds(60));
    tidegate.kill_engine("long");
    let done = tidegate.chunks("long");
    assert!(done.processed < done.total, "killed in the middle: {done:?}");
    let kept = tidegate.stored("long", "SELECT id, handouts FROM chunk WHERE state = 2");
    tidegate.ok(&["resume", "long"]);
    tidegate.await_chunks("long", done.processed + 1, Deadline::seconds(60));
    tidegate.ok(&["pause", "long"]);
    tidegate.await_state("long", "IDLING", Deadline::seconds(60));
    assert_eq!(tidegate.status_number("long", "progress.chunks_running"), 0);
    tidegate.ok(&["rate", "long", "none"]);
    tidegate.ok(&["threads", "long", "4"]);
    tidegate.ok(&["resume", "long"]);
    assert_eq!(tidegate.wait("long", 180), DIFFERS, "{}", tidegate.troubles("long"));
    let again = tidegate.stored("long", "SELECT id, handouts FROM chunk WHERE state = 2");
    assert!(kept.iter().all(|chunk| again.contains(chunk)), "what was compared stays compared");
    let named =
        [r#"public.by_id different ["39999"] ["n"]"#, r#"public.by_id different ["5"] ["n"]"#];
    assert_eq!(rows(&tidegate, "long"), named, "{}", tidegate.troubles("long"));
    assert_eq!(tidegate.status_number("long", "compared.different"), 2);
}

#[test]
fn files_are_mended_as_well() {
    let tidegate = Tidegate::new();
    let (here, there) = (tidegate.file("here.db"), tidegate.file("there.db"));
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b REAL, c BLOB);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO t SELECT i, 'text ' || i, i / 7.0, x'00ff' FROM n;
         CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, v, PRIMARY KEY (a, b));
         INSERT INTO pair VALUES ('x', 1, 1), ('x', 2, '1'), ('y', 1, NULL);";
    sqlite::build_from_text(&here, script);
    sqlite::build_from_text(&there, script);
    let ends = (sqlite::url(&here), sqlite::url(&there));
    assert_equal(&tidegate, "equal", (&ends.0, &ends.1), &SMALL_CHUNKS);
    sqlite::build_from_text(
        &there,
        "UPDATE t SET a = 'Text 77' WHERE id = 77; DELETE FROM t WHERE id = 19000;
         INSERT INTO t VALUES (90000, 'extra', 1, NULL);
         UPDATE pair SET v = '1' WHERE a = 'x' AND b = 1;",
    );
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &SMALL_CHUNKS);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    assert_eq!(
        rows(&tidegate, "look"),
        [
            r#"main.pair different ["x","1"] ["v"]"#,
            r#"main.t missing ["19000"] []"#,
            r#"main.t different ["77"] ["a"]"#,
            r#"main.t extra ["90000"] []"#,
        ]
    );
    let repair = ["--repair", "--yes-target", "there.db"];
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("mend"));
    sqlite::assert_copied(&here, &there);
}

#[test]
fn a_target_of_another_engine_is_mended() {
    let server = PgServer::shared();
    let target = server.create("copy");
    let tidegate = Tidegate::new();
    let file = tidegate.file("source.db");
    sqlite::build(&file, &own_data("shop_sqlite.sql"));
    tidegate.copy("file", &sqlite::url(&file), &target.url(), &["--accept-lossy"]);
    let table = target.one(
        "SELECT table_name FROM information_schema.table_constraints \
         WHERE constraint_type = 'PRIMARY KEY' AND table_schema = 'public' ORDER BY 1 DESC LIMIT 1",
    );
    let before = target.one(&format!("SELECT count(*) FROM public.\"{table}\""));
    target.run(&format!(
        "SET session_replication_role = replica; \
         DELETE FROM public.\"{table}\" WHERE ctid IN \
         (SELECT ctid FROM public.\"{table}\" LIMIT 1)"
    ));
    let ends = (sqlite::url(&file), target.url());
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &[]);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let name = target.one("SELECT current_database()");
    let repair = ["--repair", "--yes-target", &name];
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("mend"));
    assert_eq!(target.one(&format!("SELECT count(*) FROM public.\"{table}\"")), before);
}

const KEYED: &str = "CREATE TABLE parent (id integer PRIMARY KEY, name text NOT NULL);
     CREATE TABLE child (a varchar(20), b varchar(30), p integer NOT NULL REFERENCES parent,
         at timestamptz, bytes bytea, label varchar(40) NOT NULL UNIQUE, PRIMARY KEY (a, b));
     INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 2000) i;
     INSERT INTO child SELECT 'Key ''\\ ' || i, i, i,
         '2024-01-01'::timestamptz + i * '1.5s'::interval, decode(md5(i::text), 'hex'),
         'label ' || i FROM generate_series(1, 2000) i; ANALYZE;";

#[test]
fn a_mysql_target_is_mended_row_by_row() {
    let (here, there) =
        (PgServer::shared().create("keyed"), MariaDbServer::shared().create("mended"));
    here.run(KEYED);
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &here.url(), &there.url(), &["--accept-lossy"]);
    let ends = (here.url(), there.url());
    assert_equal(&tidegate, "equal", (&ends.0, &ends.1), &[]);
    there.run(
        "UPDATE parent SET name = 'other' WHERE id = 7;
         DELETE FROM child WHERE p = 8; DELETE FROM parent WHERE id = 8;
         INSERT INTO parent VALUES (9001, 'new');
         INSERT INTO child VALUES ('key', '1', 9001, NULL, NULL, 'extra');
         UPDATE child SET at = '2020-01-01', bytes = x'5c00' WHERE p = 9;
         CREATE TABLE touched (op text, id bigint);
         CREATE TRIGGER i AFTER INSERT ON parent FOR EACH ROW
             INSERT INTO touched VALUES ('added', NEW.id);
         CREATE TRIGGER u AFTER UPDATE ON parent FOR EACH ROW
             INSERT INTO touched VALUES ('changed', NEW.id);
         CREATE TRIGGER d AFTER DELETE ON parent FOR EACH ROW
             INSERT INTO touched VALUES ('removed', OLD.id);
         CREATE TRIGGER ci AFTER INSERT ON child FOR EACH ROW
             INSERT INTO touched VALUES ('child added', NEW.p);
         CREATE TRIGGER cu AFTER UPDATE ON child FOR EACH ROW
             INSERT INTO touched VALUES ('child changed', NEW.p);
         CREATE TRIGGER cd AFTER DELETE ON child FOR EACH ROW
             INSERT INTO touched VALUES ('child removed', OLD.p);",
    );
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &[]);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let sums = "SELECT source_table, missing, extra, different FROM verify_status ORDER BY 1";
    assert_eq!(tidegate.stored("look", sums), ["public.child 1 1 1", "public.parent 1 1 1"]);
    let repair = ["--repair", "--yes-target", &there.name];
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("mend"));
    assert_eq!(
        there.lines("SELECT op, id FROM touched ORDER BY 1, 2"),
        [
            "added\t8",
            "changed\t7",
            "child added\t8",
            "child changed\t9",
            "child removed\t9001",
            "removed\t9001",
        ],
        "no other row was written"
    );
    assert_equal(&tidegate, "after", (&ends.0, &ends.1), &[]);
}

#[test]
fn a_row_whose_other_unique_key_is_taken_is_refused_and_nothing_is_changed() {
    let (here, there) =
        (PgServer::shared().create("taken"), MariaDbServer::shared().create("taken"));
    here.run(
        "CREATE TABLE t (id integer PRIMARY KEY, label varchar(40) NOT NULL UNIQUE);
         INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');",
    );
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &here.url(), &there.url(), &["--accept-lossy"]);
    there.run("UPDATE t SET label = 'uno' WHERE id = 1; UPDATE t SET id = 30 WHERE id = 3");
    let before = there.lines("SELECT * FROM t ORDER BY id");
    let repair = ["--repair", "--yes-target", &there.name];
    let outcome = verify(&tidegate, "mend", (&here.url(), &there.url()), &repair);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}");
    let failed = tidegate.stored("mend", "SELECT error_message FROM step WHERE state = 'failed'");
    assert!(!failed.is_empty(), "{outcome:?}");
    let after = there.lines("SELECT * FROM t ORDER BY id");
    assert_eq!(after, before, "{failed:?}");
}

const MANY_TYPES: &str = "CREATE TABLE many (id int unsigned PRIMARY KEY, t tinyint, f tinyint(1),
     m mediumint, big bigint unsigned, n decimal(40,12), n0 decimal(20,0), c char(9),
     v varchar(80), l varchar(40) CHARACTER SET latin1, tx longtext, vb varbinary(40),
     lb longblob, bt bit(9), d date, dt datetime, dt6 datetime(6), ts timestamp(3) NULL,
     ti time(2), y year, e enum('a','b c',''), st set('a','b'), j json, g point);
     INSERT INTO many WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 900)
     SELECT i, i % 256 - 128, i % 2, -i, 18446744073709551615 - i, i / 7, -i, CONCAT('c', i % 5),
         CONCAT('trailing  ', i, '  '), 'é€', CONCAT(CHAR(9, 10, 92), 'N😀', REPEAT(i, 300)),
         UNHEX(MD5(i)), REPEAT(UNHEX(SHA1(i)), 40), i % 512, '1000-01-01' + INTERVAL i DAY,
         '2024-02-29 23:59:59' + INTERVAL i SECOND, '9999-12-31 23:59:59.120000' - INTERVAL i HOUR,
         '2001-01-01 00:00:00.500' + INTERVAL i SECOND, SEC_TO_TIME(i * 1000.25 - 400000),
         1901 + i % 200, ELT(i % 3 + 1, 'a', 'b c', ''), ELT(i % 4 + 1, '', 'a', 'b', 'a,b'),
         CONCAT('{ \"a\" : ', i, '.50}'), POINT(i, -i) FROM s;
     INSERT INTO many (id) VALUES (0), (4294967295); ANALYZE TABLE many;";

/// Statements of the table that hashed in the server, and those that read its rows.
fn hashed_and_read(server: &MariaDbServer, database: &str) -> (i64, i64) {
    let asked = |what: &str| {
        let query = "SELECT count(*) FROM mysql.general_log WHERE command_type = 'Query' \
                     AND argument LIKE 'SELECT %' AND argument NOT LIKE '%general_log%'";
        let here = format!("AND argument LIKE '%FROM `{database}`.`many`%'");
        server.database("mysql").number(&format!("{query} {here} AND argument {what}"))
    };
    (asked("LIKE '%SHA2(%'"), asked("NOT LIKE '%SHA2(%' AND argument LIKE '%`lb`%'"))
}

#[test]
fn mysql_and_postgres_are_compared_in_the_servers() {
    let server = MariaDbServer::start_with(&["--general-log=1", "--log-output=TABLE"]);
    let (here, there) = (server.create("many"), PgServer::shared().create("many"));
    here.run(MANY_TYPES);
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &here.url(), &there.url(), &["--accept-lossy"]);
    let ends = (here.url(), there.url());
    here.run("TRUNCATE mysql.general_log");
    assert_equal(&tidegate, "equal", (&ends.0, &ends.1), &SMALL_CHUNKS);
    let chunks = tidegate.chunks("equal").total;
    assert!(chunks > 5, "{:?}", tidegate.chunks("equal"));
    assert_eq!(hashed_and_read(&server, &here.name), (chunks, 0), "no row left the server");

    // The other way round, and between two databases of one engine.
    assert_equal(&tidegate, "back", (&ends.1, &ends.0), &SMALL_CHUNKS);
    assert!(tidegate.chunks("back").total > 5, "{:?}", tidegate.chunks("back"));
    let twin = server.create("twin");
    tidegate.copy("twin", &here.url(), &twin.url(), &["--accept-lossy"]);
    here.run("TRUNCATE mysql.general_log");
    assert_equal(&tidegate, "twins", (&here.url(), &twin.url()), &SMALL_CHUNKS);
    let (hashed, read) = hashed_and_read(&server, &twin.name);
    assert!(hashed > 5 && read == 0, "no row left the server: {hashed} {read}");
    twin.run("UPDATE many SET v = CONCAT(v, ' ') WHERE id = 5");
    let outcome = verify(&tidegate, "twin.look", (&here.url(), &twin.url()), &SMALL_CHUNKS);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}");

    let table = there.one("SELECT oid::regclass FROM pg_class WHERE relname = 'many'");
    there.run(&format!("UPDATE {table} SET lb = set_byte(lb, 399, 0) WHERE id = 777"));
    let outcome = verify(&tidegate, "look", (&ends.0, &ends.1), &SMALL_CHUNKS);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let named = format!(r#"{}.many different ["777"] ["lb"]"#, here.name);
    assert_eq!(rows(&tidegate, "look"), [named], "{}", tidegate.troubles("look"));
}

#[test]
fn rows_that_a_server_cannot_hash_are_read() {
    let server = MariaDbServer::start_with(&["--general-log=1", "--log-output=TABLE"]);
    let (here, there) = (server.create("large"), PgServer::shared().create("large"));
    here.run(
        "CREATE TABLE many (id int PRIMARY KEY, lb longblob);
         INSERT INTO many VALUES (1, REPEAT('x', 700000)), (2, NULL), (3, '')",
    );
    let tidegate = Tidegate::new();
    tidegate.copy("copied", &here.url(), &there.url(), &["--accept-lossy"]);
    // Twice as many hexadecimal digits as a packet holds.
    here.run("SET GLOBAL max_allowed_packet = 1048576; TRUNCATE mysql.general_log");
    assert_equal(&tidegate, "equal", (&here.url(), &there.url()), &[]);
    assert_eq!(hashed_and_read(&server, &here.name), (1, 1));
    let table = there.one("SELECT oid::regclass FROM pg_class WHERE relname = 'many'");
    there.run(&format!("UPDATE {table} SET lb = set_byte(lb, 699999, 0) WHERE id = 1"));
    here.run("TRUNCATE mysql.general_log");
    let outcome = verify(&tidegate, "look", (&here.url(), &there.url()), &[]);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}\n{}", tidegate.troubles("look"));
    let locks = "SELECT count(*) FROM mysql.general_log WHERE argument LIKE 'FLUSH TABLES%'";
    assert_eq!(here.one(locks), "1", "the job's snapshot, and none for the second look");
}

#[test]
fn a_column_that_only_a_server_could_compare_is_named_and_left_out() {
    let (here, there) = (MariaDbServer::shared().create("zoned"), PgServer::shared().create("z"));
    here.run(
        "CREATE TABLE t (id int PRIMARY KEY, at datetime, note varchar(20));
         INSERT INTO t VALUES (1, '2024-07-01 12:00:00', 'summer'), (2, NULL, 'never')",
    );
    let tidegate = Tidegate::new();
    let file = tidegate.file("zone.toml");
    let rule = "[[map]]\ntype = \"datetime\"\nto = \"timestamptz\"\nzone = \"Europe/Berlin\"\n";
    std::fs::write(&file, rule).unwrap();
    let path = file.display().to_string();
    let (from, to) = (here.url(), there.url());
    tidegate.copy("zoned", &from, &to, &["--accept-lossy", "--job-file", &path]);
    let outcome = tidegate.run(&["verify", "zoned"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}\n{}", tidegate.troubles("zoned.verify"));
    let said = "SELECT severity, message FROM finding WHERE message LIKE '%not compared%'";
    let named = format!("{}.t: not compared: at", here.name);
    let found = tidegate.stored("zoned.verify", said);
    assert!(found.len() == 1 && found[0].ends_with(&named), "{found:?}");
    let name = there.one("SELECT current_database()");
    let refused = tidegate.run(&["verify", "zoned", "--repair", "--yes-target", &name]);
    assert_ne!(refused.code, Some(0), "half a row is no row: {refused:?}");
    assert!(refused.text().contains("not compared"), "{refused:?}");

    let table = there.one("SELECT oid::regclass FROM pg_class WHERE relname = 't'");
    there.run(&format!("UPDATE {table} SET note = 'Summer' WHERE id = 1"));
    assert_eq!(tidegate.run(&["verify", "zoned"]).code, DIFFERS, "the others are compared");
}

#[test]
fn keys_that_only_a_collation_takes_for_equal_are_not_mended_into_each_other() {
    let (here, there) = (PgServer::shared().create("cases"), MariaDbServer::shared().create("c"));
    here.run(
        "CREATE TABLE t (k varchar(20) PRIMARY KEY, n integer);
         INSERT INTO t VALUES ('abc', 1), ('other', 2);",
    );
    there.run(
        "CREATE TABLE t (k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n int);
         INSERT INTO t VALUES ('ABC', 7), ('other', 3)",
    );
    let tidegate = Tidegate::new();
    let ends = (here.url(), there.url());
    let repair = ["--repair", "--yes-target", &there.name];
    let outcome = verify(&tidegate, "mend", (&ends.0, &ends.1), &repair);
    assert_eq!(outcome.code, DIFFERS, "{outcome:?}");
    assert_eq!(there.lines("SELECT k, n FROM t ORDER BY k"), ["ABC\t7", "other\t3"]);
    there.run("DELETE FROM t WHERE k = 'abc'");
    let outcome = verify(&tidegate, "again", (&ends.0, &ends.1), &repair);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles("again"));
    assert_eq!(there.lines("SELECT k, n FROM t ORDER BY k"), ["abc\t1", "other\t2"]);
}
