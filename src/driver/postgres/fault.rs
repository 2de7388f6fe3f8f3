//! What the server said, as a [`Fault`]: the one table from SQLSTATE to kind.

use sqlx::postgres::PgDatabaseError;

use crate::core::fault::{Fault, FaultKind, Side};

/// The kind of a SQLSTATE (PostgreSQL's appendix A). Exact codes first, then whole classes.
#[must_use]
pub(super) fn kind_of(sqlstate: &str) -> FaultKind {
    match sqlstate {
        // Shut down by the administrator, crash, starting up, idle or transaction too long: the
        // connection is gone and the same work can be done over a new one.
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" => {
            FaultKind::ConnectionLost
        }
        "53300" => FaultKind::TooManyConnections,
        "40P01" => FaultKind::Deadlock,
        "40001" => FaultKind::Serialization,
        "55P03" => FaultKind::LockTimeout,
        "72000" => FaultKind::SnapshotLost,
        // Disk, memory, temp_file_limit and the like.
        "53000" | "53100" | "53200" | "53400" => FaultKind::OutOfSpace,
        "42501" | "25006" => FaultKind::Privilege,
        "42P01" | "42703" | "42704" | "42883" | "3F000" | "3D000" => FaultKind::ObjectMissing,
        "42P04" | "42P06" | "42P07" | "42701" | "42710" | "42723" => FaultKind::ObjectExists,
        // A byte sequence that is no text here, a character the encoding does not hold.
        "22021" | "22P05" => FaultKind::ValueUnfit,
        // WITH CHECK OPTION, RAISE in a trigger, a generated column, a row too long for an index.
        "44000" | "P0001" | "428C9" | "54000" => FaultKind::RowRefused,
        "0A000" => FaultKind::Unsupported,
        _ => match sqlstate.get(..2) {
            Some("08") => FaultKind::ConnectionLost,
            Some("28") => FaultKind::LoginRefused,
            Some("22" | "23") => FaultKind::RowRefused,
            _ => FaultKind::Other,
        },
    }
}

/// An error of sqlx while the connection was in use.
#[must_use]
pub(super) fn fault(side: Side, error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(db) => match db.try_downcast_ref::<PgDatabaseError>() {
            Some(pg) => of_server(side, pg),
            None => Fault::new(FaultKind::Other, side, db.message()),
        },
        sqlx::Error::Io(io) => {
            Fault::new(FaultKind::ConnectionLost, side, format!("the connection broke: {io}"))
        }
        sqlx::Error::Tls(_) => Fault::new(FaultKind::LoginRefused, side, one_line(error))
            .with_hint("Check sslmode, sslrootcert, sslcert and sslkey in the URL."),
        other => Fault::new(FaultKind::Other, side, one_line(other)),
    }
}

fn one_line(error: &sqlx::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_server(side: Side, error: &PgDatabaseError) -> Fault {
    let code = error.code();
    let mut said = Fault::new(kind_of(code), side, error.message()).with_code(code);
    if let Some(column) = error.column().map(str::to_owned).or_else(|| column_of_context(error)) {
        said = said.with_column(column);
    }
    let detail = sentences(error);
    if !detail.is_empty() {
        said = said.with_detail(detail);
    }
    match (error.hint(), hint_for(code)) {
        (Some(hint), _) => said.with_hint(hint),
        (None, Some(ours)) => said.with_hint(ours),
        (None, None) => said,
    }
}

/// The column that a COPY names in its context (`COPY t, line 3, column v: "x"`), to be shown: what
/// is done about the row never depends on it.
fn column_of_context(error: &PgDatabaseError) -> Option<String> {
    let context = error.r#where()?.lines().next()?;
    let (_, after) = context.strip_prefix("COPY ")?.split_once(", column ")?;
    let name = after.split_once(": ").map_or(after, |(name, _)| name);
    Some(name.to_owned())
}

/// Detail, context and the objects the server names, as sentences.
fn sentences(error: &PgDatabaseError) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(error.detail().map(full_stop));
    if let Some(table) = error.table() {
        let mut place = format!("Table {}.{table}", error.schema().unwrap_or("?"));
        if let Some(column) = error.column() {
            place.push_str(&format!(", column {column}"));
        }
        if let Some(constraint) = error.constraint() {
            place.push_str(&format!(", constraint {constraint}"));
        }
        place.push('.');
        parts.push(place);
    } else if let Some(constraint) = error.constraint() {
        parts.push(format!("Constraint {constraint}."));
    }
    // The context may have a line per nested function; the first says where the row was.
    parts.extend(error.r#where().and_then(|w| w.lines().next()).map(full_stop));
    parts.join(" ")
}

fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Our advice where the server gives none.
fn hint_for(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "25006" => "The server takes no writes: it is a standby or is set to read only.",
        "28P01" | "28000" => "Check user and password, and the server's pg_hba.conf.",
        "3D000" => "Create the database first, or correct the name in the URL.",
        "42501" => "Grant the privilege, or connect as a user who has it.",
        "53100" => "Make room on the server's disk; the job goes on by itself.",
        "53300" => "Lower the number of threads, or raise max_connections on the server.",
        "55P03" => "Another session holds a lock on the table: see pg_stat_activity and pg_locks.",
        _ => return None,
    })
}

/// An error while logging in: what cannot be reached may come back, what was refused will not.
#[must_use]
pub(super) fn login_fault(side: Side, place: &str, error: &sqlx::Error) -> Fault {
    let mut said = fault(side, error);
    match error {
        sqlx::Error::Io(io) => {
            said.message = format!("cannot reach {place}: {io}");
            said.with_hint("Check host and port, and that the server runs and listens there.")
        }
        sqlx::Error::Database(_) => {
            // A database that is not there and a CONNECT privilege that was not given are answers
            // to the login, not to a statement.
            if matches!(said.kind, FaultKind::ObjectMissing | FaultKind::Privilege) {
                said.kind = FaultKind::LoginRefused;
            }
            said.message = format!("login to {place}: {}", said.message);
            said
        }
        _ => {
            said.message = format!("login to {place}: {}", said.message);
            said.kind = FaultKind::LoginRefused;
            said
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::{Disposition, disposition_of};

    #[test]
    fn sqlstates_have_the_disposition_a_dba_expects() {
        for (code, disposition) in [
            ("57P01", Disposition::AwaitServer),
            ("08006", Disposition::AwaitServer),
            ("40P01", Disposition::Retry),
            ("40001", Disposition::Retry),
            ("55P03", Disposition::Retry),
            ("53300", Disposition::Retry),
            ("53100", Disposition::HoldJob),
            ("28P01", Disposition::AskOperator),
            ("23505", Disposition::FailWork),
            ("22P02", Disposition::FailWork),
            ("XX000", Disposition::FailWork),
        ] {
            assert_eq!(disposition_of(kind_of(code)), disposition, "{code}");
        }
    }

    #[test]
    fn a_broken_socket_is_a_lost_connection() {
        let io = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let said = fault(Side::Target, &sqlx::Error::Io(io));
        assert_eq!(said.kind, FaultKind::ConnectionLost);
    }
}
