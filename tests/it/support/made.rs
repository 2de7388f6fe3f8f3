//! Databases made to measure: enough rows to be cut into many chunks, in tables of every kind of
//! key.

use super::mariadb::{MariaDbServer, MyDatabase};
use super::postgres::{Database, PgServer};

/// Chunks as small as they may be, so that a small source has many.
pub const SMALL_CHUNKS: [&str; 2] = ["--chunk-size", "64KiB"];

/// A source with about `rows` rows of 200 bytes in its largest table: keyed, keyed by two columns,
/// by uuid, without any key and full of equal rows, unlogged, with indexes and a foreign key.
pub fn source(server: &PgServer, rows: u64) -> Database {
    let database = server.create("made");
    database.run(&script(rows));
    database
}

fn script(rows: u64) -> String {
    let (half, tenth) = (rows / 2, rows / 10);
    format!(
        "CREATE TABLE by_id (id bigserial PRIMARY KEY, payload text NOT NULL, n integer);
         INSERT INTO by_id (payload, n)
             SELECT repeat(md5(i::text), 5), i % 1000 FROM generate_series(1, {rows}) i;
         CREATE INDEX by_id_n ON by_id (n);
         CREATE TABLE by_pair (a integer, b text, payload text, PRIMARY KEY (a, b));
         INSERT INTO by_pair SELECT i / 50, 'k' || i % 50, repeat(md5(i::text), 5)
             FROM generate_series(1, {half}) i;
         CREATE TABLE by_uuid (u uuid PRIMARY KEY, payload text);
         INSERT INTO by_uuid
             SELECT md5(i::text)::uuid, repeat('u', 150) FROM generate_series(1, {tenth}) i;
         CREATE TABLE without_key (kind integer, payload text);
         INSERT INTO without_key
             SELECT i % 7, repeat('the same ', 18) FROM generate_series(1, {half}) i;
         CREATE UNLOGGED TABLE unlogged (id integer PRIMARY KEY, payload text);
         INSERT INTO unlogged SELECT i, repeat('v', 150) FROM generate_series(1, {tenth}) i;
         CREATE TABLE refers (id integer PRIMARY KEY, other bigint NOT NULL REFERENCES by_id);
         INSERT INTO refers SELECT i, i FROM generate_series(1, {tenth}) i;
         ANALYZE;"
    )
}

/// The same without what only PostgreSQL has: keyed, keyed by two columns, without any key and full
/// of equal rows, with an index and a foreign key.
pub fn plain_script(rows: u64) -> String {
    let (half, tenth) = (rows / 2, rows / 10);
    format!(
        "CREATE TABLE by_id (id bigint PRIMARY KEY, payload text NOT NULL, n integer);
         INSERT INTO by_id SELECT i, repeat(md5(i::text), 5), i % 1000
             FROM generate_series(1, {rows}) i;
         CREATE INDEX by_id_n ON by_id (n);
         CREATE TABLE by_pair (a integer, b varchar(20), payload text, PRIMARY KEY (a, b));
         INSERT INTO by_pair SELECT i / 50, 'k' || i % 50, repeat(md5(i::text), 5)
             FROM generate_series(1, {half}) i;
         CREATE TABLE without_key (kind integer, payload text);
         INSERT INTO without_key
             SELECT i % 7, repeat('the same ', 18) FROM generate_series(1, {half}) i;
         CREATE TABLE refers (id integer PRIMARY KEY, other bigint NOT NULL REFERENCES by_id);
         INSERT INTO refers SELECT i, i FROM generate_series(1, {tenth}) i;
         ANALYZE;"
    )
}

/// The same in MariaDB.
pub fn mysql_source(server: &MariaDbServer, rows: u64) -> MyDatabase {
    let (half, tenth) = (rows / 2, rows / 10);
    let database = server.create("made");
    database.run(&format!(
        "CREATE TABLE by_id (id bigint AUTO_INCREMENT PRIMARY KEY, payload text NOT NULL, n int,
             KEY by_id_n (n));
         INSERT INTO by_id SELECT seq, repeat(md5(seq), 5), seq % 1000 FROM seq_1_to_{rows};
         CREATE TABLE by_pair (a int, b varchar(20), payload text, PRIMARY KEY (a, b));
         INSERT INTO by_pair SELECT seq DIV 50, concat('k', seq % 50), repeat(md5(seq), 5)
             FROM seq_1_to_{half};
         CREATE TABLE without_key (kind int, payload text);
         INSERT INTO without_key SELECT seq % 7, repeat('the same ', 18) FROM seq_1_to_{half};
         CREATE TABLE refers (id int PRIMARY KEY, other bigint NOT NULL,
             FOREIGN KEY (other) REFERENCES by_id (id));
         INSERT INTO refers SELECT seq, seq FROM seq_1_to_{tenth};
         ANALYZE TABLE by_id, by_pair, without_key, refers;"
    ));
    database
}

/// The same in SQLite.
pub fn sqlite_script(rows: u64) -> String {
    let (half, tenth) = (rows / 2, rows / 10);
    let series = |last: u64| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})")
    };
    let (all, some, few) = (series(rows), series(half), series(tenth));
    format!(
        "PRAGMA synchronous = OFF; BEGIN;
         CREATE TABLE by_id (id INTEGER PRIMARY KEY, payload TEXT NOT NULL, n INTEGER);
         {all} INSERT INTO by_id SELECT i, printf('%0*d', 160, i * 7919), i % 1000 FROM n;
         CREATE INDEX by_id_n ON by_id (n);
         CREATE TABLE by_pair (a INTEGER, b VARCHAR(20), payload TEXT, PRIMARY KEY (a, b));
         {some} INSERT INTO by_pair SELECT i / 50, 'k' || (i % 50), printf('%0*d', 160, i) FROM n;
         CREATE TABLE without_key (kind INTEGER, payload TEXT);
         {some} INSERT INTO without_key SELECT i % 7, printf('%0*d', 160, 1) FROM n;
         CREATE TABLE refers (id INTEGER PRIMARY KEY, other INTEGER NOT NULL REFERENCES by_id (id));
         {few} INSERT INTO refers SELECT i, i FROM n;
         COMMIT; ANALYZE;"
    )
}

/// Numbers that differ from run to run; the seed is printed so that a failure can be looked at.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Dice {
        let given = std::env::var("TIDEGATE_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let address = std::ptr::from_ref(&given).addr() as u64;
            address ^ (u64::from(std::process::id()) << 20)
        });
        println!("dice: TIDEGATE_TEST_SEED={seed}");
        Dice(seed | 1)
    }

    /// From `0` to `below - 1` (xorshift).
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) % below
    }
}
