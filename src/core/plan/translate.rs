//! DDL for another engine, and the checklist of what does not translate.

use super::super::catalog::{Catalog, DdlItem, OtherObject, Sequence, Table};
use super::super::mapping::Ends;
use super::super::name::{Dialect, ObjectName};
use super::super::spec::JobSpec;
use super::super::sql::{DdlRequest, Untranslated, items_for};
use super::shape::Shapes;
use super::{ChecklistEntry, Fate, storage};

/// Items for the selected tables in the target's SQL; what cannot be written is listed.
#[must_use]
pub fn translated_items(
    spec: &JobSpec,
    ends: Ends,
    source: &Catalog,
    selected: &[&Table],
    shapes: &Shapes,
    name: &dyn Fn(&ObjectName) -> ObjectName,
    checklist: &mut Vec<ChecklistEntry>,
) -> Vec<DdlItem> {
    let taken = |o: &&OtherObject| spec.selection.takes_table(&o.name);
    let others: Vec<OtherObject> = source.others.iter().filter(taken).cloned().collect();
    let owned = |s: &&Sequence| match &s.owner {
        Some((table, _)) => selected.iter().any(|t| t.name == *table),
        None => spec.selection.takes_table(&s.name),
    };
    let sequences: Vec<Sequence> = source.sequences.iter().filter(owned).cloned().collect();
    let translation = items_for(&DdlRequest {
        from: spec.source.dialect,
        to: spec.target.dialect,
        ends,
        tables: selected,
        others: &others,
        sequences: &sequences,
        rules: &spec.rules,
        name,
        renamed: &|table| shapes.renamed(table),
    });
    checklist.extend(translation.untranslated.into_iter().map(needs_hands));
    let mut items = translation.items;
    for (source, shape) in shapes.iter() {
        let target = name(source);
        let own = items.iter_mut().find(|i| i.kind == "TABLE" && i.name == target);
        let Some(item) = own else { continue };
        if let Some(hand) = &shape.hand {
            item.statements = hand.text.statements(spec.target.dialect, &target);
        }
        match spec.target.dialect {
            Dialect::Postgres => storage::postgres(&mut item.statements, &target, &shape.wanted),
            Dialect::Mysql => storage::mysql(&mut item.statements, &target, &shape.wanted),
            Dialect::Sqlite => {}
        }
    }
    items
}

/// An entry for an item that is made.
pub fn created(item: &DdlItem) -> ChecklistEntry {
    ChecklistEntry {
        kind: item.kind.to_lowercase(),
        name: item.name.clone(),
        fate: Fate::Created,
        reason: None,
        source_text: None,
    }
}

fn needs_hands(object: Untranslated) -> ChecklistEntry {
    ChecklistEntry {
        kind: object.kind.to_lowercase(),
        name: object.name,
        fate: Fate::NeedsHands,
        reason: Some(object.reason),
        source_text: object.source_text,
    }
}
