//! One conversation with an engine: a task reads lines and gives each to whom it belongs.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

use super::{ClientError, Identity};
use crate::core::name::JobName;
use crate::protocol::{
    Action, Hello, LINE_BYTES_MAX, PROTOCOL, Reply, Request, RequestBody, ServerLine, Update, codec,
};

/// Longest wait for the answer to a request. An engine answers between two commits; one that
/// does not in this time is in trouble and the operator wants to know.
pub const REPLY_DEADLINE: Duration = Duration::from_secs(15);
/// Longest wait for the engine's first line.
const HELLO_DEADLINE: Duration = Duration::from_secs(5);
/// Updates that may wait for a reader. At two a second this is a minute; a reader that sleeps
/// longer stops the reading, and the engine then drops the connection (it never waits for us).
const UPDATES_MAX: usize = 128;

/// The next request's id. An engine remembers the ids of a process for ten minutes, so that a
/// repeat over another connection is not done twice: they must not begin again with each
/// connection.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Reply>>>>;

/// A greeted connection. Requests may be made from several tasks at once.
#[derive(Debug)]
pub struct Connection {
    engine: Hello,
    writer: AsyncMutex<OwnedWriteHalf>,
    waiting: Waiting,
    updates: Mutex<Option<mpsc::Receiver<Update>>>,
    ended: Arc<Mutex<Option<ClientError>>>,
    reader: tokio::task::JoinHandle<()>,
}

/// What the engine sends after `Subscribe`. Must be drained while requests are made.
#[derive(Debug)]
pub struct Updates {
    receiver: mpsc::Receiver<Update>,
    ended: Arc<Mutex<Option<ClientError>>>,
}

