//! What `y`, `Y` and `W` give away: unfiltered text, whole.

use super::plan as plan_lines;
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::model::{Attached, FailedItem, Model, PlanLine, reject_key_text};
use crate::console::msg::Cmd;
use crate::console::shown;
use crate::protocol::{
    ChecklistView, ChunkView, FindingView, LogLine, PlanTableView, RejectView, StepView,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The message alone.
    Message,
    /// With statement, key range and numbers.
    All,
}

pub fn copy(model: &mut Model, extent: Extent) -> Vec<Cmd> {
    match text_of(model, extent) {
        Some(text) if !text.is_empty() => send(text),
        _ => {
            model.say("there is no text under the cursor to copy");
            Vec::new()
        }
    }
}

pub fn send(text: String) -> Vec<Cmd> {
    let note = if shown::differs(&text) {
        "; as it is, not as shown here".to_owned()
    } else {
        String::new()
    };
    vec![Cmd::Copy { text, note }]
}

fn text_of(model: &Model, extent: Extent) -> Option<String> {
    let offset = model.now.utc_offset_s;
    if model.place() == Place::Jobs {
        let row = model.jobs.selected()?;
        return Some(row.trouble.clone().unwrap_or_else(|| row.view.state_path.clone()));
    }
    let job = model.job.as_ref()?;
    match model.place() {
        Place::Jobs
        | Place::Connect
        | Place::Pick
        | Place::Options
        | Place::Preflight
        | Place::Editor => None,
        Place::Run => match job.job().alerts.first() {
            Some(alert) => Some(format!("{}\n{}\n{}", alert.what, alert.safe, alert.next)),
            None => {
                let number = super::run::selected(job)?;
                Some(job.shot.tables.get(number as usize)?.name.clone())
            }
        },
        Place::Table => Some(chunk_copy(job.table.selected()?, extent, offset)),
        Place::Rejects => {
            let row = job.rejects.detail()?;
            Some(match extent {
                Extent::Message => row.message.clone(),
                Extent::All => reject_text(row, offset),
            })
        }
        Place::Failed => match job.failed.detail()? {
            FailedItem::Chunk(i) => Some(chunk_copy(&job.failed.chunks[i], extent, offset)),
            FailedItem::Step(i) => Some(step_copy(&job.failed.steps[i], extent)),
            FailedItem::Group(_) => None,
        },
        Place::Verify => super::verify::copied(job),
        Place::Log => {
            job.log.lines.get(job.log.list.cursor).map(|line| log_copy(line, extent, offset))
        }
        Place::History => {
            let at = job.history.shown();
            let event = at.get(job.history.list.cursor).map(|i| &job.history.events[*i])?;
            Some(log_copy(event, Extent::All, offset))
        }
        Place::Plan => {
            let plan = job.plan.plan.as_ref()?;
            match plan_lines::lines(&job.plan).get(job.plan.list.cursor)? {
                PlanLine::Start => Some(page(model)),
                PlanLine::Finding(i) => Some(finding_text(&plan.findings[*i])),
                PlanLine::Table(i) => Some(plan_table_text(&plan.tables[*i])),
                PlanLine::Check(i) => Some(check_text(&plan.checklist[*i])),
            }
        }
        Place::Lost => Some(page(model)),
    }
}

fn chunk_copy(chunk: &ChunkView, extent: Extent, offset: i32) -> String {
    match (&chunk.error_message, extent) {
        (Some(message), Extent::Message) => message.clone(),
        _ => chunk_text(chunk, offset),
    }
}

fn step_copy(step: &StepView, extent: Extent) -> String {
    match (&step.error_message, extent) {
        (Some(message), Extent::Message) => message.clone(),
        _ => step_text(step),
    }
}

fn log_copy(line: &LogLine, extent: Extent, offset: i32) -> String {
    match extent {
        Extent::Message => line.text.clone(),
        Extent::All => {
            format!("{} {} {}", figures::clock(line.at_ms, offset), line.by, line.text)
        }
    }
}

