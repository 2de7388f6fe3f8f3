//! SQLite's result codes as faults.

use rusqlite::ErrorCode;

use crate::core::fault::{Fault, FaultKind, Side};
use crate::sqlite::ThreadGone;

/// What went wrong on `side` while `doing`.
pub(super) fn fault(side: Side, doing: &str, error: &rusqlite::Error) -> Fault {
    let rusqlite::Error::SqliteFailure(code, said) = error else {
        let text = format!("{doing}: {error}");
        return Fault::new(FaultKind::Other, side, one_line(&text));
    };
    let (kind, name, hint) = meaning(code.code);
    let text = said.clone().unwrap_or_else(|| code.to_string());
    let mut made = Fault::new(kind, side, one_line(&format!("{doing}: {text}"))).with_code(
        match code.extended_code & !0xff {
            0 => name.to_owned(),
            _ => format!("{name} ({})", code.extended_code),
        },
    );
    made.hint = hint.map(str::to_owned);
    made
}

/// For `map_err`.
pub(super) fn on(side: Side, doing: &str) -> impl Fn(rusqlite::Error) -> Fault + '_ {
    move |error| fault(side, doing, &error)
}

fn meaning(code: ErrorCode) -> (FaultKind, &'static str, Option<&'static str>) {
    match code {
        ErrorCode::DatabaseBusy => (
            FaultKind::LockTimeout,
            "SQLITE_BUSY",
            Some("Another program holds the file's lock; the work is tried again."),
        ),
        ErrorCode::DatabaseLocked => (FaultKind::LockTimeout, "SQLITE_LOCKED", None),
        ErrorCode::DiskFull => (
            FaultKind::OutOfSpace,
            "SQLITE_FULL",
            Some("Nothing of the work under way was kept. Make room on the disk of the file."),
        ),
        ErrorCode::OutOfMemory => (FaultKind::OutOfSpace, "SQLITE_NOMEM", None),
        ErrorCode::ConstraintViolation => (
            FaultKind::RowRefused,
            "SQLITE_CONSTRAINT",
            Some("Nothing of the work under way was kept. Mend the rows and run it again."),
        ),
        ErrorCode::TypeMismatch => (FaultKind::RowRefused, "SQLITE_MISMATCH", None),
        ErrorCode::TooBig => (FaultKind::ValueUnfit, "SQLITE_TOOBIG", None),
        ErrorCode::NotADatabase => (
            FaultKind::Other,
            "SQLITE_NOTADB",
            Some("The file is no SQLite database, or it is encrypted."),
        ),
        ErrorCode::DatabaseCorrupt => (
            FaultKind::Other,
            "SQLITE_CORRUPT",
            Some("The file is damaged; `sqlite3 FILE 'PRAGMA integrity_check'` says where."),
        ),
        ErrorCode::CannotOpen => (FaultKind::ObjectMissing, "SQLITE_CANTOPEN", None),
        ErrorCode::ReadOnly => (
            FaultKind::Privilege,
            "SQLITE_READONLY",
            Some("The file, or the directory that takes its journal, cannot be written."),
        ),
        ErrorCode::PermissionDenied => (FaultKind::Privilege, "SQLITE_PERM", None),
        ErrorCode::AuthorizationForStatementDenied => (FaultKind::Privilege, "SQLITE_AUTH", None),
        ErrorCode::OperationInterrupted => (FaultKind::Cancelled, "SQLITE_INTERRUPT", None),
        // The disk is gone, or the network under it: looked for again like a lost server.
        ErrorCode::SystemIoFailure => (FaultKind::ConnectionLost, "SQLITE_IOERR", None),
        ErrorCode::SchemaChanged => (FaultKind::Serialization, "SQLITE_SCHEMA", None),
        _ => (FaultKind::Other, "SQLITE_ERROR", None),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The thread behind a connection has ended.
pub(super) fn gone(side: Side) -> impl Fn(ThreadGone) -> Fault {
    move |error| Fault::new(FaultKind::ConnectionLost, side, error.to_string())
}

/// An error on its way out of [`crate::sqlite::SqliteThread::open`].
pub(super) struct OpenFault(pub Fault);

impl From<ThreadGone> for OpenFault {
    fn from(error: ThreadGone) -> OpenFault {
        OpenFault(Fault::new(FaultKind::Other, Side::Engine, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn codes_are_told_apart_without_reading_texts() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)").unwrap();
        let error = connection.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        let made = fault(Side::Target, "write main.t", &error);
        assert_eq!(made.kind, FaultKind::RowRefused);
        assert_eq!(made.code.as_deref(), Some("SQLITE_CONSTRAINT (2067)"));
        assert!(made.message.starts_with("write main.t: UNIQUE constraint failed"));
    }
}
