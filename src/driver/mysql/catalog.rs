//! Reads the catalogue, for both sides.

use super::address::MysqlAddress;
use crate::core::catalog::{Catalog, Server};
use crate::core::fault::{Fault, FaultKind};
use crate::core::spec::Selection;

/// Every schema that is not the system's, tables within `selection` in full.
pub(super) async fn inspect(
    address: &MysqlAddress,
    _selection: &Selection,
) -> Result<Catalog, Fault> {
    Err(Fault::new(FaultKind::Unsupported, address.side, "not there yet"))
}

/// Who answers there?
pub(super) async fn probe(address: &MysqlAddress) -> Result<Server, Fault> {
    Err(Fault::new(FaultKind::Unsupported, address.side, "not there yet"))
}
