//! PostgreSQL's COPY TO STDOUT in text form to rows.

use memchr::{memchr, memchr2};

use super::super::fault::{Fault, FaultKind, Side};
use super::super::value::{RowBatch, WireForm};

/// Parses COPY text, fed in pieces cut anywhere. All cells become Text or Null.
///
/// Rows end at a newline that no backslash escapes. Only the unfinished row is kept between
/// pieces, so memory is bounded by the longest row.
pub struct CopyTextReader {
    columns: usize,
    /// The row that the last piece cut.
    partial: Vec<u8>,
    /// `\.` was seen: nothing may follow.
    ended: bool,
}

impl CopyTextReader {
    #[must_use]
    pub fn new(columns: usize) -> CopyTextReader {
        CopyTextReader { columns, partial: Vec::new(), ended: false }
    }

    /// Appends every row that is complete with `bytes` to `batch`; keeps the rest for later.
    ///
    /// # Errors
    /// `Other` when the stream breaks the format.
    pub fn push(&mut self, bytes: &[u8], batch: &mut RowBatch) -> Result<(), Fault> {
        batch.set_form(WireForm::CopyText);
        let mut rest = bytes;
        if !self.partial.is_empty() {
            rest = self.finish_partial(bytes, batch)?;
        }
        let mut from = 0;
        let mut search = 0;
        while let Some(at) = memchr(b'\n', &rest[search..]) {
            let end = search + at;
            search = end + 1;
            if escaped(&rest[from..end]) {
                continue;
            }
            self.line(&rest[from..end], batch)?;
            from = end + 1;
        }
        self.partial.extend_from_slice(&rest[from..]);
        Ok(())
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// `Other` when it ended within a row.
    pub fn finish(&self) -> Result<(), Fault> {
        if self.partial.is_empty() { Ok(()) } else { Err(broken("it ended within a row")) }
    }

    /// Completes the kept row with the beginning of `bytes`; returns what comes after it.
    fn finish_partial<'a>(
        &mut self,
        bytes: &'a [u8],
        batch: &mut RowBatch,
    ) -> Result<&'a [u8], Fault> {
        let mut search = 0;
        while let Some(at) = memchr(b'\n', &bytes[search..]) {
            let end = search + at;
            let kept = self.partial.len();
            self.partial.extend_from_slice(&bytes[search..end]);
            if !escaped(&self.partial) {
                let line = std::mem::take(&mut self.partial);
                self.line(&line, batch)?;
                self.partial = line;
                self.partial.clear();
                return Ok(&bytes[end + 1..]);
            }
            debug_assert!(self.partial.len() >= kept);
            self.partial.push(b'\n');
            search = end + 1;
        }
        self.partial.extend_from_slice(&bytes[search..]);
        Ok(&[])
    }

    fn line(&mut self, line: &[u8], batch: &mut RowBatch) -> Result<(), Fault> {
        if self.ended {
            return Err(broken("there is data after its end mark"));
        }
        if line == b"\\." {
            self.ended = true;
            return Ok(());
        }
        if self.columns == 0 {
            batch.push_bare_row();
            return if line.is_empty() { Ok(()) } else { Err(broken("a row has too many cells")) };
        }
        let mut cells = 0;
        let mut rest = Some(line);
        while let Some(text) = rest {
            let (end, has_escape) = cell_end(text);
            push_cell(&text[..end], has_escape, batch);
            cells += 1;
            rest = (end < text.len()).then(|| &text[end + 1..]);
        }
        if cells == self.columns {
            Ok(())
        } else {
            Err(broken("a row does not have as many cells as the table has columns"))
        }
    }
}

/// Is what follows `text` escaped, that is: does it end in an odd number of backslashes?
fn escaped(text: &[u8]) -> bool {
    text.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

/// Where the first cell of `text` ends, and whether it holds a backslash.
fn cell_end(text: &[u8]) -> (usize, bool) {
    let mut at = 0;
    let mut has_escape = false;
    while let Some(found) = memchr2(b'\t', b'\\', &text[at..]) {
        at += found;
        if text[at] == b'\t' {
            return (at, has_escape);
        }
        has_escape = true;
        at += 2;
        if at >= text.len() {
            break;
        }
    }
    (text.len(), has_escape)
}

fn push_cell(raw: &[u8], has_escape: bool, batch: &mut RowBatch) {
    if !has_escape {
        batch.push_text(raw);
    } else if raw == b"\\N" {
        batch.push_null();
    } else {
        batch.push_text_with(|out| unescape(raw, out));
    }
}

/// Undoes COPY's backslash escapes as the server's own reader does.
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let Some(letter) = rest.get(at + 1) else {
            // A lone backslash at the end stands for itself.
            out.push(b'\\');
            return;
        };
        let after = &rest[at + 2..];
        let (byte, used) = match letter {
            b'b' => (0x08, 0),
            b'f' => (0x0c, 0),
            b'n' => (b'\n', 0),
            b'r' => (b'\r', 0),
            b't' => (b'\t', 0),
            b'v' => (0x0b, 0),
            b'0'..=b'7' => number(&rest[at + 1..], 8, 3, 1),
            b'x' if after.first().is_some_and(u8::is_ascii_hexdigit) => number(after, 16, 2, 0),
            other => (*other, 0),
        };
        out.push(byte);
        rest = &after[used..];
    }
    out.extend_from_slice(rest);
}

/// Up to `digits_max` digits at the start of `text`; returns the byte and how many digits were
/// used, less `already` that the caller has skipped.
fn number(text: &[u8], radix: u32, digits_max: usize, already: usize) -> (u8, usize) {
    let mut value = 0u32;
    let mut used = 0;
    for byte in text.iter().take(digits_max) {
        let Some(digit) = char::from(*byte).to_digit(radix) else { break };
        value = value * radix + digit;
        used += 1;
    }
    ((value & 0xff) as u8, used - already)
}

fn broken(why: &str) -> Fault {
    Fault::new(
        FaultKind::Other,
        Side::Source,
        format!("the server's COPY stream is not in COPY text form: {why}"),
    )
}
