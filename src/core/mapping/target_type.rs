//! The type an operator writes as the target of a rule, read by the target's own words.

use super::super::catalog::LogicalType;
use super::super::name::Dialect;
use super::mysql::mysql_type;
use super::postgres_types::postgres_type;
use super::spelling::Spelling;
use super::sqlite::{affinity, sqlite_type};
use super::{Affinity, Engine};

/// Types of MySQL or MariaDB without a neutral meaning that a column can be declared with.
const MYSQL_OTHERS: &[&str] = &["inet4", "inet6", "vector"];
/// Affinity NUMERIC by its own name, and not because SQLite does not know the word.
const SQLITE_NUMBERS: &[&str] = &["numeric", "decimal", "dec", "number", "money"];

const ASCII: &str = "character set ascii collate ascii_bin";

/// The declared text and its meaning.
///
/// # Errors
/// The sentence that says why it is no type.
pub fn target_type(to: Engine, text: &str) -> Result<(String, LogicalType), String> {
    if !is_type_text(text) {
        return Err(format!("{text:?} is not a type"));
    }
    match to.dialect {
        Dialect::Postgres => postgres_type(text),
        Dialect::Mysql => mysql_target(to, text),
        Dialect::Sqlite => {
            let logical = sqlite_type(text);
            let base = Spelling::read(text).base().to_owned();
            let meant =
                !matches!(logical, LogicalType::Numeric) || SQLITE_NUMBERS.contains(&base.as_str());
            match (meant, affinity(text)) {
                (true, _) | (_, Affinity::Integer | Affinity::Text) => {
                    Ok((text.trim().to_owned(), logical))
                }
                _ => Err(format!("SQLite would take {text:?} for a number; write TEXT or BLOB")),
            }
        }
    }
}

fn mysql_target(to: Engine, text: &str) -> Result<(String, LogicalType), String> {
    let spelling = Spelling::read(text);
    let declared = text.trim().to_ascii_lowercase();
    match (spelling.base(), mysql_type(text)) {
        ("bool" | "boolean", _) => Ok(("tinyint(1)".to_owned(), LogicalType::Bool)),
        ("tinyint", logical) if spelling.numbers == [1] => {
            // What tinyint(1) is taken for; numbers stay numbers.
            Ok((declared, logical))
        }
        ("enum" | "set", logical) if !spelling.labels.is_empty() => {
            Ok((text.trim().to_owned(), logical))
        }
        ("json", _) => Ok((declared, LogicalType::Json { binary: !to.mariadb })),
        ("uuid", LogicalType::Uuid) if !to.mariadb => {
            Err("MySQL has no type uuid; write char(36) or binary(16)".to_owned())
        }
        (base, LogicalType::Other(name)) if !MYSQL_OTHERS.contains(&base) => {
            Err(format!("MySQL has no type {name:?}"))
        }
        ("varchar" | "varbinary", LogicalType::Text { max: None, .. })
        | ("varbinary", LogicalType::Bytes { max: None }) => {
            Err(format!("{declared} needs a length, as in {declared}(100)"))
        }
        ("enum" | "set", _) => Err(format!("{declared} needs its labels, as in {declared}('a')")),
        (_, logical) => Ok((declared, logical)),
    }
}

