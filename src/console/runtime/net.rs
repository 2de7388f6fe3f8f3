//! The conversation with engines, on a thread of its own: everything comes back as messages.

use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Input, StoredSource};
use crate::client::{Client, ClientError, Connection, Link, LinkEvent, Requester};
use crate::console::msg::{DownCause, LinkDown, LinkNews, Msg, Ticket};
use crate::core::name::JobName;
use crate::protocol::{Action, Reply, RequestBody, StartMessage, Update};

/// Orders that may wait. Keys are merged and paced, so more means a stuck thread.
const ORDERS_MAX: usize = 256;
/// End of an engine's log that is read.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 8;

/// What the loop asks of this thread.
#[derive(Debug)]
pub enum Order {
    Attach {
        job: String,
    },
    Detach,
    /// Greets the next engine as one that looks and does not act.
    OnlyLook,
    Request {
        ticket: Ticket,
        body: RequestBody,
    },
    Act {
        job: String,
        action: Action,
        start: bool,
    },
    Tail {
        path: PathBuf,
    },
}

/// Starts the thread.
///
/// # Errors
/// The system refuses a thread or a runtime.
pub fn start(
    client: Client,
    stored: StoredSource,
    news: SyncSender<Input>,
) -> std::io::Result<mpsc::Sender<Order>> {
    let (sender, mut orders) = mpsc::channel(ORDERS_MAX);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = move || {
        runtime.block_on(async move {
            let mut net = Net { client, stored, news, requester: None, conversation: None };
            while let Some(order) = orders.recv().await {
                net.obey(order);
            }
        });
    };
    thread::Builder::new().name("engine-link".to_owned()).spawn(work)?;
    Ok(sender)
}

struct Net {
    client: Client,
    stored: StoredSource,
    news: SyncSender<Input>,
    /// Set by the conversation as soon as there is a link.
    requester: Option<tokio::sync::watch::Receiver<Option<Requester>>>,
    conversation: Option<JoinHandle<()>>,
}

impl Net {
    fn obey(&mut self, order: Order) {
        match order {
            Order::Attach { job } => self.attach(job),
            Order::Detach => self.hang_up(),
            Order::OnlyLook => self.client.identity.read_only = true,
            Order::Request { ticket, body } => self.request(ticket, body),
            Order::Act { job, action, start } => {
                let (client, news) = (self.client.clone(), self.news.clone());
                tokio::spawn(async move {
                    let told = act(&client, &job, action, start).await;
                    tell(&news, Msg::Told(told)).await;
                });
            }
            Order::Tail { path } => {
                let news = self.news.clone();
                tokio::spawn(async move {
                    if let Ok(lines) = tail(path).await {
                        tell(&news, Msg::Tail(lines)).await;
                    }
                });
            }
        }
    }

    fn hang_up(&mut self) {
        if let Some(conversation) = self.conversation.take() {
            conversation.abort();
        }
        self.requester = None;
    }

    fn attach(&mut self, job: String) {
        self.hang_up();
        let (publish, requester) = tokio::sync::watch::channel(None);
        self.requester = Some(requester);
        let (client, news) = (self.client.clone(), self.news.clone());
        let stored = self.stored.clone();
        self.conversation = Some(tokio::spawn(async move {
            converse(client, stored, job, news, publish).await;
        }));
    }

    fn request(&self, ticket: Ticket, body: RequestBody) {
        let requester = self.requester.as_ref().and_then(|r| r.borrow().clone());
        let news = self.news.clone();
        tokio::spawn(async move {
            let reply = match requester {
                Some(requester) => requester.request(body).await.map_err(|e| e.to_string()),
                None => Err(ClientError::NotConnected.to_string()),
            };
            tell(&news, Msg::Reply { ticket, reply }).await;
        });
    }
}

