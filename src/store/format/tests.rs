use super::*;

#[test]
fn ranges_are_kept_as_these_texts() {
    let key = |t: &str| Some(vec![t.to_owned(), "ä\"".to_owned()]);
    for (range, kind, from, until) in [
        (ChunkRange::Whole, "whole", None, None),
        (ChunkRange::Key { from: None, until: key("7") }, "key", None, Some(r#"["7","ä\""]"#)),
        (ChunkRange::Ctid { from_page: 12, until_page: None }, "ctid", Some("12"), None),
        (ChunkRange::Keys(vec![vec!["7".to_owned()]]), "key", Some(r#"{"keys":[["7"]]}"#), None),
        (ChunkRange::Rowid { from: Some(-5), until: Some(9) }, "rowid", Some("-5"), Some("9")),
    ] {
        let (k, f, u) = range_parts(&range);
        assert_eq!((k, f.as_deref(), u.as_deref()), (kind, from, until));
        assert_eq!(range_from(kind, from, until), Ok(range));
    }
    assert!(range_from("key", Some("nonsense"), None).is_err());
    assert!(range_from("page", None, None).is_err());
}

#[test]
fn types_are_kept_as_these_texts() {
    for (logical, text) in [
        (LogicalType::Bool, r#""bool""#),
        (
            LogicalType::Array(Box::new(LogicalType::Decimal {
                precision: Some(10),
                scale: Some(-2),
            })),
            r#"{"array":{"of":{"decimal":{"precision":10,"scale":-2}}}}"#,
        ),
        (LogicalType::Other("crm.mood".to_owned()), r#"{"other":{"name":"crm.mood"}}"#),
    ] {
        assert_eq!(logical_text(&logical), text);
        assert_eq!(logical_from(text), Ok(logical));
    }
}

#[test]
fn a_definition_comes_back_as_it_was() {
    let end = |dialect, url: &str| Endpoint {
        dialect,
        url: url.to_owned(),
        connection: Some("prod".to_owned()),
        label: None,
        production: true,
    };
    let mut spec = JobSpec::new(
        JobName::parse("crm-nov").unwrap(),
        end(Dialect::Postgres, "postgres://ana@db1/crm"),
        end(Dialect::Sqlite, "sqlite:/data/x.db"),
    );
    spec.selection.exclude.push(Pattern::new("*.tmp_*"));
    spec.table_exists = TableExists::Truncate;
    spec.rate_bytes = Some(40_000_000);
    spec.kind = JobKind::Verify;
    spec.remap_schemas.push(SchemaRemap { from: "a".to_owned(), to: "b".to_owned() });
    spec.bad_rows = BadRows::Reject { per_table: 7, per_job: 9 };
    spec.verify_after = true;
    assert_eq!(spec_from(&spec_text(&spec)), Ok(spec));
}
