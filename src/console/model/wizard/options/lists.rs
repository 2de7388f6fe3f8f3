//! The lists of page 3: what of the draft each line stands for, and how it is taken out.

use super::super::{Draft, shape};
use super::{Options, Removed};

/// A list of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Remaps,
    Filters,
    Tables,
    Ddl,
}

impl Section {
    pub const ALL: [Section; 4] =
        [Section::Remaps, Section::Filters, Section::Tables, Section::Ddl];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Section::Remaps => "Remaps",
            Section::Filters => "Row filters",
            Section::Tables => "Single tables",
            Section::Ddl => "Table DDL changed by hand",
        }
    }

    /// What stands in an empty list.
    #[must_use]
    pub fn empty(self) -> &'static str {
        match self {
            Section::Remaps => "every name and type as the rules have it",
            Section::Filters => "every row",
            Section::Tables => "all alike",
            Section::Ddl => "as the plan writes it",
        }
    }

    /// Label and example of the line that adds.
    #[must_use]
    pub fn asks(self) -> (&'static str, &'static str) {
        match self {
            Section::Remaps => ("remap", "crm -> crm_new, or crm.orders -> orders_new"),
            Section::Filters | Section::Tables | Section::Ddl => ("table", "schema.table"),
        }
    }
}

/// What a line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Schema(String),
    TableName(String),
    /// The nth `[[map]]`.
    Rule(usize),
    Switch(String),
    /// No rules yet: an offer to write some.
    Rules,
    Filter(String),
    Table(String),
    Ddl(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub section: Section,
    pub target: Target,
    /// `schema`, `table`, `type`; empty in lists of one kind.
    pub kind: &'static str,
    pub name: String,
    pub text: String,
}

impl Entry {
    /// Nothing of the draft, only a way to begin.
    #[must_use]
    pub fn is_offer(&self) -> bool {
        self.target == Target::Rules
    }
}

/// Every line of every list.
#[must_use]
pub fn entries(draft: &Draft) -> Vec<Entry> {
    let mut out = Vec::new();
    let mut add = |section, target, kind, name: &str, text: String| {
        out.push(Entry { section, target, kind, name: name.to_owned(), text });
    };
    for (from, to) in &draft.keys().remap_schemas {
        add(Section::Remaps, Target::Schema(from.clone()), "schema", from, format!("-> {to}"));
    }
    for shape in &draft.shaping().tables {
        let table = &shape.table;
        if let Some(name) = &shape.rename {
            let target = Target::TableName(table.clone());
            add(Section::Remaps, target, "table", table, format!("-> {name}"));
        }
        if let Some(filter) = &shape.filter {
            let lines = filter.lines().count();
            let tail = if lines > 1 { format!("  ({lines} lines)") } else { String::new() };
            let text = format!("{}{tail}", filter.lines().next().unwrap_or_default());
            add(Section::Filters, Target::Filter(table.clone()), "", table, text);
        }
        let wishes = shape::summary(shape);
        if !wishes.is_empty() {
            add(Section::Tables, Target::Table(table.clone()), "", table, wishes);
        }
        if let Some(ddl) = &shape.ddl {
            let lines = crate::console::figures::counted(ddl.lines().count() as u64, "line");
            add(Section::Ddl, Target::Ddl(table.clone()), "", table, lines);
        }
    }
    rules(draft, &mut add);
    out
}

fn rules(draft: &Draft, add: &mut impl FnMut(Section, Target, &'static str, &str, String)) {
    let Ok(table) = draft.rules().parse::<toml::Table>() else {
        let text = "cannot be read; Enter mends them".to_owned();
        add(Section::Remaps, Target::Rules, "type", "", text);
        return;
    };
    let mut any = false;
    for (at, rule) in maps(&table).iter().enumerate() {
        any = true;
        let (name, text) = rule_words(rule);
        add(Section::Remaps, Target::Rule(at), "type", &name, text);
    }
    if let Some(toml::Value::Table(switches)) = table.get("switches") {
        for (name, value) in switches {
            any = true;
            let target = Target::Switch(name.clone());
            add(Section::Remaps, target, "switch", name, format!("= {}", plain(value)));
        }
    }
    if !any {
        let text = "no rules for types yet; Enter writes some".to_owned();
        add(Section::Remaps, Target::Rules, "type", "", text);
    }
}

fn maps(table: &toml::Table) -> Vec<&toml::Table> {
    let list = table.get("map").and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_table).collect()
}

