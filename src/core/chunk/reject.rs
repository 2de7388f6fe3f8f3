//! Rows that the target refused and that were put aside.

use super::super::fault::{Fault, FaultKind};
use super::KeyValues;

/// Longest text of a row that is kept: a row beyond it is listed with its key and its error only.
pub const ROW_TEXT_MAX: usize = 16 * 1024 * 1024;

/// How many rows of a chunk were put aside, and in which handout of the chunk. Part of the target's
/// ledger, so that rows kept by an engine that died are told from those of another attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rejects {
    pub count: u32,
    pub handout: u32,
}

/// One row that was put aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectedRow {
    /// Not refused: its key was asked for and the source has no such row any more.
    pub gone: bool,
    /// The values of the table's key as [`super::ChunkRange::Keys`] takes them. `None`: the table
    /// has no key, or the value has no text.
    pub key: Option<KeyValues>,
    /// The source's column, where it is known.
    pub column: Option<String>,
    /// SQLSTATE and the like.
    pub code: Option<String>,
    pub message: String,
    /// What rows of one cause share: code and message without what they quote of a row.
    pub cause: String,
    pub detail: Option<String>,
    /// One line as COPY text spells it, without its newline. `None`: it is too long to be kept.
    pub row: Option<Vec<u8>>,
    pub row_bytes: u64,
}

impl RejectedRow {
    /// What is told of a row that `fault` is about.
    #[must_use]
    pub fn of(fault: &Fault, key: Option<KeyValues>, row: Vec<u8>) -> RejectedRow {
        let row_bytes = row.len() as u64;
        RejectedRow {
            gone: false,
            key,
            column: fault.column().map(str::to_owned),
            code: fault.code.clone(),
            message: fault.cause().unwrap_or(&fault.message).to_owned(),
            cause: cause_of(fault),
            detail: fault.detail.clone(),
            row: (row.len() <= ROW_TEXT_MAX).then_some(row),
            row_bytes,
        }
    }

    /// A key that was asked for in vain.
    #[must_use]
    pub fn gone(key: KeyValues) -> RejectedRow {
        let message = "the source has no row with this key any more".to_owned();
        let cause = message.clone();
        RejectedRow { gone: true, key: Some(key), message, cause, ..RejectedRow::default() }
    }

    /// Bytes it takes up while it waits.
    #[must_use]
    pub fn weight(&self) -> usize {
        let key: usize = self.key.iter().flatten().map(String::len).sum();
        let texts = self.message.len() + self.detail.as_ref().map_or(0, String::len);
        self.row.as_ref().map_or(0, Vec::len) + key + texts + 128
    }
}

/// Code and message of a fault without what a server quotes of the row, for logs and for grouping.
#[must_use]
pub fn cause_of(fault: &Fault) -> String {
    let code = fault.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    let text = fault.cause().unwrap_or(&fault.message);
    // SQLSTATE class 22 is about values, and its messages quote them.
    let quotes_values = fault.kind == FaultKind::ValueUnfit
        || fault.code.as_ref().is_some_and(|code| code.starts_with("22") && code.len() == 5);
    if !quotes_values {
        return format!("{code}{text}");
    }
    let pieces = text.split('"').enumerate();
    let masked: Vec<&str> = pieces.map(|(i, part)| if i % 2 == 1 { "..." } else { part }).collect();
    format!("{code}{}", masked.join("\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fault::Side;

    #[test]
    fn rows_of_one_cause_share_it() {
        let of = |value: &str| {
            let text = format!("invalid input syntax for type integer: \"{value}\"");
            Fault::new(FaultKind::RowRefused, Side::Target, text).with_code("22P02")
        };
        let cause = "22P02: invalid input syntax for type integer: \"...\"";
        assert_eq!((cause_of(&of("x")).as_str(), cause_of(&of("y")).as_str()), (cause, cause));
        let row = RejectedRow::of(&of("x"), None, b"1\tx".to_vec());
        assert!(row.message.contains("\"x\""), "the whole message stays with the row: {row:?}");
    }
}
