//! The report before a job: what it finds on real servers, its ways out, and that it changes
//! nothing.

use std::fs;

use serde_json::Value;

use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgServer};
use crate::support::tidegate::Tidegate;
use crate::support::{own_data, sqlite};

/// A job file of these ends and further keys.
fn job_file(tidegate: &Tidegate, from: &str, to: &str, more: &str) -> String {
    let path = tidegate.file("job.toml");
    fs::write(&path, format!("from = {from:?}\nto = {to:?}\n{more}\n")).unwrap();
    path.display().to_string()
}

/// The plan of a job file and the exit code that went with it.
#[track_caller]
fn plan(tidegate: &Tidegate, file: &str) -> (Option<i32>, Vec<Value>) {
    let outcome = tidegate.run(&["plan", "--job-file", file, "--json"]);
    let lines = outcome.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = lines.into_iter().find(|line| line["type"] == "plan");
    let plan = found.unwrap_or_else(|| panic!("{outcome:?}"));
    (outcome.code, plan["findings"].as_array().unwrap().clone())
}

/// Those of a topic that are worse than ok.
fn about<'a>(findings: &'a [Value], topic: &str) -> Vec<&'a Value> {
    findings.iter().filter(|f| f["topic"] == topic && f["severity"] != "ok").collect()
}

