//! Events in words: the lines of the log pane, of `tidegate log` and of the event table.
//!
//! Assignments and finished chunks have no line of their own; tables, steps, faults, states and
//! whatever an operator did have.

use std::sync::Arc;

use crate::core::chunk::ChunkId;
use crate::core::fault::{Fault, FaultKind};
use crate::core::job::{Actor, Event, HoldReason, Job, JobState};
use crate::core::plan::{StepId, StepKind, TablePlan};
use crate::core::spec::BadRows;
use crate::core::time::Timestamp;
use crate::protocol::convert::rate_text;
use crate::store::Note;

/// The line of `event`, if it has one. `job` is the machine after it.
pub(super) fn narrate(
    job: &Job,
    tables: &[Arc<TablePlan>],
    at: Timestamp,
    event: &Event,
) -> Option<Note> {
    let teller = Teller { job, tables, at };
    teller.state(event).or_else(|| teller.work(event)).or_else(|| teller.surroundings(event))
}

struct Teller<'a> {
    job: &'a Job,
    tables: &'a [Arc<TablePlan>],
    at: Timestamp,
}

impl Teller<'_> {
    fn note(&self, level: &'static str, kind: &'static str, text: String) -> Option<Note> {
        Some(Note { at: self.at, level, kind, by: None, text })
    }

    fn action(&self, kind: &'static str, by: &Actor, text: String) -> Option<Note> {
        Some(Note { at: self.at, level: "action", kind, by: Some(by.clone()), text })
    }

    /// `crm.orders #81`.
    fn chunk(&self, id: ChunkId) -> String {
        let table = self.job.chunks[id.0 as usize].table;
        let first = self.job.tables[table.0 as usize].first_chunk.0;
        let retry = if self.job.root_of(table) == table { "" } else { " retry" };
        format!("{}{retry} #{}", self.tables[table.0 as usize].source, id.0 - first + 1)
    }

    fn step(&self, id: StepId) -> &str {
        &self.job.step(id).title
    }

    fn state(&self, event: &Event) -> Option<Note> {
        match event {
            Event::StateChanged { from, to, by, reason } => {
                let because = reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
                let text = format!("{} -> {}{because}", from.word(), to.word());
                match by {
                    Some(by) => self.action("state", by, text),
                    None => {
                        let failed = *to == JobState::Completed && reason.is_some();
                        self.note(if failed { "warn" } else { "info" }, "state", text)
                    }
                }
            }
            Event::ThreadsSet { from, to, by } => {
                self.action("threads", by, format!("threads {from} -> {to}"))
            }
            Event::ThreadsMaxSet { from, to, by } => {
                self.action("threads", by, format!("threads max {from} -> {to}"))
            }
            Event::IndexWorkersSet { from, to, by } => {
                self.action("threads", by, format!("index workers {from} -> {to}"))
            }
            Event::RateSet { from, to, by } => {
                let text = |rate: &Option<u64>| rate.map_or("none".to_owned(), rate_text);
                self.action("rate", by, format!("rate {} -> {}", text(from), text(to)))
            }
            Event::BadRowsSet { to, by, .. } => {
                let text = match to {
                    BadRows::Fail => "bad rows fail their chunk".to_owned(),
                    BadRows::Reject { per_table, per_job } => format!(
                        "bad rows are put aside: at most {per_table} of a table, {per_job} in all"
                    ),
                };
                self.action("rejects", by, text)
            }
            _ => None,
        }
    }

    fn work(&self, event: &Event) -> Option<Note> {
        match event {
            Event::ChunkReleased { chunk, fault: Some(fault), not_before, .. } => {
                let attempt = self.job.chunks[chunk.0 as usize].attempts;
                // An outage is no attempt of the chunk's.
                let what = match attempt {
                    0 => "interrupted".to_owned(),
                    n => format!("attempt {n} failed"),
                };
                let text = format!("{} {what}: {}", self.chunk(*chunk), told(fault));
                self.note("warn", "chunk", text + &again(self.at, *not_before))
            }
            Event::ChunkFailed { chunk, fault } => {
                let attempts = self.job.chunks[chunk.0 as usize].attempts;
                let tries = if attempts == 1 { "try" } else { "tries" };
                let text = format!(
                    "{} failed after {attempts} {tries}: {}",
                    self.chunk(*chunk),
                    told(fault)
                );
                self.note("error", "chunk", text)
            }
            Event::ChunkProcessed { chunk, rejects, .. } if rejects.count > 0 => {
                let (count, rows) =
                    (rejects.count, if rejects.count == 1 { "row" } else { "rows" });
                let text = format!("{} is in, {count} {rows} rejected", self.chunk(*chunk));
                self.note("warn", "rejects", text)
            }
            Event::RejectsRetried { table, batches, by, .. } => {
                let rows: u32 = batches.iter().sum();
                let name = &self.tables[table.0 as usize].source;
                let text = format!("retry {rows} rejected rows of {name}");
                self.action("rejects", by, text)
            }
            Event::ChunkRevoked { chunk } => {
                let text =
                    format!("{} is not in the target's ledger: copied again", self.chunk(*chunk));
                self.note("warn", "chunk", text)
            }
            Event::StepDone { step } if is_told(self.job.step(*step).kind) => {
                self.note("info", "step", format!("{} done", self.step(*step)))
            }
            Event::StepReleased { step, fault: Some(fault), not_before, .. } => {
                let text = format!("{} failed: {}", self.step(*step), told(fault));
                self.note("warn", "step", text + &again(self.at, *not_before))
            }
            Event::StepFailed { step, fault } => {
                let level = if self.job.step(*step).optional { "warn" } else { "error" };
                self.note(level, "step", format!("{} failed: {}", self.step(*step), told(fault)))
            }
            Event::StepRevoked { step } => {
                let text =
                    format!("{} is not in the target's ledger: done again", self.step(*step));
                self.note("warn", "step", text)
            }
            _ => None,
        }
    }

    fn surroundings(&self, event: &Event) -> Option<Note> {
        let table = |t: &crate::core::plan::TableIndex| &self.tables[t.0 as usize].source;
        match event {
            Event::TableBeginsAgain { table: t, reason, by } => {
                let text = format!("{} begins again: {reason}", table(t));
                match by {
                    Some(by) => self.action("table", by, text),
                    None => self.note("warn", "table", text),
                }
            }
            Event::BeginAgainReleased { table: t, fault: Some(fault), not_before, .. } => {
                let text = format!("emptying {} failed: {}", table(t), told(fault));
                self.note("warn", "table", text + &again(self.at, *not_before))
            }
            Event::TableEmptied { table: t } => {
                self.note("info", "table", format!("{} emptied", table(t)))
            }
            Event::Reconciled { adopted: 0, revoked: 0 } => None,
            Event::Reconciled { adopted, revoked } => {
                let text = format!(
                    "compared with the target's ledger: {adopted} found done, {revoked} to be \
                     done again"
                );
                self.note("info", "ledger", text)
            }
            Event::SnapshotOpened { number, label } => {
                let level = if *number > 1 { "warn" } else { "info" };
                self.note(level, "snapshot opened", format!("snapshot {number} opened: {label}"))
            }
            Event::SnapshotClosed { reason } => {
                self.note("warn", "snapshot", format!("snapshot closed: {reason}"))
            }
            // Set again at every look: one line is enough.
            Event::HoldSet { hold } if hold.tries > 0 => None,
            Event::HoldSet { hold } => {
                let text = format!("{}: {}", hold_name(hold.reason), hold.message);
                let wished = matches!(hold.reason, HoldReason::Limit(_));
                self.note(if wished { "warn" } else { "error" }, "side", text)
            }
            Event::HoldLifted { reason } => {
                self.note("info", "side", format!("no longer {}", hold_name(*reason)))
            }
            Event::CleanedUp => {
                self.note("info", "ledger", "the ledger was removed from the target".to_owned())
            }
            _ => None,
        }
    }
}

