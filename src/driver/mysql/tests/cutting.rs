//! Bounds: every row in one chunk, chunks of like size, and the index used for each.

use super::yard::{Yard, chunk, count, table};
use crate::core::catalog::Table;
use crate::core::chunk::{BoundsRequest, ChunkMethod, key_ranges};

const ROWS: u64 = 20_000;
const PARTS: u64 = 10;

/// Tables of 20,000 rows with keys of every kind that cuts.
fn setup(database: &str) -> String {
    let mut text = format!(
        "DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4; \
         USE {database}; \
         CREATE TABLE n (n INT PRIMARY KEY) ENGINE=InnoDB; \
         INSERT INTO n WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL \
         SELECT i + 1 FROM d WHERE i < 199) \
         SELECT a.i * 100 + b.i FROM d a JOIN d b ON b.i < 100;"
    );
    for (name, columns, key, values) in [
        ("even", "k BIGINT", "k", "n * 3 - 1000"),
        ("skew", "k BIGINT UNSIGNED", "k", "IF(n < 19000, n, 18446744073709551615 - n)"),
        ("days", "k DATETIME", "k", "'2001-01-01' + INTERVAL n HOUR"),
        ("prices", "k DECIMAL(20,4)", "k", "(n - 5000) * 1.2345"),
        ("hashes", "k BINARY(16)", "k", "UNHEX(LEFT(SHA2(n, 256), 32))"),
        (
            "words",
            "k VARCHAR(40) CHARACTER SET latin1",
            "k",
            "CONCAT('Wört''\\\\', LEFT(SHA2(n, 256), 20))",
        ),
        ("like_kind", "k VARCHAR(90)", "k", "CONCAT(REPEAT('same ', 14), LPAD(n, 6, '0'))"),
        ("pairs", "a INT, b VARCHAR(9), v INT", "a, b", "n MOD 3, LPAD(n, 9, '0'), n"),
        (
            "tenants",
            "a INT, b DATE, c INT, v INT",
            "a, b, c",
            "IF(n < 15000, 7, n), '2020-01-01' + INTERVAL (n MOD 50) DAY, n, 1",
        ),
        ("kinds", "a INT, e ENUM('z','a'), v INT", "a, e", "n DIV 2, 1 + n MOD 2, n"),
        ("bits", "k BIT(20)", "k", "n * 7"),
        ("times", "k TIME(3)", "k", "SEC_TO_TIME(n * 20 - 200000)"),
    ] {
        text.push_str(&format!(
            "CREATE TABLE `{name}` ({columns}, pad CHAR(60) DEFAULT 'x', PRIMARY KEY ({key})) \
             ENGINE=InnoDB; INSERT INTO `{name}` SELECT {values}, 'x' FROM n; \
             ANALYZE TABLE `{name}`;"
        ));
    }
    text
}

fn cutting_columns(table: &Table) -> Vec<String> {
    table.keys[0].columns.iter().filter(|c| *c != "e").cloned().collect()
}

#[tokio::test]
async fn chunks_hold_every_row_once_and_are_of_like_size() {
    let yard = Yard::new();
    yard.sql(&setup("cuts"));
    let source = yard.source("cuts");
    let catalog = yard.catalog("cuts").await;
    let snapshot = source.open_snapshot(1).await.unwrap();
    let mut session = snapshot.session().await.unwrap();
    for table in catalog.tables.iter().filter(|t| t.name.name != "n") {
        let columns = cutting_columns(table);
        let method = ChunkMethod::Key { columns };
        let request =
            BoundsRequest { table: table.name.clone(), method: method.clone(), parts: PARTS };
        let bounds = source.bounds(&request).await.unwrap();
        assert!(bounds.len() >= 5, "{}: {bounds:?}", table.name);
        let mut counts = Vec::new();
        for range in key_ranges(&bounds) {
            counts.push(count(&mut session, &chunk(table, method.clone(), range)).await);
        }
        assert_eq!(counts.iter().sum::<u64>(), ROWS, "{}: {bounds:?}", table.name);
        let largest = counts.iter().copied().fold(0, |a, b| if b > a { b } else { a });
        assert!(largest <= ROWS / PARTS * 3, "{}: {counts:?} by {bounds:?}", table.name);
    }
}

#[tokio::test]
async fn a_range_of_a_composite_key_is_a_range_of_its_index() {
    use crate::core::chunk::ChunkRange;
    use crate::core::name::Dialect;
    use crate::core::sql::{KeyColumn, predicate};
    let yard = Yard::new();
    yard.sql(&setup("ranges"));
    let catalog = yard.catalog("ranges").await;
    let pairs = table(&catalog, "pairs");
    let key: Vec<KeyColumn<'_>> = pairs.keys[0]
        .columns
        .iter()
        .map(|name| KeyColumn { name, declared: &pairs.column(name).unwrap().declared })
        .collect();
    let bound = |a: &str, b: &str| Some(vec![a.to_owned(), b.to_owned()]);
    for (from, until) in [
        (bound("1", "000001000"), bound("1", "000004000")),
        (bound("0", "000015000"), bound("1", "000004000")),
        (bound("2", "000015000"), None),
        (None, bound("0", "000005001")),
    ] {
        let range = ChunkRange::Key { from, until };
        let condition = predicate(Dialect::Mysql, &range, &key, "").unwrap();
        let plan = yard.sql(&format!(
            "USE ranges; EXPLAIN FORMAT=TRADITIONAL \
             SELECT * FROM pairs USE INDEX (PRIMARY) WHERE {condition}"
        ));
        assert!(plan.contains("range\tPRIMARY"), "{condition}: {plan}");
        // type, possible_keys, key, key_len, ref, rows.
        let cells: Vec<&str> = plan.split('\t').collect();
        let at = cells.iter().position(|c| *c == "range").unwrap();
        let rows: u64 = cells[at + 5].parse().unwrap();
        assert!(rows < ROWS / 2, "{condition}: {plan}");
    }
}
