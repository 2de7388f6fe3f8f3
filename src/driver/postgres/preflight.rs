//! What would go wrong, found before anything is done: privileges, missing extensions, roles and
//! tablespaces, row security, connections. Reads only.

use sqlx::postgres::PgConnection;
use std::collections::BTreeSet;

use super::connect::{Link, Purpose};
use super::{catalog, dump, mentioned};
use crate::core::fault::Fault;
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{Change, Existing, Finding, MigrationPlan, Severity, StepKind, TablePlan};
use crate::core::sql;

/// Names listed in one finding; the rest is counted.
const NAMES_SHOWN_MAX: usize = 8;

/// Findings about the source.
pub(super) async fn source(link: &Link, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
    let mut connection = link.connect(Purpose::Read).await?;
    let on = &mut connection;
    let server = catalog::server(link, on).await?;
    let mut findings = Vec::new();
    findings.extend(source_encoding(&server.encoding));
    if plan.target_dialect == Dialect::Postgres {
        findings.extend(dump_program(link, server.version_num).await);
    }
    let names: Vec<&ObjectName> = plan.tables.iter().map(|t| &t.source).collect();
    let text = "SELECT w.i::int8 AS i, \
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
          AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS allowed, \
        c.relrowsecurity AND pg_catalog.row_security_active(c.oid) AS secured \
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, i) \
        JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema \
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name";
    let (mut forbidden, mut secured) = (Vec::new(), Vec::new());
    for row in &by_names(link, on, text, &names).await? {
        let name = named(link, row, &names)?;
        if !link.get::<bool>(row, "allowed")? {
            forbidden.push(name.clone());
        }
        if link.get::<bool>(row, "secured")? {
            secured.push(name);
        }
    }
    let reader = user(link, on).await?;
    findings.extend(listed(Severity::Block, "privileges", "may not be read", &forbidden).map(
        |f| {
            f.with_detail(format!("On the source: GRANT pg_read_all_data TO {reader}"))
                .with_hint("Grant SELECT on them and USAGE on their schemas, or pg_read_all_data.")
                .with_way("choose other tables", Change::Page { page: "pick".to_owned() })
        },
    ));
    findings.extend(
        listed(Severity::Block, "privileges", "would show only some of their rows", &secured).map(
            |f| f.with_hint("Row security applies to this user: connect as one with BYPASSRLS."),
        ),
    );
    findings.extend(standby(link, on).await?);
    findings.extend(locks(link, on).await?);
    Ok(findings)
}

/// Findings about the target.
pub(super) async fn target(link: &Link, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
    let mut connection = link.connect(Purpose::Write).await?;
    let on = &mut connection;
    let mut findings = Vec::new();
    findings.extend(read_only(link, on).await?);
    findings.extend(schemas(link, on, plan).await?);
    findings.extend(existing_tables(link, on, plan).await?);
    let statements: Vec<&str> =
        plan.steps.iter().flat_map(|s| &s.statements).map(String::as_str).collect();
    findings.extend(extensions(link, on, &mentioned::extensions(&statements)).await?);
    findings.extend(missing_roles(link, on, &mentioned::roles(&statements)).await?);
    findings.extend(missing_tablespaces(link, on, &mentioned::tablespaces(&statements)).await?);
    findings.extend(large_objects(link, on, plan).await?);
    let unlogged: Vec<String> =
        plan.tables.iter().filter(|t| t.target_unlogged).map(|t| t.target.to_string()).collect();
    findings.extend(listed(Severity::Warn, "unlogged", "are emptied by a crash", &unlogged).map(
        |f| f.with_hint("As on the source. ALTER TABLE ... SET LOGGED afterwards if unwanted."),
    ));
    findings.extend(archiving(link, on, plan).await?);
    Ok(findings)
}

/// One finding about several things, or none about nothing: `crm.a, crm.b and 3 more may not ...`.
fn listed(severity: Severity, topic: &str, what: &str, names: &[String]) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN_MAX).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMES_SHOWN_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(Finding::new(severity, topic, format!("{}{rest} {what}", shown.join(", "))))
}

