//! The one statement that answers all questions of a table, and reading its one row.

use std::fmt::Write as _;

use super::super::name::Dialect;
use super::super::sql::{RowsWanted, conditions, literal, qualified, quote};
use super::text::WINDOWS_1252;
use super::{Asked, Charset, Found, Question, ScanAnswer, ScanRequest, StoredText};

/// Questions of one statement: two columns of the answer each. Engines allow 1,664 columns and
/// more; a statement of this size is still read in one go.
pub const QUESTIONS_MAX: usize = 200;

/// Characters of a key's column that a message shows.
const KEY_CHARS: u32 = 80;

/// `SELECT rows, count, key, count, key, ... FROM table`: one row, every cell text or NULL.
///
/// PostgreSQL and SQLite work out each condition once per row in an inner query, which `OFFSET 0`
/// keeps from being merged with the outer one; MySQL would write such a query to a temporary table,
/// so there the conditions stand in the aggregates.
#[must_use]
pub fn scan_select(dialect: Dialect, request: &ScanRequest) -> String {
    let conditions: Vec<String> =
        request.questions.iter().map(|asked| condition(dialect, asked)).collect();
    let table = format!("{}{}", qualified(dialect, &request.table), filter(dialect, request));
    match dialect {
        Dialect::Mysql => {
            let key = key_text(dialect, request, |column| quote(dialect, column));
            let mut cells = vec!["CAST(count(*) AS CHAR)".to_owned()];
            for condition in &conditions {
                cells.push(format!("CAST(count(CASE WHEN {condition} THEN 1 END) AS CHAR)"));
                cells.push(match &key {
                    Some(key) => format!("min(CASE WHEN {condition} THEN {key} END)"),
                    None => "NULL".to_owned(),
                });
            }
            format!("SELECT {} FROM {table}", cells.join(", "))
        }
        Dialect::Postgres | Dialect::Sqlite => {
            let at = |column: &str| {
                request
                    .key
                    .iter()
                    .position(|k| k == column)
                    .map_or_else(|| "k".to_owned(), |at| format!("k{at}"))
            };
            let key = key_text(dialect, request, at);
            let text = |what: &str| format!("CAST({what} AS text)");
            let mut cells = vec![text("count(*)")];
            for at in 0..conditions.len() {
                cells.push(text(&format!("count(*) FILTER (WHERE q{at})")));
                cells.push(match &key {
                    Some(key) => format!("min({key}) FILTER (WHERE q{at})"),
                    None => "NULL".to_owned(),
                });
            }
            let keys = inner_keys(dialect, request);
            let asked = conditions.iter().enumerate().map(|(at, c)| format!("({c}) AS q{at}"));
            let inner: Vec<String> = keys.into_iter().chain(asked).collect();
            let (only, all) = match dialect {
                Dialect::Postgres => ("ONLY ", ""),
                _ => ("", "LIMIT -1 "),
            };
            format!(
                "SELECT {} FROM (SELECT {} FROM {only}{table} {all}OFFSET 0) AS s",
                cells.join(", "),
                inner.join(", ")
            )
        }
    }
}

/// A sample is not asked for: which rows it takes is chance. A text that cannot stand in a
/// statement is left to those who read the rows: they say what is wrong with it.
fn filter(dialect: Dialect, request: &ScanRequest) -> String {
    let rows = RowsWanted { filter: request.filter.as_deref(), sample: None };
    let wanted = conditions(dialect, &rows).unwrap_or_default();
    wanted.iter().map(|text| format!(" WHERE {text}")).collect()
}

/// The columns of the inner query that name a row.
fn inner_keys(dialect: Dialect, request: &ScanRequest) -> Vec<String> {
    if !request.key.is_empty() {
        let named = request.key.iter().enumerate();
        return named.map(|(at, name)| format!("{} AS k{at}", quote(dialect, name))).collect();
    }
    match (dialect, request.rowid) {
        (Dialect::Postgres, _) => vec!["ctid AS k".to_owned()],
        (Dialect::Sqlite, Some(rowid)) => vec![format!("{rowid} AS k")],
        _ => Vec::new(),
    }
}

