//! SQLite's declared types: their affinity, their meaning, and what they become on PostgreSQL.

use super::super::catalog::{Column, LogicalType};
use super::{Affinity, ColumnFit, Fit};

/// PostgreSQL's largest declared precision.
const PRECISION_MAX: u16 = 1000;

const INT: LogicalType = LogicalType::Int { bits: 64, unsigned: false };
const INT_NARROW: LogicalType = LogicalType::Int { bits: 32, unsigned: false };
const FLOAT: LogicalType = LogicalType::Float { bits: 64 };
const TEXT: LogicalType = LogicalType::Text { max: None, fixed: false };
const BYTES: LogicalType = LogicalType::Bytes { max: None };

/// Names with a meaning of their own; all else follows from the affinity. First match wins.
const KNOWN: &[(&str, LogicalType)] = &[
    ("ANY", LogicalType::Any),
    ("BOOLEAN", LogicalType::Bool),
    ("BOOL", LogicalType::Bool),
    ("DATE", LogicalType::Date),
    ("TIME", LogicalType::Time { zoned: false }),
    ("TIME WITHOUT TIME ZONE", LogicalType::Time { zoned: false }),
    ("TIMETZ", LogicalType::Time { zoned: true }),
    ("TIME WITH TIME ZONE", LogicalType::Time { zoned: true }),
    ("DATETIME", LogicalType::Timestamp { zoned: false }),
    ("DATETIME2", LogicalType::Timestamp { zoned: false }),
    ("SMALLDATETIME", LogicalType::Timestamp { zoned: false }),
    ("TIMESTAMP", LogicalType::Timestamp { zoned: false }),
    ("TIMESTAMP WITHOUT TIME ZONE", LogicalType::Timestamp { zoned: false }),
    ("TIMESTAMPTZ", LogicalType::Timestamp { zoned: true }),
    ("TIMESTAMP WITH TIME ZONE", LogicalType::Timestamp { zoned: true }),
    ("DATETIMEOFFSET", LogicalType::Timestamp { zoned: true }),
    ("UUID", LogicalType::Uuid),
    ("GUID", LogicalType::Uuid),
    ("UNIQUEIDENTIFIER", LogicalType::Uuid),
    ("JSON", LogicalType::Json { binary: false }),
    ("JSONB", LogicalType::Bytes { max: None }),
    ("STRING", TEXT),
    ("CLOB", TEXT),
    ("SMALLINT", INT_NARROW),
    ("TINYINT", INT_NARROW),
    ("MEDIUMINT", INT_NARROW),
    ("INT2", INT_NARROW),
    ("INT4", INT_NARROW),
    ("BINARY", BYTES),
    ("VARBINARY", BYTES),
    ("BYTEA", BYTES),
    ("IMAGE", BYTES),
];

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

/// What a declared type of SQLite means.
#[must_use]
pub fn sqlite_type(declared: &str) -> LogicalType {
    let (base, first, second) = parts(declared);
    if let Some((_, known)) = KNOWN.iter().find(|(name, _)| *name == base) {
        return match (known, first) {
            (LogicalType::Bytes { .. }, Some(max)) => LogicalType::Bytes { max: Some(max) },
            _ => known.clone(),
        };
    }
    if matches!(base.as_str(), "NUMERIC" | "DECIMAL" | "DEC" | "NUMBER" | "MONEY") {
        return decimal(first, second);
    }
    match affinity(declared) {
        Affinity::Integer => INT,
        Affinity::Text => LogicalType::Text { max: first, fixed: false },
        Affinity::Blob if base.is_empty() => LogicalType::Any,
        Affinity::Blob => LogicalType::Bytes { max: first },
        Affinity::Real => FLOAT,
        Affinity::Numeric => LogicalType::Numeric,
    }
}

fn decimal(precision: Option<u32>, scale: Option<i64>) -> LogicalType {
    let precision = precision.and_then(|p| u16::try_from(p).ok());
    let scale = scale.map_or(Some(0), |s| i16::try_from(s).ok());
    match (precision, scale) {
        (Some(0) | None, _) | (_, None) => LogicalType::Decimal { precision: None, scale: None },
        (precision, scale) => LogicalType::Decimal { precision, scale },
    }
}

