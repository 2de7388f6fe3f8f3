//! Tables and other objects that are on the target already.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, Column, DdlItem, Table};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::{Content, JobSpec, TableExists};
use super::build::policy;
use super::columns::target_columns;
use super::select::table_of;
use super::shape::Shapes;
use super::steps::holds_rows;
use super::{Change, Existing, Finding, Severity};

/// Names shown in one finding; the rest is counted.
const NAMES_SHOWN: usize = 5;

/// Every policy, the one that forbids the start first.
const POLICIES: [TableExists; 5] = [
    TableExists::Stop,
    TableExists::Skip,
    TableExists::Append,
    TableExists::Truncate,
    TableExists::Replace,
];

/// Tables that are there already and have a finding each; more share one.
const TABLES_APART: usize = 8;

/// The target as far as collisions go.
pub struct TargetView<'a> {
    tables: BTreeMap<&'a ObjectName, &'a Table>,
    nonempty: BTreeSet<&'a ObjectName>,
    others: BTreeMap<String, BTreeSet<&'a ObjectName>>,
    schemas: BTreeSet<&'a str>,
    /// With the table each belongs to.
    sequences: BTreeMap<&'a ObjectName, Option<&'a ObjectName>>,
}

impl<'a> TargetView<'a> {
    #[must_use]
    pub fn new(target: &'a Catalog, nonempty: &'a [ObjectName]) -> TargetView<'a> {
        let mut others: BTreeMap<String, BTreeSet<&ObjectName>> = BTreeMap::new();
        for other in &target.others {
            others.entry(other.kind.to_uppercase()).or_default().insert(&other.name);
        }
        TargetView {
            tables: target.tables.iter().map(|t| (&t.name, t)).collect(),
            nonempty: nonempty.iter().collect(),
            others,
            schemas: target.schemas.iter().map(String::as_str).collect(),
            sequences: target
                .sequences
                .iter()
                .map(|s| (&s.name, s.owner.as_ref().map(|(table, _)| table)))
                .collect(),
        }
    }
}

/// What was settled.
#[derive(Debug, Default)]
pub struct Fates {
    /// Target names left alone altogether.
    pub skipped: BTreeSet<ObjectName>,
    /// Target names dropped before they are created again.
    pub replaced: Vec<ObjectName>,
    pub existing: BTreeMap<ObjectName, Existing>,
    /// Items that must not run because their object, or their table, is there.
    pub omitted_items: BTreeSet<u32>,
}

/// Applies the table-exists policy and finds every other collision.
pub fn settle_existing(
    spec: &JobSpec,
    target: &TargetView<'_>,
    names: &[(&Table, ObjectName)],
    items: &[DdlItem],
    shapes: &Shapes,
    findings: &mut Vec<Finding>,
) -> Fates {
    let there: Vec<&(&Table, ObjectName)> =
        names.iter().filter(|(_, n)| target.tables.contains_key(n)).collect();
    let holding: Vec<&ObjectName> =
        there.iter().map(|(_, n)| n).filter(|n| target.nonempty.contains(n)).collect();
    let mut fates = Fates::default();
    if spec.content == Content::DataOnly {
        require_tables(target, names, findings);
    }
    let own = |table: &Table| shapes.get(&table.name).and_then(|shape| shape.wanted.if_exists);
    let asked = |table: &Table| policy(spec, own(table), holding.is_empty());
    for how in POLICIES {
        let these: Vec<&(&Table, ObjectName)> =
            there.iter().copied().filter(|(table, _)| asked(table) == how).collect();
        if these.is_empty() {
            continue;
        }
        match how {
            TableExists::Stop => {
                let full: Vec<&ObjectName> =
                    these.iter().map(|(_, n)| n).filter(|n| holding.contains(n)).collect();
                findings.extend(stop_findings(&these, &full));
            }
            TableExists::Skip => fates.skipped.extend(these.iter().map(|(_, n)| n.clone())),
            TableExists::Append => set_all(&mut fates, &these, Existing::Append),
            TableExists::Truncate => set_all(&mut fates, &these, Existing::Truncated),
            TableExists::Replace => fates.replaced.extend(these.iter().map(|(_, n)| n.clone())),
        }
    }
    missing_columns(spec, target, names, shapes, (&fates, findings));
    if spec.target.dialect == Dialect::Mysql {
        findings.extend(referred_from_outside(target, &fates));
    }
    omit_items(spec, target, items, &mut fates, findings);
    fates
}

