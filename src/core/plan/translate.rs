//! DDL for another engine, and the checklist of what does not translate.

use super::super::catalog::{Catalog, DdlItem, Table};
use super::super::spec::JobSpec;
use super::ChecklistEntry;

/// Items for the selected tables in the target's SQL; what cannot be written is listed.
#[must_use]
pub fn translated_items(
    _spec: &JobSpec,
    _source: &Catalog,
    _selected: &[&Table],
    _checklist: &mut Vec<ChecklistEntry>,
) -> Vec<DdlItem> {
    Vec::new()
}