/// The statements of a finding's first way out.
fn statements(finding: &Value) -> Vec<&str> {
    let list = finding["ways"][0]["change"]["statements"].as_array();
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A user of his own who may log in and nothing more.
fn clerk(database: &Database) -> Database {
    let name = format!("clerk_{}", database.name);
    database.run(&format!("CREATE ROLE {name} LOGIN"));
    Database { user: name, ..database.clone() }
}

#[test]
fn a_user_without_create_is_told_the_grant_and_an_administrator_can_run_it() {
    let server = PgServer::shared();
    let (source, target) = (server.create("granting"), server.create("granted"));
    source.run("CREATE SCHEMA crm; CREATE TABLE crm.t (id int PRIMARY KEY)");
    target.run("CREATE SCHEMA crm");
    let writer = clerk(&target);
    let tidegate = Tidegate::new();
    let file = job_file(&tidegate, &source.url(), &writer.url(), "");

    let (code, findings) = plan(&tidegate, &file);
    let found = about(&findings, "privileges");
    assert_eq!((code, found.len()), (Some(5), 1), "{findings:?}");
    let grant = format!("GRANT USAGE, CREATE ON SCHEMA \"crm\" TO {}", writer.user);
    assert_eq!(statements(found[0]), [grant.as_str()]);

    // Not by the clerk himself; kept, and run by somebody who may.
    let refused = tidegate.run(&["conform", "--job-file", &file, "--yes-target", &target.name]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("Nothing was changed."), "{refused:?}");
    tidegate.ok(&["conform", "--job-file", &file, "--save", "grants", "--show"]);
    let admin = target.url();
    let with = ["conform", "--to", &admin, "--template", "grants"];
    let unasked = tidegate.run(&with);
    assert_eq!(unasked.code, Some(10), "no name, no terminal: {unasked:?}");
    tidegate.ok(&[&with[..], &["--yes-target", &target.name]].concat());

    let (code, findings) = plan(&tidegate, &file);
    assert_eq!((code, about(&findings, "privileges").len()), (Some(0), 0), "{findings:?}");
    assert!(findings.iter().any(|f| f["topic"] == "template"), "{findings:?}");
}

#[test]
fn an_extension_that_only_a_superuser_may_make_is_made_on_consent() {
    let server = PgServer::shared();
    let (source, target) = (server.create("extended"), server.create("extending"));
    source.run("CREATE EXTENSION pageinspect; CREATE TABLE t (id int PRIMARY KEY)");
    let writer = clerk(&target);
    target.run(&format!("GRANT CREATE, USAGE ON SCHEMA public TO {}", writer.user));
    let tidegate = Tidegate::new();
    let file = job_file(&tidegate, &source.url(), &writer.url(), "");
    let (_, findings) = plan(&tidegate, &file);
    let found = about(&findings, "extensions");
    assert_eq!(found.len(), 1, "{findings:?}");
    assert_eq!(statements(found[0]), ["CREATE EXTENSION IF NOT EXISTS \"pageinspect\""]);

    tidegate.ok(&["conform", "--job-file", &file, "--save", "more", "--show"]);
    let admin = target.url();
    tidegate.ok(&["conform", "--to", &admin, "--template", "more", "--yes-target", &target.name]);
    assert_eq!(target.one("SELECT count(*) FROM pg_extension WHERE extname = 'pageinspect'"), "1");
    let (_, findings) = plan(&tidegate, &file);
    assert_eq!(about(&findings, "extensions").len(), 0, "{findings:?}");
}

#[test]
fn a_table_with_rows_stops_the_start_and_has_numbered_ways_out() {
    let server = PgServer::shared();
    let (source, target) = (server.create("rows"), server.create("rows_there"));
    for database in [&source, &target] {
        database.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    }
    let tidegate = Tidegate::new();
    let file = job_file(&tidegate, &source.url(), &target.url(), "");
    let (code, findings) = plan(&tidegate, &file);
    let found = about(&findings, "target");
    assert_eq!((code, found.len()), (Some(5), 1), "{findings:?}");
    assert_eq!(found[0]["detail"], "It holds rows.");
    let change = &found[0]["ways"][0]["change"];
    assert_eq!((&change["do"], &change["policy"]), (&"table_exists".into(), &"truncate".into()));

    let outcome = tidegate.run(&["plan", "--job-file", &file]);
    assert_eq!(outcome.code, Some(5));
    let text = &outcome.stdout;
    for part in [
        "1  empty first: truncate",
        "--table-exists public.t=truncate",
        "--exclude public.t",
        "1 blocks the start",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("\nok "), "only with --all: {text}");

    let file = job_file(&tidegate, &source.url(), &target.url(), "if_exists = \"append\"");
    assert_eq!(plan(&tidegate, &file).0, Some(0));
}

#[test]
fn orphans_are_counted_before_the_start() {
    let target = PgServer::shared().create("orphans");
    let tidegate = Tidegate::new();
    let path = tidegate.file("orphans.db");
    sqlite::build_from_text(
        &path,
        "PRAGMA foreign_keys = off;
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent);
         INSERT INTO parent VALUES (1);
         INSERT INTO child VALUES (1, 1), (2, NULL), (3, 7), (4, 8);",
    );
    let file = job_file(&tidegate, &sqlite::url(&path), &target.url(), "");
    let (code, findings) = plan(&tidegate, &file);
    let found = about(&findings, "orphans");
    assert_eq!((code, found.len()), (Some(0), 1), "{findings:?}");
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("(parent_id)") && message.contains("2 rows refer"), "{message}");
    assert_eq!(found[0]["ways"][0]["change"]["key"], "objects.leave_out");

    let more = "[objects]\nleave_out = [\"foreign_key\"]";
    let file = job_file(&tidegate, &sqlite::url(&path), &target.url(), more);
    let (_, findings) = plan(&tidegate, &file);
    assert!(findings.iter().all(|f| f["topic"] != "orphans"), "{findings:?}");
}

