//! What the operator wants of single tables and of kinds of objects: `[[table]]` and `[objects]` of
//! a job file.
//!
//! ```toml
//! order = "largest"             # listed, largest, smallest
//!
//! [objects]
//! leave_out = ["trigger", "grant"]
//!
//! [[table]]
//! table = "crm.orders"          # a pattern as in the selection
//! where = "placed > '2024-01-01'"
//! sample = 10                   # percent of the rows
//! if_exists = "truncate"        # for these tables instead of the job's
//! rename = "sales.orders_new"   # or "orders_new"; for one table, not for a pattern
//! columns = ["id", "email"]     # only these
//! leave_out = ["legacy_blob"]   # or all but these
//! expressions = { email = "md5(email)" }
//! column_names = { email = "email_hash" }
//! ddl = "create table ..."      # instead of the statement that would be written
//! tablespace = "fast"           # "" takes it away
//! storage = "fillfactor=70"     # options of the target's CREATE TABLE; "" takes them away
//! ```
//!
//! Texts of SQL are the database's own: the source's for `where` and expressions, the target's for
//! `ddl`, `tablespace` and `storage`. Where two entries match a table, a plain name wins over a
//! pattern, key by key; two of one rank that differ are a BLOCK finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::name::ObjectName;
use super::{Pattern, TableExists};

/// The shaping of one job. Its text is canonical TOML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shaping {
    pub tables: Vec<TableShape>,
    pub objects: Objects,
    pub order: LoadOrder,
}

/// Which tables are loaded first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadOrder {
    /// The largest table first: the job ends soonest.
    #[default]
    Largest,
    Smallest,
    /// As the `[[table]]` entries and then the source's catalogue list them.
    Listed,
}

/// Kinds of objects that come along or stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objects {
    /// With tables always; empty: every kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<ObjectClass>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<ObjectClass>,
}

impl Objects {
    /// Does this kind come along?
    #[must_use]
    pub fn takes(&self, class: ObjectClass) -> bool {
        (self.only.is_empty() || self.only.contains(&class)) && !self.leave_out.contains(&class)
    }
}

/// Kinds of objects besides tables, in words that all three engines understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectClass {
    View,
    MaterializedView,
    Index,
    /// Foreign keys alone; primary and unique keys come with their table.
    ForeignKey,
    Check,
    Trigger,
    /// Functions, procedures, aggregates, operators.
    Routine,
    Sequence,
    Event,
    Policy,
    /// Privileges and owners.
    Grant,
    Comment,
    Extension,
    /// Large objects of PostgreSQL.
    LargeObject,
}

impl ObjectClass {
    pub const ALL: [ObjectClass; 14] = [
        ObjectClass::View,
        ObjectClass::MaterializedView,
        ObjectClass::Index,
        ObjectClass::ForeignKey,
        ObjectClass::Check,
        ObjectClass::Trigger,
        ObjectClass::Routine,
        ObjectClass::Sequence,
        ObjectClass::Event,
        ObjectClass::Policy,
        ObjectClass::Grant,
        ObjectClass::Comment,
        ObjectClass::Extension,
        ObjectClass::LargeObject,
    ];
}

/// One `[[table]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableShape {
    /// Pattern of source tables.
    pub table: String,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Percent of the rows, above 0 and below 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_exists: Option<TableExists>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expressions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub column_names: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ddl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

impl TableShape {
    /// An entry for one pattern that wants nothing yet.
    #[must_use]
    pub fn of(table: &str) -> TableShape {
        TableShape { table: table.to_owned(), ..TableShape::default() }
    }

    #[must_use]
    pub fn matches(&self, name: &ObjectName) -> bool {
        Pattern::new(&self.table).matches(name)
    }

    /// Does it want nothing?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == TableShape::of(&self.table)
    }
}

/// The keys of a job file that this module reads; others belong to others.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct ShapingFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<LoadOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Objects>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    table: Vec<TableShape>,
}

