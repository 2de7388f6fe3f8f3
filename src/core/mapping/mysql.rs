//! The types of MySQL and MariaDB as `information_schema.columns.column_type` spells them.
//!
//! `int(10) unsigned zerofill`, `decimal(10,2)`, `enum('a','b''c')`, `bit(8)`, `timestamp(6)`,
//! MariaDB's `uuid` and `inet6`. What is no type of either server is `Other` with its own text.

use super::super::catalog::LogicalType;
use super::spelling::Spelling;

/// Largest sizes in bytes of the types that have no length of their own.
const TINY_MAX: u32 = 255;
const SMALL_MAX: u32 = 65_535;
const MEDIUM_MAX: u32 = 16_777_215;

/// DECIMAL without digits is DECIMAL(10,0).
const DECIMAL_DIGITS_DEFAULT: u16 = 10;
/// FLOAT(p) is DOUBLE from here on.
const FLOAT_BITS_MAX: i64 = 24;

/// What a type of MySQL or MariaDB means. `tinyint(1)`, and BOOLEAN which is another word for it,
/// are integers of eight bits; JSON is MySQL's own (on MariaDB JSON is a LONGTEXT with a check,
/// which its catalogue tells by that check). The limits of TINYTEXT, TEXT and MEDIUMTEXT are bytes,
/// so `max` is the most characters that could fit.
#[must_use]
pub fn mysql_type(column_type: &str) -> LogicalType {
    let spelling = Spelling::read(column_type);
    let first = spelling.numbers.first().copied();
    let length = || first.and_then(|n| u32::try_from(n).ok());
    let text = |max, fixed| LogicalType::Text { max, fixed };
    let bytes = |max| LogicalType::Bytes { max };
    if let Some(bits) = integer_bits(&spelling) {
        let unsigned = spelling.has("unsigned") || spelling.has("zerofill");
        return LogicalType::Int { bits, unsigned: unsigned || spelling.base() == "serial" };
    }
    match spelling.base() {
        "decimal" | "numeric" | "dec" | "fixed" => decimal(&spelling),
        "float" if spelling.numbers.len() == 1 && first > Some(FLOAT_BITS_MAX) => {
            LogicalType::Float { bits: 64 }
        }
        "float" | "float4" => LogicalType::Float { bits: 32 },
        "double" | "real" | "float8" => LogicalType::Float { bits: 64 },
        "bit" => LogicalType::Bits { max: Some(length().unwrap_or(1)), varying: false },
        "char" | "character" | "nchar" | "national"
            if spelling.has("varying") || spelling.has("varchar") =>
        {
            text(length(), false)
        }
        "char" | "character" if spelling.has("byte") => bytes(Some(length().unwrap_or(1))),
        "char" | "character" | "nchar" | "national" => text(Some(length().unwrap_or(1)), true),
        "varchar" | "nvarchar" | "varcharacter" | "varchar2" => text(length(), false),
        "tinytext" => text(Some(TINY_MAX), false),
        "text" if first.is_none() => text(Some(SMALL_MAX), false),
        "text" => sized(length(), |max| text(max, false)),
        "mediumtext" => text(Some(MEDIUM_MAX), false),
        "long" if spelling.has("varbinary") => bytes(Some(MEDIUM_MAX)),
        "long" => text(Some(MEDIUM_MAX), false),
        "longtext" | "clob" => text(None, false),
        "binary" => bytes(Some(length().unwrap_or(1))),
        "varbinary" | "raw" => bytes(length()),
        "tinyblob" => bytes(Some(TINY_MAX)),
        "blob" if first.is_none() => bytes(Some(SMALL_MAX)),
        "blob" => sized(length(), bytes),
        "mediumblob" => bytes(Some(MEDIUM_MAX)),
        "longblob" => bytes(None),
        "date" => LogicalType::Date,
        "time" => LogicalType::TimeSpan,
        "datetime" => LogicalType::Timestamp { zoned: false },
        "timestamp" => LogicalType::Timestamp { zoned: true },
        "year" => LogicalType::Year,
        "enum" => LogicalType::Enum,
        "set" => LogicalType::Set,
        "json" => LogicalType::Json { binary: true },
        "uuid" => LogicalType::Uuid,
        "xmltype" => LogicalType::Xml,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" => LogicalType::Geometry,
        _ => LogicalType::Other(column_type.trim().to_ascii_lowercase()),
    }
}

/// Labels of `enum('a','b')` or `set('a','b')` in their order; empty for every other type.
#[must_use]
pub fn mysql_labels(column_type: &str) -> Vec<String> {
    let spelling = Spelling::read(column_type);
    match spelling.base() {
        "enum" | "set" => spelling.labels,
        _ => Vec::new(),
    }
}

