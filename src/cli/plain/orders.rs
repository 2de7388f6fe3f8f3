//! What is typed at the prompt: the console's commands, questions before what cannot be undone,
//! and lists in words.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use super::words;
use crate::cli::ask::Name;
use crate::cli::figures;
use crate::cli::output::clean;
use crate::client::Requester;
use crate::console::commands::{Action as Row, Ask, Do, Place, Tier, in_a_shell, parse, suggest};
use crate::core::name::JobName;
use crate::protocol::{Action, ChunkFilter, Reply, RequestBody, Snapshot};

/// A line that comes sooner was typed before the question could be read.
const GUARD: Duration = Duration::from_millis(300);
/// Failed chunks that are looked at for their causes, and lines of a log.
const LISTED_MAX: u32 = 2_000;
const LINES: u32 = 20;
/// A chunk's state of that number has failed.
const FAILED: u8 = 3;

/// What comes after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Ask,
    Follow,
    Leave,
}

/// A question that waits for its answer.
struct Question {
    action: Action,
    /// The name to type; `None`: y.
    name: Option<Name<'static>>,
    asked: Instant,
}

pub struct Orders {
    requester: Requester,
    job: JobName,
    pub read_only: bool,
    /// Somebody types: a pipe's lines are never an answer.
    pub person: bool,
    question: Option<Question>,
}

impl Orders {
    pub fn new(requester: Requester, job: JobName, read_only: bool) -> Orders {
        let person = std::io::stdin().is_terminal();
        Orders { requester, job, read_only, person, question: None }
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        match &self.question {
            Some(_) => "answer> ".to_owned(),
            None => format!("{}> ", self.job),
        }
    }

    /// Ctrl-C drops a question.
    pub fn cancel(&mut self) {
        self.question = None;
    }

    pub async fn line(&mut self, line: &str, shot: Option<&Snapshot>) -> (Vec<String>, Then) {
        if let Some(question) = self.question.take() {
            return (self.answer(question, line).await, Then::Ask);
        }
        let line = line.trim();
        let then = match line {
            "" => return (Vec::new(), Then::Ask),
            "continue" | "cont" | "follow" => {
                return (vec!["Following. Enter for the prompt.".to_owned()], Then::Follow);
            }
            "exit" | "q" => Then::Leave,
            _ => Then::Ask,
        };
        if then == Then::Leave {
            return (Vec::new(), then);
        }
        let Some(shot) = shot else {
            return (vec!["Not connected to the engine yet.".to_owned()], Then::Ask);
        };
        match line {
            "tables" => return (shot.tables.iter().map(words::table).collect(), Then::Ask),
            "threads" => return (vec![words::threads(&shot.job)], Then::Ask),
            "rate" => return (vec![words::rate(&shot.job)], Then::Ask),
            _ => {}
        }
        match parse(line, Place::Run) {
            Ok(ask) => self.obey(ask, shot).await,
            Err(problem) => (vec![self.hint(line, &problem)], Then::Ask),
        }
    }

    /// A command of another screen has a twin that names what it is about.
    fn hint(&self, line: &str, problem: &str) -> String {
        let rows = crate::console::commands::ACTIONS;
        let row = rows.iter().find(|row| row.verb == line && !row.shell.is_empty());
        match row {
            Some(row) => {
                format!("{} needs more words: {}", row.verb, self.shell(row))
            }
            None => format!("{}. \"help\" lists what can be typed.", clean(problem)),
        }
    }

    fn shell(&self, row: &Row) -> String {
        in_a_shell(row, Some(self.job.as_str()), "")
    }

    async fn obey(&mut self, ask: Ask, shot: &Snapshot) -> (Vec<String>, Then) {
        let action = match ask {
            Ask::Threads(want) => Action::Threads { want },
            Ask::ThreadsMax(max) => Action::ThreadsMax { max },
            Ask::IndexWorkers(want) => Action::IndexWorkers { want },
            Ask::Rate(bytes) => Action::Rate { bytes },
            Ask::Set { .. } => {
                let text = "There are neither colours nor glyphs here.";
                return (vec![text.to_owned()], Then::Ask);
            }
            Ask::Help(word) => return (self.help(&word), Then::Ask),
            Ask::Do(does) => return self.perform(does, shot).await,
        };
        (self.send(action).await, Then::Ask)
    }

    async fn perform(&mut self, does: Do, shot: &Snapshot) -> (Vec<String>, Then) {
        let action = match does {
            Do::Close | Do::Leave => return (Vec::new(), Then::Leave),
            Do::Pause => Action::Pause,
            Do::Resume => Action::Resume,
            Do::Start => Action::Start,
            Do::Stop => Action::Stop { now: false },
            Do::StopNow => Action::Stop { now: true },
            Do::DrainNow => Action::DrainNow,
            Do::Retry => Action::Retry { chunks: Vec::new(), steps: Vec::new() },
            Do::RetryRejects => Action::RetryRejects { table: None },
            Do::ReadOnly => {
                self.read_only = true;
                return (vec!["This console only looks from now on.".to_owned()], Then::Ask);
            }
            look => return (self.look(look, shot).await, Then::Ask),
        };
        (self.ask_or_send(Row::of(does), action, shot).await, Then::Ask)
    }

