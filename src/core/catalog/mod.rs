//! What a database contains, in neutral words. Filled by a driver's `inspect`, read by the plan.

mod settings;

pub use settings::{Room, Settings};

use super::name::{Dialect, ObjectName};

/// A database as one inspection saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    pub server: Server,
    pub schemas: Vec<String>,
    pub tables: Vec<Table>,
    pub sequences: Vec<Sequence>,
    /// Everything else that exists, for the checklist: views, routines, triggers, types, ...
    pub others: Vec<OtherObject>,
    /// Count of large objects (`pg_largeobject_metadata`); 0 elsewhere.
    pub large_objects: u64,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub dialect: Dialect,
    /// As the server prints it: `15.20 (Debian 15.20-0+deb12u1)`, `3.51.1`.
    pub version_text: String,
    /// Comparable: PostgreSQL's `server_version_num`, SQLite's `sqlite3_libversion_number`.
    pub version_num: u32,
    /// Database or file name.
    pub database: String,
    /// Encoding of stored text, `UTF8` when unknown.
    pub encoding: String,
    /// Equal for two connections to one database, however they were addressed: PostgreSQL system
    /// identifier and database oid, SQLite device and inode. `None` when it could not be read.
    pub identity: Option<String>,
    /// May the user ignore triggers, rules and privileges?
    pub superuser: bool,
    /// Connections this user may still open; `None` where there is no limit.
    pub connections_free: Option<u32>,
    /// MariaDB, where `dialect` is MySQL.
    pub mariadb: bool,
}

/// What kind of relation a table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKind {
    Plain,
    /// Parent of partitions: holds no rows itself.
    Partitioned,
    /// Rows live elsewhere: definition only.
    Foreign,
    /// SQLite virtual table: rows live in its shadow tables.
    Virtual,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: ObjectName,
    /// PostgreSQL's `pg_class.oid`; 0 elsewhere.
    pub oid: u32,
    pub kind: TableKind,
    /// Partition of, or inherits from.
    pub parents: Vec<ObjectName>,
    pub is_partition: bool,
    /// PostgreSQL: the topmost ancestor that spreads rows by the hash of an enum. Hashes of enums
    /// differ between servers, so a row of this leaf may belong to another leaf elsewhere; only
    /// that ancestor knows which. `None` for every other table, and on other engines.
    pub load_through: Option<ObjectName>,
    pub unlogged: bool,
    /// SQLite: `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// SQLite: `STRICT`.
    pub strict: bool,
    /// MySQL's storage engine (`InnoDB`, `MyISAM`); `None` elsewhere.
    pub engine: Option<String>,
    /// Rows of a transaction that fails are taken back. False for MyISAM and its like.
    pub transactional: bool,
    /// Row security applies to this user: a plain read would silently see fewer rows.
    pub row_security: bool,
    pub columns: Vec<Column>,
    /// Primary key first, then unique constraints.
    pub keys: Vec<Key>,
    /// Indexes that do not belong to a key.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    pub checks: Vec<Check>,
    pub estimate: TableEstimate,
    pub comment: Option<String>,
    /// The statement that made it, where the engine keeps it (SQLite).
    pub sql: Option<String>,
}

impl Table {
    /// An ordinary table of which nothing but its columns is known. What reads a real catalogue
    /// names every field instead, so that none is forgotten.
    #[must_use]
    pub fn new(name: ObjectName, columns: Vec<Column>) -> Table {
        Table {
            name,
            oid: 0,
            kind: TableKind::Plain,
            parents: Vec::new(),
            is_partition: false,
            load_through: None,
            unlogged: false,
            without_rowid: false,
            strict: false,
            engine: None,
            transactional: true,
            row_security: false,
            columns,
            keys: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            estimate: TableEstimate::default(),
            comment: None,
            sql: None,
        }
    }

    /// Columns that are written by a copy: generated ones compute themselves.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.generated.is_none())
    }

    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// The type as its engine spells it, modifiers included: `numeric(10,2)`, `VARCHAR(40)`, ``.
    pub declared: String,
    /// The neutral meaning of `declared`, from `core::mapping`.
    pub logical: LogicalType,
    pub not_null: bool,
    /// Default expression in the engine's own SQL.
    pub default: Option<String>,
    pub generated: Option<Generated>,
    pub identity: Option<Identity>,
    /// Collation when it is not the type's default.
    pub collation: Option<String>,
    /// PostgreSQL: the type's COPY binary form means the same on another server (no oids inside).
    pub binary_portable: bool,
    /// MySQL: the character set of a text column (`utf8mb4`, `latin1`); `None` elsewhere.
    pub charset: Option<String>,
    /// Labels of an enum or set, in the order that sorts them.
    pub labels: Vec<String>,
    /// MySQL: `ON UPDATE` expression (`current_timestamp()`).
    pub on_update: Option<String>,
    /// Left out by `SELECT *`.
    pub invisible: bool,
    pub comment: Option<String>,
}

