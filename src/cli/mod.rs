//! Command line: argv in, exit code out. Every verb of the console is a command here.
//!
//! stdout carries the result, stderr everything else; `--json` prints versioned objects; exit codes
//! are part of the interface (`failure`). Commands that only look read the master table when no
//! engine runs, so that looking starts nothing. No command ever owns a job: ending it, in whatever
//! way, leaves the engine alone.

mod args;
mod ask;
mod endpoints;
mod failure;
mod mirror;
mod output;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