/// Upper-case words with single blanks, and the numbers in parentheses, which may stand anywhere
/// (`TIMESTAMP(6) WITH TIME ZONE`).
fn parts(declared: &str) -> (String, Option<u32>, Option<i64>) {
    let upper = declared.to_ascii_uppercase();
    let (words, numbers) = match (upper.find('('), upper.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let words = format!("{} {}", &upper[..open], &upper[close + 1..]);
            (words, upper[open + 1..close].to_owned())
        }
        _ => (upper, String::new()),
    };
    let mut numbers = numbers.split(',').map(str::trim);
    let first = numbers.next().and_then(|n| n.parse().ok());
    let second = numbers.next().and_then(|n| n.parse().ok());
    (words.split_whitespace().collect::<Vec<_>>().join(" "), first, second)
}

/// One sampled value, classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    Integer,
    Real,
    Text,
    Blob,
}

/// What a sample of a column says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Storage classes seen, NULL aside.
    pub storages: Vec<Storage>,
    /// Sampled values that are what the declared type stands for, and those that are not.
    pub fitting: u64,
    pub unfit: u64,
    /// Of texts: every one is a moment with a zone, a moment without.
    pub all_zoned: bool,
    pub all_moments: bool,
}

/// The meaning of a column that declares `declared` and holds `sample`. The declaration counts as
/// long as anything in the sample bears it out: what contradicts it is refused by name. It is given
/// up when nothing does (Unix seconds in `DATETIME`), and a limit of decimals when numbers exceed
/// it.
#[must_use]
pub fn meaning_of_sample(declared: &str, sample: &Sample) -> LogicalType {
    let promised = sqlite_type(declared);
    let open = matches!(promised, LogicalType::Any | LogicalType::Numeric);
    if sample.storages.is_empty() {
        // Nothing to go by: text holds what may come, and refuses by name what it cannot.
        return if open { TEXT } else { promised };
    }
    let only = |allowed: &[Storage]| sample.storages.iter().all(|s| allowed.contains(s));
    let numbers = only(&[Storage::Integer, Storage::Real]);
    let unlimited = LogicalType::Decimal { precision: None, scale: None };
    if matches!(promised, LogicalType::Decimal { .. }) && numbers && sample.unfit > 0 {
        return unlimited;
    }
    if !open && (sample.unfit == 0 || sample.fitting > 0) {
        return promised;
    }
    let moment = matches!(promised, LogicalType::Date | LogicalType::Timestamp { .. });
    if only(&[Storage::Text]) {
        return match () {
            () if moment && sample.all_moments => LogicalType::Timestamp { zoned: false },
            () if moment && sample.all_zoned => LogicalType::Timestamp { zoned: true },
            () => TEXT,
        };
    }
    if only(&[Storage::Integer]) {
        INT
    } else if numbers {
        unlimited
    } else if only(&[Storage::Blob]) {
        BYTES
    } else if open {
        LogicalType::Any
    } else {
        promised
    }
}

const SAMPLED: &str = "what the column holds, by a sample, and not what it declares";

/// A column of SQLite on PostgreSQL.
pub(super) fn to_postgres(column: &Column) -> ColumnFit {
    let (declared, logical, fit, reason) = rule(&column.logical);
    let promised = sqlite_type(&column.declared);
    let reason = if promised == column.logical { reason } else { SAMPLED };
    ColumnFit::new(&declared, logical, fit, reason)
}

