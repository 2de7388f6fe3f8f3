//! What the plan has to say before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{LogicalType, Table, TableKind};
use super::super::mapping::{
    BadRowPolicy, Ends, Fit, MapRule, contradictions, idle_rules, wrong_targets,
};
use super::super::name::{Dialect, ObjectName};
use super::super::spec::{BadRows, JobSpec};
use super::build::{PlanInput, worst_fit};
use super::select::idle_patterns;
use super::{Change, ColumnPlan, Existing, Finding, Severity, TablePlan};

/// Columns named in one finding.
const COLUMNS_SHOWN: usize = 6;

/// About the two databases and the selection.
#[must_use]
pub fn about_ends(input: &PlanInput<'_>, selected: &[&Table]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (source, target) = (&input.source.server, &input.target.server);
    if source.identity.is_some() && source.identity == target.identity {
        findings.push(
            Finding::new(
                Severity::Block,
                "target",
                format!("source and target are the same database, {}", source.database),
            )
            .with_hint("Nothing was touched. Give another target.")
            .with_way("name another target", Change::Page { page: "connect".to_owned() }),
        );
    }
    let idle = idle_patterns(&input.spec.selection, input.source);
    if !idle.is_empty() {
        findings.push(
            Finding::new(
                Severity::Block,
                "source",
                format!("nothing on the source matches {}", idle.join(", ")),
            )
            .with_hint("Check the spelling; * and ? are wildcards, schema.table names one table.")
            .with_way("go back to Pick", Change::Page { page: "pick".to_owned() }),
        );
    } else if selected.is_empty() && input.items.is_empty() {
        findings.push(
            Finding::new(Severity::Block, "source", "there is nothing to copy")
                .with_hint("The selection leaves no table and no other object."),
        );
    }
    let one_kind = (source.dialect, source.mariadb) == (target.dialect, target.mariadb);
    if one_kind && source.version_num / 10_000 > target.version_num / 10_000 {
        findings.push(
            Finding::new(
                Severity::Warn,
                "versions",
                format!(
                    "the source is {} {}, the target is older: {}",
                    source.dialect.word(),
                    source.version_text,
                    target.version_text
                ),
            )
            .with_hint("A statement that the older server does not know fails its own step."),
        );
    }
    findings
}

/// About the tables that are copied.
#[must_use]
pub fn about_tables(spec: &JobSpec, tables: &[TablePlan], selected: &[&Table]) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(secured(selected));
    findings.extend(foreign(selected));
    findings.extend(positional(tables));
    findings.extend(type_findings(spec, tables));
    findings.extend(idle_switches(spec, tables));
    findings.extend(charset_note(spec, tables));
    findings.extend(collisions(spec, tables, selected));
    findings
}

/// About rules and switches that nobody could follow.
#[must_use]
pub fn about_rules(spec: &JobSpec, ends: Ends, selected: &[&Table]) -> Vec<Finding> {
    let rules = &spec.rules;
    if rules.is_empty() {
        return Vec::new();
    }
    let from = ends.from.dialect;
    let block = |message: String| Finding::new(Severity::Block, "rules", message);
    let mut findings: Vec<Finding> = wrong_targets(ends.to, rules)
        .into_iter()
        .map(|text| {
            let word = ends.to.dialect.word();
            block(text).with_hint(format!("Write a type as {word} knows it."))
        })
        .collect();
    findings.extend(contradictions(from, selected, rules).into_iter().map(|text| {
        block(text)
            .with_hint("Make one of them more specific, or take one out: order does not count.")
    }));
    findings.extend(idle_rules(from, selected, rules).into_iter().map(|rule| {
        block(format!("map rule {} matches nothing: {}", rule.number, rule.pattern())).with_hint(
            "Check the spelling; * and ? are wildcards. Types are the source's, as the plan shows \
             them.",
        )
    }));
    findings.extend(rejecting_rules(spec));
    findings
}

/// Rules that reject rows in a job that has no room for rejects.
fn rejecting_rules(spec: &JobSpec) -> Vec<Finding> {
    if spec.bad_rows != BadRows::Fail {
        return Vec::new();
    }
    let rejects = |rule: &&MapRule| rule.wanted.on_bad_row == Some(BadRowPolicy::Reject);
    let finding = |rule: &MapRule| {
        let text = format!("map rule {} rejects bad rows, and the job fails them", rule.number);
        Finding::new(Severity::Block, "rules", text).with_hint(
            "Say --bad-rows reject (with limits), and on_bad_row = \"fail\" for the tables and \
             columns where a bad row is to fail.",
        )
    };
    spec.rules.rules().iter().filter(rejects).map(finding).collect()
}

