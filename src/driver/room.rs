//! How much room a database's disk has, where that can be known without asking the server: the
//! server is on this machine and says where its files are.

use std::path::Path;

use super::pressure::{is_this_machine, room_at};
use crate::core::catalog::Room;

/// Room for a server at `host` whose files are in `directory`.
pub(super) fn of_server(host: &str, directory: Option<&str>) -> Room {
    match directory {
        _ if !is_this_machine(host) => Room::Unknown("the server is on another machine".to_owned()),
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
    let place = path.display().to_string();
    match room_at(path) {
        Some(bytes) => Room::Free { bytes, path: place },
        None => Room::Unknown(format!("the file system of {place} does not say")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        assert!(matches!(of_server("db1", Some("/")), Room::Unknown(_)));
        assert!(matches!(of_server("localhost", Some("/no/such/place")), Room::Unknown(_)));
        assert!(matches!(of_server("localhost", Some("/")), Room::Free { bytes, .. } if bytes > 0));
    }
}
