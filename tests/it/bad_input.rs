//! What the operator got wrong: one message that says what happened and what to do, an exit code
//! that is not 0, and nothing changed anywhere.

use std::collections::BTreeMap;
use std::fs;

use crate::support::postgres::{Database, PgOptions, PgServer};
use crate::support::programs::{Outcome, run};
use crate::support::{Deadline, Tidegate, sqlite, wait_until};

struct Scene {
    tidegate: Tidegate,
    source: Database,
    target: Database,
}

impl Scene {
    fn new() -> Scene {
        let server = PgServer::shared();
        let (source, target) = (server.create("source"), server.create("target"));
        source.run(
            "CREATE TABLE t (id integer PRIMARY KEY, v text);
             INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) i;
             CREATE SCHEMA secret; CREATE TABLE secret.s (i integer);",
        );
        Scene { tidegate: Tidegate::new(), source, target }
    }

    /// A copy that must be refused before it changes anything.
    #[track_caller]
    fn refuses(&self, from: &str, to: &str, more: &[&str], words: &[&str]) {
        let before = (self.dump(), self.jobs());
        let outcome = self.tidegate.try_copy("bad", from, to, more);
        assert_one_message(&outcome, words);
        assert_eq!(self.dump(), before.0, "the target changed: {outcome:?}");
        assert_eq!(self.jobs(), before.1, "a job stayed behind: {outcome:?}");
        assert_eq!(self.tidegate.engine_pid("bad"), None, "an engine stayed behind: {outcome:?}");
    }

    fn dump(&self) -> String {
        let dump = run(self.target.client("pg_dump").args(["--inserts"])).expect_ok();
        dump.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
    }

    /// The jobs and what the list says of them.
    fn jobs(&self) -> BTreeMap<String, String> {
        let jobs = fs::read_dir(self.tidegate.home().join("state/tidegate/jobs"));
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let names = jobs.into_iter().flatten().flatten().map(name);
        names.map(|name| (name.clone(), self.tidegate.stored_state(&name))).collect()
    }
}

/// One line of what happened, then what to do; not 0; no panic; nothing on stdout.
#[track_caller]
fn assert_one_message(outcome: &Outcome, words: &[&str]) {
    assert!(!matches!(outcome.code, Some(0) | None), "must fail: {outcome:?}");
    let said = outcome.stderr.lines().filter(|line| line.starts_with("tidegate: ")).count();
    let by_clap = outcome.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(said + by_clap, 1, "one message, no more, no less: {outcome:?}");
    assert!(!outcome.text().contains("panicked"), "{outcome:?}");
    for word in words {
        let found = outcome.text().to_lowercase().contains(&word.to_lowercase());
        assert!(found, "{word:?} is not named: {outcome:?}");
    }
}

#[test]
fn addresses_that_lead_nowhere() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    scene.refuses("oracle://scott@db/orcl", &to, &[], &["oracle", "postgres://"]);
    scene.refuses("prod", &to, &[], &["prod", "config.toml"]);
    scene.refuses("", &to, &[], &[]);
    let nobody = format!("postgres://postgres@127.0.0.1:1/{}", scene.source.name);
    scene.refuses(&nobody, &to, &[], &["source", "127.0.0.1"]);
    scene.refuses(&from, &nobody, &[], &["target", "127.0.0.1"]);
    let unknown = "postgres://postgres@no-such-host.invalid/db";
    scene.refuses(unknown, &to, &[], &["source", "no-such-host.invalid"]);
    let mut missing = scene.source.clone();
    missing.name = "no_such_database".to_owned();
    scene.refuses(&missing.url(), &to, &[], &["no_such_database"]);
    scene.refuses(&from, &missing.url(), &[], &["no_such_database"]);
    let mut stranger = scene.source.clone();
    stranger.user = "no_such_role".to_owned();
    scene.refuses(&stranger.url(), &to, &[], &["no_such_role"]);
    scene.refuses(&format!("{from}?sslmode=require"), &to, &[], &["tls"]);
    scene.refuses("sqlite:/no/such/folder/file.db", &to, &[], &["/no/such/folder/file.db"]);
    scene.refuses(&from, "sqlite:/no/such/folder/file.db", &[], &["/no/such/folder"]);
    let text = scene.tidegate.file("text.db");
    fs::write(&text, "This is not a database, it is a longer text.\n".repeat(100)).expect("a file");
    scene.refuses(&sqlite::url(&text), &to, &[], &["text.db", "not a database"]);
}

#[test]
fn a_wrong_password_is_tried_once() {
    let password = Some("right-one");
    let server = PgServer::start(PgOptions { password, ..PgOptions::default() });
    let locked = server.create("locked");
    let scene = Scene::new();
    let wrong = locked.url_with("wrong-one");
    scene.refuses(&wrong, &scene.target.url(), &[], &["source", "password"]);
    let outcome = scene.tidegate.try_copy("bad", &wrong, &scene.target.url(), &[]);
    assert!(!outcome.text().contains("wrong-one"), "the password is shown: {outcome:?}");
    // Nobody there to ask, none found anywhere.
    scene.refuses(&locked.url(), &scene.target.url(), &[], &["password"]);
}

