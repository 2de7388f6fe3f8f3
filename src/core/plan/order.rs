//! In which order tables are loaded when the target's foreign keys are already there.
//!
//! Tables that the job creates get their foreign keys after all rows, so their order is free. Rows
//! added to a table that existed are checked one by one: the rows they refer to must come first.

use std::collections::BTreeMap;

use super::super::catalog::Catalog;
use super::super::name::ObjectName;
use super::{Existing, TablePlan};

/// A table's position in the plan, and the tables whose rows must be in before its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub table: usize,
    pub after: Vec<usize>,
}

/// Every table once, each after those it waits for. A circle of foreign keys is cut somewhere: a
/// chunk that then comes too early fails with the key's name and can be run again.
#[must_use]
pub fn load_order(source: &Catalog, tables: &[TablePlan]) -> Vec<Place> {
    let parents = parents_of(source, tables);
    let mut order = Order { parents, met: vec![false; tables.len()], places: Vec::new() };
    for table in 0..tables.len() {
        order.visit(table);
    }
    order.places
}

struct Order {
    parents: Vec<Vec<usize>>,
    met: Vec<bool>,
    places: Vec<Place>,
}

impl Order {
    fn visit(&mut self, table: usize) {
        if std::mem::replace(&mut self.met[table], true) {
            return;
        }
        let parents = std::mem::take(&mut self.parents[table]);
        parents.iter().for_each(|parent| self.visit(*parent));
        // One that was met and has no place yet is on the way to this one: the circle is cut here.
        let placed = |parent: &usize| self.places.iter().any(|place| place.table == *parent);
        let after = parents.into_iter().filter(placed).collect();
        self.places.push(Place { table, after });
    }
}

/// For each table that existed, the others of the plan that its foreign keys refer to.
fn parents_of(source: &Catalog, tables: &[TablePlan]) -> Vec<Vec<usize>> {
    let existed = |table: &TablePlan| table.existing != Existing::Created;
    let mut parents = vec![Vec::new(); tables.len()];
    if !tables.iter().any(existed) {
        return parents;
    }
    let numbered = tables.iter().zip(0usize..).filter(|(table, _)| existed(table));
    let by_name: BTreeMap<&ObjectName, usize> = numbered.map(|(t, at)| (&t.source, at)).collect();
    for table in &source.tables {
        let Some(child) = by_name.get(&table.name) else { continue };
        let named = table.foreign_keys.iter().filter_map(|key| by_name.get(&key.to_table));
        parents[*child].extend(named.copied().filter(|parent| parent != child));
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::ForeignKey;
    use super::super::fixture;
    use super::*;

    fn planned(name: &str, existing: Existing) -> TablePlan {
        TablePlan { existing, ..fixture::planned(&format!("s.{name}")) }
    }

    fn key(to: &str) -> ForeignKey {
        ForeignKey {
            name: "fk".to_owned(),
            columns: vec!["id".to_owned()],
            to_table: ObjectName::new("s", to),
            to_columns: Vec::new(),
            on_update: "NO ACTION".to_owned(),
            on_delete: "NO ACTION".to_owned(),
            deferrable: false,
            initially_deferred: false,
            validated: true,
            match_full: false,
        }
    }

    /// `child` refers to `parent` and to itself; `a` and `b` to each other.
    fn order(existing: Existing) -> Vec<Place> {
        let mut catalog = fixture::catalog(&["s.child", "s.parent", "s.a", "s.b"]);
        catalog.tables[0].foreign_keys = vec![key("parent"), key("child")];
        catalog.tables[2].foreign_keys = vec![key("b")];
        catalog.tables[3].foreign_keys = vec![key("a")];
        let tables: Vec<TablePlan> =
            ["child", "parent", "a", "b"].iter().map(|n| planned(n, existing)).collect();
        load_order(&catalog, &tables)
    }

    #[test]
    fn rows_referred_to_come_first_and_a_circle_is_cut() {
        let place = |table: usize, after: &[usize]| Place { table, after: after.to_vec() };
        assert_eq!(
            order(Existing::Append),
            [place(1, &[]), place(0, &[1]), place(3, &[]), place(2, &[3])]
        );
    }

    #[test]
    fn tables_made_by_the_job_wait_for_nothing() {
        assert!(order(Existing::Created).iter().all(|place| place.after.is_empty()));
    }
}
