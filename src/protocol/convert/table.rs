//! Tables, chunks and steps as a console shows them.

use crate::core::chunk::{ChunkId, ChunkMethod, ChunkRange};
use crate::core::job::{Chunk, ChunkStatus, Job, Progress, StepStatus};
use crate::core::mapping::Fit;
use crate::core::plan::{
    ColumnPlan, CopyFormat, DataPath, RowChoice, StepId, TableIndex, TablePlan,
};
use crate::core::time::Timestamp;
use crate::protocol::{ChunkView, PlanColumnView, PlanTableView, StepView, TableView};

/// Most chunks for which each has a cell of its own.
const CELLS_MAX: u32 = 20;

/// What workers hold of a table and have not committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moving {
    pub rows: u64,
    pub bytes: u64,
    pub bytes_per_s: u64,
}

/// One table's line.
#[must_use]
pub fn table_view(
    job: &Job,
    table: TableIndex,
    plan: &TablePlan,
    moving: Moving,
    last_change: Timestamp,
) -> TableView {
    let sums = job.table_progress(table).chunks;
    let chunks = job.chunks_of(table);
    let total = chunks.len() as u32;
    let (source, target) = (plan.source.to_string(), plan.target.to_string());
    let root = job.root_of(table);
    let retries = (root.0 + 1..=table.0).filter(|at| job.root_of(TableIndex(*at)) == root);
    let name = match root == table {
        true => source.clone(),
        false => format!("{source} retry {}", retries.count()),
    };
    TableView {
        number: table.0,
        target_name: (target != source).then_some(target),
        name,
        state: table_state(&sums, total).to_owned(),
        chunks_total: total,
        chunks_done: sums.chunks_done,
        chunks_running: sums.chunks_running,
        chunks_failed: sums.chunks_failed,
        chunks_skipped: sums.chunks_skipped,
        cells: (total <= CELLS_MAX).then(|| chunks.iter().map(cell).collect()),
        rows_done: sums.rows_done,
        rows_rejected: sums.rows_rejected,
        rows_total: sums.rows_total,
        bytes_done: sums.bytes_done,
        bytes_total: sums.bytes_total,
        rows_moving: moving.rows,
        bytes_moving: moving.bytes,
        estimated: sums.chunks_done < total,
        method: method_text(&plan.method),
        path: path_text(plan.path).to_owned(),
        bytes_per_s: moving.bytes_per_s,
        last_change_ms: last_change.0,
        compared: None,
    }
}

/// `failed` as soon as one chunk is, whatever the others do.
fn table_state(sums: &Progress, total: u32) -> &'static str {
    let settled = sums.chunks_done + sums.chunks_failed + sums.chunks_skipped;
    if sums.chunks_failed > 0 {
        "failed"
    } else if total > 0 && sums.chunks_skipped == total {
        "skipped"
    } else if settled == total {
        "done"
    } else if sums.chunks_running > 0 || settled > 0 {
        "running"
    } else {
        "waiting"
    }
}

/// A chunk's state as one sign; `:` waits for a retry.
fn cell(chunk: &Chunk) -> char {
    match chunk.status {
        ChunkStatus::Unassigned if chunk.not_before.is_some() => ':',
        status => char::from(b'0' + status as u8),
    }
}

/// States of a table's chunks in runs, for the map; state 5 stands for `:`.
#[must_use]
pub fn chunk_runs(job: &Job, table: TableIndex) -> Vec<(u8, u32)> {
    let mut runs: Vec<(u8, u32)> = Vec::new();
    for chunk in job.chunks_of(table) {
        let state = match chunk.status {
            ChunkStatus::Unassigned if chunk.not_before.is_some() => 5,
            status => status as u8,
        };
        match runs.last_mut() {
            Some((last, count)) if *last == state => *count += 1,
            _ => runs.push((state, 1)),
        }
    }
    runs
}

