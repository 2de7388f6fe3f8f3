//! Looking: lists of jobs, tables, chunks, lines. None of it changes or starts anything.

use std::time::Duration;

use serde_json::{Value, json};

use super::args::{ChunksArgs, HistoryArgs, LogArgs, StatusArgs, TablesArgs};
use super::drafts;
use super::failure::{Exit, Failure};
use super::figures;
use super::follow;
use super::lines::line_without_time;
use super::output::{clean, columns};
use super::session::Session;
use super::signals::{Caught, Signals};
use super::status_text;
use super::stored;
use super::view::{View, snapshot_of};
use crate::core::name::JobName;
use crate::core::time::Timestamp;
use crate::protocol::{ChunkFilter, ChunkView, JobView, LogLine, Snapshot, Update};

/// How long the list of jobs waits for one engine.
const LIST_DEADLINE: Duration = Duration::from_secs(2);

/// Every job there is, with its state.
///
/// # Errors
/// A jobs directory that cannot be read.
pub async fn ls(session: &Session) -> Result<Exit, Failure> {
    let mut jobs = Vec::new();
    for name in stored::job_names(session)? {
        match job_of(session, &name).await {
            Ok(job) => jobs.push(job),
            Err(failure) => {
                session.output.note(&format!("! {name}: {}", clean(&failure.message)));
                jobs.push(JobView {
                    name: name.to_string(),
                    state: "UNREADABLE".to_owned(),
                    ..JobView::default()
                });
            }
        }
    }
    jobs.extend(drafts::views(session)?);
    // Newest first; names decide among equals.
    jobs.sort_by(|a, b| b.started_ms.cmp(&a.started_ms).then_with(|| a.name.cmp(&b.name)));
    session.output.object("jobs", json!({ "jobs": jobs }));
    if jobs.is_empty() {
        session.output.note("There are no jobs. `tidegate demo` makes one to look at.");
        return Ok(Exit::Done);
    }
    let mut rows = vec![row(&["state", "job", "source -> target", "done", "failed", "held by"])];
    rows.extend(jobs.iter().map(|job| {
        let failed = job.progress.chunks_failed + job.progress.steps_failed;
        let mark = if needs_someone(job) { "! " } else { "  " };
        vec![
            format!("{mark}{}", job.state),
            job.name.clone(),
            clean(&format!("{} -> {}{}", job.source, job.target, status_text::label(job))),
            if job.planned { format!("{}%", job.progress.percent) } else { "-".to_owned() },
            failed.to_string(),
            clean(&job.held_by.join("; ")),
        ]
    }));
    rows[0][0] = "  state".to_owned();
    columns(&rows, &[3, 4]).iter().for_each(|line| session.output.text(line));
    Ok(Exit::Done)
}

pub(super) fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Is this one of the states in which nothing goes on by itself, and something is left to do?
fn needs_someone(job: &JobView) -> bool {
    let failed = job.progress.chunks_failed + job.progress.steps_failed > 0;
    match job.state.as_str() {
        "NOT RUNNING" | "UNREADABLE" => true,
        "COMPLETED" => failed,
        "IDLING" => !job.alerts.is_empty(),
        _ => false,
    }
}

/// From the engine when it answers soon, else from the file.
async fn job_of(session: &Session, name: &JobName) -> Result<JobView, Failure> {
    let client = session.client();
    if client.engine_lives(name) {
        let asked = async { snapshot_of(&client.connect(name).await?).await };
        if let Ok(Ok(snapshot)) = tokio::time::timeout(LIST_DEADLINE, asked).await {
            return Ok(snapshot.job);
        }
    }
    stored::Stored::open(session, name)?.summary()
}

/// # Errors
/// No such job, and what looking may meet.
pub async fn status(session: &Session, args: &StatusArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    if args.follow {
        let engine = session.engine(&job).await?;
        return follow::follow(session, &job, engine, args.pace.every).await;
    }
    let snapshot = View::open(session, &job).await?.snapshot().await?;
    session.output.object("status", flat(&snapshot));
    if args.sup {
        session.output.text(&line_without_time(&snapshot.job, None));
    } else {
        status_text::lines(&snapshot).iter().for_each(|line| session.output.text(line));
    }
    Ok(Exit::Done)
}

/// The job's fields at the top, the lists beside them: `jq .threads.want`.
fn flat(snapshot: &Snapshot) -> Value {
    let mut object = json!(snapshot.job);
    let lists = json!({
        "tables": snapshot.tables,
        "workers": snapshot.workers,
        "consoles": snapshot.consoles,
        "log": snapshot.log,
    });
    if let (Value::Object(object), Value::Object(lists)) = (&mut object, lists) {
        object.extend(lists);
    }
    object
}

