//! What `pg_dump`'s statements name that a target may not have: extensions, roles, tablespaces.
//! Pure. Knows the forms `pg_dump` writes, no others.

use std::collections::BTreeSet;

/// Words that stand where a role could.
const NOT_ROLES: [&str; 4] = ["public", "current_user", "current_role", "session_user"];

/// `CREATE EXTENSION IF NOT EXISTS name WITH SCHEMA ...`.
pub(super) fn extensions(statements: &[&str]) -> BTreeSet<String> {
    let name = |s: &&str| {
        let rest = s.strip_prefix("CREATE EXTENSION IF NOT EXISTS ")?;
        identifier(rest).map(|(name, _)| name)
    };
    statements.iter().filter_map(name).collect()
}

/// The tablespaces items ask for.
pub(super) fn tablespaces(statements: &[&str]) -> BTreeSet<String> {
    let name = |s: &&str| {
        let (_, rest) = s.split_once("WHERE spcname = '")?;
        Some(rest.split_once("'),")?.0.trim_end_matches('\'').replace("''", "'"))
    };
    let asks = |s: &&&str| s.starts_with("SELECT pg_catalog.set_config('default_tablespace'");
    statements.iter().filter(asks).filter_map(name).collect()
}

/// Roles in privileges, default privileges and policies.
pub(super) fn roles(statements: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in statements.iter().flat_map(|s| s.lines()) {
        if line.starts_with("GRANT ") {
            found.extend(after_last(line, " TO "));
        } else if line.starts_with("REVOKE ") {
            found.extend(after_last(line, " FROM "));
        } else if let Some(rest) = line.strip_prefix("ALTER DEFAULT PRIVILEGES FOR ROLE ") {
            found.extend(list(rest));
            found
                .extend(after_last(line, if line.contains(" GRANT ") { " TO " } else { " FROM " }));
        } else if line.starts_with("CREATE POLICY ") {
            // `CREATE POLICY p ON s.t FOR SELECT TO ana, "Bo" USING (...)`.
            let head = line.split(" USING (").next().unwrap_or(line);
            let head = head.split(" WITH CHECK (").next().unwrap_or(head);
            found.extend(after_last(head, " TO "));
        }
    }
    for word in NOT_ROLES {
        found.remove(word);
    }
    found
}

fn after_last(line: &str, word: &str) -> Vec<String> {
    line.rsplit_once(word).map(|(_, rest)| list(rest)).unwrap_or_default()
}

/// Identifiers separated by commas, up to anything else. `PUBLIC` is a word, not a name.
fn list(mut rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((name, after)) = identifier(rest) {
        names.push(name);
        match after.strip_prefix(", ") {
            Some(next) => rest = next,
            None => break,
        }
    }
    names
}

/// One identifier as the server reads it, and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_lowercase(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn roles_are_found_in_every_form_that_names_them() {
        let statements = [
            "REVOKE ALL ON TABLE s.t FROM ana;\n\
             GRANT SELECT ON TABLE s.t TO \"Bo \"\"B\"\"\" WITH GRANT OPTION;",
            "GRANT ALL ON SCHEMA s TO PUBLIC;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE carl IN SCHEMA s GRANT SELECT ON TABLES  TO dora;",
            "CREATE POLICY p ON s.t FOR SELECT TO eve, fritz USING ((a = ' TO zoe'::text));",
            "CREATE TABLE s.grants (a integer);",
        ];
        assert_eq!(roles(&statements), set(&["ana", "Bo \"B\"", "carl", "dora", "eve", "fritz"]));
    }

    #[test]
    fn extensions_and_tablespaces_are_found() {
        let place = super::super::schema::tablespace_if_there("it's fast");
        let statements =
            ["CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public;", &place];
        assert_eq!(extensions(&statements), set(&["uuid-ossp"]));
        assert_eq!(tablespaces(&statements), set(&["it's fast"]));
    }
}