/// All that is known of a chunk.
#[must_use]
pub fn chunk_text(chunk: &ChunkView, offset: i32) -> String {
    let mut out = String::new();
    if let Some(message) = &chunk.error_message {
        if let Some(code) = &chunk.error_code {
            out.push_str(code);
            out.push_str(": ");
        }
        out.push_str(message);
        out.push_str("\n\n");
    }
    out.push_str(&format!("chunk     {} #{}\n", chunk.table_name, chunk.number));
    out.push_str(&format!("range     {}\n", chunk.range));
    out.push_str(&format!("attempts  {}\n", chunk.attempts));
    out.push_str(&format!(
        "rows      {}   {}\n",
        figures::grouped(chunk.rows),
        figures::bytes(chunk.bytes)
    ));
    if let Some(worker) = chunk.worker {
        out.push_str(&format!("worker    {worker}\n"));
    }
    if let Some(at) = chunk.started_ms {
        out.push_str(&format!("started   {}\n", figures::clock(at, offset)));
    }
    if let Some(ms) = chunk.elapsed_ms {
        out.push_str(&format!("took      {}\n", figures::short_time(ms)));
    }
    out
}

#[must_use]
pub fn step_text(step: &StepView) -> String {
    let mut out = String::new();
    if let Some(message) = &step.error_message {
        out.push_str(message);
        out.push_str("\n\n");
    }
    out.push_str(&format!("step      {}\nattempts  {}\n", step.title, step.attempts));
    if let Some(statement) = &step.statement {
        out.push_str(&format!("\n{statement}\n"));
    }
    out
}

#[must_use]
pub fn finding_text(finding: &FindingView) -> String {
    let mut out = format!("{} {}: {}", finding.severity, finding.topic, finding.message);
    if let Some(detail) = &finding.detail {
        out.push_str("\n\n");
        out.push_str(detail);
    }
    if let Some(hint) = &finding.hint {
        out.push_str("\n\nWhat to do: ");
        out.push_str(hint);
    }
    out
}

#[must_use]
pub fn plan_table_text(table: &PlanTableView) -> String {
    let mut out = format!(
        "{} -> {}\n\nrows      ~{}\nsize      ~{}\nchunks    {} by {}\npath      {}, {}\n\
         fit       {}",
        table.source,
        table.target,
        figures::grouped(table.rows),
        figures::bytes(table.bytes),
        figures::grouped(u64::from(table.chunks)),
        table.method,
        table.path,
        table.path_reason,
        table.fit
    );
    for note in &table.notes {
        out.push_str("\n  ");
        out.push_str(note);
    }
    out
}

#[must_use]
pub fn check_text(check: &ChecklistView) -> String {
    let mut out = format!("{} {}: {}", check.kind, check.name, check.fate);
    if let Some(reason) = &check.reason {
        out.push_str("\n\n");
        out.push_str(reason);
    }
    if let Some(text) = &check.source_text {
        out.push_str("\n\n");
        out.push_str(text);
    }
    out
}

/// `W`: the page or list, whole, to a file.
pub fn write(model: &mut Model) -> Vec<Cmd> {
    let text = page(model);
    if text.is_empty() {
        model.say("there is nothing here to write");
        return Vec::new();
    }
    let job = model.job.as_ref().map_or("jobs", |j| &j.name);
    vec![Cmd::Write { name: format!("{job}-{}", model.place().word()), text }]
}

fn page(model: &Model) -> String {
    let offset = model.now.utc_offset_s;
    let Some(job) = model.job.as_ref().filter(|_| model.place() != Place::Jobs) else {
        return jobs_page(model);
    };
    match model.place() {
        Place::Failed => failed_page(job, offset),
        Place::Rejects => rejects_page(job, offset),
        Place::Table => {
            job.table.chunks.iter().map(|c| chunk_text(c, offset)).collect::<Vec<_>>().join("\n")
        }
        Place::Verify => super::verify::page(job),
        Place::Log => log_page(&job.log.lines, offset),
        Place::History => log_page(&job.history.events, offset),
        Place::Plan => plan_page(job),
        Place::Lost => lost_page(job, offset),
        _ => run_page(job),
    }
}

