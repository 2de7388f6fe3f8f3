//! Statements compared as text.

use std::collections::BTreeMap;

use super::super::super::mapping::{Ends, MapRules};
use super::*;
use crate::core::catalog::{
    Check, Generated, Identity, Index, IndexColumn, LogicalType, TableEstimate, TableKind,
};
use crate::core::mapping::sqlite_type;

fn column(name: &str, declared: &str, logical: LogicalType) -> Column {
    Column {
        name: name.to_owned(),
        declared: declared.to_owned(),
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

/// A column of SQLite: `name TYPE`.
fn lite(text: &str) -> Column {
    let (name, declared) = text.split_once(' ').unwrap_or((text, ""));
    column(name, declared, sqlite_type(declared))
}

fn table(schema: &str, name: &str, columns: Vec<Column>) -> Table {
    Table {
        name: ObjectName::new(schema, name),
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

fn key(name: &str, columns: &[&str], primary: bool) -> Key {
    Key {
        name: name.to_owned(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        primary,
        deferrable: false,
        initially_deferred: false,
        not_null: true,
        correlation: None,
    }
}

fn reference(columns: &[&str], to: &ObjectName, to_columns: &[&str]) -> ForeignKey {
    let names = |list: &[&str]| list.iter().map(|c| (*c).to_owned()).collect();
    ForeignKey {
        name: String::new(),
        columns: names(columns),
        to_table: to.clone(),
        to_columns: names(to_columns),
        on_update: "CASCADE".to_owned(),
        on_delete: "NO ACTION".to_owned(),
        deferrable: true,
        initially_deferred: true,
        validated: true,
        match_full: false,
    }
}

fn index(name: &str, columns: &[&str], predicate: Option<&str>) -> Index {
    Index {
        name: name.to_owned(),
        unique: false,
        method: "btree".to_owned(),
        columns: columns
            .iter()
            .map(|c| IndexColumn { name: (*c).to_owned(), descending: false, prefix: None })
            .collect(),
        predicate: predicate.map(str::to_owned),
        definition: format!("CREATE INDEX {name} ..."),
    }
}

fn translated(from: Dialect, tables: &[&Table], sequences: &[Sequence]) -> Translation {
    let to = if from == Dialect::Sqlite { Dialect::Postgres } else { Dialect::Sqlite };
    let schema = if from == Dialect::Sqlite { "public" } else { "main" };
    let name = |n: &ObjectName| ObjectName::new(schema, n.name.as_str());
    items_for(&DdlRequest {
        from,
        to,
        ends: Ends::plain(from, to),
        tables,
        others: &[],
        sequences,
        rules: &MapRules::default(),
        name: &name,
        renamed: &|_| BTreeMap::new(),
    })
}

fn statements(made: &Translation) -> Vec<String> {
    made.items.iter().flat_map(|i| i.statements.clone()).collect()
}

fn refusals(made: &Translation) -> Vec<String> {
    made.untranslated.iter().map(|u| format!("{} {}: {}", u.kind, u.name, u.reason)).collect()
}

/// Orders and customers, with something of everything.
fn lite_shop() -> (Table, Table) {
    let mut orders = table(
        "main",
        "Orders",
        vec![
            lite("id INTEGER"),
            lite("customer TEXT"),
            lite("total DECIMAL(10,2)"),
            lite("placed DATETIME"),
            lite("open BOOLEAN"),
            lite("twice INT"),
            lite("odd INT"),
        ],
    );
    orders.columns[0].identity = Some(Identity::Auto);
    orders.columns[1].not_null = true;
    orders.columns[2].default = Some("4.99".to_owned());
    orders.columns[3].default = Some("CURRENT_TIMESTAMP".to_owned());
    orders.columns[4].default = Some("1".to_owned());
    let generated = |text: &str| Some(Generated { expression: text.to_owned(), stored: false });
    orders.columns[5].generated = generated("id * 2");
    orders.columns[6].generated = generated("random()");
    orders.keys = vec![key("", &["ID"], true), key("u", &["customer", "placed"], false)];
    orders.checks = vec![
        Check { name: String::new(), expression: "total >= 0".to_owned() },
        Check { name: "odd one".to_owned(), expression: "typeof(total) = 'x'".to_owned() },
    ];
    orders.indexes =
        vec![index("Orders", &["placed"], Some("open = 1")), index("by_expression", &[], None)];
    let mut customers = table("main", "customers", vec![lite("code TEXT")]);
    customers.keys = vec![key("", &["code"], true)];
    orders.foreign_keys = vec![
        reference(&["customer"], &customers.name, &[]),
        reference(&["id"], &customers.name, &["code"]),
        reference(&["customer"], &ObjectName::new("main", "elsewhere"), &["x"]),
    ];
    (orders, customers)
}

#[test]
fn a_shop_of_sqlite_on_postgres() {
    let (orders, customers) = lite_shop();
    let made = translated(Dialect::Sqlite, &[&orders, &customers], &[]);
    assert_eq!(
        statements(&made),
        [
            "CREATE TABLE \"public\".\"Orders\" (\n    \
             \"id\" bigint GENERATED BY DEFAULT AS IDENTITY \
             (SEQUENCE NAME \"public\".\"Orders_id_seq\"),\n    \
             \"customer\" text NOT NULL,\n    \
             \"total\" numeric(10,2) DEFAULT 4.99,\n    \
             \"placed\" timestamp without time zone \
             DEFAULT date_trunc('second', now() AT TIME ZONE 'UTC'),\n    \
             \"open\" boolean DEFAULT true,\n    \
             \"twice\" bigint GENERATED ALWAYS AS (\"id\" * 2) STORED\n)",
            "CREATE TABLE \"public\".\"customers\" (\n    \"code\" text\n)",
            "ALTER TABLE ONLY \"public\".\"Orders\" ADD CONSTRAINT \"Orders_pkey\" \
             PRIMARY KEY (\"id\")",
            "ALTER TABLE ONLY \"public\".\"Orders\" ADD CONSTRAINT \"u\" \
             UNIQUE (\"customer\", \"placed\")",
            "CREATE INDEX \"Orders_a96f88f4\" ON \"public\".\"Orders\" \
             USING btree (\"placed\") WHERE \"open\" = true",
            "ALTER TABLE ONLY \"public\".\"Orders\" ADD CONSTRAINT \"Orders_check1\" \
             CHECK (\"total\" >= 0)",
            "SELECT setval('\"public\".\"Orders_id_seq\"', greatest(max(\"id\"), 0, 1), \
             greatest(max(\"id\"), 0) >= 1) FROM \"public\".\"Orders\"",
            "ALTER TABLE ONLY \"public\".\"customers\" ADD CONSTRAINT \"customers_pkey\" \
             PRIMARY KEY (\"code\")",
            "ALTER TABLE ONLY \"public\".\"Orders\" ADD CONSTRAINT \"Orders_customer_fkey\" \
             FOREIGN KEY (\"customer\") REFERENCES \"public\".\"customers\" (\"code\") \
             ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
        ]
    );
    assert_eq!(
        refusals(&made),
        [
            "GENERATED COLUMN main.Orders.odd: the column is left out: \
             the function random does not translate",
            "INDEX main.by_expression: an index on an expression",
            "CHECK CONSTRAINT main.Orders.odd one: the function typeof does not translate",
            "FK CONSTRAINT main.Orders.Orders_id_fkey: id and code have different types",
            "FK CONSTRAINT main.Orders.Orders_customer_fkey: main.elsewhere is not part of the job",
        ]
    );
    let foreign_key = made.items.last().unwrap();
    assert_eq!(foreign_key.depends_on, [1, 2, 8], "both tables and the parent's key");
}

#[test]
fn tables_of_postgres_on_sqlite() {
    let int = |bits| LogicalType::Int { bits, unsigned: false };
    let text = LogicalType::Text { max: None, fixed: false };
    let mut film = table(
        "crm",
        "film",
        vec![
            column("id", "integer", int(32)),
            column("title", "text", text.clone()),
            column(
                "rate",
                "numeric(4,2)",
                LogicalType::Decimal { precision: Some(4), scale: Some(2) },
            ),
            column("exact", "numeric", LogicalType::Decimal { precision: None, scale: None }),
            column("rating", "mpaa", LogicalType::Enum),
            column("tags", "text[]", LogicalType::Array(Box::new(text))),
        ],
    );
    film.columns[0].default = Some("nextval('crm.film_id_seq'::regclass)".to_owned());
    film.columns[1].not_null = true;
    film.columns[4].default = Some("'G'::mpaa".to_owned());
    film.keys = vec![key("film_pkey", &["id"], true), key("film_title_key", &["title"], false)];
    film.checks =
        vec![Check { name: "r".to_owned(), expression: "(rate > (0)::numeric)".to_owned() }];
    film.indexes = vec![index("by_title", &["title"], None), index("words", &["tags"], None)];
    film.indexes[1].method = "gin".to_owned();
    film.comment = Some("all films".to_owned());
    let mut copy = table("crm", "copy", vec![column("film", "integer", int(32))]);
    copy.foreign_keys = vec![reference(&["film"], &film.name, &["id"])];
    let sequence = Sequence {
        name: ObjectName::new("crm", "film_id_seq"),
        owner: Some((film.name.clone(), "id".to_owned())),
        last_value: 1000,
        is_called: true,
    };
    let made = translated(Dialect::Postgres, &[&film, &copy], &[sequence]);
    assert_eq!(
        statements(&made),
        [
            "CREATE TABLE \"main\".\"film\" (\n    \
             \"id\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,\n    \
             \"title\" TEXT NOT NULL,\n    \
             \"rate\" NUMERIC(4,2),\n    \
             \"exact\",\n    \
             \"rating\" TEXT DEFAULT 'G',\n    \
             \"tags\" TEXT,\n    \
             CONSTRAINT \"film_title_key\" UNIQUE (\"title\"),\n    \
             CONSTRAINT \"r\" CHECK ((\"rate\" > (0)))\n)",
            "CREATE TABLE \"main\".\"copy\" (\n    \
             \"film\" INTEGER,\n    \
             FOREIGN KEY (\"film\") REFERENCES \"film\" (\"id\") \
             ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED\n)",
            "CREATE INDEX \"main\".\"by_title\" ON \"film\" (\"title\")",
            "INSERT INTO main.sqlite_sequence (name, seq) SELECT 'film', 0 WHERE NOT EXISTS \
             (SELECT 1 FROM main.sqlite_sequence WHERE name = 'film')",
            "UPDATE main.sqlite_sequence SET seq = max(seq, 1000) WHERE name = 'film'",
            "PRAGMA main.foreign_key_check(\"copy\")",
        ]
    );
    assert_eq!(
        refusals(&made),
        [
            "COMMENT crm.film: the target keeps no comments",
            "INDEX crm.words: SQLite has no gin indexes",
        ]
    );
}

#[test]
fn partitions_read_as_one_and_nothing_is_lost_without_a_word() {
    let day = || vec![column("day", "date", LogicalType::Date)];
    let mut parent = table("public", "log", day());
    parent.kind = TableKind::Partitioned;
    let mut leaf = table("public", "log_1", day());
    leaf.parents = vec![parent.name.clone()];
    leaf.is_partition = true;
    let others = [OtherObject {
        kind: "VIEW".to_owned(),
        name: ObjectName::new("public", "v"),
        definition: Some("SELECT 1".to_owned()),
    }];
    let name = |n: &ObjectName| ObjectName::new("main", n.name.as_str());
    let made = items_for(&DdlRequest {
        from: Dialect::Postgres,
        to: Dialect::Sqlite,
        ends: Ends::plain(Dialect::Postgres, Dialect::Sqlite),
        tables: &[&parent, &leaf],
        others: &others,
        sequences: &[],
        rules: &MapRules::default(),
        name: &name,
        renamed: &|_| BTreeMap::new(),
    });
    assert_eq!(
        statements(&made),
        [
            "CREATE TABLE \"main\".\"log_1\" (\n    \"day\" DATE\n)",
            "CREATE VIEW \"main\".\"log\" AS\nSELECT \"day\" FROM \"main\".\"log_1\"",
        ]
    );
    assert_eq!(refusals(&made).len(), 2);
    assert_eq!(made.untranslated[1].source_text.as_deref(), Some("SELECT 1"));
}
