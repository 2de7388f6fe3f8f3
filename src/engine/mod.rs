//! The engine: the detached process that runs one job, and the imperative shell around
//! [`crate::core::job::Job`].
//!
//! Everything that happens arrives in one bounded queue as one closed enum ([`incoming`]); the loop
//! ([`control`]) owns the job's state, the master table and the published picture, and runs on the
//! main thread, so that its short writes to the file block nobody else. Workers ([`worker`]), the
//! socket ([`listener`]) and everything that talks to a server ([`tasks`]) are tasks on two threads
//! and know nothing but that queue.
//!
//! An engine lives as long as its lock. It is started by a client ([`serve`]) with one line on its
//! standard input, makes or opens the job's file, and from then on belongs to nobody.

mod compare;
mod control;
mod detach;
mod estimate;
mod follow;
mod gauge;
mod host;
mod incoming;
mod limits;
mod listener;
mod narrate;
mod planning;
mod preflight;
mod publish;
mod rejects;
mod requests;
mod scanning;
pub mod sim;
mod socket;
mod steer;
mod successor;
mod tasks;
#[cfg(test)]
mod tests;
mod throttle;
mod verify;
mod views;
mod worker;
mod workers;

pub use control::EngineSetup;
pub use estimate::estimate;
pub use host::{logout, state_room};
pub use incoming::Signal;
pub use planning::{Databases, Passwords, Told, plan_of};
pub use successor::Handover;

use std::io::{BufRead, BufReader, Read};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use crate::clock::{Clock, SystemClock};
use crate::config::{Paths, password_for};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{Actor, JobState};
use crate::core::name::JobName;
use crate::core::spec::{Endpoint, JobKind, JobSpec, Secret};
use crate::driver::look::open_look;
use crate::driver::url::Access;
use crate::driver::{memory, open_source, open_target};
use crate::protocol::{LINE_BYTES_MAX, StartMessage, codec, convert};
use crate::store::{MasterTable, NewJob, lock};

/// Threads for workers and sockets; the loop has the main thread. Two keep up with both servers on
/// any machine: the work is moving bytes, not computing.
const RUNTIME_THREADS: usize = 2;
/// How long connections may take to be closed at the end.
const CLOSING: std::time::Duration = std::time::Duration::from_millis(500);

/// Exit codes of UX.md 12.2.
const EXIT_OTHER: u8 = 1;
const EXIT_USAGE: u8 = 2;

/// Runs the engine of `job` in this process: reads the start message from standard input, detaches,
/// and returns when the engine has left. What goes wrong before the socket is there is said on
/// standard error.
#[must_use]
pub fn serve(job: &JobName, paths: &Paths) -> ExitCode {
    match prepare(job, paths).and_then(|prepared| prepared.run()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(fault) => {
            tracing::error!(%fault, "the engine did not start");
            eprintln!("tidegate: {}", words(&fault));
            let usage = matches!(fault.kind, FaultKind::Usage | FaultKind::Unsupported);
            ExitCode::from(if usage { EXIT_USAGE } else { EXIT_OTHER })
        }
    }
}

