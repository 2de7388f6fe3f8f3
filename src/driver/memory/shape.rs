//! What the made-up databases hold: tables with a number of rows and of chunks, and how fast.

use std::path::PathBuf;
use std::time::Duration;

use crate::core::chunk::CHUNK_BYTES_DEFAULT;
use crate::core::name::ObjectName;

use super::script::{Scripted, Trouble, parse_script};

/// A table nobody ever filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeTable {
    pub name: ObjectName,
    pub rows: u64,
    /// Estimated size: cut into this many chunks when the job keeps the usual chunk size.
    pub bytes: u64,
    pub chunks: u32,
    /// Without one it is cut by position.
    pub has_key: bool,
    pub indexes: u32,
    /// Position of the table its foreign key points to.
    pub refers_to: Option<usize>,
}

/// Everything a pair of memory databases is made from; travels in the source's URL.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub tables: Vec<MadeTable>,
    /// How long a chunk takes; every chunk a little differently.
    pub chunk_time: Duration,
    /// How long an index takes.
    pub index_time: Duration,
    pub script: Vec<Scripted>,
    /// Where the target remembers what it committed; `None`: forgets it with the process.
    pub file: Option<PathBuf>,
}

/// (table, chunks, rows): the numbers of the drawings.
const CRM: [(&str, &str, u32, u64); 16] = [
    ("crm", "orders", 1171, 123_000_000),
    ("crm", "order_items", 610, 64_000_000),
    ("crm", "customers", 88, 4_400_000),
    ("crm", "payments", 571, 60_000_000),
    ("crm", "order_events", 562, 59_000_000),
    ("crm", "shipments", 171, 18_000_000),
    ("crm", "prices", 112, 12_000_000),
    ("crm", "sessions_2026", 180, 19_000_000),
    ("reporting", "daily", 135, 14_000_000),
    ("reporting", "monthly", 21, 2_200_000),
    ("crm", "currencies", 1, 174),
    ("crm", "regions", 1, 88),
    ("crm", "users", 40, 4_100_000),
    ("crm", "audit_2024", 486, 51_000_000),
    ("crm", "audit_2025", 131, 13_000_000),
    ("crm", "tmp_import", 2, 100_000),
];

/// The small ones below the fold: together with the above 41 tables and 4,612 chunks.
const CRM_SMALL: [&str; 25] = [
    "addresses",
    "agents",
    "baskets",
    "brands",
    "calls",
    "campaigns",
    "categories",
    "contacts",
    "coupons",
    "deliveries",
    "invoices",
    "languages",
    "leads",
    "mails",
    "notes",
    "offers",
    "parcels",
    "products",
    "returns",
    "reviews",
    "roles",
    "stocks",
    "suppliers",
    "tags",
    "warehouses",
];
const CRM_SMALL_CHUNKS: u32 = 330;

impl MadeTable {
    fn new(schema: &str, name: &str, chunks: u32, rows: u64) -> MadeTable {
        let bytes = if chunks > 1 {
            u64::from(chunks) * CHUNK_BYTES_DEFAULT
        } else {
            rows.saturating_mul(90).clamp(1, CHUNK_BYTES_DEFAULT)
        };
        MadeTable {
            name: ObjectName::new(schema, name),
            rows,
            bytes,
            chunks,
            has_key: true,
            indexes: 1,
            refers_to: None,
        }
    }

    /// Ids of the rows are `1..=rows`; `parts - 1` inner bounds cut them evenly.
    #[must_use]
    pub fn bounds(&self, parts: u64) -> Vec<u64> {
        (1..parts).map(|i| self.rows / parts * i + self.rows % parts * i / parts + 1).collect()
    }

