//! What can go wrong, what to do about it, and what to tell the operator.
//!
//! Drivers translate SQLSTATEs and error codes into a [`FaultKind`]; nobody downstream ever looks
//! at message text to decide. [`disposition_of`] is the one table from kind to behaviour.

use std::fmt;

/// Where a fault came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Source,
    Target,
    /// The engine itself: its files, its own code.
    Engine,
}

impl Side {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
            Side::Engine => "engine",
        }
    }
}

/// The classes of trouble that are handled differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The server closed the connection, cannot be reached, or is starting up or shutting down.
    ConnectionLost,
    /// User, password, certificate or database refused: trying again may lock the account.
    LoginRefused,
    TooManyConnections,
    Deadlock,
    Serialization,
    LockTimeout,
    /// The exported snapshot no longer exists.
    SnapshotLost,
    /// The server has no room: disk, tablespace, quota, memory.
    OutOfSpace,
    Privilege,
    ObjectMissing,
    ObjectExists,
    /// The target refused a row: constraint, trigger, partition, length.
    RowRefused,
    /// A value has no exact form in the target's type, or is invalid in its encoding.
    ValueUnfit,
    /// Rows read and rows written differ.
    CountMismatch,
    /// The chunk or step was given back on request.
    Cancelled,
    /// The operator's input: URL, option, spec.
    Usage,
    /// Something the two ends cannot do.
    Unsupported,
    /// The job's own file is damaged, newer, locked or unwritable.
    Store,
    /// Anything else the server said.
    Other,
}

/// What to do about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Passes by itself: same work again after a wait, at most the job's number of attempts.
    Retry,
    /// The server is gone: hold the side, probe, compare the ledger, go on.
    AwaitServer,
    /// Hold the whole job and say so; look again later by itself.
    HoldJob,
    /// Hold the whole job until the operator acts.
    AskOperator,
    /// This chunk or step has failed; everything else goes on.
    FailWork,
    /// Open a new snapshot and go on as DESIGN 4.4 says.
    NewSnapshot,
    /// Given back, nothing failed.
    GiveBack,
}

/// One fault, in PostgreSQL's three parts, with where it happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    pub kind: FaultKind,
    pub side: Side,
    /// SQLSTATE, SQLite result code or the like, as the server named it.
    pub code: Option<String>,
    /// Primary message: one line, lower case, no full stop. Never a secret.
    pub message: String,
    /// Sentences with more; may hold what the server said of the row.
    pub detail: Option<String>,
    /// What the operator can do.
    pub hint: Option<String>,
    /// Of a row that was refused. Boxed: results that carry a fault stay small.
    pub row: Option<Box<RowTrouble>>,
}

/// What a refusal says of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowTrouble {
    pub column: Option<String>,
    pub cause: Option<String>,
}

impl Fault {
    #[must_use]
    pub fn new(kind: FaultKind, side: Side, message: impl Into<String>) -> Fault {
        Fault {
            kind,
            side,
            code: None,
            message: message.into(),
            detail: None,
            hint: None,
            row: None,
        }
    }

    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Fault {
        self.code = Some(code.into());
        self
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Fault {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with_column(mut self, column: impl Into<String>) -> Fault {
        self.row.get_or_insert_default().column = Some(column.into());
        self
    }

    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Fault {
        self.row.get_or_insert_default().cause = Some(cause.into());
        self
    }

    /// The column a value of which is the trouble, where the server or the encoder says so.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.row.as_ref()?.column.as_deref()
    }

    /// The message without table, column and position: equal for all rows of one cause.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.row.as_ref()?.cause.as_deref()
    }

    /// Did the target refuse a row or a value of it, so that other rows may still fit?
    #[must_use]
    pub fn is_about_a_row(&self) -> bool {
        self.side == Side::Target
            && matches!(self.kind, FaultKind::RowRefused | FaultKind::ValueUnfit)
    }

    /// Puts what was being done in front: `create index crm.ix: relation does not exist`.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Fault {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Fault {
    /// One line: side, code, message, detail.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.side != Side::Engine {
            write!(f, "{} ", self.side.word())?;
        }
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        Ok(())
    }
}

/// The one table from kind to behaviour. Unknown trouble fails its own piece of work and no more.
#[must_use]
pub fn disposition_of(kind: FaultKind) -> Disposition {
    match kind {
        FaultKind::ConnectionLost => Disposition::AwaitServer,
        FaultKind::TooManyConnections
        | FaultKind::Deadlock
        | FaultKind::Serialization
        | FaultKind::LockTimeout => Disposition::Retry,
        FaultKind::SnapshotLost => Disposition::NewSnapshot,
        FaultKind::OutOfSpace | FaultKind::Store => Disposition::HoldJob,
        FaultKind::LoginRefused => Disposition::AskOperator,
        FaultKind::Cancelled => Disposition::GiveBack,
        FaultKind::Privilege
        | FaultKind::ObjectMissing
        | FaultKind::ObjectExists
        | FaultKind::RowRefused
        | FaultKind::ValueUnfit
        | FaultKind::CountMismatch
        | FaultKind::Usage
        | FaultKind::Unsupported
        | FaultKind::Other => Disposition::FailWork,
    }
}
