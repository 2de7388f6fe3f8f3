//! PostgreSQL's types by name: what an operator may write as the target of a rule, spelled as the
//! server spells it (`format_type`), and what it means.

use super::super::catalog::LogicalType;
use super::spelling::Spelling;

/// Types without a neutral meaning that a server is likely to have: its own, and those of common
/// extensions. Others must be written with their schema, `ext.my_type`.
const KNOWN: &[&str] = &[
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "money",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "tsvector",
    "tsquery",
    "int4range",
    "int8range",
    "numrange",
    "tsrange",
    "tstzrange",
    "daterange",
    "int4multirange",
    "int8multirange",
    "nummultirange",
    "tsmultirange",
    "tstzmultirange",
    "datemultirange",
    "pg_lsn",
    "jsonpath",
    "hstore",
    "ltree",
    "cube",
    "geometry",
    "geography",
    "vector",
    "halfvec",
];

/// PostgreSQL's limits of declared digits and lengths.
const PRECISION_MAX: i64 = 1000;
const LENGTH_MAX: i64 = 10_485_760;

/// A type of PostgreSQL as written by an operator: its spelling by the server and its meaning.
///
/// # Errors
/// The sentence that says why it is none.
pub fn postgres_type(text: &str) -> Result<(String, LogicalType), String> {
    let spelling = Spelling::read(text);
    let (name, logical) = base(text, &spelling)?;
    if spelling.dimensions == 0 {
        return Ok((name, logical));
    }
    let array = (0..spelling.dimensions).fold(logical, |inner, _| match inner {
        // Dimensions are not part of a type there.
        LogicalType::Array(inner) => LogicalType::Array(inner),
        inner => LogicalType::Array(Box::new(inner)),
    });
    Ok((format!("{name}[]"), array))
}

/// What a declared type means; `Other` for names that are not known here.
pub(super) fn meaning(declared: &str) -> LogicalType {
    postgres_type(declared).map_or(LogicalType::Other(declared.to_owned()), |(_, logical)| logical)
}

fn base(text: &str, spelling: &Spelling) -> Result<(String, LogicalType), String> {
    let first = spelling.numbers.first().copied();
    let int = |bits| LogicalType::Int { bits, unsigned: false };
    let plain = |name: &str, logical| Ok((name.to_owned(), logical));
    match spelling.name().as_str() {
        "boolean" | "bool" => plain("boolean", LogicalType::Bool),
        "smallint" | "int2" => plain("smallint", int(16)),
        "integer" | "int" | "int4" => plain("integer", int(32)),
        "bigint" | "int8" => plain("bigint", int(64)),
        "oid" => plain("oid", LogicalType::Int { bits: 32, unsigned: true }),
        "numeric" | "decimal" | "dec" => numeric(spelling),
        "real" | "float4" => plain("real", LogicalType::Float { bits: 32 }),
        "float" if first.is_some_and(|bits| bits <= 24) => {
            plain("real", LogicalType::Float { bits: 32 })
        }
        "double precision" | "float8" | "float" => {
            plain("double precision", LogicalType::Float { bits: 64 })
        }
        "text" => plain("text", LogicalType::Text { max: None, fixed: false }),
        "citext" => plain("citext", LogicalType::Text { max: None, fixed: false }),
        "character varying" | "varchar" => {
            length("character varying", first, |max| LogicalType::Text { max, fixed: false })
        }
        "character" | "char" | "bpchar" => length("character", Some(first.unwrap_or(1)), |max| {
            LogicalType::Text { max, fixed: true }
        }),
        "bytea" => plain("bytea", LogicalType::Bytes { max: None }),
        "date" => plain("date", LogicalType::Date),
        "time" | "time without time zone" => moment("time", first, false),
        "timetz" | "time with time zone" => moment("time", first, true),
        "timestamp" | "timestamp without time zone" => moment("timestamp", first, false),
        "timestamptz" | "timestamp with time zone" => moment("timestamp", first, true),
        "interval" => plain("interval", LogicalType::Interval),
        "uuid" => plain("uuid", LogicalType::Uuid),
        "json" => plain("json", LogicalType::Json { binary: false }),
        "jsonb" => plain("jsonb", LogicalType::Json { binary: true }),
        "xml" => plain("xml", LogicalType::Xml),
        "bit" => {
            length("bit", Some(first.unwrap_or(1)), |max| LogicalType::Bits { max, varying: false })
        }
        "bit varying" | "varbit" => {
            length("bit varying", first, |max| LogicalType::Bits { max, varying: true })
        }
        name if KNOWN.contains(&spelling.base()) || name.contains('.') => {
            let written = text.trim().trim_end_matches(['[', ']']).trim();
            plain(written, LogicalType::Other(written.to_owned()))
        }
        name => Err(format!(
            "PostgreSQL has no type {name:?} that is known here; write types of your own with \
             their schema, as in ext.{}",
            spelling.base()
        )),
    }
}

