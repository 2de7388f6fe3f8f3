//! Definitions and wishes between the wire and the core.

use crate::core::chunk::ChunkId;
use crate::core::job::Command;
use crate::core::mapping::MapRules;
use crate::core::name::{Dialect, JobName};
use crate::core::plan::{StepId, TableIndex};
use crate::core::spec::{
    AccessMethod, BadRows, Content, Endpoint, JobKind, JobSpec, Limits, Pattern, SchemaRemap,
    Selection, Shaping, TableExists,
};
use crate::protocol::{Action, EndpointMessage, SpecMessage};

const DIALECTS: [(&str, Dialect); 3] =
    [("postgres", Dialect::Postgres), ("mysql", Dialect::Mysql), ("sqlite", Dialect::Sqlite)];
const EXISTS: [(&str, TableExists); 5] = [
    ("stop", TableExists::Stop),
    ("skip", TableExists::Skip),
    ("append", TableExists::Append),
    ("truncate", TableExists::Truncate),
    ("replace", TableExists::Replace),
];
const ACCESS: [(&str, AccessMethod); 3] = [
    ("automatic", AccessMethod::Automatic),
    ("direct_path", AccessMethod::DirectPath),
    ("conventional", AccessMethod::Conventional),
];
const CONTENT: [(&str, Content); 3] =
    [("all", Content::All), ("data_only", Content::DataOnly), ("schema_only", Content::SchemaOnly)];
const KINDS: [(&str, JobKind); 2] = [("copy", JobKind::Copy), ("verify", JobKind::Verify)];

fn word_of<T: PartialEq>(list: &[(&'static str, T)], value: &T) -> String {
    let found = list.iter().find(|(_, v)| v == value);
    found.expect("every value has a word").0.to_owned()
}

fn value_of<T: Copy>(list: &[(&str, T)], what: &str, word: &str) -> Result<T, String> {
    let found = list.iter().find(|(w, _)| *w == word).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = list.iter().map(|(w, _)| *w).collect();
        format!("{what} {word:?} is none of {}", words.join(", "))
    })
}

/// `truncate`, as in a job file.
#[must_use]
pub fn exists_word(policy: TableExists) -> String {
    policy.word().to_owned()
}

/// A definition for the wire.
#[must_use]
pub fn spec_message(spec: &JobSpec) -> SpecMessage {
    let texts = |list: &[Pattern]| list.iter().map(|p| p.as_str().to_owned()).collect();
    SpecMessage {
        name: spec.name.to_string(),
        source: endpoint_message(&spec.source),
        target: endpoint_message(&spec.target),
        schemas: texts(&spec.selection.schemas),
        tables: texts(&spec.selection.tables),
        exclude: texts(&spec.selection.exclude),
        threads: spec.threads,
        threads_max: spec.threads_max,
        index_workers: spec.index_workers,
        rate_bytes: spec.rate_bytes,
        chunk_bytes: spec.chunk_bytes,
        attempts_max: spec.attempts_max,
        table_exists: word_of(&EXISTS, &spec.table_exists),
        access: word_of(&ACCESS, &spec.access),
        content: word_of(&CONTENT, &spec.content),
        accept_lossy: spec.accept_lossy,
        kind: word_of(&KINDS, &spec.kind),
        rules: spec.rules.to_text().to_owned(),
        remap_schemas: spec.remap_schemas.iter().map(|r| (r.from.clone(), r.to.clone())).collect(),
        value_scan: spec.value_scan,
        rejects: match spec.bad_rows {
            BadRows::Fail => None,
            BadRows::Reject { per_table, per_job } => Some((per_table, per_job)),
        },
        verify_after: spec.verify_after,
        repair: spec.repair,
        shaping: spec.shaping.to_text(),
        limits: spec.limits.to_text(),
    }
}

fn endpoint_message(endpoint: &Endpoint) -> EndpointMessage {
    EndpointMessage {
        dialect: word_of(&DIALECTS, &endpoint.dialect),
        url: endpoint.url.clone(),
        connection: endpoint.connection.clone(),
        label: endpoint.label.clone(),
        production: endpoint.production,
    }
}

