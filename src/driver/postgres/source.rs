//! The source end.

use async_trait::async_trait;
use std::collections::{HashMap, HashSet};

use super::connect::{Link, Purpose};
use super::schema::{Surroundings, items};
use super::{bounds, catalog, dump, preflight, snapshot};
use crate::core::catalog::{Catalog, Server};
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::plan::{Finding, MigrationPlan};
use crate::core::spec::Selection;
use crate::driver::{SchemaItems, Snapshot, Source};

pub(super) struct PostgresSource {
    pub link: Link,
}

#[async_trait]
impl Source for PostgresSource {
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        catalog::inspect(&self.link, selection).await
    }

    async fn schema_items(&self) -> Result<SchemaItems, Fault> {
        let mut connection = self.link.connect(Purpose::Read).await?;
        let version = connection.server_version_num().unwrap_or(0);
        let program = dump::find(self.link.side, version).await?;
        let (archive, around) = tokio::try_join!(
            dump::schema_archive(&self.link, &program),
            surroundings(&self.link, &mut connection)
        )?;
        Ok(items(&archive, &around))
    }

    async fn bounds(&self, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault> {
        bounds::bounds(&self.link, request).await
    }

    async fn open_snapshot(&self, _sessions_max: u32) -> Result<Box<dyn Snapshot>, Fault> {
        snapshot::open(&self.link).await
    }

    async fn probe(&self) -> Result<Server, Fault> {
        let mut connection = self.link.connect(Purpose::Read).await?;
        catalog::server(&self.link, &mut connection).await
    }

    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        preflight::source(&self.link, plan).await
    }
}

/// What the archive does not say of its objects.
async fn surroundings(
    link: &Link,
    on: &mut sqlx::postgres::PgConnection,
) -> Result<Surroundings, Fault> {
    let text = include_str!("../../../assets/sql/postgres/owners.sql");
    let (mut owners, mut populated) = (HashMap::new(), HashSet::new());
    for row in &link.rows(on, text.to_owned()).await? {
        let oid =
            |column| Ok::<_, Fault>(u32::try_from(link.get::<i64>(row, column)?).unwrap_or(0));
        let schema: String = link.get(row, "schema")?;
        let table = ObjectName::new(schema, link.get::<String>(row, "name")?);
        owners.insert((oid("class_oid")?, oid("oid")?), table);
    }
    let text = include_str!("../../../assets/sql/postgres/populated.sql");
    for row in &link.rows(on, text.to_owned()).await? {
        let schema: String = link.get(row, "schema")?;
        populated.insert(ObjectName::new(schema, link.get::<String>(row, "name")?));
    }
    Ok(Surroundings { owners, populated })
}
