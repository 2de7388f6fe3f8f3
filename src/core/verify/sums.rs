//! Sums of hashes: what a set of rows comes to, whatever their order.

use super::super::canon::RowDigest;

/// Buckets that a chunk's rows fall into: with half a million rows a chunk, a hundred rows each.
pub const BUCKETS: usize = 4_096;

/// 128 bits of a row's or a key's canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowHash(pub [u8; 16]);

impl RowHash {
    /// Of a canonical text.
    #[must_use]
    pub fn of(text: &[u8]) -> RowHash {
        let whole = blake3::hash(text);
        let mut half = [0; 16];
        half.copy_from_slice(&whole.as_bytes()[..16]);
        RowHash(half)
    }

    fn lanes(self) -> [u64; 2] {
        let (low, high) = self.0.split_at(8);
        let lane = |bytes: &[u8]| {
            u64::from_le_bytes(bytes.try_into().expect("half of sixteen bytes is eight"))
        };
        [lane(low), lane(high)]
    }

    /// The bucket of a row with this key.
    #[must_use]
    pub fn bucket(self) -> usize {
        (u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]) as usize) % BUCKETS
    }
}

impl std::fmt::Display for RowHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Rows, and the exact sums of the two halves of their hashes: lanes of 64 bits, signed where a
/// server computes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub rows: u64,
    pub lanes: [i128; 2],
}

impl Digest {
    pub fn add(&mut self, hash: RowHash) {
        self.rows += 1;
        for (sum, lane) in self.lanes.iter_mut().zip(hash.lanes()) {
            *sum += i128::from(lane);
        }
    }

    /// Both halves in hexadecimal, shortened from the left to what tells sets apart.
    #[must_use]
    pub fn short(&self) -> String {
        let part = |lane: i128| format!("{:016x}", lane as u64);
        format!("{}{}", part(self.lanes[0]), part(self.lanes[1]))
    }
}

/// As servers sum canonical rows.
impl From<RowDigest> for Digest {
    fn from(found: RowDigest) -> Digest {
        // Sums of fewer than 2^64 numbers of 60 bits each.
        Digest { rows: found.rows, lanes: found.lanes.map(|lane| lane as i128) }
    }
}

/// The digests of all buckets of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSums {
    sums: Vec<Digest>,
    /// Bytes of canonical text, to know how much may be held at once.
    pub bytes: u64,
}

impl Default for BucketSums {
    fn default() -> BucketSums {
        BucketSums { sums: vec![Digest::default(); BUCKETS], bytes: 0 }
    }
}

impl BucketSums {
    /// Adds a row.
    pub fn add(&mut self, key: RowHash, row: RowHash, bytes: u64) {
        self.sums[key.bucket()].add(row);
        self.bytes += bytes;
    }

    /// All buckets together.
    #[must_use]
    pub fn total(&self) -> Digest {
        let mut total = Digest::default();
        for sum in &self.sums {
            total.rows += sum.rows;
            total.lanes[0] += sum.lanes[0];
            total.lanes[1] += sum.lanes[1];
        }
        total
    }

    /// Buckets whose rows are not the same on the other side, with the rows of both in them.
    #[must_use]
    pub fn differing(&self, other: &BucketSums) -> Vec<(usize, u64)> {
        let pairs = self.sums.iter().zip(&other.sums).enumerate();
        let differ = pairs.filter(|(_, (a, b))| a != b);
        differ.map(|(at, (a, b))| (at, a.rows + b.rows)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_order_and_count_every_row() {
        let [a, b] = [RowHash::of(b"a"), RowHash::of(b"b")];
        let sum = |hashes: &[RowHash]| {
            let mut digest = Digest::default();
            hashes.iter().for_each(|hash| digest.add(*hash));
            digest
        };
        assert_eq!(sum(&[a, b, a]), sum(&[a, a, b]));
        assert_ne!(sum(&[a, b, b]), sum(&[a, a, b]));
        assert_ne!(sum(&[a, a]), sum(&[b, b]), "pairs do not cancel out as they would with xor");
    }

    #[test]
    fn only_buckets_that_differ_are_named() {
        let (mut here, mut there) = (BucketSums::default(), BucketSums::default());
        for number in 0..1_000_u32 {
            let key = RowHash::of(&number.to_le_bytes());
            here.add(key, key, 4);
            if number != 7 {
                there.add(key, key, 4);
            }
        }
        let lost = RowHash::of(&7_u32.to_le_bytes()).bucket();
        let differing = here.differing(&there);
        assert_eq!(differing.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [lost]);
        assert_eq!((here.total().rows, there.total().rows), (1_000, 999));
    }
}
