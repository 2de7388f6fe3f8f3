//! What would go wrong, found before anything is done: privileges, settings of the server, tables
//! that are there. Reads only.

mod existing;
mod server;

use std::collections::BTreeSet;

use super::super::grants::{Grants, Verdict};
use super::super::types::quoted;
use super::link::{Line, Link};
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::Dialect;
use crate::core::plan::{Change, Existing, Finding, MigrationPlan, Severity, StepKind};
use crate::core::sql;

/// Names listed in one finding; the rest is counted.
const NAMES_SHOWN_MAX: usize = 8;

/// Findings about the target.
pub(super) async fn target(link: &Link, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
    let mut line = link.connect().await?;
    let line = &mut line;
    let grants = read_grants(line).await?;
    let mut findings = server::check(line, &grants, plan).await?;
    findings.extend(databases(line, &grants, plan).await?);
    findings.extend(existing::check(line, &grants, plan).await?);
    Ok(findings)
}

async fn read_grants(line: &mut Line) -> Result<Grants, Fault> {
    match line.rows("SHOW GRANTS").await {
        Ok(rows) => Ok(Grants::of(rows.into_iter().filter_map(|row| row.into_iter().next()?))),
        Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
        Err(_) => Ok(Grants::unknown()),
    }
}

/// `'ana'@'%'`: whom a GRANT names.
async fn user(line: &mut Line) -> Result<String, Fault> {
    let current = line.one("SELECT CURRENT_USER()").await?.unwrap_or_default();
    let (name, host) = current.rsplit_once('@').unwrap_or((&current, "%"));
    Ok(format!("{}@{}", quoted(name), quoted(host)))
}

/// A way out whose statements this user himself may hardly run.
fn by_administrator(finding: Finding, statements: Vec<String>) -> Finding {
    let title = "grant it (as an administrator)";
    finding.with_way(title, Change::Conform { statements })
}

/// A way out by a setting of the whole server.
fn by_setting(finding: Finding, statement: &str) -> Finding {
    let title = format!("{statement} (needs SUPER or SYSTEM_VARIABLES_ADMIN)");
    finding.with_way(title, Change::Conform { statements: vec![statement.to_owned()] })
}

/// One finding about several things, or none about nothing: `crm.a, crm.b and 3 more may not ...`.
fn listed(severity: Severity, topic: &str, what: &str, names: &[String]) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN_MAX).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(Finding::new(severity, topic, format!("{}{rest} {what}", shown.join(", "))))
}

/// What the plan's statements need on the databases where it creates things.
fn needed(plan: &MigrationPlan) -> BTreeSet<&'static str> {
    let mut needed = BTreeSet::from(["CREATE", "INSERT", "SELECT"]);
    for statement in plan
        .steps
        .iter()
        .filter(|step| step.kind != StepKind::Sequence)
        .flat_map(|step| &step.statements)
    {
        let upper: String = statement.chars().take(400).collect::<String>().to_ascii_uppercase();
        let words: Vec<&str> = upper.split_whitespace().take(12).collect();
        let has = |word: &str| words.contains(&word);
        match words.first().copied().unwrap_or_default() {
            "DROP" => needed.extend(["DROP"]),
            "ALTER" => needed.extend(["ALTER"]),
            "CREATE" if has("TRIGGER") => needed.extend(["TRIGGER"]),
            "CREATE" if has("EVENT") => needed.extend(["EVENT"]),
            "CREATE" if has("PROCEDURE") || has("FUNCTION") => needed.extend(["CREATE ROUTINE"]),
            "CREATE" if has("VIEW") => needed.extend(["CREATE VIEW"]),
            "CREATE" if has("INDEX") => needed.extend(["INDEX"]),
            _ => {}
        }
        if upper.contains("FOREIGN KEY") {
            needed.insert("REFERENCES");
        }
    }
    needed
}

/// May the job create its tables, and the databases they are in?
async fn databases(
    line: &mut Line,
    grants: &Grants,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let created = plan.tables.iter().filter(|t| t.existing == Existing::Created);
    let wanted: BTreeSet<&str> = created.map(|t| t.target.schema.as_str()).collect();
    let needed = needed(plan);
    let (mut refused, mut unsure, mut statements) = (Vec::new(), Vec::new(), Vec::new());
    let user = user(line).await?;
    for database in wanted {
        let lacking = |verdict: Verdict| {
            needed.iter().copied().filter(move |p| grants.on_database(p, database) == verdict)
        };
        let missing: Vec<&str> = lacking(Verdict::No).collect();
        if !missing.is_empty() {
            let name =
                sql::quote(Dialect::Mysql, &database.replace('_', "\\_").replace('%', "\\%"));
            statements.push(format!("GRANT {} ON {name}.* TO {user}", missing.join(", ")));
            refused.push(format!("{database} ({})", missing.join(", ")));
        } else if lacking(Verdict::Unsure).next().is_some() {
            unsure.push(database.to_owned());
        }
    }
    let mut findings = Vec::new();
    findings.extend(
        listed(Severity::Block, "privileges", "lack privileges for this user", &refused)
            .map(|f| f.with_hint("Grant what is named in parentheses on these databases."))
            .map(|f| by_administrator(f, statements)),
    );
    // Roles: the server itself is asked for what they come to.
    let mut closed = Vec::new();
    for database in unsure {
        if !may_see(line, &database).await? {
            closed.push(database);
        }
    }
    findings.extend(
        listed(Severity::Warn, "privileges", "are not visible to this user yet", &closed).map(
            |f| {
                f.with_detail("Roles or privileges taken back in part were not followed.")
                    .with_hint("Make sure that the user may create tables and databases there.")
            },
        ),
    );
    Ok(findings)
}

async fn may_see(line: &mut Line, database: &str) -> Result<bool, Fault> {
    let asked = format!(
        "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}",
        super::ledger::text(database)
    );
    Ok(line.one(asked).await?.is_some())
}
