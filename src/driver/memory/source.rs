//! The made-up source.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{MadeTable, ROWS_PER_PAGE, Trouble, World, rows_of};
use crate::core::catalog::{
    Catalog, Column, DdlItem, ForeignKey, Identity, Index, IndexColumn, Key, LogicalType, Section,
    Sequence, Server, Table, TableEstimate,
};
use crate::core::chunk::{BoundsRequest, KeyValues};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::{Dialect, ObjectName};
use crate::core::spec::Selection;
use crate::core::sql::{qualified, quote};
use crate::driver::pipe::BLOCK_BYTES;
use crate::driver::{
    Block, BlockSender, ChunkTask, LargeObject, SchemaItems, Snapshot, Source, SourceSession,
};

pub(super) struct MemorySource {
    pub(super) world: Arc<World>,
}

#[async_trait]
impl Source for MemorySource {
    async fn inspect(&self, selection: &Selection) -> Result<Catalog, Fault> {
        self.world.faults.check(Side::Source)?;
        let shape = &self.world.shape;
        let taken = |t: &&MadeTable| selection.takes_table(&t.name);
        let mut schemas: Vec<String> = shape.tables.iter().map(|t| t.name.schema.clone()).collect();
        schemas.sort();
        schemas.dedup();
        Ok(Catalog {
            server: self.world.server("crm"),
            schemas,
            tables: shape.tables.iter().filter(taken).map(|t| describe(t, &shape.tables)).collect(),
            sequences: shape.tables.iter().filter(taken).filter_map(sequence).collect(),
            others: Vec::new(),
            large_objects: 0,
        })
    }

    async fn schema_items(&self) -> Result<SchemaItems, Fault> {
        self.world.faults.check(Side::Source)?;
        Ok(SchemaItems { preamble: Vec::new(), items: ddl_items(&self.world.shape.tables) })
    }

    async fn bounds(&self, request: &BoundsRequest) -> Result<Vec<KeyValues>, Fault> {
        self.world.faults.check(Side::Source)?;
        let table = self.world.table(&request.table)?;
        let parts = request.parts.clamp(1, if table.rows == 0 { 1 } else { table.rows });
        Ok(table.bounds(parts).into_iter().map(|id| vec![id.to_string()]).collect())
    }

    async fn open_snapshot(&self, _sessions_max: u32) -> Result<Box<dyn Snapshot>, Fault> {
        self.world.faults.check(Side::Source)?;
        Ok(Box::new(MemorySnapshot { world: self.world.clone(), age: age(&self.world) }))
    }

    async fn probe(&self) -> Result<Server, Fault> {
        self.world.faults.check(Side::Source)?;
        Ok(self.world.server("crm"))
    }
}

/// Grows with everything that ends a snapshot.
fn age(world: &World) -> usize {
    world.faults.times_begun(&Trouble::SourceLost)
        + world.faults.times_begun(&Trouble::SnapshotLost)
}

struct MemorySnapshot {
    world: Arc<World>,
    age: usize,
}

fn check_snapshot(world: &World, opened_at_age: usize) -> Result<(), Fault> {
    world.faults.check(Side::Source)?;
    if age(world) == opened_at_age {
        return Ok(());
    }
    Err(Fault::new(FaultKind::SnapshotLost, Side::Source, "the exported snapshot does not exist")
        .with_code("22023"))
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    fn label(&self) -> String {
        format!("00000003-000000{:02X}-1", 0x1b + self.age)
    }

    async fn session(&self) -> Result<Box<dyn SourceSession>, Fault> {
        check_snapshot(&self.world, self.age)?;
        Ok(Box::new(MemorySourceSession { world: self.world.clone(), age: self.age }))
    }

    async fn check(&self) -> Result<(), Fault> {
        check_snapshot(&self.world, self.age)
    }

    async fn sequences(&self) -> Result<Vec<Sequence>, Fault> {
        check_snapshot(&self.world, self.age)?;
        Ok(self.world.shape.tables.iter().filter_map(sequence).collect())
    }

    async fn large_objects(&self, _after_oid: u32) -> Result<Vec<LargeObject>, Fault> {
        check_snapshot(&self.world, self.age)?;
        Ok(Vec::new())
    }
}

