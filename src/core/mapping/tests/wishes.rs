//! Rules and switches: who wins, what is refused, what is said.

use super::pairs::declared;
use super::*;

const MYSQL: Dialect = Dialect::Mysql;
const POSTGRES: Dialect = Dialect::Postgres;

fn wished(from: Dialect, to: Dialect, rules: &str, text: &str) -> ColumnFit {
    let rules = MapRules::parse(rules).unwrap_or_else(|error| panic!("{rules}: {error}"));
    let table = ObjectName::new("crm", "orders");
    let column = declared(Engine::plain(from), text);
    let ends = Ends::plain(from, to);
    fit(&FitRequest { ends, table: &table, column: &column, rules: &rules, indexed: false })
}

fn on_postgres(rules: &str, text: &str) -> ColumnFit {
    wished(MYSQL, POSTGRES, rules, text)
}

#[test]
fn every_switch_changes_what_it_names_and_nothing_else() {
    for (switch, text, declared, fit) in [
        ("tinyint1_as_boolean = true", "tinyint(1)", "boolean", Fit::Lossy),
        ("char36_as_uuid = true", "char(36)", "uuid", Fit::Lossy),
        ("binary16_as_uuid = true", "binary(16)", "uuid", Fit::Exact),
        ("binary16_as_uuid_swapped = true", "binary(16)", "uuid", Fit::Exact),
        ("zero_date_to_null = true", "date", "date", Fit::Lossy),
        ("enum = \"native\"", "enum('a')", "enum", Fit::Exact),
        ("enum = \"text\"", "enum('a')", "text", Fit::Wider),
        ("unsigned_widening = false", "int unsigned", "integer", Fit::Lossy),
        ("unsigned_widening = false", "bigint unsigned", "bigint", Fit::Lossy),
        ("unknown_as_text = true", "wonder", "text", Fit::Lossy),
        ("varchar_as_text = true", "varchar(40)", "text", Fit::Wider),
        ("datetime_zone = \"+02:00\"", "datetime", "timestamp with time zone", Fit::Exact),
        ("datetime_zone = \"Europe/Berlin\"", "datetime", "timestamp with time zone", Fit::Lossy),
        ("set = \"array\"", "set('a')", "text[]", Fit::Wider),
    ] {
        let rules = format!("[switches]\n{switch}\n");
        let made = on_postgres(&rules, text);
        assert_eq!((made.declared.as_str(), made.fit), (declared, fit), "{switch} {text}");
        let name = switch.split(' ').next().unwrap();
        assert_eq!(made.rule.unwrap().by, format!("switch {name}"));
        for other in ["varchar(36)", "tinyint(4)", "binary(8)", "decimal(5,2)", "timestamp"] {
            let usual = on_postgres("", other);
            let made = on_postgres(&rules, other);
            let meant = made.rule.is_some();
            assert!(meant || made == usual, "{switch} {other}");
        }
    }
    let swapped = on_postgres("[switches]\nbinary16_as_uuid_swapped = true", "binary(16)");
    assert!(swapped.transform.uuid_swapped);
    let native = on_postgres("[switches]\nenum = \"native\"", "enum('a')");
    assert_eq!(native.labels, Labels::Native);
    let check = on_postgres("[switches]\nenum = \"check\"", "enum('a')");
    assert_eq!((check.labels, check.rule), (Labels::Check, None), "so it is without");
    assert!(on_postgres("[switches]\nzero_date_to_null = true", "datetime").takes_null());
}

#[test]
fn switches_towards_the_other_engines() {
    let sqlite =
        wished(MYSQL, Dialect::Sqlite, "[switches]\ntinyint1_as_boolean=true", "tinyint(1)");
    assert_eq!(sqlite.declared, "BOOLEAN");
    let labels = wished(POSTGRES, MYSQL, "[switches]\nenum = \"text\"", "mood");
    assert_eq!((labels.declared.as_str(), labels.fit), ("varchar(4)", Fit::Wider));
    let zone = "[switches]\ndatetime_zone = \"Europe/Berlin\"";
    let named = wished(MYSQL, Dialect::Sqlite, zone, "datetime");
    assert_eq!(named.fit, Fit::Unsupported, "SQLite knows no zones");
    assert!(named.reason.contains("+02:00"), "{}", named.reason);
}

