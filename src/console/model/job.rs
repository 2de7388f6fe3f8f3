//! The job the console is attached to: the last snapshot with all changes, and its screens.

use std::collections::BTreeSet;

use super::failed::FailedScreen;
use super::list::List;
use super::run::RunScreen;
use crate::console::msg::{DownCause, LinkDown};
use crate::protocol::{
    Action, ChunkView, DifferenceView, JobView, LogLine, PlanView, RunView, Snapshot,
};

/// Log lines kept for scrolling; older ones are asked for when the log is opened.
pub const LOG_LINES_MAX: usize = 5_000;

/// The alert that this console raises itself: the engine says nothing.
pub const SILENT: &str = "engine-silent";

#[derive(Clone, Debug)]
pub struct Attached {
    pub name: String,
    pub link: Link,
    /// A snapshot has come; before, there is nothing to show.
    pub known: bool,
    pub shot: Snapshot,
    /// When the last update came.
    pub received_ms: u64,
    /// When the engine was last asked whether it is there.
    pub pinged_ms: u64,
    /// It did not answer that.
    pub silent: bool,
    /// What the system says of its process: the state's letter; `None`: it is not there.
    pub process: Option<char>,
    /// How long the link was down that is up again, until a picture has come.
    pub was_down_ms: Option<u64>,
    pub received_wall_ms: i64,
    pub threads_wish: Option<Wish<u32>>,
    pub rate_wish: Option<Wish<Option<u64>>>,
    pub pending: Vec<Pending>,
    /// Sent as soon as an engine answers: what `r` on a lost engine wanted.
    pub then: Vec<Action>,
    /// Failed chunks and steps marked for `R` and `X`.
    pub marked: BTreeSet<u32>,
    pub marked_steps: BTreeSet<u32>,
    pub run: RunScreen,
    pub table: TableScreen,
    pub failed: FailedScreen,
    pub rejects: super::RejectsScreen,
    pub plan: PlanScreen,
    pub log: LogScreen,
    pub history: HistoryScreen,
    pub verify: VerifyScreen,
    pub lost: LostScreen,
}

/// The conversation with the engine, as the screen tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    Connecting { since_ms: u64 },
    Up { build: String, pid: u32 },
    Down { down: LinkDown, since_ms: u64, since_wall_ms: i64 },
}

/// A value asked for and not yet confirmed by the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<T> {
    pub value: T,
    /// Presses until then go out as one.
    pub due_ms: u64,
    /// Sent as this action; `None`: not yet.
    pub serial: Option<u64>,
}

/// An action the engine has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub serial: u64,
    /// `pause`, `re-run 5 chunks`.
    pub what: String,
    pub since_ms: u64,
    /// Said that there is no answer yet.
    pub overdue: bool,
}

/// Chunks of one table.
#[derive(Clone, Debug, Default)]
pub struct TableScreen {
    pub table: u32,
    pub list: List,
    /// A chunk state's number; `None`: all.
    pub state: Option<u8>,
    pub total: u32,
    /// Position of the first chunk held here among the chunks of this view.
    pub offset: u32,
    pub chunks: Vec<ChunkView>,
    pub map: Vec<(u8, u32)>,
    /// When to ask again, because the table has changed.
    pub due_ms: Option<u64>,
    pub loaded: bool,
}

impl TableScreen {
    /// The chunk at a position of the view, when it is held here.
    #[must_use]
    pub fn chunk(&self, position: usize) -> Option<&ChunkView> {
        self.chunks.get(position.checked_sub(self.offset as usize)?)
    }

    #[must_use]
    pub fn selected(&self) -> Option<&ChunkView> {
        self.chunk(self.list.cursor)
    }
}

#[derive(Clone, Debug, Default)]
pub struct PlanScreen {
    pub plan: Option<PlanView>,
    pub list: List,
    pub filter: String,
    /// Findings, tables or the checklist (Tab).
    pub page: u8,
    pub asked_ms: u64,
}

