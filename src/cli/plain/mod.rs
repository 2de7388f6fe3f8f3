//! `attach --plain`: lines that follow the job, and a prompt after Enter or Ctrl-C. For dumb
//! terminals, screen readers and scripts: no escape, no carriage return, nothing is redrawn.
//!
//! While the prompt is open nothing is printed over it; what happened meanwhile comes afterwards.
//! What can be typed are the console's commands (`console::commands::parse`).

mod orders;
mod words;

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::orders::{Orders, Then};
use super::failure::{Exit, Failure};
use super::follow::{end_of, is_final, lost};
use super::lines::summary_text;
use super::mirror::Mirror;
use super::output::clean;
use super::session::Session;
use super::signals::{Caught, Signals};
use crate::client::{Client, ClientError, Connection, Link, LinkEvent};
use crate::core::name::JobName;
use crate::protocol::{AlertView, JobView, LogLine};

/// Never more progress lines than this.
const LINE_INTERVAL: Duration = Duration::from_secs(1);
/// A line at least when this much more is done.
const PERCENT_STEP: u8 = 5;
/// Two Ctrl-C within this time leave.
const CANCEL_TWICE: Duration = Duration::from_secs(1);
/// Events that are told when the prompt is closed again; of more the newest.
const HELD_MAX: usize = 20;
/// Lines typed ahead that may wait.
const TYPED_MAX: usize = 64;

/// Follows a job in words, until it ends or the operator leaves.
///
/// # Errors
/// The engine is gone before the job's end; another user's or another protocol's engine.
pub async fn attach(
    session: &Session,
    client: Client,
    job: &JobName,
    connection: Connection,
    every_s: u64,
) -> Result<Exit, Failure> {
    let mut signals = Signals::arm()?;
    let mut typed = read_lines()?;
    let read_only = client.identity.read_only;
    let link = Link::open(client, job.clone(), Some(connection));
    let orders = Orders::new(link.requester(), job.clone(), read_only);
    let mut desk = Desk {
        session,
        job,
        orders,
        teller: Teller::new(Duration::from_secs(every_s)),
        mirror: Mirror::default(),
        link,
        prompt: false,
        cancelled: None,
    };
    let mut second = tokio::time::interval(LINE_INTERVAL);
    loop {
        let end = tokio::select! {
            event = desk.link.next() => desk.event(event)?,
            line = typed.recv() => desk.typed(line).await,
            caught = signals.next() => desk.caught(caught),
            _ = second.tick() => {
                desk.tell();
                None
            }
        };
        if let Some(exit) = end {
            return Ok(exit);
        }
    }
}

/// Lines from stdin on a thread of their own: a read cannot be taken back. `None` is their end.
fn read_lines() -> std::io::Result<mpsc::Receiver<Option<String>>> {
    let (sender, typed) = mpsc::channel(TYPED_MAX);
    let read = move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.blocking_send(Some(line)).is_err() {
                return;
            }
        }
        // The channel stays open, so that the loop is not woken again and again.
        let _ = sender.blocking_send(None);
        std::mem::forget(sender);
    };
    std::thread::Builder::new().name("typed-lines".to_owned()).spawn(read)?;
    Ok(typed)
}

struct Desk<'a> {
    session: &'a Session,
    job: &'a JobName,
    orders: Orders,
    teller: Teller,
    mirror: Mirror,
    link: Link,
    /// Is the prompt open?
    prompt: bool,
    cancelled: Option<Instant>,
}

