//! Keys: their names, the ones that belong to others, and which action each means where.

mod file;

pub use file::{KeyTrouble, read};

use std::collections::HashMap;
use std::fmt;

use super::commands::{ACTIONS, Action, Place};

/// A key press as the console knows it. Alt is kept only to be refused: on the wire it looks like
/// Esc and a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Alt(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Backspace,
    Delete,
    Insert,
    F(u8),
}

const NAMED: [(&str, Key); 17] = [
    ("Space", Key::Char(' ')),
    ("Enter", Key::Enter),
    ("Esc", Key::Esc),
    ("Tab", Key::Tab),
    ("Shift-Tab", Key::BackTab),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("Home", Key::Home),
    ("End", Key::End),
    ("PgUp", Key::PageUp),
    ("PgDn", Key::PageDown),
    ("Backspace", Key::Backspace),
    ("Delete", Key::Delete),
    ("Insert", Key::Insert),
    ("F1", Key::F(1)),
];

/// Other names of keys.
const ALIASES: [(&str, &str); 12] = [
    ("pageup", "pgup"),
    ("pagedown", "pgdn"),
    ("pgdown", "pgdn"),
    ("escape", "esc"),
    ("return", "enter"),
    ("backtab", "shift-tab"),
    ("s-tab", "shift-tab"),
    ("del", "delete"),
    ("ins", "insert"),
    ("c-space", "ctrl-@"),
    ("spacebar", "space"),
    ("bs", "backspace"),
];

impl Key {
    /// The key of a name as help prints it (`p`, `Ctrl-L`, `PgDn`) or as people write it (`C-l`,
    /// `ctrl+l`, `^L`, `f5`, `pgdown`).
    #[must_use]
    pub fn parse(name: &str) -> Option<Key> {
        let mut chars = name.chars();
        if let (Some(single), None) = (chars.next(), chars.next()) {
            return Some(Key::Char(single));
        }
        let lower = name.to_lowercase().replace('+', "-");
        let also = ALIASES.iter().find(|(other, _)| *other == lower);
        let plain = also.map_or(lower.as_str(), |(_, plain)| plain);
        if let Some((_, key)) = NAMED.iter().find(|(n, _)| n.eq_ignore_ascii_case(plain)) {
            return Some(*key);
        }
        let behind = |prefixes: &[&str]| {
            let rest = prefixes.iter().find_map(|prefix| plain.strip_prefix(prefix))?;
            let mut chars = rest.chars();
            chars.next().filter(|_| chars.next().is_none())
        };
        if let Some(c) = behind(&["ctrl-", "c-", "^"]) {
            return Some(Key::Ctrl(c));
        }
        if let Some(c) = behind(&["alt-", "meta-", "m-", "a-"]) {
            return Some(Key::Alt(c));
        }
        let number = plain.strip_prefix('f').and_then(|n| n.parse::<u8>().ok());
        number.filter(|n| (1..=24).contains(n)).map(Key::F)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, k)| k == self) {
            return f.write_str(name);
        }
        match self {
            Key::Char(c) => write!(f, "{c}"),
            Key::Ctrl(c) => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            Key::Alt(c) => write!(f, "Alt-{c}"),
            Key::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Whose key this is, when it is not ours to bind (UX 7.2).
#[must_use]
pub fn owner(key: Key) -> Option<&'static str> {
    Some(match key {
        Key::Ctrl('b') => "tmux's prefix",
        Key::Ctrl('a') => "screen's prefix",
        Key::Ctrl('s' | 'q') => "flow control",
        Key::Ctrl('\\' | '4') => "the quit signal",
        Key::Ctrl('p') => "docker's detach",
        Key::Ctrl('g' | 'o' | 'n' | 't' | 'h') => "zellij's mode keys",
        Key::Ctrl('i' | 'm' | 'j' | '[') => "Tab, Enter and Esc on the wire",
        Key::Ctrl(']' | '^' | '5' | '6') => "the telnet and console escape",
        Key::Char('~') => "ssh's escape",
        Key::Char('[' | 'O') => "the second byte of arrow keys",
        Key::Alt(_) => "Esc and a letter on the wire",
        Key::F(n) if n > 1 => "not sent by every terminal",
        _ => return None,
    })
}

/// Keys whose meaning never changes.
const FIXED: [Key; 4] = [Key::Ctrl('c'), Key::Ctrl('z'), Key::Esc, Key::Enter];

/// Why a key may not be given to an action by a file of keys.
#[must_use]
fn unlawful(key: Key) -> Option<String> {
    if FIXED.contains(&key) {
        return Some(format!("{key} is fixed"));
    }
    if is_doubtful(key) {
        return None;
    }
    owner(key).map(|owner| format!("{key} is {owner}"))
}

/// Keys that work for most and not for all: a file may give them, and hears about it.
#[must_use]
fn is_doubtful(key: Key) -> bool {
    matches!(key, Key::F(_) | Key::Ctrl('g' | 'o' | 'n' | 't'))
}

