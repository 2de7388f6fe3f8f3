//! keys.toml: other keys for actions. What cannot be obeyed is said, and the default stays.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

use super::{FIXED, Key, Keymap, built_in, is_doubtful, owner, unlawful};
use crate::console::commands::{ACTIONS, Action, Place};

/// What is wrong in a file of keys, or only doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTrouble {
    /// 1-based.
    pub line: usize,
    pub text: String,
    /// It is obeyed all the same.
    pub doubt: bool,
}

/// One line of the file that could be read.
struct Change {
    line: usize,
    action: &'static Action,
    keys: Vec<Key>,
}

/// The letters that `base = "arrows"` takes away from movement.
const LETTERS: [Key; 4] = [Key::Char('h'), Key::Char('j'), Key::Char('k'), Key::Char('l')];
const MOVES: [&str; 4] = ["left", "down", "up", "right"];

/// The keys with the changes of a file in them, and what in it is not obeyed.
#[must_use]
pub fn read(text: &str) -> (Keymap, Vec<KeyTrouble>) {
    let mut reader = Reader { text, troubles: Vec::new(), arrows: false };
    let mut changes = match DeTable::parse(text) {
        Ok(table) => reader.changes(table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let text = format!("{}; the built-in keys are in force", error.message());
            reader.trouble(at, text);
            Vec::new()
        }
    };
    let arrows = reader.arrows;
    let base = |action: &'static Action| {
        let mut keys = built_in(action);
        if arrows && MOVES.contains(&action.id) {
            keys.retain(|key| !LETTERS.contains(key));
        }
        keys
    };
    let map = loop {
        let mut keys: HashMap<&'static str, Vec<Key>> =
            ACTIONS.iter().map(|action| (action.id, base(action))).collect();
        for change in &changes {
            keys.insert(change.action.id, change.keys.clone());
        }
        match conflict(&keys, &changes) {
            None => break Keymap::of(keys),
            Some((at, text)) => {
                let line = changes.remove(at).line;
                reader.troubles.push(KeyTrouble { line, text, doubt: false });
            }
        }
    };
    reader.troubles.sort_by_key(|trouble| trouble.line);
    (map, reader.troubles)
}

/// Two actions on one key of a screen: the change that is given up, and why.
fn conflict(keys: &HashMap<&'static str, Vec<Key>>, changes: &[Change]) -> Option<(usize, String)> {
    let mut taken: HashMap<(Place, Key), &'static Action> = HashMap::new();
    let change_of = |action: &Action| changes.iter().position(|c| c.action.id == action.id);
    for action in ACTIONS {
        for place in action.places {
            for key in &keys[action.id] {
                let Some(other) = taken.insert((*place, *key), action) else { continue };
                if other.id == action.id {
                    continue;
                }
                // Of two lines the later one gives way.
                let (at, loser, winner) = match (change_of(action), change_of(other)) {
                    (Some(mine), Some(theirs)) if theirs > mine => (theirs, other, action),
                    (Some(mine), _) => (mine, action, other),
                    (None, Some(theirs)) => (theirs, other, action),
                    (None, None) => continue,
                };
                let text = format!(
                    "{key} on the {} screen means {} already; {} keeps its default",
                    place.word(),
                    winner.id,
                    loser.id
                );
                return Some((at, text));
            }
        }
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    troubles: Vec<KeyTrouble>,
    arrows: bool,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn trouble(&mut self, at: usize, text: String) {
        let line = self.line(at);
        self.troubles.push(KeyTrouble { line, text, doubt: false });
    }

    /// The lines that can be obeyed, in the order of the file.
    fn changes(&mut self, table: &DeTable<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, value) in table {
            let (id, at) = (name.get_ref().as_ref(), name.span().start);
            if id == "base" {
                match value.get_ref().as_str() {
                    Some("default") => {}
                    Some("arrows") => self.arrows = true,
                    _ => self.trouble(at, "base is \"default\" or \"arrows\"".to_owned()),
                }
                continue;
            }
            let Some(action) = ACTIONS.iter().find(|action| action.id == id) else {
                self.trouble(at, unknown(id));
                continue;
            };
            match keys_of(value.get_ref()).and_then(|names| lawful(action, &names)) {
                Ok((keys, doubts)) => {
                    let line = self.line(at);
                    let doubt = |text| KeyTrouble { line, text, doubt: true };
                    self.troubles.extend(doubts.into_iter().map(doubt));
                    changes.push(Change { line, action, keys });
                }
                Err(reason) => self.trouble(at, format!("{reason}; {id} keeps its default")),
            }
        }
        changes.sort_by_key(|change| change.line);
        changes
    }
}