/// `id=7, line=3`, as an expression.
fn key_text(
    dialect: Dialect,
    request: &ScanRequest,
    at: impl Fn(&str) -> String,
) -> Option<String> {
    let cell = |name: &str, expression: &str| {
        let label = literal(dialect, &format!("{name}="));
        let raw = request.raw_text;
        match dialect {
            // Bytes that nobody checked are shown escaped: they may be no text.
            Dialect::Postgres if raw => format!(
                "{label} || pg_catalog.left(pg_catalog.encode(pg_catalog.convert_to(\
                 {expression}::text, 'SQL_ASCII'), 'escape'), {KEY_CHARS})"
            ),
            Dialect::Postgres => {
                format!("{label} || pg_catalog.left({expression}::text, {KEY_CHARS})")
            }
            Dialect::Sqlite => format!(
                "{label} || substr(CASE typeof({expression}) WHEN 'blob' THEN hex({expression}) \
                 ELSE CAST({expression} AS TEXT) END, 1, {KEY_CHARS})"
            ),
            Dialect::Mysql => {
                format!("{label}, left(CONVERT({expression} USING utf8mb4), {KEY_CHARS})")
            }
        }
    };
    let cells: Vec<String> = match request.key.as_slice() {
        [] => match (dialect, request.rowid) {
            (Dialect::Postgres, _) => vec![cell("ctid", "k")],
            (Dialect::Sqlite, Some(_)) => vec![cell("rowid", "k")],
            _ => return None,
        },
        names => names.iter().map(|name| cell(name, &at(name))).collect(),
    };
    Some(match dialect {
        Dialect::Mysql => format!("concat({})", cells.join(", ', ', ")),
        Dialect::Postgres | Dialect::Sqlite => cells.join(" || ', ' || "),
    })
}

/// Reads the row that [`scan_select`] gives. `None`: it is not such a row.
#[must_use]
pub fn read_answer(request: &ScanRequest, cells: &[Option<String>]) -> Option<ScanAnswer> {
    let (rows, rest) = cells.split_first()?;
    let number = |cell: &Option<String>| cell.as_deref()?.trim().parse::<u64>().ok();
    let found: Option<Vec<Found>> = rest
        .chunks(2)
        .map(|pair| Some(Found { count: number(pair.first()?)?, key: pair.get(1)?.clone() }))
        .collect();
    let found = found.filter(|found| found.len() == request.questions.len())?;
    Some(ScanAnswer { rows: number(rows)?, found })
}

fn condition(dialect: Dialect, asked: &Asked) -> String {
    let c = quote(dialect, &asked.column);
    match dialect {
        Dialect::Postgres => on_postgres(&c, &asked.question),
        Dialect::Mysql => on_mysql(&c, &asked.question),
        Dialect::Sqlite => on_sqlite(&c, &asked.question),
    }
}

/// What no engine of this kind is ever asked.
const NEVER: &str = "1 = 0";

