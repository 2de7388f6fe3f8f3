//! The value scan: its statements on real servers, and what the plan says afterwards.

use tidegate::core::name::{Dialect, ObjectName};
use tidegate::core::scan::{
    Asked, Charset, Question, ScanAnswer, ScanRequest, StoredText, read_answer, scan_select,
};

use crate::support::Tidegate;
use crate::support::mariadb::{MariaDbServer, MyDatabase};
use crate::support::postgres::PgServer;

fn ask(database: &MyDatabase, key: &[&str], asked: &[(&str, Question)]) -> ScanAnswer {
    let request = ScanRequest {
        table: ObjectName::new(database.name.clone(), "t"),
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        rowid: None,
        raw_text: false,
        filter: None,
        questions: asked
            .iter()
            .map(|(column, question)| Asked {
                column: (*column).to_owned(),
                question: question.clone(),
            })
            .collect(),
    };
    let line = database.one(&scan_select(Dialect::Mysql, &request));
    let cell = |text: &str| (text != "NULL").then(|| text.to_owned());
    let cells: Vec<Option<String>> = line.split('\t').map(cell).collect();
    read_answer(&request, &cells).unwrap_or_else(|| panic!("no answer: {line}"))
}

/// The driver only carries these statements: what they mean is tried on the server itself.
#[test]
fn each_question_put_to_mariadb_finds_its_values_and_only_them() {
    let server = MariaDbServer::start();
    let database = server.create("asked");
    database.run(
        r#"SET sql_mode = 'ALLOW_INVALID_DATES';
          CREATE TABLE t (id int, part varchar(10), u bigint unsigned, n decimal(65,30), d date,
             z datetime(6), v time(6), s text, l varchar(50) CHARACTER SET latin1,
             b varbinary(20), j longtext, w varchar(20) CHARACTER SET utf16,
             PRIMARY KEY (id, part)) CHARACTER SET utf8mb4;
          INSERT INTO t VALUES
             (1, 'a', 0, 1.5, '2024-02-29', '2024-02-29 12:00:00', '12:00:00', 'plain', 'abc',
              x'00', '{}', 'ab'),
             (2, 'b', 9223372036854775808, 1e20, '0000-00-00', '2024-00-10 00:00:00',
              '838:59:59', 'cafÃ© Ã¼ber', concat('caf', _latin1 x'c3a9'), x'',
              '{"a":"\\u0000"}',
              'zwölf'),
             (3, 'c', 9223372036854775807, 0.5, '2024-02-31', '9999-12-31 23:59:59.999999',
              '-00:00:00.5', concat('a', char(0), 'b'), 'café', NULL, 'x', '🦀'),
             (4, 'd', 18446744073709551615, 0, NULL, NULL, '23:59:59.999999', '🦀 café – €', '€',
              x'0102', NULL, NULL),
             (5, 'e', NULL, NULL, '0000-01-01', '0000-00-00', '24:00:00',
              '8a1d6f7e-0000-4000-8000-000000000001', NULL, NULL, NULL, NULL);"#,
    );
    let charset = |name: &str| StoredText::Charset(name.to_owned());
    let asked = [
        ("u", Question::IntegerOutside { min: -(1 << 63), max: (1 << 63) - 1, whole: false }, 2),
        ("n", Question::IntegerOutside { min: 0, max: 100, whole: true }, 3),
        ("n", Question::DecimalOutside { precision: 10, scale: 0 }, 3),
        ("n", Question::DecimalOutside { precision: 30, scale: 1 }, 0),
        ("d", Question::ZeroDate, 3),
        ("z", Question::ZeroDate, 2),
        ("v", Question::OutsideDay, 3),
        ("s", Question::Nul, 1),
        ("w", Question::Nul, 0),
        ("j", Question::JsonNul, 1),
        ("s", Question::NotUuid, 4),
        ("b", Question::OtherLength(1), 2),
        ("b", Question::LongerBytes { max: 1, text: false }, 1),
        ("l", Question::LongerBytes { max: 4, text: true }, 2),
        ("s", Question::LongerChars(10), 2),
        ("s", Question::OutsideCharset(Charset::Utf8mb3), 1),
        ("s", Question::OutsideCharset(Charset::Ascii), 2),
        ("w", Question::OutsideCharset(Charset::Windows1252), 1),
        ("s", Question::EncodedTwice(charset("utf8mb4")), 1),
        ("w", Question::EncodedTwice(charset("utf16")), 0),
        ("s", Question::InvalidText(charset("utf8mb4")), 0),
        ("l", Question::InvalidText(charset("latin1")), 0),
        ("w", Question::InvalidText(charset("utf16")), 0),
    ];
    let questions: Vec<(&str, Question)> =
        asked.iter().map(|(column, question, _)| (*column, question.clone())).collect();
    let answer = ask(&database, &["id", "part"], &questions);
    assert_eq!(answer.rows, 5);
    for ((column, question, count), found) in asked.iter().zip(&answer.found) {
        assert_eq!(found.count, *count, "{column}: {question:?}");
    }
    assert_eq!(answer.found[0].key.as_deref(), Some("id=2, part=b"));
    assert_eq!(ask(&database, &[], &questions[..1]).found[0].key, None);
}

