//! Writing: ledger, sessions, bulk load, statements.

use std::sync::Arc;

use super::address::MysqlAddress;
use crate::core::fault::{Fault, FaultKind};
use crate::driver::Target;

pub(super) fn open(address: MysqlAddress) -> Result<Arc<dyn Target>, Fault> {
    Err(Fault::new(FaultKind::Unsupported, address.side, "not there yet"))
}
