//! Which canonical form a pair of types has.

use super::super::catalog::LogicalType as Type;
use super::super::plan::ColumnPlan;
use super::super::wire::Zone;

/// The canonical form of a column, the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Number,
    Float {
        bits: u8,
    },
    /// `trim`: a CHAR(n) is on one side, whose blanks one engine shows and another does not.
    Text {
        trim: bool,
    },
    Hex,
    Uuid,
    Date,
    /// `utc`: with a zone on one side at least.
    Moment {
        utc: bool,
    },
    /// A time of day or a span of hours.
    Clock,
    Interval,
    Json,
    Bits,
    SetList,
    /// SQLite on both sides, any storage class.
    Tagged,
}

impl Shape {
    #[must_use]
    pub fn of(column: &ColumnPlan) -> Shape {
        pair(&column.source_logical, &column.target_logical)
    }
}

/// Why the two sides of a column cannot be compared here; `None` when they can.
#[must_use]
pub fn why_not_comparable(column: &ColumnPlan) -> Option<&'static str> {
    let named = |zone: &str| matches!(Zone::parse(zone), Zone::Named(_));
    match column.transform.zone.as_deref() {
        Some(zone) if Shape::of(column) == (Shape::Moment { utc: true }) && named(zone) => {
            Some("a zone named by the plan is known to PostgreSQL only")
        }
        _ => None,
    }
}

/// Types whose values are words to everyone but their own server.
fn is_textual(logical: &Type) -> bool {
    matches!(
        logical,
        Type::Text { .. }
            | Type::Xml
            | Type::Enum
            | Type::Set
            | Type::Array(_)
            | Type::Other(_)
            | Type::Time { zoned: true }
    )
}

fn is_open(logical: &Type) -> bool {
    matches!(logical, Type::Any | Type::Numeric)
}

fn is_clock(logical: &Type) -> bool {
    matches!(logical, Type::Time { .. } | Type::TimeSpan | Type::Interval)
}

fn pair(source: &Type, target: &Type) -> Shape {
    let either = |is: fn(&Type) -> bool| is(source) || is(target);
    let both = |is: fn(&Type) -> bool| is(source) && is(target);
    if both(is_open) {
        return Shape::Tagged;
    }
    if is_open(target) {
        return pair(source, source);
    }
    if is_open(source) {
        return pair(target, target);
    }
    if either(|t| *t == Type::Uuid) {
        return Shape::Uuid;
    }
    if matches!((source, target), (Type::Set, Type::Array(_)) | (Type::Array(_), Type::Set)) {
        return Shape::SetList;
    }
    if either(|t| matches!(t, Type::Json { .. })) {
        let parsed = either(|t| *t == Type::Json { binary: true });
        return if parsed { Shape::Json } else { Shape::Text { trim: false } };
    }
    if either(|t| *t == Type::Interval) && !either(|t| matches!(t, Type::TimeSpan)) {
        return Shape::Interval;
    }
    if either(is_textual) {
        return Shape::Text { trim: either(|t| matches!(t, Type::Text { fixed: true, .. })) };
    }
    if either(|t| matches!(t, Type::Bytes { .. } | Type::Geometry)) {
        return Shape::Hex;
    }
    if both(|t| *t == Type::Date) {
        return Shape::Date;
    }
    if either(|t| matches!(t, Type::Date | Type::Timestamp { .. })) {
        return Shape::Moment { utc: either(|t| *t == Type::Timestamp { zoned: true }) };
    }
    if either(is_clock) {
        return Shape::Clock;
    }
    if either(|t| matches!(t, Type::Float { .. })) {
        let short = either(|t| *t == Type::Float { bits: 32 });
        return Shape::Float { bits: if short { 32 } else { 64 } };
    }
    if both(|t| matches!(t, Type::Bits { .. })) {
        return Shape::Bits;
    }
    Shape::Number
}
