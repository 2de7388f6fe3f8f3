//! Where to cut a table: probes where numbers can be halved, a walk along the key where not.

use std::collections::BinaryHeap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::catalog::SCHEMA;
use super::survey::TableShape;
use crate::core::chunk::{BoundsRequest, ChunkMethod, KeyValues};
use crate::core::name::Dialect;
use crate::core::sql::{column_list, literal, qualified, quote};

/// Rows read at each end of a stretch, to see how densely it uses its numbers.
const PROBE_ROWS: i64 = 64;
/// Stretches probed for each part wanted, and in all. A probe takes some ten microseconds.
const PROBES_PER_PART: u64 = 8;
const PROBES_MIN: u64 = 64;
const PROBES_MAX: u64 = 20_000;
/// As fine as an estimate needs to be.
const ESTIMATE_PARTS: u64 = 8;

/// Inner bounds that cut the table into about equal parts, sorted.
///
/// # Errors
/// As SQLite says.
pub(super) fn bounds(
    connection: &Connection,
    request: &BoundsRequest,
) -> rusqlite::Result<Vec<KeyValues>> {
    let table = qualified(Dialect::Sqlite, &request.table);
    match &request.method {
        ChunkMethod::Whole | ChunkMethod::Ctid => Ok(Vec::new()),
        ChunkMethod::Rowid => {
            let shape = TableShape::read(connection, SCHEMA, &request.table.name)?;
            let Some(rowid) = shape.rowid else { return Ok(Vec::new()) };
            let line = NumberLine { connection, table: &table, column: rowid };
            Ok(as_keys(line.cut(request.parts)?))
        }
        ChunkMethod::Key { columns } => {
            if let [only] = columns.as_slice() {
                let column = quote(Dialect::Sqlite, only);
                let line = NumberLine { connection, table: &table, column: &column };
                if line.is_whole_numbers()? {
                    return Ok(as_keys(line.cut(request.parts)?));
                }
            }
            walk(connection, &table, columns, request.parts)
        }
    }
}

fn as_keys(bounds: Vec<i64>) -> Vec<KeyValues> {
    bounds.into_iter().map(|bound| vec![bound.to_string()]).collect()
}

/// About how many rows a table with gaps in its numbers has; `table` and `column` are quoted.
///
/// # Errors
/// As SQLite says.
pub(super) fn estimate_rows(
    connection: &Connection,
    table: &str,
    column: &str,
) -> rusqlite::Result<u64> {
    let stretches = NumberLine { connection, table, column }.stretches(ESTIMATE_PARTS)?;
    Ok(stretches.iter().map(|s| s.rows).sum::<f64>().round() as u64)
}

/// A table along one column of integers that an index orders.
struct NumberLine<'a> {
    connection: &'a Connection,
    table: &'a str,
    column: &'a str,
}

/// Numbers `from..=to`, the first and last in use, and about how many rows they have.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    from: i64,
    to: i64,
    rows: f64,
    /// Counted, or too short to be cut.
    settled: bool,
}

impl Eq for Stretch {}

impl Ord for Stretch {
    fn cmp(&self, other: &Stretch) -> std::cmp::Ordering {
        let weight = |s: &Stretch| if s.settled { -1.0 } else { s.rows };
        weight(self).total_cmp(&weight(other)).then(other.from.cmp(&self.from))
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Stretch) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl NumberLine<'_> {
    /// Integers sort before text and blobs, so the ends tell for all but a stray real.
    fn is_whole_numbers(&self) -> rusqlite::Result<bool> {
        let sql = format!(
            "SELECT (SELECT typeof({0}) FROM {1} ORDER BY {0} LIMIT 1) = 'integer' \
                AND (SELECT typeof({0}) FROM {1} ORDER BY {0} DESC LIMIT 1) = 'integer'",
            self.column, self.table
        );
        let answer: Option<bool> = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(answer.unwrap_or(false))
    }

    /// Cuts the line where the rows add up.
    fn cut(&self, parts: u64) -> rusqlite::Result<Vec<i64>> {
        if parts < 2 {
            return Ok(Vec::new());
        }
        Ok(even_cuts(&self.stretches(parts)?, parts))
    }

