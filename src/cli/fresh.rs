//! Jobs that this program makes up (`demo`, `sim`): there is one of a name, and one that is over
//! makes room for the next.

use super::discard;
use super::failure::Failure;
use super::session::Session;
use super::view::View;
use crate::client::Connection;
use crate::core::name::JobName;
use crate::protocol::Action;

/// The engine of one that is not over, going on if it had stopped. One that is over is removed:
/// nothing of it is worth keeping.
///
/// # Errors
/// An engine that cannot be started or does not leave.
pub async fn present(session: &Session, job: &JobName) -> Result<Option<Connection>, Failure> {
    if !session.client().job_exists(job) {
        return Ok(None);
    }
    let shown = View::open(session, job).await?.snapshot().await?.job;
    if matches!(shown.state.as_str(), "COMPLETED" | "DEFINING") {
        let engine = session.client().connect(job).await.ok();
        discard::draft(session, job, engine).await?;
        return Ok(None);
    }
    let engine = session.engine_or_start(job, false).await?;
    if matches!(shown.state.as_str(), "STOPPED" | "NOT RUNNING") {
        session.act(&engine, Action::Resume).await?;
    }
    Ok(Some(engine))
}
