//! Rows by INSERT, many at a time: half as fast as LOAD DATA, and allowed everywhere.

use super::feed::Feed;
use super::link::Line;
use super::refusal;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::plan::TablePlan;
use crate::core::sql;
use crate::core::value::RowBatch;
use crate::driver::pipe::check_counts;

/// Text of one INSERT: more brings nothing.
pub(super) const STATEMENT_BYTES: u64 = 1024 * 1024;

/// Rows in one INSERT, for rows that hardly have a text.
const ROWS_MAX: u64 = 10_000;

/// Left in a packet for what is not text.
pub(super) const PACKET_OVERHEAD: u64 = 64;

/// Writes what waits in the feed, to the end. Returns the rows the server wrote.
pub(super) async fn all(line: &mut Line, feed: &mut Feed, table: &TablePlan) -> Result<u64, Fault> {
    let name = sql::qualified(Dialect::Mysql, &table.target);
    let head = format!("INSERT INTO {name} {} VALUES ", feed.encoder().insert_columns());
    let mut inserting = Inserting {
        packet_bytes: line.traits.max_allowed_packet.saturating_sub(PACKET_OVERHEAD),
        head: head.into_bytes(),
        text: Vec::new(),
        rows: 0,
        written: 0,
    };
    while let Some(batch) = feed.take().await? {
        inserting.batch(line, feed, &batch).await?;
    }
    inserting.flush(line, feed).await?;
    Ok(inserting.written)
}

struct Inserting {
    packet_bytes: u64,
    head: Vec<u8>,
    text: Vec<u8>,
    /// In `text`.
    rows: u64,
    written: u64,
}

impl Inserting {
    async fn batch(
        &mut self,
        line: &mut Line,
        feed: &mut Feed,
        batch: &RowBatch,
    ) -> Result<(), Fault> {
        let mut tuple = Vec::new();
        for row in 0..batch.rows() {
            tuple.clear();
            if batch.columns() == 0 {
                tuple.extend_from_slice(b"()");
            } else {
                feed.encoder().tuple(batch, row, &mut tuple)?;
            }
            let with_it = (self.text.len() + 1 + tuple.len()) as u64;
            if self.rows > 0
                && (with_it > std::cmp::min(STATEMENT_BYTES, self.packet_bytes)
                    || self.rows >= ROWS_MAX)
            {
                self.flush(line, feed).await?;
            }
            if self.rows == 0 {
                self.text.extend_from_slice(&self.head);
            } else {
                self.text.push(b',');
            }
            self.text.extend_from_slice(&tuple);
            self.rows += 1;
            if self.text.len() as u64 > self.packet_bytes {
                return Err(self.too_large());
            }
        }
        Ok(())
    }

    async fn flush(&mut self, line: &mut Line, feed: &mut Feed) -> Result<(), Fault> {
        if self.rows == 0 {
            return Ok(());
        }
        let before = feed.rows;
        let text = std::mem::take(&mut self.text);
        let bytes = text.len() as u64;
        let done = line.statement_bytes(text).await.map_err(|fault| placed(fault, before))?;
        refusal::check(line, done, before).await?;
        check_counts(Some(self.rows), done.affected)?;
        feed.count(self.rows, bytes);
        self.written += done.affected;
        self.rows = 0;
        Ok(())
    }

    fn too_large(&self) -> Fault {
        let row = self.written + self.rows;
        let what = format!(
            "row {row} of the chunk needs a packet of {} bytes and the server takes {}",
            self.text.len(),
            self.packet_bytes
        );
        Fault::new(FaultKind::RowRefused, Side::Target, what).with_hint(
            "Set local_infile = 1 on the server, so that rows of any size are loaded, or raise \
             max_allowed_packet.",
        )
    }
}

/// The server counts rows from the statement's first.
fn placed(fault: Fault, before: u64) -> Fault {
    if before == 0 || !matches!(fault.kind, FaultKind::RowRefused | FaultKind::ValueUnfit) {
        return fault;
    }
    let detail = fault.detail.clone().unwrap_or_default();
    fault.with_detail(format!("{detail} Rows are counted from row {} of the chunk.", before + 1))
}
