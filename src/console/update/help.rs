//! The help list: searched by typing, done with Enter. It is the action table itself.

use super::{keys, movement_of_key, prompt};
use crate::console::commands::{ACTIONS, Action};
use crate::console::field::Field;
use crate::console::keymap::Key;
use crate::console::model::{Help, List, Model, Overlay};
use crate::console::msg::Cmd;

pub fn open(model: &mut Model) -> Vec<Cmd> {
    model.overlay = Some(Overlay::Help(Help {
        place: model.place(),
        all: false,
        field: Field::default(),
        list: List::default(),
    }));
    Vec::new()
}

/// The actions that fit what was typed: by id, key, title or words.
#[must_use]
pub fn matches(help: &Help) -> Vec<&'static Action> {
    let typed = help.field.text().trim();
    let wanted = typed.to_lowercase();
    let fits = |a: &&Action| {
        wanted.is_empty()
            || a.keys.contains(&typed)
            || [a.id, a.title, a.verb, a.words].iter().any(|t| t.to_lowercase().contains(&wanted))
            || a.keys.iter().any(|k| k.len() > 1 && k.to_lowercase().contains(&wanted))
    };
    let mut found: Vec<&'static Action> =
        ACTIONS.iter().filter(|a| help.all || a.at(help.place)).filter(fits).collect();
    found.sort_by_key(|a| rank(a, typed, &wanted));
    found
}

/// The key itself first, then what begins like that, then what is only described by it.
fn rank(action: &Action, typed: &str, wanted: &str) -> u8 {
    if wanted.is_empty() || action.keys.contains(&typed) {
        0
    } else if !action.verb.is_empty() && action.verb.starts_with(wanted) {
        1
    } else if action.id.starts_with(wanted) || action.title.starts_with(wanted) {
        2
    } else if action.title.contains(wanted) {
        3
    } else {
        4
    }
}

/// Lines of the list: the window without title, search line, heads, detail and the last two lines.
#[must_use]
pub fn height(rows: u16) -> usize {
    usize::from(if rows >= 24 { rows - 13 } else { rows.saturating_sub(5) })
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    let rows = model.rows;
    let Some(Overlay::Help(help)) = &mut model.overlay else {
        return Vec::new();
    };
    if let Some(to) = movement_of_key(key) {
        let len = matches(help).len();
        help.list.go(to, len, height(rows));
        return Vec::new();
    }
    match key {
        Key::Esc => prompt::drop_overlay(model),
        Key::Tab => {
            help.all = !help.all;
            help.list = List::default();
        }
        Key::Enter => {
            let chosen = matches(help).get(help.list.cursor).copied();
            let here = help.place;
            model.overlay = None;
            return match chosen {
                Some(action) if action.at(here) => keys::perform(model, action.does, None),
                Some(action) => {
                    model.say(format!("{} is not for this screen", action.title));
                    Vec::new()
                }
                None => Vec::new(),
            };
        }
        key => {
            help.field.key(key);
            help.list = List::default();
        }
    }
    Vec::new()
}