/// Switches that changed no column: most often the wrong one.
fn idle_switches(spec: &JobSpec, tables: &[TablePlan]) -> Option<Finding> {
    let said: Vec<&str> = tables
        .iter()
        .flat_map(|t| &t.columns)
        .flat_map(|c| c.rule.iter().map(|r| r.by.as_str()).chain([c.reason.as_str()]))
        .filter(|text| text.contains("switch"))
        .collect();
    let used = |name: &String| said.iter().any(|text| text.contains(name.as_str()));
    let set = spec.rules.switches().set_for_types();
    let idle: Vec<String> = set.into_iter().filter(|name| !used(name)).collect();
    if idle.is_empty() || tables.is_empty() {
        return None;
    }
    Some(
        Finding::new(
            Severity::Warn,
            "rules",
            format!("no column is changed by switch {}", idle.join(", ")),
        )
        .with_detail("Either no selected column has such a type, or it is so without the switch."),
    )
}

/// What a text column of another engine becomes on MySQL besides its type.
fn charset_note(spec: &JobSpec, tables: &[TablePlan]) -> Option<Finding> {
    let arrives = spec.target.dialect == Dialect::Mysql && spec.source.dialect != Dialect::Mysql;
    let text = |c: &ColumnPlan| matches!(c.target_logical, LogicalType::Text { .. });
    let any = tables.iter().any(|t| t.existing == Existing::Created && t.columns.iter().any(text));
    (arrives && any).then(|| {
        Finding::new(Severity::Ok, "types", "text columns are utf8mb4 with collation utf8mb4_bin")
            .with_detail(
                "Comparing by bytes keeps unique keys meaning what they mean on the source; other \
                 collations would call a and A equal.",
            )
    })
}

