//! Where a database is: URLs in, [`Endpoint`]s out, secrets kept apart.

use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::spec::Endpoint;

/// A password on its way from where it is kept to the server. Has neither `Debug` nor `Serialize`,
/// and no code path writes it anywhere else.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text, for the driver that logs in.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// How to reach one end.
#[derive(Clone)]
pub struct Access {
    pub endpoint: Endpoint,
    pub password: Option<Secret>,
    pub side: Side,
    /// The job's id: sessions carry it in their application name, so that leftovers of a dead
    /// engine can be found.
    pub job_id: String,
}

/// Reads a URL as typed. A password in it is split off and never part of the endpoint.
///
/// # Errors
/// `Usage` with what is wrong and an example.
pub fn parse_url(text: &str, side: Side) -> Result<(Endpoint, Option<Secret>), Fault> {
    Err(Fault::new(FaultKind::Usage, side, format!("{text:?} is not a database URL")))
}
