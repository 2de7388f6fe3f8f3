//! Plans of shaped tables, from the job file's text to steps.

use super::super::super::catalog::{
    Catalog, DdlItem, Index, IndexColumn, Key, LogicalType, Section,
};
use super::super::super::name::{Dialect, ObjectName};
use super::super::super::spec::Shaping;
use super::super::{
    DataPath, Existing, Fate, MigrationPlan, PlanInput, Severity, build_plan, build_verification,
    fixture,
};
use super::*;

const TEXT: LogicalType = LogicalType::Text { max: None, fixed: false };

/// `crm.orders (id, email, legacy)` with a primary key and an index on each of the others, and
/// `crm.items`, which refers to it.
fn catalog(dialect: Dialect) -> Catalog {
    let mut catalog = fixture::catalog(&["crm.orders", "crm.items"]);
    catalog.server = fixture::server(dialect);
    let orders = &mut catalog.tables[0];
    orders.estimate = TableEstimate { rows: 1_000, bytes: 1 << 20, pages: 128 };
    orders.columns[0].not_null = true;
    orders.columns.push(fixture::column("email", "text", TEXT));
    orders.columns.push(fixture::column("legacy", "text", TEXT));
    orders.keys.push(Key {
        name: "orders_pkey".to_owned(),
        columns: vec!["id".to_owned()],
        primary: true,
        deferrable: false,
        initially_deferred: false,
        not_null: true,
        correlation: None,
    });
    for column in ["email", "legacy"] {
        orders.indexes.push(Index {
            name: format!("ix_{column}"),
            unique: false,
            method: "btree".to_owned(),
            columns: vec![IndexColumn { name: column.to_owned(), descending: false, prefix: None }],
            predicate: None,
            definition: format!("CREATE INDEX ix_{column} ON crm.orders USING btree ({column})"),
        });
    }
    catalog
}

fn item(id: u32, kind: &str, name: &str, table: Option<&str>, text: &str) -> DdlItem {
    let section = if kind == "TABLE" { Section::PreData } else { Section::PostData };
    DdlItem {
        id,
        kind: kind.to_owned(),
        name: ObjectName::new("crm", name),
        section,
        statements: vec![text.to_owned()],
        table: table.map(|t| ObjectName::new("crm", t)),
        depends_on: if kind == "TABLE" { Vec::new() } else { vec![1] },
    }
}

fn dumped() -> Vec<DdlItem> {
    let t = Some("orders");
    vec![
        item(1, "TABLE", "orders", None, "CREATE TABLE crm.orders (id bigint)"),
        item(2, "TABLE", "items", None, "CREATE TABLE crm.items (id bigint)"),
        item(
            3,
            "CONSTRAINT",
            "orders_pkey",
            t,
            "ALTER TABLE ONLY crm.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id)",
        ),
        item(4, "INDEX", "ix_email", t, "CREATE INDEX ix_email ON crm.orders USING btree (email)"),
        item(
            5,
            "INDEX",
            "ix_legacy",
            t,
            "CREATE INDEX ix_legacy ON crm.orders USING btree (legacy)",
        ),
        item(6, "VIEW", "v", None, "CREATE VIEW crm.v AS SELECT orders.id FROM crm.orders"),
        item(
            7,
            "TRIGGER",
            "tr",
            t,
            "CREATE TRIGGER tr AFTER INSERT ON crm.orders EXECUTE FUNCTION crm.f()",
        ),
    ]
}

struct Asked {
    to: Dialect,
    shaping: &'static str,
    target: Catalog,
    nonempty: Vec<ObjectName>,
}

fn asked(to: Dialect, shaping: &'static str) -> Asked {
    let mut target = fixture::catalog(&[]);
    target.server = fixture::server(to);
    target.server.identity = Some("other".to_owned());
    Asked { to, shaping, target, nonempty: Vec::new() }
}

fn planned_from(asked: &Asked, source: &Catalog, verify: bool) -> MigrationPlan {
    let mut spec = fixture::spec(Dialect::Postgres, asked.to);
    spec.shaping = Shaping::parse(asked.shaping).unwrap();
    let items = dumped();
    let equal = asked.to == Dialect::Postgres;
    let input = PlanInput {
        spec: &spec,
        source,
        target: &asked.target,
        preamble: &[],
        items: if equal { &items } else { &[] },
        nonempty: &asked.nonempty,
        bounds: &BTreeMap::new(),
        attachable: false,
    };
    if verify { build_verification(&input) } else { build_plan(&input) }
}

fn planned(asked: &Asked) -> MigrationPlan {
    planned_from(asked, &catalog(Dialect::Postgres), false)
}