/// A definition from the wire.
///
/// # Errors
/// The sentence that says which word is none of ours.
pub fn spec_from(message: &SpecMessage) -> Result<JobSpec, String> {
    let patterns = |list: &[String]| list.iter().map(|p| Pattern::new(p)).collect();
    Ok(JobSpec {
        name: JobName::parse(&message.name)?,
        source: endpoint_from(&message.source)?,
        target: endpoint_from(&message.target)?,
        selection: Selection {
            schemas: patterns(&message.schemas),
            tables: patterns(&message.tables),
            exclude: patterns(&message.exclude),
        },
        threads: message.threads,
        threads_max: message.threads_max,
        index_workers: message.index_workers,
        rate_bytes: message.rate_bytes,
        chunk_bytes: message.chunk_bytes,
        attempts_max: message.attempts_max,
        table_exists: value_of(&EXISTS, "table_exists", &message.table_exists)?,
        access: value_of(&ACCESS, "access", &message.access)?,
        content: value_of(&CONTENT, "content", &message.content)?,
        accept_lossy: message.accept_lossy,
        kind: value_of(&KINDS, "kind", &message.kind)?,
        rules: MapRules::parse(&message.rules)?,
        remap_schemas: message
            .remap_schemas
            .iter()
            .map(|(from, to)| SchemaRemap { from: from.clone(), to: to.clone() })
            .collect(),
        value_scan: message.value_scan,
        bad_rows: match message.rejects {
            None => BadRows::Fail,
            Some((per_table, per_job)) => BadRows::Reject { per_table, per_job },
        },
        verify_after: message.verify_after,
        repair: message.repair,
        shaping: Shaping::parse(&message.shaping)?,
        limits: Limits::parse(&message.limits)?,
    })
}

fn endpoint_from(message: &EndpointMessage) -> Result<Endpoint, String> {
    Ok(Endpoint {
        dialect: value_of(&DIALECTS, "dialect", &message.dialect)?,
        url: message.url.clone(),
        connection: message.connection.clone(),
        label: message.label.clone(),
        production: message.production,
    })
}

/// The machine's command for an action; `None` for what is the engine's alone.
#[must_use]
pub fn command_of(action: &Action) -> Option<Command> {
    let chunk_ids = |list: &[u32]| list.iter().copied().map(ChunkId).collect();
    Some(match action {
        Action::Start => Command::Start,
        Action::Pause => Command::Pause,
        Action::Resume => Command::Resume,
        Action::Stop { now } => Command::Stop { now: *now },
        Action::Threads { want } => Command::Threads { want: *want },
        Action::ThreadsMax { max } => Command::ThreadsMax { max: *max },
        Action::IndexWorkers { want } => Command::IndexWorkers { want: *want },
        Action::Rate { bytes } => Command::Rate { bytes: *bytes },
        Action::Retry { chunks, steps } => Command::Retry {
            chunks: chunk_ids(chunks),
            steps: steps.iter().copied().map(StepId).collect(),
        },
        Action::Skip { chunks, reason } => {
            Command::Skip { chunks: chunk_ids(chunks), reason: reason.clone() }
        }
        Action::Reload { table } => Command::Reload { table: TableIndex(*table) },
        Action::DrainNow => Command::DrainNow,
        // What these mean for the machine depends on what the file has.
        Action::RetryRejects { .. }
        | Action::BadRows { .. }
        | Action::Limits { .. }
        | Action::SimFault { .. } => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_survives_the_wire() {
        let end = |dialect, url: &str| Endpoint {
            dialect,
            url: url.to_owned(),
            connection: None,
            label: Some("PROD".to_owned()),
            production: true,
        };
        let mut spec = JobSpec::new(
            JobName::parse("crm-nov").unwrap(),
            end(Dialect::Postgres, "postgres://ana@db1/crm"),
            end(Dialect::Sqlite, "sqlite:/data/x.db"),
        );
        spec.selection.tables.push(Pattern::new("crm.o*"));
        spec.access = AccessMethod::Conventional;
        spec.table_exists = TableExists::Replace;
        spec.kind = JobKind::Verify;
        spec.remap_schemas.push(SchemaRemap { from: "a".to_owned(), to: "b".to_owned() });
        spec.bad_rows = BadRows::Reject { per_table: 7, per_job: 9 };
        spec.repair = true;
        let line = serde_json::to_string(&spec_message(&spec)).unwrap();
        let back: SpecMessage = serde_json::from_str(&line).unwrap();
        assert_eq!(spec_from(&back), Ok(spec));
        let wrong = SpecMessage { content: "some".to_owned(), ..back };
        assert!(spec_from(&wrong).unwrap_err().contains("all, data_only, schema_only"));
    }
}
