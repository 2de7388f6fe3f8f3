//! When the job holds itself back for the sake of the servers: `[limits]` of a job file.
//!
//! ```toml
//! [limits]
//! source_sessions = 40          # active sessions of others on the source's server
//! target_sessions = 40
//! source_load = 8.0             # one-minute load of the server's host, where it can be read
//! target_load = 8.0
//! replica_lag = "30s"           # of the target's replicas (or of the target, being one)
//! target_free = "20GiB"         # room that must stay on the target's disk
//! state_free = "1GiB"           # room beside the master table
//! hours = "20:00-06:00"         # local time of the engine's host; a list is allowed
//! keep_trying = "2h"            # a lost server is tried this long, then the job pauses
//! every = "5s"                  # how often the servers are asked
//! ```

use serde::{Deserialize, Serialize};

use super::super::time::Timestamp;
use super::{parse_bytes, parse_span};

/// How often the servers are asked when nobody says otherwise.
const EVERY_MS: u64 = 5_000;
/// A hold ends when the figure is this far from its limit again, in percent: without that a job
/// at its limit would begin and end a hold with every look.
const EASE_PERCENT: u64 = 10;
const DAY_MINUTES: u32 = 24 * 60;

/// Limits as written; [`Limits::rules`] is what they mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sessions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_sessions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_lag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_free: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_free: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_trying: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
}

/// The key of a job file that this module reads.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct LimitsFile {
    limits: Limits,
}

// A load is a number that somebody typed, never NaN: `rules` refuses that.
impl Eq for Limits {}

impl Limits {
    /// From TOML; keys of others are passed over.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Limits, String> {
        let file: LimitsFile = toml::from_str(text).map_err(|error| {
            let before = error.span().map_or("", |span| &text[..span.start]);
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        file.limits.rules()?;
        Ok(file.limits)
    }

    /// Canonical TOML; empty when nothing is limited.
    #[must_use]
    pub fn to_text(&self) -> String {
        if *self == Limits::default() {
            return String::new();
        }
        let file = LimitsFile { limits: self.clone() };
        toml::to_string(&file).expect("texts and numbers are lawful TOML")
    }

    /// The same limits with `KEY=VALUE` put in; `KEY=none` takes one out.
    ///
    /// # Errors
    /// The wish that cannot be followed.
    pub fn with(&self, wishes: &[String]) -> Result<Limits, String> {
        let mut table: toml::Table = toml::from_str(&self.to_text()).unwrap_or_default();
        let limits = table.entry("limits").or_insert_with(|| toml::Table::new().into());
        let toml::Value::Table(limits) = limits else { return Ok(self.clone()) };
        for wish in wishes {
            let (key, value) = wish
                .split_once('=')
                .map(|(key, value)| (key.trim().replace('-', "_"), value.trim()))
                .ok_or_else(|| format!("{wish:?} is not like target_sessions=40"))?;
            if value == "none" {
                limits.remove(&key);
                continue;
            }
            let value = match key.as_str() {
                "hours" => {
                    let windows = value.split(',').map(|w| w.trim().to_owned().into());
                    toml::Value::Array(windows.collect())
                }
                "source_load" | "target_load" => {
                    let load = value.parse::<f64>();
                    load.map_err(|_| format!("{key}: {value:?} is not a number"))?.into()
                }
                "source_sessions" | "target_sessions" => {
                    let count = value.parse::<u32>();
                    i64::from(count.map_err(|_| format!("{key}: {value:?} is not a number"))?)
                        .into()
                }
                _ => value.to_owned().into(),
            };
            limits.insert(key, value);
        }
        Limits::parse(&toml::to_string(&table).map_err(|e| e.to_string())?)
    }

    /// What the texts mean.
    ///
    /// # Errors
    /// The key and what is wrong with its value.
    pub fn rules(&self) -> Result<LimitRules, String> {
        let mut at_most = Vec::new();
        let mut below = |limit, value: Option<u64>| at_most.extend(value.map(|v| (limit, v)));
        below(Limit::SourceSessions, self.source_sessions.map(u64::from));
        below(Limit::TargetSessions, self.target_sessions.map(u64::from));
        below(Limit::SourceLoad, load_of("source_load", self.source_load)?);
        below(Limit::TargetLoad, load_of("target_load", self.target_load)?);
        below(Limit::ReplicaLag, said("replica_lag", &self.replica_lag, parse_span)?);
        let mut at_least = Vec::new();
        let mut above = |limit, value: Option<u64>| at_least.extend(value.map(|v| (limit, v)));
        above(Limit::TargetRoom, said("target_free", &self.target_free, parse_bytes)?);
        above(Limit::StateRoom, said("state_free", &self.state_free, parse_bytes)?);
        let windows = self.hours.iter().map(|text| Window::parse(text));
        let hours = windows.collect::<Result<Vec<Window>, String>>()?;
        let every_ms = said("every", &self.every, parse_span)?.unwrap_or(EVERY_MS);
        if every_ms < 1_000 {
            return Err("limits: every is 1s at least".to_owned());
        }
        let keep_trying_ms = said("keep_trying", &self.keep_trying, parse_span)?;
        Ok(LimitRules { at_most, at_least, hours, keep_trying_ms, every_ms })
    }
}

fn said(
    key: &str,
    text: &Option<String>,
    parse: impl Fn(&str) -> Result<u64, String>,
) -> Result<Option<u64>, String> {
    let parsed = text.as_deref().map(parse).transpose();
    parsed.map_err(|why| format!("limits: {key}: {why}"))
}

/// Hundredths of a load.
fn load_of(key: &str, load: Option<f64>) -> Result<Option<u64>, String> {
    match load {
        None => Ok(None),
        Some(load) if load > 0.0 && load < 100_000.0 => Ok(Some((load * 100.0).round() as u64)),
        Some(load) => Err(format!("limits: {key} is a number above 0, not {load}")),
    }
}

/// One thing that may hold the job back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    SourceSessions,
    TargetSessions,
    SourceLoad,
    TargetLoad,
    ReplicaLag,
    TargetRoom,
    StateRoom,
    Hours,
}

