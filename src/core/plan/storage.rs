//! Where and how a new table is kept: tablespace and storage options.

use super::super::name::{Dialect, ObjectName};
use super::super::spec::{JobSpec, TableShape};
use super::super::sql::{check_lone, qualified, quote};
use super::shape::Shapes;
use super::{Finding, Severity};

/// Statements for a table of PostgreSQL that has just been made. An empty wish takes away what the
/// source's own text says.
pub fn postgres(statements: &mut Vec<String>, target: &ObjectName, wanted: &TableShape) {
    let table = qualified(Dialect::Postgres, target);
    match wanted.tablespace.as_deref() {
        None => {}
        Some("") => statements.retain(|text| !text.contains("'default_tablespace'")),
        Some(name) => {
            statements.retain(|text| !text.contains("'default_tablespace'"));
            let name = quote(Dialect::Postgres, name);
            statements.push(format!("ALTER TABLE {table} SET TABLESPACE {name}"));
        }
    }
    match wanted.storage.as_deref().map(str::trim) {
        None => {}
        // Every parameter a heap may have; resetting one that is not set changes nothing.
        Some("") => statements.push(format!(
            "ALTER TABLE {table} RESET (fillfactor, parallel_workers, autovacuum_enabled, \
             toast_tuple_target, autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor, \
             autovacuum_analyze_threshold, autovacuum_analyze_scale_factor)"
        )),
        Some(options) => statements.push(format!("ALTER TABLE {table} SET ({options})")),
    }
}

/// The same for MySQL, where options stand behind each other.
pub fn mysql(statements: &mut Vec<String>, target: &ObjectName, wanted: &TableShape) {
    let table = qualified(Dialect::Mysql, target);
    let mut options = Vec::new();
    if let Some(name) = wanted.tablespace.as_deref().filter(|name| !name.is_empty()) {
        options.push(format!("TABLESPACE {}", quote(Dialect::Mysql, name)));
    }
    if let Some(text) = wanted.storage.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        options.push(text.to_owned());
    }
    if !options.is_empty() {
        statements.push(format!("ALTER TABLE {table} {}", options.join(" ")));
    }
}

/// What is to be said about wishes for storage.
#[must_use]
pub fn about_storage(spec: &JobSpec, shapes: &Shapes) -> Vec<Finding> {
    let mut findings = Vec::new();
    let to = spec.target.dialect;
    let mut ignored = Vec::new();
    for (name, shape) in shapes.iter() {
        let wanted = &shape.wanted;
        let given = wanted.tablespace.is_some() || wanted.storage.is_some();
        if given && to == Dialect::Sqlite {
            ignored.push(name.to_string());
        }
        if let Some(text) = wanted.storage.as_deref().filter(|text| !text.trim().is_empty())
            && let Err(why) = check_lone(to, text)
        {
            let message = format!("{name}: storage: {}", why.what);
            findings.push(
                Finding::new(Severity::Block, "tables", message)
                    .with_hint("As in fillfactor=70, or ROW_FORMAT=COMPRESSED on MySQL."),
            );
        }
    }
    if !ignored.is_empty() {
        let message =
            format!("SQLite has no tablespaces or storage options: {}", ignored.join(", "));
        findings.push(
            Finding::new(Severity::Warn, "tables", message)
                .with_detail("These wishes are passed over."),
        );
    }
    findings
}
