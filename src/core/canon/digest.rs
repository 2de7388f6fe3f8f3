//! Rows as a set: how many, and two sums over their hashes. The order of rows does not matter, and
//! equal rows count as often as they occur, which an exclusive or would hide.
//!
//! A hash is SHA-256 of the canonical row, because PostgreSQL (11 and later), MySQL and MariaDB all
//! have it. A lane is fifteen hexadecimal digits of it, 60 bits: no server has to read them as a
//! negative number. Sums are exact and told as decimal text.

use super::super::fault::Side;
use super::super::name::Dialect;
use super::super::plan::ColumnPlan;
use super::server::row_expression;

/// The sums of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    pub rows: u64,
    pub lanes: [u128; 2],
}

impl RowDigest {
    /// Counts one canonical row ([`super::RowCanon::put`]).
    pub fn add(&mut self, row: &[u8]) {
        let hash = sha256(row);
        let word = |at: usize| {
            let bytes = <[u8; 8]>::try_from(&hash[at..at + 8]).expect("a slice of eight");
            u64::from_be_bytes(bytes)
        };
        self.rows += 1;
        // Digits 1 to 15 are the first 60 bits; digits 16 to 30 the next.
        self.lanes[0] += u128::from(word(0) >> 4);
        self.lanes[1] += u128::from(word(7) & 0x0fff_ffff_ffff_ffff);
    }

    /// The digest of two sets of rows together.
    #[must_use]
    pub fn plus(self, other: RowDigest) -> RowDigest {
        RowDigest {
            rows: self.rows + other.rows,
            lanes: [self.lanes[0] + other.lanes[0], self.lanes[1] + other.lanes[1]],
        }
    }

    /// The row that [`digest_select`] answers with. `None`: a row could not be hashed there (it is
    /// larger than the server's packet), or the answer is none of this statement's.
    #[must_use]
    pub fn from_answer(cells: [&str; 4]) -> Option<RowDigest> {
        let [rows, first, second, unhashed] = cells;
        let lanes = [first.parse().ok()?, second.parse().ok()?];
        (unhashed == "0").then_some(RowDigest { rows: rows.parse().ok()?, lanes })
    }
}

/// One side of a table, for [`digest_select`].
#[derive(Clone, Copy, Debug)]
pub struct DigestOf<'a> {
    pub dialect: Dialect,
    /// Quoted, with its schema.
    pub table: &'a str,
    pub columns: &'a [ColumnPlan],
    pub side: Side,
    /// Without the word WHERE; `None` for all rows.
    pub predicate: Option<&'a str>,
}

/// A statement with one row of four texts: rows, both sums, rows that could not be hashed. `None`:
/// the server cannot, and the rows have to be read.
#[must_use]
pub fn digest_select(of: &DigestOf<'_>) -> Option<String> {
    let row = row_expression(of.dialect, of.columns, of.side)?;
    let (table, filter) = (of.table, of.predicate.map(|p| format!(" WHERE {p}")));
    let filter = filter.unwrap_or_default();
    match of.dialect {
        Dialect::Postgres => {
            let sum = |from: u32| {
                format!(
                    "coalesce(sum(('x' || pg_catalog.substr(d.h, {from}, 15))::bit(60)::bigint), \
                     0)::text"
                )
            };
            Some(format!(
                "SELECT count(*)::text, {}, {}, (count(*) - count(d.h))::text FROM (SELECT \
                 pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({row}, 'UTF8')), \
                 'hex') AS h FROM {table}{filter}) AS d",
                sum(1),
                sum(16)
            ))
        }
        Dialect::Mysql => {
            let sum = |from: u32| {
                format!(
                    "CAST(COALESCE(SUM(CAST(CONV(SUBSTR(d.h, {from}, 15), 16, 10) AS \
                     DECIMAL(20,0))), 0) AS CHAR)"
                )
            };
            Some(format!(
                "SELECT CAST(COUNT(*) AS CHAR), {}, {}, CAST(COUNT(*) - COUNT(d.h) AS CHAR) FROM \
                 (SELECT SHA2({row}, 256) AS h FROM {table}{filter}) AS d",
                sum(1),
                sum(16)
            ))
        }
        Dialect::Sqlite => None,
    }
}

/// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4).
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The same of the square roots of the first eight.
#[rustfmt::skip]
const START: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// SHA-256, as FIPS 180-4 has it.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut state = START;
    let blocks = message.chunks_exact(64);
    let rest = blocks.remainder();
    for block in blocks {
        compress(&mut state, block);
    }
    // The rest, a bit of one, zeros, and the length in bits: one block or two.
    let mut last = [0u8; 128];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let end = if rest.len() < 56 { 64 } else { 128 };
    last[end - 8..end].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    for block in last[..end].chunks_exact(64) {
        compress(&mut state, block);
    }
    let mut hash = [0; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut words = [0u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes(<[u8; 4]>::try_from(bytes).expect("a chunk of four"));
    }
    for at in 16..64 {
        let (early, late) = (words[at - 15], words[at - 2]);
        let s0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let s1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        words[at] = words[at - 16].wrapping_add(s0).wrapping_add(words[at - 7]).wrapping_add(s1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, round) in words.iter().zip(ROUNDS) {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(round).wrapping_add(*word);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(s0).wrapping_add(majority));
    }
    for (kept, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *kept = kept.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hashes_of_the_standard() {
        for (message, hash) in [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(hex(&sha256(message.as_bytes())), hash);
        }
        let million = vec![b'a'; 1_000_000];
        assert_eq!(
            hex(&sha256(&million)),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn lanes_are_the_digits_of_the_hash() {
        let mut digest = RowDigest::default();
        digest.add(b"abc");
        let digits = hex(&sha256(b"abc"));
        let lane = |from: usize| u128::from_str_radix(&digits[from..from + 15], 16).unwrap();
        assert_eq!(digest, RowDigest { rows: 1, lanes: [lane(0), lane(15)] });
        let mut twice = digest;
        twice.add(b"abc");
        assert_eq!(twice, digest.plus(digest));
        let answer = [&*twice.rows.to_string(), &twice.lanes[0].to_string(), "7", "0"];
        let read = RowDigest::from_answer(answer).unwrap();
        assert_eq!((read.rows, read.lanes), (2, [twice.lanes[0], 7]));
        assert!(RowDigest::from_answer(["1", "1", "1", "1"]).is_none());
    }
}
