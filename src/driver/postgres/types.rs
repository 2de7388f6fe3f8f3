//! From PostgreSQL's type system to neutral meanings, and which types may travel as COPY binary.
//!
//! Binary is only used where the bytes hold no oid: an oid names another object, or none, on
//! another server. When in doubt a type travels as text.

use std::collections::HashMap;

use crate::core::catalog::LogicalType;

/// `pg_type.oid`s below this are assigned by hand and equal on every server.
const FIRST_UNPINNED_OID: i64 = 10_000;

/// Domains over domains, arrays in composites...: deeper than anyone nests them.
const NESTING_MAX: u32 = 16;

/// `typtype`, spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeClass {
    Base,
    Composite,
    Domain,
    Enum,
    Range,
    Multirange,
    Pseudo,
}

impl TypeClass {
    pub fn of(typtype: &str) -> TypeClass {
        match typtype {
            "b" => TypeClass::Base,
            "c" => TypeClass::Composite,
            "d" => TypeClass::Domain,
            "e" => TypeClass::Enum,
            "r" => TypeClass::Range,
            "m" => TypeClass::Multirange,
            _ => TypeClass::Pseudo,
        }
    }
}

/// One row of `types.sql`.
#[derive(Clone, Debug)]
pub(super) struct TypeRow {
    pub oid: i64,
    pub schema: String,
    pub name: String,
    pub class: TypeClass,
    /// A domain's base type and modifier.
    pub base_oid: i64,
    pub base_modifier: i64,
    /// An array's element; 0 for all else.
    pub element_oid: i64,
    /// A range's or multirange's subtype; 0 for all else.
    pub range_of_oid: i64,
    pub has_binary: bool,
}

impl TypeRow {
    fn is_built_in(&self) -> bool {
        self.oid < FIRST_UNPINNED_OID && self.schema == "pg_catalog"
    }
}

/// All types of one database by oid.
#[derive(Clone, Debug, Default)]
pub(super) struct TypeTable(HashMap<i64, TypeRow>);

impl TypeTable {
    pub fn new(rows: Vec<TypeRow>) -> TypeTable {
        TypeTable(rows.into_iter().map(|t| (t.oid, t)).collect())
    }

    /// Does COPY binary mean the same on another server?
    pub fn is_binary_portable(&self, oid: i64) -> bool {
        self.portable(oid, 0)
    }

    fn portable(&self, oid: i64, depth: u32) -> bool {
        let Some(row) = self.0.get(&oid) else { return false };
        if depth > NESTING_MAX || !row.has_binary {
            return false;
        }
        match row.class {
            TypeClass::Domain => self.portable(row.base_oid, depth + 1),
            TypeClass::Enum => true,
            // Bounds are sent by the subtype, without its oid; the subtype must be built in so
            // that both servers mean the same by it.
            TypeClass::Range | TypeClass::Multirange => {
                self.is_built_in(row.range_of_oid) && self.portable(row.range_of_oid, depth + 1)
            }
            // An array's header holds its element's oid.
            TypeClass::Base if row.element_oid != 0 => {
                self.is_built_in(row.element_oid) && self.portable(row.element_oid, depth + 1)
            }
            TypeClass::Base => row.is_built_in() && !holds_oid(&row.name),
            // A record's fields carry their types' oids.
            TypeClass::Composite | TypeClass::Pseudo => false,
        }
    }

    fn is_built_in(&self, oid: i64) -> bool {
        self.0.get(&oid).is_some_and(TypeRow::is_built_in)
    }

    /// What a column of this type means. `declared` names what has no neutral meaning.
    pub fn logical(&self, oid: i64, modifier: i64, declared: &str) -> LogicalType {
        self.meaning(oid, modifier, declared, 0)
    }

    fn meaning(&self, oid: i64, modifier: i64, declared: &str, depth: u32) -> LogicalType {
        let other = || LogicalType::Other(declared.to_owned());
        let Some(row) = self.0.get(&oid) else { return other() };
        if depth > NESTING_MAX {
            return other();
        }
        match row.class {
            TypeClass::Domain => self.meaning(row.base_oid, row.base_modifier, declared, depth + 1),
            TypeClass::Enum => LogicalType::Enum,
            TypeClass::Base if row.element_oid != 0 => {
                let element = declared.strip_suffix("[]").unwrap_or(declared);
                let inner = self.meaning(row.element_oid, modifier, element, depth + 1);
                LogicalType::Array(Box::new(inner))
            }
            TypeClass::Base if row.is_built_in() => {
                built_in(&row.name, modifier).unwrap_or_else(other)
            }
            // citext is text that compares differently.
            TypeClass::Base if row.name == "citext" => {
                LogicalType::Text { max: None, fixed: false }
            }
            _ => other(),
        }
    }
}

/// Types whose binary form holds an oid or whose receive function refuses or reinterprets.
fn holds_oid(name: &str) -> bool {
    name.starts_with("reg")
        // An empty tsquery is sent and not received: "invalid tsquery: operator not found".
        || matches!(name, "xml" | "aclitem" | "gtsvector" | "refcursor" | "tsquery")
}