/// One line for all that one wish did to chunks and steps: `retry 400 chunks of crm.orders`.
pub(super) fn narrate_wish(
    job: &Job,
    tables: &[Arc<TablePlan>],
    events: &[(Timestamp, Event)],
) -> Option<Note> {
    let teller = |at| Teller { job, tables, at };
    let (mut verb, mut who, mut why) = ("", None, String::new());
    let (mut chunks, mut steps) = (Vec::new(), Vec::new());
    for (at, event) in events {
        match event {
            Event::ChunkRetried { chunk, by } => {
                (verb, who) = ("retry", Some((*at, by)));
                chunks.push(*chunk);
            }
            Event::ChunkSkipped { chunk, by, reason } => {
                (verb, who, why) = ("skip", Some((*at, by)), format!(" \"{reason}\""));
                chunks.push(*chunk);
            }
            Event::StepRetried { step, by } => {
                (verb, who) = ("retry", Some((*at, by)));
                steps.push(*step);
            }
            _ => {}
        }
    }
    let (at, by) = who?;
    let table = |id: &ChunkId| job.chunks[id.0 as usize].table.0;
    let mut owners: Vec<u32> = chunks.iter().map(table).collect();
    owners.dedup();
    let chunks_text = match (chunks.as_slice(), owners.as_slice()) {
        ([], _) => None,
        ([one], _) => Some(teller(at).chunk(*one)),
        (many, [one]) => Some(format!("{} chunks of {}", many.len(), tables[*one as usize].source)),
        (many, _) => Some(format!("{} chunks", many.len())),
    };
    let steps_text = match steps.as_slice() {
        [] => None,
        [one] => Some(teller(at).step(*one).to_owned()),
        many => Some(format!("{} steps", many.len())),
    };
    let what: Vec<String> = chunks_text.into_iter().chain(steps_text).collect();
    teller(at).action("chunk", by, format!("{verb} {}{why}", what.join(" and ")))
}

