//! From `pg_dump`'s archive to DDL items. Pure.
//!
//! An item's statement is `pg_dump`'s own text. Left out: rows and everything that sets rows, the
//! database itself (name, settings, comment, privileges), and definitions that hold passwords
//! (subscriptions, user mappings). Added: a refresh per materialized view that is populated.
//! Nothing that remains is barred from a transaction.
//!
//! The order is one in which the items can be run one after another, as `pg_restore` has it:
//! objects, then privileges, then refreshes, then event triggers (which would fire on our own DDL).

use std::collections::{HashMap, HashSet};

use super::archive::{Archive, TocEntry, TocSection};
use crate::core::catalog::{DdlItem, Section};
use crate::core::name::{Dialect, ObjectName};
use crate::core::sql;
use crate::driver::SchemaItems;

/// Kinds that are rows, the database itself, or hold passwords.
const LEFT_OUT: [&str; 14] = [
    "BLOB",
    "BLOB COMMENTS",
    "BLOB METADATA",
    "BLOBS",
    "DATABASE",
    "DATABASE PROPERTIES",
    "LARGE OBJECT",
    "MATERIALIZED VIEW DATA",
    "SEQUENCE SET",
    "STATISTICS DATA",
    "SUBSCRIPTION",
    "SUBSCRIPTION TABLE",
    "TABLE DATA",
    "USER MAPPING",
];

/// The kind of an item that fills a materialized view.
pub(super) const REFRESH: &str = "MATERIALIZED VIEW DATA";

/// What the archive does not say, from the catalogue.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// The table an object is part of, by catalogue and oid.
    pub owners: HashMap<(u32, u32), ObjectName>,
    /// Materialized views that hold rows.
    pub populated: HashSet<ObjectName>,
}

/// The archive's entries as items.
pub(super) fn items(archive: &Archive, around: &Surroundings) -> SchemaItems {
    let by_id: HashMap<u32, &TocEntry> = archive.entries.iter().map(|e| (e.dump_id, e)).collect();
    let mut preamble = preamble();
    let mut made: Vec<DdlItem> = Vec::new();
    for entry in &archive.entries {
        match entry.kind.as_str() {
            // Ours is UTF-8, and so is an archive made with --encoding=UTF8.
            "ENCODING" => {}
            "STDSTRINGS" | "SEARCHPATH" => preamble.push(trimmed(&entry.definition).to_owned()),
            _ if is_left_out(entry, &by_id) => {}
            _ => made.push(item(entry, &by_id, around)),
        }
    }
    let kept: HashSet<u32> = made.iter().map(|i| i.id).collect();
    for item in &mut made {
        item.depends_on.retain(|id| kept.contains(id));
    }
    privileges_come_last(&mut made);
    let refreshes = refreshes(&made, around);
    made.extend(refreshes);
    made.sort_by_key(|item| pass_of(&item.kind));
    SchemaItems { preamble, items: made }
}

/// What `pg_restore` sets before its first statement.
fn preamble() -> Vec<String> {
    [
        "SET check_function_bodies = false",
        "SET xmloption = content",
        "SET client_min_messages = warning",
        "SET row_security = off",
        "SET default_tablespace = ''",
        "SET default_table_access_method = heap",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// `pg_restore`'s passes: the main one, privileges, then what must see everything else done.
fn pass_of(kind: &str) -> u8 {
    match kind {
        "ACL" | "ACL LANGUAGE" => 1,
        "DEFAULT ACL" => 2,
        REFRESH => 3,
        "EVENT TRIGGER" => 4,
        _ => 0,
    }
}

fn is_privilege(kind: &str) -> bool {
    matches!(kind, "ACL" | "ACL LANGUAGE" | "DEFAULT ACL")
}

fn is_left_out(entry: &TocEntry, by_id: &HashMap<u32, &TocEntry>) -> bool {
    if LEFT_OUT.contains(&entry.kind.as_str()) || trimmed(&entry.definition).is_empty() {
        return true;
    }
    // What is said about something left out.
    let about = matches!(entry.kind.as_str(), "COMMENT" | "ACL" | "SECURITY LABEL");
    about
        && (entry.tag.starts_with("DATABASE ")
            || entry.tag.starts_with("LARGE OBJECT")
            || entry
                .depends_on
                .iter()
                .any(|id| by_id.get(id).is_some_and(|on| LEFT_OUT.contains(&on.kind.as_str()))))
}

/// A definition without leading comment lines and trailing blanks; empty when only comments.
fn trimmed(definition: &str) -> &str {
    let mut rest = definition.trim();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, after)| after.trim_start());
    }
    rest
}

