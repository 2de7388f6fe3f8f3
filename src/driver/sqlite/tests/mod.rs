//! Files copied to files, by both paths, and the trouble files make.

mod scan;
mod shaped;
mod trouble;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::super::{
    AttachSource, ChunkTask, LedgerKey, Source, StepTask, Target, TargetSession, Written,
};
use super::place::Place;
use crate::core::catalog::{Catalog, Section, Table, TableKind};
use crate::core::chunk::Rejects;
use crate::core::chunk::{BoundsRequest, ChunkMethod, ChunkRange, key_ranges, rowid_ranges};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::mapping::{Fit, Transform};
use crate::core::plan::{ColumnPlan, DataPath, Existing, TablePlan};
use crate::core::spec::Selection;
use crate::driver::pipe::{Unlimited, WorkGauge, pipe};

/// A directory with a source and a place for a target.
struct Yard {
    directory: tempfile::TempDir,
}

impl Yard {
    fn new(setup: &str) -> Yard {
        let yard = Yard { directory: tempfile::tempdir().unwrap() };
        let connection = Connection::open(yard.path("source.db")).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").unwrap();
        connection.execute_batch(setup).unwrap();
        yard
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn place(&self, name: &str, side: Side) -> Place {
        Place { path: self.path(name), side }
    }

    fn source(&self) -> super::source::SqliteSource {
        super::source::SqliteSource::new(self.place("source.db", Side::Source))
    }

    fn target(&self) -> super::target::SqliteTarget {
        super::target::SqliteTarget::new(self.place("target.db", Side::Target))
    }

    fn open(&self, name: &str) -> Connection {
        Connection::open(self.path(name)).unwrap()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    Attach,
    Rows,
}

fn plan_of(table: &Table, method: ChunkMethod) -> TablePlan {
    TablePlan {
        source: table.name.clone(),
        target: table.name.clone(),
        columns: table
            .stored_columns()
            .map(|c| ColumnPlan {
                name: c.name.clone(),
                target_name: c.name.clone(),
                source_declared: c.declared.clone(),
                source_logical: c.logical.clone(),
                target_declared: c.declared.clone(),
                target_logical: c.logical.clone(),
                fit: Fit::Exact,
                reason: String::new(),
                transform: Transform::default(),
                rule: None,
                expression: None,
            })
            .collect(),
        path: DataPath::Conventional,
        path_reason: String::new(),
        method,
        chunks: Vec::new(),
        estimate: table.estimate,
        target_unlogged: false,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: crate::core::plan::RowChoice::default(),
    }
}

async fn chunks_of(source: &dyn Source, table: &Table, parts: u64) -> (TablePlan, Vec<ChunkRange>) {
    let method = match table.without_rowid {
        true => ChunkMethod::Key { columns: table.keys[0].columns.clone() },
        false => ChunkMethod::Rowid,
    };
    let request = BoundsRequest { table: table.name.clone(), method: method.clone(), parts };
    let bounds = source.bounds(&request).await.unwrap();
    let ranges = match method {
        ChunkMethod::Rowid => {
            rowid_ranges(&bounds.iter().map(|b| b[0].parse().unwrap()).collect::<Vec<_>>())
        }
        _ => key_ranges(&bounds),
    };
    (plan_of(table, method), ranges)
}

/// One chunk by `road`.
async fn copy_chunk(
    session: &mut dyn TargetSession,
    snapshot: &dyn super::super::Snapshot,
    task: ChunkTask,
    road: Road,
    path: &Path,
) -> Result<Written, Fault> {
    let gauge = Arc::new(WorkGauge::default());
    let written = match road {
        Road::Attach => {
            let source = AttachSource { path: path.to_owned() };
            session.copy_attached(&task, &source, &gauge).await
        }
        Road::Rows => {
            let (sink, blocks) = pipe(Arc::new(Unlimited), gauge.clone());
            let mut reader = snapshot.session().await.unwrap();
            let (read, written) =
                tokio::join!(reader.read(&task, sink), session.write(&task, blocks));
            match (&read, &written) {
                (Err(fault), Err(echo)) if echo.kind == FaultKind::Cancelled => Err(fault.clone()),
                _ => written,
            }
        }
    };
    if let Ok(done) = &written {
        assert!(done.already || gauge.read().0 == done.rows, "the gauge has seen every row");
    }
    written
}

/// Schema, rows, schema: as a job does it.
async fn copy_all(yard: &Yard, road: Road, parts: u64) -> Catalog {
    let (source, target) = (yard.source(), yard.target());
    let catalog = source.inspect(&Selection::default()).await.unwrap();
    let items = source.schema_items().await.unwrap();
    target.prepare_ledger("j1").await.unwrap();
    let mut session = target.session("j1", &items.preamble).await.unwrap();
    let step = |item: &crate::core::catalog::DdlItem| StepTask {
        key: LedgerKey::Step(item.id),
        statements: item.statements.clone(),
        title: format!("make {}", item.name),
    };
    for item in items.items.iter().filter(|i| i.section == Section::PreData) {
        session.run(&step(item)).await.unwrap();
    }
    let snapshot = source.open_snapshot(2).await.unwrap();
    let mut chunk = 0;
    for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Plain) {
        let (plan, ranges) = chunks_of(&source, table, parts).await;
        let plan = Arc::new(plan);
        for range in ranges {
            let key = LedgerKey::Chunk(chunk);
            chunk += 1;
            let task = ChunkTask { table: plan.clone(), range, key };
            let path = yard.path("source.db");
            let copy = copy_chunk(&mut *session, &*snapshot, task.clone(), road, &path);
            let first = copy.await.unwrap();
            assert!(!first.already);
            let again = copy_chunk(&mut *session, &*snapshot, task, road, &path).await.unwrap();
            assert_eq!(again, Written::before(first.rows, Rejects::default()), "exactly once");
        }
    }
    for item in items.items.iter().filter(|i| i.section == Section::PostData) {
        session.run(&step(item)).await.unwrap();
    }
    let sequences = snapshot.sequences().await.unwrap();
    session.set_sequences(LedgerKey::Step(999_999), &sequences).await.unwrap();
    let ledger = target.ledger("j1").await.unwrap().unwrap();
    assert_eq!(
        ledger.iter().filter(|l| matches!(l.key, LedgerKey::Chunk(_))).count(),
        chunk as usize
    );
    target.drop_ledger("j1").await.unwrap();
    target.drop_ledger("j1").await.unwrap();
    assert_eq!(target.ledger("j1").await.unwrap(), None);
    catalog
}

/// Every row of every table with storage classes, and the schema's text.
fn contents(connection: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    let mut names = Vec::new();
    let mut statement = connection
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (kind, name): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let (table, sql): (String, Option<String>) = (row.get(2).unwrap(), row.get(3).unwrap());
        lines.push(format!("{kind} {name} on {table}: {sql:?}"));
        if kind == "table" {
            names.push(name);
        }
    }
    for name in names {
        let sql = format!("SELECT * FROM \"{}\"", name.replace('"', "\"\""));
        let mut statement = connection.prepare(&sql).unwrap();
        let count = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut of_table = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> =
                (0..count).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            of_table.push(format!("{name}: {}", cells.join(" | ")));
        }
        of_table.sort();
        lines.extend(of_table);
    }
    lines
}

