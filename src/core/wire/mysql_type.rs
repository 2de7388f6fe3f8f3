//! What a column of MySQL or MariaDB holds, read from how it is declared: `decimal(10,2) unsigned`,
//! `varchar(40) character set latin1`, `enum('a','b')`.

use super::super::catalog::LogicalType;

/// What a cell becomes on MySQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MysqlKind {
    Int {
        bits: u8,
        unsigned: bool,
    },
    Decimal {
        precision: u16,
        scale: i16,
        unsigned: bool,
    },
    /// `places`: `FLOAT(7,2)` rounds to so many digits and so many after the point.
    Float {
        bits: u8,
        places: Option<(u16, i16)>,
        unsigned: bool,
    },
    Text {
        chars: Option<u32>,
        bytes: Option<u32>,
        charset: Charset,
    },
    /// `fixed`: shorter values are padded with zero bytes.
    Bytes {
        max: Option<u32>,
        fixed: bool,
    },
    Date,
    Time {
        digits: u32,
    },
    Datetime {
        digits: u32,
    },
    /// From 1970 to 2038, in UTC.
    Timestamp {
        digits: u32,
    },
    Year,
    Bits {
        max: u32,
    },
    Enum(Vec<String>),
    Set(Vec<String>),
    /// `numbers`: MySQL's own type keeps a document's numbers as integers and floats of 64 bits;
    /// MariaDB keeps the text.
    Json {
        numbers: bool,
    },
    Geometry,
    /// Text that only the server understands.
    Server,
}

/// Characters a text column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// utf8mb4 and the other forms of all of Unicode.
    Full,
    /// utf8mb3, ucs2: nothing beyond U+FFFF.
    Basic,
    Ascii,
    /// MySQL's latin1 is Windows-1252.
    Latin1,
    /// Not known here: the server says.
    Other,
}

/// A declaration in pieces.
struct Declared {
    /// Lower case, without arguments.
    base: String,
    numbers: Vec<u32>,
    labels: Vec<String>,
    unsigned: bool,
    charset: Charset,
}

impl MysqlKind {
    /// `logical` decides where the declaration does not.
    pub(super) fn of(declared: &str, logical: &LogicalType) -> MysqlKind {
        let parts = Declared::read(declared);
        let first = parts.numbers.first().copied();
        let digits = first.unwrap_or(0);
        let unsigned = parts.unsigned;
        let int = |bits| MysqlKind::Int { bits, unsigned };
        match parts.base.as_str() {
            "bool" | "boolean" | "tinyint" | "int1" => int(8),
            "smallint" | "int2" => int(16),
            "mediumint" | "int3" | "middleint" => int(24),
            "int" | "integer" | "int4" => int(32),
            "bigint" | "int8" => int(64),
            "serial" => MysqlKind::Int { bits: 64, unsigned: true },
            "decimal" | "numeric" | "dec" | "fixed" => parts.decimal(),
            "float" | "float4" | "double" | "float8" | "real" => parts.float(),
            "bit" => MysqlKind::Bits { max: first.unwrap_or(1) },
            "binary" => MysqlKind::Bytes { max: Some(first.unwrap_or(1)), fixed: true },
            "varbinary" => MysqlKind::Bytes { max: first, fixed: false },
            "tinyblob" => MysqlKind::Bytes { max: Some(255), fixed: false },
            "blob" if first.is_none() => MysqlKind::Bytes { max: Some(65_535), fixed: false },
            "mediumblob" => MysqlKind::Bytes { max: Some(16_777_215), fixed: false },
            "blob" | "longblob" | "vector" => MysqlKind::Bytes { max: None, fixed: false },
            "date" => MysqlKind::Date,
            "time" => MysqlKind::Time { digits },
            "datetime" => MysqlKind::Datetime { digits },
            "timestamp" => MysqlKind::Timestamp { digits },
            "year" => MysqlKind::Year,
            "enum" => MysqlKind::Enum(parts.labels),
            "set" => MysqlKind::Set(parts.labels),
            "json" => MysqlKind::Json { numbers: *logical == LogicalType::Json { binary: true } },
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geometrycollection" | "geomcollection" => MysqlKind::Geometry,
            "char" | "character" | "nchar" => parts.text(Some(first.unwrap_or(1)), None),
            "varchar" | "varcharacter" | "nvarchar" => parts.text(first, None),
            "tinytext" => parts.text(None, Some(255)),
            "text" if first.is_none() => parts.text(None, Some(65_535)),
            "mediumtext" => parts.text(None, Some(16_777_215)),
            "text" | "longtext" | "long" => parts.text(None, None),
            _ => MysqlKind::Server,
        }
    }

