//! Defaults of columns in the other engine's SQL.

use super::super::catalog::LogicalType;
use super::super::name::Dialect;
use super::expression::{CLOCK, NOW, Scope, TODAY, strip_parentheses, translate};
use super::literal;
use super::token::{Token, tokens};

/// `text`, a default of engine `from`, for a column of type `logical` on engine `to`.
///
/// # Errors
/// Why not; a phrase for the checklist.
pub fn translate_default(
    text: &str,
    from: Dialect,
    to: Dialect,
    logical: &LogicalType,
) -> Result<String, String> {
    let scope = Scope { from, to, columns: &[], target_names: &[] };
    let written = translate(text, &scope)?;
    let bare = strip_parentheses(&written);
    match to {
        _ if bare == "NULL" => Ok(bare.to_owned()),
        Dialect::Postgres => on_postgres(bare, logical),
        Dialect::Sqlite | Dialect::Mysql => Ok(on_sqlite(bare, logical)),
    }
}

fn on_postgres(bare: &str, logical: &LogicalType) -> Result<String, String> {
    if [NOW, TODAY, CLOCK].contains(&bare) {
        return moment(bare, logical);
    }
    let refuse = |why: &str| Err(why.to_owned());
    let text = text_of(bare);
    let number = bare.trim_start_matches('-').parse::<f64>().is_ok();
    match logical {
        LogicalType::Bool => match text.as_deref().unwrap_or(bare) {
            "0" | "f" | "false" => Ok("false".to_owned()),
            "1" | "t" | "true" => Ok("true".to_owned()),
            _ => refuse("the default is no truth value"),
        },
        LogicalType::Int { .. } => {
            let digits = text.as_deref().unwrap_or(bare);
            match digits.parse::<i64>() {
                Ok(_) => Ok(digits.to_owned()),
                Err(_) if text.is_none() && !number => Ok(bare.to_owned()),
                Err(_) => refuse("the default is no whole number"),
            }
        }
        LogicalType::Decimal { .. } | LogicalType::Float { .. } => {
            let digits = text.as_deref().unwrap_or(bare);
            let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            match digits.parse::<f64>() {
                Ok(_) if plain => Ok(digits.to_owned()),
                Err(_) if text.is_none() => Ok(bare.to_owned()),
                _ => refuse("the default is no number"),
            }
        }
        LogicalType::Text { .. } if number && !bare.contains(['e', 'E']) => {
            Ok(literal(Dialect::Postgres, bare))
        }
        LogicalType::Text { .. } if text.is_some() => Ok(bare.to_owned()),
        LogicalType::Text { .. } => refuse("the default is no text"),
        LogicalType::Bytes { .. } if bare.starts_with("'\\x") => Ok(bare.to_owned()),
        LogicalType::Bytes { .. } => refuse("the default is no blob"),
        LogicalType::Date | LogicalType::Timestamp { zoned: false } => match text {
            Some(date) if is_moment(&date) => Ok(bare.to_owned()),
            _ => refuse("the default is no ISO date"),
        },
        LogicalType::Json { .. } if matches!(text.as_deref(), Some("{}" | "[]")) => {
            Ok(bare.to_owned())
        }
        _ => refuse("the default does not surely fit the type"),
    }
}

/// The current moment in the shape that SQLite would have stored.
fn moment(bare: &str, logical: &LogicalType) -> Result<String, String> {
    let shape = match bare {
        TODAY => "YYYY-MM-DD",
        CLOCK => "HH24:MI:SS",
        _ => "YYYY-MM-DD HH24:MI:SS",
    };
    match (bare, logical) {
        (_, LogicalType::Text { .. }) => {
            Ok(format!("to_char(now() AT TIME ZONE 'UTC', '{shape}')"))
        }
        (NOW, LogicalType::Timestamp { zoned: false })
        | (TODAY, LogicalType::Date)
        | (CLOCK, LogicalType::Time { zoned: false }) => Ok(bare.to_owned()),
        (NOW, LogicalType::Timestamp { zoned: true }) => {
            Ok("date_trunc('second', now())".to_owned())
        }
        _ => Err("the default is a moment and the column none".to_owned()),
    }
}

/// The text that a literal stands for.
fn text_of(bare: &str) -> Option<String> {
    let all = tokens(bare, Dialect::Postgres);
    match all.iter().map(|t| &t.token).collect::<Vec<_>>().as_slice() {
        [Token::Text(text)] => Some(text.clone()),
        [Token::Word(mark), Token::Text(text)] if mark == "E" => Some(text.clone()),
        _ => None,
    }
}