impl Limit {
    /// The key of the job file.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Limit::SourceSessions => "source_sessions",
            Limit::TargetSessions => "target_sessions",
            Limit::SourceLoad => "source_load",
            Limit::TargetLoad => "target_load",
            Limit::ReplicaLag => "replica_lag",
            Limit::TargetRoom => "target_free",
            Limit::StateRoom => "state_free",
            Limit::Hours => "hours",
        }
    }

    /// What it says, for the status line: `active sessions on the source`.
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Limit::SourceSessions => "active sessions on the source",
            Limit::TargetSessions => "active sessions on the target",
            Limit::SourceLoad => "load of the source",
            Limit::TargetLoad => "load of the target",
            Limit::ReplicaLag => "replica lag",
            Limit::TargetRoom => "free room on the target",
            Limit::StateRoom => "free room beside the job's file",
            Limit::Hours => "hours",
        }
    }
}

/// Limits as plain numbers: counts, hundredths of a load, milliseconds, bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitRules {
    pub at_most: Vec<(Limit, u64)>,
    pub at_least: Vec<(Limit, u64)>,
    /// Empty: at any time.
    pub hours: Vec<Window>,
    /// How long a lost server is tried before the job pauses; `None`: for ever.
    pub keep_trying_ms: Option<u64>,
    pub every_ms: u64,
}

impl LimitRules {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_most.is_empty() && self.at_least.is_empty() && self.hours.is_empty()
    }

    /// Is `value` beyond the limit? With `held` it must come back a little further, so that a job
    /// at its limit does not begin and end a hold with every look.
    #[must_use]
    pub fn is_passed(&self, limit: Limit, value: u64, held: bool) -> bool {
        let ease = |bound: u64| if held { bound / 100 * EASE_PERCENT + 1 } else { 0 };
        let over =
            |(of, bound): &(Limit, u64)| *of == limit && value > bound.saturating_sub(ease(*bound));
        let under =
            |(of, bound): &(Limit, u64)| *of == limit && value < bound.saturating_add(ease(*bound));
        self.at_most.iter().any(over) || self.at_least.iter().any(under)
    }

    /// The bound of a limit.
    #[must_use]
    pub fn bound(&self, limit: Limit) -> Option<u64> {
        let all = self.at_most.iter().chain(&self.at_least);
        all.clone().find(|(of, _)| *of == limit).map(|(_, bound)| *bound)
    }

    /// May the job work at this moment?
    #[must_use]
    pub fn is_open(&self, now: Timestamp, utc_offset_s: i64) -> bool {
        let local = now.0.div_euclid(1_000) + utc_offset_s;
        let minute = (local.div_euclid(60)).rem_euclid(i64::from(DAY_MINUTES)) as u32;
        self.hours.is_empty() || self.hours.iter().any(|window| window.holds(minute))
    }
}

