//! Filter words of the picker: plain text matches anywhere in `schema.table`, `!x` leaves out,
//! `rows>1m`, `size>10g`, `nokey`, `picked`. Several words must all hold.

use super::Leaf;

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    test: Test,
    /// `!nokey`.
    not: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// In lower case.
    Text(String),
    Amount {
        of: Amount,
        sign: Sign,
        n: u128,
    },
    NoKey,
    Picked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Rows,
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    More,
    AtLeast,
    Less,
    AtMost,
}

impl Filter {
    /// Every text is a filter: what is no word of ours is looked for in the names.
    #[must_use]
    pub fn parse(text: &str) -> Filter {
        Filter { words: text.split_whitespace().filter_map(word).collect() }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Does the answer depend on what is picked?
    #[must_use]
    pub fn asks_for_picks(&self) -> bool {
        self.words.iter().any(|word| word.test == Test::Picked)
    }

    /// Does it depend on numbers that a count changes?
    #[must_use]
    pub fn asks_for_rows(&self) -> bool {
        let rows = |word: &Word| matches!(word.test, Test::Amount { of: Amount::Rows, .. });
        self.words.iter().any(rows)
    }

    #[must_use]
    pub fn lets(&self, leaf: &Leaf) -> bool {
        self.words.iter().all(|word| word.test.holds(leaf) != word.not)
    }
}

impl Test {
    fn holds(&self, leaf: &Leaf) -> bool {
        match self {
            Test::Text(text) => leaf.lower.contains(text.as_str()),
            Test::NoKey => leaf.table.key.is_empty(),
            Test::Picked => leaf.picked,
            Test::Amount { of, sign, n } => {
                let known = match of {
                    Amount::Rows => leaf.table.rows,
                    Amount::Size => leaf.table.bytes,
                };
                // What is not known is neither more nor less.
                known.map(u128::from).is_some_and(|have| match sign {
                    Sign::More => have > *n,
                    Sign::AtLeast => have >= *n,
                    Sign::Less => have < *n,
                    Sign::AtMost => have <= *n,
                })
            }
        }
    }
}

fn word(text: &str) -> Option<Word> {
    let (not, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.to_lowercase();
    if rest.is_empty() {
        return None;
    }
    let test = match rest.as_str() {
        "nokey" => Test::NoKey,
        "picked" => Test::Picked,
        other => amount(other).unwrap_or_else(|| Test::Text(other.to_owned())),
    };
    Some(Word { test, not })
}

/// `rows>1m`, `size<=10g`.
fn amount(text: &str) -> Option<Test> {
    let (of, rest) = if let Some(rest) = text.strip_prefix("rows") {
        (Amount::Rows, rest)
    } else {
        (Amount::Size, text.strip_prefix("size")?)
    };
    let (sign, number) = if let Some(rest) = rest.strip_prefix(">=") {
        (Sign::AtLeast, rest)
    } else if let Some(rest) = rest.strip_prefix("<=") {
        (Sign::AtMost, rest)
    } else if let Some(rest) = rest.strip_prefix('>') {
        (Sign::More, rest)
    } else {
        (Sign::Less, rest.strip_prefix('<')?)
    };
    Some(Test::Amount { of, sign, n: scaled(number)? })
}

/// `1m`, `2.5g`, `10gb`: decimal units as on screen.
fn scaled(text: &str) -> Option<u128> {
    let text = text.strip_suffix('b').unwrap_or(text);
    let (digits, unit) = match text.char_indices().last()? {
        (_, last) if last.is_ascii_digit() => (text, 1),
        (at, 'k') => (&text[..at], 1_000),
        (at, 'm') => (&text[..at], 1_000_000),
        (at, 'g') => (&text[..at], 1_000_000_000),
        (at, 't') => (&text[..at], 1_000_000_000_000_u128),
        _ => return None,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    // More digits than these say nothing about a database.
    if whole.len() > 18 || part.len() > 9 || whole.is_empty() && part.is_empty() {
        return None;
    }
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
    Some(number(whole)? * unit + number(part)? * unit / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::survey::SurveyTable;

    fn leaf(name: &str, rows: Option<u64>, bytes: u64, key: &str) -> Leaf {
        let table = SurveyTable {
            name: name.to_owned(),
            rows,
            bytes: Some(bytes),
            key: key.to_owned(),
            ..SurveyTable::default()
        };
        let mut leaf = Leaf::new("Crm", table);
        leaf.picked = true;
        leaf
    }

    #[test]
    fn every_word_must_hold() {
        let orders = leaf("Order_Items", Some(2_000_000), 12_000_000_000, "id");
        let log = leaf("log", None, 10, "");
        for (text, has_orders, has_log) in [
            ("", true, true),
            ("ord", true, false),
            ("CRM. item", true, false),
            ("!ord", false, true),
            ("rows>1m", true, false),
            ("rows>=2m", true, false),
            ("rows>2m", false, false),
            ("rows<1k", false, false),
            ("size>10g", true, false),
            ("size<=10", false, true),
            ("size>11.9gb !nokey", true, false),
            ("nokey", false, true),
            ("picked nokey", false, true),
            ("!picked", false, false),
            ("rows>", false, false),
            ("rows>1x", false, false),
            ("!", true, true),
        ] {
            let filter = Filter::parse(text);
            assert_eq!((filter.lets(&orders), filter.lets(&log)), (has_orders, has_log), "{text}");
        }
        assert!(Filter::parse("a picked").asks_for_picks());
        assert!(Filter::parse("rows>1").asks_for_rows());
    }

    #[test]
    fn odd_numbers_do_no_harm() {
        for text in ["rows>99999999999999999999999t", "rows>1.2.3m", "rows>.m", "rows>ä", "size>b"]
        {
            let _ = Filter::parse(text).lets(&leaf("x", Some(1), 1, "id"));
        }
        assert_eq!(scaled("2.5k"), Some(2_500));
    }
}
