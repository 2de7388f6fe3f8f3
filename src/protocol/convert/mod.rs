//! Views made from a job: pure functions, used by the engine for what it publishes and by the
//! command line for a job without an engine. The only place where the wire meets the core.

mod job;
mod rejects;
mod spec;
mod table;
mod trouble;
mod verify;

pub use job::{EngineFace, Figures, JobContext, WorkerCounts, job_view, not_running, word_of_kind};
pub use rejects::{key_text, reject_group_view, reject_view};
pub use spec::{command_of, exists_word, spec_from, spec_message};
pub use table::{
    Moving, chunk_runs, chunk_view, plan_table_view, range_text, step_view, table_view,
};
pub use trouble::{SocketTrouble, StoreTrouble, alerts, held_by, topic_of};
pub use verify::{ComparedFigures, compared_view, difference_view, with_values};

use super::{ChangeView, ChecklistView, FindingView, LogLine, PlanView, WayView};
use crate::core::job::Actor;
use crate::core::name::ObjectName;
use crate::core::plan::{Change, ChecklistEntry, Finding, MigrationPlan, TablePlan, WayOut};
use crate::core::time::Timestamp;

/// A line of the job's story; `by` absent: the engine.
#[must_use]
pub fn log_line(at: Timestamp, by: Option<&Actor>, level: &str, text: &str) -> LogLine {
    LogLine { at_ms: at.0, by: actor_text(by), text: text.to_owned(), level: level.to_owned() }
}

/// `ana (pts/3)`, `engine`.
#[must_use]
pub fn actor_text(by: Option<&Actor>) -> String {
    match by {
        None => "engine".to_owned(),
        Some(actor) if actor.tty.is_empty() => actor.user.clone(),
        Some(actor) => format!("{} ({})", actor.user, actor.tty),
    }
}

#[must_use]
pub fn finding_view(finding: &Finding) -> FindingView {
    FindingView {
        severity: finding.severity.word().to_owned(),
        topic: finding.topic.clone(),
        message: finding.message.clone(),
        detail: finding.detail.clone(),
        hint: finding.hint.clone(),
        ways: finding.ways.iter().map(way_view).collect(),
    }
}

/// A plan that no job has.
#[must_use]
pub fn plan_view(plan: &MigrationPlan) -> PlanView {
    let chunks = |table: &TablePlan| u32::try_from(table.chunks.len()).unwrap_or(u32::MAX);
    PlanView {
        findings: plan.findings.iter().map(finding_view).collect(),
        tables: plan.tables.iter().map(|table| plan_table_view(table, chunks(table))).collect(),
        checklist: plan.checklist.iter().map(checklist_view).collect(),
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        blocked: plan.is_blocked(),
    }
}

fn way_view(way: &WayOut) -> WayView {
    let table = |name: &ObjectName| name.to_string();
    let change = match &way.change {
        Change::TableExists { table: name, policy } => {
            ChangeView::TableExists { table: table(name), policy: exists_word(*policy) }
        }
        Change::LeaveOut { table: name } => ChangeView::LeaveOut { table: table(name) },
        Change::Rename { table: name } => ChangeView::Rename { table: table(name) },
        Change::AcceptLossy => ChangeView::AcceptLossy,
        Change::Set { key, value } => ChangeView::Set { key: key.clone(), value: value.clone() },
        Change::Conform { statements } => ChangeView::Conform { statements: statements.clone() },
        Change::Page { page } => ChangeView::Page { page: page.clone() },
    };
    WayView { title: way.title.clone(), change }
}

#[must_use]
pub fn checklist_view(entry: &ChecklistEntry) -> ChecklistView {
    ChecklistView {
        kind: entry.kind.clone(),
        name: entry.name.to_string(),
        fate: entry.fate.word().to_owned(),
        reason: entry.reason.clone(),
        source_text: entry.source_text.clone(),
    }
}

/// `14:33` where the engine lives.
#[must_use]
pub fn clock_text(at: Timestamp, utc_offset_s: i64) -> String {
    let (_, _, _, hour, minute, _) = Timestamp(at.0 + utc_offset_s * 1000).civil();
    format!("{hour:02}:{minute:02}")
}

/// `14:33:20`, for what is due within seconds.
fn seconds_text(at: Timestamp, utc_offset_s: i64) -> String {
    let (_, _, _, hour, minute, second) = Timestamp(at.0 + utc_offset_s * 1000).civil();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `40 MB/s`, `1.5 MB/s`, `900 kB/s`.
#[must_use]
pub fn rate_text(bytes_per_s: u64) -> String {
    let (amount, unit) = match bytes_per_s {
        0..1_000 => return format!("{bytes_per_s} B/s"),
        1_000..1_000_000 => (bytes_per_s as f64 / 1e3, "kB/s"),
        1_000_000..1_000_000_000 => (bytes_per_s as f64 / 1e6, "MB/s"),
        _ => (bytes_per_s as f64 / 1e9, "GB/s"),
    };
    let text = format!("{amount:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// `40 MB`, `1.5 GB`.
#[must_use]
pub fn bytes_text(bytes: u64) -> String {
    rate_text(bytes).trim_end_matches("/s").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_as_people_say_them() {
        for (bytes, text) in [
            (900, "900 B/s"),
            (40_000_000, "40 MB/s"),
            (1_500_000, "1.5 MB/s"),
            (2_000_000_000, "2 GB/s"),
        ] {
            assert_eq!(rate_text(bytes), text);
        }
    }

    #[test]
    fn who_did_it() {
        let ana = Actor { user: "ana".to_owned(), tty: "pts/3".to_owned() };
        assert_eq!(actor_text(Some(&ana)), "ana (pts/3)");
        assert_eq!(actor_text(None), "engine");
        assert_eq!(clock_text(Timestamp(1_795_185_076_000), 3600), "15:31");
    }
}
