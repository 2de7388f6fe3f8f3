//! A job to look at: through its engine, or, when none runs, through its file.

use super::failure::{Exit, Failure};
use super::output::clean;
use super::session::Session;
use super::stored::Stored;
use crate::client::{ClientError, Connection, Probe};
use crate::core::name::JobName;
use crate::protocol::{
    ChunkFilter, ChunkView, LogLine, PlanView, RejectGroupView, RejectView, Reply, RequestBody,
    RunView, Snapshot, StepView,
};

/// Chunks per request: a page of long error texts stays well under the line limit.
const PAGE: u32 = 2_000;

/// Where the answers come from. Looking never starts an engine.
pub enum View {
    Live(Box<Connection>),
    Stored(Box<Stored>),
}

impl View {
    /// # Errors
    /// Another user's job, a file that cannot be read.
    pub async fn open(session: &Session, job: &JobName) -> Result<View, Failure> {
        match session.client().probe(job).await {
            Probe::Ready(connection) => return Ok(View::Live(connection)),
            Probe::NoEngine => {}
            Probe::Unreachable(error @ ClientError::NotAllowed { .. }) => return Err(error.into()),
            Probe::Unreachable(error) => {
                session.output.note(&format!("{error}; this is read from its file"));
            }
            Probe::OtherProtocol { protocol } => {
                let error = ClientError::OtherProtocol { job: job.clone(), engine: protocol };
                session.output.note(&format!("{error}; this is read from its file"));
            }
        }
        Ok(View::Stored(Box::new(Stored::open(session, job)?)))
    }

    /// # Errors
    /// The end of the conversation, a damaged file; the same for all questions here.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        match self {
            View::Live(connection) => snapshot_of(connection).await,
            View::Stored(stored) => stored.snapshot(),
        }
    }

    /// All chunks that pass the filter.
    ///
    /// # Errors
    /// As [`View::snapshot`].
    pub async fn chunks(&self, filter: ChunkFilter) -> Result<Vec<ChunkView>, Failure> {
        let mut all = Vec::new();
        loop {
            let offset = u32::try_from(all.len()).unwrap_or(u32::MAX);
            let (total, page) = match self {
                View::Stored(stored) => stored.chunks(&filter, offset, PAGE)?,
                View::Live(connection) => {
                    let body = RequestBody::Chunks { filter: filter.clone(), offset, limit: PAGE };
                    match connection.request(body).await? {
                        Reply::Chunks { total, chunks } => (total, chunks),
                        other => return Err(unexpected(other)),
                    }
                }
            };
            let done = page.is_empty() || all.len() + page.len() >= total as usize;
            all.extend(page);
            if done {
                return Ok(all);
            }
        }
    }

    /// # Errors
    /// As [`View::snapshot`].
    pub async fn steps(&self, failed_only: bool) -> Result<Vec<StepView>, Failure> {
        match self {
            View::Stored(stored) => stored.steps(failed_only),
            View::Live(connection) => {
                match connection.request(RequestBody::Steps { failed_only }).await? {
                    Reply::Steps { steps } => Ok(steps),
                    other => Err(unexpected(other)),
                }
            }
        }
    }

    /// Rejected rows of a table or of all, oldest first, with the causes and how many there are.
    ///
    /// # Errors
    /// As [`View::snapshot`].
    pub async fn rejects(
        &self,
        table: Option<u32>,
        most: u64,
    ) -> Result<(u64, Vec<RejectGroupView>, Vec<RejectView>), Failure> {
        let (mut all, mut causes, mut count) = (Vec::new(), Vec::new(), 0);
        while (all.len() as u64) < most || count == 0 {
            let offset = all.len() as u64;
            let limit = std::cmp::min(most - offset, u64::from(PAGE));
            let (total, groups, page) = match self {
                View::Stored(stored) => stored.rejects(table, offset, limit)?,
                View::Live(connection) => {
                    let body = RequestBody::Rejects { table, cause: None, offset, limit };
                    match connection.request(body).await? {
                        Reply::Rejects { total, groups, rows } => (total, groups, rows),
                        other => return Err(unexpected(other)),
                    }
                }
            };
            (count, causes) = (total, groups);
            let is_over = page.is_empty();
            all.extend(page);
            if is_over {
                break;
            }
        }
        Ok((count, causes, all))
    }

    /// # Errors
    /// As [`View::snapshot`].
    pub async fn log(&self, lines: u32) -> Result<Vec<LogLine>, Failure> {
        match self {
            View::Stored(stored) => stored.log(lines),
            View::Live(connection) => match connection.request(RequestBody::Log { lines }).await? {
                Reply::Log { lines } => Ok(lines),
                other => Err(unexpected(other)),
            },
        }
    }

    /// # Errors
    /// As [`View::snapshot`].
    pub async fn history(&self, limit: u32) -> Result<(Vec<RunView>, Vec<LogLine>), Failure> {
        match self {
            View::Stored(stored) => stored.history(limit),
            View::Live(connection) => {
                match connection.request(RequestBody::History { limit }).await? {
                    Reply::History { runs, events } => Ok((runs, events)),
                    other => Err(unexpected(other)),
                }
            }
        }
    }

    /// # Errors
    /// As [`View::snapshot`].
    pub async fn plan(&self) -> Result<PlanView, Failure> {
        match self {
            View::Stored(stored) => stored.plan(),
            View::Live(connection) => plan_of(connection).await,
        }
    }
}

/// # Errors
/// The end of the conversation.
pub async fn snapshot_of(connection: &Connection) -> Result<Snapshot, Failure> {
    match connection.request(RequestBody::Status).await? {
        Reply::Status { snapshot } => Ok(*snapshot),
        other => Err(unexpected(other)),
    }
}

/// # Errors
/// The end of the conversation.
pub async fn plan_of(connection: &Connection) -> Result<PlanView, Failure> {
    match connection.request(RequestBody::Plan).await? {
        Reply::Plan { plan } => Ok(plan),
        other => Err(unexpected(other)),
    }
}

fn unexpected(reply: Reply) -> Failure {
    match reply {
        Reply::Refused { message } => Failure::new(Exit::Error, clean(&message)),
        _ => Failure::new(Exit::Error, "the engine answered another question than was asked")
            .with_detail("The job is not touched."),
    }
}
