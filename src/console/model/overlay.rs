//! What lies over a screen: help, the command list, questions, texts, one-line prompts.

use super::list::List;
use crate::console::commands::Place;
use crate::console::field::Field;
use crate::protocol::Action;

#[derive(Clone, Debug)]
pub enum Overlay {
    Help(Help),
    Palette(Palette),
    Question(Box<Question>),
    Reader(Reader),
    Prompt(Prompt),
}

#[derive(Clone, Debug)]
pub struct Help {
    pub place: Place,
    /// All screens, not only this one.
    pub all: bool,
    pub field: Field,
    pub list: List,
}

#[derive(Clone, Debug, Default)]
pub struct Palette {
    pub field: Field,
    pub list: List,
    /// How many commands back Up has gone; 0: none.
    pub recalled: usize,
    /// Up or Down chose a line: Enter means it, not the text.
    pub chosen: bool,
}

/// What a yes does.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Act(Action),
    /// The reason typed is put in.
    Skip {
        chunks: Vec<u32>,
    },
    /// Closes the editor without keeping its text.
    DropText,
    Wizard(WizardStep),
}

/// What the wizard asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WizardStep {
    Start,
    /// Run statements on the target.
    Conform,
    /// Throw the draft away.
    Discard,
}

/// T2 asks y, T3 asks for a name (UX 7.4). Nothing is answered before the operator could read it.
#[derive(Clone, Debug)]
pub struct Question {
    /// `SKIP 5 CHUNKS of crm.customers`.
    pub title: String,
    /// What happens, line by line.
    pub lines: Vec<String>,
    pub decision: Decision,
    /// T3: the name to type; T2 has none.
    pub name: Option<String>,
    /// The name field; of a T2 question `None`.
    pub field: Option<Field>,
    /// Asked before the name.
    pub reason: Option<Field>,
    /// The cursor is in the reason.
    pub in_reason: bool,
    /// When the frame with the question was written.
    pub painted_ms: Option<u64>,
    /// What was wrong with the last Enter.
    pub remark: String,
}

/// A box accepts nothing in its first moments, so that keys typed ahead on a slow line cannot
/// answer it.
pub const QUESTION_GUARD_MS: u64 = 300;

impl Question {
    #[must_use]
    pub fn accepts(&self, mono_ms: u64) -> bool {
        self.painted_ms.is_some_and(|at| mono_ms >= at + QUESTION_GUARD_MS)
    }
}

/// A text in full, to read and search.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    pub title: String,
    /// Unfiltered.
    pub text: String,
    pub top: usize,
}

/// One line asked for in the status line.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub kind: PromptKind,
    pub field: Field,
    /// What the field's value was before.
    pub before: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    Filter,
    Threads,
    /// A chunk's number within its table.
    GoTo,
    /// A table's name on the target.
    Rename,
}
