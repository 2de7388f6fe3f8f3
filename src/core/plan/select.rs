//! Which tables and which of the source's DDL items come along.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, DdlItem, Table, TableKind};
use super::super::name::ObjectName;
use super::super::spec::{Pattern, Selection};

/// Tables that are copied: those selected, and the partitions of selected partitioned tables.
#[must_use]
pub fn selected_tables<'a>(selection: &Selection, catalog: &'a Catalog) -> Vec<&'a Table> {
    let mut taken: BTreeSet<&ObjectName> =
        catalog.tables.iter().filter(|t| selection.takes_table(&t.name)).map(|t| &t.name).collect();
    let excluded = |name: &ObjectName| selection.exclude.iter().any(|p| p.matches(name));
    loop {
        let more: Vec<&ObjectName> = catalog
            .tables
            .iter()
            .filter(|t| t.is_partition && !taken.contains(&t.name) && !excluded(&t.name))
            .filter(|t| t.parents.iter().any(|p| taken.contains(p)))
            .map(|t| &t.name)
            .collect();
        if more.is_empty() {
            break;
        }
        taken.extend(more);
    }
    catalog.tables.iter().filter(|t| taken.contains(&t.name)).collect()
}

/// `--schema` and `--table` patterns that match nothing: most often a typing error.
#[must_use]
pub fn idle_patterns(selection: &Selection, catalog: &Catalog) -> Vec<String> {
    let schema_idle = |p: &&Pattern| {
        let holds = |schema: &String| p.matches(&ObjectName::new(schema.as_str(), ""));
        let named = Selection { schemas: vec![(*p).clone()], ..Selection::default() };
        !catalog.schemas.iter().any(|s| named.takes_schema(s) || holds(s))
    };
    let table_idle = |p: &&Pattern| !catalog.tables.iter().any(|t| p.matches(&t.name));
    let schemas = selection.schemas.iter().filter(schema_idle).map(|p| ("schema", p));
    let tables = selection.tables.iter().filter(table_idle).map(|p| ("table", p));
    schemas.chain(tables).map(|(what, p)| format!("{what} {}", p.as_str())).collect()
}

/// What becomes of the source's items.
#[derive(Clone, Debug, Default)]
pub struct ItemChoice {
    /// Ids of items that are created.
    pub taken: BTreeSet<u32>,
    /// Items left out though they lie in the selection, with the table they would need.
    pub refused: BTreeMap<u32, ObjectName>,
}

/// Takes the items of `tables`, everything else in selected schemas, and whatever those need; an
/// item that needs a table outside the selection is left out and named.
#[must_use]
pub fn choose_items(
    selection: &Selection,
    catalog: &Catalog,
    tables: &[&Table],
    items: &[DdlItem],
) -> ItemChoice {
    if selection.is_everything() {
        return ItemChoice {
            taken: items.iter().map(|i| i.id).collect(),
            refused: BTreeMap::new(),
        };
    }
    let by_id: BTreeMap<u32, &DdlItem> = items.iter().map(|i| (i.id, i)).collect();
    // Tables outside the selection are known by name only.
    let unread = catalog.others.iter().filter(|o| o.kind == "TABLE").map(|o| &o.name);
    let known: BTreeSet<&ObjectName> =
        catalog.tables.iter().map(|t| &t.name).chain(unread).collect();
    let taken_tables: BTreeSet<&ObjectName> = tables.iter().map(|t| &t.name).collect();
    let outside = |item: &DdlItem| -> Option<ObjectName> {
        let table = table_of(item)?;
        (known.contains(table) && !taken_tables.contains(table)).then(|| table.clone())
    };
    let mut choice = ItemChoice::default();
    for item in items {
        let wanted = match table_of(item) {
            Some(table) if known.contains(table) => taken_tables.contains(table),
            _ if item.kind == "SCHEMA" => selection.takes_schema(&item.name.name),
            _ => {
                !item.name.schema.is_empty() && selection.takes_schema(&item.name.schema)
                    || selection.tables.iter().any(|p| p.matches(&item.name))
            }
        };
        if !wanted {
            continue;
        }
        let needs = closure(item.id, &by_id);
        match needs.iter().filter_map(|id| outside(by_id.get(id)?)).next() {
            Some(missing) => {
                choice.refused.insert(item.id, missing);
            }
            None => choice.taken.extend(needs),
        }
    }
    choice
}

