//! Reading: snapshot, sessions, bounds, definitions.

use std::sync::Arc;

use super::address::MysqlAddress;
use crate::core::fault::{Fault, FaultKind};
use crate::driver::Source;

pub(super) fn open(address: MysqlAddress) -> Result<Arc<dyn Source>, Fault> {
    Err(Fault::new(FaultKind::Unsupported, address.side, "not there yet"))
}
