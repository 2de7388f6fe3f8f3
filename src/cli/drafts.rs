//! Drafts of the console's wizard: listed, thrown away, made like a job, started.

use super::args::{DraftsArgs, DraftsCommand};
use super::ask;
use super::copy::begin_engine;
use super::define::{self, free_name};
use super::endpoints;
use super::failure::{Exit, Failure};
use super::output::{clean, columns};
use super::session::Session;
use crate::config::{
    Config, Connection, DraftFile, Drafts, FileContent, FileEnd, FileKind, FilePolicy, FileRejects,
    FileSelection, JobFile, JobKeys, PasswordSource,
};
use crate::console::{DraftStart, JobRow, SavedConnection};
use crate::core::fault::Side;
use crate::core::name::JobName;
use crate::core::spec::{
    AccessMethod, BadRows, Content, Endpoint, JobKind, JobSpec, Pattern, Secret, TableExists,
};
use crate::protocol::convert::spec_message;
use crate::protocol::{JobView, StartMessage};

/// `tidegate drafts`.
///
/// # Errors
/// Drafts that cannot be read; a draft that is not there; a question nobody answers.
pub fn drafts(session: &Session, args: &DraftsArgs) -> Result<Exit, Failure> {
    match &args.command {
        None | Some(DraftsCommand::List) => list(session),
        Some(DraftsCommand::Discard { name, yes }) => discard(session, name, *yes),
    }
}

fn list(session: &Session) -> Result<Exit, Failure> {
    let found = views(session)?;
    session.output.object("drafts", serde_json::json!({ "drafts": found }));
    if found.is_empty() {
        session.output.note("There are no drafts. n in the console's list of jobs begins one.");
        return Ok(Exit::Done);
    }
    let row = |draft: &JobView| {
        vec![
            draft.name.clone(),
            draft.kind.clone(),
            clean(&format!("{} -> {}", draft.source, draft.target)),
            draft.state_path.clone(),
        ]
    };
    let heads = ["draft", "kind", "source -> target", "job file"].map(ToOwned::to_owned);
    let rows: Vec<Vec<String>> =
        [heads.to_vec()].into_iter().chain(found.iter().map(row)).collect();
    columns(&rows, &[]).iter().for_each(|line| session.output.text(line));
    session.output.note("Start one from here: tidegate copy --job-file FILE");
    Ok(Exit::Done)
}

fn discard(session: &Session, name: &str, yes: bool) -> Result<Exit, Failure> {
    let name = JobName::parse(name).map_err(Failure::usage)?;
    let drafts = Drafts::new(&session.paths);
    drafts.read(&name).map_err(|error| {
        Failure::usage(format!("there is no draft {name}: {error}"))
            .with_hint("`tidegate drafts` lists them.")
    })?;
    ask::yes(&format!("Throw the draft {name} away"), yes)?;
    drafts.remove(&name)?;
    session.output.text(&format!("the draft {name} is gone; no database was touched"));
    Ok(Exit::Done)
}

// --- for lists ------------------------------------------------------------------------------------

/// The drafts as lines of a list of jobs.
///
/// # Errors
/// A folder that cannot be read.
pub fn views(session: &Session) -> Result<Vec<JobView>, Failure> {
    let config = Config::load(&session.paths).unwrap_or_default();
    let drafts = Drafts::new(&session.paths);
    let found = drafts.list()?.into_iter();
    // One that has become a job is about to be removed.
    let open = found.filter(|draft| !session.client().job_exists(&draft.name));
    Ok(open.map(|draft| view(&drafts, &config, &draft)).collect())
}

/// The same for the console.
///
/// # Errors
/// As [`views`].
pub fn rows(session: &Session) -> Result<Vec<JobRow>, Failure> {
    let row = |view| JobRow { view, draft: true, ..JobRow::default() };
    Ok(views(session)?.into_iter().map(row).collect())
}

