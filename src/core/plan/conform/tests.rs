use super::super::super::spec::JobSpec;
use super::super::fixture;
use super::*;

/// Two ends, each with its settings.
struct Ends {
    spec: JobSpec,
    plan: MigrationPlan,
    source: Catalog,
    target: Server,
    here: Settings,
    there: Settings,
}

impl Ends {
    fn new(from: Dialect, to: Dialect) -> Ends {
        let mut source = fixture::catalog(&[]);
        source.server = fixture::server(from);
        Ends {
            spec: fixture::spec(from, to),
            plan: fixture::plan(from, to),
            source,
            target: Server { database: "crm \"new\"".to_owned(), ..fixture::server(to) },
            here: Settings::default(),
            there: Settings::default(),
        }
    }

    fn set(mut self, name: &str, here: &str, there: &str) -> Ends {
        for (settings, value) in [(&mut self.here, here), (&mut self.there, there)] {
            if !value.is_empty() {
                settings.values.insert(name.to_owned(), value.to_owned());
            }
        }
        self
    }

    fn findings(&self) -> Vec<Finding> {
        conform(&Looked {
            spec: &self.spec,
            plan: &self.plan,
            source: &self.source,
            target: &self.target,
            source_settings: &self.here,
            target_settings: &self.there,
        })
    }

    /// Topic and statement of each finding.
    fn statements(&self) -> Vec<(String, String)> {
        let statement = |finding: &Finding| {
            let found = finding.ways.iter().find_map(|way| match &way.change {
                Change::Conform { statements } => Some(statements.join("; ")),
                _ => None,
            });
            (finding.topic.clone(), found.unwrap_or_default())
        };
        self.findings().iter().map(statement).collect()
    }
}

fn one(topic: &str, statement: &str) -> Vec<(String, String)> {
    vec![(topic.to_owned(), statement.to_owned())]
}

#[test]
fn time_zones_are_compared_by_what_they_mean() {
    use Dialect::{Mysql, Postgres, Sqlite};
    for (from, here, to, there, statement) in [
        (Postgres, "Etc/UTC", Postgres, "UTC", None),
        (Postgres, "Europe/Berlin", Postgres, "europe/berlin", None),
        (
            Postgres,
            "Europe/Berlin",
            Postgres,
            "UTC",
            Some("ALTER DATABASE \"crm \"\"new\"\"\" SET timezone TO 'Europe/Berlin'"),
        ),
        (Postgres, "UTC", Mysql, "+00:00", None),
        (Postgres, "UTC", Mysql, "-03:00", Some("SET GLOBAL time_zone = '+00:00'")),
        (Mysql, "Asia/Tokyo", Mysql, "+05:30", Some("SET GLOBAL time_zone = 'Asia/Tokyo'")),
        // A short name is several zones: nothing is claimed.
        (Postgres, "CET", Mysql, "-03:00", None),
        (Postgres, "", Mysql, "-03:00", None),
        (Postgres, "UTC", Sqlite, "", None),
    ] {
        let name = |dialect| if dialect == Mysql { "time_zone" } else { "TimeZone" };
        let ends = Ends::new(from, to).set(name(from), here, "").set(name(to), "", there);
        let zones: Vec<_> =
            ends.statements().into_iter().filter(|(topic, _)| topic == "time zone").collect();
        let wanted = statement.map(|text| one("time zone", text)).unwrap_or_default();
        assert_eq!(zones, wanted, "{from:?} {here} {to:?} {there}");
    }
    let system = Ends::new(Dialect::Mysql, Dialect::Mysql)
        .set("time_zone", "SYSTEM", "SYSTEM")
        .set("system_time_zone", "UTC", "+02:00");
    assert_eq!(system.statements(), one("time zone", "SET GLOBAL time_zone = '+00:00'"));
}

#[test]
fn modes_that_one_kind_of_server_lacks_are_never_carried_over() {
    let same = Ends::new(Dialect::Mysql, Dialect::Mysql).set(
        "sql_mode",
        "STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ZERO_DATE",
        "NO_ZERO_DATE,STRICT_TRANS_TABLES",
    );
    assert_eq!(same.statements(), []);
    let looser = Ends::new(Dialect::Mysql, Dialect::Mysql).set(
        "sql_mode",
        "STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER",
        "ANSI_QUOTES,TIME_TRUNCATE_FRACTIONAL",
    );
    assert_eq!(
        looser.statements(),
        one("sql_mode", "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,TIME_TRUNCATE_FRACTIONAL'")
    );
    assert_eq!(
        looser.findings()[0].message,
        "sql_mode differs: the target lacks STRICT_TRANS_TABLES and has besides ANSI_QUOTES"
    );
    let crossing = Ends::new(Dialect::Postgres, Dialect::Mysql).set("sql_mode", "", "ANSI_QUOTES");
    assert_eq!(
        crossing.statements(),
        one("sql_mode", "SET GLOBAL sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES'")
    );
    let strict =
        Ends::new(Dialect::Postgres, Dialect::Mysql).set("sql_mode", "", "STRICT_ALL_TABLES");
    assert_eq!(strict.statements(), []);
}

