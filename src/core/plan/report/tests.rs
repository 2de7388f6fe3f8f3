use super::super::super::catalog::{Catalog, Server, TableEstimate};
use super::super::super::chunk::{ChunkRange, PlannedChunk};
use super::super::super::spec::JobSpec;
use super::super::{MigrationPlan, fixture};
use super::*;

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
        let mut plan = fixture::plan(from, to);
        let mut table = fixture::planned("crm.t");
        table.estimate = TableEstimate { rows: 10, bytes: 1_000_000_000, pages: 0 };
        table.chunks = vec![PlannedChunk { range: ChunkRange::Whole, bytes: 1, rows: 1 }];
        table.key = vec!["id".to_owned()];
        plan.tables.push(table);
        Ends {
            spec: fixture::spec(from, to),
            plan,
            source,
            target: fixture::server(to),
            here: Settings::default(),
            there: Settings::default(),
        }
    }

    fn report(&self, said: &[Finding]) -> Vec<Finding> {
        let looked = Looked {
            spec: &self.spec,
            plan: &self.plan,
            source: &self.source,
            target: &self.target,
            source_settings: &self.here,
            target_settings: &self.there,
        };
        report(&looked, said)
    }

    fn about(&self, topic: &str) -> Vec<(Severity, String)> {
        let found = self.report(&[]).into_iter().filter(|finding| finding.topic == topic);
        found.map(|finding| (finding.severity, finding.message)).collect()
    }
}

#[test]
fn what_was_looked_at_is_said_unless_there_is_worse_to_say() {
    let ends = Ends::new(Dialect::Mysql, Dialect::Postgres);
    for topic in ["versions", "encoding", "privileges", "time zone", "types", "names", "keys"] {
        let found = ends.about(topic);
        assert_eq!(found.len(), 1, "{topic}: {found:?}");
        assert_eq!(found[0].0, Severity::Ok, "{topic}");
    }
    let said = [
        Finding::new(Severity::Block, "privileges", "no"),
        Finding::new(Severity::Ok, "types", "a note"),
    ];
    let topics: Vec<String> = ends.report(&said).into_iter().map(|f| f.topic).collect();
    assert!(!topics.contains(&"privileges".to_owned()), "{topics:?}");
    assert!(topics.contains(&"types".to_owned()), "{topics:?}");
}

#[test]
fn connections_are_held_against_the_start_and_the_sliders_end() {
    let mut ends = Ends::new(Dialect::Postgres, Dialect::Postgres);
    (ends.spec.threads, ends.spec.threads_max) = (4, 32);
    for (free, severity, part) in [
        (97, Severity::Ok, "enough for all 32 threads"),
        (20, Severity::Ok, "at most 15 of the slider's 32"),
        (9, Severity::Ok, "at most 4 of the slider's 32"),
        (8, Severity::Warn, "the target has 8 free connections"),
        (0, Severity::Warn, "the target has 0 free connections"),
    ] {
        ends.target.connections_free = Some(free);
        let found = ends.about("host");
        assert_eq!(found.len(), 1, "the source has no limit: {found:?}");
        assert_eq!(found[0].0, severity, "{free}");
        assert!(found[0].1.contains(part), "{free}: {}", found[0].1);
    }
    let finding = ends.report(&[]).into_iter().find(|f| f.topic == "host").unwrap();
    let change = Change::Set { key: "threads".to_owned(), value: "1".to_owned() };
    assert_eq!(finding.ways[0].change, change, "never none at all");
}

#[test]
fn room_is_compared_with_rows_and_what_comes_on_top() {
    let mut ends = Ends::new(Dialect::Sqlite, Dialect::Sqlite);
    let path = || "/data".to_owned();
    for (room, severity, message) in [
        (
            Room::Free { bytes: 5_000_000_000, path: path() },
            Severity::Ok,
            "5.0 GB free under /data, ~1.1 GB needed",
        ),
        (
            Room::Free { bytes: 1_050_000_000, path: path() },
            Severity::Warn,
            "1.1 GB free under /data, ~1.1 GB needed",
        ),
        (
            Room::Unknown("far away".to_owned()),
            Severity::Ok,
            "room on the target is not known, ~1.1 GB needed",
        ),
    ] {
        ends.there.room = room;
        assert_eq!(ends.about("room"), [(severity, message.to_owned())]);
    }
    ends.spec.content = Content::SchemaOnly;
    assert_eq!(ends.about("room"), []);
}

#[test]
fn tables_without_a_key_are_named_with_what_it_costs() {
    let mut ends = Ends::new(Dialect::Mysql, Dialect::Postgres);
    ends.plan.tables[0].key.clear();
    let message = "crm.t has no key that names its rows".to_owned();
    assert_eq!(ends.about("keys"), [(Severity::Warn, message)]);
    let found = ends.report(&[]).into_iter().find(|f| f.topic == "keys").unwrap();
    assert!(found.detail.unwrap().starts_with("1 of 1 travel as one chunk"));
    let left_out = Change::LeaveOut { table: ends.plan.tables[0].source.clone() };
    assert_eq!(found.ways[0].change, left_out);
    // Nothing of it travels: nothing to say.
    ends.plan.tables[0].chunks.clear();
    assert_eq!(ends.about("keys")[0].0, Severity::Ok);
}

#[test]
fn large_objects_come_along_or_are_said_to_stay() {
    let mut ends = Ends::new(Dialect::Postgres, Dialect::Postgres);
    assert_eq!(ends.about("large objects"), []);
    ends.source.large_objects = 12;
    assert_eq!(ends.about("large objects")[0].0, Severity::Warn);
}

#[test]
fn bytes_are_said_in_three_digits() {
    for (bytes, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_500, "1.5 kB"),
        (67_108_864, "67 MB"),
        (999_600_000, "1.0 GB"),
        (1_200_000_000_000, "1.2 TB"),
    ] {
        assert_eq!(bytes_text(bytes), text);
    }
}