struct MemorySourceSession {
    world: Arc<World>,
    age: usize,
}

#[async_trait]
impl SourceSession for MemorySourceSession {
    async fn read(&mut self, task: &ChunkTask, sink: BlockSender) -> Result<u64, Fault> {
        let table = self.world.table(&task.table.source)?;
        let (from, until) = rows_of(table, &task.range);
        let rows = until.saturating_sub(from);
        let bytes_per_row = table.bytes.checked_div(table.rows).unwrap_or(0).clamp(1, 1 << 20);
        let mut bytes_left = rows.saturating_mul(bytes_per_row);
        let blocks = bytes_left.div_ceil(BLOCK_BYTES as u64).clamp(1, u64::MAX);
        let pause = pause_per_block(&self.world, task, blocks);
        let (mut sent_rows, mut owed) = (0, Duration::ZERO);
        for block in 1..=blocks {
            check_snapshot(&self.world, self.age)?;
            owed += pause * self.world.faults.slowness();
            // Timers have a grain of a millisecond: small pauses are saved up.
            if owed >= Duration::from_millis(5) {
                tokio::time::sleep(std::mem::take(&mut owed)).await;
            }
            let len = if bytes_left < BLOCK_BYTES as u64 { bytes_left } else { BLOCK_BYTES as u64 };
            bytes_left -= len;
            let until_here =
                u64::try_from(u128::from(rows) * u128::from(block) / u128::from(blocks))
                    .unwrap_or(rows);
            let bytes = Bytes::from_static(&ZEROS).slice(..len as usize);
            sink.send(Block::Raw { bytes, rows: until_here - sent_rows }).await?;
            sent_rows = until_here;
        }
        sink.end(rows).await?;
        Ok(rows)
    }
}

/// What every made-up row is made of.
static ZEROS: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// Chunks take from 0.7 to 1.3 of the time asked for, by their number, so that bars do not march.
fn pause_per_block(world: &World, task: &ChunkTask, blocks: u64) -> Duration {
    let crate::driver::LedgerKey::Chunk(id) = task.key else { return Duration::ZERO };
    let percent = 70 + (u64::from(id).wrapping_mul(0x9e37_79b9) >> 7) % 61;
    let whole = world.shape.chunk_time.saturating_mul(percent as u32) / 100;
    whole / u32::try_from(blocks).unwrap_or(u32::MAX)
}

fn describe(table: &MadeTable, all: &[MadeTable]) -> Table {
    let id = Column {
        not_null: true,
        identity: table.has_key.then_some(Identity::ByDefault),
        ..Column::new(
            "id".to_owned(),
            "bigint".to_owned(),
            LogicalType::Int { bits: 64, unsigned: false },
        )
    };
    let body = Column {
        name: "body".to_owned(),
        declared: "text".to_owned(),
        logical: LogicalType::Text { max: None, fixed: false },
        not_null: false,
        identity: None,
        ..id.clone()
    };
    let index = |number: u32| Index {
        name: format!("ix_{}_{number}", table.name.name),
        unique: false,
        method: "btree".to_owned(),
        columns: vec![IndexColumn { name: "body".to_owned(), descending: false, prefix: None }],
        predicate: None,
        definition: index_statement(table, number),
    };
    Table {
        keys: table.has_key.then(|| primary_key(table)).into_iter().collect(),
        indexes: (1..=table.indexes).map(index).collect(),
        foreign_keys: table.refers_to.map(|to| foreign_key(table, &all[to])).into_iter().collect(),
        estimate: TableEstimate {
            rows: table.rows,
            bytes: table.bytes,
            pages: table.rows.div_ceil(ROWS_PER_PAGE),
        },
        ..Table::new(table.name.clone(), vec![id, body])
    }
}

fn primary_key(table: &MadeTable) -> Key {
    Key {
        name: format!("{}_pkey", table.name.name),
        columns: vec!["id".to_owned()],
        primary: true,
        deferrable: false,
        initially_deferred: false,
        not_null: true,
        correlation: Some(1.0),
    }
}

