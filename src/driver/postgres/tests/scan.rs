//! The value scan's questions, answered by a server.

use super::server::Server;
use crate::core::fault::Side;
use crate::core::name::ObjectName;
use crate::core::scan::{Asked, Charset, Found, Question, ScanAnswer, ScanRequest, StoredText};
use crate::driver::postgres::source;

async fn ask(
    server: &Server,
    database: &str,
    key: &[&str],
    asked: &[(&str, Question)],
) -> ScanAnswer {
    let request = ScanRequest {
        table: ObjectName::new("public", "t"),
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        rowid: None,
        raw_text: database == "raw",
        filter: None,
        questions: asked
            .iter()
            .map(|(column, question)| Asked {
                column: (*column).to_owned(),
                question: question.clone(),
            })
            .collect(),
    };
    let source = source(&server.access(database, Side::Source, "scan")).unwrap();
    source.scan(&request).await.unwrap()
}

fn found(count: u64, key: &str) -> Found {
    Found { count, key: (!key.is_empty()).then(|| key.to_owned()) }
}

#[tokio::test]
async fn each_question_finds_its_values_and_only_them() {
    let server = Server::start();
    server.create("plain");
    server.sql(
        "plain",
        r"CREATE TABLE t (id int, part text, n numeric, f float8, s text, b bytea, d date,
             z timestamptz, u text, e text, PRIMARY KEY (id, part));
          INSERT INTO t VALUES (1, 'a', 1.5, 1, 'ascii', '\x00', '2024-02-29',
             '2024-02-29 12:00+00',
             '8a1d6f7e-0000-4000-8000-000000000001', 'naïve café – €'),
             (2, 'b', 1e36, 'NaN', 'zwölf', '\x0102', 'infinity', '-infinity', 'no', 'cafÃ©'),
             (3, 'c', 0.0000000000000000000000000000001, 'Infinity', 'Жук', '\x', '0044-03-15 BC',
             '10000-01-01 00:00+00', '{8a1d}', 'ã' || '‚' || '¢'),
             (4, 'd', 'NaN', NULL, '🦀', NULL, '9999-12-31', '9999-12-31 23:59:59.999999+00',
             NULL, 'Ã'),
             (5, 'e', NULL, -0.0, NULL, NULL, NULL, NULL, NULL, NULL);",
    );
    let moments = || Question::MomentOutside { from: "0001-01-01", until: "10000-01-01" };
    let asked = [
        ("n", Question::DecimalOutside { precision: 65, scale: 30 }),
        ("n", Question::NotFinite { infinite: true }),
        ("n", Question::IntegerOutside { min: 0, max: 100, whole: true }),
        ("f", Question::NotFinite { infinite: true }),
        ("f", Question::NotFinite { infinite: false }),
        ("s", Question::LongerChars(4)),
        ("s", Question::LongerBytes { max: 5, text: true }),
        ("b", Question::LongerBytes { max: 1, text: false }),
        ("b", Question::OtherLength(1)),
        ("d", moments()),
        ("z", moments()),
        ("u", Question::NotUuid),
        ("s", Question::OutsideCharset(Charset::Ascii)),
        ("s", Question::OutsideCharset(Charset::Latin1)),
        ("s", Question::OutsideCharset(Charset::Windows1252)),
        ("e", Question::OutsideCharset(Charset::Windows1252)),
        ("s", Question::OutsideCharset(Charset::Utf8mb3)),
        ("e", Question::EncodedTwice(StoredText::Unicode)),
        ("s", Question::EncodedTwice(StoredText::Unicode)),
    ];
    let answer = ask(&server, "plain", &["id", "part"], &asked).await;
    assert_eq!(answer.rows, 5);
    let (b, c, d) = ("id=2, part=b", "id=3, part=c", "id=4, part=d");
    let expected = [
        found(3, b), // 1e36, thirty-one places, NaN
        found(1, d),
        found(4, "id=1, part=a"),
        found(2, b),
        found(1, b),
        found(2, "id=1, part=a"),
        found(2, b),
        found(1, b),
        found(2, b),
        found(2, b),
        found(2, b),
        found(2, b),
        found(3, b),
        found(2, c),
        found(2, c),
        found(0, ""),
        found(1, d),
        found(2, b),
        found(0, ""),
    ];
    for (at, (found, expected)) in answer.found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "{:?}", asked[at]);
    }
    server.sql("plain", "ALTER TABLE t DROP CONSTRAINT t_pkey");
    let answer = ask(&server, "plain", &[], &asked[..1]).await;
    assert_eq!(answer.found[0].key.as_deref(), Some("ctid=(0,2)"));
}

#[tokio::test]
async fn text_in_other_encodings_is_asked_without_being_converted() {
    let server = Server::start();
    for (database, encoding) in [("raw", "SQL_ASCII"), ("west", "WIN1252"), ("latin", "LATIN1")] {
        server.sql(
            "postgres",
            &format!(
                "CREATE DATABASE {database} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
            ),
        );
        // As bytes: valid UTF-8, a torn character, a byte that is nothing in Windows-1252.
        server.sql(
            database,
            r"SET client_min_messages = error; CREATE TABLE t (k text PRIMARY KEY, s text);
              INSERT INTO t SELECT convert_from(k, getdatabaseencoding()),
                  convert_from(s, getdatabaseencoding()) FROM (VALUES
                  ('good'::bytea, '\x636166c3a9'::bytea), ('torn', '\x636166c3'),
                  ('\x6b\xe9', '\x8140'), ('plain', 'abc')) v(k, s)"
                .replace(r"'\x6b\xe9'", r"'\x6be9'")
                .as_str(),
        );
    }
    let raw = [("s", Question::InvalidText(StoredText::Raw))];
    let answer = ask(&server, "raw", &["k"], &raw).await;
    assert_eq!(answer.found, [found(2, r"k=k\351")]);
    let west = StoredText::SingleBytes("WIN1252".to_owned());
    let asked = [("s", Question::InvalidText(west.clone())), ("s", Question::EncodedTwice(west))];
    let answer = ask(&server, "west", &["k"], &asked).await;
    assert_eq!(answer.found, [found(1, "k=ké"), found(1, "k=good")]);
    let latin = StoredText::SingleBytes("LATIN1".to_owned());
    let answer = ask(&server, "latin", &["k"], &[("s", Question::EncodedTwice(latin))]).await;
    assert_eq!(answer.found, [found(1, "k=good")]);
}
