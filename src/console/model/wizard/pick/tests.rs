use proptest::prelude::*;

use super::selection::Written;
use super::*;

fn table(name: &str, rows: u64) -> SurveyTable {
    SurveyTable {
        name: name.to_owned(),
        kind: "table".to_owned(),
        rows: Some(rows),
        bytes: Some(rows * 100),
        key: "id".to_owned(),
        ..SurveyTable::default()
    }
}

fn schema(name: &str, tables: &[&str]) -> SchemaView {
    let tables = tables.iter().zip(1..).map(|(name, n)| table(name, n * 1000)).collect();
    SchemaView { name: name.to_owned(), tables }
}

fn small() -> Tree {
    let mut view = schema("rep", &["daily", "daily_mv"]);
    view.tables[1].obstacle = Some("no twin there".to_owned());
    Tree::new(vec![schema("crm", &["orders", "order_items", "users"]), view])
}

fn big(tables: usize) -> Tree {
    let schemas = (0..10).map(|s| {
        let tables = (0..tables / 10).map(|t| table(&format!("t{t:05}"), 5)).collect();
        SchemaView { name: format!("s{s}"), tables }
    });
    Tree::new(schemas.collect())
}

fn picks(tree: &Tree) -> Vec<String> {
    let leaves = tree.branches.iter().flat_map(|branch| &branch.leaves);
    leaves.filter(|leaf| leaf.picked).map(|leaf| leaf.full.clone()).collect()
}

#[test]
fn space_on_a_schema_makes_all_of_some_and_none_of_all() {
    let mut tree = small();
    assert_eq!(tree.branches[0].tri(), Tri::All);
    assert_eq!(tree.tick(), Changed { tables: 3, picked: false, hidden: 0 });
    assert_eq!(tree.branches[0].tri(), Tri::None);
    tree.go(Move::By(1), 10);
    assert_eq!(tree.tick(), Changed { tables: 1, picked: true, hidden: 0 });
    assert_eq!(tree.branches[0].tri(), Tri::Some);
    tree.left();
    assert_eq!(tree.at, Some(Thing::Schema(0)));
    assert_eq!(tree.tick(), Changed { tables: 2, picked: true, hidden: 0 });
    assert_eq!(tree.branches[0].tri(), Tri::All);
}

#[test]
fn a_filter_keeps_hidden_tables_as_they_were() {
    let mut tree = small();
    tree.tick_all(How::None);
    tree.set_filter("order");
    assert_eq!(tree.lines.len(), 3, "a schema without a hit is not shown");
    assert_eq!(tree.tick(), Changed { tables: 2, picked: true, hidden: 1 });
    tree.set_filter("");
    assert_eq!(picks(&tree), ["crm.orders", "crm.order_items"]);
    assert_eq!(tree.going().rows, 3000);
}

#[test]
fn what_cannot_be_copied_is_wanted_but_counts_for_nothing() {
    let tree = small();
    assert_eq!((tree.branches[1].picked, tree.branches[1].going.tables), (2, 1));
    assert_eq!(tree.branches[1].tri(), Tri::All);
    assert_eq!(tree.going_names().len(), 4);
}

#[test]
fn the_cursor_stays_on_its_table_through_folds_filters_and_counts() {
    let mut tree = small();
    assert!(tree.go_to("crm.users"));
    tree.set_filter("users");
    assert_eq!(tree.selected().unwrap().full, "crm.users");
    tree.set_filter("daily");
    tree.set_filter("");
    tree.go_to("rep.daily");
    tree.counted("crm.orders", 7);
    assert_eq!(tree.selected().unwrap().full, "rep.daily");
    assert_eq!(tree.going().rows, 7 + 2000 + 3000 + 1000);
    assert_eq!(tree.going().rough, 3);
    tree.left();
    tree.left();
    assert_eq!(tree.lines.len(), 5, "rep is folded");
    assert!(!tree.unfold_all() || tree.lines.len() == 7);
}

#[test]
fn folding_under_a_filter_is_forgotten_with_it() {
    let mut tree = small();
    tree.set_filter("order");
    tree.left();
    assert_eq!(tree.lines.len(), 1);
    tree.set_filter("");
    assert_eq!(tree.lines.len(), 7);
}

