//! SQLite: one file on either side.
//!
//! **One snapshot.** A [`Snapshot`](super::Snapshot) is a set of connections, each with a read
//! transaction, opened together: as many as the slider's maximum, because none can be added later.
//! In rollback-journal mode the first of them holds a SHARED lock and nobody can commit any more,
//! so the others see the same file (and the source's writers wait until the job has released its
//! snapshot). In WAL mode writers go on: the set counts as one snapshot when an idle connection's
//! `PRAGMA data_version` did not move while it was opened; when writers are too busy for that, a
//! short write lock (`BEGIN IMMEDIATE`, released at once) keeps them out. Files that cannot be
//! written, and directories that cannot, are read without any lock of ours on disk.
//!
//! **One writer.** SQLite has one writer at a time, so a target has one writing connection on one
//! thread, and all its sessions take turns at it behind an async gate. A session that waits there
//! shows `WAIT lock`. Each chunk and step is one `BEGIN IMMEDIATE` transaction that also writes
//! the ledger row. Foreign keys are not enforced while loading (`PRAGMA foreign_keys = OFF`); a
//! step that runs `PRAGMA main.foreign_key_check(t)` fails when a row has no parent (tables that
//! come from another engine get one; between two files rows are what they were). Triggers do not
//! fire for copied rows. `synchronous` is NORMAL and never OFF; the journal mode stays as it is,
//! and a new file keeps the rollback journal, which loads faster than WAL.
//!
//! **Direct path.** With SQLite on both sides the source is attached read-only to the writing
//! connection, and a chunk is `INSERT ... SELECT` in slices of rowids, so that progress is seen.
//! Implicit rowids are kept. This reads the same state as the snapshot only as long as the snapshot
//! keeps writers out: in rollback-journal mode. In WAL mode it is refused.
//!
//! **Virtual tables** (fts, rtree, ...) live in shadow tables. Those are created and copied as
//! plain tables, and the virtual table is entered into the schema afterwards, as `sqlite3 .dump`
//! does it, so that no module has to agree to what it finds.

mod attach;
mod bounds;
mod careful;
mod catalog;
mod fault;
mod look;
mod master;
mod mend;
mod place;
mod scan;
mod settings;
mod source;
mod survey;
mod target;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use super::look::Look;
use super::url::Access;
use crate::core::fault::Fault;

/// A source. Opens nothing yet.
///
/// # Errors
/// `Usage` when the URL names no file.
pub fn source(access: Access) -> Result<Arc<dyn super::Source>, Fault> {
    Ok(Arc::new(source::SqliteSource::new(place::Place::of(&access)?)))
}

/// A target. Opens nothing yet.
///
/// # Errors
/// `Usage` when the URL names no file.
pub fn target(access: Access) -> Result<Arc<dyn super::Target>, Fault> {
    Ok(Arc::new(target::SqliteTarget::new(place::Place::of(&access)?)))
}

/// A file to look at. Opens nothing yet.
///
/// # Errors
/// `Usage` when the URL names no file.
pub(super) fn look(access: &Access) -> Result<Arc<dyn Look>, Fault> {
    Ok(Arc::new(look::SqliteLook { place: place::Place::of(access)? }))
}
