//! The command list `:`. A fitting verb runs; a word that only describes one completes it.

use super::{help, keys, movement_of_key, prompt, steer};
use crate::console::commands::{Action, Ask, Place, parse, suggest};
use crate::console::keymap::Key;
use crate::console::model::{Model, Overlay, Palette};
use crate::console::msg::Cmd;
use crate::console::theme::{Glyphs, Theme};

/// Lines of the list at most.
pub const LINES_MAX: usize = 7;

pub fn open(model: &mut Model) -> Vec<Cmd> {
    model.overlay = Some(Overlay::Palette(Palette::default()));
    Vec::new()
}

/// The commands that fit what was typed; of a console that may only look those that look.
#[must_use]
pub fn found(text: &str, place: Place, read_only: bool) -> Vec<&'static Action> {
    let mut found = suggest(text, place);
    found.retain(|action| !(read_only && action.changes()));
    found
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    let place = model.place();
    let recall = model.recall.clone();
    let Some(Overlay::Palette(palette)) = &mut model.overlay else {
        return Vec::new();
    };
    let found = found(palette.field.text(), place, model.read_only);
    let recalls = palette.recalled > 0 || palette.field.text().is_empty();
    if key == Key::Up && recalls && palette.recalled < recall.len() {
        palette.recalled += 1;
        palette.field.set(&recall[recall.len() - palette.recalled]);
        return Vec::new();
    }
    if let Some(to) = movement_of_key(key) {
        palette.list.go(to, found.len(), LINES_MAX);
        palette.chosen = true;
        return Vec::new();
    }
    match key {
        Key::Esc => prompt::drop_overlay(model),
        Key::Backspace if palette.field.text().is_empty() => prompt::drop_overlay(model),
        Key::Tab => {
            if let Some(action) = found.get(palette.list.cursor) {
                complete(palette, action);
            }
        }
        Key::Enter if palette.chosen => {
            if let Some(action) = found.get(palette.list.cursor).copied() {
                return choose(model, action);
            }
        }
        Key::Enter => return enter(model, &found),
        key => {
            palette.field.key(key);
            palette.recalled = 0;
            palette.chosen = false;
            palette.list = crate::console::model::List::default();
        }
    }
    Vec::new()
}

/// Puts a verb into the line, up to the first value to type.
fn complete(palette: &mut Palette, action: &Action) {
    let fixed = action.verb_before_value();
    let text = if fixed.len() < action.verb.len() { format!("{fixed} ") } else { fixed };
    palette.field.set(&text);
    palette.chosen = false;
}

/// A line chosen with the arrows: run it, or complete it when it needs a value.
fn choose(model: &mut Model, action: &'static Action) -> Vec<Cmd> {
    if action.needs_value() {
        if let Some(Overlay::Palette(palette)) = &mut model.overlay {
            complete(palette, action);
        }
        return Vec::new();
    }
    model.overlay = None;
    model.remember(action.verb);
    keys::perform(model, action.does, None)
}

fn enter(model: &mut Model, found: &[&'static Action]) -> Vec<Cmd> {
    let place = model.place();
    let Some(Overlay::Palette(palette)) = &mut model.overlay else {
        return Vec::new();
    };
    let text = palette.field.text().trim().to_owned();
    match parse(&text, place) {
        Ok(ask) => {
            model.overlay = None;
            model.remember(&text);
            run(model, ask)
        }
        Err(problem) => {
            let verb = text.split(' ').next().unwrap_or_default();
            let known = found.iter().any(|a| a.verb_word() == verb);
            match found.first() {
                Some(action) if !known && !text.is_empty() => complete(palette, action),
                _ => model.say(problem),
            }
            Vec::new()
        }
    }
}

fn run(model: &mut Model, ask: Ask) -> Vec<Cmd> {
    let needs_job = !matches!(ask, Ask::Do(_) | Ask::Set { .. } | Ask::Help(_));
    if needs_job && model.job.is_none() {
        model.say("attach to a job first: Enter");
        return Vec::new();
    }
    match ask {
        Ask::Do(does) => keys::perform(model, does, None),
        Ask::Threads(want) => steer::wish_threads(model, i64::from(want), 0),
        Ask::ThreadsMax(max) => {
            let action = crate::protocol::Action::ThreadsMax { max };
            steer::act(model, action, &format!("threads max {max}"))
        }
        Ask::IndexWorkers(want) => {
            let action = crate::protocol::Action::IndexWorkers { want };
            steer::act(model, action, &format!("index workers {want}"))
        }
        Ask::Rate(bytes) => steer::wish_rate(model, bytes, 0),
        Ask::Help(words) => help::search(model, &words),
        Ask::Set { name, value } => {
            set(model, &name, &value);
            Vec::new()
        }
    }
}

fn set(model: &mut Model, name: &str, value: &str) {
    let done = match name {
        "theme" => Theme::parse(value).map(|theme| model.look.theme = theme),
        "glyphs" => Glyphs::parse(value).map(|glyphs| model.look.glyphs = glyphs),
        other => Err(format!("there is no setting {other:?}; there are theme and glyphs")),
    };
    model.say(match done {
        Ok(()) => format!("{name} is {value} on this console"),
        Err(problem) => problem,
    });
}