#[test]
fn picks_survive_a_job_file() {
    let mut tree = small();
    for (drop, expected) in [
        (&[][..], FileSelection::default()),
        (
            &["crm.users"][..],
            FileSelection {
                schemas: vec!["crm".to_owned(), "rep".to_owned()],
                exclude: vec!["crm.users".to_owned()],
                ..FileSelection::default()
            },
        ),
        (
            &["crm.users", "crm.orders", "rep.daily", "rep.daily_mv"][..],
            FileSelection {
                tables: vec!["crm.order_items".to_owned()],
                ..FileSelection::default()
            },
        ),
    ] {
        tree.tick_all(How::All);
        for full in drop {
            assert!(tree.go_to(full));
            tree.tick();
        }
        let before = picks(&tree);
        let written = tree.written(&[]);
        assert_eq!(written, Written { selected: expected, bent: Vec::new() });
        tree.tick_all(How::None);
        tree.pick_as(&written.selected);
        assert_eq!(picks(&tree), before);
    }
    tree.tick_all(How::None);
    let nothing = tree.written(&[]).selected;
    tree.tick_all(How::All);
    tree.pick_as(&nothing);
    assert!(picks(&tree).is_empty(), "{nothing:?}");
}

#[test]
fn a_later_table_of_a_whole_schema_comes_along() {
    let mut tree = small();
    tree.go_to("rep.daily");
    tree.left();
    tree.tick();
    let selected = tree.written(&[]).selected;
    let mut later = Tree::new(vec![schema("crm", &["orders", "new"]), schema("rep", &["more"])]);
    later.pick_as(&selected);
    assert_eq!(picks(&later), ["crm.orders", "crm.new"]);
}

#[test]
fn patterns_of_the_operator_stay_while_they_spare_the_picks() {
    let mut tree = Tree::new(vec![schema("crm", &["orders", "tmp_a", "tmp_b", "users"])]);
    let kept = ["*.tmp_*".to_owned()];
    tree.pick_as(&FileSelection { exclude: kept.to_vec(), ..FileSelection::default() });
    assert_eq!(picks(&tree), ["crm.orders", "crm.users"]);
    tree.go_to("crm.users");
    tree.tick();
    let written = tree.written(&kept);
    assert!(written.selected.exclude.contains(&kept[0]), "{written:?}");
    assert_eq!(picks(&tree), ["crm.orders"]);
    tree.go_to("crm.tmp_a");
    tree.tick();
    let written = tree.written(&kept);
    assert!(!written.selected.exclude.contains(&kept[0]), "{written:?}");
    assert_eq!(picks(&tree), ["crm.orders", "crm.tmp_a"]);
}

#[test]
fn names_that_match_others_are_told_apart_or_named() {
    let mut tree = Tree::new(vec![schema("s", &["orders", "Orders", "a*b", "axb", "z"])]);
    tree.tick_all(How::None);
    for full in ["s.orders", "s.a*b"] {
        tree.go_to(full);
        tree.tick();
    }
    let written = tree.written(&[]);
    assert_eq!(written.bent, Vec::<String>::new());
    assert_eq!(picks(&tree), ["s.orders", "s.a*b"]);
    // To leave out `orders` would leave out `Orders`: the picks are named instead.
    tree.tick_all(How::All);
    tree.go_to("s.orders");
    tree.tick();
    let written = tree.written(&[]);
    assert_eq!(written.bent, Vec::<String>::new(), "{written:?}");
    assert_eq!(picks(&tree), ["s.Orders", "s.a*b", "s.axb", "s.z"]);
    // No pattern is there for these two: it is said, and shown as it will be.
    let mut tree = Tree::new(vec![schema("s", &["a?b", "a*b", "c", "d"])]);
    tree.tick_all(How::None);
    tree.go_to("s.a?b");
    tree.tick();
    let written = tree.written(&[]);
    assert!(!written.bent.is_empty(), "{written:?}");
    let shown = picks(&tree);
    tree.pick_as(&written.selected);
    assert_eq!(picks(&tree), shown, "what is shown is what is written");
}

#[test]
fn ten_thousand_tables_cost_a_key_a_few_visits_each_and_a_movement_none() {
    let mut tree = big(10_000);
    tree.unfold_all();
    assert_eq!(tree.lines.len(), 10_010);
    let mut cost = |act: &mut dyn FnMut(&mut Tree)| {
        let before = tree.work;
        act(&mut tree);
        tree.work - before
    };
    assert_eq!(cost(&mut |t| t.go(Move::Last, 20)), 0);
    assert_eq!(cost(&mut |t| t.go(Move::Pages(-3), 20)), 0);
    assert_eq!(cost(&mut |t| _ = t.tick()), 1);
    assert_eq!(cost(&mut |t| t.counted("s3.t00077", 9)), 1);
    assert!(cost(&mut |t| t.left()) <= 10_000);
    assert!(cost(&mut |t| t.left()) <= 10_000);
    assert!(cost(&mut |t| _ = t.tick()) <= 2_000);
    assert!(cost(&mut |t| t.set_filter("t00077")) <= 10_000);
    assert!(cost(&mut |t| _ = t.tick_all(How::Invert)) <= 10_000);
    assert!(cost(&mut |t| drop(t.written(&[]))) <= 50_000);
}

