//! Definitions of one server as another gets them.

use super::super::fixture;
use super::*;

fn raw(id: u32, kind: &str, name: &str, statements: &[&str]) -> DdlItem {
    DdlItem {
        id,
        kind: kind.to_owned(),
        name: ObjectName::new("s", name),
        section: Section::PreData,
        statements: statements.iter().map(|s| (*s).to_owned()).collect(),
        table: (kind == "TRIGGER").then(|| ObjectName::new("s", "child")),
        depends_on: Vec::new(),
    }
}

fn source_items() -> [DdlItem; 6] {
    [
        raw(
            1,
            "VIEW",
            "b",
            &["CREATE DEFINER=`x`@`%` VIEW `s`.`b` AS select `s`.`a`.`i` from `s`.`a`"],
        ),
        raw(2, "VIEW", "a", &["CREATE VIEW `s`.`a` AS select 1 from `s`.`child`"]),
        raw(
            3,
            "TABLE",
            "child",
            &["CREATE TABLE `child` (\n  `i` int NOT NULL,\n  \
            PRIMARY KEY (`i`),\n  KEY `k` (`i`),\n  CONSTRAINT `f` FOREIGN KEY (`i`) \
            REFERENCES `parent` (`i`)\n) ENGINE=InnoDB"],
        ),
        raw(
            4,
            "TABLE",
            "parent",
            &["CREATE TABLE `parent` (\n  `i` int,\n  UNIQUE KEY `u` (`i`)\n) ENGINE=InnoDB"],
        ),
        raw(
            5,
            "TRIGGER",
            "tr",
            &[
                "SET sql_mode = ''",
                "CREATE DEFINER=`o``b`@`h` TRIGGER s.tr BEFORE \
            INSERT ON child FOR EACH ROW SET NEW.i = 's.x'",
            ],
        ),
        raw(
            6,
            "EVENT",
            "e",
            &["CREATE DEFINER=`x` EVENT `e` ON SCHEDULE EVERY 1 DAY ON \
            COMPLETION NOT PRESERVE ENABLE DO SELECT 1"],
        ),
    ]
}

#[test]
fn definitions_get_the_order_and_the_names_of_the_target() {
    let mut spec = fixture::spec(Dialect::Mysql, Dialect::Mysql);
    spec.source.url = "mysql://a@x:3306/s".to_owned();
    spec.target.url = "mysql://a@y:3306/t".to_owned();
    let source = fixture::catalog(&["s.child", "s.parent"]);
    let items = source_items();
    let selected: Vec<_> = source.tables.iter().collect();
    let naming = Naming::new(&spec, &selected);
    let input = PlanInput {
        spec: &spec,
        source: &source,
        target: &source,
        preamble: &[],
        items: &items,
        nonempty: &[],
        bounds: &BTreeMap::new(),
        attachable: false,
    };
    let prepared = prepare(&input, &Shapes::default(), &naming);
    let made = renamed(&prepared.items, &naming);
    let find = |kind: &str, name: &str| {
        let found = made.iter().find(|i| i.kind == kind && i.name.name == name);
        found.unwrap_or_else(|| panic!("{kind} {name} in {made:?}"))
    };
    assert!(made.iter().all(|i| i.name.schema == "t"));
    assert!(find("TABLE", "child").statements[0].starts_with("CREATE TABLE `t`.`child`"));
    let key = find("FK CONSTRAINT", "f");
    assert!(key.statements[2].contains("REFERENCES `t`.`parent`"), "{key:?}");
    for (kind, name) in [("TABLE", "parent"), ("INDEX", "u"), ("INDEX", "k")] {
        assert!(key.depends_on.contains(&find(kind, name).id), "{kind} {name}");
    }
    let (a, b) = (find("VIEW", "a"), find("VIEW", "b"));
    assert!(b.depends_on.contains(&a.id) && a.id < b.id);
    assert_eq!(b.statements, ["USE `t`", "CREATE VIEW `t`.`b` AS select `t`.`a`.`i` from `t`.`a`"]);
    let trigger = find("TRIGGER", "tr");
    assert_eq!(trigger.table, Some(ObjectName::new("t", "child")));
    assert!(trigger.statements[2].starts_with("CREATE TRIGGER `t`.tr BEFORE"), "{trigger:?}");
    assert!(trigger.statements[2].ends_with("'s.x'"), "texts are left alone");
    assert!(find("EVENT", "e").statements[1].contains("NOT PRESERVE DISABLE DO"));
}

#[test]
fn a_definer_in_a_body_is_nobodys_business() {
    let text = "CREATE PROCEDURE `p`()\nSELECT 'DEFINER=`x`@`y`'";
    assert_eq!(without_definer(text), (text.to_owned(), false));
    let (text, had) = without_definer(
        "CREATE ALGORITHM=MERGE DEFINER=`a``b`@`%` SQL SECURITY INVOKER VIEW `v` AS select 1",
    );
    assert!(had);
    assert_eq!(text, "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW `v` AS select 1");
}

#[test]
fn modes_of_the_other_server_only() {
    assert_eq!(modes("'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER'"), "'STRICT_TRANS_TABLES'");
    assert_eq!(modes("''"), "''");
}