/// A value without quotation marks.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a rule matches, and what it wants.
fn rule_words(rule: &toml::Table) -> (String, String) {
    let words = |keys: &[&str], named: bool| {
        let found = keys.iter().filter_map(|key| Some((*key, rule.get(*key)?)));
        let texts = found.map(|(key, value)| match named {
            true => format!("{key} {}", plain(value)),
            false => plain(value),
        });
        texts.collect::<Vec<_>>().join(" ")
    };
    let matched = words(&["schema", "table", "column", "type", "family"], false);
    let to = words(&["to"], false);
    let others = words(&["transform", "zone", "on_bad_row"], true);
    let mut wanted = Vec::new();
    if !to.is_empty() {
        wanted.push(format!("-> {to}"));
    }
    if !others.is_empty() {
        wanted.push(others);
    }
    (matched, wanted.join("  "))
}

impl Options {
    /// Takes the entry with the focus out of the draft; says what it was.
    pub fn remove(&mut self, draft: &mut Draft) -> Option<String> {
        let entry = self.entry()?.clone();
        let removed = remove(draft, &entry.target)?;
        self.removed = Some((entry.section, removed));
        self.renew(draft);
        Some(format!("{} {}", entry.kind, entry.name).trim().to_owned())
    }

    /// Puts back what was taken out of this list last.
    pub fn put_back(&mut self, section: Section, draft: &mut Draft) -> bool {
        match self.removed.take() {
            Some((from, removed)) if from == section => {
                put_back(draft, removed);
                self.renew(draft);
                true
            }
            other => {
                self.removed = other;
                false
            }
        }
    }
}

fn remove(draft: &mut Draft, target: &Target) -> Option<Removed> {
    let whole = |draft: &Draft, table: &str| {
        shape::entry(draft, table).map(|shape| Removed::Shape(Box::new(shape.clone())))
    };
    match target {
        Target::Schema(from) => {
            let to = draft.keys_mut().remap_schemas.remove(from)?;
            Some(Removed::Schema(from.clone(), to))
        }
        Target::TableName(table) => {
            let before = whole(draft, table)?;
            shape::change(draft, table, |shape| shape.rename = None);
            Some(before)
        }
        Target::Filter(table) => {
            let before = whole(draft, table)?;
            shape::change(draft, table, |shape| shape.filter = None);
            Some(before)
        }
        Target::Ddl(table) => {
            let before = whole(draft, table)?;
            shape::change(draft, table, |shape| shape.ddl = None);
            Some(before)
        }
        Target::Table(table) => {
            let before = whole(draft, table)?;
            shape::change(draft, table, |shape| {
                let (filter, rename) = (shape.filter.take(), shape.rename.take());
                let ddl = shape.ddl.take();
                let table = std::mem::take(&mut shape.table);
                *shape = crate::core::spec::TableShape {
                    table,
                    filter,
                    rename,
                    ddl,
                    ..Default::default()
                };
            });
            Some(before)
        }
        Target::Rule(_) | Target::Switch(_) => {
            let before = draft.rules().to_owned();
            let mut table: toml::Table = before.parse().ok()?;
            match target {
                Target::Rule(at) => {
                    let list = table.get_mut("map")?.as_array_mut()?;
                    if *at < list.len() {
                        list.remove(*at);
                    }
                    if list.is_empty() {
                        table.remove("map");
                    }
                }
                Target::Switch(name) => {
                    let switches = table.get_mut("switches")?.as_table_mut()?;
                    switches.remove(name);
                    if switches.is_empty() {
                        table.remove("switches");
                    }
                }
                _ => {}
            }
            draft.set_rules(&toml::to_string_pretty(&table).ok()?);
            Some(Removed::Rules(before))
        }
        Target::Rules => None,
    }
}

fn put_back(draft: &mut Draft, removed: Removed) {
    match removed {
        Removed::Schema(from, to) => _ = draft.keys_mut().remap_schemas.insert(from, to),
        Removed::Shape(before) => {
            let table = before.table.clone();
            shape::change(draft, &table, |shape| *shape = *before);
        }
        Removed::Rules(text) => draft.set_rules(&text),
    }
}
