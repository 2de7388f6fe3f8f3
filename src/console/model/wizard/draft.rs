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
        let mut whole = toml::Table::try_from(keys).expect("texts and numbers are lawful TOML");
        for part in [shaping.to_text(), self.limits.to_text()] {
            whole.extend(part.parse::<toml::Table>().expect("it was written as TOML"));
        }
        let body = toml::to_string_pretty(&whole).expect("a table is lawful TOML");
        let rules = self.rules.trim();
        let gap = if rules.is_empty() { "" } else { "\n" };
        let end = if rules.is_empty() { "" } else { "\n" };
        format!("{HEAD}{}\n{body}{gap}{rules}{end}", self.page.word())
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

    /// The entry of one table alone, made when there is none. One that wants nothing in the end is
    /// not written.
    pub fn shape_mut(&mut self, table: &ObjectName) -> &mut TableShape {
        self.changes += 1;
        let name = table.to_string();
        let tables = &mut self.shaping.tables;
        let at = tables.iter().position(|shape| shape.table == name).unwrap_or_else(|| {
            tables.push(TableShape::of(&name));
            tables.len() - 1
        });
        &mut tables[at]
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
        draft.shape_mut(&orders).filter = Some("a > 'x'\nand \"b\" < 2".to_owned());
        draft.shape_mut(&ObjectName::new("crm", "idle"));
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
    fn rules_in_another_form_keep_their_meaning() {
        let text = "map = [{ column = \"a\", to = \"text\" }]\n[switches]\nset = \"array\"\n";
        let rules = Draft::parse("a", text).unwrap().rules().to_owned();
        assert!(rules.contains("[[map]]") && rules.contains("set = \"array\""), "{rules}");
        let error = Draft::parse("a", "fromm = 1\n").unwrap_err();
        assert!(error.contains("line 1") && error.contains("fromm"), "{error}");
    }
}
