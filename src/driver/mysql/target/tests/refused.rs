//! Rows that LOAD DATA LOCAL would have bent or dropped without a word: each is refused, and
//! nothing of its chunk is kept.

use super::crossing::{Crossing, Rows, chunk, numbered, plan_of, send, send_batches, step, table};
use super::server::Server;
use crate::core::fault::FaultKind;
use crate::core::plan::{Existing, Severity, TablePlan};
use crate::core::value::{RowBatch, WireForm};
use crate::driver::{LedgerKey, Target, Written};

/// One way to go wrong: a table, two good rows with a bad one in the middle, what is said.
struct Trouble {
    name: &'static str,
    make: &'static str,
    columns: &'static [(&'static str, &'static str)],
    bad: Vec<Option<&'static str>>,
    /// What either server may say, of LOAD DATA or of INSERT.
    codes: &'static [&'static str],
}

fn troubles() -> Vec<Trouble> {
    let trouble = |name, make, columns, bad, codes| Trouble { name, make, columns, bad, codes };
    vec![
        trouble("twice", "(a int PRIMARY KEY, b text)", TWO, vec![Some("1"), Some("x")], &["1062"]),
        trouble(
            "long",
            "(a int, b varchar(3))",
            TWO,
            vec![Some("2"), Some("four")],
            &["1406", "1265"],
        ),
        trouble(
            "empty",
            "(a int, b varchar(30) NOT NULL)",
            TWO,
            vec![Some("2"), None],
            &["1048", "1263"],
        ),
        trouble("wide", "(a tinyint, b text)", TWO, vec![Some("300"), Some("x")], &["1264"]),
        trouble("word", "(a int, b enum('x','ok'))", TWO, vec![Some("2"), Some("no")], &["1265"]),
        trouble("fine", "(a int, b decimal(4,1))", TWO, vec![Some("2"), Some("1.23")], &["1265"]),
        trouble(
            "check",
            "(a int, b text, CHECK (a <> 7))",
            TWO,
            vec![Some("7"), Some("1")],
            &["4025", "3819"],
        ),
        trouble(
            "latin",
            "(a int, b text CHARACTER SET latin1)",
            TWO,
            vec![Some("2"), Some("€Ж")],
            &["1366"],
        ),
        trouble(
            "child",
            "(a int, b int, FOREIGN KEY (b) REFERENCES parent (id))",
            TWO,
            vec![Some("2"), Some("404")],
            &["1452"],
        ),
        trouble(
            "parts",
            "(a int, b text) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10))",
            TWO,
            vec![Some("11"), Some("1")],
            &["1526"],
        ),
    ]
}

const TWO: &[(&str, &str)] = &[("a", "int"), ("b", "text")];

fn good(trouble: &Trouble, a: &'static str) -> Vec<Option<&'static str>> {
    let b = match trouble.name {
        "word" => "ok",
        "fine" => "1.5",
        "latin" => "é",
        _ => "1",
    };
    vec![Some(a), Some(b)]
}

async fn each_is_refused(crossing: &Crossing) {
    crossing
        .server
        .sql("USE home; CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1)");
    let mut writer = crossing.writer().await;
    for (trouble, id) in troubles().iter().zip(0..) {
        let name = trouble.name;
        crossing.server.sql(&format!("USE home; CREATE TABLE t_{name} {}", trouble.make));
        // Its foreign keys hold: it was there before the job.
        let plan = TablePlan {
            existing: Existing::Append,
            ..table(&format!("t_{name}"), trouble.columns)
        };
        let rows: Rows = vec![good(trouble, "1"), trouble.bad.clone(), good(trouble, "3")];
        let refused = send(&mut writer, &chunk(&plan, id), &rows).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::RowRefused, "{name}: {refused}");
        let code = refused.code.as_deref().unwrap();
        assert!(trouble.codes.contains(&code), "{name}: {refused}");
        assert!(refused.detail.is_some() && !refused.message.contains("for key"), "{refused:?}");
        assert_eq!(crossing.ask(&format!("count(*) FROM t_{name}")), "0", "{name}");
        // The same session goes on, and the chunk is done once its row is mended.
        let rows: Rows = vec![good(trouble, "1"), good(trouble, "2")];
        let done = send(&mut writer, &chunk(&plan, id), &rows).await;
        assert_eq!(done, Ok(Written::now(2)), "{name}");
        assert_eq!(crossing.ask(&format!("count(*) FROM t_{name}")), "2", "{name}");
    }
}

#[tokio::test]
async fn bad_rows_are_refused_and_their_chunk_with_them() {
    each_is_refused(&Crossing::new("SELECT 1").await).await;
}

#[tokio::test]
async fn without_local_the_same_is_refused_and_the_plan_says_so() {
    let crossing = Crossing::on(Server::with(&["--local-infile=0"]), "SELECT 1").await;
    let findings = crossing.target.preflight(&plan_of(Vec::new())).await.unwrap();
    let said = findings.iter().find(|f| f.message.contains("LOAD DATA LOCAL")).unwrap();
    assert_eq!(said.severity, Severity::Warn);
    assert!(said.hint.as_deref().unwrap().contains("local_infile = 1"));
    each_is_refused(&crossing).await;
    assert!(!crossing.target.way.loads());
}

