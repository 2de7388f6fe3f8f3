//! What would become true.

use super::super::time::Timestamp;
use super::command::{Command, Input, Refusal};
use super::event::Event;
use super::state::Job;

impl Job {
    /// The events `input` leads to at `now`. Changes nothing.
    ///
    /// # Errors
    /// An unlawful wish, with its reason.
    pub fn decide(&self, _input: &Input, _now: Timestamp) -> Result<Vec<Event>, Refusal> {
        Ok(Vec::new())
    }

    /// Would `command` be granted now? The console's disabled keys show the same sentence.
    ///
    /// # Errors
    /// The reason why not.
    pub fn permits(&self, _command: &Command) -> Result<(), Refusal> {
        Ok(())
    }
}
