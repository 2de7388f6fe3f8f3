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
    let scope = Scope::bare(from, to);
    let written = translate(text, &scope)?;
    let bare = strip_parentheses(&written);
    match to {
        _ if bare == "NULL" => Ok(bare.to_owned()),
        Dialect::Postgres => on_postgres(bare, logical),
        Dialect::Sqlite => Ok(on_sqlite(bare, logical)),
        Dialect::Mysql => on_mysql(bare, logical),
    }
}

fn on_postgres(bare: &str, logical: &LogicalType) -> Result<String, String> {
    if [NOW, TODAY, CLOCK].contains(&bare) {
        return moment(bare, logical);
    }
    if bare.starts_with("CURRENT_") || bare.starts_with("LOCALTIME") || bare.contains("_uuid()") {
        return call_on_postgres(bare, logical);
    }
    let refuse = |why: &str| Err(why.to_owned());
    let text = text_of(bare, Dialect::Postgres);
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
        LogicalType::Text { .. } | LogicalType::Enum if text.is_some() => Ok(bare.to_owned()),
        LogicalType::Text { .. } => refuse("the default is no text"),
        LogicalType::Bytes { .. } if bare.starts_with("'\\x") => Ok(bare.to_owned()),
        LogicalType::Bytes { .. } => bytes_of(text),
        LogicalType::Bits { max, varying: false } if bare.starts_with("B'") => {
            let digits = bare.trim_matches(['B', '\'']);
            let width = max.unwrap_or(1) as usize;
            Ok(format!("B'{digits:0>width$}'"))
        }
        LogicalType::Interval => match text {
            Some(span) if is_span(&span) => Ok(bare.to_owned()),
            _ => refuse("the default is no span of time"),
        },
        LogicalType::Timestamp { zoned: true } => match text {
            Some(date) if is_moment(&date) && date.len() > 10 => {
                Ok(literal(Dialect::Postgres, &format!("{date}+00")))
            }
            _ => refuse("the default does not surely fit the type"),
        },
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

/// A text default of a binary column, in hexadecimal digits.
fn bytes_of(text: Option<String>) -> Result<String, String> {
    match text {
        Some(text) if text.is_ascii() => {
            let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            Ok(format!("'\\x{digits}'::bytea"))
        }
        _ => Err("the default is no blob".to_owned()),
    }
}

/// The current moment and new UUIDs, as PostgreSQL spells them.
fn call_on_postgres(bare: &str, logical: &LogicalType) -> Result<String, String> {
    let fits = match logical {
        LogicalType::Timestamp { .. } => bare.starts_with("CURRENT_TIMESTAMP"),
        LogicalType::Date => bare == "CURRENT_DATE",
        LogicalType::Time { zoned: false } => bare.starts_with("LOCALTIME"),
        LogicalType::Text { .. } => bare == "gen_random_uuid()::text",
        LogicalType::Uuid if bare == "gen_random_uuid()::text" => {
            return Ok("gen_random_uuid()".to_owned());
        }
        _ => false,
    };
    if fits {
        Ok(bare.to_owned())
    } else {
        Err("the default is a moment and the column none".into())
    }
}

/// Literals in the shape that the type asks for; the writer knows which must be in parentheses.
fn on_mysql(bare: &str, logical: &LogicalType) -> Result<String, String> {
    let text = text_of(bare, Dialect::Mysql);
    let Some(text) = text else {
        return match (bare, logical) {
            ("0", LogicalType::Bool) => Ok("false".to_owned()),
            ("1", LogicalType::Bool) => Ok("true".to_owned()),
            (digits, LogicalType::Text { .. }) if digits.parse::<f64>().is_ok() => {
                Ok(literal(Dialect::Mysql, digits))
            }
            _ => Ok(bare.to_owned()),
        };
    };
    let refuse = |why: &str| Err(why.to_owned());
    match logical {
        LogicalType::Bool | LogicalType::Int { bits: 8, .. } if text.len() == 1 => {
            match text.as_str() {
                "t" | "1" => Ok("1".to_owned()),
                "f" | "0" => Ok("0".to_owned()),
                digit if digit.parse::<u8>().is_ok() => Ok(text),
                _ => refuse("the default is no truth value"),
            }
        }
        LogicalType::Int { .. } => match text.parse::<i128>() {
            Ok(_) => Ok(text),
            Err(_) => refuse("the default is no whole number"),
        },
        LogicalType::Decimal { .. } | LogicalType::Float { .. } => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(text),
            _ => refuse("the default is no number"),
        },
        LogicalType::Bits { .. } if text.bytes().all(|b| matches!(b, b'0' | b'1')) => {
            Ok(format!("b'{text}'"))
        }
        LogicalType::Date | LogicalType::Timestamp { .. } => {
            let plain = text.strip_suffix("+00").unwrap_or(&text);
            match is_moment(plain) {
                true => Ok(literal(Dialect::Mysql, plain)),
                false => refuse("the default is no ISO date"),
            }
        }
        LogicalType::TimeSpan | LogicalType::Time { .. } => match is_span(&text) {
            true => Ok(bare.to_owned()),
            false => refuse("the default is no time"),
        },
        LogicalType::Text { .. } | LogicalType::Enum | LogicalType::Uuid => Ok(bare.to_owned()),
        LogicalType::Json { .. } if matches!(text.as_str(), "{}" | "[]") => Ok(bare.to_owned()),
        _ => refuse("the default does not surely fit the type"),
    }
}

