//! Inner bounds that cut a table into about equal pieces, from a sample of its pages.
//!
//! A chunk may be larger or smaller than its share, never wrong: the first and last are open.

use sqlx::postgres::PgConnection;

use super::connect::{Link, Purpose};
use super::key_order::KeyOrder;
use crate::core::chunk::{BoundsRequest, ChunkMethod, KeyValues};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;

/// Pages sampled per part: rows of a page are often neighbours in the key as well, so it is pages
/// that count.
const PAGES_PER_PART: u64 = 30;

/// Pages sampled at least: a small sample cuts badly.
const PAGES_MIN: u64 = 1_000;

/// Pages sampled at most: 480 MB of reading, however large the table.
const PAGES_MAX: u64 = 60_000;

/// From this share of the table on, reading the keys in full costs little more.
const SHARE_FULL_PERCENT: f64 = 50.0;

/// A sample with fewer rows per part says nothing of where the parts end.
const ROWS_PER_PART_MIN: u64 = 4;

/// Answers `request`.
pub(super) async fn bounds(link: &Link, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault> {
    let columns = match &request.method {
        ChunkMethod::Key { columns } => columns,
        // Pages are cut by arithmetic.
        ChunkMethod::Whole | ChunkMethod::Ctid => return Ok(Vec::new()),
        ChunkMethod::Rowid => {
            let what = "PostgreSQL tables have no rowid";
            return Err(Fault::new(FaultKind::Unsupported, link.side, what));
        }
    };
    if request.parts < 2 {
        return Ok(Vec::new());
    }
    let mut connection = link.connect(Purpose::Read).await?;
    let on = &mut connection;
    let order = KeyOrder::read(link, on, &request.table, columns).await?;
    if let Some(percent) = sample_percent(pages(link, on, &request.table).await?, request.parts) {
        let sample = format!(" TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)");
        let (rows, bounds) = quantiles(link, on, request, &order, &sample).await?;
        if rows >= request.parts.saturating_mul(ROWS_PER_PART_MIN) {
            return Ok(bounds);
        }
    }
    Ok(quantiles(link, on, request, &order, "").await?.1)
}

async fn pages(link: &Link, on: &mut PgConnection, table: &ObjectName) -> Result<u64, Fault> {
    let text = format!(
        "SELECT pg_catalog.pg_relation_size({}::regclass) \
         / pg_catalog.current_setting('block_size')::int8 AS pages",
        sql::literal(Dialect::Postgres, &sql::qualified(Dialect::Postgres, table))
    );
    let rows = link.rows(on, text).await?;
    let pages = rows.first().map(|r| link.get::<i64>(r, "pages")).transpose()?;
    Ok(u64::try_from(pages.unwrap_or(0)).unwrap_or(0))
}

/// The share of pages to read; `None`: all of them.
fn sample_percent(pages: u64, parts: u64) -> Option<f64> {
    let wanted = parts.saturating_mul(PAGES_PER_PART).clamp(PAGES_MIN, PAGES_MAX);
    let percent = wanted as f64 / pages as f64 * 100.0;
    (percent < SHARE_FULL_PERCENT).then_some(percent)
}

/// The rows looked at, and the keys that stand where one part ends and the next begins.
async fn quantiles(
    link: &Link,
    on: &mut PgConnection,
    request: &BoundsRequest,
    order: &KeyOrder,
    sample: &str,
) -> Result<(u64, Vec<KeyValues>), Fault> {
    let rows = link.rows(on, quantile_query(request, order, sample)).await?;
    let seen = rows.first().map(|r| link.get::<i64>(r, "seen")).transpose()?;
    let mut bounds = Vec::with_capacity(rows.len());
    for row in rows.iter().skip(1) {
        bounds.push(link.get::<KeyValues>(row, "bound")?);
    }
    bounds.dedup();
    Ok((u64::try_from(seen.unwrap_or(0)).unwrap_or(0), bounds))
}

/// The first row of the answer is the first key, with the number of rows; the others are bounds.
fn quantile_query(request: &BoundsRequest, order: &KeyOrder, sample: &str) -> String {
    let parts = request.parts;
    let names: Vec<&str> = order.0.iter().map(|c| c.name.as_str()).collect();
    let texts: Vec<String> = names.iter().map(|n| format!("{n}::text")).collect();
    format!(
        "SELECT seen::int8 AS seen, bound FROM (\
         SELECT ARRAY[{texts}] AS bound, pg_catalog.row_number() OVER (ORDER BY {sorting}) AS i, \
         pg_catalog.count(*) OVER () AS seen FROM ONLY {table}{sample}) AS s \
         WHERE i = 1 OR (i - 1) * {parts} / seen <> (i - 2) * {parts} / seen ORDER BY i",
        texts = texts.join(", "),
        sorting = order.sorting(),
        table = sql::qualified(Dialect::Postgres, &request.table),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_bounded_and_small_tables_are_read_whole() {
        assert_eq!(sample_percent(0, 2), None);
        assert_eq!(sample_percent(1_500, 2), None);
        assert_eq!(sample_percent(100_000, 4), Some(1.0));
        // 1 TB in 32 MiB parts.
        let percent = sample_percent(134_217_728, 32_768).unwrap();
        assert!(percent * 134_217_728.0 / 100.0 <= PAGES_MAX as f64 + 1.0);
    }
}
