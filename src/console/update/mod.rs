//! What a message changes. Nothing here draws, waits or reads anything but its arguments.

mod copying;
mod engine;
mod failed;
mod help;
mod history;
mod jobs;
mod keys;
mod list;
mod log;
mod palette;
mod plan;
mod prompt;
mod question;
mod reader;
mod refresh;
mod rejects;
mod run;
mod steer;
mod table;
mod verify;
mod wizard;

pub use copying::reject_text;
pub use help::{matches as help_matches, shown_actions as help_actions};
#[cfg(test)]
pub use keys::perform_by_table as perform_for_test;
pub use palette::{LINES_MAX as PALETTE_LINES_MAX, found as palette_found};
pub use plan::lines as plan_lines;
pub use reader::height as reader_height;
pub use table::view_word;
pub use verify::{row_text as difference_text, shown as verified_tables};
pub use wizard::{estimate as draft_estimate, start_refusal as draft_refusal};

use super::commands::Place;
use super::keymap::Key;
use super::model::{Model, Now, Overlay};
use super::msg::{Cmd, Msg};

/// The effects a fresh model begins with.
#[must_use]
pub fn begin(model: &Model) -> Vec<Cmd> {
    match &model.job {
        Some(job) => vec![Cmd::Attach { job: job.name.clone() }],
        None => vec![Cmd::LoadJobs],
    }
}

/// Makes a message true and says what is to be done about it.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = match msg {
        Msg::Clock { mono_ms, wall_ms, utc_offset_s } => {
            model.now = Now { mono_ms, wall_ms, utc_offset_s };
            return Vec::new();
        }
        Msg::Tick => tick(model),
        Msg::Painted => {
            painted(model);
            return Vec::new();
        }
        Msg::Key(key) => {
            model.dirty = true;
            keys::press(model, key)
        }
        Msg::Paste(text) => paste(model, &text),
        Msg::PasteIgnored { characters } => {
            paste_ignored(model, characters);
            Vec::new()
        }
        Msg::Resize { columns, rows } => {
            resize(model, columns, rows);
            Vec::new()
        }
        Msg::Jobs(jobs) => {
            jobs::loaded(model, jobs);
            Vec::new()
        }
        Msg::Link(news) => engine::link(model, news),
        Msg::Reply { ticket, reply } => engine::reply(model, ticket, reply),
        Msg::Shell { words, said } => keys::shell_said(model, &words, said),
        Msg::Told(text) => {
            model.say(text);
            Vec::new()
        }
        Msg::Tail(lines) => {
            if let Some(job) = &mut model.job {
                job.lost.tail = lines;
                model.dirty = true;
            }
            Vec::new()
        }
        Msg::Process(state) => {
            if let Some(job) = &mut model.job {
                model.dirty = model.dirty || job.process != state;
                job.process = state;
            }
            Vec::new()
        }
        Msg::SlowLine(pace_ms) => {
            slow_line(model, pace_ms);
            Vec::new()
        }
        Msg::Survey { id, news } => wizard::news(model, id, news),
        Msg::SurveyDown(why) => wizard::survey_down(model, &why),
        Msg::Draft { name, text } => wizard::opened(model, &name, text),
        Msg::Edited(text) => wizard::edited(model, text),
        Msg::Started { draft, result } => wizard::started(model, &draft, result),
    };
    cmds.extend(wizard::due(model));
    cmds.extend(wizard::save(model));
    cmds.extend(refresh::wanted(model));
    cmds
}

fn tick(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    // The elapsed time shows minutes, an answer fades: both change a picture without any news.
    // A frame that comes out equal costs no byte.
    model.dirty = true;
    if model.cancelled_ms.is_some_and(|at| now.saturating_sub(at) > keys::CANCEL_TWICE_MS) {
        model.cancelled_ms = None;
    }
    let mut cmds = steer::send_wishes(model);
    steer::mark_overdue(model);
    if model.place() == Place::Jobs && now >= model.jobs.load_due_ms {
        model.jobs.load_due_ms = now + jobs::RELOAD_MS;
        cmds.push(Cmd::LoadJobs);
    }
    cmds
}

fn painted(model: &mut Model) {
    let now = model.now.mono_ms;
    if let Some(Overlay::Question(question)) = &mut model.overlay
        && question.painted_ms.is_none()
    {
        question.painted_ms = Some(now);
    }
    if let Some(job) = &mut model.job {
        job.run.painted = run::selected(job);
    }
}

fn paste(model: &mut Model, text: &str) -> Vec<Cmd> {
    let field = match &mut model.overlay {
        Some(Overlay::Help(help)) => Some(&mut help.field),
        Some(Overlay::Palette(palette)) => {
            palette.chosen = false;
            Some(&mut palette.field)
        }
        Some(Overlay::Prompt(prompt)) => Some(&mut prompt.field),
        // What was typed ahead of the question does not belong into it, pasted or not.
        Some(Overlay::Question(question)) if question.accepts(model.now.mono_ms) => {
            question.active_field()
        }
        Some(Overlay::Question(_) | Overlay::Reader(_)) => None,
        None => {
            return wizard::paste(model, text).unwrap_or_else(|| {
                paste_ignored(model, text.chars().count());
                Vec::new()
            });
        }
    };
    match field {
        Some(field) => field.paste(text),
        None => paste_ignored(model, text.chars().count()),
    }
    model.dirty = true;
    prompt::changed(model);
    Vec::new()
}

fn paste_ignored(model: &mut Model, characters: usize) {
    model.say(format!("{characters} pasted characters ignored: no text field is open"));
}

fn resize(model: &mut Model, columns: u16, rows: u16) {
    model.columns = columns;
    model.rows = rows;
    model.dirty = true;
    refit(model);
}

/// Brings every cursor into view again after the window or a layout changed.
fn refit(model: &mut Model) {
    log::follow(model);
    history::refit(model);
    for place in [
        Place::Jobs,
        Place::Run,
        Place::Plan,
        Place::Table,
        Place::Failed,
        Place::Rejects,
        Place::Log,
        Place::Verify,
    ] {
        list::refit(model, place);
    }
    wizard::refit(model);
}

fn slow_line(model: &mut Model, pace_ms: Option<u64>) {
    if model.slow_line_ms != pace_ms {
        model.slow_line_ms = pace_ms;
        if let Some(ms) = pace_ms {
            model.say(format!("slow line: 1 picture per {:.1} s", ms as f64 / 1000.0));
        }
    }
}

/// Opens a screen and fetches what it needs.
fn go(model: &mut Model, place: Place) -> Vec<Cmd> {
    model.open(place);
    if place == Place::Jobs {
        model.jobs.load_due_ms = 0;
    }
    refit(model);
    Vec::new()
}

/// Closes the top screen; the last one leaves the console.
fn close(model: &mut Model) -> Vec<Cmd> {
    if model.zoomed {
        model.zoomed = false;
        refit(model);
        return Vec::new();
    }
    if model.screens.len() == 1 {
        return vec![Cmd::Leave];
    }
    model.screens.pop();
    refit(model);
    if model.screens.len() == 1 && model.screens[0] == Place::Jobs {
        model.job = None;
        model.jobs.load_due_ms = 0;
        return vec![Cmd::Detach];
    }
    Vec::new()
}

/// The way a key moves in a box, which takes keys without the table.
fn movement_of_key(key: Key) -> Option<super::model::Move> {
    use super::model::Move;
    Some(match key {
        Key::Down => Move::By(1),
        Key::Up => Move::By(-1),
        Key::PageDown => Move::Pages(1),
        Key::PageUp => Move::Pages(-1),
        _ => return None,
    })
}
