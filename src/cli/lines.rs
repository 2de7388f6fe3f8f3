//! A job on one line, and the end of a job in JSON.

use serde_json::{Value, json};

use super::figures;
use super::output::clean;
use crate::core::time::Timestamp;
use crate::protocol::{ComparedView, JobView};

/// `2026-11-20T14:31:16Z crm-nov EXECUTING 63% chunks=2918/4612 failed=7 ...`. Words are separated
/// by one space and hold none, except between quotes.
#[must_use]
pub fn plain_line(job: &JobView, by: Option<&str>) -> String {
    let at = Timestamp(job.now_ms);
    format!("{at} {}", line_without_time(job, by))
}

/// The same without its moment: `status --sup`.
#[must_use]
pub fn line_without_time(job: &JobView, by: Option<&str>) -> String {
    let p = &job.progress;
    let total = chunks_total(job);
    let mut line = format!(
        "{} {} {}% chunks={}/{total} failed={} skipped={} rows={} rate={}/s threads={}/{}",
        job.name,
        job.state.replace(' ', "_"),
        p.percent,
        p.chunks_done,
        p.chunks_failed,
        p.chunks_skipped,
        figures::count(p.rows_done),
        figures::bytes(job.rate.bytes_per_s).replace(' ', ""),
        job.threads.run,
        job.threads.want,
    );
    if p.steps_failed > 0 {
        line.push_str(&format!(" steps_failed={}", p.steps_failed));
    }
    if p.rows_rejected > 0 {
        line.push_str(&format!(" rejected={}", p.rows_rejected));
    }
    if let Some(found) = &job.compared {
        line.push_str(&format!(
            " differ={} missing={} extra={} different={}",
            found.chunks_differ, found.missing, found.extra, found.different
        ));
    }
    if let Some(phase) = job.phases.iter().find(|phase| phase.running > 0 && phase.name != "copy") {
        line.push_str(&format!(" {}={}/{}", phase.name, phase.done, phase.total));
    }
    if let Some((least, most)) = p.eta_ms {
        let clock = |ms: u64| {
            let (_, _, _, hour, minute, _) = Timestamp(job.now_ms).plus_ms(ms).civil();
            format!("{hour:02}:{minute:02}")
        };
        line.push_str(&format!(" eta={}-{}", clock(least), clock(most)));
    }
    if let Some(by) = by {
        line.push_str(&format!(" by={}", clean(by)));
    }
    if !job.held_by.is_empty() {
        line.push_str(&format!(" held={}", quoted(&job.held_by.join("; "))));
    }
    line
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('"', "'"))
}

#[must_use]
pub fn chunks_total(job: &JobView) -> u32 {
    let p = &job.progress;
    p.chunks_done + p.chunks_running + p.chunks_left + p.chunks_failed + p.chunks_skipped
}

/// The last object of a command that followed a job.
#[must_use]
pub fn summary(job: &JobView, exit: u8) -> Value {
    let p = &job.progress;
    json!({
        "job": job.name,
        "state": job.state,
        "exit": exit,
        "percent": p.percent,
        "tables": p.tables_done + p.tables_running + p.tables_left + p.tables_failed,
        "tables_failed": p.tables_failed,
        "chunks": chunks_total(job),
        "chunks_failed": p.chunks_failed,
        "chunks_skipped": p.chunks_skipped,
        "steps_failed": p.steps_failed,
        "rows": p.rows_done,
        "rows_rejected": p.rows_rejected,
        "bytes": p.bytes_done,
        "elapsed_ms": job.elapsed_ms,
        "snapshots": job.snapshots,
        "compared": job.compared,
    })
}

