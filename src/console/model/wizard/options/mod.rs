//! Page 3: how the copy is made. Every control is a key of the job file; the lists below them are
//! remaps, row filters, wishes for single tables and statements written by hand.

mod lists;
mod rows;

use std::collections::BTreeMap;

pub use lists::{Entry, Section, Target};

use super::form::{Control, Form, Outcome};
use super::shape::{POLICIES, exists_word};
use super::{Draft, sheet};
use crate::config::{FileContent, FilePolicy};
use crate::console::field::Field;
use crate::core::spec::{
    LoadOrder, ObjectClass, REJECTS_PER_JOB_DEFAULT, REJECTS_PER_TABLE_DEFAULT, THREADS_CEILING,
    THREADS_DEFAULT, THREADS_MAX_DEFAULT, parse_bytes, parse_chunk_size, parse_rate, parse_threads,
};

/// One of `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    Hours,
    SourceSessions,
    TargetSessions,
    SourceLoad,
    TargetLoad,
    ReplicaLag,
    TargetFree,
    StateFree,
    Every,
}

/// Every control of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    Threads,
    ThreadsMax,
    IndexWorkers,
    Rate,
    ChunkSize,
    Order,
    IfExists,
    BadRows,
    PerTable,
    PerJob,
    Indexes,
    Verify,
    Scan,
    AcceptLossy,
    Content,
    Access,
    Class(ObjectClass),
    Limit(Limit),
    Entry(Section, usize),
    /// Says that a list is empty.
    Empty(Section),
    /// Where an entry to be added is typed.
    New(Section),
    Back,
    Next,
}

/// What was taken out last, to be put back.
#[derive(Clone, Debug, PartialEq)]
pub enum Removed {
    Schema(String, String),
    Shape(Box<crate::core::spec::TableShape>),
    Rules(String),
}

#[derive(Clone, Debug)]
pub struct Options {
    pub form: Form<Id>,
    pub entries: Vec<Entry>,
    /// First line in view.
    pub top: usize,
    /// What is wrong with which field.
    pub problems: BTreeMap<Id, String>,
    pub removed: Option<(Section, Removed)>,
    /// Changes of the draft that the page shows.
    pub seen: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options::of(&Draft::default())
    }
}

fn text(value: Option<impl ToString>) -> Control {
    Control::Text(Field::new(&value.map(|v| v.to_string()).unwrap_or_default()))
}

fn choice(options: &[&str], at: usize) -> Control {
    Control::Choice { options: options.iter().map(|o| (*o).to_owned()).collect(), at }
}

const ORDERS: [LoadOrder; 3] = [LoadOrder::Largest, LoadOrder::Smallest, LoadOrder::Listed];
const CONTENTS: [FileContent; 3] =
    [FileContent::All, FileContent::DataOnly, FileContent::SchemaOnly];
const ACCESS: [&str; 3] = ["automatic", "direct", "conventional"];

impl Options {
    #[must_use]
    pub fn of(draft: &Draft) -> Options {
        let entries = lists::entries(draft);
        let mut items = general(draft);
        items.extend(classes(draft));
        items.extend(limits(draft));
        for section in Section::ALL {
            let own = entries.iter().enumerate().filter(|(_, entry)| entry.section == section);
            let before = items.len();
            items.extend(own.map(|(at, _)| (Id::Entry(section, at), Control::Button)));
            if items.len() == before {
                items.push((Id::Empty(section), Control::Button));
            }
            items.push((Id::New(section), Control::Text(Field::default())));
        }
        items.push((Id::Back, Control::Button));
        items.push((Id::Next, Control::Button));
        let mut form = Form::new(items);
        Section::ALL.into_iter().for_each(|section| form.show(Id::New(section), false));
        let mut options = Options {
            form,
            entries,
            top: 0,
            problems: BTreeMap::new(),
            removed: None,
            seen: Some(draft.changes()),
        };
        options.show_dependents();
        options
    }

    /// Shows the draft anew after something else changed it; focus and place stay.
    pub fn renew(&mut self, draft: &Draft) {
        let fresh = Options::of(draft);
        let focused = self.form.focused();
        let top = self.top;
        let removed = self.removed.take();
        *self = Options { top, removed, ..fresh };
        if let Some(id) = focused {
            self.focus_near(id);
        }
    }

    /// An entry may be gone: then the one that took its place, or what stands for an empty list.
    fn focus_near(&mut self, id: Id) {
        self.form.focus_on(id);
        let (Id::Entry(section, _) | Id::Empty(section) | Id::New(section)) = id else { return };
        if self.form.focused() != Some(id) {
            let own = self.entries.iter().enumerate().filter(|(_, e)| e.section == section);
            match (own.map(|(at, _)| at).next_back(), id) {
                (Some(last), Id::Entry(_, at)) if at <= last => {
                    self.form.focus_on(Id::Entry(section, at));
                }
                (Some(last), _) => self.form.focus_on(Id::Entry(section, last)),
                (None, _) => self.form.focus_on(Id::Empty(section)),
            }
        }
    }

