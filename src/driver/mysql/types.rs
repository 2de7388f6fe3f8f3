//! Declared types and defaults as the information schema spells them, in neutral words.

use crate::core::catalog::LogicalType;

/// A column's type as `information_schema.COLUMNS` has it.
pub(super) struct Declared<'a> {
    /// `DATA_TYPE`: `int`.
    pub base: &'a str,
    /// `COLUMN_TYPE`: `int(10) unsigned`.
    pub full: &'a str,
    /// `CHARACTER_MAXIMUM_LENGTH`: characters of text, bytes of binary.
    pub length: Option<u32>,
    pub precision: Option<u16>,
    pub scale: Option<i16>,
    /// MariaDB's JSON: a LONGTEXT whose check is `json_valid` of itself.
    pub checked_json: bool,
}

/// What a declared type means.
pub(super) fn logical_of(declared: &Declared<'_>) -> LogicalType {
    let unsigned = declared.full.contains(" unsigned");
    let int = |bits| LogicalType::Int { bits, unsigned };
    let text = |max, fixed| LogicalType::Text { max, fixed };
    match declared.base.to_ascii_lowercase().as_str() {
        "tinyint" => int(8),
        "smallint" => int(16),
        "mediumint" => int(24),
        "int" | "integer" => int(32),
        "bigint" => int(64),
        "decimal" | "numeric" => {
            LogicalType::Decimal { precision: declared.precision, scale: declared.scale }
        }
        "float" => LogicalType::Float { bits: 32 },
        "double" => LogicalType::Float { bits: 64 },
        "bit" => {
            LogicalType::Bits { max: Some(declared.precision.map_or(1, u32::from)), varying: false }
        }
        "char" => text(declared.length, true),
        "varchar" => text(declared.length, false),
        "longtext" if declared.checked_json => LogicalType::Json { binary: false },
        "tinytext" | "text" | "mediumtext" | "longtext" => text(None, false),
        "binary" | "varbinary" => LogicalType::Bytes { max: declared.length },
        // Both servers keep vectors as bytes, floats one after another.
        "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => {
            LogicalType::Bytes { max: None }
        }
        "date" => LogicalType::Date,
        "time" => LogicalType::TimeSpan,
        "datetime" => LogicalType::Timestamp { zoned: false },
        "timestamp" => LogicalType::Timestamp { zoned: true },
        "year" => LogicalType::Year,
        "enum" => LogicalType::Enum,
        "set" => LogicalType::Set,
        "json" => LogicalType::Json { binary: true },
        "uuid" => LogicalType::Uuid,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geomcollection" | "geometrycollection" => LogicalType::Geometry,
        other => LogicalType::Other(other.to_owned()),
    }
}

/// The labels of `enum('a','it''s')` or `set(...)`; none for other types.
pub(super) fn labels_of(base: &str, full: &str) -> Vec<String> {
    if !matches!(base, "enum" | "set") {
        return Vec::new();
    }
    let body = full.split_once('(').map_or("", |(_, body)| body);
    let (mut labels, mut label) = (Vec::new(), None::<String>);
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        match (&mut label, c) {
            (None, '\'') => label = Some(String::new()),
            (None, ')') => break,
            (None, _) => {}
            (Some(text), '\'') if rest.peek() == Some(&'\'') => {
                text.push('\'');
                rest.next();
            }
            (Some(_), '\'') => labels.extend(label.take()),
            (Some(text), '\\') => text.extend(rest.next().map(unescaped)),
            (Some(text), c) => text.push(c),
        }
    }
    labels
}

/// What a character after a backslash stands for.
fn unescaped(c: char) -> char {
    match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'Z' => '\u{1a}',
        other => other,
    }
}

/// An expression as MySQL 8 prints it in its information schema: quotes and backslashes escaped
/// once more than in SQL.
pub(super) fn expression(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => plain.extend(rest.next().map(unescaped)),
            c => plain.push(c),
        }
    }
    plain
}

