//! Types and defaults as the information schema spells them, where the servers differ.

use crate::core::catalog::LogicalType;
use crate::core::mapping::mysql_type;

/// What a column's declared type means. `checked_json`: MariaDB's JSON, a LONGTEXT whose check is
/// `json_valid` of itself.
pub(super) fn logical_of(declared: &str, checked_json: bool) -> LogicalType {
    match mysql_type(declared) {
        LogicalType::Text { .. } if checked_json && declared.starts_with("longtext") => {
            LogicalType::Json { binary: false }
        }
        // Both servers keep vectors as bytes, floats one after another.
        LogicalType::Other(name) if name.starts_with("vector") => LogicalType::Bytes { max: None },
        meaning => meaning,
    }
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

    #[test]
    fn json_of_mariadb_is_known_by_its_check() {
        assert_eq!(logical_of("longtext", true), LogicalType::Json { binary: false });
        assert_eq!(logical_of("longtext", false), LogicalType::Text { max: None, fixed: false });
        assert_eq!(logical_of("json", false), LogicalType::Json { binary: true });
        assert_eq!(logical_of("vector(3)", false), LogicalType::Bytes { max: None });
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
