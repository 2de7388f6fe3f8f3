//! Starting an engine so that nothing of ours can end it: own session, no terminal, no cwd.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::{Client, ClientError, Connection, Probe, START_DEADLINE};
use crate::core::name::JobName;
use crate::protocol::{StartMessage, codec};

/// Between two looks at an engine that is starting.
const POLL: Duration = Duration::from_millis(20);
/// How long the engine of a rival client may take to answer after ours has left because of it.
const RIVAL_DEADLINE: Duration = Duration::from_secs(5);
/// Longest text of a failed engine that is shown.
const ERROR_TEXT_BYTES_MAX: u64 = 8 * 1024;

/// Starts an engine, hands it its start message and waits until it answers.
pub(super) async fn start_engine(
    client: &Client,
    job: &JobName,
    start: &StartMessage,
) -> Result<Connection, ClientError> {
    let failed = |message: String| ClientError::StartFailed {
        job: job.clone(),
        message: format!("the engine could not be started: {message}"),
        detail: None,
        exit_code: None,
    };
    let stderr = scratch_file(client, job).map_err(|e| failed(format!("no scratch file: {e}")))?;
    let mut child = spawn(client, job, &stderr)
        .map_err(|e| failed(format!("{}: {e}", client.program.display())))?;
    let mut stdin = child.stdin.take().expect("stdin was asked to be a pipe");
    // An engine that ends at once leaves a broken pipe here; its own words are the better message.
    let _ = stdin.write_all(&codec::to_line(start)).await;
    drop(stdin);
    await_answer(client, job, child, stderr).await
}

/// Polls the socket until the engine answers, ends, or the deadline passes.
async fn await_answer(
    client: &Client,
    job: &JobName,
    mut child: Child,
    stderr: File,
) -> Result<Connection, ClientError> {
    let deadline = Instant::now() + START_DEADLINE;
    let mut ended: Option<(Instant, Option<i32>)> = None;
    loop {
        let socket = client.socket(job);
        match Connection::open(&socket, job, &client.identity).await {
            Ok(connection) => return Ok(connection),
            Err(
                error @ (ClientError::SocketPathTooLong { .. }
                | ClientError::NotAllowed { .. }
                | ClientError::OtherProtocol { .. }),
            ) => return Err(error),
            Err(_) => {}
        }
        let now = Instant::now();
        if ended.is_none()
            && let Some(code) = exit_code(&mut child)
        {
            ended = Some((now, code));
        }
        // Ours has ended: either another client's engine holds the lock and will answer, or none.
        if let Some((at, code)) = ended
            && (!client.engine_lives(job) || now > at + RIVAL_DEADLINE)
        {
            return last_look(client, job, &stderr, code).await;
        }
        if now > deadline {
            let message = words_of(&stderr).map(|(first, _)| format!(": {first}"));
            return Err(ClientError::StartTimeout {
                job: job.clone(),
                seconds: START_DEADLINE.as_secs(),
                message: message.unwrap_or_default(),
            });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// `None` while it runs; then its code, if it has one (a signal has none).
fn exit_code(child: &mut Child) -> Option<Option<i32>> {
    match child.try_wait() {
        Ok(None) => None,
        Ok(Some(status)) => Some(status.code()),
        Err(_) => Some(None),
    }
}

/// A rival's engine may have begun to answer between our connecting and its looking.
async fn last_look(
    client: &Client,
    job: &JobName,
    stderr: &File,
    exit_code: Option<i32>,
) -> Result<Connection, ClientError> {
    if let Probe::Ready(connection) = client.probe(job).await {
        return Ok(*connection);
    }
    let silent = || ("the engine ended without a word".to_owned(), None);
    let (message, detail) = words_of(stderr).unwrap_or_else(silent);
    Err(ClientError::StartFailed { job: job.clone(), message, detail, exit_code })
}

fn spawn(client: &Client, job: &JobName, stderr: &File) -> std::io::Result<Child> {
    let mut command = Command::new(&client.program);
    command
        .arg("engine")
        .arg(job.as_str())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::from(stderr.try_clone()?))
        .kill_on_drop(false);
    // SAFETY: between fork and exec only `setsid` is called, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            Ok(())
        });
    }
    command.spawn()
}

/// A file without a name for the engine's first words: unlike a pipe it may outlive us, so an
/// engine that writes to it later does not die of it.
fn scratch_file(client: &Client, job: &JobName) -> std::io::Result<File> {
    let directory = &client.paths.runtime;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = directory.join(format!("{job}.{}.start", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// What the engine wrote: its first line, and the others; `None` when it wrote nothing.
fn words_of(stderr: &File) -> Option<(String, Option<String>)> {
    let mut file = stderr.try_clone().ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut bytes = Vec::new();
    file.take(ERROR_TEXT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let first = first.strip_prefix("tidegate: ").unwrap_or(first).to_owned();
    let rest = lines.collect::<Vec<_>>().join("\n");
    Some((first, if rest.is_empty() { None } else { Some(rest) }))
}
