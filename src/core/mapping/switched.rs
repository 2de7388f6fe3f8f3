//! What the named switches make of a column.

use super::super::catalog::LogicalType;
use super::super::name::Dialect;
use super::rules::{EnumForm, SetForm, Switches, Transform};
use super::spelling::Spelling;
use super::target_type::{moment_type, uuid_type};
use super::wishes::has_zero_dates;
use super::{ColumnFit, Fit, FitRequest, Labels};

/// Another type or another treatment than the tables of rules have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposal {
    /// `switch tinyint1_as_boolean`; rules fill in their own.
    pub by: String,
    /// Declared type and meaning; `None` leaves the type.
    pub to: Option<(String, LogicalType)>,
    pub labels: Labels,
    pub transform: Transform,
    /// Where it does not follow from the two types.
    pub verdict: Option<(Fit, &'static str)>,
}

type Change = (String, LogicalType);

fn text_of(to: Dialect) -> Change {
    let name = match to {
        Dialect::Postgres => "text",
        Dialect::Mysql => "longtext",
        Dialect::Sqlite => "TEXT",
    };
    (name.to_owned(), LogicalType::Text { max: None, fixed: false })
}

/// What the switches that are set change, beside `default`.
pub(super) fn proposal(request: &FitRequest<'_>, default: &ColumnFit) -> Option<Proposal> {
    let switches = request.rules.switches();
    let mut names = Vec::new();
    let mut proposal = Proposal::default();
    if let Some((name, change)) = type_switch(request, switches, default) {
        names.push(name);
        proposal = change;
    }
    if switches.zero_date_to_null && has_zero_dates(request) {
        names.push("zero_date_to_null");
        proposal.transform.zero_date_null = true;
    }
    if names.is_empty() {
        return None;
    }
    proposal.by = match names.as_slice() {
        [one] => format!("switch {one}"),
        many => format!("switches {}", many.join(" and ")),
    };
    Some(proposal)
}

/// The one switch that changes the type.
fn type_switch(
    request: &FitRequest<'_>,
    switches: &Switches,
    default: &ColumnFit,
) -> Option<(&'static str, Proposal)> {
    let (from, to) = (request.ends.from.dialect, request.ends.to);
    let column = request.column;
    let spelling = Spelling::read(&column.declared);
    let plain = |change: Change| Proposal { to: Some(change), ..Proposal::default() };
    if default.fit == Fit::Unsupported {
        let verdict = Some((Fit::Lossy, "the text the source prints, whatever it means"));
        let text = Proposal { verdict, ..plain(text_of(to.dialect)) };
        return switches.unknown_as_text.then_some(("unknown_as_text", text));
    }
    match &column.logical {
        LogicalType::Int { .. } if is_boolean(&spelling) && switches.tinyint1_as_boolean => {
            let name = match to.dialect {
                Dialect::Postgres => "boolean",
                Dialect::Sqlite => "BOOLEAN",
                Dialect::Mysql => return None,
            };
            Some(("tinyint1_as_boolean", plain((name.to_owned(), LogicalType::Bool))))
        }
        LogicalType::Int { bits, unsigned: true }
            if from == Dialect::Mysql && !switches.unsigned_widening =>
        {
            let change = narrow(*bits, to.dialect)?;
            (change.0 != default.declared).then(|| ("unsigned_widening", plain(change)))
        }
        LogicalType::Text { max: Some(36), .. } if switches.char36_as_uuid => {
            uuid_change(request, default).map(|change| ("char36_as_uuid", plain(change)))
        }
        LogicalType::Bytes { max: Some(16) } if switches.binary16_as_uuid => {
            uuid_change(request, default).map(|change| ("binary16_as_uuid", plain(change)))
        }
        LogicalType::Bytes { max: Some(16) } if switches.binary16_as_uuid_swapped => {
            let mut proposal = plain(uuid_change(request, default)?);
            proposal.transform.uuid_swapped = true;
            Some(("binary16_as_uuid_swapped", proposal))
        }
        LogicalType::Text { max: Some(_), .. } if switches.varchar_as_text => {
            let text = text_of(to.dialect);
            (text.0 != default.declared && !request.indexed)
                .then(|| ("varchar_as_text", plain(text)))
        }
        LogicalType::Timestamp { zoned: false } if switches.datetime_zone.is_some() => {
            let mut proposal = plain(moment_type(to));
            proposal.transform.zone = switches.datetime_zone.clone();
            Some(("datetime_zone", proposal))
        }
        LogicalType::Enum => {
            let form = switches.enum_form?;
            enum_change(request, form, default).map(|change| ("enum", change))
        }
        LogicalType::Set => {
            let text = LogicalType::Text { max: None, fixed: false };
            let array = LogicalType::Array(Box::new(text));
            let wanted = switches.set_form == Some(SetForm::Array);
            (wanted && to.dialect == Dialect::Postgres)
                .then(|| ("set", plain(("text[]".to_owned(), array))))
        }
        _ => None,
    }
}

