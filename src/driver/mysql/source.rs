//! Reading: snapshot, sessions, bounds, definitions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::address::MysqlAddress;
use super::{bounds, catalog, definitions, preflight, pressure, scan, settings, snapshot};
use crate::core::catalog::{Catalog, Server, Settings};
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::Fault;
use crate::core::plan::{Finding, MigrationPlan};
use crate::core::scan::{ScanAnswer, ScanRequest};
use crate::core::spec::Selection;
use crate::driver::{Pressure, PressureAsked, SchemaItems, Snapshot, Source};

pub(super) fn open(address: MysqlAddress) -> Result<Arc<dyn Source>, Fault> {
    Ok(Arc::new(MysqlSource { address }))
}

struct MysqlSource {
    address: MysqlAddress,
}

#[async_trait]
impl Source for MysqlSource {
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        catalog::inspect(&self.address, selection).await
    }

    async fn schema_items(&self) -> Result<SchemaItems, Fault> {
        definitions::schema_items(&self.address).await
    }

    async fn bounds(&self, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault> {
        bounds::bounds(&self.address, request).await
    }

    async fn scan(&self, request: &ScanRequest) -> Result<ScanAnswer, Fault> {
        scan::scan(&self.address, request).await
    }

    async fn open_snapshot(&self, sessions_max: u32) -> Result<Box<dyn Snapshot>, Fault> {
        snapshot::open(&self.address, sessions_max).await
    }

    async fn probe(&self) -> Result<Server, Fault> {
        catalog::probe(&self.address).await
    }

    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        preflight::source(&self.address, plan).await
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        settings::read(&self.address).await
    }

    async fn counts(
        &self,
        questions: &[String],
        each: Duration,
        all: Duration,
    ) -> Result<Vec<Option<u64>>, Fault> {
        settings::counts(&self.address, questions, each, all).await
    }

    async fn pressure(&self, asked: PressureAsked) -> Result<Pressure, Fault> {
        pressure::pressure(&self.address, asked).await
    }
}
