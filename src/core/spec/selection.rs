//! Which schemas and tables: `--schema`, `--table`, `--exclude`.

use super::super::name::ObjectName;

/// A name pattern: `crm.*`, `*.audit_*`, `orders`. `*` is any run, `?` any one character; without
/// a dot the pattern is matched against the table name in every schema. Case matters only when
/// the pattern holds an upper-case letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    #[must_use]
    pub fn new(text: &str) -> Pattern {
        Pattern(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn matches(&self, name: &ObjectName) -> bool {
        let exact = self.0.chars().any(char::is_uppercase);
        let fold = |s: &str| if exact { s.to_owned() } else { s.to_lowercase() };
        let pattern = fold(&self.0);
        glob(&pattern, &fold(&name.to_string()))
            || (!pattern.contains('.') && glob(&pattern, &fold(&name.name)))
    }
}

/// Classic two-pointer glob: linear for one `*`, never exponential.
fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut pi, mut ti, mut star, mut mark) = (0, 0, None, 0);
    while ti < t.len() {
        if pi < p.len() && p[pi] == '*' {
            star = Some(pi);
            mark = ti;
            pi += 1;
        } else if pi < p.len() && (p[pi] == '?' || p[pi] == t[ti]) {
            pi += 1;
            ti += 1;
        } else if let Some(at) = star {
            pi = at + 1;
            mark += 1;
            ti = mark;
        } else {
            return false;
        }
    }
    p[pi..].iter().all(|c| *c == '*')
}

/// What is copied: with no schema and no table named, everything but the system's own schemas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub schemas: Vec<Pattern>,
    pub tables: Vec<Pattern>,
    pub exclude: Vec<Pattern>,
}

impl Selection {
    /// Is everything selected? Then objects that belong to no schema come along too.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.schemas.is_empty() && self.tables.is_empty() && self.exclude.is_empty()
    }

    #[must_use]
    pub fn takes_schema(&self, schema: &str) -> bool {
        let whole = ObjectName::new(schema, "");
        let named = self.schemas.iter().any(|p| glob(p.as_str(), schema));
        (self.schemas.is_empty() && self.tables.is_empty() || named)
            && !self.exclude.iter().any(|p| p.matches(&whole))
    }

    #[must_use]
    pub fn takes_table(&self, name: &ObjectName) -> bool {
        let named = self.tables.iter().any(|p| p.matches(name));
        (named || self.takes_schema(&name.schema)) && !self.exclude.iter().any(|p| p.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(schemas: &[&str], tables: &[&str], exclude: &[&str]) -> Selection {
        let patterns = |list: &[&str]| list.iter().map(|p| Pattern::new(p)).collect();
        Selection {
            schemas: patterns(schemas),
            tables: patterns(tables),
            exclude: patterns(exclude),
        }
    }

    #[test]
    fn nothing_named_takes_everything() {
        assert!(selection(&[], &[], &[]).takes_table(&ObjectName::new("crm", "orders")));
        assert!(selection(&[], &[], &[]).is_everything());
    }

    #[test]
    fn schemas_and_tables_add_up_and_exclude_wins() {
        let picked = selection(&["crm"], &["geo.countr*"], &["crm.tmp_*", "*_old"]);
        for (schema, name, taken) in [
            ("crm", "orders", true),
            ("crm", "tmp_x", false),
            ("crm", "orders_old", false),
            ("geo", "countries", true),
            ("geo", "cities", false),
        ] {
            assert_eq!(picked.takes_table(&ObjectName::new(schema, name)), taken, "{name}");
        }
    }

    #[test]
    fn case_counts_only_when_typed() {
        assert!(Pattern::new("orders").matches(&ObjectName::new("S", "Orders")));
        assert!(!Pattern::new("ORDERS").matches(&ObjectName::new("S", "Orders")));
    }
}
