//! `sim`: a real engine on made-up databases that play trouble by a script, to try the console and
//! scripts without a server. It speaks the real protocol and keeps a real job file.

use serde_json::json;

use super::args::SimArgs;
use super::copy::{begin_quietly, show};
use super::failure::{Exit, Failure};
use super::fresh;
use super::session::{Outcome, Session};
use super::view::snapshot_of;
use crate::client::Connection;
use crate::core::fault::Side;
use crate::core::name::JobName;
use crate::core::spec::{
    JobSpec, THREADS_CEILING, THREADS_MAX_DEFAULT, parse_threads, percent_encode,
};
use crate::driver::url::parse_url;
use crate::protocol::StartMessage;
use crate::protocol::convert::spec_message;

/// Seconds between lines where there is no screen.
const EVERY_S: u64 = 60;

/// # Errors
/// A script that cannot be read; an engine that does not start.
pub async fn sim(session: &Session, args: &SimArgs) -> Result<Outcome, Failure> {
    let job = JobName::parse(&args.job).map_err(Failure::usage)?;
    let spec = spec(session, &job, args)?;
    let engine = match fresh::present(session, &job).await? {
        Some(engine) => {
            session.output.note(&format!("{job} is running already."));
            engine
        }
        None => open(session, &job, &spec).await?,
    };
    if args.detach {
        let state = snapshot_of(&engine).await?.job.state;
        session.output.text(&format!("{job} is {state}"));
        session.output.object("done", json!({ "job": job.as_str(), "state": state }));
        return Ok(Outcome::Exit(Exit::Done));
    }
    show(session, &job, engine, EVERY_S).await
}

async fn open(session: &Session, job: &JobName, spec: &JobSpec) -> Result<Connection, Failure> {
    let start = StartMessage { spec: Some(spec_message(spec)), ..StartMessage::default() };
    let engine = session.client().attach(job, &start).await?;
    begin_quietly(session, job, &engine).await?;
    drop(engine);
    Ok(session.client().connect(job).await?)
}

/// Two made-up databases with the names of the manual's drawings.
fn spec(session: &Session, job: &JobName, args: &SimArgs) -> Result<JobSpec, Failure> {
    let threads = parse_threads(&args.threads, THREADS_CEILING)
        .map_err(|text| Failure::usage(format!("--threads: {text}")))?;
    let end = |name: &str, side: Side| -> Result<_, Failure> {
        let url = format!("memory:{name}?{}", settings(session, job, args));
        Ok(parse_url(&url, side)?.0)
    };
    let mut spec =
        JobSpec::new(job.clone(), end("crm@db1", Side::Source)?, end("crm@db7", Side::Target)?);
    spec.threads = threads;
    spec.threads_max = if threads > THREADS_MAX_DEFAULT { threads } else { THREADS_MAX_DEFAULT };
    Ok(spec)
}

/// What the made-up databases are told in their URL.
fn settings(session: &Session, job: &JobName, args: &SimArgs) -> String {
    // The target's memory lies with the job, so that it survives its engine and goes with the job.
    let file = session.paths.job(job).join("sim.target");
    let mut settings = vec![
        format!("chunk_ms={}", args.chunk_ms),
        format!("file={}", percent_encode(&file.to_string_lossy())),
    ];
    for (key, number) in [("tables", args.tables), ("chunks", args.chunks)] {
        settings.extend(number.map(|number| format!("{key}={number}")));
    }
    if !args.script.is_empty() {
        settings.push(format!("script={}", percent_encode(&args.script.join("\n"))));
    }
    settings.join("&")
}