fn on_postgres(c: &str, question: &Question) -> String {
    match question {
        Question::IntegerOutside { min, max, whole } => {
            let fraction =
                if *whole { format!(" OR {c} <> pg_catalog.trunc({c})") } else { String::new() };
            format!("{c} < {min} OR {c} > {max}{fraction}")
        }
        // NaN is greater than every number.
        Question::DecimalOutside { precision, scale } => {
            let limit = i32::from(*precision) - i32::from(*scale);
            format!(
                "pg_catalog.abs({c}::numeric) >= 1e{limit}::numeric \
                 OR {c}::numeric <> pg_catalog.round({c}::numeric, {scale})"
            )
        }
        Question::NotFinite { infinite: true } => {
            format!("{c}::text IN ('NaN', 'Infinity', '-Infinity')")
        }
        Question::NotFinite { infinite: false } => format!("{c} = 'NaN'"),
        Question::LongerChars(max) => format!("pg_catalog.char_length({c}::text) > {max}"),
        Question::LongerBytes { max, text: true } => {
            format!("pg_catalog.octet_length(pg_catalog.convert_to({c}::text, 'UTF8')) > {max}")
        }
        Question::LongerBytes { max, text: false } => {
            format!("pg_catalog.octet_length({c}) > {max}")
        }
        Question::OtherLength(length) => format!("pg_catalog.octet_length({c}) <> {length}"),
        Question::MomentOutside { from, until } => {
            format!("NOT pg_catalog.isfinite({c}) OR {c} < '{from}' OR {c} >= '{until}'")
        }
        Question::NotUuid => format!("{c}::text !~ '^{UUID}$'"),
        Question::InvalidText(StoredText::Raw) => format!(
            "{c}::text ~ '{NOT_ASCII}' AND {c}::text !~ '^({}|{})*$'",
            r"[\u0001-\u007f]", UTF8_BYTES
        ),
        Question::InvalidText(_) => format!("{c}::text ~ '{WINDOWS_1252_HOLES}'"),
        Question::OutsideCharset(charset) => {
            format!("{c}::text ~ '[^{}]'", postgres_class(*charset))
        }
        Question::EncodedTwice(stored) => {
            let several = match stored {
                StoredText::Unicode => seen_as_windows_1252(),
                _ => UTF8_BYTES.to_owned(),
            };
            format!(
                "{c}::text ~ '{NOT_ASCII}' AND {c}::text ~ '^({}|{several})*$'",
                r"[\u0001-\u007f]"
            )
        }
        Question::JsonNul => format!(r"pg_catalog.strpos({c}::text, E'\\u0000') > 0"),
        Question::ZeroDate
        | Question::OutsideDay
        | Question::OtherClass(_)
        | Question::NotMoment(_)
        | Question::NotJson
        | Question::Nul => NEVER.to_owned(),
    }
}

const UUID: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const NOT_ASCII: &str = r"[^\u0001-\u007f]";
/// Bytes that Windows-1252 has no character for: PostgreSQL stores them and cannot convert them.
const WINDOWS_1252_HOLES: &str = r"[\u0081\u008d\u008f\u0090\u009d]";
/// A character of several bytes in UTF-8, where a character of the text is one byte.
const UTF8_BYTES: &str = concat!(
    r"[\u00c2-\u00df][\u0080-\u00bf]|\u00e0[\u00a0-\u00bf][\u0080-\u00bf]|",
    r"[\u00e1-\u00ec\u00ee\u00ef][\u0080-\u00bf]{2}|\u00ed[\u0080-\u009f][\u0080-\u00bf]|",
    r"\u00f0[\u0090-\u00bf][\u0080-\u00bf]{2}|[\u00f1-\u00f3][\u0080-\u00bf]{3}|",
    r"\u00f4[\u0080-\u008f][\u0080-\u00bf]{2}"
);

/// The same where those bytes were read as Windows-1252 or Latin-1.
fn seen_as_windows_1252() -> String {
    let mut next = r"[\u0080-\u00bf".to_owned();
    for c in WINDOWS_1252.iter().filter(|c| u32::from(**c) > 0xff) {
        write!(next, "\\u{:04x}", u32::from(*c)).expect("writing to a string succeeds");
    }
    next.push(']');
    format!(r"[\u00c2-\u00df]{next}|[\u00e0-\u00ef]{next}{{2}}|[\u00f0-\u00f4]{next}{{3}}")
}

/// The characters of a set, inside brackets.
fn postgres_class(charset: Charset) -> String {
    match charset {
        Charset::Ascii => r"\u0001-\u007f".to_owned(),
        Charset::Latin1 => r"\u0001-\u00ff".to_owned(),
        Charset::Utf8mb3 => r"\u0001-\uffff".to_owned(),
        Charset::Windows1252 => {
            let mut class = r"\u0001-\u007f\u00a0-\u00ff".to_owned();
            for c in WINDOWS_1252.iter().filter(|c| u32::from(**c) > 0xff) {
                write!(class, "\\u{:04x}", u32::from(*c)).expect("writing to a string succeeds");
            }
            class
        }
    }
}

