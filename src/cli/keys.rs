//! `keys`: the console's one table of actions, for people and scripts, with keys.toml in it.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Value, json};

use super::args::KeysArgs;
use super::failure::{Exit, Failure};
use super::figures;
use super::output::{clean, columns};
use super::session::Session;
use crate::config::Paths;
use crate::console::commands::{ACTIONS, Action, Place};
use crate::console::keymap::{self, Key, Keymap};

/// The operator's file of keys.
const FILE: &str = "keys.toml";

/// # Errors
/// `Usage` for a screen that is none, or when `--check` finds something.
pub fn keys(session: &Session, args: &KeysArgs) -> Result<Exit, Failure> {
    let places = match &args.screen {
        None => Place::ALL.to_vec(),
        Some(word) => vec![place_of(word)?],
    };
    let (map, doubts) = keymap(&session.paths);
    if args.check {
        return check(session, &map, &doubts);
    }
    let here = |action: &&Action| places.iter().any(|place| action.at(*place));
    let actions: Vec<&Action> = ACTIONS.iter().filter(here).collect();
    map.troubles.iter().for_each(|trouble| session.output.note(trouble));
    if session.output.json {
        let list: Vec<Value> = actions.iter().map(|action| object(&map, action)).collect();
        session.output.line(&Value::Array(list).to_string());
        return Ok(Exit::Done);
    }
    let row = |action: &&Action| {
        let verb = match action.verb.is_empty() {
            true => String::new(),
            false => format!(":{}", action.verb),
        };
        let shell = match action.shell.is_empty() {
            true => String::new(),
            false => format!("tidegate {}", action.shell),
        };
        let title = action.title.to_owned();
        vec![map.shown(action), title, action.tier.word().to_owned(), verb, shell]
    };
    let rows: Vec<Vec<String>> = actions.iter().map(row).collect();
    columns(&rows, &[]).iter().for_each(|line| session.output.text(line));
    if map.changes() > 0 {
        let changes = figures::counted(map.changes() as u64, "change");
        session.output.note(&format!("with your changes in it ({}, {changes})", map.file));
    }
    Ok(Exit::Done)
}

fn place_of(word: &str) -> Result<Place, Failure> {
    Place::ALL.into_iter().find(|place| place.word() == word).ok_or_else(|| {
        let words = Place::ALL.map(Place::word).join(", ");
        Failure::usage(format!("there is no screen {word:?}; there are {words}"))
    })
}

fn object(map: &Keymap, action: &Action) -> Value {
    let screens: Vec<&str> = action.places.iter().map(|place| place.word()).collect();
    let keys: Vec<String> = map.keys(action).iter().map(Key::to_string).collect();
    json!({
        "id": action.id,
        "keys": keys,
        "screens": screens,
        "verb": action.verb,
        "shell": action.shell,
        "asks": action.tier.word(),
        "title": action.title,
        "help": map.fill(action.help),
    })
}

/// Everything in the file that is not obeyed.
fn check(session: &Session, map: &Keymap, doubts: &[String]) -> Result<Exit, Failure> {
    doubts.iter().for_each(|doubt| session.output.note(doubt));
    if let [first, more @ ..] = map.troubles.as_slice() {
        more.iter().for_each(|trouble| session.output.note(trouble));
        return Err(Failure::usage(first.clone())
            .with_detail("The other lines are obeyed; these actions keep their default keys.")
            .with_hint("`tidegate keys` lists the keys as they are now."));
    }
    let bound: usize = ACTIONS.iter().map(|action| map.keys(action).len()).sum();
    let changes = figures::counted(map.changes() as u64, "change");
    let keys = figures::counted(bound as u64, "key");
    session.output.text(&match map.file.as_str() {
        "" => format!("{keys}, as built in"),
        file => format!("{keys}, {changes} in {file}"),
    });
    let found = json!({ "keys": bound, "changes": map.changes(), "wrong": [] });
    session.output.object("keys", found);
    Ok(Exit::Done)
}

/// The keys with the operator's file in them (what is wrong with it goes with them), and what is
/// doubtful in it. Trouble never keeps a console from opening.
#[must_use]
pub fn keymap(paths: &Paths) -> (Keymap, Vec<String>) {
    let path = paths.config.join(FILE);
    let shown = at_home(&path);
    let (mut map, found) = match std::fs::read_to_string(&path) {
        Ok(text) => keymap::read(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut map = Keymap::new();
            map.troubles = misnamed(paths);
            return (map, Vec::new());
        }
        Err(error) => {
            let mut map = Keymap::new();
            map.troubles = vec![format!("{shown} cannot be read: {error}")];
            return (map, Vec::new());
        }
    };
    let said = |t: &keymap::KeyTrouble| format!("{shown} line {}: {}", t.line, clean(&t.text));
    let doubts = found.iter().filter(|t| t.doubt).map(said).collect();
    map.troubles = found.iter().filter(|t| !t.doubt).map(said).collect();
    map.troubles.extend(misnamed(paths));
    map.file = shown;
    (map, doubts)
}

/// Files that somebody may believe to hold the keys.
fn misnamed(paths: &Paths) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(&paths.config) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.to_lowercase().starts_with("key") && !name.starts_with(FILE))
        .collect();
    names.sort();
    let told = |name: &String| {
        let path = at_home(&paths.config.join(name));
        format!("{} is not read; the file of keys is called {FILE}", clean(&path))
    };
    names.iter().map(told).collect()
}

/// `~/.config/tidegate/keys.toml`.
fn at_home(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| home.len() > 1);
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}
