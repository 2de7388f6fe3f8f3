//! Forms: fields, choices, boxes and buttons in an order, one of which has the focus. Pages name
//! their controls with an enum of their own and decide where each is drawn.

use super::secret::Password;
use crate::console::commands::Do;
use crate::console::field::Field;
use crate::console::keymap::Key;

/// One thing that can have the focus.
#[expect(clippy::large_enum_variant, reason = "a form has two dozen controls, most of them texts")]
#[derive(Clone, Debug)]
pub enum Control {
    Text(Field),
    Secret(Password),
    /// One of several: `[ MySQL v ]`, or with `radio` as `(*) copy  ( ) verify`, as drawn.
    Choice {
        options: Vec<String>,
        at: usize,
    },
    Tick(bool),
    Button,
}

/// A control in its place.
#[derive(Clone, Debug)]
pub struct Item<Id> {
    pub id: Id,
    pub control: Control,
    /// Out of sight, and passed over by Tab.
    pub hidden: bool,
}

/// What a key did to a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<Id> {
    /// The focus moved, or there was nothing to change.
    Kept,
    Changed(Id),
    /// A button.
    Pressed(Id),
}

#[derive(Clone, Debug)]
pub struct Form<Id> {
    items: Vec<Item<Id>>,
    focus: usize,
}

impl<Id> Default for Form<Id> {
    fn default() -> Form<Id> {
        Form { items: Vec::new(), focus: 0 }
    }
}

impl<Id: Copy + PartialEq> Form<Id> {
    /// Controls in the order of Tab.
    #[must_use]
    pub fn new(items: Vec<(Id, Control)>) -> Form<Id> {
        let item = |(id, control)| Item { id, control, hidden: false };
        Form { items: items.into_iter().map(item).collect(), focus: 0 }
    }

    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Item<Id>> {
        self.items.iter().find(|item| item.id == id)
    }

    fn get_mut(&mut self, id: Id) -> Option<&mut Item<Id>> {
        self.items.iter_mut().find(|item| item.id == id)
    }

    /// The control with the focus.
    #[must_use]
    pub fn focused(&self) -> Option<Id> {
        self.items.get(self.focus).map(|item| item.id)
    }

    pub fn focus_on(&mut self, id: Id) {
        if let Some(at) = self.items.iter().position(|item| item.id == id && !item.hidden) {
            self.focus = at;
        }
    }

    pub fn show(&mut self, id: Id, shown: bool) {
        if let Some(item) = self.get_mut(id) {
            item.hidden = !shown;
        }
    }

    #[must_use]
    pub fn is_shown(&self, id: Id) -> bool {
        self.get(id).is_some_and(|item| !item.hidden)
    }

    /// The text of a field; empty for other controls.
    #[must_use]
    pub fn text(&self, id: Id) -> &str {
        match self.get(id).map(|item| &item.control) {
            Some(Control::Text(field)) => field.text(),
            _ => "",
        }
    }

    pub fn set_text(&mut self, id: Id, text: &str) {
        if let Some(Control::Text(field)) = self.get_mut(id).map(|item| &mut item.control)
            && field.text() != text
        {
            field.set(text);
        }
    }

    #[must_use]
    pub fn password(&self, id: Id) -> Option<&Password> {
        match self.get(id).map(|item| &item.control) {
            Some(Control::Secret(password)) => Some(password),
            _ => None,
        }
    }

    pub fn set_password(&mut self, id: Id, password: Password) {
        if let Some(Control::Secret(held)) = self.get_mut(id).map(|item| &mut item.control) {
            *held = password;
        }
    }

    /// Which option is chosen.
    #[must_use]
    pub fn chosen(&self, id: Id) -> usize {
        match self.get(id).map(|item| &item.control) {
            Some(Control::Choice { at, .. }) => *at,
            _ => 0,
        }
    }

    pub fn choose(&mut self, id: Id, option: usize) {
        if let Some(Control::Choice { options, at }) = self.get_mut(id).map(|i| &mut i.control) {
            *at = option.clamp(0, options.len().saturating_sub(1));
        }
    }

    pub fn set_options(&mut self, id: Id, new: Vec<String>) {
        if let Some(Control::Choice { options, at }) = self.get_mut(id).map(|i| &mut i.control) {
            *options = new;
            *at = (*at).clamp(0, options.len().saturating_sub(1));
        }
    }

    #[must_use]
    pub fn ticked(&self, id: Id) -> bool {
        matches!(self.get(id).map(|item| &item.control), Some(Control::Tick(true)))
    }