fn on_mysql(c: &str, question: &Question) -> String {
    match question {
        Question::IntegerOutside { min, max, whole } => {
            let fraction =
                if *whole { format!(" OR {c} <> truncate({c}, 0)") } else { String::new() };
            format!("{c} < {min} OR {c} > {max}{fraction}")
        }
        Question::DecimalOutside { precision, scale } => {
            let limit = i32::from(*precision) - i32::from(*scale);
            let one = format!("1{}", "0".repeat(usize::try_from(limit).unwrap_or(0)));
            format!("abs({c}) >= {one} OR {c} <> round({c}, {scale})")
        }
        Question::LongerChars(max) => format!("char_length({c}) > {max}"),
        Question::LongerBytes { max, text: true } => {
            format!("octet_length(CONVERT({c} USING utf8mb4)) > {max}")
        }
        Question::LongerBytes { max, text: false } => format!("octet_length({c}) > {max}"),
        Question::OtherLength(length) => format!("octet_length({c}) <> {length}"),
        // Comparing with '0000-00-00' is an error in strict sessions; the functions are not.
        Question::ZeroDate => format!(
            "{c} IS NOT NULL AND (year({c}) = 0 OR month({c}) = 0 OR dayofmonth({c}) = 0 \
             OR last_day({c}) IS NULL OR dayofmonth({c}) > dayofmonth(last_day({c})))"
        ),
        Question::OutsideDay => {
            format!("{c} < TIME'00:00:00' OR {c} > TIME'23:59:59.999999'")
        }
        Question::MomentOutside { from, until } => {
            format!("{c} < '{from}' OR {c} >= '{until}'")
        }
        Question::NotUuid => {
            format!("CONVERT({c} USING utf8mb4) NOT REGEXP '^{UUID}$'")
        }
        Question::InvalidText(StoredText::Charset(charset)) => invalid_on_mysql(c, charset),
        Question::Nul => {
            format!("instr(CONVERT({c} USING utf8mb4), CHAR(0 USING utf8mb4)) > 0")
        }
        Question::JsonNul => format!(r"instr(CONVERT({c} USING utf8mb4), '\\u0000') > 0"),
        Question::OutsideCharset(charset) => {
            let name = match charset {
                Charset::Ascii => "ascii",
                Charset::Latin1 | Charset::Windows1252 => "latin1",
                Charset::Utf8mb3 => "utf8mb3",
            };
            format!(
                "CAST(CONVERT(CONVERT({c} USING {name}) USING utf8mb4) AS BINARY) \
                 <> CAST(CONVERT({c} USING utf8mb4) AS BINARY)"
            )
        }
        // There and back again gives the same bytes only when every character is one byte in
        // Windows-1252 and the bytes are UTF-8; that they differ at all means it is not ASCII.
        Question::EncodedTwice(_) => {
            let text = format!("CONVERT({c} USING utf8mb4)");
            let bytes = format!("CAST(CONVERT({c} USING latin1) AS BINARY)");
            let meant = format!("CONVERT({bytes} USING utf8mb4)");
            format!(
                "octet_length({text}) > char_length({c}) \
                 AND CAST({meant} AS BINARY) = {bytes} \
                 AND char_length({meant}) < char_length({c}) \
                 AND CAST(CONVERT(CONVERT({c} USING latin1) USING utf8mb4) AS BINARY) \
                 = CAST({text} AS BINARY)"
            )
        }
        Question::NotFinite { .. }
        | Question::OtherClass(_)
        | Question::NotMoment(_)
        | Question::NotJson
        | Question::InvalidText(_) => NEVER.to_owned(),
    }
}