/// A date of the calendar, with a time of day or without. A default that the server refuses would
/// take the whole table with it.
fn is_moment(text: &str) -> bool {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let number = |part: &str, len: usize| match part.len() == len {
        true if part.bytes().all(|b| b.is_ascii_digit()) => part.parse::<u32>().ok(),
        _ => None,
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let last = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let clock = |time: &str| {
        let limits = [24, 60, 60];
        let parts: Vec<&str> = time.split(':').collect();
        (2..=3).contains(&parts.len())
            && parts.iter().zip(limits).all(|(p, limit)| number(p, 2).is_some_and(|n| n < limit))
    };
    year > 0 && (1..=12).contains(&month) && (1..=last).contains(&day) && time.is_none_or(clock)
}

/// SQLite takes literals, signed numbers and the current moments bare, the rest in parentheses.
fn on_sqlite(bare: &str, logical: &LogicalType) -> String {
    match (bare, logical) {
        ("true", _) => return "1".to_owned(),
        ("false", _) => return "0".to_owned(),
        // In the shape of the copied values, zone included.
        ("CURRENT_TIMESTAMP", LogicalType::Timestamp { zoned: true }) => {
            return "(strftime('%Y-%m-%d %H:%M:%S+00', 'now'))".to_owned();
        }
        _ => {}
    }
    let all = tokens(bare, Dialect::Postgres);
    let plain = matches!(
        all.iter().map(|t| &t.token).collect::<Vec<_>>().as_slice(),
        [Token::Text(_) | Token::Number(_) | Token::Blob(_) | Token::Word(_)]
            | [Token::Sign("-"), Token::Number(_)]
    );
    if plain { bare.to_owned() } else { format!("({bare})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: LogicalType = LogicalType::Text { max: None, fixed: false };
    const INT: LogicalType = LogicalType::Int { bits: 64, unsigned: false };

    #[test]
    fn defaults_of_sqlite_on_postgres() {
        let stamp = LogicalType::Timestamp { zoned: false };
        for (text, logical, expected) in [
            ("NULL", INT, Some("NULL")),
            ("3", INT, Some("3")),
            ("'3'", INT, Some("3")),
            ("1.5", INT, None),
            ("'x'", INT, None),
            ("(1+1)", INT, Some("1 + 1")),
            ("-4.99", LogicalType::Decimal { precision: None, scale: None }, Some("-4.99")),
            ("'Y'", TEXT, Some("'Y'")),
            ("\"double\"", TEXT, Some("'double'")),
            ("0", TEXT, Some("'0'")),
            ("'o''x'", TEXT, Some("'o''x'")),
            ("1", LogicalType::Bool, Some("true")),
            ("2", LogicalType::Bool, None),
            ("CURRENT_TIMESTAMP", stamp.clone(), Some(NOW)),
            ("datetime('now')", stamp.clone(), Some(NOW)),
            ("datetime('now', 'localtime')", stamp.clone(), None),
            (
                "CURRENT_TIMESTAMP",
                TEXT,
                Some("to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"),
            ),
            ("'0000-00-00'", LogicalType::Date, None),
            ("'2020-01-01'", LogicalType::Date, Some("'2020-01-01'")),
            ("'2020-04-31'", LogicalType::Date, None),
            ("'2020-01-01 25:00'", LogicalType::Date, None),
            ("'x'", LogicalType::Uuid, None),
            ("X'00ff'", LogicalType::Bytes { max: None }, Some("'\\x00ff'::bytea")),
            ("randomblob(16)", LogicalType::Bytes { max: None }, None),
        ] {
            let got = translate_default(text, Dialect::Sqlite, Dialect::Postgres, &logical);
            assert_eq!(got.ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn defaults_of_postgres_on_sqlite() {
        for (text, expected) in [
            ("3", Some("3")),
            ("'-1'::integer", Some("-1")),
            ("true", Some("1")),
            ("now()", Some("CURRENT_TIMESTAMP")),
            ("CURRENT_DATE", Some("CURRENT_DATE")),
            ("'G'::mpaa_rating", Some("'G'")),
            ("'{}'::text[]", Some("'{}'")),
            ("'a'::character varying", Some("'a'")),
            ("(1 + 2)", Some("(1 + 2)")),
            ("NULL::character varying", Some("NULL")),
            ("nextval('s'::regclass)", None),
            ("gen_random_uuid()", None),
            ("'NaN'::double precision", None),
        ] {
            let got = translate_default(text, Dialect::Postgres, Dialect::Sqlite, &TEXT);
            assert_eq!(got.ok().as_deref(), expected, "{text}");
        }
        let zoned = LogicalType::Timestamp { zoned: true };
        let got = translate_default("now()", Dialect::Postgres, Dialect::Sqlite, &zoned);
        assert_eq!(got.as_deref(), Ok("(strftime('%Y-%m-%d %H:%M:%S+00', 'now'))"));
    }
}
