//! What a verification found: tables that differ first, and the rows of the one under the cursor.

use super::{go, list, reader, steer};
use crate::console::commands::{Do, Place};
use crate::console::model::{Attached, Model};
use crate::console::msg::{Cmd, Ticket};
use crate::protocol::{Action, DifferenceView, RequestBody, TableView};

/// Rows asked for: more than any window shows.
const ROWS_ASKED: u32 = 200;
/// Between two questions for the rows of one table while it is being compared.
const PACE_MS: u64 = 2_000;

/// The tables in the order shown: those that differ first.
#[must_use]
pub fn shown(job: &Attached) -> Vec<&TableView> {
    let mut tables: Vec<&TableView> = job.shot.tables.iter().collect();
    tables.sort_by_key(|table| !table.compared.as_ref().is_some_and(|found| found.differs));
    tables
}

fn selected(job: &Attached) -> Option<u32> {
    shown(job).get(job.verify.list.cursor).map(|table| table.number)
}

pub fn open(model: &mut Model) -> Vec<Cmd> {
    let kind = model.job.as_ref().map(|job| job.job().kind.clone());
    if kind.as_deref() != Some("verify") {
        let name = model.job.as_ref().map_or("JOB", |job| job.name.as_str());
        model.say(format!("this job copies; tidegate verify {name} compares what it copied"));
        return Vec::new();
    }
    if let Some(job) = &mut model.job {
        job.verify.table = None;
    }
    go(model, Place::Verify)
}

/// Asks for the rows of the table under the cursor.
pub fn refresh(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else { return Vec::new() };
    let Some(table) = selected(job) else { return Vec::new() };
    let other = job.verify.table != Some(table);
    let goes_on = job.is_working() && !job.verify.with_values && now >= job.verify.due_ms;
    if !other && !goes_on {
        return Vec::new();
    }
    if other {
        job.verify.rows.clear();
        job.verify.with_values = false;
    }
    job.verify.table = Some(table);
    job.verify.due_ms = now + PACE_MS;
    vec![Cmd::Request {
        ticket: Ticket::Differences { with_values: false },
        body: RequestBody::Differences { table, limit: ROWS_ASKED },
    }]
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Verify, does) {
        return Vec::new();
    }
    let Some(table) = model.job.as_ref().and_then(|job| selected(job)) else {
        return Vec::new();
    };
    match does {
        Do::Open => reader::open_differences(model),
        Do::Values => {
            model.say("reading the rows again on both sides ...");
            vec![Cmd::Request {
                ticket: Ticket::Differences { with_values: true },
                body: RequestBody::Values { table, limit: ROWS_ASKED },
            }]
        }
        Do::CheckAgain => steer::act(model, Action::Reload { table }, "check again"),
        _ => Vec::new(),
    }
}

/// One differing row on a line: `different  id 4711  (total)`.
#[must_use]
pub fn row_text(row: &DifferenceView) -> String {
    let columns = match row.columns.is_empty() {
        true => String::new(),
        false => format!("  ({})", row.columns.join(", ")),
    };
    let values = row.values.iter().map(|(column, source, target)| {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
        format!("  {column}: {} | {}", text(source), text(target))
    });
    let values: String = values.collect();
    format!("{:<9}  {}{columns}{values}", row.change, row.key)
}

/// The rows held, whole.
#[must_use]
pub fn rows_text(job: &Attached) -> String {
    job.verify.rows.iter().map(row_text).collect::<Vec<_>>().join("\n")
}

pub(super) fn copied(job: &Attached) -> Option<String> {
    let number = selected(job)?;
    let name = &job.shot.tables.get(number as usize)?.name;
    Some(format!("{name}\n{}", rows_text(job)))
}

pub(super) fn page(job: &Attached) -> String {
    let line = |table: &&TableView| {
        let found = table.compared.clone().unwrap_or_default();
        format!(
            "{}\t{} of {} chunks\t{} missing\t{} extra\t{} different",
            table.name,
            table.chunks_done,
            table.chunks_total,
            found.missing,
            found.extra,
            found.different
        )
    };
    let tables: Vec<String> = shown(job).iter().map(line).collect();
    format!("{}\n\n{}\n", tables.join("\n"), rows_text(job))
}