fn rule(logical: &LogicalType) -> (String, LogicalType, Fit, &'static str) {
    let exact = |declared: &str, reason| (declared.to_owned(), logical.clone(), Fit::Exact, reason);
    let wider =
        |declared: &str, logical, reason| (declared.to_owned(), logical, Fit::Wider, reason);
    match logical {
        LogicalType::Bool => exact("boolean", "0 and 1; anything else is refused by name"),
        LogicalType::Int { bits: 64, .. } => exact("bigint", "SQLite's integers have 64 bits"),
        LogicalType::Int { .. } => {
            wider("bigint", INT, "SQLite does not enforce the width: 64 bits")
        }
        LogicalType::Decimal { precision: Some(p), scale } if lawful(*p, *scale) => {
            let declared = format!("numeric({p},{})", scale.unwrap_or(0));
            let reason = "numbers that need no rounding; anything else is refused by name";
            (declared, logical.clone(), Fit::Exact, reason)
        }
        LogicalType::Decimal { precision: Some(_), .. } => {
            let any = LogicalType::Decimal { precision: None, scale: None };
            wider("numeric", any, "PostgreSQL has no such precision: unlimited")
        }
        LogicalType::Decimal { .. } => exact("numeric", "the shortest decimal of each number"),
        LogicalType::Float { .. } => exact("double precision", "the same 64 bits"),
        LogicalType::Text { max: Some(_), .. } => {
            wider("text", TEXT, "SQLite does not enforce the length")
        }
        LogicalType::Text { .. } => exact("text", "the same text; NUL is refused by name"),
        LogicalType::Bytes { max: Some(_) } => {
            wider("bytea", BYTES, "SQLite does not enforce the length")
        }
        LogicalType::Bytes { .. } => exact("bytea", "the same bytes"),
        LogicalType::Date => exact("date", "ISO dates; anything else is refused by name"),
        LogicalType::Time { zoned } => {
            exact(zone("time", *zoned), "ISO times; anything else is refused by name")
        }
        LogicalType::Timestamp { zoned } => {
            exact(zone("timestamp", *zoned), "ISO text; anything else is refused by name")
        }
        LogicalType::Uuid => exact("uuid", "UUID text; anything else is refused by name"),
        LogicalType::Json { .. } => exact("json", "json keeps the text as it is, jsonb would not"),
        LogicalType::Any | LogicalType::Numeric => {
            let reason = "values of any type: numbers arrive as text, blobs are refused";
            ("text".to_owned(), TEXT, Fit::Lossy, reason)
        }
        LogicalType::Interval
        | LogicalType::TimeSpan
        | LogicalType::Xml
        | LogicalType::Enum
        | LogicalType::Set
        | LogicalType::Year
        | LogicalType::Geometry
        | LogicalType::Bits { .. }
        | LogicalType::Array(_)
        | LogicalType::Other(_) => wider("text", TEXT, "text"),
    }
}

fn zone(name: &str, zoned: bool) -> &'static str {
    match (name, zoned) {
        ("time", false) => "time without time zone",
        ("time", true) => "time with time zone",
        (_, false) => "timestamp without time zone",
        (_, true) => "timestamp with time zone",
    }
}

/// PostgreSQL before 15 wants `0 <= scale <= precision`.
fn lawful(precision: u16, scale: Option<i16>) -> bool {
    let scale = scale.unwrap_or(0);
    (1..=PRECISION_MAX).contains(&precision)
        && scale >= 0
        && u16::try_from(scale).is_ok_and(|s| s <= precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(storages: &[Storage], fitting: u64, unfit: u64) -> Sample {
        Sample { storages: storages.to_vec(), fitting, unfit, ..Sample::default() }
    }

    #[test]
    fn a_sample_overrules_the_declaration_only_where_nothing_bears_it_out() {
        use Storage::{Blob, Integer, Real, Text};
        let money = LogicalType::Decimal { precision: Some(10), scale: Some(2) };
        let any_number = LogicalType::Decimal { precision: None, scale: None };
        let stamp = LogicalType::Timestamp { zoned: false };
        for (declared, storages, fitting, unfit, meaning) in [
            ("DECIMAL(10,2)", &[Integer, Real][..], 9, 0, money.clone()),
            ("DECIMAL(10,2)", &[Integer, Real], 9, 1, any_number.clone()),
            ("DECIMAL(10,2)", &[Integer, Text], 9, 1, money),
            ("DATETIME", &[Integer], 0, 3, INT),
            ("DATETIME", &[Text], 3, 0, stamp.clone()),
            ("DATETIME", &[Text], 3, 1, stamp.clone()),
            ("DATETIME", &[Text], 0, 1, TEXT),
            ("DATETIME", &[], 0, 0, stamp),
            ("BOOLEAN", &[Text], 0, 2, TEXT),
            ("BLOB", &[Text], 0, 2, TEXT),
            ("INTEGER", &[Integer, Text], 1, 1, INT),
            ("", &[Integer], 0, 1, INT),
            ("", &[Integer, Real], 0, 2, any_number),
            ("", &[Blob], 0, 1, BYTES),
            ("", &[Text, Integer], 1, 1, LogicalType::Any),
            ("", &[], 0, 0, TEXT),
        ] {
            let found = meaning_of_sample(declared, &sample(storages, fitting, unfit));
            assert_eq!(found, meaning, "{declared}");
        }
        let zoned = Sample { all_zoned: true, ..sample(&[Text], 0, 9) };
        let meaning = meaning_of_sample("DATETIME", &zoned);
        assert_eq!(meaning, LogicalType::Timestamp { zoned: true });
    }
}