fn is_boolean(spelling: &Spelling) -> bool {
    spelling.base() == "tinyint" && spelling.numbers == [1] && !spelling.has("unsigned")
}

/// Where a UUID goes, unless the column goes there anyway.
fn uuid_change(request: &FitRequest<'_>, default: &ColumnFit) -> Option<Change> {
    let change = uuid_type(request.ends.to);
    // Text that becomes text again gains nothing.
    let text = matches!(request.column.logical, LogicalType::Text { .. });
    let gains = !text || change.1 == LogicalType::Uuid;
    (gains && change.0 != default.declared).then_some(change)
}

/// The signed integer of the same width.
fn narrow(bits: u8, to: Dialect) -> Option<Change> {
    let name = match (to, bits) {
        (Dialect::Postgres, 8 | 16) => "smallint",
        (Dialect::Postgres, 24 | 32) => "integer",
        (Dialect::Postgres, _) => "bigint",
        // SQLite's integers all have 64 bits.
        (Dialect::Sqlite, 64) => "BIGINT",
        _ => return None,
    };
    let bits = match name {
        "smallint" => 16,
        "integer" => 32,
        _ => 64,
    };
    Some((name.to_owned(), LogicalType::Int { bits, unsigned: false }))
}

fn enum_change(request: &FitRequest<'_>, form: EnumForm, default: &ColumnFit) -> Option<Proposal> {
    let labels = &request.column.labels;
    let longest =
        labels.iter().map(|l| l.chars().count()).fold(1, |a, b| if a > b { a } else { b });
    let text = match request.ends.to.dialect {
        // A length of its own, so that it can be part of a key.
        Dialect::Mysql => {
            let max = u32::try_from(longest).ok();
            let logical = LogicalType::Text { max, fixed: false };
            (format!("varchar({longest})"), logical)
        }
        other => text_of(other),
    };
    let plain = |to, labels, verdict| Proposal {
        to: Some(to),
        labels,
        verdict: Some(verdict),
        ..Proposal::default()
    };
    match (form, request.ends.to.dialect) {
        (_, _) if labels.is_empty() => None,
        (EnumForm::Native, Dialect::Postgres) => {
            let verdict = (Fit::Exact, "a type of its own, with the labels in their order");
            Some(plain(("enum".to_owned(), LogicalType::Enum), Labels::Native, verdict))
        }
        (EnumForm::Native, _) => None,
        (EnumForm::Check, _) if default.labels == Labels::Check => None,
        (EnumForm::Check, _) => {
            let verdict = (Fit::Wider, "text with a CHECK of the labels");
            Some(plain(text, Labels::Check, verdict))
        }
        (EnumForm::Text, _) => {
            let changed = text.0 != default.declared || default.labels != Labels::Unused;
            changed.then(|| plain(text, Labels::Unused, (Fit::Wider, "text, any label")))
        }
    }
}
