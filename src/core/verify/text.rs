//! The canonical text of a row: equal for equal rows of two engines, different for different ones.
//!
//! A cell is `N;` for NULL, else `<bytes>:<text>;`: lengths in front keep neighbours apart whatever
//! they hold. What the text is follows from the column's two types. A value that is not what its
//! type says (a word in a SQLite integer column) is spelled as it is stored: it then equals only
//! the same spelling on the other side.

use super::super::catalog::LogicalType;
use super::super::name::Dialect;
use super::super::plan::{ColumnPlan, TablePlan};
use super::super::value::{CellRef, RowBatch, WireForm};
use super::super::wire::{parse_date, parse_time, parse_timestamp};
use super::{RowHash, keys_of};

/// What two types have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Equal engines and types: the server's own text, the file's own value.
    Same,
    Bool,
    Number,
    /// Both sides hold doubles, or one holds singles.
    Real {
        single: bool,
    },
    /// Blanks at the end mean nothing to one of the sides.
    Text {
        padded: bool,
    },
    Bytes,
    Date,
    Time,
    Moment {
        zoned: bool,
    },
    Uuid,
    Json,
    /// Of one engine by digits, of another by bytes.
    Bits,
}

/// Spells the rows of one side of one table and hashes them.
#[derive(Debug)]
pub struct RowTexts {
    meanings: Vec<Meaning>,
    key: Option<Vec<usize>>,
    text: Vec<u8>,
    key_text: Vec<u8>,
    ends: Vec<usize>,
}

impl RowTexts {
    /// For the rows of a side of `plan`; both sides are spelled alike.
    #[must_use]
    pub fn new(plan: &TablePlan, from: Dialect, to: Dialect) -> RowTexts {
        let meaning = |column| meaning_of(column, from, to);
        RowTexts {
            meanings: plan.columns.iter().map(meaning).collect(),
            key: keys_of(plan),
            text: Vec::new(),
            key_text: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The hashes of the key (of the row, without a key) and of the row, and the text's length.
    pub fn hash(&mut self, batch: &RowBatch, row: usize) -> (RowHash, RowHash, u64) {
        self.text.clear();
        self.ends.clear();
        for (column, meaning) in self.meanings.iter().enumerate() {
            write_cell(*meaning, batch.cell(row, column), batch.form(), &mut self.text);
            self.ends.push(self.text.len());
        }
        let whole = RowHash::of(&self.text);
        let key = match &self.key {
            None => whole,
            Some(columns) => {
                self.key_text.clear();
                for column in columns {
                    let cell = cell_of(&self.text, &self.ends, *column);
                    self.key_text.extend_from_slice(cell);
                }
                RowHash::of(&self.key_text)
            }
        };
        (key, whole, self.text.len() as u64)
    }

    /// The hash of each cell of the row that was hashed last.
    #[must_use]
    pub fn cells(&self) -> Vec<RowHash> {
        let cell = |column| RowHash::of(cell_of(&self.text, &self.ends, column));
        (0..self.ends.len()).map(cell).collect()
    }
}

fn cell_of<'a>(text: &'a [u8], ends: &[usize], column: usize) -> &'a [u8] {
    let from = column.checked_sub(1).map_or(0, |before| ends[before]);
    &text[from..ends[column]]
}

fn meaning_of(column: &ColumnPlan, from: Dialect, to: Dialect) -> Meaning {
    let (here, there) = (&column.source_logical, &column.target_logical);
    if from == to && (column.source_declared == column.target_declared || here == there) {
        return Meaning::Same;
    }
    use LogicalType as T;
    match (here, there) {
        (T::Bool, _) | (_, T::Bool) => Meaning::Bool,
        (T::Date, T::Timestamp { zoned }) | (T::Timestamp { zoned }, T::Date) => {
            Meaning::Moment { zoned: *zoned }
        }
        (T::Date, _) | (_, T::Date) => Meaning::Date,
        (T::Timestamp { zoned: a }, T::Timestamp { zoned: b }) => {
            Meaning::Moment { zoned: *a || *b }
        }
        (T::Timestamp { zoned }, _) | (_, T::Timestamp { zoned }) => {
            Meaning::Moment { zoned: *zoned }
        }
        (T::Time { .. }, _) | (_, T::Time { .. }) => Meaning::Time,
        (T::Bits { varying: false, .. }, _) | (_, T::Bits { varying: false, .. }) => Meaning::Bits,
        (T::Uuid, _) | (_, T::Uuid) => Meaning::Uuid,
        (T::Json { .. }, _) | (_, T::Json { .. }) => Meaning::Json,
        (T::Bytes { .. }, _) | (_, T::Bytes { .. }) => Meaning::Bytes,
        (T::Float { bits: a }, T::Float { bits: b }) => {
            Meaning::Real { single: *a < 64 || *b < 64 }
        }
        (T::Float { bits }, _) | (_, T::Float { bits }) => Meaning::Real { single: *bits < 64 },
        (T::Text { fixed: a, .. }, T::Text { fixed: b, .. }) => Meaning::Text { padded: *a || *b },
        (T::Text { fixed, .. }, other) | (other, T::Text { fixed, .. }) => match other {
            T::Int { .. } | T::Decimal { .. } | T::Numeric => Meaning::Number,
            _ => Meaning::Text { padded: *fixed },
        },
        (T::Int { .. } | T::Decimal { .. } | T::Numeric | T::Year, _)
        | (_, T::Int { .. } | T::Decimal { .. } | T::Numeric | T::Year) => Meaning::Number,
        _ => Meaning::Text { padded: false },
    }
}

