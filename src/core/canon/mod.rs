//! The canonical text of a value: what verification hashes, so that equal values of two engines
//! have equal bytes. Chosen once per column from its two types ([`Shape`]); nothing here knows a
//! connection.
//!
//! * **Integers, decimals, booleans, years, BIT as a number**: decimal digits, no zeros in front,
//!   none behind a point, no exponent, no negative zero; `NaN`, `Infinity`; booleans `0` and `1`.
//! * **A float on either side**: the shortest decimal of its 32 or 64 bits (32 when one side has
//!   32) as `d.ddde<n>`; `0` without a sign; `NaN`, `Infinity`.
//! * **Text, enums, SETs, XML, ranges, arrays** and all that only its server knows: the text, byte
//!   by byte. With CHAR(n) on either side, without the blanks at its end.
//! * **Bytes, geometry**: hexadecimal digits, lower case.
//! * **UUID** in text or in sixteen bytes: lower case with hyphens.
//! * **Dates**: `YYYY-MM-DD` as PostgreSQL prints them (`0044-03-15 BC`, `infinity`); zero dates as
//!   they are, or NULL where the plan says so.
//! * **Moments without a zone**: `YYYY-MM-DD HH:MM:SS[.f]`, no zeros at the end of the fraction.
//! * **Moments with a zone on either side**: the same in UTC; a side without a zone is in UTC or in
//!   the plan's zone.
//! * **Times of a day, MySQL's TIME**: `[-]HH:MM:SS[.f]`.
//! * **Intervals**: ISO 8601.
//! * **JSON where a side keeps a parsed document** (`jsonb`, MySQL's JSON): keys sorted, the last
//!   of equal keys, numbers as decimals, no blanks. Kept as text on both sides: the text.
//! * **Bit strings**: `0` and `1`.
//! * **SET against `text[]`**: labels joined by commas.
//! * **SQLite columns of any type on both sides**: the storage class, a colon and the value.
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
