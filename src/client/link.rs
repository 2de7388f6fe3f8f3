//! A conversation that heals: for consoles, which live longer than connections and engines.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Client, ClientError, Connection};
use crate::core::name::JobName;
use crate::protocol::{Hello, Reply, RequestBody, Update};

/// Waits before the tries after a loss; the last one repeats for ever (UX.md 11).
pub const RETRY_MS: [u64; 4] = [500, 1000, 2000, 5000];
/// Events that may wait for the console. A console that sleeps longer is dropped by the engine
/// and reconnected here.
const EVENTS_MAX: usize = 128;

/// What happens on a link.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkEvent {
    /// Connected, for the first time or again; a snapshot follows.
    Up {
        engine: Hello,
    },
    Update(Box<Update>),
    /// Not connected. `tries` counts since the loss, the next one comes after `retry_ms`.
    /// `NoEngine` here means that nobody holds the job's lock: NOT RUNNING.
    Down {
        error: ClientError,
        tries: u32,
        retry_ms: u64,
    },
}

/// Handle of the task that keeps the conversation. Dropping it ends the task.
#[derive(Debug)]
pub struct Link {
    events: mpsc::Receiver<LinkEvent>,
    requester: Requester,
    task: tokio::task::JoinHandle<()>,
}

/// The asking half of a link, for tasks of their own.
#[derive(Clone, Debug)]
pub struct Requester {
    connection: watch::Receiver<Option<Arc<Connection>>>,
}

impl Requester {
    /// Asks the engine of this moment. Nothing is queued while there is none.
    ///
    /// # Errors
    /// `NotConnected`, or as [`Connection::request`].
    pub async fn request(&self, body: RequestBody) -> Result<Reply, ClientError> {
        let connection = self.connection.borrow().clone();
        match connection {
            Some(connection) => connection.request(body).await,
            None => Err(ClientError::NotConnected),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// Begins with a connection that is there (from [`Client::attach`]) or, with `None`, by
    /// connecting. Never starts an engine by itself.
    #[must_use]
    pub fn open(client: Client, job: JobName, first: Option<Connection>) -> Link {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let (publish, connection) = watch::channel(None);
        let task = tokio::spawn(keep(client, job, first, sender, publish));
        Link { events, requester: Requester { connection }, task }
    }

    /// The next event. Waits for ever when nothing happens.
    pub async fn next(&mut self) -> LinkEvent {
        match self.events.recv().await {
            Some(event) => event,
            // The task ends only when the receiver is gone.
            None => std::future::pending().await,
        }
    }

    #[must_use]
    pub fn requester(&self) -> Requester {
        self.requester.clone()
    }
}

/// Wait before try number `tries` (0-based).
#[must_use]
fn retry_ms(tries: u32) -> u64 {
    let last = RETRY_MS.len() - 1;
    RETRY_MS[(tries as usize).clamp(0, last)]
}

async fn keep(
    client: Client,
    job: JobName,
    mut first: Option<Connection>,
    events: mpsc::Sender<LinkEvent>,
    publish: watch::Sender<Option<Arc<Connection>>>,
) {
    let mut tries = 0;
    loop {
        let connected = match first.take() {
            Some(connection) => Ok(connection),
            None => client.connect(&job).await,
        };
        let error = match connected {
            Ok(connection) => {
                tries = 0;
                let connection = Arc::new(connection);
                let error = converse(&connection, &events, &publish).await;
                publish.send_replace(None);
                error
            }
            Err(error) => error,
        };
        let wait = retry_ms(tries);
        tries += 1;
        if events.send(LinkEvent::Down { error, tries, retry_ms: wait }).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

/// Subscribes and passes everything on until the conversation ends.
async fn converse(
    connection: &Arc<Connection>,
    events: &mpsc::Sender<LinkEvent>,
    publish: &watch::Sender<Option<Arc<Connection>>>,
) -> ClientError {
    let mut updates = match connection.subscribe().await {
        Ok(updates) => updates,
        Err(error) => return error,
    };
    publish.send_replace(Some(Arc::clone(connection)));
    let up = LinkEvent::Up { engine: connection.engine().clone() };
    if events.send(up).await.is_err() {
        return ClientError::NotConnected;
    }
    loop {
        match updates.next().await {
            Ok(update) => {
                if events.send(LinkEvent::Update(Box::new(update))).await.is_err() {
                    return ClientError::NotConnected;
                }
            }
            Err(error) => return error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_slow_down_and_never_end() {
        let waits: Vec<u64> = (0..6).map(retry_ms).collect();
        assert_eq!(waits, [500, 1000, 2000, 5000, 5000, 5000]);
    }
}
