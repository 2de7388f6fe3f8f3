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
