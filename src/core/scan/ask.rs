//! Which questions the columns of a table raise.

use super::super::catalog::{Catalog, Column, LogicalType, Server, Table};
use super::super::name::Dialect;
use super::super::plan::{ColumnPlan, MigrationPlan, TablePlan};
use super::select::QUESTIONS_MAX;
use super::{Asked, Charset, MomentKind, Question, ScanRequest, StoredText};

const TRUTH: &[&str] = &["integer"];
/// With `whole`: a real that is a whole number.
const INTEGER: &[&str] = &["integer", "whole"];
const REAL: &[&str] = &["integer", "real"];
/// With `decimal`: digits kept as text, because a number would not hold them all.
const DECIMAL: &[&str] = &["integer", "real", "decimal"];
const TEXT: &[&str] = &["text"];
const BLOB: &[&str] = &["blob"];

/// From here on no value is that long: no engine holds a text or blob of a gigabyte and more whole.
const LENGTH_ASKED_MAX: u32 = 1 << 30;

/// What MySQL's DATE and DATETIME hold, and its TIMESTAMP.
const MYSQL_DATES: (&str, &str) = ("0001-01-01", "10000-01-01");
const MYSQL_STAMPS: (&str, &str) = ("1970-01-01 00:00:01", "2038-01-19 03:14:08");

/// What the scan of a plan needs to know.
#[derive(Clone, Copy, Debug)]
pub struct ScanInput<'a> {
    pub plan: &'a MigrationPlan,
    pub source: &'a Catalog,
    pub target: &'a Catalog,
}

/// One request per table whose columns raise questions; more for a table with very many.
#[must_use]
pub fn requests(input: &ScanInput<'_>) -> Vec<ScanRequest> {
    let loaded = input.plan.tables.iter().filter(|t| !t.chunks.is_empty());
    loaded.flat_map(|planned| of_table(input, planned)).collect()
}

fn of_table(input: &ScanInput<'_>, planned: &TablePlan) -> Vec<ScanRequest> {
    let Some(table) = input.source.tables.iter().find(|t| t.name == planned.source) else {
        return Vec::new();
    };
    let questions: Vec<Asked> = planned
        .columns
        .iter()
        // What the column holds says nothing of what is read instead of it.
        .filter(|column| column.expression.is_none())
        .flat_map(|column| {
            let asked = ends(input, table, planned, column).map(|ends| ends.questions().0);
            let name = column.name.clone();
            let asked = asked.unwrap_or_default().into_iter();
            asked.map(move |question| Asked { column: name.clone(), question })
        })
        .collect();
    let request = |questions: &[Asked]| ScanRequest {
        table: planned.source.clone(),
        key: planned.key.clone(),
        rowid: rowid_name(input.plan.source_dialect, table),
        raw_text: input.source.server.encoding == "SQL_ASCII",
        filter: planned.rows.filter.clone(),
        questions: questions.to_vec(),
    };
    questions.chunks(QUESTIONS_MAX).map(request).collect()
}

/// Do the questions asked of `column` decide whether anything is lost?
pub(super) fn is_decided(input: &ScanInput<'_>, planned: &TablePlan, column: &ColumnPlan) -> bool {
    let table = input.source.tables.iter().find(|t| t.name == planned.source);
    let ends = table.and_then(|table| ends(input, table, planned, column));
    column.expression.is_none() && ends.is_some_and(|ends| ends.questions().1)
}

fn rowid_name(dialect: Dialect, table: &Table) -> Option<&'static str> {
    if dialect != Dialect::Sqlite || table.without_rowid {
        return None;
    }
    let taken = |name: &str| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

fn ends<'a>(
    input: &'a ScanInput<'_>,
    table: &'a Table,
    planned: &TablePlan,
    column: &'a ColumnPlan,
) -> Option<Ends<'a>> {
    let source = table.column(&column.name)?;
    let there = input.target.tables.iter().find(|t| t.name == planned.target);
    let there = there.and_then(|t| t.column(&column.target_name));
    Some(Ends {
        from: input.plan.source_dialect,
        to: input.plan.target_dialect,
        column,
        stored: stored_text(&input.source.server, source),
        charset: target_charset(&input.target.server, there, &column.target_declared),
    })
}

/// The two ends of one column.
struct Ends<'a> {
    from: Dialect,
    to: Dialect,
    column: &'a ColumnPlan,
    /// How the source keeps its text; `None`: bytes that stand for nothing the scan can read.
    stored: Option<StoredText>,
    /// The target's character set where it is narrower than Unicode.
    charset: Option<Charset>,
}

