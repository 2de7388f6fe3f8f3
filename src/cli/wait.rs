//! `wait`: blocks until a job is where the caller wants it.

use std::time::Duration;

use super::args::{WaitArgs, WaitFor};
use super::failure::{Exit, Failure, exit_of};
use super::lines::{summary, summary_text};
use super::mirror::Mirror;
use super::session::Session;
use super::signals::{Caught, Signals};
use super::view::View;
use crate::client::{ClientError, Link, LinkEvent};
use crate::core::name::JobName;
use crate::protocol::JobView;

/// # Errors
/// `Timeout`; no engine and not there yet.
pub async fn wait(session: &Session, args: &WaitArgs) -> Result<Exit, Failure> {
    let timeout = args.timeout.as_deref().map(parse_span).transpose().map_err(Failure::usage)?;
    let job = session.existing(&args.job)?;
    let waiting = until(session, &job, args.goal);
    match timeout {
        None => waiting.await,
        Some(span) => tokio::time::timeout(span, waiting).await.unwrap_or_else(|_| {
            let text = args.timeout.as_deref().unwrap_or_default();
            Err(Failure::new(Exit::Timeout, format!("{job} is not there after {text}"))
                .with_detail("The job goes on.")
                .with_hint(format!("`tidegate status {job}` says what holds it.")))
        }),
    }
}

async fn until(session: &Session, job: &JobName, goal: WaitFor) -> Result<Exit, Failure> {
    let mut signals = Signals::arm()?;
    let engine = match View::open(session, job).await? {
        View::Live(engine) => *engine,
        View::Stored(stored) => return settle(session, job, goal, &stored.snapshot()?.job),
    };
    let mut link = Link::open(session.client(), job.clone(), Some(engine));
    let mut mirror = Mirror::default();
    loop {
        tokio::select! {
            event = link.next() => match event {
                LinkEvent::Update(update) => {
                    mirror.apply(*update);
                    let shown = mirror.snapshot().map(|snapshot| &snapshot.job);
                    if let Some(shown) = shown.filter(|shown| is_reached(shown, goal)) {
                        return Ok(tell(session, goal, shown));
                    }
                }
                LinkEvent::Down {
                    error: ClientError::NoEngine { .. } | ClientError::Left { .. },
                    ..
                } => {
                    let stored = super::stored::Stored::open(session, job)?;
                    return settle(session, job, goal, &stored.snapshot()?.job);
                }
                LinkEvent::Down {
                    error: error @ (ClientError::NotAllowed { .. }
                        | ClientError::OtherProtocol { .. }),
                    ..
                } => return Err(error.into()),
                LinkEvent::Up { .. } | LinkEvent::Down { .. } => {}
            },
            caught = signals.next() => if let Caught::End(exit) = caught {
                return Ok(exit);
            }
        }
    }
}

/// No engine runs: it is reached, or nothing will reach it.
fn settle(
    session: &Session,
    job: &JobName,
    goal: WaitFor,
    shown: &JobView,
) -> Result<Exit, Failure> {
    if is_reached(shown, goal) {
        return Ok(tell(session, goal, shown));
    }
    Err(Failure::new(Exit::NoEngine, format!("{job} is {} and no engine runs", shown.state))
        .with_detail("Finished chunks are safe.")
        .with_hint(format!("`tidegate resume {job}` goes on.")))
}

fn is_reached(job: &JobView, goal: WaitFor) -> bool {
    let p = &job.progress;
    match (goal, job.state.as_str()) {
        (_, "COMPLETED") => true,
        (WaitFor::Completed, _) => false,
        (WaitFor::Copied, "DEFINING") => false,
        (WaitFor::Copied, _) => job.planned && p.chunks_left + p.chunks_running == 0,
        (WaitFor::Idle, "IDLING" | "STOPPED" | "DEFINING") => true,
        // Nothing moves where nobody is.
        (WaitFor::Idle, "NOT RUNNING") => true,
        (WaitFor::Idle, _) => false,
    }
}

fn tell(session: &Session, goal: WaitFor, job: &JobView) -> Exit {
    let exit = match goal {
        WaitFor::Idle if job.state != "COMPLETED" => Exit::Done,
        WaitFor::Idle | WaitFor::Copied | WaitFor::Completed => exit_of(job),
    };
    session.output.object("summary", summary(job, exit as u8));
    session.output.note(&summary_text(job));
    exit
}

/// `90`, `90s`, `30m`, `2h`, `1d`.
fn parse_span(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(split);
    let wrong = || format!("{text:?} is not a time; try 90s, 30m or 2h");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_as_people_type_them() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200)] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in ["", "h", "-1s", "2 weeks", "1.5h"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn goals_are_reached_in_their_states() {
        let job = |state: &str, left: u32| {
            let mut job = JobView { state: state.to_owned(), planned: true, ..JobView::default() };
            job.progress.chunks_left = left;
            job
        };
        for (state, left, copied, completed, idle) in [
            ("DEFINING", 3, false, false, true),
            ("EXECUTING", 3, false, false, false),
            ("COMPLETING", 0, true, false, false),
            ("COMPLETED", 0, true, true, true),
            ("IDLING", 3, false, false, true),
            ("NOT RUNNING", 3, false, false, true),
        ] {
            let job = job(state, left);
            assert_eq!(is_reached(&job, WaitFor::Copied), copied, "{state}");
            assert_eq!(is_reached(&job, WaitFor::Completed), completed, "{state}");
            assert_eq!(is_reached(&job, WaitFor::Idle), idle, "{state}");
        }
    }
}
