//! The server's own settings: what takes no writes, no rows of this size, or no such objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{by_setting, listed};
use crate::core::fault::Fault;
use crate::core::plan::{Existing, Finding, MigrationPlan, Severity};
use crate::driver::mysql::grants::{Grants, Verdict};
use crate::driver::mysql::target::link::Line;

/// Packets smaller than this make long rows trouble where LOCAL is refused.
const PACKET_BYTES_WANTED: u64 = 16 * 1024 * 1024;

/// Oldest that is known to keep what we rely on: atomic DDL, CHECKs, window functions.
const MYSQL_OLDEST: (u32, u32) = (8, 0);
const MARIADB_OLDEST: (u32, u32) = (10, 6);

const ASKED: [&str; 12] = [
    "version",
    "read_only",
    "super_read_only",
    "innodb_read_only",
    "local_infile",
    "max_allowed_packet",
    "sql_require_primary_key",
    "lower_case_table_names",
    "log_bin",
    "log_bin_trust_function_creators",
    "innodb_flush_log_at_trx_commit",
    "innodb_strict_mode",
];

/// Variables by name.
struct Variables(BTreeMap<String, String>);

impl Variables {
    async fn read(line: &mut Line) -> Result<Variables, Fault> {
        let names: Vec<String> = ASKED.iter().map(|name| format!("'{name}'")).collect();
        let names = names.join(", ");
        let rows =
            line.rows(format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")).await?;
        let pairs = rows.into_iter().filter_map(|row| {
            let mut row = row.into_iter();
            row.next().flatten().zip(row.next().flatten())
        });
        Ok(Variables(pairs.collect()))
    }

    fn is_on(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == "ON" || value == "1")
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok()
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

pub(super) async fn check(
    line: &mut Line,
    grants: &Grants,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let known = Variables::read(line).await?;
    let mut findings = Vec::new();
    findings.extend(too_old(&known));
    findings.extend(read_only(&known, grants));
    findings.extend(bulk_load(&known));
    findings.extend(keyless(&known, plan));
    findings.extend(names(&known, plan));
    findings.extend(creators(&known, grants, plan));
    findings.extend(durability(&known));
    Ok(findings)
}

fn too_old(known: &Variables) -> Option<Finding> {
    let text = known.text("version");
    let mariadb = text.to_ascii_lowercase().contains("mariadb");
    let mut numbers = text.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??);
    let (oldest, name) =
        if mariadb { (MARIADB_OLDEST, "MariaDB") } else { (MYSQL_OLDEST, "MySQL") };
    (version < oldest).then(|| {
        let message = format!("the target is {name} {}.{}", version.0, version.1);
        Finding::new(Severity::Block, "target", message)
            .with_detail(format!(
                "Its definitions are not atomic: after a crash nobody knows what was created. \
                 {name} {}.{} or newer is needed.",
                oldest.0, oldest.1
            ))
            .with_hint("Upgrade the server, or choose another target.")
    })
}

fn read_only(known: &Variables, grants: &Grants) -> Option<Finding> {
    let may_anyway = ["SUPER", "CONNECTION_ADMIN", "READ_ONLY ADMIN"]
        .iter()
        .any(|privilege| grants.everywhere(privilege) == Verdict::Yes);
    let what = if known.is_on("innodb_read_only") {
        "innodb_read_only is on"
    } else if known.is_on("super_read_only") {
        "super_read_only is on"
    } else if known.is_on("read_only") && !may_anyway {
        "read_only is on"
    } else if known.is_on("read_only") {
        return Some(
            Finding::new(Severity::Warn, "target", "the target is set to read_only")
                .with_detail("This user may write all the same. It may be a replica.")
                .with_hint("Make sure that the URL names the primary server."),
        );
    } else {
        return None;
    };
    Some(
        Finding::new(Severity::Block, "target", format!("the target takes no writes: {what}"))
            .with_hint("Name the primary server in the URL, or turn it off."),
    )
}

fn bulk_load(known: &Variables) -> Option<Finding> {
    if known.is_on("local_infile") {
        return None;
    }
    let packet = known.number("max_allowed_packet").unwrap_or(0);
    let mut detail = "Rows go in by INSERT, at about half the speed.".to_owned();
    if packet < PACKET_BYTES_WANTED {
        detail.push_str(&format!(
            " A row larger than max_allowed_packet ({} MB) is refused then.",
            packet / 1_048_576
        ));
    }
    let finding = Finding::new(Severity::Warn, "bulk load", "the server refuses LOAD DATA LOCAL")
        .with_detail(detail)
        .with_hint("SET GLOBAL local_infile = 1 on the server, for as long as the job runs.");
    Some(by_setting(finding, "SET GLOBAL local_infile = 1"))
}

fn keyless(known: &Variables, plan: &MigrationPlan) -> Option<Finding> {
    if !known.is_on("sql_require_primary_key") {
        return None;
    }
    let without: Vec<String> = plan
        .tables
        .iter()
        .filter(|t| t.existing == Existing::Created)
        .filter(|t| !created_with_key(plan, &t.target.name))
        .map(|t| t.target.to_string())
        .collect();
    let found = listed(
        Severity::Block,
        "target",
        "get their primary key after their rows, or have none, and the server wants it at once",
        &without,
    );
    found
        .map(|f| f.with_hint("SET GLOBAL sql_require_primary_key = OFF while the job runs."))
        .map(|f| by_setting(f, "SET GLOBAL sql_require_primary_key = OFF"))
}

/// Does the statement that creates a table name its primary key?
fn created_with_key(plan: &MigrationPlan, table: &str) -> bool {
    let quoted = crate::core::sql::quote(crate::core::name::Dialect::Mysql, table);
    plan.steps.iter().flat_map(|step| &step.statements).any(|statement| {
        let head = statement.split('(').next().unwrap_or_default();
        head.trim_start().to_ascii_uppercase().starts_with("CREATE TABLE")
            && head.contains(&quoted)
            && statement.to_ascii_uppercase().contains("PRIMARY KEY")
    })
}

/// Names that are one name to a server that folds their case.
fn names(known: &Variables, plan: &MigrationPlan) -> Option<Finding> {
    let folds = known.number("lower_case_table_names").unwrap_or(0);
    if folds == 0 {
        return None;
    }
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in &plan.tables {
        let name = table.target.to_string();
        seen.entry(name.to_lowercase()).or_default().insert(name);
    }
    let clashing: Vec<String> = seen
        .into_values()
        .filter(|names| names.len() > 1)
        .map(|names| names.into_iter().collect::<Vec<_>>().join(" and "))
        .collect();
    let what = format!("are one name to this server (lower_case_table_names = {folds})");
    listed(Severity::Block, "names", &what, &clashing)
        .map(|f| f.with_hint("Leave one of each out, or put them into different databases."))
}

/// With a binary log, functions and triggers are for administrators.
fn creators(known: &Variables, grants: &Grants, plan: &MigrationPlan) -> Option<Finding> {
    if !known.is_on("log_bin") || known.is_on("log_bin_trust_function_creators") {
        return None;
    }
    let is_routine = |statement: &&String| {
        let upper = statement.chars().take(200).collect::<String>().to_ascii_uppercase();
        let words: Vec<&str> = upper.split_whitespace().collect();
        words.first() == Some(&"CREATE")
            && words.iter().any(|word| *word == "TRIGGER" || *word == "FUNCTION")
    };
    let statements = plan.steps.iter().flat_map(|step| &step.statements);
    if statements.filter(is_routine).count() == 0
        || grants.everywhere("SUPER") == Verdict::Yes
        || grants.everywhere("BINLOG ADMIN") == Verdict::Yes
    {
        return None;
    }
    let message = "the server lets administrators only create functions and triggers";
    let finding = Finding::new(Severity::Warn, "privileges", message)
        .with_detail("It keeps a binary log; their steps may fail with 1419.")
        .with_hint("SET GLOBAL log_bin_trust_function_creators = 1 while the job runs.");
    Some(by_setting(finding, "SET GLOBAL log_bin_trust_function_creators = 1"))
}

fn durability(known: &Variables) -> Option<Finding> {
    let setting = known.number("innodb_flush_log_at_trx_commit").filter(|value| *value != 1)?;
    let message = format!("the server has innodb_flush_log_at_trx_commit = {setting}");
    Some(
        Finding::new(Severity::Ok, "target", message)
            .with_detail("A crash of its machine may take back the last second of commits.")
            .with_hint("The ledger is compared after every loss: such chunks are done again."),
    )
}