impl Shaping {
    /// From TOML; keys of others are passed over.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Shaping, String> {
        let file: ShapingFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })?;
        for shape in &file.table {
            if shape.table.trim().is_empty() {
                return Err("a [[table]] needs table = \"schema.name\"".to_owned());
            }
            if shape.sample.is_some_and(|percent| percent == 0 || percent > 99) {
                return Err(format!("{}: sample is 1 to 99 percent", shape.table));
            }
        }
        Ok(Shaping {
            tables: file.table,
            objects: file.objects.unwrap_or_default(),
            order: file.order.unwrap_or_default(),
        })
    }

    /// Canonical TOML; empty when nothing is wanted.
    #[must_use]
    pub fn to_text(&self) -> String {
        let file = ShapingFile {
            order: (self.order != LoadOrder::default()).then_some(self.order),
            objects: (self.objects != Objects::default()).then(|| self.objects.clone()),
            table: self.tables.clone(),
        };
        toml::to_string(&file).expect("texts, numbers and lists of them are lawful TOML")
    }

    /// What is wanted of one source table: the entries that match it, a plain name before a
    /// pattern, key by key.
    #[must_use]
    pub fn of(&self, name: &ObjectName) -> TableShape {
        let mut matching: Vec<&TableShape> =
            self.tables.iter().filter(|shape| shape.matches(name)).collect();
        matching.sort_by_key(|shape| shape.table.contains(['*', '?']));
        let mut whole = TableShape::of(&name.to_string());
        for shape in matching {
            merge(&mut whole, shape);
        }
        whole
    }
}

/// Takes from `shape` what `whole` does not say yet.
fn merge(whole: &mut TableShape, shape: &TableShape) {
    fn fill<T: Clone>(to: &mut Option<T>, from: &Option<T>) {
        if to.is_none() {
            to.clone_from(from);
        }
    }
    fill(&mut whole.filter, &shape.filter);
    fill(&mut whole.sample, &shape.sample);
    fill(&mut whole.if_exists, &shape.if_exists);
    fill(&mut whole.rename, &shape.rename);
    fill(&mut whole.ddl, &shape.ddl);
    fill(&mut whole.tablespace, &shape.tablespace);
    fill(&mut whole.storage, &shape.storage);
    if whole.columns.is_empty() && whole.leave_out.is_empty() {
        whole.columns.clone_from(&shape.columns);
        whole.leave_out.clone_from(&shape.leave_out);
    }
    for (column, text) in &shape.expressions {
        whole.expressions.entry(column.clone()).or_insert_with(|| text.clone());
    }
    for (column, text) in &shape.column_names {
        whole.column_names.entry(column.clone()).or_insert_with(|| text.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_and_a_plain_name_wins_key_by_key() {
        let text = "order = \"smallest\"\nfrom = \"others read this\"\n\
                    [objects]\nleave_out = [\"trigger\"]\n\
                    [[table]]\ntable = \"crm.*\"\nwhere = \"a > 1\"\nsample = 10\n\
                    [[table]]\ntable = \"crm.orders\"\nwhere = \"b > 2\"\n\
                    if_exists = \"truncate\"\n";
        let shaping = Shaping::parse(text).unwrap();
        assert_eq!(Shaping::parse(&shaping.to_text()), Ok(shaping.clone()));
        let orders = shaping.of(&ObjectName::new("crm", "orders"));
        assert_eq!(orders.filter.as_deref(), Some("b > 2"));
        assert_eq!((orders.sample, orders.if_exists), (Some(10), Some(TableExists::Truncate)));
        assert!(!shaping.objects.takes(ObjectClass::Trigger));
        assert!(shaping.objects.takes(ObjectClass::View));
        assert_eq!(Shaping::default().to_text(), "");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, word) in [
            ("[[table]]\ntable = \"t\"\nwhera = \"x\"", "line 3"),
            ("[[table]]\nwhere = \"x\"", "needs table"),
            ("[[table]]\ntable = \"t\"\nsample = 100", "1 to 99"),
            ("[objects]\nonly = [\"tables\"]", "line 2"),
        ] {
            let error = Shaping::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
