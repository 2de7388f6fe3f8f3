//! A job's definition from flags and configuration, and the name of a job without one.

use super::args::{AccessPath, BadRowArgs, BadRowPolicy, IfExists, SpecArgs, VerifyArgs};
use super::endpoints::{self, End};
use super::failure::{Exit, Failure};
use super::job_file::{self, Filed};
use super::session::Session;
use super::shaping;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Defaults, unused_password_file};
use crate::core::fault::Side;
use crate::core::name::{JOB_NAME_LEN_MAX, JobName};
use crate::core::spec::THREADS_CEILING;
use crate::core::spec::{
    AccessMethod, BadRows, Content, JobKind, JobSpec, Pattern, REJECTS_PER_JOB_DEFAULT,
    REJECTS_PER_TABLE_DEFAULT, Secret, Selection, TableExists, parse_chunk_size, parse_rate,
    parse_threads,
};
use crate::engine::Passwords;
use crate::protocol::StartMessage;
use crate::protocol::convert::spec_message;

/// Names tried for a job without one: `crm-1120`, `crm-1120-2`, ...
const NAME_TRIES_MAX: u32 = 1_000;

/// A definition with the secrets that travel beside it.
pub struct Defined {
    pub spec: JobSpec,
    source_password: Option<Secret>,
    target_password: Option<Secret>,
}

impl Defined {
    /// What the new job's engine is handed.
    #[must_use]
    pub fn start_message(&self) -> StartMessage {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|s| s.reveal().to_owned());
        StartMessage {
            spec: Some(spec_message(&self.spec)),
            source_password: text(&self.source_password),
            target_password: text(&self.target_password),
            starts: false,
        }
    }
}

/// Reads the flags. Nothing has been written and nobody connected to when this fails.
///
/// # Errors
/// `Usage` with the flag's trouble, `WouldAsk` for a password nobody is there to type.
pub fn define(session: &Session, name: Option<&str>, args: &SpecArgs) -> Result<Defined, Failure> {
    let config = Config::load(&session.paths)?;
    let filed = job_file::read(args)?;
    let (source, target) = both_ends(&filed, &config)?;
    let name = match name.or(filed.job.as_deref()) {
        Some(text) => free_name(session, JobName::parse(text).map_err(Failure::usage)?)?,
        None => make_name(session, &source.endpoint.database())?,
    };
    let spec = definition(name, &filed, (&source, &target), &config)?;
    let logs_in = |end: &End| end.endpoint.server().is_some() && end.password.is_none();
    if let (true, Some(trouble)) = (logs_in(&source) || logs_in(&target), unused_password_file()) {
        session.output.note(&format!("The password file is not used: {trouble}"));
    }
    Ok(Defined {
        source_password: password(&source, &filed.args)?,
        target_password: password(&target, &filed.args)?,
        spec,
    })
}

/// What a job file's text describes, without a job: nothing is asked and no name is taken.
/// Passwords in its URLs come back beside it.
///
/// # Errors
/// `Usage` with what is wrong in the text; `path` names it.
pub fn draft(config: &Config, text: &str, path: &str) -> Result<(JobSpec, Passwords), Failure> {
    let filed = job_file::read_text(text, path)?;
    let (source, target) = both_ends(&filed, config)?;
    let name = filed.job.clone().unwrap_or_else(|| "draft".to_owned());
    let name = JobName::parse(&name).map_err(Failure::usage)?;
    let spec = definition(name, &filed, (&source, &target), config)?;
    Ok((spec, Passwords { source: source.password, target: target.password }))
}

fn both_ends(filed: &Filed, config: &Config) -> Result<(End, End), Failure> {
    let source = endpoints::read(given("--from", &filed.args.from)?, Side::Source, config)?;
    let target = endpoints::read(given("--to", &filed.args.to)?, Side::Target, config)?;
    if endpoints::same_place(&source.endpoint, &target.endpoint) {
        let shown = source.endpoint.display();
        return Err(Failure::usage(format!("source and target are the same database, {shown}"))
            .with_detail("Nothing was changed.")
            .with_hint("Give another database as --to."));
    }
    Ok((source, target))
}

fn definition(
    name: JobName,
    filed: &Filed,
    (source, target): (&End, &End),
    config: &Config,
) -> Result<JobSpec, Failure> {
    let bare = JobSpec::new(name, source.endpoint.clone(), target.endpoint.clone());
    let spec = fill(bare, &filed.args)?;
    filed.finish(speeds(spec, &filed.args, &config.defaults)?)
}

