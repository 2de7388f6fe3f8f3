//! The engine is gone: what happened, what is safe, what will be redone, which keys there are.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, job_header, run};
use crate::console::figures;
use crate::console::model::{Attached, Link, Model};
use crate::console::msg::{DownCause, LinkDown};
use crate::console::shown;

/// A low window has no room for the log's end and the keys, which stand in the key line as well.
const HIGH: u16 = 16;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    job_header(model, job, pen, "");
    let (w, h) = (pen.columns(), pen.rows());
    let Link::Down { down, since_ms, .. } = &job.link else {
        return;
    };
    let minutes = model.now.mono_ms.saturating_sub(*since_ms) / 60_000;
    let ago = if minutes == 0 { "just now".to_owned() } else { format!("{minutes} min ago") };
    let title = if job.engine_is_gone() {
        "! The engine of this job has stopped"
    } else {
        "! No way to the engine of this job"
    };
    pen.rule(Rect::new(0, 1, w, 1), title, ago, true);
    // A low window has one line for each part, cut with a mark.
    let width = if h >= HIGH { usize::from(w.saturating_sub(2)) } else { usize::from(u16::MAX) };
    let mut lines = job.lost.failure.as_deref().map_or_else(Vec::new, |why| {
        shown::wrapped(&format!("! It was not started again: {why}"), width)
    });
    if job.known {
        lines.extend(story(model, job, h >= HIGH, width));
    } else {
        lines.extend(unknown(down, width));
    }
    if h >= HIGH {
        lines.push(String::new());
        lines.extend(keys(model, job, w));
    }
    let alert = if h >= 24 { Some(h - 3) } else { None };
    let end = alert.unwrap_or(h - 2);
    let room = usize::from(end.saturating_sub(2));
    // Blank lines yield first, then the end of the log, which is one key away.
    if lines.len() > room {
        lines.retain(|line| !line.is_empty());
    }
    if lines.len() > room {
        lines.retain(|line| !line.starts_with(LOG_INDENT) || line.starts_with(BELOW_LABEL));
    }
    let mut y = 2;
    for line in lines.iter().take(room) {
        pen.put((1, y), w - 1, line, pen.look.plain());
        y += 1;
    }
    last_picture(model, job, pen, Rect::new(0, y + 1, w, end.saturating_sub(y + 1)));
    footer(model, pen, alert, h - 2, h - 1);
    if !model.status_is_fresh() && model.overlay.is_none() && job.engine_is_gone() {
        pen.put((1, h - 2), w - 1, "looking for the engine every 5 s", pen.look.plain());
    }
}

fn unknown(down: &LinkDown, width: usize) -> Vec<String> {
    let next = match down.cause {
        DownCause::Lost => "tried again every few seconds, until you leave",
        DownCause::NoEngine | DownCause::Left | DownCause::Refused => "nothing by itself",
    };
    let text = format!("! {}\n\nSafe  {}\n\nNext  {next}", down.message, down.advice);
    shown::wrapped(&text, width)
}

/// Before lines that are the engine's log.
const LOG_INDENT: &str = "   ";
/// Before the further lines of a part.
const BELOW_LABEL: &str = "          ";

/// `Safe      2,918 chunks are ...`, with the further lines below the text.
fn part(label: &str, text: &str, width: usize) -> Vec<String> {
    const LABEL: usize = 10;
    let lines = shown::wrapped(text, width.saturating_sub(LABEL));
    let name = |at: usize| if at == 0 { label } else { "" };
    lines.iter().enumerate().map(|(at, line)| format!("{:<LABEL$}{line}", name(at))).collect()
}

