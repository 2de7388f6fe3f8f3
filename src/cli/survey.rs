//! `survey`: looks at databases for the console's wizard; lines of JSON in, lines of JSON out. And
//! its twins for people: `probe`, and `tables` of a database.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use serde_json::json;
use tokio::sync::mpsc;

use super::args::{ProbeArgs, TablesArgs};
use super::define;
use super::endpoints;
use super::failure::{Exit, Failure};
use super::figures;
use super::output::{clean, columns};
use super::session::Session;
use crate::config::Config;
use crate::core::fault::{Fault, Side};
use crate::core::name::{JobName, ObjectName};
use crate::core::spec::Pattern;
use crate::driver::url::redacted;
use crate::protocol::codec;
use crate::protocol::survey::{ProbeView, SchemaView, SurveyEnd, SurveyTable};
use crate::survey::{self, Readers, Surveyor, Trouble};

/// What a message calls the text of a draft.
const DRAFT: &str = "draft";

/// Longest line of the console: a draft and its passwords.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        let mut trouble = Trouble::usage(failure.message);
        if let Some(detail) = failure.detail.filter(|detail| !trouble.what.contains(detail)) {
            trouble.what = format!("{} {detail}", trouble.what);
        }
        trouble.hint = failure.hint;
        trouble
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let exit = Failure::from(Fault::new(trouble.kind, Side::Engine, "")).exit;
        let failure = Failure::new(exit, trouble.what);
        match trouble.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// A surveyor that reads texts as the commands do. The configuration is read at each request: the
/// wizard's user may be writing it.
#[must_use]
pub fn surveyor(session: &Session) -> Surveyor {
    let (paths, same) = (session.paths.clone(), session.paths.clone());
    Surveyor::new(Readers {
        end: Box::new(move |text, side| {
            let config = Config::load(&paths).map_err(Failure::from)?;
            let end = endpoints::read(text, side, &config)?;
            Ok((end.endpoint, end.password))
        }),
        draft: Box::new(move |text| {
            let config = Config::load(&same).map_err(Failure::from)?;
            Ok(define::draft(&config, text, DRAFT)?)
        }),
    })
}

/// The process behind the wizard. Ends when its standard input does.
#[must_use]
pub fn serve(session: &Session) -> ExitCode {
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                session.output.failure(&error.into());
                return ExitCode::from(Exit::Error as u8);
            }
        };
    let (line, lines) = mpsc::channel(16);
    let (news, mut said) = survey::news_channel();
    std::thread::spawn(move || read_lines(&line));
    let telling = std::thread::spawn(move || {
        while let Some(news) = said.blocking_recv() {
            let mut out = std::io::stdout().lock();
            if out.write_all(&codec::to_line(&news)).and_then(|()| out.flush()).is_err() {
                break;
            }
        }
    });
    runtime.block_on(survey::serve(surveyor(session), lines, news));
    // What a dropped request still holds ends with the process.
    runtime.shutdown_background();
    let _ = telling.join();
    ExitCode::from(Exit::Done as u8)
}

fn read_lines(line: &mpsc::Sender<Vec<u8>>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut text = Vec::new();
        match input.read_until(b'\n', &mut text) {
            Ok(0) | Err(_) => return,
            Ok(length) if length > LINE_BYTES_MAX => return,
            Ok(_) => {
                if line.blocking_send(text).is_err() {
                    return;
                }
            }
        }
    }
}

/// Is it a database, and not the name of a job?
#[must_use]
pub fn names_database(session: &Session, text: &str) -> bool {
    let job = JobName::parse(text).is_ok_and(|job| session.client().job_exists(&job));
    let known = Config::load(&session.paths).is_ok_and(|c| c.connections.contains_key(text));
    !job && (text.contains(':') || known || std::path::Path::new(text).is_file())
}

/// A database as it was named, with the password when it has to be typed.
fn end(session: &Session, text: &str, side: Side, ask: bool) -> Result<SurveyEnd, Failure> {
    let end = endpoints::read(text, side, &Config::load(&session.paths)?)?;
    let password = endpoints::password_to_send(&end, ask)?;
    let password = password.map(|secret| secret.reveal().to_owned());
    Ok(SurveyEnd { url: text.to_owned(), password })
}

