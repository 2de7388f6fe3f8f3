//! What an error of the server or of a connection means to a job: the one table from error number
//! to kind, for both client libraries.

use sqlx::mysql::MySqlDatabaseError;

use crate::core::fault::{Fault, FaultKind, Side};

/// `ENOSPC` and `EDQUOT`, as storage engines pass them on in a message.
const NO_SPACE: [&str; 4] = ["rror 28 ", "rrno: 28", "rrcode: 28", "rrno: 122"];

/// Error numbers of both servers by what they mean; from about 3000 on the servers differ, and none
/// of these means two things.
const KINDS: &[(FaultKind, &[u16])] = &[
    // Shutdown, killed, idle too long, broken packets, gone away.
    (
        FaultKind::ConnectionLost,
        &[
            1053, 1077, 1078, 1079, 1080, 1152, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1189,
            1190, 1927, 2002, 2003, 2005, 2006, 2012, 2013, 2026, 2055, 3169, 4031,
        ],
    ),
    // Access denied, to the server or to a database; host blocked; password expired; account
    // locked; a way to log in that one side does not know; TLS demanded.
    (
        FaultKind::LoginRefused,
        &[
            1043, 1044, 1045, 1129, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 2049, 2059, 2061,
            3118, 3159, 3878, 3955, 4151,
        ],
    ),
    (FaultKind::TooManyConnections, &[1040, 1135, 1203, 1226]),
    (FaultKind::Deadlock, &[1213, 1614]),
    // The row has changed since it was read.
    (FaultKind::Serialization, &[1020, 1637]),
    (FaultKind::LockTimeout, &[1205, 1907, 3572]),
    // The table's definition has changed: the rows of this snapshot are gone.
    (FaultKind::SnapshotLost, &[1412]),
    (FaultKind::OutOfSpace, &[1021, 1037, 1038, 1041, 1114, 1206, 1257, 1534, 3675]),
    // Denied, read only, or forbidden by an option of the server.
    (
        FaultKind::Privilege,
        &[1095, 1142, 1143, 1227, 1290, 1370, 1410, 1419, 1449, 1788, 1792, 1836, 1874, 3008, 3530],
    ),
    (
        FaultKind::ObjectMissing,
        &[1008, 1049, 1051, 1054, 1072, 1091, 1109, 1146, 1305, 1356, 1360, 1539, 1932, 4091],
    ),
    (FaultKind::ObjectExists, &[1007, 1050, 1060, 1061, 1068, 1304, 1359, 1537, 1826, 3822, 4090]),
    // Bytes that are no text in the character set.
    (FaultKind::ValueUnfit, &[1300, 3854, 3987, 3988]),
    (
        FaultKind::RowRefused,
        &[
            1022, 1048, 1062, 1118, 1153, 1169, 1216, 1217, 1261, 1262, 1263, 1264, 1265, 1292,
            1364, 1365, 1366, 1367, 1369, 1406, 1411, 1416, 1441, 1451, 1452, 1467, 1526, 1557,
            1586, 1644, 1690, 1713, 1748, 1761, 1762, 1835, 1906, 3105, 3140, 3141, 3142, 3143,
            3144, 3155, 3156, 3617, 3643, 3819, 3903, 4025, 4038, 4161,
        ],
    ),
    (FaultKind::Unsupported, &[1115, 1148, 1178, 1235, 1273, 1286, 1295, 3948, 4166]),
    (FaultKind::Cancelled, &[1317]),
];

/// The kind of a server's error number (`ER_DUP_ENTRY` is 1062).
pub(super) fn kind_of(code: u16) -> FaultKind {
    let known = KINDS.iter().find(|(_, codes)| codes.contains(&code));
    known.map_or(FaultKind::Other, |(kind, _)| *kind)
}

/// What the server said, as a fault. Number and message come from either client library.
pub(super) fn of_server(side: Side, code: u16, message: &str) -> Fault {
    let mut kind = kind_of(code);
    if kind == FaultKind::Other && NO_SPACE.iter().any(|sign| message.contains(sign)) {
        kind = FaultKind::OutOfSpace;
    }
    let said = Fault::new(kind, side, one_line(message)).with_code(code.to_string());
    match hint_for(code) {
        Some(hint) => said.with_hint(hint),
        None => said,
    }
}

/// An error of sqlx while the connection was in use.
pub(super) fn fault(side: Side, error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(db) => match db.try_downcast_ref::<MySqlDatabaseError>() {
            Some(server) => of_server(side, server.number(), server.message()),
            None => Fault::new(FaultKind::Other, side, one_line(db.message())),
        },
        sqlx::Error::Io(io) => {
            Fault::new(FaultKind::ConnectionLost, side, format!("the connection broke: {io}"))
        }
        sqlx::Error::Tls(_) => {
            Fault::new(FaultKind::LoginRefused, side, one_line(&error.to_string()))
                .with_hint("Check ssl-mode, ssl-ca, ssl-cert and ssl-key in the URL.")
        }
        other => Fault::new(FaultKind::Other, side, one_line(&other.to_string())),
    }
}

