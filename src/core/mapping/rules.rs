//! What the operator wishes of types: `[[map]]` rules by type, schema, table and column, and named
//! `[switches]`. Read from TOML, written again in one canonical form.
//!
//! ```toml
//! [[map]]
//! table = "crm.orders"          # patterns as in the selection
//! column = "is_*"
//! type = "tinyint(1)"           # of the source, or family = "int"
//! to = "boolean"                # of the target
//! transform = "zero_date_null"  # or uuid, uuid_swapped, or a list
//! zone = "Europe/Berlin"
//! on_bad_row = "reject"
//!
//! [switches]
//! tinyint1_as_boolean = true
//! ```
//!
//! The most specific rule wins: one that names a column before one that names a table, a schema, a
//! type; a plain name before a pattern. Never the later one: two rules of one rank that want
//! different things of a column contradict each other, and the plan says so.

use std::fmt::Write as _;

use serde::Deserialize;
use toml::Spanned;

mod file;
mod switches;

pub use switches::{EnumForm, SetForm, Switches};

use file::RuleFile;

/// The `[[map]]` rules and the switches of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapRules {
    rules: Vec<MapRule>,
    switches: Switches,
    /// Canonical TOML.
    text: String,
}

/// One `[[map]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapRule {
    /// Counted from 1, as written.
    pub number: usize,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    /// Of the source, as a pattern.
    pub source_type: Option<String>,
    pub family: Option<String>,
    pub wanted: Wanted,
}

/// What a rule wants of the columns it matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The target's type, in the target's words.
    pub to: Option<String>,
    pub zero_date_null: bool,
    pub uuid: bool,
    pub uuid_swapped: bool,
    pub zone: Option<String>,
    pub on_bad_row: Option<BadRowPolicy>,
}

/// What happens to a row with a value that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BadRowPolicy {
    Fail,
    Reject,
}

impl BadRowPolicy {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BadRowPolicy::Fail => "fail",
            BadRowPolicy::Reject => "reject",
        }
    }
}

/// What is done to values beyond what follows from the two types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transform {
    /// MySQL's dates of zero (or with a zero month or day) become NULL.
    pub zero_date_null: bool,
    /// The 16 bytes of a UUID are in the order of MySQL's `uuid_to_bin(u, 1)`: its third group
    /// first, then the second, then the first.
    pub uuid_swapped: bool,
    /// Moments without a zone are this zone's: an IANA name, or an offset `+02:00`.
    pub zone: Option<String>,
}

/// A rule that changed what a column becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleApplied {
    /// As people read it: `map rule 2`, `switch tinyint1_as_boolean`.
    pub by: String,
    /// The target's type without it.
    pub instead_of: String,
}

impl MapRules {
    /// Reads the TOML of a job file's `[[map]]` and `[switches]`.
    ///
    /// # Errors
    /// The sentence to show, with its line.
    pub fn parse(text: &str) -> Result<MapRules, String> {
        MapRules::read(text, toml::from_str(text))
    }

    /// The same from a whole job file, whose other keys are somebody else's.
    ///
    /// # Errors
    /// As [`MapRules::parse`].
    pub fn from_job_file(text: &str) -> Result<MapRules, String> {
        MapRules::read(
            text,
            toml::from_str(text).map(|file::JobRules { map, switches }| RuleFile { map, switches }),
        )
    }

    fn read(text: &str, file: Result<RuleFile, toml::de::Error>) -> Result<MapRules, String> {
        let file = file.map_err(|error| {
            let message = error.message().replace('\n', ", ");
            match error.span() {
                Some(span) => format!("line {}: {message}", line_of(text, span.start)),
                None => message,
            }
        })?;
        let mut rules = Vec::with_capacity(file.map.len());
        for (number, written) in (1..).zip(file.map) {
            let line = line_of(text, written.span().start);
            let rule = written.into_inner().rule(number);
            rules.push((line, rule.map_err(|e| format!("line {line}: map rule {number}: {e}"))?));
        }
        refuse_twins(&rules)?;
        file.switches.check().map_err(|error| format!("switches: {error}"))?;
        Ok(MapRules::of(rules.into_iter().map(|(_, rule)| rule).collect(), file.switches))
    }

