//! The value scan: what the plan cannot know from types, answered by the rows themselves.
//!
//! A type rule says what *could* be lost: an unsigned 64-bit integer may exceed `bigint`, a column
//! of SQLite may hold any storage class, a `numeric` may have more digits than 65. The scan asks
//! the rows. [`requests`] finds the questions a table's columns raise from their two types,
//! [`scan_select`] writes the one statement that answers all of them, [`read_answer`] reads its one
//! row, and [`settle`] turns the answers into findings and better verdicts.
//!
//! A scan promises nothing about rows that come later: every value is checked again when it is
//! copied. It never changes a type, only what is known about it.

mod ask;
mod select;
mod settle;
mod text;

pub use ask::{ScanInput, requests};
pub use select::{QUESTIONS_MAX, read_answer, scan_select};
pub use settle::{Asking, settle};
pub use text::{is_decimal, is_encoded_twice, is_moment};

use super::name::ObjectName;

/// One table's questions, answered by one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRequest {
    /// On the source.
    pub table: ObjectName,
    /// Columns that name a row in the answer; empty: by position where there is one.
    pub key: Vec<String>,
    /// SQLite: the name by which the rowid can be reached.
    pub rowid: Option<&'static str>,
    /// PostgreSQL: the database stores bytes that it does not check (SQL_ASCII).
    pub raw_text: bool,
    /// The rows that are copied; `None`: all.
    pub filter: Option<String>,
    pub questions: Vec<Asked>,
}

/// A question about one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// On the source.
    pub column: String,
    pub question: Question,
}

/// What is asked of every value that is not NULL. A yes is trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// An integer below `min` or above `max`; with `whole`, also a number that is no integer.
    IntegerOutside { min: i128, max: i128, whole: bool },
    /// More than `precision - scale` digits before the point, more than `scale` after it, NaN or
    /// infinite.
    DecimalOutside { precision: u16, scale: i16 },
    /// NaN, and with `infinite` the infinities.
    NotFinite { infinite: bool },
    /// Text of more characters.
    LongerChars(u32),
    /// More bytes; of text in UTF-8.
    LongerBytes { max: u64, text: bool },
    /// Not exactly so many bytes.
    OtherLength(u32),
    /// MySQL: a year, month or day of zero, or a day its month does not have.
    ZeroDate,
    /// Infinite or outside the moments the target has.
    MomentOutside { from: &'static str, until: &'static str },
    /// MySQL's TIME below zero or from 24:00:00 on.
    OutsideDay,
    /// SQLite: of another storage class than the column's meaning has.
    OtherClass(&'static [&'static str]),
    /// SQLite: text that is no moment of this kind.
    NotMoment(MomentKind),
    /// Text that is no UUID.
    NotUuid,
    /// SQLite: text that is no JSON.
    NotJson,
    /// Bytes that are no text in the character set they are said to be in, or that no Unicode
    /// character stands for.
    InvalidText(StoredText),
    /// Text with a NUL character, which PostgreSQL cannot hold.
    Nul,
    /// JSON with `\u0000`, which `jsonb` cannot hold.
    JsonNul,
    /// A character that the target's character set does not have.
    OutsideCharset(Charset),
    /// Text that is UTF-8 read as Windows-1252 or Latin-1 and encoded again.
    EncodedTwice(StoredText),
}

impl Question {
    /// Worth saying, but the value arrives as it is.
    #[must_use]
    pub fn is_advice(&self) -> bool {
        matches!(self, Question::EncodedTwice(_))
    }
}

/// What SQLite's text is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MomentKind {
    Date,
    Time { zoned: bool },
    Timestamp { zoned: bool },
}

impl MomentKind {
    /// As the statement spells it; read back by [`is_moment`].
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            MomentKind::Date => "date",
            MomentKind::Time { zoned: false } => "time",
            MomentKind::Time { zoned: true } => "timetz",
            MomentKind::Timestamp { zoned: false } => "timestamp",
            MomentKind::Timestamp { zoned: true } => "timestamptz",
        }
    }
}

/// How the source keeps a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredText {
    /// As Unicode characters the engine has checked, or can be asked about.
    Unicode,
    /// PostgreSQL: single bytes of the named encoding.
    SingleBytes(String),
    /// PostgreSQL's SQL_ASCII: bytes nobody has checked.
    Raw,
    /// MySQL: a column of this character set.
    Charset(String),
}

/// Character sets that lack characters of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    Ascii,
    Latin1,
    Windows1252,
    /// Three bytes at most: nothing beyond U+FFFF.
    Utf8mb3,
}

impl Charset {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Charset::Ascii => "ASCII",
            Charset::Latin1 => "Latin-1",
            Charset::Windows1252 => "Windows-1252",
            Charset::Utf8mb3 => "utf8mb3",
        }
    }
}

/// What the rows said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanAnswer {
    pub rows: u64,
    /// In the order of [`ScanRequest::questions`].
    pub found: Vec<Found>,
}

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub count: u64,
    /// One row it is true of, as `id=7`; `None` where no column names a row.
    pub key: Option<String>,
}
