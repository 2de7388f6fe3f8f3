//! `rejects`: rows that the target refused, listed, written to files, and read again.

use serde_json::{Value, json};

use super::args::{
    ExportForm, RejectsArgs, RejectsCommand, RejectsExportArgs, RejectsLimitArgs, RejectsListArgs,
    RejectsRetryArgs,
};
use super::ask;
use super::failure::{Exit, Failure};
use super::figures;
use super::look::{row, table_number};
use super::output::{clean, columns};
use super::session::Session;
use super::view::View;
use crate::core::plan::TableIndex;
use crate::core::spec::BadRows;
use crate::protocol::convert::key_text;
use crate::protocol::{Action, RejectView};
use crate::store::{RejectExport, RejectFilter, RejectForm};

/// # Errors
/// No such job, a table that is not of it, what looking and asking may meet.
pub async fn rejects(session: &Session, args: &RejectsArgs) -> Result<Exit, Failure> {
    match &args.command {
        RejectsCommand::List(args) => list(session, args).await,
        RejectsCommand::Export(args) => export(session, args).await,
        RejectsCommand::Retry(args) => retry(session, args).await,
        RejectsCommand::Limit(args) => limit(session, args).await,
    }
}

async fn list(session: &Session, args: &RejectsListArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    let table = number_of(&view, args.table.as_deref()).await?;
    let (total, groups, rows) = view.rejects(table, args.limit).await?;
    let texts = if args.rows { texts(session, &job, table, args.limit)? } else { Vec::new() };
    let objects: Vec<Value> = rows.iter().zip(0..).map(|(r, i)| object(r, texts.get(i))).collect();
    session.output.object("rejects", json!({ "total": total, "causes": groups, "rows": objects }));
    if total == 0 {
        session.output.note(&format!("{job} has no rejected rows."));
        return Ok(Exit::Done);
    }
    let mut lines = vec![row(&["rows", "tables", "cause"])];
    lines.extend(groups.iter().map(|group| {
        let cause = clean(&group.cause);
        vec![figures::grouped(group.rows), group.tables.to_string(), cause]
    }));
    columns(&lines, &[0, 1]).iter().for_each(|line| session.output.text(line));
    session.output.text("");
    let mut lines = vec![row(&["table", "key", "column", "error"])];
    lines.extend(rows.iter().map(|r| {
        let code = r.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
        let waits = if r.in_retry { " (waits to be read again)" } else { "" };
        vec![
            clean(&r.table_name),
            clean(&key_text(r)),
            clean(r.column.as_deref().unwrap_or("-")),
            clean(&format!("{code}{}{waits}", r.message)),
        ]
    }));
    let lines = columns(&lines, &[]);
    session.output.text(&lines[0]);
    for (at, line) in lines[1..].iter().enumerate() {
        session.output.text(line);
        if let Some(Some(text)) = texts.get(at) {
            session.output.text(&format!("    {}", clean(text)));
        }
    }
    if total > rows.len() as u64 {
        let left = figures::grouped(total - rows.len() as u64);
        session.output.note(&format!("{left} more; --limit shows more of them."));
    }
    Ok(Exit::Done)
}

async fn number_of(view: &View, table: Option<&str>) -> Result<Option<u32>, Failure> {
    match table {
        None => Ok(None),
        Some(text) => Ok(Some(table_number(&view.snapshot().await?, text)?)),
    }
}

/// The rows' texts, from the job's own file: they never travel to a console unasked.
fn texts(
    session: &Session,
    job: &crate::core::name::JobName,
    table: Option<u32>,
    most: u64,
) -> Result<Vec<Option<String>>, Failure> {
    let filter = RejectFilter { table: table.map(TableIndex), cause: None };
    let (_, rows) = session.stored(job)?.rejects(&filter, 0, most, true)?;
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    Ok(rows.iter().map(|row| row.row.as_ref().map(text)).collect())
}

fn object(row: &RejectView, text: Option<&Option<String>>) -> Value {
    let mut object = json!(row);
    object["key_text"] = json!(key_text(row));
    if let Some(text) = text {
        object["row"] = json!(text);
    }
    object
}

async fn export(session: &Session, args: &RejectsExportArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    let wanted = number_of(&view, args.table.as_deref()).await?;
    drop(view);
    let stored = session.stored(&job)?;
    let plan = stored.load()?;
    let own = session.paths.job(&job).join("rejects");
    let directory = args.to.clone().unwrap_or(own);
    let forms: &[RejectForm] = match args.format {
        ExportForm::All => &[RejectForm::Bad, RejectForm::Ndjson],
        ExportForm::Ndjson => &[RejectForm::Ndjson],
        ExportForm::Tsv => &[RejectForm::Bad],
    };
    let mut files = Vec::new();
    for table in stored.tables_with_rejects()? {
        let found = plan.tables.get(table.0 as usize);
        let Some(found) = found.filter(|_| wanted.is_none_or(|number| number == table.0)) else {
            continue;
        };
        let (name, key) = (&found.source, &found.key[..]);
        let export = RejectExport { table, name, key, directory: &directory };
        for form in forms {
            let rows = stored.write_rejects(&export, *form)?;
            if rows > 0 {
                let path = export.path(*form).display().to_string();
                session.output.text(&format!("{}  {path}", figures::counted(rows, "row")));
                files.push(json!({ "path": path, "rows": rows, "table": name.to_string() }));
            }
        }
    }
    if files.is_empty() {
        session.output.note(&format!("{job} has no rejected rows: there is nothing to write."));
    }
    session.output.object("export", json!({ "files": files }));
    Ok(Exit::Done)
}

async fn retry(session: &Session, args: &RejectsRetryArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    let view = View::open(session, &job).await?;
    let table = number_of(&view, args.table.as_deref()).await?;
    let (total, _, _) = view.rejects(table, 0).await?;
    let target = view.snapshot().await?.job.target;
    drop(view);
    if total > 0 {
        let what = figures::counted(total, "rejected row");
        ask::yes(&format!("Read {what} of {job} again and load them into {target}"), args.yes)?;
    }
    let engine = session.engine_or_start(&job, args.ask_password).await?;
    let message = session.act(&engine, Action::RetryRejects { table }).await?;
    session.output.text(&clean(&message));
    session.output.object("done", json!({ "message": message }));
    Ok(Exit::Done)
}

async fn limit(session: &Session, args: &RejectsLimitArgs) -> Result<Exit, Failure> {
    let job = session.existing(&args.job)?;
    if !args.fail && args.per_table.is_none() && args.per_job.is_none() {
        let (text, body) = match session.stored(&job)?.load()?.parts.bad_rows {
            BadRows::Fail => {
                ("a bad row fails its chunk".to_owned(), json!({ "bad_rows": "fail" }))
            }
            BadRows::Reject { per_table, per_job } => (
                format!("{per_table} per table, {per_job} per job"),
                json!({ "bad_rows": "reject", "per_table": per_table, "per_job": per_job }),
            ),
        };
        session.output.text(&text);
        session.output.object("limit", body);
        return Ok(Exit::Done);
    }
    let engine = session.engine_or_start(&job, args.ask_password).await?;
    let (per_table, per_job) = (args.per_table, args.per_job);
    let action = Action::BadRows { fail: args.fail, per_table, per_job };
    let message = session.act(&engine, action).await?;
    session.output.text(&clean(&message));
    session.output.object("done", json!({ "message": message }));
    Ok(Exit::Done)
}