fn item(entry: &TocEntry, by_id: &HashMap<u32, &TocEntry>, around: &Surroundings) -> DdlItem {
    let table = table_of(entry, by_id, around);
    let mut depends_on = entry.depends_on.clone();
    depends_on.sort_unstable();
    depends_on.dedup();
    DdlItem {
        id: entry.dump_id,
        kind: entry.kind.clone(),
        name: name_of(entry, table.as_ref()),
        section: section_of(entry, by_id),
        statements: statements_of(entry),
        table,
        depends_on,
    }
}

/// The name without the table `pg_dump` puts in front of it.
fn name_of(entry: &TocEntry, table: Option<&ObjectName>) -> ObjectName {
    let within = table
        .filter(|_| !matches!(entry.kind.as_str(), "COMMENT" | "ACL" | "SECURITY LABEL"))
        .and_then(|t| entry.tag.strip_prefix(t.name.as_str())?.strip_prefix(' '));
    ObjectName::new(entry.schema.clone(), within.unwrap_or(&entry.tag))
}

fn table_of(
    entry: &TocEntry,
    by_id: &HashMap<u32, &TocEntry>,
    around: &Surroundings,
) -> Option<ObjectName> {
    let of = |e: &TocEntry| around.owners.get(&(e.class_oid, e.oid)).cloned();
    if let Some(table) = of(entry) {
        return Some(table);
    }
    let on = || entry.depends_on.iter().filter_map(|id| by_id.get(id));
    match entry.kind.as_str() {
        // Named after the child, which is one of the two it depends on.
        "TABLE ATTACH" | "INDEX ATTACH" => {
            on().find(|e| e.schema == entry.schema && e.tag == entry.tag).and_then(|e| of(e))
        }
        // About one object, which may be the table or a part of it.
        "COMMENT" | "ACL" | "SECURITY LABEL" | "SEQUENCE OWNED BY" => on().find_map(|e| of(e)),
        _ => None,
    }
}

fn section_of(entry: &TocEntry, by_id: &HashMap<u32, &TocEntry>) -> Section {
    if is_privilege(&entry.kind) {
        // Rows and keys are made before anyone's privileges are taken away.
        return Section::PostData;
    }
    let own = |section| match section {
        TocSection::None => None,
        TocSection::PreData => Some(Section::PreData),
        TocSection::Data => Some(Section::Data),
        TocSection::PostData => Some(Section::PostData),
    };
    // A comment goes with its object.
    own(entry.section)
        .or_else(|| entry.depends_on.iter().find_map(|id| own(by_id.get(id)?.section)))
        .unwrap_or(Section::PreData)
}

/// The definition, with tablespace and access method where they are not the default. Both are set
/// for the transaction only.
fn statements_of(entry: &TocEntry) -> Vec<String> {
    let mut statements = Vec::new();
    if !entry.tablespace.is_empty() {
        statements.push(tablespace_if_there(&entry.tablespace));
    }
    let other_method = !matches!(entry.access_method.as_str(), "" | "heap");
    let method = sql::quote(Dialect::Postgres, &entry.access_method);
    let partitioned = entry.relkind == Some('p');
    if other_method && !partitioned {
        statements.push(format!("SET LOCAL default_table_access_method = {method}"));
    }
    statements.push(trimmed(&entry.definition).to_owned());
    if other_method && partitioned {
        let table = ObjectName::new(entry.schema.clone(), entry.tag.clone());
        let table = sql::qualified(Dialect::Postgres, &table);
        statements.push(format!("ALTER TABLE {table} SET ACCESS METHOD {method}"));
    }
    statements
}

