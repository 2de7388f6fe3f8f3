//! Keys: their names, the ones that belong to others, and which action each means where.

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

impl Key {
    /// The key of a name as help prints it: `p`, `Ctrl-L`, `PgDn`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Key> {
        if let Some((_, key)) = NAMED.iter().find(|(n, _)| *n == name) {
            return Some(*key);
        }
        let single = |text: &str| {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        };
        if let Some(rest) = name.strip_prefix("Ctrl-") {
            return single(rest).map(|c| Key::Ctrl(c.to_ascii_lowercase()));
        }
        if let Some(rest) = name.strip_prefix("Alt-") {
            return single(rest).map(Key::Alt);
        }
        if let Some(n) = name.strip_prefix('F').and_then(|n| n.parse::<u8>().ok()) {
            return Some(Key::F(n));
        }
        single(name).map(Key::Char)
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

/// Which action a key means in a place.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: HashMap<(Place, Key), &'static Action>,
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
        let mut bound = HashMap::new();
        for action in ACTIONS {
            for place in action.places {
                for name in action.keys {
                    let key = Key::parse(name).expect("a test parses every key of the table");
                    bound.insert((*place, key), action);
                }
            }
        }
        Keymap { bound }
    }

    #[must_use]
    pub fn action(&self, place: Place, key: Key) -> Option<&'static Action> {
        self.bound.get(&(place, key)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_go_both_ways() {
        for name in ["p", "Space", "Ctrl-L", "PgDn", "Shift-Tab", "F1", "F10", "+", "<", "Alt-x"] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Key::parse(""), None);
        assert_eq!(Key::parse("pp"), None);
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
