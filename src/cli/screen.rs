//! Where the command line hands the process over: to the console, or to the engine.

use std::process::ExitCode;

use super::failure::{Exit, Failure};
use super::session::{ScreenRequest, Session};

/// # Errors
/// A terminal that cannot be used.
pub fn open(session: &Session, request: &ScreenRequest) -> Result<Exit, Failure> {
    let _ = (session, request);
    Err(Failure::new(Exit::Error, "no console"))
}

#[must_use]
pub fn engine(job: &str) -> ExitCode {
    let _ = job;
    ExitCode::FAILURE
}
