//! Signals to a command that waits or follows. None of them reaches the job.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Exit;

/// Armed from the moment it is made.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    ask: Signal,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// This command is to end; the job goes on.
    End(Exit),
    /// SIGUSR1: where are you?
    Ask,
}

impl Signals {
    /// # Errors
    /// When the system has no room for a handler.
    pub fn arm() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            ask: signal(SignalKind::user_defined1())?,
        })
    }

    pub async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.interrupt.recv() => Caught::End(Exit::Interrupted),
            _ = self.terminate.recv() => Caught::End(Exit::Terminated),
            _ = self.hang_up.recv() => Caught::End(Exit::HungUp),
            _ = self.ask.recv() => Caught::Ask,
        }
    }
}