/// Attaches and passes on what the link says until it is aborted.
async fn converse(
    client: Client,
    stored: StoredSource,
    job: String,
    news: SyncSender<Input>,
    publish: tokio::sync::watch::Sender<Option<Requester>>,
) {
    let name = match JobName::parse(&job) {
        Ok(name) => name,
        Err(message) => {
            let down = LinkDown {
                cause: DownCause::Refused,
                message,
                advice: "Nothing was changed.".to_owned(),
                tries: 1,
            };
            return tell(&news, Msg::Link(LinkNews::Down(down))).await;
        }
    };
    // A console that may only look starts nothing.
    let first = if client.identity.read_only {
        client.connect(&name).await
    } else {
        client.attach(&name, &StartMessage::default()).await
    };
    let first = match first {
        Ok(connection) => Some(connection),
        Err(error) => {
            if client.identity.read_only && matches!(error, ClientError::NoEngine { .. }) {
                tell_stored(&news, stored, name.clone()).await;
            }
            let down = down(&error, 1);
            let refused = down.cause == DownCause::Refused;
            tell(&news, Msg::Link(LinkNews::Down(down))).await;
            if refused {
                return;
            }
            None
        }
    };
    let mut link = Link::open(client, name, first);
    publish.send_replace(Some(link.requester()));
    loop {
        let event = match link.next().await {
            LinkEvent::Up { engine } => LinkNews::Up { build: engine.build, pid: engine.pid },
            LinkEvent::Update(update) => LinkNews::Update(update),
            LinkEvent::Down { error, tries, .. } => LinkNews::Down(down(&error, tries)),
        };
        tell(&news, Msg::Link(event)).await;
    }
}

/// Nobody works on the job and nobody is started: what its file says.
async fn tell_stored(news: &SyncSender<Input>, stored: StoredSource, job: JobName) {
    let read = tokio::task::spawn_blocking(move || stored(&job)).await;
    if let Ok(Some(snapshot)) = read {
        let update = Update::Snapshot { snapshot: Box::new(snapshot) };
        tell(news, Msg::Link(LinkNews::Update(Box::new(update)))).await;
    }
}

fn down(error: &ClientError, tries: u32) -> LinkDown {
    let cause = match error {
        ClientError::NoEngine { .. }
        | ClientError::StartFailed { .. }
        | ClientError::StartTimeout { .. } => DownCause::NoEngine,
        ClientError::Left { .. } => DownCause::Left,
        ClientError::OtherProtocol { .. }
        | ClientError::NotAllowed { .. }
        | ClientError::SocketPathTooLong { .. }
        | ClientError::Garbled { .. } => DownCause::Refused,
        ClientError::SocketGone { .. }
        | ClientError::Silent { .. }
        | ClientError::Lost { .. }
        | ClientError::NotConnected => DownCause::Lost,
    };
    LinkDown { cause, message: error.to_string(), advice: error.advice(), tries }
}

/// One action for a job that is not on screen; gives the sentence for the status line.
async fn act(client: &Client, job: &str, action: Action, start: bool) -> String {
    let name = match JobName::parse(job) {
        Ok(name) => name,
        Err(message) => return message,
    };
    let connected: Result<Connection, ClientError> = if start {
        client.attach(&name, &StartMessage::default()).await
    } else {
        client.connect(&name).await
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(error) => return format!("{error}. {}", error.advice()),
    };
    match connection.request(RequestBody::Action { action }).await {
        Ok(Reply::Done { message }) => format!("{job}: {message}"),
        Ok(Reply::Refused { message }) => format!("{job}: {message}"),
        Ok(_) => format!("{job}: the engine answered something else"),
        Err(error) => format!("{job}: {error}"),
    }
}

/// The last lines of a file.
async fn tail(path: PathBuf) -> std::io::Result<Vec<String>> {
    use tokio::io::{AsyncReadExt, AsyncSeekExt};
    let mut file = tokio::fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    file.seek(std::io::SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).await?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    Ok(lines[from..].iter().map(|l| (*l).to_owned()).collect())
}

/// Hands a message to the loop. While the loop draws on a slow line this waits, and with it the
/// reading of the socket: the engine never waits for us.
async fn tell(news: &SyncSender<Input>, msg: Msg) {
    let news = news.clone();
    let _ = tokio::task::spawn_blocking(move || news.send(Input::Msg(Box::new(msg)))).await;
}