fn numeric(spelling: &Spelling) -> Result<(String, LogicalType), String> {
    let digits = |n: i64| u16::try_from(n).ok().filter(|_| (1..=PRECISION_MAX).contains(&n));
    match spelling.numbers[..] {
        [] => Ok(("numeric".to_owned(), LogicalType::Decimal { precision: None, scale: None })),
        [precision, ref rest @ ..] if rest.len() < 2 => {
            let scale = rest.first().copied().unwrap_or(0);
            match (digits(precision), i16::try_from(scale)) {
                (Some(p), Ok(s)) if (0..=precision).contains(&scale) => Ok((
                    format!("numeric({p},{s})"),
                    LogicalType::Decimal { precision: Some(p), scale: Some(s) },
                )),
                _ => Err(format!("numeric({precision},{scale}) is no type of PostgreSQL")),
            }
        }
        _ => Err("numeric has a precision and a scale, no more".to_owned()),
    }
}

fn length(
    name: &str,
    length: Option<i64>,
    make: impl Fn(Option<u32>) -> LogicalType,
) -> Result<(String, LogicalType), String> {
    match length {
        None => Ok((name.to_owned(), make(None))),
        Some(n) if (1..=LENGTH_MAX).contains(&n) => {
            Ok((format!("{name}({n})"), make(u32::try_from(n).ok())))
        }
        Some(n) => Err(format!("{name}({n}): lengths are from 1 to {LENGTH_MAX}")),
    }
}

fn moment(name: &str, digits: Option<i64>, zoned: bool) -> Result<(String, LogicalType), String> {
    let zone = if zoned { "with" } else { "without" };
    let logical = match name {
        "time" => LogicalType::Time { zoned },
        _ => LogicalType::Timestamp { zoned },
    };
    match digits {
        None | Some(6) => Ok((format!("{name} {zone} time zone"), logical)),
        Some(n) if (0..=6).contains(&n) => Ok((format!("{name}({n}) {zone} time zone"), logical)),
        Some(n) => Err(format!("{name}({n}): a second has at most 6 digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_spelled_as_the_server_spells_them() {
        for (written, spelled) in [
            ("INT", "integer"),
            ("bool", "boolean"),
            ("varchar(10)", "character varying(10)"),
            ("varchar", "character varying"),
            ("char", "character(1)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(5)", "numeric(5,0)"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("text[]", "text[]"),
            ("int[][]", "integer[]"),
            ("bit(3)", "bit(3)"),
            ("ext.Mood", "ext.Mood"),
            ("inet", "inet"),
            ("vector(3)", "vector(3)"),
        ] {
            assert_eq!(postgres_type(written).map(|(name, _)| name).as_deref(), Ok(spelled));
            let (_, meaning) = postgres_type(spelled).unwrap();
            assert_eq!(postgres_type(written).map(|(_, logical)| logical), Ok(meaning));
        }
    }

    #[test]
    fn what_is_no_type_is_refused_in_words() {
        for (written, word) in [
            ("integr", "integr"),
            ("", "no type"),
            ("numeric(2000)", "2000"),
            ("numeric(2,3)", "(2,3)"),
            ("varchar(0)", "1 to"),
            ("timestamp(7)", "6 digits"),
            ("unsigned int", "unsigned"),
        ] {
            let error = postgres_type(written).unwrap_err();
            assert!(error.contains(word), "{written}: {error}");
        }
    }
}