/// In UTF-8 the bytes are read again as what they are; in other sets the text goes to Unicode and
/// back: what has no character does not return.
fn invalid_on_mysql(c: &str, charset: &str) -> String {
    let known = charset.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !known {
        return NEVER.to_owned();
    }
    let again = match charset {
        "utf8mb4" | "utf8mb3" | "utf8" => {
            format!("CONVERT(CAST({c} AS BINARY) USING {charset})")
        }
        _ => format!("CONVERT(CONVERT({c} USING utf8mb4) USING {charset})"),
    };
    format!("{c} IS NOT NULL AND NOT (CAST({again} AS BINARY) <=> CAST({c} AS BINARY))")
}

/// SQLite's own classes by their names, and two that are a matter of the value.
fn other_class(c: &str, classes: &[&str]) -> String {
    let mut names = vec!["'null'".to_owned()];
    let mut exceptions = String::new();
    for class in classes {
        match *class {
            "whole" => {
                write!(exceptions, " AND NOT (typeof({c}) = 'real' AND {c} = CAST({c} AS INTEGER))")
                    .expect("writing to a string succeeds")
            }
            "decimal" => {
                write!(exceptions, " AND NOT (typeof({c}) = 'text' AND tidegate_is_decimal({c}))")
                    .expect("writing to a string succeeds")
            }
            own => names.push(format!("'{own}'")),
        }
    }
    format!("typeof({c}) NOT IN ({}){exceptions}", names.join(", "))
}

fn on_sqlite(c: &str, question: &Question) -> String {
    let number = format!("typeof({c}) IN ('integer', 'real')");
    let text = format!("typeof({c}) = 'text'");
    match question {
        Question::IntegerOutside { min, max, .. } => {
            let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX));
            let least = (*min > low).then(|| format!("{c} < {min}"));
            let most = (*max < high).then(|| format!("{c} > {max}"));
            let parts: Vec<String> = least.into_iter().chain(most).collect();
            match parts.is_empty() {
                true => NEVER.to_owned(),
                false => format!("{number} AND ({})", parts.join(" OR ")),
            }
        }
        Question::DecimalOutside { precision, scale } => {
            let limit = i32::from(*precision) - i32::from(*scale);
            format!("{number} AND (abs({c} + 0.0) >= 1e{limit} OR round({c}, {scale}) <> {c})")
        }
        Question::LongerChars(max) => format!("{text} AND length({c}) > {max}"),
        Question::LongerBytes { max, .. } => {
            format!("typeof({c}) IN ('text', 'blob') AND octet_length({c}) > {max}")
        }
        Question::OtherLength(length) => {
            format!("typeof({c}) = 'blob' AND length({c}) <> {length}")
        }
        Question::OtherClass(classes) => other_class(c, classes),
        Question::NotMoment(kind) => {
            format!("{text} AND NOT tidegate_is_moment('{}', {c})", kind.word())
        }
        Question::NotUuid => {
            let hex = |n| "[0-9a-fA-F]".repeat(n);
            let shape = [8, 4, 4, 4, 12].map(hex).join("-");
            format!("{text} AND {c} NOT GLOB '{shape}'")
        }
        Question::NotJson => format!("{text} AND NOT json_valid({c})"),
        Question::InvalidText(_) => format!("{text} AND NOT tidegate_is_utf8({c})"),
        Question::Nul => format!("{text} AND instr(CAST({c} AS BLOB), x'00') > 0"),
        Question::JsonNul => format!(r"{text} AND instr({c}, '\u0000') > 0"),
        Question::OutsideCharset(charset) => {
            format!("{text} AND NOT tidegate_is_in('{}', {c})", charset.word())
        }
        Question::EncodedTwice(_) => format!("{text} AND tidegate_is_twice({c})"),
        Question::NotFinite { .. }
        | Question::ZeroDate
        | Question::MomentOutside { .. }
        | Question::OutsideDay => NEVER.to_owned(),
    }
}
