//! Says whether one PostgreSQL database is a copy of another, by means that share nothing with the
//! program under test: pg_dump for what there is, psql's COPY for every row of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::postgres::Database;
use super::programs::run;
use super::rows::{Bag, differences};

/// Rows up to which a difference is shown row by row.
const SHOWN_ROWS_MAX: u64 = 200_000;

/// Everything: schema, rows, sequences, large objects, validity.
#[track_caller]
pub fn assert_copied(source: &Database, target: &Database) {
    let mut found = schema_differences(source, target);
    found.extend(row_differences(source, target));
    found.extend(sequence_differences(source, target));
    found.extend(query_differences(source, target, "invalid indexes and constraints", INVALID));
    found.extend(query_differences(source, target, "large objects", LARGE_OBJECTS));
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Only the rows of every table.
#[track_caller]
pub fn assert_same_rows(source: &Database, target: &Database) {
    let found = row_differences(source, target);
    assert!(found.is_empty(), "{} tables differ:\n{}", found.len(), found.join("\n"));
}

/// Differences of `pg_dump --schema-only`, but for order and ownership.
pub fn schema_differences(source: &Database, target: &Database) -> Vec<String> {
    let (source, target) = (schema_items(source), schema_items(target));
    let mut found = Vec::new();
    for (item, text) in &source {
        match target.get(item) {
            None => found.push(format!("missing on the target: {item}\n{text}")),
            Some(other) if other != text => {
                found.push(format!("differs: {item}\n--- source\n{text}\n--- target\n{other}"));
            }
            Some(_) => {}
        }
    }
    let extra = target.iter().filter(|(item, _)| !source.contains_key(*item));
    found.extend(extra.map(|(item, text)| format!("only on the target: {item}\n{text}")));
    found
}

/// The dump's items by their header line. Lines in front of the first one are settings.
fn schema_items(database: &Database) -> BTreeMap<String, String> {
    let mut command = database.client("pg_dump");
    let dump = run(command.args(["--schema-only", "--no-owner"])).expect_ok();
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    let mut item: Option<String> = None;
    for line in dump.lines() {
        if let Some(header) = line.strip_prefix("-- Name: ") {
            item = Some(header.to_owned());
        }
        // Settings float between items, and newer dumps begin with a random key.
        let floats = line.is_empty()
            || line.starts_with("--")
            || line.starts_with("SET default_")
            || line.starts_with('\\');
        if let (Some(item), false) = (&item, floats) {
            let text = items.entry(item.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    // Grants of one object are a set.
    for (item, text) in &mut items {
        if item.contains("Type: ACL") || item.contains("Type: DEFAULT ACL") {
            let lines: BTreeSet<&str> = text.lines().collect();
            *text = lines.into_iter().collect::<Vec<_>>().join("\n");
        }
    }
    items
}

/// Tables that hold rows themselves: no partitioned ones, no views, no foreign tables.
const TABLES: &str = "
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND c.relispopulated
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1";

/// What is there and does not hold: of indexes and of constraints.
const INVALID: &str = "
SELECT 'index ' || i.indexrelid::regclass FROM pg_index i
WHERE NOT i.indisvalid OR NOT i.indisready
UNION ALL
SELECT 'constraint ' || c.conname || ' of ' || c.conrelid::regclass FROM pg_constraint c
WHERE NOT c.convalidated AND c.conrelid <> 0
ORDER BY 1";

const LARGE_OBJECTS: &str = "
SELECT oid, md5(lo_get(oid)), lomacl FROM pg_largeobject_metadata ORDER BY oid";

/// Differences of the rows of every table.
pub fn row_differences(source: &Database, target: &Database) -> Vec<String> {
    let (here, there) = (source.lines(TABLES), target.lines(TABLES));
    let mut found = Vec::new();
    for table in &there {
        if !here.contains(table) {
            found.push(format!("{table}: only on the target"));
        }
    }
    for table in &here {
        if !there.contains(table) {
            found.push(format!("{table}: missing on the target"));
        }
    }
    let both: Vec<String> = here.into_iter().filter(|table| there.contains(table)).collect();
    let pairs = bags_of(source, &both).into_iter().zip(bags_of(target, &both));
    for (table, (here, there)) in both.iter().zip(pairs) {
        if here != there {
            found.push(table_difference(source, target, table, (here, there)));
        }
    }
    found
}

fn table_difference(
    source: &Database,
    target: &Database,
    table: &str,
    (here, there): (Bag, Bag),
) -> String {
    let counts = format!("{} rows on the source, {} on the target", here.rows, there.rows);
    if here.rows.saturating_add(there.rows) > SHOWN_ROWS_MAX {
        return format!("{table}: {counts}");
    }
    let rows = |database: &Database| database.lines(&copy_out(table));
    let lines = differences(&rows(source), &rows(target));
    format!("{table}: {counts}\n    {}", lines.join("\n    "))
}

/// ONLY: rows of inheriting tables are theirs.
fn copy_out(table: &str) -> String {
    format!("COPY (SELECT * FROM ONLY {table}) TO STDOUT;\n")
}

/// All rows of these tables, streamed through one psql. A line of COPY never begins with `\T`.
pub fn bags_of(database: &Database, tables: &[String]) -> Vec<Bag> {
    let mut script = "SET extra_float_digits = 1;\n".to_owned();
    for table in tables {
        script.push_str("\\echo '\\\\T'\n");
        script.push_str(&copy_out(table));
    }
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(script.as_bytes()).expect("a temporary file can be written");
    let mut child = database
        .psql()
        .arg("-f")
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("psql can be started");
    let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
    let mut bags: Vec<Bag> = Vec::new();
    for line in BufReader::with_capacity(1 << 20, stdout).split(b'\n') {
        let line = line.expect("psql's output can be read");
        match bags.last_mut() {
            _ if line == b"\\T" => bags.push(Bag::default()),
            Some(bag) => bag.add(&line),
            None => panic!("rows before the first table: {line:?}"),
        }
    }
    let status = child.wait().expect("a child can be waited for");
    assert!(status.success(), "psql failed on: {script}");
    assert_eq!(bags.len(), tables.len(), "psql did not get through: {script}");
    bags
}

/// Sequences go on where they were: position and whether it was given out.
pub fn sequence_differences(source: &Database, target: &Database) -> Vec<String> {
    let names = source.lines(
        "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences \
         WHERE schemaname <> 'tidegate' ORDER BY 1",
    );
    let position =
        |name: &String| format!("SELECT '{0}', last_value, is_called FROM {0};", quoted(name));
    let query: String = names.iter().map(position).collect();
    query_differences(source, target, "sequences", &query)
}

fn quoted(name: &str) -> String {
    name.replace('\'', "''")
}

/// Lines that a query gives on one side only.
pub fn query_differences(
    source: &Database,
    target: &Database,
    what: &str,
    query: &str,
) -> Vec<String> {
    let (here, there) = (source.lines(query), target.try_run(query));
    if there.code != Some(0) {
        return vec![format!("{what}: {there:?}")];
    }
    let there: Vec<String> = there.stdout.lines().map(str::to_owned).collect();
    differences(&here, &there).into_iter().map(|line| format!("{what}: {line}")).collect()
}

/// Nothing of a finished job is left on the target: no schema, no session, no lock.
#[track_caller]
pub fn assert_nothing_left(target: &Database) {
    let schemas = target.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'tidegate'");
    assert_eq!(schemas, "0", "the ledger's schema is still on the target");
}
