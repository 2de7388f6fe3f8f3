//! Cells into a target's bulk form and back: the conventional path's transcoders.
//!
//! A transcoder is chosen once per column from the two types; rows then go through without an
//! allocation per cell. A value that has no exact form on the other side is a `ValueUnfit` fault
//! with table, column and row number within the chunk, never a changed value (DESIGN 4.5).
//!
//! * [`CopyTextReader`]: PostgreSQL's COPY TO STDOUT in text form to rows.
//! * [`CopyEncoder`]: rows to PostgreSQL's COPY FROM STDIN, binary when every column can.
//! * [`LoadDataEncoder`]: rows to MySQL's LOAD DATA LOCAL INFILE, or to the tuples of an INSERT.
//! * [`SqliteBinder`]: rows to values bound to an INSERT of SQLite.
//!
//! What counts as exact: numbers are equal as numbers (`5`, `5.0` and `5.00` are one number), and
//! dates and times are equal as moments of the calendar (`1996-07-04T00:00` is `1996-07-04
//! 00:00:00`). Text and bytes are equal byte by byte. Cells travel in the source's own form
//! ([`super::value::WireForm`]), and what PostgreSQL printed is read more generously than what a
//! SQLite user may have typed: `t` is true from the one and a text from the other.

mod array;
mod bits;
mod cell;
mod columns;
mod copy_binary;
mod copy_in;
mod copy_out;
mod decimal;
mod interval;
mod json_numbers;
mod load_data;
mod moment;
mod moment_text;
mod mysql_text;
mod mysql_type;
mod row_text;
mod sqlite_bind;
#[cfg(test)]
mod tests;
mod whole;
mod zone;

pub(in crate::core) use array::join_elements;
pub(in crate::core) use bits::{put_bits, unswap_uuid};
pub(in crate::core) use cell::put_uuid;
pub use columns::fits_postgres;
pub use copy_in::CopyEncoder;
pub use copy_out::CopyTextReader;
pub(in crate::core) use decimal::Decimal;
pub(in crate::core) use interval::{clock as parse_clock, parse_interval, put_iso_interval};
pub use load_data::LoadDataEncoder;
pub(in crate::core) use load_data::put_hex;
pub(in crate::core) use moment_text::{civil_of, put_clock, put_timestamp};
pub(in crate::core) use whole::whole;
pub(in crate::core) use zone::{Zone, is_zero_date};

pub use moment::{Moment, parse_date, parse_time, parse_timestamp};
pub use row_text::{key_texts, row_text};
pub use sqlite_bind::SqliteBinder;

use super::fault::{Fault, FaultKind, Side};
use super::name::ObjectName;

/// Why a value does not fit; a phrase. Never the value itself (STYLE 3.9).
type Unfit = &'static str;

const TYPE_TEXT: Unfit = "the value is stored as text and the column holds none";
const TYPE_REAL: Unfit = "the value is stored as a real number and the column holds none";
const TYPE_INT: Unfit = "the value is stored as an integer and the column holds none";
const TYPE_BLOB: Unfit = "the value is stored as a blob and the column holds none";
const RANGE: Unfit = "the number is out of the column's range";
const NUL: Unfit = "the text holds a NUL character, which PostgreSQL cannot store";
const NOT_UTF8: Unfit = "the text is not valid UTF-8";

/// The fault for one cell.
fn unfit(table: &ObjectName, column: &str, row: u64, why: Unfit) -> Fault {
    Fault::new(
        FaultKind::ValueUnfit,
        Side::Target,
        format!("table {table}, column {column}, row {row} of the chunk: {why}"),
    )
    .with_column(column)
    .with_cause(why)
    .with_hint(
        "Nothing of this chunk was kept. Mend the value at the source or choose another type for \
         the column, then run the chunk again; or skip the chunk.",
    )
}