fn method_text(method: &ChunkMethod) -> String {
    match method {
        ChunkMethod::Key { columns } => format!("key {}", columns.join(", ")),
        other => other.word().to_owned(),
    }
}

fn path_text(path: DataPath) -> &'static str {
    match path {
        DataPath::DirectCopy(CopyFormat::Binary) => "direct, binary COPY",
        DataPath::DirectCopy(CopyFormat::Text) => "direct, text COPY",
        DataPath::DirectAttach => "direct, attached file",
        DataPath::Conventional => "conventional",
    }
}

/// A range for people: `id from 4,000,001 to before 4,050,001`.
#[must_use]
pub fn range_text(range: &ChunkRange, method: &ChunkMethod) -> String {
    let span = |what: &str, from: Option<String>, until: Option<String>| match (from, until) {
        (None, None) => format!("{what}: all"),
        (Some(from), None) => format!("{what} from {from}"),
        (None, Some(until)) => format!("{what} before {until}"),
        (Some(from), Some(until)) => format!("{what} from {from} to before {until}"),
    };
    match range {
        ChunkRange::Whole => "whole table".to_owned(),
        ChunkRange::Key { from, until } => {
            let columns = match method {
                ChunkMethod::Key { columns } => columns.join(", "),
                ChunkMethod::Whole | ChunkMethod::Ctid | ChunkMethod::Rowid => "key".to_owned(),
            };
            let values = |key: &Vec<String>| match key.as_slice() {
                [one] => grouped(one),
                many => format!("({})", many.join(", ")),
            };
            span(&columns, from.as_ref().map(values), until.as_ref().map(values))
        }
        ChunkRange::Ctid { from_page, until_page } => span(
            "page",
            (*from_page > 0).then(|| grouped(&from_page.to_string())),
            until_page.map(|p| grouped(&p.to_string())),
        ),
        ChunkRange::Keys(keys) => format!("{} rejected rows by key", keys.len()),
        ChunkRange::Rowid { from, until } => span(
            "rowid",
            from.map(|r| grouped(&r.to_string())),
            until.map(|r| grouped(&r.to_string())),
        ),
    }
}

/// `4000001` as `4,000,001`; any other text as it is.
fn grouped(text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + text.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if digits.len() == text.len() { out } else { format!("-{out}") }
}

/// A chunk's line without what only the file knows: range text, times and error.
#[must_use]
pub fn chunk_view(job: &Job, id: ChunkId, plan: &TablePlan) -> ChunkView {
    let chunk = &job.chunks[id.0 as usize];
    let first = job.tables[chunk.table.0 as usize].first_chunk.0;
    ChunkView {
        id: id.0,
        table: chunk.table.0,
        table_name: plan.source.to_string(),
        number: id.0 - first + 1,
        state: chunk.status as u8,
        attempts: chunk.attempts,
        rows: chunk.rows,
        bytes: chunk.bytes,
        rejected: chunk.rejects.count,
        worker: chunk.worker.map(|w| w.0),
        ..ChunkView::default()
    }
}

/// A step's line without what only the file knows: times and error.
#[must_use]
pub fn step_view(job: &Job, id: StepId) -> StepView {
    let (step, standing) = (job.step(id), job.standing(id));
    StepView {
        id: id.0,
        title: step.title.clone(),
        state: match standing.status {
            StepStatus::Waiting => "waiting",
            StepStatus::Running(_) => "running",
            StepStatus::Done => "done",
            StepStatus::Failed => "failed",
            StepStatus::Skipped => "skipped",
        }
        .to_owned(),
        attempts: standing.attempts,
        elapsed_ms: None,
        error_message: None,
        statement: (!step.statements.is_empty()).then(|| step.statements.join(";\n")),
    }
}