fn assert_equal(yard: &Yard) {
    let (left, right) = (contents(&yard.open("source.db")), contents(&yard.open("target.db")));
    for (a, b) in left.iter().zip(&right) {
        assert_eq!(a, b);
    }
    assert_eq!(left.len(), right.len());
    let check: String =
        yard.open("target.db").query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

/// Everything that is odd about SQLite's values and tables.
const ODD: &str = r#"
PRAGMA user_version = 7;
CREATE TABLE "order by" ("select" INTEGER PRIMARY KEY AUTOINCREMENT, [a b] TEXT COLLATE NOCASE,
    `c"d` NUMERIC DEFAULT (1+1), CHECK ("select" > -100));
INSERT INTO "order by" VALUES (-5, 'ä', 1), (9, '', NULL), (77, NULL, 9223372036854775807);
DELETE FROM "order by" WHERE "select" = 77;
CREATE TABLE anything (a, b BLOB, c TEXT, d INT, e REAL, f NUMERIC);
INSERT INTO anything VALUES
    (NULL, NULL, NULL, NULL, NULL, NULL),
    ('', '', '', '', '', ''),
    (1, 1, 1, 1, 1, 1),
    (1.5, 1.5, 1.5, 1.5, 1.5, 1.5),
    (x'00ff', x'', x'61', x'00', x'01', x'02'),
    ('a' || char(0) || 'b', 'text', 'a' || char(0), 'no number', 'x', '12abc'),
    (CAST(x'ff41' AS TEXT), CAST(x'c3' AS TEXT), CAST(x'80' AS TEXT), '007x', ' 1 x', '0x10'),
    (-9223372036854775808, 9223372036854775807, '9e999', 9e999, -9e999, 12345678901234567890),
    (0.1, -0.5, 1e300, 1e-300, 2.0, 3.0),
    ('123', '1e5', '1e5', 'nan', 'inf', 'Infinity');
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, x ANY) STRICT;
INSERT INTO strict_one VALUES (1, 2, 3.5, 'four', x'05', '6'), (2, NULL, NULL, NULL, NULL, 7.5);
CREATE TABLE without (k TEXT, n INTEGER, v, PRIMARY KEY (k, n DESC)) WITHOUT ROWID;
INSERT INTO without VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('', 0, NULL), ('b''c', -1, x'00');
CREATE TABLE computed (a INT, twice INT AS (a * 2) STORED, thrice INT AS (a * 3), z TEXT);
INSERT INTO computed (a, z) VALUES (1, 'x'), (NULL, 'y');
CREATE TABLE nulls_in_key (a TEXT, b TEXT, PRIMARY KEY (a, b));
INSERT INTO nulls_in_key VALUES (NULL, 'x'), (NULL, 'x'), ('a', NULL);
CREATE TABLE shadowed (rowid TEXT, oid INT);
INSERT INTO shadowed VALUES ('not a rowid', 1), ('nor this', 2);
CREATE TABLE hidden_away (rowid, _rowid_, oid);
INSERT INTO hidden_away VALUES (1, 2, 3);
CREATE TABLE empty (x);
CREATE TABLE loud (x UNIQUE ON CONFLICT REPLACE);
INSERT INTO loud VALUES (1), (2);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent (id));
CREATE TABLE parent (id INTEGER PRIMARY KEY);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1, 1), (2, NULL);
CREATE UNIQUE INDEX ix ON anything (a, c DESC) WHERE c IS NOT NULL;
CREATE INDEX ix2 ON computed (abs(a), z COLLATE NOCASE);
CREATE VIEW v AS SELECT "select" AS s FROM "order by";
CREATE VIEW v2 AS SELECT s FROM v;
CREATE TRIGGER tr AFTER INSERT ON empty BEGIN UPDATE "order by" SET [a b] = 'fired'; END;
CREATE TRIGGER tr2 INSTEAD OF INSERT ON v2 BEGIN SELECT 1; END;
CREATE TRIGGER tr3 AFTER INSERT ON loud BEGIN INSERT INTO empty VALUES (new.x); END;
CREATE VIRTUAL TABLE search USING fts5(title, body);
INSERT INTO search VALUES ('one', 'the quick fox'), ('two', 'the lazy dog');
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO boxes VALUES (1, 0, 1), (2, 5, 6);
"#;

