//! When the job holds itself back for the sake of the servers: `[limits]` of a job file.
//!
//! ```toml
//! [limits]
//! source_sessions = 40          # active sessions of others on the source's server
//! target_sessions = 40
//! source_load = 8.0             # one-minute load of the server's host, where it can be read
//! target_load = 8.0
//! replica_lag = "30s"           # of the target's replicas (or of the target, being one)
//! target_free = "20GiB"         # room that must stay on the target's disk
//! state_free = "1GiB"           # room beside the master table
//! hours = "20:00-06:00"         # local time of the engine's host; a list is allowed
//! every = "5s"                  # how often the servers are asked
//! ```

use serde::{Deserialize, Serialize};

/// Limits as written; `core::spec` parses the texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sessions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_sessions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_lag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_free: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_free: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
}

/// The key of a job file that this module reads.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct LimitsFile {
    limits: Limits,
}

impl Eq for Limits {}

impl Limits {
    /// From TOML; keys of others are passed over.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Limits, String> {
        let file: LimitsFile = toml::from_str(text).map_err(|error| {
            let before = error.span().map_or("", |span| &text[..span.start]);
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        Ok(file.limits)
    }

    /// Canonical TOML; empty when nothing is limited.
    #[must_use]
    pub fn to_text(&self) -> String {
        if *self == Limits::default() {
            return String::new();
        }
        let file = LimitsFile { limits: self.clone() };
        toml::to_string(&file).expect("texts and numbers are lawful TOML")
    }
}
