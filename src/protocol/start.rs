//! What a client hands to the engine it starts: one JSON line on the engine's standard input.
//!
//! The engine reads exactly one [`StartMessage`], takes the job's lock, opens (or, with a spec,
//! creates) the master table and binds its socket. When one of these fails it says so on standard
//! error and ends with an exit code of UX.md 12.2, and nothing was changed; from then on its
//! output goes to `engine.log`. Secrets travel here and nowhere else: they stay in memory.

use serde::{Deserialize, Serialize};

/// First and only line on the engine's standard input. Deliberately without `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct StartMessage {
    /// The definition of a new job; absent for a job that has its file already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecMessage>,
    /// Passwords typed by the operator. Without them the engine looks them up where the
    /// configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_password: Option<String>,
    /// Begin when the plan is made: nobody is there to say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starts: bool,
}

/// A job's definition on its way to the engine that will own it. Words and plain numbers; made
/// from and into `core::spec::JobSpec` by `convert`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecMessage {
    pub name: String,
    pub source: EndpointMessage,
    pub target: EndpointMessage,
    #[serde(default)]
    pub schemas: Vec<String>,
    #[serde(default)]
    pub tables: Vec<String>,
    #[serde(default)]
    pub exclude: Vec<String>,
    pub threads: u32,
    pub threads_max: u32,
    pub index_workers: u32,
    pub rate_bytes: Option<u64>,
    pub chunk_bytes: u64,
    pub attempts_max: u32,
    /// `stop`, `skip`, `append`, `truncate`, `replace`.
    pub table_exists: String,
    /// `automatic`, `direct_path`, `conventional`.
    pub access: String,
    /// `all`, `data_only`, `schema_only`.
    pub content: String,
    pub accept_lossy: bool,
    /// `copy`, `verify`.
    #[serde(default = "copy_word")]
    pub kind: String,
    /// TOML of `[[map]]` and `[switches]`.
    #[serde(default)]
    pub rules: String,
    /// Pairs (from, to).
    #[serde(default)]
    pub remap_schemas: Vec<(String, String)>,
    #[serde(default)]
    pub value_scan: bool,
    /// Absent: a bad row fails its chunk. Present: rejects allowed (per table, per job).
    #[serde(default)]
    pub rejects: Option<(u64, u64)>,
    #[serde(default)]
    pub verify_after: bool,
    #[serde(default)]
    pub repair: bool,
    /// TOML of `order`, `[objects]` and `[[table]]`.
    #[serde(default)]
    pub shaping: String,
    /// TOML of `[limits]`.
    #[serde(default)]
    pub limits: String,
}

fn copy_word() -> String {
    "copy".to_owned()
}

/// Never holds a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointMessage {
    /// `postgres`, `mysql`, `sqlite`.
    pub dialect: String,
    pub url: String,
    pub connection: Option<String>,
    pub label: Option<String>,
    pub production: bool,
}
