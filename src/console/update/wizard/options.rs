//! Page 3: how it is copied.

use crate::console::commands::Do;
use crate::console::keymap::Key;
use crate::console::model::Model;
use crate::console::model::wizard::{Asked, Wizard};
use crate::console::msg::Cmd;
use crate::protocol::survey::SurveyNews;

/// The page is opened.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    let _ = model;
    Vec::new()
}

/// A key that goes into a field of the page; `None`: it is no such key.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    let _ = (model, key);
    None
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    let _ = (model, does);
    Vec::new()
}

/// What the survey says of something this page asked.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    let _ = (model, asked, news);
    Vec::new()
}

/// A paste; `None`: no field is open.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    let _ = (model, text);
    None
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    let _ = model;
}

/// Esc: what it closes within the page; `None`: it goes back a page.
pub fn back(model: &mut Model) -> Option<Vec<Cmd>> {
    let _ = model;
    None
}

#[must_use]
pub fn filter_of(wizard: &Wizard) -> &str {
    let _ = wizard;
    ""
}

pub fn set_filter(model: &mut Model, text: &str) {
    let _ = (model, text);
}
