//! Types of MySQL and MariaDB on PostgreSQL. (SQLite's are in [`super::sqlite`], where samples
//! decide.)

use super::super::catalog::LogicalType::{
    Bits, Bytes, Date, Decimal, Enum, Float, Geometry, Int, Json, Other, Set, Text, TimeSpan,
    Timestamp, Uuid, Xml, Year,
};
use super::Fit;
use super::cast::{CastRule, casts};

/// PostgreSQL prints and takes years from 4713 BC to 294276; what MySQL has more is a date of zero.
const ZERO_DATES: &str = "zero dates are refused by name (or NULL: switch zero_date_to_null)";

#[rustfmt::skip]
pub(super) const FROM_MYSQL: &[CastRule] = casts! {
    (_, Int { bits: 8, .. }) => "smallint", Wider,
        "PostgreSQL has no integer of 8 bits";
    (_, Int { bits: 16, unsigned: false }) => "smallint", Exact, "the same integers";
    (_, Int { bits: 16, unsigned: true }) => "integer", Wider,
        "unsigned: the next width holds every value";
    (_, Int { bits: 24, .. }) => "integer", Wider, "PostgreSQL has no integer of 24 bits";
    (_, Int { bits: 32, unsigned: false }) => "integer", Exact, "the same integers";
    (_, Int { bits: 32, unsigned: true }) => "bigint", Wider,
        "unsigned: the next width holds every value";
    (_, Int { unsigned: false, .. }) => "bigint", Exact, "the same integers";
    (_, Int { unsigned: true, .. }) => "numeric(20,0)", Wider,
        "unsigned: values up to 18446744073709551615 exceed bigint";
    (_, Decimal { .. }) => "numeric({p},{s})", Exact, "the same digits";
    (_, Float { bits: 32 }) => "real", Exact, "the same 32 bits";
    (_, Float { .. }) => "double precision", Exact, "the same 64 bits";
    (_, Bits { .. }) => "bit({n})", Exact, "the same bits";
    (_, Text { max: Some(0), .. }) => "character varying(1)", Wider,
        "PostgreSQL has no text of length 0";
    (_, Text { fixed: true, .. }) => "character varying({n})", Wider,
        "MySQL gives CHAR back without trailing blanks, which char(n) would add; NUL is refused by \
         name";
    ("tinytext" | "text" | "mediumtext", Text { .. }) => "text", Wider,
        "PostgreSQL's text has no such limit; NUL is refused by name";
    (_, Text { max: Some(_), .. }) => "character varying({n})", Exact,
        "the same characters; NUL is refused by name";
    (_, Text { .. }) => "text", Exact, "the same text; NUL is refused by name";
    (_, Bytes { max: None }) => "bytea", Exact, "the same bytes";
    (_, Bytes { .. }) => "bytea", Wider, "the same bytes; bytea has no limit";
    (_, Date) => "date", Exact, ZERO_DATES;
    (_, Timestamp { zoned: false }) => "timestamp{d} without time zone", Exact, ZERO_DATES;
    (_, Timestamp { zoned: true }) => "timestamp{d} with time zone", Exact, ZERO_DATES;
    (_, TimeSpan) => "interval", Wider, "from -838:59:59 to 838:59:59, more than a time of day";
    (_, Year) => "smallint", Wider, "0 and 1901 to 2155, as numbers";
    (_, Enum) => "text", Wider, "text with a CHECK of the labels (switch enum = native, text)";
    (_, Set) => "text", Wider, "the labels joined by commas (switch set = array)";
    (_, Json { binary: true }) => "jsonb", Exact, "equal as documents, numbers with every digit";
    (_, Json { binary: false }) => "json", Exact, "MariaDB keeps the text, and so does json";
    (_, Uuid) => "uuid", Exact, "the same 16 bytes";
    (_, Xml) => "xml", Exact, "the same text";
    (_, Geometry) => "bytea", Wider,
        "MySQL's own bytes: four of the SRID, then WKB; no extension is asked for";
    ("inet4" | "inet6", Other(_)) => "inet", Wider, "the same address; inet also holds networks";
    ("vector", Other(_)) => "bytea", Wider, "32-bit floats, little-endian, as MySQL stores them";
};
