//! Everything the wizard's pages show: a draft of a job file and what was read of its databases.

mod address;
mod connect;
mod draft;
pub mod editor;
mod form;
pub mod options;
pub mod panes;
pub mod pick;
mod preflight;
mod secret;
pub mod shape;
pub mod sheet;
pub mod table;

use std::collections::BTreeMap;

pub use address::{Address, Engine};
pub use connect::{
    Connect, End, FROM_ASK, Part, SavedConnection, TASK_COPY, TASK_SCRIPT, TASK_VERIFY, TASKS,
    Tested,
};
pub use draft::Draft;
pub use editor::Editor;
pub use form::{Control, Form, Item, Outcome};
pub use options::Options;
pub use pick::Pick;
pub use preflight::{Line, Preflight, Spot};
pub use secret::Password;
pub use table::TableOptions;

use crate::console::commands::Place;
use crate::protocol::survey::{SurveyDraft, SurveyEnd};

/// The draft under way; `None` in the model: no wizard is open.
#[derive(Clone, Debug, Default)]
pub struct Wizard {
    pub draft: Draft,
    pub connect: Connect,
    pub pick: Pick,
    pub options: Options,
    /// Options of one table, a page within Pick and Options.
    pub table: TableOptions,
    pub preflight: Preflight,
    pub editor: Editor,
    pub survey: Survey,
    /// The state of the draft that lies on disk: its changes, and its name there.
    pub saved: Option<(u64, String)>,
    /// An engine is being started with it.
    pub starting: bool,
}

/// What the survey is asked for, and by whom: an answer goes to the page that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub by: Place,
    pub what: What,
}

/// What was asked, in what the answer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Probe { is_target: bool },
    Tables,
    Count,
    Columns { table: String },
    CheckFilter { table: String },
    CheckExpression { table: String, column: String },
    Ddl { table: String },
    CheckDdl { table: String },
    Preflight,
    Conform,
}

/// Requests that have no answer yet, by their number.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    out: BTreeMap<u64, Asked>,
    last: u64,
}

impl Survey {
    /// The number of a new request. What was asked before by the same page for the same thing is
    /// out of date: its answer will be passed over.
    pub fn ask(&mut self, by: Place, what: What) -> u64 {
        let asked = Asked { by, what };
        self.out.retain(|_, older| *older != asked);
        self.last += 1;
        self.out.insert(self.last, asked);
        self.last
    }

    /// Who waits for news of this number.
    #[must_use]
    pub fn waiting(&self, id: u64) -> Option<&Asked> {
        self.out.get(&id)
    }

    /// The number of a request that has no answer yet.
    #[must_use]
    pub fn under_way(&self, by: Place, what: &What) -> Option<u64> {
        self.out.iter().find(|(_, a)| a.by == by && a.what == *what).map(|(id, _)| *id)
    }

    /// An answer came, or it is waited for no longer.
    pub fn done(&mut self, id: u64) -> Option<Asked> {
        self.out.remove(&id)
    }

    /// The process is gone, and every request with it.
    pub fn lost(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.out).into_values().collect()
    }
}

impl Wizard {
    /// Opens a draft.
    #[must_use]
    pub fn new(draft: Draft, connections: &[SavedConnection], directory: &str) -> Wizard {
        let connect = Connect::of(&draft, connections, directory);
        Wizard { draft, connect, ..Wizard::default() }
    }

    /// One end as the survey takes it.
    #[must_use]
    pub fn end(&self, end: End) -> SurveyEnd {
        let keys = self.draft.keys();
        let url = if end == End::Source { &keys.from } else { &keys.to };
        SurveyEnd { url: url.clone().unwrap_or_default(), password: self.connect.typed(end) }
    }

    /// The draft as the survey takes it.
    #[must_use]
    pub fn survey_draft(&self) -> SurveyDraft {
        SurveyDraft {
            job_file: self.draft.to_text(),
            source_password: self.connect.typed(End::Source),
            target_password: self.connect.typed(End::Target),
        }
    }

    /// Do letters go into a field of this page?
    #[must_use]
    pub fn in_text_field(&self, page: Place) -> bool {
        match page {
            Place::Connect => self.connect.form.in_text(),
            Place::Pick | Place::Options if self.table.is_open() => self.table.in_text(),
            Place::Pick => self.pick.in_text(),
            Place::Options => self.options.in_text(),
            Place::Editor => self.editor.in_text(),
            _ => false,
        }
    }
}

impl Wizard {
    /// Where the editor's parts are.
    #[must_use]
    pub fn editor_panes(&self, columns: u16, rows: u16) -> panes::EditorPanes {
        let beside = self.editor.back == Place::Options && !self.table.is_open();
        panes::editor(columns, rows, beside, self.editor.subject.is_source_sql())
    }

    /// When a page does something by itself next: the columns of a table where the cursor rests,
    /// the check of a text when typing stopped.
    #[must_use]
    pub fn due_ms(&self, page: Place) -> Option<u64> {
        match page {
            Place::Pick => self.pick.due_ms(),
            Place::Editor => self.editor.due_ms(),
            _ => None,
        }
    }
}

/// All that an engine needs to begin with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftStart {
    pub name: String,
    /// A job file.
    pub text: String,
    pub source_password: Option<Password>,
    pub target_password: Option<Password>,
}
