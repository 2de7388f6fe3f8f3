//! DDL for another engine, and the checklist of what does not translate.

use super::super::catalog::{Catalog, DdlItem, Table};
use super::super::spec::JobSpec;
use super::super::sql::{DdlRequest, items_for};
use super::columns::target_name;
use super::{ChecklistEntry, Fate};

/// Items for the selected tables in the target's SQL; what cannot be written is listed.
#[must_use]
pub fn translated_items(
    spec: &JobSpec,
    source: &Catalog,
    selected: &[&Table],
    checklist: &mut Vec<ChecklistEntry>,
) -> Vec<DdlItem> {
    let made = items_for(&DdlRequest {
        from: spec.source.dialect,
        to: spec.target.dialect,
        tables: selected,
        others: &source.others,
        sequences: &source.sequences,
        name: &target_name(spec, selected),
    });
    checklist.extend(made.items.iter().map(|item| ChecklistEntry {
        kind: item.kind.to_lowercase(),
        name: item.name.clone(),
        fate: Fate::Created,
        reason: None,
        source_text: None,
    }));
    checklist.extend(made.untranslated.into_iter().map(|object| ChecklistEntry {
        kind: object.kind.to_lowercase(),
        name: object.name,
        fate: Fate::NeedsHands,
        reason: Some(object.reason),
        source_text: object.source_text,
    }));
    made.items
}
