//! Statements for another engine, written from what the drivers read and run on real servers.

use tidegate::core::catalog::{Catalog, Server, Table};
use tidegate::core::fault::Side;
use tidegate::core::mapping::{Ends, MapRules};
use tidegate::core::name::{Dialect, ObjectName};
use tidegate::core::spec::Selection;
use tidegate::core::sql::{DdlRequest, Translation, items_for};
use tidegate::driver::open_source;
use tidegate::driver::url::{Access, parse_url};

use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::PgServer;
use crate::support::{sqlite, temporary};

fn inspect(url: &str) -> Catalog {
    let (endpoint, password) = parse_url(url, Side::Source).expect("a URL");
    let access = Access { endpoint, password, side: Side::Source, job_id: "ddl".to_owned() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let source = open_source(access).expect("a driver");
        source.inspect(&Selection::default()).await.expect("a catalogue")
    })
}

/// The catalogue's objects for `target`, all in one schema.
fn translated(source: &Catalog, target: &Server, schema: &str) -> Translation {
    let tables: Vec<&Table> = source.tables.iter().collect();
    let name = |name: &ObjectName| ObjectName::new(schema, name.name.as_str());
    let (from, to) = (source.server.dialect, target.dialect);
    items_for(&DdlRequest {
        renamed: &|_| std::collections::BTreeMap::new(),
        from,
        to,
        ends: Ends::of(&source.server, target),
        tables: &tables,
        others: &source.others,
        sequences: &source.sequences,
        rules: &MapRules::default(),
        name: &name,
    })
}

fn script(made: &Translation) -> String {
    made.items
        .iter()
        .flat_map(|item| &item.statements)
        .map(|statement| format!("{statement};\n"))
        .collect()
}

fn mariadb_server(server: &MariaDbServer) -> Server {
    let version = server.run("SELECT version()");
    let numbers: Vec<u32> =
        version.split(['.', '-']).take(3).filter_map(|n| n.parse().ok()).collect();
    Server {
        dialect: Dialect::Mysql,
        version_text: version.clone(),
        version_num: numbers[0] * 10_000 + numbers[1] * 100 + numbers[2],
        database: String::new(),
        encoding: "UTF8".to_owned(),
        identity: None,
        superuser: true,
        connections_free: None,
        mariadb: true,
    }
}

fn refusals(made: &Translation) -> Vec<String> {
    made.untranslated.iter().map(|u| format!("{} {}: {}", u.kind, u.name, u.reason)).collect()
}

const SHOP_OF_POSTGRES: &str = r#"
CREATE TYPE mood AS ENUM ('glad', 'it''s \ complicated');
CREATE TABLE customer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code character varying(20) NOT NULL UNIQUE,
    mail text,
    state text DEFAULT 'new' NOT NULL CHECK (state IN ('new', 'old')),
    born date CHECK (born > '1900-01-01'),
    mood mood DEFAULT 'glad',
    score numeric(10,2) DEFAULT 1.5,
    big numeric,
    tags text[] DEFAULT '{}',
    flag boolean DEFAULT true NOT NULL,
    token uuid DEFAULT gen_random_uuid(),
    made timestamp with time zone DEFAULT now(),
    local timestamp(3) without time zone DEFAULT now(),
    raw bytea,
    bits bit(3) DEFAULT B'101',
    label text GENERATED ALWAYS AS (((code)::text || ' / '::text) || state) STORED
);
COMMENT ON TABLE customer IS 'who''s \ who';
COMMENT ON COLUMN customer.mail IS 'where to write';
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer integer NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    code character varying(20) REFERENCES customer (code) DEFERRABLE INITIALLY DEFERRED,
    amount numeric(8,2) CHECK (amount >= 0 AND amount < 100000),
    note text
);
CREATE INDEX by_mail ON customer (mail);
CREATE INDEX by_state ON customer (state, mail DESC);
CREATE INDEX by_half ON customer (score) WHERE flag;
CREATE UNIQUE INDEX one_open ON orders (customer) WHERE amount IS NULL;
CREATE INDEX by_tags ON customer USING gin (tags);
CREATE VIEW totals AS
    SELECT c.id, c.code, count(*) AS orders, sum(o.amount) AS total
    FROM customer c JOIN orders o ON o.customer = c.id
    WHERE c.state = 'new' OR c.flag
    GROUP BY c.id, c.code HAVING count(*) > 0 ORDER BY c.code;
CREATE VIEW names AS SELECT DISTINCT (code || ': ') || coalesce(mail, '-') AS line,
    CASE WHEN flag THEN 1 ELSE 0 END AS on_off FROM totals JOIN customer USING (id, code);
