//! Steering: the console's keys as commands. Everything sent is absolute, so a repeat is harmless.

use serde_json::json;

use super::args::{
    DrainArgs, IndexWorkersArgs, JobArg, LimitsArgs, RateArgs, ReloadArgs, ResumeArgs, RetryArgs,
    SkipArgs, StopArgs, ThreadsArgs,
};
use super::ask;
use super::failure::{Exit, Failure};
use super::figures;
use super::look::{chunk_ids, table_number};
use super::output::clean;
use super::session::Session;
use super::view::{View, snapshot_of};
use crate::client::{ClientError, Connection};
use crate::core::name::JobName;
use crate::core::spec::{Limits, THREADS_CEILING, parse_rate, parse_threads};
use crate::protocol::{Action, JobView};

/// Prints what the engine answered.
fn done(session: &Session, message: &str) -> Exit {
    session.output.text(&clean(message));
    session.output.object("done", json!({ "message": message }));
    Exit::Done
}

async fn send(session: &Session, engine: &Connection, action: Action) -> Result<Exit, Failure> {
    let message = session.act(engine, action).await?;
    Ok(done(session, &message))
}

/// # Errors
/// As every command here: no such job, no engine, the engine's refusal.
pub async fn pause(session: &Session, args: &JobArg) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let engine = session.engine(&job).await?;
    send(session, &engine, Action::Pause).await
}

/// # Errors
/// See [`pause`]; starts an engine when none runs.
pub async fn resume(session: &Session, args: &ResumeArgs) -> Result<Exit, Failure> {
    let want = args.threads.as_ref().map(|text| parse_threads(text, THREADS_CEILING));
    let want = want.transpose().map_err(Failure::usage)?;
    let job = session.existing(&args.job)?;
    let engine = session.engine_or_start(&job, args.ask_password).await?;
    if let Some(want) = want {
        send(session, &engine, Action::Threads { want }).await?;
    }
    send(session, &engine, Action::Resume).await
}

/// # Errors
/// See [`pause`]; unanswered questions.
pub async fn drain(session: &Session, args: &DrainArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let engine = session.engine(&job).await?;
    let view = snapshot_of(&engine).await?.job;
    let leaving = view.threads.draining;
    if leaving == 0 {
        return Ok(done(session, &format!("{job}: no worker is leaving")));
    }
    let held = figures::counted(u64::from(leaving), "chunk");
    let question = format!("Roll {held} of {job} back and give them back instead of finishing");
    session.ask_twice_on_production(&question, &view, args.yes, args.yes_target.as_deref())?;
    send(session, &engine, Action::DrainNow).await
}

/// # Errors
/// See [`pause`]; unanswered questions.
pub async fn stop(session: &Session, args: &StopArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let engine = match session.client().connect(&job).await {
        Err(ClientError::NoEngine { .. }) => return stopped_already(session, &job),
        other => other?,
    };
    let view = snapshot_of(&engine).await?.job;
    if args.now {
        let doing = format!("Stop {job} now and roll back the chunks under way");
        ask::name(
            &doing,
            &ask::Name::target(&view.source, &view.target),
            args.yes_target.as_deref(),
        )?;
    } else {
        let question = format!("Stop {job}: workers finish their chunks, then the engine ends");
        let given = args.yes_target.as_deref();
        session.ask_twice_on_production(&question, &view, args.yes, given)?;
    }
    send(session, &engine, Action::Stop { now: args.now }).await
}

/// What is asked for is so already, unless the engine was lost.
fn stopped_already(session: &Session, job: &JobName) -> Result<Exit, Failure> {
    let state = session.stored(job)?.summary()?.state;
    match state.is_live() {
        true => Err(ClientError::NoEngine { job: job.clone() }.into()),
        false => Ok(done(session, &format!("{job} is {} already", state.word()))),
    }
}

/// # Errors
/// See [`pause`]; a number that is none.
pub async fn threads(session: &Session, args: &ThreadsArgs) -> Result<Exit, Failure> {
    // Arguments first: a wrong number is exit 2, whatever the job is doing.
    let number = |text: &String| parse_threads(text, THREADS_CEILING).map_err(Failure::usage);
    let want = args.number.as_ref().map(number).transpose()?;
    let max = args.max.as_ref().map(number).transpose()?;
    let job = session.existing(&args.job)?;
    if want.is_none() && max.is_none() {
        let threads = View::open(session, &job).await?.snapshot().await?.job.threads;
        let text = format!("{} want, {} run, max {}", threads.want, threads.run, threads.max);
        session.output.text(&text);
        session.output.object("threads", json!(threads));
        return Ok(Exit::Done);
    }
    let engine = session.engine(&job).await?;
    if let Some(max) = max {
        send(session, &engine, Action::ThreadsMax { max }).await?;
    }
    match want {
        Some(want) => send(session, &engine, Action::Threads { want }).await,
        None => Ok(Exit::Done),
    }
}

