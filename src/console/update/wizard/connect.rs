//! Page 1: connections.

use crate::console::commands::Do;
use crate::console::keymap::Key;
use crate::console::model::Model;
use crate::console::model::wizard::Asked;
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

/// Is all there that page 2 needs?
pub fn complete(model: &Model) -> Result<(), String> {
    let _ = model;
    Ok(())
}

pub fn focus_password(model: &mut Model, end: crate::console::model::wizard::End) {
    let _ = (model, end);
}
