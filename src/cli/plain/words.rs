//! Figures as sentences: for screen readers and terminals that are nothing but paper.

use crate::cli::figures;
use crate::cli::output::clean;
use crate::console::cause_of_failure;
use crate::core::time::Timestamp;
use crate::protocol::{AlertView, ChunkView, JobView, LogLine, Snapshot, StepView, TableView};

/// Causes that are told one by one.
const CAUSES_MAX: usize = 10;

/// `14:32:00`, in UTC as everywhere on the command line.
#[must_use]
pub fn clock(ms: i64) -> String {
    let (_, _, _, hour, minute, second) = Timestamp(ms).civil();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `71.0 megabytes`.
#[must_use]
pub fn bytes(n: u64) -> String {
    let text = figures::bytes(n);
    let (amount, unit) = text.split_once(' ').unwrap_or((&text, "B"));
    let unit = match unit {
        "kB" => "kilobytes",
        "MB" => "megabytes",
        "GB" => "gigabytes",
        "TB" => "terabytes",
        "B" => "bytes",
        other => other,
    };
    format!("{amount} {unit}")
}

/// `64 percent, 71 megabytes a second, ends 15:10 to 15:30`.
#[must_use]
pub fn progress(job: &JobView) -> String {
    let p = &job.progress;
    let mut text = format!("{} percent", p.percent);
    if job.rate.bytes_per_s > 0 {
        text.push_str(&format!(", {} a second", bytes(job.rate.bytes_per_s)));
    }
    if let Some((least, most)) = p.eta_ms {
        let clock = |ms| {
            let (_, _, _, hour, minute, _) = Timestamp(job.now_ms).plus_ms(ms).civil();
            format!("{hour:02}:{minute:02}")
        };
        text.push_str(&format!(", ends {} to {}", clock(least), clock(most)));
    }
    text
}

/// `crm-nov is EXECUTING, 63 percent, 7 failed chunks.`
#[must_use]
pub fn state(job: &JobView) -> String {
    let p = &job.progress;
    let mut text = format!("{} is {}, {} percent", job.name, job.state, p.percent);
    for (number, one) in [
        (u64::from(p.chunks_failed), "failed chunk"),
        (u64::from(p.steps_failed), "failed step"),
        (u64::from(p.chunks_skipped), "skipped chunk"),
        (p.rows_rejected, "rejected row"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {}", figures::counted(number, one)));
        }
    }
    text + "."
}

/// Everything that `status` tells, a sentence a line.
#[must_use]
pub fn status(shot: &Snapshot) -> Vec<String> {
    let job = &shot.job;
    let p = &job.progress;
    let label = crate::cli::status_text::label(job);
    let about = if p.estimated { "about " } else { "" };
    let mut lines = vec![
        state(job),
        clean(&format!("From {} to {}{label}.", job.source, job.target)),
        format!(
            "{} of {about}{} rows, {} of {about}{}.",
            figures::grouped(p.rows_done),
            figures::grouped(p.rows_total),
            bytes(p.bytes_done),
            bytes(p.bytes_total)
        ),
        format!(
            "Chunks: {} done, {} running, {} left, {} failed, {} skipped.",
            figures::grouped(u64::from(p.chunks_done)),
            p.chunks_running,
            figures::grouped(u64::from(p.chunks_left)),
            p.chunks_failed,
            p.chunks_skipped
        ),
        format!("{}. {}.", threads(job), rate(job)),
    ];
    lines.extend(job.held_by.iter().map(|reason| format!("Held by {}.", clean(reason))));
    lines.extend(job.alerts.iter().map(alert));
    lines
}

/// `threads: 8 asked, 12 running, 4 draining`.
#[must_use]
pub fn threads(job: &JobView) -> String {
    let t = &job.threads;
    let mut text = format!("threads: {} asked, {} running", t.want, t.run);
    for (number, word) in [(t.draining, "draining"), (t.connecting, "connecting")] {
        if number > 0 {
            text.push_str(&format!(", {number} {word}"));
        }
    }
    text + &format!(", at most {}", t.max)
}

/// `rate: 71 megabytes a second, limit 40 megabytes a second, set by bo`.
#[must_use]
pub fn rate(job: &JobView) -> String {
    let now = bytes(job.rate.bytes_per_s);
    let limit = match job.rate.limit_bytes_per_s {
        None => "no limit".to_owned(),
        Some(limit) => format!("limit {} a second", bytes(limit)),
    };
    let by = match (&job.rate.limit_by, job.rate.limit_bytes_per_s) {
        (Some(by), Some(_)) => format!(", set by {}", clean(by)),
        _ => String::new(),
    };
    format!("rate: {now} a second, {limit}{by}")
}

/// What happened, with who did it.
#[must_use]
pub fn event(line: &LogLine) -> String {
    let by = match line.level.as_str() {
        "action" => format!("{}: ", clean(&line.by)),
        _ => String::new(),
    };
    format!("{} {by}{}", clock(line.at_ms), clean(&line.text))
}

/// Trouble in its parts, on one line.
#[must_use]
pub fn alert(alert: &AlertView) -> String {
    format!("! {} Safe: {} Next: {}", clean(&alert.what), clean(&alert.safe), clean(&alert.next))
}

/// `crm.orders: 85 percent, 995 of 1,171 chunks, 2 failed, running`.
#[must_use]
pub fn table(table: &TableView) -> String {
    let mut text = format!(
        "{}: {}, {} of {}",
        clean(&table.name),
        table.state,
        figures::grouped(u64::from(table.chunks_done)),
        figures::counted(u64::from(table.chunks_total), "chunk"),
    );
    for (number, word) in [
        (u64::from(table.chunks_failed), "failed"),
        (u64::from(table.chunks_skipped), "skipped"),
        (table.rows_rejected, "rows rejected"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {} {word}", figures::grouped(number)));
        }
    }
    text
}

/// `2 causes, 7 chunks.` and each cause with what it hit.
#[must_use]
pub fn failed(chunks: &[ChunkView], steps: &[StepView]) -> Vec<String> {
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    let mut take =
        |cause: String, what: String| match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, hit)) => hit.push(what),
            None => causes.push((cause, vec![what])),
        };
    for chunk in chunks {
        let message = chunk.error_message.as_deref().unwrap_or("no message");
        let cause = cause_of_failure(chunk.error_code.as_deref(), message);
        take(cause, format!("{} #{}", chunk.table_name, chunk.number));
    }
    for step in steps {
        let message = step.error_message.as_deref().unwrap_or("no message");
        take(cause_of_failure(None, message), step.title.clone());
    }
    if causes.is_empty() {
        return vec!["Nothing has failed.".to_owned()];
    }
    causes.sort_by_key(|(_, hit)| std::cmp::Reverse(hit.len()));
    let pieces = chunks.len() + steps.len();
    let mut lines = vec![format!(
        "{}, {}.",
        figures::counted(causes.len() as u64, "cause"),
        figures::counted(pieces as u64, "failed piece")
    )];
    for (number, (cause, hit)) in (1..).zip(causes.iter().take(CAUSES_MAX)) {
        let more = match hit.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        lines.push(clean(&format!("{number}: {cause}: {}{more}.", hit[0])));
    }
    if causes.len() > CAUSES_MAX {
        lines.push(format!("And {} other causes.", causes.len() - CAUSES_MAX));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ProgressView, RateView, ThreadsView};

    #[test]
    fn numbers_are_words() {
        let job = JobView {
            name: "crm-nov".to_owned(),
            state: "EXECUTING".to_owned(),
            now_ms: 1_795_185_076_000,
            progress: ProgressView {
                percent: 64,
                chunks_failed: 7,
                eta_ms: Some((39 * 60_000, 59 * 60_000)),
                ..ProgressView::default()
            },
            rate: RateView { bytes_per_s: 71_000_000, ..RateView::default() },
            threads: ThreadsView { want: 8, run: 12, draining: 4, max: 32, ..<_>::default() },
            ..JobView::default()
        };
        assert_eq!(state(&job), "crm-nov is EXECUTING, 64 percent, 7 failed chunks.");
        assert_eq!(progress(&job), "64 percent, 71.0 megabytes a second, ends 15:10 to 15:30");
        assert_eq!(threads(&job), "threads: 8 asked, 12 running, 4 draining, at most 32");
        assert_eq!(rate(&job), "rate: 71.0 megabytes a second, no limit");
    }

    #[test]
    fn one_cause_is_told_once() {
        let chunk = |number: u32, message: &str| ChunkView {
            number,
            table_name: "crm.customers".to_owned(),
            error_code: Some("1062".to_owned()),
            error_message: Some(message.to_owned()),
            ..ChunkView::default()
        };
        let chunks = [chunk(81, "duplicate 'a'"), chunk(82, "duplicate 'b\x1b[2J'")];
        let lines = failed(&chunks, &[]);
        assert_eq!(lines[0], "1 cause, 2 failed pieces.");
        assert!(lines[1].contains("crm.customers #81 and 1 more"), "{lines:?}");
        assert_eq!(failed(&[], &[]), ["Nothing has failed."]);
    }
}