    /// The line in stretches, in order: the fullest is halved again and again.
    fn stretches(&self, parts: u64) -> rusqlite::Result<Vec<Stretch>> {
        let Some(whole) = self.stretch(i64::MIN, i64::MAX)? else { return Ok(Vec::new()) };
        let probes = (parts * PROBES_PER_PART).clamp(PROBES_MIN, PROBES_MAX);
        let mut stretches = BinaryHeap::from([whole]);
        let mut total = whole.rows;
        for _ in 0..probes {
            match stretches.peek() {
                Some(top) if !top.settled && top.rows > total / (parts as f64 * 4.0) => {}
                _ => break,
            }
            let Some(top) = stretches.pop() else { break };
            let middle = i64::try_from(i128::midpoint(i128::from(top.from), i128::from(top.to)))
                .expect("between two numbers of 64 bits");
            let halves = [self.stretch(top.from, middle)?, self.stretch(middle + 1, top.to)?];
            total -= top.rows;
            total += halves.iter().flatten().map(|half| half.rows).sum::<f64>();
            stretches.extend(halves.into_iter().flatten());
        }
        let mut ordered = stretches.into_vec();
        ordered.sort_by_key(|s| s.from);
        Ok(ordered)
    }

    /// What lies in `low..=high`, by a look at both ends.
    fn stretch(&self, low: i64, high: i64) -> rusqlite::Result<Option<Stretch>> {
        let Some((count, from, last)) = self.look(low, high, "ASC")? else { return Ok(None) };
        if count < PROBE_ROWS {
            return Ok(Some(Stretch { from, to: last, rows: count as f64, settled: true }));
        }
        let (_, first, to) = self.look(low, high, "DESC")?.unwrap_or((count, from, last));
        let density =
            |a: i64, b: i64| PROBE_ROWS as f64 / (i128::from(b) - i128::from(a) + 1) as f64;
        let span = (i128::from(to) - i128::from(from) + 1) as f64;
        let rows = span * f64::midpoint(density(from, last), density(first, to));
        let least = PROBE_ROWS as f64;
        let rows = if rows < least { least } else { rows };
        Ok(Some(Stretch { from, to, rows, settled: span <= least * 2.0 }))
    }

