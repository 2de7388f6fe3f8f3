//! Where the target is set otherwise than the source, and the exact statements that change that.
//! Nothing here is about rows: they arrive as they left under any of these settings. It is about
//! the programs that use the target afterwards.
//!
//! Statements are offered and never run by a job: `Change::Conform`, on the operator's consent.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, Server, Settings};
use super::super::name::Dialect;
use super::super::spec::JobSpec;
use super::super::sql::{self, literal, quote};
use super::{Change, Finding, MigrationPlan, Severity};

/// Words that all mean the one zone without summer time.
const UTC: [&str; 8] = ["utc", "etc/utc", "gmt", "etc/gmt", "zulu", "uct", "+00:00", "universal"];

/// Modes that only one of MySQL and MariaDB knows: never carried over.
const MODES_OF_ONE: [&str; 9] = [
    "NO_AUTO_CREATE_USER",
    "IGNORE_BAD_TABLE_OPTIONS",
    "SIMULTANEOUS_ASSIGNMENT",
    "EMPTY_STRING_IS_NULL",
    "TIME_ROUND_FRACTIONAL",
    "TIME_TRUNCATE_FRACTIONAL",
    "ORACLE",
    "MSSQL",
    "DB2",
];

const STRICT: [&str; 2] = ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"];

/// A packet below this refuses long texts and documents; MariaDB's own default.
const PACKET_BYTES_LEAST: u64 = 16 * 1024 * 1024;
/// What is offered instead; MySQL's own default.
const PACKET_BYTES_OFFERED: u64 = 64 * 1024 * 1024;

/// PostgreSQL's settings whose default a database may have for itself.
const POSTGRES_COMPARED: [&str; 9] = [
    "standard_conforming_strings",
    "default_transaction_isolation",
    "intervalstyle",
    "bytea_output",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "default_text_search_config",
    "xmloption",
];

/// PostgreSQL's settings that are lists of names.
const POSTGRES_LISTS: [&str; 5] = [
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "unix_socket_directories",
];

/// Global settings of MySQL that are compared between two such servers, each with the statement
/// that sets it.
const MYSQL_COMPARED: [(&str, &str); 3] = [
    ("default_storage_engine", "SET GLOBAL default_storage_engine = {}"),
    ("explicit_defaults_for_timestamp", "SET GLOBAL explicit_defaults_for_timestamp = {}"),
    ("innodb_strict_mode", "SET GLOBAL innodb_strict_mode = {}"),
];

const GLOBAL_NOTE: &str = "It needs SUPER or SYSTEM_VARIABLES_ADMIN and lasts until the server is \
                           restarted: write it into its configuration as well.";

/// Both ends as they were looked at.
#[derive(Clone, Copy)]
pub struct Looked<'a> {
    pub spec: &'a JobSpec,
    pub plan: &'a MigrationPlan,
    pub source: &'a Catalog,
    pub target: &'a Server,
    pub source_settings: &'a Settings,
    pub target_settings: &'a Settings,
}

impl Looked<'_> {
    pub(super) fn dialects(&self) -> (Dialect, Dialect) {
        (self.source.server.dialect, self.target.dialect)
    }
}

/// One finding for each setting that differs.
#[must_use]
pub fn conform(looked: &Looked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(time_zone(looked));
    match looked.dialects() {
        (from, Dialect::Postgres) => {
            findings.extend(postgres_encoding(looked, from));
            if from == Dialect::Postgres {
                findings.extend(postgres_locale(looked));
                findings.extend(postgres_collations(looked));
                findings.extend(postgres_settings(looked));
                findings.extend(postgres_extensions(looked));
            }
        }
        (from, Dialect::Mysql) => {
            findings.extend(sql_mode(looked, from));
            findings.extend(packet(looked, from));
            findings.extend(mysql_charsets(looked, from));
            if from == Dialect::Mysql {
                findings.extend(mysql_settings(looked));
            }
        }
        (from, Dialect::Sqlite) => {
            if from == Dialect::Sqlite {
                findings.extend(sqlite_pragmas(looked));
            }
        }
    }
    findings
}

fn differs(topic: &str, message: String, detail: &str, statement: String) -> Finding {
    let mut finding = Finding::new(Severity::Warn, topic, message);
    if !detail.is_empty() {
        finding = finding.with_detail(detail);
    }
    finding.with_way(
        format!("make the target conform: {statement}"),
        Change::Conform { statements: vec![statement] },
    )
}

