//! Answers of MySQL 9 and MariaDB 10.11, cut and put together again.

use super::*;

const MYSQL: &str = r"CREATE TABLE `t` (
  `a` bigint NOT NULL AUTO_INCREMENT COMMENT 'x) , KEY `',
  `b` varchar(100) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'o''x\\n',
  `e` enum('a','b,)','c''d') DEFAULT 'a',
  `h` varchar(20) GENERATED ALWAYS AS (concat(`b`,_latin1'?')) STORED,
  `k` int NOT NULL,
  `p``q` int DEFAULT '5' /*!80023 INVISIBLE */,
  PRIMARY KEY (`k`,`e`),
  UNIQUE KEY `ua` (`a`),
  UNIQUE KEY `ub` (`b`),
  KEY `kb` (`b`(10) DESC,`e`) /*!80000 INVISIBLE */,
  SPATIAL KEY `sm` (`h`),
  KEY `fx` (((`k` + 1)),`b`) COMMENT 'i)dx',
  FULLTEXT KEY `fc` (`b`),
  CONSTRAINT `fk1` FOREIGN KEY (`k`) REFERENCES `p` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk2` FOREIGN KEY (`k`, `b`) REFERENCES `d2`.`p2` (`k`, `b`),
  CONSTRAINT `chk` CHECK (((`k` > 0) and (`e` <> _utf8mb4')')))
) ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=3'
/*!50100 PARTITION BY RANGE (`k`)
(PARTITION p0 VALUES LESS THAN (2000) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";

fn statements(sql: &str) -> MysqlStatements {
    let table = MysqlTable::read(sql).expect("a table");
    let name = |table: &ObjectName| match table.schema.as_str() {
        "d" => ObjectName::new("new", table.name.as_str()),
        _ => table.clone(),
    };
    table.statements(&ObjectName::new("new", "t"), "d", &name)
}

#[test]
fn indexes_and_foreign_keys_leave_the_table() {
    let made = statements(MYSQL);
    assert_eq!(
        made.create,
        r"CREATE TABLE `new`.`t` (
  `a` bigint NOT NULL AUTO_INCREMENT COMMENT 'x) , KEY `',
  `b` varchar(100) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'o''x\\n',
  `e` enum('a','b,)','c''d') DEFAULT 'a',
  `h` varchar(20) GENERATED ALWAYS AS (concat(`b`,_latin1'?')) STORED,
  `k` int NOT NULL,
  `p``q` int DEFAULT '5' /*!80023 INVISIBLE */,
  PRIMARY KEY (`k`,`e`),
  UNIQUE KEY `ua` (`a`),
  CONSTRAINT `chk` CHECK (((`k` > 0) and (`e` <> _utf8mb4')')))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=3' AUTO_INCREMENT=77
PARTITION BY RANGE (`k`)
(PARTITION p0 VALUES LESS THAN (2000) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB)"
    );
    let late: Vec<&str> = made.indexes.iter().map(|i| i.statement.as_str()).collect();
    assert_eq!(
        late,
        [
            "ALTER TABLE `new`.`t` ADD UNIQUE KEY `ub` (`b`)",
            "ALTER TABLE `new`.`t` ADD KEY `kb` (`b`(10) DESC,`e`) /*!80000 INVISIBLE */",
            "ALTER TABLE `new`.`t` ADD SPATIAL KEY `sm` (`h`)",
            "ALTER TABLE `new`.`t` ADD KEY `fx` (((`k` + 1)),`b`) COMMENT 'i)dx'",
            "ALTER TABLE `new`.`t` ADD FULLTEXT KEY `fc` (`b`)",
        ]
    );
    let keys: Vec<&str> = made.foreign_keys.iter().map(|i| i.statement.as_str()).collect();
    assert_eq!(
        keys,
        [
            "ALTER TABLE `new`.`t` ADD CONSTRAINT `fk1` FOREIGN KEY (`k`) REFERENCES \
             `new`.`p` (`id`) ON DELETE SET NULL",
            "ALTER TABLE `new`.`t` ADD CONSTRAINT `fk2` FOREIGN KEY (`k`, `b`) REFERENCES \
             `d2`.`p2` (`k`, `b`)",
        ]
    );
    assert_eq!(made.foreign_keys[1].to_table, Some(ObjectName::new("d2", "p2")));
}

#[test]
fn what_a_table_is_clustered_by_stays_with_it() {
    let made = statements(
        "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` int(11) NOT NULL,\n  `c` int,\n  \
         UNIQUE KEY `uc` (`c`),\n  UNIQUE KEY `u2` (`b`),\n  KEY `ka` (`a`)\n) ENGINE=InnoDB",
    );
    assert!(made.create.contains("UNIQUE KEY `u2`"), "{}", made.create);
    assert_eq!(made.indexes.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["uc", "ka"]);
}

#[test]
fn versioned_tables_stay_whole_and_other_texts_are_refused() {
    let made = statements(
        "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  PRIMARY KEY (`a`),\n  KEY `b` (`a`)\n) \
         ENGINE=InnoDB WITH SYSTEM VERSIONING",
    );
    assert!(made.indexes.is_empty() && made.create.contains("KEY `b`"), "{}", made.create);
    for text in ["", "CREATE TABLE `t` (`a` int", "CREATE VIEW v AS SELECT 1", "(", "DROP (a)"] {
        assert!(MysqlTable::read(text).is_none(), "{text}");
    }
}
