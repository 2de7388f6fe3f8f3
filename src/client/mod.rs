//! Finds an engine, starts one if need be, and talks to it over its unix socket.
//!
//! A client never decides anything about a job and never opens a master table: it carries
//! [`crate::protocol`] lines. Whether an engine lives is asked of its lock, never of a process id.
//! It never stops an engine, not even one of another build or protocol.
//!
//! * [`Client::probe`] says what is there; [`Client::attach`] starts an engine when none is.
//! * [`Connection`] is one conversation: requests with replies, and updates after `Subscribe`.
//! * [`Link`] keeps a conversation alive for a console: it reconnects for ever and says so.

mod connection;
mod error;
mod identity;
mod link;
mod start;

pub use connection::{Connection, Updates};
pub use error::ClientError;
pub use identity::Identity;
pub use link::{Link, LinkEvent, Requester};

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};

use crate::config::Paths;
use crate::core::name::JobName;
use crate::protocol::{PROTOCOL, StartMessage};

/// How long a freshly started engine may take until it answers. It opens one SQLite file before
/// that; a minute of a very busy disk is a fault worth reporting.
pub const START_DEADLINE: Duration = Duration::from_secs(20);

/// Looks for a socket that an engine was asked to make again, and the time between two.
const REBIND_LOOKS: u32 = 40;
const REBIND_POLL: Duration = Duration::from_millis(50);

/// What a look at a job's engine found.
#[derive(Debug)]
pub enum Probe {
    /// It answers, here is the conversation.
    Ready(Box<Connection>),
    /// It lives and speaks another protocol.
    OtherProtocol { protocol: u32 },
    /// Nobody holds the job's lock.
    NoEngine,
    /// The lock is held and yet there is no talking to it.
    Unreachable(ClientError),
}

/// One user's way to the engines of his jobs.
#[derive(Clone, Debug)]
pub struct Client {
    pub paths: Paths,
    pub identity: Identity,
    /// The program that is started as engine.
    pub program: PathBuf,
}

impl Client {
    /// For the calling process: its user, its terminal, its own executable.
    #[must_use]
    pub fn new(paths: Paths) -> Client {
        Client { paths, identity: Identity::here(), program: own_program() }
    }

    /// The same, for a console that may look and not act.
    #[must_use]
    pub fn read_only(mut self) -> Client {
        self.identity.read_only = true;
        self
    }

    /// The job's socket for our protocol.
    #[must_use]
    pub fn socket(&self, job: &JobName) -> PathBuf {
        self.paths.socket(job, PROTOCOL)
    }

    /// Does a master table lie there?
    #[must_use]
    pub fn job_exists(&self, job: &JobName) -> bool {
        self.paths.master(job).is_file()
    }

    /// Does an engine hold the job's lock?
    #[must_use]
    pub fn engine_lives(&self, job: &JobName) -> bool {
        lock_is_held(&self.paths.lock(job))
    }

    /// Looks once, without starting anything.
    pub async fn probe(&self, job: &JobName) -> Probe {
        match Connection::open(&self.socket(job), job, &self.identity).await {
            Ok(connection) => Probe::Ready(Box::new(connection)),
            Err(ClientError::OtherProtocol { engine, .. }) => {
                Probe::OtherProtocol { protocol: engine }
            }
            Err(error) => self.probe_without_answer(job, error),
        }
    }

    /// Nobody answered on our socket: is that because nobody is there?
    fn probe_without_answer(&self, job: &JobName, error: ClientError) -> Probe {
        if let Some(protocol) = self.other_socket(job) {
            return Probe::OtherProtocol { protocol };
        }
        match error {
            ClientError::NotAllowed { .. } | ClientError::SocketPathTooLong { .. } => {
                Probe::Unreachable(error)
            }
            _ if !self.engine_lives(job) => Probe::NoEngine,
            ClientError::NoEngine { .. } => Probe::Unreachable(ClientError::SocketGone {
                job: job.clone(),
                pid: engine_process(&self.paths.lock(job), job).map(|p| p.as_raw_nonzero().get()),
                socket: self.socket(job),
            }),
            other => Probe::Unreachable(other),
        }
    }