fn blocks(plan: &MigrationPlan) -> Vec<&str> {
    let blocks = plan.findings.iter().filter(|f| f.severity == Severity::Block);
    blocks.map(|f| f.message.as_str()).collect()
}

fn statements(plan: &MigrationPlan) -> Vec<&str> {
    plan.steps.iter().flat_map(|s| &s.statements).map(String::as_str).collect()
}

fn has(plan: &MigrationPlan, text: &str) -> bool {
    statements(plan).iter().any(|statement| statement.contains(text))
}

#[test]
fn filter_sample_and_expression_reach_the_reader_and_change_no_type() {
    let asked = asked(
        Dialect::Mysql,
        "[[table]]\ntable = \"crm.orders\"\nwhere = \"id > 5 -- new\"\nsample = 10\n\
         expressions = { email = \"md5(email)\" }\n",
    );
    let plan = planned(&asked);
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    let orders = &plan.tables[0];
    assert_eq!(orders.rows.filter.as_deref(), Some("id > 5 -- new"));
    assert_eq!((orders.rows.sample, &*orders.rows.sample_by), (Some(10), &["id".to_owned()][..]));
    assert_eq!((orders.estimate.rows, orders.estimate.bytes), (100, (1 << 20) / 10));
    assert_eq!(orders.columns[1].expression.as_deref(), Some("md5(email)"));
    let bare = planned(&super::tests::asked(Dialect::Mysql, ""));
    let plain = &bare.tables[0].columns[1];
    assert_eq!(
        (&plain.target_declared, plain.fit),
        (&orders.columns[1].target_declared, orders.columns[1].fit)
    );
    assert!(plan.findings.iter().any(|f| f.message.contains("only some rows are copied")));
}

#[test]
fn generated_definitions_follow_names_and_columns() {
    let asked = asked(
        Dialect::Mysql,
        "[[table]]\ntable = \"crm.orders\"\nrename = \"sales.orders_new\"\n\
         leave_out = [\"legacy\"]\ncolumn_names = { email = \"mail\" }\n",
    );
    let plan = planned(&asked);
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    assert!(has(&plan, "CREATE TABLE `sales`.`orders_new`"), "{:#?}", statements(&plan));
    assert!(has(&plan, "CREATE DATABASE IF NOT EXISTS `sales`"));
    assert!(has(&plan, "`mail`") && !has(&plan, "legacy") && !has(&plan, "`email`"));
    let orders = &plan.tables[0];
    assert_eq!(orders.target, ObjectName::new("sales", "orders_new"));
    let names: Vec<&str> = orders.columns.iter().map(|c| c.target_name.as_str()).collect();
    assert_eq!(names, ["id", "mail"]);
    let lost = plan.checklist.iter().find(|e| e.name.name == "orders.ix_legacy").unwrap();
    assert_eq!(lost.fate, Fate::Skipped);
}

#[test]
fn postgres_own_text_follows_a_name_and_views_are_left_to_people() {
    let mut asked = asked(
        Dialect::Postgres,
        "[[table]]\ntable = \"crm.orders\"\nrename = \"sales.orders_new\"\n",
    );
    // The old name and its key are taken there.
    asked.target.tables = vec![catalog(Dialect::Postgres).tables[0].clone()];
    asked.target.tables[0].name = ObjectName::new("sales", "orders");
    let plan = planned(&asked);
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    let wanted = [
        "CREATE SCHEMA \"sales\"",
        "CREATE TABLE \"sales\".\"orders_new\" (id bigint)",
        "ALTER TABLE ONLY \"sales\".\"orders_new\" ADD CONSTRAINT \"orders_new_pkey\" PRIMARY KEY (id)",
        "ON \"sales\".\"orders_new\" EXECUTE FUNCTION crm.f()",
    ];
    for text in wanted {
        assert!(has(&plan, text), "{text}: {:#?}", statements(&plan));
    }
    assert!(!has(&plan, "CREATE VIEW"));
    let view = plan.checklist.iter().find(|e| e.name.name == "v").unwrap();
    assert_eq!(view.fate, Fate::NeedsHands);
    assert!(view.source_text.as_ref().unwrap().contains("SELECT orders.id"));
    // What loads and indexes wait for follows the new name.
    let load = plan.steps.iter().position(|s| s.title == "load crm.orders").unwrap();
    let key = plan.steps.iter().find(|s| s.title.contains("orders_new_pkey")).unwrap();
    assert!(key.waits_for.iter().any(|wait| wait.0 as usize == load), "{key:?}");
}

