//! `SHOW CREATE ...` of many objects: many statements to a round trip.

use sqlx::AssertSqlSafe;
use sqlx::Executor;

use super::connect::{Session, text};
use super::fault::fault;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql::qualified;

/// Statements sent at once: their answers are held in memory together.
const STATEMENTS_AT_ONCE: usize = 100;

/// What SHOW CREATE can show, in the words of this program's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Shown {
    Table,
    View,
    Trigger,
    Function,
    Procedure,
    Package,
    PackageBody,
    Event,
    Sequence,
}

impl Shown {
    pub(super) fn word(self) -> &'static str {
        match self {
            Shown::Table => "TABLE",
            Shown::View => "VIEW",
            Shown::Trigger => "TRIGGER",
            Shown::Function => "FUNCTION",
            Shown::Procedure => "PROCEDURE",
            Shown::Package => "PACKAGE",
            Shown::PackageBody => "PACKAGE BODY",
            Shown::Event => "EVENT",
            Shown::Sequence => "SEQUENCE",
        }
    }

    /// The column of the answer that holds the statement.
    fn column(self) -> usize {
        match self {
            Shown::Table | Shown::View | Shown::Sequence => 1,
            Shown::Trigger
            | Shown::Function
            | Shown::Procedure
            | Shown::Package
            | Shown::PackageBody => 2,
            Shown::Event => 3,
        }
    }

    /// The column that holds the `sql_mode` it was made under.
    fn mode_column(self) -> Option<usize> {
        match self {
            Shown::Table | Shown::View | Shown::Sequence => None,
            Shown::Trigger
            | Shown::Function
            | Shown::Procedure
            | Shown::Package
            | Shown::PackageBody
            | Shown::Event => Some(1),
        }
    }
}

/// One object's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub text: String,
    /// Only for what keeps one: routines, triggers, events.
    pub sql_mode: Option<String>,
    /// Of an event: its moments are this zone's.
    pub time_zone: Option<String>,
}

/// The statements of `names`, in their order. `None` where this user may not see it, or where the
/// object is broken or has vanished meanwhile.
pub(super) async fn show_create(
    session: &mut Session,
    what: Shown,
    names: &[ObjectName],
) -> Result<Vec<Option<Statement>>, Fault> {
    let mut shown = Vec::with_capacity(names.len());
    for group in names.chunks(STATEMENTS_AT_ONCE) {
        match together(session, what, group).await {
            Ok(mut statements) if statements.len() == group.len() => shown.append(&mut statements),
            Err(fault) if fault.kind == FaultKind::ConnectionLost => return Err(fault),
            // One of them cannot be shown: one by one.
            _ => {
                for name in group {
                    let one = together(session, what, std::slice::from_ref(name)).await;
                    match one {
                        Ok(statements) => shown.push(statements.into_iter().next().flatten()),
                        Err(fault) if fault.kind == FaultKind::ConnectionLost => return Err(fault),
                        Err(_) => shown.push(None),
                    }
                }
            }
        }
    }
    Ok(shown)
}

async fn together(
    session: &mut Session,
    what: Shown,
    names: &[ObjectName],
) -> Result<Vec<Option<Statement>>, Fault> {
    let statements: Vec<String> = names
        .iter()
        .map(|name| format!("SHOW CREATE {} {}", what.word(), qualified(Dialect::Mysql, name)))
        .collect();
    let query = sqlx::raw_sql(AssertSqlSafe(statements.join("; ")));
    let rows = session.connection.fetch_all(query).await.map_err(|e| fault(session.side, &e))?;
    Ok(rows
        .iter()
        .map(|row| {
            let sql_mode = what.mode_column().and_then(|at| text(row, at));
            let time_zone = (what == Shown::Event).then(|| text(row, 2)).flatten();
            text(row, what.column()).map(|text| Statement { text, sql_mode, time_zone })
        })
        .collect())
}
