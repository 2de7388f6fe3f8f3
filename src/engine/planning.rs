//! Making the plan: inspect both ends, sample bounds, build, ask the target what it lacks.
//!
//! Changes nothing on either side. Every fault names the side and what was being done.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::preflight::add_report;
use super::scanning::scan_values;
use crate::core::catalog::Catalog;
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::plan::{
    Existing, Finding, MigrationPlan, PlanInput, Severity, bounds_needed, build_plan,
    build_verification, target_names, verification_bounds,
};
use crate::core::spec::{JobKind, JobSpec, Secret, Selection};
use crate::core::verify::{choose_ways, mirrored};
use crate::driver::look::Look;
use crate::driver::{SchemaItems, Source, Target};

/// Tables sampled at the same time: each is a connection to the source for a few milliseconds.
const SAMPLES_AT_ONCE: usize = 4;

/// Both ends of a job.
#[derive(Clone)]
pub struct Databases {
    pub source: Arc<dyn Source>,
    pub target: Arc<dyn Target>,
    /// The target as a source, for a verification.
    pub mirror: Option<Arc<dyn Source>>,
    /// The source, to try the operator's own texts on.
    pub look: Option<Arc<dyn Look>>,
    /// The script of made-up databases.
    pub faults: Option<Arc<crate::driver::memory::Faults>>,
}

/// How far a long part of planning is, for people.
pub type Told<'a> = dyn Fn(String) + Sync + 'a;

/// Passwords that were typed; without one, the connection's own source of passwords is asked.
#[derive(Clone, Default)]
pub struct Passwords {
    pub source: Option<Secret>,
    pub target: Option<Secret>,
}

/// The plan of `spec` without a job: nothing is written anywhere.
///
/// # Errors
/// A definition that no job may have; the fault of the side that could not be read.
pub async fn plan_of(
    spec: &JobSpec,
    passwords: &Passwords,
    told: &Told<'_>,
) -> Result<MigrationPlan, Fault> {
    super::check_spec(spec)?;
    let databases = super::open_databases(spec, "plan", passwords)?;
    make_plan(spec, &databases, told).await
}

/// The plan of `spec`.
///
/// # Errors
/// The fault of the side that could not be read.
pub(super) async fn make_plan(
    spec: &JobSpec,
    databases: &Databases,
    told: &Told<'_>,
) -> Result<MigrationPlan, Fault> {
    if let (JobKind::Verify, Some(mirror)) = (spec.kind, &databases.mirror) {
        return make_verification(spec, databases, mirror).await;
    }
    let (source, target) = (&databases.source, &databases.target);
    let everything = Selection::default();
    let (source_catalog, target_catalog) = tokio::try_join!(
        async { source.inspect(&spec.selection).await.map_err(|f| f.while_doing("inspect")) },
        async { target.inspect(&everything).await.map_err(|f| f.while_doing("inspect")) },
    )?;
    if let Some(finding) = same_database(&source_catalog, &target_catalog) {
        return Ok(refused_plan(spec, finding));
    }
    let names = target_names(spec, &source_catalog);
    let (items, bounds, nonempty) = tokio::try_join!(
        async {
            match source_catalog.server.dialect == target_catalog.server.dialect {
                true => source.schema_items().await.map_err(|f| f.while_doing("read the schema")),
                false => Ok(SchemaItems::default()),
            }
        },
        sample(source, bounds_needed(spec, &source_catalog)),
        async {
            let held = held_there(&target_catalog, names);
            target.nonempty(&held).await.map_err(|f| f.while_doing("look for rows"))
        },
    )?;
    let attachable = source.attachable().await.map_err(|f| f.while_doing("inspect"))?.is_some();
    let mut plan = build_plan(&PlanInput {
        spec,
        source: &source_catalog,
        target: &target_catalog,
        preamble: &items.preamble,
        items: &items.items,
        nonempty: &nonempty,
        bounds: &bounds,
        attachable,
    });
    if spec.value_scan {
        let catalogs = (&source_catalog, &target_catalog);
        scan_values(&mut plan, spec, source, catalogs, told).await?;
    }
    let (here, there) = tokio::try_join!(
        async { source.preflight(&plan).await.map_err(|f| f.while_doing("check the source")) },
        async { target.preflight(&plan).await.map_err(|f| f.while_doing("check the target")) },
    )?;
    plan.findings.extend(here.into_iter().chain(there));
    let ends = (&source_catalog, &target_catalog.server);
    add_report(&mut plan, spec, databases, ends).await?;
    Ok(plan)
}

