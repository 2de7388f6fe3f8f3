//! What would become true: every input is answered by someone.

use super::super::time::Timestamp;
use super::command::{Command, Input, Refusal};
use super::event::Event;
use super::state::Job;

impl Job {
    /// The events `input` leads to at `now`. Changes nothing.
    ///
    /// # Errors
    /// An unlawful wish, with its reason. Only operators get one: what a worker or the engine
    /// says is answered with events or with none.
    pub fn decide(&self, input: &Input, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        match input {
            Input::Operator(actor, command) => {
                self.permits(command)?;
                Ok(self.decide_command(actor, command))
            }
            Input::Worker(report) => Ok(self.decide_report(report, now)),
            Input::Engine(notice) => Ok(self.decide_notice(notice, now)),
            Input::Tick => Ok(self.settle(now)),
        }
    }

    /// Would `command` be granted now? The console's disabled keys show the same sentence.
    ///
    /// # Errors
    /// The reason why not.
    pub fn permits(&self, command: &Command) -> Result<(), Refusal> {
        self.refusal(command).map_or(Ok(()), |sentence| Err(Refusal(sentence)))
    }
}