fn foreign_key(table: &MadeTable, to: &MadeTable) -> ForeignKey {
    ForeignKey {
        name: format!("{}_{}_fkey", table.name.name, to.name.name),
        columns: vec!["id".to_owned()],
        to_table: to.name.clone(),
        to_columns: vec!["id".to_owned()],
        on_update: "NO ACTION".to_owned(),
        on_delete: "NO ACTION".to_owned(),
        deferrable: false,
        initially_deferred: false,
        validated: true,
        match_full: false,
    }
}

fn sequence(table: &MadeTable) -> Option<Sequence> {
    table.has_key.then(|| Sequence {
        name: ObjectName::new(&table.name.schema, format!("{}_id_seq", table.name.name)),
        owner: Some((table.name.clone(), "id".to_owned())),
        last_value: i64::try_from(table.rows).unwrap_or(i64::MAX),
        is_called: true,
    })
}

fn index_statement(table: &MadeTable, number: u32) -> String {
    format!(
        "CREATE INDEX {} ON {} USING btree (body)",
        quote(Dialect::Postgres, &format!("ix_{}_{number}", table.name.name)),
        qualified(Dialect::Postgres, &table.name),
    )
}

/// The items `pg_dump` would list.
fn ddl_items(tables: &[MadeTable]) -> Vec<DdlItem> {
    let mut items: Vec<DdlItem> = Vec::new();
    let mut add = |kind: &str, name: ObjectName, section, sql: String, table, depends_on| {
        let id = items.len() as u32 + 1;
        let (kind, statements) = (kind.to_owned(), vec![sql]);
        items.push(DdlItem { id, kind, name, section, statements, table, depends_on });
        id
    };
    let mut schemas: Vec<(&str, u32)> = Vec::new();
    for table in tables {
        let schema = table.name.schema.as_str();
        if !schemas.iter().any(|(s, _)| *s == schema) {
            let sql = format!("CREATE SCHEMA {}", quote(Dialect::Postgres, schema));
            let name = ObjectName::new("", schema);
            schemas.push((schema, add("SCHEMA", name, Section::PreData, sql, None, vec![])));
        }
    }
    let mut made = Vec::new();
    for table in tables {
        let quoted = qualified(Dialect::Postgres, &table.name);
        let schema = schemas.iter().find(|(s, _)| *s == table.name.schema).map(|(_, id)| *id);
        let sql = format!("CREATE TABLE {quoted} (id bigint NOT NULL, body text)");
        let depends_on = schema.into_iter().collect();
        let id = add("TABLE", table.name.clone(), Section::PreData, sql, None, depends_on);
        let owner = Some(table.name.clone());
        let named = |name: String| ObjectName::new(&table.name.schema, name);
        let mut key = None;
        if table.has_key {
            let name = named(format!("{}_pkey", table.name.name));
            let quoted_key = quote(Dialect::Postgres, &name.name);
            let sql =
                format!("ALTER TABLE ONLY {quoted} ADD CONSTRAINT {quoted_key} PRIMARY KEY (id)");
            key = Some(add("CONSTRAINT", name, Section::PostData, sql, owner.clone(), vec![id]));
        }
        for number in 1..=table.indexes {
            let name = named(format!("ix_{}_{number}", table.name.name));
            let sql = index_statement(table, number);
            add("INDEX", name, Section::PostData, sql, owner.clone(), vec![id]);
        }
        made.push((id, key));
    }
    for (table, (id, _)) in tables.iter().zip(&made) {
        let Some(to) = table.refers_to else { continue };
        let key = foreign_key(table, &tables[to]);
        let sql = format!(
            "ALTER TABLE ONLY {} ADD CONSTRAINT {} FOREIGN KEY (id) REFERENCES {}(id)",
            qualified(Dialect::Postgres, &table.name),
            quote(Dialect::Postgres, &key.name),
            qualified(Dialect::Postgres, &tables[to].name),
        );
        let depends_on = std::iter::once(*id).chain(made[to].1).collect();
        let name = ObjectName::new(&table.name.schema, key.name);
        let owner = Some(table.name.clone());
        add("FK CONSTRAINT", name, Section::PostData, sql, owner, depends_on);
    }
    items
}
