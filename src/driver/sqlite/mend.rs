//! Puts rows right that a verification found: one transaction, rows found by their key.

use rusqlite::{Connection, Statement};

use super::fault::on;
use super::target::Bound;
use super::write::{Writer, transaction};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::sql::{qualified, quote, sqlite_insert};
use crate::core::value::{CellRef, RowBatch};
use crate::core::verify::mirrored;
use crate::core::wire::SqliteBinder;
use crate::driver::{Mend, MendRows};

/// Runs `mend`; answers the rows changed, added or deleted.
pub(super) async fn mend(writer: &Writer, mend: &Mend) -> Result<u64, Fault> {
    let (mend, side) = (mend.clone(), writer.place().side);
    writer
        .run(move |connection, cancel| {
            transaction(side, connection, cancel, |open| match &mend.rows {
                MendRows::Upsert(rows) => upsert(side, open, &mend, rows),
                MendRows::Delete(keys) => delete(side, open, &mend, keys),
            })
        })
        .await
}

fn upsert(side: Side, open: &Connection, mend: &Mend, rows: &RowBatch) -> Result<u64, Fault> {
    let doing = format!("repair {}", mend.table.target);
    let failed = on(side, &doing);
    let names: Vec<&str> = mend.table.columns.iter().map(|c| c.target_name.as_str()).collect();
    let values: Vec<usize> = (0..names.len()).filter(|at| !mend.key.contains(at)).collect();
    let update = match values.is_empty() {
        true => None,
        false => Some(update_text(mend, &names, &values)),
    };
    let mut update = update.map(|sql| open.prepare(&sql)).transpose().map_err(&failed)?;
    let mut insert = open.prepare(&sqlite_insert(&mend.table.target, &names)).map_err(&failed)?;
    let mut binder = SqliteBinder::new(&mend.table);
    let changed: Vec<usize> = values.iter().chain(&mend.key).copied().collect();
    let all: Vec<usize> = (0..names.len()).collect();
    for row in 0..rows.rows() {
        if let Some(update) = &mut update {
            bind(update, &mut binder, rows, row, &changed, &failed)?;
            match update.raw_execute().map_err(&failed)? {
                0 => {}
                1 => continue,
                _ => return Err(doubled(side, mend)),
            }
        }
        bind(&mut insert, &mut binder, rows, row, &all, &failed)?;
        insert.raw_execute().map_err(&failed)?;
    }
    Ok(rows.rows() as u64)
}

fn update_text(mend: &Mend, names: &[&str], values: &[usize]) -> String {
    let column = |at: &usize| quote(Dialect::Sqlite, names[*at]);
    let set = values.iter().enumerate().map(|(n, at)| format!("{} = ?{}", column(at), n + 1));
    let first = values.len() + 1;
    let key = mend.key.iter().enumerate();
    let key = key.map(|(n, at)| format!("{} IS ?{}", column(at), first + n));
    format!(
        "UPDATE OR ABORT {} SET {} WHERE {}",
        qualified(Dialect::Sqlite, &mend.table.target),
        set.collect::<Vec<_>>().join(", "),
        key.collect::<Vec<_>>().join(" AND ")
    )
}

/// Binds the cells at `columns` of one row, in that order.
fn bind(
    statement: &mut Statement<'_>,
    binder: &mut SqliteBinder,
    rows: &RowBatch,
    row: usize,
    columns: &[usize],
    failed: &impl Fn(rusqlite::Error) -> Fault,
) -> Result<(), Fault> {
    for (at, column) in columns.iter().enumerate() {
        let cell = rows.cell(row, *column);
        let value = binder.value(*column, row as u64 + 1, cell, rows.form())?;
        statement.raw_bind_parameter(at + 1, Bound(value)).map_err(failed)?;
    }
    Ok(())
}

fn delete(side: Side, open: &Connection, mend: &Mend, keys: &RowBatch) -> Result<u64, Fault> {
    let doing = format!("remove rows of {}", mend.table.target);
    let failed = on(side, &doing);
    let plan = mirrored(&mend.table);
    let columns = mend.key.iter().map(|at| quote(Dialect::Sqlite, &plan.columns[*at].name));
    let matches: Vec<String> =
        columns.zip(1..).map(|(column, n)| format!("{column} IS ?{n}")).collect();
    let sql = format!(
        "DELETE FROM {} WHERE {}",
        qualified(Dialect::Sqlite, &mend.table.target),
        matches.join(" AND ")
    );
    let mut statement = open.prepare(&sql).map_err(&failed)?;
    let mut gone = 0;
    for row in 0..keys.rows() {
        for column in 0..keys.columns() {
            // As the file had it when it was read.
            let cell: CellRef<'_> = keys.cell(row, column);
            statement.raw_bind_parameter(column + 1, Bound(cell)).map_err(&failed)?;
        }
        match statement.raw_execute().map_err(&failed)? {
            0 => {}
            1 => gone += 1,
            _ => return Err(doubled(side, mend)),
        }
    }
    Ok(gone)
}

fn doubled(side: Side, mend: &Mend) -> Fault {
    let what = format!("several rows of {} have one key", mend.table.target);
    Fault::new(FaultKind::RowRefused, side, what).with_hint(
        "Nothing of it was changed. Remove the rows that are there twice, then repair again.",
    )
}
