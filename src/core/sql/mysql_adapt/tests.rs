//! What each of the two does not know of the other.

use super::*;
use crate::core::name::ObjectName;

fn adapted(sql: &str, to: Flavour) -> (String, Vec<String>) {
    let mut table = MysqlTable::read(sql).expect("a table");
    let changes = adapt(&mut table, to);
    let made = table.statements(&ObjectName::new("d", "t"), "d", &ObjectName::clone);
    let late = made.indexes.iter().map(|i| i.statement.clone());
    let all: Vec<String> = [made.create].into_iter().chain(late).collect();
    (all.join(";\n"), changes)
}

#[test]
fn collations_have_twins_or_stricter_relatives() {
    let newer = Flavour::MariaDb(101_119);
    for (to, name, expected) in [
        (newer, "utf8mb4_0900_ai_ci", Some("utf8mb4_uca1400_nopad_ai_ci")),
        (newer, "utf8mb4_de_pb_0900_as_cs", Some("utf8mb4_uca1400_german2_nopad_as_cs")),
        (newer, "utf8mb4_ja_0900_as_cs_ks", Some("utf8mb4_uca1400_nopad_as_cs")),
        (newer, "utf8mb4_0900_bin", Some("utf8mb4_nopad_bin")),
        (newer, "utf8mb4_unicode_ci", None),
        (newer, "latin1_swedish_ci", None),
        (Flavour::MariaDb(100_600), "utf8mb4_0900_ai_ci", Some("utf8mb4_unicode_520_nopad_ci")),
        (Flavour::MariaDb(100_600), "utf8mb4_0900_as_ci", Some("utf8mb4_nopad_bin")),
        (Flavour::Mysql, "utf8mb4_uca1400_ai_ci", Some("utf8mb4_0900_ai_ci")),
        (
            Flavour::Mysql,
            "utf8mb4_uca1400_spanish2_nopad_as_cs",
            Some("utf8mb4_es_trad_0900_as_cs"),
        ),
        (Flavour::Mysql, "utf8mb3_uca1400_as_ci", Some("utf8mb3_bin")),
        (Flavour::Mysql, "latin1_swedish_nopad_ci", Some("latin1_swedish_ci")),
        (Flavour::Mysql, "utf8mb4_nopad_bin", Some("utf8mb4_0900_bin")),
        (Flavour::Mysql, "utf8mb4_general_ci", None),
    ] {
        assert_eq!(collation_on(to, name).as_deref(), expected, "{name}");
    }
}

#[test]
fn a_table_of_mysql_on_mariadb() {
    let sql = "CREATE TABLE `t` (\n  \
        `a` int NOT NULL COMMENT 'COLLATE utf8mb4_0900_ai_ci',\n  \
        `c` geometry NOT NULL /*!80003 SRID 4326 */,\n  \
        `e` int DEFAULT '5' /*!80023 INVISIBLE */,\n  \
        `f` varchar(10) COLLATE utf8mb4_0900_as_cs NOT NULL DEFAULT (concat(_utf8mb4'a')),\n  \
        `g` int GENERATED ALWAYS AS ((`a` + 1)) STORED NOT NULL,\n  \
        PRIMARY KEY (`a`),\n  \
        KEY `dd` (`e`) /*!80000 INVISIBLE */,\n  \
        KEY `fx` (((`a` + `e`))),\n  \
        CONSTRAINT `k` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */\n\
        ) /*!50100 TABLESPACE `innodb_file_per_table` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 \
        COLLATE=utf8mb4_0900_ai_ci STATS_PERSISTENT=1 COMPRESSION='zlib' ROW_FORMAT=DYNAMIC";
    let (made, changes) = adapted(sql, Flavour::MariaDb(101_119));
    assert_eq!(
        made,
        "CREATE TABLE `d`.`t` (\n  \
        `a` int NOT NULL COMMENT 'COLLATE utf8mb4_0900_ai_ci',\n  \
        `c` geometry NOT NULL REF_SYSTEM_ID=4326,\n  \
        `e` int DEFAULT '5' INVISIBLE,\n  \
        `f` varchar(10) COLLATE utf8mb4_uca1400_nopad_as_cs NOT NULL \
        DEFAULT (concat(_utf8mb4'a')),\n  \
        `g` int GENERATED ALWAYS AS ((`a` + 1)) STORED,\n  \
        PRIMARY KEY (`a`)\n\
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_nopad_ai_ci \
        STATS_PERSISTENT=1 ROW_FORMAT=DYNAMIC;\n\
        ALTER TABLE `d`.`t` ADD KEY `dd` (`e`) IGNORED"
    );
    assert_eq!(
        changes,
        [
            "collation utf8mb4_0900_as_cs becomes utf8mb4_uca1400_nopad_as_cs",
            "g may be NULL there: it is generated",
            "index fx is left out: it has expressions",
            "check k is left out: it is not enforced",
            "TABLESPACE `innodb_file_per_table` is left out",
            "COMPRESSION='zlib' is left out",
            "collation utf8mb4_0900_ai_ci becomes utf8mb4_uca1400_nopad_ai_ci",
        ]
    );
}

#[test]
fn a_table_of_mariadb_on_mysql() {
    let sql = "CREATE TABLE `t` (\n  \
        `a` int(11) NOT NULL DEFAULT nextval(`d`.`sq`) COMMENT 'x',\n  \
        `b` text DEFAULT 'literal',\n  \
        `c` varchar(9) DEFAULT concat('a','b') CHECK (`c` <> 'DEFAULT'),\n  \
        `d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  \
        `e` date DEFAULT curdate(),\n  `n` int(11) DEFAULT -5,\n  \
        `u` uuid NOT NULL DEFAULT uuid(),\n  \
        `rs` timestamp(6) GENERATED ALWAYS AS ROW START,\n  \
        PERIOD FOR SYSTEM_TIME (`rs`, `rs`),\n  \
        PRIMARY KEY (`a`,`ap` WITHOUT OVERLAPS),\n  \
        KEY `z` (`n`) IGNORED\n\
        ) ENGINE=Aria DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci PAGE_CHECKSUM=1 \
        TRANSACTIONAL=1 WITH SYSTEM VERSIONING";
    let (made, changes) = adapted(sql, Flavour::Mysql);
    assert_eq!(
        made,
        "CREATE TABLE `d`.`t` (\n  \
        `a` int(11) NOT NULL COMMENT 'x',\n  \
        `b` text DEFAULT ('literal'),\n  \
        `c` varchar(9) DEFAULT (concat('a','b')) CHECK (`c` <> 'DEFAULT'),\n  \
        `d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  \
        `e` date DEFAULT (curdate()),\n  `n` int(11) DEFAULT -5,\n  \
        `u` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT (uuid()),\n  \
        `rs` timestamp(6),\n  \
        PRIMARY KEY (`a`,`ap`)\n\
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;\n\
        ALTER TABLE `d`.`t` ADD KEY `z` (`n`) INVISIBLE"
    );
    assert!(changes.contains(&"ENGINE=Aria becomes ENGINE=InnoDB".to_owned()), "{changes:?}");
    assert!(changes.iter().any(|c| c.contains("MySQL has no sequences")), "{changes:?}");
}
