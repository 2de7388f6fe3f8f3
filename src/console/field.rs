//! A one-line text field: the text area with our own keys, because its built-in ones collide with
//! the prefixes of screen and tmux.

use tui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

use super::keymap::Key;

/// Longest text: nobody types more, and a paste is cut here.
pub const FIELD_CHARS_MAX: usize = 2_000;

#[derive(Clone, Debug)]
pub struct Field {
    area: TextArea<'static>,
}

impl Default for Field {
    fn default() -> Field {
        Field::new("")
    }
}

impl Field {
    /// With a text to begin with; the cursor stands behind it.
    #[must_use]
    pub fn new(text: &str) -> Field {
        let mut area = TextArea::new(vec![text.to_owned()]);
        area.move_cursor(CursorMove::End);
        Field { area }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// The text left of the cursor.
    #[must_use]
    pub fn before_cursor(&self) -> String {
        self.text().chars().take(self.area.cursor().1).collect()
    }

    pub fn set(&mut self, text: &str) {
        *self = Field::new(text);
    }

    /// Takes a key of UX 7.3; says whether it was one.
    pub fn key(&mut self, key: Key) -> bool {
        let area = &mut self.area;
        match key {
            Key::Char(c) => {
                if self.text().chars().count() < FIELD_CHARS_MAX && !c.is_control() {
                    self.area.input_without_shortcuts(plain(AreaKey::Char(c)));
                }
            }
            Key::Backspace => {
                area.input_without_shortcuts(plain(AreaKey::Backspace));
            }
            Key::Delete => {
                area.input_without_shortcuts(plain(AreaKey::Delete));
            }
            Key::Left => area.move_cursor(CursorMove::Back),
            Key::Right => area.move_cursor(CursorMove::Forward),
            Key::Home | Key::Ctrl('a') => area.move_cursor(CursorMove::Head),
            Key::End | Key::Ctrl('e') => area.move_cursor(CursorMove::End),
            Key::Ctrl('w') => {
                area.delete_word();
            }
            Key::Ctrl('u') => {
                area.delete_line_by_head();
            }
            Key::Ctrl('k') => {
                area.delete_line_by_end();
            }
            Key::Ctrl('y') => {
                area.paste();
            }
            // Ctrl-_ arrives as Ctrl-7.
            Key::Ctrl('7' | '_') => {
                area.undo();
            }
            Key::Ctrl('r') => {
                area.redo();
            }
            _ => return false,
        }
        true
    }

    /// Inserts a paste as one line: control characters removed, line ends become spaces.
    pub fn paste(&mut self, text: &str) {
        let room = FIELD_CHARS_MAX.saturating_sub(self.text().chars().count());
        let one_line: String = text
            .replace("\r\n", "\n")
            .chars()
            .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
            .filter(|c| !c.is_control())
            .take(room)
            .collect();
        self.area.insert_str(one_line.trim_end());
    }
}

fn plain(key: AreaKey) -> Input {
    Input { key, ctrl: false, alt: false, shift: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut Field, text: &str) {
        for c in text.chars() {
            field.key(Key::Char(c));
        }
    }

    #[test]
    fn our_keys_edit_and_letters_are_letters() {
        let mut field = Field::default();
        typed(&mut field, "rate 40 MB");
        field.key(Key::Ctrl('w'));
        assert_eq!(field.text(), "rate 40 ");
        field.key(Key::Home);
        typed(&mut field, "q");
        assert_eq!(field.text(), "qrate 40 ");
        assert_eq!(field.before_cursor(), "q");
        field.key(Key::Ctrl('k'));
        assert_eq!(field.text(), "q");
        field.key(Key::Ctrl('y'));
        assert_eq!(field.text(), "qrate 40 ");
        assert!(!field.key(Key::Ctrl('b')));
    }

    #[test]
    fn a_paste_is_one_line_without_controls() {
        let mut field = Field::new("x");
        field.paste("a\u{1b}[31mb\r\nc\n");
        assert_eq!(field.text(), "xa[31mb c");
        field.paste(&"y".repeat(10_000));
        assert_eq!(field.text().chars().count(), FIELD_CHARS_MAX);
    }
}