impl Desk<'_> {
    fn say(&self, text: &str) {
        self.session.output.line(text);
    }

    fn event(&mut self, event: LinkEvent) -> Result<Option<Exit>, Failure> {
        match event {
            LinkEvent::Up { .. } => {
                if std::mem::take(&mut self.teller.was_down) {
                    self.teller.held.push("Connected to the engine again.".to_owned());
                }
            }
            LinkEvent::Update(update) => {
                let first = self.mirror.snapshot().is_none();
                let news = self.mirror.apply(*update);
                let Some(shot) = self.mirror.snapshot() else { return Ok(None) };
                if first {
                    self.teller.state.clone_from(&shot.job.state);
                    self.teller.told(&shot.job);
                    let mode = if self.orders.read_only { " This console only looks." } else { "" };
                    let text = words::state(&shot.job);
                    self.say(&format!("{text} Enter for the prompt.{mode} Times are UTC."));
                }
                self.teller.take(&shot.job, &news.log);
                let end = end_of(&shot.job, news.goodbye.is_some());
                self.tell();
                if let Some(exit) = end {
                    return Ok(Some(self.end(exit)));
                }
            }
            LinkEvent::Down { error, tries, .. } => return self.down(error, tries),
        }
        self.tell();
        Ok(None)
    }

    fn down(&mut self, error: ClientError, tries: u32) -> Result<Option<Exit>, Failure> {
        if matches!(error, ClientError::Left { .. }) && self.mirror.snapshot().is_some() {
            return Ok(Some(self.end(Exit::NoEngine)));
        }
        if is_final(&error) {
            return lost(self.session, self.job, error).map(Some);
        }
        self.teller.was_down = true;
        if tries == 1 {
            self.teller.held.push(format!("! {}; connecting again.", clean(&error.to_string())));
        }
        self.tell();
        Ok(None)
    }

    /// Prints what is due, unless somebody types.
    fn tell(&mut self) {
        if self.prompt {
            return;
        }
        let job = self.mirror.snapshot().map(|shot| shot.job.clone());
        for line in self.teller.due(job.as_ref()) {
            self.say(&line);
        }
    }

    async fn typed(&mut self, line: Option<Option<String>>) -> Option<Exit> {
        let Some(Some(line)) = line else {
            // End of input: a person leaves, a pipe has no more to say.
            return self.orders.person.then(|| self.leave());
        };
        let opened = !std::mem::replace(&mut self.prompt, true);
        self.cancelled = None;
        let (lines, then) = if opened && line.trim().is_empty() {
            (Vec::new(), Then::Ask)
        } else {
            self.orders.line(&line, self.mirror.snapshot()).await
        };
        lines.iter().for_each(|line| self.say(line));
        match then {
            Then::Ask => self.ask(),
            Then::Follow => self.follow(),
            Then::Leave => return Some(self.leave()),
        }
        None
    }

    /// The prompt, without a line's end. Of a pipe nobody needs one.
    fn ask(&mut self) {
        if !self.orders.person {
            // What comes next is a line or the end; until then the job is followed.
            return self.follow();
        }
        let mut stdout = std::io::stdout();
        let _ = write!(stdout, "{}", self.orders.prompt());
        let _ = stdout.flush();
    }

    fn follow(&mut self) {
        self.prompt = false;
        self.tell();
    }

    fn caught(&mut self, caught: Caught) -> Option<Exit> {
        match caught {
            Caught::Ask => {
                if let Some(shot) = self.mirror.snapshot() {
                    self.say(&words::state(&shot.job));
                }
                None
            }
            Caught::End(Exit::Interrupted) => {
                self.say("");
                if self.cancelled.is_some_and(|at| at.elapsed() < CANCEL_TWICE) {
                    return Some(self.leave());
                }
                self.cancelled = Some(Instant::now());
                self.orders.cancel();
                self.prompt = true;
                self.say("Ctrl-C again leaves, the job goes on. \"help\" lists what can be typed.");
                self.ask();
                None
            }
            Caught::End(exit) => {
                self.session.output.note(&format!(
                    "This command ends; job {0} goes on. Come back: tidegate attach {0} --plain",
                    self.job
                ));
                Some(exit)
            }
        }
    }

    fn leave(&mut self) -> Exit {
        self.say(&format!(
            "Job {0} goes on without this console. Come back: tidegate attach {0} --plain",
            self.job
        ));
        Exit::Done
    }

    /// The job or its engine has ended: what is left to tell, and the sum.
    fn end(&mut self, exit: Exit) -> Exit {
        if std::mem::replace(&mut self.prompt, false) {
            self.say("");
        }
        self.tell();
        let Some(shot) = self.mirror.snapshot() else { return exit };
        for line in summary_text(&shot.job).lines() {
            self.say(&clean(line));
        }
        if exit == Exit::NoEngine {
            self.say(&format!(
                "The engine has left. Finished chunks are safe. Go on: tidegate resume {}",
                self.job
            ));
        }
        exit
    }
}

/// Decides what is told, and when.
struct Teller {
    every: Duration,
    /// Lines that wait until nobody types.
    held: Vec<String>,
    told_at: Instant,
    step: u8,
    state: String,
    alerts: Vec<AlertView>,
    was_down: bool,
}

impl Teller {
    fn new(every: Duration) -> Teller {
        Teller {
            every,
            held: Vec::new(),
            told_at: Instant::now(),
            step: 0,
            state: String::new(),
            alerts: Vec::new(),
            was_down: false,
        }
    }

    fn told(&mut self, job: &JobView) {
        self.told_at = Instant::now();
        self.step = job.progress.percent / PERCENT_STEP;
    }

    /// Keeps what is worth a line.
    fn take(&mut self, job: &JobView, log: &[LogLine]) {
        self.held.extend(log.iter().map(words::event));
        if job.state != self.state {
            self.state.clone_from(&job.state);
            self.held.push(format!("{} {}", words::clock(job.now_ms), words::state(job)));
        }
        for alert in &job.alerts {
            let known = |a: &AlertView| a.id == alert.id && a.what == alert.what;
            if !self.alerts.iter().any(known) {
                self.held.push(words::alert(alert));
            }
        }
        self.alerts.clone_from(&job.alerts);
    }

    /// The lines to print now.
    fn due(&mut self, job: Option<&JobView>) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.held);
        if lines.len() > HELD_MAX {
            let older = lines.len() - HELD_MAX;
            lines.drain(..older);
            lines.insert(0, format!("({older} older events: \"log\" tells them)"));
        }
        if let Some(job) = job {
            let age = self.told_at.elapsed();
            let moved = job.progress.percent / PERCENT_STEP != self.step && age >= LINE_INTERVAL;
            if moved || age >= self.every {
                self.told(job);
                lines.push(format!("{} {}", words::clock(job.now_ms), words::progress(job)));
            }
        }
        lines
    }
}
