//! How much room a database's disk has, where that can be known without asking the server: the
//! server is on this machine and says where its files are.

use std::path::Path;

use crate::core::catalog::Room;

/// Is this address one of the machine we run on? A path is a unix socket.
pub(super) fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.starts_with('/')
        || bare.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Room for a server at `host` whose files are in `directory`.
pub(super) fn of_server(host: &str, directory: Option<&str>) -> Room {
    match directory {
        _ if !is_here(host) => Room::Unknown("the server is on another machine".to_owned()),
        None => Room::Unknown("this user may not ask where the server's files are".to_owned()),
        // A server in a container says where its files are for itself.
        Some(path) if !Path::new(path).is_absolute() || !Path::new(path).exists() => {
            Room::Unknown(format!("{path} is not on this machine"))
        }
        Some(path) => under(Path::new(path)),
    }
}

/// Room in the file system that holds `path`.
pub(super) fn under(path: &Path) -> Room {
    match rustix::fs::statvfs(path) {
        Ok(space) => Room::Free {
            bytes: space.f_bavail.saturating_mul(space.f_frsize),
            path: path.display().to_string(),
        },
        Err(error) => Room::Unknown(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        for (host, here) in [
            ("/run/postgresql", true),
            ("localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("10.0.0.7", false),
            ("db1", false),
        ] {
            assert_eq!(is_here(host), here, "{host}");
        }
        assert!(matches!(of_server("db1", Some("/")), Room::Unknown(_)));
        assert!(matches!(of_server("localhost", Some("/no/such/place")), Room::Unknown(_)));
        assert!(matches!(of_server("localhost", Some("/")), Room::Free { bytes, .. } if bytes > 0));
    }
}