/// Puts an object where the source has it when the target knows the tablespace, else where new
/// objects go; the plan warns of the difference.
pub(super) fn tablespace_if_there(tablespace: &str) -> String {
    let name = sql::literal(Dialect::Postgres, tablespace);
    format!(
        "SELECT pg_catalog.set_config('default_tablespace', COALESCE((SELECT pg_catalog.quote_ident\
         (spcname) FROM pg_catalog.pg_tablespace WHERE spcname = {name}), ''), true)"
    )
}

/// Privileges of a table wait for the rest of the table: an owner without rights on his own table
/// is possible, and could not load or index it.
fn privileges_come_last(items: &mut [DdlItem]) {
    let mut parts: HashMap<ObjectName, Vec<u32>> = HashMap::new();
    for item in items.iter().filter(|i| !is_privilege(&i.kind)) {
        if let Some(table) = &item.table {
            parts.entry(table.clone()).or_default().push(item.id);
        }
    }
    for item in items.iter_mut().filter(|i| is_privilege(&i.kind)) {
        if let Some(ids) = item.table.as_ref().and_then(|table| parts.get(table)) {
            item.depends_on.extend(ids);
            item.depends_on.sort_unstable();
            item.depends_on.dedup();
        }
    }
}

/// A refresh per populated materialized view, each after those it reads.
fn refreshes(items: &[DdlItem], around: &Surroundings) -> Vec<DdlItem> {
    let by_id: HashMap<u32, &DdlItem> = items.iter().map(|i| (i.id, i)).collect();
    let first_free = items.iter().map(|i| i.id).max().unwrap_or(0) + 1;
    let views: Vec<&DdlItem> = items
        .iter()
        .filter(|i| i.kind == "MATERIALIZED VIEW" && around.populated.contains(&i.name))
        .collect();
    let refresh_of: HashMap<u32, u32> = views.iter().map(|v| v.id).zip(first_free..).collect();
    let made = views.iter().map(|view| {
        let below = everything_below(view.id, &by_id);
        let mut depends_on: Vec<u32> =
            below.iter().filter_map(|id| refresh_of.get(id)).copied().collect();
        depends_on.push(view.id);
        depends_on.sort_unstable();
        DdlItem {
            id: refresh_of[&view.id],
            kind: REFRESH.to_owned(),
            name: view.name.clone(),
            section: Section::PostData,
            statements: vec![format!(
                "REFRESH MATERIALIZED VIEW {}",
                sql::qualified(Dialect::Postgres, &view.name)
            )],
            table: None,
            depends_on,
        }
    });
    let mut made: Vec<DdlItem> = made.collect();
    // Views that read others come after them; an archive lists them so already.
    made.sort_by_key(|item| item.depends_on.len());
    made
}

