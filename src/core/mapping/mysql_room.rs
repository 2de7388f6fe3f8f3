//! What MySQL has no room for: text without a length in keys, keys over 3,072 bytes, rows over
//! 65,535 bytes. Settled for a whole table, because its columns share the room.

use std::collections::BTreeSet;

use super::super::catalog::{LogicalType, Table};
use super::mysql::mysql_type;
use super::spelling::Spelling;
use super::{ColumnFit, Fit};

/// InnoDB's longest key, in bytes (row format DYNAMIC, pages of 16 KiB).
const KEY_BYTES_MAX: u32 = 3_072;
/// A character of utf8mb4.
const CHARACTER_BYTES: u32 = 4;
/// A part of a key that has several may need so many bytes besides its value.
const PART_BYTES: u32 = 3;
/// No part is squeezed below this; a table with such a key fails by name instead.
const PART_CHARACTERS_MIN: u32 = 16;
/// All columns of a row together, TEXT and BLOB aside.
const ROW_BYTES_MAX: u64 = 65_535;
/// What a TEXT or BLOB column takes of that, and every other at most besides its value.
const OUTSIDE_BYTES: u64 = 12;
const LENGTH_BYTES: u64 = 2;

const LABELS_MAX: usize = 65_535;
const LABEL_CHARACTERS_MAX: usize = 255;

const NUMBER_KEY: &str = "part of a key: 35 digits before the point and 30 behind it; a number \
                          that needs more is refused by name";
const ROW_TOO_LONG: &str = "moved out of the row, which MySQL ends at 65,535 bytes";

/// Can these be the labels of an ENUM? MySQL cuts trailing blanks off them.
pub(super) fn are_labels(labels: &[String]) -> bool {
    let lawful = |l: &String| l.chars().count() <= LABEL_CHARACTERS_MAX && !l.ends_with(' ');
    (1..=LABELS_MAX).contains(&labels.len()) && labels.iter().all(lawful)
}

/// Text would tell 1 and 1.0 apart, a key of numbers must not.
pub(super) fn number_key() -> ColumnFit {
    let logical = LogicalType::Decimal { precision: Some(65), scale: Some(30) };
    ColumnFit::new("decimal(65,30)", logical, Fit::Lossy, NUMBER_KEY)
}

/// Columns of `table` that are part of a primary, unique or foreign key.
pub(super) fn keyed_columns(table: &Table) -> BTreeSet<&str> {
    keys(table).into_iter().flatten().collect()
}

/// The columns of each key that the target will have.
fn keys(table: &Table) -> Vec<Vec<&str>> {
    let own = table.keys.iter().map(|key| key.columns.iter().map(String::as_str).collect());
    let unique = table.indexes.iter().filter(|i| i.unique && i.predicate.is_none());
    let unique = unique.map(|i| i.columns.iter().map(|c| c.name.as_str()).collect());
    let foreign = table.foreign_keys.iter();
    let foreign = foreign.map(|key| key.columns.iter().map(String::as_str).collect());
    own.chain(unique).chain(foreign).collect()
}

/// Gives text in keys a length and takes what is too long out of the row.
pub(super) fn settle(table: &Table, fits: &mut [ColumnFit]) {
    for key in keys(table) {
        let at = |name: &&str| {
            let columns = &table.columns;
            let exact = columns.iter().position(|c| c.name == **name);
            exact.or_else(|| columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)))
        };
        let parts: Vec<usize> = key.iter().filter_map(at).collect();
        settle_key(&parts, fits);
    }
    let keyed = keyed_columns(table);
    shorten_row(fits, |at| keyed.contains(table.columns[at].name.as_str()));
}

/// What a column may be shortened to, and what it needs now.
enum Part {
    /// Bytes, whatever happens.
    Fixed(u32),
    /// Text or bytes: bytes per unit, and the present length.
    Open { unit: u32, length: Option<u32> },
}

fn part(fit: &ColumnFit) -> Part {
    let spelling = Spelling::read(&fit.declared);
    let unit = if spelling.has("ascii") { 1 } else { CHARACTER_BYTES };
    match mysql_type(&fit.declared) {
        LogicalType::Text { max, fixed: false } => {
            let length = if spelling.base() == "varchar" { max } else { None };
            Part::Open { unit, length }
        }
        LogicalType::Text { max, fixed: true } => Part::Fixed(max.unwrap_or(1) * unit),
        LogicalType::Bytes { max } => {
            let length = if spelling.base() == "varbinary" { max } else { None };
            match (spelling.base(), max) {
                ("binary", Some(n)) => Part::Fixed(n),
                _ => Part::Open { unit: 1, length },
            }
        }
        LogicalType::Decimal { precision, .. } => {
            Part::Fixed(u32::from(precision.unwrap_or(65)).div_ceil(9) * 4 + 4)
        }
        LogicalType::Uuid => Part::Fixed(16),
        _ => Part::Fixed(8),
    }
}