#[test]
fn the_most_specific_rule_wins_whatever_the_order() {
    let column = "[[map]]\ncolumn = \"c\"\nto = \"bigint\"\n";
    let pattern = "[[map]]\ncolumn = \"c*\"\nto = \"numeric\"\n";
    let table = "[[map]]\ntable = \"crm.orders\"\nto = \"text\"\n";
    let schema = "[[map]]\nschema = \"crm\"\nto = \"real\"\n";
    let kind = "[[map]]\ntype = \"int\"\nto = \"numeric(12,0)\"\n";
    let family = "[[map]]\nfamily = \"int\"\nto = \"double precision\"\n";
    for (rules, winner) in [
        ([column, table], "bigint"),
        ([table, column], "bigint"),
        ([pattern, column], "bigint"),
        ([pattern, table], "numeric"),
        ([schema, table], "text"),
        ([schema, kind], "real"),
        ([family, kind], "numeric(12,0)"),
    ] {
        let made = on_postgres(&rules.concat(), "int");
        assert_eq!(made.declared, winner);
        assert_eq!(made.rule.unwrap().instead_of, "integer");
    }
    let rule =
        "[[map]]\ncolumn = \"c\"\nto = \"integer\"\n[switches]\ntinyint1_as_boolean = true\n";
    let made = on_postgres(rule, "tinyint(1)");
    assert_eq!(made.declared, "integer");
    assert!(made.reason.contains("wins over switch tinyint1_as_boolean"), "{}", made.reason);
    let zone = "[[map]]\ntype = \"datetime\"\nzone = \"+01:00\"\n[[map]]\ncolumn = \"c\"\n\
                transform = \"zero_date_null\"\n";
    let made = on_postgres(zone, "datetime");
    assert_eq!(made.transform.zone.as_deref(), Some("+01:00"));
    assert!(made.transform.zero_date_null, "each rule gives its own");
    assert_eq!(made.rule.unwrap().by, "map rules 1 and 2");
}

#[test]
fn what_cannot_be_is_unsupported_by_name() {
    for (rules, text, word) in [
        ("[[map]]\ncolumn = \"c\"\nto = \"boolean\"", "date", "date cannot become boolean"),
        ("[[map]]\ncolumn = \"c\"\nto = \"integr\"", "int", "integr"),
        ("[[map]]\ncolumn = \"c\"\nto = \"text\"", "longblob", "bytes have no text"),
        ("[[map]]\ncolumn = \"c\"\nto = \"timestamptz\"", "datetime", "give zone"),
    ] {
        let made = on_postgres(rules, text);
        assert_eq!(made.fit, Fit::Unsupported, "{rules}");
        assert!(made.reason.contains(word), "{}", made.reason);
        assert_eq!(made.rule.unwrap().by, "map rule 1");
    }
    let same = wished(POSTGRES, POSTGRES, "[[map]]\ncolumn = \"c\"\nto = \"text\"", "integer");
    assert_eq!(same.fit, Fit::Unsupported);
    assert!(same.reason.contains("equal engines"), "{}", same.reason);
}

