//! Command line: argv in, exit code out. Every verb of the console is a command here.
//!
//! stdout carries the result, stderr everything else; `--json` prints versioned objects; exit codes
//! are part of the interface (`failure`). Commands that only look read the master table when no
//! engine runs, so that looking starts nothing. No command ever owns a job: ending it, in whatever
//! way, leaves the engine alone.

mod args;
mod ask;
mod conform;
mod control;
mod copy;
mod define;
mod demo;
pub mod demo_data;
mod discard;
mod doctor;
mod drafts;
mod endpoints;
mod failure;
mod figures;
mod follow;
mod fresh;
mod job_file;
mod keys;
mod lines;
mod look;
mod man;
mod mirror;
mod output;
#[cfg(test)]
mod parity;
mod plain;
mod plan_text;
mod rejects;
mod report;
mod screen;
mod session;
mod shaping;
mod signals;
mod sim;
mod status_text;
mod stored;
mod survey;
mod verify;
mod view;
mod wait;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::args::{AttachArgs, Command, Invocation};
use self::failure::{Exit, Failure};
use self::output::Output;
use self::session::{Outcome, ScreenRequest, Session};
use self::stored::Stored;
use crate::client::ClientError;
use crate::config::{Config, Paths};

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let invocation = match Invocation::try_parse() {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help goes to stdout with 0, a mistake to stderr with 2: clap knows which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    let looks = invocation.looks();
    let global = invocation.global;
    let output = Output { json: global.json, quiet: global.quiet };
    let session = Session { paths: Paths::from_env(), output, looks };
    let result = match invocation.command {
        // The engine is another program in the same file: it has a runtime of its own.
        Some(Command::Engine { job }) => return screen::engine(&session, &job),
        Some(Command::Survey) => return survey::serve(&session),
        Some(Command::Completions { shell }) => {
            let mut command = Invocation::command();
            clap_complete::generate(shell, &mut command, "tidegate", &mut std::io::stdout());
            Ok(Outcome::Exit(Exit::Done))
        }
        Some(Command::Man) => {
            session.output.line(man::page(Invocation::command()).trim_end());
            Ok(Outcome::Exit(Exit::Done))
        }
        command => run(&session, command),
    };
    let ended = match result {
        Ok(Outcome::Exit(exit)) => Ok(ExitCode::from(exit as u8)),
        Ok(Outcome::Screen(request)) => screen::open(&session, &request),
        Err(failure) => Err(failure),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => {
            session.output.failure(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(session: &Session, command: Option<Command>) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(dispatch(session, command))
}

async fn dispatch(session: &Session, command: Option<Command>) -> Result<Outcome, Failure> {
    let exit = match command {
        None => return jobs(session).await,
        Some(Command::Demo(args)) => return demo::demo(session, &args).await,
        Some(Command::Sim(args)) => return sim::run(session, &args).await,
        Some(Command::Copy(args)) => return copy::copy(session, &args).await,
        Some(Command::Verify(args)) => return verify::verify(session, &args).await,
        Some(Command::Start(args)) => return copy::start(session, &args).await,
        Some(Command::Attach(args)) => return attach(session, &args).await,
        Some(Command::New(args)) => copy::new(session, &args).await,
        Some(Command::Plan(args)) => copy::plan(session, &args).await,
        Some(Command::Conform(args)) => conform::conform(session, &args).await,
        Some(Command::Ls) => look::ls(session).await,
        Some(Command::Status(args)) => look::status(session, &args).await,
        Some(Command::Pause(args)) => control::pause(session, &args).await,
        Some(Command::Resume(args)) => control::resume(session, &args).await,
        Some(Command::Stop(args)) => control::stop(session, &args).await,
        Some(Command::Threads(args)) => control::threads(session, &args).await,
        Some(Command::Rate(args)) => control::rate(session, &args).await,
        Some(Command::Limits(args)) => control::limits(session, &args).await,
        Some(Command::IndexWorkers(args)) => control::index_workers(session, &args).await,
        Some(Command::Tables(args)) if survey::names_database(session, &args.job) => {
            survey::tables(session, &args).await
        }
        Some(Command::Tables(args)) => look::tables(session, &args).await,
        Some(Command::Probe(args)) => survey::probe(session, &args).await,
        Some(Command::Chunks(args)) => look::chunks(session, &args).await,
        Some(Command::Retry(args)) => control::retry(session, &args).await,
        Some(Command::Rejects(args)) => rejects::rejects(session, &args).await,
        Some(Command::Skip(args)) => control::skip(session, &args).await,
        Some(Command::Reload(args)) => control::reload(session, &args).await,
        Some(Command::Drain(args)) => control::drain(session, &args).await,
        Some(Command::Report(args)) => report::report(session, &args).await,
        Some(Command::Log(args)) => look::log(session, &args).await,
        Some(Command::History(args)) => look::history(session, &args).await,
        Some(Command::Wait(args)) => wait::wait(session, &args).await,
        Some(Command::Drafts(args)) => drafts::drafts(session, &args),
        Some(Command::Kill(args)) => discard::kill(session, &args).await,
        Some(Command::Cleanup(args)) => discard::cleanup(session, &args).await,
        Some(Command::Doctor) => doctor::doctor(session).await,
        Some(Command::Keys(args)) => keys::keys(session, &args),
        Some(
            Command::Engine { .. } | Command::Survey | Command::Completions { .. } | Command::Man,
        ) => Ok(Exit::Done),
    };
    exit.map(Outcome::Exit)
}

/// No command: the list of jobs, as a screen or as lines.
async fn jobs(session: &Session) -> Result<Outcome, Failure> {
    if session.output.on_terminal() {
        return Ok(Outcome::Screen(ScreenRequest { job: None, read_only: false }));
    }
    look::ls(session).await.map(Outcome::Exit)
}

/// The console of a job, starting its engine when none runs.
async fn attach(session: &Session, args: &AttachArgs) -> Result<Outcome, Failure> {
    // A broken configuration is said before a screen hides it.
    Config::load(&session.paths)?;
    let job = session.existing(&args.job)?;
    let screen = session.output.on_terminal() && !args.plain;
    if args.read_only && screen {
        // It starts nothing and finds out by itself what there is to see.
        return Ok(Outcome::Screen(ScreenRequest { job: Some(job), read_only: true }));
    }
    let mut client = session.client();
    let engine = if args.read_only {
        client = client.read_only();
        match client.connect(&job).await {
            Err(error @ ClientError::NoEngine { .. }) => {
                let stored = Stored::open(session, &job)?.snapshot()?;
                status_text::lines(&stored).iter().for_each(|line| session.output.text(line));
                return Err(error.into());
            }
            other => other?,
        }
    } else {
        session.engine_or_start(&job, args.ask_password).await?
    };
    if screen {
        return Ok(Outcome::Screen(ScreenRequest { job: Some(job), read_only: false }));
    }
    let every_s = args.follow.every;
    if args.plain && !session.output.json || session.output.on_plain_terminal() {
        return plain::attach(session, client, &job, engine, every_s).await.map(Outcome::Exit);
    }
    follow::follow(session, &job, engine, every_s).await.map(Outcome::Exit)
}
