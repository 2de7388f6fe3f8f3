//! A SQLite connection on a thread of its own, behind a bounded queue.
//!
//! SQLite blocks, and a connection is used by one thread at a time; the runtime's threads must not
//! wait for either. A caller hands over a piece of work and awaits its answer. When the caller's
//! future is dropped, work still queued is not done, and a statement under way ends with
//! `SQLITE_INTERRUPT` within [`CHECK_OPS`] steps. Work asks [`Cancel`] before it commits anything.
//!
//! `sqlite3_interrupt` is not used: it misses a statement that is just about to begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

/// Pieces of work waiting for the thread. One per session is the rule; more only wait elsewhere.
const QUEUE_LEN: usize = 4;

/// Steps of SQLite's machine between two looks at [`Cancel`]: well below a millisecond.
const CHECK_OPS: i32 = 4000;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// A connection and its thread. The thread ends when this is dropped and its work is done.
pub struct SqliteThread {
    queue: mpsc::Sender<Work>,
}

/// The thread is gone: it ended with its work, by a panic, or could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the thread of a SQLite connection has ended")]
pub struct ThreadGone;

/// Has the caller gone away?
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Sets [`Cancel`] when the caller's future is dropped.
struct Watch(Cancel);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

impl SqliteThread {
    /// Opens a connection on a new thread named `name`.
    ///
    /// # Errors
    /// What `open` returned, or `E` made of [`ThreadGone`] when no thread could be started.
    pub async fn open<E, F>(name: &str, open: F) -> Result<SqliteThread, E>
    where
        E: From<ThreadGone> + Send + 'static,
        F: FnOnce() -> Result<Connection, E> + Send + 'static,
    {
        let (queue, mut work) = mpsc::channel::<Work>(QUEUE_LEN);
        let (opened_tx, opened) = oneshot::channel();
        let body = move || match open() {
            Ok(mut connection) => {
                if opened_tx.send(Ok(())).is_err() {
                    return;
                }
                while let Some(work) = work.blocking_recv() {
                    work(&mut connection);
                }
            }
            Err(error) => drop(opened_tx.send(Err(error))),
        };
        let builder = std::thread::Builder::new().name(name.to_owned());
        builder.spawn(body).map_err(|_| E::from(ThreadGone))?;
        opened.await.map_err(|_| E::from(ThreadGone))??;
        Ok(SqliteThread { queue })
    }

    /// Runs `work` on the connection and returns its answer.
    ///
    /// # Errors
    /// [`ThreadGone`].
    pub async fn call<T, F>(&self, work: F) -> Result<T, ThreadGone>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection, &Cancel) -> T + Send + 'static,
    {
        let (answer_tx, answer) = oneshot::channel();
        let cancel = Cancel::default();
        let _watch = Watch(cancel.clone());
        let job = move |connection: &mut Connection| {
            if cancel.is_set() {
                return;
            }
            let asked = cancel.clone();
            // A closed connection has no handler to set; its next statement says so itself.
            let _ = connection.progress_handler(CHECK_OPS, Some(move || asked.is_set()));
            let result = work(connection, &cancel);
            let _ = connection.progress_handler(0, None::<fn() -> bool>);
            let _ = answer_tx.send(result);
        };
        self.queue.send(Box::new(job)).await.map_err(|_| ThreadGone)?;
        answer.await.map_err(|_| ThreadGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[derive(Debug)]
    struct Failed;

    impl From<ThreadGone> for Failed {
        fn from(_: ThreadGone) -> Failed {
            Failed
        }
    }

    async fn memory() -> SqliteThread {
        SqliteThread::open("test", || Connection::open_in_memory().map_err(|_| Failed))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn work_is_answered_in_order() {
        let thread = memory().await;
        for expected in 1..4i64 {
            let answer = thread
                .call(move |connection, _| {
                    connection.query_row("SELECT ?1", [expected], |row| row.get::<_, i64>(0))
                })
                .await;
            assert_eq!(answer.unwrap().unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_dropped_caller_interrupts_the_statement_and_the_next_caller_is_served() {
        const ENDLESS: &str =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        let thread = memory().await;
        let (told_tx, told) = oneshot::channel();
        let (begun_tx, begun) = oneshot::channel();
        let work = thread.call(move |connection, cancel| {
            begun_tx.send(()).unwrap();
            let result = connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0));
            told_tx.send((result.is_err(), cancel.is_set())).unwrap();
        });
        tokio::select! {
            _ = work => panic!("the statement has no end"),
            _ = begun => {}
        }
        let next = thread.call(|connection, _| {
            connection.query_row("SELECT 7", [], |row| row.get::<_, i64>(0)).unwrap()
        });
        let seven = tokio::time::timeout(Duration::from_secs(20), next).await.unwrap();
        assert_eq!(seven, Ok(7));
        assert_eq!(told.await, Ok((true, true)));
    }

    #[tokio::test]
    async fn work_that_panics_ends_the_thread_and_says_so() {
        let thread = memory().await;
        let first = thread.call(|_, _| panic!("on purpose")).await;
        assert_eq!(first, Err::<(), _>(ThreadGone));
        assert_eq!(thread.call(|_, _| ()).await, Err(ThreadGone));
    }
}
