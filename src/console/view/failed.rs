//! Failed chunks and steps, grouped by cause; the error, what can be done, and what the log tells
//! of the chunk under the cursor.

use ratatui::layout::Rect;

use super::listing::{self, Listing, body, divide, note, nothing};
use super::panes;
use super::pen::Pen;
use super::table::{error_parts, short_range, text_lines};
use super::{footer, job_header, rejects};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, FAILED_LISTED_MAX, FailedItem, Model};
use crate::protocol::ChunkView;

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Failed);
    let p = &job.job().progress;
    let total =
        p.chunks_done + p.chunks_running + p.chunks_left + p.chunks_failed + p.chunks_skipped;
    let screen = format!(
        "  Failed chunks {} of {}",
        figures::grouped(u64::from(p.chunks_failed)),
        figures::grouped(u64::from(total))
    );
    job_header(model, job, pen, &screen);
    list(model, job, pen, parts.list);
    if let Some(area) = parts.detail {
        detail(model, job, pen, area);
    }
    divide(pen, &parts);
    if let Some(area) = parts.below {
        bad_rows(job, pen, area);
    }
    if let Some(area) = parts.foot {
        story(model, job, pen, area);
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

fn list(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let screen = &job.failed;
    let marked = job.marked.len() + job.marked_steps.len();
    let sort = if screen.by_table { "S by cause" } else { "S by table" };
    let keys = note(&screen.filter, &format!("{sort}  / filter"));
    let mut title = format!("Grouped by {}", if screen.by_table { "table" } else { "cause" });
    if screen.total > FAILED_LISTED_MAX {
        let listed = figures::grouped(u64::from(FAILED_LISTED_MAX));
        title.push_str(&format!(", the first {listed}; R on the run screen means all"));
    }
    pen.rule(area, title, format!("{marked} marked  {keys}"), !model.zoomed);
    heads(pen, area, screen.by_table);
    let items = screen.items();
    let listing = Listing::new(area, 2, screen.list, items.len());
    listing.draw(pen, |pen, line, at, selected| {
        item_line(model, job, pen, line, items[at], selected);
    });
    if items.is_empty() {
        let unmatched = "no failure holds that; Esc clears the filter";
        let text = nothing(screen.loaded, &screen.filter, "nothing has failed", unmatched);
        listing.say(pen, text);
    }
}

/// Columns right of the cause: failed, rows, tables, last. In a small window only the first.
fn figure_columns(area: Rect) -> &'static [(&'static str, u16)] {
    if area.width >= 60 {
        &[("failed", 8), ("rows", 8), ("tables", 8), ("last", 7)]
    } else {
        &[("failed", 8)]
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect, by_table: bool) {
    let y = area.y + 1;
    let plain = pen.look.plain();
    let what = if by_table { "table" } else { "cause" };
    pen.put((area.x + 3, y), 20, what, plain);
    let columns = figure_columns(area);
    let mut x = area.right().saturating_sub(columns.iter().map(|(_, w)| w).sum::<u16>() + 1);
    for (head, width) in columns {
        pen.right((x, y), *width, *head, plain);
        x += width;
    }
}

fn item_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    item: FailedItem,
    selected: bool,
) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y) = (line.x, line.y);
    if selected {
        pen.put((x, y), 1, ">", style);
    }
    match item {
        FailedItem::Group(g) => group_line(model, job, pen, line, g, selected),
        FailedItem::Chunk(i) => chunk_line(job, pen, line, &job.failed.chunks[i], selected),
        FailedItem::Step(i) => {
            let step = &job.failed.steps[i];
            let box_text = if job.marked_steps.contains(&step.id) { "[x]" } else { "[ ]" };
            pen.put((x + 3, y), 3, box_text, style);
            pen.put((x + 7, y), line.width.saturating_sub(17), &step.title, style);
            pen.right((line.right() - 9, y), 8, format!("try {}", step.attempts), style);
            if selected {
                pen.restyle(Rect::new(x + 2, y, line.width / 2, 1), pen.look.cursor());
            }
        }
    }
}

