//! The frame as a pure function of the model. Nothing is changed here, nothing read but the
//! arguments, so drawing twice gives the same picture.

mod bars;
mod failed;
mod findings;
mod help;
mod history;
mod jobs;
mod listing;
mod log;
mod lost;
mod palette;
mod panes;
mod pen;
mod plan;
mod question;
mod reader;
mod rejects;
mod run;
mod small;
mod table;
mod verify;
mod wizard;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::commands::{Action, Do, Place, key_line};
use super::figures;
use super::layout::{self, Fit};
use super::model::{Attached, Link, Model, Overlay, PromptKind, SILENT};
use super::shown::Shown;
use pen::Pen;

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let cursor = {
        let mut pen = Pen::new(frame.buffer_mut(), model.look);
        // The window may just have changed: then the next frame fits again.
        if area.width == model.columns && area.height == model.rows {
            draw(model, &mut pen);
        }
        pen.cursor
    };
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

fn draw(model: &Model, pen: &mut Pen<'_>) {
    match layout::fit(model.columns, model.rows) {
        Fit::OneLine => return small::one_line(model, pen),
        Fit::Small if model.place() == Place::Run && model.overlay.is_none() => {
            return small::run(model, pen);
        }
        Fit::Small | Fit::Full => {}
    }
    match &model.overlay {
        Some(Overlay::Help(help)) => return help::draw(model, help, pen),
        Some(Overlay::Reader(reader)) => return reader::draw(model, reader, pen),
        Some(Overlay::Palette(_) | Overlay::Question(_) | Overlay::Prompt(_)) | None => {}
    }
    match (&model.job, model.place()) {
        (Some(job), Place::Run) => run::draw(model, job, pen),
        (Some(job), Place::Plan) => plan::draw(model, job, pen),
        (Some(job), Place::Table) => table::draw(model, job, pen),
        (Some(job), Place::Failed) => failed::draw(model, job, pen),
        (Some(job), Place::Rejects) => rejects::draw(model, job, pen),
        (Some(job), Place::Log) => log::draw(model, job, pen),
        (Some(job), Place::History) => history::draw(model, job, pen),
        (Some(job), Place::Verify) => verify::draw(model, job, pen),
        (Some(job), Place::Lost) => lost::draw(model, job, pen),
        (_, place) => match &model.wizard {
            Some(wizard) if place.is_wizard() => wizard::draw(model, wizard, pen),
            _ => jobs::draw(model, pen),
        },
    }
    match &model.overlay {
        Some(Overlay::Palette(palette)) => palette::draw(model, palette, pen),
        Some(Overlay::Question(question)) => question::draw(model, question, pen),
        _ => {}
    }
}

/// One piece of the header; the highest `drop` goes first when there is no room, 0 never.
struct Piece {
    text: String,
    drop: u8,
    style: Option<Style>,
    /// Blanks before it.
    gap: u16,
    /// It and all behind it stand at the right edge.
    right: bool,
}

fn piece(text: impl Into<String>, drop: u8) -> Piece {
    Piece { text: text.into(), drop, style: None, gap: 2, right: false }
}

impl Piece {
    fn styled(self, style: Style) -> Piece {
        Piece { style: Some(style), ..self }
    }

    /// Belongs to the piece before it.
    fn close(self, gap: u16) -> Piece {
        Piece { gap, ..self }
    }

    fn at_right(self) -> Piece {
        Piece { right: true, ..self }
    }

    fn width(&self) -> usize {
        Shown::from(self.text.as_str()).width() + usize::from(self.gap)
    }
}