#[test]
fn a_mysql_target_that_is_set_otherwise_is_made_to_conform() {
    let server = MariaDbServer::start_with(&[
        "--sql-mode=",
        "--default-time-zone=+05:00",
        "--max-allowed-packet=1048576",
    ]);
    let target = server.create("loose");
    let source = PgServer::shared().create("strict");
    source.run("CREATE TABLE t (id int PRIMARY KEY, body text)");
    let tidegate = Tidegate::new();
    let file = job_file(&tidegate, &source.url(), &target.url(), "");
    let (_, findings) = plan(&tidegate, &file);
    for (topic, statement) in [
        ("sql_mode", "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'"),
        ("time zone", "SET GLOBAL time_zone = '+00:00'"),
        ("packet", "SET GLOBAL max_allowed_packet = 67108864"),
    ] {
        let found = about(&findings, topic);
        assert_eq!(found.len(), 1, "{topic}: {findings:?}");
        assert_eq!(statements(found[0]), [statement]);
    }
    let shown = tidegate.ok(&["conform", "--job-file", &file, "--show"]);
    assert!(shown.contains("SET GLOBAL time_zone = '+00:00';"), "{shown}");
    assert_eq!(server.run("SELECT @@global.time_zone").trim(), "+05:00", "showing runs nothing");

    tidegate.ok(&["conform", "--job-file", &file, "--yes-target", &target.name]);
    assert_eq!(server.run("SELECT @@global.sql_mode").trim(), "STRICT_TRANS_TABLES");
    let (_, findings) = plan(&tidegate, &file);
    for topic in ["sql_mode", "time zone", "packet"] {
        assert_eq!(about(&findings, topic).len(), 0, "{topic}: {findings:?}");
    }
}

#[test]
fn settings_of_a_postgres_database_are_offered_and_taken_over() {
    let server = PgServer::shared();
    let (source, target) = (server.create("set_here"), server.create("set_there"));
    source.run("CREATE TABLE t (id int PRIMARY KEY)");
    source.run(&format!(
        "ALTER DATABASE {0} SET search_path TO crm, \"Odd, one\"; \
         ALTER DATABASE {0} SET timezone TO 'Asia/Tokyo'",
        source.name
    ));
    let tidegate = Tidegate::new();
    let file = job_file(&tidegate, &source.url(), &target.url(), "");
    tidegate.ok(&["conform", "--job-file", &file, "--yes-target", &target.name]);
    assert_eq!(target.one("SHOW search_path"), source.one("SHOW search_path"));
    let zone = "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d \
                ON d.oid = s.setdatabase WHERE d.datname = current_database() \
                AND 'TimeZone=Asia/Tokyo' = ANY (s.setconfig)";
    assert_eq!(target.one(zone), "1");
    let nothing = tidegate.ok(&["conform", "--job-file", &file]);
    assert!(nothing.contains("nothing to do"), "{nothing}");
}

/// What a plan must leave as it was.
fn catalogue(database: &Database) -> String {
    let dump = database.client("pg_dump").arg("--schema-only").output().expect("pg_dump runs");
    let text = String::from_utf8(dump.stdout).expect("the dump is UTF-8");
    // A key that pg_dump makes up each time.
    let lines = text.lines().filter(|line| !line.contains("restrict "));
    let settings = database.run(
        "SELECT s.* FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase \
         WHERE d.datname = current_database(); \
         SELECT extname, extversion FROM pg_extension ORDER BY 1",
    );
    format!("{}\n{settings}", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_plan_changes_nothing_anywhere() {
    let server = PgServer::shared();
    let (source, target) = (server.create("untouched"), server.create("untouched_there"));
    source.run(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int, p int REFERENCES p); \
         INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1)",
    );
    target.run("CREATE TABLE t (id int, p int); INSERT INTO t VALUES (5, 5)");
    let tidegate = Tidegate::new();
    let before = [catalogue(&source), catalogue(&target)];
    let file = job_file(&tidegate, &source.url(), &target.url(), "scan = true");
    plan(&tidegate, &file);
    tidegate.run(&["plan", "--job-file", &file, "--estimate"]);
    tidegate.ok(&["conform", "--job-file", &file, "--show"]);
    assert_eq!([catalogue(&source), catalogue(&target)], before);
    assert_eq!(target.count("t"), 1);

    // SQLite: byte for byte, and a target that is not there is not made.
    let (from, to) = (tidegate.file("from.db"), tidegate.file("to.db"));
    sqlite::build_from_text(
        &from,
        "PRAGMA foreign_keys = off; \
         CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES t); \
         INSERT INTO t VALUES (1, 9); PRAGMA user_version = 7",
    );
    let bytes = fs::read(&from).unwrap();
    let file = job_file(&tidegate, &sqlite::url(&from), &sqlite::url(&to), "");
    let (_, findings) = plan(&tidegate, &file);
    assert_eq!(statements(about(&findings, "settings")[0]), ["PRAGMA user_version = 7"]);
    assert_eq!(fs::read(&from).unwrap(), bytes);
    assert!(!to.exists());
    tidegate.ok(&["conform", "--job-file", &file, "--yes-target", "to.db"]);
    let made = sqlite::open(&to);
    let version = made.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    assert_eq!(version, Ok(7));

    // MariaDB: tables, databases and the server's settings.
    let server = MariaDbServer::shared();
    let there = server.create("untouched");
    let look = || {
        server.run(
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA LIKE 'untouched%' ORDER BY 1, 2; \
             SELECT @@global.sql_mode, @@global.time_zone, @@global.max_allowed_packet",
        )
    };
    let before = look();
    let file = job_file(&tidegate, &source.url(), &there.url(), "");
    plan(&tidegate, &file);
    assert_eq!(look(), before);
}