/// The zone of a server's ordinary sessions; `None` where it is not known or means nothing
/// elsewhere (`CEST`).
#[must_use]
pub fn zone_of(settings: &Settings) -> Option<String> {
    let named = match settings.value("TimeZone").or_else(|| settings.value("time_zone"))? {
        "SYSTEM" => settings.value("system_time_zone")?,
        named => named,
    };
    if UTC.contains(&named.to_lowercase().as_str()) {
        return Some("UTC".to_owned());
    }
    let place = named.contains('/') || named.starts_with(['+', '-']);
    place.then(|| named.to_owned())
}

fn time_zone(looked: &Looked<'_>) -> Option<Finding> {
    let here = zone_of(looked.source_settings)?;
    let there = zone_of(looked.target_settings)?;
    if here.eq_ignore_ascii_case(&there) {
        return None;
    }
    let offset = if here == "UTC" { "+00:00" } else { here.as_str() };
    let (statement, note) = match looked.target.dialect {
        Dialect::Postgres => (
            format!(
                "ALTER DATABASE {} SET timezone TO {}",
                quote(Dialect::Postgres, &looked.target.database),
                literal(Dialect::Postgres, &here)
            ),
            "",
        ),
        Dialect::Mysql => {
            (format!("SET GLOBAL time_zone = {}", literal(Dialect::Mysql, offset)), GLOBAL_NOTE)
        }
        Dialect::Sqlite => return None,
    };
    let detail = format!(
        "Moments arrive as the same moments: the job's own sessions use UTC. Programs that log in \
         afterwards see another local time. {note}"
    );
    let message = format!("the source's time zone is {here}, the target's is {there}");
    Some(differs("time zone", message, detail.trim_end(), statement))
}

/// Text travels as UTF-8. A source holds nothing that UTF-8 does not, unless nobody ever checked.
fn postgres_encoding(looked: &Looked<'_>, from: Dialect) -> Vec<Finding> {
    let (here, there) = (looked.source.server.encoding.as_str(), looked.target.encoding.as_str());
    let equal = from == Dialect::Postgres && here == there;
    let message = format!("the target has encoding {there}");
    let finding = Finding::new(Severity::Warn, "encoding", message);
    match there {
        "UTF8" => Vec::new(),
        "SQL_ASCII" => vec![finding.with_detail("It takes any bytes and checks none of them.")],
        _ if equal => Vec::new(),
        _ => vec![
            finding
                .with_detail(
                    "Rows with other characters are refused. A database keeps its encoding from \
                     when it was made.",
                )
                .with_hint("Create the target database with ENCODING 'UTF8'.")
                .with_way(
                    "make another database with UTF8, then name that as the target",
                    Change::Conform { statements: vec![database_like_source(looked, "UTF8")] },
                ),
        ],
    }
}

/// A database with the source's locale, beside the target.
fn database_like_source(looked: &Looked<'_>, encoding: &str) -> String {
    let settings = looked.source_settings;
    let text = |value: &str| literal(Dialect::Postgres, value);
    let mut statement = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {}",
        quote(Dialect::Postgres, &format!("{}_new", looked.target.database)),
        text(encoding)
    );
    for (word, name) in [("LC_COLLATE", "datcollate"), ("LC_CTYPE", "datctype")] {
        if let Some(value) = settings.value(name) {
            statement.push_str(&format!(" {word} {}", text(value)));
        }
    }
    if settings.value("datlocprovider") == Some("i")
        && let Some(locale) = settings.value("datlocale")
    {
        statement.push_str(&format!(" LOCALE_PROVIDER icu ICU_LOCALE {}", text(locale)));
    }
    statement
}

/// `en_US.UTF-8` and `en_US.utf8` are one locale.
fn locale_key(text: &str) -> String {
    text.to_lowercase().replace('-', "")
}

