//! `tidegate status` for people.

use super::figures;
use super::lines::chunks_total;
use super::output::clean;
use crate::core::time::Timestamp;
use crate::protocol::{AlertView, JobView, PhaseView, Snapshot};

/// ` [PROD]`, or nothing.
#[must_use]
pub fn label(job: &JobView) -> String {
    match (&job.target_label, job.production) {
        (Some(label), _) => format!(" [{label}]"),
        (None, true) => " [PROD]".to_owned(),
        (None, false) => String::new(),
    }
}

/// The state of a job on a few lines; every figure has its word.
#[must_use]
pub fn lines(snapshot: &Snapshot) -> Vec<String> {
    let job = &snapshot.job;
    let p = &job.progress;
    let about = if p.estimated { "~" } else { "" };
    let mut lines = vec![
        clean(&format!(
            "{}  {}  {} -> {}{}",
            job.name,
            job.state,
            job.source,
            job.target,
            label(job)
        )),
        format!(
            "  done     {}%, {} of {about}{} rows, {} of {about}{}",
            p.percent,
            figures::count(p.rows_done),
            figures::count(p.rows_total),
            figures::bytes(p.bytes_done),
            figures::bytes(p.bytes_total),
        ),
        format!(
            "  chunks   {} done, {} running, {} left, {} failed, {} skipped of {}",
            p.chunks_done,
            p.chunks_running,
            p.chunks_left,
            p.chunks_failed,
            p.chunks_skipped,
            chunks_total(job),
        ),
        format!(
            "  tables   {} done, {} running, {} left, {} with failures of {}",
            p.tables_done,
            p.tables_running,
            p.tables_left,
            p.tables_failed,
            snapshot.tables.len(),
        ),
        format!("  phases   {}", phases(&job.phases, p.percent)),
        threads(job),
        rate(job),
    ];
    if job.started_ms != 0 {
        let started = Timestamp(job.started_ms);
        let eta = p.eta_ms.map(|(least, most)| {
            let now = Timestamp(job.now_ms);
            format!(", ends about {} to {}", now.plus_ms(least), now.plus_ms(most))
        });
        let elapsed = figures::short_time(job.elapsed_ms);
        lines.push(format!("  time     since {started}, {elapsed}{}", eta.unwrap_or_default()));
    }
    lines.extend(not_alike(job));
    if job.snapshots > 1 {
        lines.push(format!("  source   {} snapshots: the rows mix several moments", job.snapshots));
    }
    for reason in &job.held_by {
        lines.push(format!("  held by  {}", clean(reason)));
    }
    job.alerts.iter().for_each(|alert| lines.extend(trouble(alert)));
    lines
}

/// What is not on the target as it is at the source.
fn not_alike(job: &JobView) -> Vec<String> {
    let mut lines = Vec::new();
    let rejected = job.progress.rows_rejected;
    if rejected > 0 {
        let (count, name) = (figures::grouped(rejected), &job.name);
        lines.push(format!("  rejected {count} rows put aside: `tidegate rejects list {name}`"));
    }
    if let Some(found) = &job.compared {
        lines.push(format!(
            "  verdict  {} chunks equal, {} differ: {} rows missing, {} extra, {} different",
            found.chunks_equal,
            found.chunks_differ,
            figures::count(found.missing),
            figures::count(found.extra),
            figures::count(found.different),
        ));
    }
    lines
}

fn threads(job: &JobView) -> String {
    let t = &job.threads;
    let mut line = format!("  threads  {} run, {} want, max {}", t.run, t.want, t.max);
    for (number, word) in [(t.connecting, "connecting"), (t.draining, "draining")] {
        if number > 0 {
            line.push_str(&format!(", {number} {word}"));
        }
    }
    line.push_str(&format!("; indexes {} run, {} want", t.index_run, t.index_workers));
    if let Some(note) = &t.note {
        line.push_str(&format!("  ({})", clean(note)));
    }
    line
}

fn rate(job: &JobView) -> String {
    let r = &job.rate;
    let limit = match r.limit_bytes_per_s {
        None => "no limit".to_owned(),
        Some(limit) => {
            let by = r.limit_by.as_ref().map(|by| format!(" set by {}", clean(by)));
            format!("limit {}{}", figures::rate(limit), by.unwrap_or_default())
        }
    };
    let (now, rows) = (figures::rate(r.bytes_per_s), figures::count(r.rows_per_s));
    format!("  rate     {now}, {rows} rows/s, {limit}")
}

/// `schema ok | COPY 63% | indexes 0/58`.
fn phases(phases: &[PhaseView], percent: u8) -> String {
    let phase = |p: &PhaseView| {
        let failed = if p.failed > 0 { format!(" {} failed", p.failed) } else { String::new() };
        match (p.total, p.done == p.total) {
            (0, _) => format!("{} -", p.name),
            (_, true) => format!("{} ok{failed}", p.name),
            _ if p.name == "copy" => format!("copy {percent}%{failed}"),
            (total, false) => format!("{} {}/{total}{failed}", p.name, p.done),
        }
    };
    phases.iter().map(phase).collect::<Vec<_>>().join(" | ")
}

fn trouble(alert: &AlertView) -> Vec<String> {
    let mut lines = vec![format!("! {}", clean(&alert.what))];
    for (word, text) in [("Safe", &alert.safe), ("Next", &alert.next)] {
        if !text.is_empty() {
            lines.push(format!("  {word}: {}", clean(text)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_read_like_the_screens() {
        let phase = |name: &str, done: u32, total: u32, failed: u32| PhaseView {
            name: name.to_owned(),
            done,
            total,
            failed,
            running: 0,
        };
        let list = [phase("schema", 3, 3, 0), phase("copy", 1, 9, 2), phase("keys", 0, 0, 0)];
        assert_eq!(phases(&list, 63), "schema ok | copy 63% 2 failed | keys -");
    }
}
