//! What follows from a state by itself: decided at every `Tick`, never from the last event, so
//! that a crash between two events loses nothing.

use super::super::time::Timestamp;
use super::event::Event;
use super::hold::new_hold;
use super::state::{HoldReason, Job, JobState};

impl Job {
    /// The next thing that follows. Ask again after applying it.
    pub(super) fn settle(&self, now: Timestamp) -> Vec<Event> {
        let idle = self.busy.is_empty();
        match self.state {
            JobState::Defining | JobState::Idling | JobState::Stopped | JobState::Completed => {
                Vec::new()
            }
            JobState::StopPending { then_leave: false } if idle => self.becomes(JobState::Idling),
            JobState::StopPending { then_leave: true } if idle => self.becomes(JobState::Stopping),
            JobState::Stopping if idle => self.becomes(JobState::Stopped),
            // Workers finish what they hold, or are being cancelled.
            JobState::StopPending { .. } | JobState::Stopping => Vec::new(),
            JobState::Executing | JobState::Completing => self.settle_working(now),
        }
    }

    fn settle_working(&self, now: Timestamp) -> Vec<Event> {
        if let Some(message) = self.lately.too_many_failures() {
            return self.pause_for_failures(message, now);
        }
        if !self.reconciled {
            return Vec::new();
        }
        if !self.index.stale.is_empty() {
            let begin_again = |table: &super::super::plan::TableIndex| Event::TableBeginsAgain {
                table: *table,
                reason: "its chunks are positions in a snapshot that is gone".to_owned(),
                by: None,
            };
            return self.index.stale.iter().map(begin_again).collect();
        }
        match (self.state, self.loads_go_on()) {
            (JobState::Executing, false) => self.becomes(JobState::Completing),
            // Chunks came back: retried, revoked, or their table was emptied.
            (JobState::Completing, true) => self.becomes(JobState::Executing),
            (
                JobState::Executing
                | JobState::Completing
                | JobState::Defining
                | JobState::StopPending { .. }
                | JobState::Stopping
                | JobState::Idling
                | JobState::Stopped
                | JobState::Completed,
                true | false,
            ) => Vec::new(),
        }
    }

    fn pause_for_failures(&self, message: String, now: Timestamp) -> Vec<Event> {
        let reason = HoldReason::TooManyFailures;
        vec![
            Event::HoldSet { hold: new_hold(reason, message.clone(), now) },
            Event::StateChanged {
                from: self.state,
                to: JobState::StopPending { then_leave: false },
                by: None,
                reason: Some(message),
            },
        ]
    }

    fn becomes(&self, to: JobState) -> Vec<Event> {
        vec![Event::StateChanged { from: self.state, to, by: None, reason: None }]
    }
}
