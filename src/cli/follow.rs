//! Following a job without a screen: a line on every change, until it ends or this command does.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::json;

use super::failure::{Exit, Failure, exit_of, gave_up};
use super::lines::{plain_line, summary, summary_text};
use super::mirror::Mirror;
use super::output::{Output, clean, object_text};
use super::session::Session;
use super::signals::{Caught, Signals};
use crate::client::{ClientError, Connection, Link, LinkEvent};
use crate::core::name::JobName;
use crate::protocol::{AlertView, JobView, LogLine};

/// Never more lines than this (UX.md 12.3).
const LINE_INTERVAL: Duration = Duration::from_secs(1);
/// A line at least when this much more is done.
const PERCENT_STEP: u8 = 5;
/// State changes that may wait for their second; a job does not change state faster for long.
const LINES_WAITING_MAX: usize = 16;

/// Follows until the job has ended, and says how.
///
/// # Errors
/// The engine is gone before the job's end; another user's or another protocol's engine.
pub async fn follow(
    session: &Session,
    job: &JobName,
    connection: Connection,
    every_s: u64,
) -> Result<Exit, Failure> {
    let mut signals = Signals::arm()?;
    let mut link = Link::open(session.client(), job.clone(), Some(connection));
    let mut teller = Teller::new(session.output, Duration::from_secs(every_s));
    let mut mirror = Mirror::default();
    let mut second = tokio::time::interval(LINE_INTERVAL);
    // Asked before there was anything to say: answered as soon as there is.
    let mut asked = false;
    loop {
        tokio::select! {
            event = link.next() => match event {
                LinkEvent::Up { .. } => teller.up(),
                LinkEvent::Update(update) => {
                    let news = mirror.apply(*update);
                    if let Some(snapshot) = mirror.snapshot() {
                        teller.tell(&snapshot.job, &news.log);
                        if std::mem::take(&mut asked) {
                            teller.answer(&snapshot.job);
                        }
                        if let Some(exit) = end_of(&snapshot.job, news.goodbye.is_some()) {
                            return Ok(teller.end(&snapshot.job, exit));
                        }
                    }
                }
                LinkEvent::Down { error, tries, .. } => {
                    if let Some(snapshot) = mirror.snapshot()
                        && let ClientError::Left { reason } = &error
                    {
                        session.output.note(&format!("the engine left: {}", clean(reason)));
                        return Ok(teller.end(&snapshot.job, Exit::NoEngine));
                    }
                    teller.down(&error, tries);
                    if is_final(&error) {
                        return lost(session, job, error);
                    }
                }
            },
            caught = signals.next() => match (caught, mirror.snapshot()) {
                (Caught::Ask, Some(snapshot)) => teller.answer(&snapshot.job),
                (Caught::Ask, None) => asked = true,
                (Caught::End(exit), _) => {
                    session.output.note(&format!(
                        "This command ends; job {job} goes on. Come back: tidegate attach {job}"
                    ));
                    return Ok(exit);
                }
            },
            _ = second.tick() => {
                if let Some(snapshot) = mirror.snapshot() {
                    teller.tick(&snapshot.job);
                }
            }
        }
    }
}

/// Does the job's state, or the engine's leaving, end the following?
pub fn end_of(job: &JobView, engine_left: bool) -> Option<Exit> {
    match job.state.as_str() {
        "COMPLETED" => Some(exit_of(job)),
        "STOPPED" => Some(Exit::NoEngine),
        "IDLING" if gave_up(job) => Some(Exit::ServerLost),
        _ if engine_left => Some(Exit::NoEngine),
        _ => None,
    }
}

/// Is waiting for a reconnect of no use?
pub fn is_final(error: &ClientError) -> bool {
    match error {
        ClientError::NoEngine { .. }
        | ClientError::NotAllowed { .. }
        | ClientError::OtherProtocol { .. }
        | ClientError::SocketPathTooLong { .. } => true,
        ClientError::SocketGone { .. }
        | ClientError::StartFailed { .. }
        | ClientError::StartTimeout { .. }
        | ClientError::Silent { .. }
        | ClientError::Lost { .. }
        | ClientError::Left { .. }
        | ClientError::NotConnected
        | ClientError::Garbled { .. } => false,
    }
}

/// The engine is gone. It may have finished in the moment we were not connected.
pub fn lost(session: &Session, job: &JobName, error: ClientError) -> Result<Exit, Failure> {
    let ended = session.stored(job).ok().and_then(|table| table.summary().ok());
    match ended {
        Some(summary) if summary.state == crate::core::job::JobState::Completed => {
            let wrong = summary.chunks_failed + summary.chunks_skipped + summary.steps_failed;
            session.output.note(&format!("{job} COMPLETED"));
            Ok(if wrong > 0 { Exit::WithFailures } else { Exit::Done })
        }
        _ => Err(error.into()),
    }
}