/// `838:59:59`, with a fraction or without.
fn is_span(text: &str) -> bool {
    let parts: Vec<&str> = text.trim_start_matches('-').split(':').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [hours, minutes, seconds] => {
            let whole = seconds.split_once('.').map_or(*seconds, |(whole, _)| whole);
            digits(hours) && digits(minutes) && digits(whole)
        }
        _ => false,
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
fn text_of(bare: &str, dialect: Dialect) -> Option<String> {
    let all = tokens(bare, dialect);
    match all.as_slice() {
        [only] => match &only.token {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A date of the calendar, with a time of day or without. A default that the server refuses would
/// take the whole table with it.
pub(super) fn is_moment(text: &str) -> bool {
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
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let limits = [24, 60, 60];
        if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
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
    if is_plain(bare) { bare.to_owned() } else { format!("({bare})") }
}

/// A literal, a signed number or one word.
pub(super) fn is_plain(bare: &str) -> bool {
    // Read as MySQL would: a backslash does not end a text early.
    let all = tokens(bare, Dialect::Mysql);
    matches!(
        all.iter().map(|t| &t.token).collect::<Vec<_>>().as_slice(),
        [Token::Text(_) | Token::Number(_) | Token::Blob(_) | Token::Bits(_) | Token::Word(_)]
            | [Token::Sign("-"), Token::Number(_)]
    )
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
    fn defaults_of_mysql_on_postgres() {
        let stamp = LogicalType::Timestamp { zoned: false };
        for (text, logical, expected) in [
            ("'5'", INT, Some("5")),
            ("'it''s \\\\'", TEXT, Some("E'it''s \\\\'")),
            ("'1.50'", LogicalType::Decimal { precision: None, scale: None }, Some("1.50")),
            ("b'101'", LogicalType::Bits { max: Some(5), varying: false }, Some("B'00101'")),
            ("'ab\\0'", LogicalType::Bytes { max: Some(3) }, Some("'\\x616200'::bytea")),
            ("0x6162", LogicalType::Bytes { max: Some(3) }, Some("'\\x6162'::bytea")),
            ("CURRENT_TIMESTAMP(3)", stamp.clone(), Some("CURRENT_TIMESTAMP(3)")),
            ("current_timestamp()", stamp.clone(), Some("CURRENT_TIMESTAMP(0)")),
            ("curdate()", LogicalType::Date, Some("CURRENT_DATE")),
            ("(uuid())", TEXT, Some("gen_random_uuid()::text")),
            ("uuid()", LogicalType::Uuid, Some("gen_random_uuid()")),
            (
                "'2020-01-01 00:00:00'",
                LogicalType::Timestamp { zoned: true },
                Some("'2020-01-01 00:00:00+00'"),
            ),
            ("'0000-00-00 00:00:00'", stamp, None),
            ("_utf8mb4'x'", TEXT, Some("'x'")),
            ("_latin1'\u{e9}'", TEXT, None),
            ("rand()", LogicalType::Float { bits: 64 }, None),
            ("json_array()", LogicalType::Json { binary: true }, None),
            ("'12:00:00'", LogicalType::Interval, Some("'12:00:00'")),
            ("1", LogicalType::Bool, Some("true")),
        ] {
            let got = translate_default(text, Dialect::Mysql, Dialect::Postgres, &logical);
            assert_eq!(got.ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn defaults_of_postgres_on_mysql() {
        for (text, logical, expected) in [
            ("true", LogicalType::Bool, Some("true")),
            ("'x\\y'::text", TEXT, Some("'x\\\\y'")),
            ("'-1'::integer", INT, Some("-1")),
            ("now()", LogicalType::Timestamp { zoned: true }, Some("CURRENT_TIMESTAMP(6)")),
            ("'{}'::text[]", TEXT, Some("'{}'")),
            (
                "'2020-01-01 00:00:00+00'::timestamp with time zone",
                LogicalType::Timestamp { zoned: false },
                Some("'2020-01-01 00:00:00'"),
            ),
            (
                "'infinity'::timestamp without time zone",
                LogicalType::Timestamp { zoned: false },
                None,
            ),
            ("gen_random_uuid()", TEXT, Some("uuid()")),
            ("nextval('s'::regclass)", INT, None),
            ("ARRAY[1]", TEXT, None),
        ] {
            let got = translate_default(text, Dialect::Postgres, Dialect::Mysql, &logical);
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