/// # Errors
/// See [`pause`]; a limit that is none.
pub async fn limits(session: &Session, args: &LimitsArgs) -> Result<Exit, Failure> {
    // What cannot be read is exit 2, whatever the job is doing.
    Limits::default().with(&args.wishes).map_err(Failure::usage)?;
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?.snapshot().await?.job;
    let present = Limits::parse(&view.limits).unwrap_or_default();
    if args.wishes.is_empty() {
        let text = match view.limits.trim() {
            "" => "no limits".to_owned(),
            text => text.trim_start_matches("[limits]").trim().to_owned(),
        };
        session.output.text(&text);
        for line in view.pressure.iter().map(|line| clean(line)) {
            session.output.text(&format!("now: {line}"));
        }
        let figures =
            json!({ "limits": view.limits, "now": view.pressure, "held_by": view.held_by });
        session.output.object("limits", figures);
        return Ok(Exit::Done);
    }
    let wanted = present.with(&args.wishes).map_err(Failure::usage)?;
    let engine = session.engine(&job).await?;
    send(session, &engine, Action::Limits { text: wanted.to_text() }).await
}

/// # Errors
/// See [`pause`]; a rate that is none.
pub async fn rate(session: &Session, args: &RateArgs) -> Result<Exit, Failure> {
    let wanted = args.rate.as_ref().map(|text| parse_rate(text).map_err(Failure::usage));
    let wanted = wanted.transpose()?;
    let job = session.existing(&args.job)?;
    if let Some(bytes) = wanted {
        let engine = session.engine(&job).await?;
        return send(session, &engine, Action::Rate { bytes }).await;
    }
    let rate = View::open(session, &job).await?.snapshot().await?.job.rate;
    let by = rate.limit_by.as_ref().map(|by| format!(", set by {}", clean(by)));
    session.output.text(&match rate.limit_bytes_per_s {
        Some(limit) => format!("{}{}", figures::rate(limit), by.unwrap_or_default()),
        None => "none".to_owned(),
    });
    session.output.object("rate", json!(rate));
    Ok(Exit::Done)
}

/// # Errors
/// See [`threads`].
pub async fn index_workers(session: &Session, args: &IndexWorkersArgs) -> Result<Exit, Failure> {
    let want = args.number.as_ref().map(|text| parse_threads(text, THREADS_CEILING));
    let want = want.transpose().map_err(Failure::usage)?;
    let job = session.existing(&args.job)?;
    if let Some(want) = want {
        let engine = session.engine(&job).await?;
        return send(session, &engine, Action::IndexWorkers { want }).await;
    }
    let threads = View::open(session, &job).await?.snapshot().await?.job.threads;
    let text = format!("{} want, {} run", threads.index_workers, threads.index_run);
    session.output.text(&text);
    session.output.object("threads", json!(threads));
    Ok(Exit::Done)
}

/// # Errors
/// See [`resume`]; chunks that are not there; unanswered questions.
pub async fn retry(session: &Session, args: &RetryArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    if args.chunk.is_empty() && args.step.is_empty() && !args.all {
        return Err(Failure::usage("say which: --chunk TABLE#N, --step ID or --all")
            .with_detail("Nothing was changed.")
            .with_hint(format!("`tidegate chunks {job} --state failed` lists them.")));
    }
    let view = View::open(session, &job).await?;
    let shown = view.snapshot().await?;
    let chunks = chunk_ids(&view, &shown, &args.chunk).await?;
    let count = match args.all {
        true => shown.job.progress.chunks_failed + shown.job.progress.steps_failed,
        false => u32::try_from(chunks.len() + args.step.len()).unwrap_or(u32::MAX),
    };
    if count > 1 {
        let what = figures::counted(u64::from(count), "failed piece");
        ask::yes(&format!("Re-run {what} of {job} on {}", shown.job.target), args.yes)?;
    }
    drop(view);
    let engine = session.engine_or_start(&job, args.ask_password).await?;
    send(session, &engine, Action::Retry { chunks, steps: args.step.clone() }).await
}

/// # Errors
/// See [`retry`].
pub async fn skip(session: &Session, args: &SkipArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    let shown = view.snapshot().await?;
    let chunks = chunk_ids(&view, &shown, &args.chunk).await?;
    let what = figures::counted(chunks.len() as u64, "chunk");
    ask_target(&shown.job, &format!("Leave {what} out for good"), args.yes_target.as_deref())?;
    drop(view);
    let engine = session.engine_or_start(&job, false).await?;
    send(session, &engine, Action::Skip { chunks, reason: args.reason.clone() }).await
}

/// # Errors
/// See [`retry`].
pub async fn reload(session: &Session, args: &ReloadArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let shown = View::open(session, &job).await?.snapshot().await?;
    let table = table_number(&shown, &args.table)?;
    let name = &shown.tables[table as usize].name;
    let doing = format!("Empty {name} on {} and load it again", shown.job.target);
    ask_target(&shown.job, &doing, args.yes_target.as_deref())?;
    let engine = session.engine_or_start(&job, false).await?;
    send(session, &engine, Action::Reload { table }).await
}

fn ask_target(job: &JobView, doing: &str, given: Option<&str>) -> Result<(), Failure> {
    ask::name(doing, &ask::Name::target(&job.source, &job.target), given)
}
