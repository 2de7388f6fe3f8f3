//! What can keep a client from its engine, each with the sentence to show.

use std::path::PathBuf;

use crate::core::name::JobName;
use crate::protocol::PROTOCOL;

/// Why there is no conversation. `Display` says what happened; [`ClientError::advice`] what is
/// safe and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("no engine runs for job {job}")]
    NoEngine { job: JobName },

    #[error("the engine of {job} speaks protocol {engine}, this program {PROTOCOL}")]
    OtherProtocol { job: JobName, engine: u32 },

    #[error("the engine of {job} runs{} but its socket {} is missing", of_process(*pid),
            socket.display())]
    SocketGone { job: JobName, pid: Option<i32>, socket: PathBuf },

    #[error("job {job} belongs to another user: {}: {reason}", socket.display())]
    NotAllowed { job: JobName, socket: PathBuf, reason: String },

    #[error("the socket path {} is longer than a unix socket path may be", socket.display())]
    SocketPathTooLong { socket: PathBuf },

    /// The engine ended instead of answering: its own first line, further lines and exit code.
    #[error("{message}")]
    StartFailed { job: JobName, message: String, detail: Option<String>, exit_code: Option<i32> },

    #[error("the engine of {job} did not answer within {seconds} s of its start{message}")]
    StartTimeout { job: JobName, seconds: u64, message: String },

    #[error("no word from the engine for {seconds} s")]
    Silent { seconds: u64 },

    #[error("the connection to the engine was lost: {reason}")]
    Lost { reason: String },

    /// The engine said goodbye and left in good order.
    #[error("the engine left: {reason}")]
    Left { reason: String },

    #[error("not connected to the engine")]
    NotConnected,

    #[error("the engine sent something this program does not understand: {detail}")]
    Garbled { detail: String },
}

fn of_process(pid: Option<i32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl ClientError {
    /// What is safe, and what to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            ClientError::NoEngine { job } => format!(
                "Finished chunks are safe. `tidegate resume {job}` starts an engine and goes on; \
                 `tidegate attach {job}` starts one and waits."
            ),
            ClientError::OtherProtocol { .. } => "The job is not touched and goes on. Use the \
                 tidegate it was started with (/proc/PID/exe of the engine), or wait until it \
                 is done."
                .to_owned(),
            ClientError::SocketGone { job, .. } => format!(
                "It was asked to make a new one (SIGUSR2) and has not yet. The job is not touched \
                 and goes on; `tidegate status {job}` reads its file. To steer it again, send \
                 SIGTERM to the engine and `tidegate resume {job}`."
            ),
            ClientError::NotAllowed { .. } => {
                "Nothing was changed. Ask its owner, or run this as the same user.".to_owned()
            }
            ClientError::SocketPathTooLong { .. } => {
                "Nothing was changed. Set XDG_RUNTIME_DIR to a shorter directory.".to_owned()
            }
            ClientError::StartFailed { detail: Some(detail), .. } => detail.clone(),
            ClientError::StartFailed { job, .. } | ClientError::StartTimeout { job, .. } => {
                format!(
                    "What was copied is safe. See `tidegate log {job}`, mend the cause and try \
                     again."
                )
            }
            ClientError::Silent { .. }
            | ClientError::Lost { .. }
            | ClientError::Left { .. }
            | ClientError::NotConnected => {
                "Finished chunks are safe; the job does not depend on this connection. Try again."
                    .to_owned()
            }
            ClientError::Garbled { .. } => {
                "The job is not touched. Use the same build of tidegate on both ends.".to_owned()
            }
        }
    }
}