/// The reversed first line.
fn header(pen: &mut Pen<'_>, mut pieces: Vec<Piece>) {
    let columns = usize::from(pen.columns());
    // The first piece has one blank before it, the last one behind it.
    let used = |pieces: &[Piece]| pieces.iter().map(Piece::width).sum::<usize>();
    while used(&pieces) > columns {
        let Some(at) =
            (0..pieces.len()).filter(|i| pieces[*i].drop > 0).max_by_key(|i| pieces[*i].drop)
        else {
            break;
        };
        let gone = pieces.remove(at);
        if let Some(next) = pieces.get_mut(at) {
            next.gap = gone.gap;
            next.right |= gone.right;
        }
    }
    let bar = pen.look.bar();
    let mut spare = columns.saturating_sub(used(&pieces));
    let mut x = 0;
    for (at, piece) in pieces.iter().enumerate() {
        if piece.right {
            x += u16::try_from(std::mem::take(&mut spare)).unwrap_or(0);
        }
        x += if at == 0 { 1 } else { piece.gap };
        x = pen.put((x, 0), u16::MAX, &piece.text, piece.style.unwrap_or(bar));
    }
    pen.restyle(Rect::new(0, 0, pen.columns(), 1), bar);
}

/// Name, state, target: on every screen of a job.
fn job_header(model: &Model, job: &Attached, pen: &mut Pen<'_>, screen: &str) {
    let view = job.job();
    let mut pieces = vec![piece(job.name.clone() + screen, 0), piece(job.state_word(), 0)];
    if let Some(mark) = state_mark(job) {
        pieces.push(piece(mark, 3));
    }
    if model.read_only {
        pieces.push(piece("[RO]", 0).styled(pen.look.bold()));
    }
    let on_run = screen.is_empty();
    if on_run {
        pieces.push(piece(view.kind.clone(), 8));
    }
    let first = pieces.len();
    if !view.target.is_empty() {
        if on_run {
            pieces.push(piece(format!("{} ->", view.source), 6));
        }
        pieces.push(piece(view.target.clone(), 4).close(if on_run { 1 } else { 2 }));
    }
    if let Some(label) = label(job) {
        pieces.push(piece(format!("[{label}]"), 0).styled(pen.look.alarm()).close(1));
    }
    if view.started_ms > 0 {
        pieces.push(piece(figures::elapsed(job.elapsed_ms(model.now.mono_ms)), 5));
    }
    let consoles = &job.shot.consoles;
    if consoles.len() > 1 {
        pieces.push(piece(format!("{} consoles", consoles.len()), 7));
        let mut names: Vec<&str> = consoles.iter().map(|c| c.user.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        pieces.push(piece(format!(": {}", names.join(" ")), 9).close(0));
    }
    pieces.push(piece(link_word(job), if job.is_up() { 10 } else { 1 }));
    if let Some(piece) = pieces.get_mut(first) {
        piece.right = true;
    }
    header(pen, pieces);
}

/// `PROD` or the connection's own label.
fn label(job: &Attached) -> Option<String> {
    let view = job.job();
    match &view.target_label {
        Some(label) if !label.is_empty() => Some(label.clone()),
        _ if view.production => Some("PROD".to_owned()),
        _ => None,
    }
}

/// What stands behind a state word: a completed job tells what it is not proud of.
fn state_mark(job: &Attached) -> Option<String> {
    let view = job.job();
    if view.state != "COMPLETED" {
        return None;
    }
    let p = &view.progress;
    let mut parts = Vec::new();
    if p.chunks_failed > 0 {
        parts.push(format!("{} failed", figures::grouped(u64::from(p.chunks_failed))));
    }
    if p.steps_failed > 0 {
        parts.push(figures::counted(u64::from(p.steps_failed), "failed step"));
    }
    if p.chunks_skipped > 0 {
        parts.push(format!("{} skipped", figures::grouped(u64::from(p.chunks_skipped))));
    }
    if p.rows_rejected > 0 {
        parts.push(format!("{} rejected", figures::grouped(p.rows_rejected)));
    }
    if parts.is_empty() { None } else { Some(format!("with {}", parts.join(", "))) }
}

fn link_word(job: &Attached) -> String {
    match &job.link {
        Link::Up { build, .. } if build == env!("CARGO_PKG_VERSION") => "engine ok".to_owned(),
        Link::Up { build, .. } => format!("engine {build}"),
        Link::Connecting { .. } => "connecting".to_owned(),
        Link::Down { .. } if job.engine_is_gone() => "no engine".to_owned(),
        Link::Down { .. } => "not connected".to_owned(),
    }
}

/// The status line, and above it, where there is room, what is wrong.
fn footer(model: &Model, pen: &mut Pen<'_>, alert: Option<u16>, status: u16, keys: u16) {
    let standing = standing_lines(model);
    let mut standing = standing.iter();
    let columns = pen.columns();
    let mut said = prompt_line(model, pen, status);
    if !said && model.status_is_fresh() {
        pen.put((1, status), pen.columns() - 1, &model.status.text, pen.look.plain());
        said = true;
    }
    if let Some(row) = alert {
        // With one line to tell, it stands where the eye looks: in the status line.
        let both = standing.len() > 1 || said;
        if both && let Some(line) = standing.next() {
            line.draw(pen, row, columns);
        }
    }
    if !said && let Some(line) = standing.next() {
        line.draw(pen, status, columns);
    }
    draw_keys(model, pen, keys);
}

/// A line that stays while it is true.
struct Standing {
    text: String,
    style: Style,
    /// How to see the rest; kept whole when the text is cut.
    hint: &'static str,
}

impl Standing {
    fn draw(&self, pen: &mut Pen<'_>, row: u16, columns: u16) {
        let hint = u16::try_from(self.hint.len()).unwrap_or(0);
        let room = columns.saturating_sub(1 + hint);
        let x = pen.put((1, row), room, &self.text, self.style);
        pen.put((x, row), hint, self.hint, pen.look.plain());
    }
}

/// What the screen always says while it is true, worst first.
fn standing_lines(model: &Model) -> Vec<Standing> {
    let look = model.look;
    let standing = |text, style| Standing { text, style, hint: "" };
    let mut lines = Vec::new();
    let Some(job) = model.job.as_ref().filter(|_| model.place() != Place::Jobs) else {
        return lines;
    };
    if let Link::Down { down, since_ms, .. } = &job.link
        && !job.engine_is_gone()
    {
        let age = figures::short_time(model.now.mono_ms.saturating_sub(*since_ms) / 5_000 * 5_000);
        let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
        let text = format!("! {}; trying for {age}, numbers are from {at}", down.message);
        lines.push(standing(text, look.bold()));
    } else if job.engine_is_gone() && model.place() != Place::Lost {
        let text = match job.job().state.as_str() {
            "STOPPED" => format!("{} is stopped; its engine has left. r starts it again", job.name),
            "COMPLETED" => format!("{} is complete; its engine has left", job.name),
            _ => format!(
                "! Engine of {} is gone (process {}). r restart  L log",
                job.name,
                job.job().engine_pid
            ),
        };
        lines.push(standing(text, look.plain()));
    }
    // What the last picture says of the present is no news.
    if !job.is_up() {
        return lines;
    }
    if job.silent {
        let ms = model.now.mono_ms.saturating_sub(job.received_ms) / 5_000 * 5_000;
        let at = figures::clock(job.received_wall_ms, model.now.utc_offset_s);
        let text = format!(
            "! No word from the engine for {} s ({}). Numbers are from {at}",
            ms / 1_000,
            job.process_text()
        );
        let read = job.run.alert_read.as_deref() == Some(SILENT);
        let hint = if read || model.place() != Place::Run { "" } else { "  Enter: more" };
        lines.push(Standing { text, style: look.bold(), hint });
    }
    // The others are on the page that Enter opens.
    if let Some(alert) = job.job().alerts.first() {
        let read = job.run.alert_read.as_ref() == Some(&alert.id);
        let hint = if read || model.place() != Place::Run { "" } else { "  Enter: more" };
        let text = format!("! {}", alert.what);
        lines.push(Standing { text, style: look.bold(), hint });
    }
    if let Some(held) = job.held_by() {
        lines.push(standing(held, look.plain()));
    }
    if job.job().state == "COMPLETED" {
        lines.push(standing(completed_line(job), look.plain()));
    }
    if model.place() == Place::Failed
        && let Some(text) = failed::waiting_line(job)
    {
        lines.push(standing(text, look.plain()));
    }
    if let Some(text) = threads_line(job) {
        lines.push(standing(text, look.plain()));
    }
    lines
}

/// The sum of a finished job.
fn completed_line(job: &Attached) -> String {
    let p = &job.job().progress;
    let tables = figures::counted(job.shot.tables.len() as u64, "table");
    let rows = figures::grouped(p.rows_done);
    match state_mark(job) {
        Some(mark) => format!("complete {mark}: {tables}, {rows} rows; f lists what failed"),
        None => format!("complete: {tables}, {rows} rows are on the target, nothing failed"),
    }
}

/// Why run and want differ.
fn threads_line(job: &Attached) -> Option<String> {
    let t = &job.job().threads;
    if t.draining > 0 {
        let now = if t.draining_oldest_ms >= 120_000 {
            "; \":drain now\" gives the chunks back instead"
        } else {
            ""
        };
        let verb = if t.draining == 1 { "is finishing its" } else { "are finishing their" };
        return Some(format!(
            "{} {verb} chunk{now}",
            figures::counted(u64::from(t.draining), "thread")
        ));
    }
    if job.job().state != "EXECUTING" {
        return None;
    }
    if t.connecting > 0 {
        return Some(format!(
            "threads: {} asked for, {} running, {} connecting",
            t.want, t.run, t.connecting
        ));
    }
    t.note.clone()
}

/// An open prompt, with the terminal's cursor in it.
fn prompt_line(model: &Model, pen: &mut Pen<'_>, row: u16) -> bool {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else {
        return false;
    };
    let label = match prompt.kind {
        PromptKind::Filter => "/",
        PromptKind::Threads if slides_indexes(model) => "index workers: ",
        PromptKind::Threads => "threads: ",
        PromptKind::GoTo => "go to chunk: ",
        PromptKind::Rename => "name there: ",
    };
    let x = pen.put((1, row), 20, label, pen.look.bold());
    let after = pen.put((x, row), pen.columns() / 2, prompt.field.text(), pen.look.plain());
    let hint = match prompt.kind {
        PromptKind::Filter => "   Enter keeps it, Esc drops it",
        PromptKind::Threads | PromptKind::GoTo | PromptKind::Rename => {
            "   Enter sets it, Esc drops it"
        }
    };
    if model.status_is_fresh() {
        pen.put((after + 3, row), pen.columns(), &model.status.text, pen.look.plain());
    } else {
        pen.put((after + 1, row), pen.columns(), hint, pen.look.plain());
    }
    place_cursor(pen, x, row, &prompt.field.before_cursor());
    true
}

