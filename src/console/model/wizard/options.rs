//! Page 3: how the copy is made.

#[derive(Clone, Debug, Default)]
pub struct Options {}

impl Options {
    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        false
    }
}