fn jobs_page(model: &Model) -> String {
    model.jobs.rows.iter().fold(String::new(), |mut out, row| {
        let v = &row.view;
        out.push_str(&format!(
            "{}\t{}\t{} -> {}\t{}%\t{} failed\n",
            v.state, v.name, v.source, v.target, v.progress.percent, v.progress.chunks_failed
        ));
        out
    })
}

fn rejects_page(job: &Attached, offset: i32) -> String {
    let rows = job.rejects.rows.iter().map(|row| reject_text(row, offset));
    rows.collect::<Vec<_>>().join("\n")
}

/// All that is known of a rejected row; the row itself when it was asked for.
#[must_use]
pub fn reject_text(row: &RejectView, offset: i32) -> String {
    let code = row.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    let column = row.column.as_ref().map(|c| format!("\ncolumn {c}")).unwrap_or_default();
    let detail = row.detail.as_ref().map(|d| format!("\n{d}")).unwrap_or_default();
    let mut out = format!(
        "{code}{}{detail}\n\nrow    {}  {}{column}\nchunk  #{}   {}\n",
        row.message,
        row.table_name,
        reject_key_text(row),
        row.chunk,
        figures::clock(row.at_ms, offset),
    );
    if row.in_retry {
        out.push_str("It waits to be read again.\n");
    }
    if let Some(text) = &row.row {
        out.push_str(&format!("\n{text}\n"));
    } else if row.row_bytes > 0 {
        out.push_str(&format!("{}\n", figures::bytes(row.row_bytes)));
    }
    out
}

fn failed_page(job: &Attached, offset: i32) -> String {
    let mut out = String::new();
    for group in &job.failed.groups {
        out.push_str(&format!("== {}\n\n", group.title));
        for i in &group.chunks {
            out.push_str(&chunk_text(&job.failed.chunks[*i], offset));
            out.push('\n');
        }
        for i in &group.steps {
            out.push_str(&step_text(&job.failed.steps[*i]));
            out.push('\n');
        }
    }
    out
}

fn log_page(lines: &[LogLine], offset: i32) -> String {
    lines.iter().fold(String::new(), |mut out, line| {
        out.push_str(&log_copy(line, Extent::All, offset));
        out.push('\n');
        out
    })
}

fn plan_page(job: &Attached) -> String {
    let Some(plan) = &job.plan.plan else {
        return String::new();
    };
    let parts = plan.findings.iter().map(finding_text);
    let tables = plan.tables.iter().map(plan_table_text);
    parts
        .chain(tables)
        .chain(plan.checklist.iter().map(check_text))
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn lost_page(job: &Attached, offset: i32) -> String {
    let p = &job.job().progress;
    format!(
        "{}: the engine (process {}) is gone; numbers are from {}\n{} chunks finished, {} were in \
         work, {} left, {} failed, {} skipped\nlast lines of its log:\n{}\n",
        job.name,
        job.job().engine_pid,
        figures::clock(job.received_wall_ms, offset),
        p.chunks_done,
        p.chunks_running,
        p.chunks_left,
        p.chunks_failed,
        p.chunks_skipped,
        job.lost.tail.join("\n")
    )
}

fn run_page(job: &Attached) -> String {
    let view = job.job();
    let p = &view.progress;
    let mut out = format!(
        "{} {} {} -> {} {}%\nchunks: {} done, {} running, {} left, {} failed, {} skipped\n\n",
        view.name,
        view.state,
        view.source,
        view.target,
        p.percent,
        p.chunks_done,
        p.chunks_running,
        p.chunks_left,
        p.chunks_failed,
        p.chunks_skipped
    );
    for table in &job.shot.tables {
        out.push_str(&format!(
            "{}\t{}\t{}/{} chunks\t{} rows\t{} failed\n",
            table.name,
            table.state,
            table.chunks_done,
            table.chunks_total,
            table.rows_done,
            table.chunks_failed
        ));
    }
    out
}