/// `"p"` or `["p", "f5"]`.
fn keys_of(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let wrong = || "keys are a list of strings, such as [\"p\", \"f5\"]".to_owned();
    match value {
        DeValue::String(name) => Ok(vec![name.to_string()]),
        DeValue::Array(list) => list
            .iter()
            .map(|item| item.get_ref().as_str().map(ToOwned::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// Keys that an action may have, and doubts about them.
fn lawful(action: &Action, names: &[String]) -> Result<(Vec<Key>, Vec<String>), String> {
    // What is fixed stays, whatever else is given.
    let mut keys: Vec<Key> = built_in(action);
    keys.retain(|key| FIXED.contains(key));
    if names.is_empty() && !keys.is_empty() {
        return Err(format!("{} is fixed", keys[0]));
    }
    let mut doubts = Vec::new();
    for name in names {
        let key = Key::parse(name).ok_or_else(|| format!("{name:?} is no key"))?;
        if keys.contains(&key) {
            continue;
        }
        if let Some(reason) = unlawful(key) {
            return Err(reason);
        }
        if let (true, Some(owner)) = (is_doubtful(key), owner(key)) {
            doubts.push(format!("{key} is {owner}: it may never arrive here"));
        }
        keys.push(key);
    }
    if keys.iter().any(|key| matches!(key, Key::F(n) if *n > 1)) {
        let reachable = |key: &&Key| !matches!(key, Key::F(_));
        if keys.iter().find(reachable).is_none() {
            return Err(format!("{} is not sent by every terminal: give a second key", keys[0]));
        }
        doubts.retain(|doubt| !doubt.starts_with('F'));
    }
    Ok((keys, doubts))
}

fn unknown(id: &str) -> String {
    let nearest = ACTIONS.iter().map(|a| (distance(id, a.id), a.id)).min();
    match nearest {
        Some((steps, near)) if steps <= 2 => format!("there is no action {id:?}; {near}?"),
        _ => format!("there is no action {id:?}; `tidegate keys --json` lists their ids"),
    }
}

/// Letters to change, add, drop or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = [changed, rows[i - 1][j] + 1, row[j - 1] + 1].into_iter().min();
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.into_iter().chain([rows[i - 2][j - 2] + 1]).min();
            }
            row.push(least.unwrap_or(changed));
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::commands::Do;

    fn shown(map: &Keymap, does: Do) -> String {
        map.shown(Action::of(does))
    }

    fn only_trouble(text: &str) -> KeyTrouble {
        let (map, troubles) = read(text);
        assert_eq!(troubles.len(), 1, "{text}: {troubles:?}");
        assert_eq!(map.changes(), 0, "{text}: the default stays");
        troubles.into_iter().next().unwrap()
    }

    #[test]
    fn keys_are_given_and_taken_away() {
        let (map, troubles) = read(
            "pause = [\"P\", \"f5\"]\nskip = []\nresume = \"g\"\n\
                                    first = [\"Home\"]\n",
        );
        assert_eq!(troubles, []);
        assert_eq!(map.changes(), 4);
        assert_eq!(shown(&map, Do::Pause), "P F5");
        assert_eq!(map.action(Place::Run, Key::Char('P')).unwrap().id, "pause");
        assert_eq!(map.action(Place::Run, Key::F(5)).unwrap().id, "pause");
        assert!(map.action(Place::Run, Key::Char('p')).is_none());
        assert!(map.action(Place::Failed, Key::Char('X')).is_none());
        assert_eq!(map.action(Place::Run, Key::Char('g')).unwrap().id, "resume");
        assert_eq!(map.fill("Undo with {resume}; {skip}."), "Undo with g; :skip.");
    }

    #[test]
    fn arrows_alone_move_when_asked() {
        let (map, troubles) = read("base = \"arrows\"\nlog = [\"l\"]\n");
        assert_eq!(troubles, []);
        assert_eq!(shown(&map, Do::Down), "Down");
        assert!(map.action(Place::Run, Key::Char('j')).is_none());
        assert_eq!(map.action(Place::Run, Key::Char('l')).unwrap().id, "log");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_default_stays() {
        for (text, line, words) in [
            ("puase = [\"P\"]", 1, "pause?"),
            ("\n\nfrobnicate = [\"P\"]", 3, "no action \"frobnicate\""),
            ("pause = [\"C-b\"]", 1, "tmux's prefix"),
            ("pause = [\"Esc\"]", 1, "fixed"),
            ("open = []", 1, "Enter is fixed"),
            ("# x\npause = [\"Hyper-x\"]", 2, "no key"),
            ("pause = 5", 1, "list of strings"),
            ("pause = [5]", 1, "list of strings"),
            ("pause = [\"S\"]", 1, "means sort already"),
            ("pause = [\"F5\"]", 1, "second key"),
            ("pause = [\"~\"]", 1, "ssh's escape"),
            ("pause = [\"Alt-p\"]", 1, "Esc and a letter"),
            ("base = \"vim\"", 1, "arrows"),
            ("pause = [\"P\"\nskip = []", 2, "built-in keys are in force"),
        ] {
            let trouble = only_trouble(text);
            assert_eq!(trouble.line, line, "{text}: {trouble:?}");
            assert!(trouble.text.contains(words), "{text}: {trouble:?}");
            assert!(!trouble.doubt);
        }
    }

    #[test]
    fn of_two_lines_the_later_one_gives_way_and_nothing_is_left_in_conflict() {
        let (map, troubles) = read("pause = [\"P\"]\nresume = [\"P\"]\n");
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].line, 2);
        assert_eq!(map.action(Place::Run, Key::Char('P')).unwrap().id, "pause");
        // A swap is no conflict; half of a swap takes the other half with it.
        let (map, troubles) = read("pause = [\"r\"]\nresume = [\"p\"]\n");
        assert_eq!((troubles.len(), map.changes()), (0, 2));
        let (map, troubles) = read("pause = [\"r\", \"S\"]\nresume = [\"p\"]\n");
        assert_eq!((troubles.len(), map.changes()), (2, 0), "{troubles:?}");
    }

    #[test]
    fn doubtful_keys_are_obeyed_and_named() {
        let (map, troubles) = read("log = [\"L\", \"Ctrl-G\"]");
        assert_eq!(map.changes(), 1);
        assert!(troubles[0].doubt && troubles[0].text.contains("zellij"), "{troubles:?}");
    }
}
