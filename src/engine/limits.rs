//! Holding back for the sake of the servers: limits on sessions, load, lag, room and hours.
//!
//! While the job works, the servers are asked every few seconds what they know. A limit that is
//! passed holds the job with a named reason; what is in work is finished, nothing new is begun, and
//! the job goes on by itself when the limit is kept again. A figure that no server gives is said
//! once and limits nothing.

use std::collections::BTreeSet;

use super::control::Engine;
use super::incoming::Incoming;
use super::narrate::engine_note;
use super::tasks::{PROBE_LIMIT, limited};
use crate::clock::utc_offset_s;
use crate::core::fault::{Fault, Side};
use crate::core::job::{Actor, HoldReason, Notice};
use crate::core::spec::{Limit, LimitRules, Limits};
use crate::core::time::Timestamp;
use crate::driver::pressure::room_at;
use crate::driver::{Pressure, PressureAsked};
use crate::protocol::convert::{bytes_text, clock_text};

/// What the engine knows of its limits.
#[derive(Default)]
pub(super) struct LimitWatch {
    rules: LimitRules,
    looking: bool,
    next_look: Timestamp,
    /// Figures beside their limits, as the screen shows them.
    pub(super) phrases: Vec<String>,
    /// Limits whose figure nobody gives; said once.
    unknown: BTreeSet<Limit>,
    set_by: Option<(Actor, Timestamp)>,
}

impl LimitWatch {
    pub(super) fn of(limits: &Limits) -> LimitWatch {
        // Checked when the definition was read; a file from elsewhere limits nothing.
        LimitWatch { rules: limits.rules().unwrap_or_default(), ..LimitWatch::default() }
    }
}

/// What both ends said.
pub(super) struct Pressures {
    pub(super) source: Result<Pressure, Fault>,
    pub(super) target: Result<Pressure, Fault>,
}

impl Engine {
    /// Asks the servers when it is time. A job that does nothing needs no limit.
    pub(super) fn watch_limits(&mut self) {
        let now = self.clock.now();
        let watch = &mut self.watch;
        if watch.rules.is_empty() || watch.looking || now < watch.next_look {
            return;
        }
        if !self.job.state.is_working() {
            watch.phrases.clear();
            return;
        }
        watch.looking = true;
        watch.next_look = now.plus_ms(watch.rules.every_ms);
        let (source_asked, target_asked) = asked(&watch.rules);
        let (databases, inbox) = (self.databases.clone(), self.inbox());
        tokio::spawn(async move {
            let source = async {
                match source_asked.is_nothing() {
                    true => Ok(Pressure::default()),
                    false => {
                        let asking = databases.source.pressure(source_asked);
                        limited(PROBE_LIMIT, Side::Source, "look at its load", asking).await
                    }
                }
            };
            let target = async {
                match target_asked.is_nothing() {
                    true => Ok(Pressure::default()),
                    false => {
                        let asking = databases.target.pressure(target_asked);
                        limited(PROBE_LIMIT, Side::Target, "look at its load", asking).await
                    }
                }
            };
            let (source, target) = tokio::join!(source, target);
            let pressures = Box::new(Pressures { source, target });
            let _ = inbox.send(Incoming::Pressed(pressures)).await;
        });
    }

    /// Pauses a job whose server was tried for long enough.
    pub(super) fn watch_losses(&mut self) {
        let Some(limit_ms) = self.watch.rules.keep_trying_ms else { return };
        let lost: Vec<Side> = self
            .job
            .holds
            .iter()
            .filter_map(|hold| match hold.reason {
                HoldReason::ServerLost(side) => Some(side),
                _ => None,
            })
            .collect();
        for side in lost {
            self.decide_engine(Notice::LostTooLong { side, limit_ms });
        }
    }

    /// Compares what the servers said with the limits.
    pub(super) fn on_pressed(&mut self, pressures: &Pressures) {
        self.watch.looking = false;
        let now = self.clock.now();
        let figures = self.figures_of(pressures);
        let rules = self.watch.rules.clone();
        let mut phrases = Vec::new();
        for (limit, bound) in rules.at_most.iter().chain(&rules.at_least) {
            let figure = figures.iter().find(|(of, _)| of == limit).and_then(|(_, value)| *value);
            let Some(value) = figure else {
                self.tell_unknown(*limit, pressures, now);
                continue;
            };
            let phrase = format!(
                "{} {} (limit {})",
                limit.phrase(),
                figure_text(*limit, value),
                figure_text(*limit, *bound)
            );
            let held = self.job.holds.iter().any(|h| h.reason == HoldReason::Limit(*limit));
            let passed = rules.is_passed(*limit, value, held);
            self.note_limit(*limit, passed, &phrase);
            phrases.push(phrase);
        }
        if !rules.hours.is_empty() {
            let open = rules.is_open(now, utc_offset_s(now));
            let hours: Vec<String> = rules.hours.iter().map(ToString::to_string).collect();
            let phrase = format!("outside its hours {}", hours.join(", "));
            self.note_limit(Limit::Hours, !open, &phrase);
        }
        self.watch.phrases = phrases;
    }

