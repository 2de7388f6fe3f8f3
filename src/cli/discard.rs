//! Taking a job away: drafts that were never started, and `kill`, `cleanup`.
//!
//! Order matters: what the job made on the target goes first, its own file last, so that an
//! interruption leaves a job that can be killed again and never a ledger nobody knows of.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::json;

use super::args::{CleanupArgs, KillArgs};
use super::ask;
use super::failure::{Exit, Failure};
use super::session::Session;
use super::view::snapshot_of;
use crate::client::{Connection, Probe};
use crate::clock::{Clock, SystemClock};
use crate::core::fault::Side;
use crate::core::job::{Actor, Input, Job, JobState, Notice};
use crate::core::name::JobName;
use crate::driver::url::Access;
use crate::protocol::Action;
use crate::store::{Batch, MasterTable, Note, RunFigures, StoredJob, lock};

/// How long an engine may take to leave after `stop now`: transactions roll back, connections
/// close.
const LEAVE_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks whether it has left.
const LEAVE_POLL: Duration = Duration::from_millis(50);

/// Removes a job that was never started: it has made nothing outside its own directory.
///
/// # Errors
/// An engine that does not leave, a directory that cannot be removed.
pub async fn draft(
    session: &Session,
    job: &JobName,
    engine: Option<Connection>,
) -> Result<(), Failure> {
    if let Some(engine) = engine {
        send_away(session, job, engine).await?;
    }
    let _lock = lock::acquire(&session.paths.lock(job))?;
    remove_files(session, job)
}

/// What an engine made of a new job before it failed. A job that runs, or that is more than a
/// draft, is somebody else's with the same name and stays.
///
/// # Errors
/// A directory that cannot be removed.
pub async fn never_started(session: &Session, job: &JobName) -> Result<(), Failure> {
    if session.client().engine_lives(job) {
        return Ok(());
    }
    if session.client().job_exists(job) {
        let state = session.stored(job).and_then(|table| Ok(table.summary()?.state));
        return match state {
            Ok(JobState::Defining) => draft(session, job, None).await,
            _ => Ok(()),
        };
    }
    for file in [session.paths.lock(job), session.paths.log(job)] {
        let _ = std::fs::remove_file(file);
    }
    // Only when nothing else lies in it.
    let _ = std::fs::remove_dir(session.paths.job(job));
    Ok(())
}

/// Stops the engine now and waits until its lock is free.
async fn send_away(session: &Session, job: &JobName, engine: Connection) -> Result<(), Failure> {
    // A refusal or a lost line is settled by the lock, which is asked next.
    let _ = engine.act(Action::Stop { now: true }).await;
    drop(engine);
    let deadline = Instant::now() + LEAVE_DEADLINE;
    while session.client().engine_lives(job) {
        if Instant::now() > deadline {
            return Err(Failure::new(
                Exit::Error,
                format!("the engine of {job} did not leave within {} s", LEAVE_DEADLINE.as_secs()),
            )
            .with_detail("The job is still there; nothing was removed.")
            .with_hint(format!("`tidegate log {job}` may say what it waits for. Try again.")));
        }
        tokio::time::sleep(LEAVE_POLL).await;
    }
    Ok(())
}

/// The whole directory of the job; the lock is ours.
fn remove_files(session: &Session, job: &JobName) -> Result<(), Failure> {
    let directory = session.paths.job(job);
    match std::fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::new(
            Exit::Error,
            format!("cannot remove {}: {error}", directory.display()),
        )),
        _ => {
            let _ = std::fs::remove_file(session.client().socket(job));
            Ok(())
        }
    }
}