/// MySQL drops and empties tables without asking those that refer to them: what would be left
/// with nothing to refer to is found beforehand.
fn referred_from_outside(target: &TargetView<'_>, fates: &Fates) -> Option<Finding> {
    let emptied = |name: &ObjectName| fates.existing.get(name) == Some(&Existing::Truncated);
    let goes = |name: &ObjectName| fates.replaced.contains(name) || emptied(name);
    let refers = |table: &&&Table| {
        !goes(&table.name) && table.foreign_keys.iter().any(|key| goes(&key.to_table))
    };
    let outside: Vec<&ObjectName> =
        target.tables.values().filter(refers).map(|table| &table.name).collect();
    if outside.is_empty() {
        return None;
    }
    let message =
        format!("tables that are not part of the job refer to some that are: {}", join(&outside));
    Some(
        Finding::new(Severity::Block, "target", message)
            .with_detail("Dropping or emptying those would leave rows that refer to nothing.")
            .with_hint(
                "Drop the foreign keys first, copy those tables as well, or add rows with \
                 --if-exists append.",
            ),
    )
}

fn set_all(fates: &mut Fates, there: &[&(&Table, ObjectName)], how: Existing) {
    let loaded = there.iter().filter(|(t, _)| holds_rows(&t.kind));
    fates.existing.extend(loaded.map(|(_, n)| (n.clone(), how)));
    // Parents of partitions hold no rows and stay as they are.
    let parents = there.iter().filter(|(t, _)| !holds_rows(&t.kind));
    fates.skipped.extend(parents.map(|(_, n)| n.clone()));
}

fn require_tables(
    target: &TargetView<'_>,
    names: &[(&Table, ObjectName)],
    findings: &mut Vec<Finding>,
) {
    let absent: Vec<&ObjectName> = names
        .iter()
        .filter(|(t, n)| holds_rows(&t.kind) && !target.tables.contains_key(n))
        .map(|(_, n)| n)
        .collect();
    if !absent.is_empty() {
        findings.push(
            Finding::new(
                Severity::Block,
                "target",
                format!("{} are not on the target", some_of(&absent, "table")),
            )
            .with_hint("Rows alone were asked for. Create the tables first, or copy all."),
        );
    }
}

/// A few tables have a finding each, with ways out of their own; many share one.
fn stop_findings(there: &[&(&Table, ObjectName)], holding: &[&ObjectName]) -> Vec<Finding> {
    if there.len() > TABLES_APART {
        return vec![stop_finding(there, holding)];
    }
    there.iter().map(|one| stop_finding(&[*one], holding)).collect()
}

fn stop_finding(there: &[&(&Table, ObjectName)], holding: &[&ObjectName]) -> Finding {
    let all: Vec<&ObjectName> = there.iter().map(|(_, n)| n).collect();
    let full: Vec<&ObjectName> =
        holding.iter().copied().filter(|name| all.contains(name)).collect();
    let rows = match (all.len(), full.len()) {
        (1, 0) => "It holds no rows.".to_owned(),
        (1, _) => "It holds rows.".to_owned(),
        (_, 0) => "None of them holds rows.".to_owned(),
        (_, n) => format!("{n} of them hold rows: {}.", join(&full)),
    };
    let finding = Finding::new(
        Severity::Block,
        "target",
        format!("{} already on the target", some_of(&all, "table")),
    )
    .with_detail(rows)
    .with_hint(
        "Choose with --if-exists: skip leaves them, append adds rows, truncate empties them \
         first, replace drops them and makes them anew.",
    );
    let policies = [
        ("empty first: truncate, asks for the target's name", TableExists::Truncate),
        ("add to what is there: append, rows with equal keys fail", TableExists::Append),
        ("keep what is there and copy nothing: skip", TableExists::Skip),
        ("drop and make anew: replace, asks for the target's name", TableExists::Replace),
    ];
    let one = match there {
        [(table, _)] => Some(&table.name),
        _ => None,
    };
    let finding = policies.into_iter().fold(finding, |finding, (title, policy)| {
        let change = match one {
            Some(table) => Change::TableExists { table: table.clone(), policy },
            None => {
                let value = format!("{:?}", policy.word());
                Change::Set { key: "if_exists".to_owned(), value }
            }
        };
        finding.with_way(title, change)
    });
    let finding = match one {
        Some(table) => {
            finding.with_way("leave this table out", Change::LeaveOut { table: table.clone() })
        }
        None => finding,
    };
    finding.with_way("go back to Pick", Change::Page { page: "pick".to_owned() })
}

