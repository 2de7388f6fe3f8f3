//! Text in other encodings than UTF-8, on both sides: it arrives as the same characters or is
//! refused by name, and never as a question mark.

use crate::support::canon::{Place, assert_same, differences_across};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgServer};
use crate::support::{Tidegate, sqlite};

fn encoded(server: &PgServer, name: &str, encoding: &str) -> Database {
    let name = format!("{name}_{}", std::process::id());
    server.maintenance().run(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
    ));
    server.database(&name)
}

const LATIN: &str = "'café', 'Ærøskøbing', '÷ × ¿¡ÿ', 'plain', ''";
const WINDOWS: &str = "'café €', '“quoted” – …', 'Œuvre Žižek', 'plain', ''";
const JAPANESE: &str = "'日本語', 'カタカナ', 'ひらがな ABC', 'plain', ''";

fn texts(values: &str) -> String {
    let rows: Vec<String> = values
        .split("', '")
        .enumerate()
        .map(|(at, text)| format!("({at}, '{}')", text.trim_matches('\'')))
        .collect();
    format!(
        "CREATE TABLE t (k integer PRIMARY KEY, v text); INSERT INTO t VALUES {};",
        rows.join(", ")
    )
}

#[test]
fn postgres_databases_in_other_encodings() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let tidegate = Tidegate::new();
    for (encoding, values) in
        [("LATIN1", LATIN), ("WIN1252", WINDOWS), ("EUC_JP", JAPANESE), ("SQL_ASCII", JAPANESE)]
    {
        let name = encoding.to_lowercase();
        let source = encoded(server, &name, encoding);
        source.run(&texts(values));
        let here = Place::postgres(&source, "public");
        let target = other.create(&name);
        tidegate.copy(&format!("{name}_my"), &source.url(), &target.url(), &["--accept-lossy"]);
        assert_same(&here, &Place::Mysql(target));
        let file = tidegate.file(&format!("{name}.db"));
        let to = sqlite::url(&file);
        tidegate.copy(&format!("{name}_li"), &source.url(), &to, &["--accept-lossy"]);
        assert_same(&here, &Place::sqlite(&file));
        let target = server.create(&name);
        tidegate.copy(&format!("{name}_pg"), &source.url(), &target.url(), &[]);
        assert_same(&here, &Place::postgres(&target, "public"));
    }
}

/// SQL_ASCII keeps bytes that nobody has checked.
#[test]
fn bytes_that_are_no_text_are_refused_by_name() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let source = encoded(server, "unchecked", "SQL_ASCII");
    source.run(
        r"CREATE TABLE good (k integer PRIMARY KEY, v text); INSERT INTO good VALUES (1, 'é');
          CREATE TABLE torn (k integer PRIMARY KEY, v text);
          INSERT INTO torn VALUES (1, 'fine'), (2, convert_from('\x636166c3', 'SQL_ASCII'));",
    );
    let target = other.create("unchecked");
    let tidegate = Tidegate::new();
    let outcome = tidegate.try_copy("torn", &source.url(), &target.url(), &["--accept-lossy"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles("torn"));
    assert_refused(&tidegate, "torn", "torn", "v");
    assert_eq!(target.count("torn"), 0);
    assert_eq!(target.one("SELECT hex(v) FROM good"), "C3A9");
}

#[track_caller]
fn assert_refused(tidegate: &Tidegate, job: &str, table: &str, column: &str) {
    let failed = tidegate.stored(
        job,
        "SELECT chunk || ': ' || error_message || ' ' || ifnull(error_detail, '') \
         FROM failed_chunks",
    );
    assert_eq!(failed.len(), 1, "{failed:?}");
    let has = |word: &str| {
        failed[0].split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
    };
    assert!(has(table) && has(column), "table {table} and column {column} in {failed:?}");
}

const WIDE: &str = "CREATE TABLE wide (id integer PRIMARY KEY, word varchar(40));
    INSERT INTO wide VALUES (1, 'café'), (2, '日本'), (3, 'plain');";