#[derive(Clone, Debug)]
enum Act {
    Move(isize),
    Tick,
    All(How),
    Filter(&'static str),
    Left,
    Right,
    Unfold,
    Counted(usize, u64),
}

fn act() -> impl Strategy<Value = Act> {
    let filters = ["", "a", "picked", "!picked", "rows>1k", "nokey", "zzz", "!b rows<5m"];
    prop_oneof![
        (-5_isize..6).prop_map(Act::Move),
        Just(Act::Tick),
        prop_oneof![Just(How::All), Just(How::None), Just(How::Invert)].prop_map(Act::All),
        proptest::sample::select(filters.to_vec()).prop_map(Act::Filter),
        Just(Act::Left),
        Just(Act::Right),
        Just(Act::Unfold),
        (0_usize..12, 0_u64..5_000_000).prop_map(|(at, rows)| Act::Counted(at, rows)),
    ]
}

fn make() -> impl Strategy<Value = Tree> {
    let name = "[abAB*?.]{1,3}";
    let table = (name, any::<Option<u32>>(), any::<bool>(), any::<bool>());
    let tables = proptest::collection::vec(table, 0..5);
    proptest::collection::vec((name, tables), 0..4).prop_map(|schemas| {
        let mut seen = std::collections::HashSet::new();
        let mut views: Vec<SchemaView> = Vec::new();
        for (name, tables) in schemas {
            if views.iter().any(|view| view.name == name) {
                continue;
            }
            let fresh = tables.into_iter().filter(|t| seen.insert(format!("{name}.{}", t.0)));
            let tables = fresh.map(|(name, rows, key, obstacle)| SurveyTable {
                name,
                rows: rows.map(u64::from),
                bytes: rows.map(u64::from),
                key: if key { "id".to_owned() } else { String::new() },
                obstacle: obstacle.then(|| "no".to_owned()),
                ..SurveyTable::default()
            });
            let tables = tables.collect();
            views.push(SchemaView { name, tables });
        }
        Tree::new(views)
    })
}

fn check(tree: &Tree) -> Result<(), TestCaseError> {
    for branch in &tree.branches {
        let mut fresh = branch.clone();
        fresh.count();
        prop_assert_eq!(fresh.going, branch.going);
        prop_assert_eq!(fresh.whole, branch.whole);
        prop_assert_eq!(fresh.picked, branch.picked);
        let picked = branch.leaves.iter().filter(|leaf| leaf.picked).count();
        let tri = match (picked, branch.leaves.len()) {
            (0, _) => Tri::None,
            (n, all) if n == all => Tri::All,
            _ => Tri::Some,
        };
        prop_assert_eq!(branch.tri(), tri);
    }
    prop_assert_eq!(tree.at, tree.lines.get(tree.list.cursor).copied());
    prop_assert_eq!(tree.at.is_none(), tree.lines.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn sums_and_cursor_hold_whatever_is_pressed(
        mut tree in make(),
        acts in proptest::collection::vec(act(), 0..40),
    ) {
        for act in acts {
            match act {
                Act::Move(by) => tree.go(Move::By(by), 5),
                Act::Tick => _ = tree.tick(),
                Act::All(how) => _ = tree.tick_all(how),
                Act::Filter(text) => tree.set_filter(text),
                Act::Left => tree.left(),
                Act::Right => tree.right(5),
                Act::Unfold => _ = tree.unfold_all(),
                Act::Counted(at, rows) => {
                    let name = tree.going_names().get(at).cloned().unwrap_or_default();
                    tree.counted(&name, rows);
                }
            }
            tree.fit(5);
            check(&tree)?;
        }
        // What is written is read as the same picks, and what is bent is what differs.
        let before = picks(&tree);
        let written = tree.written(&[]);
        let after = picks(&tree);
        prop_assert_eq!(written.bent.is_empty(), before == after);
        tree.tick_all(How::None);
        tree.pick_as(&written.selected);
        prop_assert_eq!(picks(&tree), after);
    }
}
