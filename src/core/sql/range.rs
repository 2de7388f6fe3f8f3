//! A chunk's range as a WHERE condition. Both drivers share it, so that a range means one thing.

use super::super::catalog::LogicalType;
use super::super::chunk::{ChunkRange, KeyValues};
use super::super::mapping::mysql_type;
use super::super::name::Dialect;
use super::{literal, quote};

/// A column of the key that cuts the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn<'a> {
    pub name: &'a str,
    /// The type as declared: PostgreSQL casts bounds to it, MySQL's literals follow from it. Unused
    /// by SQLite.
    pub declared: &'a str,
}

/// The condition of `range`, or `None` when it holds every row.
///
/// Key bounds of PostgreSQL are the values' text; key bounds of SQLite are literals as its
/// `quote()` spells them, because there the storage class is part of the value; key bounds of MySQL
/// are the values' text, hexadecimal digits of binary columns, integers of BIT. `rowid` names
/// SQLite's rowid where a column may have taken the usual name.
#[must_use]
pub fn predicate(
    dialect: Dialect,
    range: &ChunkRange,
    key: &[KeyColumn<'_>],
    rowid: &str,
) -> Option<String> {
    let (lower, upper) = match range {
        ChunkRange::Whole => (None, None),
        ChunkRange::Key { from, until } if dialect == Dialect::Mysql => {
            return mysql_range(from.as_deref(), until.as_deref(), key);
        }
        ChunkRange::Key { from, until } => {
            let left = tuple(key.iter().map(|c| quote(dialect, c.name)));
            let side = |sign: &str, bound: &KeyValues| {
                format!("{left} {sign} {}", tuple(bounds(dialect, bound, key)))
            };
            (from.as_ref().map(|b| side(">=", b)), until.as_ref().map(|b| side("<", b)))
        }
        ChunkRange::Ctid { from_page, until_page } => (
            (*from_page > 0).then(|| format!("ctid >= '({from_page},0)'::tid")),
            until_page.map(|page| format!("ctid < '({page},0)'::tid")),
        ),
        ChunkRange::Keys(keys) => return Some(one_of(dialect, keys, key)),
        ChunkRange::Rowid { from, until } => (
            from.map(|value| format!("{rowid} >= {value}")),
            until.map(|value| format!("{rowid} < {value}")),
        ),
    };
    match (lower, upper) {
        (None, None) => None,
        (Some(lower), Some(upper)) => Some(format!("{lower} AND {upper}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
    }
}

/// Rows with one of the keys; `1 = 0` for none.
fn one_of(dialect: Dialect, keys: &[KeyValues], key: &[KeyColumn<'_>]) -> String {
    let row = |values: &KeyValues| {
        let columns = key.iter().map(|c| quote(dialect, c.name));
        let pairs =
            columns.zip(bounds(dialect, values, key)).map(|(name, v)| format!("{name} = {v}"));
        format!("({})", pairs.collect::<Vec<_>>().join(" AND "))
    };
    match keys {
        [] => "1 = 0".to_owned(),
        keys => format!("({})", keys.iter().map(row).collect::<Vec<_>>().join(" OR ")),
    }
}

fn tuple(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(", ")) }
}

fn bounds<'a>(
    dialect: Dialect,
    values: &'a [String],
    key: &'a [KeyColumn<'_>],
) -> impl Iterator<Item = String> + 'a {
    values.iter().zip(key).map(move |(value, column)| match dialect {
        Dialect::Sqlite => sqlite_literal(value),
        Dialect::Postgres => format!("{}::{}", literal(dialect, value), column.declared),
        Dialect::Mysql => mysql_literal(value, column.declared),
    })
}

/// A bound that is a number, a blob or a quoted text goes in as it is; anything else is no literal
/// of ours and is read as text.
fn sqlite_literal(value: &str) -> String {
    let is_number = value.parse::<f64>().is_ok()
        && value.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    let quoted = |body: &str| body.strip_suffix('\'').map(str::to_owned);
    let is_blob = value
        .strip_prefix("X'")
        .and_then(quoted)
        .is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()));
    let is_text = value.len() >= 2
        && value
            .strip_prefix('\'')
            .and_then(quoted)
            .is_some_and(|body| !body.replace("''", "").contains('\''));
    if is_number || is_blob || is_text { value.to_owned() } else { literal(Dialect::Sqlite, value) }
}