fn given<'a>(flag: &str, value: &'a Option<String>) -> Result<&'a str, Failure> {
    value.as_deref().ok_or_else(|| {
        Failure::usage(format!("the following required arguments were not provided: {flag} <URL>"))
            .with_hint("`tidegate copy --help` has examples.")
    })
}

/// A verification of what a job copied: its ends, selection and rules.
///
/// # Errors
/// As [`define`]; a job that is there not.
pub fn define_verification(session: &Session, args: &VerifyArgs) -> Result<Defined, Failure> {
    let mut defined = match &args.of {
        None => define(session, args.job.as_deref(), &args.spec)?,
        Some(_) if args.spec.from.is_some() || args.spec.to.is_some() => {
            return Err(Failure::usage("give a job, or --from and --to, not both"));
        }
        Some(of) => {
            let of = session.existing(of)?;
            let config = Config::load(&session.paths)?;
            let base = session.spec(&of)?;
            let name = match &args.job {
                Some(text) => free_name(session, JobName::parse(text).map_err(Failure::usage)?)?,
                None => verification_name(session, &of)?,
            };
            let mut spec = speeds(JobSpec { name, ..base }, &args.spec, &config.defaults)?;
            if [&args.spec.schema, &args.spec.table].into_iter().any(|list| !list.is_empty()) {
                spec = fill(spec, &args.spec)?;
            }
            spec.shaping = shaping::overlaid(&spec.shaping, &args.spec.shape)?;
            let ask = args.spec.ask_password;
            Defined {
                source_password: session.typed_password(&spec.source, ask)?,
                target_password: session.typed_password(&spec.target, ask)?,
                spec,
            }
        }
    };
    let spec = &mut defined.spec;
    spec.kind = JobKind::Verify;
    spec.repair = args.repair;
    spec.verify_after = false;
    (spec.content, spec.table_exists) = (Content::All, TableExists::Stop);
    Ok(defined)
}

/// `crm-1120.verify`, with a number behind it while that is taken.
fn verification_name(session: &Session, of: &JobName) -> Result<JobName, Failure> {
    for number in 1..=NAME_TRIES_MAX {
        let job = of.verification(number);
        if !session.client().job_exists(&job) {
            return Ok(job);
        }
    }
    Err(Failure::usage("too many verifications of this job; give a name with --job"))
}

fn password(end: &End, args: &SpecArgs) -> Result<Option<Secret>, Failure> {
    endpoints::password_to_send(end, args.ask_password)
}

/// A limit that was given says that rows may be rejected; the job's follows a table's.
fn bad_rows(args: &BadRowArgs) -> BadRows {
    let limits = (args.rejects_per_table, args.rejects_per_job);
    if args.bad_rows == BadRowPolicy::Fail && limits == (None, None) {
        return BadRows::Fail;
    }
    let (per_table, per_job) = match limits {
        (Some(table), None) => (table, std::cmp::max(table, REJECTS_PER_JOB_DEFAULT)),
        (None, Some(job)) => (std::cmp::min(REJECTS_PER_TABLE_DEFAULT, job), job),
        (table, job) => {
            (table.unwrap_or(REJECTS_PER_TABLE_DEFAULT), job.unwrap_or(REJECTS_PER_JOB_DEFAULT))
        }
    };
    BadRows::Reject { per_table, per_job }
}

/// What is copied.
fn fill(mut spec: JobSpec, args: &SpecArgs) -> Result<JobSpec, Failure> {
    let patterns = |list: &[String]| list.iter().map(|text| Pattern::new(text)).collect();
    if [&args.schema, &args.table, &args.exclude].into_iter().flatten().any(String::is_empty) {
        return Err(Failure::usage("an empty pattern names nothing"));
    }
    spec.selection = Selection {
        schemas: patterns(&args.schema),
        tables: patterns(&args.table),
        exclude: patterns(&args.exclude),
    };
    spec.content = match (args.data_only, args.schema_only) {
        (true, _) => Content::DataOnly,
        (_, true) => Content::SchemaOnly,
        _ => Content::All,
    };
    spec.table_exists = match args.if_exists.unwrap_or(IfExists::Stop) {
        IfExists::Stop => TableExists::Stop,
        IfExists::Skip => TableExists::Skip,
        IfExists::Append => TableExists::Append,
        IfExists::Truncate => TableExists::Truncate,
        IfExists::Replace => TableExists::Replace,
    };
    spec.bad_rows = bad_rows(&args.bad_rows);
    spec.access = match args.access.unwrap_or(AccessPath::Automatic) {
        AccessPath::Automatic => AccessMethod::Automatic,
        AccessPath::Direct => AccessMethod::DirectPath,
        AccessPath::Conventional => AccessMethod::Conventional,
    };
    spec.accept_lossy = args.accept_lossy;
    Ok(spec)
}