fn view(drafts: &Drafts, config: &Config, draft: &DraftFile) -> JobView {
    let path = drafts.path(&draft.name);
    let keys = JobFile::parse(&draft.text, &path).map(|file| file.keys).unwrap_or_default();
    let end = |url: &Option<String>, side: Side, told: &FileEnd| {
        let url = url.clone().unwrap_or_default();
        let known = endpoints::read(&url, side, config).ok().map(|end| end.endpoint);
        let display = known.as_ref().map_or("-".to_owned(), Endpoint::display);
        let label = known.as_ref().and_then(|e| e.label.clone()).or(told.label.clone());
        let production = told.production == Some(true) || known.is_some_and(|e| e.production);
        (display, label, production)
    };
    let (source, ..) = end(&keys.from, Side::Source, &keys.source);
    let (target, target_label, production) = end(&keys.to, Side::Target, &keys.target);
    JobView {
        name: draft.name.to_string(),
        state: "DEFINING".to_owned(),
        kind: word_of(keys.kind).to_owned(),
        source,
        target,
        target_label,
        production,
        started_ms: draft.changed_ms,
        state_path: path.display().to_string(),
        ..JobView::default()
    }
}

fn word_of(kind: Option<FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Verify) => "verify",
        Some(FileKind::Script) => "script",
        Some(FileKind::Copy) | None => "copy",
    }
}

/// Connections of config.toml, as the wizard offers them.
#[must_use]
pub fn connections(config: &Config) -> Vec<SavedConnection> {
    let saved = |(name, connection): (&String, &Connection)| SavedConnection {
        name: name.clone(),
        url: connection.url.clone(),
        label: connection.label.clone(),
        production: connection.production,
        password: match &connection.password {
            None => "its client's own places".to_owned(),
            Some(PasswordSource::Pgpass) => "~/.pgpass".to_owned(),
            Some(PasswordSource::Env(variable)) => format!("${variable}"),
            Some(PasswordSource::Command(_)) => "a command".to_owned(),
            Some(PasswordSource::Ask) => "ask".to_owned(),
        },
    };
    config.connections.iter().map(saved).collect()
}

// --- from a draft to a job, and back --------------------------------------------------------------

