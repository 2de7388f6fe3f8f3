//! The run screen: gauges, tables, and the panes around them.

use ratatui::layout::Rect;

use super::bars::{self, Slider};
use super::listing::Listing;
use super::pen::Pen;
use super::{footer, job_header, panes};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, LowerPane, Model, Pane};
use crate::console::theme::Mark;
use crate::protocol::{PhaseView, TableView};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::run(model, job.run.lower, job.run.pane);
    job_header(model, job, pen, "");
    if !job.known {
        pen.put((1, 2), pen.columns(), "connecting to the engine ...", pen.look.plain());
        footer(model, pen, parts.alert, parts.status, parts.keys);
        return;
    }
    if !model.zoomed {
        threads(job, pen, 1);
        rate(job, pen, 2);
        total(model, job, pen, 3);
        if parts.tall {
            speed(model, job, pen, 4);
            phase(job, pen, 5);
        }
    }
    if parts.tables.height > 0 {
        tables(model, job, pen, parts.tables, parts.right.is_some());
    }
    if let Some(area) = parts.right {
        panes::right(job, pen, area);
        let end = parts.map.map_or(area.bottom(), |map| map.bottom());
        pen.bar(area.x - 1, area.top(), end);
    }
    if let Some(area) = parts.map {
        panes::map(model, job, pen, area, false);
    }
    if let Some(area) = parts.lower {
        let focused = job.run.pane == Pane::Lower;
        match job.run.lower {
            LowerPane::Workers if parts.right.is_none() => {
                panes::workers(job, pen, area, focused);
            }
            LowerPane::Map if parts.map.is_none() => panes::map(model, job, pen, area, focused),
            LowerPane::Log | LowerPane::Workers | LowerPane::Map => {
                panes::log(model, job, pen, area, focused);
            }
        }
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}

/// From here on the sums have room for bytes and the speed line for one more mean.
const BYTES_COLUMNS: u16 = 132;

/// Column of the gauges' bars and their cells.
fn gauge_place(pen: &Pen<'_>) -> (u16, u16) {
    match pen.columns() {
        110.. => (11, 64),
        80..=109 => (10, 32),
        _ => (10, 20),
    }
}

