//! All that can happen to the console, and all it can want done.

use super::keymap::Key;
use super::model::{DraftStart, JobRow};
use crate::protocol::survey::{SurveyNews, SurveyRequest};
use crate::protocol::{Action, Reply, RequestBody, Update};

/// One input of `update`.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// What time it is; comes before everything else of a round. `mono_ms` never steps back.
    Clock {
        mono_ms: u64,
        wall_ms: i64,
        utc_offset_s: i32,
    },
    Key(Key),
    /// Bracketed paste.
    Paste(String),
    /// So many keys in one read that no hand pressed them; outside text fields.
    PasteIgnored {
        characters: usize,
    },
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Time passed: merged presses are due, confirmations are overdue, minutes have changed.
    Tick,
    /// A frame that shows everything so far was written.
    Painted,
    Jobs(Result<Vec<JobRow>, String>),
    Link(LinkNews),
    Reply {
        ticket: Ticket,
        reply: Result<Reply, String>,
    },
    /// What another command of this program printed.
    Shell {
        words: Vec<String>,
        said: Result<String, String>,
    },
    /// An answer for the status line, from outside a job's link.
    Told(String),
    /// The end of a lost engine's log.
    Tail(Vec<String>),
    /// The state of the engine's process; `None`: there is none.
    Process(Option<char>),
    /// The line to the terminal is slow: one picture per so many milliseconds; `None`: it is well.
    SlowLine(Option<u64>),
    /// Of a request to the survey: progress, or its answer.
    Survey {
        id: u64,
        news: SurveyNews,
    },
    /// The process that looks at a draft's databases is gone, and with it all that was asked.
    SurveyDown(String),
    /// A draft's text, to be opened: one that was saved, or one made like a job.
    Draft {
        name: String,
        text: Result<String, String>,
    },
    /// What an operator's own editor left behind.
    Edited(Result<String, String>),
    /// The engine of a draft has its job, or why it does not.
    Started {
        draft: String,
        result: Result<(), String>,
    },
}

/// What became of the conversation with the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkNews {
    Up { build: String, pid: u32 },
    Update(Box<Update>),
    Down(LinkDown),
}

/// Why there is no conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkDown {
    pub cause: DownCause,
    /// What happened, one line.
    pub message: String,
    /// What is safe and what to do.
    pub advice: String,
    pub tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownCause {
    /// Nobody holds the job's lock.
    NoEngine,
    /// The engine said goodbye.
    Left,
    /// It may well live; the link tries again by itself.
    Lost,
    /// No try will help: another user, another protocol.
    Refused,
}

/// One effect; the runtime carries it out.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// Ask the engine of the job on screen.
    Request {
        ticket: Ticket,
        body: RequestBody,
    },
    /// Talk to this job's engine, started when there is none.
    Attach {
        job: String,
    },
    Detach,
    /// Look and do not act from now on; the job on screen is attached to again.
    OnlyLook {
        job: Option<String>,
    },
    /// One action for a job that is not on screen; `start`: also when it has no engine.
    Act {
        job: String,
        action: Action,
        start: bool,
    },
    LoadJobs,
    /// Run another command of this program and tell what it prints.
    Shell {
        words: Vec<String>,
    },
    /// To the terminal's clipboard and to a file.
    Copy {
        text: String,
        note: String,
    },
    /// A page to a file.
    Write {
        name: String,
        text: String,
    },
    /// The end of this log file.
    Tail {
        path: String,
    },
    /// What the system says of an engine that is silent.
    LookAtProcess {
        pid: u32,
    },
    Suspend,
    Repaint,
    Leave,
    /// Ask the process that looks at databases, started when there is none.
    Survey {
        id: u64,
        request: Box<SurveyRequest>,
    },
    /// It is not needed any longer.
    EndSurvey,
    SaveDraft {
        name: String,
        text: String,
    },
    LoadDraft {
        name: String,
    },
    DropDraft {
        name: String,
    },
    /// The definition of this job as the text of a draft of another name.
    LikeJob {
        job: String,
        name: String,
    },
    /// Start an engine with what a draft says.
    StartJob {
        start: Box<DraftStart>,
    },
    /// The text in $VISUAL or $EDITOR.
    OutsideEditor {
        text: String,
    },
}

/// What a reply belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ticket {
    Act(u64),
    /// Are you there? Asked of a working engine that has sent nothing for long.
    Ping,
    Chunks {
        table: u32,
        offset: u32,
        state: Option<u8>,
    },
    ChunkMap {
        table: u32,
    },
    FailedChunks,
    FailedSteps,
    Rejects,
    RejectText,
    Log,
    History,
    Plan,
    /// Rows of a verification.
    Differences {
        with_values: bool,
    },
}
