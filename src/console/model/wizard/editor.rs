//! A text of SQL in the wizard's editor.

#[derive(Clone, Debug, Default)]
pub struct Editor {}

impl Editor {
    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        false
    }
}
