//! `[[map]]` as it is written.

use std::fmt::Write as _;

use serde::Deserialize;

use super::super::super::name::glob;
use super::{BadRowPolicy, MapRule, Switches, Wanted, Written};

/// Families of types, for rules that mean all of a kind whatever its spelling.
pub(in super::super) const FAMILIES: &[&str] = &[
    "bool",
    "int",
    "decimal",
    "float",
    "text",
    "bytes",
    "date",
    "time",
    "timestamp",
    "interval",
    "uuid",
    "json",
    "xml",
    "enum",
    "set",
    "year",
    "geometry",
    "bits",
    "array",
    "any",
    "other",
];

const TRANSFORMS: &str = "zero_date_null, uuid, uuid_swapped";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    #[serde(default)]
    pub map: Vec<Written>,
    #[serde(default)]
    pub switches: Switches,
}

/// The same as part of a job file, whose reader refuses what is no key of either.
#[derive(Deserialize)]
pub(super) struct JobRules {
    #[serde(default)]
    pub map: Vec<Written>,
    #[serde(default)]
    pub switches: Switches,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    #[serde(rename = "type")]
    source_type: Option<String>,
    family: Option<String>,
    to: Option<String>,
    #[serde(default)]
    transform: OneOrMany,
    zone: Option<String>,
    on_bad_row: Option<BadRowPolicy>,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
    #[default]
    None,
}

impl WrittenRule {
    pub fn rule(self, number: usize) -> Result<MapRule, String> {
        let names = [&self.schema, &self.table, &self.column, &self.source_type, &self.family];
        if names.iter().all(|name| name.is_none()) {
            return Err("it matches nothing: give schema, table, column, type or family".to_owned());
        }
        let named = [&self.schema, &self.table, &self.column, &self.family, &self.to, &self.zone];
        if named.into_iter().flatten().any(|text| text.trim().is_empty()) {
            return Err("an empty text names nothing".to_owned());
        }
        if let Some(family) = &self.family
            && !FAMILIES.iter().any(|known| glob(family, known))
        {
            return Err(format!("family {family:?} is none of {}", FAMILIES.join(", ")));
        }
        let mut wanted = Wanted {
            to: self.to.map(|to| to.trim().to_owned()),
            zone: self.zone.map(|zone| zone.trim().to_owned()),
            on_bad_row: self.on_bad_row,
            ..Wanted::default()
        };
        if let Some(zone) = &wanted.zone {
            check_zone(zone)?;
        }
        let transforms = match self.transform {
            OneOrMany::None => Vec::new(),
            OneOrMany::One(word) => vec![word],
            OneOrMany::Many(words) => words,
        };
        for word in &transforms {
            match word.as_str() {
                "zero_date_null" => wanted.zero_date_null = true,
                "uuid" => wanted.uuid = true,
                "uuid_swapped" => wanted.uuid_swapped = true,
                other => return Err(format!("transform {other:?} is none of {TRANSFORMS}")),
            }
        }
        if wanted.uuid && wanted.uuid_swapped {
            return Err("uuid and uuid_swapped are two orders of the same bytes".to_owned());
        }
        if wanted == Wanted::default() {
            return Err("it wants nothing: give to, transform, zone or on_bad_row".to_owned());
        }
        Ok(MapRule {
            number,
            schema: self.schema,
            table: self.table,
            column: self.column,
            source_type: self.source_type.map(|text| text.trim().to_owned()),
            family: self.family,
            wanted,
        })
    }
}

/// `UTC`, `+02:00`, or a name such as `Europe/Berlin`; whether the server knows the name only the
/// server can say.
pub(super) fn check_zone(zone: &str) -> Result<(), String> {
    let named = |c: char| c.is_ascii_alphanumeric() || "/_-+".contains(c);
    let offset = zone.strip_prefix(['+', '-']).map(|rest| {
        let digits: String = rest.chars().filter(|c| *c != ':').collect();
        let number = |text: Option<&str>| text.and_then(|t| t.parse::<u32>().ok());
        digits.len() == 4
            && rest.len() <= 5
            && number(digits.get(..2)).is_some_and(|hours| hours < 16)
            && number(digits.get(2..)).is_some_and(|minutes| minutes < 60)
    });
    match offset {
        Some(true) => Ok(()),
        None if zone == "UTC" || (zone.contains('/') && zone.chars().all(named)) => Ok(()),
        _ => Err(format!(
            "zone {zone:?} is neither UTC, an offset such as +02:00, nor a name such as \
             Europe/Berlin"
        )),
    }
}

/// A rule in canonical TOML.
pub(super) fn write_rule(rule: &MapRule, text: &mut String) {
    text.push_str("[[map]]\n");
    let wanted = &rule.wanted;
    let plain = [
        ("schema", &rule.schema),
        ("table", &rule.table),
        ("column", &rule.column),
        ("type", &rule.source_type),
        ("family", &rule.family),
        ("to", &wanted.to),
        ("zone", &wanted.zone),
    ];
    for (key, value) in plain {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    let transforms: Vec<String> = [
        ("zero_date_null", wanted.zero_date_null),
        ("uuid", wanted.uuid),
        ("uuid_swapped", wanted.uuid_swapped),
    ]
    .iter()
    .filter(|(_, set)| *set)
    .map(|(word, _)| quoted(word))
    .collect();
    if !transforms.is_empty() {
        let _ = writeln!(text, "transform = [{}]", transforms.join(", "));
    }
    if let Some(policy) = wanted.on_bad_row {
        let _ = writeln!(text, "on_bad_row = {}", quoted(policy.word()));
    }
    text.push('\n');
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