    /// Does the cell travel as bytes and not as text?
    pub(super) fn is_binary(&self) -> bool {
        matches!(self, MysqlKind::Bytes { .. } | MysqlKind::Geometry)
    }
}

impl Declared {
    fn decimal(&self) -> MysqlKind {
        let number = |at: usize, default: u16| {
            self.numbers.get(at).and_then(|n| u16::try_from(*n).ok()).unwrap_or(default)
        };
        MysqlKind::Decimal {
            precision: number(0, 10),
            scale: i16::try_from(number(1, 0)).unwrap_or(0),
            unsigned: self.unsigned,
        }
    }

    fn float(&self) -> MysqlKind {
        let places = match self.numbers[..] {
            [digits, after, ..] => u16::try_from(digits).ok().zip(i16::try_from(after).ok()),
            _ => None,
        };
        // `FLOAT(p)` with more than 24 bits of precision is a DOUBLE.
        let long = places.is_none() && self.numbers.first().is_some_and(|bits| *bits > 24);
        let float = self.base.starts_with("float") && self.base != "float8" && !long;
        MysqlKind::Float { bits: if float { 32 } else { 64 }, places, unsigned: self.unsigned }
    }

    fn text(&self, chars: Option<u32>, bytes: Option<u32>) -> MysqlKind {
        MysqlKind::Text { chars, bytes, charset: self.charset }
    }

    fn read(declared: &str) -> Declared {
        let lower = declared.to_ascii_lowercase();
        let base: String =
            lower.trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
        let rest = &declared.trim_start()[base.len()..];
        let (arguments, attributes) = split_arguments(rest);
        let words: Vec<String> = attributes
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let numbers = arguments.split(',').map_while(|n| n.trim().parse().ok()).collect();
        let national = base.starts_with('n') && base != "numeric";
        Declared {
            numbers,
            labels: labels_of(arguments),
            // ZEROFILL makes a column unsigned by itself.
            unsigned: words.iter().any(|w| w == "unsigned" || w == "zerofill"),
            charset: if national { Charset::Basic } else { charset_of(&words) },
            base,
        }
    }
}

/// What stands between the first parenthesis and its end, quotes respected, and what follows.
fn split_arguments(rest: &str) -> (&str, &str) {
    let trimmed = rest.trim_start();
    let Some(inner) = trimmed.strip_prefix('(') else { return ("", rest) };
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '\'' => quoted = !quoted,
            ')' if !quoted => return (&inner[..at], &inner[at + 1..]),
            _ => {}
        }
    }
    (inner, "")
}

/// `'a','b''c'` to `a`, `b'c`, with the backslash escapes that MySQL prints.
fn labels_of(arguments: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut chars = arguments.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            continue;
        }
        let mut label = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.peek() == Some(&'\'') => {
                    chars.next();
                    label.push('\'');
                }
                '\'' => break,
                '\\' => match chars.next() {
                    Some('n') => label.push('\n'),
                    Some('r') => label.push('\r'),
                    Some('0') => label.push('\0'),
                    Some('t') => label.push('\t'),
                    Some('Z') => label.push('\x1a'),
                    Some('b') => label.push('\x08'),
                    Some(other) => label.push(other),
                    None => {}
                },
                other => label.push(other),
            }
        }
        labels.push(label);
    }
    labels
}