impl Ends<'_> {
    /// The questions, and whether a clean answer to all of them proves that nothing is lost.
    fn questions(&self) -> (Vec<Question>, bool) {
        let mut asked = Vec::new();
        let mut decided = false;
        if self.from != self.to {
            if self.from == Dialect::Sqlite {
                self.classes(&mut asked);
            }
            decided = self.by_types(&mut asked);
        }
        self.about_text(&mut asked);
        (asked, decided)
    }

    fn by_types(&self, asked: &mut Vec<Question>) -> bool {
        if let Some(decided) = self.numbers(asked) {
            return decided;
        }
        let texts = self.texts(asked);
        texts.or_else(|| self.times(asked)).unwrap_or(false)
    }

    /// `None`: not about numbers.
    fn numbers(&self, asked: &mut Vec<Question>) -> Option<bool> {
        use LogicalType as L;
        let postgres = self.from == Dialect::Postgres;
        match (&self.column.source_logical, &self.column.target_logical) {
            (L::Int { .. } | L::Year | L::Any | L::Numeric, L::Int { bits, unsigned }) => {
                self.integers(*bits, *unsigned, false, asked);
            }
            (L::Decimal { .. }, L::Int { bits, unsigned }) => {
                self.integers(*bits, *unsigned, true, asked);
            }
            (L::Int { .. } | L::Any | L::Numeric, L::Bool) => {
                asked.push(Question::IntegerOutside { min: 0, max: 1, whole: false });
            }
            (L::Int { bits, .. }, L::Decimal { precision: Some(p), scale }) => {
                let digits = integer_digits(*bits);
                if i32::from(*p) - i32::from(scale.unwrap_or(0)) < digits {
                    asked.push(decimal(*p, *scale));
                }
            }
            (
                L::Decimal { precision, scale: from },
                L::Decimal { precision: Some(p), scale: to },
            ) => {
                if !holds((*p, *to), (*precision, *from)) || self.from == Dialect::Sqlite {
                    asked.push(decimal(*p, *to));
                } else if postgres {
                    asked.push(Question::NotFinite { infinite: true });
                }
            }
            (L::Any | L::Numeric, L::Decimal { precision: Some(p), scale }) => {
                asked.push(decimal(*p, *scale));
            }
            (L::Any | L::Numeric, L::Decimal { .. } | L::Float { .. }) => {}
            (L::Float { bits: from }, L::Float { bits: to }) => {
                if postgres && self.to != Dialect::Postgres {
                    asked.push(Question::NotFinite { infinite: self.to == Dialect::Mysql });
                }
                return Some(to >= from);
            }
            _ => return None,
        }
        Some(true)
    }

    /// `None`: not about text or bytes.
    fn texts(&self, asked: &mut Vec<Question>) -> Option<bool> {
        use LogicalType as L;
        match (&self.column.source_logical, &self.column.target_logical) {
            (L::Text { max, .. }, L::Text { max: Some(limit), .. }) => {
                // SQLite enforces no length.
                let enforced = max.filter(|_| self.from != Dialect::Sqlite);
                if *limit < LENGTH_ASKED_MAX && enforced.is_none_or(|max| max > *limit) {
                    asked.push(Question::LongerChars(*limit));
                }
            }
            (L::Any | L::Numeric, L::Text { max: Some(limit), .. })
                if *limit < LENGTH_ASKED_MAX =>
            {
                asked.push(Question::LongerChars(*limit));
            }
            (L::Text { .. } | L::Any | L::Numeric, L::Text { .. }) => {}
            (L::Any | L::Numeric, L::Bytes { .. }) => {}
            (L::Text { .. }, L::Uuid) => asked.push(Question::NotUuid),
            (L::Bytes { .. }, L::Uuid) => asked.push(Question::OtherLength(16)),
            (L::Bytes { max }, L::Bytes { max: limit }) => {
                if let Some(limit) = limit.filter(|limit| *limit < LENGTH_ASKED_MAX)
                    && max.is_none_or(|max| max > limit)
                {
                    let max = u64::from(limit);
                    asked.push(Question::LongerBytes { max, text: false });
                }
            }
            (L::Json { .. }, L::Json { binary: true }) if self.to == Dialect::Postgres => {
                asked.push(Question::JsonNul);
                return Some(false);
            }
            _ => return None,
        }
        Some(true)
    }

    /// `None`: not about dates and times.
    fn times(&self, asked: &mut Vec<Question>) -> Option<bool> {
        use LogicalType as L;
        match (&self.column.source_logical, &self.column.target_logical) {
            (L::Date, L::Date | L::Timestamp { zoned: false }) => {
                self.moments(asked);
                Some(true)
            }
            (L::Timestamp { zoned: from }, L::Timestamp { zoned: to }) => {
                self.moments(asked);
                Some(from == to && self.keeps_seconds())
            }
            (L::TimeSpan, L::Time { zoned: false }) => {
                asked.push(Question::OutsideDay);
                Some(self.keeps_seconds())
            }
            _ => None,
        }
    }

    /// Where the target holds fewer integers than the source may.
    fn integers(&self, bits: u8, unsigned: bool, whole: bool, asked: &mut Vec<Question>) {
        let (min, max) = integer_range(bits, unsigned);
        let (low, high) = match (&self.column.source_logical, self.from) {
            (LogicalType::Year, _) => (0, 2155),
            // SQLite keeps 64 bits whatever was declared.
            (LogicalType::Int { bits, unsigned }, Dialect::Postgres | Dialect::Mysql) => {
                integer_range(*bits, *unsigned)
            }
            (_, Dialect::Sqlite) => integer_range(64, false),
            (_, Dialect::Postgres | Dialect::Mysql) => (i128::MIN, i128::MAX),
        };
        if low < min || high > max || whole {
            asked.push(Question::IntegerOutside { min, max, whole });
        }
    }

    /// Has the target as many digits of a second as the source?
    fn keeps_seconds(&self) -> bool {
        let digits = |dialect: Dialect, declared: &str| {
            let inside = declared.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
            let stated = inside.and_then(|(digits, _)| digits.trim().parse::<u8>().ok());
            stated.unwrap_or(if dialect == Dialect::Mysql { 0 } else { 6 })
        };
        digits(self.to, &self.column.target_declared)
            >= digits(self.from, &self.column.source_declared)
    }

    fn moments(&self, asked: &mut Vec<Question>) {
        if self.from == Dialect::Mysql {
            asked.push(Question::ZeroDate);
        }
        if self.to == Dialect::Mysql && self.from != Dialect::Sqlite {
            let stamp = self.column.target_declared.to_ascii_lowercase().starts_with("timestamp");
            let (from, until) = if stamp { MYSQL_STAMPS } else { MYSQL_DATES };
            asked.push(Question::MomentOutside { from, until });
        }
    }

    /// SQLite's cells may be of any class; these are the ones the column's meaning has.
    fn classes(&self, asked: &mut Vec<Question>) {
        use LogicalType as L;
        let (classes, more) = match &self.column.target_logical {
            L::Bool => {
                let range = Question::IntegerOutside { min: 0, max: 1, whole: false };
                (TRUTH, Some(range))
            }
            L::Int { .. } | L::Year => (INTEGER, None),
            L::Decimal { .. } => (DECIMAL, None),
            L::Float { .. } => (REAL, None),
            // Numbers that become text are spelled with every digit.
            L::Text { .. } => match &self.column.source_logical {
                L::Int { .. } | L::Decimal { .. } | L::Float { .. } => (DECIMAL, None),
                _ => (TEXT, None),
            },
            L::Bytes { .. } => (BLOB, None),
            L::Date => (TEXT, Some(Question::NotMoment(MomentKind::Date))),
            L::Time { zoned } => {
                (TEXT, Some(Question::NotMoment(MomentKind::Time { zoned: *zoned })))
            }
            L::Timestamp { zoned } => {
                (TEXT, Some(Question::NotMoment(MomentKind::Timestamp { zoned: *zoned })))
            }
            L::Uuid => (TEXT, Some(Question::NotUuid)),
            L::Json { .. } => (TEXT, Some(Question::NotJson)),
            _ => return,
        };
        asked.push(Question::OtherClass(classes));
        // By the types, an integer for a truth value is asked about anyway.
        let truth = self.column.target_logical == L::Bool;
        let asked_later = truth && self.column.source_logical != L::Bool;
        asked.extend(more.filter(|_| !asked_later));
    }

    fn about_text(&self, asked: &mut Vec<Question>) {
        if !is_text(&self.column.source_logical) {
            return;
        }
        if self.to == Dialect::Postgres && self.from != Dialect::Postgres {
            asked.push(Question::Nul);
        }
        if self.to == Dialect::Mysql
            && self.from != Dialect::Mysql
            && let Some(max) = mysql_text_bytes(&self.column.target_declared)
        {
            asked.push(Question::LongerBytes { max, text: true });
        }
        let Some(stored) = &self.stored else { return };
        if self.may_be_invalid(stored) {
            asked.push(Question::InvalidText(stored.clone()));
        }
        if let (Some(charset), StoredText::Unicode | StoredText::Charset(_)) =
            (self.charset, stored)
        {
            asked.push(Question::OutsideCharset(charset));
        }
        let labels = matches!(self.column.source_logical, LogicalType::Enum | LogicalType::Set);
        if *stored != StoredText::Raw && !labels {
            asked.push(Question::EncodedTwice(stored.clone()));
        }
    }

    /// PostgreSQL checks text in encodings of several bytes, MySQL everything that comes in today;
    /// SQLite checks nothing.
    fn may_be_invalid(&self, stored: &StoredText) -> bool {
        match stored {
            StoredText::Unicode => self.from == Dialect::Sqlite,
            StoredText::SingleBytes(encoding) => encoding == "WIN1252",
            StoredText::Raw => true,
            StoredText::Charset(charset) => charset != "ascii",
        }
    }
}

