//! A look at a table without counting it: a few hundred rows from its beginning, middle and end say
//! what the columns hold, how long rows are, and how densely rowids are used.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::core::catalog::{Column, LogicalType, Table, TableEstimate};
use crate::core::mapping::{self, Sample, Storage, meaning_of_sample};
use crate::core::name::Dialect;
use crate::core::sql::quote;
use crate::core::value::{CellRef, WireForm};
use crate::core::wire::{fits_postgres, parse_timestamp};

/// Rows read at each of three places.
const ROWS_PER_PLACE: u64 = 100;
/// Rows per rowid above which a table counts as evenly filled.
const DENSE: f64 = 0.5;
/// A sample ends when it has read this much: a few rows of large blobs say enough.
const SAMPLE_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Tables without a rowid are counted up to here; beyond, their size is what others leave.
const COUNT_MAX: u64 = 500_000;
/// What a row costs besides its cells: header and pointer.
const ROW_OVERHEAD_BYTES: u64 = 4;

/// What a look at a table says.
pub(super) struct Survey {
    pub estimate: TableEstimate,
    /// False: `estimate` is a lower bound, nothing tells the size.
    pub exhaustive: bool,
    pub row_bytes: u64,
    /// Of each column, in order.
    pub meanings: Vec<LogicalType>,
}

/// Bytes of the file.
///
/// # Errors
/// As SQLite says.
pub(super) fn file_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name: &str| connection.query_row(name, [], |row| row.get::<_, i64>(0));
    let pages = pragma("PRAGMA page_count")?;
    Ok((pages * pragma("PRAGMA page_size")?).unsigned_abs())
}

/// The name by which a table's rowid can be reached, unless columns have taken all three.
fn rowid_name(without_rowid: bool, columns: &[String]) -> Option<&'static str> {
    if without_rowid {
        return None;
    }
    let taken = |name: &str| columns.iter().any(|c| c.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

/// What reading a table by position needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableShape {
    /// Columns that a copy writes.
    pub stored: Vec<String>,
    pub rowid: Option<&'static str>,
}

