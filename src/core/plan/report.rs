//! The report: what was looked at and found in order, so that the operator sees that it was looked
//! at. One line for each topic about which nobody had anything worse to say.

use super::super::catalog::{Room, Settings};
use super::super::name::Dialect;
use super::super::spec::{Content, JobKind};
use super::conform::{Looked, conform, zone_of};
use super::findings::list;
use super::{Change, Existing, Finding, Severity, StepKind};

/// Connections a job opens besides its copy workers: snapshot, build workers, probes.
const CONNECTIONS_BESIDES: u32 = 5;

/// Of the rows' bytes, what indexes, keys and the server's own overhead add; percent.
const INDEXES_PERCENT: u64 = 25;
const OVERHEAD_PERCENT: u64 = 10;

/// What differs and what is in order; `said` is what the drivers and the plan found already.
#[must_use]
pub fn report(looked: &Looked<'_>, said: &[Finding]) -> Vec<Finding> {
    let mut findings = sessions(looked);
    findings.extend(room(looked));
    if looked.spec.kind == JobKind::Copy {
        findings.extend(conform(looked));
        findings.extend(keyless(looked));
        findings.extend(large_objects(looked));
    }
    let worse = |topic: &str| {
        let mut all = said.iter().chain(&findings);
        all.any(|finding| finding.topic == topic && finding.severity != Severity::Ok)
    };
    let fine: Vec<Finding> = in_order(looked)
        .into_iter()
        .filter(|(topic, _)| !worse(topic))
        .map(|(topic, message)| Finding::new(Severity::Ok, topic, message))
        .collect();
    findings.extend(fine);
    findings
}

/// The sentence of each topic when nothing is wrong with it.
fn in_order(looked: &Looked<'_>) -> Vec<(&'static str, String)> {
    let (source, target) = (&looked.source.server, looked.target);
    let name = |server: &super::super::catalog::Server| {
        let kind = match (server.dialect, server.mariadb) {
            (Dialect::Postgres, _) => "PostgreSQL",
            (Dialect::Mysql, true) => "MariaDB",
            (Dialect::Mysql, false) => "MySQL",
            (Dialect::Sqlite, _) => "SQLite",
        };
        format!("{kind} {}", server.version_text)
    };
    let mut facts = vec![
        ("versions", format!("{} to {}", name(source), name(target))),
        (
            "encoding",
            format!("text is {} on the source, {} there", source.encoding, target.encoding),
        ),
    ];
    facts.extend(privileges(looked));
    facts.extend(zones(looked).map(|text| ("time zone", text)));
    if looked.spec.kind == JobKind::Verify {
        return facts;
    }
    let (from, to) = looked.dialects();
    facts.push(("target", "the target takes writes".to_owned()));
    facts.push(("types", "every column arrives as it left".to_owned()));
    facts.push(("names", "every name fits and is one name only".to_owned()));
    facts.push(("keys", "every table has a key that names its rows".to_owned()));
    let settings = looked.target_settings;
    match to {
        Dialect::Mysql => {
            let mode = settings.value("sql_mode").unwrap_or("not known");
            facts.push(("sql_mode", format!("{mode}; the job's own sessions are strict")));
            if let Some(bytes) = settings.number("max_allowed_packet") {
                facts.push(("packet", format!("max_allowed_packet is {}", bytes_text(bytes))));
            }
            if settings.value("local_infile") == Some("ON") {
                facts.push(("bulk load", "the server takes LOAD DATA LOCAL".to_owned()));
            }
        }
        Dialect::Postgres => {
            let sorts = settings.value("datlocale").or(settings.value("datcollate"));
            if let Some(sorts) = sorts {
                facts.push(("collation", format!("text sorts by {sorts} on the target")));
            }
            if from == Dialect::Postgres {
                let what = "what the definitions need is there or can be made";
                facts.push(("extensions", what.to_owned()));
            }
        }
        Dialect::Sqlite => {}
    }
    if from == to {
        facts.push(("settings", "no setting that was compared differs".to_owned()));
    }
    facts
}

fn privileges(looked: &Looked<'_>) -> Option<(&'static str, String)> {
    let user = |settings: &Settings, or: &str| match settings.user.as_str() {
        "" => or.to_owned(),
        user => user.to_owned(),
    };
    let reader = user(looked.source_settings, "this user");
    let writer = user(looked.target_settings, "this user");
    let made = looked.plan.tables.iter().any(|table| table.existing == Existing::Created);
    let may = match (looked.spec.kind, made) {
        (JobKind::Verify, _) => "read the others there",
        (JobKind::Copy, true) => "make tables, indexes and keys there",
        (JobKind::Copy, false) => "write there",
    };
    let text = format!("{reader} may read every selected table, {writer} may {may}");
    Some(("privileges", text))
}

fn zones(looked: &Looked<'_>) -> Option<String> {
    let (from, to) = looked.dialects();
    if from == Dialect::Sqlite && to == Dialect::Sqlite {
        return None;
    }
    let zone = |dialect: Dialect, settings: &Settings| match dialect {
        Dialect::Sqlite => "none".to_owned(),
        Dialect::Postgres | Dialect::Mysql => {
            let raw = settings.value("system_time_zone").map(str::to_owned);
            zone_of(settings).or(raw).unwrap_or_else(|| "not known to this user".to_owned())
        }
    };
    Some(format!(
        "source {}, target {}; the job's own sessions use UTC",
        zone(from, looked.source_settings),
        zone(to, looked.target_settings)
    ))
}

