//! What an error of the server or of a connection means to a job.

use crate::core::fault::FaultKind;

/// The kind of a server's error number (`ER_DUP_ENTRY` is 1062).
pub(super) fn kind_of(code: u16) -> FaultKind {
    match code {
        1062 => FaultKind::RowRefused,
        _ => FaultKind::Other,
    }
}