#[test]
fn nothing_to_copy_or_not_allowed() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    scene.refuses(&from, &to, &["--schema", "no_such_schema"], &["no_such_schema"]);
    scene.refuses(&from, &to, &["--table", "public.no_such_table"], &["no_such_table"]);
    scene.source.run("CREATE ROLE limited LOGIN; GRANT SELECT ON t TO limited");
    let mut limited = scene.source.clone();
    limited.user = "limited".to_owned();
    scene.refuses(&limited.url(), &to, &[], &["secret"]);
    let mut limited = scene.target.clone();
    limited.user = "limited".to_owned();
    scene.refuses(&from, &limited.url(), &[], &["privileges", "grant create"]);
}

#[test]
fn a_target_that_is_not_empty() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    scene
        .target
        .run("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (-1, 'old')");
    scene.refuses(&from, &to, &["--schema", "public"], &["public.t", "--if-exists"]);
    let outcome = scene.tidegate.try_copy("bad", &from, &to, &["--schema", "public"]);
    assert_eq!(outcome.code, Some(5), "a plan with a BLOCK: {outcome:?}");

    let policy = |job: &str, name: &str| {
        let mut more = vec!["--schema", "public", "--if-exists", name];
        // What empties or drops tables is asked; the answer is the target's name.
        if matches!(name, "truncate" | "replace") {
            let unanswered = scene.tidegate.try_copy(job, &from, &to, &more);
            assert_eq!(unanswered.code, Some(10), "{unanswered:?}");
            more.extend(["--yes-target", &scene.target.name]);
        }
        scene.tidegate.copy(job, &from, &to, &more);
        (scene.target.count("t"), scene.target.count("t WHERE id = -1"))
    };
    assert_eq!(policy("skips", "skip"), (1, 1));
    assert_eq!(policy("appends", "append"), (101, 1));
    assert_eq!(policy("truncates", "truncate"), (100, 0));
    scene.target.run("ALTER TABLE t ADD extra integer");
    assert_eq!(policy("replaces", "replace"), (100, 0));
    let columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0";
    assert_eq!(scene.target.number(columns), 2, "replaced by the source's table");
}

#[test]
fn onto_itself() {
    let scene = Scene::new();
    let from = scene.source.url();
    scene.refuses(&from, &from, &[], &["same"]);
    scene.refuses(&from, &from.replace("127.0.0.1", "localhost"), &[], &["same"]);
    let file = scene.tidegate.file("one.db");
    sqlite::build_from_text(&file, "CREATE TABLE t (i); INSERT INTO t VALUES (1)");
    let other = scene.tidegate.file("other.db");
    std::os::unix::fs::symlink(&file, &other).expect("a link can be made");
    scene.refuses(&sqlite::url(&file), &sqlite::url(&file), &[], &["same"]);
    scene.refuses(&sqlite::url(&file), &sqlite::url(&other), &[], &["same"]);
    assert_eq!(sqlite::texts(&sqlite::open(&file), "SELECT i || '' FROM t"), ["1"]);
}

/// Two tables of the source that are one name on the target.
#[test]
fn names_that_fall_together() {
    let scene = Scene::new();
    scene.source.run("CREATE TABLE \"T\" (id integer PRIMARY KEY)");
    let file = scene.tidegate.file("folded.db");
    let outcome = scene.tidegate.try_copy(
        "bad",
        &scene.source.url(),
        &sqlite::url(&file),
        &["--schema", "public"],
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let plan = scene.tidegate.run(&["plan", "bad", "--all"]);
    let tables = sqlite::tables(&sqlite::open(&file));
    let [kept, other] = tables.as_slice() else { panic!("two tables, not {tables:?}") };
    let renamed = [kept, other].into_iter().find(|name| name.len() > 1).expect("a suffix");
    assert!(renamed.to_lowercase().starts_with("t_"), "{tables:?}");
    assert!(plan.stdout.contains(renamed.as_str()), "the plan names {renamed}: {plan:?}");
}

#[test]
fn a_job_name_in_use_or_unusable() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    scene.tidegate.copy("taken", &from, &to, &["--table", "public.t"]);
    let before = scene.tidegate.stored("taken", "SELECT job_id FROM job");
    let outcome = scene.tidegate.try_copy("taken", &from, &to, &["--if-exists", "append"]);
    assert_one_message(&outcome, &["taken"]);
    assert_eq!(scene.tidegate.stored("taken", "SELECT job_id FROM job"), before);
    for name in ["../outside", "a b", "", ".hidden", "-x", &"n".repeat(200)] {
        let outcome = scene.tidegate.try_copy(name, &from, &to, &["--if-exists", "append"]);
        assert_one_message(&outcome, &[]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
    }
    assert!(!scene.tidegate.home().join("state/tidegate/outside").exists());
}

#[test]
fn amounts_that_are_none() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    for (option, value) in [
        ("--threads", "0"),
        ("--threads", "many"),
        ("--threads", "-1"),
        ("--rate", "fast"),
        ("--rate", "0"),
        ("--chunk-size", "1"),
        ("--chunk-size", "99TiB"),
        ("--if-exists", "overwrite"),
    ] {
        let outcome = scene.tidegate.try_copy("bad", &from, &to, &[option, value]);
        assert_one_message(&outcome, &[]);
        assert_eq!(outcome.code, Some(2), "{option} {value}: {outcome:?}");
    }
    assert!(scene.jobs().is_empty());
}