    pub fn tick(&mut self, id: Id, on: bool) {
        if let Some(Control::Tick(ticked)) = self.get_mut(id).map(|item| &mut item.control) {
            *ticked = on;
        }
    }

    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        let control = self.items.get(self.focus).map(|item| &item.control);
        matches!(control, Some(Control::Text(_) | Control::Secret(_)))
    }

    /// To the next control in sight, round and round.
    pub fn go(&mut self, forward: bool) {
        let len = self.items.len();
        let step = if forward { 1 } else { len.saturating_sub(1) };
        for _ in 0..len {
            self.focus = (self.focus + step) % len;
            if !self.items[self.focus].hidden {
                return;
            }
        }
    }

    /// A key while a text field has the focus; `None`: it means what it means elsewhere.
    pub fn type_key(&mut self, key: Key) -> Option<Outcome<Id>> {
        let item = self.items.get_mut(self.focus)?;
        let id = item.id;
        match &mut item.control {
            Control::Text(field) => {
                let before = field.text().to_owned();
                if field.key(key) {
                    let same = before == field.text();
                    return Some(if same { Outcome::Kept } else { Outcome::Changed(id) });
                }
            }
            Control::Secret(password) => match key {
                Key::Char(c) => {
                    password.push(c.encode_utf8(&mut [0; 4]));
                    return Some(Outcome::Changed(id));
                }
                Key::Backspace => {
                    password.pop();
                    return Some(Outcome::Changed(id));
                }
                Key::Ctrl('u' | 'w' | 'k') | Key::Delete => {
                    password.clear();
                    return Some(Outcome::Changed(id));
                }
                Key::Left | Key::Right | Key::Home | Key::End => return Some(Outcome::Kept),
                _ => {}
            },
            Control::Choice { .. } | Control::Tick(_) | Control::Button => return None,
        }
        match key {
            Key::Tab | Key::Down | Key::Enter => self.go(true),
            Key::BackTab | Key::Up => self.go(false),
            _ => return None,
        }
        Some(Outcome::Kept)
    }

    /// An action while anything else has the focus; `None`: not one of a form.
    pub fn perform(&mut self, does: Do) -> Option<Outcome<Id>> {
        match does {
            Do::NextPane | Do::Down => self.go(true),
            Do::PrevPane | Do::Up => self.go(false),
            Do::First => self.focus = self.items.iter().position(|item| !item.hidden)?,
            Do::Last => self.focus = self.items.iter().rposition(|item| !item.hidden)?,
            Do::Left => return Some(self.turn(false)),
            Do::Right => return Some(self.turn(true)),
            Do::Tick | Do::Open => {
                let item = self.items.get(self.focus)?;
                if matches!(item.control, Control::Button) {
                    return Some(Outcome::Pressed(item.id));
                }
                if does == Do::Tick {
                    return Some(self.turn(true));
                }
                self.go(true);
            }
            _ => return None,
        }
        Some(Outcome::Kept)
    }

    /// The next option, the other state; where there is none the focus moves.
    fn turn(&mut self, forward: bool) -> Outcome<Id> {
        let Some(item) = self.items.get_mut(self.focus) else {
            return Outcome::Kept;
        };
        match &mut item.control {
            Control::Choice { options, at } => {
                let step = if forward { 1 } else { options.len().saturating_sub(1) };
                *at = (*at + step) % options.len().clamp(1, usize::MAX);
                Outcome::Changed(item.id)
            }
            Control::Tick(on) => {
                *on = !*on;
                Outcome::Changed(item.id)
            }
            Control::Text(_) | Control::Secret(_) | Control::Button => {
                self.go(forward);
                Outcome::Kept
            }
        }
    }

    /// A paste into the field with the focus; `None`: there is none.
    pub fn paste(&mut self, text: &str) -> Option<Outcome<Id>> {
        let item = self.items.get_mut(self.focus)?;
        match &mut item.control {
            Control::Text(field) => field.paste(text),
            Control::Secret(password) => password.push(text.trim_end()),
            Control::Choice { .. } | Control::Tick(_) | Control::Button => return None,
        }
        Some(Outcome::Changed(item.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form<u8> {
        let options = vec!["a".to_owned(), "b".to_owned()];
        Form::new(vec![
            (1, Control::Text(Field::default())),
            (2, Control::Choice { options, at: 0 }),
            (3, Control::Tick(false)),
            (4, Control::Secret(Password::default())),
            (5, Control::Button),
        ])
    }

    #[test]
    fn tab_passes_over_what_is_hidden_and_goes_round() {
        let mut form = form();
        form.show(2, false);
        assert_eq!(form.type_key(Key::Tab), Some(Outcome::Kept));
        assert_eq!(form.focused(), Some(3));
        form.perform(Do::PrevPane);
        form.type_key(Key::BackTab);
        assert_eq!(form.focused(), Some(5));
    }

    #[test]
    fn letters_are_letters_in_fields_and_keys_elsewhere() {
        let mut form = form();
        assert_eq!(form.type_key(Key::Char('q')), Some(Outcome::Changed(1)));
        assert_eq!(form.type_key(Key::Esc), None);
        form.go(true);
        assert_eq!(form.type_key(Key::Char('q')), None);
        assert_eq!(form.perform(Do::Tick), Some(Outcome::Changed(2)));
        assert_eq!(form.perform(Do::Right), Some(Outcome::Changed(2)));
        assert_eq!(form.chosen(2), 0);
        form.perform(Do::Open);
        form.perform(Do::Tick);
        assert!(form.ticked(3));
        form.go(true);
        assert_eq!(form.paste("secret\n"), Some(Outcome::Changed(4)));
        assert_eq!(form.password(4).map(Password::reveal), Some("secret"));
        form.type_key(Key::Enter);
        assert_eq!(form.perform(Do::Open), Some(Outcome::Pressed(5)));
        assert_eq!(form.paste("x"), None);
    }
}
