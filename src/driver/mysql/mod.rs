//! MySQL and MariaDB. Rows are read through sqlx, whose rows borrow from the packet, and written
//! through mysql_async, the library that can stream LOAD DATA LOCAL INFILE.

mod address;
mod bounds;
mod catalog;
mod connect;
mod definitions;
mod fault;
mod grants;
mod key_shape;
mod look;
mod middle;
mod pool;
mod preflight;
mod pressure;
mod reader;
mod scan;
mod settings;
mod show;
mod snapshot;
mod source;
mod target;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::look::Look;
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

/// A database to look at. Connects to nothing yet.
///
/// # Errors
/// As [`source`].
pub(super) fn look(access: &Access) -> Result<Arc<dyn Look>, Fault> {
    Ok(look::open(MysqlAddress::of(access)?))
}
