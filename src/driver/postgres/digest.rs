//! The digest of a chunk, computed by the server over its own text of every column.
//!
//! A row's text is `N;` or `<bytes>:<text>;` for each column; its MD5 in two halves of 64 bits,
//! each summed exactly. Sums are signed here and exact, so they are comparable with another
//! PostgreSQL's and with nothing else. [`canonical`] compares with other engines.

use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::connect::Link;
use crate::core::canon::{DigestOf, RowDigest, digest_select};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::plan::{ColumnPlan, TablePlan};
use crate::core::sql;
use crate::core::verify::Digest;

/// Floats are printed shortest and exact from here on, and only then alike.
const FLOATS_EXACT_SINCE: u32 = 120_000;

/// The digest of the rows of `from` that the condition leaves; `None` on a server that prints
/// values differently.
pub(super) async fn digest(
    link: &Link,
    on: &mut PgConnection,
    table: &TablePlan,
    (from, condition): (&str, Option<&str>),
) -> Result<Option<Digest>, Fault> {
    if on.server_version_num().unwrap_or(0) < FLOATS_EXACT_SINCE || table.columns.is_empty() {
        return Ok(None);
    }
    let rows = link.rows(on, statement(table, from, condition)).await?;
    let row = rows.first().ok_or_else(|| broken(link))?;
    let lane = |name: &str| -> Result<i128, Fault> {
        let text: Option<String> = link.get(row, name)?;
        text.unwrap_or_else(|| "0".to_owned()).parse().map_err(|_| broken(link))
    };
    let count: i64 = link.get(row, "n")?;
    let lanes = [lane("a")?, lane("b")?];
    Ok(Some(Digest { rows: u64::try_from(count).unwrap_or(0), lanes }))
}

fn statement(table: &TablePlan, from: &str, condition: Option<&str>) -> String {
    let filter = condition.map(|text| format!(" WHERE {text}")).unwrap_or_default();
    let cell = |name: &str| {
        let column = sql::quote(Dialect::Postgres, name);
        format!(
            "coalesce(pg_catalog.octet_length({column}::text)::text || ':' || {column}::text \
             || ';', 'N;')"
        )
    };
    let cells: Vec<String> = table.columns.iter().map(|c| cell(&c.name)).collect();
    let half = |at: u8| {
        format!("pg_catalog.sum(('x' || pg_catalog.substr(h, {at}, 16))::bit(64)::bigint)::text")
    };
    format!(
        "SELECT pg_catalog.count(*)::int8 AS n, {} AS a, {} AS b \
         FROM (SELECT pg_catalog.md5({}) AS h FROM {from}{filter} OFFSET 0) AS hashed",
        half(1),
        half(17),
        cells.join(" || ")
    )
}

/// The digest over the canonical texts of `columns` as `side` has them.
pub(super) async fn canonical(
    link: &Link,
    on: &mut PgConnection,
    (columns, side): (&[ColumnPlan], Side),
    (from, predicate): (&str, Option<&str>),
) -> Result<Option<Digest>, Fault> {
    let of = DigestOf { dialect: Dialect::Postgres, table: from, columns, side, predicate };
    let Some(text) = digest_select(&of) else { return Ok(None) };
    let rows = link.rows(on, text).await?;
    let row = rows.first().ok_or_else(|| broken(link))?;
    let mut cells = Vec::with_capacity(4);
    for at in 0..4 {
        cells.push(row.try_get::<String, _>(at).map_err(|e| link.fault(&e))?);
    }
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| cells[at].as_str());
    Ok(RowDigest::from_answer([a, b, c, d]).map(Digest::from))
}

fn broken(link: &Link) -> Fault {
    Fault::new(FaultKind::Other, link.side, "the server's digest cannot be read")
}