/// # Errors
/// As [`status`].
pub async fn tables(session: &Session, args: &TablesArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let mut tables = View::open(session, &job).await?.snapshot().await?.tables;
    if let Some(state) = &args.state {
        tables.retain(|table| table.state == *state);
    }
    session.output.object("tables", json!({ "tables": tables }));
    let heads = [
        "state", "table", "done", "chunks", "failed", "rejected", "rows", "size", "cut by", "path",
    ];
    let mut rows = vec![row(&heads)];
    rows.extend(tables.iter().map(|t| {
        let mark = if t.estimated { "~" } else { "" };
        let percent = match (t.state.as_str(), t.bytes_total) {
            ("done", _) => 100,
            (_, 0) => 0,
            (_, total) => (t.bytes_done.saturating_mul(100) / total).clamp(0, 99),
        };
        vec![
            t.state.clone(),
            clean(&t.name),
            format!("{percent}%"),
            format!("{}/{}", t.chunks_done, t.chunks_total),
            t.chunks_failed.to_string(),
            t.rows_rejected.to_string(),
            format!("{}/{mark}{}", figures::count(t.rows_done), figures::count(t.rows_total)),
            format!("{mark}{}", figures::bytes(t.bytes_total)),
            clean(&t.method),
            clean(&t.path),
        ]
    }));
    columns(&rows, &[2, 3, 4, 5, 6, 7]).iter().for_each(|line| session.output.text(line));
    Ok(Exit::Done)
}

/// # Errors
/// As [`status`]; a table that is not of this job.
pub async fn chunks(session: &Session, args: &ChunksArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    if args.steps {
        return steps(session, &view).await;
    }
    let state = args.state.as_deref().map(|word| match word {
        "unassigned" => 0,
        "assigned" => 1,
        "processed" => 2,
        "failed" => 3,
        _ => 4,
    });
    let table = match &args.table {
        None => None,
        Some(text) => Some(table_number(&view.snapshot().await?, text)?),
    };
    let chunks = view.chunks(ChunkFilter { table, state }).await?;
    let listed: Vec<Value> = chunks.iter().map(chunk_object).collect();
    session.output.object("chunks", json!({ "total": listed.len(), "chunks": listed }));
    let mut rows = vec![row(&["chunk", "state", "rows", "size", "try", "time", "range"])];
    rows.extend(chunks.iter().map(|c| {
        vec![
            clean(&format!("{}#{}", c.table_name, c.number)),
            chunk_word(c.state).to_owned(),
            figures::grouped(c.rows),
            figures::bytes(c.bytes),
            c.attempts.to_string(),
            c.elapsed_ms.map_or("-".to_owned(), figures::short_time),
            clean(&c.range),
        ]
    }));
    let lines = columns(&rows, &[2, 3, 4, 5]);
    session.output.text(&lines[0]);
    for (line, chunk) in lines[1..].iter().zip(&chunks) {
        session.output.text(line);
        if let Some(message) = &chunk.error_message {
            let code = chunk.error_code.as_ref().map(|code| format!("{code}: "));
            let text = format!("{}{message}", code.unwrap_or_default());
            text.lines().for_each(|line| session.output.text(&format!("    {}", clean(line))));
        }
    }
    Ok(Exit::Done)
}

async fn steps(session: &Session, view: &View) -> Result<Exit, Failure> {
    let steps = view.steps(true).await?;
    session.output.object("steps", json!({ "steps": steps }));
    for step in &steps {
        let line = format!("{:>6}  {}  {}", step.id, step.state, clean(&step.title));
        session.output.text(&line);
        let texts = [&step.error_message, &step.statement].into_iter().flatten();
        for line in texts.flat_map(|text| text.lines()) {
            session.output.text(&format!("        {}", clean(line)));
        }
    }
    Ok(Exit::Done)
}

/// DBMS_PARALLEL_EXECUTE's words for its numbers; 4 is ours.
fn chunk_word(state: u8) -> &'static str {
    match state {
        0 => "unassigned",
        1 => "assigned",
        2 => "processed",
        3 => "processed, error",
        _ => "skipped",
    }
}

fn chunk_object(chunk: &ChunkView) -> Value {
    let mut object = json!(chunk);
    object["state_word"] = json!(chunk_word(chunk.state));
    object["name"] = json!(format!("{}#{}", chunk.table_name, chunk.number));
    object
}