/// A table of the plan.
#[must_use]
pub fn plan_table_view(plan: &TablePlan, chunks: u32) -> PlanTableView {
    let worst = plan.columns.iter().map(|c| c.fit).max().unwrap_or(Fit::Exact);
    let told = |c: &&ColumnPlan| c.fit != Fit::Exact || c.rule.is_some() || c.expression.is_some();
    let notes = plan.columns.iter().filter(told).map(|c| column_view(c).line());
    let changed = |c: &&ColumnPlan| {
        let as_it_is = c.fit == Fit::Exact && c.rule.is_none() && c.reason.is_empty();
        !as_it_is
            || c.expression.is_some()
            || c.source_declared != c.target_declared
            || c.name != c.target_name
    };
    PlanTableView {
        source: plan.source.to_string(),
        target: plan.target.to_string(),
        rows: plan.estimate.rows,
        bytes: plan.estimate.bytes,
        chunks,
        method: method_text(&plan.method),
        path: path_text(plan.path).to_owned(),
        path_reason: plan.path_reason.clone(),
        fit: worst.word().to_owned(),
        notes: notes.collect(),
        verdicts: verdicts(&plan.columns),
        columns: plan.columns.iter().filter(changed).map(column_view).collect(),
        rows_chosen: rows_chosen(&plan.rows),
    }
}

/// `where placed > '2024-01-01'`, `sample 10 %`.
fn rows_chosen(rows: &RowChoice) -> Vec<String> {
    let filter = rows.filter.iter().map(|text| format!("where {}", text.trim()));
    filter.chain(rows.sample.map(|percent| format!("sample {percent} %"))).collect()
}

fn column_view(column: &ColumnPlan) -> PlanColumnView {
    let rule = column.rule.as_ref();
    PlanColumnView {
        name: column.name.clone(),
        target_name: column.target_name.clone(),
        source_type: column.source_declared.clone(),
        target_type: column.target_declared.clone(),
        fit: column.fit.word().to_owned(),
        reason: column.reason.clone(),
        rule: rule.map(|r| r.by.clone()),
        instead_of: rule.map(|r| r.instead_of.clone()).filter(|o| *o != column.target_declared),
        expression: column.expression.as_ref().map(|text| text.trim().to_owned()),
    }
}

/// How many columns have each verdict: `12 exact, 3 wider`.
fn verdicts(columns: &[ColumnPlan]) -> String {
    let all = [Fit::Exact, Fit::Wider, Fit::Lossy, Fit::Unsupported];
    let counted = all.iter().filter_map(|fit| {
        let count = columns.iter().filter(|c| c.fit == *fit).count();
        (count > 0).then(|| format!("{count} {}", fit.word()))
    });
    counted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_like_sentences() {
        let method = ChunkMethod::Key { columns: vec!["id".to_owned()] };
        let key = |t: &str| Some(vec![t.to_owned()]);
        for (range, text) in [
            (ChunkRange::Whole, "whole table"),
            (ChunkRange::Key { from: None, until: key("5000") }, "id before 5,000"),
            (
                ChunkRange::Key { from: key("-5000"), until: key("x1") },
                "id from -5,000 to before x1",
            ),
            (ChunkRange::Ctid { from_page: 0, until_page: None }, "page: all"),
            (ChunkRange::Rowid { from: Some(12), until: None }, "rowid from 12"),
        ] {
            assert_eq!(range_text(&range, &method), text);
        }
    }

    #[test]
    fn a_failed_chunk_names_the_table_failed() {
        let sums = |done, failed, skipped, running| Progress {
            chunks_done: done,
            chunks_failed: failed,
            chunks_skipped: skipped,
            chunks_running: running,
            ..Progress::default()
        };
        for (sums, state) in [
            (sums(0, 0, 0, 0), "waiting"),
            (sums(1, 0, 0, 0), "running"),
            (sums(0, 0, 0, 1), "running"),
            (sums(2, 0, 1, 0), "done"),
            (sums(0, 0, 3, 0), "skipped"),
            (sums(1, 1, 0, 1), "failed"),
        ] {
            assert_eq!(table_state(&sums, 3), state);
        }
    }
}
