//! One chunk's rows into the table: LOAD DATA LOCAL INFILE from memory, or INSERTs of many rows
//! where the server refuses LOCAL.
//!
//! LOCAL implies IGNORE, so the count of rows and of warnings decides whether the rows arrived as
//! they left ([`super::refusal`]). A server that refuses rows says so only when the statement
//! ends, so a long load is a series of statements in the one transaction.

use std::sync::Arc;
use tokio::sync::Mutex;

use super::feed::{Feed, SharedFeed, stream};
use super::insert;
use super::invented::Invented;
use super::link::Line;
use super::refusal;
use super::settings::LoadMode;
use super::way::Way;
use crate::core::fault::Fault;
use crate::core::name::Dialect;
use crate::core::plan::{Existing, TablePlan};
use crate::core::sql;
use crate::core::wire::LoadDataEncoder;
use crate::driver::BlockReceiver;
use crate::driver::pipe::check_counts;

/// Sent within one statement.
const SEGMENT_BYTES: u64 = 256 * 1024 * 1024;

/// A chunk's way into its table, within the transaction that is open on the line.
pub(super) struct Load<'a> {
    pub table: &'a TablePlan,
    pub way: &'a Way,
    pub invented: Invented,
    pub segment_bytes: u64,
}

impl<'a> Load<'a> {
    pub fn new(table: &'a TablePlan, way: &'a Way, invented: Invented) -> Load<'a> {
        Load { table, way, invented, segment_bytes: SEGMENT_BYTES }
    }

    /// Writes every row that comes. Returns how many, all of them announced by the reader.
    pub async fn run(&self, line: &mut Line, blocks: BlockReceiver) -> Result<u64, Fault> {
        let encoder = LoadDataEncoder::new(self.table);
        let clause = encoder.column_clause();
        let packet = line.traits.max_allowed_packet;
        let feed = Feed::new(blocks, encoder, self.invented.clone(), packet);
        let shared = Arc::new(Mutex::new(feed));
        let written = self.all(line, &shared, &clause).await;
        // A statement that was refused outright has not asked for its rows.
        line.forget_feed();
        let written = written?;
        check_counts(shared.lock().await.blocks().rows_announced(), written)?;
        Ok(written)
    }

    async fn all(&self, line: &mut Line, shared: &SharedFeed, clause: &str) -> Result<u64, Fault> {
        let form = match shared.lock().await.peek().await? {
            Some(first) => first.form(),
            None => return Ok(0),
        };
        let foreign_keys = self.table.existing != Existing::Created;
        line.statement(LoadMode { foreign_keys, form }.statement()).await?;
        let mut taken = 0;
        // A table without columns to copy has no fields to send.
        let mut inserts = !self.way.loads() || self.table.columns.is_empty();
        while shared.lock().await.peek().await?.is_some() {
            if inserts {
                taken += insert::all(line, &mut *shared.lock().await, self.table).await?;
                continue;
            }
            match self.segment(line, shared, clause).await {
                Ok(rows) => taken += rows,
                // Nothing was asked of the feed yet.
                Err(fault) if Way::is_refusal(&fault) => {
                    self.way.use_inserts();
                    inserts = true;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(taken)
    }

    /// One LOAD DATA. Returns the rows the server says it wrote.
    async fn segment(
        &self,
        line: &mut Line,
        shared: &SharedFeed,
        clause: &str,
    ) -> Result<u64, Fault> {
        let before = {
            let mut feed = shared.lock().await;
            feed.begin_segment(self.segment_bytes);
            feed.rows
        };
        line.feed_next_load(stream(shared.clone()));
        let name = sql::qualified(Dialect::Mysql, &self.table.target);
        let done = line
            .statement(format!(
                "LOAD DATA LOCAL INFILE 'tidegate' INTO TABLE {name} CHARACTER SET utf8mb4 \
                 FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' \
                 LINES TERMINATED BY '\\n' STARTING BY '' {clause}"
            ))
            .await;
        // A value that could not be converted ended the stream: that is the reason, whatever the
        // server makes of what it got.
        if let Some(fault) = shared.lock().await.fault.take() {
            return Err(fault);
        }
        let done = done?;
        refusal::check(line, done, before).await?;
        let given = shared.lock().await.rows - before;
        // Told here, with the statement's own number: the sums could only agree by chance.
        check_counts(Some(given), done.affected)?;
        Ok(done.affected)
    }
}
