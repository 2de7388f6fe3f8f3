//! What `inspect` sees.

use super::yard::{Yard, table};
use crate::core::catalog::{Identity, LogicalType, TableKind};
use crate::core::name::ObjectName;
use crate::core::spec::{Pattern, Selection};

const SETUP: &str = r#"
DROP DATABASE IF EXISTS zoo; DROP DATABASE IF EXISTS zoo2;
CREATE DATABASE zoo CHARACTER SET utf8mb4; CREATE DATABASE zoo2; USE zoo;
CREATE TABLE zoo2.far (id INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE `o``d"d` (
  `a``b` INT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'it''s',
  txt VARCHAR(20) DEFAULT 'o''x\\y"z',
  bits BIT(3) DEFAULT b'101',
  price DECIMAL(5,2) NOT NULL DEFAULT 1.50,
  at TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  kind ENUM('a','it''s','c,d','e\\f','','☃') DEFAULT 'it''s',
  flags SET('x','y z') NOT NULL DEFAULT 'x',
  word VARCHAR(5) DEFAULT 'NULL',
  nothing VARCHAR(5) DEFAULT NULL,
  old VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin,
  `calc ☃` INT AS (LENGTH(old) + 1) VIRTUAL,
  kept VARCHAR(50) AS (CONCAT(txt, '-x''')) STORED,
  expr VARCHAR(30) DEFAULT (CONCAT('a', '''b')),
  hidden INT INVISIBLE,
  PRIMARY KEY (`a``b`),
  UNIQUE KEY u1 (price, flags),
  UNIQUE KEY u2 (txt(4)),
  KEY k1 (kept(5), at DESC),
  FULLTEXT KEY f1 (txt),
  CONSTRAINT far_fk FOREIGN KEY (hidden) REFERENCES zoo2.far (id)
    ON DELETE CASCADE ON UPDATE SET NULL,
  CONSTRAINT c1 CHECK (price > 0 AND txt <> 'x''y')
) ENGINE=InnoDB AUTO_INCREMENT=42 COMMENT='tom''s';
CREATE TABLE files (id INT, doc TEXT, KEY (id)) ENGINE=MyISAM;
CREATE TABLE parts (id INT NOT NULL, y INT NOT NULL, PRIMARY KEY (id, y))
  PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10),
  PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE nopk (b INT NOT NULL, a INT NOT NULL, UNIQUE KEY z_first (a), UNIQUE KEY a_second (b));
CREATE VIEW v AS SELECT txt FROM `o``d"d`;
CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
CREATE TRIGGER tr BEFORE INSERT ON files FOR EACH ROW SET NEW.id = 1;
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;
"#;

#[tokio::test]
async fn a_zoo_is_seen_in_full() {
    let yard = Yard::new();
    yard.sql(SETUP);
    let catalog = yard.catalog("zoo").await;
    assert_eq!(catalog.schemas, ["zoo"], "a URL that names a database is about that one");
    let odd = table(&catalog, "o`d\"d");
    let column = |name: &str| odd.column(name).unwrap_or_else(|| panic!("no column {name}"));
    for (name, default) in [
        ("txt", Some(r#"'o''x\\y"z'"#)),
        ("bits", Some("b'101'")),
        ("price", Some("1.50")),
        ("kind", Some("'it''s'")),
        ("word", Some("'NULL'")),
        ("nothing", None),
        ("calc ☃", None),
    ] {
        assert_eq!(column(name).default.as_deref(), default, "{name}");
    }
    let at = column("at");
    assert_eq!(at.logical, LogicalType::Timestamp { zoned: true });
    for text in [&at.default, &at.on_update] {
        let text = text.as_deref().unwrap_or_default().to_lowercase();
        assert_eq!(text, "current_timestamp(3)");
    }
    let id = column("a`b");
    assert_eq!((id.identity, id.comment.as_deref()), (Some(Identity::Auto), Some("it's")));
    assert_eq!(column("kind").labels, ["a", "it's", "c,d", r"e\f", "", "☃"]);
    assert_eq!(column("flags").labels, ["x", "y z"]);
    assert_eq!(column("old").charset.as_deref(), Some("latin1"));
    assert_eq!(column("old").collation.as_deref(), Some("latin1_bin"));
    assert!(column("hidden").invisible && !column("txt").invisible);
    let stored = |name| column(name).generated.as_ref().map(|g| g.stored);
    assert_eq!((stored("calc ☃"), stored("kept"), stored("txt")), (Some(false), Some(true), None));
    let kept = &column("kept").generated.as_ref().unwrap().expression;
    assert!(kept.contains(r"'-x\''"), "{kept}");
    let expr = column("expr").default.as_deref().unwrap_or_default();
    assert!(expr.starts_with("concat(") && expr.contains(r"'\'b'"), "{expr}");

    let keys: Vec<(&str, bool, bool)> =
        odd.keys.iter().map(|k| (k.name.as_str(), k.primary, k.not_null)).collect();
    assert_eq!(keys, [("PRIMARY", true, true), ("u1", false, true)]);
    let index = |name: &str| odd.indexes.iter().find(|i| i.name == name).unwrap();
    assert!(index("u2").unique && index("u2").columns[0].prefix == Some(4));
    assert_eq!(index("f1").method, "fulltext");
    assert_eq!(index("k1").columns[0].prefix, Some(5));
    assert_eq!(
        index("k1").definition.replace(" DESC", ""),
        "CREATE INDEX `k1` ON `zoo`.`o``d\"d` (`kept`(5), `at`)"
    );
    let key = &odd.foreign_keys[0];
    assert_eq!(key.to_table, ObjectName::new("zoo2", "far"));
    assert_eq!((key.on_delete.as_str(), key.on_update.as_str()), ("CASCADE", "SET NULL"));
    assert!(catalog.others.iter().any(|o| o.kind == "TABLE" && o.name == key.to_table));
    assert_eq!(odd.checks.len(), 1);
    assert!(odd.checks[0].expression.contains(r"'x\'y'"), "{}", odd.checks[0].expression);
    assert_eq!(odd.comment.as_deref(), Some("tom's"));
    let sequence = &catalog.sequences[0];
    assert_eq!((sequence.last_value, sequence.is_called), (41, true));
    assert_eq!(sequence.owner, Some((odd.name.clone(), "a`b".to_owned())));
}

#[tokio::test]
async fn engines_partitions_and_other_objects_are_told_apart() {
    let yard = Yard::new();
    let text = SETUP.replace("zoo", "farm");
    yard.sql(&text);
    let catalog = yard.catalog("farm").await;
    let files = table(&catalog, "files");
    assert_eq!((files.engine.as_deref(), files.transactional), (Some("MyISAM"), false));
    assert!(table(&catalog, "parts").transactional);
    let parts = table(&catalog, "parts");
    assert_eq!(parts.kind, TableKind::Plain);
    assert!(parts.sql.as_deref().unwrap_or_default().contains("PARTITION BY RANGE"));
    assert_eq!(files.sql, None);
    assert_eq!(table(&catalog, "nopk").keys[0].name, "z_first", "the one that orders the rows");
    for (kind, name, begin) in [
        ("VIEW", "v", "CREATE "),
        ("FUNCTION", "f", "CREATE "),
        ("TRIGGER", "tr", "CREATE "),
        ("EVENT", "ev", "CREATE "),
    ] {
        let found = catalog.others.iter().find(|o| o.kind == kind && o.name.name == name);
        let text = found.and_then(|o| o.definition.as_deref()).unwrap_or_default();
        assert!(text.starts_with(begin), "{kind}: {text}");
    }
    let only = Selection { tables: vec![Pattern::new("farm.files")], ..Selection::default() };
    let some = yard.source("farm").inspect(&only).await.unwrap();
    assert_eq!(some.tables.len(), 1);
    assert!(some.others.iter().any(|o| o.kind == "TABLE" && o.name.name == "parts"));
    let refused = yard.source("nowhere").inspect(&Selection::default()).await.err().unwrap();
    assert!(refused.message.contains("nowhere"), "{refused}");
}
