//! Looking at a database before there is a job: who answers, what is there, would it take a text of
//! the operator's. Sessions read only, and every statement that may be slow has a limit, but for
//! [`Look::count`], which ends when its future is dropped. Two exceptions write:
//! [`Look::try_table`], which leaves nothing behind, and [`Look::conform`], which an operator
//! agreed to.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::url::Access;
use super::{mysql, postgres, scheme, sqlite};
use crate::core::catalog::Server;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::ObjectName;

/// A look takes no longer.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(20);

/// A look waits no longer for a lock of somebody else's.
pub(super) const LOCK_LIMIT: Duration = Duration::from_secs(3);

/// Values shown of an expression.
pub const VALUES_SHOWN: u32 = 3;

#[async_trait]
pub trait Look: Send + Sync {
    /// Who answers, and what is worth knowing of it.
    async fn facts(&self) -> Result<Facts, Fault>;

    /// Every table and view, with estimates from statistics, in order of schema and name.
    async fn list(&self) -> Result<Vec<Listed>, Fault>;

    /// Rows, counted.
    async fn count(&self, table: &ObjectName) -> Result<u64, Fault>;

    /// How the server would find the rows of a condition. Runs nothing.
    async fn explain(&self, table: &ObjectName, filter: &str) -> Result<Tried<Explained>, Fault>;

    /// The type of an expression over a table and some values of it. PostgreSQL also casts it to
    /// `declared`, as a copy does.
    async fn try_expression(
        &self,
        table: &ObjectName,
        declared: &str,
        expression: &str,
    ) -> Result<Tried<Shown>, Fault>;

    /// Would the server make this table? `ddl` makes `table`; nothing is left of it.
    async fn try_table(&self, table: &ObjectName, ddl: &str) -> Result<Tried<Made>, Fault>;

    /// Runs statements, stopping at the first that fails: how many were done, and the fault.
    async fn conform(&self, statements: &[String]) -> Result<(u32, Option<Fault>), Fault>;
}

/// What a server said of itself.
#[derive(Clone, Debug)]
pub struct Facts {
    pub server: Server,
    /// `PostgreSQL 16.4`.
    pub name: String,
    pub round_trip: Duration,
    pub facts: Vec<String>,
    pub warnings: Vec<String>,
}

/// One table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: ObjectName,
    /// `table`, `view`, `materialized view`, ...
    pub kind: String,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    /// Columns that name a row; empty: none.
    pub key: Vec<String>,
    pub note: String,
}

/// What came of a text of the operator's.
#[derive(Clone, Debug)]
pub enum Tried<T> {
    Valid(T),
    Refused(Refused),
}

/// What the server has against a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub message: String,
    /// Byte of the operator's text, when it is known.
    pub at: Option<usize>,
}

/// How rows would be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    pub rows: Option<u64>,
    pub total: Option<u64>,
    /// `uses index ix_orders_date`, `reads the whole table`.
    pub cost: String,
}

/// What an expression gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Absent: it takes a row to say, and there is none.
    pub of_type: Option<String>,
    /// `None`: NULL.
    pub values: Vec<Option<String>>,
}

/// A table that was made and taken away again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Names and declared types; `None`: it was not tried as far as that.
    pub columns: Option<Vec<(String, String)>>,
    pub notes: Vec<String>,
}

/// Opens a database for looking. Connects to nothing yet.
///
/// # Errors
/// `Unsupported` for databases that are not looked at, `Usage` for a URL that cannot be read.
pub fn open_look(access: Access) -> Result<Arc<dyn Look>, Fault> {
    match scheme(&access.endpoint.url) {
        "postgres" | "postgresql" => postgres::look(&access),
        "mysql" => mysql::look(&access),
        "sqlite" => sqlite::look(&access),
        other => Err(Fault::new(
            FaultKind::Unsupported,
            access.side,
            format!("{other}: databases cannot be looked at"),
        )
        .with_hint("Give a PostgreSQL, MySQL or SQLite database.")),
    }
}

/// The server's word about one of our statements, as a word about the operator's text, which begins
/// at byte `from` of it. Trouble that has nothing to do with the text stays a fault.
pub(super) fn refused<T>(fault: Fault, at: Option<usize>, text: &str) -> Result<Tried<T>, Fault> {
    use FaultKind as K;
    match fault.kind {
        K::ConnectionLost
        | K::LoginRefused
        | K::TooManyConnections
        | K::Deadlock
        | K::Serialization
        | K::SnapshotLost
        | K::OutOfSpace
        | K::Store => Err(fault),
        _ => Ok(Tried::Refused(Refused {
            message: match &fault.hint {
                Some(hint) => format!("{} ({hint})", fault.message),
                None => fault.message,
            },
            at: at.filter(|at| *at <= text.len()),
        })),
    }
}
