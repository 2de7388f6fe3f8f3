//! What a database is made of besides rows: keys, indexes, foreign keys, defaults, next values.
//! Read from each engine's own catalogue, in one wording for all three.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::canon::Place;
use super::mariadb::MyDatabase;
use super::postgres::Database;
use super::sqlite;

/// One database's structure, as far as the three engines share it.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// `table(a, b)`
    pub primary: BTreeSet<String>,
    pub unique: BTreeSet<String>,
    /// Of plain columns, with keys and unique ones.
    pub indexes: BTreeSet<String>,
    /// `table(a) -> other(b) on delete cascade`
    pub foreign: BTreeSet<String>,
    /// `table.column`
    pub required: BTreeSet<String>,
    /// Constant defaults by `table.column`; `now` for the current moment.
    pub defaults: BTreeMap<String, String>,
    /// The next value each table would give out by itself.
    pub next: BTreeMap<String, i64>,
}

impl Shape {
    pub fn of(place: &Place) -> Shape {
        match place {
            Place::Postgres(database, schema) => of_postgres(database, schema),
            Place::Mysql(database) => of_mysql(database),
            Place::Sqlite(path) => of_sqlite(path),
        }
    }

    /// What `there` lacks of this. An index may be part of a key there; more than here is no harm.
    pub fn missing_in(&self, there: &Shape) -> Vec<String> {
        let mut found = Vec::new();
        let mut lacks = |what: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>| {
            found.extend(ours.difference(theirs).map(|one| format!("no {what} {one}")));
        };
        let keys: BTreeSet<String> = there.unique.union(&there.primary).cloned().collect();
        let indexes: BTreeSet<String> = there.indexes.union(&keys).cloned().collect();
        lacks("primary key", &self.primary, &there.primary);
        lacks("unique key", &self.unique, &keys);
        lacks("index", &self.indexes, &indexes);
        lacks("foreign key", &self.foreign, &there.foreign);
        lacks("NOT NULL", &self.required, &there.required);
        for (column, value) in &self.defaults {
            let other = there.defaults.get(column);
            if other != Some(value) {
                found.push(format!("default of {column}: {value} became {other:?}"));
            }
        }
        for (table, next) in &self.next {
            let other = there.next.get(table);
            if other != Some(next) {
                found.push(format!("next value of {table}: {next} became {other:?}"));
            }
        }
        found
    }
}

/// `table<tab>index<tab>column`, in order, to `table(a, b)` by index.
fn grouped(lines: impl IntoIterator<Item = String>) -> BTreeMap<(String, String), Vec<String>> {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for line in lines {
        let mut parts = line.splitn(3, '\t').map(str::to_owned);
        let mut next = || parts.next().expect("three parts were selected");
        let key = (next(), next());
        found.entry(key).or_default().push(next());
    }
    found
}

fn listed(groups: BTreeMap<(String, String), Vec<String>>) -> BTreeSet<String> {
    let one = |((table, _), columns): ((String, String), Vec<String>)| {
        format!("{table}({})", columns.join(", "))
    };
    groups.into_iter().map(one).collect()
}

/// Each part is `column -> other.column on delete x on update y`.
fn references(groups: BTreeMap<(String, String), Vec<String>>) -> BTreeSet<String> {
    let one = |((table, _), parts): ((String, String), Vec<String>)| {
        format!("{table}: {}", parts.join(", "))
    };
    groups.into_iter().map(one).collect()
}

/// RESTRICT, NO ACTION and nothing are one thing to rows at rest.
fn action(word: &str) -> &str {
    match word {
        "RESTRICT" | "NO ACTION" | "a" | "r" | "" => "stop",
        "CASCADE" | "c" => "cascade",
        "SET NULL" | "n" => "set null",
        _ => "set default",
    }
}

fn reference(column: &str, other: &str, to: &str, delete: &str, update: &str) -> String {
    format!("{column} -> {other}.{to} on delete {} on update {}", action(delete), action(update))
}

/// A constant as all three engines would say it; `None` for expressions.
fn constant(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let now = ["current_timestamp", "now()", "utc_timestamp", "localtimestamp"];
    let clock = lower.contains("'now'");
    if clock || now.iter().any(|word| lower.trim_start_matches('(').starts_with(word)) {
        return Some("now".to_owned());
    }
    if lower.starts_with("nextval(") {
        return None;
    }
    let value = text.split("::").next().unwrap_or(text).trim();
    let inner = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(value);
    let word = inner.trim_matches('\'');
    match word.to_lowercase().as_str() {
        "null" => None,
        "true" => Some("1".to_owned()),
        "false" => Some("0".to_owned()),
        _ if inner.starts_with('\'') || word.parse::<f64>().is_ok() => {
            Some(super::canon::number(word))
        }
        _ => None,
    }
}