/// `   [x] crm.customers #81   id 4,000,001 to <4,050,001   try 3    1 bad row`
fn chunk_line(job: &Attached, pen: &mut Pen<'_>, line: Rect, chunk: &ChunkView, selected: bool) {
    let style = if selected { pen.look.bold() } else { pen.look.plain() };
    let (x, y) = (line.x, line.y);
    let box_text = if job.marked.contains(&chunk.id) { "[x]" } else { "[ ]" };
    pen.put((x + 3, y), 3, box_text, style);
    let name = format!("{} #{}", chunk.table_name, chunk.number);
    let small = line.width < 60;
    let width = if small { line.width.saturating_sub(16) } else { (line.width - 7) / 3 };
    pen.put((x + 7, y), width, name, style);
    if selected {
        pen.restyle(Rect::new(x + 2, y, width + 5, 1), pen.look.cursor());
    }
    let bad = bad_count(job, chunk);
    let mut right = line.right();
    if !small && bad > 0 {
        right -= 13;
        pen.right((right, y), 12, figures::counted(bad, "bad row"), style);
    }
    let from = x + 8 + width;
    if !small {
        let room = right.saturating_sub(from + 8);
        pen.put((from, y), room, short_range(&chunk.range), style);
    }
    pen.right((right - 8, y), 7, format!("try {}", chunk.attempts), style);
}

/// `about 460,000 rows wait in failed chunks; 3 bad rows are known`.
pub fn waiting_line(job: &Attached) -> Option<String> {
    let rows: u64 = job.failed.chunks.iter().map(|chunk| chunk.rows).sum();
    if rows == 0 {
        return None;
    }
    let bad: u64 = job.failed.chunks.iter().map(|chunk| bad_count(job, chunk)).sum();
    let known = match bad {
        0 => String::new(),
        1 => "; 1 bad row is known".to_owned(),
        n => format!("; {} bad rows are known", figures::grouped(n)),
    };
    let rows = figures::grouped(rows);
    Some(format!("about {rows} rows wait in failed chunks{known}"))
}

/// Rows of a chunk that are known to be bad.
fn bad_count(job: &Attached, chunk: &ChunkView) -> u64 {
    let of_chunk =
        |r: &&crate::protocol::RejectView| r.table == chunk.table && r.chunk == chunk.number;
    let known = job.rejects.rows.iter().filter(of_chunk).count() as u64;
    if known > 0 { known } else { u64::from(chunk.rejected) }
}

fn group_line(
    model: &Model,
    job: &Attached,
    pen: &mut Pen<'_>,
    line: Rect,
    g: usize,
    selected: bool,
) {
    let group = &job.failed.groups[g];
    let (x, y) = (line.x, line.y);
    let bold = pen.look.bold();
    let fold = if job.failed.folded.contains(&group.title) { ">" } else { "v" };
    pen.put((x + 1, y), 1, fold, bold);
    let columns = figure_columns(line);
    let taken = columns.iter().map(|(_, width)| width).sum::<u16>() + 1;
    let width = line.width.saturating_sub(taken + 3);
    pen.put((x + 3, y), width, &group.title, bold);
    let last = match group.last_ms {
        0 => String::new(),
        at => figures::clock_minutes(at, model.now.utc_offset_s),
    };
    let of_chunks = |text: String| if group.chunks.is_empty() { String::new() } else { text };
    let rows = if group.rows > 0 { format!("~{}", figures::count(group.rows)) } else { "-".into() };
    let cells = [
        figures::grouped((group.chunks.len() + group.steps.len()) as u64),
        of_chunks(rows),
        of_chunks(figures::grouped(group.tables as u64)),
        last,
    ];
    let mut at = line.right().saturating_sub(taken);
    for ((_, width), text) in columns.iter().zip(cells) {
        pen.right((at, y), *width, text, bold);
        at += width;
    }
    if selected {
        pen.restyle(Rect::new(x + 2, y, width + 1, 1), pen.look.cursor());
    }
}

fn detail(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let beside = area.x > 0;
    let keys = if beside { "" } else { "Enter full text  y copy" };
    let (title, text) = match job.failed.detail() {
        Some(FailedItem::Chunk(i)) => chunk_error(model, &job.failed.chunks[i]),
        Some(FailedItem::Step(i)) => {
            let step = &job.failed.steps[i];
            let message = step.error_message.as_deref().unwrap_or("no message was kept");
            let statement = step.statement.as_deref().unwrap_or_default();
            (step.title.clone(), format!("{message}\n\n{statement}"))
        }
        Some(FailedItem::Group(_)) | None => {
            pen.rule(area, "Cause", "", false);
            return;
        }
    };
    let ways = if beside && area.height >= 16 { 9 } else { 0 };
    let top = Rect::new(area.x, area.y, area.width, area.height - ways);
    pen.rule(top, title, keys, false);
    text_lines(pen, body(top), &text);
    if ways > 0 {
        let area = Rect::new(area.x, top.bottom(), area.width, ways);
        pen.rule(area, "What you can do", "", false);
        listing::lines(pen, body(area), &ways_out(job));
    }
}