fn postgres_locale(looked: &Looked<'_>) -> Option<Finding> {
    let (source, target) = (looked.source_settings, looked.target_settings);
    let of = |settings: &Settings| {
        let provider = settings.value("datlocprovider").unwrap_or("c");
        let named = match provider {
            "c" => settings.value("datcollate")?,
            _ => settings.value("datlocale").or_else(|| settings.value("datcollate"))?,
        };
        let ctype = settings.value("datctype").unwrap_or(named);
        Some((provider.to_owned(), named.to_owned(), ctype.to_owned()))
    };
    let (here, there) = (of(source)?, of(target)?);
    let key = |(provider, named, ctype): &(String, String, String)| {
        (provider.clone(), locale_key(named), locale_key(ctype))
    };
    if key(&here) == key(&there) {
        return None;
    }
    let shown = |(provider, named, ctype): &(String, String, String)| {
        let icu = if provider == "i" { " (ICU)" } else { "" };
        match locale_key(named) == locale_key(ctype) || provider == "i" {
            true => format!("{named}{icu}"),
            false => format!("{named}, ctype {ctype}{icu}"),
        }
    };
    let message =
        format!("text sorts by {} on the source, by {} on the target", shown(&here), shown(&there));
    let statement = database_like_source(looked, &looked.source.server.encoding);
    Some(
        Finding::new(Severity::Warn, "collation", message)
            .with_detail(
                "ORDER BY, ranges of text and lower() may answer otherwise. A database keeps its \
                 locale from when it was made.",
            )
            .with_way(
                format!("make another database, then name that as the target: {statement}"),
                Change::Conform { statements: vec![statement] },
            ),
    )
}

/// Collations of the system that columns name and the target's machine does not have.
fn postgres_collations(looked: &Looked<'_>) -> Option<Finding> {
    let known = &looked.target_settings.collations;
    if known.is_empty() {
        return None;
    }
    let planned: BTreeSet<_> = looked.plan.tables.iter().map(|table| &table.source).collect();
    let tables = looked.source.tables.iter().filter(|table| planned.contains(&table.name));
    let named = tables.flat_map(|t| &t.columns).filter_map(|c| c.collation.as_deref());
    let missing: BTreeSet<&str> =
        named.filter(|name| name.starts_with("pg_catalog.") && !known.contains(*name)).collect();
    let statements: Vec<String> = missing
        .iter()
        .map(|name| {
            let bare = name.trim_start_matches("pg_catalog.").trim_matches('"');
            let locale = bare.split(['.', '@']).next().unwrap_or(bare).replace('_', "-");
            let locale = locale.trim_end_matches("-x-icu");
            format!(
                "CREATE COLLATION {name} (provider = icu, locale = {})",
                literal(Dialect::Postgres, locale)
            )
        })
        .collect();
    let names: Vec<&str> = missing.into_iter().collect();
    (!names.is_empty()).then(|| {
        let message =
            format!("collations that columns use are missing there: {}", names.join(", "));
        Finding::new(Severity::Warn, "collation", message)
            .with_detail(
                "The statements that make such columns would fail. ICU's order is close to the \
                 system's and not the same; pg_import_system_collations('pg_catalog') finds those \
                 that were installed since.",
            )
            .with_way(
                "create them from ICU's locales (needs a superuser)",
                Change::Conform { statements },
            )
    })
}

/// `ALTER DATABASE ... SET` does not travel with the definitions, and neither do defaults of the
/// server.
fn postgres_settings(looked: &Looked<'_>) -> Vec<Finding> {
    let (source, target) = (looked.source_settings, looked.target_settings);
    let mut wanted: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
    for (name, value) in &source.of_database {
        let there = target.of_database.get(name).map(String::as_str);
        if there != Some(value) && !name.eq_ignore_ascii_case("timezone") {
            wanted.insert(name, (value, there));
        }
    }
    for name in POSTGRES_COMPARED {
        let (Some(here), Some(there)) = (source.value(name), target.value(name)) else { continue };
        let locale = name.starts_with("lc_");
        let equal = here == there || locale && locale_key(here) == locale_key(there);
        if !equal && !wanted.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            wanted.insert(name, (here, Some(there)));
        }
    }
    let database = quote(Dialect::Postgres, &looked.target.database);
    let finding = |(name, (value, there)): (&str, (&str, Option<&str>))| {
        let there = there.map_or("not set".to_owned(), |there| format!("{there:?}"));
        let message = format!("{name} is {value:?} on the source, {there} on the target");
        let statement = format!("ALTER DATABASE {database} SET {name} TO {}", set_to(name, value));
        differs("settings", message, "", statement)
    };
    wanted.into_iter().map(finding).collect()
}

/// The right side of `SET name TO ...`: lists of names are taken apart, as pg_dump does.
fn set_to(name: &str, value: &str) -> String {
    if !POSTGRES_LISTS.iter().any(|list| list.eq_ignore_ascii_case(name)) {
        return literal(Dialect::Postgres, value);
    }
    let (mut names, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in value.chars().chain([',']) {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                names.push(literal(Dialect::Postgres, std::mem::take(&mut word).trim()))
            }
            c if c.is_whitespace() && !quoted => {}
            c => word.push(c),
        }
    }
    names.join(", ")
}