#[tokio::test]
async fn local_that_is_taken_away_in_the_middle_is_done_without() {
    let crossing = Crossing::new("CREATE TABLE t (a int PRIMARY KEY, b text)").await;
    let plan = table("t", TWO);
    let mut writer = crossing.writer().await;
    let batches = vec![numbered(1, 500, 2), numbered(501, 1000, 2)];
    let done = send_batches(&mut writer, &chunk(&plan, 0), batches).await;
    assert_eq!(done, Ok(Written::now(1000)));
    crossing.server.sql("SET GLOBAL local_infile = 0");
    let batches = vec![numbered(1001, 1500, 2), numbered(1501, 2000, 2)];
    let done = send_batches(&mut writer, &chunk(&plan, 1), batches).await;
    assert_eq!(done, Ok(Written::now(1000)));
    assert_eq!(crossing.ask("count(*), sum(a) FROM t"), "2000\t2001000");
    assert!(!crossing.target.way.loads());
}

#[tokio::test]
async fn values_the_server_would_invent_are_refused() {
    let make = "CREATE TABLE n (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, b text); \
                CREATE TABLE m (a int, at timestamp NOT NULL)";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    let n = table("n", &[("id", "int"), ("b", "text")]);
    let rows: Rows = vec![vec![Some("5"), Some("x")], vec![None, Some("y")]];
    let refused = send(&mut writer, &chunk(&n, 0), &rows).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::RowRefused, "{refused}");
    assert!(refused.message.contains("column id, row 2"), "{refused}");
    // A 0 that was stored stays one.
    let rows: Rows = vec![vec![Some("0"), Some("x")], vec![Some("7"), Some("y")]];
    assert_eq!(send(&mut writer, &chunk(&n, 0), &rows).await.unwrap().rows, 2);
    assert_eq!(crossing.ask("min(id), max(id) FROM n"), "0\t7");
    let m = table("m", &[("a", "int"), ("at", "timestamp")]);
    let rows: Rows = vec![vec![Some("5"), None]];
    let refused = send(&mut writer, &chunk(&m, 1), &rows).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::RowRefused, "{refused}");
    assert_eq!(crossing.ask("count(*) FROM m"), "0");
}

#[tokio::test]
async fn odd_values_arrive_as_they_left() {
    let make = "CREATE TABLE `o``dd name` (`a b` int, `t\\``` text, d date, z datetime); \
                CREATE TABLE one (v text); CREATE TABLE b (v longblob)";
    let crossing = Crossing::new(make).await;
    let mut writer = crossing.writer().await;
    let odd = table("o`dd name", &[("a b", "int"), ("t\\`", "text"), ("d", "date"), ("z", "text")]);
    let text = "tab\t newline\n cr\r back\\slash quote' \\N \\0 nul\0 \u{1F30A} end";
    let rows: Rows = vec![
        vec![Some("1"), Some(text), Some("0000-00-00"), Some("2024-02-31 00:00:00")],
        vec![Some("2"), None, None, None],
        vec![Some("3"), Some(""), Some("2024-00-00"), Some("0000-00-00 00:00:00")],
    ];
    assert_eq!(send(&mut writer, &chunk(&odd, 0), &rows).await.unwrap().rows, 3);
    let asked = "hex(`t\\```), d, z FROM `o``dd name` WHERE `a b` = 1";
    let hex: String = text.bytes().map(|b| format!("{b:02X}")).collect();
    assert_eq!(crossing.ask(asked), format!("{hex}\t0000-00-00\t2024-02-31 00:00:00"));
    assert_eq!(crossing.ask("`t\\``` IS NULL FROM `o``dd name` ORDER BY 1"), "0\n0\n1");
    // A row that is one empty text, and one that is one NULL.
    let one = table("one", &[("v", "text")]);
    let rows: Rows = vec![vec![Some("")], vec![None], vec![Some("x")], vec![Some("")]];
    assert_eq!(send(&mut writer, &chunk(&one, 1), &rows).await.unwrap().rows, 4);
    assert_eq!(crossing.ask("count(v), count(*), sum(length(v)) FROM one"), "3\t4\t1");
}

