//! PostgreSQL 13 to 18, over sqlx's plain connections.
//!
//! * Rows travel as COPY streams that nobody parses on the way (`reader`, `copy_in`); binary
//!   where `types` says that both servers mean the same by the bytes.
//! * DDL comes from the vendor's own `pg_dump` (`dump` runs it, `archive` reads it, `schema` makes
//!   items of it).
//! * One exported snapshot serves all workers (`snapshot`); bounds are compared with the operators
//!   of the key's own index (`key_order`).
//! * The `ledger` on the target is written in the transaction of every chunk and step (`writer`).
//!
//! The driver never decides what is copied and never retries: it reports a fault and stops.

mod address;
mod archive;
mod bounds;
mod careful;
mod catalog;
mod connect;
mod copy_in;
mod digest;
mod dump;
mod fault;
mod key_order;
mod large_objects;
mod ledger;
mod look;
mod mend;
mod mentioned;
mod preflight;
mod pressure;
mod reader;
mod scan;
mod schema;
mod settings;
mod snapshot;
mod source;
mod target;
mod types;
mod writer;

#[cfg(test)]
mod tests;

pub(super) use connect::quicken_sockets;

use std::sync::Arc;

use super::look::Look;
use super::url::Access;
use super::{Source, Target};
use crate::core::fault::Fault;

/// A source. Connects to nothing yet.
///
/// # Errors
/// `Usage` when the URL cannot be read.
pub fn source(access: &Access) -> Result<Arc<dyn Source>, Fault> {
    Ok(Arc::new(source::PostgresSource { link: connect::Link::new(access)? }))
}

/// A target. Connects to nothing yet.
///
/// # Errors
/// `Usage` when the URL cannot be read.
pub fn target(access: &Access) -> Result<Arc<dyn Target>, Fault> {
    Ok(Arc::new(target::PostgresTarget { link: connect::Link::new(access)? }))
}

/// A database to look at. Connects to nothing yet.
///
/// # Errors
/// `Usage` when the URL cannot be read.
pub(super) fn look(access: &Access) -> Result<Arc<dyn Look>, Fault> {
    Ok(look::open(connect::Link::new(access)?))
}