fn write_cell(meaning: Meaning, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) {
    if cell == CellRef::Null {
        out.extend_from_slice(b"N;");
        return;
    }
    let begin = out.len();
    write_value(meaning, cell, form, out);
    // The length in front of what is written already: texts are mostly short.
    let mut length = itoa::Buffer::new();
    let digits = length.format(out.len() - begin).as_bytes();
    let mut head = [0_u8; 24];
    head[..digits.len()].copy_from_slice(digits);
    head[digits.len()] = b':';
    let head = &head[..=digits.len()];
    let end = out.len();
    out.extend_from_slice(head);
    out[begin..].rotate_right(head.len());
    debug_assert_eq!(out.len(), end + head.len());
    out.push(b';');
}

fn write_value(meaning: Meaning, cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) {
    let spelled = match (meaning, cell) {
        (Meaning::Same, cell) => {
            write_stored(cell, out);
            true
        }
        (Meaning::Bool, cell) => write_bool(cell, out),
        (Meaning::Number, cell) => write_number(cell, out),
        (Meaning::Real { single }, cell) => write_real(cell, single, out),
        (Meaning::Text { padded }, CellRef::Text(text)) => {
            let text = if padded { text.trim_ascii_end() } else { text };
            out.extend_from_slice(text);
            true
        }
        (Meaning::Bytes, cell) => write_bytes(cell, form, out),
        (Meaning::Date, CellRef::Text(text)) => {
            write_parsed(parse_date(text, form).ok().map(i64::from), out)
        }
        (Meaning::Time, CellRef::Text(text)) => {
            let parsed = parse_time(text).ok();
            write_parsed(
                parsed.map(|(us, east)| us - i64::from(east.unwrap_or(0)) * 1_000_000),
                out,
            )
        }
        (Meaning::Moment { zoned }, CellRef::Text(text)) => {
            let moment = parse_timestamp(text, form).ok();
            let micros = moment.and_then(|m| match (zoned, m.zone_s) {
                (true, Some(_)) => m.utc().ok(),
                (true | false, None) => Some(m.micros),
                (false, Some(_)) => m.local().ok(),
            });
            write_parsed(micros, out)
        }
        (Meaning::Uuid, cell) => write_uuid(cell, out),
        (Meaning::Bits, cell) => write_bits(cell, out),
        (Meaning::Json, CellRef::Text(text)) => write_json(text, out),
        (
            Meaning::Text { .. }
            | Meaning::Date
            | Meaning::Time
            | Meaning::Moment { .. }
            | Meaning::Json,
            _,
        ) => false,
    };
    if !spelled {
        write_plain(cell, out);
    }
}

/// The value with its storage class, which is part of it.
fn write_stored(cell: CellRef<'_>, out: &mut Vec<u8>) {
    let class = match cell {
        CellRef::Null | CellRef::Text(_) => b't',
        CellRef::Int(_) => b'i',
        CellRef::Real(_) => b'r',
        CellRef::Blob(_) => b'b',
    };
    out.push(class);
    write_plain(cell, out);
}

/// As people would write it.
fn write_plain(cell: CellRef<'_>, out: &mut Vec<u8>) {
    match cell {
        CellRef::Null => {}
        CellRef::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        CellRef::Real(value) => out.extend_from_slice(format!("{value:?}").as_bytes()),
        CellRef::Text(bytes) | CellRef::Blob(bytes) => out.extend_from_slice(bytes),
    }
}