fn is_text(logical: &LogicalType) -> bool {
    use LogicalType as L;
    matches!(logical, L::Text { .. } | L::Json { .. } | L::Any | L::Enum | L::Set | L::Xml)
}

fn stored_text(server: &Server, column: &Column) -> Option<StoredText> {
    match server.dialect {
        Dialect::Sqlite => Some(StoredText::Unicode),
        Dialect::Mysql => match column.charset.as_deref() {
            Some("binary") => None,
            Some(charset) => Some(StoredText::Charset(charset.to_owned())),
            None => Some(StoredText::Charset("utf8mb4".to_owned())),
        },
        Dialect::Postgres => match server.encoding.as_str() {
            "UTF8" => Some(StoredText::Unicode),
            "SQL_ASCII" => Some(StoredText::Raw),
            "LATIN1" | "WIN1252" => Some(StoredText::SingleBytes(server.encoding.clone())),
            _ => None,
        },
    }
}

/// `None`: it holds every character, or is too rare for a table of its own here.
fn target_charset(server: &Server, there: Option<&Column>, made: &str) -> Option<Charset> {
    let stated = made.split_once("character set ").and_then(|(_, rest)| rest.split(' ').next());
    let name = match server.dialect {
        Dialect::Sqlite => return None,
        Dialect::Postgres => server.encoding.as_str(),
        // Tables of ours are utf8mb4 unless a column says otherwise.
        Dialect::Mysql => match there {
            Some(column) => column.charset.as_deref()?,
            None => stated?,
        },
    };
    match name {
        "LATIN1" => Some(Charset::Latin1),
        // MySQL's latin1 is Windows-1252 with the five holes filled.
        "WIN1252" | "latin1" => Some(Charset::Windows1252),
        "ascii" => Some(Charset::Ascii),
        "utf8mb3" | "utf8" => Some(Charset::Utf8mb3),
        _ => None,
    }
}