/// About columns that lose something or cannot travel: what a value scan may settle.
#[must_use]
pub fn type_findings(spec: &JobSpec, tables: &[TablePlan]) -> Vec<Finding> {
    let lossy = if spec.accept_lossy { Severity::Warn } else { Severity::Block };
    // A rule or switch that names what it costs is consent to it.
    let asked = |c: &ColumnPlan| c.rule.is_some();
    [
        unfit(tables, Fit::Unsupported, Severity::Block, &|_| true),
        unfit(tables, Fit::Lossy, lossy, &|c| !asked(c)),
        unfit(tables, Fit::Lossy, Severity::Warn, &asked),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// About tables that cannot be made on the other engine.
#[must_use]
pub fn about_homeless(tables: &[ObjectName]) -> Option<Finding> {
    let names = list(tables.iter())?;
    Some(
        Finding::new(Severity::Warn, "tables", format!("{names}: cannot be made on the target"))
            .with_detail("Their rows are not copied. The checklist says why, table by table."),
    )
}

pub(super) fn secured(selected: &[&Table]) -> Option<Finding> {
    let names = list(selected.iter().filter(|t| t.row_security).map(|t| &t.name))?;
    Some(
        Finding::new(
            Severity::Block,
            "privileges",
            format!("row security hides rows of {names} from this user"),
        )
        .with_hint("Copy as the owner without FORCE, or as a role with BYPASSRLS."),
    )
}

fn foreign(selected: &[&Table]) -> Option<Finding> {
    let outside = |t: &&&Table| matches!(t.kind, TableKind::Foreign | TableKind::Virtual);
    let names = list(selected.iter().filter(outside).map(|t| &t.name))?;
    Some(Finding::new(
        Severity::Warn,
        "tables",
        format!("{names}: only the definition is copied, the rows live elsewhere"),
    ))
}

fn positional(tables: &[TablePlan]) -> Option<Finding> {
    let cut = tables.iter().filter(|t| t.method.is_positional() && t.chunks.len() > 1);
    let names = list(cut.map(|t| &t.source))?;
    Some(
        Finding::new(Severity::Warn, "keys", format!("{names} cut by position, not by key"))
            .with_detail(
                "When the snapshot is lost in mid-load (a crash, a stop), such a table is emptied \
                 and loaded again; finished tables stay.",
            ),
    )
}

fn unfit(
    tables: &[TablePlan],
    fit: Fit,
    severity: Severity,
    counts: &dyn Fn(&ColumnPlan) -> bool,
) -> Option<Finding> {
    let columns: Vec<String> = tables
        .iter()
        .filter(|t| worst_fit(t) >= fit)
        .flat_map(|t| t.columns.iter().filter(|c| c.fit == fit).map(move |c| (t, c)))
        .filter(|(_, c)| counts(c))
        .map(|(t, c)| format!("{}.{}: {} ({})", t.source, c.name, c.types(), c.reason))
        .collect();
    let first = columns.first()?;
    let message = match (fit, columns.len()) {
        (Fit::Unsupported, 1) => format!("a column has no type on the target: {first}"),
        (Fit::Unsupported, n) => format!("{n} columns have no type on the target"),
        (_, 1) => format!("a column may lose something: {first}"),
        (_, n) => format!("{n} columns may lose something"),
    };
    let mut shown: Vec<String> = columns.iter().take(COLUMNS_SHOWN).cloned().collect();
    if columns.len() > shown.len() {
        shown.push(format!("{} more", columns.len() - shown.len()));
    }
    let hint = match (fit, severity) {
        (Fit::Unsupported, _) => {
            "Give a column another type with --map TABLE.COLUMN=TYPE, or leave the tables out with \
             --exclude."
        }
        (_, Severity::Block) => {
            "Let --scan look at the values, give columns other types with --map \
             TABLE.COLUMN=TYPE, agree with --accept-lossy, or leave the tables out with --exclude."
        }
        (_, Severity::Ok | Severity::Warn) => "Accepted: --accept-lossy, or the rule's own wish.",
    };
    let finding =
        Finding::new(severity, "types", message).with_detail(shown.join("; ")).with_hint(hint);
    let of = |t: &&TablePlan| t.columns.iter().any(|c| c.fit == fit && counts(c));
    let tables: Vec<&TablePlan> = tables.iter().filter(of).collect();
    Some(match severity {
        Severity::Block => unfit_ways(finding, fit, &tables),
        Severity::Ok | Severity::Warn => finding,
    })
}

/// What can be done about columns that lose something or have no type.
fn unfit_ways(mut finding: Finding, fit: Fit, tables: &[&TablePlan]) -> Finding {
    if fit == Fit::Lossy {
        finding = finding
            .with_way("accept what may be lost", Change::AcceptLossy)
            .with_way("look at the values first", set("scan", "true"));
    } else {
        finding = finding.with_way(
            "columns without a type there become text",
            set("switches.unknown_as_text", "true"),
        );
    }
    if let [only] = tables {
        let change = Change::LeaveOut { table: only.source.clone() };
        finding = finding.with_way(format!("leave {} out", only.source), change);
    }
    finding.with_way("give columns other types", Change::Page { page: "options".to_owned() })
}

/// A key of the job file and its value.
fn set(key: &str, value: &str) -> Change {
    Change::Set { key: key.to_owned(), value: value.to_owned() }
}

/// Two source tables with one name on the target: SQLite compares names without case.
fn collisions(spec: &JobSpec, tables: &[TablePlan], selected: &[&Table]) -> Vec<Finding> {
    let fold = |name: &ObjectName| match spec.target.dialect {
        Dialect::Sqlite => name.to_string().to_lowercase(),
        Dialect::Postgres | Dialect::Mysql => name.to_string(),
    };
    let mut seen: BTreeMap<String, &TablePlan> = BTreeMap::new();
    let mut findings = Vec::new();
    // Leaves that are written through their ancestor keep their own names.
    let through = selected.iter().filter(|table| table.load_through.is_some());
    let leaves: BTreeSet<&ObjectName> = through.map(|table| &table.name).collect();
    for table in tables {
        let leaf = leaves.contains(&table.source);
        let name = if leaf { &table.source } else { &table.target };
        if let Some(first) = seen.insert(fold(name), table) {
            findings.push(
                Finding::new(
                    Severity::Block,
                    "names",
                    format!(
                        "{} and {} would both be {} on the target",
                        first.source, table.source, table.target
                    ),
                )
                .with_hint("Leave one of them out with --exclude, or give it another name.")
                .with_way(
                    format!("give {} another name", table.source),
                    Change::Rename { table: table.source.clone() },
                )
                .with_way(
                    format!("leave {} out", table.source),
                    Change::LeaveOut { table: table.source.clone() },
                ),
            );
        }
        let mut columns: BTreeMap<String, &str> = BTreeMap::new();
        for column in &table.columns {
            let folded = match spec.target.dialect {
                Dialect::Sqlite | Dialect::Mysql => column.target_name.to_lowercase(),
                Dialect::Postgres => column.target_name.clone(),
            };
            if let Some(first) = columns.insert(folded, &column.name) {
                findings.push(Finding::new(
                    Severity::Block,
                    "names",
                    format!(
                        "columns {first} and {} of {} are one name on the target",
                        column.name, table.source
                    ),
                ));
            }
        }
    }
    findings
}

pub(super) fn list<'a>(names: impl Iterator<Item = &'a ObjectName>) -> Option<String> {
    let all: Vec<String> = names.map(ToString::to_string).collect();
    match all.as_slice() {
        [] => None,
        few if few.len() <= COLUMNS_SHOWN => Some(few.join(", ")),
        many => Some(format!(
            "{}, {} more tables",
            many[..COLUMNS_SHOWN].join(", "),
            many.len() - COLUMNS_SHOWN
        )),
    }
}
