//! `report`: everything there is to tell about a job, as one text to keep or to send: figures, the
//! plan's findings, tables, failures with their whole messages, runs and who did what.

use std::io::Write;

use serde_json::json;

use super::args::ReportArgs;
use super::failure::{Exit, Failure};
use super::figures;
use super::look::log_text;
use super::output::{clean, columns, object_text};
use super::session::Session;
use super::status_text;
use super::view::View;
use crate::core::time::Timestamp;
use crate::protocol::{ChunkFilter, ChunkView, PlanView, RunView, Snapshot, StepView};

/// Events of the story that are told.
const EVENTS_MAX: u32 = 1_000;
/// Failures that are told with their whole message.
const FAILURES_MAX: usize = 500;
/// A chunk's state of that number has failed.
const FAILED: u8 = 3;

/// # Errors
/// No such job, a file that cannot be read or written.
pub async fn report(session: &Session, args: &ReportArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    let shot = view.snapshot().await?;
    let filter = ChunkFilter { table: None, state: Some(FAILED) };
    let chunks = view.chunks(filter).await?;
    let steps = view.steps(true).await?;
    let (runs, events) = view.history(EVENTS_MAX).await?;
    let plan = if shot.job.planned { Some(view.plan().await?) } else { None };
    let text = if session.output.json {
        let body = json!({
            "job": shot.job,
            "tables": shot.tables,
            "plan": plan,
            "failed_chunks": chunks,
            "failed_steps": steps,
            "runs": runs,
            "events": events,
        });
        object_text("report", body) + "\n"
    } else {
        let mut lines = vec![format!("Report of job {job}, {}", Timestamp(shot.job.now_ms))];
        section(&mut lines, "State", status_text::lines(&shot));
        section(&mut lines, "Plan", plan.as_ref().map(findings).unwrap_or_default());
        section(&mut lines, "Tables", tables(&shot));
        section(&mut lines, "Failures", failures(&chunks, &steps));
        section(&mut lines, "Runs", runs.iter().map(run).collect());
        section(&mut lines, "Story", events.iter().map(log_text).collect());
        lines.join("\n") + "\n"
    };
    match &args.output {
        None => session.output.line(text.trim_end()),
        Some(path) => {
            let written = std::fs::File::create(path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
            written.map_err(|error| {
                Failure::new(Exit::Error, format!("{}: {error}", path.display()))
                    .with_detail("The job is not touched.")
            })?;
            session.output.note(&format!("written to {}", path.display()));
        }
    }
    Ok(Exit::Done)
}

fn section(lines: &mut Vec<String>, title: &str, body: Vec<String>) {
    if !body.is_empty() {
        lines.extend([String::new(), title.to_owned(), "-".repeat(title.len())]);
        lines.extend(body);
    }
}

fn findings(plan: &PlanView) -> Vec<String> {
    let line = |f: &crate::protocol::FindingView| {
        clean(&format!("{:<5} {}: {}", f.severity, f.topic, f.message))
    };
    plan.findings.iter().map(line).collect()
}

fn tables(shot: &Snapshot) -> Vec<String> {
    let mut rows: Vec<Vec<String>> = vec![
        ["table", "state", "chunks", "failed", "skipped", "rows", "rejected", "bytes"]
            .map(ToOwned::to_owned)
            .to_vec(),
    ];
    rows.extend(shot.tables.iter().map(|t| {
        vec![
            clean(&t.name),
            t.state.clone(),
            format!("{}/{}", t.chunks_done, t.chunks_total),
            t.chunks_failed.to_string(),
            t.chunks_skipped.to_string(),
            figures::grouped(t.rows_done),
            figures::grouped(t.rows_rejected),
            figures::bytes(t.bytes_done),
        ]
    }));
    columns(&rows, &[2, 3, 4, 5, 6, 7])
}

fn failures(chunks: &[ChunkView], steps: &[StepView]) -> Vec<String> {
    let mut lines = Vec::new();
    for chunk in chunks.iter().take(FAILURES_MAX) {
        let code = chunk.error_code.as_ref().map_or(String::new(), |code| format!(" {code}"));
        lines.push(clean(&format!(
            "{} #{}  {}  try {}{code}",
            chunk.table_name, chunk.number, chunk.range, chunk.attempts
        )));
        lines.extend(indented(chunk.error_message.as_deref()));
    }
    let left = FAILURES_MAX.saturating_sub(chunks.len());
    for step in steps.iter().take(left) {
        lines.push(clean(&format!("{}  try {}", step.title, step.attempts)));
        lines.extend(indented(step.error_message.as_deref()));
    }
    let more = (chunks.len() + steps.len()).saturating_sub(FAILURES_MAX);
    if more > 0 {
        let more = figures::counted(more as u64, "other failure");
        lines.push(format!("and {more}: tidegate chunks JOB --state failed --json"));
    }
    lines
}

fn indented(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().lines().map(|line| format!("    {}", clean(line))).collect()
}

fn run(run: &RunView) -> String {
    let ended = match run.ended_ms {
        Some(at) => Timestamp(at).to_string(),
        None => "not ended".to_owned(),
    };
    format!("run {}  {} to {ended}", run.number, Timestamp(run.started_ms))
}