#[test]
fn packets_are_large_enough_or_as_large_as_at_the_source() {
    let mib = |n: u64| (n * 1024 * 1024).to_string();
    for (from, here, there, wanted) in [
        (Dialect::Sqlite, 0, 16, None),
        (Dialect::Sqlite, 0, 1, Some(64)),
        (Dialect::Mysql, 64, 64, None),
        (Dialect::Mysql, 128, 64, Some(128)),
        (Dialect::Mysql, 16, 4, Some(64)),
    ] {
        let ends =
            Ends::new(from, Dialect::Mysql).set("max_allowed_packet", &mib(here), &mib(there));
        let statement = wanted.map(|n| format!("SET GLOBAL max_allowed_packet = {}", mib(n)));
        let wanted = statement.map(|text| one("packet", &text)).unwrap_or_default();
        assert_eq!(ends.statements(), wanted, "{from:?} {here} {there}");
    }
}

#[test]
fn settings_of_the_database_travel_with_their_quotes() {
    let mut ends = Ends::new(Dialect::Postgres, Dialect::Postgres)
        .set("standard_conforming_strings", "off", "on")
        .set("lc_monetary", "en_US.UTF-8", "en_US.utf8")
        .set("intervalstyle", "postgres", "postgres");
    for (name, value) in [
        ("search_path", "\"$user\", crm, \"odd, 'name\""),
        ("app.tenant", "it's\\x"),
        ("same", "1"),
    ] {
        ends.here.of_database.insert(name.to_owned(), value.to_owned());
    }
    ends.there.of_database.insert("same".to_owned(), "1".to_owned());
    let begin = "ALTER DATABASE \"crm \"\"new\"\"\" SET";
    let found: Vec<String> = ends.statements().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        found,
        [
            format!(r"{begin} app.tenant TO E'it''s\\x'"),
            format!("{begin} search_path TO '$user', 'crm', 'odd, ''name'"),
            format!("{begin} standard_conforming_strings TO 'off'"),
        ]
    );
}

#[test]
fn a_locale_is_told_with_the_database_that_would_have_it() {
    let same = Ends::new(Dialect::Postgres, Dialect::Postgres)
        .set("datcollate", "en_US.UTF-8", "en_US.utf8")
        .set("datctype", "en_US.UTF-8", "en_US.utf8");
    assert_eq!(same.statements(), []);
    let other = Ends::new(Dialect::Postgres, Dialect::Postgres)
        .set("datcollate", "de_DE.utf8", "C")
        .set("datctype", "de_DE.utf8", "C");
    assert_eq!(
        other.statements(),
        one(
            "collation",
            "CREATE DATABASE \"crm \"\"new\"\"_new\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE \
             'de_DE.utf8' LC_CTYPE 'de_DE.utf8'"
        )
    );
    let message = &other.findings()[0].message;
    assert_eq!(message, "text sorts by de_DE.utf8 on the source, by C on the target");
}

#[test]
fn encodings_extensions_and_pragmas_that_differ_are_named() {
    let mut latin = Ends::new(Dialect::Sqlite, Dialect::Postgres);
    latin.target.encoding = "LATIN1".to_owned();
    let (topic, statement) = latin.statements().remove(0);
    assert_eq!(topic, "encoding");
    assert!(statement.contains("ENCODING 'UTF8'"), "{statement}");

    let mut two = Ends::new(Dialect::Postgres, Dialect::Postgres);
    for (settings, version) in [(&mut two.here, "1.6"), (&mut two.there, "1.5")] {
        settings.extensions.insert("pg_trgm".to_owned(), version.to_owned());
    }
    two.here.extensions.insert("only here".to_owned(), "1".to_owned());
    assert_eq!(two.statements(), one("extensions", "ALTER EXTENSION \"pg_trgm\" UPDATE TO '1.6'"));

    let files = Ends::new(Dialect::Sqlite, Dialect::Sqlite).set("user_version", "7", "0").set(
        "application_id",
        "0",
        "9",
    );
    assert_eq!(files.statements(), one("settings", "PRAGMA user_version = 7"));
}

#[test]
fn databases_of_mysql_are_compared_by_name_on_each_side() {
    let mut ends = Ends::new(Dialect::Mysql, Dialect::Mysql);
    let mut table = fixture::planned("crm.t");
    table.target.schema = "crm`2".to_owned();
    ends.plan.tables.push(table);
    let set = |settings: &mut Settings, name: &str, collation: &str| {
        let charset = collation.split('_').next().unwrap_or_default().to_owned();
        settings.charsets.insert(name.to_owned(), (charset, collation.to_owned()));
        settings.collations.insert(collation.to_owned());
    };
    set(&mut ends.here, "crm", "utf8mb4_general_ci");
    set(&mut ends.there, "crm`2", "latin1_swedish_ci");
    ends.there.collations.insert("utf8mb4_general_ci".to_owned());
    assert_eq!(
        ends.statements(),
        one("encoding", "ALTER DATABASE `crm``2` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    );
    set(&mut ends.there, "crm`2", "utf8mb4_general_ci");
    assert_eq!(ends.statements(), []);
}
