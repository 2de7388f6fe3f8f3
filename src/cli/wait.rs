//! `wait`: blocks until a job is where the caller wants it.

use std::time::Duration;

use super::args::{WaitArgs, WaitFor};
use super::failure::{Exit, Failure, exit_of, gave_up};
use super::lines::{summary, summary_text};
use super::mirror::Mirror;
use super::session::Session;
use super::signals::{Caught, Signals};
use super::view::View;
use crate::client::{ClientError, Link, LinkEvent};
use crate::core::name::JobName;
use crate::core::spec::parse_span;
use crate::protocol::JobView;

/// # Errors
/// `Timeout`; no engine and not there yet.
pub async fn wait(session: &Session, args: &WaitArgs) -> Result<Exit, Failure> {
    let timeout = args.timeout.as_deref().map(parse_span).transpose().map_err(Failure::usage)?;
    let timeout = timeout.map(Duration::from_millis);
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
                    match mirror.snapshot().map(|snapshot| &snapshot.job) {
                        Some(shown) if is_reached(shown, goal) || gave_up(shown) => {
                            return Ok(tell(session, goal, shown));
                        }
                        _ => {}
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
        _ if gave_up(job) => Exit::ServerLost,
        WaitFor::Idle if job.state != "COMPLETED" => Exit::Done,
        WaitFor::Idle | WaitFor::Copied | WaitFor::Completed => exit_of(job),
    };
    session.output.object("summary", summary(job, exit as u8));
    session.output.note(&summary_text(job));
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

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
