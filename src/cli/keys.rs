//! `keys`: the console's one table of actions, for people and scripts.

use super::args::KeysArgs;
use super::failure::{Exit, Failure};
use super::session::Session;

/// # Errors
/// `Usage` for a screen that is none, or when `--check` finds something.
pub fn keys(session: &Session, args: &KeysArgs) -> Result<Exit, Failure> {
    let _ = (session, args);
    Ok(Exit::Done)
}
