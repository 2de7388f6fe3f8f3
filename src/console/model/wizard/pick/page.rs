//! Page 2: which schemas and tables.

#[derive(Clone, Debug, Default)]
pub struct Pick {}

impl Pick {
    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        false
    }
}
