//! One chunk's rows into COPY FROM STDIN.
//!
//! A server that refuses a row says so only when the COPY ends, and until then swallows whatever
//! it is sent. So a long load is a series of COPYs in the one transaction: trouble is known after
//! [`SEGMENT_BYTES`], not after a terabyte.

use sqlx::postgres::{PgConnection, PgCopyIn};

use super::connect::Link;
use super::reader::{BINARY_HEADER_BYTES, BINARY_TRAILER, column_names};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::plan::{CopyFormat, DataPath, TablePlan};
use crate::core::sql;
use crate::core::wire::CopyEncoder;
use crate::driver::pipe::{Activity, check_counts};
use crate::driver::{Block, BlockReceiver};

/// Sent within one COPY.
const SEGMENT_BYTES: u64 = 256 * 1024 * 1024;

/// `PGCOPY\n\377\r\n\0`, no flags, no extension.
const BINARY_HEADER: [u8; BINARY_HEADER_BYTES] =
    [b'P', b'G', b'C', b'O', b'P', b'Y', b'\n', 0xff, b'\r', b'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A chunk's way into the table.
pub(super) struct CopyIn<'a> {
    link: &'a Link,
    statement: String,
    format: CopyFormat,
    /// Converts rows; absent on the direct path.
    encoder: Option<CopyEncoder>,
    segment_bytes: u64,
}

impl<'a> CopyIn<'a> {
    pub fn new(link: &'a Link, table: &TablePlan) -> CopyIn<'a> {
        let (format, encoder) = match table.path {
            DataPath::DirectCopy(format) => (format, None),
            DataPath::DirectAttach | DataPath::Conventional => {
                let encoder = CopyEncoder::new(table);
                (encoder.format(), Some(encoder))
            }
        };
        let name = sql::qualified(Dialect::Postgres, &table.target);
        let columns = column_names(table.columns.iter().map(|c| c.target_name.as_str()));
        // A table without columns has rows all the same, and its COPY has no list.
        let list = if columns.is_empty() { columns } else { format!(" ({columns})") };
        let word = match format {
            CopyFormat::Text => "text",
            CopyFormat::Binary => "binary",
        };
        let statement = format!("COPY {name}{list} FROM STDIN (FORMAT {word})");
        CopyIn { link, statement, format, encoder, segment_bytes: SEGMENT_BYTES }
    }

    /// The same with shorter COPYs.
    #[cfg(test)]
    pub fn with_segments(self, segment_bytes: u64) -> CopyIn<'a> {
        CopyIn { segment_bytes, ..self }
    }

    /// Sends every block and returns the rows the server took. The caller compares them with what
    /// the reader announced before it commits.
    pub async fn run(
        &mut self,
        on: &mut PgConnection,
        blocks: &mut BlockReceiver,
    ) -> Result<u64, Fault> {
        let mut rows = 0;
        let mut first = true;
        let mut waiting = blocks.next().await;
        loop {
            let taken = self.segment(on, blocks, &mut waiting, first).await?;
            rows += taken;
            if waiting.is_none() {
                return Ok(rows);
            }
            first = false;
        }
    }

    /// One COPY, from the block that is `waiting` to the end or until enough was sent; what is
    /// `waiting` afterwards belongs to the next. Only a block with another behind it ends a
    /// segment: the last one holds the source's own trailer.
    async fn segment(
        &mut self,
        on: &mut PgConnection,
        blocks: &mut BlockReceiver,
        waiting: &mut Option<Block>,
        first: bool,
    ) -> Result<u64, Fault> {
        let gauge = blocks.gauge().clone();
        let link = self.link;
        let copying = on.copy_in_raw(&self.statement).await;
        let mut copy = copying.map_err(|e| link.fault(&e))?;
        let mut encoded = Vec::new();
        self.begin(first, &mut encoded);
        let mut sent: u64 = 0;
        while sent < self.segment_bytes
            && let Some(block) = waiting.take()
        {
            gauge.set(Activity::Write);
            let (rows, bytes) = match self.send(&mut copy, block, &mut encoded).await {
                Ok(counts) => counts,
                Err(fault) => {
                    copy.abort("a value could not be converted").await.ok();
                    return Err(fault);
                }
            };
            gauge.add(rows, bytes);
            sent += bytes;
            gauge.set(Activity::Read);
            *waiting = blocks.next().await;
        }
        if waiting.is_none() && blocks.rows_announced().is_none() {
            copy.abort("the reader stopped").await.ok();
            // The sentence for a reader that broke off.
            return check_counts(None, 0).map(|()| 0);
        }
        self.end(waiting.is_some(), &mut encoded);
        gauge.set(Activity::Write);
        if !encoded.is_empty() {
            copy.send(&encoded[..]).await.map_err(|e| link.fault(&e))?;
        }
        copy.finish().await.map_err(|e| link.fault(&e))
    }

    /// Sends what is `encoded` already and then `block`. Returns its rows and bytes.
    async fn send(
        &mut self,
        copy: &mut PgCopyIn<&mut PgConnection>,
        block: Block,
        encoded: &mut Vec<u8>,
    ) -> Result<(u64, u64), Fault> {
        let (raw, rows) = match &block {
            Block::Raw { bytes, rows } => (Some(bytes), *rows),
            Block::Rows(batch) => {
                let encoder = self.encoder.as_mut().ok_or_else(unexpected_rows)?;
                encoder.rows(batch, encoded)?;
                (None, batch.rows() as u64)
            }
        };
        let sent = encoded.len() + raw.map_or(0, |bytes| bytes.len());
        for piece in [Some(&encoded[..]), raw.map(|bytes| &bytes[..])].into_iter().flatten() {
            if !piece.is_empty() {
                copy.send(piece).await.map_err(|e| self.link.fault(&e))?;
            }
        }
        encoded.clear();
        Ok((rows, sent as u64))
    }

    /// What a COPY begins with: on the direct path the first header comes from the source.
    fn begin(&self, first: bool, out: &mut Vec<u8>) {
        match (&self.encoder, self.format) {
            (Some(encoder), _) => encoder.begin(out),
            (None, CopyFormat::Binary) if !first => out.extend(BINARY_HEADER),
            (None, _) => {}
        }
    }

    /// What it ends with: on the direct path the last trailer comes from the source.
    fn end(&self, more: bool, out: &mut Vec<u8>) {
        match (&self.encoder, self.format) {
            (Some(encoder), _) => encoder.end(out),
            (None, CopyFormat::Binary) if more => out.extend(BINARY_TRAILER),
            (None, _) => {}
        }
    }
}

fn unexpected_rows() -> Fault {
    Fault::new(FaultKind::Other, Side::Engine, "rows to convert arrived on the direct path")
}
