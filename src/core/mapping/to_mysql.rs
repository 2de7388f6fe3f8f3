//! Types of PostgreSQL and SQLite on MySQL and MariaDB, and MariaDB's own on MySQL.
//!
//! Text that is part of a key, and rows that would be too long, are settled for the whole table in
//! [`super::mysql_room`].

use super::super::catalog::LogicalType::{
    Any, Array, Bits, Bool, Bytes, Date, Decimal, Enum, Float, Int, Interval, Json, Numeric, Other,
    Text, Time, Timestamp, Uuid, Xml,
};
use super::cast::{CastRule, casts};
use super::{Engine, Fit, MARIADB_WITH_UUID};

/// DECIMAL ends at 65 digits, 30 of them behind the point.
const DIGITS_MAX: u16 = 65;
const SCALE_MAX: i16 = 30;
/// VARCHAR ends at 65,535 bytes, of which a character of utf8mb4 may need four.
const VARCHAR_MAX: u32 = 16_383;

const SAME_INT: &str = "the same integers";
const AS_TEXT: &str = "kept as the text PostgreSQL prints";
const EVERY_DIGIT: &str = "text with every digit: DECIMAL ends at 65 digits, 30 behind the point \
                           (a map rule may say decimal(65,30))";
const NO_ENDS: &str = "infinity, BC and years after 9999 are refused by name";
const IN_UTC: &str = "moments in UTC, which the type no longer says; infinity, BC and years after \
                      9999 are refused by name";
const NO_NAN: &str = "the same number; NaN and infinity are refused by name";
const ISO_ONLY: &str = "ISO text; anything else is refused by name";
const UUID_TEXT: &str = "36 characters of ASCII (a map rule may say binary(16))";
const JSON_TEXT: &str = "the text as it is: MySQL's JSON would reorder keys and respell numbers";
const UNLIMITED: &str = "SQLite does not enforce the length";

fn is_decimal(precision: Option<u16>, scale: Option<i16>) -> bool {
    let scale = scale.unwrap_or(0);
    let digits = |p: u16| u16::try_from(scale).is_ok_and(|s| s <= p) && scale <= SCALE_MAX;
    precision.is_some_and(|p| (1..=DIGITS_MAX).contains(&p) && digits(p))
}

#[rustfmt::skip]
const COMMON: &[CastRule] = casts! {
    (_, Bool) => same "tinyint(1)", Exact, "0 and 1";
    (_, Decimal { precision, scale }) if is_decimal(*precision, *scale) =>
        "decimal({p},{s})", Exact, "the same digits; NaN and infinity are refused by name";
    (_, Float { bits: 32 }) => "float", Exact, NO_NAN;
    (_, Float { .. }) => "double", Exact, NO_NAN;
    (_, Time { zoned: true }) => "varchar(24) character set ascii collate ascii_bin", Wider,
        "ISO text with its zone: MySQL has no such type";
    (_, Json { binary: true }) => "json", Exact,
        "equal as documents; numbers that are no 64-bit integer or float are refused by name";
    (_, Json { binary: false }) => "longtext", Wider, JSON_TEXT;
    (_, Uuid) => "char(36) character set ascii collate ascii_bin", Wider, UUID_TEXT;
};

#[rustfmt::skip]
const MARIADB: &[CastRule] = casts! {
    (_, Json { binary: true }) => "json", Wider, "MariaDB keeps JSON as text and checks it";
    (_, Json { binary: false }) => "json", Exact, "the text as it is, checked by MariaDB";
};

#[rustfmt::skip]
const MARIADB_UUID: &[CastRule] = casts! {
    (_, Uuid) => "uuid", Exact, "the same 16 bytes";
};

