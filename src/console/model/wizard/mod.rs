//! Everything the wizard's pages show: a draft of a job file and what was read of its databases.

pub mod pick;

/// The draft under way; `None` in the model: no wizard is open.
#[derive(Clone, Debug, Default)]
pub struct Wizard {
    /// Name of the draft.
    pub name: String,
}
