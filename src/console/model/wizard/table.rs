//! Options of one table.

#[derive(Clone, Debug, Default)]
pub struct TableOptions {}

impl TableOptions {
    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        false
    }
}