/// `; equal`, or what differs and where to look.
fn verdict_text(job: &JobView, found: &ComparedView) -> String {
    let done = chunks_total(job) == job.progress.chunks_done;
    if !found.differs {
        let repaired = match found.chunks_repaired {
            0 => String::new(),
            n => format!(" after repair of {}", figures::counted(u64::from(n), "chunk")),
        };
        let verdict = if done { "equal" } else { "nothing differs so far" };
        return format!("; {verdict}{repaired}");
    }
    let shape = match found.shape {
        0 => String::new(),
        n => format!(", {} in the tables' shape", figures::counted(u64::from(n), "difference")),
    };
    format!(
        "; DIFFERS: {}{} missing, {} extra, {} different{shape}\n  tidegate verify show {} \
         lists the rows;   tidegate plan {} what is missing as a whole",
        if found.at_least { "at least " } else { "" },
        figures::grouped(found.missing),
        figures::grouped(found.extra),
        figures::grouped(found.different),
        job.name,
        job.name,
    )
}

/// The end of a job for people.
#[must_use]
pub fn summary_text(job: &JobView) -> String {
    let p = &job.progress;
    let tables = p.tables_done + p.tables_running + p.tables_left + p.tables_failed;
    let mut text = format!(
        "{} {}: {} of {}, {} rows, {} in {}",
        job.name,
        job.state,
        figures::counted(u64::from(p.tables_done), "table"),
        tables,
        figures::grouped(p.rows_done),
        figures::bytes(p.bytes_done),
        figures::short_time(job.elapsed_ms),
    );
    for (number, what) in [
        (u64::from(p.chunks_failed), "failed chunk"),
        (u64::from(p.chunks_skipped), "skipped chunk"),
        (u64::from(p.steps_failed), "failed step"),
        (p.rows_rejected, "rejected row"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {}", figures::counted(number, what)));
        }
    }
    if let Some(found) = &job.compared {
        text.push_str(&verdict_text(job, found));
    }
    if p.chunks_failed > 0 {
        text.push_str(&format!(
            "\n  tidegate chunks {0} --state failed   shows why;   tidegate retry {0} --all",
            job.name
        ));
    }
    if p.steps_failed > 0 {
        text.push_str(&format!(
            "\n  tidegate chunks {0} --steps          shows why;   tidegate retry {0} --all",
            job.name
        ));
    }
    if p.rows_rejected > 0 {
        text.push_str(&format!(
            "\n  tidegate rejects list {0}             shows why;   tidegate rejects retry {0}",
            job.name
        ));
    }
    if job.snapshots > 1 {
        text.push_str(&format!(
            "\n  The rows come from {} snapshots of the source: it was interrupted in between.",
            job.snapshots
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ProgressView, RateView, ThreadsView};

    fn job() -> JobView {
        JobView {
            name: "crm-nov".to_owned(),
            state: "STOP PENDING".to_owned(),
            now_ms: 1_795_185_076_000,
            progress: ProgressView {
                percent: 63,
                chunks_done: 2918,
                chunks_running: 12,
                chunks_left: 1673,
                chunks_failed: 7,
                chunks_skipped: 2,
                rows_done: 296_000_000,
                eta_ms: Some((39 * 60_000, 59 * 60_000)),
                ..ProgressView::default()
            },
            rate: RateView { bytes_per_s: 71_000_000, ..RateView::default() },
            threads: ThreadsView { run: 12, want: 16, ..ThreadsView::default() },
            ..JobView::default()
        }
    }

    #[test]
    fn the_line_is_the_manuals() {
        assert_eq!(
            plain_line(&job(), None),
            "2026-11-20T14:31:16Z crm-nov STOP_PENDING 63% chunks=2918/4612 failed=7 skipped=2 \
             rows=296M rate=71.0MB/s threads=12/16 eta=15:10-15:30"
        );
    }

    #[test]
    fn reasons_stand_between_quotes_and_cannot_break_out() {
        let mut job = job();
        job.progress.eta_ms = None;
        job.held_by = vec!["rate \"limit\"\n40".to_owned()];
        let line = plain_line(&job, Some("ana"));
        assert!(line.ends_with("by=ana held=\"rate 'limit'\\n40\""), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
}
