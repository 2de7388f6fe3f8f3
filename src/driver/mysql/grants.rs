//! What this user may do, read from SHOW GRANTS.
//!
//! Roles that are not active, and privileges taken back in part, are not followed to the end:
//! where such are there, what seems to be missing is [`Verdict::Unsure`].

use std::collections::BTreeSet;

/// Where a grant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Everywhere,
    /// A pattern of database names: `%` and `_` stand for others unless escaped.
    Database(String),
    Table(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    /// Upper case; `ALL` for all of them.
    privileges: BTreeSet<String>,
    scope: Scope,
}

/// May this user?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    Unsure,
}

/// All grants of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    grants: Vec<Grant>,
    /// There may be more than what is listed: roles.
    more: bool,
    /// Some of what is listed was taken back.
    less: bool,
}

impl Grants {
    /// Nothing could be read: everything is unsure.
    pub(super) fn unknown() -> Grants {
        Grants { more: true, ..Grants::default() }
    }

    /// From the lines of SHOW GRANTS.
    pub(super) fn of(lines: impl Iterator<Item = String>) -> Grants {
        let mut read = Grants::default();
        for line in lines {
            match grant_of(&line) {
                Some(grant) => read.grants.push(grant),
                None if line.starts_with("REVOKE ") => read.less = true,
                None => read.more = true,
            }
        }
        read
    }

    /// `privilege` on a whole database.
    pub(super) fn on_database(&self, privilege: &str, database: &str) -> Verdict {
        self.verdict(privilege, |scope| match scope {
            Scope::Everywhere => true,
            Scope::Database(pattern) => fits(pattern, database),
            Scope::Table(..) => false,
        })
    }

    pub(super) fn on_table(&self, privilege: &str, database: &str, table: &str) -> Verdict {
        self.verdict(privilege, |scope| match scope {
            Scope::Everywhere => true,
            Scope::Database(pattern) => fits(pattern, database),
            Scope::Table(d, t) => d == database && t == table,
        })
    }

    pub(super) fn everywhere(&self, privilege: &str) -> Verdict {
        self.verdict(privilege, |scope| *scope == Scope::Everywhere)
    }

    /// Is it listed for everything, or for this database? Roles, and what was taken back in part,
    /// are not minded.
    pub(super) fn listed(&self, privilege: &str, database: Option<&str>) -> bool {
        self.given(privilege, |scope| match (scope, database) {
            (Scope::Everywhere, _) => true,
            (Scope::Database(pattern), Some(database)) => fits(pattern, database),
            (Scope::Database(_) | Scope::Table(..), _) => false,
        })
    }

    fn given(&self, privilege: &str, holds: impl Fn(&Scope) -> bool) -> bool {
        self.grants.iter().any(|grant| {
            let all = grant.privileges.contains("ALL") || grant.privileges.contains(privilege);
            all && holds(&grant.scope)
        })
    }

    fn verdict(&self, privilege: &str, holds: impl Fn(&Scope) -> bool) -> Verdict {
        match self.given(privilege, holds) {
            true if self.less => Verdict::Unsure,
            true => Verdict::Yes,
            false if self.more => Verdict::Unsure,
            false => Verdict::No,
        }
    }
}

/// `GRANT SELECT, INSERT (`a`) ON `shop`.* TO ...`.
fn grant_of(line: &str) -> Option<Grant> {
    let rest = line.strip_prefix("GRANT ")?;
    let (privileges, rest) = split_outside_names(rest, " ON ")?;
    if privileges.starts_with("PROXY") {
        return Some(Grant { privileges: BTreeSet::new(), scope: Scope::Everywhere });
    }
    let (object, _) = split_outside_names(rest, " TO ")?;
    let scope = scope_of(object)?;
    let mut words = BTreeSet::new();
    let mut depth = 0_u32;
    let mut word = String::new();
    for c in privileges.chars().chain([',']) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            // A privilege on columns is none on the table.
            ',' if depth == 0 => {
                words.insert(match word.strip_suffix('\u{0}') {
                    Some(word) => format!("{} COLUMNS", word.trim().to_ascii_uppercase()),
                    None => word.trim().to_ascii_uppercase(),
                });
                word.clear();
            }
            _ if depth > 0 => {
                if !word.ends_with('\u{0}') {
                    word.push('\u{0}');
                }
            }
            c => word.push(c),
        }
    }
    if words.remove("ALL PRIVILEGES") {
        words.insert("ALL".to_owned());
    }
    Some(Grant { privileges: words, scope })
}