/// Text travels as UTF-8. A source holds nothing that UTF-8 does not, unless nobody ever checked.
fn source_encoding(encoding: &str) -> Option<Finding> {
    (encoding == "SQL_ASCII").then(|| {
        Finding::new(Severity::Warn, "encoding", "the source has encoding SQL_ASCII")
            .with_detail("Its text may be in any encoding; bytes that are not UTF-8 are refused.")
    })
}

async fn dump_program(link: &Link, version: u32) -> Option<Finding> {
    let fault = dump::find(link.side, version).await.err()?;
    let mut finding = Finding::new(Severity::Block, "pg_dump", fault.message);
    finding.detail = fault.detail;
    finding.hint = fault.hint;
    Some(finding)
}

async fn standby(link: &Link, on: &mut PgConnection) -> Result<Option<Finding>, Fault> {
    let text = "SELECT pg_catalog.pg_is_in_recovery() AS standby, \
        pg_catalog.current_setting('hot_standby_feedback') = 'on' AS feedback, \
        pg_catalog.current_setting('max_standby_streaming_delay') AS delay";
    let rows = link.rows(on, text.to_owned()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let standby: bool = link.get(row, "standby")?;
    let feedback: bool = link.get(row, "feedback")?;
    let delay: String = link.get(row, "delay")?;
    if !standby || feedback || delay == "-1" {
        return Ok(None);
    }
    let message = "the source is a standby that cancels long reads";
    Ok(Some(
        Finding::new(Severity::Warn, "host", message)
            .with_detail(format!("max_standby_streaming_delay is {delay}."))
            .with_hint("Set hot_standby_feedback = on, or max_standby_streaming_delay = -1."),
    ))
}

/// `pg_dump` locks every table in one transaction, whatever is selected.
async fn locks(link: &Link, on: &mut PgConnection) -> Result<Option<Finding>, Fault> {
    let text = "SELECT count(*)::int8 AS tables, \
        pg_catalog.current_setting('max_locks_per_transaction')::int8 \
        * (pg_catalog.current_setting('max_connections')::int8 \
           + pg_catalog.current_setting('max_prepared_transactions')::int8) AS room \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' \
        AND n.nspname <> 'information_schema'";
    let rows = link.rows(on, text.to_owned()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (tables, room) = (link.get::<i64>(row, "tables")?, link.get::<i64>(row, "room")?);
    Ok((tables > room).then(|| {
        let message = format!("the source has {tables} tables and room for {room} locks");
        Finding::new(Severity::Warn, "host", message)
            .with_detail("pg_dump locks every table while it reads the definitions.")
            .with_hint("Raise max_locks_per_transaction on the source (needs a restart).")
    }))
}

async fn read_only(link: &Link, on: &mut PgConnection) -> Result<Option<Finding>, Fault> {
    let text = "SELECT pg_catalog.pg_is_in_recovery() AS standby";
    let rows = link.rows(on, text.to_owned()).await?;
    let standby = rows.first().map(|r| link.get::<bool>(r, "standby")).transpose()?;
    Ok((standby == Some(true)).then(|| {
        Finding::new(Severity::Block, "target", "the target is a standby and takes no writes")
            .with_hint("Name the primary server in the URL.")
    }))
}

/// May the job create its tables, its schemas, and its ledger?
async fn schemas(
    link: &Link,
    on: &mut PgConnection,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let wanted: BTreeSet<&str> = plan
        .tables
        .iter()
        .filter(|t| t.existing == Existing::Created)
        .map(|t| t.target.schema.as_str())
        .collect();
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let text = "SELECT w.schema AS schema, n.oid IS NOT NULL AS present, \
        n.oid IS NOT NULL AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') \
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS allowed, \
        pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create, \
        pg_catalog.quote_ident(pg_catalog.current_database()) AS database \
        FROM pg_catalog.unnest($1::text[]) AS w(schema) \
        LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema";
    let rows = sqlx::query(text).bind(&wanted).fetch_all(&mut *on).await;
    let (mut closed, mut missing) = (Vec::new(), Vec::new());
    let mut database = String::new();
    for row in &rows.map_err(|e| link.fault(&e))? {
        let schema: String = link.get(row, "schema")?;
        database = link.get(row, "database")?;
        if !link.get::<bool>(row, "present")? {
            if !link.get::<bool>(row, "may_create")? {
                missing.push(schema);
            }
        } else if !link.get::<bool>(row, "allowed")? {
            closed.push(schema);
        }
    }
    let user = user(link, on).await?;
    let named = |schema: &String| sql::quote(Dialect::Postgres, schema);
    let grants = closed
        .iter()
        .map(|schema| format!("GRANT USAGE, CREATE ON SCHEMA {} TO {user}", named(schema)));
    let grants: Vec<String> = grants.collect();
    let closed = listed(Severity::Block, "privileges", "take no new tables of this user", &closed)
        .map(|f| f.with_hint("Grant CREATE and USAGE on these schemas."))
        .map(|f| by_administrator(f, grants));
    let made = missing
        .iter()
        .map(|schema| format!("CREATE SCHEMA {} AUTHORIZATION {user}", named(schema)));
    let made: Vec<String> = made.collect();
    let missing = listed(Severity::Block, "privileges", "cannot be created by this user", &missing)
        .map(|f| f.with_hint("Grant CREATE on the database, or create them."))
        .map(|f| {
            by_administrator(f, vec![format!("GRANT CREATE ON DATABASE {database} TO {user}")])
        })
        .map(|f| {
            f.with_way("make these schemas for this user", Change::Conform { statements: made })
        });
    Ok(closed.into_iter().chain(missing).collect())
}

/// A way out whose statements this user himself may hardly run.
fn by_administrator(finding: Finding, statements: Vec<String>) -> Finding {
    let title = "grant it (as an administrator)";
    finding.with_way(title, Change::Conform { statements })
}

/// The user of this connection, as a statement names him.
async fn user(link: &Link, on: &mut PgConnection) -> Result<String, Fault> {
    let text = "SELECT pg_catalog.quote_ident(current_user) AS name";
    let rows = link.rows(on, text.to_owned()).await?;
    rows.first().map_or(Ok(String::new()), |row| link.get(row, "name"))
}

/// Tables that the job writes to and does not create.
async fn existing_tables(
    link: &Link,
    on: &mut PgConnection,
    plan: &MigrationPlan,
) -> Result<Vec<Finding>, Fault> {
    let there: Vec<&TablePlan> =
        plan.tables.iter().filter(|t| t.existing != Existing::Created).collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&ObjectName> = there.iter().map(|t| &t.target).collect();
    let text = "SELECT w.i::int8 AS i, \
        pg_catalog.has_table_privilege(c.oid, 'INSERT') AS may_insert, \
        pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') \
          OR pg_catalog.has_table_privilege(c.oid, 'DELETE') AS may_empty, \
        c.relrowsecurity AND pg_catalog.row_security_active(c.oid) AS secured, \
        ARRAY(SELECT t.tgname::text FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid \
              AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY t.tgname) \
          AS triggers \
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, i) \
        JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema \
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name";
    let (mut forbidden, mut secured, mut triggered) = (Vec::new(), Vec::new(), Vec::new());
    for row in &by_names(link, on, text, &names).await? {
        let i = usize::try_from(link.get::<i64>(row, "i")? - 1).unwrap_or(usize::MAX);
        let Some(table) = there.get(i) else { continue };
        let name = table.target.to_string();
        let must_empty = table.existing == Existing::Truncated;
        if !link.get::<bool>(row, "may_insert")?
            || (must_empty && !link.get::<bool>(row, "may_empty")?)
        {
            forbidden.push(name.clone());
        }
        if link.get::<bool>(row, "secured")? {
            secured.push(name.clone());
        }
        let triggers: Vec<String> = link.get(row, "triggers")?;
        triggered.extend(triggers.iter().map(|trigger| format!("{trigger} on {name}")));
    }
    // A partitioned table may be the target of each of its leaves.
    for names in [&mut forbidden, &mut secured, &mut triggered] {
        names.sort();
        names.dedup();
    }
    let user = user(link, on).await?;
    let grants = vec![format!(
        "GRANT INSERT, TRUNCATE ON {} TO {user}",
        forbidden_names(&there, &forbidden)
    )];
    let mut findings = Vec::new();
    findings.extend(
        listed(Severity::Block, "privileges", "may not be written by this user", &forbidden)
            .map(|f| f.with_hint("Grant INSERT and, to empty them first, TRUNCATE."))
            .map(|f| by_administrator(f, grants)),
    );
    findings.extend(
        listed(Severity::Block, "privileges", "have row security for this user", &secured)
            .map(|f| f.with_hint("COPY is refused there: connect as a user with BYPASSRLS.")),
    );
    findings.extend(
        listed(Severity::Warn, "triggers", "of the target fire for every row", &triggered).map(
            |f| {
                f.with_detail("They may change rows, refuse them, or write elsewhere.").with_hint(
                    "ALTER TABLE ... DISABLE TRIGGER USER before the job, ENABLE afterwards.",
                )
            },
        ),
    );
    Ok(findings)
}

/// The tables of `shown`, each once, as a statement names them.
fn forbidden_names(there: &[&TablePlan], shown: &[String]) -> String {
    let of = there.iter().map(|table| &table.target);
    let names: BTreeSet<String> = of
        .filter(|name| shown.contains(&name.to_string()))
        .map(|name| sql::qualified(Dialect::Postgres, name))
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

async fn extensions(
    link: &Link,
    on: &mut PgConnection,
    wanted: &BTreeSet<String>,
) -> Result<Vec<Finding>, Fault> {
    let wanted: Vec<&String> = wanted.iter().collect();
    // Installed, or installable by this user: some extensions are for superusers only.
    let text = "SELECT w.name AS name, a.name IS NOT NULL AS present, \
        a.installed_version IS NOT NULL \
          OR pg_catalog.current_setting('is_superuser') = 'on' \
          OR COALESCE((SELECT v.trusted OR NOT v.superuser \
                       FROM pg_catalog.pg_available_extension_versions v \
                       WHERE v.name = a.name AND v.version = a.default_version), false) \
          AS allowed \
        FROM pg_catalog.unnest($1::text[]) AS w(name) \
        LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = w.name";
    let rows = sqlx::query(text).bind(&wanted).fetch_all(&mut *on).await;
    let (mut missing, mut forbidden) = (Vec::new(), Vec::new());
    for row in &rows.map_err(|e| link.fault(&e))? {
        let name: String = link.get(row, "name")?;
        if !link.get::<bool>(row, "present")? {
            missing.push(name);
        } else if !link.get::<bool>(row, "allowed")? {
            forbidden.push(name);
        }
    }
    let missing =
        listed(Severity::Block, "extensions", "are not available on the target", &missing)
            .map(|f| f.with_hint("Install their packages on the target's machine."))
            .map(|f| f.with_way("choose other tables", Change::Page { page: "pick".to_owned() }));
    let made: Vec<String> = forbidden
        .iter()
        .map(|name| {
            let name = sql::quote(Dialect::Postgres, name);
            format!("CREATE EXTENSION IF NOT EXISTS {name}")
        })
        .collect();
    let forbidden =
        listed(Severity::Warn, "extensions", "can be created by a superuser only", &forbidden)
            .map(|f| f.with_hint("Have a superuser create them in the target database first."))
            .map(|f| {
                f.with_way("create them (as a superuser)", Change::Conform { statements: made })
            });
    Ok(missing.into_iter().chain(forbidden).collect())
}

async fn missing_roles(
    link: &Link,
    on: &mut PgConnection,
    wanted: &BTreeSet<String>,
) -> Result<Option<Finding>, Fault> {
    let text = "SELECT w.name AS name FROM pg_catalog.unnest($1::text[]) AS w(name) \
                WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = w.name) \
                ORDER BY 1";
    let missing = missing_of(link, on, text, wanted).await?;
    let made = missing
        .iter()
        .map(|name| format!("CREATE ROLE {} NOLOGIN", sql::quote(Dialect::Postgres, name)));
    let made: Vec<String> = made.collect();
    Ok(listed(Severity::Warn, "roles", "are named in privileges or policies and missing", &missing)
        .map(|f| f.with_hint("Create the roles first, or do without what is granted to them."))
        .map(|f| f.with_way("make them, without a login", Change::Conform { statements: made })))
}

async fn missing_tablespaces(
    link: &Link,
    on: &mut PgConnection,
    wanted: &BTreeSet<String>,
) -> Result<Option<Finding>, Fault> {
    let text = "SELECT w.name AS name FROM pg_catalog.unnest($1::text[]) AS w(name) \
                WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace t WHERE t.spcname = w.name)";
    let missing = missing_of(link, on, text, wanted).await?;
    Ok(listed(Severity::Warn, "tablespaces", "are missing on the target", &missing)
        .map(|f| f.with_detail("What is in them goes into the database's default tablespace.")))
}

async fn missing_of(
    link: &Link,
    on: &mut PgConnection,
    text: &'static str,
    wanted: &BTreeSet<String>,
) -> Result<Vec<String>, Fault> {
    let wanted: Vec<&String> = wanted.iter().collect();
    let rows = sqlx::query(text).bind(&wanted).fetch_all(on).await;
    rows.map_err(|e| link.fault(&e))?.iter().map(|row| link.get(row, "name")).collect()
}

async fn large_objects(
    link: &Link,
    on: &mut PgConnection,
    plan: &MigrationPlan,
) -> Result<Option<Finding>, Fault> {
    if !plan.steps.iter().any(|s| s.kind == StepKind::LargeObjects) {
        return Ok(None);
    }
    let text = "SELECT count(*)::int8 AS n FROM pg_catalog.pg_largeobject_metadata";
    let rows = link.rows(on, text.to_owned()).await?;
    let count = rows.first().map(|r| link.get::<i64>(r, "n")).transpose()?.unwrap_or(0);
    Ok((count > 0).then(|| {
        let message = format!("the target has {count} large objects of its own");
        Finding::new(Severity::Warn, "large objects", message)
            .with_detail("Large objects keep their oids; one that is taken stops the step.")
    }))
}

async fn archiving(
    link: &Link,
    on: &mut PgConnection,
    plan: &MigrationPlan,
) -> Result<Option<Finding>, Fault> {
    let text = "SELECT pg_catalog.current_setting('archive_mode') <> 'off' \
                OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication) AS kept";
    let rows = link.rows(on, text.to_owned()).await?;
    let kept = rows.first().map(|r| link.get::<bool>(r, "kept")).transpose()?;
    let gigabytes = plan.tables.iter().map(|t| t.estimate.bytes).sum::<u64>() / 1_000_000_000;
    Ok((kept == Some(true) && gigabytes > 0).then(|| {
        let message = format!("the target archives or replicates ~{gigabytes} GB of WAL or more");
        Finding::new(Severity::Warn, "host", message)
            .with_hint("Watch the archive's disk and the standbys' lag; the rate can be limited.")
    }))
}

async fn by_names(
    link: &Link,
    on: &mut PgConnection,
    text: &'static str,
    names: &[&ObjectName],
) -> Result<Vec<sqlx::postgres::PgRow>, Fault> {
    let (schemas, tables): (Vec<&str>, Vec<&str>) =
        names.iter().map(|n| (n.schema.as_str(), n.name.as_str())).unzip();
    let rows = sqlx::query(text).bind(&schemas).bind(&tables).fetch_all(on).await;
    rows.map_err(|e| link.fault(&e))
}

/// The name a row of [`by_names`] is about.
fn named(link: &Link, row: &sqlx::postgres::PgRow, names: &[&ObjectName]) -> Result<String, Fault> {
    let i = usize::try_from(link.get::<i64>(row, "i")? - 1).unwrap_or(usize::MAX);
    Ok(names.get(i).map(|n| sql::qualified(Dialect::Postgres, n)).unwrap_or_default())
}
