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
//! `ddl`, `tablespace` and `storage`. Where several entries match a table, `schema.name` wins over
//! `name`, and that over a pattern, key by key; two of one rank that differ are a BLOCK finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

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

    /// As in a job file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ObjectClass::View => "view",
            ObjectClass::MaterializedView => "materialized_view",
            ObjectClass::Index => "index",
            ObjectClass::ForeignKey => "foreign_key",
            ObjectClass::Check => "check",
            ObjectClass::Trigger => "trigger",
            ObjectClass::Routine => "routine",
            ObjectClass::Sequence => "sequence",
            ObjectClass::Event => "event",
            ObjectClass::Policy => "policy",
            ObjectClass::Grant => "grant",
            ObjectClass::Comment => "comment",
            ObjectClass::Extension => "extension",
            ObjectClass::LargeObject => "large_object",
        }
    }
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

    /// Does it name one table, and not a pattern?
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.table.contains(['*', '?'])
    }

    /// 0 wins: `schema.name`, `name`, a pattern.
    fn rank(&self) -> u8 {
        match (self.is_plain(), self.table.contains('.')) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }

    /// What is wanted, by key, as text: what two entries are compared by.
    fn wishes(&self) -> BTreeMap<String, String> {
        let policy = self.if_exists.map(|policy| format!("{policy:?}").to_lowercase());
        let one = [
            ("where", self.filter.clone()),
            ("sample", self.sample.map(|percent| percent.to_string())),
            ("if_exists", policy),
            ("rename", self.rename.clone()),
            ("ddl", self.ddl.clone()),
            ("tablespace", self.tablespace.clone()),
            ("storage", self.storage.clone()),
        ];
        let mut all: BTreeMap<String, String> =
            one.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))).collect();
        // Two ways to say one thing.
        if !self.columns.is_empty() {
            all.insert("columns".to_owned(), format!("only {}", self.columns.join(", ")));
        } else if !self.leave_out.is_empty() {
            all.insert("columns".to_owned(), format!("all but {}", self.leave_out.join(", ")));
        }
        let maps = [("expressions", &self.expressions), ("column_names", &self.column_names)];
        for (key, map) in maps {
            all.extend(map.iter().map(|(name, text)| (format!("{key}.{name}"), text.clone())));
        }
        all
    }

    /// Takes away what `above` says.
    fn without(&mut self, above: &TableShape) {
        fn clear<T>(own: &mut Option<T>, above: &Option<T>) {
            if above.is_some() {
                *own = None;
            }
        }
        clear(&mut self.filter, &above.filter);
        clear(&mut self.sample, &above.sample);
        clear(&mut self.if_exists, &above.if_exists);
        clear(&mut self.rename, &above.rename);
        clear(&mut self.ddl, &above.ddl);
        clear(&mut self.tablespace, &above.tablespace);
        clear(&mut self.storage, &above.storage);
        if !(above.columns.is_empty() && above.leave_out.is_empty()) {
            self.columns.clear();
            self.leave_out.clear();
        }
        self.expressions.retain(|column, _| !above.expressions.contains_key(column));
        self.column_names.retain(|column, _| !above.column_names.contains_key(column));
    }

    fn check(&self) -> Result<(), String> {
        let table = &self.table;
        if table.trim().is_empty() {
            return Err("a [[table]] needs table = \"schema.name\"".to_owned());
        }
        if self.sample.is_some_and(|percent| percent == 0 || percent > 99) {
            return Err(format!("{table}: sample is 1 to 99 percent"));
        }
        if !self.columns.is_empty() && !self.leave_out.is_empty() {
            return Err(format!("{table}: columns and leave_out are two ways to say one thing"));
        }
        let names = [&self.columns, &self.leave_out].into_iter().flatten();
        let named = names.chain(self.column_names.values()).chain(&self.rename);
        if named.into_iter().any(|name| name.trim().is_empty()) {
            return Err(format!("{table}: a name is empty"));
        }
        let texts =
            [&self.filter, &self.ddl].into_iter().flatten().chain(self.expressions.values());
        if texts.into_iter().any(|text| text.trim().is_empty()) {
            return Err(format!("{table}: where, ddl and expressions are not empty"));
        }
        Ok(())
    }
}

/// The keys of a job file that this module reads; others belong to others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReadFile {
    order: LoadOrder,
    objects: Objects,
    table: Vec<Spanned<TableShape>>,
}

#[derive(Debug, Serialize)]
struct WrittenFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<LoadOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<&'a Objects>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    table: &'a [TableShape],
}