#[tokio::test]
async fn odd_values_and_tables_arrive_as_they_were() {
    for road in [Road::Attach, Road::Rows] {
        let yard = Yard::new(ODD);
        copy_all(&yard, road, 3).await;
        assert_equal(&yard);
        let found: String = yard
            .open("target.db")
            .query_row("SELECT title FROM search WHERE search MATCH 'lazy'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, "two", "{road:?}");
    }
}

#[tokio::test]
async fn implicit_rowids_are_kept() {
    let yard = Yard::new(
        "CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (5, 'five'), (-3, 'minus three'), \
         (9223372036854775807, 'last')",
    );
    copy_all(&yard, Road::Attach, 2).await;
    let target = yard.open("target.db");
    let five: Option<i64> = target
        .query_row("SELECT rowid FROM t WHERE a = 'five'", [], |row| row.get(0))
        .optional()
        .unwrap();
    assert_eq!(five, Some(5));
    assert_equal(&yard);
}

/// The open databases of the test data, when they are there (`TIDEGATE_TEST_DATA`).
fn sample(name: &str) -> Option<String> {
    let folder = std::env::var("TIDEGATE_TEST_DATA").ok()?;
    let path = Path::new(&folder).join(name).join(format!("{name}_sqlite.sql"));
    Some(std::fs::read_to_string(path).expect("the named folder holds the test data"))
}

#[tokio::test]
async fn many_chunks_of_many_rows() {
    let yard = Yard::new(
        "CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT, b REAL);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 3 FROM n LIMIT 40000)
         INSERT INTO big SELECT i, 'row ' || i, i / 7.0 FROM n;
         CREATE TABLE words (w TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
         INSERT INTO words SELECT 'w' || id, id FROM big WHERE id % 4 = 0;",
    );
    for road in [Road::Attach, Road::Rows] {
        let _ = std::fs::remove_file(yard.path("target.db"));
        let catalog = copy_all(&yard, road, 7).await;
        assert_equal(&yard);
        let big = &catalog.tables[0];
        assert!((30_000..50_000).contains(&big.estimate.rows), "{:?}", big.estimate);
        assert!((400_000..4_000_000).contains(&big.estimate.bytes), "{:?}", big.estimate);
    }
}

#[tokio::test]
async fn open_databases_come_through() {
    for name in ["chinook", "sakila", "northwind"] {
        let Some(sql) = sample(name) else {
            eprintln!(
                "open_databases_come_through: TIDEGATE_TEST_DATA is not set, nothing was tried"
            );
            return;
        };
        let in_one = format!("PRAGMA journal_mode = MEMORY;\n{sql}");
        for road in [Road::Attach, Road::Rows] {
            let yard = Yard::new(&in_one);
            copy_all(&yard, road, 2).await;
            assert_equal(&yard);
        }
    }
}
