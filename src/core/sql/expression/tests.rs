//! Checks of one engine on the other.

use super::super::super::catalog::{Column, LogicalType};
use super::*;

fn columns() -> (Vec<Column>, Vec<String>) {
    let column = |name: &str, logical| Column::new(name.to_owned(), String::new(), logical);
    let text = LogicalType::Text { max: None, fixed: false };
    let mut columns = vec![
        column("Price", LogicalType::Decimal { precision: None, scale: None }),
        column("state", text.clone()),
        column("ok", LogicalType::Bool),
        column("folded", text),
    ];
    columns[3].collation = Some("NOCASE".to_owned());
    let names = columns.iter().map(|c| c.name.clone()).collect();
    (columns, names)
}

fn check(from: Dialect, to: Dialect, text: &str) -> Result<String, String> {
    let (columns, target_names) = columns();
    let there = target_names.iter().map(String::as_str).zip(columns.iter().map(|c| &c.logical));
    let known = known_columns(from, to, &columns, there);
    translate_condition(text, &Scope::of_columns(from, to, known))
}

#[test]
fn checks_of_sqlite_on_postgres() {
    for (text, expected) in [
        ("[price]>=(0) AND [PRICE]<=(1)", r#""Price" >= (0) AND "Price" <= (1)"#),
        ("state in ('G','PG-13')", r#""state" IN ('G', 'PG-13')"#),
        (
            "price BETWEEN 1 AND 10 OR price IS NULL",
            r#""Price" BETWEEN 1 AND 10 OR "Price" IS NULL"#,
        ),
        ("NOT (length(state) <> 3)", r#"NOT (length("state") <> 3)"#),
        ("state = \"quoted\"", r#""state" = 'quoted'"#),
        ("ok IN (0, 1)", r#""ok" IN (false, true)"#),
        ("ok = 1", r#""ok" = true"#),
        (
            "state like '%Trailers%'",
            r#"lower("state" COLLATE "C") LIKE lower('%Trailers%' COLLATE "C")"#,
        ),
        ("price + 1 > -2 * 3", r#""Price" + 1 > -2 * 3"#),
    ] {
        let got = check(Dialect::Sqlite, Dialect::Postgres, text);
        assert_eq!(got.as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_not_surely_the_same_is_refused() {
    for text in [
        "price",
        "price = 'text'",
        "state > 'a'",
        "state BETWEEN 'a' AND 'b'",
        "folded = 'x'",
        "typeof(price) = 'integer'",
        "state GLOB 'a*'",
        "state LIKE 'ä'",
        "state LIKE 'a' ESCAPE 'b'",
        "price IN (SELECT 1)",
        "price / 2 > 1",
        "price > 1 > 0",
        "unknown = 1",
        "price > 1; DROP TABLE x",
        "price > (1",
        "",
    ] {
        assert!(check(Dialect::Sqlite, Dialect::Postgres, text).is_err(), "{text}");
    }
    let deep = format!("{}1=1{}", "(".repeat(500), ")".repeat(500));
    assert!(check(Dialect::Sqlite, Dialect::Postgres, &deep).is_err());
}

#[test]
fn checks_of_postgres_on_sqlite() {
    for (text, expected) in [
        (
            r#"(("Price" >= (0)::numeric) AND ("Price" <= (1)::numeric))"#,
            r#"(("Price" >= (0)) AND ("Price" <= (1)))"#,
        ),
        (
            "((state)::text = ANY ((ARRAY['a'::character varying, \
             'b'::character varying])::text[]))",
            r#"(("state") IN ('a', 'b'))"#,
        ),
        ("(state IS NOT NULL)", r#"("state" IS NOT NULL)"#),
        ("(char_length(state) < 5)", r#"(length("state") < 5)"#),
    ] {
        let got = check(Dialect::Postgres, Dialect::Sqlite, text);
        assert_eq!(got.as_deref(), Ok(expected), "{text}");
    }
    for text in ["(state ~ '^a'::text)", "(state ~~ 'a%'::text)", "f(state)"] {
        assert!(check(Dialect::Postgres, Dialect::Sqlite, text).is_err(), "{text}");
    }
}

#[test]
fn checks_of_mysql_on_postgres() {
    for (text, expected) in [
        ("((`Price` > 0) and (`ok` <> 0))", r#"(("Price" > 0) AND ("ok" <> false))"#),
        ("`Price` <=> NULL", r#""Price" IS NOT DISTINCT FROM NULL"#),
        ("`Price` > 1 && !(`ok`)", r#""Price" > 1 AND (NOT ("ok"))"#),
        ("`Price` > 1 || `Price` is null", r#""Price" > 1 OR "Price" IS NULL"#),
        ("char_length(`state`) % 2 = 0", r#"length("state") % 2 = 0"#),
        ("length(`state`) div 2 > 1", r#"octet_length("state") / 2 > 1"#),
        ("if(`ok`,1,0) = 1", r#"(CASE WHEN "ok" THEN 1 ELSE 0 END) = 1"#),
    ] {
        let got = check(Dialect::Mysql, Dialect::Postgres, text);
        assert_eq!(got.as_deref(), Ok(expected), "{text}");
    }
    for text in [
        // The collation is not known, so it ignores case.
        "`state` = 'x'",
        "`state` like 'x%'",
        "`state` regexp 'a'",
        "`Price` / 2 > 1",
        "`Price` xor 1",
        "greatest(`Price`, 1) > 0",
        "concat(`state`, `Price`) is not null",
        "json_valid(`state`)",
    ] {
        assert!(check(Dialect::Mysql, Dialect::Postgres, text).is_err(), "{text}");
    }
}

#[test]
fn checks_of_postgres_on_mysql() {
    for (text, expected) in [
        ("((state)::text ~~ 'a\\_%'::text)", "((`state`) LIKE 'a\\\\_%')"),
        ("((state || 'x'::text) <> 'yx'::text)", "((concat(`state`, 'x')) <> 'yx')"),
        ("(state IS DISTINCT FROM 'a'::text)", "((NOT (`state` <=> 'a')))"),
        ("((state)::text <> ALL (ARRAY['a'::text, 'b'::text]))", "((`state`) NOT IN ('a', 'b'))"),
        ("((length(state) / 2) > 1)", "((char_length(`state`) DIV 2) > 1)"),
    ] {
        let got = check(Dialect::Postgres, Dialect::Mysql, text);
        assert_eq!(got.as_deref(), Ok(expected), "{text}");
    }
    for text in [
        r#"(("Price")::integer > 3)"#,
        "(state ~~* 'a'::text)",
        r#"(("Price" / (2)::numeric) > 1)"#,
        "(state > 'a'::text)",
        "(ok AND f(state))",
    ] {
        assert!(check(Dialect::Postgres, Dialect::Mysql, text).is_err(), "{text}");
    }
}