fn write_parsed(value: Option<i64>, out: &mut Vec<u8>) -> bool {
    if let Some(value) = value {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
    value.is_some()
}

fn write_bool(cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    let truth = match cell {
        CellRef::Int(0) => false,
        CellRef::Int(1) => true,
        CellRef::Text(b"t" | b"true" | b"1" | b"TRUE" | b"True") => true,
        CellRef::Text(b"f" | b"false" | b"0" | b"FALSE" | b"False") => false,
        _ => return false,
    };
    out.push(if truth { b't' } else { b'f' });
    true
}

/// Digits without zeros that mean nothing: `-12.5`, `1200`, `0`.
fn write_number(cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    match cell {
        CellRef::Int(value) => write_parsed(Some(value), out),
        CellRef::Real(value) if value.is_finite() => {
            write_decimal(format!("{value:e}").as_bytes(), out)
        }
        CellRef::Text(text) => write_decimal(text.trim_ascii(), out),
        CellRef::Real(_) | CellRef::Null | CellRef::Blob(_) => false,
    }
}

/// Longest plain number that an exponent is written out to; PostgreSQL's numeric ends there.
const DIGITS_MAX: i64 = 150_000;

fn write_decimal(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let at_exponent = rest.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(rest.len());
    let exponent = match rest.get(at_exponent + 1..) {
        None => 0_i64,
        Some(digits) => {
            let parsed = std::str::from_utf8(digits).ok().and_then(|t| t.parse().ok());
            let Some(exponent) = parsed else { return false };
            exponent
        }
    };
    let mantissa = &rest[..at_exponent];
    let at_point = mantissa.iter().position(|b| *b == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = (&mantissa[..at_point], mantissa.get(at_point + 1..).unwrap_or(b""));
    let mut digits: Vec<u8> = [whole, fraction].concat();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || exponent.abs() > DIGITS_MAX {
        return false;
    }
    // Digits before the point, after the exponent is applied.
    let mut point = whole.len() as i64 + exponent;
    let leading = digits.iter().take_while(|d| **d == b'0').count();
    digits.drain(..leading);
    point -= leading as i64;
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() {
        out.push(b'0');
        return true;
    }
    if negative {
        out.push(b'-');
    }
    let count = digits.len() as i64;
    if point <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', usize::try_from(-point).unwrap_or(0)));
        out.extend_from_slice(&digits);
    } else if point >= count {
        out.extend_from_slice(&digits);
        out.extend(std::iter::repeat_n(b'0', usize::try_from(point - count).unwrap_or(0)));
    } else {
        let (before, after) = digits.split_at(usize::try_from(point).unwrap_or(0));
        out.extend_from_slice(before);
        out.push(b'.');
        out.extend_from_slice(after);
    }
    true
}

fn write_real(cell: CellRef<'_>, single: bool, out: &mut Vec<u8>) -> bool {
    let value = match cell {
        CellRef::Real(value) => Some(value),
        CellRef::Int(value) => Some(value as f64),
        CellRef::Text(text) => std::str::from_utf8(text).ok().and_then(|t| match t.trim() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            "NaN" => Some(f64::NAN),
            t => t.parse().ok(),
        }),
        CellRef::Null | CellRef::Blob(_) => None,
    };
    let Some(value) = value else { return false };
    // Zero has no sign here: not every engine keeps it.
    let value = if value == 0.0 { 0.0 } else { value };
    let text = if single { format!("{:?}", value as f32) } else { format!("{value:?}") };
    out.extend_from_slice(text.as_bytes());
    true
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

fn write_bytes(cell: CellRef<'_>, form: WireForm, out: &mut Vec<u8>) -> bool {
    match (cell, form) {
        (CellRef::Text(text), WireForm::CopyText) if text.starts_with(b"\\x") => {
            out.extend_from_slice(&text[2..]);
            true
        }
        (CellRef::Text(bytes) | CellRef::Blob(bytes), _) => {
            write_hex(bytes, out);
            true
        }
        _ => false,
    }
}

/// Digits from the first one on: the width is the column's, not the value's.
fn write_bits(cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    let digits: Vec<u8> = match cell {
        CellRef::Text(text) if text.iter().all(|b| matches!(b, b'0' | b'1')) => text.to_vec(),
        CellRef::Blob(bytes) => bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| b'0' + ((byte >> bit) & 1)))
            .collect(),
        CellRef::Null | CellRef::Int(_) | CellRef::Real(_) | CellRef::Text(_) => return false,
    };
    out.extend(digits.into_iter().skip_while(|digit| *digit == b'0'));
    true
}

