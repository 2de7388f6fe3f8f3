//! Puts the plan together.

use super::super::catalog::{Catalog, DdlItem};
use super::super::chunk::KeyValues;
use super::super::name::ObjectName;
use super::super::spec::JobSpec;
use super::MigrationPlan;

/// All that the plan is made of; read by the engine beforehand.
#[derive(Clone, Debug)]
pub struct PlanInput<'a> {
    pub spec: &'a JobSpec,
    pub source: &'a Catalog,
    pub target: &'a Catalog,
    /// The source's own DDL when both engines are equal.
    pub preamble: &'a [String],
    pub items: &'a [DdlItem],
    /// Target tables that hold rows.
    pub nonempty: &'a [ObjectName],
    /// Sampled bounds by source table.
    pub bounds: &'a std::collections::BTreeMap<ObjectName, Vec<KeyValues>>,
}

/// Spec and two catalogues to a plan. Never fails: what cannot be done is a BLOCK finding.
#[must_use]
pub fn build_plan(input: &PlanInput<'_>) -> MigrationPlan {
    MigrationPlan {
        source_dialect: input.spec.source.dialect,
        target_dialect: input.spec.target.dialect,
        ddl_preamble: Vec::new(),
        tables: Vec::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        checklist: Vec::new(),
    }
}
