//! Where the command line hands the process over: to the console, or to the engine.

use std::process::ExitCode;

use super::failure::{Exit, Failure};
use super::session::{ScreenRequest, Session};
use crate::core::name::JobName;

/// # Errors
/// A terminal that cannot be used.
pub fn open(session: &Session, request: &ScreenRequest) -> Result<Exit, Failure> {
    let _ = (session, request);
    Err(Failure::new(Exit::Error, "no console"))
}

/// The engine of one job, in this process.
#[must_use]
pub fn engine(session: &Session, job: &str) -> ExitCode {
    match JobName::parse(job) {
        Ok(job) => crate::engine::serve(&job, &session.paths),
        Err(sentence) => {
            session.output.failure(&Failure::usage(sentence));
            ExitCode::from(Exit::Usage as u8)
        }
    }
}