fn of_postgres(database: &Database, schema: &str) -> Shape {
    let own = format!("n.nspname = '{}'", schema.replace('\'', "''"));
    let tab = "chr(9)";
    let index = |condition: &str| {
        let query = format!(
            "SELECT c.relname || {tab} || i.relname || {tab} || a.attname FROM pg_index x \
             JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = i.relam \
             CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(num, at) \
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num \
             WHERE {own} AND NOT c.relispartition AND x.indexprs IS NULL AND m.amname = 'btree' \
             AND x.indpred IS NULL AND k.at <= x.indnkeyatts AND {condition} \
             AND a.attrelid = c.oid ORDER BY 1, k.at"
        );
        // Sorted by name and place; one column per line.
        let query = query.replace("ORDER BY 1, k.at", "ORDER BY c.relname, i.relname, k.at");
        listed(grouped(database.lines(&query)))
    };
    let foreign = database.lines(&format!(
        "SELECT concat_ws({tab}, c.relname, x.conname, a.attname, o.relname, b.attname, \
         x.confdeltype::text, x.confupdtype::text) FROM pg_constraint x \
         JOIN pg_class c ON c.oid = x.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_class o ON o.oid = x.confrelid \
         CROSS JOIN LATERAL unnest(x.conkey, x.confkey) WITH ORDINALITY k(a, b, at) \
         JOIN pg_attribute a ON a.attnum = k.a JOIN pg_attribute b ON b.attnum = k.b \
         WHERE {own} AND x.contype = 'f' AND NOT c.relispartition AND x.conparentid = 0 \
         AND a.attrelid = x.conrelid AND b.attrelid = x.confrelid \
         ORDER BY c.relname, x.conname, k.at"
    ));
    let columns = format!(
        "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attrdef d \
         ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE {own} AND c.relkind IN ('r', 'p') \
         AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
    );
    let required = database
        .lines(&format!("SELECT c.relname || '.' || a.attname FROM {columns} AND a.attnotnull"));
    let defaults = database.lines(&format!(
        "SELECT c.relname || '.' || a.attname || {tab} || pg_get_expr(d.adbin, d.adrelid) \
         FROM {columns} AND d.oid IS NOT NULL AND a.attgenerated = ''"
    ));
    let sequences = database.lines(&format!(
        "SELECT c.relname || {tab} || pg_get_serial_sequence(\
         quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) FROM {columns} AND \
         pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), \
         a.attname) IS NOT NULL"
    ));
    let next = sequences.into_iter().map(|line| {
        let (table, sequence) = line.split_once('\t').expect("both parts were selected");
        let query = format!("SELECT last_value + is_called::int FROM {sequence}");
        (table.to_owned(), database.number(&query))
    });
    Shape {
        primary: index("x.indisprimary"),
        unique: index("x.indisunique AND NOT x.indisprimary"),
        indexes: index("NOT x.indisunique"),
        foreign: references(grouped(foreign.into_iter().map(|l| reference_line(&l)))),
        required: required.into_iter().collect(),
        defaults: constants(defaults),
        next: next.collect(),
    }
}

/// `table, name, column, other, to, delete, update` to what [`grouped`] reads.
fn reference_line(line: &str) -> String {
    let parts: Vec<&str> = line.split('\t').collect();
    let [table, name, column, other, to, delete, update] = parts[..] else {
        panic!("seven parts were selected: {line}")
    };
    format!("{table}\t{name}\t{}", reference(column, other, to, delete, update))
}

fn constants(lines: Vec<String>) -> BTreeMap<String, String> {
    let one = |line: String| {
        let (column, text) = line.split_once('\t')?;
        Some((column.to_owned(), constant(text)?))
    };
    lines.into_iter().filter_map(one).collect()
}