    /// The 1-based number of the chunk that begins at row `first`.
    #[must_use]
    pub fn number_of(&self, first: u64) -> u32 {
        let before = u128::from(first.saturating_sub(1)) * u128::from(self.chunks);
        let number = before.div_ceil(u128::from(if self.rows == 0 { 1 } else { self.rows }));
        u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// The tables of the drawings.
#[must_use]
pub fn crm_tables() -> Vec<MadeTable> {
    let mut tables: Vec<MadeTable> =
        CRM.iter().map(|(s, n, chunks, rows)| MadeTable::new(s, n, *chunks, *rows)).collect();
    let count = CRM_SMALL.len() as u32;
    for (i, name) in (0..).zip(CRM_SMALL) {
        let chunks = CRM_SMALL_CHUNKS * (i + 1) / count - CRM_SMALL_CHUNKS * i / count;
        tables.push(MadeTable::new("crm", name, chunks, u64::from(chunks) * 103_777));
    }
    // order_items, payments and the like belong to an order; a log has no key at all.
    for (table, to) in [(1, 0), (3, 0), (4, 0), (5, 0), (0, 2)] {
        tables[table].refers_to = Some(to);
    }
    tables[13].has_key = false;
    tables
}

/// `tables` tables with `chunks` chunks together, the first ones largest.
#[must_use]
pub fn made_tables(tables: u32, chunks: u32) -> Vec<MadeTable> {
    let chunks = if chunks < tables { tables } else { chunks };
    let mut left = chunks;
    (0..tables)
        .map(|i| {
            let remaining = tables - i;
            let even = left.div_ceil(remaining);
            let most = left - (remaining - 1);
            let share = if even * 2 > most { most.clamp(1, even) } else { even * 2 };
            let share = if remaining == 1 { left } else { share };
            left -= share;
            MadeTable::new("made", &format!("table_{i:05}"), share, u64::from(share) * 10_000 + 7)
        })
        .collect()
}

/// Names that would break a screen that trusts them.
#[must_use]
pub fn hostile_tables() -> Vec<MadeTable> {
    ["a\u{1b}]52;c;SEFDSw==\u{7}b", "顧客注文明細履歴一覧表甲乙", "abc\u{202e}fed", "line\r\nbreak"]
        .iter()
        .map(|name| MadeTable::new("crm", name, 3, 30_011))
        .collect()
}

impl Shape {
    /// Reads `memory:crm?chunk_ms=400&script=...`. Unknown keys are refused.
    ///
    /// # Errors
    /// The sentence to show.
    pub fn from_url(text: &str) -> Result<Shape, String> {
        let parsed = url::Url::parse(text).map_err(|e| format!("{text:?}: {e}"))?;
        let mut shape = Shape {
            tables: Vec::new(),
            chunk_time: Duration::from_millis(4_000),
            index_time: Duration::from_millis(1_500),
            script: Vec::new(),
            file: None,
        };
        let (mut tables, mut chunks) = (None, None);
        for (key, value) in parsed.query_pairs() {
            let number =
                || value.parse::<u32>().map_err(|_| format!("{key}={value}: not a number"));
            match &*key {
                "tables" => tables = Some(number()?),
                "chunks" => chunks = Some(number()?),
                "chunk_ms" => shape.chunk_time = Duration::from_millis(number()?.into()),
                "index_ms" => shape.index_time = Duration::from_millis(number()?.into()),
                "script" => shape.script = parse_script(&value)?,
                "file" => shape.file = Some(PathBuf::from(&*value)),
                _ => return Err(format!("a memory database has no setting {key:?}")),
            }
        }
        shape.tables = match (tables, chunks) {
            (None, None) => crm_tables(),
            (tables, chunks) => {
                let tables = tables.unwrap_or(41).clamp(1, 100_000);
                made_tables(tables, chunks.unwrap_or(tables.saturating_mul(10)))
            }
        };
        if shape.script.iter().any(|line| line.trouble == Trouble::HostileNames) {
            shape.tables.extend(hostile_tables());
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawings_have_41_tables_and_4612_chunks() {
        let tables = crm_tables();
        assert_eq!(tables.len(), 41);
        assert_eq!(tables.iter().map(|t| t.chunks).sum::<u32>(), 4_612);
    }

    #[test]
    fn made_tables_add_up() {
        for (tables, chunks) in [(1, 1), (3, 3), (7, 100), (10_000, 1_000_000), (5, 2)] {
            let made = made_tables(tables, chunks);
            assert_eq!(made.len() as u32, tables);
            assert_eq!(made.iter().map(|t| t.chunks).sum::<u32>(), chunks.clamp(tables, u32::MAX));
            assert!(made.iter().all(|t| t.chunks > 0));
        }
    }

    #[test]
    fn chunks_are_numbered_by_their_first_row() {
        let table = MadeTable::new("crm", "orders", 7, 100);
        let firsts = std::iter::once(1).chain(table.bounds(7));
        assert!(firsts.zip(1..).all(|(first, number)| table.number_of(first) == number));
    }

    #[test]
    fn a_url_is_a_whole_shape() {
        let shape =
            Shape::from_url("memory:x?tables=2&chunks=5&chunk_ms=10&script=at+5s+source-lost")
                .unwrap();
        assert_eq!(shape.tables.len(), 2);
        assert_eq!(shape.chunk_time, Duration::from_millis(10));
        assert_eq!(shape.script.len(), 1);
        assert!(Shape::from_url("memory:x?speed=9").is_err());
        assert!(Shape::from_url("memory:x?script=rain").is_err());
    }
}
