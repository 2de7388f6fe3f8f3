use super::super::super::catalog::Key;
use super::super::super::name::ObjectName;
use super::super::fixture;
use super::*;

fn reference(columns: &[&str], to: &str, to_columns: &[&str]) -> ForeignKey {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let (schema, name) = to.split_once('.').unwrap();
    ForeignKey {
        name: "fk".to_owned(),
        columns: names(columns),
        to_table: ObjectName::new(schema, name),
        to_columns: names(to_columns),
        on_update: "NO ACTION".to_owned(),
        on_delete: "NO ACTION".to_owned(),
        deferrable: false,
        initially_deferred: false,
        validated: true,
        match_full: false,
    }
}

fn yard(from: Dialect, to: Dialect) -> (JobSpec, Catalog, MigrationPlan) {
    let mut source = fixture::catalog(&["main.child", "main.parent"]);
    source.server = fixture::server(from);
    source.tables[1].keys.push(Key {
        name: String::new(),
        columns: vec!["id".to_owned()],
        primary: true,
        deferrable: false,
        initially_deferred: false,
        not_null: true,
        correlation: None,
    });
    source.tables[0].foreign_keys = vec![
        reference(&["parent\"id"], "main.parent", &[]),
        reference(&["a", "b"], "main.parent", &["x", "y"]),
        reference(&["gone"], "main.nowhere", &["x"]),
    ];
    let mut plan = fixture::plan(from, to);
    plan.tables.push(fixture::planned("main.child"));
    (fixture::spec(from, to), source, plan)
}

#[test]
fn each_foreign_key_to_a_table_that_is_there_is_one_question() {
    let (spec, source, plan) = yard(Dialect::Sqlite, Dialect::Postgres);
    let questions = orphan_questions(&spec, &source, &plan);
    assert_eq!(questions.len(), 2);
    assert_eq!(
        questions[0].statement,
        "SELECT count(*) FROM (SELECT 1 AS one FROM \"main\".\"child\" c WHERE c.\"parent\"\"id\" IS \
         NOT NULL AND NOT EXISTS (SELECT 1 FROM \"main\".\"parent\" p WHERE p.\"id\" = \
         c.\"parent\"\"id\") LIMIT 1001) AS counted"
    );
    assert!(questions[1].statement.contains("p.\"x\" = c.\"a\" AND p.\"y\" = c.\"b\""));
    assert_eq!(questions[1].key, "main.child (a, b) -> main.parent");
}

#[test]
fn nothing_is_asked_where_no_answer_would_matter() {
    let (mut spec, source, plan) = yard(Dialect::Sqlite, Dialect::Postgres);
    spec.shaping.objects.leave_out = vec![ObjectClass::ForeignKey];
    assert!(orphan_questions(&spec, &source, &plan).is_empty());
    let (mut spec, source, plan) = yard(Dialect::Mysql, Dialect::Postgres);
    spec.content = Content::DataOnly;
    assert!(orphan_questions(&spec, &source, &plan).is_empty());
    let (spec, source, plan) = yard(Dialect::Postgres, Dialect::Postgres);
    assert!(orphan_questions(&spec, &source, &plan).is_empty());
}

#[test]
fn answers_are_told_and_so_is_what_nobody_answered() {
    let (mut spec, source, plan) = yard(Dialect::Sqlite, Dialect::Postgres);
    spec.shaping.objects.leave_out = vec![ObjectClass::Trigger];
    let questions = orphan_questions(&spec, &source, &plan);
    let told = |answers: &[Option<u64>]| -> Vec<(Severity, String)> {
        let found = orphan_findings(&spec, &questions, answers);
        found.into_iter().map(|finding| (finding.severity, finding.message)).collect()
    };
    assert_eq!(
        told(&[Some(0), Some(0)]),
        [(Severity::Ok, "no row of 2 foreign keys refers to nothing".to_owned())]
    );
    assert_eq!(
        told(&[Some(1), None]),
        [
            (
                Severity::Warn,
                "main.child (parent\"id) -> main.parent: 1 row refers to nothing".to_owned()
            ),
            (Severity::Ok, "1 of 2 foreign keys were not looked at".to_owned()),
        ]
    );
    assert!(told(&[Some(1001), Some(0)])[0].1.contains("1000 rows or more refer"));
    let ways = orphan_findings(&spec, &questions, &[Some(3), Some(0)])[0].ways.clone();
    let value = "[\"trigger\", \"foreign_key\"]".to_owned();
    assert_eq!(ways[0].change, Change::Set { key: "objects.leave_out".to_owned(), value });

    let (spec, source, plan) = yard(Dialect::Sqlite, Dialect::Sqlite);
    let questions = orphan_questions(&spec, &source, &plan);
    let found = orphan_findings(&spec, &questions, &[Some(3), Some(0)]);
    assert_eq!(found[0].severity, Severity::Ok, "SQLite checks nothing");
}
