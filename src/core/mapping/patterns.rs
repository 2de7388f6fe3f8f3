//! Does a source type match what a rule says?

use super::super::catalog::LogicalType;
use super::super::name::{Dialect, glob};

/// PostgreSQL's own spelling and the ones people type.
const SHORT: &[(&str, &[&str])] = &[
    ("integer", &["int", "int4"]),
    ("smallint", &["int2"]),
    ("bigint", &["int8"]),
    ("boolean", &["bool"]),
    ("numeric", &["decimal"]),
    ("real", &["float4"]),
    ("double precision", &["float8", "float"]),
    ("character varying", &["varchar"]),
    ("character", &["char", "bpchar"]),
    ("bit varying", &["varbit"]),
    ("timestamp without time zone", &["timestamp"]),
    ("timestamp with time zone", &["timestamptz"]),
    ("time without time zone", &["time"]),
    ("time with time zone", &["timetz"]),
];

/// `int(10) unsigned` is matched by itself, `int unsigned`, `int(10)` and `int`; a type of
/// PostgreSQL also by its short names. `*` and `?` are wildcards; case does not matter.
pub(super) fn matches_type(pattern: &str, from: Dialect, declared: &str) -> bool {
    let pattern = tidy(pattern);
    names(from, &tidy(declared)).iter().any(|name| glob(&pattern, name))
}

fn names(from: Dialect, full: &str) -> Vec<String> {
    let (head, arguments, tail) = match (full.find('('), full.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            (&full[..open], &full[open..=close], full[close + 1..].trim())
        }
        _ => (full, "", ""),
    };
    let bare = tidy(&format!("{head} {tail}"));
    let mut names = vec![full.to_owned(), bare.clone()];
    if from == Dialect::Postgres {
        let (element, array) = match bare.strip_suffix("[]") {
            Some(element) => (element.trim(), "[]"),
            None => (bare.as_str(), ""),
        };
        let short = SHORT.iter().find(|(long, _)| *long == element).map_or(&[][..], |s| s.1);
        for name in short {
            names.push(format!("{name}{array}"));
            names.push(format!("{name}{arguments}{array}"));
        }
    } else {
        let base = head.split(' ').next().unwrap_or_default();
        names.push(base.to_owned());
        names.push(format!("{head}{arguments}"));
    }
    names
}

/// Lower case, single blanks, none beside parentheses and commas but after a closing one.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for c in text.trim().to_lowercase().chars() {
        let last = tidy.chars().last();
        match c {
            c if c.is_whitespace() => {
                if !matches!(last, None | Some(' ' | '(' | ',')) {
                    tidy.push(' ');
                }
            }
            '(' | ')' | ',' | '[' if last == Some(' ') => {
                tidy.pop();
                tidy.push(c);
            }
            c => tidy.push(c),
        }
    }
    tidy
}

/// The family of a meaning, for rules that name one.
pub(super) fn family(logical: &LogicalType) -> &'static str {
    match logical {
        LogicalType::Bool => "bool",
        LogicalType::Int { .. } => "int",
        LogicalType::Decimal { .. } => "decimal",
        LogicalType::Float { .. } => "float",
        LogicalType::Text { .. } => "text",
        LogicalType::Bytes { .. } => "bytes",
        LogicalType::Date => "date",
        LogicalType::Time { .. } | LogicalType::TimeSpan => "time",
        LogicalType::Timestamp { .. } => "timestamp",
        LogicalType::Interval => "interval",
        LogicalType::Uuid => "uuid",
        LogicalType::Json { .. } => "json",
        LogicalType::Xml => "xml",
        LogicalType::Enum => "enum",
        LogicalType::Set => "set",
        LogicalType::Year => "year",
        LogicalType::Geometry => "geometry",
        LogicalType::Bits { .. } => "bits",
        LogicalType::Array(_) => "array",
        LogicalType::Any | LogicalType::Numeric => "any",
        LogicalType::Other(_) => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_matched_by_what_people_type() {
        for (from, declared, patterns, others) in [
            (
                Dialect::Mysql,
                "int(10) unsigned zerofill",
                &["int", "INT(10)", "int unsigned zerofill", "* unsigned*", "int(10)*"][..],
                &["bigint", "int(11)", "unsigned"][..],
            ),
            (Dialect::Mysql, "tinyint(1)", &["tinyint( 1 )", "tinyint", "tiny*"], &["tinyint(4)"]),
            (Dialect::Mysql, "enum('a','b')", &["enum", "enum(*)"], &["set"]),
            (
                Dialect::Postgres,
                "timestamp(3) with time zone",
                &["timestamptz", "timestamptz(3)", "timestamp with time zone"],
                &["timestamp", "timestamptz(6)"],
            ),
            (Dialect::Postgres, "character varying(40)", &["varchar", "varchar(40)"], &["char"]),
            (Dialect::Postgres, "integer[]", &["int[]", "integer[]"], &["int"]),
            (Dialect::Sqlite, "NVARCHAR(160)", &["nvarchar", "nvarchar(160)"], &["varchar"]),
            (Dialect::Sqlite, "", &["", "*"], &["text"]),
        ] {
            for pattern in patterns {
                assert!(matches_type(pattern, from, declared), "{pattern} {declared}");
            }
            for pattern in others {
                assert!(!matches_type(pattern, from, declared), "{pattern} {declared}");
            }
        }
    }
}
