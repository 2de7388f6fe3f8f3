//! What the operator wants of a table's rows and values, as parts of the SELECT that reads it.
//!
//! A filter stands between parentheses and line breaks, so that neither its `OR` nor a comment at
//! its end reaches our own conditions. A sample keeps the rows whose key has a small hash: the
//! same rows in every chunk, every retry and every verification.
//!
//! Expressions stand in a query of their own between the table and whoever reads it. So ranges and
//! filters see the table's columns, and readers, digests and searches for keys see the values that
//! are copied, all under the columns' names; servers merge the two queries.

use super::super::catalog::LogicalType;
use super::super::name::Dialect;
use super::lone::check_lone;
use super::quote;

/// Most arguments of a function of SQLite.
const SQLITE_ARGUMENTS_MAX: usize = 100;

/// The function with which our connections to SQLite sort rows into a hundred heaps.
pub const SQLITE_BUCKET: &str = "tidegate_bucket";

/// A column as it is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadColumn<'a> {
    pub name: &'a str,
    /// On the source.
    pub declared: &'a str,
    pub logical: &'a LogicalType,
    /// Read instead of it.
    pub expression: Option<&'a str>,
}

/// Which rows are read.
#[derive(Clone, Debug, Default)]
pub struct RowsWanted<'a> {
    pub filter: Option<&'a str>,
    /// Percent, and the columns whose hash decides.
    pub sample: Option<(u8, Vec<&'a str>)>,
}

/// A table or a range of it, shaped.
#[derive(Clone, Copy, Debug)]
pub struct ShapedRead<'a> {
    /// The table as FROM has it, with `ONLY` or `FORCE INDEX`.
    pub from: &'a str,
    /// A condition on the table's own columns.
    pub range: Option<&'a str>,
    /// A condition on the values that are copied.
    pub keys: Option<&'a str>,
    pub columns: &'a [ReadColumn<'a>],
    pub rows: &'a RowsWanted<'a>,
}

/// FROM and WHERE of the rows; no WHERE for all.
///
/// # Errors
/// Why a text of the operator cannot stand in it.
pub fn shaped_rows(
    dialect: Dialect,
    read: &ShapedRead<'_>,
) -> Result<(String, Option<String>), String> {
    let wanted = conditions(dialect, read.rows)?;
    let inner = read.range.map(str::to_owned).into_iter().chain(wanted);
    let keys = read.keys.map(str::to_owned);
    let plain = read.columns.iter().all(|column| column.expression.is_none());
    if plain {
        return Ok((read.from.to_owned(), all_of(inner.chain(keys))));
    }
    let condition = all_of(inner).map(|text| format!(" WHERE {text}")).unwrap_or_default();
    let list = select_list(dialect, read.columns)?;
    Ok((format!("(SELECT {list} FROM {}{condition}) AS shaped", read.from), keys))
}

/// The conditions of filter and sample.
///
/// # Errors
/// As [`shaped_rows`].
pub fn conditions(dialect: Dialect, rows: &RowsWanted<'_>) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    if let Some(filter) = rows.filter {
        check_lone(dialect, filter).map_err(|not| not.what)?;
        all.push(format!("(\n{filter}\n)"));
    }
    if let Some((percent, columns)) = &rows.sample {
        all.push(format!("{} < {percent}", bucket(dialect, columns)));
    }
    Ok(all)
}