/// The table an item is, or is part of.
#[must_use]
pub fn table_of(item: &DdlItem) -> Option<&ObjectName> {
    match item.kind.as_str() {
        "TABLE" | "FOREIGN TABLE" | "VIRTUAL TABLE" => Some(&item.name),
        _ => item.table.as_ref(),
    }
}

fn closure(start: u32, by_id: &BTreeMap<u32, &DdlItem>) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![start];
    while let Some(id) = queue.pop() {
        if let Some(item) = by_id.get(&id)
            && seen.insert(id)
        {
            queue.extend(&item.depends_on);
        }
    }
    seen
}

/// `table` and every table below it in a partition tree.
#[must_use]
pub fn with_partitions<'a>(catalog: &'a Catalog, table: &'a Table) -> Vec<&'a Table> {
    let mut family = vec![table];
    let mut at = 0;
    while at < family.len() {
        let parent = &family[at].name;
        if family[at].kind == TableKind::Partitioned {
            family.extend(catalog.tables.iter().filter(|t| t.parents.contains(parent)));
        }
        at += 1;
    }
    family
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::Section;
    use super::super::fixture;
    use super::*;

    fn item(id: u32, kind: &str, name: &str, table: Option<&str>, deps: &[u32]) -> DdlItem {
        DdlItem {
            id,
            kind: kind.to_owned(),
            name: ObjectName::new("s", name),
            section: Section::PreData,
            statements: Vec::new(),
            table: table.map(|t| ObjectName::new("s", t)),
            depends_on: deps.to_vec(),
        }
    }

    #[test]
    fn a_foreign_key_to_a_table_left_out_is_named_and_a_needed_type_comes_along() {
        let catalog = fixture::catalog(&["s.orders", "s.customers"]);
        let selection =
            Selection { tables: vec![Pattern::new("s.orders")], ..Selection::default() };
        let items = [
            item(1, "TYPE", "state", None, &[]),
            item(2, "TABLE", "orders", None, &[1]),
            item(3, "TABLE", "customers", None, &[]),
            item(4, "FK CONSTRAINT", "orders_fk", Some("orders"), &[2, 3]),
            item(5, "INDEX", "ix", Some("orders"), &[2]),
            item(6, "VIEW", "both", None, &[2, 3]),
        ];
        let tables = selected_tables(&selection, &catalog);
        let choice = choose_items(&selection, &catalog, &tables, &items);
        assert_eq!(choice.taken, BTreeSet::from([1, 2, 5]));
        assert_eq!(choice.refused.keys().copied().collect::<Vec<_>>(), vec![4]);
    }

    #[test]
    fn partitions_follow_their_parent() {
        let mut catalog = fixture::catalog(&["s.p", "s.p1"]);
        catalog.tables[0].kind = TableKind::Partitioned;
        catalog.tables[1].is_partition = true;
        catalog.tables[1].parents = vec![ObjectName::new("s", "p")];
        let only_parent = Selection { tables: vec![Pattern::new("s.p")], ..Selection::default() };
        assert_eq!(selected_tables(&only_parent, &catalog).len(), 2);
        assert_eq!(with_partitions(&catalog, &catalog.tables[0]).len(), 2);
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_reported() {
        let catalog = fixture::catalog(&["s.orders"]);
        let selection = Selection {
            schemas: vec![Pattern::new("nope"), Pattern::new("s")],
            tables: vec![Pattern::new("s.ordres")],
            exclude: vec![],
        };
        assert_eq!(idle_patterns(&selection, &catalog), ["schema nope", "table s.ordres"]);
    }
}