    /// Rows seen from one end, and their lowest and highest number.
    fn look(&self, low: i64, high: i64, order: &str) -> rusqlite::Result<Option<(i64, i64, i64)>> {
        let sql = format!(
            "SELECT count(*), min(n), max(n) FROM (SELECT CAST({0} AS INTEGER) AS n FROM {1} \
             WHERE {0} BETWEEN ?1 AND ?2 ORDER BY {0} {order} LIMIT {PROBE_ROWS})",
            self.column, self.table
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.query_row([low, high], |row| {
            let count: i64 = row.get(0)?;
            Ok(if count == 0 { None } else { Some((count, row.get(1)?, row.get(2)?)) })
        })
    }
}

/// Bounds after each `total / parts` rows, rows spread evenly within a stretch.
fn even_cuts(stretches: &[Stretch], parts: u64) -> Vec<i64> {
    let total: f64 = stretches.iter().map(|s| s.rows).sum();
    let mut cuts = Vec::new();
    let mut before = 0.0;
    let mut part = 1;
    for stretch in stretches {
        while part < parts && total * part as f64 / parts as f64 <= before + stretch.rows {
            let share = (total * part as f64 / parts as f64 - before) / stretch.rows;
            let span = i128::from(stretch.to) - i128::from(stretch.from) + 1;
            let offset = (span as f64 * share).round() as i128;
            let at = i128::from(stretch.from) + offset;
            cuts.extend(i64::try_from(at).ok());
            part += 1;
        }
        before += stretch.rows;
    }
    cuts.dedup();
    // The first stretch begins with the first row: a cut there would make an empty chunk.
    cuts.retain(|cut| stretches.first().is_none_or(|s| *cut > s.from));
    cuts
}

/// Goes along the key once and keeps every n-th value, n doubling as the table turns out longer.
fn walk(
    connection: &Connection,
    table: &str,
    columns: &[String],
    parts: u64,
) -> rusqlite::Result<Vec<KeyValues>> {
    let list = column_list(Dialect::Sqlite, columns.iter().map(String::as_str));
    let mut statement =
        connection.prepare(&format!("SELECT {list} FROM {table} ORDER BY {list}"))?;
    let mut rows = statement.query([])?;
    let keep_max = usize::try_from(parts.saturating_mul(4)).unwrap_or(usize::MAX);
    let (mut stride, mut seen) = (1u64, 0u64);
    let mut kept: Vec<KeyValues> = Vec::new();
    while let Some(row) = rows.next()? {
        if seen > 0 && seen.is_multiple_of(stride) {
            let key: Option<KeyValues> = (0..columns.len())
                .map(|at| row.get_ref(at).map(literal_of))
                .collect::<rusqlite::Result<_>>()?;
            kept.extend(key);
            if kept.len() > keep_max {
                let mut nth = 0;
                kept.retain(|_| {
                    nth += 1;
                    nth % 2 == 0
                });
                stride *= 2;
            }
        }
        seen += 1;
    }
    let wanted = parts.saturating_sub(1);
    let count = kept.len() as u64;
    let mut chosen: Vec<KeyValues> = (1..=wanted)
        .filter_map(|part| kept.get((count * part / parts) as usize).cloned())
        .collect();
    chosen.dedup();
    Ok(chosen)
}

/// A value as a literal of SQLite; `None` when it has none that means the same.
fn literal_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) if value.is_finite() => Some(format!("{value:?}")),
        ValueRef::Real(_) => None,
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok()?;
            (!text.contains('\0')).then(|| literal(Dialect::Sqlite, text))
        }
        ValueRef::Blob(blob) => {
            let hex: String = blob.iter().map(|byte| format!("{byte:02X}")).collect();
            Some(format!("X'{hex}'"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::name::ObjectName;

    fn database(setup: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(setup).unwrap();
        connection
    }

    fn cut(connection: &Connection, method: ChunkMethod, parts: u64) -> Vec<KeyValues> {
        let table = ObjectName::new("main", "t");
        bounds(connection, &BoundsRequest { table, method, parts }).unwrap()
    }

    /// Rows of each chunk that the bounds make.
    fn counts(connection: &Connection, bounds: &[KeyValues]) -> Vec<i64> {
        let mut edges: Vec<String> = bounds.iter().map(|b| b[0].clone()).collect();
        edges.insert(0, i64::MIN.to_string());
        edges.push("9e999".to_owned());
        edges
            .windows(2)
            .map(|pair| {
                let sql = format!(
                    "SELECT count(*) FROM t WHERE rowid >= {} AND rowid < {}",
                    pair[0], pair[1]
                );
                connection.query_row(&sql, [], |row| row.get(0)).unwrap()
            })
            .collect()
    }

    const SERIES: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ";

    fn balanced(connection: &Connection, parts: u64, rows: i64) {
        let bounds = cut(connection, ChunkMethod::Rowid, parts);
        let counts = counts(connection, &bounds);
        assert_eq!(counts.iter().sum::<i64>(), rows, "every row is in one chunk");
        let fair = rows / parts as i64;
        assert!(counts.len() as u64 >= parts / 2, "{counts:?}");
        for count in &counts {
            assert!(*count <= fair * 3, "{count} rows where {fair} are fair: {counts:?}");
        }
    }

    #[test]
    fn dense_rowids_are_cut_evenly() {
        let connection =
            database(&format!("CREATE TABLE t (a); {SERIES}10000) INSERT INTO t SELECT i FROM n"));
        balanced(&connection, 8, 10_000);
    }

    #[test]
    fn clusters_far_apart_are_found() {
        let connection = database(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a);
             {SERIES}6000) INSERT INTO t SELECT i, 0 FROM n;
             {SERIES}3000) INSERT INTO t SELECT 4611686018427387904 + i * 1000, 0 FROM n;
             {SERIES}1000) INSERT INTO t SELECT -9223372036854775807 + i * 7, 0 FROM n;"
        ));
        balanced(&connection, 10, 10_000);
    }

    #[test]
    fn empty_tables_and_single_parts_have_no_bounds() {
        let connection = database("CREATE TABLE t (a)");
        assert!(cut(&connection, ChunkMethod::Rowid, 8).is_empty());
        connection.execute_batch("INSERT INTO t VALUES (1), (2)").unwrap();
        assert!(cut(&connection, ChunkMethod::Rowid, 1).is_empty());
        let key = ChunkMethod::Key { columns: vec!["a".to_owned()] };
        assert_eq!(cut(&connection, key, 2), [["2"]]);
    }

    #[test]
    fn text_keys_are_walked() {
        let connection = database(&format!(
            "CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
             {SERIES}5000) INSERT INTO t SELECT 'it''s ' || (i % 7), i FROM n"
        ));
        let columns = vec!["a".to_owned(), "b".to_owned()];
        let bounds = cut(&connection, ChunkMethod::Key { columns }, 5);
        assert_eq!(bounds.len(), 4);
        for pair in bounds.windows(2) {
            let sql = format!(
                "SELECT count(*) FROM t WHERE (a, b) >= ({}, {}) AND (a, b) < ({}, {})",
                pair[0][0], pair[0][1], pair[1][0], pair[1][1]
            );
            let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert!((500..2000).contains(&count), "{count}");
        }
    }
}
