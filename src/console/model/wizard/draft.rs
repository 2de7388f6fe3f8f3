//! A draft: the job file that the pages fill in. It is a lawful job file at every moment, saved at
//! every change, and never holds a password.

use std::path::Path;

use super::super::super::commands::Place;
use crate::config::{JobFile, JobKeys};
use crate::core::name::ObjectName;
use crate::core::spec::{Limits, Shaping, TableShape};

/// What the file begins with; the page that was open stands behind it.
const HEAD: &str = "# A draft of tidegate's wizard; a job file. Page: ";
/// Sections that are kept as they were written.
const RULES: [&str; 2] = ["map", "switches"];

/// The draft under way. What is read is read with the getters; what may be written through a
/// `_mut` counts as a change, which is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Name of the draft and of the job it becomes.
    pub name: String,
    /// The page that is open.
    page: Place,
    keys: JobKeys,
    shaping: Shaping,
    limits: Limits,
    rules: String,
    changes: u64,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft::new("")
    }
}

impl Draft {
    /// A draft that says nothing yet.
    #[must_use]
    pub fn new(name: &str) -> Draft {
        Draft {
            name: name.to_owned(),
            page: Place::Connect,
            keys: JobKeys::default(),
            shaping: Shaping::default(),
            limits: Limits::default(),
            rules: String::new(),
            changes: 0,
        }
    }

    /// Reads a job file. The name given wins over the file's.
    ///
    /// # Errors
    /// Line and what is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Draft, String> {
        let file = JobFile::parse(text, Path::new(name)).map_err(|error| error.to_string())?;
        let mut keys = file.keys;
        keys.job = None;
        let page = text.lines().next().and_then(|line| line.strip_prefix(HEAD)).map(str::trim);
        let page = Place::ALL.into_iter().find(|p| p.is_wizard() && Some(p.word()) == page);
        Ok(Draft {
            name: name.to_owned(),
            page: page.filter(|p| *p != Place::Editor).unwrap_or(Place::Connect),
            keys,
            shaping: Shaping::parse(text)?,
            limits: Limits::parse(text)?,
            rules: rules_of(text)?,
            changes: 0,
        })
    }

    /// The job file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut keys = self.keys.clone();
        keys.job = Some(self.name.clone());
        let mut shaping = self.shaping.clone();
        shaping.tables.retain(|shape| !shape.is_idle());
        let text = JobFile::compose(&keys, &shaping, &self.limits, &self.rules);
        format!("{HEAD}{}\n{text}", self.page.word())
    }

    #[must_use]
    pub fn keys(&self) -> &JobKeys {
        &self.keys
    }

    pub fn keys_mut(&mut self) -> &mut JobKeys {
        self.changes += 1;
        &mut self.keys
    }

    #[must_use]
    pub fn shaping(&self) -> &Shaping {
        &self.shaping
    }

    pub fn shaping_mut(&mut self) -> &mut Shaping {
        self.changes += 1;
        &mut self.shaping
    }

    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn limits_mut(&mut self) -> &mut Limits {
        self.changes += 1;
        &mut self.limits
    }

    /// `[[map]]` and `[switches]` as TOML.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules
    }

    pub fn set_rules(&mut self, text: &str) {
        self.changes += 1;
        self.rules = text.to_owned();
    }

    /// What is wanted of one table of the source, by every entry that matches it.
    #[must_use]
    pub fn shape(&self, table: &ObjectName) -> TableShape {
        self.shaping.of(table)
    }

    /// The same by the text of the entry, which may be a pattern.
    pub fn entry_mut(&mut self, name: &str) -> &mut TableShape {
        self.changes += 1;
        let tables = &mut self.shaping.tables;
        let at = tables.iter().position(|shape| shape.table == name).unwrap_or_else(|| {
            tables.push(TableShape::of(name));
            tables.len() - 1
        });
        &mut tables[at]
    }

    /// Sets a dotted key of the job file to a value in TOML.
    ///
    /// # Errors
    /// What is wrong with the key or the value; then nothing was changed.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let value =
            format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
        let value = value.ok_or_else(|| format!("the value of {key} is no TOML"))?;
        let mut whole: toml::Table =
            self.to_text().parse().map_err(|e: toml::de::Error| e.message().to_owned())?;
        let mut words: Vec<&str> = key.split('.').collect();
        let last = words.pop().unwrap_or_default();
        let mut at = &mut whole;
        for word in &words {
            let inner = at.entry(*word).or_insert_with(|| toml::Table::new().into());
            at = inner.as_table_mut().ok_or_else(|| format!("{word} in {key} holds no keys"))?;
        }
        at.insert(last.to_owned(), value);
        let text = toml::to_string_pretty(&whole).map_err(|error| error.to_string())?;
        let changed = Draft::parse(&self.name, &text)?;
        // Rules that are not meant stay as they were written.
        let rules = key.split('.').next().filter(|word| RULES.contains(word));
        if rules.is_some() {
            self.rules = changed.rules;
        }
        (self.keys, self.shaping, self.limits) = (changed.keys, changed.shaping, changed.limits);
        self.changes += 1;
        Ok(())
    }

    pub fn rename(&mut self, name: &str) {
        if self.name != name {
            name.clone_into(&mut self.name);
            self.changes += 1;
        }
    }

    #[must_use]
    pub fn page(&self) -> Place {
        self.page
    }

    pub fn set_page(&mut self, page: Place) {
        if page.is_wizard() && page != Place::Editor && page != self.page {
            self.page = page;
            self.changes += 1;
        }
    }

    /// How often it was changed since it was opened.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }
}