fn story(model: &Model, job: &Attached, full: bool, width: usize) -> Vec<String> {
    let view = job.job();
    let p = &view.progress;
    let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
    let pid = view.engine_pid;
    let mut lines = Vec::new();
    if full {
        let gone = match pid {
            0 => "No process works on this job. This is what its file says.".to_owned(),
            pid => format!("Its process ({pid}) is gone and left no exit message."),
        };
        if job.lost.tail.is_empty() {
            lines.push(gone);
        } else {
            lines.extend(shown::wrapped(&format!("{gone} Last lines of its log:"), width));
            let from = job.lost.tail.len().saturating_sub(4);
            let tail = job.lost.tail[from..].iter();
            lines.extend(tail.map(|line| format!("{LOG_INDENT}{}", brief(line))));
        }
        lines.push(String::new());
    } else {
        lines.push(format!("Process {pid} is gone, numbers: {at}"));
    }
    let chunks = |n: u32| figures::counted(u64::from(n), "chunk");
    let are = if p.chunks_done == 1 { "is" } else { "are" };
    let done = chunks(p.chunks_done);
    let safe = format!("{done} {are} finished and recorded. They are not copied again.");
    lines.extend(part("Safe", &safe, width));
    if p.chunks_running > 0 {
        let were = if p.chunks_running == 1 { "was" } else { "were" };
        let redo = format!(
            "{} {were} in work. One chunk is one transaction, so each is on the target wholly or \
             not at all; the engine checks before it redoes.",
            chunks(p.chunks_running)
        );
        lines.extend(part("To redo", &redo, width));
    }
    let unknown = "nothing: the target keeps its own list of the chunks it has.";
    lines.extend(part("Not known", unknown, width));
    let left = format!(
        "nothing by itself: {}, {} failed, {} skipped wait for a restart.",
        chunks(p.chunks_left),
        figures::grouped(u64::from(p.chunks_failed)),
        figures::grouped(u64::from(p.chunks_skipped))
    );
    lines.extend(part("Next", &left, width));
    if let Some(hint) = hint(&job.lost.tail, view.threads.want) {
        lines.extend(part("Hint", &hint, width));
    }
    lines
}

/// What the end of the log points to, when it is something an operator can change.
fn hint(tail: &[String], threads: u32) -> Option<String> {
    let text = tail.join("\n").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["memory allocation", "out of memory", "cannot allocate memory", "oom-kill"]) {
        return Some(format!(
            "the host ran out of memory with {threads} threads. Fewer threads need less; a digit \
             restarts it with that many."
        ));
    }
    if says(&["no space left", "disk full", "database or disk is full"]) {
        return Some("a disk is full: make room, then r. df -h tells which one.".to_owned());
    }
    if says(&["too many open files"]) {
        return Some("the limit of open files is too low: ulimit -n, then r.".to_owned());
    }
    if says(&["panicked at"]) {
        return Some("a fault in the engine itself: please report it with its log (L).".to_owned());
    }
    None
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

fn keys(model: &Model, job: &Attached, w: u16) -> Vec<String> {
    let mut pairs: Vec<(String, &str)> = Vec::new();
    if job.engine_is_gone() && !model.read_only {
        let threads = job.job().threads.want;
        let with = if job.known { format!(" with {threads} threads") } else { String::new() };
        pairs.push((format!("r  restart{with}"), "1-9  restart with that many threads"));
    }
    pairs.push(("L  log of the engine".to_owned(), "y    copy this page"));
    pairs.push(("o  look at the last picture".to_owned(), ":    every command"));
    let mut lines: Vec<String> = Vec::new();
    for (left, right) in pairs {
        if w >= 76 {
            lines.push(format!("  {left:<37}{right}"));
        } else {
            lines.push(format!("  {left}"));
            lines.push(format!("  {right}"));
        }
    }
    lines.push("  q  leave; nothing happens till someone restarts the job".to_owned());
    lines
}

/// The tables as they were, as far as there is room.
fn last_picture(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    if area.height < 2 || !job.known || job.shot.tables.is_empty() {
        return;
    }
    let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
    let title = format!("Tables as of {at}, the last word of the engine");
    pen.rule(area, title, "", false);
    let rows = usize::from(area.height - 1);
    let tables = job.run.order.iter().filter_map(|n| job.shot.tables.get(*n as usize));
    for (row, table) in tables.take(rows).enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        run::table_line(pen, Rect::new(0, y, area.width, 1), table, false);
    }
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

    #[test]
    fn a_hint_is_given_only_where_the_log_gives_one() {
        let tail = |text: &str| vec!["worker 7: write".to_owned(), text.to_owned()];
        assert!(hint(&tail("memory allocation of 8 bytes failed"), 16).unwrap().contains("16"));
        assert!(hint(&tail("No space left on device"), 16).unwrap().contains("disk is full"));
        assert_eq!(hint(&tail("room for one more"), 16), None);
    }
}