/// The error, why, the way out, and what it means for the rest of the chunk.
fn chunk_error(model: &Model, chunk: &ChunkView) -> (String, String) {
    let code = chunk.error_code.as_deref().map_or(String::new(), |c| format!("{c}  "));
    let title = format!("{code}{} #{}", chunk.table_name, chunk.number);
    let (message, why, fix) = error_parts(chunk);
    let mut text = message.to_owned();
    if let Some(why) = why {
        text.push_str(&format!("\n{why}"));
    }
    if let Some(fix) = fix {
        text.push_str(&format!("\nFix: {fix}"));
    }
    if let Some(at) = chunk.started_ms {
        let at = figures::clock(at, model.now.utc_offset_s);
        text.push_str(&format!("\n\nattempt {} began {at}", chunk.attempts));
    }
    text.push_str(
        "\nThe other rows of this chunk are not on the target either: one chunk is one \
         transaction.",
    );
    (title, text)
}

/// The keys as sentences; the question behind a key says the rest.
fn ways_out(job: &Attached) -> Vec<String> {
    let chosen = job.marked.len() + job.marked_steps.len();
    let which = match chosen {
        0 => "the one under the cursor".to_owned(),
        n => format!("the {n} marked"),
    };
    vec![
        "1  mend the cause on source or target".to_owned(),
        format!("   then R: re-run {which}"),
        "2  a new job with --bad-rows reject:".to_owned(),
        "   good rows load, bad ones stay aside".to_owned(),
        "3  X: skip the chunks (asks)".to_owned(),
        String::new(),
        "Only 1 removes the cause.".to_owned(),
    ]
}

/// Rows that are known to be bad, of the failure under the cursor.
fn bad_rows(job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    let chunk = match job.failed.detail() {
        Some(FailedItem::Chunk(i)) => Some(&job.failed.chunks[i]),
        _ => None,
    };
    let name = chunk.map_or(String::new(), |c| format!(" of {} #{}", c.table_name, c.number));
    pen.rule(area, format!("Bad rows{name}"), "b all of them", false);
    let body = body(area);
    let rows: Vec<_> = job
        .rejects
        .rows
        .iter()
        .filter(|row| chunk.is_some_and(|c| row.table == c.table && row.chunk == c.number))
        .collect();
    for (at, row) in rows.iter().take(usize::from(body.height)).enumerate() {
        let y = body.y + u16::try_from(at).unwrap_or(0);
        rejects::row_text(pen, Rect::new(body.x, y, body.width, 1), row, false);
    }
    if rows.is_empty() {
        let text = "none is known by its key: the whole chunk was refused";
        listing::lines(pen, body, &[text.to_owned()]);
    }
}

/// What the log held here tells of the chunk under the cursor.
fn story(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect) {
    pen.rule(area, "History of the chunk under the cursor", "L log", false);
    let Some(FailedItem::Chunk(i)) = job.failed.detail() else {
        return;
    };
    let chunk = &job.failed.chunks[i];
    let name = format!("{} #{}", chunk.table_name, chunk.number);
    let speaks = |text: &str| {
        text.match_indices(&name)
            .any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let body = body(area);
    let said: Vec<String> = job
        .shot
        .log
        .iter()
        .filter(|line| speaks(&line.text))
        .map(|line| panes::log_text(line, model.now.utc_offset_s))
        .collect();
    if said.is_empty() {
        let worker = chunk.worker.map_or(String::new(), |w| format!(", last by worker {w}"));
        let text =
            format!("{name}   {}{worker}", figures::counted(u64::from(chunk.attempts), "attempt"));
        listing::lines(pen, body, &[text]);
        return;
    }
    let from = said.len().saturating_sub(usize::from(body.height));
    listing::lines(pen, body, &said[from..]);
}
