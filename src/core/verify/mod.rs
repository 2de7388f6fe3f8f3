//! Are two tables equal? The arithmetic of it; reading both sides is the driver's.
//!
//! A row becomes a text that means the same on both engines ([`RowTexts`]), the text a hash of 128
//! bits, and a set of rows the sums of its hashes ([`Digest`]): sums do not depend on the order in
//! which rows come, and every row counts as often as it is there. Two sets with equal counts and
//! equal sums are taken for equal.
//!
//! Sets that differ are narrowed down without any order between the two engines: each row falls
//! into one of [`BUCKETS`] by the hash of its key (of the whole row where there is no key), and
//! only rows of buckets that differ are looked at one by one ([`Candidates`]). That needs no
//! comparison of keys in a database, so text keys under two collations, composite keys and tables
//! without a key all go the same way, and memory is bounded by what is taken at once.

mod candidates;
mod shape;
mod sums;
mod text;
mod ways;

pub use candidates::{Candidates, Change, Difference, Found, excerpt};
pub use shape::{hashed_in_servers, keys_of, mirrored, read_by_cells};
pub use sums::{BUCKETS, BucketSums, Digest, RowHash};
pub use text::{RowTexts, shown_cell};
pub use ways::choose_ways;

/// What the comparison of one chunk came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub source: Digest,
    pub target: Digest,
    /// Rows the source has and the target lacks.
    pub missing: u64,
    /// Rows only the target has.
    pub extra: u64,
    /// Rows with equal keys and different values.
    pub different: u64,
    /// There are more differences than were counted: too many to take apart.
    pub at_least: bool,
    /// It differed at first and was equal in fresh snapshots.
    pub settled: bool,
    /// The first of them.
    pub rows: Vec<Difference>,
}

impl Outcome {
    #[must_use]
    pub fn differs(&self) -> bool {
        self.missing + self.extra + self.different > 0 || self.at_least
    }
}

/// Differing rows kept of one chunk; the others are counted. The limit per table is the store's.
pub const ROWS_KEPT_PER_CHUNK: usize = 1_000;