/// The plan of a verification: both ends are read alike, and no definition is asked for.
async fn make_verification(
    spec: &JobSpec,
    databases: &Databases,
    mirror: &Arc<dyn Source>,
) -> Result<MigrationPlan, Fault> {
    let (source, target) = (&databases.source, &databases.target);
    let everything = Selection::default();
    let (here, there) = tokio::try_join!(
        async { source.inspect(&spec.selection).await.map_err(|f| f.while_doing("inspect")) },
        async { mirror.inspect(&everything).await.map_err(|f| f.while_doing("inspect")) },
    )?;
    if let Some(finding) = same_database(&here, &there) {
        return Ok(refused_plan(spec, finding));
    }
    let bounds = sample(source, verification_bounds(spec, &here, &there)).await?;
    let mut plan = build_verification(&PlanInput {
        spec,
        source: &here,
        target: &there,
        preamble: &[],
        items: &[],
        nonempty: &[],
        bounds: &bounds,
        attachable: false,
    });
    choose_ways(&mut plan, (&here.server, &there.server), spec.repair);
    let mirrored = MigrationPlan {
        tables: plan
            .tables
            .iter()
            .filter(|table| table.existing != Existing::Created)
            .map(mirrored)
            .collect(),
        ..plan.clone()
    };
    let (from_here, from_there) = tokio::try_join!(
        async { source.preflight(&plan).await.map_err(|f| f.while_doing("check the source")) },
        async { mirror.preflight(&mirrored).await.map_err(|f| f.while_doing("check the target")) },
    )?;
    plan.findings.extend(from_here.into_iter().chain(from_there));
    if spec.repair {
        let writing = target.preflight(&plan).await;
        plan.findings.extend(writing.map_err(|f| f.while_doing("check the target"))?);
    }
    add_report(&mut plan, spec, databases, (&here, &there.server)).await?;
    Ok(plan)
}

/// A job must not read what it writes.
fn same_database(source: &Catalog, target: &Catalog) -> Option<Finding> {
    let (Some(from), Some(to)) = (&source.server.identity, &target.server.identity) else {
        return None;
    };
    (from == to).then(|| {
        Finding::new(Severity::Block, "target", "source and target are the same database")
            .with_detail(format!("Both addresses lead to {}.", source.server.database))
            .with_hint("Correct --from or --to.")
    })
}

fn refused_plan(spec: &JobSpec, finding: Finding) -> MigrationPlan {
    MigrationPlan {
        source_dialect: spec.source.dialect,
        target_dialect: spec.target.dialect,
        ddl_preamble: Vec::new(),
        tables: Vec::new(),
        steps: Vec::new(),
        findings: vec![finding],
        checklist: Vec::new(),
    }
}

/// Only tables that are there can hold rows.
fn held_there(target: &Catalog, names: Vec<ObjectName>) -> Vec<ObjectName> {
    let there: std::collections::BTreeSet<&ObjectName> =
        target.tables.iter().map(|t| &t.name).collect();
    names.into_iter().filter(|name| there.contains(name)).collect()
}

async fn sample(
    source: &Arc<dyn Source>,
    requests: Vec<BoundsRequest>,
) -> Result<BTreeMap<ObjectName, Vec<KeyValues>>, Fault> {
    stream::iter(requests)
        .map(|request| async move {
            let bounds = source.bounds(&request).await.map_err(|fault| {
                let what = format!("sample {}", request.table);
                fault.while_doing(&what)
            })?;
            Ok((request.table, bounds))
        })
        .buffer_unordered(SAMPLES_AT_ONCE)
        .try_collect()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::Server;
    use crate::core::name::Dialect;

    fn catalog(identity: Option<&str>) -> Catalog {
        Catalog {
            server: Server {
                dialect: Dialect::Postgres,
                version_text: "15".to_owned(),
                version_num: 150_000,
                database: "crm".to_owned(),
                encoding: "UTF8".to_owned(),
                identity: identity.map(str::to_owned),
                superuser: false,
                connections_free: None,
                mariadb: false,
            },
            schemas: Vec::new(),
            tables: Vec::new(),
            sequences: Vec::new(),
            others: Vec::new(),
            large_objects: 0,
        }
    }

    #[test]
    fn one_database_under_two_addresses_is_refused() {
        let refused = |from, to| same_database(&catalog(from), &catalog(to)).is_some();
        assert!(refused(Some("7001/16384"), Some("7001/16384")));
        assert!(!refused(Some("7001/16384"), Some("7001/16385")));
        assert!(!refused(None, None), "what cannot be known is no reason");
    }
}
