//! How a command ends: the exit codes of the manual, and trouble in parts.

use crate::client::ClientError;
use crate::config::ConfigError;
use crate::core::fault::{Fault, FaultKind};
use crate::protocol::{AlertView, JobView};

/// Exit codes; part of the interface, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing failed or skipped.
    Done = 0,
    Error = 1,
    /// Wrong arguments, wrong configuration.
    Usage = 2,
    /// The job ended with failed or skipped chunks, or with rejected rows.
    WithFailures = 3,
    /// Source and target differ.
    Differs = 4,
    /// The plan has a BLOCK finding.
    Blocked = 5,
    /// No engine for this job, or no way to reach it.
    NoEngine = 6,
    /// Source or target lost for longer than allowed.
    ServerLost = 7,
    NoSpace = 8,
    /// `wait --timeout` passed.
    Timeout = 9,
    /// Would have asked, and nobody is there.
    WouldAsk = 10,
    /// This command was hung up; the job goes on.
    HungUp = 129,
    Interrupted = 130,
    Terminated = 143,
}

impl Exit {
    /// From an engine's own exit code.
    #[must_use]
    pub fn from_code(code: i32) -> Exit {
        match code {
            2 => Exit::Usage,
            3 => Exit::WithFailures,
            5 => Exit::Blocked,
            6 => Exit::NoEngine,
            7 => Exit::ServerLost,
            8 => Exit::NoSpace,
            _ => Exit::Error,
        }
    }
}

/// Why a command did not do what was asked: what happened, what is safe, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
    /// Sentences: what is safe, what more there is to know.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into(), detail: None, hint: None }
    }

    #[must_use]
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Failure {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let exit = match &error {
            ClientError::StartFailed { exit_code: Some(code), .. } => Exit::from_code(*code),
            ClientError::StartFailed { exit_code: None, .. } | ClientError::Garbled { .. } => {
                Exit::Error
            }
            ClientError::NoEngine { .. }
            | ClientError::OtherProtocol { .. }
            | ClientError::SocketGone { .. }
            | ClientError::NotAllowed { .. }
            | ClientError::SocketPathTooLong { .. }
            | ClientError::StartTimeout { .. }
            | ClientError::Silent { .. }
            | ClientError::Lost { .. }
            | ClientError::Left { .. }
            | ClientError::NotConnected => Exit::NoEngine,
        };
        Failure::new(exit, error.to_string()).with_detail(error.advice())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        let exit = match fault.kind {
            FaultKind::Usage | FaultKind::Unsupported => Exit::Usage,
            FaultKind::ConnectionLost => Exit::ServerLost,
            FaultKind::OutOfSpace => Exit::NoSpace,
            _ => Exit::Error,
        };
        let Fault { detail, hint, .. } = fault.clone();
        let primary = Fault { detail: None, ..fault };
        Failure { exit, message: primary.to_string(), detail, hint }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::usage(error.to_string()).with_detail("Nothing was changed.")
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(Exit::Error, error.to_string())
    }
}

/// What a finished job's figures mean for the exit code.
#[must_use]
pub fn exit_of(job: &JobView) -> Exit {
    let progress = &job.progress;
    let wrong = progress.chunks_failed + progress.chunks_skipped + progress.steps_failed;
    let differs = job.compared.as_ref().is_some_and(|found| found.differs);
    match (wrong > 0 || progress.rows_rejected > 0, differs) {
        (_, true) => Exit::Differs,
        (true, false) => Exit::WithFailures,
        (false, false) => Exit::Done,
    }
}

/// Did the job pause because a server was lost for longer than it keeps trying? Then nothing goes
/// on by itself.
#[must_use]
pub fn gave_up(job: &JobView) -> bool {
    let lost = |alert: &AlertView| matches!(alert.id.as_str(), "source-lost" | "target-lost");
    job.state == "IDLING"
        && job.alerts.iter().any(lost)
        && job.held_by.iter().any(|phrase| phrase.contains("lost for longer than"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::Side;
    use crate::core::name::JobName;

    #[test]
    fn every_trouble_has_its_exit_code() {
        let job = JobName::parse("x").unwrap();
        for (failure, exit) in [
            (Failure::from(ClientError::NoEngine { job: job.clone() }), Exit::NoEngine),
            (
                Failure::from(ClientError::StartFailed {
                    job,
                    message: "m".to_owned(),
                    detail: None,
                    exit_code: Some(8),
                }),
                Exit::NoSpace,
            ),
            (Failure::from(Fault::new(FaultKind::Usage, Side::Source, "m")), Exit::Usage),
            (Failure::from(Fault::new(FaultKind::Other, Side::Target, "m")), Exit::Error),
        ] {
            assert_eq!(failure.exit, exit, "{failure:?}");
        }
    }

    #[test]
    fn skipped_chunks_are_not_success() {
        let mut job = JobView::default();
        assert_eq!(exit_of(&job), Exit::Done);
        job.progress.chunks_skipped = 1;
        assert_eq!(exit_of(&job), Exit::WithFailures);
    }
}
