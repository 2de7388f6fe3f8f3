//! The value scan's questions, answered by SQLite.

use super::Yard;
use crate::core::name::ObjectName;
use crate::core::scan::{
    Asked, Charset, Found, MomentKind, Question, ScanAnswer, ScanRequest, StoredText,
};
use crate::driver::Source as _;

async fn ask(yard: &Yard, key: &[&str], asked: &[(&str, Question)]) -> ScanAnswer {
    let request = ScanRequest {
        table: ObjectName::new("main", "t"),
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        rowid: Some("_rowid_"),
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
    yard.source().scan(&request).await.unwrap()
}

#[tokio::test]
async fn each_question_finds_its_values_and_only_them() {
    let yard = Yard::new(
        "CREATE TABLE t (rowid TEXT, v, s TEXT, n NUMERIC);
         INSERT INTO t (v, s, n) VALUES
             (1, 'plain', 1.25), (2.0, 'naïve – €', 'x'), (2.5, '🦀', 123456789.125),
             (9223372036854775807, 'cafÃ©', NULL), ('ten', 'a' || char(0) || 'b', -0.0),
             (x'00ff', CAST(x'63c3' AS TEXT), 1), (NULL, NULL, NULL),
             ('2024-02-29', '{\"a\":1}', NULL), ('2023-02-29', '{bad', NULL),
             ('12345678901234567890.5', '8a1d6f7e-0000-4000-8000-00000000000F', NULL);",
    );
    let int = &["integer", "whole"];
    let asked = [
        ("v", Question::OtherClass(&["integer"])),
        ("v", Question::OtherClass(int)),
        ("v", Question::OtherClass(&["integer", "real", "decimal"])),
        ("v", Question::OtherClass(&["text"])),
        ("v", Question::IntegerOutside { min: 0, max: 1, whole: false }),
        ("v", Question::NotMoment(MomentKind::Date)),
        ("n", Question::DecimalOutside { precision: 10, scale: 2 }),
        ("n", Question::DecimalOutside { precision: 5, scale: 2 }),
        ("s", Question::Nul),
        ("s", Question::InvalidText(StoredText::Unicode)),
        ("s", Question::EncodedTwice(StoredText::Unicode)),
        ("s", Question::OutsideCharset(Charset::Windows1252)),
        ("s", Question::OutsideCharset(Charset::Utf8mb3)),
        ("s", Question::NotJson),
        ("s", Question::NotUuid),
        ("s", Question::LongerChars(9)),
    ];
    let answer = ask(&yard, &[], &asked).await;
    assert_eq!(answer.rows, 10);
    let counts: Vec<u64> = answer.found.iter().map(|f| f.count).collect();
    assert_eq!(counts, [7, 6, 4, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 8, 8, 1]);
    assert_eq!(answer.found[8], Found { count: 1, key: Some("rowid=5".to_owned()) });
    let answer = ask(&yard, &["v", "s"], &asked[2..3]).await;
    assert_eq!(answer.found[0].key.as_deref(), Some("v=00FF, s=c\u{fffd}"));
}