/// Tries connections, each by itself.
///
/// # Errors
/// The first that failed, after all were tried.
pub async fn probe(session: &Session, args: &ProbeArgs) -> Result<Exit, Failure> {
    let side = if args.target { Side::Target } else { Side::Source };
    let surveyor = surveyor(session);
    let (mut probes, mut failed) = (Vec::new(), None);
    for text in &args.urls {
        let shown = redacted(text);
        let found = match end(session, text, side, args.ask_password) {
            Ok(end) => surveyor.probe(&end, side).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match found {
            Ok(view) => {
                session.output.text(&probe_line(&shown, &view));
                for warning in &view.warnings {
                    session.output.text(&format!("  warn  {}", clean(warning)));
                }
                let mut object = json!(view);
                object["url"] = json!(shown);
                object["ok"] = json!(true);
                probes.push(object);
            }
            Err(failure) => {
                session.output.text(&format!("{}  failed", clean(&shown)));
                let hint = failure.hint.clone();
                let what = failure.message.clone();
                probes.push(json!({ "url": shown, "ok": false, "message": what, "hint": hint }));
                let told = args.urls.len() > 1;
                if told {
                    session.output.failure_text(&failure);
                }
                failed.get_or_insert((failure, told));
            }
        }
    }
    session.output.object("probe", json!({ "probes": probes }));
    match failed {
        None => Ok(Exit::Done),
        Some((failure, false)) => Err(failure),
        Some((failure, true)) => Ok(failure.exit),
    }
}

fn probe_line(shown: &str, view: &ProbeView) -> String {
    let away = format!("{} ms away", view.round_trip_ms);
    let facts = view.facts.iter().map(|fact| clean(fact));
    let parts: Vec<String> = [clean(&view.server), away].into_iter().chain(facts).collect();
    format!("{}  ok  {}", clean(shown), parts.join(", "))
}

/// Tables of a database, or conditions on them.
///
/// # Errors
/// As the server says; `Error` when a condition is refused.
pub async fn tables(session: &Session, args: &TablesArgs) -> Result<Exit, Failure> {
    let source = end(session, &args.job, Side::Source, args.ask_password)?;
    let surveyor = surveyor(session);
    if !args.check_where.is_empty() {
        return check_conditions(session, &surveyor, &source, &args.check_where).await;
    }
    let target = args.to.as_ref();
    let target = target.map(|url| SurveyEnd { url: url.clone(), password: None });
    if let Some(target) = &target {
        endpoints::read(&target.url, Side::Target, &Config::load(&session.paths)?)?;
    }
    let mut schemas = surveyor.tables(&source, target.as_ref()).await?;
    if !args.table.is_empty() {
        let patterns: Vec<Pattern> = args.table.iter().map(|text| Pattern::new(text)).collect();
        for schema in &mut schemas {
            let named = |table: &SurveyTable| ObjectName::new(&*schema.name, &*table.name);
            schema.tables.retain(|t| patterns.iter().any(|p| p.matches(&named(t))));
        }
        schemas.retain(|schema| !schema.tables.is_empty());
    }
    if args.exact {
        for schema in &mut schemas {
            count(&surveyor, &source, schema).await?;
        }
    }
    session.output.object("schemas", json!({ "schemas": schemas }));
    let heads = ["table", "kind", "rows", "size", "key", "notes"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for schema in &schemas {
        lines.extend(schema.tables.iter().map(|table| table_line(&schema.name, table)));
    }
    columns(&lines, &[2, 3]).iter().for_each(|line| session.output.text(line));
    Ok(Exit::Done)
}

async fn count(
    surveyor: &Surveyor,
    source: &SurveyEnd,
    schema: &mut SchemaView,
) -> Result<(), Failure> {
    for table in &mut schema.tables {
        // Views may take for ever, and nothing of them is copied.
        if table.obstacle.is_none() && table.kind.ends_with("table") {
            let name = ObjectName::new(&*schema.name, &*table.name);
            table.rows = Some(surveyor.count_rows(source, &name).await?);
            table.exact = true;
        }
    }
    Ok(())
}

fn table_line(schema: &str, table: &SurveyTable) -> Vec<String> {
    let mark = if table.exact { "" } else { "~" };
    let number = |n: Option<u64>, text: &dyn Fn(u64) -> String, mark: &str| {
        n.map_or_else(|| "-".to_owned(), |n| format!("{mark}{}", text(n)))
    };
    let key = match (table.key.is_empty(), table.kind.as_str()) {
        (false, _) => clean(&table.key),
        (true, "table" | "partitioned table") => "NO KEY".to_owned(),
        (true, _) => "-".to_owned(),
    };
    vec![
        clean(&format!("{schema}.{}", table.name)),
        table.kind.clone(),
        number(table.rows, &figures::count, mark),
        number(table.bytes, &figures::bytes, "~"),
        key,
        clean(table.obstacle.as_deref().unwrap_or(&table.note)),
    ]
}

async fn check_conditions(
    session: &Session,
    surveyor: &Surveyor,
    source: &SurveyEnd,
    conditions: &[String],
) -> Result<Exit, Failure> {
    let mut checks = Vec::new();
    for text in conditions {
        let parts = text.split_once('=').map(|(table, filter)| (table.trim(), filter.trim()));
        let Some((table, filter)) = parts.filter(|(t, f)| !t.is_empty() && !f.is_empty()) else {
            return Err(Failure::usage(format!("--check-where {text:?} is not TABLE=CONDITION"))
                .with_hint("As in --check-where \"crm.orders=placed >= '2024-01-01'\"."));
        };
        let view = surveyor.check_filter(source, table, filter).await?;
        let place = view.line.zip(view.column);
        let place = place.map(|(line, column)| format!(" (line {line}, column {column})"));
        for (label, said) in &view.lines {
            let behind = place.as_deref().filter(|_| label == "error").unwrap_or_default();
            session.output.text(&format!("{}  {label}  {}{behind}", clean(table), clean(said)));
        }
        let mut object = json!(view);
        object["table"] = json!(table);
        object["filter"] = json!(filter);
        checks.push((view.valid, object));
    }
    let all_valid = checks.iter().all(|(valid, _)| *valid);
    let objects: Vec<_> = checks.into_iter().map(|(_, object)| object).collect();
    session.output.object("checks", json!({ "checks": objects }));
    Ok(if all_valid { Exit::Done } else { Exit::Error })
}
