//! A chunk's rows on their way into the server: what LOAD DATA LOCAL is fed with, piece by piece.
//!
//! mysql_async asks for bytes; the feed asks the pipe for a block when it has none left. Memory is
//! one encoded block. Whatever goes wrong here ends the stream as if it were whole: the statement
//! then ends in good order, its session stays usable, and the transaction is rolled back.

use bytes::Bytes;
use futures_util::StreamExt;
use std::sync::Arc;
use tokio::sync::Mutex;

use super::invented::Invented;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::value::RowBatch;
use crate::core::wire::LoadDataEncoder;
use crate::driver::pipe::Activity;
use crate::driver::{Block, BlockReceiver};

/// Bytes per packet. The server takes none larger than its `max_allowed_packet`, and a row may
/// span several.
const PIECE_BYTES: usize = 256 * 1024;

pub(super) struct Feed {
    blocks: BlockReceiver,
    encoder: LoadDataEncoder,
    /// Columns whose NULLs the server would replace.
    invented: Invented,
    waiting: Option<RowBatch>,
    encoded: Bytes,
    piece_bytes: usize,
    /// Bytes that may still begin a piece in this statement.
    left: u64,
    /// Rows taken from the pipe, and rows given to the server.
    taken: u64,
    pub rows: u64,
    pub fault: Option<Fault>,
}

/// The feed as two see it: the session that writes, and the library while it loads.
pub(super) type SharedFeed = Arc<Mutex<Feed>>;

impl Feed {
    pub fn new(
        blocks: BlockReceiver,
        encoder: LoadDataEncoder,
        invented: Invented,
        max_allowed_packet: u64,
    ) -> Feed {
        let packet = usize::try_from(max_allowed_packet / 2).unwrap_or(PIECE_BYTES);
        Feed {
            blocks,
            encoder,
            invented,
            waiting: None,
            encoded: Bytes::new(),
            piece_bytes: packet.clamp(512, PIECE_BYTES),
            left: 0,
            taken: 0,
            rows: 0,
            fault: None,
        }
    }

    pub fn encoder(&mut self) -> &mut LoadDataEncoder {
        &mut self.encoder
    }

    pub fn blocks(&self) -> &BlockReceiver {
        &self.blocks
    }

    /// Waits for rows unless some are waiting; `None` when the reader ended or broke off.
    pub async fn peek(&mut self) -> Result<Option<&RowBatch>, Fault> {
        if self.waiting.is_none() {
            self.blocks.gauge().set(Activity::Read);
            let next = self.blocks.next().await;
            self.blocks.gauge().set(Activity::Write);
            self.waiting = match next {
                Some(Block::Rows(batch)) => Some(batch),
                Some(Block::Raw { .. }) => return Err(unexpected_bytes()),
                None => None,
            };
        }
        Ok(self.waiting.as_ref())
    }

    /// The rows that wait, as they are: for who writes them another way.
    pub async fn take(&mut self) -> Result<Option<RowBatch>, Fault> {
        if self.peek().await?.is_none() {
            return Ok(None);
        }
        let batch = self.waiting.take();
        if let Some(batch) = &batch {
            self.invented.check(batch, self.taken)?;
            self.taken += batch.rows() as u64;
        }
        Ok(batch)
    }

    /// Counts rows that were given to the server.
    pub fn count(&mut self, rows: u64, bytes: u64) {
        self.rows += rows;
        self.blocks.gauge().add(rows, bytes);
    }

    /// Lets the next statement begin with up to `bytes`, ended with the block that passes them.
    pub fn begin_segment(&mut self, bytes: u64) {
        self.left = bytes;
    }

    /// What is sent next; `None` ends the statement.
    async fn next_piece(&mut self) -> Result<Option<Bytes>, Fault> {
        while self.encoded.is_empty() {
            if self.left == 0 {
                return Ok(None);
            }
            let Some(batch) = self.take().await? else { return Ok(None) };
            let mut text = Vec::with_capacity(batch.byte_len() + batch.cell_count() * 2);
            self.encoder.rows(&batch, &mut text)?;
            self.left = self.left.saturating_sub(text.len() as u64);
            self.count(batch.rows() as u64, text.len() as u64);
            self.encoded = Bytes::from(text);
        }
        let size = std::cmp::min(self.piece_bytes, self.encoded.len());
        Ok(Some(self.encoded.split_to(size)))
    }
}

/// What the library is given for one LOAD DATA.
pub(super) async fn stream(feed: SharedFeed) -> mysql_async::Result<mysql_async::InfileData> {
    let pieces = futures_util::stream::unfold(feed, |feed| async move {
        let mut inside = feed.lock().await;
        let piece = match inside.next_piece().await {
            Ok(piece) => piece,
            Err(fault) => {
                inside.fault = Some(fault);
                None
            }
        };
        drop(inside);
        piece.map(|bytes| (Ok(bytes), feed))
    });
    Ok(pieces.boxed())
}

fn unexpected_bytes() -> Fault {
    let what = "the bytes of another engine's COPY cannot be written to MySQL";
    Fault::new(FaultKind::Unsupported, Side::Engine, what)
}
