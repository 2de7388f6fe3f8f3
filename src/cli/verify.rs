//! `verify`: compare two databases as a job; `verify list` and `verify show` tell what was found.
//!
//! Lists come from the job's file. Values are nowhere in it: `--values` reads the rows again from
//! both databases, in this process, and prints them to whoever asked.

use serde_json::json;

use super::args::{VerifyArgs, VerifyCommand, VerifyListArgs, VerifyShowArgs};
use super::copy::{ask_destructive, define_and_begin};
use super::define::define_verification;
use super::failure::{Exit, Failure};
use super::figures;
use super::look::table_number;
use super::output::{clean, columns};
use super::session::{Outcome, Session};
use super::view::View;
use crate::core::fault::Side;
use crate::core::name::JobName;
use crate::core::plan::{TableIndex, TablePlan};
use crate::core::spec::{Endpoint, JobKind};
use crate::driver::compare::{Comparer, Comparison, FreshSessions, RowValues};
use crate::driver::pipe::{Unlimited, WorkGauge};
use crate::driver::url::Access;
use crate::driver::{LedgerKey, open_source};
use crate::protocol::convert::{difference_view, with_values};
use crate::protocol::{DifferenceView, TableView};
use crate::store::StoredJob;

/// Defines, checks, starts and shows a verification; or shows one that was made.
///
/// # Errors
/// As `copy`; a job that verifies nothing.
pub async fn verify(session: &Session, args: &VerifyArgs) -> Result<Outcome, Failure> {
    match &args.command {
        Some(VerifyCommand::List(args)) => list(session, args).await.map(Outcome::Exit),
        Some(VerifyCommand::Show(args)) => show(session, args).await.map(Outcome::Exit),
        None => {
            let defined = define_verification(session, args)?;
            ask_destructive(&defined.spec, args.yes_target.as_deref())?;
            define_and_begin(session, &defined, args.detach, args.follow.every).await
        }
    }
}

fn verification(session: &Session, text: &str) -> Result<JobName, Failure> {
    let job = session.existing(text)?;
    if session.spec(&job)?.kind == JobKind::Verify {
        return Ok(job);
    }
    Err(Failure::usage(format!("job {job} copies and verifies nothing"))
        .with_hint(format!("`tidegate verify {job}` compares what it copied.")))
}

/// Every table with its verdict.
async fn list(session: &Session, args: &VerifyListArgs) -> Result<Exit, Failure> {
    let job = verification(session, &args.job)?;
    let snapshot = View::open(session, &job).await?.snapshot().await?;
    session.output.object("verify", json!({ "job": job.as_str(), "tables": snapshot.tables }));
    let heads = ["verdict", "table", "chunks", "rows", "missing", "extra", "different"];
    let mut rows = vec![heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>()];
    rows.extend(snapshot.tables.iter().map(|table| {
        let found = table.compared.clone().unwrap_or_default();
        let least = if found.at_least { ">=" } else { "" };
        vec![
            verdict(table).to_owned(),
            clean(&table.name),
            format!("{}/{}", table.chunks_done, table.chunks_total),
            figures::count(found.source_rows),
            format!("{least}{}", figures::grouped(found.missing)),
            format!("{least}{}", figures::grouped(found.extra)),
            format!("{least}{}", figures::grouped(found.different)),
        ]
    }));
    columns(&rows, &[2, 3, 4, 5, 6]).iter().for_each(|line| session.output.text(line));
    Ok(exit_for(snapshot.job.compared.is_some_and(|found| found.differs)))
}

fn verdict(table: &TableView) -> &'static str {
    let found = table.compared.clone().unwrap_or_default();
    match (found.differs, table.state.as_str()) {
        (true, _) => "differs",
        (false, "done") if found.chunks_repaired > 0 => "repaired",
        (false, "done") => "equal",
        (false, "failed") => "failed",
        (false, "skipped") => "skipped",
        (false, _) => "not yet",
    }
}

fn exit_for(differs: bool) -> Exit {
    if differs { Exit::Differs } else { Exit::Done }
}