fn slides_indexes(model: &Model) -> bool {
    model.job.as_ref().is_some_and(|job| job.slides_indexes())
}

fn place_cursor(pen: &mut Pen<'_>, x: u16, y: u16, before: &str) {
    let width = u16::try_from(Shown::from(before).width()).unwrap_or(0);
    let x = (x + width).clamp(0, pen.columns().saturating_sub(1));
    pen.cursor = Some(Position { x, y });
}

/// The reversed last line: keys of this screen, most useful first, cut at the width.
fn draw_keys(model: &Model, pen: &mut Pen<'_>, row: u16) {
    let columns = pen.columns();
    let narrow = columns < 60;
    let text = match &model.overlay {
        Some(Overlay::Question(question)) if question.field.is_none() => {
            "y = yes   n or Esc = no   other keys are ignored".to_owned()
        }
        Some(Overlay::Question(_)) => {
            "a question is open: letters go into its field   Tab field   Esc = no".to_owned()
        }
        Some(Overlay::Prompt(_)) => {
            "letters go into the line   Enter take it   Esc drop it".to_owned()
        }
        Some(Overlay::Palette(_)) => {
            "Tab complete   Up Down choose   Enter run   Esc close".to_owned()
        }
        Some(Overlay::Help(_)) => {
            "type a word or a key   Enter do it   Tab all screens   Esc close".to_owned()
        }
        Some(Overlay::Reader(_)) => "PgUp PgDn scroll   y copy   Esc close".to_owned(),
        None if model.frozen => "FROZEN: any key goes on".to_owned(),
        None => keys_text(model, usize::from(columns), narrow),
    };
    pen.put((1, row), columns - 1, text, pen.look.bar());
    pen.restyle(Rect::new(0, row, columns, 1), pen.look.bar());
}

