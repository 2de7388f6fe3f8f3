//! A target of a private server, and rows sent to it without a source.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::server::Server;
use crate::core::catalog::{LogicalType, TableEstimate};
use crate::core::chunk::{ChunkMethod, ChunkRange};
use crate::core::fault::Fault;
use crate::core::mapping::{Fit, Transform};
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{ColumnPlan, DataPath, Existing, MigrationPlan, TablePlan};
use crate::core::value::{RowBatch, WireForm};
use crate::driver::mysql::address::MysqlAddress;
use crate::driver::mysql::target::MysqlTarget;
use crate::driver::mysql::target::session::Writer;
use crate::driver::pipe::{BlockSender, Unlimited, pipe};
use crate::driver::{
    Block, BlockReceiver, ChunkTask, LedgerKey, StepTask, Target, TargetSession, WorkGauge, Written,
};

pub struct Crossing {
    pub server: Server,
    pub target: MysqlTarget,
    pub job: String,
}

impl Crossing {
    /// A server with the job's ledger and what `text` makes in the database `home`.
    pub async fn new(text: &str) -> Crossing {
        Crossing::on(Server::start(), text).await
    }

    pub async fn on(server: Server, text: &str) -> Crossing {
        server.sql(&format!("USE home; {text}"));
        let job = "crossing".to_owned();
        let target = target_of(&server, &job);
        target.prepare_ledger(&job).await.unwrap();
        Crossing { server, target, job }
    }

    pub async fn writer(&self) -> Writer {
        self.target.writer(&self.job, &[]).await.unwrap()
    }

    pub async fn ledger_keys(&self) -> Vec<(LedgerKey, u64)> {
        let rows = self.target.ledger(&self.job).await.unwrap().unwrap();
        rows.into_iter().map(|row| (row.key, row.rows)).collect()
    }

    /// What one column of one row holds, or what one expression comes to.
    #[track_caller]
    pub fn ask(&self, text: &str) -> String {
        self.server.sql(&format!("USE home; SELECT {text}"))
    }
}

pub fn target_of(server: &Server, job: &str) -> MysqlTarget {
    MysqlTarget::new(MysqlAddress::of(&server.access(job)).unwrap())
}

/// What another process, now dead, would have opened.
pub fn engine_that_is_gone(server: &Server, job: &str) -> MysqlTarget {
    let mut target = target_of(server, job);
    target.link.nonce ^= 1;
    target
}

/// Rows as MySQL prints them; `None` is NULL.
pub type Rows = Vec<Vec<Option<&'static str>>>;

pub fn batch(rows: &Rows) -> RowBatch {
    let mut batch = RowBatch::with_capacity(rows.first().map_or(1, Vec::len), 64);
    batch.set_form(WireForm::MysqlText);
    for row in rows {
        for cell in row {
            match cell {
                Some(text) => batch.push_text(text.as_bytes()),
                None => batch.push_null(),
            }
        }
    }
    batch
}

/// Numbered rows `(i)` or `(i, text)`.
pub fn numbered(from: u64, to: u64, columns: usize) -> RowBatch {
    let mut batch = RowBatch::with_capacity(columns, 64);
    batch.set_form(WireForm::MysqlText);
    for i in from..=to {
        batch.push_text(i.to_string().as_bytes());
        for _ in 1..columns {
            batch.push_text(format!("text of row {i}").as_bytes());
        }
    }
    batch
}

pub fn link() -> (BlockSender, BlockReceiver, Arc<WorkGauge>) {
    let gauge = Arc::new(WorkGauge::default());
    let (sender, receiver) = pipe(Arc::new(Unlimited), gauge.clone());
    (sender, receiver, gauge)
}

/// Sends `rows` in two blocks and ends the stream.
pub async fn send(writer: &mut Writer, task: &ChunkTask, rows: &Rows) -> Result<Written, Fault> {
    let (first, second) = rows.split_at(rows.len() / 2);
    let batches = [first.to_vec(), second.to_vec()];
    let batches = batches.iter().filter(|rows| !rows.is_empty()).map(batch).collect();
    send_batches(writer, task, batches).await
}

pub async fn send_batches(
    writer: &mut Writer,
    task: &ChunkTask,
    batches: Vec<RowBatch>,
) -> Result<Written, Fault> {
    let (sender, receiver, _) = link();
    let reading = async move {
        let mut count = 0;
        for batch in batches {
            count += batch.rows() as u64;
            sender.send(Block::Rows(batch)).await?;
        }
        sender.end(count).await
    };
    let (written, _) = tokio::join!(writer.write(task, receiver), reading);
    written
}

pub fn chunk(table: &TablePlan, id: u32) -> ChunkTask {
    let table = Arc::new(table.clone());
    ChunkTask { table, range: ChunkRange::Whole, key: LedgerKey::Chunk(id) }
}

/// A table `home.name` made by the job, of columns by name and declared type.
pub fn table(name: &str, columns: &[(&str, &str)]) -> TablePlan {
    TablePlan {
        source: ObjectName::new("away", name),
        target: ObjectName::new("home", name),
        columns: columns.iter().map(|(name, declared)| column(name, declared)).collect(),
        path: DataPath::Conventional,
        path_reason: String::new(),
        method: ChunkMethod::Whole,
        chunks: Vec::new(),
        estimate: TableEstimate::default(),
        target_unlogged: false,
        existing: Existing::Created,
        overrides_identity: false,
        key: Vec::new(),
        rows: crate::core::plan::RowChoice::default(),
    }
}

fn column(name: &str, declared: &str) -> ColumnPlan {
    let logical = match declared {
        "int" => LogicalType::Int { bits: 32, unsigned: false },
        "date" => LogicalType::Date,
        "timestamp" => LogicalType::Timestamp { zoned: true },
        "longblob" => LogicalType::Bytes { max: None },
        _ => LogicalType::Text { max: None, fixed: false },
    };
    ColumnPlan {
        name: name.to_owned(),
        target_name: name.to_owned(),
        source_declared: declared.to_owned(),
        source_logical: logical.clone(),
        target_declared: declared.to_owned(),
        target_logical: logical,
        fit: Fit::Exact,
        reason: String::new(),
        transform: Transform::default(),
        rule: None,
        expression: None,
    }
}

pub fn step(id: u32, statements: &[&str]) -> StepTask {
    let statements = statements.iter().map(|text| (*text).to_owned()).collect();
    StepTask { key: LedgerKey::Step(id), statements, title: format!("step {id}") }
}

pub fn plan_of(tables: Vec<TablePlan>) -> MigrationPlan {
    MigrationPlan {
        source_dialect: Dialect::Mysql,
        target_dialect: Dialect::Mysql,
        ddl_preamble: Vec::new(),
        tables,
        steps: Vec::new(),
        findings: Vec::new(),
        checklist: Vec::new(),
    }
}

/// Looks again and again until `look` is true.
pub async fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "waited for: {what}");
        tokio::task::yield_now().await;
    }
}
