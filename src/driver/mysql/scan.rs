//! The value scan: one statement over a table, one row with the answers.

use super::address::MysqlAddress;
use super::connect::{Session, text};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::Dialect;
use crate::core::scan::{ScanAnswer, ScanRequest, read_answer, scan_select};

/// Answers `request`.
///
/// # Errors
/// As the server says.
pub(super) async fn scan(
    address: &MysqlAddress,
    request: &ScanRequest,
) -> Result<ScanAnswer, Fault> {
    let mut session = Session::open(address).await?;
    let rows = session.rows(&scan_select(Dialect::Mysql, request)).await?;
    let odd = || Fault::new(FaultKind::Other, address.side, "the value scan gave no such row");
    let row = rows.first().ok_or_else(odd)?;
    let width = request.questions.len() * 2 + 1;
    let cells: Vec<Option<String>> = (0..width).map(|at| text(row, at)).collect();
    read_answer(request, &cells).ok_or_else(odd)
}
