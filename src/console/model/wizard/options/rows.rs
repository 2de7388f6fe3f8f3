//! The page's rows, in the order of the drawing.

use super::super::sheet::{Cell, Row};
use super::{Id, Limit, Options, Section, reject_defaults};
use crate::core::spec::{ObjectClass, THREADS_DEFAULT, THREADS_MAX_DEFAULT};

fn line(label: &str, cells: Vec<Cell<Id>>) -> Row<Id> {
    Row::Line { label: label.to_owned(), cells }
}

fn title(text: impl Into<String>, note: &str) -> Row<Id> {
    Row::Title { text: text.into(), note: note.to_owned() }
}

/// Everything, top to bottom.
pub fn rows(options: &Options) -> Vec<Row<Id>> {
    let mut rows = general();
    for section in Section::ALL {
        list(options, section, &mut rows);
    }
    rows.push(Row::Blank);
    rows.push(title("What comes along besides tables", "Space ticks"));
    let kinds = ObjectClass::ALL.into_iter().filter(|class| *class != ObjectClass::Index);
    let kinds = kinds.map(|class| Cell::tick(Id::Class(class), class_words(class)));
    rows.push(line("Objects", kinds.collect()));
    rows.push(Row::Blank);
    rows.extend(limits());
    rows
}

fn general() -> Vec<Row<Id>> {
    let (per_table, per_job) = reject_defaults();
    let (start, max) = (THREADS_DEFAULT.to_string(), THREADS_MAX_DEFAULT.to_string());
    vec![
        line(
            "Threads",
            vec![
                Cell::field("start", Id::Threads, 3, &start, ""),
                Cell::field("max", Id::ThreadsMax, 3, &max, ""),
                Cell::field("indexes", Id::IndexWorkers, 3, "2", ""),
                Cell::field("rate limit", Id::Rate, 9, "none", ""),
            ],
        ),
        line("Chunk", vec![Cell::field("aim at", Id::ChunkSize, 8, "32MiB", "")]),
        line("Order", vec![Cell::plain(Id::Order)]),
        line("Exists", vec![Cell::plain(Id::IfExists)]),
        line(
            "Bad rows",
            vec![
                Cell::plain(Id::BadRows),
                Cell::field("at most", Id::PerTable, 7, &per_table, "a table"),
                Cell::field("", Id::PerJob, 7, &per_job, "a job"),
            ],
        ),
        line("Indexes", vec![Cell::plain(Id::Indexes)]),
        line(
            "Checks",
            vec![
                Cell::tick(Id::Verify, "verify after the copy"),
                Cell::tick(Id::Scan, "look at values"),
                Cell::tick(Id::AcceptLossy, "accept losses"),
            ],
        ),
        line("Content", vec![Cell::plain(Id::Content)]),
        line("Path", vec![Cell::plain(Id::Access)]),
        Row::Blank,
    ]
}

fn list(options: &Options, section: Section, rows: &mut Vec<Row<Id>>) {
    let own = options.entries.iter().enumerate().filter(|(_, entry)| entry.section == section);
    let own: Vec<_> = own.collect();
    let counted = own.iter().filter(|(_, entry)| !entry.is_offer()).count();
    let text = format!("{} {counted}", section.title());
    rows.push(title(text, "Enter edit  + add  - remove"));
    for (at, entry) in &own {
        let id = Id::Entry(section, *at);
        let mut columns = vec![(entry.name.clone(), 28), (entry.text.clone(), 0)];
        if !entry.kind.is_empty() {
            columns.insert(0, (entry.kind.to_owned(), 9));
        }
        rows.push(Row::Entry { id, columns });
    }
    if own.is_empty() {
        let columns = vec![(section.empty().to_owned(), 0)];
        rows.push(Row::Entry { id: Id::Empty(section), columns });
    }
    if options.form.is_shown(Id::New(section)) {
        let (label, empty) = section.asks();
        rows.push(Row::Field {
            label: label.to_owned(),
            id: Id::New(section),
            empty: empty.to_owned(),
        });
    }
}

fn limits() -> Vec<Row<Id>> {
    let field = |before: &str, limit, width, empty: &str, after: &str| {
        Cell::field(before, Id::Limit(limit), width, empty, after)
    };
    vec![
        title("The job holds itself back", "empty: no limit"),
        line("Hours", vec![field("", Limit::Hours, 24, "at any time", "as 20:00-06:00")]),
        line(
            "Sessions",
            vec![
                field("source", Limit::SourceSessions, 5, "-", ""),
                field("target", Limit::TargetSessions, 5, "-", "of others"),
            ],
        ),
        line(
            "Load",
            vec![
                field("source", Limit::SourceLoad, 5, "-", ""),
                field("target", Limit::TargetLoad, 5, "-", "over one minute"),
            ],
        ),
        line("Replicas", vec![field("at most", Limit::ReplicaLag, 6, "-", "behind, as 30s")]),
        line(
            "Room",
            vec![
                field("target", Limit::TargetFree, 8, "-", ""),
                field("here", Limit::StateFree, 8, "-", "stays free, as 20GiB"),
            ],
        ),
        line("Asked", vec![field("every", Limit::Every, 5, "5s", "")]),
    ]
}

fn class_words(class: ObjectClass) -> &'static str {
    match class {
        ObjectClass::View => "views",
        ObjectClass::MaterializedView => "materialized views",
        ObjectClass::Index => "indexes",
        ObjectClass::ForeignKey => "foreign keys",
        ObjectClass::Check => "checks",
        ObjectClass::Trigger => "triggers",
        ObjectClass::Routine => "routines",
        ObjectClass::Sequence => "sequences",
        ObjectClass::Event => "events",
        ObjectClass::Policy => "policies",
        ObjectClass::Grant => "grants, owners",
        ObjectClass::Comment => "comments",
        ObjectClass::Extension => "extensions",
        ObjectClass::LargeObject => "large objects",
    }
}