fn postgres_extensions(looked: &Looked<'_>) -> Vec<Finding> {
    let there = &looked.target_settings.extensions;
    let here = &looked.source_settings.extensions;
    let pairs = here.iter().filter_map(|(name, version)| Some((name, version, there.get(name)?)));
    pairs
        .filter(|(_, here, there)| here != there)
        .map(|(name, here, there)| {
            let message =
                format!("extension {name} is {here} on the source, {there} on the target");
            let name = quote(Dialect::Postgres, name);
            let to = literal(Dialect::Postgres, here);
            differs(
                "extensions",
                message,
                "Its functions and types may differ. Updates are there only as far as the target's \
                 packages go.",
                format!("ALTER EXTENSION {name} UPDATE TO {to}"),
            )
        })
        .collect()
}

fn modes(settings: &Settings) -> Option<BTreeSet<String>> {
    let text = settings.value("sql_mode")?;
    Some(text.split(',').filter(|m| !m.is_empty()).map(str::to_uppercase).collect())
}

fn sql_mode(looked: &Looked<'_>, from: Dialect) -> Option<Finding> {
    let there = modes(looked.target_settings)?;
    let of_one = |mode: &&String| MODES_OF_ONE.contains(&mode.as_str());
    let own = there.iter().filter(of_one);
    let strict = |modes: &BTreeSet<String>| STRICT.iter().any(|mode| modes.contains(*mode));
    let set = |modes: BTreeSet<&String>| {
        let list: Vec<&str> = modes.into_iter().map(String::as_str).collect();
        format!("SET GLOBAL sql_mode = {}", literal(Dialect::Mysql, &list.join(",")))
    };
    let ours = "The job's own sessions are strict whatever this says; it is about the programs \
                that write afterwards.";
    let detail = format!("{ours} {GLOBAL_NOTE}");
    if from == Dialect::Mysql {
        let here = modes(looked.source_settings)?;
        let common: BTreeSet<&String> = here.iter().filter(|m| !of_one(m)).collect();
        let others: BTreeSet<&String> = there.iter().filter(|m| !of_one(m)).collect();
        if common == others {
            return None;
        }
        let lacking: Vec<&str> = common.difference(&others).map(|m| m.as_str()).collect();
        let beyond: Vec<&str> = others.difference(&common).map(|m| m.as_str()).collect();
        let part = |word: &str, list: &[&str]| match list {
            [] => String::new(),
            list => format!(" {word} {}", list.join(", ")),
        };
        let mut message = format!("sql_mode differs: the target{}", part("lacks", &lacking));
        if !lacking.is_empty() && !beyond.is_empty() {
            message.push_str(" and");
        }
        message.push_str(&part("has besides", &beyond));
        let wanted = common.into_iter().chain(own).collect();
        return Some(differs("sql_mode", message, &detail, set(wanted)));
    }
    if strict(&there) {
        return None;
    }
    let message = "the target's sql_mode is not strict: it bends values that do not fit";
    let mode = STRICT[0].to_owned();
    let wanted = there.iter().chain([&mode]).collect();
    Some(differs("sql_mode", message.to_owned(), &detail, set(wanted)))
}

fn packet(looked: &Looked<'_>, from: Dialect) -> Option<Finding> {
    let there = looked.target_settings.number("max_allowed_packet")?;
    let here = match from {
        Dialect::Mysql => looked.source_settings.number("max_allowed_packet").unwrap_or(0),
        Dialect::Postgres | Dialect::Sqlite => 0,
    };
    if there >= PACKET_BYTES_LEAST && there >= here {
        return None;
    }
    let offered = if here > PACKET_BYTES_OFFERED { here } else { PACKET_BYTES_OFFERED };
    let mib = |bytes: u64| bytes / (1024 * 1024);
    let message = match there < here {
        true => format!(
            "max_allowed_packet is {} MiB on the target, {} MiB on the source",
            mib(there),
            mib(here)
        ),
        false => format!("max_allowed_packet is {} MiB on the target", mib(there)),
    };
    let detail = format!("Longer values and definitions are refused there. {GLOBAL_NOTE}");
    let statement = format!("SET GLOBAL max_allowed_packet = {offered}");
    Some(differs("packet", message, &detail, statement))
}

