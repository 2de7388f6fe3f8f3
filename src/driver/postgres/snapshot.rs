//! One moment for all workers: a holder exports its snapshot, and every session imports it.
//!
//! Works on a hot standby as well. The snapshot lives exactly as long as the holder's transaction;
//! nothing here can bring a lost one back.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use tokio::sync::Mutex;

use super::catalog;
use super::connect::{Link, Purpose};
use super::large_objects;
use super::reader::Reader;
use crate::core::catalog::Sequence;
use crate::core::fault::{Fault, FaultKind};
use crate::core::name::Dialect;
use crate::core::sql;
use crate::driver::{LargeObject, Snapshot, SourceSession};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Where a session goes back to between chunks.
pub(super) const SAVEPOINT: &str = "between_chunks";

/// A snapshot's name and how to reach its server: what a session needs to import it.
#[derive(Clone)]
pub(super) struct SnapshotId {
    pub link: Link,
    pub id: String,
}

impl SnapshotId {
    /// A connection in a transaction that sees the snapshot.
    pub async fn connect(&self) -> Result<PgConnection, Fault> {
        let mut connection = self.link.connect_for_rows(Purpose::Read).await?;
        self.link.statement(&mut connection, BEGIN.to_owned()).await?;
        let id = sql::literal(Dialect::Postgres, &self.id);
        let import = format!("SET TRANSACTION SNAPSHOT {id}; SAVEPOINT {SAVEPOINT}");
        match self.link.statement(&mut connection, import).await {
            Ok(_) => Ok(connection),
            Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
            // Servers name this differently by version; whatever is said of it, it is gone.
            Err(fault) => Err(lost(&self.link, &fault.message)),
        }
    }
}

fn lost(link: &Link, why: &str) -> Fault {
    Fault::new(FaultKind::SnapshotLost, link.side, format!("the snapshot is gone: {why}"))
}

struct PostgresSnapshot {
    id: SnapshotId,
    holder: Mutex<PgConnection>,
}

/// Takes a snapshot and holds it.
pub(super) async fn open(link: &Link) -> Result<Box<dyn Snapshot>, Fault> {
    let mut holder = link.connect(Purpose::Read).await?;
    link.statement(&mut holder, BEGIN.to_owned()).await?;
    let exported = "SELECT pg_catalog.pg_export_snapshot() AS id".to_owned();
    let rows = link.rows(&mut holder, exported).await?;
    let row = rows.first().ok_or_else(|| lost(link, "the server exported none"))?;
    let id = SnapshotId { link: link.clone(), id: link.get(row, "id")? };
    Ok(Box::new(PostgresSnapshot { id, holder: Mutex::new(holder) }))
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn label(&self) -> String {
        self.id.id.clone()
    }

    async fn session(&self) -> Result<Box<dyn SourceSession>, Fault> {
        let connection = self.id.connect().await?;
        Ok(Box::new(Reader::new(self.id.clone(), connection)))
    }

    async fn check(&self) -> Result<(), Fault> {
        let mut holder = self.holder.lock().await;
        let alive = self.id.link.statement(&mut holder, "SELECT 1".to_owned()).await;
        // Whatever broke the holder ended its transaction.
        alive.map(|_| ()).map_err(|fault| lost(&self.id.link, &fault.message))
    }

    async fn sequences(&self) -> Result<Vec<Sequence>, Fault> {
        // Not over the holder: an error there would end the snapshot.
        let mut connection = self.id.link.connect(Purpose::Read).await?;
        catalog::sequences(&self.id.link, &mut connection).await
    }

    async fn large_objects(&self, after_oid: u32) -> Result<Vec<LargeObject>, Fault> {
        let mut connection = self.id.connect().await?;
        large_objects::read(&self.id.link, &mut connection, after_oid).await
    }
}