#[test]
fn postgres_columns_are_renamed_by_the_engine_around_each_statement() {
    let asked = asked(
        Dialect::Postgres,
        "[[table]]\ntable = \"crm.orders\"\ncolumn_names = { email = \"mail\" }\n\
         leave_out = [\"legacy\"]\nstorage = \"fillfactor=70\"\ntablespace = \"fast\"\n",
    );
    let plan = planned(&asked);
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    let create = plan.steps.iter().find(|s| s.title == "create table crm.orders").unwrap();
    assert_eq!(
        create.statements,
        [
            "CREATE TABLE crm.orders (id bigint)",
            "ALTER TABLE \"crm\".\"orders\" DROP COLUMN \"legacy\"",
            "ALTER TABLE \"crm\".\"orders\" RENAME COLUMN \"email\" TO \"mail\"",
            "ALTER TABLE \"crm\".\"orders\" SET TABLESPACE \"fast\"",
            "ALTER TABLE \"crm\".\"orders\" SET (fillfactor=70)",
        ]
    );
    let index = plan.steps.iter().find(|s| s.title == "create index crm.ix_email").unwrap();
    assert_eq!(
        index.statements,
        [
            "ALTER TABLE \"crm\".\"orders\" RENAME COLUMN \"mail\" TO \"email\"",
            "CREATE INDEX ix_email ON crm.orders USING btree (email)",
            "ALTER TABLE \"crm\".\"orders\" RENAME COLUMN \"email\" TO \"mail\"",
        ]
    );
    assert_eq!(index.locks, [(super::super::TableIndex(0), super::super::LockMode::Exclusive)]);
    assert!(!has(&plan, "ix_legacy"));
    assert!(has(&plan, "CREATE VIEW"), "the view follows the engine's own renaming");
    assert!(plan.checklist.iter().any(|e| e.name.name == "ix_legacy" && e.fate == Fate::Skipped));
}

#[test]
fn every_wrong_wish_is_named_and_blocks() {
    let cases = [
        ("[[table]]\ntable = \"crm.ordres\"\nsample = 5\n", "matches no table"),
        ("[[table]]\ntable = \"crm.orders\"\nleave_out = [\"x\"]\n", "has no column x"),
        ("[[table]]\ntable = \"crm.*\"\nleave_out = [\"x\"]\n", "no table of these has a column x"),
        ("[[table]]\ntable = \"crm.*\"\nrename = \"x\"\n", "rename is for one table"),
        ("[[table]]\ntable = \"crm.orders\"\nwhere = \"a) or (b\"\n", "nothing opened"),
        (
            "[[table]]\ntable = \"crm.*\"\nsample = 5\n[[table]]\ntable = \"*.orders\"\nsample = 6\n",
            "differ in sample",
        ),
        ("[[table]]\ntable = \"crm.orders\"\ncolumn_names = { email = \"id\" }\n", "cannot be id"),
        (
            "[[table]]\ntable = \"crm.orders\"\nleave_out = [\"email\"]\n\
             expressions = { email = \"1\" }\n",
            "is left out and has an expression",
        ),
        ("[[table]]\ntable = \"crm.orders\"\nrename = \"items\"\n", "would both be crm.items"),
        ("[[table]]\ntable = \"crm.orders\"\nddl = \"create view x\"\n", "cannot be read"),
        (
            "[[table]]\ntable = \"crm.orders\"\n\
             ddl = \"create table crm.orders (id bigint, email text, legacy text, n int not null)\"\n",
            "which the source does not have",
        ),
        (
            "[[table]]\ntable = \"crm.orders\"\n\
             ddl = \"create table other (id bigint, email text, legacy text)\"\n",
            "makes .other",
        ),
    ];
    for (text, word) in cases {
        let plan = planned(&asked(Dialect::Postgres, text));
        assert!(blocks(&plan).iter().any(|b| b.contains(word)), "{text}: {:?}", plan.findings);
    }
}

#[test]
fn a_statement_by_hand_counts_like_a_table_that_is_there() {
    let asked = asked(
        Dialect::Mysql,
        "[[table]]\ntable = \"crm.orders\"\nddl = \"\"\"create table orders (id int primary key, \
         email varchar(5), extra int, key k (extra)) engine=InnoDB;\ncreate index z on orders (id)\"\"\"\n",
    );
    let plan = planned(&asked);
    let orders = &plan.tables[0];
    let declared: Vec<(&str, &str)> =
        orders.columns.iter().map(|c| (c.name.as_str(), c.target_declared.as_str())).collect();
    assert_eq!(declared, [("id", "int"), ("email", "varchar(5)")]);
    assert_eq!(orders.existing, Existing::Created);
    assert!(
        has(&plan, "create table `crm`.`orders` (id int primary key"),
        "{:#?}",
        statements(&plan)
    );
    assert!(has(&plan, "create index z on orders (id)") && !has(&plan, "ix_legacy"));
    assert!(plan.findings.iter().any(|f| f.message.contains("has no column legacy")));
}