fn missing_columns(
    spec: &JobSpec,
    target: &TargetView<'_>,
    names: &[(&Table, ObjectName)],
    shapes: &Shapes,
    (fates, findings): (&Fates, &mut Vec<Finding>),
) {
    for (table, name) in names.iter().filter(|(_, n)| fates.existing.contains_key(n)) {
        let Some(there) = target.tables.get(name) else { continue };
        let ours = target_columns(spec, table, shapes.get(&table.name));
        let stored: Vec<&String> = table
            .columns
            .iter()
            .zip(&ours)
            .filter(|(column, _)| column.generated.is_none())
            .map(|(_, name)| name)
            .collect();
        let folds = spec.target.dialect != Dialect::Postgres;
        let same = |a: &str, b: &str| a == b || folds && a.eq_ignore_ascii_case(b);
        let other = |name: &str| there.columns.iter().find(|c| same(&c.name, name));
        let absent: Vec<&str> = stored
            .iter()
            .map(|name| name.as_str())
            .filter(|name| other(name).is_none_or(|o| o.generated.is_some()))
            .collect();
        if !absent.is_empty() {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "target",
                    format!("{name} on the target has no column {}", absent.join(", ")),
                )
                .with_hint(
                    "Add the columns, leave them out with --without, name them as the target does \
                     with --rename-column, or replace the table with --if-exists replace.",
                )
                .with_way(
                    "drop and make anew: replace, asks for the target's name",
                    Change::TableExists { table: table.name.clone(), policy: TableExists::Replace },
                )
                .with_way("leave this table out", Change::LeaveOut { table: table.name.clone() }),
            );
        }
        let fed = |column: &Column| stored.iter().any(|name| same(name, &column.name));
        let bare = |column: &&Column| {
            column.not_null
                && column.default.is_none()
                && column.identity.is_none()
                && column.generated.is_none()
        };
        let unfed: Vec<&str> = there
            .columns
            .iter()
            .filter(bare)
            .filter(|column| !fed(column))
            .map(|column| column.name.as_str())
            .collect();
        if !unfed.is_empty() {
            let message = format!(
                "{name} on the target needs values that are not copied: {}",
                unfed.join(", ")
            );
            findings.push(
                Finding::new(Severity::Block, "target", message)
                    .with_detail(
                        "These columns are NOT NULL and have no default: no row would fit.",
                    )
                    .with_hint("Copy the columns as well, or give them a default on the target."),
            );
        }
    }
}

/// Items of tables that stay as they are, and items whose object is there already.
fn omit_items(
    spec: &JobSpec,
    target: &TargetView<'_>,
    items: &[DdlItem],
    fates: &mut Fates,
    findings: &mut Vec<Finding>,
) {
    let mut clashes: Vec<&ObjectName> = Vec::new();
    for item in items {
        let kept = table_of(item)
            .is_some_and(|t| fates.skipped.contains(t) || fates.existing.contains_key(t));
        let schema_there = matches!(item.kind.as_str(), "SCHEMA" | "DATABASE")
            && target.schemas.contains(item.name.name.as_str());
        if kept || schema_there {
            fates.omitted_items.insert(item.id);
        } else if table_of(item).is_none() && exists(target, item, &fates.replaced) {
            match spec.table_exists {
                TableExists::Stop if spec.content != Content::DataOnly => clashes.push(&item.name),
                TableExists::Stop
                | TableExists::Skip
                | TableExists::Append
                | TableExists::Truncate
                | TableExists::Replace => {
                    fates.omitted_items.insert(item.id);
                }
            }
        }
    }
    if !clashes.is_empty() {
        findings.push(
            Finding::new(
                Severity::Block,
                "target",
                format!("{} already on the target", some_of(&clashes, "other object")),
            )
            .with_hint("Use an empty database, or --if-exists skip to keep what is there.")
            .with_way(
                "keep what is there",
                Change::Set { key: "if_exists".to_owned(), value: "\"skip\"".to_owned() },
            ),
        );
    }
    if !fates.replaced.is_empty() && spec.target.dialect != Dialect::Sqlite {
        findings.push(
            Finding::new(
                Severity::Warn,
                "target",
                format!("{} dropped and made anew", some_of_owned(&fates.replaced, "table")),
            )
            .with_hint(match spec.target.dialect {
                Dialect::Mysql => "Views that read one of them stay as they are.",
                Dialect::Postgres | Dialect::Sqlite => {
                    "A view that needs one of them stops the job before anything is dropped."
                }
            }),
        );
    }
}

/// Is the object of `item` there, and will it still be when `item` would run? `CREATE EXTENSION IF
/// NOT EXISTS` never clashes; a sequence goes with the table that owns it.
fn exists(target: &TargetView<'_>, item: &DdlItem, replaced: &[ObjectName]) -> bool {
    match item.kind.as_str() {
        "EXTENSION" => false,
        "SEQUENCE" => target
            .sequences
            .get(&item.name)
            .is_some_and(|owner| !owner.is_some_and(|table| replaced.contains(table))),
        kind => target.others.get(kind).is_some_and(|names| names.contains(&item.name)),
    }
}

/// `3 tables are: a, b, c`; long lists are cut and counted.
fn some_of(names: &[&ObjectName], what: &str) -> String {
    match names {
        [only] => format!("{what} {only} is"),
        _ => format!("{} {what}s ({}) are", names.len(), join(names)),
    }
}

fn some_of_owned(names: &[ObjectName], what: &str) -> String {
    some_of(&names.iter().collect::<Vec<_>>(), what)
}

fn join(names: &[&ObjectName]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(ToString::to_string).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{}, {more} more", shown.join(", ")),
    }
}