impl Column {
    /// A column that takes NULL and has nothing besides its type; see [`Table::new`].
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        declared: impl Into<String>,
        logical: LogicalType,
    ) -> Column {
        Column {
            name: name.into(),
            declared: declared.into(),
            logical,
            not_null: false,
            default: None,
            generated: None,
            identity: None,
            collation: None,
            binary_portable: true,
            charset: None,
            labels: Vec::new(),
            on_update: None,
            invisible: false,
            comment: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    pub expression: String,
    pub stored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Always,
    ByDefault,
    /// SQLite `INTEGER PRIMARY KEY` (with or without AUTOINCREMENT), MySQL `AUTO_INCREMENT`.
    Auto,
}

/// What a type means, whatever its spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogicalType {
    Bool,
    Int {
        bits: u8,
        unsigned: bool,
    },
    /// `None`: any precision.
    Decimal {
        precision: Option<u16>,
        scale: Option<i16>,
    },
    Float {
        bits: u8,
    },
    /// `max` in characters.
    Text {
        max: Option<u32>,
        fixed: bool,
    },
    /// `max` in bytes.
    Bytes {
        max: Option<u32>,
    },
    Date,
    Time {
        zoned: bool,
    },
    /// MySQL's TIME: from -838:59:59 to 838:59:59.
    TimeSpan,
    Timestamp {
        zoned: bool,
    },
    Interval,
    Uuid,
    Json {
        binary: bool,
    },
    Xml,
    Enum,
    /// MySQL's SET: any of its labels, joined by commas.
    Set,
    /// MySQL's YEAR: 0 and 1901 to 2155.
    Year,
    /// MySQL's spatial types: an SRID of four bytes, little-endian, then WKB.
    Geometry,
    Bits {
        max: Option<u32>,
        varying: bool,
    },
    Array(Box<LogicalType>),
    /// SQLite column without a declared type or with BLOB affinity by absence: any storage class.
    Any,
    /// SQLite NUMERIC affinity: integer, real or text, whatever fits.
    Numeric,
    /// Known only by its name on its own engine: ranges, network types, geometry, composites, ...
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Empty where the engine names none.
    pub name: String,
    pub columns: Vec<String>,
    pub primary: bool,
    pub deferrable: bool,
    pub initially_deferred: bool,
    /// All columns are NOT NULL: the key can cut the table.
    pub not_null: bool,
    /// |correlation| of the first column with the heap order, 0..=1, when known.
    pub correlation: Option<f32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub unique: bool,
    /// `btree`, `gin`, ...; SQLite: `btree`.
    pub method: String,
    /// Plain columns; empty when any part is an expression.
    pub columns: Vec<IndexColumn>,
    /// `WHERE` of a partial index.
    pub predicate: Option<String>,
    /// The whole statement in the engine's own SQL.
    pub definition: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexColumn {
    pub name: String,
    pub descending: bool,
    /// MySQL: only so many characters (bytes of a binary column) are indexed.
    pub prefix: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    pub to_table: ObjectName,
    /// Empty: the primary key of `to_table` (SQLite).
    pub to_columns: Vec<String>,
    /// `NO ACTION`, `CASCADE`, `SET NULL`, `SET DEFAULT`, `RESTRICT`.
    pub on_update: String,
    pub on_delete: String,
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub validated: bool,
    /// `MATCH FULL`.
    pub match_full: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: String,
    /// Without the word CHECK and its parentheses.
    pub expression: String,
}

/// A sequence and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub name: ObjectName,
    /// Table and column it belongs to (serial or identity).
    pub owner: Option<(ObjectName, String)>,
    pub last_value: i64,
    /// False: `last_value` itself comes next.
    pub is_called: bool,
}

/// Anything that is not a table or sequence, by its kind in the engine's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherObject {
    /// `VIEW`, `TRIGGER`, `FUNCTION`, ...
    pub kind: String,
    pub name: ObjectName,
    /// The source's text, when the engine can give it.
    pub definition: Option<String>,
}

/// Sizes from statistics and file sizes: never facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableEstimate {
    pub rows: u64,
    /// Bytes of heap and out-of-line data, without indexes.
    pub bytes: u64,
    /// Pages of the main heap (PostgreSQL), for ctid ranges.
    pub pages: u64,
}

/// When an object is made relative to the rows, as in `pg_dump`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    PreData,
    Data,
    PostData,
}

/// One statement that makes one object, with what must be there before it. For equal engines it
/// comes from the source (pg_dump's archive, `sqlite_master`), else from `core::sql::ddl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdlItem {
    /// Unique within one list; `depends_on` refers to it.
    pub id: u32,
    /// `TABLE`, `INDEX`, `FK CONSTRAINT`, `VIEW`, `TRIGGER`, `COMMENT`, `ACL`, ... (pg_dump's
    /// words).
    pub kind: String,
    pub name: ObjectName,
    pub section: Section,
    /// Complete statements in the target's SQL, run in one transaction.
    pub statements: Vec<String>,
    /// The table it is part of: indexes, constraints, triggers, defaults, comments on columns.
    pub table: Option<ObjectName>,
    pub depends_on: Vec<u32>,
}