CREATE VIEW shouting AS SELECT upper(t.code) AS name, t.total FROM totals t WHERE t.orders > 1;
CREATE VIEW odd AS SELECT regexp_replace(code, 'a', 'b') AS x FROM customer;
CREATE SEQUENCE apart;
CREATE TABLE counted (n integer DEFAULT nextval('apart') PRIMARY KEY);
SELECT setval('apart', 99);
CREATE VIEW both_of AS SELECT code AS word FROM customer UNION ALL SELECT 'x' FROM counted;
SELECT setval(pg_get_serial_sequence('orders', 'id'), 41);
CREATE TABLE log (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2 PARTITION OF log DEFAULT;
"#;

#[test]
fn a_shop_of_postgres_on_mariadb() {
    let postgres = PgServer::shared().create("ddl_shop");
    postgres.run(SHOP_OF_POSTGRES);
    let mariadb = MariaDbServer::start();
    let made = translated(&inspect(&postgres.url()), &mariadb_server(&mariadb), "shop");
    let text = script(&made);
    mariadb.run(&text);
    let show = |what: &str| mariadb.run(&format!("SHOW CREATE {what}"));

    let customer = show("TABLE shop.customer");
    for part in [
        "`id` int(11) NOT NULL AUTO_INCREMENT",
        "`mood` enum('glad','it''s ",
        "DEFAULT 'new'",
        "DEFAULT 1.50",
        "DEFAULT uuid()",
        "DEFAULT utc_timestamp(6)",
        "`local` datetime(3) DEFAULT current_timestamp(3)",
        "DEFAULT b'101'",
        "DEFAULT '{}'",
        "UNIQUE KEY `customer_code_key` (`code`)",
        "CHECK (`state` in ('new','old'))",
        "CHECK (`born` > '1900-01-01')",
        "KEY `by_mail` (`mail`(191))",
        "COMMENT 'where to write'",
        "COMMENT='who''s \\\\\\\\ who'",
        "COLLATE=utf8mb4_nopad_bin",
    ] {
        assert!(customer.contains(part), "{part} is not in {customer}\n{text}");
    }
    let orders = show("TABLE shop.orders");
    for part in ["AUTO_INCREMENT=42", "ON DELETE CASCADE", "REFERENCES `customer` (`code`)"] {
        assert!(orders.contains(part), "{part} is not in {orders}");
    }
    assert!(show("TABLE shop.counted").contains("AUTO_INCREMENT=100"), "{text}");
    show("VIEW shop.both_of");
    mariadb.run(
        "INSERT INTO shop.customer (code, mail) VALUES ('a', 'x'), ('A', 'y'), ('a ', 'z');
         INSERT INTO shop.orders (customer, amount) VALUES (1, 5), (1, 6.5), (2, 1);
         INSERT INTO shop.log_1 VALUES ('2020-02-02', 'x');",
    );
    assert_eq!(mariadb.run("SELECT id FROM shop.orders ORDER BY id"), "42\n43\n44\n");
    assert_eq!(mariadb.run("SELECT * FROM shop.shouting"), "A\t11.50\n");
    assert_eq!(mariadb.run("SELECT label FROM shop.customer WHERE id = 1"), "a / new\n");
    assert_eq!(mariadb.run("SELECT what FROM shop.log"), "x\n");
    let refused = refusals(&made);
    assert!(!refused.iter().any(|r| r.starts_with("SEQUENCE")), "{refused:#?}");
    for (kind, name) in [
        ("INDEX", "by_tags"),
        ("INDEX", "one_open"),
        ("VIEW", "odd"),
        ("VIEW", "names"),
        ("FK CONSTRAINT", "orders_code_fkey"),
        ("TABLE", "log"),
    ] {
        let there = refused.iter().any(|r| r.starts_with(kind) && r.contains(name));
        assert!(there, "{kind} {name} is not in {refused:#?}");
    }
}

const SHOP_OF_MARIADB: &str = r#"
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
USE shop;
CREATE TABLE customer (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'it''s \\ a number',
    code varchar(20) COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s \\',
    name varchar(100) NOT NULL,
    mood enum('glad', 'it''s') DEFAULT 'glad',
    kinds set('a', 'b'),
    age tinyint unsigned DEFAULT 5,
    price decimal(8,2) DEFAULT 1.50 CHECK (price >= 0 and price < 1000),
    active tinyint(1) NOT NULL DEFAULT 1,
    flags bit(4) DEFAULT b'101',
    made datetime DEFAULT current_timestamp(),
    touched timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
    spent time DEFAULT '838:59:59',
    doc longtext CHECK (json_valid(doc)),
    body text,
    raw varbinary(9) DEFAULT 'ab',
    twice int AS (age * 2) STORED,
    title varchar(150) AS (concat(code, ' ', coalesce(mood, '?'))) VIRTUAL,
    CONSTRAINT known CHECK (code <> 'x' and age between 1 and 150 and mood in ('glad', 'it''s')),
    CONSTRAINT folded CHECK (name <> 'nobody'),
    KEY same (name(10)),
    KEY longer (price, name),
    UNIQUE KEY start (code(5)),
    UNIQUE KEY both_of (name, age),
    FULLTEXT KEY words (name, body)
) AUTO_INCREMENT = 77 COMMENT = 'all of them';
CREATE TABLE orders (
    id int unsigned AUTO_INCREMENT PRIMARY KEY,
    customer bigint unsigned NOT NULL,
    amount decimal(8,2),
    KEY same (customer),
    CONSTRAINT buyer FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE
);
CREATE VIEW totals AS
    SELECT c.id AS ID, concat(c.code, ':', if(c.active, _utf8mb4'on', 'off')) AS line,
        sum(o.amount) AS total, year(c.made) AS `the year`
    FROM customer AS c LEFT JOIN orders o ON o.customer = c.id GROUP BY c.id;
CREATE VIEW big AS SELECT t.ID, t.total FROM totals t WHERE t.total > 5 ORDER BY t.total DESC;
CREATE VIEW loose AS SELECT c.name, o.amount FROM customer c JOIN orders o
    ON o.customer = c.id GROUP BY o.amount;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW SET NEW.amount = coalesce(NEW.amount, 0);
"#;

#[test]
fn a_shop_of_mariadb_on_postgres() {
    let mariadb = MariaDbServer::start();
    mariadb.run(SHOP_OF_MARIADB);
    let source = inspect(&mariadb.database("shop").url());
    let postgres = PgServer::shared().create("ddl_from_mariadb");
    let server = inspect(&postgres.url()).server;
    let made = translated(&source, &server, "shop");
    let text = script(&made);
    postgres.run(&text);
    postgres.run(
        "INSERT INTO shop.customer (code, name, doc) VALUES ('a', 'n', '{}');
         INSERT INTO shop.orders (customer, amount) VALUES (77, 6);",
    );
    let one = |sql: &str| postgres.one(sql);
    assert_eq!(one("SELECT id FROM shop.customer"), "77", "\n{text}");
    assert_eq!(one("SELECT code FROM shop.customer WHERE code = 'a'"), "a");
    assert_eq!(one("SELECT twice || title FROM shop.customer"), "10a glad");
    assert_eq!(one("SELECT flags FROM shop.customer"), "0101");
    assert_eq!(one("SELECT spent FROM shop.customer"), "838:59:59");
    assert_eq!(one("SELECT line || total FROM shop.totals"), "a:on6.00");
    assert_eq!(one("SELECT count(*) FROM shop.big"), "1");
    assert_eq!(
        one("SELECT obj_description('shop.customer'::regclass) || ', ' || \
             col_description('shop.customer'::regclass, 1)"),
        "all of them, it's \\ a number"
    );
    for refused in [
        "INSERT INTO shop.customer (code, name, age) VALUES ('b', 'm', -1)",
        "INSERT INTO shop.customer (code, name, mood) VALUES ('b', 'm', 'sad')",
        "INSERT INTO shop.customer (code, name, price) VALUES ('b', 'm', 1000)",
        "INSERT INTO shop.customer (code, name) VALUES ('x', 'm')",
        "INSERT INTO shop.orders (customer) VALUES (1)",
    ] {
        assert_ne!(postgres.try_run(refused).code, Some(0), "{refused}");
    }
    // ON UPDATE: when another column changes, and not when nothing does.
    postgres.run("UPDATE shop.customer SET touched = '2000-01-01'");
    assert_eq!(one("SELECT extract(year FROM touched)::int FROM shop.customer"), "2000");
    postgres.run("UPDATE shop.customer SET name = name");
    assert_eq!(one("SELECT extract(year FROM touched)::int FROM shop.customer"), "2000");
    postgres.run("UPDATE shop.customer SET name = 'new'");
    assert_ne!(one("SELECT extract(year FROM touched)::int FROM shop.customer"), "2000");

    let indexes = postgres.lines("SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop'");
    let all = indexes.join("\n");
    for part in [
        "UNIQUE INDEX start ON shop.customer USING btree (\"left\"((code)::text, 5))",
        "USING btree (\"left\"((name)::text, 10))",
        "USING gin (to_tsvector('simple'::regconfig",
        "INDEX longer ON shop.customer USING btree (price, name)",
    ] {
        assert!(all.contains(part), "{part} is not in {all}");
    }
    let refused = refusals(&made);
    for (kind, what) in [
        ("CHECK CONSTRAINT", "folded"),
        ("COLLATION", "both_of"),
        ("INDEX", "words"),
        ("VIEW", "loose"),
        ("TRIGGER", "code is not translated"),
    ] {
        let there = refused.iter().any(|r| r.starts_with(kind) && r.contains(what));
        assert!(there, "{kind} {what} is not in {refused:#?}");
    }
    assert!(!refused.iter().any(|r| r.contains("known")), "{refused:#?}");
}

#[test]
fn a_shop_of_mariadb_on_sqlite() {
    let mariadb = MariaDbServer::start();
    mariadb.run(SHOP_OF_MARIADB);
    let source = inspect(&mariadb.database("shop").url());
    let folder = temporary("tgddl");
    let file = folder.path().join("shop.db");
    sqlite::build_from_text(&file, "PRAGMA user_version = 1");
    let server = inspect(&sqlite::url(&file)).server;
    let made = translated(&source, &server, "main");
    let text = script(&made);
    sqlite::build_from_text(&file, &text);
    sqlite::build_from_text(
        &file,
        "INSERT INTO customer (code, name) VALUES ('a', 'n');
         INSERT INTO orders (customer, amount) SELECT id, 6 FROM customer;",
    );
    let connection = sqlite::open(&file);
    let one = |sql: &str| sqlite::texts(&connection, sql).join(",");
    assert_eq!(one("SELECT cast(customer AS text) FROM orders"), "77", "\n{text}");
    assert_eq!(one("SELECT cast(twice AS text) || title FROM customer"), "10a glad");
    assert_eq!(one("SELECT line FROM totals"), "a:on");
    assert_eq!(one("SELECT cast(count(*) AS text) FROM big"), "1");
    for refused in [
        "INSERT INTO customer (code, name, age) VALUES ('b', 'm', -1)",
        "INSERT INTO customer (code, name, mood) VALUES ('b', 'm', 'sad')",
        "INSERT INTO customer (code, name) VALUES ('x', 'm')",
    ] {
        assert!(connection.execute(refused, []).is_err(), "{refused}");
    }
    let names =
        sqlite::texts(&connection, "SELECT name FROM sqlite_schema WHERE sql LIKE '%INDEX%'");
    assert!(names.iter().any(|n| n.starts_with("same_")), "two of one name: {names:?}");
}

#[test]
fn a_shop_of_sqlite_on_mariadb() {
    let folder = temporary("tgddl");
    let file = folder.path().join("shop.db");
    sqlite::build_from_text(
        &file,
        "CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE NOT NULL,
             price DECIMAL(8,2) DEFAULT 1.5 CHECK (price >= 0), open BOOLEAN DEFAULT 1,
             made DATETIME DEFAULT CURRENT_TIMESTAMP, body TEXT DEFAULT 'o''x\\y',
             twice INT AS (price * 2) STORED, more INT AS (id + 1) STORED);
         CREATE TABLE orders (customer INTEGER REFERENCES customer, note TEXT);
         CREATE INDEX by_note ON orders (note);
         CREATE VIEW [some orders] AS SELECT c.code, count(*) AS n FROM customer c, orders o
             WHERE o.customer = c.id AND c.open GROUP BY c.code;
         INSERT INTO customer (id, code) VALUES (41, 'x');
         DELETE FROM customer;",
    );
    let mariadb = MariaDbServer::start();
    let made = translated(&inspect(&sqlite::url(&file)), &mariadb_server(&mariadb), "shop");
    let text = script(&made);
    mariadb.run(&text);
    mariadb.run(
        "INSERT INTO shop.customer (code) VALUES ('a'), ('A');
         INSERT INTO shop.orders (customer) VALUES (42), (42), (43);",
    );
    let one = |sql: &str| mariadb.run(sql);
    assert_eq!(
        one("SELECT id, twice, body FROM shop.customer WHERE code = 'a'"),
        "42\t3\to'x\\\\y\n",
        "\n{text}"
    );
    assert_eq!(one("SELECT code, n FROM shop.`some orders` ORDER BY 1"), "A\t1\na\t2\n");
    let refused = refusals(&made);
    assert_eq!(
        refused,
        ["GENERATED COLUMN main.customer.more: the column is left out: \
          MySQL computes nothing from AUTO_INCREMENT"]
    );
}
