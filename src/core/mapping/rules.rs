//! What the operator wishes of types: rules by type, schema, table and column, and named switches.

/// The `[[map]]` rules and the switches of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapRules {
    /// As written, TOML.
    text: String,
}

impl MapRules {
    /// Reads the TOML of a job file's `[[map]]` and `[switches]`.
    ///
    /// # Errors
    /// The sentence to show.
    pub fn parse(text: &str) -> Result<MapRules, String> {
        Ok(MapRules { text: text.to_owned() })
    }

    /// What [`MapRules::parse`] reads back as the same rules; how they are stored and sent.
    #[must_use]
    pub fn to_text(&self) -> &str {
        &self.text
    }
}

/// What is done to values beyond what follows from the two types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transform {
    /// MySQL's dates of zero (or with a zero month or day) become NULL.
    pub zero_date_null: bool,
    /// A UUID's first three groups are byte-swapped in its 16 bytes (`uuid_to_bin(u, 1)` swaps time
    /// parts: see the rule that sets this).
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