/// `[[map]]` and `[switches]` of a job file: as written where they stand under headers of their
/// own, else their meaning.
fn rules_of(text: &str) -> Result<String, String> {
    let whole: toml::Table = text.parse().map_err(|e: toml::de::Error| e.message().to_owned())?;
    let meant: toml::Table =
        whole.into_iter().filter(|(key, _)| RULES.contains(&key.as_str())).collect();
    if meant.is_empty() {
        return Ok(String::new());
    }
    let written = sections_of(text);
    if written.parse::<toml::Table>().is_ok_and(|table| table == meant) {
        return Ok(written);
    }
    Ok(toml::to_string_pretty(&meant).expect("a table is lawful TOML"))
}

/// The lines under the headers of rules, with the comments above them.
fn sections_of(text: &str) -> String {
    let mut out = String::new();
    let mut pending = String::new();
    let mut ours = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with('[') {
            let key = bare.trim_start_matches(['[', ' ']);
            let end = key.find(['.', ']', ' ']).unwrap_or(key.len());
            ours = RULES.contains(&&key[..end]);
            let above = std::mem::take(&mut pending);
            if ours {
                out.push_str(&above);
            }
        } else if bare.is_empty() || bare.starts_with('#') {
            pending.push_str(line);
            pending.push('\n');
            continue;
        }
        let above = std::mem::take(&mut pending);
        if ours {
            out.push_str(&above);
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use super::*;
    use crate::core::spec::LoadOrder;

    #[test]
    fn the_example_goes_there_and_back() {
        let example = include_str!("../../../../job.example.toml");
        let draft = Draft::parse("crm-move", example).unwrap();
        assert!(draft.rules().contains("zero_date_null\"    # or \"uuid\""), "{}", draft.rules());
        let again = Draft::parse("crm-move", &draft.to_text()).unwrap();
        assert_eq!(again.keys(), draft.keys());
        assert_eq!((again.rules(), again.to_text()), (draft.rules(), draft.to_text()));
    }

    #[test]
    fn what_is_absent_stays_absent_and_what_is_wanted_is_lawful() {
        let mut draft = Draft::new("a");
        assert_eq!(draft.to_text(), format!("{HEAD}connect\njob = \"a\"\n"));
        draft.keys_mut().from = Some("postgres://ana@db1/crm".to_owned());
        draft.keys_mut().selection.tables.push("crm.orders".to_owned());
        draft.keys_mut().target.production = Some(true);
        draft.shaping_mut().order = LoadOrder::Smallest;
        draft.limits_mut().source_sessions = Some(40);
        let orders = ObjectName::new("crm", "orders");
        let filter = Some("a > 'x'\nand \"b\" < 2".to_owned());
        shape::change(&mut draft, "crm.orders", |shape| shape.filter = filter);
        draft.shaping_mut().tables.push(TableShape::of("crm.idle"));
        draft.set_rules("# why\n[switches]\ntinyint1_as_boolean = true");
        draft.set_page(Place::Options);
        let text = draft.to_text();
        let again = Draft::parse("a", &text).unwrap();
        assert_eq!(again.page(), Place::Options);
        assert_eq!(again.shaping().tables.len(), 1, "{text}");
        assert_eq!(again.shape(&orders).filter, draft.shape(&orders).filter);
        assert_eq!(again.rules(), draft.rules());
        assert_eq!((again.keys(), again.limits()), (draft.keys(), draft.limits()));
        assert_eq!(again.to_text(), text);
        assert!(draft.changes() > 6 && again.changes() == 0);
    }

    #[test]
    fn a_dotted_key_is_set_and_nothing_else_changes() {
        let mut draft = Draft::new("a");
        draft.set_rules("# why\n[switches]\ntinyint1_as_boolean = true");
        draft.set("rejects.on_bad_row", "\"reject\"").unwrap();
        assert!(draft.to_text().contains("on_bad_row = \"reject\""), "{}", draft.to_text());
        assert!(draft.rules().starts_with("# why"), "{}", draft.rules());
        draft.set("switches.set", "\"array\"").unwrap();
        assert!(draft.rules().contains("set = \"array\"") && draft.rules().contains("tinyint1"));
        let before = draft.clone();
        assert!(draft.set("threads", "\"many\"").is_err());
        assert!(draft.set("threads", "= =").is_err());
        assert_eq!(draft, before);
    }

    #[test]
    fn rules_in_another_form_keep_their_meaning() {
        let text = "map = [{ column = \"a\", to = \"text\" }]\n[switches]\nset = \"array\"\n";
        let rules = Draft::parse("a", text).unwrap().rules().to_owned();
        assert!(rules.contains("[[map]]") && rules.contains("set = \"array\""), "{rules}");
        let error = Draft::parse("a", "fromm = 1\n").unwrap_err();
        assert!(error.contains("line 1") && error.contains("fromm"), "{error}");
    }
}
