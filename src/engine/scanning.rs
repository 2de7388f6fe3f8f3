//! The value scan of a plan: several tables at a time, each by one statement on the source.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::planning::Told;
use crate::core::catalog::Catalog;
use crate::core::fault::{Disposition, Fault, disposition_of};
use crate::core::plan::MigrationPlan;
use crate::core::scan::{Asking, ScanInput, ScanRequest, requests, settle};
use crate::core::spec::JobSpec;
use crate::driver::Source;

/// Tables looked at together: each is a connection to the source that reads one table whole.
const SCANS_AT_ONCE: usize = 4;

/// Asks the rows what the types leave open, and writes the answers into `plan`.
///
/// # Errors
/// When the source is gone. A table that could not be scanned is a finding.
pub(super) async fn scan_values(
    plan: &mut MigrationPlan,
    spec: &JobSpec,
    source: &Arc<dyn Source>,
    catalogs: (&Catalog, &Catalog),
    told: &Told<'_>,
) -> Result<(), Fault> {
    let wanted = requests(&ScanInput { plan, source: catalogs.0, target: catalogs.1 });
    let (done, total) = (AtomicUsize::new(0), wanted.len());
    told(format!("value scan: tables to read: {total}"));
    let done = &done;
    let asked: Vec<Asking> = stream::iter(wanted)
        .map(|request| async move {
            let table = request.table.to_string();
            let asking = ask(source, request).await?;
            let number = done.fetch_add(1, Ordering::Relaxed) + 1;
            told(format!("value scan: {table} read, {number} of {total}"));
            Ok::<_, Fault>(asking)
        })
        .buffer_unordered(SCANS_AT_ONCE)
        .try_collect()
        .await?;
    settle(plan, spec, catalogs, &asked);
    Ok(())
}

async fn ask(source: &Arc<dyn Source>, request: ScanRequest) -> Result<Asking, Fault> {
    match source.scan(&request).await {
        Ok(answer) => Ok((request, Ok(answer))),
        Err(fault) if disposition_of(fault.kind) == Disposition::AwaitServer => {
            let what = format!("scan {}", request.table);
            Err(fault.while_doing(&what))
        }
        Err(fault) => Ok((request, Err(fault.message))),
    }
}