fn write_uuid(cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    match cell {
        CellRef::Blob(bytes) if bytes.len() == 16 => write_hex(bytes, out),
        CellRef::Text(text) => {
            let hex = text.iter().filter(|b| b.is_ascii_hexdigit());
            let digits: Vec<u8> = hex.map(u8::to_ascii_lowercase).collect();
            if digits.len() != 32 {
                return false;
            }
            out.extend_from_slice(&digits);
        }
        _ => return false,
    }
    true
}

/// Without blanks between tokens. Order and spelling stay: what reorders keys says so in the plan.
fn write_json(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        if quoted {
            out.push(*byte);
            (quoted, escaped) = (*byte != b'"' || escaped, *byte == b'\\' && !escaped);
        } else if !byte.is_ascii_whitespace() {
            quoted = *byte == b'"';
            out.push(*byte);
        }
    }
    true
}

/// A cell for people who asked for values: text as it is, bytes in hexadecimal.
#[must_use]
pub fn shown_cell(cell: CellRef<'_>) -> Option<String> {
    match cell {
        CellRef::Null => None,
        CellRef::Int(value) => Some(value.to_string()),
        CellRef::Real(value) => Some(format!("{value:?}")),
        CellRef::Text(text) => Some(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => hex_of(text),
        }),
        CellRef::Blob(bytes) => Some(hex_of(bytes)),
    }
}

fn hex_of(bytes: &[u8]) -> String {
    let mut out = b"\\x".to_vec();
    write_hex(bytes, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(meaning: Meaning, cell: CellRef<'_>, form: WireForm) -> String {
        let mut out = Vec::new();
        write_cell(meaning, cell, form, &mut out);
        String::from_utf8(out).expect("ASCII in, ASCII out")
    }

    #[test]
    fn equal_values_of_two_engines_have_one_text() {
        let native = |meaning, cell| spelled(meaning, cell, WireForm::Native);
        let copied = |meaning, text: &str| {
            spelled(meaning, CellRef::Text(text.as_bytes()), WireForm::CopyText)
        };
        let n = Meaning::Number;
        assert_eq!(native(n, CellRef::Int(120)), copied(n, "120.00"));
        assert_eq!(native(n, CellRef::Real(0.99)), copied(n, "0.990"));
        assert_eq!(native(n, CellRef::Real(1e-7)), copied(n, "0.0000001"));
        assert_eq!(native(n, CellRef::Real(-1.5e20)), copied(n, "-150000000000000000000"));
        assert_eq!(native(n, CellRef::Real(-0.0)), copied(n, "0.00"));
        assert_eq!(native(Meaning::Bool, CellRef::Int(1)), copied(Meaning::Bool, "t"));
        let real = Meaning::Real { single: false };
        assert_eq!(native(real, CellRef::Real(0.1)), copied(real, "0.1"));
        assert_eq!(native(real, CellRef::Int(3)), copied(real, "3"));
        assert_eq!(
            native(Meaning::Bytes, CellRef::Blob(&[0, 255])),
            copied(Meaning::Bytes, "\\x00ff")
        );
        let moment = Meaning::Moment { zoned: false };
        let midnight = native(moment, CellRef::Text(b"2009-01-01"));
        assert_eq!(midnight, copied(moment, "2009-01-01 00:00:00"));
        assert_eq!(
            native(Meaning::Json, CellRef::Text(br#"{"a b": [1, "x \" y"]}"#)),
            copied(Meaning::Json, r#"{"a b":[1,"x \" y"]}"#)
        );
    }

    #[test]
    fn null_empty_and_neighbours_are_kept_apart() {
        let text = Meaning::Text { padded: false };
        assert_eq!(spelled(text, CellRef::Null, WireForm::Native), "N;");
        assert_eq!(spelled(text, CellRef::Text(b""), WireForm::Native), "0:;");
        assert_eq!(spelled(text, CellRef::Text(b"N;"), WireForm::Native), "2:N;;");
        // What is no number stays itself.
        assert_eq!(spelled(Meaning::Number, CellRef::Text(b"x"), WireForm::Native), "1:x;");
    }

    #[test]
    fn a_stored_class_is_part_of_the_value() {
        let same = |cell| spelled(Meaning::Same, cell, WireForm::Native);
        assert_ne!(same(CellRef::Int(1)), same(CellRef::Text(b"1")));
        assert_ne!(same(CellRef::Int(1)), same(CellRef::Real(1.0)));
        assert_ne!(same(CellRef::Blob(b"1")), same(CellRef::Text(b"1")));
    }
}
