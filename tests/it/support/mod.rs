//! What the tests stand on: private servers, databases made of files, the program under test in a
//! home of its own, terminals, and comparisons that do not trust it.

pub mod canon;
pub mod cells;
pub mod leash;
pub mod made;
pub mod mariadb;
pub mod oracle;
pub mod postgres;
pub mod programs;
pub mod rows;
pub mod shape;
pub mod sqlite;
pub mod tidegate;
pub mod tmux;
pub mod types;
pub mod wait;

use std::fs;
use std::path::PathBuf;

pub use tidegate::Tidegate;
pub use wait::{Deadline, wait_until};

/// A file of `tests/data`.
pub fn own_data(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    assert!(file.is_file(), "{} is missing", file.display());
    file
}

/// A file of the well-known sample databases, when their folder is there: `TIDEGATE_TEST_DATA`, or
/// `shared/data` beside the checkout. They only add to what `tests/data` covers, so a checkout
/// without them loses nothing but breadth; the test says on its output that it did.
pub fn sample(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("TIDEGATE_TEST_DATA").map_or(beside, PathBuf::from);
    let file = folder.join(name);
    if !file.is_file() {
        println!("no {}: this sample database is not part of this run", file.display());
        return None;
    }
    Some(file)
}

/// A short temporary directory (sockets in it must fit 107 bytes), open to server accounts.
pub fn temporary(prefix: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new()
        .prefix(prefix)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir();
    folder.expect("a temporary directory can be made")
}
