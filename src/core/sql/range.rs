//! A chunk's range as a WHERE condition. Both drivers share it, so that a range means one thing.

use super::super::chunk::{ChunkRange, KeyValues};
use super::super::name::Dialect;
use super::{literal, quote};

/// A column of the key that cuts the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn<'a> {
    pub name: &'a str,
    /// PostgreSQL: the type its bounds are cast to, as declared. Unused by SQLite.
    pub declared: &'a str,
}

/// The condition of `range`, or `None` when it holds every row.
///
/// Key bounds of PostgreSQL are the values' text; key bounds of SQLite are literals as its
/// `quote()` spells them, because there the storage class is part of the value. `rowid` names
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
        Dialect::Postgres | Dialect::Mysql => {
            format!("{}::{}", literal(dialect, value), column.declared)
        }
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
}