impl Updates {
    /// The next update; an error when the conversation is over.
    ///
    /// # Errors
    /// Why it is over.
    pub async fn next(&mut self) -> Result<Update, ClientError> {
        match self.receiver.recv().await {
            Some(update) => Ok(update),
            None => Err(end_of(&self.ended)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Connection {
    /// Connects and greets.
    ///
    /// # Errors
    /// `NoEngine` when nobody listens, `NotAllowed`, `OtherProtocol`, `Silent`, `Lost`.
    pub async fn open(
        socket: &Path,
        job: &JobName,
        identity: &Identity,
    ) -> Result<Connection, ClientError> {
        let stream = UnixStream::connect(socket).await.map_err(|e| refused(socket, job, &e))?;
        check_peer(&stream, socket, job)?;
        let (read, mut write) = stream.into_split();
        let mut reader = BufReader::with_capacity(64 * 1024, read);
        let lost = |e: std::io::Error| ClientError::Lost { reason: e.to_string() };
        write.write_all(&codec::to_line(&identity.hello())).await.map_err(lost)?;
        let greeting = tokio::time::timeout(HELLO_DEADLINE, read_line(&mut reader));
        let line = greeting
            .await
            .map_err(|_| ClientError::Silent { seconds: HELLO_DEADLINE.as_secs() })??;
        let engine: Hello =
            codec::from_line(&line).map_err(|detail| ClientError::Garbled { detail })?;
        if engine.protocol != PROTOCOL {
            let engine = engine.protocol;
            return Err(ClientError::OtherProtocol { job: job.clone(), engine });
        }
        Ok(Connection::listening(reader, write, engine))
    }

    fn listening(
        reader: BufReader<OwnedReadHalf>,
        writer: OwnedWriteHalf,
        engine: Hello,
    ) -> Connection {
        let waiting = Waiting::default();
        let ended = Arc::new(Mutex::new(None));
        let (sender, receiver) = mpsc::channel(UPDATES_MAX);
        let task = listen(reader, Arc::clone(&waiting), sender, Arc::clone(&ended));
        Connection {
            engine,
            writer: AsyncMutex::new(writer),
            waiting,
            updates: Mutex::new(Some(receiver)),
            ended,
            reader: tokio::spawn(task),
        }
    }

    /// How the engine greeted: its build and process id.
    #[must_use]
    pub fn engine(&self) -> &Hello {
        &self.engine
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// `Silent` after [`REPLY_DEADLINE`], or why the conversation ended.
    pub async fn request(&self, body: RequestBody) -> Result<Reply, ClientError> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        locked(&self.waiting).insert(id, sender);
        let answer = tokio::time::timeout(REPLY_DEADLINE, self.ask(id, body, receiver)).await;
        locked(&self.waiting).remove(&id);
        answer.unwrap_or(Err(ClientError::Silent { seconds: REPLY_DEADLINE.as_secs() }))
    }

    async fn ask(
        &self,
        id: u64,
        body: RequestBody,
        receiver: oneshot::Receiver<Reply>,
    ) -> Result<Reply, ClientError> {
        // The reader may have ended before the request was registered: nobody would answer.
        if let Some(error) = locked(&self.ended).clone() {
            return Err(error);
        }
        let line = codec::to_line(&Request { id, body });
        let written = self.writer.lock().await.write_all(&line).await;
        if written.is_err() && locked(&self.ended).is_none() {
            return Err(ClientError::Lost { reason: "the engine closed it".to_owned() });
        }
        receiver.await.map_err(|_| end_of(&self.ended))
    }

    /// An action; `Ok(Err(..))` is the engine's refusal in its own words.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn act(&self, action: Action) -> Result<Result<String, String>, ClientError> {
        match self.request(RequestBody::Action { action }).await? {
            Reply::Done { message } => Ok(Ok(message)),
            Reply::Refused { message } => Ok(Err(message)),
            other => Err(unexpected("an action", &other)),
        }
    }

    /// Asks for everything and then changes. Once per connection.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn subscribe(&self) -> Result<Updates, ClientError> {
        let receiver = locked(&self.updates).take().ok_or_else(|| ClientError::Garbled {
            detail: "subscribed twice on one connection".to_owned(),
        })?;
        match self.request(RequestBody::Subscribe).await? {
            Reply::Refused { message } => Err(ClientError::Lost { reason: message }),
            _ => Ok(Updates { receiver, ended: Arc::clone(&self.ended) }),
        }
    }
}

/// A reply of another kind than the request's.
pub(crate) fn unexpected(request: &str, reply: &Reply) -> ClientError {
    let kind = match reply {
        Reply::Refused { message } => return ClientError::Garbled { detail: message.clone() },
        Reply::Done { .. } => "done",
        Reply::Status { .. } => "status",
        Reply::Chunks { .. } => "chunks",
        Reply::ChunkMap { .. } => "chunk map",
        Reply::Steps { .. } => "steps",
        Reply::Log { .. } => "log",
        Reply::History { .. } => "history",
        Reply::Plan { .. } => "plan",
        Reply::Rejects { .. } => "rejects",
        Reply::RejectText { .. } => "rejected row",
        Reply::Differences { .. } => "differences",
    };
    ClientError::Garbled { detail: format!("{kind} as the answer to {request}") }
}

/// Reads until the end; everybody who waits then learns why it ended.
async fn listen(
    mut reader: BufReader<OwnedReadHalf>,
    waiting: Waiting,
    updates: mpsc::Sender<Update>,
    ended: Arc<Mutex<Option<ClientError>>>,
) {
    let mut goodbye = None;
    let error = loop {
        let line = match read_line(&mut reader).await {
            Ok(line) => line,
            Err(error) => break error,
        };
        match codec::from_line(&line) {
            Ok(ServerLine::Reply { id, reply }) => {
                // Nobody waits for a reply that came after its deadline.
                if let Some(sender) = locked(&waiting).remove(&id) {
                    let _ = sender.send(reply);
                }
            }
            Ok(ServerLine::Update { update }) => {
                if let Update::Goodbye { reason } = &update {
                    goodbye = Some(reason.clone());
                }
                // A dropped `Updates` means that nobody wants them any more.
                let _ = updates.send(update).await;
            }
            Err(detail) => break ClientError::Garbled { detail },
        }
    };
    let error = match goodbye {
        Some(reason) => ClientError::Left { reason },
        None => error,
    };
    *locked(&ended) = Some(error);
    locked(&waiting).clear();
}

/// One line without its newline, within the length limit.
async fn read_line(reader: &mut BufReader<OwnedReadHalf>) -> Result<Vec<u8>, ClientError> {
    let mut line = Vec::new();
    let limit = LINE_BYTES_MAX as u64;
    let read = (&mut *reader).take(limit).read_until(b'\n', &mut line).await;
    match read {
        Ok(_) if line.last() == Some(&b'\n') => {
            line.pop();
            Ok(line)
        }
        Ok(n) if n as u64 == limit => {
            Err(ClientError::Garbled { detail: format!("a line of more than {limit} bytes") })
        }
        Ok(_) => Err(ClientError::Lost { reason: "the engine closed it".to_owned() }),
        Err(error) => Err(ClientError::Lost { reason: error.to_string() }),
    }
}

/// Why connecting failed, as a typed error.
fn refused(socket: &Path, job: &JobName, error: &std::io::Error) -> ClientError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            ClientError::NoEngine { job: job.clone() }
        }
        ErrorKind::InvalidInput => ClientError::SocketPathTooLong { socket: socket.to_owned() },
        ErrorKind::PermissionDenied => ClientError::NotAllowed {
            job: job.clone(),
            socket: socket.to_owned(),
            reason: error.to_string(),
        },
        _ => ClientError::Lost { reason: format!("{}: {error}", socket.display()) },
    }
}

/// Whoever listens there must be us or root: the directory may be writable by others where no
/// runtime directory exists.
fn check_peer(stream: &UnixStream, socket: &Path, job: &JobName) -> Result<(), ClientError> {
    let ours = rustix::process::getuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == ours || peer.uid() == 0 || ours == 0 => Ok(()),
        Ok(peer) => Err(ClientError::NotAllowed {
            job: job.clone(),
            socket: socket.to_owned(),
            reason: format!("a process of uid {} listens there", peer.uid()),
        }),
        Err(error) => Err(ClientError::Lost { reason: error.to_string() }),
    }
}

fn end_of(ended: &Mutex<Option<ClientError>>) -> ClientError {
    let lost = || ClientError::Lost { reason: "the engine closed it".to_owned() };
    locked(ended).clone().unwrap_or_else(lost)
}

/// The data behind our mutexes is whole at every moment, so a panic elsewhere does not spoil it.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
