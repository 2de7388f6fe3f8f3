//! Scripted trouble: `at 5s source-lost for 20s`, one a line or separated by `;`.
//!
//! The data path asks [`Faults`] at every block and every statement; the engine asks it at every
//! tick for the trouble that is its own (its disk, its socket, its life). Time counts from the
//! moment the databases were opened.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::core::fault::{Fault, FaultKind, Side};

/// What a script can make happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    SourceLost,
    TargetLost,
    TargetFull,
    LoginRefused(Side),
    SnapshotLost,
    /// Chunks `first..first + count` of a table are refused, each `times` times.
    RejectRows {
        table: String,
        first: u32,
        count: u32,
        times: u32,
    },
    /// Each of these chunks meets a deadlock once.
    Deadlock {
        table: String,
        first: u32,
        count: u32,
    },
    /// These chunks are always refused, with a message of so many characters.
    LongErrors {
        table: String,
        first: u32,
        count: u32,
        chars: u32,
    },
    /// These chunks are always refused, with a message that would break a screen that trusts it.
    HostileErrors {
        table: String,
        first: u32,
        count: u32,
    },
    /// Everything takes this many times longer.
    Slow(u32),
    /// So many sessions of others are at work on the target.
    Busy(u32),
    HostileNames,
    EnginePanic,
    EngineKilled,
    SocketRemoved,
    StateDiskFull,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Scripted {
    pub at: Duration,
    /// `None`: for ever; troubles of a moment ignore it.
    pub lasts: Option<Duration>,
    pub trouble: Trouble,
}

/// Reads a script.
///
/// # Errors
/// The sentence to show.
pub fn parse_script(text: &str) -> Result<Vec<Scripted>, String> {
    text.split(['\n', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(parse_line)
        .collect()
}

fn parse_line(line: &str) -> Result<Scripted, String> {
    let bad = |why: &str| format!("{line:?}: {why}; try \"at 5s source-lost for 20s\"");
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let mut at = Duration::ZERO;
    if words.first() == Some(&"at") {
        let when = words.get(1).ok_or_else(|| bad("when?"))?;
        at = duration(when).ok_or_else(|| bad("no such time"))?;
        words.drain(..2);
    }
    let mut lasts = None;
    if let Some(at) = words.iter().position(|w| *w == "for") {
        let span = words.get(at + 1).ok_or_else(|| bad("for how long?"))?;
        lasts = Some(duration(span).ok_or_else(|| bad("no such time"))?);
        words.truncate(at);
    }
    let trouble = parse_trouble(&words).map_err(|why| bad(&why))?;
    Ok(Scripted { at, lasts, trouble })
}

fn parse_trouble(words: &[&str]) -> Result<Trouble, String> {
    let (name, rest) = words.split_first().ok_or("what?")?;
    let number = |i: usize, default: u32| match rest.get(i) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| format!("{text:?} is not a number")),
    };
    let table = || rest.first().map(|t| (*t).to_owned()).ok_or("which table?");
    Ok(match *name {
        "source-lost" => Trouble::SourceLost,
        "target-lost" => Trouble::TargetLost,
        "target-full" => Trouble::TargetFull,
        "login-refused" => Trouble::LoginRefused(match rest.first() {
            Some(&"source") => Side::Source,
            _ => Side::Target,
        }),
        "snapshot-lost" => Trouble::SnapshotLost,
        "reject-rows" => Trouble::RejectRows {
            table: table()?,
            first: number(1, 1)?,
            count: number(2, 1)?,
            times: number(3, 1)?,
        },
        "deadlock" => {
            Trouble::Deadlock { table: table()?, first: number(1, 1)?, count: number(2, 1)? }
        }
        "long-errors" => Trouble::LongErrors {
            table: table()?,
            first: number(1, 1)?,
            count: number(2, 1)?,
            chars: number(3, 600)?,
        },
        "hostile-errors" => {
            Trouble::HostileErrors { table: table()?, first: number(1, 1)?, count: number(2, 1)? }
        }
        "slow" => Trouble::Slow(number(0, 10)?),
        "busy" => Trouble::Busy(number(0, 100)?),
        "hostile-names" => Trouble::HostileNames,
        "engine-panic" => Trouble::EnginePanic,
        "engine-killed" => Trouble::EngineKilled,
        "socket-removed" => Trouble::SocketRemoved,
        "state-disk-full" => Trouble::StateDiskFull,
        other => return Err(format!("there is no trouble called {other:?}")),
    })
}

fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * factor).ok()
}

/// The script of a pair of databases with its clock.
#[derive(Debug)]
pub struct Faults {
    opened: Instant,
    state: Mutex<FaultState>,
}

#[derive(Debug, Default)]
struct FaultState {
    script: Vec<Scripted>,
    /// Times each chunk was refused, per line of the script.
    refused: std::collections::BTreeMap<(usize, u32), u32>,
    /// Lines whose moment has been taken.
    taken: std::collections::BTreeSet<usize>,
}

impl Faults {
    #[must_use]
    pub fn new(script: Vec<Scripted>) -> Faults {
        let state = FaultState { script, ..FaultState::default() };
        Faults { opened: Instant::now(), state: Mutex::new(state) }
    }

    /// Adds lines whose times count from now.
    pub fn add(&self, script: Vec<Scripted>) {
        let now = self.opened.elapsed();
        let mut state = self.lock();
        state.script.extend(script.into_iter().map(|line| Scripted { at: line.at + now, ..line }));
    }

    /// Ends everything that lasts.
    pub fn clear(&self) {
        self.lock().script.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FaultState> {
        self.state.lock().expect("nobody panics while holding the script")
    }

    /// Is `trouble` on now?
    #[must_use]
    pub fn is_on(&self, trouble: &Trouble) -> bool {
        let now = self.opened.elapsed();
        self.lock().script.iter().any(|line| {
            line.trouble == *trouble
                && now >= line.at
                && line.lasts.is_none_or(|lasts| now < line.at + lasts)
        })
    }

    /// How often `trouble` has begun so far: tells a snapshot whether it outlived it.
    #[must_use]
    pub fn times_begun(&self, trouble: &Trouble) -> usize {
        let now = self.opened.elapsed();
        self.lock().script.iter().filter(|l| l.trouble == *trouble && now >= l.at).count()
    }

    /// Has the moment of `trouble` come? True once for each line.
    #[must_use]
    pub fn take(&self, trouble: &Trouble) -> bool {
        let now = self.opened.elapsed();
        let mut state = self.lock();
        let due = state
            .script
            .iter()
            .enumerate()
            .find(|(i, l)| l.trouble == *trouble && now >= l.at && !state.taken.contains(i))
            .map(|(i, _)| i);
        due.is_some_and(|i| state.taken.insert(i))
    }

    #[must_use]
    pub fn slowness(&self) -> u32 {
        let now = self.opened.elapsed();
        let state = self.lock();
        let on = |l: &&Scripted| now >= l.at && l.lasts.is_none_or(|lasts| now < l.at + lasts);
        state.script.iter().filter(on).fold(1, |slowest, line| match line.trouble {
            Trouble::Slow(factor) if factor > slowest => factor,
            _ => slowest,
        })
    }

    /// Sessions of others on the target.
    #[must_use]
    pub fn busyness(&self) -> u32 {
        let now = self.opened.elapsed();
        let state = self.lock();
        let on = |l: &&Scripted| now >= l.at && l.lasts.is_none_or(|lasts| now < l.at + lasts);
        state.script.iter().filter(on).fold(0, |most, line| match line.trouble {
            Trouble::Busy(sessions) if sessions > most => sessions,
            _ => most,
        })
    }

    /// What this side says to anyone who asks now.
    ///
    /// # Errors
    /// The scripted fault.
    pub fn check(&self, side: Side) -> Result<(), Fault> {
        let lost = if side == Side::Source { Trouble::SourceLost } else { Trouble::TargetLost };
        if self.is_on(&lost) {
            return Err(Fault::new(
                FaultKind::ConnectionLost,
                side,
                "server closed the connection unexpectedly",
            )
            .with_code("57P01"));
        }
        if self.is_on(&Trouble::LoginRefused(side)) {
            return Err(Fault::new(
                FaultKind::LoginRefused,
                side,
                "password authentication failed for user \"sim\"",
            )
            .with_code("28P01")
            .with_hint("Give the new password and press r."));
        }
        Ok(())
    }

    /// What the target says to chunk `number` of `table` at its commit.
    ///
    /// # Errors
    /// The scripted fault.
    pub fn check_chunk(&self, table: &str, number: u32) -> Result<(), Fault> {
        if self.is_on(&Trouble::TargetFull) {
            return Err(Fault::new(
                FaultKind::OutOfSpace,
                Side::Target,
                format!("could not extend the file of {table}: No space left on device"),
            )
            .with_code("53100")
            .with_hint("Check free disk space."));
        }
        let now = self.opened.elapsed();
        let mut state = self.lock();
        let lines: Vec<(usize, Trouble)> = state
            .script
            .iter()
            .enumerate()
            .filter(|(_, l)| now >= l.at && l.lasts.is_none_or(|lasts| now < l.at + lasts))
            .map(|(i, l)| (i, l.trouble.clone()))
            .collect();
        for (line, trouble) in lines {
            let Some((times, chunks)) = trouble.refusals(table) else { continue };
            let hit = chunks.contains(&number);
            let so_far = state.refused.entry((line, number)).or_insert(0);
            if !hit || *so_far >= times {
                continue;
            }
            *so_far += 1;
            return Err(refusal(&trouble, table, number));
        }
        Ok(())
    }
}

impl Trouble {
    /// How often each of which chunks of `of` this refuses; `None`: none of them.
    fn refusals(&self, of: &str) -> Option<(u32, std::ops::Range<u32>)> {
        let (table, first, count, times) = match self {
            Trouble::RejectRows { table, first, count, times } => (table, first, count, *times),
            Trouble::Deadlock { table, first, count } => (table, first, count, 1),
            Trouble::LongErrors { table, first, count, .. }
            | Trouble::HostileErrors { table, first, count } => (table, first, count, u32::MAX),
            _ => return None,
        };
        (table == of).then(|| (times, *first..first.saturating_add(*count)))
    }
}

/// A line break, a clipboard sequence and a mark that turns the writing direction.
const HOSTILE_TEXT: &str =
    "first line\r\nsecond line \u{1b}]52;c;SEFDSw==\u{7} and \u{202e}backwards";

fn refusal(trouble: &Trouble, table: &str, number: u32) -> Fault {
    let refused =
        |text: String| Fault::new(FaultKind::RowRefused, Side::Target, text).with_code("P0001");
    match trouble {
        Trouble::Deadlock { .. } => {
            return Fault::new(FaultKind::Deadlock, Side::Target, "deadlock detected")
                .with_code("40P01");
        }
        Trouble::LongErrors { chars, .. } => {
            let begin = format!("a trigger of {table} refused row {number}: ");
            let rest = "because of this and that, ".chars().cycle();
            return refused(begin.chars().chain(rest).take(*chars as usize).collect());
        }
        Trouble::HostileErrors { .. } => return refused(HOSTILE_TEXT.to_owned()),
        _ => {}
    }
    let line = number * 31 + 7;
    Fault::new(
        FaultKind::RowRefused,
        Side::Target,
        format!("duplicate key value violates unique constraint \"{table}_email_key\""),
    )
    .with_code("23505")
    .with_detail(format!("Key (email)=(user{line}@example.com) already exists."))
    .with_hint("Correct the row on one side, then run the chunk again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_people_write_them() {
        let script = parse_script(
            "# a comment\nat 5s source-lost for 20s; slow 4\nreject-rows crm.customers 81 3",
        )
        .unwrap();
        assert_eq!(
            script,
            vec![
                Scripted {
                    at: Duration::from_secs(5),
                    lasts: Some(Duration::from_secs(20)),
                    trouble: Trouble::SourceLost,
                },
                Scripted { at: Duration::ZERO, lasts: None, trouble: Trouble::Slow(4) },
                Scripted {
                    at: Duration::ZERO,
                    lasts: None,
                    trouble: Trouble::RejectRows {
                        table: "crm.customers".to_owned(),
                        first: 81,
                        count: 3,
                        times: 1,
                    },
                },
            ]
        );
        for bad in ["at", "at x source-lost", "rain", "reject-rows", "slow very", "slow 2 for"] {
            assert!(parse_script(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_chunk_is_refused_as_often_as_the_script_says() {
        let faults = Faults::new(parse_script("reject-rows crm.t 2 2 2").unwrap());
        assert!(faults.check_chunk("crm.t", 1).is_ok());
        assert!(faults.check_chunk("crm.t", 2).is_err());
        assert!(faults.check_chunk("crm.t", 2).is_err());
        assert!(faults.check_chunk("crm.t", 2).is_ok());
        assert!(faults.check_chunk("crm.t", 3).is_err());
        assert!(faults.check_chunk("crm.u", 3).is_ok());
    }
}