#[test]
fn a_narrower_postgres_refuses_what_it_cannot_hold() {
    let server = PgServer::shared();
    let (source, target) = (server.create("wide"), encoded(server, "narrow", "LATIN1"));
    source.run(WIDE);
    let tidegate = Tidegate::new();
    let outcome = tidegate.try_copy("narrow", &source.url(), &target.url(), &[]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_refused(&tidegate, "narrow", "wide", "word");
    assert_eq!(target.count("wide"), 0, "a chunk is whole or absent");
    assert_eq!(target.count("wide WHERE word LIKE '%?%'"), 0);
    assert_scan_finds(&tidegate, "narrow_scan", &source.url(), &target.url(), &[]);
}

#[test]
fn a_narrower_mysql_table_refuses_what_it_cannot_hold() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let (source, target) = (server.create("wide"), other.create("narrow"));
    source.run(WIDE);
    target.run("CREATE TABLE wide (id int PRIMARY KEY, word varchar(40) CHARACTER SET latin1)");
    let tidegate = Tidegate::new();
    let more = ["--data-only", "--accept-lossy"];
    let outcome = tidegate.try_copy("narrow", &source.url(), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_refused(&tidegate, "narrow", "wide", "word");
    assert_eq!(target.count("wide"), 0, "a chunk is whole or absent");
    assert_scan_finds(&tidegate, "narrow_scan", &source.url(), &target.url(), &["--data-only"]);
}

/// The scan names the row before anything is copied.
#[track_caller]
fn assert_scan_finds(tidegate: &Tidegate, job: &str, from: &str, to: &str, more: &[&str]) {
    let mut arguments =
        vec!["new", job, "--from", from, "--to", to, "--scan", "--if-exists", "truncate"];
    arguments.extend(more);
    let outcome = tidegate.run(&arguments);
    let findings = tidegate.stored(job, "SELECT message FROM finding WHERE topic = 'values'");
    let named = findings.iter().any(|f| f.contains("wide.word: 1 of 3 rows") && f.contains("id=2"));
    assert!(named, "{findings:?}\n{outcome:?}");
}

/// Every character set MySQL's tables are found in, next to each other.
#[test]
fn mysql_tables_in_other_character_sets() {
    let (server, other) = (MariaDbServer::shared(), PgServer::shared());
    let source = server.create("sets");
    let sets =
        ["latin1", "utf8mb3", "utf8mb4", "utf16", "utf32", "ucs2", "cp1250", "greek", "sjis"];
    let words = ["café €", "ΩΜΕΓΑ", "Žižek", "日本"];
    for set in sets {
        source.run(&format!(
            "CREATE TABLE {set} (id int PRIMARY KEY, v varchar(40), c char(10), x text)
             CHARACTER SET {set}"
        ));
        for (id, word) in words.iter().enumerate() {
            // What the set does not have is not put into it.
            source.try_run(&format!(
                "SET sql_mode = 'STRICT_ALL_TABLES'; INSERT INTO {set} VALUES
                 ({id}, '{word}', '{word}', '{word}')"
            ));
        }
        assert!(source.count(set) > 0, "{set} holds one of the words");
    }
    let tidegate = Tidegate::new();
    let target = other.create("sets");
    tidegate.copy("sets_pg", &source.url(), &target.url(), &["--accept-lossy"]);
    let here = Place::Mysql(source.clone());
    assert_same(&here, &Place::postgres(&target, &source.name));
    let file = tidegate.file("sets.db");
    tidegate.copy("sets_li", &source.url(), &sqlite::url(&file), &["--accept-lossy"]);
    assert_same(&here, &Place::sqlite(&file));
    let copy = server.create("copy");
    tidegate.copy("sets_my", &source.url(), &copy.url(), &[]);
    assert_same(&here, &Place::Mysql(copy));
}

/// Text that was encoded twice long ago arrives as it is, and the scan says where it is.
#[test]
fn text_that_was_encoded_twice_is_reported() {
    let (server, other) = (MariaDbServer::shared(), PgServer::shared());
    let (source, target) = (server.create("twice"), other.create("twice"));
    source.run(
        "CREATE TABLE t (id int PRIMARY KEY, v text) CHARACTER SET utf8mb4;
         INSERT INTO t VALUES (1, 'café'), (7, 'cafÃ©'), (8, 'plain');",
    );
    let tidegate = Tidegate::new();
    tidegate.copy("twice", &source.url(), &target.url(), &["--scan"]);
    let findings = tidegate.stored("twice", "SELECT message FROM finding WHERE topic = 'values'");
    let named = |f: &String| f.contains("t.v: 1 of 3 rows") && f.contains("id=7");
    assert!(findings.iter().any(named), "{findings:?}");
    let there = Place::postgres(&target, &source.name);
    let found = differences_across(&Place::Mysql(source), &there);
    assert!(found.is_empty(), "{found:?}");
}