    /// Are letters letters now?
    #[must_use]
    pub fn in_text(&self) -> bool {
        self.form.in_text()
    }

    /// The sentence about the first field that cannot be understood.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problems.values().next().map(String::as_str)
    }

    #[must_use]
    pub fn sheet(&self, width: u16) -> sheet::Sheet<Id> {
        sheet::Sheet::lay(&rows::rows(self), &self.form, width)
    }

    /// The list that has the focus.
    #[must_use]
    pub fn section(&self) -> Option<Section> {
        match self.form.focused()? {
            Id::Entry(section, _) | Id::Empty(section) | Id::New(section) => Some(section),
            _ => None,
        }
    }

    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        match self.form.focused()? {
            Id::Entry(_, at) => self.entries.get(at),
            _ => None,
        }
    }

    fn show_dependents(&mut self) {
        let rejects = self.form.chosen(Id::BadRows) == 1;
        self.form.show(Id::PerTable, rejects);
        self.form.show(Id::PerJob, rejects);
    }

    /// Takes what a control says over into the draft.
    pub fn apply(&mut self, outcome: Outcome<Id>, draft: &mut Draft) {
        let Outcome::Changed(id) = outcome else { return };
        match self.take(id, draft) {
            Ok(()) => _ = self.problems.remove(&id),
            Err(problem) => _ = self.problems.insert(id, problem),
        }
        self.show_dependents();
        self.seen = Some(draft.changes());
    }

    fn take(&self, id: Id, draft: &mut Draft) -> Result<(), String> {
        let form = &self.form;
        let typed = form.text(id).trim();
        match id {
            Id::Threads | Id::ThreadsMax | Id::IndexWorkers => {
                let value = number(typed, |text| parse_threads(text, THREADS_CEILING))?;
                let keys = draft.keys_mut();
                match id {
                    Id::Threads => keys.threads = value,
                    Id::ThreadsMax => keys.threads_max = value,
                    _ => keys.index_workers = value,
                }
                self.threads_fit(draft)?;
            }
            Id::Rate => {
                let limited = number(typed, parse_rate)?.flatten().is_some();
                draft.keys_mut().rate = limited.then(|| typed.to_owned());
            }
            Id::ChunkSize => {
                number(typed, parse_chunk_size)?;
                draft.keys_mut().chunk_size = given(typed);
            }
            Id::Order => draft.shaping_mut().order = ORDERS[form.chosen(id)],
            Id::IfExists => {
                let policy = POLICIES[form.chosen(id)];
                draft.keys_mut().if_exists = Some(exists_word(policy).to_owned());
            }
            Id::BadRows => {
                let policy = [FilePolicy::Fail, FilePolicy::Reject][form.chosen(id)];
                draft.keys_mut().rejects.on_bad_row = Some(policy);
            }
            Id::PerTable => draft.keys_mut().rejects.per_table = number(typed, whole)?,
            Id::PerJob => draft.keys_mut().rejects.per_job = number(typed, whole)?,
            Id::Indexes => set_class(draft, ObjectClass::Index, form.chosen(id) == 0),
            Id::Class(class) => set_class(draft, class, form.ticked(id)),
            Id::Verify => draft.keys_mut().verify = Some(form.ticked(id)),
            Id::Scan => draft.keys_mut().scan = Some(form.ticked(id)),
            Id::AcceptLossy => draft.keys_mut().accept_lossy = Some(form.ticked(id)),
            Id::Content => draft.keys_mut().content = Some(CONTENTS[form.chosen(id)]),
            Id::Access => draft.keys_mut().access = Some(ACCESS[form.chosen(id)].to_owned()),
            Id::Limit(limit) => set_limit(draft, limit, typed)?,
            Id::Entry(..) | Id::Empty(_) | Id::New(_) | Id::Back | Id::Next => {}
        }
        Ok(())
    }

    fn threads_fit(&self, draft: &Draft) -> Result<(), String> {
        let keys = draft.keys();
        let max = keys.threads_max.unwrap_or(THREADS_MAX_DEFAULT);
        match keys.threads.unwrap_or(THREADS_DEFAULT) {
            start if start > max => Err(format!("{start} threads at the start, but max is {max}")),
            _ => Ok(()),
        }
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// An empty field means the default.
fn number<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn whole(text: &str) -> Result<u64, String> {
    let bare: String = text.chars().filter(|c| *c != ',').collect();
    bare.parse().map_err(|_| format!("{text:?} is not a number of rows"))
}

fn sessions(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of sessions"))
}

fn load(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    number.ok_or_else(|| format!("{text:?} is not a load; try 8.0"))
}

fn set_limit(draft: &mut Draft, limit: Limit, typed: &str) -> Result<(), String> {
    match limit {
        Limit::Hours => {
            let list = typed.split(',').map(str::trim).filter(|part| !part.is_empty());
            draft.limits_mut().hours = list.map(ToOwned::to_owned).collect();
        }
        Limit::SourceSessions => draft.limits_mut().source_sessions = number(typed, sessions)?,
        Limit::TargetSessions => draft.limits_mut().target_sessions = number(typed, sessions)?,
        Limit::SourceLoad => draft.limits_mut().source_load = number(typed, load)?,
        Limit::TargetLoad => draft.limits_mut().target_load = number(typed, load)?,
        Limit::ReplicaLag => draft.limits_mut().replica_lag = given(typed),
        Limit::TargetFree => {
            number(typed, parse_bytes)?;
            draft.limits_mut().target_free = given(typed);
        }
        Limit::StateFree => {
            number(typed, parse_bytes)?;
            draft.limits_mut().state_free = given(typed);
        }
        Limit::Every => draft.limits_mut().every = given(typed),
    }
    Ok(())
}

/// A kind comes along or stays; a list of only these kinds becomes the list of the others.
fn set_class(draft: &mut Draft, class: ObjectClass, comes: bool) {
    let objects = &mut draft.shaping_mut().objects;
    let takes = |other: ObjectClass| if other == class { comes } else { objects.takes(other) };
    let leave_out = ObjectClass::ALL.into_iter().filter(|other| !takes(*other)).collect();
    objects.only = Vec::new();
    objects.leave_out = leave_out;
}

fn general(draft: &Draft) -> Vec<(Id, Control)> {
    let keys = draft.keys();
    let policy = POLICIES.iter().position(|p| Some(exists_word(*p)) == keys.if_exists.as_deref());
    let order = ORDERS.iter().position(|order| *order == draft.shaping().order);
    let content = CONTENTS.iter().position(|content| Some(*content) == keys.content);
    let access = ACCESS.iter().position(|word| Some(*word) == keys.access.as_deref());
    let rejects = keys.rejects.on_bad_row == Some(FilePolicy::Reject);
    let indexes = draft.shaping().objects.takes(ObjectClass::Index);
    vec![
        (Id::Threads, text(keys.threads)),
        (Id::ThreadsMax, text(keys.threads_max)),
        (Id::IndexWorkers, text(keys.index_workers)),
        (Id::Rate, text(keys.rate.as_ref())),
        (Id::ChunkSize, text(keys.chunk_size.as_ref())),
        (Id::Order, choice(&["largest first", "smallest first", "as listed"], order.unwrap_or(0))),
        (
            Id::IfExists,
            choice(&["stop", "skip", "append", "truncate [T]", "replace [T]"], policy.unwrap_or(0)),
        ),
        (Id::BadRows, choice(&["fail the chunk", "put them aside"], usize::from(rejects))),
        (Id::PerTable, text(keys.rejects.per_table)),
        (Id::PerJob, text(keys.rejects.per_job)),
        (Id::Indexes, choice(&["after the copy", "none"], usize::from(!indexes))),
        (Id::Verify, Control::Tick(keys.verify.unwrap_or(false))),
        (Id::Scan, Control::Tick(keys.scan.unwrap_or(false))),
        (Id::AcceptLossy, Control::Tick(keys.accept_lossy.unwrap_or(false))),
        (Id::Content, choice(&["all", "data only", "schema only"], content.unwrap_or(0))),
        (Id::Access, choice(&ACCESS, access.unwrap_or(0))),
    ]
}

fn classes(draft: &Draft) -> impl Iterator<Item = (Id, Control)> {
    let objects = draft.shaping().objects.clone();
    let others = ObjectClass::ALL.into_iter().filter(|class| *class != ObjectClass::Index);
    others.map(move |class| (Id::Class(class), Control::Tick(objects.takes(class))))
}

fn limits(draft: &Draft) -> Vec<(Id, Control)> {
    let limits = draft.limits();
    let hours = limits.hours.join(", ");
    vec![
        (Id::Limit(Limit::Hours), text(Some(hours))),
        (Id::Limit(Limit::SourceSessions), text(limits.source_sessions)),
        (Id::Limit(Limit::TargetSessions), text(limits.target_sessions)),
        (Id::Limit(Limit::SourceLoad), text(limits.source_load)),
        (Id::Limit(Limit::TargetLoad), text(limits.target_load)),
        (Id::Limit(Limit::ReplicaLag), text(limits.replica_lag.as_ref())),
        (Id::Limit(Limit::TargetFree), text(limits.target_free.as_ref())),
        (Id::Limit(Limit::StateFree), text(limits.state_free.as_ref())),
        (Id::Limit(Limit::Every), text(limits.every.as_ref())),
    ]
}

/// Rejects a field may leave unsaid.
#[must_use]
pub fn reject_defaults() -> (String, String) {
    (REJECTS_PER_TABLE_DEFAULT.to_string(), REJECTS_PER_JOB_DEFAULT.to_string())
}

#[cfg(test)]
mod tests;