/// Digits of a second that the type keeps: 6 of `timestamp(6)`, 0 of `datetime`.
#[must_use]
pub fn mysql_second_digits(column_type: &str) -> u32 {
    let first = Spelling::read(column_type).numbers.first().copied();
    first.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

fn integer_bits(spelling: &Spelling) -> Option<u8> {
    Some(match spelling.base() {
        "tinyint" | "bool" | "boolean" | "int1" => 8,
        "smallint" | "int2" => 16,
        "mediumint" | "int3" | "middleint" => 24,
        "int" | "integer" | "int4" => 32,
        "bigint" | "int8" | "serial" => 64,
        _ => return None,
    })
}

/// TEXT(n) and BLOB(n) become the smallest of their kind that holds n.
fn sized(length: Option<u32>, make: impl Fn(Option<u32>) -> LogicalType) -> LogicalType {
    let limits = [TINY_MAX, SMALL_MAX, MEDIUM_MAX];
    make(limits.into_iter().find(|max| length.is_some_and(|n| n <= *max)))
}

fn decimal(spelling: &Spelling) -> LogicalType {
    let precision = spelling.numbers.first().and_then(|p| u16::try_from(*p).ok());
    let scale = spelling.numbers.get(1).and_then(|s| i16::try_from(*s).ok());
    LogicalType::Decimal {
        // DECIMAL(0) is DECIMAL(10) as well.
        precision: Some(precision.filter(|p| *p > 0).unwrap_or(DECIMAL_DIGITS_DEFAULT)),
        scale: Some(scale.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_types_of_the_information_schema() {
        let int = |bits, unsigned| LogicalType::Int { bits, unsigned };
        let text = |max, fixed| LogicalType::Text { max, fixed };
        let decimal = |p, s| LogicalType::Decimal { precision: Some(p), scale: Some(s) };
        for (declared, logical) in [
            ("tinyint(1)", int(8, false)),
            ("tinyint", int(8, false)),
            ("tinyint unsigned", int(8, true)),
            ("smallint(5) unsigned zerofill", int(16, true)),
            ("mediumint(8)", int(24, false)),
            ("INT(11)", int(32, false)),
            ("int(10) unsigned", int(32, true)),
            ("bigint(20) unsigned", int(64, true)),
            ("serial", int(64, true)),
            ("decimal(10,2)", decimal(10, 2)),
            ("decimal(65,30) unsigned", decimal(65, 30)),
            ("decimal", decimal(10, 0)),
            ("dec(5)", decimal(5, 0)),
            ("float", LogicalType::Float { bits: 32 }),
            ("float(7,4)", LogicalType::Float { bits: 32 }),
            ("float(24)", LogicalType::Float { bits: 32 }),
            ("float(53)", LogicalType::Float { bits: 64 }),
            ("double(10,2)", LogicalType::Float { bits: 64 }),
            ("double precision unsigned", LogicalType::Float { bits: 64 }),
            ("bit(8)", LogicalType::Bits { max: Some(8), varying: false }),
            ("bit", LogicalType::Bits { max: Some(1), varying: false }),
            ("char", text(Some(1), true)),
            ("char(36)", text(Some(36), true)),
            ("char(36) character set ascii collate ascii_bin", text(Some(36), true)),
            ("character varying(10)", text(Some(10), false)),
            ("national varchar(10)", text(Some(10), false)),
            ("varchar(10)", text(Some(10), false)),
            ("tinytext", text(Some(255), false)),
            ("text", text(Some(65_535), false)),
            ("text(70000)", text(Some(16_777_215), false)),
            ("mediumtext", text(Some(16_777_215), false)),
            ("longtext", text(None, false)),
            ("binary(16)", LogicalType::Bytes { max: Some(16) }),
            ("varbinary(255)", LogicalType::Bytes { max: Some(255) }),
            ("blob", LogicalType::Bytes { max: Some(65_535) }),
            ("longblob", LogicalType::Bytes { max: None }),
            ("date", LogicalType::Date),
            ("time(3)", LogicalType::TimeSpan),
            ("datetime(6)", LogicalType::Timestamp { zoned: false }),
            ("timestamp(6)", LogicalType::Timestamp { zoned: true }),
            ("year(4)", LogicalType::Year),
            ("enum('a','b''c')", LogicalType::Enum),
            ("set('unsigned','x')", LogicalType::Set),
            ("json", LogicalType::Json { binary: true }),
            ("uuid", LogicalType::Uuid),
            ("inet6", LogicalType::Other("inet6".into())),
            ("vector(3)", LogicalType::Other("vector(3)".into())),
            ("multipolygon", LogicalType::Geometry),
        ] {
            assert_eq!(mysql_type(declared), logical, "{declared}");
        }
    }

    #[test]
    fn labels_with_quotes_commas_and_escapes() {
        for (declared, labels) in [
            ("enum('a','b''c')", &["a", "b'c"][..]),
            ("enum('a,b',')','')", &["a,b", ")", ""]),
            (r"set('x\\y','n\nl','q\'t')", &["x\\y", "n\nl", "q't"]),
            ("ENUM( 'ä' , '😀' )", &["ä", "😀"]),
            ("varchar(10)", &[]),
        ] {
            assert_eq!(mysql_labels(declared), labels, "{declared}");
        }
        assert_eq!(mysql_second_digits("timestamp(6)"), 6);
        assert_eq!(mysql_second_digits("datetime"), 0);
    }
}
