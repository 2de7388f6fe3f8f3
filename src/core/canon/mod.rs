//! The canonical text of a value: what verification hashes, so that equal values of two engines
//! have equal bytes. Chosen once per column from its two types ([`Shape`]); nothing here knows a
//! connection.
//!
//! | pair of types | canonical text |
//! |---|---|
//! | integers, decimals, booleans, years, BIT as a number | decimal digits: no zeros in front, none behind a point, no exponent; `NaN`, `Infinity`; booleans are `0` and `1`; no negative zero |
//! | a float on either side | shortest decimal of its 32 or 64 bits (32 when one side has 32) as `d.ddde<n>`; `0` without a sign; `NaN`, `inf` |
//! | text, enums, SETs, XML, ranges, arrays and all that only its server knows | the text, byte by byte |
//! | CHAR(n) on either side | the text without blanks at its end |
//! | bytes, geometry | hexadecimal digits, lower case |
//! | UUID in text or in sixteen bytes | lower case with hyphens |
//! | dates | `YYYY-MM-DD` as PostgreSQL prints them (`0044-03-15 BC`, `infinity`); zero dates as they are, or NULL where the plan says so |
//! | moments without a zone | `YYYY-MM-DD HH:MM:SS[.f]` without zeros at the end of the fraction |
//! | moments with a zone on either side | the same in UTC; a side without a zone is in UTC or in the plan's zone |
//! | times of a day, MySQL's TIME | `[-]HH:MM:SS[.f]` |
//! | intervals | ISO 8601 |
//! | JSON, where a side keeps a parsed document (`jsonb`, MySQL's JSON) | keys sorted, the last of equal keys, numbers as decimals, no blanks |
//! | JSON kept as text on both sides | the text |
//! | bit strings | `0` and `1` |
//! | SET against `text[]` | labels joined by commas |
//! | SQLite columns of any type on both sides | the storage class, a colon and the value |
//!
//! A value that is not what its column promises (SQLite: text in an INTEGER column) is `t:` and its
//! text or `x:` and its bytes.
//!
//! A row is its columns in order: `N;` for NULL, else `<bytes>:<text>;`. Rows are compared as a
//! set: [`RowDigest`] adds up hashes, [`digest_select`] has a server do the same.
//!
//! Server expressions rely on the sessions that the drivers open: ISO dates, UTC, `bytea_output =
//! hex`, `intervalstyle = postgres`; utf8mb4 and `time_zone = '+00:00'`.

mod cell;
mod digest;
mod json;
mod server;
mod shape;
#[cfg(test)]
mod tests;

pub use cell::{CellCanon, RowCanon};
pub use digest::{DigestOf, RowDigest, digest_select, sha256};
pub use server::{row_expression, server_expression};
pub use shape::{Shape, why_not_comparable};