/// The neutral meaning of a type of `pg_catalog` with its modifier.
fn built_in(name: &str, modifier: i64) -> Option<LogicalType> {
    // Lengths are stored with the four bytes of the header (`VARHDRSZ`).
    let length = || u32::try_from(modifier - 4).ok().filter(|_| modifier >= 4);
    let bits = || u32::try_from(modifier).ok();
    Some(match name {
        "bool" => LogicalType::Bool,
        "int2" => LogicalType::Int { bits: 16, unsigned: false },
        "int4" => LogicalType::Int { bits: 32, unsigned: false },
        "int8" => LogicalType::Int { bits: 64, unsigned: false },
        "oid" | "xid" | "cid" => LogicalType::Int { bits: 32, unsigned: true },
        "numeric" => numeric(modifier),
        "float4" => LogicalType::Float { bits: 32 },
        "float8" => LogicalType::Float { bits: 64 },
        "text" => LogicalType::Text { max: None, fixed: false },
        "name" => LogicalType::Text { max: Some(63), fixed: false },
        "varchar" => LogicalType::Text { max: length(), fixed: false },
        "bpchar" => LogicalType::Text { max: length(), fixed: true },
        "bytea" => LogicalType::Bytes { max: None },
        "date" => LogicalType::Date,
        "time" => LogicalType::Time { zoned: false },
        "timetz" => LogicalType::Time { zoned: true },
        "timestamp" => LogicalType::Timestamp { zoned: false },
        "timestamptz" => LogicalType::Timestamp { zoned: true },
        "interval" => LogicalType::Interval,
        "uuid" => LogicalType::Uuid,
        "json" => LogicalType::Json { binary: false },
        "jsonb" => LogicalType::Json { binary: true },
        "xml" => LogicalType::Xml,
        "bit" => LogicalType::Bits { max: bits(), varying: false },
        "varbit" => LogicalType::Bits { max: bits(), varying: true },
        _ => return None,
    })
}

/// `numeric`'s modifier: precision in the upper half, scale in the lower eleven bits, signed.
fn numeric(modifier: i64) -> LogicalType {
    if modifier < 4 {
        return LogicalType::Decimal { precision: None, scale: None };
    }
    let packed = modifier - 4;
    let precision = u16::try_from((packed >> 16) & 0xffff).ok();
    let scale = ((packed & 0x7ff) ^ 1024) - 1024;
    LogicalType::Decimal { precision, scale: i16::try_from(scale).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(oid: i64, schema: &str, name: &str, class: TypeClass) -> TypeRow {
        TypeRow {
            oid,
            schema: schema.to_owned(),
            name: name.to_owned(),
            class,
            base_oid: 0,
            base_modifier: -1,
            element_oid: 0,
            range_of_oid: 0,
            has_binary: true,
        }
    }

    fn table() -> TypeTable {
        let built_in = |oid, name| row(oid, "pg_catalog", name, TypeClass::Base);
        TypeTable::new(vec![
            built_in(23, "int4"),
            TypeRow { element_oid: 23, ..built_in(1007, "_int4") },
            built_in(24, "regproc"),
            built_in(1043, "varchar"),
            TypeRow { range_of_oid: 23, ..row(3904, "pg_catalog", "int4range", TypeClass::Range) },
            row(20_000, "s", "mood", TypeClass::Enum),
            TypeRow { element_oid: 20_000, ..row(20_001, "s", "_mood", TypeClass::Base) },
            TypeRow {
                base_oid: 1043,
                base_modifier: 44,
                ..row(20_002, "s", "mail", TypeClass::Domain)
            },
            TypeRow { range_of_oid: 20_000, ..row(20_003, "s", "moods", TypeClass::Range) },
            row(20_004, "s", "pair", TypeClass::Composite),
            TypeRow { range_of_oid: 23, ..row(20_005, "s", "ints", TypeClass::Multirange) },
            row(20_006, "s", "hstore", TypeClass::Base),
            built_in(3615, "tsquery"),
            TypeRow { element_oid: 3615, ..built_in(3645, "_tsquery") },
            TypeRow { base_oid: 3615, ..row(20_007, "s", "question", TypeClass::Domain) },
        ])
    }

    #[test]
    fn only_types_without_oids_travel_as_binary() {
        for (oid, portable) in [
            (23, true),
            (1007, true),
            (24, false),
            (3904, true),
            (20_000, true),
            (20_001, false),
            (20_002, true),
            (20_003, false),
            (20_004, false),
            (20_005, true),
            (20_006, false),
            (3615, false),
            (3645, false),
            (20_007, false),
            (99_999, false),
        ] {
            assert_eq!(table().is_binary_portable(oid), portable, "{oid}");
        }
    }

    #[test]
    fn a_domain_means_what_its_base_type_means() {
        assert_eq!(
            table().logical(20_002, -1, "s.mail"),
            LogicalType::Text { max: Some(40), fixed: false }
        );
        assert_eq!(
            table().logical(20_001, -1, "s.mood[]"),
            LogicalType::Array(Box::new(LogicalType::Enum))
        );
    }

    #[test]
    fn numeric_modifiers_hold_precision_and_signed_scale() {
        for (modifier, precision, scale) in [
            (-1, None, None),
            ((10 << 16) + 2 + 4, Some(10), Some(2)),
            // numeric(3, -2), PostgreSQL 15.
            ((3 << 16) + (0x7ff & -2) + 4, Some(3), Some(-2)),
        ] {
            assert_eq!(numeric(modifier), LogicalType::Decimal { precision, scale }, "{modifier}");
        }
    }
}