/// Differing rows, by key.
async fn show(session: &Session, args: &VerifyShowArgs) -> Result<Exit, Failure> {
    let job = verification(session, &args.job)?;
    let snapshot = View::open(session, &job).await?.snapshot().await?;
    let table = match &args.table {
        Some(text) => Some(TableIndex(table_number(&snapshot, text)?)),
        None => None,
    };
    let rows = match args.values {
        true => values(session, &job, table, args).await?,
        false => recorded(session, &job, table, args.limit)?,
    };
    let found = snapshot.job.compared.clone().unwrap_or_default();
    let object = json!({ "job": job.as_str(), "compared": found, "rows": rows });
    session.output.object("differences", object);
    for row in &rows {
        session.output.text(&line(row));
        for (column, source, target) in &row.values {
            let shown = |value: &Option<String>| value.as_ref().map_or("NULL".into(), |v| clean(v));
            let (source, target) = (shown(source), shown(target));
            session.output.text(&format!("    {}: {source} | {target}", clean(column)));
        }
    }
    let all = found.missing + found.extra + found.different;
    if all > rows.len() as u64 && table.is_none() {
        session.output.note(&format!("{} of {all} differing rows are shown", rows.len()));
    }
    Ok(exit_for(found.differs))
}

/// `crm.orders  different  id 4711  (total)`.
fn line(row: &DifferenceView) -> String {
    let columns = match row.columns.is_empty() {
        true => String::new(),
        false => format!("  ({})", row.columns.join(", ")),
    };
    clean(&format!("{}  {}  {}{columns}", row.table, row.change, row.key))
}

fn recorded(
    session: &Session,
    job: &JobName,
    table: Option<TableIndex>,
    limit: u32,
) -> Result<Vec<DifferenceView>, Failure> {
    let file = session.stored(job)?;
    let plans = file.load()?.tables;
    let rows = file.compared_rows(table, 0, limit)?;
    let view = |row: &crate::store::ComparedRow| {
        let plan = plans.get(row.table.0 as usize)?;
        Some(difference_view(plan, row.number, &row.difference))
    };
    Ok(rows.iter().filter_map(view).collect())
}

/// Reads the differing chunks again, in new snapshots of both sides.
async fn values(
    session: &Session,
    job: &JobName,
    table: Option<TableIndex>,
    args: &VerifyShowArgs,
) -> Result<Vec<DifferenceView>, Failure> {
    let (stored, chunks) = {
        let file = session.stored(job)?;
        let stored = file.load()?;
        let tables = match table {
            Some(one) => vec![one],
            None => (0..).map(TableIndex).take(stored.tables.len()).collect(),
        };
        let mut chunks = Vec::new();
        for table in tables {
            for chunk in file.differing_chunks(table)? {
                chunks.push((table, chunk, file.range(chunk)?));
            }
        }
        (stored, chunks)
    };
    let source = open_source(access(session, &stored, Side::Source, args.ask_password)?)?;
    let target = open_source(access(session, &stored, Side::Target, args.ask_password)?)?;
    let mut views = Vec::new();
    for (table, chunk, range) in chunks {
        let left = (args.limit as usize).saturating_sub(views.len());
        if left == 0 {
            break;
        }
        let plan = &stored.tables[table.0 as usize];
        let ends = (stored.spec.source.dialect, stored.spec.target.dialect);
        let comparer = Comparer {
            comparison: Comparison::of(plan, range, LedgerKey::Chunk(chunk.0), ends),
            throttle: std::sync::Arc::new(Unlimited),
            gauge: std::sync::Arc::new(WorkGauge::default()),
        };
        let mut fresh = FreshSessions::open(&*source, &*target).await?;
        let first = stored.parts.tables[table.0 as usize].first_chunk.0;
        let found = comparer.values(&mut fresh, left).await?;
        views.extend(found.iter().map(|row| values_view(plan, chunk.0 - first + 1, row)));
    }
    Ok(views)
}

fn values_view(plan: &TablePlan, chunk: u32, row: &RowValues) -> DifferenceView {
    let view = difference_view(plan, chunk, &row.difference);
    with_values(plan, view, row.source.as_deref(), row.target.as_deref())
}

fn access(session: &Session, stored: &StoredJob, side: Side, ask: bool) -> Result<Access, Failure> {
    let endpoint: &Endpoint = match side {
        Side::Source => &stored.spec.source,
        Side::Target | Side::Engine => &stored.spec.target,
    };
    let password = session.any_password(endpoint, ask)?;
    let job_id = stored.job_id.clone();
    Ok(Access { endpoint: endpoint.clone(), password, side, job_id })
}