fn settle_key(parts: &[usize], fits: &mut [ColumnFit]) {
    let between = if parts.len() > 1 { PART_BYTES * parts.len() as u32 } else { 0 };
    let mut room = KEY_BYTES_MAX.saturating_sub(between);
    let mut open = Vec::new();
    for &at in parts {
        match part(&fits[at]) {
            Part::Fixed(bytes) => room = room.saturating_sub(bytes),
            Part::Open { unit, length } => open.push((at, unit, length)),
        }
    }
    // The shortest first: what they leave goes to the others.
    open.sort_by_key(|(_, unit, length)| length.map_or(u32::MAX, |n| n.saturating_mul(*unit)));
    let mut left = open.len() as u32;
    for (at, unit, length) in open {
        let share = room / left / unit;
        let share = if share < PART_CHARACTERS_MIN { PART_CHARACTERS_MIN } else { share };
        left -= 1;
        let taken = match length {
            Some(n) if n <= share => n,
            _ => {
                shorten(&mut fits[at], share);
                share
            }
        };
        room = room.saturating_sub(taken * unit);
    }
}

/// A key's column gets a length; what is longer is refused by name.
fn shorten(fit: &mut ColumnFit, length: u32) {
    let bytes = matches!(mysql_type(&fit.declared), LogicalType::Bytes { .. });
    let (name, logical, what) = match bytes {
        true => ("varbinary", LogicalType::Bytes { max: Some(length) }, "bytes"),
        false => ("varchar", LogicalType::Text { max: Some(length), fixed: false }, "characters"),
    };
    // An `ascii` column keeps its character set.
    let rest = fit.declared.find(" character set").map_or("", |at| &fit.declared[at..]).to_owned();
    fit.declared = format!("{name}({length}){rest}");
    fit.logical = logical;
    fit.fit = if fit.fit > Fit::Lossy { fit.fit } else { Fit::Lossy };
    fit.reason = format!(
        "part of a key, which MySQL ends at {KEY_BYTES_MAX} bytes: {length} {what}; longer values \
         are refused by name"
    )
    .into();
}

/// The longest columns become TEXT or BLOB until the row is short enough.
fn shorten_row(fits: &mut [ColumnFit], is_keyed: impl Fn(usize) -> bool) {
    loop {
        let total: u64 = fits.iter().map(|fit| row_bytes(fit).0).sum();
        if total <= ROW_BYTES_MAX {
            return;
        }
        let movable = |at: &usize| row_bytes(&fits[*at]).1 && !is_keyed(*at);
        let longest = (0..fits.len()).filter(movable).max_by_key(|at| row_bytes(&fits[*at]).0);
        let Some(at) = longest else { return };
        let fit = &mut fits[at];
        let bytes = matches!(mysql_type(&fit.declared), LogicalType::Bytes { .. });
        let rest = fit.declared.find(" character set").map_or("", |i| &fit.declared[i..]);
        // Both hold 65,535 bytes: more than any column that was in a row.
        fit.declared = if bytes { "blob".to_owned() } else { format!("text{rest}") };
        if fit.fit < Fit::Wider {
            fit.fit = Fit::Wider;
        }
        fit.reason = ROW_TOO_LONG.into();
    }
}

/// Bytes of the row, and whether the column could be moved out of it.
fn row_bytes(fit: &ColumnFit) -> (u64, bool) {
    let spelling = Spelling::read(&fit.declared);
    let outside = ["text", "blob", "json", "geometry"].iter().any(|w| spelling.base().contains(w));
    if outside {
        return (OUTSIDE_BYTES, false);
    }
    match part(fit) {
        Part::Fixed(bytes) => (u64::from(bytes) + LENGTH_BYTES, false),
        Part::Open { unit, length } => {
            let bytes = u64::from(length.unwrap_or(0)) * u64::from(unit) + LENGTH_BYTES;
            (bytes, bytes > OUTSIDE_BYTES)
        }
    }
}