/// Decides when a line is due and prints it.
struct Teller {
    output: Output,
    every: Duration,
    /// Lines of state changes that wait for their second.
    waiting: VecDeque<String>,
    told_at: Option<Instant>,
    state: String,
    /// Percent of the last line, in whole steps.
    step: u8,
    alerts: Vec<AlertView>,
    was_down: bool,
}

impl Teller {
    fn new(output: Output, every: Duration) -> Teller {
        Teller {
            output,
            every,
            waiting: VecDeque::new(),
            told_at: None,
            state: String::new(),
            step: 0,
            alerts: Vec::new(),
            was_down: false,
        }
    }

    fn tell(&mut self, job: &JobView, log: &[LogLine]) {
        if self.output.json && !self.output.quiet {
            log.iter().for_each(|line| self.output.object("event", json!(line)));
        }
        self.tell_alerts(job);
        if job.state != self.state {
            self.state.clone_from(&job.state);
            self.step = job.progress.percent / PERCENT_STEP;
            let by = log.iter().rev().find(|line| line.level == "action").map(|l| l.by.as_str());
            self.waiting.push_back(self.line(job, by));
            if self.waiting.len() > LINES_WAITING_MAX {
                self.waiting.pop_front();
            }
        }
        self.tick(job);
    }

    /// Prints what is due, at most one line a second.
    fn tick(&mut self, job: &JobView) {
        let now = Instant::now();
        let age = self.told_at.map(|at| now - at);
        if age.is_some_and(|age| age < LINE_INTERVAL) {
            return;
        }
        if let Some(line) = self.waiting.pop_front() {
            return self.say(&line, now);
        }
        let step = job.progress.percent / PERCENT_STEP;
        if step != self.step || age.is_none_or(|age| age >= self.every) {
            self.step = step;
            let line = self.line(job, None);
            self.say(&line, now);
        }
    }

    fn line(&self, job: &JobView, by: Option<&str>) -> String {
        match self.output.json {
            true => object_text("status", json!(job)),
            false => plain_line(job, by),
        }
    }

    fn say(&mut self, line: &str, now: Instant) {
        self.told_at = Some(now);
        if !self.output.quiet {
            self.output.line(line);
        }
    }

    /// SIGUSR1: at once, quiet or not.
    fn answer(&mut self, job: &JobView) {
        let line = self.line(job, None);
        self.told_at = Some(Instant::now());
        self.output.line(&line);
    }

    /// Trouble that was not there before, in its parts.
    fn tell_alerts(&mut self, job: &JobView) {
        for alert in &job.alerts {
            let known = |a: &AlertView| a.id == alert.id && a.what == alert.what;
            if self.alerts.iter().any(known) {
                continue;
            }
            if self.output.json {
                self.output.object("event", json!({ "level": "alert", "alert": alert }));
            }
            let safe = clean(&alert.safe);
            let next = clean(&alert.next);
            self.output.note(&format!("! {}\n  Safe: {safe}\n  Next: {next}", clean(&alert.what)));
        }
        self.alerts.clone_from(&job.alerts);
    }

    fn down(&mut self, error: &ClientError, tries: u32) {
        self.was_down = true;
        if tries == 1 && !is_final(error) {
            self.output.note(&format!("{error}; connecting again"));
        }
    }

    fn up(&mut self) {
        if std::mem::take(&mut self.was_down) {
            self.output.note("connected again");
        }
    }

    /// What still waits, the last line, the summary.
    fn end(&mut self, job: &JobView, exit: Exit) -> Exit {
        if !self.output.quiet {
            for line in self.waiting.drain(..) {
                self.output.line(&line);
            }
        }
        self.output.object("summary", summary(job, exit as u8));
        self.output.note(&clean_lines(&summary_text(job)));
        if exit == Exit::NoEngine {
            let name = &job.name;
            self.output.note(&format!(
                "The job is not finished. Finished chunks are safe. Go on: tidegate resume {name}"
            ));
        }
        exit
    }
}

fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ended_job_or_engine_ends_the_following() {
        for (state, left, exit) in [
            ("EXECUTING", false, None),
            ("IDLING", false, None),
            ("STOPPED", false, Some(Exit::NoEngine)),
            ("EXECUTING", true, Some(Exit::NoEngine)),
            ("COMPLETED", true, Some(Exit::Done)),
        ] {
            let job = JobView { state: state.to_owned(), ..JobView::default() };
            assert_eq!(end_of(&job, left), exit, "{state} {left}");
        }
    }
}
