//! Types of PostgreSQL, MySQL and MariaDB on SQLite.
//!
//! SQLite enforces no width, length or precision, so what has one becomes wider. Names are chosen
//! by the affinity they bring, never by their looks.

use super::super::catalog::LogicalType::{
    Bits, Bool, Bytes, Date, Decimal, Float, Geometry, Int, Json, Other, Text, Time, TimeSpan,
    Timestamp, Year,
};
use super::Fit;
use super::cast::{CastRule, casts};

/// Decimal digits that SQLite's 64-bit floats always keep.
const FLOAT_DIGITS: u16 = 15;

const WIDTH: &str = "the same integers; SQLite does not enforce the width";
const LENGTH: &str = "SQLite does not enforce the length";
const AS_TEXT: &str = "kept as the text PostgreSQL prints";
const DECIMAL_LONG: &str = "no type on purpose: numbers where 15 digits hold the value, else text \
                            with every digit";
const UNSIGNED_LONG: &str = "no type on purpose: numbers up to 9223372036854775807, else text with \
                             every digit";
const ZERO_DATES: &str =
    "ISO text; zero dates are kept as text (or NULL: switch zero_date_to_null)";

#[rustfmt::skip]
pub(super) const FROM_POSTGRES: &[CastRule] = casts! {
    (_, Bool) => same "BOOLEAN", Exact, "0 and 1";
    (_, Int { bits: 16, .. }) => same "SMALLINT", Wider, WIDTH;
    (_, Int { bits: 32, .. }) => same "INTEGER", Wider, WIDTH;
    (_, Int { .. }) => same "BIGINT", Exact, "the same integers";
    (_, Decimal { precision: Some(p), scale: Some(_) }) if *p <= FLOAT_DIGITS =>
        same "NUMERIC({p},{s})", Exact, "at most 15 digits: exact as a number";
    (_, Decimal { precision: Some(p), scale: None }) if *p <= FLOAT_DIGITS =>
        same "NUMERIC({p})", Exact, "at most 15 digits: exact as a number";
    (_, Decimal { .. }) => "", Wider, DECIMAL_LONG;
    (_, Float { bits: 32 }) => same "REAL", Wider, "the digits PostgreSQL prints; no NaN";
    (_, Float { .. }) => same "DOUBLE PRECISION", Exact, "the same number; no NaN";
    (_, Text { max: Some(_), fixed: true }) => same "CHAR({n})", Exact, "with its trailing blanks";
    (_, Text { max: Some(_), fixed: false }) => same "VARCHAR({n})", Wider, LENGTH;
    (_, Text { .. }) => same "TEXT", Exact, "the same text";
    (_, Bytes { .. }) => same "BLOB", Exact, "the same bytes";
    (_, Date) => same "DATE", Exact, "ISO text";
    (_, Time { zoned: false }) => same "TIME", Exact, "ISO text";
    (_, Time { zoned: true }) => same "TIMETZ", Exact, "ISO text with its zone";
    (_, Timestamp { zoned: false }) => same "TIMESTAMP", Exact, "ISO text";
    (_, Timestamp { zoned: true }) => same "TIMESTAMPTZ", Exact, "ISO text in UTC";
    (_, _) => "TEXT", Wider, AS_TEXT;
};

#[rustfmt::skip]
pub(super) const FROM_MYSQL: &[CastRule] = casts! {
    (_, Int { bits: 8, .. }) => same "TINYINT", Wider, WIDTH;
    (_, Int { bits: 16, .. }) => same "SMALLINT", Wider, WIDTH;
    (_, Int { bits: 24, .. }) => same "MEDIUMINT", Wider, WIDTH;
    (_, Int { bits: 32, .. }) => same "INTEGER", Wider, WIDTH;
    (_, Int { unsigned: true, .. }) => "", Wider, UNSIGNED_LONG;
    (_, Int { .. }) => same "BIGINT", Exact, "the same integers";
    (_, Decimal { precision: Some(p), .. }) if *p <= FLOAT_DIGITS =>
        same "DECIMAL({p},{s})", Exact, "at most 15 digits: exact as a number";
    (_, Decimal { .. }) => "", Wider, DECIMAL_LONG;
    (_, Float { bits: 32 }) => same "REAL", Wider, "the same number in 64 bits";
    (_, Float { .. }) => same "DOUBLE PRECISION", Exact, "the same number";
    (_, Text { max: Some(_), fixed: true }) => same "CHAR({n})", Wider, LENGTH;
    ("tinytext" | "text" | "mediumtext", Text { .. }) => "TEXT", Wider, LENGTH;
    (_, Text { max: Some(_), .. }) => same "VARCHAR({n})", Wider, LENGTH;
    (_, Text { .. }) => same "TEXT", Exact, "the same text";
    (_, Bytes { max: None }) => same "BLOB", Exact, "the same bytes";
    (_, Bytes { .. }) => "BLOB", Wider, LENGTH;
    (_, Date) => same "DATE", Exact, ZERO_DATES;
    (_, Timestamp { zoned: false }) => same "DATETIME", Exact, ZERO_DATES;
    (_, Timestamp { zoned: true }) => same "TIMESTAMPTZ", Exact, "ISO text in UTC";
    (_, TimeSpan) => "TEXT", Wider, "from -838:59:59 to 838:59:59, as MySQL prints it";
    (_, Year) => "INTEGER", Wider, "0 and 1901 to 2155, as numbers";
    (_, Bits { .. }) => "TEXT", Wider, "text of 0 and 1";
    (_, Json { .. }) => "TEXT", Wider, "the document's text";
    (_, Geometry) => "BLOB", Wider, "MySQL's own bytes: four of the SRID, then WKB";
    ("vector", Other(_)) => "BLOB", Wider, "32-bit floats, little-endian, as MySQL stores them";
    ("inet4" | "inet6", Other(_)) => "TEXT", Wider, "the address as text";
    (_, Other(_)) => "", Unsupported, "";
    (_, _) => "TEXT", Wider, "kept as the text MySQL prints";
};
