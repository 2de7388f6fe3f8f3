//! Named switches for the usual wishes.

use serde::Deserialize;

use super::file::{check_zone, quoted};

/// What an enum becomes where the target has no such column type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnumForm {
    /// A type of its own.
    Native,
    /// Text with a CHECK of its labels.
    Check,
    /// Text.
    Text,
}

/// What a set becomes on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetForm {
    /// Its labels joined by commas.
    Text,
    Array,
}

/// How names are written on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FoldCase {
    Keep,
    Lower,
}

/// All of them; what is not set is as the tables of rules have it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    pub tinyint1_as_boolean: bool,
    pub char36_as_uuid: bool,
    pub binary16_as_uuid: bool,
    pub binary16_as_uuid_swapped: bool,
    pub zero_date_to_null: bool,
    #[serde(rename = "enum")]
    pub enum_form: Option<EnumForm>,
    #[serde(rename = "set")]
    pub set_form: Option<SetForm>,
    /// Off: the width stays and what does not fit is refused by name.
    pub unsigned_widening: bool,
    pub unknown_as_text: bool,
    pub varchar_as_text: bool,
    /// DATETIME is this zone's and becomes a moment.
    pub datetime_zone: Option<String>,
    pub fold_case: Option<FoldCase>,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            tinyint1_as_boolean: false,
            char36_as_uuid: false,
            binary16_as_uuid: false,
            binary16_as_uuid_swapped: false,
            zero_date_to_null: false,
            enum_form: None,
            set_form: None,
            unsigned_widening: true,
            unknown_as_text: false,
            varchar_as_text: false,
            datetime_zone: None,
            fold_case: None,
        }
    }
}

impl Switches {
    /// Are names written in lower case?
    #[must_use]
    pub fn folds(&self) -> bool {
        self.fold_case == Some(FoldCase::Lower)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.binary16_as_uuid && self.binary16_as_uuid_swapped {
            return Err(
                "binary16_as_uuid and binary16_as_uuid_swapped are two orders of the same \
                        bytes"
                    .to_owned(),
            );
        }
        self.datetime_zone.as_deref().map_or(Ok(()), check_zone)
    }

    /// Canonical TOML of those that differ from the default.
    pub(super) fn lines(&self) -> Vec<String> {
        let usual = Switches::default();
        let flags = [
            ("tinyint1_as_boolean", self.tinyint1_as_boolean, usual.tinyint1_as_boolean),
            ("char36_as_uuid", self.char36_as_uuid, usual.char36_as_uuid),
            ("binary16_as_uuid", self.binary16_as_uuid, usual.binary16_as_uuid),
            (
                "binary16_as_uuid_swapped",
                self.binary16_as_uuid_swapped,
                usual.binary16_as_uuid_swapped,
            ),
            ("zero_date_to_null", self.zero_date_to_null, usual.zero_date_to_null),
            ("unsigned_widening", self.unsigned_widening, usual.unsigned_widening),
            ("unknown_as_text", self.unknown_as_text, usual.unknown_as_text),
            ("varchar_as_text", self.varchar_as_text, usual.varchar_as_text),
        ];
        let mut lines: Vec<String> = flags
            .iter()
            .filter(|(_, now, usual)| now != usual)
            .map(|(name, now, _)| format!("{name} = {now}"))
            .collect();
        let forms = [
            ("enum", self.enum_form.map(EnumForm::word)),
            ("set", self.set_form.map(SetForm::word)),
            ("fold_case", self.fold_case.map(FoldCase::word)),
            ("datetime_zone", self.datetime_zone.as_deref()),
        ];
        let set = forms.iter().filter_map(|(name, word)| {
            let word = (*word)?;
            Some(format!("{name} = {}", quoted(word)))
        });
        lines.extend(set);
        lines
    }

    /// Names of those that want a column to be what it would not be without them.
    #[must_use]
    pub fn set_for_types(&self) -> Vec<String> {
        let usual = ["enum = \"check\"", "set = \"text\""];
        let lines = self.lines();
        let set = lines.iter().filter(|line| !usual.contains(&line.as_str()));
        let names = set.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned());
        names.filter(|name| name != "fold_case").collect()
    }
}

impl EnumForm {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            EnumForm::Native => "native",
            EnumForm::Check => "check",
            EnumForm::Text => "text",
        }
    }
}

impl SetForm {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SetForm::Text => "text",
            SetForm::Array => "array",
        }
    }
}

impl FoldCase {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FoldCase::Keep => "keep",
            FoldCase::Lower => "lower",
        }
    }
}
