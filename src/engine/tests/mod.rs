//! The whole engine in this process: a real socket, a real master table, memory databases.

mod console;
mod faults;
mod life;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;

use super::{Databases, EngineSetup, Handover, run_in_process};
use crate::clock::{Clock, SystemClock};
use crate::config::Paths;
use crate::core::fault::Fault;
use crate::core::job::{Actor, JobState};
use crate::core::name::{Dialect, JobName};
use crate::core::spec::{Endpoint, JobSpec};
use crate::driver::memory::{Shape, World, made_tables, parse_script};
use crate::protocol::{
    Action, Hello, JobView, PROTOCOL, Reply, Request, RequestBody, ServerLine, Snapshot, codec,
};
use crate::store::{MasterTable, NewJob};

/// Longest wait for anything: only a broken engine gets there.
const PATIENCE: Duration = Duration::from_secs(30);

/// One job's place on disk and its databases; engines come and go.
struct Place {
    directory: tempfile::TempDir,
    name: JobName,
    world: Arc<World>,
}

/// A running engine.
struct Running {
    task: JoinHandle<Result<JobState, Fault>>,
}

impl Place {
    /// `tables` tables with `chunks` chunks that take `chunk_ms` each.
    fn new(tables: u32, chunks: u32, chunk_ms: u64, script: &str) -> Place {
        let shape = Shape {
            tables: made_tables(tables, chunks),
            chunk_time: Duration::from_millis(chunk_ms),
            index_time: Duration::from_millis(1),
            script: parse_script(script).unwrap(),
            file: None,
        };
        Place::with(shape, |_| {})
    }

    fn with(shape: Shape, edit: impl FnOnce(&mut JobSpec)) -> Place {
        let name = JobName::parse("test").unwrap();
        let end = |url: &str| Endpoint {
            dialect: Dialect::Postgres,
            url: url.to_owned(),
            connection: None,
            label: None,
            production: false,
        };
        let (source, target) = (end("memory://db1/crm"), end("memory://db7/crm_new"));
        let mut spec = JobSpec::new(name.clone(), source, target);
        edit(&mut spec);
        let place = Place {
            directory: tempfile::tempdir().unwrap(),
            name,
            world: World::new(shape).unwrap(),
        };
        let now = SystemClock.now();
        MasterTable::create(
            &place.paths().master(&place.name),
            &NewJob { spec: &spec, job_id: "test_1", now },
        )
        .unwrap();
        place
    }

    fn paths(&self) -> Paths {
        let under = |name: &str| -> PathBuf { self.directory.path().join(name) };
        Paths { state: under("state"), config: under("config"), runtime: under("run") }
    }

    fn master(&self) -> MasterTable {
        MasterTable::open_read_only(&self.paths().master(&self.name)).unwrap()
    }

    fn start(&self) -> Running {
        let master = MasterTable::open(&self.paths().master(&self.name)).unwrap();
        let setup = EngineSetup {
            name: self.name.clone(),
            paths: self.paths(),
            databases: Databases {
                look: None,
                source: self.world.source(),
                target: self.world.target(),
                mirror: None,
                faults: Some(self.world.faults.clone()),
            },
            clock: Arc::new(SystemClock),
            master,
            by: Actor { user: "test".to_owned(), tty: String::new() },
            handover: Handover::default(),
        };
        Running { task: tokio::spawn(run_in_process(setup)) }
    }

    async fn console(&self) -> Console {
        self.console_as(false).await
    }

    async fn console_as(&self, read_only: bool) -> Console {
        let path = self.paths().socket(&self.name, PROTOCOL);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(stream) = UnixStream::connect(&path).await {
                return Console::greet(stream, read_only).await;
            }
            assert!(Instant::now() < deadline, "no socket at {}", path.display());
            tokio::task::yield_now().await;
        }
    }
}

impl Running {
    /// As `kill -9`: the engine is gone between two instructions of its own.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    async fn end(self) -> JobState {
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the engine leaves")
            .expect("the engine does not panic")
            .expect("the engine started")
    }
}

/// A console of the simplest kind.
struct Console {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    next_id: u64,
}

impl Console {
    async fn greet(stream: UnixStream, read_only: bool) -> Console {
        let (reader, writer) = stream.into_split();
        let mut console = Console { reader: BufReader::new(reader), writer, next_id: 1 };
        let hello = Hello {
            protocol: PROTOCOL,
            build: "test".to_owned(),
            user: "ana".to_owned(),
            tty: "pts/3".to_owned(),
            read_only,
            pid: 4711,
        };
        console.write(&codec::to_line(&hello)).await;
        let engine: Hello = codec::from_line(&console.line().await).unwrap();
        assert_eq!(engine.protocol, PROTOCOL);
        console
    }

    async fn write(&mut self, line: &[u8]) {
        self.writer.write_all(line).await.unwrap();
    }

    async fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        tokio::time::timeout(PATIENCE, read).await.expect("the engine says something").unwrap();
        assert!(!line.is_empty(), "the engine hung up");
        line
    }

    async fn next(&mut self) -> ServerLine {
        codec::from_line(&self.line().await).unwrap()
    }

    async fn ask_as(&mut self, id: u64, body: RequestBody) -> Reply {
        self.write(&codec::to_line(&Request { id, body })).await;
        loop {
            if let ServerLine::Reply { id: answered, reply } = self.next().await {
                assert_eq!(answered, id);
                return reply;
            }
        }
    }

    async fn ask(&mut self, body: RequestBody) -> Reply {
        self.next_id += 1;
        self.ask_as(self.next_id, body).await
    }

    async fn act(&mut self, action: Action) -> Reply {
        self.ask(RequestBody::Action { action }).await
    }

    /// The action must be granted.
    async fn must(&mut self, action: Action) -> String {
        match self.act(action.clone()).await {
            Reply::Done { message } => message,
            other => panic!("{action:?} was answered with {other:?}"),
        }
    }

    async fn status(&mut self) -> Snapshot {
        match self.ask(RequestBody::Status).await {
            Reply::Status { snapshot } => *snapshot,
            other => panic!("no status: {other:?}"),
        }
    }

    /// Asks until the job's view is as wanted. A deadline prints what was seen last.
    async fn wait_until(&mut self, what: &str, wanted: impl Fn(&JobView) -> bool) -> Snapshot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let snapshot = self.status().await;
            if wanted(&snapshot.job) {
                return snapshot;
            }
            assert!(
                Instant::now() < deadline,
                "{what} did not come; last seen: {:#?}\n{:#?}",
                snapshot.job,
                snapshot.log
            );
            // Lets the engine run; the wait itself is bounded above.
            tokio::task::yield_now().await;
        }
    }

    async fn wait_state(&mut self, state: &str) -> Snapshot {
        self.wait_until(state, |job| job.state == state).await
    }

    async fn start_job(&mut self) {
        self.wait_until("the plan", |job| job.planned).await;
        self.must(Action::Start).await;
    }
}