#[test]
fn questions_about_jobs_that_are_not_there() {
    let scene = Scene::new();
    for arguments in [
        &["status", "nobody"][..],
        &["attach", "nobody"],
        &["resume", "nobody"],
        &["threads", "nobody", "4"],
        &["chunks", "nobody"],
        &["wait", "nobody", "--timeout", "5s"],
        &["kill", "nobody", "--yes-job", "nobody"],
    ] {
        assert_one_message(&scene.tidegate.run(arguments), &["nobody"]);
    }
    assert!(scene.jobs().is_empty(), "a question made a job");
}

/// A master table that is damaged or comes from a later version is left as it is.
#[test]
fn a_master_table_that_cannot_be_read() {
    let scene = Scene::new();
    let (from, to) = (scene.source.url(), scene.target.url());
    for job in ["damaged", "newer"] {
        let answer = scene.target.name.as_str();
        let more = ["--table", "public.t", "--if-exists", "truncate", "--yes-target", answer];
        scene.tidegate.copy(job, &from, &to, &more);
        // An engine in COMPLETED leaves by itself; this one has to be gone now.
        if scene.tidegate.engine_pid(job).is_some() {
            scene.tidegate.kill_engine(job);
        }
    }
    let master = scene.tidegate.job_folder("damaged").join("master.db");
    let mut bytes = fs::read(&master).expect("the master table");
    let middle = bytes.len() / 2;
    bytes[100..4096].fill(0x5a);
    bytes[middle..].fill(0x5a);
    fs::write(&master, &bytes).expect("the master table");
    for wal in ["master.db-wal", "master.db-shm"] {
        let _ = fs::remove_file(scene.tidegate.job_folder("damaged").join(wal));
    }
    for verb in ["status", "resume", "chunks"] {
        assert_one_message(&scene.tidegate.run(&[verb, "damaged"]), &["damaged"]);
    }
    assert_eq!(fs::read(&master).expect("the master table"), bytes, "somebody wrote to it");

    let master = scene.tidegate.job_folder("newer").join("master.db");
    sqlite::build_from_text(&master, "PRAGMA user_version = 9999");
    for verb in ["status", "resume", "chunks"] {
        let outcome = scene.tidegate.run(&[verb, "newer"]);
        assert_one_message(&outcome, &["newer"]);
    }
    let listed = scene.tidegate.run(&["ls"]);
    assert_eq!(listed.code, Some(0), "one bad job does not hide the others: {listed:?}");
    assert!(listed.stdout.contains("damaged") && listed.stdout.contains("newer"), "{listed:?}");
}

/// The files of the job cannot be made.
#[test]
fn no_place_for_the_job() {
    let scene = Scene::new();
    let state = scene.tidegate.home().join("state");
    fs::remove_dir_all(&state).expect("a folder of ours");
    fs::write(&state, "a file where the folder should be").expect("a file");
    let (from, to) = (scene.source.url(), scene.target.url());
    let before = scene.dump();
    let outcome = scene.tidegate.try_copy("bad", &from, &to, &[]);
    assert_one_message(&outcome, &["state"]);
    assert_eq!(scene.dump(), before, "the target changed: {outcome:?}");
}

/// The target says that its disk is full: the job waits, burns no chunk, and goes on.
#[test]
fn no_room_on_the_target() {
    let scene = Scene::new();
    scene.target.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v text);
         CREATE TABLE full_disk ();
         INSERT INTO full_disk DEFAULT VALUES;
         CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF EXISTS (SELECT FROM public.full_disk) THEN
                 RAISE EXCEPTION 'could not extend file: No space left on device'
                     USING ERRCODE = 'disk_full';
             END IF;
             RETURN NEW; END $$;
         CREATE TRIGGER no_room BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no_room();
         ALTER TABLE t ENABLE ALWAYS TRIGGER no_room",
    );
    let more = ["--table", "public.t", "--data-only", "--if-exists", "append"];
    scene.tidegate.copy_detached("full", &scene.source.url(), &scene.target.url(), &more);
    wait_until("the job to say so", Deadline::seconds(60), || {
        scene.tidegate.status("full")["alerts"].to_string().contains("out-of-space")
    });
    assert_eq!(scene.tidegate.chunks("full").failed, 0, "no chunk is burned for want of room");
    assert_eq!(scene.target.count("t"), 0);
    scene.target.run("DELETE FROM full_disk");
    scene.tidegate.ok(&["resume", "full"]);
    scene.tidegate.wait_done("full", 60);
    assert_eq!(scene.target.count("t"), 100);
}