/// A fault in one line without what a server quotes of a row: the log is read by many and kept for
/// long. The whole text stays with its chunk or step.
fn told(fault: &Fault) -> String {
    let bare = Fault { detail: None, ..fault.clone() };
    // SQLSTATE class 22 is about values, and its messages quote them.
    let quotes_values = fault.kind == FaultKind::ValueUnfit
        || fault.code.as_ref().is_some_and(|code| code.starts_with("22") && code.len() == 5);
    if !quotes_values {
        return bare.to_string();
    }
    let pieces = bare.message.split('"').enumerate();
    let masked: Vec<&str> = pieces.map(|(i, part)| if i % 2 == 1 { "..." } else { part }).collect();
    Fault { message: masked.join("\""), ..bare }.to_string()
}

/// Steps that take long enough to be told of one by one.
fn is_told(kind: StepKind) -> bool {
    match kind {
        StepKind::Index
        | StepKind::Constraint
        | StepKind::Sequence
        | StepKind::LargeObjects
        | StepKind::Refresh => true,
        StepKind::Ddl
        | StepKind::Truncate
        | StepKind::Load
        | StepKind::Analyse
        | StepKind::Mend => false,
    }
}

fn again(now: Timestamp, not_before: Option<Timestamp>) -> String {
    match not_before.map(|at| at.since_ms(now).div_ceil(1_000)) {
        None | Some(0) => "; tries again".to_owned(),
        Some(seconds) => format!("; tries again in {seconds} s"),
    }
}

pub(super) fn hold_name(reason: HoldReason) -> String {
    match reason {
        HoldReason::ServerLost(side) => format!("{} lost", side.word()),
        HoldReason::LoginRefused(side) => format!("login refused by the {}", side.word()),
        HoldReason::OutOfSpace(side) => format!("{} out of space", side.word()),
        HoldReason::Refused(side) => format!("refused by the {}", side.word()),
        HoldReason::LedgerMissing => "without the target's ledger".to_owned(),
        HoldReason::TooManyFailures => "held for too many failures".to_owned(),
        HoldReason::Limit(limit) => format!("held by the limit {}", limit.key()),
    }
}

/// A line about the engine itself.
pub(super) fn engine_note(at: Timestamp, level: &'static str, text: String) -> Note {
    Note { at, level, kind: "engine", by: None, text }
}

/// A fault outside of any piece of work.
pub(super) fn fault_note(at: Timestamp, doing: &str, fault: &Fault) -> Note {
    engine_note(at, "error", format!("{doing}: {}", told(fault)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::Side;

    #[test]
    fn what_a_row_holds_is_not_told() {
        let duplicate = Fault::new(
            FaultKind::RowRefused,
            Side::Target,
            "duplicate key value violates unique constraint \"customers_email_key\"",
        )
        .with_code("23505")
        .with_detail("Key (email)=(ana@example.com) already exists.");
        assert_eq!(
            told(&duplicate),
            "target 23505: duplicate key value violates unique constraint \"customers_email_key\""
        );
        let unfit = Fault::new(
            FaultKind::ValueUnfit,
            Side::Target,
            "invalid input syntax for type integer: \"4711 secret\"",
        )
        .with_code("22P02");
        assert_eq!(told(&unfit), "target 22P02: invalid input syntax for type integer: \"...\"");
    }
}
