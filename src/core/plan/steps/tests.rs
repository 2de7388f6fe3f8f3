use super::super::fixture;
use super::super::{DataPath, MigrationPlan, PlanInput, build_plan};
use super::*;

fn item(id: u32, kind: &str, name: &str, table: Option<&str>, deps: &[u32]) -> DdlItem {
    let section = match kind {
        "TABLE" | "TYPE" => Section::PreData,
        _ => Section::PostData,
    };
    DdlItem {
        id,
        kind: kind.to_owned(),
        name: ObjectName::new("s", name),
        section,
        statements: vec![format!("{kind} {name}")],
        table: table.map(|t| ObjectName::new("s", t)),
        depends_on: deps.to_vec(),
    }
}

fn plan() -> MigrationPlan {
    let source = fixture::catalog(&["s.a", "s.b"]);
    let target = fixture::catalog(&[]);
    let items = [
        item(1, "TABLE", "a", None, &[]),
        item(2, "TABLE", "b", None, &[]),
        item(3, "CONSTRAINT", "a_pkey", Some("a"), &[1]),
        item(9, "INDEX ATTACH", "a_part", Some("a"), &[3]),
        item(4, "FK CONSTRAINT", "b_fk", Some("b"), &[1, 2, 3]),
        item(5, "INDEX", "b_ix", Some("b"), &[2]),
        item(6, "MATERIALIZED VIEW DATA", "mv", None, &[]),
        item(7, "ACL", "a", Some("a"), &[1]),
        item(8, "EVENT TRIGGER", "et", None, &[]),
    ];
    build_plan(&PlanInput {
        spec: &fixture::spec(Dialect::Postgres, Dialect::Postgres),
        source: &source,
        target: &target,
        preamble: &[],
        items: &items,
        nonempty: &[],
        bounds: &BTreeMap::new(),
        attachable: false,
    })
}

fn find<'p>(plan: &'p MigrationPlan, title: &str) -> (StepId, &'p Step) {
    let at = plan.steps.iter().position(|s| s.title == title);
    let at = at.unwrap_or_else(|| panic!("{title} is not among {:#?}", plan.steps));
    (StepId(at as u32), &plan.steps[at])
}

#[test]
fn a_foreign_key_waits_for_both_tables_and_the_key() {
    let plan = plan();
    assert_eq!(plan.findings.iter().filter(|f| f.severity.word() == "BLOCK").count(), 0);
    let waits = &find(&plan, "create fk constraint s.b_fk").1.waits_for;
    // A partitioned table has its key only when the keys of its partitions are attached.
    let before = ["load s.a", "load s.b", "create constraint s.a_pkey", "attach index s.a_part"];
    for title in before {
        assert!(waits.contains(&find(&plan, title).0), "{title}");
    }
    let locks = &find(&plan, "create fk constraint s.b_fk").1.locks;
    assert_eq!(locks.len(), 2);
}

#[test]
fn an_index_waits_for_its_own_table_only() {
    let plan = plan();
    let waits = &find(&plan, "create index s.b_ix").1.waits_for;
    assert!(waits.contains(&find(&plan, "load s.b").0));
    assert!(!waits.contains(&find(&plan, "load s.a").0));
}

#[test]
fn every_step_waits_for_earlier_ones_only() {
    let plan = plan();
    for (step, at) in plan.steps.iter().zip(0..) {
        assert!(step.waits_for.iter().all(|w| w.0 < at), "{}", step.title);
    }
    assert_eq!(plan.steps.last().map(|s| s.title.as_str()), Some("create event trigger s.et"));
    assert!(find(&plan, "grant on s.a").1.optional);
    assert_eq!(plan.tables[0].path, DataPath::DirectCopy(super::super::CopyFormat::Binary));
}
