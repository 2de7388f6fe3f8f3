//! Snapshots: one moment, kept through dropped reads, lost with its last connection.

use std::sync::Arc;
use std::time::Duration;

use super::yard::{Yard, count, read, table, whole};
use crate::core::catalog::LogicalType;
use crate::core::fault::FaultKind;
use crate::core::plan::Severity;
use crate::core::value::{CellRef, WireForm};
use crate::driver::Block;
use crate::driver::mysql::target::server::PASSWORD;
use crate::driver::pipe::{Unlimited, WorkGauge, pipe};

const TYPES: &str = r"
DROP DATABASE IF EXISTS every; CREATE DATABASE every CHARACTER SET utf8mb4; USE every;
SET sql_mode = '', time_zone = '+02:00';
CREATE TABLE t (big LONGTEXT, i BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(65,30),
  dt DATETIME(6), ts TIMESTAMP NULL, tm TIME(3), y YEAR, b BIT(10), bin VARBINARY(9),
  e ENUM('a','b'),
  s SET('x','y'), l VARCHAR(9) CHARACTER SET latin1, g POINT, g2 INT AS (y + 1) VIRTUAL)
  ENGINE=InnoDB;
INSERT INTO t (big, i, f, d, n, dt, ts, tm, y, b, bin, e, s, l, g) VALUES
 ('', 18446744073709551615, 1234567.8, 0.1,
  12345678901234567890123456789012345.123456789012345678901234567890,
  '0000-00-00', '2020-06-01 12:00:00', '-838:59:59', 1901, b'1000000001',
  X'00FF27', 'b', 'x,y', 'ö', POINT(1, 2)),
 (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
";

#[tokio::test]
async fn every_type_comes_as_the_server_prints_it() {
    let yard = Yard::new();
    yard.sql(TYPES);
    let catalog = yard.catalog("every").await;
    let t = table(&catalog, "t");
    let snapshot = yard.source("every").open_snapshot(2).await.unwrap();
    assert_eq!(snapshot.label(), "2 connections");
    let mut session = snapshot.session().await.unwrap();
    let batches = read(&mut session, &whole(t)).await.unwrap();
    let batch = &batches[0];
    assert_eq!((batch.form(), batch.rows(), batch.columns()), (WireForm::MysqlText, 2, 15));
    let blob = |at: usize| {
        let kind = &t.columns[at].logical;
        matches!(kind, LogicalType::Bytes { .. } | LogicalType::Bits { .. } | LogicalType::Geometry)
    };
    let expected: [&[u8]; 14] = [
        b"",
        b"18446744073709551615",
        b"1234567.75",
        b"0.1",
        b"12345678901234567890123456789012345.123456789012345678901234567890",
        b"0000-00-00 00:00:00.000000",
        b"2020-06-01 10:00:00",
        b"-838:59:59.000",
        b"1901",
        b"\x02\x01",
        b"\x00\xff'",
        b"b",
        b"x,y",
        "ö".as_bytes(),
    ];
    for (at, bytes) in expected.iter().enumerate() {
        let cell = if blob(at) { CellRef::Blob(bytes) } else { CellRef::Text(bytes) };
        assert_eq!(batch.cell(0, at), cell, "{}", t.columns[at].name);
    }
    match batch.cell(0, 14) {
        CellRef::Blob(point) => assert_eq!(point.len(), 25, "an SRID and a WKB point"),
        other => panic!("{other:?}"),
    }
    assert!((0..15).all(|at| batch.cell(1, at) == CellRef::Null));
}

#[tokio::test]
async fn all_sessions_see_one_moment_while_writers_go_on() {
    let yard = Yard::new();
    yard.sql(
        "DROP DATABASE IF EXISTS moment; CREATE DATABASE moment; USE moment; \
         CREATE TABLE a (id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE b LIKE a; \
         INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2)",
    );
    let source = yard.source("moment");
    let catalog = yard.catalog("moment").await;
    let snapshot = source.open_snapshot(3).await.unwrap();
    yard.sql("INSERT INTO moment.a VALUES (3); DELETE FROM moment.b");
    for _ in 0..3 {
        let mut session = snapshot.session().await.unwrap();
        assert_eq!(count(&mut session, &whole(table(&catalog, "a"))).await, 2);
        assert_eq!(count(&mut session, &whole(table(&catalog, "b"))).await, 2);
    }
    snapshot.check().await.unwrap();
    // The source's owner is not kept waiting, and is not read past.
    yard.sql("SET lock_wait_timeout = 2; TRUNCATE TABLE moment.a");
    let mut session = snapshot.session().await.unwrap();
    let fault = read(&mut session, &whole(table(&catalog, "a"))).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::SnapshotLost, "{fault}");
    assert_eq!(count(&mut session, &whole(table(&catalog, "b"))).await, 2, "the rest is there");
}

