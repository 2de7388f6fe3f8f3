//! Everything the console can do, the command line can: the action table is walked, and each
//! action's twin has to parse.

use clap::Parser;

use super::args::Invocation;
use crate::console::commands::{ACTIONS, Action, Tier};

/// What only moves, reads or arranges this screen. Whoever adds an action without a twin decides
/// here that it is one of these.
const SCREEN_ONLY: [&str; 37] = [
    "down",
    "up",
    "left",
    "right",
    "first",
    "last",
    "page_down",
    "page_up",
    "half_down",
    "half_up",
    "next_pane",
    "prev_pane",
    "open",
    "back",
    "close",
    "leave",
    "cancel",
    "suspend",
    "repaint",
    "command",
    "filter",
    "next_match",
    "prev_match",
    "zoom",
    "freeze",
    "view",
    "sort",
    "mark",
    "mark_all",
    "mark_none",
    "prev_page",
    "next_page",
    "unfold_all",
    "save_text",
    "outside_editor",
    "invert",
    "tick",
];

/// The twin with something lawful in place of its words in capitals.
fn filled(action: &Action) -> Vec<String> {
    let own = |word: &str| match word {
        "JOB" | "NAME" => "crm".to_owned(),
        "N" => "4".to_owned(),
        "T" | "TABLE" => "crm.orders".to_owned(),
        "T=TEXT" => "crm.orders=id > 0".to_owned(),
        "T#N" => "crm.orders#81".to_owned(),
        "TEXT" => "duplicates".to_owned(),
        "URL" => "sqlite:crm.db".to_owned(),
        "FILE" => "crm.toml".to_owned(),
        "THEME" => "dark".to_owned(),
        other => other.to_owned(),
    };
    let words = action.shell.split(' ').map(own);
    ["tidegate".to_owned()].into_iter().chain(words).collect()
}

#[test]
fn every_action_has_a_twin_that_parses() {
    for action in ACTIONS {
        let screen_only = SCREEN_ONLY.contains(&action.id);
        if action.shell.is_empty() {
            assert!(screen_only, "{} has no twin on the command line", action.id);
            assert_eq!(action.tier, Tier::Looks, "{} changes the job", action.id);
            continue;
        }
        let words = filled(action);
        let left = words.iter().find(|w| w.len() > 1 && w.chars().all(|c| c.is_uppercase()));
        assert_eq!(left, None, "{}: {} has an unknown word", action.id, action.shell);
        if let Err(error) = Invocation::try_parse_from(&words) {
            panic!("{}: {} does not parse:\n{error}", action.id, words.join(" "));
        }
    }
}

#[test]
fn what_is_typed_in_the_console_is_the_shells_verb() {
    // The same word means the same on both sides, except where the console has a word of its own
    // for a list.
    for action in ACTIONS.iter().filter(|a| a.changes() && !a.verb.is_empty()) {
        let typed = action.verb.split(' ').next().unwrap_or_default();
        let shell = action.shell.split(' ').next().unwrap_or_default();
        let own = ["check", "new", "discard"].contains(&typed);
        assert!(own || typed == shell, "{}: {typed} and {shell}", action.id);
    }
}
