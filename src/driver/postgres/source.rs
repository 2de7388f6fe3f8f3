//! The source end.

use async_trait::async_trait;
use std::collections::{HashMap, HashSet};

use super::connect::{Link, Purpose};
use super::schema::{Surroundings, items};
use super::{bounds, catalog, dump, preflight, pressure, scan, settings, snapshot};
use crate::core::catalog::{Catalog, DdlItem, Section, Server, Settings};
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::plan::{Finding, MigrationPlan};
use crate::core::scan::{ScanAnswer, ScanRequest};
use crate::core::spec::Selection;
use crate::driver::{Pressure, PressureAsked, SchemaItems, Snapshot, Source};

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
        let mut made = items(&archive, &around);
        let first_free = made.items.iter().map(|i| i.id).max().unwrap_or(0) + 1;
        made.items.extend(large_object_items(&self.link, &mut connection, first_free).await?);
        Ok(made)
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

    async fn scan(&self, request: &ScanRequest) -> Result<ScanAnswer, Fault> {
        scan::scan(&self.link, request).await
    }

    async fn preflight(&self, plan: &MigrationPlan) -> Result<Vec<Finding>, Fault> {
        preflight::source(&self.link, plan).await
    }

    async fn settings(&self) -> Result<Settings, Fault> {
        settings::read(&self.link).await
    }

    async fn pressure(&self, asked: PressureAsked) -> Result<Pressure, Fault> {
        pressure::pressure(&self.link, asked).await
    }
}

/// Privileges and comments of large objects, which the archive has only together with their bytes.
async fn large_object_items(
    link: &Link,
    on: &mut sqlx::postgres::PgConnection,
    first_id: u32,
) -> Result<Vec<DdlItem>, Fault> {
    let text = include_str!("../../../assets/sql/postgres/large_object_items.sql");
    let rows = link.rows(on, text.to_owned()).await?;
    let made = rows.iter().zip(first_id..).map(|(row, id)| {
        let name: String = link.get(row, "name")?;
        Ok(DdlItem {
            id,
            kind: link.get(row, "kind")?,
            name: ObjectName::new("", name.strip_suffix(" and 0 more").unwrap_or(&name)),
            section: Section::PostData,
            statements: link.get(row, "statements")?,
            table: None,
            depends_on: Vec::new(),
        })
    });
    made.collect()
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