#[tokio::test]
async fn a_read_that_is_dropped_leaves_its_connection_in_order() {
    let yard = Yard::new();
    yard.sql(
        "DROP DATABASE IF EXISTS drops; CREATE DATABASE drops; USE drops; \
         CREATE TABLE big (id INT PRIMARY KEY, pad CHAR(250)) ENGINE=InnoDB; \
         INSERT INTO big WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL \
         SELECT i + 1 FROM d WHERE i < 299) \
         SELECT a.i * 300 + b.i, REPEAT('x', 250) FROM d a JOIN d b",
    );
    let catalog = yard.catalog("drops").await;
    let big = table(&catalog, "big");
    // One connection: the next read has no other.
    let snapshot = yard.source("drops").open_snapshot(1).await.unwrap();
    yard.sql("DELETE FROM drops.big");
    for reads in [0, 1, 5] {
        let mut session = snapshot.session().await.unwrap();
        let (sink, mut blocks) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
        let task = whole(big);
        {
            let mut reading = session.read(&task, sink);
            for _ in 0..reads {
                let block = tokio::select! {
                    block = blocks.next() => block,
                    _ = &mut reading => panic!("the pipe is narrower than the table"),
                };
                assert!(matches!(block, Some(Block::Rows(_))));
            }
            if reads == 0 {
                let soon = Duration::from_millis(1);
                let _ = tokio::time::timeout(soon, &mut reading).await;
            }
        }
        drop((session, blocks));
        let mut session = snapshot.session().await.unwrap();
        assert_eq!(count(&mut session, &task).await, 90_000, "after {reads} blocks");
    }
    snapshot.check().await.unwrap();
}

#[tokio::test]
async fn a_snapshot_is_lost_with_its_server() {
    let mut yard = Yard::private(&[]);
    yard.sql("CREATE DATABASE gone; CREATE TABLE gone.a (id INT PRIMARY KEY) ENGINE=InnoDB");
    let catalog = yard.catalog("gone").await;
    let source = yard.source("gone");
    let snapshot = source.open_snapshot(2).await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    let server = yard.server.as_mut().unwrap();
    server.kill();
    let fault = read(&mut session, &whole(table(&catalog, "a"))).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::ConnectionLost, "{fault}");
    assert_eq!(snapshot.check().await.unwrap_err().kind, FaultKind::SnapshotLost);
    let fault = read(&mut session, &whole(table(&catalog, "a"))).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::SnapshotLost, "{fault}");
    assert_eq!(source.probe().await.unwrap_err().kind, FaultKind::ConnectionLost);
    yard.server.as_mut().unwrap().boot();
    source.open_snapshot(2).await.unwrap().check().await.unwrap();
}

#[tokio::test]
async fn a_killed_connection_is_one_less() {
    let yard = Yard::private(&[]);
    yard.sql("CREATE DATABASE less; CREATE TABLE less.a (id INT PRIMARY KEY) ENGINE=InnoDB");
    let catalog = yard.catalog("less").await;
    let snapshot = yard.source("less").open_snapshot(2).await.unwrap();
    let one = yard.sql("SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE DB = 'less'");
    yard.sql(&format!("KILL {one}"));
    snapshot.check().await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    assert_eq!(count(&mut session, &whole(table(&catalog, "a"))).await, 0);
    let other = yard.sql("SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE DB = 'less'");
    yard.sql(&format!("KILL {other}"));
    assert_eq!(snapshot.check().await.unwrap_err().kind, FaultKind::SnapshotLost);
}

