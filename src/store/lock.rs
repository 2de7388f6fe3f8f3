//! The engine's lock: liveness is this lock, never a stored process id.
//!
//! `flock` belongs to the open file, so it goes with the process however that dies. The process id
//! written into the file is a courtesy for people and for the console's "engine lost" page; nobody
//! decides anything by it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::core::fault::{Fault, FaultKind, Side};

/// Looks at a lock that seems taken, and the time between them.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: std::time::Duration = std::time::Duration::from_millis(20);

/// Held as long as it lives.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

/// Takes the lock and writes this process's id into it.
///
/// # Errors
/// `Store` when another engine holds it or the file cannot be made.
pub fn acquire(path: &Path) -> Result<EngineLock, Fault> {
    if let Some(directory) = path.parent() {
        make_private_dir(directory)?;
    }
    let mut file = open(path).map_err(|e| unusable(path, &e))?;
    if !lock_exclusive(&file) {
        let by = holder(path).map(|pid| format!(" (process {pid})")).unwrap_or_default();
        return Err(Fault::new(
            FaultKind::Store,
            Side::Engine,
            format!("another engine{by} runs this job"),
        )
        .with_hint("Attach to it instead: tidegate attach JOB."));
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()));
    if let Err(error) = written {
        // The lock is what counts; a full disk must not keep an engine from starting.
        tracing::warn!(%error, "the process id could not be written into the lock file");
    }
    Ok(EngineLock { _file: file })
}

/// A reader that asks [`is_held`] holds the lock for an instant: one refusal is not yet an answer.
fn lock_exclusive(file: &File) -> bool {
    for _ in 0..LOCK_TRIES {
        if flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return true;
        }
        std::thread::sleep(LOCK_WAIT);
    }
    false
}

/// Does an engine hold the lock now? A missing file means no.
#[must_use]
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).open(path) else { return false };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        // Taken and given back with the file: nobody holds it exclusively.
        Ok(()) => false,
        Err(rustix::io::Errno::WOULDBLOCK) => true,
        // A file system without locks: better to say "not running" than to hang a console.
        Err(_) => false,
    }
}

/// The process id in the lock file: a hint for people, true only while the lock is held.
#[must_use]
pub fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Makes `path` and its parents, readable by the user alone.
///
/// # Errors
/// `Store` with the path and the reason.
pub fn make_private_dir(path: &Path) -> Result<(), Fault> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| unusable(path, &e))
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn unusable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Store, Side::Engine, format!("cannot use {}: {error}", path.display()))
        .with_hint("Check the directory's owner, its rights and the room on its disk.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_engine_at_a_time_and_none_after_it_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("job/engine.lock");
        assert!(!is_held(&path));
        let lock = acquire(&path).unwrap();
        assert!(is_held(&path));
        assert_eq!(holder(&path), Some(std::process::id()));
        let second = acquire(&path).unwrap_err();
        assert_eq!(second.kind, FaultKind::Store);
        assert!(second.message.contains(&std::process::id().to_string()));
        drop(lock);
        assert!(!is_held(&path));
        acquire(&path).unwrap();
    }
}
