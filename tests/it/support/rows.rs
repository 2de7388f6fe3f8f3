//! Many rows compared as what they are: a bag, whatever their order.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The number of rows and an order-free digest of them. Two bags are equal when both agree, but for
/// a chance of one in 2^128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bag {
    pub rows: u64,
    sum: (u64, u64),
}

impl Bag {
    pub fn add(&mut self, row: &[u8]) {
        let digest = |seed: u64| {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            row.hash(&mut hasher);
            hasher.finish()
        };
        self.rows += 1;
        self.sum.0 = self.sum.0.wrapping_add(digest(1));
        self.sum.1 = self.sum.1.wrapping_add(digest(2));
    }
}

/// What stands how often on one side only, shortened for a message.
pub fn differences(source: &[String], target: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for row in source {
        *counts.entry(row).or_default() += 1;
    }
    for row in target {
        *counts.entry(row).or_default() -= 1;
    }
    let shown = |text: &str| text.chars().take(300).collect::<String>();
    let unequal = counts.into_iter().filter(|(_, count)| *count != 0).take(10);
    unequal
        .map(|(row, count)| match count {
            1.. => format!("{count} x only on the source: {}", shown(row)),
            _ => format!("{} x only on the target: {}", -count, shown(row)),
        })
        .collect()
}