/// Words, numbers and labels, and at most one pair of parentheses: nothing that could end a column
/// and begin something else.
fn is_type_text(text: &str) -> bool {
    let (mut depth, mut pairs, mut label, mut name) = (0, 0, false, false);
    for c in text.chars() {
        match c {
            '\'' if !name => label = !label,
            '"' if !label => name = !name,
            _ if label || name => {}
            '(' => {
                depth += 1;
                pairs += 1;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => return false,
            c if c.is_alphanumeric() || " _,.[]".contains(c) => {}
            _ => return false,
        }
        if !(0..=1).contains(&depth) || (label && depth != 1) {
            return false;
        }
    }
    // Backslashes in labels would be read one way here and another there.
    depth == 0 && pairs <= 1 && !(label || name) && !text.contains('\\') && !text.trim().is_empty()
}

/// Words that begin a type of SQLite and are seldom the name of a column.
const SQLITE_WORDS: &[&str] = &[
    "integer",
    "int",
    "bigint",
    "smallint",
    "tinyint",
    "mediumint",
    "text",
    "varchar",
    "nvarchar",
    "char",
    "nchar",
    "character",
    "clob",
    "blob",
    "real",
    "double",
    "float",
    "numeric",
    "decimal",
    "boolean",
    "bool",
    "date",
    "datetime",
    "time",
    "timestamp",
    "timestamptz",
    "json",
    "uuid",
];

/// Does `text` name a type of `dialect`, and not a column? Patterns and lengths included.
#[must_use]
pub fn is_type_name(dialect: Dialect, text: &str) -> bool {
    if text.contains('(') || text.contains(' ') {
        return true;
    }
    match dialect {
        Dialect::Postgres => postgres_type(text).is_ok(),
        Dialect::Mysql => {
            let known = !matches!(mysql_type(text), LogicalType::Other(_));
            known || MYSQL_OTHERS.contains(&text.to_ascii_lowercase().as_str())
        }
        Dialect::Sqlite => SQLITE_WORDS.contains(&text.to_ascii_lowercase().as_str()),
    }
}

/// Where UUIDs go.
pub(super) fn uuid_type(to: Engine) -> (String, LogicalType) {
    match to.dialect {
        Dialect::Postgres => ("uuid".to_owned(), LogicalType::Uuid),
        Dialect::Mysql if to.mariadb && to.version_num >= super::MARIADB_WITH_UUID => {
            ("uuid".to_owned(), LogicalType::Uuid)
        }
        Dialect::Mysql => {
            (format!("char(36) {ASCII}"), LogicalType::Text { max: Some(36), fixed: true })
        }
        Dialect::Sqlite => ("TEXT".to_owned(), LogicalType::Text { max: None, fixed: false }),
    }
}

/// Where moments go that are the same all over the world.
pub(super) fn moment_type(to: Engine) -> (String, LogicalType) {
    let zoned = LogicalType::Timestamp { zoned: true };
    match to.dialect {
        Dialect::Postgres => ("timestamp with time zone".to_owned(), zoned),
        Dialect::Mysql => ("datetime(6)".to_owned(), LogicalType::Timestamp { zoned: false }),
        Dialect::Sqlite => ("TIMESTAMPTZ".to_owned(), zoned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_type_of_the_target_is_refused() {
        let my = Engine::plain(Dialect::Mysql);
        let maria = Engine { mariadb: true, version_num: 101_100, ..my };
        let li = Engine::plain(Dialect::Sqlite);
        let pg = Engine::plain(Dialect::Postgres);
        for (to, text, lawful) in [
            (pg, "boolean", true),
            (pg, "int; drop table x", false),
            (pg, "text) not null", false),
            (pg, "numeric(10,2)", true),
            (pg, "", false),
            (my, "decimal(65,30)", true),
            (my, "enum('a','b''c')", true),
            (my, "enum('a\\')", false),
            (my, "enum", false),
            (my, "varchar", false),
            (my, "varchar(10), x int", false),
            (my, "uuid", false),
            (maria, "uuid", true),
            (maria, "inet6", true),
            (my, "integr", false),
            (li, "TEXT", true),
            (li, "NUMERIC(10,2)", true),
            (li, "BOOLEAN", true),
            (li, "POINT", true),
            (li, "GEOM", false),
            (li, "x -- y", false),
        ] {
            assert_eq!(target_type(to, text).is_ok(), lawful, "{text}");
        }
        let boolean = target_type(my, "boolean").unwrap();
        assert_eq!(boolean, ("tinyint(1)".to_owned(), LogicalType::Bool));
    }
}