    /// These rules with those of `flags` (TOML as well) on top: a rule that matches the same gives
    /// way, and so does a switch of the same name.
    ///
    /// # Errors
    /// As [`MapRules::parse`].
    pub fn overlaid(&self, flags: &str) -> Result<MapRules, String> {
        let above = MapRules::parse(flags)?;
        let written: toml::Table = toml::from_str(flags).map_err(|e| e.message().to_owned())?;
        let mut table: toml::Table = toml::from_str(&self.switches.lines().join("\n"))
            .map_err(|e| e.message().to_owned())?;
        if let Some(toml::Value::Table(set)) = written.get("switches") {
            table.extend(set.clone());
        }
        let kept = self.rules.iter().filter(|r| !above.rules.iter().any(|a| a.matches_as(r)));
        let mut rules: Vec<MapRule> = kept.chain(&above.rules).cloned().collect();
        for (number, rule) in (1..).zip(&mut rules) {
            rule.number = number;
        }
        let switches: Switches =
            table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
        switches.check().map_err(|error| format!("switches: {error}"))?;
        Ok(MapRules::of(rules, switches))
    }

    fn of(rules: Vec<MapRule>, switches: Switches) -> MapRules {
        let mut text = String::new();
        for rule in &rules {
            file::write_rule(rule, &mut text);
        }
        let lines = switches.lines();
        if !lines.is_empty() {
            let _ = writeln!(text, "[switches]\n{}", lines.join("\n"));
        }
        MapRules { rules, switches, text }
    }

    /// What [`MapRules::parse`] reads back as the same rules; how they are stored and sent.
    #[must_use]
    pub fn to_text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    #[must_use]
    pub fn rules(&self) -> &[MapRule] {
        &self.rules
    }

    #[must_use]
    pub fn switches(&self) -> &Switches {
        &self.switches
    }
}

/// Two rules that match the same and want different things.
fn refuse_twins(rules: &[(usize, MapRule)]) -> Result<(), String> {
    for (at, (line, rule)) in rules.iter().enumerate() {
        let twin = |(_, other): &&(usize, MapRule)| {
            rule.matches_as(other) && rule.wanted.contradicts(&other.wanted)
        };
        if let Some((first, other)) = rules[..at].iter().find(twin) {
            return Err(format!(
                "line {line}: map rule {} contradicts map rule {} of line {first}: both match {}",
                rule.number,
                other.number,
                rule.pattern()
            ));
        }
    }
    Ok(())
}

impl MapRule {
    fn matches_as(&self, other: &MapRule) -> bool {
        (&self.schema, &self.table, &self.column, &self.source_type, &self.family)
            == (&other.schema, &other.table, &other.column, &other.source_type, &other.family)
    }

    /// What it matches, for people: `table crm.orders, column is_*`.
    #[must_use]
    pub fn pattern(&self) -> String {
        let parts = [
            ("schema", &self.schema),
            ("table", &self.table),
            ("column", &self.column),
            ("type", &self.source_type),
            ("family", &self.family),
        ];
        let named = parts.iter().filter_map(|(word, part)| {
            let part = part.as_ref()?;
            Some(format!("{word} {part}"))
        });
        named.collect::<Vec<_>>().join(", ")
    }
}

impl Wanted {
    /// Do both say something different about the same thing?
    #[must_use]
    pub fn contradicts(&self, other: &Wanted) -> bool {
        fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
            a.is_some() && b.is_some() && a != b
        }
        let order = |w: &Wanted| match (w.uuid, w.uuid_swapped) {
            (_, true) => Some(true),
            (true, _) => Some(false),
            _ => None,
        };
        differ(&self.to, &other.to)
            || differ(&self.zone, &other.zone)
            || differ(&self.on_bad_row, &other.on_bad_row)
            || differ(&order(self), &order(other))
    }
}

/// 1-based line of a byte offset.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

type Written = Spanned<file::WrittenRule>;
