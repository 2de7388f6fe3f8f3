//! Rules from a declared type to a neutral meaning to another engine's type, with a verdict.

use super::catalog::LogicalType;

/// What a conversion does to values. Ordered: a table's verdict is its worst column's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Comes back identical.
    Exact,
    /// Holds every value, and more.
    Wider,
    /// Some values change or some are refused; needs consent.
    Lossy,
    /// No conversion is known.
    Unsupported,
}

impl Fit {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Fit::Exact => "exact",
            Fit::Wider => "wider",
            Fit::Lossy => "lossy",
            Fit::Unsupported => "unsupported",
        }
    }
}

/// How one column travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFit {
    /// The target's type as it will be declared.
    pub declared: String,
    pub logical: LogicalType,
    pub fit: Fit,
    /// Why this type; a phrase for the plan.
    pub reason: &'static str,
}

/// What SQLite does to a value it stores in a column of a declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// SQLite's rules for a column's affinity, in their order.
#[must_use]
pub fn affinity(declared: &str) -> Affinity {
    let upper = declared.to_ascii_uppercase();
    let has = |part: &str| upper.contains(part);
    if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || upper.trim().is_empty() {
        Affinity::Blob
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// How `column` of a `source` travels to a `target`.
#[must_use]
pub fn fit(
    _source: super::name::Dialect,
    _target: super::name::Dialect,
    column: &super::catalog::Column,
) -> ColumnFit {
    ColumnFit {
        declared: column.declared.clone(),
        logical: column.logical.clone(),
        fit: Fit::Unsupported,
        reason: "no rule",
    }
}
