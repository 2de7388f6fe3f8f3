//! What keys and answers change in a draft.

use crate::console::commands::Do;
use crate::console::model::Model;
use crate::console::msg::Cmd;

/// Does what a key of a page says.
pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    let _ = (model, does);
    Vec::new()
}
