//! Everything a frame is made of. `update` is its only writer, `view` only reads it.

mod failed;
mod job;
mod list;
mod overlay;
mod rejects;
mod run;
pub mod wizard;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use failed::{FAILED_LISTED_MAX, FailedItem, cause as cause_of_failure};
pub use job::{
    Attached, HistoryPane, LOG_LINES_MAX, Link, LogScreen, LostScreen, Pending, PlanLine,
    PlanScreen, SILENT, TableScreen, Wish,
};
pub use list::{List, Move};
pub use overlay::{
    Decision, Help, Overlay, Palette, Prompt, PromptKind, Question, Reader, WizardStep,
};
pub use rejects::{REJECTS_LISTED_MAX, RejectItem, RejectsScreen, key_text as reject_key_text};
pub use run::{LowerPane, Pane, SORT_REST_MS};
pub use wizard::{DraftStart, SavedConnection, Wizard};

use super::commands::Place;
use super::keymap::Keymap;
use super::theme::Look;
use crate::protocol::JobView;

/// What time it is, as the last message said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Never steps back.
    pub mono_ms: u64,
    /// Milliseconds since 1970.
    pub wall_ms: i64,
    /// Where the operator stands.
    pub utc_offset_s: i32,
}

/// One line of the jobs list, made from a job's master table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobRow {
    /// `state` is `NOT RUNNING` when the file claims an engine and nobody holds the lock.
    pub view: JobView,
    /// Does an engine hold the lock?
    pub alive: bool,
    /// Why there is nothing to show: a damaged or newer file.
    pub trouble: Option<String>,
    /// Who started its last run, and the process that ran it.
    pub by: String,
    pub engine_pid: u32,
    pub tables: u32,
    /// Size of its master table.
    pub state_bytes: u64,
    /// Of an engine that is lost: the last line of its log.
    pub last_line: Option<String>,
    /// It is a draft of the wizard: a job file, no job yet.
    pub draft: bool,
}

/// Order of the jobs list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobsSort {
    #[default]
    Newest,
    Name,
    State,
}

#[derive(Clone, Debug, Default)]
pub struct JobsScreen {
    /// In the order shown.
    pub rows: Vec<JobRow>,
    pub loaded: bool,
    pub problem: Option<String>,
    pub list: List,
    pub sort: JobsSort,
    pub filter: String,
    pub load_due_ms: u64,
    /// Bytes done at several moments of the last minute, by job: its speed without its engine.
    pub seen: BTreeMap<String, VecDeque<(u64, u64)>>,
}

/// The speed in the list is a mean over this time.
const SPEED_MS: u64 = 60_000;
/// Less tells nothing: bytes count chunk by chunk.
const SPEED_AFTER_MS: u64 = 6_000;

impl JobsScreen {
    /// Remembers how far the jobs are now.
    pub fn sample(&mut self, mono_ms: u64) {
        let names: BTreeSet<&str> = self.rows.iter().map(|row| row.view.name.as_str()).collect();
        self.seen.retain(|name, _| names.contains(name.as_str()));
        for row in self.rows.iter().filter(|row| row.alive && row.view.state == "EXECUTING") {
            let samples = self.seen.entry(row.view.name.clone()).or_default();
            samples.push_back((mono_ms, row.view.progress.bytes_done));
            while samples.front().is_some_and(|(at, _)| mono_ms - at > SPEED_MS) {
                samples.pop_front();
            }
        }
    }

    /// Bytes a second of a job at work, as far as its file tells.
    #[must_use]
    pub fn speed(&self, row: &JobRow) -> Option<u64> {
        if !row.alive || row.view.state != "EXECUTING" {
            return None;
        }
        if row.view.rate.bytes_per_s > 0 {
            return Some(row.view.rate.bytes_per_s);
        }
        let samples = self.seen.get(&row.view.name)?;
        let ((from, before), (until, after)) = (samples.front()?, samples.back()?);
        let span = until.saturating_sub(*from);
        (span >= SPEED_AFTER_MS).then(|| after.saturating_sub(*before) * 1_000 / span)
    }

    /// Indices of the rows that the filter lets through.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let wanted = self.filter.to_lowercase();
        let fits = |row: &JobRow| {
            let v = &row.view;
            [&v.name, &v.state, &v.source, &v.target, &v.kind]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
        };
        (0..self.rows.len()).filter(|i| wanted.is_empty() || fits(&self.rows[*i])).collect()
    }

    #[must_use]
    pub fn selected(&self) -> Option<&JobRow> {
        self.shown().get(self.list.cursor).map(|i| &self.rows[*i])
    }
}

/// The status line: what just happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub text: String,
    pub since_ms: u64,
}

/// How long an answer stays before the line shows again what holds the job.
pub const STATUS_MS: u64 = 8_000;
/// Commands that are remembered for Up in the palette.
const RECALL_MAX: usize = 50;