#[test]
fn each_table_has_its_own_policy() {
    let mut asked = asked(
        Dialect::Postgres,
        "[[table]]\ntable = \"crm.orders\"\nif_exists = \"append\"\nleave_out = [\"email\"]\n",
    );
    asked.target.tables = catalog(Dialect::Postgres).tables;
    let plan = planned(&asked);
    let named = blocks(&plan);
    assert!(named.len() == 1 && named[0].contains("crm.items"), "{named:?}");
    asked.target.tables.pop();
    let plan = planned(&asked);
    assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
    assert_eq!(plan.tables[0].existing, Existing::Append);
    asked.target.tables[0].columns[1].not_null = true;
    let plan = planned(&asked);
    assert!(blocks(&plan)[0].contains("needs values that are not copied: email"));
}

#[test]
fn kinds_are_left_out_with_what_needs_them() {
    let out = "[objects]\nleave_out = [\"trigger\", \"view\"]\n";
    let plan = planned(&asked(Dialect::Postgres, out));
    assert!(!has(&plan, "CREATE TRIGGER") && !has(&plan, "CREATE VIEW") && has(&plan, "ix_email"));
    assert!(plan.checklist.iter().any(|e| e.name.name == "tr" && e.fate == Fate::Skipped));
    let only = "[objects]\nonly = [\"view\"]\n";
    let plan = planned(&asked(Dialect::Postgres, only));
    assert!(has(&plan, "CREATE VIEW") && !has(&plan, "ix_email") && has(&plan, "orders_pkey"));
    let plan = planned(&asked(Dialect::Mysql, "[objects]\nleave_out = [\"index\"]\n"));
    assert!(!has(&plan, "ix_email") && has(&plan, "CREATE TABLE"));
}

#[test]
fn tables_come_in_the_order_that_was_asked_for() {
    let order = |text: &'static str| {
        let plan = planned(&asked(Dialect::Mysql, text));
        let loads = plan.steps.iter().filter(|s| s.title.starts_with("load"));
        let weights: Vec<u64> = loads.map(|s| s.weight).collect();
        (plan.tables[0].source.name.clone(), weights[0] == super::super::IN_PLAN_ORDER)
    };
    assert_eq!(order(""), ("orders".to_owned(), false));
    assert_eq!(order("order = \"smallest\"\n"), ("items".to_owned(), true));
    let listed = "order = \"listed\"\n[[table]]\ntable = \"crm.items\"\n";
    assert_eq!(order(listed), ("items".to_owned(), true));
}

#[test]
fn a_verification_compares_what_was_copied() {
    let mut asked = asked(
        Dialect::Postgres,
        "[[table]]\ntable = \"crm.orders\"\nrename = \"sales.o\"\nwhere = \"id > 5\"\n\
         leave_out = [\"legacy\"]\nexpressions = { email = \"md5(email)\" }\n",
    );
    let mut there = catalog(Dialect::Postgres).tables;
    there[0].name = ObjectName::new("sales", "o");
    there[0].columns.pop();
    asked.target.tables = there;
    let plan = planned_from(&asked, &catalog(Dialect::Postgres), true);
    let orders = &plan.tables[0];
    assert_eq!(orders.target, ObjectName::new("sales", "o"));
    assert_eq!((orders.path, orders.columns.len()), (DataPath::Conventional, 2));
    assert_eq!(orders.rows.filter.as_deref(), Some("id > 5"));
    assert!(matches!(plan.tables[1].path, DataPath::DirectCopy(_)));
    let told = plan.findings.iter().find(|f| f.message.contains("compared in part")).unwrap();
    assert!(told.detail.as_ref().unwrap().contains("without legacy"));
    assert!(plan.findings.iter().all(|f| f.severity != Severity::Block), "{:?}", plan.findings);
}

#[test]
fn a_key_read_through_an_expression_names_no_row() {
    let plan = planned(&asked(
        Dialect::Mysql,
        "[[table]]\ntable = \"crm.orders\"\nexpressions = { id = \"id + 1000\" }\n",
    ));
    assert!(plan.tables[0].key.is_empty());
    let plan = planned(&asked(Dialect::Mysql, "[[table]]\ntable = \"crm.orders\"\nsample = 50\n"));
    assert_eq!(plan.tables[0].key, ["id"]);
}