/// Between the figures behind a gauge.
fn gap(pen: &Pen<'_>) -> &'static str {
    if pen.columns() >= layout::WIDE { "  " } else { " " }
}

/// The slider (UX 8); also the first line of a verification.
pub fn threads(job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let (x, cells) = gauge_place(pen);
    let t = &job.job().threads;
    let (want, agreed) = job.threads_want();
    let works = matches!(job.job().state.as_str(), "EXECUTING" | "COMPLETING");
    let indexes = job.slides_indexes();
    let run = if indexes { t.index_run } else { t.run };
    let draining = if indexes { 0 } else { t.draining };
    let stay = run.saturating_sub(draining);
    let slider = Slider {
        stay,
        draining,
        // Index workers wait for an index to build; nothing tells whether one is being started.
        starting: if works && !indexes { want.saturating_sub(stay) } else { 0 },
        max: t.max,
        wish: if works || job.job().state == "COMPLETED" { None } else { Some(want) },
    };
    let label = if indexes { "indexes" } else { "threads" };
    pen.put((1, y), 8, label, pen.look.plain());
    slider.draw(pen, (x - 1, y), cells);
    let mark = if agreed { "" } else { "?" };
    let between = gap(pen);
    let mut text = format!("{run:>2} run{between}{want:>2}{mark} want");
    if draining > 0 {
        let old = figures::short_time(t.draining_oldest_ms);
        text.push_str(&format!("  {draining} draining, old {old}"));
    } else {
        text.push_str(&format!("  max {}", t.max));
        if slider.scale(cells) > 1 {
            text.push_str(&format!(", 1 cell = {}", slider.scale(cells)));
        }
    }
    let from = x + cells + 2;
    let end = pen.put((from, y), u16::MAX, text, pen.look.plain());
    hint(pen, end, y, if pen.columns() >= layout::WIDE { "+ -  < >  0-9" } else { "+ - < > 0-9" });
}

/// Keys at the right edge, when they fit.
fn hint(pen: &mut Pen<'_>, end: u16, y: u16, keys: &str) {
    let width = u16::try_from(keys.len()).unwrap_or(0);
    if end + width + 3 <= pen.columns() {
        pen.right((end, y), pen.columns() - end - 1, keys, pen.look.plain());
    }
}

/// The right end of the speed gauge: it grows by itself and never shrinks within a job.
fn rate_scale(job: &Attached) -> u64 {
    const ENDS_MB: [u64; 9] = [20, 50, 100, 200, 400, 800, 1_600, 3_200, 10_000];
    let r = &job.job().rate;
    let limit = job.rate_limit().0.unwrap_or(0);
    let peak = r.peak_bytes_per_s;
    let highest = if limit > peak { limit } else { peak };
    ENDS_MB.iter().map(|mb| mb * 1_000_000).find(|end| *end >= highest).unwrap_or(highest)
}

fn rate(job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let (x, cells) = gauge_place(pen);
    let r = &job.job().rate;
    let (limit, agreed) = job.rate_limit();
    pen.put((1, y), 8, "rate", pen.look.plain());
    bars::gauge(pen, (x - 1, y), cells, (r.bytes_per_s, rate_scale(job)), limit);
    let mark = if agreed { "" } else { "?" };
    let mut text = figures::rate(r.bytes_per_s);
    match limit {
        None => {
            let rows = figures::count(r.rows_per_s).replace(".0", "");
            text.push_str(&format!("  {rows} rows/s  no limit{mark}"));
        }
        Some(limit) => {
            text.push_str(&format!("  limit {}{mark}", limit_text(r.bytes_per_s, limit)));
            if let (Some(by), true) = (&r.limit_by, agreed) {
                text.push_str(&format!(" set by {by}"));
            }
        }
    }
    let end = pen.put((x + cells + 2, y), u16::MAX, text, pen.look.plain());
    hint(pen, end, y, "( )");
}

/// The limit without its unit where the rate has just named it.
fn limit_text(rate: u64, limit: u64) -> String {
    let (rate, limit) = (figures::rate(rate), figures::rate(limit));
    match (rate.split_once(' '), limit.split_once(' ')) {
        (Some((_, unit)), Some((number, same))) if unit == same => number.to_owned(),
        _ => limit,
    }
}

fn total(model: &Model, job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let (x, cells) = gauge_place(pen);
    let p = &job.job().progress;
    pen.put((1, y), 8, "total", pen.look.plain());
    bars::total(pen, (x - 1, y), cells, p);
    let all = all_rows(p.estimated, p.rows_done.saturating_add(p.rows_moving), p.rows_total);
    let rows = figures::count(p.rows_done);
    let between = gap(pen);
    let mut text = format!("{:>2}%{between}{rows}/{all} rows", p.percent);
    if pen.columns() >= BYTES_COLUMNS {
        let (done, all) = (figures::bytes(p.bytes_done), figures::bytes(p.bytes_total));
        let about = if p.estimated { "~" } else { "" };
        text.push_str(&format!("  {done}/{about}{all}"));
    }
    let eta = eta(model, job);
    if !eta.is_empty() {
        text.push_str(&format!("  ETA {eta}"));
    }
    pen.put((x + cells + 2, y), u16::MAX, text, pen.look.plain());
}

/// `~470M`; `~>480M` when more came than was estimated.
fn all_rows(estimated: bool, seen: u64, total: u64) -> String {
    match (estimated, seen > total) {
        (_, true) => format!("~>{}", figures::count(seen)),
        (true, false) => format!("~{}", figures::count(total)),
        (false, false) => figures::count(total),
    }
}

/// The whole of a verification, which counts chunks.
pub fn chunks_total(model: &Model, job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let (x, cells) = gauge_place(pen);
    let p = &job.job().progress;
    pen.put((1, y), 8, "total", pen.look.plain());
    bars::total(pen, (x - 1, y), cells, p);
    let settled = p.chunks_done + p.chunks_failed + p.chunks_skipped;
    let all = settled + p.chunks_running + p.chunks_left;
    let between = gap(pen);
    let mut text = format!(
        "{:>2}%{between}{}/{} chunks",
        p.percent,
        figures::grouped(u64::from(settled)),
        figures::grouped(u64::from(all))
    );
    let eta = eta(model, job);
    if !eta.is_empty() {
        // `15:50-53`: within the hour the minutes are enough.
        let short = match eta.split_once('-') {
            Some((from, to)) if !from.is_empty() && from[..3] == to[..3] => {
                format!("{from}-{}", &to[3..])
            }
            _ => eta,
        };
        text.push_str(&format!("  ETA {short}"));
    }
    pen.put((x + cells + 2, y), u16::MAX, text, pen.look.plain());
}

/// `15:10-15:30`; `-` while held; nothing before there is a rate.
pub fn eta(model: &Model, job: &Attached) -> String {
    let view = job.job();
    if view.state != "EXECUTING" {
        return String::new();
    }
    let Some((from, to)) = view.progress.eta_ms else {
        return if view.held_by.is_empty() { String::new() } else { "-".to_owned() };
    };
    let at = |ms: u64| {
        let ms = view.now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
        figures::clock_minutes(ms, model.now.utc_offset_s)
    };
    let (from, to) = (at(from), at(to));
    if from == to { from } else { format!("{from}-{to}") }
}

fn speed(model: &Model, job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let (x, cells) = gauge_place(pen);
    let r = &job.job().rate;
    pen.put((1, y), 8, "speed", pen.look.plain());
    if !model.slow {
        bars::spark(pen, (x, y), cells, &r.spark);
    }
    let ([peak, minute, ten], unit) =
        figures::rates([r.peak_bytes_per_s, r.mean_1m_bytes_per_s, r.mean_10m_bytes_per_s]);
    let text = match pen.columns() {
        layout::WIDE.. => format!("{unit}   peak {peak}   1 min {minute}   10 min {ten}"),
        _ => format!("peak {peak}   10-min average {ten} {unit}"),
    };
    pen.put((x + cells + 2, y), u16::MAX, text, pen.look.plain());
}

/// `schema ok | COPY 63% | indexes 0/58`: the phase at work is in capitals. While the job hurts its
/// source, how it does so stands here instead.
fn phase(job: &Attached, pen: &mut Pen<'_>, y: u16) {
    let x = gauge_place(pen).0 - 1;
    let pressure = &job.job().pressure;
    if !pressure.is_empty() {
        pen.put((1, y), 8, "source", pen.look.plain());
        let near = pressure.iter().any(|phrase| phrase.starts_with('!'));
        let style = if near { pen.look.loud() } else { pen.look.bold() };
        pen.put((x, y), u16::MAX, pressure.join(" | "), style);
        return;
    }
    pen.put((1, y), 8, "phase", pen.look.plain());
    let percent = job.job().progress.percent;
    let mut words: Vec<String> =
        job.job().phases.iter().map(|phase| phase_word(phase, percent)).collect();
    let snapshots = job.job().snapshots;
    if snapshots > 1 {
        words.push(format!("{snapshots} snapshots"));
    }
    // What is done gives way to what is to come.
    let room = usize::from(pen.columns().saturating_sub(x));
    while words.join(" | ").chars().count() > room && words[0].ends_with(" ok") {
        words.remove(0);
    }
    pen.put((x, y), u16::MAX, words.join(" | "), pen.look.plain());
}

fn phase_word(phase: &PhaseView, percent: u8) -> String {
    let PhaseView { name, done, total, failed, running } = phase;
    let failed = if *failed > 0 { format!(" {failed}!") } else { String::new() };
    let name = if *running > 0 { name.to_uppercase() } else { name.clone() };
    if *total == 0 {
        format!("{name} -")
    } else if done == total {
        format!("{name} ok")
    } else if phase.name == "copy" {
        format!("{name} {percent}%{failed}")
    } else {
        format!("{name} {done}/{total}{failed}")
    }
}

/// Columns of the table list.
struct Columns {
    name: u16,
    bar: Option<u16>,
    percent: u16,
    chunks: u16,
    rows: Option<u16>,
    fail: u16,
}

const BAR_CELLS: u16 = 20;
const BAR_CELLS_MAX: u16 = 60;
const NAME_COLUMNS_MAX: u16 = 48;

/// What fits: the rows go first, then half the bar (UX 6.2).
fn columns(width: u16) -> Columns {
    let (fail, chunks, rows, percent) = (6, 10, 13, 5);
    if width >= 80 {
        // Names grow with the window, then the bar.
        let free = width - 5 - (BAR_CELLS + 3) - percent - chunks - rows - fail;
        let name = free.clamp(0, NAME_COLUMNS_MAX);
        let bar = BAR_CELLS + (free - name).clamp(0, BAR_CELLS_MAX - BAR_CELLS);
        return Columns { name, bar: Some(bar), percent, chunks, rows: Some(rows), fail };
    }
    let bar = 10;
    let name = width.saturating_sub(5 + bar + 3 + percent + chunks + fail);
    Columns { name, bar: Some(bar), percent, chunks, rows: None, fail }
}

fn tables(model: &Model, job: &Attached, pen: &mut Pen<'_>, area: Rect, wide: bool) {
    let p = &job.job().progress;
    let title = format!(
        "Tables {}: {} done  {} running  {} left{}",
        figures::grouped(job.shot.tables.len() as u64),
        figures::grouped(u64::from(p.tables_done)),
        figures::grouped(u64::from(p.tables_running)),
        figures::grouped(u64::from(p.tables_left)),
        match p.tables_failed {
            0 => String::new(),
            n => format!("  {} with failures", figures::grouped(u64::from(n))),
        }
    );
    let run = &job.run;
    let note = if run.filter.is_empty() {
        format!("t {}  S {}", run.view.word(), run.sort.word())
    } else {
        format!("/{}  {} shown", run.filter, run.order.len())
    };
    pen.rule(area, title, note, run.pane == Pane::Tables && !model.zoomed);
    let mut y = area.y + 1;
    if wide {
        heads(pen, area, y, &columns(area.width));
        y += 1;
    }
    let listing = Listing::new(area, y - area.y, run.list, run.order.len()).counting_more(model);
    listing.draw(pen, |pen, line, at, selected| {
        if let Some(table) = job.shot.tables.get(run.order[at] as usize) {
            table_line(pen, line, table, selected);
        }
    });
    if run.order.is_empty() {
        let none = if job.shot.tables.is_empty() {
            "no tables in this job".to_owned()
        } else if run.filter.is_empty() {
            format!("no table is {}; t shows others", run.view.word())
        } else {
            format!("no table holds {:?}; Esc clears the filter", run.filter)
        };
        listing.say(pen, &none);
    }
}

fn heads(pen: &mut Pen<'_>, area: Rect, y: u16, c: &Columns) {
    let plain = pen.look.plain();
    let mut x = area.x + 5;
    pen.put((x, y), c.name, "table", plain);
    x += c.name;
    if let Some(bar) = c.bar {
        pen.put((x + 1, y), bar + 2, "chunks by state", plain);
        x += bar + 3;
    }
    pen.right((x, y), c.percent, "done", plain);
    x += c.percent;
    pen.right((x, y), c.chunks, "chunks", plain);
    x += c.chunks;
    if let Some(rows) = c.rows {
        pen.right((x, y), rows, "rows", plain);
        x += rows;
    }
    pen.right((x, y), c.fail, "fail", plain);
}

/// One table: name, chunk states, counts.
pub fn table_line(pen: &mut Pen<'_>, line: Rect, table: &TableView, selected: bool) {
    let c = columns(line.width);
    // Only mark and name tell the cursor: numbers drawn anew would double what moving it sends.
    let style = pen.look.plain();
    let y = line.y;
    if selected {
        pen.put((line.x + 1, y), 1, ">", pen.look.bold());
    }
    pen.glyph((line.x + 3, y), table_mark(table));
    let mut x = line.x + 5;
    pen.put((x, y), c.name - 1, &table.name, style);
    if selected {
        pen.restyle(Rect::new(x, y, c.name - 1, 1), pen.look.cursor());
    }
    x += c.name;
    if let Some(cells) = c.bar {
        bars::table(pen, (x, y), cells, table);
        x += cells + 3;
    }
    let percent = match table.state.as_str() {
        "skipped" => "skip".to_owned(),
        _ => format!("{}%", bars::percent_of(table)),
    };
    pen.right((x - 1, y), c.percent, percent, style);
    x += c.percent;
    let done = table.chunks_done + table.chunks_failed + table.chunks_skipped;
    let chunks = if table.chunks_total < 10_000 {
        format!("{done}/{}", table.chunks_total)
    } else {
        format!(
            "{}/{}",
            figures::count(u64::from(done)),
            figures::count(u64::from(table.chunks_total))
        )
    };
    pen.right((x, y), c.chunks, chunks, style);
    x += c.chunks;
    if let Some(width) = c.rows {
        pen.right((x, y), width, rows_text(table), style);
        x += width;
    }
    let failed = table.chunks_failed;
    let text = if failed > 0 { format!("{failed}!") } else { "0".to_owned() };
    let style = if failed > 0 { pen.look.bold() } else { style };
    pen.right((x, y), c.fail - u16::from(failed == 0), text, style);
}

fn rows_text(table: &TableView) -> String {
    let seen = table.rows_done.saturating_add(table.rows_moving);
    let estimated = table.estimated && table.chunks_done < table.chunks_total;
    let all = all_rows(estimated, if estimated { seen } else { 0 }, table.rows_total);
    format!("{}/{all}", figures::count(table.rows_done))
}

/// The mark left of a table's name.
pub fn table_mark(table: &TableView) -> Mark {
    if table.chunks_running > 0 || table.state == "running" {
        Mark::Running
    } else if table.chunks_failed > 0 || table.state == "failed" {
        Mark::Failed
    } else {
        match table.state.as_str() {
            "done" => Mark::Done,
            "skipped" => Mark::Skipped,
            _ => Mark::Left,
        }
    }
}