/// A line of the plan's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanLine {
    /// The button that starts the job.
    Start,
    Finding(usize),
    Table(usize),
    Check(usize),
}

#[derive(Clone, Debug, Default)]
pub struct LogScreen {
    /// Older lines than the snapshot holds, as asked for.
    pub lines: Vec<LogLine>,
    pub list: List,
    /// The cursor stays on the newest line.
    pub follows: bool,
    pub search: String,
}

/// The part of the history that keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryPane {
    #[default]
    Runs,
    Events,
}

#[derive(Clone, Debug, Default)]
pub struct HistoryScreen {
    pub loaded: bool,
    /// Newest first, as the events.
    pub runs: Vec<RunView>,
    pub events: Vec<LogLine>,
    pub pane: HistoryPane,
    pub runs_list: List,
    /// Of the events shown.
    pub list: List,
    pub search: String,
}

impl HistoryScreen {
    /// The run under the cursor.
    #[must_use]
    pub fn run(&self) -> Option<&RunView> {
        self.runs.get(self.runs_list.cursor)
    }

    /// When things were done that belong to the run under the cursor: until the next one began;
    /// to the first one belongs what was before it.
    fn span_ms(&self) -> (i64, i64) {
        let at = self.runs_list.cursor;
        let first = at + 1 >= self.runs.len();
        let from = match self.run() {
            Some(run) if !first => run.started_ms,
            _ => i64::MIN,
        };
        let next = at.checked_sub(1).and_then(|newer| self.runs.get(newer));
        (from, next.map_or(i64::MAX, |run| run.started_ms))
    }

    /// Positions of the events shown: those of the run under the cursor, or what the search finds
    /// in all runs.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let wanted = self.search.to_lowercase();
        let (from, until) = self.span_ms();
        let fits = |event: &LogLine| {
            if wanted.is_empty() {
                return (from..until).contains(&event.at_ms);
            }
            event.text.to_lowercase().contains(&wanted) || event.by.to_lowercase().contains(&wanted)
        };
        (0..self.events.len()).filter(|i| fits(&self.events[*i])).collect()
    }
}

/// What a verification found: tables, and the differing rows of the one under the cursor.
#[derive(Clone, Debug, Default)]
pub struct VerifyScreen {
    pub list: List,
    /// The table whose rows are held.
    pub table: Option<u32>,
    pub rows: Vec<DifferenceView>,
    /// Not asked for again before.
    pub due_ms: u64,
    /// The rows held came with their values.
    pub with_values: bool,
}

#[derive(Clone, Debug, Default)]
pub struct LostScreen {
    /// The operator looks at the last picture instead.
    pub dismissed: bool,
    /// End of the engine's log.
    pub tail: Vec<String>,
    pub restarting: bool,
    /// Why the last restart did not succeed.
    pub failure: Option<String>,
}

impl Attached {
    #[must_use]
    pub fn new(name: String, mono_ms: u64) -> Attached {
        Attached {
            name,
            link: Link::Connecting { since_ms: mono_ms },
            known: false,
            shot: Snapshot::default(),
            received_ms: mono_ms,
            pinged_ms: mono_ms,
            silent: false,
            process: None,
            was_down_ms: None,
            received_wall_ms: 0,
            threads_wish: None,
            rate_wish: None,
            pending: Vec::new(),
            then: Vec::new(),
            marked: BTreeSet::new(),
            marked_steps: BTreeSet::new(),
            run: RunScreen::default(),
            table: TableScreen::default(),
            failed: FailedScreen::default(),
            rejects: super::RejectsScreen::default(),
            plan: PlanScreen::default(),
            log: LogScreen { follows: true, ..LogScreen::default() },
            history: HistoryScreen::default(),
            verify: VerifyScreen::default(),
            lost: LostScreen::default(),
        }
    }