/// Which action a key means in a place, and which keys an action has.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(Place, Key), &'static Action>,
    keys: HashMap<&'static str, Vec<Key>>,
    /// How many actions have other keys than built in.
    changes: usize,
    /// The file the changes come from, for help; empty: there is none.
    pub file: String,
    /// What in the file is not obeyed, a sentence each.
    pub troubles: Vec<String>,
}

impl Default for Keymap {
    fn default() -> Keymap {
        Keymap::new()
    }
}

impl Keymap {
    /// The built-in keys.
    #[must_use]
    pub fn new() -> Keymap {
        Keymap::of(ACTIONS.iter().map(|action| (action.id, built_in(action))).collect())
    }

    fn of(keys: HashMap<&'static str, Vec<Key>>) -> Keymap {
        let mut bound = HashMap::new();
        let mut changes = 0;
        for action in ACTIONS {
            let own = keys.get(action.id).map_or(&[][..], Vec::as_slice);
            changes += usize::from(own != built_in(action));
            for place in action.places {
                bound.extend(own.iter().map(|key| ((*place, *key), action)));
            }
        }
        Keymap { bound, keys, changes, file: String::new(), troubles: Vec::new() }
    }

    #[must_use]
    pub fn action(&self, place: Place, key: Key) -> Option<&'static Action> {
        self.bound.get(&(place, key)).copied()
    }

    /// The keys of an action, the one to show first at the front.
    #[must_use]
    pub fn keys(&self, action: &Action) -> &[Key] {
        self.keys.get(action.id).map_or(&[], Vec::as_slice)
    }

    /// The key to name in a sentence.
    #[must_use]
    pub fn first(&self, action: &Action) -> Option<Key> {
        self.keys(action).first().copied()
    }

    /// As lists print them: `PgUp`, `+ =`, and `0-9` in place of ten digits.
    #[must_use]
    pub fn shown(&self, action: &Action) -> String {
        match self.keys(action) {
            [first, .., last] if self.keys(action).len() > 3 => format!("{first}-{last}"),
            keys => keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// A text of the table with the present keys: `{pause}` is the key of that action.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{')
            && let Some((id, behind)) = after.split_once('}')
        {
            out.push_str(before);
            let named = ACTIONS.iter().find(|action| action.id == id);
            match named.map(|action| (self.first(action), action.verb)) {
                Some((Some(key), _)) => out.push_str(&key.to_string()),
                Some((None, verb)) => out.push_str(&format!(":{verb}")),
                None => out.push_str(id),
            }
            rest = behind;
        }
        out + rest
    }

    /// What is wrong with the keys, for a status line; empty: nothing.
    #[must_use]
    pub fn trouble(&self) -> String {
        match self.troubles.as_slice() {
            [] => String::new(),
            [one] => format!("! {one}"),
            [first, more @ ..] => {
                format!("! {first}; and {} more: tidegate keys --check", more.len())
            }
        }
    }

    /// How many actions have other keys than built in.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.changes
    }
}

fn built_in(action: &Action) -> Vec<Key> {
    let parse = |name: &&str| Key::parse(name).expect("a test parses every key of the table");
    action.keys.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_go_both_ways() {
        for name in ["p", "Space", "Ctrl-L", "PgDn", "Shift-Tab", "F1", "F10", "+", "<", "Alt-x"] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        for (written, name) in [
            ("C-l", "Ctrl-L"),
            ("ctrl+l", "Ctrl-L"),
            ("^L", "Ctrl-L"),
            ("f5", "F5"),
            ("pagedown", "PgDn"),
            ("SPACE", "Space"),
            ("M-x", "Alt-x"),
        ] {
            assert_eq!(Key::parse(written).unwrap().to_string(), name, "{written}");
        }
        for nonsense in ["", "pp", "F0", "F99", "Ctrl-", "Ctrl-ab", "Hyper-x"] {
            assert_eq!(Key::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn no_two_actions_share_a_key_in_a_place() {
        let mut seen: HashMap<(Place, Key), &str> = HashMap::new();
        for action in ACTIONS {
            for place in action.places {
                for name in action.keys {
                    let key = Key::parse(name).unwrap_or_else(|| panic!("{name} is no key"));
                    let before = seen.insert((*place, key), action.id);
                    assert_eq!(before, None, "{name} means {} too in {place:?}", action.id);
                }
            }
        }
    }

    #[test]
    fn no_action_takes_a_key_of_others() {
        for action in ACTIONS {
            for name in action.keys {
                let key = Key::parse(name).unwrap();
                assert_eq!(owner(key), None, "{} is bound to {name}", action.id);
                let kept_free = ['d', 'D', 'u', 'U', '!', '"', '\'', '{', '}', '\\', '@', ']'];
                assert!(
                    !kept_free.iter().any(|c| key == Key::Char(*c)),
                    "{} is bound to {name}, which is kept free",
                    action.id
                );
                assert!(!matches!(key, Key::Backspace | Key::Delete), "{}", action.id);
            }
        }
    }
}
