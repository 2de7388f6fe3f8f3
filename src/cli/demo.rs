//! `demo`: a copy to look at, with nothing but this program. SQLite to SQLite, slowed down so that
//! there is something to watch.

use std::path::{Path, PathBuf};

use rusqlite::{Connection as Sqlite, OpenFlags};
use serde_json::{Value, json};

use super::args::DemoArgs;
use super::copy::{begin_engine, begin_quietly, show};
use super::demo_data::{self, ROWS_MAX, ROWS_MIN};
use super::failure::{Exit, Failure};
use super::figures;
use super::fresh;
use super::output::columns;
use super::session::{Outcome, Session};
use super::view::snapshot_of;
use crate::client::{Client, Connection};
use crate::core::fault::Side;
use crate::core::name::JobName;
use crate::core::spec::{JobSpec, parse_rate};
use crate::driver::url::parse_url;
use crate::protocol::convert::spec_message;
use crate::protocol::{Action, StartMessage};

/// The demo's job, always the same one.
const JOB: &str = "demo";
/// Small chunks, so that bars move often.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;
/// Rows of the sample: a copy of half a minute at the demo's rate.
const ROWS_DEFAULT: u64 = 4_000_000;
/// Seconds between lines where there is no screen: a demo is short.
const EVERY_S: u64 = 5;

/// The two files of the demo.
struct Files {
    source: PathBuf,
    target: PathBuf,
}

impl Files {
    fn of(session: &Session) -> Files {
        let directory = session.paths.state.join("demo");
        Files { source: directory.join("sample.db"), target: directory.join("copy.db") }
    }
}

/// # Errors
/// No room, no engine; tables that are not equal end with exit code 4.
pub async fn demo(session: &Session, args: &DemoArgs) -> Result<Outcome, Failure> {
    let rate = parse_rate(&args.rate).map_err(Failure::usage)?;
    let job = JobName::parse(JOB).expect("the demo's name is a name");
    if let Some(engine) = fresh::present(session, &job).await? {
        session.output.note("The demo is running already.");
        return finish(session, &job, engine, args.detach).await;
    }
    let files = Files::of(session);
    prepare(session, &files, args.rows)?;
    let engine = open(session, &job, &files, rate).await?;
    begin_quietly(session, &job, &engine).await?;
    finish(session, &job, engine, args.detach).await
}

/// The sample (made once, kept) and an empty place for its copy.
fn prepare(session: &Session, files: &Files, rows: Option<u64>) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let directory = files.source.parent().unwrap_or(Path::new("/"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = files.target.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    if files.source.exists() && rows.is_none() {
        return Ok(());
    }
    let rows = rows.unwrap_or(ROWS_DEFAULT);
    if !(ROWS_MIN..=ROWS_MAX).contains(&rows) {
        return Err(Failure::usage(format!("--rows is from {ROWS_MIN} to {ROWS_MAX}")));
    }
    let name = files.source.display();
    let sentence = format!("Making a sample of {} rows, once: {name}", figures::count(rows));
    session.output.note(&sentence);
    let _ = std::fs::remove_file(&files.source);
    let mut told = 0;
    let mut progress = |done: u64, total: u64| {
        let step = done.saturating_mul(10) / if total == 0 { 1 } else { total };
        if step > told {
            told = step;
            session.output.note(&format!("  {}0 %", step));
        }
    };
    demo_data::make(&files.source, rows, &mut progress)
        .map_err(|error| Failure::new(Exit::Error, format!("no sample: {error:#}")))
}

/// Defines the demo's job and sets its limit as `demo`, so that the screen says who did.
async fn open(
    session: &Session,
    job: &JobName,
    files: &Files,
    rate: Option<u64>,
) -> Result<Connection, Failure> {
    let end = |path: &Path, side: Side| -> Result<_, Failure> {
        Ok(parse_url(&format!("sqlite:{}", path.display()), side)?.0)
    };
    let source = end(&files.source, Side::Source)?;
    let target = end(&files.target, Side::Target)?;
    let mut spec = JobSpec::new(job.clone(), source, target);
    spec.chunk_bytes = CHUNK_BYTES;
    let start = StartMessage { spec: Some(spec_message(&spec)), ..StartMessage::default() };
    let mut keeper: Client = session.client();
    keeper.identity.user = JOB.to_owned();
    keeper.identity.tty = String::new();
    let engine = begin_engine(session, &keeper, job, &start).await?;
    if rate.is_some() {
        session.act(&engine, Action::Rate { bytes: rate }).await?;
    }
    drop(engine);
    Ok(session.client().connect(job).await?)
}

/// Shows it the way that fits; compares both sides when it is over.
async fn finish(
    session: &Session,
    job: &JobName,
    engine: Connection,
    detach: bool,
) -> Result<Outcome, Failure> {
    if detach {
        let state = snapshot_of(&engine).await?.job.state;
        session.output.text(&format!("{job} is {state}"));
        session.output.object("done", json!({ "job": JOB, "state": state }));
        return Ok(Outcome::Exit(Exit::Done));
    }
    match show(session, job, engine, EVERY_S).await? {
        Outcome::Exit(Exit::Done) => verify(session).map(Outcome::Exit),
        other => Ok(other),
    }
}

/// Is the demo over? Then it is worth comparing.
#[must_use]
pub fn is_over(session: &Session, job: &JobName) -> bool {
    let summary = session.stored(job).and_then(|table| Ok(table.summary()?));
    job.as_str() == JOB && summary.is_ok_and(|s| s.state == crate::core::job::JobState::Completed)
}

/// Counts every table on both sides.
///
/// # Errors
/// Files that cannot be read.
pub fn verify(session: &Session) -> Result<Exit, Failure> {
    let files = Files::of(session);
    let (source, target) = (open_file(&files.source)?, open_file(&files.target)?);
    let mut rows = vec![["table", "source", "copy", ""].map(str::to_owned).to_vec()];
    let mut listed: Vec<Value> = Vec::new();
    let mut equal = true;
    for table in tables_of(&source)? {
        let (ours, theirs) = (count(&source, &table)?, count(&target, &table).unwrap_or(0));
        equal &= ours == theirs;
        let word = if ours == theirs { "equal" } else { "DIFFERS" };
        rows.push(vec![
            table.clone(),
            figures::grouped(ours),
            figures::grouped(theirs),
            word.to_owned(),
        ]);
        listed.push(json!({ "table": table, "source": ours, "copy": theirs }));
    }
    columns(&rows, &[1, 2]).iter().for_each(|line| session.output.text(line));
    session.output.object("verify", json!({ "equal": equal, "tables": listed }));
    Ok(if equal { Exit::Done } else { Exit::Differs })
}

fn open_file(path: &Path) -> Result<Sqlite, Failure> {
    Sqlite::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl Fn(rusqlite::Error) -> Failure + '_ {
    move |error| Failure::new(Exit::Error, format!("cannot read {}: {error}", path.display()))
}

fn tables_of(database: &Sqlite) -> Result<Vec<String>, Failure> {
    let sql = "select name from sqlite_master where type = 'table' \
               and name not like 'sqlite~_%' escape '~' order by name";
    let read = || -> rusqlite::Result<Vec<String>> {
        database.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    read().map_err(unreadable(Path::new("the sample")))
}

fn count(database: &Sqlite, table: &str) -> Result<u64, Failure> {
    let sql = format!("select count(*) from \"{}\"", table.replace('"', "\"\""));
    let counted = database.query_row(&sql, [], |row| row.get::<_, i64>(0));
    let counted = counted.map_err(unreadable(Path::new("a table")))?;
    Ok(u64::try_from(counted).unwrap_or(0))
}
