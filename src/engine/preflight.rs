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
    Change, Finding, Looked, MigrationPlan, Severity, orphan_findings, orphan_questions, report,
};
use crate::core::spec::JobSpec;
use crate::core::sql::line_and_column;
use crate::driver::Source;
use crate::driver::look::{Refused, Tried};

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
    plan.findings.extend(refused_texts(plan, databases).await?);
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

/// Conditions and expressions that the source refuses: found by EXPLAIN and a few rows before
/// anything is copied, instead of by the first chunk.
async fn refused_texts(plan: &MigrationPlan, databases: &Databases) -> Result<Vec<Finding>, Fault> {
    let Some(look) = &databases.look else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for table in &plan.tables {
        if let Some(filter) = &table.rows.filter {
            let tried = look.explain(&table.source, filter).await;
            if let Tried::Refused(why) = tried.map_err(|f| f.while_doing("try a filter"))? {
                let what = format!("the filter of {}", table.source);
                found.push(refused_text(&what, filter, &why));
            }
        }
        for column in &table.columns {
            let Some(expression) = &column.expression else { continue };
            let tried = look.try_expression(&table.source, &column.source_declared, expression);
            let tried = tried.await.map_err(|f| f.while_doing("try an expression"))?;
            if let Tried::Refused(why) = tried {
                let what = format!("the expression for {}.{}", table.source, column.name);
                found.push(refused_text(&what, expression, &why));
            }
        }
    }
    Ok(found)
}

fn refused_text(what: &str, text: &str, why: &Refused) -> Finding {
    let message = format!("the source refuses {what}: {}", why.message);
    let place = why.at.map(|at| {
        let (line, column) = line_and_column(text, at);
        format!("At line {line}, column {column} of: {text}")
    });
    Finding::new(Severity::Block, "filters", message)
        .with_detail(place.unwrap_or_else(|| text.to_owned()))
        .with_hint("Nothing was touched. Correct the text: it is SQL as the source knows it.")
        .with_way("correct it in the options", Change::Page { page: "options".to_owned() })
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