/// Free connections on both ends against what the job starts with and where the slider ends.
fn sessions(looked: &Looked<'_>) -> Vec<Finding> {
    let spec = looked.spec;
    let ends = [("source", &looked.source.server), ("target", looked.target)];
    let one = |(side, server): (&str, &super::super::catalog::Server)| {
        let free = server.connections_free?;
        let message = format!("the {side} has {free} free connections");
        let most = free.saturating_sub(CONNECTIONS_BESIDES);
        let wanted = spec.threads.saturating_add(CONNECTIONS_BESIDES);
        if free < wanted {
            return Some(
                Finding::new(Severity::Warn, "host", message)
                    .with_detail(format!("{} threads need about {wanted}.", spec.threads))
                    .with_hint("Use fewer threads, or raise max_connections.")
                    .with_way(
                        format!("begin with {}", threads(most)),
                        Change::Set { key: "threads".to_owned(), value: at_least_one(most) },
                    ),
            );
        }
        let reach = match most < spec.threads_max {
            true => format!("{message}: at most {} of the slider's {}", most, spec.threads_max),
            false => format!("{message}, enough for all {} threads", spec.threads_max),
        };
        let finding = Finding::new(Severity::Ok, "host", reach);
        Some(match most < spec.threads_max {
            true => finding.with_way(
                format!("let the slider end at {}", threads(most)),
                Change::Set { key: "threads_max".to_owned(), value: at_least_one(most) },
            ),
            false => finding,
        })
    };
    ends.into_iter().filter_map(one).collect()
}

fn at_least_one(threads: u32) -> String {
    std::cmp::max(threads, 1).to_string()
}

fn threads(number: u32) -> String {
    match number {
        0 | 1 => "1 thread".to_owned(),
        n => format!("{n} threads"),
    }
}

/// Bytes the target will take, as far as estimates go.
fn bytes_needed(looked: &Looked<'_>) -> u64 {
    let rows: u64 = looked.plan.tables.iter().map(|table| table.estimate.bytes).sum();
    let indexed = looked.plan.steps.iter().any(|step| step.kind == StepKind::Index);
    let more = if indexed { INDEXES_PERCENT } else { OVERHEAD_PERCENT };
    rows.saturating_add(rows / 100 * more)
}

fn room(looked: &Looked<'_>) -> Option<Finding> {
    let spec = looked.spec;
    if spec.kind == JobKind::Verify || spec.content == Content::SchemaOnly {
        return None;
    }
    let needed = bytes_needed(looked);
    let needs = format!("~{} needed", bytes_text(needed));
    match &looked.target_settings.room {
        Room::Unknown(why) => {
            let message = format!("room on the target is not known, {needs}");
            Some(Finding::new(Severity::Ok, "room", message).with_detail(format!("{why}.")))
        }
        Room::Free { bytes, path } if *bytes < needed => {
            let message = format!("{} free under {path}, {needs}", bytes_text(*bytes));
            Some(
                Finding::new(Severity::Warn, "room", message)
                    .with_detail(
                        "An estimate. When the disk is full the job holds until there is room; \
                         nothing is lost.",
                    )
                    .with_hint("Make room, or copy fewer tables.")
                    .with_way("go back to Pick", Change::Page { page: "pick".to_owned() }),
            )
        }
        Room::Free { bytes, path } => {
            let message = format!("{} free under {path}, {needs}", bytes_text(*bytes));
            Some(Finding::new(Severity::Ok, "room", message))
        }
    }
}

/// Tables whose rows nothing names: they cannot be cut by a key, nor repaired one by one.
fn keyless(looked: &Looked<'_>) -> Option<Finding> {
    let without = looked.plan.tables.iter().filter(|t| t.key.is_empty() && !t.chunks.is_empty());
    let tables: Vec<_> = without.collect();
    let names = list(tables.iter().map(|table| &table.source))?;
    let whole = tables.iter().filter(|table| table.chunks.len() == 1).count();
    let message = match tables.len() {
        1 => format!("{names} has no key that names its rows"),
        _ => format!("{names} have no key that names their rows"),
    };
    let detail = match whole {
        0 => "A verification compares their rows and cannot repair single ones.".to_owned(),
        n => format!(
            "{n} of {} travel as one chunk, by 1 thread. A verification compares their rows and \
             cannot repair single ones.",
            tables.len()
        ),
    };
    let finding = Finding::new(Severity::Warn, "keys", message).with_detail(detail);
    Some(match tables.as_slice() {
        [only] => finding
            .with_hint("A primary key on the source, or a unique key over columns NOT NULL, helps.")
            .with_way("leave this table out", Change::LeaveOut { table: only.source.clone() }),
        _ => finding.with_hint(
            "A primary key on the source, or a unique key over columns NOT NULL, helps.",
        ),
    })
}

fn large_objects(looked: &Looked<'_>) -> Option<Finding> {
    let count = looked.source.large_objects;
    let (topic, copied) = ("large objects", StepKind::LargeObjects);
    if count == 0 {
        return None;
    }
    Some(match looked.plan.steps.iter().any(|step| step.kind == copied) {
        true => Finding::new(Severity::Ok, topic, format!("{count} large objects come along")),
        false => {
            let message = format!("{count} large objects of the source stay there");
            Finding::new(Severity::Warn, topic, message).with_detail(
                "They belong to no table: they come along between two PostgreSQL when everything \
                 is selected and rows are copied.",
            )
        }
    })
}

/// `64 MB`, `1.2 TB`.
#[must_use]
pub fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if value < 9.95 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests;
