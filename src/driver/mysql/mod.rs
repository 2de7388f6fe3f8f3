//! MySQL and MariaDB. Rows are read through sqlx, whose rows borrow from the packet, and written
//! through mysql_async, the library that can stream LOAD DATA LOCAL INFILE.

mod address;
mod bounds;
mod catalog;
mod connect;
mod definitions;
mod fault;
mod key_shape;
mod middle;
mod pool;
mod preflight;
mod pressure;
mod reader;
mod scan;
mod show;
mod snapshot;
mod source;
mod target;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::url::Access;
use super::{Source, Target};
use crate::core::fault::Fault;

use address::MysqlAddress;

/// Opens a source. Connects to nothing yet.
///
/// # Errors
/// `Usage` for an endpoint that cannot be read.
pub fn source(access: &Access) -> Result<Arc<dyn Source>, Fault> {
    source::open(MysqlAddress::of(access)?)
}

/// Opens a target. Connects to nothing yet.
///
/// # Errors
/// As [`source`].
pub fn target(access: &Access) -> Result<Arc<dyn Target>, Fault> {
    target::open(MysqlAddress::of(access)?)
}