/// How fast: a flag wins over the file, the file over the defaults.
fn speeds(mut spec: JobSpec, args: &SpecArgs, defaults: &Defaults) -> Result<JobSpec, Failure> {
    let wrong = |flag: &'static str| move |text: String| Failure::usage(format!("{flag}: {text}"));
    let number = |flag: &'static str, text: &Option<String>| {
        text.as_ref().map(|t| parse_threads(t, THREADS_CEILING).map_err(wrong(flag))).transpose()
    };
    let threads = number("--threads", &args.threads)?;
    let max = number("--threads-max", &args.threads_max)?;
    spec.threads = threads.unwrap_or(defaults.threads);
    spec.threads_max = max.unwrap_or(defaults.threads_max);
    if spec.threads > spec.threads_max {
        match (threads, max) {
            // Only the right end was said: the start follows it.
            (None, Some(max)) => spec.threads = max,
            // Only the start was said: the right end makes room.
            (Some(threads), None) => spec.threads_max = threads,
            _ => {
                return Err(Failure::usage(format!(
                    "--threads {} is more than --threads-max {}",
                    spec.threads, spec.threads_max
                )));
            }
        }
    }
    spec.index_workers =
        number("--index-workers", &args.index_workers)?.unwrap_or(defaults.index_workers);
    spec.chunk_bytes = match &args.chunk_size {
        Some(text) => parse_chunk_size(text).map_err(wrong("--chunk-size"))?,
        None => defaults.chunk_bytes,
    };
    if let Some(text) = &args.rate {
        spec.rate_bytes = parse_rate(text).map_err(wrong("--rate"))?;
    }
    spec.attempts_max = defaults.attempts;
    Ok(spec)
}

/// The name, when no job has it.
///
/// # Errors
/// `Usage` with the ways out.
pub fn free_name(session: &Session, job: JobName) -> Result<JobName, Failure> {
    if !session.client().job_exists(&job) {
        return Ok(job);
    }
    let state = session.stored(&job).and_then(|table| Ok(table.summary()?.state.word()));
    let state = state.map_or(String::new(), |word| format!(" ({word})"));
    Err(Failure::new(Exit::Usage, format!("there is a job {job} already{state}"))
        .with_detail("It was not touched, and nothing new was made.")
        .with_hint(format!(
            "`tidegate attach {job}` opens it; --job gives the new one another name; \
             `tidegate kill {job}` removes it."
        )))
}

/// `crm-1120` from the database's name and the day; a number behind it while that is taken.
fn make_name(session: &Session, database: &str) -> Result<JobName, Failure> {
    let (_, month, day, _, _, _) = SystemClock.now().civil();
    let stem = stem_of(database);
    for number in 1..=NAME_TRIES_MAX {
        let text = match number {
            1 => format!("{stem}-{month:02}{day:02}"),
            number => format!("{stem}-{month:02}{day:02}-{number}"),
        };
        let job = JobName::parse(&text).map_err(Failure::usage)?;
        if !session.client().job_exists(&job) {
            return Ok(job);
        }
    }
    Err(Failure::usage("too many jobs of this name today; give one with --job"))
}

/// A database's name as the beginning of a job's: plain letters, room for day and number.
fn stem_of(database: &str) -> String {
    const ROOM: usize = 12;
    let file = database.trim_end_matches(".sqlite3").trim_end_matches(".sqlite");
    let file = file.trim_end_matches(".db");
    let plain = file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let text: String = plain.take(JOB_NAME_LEN_MAX - ROOM).collect();
    match text.trim_matches('-') {
        "" => "job".to_owned(),
        stem => stem.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_after_its_database() {
        for (database, stem) in [
            ("crm", "crm"),
            ("Shop 2.db", "shop-2"),
            ("äö", "job"),
            ("-x-", "x"),
            (&"y".repeat(60), &"y".repeat(28)),
        ] {
            assert_eq!(stem_of(database), stem);
            assert!(JobName::parse(&format!("{}-1120-999", stem_of(database))).is_ok());
        }
    }
}
