//! Rows that refer to nothing. SQLite and MySQL let them be there (`foreign_keys` off,
//! `foreign_key_checks = 0`), and a foreign key over them cannot be made on the target.
//!
//! One question for each foreign key, in words that both engines understand; a driver asks them
//! within a time, and what it did not get to is said.

use super::super::catalog::{Catalog, ForeignKey, Table};
use super::super::name::Dialect;
use super::super::spec::{Content, JobKind, JobSpec, ObjectClass};
use super::super::sql::{qualified, quote};
use super::{Change, Finding, MigrationPlan, Severity};

/// Rows counted; more are "or more".
const COUNTED_MAX: u64 = 1_000;
/// Foreign keys told of in one finding each; further ones are counted.
const FINDINGS_MAX: usize = 20;

/// One foreign key to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanQuestion {
    /// `crm.orders (customer_id) -> crm.customers`.
    pub key: String,
    /// Counts up to a limit.
    pub statement: String,
    /// Shows them.
    pub listing: String,
}

/// What has to be asked: nothing of engines that check by themselves, or when no foreign key and
/// no row travels.
#[must_use]
pub fn orphan_questions(
    spec: &JobSpec,
    source: &Catalog,
    plan: &MigrationPlan,
) -> Vec<OrphanQuestion> {
    let unneeded = spec.kind != JobKind::Copy
        || spec.content != Content::All
        || !spec.shaping.objects.takes(ObjectClass::ForeignKey);
    if unneeded || source.server.dialect == Dialect::Postgres {
        return Vec::new();
    }
    let planned = |table: &&Table| plan.tables.iter().any(|plan| plan.source == table.name);
    let tables = source.tables.iter().filter(planned);
    let keys = tables.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter_map(|(table, key)| question(source, table, key)).collect()
}

fn question(source: &Catalog, table: &Table, key: &ForeignKey) -> Option<OrphanQuestion> {
    let dialect = source.server.dialect;
    let parent = source.tables.iter().find(|other| other.name == key.to_table)?;
    let to_columns = match key.to_columns.as_slice() {
        [] => &parent.keys.iter().find(|key| key.primary)?.columns,
        _ => &key.to_columns,
    };
    if to_columns.len() != key.columns.len() || key.columns.is_empty() {
        return None;
    }
    let own = |alias: &str, name: &str| format!("{alias}.{}", quote(dialect, name));
    let filled: Vec<String> =
        key.columns.iter().map(|name| format!("{} IS NOT NULL", own("c", name))).collect();
    let pairs = key.columns.iter().zip(to_columns);
    let equal: Vec<String> =
        pairs.map(|(from, to)| format!("{} = {}", own("p", to), own("c", from))).collect();
    let from = format!(
        "{} c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
        qualified(dialect, &table.name),
        filled.join(" AND "),
        qualified(dialect, &parent.name),
        equal.join(" AND ")
    );
    Some(OrphanQuestion {
        key: format!("{} ({}) -> {}", table.name, key.columns.join(", "), key.to_table),
        statement: format!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM {from} LIMIT {}) AS counted",
            COUNTED_MAX + 1
        ),
        listing: format!("SELECT c.* FROM {from}"),
    })
}

/// What the answers come to.
#[must_use]
pub fn orphan_findings(
    spec: &JobSpec,
    questions: &[OrphanQuestion],
    answers: &[Option<u64>],
) -> Vec<Finding> {
    if questions.is_empty() {
        return Vec::new();
    }
    let asked = || questions.iter().zip(answers.iter().copied().chain(std::iter::repeat(None)));
    let found: Vec<(&OrphanQuestion, u64)> =
        asked().filter_map(|(q, count)| Some((q, count?))).filter(|(_, n)| *n > 0).collect();
    let mut findings: Vec<Finding> =
        found.iter().take(FINDINGS_MAX).map(|(q, count)| orphans(spec, q, *count)).collect();
    if found.len() > FINDINGS_MAX {
        let more = found.len() - FINDINGS_MAX;
        let message = format!("{more} more foreign keys have rows that refer to nothing");
        findings.push(Finding::new(Severity::Warn, "orphans", message));
    }
    let unseen: Vec<&str> =
        asked().filter(|(_, count)| count.is_none()).map(|(q, _)| q.key.as_str()).collect();
    let looked = questions.len() - unseen.len();
    if found.is_empty() && looked > 0 {
        let message = format!("no row of {looked} foreign keys refers to nothing");
        findings.push(Finding::new(Severity::Ok, "orphans", message));
    }
    if let Some(first) = unseen.first() {
        let message =
            format!("{} of {} foreign keys were not looked at", unseen.len(), questions.len());
        findings.push(Finding::new(Severity::Ok, "orphans", message).with_detail(format!(
            "It would have taken too long; {first} is the first. Each is checked when it is made \
             on the target.",
        )));
    }
    findings
}

fn orphans(spec: &JobSpec, question: &OrphanQuestion, count: u64) -> Finding {
    let rows = match count {
        1 => "1 row refers".to_owned(),
        n if n > COUNTED_MAX => format!("{COUNTED_MAX} rows or more refer"),
        n => format!("{n} rows refer"),
    };
    let unchecked = spec.target.dialect == Dialect::Sqlite;
    let detail = match unchecked {
        true => "SQLite takes them along and checks nothing while foreign_keys is off.",
        false => "The rows arrive; the step that makes the foreign key on the target fails.",
    };
    let severity = if unchecked { Severity::Ok } else { Severity::Warn };
    let mut left_out = spec.shaping.objects.leave_out.clone();
    left_out.push(ObjectClass::ForeignKey);
    let words: Vec<String> = left_out.iter().map(|class| format!("{:?}", class.word())).collect();
    let finding = Finding::new(severity, "orphans", format!("{}: {rows} to nothing", question.key))
        .with_detail(format!("{detail} They are listed by: {}", question.listing));
    match unchecked {
        true => finding,
        false => finding
            .with_hint("Mend these rows on the source, or do without the foreign keys.")
            .with_way(
                "leave foreign keys out",
                Change::Set {
                    key: "objects.leave_out".to_owned(),
                    value: format!("[{}]", words.join(", ")),
                },
            ),
    }
}

#[cfg(test)]
mod tests;
