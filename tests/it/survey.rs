//! `tidegate survey` as the console talks to it, against real servers; and its twins on the command
//! line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgServer};
use crate::support::{Tidegate, sqlite};

/// Longest wait for an answer.
/// Lines that a survey may be ahead of its test.
const LINES_MAX: usize = 10_000;

const PATIENCE: Duration = Duration::from_secs(60);

/// The process behind the wizard.
struct Survey {
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<Value>,
    next: u64,
}

impl Survey {
    fn start(tidegate: &Tidegate) -> Survey {
        let mut command = tidegate.command(&["survey"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (said, lines) = mpsc::sync_channel(LINES_MAX);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if said.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Survey { child, input, lines, next: 1 }
    }

    /// Sends a request and returns its id.
    fn send(&mut self, request: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        let line = format!("{}\n", json!({ "id": id, "request": request }));
        self.input.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
        id
    }

    fn hear(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("the survey says something")
    }

    /// What is said about a request: what came before, and the end.
    fn ask(&mut self, request: Value) -> (Vec<Value>, Value) {
        let id = self.send(request);
        let mut before = Vec::new();
        loop {
            let line = self.hear();
            assert_eq!(line["id"], id, "{line}");
            match line["news"]["kind"].as_str() {
                Some("answer" | "failed") => return (before, line["news"].clone()),
                _ => before.push(line["news"].clone()),
            }
        }
    }

    #[track_caller]
    fn answer(&mut self, request: Value) -> Value {
        let (_, end) = self.ask(request);
        assert_eq!(end["kind"], "answer", "{end}");
        end["answer"].clone()
    }

    #[track_caller]
    fn trouble(&mut self, request: Value) -> String {
        let (_, end) = self.ask(request);
        assert_eq!(end["kind"], "failed", "{end}");
        end.to_string()
    }

    /// Ends the input and waits for the end of the process.
    fn close(mut self) {
        drop(self.input.take());
        let deadline = crate::support::Deadline::seconds(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(!deadline.has_passed(), "the survey outlives its input");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Survey {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end(url: &str) -> Value {
    json!({ "url": url })
}

fn texts(value: &Value) -> String {
    value.to_string()
}

const SHOP: &str = "CREATE SCHEMA shop; \
    CREATE TABLE shop.orders (id bigint PRIMARY KEY, placed date NOT NULL, note varchar(40), \
    total numeric(12,2)); \
    INSERT INTO shop.orders SELECT n, '2024-01-01'::date + n % 300, 'n' || n, n / 7.0 \
    FROM generate_series(1, 20000) n; \
    CREATE INDEX ix_placed ON shop.orders (placed); \
    CREATE TABLE shop.events (at timestamptz, what text); \
    INSERT INTO shop.events VALUES (now(), 'x'); \
    CREATE VIEW shop.late AS SELECT * FROM shop.orders WHERE placed > '2024-06-01'; \
    CREATE MATERIALIZED VIEW shop.daily AS SELECT placed, count(*) FROM shop.orders GROUP BY 1; \
    ANALYZE";

fn shop(server: &PgServer, name: &str) -> Database {
    let database = server.create(name);
    database.run(SHOP);
    database
}

fn find<'a>(answer: &'a Value, schema: &str, table: &str) -> &'a Value {
    let schemas = answer["schemas"].as_array().unwrap();
    let tables = &schemas.iter().find(|s| s["name"] == schema).unwrap()["tables"];
    tables.as_array().unwrap().iter().find(|t| t["name"] == table).unwrap()
}

#[test]
fn servers_say_who_they_are_and_what_they_hold() {
    let tidegate = Tidegate::new();
    let postgres = shop(PgServer::shared(), "survey_facts");
    let mysql = MariaDbServer::shared().create("survey_facts");
    mysql.run(
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); INSERT INTO t VALUES (1, 'x'); \
         CREATE TABLE bare (a int); CREATE VIEW v AS SELECT 1",
    );
    let file = tidegate.file("shop.db");
    sqlite::build_from_text(
        &file,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 2), (2, 3); \
         CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE words USING fts5(word)",
    );
    let mut survey = Survey::start(&tidegate);
    for (url, word) in
        [(postgres.url(), "PostgreSQL"), (mysql.url(), "MariaDB"), (sqlite::url(&file), "SQLite")]
    {
        for is_target in [false, true] {
            let request = json!({ "type": "probe", "end": end(&url), "is_target": is_target });
            let found = survey.answer(request);
            assert!(found["server"].as_str().unwrap().starts_with(word), "{found}");
            assert!(!found["facts"].as_array().unwrap().is_empty(), "{found}");
        }
    }
    let tables = |source: &str, target: &str| {
        let (source, target) = (end(source), end(target));
        json!({ "type": "tables", "source": source, "target": target })
    };
    let found = survey.answer(tables(&postgres.url(), &mysql.url()));
    let orders = find(&found, "shop", "orders");
    assert_eq!((&orders["key"], &orders["obstacle"]), (&json!("id"), &Value::Null));
    assert_eq!(orders["rows"], 20000);
    assert!(orders["bytes"].as_u64().unwrap() > 500_000);
    assert_eq!(find(&found, "shop", "events")["key"], "");
    let daily = find(&found, "shop", "daily");
    assert!(texts(&daily["obstacle"]).contains("materialized"), "{daily}");
    assert_eq!(find(&found, "shop", "late")["kind"], "view");
    let same = survey.answer(tables(&postgres.url(), &postgres.url()));
    assert_eq!(find(&same, "shop", "daily")["obstacle"], Value::Null);

    let found = survey.answer(tables(&mysql.url(), &postgres.url()));
    assert_eq!(find(&found, &mysql.name, "t")["key"], "id");
    assert_eq!(find(&found, &mysql.name, "bare")["note"], "1 thread");
    assert_eq!(find(&found, &mysql.name, "v")["kind"], "view");
    let found = survey.answer(tables(&sqlite::url(&file), &mysql.url()));
    assert_eq!(find(&found, "main", "t")["rows"], 2);
    assert!(texts(find(&found, "main", "words")).contains("no virtual tables"));
    survey.close();
}

#[test]
fn a_password_is_in_no_word_about_it() {
    let tidegate = Tidegate::new();
    let database = PgServer::shared().create("survey_secret");
    let mut survey = Survey::start(&tidegate);
    let url = database.url_with("hunter2");
    let wrong = json!({ "url": database.url(), "password": "hunter2" });
    for end in [end(&url), wrong] {
        // The server trusts or refuses; neither may repeat it.
        let (before, last) = survey.ask(json!({ "type": "probe", "end": end, "is_target": false }));
        assert!(!format!("{before:?}{last}").contains("hunter2"), "{last}");
    }
    let away = "postgres://ana:hunter2@127.0.0.1:1/crm";
    let said = survey.trouble(json!({ "type": "probe", "end": end(away), "is_target": true }));
    assert!(said.contains("cannot reach") && !said.contains("hunter2"), "{said}");
    assert!(said.contains("Nothing was changed."), "{said}");
    let said = survey.trouble(json!({ "type": "probe", "end": end("ftp:x"), "is_target": true }));
    assert!(said.contains("not a database URL"), "{said}");
    survey.input.as_mut().unwrap().write_all(b"{\"id\": 77, \"request\": {}}\n").unwrap();
    assert_eq!(survey.hear()["id"], 77);
    survey.close();
}

#[test]
fn counts_come_one_by_one_and_can_be_cancelled() {
    let tidegate = Tidegate::new();
    let database = shop(PgServer::shared(), "survey_count");
    database.run(
        "CREATE TABLE shop.\"dot.ted\" (id int); \
         CREATE VIEW shop.slow AS SELECT 1 FROM shop.orders a, shop.orders b, shop.orders c",
    );
    let mysql = MariaDbServer::shared().create("survey_count");
    mysql.run(
        "CREATE TABLE n AS SELECT seq FROM seq_1_to_3000; CREATE VIEW slow AS SELECT 1 \
               FROM n a, n b, n c",
    );
    let slow = format!("{}.slow", mysql.name);
    let mut survey = Survey::start(&tidegate);
    let count = |url: &str, tables: &[&str]| {
        let source = end(url);
        json!({ "type": "count", "source": source, "tables": tables })
    };
    let names = ["shop.events", "shop.orders", "shop.dot.ted"];
    let (before, last) = survey.ask(count(&database.url(), &names));
    let rows: Vec<u64> = before.iter().map(|news| news["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [1, 20_000, 0], "{before:?}");
    assert_eq!(last["answer"]["tables"], 3);

    for (url, table) in [(database.url(), "shop.slow"), (mysql.url(), &*slow)] {
        let slow = survey.send(count(&url, &[table]));
        // Meanwhile others are answered.
        let probe = json!({ "type": "probe", "end": end(&url), "is_target": false });
        let probe = survey.send(probe);
        assert_eq!(survey.hear()["id"], probe);
        let cancel = survey.send(json!({ "type": "cancel", "id": slow }));
        for id in [slow, cancel] {
            let line = survey.hear();
            assert_eq!(
                (&line["id"], &line["news"]["answer"]["of"]),
                (&json!(id), &json!("cancelled"))
            );
        }
    }
    let left = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%slow%' \
                AND id <> connection_id()";
    crate::support::wait_until(
        "the count ends on the server",
        crate::support::Deadline::seconds(20),
        || mysql.number(left) == 0,
    );
    let slow = survey.send(count(&database.url(), &["shop.slow"]));
    assert!(slow > 0);
    survey.close();
}

#[test]
fn conditions_are_explained_and_never_run() {
    let tidegate = Tidegate::new();
    let database = shop(PgServer::shared(), "survey_filter");
    database.run(
        "CREATE TABLE shop.log (n int); CREATE FUNCTION shop.mark(int) RETURNS boolean \
         LANGUAGE sql VOLATILE AS 'INSERT INTO shop.log VALUES ($1) RETURNING true'",
    );
    let mysql = MariaDbServer::shared().create("survey_filter");
    mysql.run(
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); \
               INSERT INTO t SELECT seq, 'x' FROM seq_1_to_1000; ANALYZE TABLE t",
    );
    let mine = format!("{}.t", mysql.name);
    let file = tidegate.file("shop.db");
    sqlite::build_from_text(
        &file,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); \
         CREATE INDEX ix_a ON t (a)",
    );
    let mut survey = Survey::start(&tidegate);
    let mut check = |url: &str, table: &str, filter: &str| {
        survey.answer(json!({ "type": "check_filter", "source": end(url), "table": table,
                              "filter": filter }))
    };
    let url = database.url();
    let found = check(&url, "shop.orders", "placed = '2024-02-01' -- one day");
    assert_eq!(found["valid"], true, "{found}");
    assert!(texts(&found).contains("ix_placed") && texts(&found).contains("of ~20,000"), "{found}");
    let found = check(&url, "shop.orders", "shop.mark(1) or id > 5");
    assert_eq!(found["valid"], true, "{found}");
    assert_eq!(database.count("shop.log"), 0, "nothing ran");
    for (filter, line, column, word) in [
        ("id > 5\nand colour = 'red'", 2, 5, "colour"),
        ("id >", 1, 5, "syntax"),
        ("id = 1; drop table shop.orders", 1, 7, "end the statement"),
        ("id = 1) or (id = 2", 1, 7, "nothing opened"),
    ] {
        let found = check(&url, "shop.orders", filter);
        assert_eq!(found["valid"], false, "{found}");
        assert!(texts(&found["lines"]).contains(word), "{found}");
        let place = (found["line"].as_u64(), found["column"].as_u64());
        if word != "syntax" {
            assert_eq!(place, (Some(line), Some(column)), "{found}");
        }
    }
    let found = check(&mysql.url(), &mine, "id < 11");
    assert!(texts(&found).contains("PRIMARY") && texts(&found).contains("~10 of"), "{found}");
    let found = check(&mysql.url(), &mine, "id < 11\nand colour = 'red'");
    assert_eq!(
        (&found["valid"], &found["line"], &found["column"]),
        (&json!(false), &json!(2), &json!(5))
    );
    let found = check(&sqlite::url(&file), "main.t", "a = 5");
    assert!(texts(&found).contains("uses index ix_a"), "{found}");
    let found = check(&sqlite::url(&file), "main.t", "a = 5 and\ncolour = 1");
    assert_eq!(
        (&found["valid"], &found["line"], &found["column"]),
        (&json!(false), &json!(2), &json!(1))
    );

    survey.close();
}

#[test]
fn expressions_give_their_type_and_some_values() {
    let tidegate = Tidegate::new();
    let database = shop(PgServer::shared(), "survey_expression");
    database.run(
        "CREATE TABLE shop.log (n int); CREATE FUNCTION shop.mark(int) RETURNS boolean \
         LANGUAGE sql VOLATILE AS 'INSERT INTO shop.log VALUES ($1) RETURNING true'",
    );
    let mysql = MariaDbServer::shared().create("survey_expression");
    mysql.run("CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); INSERT INTO t VALUES (1, 'x')");
    let (url, mine) = (database.url(), format!("{}.t", mysql.name));
    let file = tidegate.file("shop.db");
    sqlite::build_from_text(&file, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)");
    let mut survey = Survey::start(&tidegate);
    let mut expression = |url: &str, table: &str, column: &str, text: &str| {
        survey.answer(json!({ "type": "check_expression", "source": end(url), "table": table,
                              "column": column, "expression": text }))
    };
    let found = expression(&url, "shop.orders", "note", "upper(note)");
    assert!(found["valid"] == true && texts(&found).contains("gives text"), "{found}");
    let found = expression(&url, "shop.orders", "id", "note");
    assert!(found["valid"] == false && texts(&found).contains("invalid input syntax"), "{found}");
    let found = expression(&url, "shop.orders", "note", "shop.mark(1)::text");
    assert!(found["valid"] == false && texts(&found).contains("read-only"), "{found}");
    let found = expression(&mysql.url(), &mine, "a", "concat(a, '!')");
    assert!(texts(&found).contains("gives x!"), "{found}");
    let found = expression(&sqlite::url(&file), "main.t", "a", "upperr(a)");
    assert!(found["valid"] == false && texts(&found).contains("no such function"), "{found}");
    survey.close();
}

fn draft(from: &str, to: &str, more: &str) -> Value {
    json!({ "job_file": format!("from = \"{from}\"\nto = \"{to}\"\n{more}") })
}

#[test]
fn a_draft_has_columns_statements_and_trials_that_leave_nothing() {
    let tidegate = Tidegate::new();
    let source = shop(PgServer::shared(), "survey_ddl");
    let mysql = MariaDbServer::shared().create("survey_ddl");
    let postgres = PgServer::shared().create("survey_ddl_target");
    let file = tidegate.file("target.db");
    let mut survey = Survey::start(&tidegate);
    for (target, schema, wrong_type) in [
        (mysql.url(), mysql.name.as_str(), "varrchar(9)"),
        (postgres.url(), "shop", "varrchar(9)"),
        (sqlite::url(&file), "main", "(("),
    ] {
        let more = format!(
            "remap_schemas = {{ shop = \"{schema}\" }}\n\
                            [selection]\ntables = [\"shop.orders\"]\n"
        );
        let draft = draft(&source.url(), &target, &more);
        let ask = |kind: &str, ddl: &str| {
            let table = "shop.orders";
            json!({ "type": kind, "draft": draft, "table": table, "ddl": ddl })
        };
        let columns = survey.answer(ask("columns", ""));
        let names: Vec<&str> = columns["columns"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|c| c["name"].as_str())
            .collect();
        assert_eq!(names, ["id", "placed", "note", "total"]);
        assert_eq!(columns["columns"][0]["key"], true);
        assert_eq!(columns["columns"][1]["not_null"], true);
        let (before, found) = survey.ask(ask("ddl", ""));
        assert!(before.iter().any(|news| news["kind"] == "progress"), "{before:?}");
        let ddl = found["answer"]["text"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
        assert!(ddl.starts_with("CREATE TABLE") && ddl.contains("note"), "{ddl}");
        let found = survey.answer(ask("check_ddl", &ddl));
        assert_eq!(found["valid"], true, "{found}");
        assert!(!texts(&found).contains("diff"), "{found}");
        // Without a column, with another one.
        let other = ddl.replace("note", "remark");
        let found = survey.answer(ask("check_ddl", &other));
        let said = texts(&found);
        assert!(said.contains("- note (the source has it)") && said.contains("+ remark"), "{said}");
        let name = ddl.split('(').next().unwrap();
        let found =
            survey.answer(ask("check_ddl", &format!("{name}(\nid int,\nnote {wrong_type} x)")));
        assert_eq!(found["valid"], false, "{found}");
        let found = survey.answer(ask("check_ddl", &format!("{ddl}; DROP TABLE {name}")));
        assert_eq!(found["valid"], false, "{found}");
    }
    // Nothing was left anywhere.
    assert_eq!(mysql.run("SHOW TABLES"), "");
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'";
    assert_eq!(postgres.number(schemas), 0);
    assert!(!file.exists());

    // What is agreed to is done, up to what fails.
    let statements = ["CREATE SCHEMA sales", "CREATE SCHEMA sales", "CREATE SCHEMA more"];
    let conform =
        json!({ "type": "conform", "target": end(&postgres.url()), "statements": statements });
    let found = survey.answer(conform);
    assert_eq!(found["done"], 1);
    assert!(texts(&found["failed"]).contains("already exists"), "{found}");
    let made =
        "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname IN ('sales', 'more')";
    assert_eq!(postgres.one(made), "sales");
    survey.close();
}

#[test]
fn preflight_is_the_plan_of_the_command_line() {
    let tidegate = Tidegate::new();
    let source = shop(PgServer::shared(), "survey_plan");
    let mysql = MariaDbServer::shared().create("survey_plan");
    let more = "[[table]]\ntable = \"shop.orders\"\n\
                where = \"id > 7\"\n";
    let draft = draft(&source.url(), &mysql.url(), more);
    let mut survey = Survey::start(&tidegate);
    let found = survey.answer(json!({ "type": "preflight", "draft": draft }));
    let path = tidegate.file("draft.toml");
    std::fs::write(&path, draft["job_file"].as_str().unwrap()).unwrap();
    let outcome = tidegate.run(&["plan", "--job-file", path.to_str().unwrap(), "--json"]);
    let line = outcome.stdout.lines().find(|line| line.contains("\"type\":\"plan\"")).unwrap();
    let mut plan: Value = serde_json::from_str(line).unwrap();
    for key in ["v", "type"] {
        plan.as_object_mut().unwrap().remove(key);
    }
    // Free connections differ from one moment to the next.
    let settle = |value: &Value| {
        let digits = |c: char| if c.is_ascii_digit() { '#' } else { c };
        value.to_string().chars().map(digits).collect::<String>()
    };
    assert_eq!(settle(&found["plan"]), settle(&plan));
    let broken = json!({ "job_file": "from = \"x\"\nform = 1\n" });
    let said = survey.trouble(json!({ "type": "preflight", "draft": broken }));
    assert!(said.contains("form") && said.contains("Nothing was changed"), "{said}");
    survey.close();
}

#[test]
fn the_command_line_asks_the_same() {
    let tidegate = Tidegate::new();
    let source = shop(PgServer::shared(), "survey_cli");
    let url = source.url();
    let line = tidegate.ok(&["probe", &url]);
    assert!(line.contains("PostgreSQL") && line.contains("ms away"), "{line}");
    let outcome = tidegate.run(&["probe", &url, "postgres://x:hunter2@127.0.0.1:1/crm", "--json"]);
    assert_eq!(outcome.code, Some(7), "{outcome:?}");
    let all = outcome.text();
    assert!(all.contains("\"ok\":true") && all.contains("\"ok\":false"), "{all}");
    assert!(!all.contains("hunter2"), "{all}");

    let listed = tidegate.ok(&["tables", &url, "--table", "shop.*", "--to", "mysql://a@h/b"]);
    assert!(listed.contains("shop.orders") && listed.contains("~20.0k"), "{listed}");
    assert!(listed.contains("NO KEY") && listed.contains("no materialized views"), "{listed}");
    let exact = tidegate.json(&["tables", &url, "--table", "orders", "--exact"]);
    assert_eq!(exact["schemas"][0]["tables"][0]["rows"], 20_000);
    assert_eq!(exact["schemas"][0]["tables"][0]["exact"], true);
    let check = |text: &str| tidegate.run(&["tables", &url, "--check-where", text]);
    let good = check("shop.orders=id < 5");
    assert!(good.code == Some(0) && good.stdout.contains("valid on PostgreSQL"), "{good:?}");
    let bad = check("shop.orders=id << ");
    assert!(bad.code == Some(1) && bad.stdout.contains("error"), "{bad:?}");
    assert_eq!(check("nonsense").code, Some(2));
}