/// Ids that `id` needs, directly or not, without itself.
fn everything_below(id: u32, by_id: &HashMap<u32, &DdlItem>) -> HashSet<u32> {
    let mut below = HashSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for on in by_id.get(&next).map_or(&[][..], |i| &i.depends_on) {
            if below.insert(*on) {
                open.push(*on);
            }
        }
    }
    below.remove(&id);
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: Vec<TocEntry>) -> Archive {
        let version = String::new();
        Archive {
            version: (1, 14),
            server_version: version.clone(),
            dump_version: version,
            entries,
        }
    }

    fn made(entries: Vec<TocEntry>, around: &Surroundings) -> SchemaItems {
        items(&archive(entries), around)
    }

    #[test]
    fn rows_and_the_database_itself_are_left_out() {
        let mut comment = TocEntry::of(4, "COMMENT", "", "DATABASE crm");
        comment.section = TocSection::None;
        comment.depends_on = vec![3];
        let mut public = TocEntry::of(5, "SCHEMA", "", "public");
        public.definition = "-- *not* creating schema, since initdb creates it\n\n".to_owned();
        let list = vec![
            TocEntry::of(1, "TABLE DATA", "s", "t"),
            TocEntry::of(2, "SEQUENCE SET", "s", "q"),
            TocEntry::of(3, "DATABASE", "", "crm"),
            comment,
            public,
            TocEntry::of(6, "USER MAPPING", "", "USER MAPPING ana SERVER far"),
        ];
        assert_eq!(made(list, &Surroundings::default()).items, vec![]);
    }

    #[test]
    fn parts_know_their_table_and_lose_its_name() {
        let mut around = Surroundings::default();
        let table = ObjectName::new("s", "my orders");
        around.owners.insert((1259, 10), table.clone());
        around.owners.insert((2606, 11), table.clone());
        let mut orders = TocEntry::of(1, "TABLE", "s", "my orders");
        (orders.class_oid, orders.oid) = (1259, 10);
        let mut key = TocEntry::of(2, "CONSTRAINT", "s", "my orders orders_pkey");
        (key.class_oid, key.oid, key.section) = (2606, 11, TocSection::PostData);
        key.depends_on = vec![1];
        let mut comment = TocEntry::of(3, "COMMENT", "s", "CONSTRAINT orders_pkey ON my orders");
        comment.section = TocSection::None;
        comment.depends_on = vec![2];
        let mut acl = TocEntry::of(4, "ACL", "s", "TABLE my orders");
        acl.depends_on = vec![1];
        let made = made(vec![acl, orders, key, comment], &around).items;
        let names: Vec<&str> = made.iter().map(|i| i.name.name.as_str()).collect();
        let comment = "CONSTRAINT orders_pkey ON my orders";
        assert_eq!(names, ["my orders", "orders_pkey", comment, "TABLE my orders"]);
        assert!(made.iter().all(|i| i.table.as_ref() == Some(&table)));
        assert_eq!(made[2].section, Section::PostData, "a comment goes with its object");
        assert_eq!(made[3].depends_on, [1, 2, 3], "privileges wait for the rest of the table");
    }

    #[test]
    fn materialized_views_are_filled_in_order_and_event_triggers_come_last() {
        let mut around = Surroundings::default();
        for name in ["a", "b"] {
            around.populated.insert(ObjectName::new("s", name));
        }
        let mut b = TocEntry::of(3, "MATERIALIZED VIEW", "s", "b");
        b.depends_on = vec![2];
        let mut between = TocEntry::of(2, "VIEW", "s", "v");
        between.depends_on = vec![1];
        let list = vec![
            TocEntry::of(9, "EVENT TRIGGER", "", "watch"),
            TocEntry::of(1, "MATERIALIZED VIEW", "s", "a"),
            between,
            b,
            TocEntry::of(4, "MATERIALIZED VIEW", "s", "empty"),
        ];
        let made = made(list, &around).items;
        let last: Vec<(&str, &str)> =
            made[4..].iter().map(|i| (i.kind.as_str(), i.name.name.as_str())).collect();
        assert_eq!(last, [(REFRESH, "a"), (REFRESH, "b"), ("EVENT TRIGGER", "watch")]);
        assert_eq!(made[5].depends_on, [3, made[4].id]);
        assert_eq!(made[5].statements, ["REFRESH MATERIALIZED VIEW \"s\".\"b\""]);
    }

    #[test]
    fn tablespace_and_access_method_hold_for_one_transaction() {
        let mut table = TocEntry::of(1, "TABLE", "s", "t");
        table.tablespace = "fast".to_owned();
        table.access_method = "columnar".to_owned();
        let mut parent = TocEntry::of(2, "TABLE", "s", "p");
        parent.access_method = "columnar".to_owned();
        parent.relkind = Some('p');
        let made = made(vec![table, parent], &Surroundings::default()).items;
        assert_eq!(made[0].statements.len(), 3);
        assert!(made[0].statements[0].contains("spcname = 'fast'"));
        assert_eq!(made[0].statements[1], "SET LOCAL default_table_access_method = \"columnar\"");
        assert_eq!(made[1].statements[1], "ALTER TABLE \"s\".\"p\" SET ACCESS METHOD \"columnar\"");
    }

    #[test]
    fn settings_of_the_archive_go_into_the_preamble() {
        let mut strings = TocEntry::of(1, "STDSTRINGS", "", "STDSTRINGS");
        strings.definition = "SET standard_conforming_strings = 'on';\n".to_owned();
        let made = made(vec![strings], &Surroundings::default());
        assert!(made.items.is_empty());
        assert!(made.preamble.contains(&"SET standard_conforming_strings = 'on';".to_owned()));
    }
}
