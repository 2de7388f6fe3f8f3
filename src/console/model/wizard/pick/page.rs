//! Page 2: the tree, and what is read for it in the background.

use std::collections::BTreeMap;

use super::super::form::{Control, Form};
use super::Tree;
use crate::protocol::survey::{SurveyColumn, SurveyEnd};

/// Columns are read when the cursor rests on a table for so long.
pub const COLUMNS_REST_MS: u64 = 300;
/// Tables whose columns are kept.
const COLUMNS_MAX: usize = 64;

/// What can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickId {
    Tree,
    Back,
    Next,
}

/// Where the list of tables comes from.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Reading {
    #[default]
    Not,
    /// Asked for, with the phrase of what is done now.
    Asked {
        progress: String,
    },
    Here,
    Failed {
        what: String,
        hint: Option<String>,
    },
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reading::Not => "Not",
            Reading::Asked { .. } => "Asked",
            Reading::Here => "Here",
            Reading::Failed { .. } => "Failed",
        })
    }
}

/// Columns of one table, or why they are not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    Asked,
    Here { columns: Vec<SurveyColumn>, notes: Vec<String> },
    Failed { what: String, hint: Option<String> },
}

/// An exact count under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    pub since_ms: u64,
    pub done: u32,
    pub total: u32,
}

#[derive(Clone)]
pub struct Pick {
    pub tree: Tree,
    pub filter: String,
    pub reading: Reading,
    /// The ends that were read: others have to be read again.
    pub ends: Option<(SurveyEnd, SurveyEnd)>,
    pub form: Form<PickId>,
    pub counting: Option<Counting>,
    pub columns: BTreeMap<String, Columns>,
    /// Since when the cursor is where it is.
    pub rest: Option<(String, u64)>,
}

/// Without what it was read with: that may hold a password.
impl std::fmt::Debug for Pick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pick").field("tree", &self.tree).field("filter", &self.filter).finish()
    }
}

impl Default for Pick {
    fn default() -> Pick {
        Pick {
            tree: Tree::default(),
            filter: String::new(),
            reading: Reading::Not,
            ends: None,
            form: Form::new(vec![
                (PickId::Tree, Control::Button),
                (PickId::Back, Control::Button),
                (PickId::Next, Control::Button),
            ]),
            counting: None,
            columns: BTreeMap::new(),
            rest: None,
        }
    }
}

impl Pick {
    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        false
    }

    #[must_use]
    pub fn in_tree(&self) -> bool {
        self.form.focused() == Some(PickId::Tree)
    }

    /// When the columns under the cursor are read.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        let (full, since) = self.rest.as_ref()?;
        (!self.columns.contains_key(full)).then_some(since + COLUMNS_REST_MS)
    }

    /// Keeps what is known of a table's columns; of many tables the first ones are forgotten.
    pub fn keep_columns(&mut self, table: String, columns: Columns) {
        if self.columns.len() >= COLUMNS_MAX && !self.columns.contains_key(&table) {
            self.columns.pop_first();
        }
        self.columns.insert(table, columns);
    }

    /// Other rules give other types.
    pub fn forget_columns(&mut self) {
        self.columns.retain(|_, columns| *columns == Columns::Asked);
    }
}