fn fit_of(tidegate: &Tidegate, job: &str, column: &str) -> String {
    let query = format!("SELECT fit || ': ' || reason FROM plan_column WHERE name = '{column}'");
    tidegate.stored(job, &query).concat()
}

/// Text in a key has an end on MySQL: consent is needed, or rows that show that none is too long.
#[test]
fn what_the_rows_prove_needs_no_consent() {
    let (server, other) = (PgServer::shared(), MariaDbServer::shared());
    let (source, target) = (server.create("proved"), other.create("proved"));
    source.run(
        "CREATE TABLE t (k text PRIMARY KEY, n integer);
         INSERT INTO t SELECT 'key ' || i, i FROM generate_series(1, 1500) i;",
    );
    let tidegate = Tidegate::new();
    let refused = tidegate.try_copy("unasked", &source.url(), &target.url(), &[]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    tidegate.copy("asked", &source.url(), &target.url(), &["--scan"]);
    let fit = fit_of(&tidegate, "asked", "k");
    assert!(fit.starts_with("exact: proved by data on 1,500 rows at planning time"), "{fit}");
    assert_eq!(target.count("t"), 1500);

    source.run("INSERT INTO t VALUES (repeat('long', 300), 0)");
    let target = other.create("disproved");
    let refused = tidegate.try_copy("dirty", &source.url(), &target.url(), &["--scan"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    let said = refused.text();
    assert!(said.contains("1 of 1,501 rows holds") && said.contains("k=longlong"), "{said}");
}

/// A map rule that narrows a column is answered by the rows as well.
#[test]
fn unsigned_numbers_are_asked_whether_they_fit() {
    let (server, other) = (MariaDbServer::shared(), PgServer::shared());
    let source = server.create("unsigned");
    source.run(
        "CREATE TABLE t (id int PRIMARY KEY, u bigint unsigned, d date);
         INSERT INTO t VALUES (1, 9223372036854775807, '2024-02-29'), (2, 5, NULL);",
    );
    let tidegate = Tidegate::new();
    let target = other.create("unsigned");
    let more = ["--scan", "--map", "t.u=bigint"];
    tidegate.copy("fits", &source.url(), &target.url(), &more);
    let fit = fit_of(&tidegate, "fits", "u");
    assert!(fit.starts_with("exact: proved by data on 2 rows"), "{fit}");
    source.run("SET sql_mode = ''; INSERT INTO t VALUES (3, 18446744073709551615, '0000-00-00')");
    let target = other.create("unsigned");
    let (from, to) = (source.url(), target.url());
    let mut arguments = vec!["new", "exceeds", "--from", &from, "--to", &to];
    arguments.extend(more);
    let planned = tidegate.run(&arguments);
    assert_eq!(planned.code, Some(5), "{planned:?}");
    let said = planned.text();
    for part in [".t.u: 1 of 3 rows", ".t.d: 1 of 3 rows", "id=3"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}
