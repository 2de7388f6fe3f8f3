//! What the plan should say of a source before it begins; read-only.

use std::collections::BTreeSet;

use super::address::MysqlAddress;
use super::connect::{Session, word};
use super::grants::{Grants, Verdict};
use super::types::quoted;
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::plan::{Change, Finding, MigrationPlan, Severity};

/// Names shown in one finding; the rest is counted.
const NAMES_SHOWN: usize = 5;

/// What this user may not do here, and what the snapshot does not hold.
pub(super) async fn source(
    address: &MysqlAddress,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let names: BTreeSet<&ObjectName> = plan.tables.iter().map(|table| &table.source).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut session = Session::open(address).await?;
    let grants = grants(&mut session).await?;
    let mut findings = Vec::new();
    let schemas: BTreeSet<&str> = names.iter().map(|name| name.schema.as_str()).collect();
    findings.extend(unreadable(&grants, &names));
    findings.extend(about_locks(&grants, &schemas));
    findings.extend(about_engines(&mut session, &schemas, &names).await?);
    Ok(findings)
}

/// The privileges of this user and of the roles that are on.
async fn grants(session: &mut Session) -> Result<Grants, Fault> {
    let mut rows = session.rows("SHOW GRANTS").await?;
    let roles = session.value("SELECT CURRENT_ROLE()").await.ok().flatten();
    if let Some(roles) = roles.filter(|r| r != "NONE" && !session.flavour.mariadb) {
        let asked = format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}");
        rows.extend(session.rows(&asked).await.unwrap_or_default());
    }
    Ok(Grants::of(rows.iter().map(|row| word(row, 0))))
}

/// Tables that this user may not read: not even some of their columns.
fn unreadable(grants: &Grants, names: &BTreeSet<&ObjectName>) -> Option<Finding> {
    let closed =
        |name: &&&ObjectName| grants.on_table("SELECT", &name.schema, &name.name) == Verdict::No;
    let closed: Vec<String> = names.iter().filter(closed).map(|name| (*name).to_string()).collect();
    let first = closed.first()?;
    Some(
        Finding::new(
            Severity::Block,
            "privileges",
            format!("{} may not be read", some_of(&closed)),
        )
        .with_hint(format!("On the source: GRANT SELECT ON {first} TO this user, and so on."))
        .with_way("choose other tables", Change::Page { page: "pick".to_owned() }),
    )
}

fn about_locks(grants: &Grants, schemas: &BTreeSet<&str>) -> Option<Finding> {
    if grants.listed("RELOAD", None) || grants.listed("FLUSH_TABLES", None) {
        return None;
    }
    let lockable = |schema: &&&str| grants.listed("LOCK TABLES", Some(schema));
    let missing: Vec<&str> = schemas.iter().filter(|s| !lockable(s)).copied().collect();
    if missing.is_empty() {
        let what = "one snapshot for all workers needs a read lock on every table for a moment";
        return Some(Finding::new(Severity::Ok, "snapshot", what).with_detail(
            "This user may not take the global read lock, so each table is locked instead, \
                 for as long as it takes to begin the transactions.",
        ));
    }
    let what = "this user may not lock the source: one connection reads everything";
    Some(
        Finding::new(Severity::Warn, "snapshot", what)
            .with_detail(format!(
                "Tried: FLUSH TABLES WITH READ LOCK (needs RELOAD), then LOCK TABLES (needs LOCK \
                 TABLES, missing on {}). Without a lock several connections would see several \
                 moments. What is read is consistent all the same, by one worker at a time.",
                some_of(&missing)
            ))
            .with_hint("GRANT RELOAD ON *.* to this user, or LOCK TABLES on these databases."),
    )
}

/// Tables whose rows are not part of any snapshot.
async fn about_engines(
    session: &mut Session,
    schemas: &BTreeSet<&str>,
    names: &BTreeSet<&ObjectName>,
) -> Result<Vec<Finding>, Fault> {
    let list: Vec<String> = schemas.iter().map(|schema| quoted(schema)).collect();
    let rows = session
        .rows(&format!(
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.ENGINE, t.TABLE_TYPE, e.TRANSACTIONS \
             FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e \
             ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA IN ({})",
            list.join(", ")
        ))
        .await?;
    let (mut outside, mut versioned) = (Vec::new(), Vec::new());
    for row in &rows {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        if !names.contains(&name) {
            continue;
        }
        if word(row, 4) != "YES" {
            outside.push(format!("{name} ({})", word(row, 2)));
        }
        if word(row, 3) == "SYSTEM VERSIONED" {
            versioned.push(name.to_string());
        }
    }
    let mut findings = Vec::new();
    if !outside.is_empty() {
        let what = match outside.len() {
            1 => format!("the rows of {} are not part of the snapshot", outside[0]),
            n => format!("the rows of {n} tables are not part of the snapshot"),
        };
        findings.push(
            Finding::new(Severity::Warn, "snapshot", what)
                .with_detail(format!(
                    "{}: their engine knows no transactions, so each chunk is read as it is at \
                     that moment.",
                    some_of(&outside)
                ))
                .with_hint("Keep writers away from them while they are copied."),
        );
    }
    if !versioned.is_empty() {
        let what = format!("only today's rows of {} are copied", some_of(&versioned));
        findings.push(
            Finding::new(Severity::Warn, "history", what)
                .with_detail("The history of system-versioned tables stays at the source."),
        );
    }
    Ok(findings)
}

fn some_of<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_say_which_lock_can_be_had() {
        for (lines, severity) in [
            (&["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`"][..], None),
            (&["GRANT SELECT, RELOAD ON *.* TO `a`@`%`"], None),
            (&["GRANT USAGE ON *.* TO x", "GRANT FLUSH_TABLES ON *.* TO x"], None),
            (&["GRANT SELECT, LOCK TABLES ON `c\\_m`.* TO x"], Some(Severity::Ok)),
            (&["GRANT ALL PRIVILEGES ON `c%`.* TO x"], Some(Severity::Ok)),
            (&["GRANT SELECT ON `c_m`.* TO x"], Some(Severity::Warn)),
            (&["GRANT LOCK TABLES ON `other`.* TO x"], Some(Severity::Warn)),
            (&["GRANT LOCK TABLES ON `c_m`.`t` TO x"], Some(Severity::Warn)),
        ] {
            let grants = Grants::of(lines.iter().map(|line| (*line).to_owned()));
            let found = about_locks(&grants, &BTreeSet::from(["c_m"]));
            assert_eq!(found.map(|finding| finding.severity), severity, "{lines:?}");
        }
    }
}
