//! `copy --verify`: when a copy is complete, its engine starts a second job that compares.
//!
//! A job of its own, `NAME.verify`, so that it has its own chunks, history and exit code, and may
//! be run again. It is started by the engine and not by a console, because nobody need be there.
//! The job's file says whether it was started before.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use super::control::Engine;
use super::narrate::engine_note;
use crate::core::job::{Actor, Command, Input, JobState};
use crate::core::spec::{Content, JobKind, JobSpec, TableExists};
use crate::protocol::convert::spec_message;
use crate::protocol::{StartMessage, codec};

/// What an engine is handed besides its job.
#[derive(Clone, Default)]
pub struct Handover {
    /// Nobody will say start: begin when the plan is made and has no BLOCK finding.
    pub starts: bool,
    /// Passwords that were typed, for the engine that follows.
    pub source_password: Option<String>,
    pub target_password: Option<String>,
}

impl Engine {
    /// Starts the verification of a copy that is complete, once.
    pub(super) fn begin_successor(&mut self) {
        let due = self.spec.verify_after
            && self.spec.kind == JobKind::Copy
            && self.job.state == JobState::Completed
            && !self.is_tidying()
            && !std::mem::replace(&mut self.successor_looked_for, true);
        if !due {
            return;
        }
        let name = self.name.verification(1);
        if self.paths.master(&name).exists() {
            return;
        }
        let now = self.clock.now();
        let spec = JobSpec {
            name: name.clone(),
            kind: JobKind::Verify,
            verify_after: false,
            content: Content::All,
            table_exists: TableExists::Stop,
            ..self.spec.clone()
        };
        let start = StartMessage {
            spec: Some(spec_message(&spec)),
            source_password: self.handover.source_password.clone(),
            target_password: self.handover.target_password.clone(),
            starts: true,
        };
        let note = match spawn(name.as_str(), &start) {
            Ok(()) => engine_note(now, "info", format!("both sides are compared by job {name}")),
            Err(e) => engine_note(now, "error", format!("job {name} could not be started: {e}")),
        };
        self.tell(note);
    }

    /// The plan is made and nobody is there to say start.
    pub(super) fn start_unasked(&mut self) {
        let ready = self.handover.starts && self.plan.is_made && self.plan.blocks == 0;
        if ready && self.job.state == JobState::Defining {
            let by = Actor { user: "copy --verify".to_owned(), tty: String::new() };
            if let Err(refusal) = self.decide(&Input::Operator(by, Command::Start)) {
                tracing::error!(reason = refusal.0, "the machine refused to start");
            }
        }
    }
}

fn spawn(job: &str, start: &StartMessage) -> std::io::Result<()> {
    let mut child = Process::new(std::env::current_exe()?)
        .arg("engine")
        .arg(job)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // What keeps it from starting is said in the log of the copy.
        .stderr(Stdio::inherit())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("stdin was asked to be a pipe");
    stdin.write_all(&codec::to_line(start))
}