    /// The protocol of an engine that listens in another protocol's directory.
    fn other_socket(&self, job: &JobName) -> Option<u32> {
        let entries = fs::read_dir(&self.paths.runtime).ok()?;
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .filter(|protocol| *protocol != PROTOCOL)
            .find(|protocol| {
                let socket = self.paths.socket(job, *protocol);
                std::os::unix::net::UnixStream::connect(socket).is_ok()
            })
    }

    /// A conversation with the engine that is there; starts none.
    ///
    /// # Errors
    /// `NoEngine` and whatever keeps us from talking to it.
    pub async fn connect(&self, job: &JobName) -> Result<Connection, ClientError> {
        match self.probe(job).await {
            Probe::Ready(connection) => Ok(*connection),
            Probe::OtherProtocol { protocol } => {
                Err(ClientError::OtherProtocol { job: job.clone(), engine: protocol })
            }
            Probe::NoEngine => Err(ClientError::NoEngine { job: job.clone() }),
            Probe::Unreachable(error @ ClientError::SocketGone { .. }) => {
                self.connect_anew(job, error).await
            }
            Probe::Unreachable(error) => Err(error),
        }
    }

    /// The engine lives and its socket is gone (somebody cleaned up): asks it for a new one.
    async fn connect_anew(
        &self,
        job: &JobName,
        error: ClientError,
    ) -> Result<Connection, ClientError> {
        // One that is just being killed has no name any more and still holds its lock for a moment.
        if let Some(engine) = engine_process(&self.paths.lock(job), job) {
            // It may be gone by now: the looks below tell.
            let _ = rustix::process::kill_process(engine, Signal::USR2);
        }
        for _ in 0..REBIND_LOOKS {
            tokio::time::sleep(REBIND_POLL).await;
            match self.probe(job).await {
                Probe::Ready(connection) => return Ok(*connection),
                // It was about to leave, and its socket went first.
                Probe::NoEngine => return Err(ClientError::NoEngine { job: job.clone() }),
                Probe::OtherProtocol { .. } | Probe::Unreachable(_) => {}
            }
        }
        Err(error)
    }

    /// A conversation with the job's engine, started with `start` when there is none. Two clients
    /// that do this at once end up with the same engine: its lock admits one.
    ///
    /// # Errors
    /// `StartFailed` with the engine's own words, and what [`Client::connect`] may say.
    pub async fn attach(
        &self,
        job: &JobName,
        start: &StartMessage,
    ) -> Result<Connection, ClientError> {
        let mut looks = 0;
        loop {
            match self.connect(job).await {
                Err(ClientError::NoEngine { .. }) => {
                    return start::start_engine(self, job, start).await;
                }
                // One that is just being killed still has its socket and its lock for a moment.
                Err(ClientError::Lost { .. }) if looks < REBIND_LOOKS => {
                    looks += 1;
                    tokio::time::sleep(REBIND_POLL).await;
                }
                other => return other,
            }
        }
    }
}

/// Is the lock file held by a living process? A file that is not there is not held.
#[must_use]
pub fn lock_is_held(path: &Path) -> bool {
    let Ok(file) = fs::File::open(path) else {
        return false;
    };
    // A shared lock is asked for, so that two askers do not see each other.
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            let _ = rustix::fs::flock(&file, FlockOperation::Unlock);
            false
        }
        Err(errno) => errno.kind() == ErrorKind::WouldBlock,
    }
}

/// The process that holds the lock, as it wrote it there. A full disk may have kept an engine from
/// writing its own, so the process must also be an engine of this job: SIGUSR2 ends most others.
fn engine_process(lock: &Path, job: &JobName) -> Option<Pid> {
    let text = fs::read_to_string(lock).ok()?;
    let pid: i32 = text.trim().parse().ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = line.split(|byte| *byte == 0).skip(1);
    let is_engine =
        words.next() == Some(b"engine") && words.next() == Some(job.as_str().as_bytes());
    if is_engine { Pid::from_raw(pid) } else { None }
}

/// Our own executable, also after it was replaced by an update while we run.
fn own_program() -> PathBuf {
    match std::env::current_exe() {
        Ok(path) if path.exists() => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

#[cfg(test)]
mod tests;
