//! The report of a plan: what the drivers found, what differs between the two ends, what this host
//! is like. Asks and changes nothing.
//!
//! Every look has a bound: settings are a few queries whatever the number of tables, and questions
//! that read rows (orphans) have a time for each and for all of them.

use std::sync::Arc;
use std::time::Duration;

use super::host;
use super::planning::Databases;
use crate::config::Paths;
use crate::core::catalog::{Catalog, Server};
use crate::core::fault::Fault;
use crate::core::plan::{
    Finding, Looked, MigrationPlan, orphan_findings, orphan_questions, report,
};
use crate::core::spec::JobSpec;
use crate::driver::Source;

/// The longest that one foreign key is looked at, and all of them.
const ORPHANS_EACH: Duration = Duration::from_secs(3);
const ORPHANS_ALL: Duration = Duration::from_secs(15);

/// Adds the report to the plan's findings and puts the worst first.
///
/// # Errors
/// When an end is lost.
pub(super) async fn add_report(
    plan: &mut MigrationPlan,
    spec: &JobSpec,
    databases: &Databases,
    (source, target): (&Catalog, &Server),
) -> Result<(), Fault> {
    let (here, there, orphans) = tokio::try_join!(
        async { databases.source.settings().await.map_err(|f| f.while_doing("check the source")) },
        async { databases.target.settings().await.map_err(|f| f.while_doing("check the target")) },
        orphans(spec, &databases.source, source, plan),
    )?;
    plan.findings.extend(orphans);
    let looked =
        Looked { spec, plan, source, target, source_settings: &here, target_settings: &there };
    let more = report(&looked, &plan.findings);
    plan.findings.extend(more);
    // Databases made up for a trial depend on no host.
    if databases.faults.is_none() {
        let paths = Paths::from_env();
        plan.findings.extend(host::host_findings(&paths));
        plan.findings.extend(host::templates(&paths, spec.target.dialect));
    }
    plan.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(())
}

async fn orphans(
    spec: &JobSpec,
    source: &Arc<dyn Source>,
    catalog: &Catalog,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let questions = orphan_questions(spec, catalog, plan);
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let statements: Vec<String> = questions.iter().map(|q| q.statement.clone()).collect();
    let answers = source.counts(&statements, ORPHANS_EACH, ORPHANS_ALL).await;
    let answers = answers.map_err(|fault| fault.while_doing("look for orphans"))?;
    Ok(orphan_findings(spec, &questions, &answers))
}
