//! The value scan: its statements on real servers, and what the plan says afterwards.

use tidegate::core::name::{Dialect, ObjectName};
use tidegate::core::scan::{
    Asked, Charset, Question, ScanAnswer, ScanRequest, StoredText, read_answer, scan_select,
};

use crate::support::mariadb::{MariaDbServer, MyDatabase};

fn ask(database: &MyDatabase, key: &[&str], asked: &[(&str, Question)]) -> ScanAnswer {
    let request = ScanRequest {
        table: ObjectName::new(database.name.clone(), "t"),
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        rowid: None,
        raw_text: false,
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
