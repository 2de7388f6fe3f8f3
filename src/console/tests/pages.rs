//! Pages 2 and 3 of the wizard, the options of one table and the editor: pictures, and keys in,
//! job files and questions out.

use super::Desk;
use super::scene::{self, Scene};
use crate::console::commands::Place;
use crate::console::msg::{Cmd, Msg};
use crate::protocol::survey::{
    CheckView, SchemaView, SurveyAnswer, SurveyColumn, SurveyNews, SurveyRequest, SurveyTable,
};

const HEAD: &str = "# A draft of tidegate's wizard; a job file. Page: ";

fn draft(page: &str, rest: &str) -> String {
    format!(
        "{HEAD}{page}\nfrom = \"postgres://mig_ro@db1/crm\"\nto = \"mysql://mig_rw@db7/crm\"\n\
         {rest}"
    )
}

fn table(name: &str, rows: u64, bytes: u64, key: &str) -> SurveyTable {
    SurveyTable {
        name: name.to_owned(),
        kind: "table".to_owned(),
        rows: Some(rows),
        bytes: Some(bytes),
        key: key.to_owned(),
        ..SurveyTable::default()
    }
}

fn schemas() -> Vec<SchemaView> {
    let m = 1_000_000;
    let mut events = table("order_events", 59 * m, 60_000 * m, "");
    events.note = "1 thread".to_owned();
    let mut view = table("orders_mv", 0, 0, "");
    view.kind = "materialized view".to_owned();
    (view.rows, view.bytes) = (None, None);
    view.obstacle = Some("MySQL has no materialized views".to_owned());
    let mut daily = table("orders_daily", 4 * m, 3_000 * m, "day");
    daily.note = "8 parts".to_owned();
    let schema = |name: &str, tables| SchemaView { name: name.to_owned(), tables };
    vec![
        schema(
            "crm",
            vec![
                table("orders", 123 * m, 124_000 * m, "id"),
                table("order_items", 198 * m, 208_000 * m, "id"),
                events,
                table("order_archive", 880 * m, 910_000 * m, "id"),
                table("currencies", 174, 65_536, "code"),
            ],
        ),
        schema("reporting", vec![daily, view, table("scratch_ana", m / 5, 90 * m, "")]),
        schema("staging", Vec::new()),
    ]
}

/// The number of the last request that `wanted` accepts.
fn asked(desk: &Desk, wanted: impl Fn(&SurveyRequest) -> bool) -> Option<u64> {
    desk.cmds.iter().rev().find_map(|cmd| match cmd {
        Cmd::Survey { id, request } if wanted(request) => Some(*id),
        _ => None,
    })
}

fn answer(desk: &mut Desk, wanted: impl Fn(&SurveyRequest) -> bool, answer: SurveyAnswer) {
    let id = asked(desk, wanted).expect("it was asked");
    desk.msg(Msg::Survey { id, news: SurveyNews::Answer { answer } });
}

