//! The help list: searched by typing, done with Enter. It is the action table itself.

use super::{keys, movement_of_key, prompt};
use crate::console::commands::{ACTIONS, Action};
use crate::console::field::Field;
use crate::console::keymap::{Key, Keymap};
use crate::console::layout;
use crate::console::model::{Help, List, Model, Overlay};
use crate::console::msg::Cmd;

pub fn open(model: &mut Model) -> Vec<Cmd> {
    search(model, "")
}

/// Opens the list with words typed already.
pub fn search(model: &mut Model, words: &str) -> Vec<Cmd> {
    model.overlay = Some(Overlay::Help(Help {
        place: model.place(),
        all: false,
        field: Field::new(words),
        list: List::default(),
    }));
    Vec::new()
}

/// The actions of this screen, or of all; a console that may only look lists those that look.
pub fn shown_actions(
    help: &Help,
    read_only: bool,
) -> impl Iterator<Item = &'static Action> + use<> {
    let (all, place) = (help.all, help.place);
    ACTIONS.iter().filter(move |a| all || a.at(place)).filter(move |a| !(read_only && a.changes()))
}

/// The actions that fit what was typed: by id, key, title or words.
#[must_use]
pub fn matches(help: &Help, keymap: &Keymap, read_only: bool) -> Vec<&'static Action> {
    let typed = help.field.text().trim();
    let wanted = typed.to_lowercase();
    let mut found: Vec<(u8, &'static Action)> = shown_actions(help, read_only)
        .filter_map(|action| rank(action, keymap, typed, &wanted).map(|rank| (rank, action)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, action)| action).collect()
}

/// The key itself first, then what begins like that, then what is only described by it.
fn rank(action: &Action, keymap: &Keymap, typed: &str, wanted: &str) -> Option<u8> {
    let title = action.title.to_lowercase();
    let names: Vec<String> = keymap.keys(action).iter().map(Key::to_string).collect();
    let named = |name: &String| name.chars().count() > 1 && name.to_lowercase().contains(wanted);
    if wanted.is_empty() || names.iter().any(|name| name == typed) {
        // What has a key first: the others are one `:` away.
        Some(u8::from(wanted.is_empty() && names.is_empty()))
    } else if !action.verb.is_empty() && action.verb.starts_with(wanted) {
        Some(1)
    } else if action.id.starts_with(wanted) || title.starts_with(wanted) {
        Some(2)
    } else if title.contains(wanted) || names.iter().any(named) {
        Some(3)
    } else if [action.id, action.verb, action.words].iter().any(|text| text.contains(wanted)) {
        Some(4)
    } else {
        None
    }
}

/// Actions that the window shows at once.
#[must_use]
pub fn capacity(columns: u16, rows: u16) -> usize {
    let lines = layout::help_lines(rows);
    if columns >= layout::WIDE { lines * 2 } else { lines }
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    let height = capacity(model.columns, model.rows);
    let Some(Overlay::Help(help)) = &mut model.overlay else {
        return Vec::new();
    };
    if let Some(to) = movement_of_key(key) {
        let len = matches(help, &model.keymap, model.read_only).len();
        help.list.go(to, len, height);
        return Vec::new();
    }
    match key {
        Key::Esc => prompt::drop_overlay(model),
        Key::Tab => {
            help.all = !help.all;
            help.list = List::default();
        }
        Key::Enter => {
            let found = matches(help, &model.keymap, model.read_only);
            let chosen = found.get(help.list.cursor).copied();
            let here = help.place;
            model.overlay = None;
            return match chosen {
                Some(action) if action.at(here) => keys::perform(model, action.does, None),
                Some(action) => {
                    let places: Vec<&str> = action.places.iter().map(|p| p.word()).collect();
                    let text = format!("{} is for: {}", action.title, places.join(", "));
                    model.say(text);
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
