//! There and back again: what the plan called exact comes back identical.

use crate::support::canon::{Kind, Place, assert_same, table_differences};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::{Tidegate, own_data, sqlite};

/// Columns that the plan of a job called exact, as `table.column`.
fn exact_columns(tidegate: &Tidegate, job: &str) -> Vec<String> {
    tidegate.stored(
        job,
        "SELECT t.source_name || '.' || c.name FROM plan_column c \
         JOIN plan_table t ON t.id = c.table_id WHERE c.fit = 'exact' ORDER BY 1",
    )
}

/// What comes back is the same, cell for cell and of the same kind, wherever both ways were
/// called exact; and equal as values everywhere else.
#[track_caller]
fn assert_came_back(tidegate: &Tidegate, jobs: [&str; 2], here: &Place, back: &Place) {
    assert_same(here, back);
    let [there, again] = jobs.map(|job| exact_columns(tidegate, job));
    let exact: Vec<&String> = there.iter().filter(|column| again.contains(column)).collect();
    assert!(!exact.is_empty(), "nothing was called exact: {there:?} {again:?}");
    let mut found = Vec::new();
    for table in here.tables() {
        let own = |columns: Vec<(String, Kind)>| -> Vec<(String, Kind)> {
            let is_exact = |name: &str| exact.iter().any(|c| **c == format!("{table}.{name}"));
            columns.into_iter().filter(|(name, _)| is_exact(name)).collect()
        };
        let (ours, theirs) = (own(here.columns(&table)), own(back.columns(&table)));
        if ours != theirs {
            found.push(format!("{table}: {ours:?} came back as {theirs:?}"));
            continue;
        }
        if ours.is_empty() {
            continue;
        }
        let forms: Vec<(String, Kind, Kind)> =
            ours.iter().map(|(name, kind)| (name.clone(), *kind, *kind)).collect();
        let rows = |place: &Place| place.canonical(&table, &forms);
        let lines = crate::support::rows::differences(&rows(here), &rows(back));
        found.extend(lines.into_iter().map(|line| format!("{table}: {line}")));
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

const SHOP: &str = "
    CREATE TABLE customer (id bigint PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, born date,
        balance decimal(12,2), score double precision, note text, seen timestamp, active boolean);
    CREATE TABLE visit (customer bigint NOT NULL REFERENCES customer (id), at timestamp NOT NULL,
        minutes smallint, PRIMARY KEY (customer, at));
    INSERT INTO customer VALUES
        (1, 'a@example.org', '1970-01-01', 10.50, 0.1, 'naïve “quotes” 🦀',
         '2024-02-29 12:34:56', true),
        (2, 'b@example.org', NULL, -0.01, 1e300, '', '1999-12-31 23:59:59', false),
        (9223372036854775807, 'c@example.org', '9999-12-31', 9999999999.99, -2.5e-300,
         'tab\tnewline\n \\ backslash ''quote''', NULL, NULL);
    INSERT INTO visit VALUES (1, '2024-01-01 00:00:00', 5), (2, '2024-01-01 00:00:01', -32768);
";

#[test]
fn postgres_to_mysql_and_back() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let (source, back) = (server.create("here"), server.create("back"));
    let middle = other.create("middle");
    source.run(SHOP);
    let tidegate = Tidegate::new();
    tidegate.copy("there", &source.url(), &middle.url(), &["--accept-lossy"]);
    tidegate.copy("back", &middle.url(), &back.url(), &["--accept-lossy"]);
    let here = Place::postgres(&source, "public");
    assert_same(&here, &Place::Mysql(middle.clone()));
    let back = Place::postgres(&back, &middle.name);
    assert_came_back(&tidegate, ["there", "back"], &here, &back);
}

fn mysql_shop(server: &MariaDbServer) -> crate::support::mariadb::MyDatabase {
    let source = server.create("here");
    source.run(&SHOP.replace("timestamp", "datetime").replace('\\', "\\\\"));
    source
}

#[test]
fn mysql_to_sqlite_and_back() {
    let server = MariaDbServer::shared();
    let (source, back) = (mysql_shop(server), server.create("back"));
    let tidegate = Tidegate::new();
    let middle = tidegate.file("middle.db");
    tidegate.copy("there", &source.url(), &sqlite::url(&middle), &["--accept-lossy"]);
    tidegate.copy("back", &sqlite::url(&middle), &back.url(), &["--accept-lossy"]);
    let here = Place::Mysql(source);
    assert_same(&here, &Place::sqlite(&middle));
    assert_came_back(&tidegate, ["there", "back"], &here, &Place::Mysql(back));
}

#[test]
fn mysql_to_postgres_and_back() {
    let (server, other) = (MariaDbServer::shared(), PgServer::shared());
    let (source, back) = (mysql_shop(server), server.create("back"));
    let middle = other.create("middle");
    let tidegate = Tidegate::new();
    tidegate.copy("there", &source.url(), &middle.url(), &["--accept-lossy"]);
    // A PostgreSQL schema of another name than `public` would become a database of that name.
    let remap = format!("{}:{}", source.name, back.name);
    let more = ["--accept-lossy", "--remap-schema", &remap];
    tidegate.copy("back", &middle.url(), &back.url(), &more);
    let here = Place::Mysql(source.clone());
    assert_same(&here, &Place::postgres(&middle, &source.name));
    assert_came_back(&tidegate, ["there", "back"], &here, &Place::Mysql(back));
}

#[test]
fn sqlite_to_mysql_and_back() {
    let server = MariaDbServer::shared();
    let middle = server.create("middle");
    let tidegate = Tidegate::new();
    let (source, back) = (tidegate.file("here.db"), tidegate.file("back.db"));
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    tidegate.copy("there", &sqlite::url(&source), &middle.url(), &["--accept-lossy"]);
    tidegate.copy("back", &middle.url(), &sqlite::url(&back), &["--accept-lossy"]);
    let here = Place::sqlite(&source);
    for table in here.tables() {
        let found = table_differences(&here, &Place::Mysql(middle.clone()), &table);
        assert!(found.is_empty(), "{found:#?}");
    }
    assert_came_back(&tidegate, ["there", "back"], &here, &Place::sqlite(&back));
}
