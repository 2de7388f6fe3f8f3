//! Tables that the job writes to and does not create.

use std::collections::BTreeSet;

use super::{by_administrator, listed};
use crate::core::fault::Fault;
use crate::core::name::Dialect;
use crate::core::plan::{Existing, Finding, MigrationPlan, Severity, TablePlan};
use crate::core::sql;
use crate::driver::mysql::grants::{Grants, Verdict};
use crate::driver::mysql::target::ledger::text;
use crate::driver::mysql::target::link::Line;

/// Tables asked for by one statement.
const TABLES_PER_QUERY: usize = 200;

/// Engines whose transactions can be rolled back.
const TRANSACTIONAL: [&str; 4] = ["InnoDB", "RocksDB", "TokuDB", "ndbcluster"];

pub(super) async fn check(
    line: &mut Line,
    grants: &Grants,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let there: Vec<&TablePlan> =
        plan.tables.iter().filter(|t| t.existing != Existing::Created).collect();
    let mut findings = Vec::new();
    findings.extend(engines(line, &there).await?);
    let user = super::user(line).await?;
    findings.extend(privileges(grants, &there, &user));
    findings.extend(triggers(line, &there).await?);
    Ok(findings)
}

/// Rows of a table without transactions stay when their chunk is taken back.
async fn engines(line: &mut Line, there: &[&TablePlan]) -> Result<Option<Finding>, Fault> {
    let asked = "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES \
                 WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE IS NOT NULL AND ";
    let mut found = BTreeSet::new();
    for row in by_names(line, there, asked, ["TABLE_SCHEMA", "TABLE_NAME"]).await? {
        let [Some(schema), Some(name), Some(engine)] = &row[..] else { continue };
        if !TRANSACTIONAL.iter().any(|known| known.eq_ignore_ascii_case(engine)) {
            found.insert(format!("{schema}.{name} ({engine})"));
        }
    }
    let found: Vec<String> = found.into_iter().collect();
    let finding = listed(Severity::Block, "target", "cannot take a chunk back", &found);
    Ok(finding.map(|f| {
        f.with_detail(
            "Their engine knows no transactions: after a failure rows would be there twice.",
        )
        .with_hint("ALTER TABLE ... ENGINE = InnoDB, or let the job replace the tables.")
    }))
}

fn privileges(grants: &Grants, there: &[&TablePlan], user: &str) -> Option<Finding> {
    let (mut lacking, mut statements) = (BTreeSet::new(), BTreeSet::new());
    for table in there {
        let (schema, name) = (&table.target.schema, &table.target.name);
        let is = |privilege: &str| grants.on_table(privilege, schema, name) == Verdict::No;
        let empties = table.existing == Existing::Truncated;
        let wanted = [("INSERT", true), ("DELETE", empties)];
        let missing: Vec<&str> = wanted
            .into_iter()
            .filter(|(privilege, needed)| *needed && is(privilege))
            .map(|(privilege, _)| privilege)
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let name = sql::qualified(Dialect::Mysql, &table.target);
            lacking.insert(format!("{} ({missing})", table.target));
            statements.insert(format!("GRANT {missing} ON {name} TO {user}"));
        }
    }
    let lacking: Vec<String> = lacking.into_iter().collect();
    let what = "may not be written by this user";
    listed(Severity::Block, "privileges", what, &lacking)
        .map(|f| f.with_hint("Grant what is named in parentheses."))
        .map(|f| by_administrator(f, statements.into_iter().collect()))
}

async fn triggers(line: &mut Line, there: &[&TablePlan]) -> Result<Option<Finding>, Fault> {
    let asked = "SELECT TRIGGER_NAME, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE \
                 FROM information_schema.TRIGGERS WHERE EVENT_MANIPULATION = 'INSERT' AND ";
    let columns = ["EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE"];
    let mut found = BTreeSet::new();
    for row in by_names(line, there, asked, columns).await? {
        let [Some(trigger), Some(schema), Some(name)] = &row[..] else { continue };
        found.insert(format!("{trigger} on {schema}.{name}"));
    }
    let found: Vec<String> = found.into_iter().collect();
    let finding = listed(Severity::Warn, "triggers", "of the target fire for every row", &found);
    Ok(finding.map(|f| {
        f.with_detail("They may change rows, refuse them, or write elsewhere.")
            .with_hint("Drop them before the job and create them again afterwards.")
    }))
}

/// Rows of `asked` for the tables named, some hundred at a time.
async fn by_names(
    line: &mut Line,
    there: &[&TablePlan],
    asked: &str,
    columns: [&str; 2],
) -> Result<Vec<Vec<Option<String>>>, Fault> {
    let mut all = Vec::new();
    for group in there.chunks(TABLES_PER_QUERY) {
        let names: Vec<String> = group
            .iter()
            .map(|t| format!("({}, {})", text(&t.target.schema), text(&t.target.name)))
            .collect();
        let [schema, name] = columns;
        let names = names.join(", ");
        all.extend(line.rows(format!("{asked}({schema}, {name}) IN ({names})")).await?);
    }
    Ok(all)
}
