//! The engine is gone: what happened, what is safe, what will be redone, which keys there are.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, job_header};
use crate::console::figures;
use crate::console::model::{Attached, Link, Model};
use crate::console::msg::{DownCause, LinkDown};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    job_header(model, job, pen, "");
    let (w, h) = (pen.columns(), pen.rows());
    let Link::Down { down, since_ms, .. } = &job.link else {
        return;
    };
    let minutes = model.now.mono_ms.saturating_sub(*since_ms) / 60_000;
    let ago = if minutes == 0 { "just now".to_owned() } else { format!("{minutes} min ago") };
    let title = if job.engine_is_gone() {
        "! The engine of this job has stopped".to_owned()
    } else {
        "! No way to the engine of this job".to_owned()
    };
    pen.rule(Rect::new(0, 1, w, 1), title, ago, true);
    let failure = job.lost.failure.as_deref().map_or_else(Vec::new, |why| {
        let text = format!("! It was not started again: {why}");
        crate::console::shown::wrapped(&text, usize::from(w.saturating_sub(2)))
    });
    let mut lines = if job.known { story(model, job) } else { unknown(down, usize::from(w - 2)) };
    let keys = keys(model, job, h);
    let alert = if h >= 24 { Some(h - 3) } else { None };
    let room = usize::from(alert.unwrap_or(h - 2).saturating_sub(2));
    if lines.len() + keys.len() > room {
        // The tail of the log yields first, it is one key away.
        lines.retain(|line| !line.starts_with("   ") && !line.is_empty());
    }
    for (i, line) in failure.iter().chain(&lines).chain(&keys).take(room).enumerate() {
        let y = 2 + u16::try_from(i).unwrap_or(0);
        let text = line.as_str();
        pen.put((1, y), w - 1, text, pen.look.plain());
    }
    footer(model, pen, alert, h - 2, h - 1);
}

fn unknown(down: &LinkDown, width: usize) -> Vec<String> {
    let next = match down.cause {
        DownCause::Lost => "tried again every few seconds, until you leave",
        DownCause::NoEngine | DownCause::Left | DownCause::Refused => "nothing by itself",
    };
    let text = format!("! {}\n\nSafe  {}\n\nNext  {next}", down.message, down.advice);
    crate::console::shown::wrapped(&text, width)
}

fn story(model: &Model, job: &Attached) -> Vec<String> {
    let view = job.job();
    let p = &view.progress;
    let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
    let mut lines = vec![match view.engine_pid {
        0 => "No process works on this job. This is what its file says.".to_owned(),
        pid => {
            format!("Its process ({pid}) is gone and left no exit message. Numbers are from {at}.")
        }
    }];
    if !job.lost.tail.is_empty() {
        lines.push("Last lines of its log:".to_owned());
        let from = job.lost.tail.len().saturating_sub(4);
        lines.extend(job.lost.tail[from..].iter().map(|line| format!("   {}", brief(line))));
    }
    let chunks = |n: u32| figures::counted(u64::from(n), "chunk");
    lines.push(String::new());
    let are = if p.chunks_done == 1 { "is" } else { "are" };
    lines.push(format!(
        "Safe      {} {are} finished and recorded. They are not copied again.",
        chunks(p.chunks_done)
    ));
    let were = if p.chunks_running == 1 { "was" } else { "were" };
    if p.chunks_running > 0 {
        lines.push(format!(
            "To redo   {} {were} in work. One chunk is one transaction, so each is on",
            chunks(p.chunks_running)
        ));
        lines
            .push("          the target wholly or not at all; the next engine asks the".to_owned());
        lines.push("          target before it copies one again.".to_owned());
    }
    lines.push(format!(
        "Left      {}, {} failed, {} skipped",
        chunks(p.chunks_left),
        p.chunks_failed,
        p.chunks_skipped
    ));
    lines.push("Next      nothing by itself, until someone restarts the job".to_owned());
    lines
}

/// A line of the engine's log without date, level and module: `14:32:10 out of memory`.
fn brief(line: &str) -> String {
    let stamped = line.split_once('T').filter(|(day, _)| day.len() == 10 && day.contains('-'));
    let Some((_, rest)) = stamped else {
        return line.to_owned();
    };
    let Some((clock, rest)) = rest.split_once(' ') else {
        return line.to_owned();
    };
    let message = rest.split_once(": ").map_or(rest, |(_, message)| message);
    format!("{} {}", clock.get(..8).unwrap_or(clock), message.trim_start())
}

fn keys(model: &Model, job: &Attached, h: u16) -> Vec<String> {
    if h < 16 {
        return Vec::new();
    }
    let threads = job.job().threads.want;
    let mut lines = vec![String::new()];
    if job.engine_is_gone() && !model.read_only {
        let with = if job.known { format!(" with {threads} threads") } else { String::new() };
        lines.push(format!("  r    restart{with}      1-9  restart with that many threads"));
    }
    lines.push("  o    look at the last picture     L  log     y  copy this page".to_owned());
    lines.push("  q    leave; the job's file stays as it is".to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_lose_what_nobody_reads_there() {
        for (line, shown) in [
            (
                "2026-11-20T19:41:03.153766Z  WARN tidegate::engine::control: a #1: lost",
                "19:41:03 a #1: lost",
            ),
            ("memory allocation failed", "memory allocation failed"),
            ("The end", "The end"),
        ] {
            assert_eq!(brief(line), shown);
        }
    }
}
