//! Identifiers of another engine: length, collisions, and a stable way out of both.

use std::collections::BTreeSet;

use super::super::name::Dialect;

/// PostgreSQL cuts identifiers here (`NAMEDATALEN - 1`), without a word.
const POSTGRES_BYTES_MAX: usize = 63;

/// MySQL refuses longer ones.
const MYSQL_CHARACTERS_MAX: usize = 64;

/// Names given out in one namespace.
#[derive(Debug)]
pub struct Names {
    dialect: Dialect,
    taken: BTreeSet<String>,
}

impl Names {
    #[must_use]
    pub fn new(dialect: Dialect) -> Names {
        Names { dialect, taken: BTreeSet::new() }
    }

    /// `wanted`, or a shorter or different name with a suffix that depends only on `wanted` and
    /// `owner`, the thing that distinguishes it from others of the same name.
    pub fn give(&mut self, wanted: &str, owner: &str) -> String {
        let fitted = fit(self.dialect, wanted);
        if self.taken.insert(self.folded(&fitted)) {
            return fitted;
        }
        let mut salt = owner.to_owned();
        loop {
            let other = with_suffix(self.dialect, wanted, &salt);
            if self.taken.insert(self.folded(&other)) {
                return other;
            }
            salt.push('+');
        }
    }

    /// SQLite's names are equal whatever the case of their ASCII letters. MySQL's columns and keys
    /// are whatever the case of any letter, and its tables on every server that has
    /// `lower_case_table_names`.
    fn folded(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => name.to_ascii_lowercase(),
            Dialect::Mysql => name.to_lowercase(),
            Dialect::Postgres => name.to_owned(),
        }
    }
}

/// `name` as `dialect` can hold it. Two long names that begin alike stay different.
#[must_use]
pub fn fit(dialect: Dialect, name: &str) -> String {
    if is_held(dialect, name) { name.to_owned() } else { with_suffix(dialect, name, "") }
}

fn is_held(dialect: Dialect, name: &str) -> bool {
    match dialect {
        Dialect::Sqlite => true,
        Dialect::Postgres => name.len() <= POSTGRES_BYTES_MAX,
        Dialect::Mysql => {
            name.chars().count() <= MYSQL_CHARACTERS_MAX
                && !name.ends_with(' ')
                && name.chars().all(is_basic)
        }
    }
}

/// MySQL's names are of the first 65,536 characters of Unicode.
fn is_basic(c: char) -> bool {
    u32::from(c) <= 0xffff
}

fn with_suffix(dialect: Dialect, name: &str, salt: &str) -> String {
    let suffix = format!("_{:08x}", hash(&[name, "\0", salt].concat()));
    let begin: String = match dialect {
        Dialect::Sqlite => name.to_owned(),
        Dialect::Postgres => {
            let room = POSTGRES_BYTES_MAX - suffix.len();
            let mut end = if name.len() < room { name.len() } else { room };
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            name[..end].to_owned()
        }
        Dialect::Mysql => {
            let basic = name.chars().map(|c| if is_basic(c) { c } else { '_' });
            basic.take(MYSQL_CHARACTERS_MAX - suffix.len()).collect()
        }
    };
    begin + &suffix
}

/// FNV-1a: small, and the same for all time, which names must be.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters_and_stay_apart() {
        let long = "ä".repeat(40);
        let (a, b) = (fit(Dialect::Postgres, &long), fit(Dialect::Postgres, &format!("{long}x")));
        assert!(a.len() <= 63 && a != b, "{a} {b}");
        assert_eq!(a, fit(Dialect::Postgres, &long), "the same every time");
        assert_eq!(fit(Dialect::Sqlite, &long), long);
    }

    #[test]
    fn a_taken_name_gets_a_suffix_that_lasts() {
        let mut names = Names::new(Dialect::Sqlite);
        assert_eq!(names.give("Orders", "crm"), "Orders");
        let second = names.give("orders", "geo");
        assert!(second.starts_with("orders_"), "{second}");
        let mut again = Names::new(Dialect::Sqlite);
        again.give("Orders", "crm");
        assert_eq!(again.give("orders", "geo"), second);
        let mut postgres = Names::new(Dialect::Postgres);
        postgres.give("Orders", "");
        assert_eq!(postgres.give("orders", ""), "orders", "case matters there");
    }
}