#[derive(Clone, Debug)]
pub struct Model {
    pub columns: u16,
    pub rows: u16,
    pub now: Now,
    pub look: Look,
    pub keymap: Keymap,
    pub read_only: bool,
    /// For a very slow line: no speed picture.
    pub slow: bool,
    /// `ana`, and the machine's name, for the jobs list.
    pub user: String,
    pub host: String,
    /// Screens over each other; the last one is shown. Never empty.
    pub screens: Vec<Place>,
    pub jobs: JobsScreen,
    pub job: Option<Box<Attached>>,
    /// The draft under way.
    pub wizard: Option<Box<Wizard>>,
    /// Connections of config.toml.
    pub connections: Vec<SavedConnection>,
    /// Where the console was started: relative files are there.
    pub directory: String,
    pub overlay: Option<Overlay>,
    pub status: Status,
    pub frozen: bool,
    pub zoomed: bool,
    /// When Ctrl-C was pressed last.
    pub cancelled_ms: Option<u64>,
    /// Commands typed so far, newest last.
    pub recall: VecDeque<String>,
    /// One picture per so many milliseconds, when the line is slow.
    pub slow_line_ms: Option<u64>,
    /// Something visible may have changed since the last frame.
    pub dirty: bool,
    /// Number of the next action.
    pub next_serial: u64,
}

/// What a model starts from.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub columns: u16,
    pub rows: u16,
    pub now: Now,
    pub look: Look,
    pub read_only: bool,
    pub slow: bool,
    pub user: String,
    pub host: String,
    /// The job to attach to; `None`: the jobs list.
    pub job: Option<String>,
    pub connections: Vec<SavedConnection>,
    pub directory: String,
    pub keymap: Keymap,
}

impl Model {
    #[must_use]
    pub fn new(start: Start) -> Model {
        let screens = vec![if start.job.is_some() { Place::Run } else { Place::Jobs }];
        let status = Status { text: start.keymap.trouble(), since_ms: start.now.mono_ms };
        Model {
            columns: start.columns,
            rows: start.rows,
            now: start.now,
            look: start.look,
            keymap: start.keymap,
            read_only: start.read_only,
            slow: start.slow,
            user: start.user,
            host: start.host,
            screens,
            jobs: JobsScreen::default(),
            job: start.job.map(|name| Box::new(Attached::new(name, start.now.mono_ms))),
            wizard: None,
            connections: start.connections,
            directory: start.directory,
            overlay: None,
            status,
            frozen: false,
            zoomed: false,
            cancelled_ms: None,
            recall: VecDeque::new(),
            slow_line_ms: None,
            dirty: true,
            next_serial: 1,
        }
    }

    /// The screen that is shown: what was asked for, unless the job has no plan yet or its engine
    /// is gone.
    #[must_use]
    pub fn place(&self) -> Place {
        let asked = *self.screens.last().expect("the stack is never empty");
        if asked.is_wizard() && self.wizard.is_some() {
            return asked;
        }
        let Some(job) = &self.job else {
            return Place::Jobs;
        };
        match asked {
            Place::Run if job.shows_lost() => Place::Lost,
            Place::Run if job.is_defining() => Place::Plan,
            Place::Plan | Place::Lost => Place::Run,
            other => other,
        }
    }

    /// Is a text field open, so that letters are letters?
    #[must_use]
    pub fn in_text_field(&self) -> bool {
        match &self.overlay {
            Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Prompt(_)) => true,
            Some(Overlay::Question(question)) => question.field.is_some(),
            Some(Overlay::Reader(_)) => false,
            None => self.wizard.as_ref().is_some_and(|wizard| wizard.in_text_field(self.place())),
        }
    }

    /// Says something in the status line.
    pub fn say(&mut self, text: impl Into<String>) {
        self.status = Status { text: text.into(), since_ms: self.now.mono_ms };
        self.dirty = true;
    }

    /// Is what was said still news?
    #[must_use]
    pub fn status_is_fresh(&self) -> bool {
        !self.status.text.is_empty()
            && self.now.mono_ms.saturating_sub(self.status.since_ms) < STATUS_MS
    }

    pub fn remember(&mut self, command: &str) {
        if command.is_empty() || self.recall.back().is_some_and(|last| last == command) {
            return;
        }
        if self.recall.len() == RECALL_MAX {
            self.recall.pop_front();
        }
        self.recall.push_back(command.to_owned());
    }

    /// Opens a screen over the present one; one that is open already comes to the top again.
    pub fn open(&mut self, place: Place) {
        let bottom = self.screens[0];
        if let Some(at) = self.screens.iter().position(|p| *p == place) {
            self.screens.truncate(at + 1);
        } else if place == Place::Run {
            self.screens.truncate(1);
            if bottom != Place::Run {
                self.screens.push(Place::Run);
            }
        } else {
            // Log over History over Log ...: side screens do not pile up.
            let side =
                |p: &Place| matches!(p, Place::Log | Place::History | Place::Verify | Place::Jobs);
            if side(&place) && self.screens.len() > 1 && self.screens.last().is_some_and(side) {
                self.screens.pop();
            }
            self.screens.push(place);
        }
        self.zoomed = false;
        self.dirty = true;
    }

    /// When something is due by itself, in monotonic milliseconds.
    #[must_use]
    pub fn wake_ms(&self) -> u64 {
        let mut due = self.now.mono_ms + 1_000;
        let mut sooner = |at: u64| {
            if at < due {
                due = at;
            }
        };
        if let Some(job) = &self.job {
            let threads = job.threads_wish.filter(|w| w.serial.is_none()).map(|w| w.due_ms);
            let rate = job.rate_wish.filter(|w| w.serial.is_none()).map(|w| w.due_ms);
            threads.into_iter().chain(rate).for_each(&mut sooner);
        }
        if self.place() == Place::Jobs {
            sooner(self.jobs.load_due_ms);
        }
        let wizard = self.wizard.as_ref().and_then(|wizard| wizard.due_ms(self.place()));
        wizard.into_iter().for_each(sooner);
        due
    }
}
