//! A job's definition as a file: `tidegate copy --job-file crm.toml`.
//!
//! Every key is known or refused with its line. What is absent is a flag's or a default; a flag
//! wins over the file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::settings::line_of;
use crate::core::spec::{Limits, Shaping};

/// The keys of a job file. Texts are read as the flags of the same name are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFile {
    pub keys: JobKeys,
    /// The whole text: rules, wishes for tables and limits are read from it, with their lines.
    pub text: String,
}

/// The keys that are no rules. What is absent stays absent when they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What the job does; absent: it copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<FileContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_exists: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_lossy: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_workers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_size: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub selection: FileSelection,
    #[serde(skip_serializing_if = "is_default")]
    pub rejects: FileRejects,
    #[serde(skip_serializing_if = "is_default")]
    pub remap_schemas: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub source: FileEnd,
    #[serde(skip_serializing_if = "is_default")]
    pub target: FileEnd,
    #[serde(skip_serializing)]
    map: Known,
    #[serde(skip_serializing)]
    switches: Known,
    #[serde(skip_serializing)]
    table: Known,
    #[serde(skip_serializing)]
    objects: Known,
    #[serde(skip_serializing)]
    order: Known,
    #[serde(skip_serializing)]
    limits: Known,
}

/// `kind`: what a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    Copy,
    Verify,
    /// The statements that make the tables, as a text; nothing is written anywhere.
    Script,
}

/// `[source]`, `[target]`: what an URL does not say of an end. A connection of config.toml says it
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileEnd {
    /// Shown beside the database in every header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Marks it `[PROD]`: questions about it ask for its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub production: Option<bool>,
    /// The password is typed at every start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_password: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileContent {
    All,
    DataOnly,
    SchemaOnly,
}

/// `[selection]`: patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSelection {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schemas: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

/// `[rejects]`: what happens to rows that do not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileRejects {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_bad_row: Option<FilePolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_table: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_job: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilePolicy {
    Fail,
    Reject,
}

/// A key that somebody else reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known;

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Known, D::Error> {
        IgnoredAny::deserialize(from).map(|_| Known)
    }
}

/// Says nothing, and is not written.
fn is_default<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

impl JobFile {
    /// Reads a file.
    ///
    /// # Errors
    /// File, line and what is wrong.
    pub fn load(path: &Path) -> Result<JobFile, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            path: path.to_owned(),
            line: None,
            message: error.to_string(),
        })?;
        JobFile::parse(&text, path)
    }

    /// The text of a job file. Rules stand last, as they were written.
    #[must_use]
    pub fn compose(keys: &JobKeys, shaping: &Shaping, limits: &Limits, rules: &str) -> String {
        let mut whole = toml::Table::try_from(keys).expect("texts and numbers are lawful TOML");
        for part in [shaping.to_text(), limits.to_text()] {
            whole.extend(part.parse::<toml::Table>().expect("it was written as TOML"));
        }
        let mut text = toml::to_string_pretty(&whole).expect("a table is lawful TOML");
        if !rules.trim().is_empty() {
            text.push('\n');
            text.push_str(rules.trim());
            text.push('\n');
        }
        text
    }

    /// From text; `path` is for messages.
    ///
    /// # Errors
    /// As [`JobFile::load`].
    pub fn parse(text: &str, path: &Path) -> Result<JobFile, ConfigError> {
        let keys = toml::from_str(text).map_err(|error| ConfigError {
            path: path.to_owned(),
            line: error.span().map(|span| line_of(text, span.start)),
            message: error.message().to_owned(),
        })?;
        Ok(JobFile { keys, text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::spec::{Limits, Shaping};

    fn parse(text: &str) -> Result<JobFile, ConfigError> {
        JobFile::parse(text, Path::new("job.toml"))
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named_with_their_line() {
        for (text, line, word) in [
            ("from = \"a\"\nform = \"b\"\n", 2, "form"),
            ("[selection]\ntable = []\n", 2, "table"),
            ("[rejects]\n\non_bad_row = \"skip\"\n", 3, "skip"),
            ("content = \"rows\"\n", 1, "rows"),
            ("threads = \"many\"\n", 1, "u32"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, Some(line), "{text}: {error}");
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn the_example_is_lawful_and_names_every_key() {
        let example = include_str!("../../job.example.toml");
        let file = parse(example).unwrap();
        assert!(file.keys.from.is_some() && file.keys.to.is_some());
        let mut errors: Vec<String> = ["zz = 1", "[selection]\nzz = 1", "[rejects]\nzz = 1"]
            .map(|text| parse(text).unwrap_err().message)
            .to_vec();
        errors.extend(
            [
                "[objects]\nzz = 1",
                "[[table]]\nzz = 1",
                "order = \"zz\"",
                "[objects]\nonly = [\"zz\"]",
            ]
            .map(|text| Shaping::parse(text).unwrap_err()),
        );
        errors.push(Limits::parse("[limits]\nzz = 1").unwrap_err());
        for error in errors {
            for key in error.split('`').skip(3).step_by(2) {
                let named = |line: &str| {
                    let line = line.trim_start_matches("# ");
                    line.starts_with(&format!("{key} = "))
                        || line.contains(&format!("[{key}]"))
                        || line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == key)
                };
                assert!(example.lines().any(named), "{key} is not in job.example.toml");
            }
        }
        let shaping = Shaping::parse(example).unwrap();
        assert!(!shaping.tables.is_empty() && Limits::parse(example).is_ok());
    }
}