/// Drops the job's state; target rows stay.
///
/// # Errors
/// Unanswered questions; a ledger that cannot be removed; files that cannot be removed.
pub async fn kill(session: &Session, args: &KillArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let doing = format!("Remove job {job} and its record of what was copied (rows stay)");
    ask::name(&doing, &ask::Name::job(job.as_str()), args.yes_job.as_deref())?;
    match session.client().probe(&job).await {
        Probe::Ready(engine) => send_away(session, &job, *engine).await?,
        Probe::NoEngine => {}
        Probe::Unreachable(error) => return Err(error.into()),
        Probe::OtherProtocol { protocol } => {
            let error = crate::client::ClientError::OtherProtocol { job, engine: protocol };
            return Err(error.into());
        }
    }
    let _lock = lock::acquire(&session.paths.lock(&job))?;
    let ledger = match drop_ledger(session, &job, args.ask_password).await {
        Ok(removed) => removed,
        Err(failure) if args.leave_ledger => {
            session.output.note(&format!("left on the target: the ledger ({})", failure.message));
            false
        }
        Err(failure) => {
            return Err(failure.with_detail(
                "The job's record on the target could not be removed, so the job is still there.",
            )
            .with_hint("Mend the cause, or give --leave-ledger to leave that record behind."));
        }
    };
    remove_files(session, &job)?;
    session.output.text(&format!("{job} is removed; rows on the target stay"));
    let body = json!({ "message": format!("{job} is removed"), "ledger_removed": ledger });
    session.output.object("done", body);
    Ok(Exit::Done)
}

/// Removes what the job made on the target for itself, when it made something. The lock is ours.
async fn drop_ledger(session: &Session, job: &JobName, ask: bool) -> Result<bool, Failure> {
    let stored = match MasterTable::open(&session.paths.master(job)) {
        Ok(table) => table.load().map(|stored| (table, stored)),
        Err(fault) => Err(fault),
    };
    let (table, stored) = stored?;
    if table.externals()?.is_empty() {
        return Ok(false);
    }
    let endpoint = stored.spec.target.clone();
    let password = session.any_password(&endpoint, ask)?;
    let job_id = stored.job_id.clone();
    let access = Access { endpoint, password, side: Side::Target, job_id: job_id.clone() };
    crate::driver::open_target(access)?.drop_ledger(&job_id).await?;
    record_cleanup(session, table, stored)?;
    Ok(true)
}

/// Keeps in the file that nothing is left outside of it. We hold the engine's lock, so we are its
/// one writer.
fn record_cleanup(
    session: &Session,
    mut table: MasterTable,
    stored: StoredJob,
) -> Result<(), Failure> {
    let now = SystemClock.now();
    let mut job = Job::restore(stored.parts);
    let events = job.decide(&Input::Engine(Notice::CleanedUp), now).unwrap_or_default();
    for event in &events {
        job.apply(event, now).map_err(|e| Failure::new(Exit::Error, e.to_string()))?;
    }
    let identity = session.client().identity;
    let note = Note {
        at: now,
        level: "action",
        kind: "cleanup",
        by: Some(Actor { user: identity.user, tty: identity.tty }),
        text: "ledger removed from the target".to_owned(),
    };
    let events: Vec<_> = events.into_iter().map(|event| (now, event)).collect();
    table.append(&Batch {
        job: &job,
        events: &events,
        notes: &[note],
        actions: &[],
        figures: &RunFigures::default(),
    })?;
    for external in table.externals()? {
        table.record_removed(&external.kind, now)?;
    }
    Ok(())
}

/// Removes what a finished job left on the target; the job itself stays.
///
/// # Errors
/// A job that is not finished; unanswered questions; a target that cannot be reached.
pub async fn cleanup(session: &Session, args: &CleanupArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let summary = session.stored(&job)?.summary()?;
    if summary.state != JobState::Completed {
        return Err(Failure::new(
            Exit::Error,
            format!("job {job} is not finished: {}", summary.state.word()),
        )
        .with_detail("Its ledger on the target is what makes going on safe. Nothing was changed.")
        .with_hint(format!(
            "`tidegate resume {job}` goes on, `tidegate kill {job}` gives it up."
        )));
    }
    let question = format!(
        "Remove the ledger of {job} on {}; failed chunks cannot be re-run exactly once after that",
        summary.spec.target.display()
    );
    ask::yes(&question, args.yes)?;
    if let Probe::Ready(engine) = session.client().probe(&job).await {
        let state = snapshot_of(&engine).await?.job.state;
        if state != "COMPLETED" {
            return Err(Failure::new(Exit::Error, format!("job {job} is {state} again")));
        }
        send_away(session, &job, *engine).await?;
    }
    let _lock = lock::acquire(&session.paths.lock(&job))?;
    let removed = drop_ledger(session, &job, args.ask_password).await?;
    let message = match removed {
        true => format!("the ledger of {job} is removed from the target"),
        false => format!("{job} has left nothing on the target"),
    };
    session.output.text(&message);
    session.output.object("done", json!({ "message": message, "ledger_removed": removed }));
    Ok(Exit::Done)
}
