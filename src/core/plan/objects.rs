//! Kinds of objects that stay, what needs them, and what is said of items that are not made.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{DdlItem, Table};
use super::super::name::Dialect;
use super::super::spec::ObjectClass;
use super::super::sql::{qualified, quote};
use super::build::PlanInput;
use super::dress::by_hand;
use super::naming::Naming;
use super::shape::class_of;
use super::{ChecklistEntry, Fate, Finding, Severity};

/// What kinds are left out, and what needs them.
#[must_use]
pub fn unwanted(input: &PlanInput<'_>, items: &[DdlItem]) -> (BTreeMap<u32, String>, Vec<Finding>) {
    let objects = &input.spec.shaping.objects;
    let mut out: BTreeMap<u32, String> = BTreeMap::new();
    if ObjectClass::ALL.iter().all(|class| objects.takes(*class)) {
        return (out, Vec::new());
    }
    let told = |class: ObjectClass| format!("{} objects are left out", class.word());
    let by_id: BTreeMap<u32, &DdlItem> = items.iter().map(|i| (i.id, i)).collect();
    for item in items {
        match class_of(&item.kind).filter(|class| !objects.takes(*class)) {
            Some(class) => out.insert(item.id, told(class)),
            None => None,
        };
    }
    if !objects.only.is_empty() {
        // Tables and the kinds that are named bring what they need, unless that was left out.
        let mut needed: BTreeSet<u32> = BTreeSet::new();
        let mut queue: Vec<u32> =
            items.iter().filter(|i| !out.contains_key(&i.id)).map(|i| i.id).collect();
        while let Some(id) = queue.pop() {
            let Some(item) = by_id.get(&id).filter(|_| needed.insert(id)) else { continue };
            queue.extend(&item.depends_on);
        }
        let asked = |id: &u32| {
            let class = by_id.get(id).and_then(|item| class_of(&item.kind));
            class.is_some_and(|class| objects.leave_out.contains(&class))
        };
        out.retain(|id, _| !needed.contains(id) || asked(id));
    }
    let findings = spread(items, &mut out);
    (out, findings)
}

/// What depends on something left out is left out, and a table that does is named.
pub fn spread(items: &[DdlItem], out: &mut BTreeMap<u32, String>) -> Vec<Finding> {
    let names: BTreeMap<u32, String> =
        items.iter().map(|i| (i.id, format!("{} {}", i.kind.to_lowercase(), i.name))).collect();
    loop {
        let more: Vec<(u32, String)> = items
            .iter()
            .filter(|item| !out.contains_key(&item.id) && !waits_only(item))
            .filter_map(|item| {
                let missing = item.depends_on.iter().find(|id| out.contains_key(id))?;
                let needed = names.get(missing)?;
                Some((item.id, format!("it needs {needed}, which is left out")))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        out.extend(more);
    }
    let tables = items.iter().filter(|item| item.kind == "TABLE" && out.contains_key(&item.id));
    tables
        .map(|item| {
            let why = &out[&item.id];
            Finding::new(Severity::Block, "tables", format!("{} cannot be made: {why}", item.name))
                .with_hint("Let that kind come along, or leave the table out with --exclude.")
        })
        .collect()
}

/// Privileges and comments wait for every part of their table and need only the table.
fn waits_only(item: &DdlItem) -> bool {
    matches!(item.kind.as_str(), "ACL" | "DEFAULT ACL") && item.table.is_some()
}

/// Checks of PostgreSQL stand in CREATE TABLE: they are taken out again; SQLite's cannot be.
pub fn without_inline(
    input: &PlanInput<'_>,
    original: &[Table],
    naming: &Naming,
    items: &mut [DdlItem],
) -> Vec<Finding> {
    let spec = input.spec;
    let objects = &spec.shaping.objects;
    let dialect = spec.target.dialect;
    let no_checks = !objects.takes(ObjectClass::Check);
    let no_keys = !objects.takes(ObjectClass::ForeignKey);
    let mut findings = Vec::new();
    for table in original {
        let target = naming.of(&table.name);
        let item = items.iter_mut().find(|i| i.kind == "TABLE" && i.name == target);
        let Some(item) = item else { continue };
        let (checks, keys) = (!table.checks.is_empty(), !table.foreign_keys.is_empty());
        match dialect {
            Dialect::Postgres if no_checks && table.parents.is_empty() => {
                let name = qualified(dialect, &target);
                item.statements.extend(table.checks.iter().map(|check| {
                    let check = quote(dialect, &check.name);
                    format!("ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}")
                }));
            }
            Dialect::Sqlite
                if no_checks && checks || no_keys && keys && dialect == Dialect::Sqlite =>
            {
                findings.push(by_hand(format!(
                    "{}: checks and foreign keys of SQLite are part of CREATE TABLE",
                    table.name
                )));
            }
            _ => {}
        }
    }
    findings
}

/// An entry for the checklist of an item that is not made.
#[must_use]
pub fn left_out_entry(item: &DdlItem, why: &str, by_hand: bool) -> ChecklistEntry {
    ChecklistEntry {
        kind: item.kind.to_lowercase(),
        name: item.name.clone(),
        fate: if by_hand { Fate::NeedsHands } else { Fate::Skipped },
        reason: Some(why.to_owned()),
        source_text: by_hand.then(|| item.statements.join(";\n")),
    }
}