impl TableShape {
    /// Of `table` in `schema`: `main` or an attached one. No columns: there is no such table.
    ///
    /// # Errors
    /// As SQLite says.
    pub(super) fn read(
        connection: &Connection,
        schema: &str,
        table: &str,
    ) -> rusqlite::Result<TableShape> {
        let mut statement =
            connection.prepare_cached("SELECT name, hidden FROM pragma_table_xinfo(?1, ?2)")?;
        let columns: Vec<(String, i64)> = statement
            .query_map([table, schema], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let without_rowid: bool = connection
            .prepare_cached("SELECT wr FROM pragma_table_list(?1) WHERE schema = ?2")?
            .query_row([table, schema], |row| row.get(0))
            .optional()?
            .unwrap_or(false);
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let stored = columns.into_iter().filter(|(_, hidden)| *hidden == 0).map(|(n, _)| n);
        let rowid = rowid_name(without_rowid, &names);
        Ok(TableShape { stored: stored.collect(), rowid })
    }
}

/// # Errors
/// As SQLite says.
pub(super) fn survey(connection: &Connection, table: &Table) -> rusqlite::Result<Survey> {
    let mut looks: Vec<Look> = table.columns.iter().map(Look::new).collect();
    let mut seen = Seen::default();
    let name = quote(Dialect::Sqlite, &table.name.name);
    let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let columns: Vec<String> = names.iter().map(|name| quote(Dialect::Sqlite, name)).collect();
    let select = format!("{} FROM main.{name}", columns.join(", "));
    let (rows, exhaustive) = match rowid_name(table.without_rowid, &names) {
        Some(rowid) => {
            (rows_by_rowid(connection, &select, &name, rowid, &mut looks, &mut seen)?, true)
        }
        None => {
            let head = format!("SELECT 0, {select} LIMIT {ROWS_PER_PLACE}");
            seen.read(connection, &head, &mut looks)?;
            rows_without_rowid(connection, table, &name)?
        }
    };
    let row_bytes =
        seen.bytes / seen.rows.clamp(1, u64::MAX) + ROW_OVERHEAD_BYTES + columns.len() as u64;
    let meanings = looks.into_iter().map(Look::meaning).collect();
    let estimate = TableEstimate { rows, bytes: rows.saturating_mul(row_bytes), pages: 0 };
    Ok(Survey { estimate, exhaustive, row_bytes, meanings })
}

/// Rows of a table with rowids, estimated from how densely the sampled places use them.
fn rows_by_rowid(
    connection: &Connection,
    select: &str,
    name: &str,
    rowid: &str,
    looks: &mut [Look],
    seen: &mut Seen,
) -> rusqlite::Result<u64> {
    let one = |end: &str| format!("SELECT {end}({rowid}) FROM main.{name}");
    let min: Option<i64> = connection.query_row(&one("min"), [], |row| row.get(0))?;
    let max: Option<i64> = connection.query_row(&one("max"), [], |row| row.get(0))?;
    let (Some(min), Some(max)) = (min, max) else { return Ok(0) };
    let head = format!("SELECT {rowid}, {select} ORDER BY {rowid} LIMIT {ROWS_PER_PLACE}");
    let first = seen.read(connection, &head, looks)?;
    if first.rows < ROWS_PER_PLACE && !first.cut {
        return Ok(first.rows);
    }
    let tail = format!("SELECT {rowid}, {select} ORDER BY {rowid} DESC LIMIT {ROWS_PER_PLACE}");
    let last = seen.read(connection, &tail, looks)?;
    let middle_at = i128::midpoint(i128::from(min), i128::from(max));
    let middle = format!(
        "SELECT {rowid}, {select} WHERE {rowid} >= {middle_at} ORDER BY {rowid} \
         LIMIT {ROWS_PER_PLACE}"
    );
    let middle = seen.read(connection, &middle, looks)?;
    let densities = [first.density(), middle.density(), last.density()];
    if densities.iter().any(|density| *density < DENSE) {
        // Gaps: three places say too little.
        return super::bounds::estimate_rows(connection, &format!("main.{name}"), rowid);
    }
    let span = (i128::from(max) - i128::from(min) + 1) as f64;
    Ok((span * densities.iter().sum::<f64>() / 3.0).round() as u64)
}

/// What statistics, or a count that stops early, say; false when it stopped.
fn rows_without_rowid(
    connection: &Connection,
    table: &Table,
    name: &str,
) -> rusqlite::Result<(u64, bool)> {
    let counted = format!("SELECT count(*) FROM (SELECT 1 FROM main.{name} LIMIT {COUNT_MAX})");
    let rows = connection.query_row(&counted, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    if rows < COUNT_MAX {
        return Ok((rows, true));
    }
    let analysed: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'",
        [],
        |row| row.get(0),
    )?;
    if analysed > 0 {
        let known: Option<String> = connection
            .query_row(
                "SELECT stat FROM sqlite_stat1 WHERE tbl = ?1 ORDER BY idx LIMIT 1",
                [&table.name.name],
                |row| row.get(0),
            )
            .optional()?
            .flatten();
        let first = known.as_deref().and_then(|text| text.split_whitespace().next());
        if let Some(rows) = first.and_then(|number| number.parse().ok()) {
            return Ok((rows, true));
        }
    }
    Ok((rows, false))
}

/// One place that was read.
struct Stretch {
    rows: u64,
    lowest: i64,
    highest: i64,
    /// The byte limit ended it.
    cut: bool,
}

impl Stretch {
    /// Rows per rowid, at most 1.
    fn density(&self) -> f64 {
        if self.rows < 2 {
            return 0.0;
        }
        let span = i128::from(self.highest) - i128::from(self.lowest) + 1;
        self.rows as f64 / span as f64
    }
}

/// All that was read of a table.
#[derive(Default)]
struct Seen {
    rows: u64,
    bytes: u64,
}

impl Seen {
    fn read(
        &mut self,
        connection: &Connection,
        sql: &str,
        looks: &mut [Look],
    ) -> rusqlite::Result<Stretch> {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut stretch = Stretch { rows: 0, lowest: i64::MAX, highest: i64::MIN, cut: false };
        let begun_at = self.bytes;
        while let Some(row) = rows.next()? {
            let rowid: i64 = row.get(0)?;
            if rowid < stretch.lowest {
                stretch.lowest = rowid;
            }
            if rowid > stretch.highest {
                stretch.highest = rowid;
            }
            stretch.rows += 1;
            self.rows += 1;
            self.bytes += look_at(row, looks)?;
            if self.bytes - begun_at > SAMPLE_BYTES_MAX {
                stretch.cut = true;
                break;
            }
        }
        Ok(stretch)
    }
}

fn look_at(row: &Row<'_>, looks: &mut [Look]) -> rusqlite::Result<u64> {
    let mut bytes = 0;
    for (at, look) in looks.iter_mut().enumerate() {
        let cell = cell_of(row.get_ref(at + 1)?);
        bytes += match cell {
            CellRef::Null => 0,
            CellRef::Int(_) => 4,
            CellRef::Real(_) => 8,
            CellRef::Text(data) | CellRef::Blob(data) => data.len() as u64,
        };
        look.at(cell);
    }
    Ok(bytes)
}

pub(super) fn cell_of(value: ValueRef<'_>) -> CellRef<'_> {
    match value {
        ValueRef::Null => CellRef::Null,
        ValueRef::Integer(value) => CellRef::Int(value),
        ValueRef::Real(value) => CellRef::Real(value),
        ValueRef::Text(text) => CellRef::Text(text),
        ValueRef::Blob(blob) => CellRef::Blob(blob),
    }
}

/// One column while it is sampled.
struct Look {
    declared: String,
    promised: LogicalType,
    sample: Sample,
}

impl Look {
    fn new(column: &Column) -> Look {
        let sample = Sample { all_zoned: true, all_moments: true, ..Sample::default() };
        let promised = mapping::sqlite_meaning(column);
        Look { declared: column.declared.clone(), promised, sample }
    }

    fn at(&mut self, cell: CellRef<'_>) {
        let storage = match cell {
            CellRef::Null => return,
            CellRef::Int(_) => Storage::Integer,
            CellRef::Real(_) => Storage::Real,
            CellRef::Text(_) => Storage::Text,
            CellRef::Blob(_) => Storage::Blob,
        };
        if !self.sample.storages.contains(&storage) {
            self.sample.storages.push(storage);
        }
        if fits_postgres(&self.promised, cell) {
            self.sample.fitting += 1;
        } else {
            self.sample.unfit += 1;
        }
        if let CellRef::Text(text) = cell {
            let form = WireForm::Native;
            let moment = parse_timestamp(text, form).ok();
            self.sample.all_moments &= moment.is_some_and(|m| m.zone_s.is_none());
            self.sample.all_zoned &= moment.is_some_and(|m| m.zone_s.is_some());
        }
    }

    fn meaning(self) -> LogicalType {
        meaning_of_sample(&self.declared, &self.sample)
    }
}