impl Shaping {
    /// From TOML; keys of others are passed over.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Shaping, String> {
        let line_of = |at: usize| text[..at].matches('\n').count() + 1;
        let file: ReadFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_of(span.start));
            format!("line {line}: {}", error.message())
        })?;
        for shape in &file.table {
            let told = |error| format!("line {}: {error}", line_of(shape.span().start));
            shape.get_ref().check().map_err(told)?;
        }
        Ok(Shaping {
            tables: file.table.into_iter().map(Spanned::into_inner).collect(),
            objects: file.objects,
            order: file.order,
        })
    }

    /// Canonical TOML; empty when nothing is wanted.
    #[must_use]
    pub fn to_text(&self) -> String {
        let file = WrittenFile {
            order: (self.order != LoadOrder::default()).then_some(self.order),
            objects: (self.objects != Objects::default()).then_some(&self.objects),
            table: &self.tables,
        };
        toml::to_string(&file).expect("texts, numbers and lists of them are lawful TOML")
    }

    /// These entries with others on top: what one of those says of a table, key by key, is taken
    /// from every entry here that speaks of no table but such.
    ///
    /// # Errors
    /// What is wrong with one of the others.
    pub fn overlaid(&self, above: &[TableShape]) -> Result<Shaping, String> {
        let mut made = self.clone();
        for shape in above {
            shape.check()?;
            let covers = |other: &TableShape| {
                let (schema, name) = other.table.split_once('.').unwrap_or(("", &other.table));
                other.table == shape.table || shape.matches(&ObjectName::new(schema, name))
            };
            made.tables.iter_mut().filter(|t| covers(t)).for_each(|t| t.without(shape));
        }
        made.tables.retain(|shape| !shape.is_idle());
        made.tables.extend(above.iter().filter(|shape| !shape.is_idle()).cloned());
        Ok(made)
    }

    /// Entries of one rank that both match a table and want different things of it, in words.
    #[must_use]
    pub fn contradictions(&self, names: &[&ObjectName]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, second) in self.tables.iter().enumerate() {
            let wanted = second.wishes();
            for first in self.tables[..at].iter().filter(|first| first.rank() == second.rank()) {
                let differ = |(key, text): (&String, &String)| {
                    (wanted.get(key)? != text).then(|| key.clone())
                };
                let keys: Vec<String> = first.wishes().iter().filter_map(differ).collect();
                let both = names.iter().find(|n| first.matches(n) && second.matches(n));
                if let (false, Some(name)) = (keys.is_empty(), both) {
                    found.push(format!(
                        "[[table]] {} and {} both match {name} and differ in {}",
                        first.table,
                        second.table,
                        keys.join(", ")
                    ));
                }
            }
        }
        found
    }

    /// What is wanted of one source table: the entries that match it, by rank, key by key.
    #[must_use]
    pub fn of(&self, name: &ObjectName) -> TableShape {
        let mut matching: Vec<&TableShape> =
            self.tables.iter().filter(|shape| shape.matches(name)).collect();
        matching.sort_by_key(|shape| shape.rank());
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
        let all: Vec<String> = ObjectClass::ALL.iter().map(|c| format!("{:?}", c.word())).collect();
        let text = format!("[objects]\nonly = [{}]\n", all.join(", "));
        assert_eq!(Shaping::parse(&text).unwrap().objects.only, ObjectClass::ALL);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, word) in [
            ("[[table]]\ntable = \"t\"\nwhera = \"x\"", "line 3"),
            ("a = 1\n[[table]]\nwhere = \"x\"", "line 2: a [[table]] needs table"),
            ("[[table]]\ntable = \"t\"\nsample = 100", "1 to 99"),
            ("[[table]]\ntable = \"t\"\nwhere = \" \"", "not empty"),
            ("[[table]]\ntable = \"t\"\ncolumns = [\"a\"]\nleave_out = [\"b\"]", "one thing"),
            ("[objects]\nonly = [\"tables\"]", "line 2"),
        ] {
            let error = Shaping::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn what_lies_above_wins_key_by_key_and_leaves_the_rest() {
        let text = "[[table]]\ntable = \"crm.orders\"\nwhere = \"a\"\nsample = 10\n\
                    [[table]]\ntable = \"crm.*\"\nwhere = \"b\"\n\
                    [[table]]\ntable = \"orders\"\nrename = \"c\"\n";
        let shaping = Shaping::parse(text).unwrap();
        let flag = TableShape { filter: Some("f".to_owned()), ..TableShape::of("orders") };
        let made = shaping.overlaid(&[flag]).unwrap();
        let orders = made.of(&ObjectName::new("crm", "orders"));
        assert_eq!(orders.filter.as_deref(), Some("f"));
        assert_eq!((orders.sample, orders.rename.as_deref()), (Some(10), Some("c")));
        let others = made.of(&ObjectName::new("crm", "items"));
        assert_eq!(others.filter.as_deref(), Some("b"));
        assert!(shaping.overlaid(&[TableShape::of("")]).is_err());
    }

    #[test]
    fn two_of_one_rank_that_differ_are_named() {
        let text = "[[table]]\ntable = \"crm.*\"\nwhere = \"a\"\nsample = 10\n\
                    [[table]]\ntable = \"*.orders\"\nwhere = \"b\"\nsample = 10\n\
                    [[table]]\ntable = \"orders\"\nwhere = \"c\"\n";
        let shaping = Shaping::parse(text).unwrap();
        let orders = ObjectName::new("crm", "orders");
        let found = shaping.contradictions(&[&orders]);
        assert_eq!(
            found,
            ["[[table]] crm.* and *.orders both match crm.orders and differ in where"]
        );
        assert!(shaping.contradictions(&[&ObjectName::new("crm", "x")]).is_empty());
    }
}