/// A part of every day, in minutes after midnight; it may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: u32,
    pub to: u32,
}

impl Window {
    /// `20:00-06:00`.
    ///
    /// # Errors
    /// What a window looks like.
    pub fn parse(text: &str) -> Result<Window, String> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
            let at = hours * 60 + minutes;
            (minutes < 60 && at <= DAY_MINUTES).then_some(at)
        };
        let window = text
            .split_once('-')
            .and_then(|(from, to)| Some(Window { from: minutes(from)?, to: minutes(to)? }));
        window
            .filter(|w| w.from != w.to && w.from < DAY_MINUTES)
            .ok_or_else(|| format!("limits: hours: {text:?} is not like 20:00-06:00"))
    }

    #[must_use]
    fn holds(self, minute: u32) -> bool {
        match self.from < self.to {
            true => minute >= self.from && minute < self.to,
            false => minute >= self.from || minute < self.to,
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Window { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[limits]\ntarget_sessions = 40\nsource_load = 7.5\n\
                        replica_lag = \"30s\"\ntarget_free = \"20GiB\"\n\
                        hours = [\"20:00-06:00\", \"12:00-13:00\"]\n";

    #[test]
    fn a_text_comes_back_and_means_numbers() {
        let limits = Limits::parse(TEXT).unwrap();
        assert_eq!(Limits::parse(&limits.to_text()), Ok(limits.clone()));
        let rules = limits.rules().unwrap();
        assert_eq!(rules.bound(Limit::SourceLoad), Some(750));
        assert_eq!(rules.bound(Limit::ReplicaLag), Some(30_000));
        assert_eq!(rules.bound(Limit::TargetRoom), Some(20 << 30));
        assert_eq!(rules.every_ms, EVERY_MS);
        assert_eq!(Limits::default().to_text(), "");
        assert!(Limits::default().rules().unwrap().is_empty());
    }

    #[test]
    fn a_hold_ends_a_little_away_from_its_limit() {
        let rules = Limits::parse(TEXT).unwrap().rules().unwrap();
        let sessions = |value, held| rules.is_passed(Limit::TargetSessions, value, held);
        assert!(!sessions(40, false) && sessions(41, false));
        assert!(sessions(40, true) && !sessions(35, true));
        let room = |gib: u64, held| rules.is_passed(Limit::TargetRoom, gib << 30, held);
        assert!(room(19, false) && !room(20, false) && room(21, true) && !room(23, true));
        assert!(!rules.is_passed(Limit::TargetLoad, u64::MAX, false), "has no limit");
    }

    #[test]
    fn windows_go_over_midnight() {
        let rules = Limits::parse(TEXT).unwrap().rules().unwrap();
        let at = |hour: i64, minute: i64| Timestamp((hour * 60 + minute) * 60_000);
        for (hour, minute, open) in
            [(19, 59, false), (20, 0, true), (23, 59, true), (0, 0, true), (5, 59, true)]
        {
            assert_eq!(rules.is_open(at(hour, minute), 0), open, "{hour}:{minute}");
        }
        assert!(!rules.is_open(at(6, 0), 0) && rules.is_open(at(12, 30), 0));
        assert!(rules.is_open(at(19, 0), 3_600), "local time counts");
    }

    #[test]
    fn single_limits_are_set_and_taken_away() {
        let limits = Limits::parse(TEXT).unwrap();
        let wishes = ["target-sessions=none", "hours=1:00-2:00, 3:00-4:00", "target_load=2"];
        let other = limits.with(&wishes.map(str::to_owned)).unwrap();
        assert_eq!((other.target_sessions, other.target_load), (None, Some(2.0)));
        assert_eq!(other.hours, ["1:00-2:00", "3:00-4:00"]);
        assert_eq!(other.replica_lag, limits.replica_lag);
        assert!(limits.with(&["lag=3".to_owned()]).unwrap_err().contains("lag"));
        assert!(limits.with(&["source_load=much".to_owned()]).unwrap_err().contains("much"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("[limits]\nhours = [\"25:00-26:00\"]", "20:00-06:00"),
            ("[limits]\nreplica_lag = \"soon\"", "replica_lag"),
            ("[limits]\nsource_load = -1.0", "source_load"),
            ("[limits]\nevery = \"10ms\"", "every"),
            ("[limits]\nlag = 3", "lag"),
        ] {
            let error = Limits::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
