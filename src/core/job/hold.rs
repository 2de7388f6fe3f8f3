//! What keeps the job or a side from going on, and when it is looked at again.

use super::super::fault::{Disposition, Fault, FaultKind, Side, disposition_of};
use super::super::spec::Limit;
use super::super::time::Timestamp;
use super::event::Event;
use super::state::{Hold, HoldReason, Job, JobState};

/// Waits before the looks at a lost server; the last goes on for ever. The first are short because
/// a restart takes seconds, the last bounds the noise in the server's log.
const PROBE_WAITS_MS: [u64; 6] = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];
/// Room comes back when somebody makes it: a minute is soon enough and costs one chunk.
const SPACE_WAIT_MS: u64 = 60_000;

/// What the holds leave to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Everything,
    /// The source cannot be read: steps on the target only.
    TargetOnly,
    /// One piece of work, when nobody holds any, to see whether there is room again.
    OneTrial,
    Nothing,
}

impl Job {
    pub(super) fn reach(&self, now: Timestamp) -> Reach {
        let mut reach = Reach::Everything;
        for hold in &self.holds {
            let left = match hold.reason {
                HoldReason::ServerLost(Side::Source)
                | HoldReason::LoginRefused(Side::Source)
                | HoldReason::Refused(Side::Source) => Reach::TargetOnly,
                HoldReason::OutOfSpace(_) if is_due(hold, now) => Reach::OneTrial,
                HoldReason::OutOfSpace(_)
                | HoldReason::ServerLost(Side::Target | Side::Engine)
                | HoldReason::LoginRefused(Side::Target | Side::Engine)
                | HoldReason::Refused(Side::Target | Side::Engine)
                | HoldReason::LedgerMissing
                | HoldReason::TooManyFailures
                | HoldReason::Limit(_) => Reach::Nothing,
            };
            reach = match (reach, left) {
                (Reach::Everything, other) | (other, Reach::Everything) => other,
                (Reach::TargetOnly, Reach::TargetOnly) => Reach::TargetOnly,
                (Reach::OneTrial, Reach::OneTrial) => Reach::OneTrial,
                (Reach::TargetOnly | Reach::OneTrial | Reach::Nothing, _) => Reach::Nothing,
            };
        }
        reach
    }

    /// Does something keep the ledger from being read?
    pub(super) fn target_is_held(&self) -> bool {
        self.holds.iter().any(|hold| match hold.reason {
            HoldReason::ServerLost(side)
            | HoldReason::LoginRefused(side)
            | HoldReason::Refused(side) => side == Side::Target,
            HoldReason::LedgerMissing => true,
            HoldReason::OutOfSpace(_) | HoldReason::TooManyFailures | HoldReason::Limit(_) => false,
        })
    }

