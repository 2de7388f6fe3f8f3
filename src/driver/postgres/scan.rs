//! The value scan: one statement over a table, one row with the answers.

use sqlx::Row;

use super::connect::{Link, Purpose};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::Dialect;
use crate::core::scan::{ScanAnswer, ScanRequest, read_answer, scan_select};

/// Answers `request`.
pub(super) async fn scan(link: &Link, request: &ScanRequest) -> Result<ScanAnswer, Fault> {
    let mut connection = link.connect(Purpose::Read).await?;
    let rows = link.rows(&mut connection, scan_select(Dialect::Postgres, request)).await?;
    let odd = || Fault::new(FaultKind::Other, link.side, "the value scan gave no such row");
    let row = rows.first().ok_or_else(odd)?;
    let mut cells: Vec<Option<String>> = Vec::with_capacity(row.len());
    for at in 0..row.len() {
        cells.push(row.try_get_unchecked(at).map_err(|error| link.fault(&error))?);
    }
    read_answer(request, &cells).ok_or_else(odd)
}