#[rustfmt::skip]
const FROM_POSTGRES: &[CastRule] = casts! {
    (_, Int { bits: 16, unsigned: false }) => "smallint", Exact, SAME_INT;
    (_, Int { bits: 32, unsigned: false }) => "int", Exact, SAME_INT;
    (_, Int { bits: 32, unsigned: true }) => "int unsigned", Exact, SAME_INT;
    (_, Int { unsigned: false, .. }) => "bigint", Exact, SAME_INT;
    (_, Int { .. }) => "bigint unsigned", Exact, SAME_INT;
    (_, Decimal { .. }) => "longtext", Wider, EVERY_DIGIT;
    ("citext", Text { .. }) => "longtext", Wider, "the same text; comparing no longer ignores case";
    (_, Text { max: Some(n), fixed: true }) if *n <= 255 => "char({n})", Exact,
        "trailing blanks mean nothing on either side";
    (_, Text { max: Some(n), fixed: true }) if *n <= VARCHAR_MAX => "varchar({n})", Wider,
        "MySQL's CHAR ends at 255 characters";
    (_, Text { max: Some(n), .. }) if *n <= VARCHAR_MAX => "varchar({n})", Exact,
        "the same characters";
    (_, Text { max: Some(_), .. }) => "longtext", Wider,
        "MySQL's VARCHAR ends at 16,383 characters of utf8mb4";
    (_, Text { .. }) => "longtext", Exact, "the same text";
    (_, Bytes { .. }) => "longblob", Exact, "the same bytes";
    (_, Date) => "date", Exact, NO_ENDS;
    (_, Time { zoned: false }) => "time{dd}", Wider,
        "a time of day; MySQL's TIME also holds spans";
    (_, Timestamp { zoned: false }) => "datetime{dd}", Exact, NO_ENDS;
    (_, Timestamp { zoned: true }) => "datetime{dd}", Wider, IN_UTC;
    (_, Interval) => "varchar(64) character set ascii collate ascii_bin", Wider,
        "ISO 8601 text: no type of MySQL keeps months, days and seconds apart";
    (_, Enum) => "enum({labels})", Exact, "the same labels in the same order";
    (_, Bits { max: Some(n), varying: false }) if *n <= 64 => "bit({n})", Exact, "the same bits";
    (_, Bits { max: Some(n), .. }) if *n <= VARCHAR_MAX =>
        "varchar({n}) character set ascii collate ascii_bin", Wider, "text of 0 and 1";
    (_, Bits { .. }) => "longtext", Wider, "text of 0 and 1";
    (_, Array(_)) => "longtext", Wider, "PostgreSQL's own text of an array, such as {1,2}";
    ("inet" | "cidr", Other(_)) => "varchar(43) character set ascii collate ascii_bin", Wider,
        AS_TEXT;
    ("macaddr" | "macaddr8", Other(_)) => "varchar(23) character set ascii collate ascii_bin",
        Wider, AS_TEXT;
    (_, Xml | Other(_)) => "longtext", Wider, AS_TEXT;
};

#[rustfmt::skip]
const FROM_SQLITE: &[CastRule] = casts! {
    (_, Int { bits: 64, .. }) => "bigint", Exact, "SQLite's integers have 64 bits";
    (_, Int { .. }) => "bigint", Wider, "SQLite does not enforce the width: 64 bits";
    (_, Decimal { .. }) => "longtext", Wider, EVERY_DIGIT;
    (_, Text { max: Some(_), .. }) => "longtext", Wider, UNLIMITED;
    (_, Text { .. }) => "longtext", Exact, "the same text";
    (_, Bytes { max: Some(_) }) => "longblob", Wider, UNLIMITED;
    (_, Bytes { .. }) => "longblob", Exact, "the same bytes";
    (_, Date) => "date", Exact, ISO_ONLY;
    (_, Time { zoned: false }) => "time(6)", Wider, ISO_ONLY;
    (_, Timestamp { zoned: false }) => "datetime(6)", Exact, ISO_ONLY;
    (_, Timestamp { zoned: true }) => "datetime(6)", Wider, IN_UTC;
    (_, Any | Numeric) => "longtext", Lossy,
        "values of any type: numbers arrive as text, blobs are refused";
    (_, _) => "longtext", Wider, "text";
};

/// MariaDB's own types where the target is MySQL.
#[rustfmt::skip]
const MARIADB_TO_MYSQL: &[CastRule] = casts! {
    ("uuid", Uuid) => "char(36) character set ascii collate ascii_bin", Wider, UUID_TEXT;
    ("inet4", Other(_)) => "varchar(15) character set ascii collate ascii_bin", Wider,
        "MySQL has no type for addresses: their text";
    ("inet6", Other(_)) => "varchar(39) character set ascii collate ascii_bin", Wider,
        "MySQL has no type for addresses: their text";
    ("xmltype", Xml) => "longtext", Wider, "MySQL has no type for XML: its text";
};

/// MySQL's own types where the target is MariaDB.
#[rustfmt::skip]
const MYSQL_TO_MARIADB: &[CastRule] = casts! {
    ("json", Json { binary: true }) => "json", Wider, "MariaDB keeps JSON as text and checks it";
};

/// Vectors came to MariaDB with 11.7.
const MARIADB_WITH_VECTOR: u32 = 110_700;

#[rustfmt::skip]
const VECTOR_AS_BYTES: &[CastRule] = casts! {
    ("vector", Other(_)) => "longblob", Wider, "the target has no vectors: 32-bit floats as bytes";
};

/// Tables to be asked in their order.
pub(super) fn tables(from: Engine, to: Engine) -> Vec<&'static [CastRule]> {
    use super::super::name::Dialect;
    let mut tables = Vec::new();
    if from.dialect == Dialect::Mysql {
        match (from.mariadb, to.mariadb) {
            (true, false) => tables.push(MARIADB_TO_MYSQL),
            (false, true) => {
                tables.push(MYSQL_TO_MARIADB);
                if to.version_num < MARIADB_WITH_VECTOR {
                    tables.push(VECTOR_AS_BYTES);
                }
            }
            _ => {}
        }
        return tables;
    }
    if to.mariadb {
        tables.push(MARIADB);
        if to.version_num >= MARIADB_WITH_UUID {
            tables.push(MARIADB_UUID);
        }
    }
    tables.push(COMMON);
    tables.push(match from.dialect {
        Dialect::Sqlite => FROM_SQLITE,
        Dialect::Postgres | Dialect::Mysql => FROM_POSTGRES,
    });
    tables
}
