//! Which schemas and tables: `--schema`, `--table`, `--exclude`.

use super::super::name::{ObjectName, glob, matches_name};

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
        matches_name(&self.0, name)
    }
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
