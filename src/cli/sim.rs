//! `sim`: a real engine on made-up databases that play trouble by a script, to try the console and
//! scripts without a server. It speaks the real protocol and keeps a real job file.

use std::time::Duration;

use serde_json::json;

use super::args::SimArgs;
use super::copy::{begin_engine, begin_quietly, show};
use super::failure::{Exit, Failure};
use super::fresh;
use super::session::{Outcome, Session};
use super::view::snapshot_of;
use crate::client::Connection;
use crate::core::name::JobName;
use crate::core::spec::{THREADS_CEILING, parse_threads};
use crate::engine::sim::{self, SimOptions};
use crate::protocol::{Action, StartMessage};

/// Seconds between lines where there is no screen.
const EVERY_S: u64 = 60;

/// # Errors
/// A script that cannot be read; an engine that does not start.
pub async fn run(session: &Session, args: &SimArgs) -> Result<Outcome, Failure> {
    let job = JobName::parse(&args.job).map_err(Failure::usage)?;
    let engine = match fresh::present(session, &job).await? {
        Some(engine) => {
            session.output.note(&format!("{job} is running already."));
            // Its script goes on with these lines, whose times count from now.
            if !args.script.is_empty() {
                let script = args.script.join("\n");
                let told = session.act(&engine, Action::SimFault { script }).await?;
                session.output.note(&told);
            }
            engine
        }
        None => open(session, &job, args).await?,
    };
    if args.detach {
        let state = snapshot_of(&engine).await?.job.state;
        session.output.text(&format!("{job} is {state}"));
        session.output.object("done", json!({ "job": job.as_str(), "state": state }));
        return Ok(Outcome::Exit(Exit::Done));
    }
    show(session, &job, engine, EVERY_S).await
}

async fn open(session: &Session, job: &JobName, args: &SimArgs) -> Result<Connection, Failure> {
    let threads = parse_threads(&args.threads, THREADS_CEILING)
        .map_err(|text| Failure::usage(format!("--threads: {text}")))?;
    let options = SimOptions {
        tables: args.tables,
        chunks: args.chunks,
        chunk_time: Some(Duration::from_millis(args.chunk_ms.into())),
        script: args.script.join("\n"),
        threads,
        // The target's memory lies with the job, so that it survives its engine and goes with it.
        file: Some(session.paths.job(job).join("sim.target")),
    };
    let mut spec = sim::spec(job, &options);
    spec.threads_max = if threads > spec.threads_max { threads } else { spec.threads_max };
    let start = StartMessage { spec: Some(spec), ..StartMessage::default() };
    let engine = begin_engine(session, &session.client(), job, &start).await?;
    begin_quietly(session, job, &engine).await?;
    Ok(engine)
}