#[tokio::test]
async fn the_best_lock_that_may_be_had_is_taken_and_given_back() {
    let yard = Yard::private(&[]);
    yard.sql(&format!(
        "CREATE DATABASE moor; CREATE TABLE moor.a (id INT PRIMARY KEY) ENGINE=InnoDB; \
         CREATE TABLE moor.m (id INT) ENGINE=MyISAM; \
         CREATE USER poor@'127.0.0.1' IDENTIFIED BY '{0}'; \
         GRANT SELECT ON moor.* TO poor@'127.0.0.1'; \
         CREATE USER some@'127.0.0.1' IDENTIFIED BY '{0}'; \
         GRANT SELECT, LOCK TABLES ON moor.* TO some@'127.0.0.1'",
        PASSWORD.replace('\'', "''")
    ));
    let catalog = yard.catalog("moor").await;
    let plan = plan_of(&whole(table(&catalog, "a")), &whole(table(&catalog, "m")));
    for (user, label, lock) in [
        ("keeper", "3 connections", None),
        ("some", "3 connections", Some(Severity::Ok)),
        ("poor", "1 connection, no lock was permitted", Some(Severity::Warn)),
    ] {
        let source = crate::driver::mysql::source(&yard.keeper(user, "moor")).unwrap();
        let snapshot = source.open_snapshot(3).await.unwrap();
        assert_eq!(snapshot.label(), label, "{user}");
        yard.sql("SET lock_wait_timeout = 2; REPLACE INTO moor.a VALUES (1)");
        let findings = source.preflight(&plan).await.unwrap();
        let about = |word: &str| findings.iter().find(|f| f.message.contains(word));
        assert_eq!(about("lock").map(|f| f.severity), lock, "{user}");
        let outside = about("not part of the snapshot").expect("MyISAM");
        assert!(outside.message.contains("moor.m"), "{}", outside.message);
    }
}

fn plan_of(
    one: &crate::driver::ChunkTask,
    other: &crate::driver::ChunkTask,
) -> crate::core::plan::MigrationPlan {
    use crate::core::name::Dialect;
    crate::core::plan::MigrationPlan {
        source_dialect: Dialect::Mysql,
        target_dialect: Dialect::Sqlite,
        ddl_preamble: Vec::new(),
        tables: vec![(*one.table).clone(), (*other.table).clone()],
        steps: Vec::new(),
        findings: Vec::new(),
        checklist: Vec::new(),
    }
}

#[tokio::test]
async fn an_open_transaction_is_waited_for_when_tables_are_locked_one_by_one() {
    let yard = Yard::private(&[]);
    yard.sql(&format!(
        "CREATE DATABASE wait; CREATE TABLE wait.a (id INT PRIMARY KEY) ENGINE=InnoDB; \
         CREATE USER some@'127.0.0.1' IDENTIFIED BY '{}'; \
         GRANT SELECT, LOCK TABLES ON wait.* TO some@'127.0.0.1'",
        PASSWORD.replace('\'', "''")
    ));
    let catalog = yard.catalog("wait").await;
    let access = yard.keeper("keeper", "wait");
    let address = crate::driver::mysql::address::MysqlAddress::of(&access).unwrap();
    let mut writer = crate::driver::mysql::connect::Session::open(&address).await.unwrap();
    writer.run("START TRANSACTION; INSERT INTO wait.a VALUES (1)").await.unwrap();
    let source = crate::driver::mysql::source(&yard.keeper("some", "wait")).unwrap();
    let opening = source.open_snapshot(2);
    let committing = async {
        tokio::time::timeout(Duration::from_millis(400), std::future::pending::<()>()).await.ok();
        writer.run("INSERT INTO wait.a VALUES (2); COMMIT").await.unwrap();
    };
    let (snapshot, ()) = tokio::join!(opening, committing);
    let snapshot = snapshot.unwrap();
    for _ in 0..2 {
        let mut session = snapshot.session().await.unwrap();
        assert_eq!(count(&mut session, &whole(table(&catalog, "a"))).await, 2);
    }
}
