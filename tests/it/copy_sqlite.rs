//! SQLite to SQLite, to PostgreSQL and back.

use crate::support::cells::assert_same_across;
use crate::support::made::SMALL_CHUNKS;
use crate::support::postgres::PgServer;
use crate::support::{Tidegate, own_data, sample, sqlite};

fn copy_file(script: &std::path::Path) {
    let tidegate = Tidegate::new();
    let (source, target) = (tidegate.file("source.db"), tidegate.file("target.db"));
    sqlite::build(&source, script);
    tidegate.copy("file", &sqlite::url(&source), &sqlite::url(&target), &SMALL_CHUNKS);
    sqlite::assert_copied(&source, &target);
}

#[test]
fn oddities_arrive_whole() {
    copy_file(&own_data("oddities_sqlite.sql"));
}

#[test]
fn the_shop_arrives_whole() {
    copy_file(&own_data("shop_sqlite.sql"));
}

/// SQLite lets rows refer to nobody. They are copied as they are, and it is said.
#[test]
fn rows_without_a_parent_are_copied_and_told() {
    let tidegate = Tidegate::new();
    let (source, target) = (tidegate.file("source.db"), tidegate.file("target.db"));
    sqlite::build_from_text(
        &source,
        "PRAGMA foreign_keys = OFF;
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE orphan (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent (id));
         INSERT INTO orphan VALUES (1, 99);",
    );
    let outcome = tidegate.try_copy("orphans", &sqlite::url(&source), &sqlite::url(&target), &[]);
    let rows = |file| sqlite::typed_rows(&sqlite::open(file), "SELECT id, p FROM orphan");
    assert_eq!(rows(&source), rows(&target), "{outcome:?}");
    let told = outcome.text() + &tidegate.ok(&["log", "orphans"]);
    assert!(told.contains("orphan"), "{told}");
}

#[test]
fn samples_arrive_whole() {
    for name in ["chinook/chinook_sqlite.sql", "sakila/sakila_sqlite.sql"] {
        if let Some(script) = sample(name) {
            copy_file(&script);
        }
    }
}

#[test]
fn northwind_arrives_whole() {
    if let Some(script) = sample("northwind/northwind_sqlite.sql") {
        copy_file(&script);
    }
}

#[test]
fn the_shop_moves_to_postgres_with_its_keys() {
    let server = PgServer::shared();
    let target = server.create("shop");
    let tidegate = Tidegate::new();
    let source = tidegate.file("shop.db");
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    tidegate.copy("shop", &sqlite::url(&source), &target.url(), &SMALL_CHUNKS);
    assert_same_across(&source, &target, "public");

    let keys = "SELECT conrelid::regclass::text || ' ' || contype::text FROM pg_constraint \
                WHERE contype IN ('p', 'f', 'u') AND conrelid <> 0 ORDER BY 1";
    let expected = [
        "\"Order\" f",
        "\"Order\" p",
        "customer p",
        "order_line f",
        "order_line f",
        "order_line p",
        "product p",
    ];
    let found = target.lines(keys);
    let missing: Vec<_> =
        expected.iter().filter(|key| !found.contains(&(**key).to_owned())).collect();
    assert!(missing.is_empty(), "missing {missing:?} in {found:?}");
    let next = target
        .run("INSERT INTO customer (email, name) VALUES ('new@example.org', 'New') RETURNING id");
    assert_eq!(next.trim(), "3001", "AUTOINCREMENT goes on where it was");
    let unique =
        target.try_run("INSERT INTO customer (email, name) VALUES ('c1@example.org', 'x')");
    assert!(unique.stderr.contains("duplicate key"), "the e-mail is unique: {unique:?}");
    let check = target.try_run("UPDATE product SET price = -1 WHERE sku = 'sku-1'");
    assert!(check.stderr.contains("check constraint"), "prices have a check: {check:?}");
    let indexes = target.lines("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'");
    for index in ["order_customer", "product_title", "line_sku"] {
        assert!(indexes.contains(&index.to_owned()), "no {index} in {indexes:?}");
    }
}

/// There and back: what PostgreSQL got from one file it gives to another.
#[test]
fn the_shop_comes_back() {
    let server = PgServer::shared();
    let middle = server.create("middle");
    let tidegate = Tidegate::new();
    let (source, back) = (tidegate.file("shop.db"), tidegate.file("back.db"));
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    tidegate.copy("there", &sqlite::url(&source), &middle.url(), &SMALL_CHUNKS);
    let more = ["--accept-lossy", "--chunk-size", "64KiB"];
    tidegate.copy("back", &middle.url(), &sqlite::url(&back), &more);
    assert_same_across(&back, &middle, "public");
    let here = sqlite::tables(&sqlite::open(&source));
    assert_eq!(here, sqlite::tables(&sqlite::open(&back)));
}

#[test]
fn chinook_moves_to_postgres() {
    let Some(script) = sample("chinook/chinook_sqlite.sql") else { return };
    let server = PgServer::shared();
    let target = server.create("chinook");
    let tidegate = Tidegate::new();
    let source = tidegate.file("chinook.db");
    sqlite::build(&source, &script);
    tidegate.copy("chinook", &sqlite::url(&source), &target.url(), &[]);
    assert_same_across(&source, &target, "public");
    let foreign = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    assert_eq!(target.number(foreign), 11);
}

/// SQLite holds texts in integer columns. PostgreSQL does not: such a row is refused by name and
/// everything else arrives.
#[test]
fn a_value_that_does_not_fit_is_refused_by_name() {
    let server = PgServer::shared();
    let target = server.create("loose");
    let tidegate = Tidegate::new();
    let source = tidegate.file("loose.db");
    sqlite::build_from_text(
        &source,
        "CREATE TABLE good (id INTEGER PRIMARY KEY, t TEXT);
         INSERT INTO good VALUES (1, 'a'), (2, NULL);
         CREATE TABLE bad (id INTEGER PRIMARY KEY, amount INTEGER);
         INSERT INTO bad VALUES (1, 10), (2, 'ten');
         CREATE TABLE nul (id INTEGER PRIMARY KEY, t TEXT);
         INSERT INTO nul VALUES (1, 'a' || char(0) || 'b');",
    );
    let more = ["--accept-lossy"];
    let outcome = tidegate.try_copy("loose", &sqlite::url(&source), &target.url(), &more);
    assert_eq!(outcome.code, Some(3), "{outcome:?}\n{}", tidegate.troubles("loose"));
    assert_eq!(target.count("good"), 2);
    assert_eq!(target.count("bad"), 0, "a chunk is whole or absent");
    assert_eq!(target.count("nul"), 0);
    let failed =
        tidegate.stored("loose", "SELECT chunk, error_message, error_detail FROM failed_chunks");
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed[0].contains("bad") && failed[0].contains("amount"), "{failed:?}");
    assert!(failed[1].contains("nul") && failed[1].contains(" t"), "{failed:?}");
}
