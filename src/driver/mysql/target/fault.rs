//! What mysql_async and the server said, as a [`Fault`].
//!
//! Which behaviour a number calls for is the driver's one table
//! ([`super::super::fault::kind_of`]). Here is only how rows are told of: a message without values,
//! the server's own sentence as the detail.

use mysql_async::{DriverError, Error, IoError, ServerError};
use std::io::ErrorKind;

use super::super::address::{MysqlAddress, TlsMode};
use super::super::fault::of_server as said_by_server;
use crate::core::fault::{Fault, FaultKind, Side};

const TLS_HINT: &str = "Check ssl-mode, ssl-ca, ssl-cert and ssl-key in the URL.";

/// An error while the connection was in use.
pub(super) fn fault(side: Side, error: &Error) -> Fault {
    match error {
        Error::Server(said) => of_server(side, said),
        Error::Io(IoError::Io(io)) => {
            Fault::new(FaultKind::ConnectionLost, side, format!("the connection broke: {io}"))
        }
        Error::Io(IoError::Tls(tls)) => Fault::new(
            FaultKind::LoginRefused,
            side,
            format!("TLS failed: {}", one_line(&tls.to_string())),
        )
        .with_hint(TLS_HINT),
        Error::Driver(DriverError::ConnectionClosed | DriverError::PacketOutOfOrder) => {
            Fault::new(FaultKind::ConnectionLost, side, "the connection is closed")
        }
        // Some of these hold a packet or a row: only the names of their kinds are told.
        Error::Driver(DriverError::UnexpectedPacket { .. }) => {
            Fault::new(FaultKind::ConnectionLost, side, "the server sent what nobody understands")
        }
        Error::Driver(DriverError::PacketTooLarge) => {
            Fault::new(FaultKind::RowRefused, side, "a row is larger than max_allowed_packet")
                .with_hint("Raise max_allowed_packet on the server.")
        }
        Error::Driver(DriverError::FromRow { .. } | DriverError::FromValue { .. }) => {
            Fault::new(FaultKind::Other, side, "an answer of the server has another shape")
        }
        // A URL or an option: may hold what the operator typed, so nothing of it is repeated.
        Error::Url(_) => Fault::new(FaultKind::Usage, side, "the MySQL URL cannot be read"),
        other => Fault::new(FaultKind::Other, side, one_line(&other.to_string())),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The server's answer to a statement.
fn of_server(side: Side, said: &ServerError) -> Fault {
    let mut made = said_by_server(side, said.code, &said.message);
    match made.kind {
        // Sentences about rows name their values.
        FaultKind::RowRefused | FaultKind::ValueUnfit => {
            made.detail = Some(full_stop(&made.message));
            row_trouble(said.code).clone_into(&mut made.message);
        }
        // Access denied to a database, and we are logged in.
        FaultKind::LoginRefused if said.code == 1044 => made.kind = FaultKind::Privilege,
        _ => {}
    }
    match hint_for(said.code) {
        Some(hint) => made.with_hint(hint),
        None => made,
    }
}

pub(super) fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// What is wrong with a row, without its values.
pub(super) fn row_trouble(code: u16) -> &'static str {
    match code {
        1022 | 1062 | 1169 | 1586 => "the row's key is there already",
        1048 | 1263 | 1364 => "a column that takes no NULL got none of its values",
        1264 | 1690 => "a number is out of the column's range",
        1265 => "a value is cut by its column",
        1366 | 1300 | 3854 => "a value is no such number or text",
        1406 => "a value is longer than its column",
        1292 | 1411 => "a value is no such date or time",
        1216 | 1452 => "a foreign key finds no parent row",
        1217 | 1451 => "rows of another table refer to the row",
        1526 | 1591 | 1748 => "no partition takes the row",
        1261 | 1262 => "a row has another number of columns",
        1301 => "a value is larger than max_allowed_packet",
        3819 | 4025 => "a check refuses the row",
        3140 | 3141 | 3143 => "a value is no JSON",
        1416 | 3037 | 3616 | 3617 => "a value is no such geometry",
        1644 => "a trigger refuses the row",
        1118 | 139 => "the row is larger than the table's row format takes",
        _ => "the server refuses the row",
    }
}

/// Our advice where it is a target's.
fn hint_for(code: u16) -> Option<&'static str> {
    Some(match code {
        1301 => "Raise max_allowed_packet on the server.",
        1665 => "Set binlog_format = ROW or MIXED on the server.",
        3750 => "The server wants a primary key on every table: sql_require_primary_key = OFF.",
        _ => return None,
    })
}

/// An error while logging in: what cannot be reached may come back, what was refused will not.
pub(super) fn login_fault(address: &MysqlAddress, uses_tls: bool, error: &Error) -> Fault {
    let (side, place) = (address.side, address.place());
    let mut said = fault(side, error);
    match error {
        // A certificate that is not trusted, or a file of ours that is not there.
        Error::Io(IoError::Io(io))
            if uses_tls && matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::NotFound) =>
        {
            let what = format!("login to {place}: TLS failed: {}", one_line(&io.to_string()));
            Fault::new(FaultKind::LoginRefused, side, what).with_hint(match address.tls {
                TlsMode::VerifyCa => {
                    "Check ssl-ca. The server's certificate must name the host of the URL \
                     (subjectAltName) with verify_ca too; if it cannot, use ssl-mode=required."
                }
                _ => TLS_HINT,
            })
        }
        Error::Io(IoError::Io(io)) => {
            said.message = format!("cannot reach {place}: {io}");
            said.with_hint("Check host and port, and that the server runs and listens there.")
        }
        Error::Driver(DriverError::NoClientSslFlagFromServer) => Fault::new(
            FaultKind::LoginRefused,
            side,
            format!("login to {place}: the server speaks no TLS"),
        )
        .with_hint("Use ssl-mode=preferred or ssl-mode=disabled, or set up TLS on the server."),
        Error::Driver(
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled,
        ) => {
            said.kind = FaultKind::LoginRefused;
            said.message = format!("login to {place}: {}", said.message);
            said.with_hint(
                "Give the user one of caching_sha2_password, mysql_native_password or ed25519.",
            )
        }
        _ => {
            if matches!(said.kind, FaultKind::Privilege | FaultKind::Other) {
                said.kind = FaultKind::LoginRefused;
            }
            said.message = format!("login to {place}: {}", said.message);
            said
        }
    }
}