    pub(super) fn hold(&self, reason: HoldReason) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.reason == reason)
    }

    /// The hold that a worker's fault asks for, and lost trust when the target went away with
    /// commits it had acknowledged. Nothing for faults of the work itself.
    pub(super) fn holds_for_work(&self, fault: &Fault, now: Timestamp) -> Vec<Event> {
        match disposition_of(fault.kind) {
            // The engine is no server: nobody would look at it again.
            Disposition::AwaitServer if fault.side == Side::Engine => Vec::new(),
            Disposition::AwaitServer => self.hold_lost_side(fault, now),
            Disposition::HoldJob => self.hold_again(HoldReason::OutOfSpace(fault.side), fault, now),
            Disposition::AskOperator => {
                self.hold_once(HoldReason::LoginRefused(fault.side), fault, now)
            }
            Disposition::Retry
            | Disposition::FailWork
            | Disposition::NewSnapshot
            | Disposition::GiveBack => Vec::new(),
        }
    }

    /// The hold for a side that the engine itself could not use.
    pub(super) fn holds_for_engine(&self, side: Side, fault: &Fault, now: Timestamp) -> Vec<Event> {
        // A fault of our own on the way to a server (a time limit) is looked at on that server.
        let at_server = Fault { side, ..fault.clone() };
        let disposition = disposition_of(fault.kind);
        let ours = fault.side == Side::Engine && disposition != Disposition::HoldJob;
        let fault = if ours { &at_server } else { fault };
        match disposition {
            // Too many connections passes: look again as at a lost server.
            Disposition::AwaitServer | Disposition::Retry => self.hold_lost_side(fault, now),
            Disposition::HoldJob | Disposition::AskOperator => self.holds_for_work(fault, now),
            Disposition::FailWork => self.hold_once(HoldReason::Refused(fault.side), fault, now),
            Disposition::NewSnapshot => self.close_snapshot(fault),
            Disposition::GiveBack => Vec::new(),
        }
    }

    fn hold_lost_side(&self, fault: &Fault, now: Timestamp) -> Vec<Event> {
        let mut events = self.hold_once(HoldReason::ServerLost(fault.side), fault, now);
        if fault.side == Side::Target && fault.kind == FaultKind::ConnectionLost {
            events.push(Event::TrustLost { reason: brief(fault) });
        }
        events
    }

    pub(super) fn close_snapshot(&self, fault: &Fault) -> Vec<Event> {
        if self.snapshot_open {
            vec![Event::SnapshotClosed { reason: brief(fault) }]
        } else {
            Vec::new()
        }
    }

    /// A hold that stands already stays as it is: many workers report one outage.
    fn hold_once(&self, reason: HoldReason, fault: &Fault, now: Timestamp) -> Vec<Event> {
        match self.hold(reason) {
            Some(_) => Vec::new(),
            None => vec![Event::HoldSet { hold: new_hold(reason, brief(fault), now) }],
        }
    }

    /// As `hold_once`; but a look that was due and failed is counted and the next is set.
    fn hold_again(&self, reason: HoldReason, fault: &Fault, now: Timestamp) -> Vec<Event> {
        match self.hold(reason) {
            Some(hold) if is_due(hold, now) => {
                vec![Event::HoldSet { hold: looked_again(hold, brief(fault), now) }]
            }
            Some(_) | None => self.hold_once(reason, fault, now),
        }
    }

    /// A probe failed.
    pub(super) fn still_lost(&self, fault: &Fault, now: Timestamp) -> Vec<Event> {
        let lost = HoldReason::ServerLost(fault.side);
        let Some(hold) = self.hold(lost) else { return Vec::new() };
        match disposition_of(fault.kind) {
            Disposition::AskOperator => {
                let refused = HoldReason::LoginRefused(fault.side);
                let mut events = vec![Event::HoldLifted { reason: lost }];
                events.extend(self.hold_once(refused, fault, now));
                events
            }
            Disposition::Retry
            | Disposition::AwaitServer
            | Disposition::HoldJob
            | Disposition::FailWork
            | Disposition::NewSnapshot
            | Disposition::GiveBack => {
                vec![Event::HoldSet { hold: looked_again(hold, brief(fault), now) }]
            }
        }
    }

    /// The job pauses instead of trying for ever: somebody has to look. The hold stays, and its
    /// looks go on, so that the screen says when the server is back.
    pub(super) fn lost_too_long(&self, side: Side, limit_ms: u64, now: Timestamp) -> Vec<Event> {
        let lost = self.hold(HoldReason::ServerLost(side));
        let over = lost.is_some_and(|hold| now.since_ms(hold.since) >= limit_ms);
        if !over || !matches!(self.state, JobState::Executing | JobState::Completing) {
            return Vec::new();
        }
        let minutes = limit_ms / 60_000;
        let span = match minutes {
            0 => format!("{} s", limit_ms / 1_000),
            1..120 => format!("{minutes} min"),
            _ => format!("{} h", minutes / 60),
        };
        let to = JobState::StopPending { then_leave: false };
        let reason = Some(format!("the {} was lost for longer than {span}", side.word()));
        vec![Event::StateChanged { from: self.state, to, by: None, reason }]
    }

    /// A side answers again.
    pub(super) fn recovered(&self, side: Side) -> Vec<Event> {
        let over = [HoldReason::ServerLost(side), HoldReason::LoginRefused(side)];
        let lifted = self.holds.iter().filter(|hold| over.contains(&hold.reason));
        lifted.map(|hold| Event::HoldLifted { reason: hold.reason }).collect()
    }

    /// Work went well: if a look for room was due, this was it.
    pub(super) fn room_again(&self, now: Timestamp) -> Vec<Event> {
        let due = self.holds.iter().filter(|hold| match hold.reason {
            HoldReason::OutOfSpace(_) => is_due(hold, now),
            HoldReason::ServerLost(_)
            | HoldReason::LoginRefused(_)
            | HoldReason::Refused(_)
            | HoldReason::LedgerMissing
            | HoldReason::TooManyFailures
            | HoldReason::Limit(_) => false,
        });
        due.map(|hold| Event::HoldLifted { reason: hold.reason }).collect()
    }

    /// The operator wants to go on: every hold ends, and what is still wrong will hold again. Not
    /// those of limits: who wants to pass one changes it.
    pub(super) fn lift_all(&self) -> Vec<Event> {
        let limit = |hold: &&Hold| matches!(hold.reason, HoldReason::Limit(_));
        let lifted = self.holds.iter().filter(|hold| !limit(hold));
        lifted.map(|hold| Event::HoldLifted { reason: hold.reason }).collect()
    }

    /// Nobody is given work until the limit is kept again; what is in work is finished.
    pub(super) fn limit_passed(&self, limit: Limit, message: &str, now: Timestamp) -> Vec<Event> {
        let reason = HoldReason::Limit(limit);
        if self.hold(reason).is_some() || !self.state.is_working() {
            return Vec::new();
        }
        vec![Event::HoldSet { hold: new_hold(reason, message.to_owned(), now) }]
    }

    pub(super) fn limit_kept(&self, limit: Limit) -> Vec<Event> {
        let reason = HoldReason::Limit(limit);
        self.hold(reason).map(|_| Event::HoldLifted { reason }).into_iter().collect()
    }

    /// Sides to look at now: send `Recovered` or `StillLost`.
    #[must_use]
    pub fn probes_due(&self, now: Timestamp) -> Vec<Side> {
        let due = self.holds.iter().filter(|hold| self.is_probed(hold) && is_due(hold, now));
        due.filter_map(|hold| match hold.reason {
            HoldReason::ServerLost(side) => Some(side),
            HoldReason::LoginRefused(_)
            | HoldReason::OutOfSpace(_)
            | HoldReason::Refused(_)
            | HoldReason::LedgerMissing
            | HoldReason::TooManyFailures
            | HoldReason::Limit(_) => None,
        })
        .collect()
    }

    /// Is somebody to look at it by itself in the present state?
    pub(super) fn is_probed(&self, hold: &Hold) -> bool {
        let awake = match self.state {
            JobState::Executing
            | JobState::Completing
            | JobState::StopPending { .. }
            | JobState::Idling
            | JobState::Defining => true,
            JobState::Stopping | JobState::Stopped | JobState::Completed => false,
        };
        awake && hold.next_try.is_some()
    }
}