fn of_mysql(database: &MyDatabase) -> Shape {
    let lines = |query: &str| -> Vec<String> {
        // Batch mode prints a tab inside a cell as \t.
        database.lines(query).into_iter().map(|line| line.replace("\\t", "\t")).collect()
    };
    let index = |condition: &str| {
        listed(grouped(lines(&format!(
            "SELECT concat_ws(char(9), table_name, index_name, column_name) \
             FROM information_schema.statistics WHERE table_schema = database() \
             AND index_type = 'BTREE' AND {condition} \
             ORDER BY table_name, index_name, seq_in_index"
        ))))
    };
    let foreign = lines(
        "SELECT concat_ws(char(9), k.table_name, k.constraint_name, k.column_name, \
         k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule) \
         FROM information_schema.key_column_usage k \
         JOIN information_schema.referential_constraints r \
         ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name \
         AND r.constraint_name = k.constraint_name WHERE k.table_schema = database() \
         AND k.referenced_table_name IS NOT NULL \
         ORDER BY k.table_name, k.constraint_name, k.ordinal_position",
    );
    let columns = "information_schema.columns c JOIN information_schema.tables t \
                   USING (table_schema, table_name) WHERE table_schema = database() \
                   AND table_type = 'BASE TABLE'";
    let required = lines(&format!(
        "SELECT concat(table_name, '.', column_name) FROM {columns} AND is_nullable = 'NO'"
    ));
    let defaults = lines(&format!(
        "SELECT concat(table_name, '.', column_name, char(9), column_default) FROM {columns} \
         AND column_default IS NOT NULL AND ifnull(generation_expression, '') = ''"
    ));
    let tables = lines(
        "SELECT concat(table_name, char(9), auto_increment) FROM information_schema.tables \
         WHERE table_schema = database() AND auto_increment IS NOT NULL",
    );
    let next = tables.into_iter().map(|line| {
        let (table, value) = line.split_once('\t').expect("both parts were selected");
        (table.to_owned(), value.parse().expect("a number"))
    });
    Shape {
        primary: index("index_name = 'PRIMARY'"),
        unique: index("non_unique = 0 AND index_name <> 'PRIMARY'"),
        indexes: index("non_unique = 1"),
        foreign: references(grouped(foreign.iter().map(|line| reference_line(line)))),
        required: required.into_iter().collect(),
        defaults: constants(defaults),
        next: next.collect(),
    }
}

fn of_sqlite(path: &Path) -> Shape {
    let connection = sqlite::open(path);
    let texts = |query: &str| sqlite::texts(&connection, query);
    let tables = "(SELECT name FROM sqlite_schema WHERE type = 'table' \
                  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\') t";
    let index = |condition: &str| {
        listed(grouped(texts(&format!(
            "SELECT t.name || char(9) || l.name || char(9) || i.name FROM {tables}, \
             pragma_index_list(t.name) l, pragma_index_info(l.name) i \
             WHERE l.partial = 0 AND i.name IS NOT NULL AND {condition} \
             ORDER BY t.name, l.name, i.seqno"
        ))))
    };
    let primary = listed(grouped(texts(&format!(
        "SELECT t.name || char(9) || '' || char(9) || c.name FROM {tables}, \
         pragma_table_info(t.name) c WHERE c.pk > 0 ORDER BY t.name, c.pk"
    ))));
    let foreign = texts(&format!(
        "SELECT t.name || char(9) || f.id || char(9) || f.\"from\" || char(9) || f.\"table\" \
         || char(9) || coalesce(f.\"to\", (SELECT c.name FROM pragma_table_info(f.\"table\") c \
         WHERE c.pk = f.seq + 1)) || char(9) || f.on_delete || char(9) || f.on_update \
         FROM {tables}, pragma_foreign_key_list(t.name) f ORDER BY t.name, f.id, f.seq"
    ));
    let required = texts(&format!(
        "SELECT t.name || '.' || c.name FROM {tables}, pragma_table_info(t.name) c \
         WHERE c.\"notnull\" = 1"
    ));
    let defaults = texts(&format!(
        "SELECT t.name || '.' || c.name || char(9) || c.dflt_value FROM {tables}, \
         pragma_table_info(t.name) c WHERE c.dflt_value IS NOT NULL"
    ));
    let kept = !texts("SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'").is_empty();
    let sequences = match kept {
        true => texts("SELECT name || char(9) || (seq + 1) FROM sqlite_sequence"),
        false => Vec::new(),
    };
    let next = sequences.into_iter().map(|line| {
        let (table, value) = line.split_once('\t').expect("both parts were selected");
        (table.to_owned(), value.parse().expect("a number"))
    });
    Shape {
        primary,
        unique: index("l.\"unique\" = 1 AND l.origin <> 'pk'"),
        indexes: index("l.\"unique\" = 0"),
        foreign: references(grouped(foreign.iter().map(|line| reference_line(line)))),
        required: required.into_iter().collect(),
        defaults: constants(defaults),
        next: next.collect(),
    }
}