/// Starts the engine of a draft; it plans from fresh state and begins when nothing blocks.
///
/// # Errors
/// The trouble in its parts, for the screen; then there is no job.
pub fn start(session: &Session, start: &DraftStart) -> Result<(), String> {
    // The screen is not to be written over.
    let mut quiet = session.clone();
    quiet.output.quiet = true;
    let told = |failure: Failure| {
        let parts = [Some(failure.message), failure.detail, failure.hint];
        parts.into_iter().flatten().collect::<Vec<String>>().join("\n")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(begin(&quiet, start)).map_err(told)
}

async fn begin(session: &Session, start: &DraftStart) -> Result<(), Failure> {
    let config = Config::load(&session.paths)?;
    let (spec, in_urls) = define::draft(&config, &start.text, &format!("draft {}", start.name))?;
    let job = free_name(session, spec.name.clone())?;
    let text = |typed: Option<String>, found: Option<Secret>| {
        typed.or_else(|| found.map(|secret| secret.reveal().to_owned()))
    };
    let typed = |password: &Option<crate::console::Password>| {
        password.as_ref().map(|password| password.reveal().to_owned())
    };
    let message = StartMessage {
        spec: Some(spec_message(&spec)),
        source_password: text(typed(&start.source_password), in_urls.source),
        target_password: text(typed(&start.target_password), in_urls.target),
        starts: true,
    };
    begin_engine(session, &session.client(), &job, &message).await.map(drop)
}

/// The text of a draft that is like a job, or like another draft.
///
/// # Errors
/// A job that cannot be read.
pub fn like(session: &Session, job: &str, name: &str) -> Result<String, String> {
    let job = JobName::parse(job)?;
    if let Ok(draft) = Drafts::new(&session.paths).read(&job) {
        return Ok(draft.text);
    }
    let mut spec = session.spec(&job).map_err(|failure| failure.message)?;
    spec.name = JobName::parse(name)?;
    Ok(job_file_of(&spec))
}

/// A definition as a job file.
fn job_file_of(spec: &JobSpec) -> String {
    let texts = |list: &[Pattern]| list.iter().map(|p| p.as_str().to_owned()).collect();
    let named = |end: &Endpoint| Some(end.connection.clone().unwrap_or_else(|| end.url.clone()));
    let word = |text: &str| Some(text.to_owned());
    let mut keys = JobKeys::default();
    keys.job = Some(spec.name.to_string());
    keys.kind = (spec.kind == JobKind::Verify).then_some(FileKind::Verify);
    (keys.from, keys.to) = (named(&spec.source), named(&spec.target));
    (keys.source, keys.target) = (marks(&spec.source), marks(&spec.target));
    keys.content = match spec.content {
        Content::All => None,
        Content::DataOnly => Some(FileContent::DataOnly),
        Content::SchemaOnly => Some(FileContent::SchemaOnly),
    };
    keys.if_exists = match spec.table_exists {
        TableExists::Stop => None,
        TableExists::Skip => word("skip"),
        TableExists::Append => word("append"),
        TableExists::Truncate => word("truncate"),
        TableExists::Replace => word("replace"),
    };
    keys.access = match spec.access {
        AccessMethod::Automatic => None,
        AccessMethod::DirectPath => word("direct"),
        AccessMethod::Conventional => word("conventional"),
    };
    let on = |flag: bool| flag.then_some(true);
    (keys.accept_lossy, keys.scan) = (on(spec.accept_lossy), on(spec.value_scan));
    keys.verify = on(spec.verify_after);
    (keys.threads, keys.threads_max) = (Some(spec.threads), Some(spec.threads_max));
    keys.index_workers = Some(spec.index_workers);
    keys.rate = spec.rate_bytes.map(|bytes| format!("{bytes}"));
    keys.chunk_size = Some(spec.chunk_bytes.to_string());
    keys.selection = FileSelection {
        schemas: texts(&spec.selection.schemas),
        tables: texts(&spec.selection.tables),
        exclude: texts(&spec.selection.exclude),
    };
    keys.rejects = match spec.bad_rows {
        BadRows::Fail => FileRejects::default(),
        BadRows::Reject { per_table, per_job } => FileRejects {
            on_bad_row: Some(FilePolicy::Reject),
            per_table: Some(per_table),
            per_job: Some(per_job),
        },
    };
    let remaps = spec.remap_schemas.iter().map(|r| (r.from.clone(), r.to.clone()));
    keys.remap_schemas = remaps.collect();
    JobFile::compose(&keys, &spec.shaping, &spec.limits, spec.rules.to_text())
}

/// What a URL does not say; a connection says it itself.
fn marks(end: &Endpoint) -> FileEnd {
    match &end.connection {
        Some(_) => FileEnd::default(),
        None => FileEnd {
            label: end.label.clone(),
            production: end.production.then_some(true),
            ask_password: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::name::Dialect;

    #[test]
    fn a_definition_becomes_a_job_file_and_is_read_again_as_it_was() {
        let end = |dialect, url: &str| Endpoint {
            dialect,
            url: url.to_owned(),
            connection: None,
            label: Some("PROD".to_owned()),
            production: true,
        };
        let name = JobName::parse("crm-nov").unwrap();
        let (from, to) = ("postgres://ana@db1:5432/crm", "sqlite:/data/x.db");
        let mut spec = JobSpec::new(name, end(Dialect::Postgres, from), end(Dialect::Sqlite, to));
        spec.selection.tables.push(Pattern::new("crm.*"));
        spec.table_exists = TableExists::Append;
        spec.content = Content::DataOnly;
        spec.rate_bytes = Some(40_000_000);
        spec.bad_rows = BadRows::Reject { per_table: 7, per_job: 9 };
        spec.limits.source_sessions = Some(4);
        let text = job_file_of(&spec);
        let (again, _) = define::draft(&Config::default(), &text, "draft").ok().unwrap();
        assert_eq!(again, spec, "{text}");
        spec.kind = JobKind::Verify;
        (spec.content, spec.table_exists) = (Content::All, TableExists::Stop);
        let (again, _) =
            define::draft(&Config::default(), &job_file_of(&spec), "draft").ok().unwrap();
        assert_eq!(again, spec);
    }
}
