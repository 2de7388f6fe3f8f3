//! The same canonical text, computed by PostgreSQL (13 and later), MySQL (5.7) or MariaDB (10.3).
//!
//! `None` where a server cannot: floats (each prints its own digits), parsed JSON, intervals with
//! days and months, everything on SQLite, and pairs of types that only our own code brings
//! together. Every expression is NULL for NULL.

use super::super::catalog::LogicalType as Type;
use super::super::fault::Side;
use super::super::name::Dialect;
use super::super::plan::ColumnPlan;
use super::super::sql::quote;
use super::super::wire::Zone;
use super::shape::{Shape, why_not_comparable};

/// The expression for one column; `name` is quoted.
#[must_use]
pub fn server_expression(
    dialect: Dialect,
    name: &str,
    column: &ColumnPlan,
    side: Side,
) -> Option<String> {
    if why_not_comparable(column).is_some() {
        return None;
    }
    let cell = Cell::new(name, column, side);
    match dialect {
        Dialect::Postgres => cell.postgres(),
        Dialect::Mysql => cell.mysql(),
        Dialect::Sqlite => None,
    }
}

/// The whole row: `N;` or `<bytes>:<text>;` per column. `None` when any column has no expression.
#[must_use]
pub fn row_expression(dialect: Dialect, columns: &[ColumnPlan], side: Side) -> Option<String> {
    let mut parts = Vec::with_capacity(columns.len());
    for column in columns {
        let own = match side {
            Side::Target => &column.target_name,
            Side::Source | Side::Engine => &column.name,
        };
        let name = quote(dialect, own);
        let text = server_expression(dialect, &name, column, side)?;
        // A value that is there and has no text (MySQL: larger than a packet) must not pass for
        // NULL: the whole row becomes NULL and is counted as one that could not be hashed.
        parts.push(match dialect {
            Dialect::Postgres => format!(
                "CASE WHEN {text} IS NULL THEN 'N;' ELSE pg_catalog.octet_length(\
                 pg_catalog.convert_to({text}, 'UTF8'))::text || ':' || {text} || ';' END"
            ),
            _ => {
                let gone = Cell::new(&name, column, side).null_test();
                format!("IF({gone}, 'N;', CONCAT(LENGTH({text}), ':', {text}, ';'))")
            }
        });
    }
    Some(match (dialect, parts.len()) {
        (_, 0) => "''".to_owned(),
        (Dialect::Postgres, _) => parts.join(" || "),
        _ => format!("CONCAT({})", parts.join(", ")),
    })
}

/// One column on one side.
struct Cell<'a> {
    name: &'a str,
    shape: Shape,
    own: &'a Type,
    /// Lower case.
    declared: String,
    zero_date_null: bool,
    uuid_swapped: bool,
    east_s: i32,
}

