use super::*;
use crate::console::commands::Do;
use crate::console::keymap::Key;
use crate::console::model::wizard::shape;

fn typed(options: &mut Options, draft: &mut Draft, id: Id, text: &str) {
    options.form.focus_on(id);
    let outcome = options.form.type_key(Key::Ctrl('u')).unwrap();
    options.apply(outcome, draft);
    for c in text.chars() {
        let outcome = options.form.type_key(Key::Char(c)).unwrap();
        options.apply(outcome, draft);
    }
}

fn press(options: &mut Options, draft: &mut Draft, id: Id, does: Do) {
    options.form.focus_on(id);
    assert_eq!(options.form.focused(), Some(id), "{id:?} is out of sight");
    let outcome = options.form.perform(does).unwrap();
    options.apply(outcome, draft);
}

#[test]
fn every_control_reaches_the_job_file_and_comes_back() {
    let mut draft = Draft::new("a");
    let mut options = Options::of(&draft);
    for (id, text) in [
        (Id::Threads, "8"),
        (Id::ThreadsMax, "16"),
        (Id::IndexWorkers, "3"),
        (Id::Rate, "40MB/s"),
        (Id::ChunkSize, "64MiB"),
        (Id::Limit(Limit::Hours), "20:00-06:00, 12:00-13:00"),
        (Id::Limit(Limit::SourceSessions), "40"),
        (Id::Limit(Limit::TargetSessions), "41"),
        (Id::Limit(Limit::SourceLoad), "8.5"),
        (Id::Limit(Limit::TargetLoad), "9"),
        (Id::Limit(Limit::ReplicaLag), "30s"),
        (Id::Limit(Limit::TargetFree), "20GiB"),
        (Id::Limit(Limit::StateFree), "1GiB"),
        (Id::Limit(Limit::Every), "5s"),
    ] {
        typed(&mut options, &mut draft, id, text);
    }
    for id in [Id::Order, Id::IfExists, Id::BadRows, Id::Indexes, Id::Content, Id::Access] {
        press(&mut options, &mut draft, id, Do::Right);
    }
    typed(&mut options, &mut draft, Id::PerTable, "1,500");
    typed(&mut options, &mut draft, Id::PerJob, "20000");
    for id in [Id::Verify, Id::Scan, Id::AcceptLossy, Id::Class(ObjectClass::Trigger)] {
        press(&mut options, &mut draft, id, Do::Tick);
    }
    assert_eq!(options.problem(), None);
    let text = draft.to_text();
    for line in [
        "threads = 8",
        "threads_max = 16",
        "index_workers = 3",
        "rate = \"40MB/s\"",
        "chunk_size = \"64MiB\"",
        "order = \"smallest\"",
        "if_exists = \"skip\"",
        "on_bad_row = \"reject\"",
        "per_table = 1500",
        "per_job = 20000",
        "content = \"data_only\"",
        "access = \"direct\"",
        "verify = true",
        "scan = true",
        "accept_lossy = true",
        "source_sessions = 40",
        "target_sessions = 41",
        "source_load = 8.5",
        "replica_lag = \"30s\"",
        "target_free = \"20GiB\"",
        "state_free = \"1GiB\"",
        "every = \"5s\"",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(!draft.shaping().objects.takes(ObjectClass::Index));
    assert!(!draft.shaping().objects.takes(ObjectClass::Trigger));
    assert_eq!(draft.limits().hours.len(), 2);
    let again = Options::of(&Draft::parse("a", &text).unwrap());
    assert_eq!(again.form.text(Id::Threads), "8");
    assert_eq!(again.form.text(Id::Limit(Limit::Hours)), "20:00-06:00, 12:00-13:00");
    assert_eq!(again.form.chosen(Id::Indexes), 1);
    assert!(again.form.ticked(Id::Verify) && !again.form.ticked(Id::Class(ObjectClass::Trigger)));
}

#[test]
fn what_is_wrong_is_said_and_not_written() {
    let mut draft = Draft::new("a");
    let mut options = Options::of(&draft);
    for (id, text, word) in [
        (Id::Threads, "0", "0 would stop"),
        (Id::Threads, "many", "not a number"),
        (Id::Rate, "fast", "not a size"),
        (Id::ChunkSize, "1", "64KiB"),
        (Id::Limit(Limit::SourceLoad), "-1", "not a load"),
        (Id::Limit(Limit::TargetFree), "20X", "not a unit"),
    ] {
        typed(&mut options, &mut draft, id, text);
        assert!(options.problem().is_some_and(|p| p.contains(word)), "{text}: {options:?}");
        typed(&mut options, &mut draft, id, "");
        assert_eq!(options.problem(), None, "an empty field is the default");
    }
    typed(&mut options, &mut draft, Id::Threads, "20");
    typed(&mut options, &mut draft, Id::ThreadsMax, "8");
    assert!(options.problem().is_some_and(|p| p.contains("max is 8")), "{options:?}");
}

#[test]
fn entries_of_lists_are_taken_out_and_put_back() {
    let text = "[remap_schemas]\ncrm = \"sales\"\n\
                [[table]]\ntable = \"crm.orders\"\nwhere = \"a > 1\\nand b\"\nrename = \"o\"\n\
                sample = 10\nddl = \"create table o (\\n)\"\n\
                [[map]]\ncolumn = \"is_*\"\ntype = \"tinyint(1)\"\nto = \"boolean\"\n\
                [switches]\nset = \"array\"\n";
    let mut draft = Draft::parse("a", text).unwrap();
    let mut options = Options::of(&draft);
    let before = options.entries.clone();
    let shown: Vec<String> =
        before.iter().map(|e| format!("{} {} {}", e.kind, e.name, e.text)).collect();
    assert_eq!(
        shown,
        [
            "schema crm -> sales",
            "table crm.orders -> o",
            " crm.orders a > 1  (2 lines)",
            " crm.orders 10% of the rows",
            " crm.orders 2 lines",
            "type is_* tinyint(1) -> boolean",
            "switch set = array",
        ]
    );
    for at in 0..before.len() {
        let section = before[at].section;
        options.form.focus_on(Id::Entry(section, at));
        assert!(options.remove(&mut draft).is_some(), "{}", shown[at]);
        assert!(!options.entries.contains(&before[at]), "{}", shown[at]);
        assert!(options.put_back(section, &mut draft));
        let mut after = options.entries.clone();
        let mut expected = before.clone();
        for list in [&mut after, &mut expected] {
            list.sort_by_key(|entry| format!("{entry:?}"));
        }
        assert_eq!(after, expected, "{}", shown[at]);
    }
    assert!(!options.put_back(Section::Remaps, &mut draft), "only once");
}

#[test]
fn an_entry_that_wants_nothing_is_gone() {
    let mut draft = Draft::new("a");
    shape::change(&mut draft, "crm.a", |shape| shape.sample = Some(5));
    shape::change(&mut draft, "crm.a", |shape| shape.sample = None);
    assert!(draft.shaping().tables.is_empty());
    shape::change(&mut draft, "orders", |shape| shape.sample = Some(5));
    shape::change(&mut draft, "crm.orders", |shape| shape.filter = Some("x".to_owned()));
    assert_eq!(draft.shaping().tables.len(), 1, "a name without a schema is that table");
}

#[test]
fn every_control_is_laid_out_at_every_width() {
    let draft = Draft::new("a");
    let mut options = Options::of(&draft);
    options.form.choose(Id::BadRows, 1);
    options.show_dependents();
    for width in [40, 60, 79, 80, 120, 200] {
        let sheet = options.sheet(width);
        for placed in &sheet.placed {
            assert!(placed.x < width, "{width}: {placed:?}");
            assert!(placed.line < sheet.lines);
        }
        let mut seen = 0;
        let first = options.form.focused();
        loop {
            let id = options.form.focused().unwrap();
            if !matches!(id, Id::Back | Id::Next) {
                assert!(sheet.line_of(id).is_some(), "{id:?} at {width}");
            }
            options.form.go(true);
            seen += 1;
            if options.form.focused() == first {
                break;
            }
        }
        assert!(seen > 40);
    }
}