#[test]
fn files_that_cannot_be_are_refused_with_their_line() {
    for (text, line, word) in [
        ("[[map]]\ncolum = \"c\"\nto = \"x\"\n", "line 2", "colum"),
        ("[switches]\ntinyint_as_bool = true\n", "line 2", "tinyint_as_bool"),
        ("[[map]]\nto = \"text\"\n", "line 1", "matches nothing"),
        ("\n\n[[map]]\ncolumn = \"c\"\n", "line 3", "wants nothing"),
        ("[[map]]\ncolumn = \"c\"\nto = \"\"\n", "line 1", "empty"),
        ("[[map]]\ncolumn = \"c\"\ntransform = \"upper\"\n", "line 1", "upper"),
        ("[[map]]\ncolumn = \"c\"\ntransform = [\"uuid\", \"uuid_swapped\"]\n", "", "two orders"),
        ("[[map]]\nfamily = \"number\"\nto = \"text\"\n", "", "number"),
        ("[[map]]\ncolumn = \"c\"\nzone = \"+2\"\n", "", "+02:00"),
        ("[[map]]\ncolumn = \"c\"\non_bad_row = \"skip\"\n", "line 3", "skip"),
        (
            "[[map]]\ncolumn = \"c\"\nto = \"text\"\n\n[[map]]\ncolumn = \"c\"\nto = \"int\"\n",
            "line 5",
            "contradicts map rule 1 of line 1",
        ),
        ("[switches]\nbinary16_as_uuid = true\nbinary16_as_uuid_swapped = true", "", "two orders"),
        ("[switches]\ndatetime_zone = \"Berlin\"", "", "Berlin"),
        ("[switches]\nenum = \"int\"", "line 2", "int"),
        ("selection = 1", "line 1", "selection"),
        ("[[map]", "line 1", ""),
    ] {
        let error = MapRules::parse(text).expect_err(text);
        assert!(error.contains(line) && error.contains(word), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn rules_are_written_in_one_form_that_reads_back() {
    let text = "[[map]]\ntable = \"crm.o*\"\ncolumn='is_\"x'\ntype = \" tinyint(1)\"\n\
                to=\"boolean\"\ntransform=\"zero_date_null\"\nzone = \"UTC\"\non_bad_row='reject'\n\
                [switches]\nunsigned_widening = false\nenum='native'\ntinyint1_as_boolean=false\n";
    let rules = MapRules::parse(text).unwrap();
    let again = MapRules::parse(rules.to_text()).unwrap();
    assert_eq!(again, rules);
    assert_eq!(again.to_text(), rules.to_text());
    assert!(!rules.to_text().contains("tinyint1_as_boolean"), "as it is without");
    assert!(MapRules::parse("").unwrap().is_empty());
    assert_eq!(MapRules::default(), MapRules::parse("[switches]\n").unwrap());
}

#[test]
fn flags_lie_above_the_file() {
    let file = MapRules::parse(
        "[[map]]\ncolumn = \"a\"\nto = \"text\"\n[[map]]\ncolumn = \"b\"\nto = \"text\"\n\
         [switches]\nenum = \"native\"\nunknown_as_text = true\n",
    )
    .unwrap();
    let flags = "[[map]]\ncolumn = \"a\"\nto = \"integer\"\n[switches]\nunknown_as_text = false\n";
    let both = file.overlaid(flags).unwrap();
    let targets: Vec<_> = both.rules().iter().map(|r| r.wanted.to.clone().unwrap()).collect();
    assert_eq!(targets, ["text", "integer"]);
    assert_eq!(both.rules()[1].number, 2);
    assert_eq!(both.switches().enum_form, Some(EnumForm::Native));
    assert!(!both.switches().unknown_as_text);
    assert!(file.overlaid("[switches]\nnothing = true").is_err());
}

#[test]
fn contradictions_and_idle_rules_are_found_in_the_tables() {
    let rules = MapRules::parse(
        "[[map]]\ncolumn = \"a*\"\nto = \"text\"\n[[map]]\ncolumn = \"*b\"\nto = \"integer\"\n\
         [[map]]\ncolumn = \"zz\"\nto = \"text\"\n[[map]]\nschema = \"crm\"\n\
         transform = \"zero_date_null\"\n",
    )
    .unwrap();
    let mut table = super::pairs::table(&[("ab", "integer"), ("a", "text")], &[]);
    table.name = ObjectName::new("crm", "orders");
    let found = contradictions(MYSQL, &[&table], &rules);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("crm.orders.ab") && found[0].contains("map rules 1"), "{found:?}");
    let idle: Vec<usize> = idle_rules(MYSQL, &[&table], &rules).iter().map(|r| r.number).collect();
    assert_eq!(idle, [3, 4], "no such column; no dates");
    assert!(contradictions(MYSQL, &[], &rules).is_empty());
}

#[test]
fn rows_that_do_not_fit_follow_the_most_specific_rule() {
    let rules = MapRules::parse(
        "[[map]]\nschema = \"crm\"\non_bad_row = \"reject\"\n[[map]]\ntable = \"crm.orders\"\n\
         on_bad_row = \"fail\"\n[[map]]\ncolumn = \"c\"\non_bad_row = \"reject\"\n",
    )
    .unwrap();
    let orders = ObjectName::new("crm", "orders");
    let column = declared(Engine::plain(MYSQL), "int");
    let said = |table: &ObjectName, column| rules.on_bad_row(MYSQL, table, column);
    assert_eq!(said(&orders, None), Some(BadRowPolicy::Fail));
    assert_eq!(
        said(&orders, Some((&column.name, &column.declared, &column.logical))),
        Some(BadRowPolicy::Reject)
    );
    assert_eq!(said(&ObjectName::new("crm", "x"), None), Some(BadRowPolicy::Reject));
    assert_eq!(said(&ObjectName::new("geo", "x"), None), None);
}