/// Default character sets of databases: what tables made later will have.
fn mysql_charsets(looked: &Looked<'_>, from: Dialect) -> Vec<Finding> {
    let (source, target) = (looked.source_settings, looked.target_settings);
    let pairs: BTreeSet<(&str, &str)> = looked
        .plan
        .tables
        .iter()
        .map(|table| (table.source.schema.as_str(), table.target.schema.as_str()))
        .collect();
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (here, there) in pairs {
        let Some((charset, collation)) = target.charsets.get(there) else { continue };
        let wanted = match from {
            Dialect::Mysql => source
                .charsets
                .get(here)
                .map(|(charset, collation)| (charset.clone(), collation_there(looked, collation))),
            Dialect::Postgres | Dialect::Sqlite if charset == "utf8mb4" => None,
            Dialect::Postgres | Dialect::Sqlite => Some(("utf8mb4".to_owned(), None)),
        };
        let Some((wanted_set, wanted_collation)) = wanted else { continue };
        let same = *charset == wanted_set
            && wanted_collation.as_ref().is_none_or(|wanted| wanted == collation);
        if same || !seen.insert(there) {
            continue;
        }
        let name = quote(Dialect::Mysql, there);
        let mut statement = format!("ALTER DATABASE {name} CHARACTER SET {wanted_set}");
        if let Some(collation) = &wanted_collation {
            statement.push_str(&format!(" COLLATE {collation}"));
        }
        let wanted = wanted_collation.unwrap_or(wanted_set);
        let message =
            format!("database {there} has {charset} ({collation}) as its default, not {wanted}");
        let detail = "The job's tables name theirs; it is about tables made later.";
        findings.push(differs("encoding", message, detail, statement));
    }
    findings
}

/// A collation under the name it has on the target; `None` where it has no such.
fn collation_there(looked: &Looked<'_>, collation: &str) -> Option<String> {
    let known = &looked.target_settings.collations;
    if known.contains(collation) {
        return Some(collation.to_owned());
    }
    let to = match looked.target.mariadb {
        true => sql::Flavour::MariaDb(looked.target.version_num),
        false => sql::Flavour::Mysql,
    };
    sql::collation_on(to, collation).filter(|name| known.contains(name))
}

fn mysql_settings(looked: &Looked<'_>) -> Vec<Finding> {
    let (source, target) = (looked.source_settings, looked.target_settings);
    let mut findings = Vec::new();
    for (name, statement) in MYSQL_COMPARED {
        let (Some(here), Some(there)) = (source.value(name), target.value(name)) else { continue };
        if !here.eq_ignore_ascii_case(there) {
            let message = format!("{name} is {here} on the source, {there} on the target");
            let statement = statement.replace("{}", &literal(Dialect::Mysql, here));
            findings.push(differs("settings", message, GLOBAL_NOTE, statement));
        }
    }
    let isolation = |settings: &Settings| {
        let value = settings.value("transaction_isolation").or(settings.value("tx_isolation"));
        value.map(|value| value.replace('-', " "))
    };
    if let (Some(here), Some(there)) = (isolation(source), isolation(target))
        && here != there
    {
        let message = format!("transactions are {here} on the source, {there} on the target");
        let statement = format!("SET GLOBAL TRANSACTION ISOLATION LEVEL {here}");
        findings.push(differs("settings", message, GLOBAL_NOTE, statement));
    }
    let folds = "lower_case_table_names";
    if let (Some(here), Some(there)) = (source.value(folds), target.value(folds))
        && here != there
    {
        let message = format!("{folds} is {here} on the source, {there} on the target");
        findings.push(Finding::new(Severity::Warn, "names", message).with_detail(
            "Statements that spell names in another case work on one of them only. A server takes \
             this setting when it is made and never later.",
        ));
    }
    findings
}

fn sqlite_pragmas(looked: &Looked<'_>) -> Vec<Finding> {
    let (source, target) = (looked.source_settings, looked.target_settings);
    let mut findings = Vec::new();
    for name in ["user_version", "application_id"] {
        let (Some(here), Some(there)) = (source.value(name), target.value(name)) else { continue };
        // A program's own number: a target that has one already keeps it.
        if here != there && here != "0" {
            let message = format!("{name} is {here} on the source, {there} on the target");
            let detail = "Programs know their files by it; it is no part of any table.";
            findings.push(differs("settings", message, detail, format!("PRAGMA {name} = {here}")));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
