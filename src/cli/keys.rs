//! `keys`: the console's one table of actions, for people and scripts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::args::KeysArgs;
use super::failure::{Exit, Failure};
use super::figures;
use super::output::columns;
use super::session::Session;
use crate::console::commands::{ACTIONS, Action, Place};

/// # Errors
/// `Usage` for a screen that is none, or when `--check` finds something.
pub fn keys(session: &Session, args: &KeysArgs) -> Result<Exit, Failure> {
    let places = match &args.screen {
        None => Place::ALL.to_vec(),
        Some(word) => vec![place_of(word)?],
    };
    if args.check {
        return check(session, &places);
    }
    let here = |action: &&Action| places.iter().any(|place| action.at(*place));
    let actions: Vec<&Action> = ACTIONS.iter().filter(here).collect();
    if session.output.json {
        let list: Vec<Value> = actions.iter().map(|action| object(action)).collect();
        session.output.line(&Value::Array(list).to_string());
        return Ok(Exit::Done);
    }
    let row = |action: &&Action| {
        vec![
            action.keys.join(" "),
            action.title.to_owned(),
            action.tier.word().to_owned(),
            match action.verb.is_empty() {
                true => String::new(),
                false => format!(":{}", action.verb),
            },
        ]
    };
    let rows: Vec<Vec<String>> = actions.iter().map(row).collect();
    columns(&rows, &[]).iter().for_each(|line| session.output.text(line));
    Ok(Exit::Done)
}

fn place_of(word: &str) -> Result<Place, Failure> {
    Place::ALL.into_iter().find(|place| place.word() == word).ok_or_else(|| {
        let words = Place::ALL.map(Place::word).join(", ");
        Failure::usage(format!("there is no screen {word:?}; there are {words}"))
    })
}

fn object(action: &Action) -> Value {
    let screens: Vec<&str> = action.places.iter().map(|place| place.word()).collect();
    json!({
        "id": action.id,
        "keys": action.keys,
        "screens": screens,
        "verb": action.verb,
        "shell": action.shell,
        "asks": action.tier.word(),
        "title": action.title,
        "help": action.help,
    })
}

/// Two actions on one key of a screen, and a file of keys that is not obeyed.
fn check(session: &Session, places: &[Place]) -> Result<Exit, Failure> {
    let mut taken: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for action in ACTIONS {
        for place in places.iter().filter(|place| action.at(**place)) {
            for key in action.keys {
                if let Some(other) = taken.insert((place.word(), key), action.id) {
                    let (place, id) = (place.word(), action.id);
                    return Err(Failure::usage(format!(
                        "on {place}, {key} means {other} and {id}"
                    )));
                }
            }
        }
    }
    let file = session.paths.config.join("keys.toml");
    if file.exists() {
        return Err(Failure::usage(format!("{} is not obeyed", file.display()))
            .with_detail("Keys cannot be changed yet; the built-in ones are in force.")
            .with_hint("Remove the file, so that nobody believes in it."));
    }
    session.output.text(&figures::counted(taken.len() as u64, "key"));
    session.output.object("keys", json!({ "keys": taken.len(), "wrong": [] }));
    Ok(Exit::Done)
}
