//! The target end.

use async_trait::async_trait;

use super::connect::{Link, Purpose, job_tag};
use super::writer::Writer;
use super::{catalog, ledger, mend, preflight, pressure, settings};
use crate::core::catalog::{Catalog, Server, Settings};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{Finding, MigrationPlan};
use crate::core::spec::Selection;
use crate::core::sql;
use crate::driver::{LedgerRow, Mend, Pressure, PressureAsked, Target, TargetSession};

/// Tables looked into by one statement.
const TABLES_PER_QUERY: usize = 200;

pub(super) struct PostgresTarget {
    pub link: Link,
}

impl PostgresTarget {
    /// The link under a job's name.
    fn of_job(&self, job_id: &str) -> Link {
        Link { job_tag: job_tag(job_id), ..self.link.clone() }
    }
}

#[async_trait]
impl Target for PostgresTarget {
    async fn probe(&self) -> Result<Server, Fault> {
        let mut connection = self.link.connect(Purpose::Read).await?;
        catalog::server(&self.link, &mut connection).await
    }

    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        catalog::inspect(&self.link, selection).await
    }

    async fn nonempty(&self, names: &[ObjectName]) -> Result<Vec<ObjectName>, Fault> {
        let link = &self.link;
        let mut connection = link.connect(Purpose::Read).await?;
        let mut found = Vec::new();
        for group in names.chunks(TABLES_PER_QUERY) {
            let existing = existing(link, &mut connection, group).await?;
            let holds_rows: Vec<String> =
                existing.iter().enumerate().map(|(i, table)| table.question(i)).collect();
            if holds_rows.is_empty() {
                continue;
            }
            let text = format!(
                "SELECT i::int8 AS i FROM ({}) AS q WHERE full_of",
                holds_rows.join(" UNION ALL ")
            );
            for row in &link.rows(&mut connection, text).await? {
                let i = usize::try_from(link.get::<i64>(row, "i")?).unwrap_or(usize::MAX);
                found.extend(existing.get(i).map(|table| table.name.clone()));
            }
        }
        Ok(found)
    }

    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        preflight::target(&self.link, plan).await
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        settings::read(&self.link).await
    }

    async fn pressure(&self, asked: PressureAsked) -> Result<Pressure, Fault> {
        pressure::pressure(&self.link, asked).await
    }

    async fn prepare_ledger(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.of_job(job_id);
        let mut connection = link.connect(Purpose::Write).await?;
        ledger::prepare(&link, &mut connection).await.map(|_| ())
    }

    async fn ledger(&self, job_id: &str) -> Result<Option<Vec<LedgerRow>>, Fault> {
        let link = self.of_job(job_id);
        let mut connection = link.connect(Purpose::Write).await?;
        ledger::end_leftovers(&link, &mut connection).await?;
        match ledger::find(&link, &mut connection).await? {
            Some(found) => {
                ledger::complete(&link, &mut connection, &found).await?;
                ledger::read(&link, &mut connection, &found).await.map(Some)
            }
            None => Ok(None),
        }
    }

    async fn flush(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.of_job(job_id);
        let mut connection = link.connect(Purpose::Write).await?;
        let Some(found) = ledger::find(&link, &mut connection).await? else { return Ok(()) };
        // A commit that waits for the disk takes every earlier one along, but only a transaction
        // that wrote something waits.
        let text = format!(
            "BEGIN; SET LOCAL synchronous_commit = on; COMMENT ON TABLE {} IS 'compared'; COMMIT",
            found.logged
        );
        link.statement(&mut connection, text).await.map(|_| ())
    }

    async fn mend(&self, rows: &Mend) -> Result<u64, Fault> {
        mend::mend(&self.link, rows).await
    }

    async fn drop_ledger(&self, job_id: &str) -> Result<(), Fault> {
        let link = self.of_job(job_id);
        let mut connection = link.connect(Purpose::Write).await?;
        ledger::drop(&link, &mut connection).await
    }

    async fn session(
        &self,
        job_id: &str,
        preamble: &[String],
    ) -> Result<Box<dyn TargetSession>, Fault> {
        let link = self.of_job(job_id);
        let mut connection = link.connect_for_rows(Purpose::Write).await?;
        let Some(found) = ledger::find(&link, &mut connection).await? else {
            return Err(Fault::new(
                FaultKind::ObjectMissing,
                link.side,
                "the job's ledger is not on the target",
            )
            .with_hint("The target was replaced or the ledger was dropped while the job ran."));
        };
        Ok(Box::new(Writer::open(link, connection, found, preamble).await?))
    }
}

/// A table that is there.
struct Present {
    name: ObjectName,
    readable: bool,
    partitioned: bool,
}

impl Present {
    /// Does it hold a row? A table that may not be read is taken to be what its file says.
    fn question(&self, i: usize) -> String {
        let table = sql::qualified(Dialect::Postgres, &self.name);
        if !self.readable {
            let literal = sql::literal(Dialect::Postgres, &table);
            return format!(
                "SELECT {i} AS i, pg_catalog.pg_relation_size({literal}::regclass) > 0 AS full_of"
            );
        }
        let only = if self.partitioned { "" } else { "ONLY " };
        format!("SELECT {i} AS i, EXISTS (SELECT FROM {only}{table}) AS full_of")
    }
}

async fn existing(
    link: &Link,
    on: &mut sqlx::postgres::PgConnection,
    names: &[ObjectName],
) -> Result<Vec<Present>, Fault> {
    let (schemas, tables): (Vec<&str>, Vec<&str>) =
        names.iter().map(|n| (n.schema.as_str(), n.name.as_str())).unzip();
    let text = "SELECT n.nspname::text AS schema, c.relname::text AS name, \
                c.relkind = 'p' AS partitioned, \
                pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
                AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable \
                FROM unnest($1::text[], $2::text[]) AS w(schema, name) \
                JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema \
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name \
                WHERE c.relkind IN ('r', 'p')";
    let rows = sqlx::query(text).bind(&schemas).bind(&tables).fetch_all(on).await;
    let read = rows.map_err(|e| link.fault(&e))?;
    let present = read.iter().map(|row| {
        let schema: String = link.get(row, "schema")?;
        Ok(Present {
            name: ObjectName::new(schema, link.get::<String>(row, "name")?),
            readable: link.get(row, "readable")?,
            partitioned: link.get(row, "partitioned")?,
        })
    });
    present.collect()
}