    /// Asks first what has to be asked on this target (UX 7.4).
    async fn ask_or_send(&mut self, row: &Row, action: Action, shot: &Snapshot) -> Vec<String> {
        let job = &shot.job;
        let failed = job.progress.chunks_failed + job.progress.steps_failed;
        let tier = match (&action, row.tier_on(job.production)) {
            (Action::Retry { .. }, _) if failed < 2 => Tier::Undo,
            (Action::Start, tier) if !job.production && tier == Tier::Asks => Tier::Undo,
            (_, tier) => tier,
        };
        if self.read_only || !matches!(tier, Tier::Asks | Tier::Types) {
            return self.send(action).await;
        }
        let what = match &action {
            Action::Retry { .. } => {
                let pieces = figures::counted(u64::from(failed), "failed piece");
                format!("Run {pieces} again on {}?", job.target)
            }
            _ => format!("{} ({})? {}", row.verb, job.target, row.help_plain()),
        };
        let name = (tier == Tier::Types).then(|| Name::target(&job.source, &job.target));
        if !self.person {
            let shell = self.shell(row);
            return vec![
                format!("{} would ask, and there is no terminal. Nothing was changed.", row.verb),
                format!("In a shell: {shell}"),
            ];
        }
        let how = match &name {
            Some(name) => format!("Type the target's name, {}, to go on.", name.name),
            None => "Type y for yes; anything else is no.".to_owned(),
        };
        self.question = Some(Question { action, name, asked: Instant::now() });
        vec![clean(&what), clean(&how)]
    }

    async fn answer(&mut self, question: Question, line: &str) -> Vec<String> {
        let line = line.trim();
        if question.asked.elapsed() < GUARD {
            self.question = Some(question);
            return vec!["That was typed before the question; answer it now.".to_owned()];
        }
        let agreed = match &question.name {
            Some(name) => name.is(line),
            None => matches!(line, "y" | "Y" | "yes"),
        };
        match agreed {
            true => self.send(question.action).await,
            false => vec!["No; nothing was changed.".to_owned()],
        }
    }

    async fn send(&self, action: Action) -> Vec<String> {
        if self.read_only {
            return vec![format!("{}: this console only looks.", action.verb())];
        }
        let tells = action.clone();
        let answer = match self.requester.request(RequestBody::Action { action }).await {
            Ok(Reply::Done { message }) => message,
            Ok(Reply::Refused { message }) => return vec![format!("No: {}", clean(&message))],
            Ok(_) => "the engine answered something else".to_owned(),
            Err(error) => {
                return vec![format!("! {}; nothing was sent", clean(&error.to_string()))];
            }
        };
        let now = match self.requester.request(RequestBody::Status).await {
            Ok(Reply::Status { snapshot }) => Some(snapshot.job),
            _ => None,
        };
        let line = match (&tells, now) {
            (Action::Threads { .. } | Action::ThreadsMax { .. }, Some(job)) => words::threads(&job),
            (Action::Rate { .. }, Some(job)) => words::rate(&job),
            (_, Some(job)) if !answer.contains(&job.state) => {
                format!("{}. {}", clean(&answer), words::state(&job))
            }
            _ => clean(&answer),
        };
        vec![line]
    }

    /// Lists in words.
    async fn look(&self, does: Do, shot: &Snapshot) -> Vec<String> {
        match does {
            Do::Run | Do::Workers => words::status(shot),
            Do::Failed => self.failed().await,
            Do::Help | Do::Command => self.help(""),
            Do::ThreadsSet => vec![words::threads(&shot.job)],
            Do::Log => match self.requester.request(RequestBody::Log { lines: LINES }).await {
                Ok(Reply::Log { lines }) => lines.iter().map(words::event).collect(),
                other => vec![unanswered(other)],
            },
            Do::History => {
                let body = RequestBody::History { limit: LINES };
                match self.requester.request(body).await {
                    Ok(Reply::History { events, .. }) => events.iter().map(words::event).collect(),
                    other => vec![unanswered(other)],
                }
            }
            other => {
                let row = Row::of(other);
                match row.shell {
                    "" => vec![format!("{} belongs to the screen.", row.title)],
                    _ => vec![format!("In a shell: {}", self.shell(row))],
                }
            }
        }
    }

    async fn failed(&self) -> Vec<String> {
        let filter = ChunkFilter { table: None, state: Some(FAILED) };
        let body = RequestBody::Chunks { filter, offset: 0, limit: LISTED_MAX };
        let chunks = match self.requester.request(body).await {
            Ok(Reply::Chunks { chunks, .. }) => chunks,
            other => return vec![unanswered(other)],
        };
        match self.requester.request(RequestBody::Steps { failed_only: true }).await {
            Ok(Reply::Steps { steps }) => words::failed(&chunks, &steps),
            other => vec![unanswered(other)],
        }
    }

    /// What can be typed, best first.
    fn help(&self, word: &str) -> Vec<String> {
        let mut lines: Vec<String> = suggest(word, Place::Run)
            .into_iter()
            .filter(|row| !(self.read_only && row.changes()))
            .filter(|row| !row.shell.is_empty() || row.does == Do::Leave)
            .map(|row| {
                let asks = match row.tier {
                    Tier::Asks => ", asks y",
                    Tier::Types => ", asks for a name",
                    Tier::Looks | Tier::Undo => "",
                };
                format!("{}: {}{asks}", row.verb, row.title)
            })
            .collect();
        if word.is_empty() {
            lines.push("tables: the tables and how far each is".to_owned());
            lines.push("continue: follow the job again".to_owned());
        } else if lines.is_empty() {
            lines.push("No command is described by that.".to_owned());
        }
        lines
    }
}

fn unanswered<E: std::fmt::Display>(reply: Result<Reply, E>) -> String {
    match reply {
        Ok(Reply::Refused { message }) => clean(&message),
        Ok(_) => "The engine answered something else.".to_owned(),
        Err(error) => format!("! {}", clean(&error.to_string())),
    }
}