fn keys_text(model: &Model, columns: usize, narrow: bool) -> String {
    let place = model.place();
    let top = model.screens.len() == 1;
    let leave = if top { "leave" } else { "back" };
    let tail: Vec<String> = [(Do::Command, "command"), (Do::Help, "help"), (Do::Close, leave)]
        .into_iter()
        .filter_map(|(does, word)| model.keymap.first(Action::of(does)).map(|key| (key, word)))
        .map(|(key, word)| if narrow { key.to_string() } else { format!("{key} {word}") })
        .collect();
    let tail = tail.join(if narrow { " " } else { "  " });
    let mut out = String::new();
    // Where a key is all there is room for, the sliders come before the panes.
    let small_run = [
        Do::Pause,
        Do::Resume,
        Do::ThreadsUp,
        Do::ThreadsDown,
        Do::Failed,
        Do::Open,
        Do::Log,
        Do::Filter,
    ];
    let line = if narrow && place == Place::Run { &small_run[..] } else { key_line(place) };
    for does in line {
        let action = Action::of(*does);
        if !is_useful(model, action) {
            continue;
        }
        let keys = model.keymap.keys(action);
        let key = match keys.first() {
            Some(_) if keys.len() > 3 => model.keymap.shown(action),
            Some(first) => first.to_string(),
            // Switched off in keys.toml, or without a key.
            None => continue,
        };
        let short = match (action.does, place) {
            (Do::Open, Place::Jobs) => "attach",
            (Do::Open, Place::Run) => "table",
            (Do::Open, Place::Failed | Place::Table) => "full text",
            (Do::Open, Place::Rejects) => "the row",
            (Do::Open, Place::History) => "events",
            (Do::Resume, Place::Lost) => "restart",
            _ => action.short,
        };
        let mut entry = if narrow { key } else { format!("{key} {short}") };
        if matches!(does, Do::Failed) && !narrow {
            let n = model.job.as_ref().map_or(0, |j| failures(j));
            entry.push_str(&format!(" {}", figures::grouped(n)));
        }
        if matches!(does, Do::Rejects) && !narrow {
            let n = model.job.as_ref().map_or(0, |j| j.job().progress.rows_rejected);
            entry.push_str(&format!(" {}", figures::grouped(n)));
        }
        let gap = if narrow { 1 } else { 2 };
        if out.len() + entry.len() + gap + tail.len() + 2 > columns {
            break;
        }
        out.push_str(&entry);
        out.push_str(&" ".repeat(gap));
    }
    out + &tail
}

/// Is it worth a place in the key line now?
fn is_useful(model: &Model, action: &Action) -> bool {
    if action.changes() && model.read_only {
        return false;
    }
    let Some(job) = &model.job else {
        return true;
    };
    let state = job.job().state.as_str();
    match action.does {
        Do::Failed => failures(job) > 0,
        Do::Rejects => job.job().progress.rows_rejected > 0,
        Do::Resume if model.place() == Place::Run => {
            job.engine_is_gone() && state != "COMPLETED"
                || (matches!(state, "IDLING" | "STOP PENDING") || !job.job().held_by.is_empty())
                    && job.refusal("resume").is_none()
        }
        Do::Pause if model.place() == Place::Run => {
            job.is_up()
                && matches!(state, "EXECUTING" | "COMPLETING")
                && job.refusal("pause").is_none()
        }
        Do::Back => model.screens.len() > 1,
        _ => true,
    }
}

fn failures(job: &Attached) -> u64 {
    let p = &job.job().progress;
    u64::from(p.chunks_failed) + u64::from(p.steps_failed)
}