pub(super) fn is_due(hold: &Hold, now: Timestamp) -> bool {
    hold.next_try.is_some_and(|moment| moment <= now)
}

pub(super) fn new_hold(reason: HoldReason, message: String, now: Timestamp) -> Hold {
    Hold { reason, since: now, next_try: next_look(reason, 0, now), tries: 0, message }
}

fn looked_again(hold: &Hold, message: String, now: Timestamp) -> Hold {
    let tries = hold.tries + 1;
    Hold { next_try: next_look(hold.reason, tries, now), tries, message, ..hold.clone() }
}

/// When a hold is looked at again, after so many looks without success.
fn next_look(reason: HoldReason, tries: u32, now: Timestamp) -> Option<Timestamp> {
    match reason {
        HoldReason::ServerLost(_) => {
            let last = PROBE_WAITS_MS.len() - 1;
            Some(now.plus_ms(PROBE_WAITS_MS[(tries as usize).clamp(0, last)]))
        }
        HoldReason::OutOfSpace(_) => Some(now.plus_ms(SPACE_WAIT_MS)),
        HoldReason::LoginRefused(_)
        | HoldReason::Refused(_)
        | HoldReason::LedgerMissing
        | HoldReason::TooManyFailures
        | HoldReason::Limit(_) => None,
    }
}

/// A fault in one line without what the server said of a row.
pub(super) fn brief(fault: &Fault) -> String {
    match &fault.code {
        Some(code) => format!("{code}: {}", fault.message),
        None => fault.message.clone(),
    }
}