/// MySQL reads the whole table for a comparison of rows, so it is written out column by column;
/// columns in which both bounds agree are equal to them.
fn mysql_range(
    from: Option<&[String]>,
    until: Option<&[String]>,
    key: &[KeyColumn<'_>],
) -> Option<String> {
    let spelled = |bound: Option<&[String]>| -> Option<Vec<String>> {
        let pairs = bound?.iter().zip(key);
        Some(pairs.map(|(value, column)| mysql_literal(value, column.declared)).collect())
    };
    let names: Vec<String> = key.iter().map(|c| quote(Dialect::Mysql, c.name)).collect();
    let (from, until) = (spelled(from), spelled(until));
    let shared = match (&from, &until) {
        (Some(a), Some(b)) => a.iter().zip(b).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    // Equal bounds hold nothing; the last column says so.
    let shared = if shared == names.len() { shared.saturating_sub(1) } else { shared };
    let agreed = from.iter().flat_map(|bound| names.iter().zip(bound).take(shared));
    let mut parts: Vec<String> = agreed.map(|(name, value)| format!("{name} = {value}")).collect();
    for (bound, strict, last) in [(&from, ">", ">="), (&until, "<", "<")] {
        if let Some(bound) = bound {
            parts.push(lexical(&names[shared..], &bound[shared..], strict, last));
        }
    }
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// `(a > x OR (a = x AND b >= y))`.
fn lexical(names: &[String], values: &[String], strict: &str, last: &str) -> String {
    match (names, values) {
        ([name, more @ ..], [value, rest @ ..]) if !more.is_empty() && !rest.is_empty() => {
            let inner = lexical(more, rest, strict, last);
            format!("({name} {strict} {value} OR ({name} = {value} AND {inner}))")
        }
        ([name, ..], [value, ..]) => format!("{name} {last} {value}"),
        _ => "TRUE".to_owned(),
    }
}

/// A value as MySQL compares it with a column of the type without converting the column, which
/// would cost the index: numbers bare, bytes in hexadecimal, everything else as text that the
/// server converts once.
fn mysql_literal(value: &str, declared: &str) -> String {
    let is_number = || {
        let digits = value.strip_prefix('-').unwrap_or(value);
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        plain && digits.starts_with(|c: char| c.is_ascii_digit()) && digits.matches('.').count() < 2
    };
    let is_hex = || value.len().is_multiple_of(2) && value.bytes().all(|b| b.is_ascii_hexdigit());
    match mysql_type(declared) {
        LogicalType::Int { .. }
        | LogicalType::Decimal { .. }
        | LogicalType::Year
        | LogicalType::Bits { .. }
            if is_number() =>
        {
            value.to_owned()
        }
        LogicalType::Bytes { .. } if is_hex() => format!("X'{value}'"),
        _ => literal(Dialect::Mysql, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[KeyColumn<'_>] = &[
        KeyColumn { name: "tenant", declared: "integer" },
        KeyColumn { name: "na\"me", declared: "character varying(9)" },
    ];

    fn bound(values: &[&str]) -> Option<KeyValues> {
        Some(values.iter().map(|v| (*v).to_owned()).collect())
    }

    #[test]
    fn postgres_compares_rows_of_its_own_types() {
        let range = ChunkRange::Key { from: bound(&["5", "o'x"]), until: bound(&["7", r"a\b"]) };
        assert_eq!(
            predicate(Dialect::Postgres, &range, KEY, "").unwrap(),
            "(\"tenant\", \"na\"\"me\") >= ('5'::integer, 'o''x'::character varying(9)) AND \
             (\"tenant\", \"na\"\"me\") < ('7'::integer, E'a\\\\b'::character varying(9))"
        );
        let open = ChunkRange::Key { from: None, until: bound(&["7"]) };
        assert_eq!(
            predicate(Dialect::Postgres, &open, &KEY[..1], "").unwrap(),
            "\"tenant\" < '7'::integer"
        );
    }

    #[test]
    fn exact_keys_name_their_rows_and_no_other() {
        let keys = ChunkRange::Keys(vec![
            vec!["5".to_owned(), "'a'".to_owned()],
            vec!["6".to_owned(), "'o''k'".to_owned()],
        ]);
        assert_eq!(
            predicate(Dialect::Sqlite, &keys, KEY, "").unwrap(),
            "((\"tenant\" = 5 AND \"na\"\"me\" = 'a') OR \
             (\"tenant\" = 6 AND \"na\"\"me\" = 'o''k'))"
        );
        let none = ChunkRange::Keys(Vec::new());
        assert_eq!(predicate(Dialect::Sqlite, &none, KEY, "").unwrap(), "1 = 0");
    }

    #[test]
    fn positions() {
        let range = ChunkRange::Ctid { from_page: 0, until_page: Some(8) };
        assert_eq!(predicate(Dialect::Postgres, &range, &[], "").unwrap(), "ctid < '(8,0)'::tid");
        let range = ChunkRange::Rowid { from: Some(-5), until: None };
        assert_eq!(predicate(Dialect::Sqlite, &range, &[], "_rowid_").unwrap(), "_rowid_ >= -5");
        assert_eq!(predicate(Dialect::Sqlite, &ChunkRange::Whole, &[], "rowid"), None);
    }

    #[test]
    fn sqlite_bounds_keep_their_storage_class_and_cannot_escape() {
        for (value, spelled) in [
            ("5", "5"),
            ("-1.5e10", "-1.5e10"),
            ("'o''x'", "'o''x'"),
            ("X'00FF'", "X'00FF'"),
            ("'", "''''"),
            ("''' OR 1 --", "''''''' OR 1 --'"),
            ("'a' OR 'b'", "'''a'' OR ''b'''"),
            ("nan", "'nan'"),
            ("inf", "'inf'"),
        ] {
            let range = ChunkRange::Key { from: bound(&[value]), until: None };
            let text = predicate(Dialect::Sqlite, &range, &KEY[..1], "").unwrap();
            assert_eq!(text, format!("\"tenant\" >= {spelled}"), "{value}");
        }
    }

    #[test]
    fn mysql_ranges_are_written_out_so_that_the_index_serves_them() {
        let key = [
            KeyColumn { name: "a", declared: "int(11)" },
            KeyColumn { name: "b", declared: "varchar(20)" },
            KeyColumn { name: "c`", declared: "binary(2)" },
        ];
        let text = |from: Option<&[&str]>, until: Option<&[&str]>, key: &[KeyColumn<'_>]| {
            let own = |b: &[&str]| b.iter().map(|v| (*v).to_owned()).collect();
            let range = ChunkRange::Key { from: from.map(own), until: until.map(own) };
            predicate(Dialect::Mysql, &range, key, "")
        };
        assert_eq!(text(Some(&["7"]), None, &key[..1]).unwrap(), "`a` >= 7");
        assert_eq!(text(Some(&["-7"]), Some(&["9"]), &key[..1]).unwrap(), "`a` >= -7 AND `a` < 9");
        assert_eq!(
            text(Some(&["7", r"o'x\"]), Some(&["8", "z"]), &key[..2]).unwrap(),
            r"(`a` > 7 OR (`a` = 7 AND `b` >= 'o''x\\')) AND (`a` < 8 OR (`a` = 8 AND `b` < 'z'))"
        );
        assert_eq!(
            text(Some(&["7", "x", "00FF"]), Some(&["7", "x", "0100"]), &key).unwrap(),
            "`a` = 7 AND `b` = 'x' AND `c``` >= X'00FF' AND `c``` < X'0100'"
        );
        assert_eq!(
            text(None, Some(&["7", "x", ""]), &key).unwrap(),
            "(`a` < 7 OR (`a` = 7 AND (`b` < 'x' OR (`b` = 'x' AND `c``` < X''))))"
        );
        assert_eq!(
            text(Some(&["7"]), Some(&["7"]), &key[..1]).unwrap(),
            "`a` >= 7 AND `a` < 7",
            "nothing lies between equal bounds"
        );
        assert_eq!(text(None, None, &key), None);
    }

    #[test]
    fn mysql_literals_cannot_escape_their_type() {
        for (value, declared, spelled) in [
            ("18446744073709551615", "bigint(20) unsigned", "18446744073709551615"),
            ("-1.50", "decimal(9,2)", "-1.50"),
            ("1 OR 1", "int", "'1 OR 1'"),
            ("1.2.3", "decimal(9,2)", "'1.2.3'"),
            ("--", "int", "'--'"),
            ("5", "bit(8)", "5"),
            ("DEADBEEF", "varbinary(9)", "X'DEADBEEF'"),
            ("x'", "varbinary(9)", "'x'''"),
            ("2020-01-01 00:00:00.5", "datetime(1)", "'2020-01-01 00:00:00.5'"),
            ("5", "varchar(9)", "'5'"),
        ] {
            assert_eq!(mysql_literal(value, declared), spelled, "{declared}");
        }
    }
}