/// Message, detail and hint on one line each.
fn words(fault: &Fault) -> String {
    let parts = [Some(fault.to_string()), fault.hint.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// A job whose lock is held and whose file is open.
struct Prepared {
    setup: EngineSetup,
    log: std::fs::File,
    _lock: lock::EngineLock,
}

fn prepare(job: &JobName, paths: &Paths) -> Result<Prepared, Fault> {
    let start = read_start()?;
    detach::leave_session();
    let lock = lock::acquire(&paths.lock(job))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let master = match &start.spec {
        Some(message) => {
            let spec = convert::spec_from(message).map_err(usage)?;
            if spec.name != *job {
                return Err(usage(format!("the definition is of {}, not of {job}", spec.name)));
            }
            check_spec(&spec)?;
            let job_id = new_job_id(job, clock.now().0)?;
            MasterTable::create(
                &paths.master(job),
                &NewJob { spec: &spec, job_id: &job_id, now: clock.now() },
            )?
        }
        None => MasterTable::open(&paths.master(job))?,
    };
    let stored = master.load()?;
    let secret = |text: &Option<String>| text.clone().map(Secret::new);
    let passwords = Passwords {
        source: secret(&start.source_password),
        target: secret(&start.target_password),
    };
    let databases = open_databases(&stored.spec, &stored.job_id, &passwords)?;
    let log_path = paths.log(job);
    let log = detach::open_log(&log_path).map_err(|e| {
        let message = format!("cannot write {}: {e}", log_path.display());
        Fault::new(FaultKind::Store, Side::Engine, message)
    })?;
    let by = Actor { user: std::env::var("USER").unwrap_or_default(), tty: String::new() };
    let (name, paths) = (job.clone(), paths.clone());
    let handover = Handover {
        starts: start.starts,
        source_password: start.source_password,
        target_password: start.target_password,
    };
    let setup = EngineSetup { name, paths, databases, clock, master, by, handover };
    Ok(Prepared { setup, log, _lock: lock })
}

impl Prepared {
    fn run(self) -> Result<JobState, Fault> {
        let fail = |e: std::io::Error| {
            Fault::new(FaultKind::Other, Side::Engine, format!("cannot start: {e}"))
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(RUNTIME_THREADS)
            .thread_name("tidegate")
            .enable_all()
            .build()
            .map_err(fail)?;
        let mut engine = control::Engine::new(self.setup)?;
        let log = self.log;
        let state = runtime.block_on(async move {
            engine.listen()?;
            detach::let_go_of_terminal(&log).map_err(fail)?;
            detach::begin_log(log);
            listen_to_signals(engine.inbox()).map_err(fail)?;
            Ok(engine.run().await)
        })?;
        runtime.shutdown_timeout(CLOSING);
        Ok(state)
    }
}

/// Runs an engine within this process, for tests: everything is as in its own process but the
/// detaching, the signals and the lock.
///
/// # Errors
/// As the start of an engine.
pub async fn run_in_process(setup: EngineSetup) -> Result<JobState, Fault> {
    let mut engine = control::Engine::new(setup)?;
    engine.listen()?;
    Ok(engine.run().await)
}

fn listen_to_signals(inbox: incoming::Inbox) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut rebind = signal(SignalKind::user_defined2())?;
    // Taken and ignored: hanging up is what consoles do.
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = terminate.recv() => Signal::Terminate,
                _ = interrupt.recv() => Signal::Terminate,
                _ = rebind.recv() => Signal::Rebind,
                _ = hangup.recv() => continue,
            };
            if inbox.send(incoming::Incoming::Signal(signal)).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn usage(message: String) -> Fault {
    Fault::new(FaultKind::Usage, Side::Engine, message)
}

/// One line; an empty one, or none at all, is the message without anything.
fn read_start() -> Result<StartMessage, Fault> {
    let mut line = Vec::new();
    BufReader::new(std::io::stdin())
        .take(LINE_BYTES_MAX as u64)
        .read_until(b'\n', &mut line)
        .map_err(|e| usage(format!("the start message cannot be read: {e}")))?;
    if line.trim_ascii().is_empty() {
        return Ok(StartMessage::default());
    }
    codec::from_line(&line).map_err(|_| usage("the start message is no message".to_owned()))
}

fn check_spec(spec: &JobSpec) -> Result<(), Fault> {
    if spec.source.url == spec.target.url && memory_of(&spec.source).is_none() {
        return Err(usage("source and target are the same database".to_owned())
            .with_hint("Correct --from or --to."));
    }
    Ok(())
}

/// Unique for all time, and plain enough for a table's name: who, when and 64 random bits.
fn new_job_id(job: &JobName, now_ms: i64) -> Result<String, Fault> {
    let mut random = [0_u8; 8];
    std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut random)).map_err(
        |e| Fault::new(FaultKind::Other, Side::Engine, format!("cannot read /dev/urandom: {e}")),
    )?;
    let plain: String = job
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(20)
        .collect();
    Ok(format!("{plain}_{:x}_{:016x}", now_ms / 1_000, u64::from_le_bytes(random)))
}

fn memory_of(endpoint: &Endpoint) -> Option<&str> {
    endpoint.url.starts_with("memory:").then_some(endpoint.url.as_str())
}

/// Both ends of a job. Connects to nothing yet.
fn open_databases(spec: &JobSpec, job_id: &str, passwords: &Passwords) -> Result<Databases, Fault> {
    if let Some(url) = memory_of(&spec.source) {
        let world = memory::World::from_url(url)?;
        let (source, target) = (world.source(), world.target());
        if spec.kind == JobKind::Verify {
            let what = "made-up databases cannot be verified";
            return Err(Fault::new(FaultKind::Unsupported, Side::Engine, what)
                .with_hint("Give PostgreSQL, MySQL or SQLite databases."));
        }
        let faults = Some(world.faults.clone());
        return Ok(Databases { source, target, mirror: None, look: None, faults });
    }
    let access = |endpoint: &Endpoint, typed: &Option<Secret>, side| -> Result<Access, Fault> {
        let password = match typed {
            Some(secret) => Some(secret.clone()),
            None => password_for(endpoint).map_err(|e| {
                Fault::new(FaultKind::LoginRefused, side, format!("no password: {e}"))
            })?,
        };
        Ok(Access { endpoint: endpoint.clone(), password, side, job_id: job_id.to_owned() })
    };
    let mirror = match spec.kind {
        JobKind::Copy => None,
        JobKind::Verify => {
            Some(open_source(access(&spec.target, &passwords.target, Side::Target)?)?)
        }
    };
    Ok(Databases {
        mirror,
        look: Some(open_look(access(&spec.source, &passwords.source, Side::Source)?)?),
        source: open_source(access(&spec.source, &passwords.source, Side::Source)?)?,
        target: open_target(access(&spec.target, &passwords.target, Side::Target)?)?,
        faults: None,
    })
}
