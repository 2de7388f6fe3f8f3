//! The socket's file, looked after for as long as the engine lives: whoever cleans up a runtime
//! directory takes it away, and then nobody new finds the way to the job.

use super::control::Engine;
use super::listener::Listener;
use super::narrate::engine_note;
use crate::core::fault::Fault;
use crate::core::time::Timestamp;
use crate::protocol::PROTOCOL;
use crate::protocol::convert::SocketTrouble;

/// Consoles are told for so long that the file was missing: it may be taken away again.
const TOLD_MS: u64 = 60_000;
/// Between two attempts to make it.
const AGAIN_MS: u64 = 5_000;

impl Engine {
    /// Makes the socket. Needs the runtime.
    pub(super) fn listen(&mut self) -> Result<(), Fault> {
        self.listener = None;
        let path = self.paths.socket(&self.name, PROTOCOL);
        let listener = Listener::bind(&path, self.inbox.clone(), self.console_ids.clone())?;
        self.listener = Some(listener);
        Ok(())
    }

    /// Finds a missing file and makes it anew.
    pub(super) fn watch_socket(&mut self, now: Timestamp) {
        if self.listener.as_ref().is_some_and(Listener::is_there) {
            let told = |t: &SocketTrouble| t.made_at.is_some_and(|at| now.since_ms(at) >= TOLD_MS);
            if self.socket_trouble.as_ref().is_some_and(told) {
                self.socket_trouble = None;
            }
            return;
        }
        let due = |t: &SocketTrouble| t.made_at.is_some() || now >= t.next_try;
        if self.socket_trouble.as_ref().is_none_or(due) {
            self.make_socket_anew();
        }
    }

    /// Because its file is missing, or because somebody who cannot reach us asks for it (SIGUSR2).
    pub(super) fn make_socket_anew(&mut self) {
        let now = self.clock.now();
        let path = self.paths.socket(&self.name, PROTOCOL).display().to_string();
        // One that was mended before is news again.
        let since = match self.socket_trouble.take() {
            Some(trouble) if trouble.made_at.is_none() => trouble.since,
            _ => now,
        };
        let mut trouble =
            SocketTrouble { path, since, made_at: None, next_try: now.plus_ms(AGAIN_MS) };
        match self.listen() {
            Ok(()) => {
                trouble.made_at = Some(now);
                let text = format!("the socket {} was missing and was made anew", trouble.path);
                self.tell(engine_note(now, "warn", text));
            }
            Err(fault) => tracing::error!(%fault, "the socket could not be made anew"),
        }
        self.socket_trouble = Some(trouble);
    }
}
