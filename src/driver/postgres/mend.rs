//! Puts rows right that a verification found: one transaction, rows found by their key.
//!
//! The rows arrive by COPY in a temporary table with the target's own column types. Nothing but
//! the rows that were handed over is touched, so that triggers and foreign keys see only those.

use sqlx::postgres::PgConnection;
use std::sync::Arc;

use super::connect::{Link, Purpose};
use super::copy_in::CopyIn;
use super::key_order::KeyOrder;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{DataPath, TablePlan};
use crate::core::sql::{column_list, literal, qualified, quote};
use crate::core::value::RowBatch;
use crate::core::verify::mirrored;
use crate::driver::pipe::{Unlimited, WorkGauge, check_counts, pipe};
use crate::driver::{Block, Mend, MendRows};

/// What the handed rows are called while the transaction lasts.
const HANDED: &str = "tidegate_mend";

/// Runs `mend`; answers the rows changed, added or deleted.
pub(super) async fn mend(link: &Link, mend: &Mend) -> Result<u64, Fault> {
    let mut on = link.connect(Purpose::Write).await?;
    link.statement(&mut on, "BEGIN; SET LOCAL synchronous_commit = on".to_owned()).await?;
    let done = within(link, &mut on, mend).await;
    let what = format!("repair {}", mend.table.target);
    match done {
        Ok(rows) => {
            let ended = link.statement(&mut on, "COMMIT".to_owned()).await;
            ended.map(|_| rows).map_err(|fault| fault.while_doing(&what))
        }
        // The connection is dropped, and the server rolls back.
        Err(fault) => Err(fault.while_doing(&what)),
    }
}

async fn within(link: &Link, on: &mut PgConnection, mend: &Mend) -> Result<u64, Fault> {
    let names: Vec<&str> = mend.table.columns.iter().map(|c| c.target_name.as_str()).collect();
    let key: Vec<&str> = mend.key.iter().map(|at| names[*at]).collect();
    let handed = match &mend.rows {
        MendRows::Upsert(rows) => hand_over(link, on, &mend.table, rows).await?,
        MendRows::Delete(rows) => {
            let mut keys = mirrored(&mend.table);
            keys.columns = mend.key.iter().map(|at| keys.columns[*at].clone()).collect();
            hand_over(link, on, &keys, rows).await?
        }
    };
    let table = Table::read(link, on, &mend.table.target, &key).await?;
    match &mend.rows {
        MendRows::Delete(_) => {
            let text = table.delete();
            let gone = link.statement(on, text).await?;
            if gone > handed { Err(doubled(link, mend)) } else { Ok(gone) }
        }
        MendRows::Upsert(_) => {
            let values: Vec<&str> = names.iter().filter(|n| !key.contains(n)).copied().collect();
            let changed = match values.is_empty() {
                true => 0,
                false => link.statement(on, table.update(&values)).await?,
            };
            let added = link.statement(on, table.insert(&names)).await?;
            if changed + added > handed { Err(doubled(link, mend)) } else { Ok(changed + added) }
        }
    }
}

fn doubled(link: &Link, mend: &Mend) -> Fault {
    let what = format!("several rows of {} have one key", mend.table.target);
    Fault::new(FaultKind::RowRefused, link.side, what).with_hint(
        "Nothing of it was changed. Remove the rows that are there twice, then repair again.",
    )
}

/// Rows into a temporary table with the columns of `plan`.
async fn hand_over(
    link: &Link,
    on: &mut PgConnection,
    plan: &TablePlan,
    rows: &RowBatch,
) -> Result<u64, Fault> {
    let columns = column_list(Dialect::Postgres, plan.columns.iter().map(|c| &*c.target_name));
    let create = format!(
        "CREATE TEMP TABLE {HANDED} ON COMMIT DROP AS SELECT {columns} FROM {} WITH NO DATA",
        qualified(Dialect::Postgres, &plan.target)
    );
    link.statement(on, create).await?;
    let plan = TablePlan {
        target: ObjectName::new("pg_temp", HANDED),
        path: DataPath::Conventional,
        ..plan.clone()
    };
    let (sink, mut blocks) = pipe(Arc::new(Unlimited), Arc::new(WorkGauge::default()));
    let count = rows.rows() as u64;
    let send = async {
        sink.send(Block::Rows(rows.clone())).await?;
        sink.end(count).await
    };
    let mut copy = CopyIn::new(link, &plan);
    let (sent, taken) = tokio::join!(send, copy.run(on, &mut blocks));
    let taken = taken?;
    sent?;
    check_counts(blocks.rows_announced(), taken)?;
    Ok(taken)
}

/// The target's table and how its key is compared.
struct Table {
    name: String,
    only: &'static str,
    matches: String,
}

impl Table {
    async fn read(
        link: &Link,
        on: &mut PgConnection,
        name: &ObjectName,
        key: &[&str],
    ) -> Result<Table, Fault> {
        let text = qualified(Dialect::Postgres, name);
        let kind = format!(
            "SELECT relkind = 'p' AS tree FROM pg_catalog.pg_class WHERE oid = {}::regclass",
            literal(Dialect::Postgres, &text)
        );
        let rows = link.rows(on, kind).await?;
        let tree = rows.first().map(|row| link.get::<bool>(row, "tree")).transpose()?;
        let columns: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
        // Without an index of its own a key of another name still compares by its type.
        let order = match KeyOrder::read(link, on, name, &columns).await {
            Ok(order) => Some(order),
            Err(fault) if fault.kind == FaultKind::ObjectMissing => None,
            Err(fault) => return Err(fault),
        };
        let equal = |at: usize| match &order {
            Some(order) => format!("OPERATOR({})", order.0[at].equal),
            None => "=".to_owned(),
        };
        let matches = key.iter().enumerate().map(|(at, column)| {
            let column = quote(Dialect::Postgres, column);
            format!("t.{column} {} x.{column}", equal(at))
        });
        Ok(Table {
            name: text,
            only: if tree == Some(true) { "" } else { "ONLY " },
            matches: matches.collect::<Vec<_>>().join(" AND "),
        })
    }

    fn update(&self, values: &[&str]) -> String {
        let set = values.iter().map(|name| {
            let column = quote(Dialect::Postgres, name);
            format!("{column} = x.{column}")
        });
        format!(
            "UPDATE {}{} AS t SET {} FROM pg_temp.{HANDED} AS x WHERE {}",
            self.only,
            self.name,
            set.collect::<Vec<_>>().join(", "),
            self.matches
        )
    }

    fn insert(&self, names: &[&str]) -> String {
        let columns = column_list(Dialect::Postgres, names.iter().copied());
        format!(
            "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE \
             SELECT {columns} FROM pg_temp.{HANDED} AS x WHERE NOT EXISTS \
             (SELECT 1 FROM {only}{table} AS t WHERE {matches})",
            table = self.name,
            only = self.only,
            matches = self.matches
        )
    }

    fn delete(&self) -> String {
        format!(
            "DELETE FROM {}{} AS t USING pg_temp.{HANDED} AS x WHERE {}",
            self.only, self.name, self.matches
        )
    }
}