fn all_of(conditions: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = conditions.collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// A number from 0 to 99 for each row, from the text of `columns`.
fn bucket(dialect: Dialect, columns: &[&str]) -> String {
    let names = columns.iter().map(|name| quote(dialect, name));
    match dialect {
        Dialect::Postgres => {
            let names: Vec<String> = names.collect();
            let text = match names.as_slice() {
                [one] => format!("{one}::text"),
                names => format!("ROW({})::text", names.join(", ")),
            };
            // Without the sign: the rest of a negative number is negative.
            format!(
                "((pg_catalog.hashtextextended(coalesce({text}, '') COLLATE pg_catalog.\"C\", 0) \
                 & 9223372036854775807) % 100)"
            )
        }
        // Bytes: texts of different collations do not mix.
        Dialect::Mysql => {
            let cells: Vec<String> = names.map(|name| format!("CAST({name} AS BINARY)")).collect();
            format!("(CRC32(CONCAT_WS(',', {})) % 100)", cells.join(", "))
        }
        Dialect::Sqlite => {
            let names: Vec<String> = names.take(SQLITE_ARGUMENTS_MAX).collect();
            format!("{SQLITE_BUCKET}({})", names.join(", "))
        }
    }
}

/// Columns and expressions under the columns' names; `NULL` for none.
///
/// # Errors
/// As [`shaped_rows`].
pub fn select_list(dialect: Dialect, columns: &[ReadColumn<'_>]) -> Result<String, String> {
    let one = |column: &ReadColumn<'_>| {
        let name = quote(dialect, column.name);
        Ok(match column.expression {
            Some(_) => format!("{} AS {name}", column_value(dialect, column)?),
            None => name,
        })
    };
    let list: Vec<String> = columns.iter().map(one).collect::<Result<_, String>>()?;
    Ok(if list.is_empty() { "NULL".to_owned() } else { list.join(", ") })
}

/// What is read for `column`.
///
/// PostgreSQL casts to the column's type, so that COPY's bytes are that type's. MySQL and SQLite do
/// not: a cast there makes 0 of what is no number, without a word. Their values travel as text or
/// with their storage class anyway, and are refused behind the reader when they do not fit.
///
/// # Errors
/// As [`shaped_rows`].
pub fn column_value(dialect: Dialect, column: &ReadColumn<'_>) -> Result<String, String> {
    let Some(expression) = column.expression else { return Ok(quote(dialect, column.name)) };
    check_lone(dialect, expression).map_err(|not| format!("{}: {}", column.name, not.what))?;
    let value = format!("(\n{expression}\n)");
    Ok(match (dialect, column.logical) {
        (Dialect::Postgres, _) => format!("{value}::{}", without_length(column.declared)),
        // BIT travels as bytes, which a number has to be made into; what is too long is refused.
        (Dialect::Mysql, LogicalType::Bits { .. }) => {
            format!("UNHEX(LPAD(HEX({value}), 32, '0'))")
        }
        _ => value,
    })
}

/// PostgreSQL's type without its length: a cast to `varchar(9)` cuts longer texts off, while the
/// target's column refuses them.
fn without_length(declared: &str) -> String {
    for (long, free) in [
        ("character varying", "pg_catalog.\"varchar\""),
        ("character", "pg_catalog.bpchar"),
        ("bit varying", "pg_catalog.varbit"),
        ("bit", "pg_catalog.\"bit\""),
    ] {
        let Some(rest) = declared.strip_prefix(long) else { continue };
        let length = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let behind = length.map_or(rest, |(_, behind)| behind);
        if behind.is_empty() || behind.starts_with("[]") {
            return format!("{free}{behind}");
        }
    }
    declared.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: LogicalType = LogicalType::Text { max: Some(9), fixed: false };

    fn column<'a>(name: &'a str, expression: Option<&'a str>) -> ReadColumn<'a> {
        ReadColumn { name, declared: "character varying(9)", logical: &TEXT, expression }
    }

    #[test]
    fn a_filter_cannot_reach_our_conditions() {
        let read = ShapedRead {
            from: "\"t\"",
            range: Some("id >= 5"),
            keys: None,
            columns: &[column("id", None)],
            rows: &RowsWanted { filter: Some("a or b -- c"), sample: Some((10, vec!["id"])) },
        };
        let (from, condition) = shaped_rows(Dialect::Sqlite, &read).unwrap();
        assert_eq!(from, "\"t\"");
        let expected = "id >= 5 AND (\na or b -- c\n) AND tidegate_bucket(\"id\") < 10";
        assert_eq!(condition.unwrap(), expected);
        let bad =
            ShapedRead { rows: &RowsWanted { filter: Some("a) or (b"), sample: None }, ..read };
        assert!(shaped_rows(Dialect::Sqlite, &bad).unwrap_err().contains("nothing opened"));
    }

    #[test]
    fn expressions_stand_between_the_table_and_its_reader() {
        let columns = [column("id", None), column("mail", Some("md5(mail)"))];
        let read = ShapedRead {
            from: "ONLY \"t\"",
            range: Some("id >= 5"),
            keys: Some("\"mail\" = 'x'"),
            columns: &columns,
            rows: &RowsWanted::default(),
        };
        let (from, condition) = shaped_rows(Dialect::Postgres, &read).unwrap();
        assert_eq!(
            from,
            "(SELECT \"id\", (\nmd5(mail)\n)::pg_catalog.\"varchar\" AS \"mail\" \
             FROM ONLY \"t\" WHERE id >= 5) AS shaped"
        );
        assert_eq!(condition.as_deref(), Some("\"mail\" = 'x'"));
    }

    #[test]
    fn a_cast_cuts_nothing_off() {
        for (declared, cast) in [
            ("character varying(9)", "pg_catalog.\"varchar\""),
            ("character(3)[]", "pg_catalog.bpchar[]"),
            ("bit(8)", "pg_catalog.\"bit\""),
            ("bit varying", "pg_catalog.varbit"),
            ("numeric(9,2)", "numeric(9,2)"),
            ("public.character", "public.character"),
        ] {
            assert_eq!(without_length(declared), cast);
        }
    }
}