/// The text of the draft that was saved last.
fn saved(desk: &Desk) -> String {
    let found = desk.cmds.iter().rev().find_map(|cmd| match cmd {
        Cmd::SaveDraft { text, .. } => Some(text.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn opened(columns: u16, rows: u16, page: &str, rest: &str) -> Desk {
    let mut desk = Desk::jobs(columns, rows);
    desk.msg(Msg::Draft { name: "crm-nov".to_owned(), text: Ok(draft(page, rest)) });
    desk
}

fn on_pick_of(columns: u16, rows: u16, rest: &str, schemas: Vec<SchemaView>) -> Desk {
    let mut desk = opened(columns, rows, "pick", rest);
    let tables = |r: &SurveyRequest| matches!(r, SurveyRequest::Tables { .. });
    answer(&mut desk, tables, SurveyAnswer::Tables { schemas });
    desk
}

fn on_pick(columns: u16, rows: u16) -> Desk {
    on_pick_of(columns, rows, "", schemas())
}

/// On options, with the tables known.
fn on_options(columns: u16, rows: u16, rest: &str) -> Desk {
    let mut desk = on_pick_of(columns, rows, rest, schemas());
    desk.keys("Ctrl-X");
    assert_eq!(desk.model.place(), Place::Options);
    desk
}

fn column(name: &str, source: &str, target: &str, fit: &str) -> SurveyColumn {
    SurveyColumn {
        name: name.to_owned(),
        source_type: source.to_owned(),
        target_type: target.to_owned(),
        fit: fit.to_owned(),
        key: name == "id",
        not_null: name == "id",
        reason: if fit == "lossy" { "loses the time zone".to_owned() } else { String::new() },
    }
}

fn columns() -> SurveyAnswer {
    SurveyAnswer::Columns {
        columns: vec![
            column("id", "bigint", "bigint", "exact"),
            column("order_date", "date", "date", "exact"),
            column("region", "varchar(8)", "varchar(8)", "exact"),
            column("email", "text", "longtext", "wider"),
            column("first_at", "timestamptz", "datetime(6)", "lossy"),
            column("Mixed Case", "int", "int", "exact"),
        ],
        notes: Vec::new(),
    }
}

fn is_columns(request: &SurveyRequest) -> bool {
    matches!(request, SurveyRequest::Columns { .. })
}

const SHAPED: &str = "threads = 8\nif_exists = \"truncate\"\n[rejects]\non_bad_row = \"reject\"\n\
    [remap_schemas]\ncrm = \"crm_new\"\n[[table]]\ntable = \"crm.order_items\"\n\
    where = \"order_date >= '2024-01-01'\\nand region <> 'TEST'\"\n[[table]]\n\
    table = \"crm.orders\"\nddl = \"create table orders (\\n  id bigint\\n)\"\nsample = 10\n\
    [[map]]\ntype = \"timestamptz\"\nto = \"datetime(6)\"\n";

// --- pictures ------------------------------------------------------------------------------------

pub const SCENES: &[Scene] = &[
    ("wizard_pick", pick),
    ("wizard_pick_filter", pick_filtered),
    ("wizard_pick_failed", pick_failed),
    ("wizard_options", |w, h| on_options(w, h, SHAPED)),
    ("wizard_options_lists", options_lists),
    ("wizard_table", |w, h| on_table(w, h, "")),
    ("wizard_table_columns", |w, h| on_table(w, h, "k k Space")),
    ("wizard_editor", editing),
    ("wizard_editor_error", editing_wrong),
    ("wizard_editor_drop", |w, h| {
        let mut desk = editing(w, h);
        desk.text("x").keys("Esc");
        desk
    }),
];

#[test]
fn pages_as_pictures() {
    scene::pictures(SCENES);
}

fn pick(w: u16, h: u16) -> Desk {
    let mut desk = on_pick(w, h);
    desk.keys("j j j j Space G k k");
    desk.pass(400);
    if w >= 110 {
        answer(&mut desk, is_columns, columns());
    }
    desk.pass(9_000);
    desk
}

fn pick_filtered(w: u16, h: u16) -> Desk {
    let mut desk = on_pick(w, h);
    desk.keys("/").text("ord !items").keys("Enter g Space");
    desk
}

fn pick_failed(w: u16, h: u16) -> Desk {
    let mut desk = opened(w, h, "pick", "");
    let id = asked(&desk, |r| matches!(r, SurveyRequest::Tables { .. })).unwrap();
    let what = "could not connect to db1: Connection refused".to_owned();
    let hint = Some("Is the server running?".to_owned());
    desk.msg(Msg::Survey { id, news: SurveyNews::Failed { what, hint } });
    desk
}

fn options_lists(w: u16, h: u16) -> Desk {
    let mut desk = on_options(w, h, SHAPED);
    desk.keys("Tab Tab Tab Tab Tab PgDn j");
    desk.pass(9_000);
    desk
}

fn on_table(w: u16, h: u16, keys: &str) -> Desk {
    let mut desk = on_pick_of(w, h, SHAPED, schemas());
    desk.keys("j e");
    answer(&mut desk, is_columns, columns());
    if !keys.is_empty() {
        desk.keys(keys);
    }
    desk
}

fn editing(w: u16, h: u16) -> Desk {
    let mut desk = on_options(w, h, SHAPED);
    desk.keys("Tab Tab Tab Tab Tab PgDn PgDn Enter");
    assert_eq!(desk.model.place(), Place::Editor);
    answer(&mut desk, is_columns, columns());
    desk.pass(10);
    let line = |label: &str, text: &str| (label.to_owned(), text.to_owned());
    let lines = vec![
        line("ok", "valid on PostgreSQL 16.4"),
        line("rows", "~64M of ~198M (32%)"),
        line("cost", "uses index ix_order_items_date"),
        line("note", "the same filter is used by verify"),
    ];
    let view = CheckView { valid: true, lines, ..CheckView::default() };
    answer(&mut desk, is_filter_check, SurveyAnswer::Check(view));
    desk
}

fn is_filter_check(request: &SurveyRequest) -> bool {
    matches!(request, SurveyRequest::CheckFilter { .. })
}

fn editing_wrong(w: u16, h: u16) -> Desk {
    let mut desk = editing(w, h);
    desk.text(" and bogus = 1").pass(1_100);
    let view = CheckView {
        valid: false,
        lines: vec![("error".to_owned(), "column \"bogus\" does not exist".to_owned())],
        line: Some(2),
        column: Some(26),
    };
    answer(&mut desk, is_filter_check, SurveyAnswer::Check(view));
    desk.keys("Tab").text("re");
    desk
}

// --- keys ----------------------------------------------------------------------------------------

#[test]
fn picks_go_into_the_job_file_at_once_and_come_back() {
    let mut desk = on_pick(80, 24);
    assert!(desk.frame().contains("[x] crm"), "a job file that names nothing means everything");
    desk.keys("Space");
    assert!(desk.status().contains("crm is left out, 5 tables"), "{}", desk.status());
    desk.keys("j Space");
    let text = saved(&desk);
    assert!(text.contains("tables = [\"crm.orders\"]"), "{text}");
    assert!(text.contains("schemas = [\"reporting\"]"), "{text}");
    let frame = desk.frame();
    assert!(frame.contains("[-] crm") && frame.contains("[x]   orders "), "{frame}");
    // Another console, or another day.
    let mut again = Desk::jobs(80, 24);
    again.msg(Msg::Draft { name: "crm-nov".to_owned(), text: Ok(text) });
    let tables = |r: &SurveyRequest| matches!(r, SurveyRequest::Tables { .. });
    answer(&mut again, tables, SurveyAnswer::Tables { schemas: schemas() });
    let lines = |frame: String| {
        let marked = frame.lines().filter(|l| l.get(1..2) == Some("[") && !l.contains("[x] all"));
        marked.map(|line| line[1..20].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines(again.frame()), lines(frame));
    desk.keys("A");
    assert!(saved(&desk).contains("exclude = [\"*\"]"), "nothing picked is said as such");
    desk.keys("a");
    assert!(!saved(&desk).contains("[selection]"), "{}", saved(&desk));
    assert!(desk.status().contains("appear later come along"), "{}", desk.status());
}

#[test]
fn with_a_filter_only_what_is_shown_changes_and_it_says_so() {
    let mut desk = on_pick(80, 24);
    desk.keys("A /").text("order !items rows>50m").keys("Enter g Space");
    let status = desk.status();
    assert!(status.contains("3 shown tables picked, 2 hidden ones unchanged"), "{status}");
    let frame = desk.frame();
    assert!(frame.contains("filter: order !items rows>50m  3 of 8 shown"), "{frame}");
    desk.keys("Esc");
    assert!(desk.status().contains("filter cleared"));
    assert!(desk.frame().contains("8 of 8 shown"));
    desk.keys("G k k");
    let frame = desk.frame();
    assert!(frame.contains(">[ ]   orders_mv"), "{frame}");
    desk.keys("Space");
    let frame = desk.frame();
    assert!(frame.contains(">[!]   orders_mv"), "{frame}");
    assert!(frame.contains("MySQL has no materialized views"), "{frame}");
}

#[test]
fn exact_counts_come_one_by_one_and_esc_stops_them() {
    let mut desk = on_pick(80, 24);
    desk.keys("m");
    let count = |r: &SurveyRequest| matches!(r, SurveyRequest::Count { .. });
    let id = asked(&desk, count).unwrap();
    let counted = SurveyNews::Counted { table: "crm.orders".to_owned(), rows: 7 };
    desk.msg(Msg::Survey { id, news: counted });
    let frame = desk.pass(9_000).frame();
    assert!(frame.contains("statistics, 1 exact"), "{frame}");
    assert!(frame.contains("1 of 7 tables"), "{frame}");
    let line = frame.lines().find(|l| l.contains("  orders ")).unwrap();
    assert!(line.contains(" 7 ") && !line.contains("~7"), "{line}");
    desk.keys("m");
    assert!(desk.status().contains("Esc stops"));
    desk.keys("Esc");
    assert!(asked(&desk, |r| *r == SurveyRequest::Cancel { id }).is_some());
    assert!(desk.status().contains("stopped after 1 of 7"));
    assert_eq!(desk.model.place(), Place::Pick);
    let late = SurveyNews::Counted { table: "crm.order_items".to_owned(), rows: 9 };
    desk.msg(Msg::Survey { id, news: late });
    assert!(!desk.frame().contains("2 exact"), "what was stopped counts no more");
}

#[test]
fn columns_are_read_where_the_cursor_rests() {
    let mut desk = on_pick(120, 40);
    desk.keys("j");
    desk.pass(100);
    assert_eq!(asked(&desk, is_columns), None);
    desk.keys("j");
    desk.pass(250);
    assert_eq!(asked(&desk, is_columns), None, "it moved in between");
    desk.pass(100);
    assert!(asked(&desk, is_columns).is_some());
    answer(&mut desk, is_columns, columns());
    assert!(desk.frame().contains("datetime(6) !"), "{}", desk.frame());
    desk.take();
    desk.keys("k j").pass(1_000);
    assert_eq!(asked(&desk, is_columns), None, "known already");
}

#[test]
fn a_filter_is_written_checked_and_saved() {
    let mut desk = on_options(80, 24, "");
    desk.keys("Tab Tab Tab Tab Tab PgDn PgDn +").text("order_items").keys("Enter");
    assert_eq!(desk.model.place(), Place::Editor, "{}", desk.frame());
    desk.text("region <> 'q?:'");
    desk.pass(900);
    assert_eq!(asked(&desk, is_filter_check), None, "typing has only just stopped");
    desk.pass(200);
    let id = asked(&desk, is_filter_check).unwrap();
    desk.text(" ");
    assert!(asked(&desk, |r| *r == SurveyRequest::Cancel { id }).is_some(), "out of date");
    desk.msg(Msg::Survey {
        id,
        news: SurveyNews::Failed { what: "late news".to_owned(), hint: None },
    });
    assert!(!desk.frame().contains("late news"));
    answer(&mut desk, is_columns, columns());
    desk.text("and").keys("Tab").text("mixed").keys("Enter");
    assert!(desk.frame().contains("region <> 'q?:' and \"Mixed Case\""), "{}", desk.frame());
    desk.keys("Ctrl-X");
    assert_eq!(desk.model.place(), Place::Options);
    let text = saved(&desk);
    assert!(text.contains("table = \"crm.order_items\""), "{text}");
    assert!(text.contains(r#"region <> 'q?:' and "Mixed Case""#), "{text}");
    desk.keys("-");
    assert!(!saved(&desk).contains("Mixed Case"));
    assert!(desk.status().contains("+ puts it back"), "{}", desk.status());
    desk.keys("+");
    assert!(saved(&desk).contains("Mixed Case"));
}

#[test]
fn a_paste_is_three_lines_and_esc_asks_before_dropping_them() {
    let mut desk = on_options(80, 24, "");
    desk.keys("Tab Tab Tab Tab Tab PgDn PgDn +").text("crm.orders").keys("Enter");
    desk.msg(Msg::Paste(":kill sim\rR\rq999\r".to_owned()));
    let frame = desk.frame();
    for line in ["    1 :kill sim", "    2 R", "    3 q999"] {
        assert!(frame.contains(line), "{frame}");
    }
    assert!(frame.contains("line 3, column 5"), "{frame}");
    desk.keys("Esc");
    assert!(desk.frame().contains("Drop the changes"), "{}", desk.frame());
    desk.pass(400).keys("n");
    assert!(desk.frame().contains("    2 R"));
    desk.keys("Esc");
    desk.frame();
    desk.pass(400).keys("y");
    assert_eq!(desk.model.place(), Place::Options);
    assert!(!saved(&desk).contains("q999"));
    desk.msg(Msg::Paste("abc\ndef".to_owned()));
    assert!(desk.status().contains("pasted characters ignored"), "{}", desk.status());
}

#[test]
fn the_operators_own_editor_gives_the_text_back() {
    let mut desk = editing(80, 24);
    desk.keys("Tab Tab Tab Tab Enter");
    let handed = desk
        .cmds
        .iter()
        .any(|cmd| matches!(cmd, Cmd::OutsideEditor { text } if text.contains("'TEST'")));
    assert!(handed, "{:?}", desk.cmds);
    desk.msg(Msg::Edited(Ok("a = 1\nand b = 2\n".to_owned())));
    assert!(desk.frame().contains("    2 and b = 2"), "{}", desk.frame());
    assert!(!saved(&desk).contains("b = 2"), "nothing changes until it is saved");
    desk.keys("Ctrl-X");
    assert!(saved(&desk).contains("b = 2"));
}

#[test]
fn a_statement_begins_as_the_plan_writes_it_and_is_kept_when_changed() {
    let mut desk = on_pick(80, 24);
    desk.keys("j e");
    answer(&mut desk, is_columns, columns());
    // Up from the first control is the last but the buttons: the columns; DDL is before them.
    let is_ddl = |r: &SurveyRequest| matches!(r, SurveyRequest::Ddl { .. });
    desk.keys("Tab Tab Tab Tab Tab Tab Enter");
    assert_eq!(desk.model.place(), Place::Editor, "{}", desk.frame());
    desk.text("lost");
    answer(&mut desk, is_ddl, SurveyAnswer::Ddl { text: "create table orders (\n)".to_owned() });
    let frame = desk.frame();
    assert!(frame.contains("    1 create table orders (") && !frame.contains("lost"), "{frame}");
    desk.keys("Ctrl-X");
    assert!(!saved(&desk).contains("ddl ="), "an unchanged statement is the plan's business");
    desk.keys("Enter");
    answer(&mut desk, is_ddl, SurveyAnswer::Ddl { text: "create table orders (\n)".to_owned() });
    desk.text(" engine=InnoDB").keys("Ctrl-X");
    assert!(saved(&desk).contains("engine=InnoDB"), "{}", saved(&desk));
    assert!(desk.frame().contains("changed by hand, 2 lines"), "{}", desk.frame());
}

#[test]
fn a_table_is_shaped_column_by_column() {
    let mut desk = on_pick(80, 24);
    desk.keys("j e");
    answer(&mut desk, is_columns, columns());
    desk.keys("Tab").text("10");
    assert!(saved(&desk).contains("sample = 10"), "{}", saved(&desk));
    desk.text("0");
    assert!(desk.status().contains("1 to 99 percent"), "{}", desk.status());
    assert!(saved(&desk).contains("sample = 10"), "what is wrong is not taken over");
    desk.keys("Backspace Tab Right Tab").text("orders_new");
    let text = saved(&desk);
    assert!(text.contains("if_exists = \"stop\"") && text.contains("rename = \"orders_new\""));
    desk.keys("Tab Tab Tab Tab j Space");
    assert!(saved(&desk).contains("leave_out = [\"order_date\"]"), "{}", saved(&desk));
    desk.keys("j j Enter").text("md5(email)").keys("Ctrl-X");
    assert!(saved(&desk).contains("email = \"md5(email)\""), "{}", saved(&desk));
    assert!(desk.frame().contains("= md5(email)"), "{}", desk.frame());
    desk.keys("Tab").text("email_hash").keys("Esc");
    assert!(saved(&desk).contains("email = \"email_hash\""), "{}", saved(&desk));
    let frame = desk.frame();
    assert!(frame.contains("2 of 4"), "Esc closes the table's options: {frame}");
    let line = frame.lines().find(|l| l.contains("]   orders ")).unwrap();
    assert!(line.contains("renamed"), "{line}");
}

#[test]
fn remaps_are_typed_on_one_line_and_rules_are_toml() {
    let mut desk = on_options(80, 24, "");
    desk.keys("Tab Tab Tab Tab Tab PgDn +").text("crm").keys("Enter");
    assert!(desk.status().contains("FROM -> TO"), "{}", desk.status());
    desk.text(" -> sales").keys("Enter");
    assert!(saved(&desk).contains("crm = \"sales\""), "{}", saved(&desk));
    desk.keys("+").text("nosuch.table -> x").keys("Enter");
    assert!(desk.status().contains("no table"), "{}", desk.status());
    desk.keys("Ctrl-U").text("orders -> o2").keys("Enter");
    assert!(desk.status().contains("no schema"), "{}", desk.status());
    desk.keys("Ctrl-U").text("crm.orders -> o2").keys("Enter");
    assert!(saved(&desk).contains("rename = \"o2\""), "{}", saved(&desk));
    let mut desk = on_options(80, 24, "");
    desk.keys("Tab Tab Tab Tab Tab PgDn Enter");
    assert_eq!(desk.model.place(), Place::Editor, "{}", desk.frame());
    desk.msg(Msg::Paste("[[map]]\ncolumn = \"is_*\"\nto = 5".to_owned()));
    desk.pass(1_100);
    assert!(desk.frame().contains("line 3"), "{}", desk.frame());
    desk.keys("Ctrl-X");
    assert!(desk.status().contains("not saved"), "{}", desk.status());
    desk.keys("Backspace").text("\"boolean\"").keys("Ctrl-X");
    assert!(saved(&desk).contains("to = \"boolean\""), "{}", saved(&desk));
    assert!(desk.frame().contains("is_*"), "{}", desk.frame());
}

// --- every window, every name --------------------------------------------------------------------

#[test]
fn no_size_and_no_name_breaks_a_page() {
    let nasty = "a\u{1b}]52;c;x\u{7}b\u{202e}漢字漢字";
    let mut all = schemas();
    all[0].name = nasty.to_owned();
    all[0].tables[0].name = format!("{nasty}.{nasty}");
    all[0].tables[1].rows = Some(u64::MAX);
    all[0].tables[2].bytes = Some(u64::MAX);
    all[1].tables[1].obstacle = Some(nasty.repeat(20));
    let walks = ["", "j e", "j e Tab Tab j j", "Ctrl-X", "Ctrl-X Tab Tab Tab Tab Tab PgDn Enter"];
    for walk in walks {
        let mut desk = on_pick_of(80, 24, "", all.clone());
        if !walk.is_empty() {
            desk.keys(walk);
        }
        if asked(&desk, is_columns).is_some() {
            answer(&mut desk, is_columns, columns());
        }
        if desk.model.place() == Place::Editor {
            desk.msg(Msg::Paste(format!("{nasty}\n\t{}", nasty.repeat(40))));
        }
        for columns in [1, 20, 40, 47, 59, 60, 79, 80, 109, 110, 120, 200] {
            for rows in [1, 3, 8, 9, 10, 13, 16, 23, 24, 36, 40, 60] {
                desk.msg(Msg::Resize { columns, rows });
                let frame = desk.frame();
                assert!(!frame.contains('\u{1b}'), "{frame}");
                desk.keys("Down Up");
            }
        }
    }
}

#[test]
fn ten_thousand_tables_are_picked_filtered_and_written_by_the_window() {
    let tables = |s: usize| {
        (0..1_000).map(|t| table(&format!("t{s}_{t:04}"), 1_000, 10_000, "id")).collect()
    };
    let schemas = (0..10).map(|s| SchemaView { name: format!("s{s}"), tables: tables(s) });
    let mut desk = on_pick_of(120, 40, "", schemas.collect());
    let work = |desk: &Desk| desk.model.wizard.as_ref().unwrap().pick.tree.work;
    desk.keys("*");
    for (keys, bound) in [
        ("j", 0),
        ("PgDn", 0),
        ("G", 0),
        ("h", 0),
        ("j Space", 60_001),
        ("Space", 60_001),
        ("a", 70_000),
        ("i", 70_000),
    ] {
        let before = work(&desk);
        desk.keys(keys);
        let pressed = work(&desk) - before;
        assert!(pressed <= bound, "{keys}: {pressed} tables were looked at");
        let drawn = work(&desk);
        desk.frame();
        assert_eq!(work(&desk), drawn);
    }
    let before = work(&desk);
    desk.keys("/").text("t5_0999");
    assert!(work(&desk) - before <= 7 * 10_000, "one look at each for every letter");
    assert!(desk.frame().contains("1 of 10,000 shown"), "{}", desk.frame());
}