/// An error while logging in: what cannot be reached may come back, what was refused will not.
pub(super) fn login_fault(side: Side, place: &str, error: &sqlx::Error) -> Fault {
    let mut said = fault(side, error);
    match error {
        sqlx::Error::Io(io) => {
            said.message = format!("cannot reach {place}: {io}");
            said.with_hint(
                "Check host, port or socket, and that the server runs and listens there.",
            )
        }
        sqlx::Error::Database(_) => {
            // A database that is not there is an answer to the login, not to a statement.
            if matches!(said.kind, FaultKind::ObjectMissing | FaultKind::Privilege) {
                said.kind = FaultKind::LoginRefused;
            }
            said.message = format!("login to {place}: {}", said.message);
            said
        }
        sqlx::Error::Protocol(_) => {
            said.message = format!("login to {place}: {}", said.message);
            said.kind = FaultKind::LoginRefused;
            said.with_hint(
                "Either no MySQL or MariaDB answers there, or the account logs in in a way this \
                 program does not know: use one with a password (caching_sha2_password or \
                 mysql_native_password).",
            )
        }
        _ => {
            said.message = format!("login to {place}: {}", said.message);
            said.kind = FaultKind::LoginRefused;
            said
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Our advice; the server gives none.
fn hint_for(code: u16) -> Option<&'static str> {
    Some(match code {
        1040 | 1203 | 1226 => {
            "Lower the number of threads, or raise max_connections (or the user's limit) on the \
             server."
        }
        1044 | 1045 | 1698 => "Check user, password and the host the account is allowed from.",
        1049 => "Create the database first, or correct the name in the URL.",
        1129 => "The server blocks this host after failed logins: FLUSH HOSTS there.",
        1142 | 1143 | 1227 | 1370 => "Grant the privilege, or connect as a user who has it.",
        1153 => "Raise max_allowed_packet on the server: one row is larger than it admits.",
        1205 | 1907 => {
            "Another session holds a lock on the table: see SHOW PROCESSLIST and \
             performance_schema.metadata_locks."
        }
        1021 | 1114 => "Make room on the server's disk; the job goes on by itself.",
        1197 => "Raise max_binlog_cache_size on the server, or choose smaller chunks.",
        1290 | 1792 | 1836 => "The server takes no writes: it is a replica or is set to read only.",
        1419 => "Set log_bin_trust_function_creators = 1 on the server for the time of the job.",
        1862 | 1820 => "The password has expired: log in with a MySQL client and set a new one.",
        3159 => "The server demands TLS: add ?ssl-mode=required to the URL.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::{Disposition, disposition_of};

    #[test]
    fn error_numbers_have_the_disposition_a_dba_expects() {
        for (code, disposition) in [
            (1053, Disposition::AwaitServer),
            (2006, Disposition::AwaitServer),
            (2013, Disposition::AwaitServer),
            (1927, Disposition::AwaitServer),
            (1213, Disposition::Retry),
            (1205, Disposition::Retry),
            (1040, Disposition::Retry),
            (1203, Disposition::Retry),
            (1114, Disposition::HoldJob),
            (1021, Disposition::HoldJob),
            (1045, Disposition::AskOperator),
            (1044, Disposition::AskOperator),
            (1412, Disposition::NewSnapshot),
            (1317, Disposition::GiveBack),
            (1062, Disposition::FailWork),
            (1064, Disposition::FailWork),
        ] {
            assert_eq!(disposition_of(kind_of(code)), disposition, "{code}");
        }
    }

    #[test]
    fn every_number_of_a_class_is_known() {
        for (kind, codes) in [
            (
                FaultKind::RowRefused,
                &[1048, 1062, 1264, 1265, 1292, 1366, 1406, 1452, 3819, 4025][..],
            ),
            (FaultKind::ObjectExists, &[1007, 1050, 1061, 1304, 1359]),
            (FaultKind::ObjectMissing, &[1049, 1054, 1146]),
            (FaultKind::Privilege, &[1142, 1143, 1227, 1290]),
            (FaultKind::ValueUnfit, &[1300]),
        ] {
            for code in codes {
                assert_eq!(kind_of(*code), kind, "{code}");
            }
        }
    }

    #[test]
    fn a_full_disk_is_known_by_the_number_in_the_message() {
        let full = of_server(Side::Target, 1030, "Got error 28 \"No space left on device\" from x");
        assert_eq!(full.kind, FaultKind::OutOfSpace);
        let full = of_server(Side::Target, 3, "Error writing file '/tmp/x' (OS errno: 28 - x)");
        assert_eq!(full.kind, FaultKind::OutOfSpace);
        let other = of_server(Side::Target, 1030, "Got error 128 from storage engine");
        assert_eq!(other.kind, FaultKind::Other);
    }

    #[test]
    fn a_broken_socket_is_a_lost_connection() {
        let io = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        assert_eq!(fault(Side::Source, &sqlx::Error::Io(io)).kind, FaultKind::ConnectionLost);
    }
}
