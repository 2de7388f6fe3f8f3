//! Writing: ledger, sessions, bulk load, statements.
//!
//! * [`link`]: login and statements; [`settings`]: what a session is set to.
//! * [`ledger`]: what is committed; [`leftovers`]: sessions of a dead engine.
//! * [`session`]: one transaction per chunk. [`load`] (fed by [`feed`]) or [`insert`] bring the
//!   rows, [`refusal`] and [`invented`] say when they did not arrive as they left.
//! * [`mend`]: single rows put right by their key.
//! * [`steps`]: statements, DDL among them; [`emptying`], [`sequences`].
//! * [`preflight`]: what would go wrong, before anything is done.

mod careful;
mod emptying;
mod fault;
mod feed;
mod insert;
mod invented;
mod ledger;
mod leftovers;
mod link;
mod load;
mod mend;
mod preflight;
mod refusal;
mod sequences;
mod session;
mod settings;
mod steps;
#[cfg(test)]
mod tests;
mod way;

#[cfg(test)]
pub(super) use tests::server;

use async_trait::async_trait;
use std::sync::Arc;

use super::address::MysqlAddress;
use super::settings::read as read_settings;
use super::{catalog, pressure};
use crate::core::catalog::{Catalog, Server, Settings};
use crate::core::fault::{Disposition, Fault, FaultKind, disposition_of};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{Finding, MigrationPlan};
use crate::core::spec::Selection;
use crate::core::sql;
use crate::driver::{LedgerRow, Mend, Pressure, PressureAsked, Target, TargetSession};

use link::{Line, Link};
use session::Writer;
use way::Way;

pub(super) fn open(address: MysqlAddress) -> Result<Arc<dyn Target>, Fault> {
    Ok(Arc::new(MysqlTarget::new(address)))
}

/// Tables looked into by one statement.
const TABLES_PER_QUERY: usize = 100;

/// Runs statements of the operator's one after the other, up to the first that fails.
pub(super) async fn conform(
    address: MysqlAddress,
    statements: &[String],
) -> Result<(u32, Option<Fault>), Fault> {
    let mut line = Link::new(address).connect().await?;
    let mut done = 0;
    for statement in statements {
        if let Err(fault) = line.statement(statement.clone()).await {
            return Ok((done, Some(fault)));
        }
        done += 1;
    }
    Ok((done, None))
}

struct MysqlTarget {
    link: Link,
    way: Way,
}

impl MysqlTarget {
    fn new(address: MysqlAddress) -> MysqlTarget {
        MysqlTarget { link: Link::new(address), way: Way::default() }
    }

    async fn writer(&self, job_id: &str, preamble: &[String]) -> Result<Writer, Fault> {
        let link = self.link.of_job(job_id);
        let mut line = link.connect().await?;
        let Some(found) = ledger::find(&link, &mut line).await? else {
            return Err(Fault::new(
                FaultKind::ObjectMissing,
                link.side(),
                "the job's ledger is not on the target",
            )
            .with_hint("The target was replaced or the ledger was dropped while the job ran."));
        };
        leftovers::register(&link, &mut line, &found).await?;
        Writer::open(line, found, self.way.clone(), preamble).await
    }
}

/// Those of `names` that hold a row, by one statement.
async fn holding_rows(line: &mut Line, names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault> {
    let questions = names.iter().enumerate().map(|(at, name)| {
        let table = sql::qualified(Dialect::Mysql, name);
        format!("SELECT {at} AS nth, EXISTS (SELECT 1 FROM {table}) AS held")
    });
    let questions: Vec<String> = questions.collect();
    let asked = format!("SELECT nth FROM ({}) AS q WHERE held", questions.join(" UNION ALL "));
    let rows = line.rows(asked).await?;
    let nth = |row: Vec<Option<String>>| row.into_iter().next()??.parse::<usize>().ok();
    Ok(rows.into_iter().filter_map(nth).filter_map(|at| names.get(at).cloned()).collect())
}

#[async_trait]
impl Target for MysqlTarget {
    async fn probe(&self) -> Result<Server, Fault> {
        catalog::probe(&self.link.address).await
    }

    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        catalog::inspect(&self.link.address, selection).await
    }

    async fn nonempty(&self, names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut line = self.link.connect().await?;
        let mut found = Vec::new();
        for group in names.chunks(TABLES_PER_QUERY) {
            match holding_rows(&mut line, group).await {
                Ok(holding) => found.extend(holding),
                // One of them is not there, or is a view that is broken: each for itself.
                Err(fault) if disposition_of(fault.kind) == Disposition::FailWork => {
                    for name in group {
                        match holding_rows(&mut line, std::slice::from_ref(name)).await {
                            Ok(holding) => found.extend(holding),
                            // Not there: no such table, no such database.
                            Err(f) if matches!(f.code.as_deref(), Some("1146" | "1049")) => {}
                            Err(f) => return Err(f.while_doing(&format!("look at {name}"))),
                        }
                    }
                }
                Err(fault) => return Err(fault.while_doing("look for rows")),
            }
        }
        Ok(found)
    }

    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        preflight::target(&self.link, plan).await
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        read_settings(&self.link.address).await
    }

    async fn pressure(&self, asked: PressureAsked) -> Result<Pressure, Fault> {
        pressure::pressure(&self.link.address, asked).await
    }

    async fn prepare_ledger(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.link.of_job(job_id);
        let mut line = link.connect().await?;
        ledger::prepare(&link, &mut line).await.map(|_| ())
    }

    async fn ledger(&self, job_id: &str) -> Result<Option<Vec<LedgerRow>>, Fault> {
        let link = self.link.of_job(job_id);
        let mut line = link.connect().await?;
        let Some(found) = ledger::find(&link, &mut line).await? else { return Ok(None) };
        leftovers::end(&link, &mut line, &found).await?;
        ledger::complete(&mut line, &found).await?;
        ledger::read(&mut line, &found).await.map(Some)
    }

    async fn flush(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.link.of_job(job_id);
        let mut line = link.connect().await?;
        if line.traits.commits_durable {
            return Ok(());
        }
        // Where commits do not wait for the disk, a change of a definition still does, and takes
        // every earlier commit along.
        let Some(found) = ledger::find(&link, &mut line).await? else { return Ok(()) };
        ledger::flush(&mut line, &found).await
    }

    async fn drop_ledger(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.link.of_job(job_id);
        let mut line = link.connect().await?;
        ledger::drop(&link, &mut line).await
    }

    async fn mend(&self, mend: &Mend) -> Result<u64, Fault> {
        mend::mend(&self.link, mend).await
    }

    async fn session(
        &self,
        job_id: &str,
        preamble: &[String],
    ) -> Result<Box<dyn TargetSession>, Fault> {
        Ok(Box::new(self.writer(job_id, preamble).await?))
    }
}