    fn note_limit(&mut self, limit: Limit, passed: bool, phrase: &str) {
        let by = self.watch.set_by.as_ref().map(|(actor, at)| {
            format!(", set by {} {}", actor.user, clock_text(*at, utc_offset_s(*at)))
        });
        let message = format!("{phrase}{}", by.unwrap_or_default());
        self.decide_engine(match passed {
            true => Notice::LimitPassed { limit, message },
            false => Notice::LimitKept { limit },
        });
    }

    fn figures_of(&self, pressures: &Pressures) -> [(Limit, Option<u64>); 7] {
        let source = pressures.source.as_ref().copied().unwrap_or_default();
        let target = pressures.target.as_ref().copied().unwrap_or_default();
        let state = self.master.path().parent().and_then(room_at);
        [
            (Limit::SourceSessions, source.sessions),
            (Limit::TargetSessions, target.sessions),
            (Limit::SourceLoad, source.load),
            (Limit::TargetLoad, target.load),
            (Limit::ReplicaLag, target.replica_lag_ms),
            (Limit::TargetRoom, target.room_bytes),
            (Limit::StateRoom, state),
        ]
    }

    /// A server that does not answer is looked after elsewhere; one that cannot tell is said once.
    fn tell_unknown(&mut self, limit: Limit, pressures: &Pressures, now: Timestamp) {
        let side = match limit {
            Limit::SourceSessions | Limit::SourceLoad => &pressures.source,
            _ => &pressures.target,
        };
        let why = match side {
            Ok(_) => "the server does not tell this user".to_owned(),
            Err(fault) => fault.to_string(),
        };
        // What cannot be known any more holds nothing back.
        self.decide_engine(Notice::LimitKept { limit });
        if self.watch.unknown.insert(limit) {
            let text = format!("{} is not known, its limit holds nothing: {why}", limit.phrase());
            self.tell(engine_note(now, "warn", text));
        }
    }

    /// Other limits from now on; they are part of the job's definition.
    pub(super) fn set_limits(&mut self, by: &Actor, text: &str) -> Result<String, String> {
        let limits = Limits::parse(text)?;
        if limits == self.spec.limits {
            return Ok("already so".to_owned());
        }
        let now = self.clock.now();
        let mut spec = self.spec.clone();
        spec.limits = limits;
        self.master
            .redefine(&spec)
            .map_err(|fault| format!("the limits cannot be saved, nothing changed: {fault}"))?;
        let told = match spec.limits.to_text() {
            text if text.is_empty() => "no limits any more".to_owned(),
            text => format!("limits: {}", text.lines().skip(1).collect::<Vec<_>>().join(", ")),
        };
        let before = std::mem::replace(&mut self.watch, LimitWatch::of(&spec.limits));
        self.watch.set_by = Some((by.clone(), now));
        self.spec = spec;
        for (limit, _) in before.rules.at_most.iter().chain(&before.rules.at_least) {
            self.decide_engine(Notice::LimitKept { limit: *limit });
        }
        self.decide_engine(Notice::LimitKept { limit: Limit::Hours });
        let mut note = engine_note(now, "action", told.clone());
        note.by = Some(by.clone());
        self.tell(note);
        Ok(told)
    }

    /// An operator wants to go on: look at once.
    pub(super) fn look_at_limits_now(&mut self) {
        self.watch.next_look = Timestamp(0);
    }
}

/// What must be asked of the two ends.
fn asked(rules: &LimitRules) -> (PressureAsked, PressureAsked) {
    let has = |limit| rules.bound(limit).is_some();
    let source = PressureAsked {
        sessions: has(Limit::SourceSessions),
        load: has(Limit::SourceLoad),
        ..PressureAsked::default()
    };
    let target = PressureAsked {
        sessions: has(Limit::TargetSessions),
        load: has(Limit::TargetLoad),
        replica_lag: has(Limit::ReplicaLag),
        room: has(Limit::TargetRoom),
    };
    (source, target)
}

fn figure_text(limit: Limit, value: u64) -> String {
    match limit {
        Limit::SourceSessions | Limit::TargetSessions | Limit::Hours => value.to_string(),
        Limit::SourceLoad | Limit::TargetLoad => format!("{}.{:02}", value / 100, value % 100),
        Limit::ReplicaLag => format!("{} s", value / 1_000),
        Limit::TargetRoom | Limit::StateRoom => bytes_text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_limited_is_asked() {
        let text = "[limits]\ntarget_sessions = 40\nreplica_lag = \"30s\"\nhours = [\"1:00-2:00\"]";
        let (source, target) = asked(&Limits::parse(text).unwrap().rules().unwrap());
        assert!(source.is_nothing());
        assert!(target.sessions && target.replica_lag && !target.load && !target.room);
    }

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(figure_text(Limit::TargetLoad, 925), "9.25");
        assert_eq!(figure_text(Limit::ReplicaLag, 90_000), "90 s");
        assert_eq!(figure_text(Limit::TargetSessions, 52), "52");
    }
}