#[tokio::test]
async fn values_larger_than_a_packet_arrive_or_are_refused() {
    let crossing = Crossing::new("CREATE TABLE l (t longtext); CREATE TABLE b (v longblob)").await;
    crossing.server.sql("SET GLOBAL max_allowed_packet = 1048576");
    let mut writer = crossing.writer().await;
    let of = |size: usize, blob: bool| {
        let mut batch = RowBatch::with_capacity(1, size);
        batch.set_form(WireForm::MysqlText);
        if blob {
            batch.push_blob(&vec![0xA7; size]);
        } else {
            batch.push_text(&vec![b'x'; size]);
        }
        vec![batch]
    };
    let (l, b) = (table("l", &[("t", "longtext")]), table("b", &[("v", "longblob")]));
    let done = Ok(Written::now(1));
    assert_eq!(send_batches(&mut writer, &chunk(&l, 0), of(3_000_000, false)).await, done);
    assert_eq!(send_batches(&mut writer, &chunk(&b, 1), of(3_000_000, true)).await, done);
    assert_eq!(crossing.ask("length(t) FROM l"), "3000000");
    assert_eq!(crossing.ask("length(v), hex(right(v, 2)) FROM b"), "3000000\tA7A7");
    // An INSERT has to fit into one.
    crossing.server.sql("SET GLOBAL local_infile = 0");
    let refused = send_batches(&mut writer, &chunk(&l, 2), of(3_000_000, false)).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::RowRefused, "{refused}");
    assert!(refused.message.contains("row 1 of the chunk needs a packet of"), "{refused}");
    assert!(refused.hint.unwrap().contains("local_infile = 1"));
    assert_eq!(crossing.ask("count(*) FROM l"), "1");
}

#[tokio::test]
async fn a_long_load_is_several_statements_in_one_transaction() {
    let crossing = Crossing::new("CREATE TABLE t (a int PRIMARY KEY, b varchar(40))").await;
    let plan = table("t", TWO);
    let mut writer = crossing.writer().await;
    writer.segment_bytes = Some(1000);
    let batches = (0..20).map(|i| numbered(i * 100 + 1, i * 100 + 100, 2)).collect();
    let done = send_batches(&mut writer, &chunk(&plan, 0), batches).await;
    assert_eq!(done, Ok(Written::now(2000)));
    assert_eq!(crossing.ask("count(*), sum(a) FROM t"), "2000\t2001000");
    // Trouble in the last statement takes back the first.
    let mut batches: Vec<_> = (20..40).map(|i| numbered(i * 100 + 1, i * 100 + 100, 2)).collect();
    batches.push(numbered(7, 7, 2));
    let refused = send_batches(&mut writer, &chunk(&plan, 1), batches).await.unwrap_err();
    assert!(refused.detail.unwrap().contains("Rows are counted from row 2001 of the chunk."));
    assert_eq!(crossing.ask("count(*) FROM t"), "2000");
    assert_eq!(crossing.ledger_keys().await, [(LedgerKey::Chunk(0), 2000)]);
}

#[tokio::test]
async fn tables_without_transactions_are_refused_in_the_plan() {
    let make = "CREATE TABLE m (a int) ENGINE = MyISAM; CREATE TABLE i (a int)";
    let crossing = Crossing::new(make).await;
    let there = |name: &str| TablePlan { existing: Existing::Append, ..table(name, TWO) };
    let plan = plan_of(vec![there("m"), there("i")]);
    let findings = crossing.target.preflight(&plan).await.unwrap();
    let blocks: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Block).collect();
    assert_eq!(blocks.len(), 1, "{findings:?}");
    assert_eq!(blocks[0].message, "home.m (MyISAM) cannot take a chunk back");
    assert!(blocks[0].hint.as_deref().unwrap().contains("ENGINE = InnoDB"));
}

#[tokio::test]
async fn what_a_user_may_not_do_is_told_before_the_start() {
    let server = Server::start();
    server.sql(
        "CREATE DATABASE other; CREATE TABLE home.t (a int); \
         CREATE USER guest@'127.0.0.1' IDENTIFIED BY 'x'; \
         GRANT SELECT, INSERT, CREATE, UPDATE, DELETE, DROP ON home.* TO guest@'127.0.0.1'",
    );
    let url = format!("mysql://guest@127.0.0.1:{}/home", server.port);
    let access = server.access_at(&url, "guests", "x");
    let target = crate::driver::mysql::target(&access).unwrap();
    let mut elsewhere = table("t", TWO);
    elsewhere.target.schema = "other".to_owned();
    let there = TablePlan { existing: Existing::Truncated, ..elsewhere.clone() };
    let plan = plan_of(vec![table("u", TWO), elsewhere, there]);
    let findings = target.preflight(&plan).await.unwrap();
    let blocks: Vec<&str> = findings
        .iter()
        .filter(|f| f.severity == Severity::Block)
        .map(|f| f.message.as_str())
        .collect();
    assert_eq!(
        blocks,
        [
            "other (CREATE, INSERT, SELECT) lack privileges for this user",
            "other.t (INSERT, DELETE) may not be written by this user"
        ]
    );
    // The ledger finds a place all the same, and leaves none behind.
    target.prepare_ledger("guests").await.unwrap();
    assert_eq!(server.sql("SHOW TABLES IN home"), "_tidegate_ledger_guests\nt");
    let mut session = target.session("guests", &[]).await.unwrap();
    session.run(&step(1, &["CREATE TABLE home.u (a int)"])).await.unwrap();
    assert_eq!(target.ledger("guests").await.unwrap().unwrap().len(), 1);
    target.drop_ledger("guests").await.unwrap();
    target.drop_ledger("guests").await.unwrap();
    assert_eq!(server.sql("SHOW TABLES IN home"), "t\nu");
    assert_eq!(target.ledger("guests").await.unwrap(), None);
}
