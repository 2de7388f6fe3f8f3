//! The socket: consoles come in, say who they are, ask, and are written to.
//!
//! The directory is 0700 and the socket 0600, and yet the peer's uid is asked of the kernel: only
//! the job's owner and root get in. Nothing here waits for a console: its lines go into a bounded
//! queue, and one whose queue is full is dropped by the publisher and may attach again.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};

use super::incoming::{ConsoleId, Inbox, Incoming};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::protocol::{Hello, PROTOCOL, codec};

/// Consoles at once: more than people ever attach, far fewer than descriptors.
const CONSOLES_MAX: usize = 64;
/// Lines that may wait for one console: some twenty seconds of a busy job.
const OUTBOX_MAX: usize = 80;
/// A request is a line of keys and numbers; a skip of a hundred thousand chunks is the longest.
const REQUEST_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// A peer that does not say hello is none of ours.
const HELLO_WAIT: Duration = Duration::from_secs(5);
/// `sun_path` holds 108 bytes, one of them the end.
const SOCKET_PATH_MAX: usize = 107;

/// The socket while it is there.
pub(super) struct Listener {
    path: PathBuf,
    inode: u64,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
        // Only our own: after a move of directories another engine's may be here.
        if self.is_there() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// Binds and begins to accept. The caller holds the job's lock: a socket that lies there is
    /// a dead engine's.
    pub(super) fn bind(path: &Path, inbox: Inbox, ids: Arc<AtomicU64>) -> Result<Listener, Fault> {
        let fail = |e: io::Error| {
            Fault::new(
                FaultKind::Store,
                Side::Engine,
                format!("cannot listen on {}: {e}", path.display()),
            )
            .with_hint("Check the directory's owner and rights, or set XDG_RUNTIME_DIR.")
        };
        if path.as_os_str().len() > SOCKET_PATH_MAX {
            return Err(fail(io::Error::other(format!(
                "the path is longer than {SOCKET_PATH_MAX} bytes"
            ))));
        }
        if let Some(directory) = path.parent() {
            crate::store::lock::make_private_dir(directory)?;
            check_directory(directory).map_err(fail)?;
        }
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fail(e)),
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(fail)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
        let inode = std::fs::metadata(path).map_err(fail)?.ino();
        let task = tokio::spawn(accept(listener, inbox, ids));
        Ok(Listener { path: path.to_owned(), inode, task })
    }

    /// Is the file that consoles look for still ours?
    pub(super) fn is_there(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode)
    }
}

/// Ours, and nobody else may enter.
fn check_directory(directory: &Path) -> io::Result<()> {
    let found = std::fs::metadata(directory)?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("the directory belongs to someone else"));
    }
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

async fn accept(listener: UnixListener, inbox: Inbox, ids: Arc<AtomicU64>) {
    let seats = Arc::new(Semaphore::new(CONSOLES_MAX));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, mostly: they come back when somebody leaves.
                tracing::warn!(%error, "a console could not be let in");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let Ok(seat) = seats.clone().try_acquire_owned() else {
            tracing::warn!("a console was turned away: {CONSOLES_MAX} are here");
            continue;
        };
        if !is_allowed(&stream) {
            tracing::warn!("somebody else's process was turned away");
            continue;
        }
        let id = ConsoleId(ids.fetch_add(1, Ordering::Relaxed));
        let inbox = inbox.clone();
        tokio::spawn(async move {
            let _seat = seat;
            converse(stream, id, inbox).await;
        });
    }
}

/// The job's owner, or root, who could read the file anyway.
fn is_allowed(stream: &UnixStream) -> bool {
    let uid = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == uid || peer.uid() == 0)
}

/// One console from hello to goodbye.
async fn converse(stream: UnixStream, id: ConsoleId, inbox: Inbox) {
    let (read, mut write) = stream.into_split();
    let mut reader = BufReader::new(read);
    let greeting = Hello {
        protocol: PROTOCOL,
        build: env!("CARGO_PKG_VERSION").to_owned(),
        user: "engine".to_owned(),
        tty: String::new(),
        read_only: false,
        pid: std::process::id(),
    };
    if write.write_all(&codec::to_line(&greeting)).await.is_err() {
        return;
    }
    let hello = match tokio::time::timeout(HELLO_WAIT, read_line::<Hello>(&mut reader)).await {
        Ok(Ok(Some(hello))) if hello.protocol == PROTOCOL => hello,
        // It has read our greeting and says itself what the matter is.
        _ => return,
    };
    let (outbox, lines) = mpsc::channel(OUTBOX_MAX);
    let writer = tokio::spawn(write_lines(write, lines));
    let requests = tokio::spawn(read_requests(reader, id, inbox.clone()));
    let joined = Incoming::ConsoleJoined { id, hello, outbox, connection: requests.abort_handle() };
    if inbox.send(joined).await.is_err() {
        return;
    }
    let _ = requests.await;
    let _ = inbox.send(Incoming::ConsoleLeft { id }).await;
    // The engine lets go of the queue on `ConsoleLeft`; what is in it is still written, unless the
    // console does not read.
    if tokio::time::timeout(HELLO_WAIT, writer).await.is_err() {
        tracing::debug!(console = id.0, "a console left lines unread");
    }
}

async fn read_requests(mut reader: BufReader<OwnedReadHalf>, id: ConsoleId, inbox: Inbox) {
    loop {
        match read_line(&mut reader).await {
            Ok(Some(request)) => {
                if inbox.send(Incoming::ConsoleAsked { id, request }).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(console = id.0, %error, "a console was dropped");
                return;
            }
        }
    }
}

/// `None`: the peer has left.
async fn read_line<T: serde::de::DeserializeOwned>(
    reader: &mut BufReader<OwnedReadHalf>,
) -> Result<Option<T>, String> {
    let mut line = Vec::new();
    let mut limited = reader.take(REQUEST_BYTES_MAX);
    let count = limited.read_until(b'\n', &mut line).await.map_err(|e| e.to_string())?;
    if count == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(format!("a line is cut off or longer than {REQUEST_BYTES_MAX} bytes"));
    }
    codec::from_line(&line).map(Some)
}

async fn write_lines(mut write: OwnedWriteHalf, mut lines: mpsc::Receiver<Arc<[u8]>>) {
    while let Some(line) = lines.recv().await {
        if write.write_all(&line).await.is_err() {
            return;
        }
    }
}