/// After `character set`, `charset` or, by its first part, `collate`. Without any of them the
/// column has what the table gives it, and tidegate gives utf8mb4.
fn charset_of(words: &[String]) -> Charset {
    let after = |first: &str| {
        let at = words.iter().position(|w| w == first)?;
        words.get(at + 1 + usize::from(first == "character"))
    };
    let named = after("character").or_else(|| after("charset")).or_else(|| after("collate"));
    let Some(name) = named else { return Charset::Full };
    match name.split('_').next().unwrap_or(name) {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => Charset::Full,
        "utf8" | "utf8mb3" | "ucs2" => Charset::Basic,
        "ascii" => Charset::Ascii,
        "latin1" => Charset::Latin1,
        // A collation such as `uca1400_ai_ci` names no character set.
        "uca1400" => Charset::Full,
        _ => Charset::Other,
    }
}

/// The characters that Windows-1252 has beyond U+00FF, at 0x80 to 0x9F. MySQL fills its five holes
/// with the control characters of the same number.
const WINDOWS_1252: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";

impl Charset {
    /// Has the character set all of `text`?
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Charset::Full | Charset::Other => true,
            // Only characters beyond U+FFFF begin with such a byte.
            Charset::Basic => !text.bytes().any(|byte| byte >= 0xF0),
            Charset::Ascii => text.is_ascii(),
            Charset::Latin1 => text.chars().all(|c| match u32::from(c) {
                0x00..=0x7F | 0xA0..=0xFF => true,
                0x81 | 0x8D | 0x8F | 0x90 | 0x9D => true,
                _ => WINDOWS_1252.contains(c),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_mysql() {
        let text = |chars, bytes, charset| MysqlKind::Text { chars, bytes, charset };
        for (declared, kind) in [
            ("tinyint(1)", MysqlKind::Int { bits: 8, unsigned: false }),
            ("BIGINT(20) UNSIGNED", MysqlKind::Int { bits: 64, unsigned: true }),
            ("int(5) zerofill", MysqlKind::Int { bits: 32, unsigned: true }),
            ("decimal(65,30)", MysqlKind::Decimal { precision: 65, scale: 30, unsigned: false }),
            ("decimal", MysqlKind::Decimal { precision: 10, scale: 0, unsigned: false }),
            ("float(7,2)", MysqlKind::Float { bits: 32, places: Some((7, 2)), unsigned: false }),
            ("float(53)", MysqlKind::Float { bits: 64, places: None, unsigned: false }),
            ("double precision", MysqlKind::Float { bits: 64, places: None, unsigned: false }),
            ("float unsigned", MysqlKind::Float { bits: 32, places: None, unsigned: true }),
            ("datetime(6)", MysqlKind::Datetime { digits: 6 }),
            ("time", MysqlKind::Time { digits: 0 }),
            ("bit(64)", MysqlKind::Bits { max: 64 }),
            ("binary(16)", MysqlKind::Bytes { max: Some(16), fixed: true }),
            ("longblob", MysqlKind::Bytes { max: None, fixed: false }),
            ("char(36) character set ascii", text(Some(36), None, Charset::Ascii)),
            (
                "char(36) CHARACTER SET ascii COLLATE ascii_bin",
                text(Some(36), None, Charset::Ascii),
            ),
            ("varchar(9) collate utf8mb3_bin", text(Some(9), None, Charset::Basic)),
            ("longtext", text(None, None, Charset::Full)),
            ("text charset latin1", text(None, Some(65_535), Charset::Latin1)),
            ("multipolygon", MysqlKind::Geometry),
            ("uuid", MysqlKind::Server),
            ("enum('a','b''(c)','d\\\\')", labels(&["a", "b'(c)", "d\\"])),
            ("enum('a,b', '') character set utf8mb4", labels(&["a,b", ""])),
        ] {
            assert_eq!(MysqlKind::of(declared, &LogicalType::Any), kind, "{declared}");
        }
    }

    fn labels(labels: &[&str]) -> MysqlKind {
        MysqlKind::Enum(labels.iter().map(|label| (*label).to_owned()).collect())
    }

    #[test]
    fn what_character_sets_hold() {
        assert!(Charset::Latin1.holds("é€Ž\u{81}"));
        assert!(!Charset::Latin1.holds("\u{80}"), "0x80 is the euro sign");
        assert!(!Charset::Latin1.holds("ā"));
        assert!(Charset::Basic.holds("漢€"));
        assert!(!Charset::Basic.holds("😀"));
        assert!(!Charset::Ascii.holds("é"));
    }
}