    #[must_use]
    pub fn job(&self) -> &JobView {
        &self.shot.job
    }

    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self.link, Link::Up { .. })
    }

    #[must_use]
    pub fn is_defining(&self) -> bool {
        self.known && self.shot.job.state == "DEFINING"
    }

    /// `process 4411 is alive, state D: waits for disk`.
    #[must_use]
    pub fn process_text(&self) -> String {
        let pid = self.job().engine_pid;
        let means = match self.process {
            None => return format!("process {pid} is not there"),
            Some('R') => "runs",
            Some('S') => "waits",
            Some('D') => "waits for disk",
            Some('T' | 't') => "was stopped; kill -CONT lets it go on",
            Some('Z' | 'X') => "is dead",
            Some(_) => "unknown",
        };
        format!("process {pid} is alive, state {}: {means}", self.process.unwrap_or('?'))
    }

    /// Should a healthy engine have something to tell?
    #[must_use]
    pub fn is_working(&self) -> bool {
        let state = self.shot.job.state.as_str();
        matches!(state, "EXECUTING" | "COMPLETING" | "STOP PENDING" | "STOPPING")
    }

    /// Is the engine gone, as opposed to out of reach?
    #[must_use]
    pub fn engine_is_gone(&self) -> bool {
        matches!(
            &self.link,
            Link::Down { down, .. } if matches!(down.cause, DownCause::NoEngine | DownCause::Left)
        )
    }

    /// Did it go without a word?
    #[must_use]
    pub fn died(&self) -> bool {
        self.engine_is_gone() && !matches!(self.job().state.as_str(), "STOPPED" | "COMPLETED")
    }

    /// Is the page of the lost engine shown in place of the run screen?
    #[must_use]
    pub fn shows_lost(&self) -> bool {
        let down = matches!(self.link, Link::Down { .. });
        !self.lost.dismissed && ((self.known && self.died()) || (!self.known && down))
    }

    /// State word for the header.
    #[must_use]
    pub fn state_word(&self) -> String {
        let state = &self.job().state;
        match &self.link {
            Link::Connecting { .. } if !self.known => "CONNECTING".to_owned(),
            Link::Down { .. } if self.died() => "NOT RUNNING".to_owned(),
            Link::Down { .. } if !self.engine_is_gone() => format!("{state}?"),
            Link::Up { .. } if self.silent => format!("{state}?"),
            _ => state.clone(),
        }
    }

    /// The slider in COMPLETING sets index workers.
    #[must_use]
    pub fn slides_indexes(&self) -> bool {
        self.job().state == "COMPLETING"
    }

    /// What the slider shows as wanted, and whether the engine has agreed.
    #[must_use]
    pub fn threads_want(&self) -> (u32, bool) {
        let threads = &self.job().threads;
        let known = if self.slides_indexes() { threads.index_workers } else { threads.want };
        match self.threads_wish {
            Some(wish) => (wish.value, false),
            None => (known, true),
        }
    }

    #[must_use]
    pub fn rate_limit(&self) -> (Option<u64>, bool) {
        match self.rate_wish {
            Some(wish) => (wish.value, false),
            None => (self.job().rate.limit_bytes_per_s, true),
        }
    }

    /// How long the job has run by now.
    #[must_use]
    pub fn elapsed_ms(&self, mono_ms: u64) -> u64 {
        let job = self.job();
        let runs = matches!(
            job.state.as_str(),
            "EXECUTING" | "COMPLETING" | "STOP PENDING" | "STOPPING" | "IDLING"
        );
        let since = if runs && self.is_up() { mono_ms.saturating_sub(self.received_ms) } else { 0 };
        job.elapsed_ms + since
    }

    /// Why the engine would refuse a verb now.
    #[must_use]
    pub fn refusal(&self, verb: &str) -> Option<&str> {
        let refused = &self.job().refused;
        refused.iter().find(|(v, _)| v == verb).map(|(_, reason)| reason.as_str())
    }

    /// Everything that holds the job back, as one phrase.
    #[must_use]
    pub fn held_by(&self) -> Option<String> {
        let held = &self.job().held_by;
        if held.is_empty() { None } else { Some(format!("held by: {}", held.join("; "))) }
    }
}
