//! What a database and its server are set to, as they say themselves: read for the report before a
//! job, compared in `core::plan::conform`.

use std::collections::{BTreeMap, BTreeSet};

/// The settings of one end. What could not be read is absent, and is never guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// By name, in the server's own words: `TimeZone`, `sql_mode`, `datcollate`.
    pub values: BTreeMap<String, String>,
    /// What the database itself is set to (`ALTER DATABASE ... SET`), on PostgreSQL.
    pub of_database: BTreeMap<String, String>,
    /// Default character set and collation of each database, on MySQL.
    pub charsets: BTreeMap<String, (String, String)>,
    /// Collations that columns could name; empty: not known.
    pub collations: BTreeSet<String>,
    /// Installed extensions and their versions.
    pub extensions: BTreeMap<String, String>,
    /// The user who asked, as a statement names him.
    pub user: String,
    pub room: Room,
}

impl Settings {
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }
}

/// The disk a database lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// Bytes an ordinary user may still take, under this path.
    Free { bytes: u64, path: String },
    /// Why it is not known.
    Unknown(String),
}

impl Default for Room {
    fn default() -> Room {
        Room::Unknown("it was not asked".to_owned())
    }
}