/// The bytes that MySQL's TEXT types hold, whatever their characters.
fn mysql_text_bytes(declared: &str) -> Option<u64> {
    let lower = declared.to_ascii_lowercase();
    match lower.split([' ', '(']).next() {
        Some("tinytext") => Some(255),
        Some("text") => Some(65_535),
        Some("mediumtext") => Some(16_777_215),
        _ => None,
    }
}

fn decimal(precision: u16, scale: Option<i16>) -> Question {
    Question::DecimalOutside { precision, scale: scale.unwrap_or(0) }
}

/// Does `numeric(to)` hold every value of `numeric(from)`?
fn holds(to: (u16, Option<i16>), from: (Option<u16>, Option<i16>)) -> bool {
    let Some(precision) = from.0 else { return false };
    let (scale, target) = (from.1.unwrap_or(0), to.1.unwrap_or(0));
    let before = |precision: u16, scale: i16| i32::from(precision) - i32::from(scale);
    target >= scale && before(to.0, target) >= before(precision, scale)
}

fn integer_range(bits: u8, unsigned: bool) -> (i128, i128) {
    let bits = u32::from(bits);
    match unsigned {
        true => (0, (1i128 << bits) - 1),
        false => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
    }
}

/// Decimal digits of the largest integer of so many bits.
fn integer_digits(bits: u8) -> i32 {
    match bits {
        0..=8 => 3,
        9..=16 => 5,
        17..=24 => 8,
        25..=32 => 10,
        _ => 20,
    }
}