impl<'a> Cell<'a> {
    fn new(name: &'a str, column: &'a ColumnPlan, side: Side) -> Cell<'a> {
        let target = side == Side::Target;
        let (own, declared) = if target {
            (&column.target_logical, &column.target_declared)
        } else {
            (&column.source_logical, &column.source_declared)
        };
        let zone = column.transform.zone.as_deref().map(Zone::parse);
        Cell {
            name,
            shape: Shape::of(column),
            own,
            declared: declared.to_ascii_lowercase(),
            zero_date_null: column.transform.zero_date_null && !target,
            uuid_swapped: column.transform.uuid_swapped,
            east_s: match zone {
                Some(Zone::Fixed(seconds))
                    if !target && *own == (Type::Timestamp { zoned: false }) =>
                {
                    seconds
                }
                _ => 0,
            },
        }
    }

    fn postgres(&self) -> Option<String> {
        let name = self.name;
        let output = format!("pg_catalog.format('%s', {name})");
        let as_text = format!("{name}::text");
        // `format` prints NULL as an empty text.
        let printed = format!("CASE WHEN {name} IS NOT NULL THEN {output} END");
        Some(match (self.shape, self.own) {
            (Shape::Number, Type::Bool) => format!("{name}::int::text"),
            (Shape::Number, Type::Int { .. } | Type::Year) => as_text,
            (Shape::Number, Type::Decimal { .. }) => format!("pg_catalog.trim_scale({name})::text"),
            (Shape::Text { trim }, Type::Text { fixed, .. }) => match (trim, fixed) {
                // The cast strips the blanks of character(n).
                (true, true) | (false, false) => as_text,
                (true, false) => format!("pg_catalog.rtrim({name}::text, ' ')"),
                (false, true) => printed,
            },
            (Shape::Text { trim: true }, _) => format!("pg_catalog.rtrim({printed}, ' ')"),
            // What COPY prints, which a cast does not always (`inet`, "char").
            (
                Shape::Text { .. },
                Type::Int { .. }
                | Type::Decimal { .. }
                | Type::Enum
                | Type::Xml
                | Type::Json { binary: false }
                | Type::Array(_)
                | Type::Bits { .. }
                | Type::Date
                | Type::Time { .. }
                | Type::Timestamp { .. }
                | Type::Other(_),
            ) => printed,
            (Shape::Hex, Type::Bytes { .. }) => format!("pg_catalog.encode({name}, 'hex')"),
            (Shape::Uuid, Type::Uuid) => as_text,
            (Shape::Uuid, Type::Text { fixed: false, .. }) => format!("pg_catalog.lower({name})"),
            (Shape::Date, Type::Date) => as_text,
            (Shape::Moment { .. }, Type::Timestamp { zoned: false }) if self.east_s == 0 => as_text,
            (Shape::Moment { utc: true }, Type::Timestamp { zoned: true }) => {
                format!("({name} AT TIME ZONE 'UTC')::text")
            }
            (Shape::Clock, Type::Time { zoned: false } | Type::Interval) => as_text,
            (Shape::Bits, Type::Bits { .. }) => as_text,
            (Shape::SetList, Type::Array(_)) => format!("pg_catalog.array_to_string({name}, ',')"),
            _ => return None,
        })
    }

    fn mysql(&self) -> Option<String> {
        let name = self.name;
        // ZEROFILL shows in a cast and not in a sum.
        let number = format!("CAST({name} + 0 AS CHAR)");
        let printed = format!("CAST({name} AS CHAR)");
        let text = format!("CONVERT({name} USING utf8mb4)");
        let expression = match (self.shape, self.own) {
            (Shape::Number, Type::Bool | Type::Int { .. } | Type::Year | Type::Bits { .. }) => {
                number
            }
            (Shape::Number, Type::Decimal { scale, .. }) => match scale.unwrap_or(0) {
                0 => number,
                _ => trim_zeros(&number),
            },
            (Shape::Text { trim }, Type::Text { .. } | Type::Enum | Type::Set) => {
                if trim {
                    format!("TRIM(TRAILING ' ' FROM {text})")
                } else {
                    text
                }
            }
            (Shape::Text { trim: false }, Type::Json { binary: false }) => text,
            (
                Shape::Text { trim: false },
                Type::Int { .. }
                | Type::Decimal { .. }
                | Type::Date
                | Type::Timestamp { .. }
                | Type::TimeSpan,
            ) => printed,
            (Shape::Hex, Type::Bytes { .. } | Type::Geometry) => format!("LOWER(HEX({name}))"),
            (Shape::Uuid, Type::Text { .. } | Type::Uuid) => format!("LOWER({text})"),
            (Shape::Uuid, Type::Bytes { .. }) => self.uuid_of_bytes(),
            (Shape::Date, Type::Date) => printed,
            (Shape::Moment { .. }, Type::Timestamp { .. }) if self.east_s == 0 => {
                self.with_fraction(&printed)
            }
            (Shape::Clock, Type::TimeSpan | Type::Time { zoned: false }) => {
                self.with_fraction(&printed)
            }
            (Shape::Bits, Type::Bits { max, .. }) => {
                format!("LPAD(BIN({name} + 0), {}, '0')", max.unwrap_or(1))
            }
            (Shape::SetList, Type::Set) => text,
            _ => return None,
        };
        if self.nulls_zero_dates() {
            return Some(format!("IF({}, NULL, {expression})", self.null_test()));
        }
        Some(expression)
    }

    fn nulls_zero_dates(&self) -> bool {
        self.zero_date_null && matches!(self.shape, Shape::Date | Shape::Moment { .. })
    }

    /// On MySQL: the cell is NULL, or the plan makes it NULL.
    fn null_test(&self) -> String {
        let name = self.name;
        if self.nulls_zero_dates() {
            format!("({name} IS NULL OR MONTH({name}) = 0 OR DAYOFMONTH({name}) = 0)")
        } else {
            format!("{name} IS NULL")
        }
    }

    /// Fractions are printed with as many digits as the column declares.
    fn with_fraction(&self, printed: &str) -> String {
        let digits = self.declared.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        match digits.map(|(digits, _)| digits.trim()) {
            None | Some("0") => printed.to_owned(),
            Some(_) => trim_zeros(printed),
        }
    }

    fn uuid_of_bytes(&self) -> String {
        let name = self.name;
        let part = |from: u32, len: u32| format!("SUBSTR(HEX({name}), {from}, {len})");
        let groups = if self.uuid_swapped {
            [part(9, 8), part(5, 4), part(1, 4)]
        } else {
            [part(1, 8), part(9, 4), part(13, 4)]
        };
        format!(
            "LOWER(IF(LENGTH({name}) = 16, CONCAT({}, '-', {}, '-', {}, '-', {}, '-', {}), \
             CONCAT('x:', HEX({name}))))",
            groups[0],
            groups[1],
            groups[2],
            part(17, 4),
            part(21, 12)
        )
    }
}

/// `1.500` to `1.5`, `1.000` to `1`: only for texts that have a point.
fn trim_zeros(text: &str) -> String {
    format!("TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))")
}
