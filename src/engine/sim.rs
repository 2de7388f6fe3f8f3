//! `tidegate sim`: the real engine on made-up databases, so that the console can be tried, tested
//! and recorded without a server.

use std::path::PathBuf;
use std::time::Duration;

use crate::core::name::JobName;
use crate::protocol::{EndpointMessage, SpecMessage};

/// What a simulation is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimOptions {
    /// Without tables and chunks: the 41 tables and 4,612 chunks of the drawings.
    pub tables: Option<u32>,
    pub chunks: Option<u32>,
    /// How long a chunk takes; 4 s when not said.
    pub chunk_time: Option<Duration>,
    /// `at 5s source-lost for 20s`, lines or `;` between them.
    pub script: String,
    pub threads: u32,
    /// Where the made-up target remembers what it committed, so that a killed engine can go on:
    /// a path in the job's directory.
    pub file: Option<PathBuf>,
}

/// The definition of a simulated job, to be handed to a new engine.
#[must_use]
pub fn spec(name: &JobName, options: &SimOptions) -> SpecMessage {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(tables) = options.tables {
        query.append_pair("tables", &tables.to_string());
    }
    if let Some(chunks) = options.chunks {
        query.append_pair("chunks", &chunks.to_string());
    }
    if let Some(time) = options.chunk_time {
        query.append_pair("chunk_ms", &time.as_millis().to_string());
    }
    if !options.script.trim().is_empty() {
        query.append_pair("script", &options.script);
    }
    if let Some(file) = &options.file {
        query.append_pair("file", &file.to_string_lossy());
    }
    let end = |database: &str, host: &str, query: &str| EndpointMessage {
        dialect: "postgres".to_owned(),
        url: format!("memory://{host}/{database}?{query}"),
        connection: None,
        label: None,
        production: false,
    };
    SpecMessage {
        name: name.to_string(),
        source: end("crm", "db1", &query.finish()),
        target: EndpointMessage {
            label: Some("PROD".to_owned()),
            production: true,
            ..end("crm_new", "db7", "")
        },
        schemas: Vec::new(),
        tables: Vec::new(),
        exclude: Vec::new(),
        threads: if options.threads == 0 { 12 } else { options.threads },
        threads_max: 32,
        index_workers: 2,
        rate_bytes: None,
        chunk_bytes: 32 * 1024 * 1024,
        attempts_max: 3,
        table_exists: "stop".to_owned(),
        access: "automatic".to_owned(),
        content: "all".to_owned(),
        accept_lossy: false,
        kind: "copy".to_owned(),
        rules: String::new(),
        remap_schemas: Vec::new(),
        value_scan: false,
        rejects: None,
        verify_after: false,
        repair: false,
        shaping: String::new(),
        limits: String::new(),
    }
}