/// A table of the job by its name: whole, or without its schema when that is unique.
///
/// # Errors
/// `Usage` with the way to the list.
pub fn table_number(snapshot: &Snapshot, text: &str) -> Result<u32, Failure> {
    if let Some(table) = snapshot.tables.iter().find(|table| table.name == text) {
        return Ok(table.number);
    }
    let ending = format!(".{text}");
    let mut short = snapshot.tables.iter().filter(|table| table.name.ends_with(&ending));
    match (short.next(), short.next()) {
        (Some(table), None) => Ok(table.number),
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("{text:?} is in several schemas; write SCHEMA.{text}")))
        }
        (None, _) => {
            Err(Failure::usage(format!("job {} has no table {text:?}", snapshot.job.name))
                .with_hint(format!("`tidegate tables {}` lists them.", snapshot.job.name)))
        }
    }
}

/// Ids of chunks named `TABLE#N`.
///
/// # Errors
/// `Usage` for a name that is none.
pub async fn chunk_ids(
    view: &View,
    snapshot: &Snapshot,
    names: &[String],
) -> Result<Vec<u32>, Failure> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let parts = name.rsplit_once('#').and_then(|(t, n)| Some((t, n.parse::<u32>().ok()?)));
        let (table, number) = parts.ok_or_else(|| {
            Failure::usage(format!("{name:?} names no chunk; write TABLE#N, such as crm.orders#81"))
        })?;
        let table = table_number(snapshot, table)?;
        let chunks = view.chunks(ChunkFilter { table: Some(table), state: None }).await?;
        let found = chunks.iter().find(|chunk| chunk.number == number);
        let found = found.ok_or_else(|| {
            Failure::usage(format!("there is no chunk {name}: the table has {}", chunks.len()))
        })?;
        ids.push(found.id);
    }
    Ok(ids)
}

/// # Errors
/// As [`status`].
pub async fn log(session: &Session, args: &LogArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    for line in view.log(args.lines).await? {
        print_line(session, &line);
    }
    let (true, View::Live(engine)) = (args.follow, view) else {
        if args.follow {
            session.output.note(&format!("No engine runs for {job}: nothing more will come."));
        }
        return Ok(Exit::Done);
    };
    let mut signals = Signals::arm()?;
    let mut updates = engine.subscribe().await?;
    loop {
        tokio::select! {
            update = updates.next() => match update {
                Ok(Update::Changed { log, .. }) => {
                    log.iter().for_each(|line| print_line(session, line));
                }
                Ok(Update::Goodbye { reason }) => {
                    session.output.note(&format!("the engine left: {}", clean(&reason)));
                    return Ok(Exit::Done);
                }
                Ok(Update::Snapshot { .. }) => {}
                Err(error) => return Err(error.into()),
            },
            caught = signals.next() => if let Caught::End(exit) = caught {
                return Ok(exit);
            }
        }
    }
}

fn print_line(session: &Session, line: &LogLine) {
    session.output.object("event", json!(line));
    session.output.text(&log_text(line));
}

pub fn log_text(line: &LogLine) -> String {
    let mark = match line.level.as_str() {
        "error" | "warn" => "! ",
        _ => "",
    };
    format!("{}  {}  {mark}{}", Timestamp(line.at_ms), clean(&line.by), clean(&line.text))
}

/// # Errors
/// As [`status`].
pub async fn history(session: &Session, args: &HistoryArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let (runs, events) = View::open(session, &job).await?.history(args.lines).await?;
    session.output.object("history", json!({ "runs": runs, "events": events }));
    let heads = ["run", "started", "ended", "by", "state", "rows", "size", "failed", "skipped"];
    let mut rows = vec![row(&heads)];
    rows.extend(runs.iter().map(|run| {
        vec![
            run.number.to_string(),
            Timestamp(run.started_ms).to_string(),
            run.ended_ms.map_or("-".to_owned(), |ms| Timestamp(ms).to_string()),
            clean(&run.by),
            run.end_state.clone(),
            figures::count(run.rows),
            figures::bytes(run.bytes),
            run.failed.to_string(),
            run.skipped.to_string(),
        ]
    }));
    columns(&rows, &[0, 5, 6, 7, 8]).iter().for_each(|line| session.output.text(line));
    session.output.text("");
    events.iter().for_each(|line| session.output.text(&log_text(line)));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::TableView;

    #[test]
    fn a_table_is_found_by_its_name_whole_or_unique() {
        let table = |number: u32, name: &str| TableView {
            number,
            name: name.to_owned(),
            ..TableView::default()
        };
        let tables = vec![table(0, "a.x"), table(1, "b.x"), table(2, "b.y")];
        let snapshot = Snapshot { tables, ..Snapshot::default() };
        assert_eq!(table_number(&snapshot, "b.x").ok(), Some(1));
        assert_eq!(table_number(&snapshot, "y").ok(), Some(2));
        assert!(table_number(&snapshot, "x").is_err());
        assert!(table_number(&snapshot, "z").is_err());
    }
}