/// `COLUMN_DEFAULT` of MySQL, which holds a value and not SQL, as an SQL expression.
pub(super) fn mysql_default(logical: &LogicalType, value: &str, extra: &str) -> String {
    if extra.to_ascii_uppercase().contains("DEFAULT_GENERATED") {
        return expression(value);
    }
    let moment = value.len() >= 17 && value[..17].eq_ignore_ascii_case("CURRENT_TIMESTAMP");
    let bare = match logical {
        LogicalType::Int { .. }
        | LogicalType::Decimal { .. }
        | LogicalType::Float { .. }
        | LogicalType::Year
        | LogicalType::Bits { .. } => true,
        LogicalType::Timestamp { .. } => moment,
        LogicalType::Bytes { .. } => value.starts_with("0x") && value.len() > 2,
        _ => false,
    };
    if bare { value.to_owned() } else { quoted(value) }
}

/// A string literal under a plain `sql_mode`.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(base: &str, full: &str) -> LogicalType {
        logical_of(&Declared {
            base,
            full,
            length: Some(36),
            precision: Some(10),
            scale: Some(2),
            checked_json: false,
        })
    }

    #[test]
    fn declared_types_mean_what_they_hold() {
        for (base, full, expected) in [
            ("tinyint", "tinyint(1)", LogicalType::Int { bits: 8, unsigned: false }),
            ("mediumint", "mediumint(8) unsigned", LogicalType::Int { bits: 24, unsigned: true }),
            ("bigint", "bigint unsigned zerofill", LogicalType::Int { bits: 64, unsigned: true }),
            (
                "decimal",
                "decimal(10,2)",
                LogicalType::Decimal { precision: Some(10), scale: Some(2) },
            ),
            ("bit", "bit(10)", LogicalType::Bits { max: Some(10), varying: false }),
            ("char", "char(36)", LogicalType::Text { max: Some(36), fixed: true }),
            ("text", "text", LogicalType::Text { max: None, fixed: false }),
            ("binary", "binary(36)", LogicalType::Bytes { max: Some(36) }),
            ("time", "time(6)", LogicalType::TimeSpan),
            ("timestamp", "timestamp", LogicalType::Timestamp { zoned: true }),
            ("datetime", "datetime(6)", LogicalType::Timestamp { zoned: false }),
            ("geomcollection", "geomcollection", LogicalType::Geometry),
            ("inet6", "inet6", LogicalType::Other("inet6".to_owned())),
        ] {
            assert_eq!(logical(base, full), expected, "{full}");
        }
    }

    #[test]
    fn labels_lose_their_quotes_and_keep_everything_else() {
        assert_eq!(
            labels_of("enum", r"enum('a','it''s','c,d','e\\f','',')','é☃')"),
            ["a", "it's", "c,d", r"e\f", "", ")", "é☃"]
        );
        assert_eq!(labels_of("varchar", "varchar(3)"), Vec::<String>::new());
    }

    #[test]
    fn defaults_become_sql() {
        let text = LogicalType::Text { max: Some(9), fixed: false };
        let int = LogicalType::Int { bits: 32, unsigned: false };
        for (logical, value, extra, sql) in [
            (&text, r"o'x\y", "", r"'o''x\\y'"),
            (&text, "NULL", "", "'NULL'"),
            (
                &text,
                r"concat(_utf8mb4\'a\',_utf8mb4\'\\\'b\')",
                "DEFAULT_GENERATED",
                r"concat(_utf8mb4'a',_utf8mb4'\'b')",
            ),
            (&int, "5", "", "5"),
            (&LogicalType::Bits { max: Some(3), varying: false }, "b'101'", "", "b'101'"),
            (&LogicalType::Bytes { max: Some(3) }, "0x6162", "", "0x6162"),
            (
                &LogicalType::Timestamp { zoned: true },
                "CURRENT_TIMESTAMP(3)",
                "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(3)",
                "CURRENT_TIMESTAMP(3)",
            ),
            (
                &LogicalType::Timestamp { zoned: false },
                "CURRENT_TIMESTAMP",
                "",
                "CURRENT_TIMESTAMP",
            ),
            (
                &LogicalType::Timestamp { zoned: false },
                "2000-01-01 00:00:00",
                "",
                "'2000-01-01 00:00:00'",
            ),
        ] {
            assert_eq!(mysql_default(logical, value, extra), sql, "{value}");
        }
    }
}
