//! Filters, samples, expressions, columns and names of single tables, on real servers.

use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgServer};
use crate::support::{Tidegate, sqlite};

const ROWS: &str = "CREATE TABLE orders (id int PRIMARY KEY, email varchar(40) NOT NULL, \
    placed date, legacy varchar(20));\n\
    CREATE INDEX ix_email ON orders (email);\nCREATE INDEX ix_legacy ON orders (legacy);\n";

/// What every direction is asked for.
const WISHES: [&str; 10] = [
    "--where",
    "orders=id > 100 -- the new ones",
    "--rename",
    "orders=orders_new",
    "--without",
    "orders=legacy",
    "--expression",
    "orders.email=lower(email)",
    "--rename-column",
    "orders.email=mail",
];

fn values() -> String {
    let row = |n: u32| format!("({n}, 'User{n}@Example.net', '2024-01-01', 'old')");
    let all: Vec<String> = (1..=300).map(row).collect();
    format!("INSERT INTO orders VALUES {};", all.join(", "))
}

fn postgres(name: &str) -> Database {
    let made = PgServer::shared().create(name);
    made.run(&format!("{ROWS}{}", values()));
    made
}

/// `rows, smallest id, capitals in mail` of the copy, and that a verification finds it equal.
fn check(tidegate: &Tidegate, job: &str, found: &str) {
    assert_eq!(found, "200|101|0");
    let outcome = tidegate.run(&["verify", job]);
    assert!(outcome.code == Some(0), "{outcome:?}\n{}", tidegate.troubles(job));
}

const FOUND: &str = "SELECT concat(count(*), '|', min(id), '|', \
    sum(CASE WHEN mail = lower(mail) THEN 0 ELSE 1 END)) FROM orders_new";

#[test]
fn between_two_postgres_the_source_s_own_text_follows() {
    let (here, there) = (postgres("here"), PgServer::shared().create("there"));
    here.run("CREATE VIEW v AS SELECT orders.id FROM orders");
    // The old name is taken there, and so are the names of its indexes.
    there.run(ROWS);
    let tidegate = Tidegate::new();
    tidegate.copy("shaped", &here.url(), &there.url(), &WISHES);
    check(&tidegate, "shaped", &there.one(FOUND));
    let indexes = there
        .lines("SELECT indexdef FROM pg_indexes WHERE tablename = 'orders_new' ORDER BY indexname");
    assert!(indexes.len() == 2 && indexes.iter().any(|i| i.contains("(mail)")), "{indexes:?}");
    assert_eq!(there.number("SELECT count(*) FROM orders"), 0, "the other table is as it was");
    assert_eq!(there.number("SELECT count(*) FROM pg_views WHERE viewname = 'v'"), 0);
}

#[test]
fn across_engines_the_definitions_are_written_for_it() {
    let (here, there) =
        (MariaDbServer::shared().create("here"), PgServer::shared().create("there"));
    here.run(&format!("{ROWS}{}", values()));
    let tidegate = Tidegate::new();
    tidegate.copy("shaped", &here.url(), &there.url(), &WISHES);
    let found = format!("SET search_path = public, \"{}\"; {FOUND}", here.one("SELECT database()"));
    check(&tidegate, "shaped", there.lines(&found).last().unwrap());
}

#[test]
fn between_two_mariadb_the_statement_is_cut_and_put_together() {
    let server = MariaDbServer::shared();
    let (here, there) = (server.create("here"), server.create("there"));
    here.run(&format!("{ROWS}{}", values()));
    let tidegate = Tidegate::new();
    tidegate.copy("shaped", &here.url(), &there.url(), &WISHES);
    check(&tidegate, "shaped", &there.one(FOUND));
    let made = there.one("SHOW CREATE TABLE orders_new");
    assert!(made.contains("(`mail`)") && !made.contains("legacy"), "{made}");
}

#[test]
fn between_two_sqlite_files_the_engine_renames_by_itself() {
    let tidegate = Tidegate::new();
    let (here, there) = (tidegate.file("here.db"), tidegate.file("there.db"));
    let script = tidegate.file("script.sql");
    std::fs::write(&script, format!("{ROWS}DROP INDEX ix_legacy;\n{}", values())).unwrap();
    sqlite::build(&here, &script);
    tidegate.copy("shaped", &sqlite::url(&here), &sqlite::url(&there), &WISHES);
    let copy = rusqlite::Connection::open(&there).unwrap();
    let found = FOUND
        .replace("concat(count(*), '|', min(id), '|',", "count(*) || '|' || min(id) || '|' || (");
    let found: String = copy.query_row(&found, [], |row| row.get(0)).unwrap();
    check(&tidegate, "shaped", &found);
    let sql: String = copy
        .query_row("SELECT group_concat(sql) FROM sqlite_master", [], |row| row.get(0))
        .unwrap();
    assert!(sql.contains("mail") && !sql.contains("legacy"), "{sql}");
}

#[test]
fn a_sample_is_the_same_each_time_and_a_plan_of_a_file_makes_no_job() {
    let (here, there) = (postgres("here"), PgServer::shared().create("there"));
    let tidegate = Tidegate::new();
    tidegate.copy("part", &here.url(), &there.url(), &["--sample", "orders=30"]);
    let rows = there.count("orders");
    assert!((40..=140).contains(&rows), "{rows}");
    let outcome = tidegate.run(&["verify", "part"]);
    assert!(outcome.code == Some(0), "{outcome:?}");
    let file = tidegate.file("job.toml");
    let text = format!(
        "from = \"{}\"\nto = \"{}\"\n[[table]]\ntable = \"orders\"\nsample = 30\n",
        here.url(),
        there.url()
    );
    std::fs::write(&file, text).unwrap();
    let jobs = || std::fs::read_dir(tidegate.job_folder("part").parent().unwrap()).unwrap().count();
    let before = jobs();
    let outcome = tidegate.run(&["plan", "--job-file", &file.display().to_string()]);
    assert_eq!(outcome.code, Some(5), "{outcome:?}");
    assert!(outcome.text().contains("sample 30 %"), "{outcome:?}");
    assert_eq!(jobs(), before, "a job was made");
}
