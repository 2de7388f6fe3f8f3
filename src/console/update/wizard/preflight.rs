//! Page 4: preflight and the start.

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

pub fn perform(model: &mut Model, does: Do, key: Option<Key>) -> Vec<Cmd> {
    let _ = (model, does, key);
    Vec::new()
}

/// What the survey says of something this page asked.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    let _ = (model, asked, news);
    Vec::new()
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    let _ = model;
}

pub fn start(model: &mut Model) -> Vec<Cmd> {
    let _ = model;
    Vec::new()
}

pub fn started(model: &mut Model, draft: &str, result: Result<(), String>) -> Vec<Cmd> {
    let _ = (model, draft, result);
    Vec::new()
}

pub fn hand_out(model: &mut Model, does: Do) -> Vec<Cmd> {
    let _ = (model, does);
    Vec::new()
}