#[test]
fn a_report_is_written_whole_and_names_every_topic() {
    let tidegate = Tidegate::new();
    let (from, to) = (tidegate.file("shop.db"), tidegate.file("copy.db"));
    sqlite::build_from_text(
        &from,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x')",
    );
    let file = job_file(&tidegate, &sqlite::url(&from), &sqlite::url(&to), "");
    let (text, json) = (tidegate.file("report.txt"), tidegate.file("report.JSON"));
    let names = [text.display().to_string(), json.display().to_string()];
    let with = ["plan", "--job-file", &file, "--output"];
    tidegate.ok(&[&with[..], &[&names[0], "--estimate"]].concat());
    tidegate.ok(&[&with[..], &[&names[1]]].concat());
    let text = fs::read_to_string(text).unwrap();
    for topic in
        ["versions", "encoding", "privileges", "room", "keys", "types", "names", "host", "speed"]
    {
        let named = text.lines().any(|line| line.starts_with(&format!("ok    {topic:<10} ")));
        assert!(named, "{topic}: {text}");
    }
    assert!(text.contains("nothing blocks the start"), "{text}");
    let value: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&value["type"], &value["blocked"]), (&"plan".into(), &false.into()));
    let unwritable = [&with[..], &["/no/such/place/report.txt"]].concat();
    assert_eq!(tidegate.run(&unwritable).code, Some(1));
}

#[test]
fn texts_that_the_source_refuses_block_the_start() {
    let tidegate = Tidegate::new();
    let source = tidegate.file("shop.db");
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    let (from, to) = (format!("sqlite:{}", source.display()), tidegate.file("copy.db"));
    let to = format!("sqlite:{}", to.display());
    let plan = |more: &[&str]| {
        let mut words = vec!["new", "shaped", "--from", &from, "--to", &to];
        words.extend(more);
        let outcome = tidegate.run(&words);
        tidegate.run(&["kill", "shaped", "--yes-job", "shaped"]);
        outcome
    };
    let wrong = plan(&["--where", "customer=nobody > 1"]);
    assert_eq!(wrong.code, Some(5), "{wrong:?}");
    assert!(wrong.text().contains("refuses the filter of main.customer"), "{wrong:?}");
    let wrong = plan(&["--expression", "customer.email=uper(email)"]);
    assert_eq!(wrong.code, Some(5), "{wrong:?}");
    assert!(wrong.text().contains("the expression for main.customer.email"), "{wrong:?}");
    let right =
        plan(&["--where", "customer=id > 1", "--expression", "customer.email=upper(email)"]);
    assert_eq!(right.code, Some(0), "{right:?}");
}