/// Cuts at the first `mark` that is in no quoted name.
fn split_outside_names<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        if c == '`' {
            quoted = !quoted;
        }
        if !quoted && text[at..].starts_with(mark) {
            return Some((&text[..at], &text[at + mark.len()..]));
        }
    }
    None
}

fn scope_of(object: &str) -> Option<Scope> {
    if object == "*.*" {
        return Some(Scope::Everywhere);
    }
    for kind in ["PROCEDURE ", "FUNCTION ", "PACKAGE "] {
        if object.starts_with(kind) {
            return Some(Scope::Table(String::new(), String::new()));
        }
    }
    let (database, table) = split_outside_names(object, ".")?;
    let bare = |name: &str| {
        let inner = name.strip_prefix('`').and_then(|n| n.strip_suffix('`'));
        inner.map_or_else(|| name.to_owned(), |inner| inner.replace("``", "`"))
    };
    Some(match table {
        "*" => Scope::Database(bare(database)),
        _ => Scope::Table(bare(database), bare(table)),
    })
}

/// LIKE, as grants use it: `_` one character, `%` any, `\` takes the meaning away.
fn fits(pattern: &str, name: &str) -> bool {
    fn inner(pattern: &[char], name: &[char]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some(('%', rest)), _) => {
                inner(rest, name) || name.split_first().is_some_and(|(_, n)| inner(pattern, n))
            }
            (Some(('\\', rest)), Some((n, names))) if !rest.is_empty() => {
                rest[0] == *n && inner(&rest[1..], names)
            }
            (Some((p, rest)), Some((n, names))) => (*p == '_' || p == n) && inner(rest, names),
            _ => false,
        }
    }
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    inner(&letters(pattern), &letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Grants {
        Grants::of(lines.iter().map(|line| (*line).to_owned()))
    }

    #[test]
    fn grants_are_read_as_the_servers_print_them() {
        let grants = read(&[
            "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*0'",
            "GRANT SELECT, INSERT, CREATE ON `shop\\_%`.* TO `u`@`%`",
            "GRANT SELECT (`a`, `b`), DELETE ON `crm`.`odd``na ON .me` TO `u`@`%`",
            "GRANT EXECUTE ON PROCEDURE `crm`.`p` TO `u`@`%`",
            "GRANT PROXY ON ''@'' TO `u`@`%` WITH GRANT OPTION",
        ]);
        for (database, verdict) in
            [("shop_1", Verdict::Yes), ("shop_", Verdict::Yes), ("shopx1", Verdict::No)]
        {
            assert_eq!(grants.on_database("INSERT", database), verdict, "{database}");
        }
        assert_eq!(grants.on_table("DELETE", "crm", "odd`na ON .me"), Verdict::Yes);
        assert_eq!(grants.on_table("SELECT", "crm", "odd`na ON .me"), Verdict::No, "columns");
        assert_eq!(grants.on_table("INSERT", "shop_2", "t"), Verdict::Yes);
        assert_eq!(grants.everywhere("SUPER"), Verdict::No);
        let root = read(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"]);
        assert_eq!(root.everywhere("SUPER"), Verdict::Yes);
        assert_eq!(root.on_database("CREATE", "any"), Verdict::Yes);
    }

    #[test]
    fn what_is_not_followed_is_unsure() {
        let role = read(&["GRANT SELECT ON *.* TO `u`@`%`", "GRANT `writer`@`%` TO `u`@`%`"]);
        assert_eq!(role.on_database("INSERT", "shop"), Verdict::Unsure);
        assert_eq!(role.on_database("SELECT", "shop"), Verdict::Yes);
        let revoked =
            read(&["GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `shop`.* FROM `u`@`%`"]);
        assert_eq!(revoked.on_database("SELECT", "shop"), Verdict::Unsure);
        assert_eq!(revoked.on_database("INSERT", "shop"), Verdict::No);
    }
}
