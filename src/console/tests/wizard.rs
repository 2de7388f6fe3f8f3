//! The wizard's frame, its first and its last page: keys in, frames and effects out.

use super::scene::{self, Scene};
use super::{Desk, fixture};
use crate::console::model::SavedConnection;
use crate::console::model::wizard::{End, Part};
use crate::console::msg::{Cmd, Msg};
use crate::protocol::survey::{ProbeView, SurveyAnswer, SurveyNews, SurveyRequest};
use crate::protocol::{ChangeView, PlanView, WayView};

pub const SCENES: &[Scene] = &[
    ("wizard_connect", |w, h| filled(w, h, false)),
    ("wizard_connect_tested", tested),
    ("wizard_connect_saved", saved),
    ("wizard_preflight", |w, h| reported(w, h, fixture_plan(true))),
    ("wizard_preflight_ready", |w, h| reported(w, h, fixture_plan(false))),
    ("wizard_start_question", |w, h| {
        let mut desk = reported(w, h, fixture_plan(false));
        desk.keys("s");
        desk
    }),
];

#[test]
fn pictures() {
    scene::pictures(SCENES);
}

/// The wizard, opened by `n`.
fn new(w: u16, h: u16) -> Desk {
    let mut desk = Desk::jobs(w, h);
    desk.msg(Msg::Jobs(Ok(fixture::jobs())));
    desk.keys("n");
    desk
}

/// Both ends filled in by pasted URLs.
fn filled(w: u16, h: u16, production: bool) -> Desk {
    let mut desk = new(w, h);
    desk.keys("Tab Tab Tab");
    desk.msg(Msg::Paste("postgres://mig_ro@db1.internal/crm?sslmode=verify-full".to_owned()));
    while focused(&desk) != Some(Part::Engine(End::Target)) {
        desk.keys("Tab");
    }
    desk.keys("Right Tab");
    desk.msg(Msg::Paste("mysql://mig_rw:hunter2@db7.internal/crm".to_owned()));
    if production {
        while focused(&desk) != Some(Part::Production(End::Target)) {
            desk.keys("Tab");
        }
        desk.keys("Space");
    }
    desk
}

fn focused(desk: &Desk) -> Option<Part> {
    desk.model.wizard.as_ref().and_then(|wizard| wizard.connect.form.focused())
}

/// Number and kind of every request so far.
fn requests(desk: &mut Desk) -> Vec<(u64, SurveyRequest)> {
    let cmds = desk.take().into_iter();
    cmds.filter_map(|cmd| match cmd {
        Cmd::Survey { id, request } => Some((id, *request)),
        _ => None,
    })
    .collect()
}

fn answer(desk: &mut Desk, id: u64, answer: SurveyAnswer) {
    desk.msg(Msg::Survey { id, news: SurveyNews::Answer { answer } });
}

fn probe(server: &str, warnings: &[&str]) -> SurveyAnswer {
    SurveyAnswer::Probe(ProbeView {
        server: server.to_owned(),
        round_trip_ms: 14,
        facts: vec!["97 of 200 connections free".to_owned()],
        warnings: warnings.iter().map(|w| (*w).to_owned()).collect(),
    })
}

fn tested(w: u16, h: u16) -> Desk {
    let mut desk = filled(w, h, false);
    desk.take();
    while desk.model.in_text_field() {
        desk.keys("Tab");
    }
    desk.keys("t");
    let asked = requests(&mut desk);
    answer(&mut desk, asked[0].0, probe("PostgreSQL 16.4", &[]));
    answer(&mut desk, asked[1].0, probe("MySQL 8.0.39", &["local_infile is off"]));
    desk
}

fn saved(w: u16, h: u16) -> Desk {
    let mut desk = Desk::jobs(w, h);
    desk.model.connections = vec![SavedConnection {
        name: "crm-ro@db1".to_owned(),
        url: "postgres://mig_ro@db1.internal/crm".to_owned(),
        label: Some("PROD".to_owned()),
        production: true,
        password: "~/.pgpass".to_owned(),
    }];
    desk.keys("n Tab Tab Tab Right");
    desk
}

fn way(title: &str, change: ChangeView) -> WayView {
    WayView { title: title.to_owned(), change }
}

fn fixture_plan(blocked: bool) -> PlanView {
    let mut plan = fixture::plan(blocked);
    if blocked {
        let table = || "crm.orders".to_owned();
        plan.findings[0].ways = vec![
            way(
                "empty it first",
                ChangeView::TableExists { table: table(), policy: "truncate".to_owned() },
            ),
            way("leave this table out", ChangeView::LeaveOut { table: table() }),
            way("give it another name", ChangeView::Rename { table: table() }),
            way(
                "make the target conform",
                ChangeView::Conform { statements: vec!["set global local_infile = 1".to_owned()] },
            ),
            way("go back to Pick", ChangeView::Page { page: "pick".to_owned() }),
        ];
    }
    plan
}

/// Page 4 with a report.
fn reported(w: u16, h: u16, plan: PlanView) -> Desk {
    report(filled(w, h, false), plan)
}

fn report(mut desk: Desk, plan: PlanView) -> Desk {
    desk.keys("Ctrl-X Ctrl-X Ctrl-X");
    send_report(&mut desk, plan);
    desk
}

fn send_report(desk: &mut Desk, plan: PlanView) {
    let asked = requests(desk);
    let of = |r: &SurveyRequest| matches!(r, SurveyRequest::Preflight { .. });
    let id = asked.iter().rev().find(|(_, r)| of(r)).expect("a report was asked for").0;
    answer(desk, id, SurveyAnswer::Preflight { plan: Box::new(plan) });
}

#[test]
fn a_draft_is_saved_as_it_is_typed_and_holds_no_password() {
    let mut desk = new(80, 24);
    assert_eq!(desk.take().iter().filter(|c| matches!(c, Cmd::SaveDraft { .. })).count(), 0);
    let mut desk = filled(80, 24, false);
    let saved: Vec<(String, String)> = desk
        .take()
        .into_iter()
        .filter_map(|cmd| match cmd {
            Cmd::SaveDraft { name, text } => Some((name, text)),
            _ => None,
        })
        .collect();
    let (name, text) = saved.last().unwrap();
    assert_eq!(name, "crm-1120");
    assert!(text.contains("from = \"postgres://mig_ro@db1.internal/crm?sslmode=verify-full\""));
    assert!(text.contains("to = \"mysql://mig_rw@db7.internal/crm\""), "{text}");
    assert!(text.contains("ask_password = true"), "{text}");
    assert!(saved.iter().all(|(_, text)| !text.contains("hunter2")));
    assert!(!format!("{:?}", desk.model).contains("hunter2"));
    assert!(!desk.frame().contains("hunter2"));
}

#[test]
fn a_password_typed_within_a_url_reaches_no_file() {
    let mut desk = new(80, 24);
    desk.keys("Tab Tab Tab");
    for letter in "mysql://ana:hunter2@db7/crm".chars() {
        desk.keys(&letter.to_string());
    }
    desk.keys("Tab");
    let status = desk.status();
    assert!(status.contains("its password is kept nowhere but here"), "{status}");
    // A URL that is kept whole must not have one.
    while focused(&desk) != Some(Part::Engine(End::Target)) {
        desk.keys("Tab");
    }
    desk.keys("Tab");
    desk.msg(Msg::Paste("mysql://bo:hunter2@db9/crm?ssl-mode=odd".to_owned()));
    desk.keys("Ctrl-X");
    assert!(desk.status().contains("names a password, and no file may keep it"));
    let kept = |cmd: &Cmd| matches!(cmd, Cmd::SaveDraft { text, .. } if text.contains("hunter2"));
    let cmds = desk.take();
    assert!(cmds.iter().any(|cmd| matches!(cmd, Cmd::SaveDraft { .. })), "it is saved");
    assert!(!cmds.iter().any(kept));
}

#[test]
fn a_test_sends_the_typed_password_and_tells_both_ends() {
    let mut desk = filled(80, 24, false);
    while desk.model.in_text_field() {
        desk.keys("Tab");
    }
    desk.take();
    desk.keys("t");
    let asked = requests(&mut desk);
    let [(_, SurveyRequest::Probe { end: source, .. }), (to, SurveyRequest::Probe { end, .. })] =
        asked.as_slice()
    else {
        panic!("two probes: {asked:?}")
    };
    assert_eq!((source.password.as_deref(), end.password.as_deref()), (None, Some("hunter2")));
    let what = "login refused for mig_rw".to_owned();
    desk.msg(Msg::Survey { id: *to, news: SurveyNews::Failed { what, hint: None } });
    assert!(desk.frame().contains("target FAILED  login refused for mig_rw"));
    desk.msg(Msg::SurveyDown("killed".to_owned()));
    assert!(desk.frame().contains("source FAILED"), "{}", desk.frame());
}

#[test]
fn letters_are_letters_and_what_comes_later_says_so() {
    let mut desk = new(80, 24);
    desk.keys("Right Right Right");
    assert!(desk.status().contains("export comes later"), "{}", desk.status());
    desk.keys("Ctrl-X");
    assert!(desk.status().contains("comes later"), "{}", desk.status());
    desk.keys("Left Left Left Tab Ctrl-U").text("q n?");
    assert!(desk.status().contains("may hold only letters"), "{}", desk.status());
    desk.keys("Ctrl-U").text("crm-nov");
    assert!(desk.status().contains("there is a job crm-nov already"), "{}", desk.status());
    desk.keys("Ctrl-X");
    assert!(desk.frame().contains("1 of 4"), "a taken name goes nowhere");
}

#[test]
fn esc_goes_back_and_the_draft_is_in_the_list_and_opens_where_it_was() {
    let mut desk = filled(80, 24, false);
    desk.keys("Ctrl-X");
    assert!(desk.frame().contains("2 of 4"), "{}", desk.frame());
    let text = desk.model.wizard.as_ref().unwrap().draft.to_text();
    desk.keys("Esc Esc");
    assert!(desk.status().contains("the draft crm-1120 is kept"), "{}", desk.status());
    assert!(desk.take().contains(&Cmd::EndSurvey));
    let text = text.replace("ask_password = true\n", "");
    desk.msg(Msg::Draft { name: "crm-1120".to_owned(), text: Ok(text) });
    assert!(desk.frame().contains("2 of 4"), "{}", desk.frame());
    desk.keys("Esc Esc");
    desk.msg(Msg::Draft { name: "x".to_owned(), text: Ok("wrong = 1".to_owned()) });
    assert!(desk.status().contains("x cannot be opened"), "{}", desk.status());
}

#[test]
fn a_password_that_is_kept_nowhere_is_asked_for_when_a_draft_is_opened() {
    let mut desk = filled(80, 24, false);
    desk.keys("Ctrl-X");
    let text = desk.model.wizard.as_ref().unwrap().draft.to_text();
    desk.keys("Esc Esc");
    desk.msg(Msg::Draft { name: "crm-1120".to_owned(), text: Ok(text) });
    assert!(desk.frame().contains("1 of 4"));
    assert!(desk.status().contains("password of the target"), "{}", desk.status());
}

#[test]
fn a_block_refuses_the_start_until_a_way_out_is_taken() {
    let mut desk = reported(80, 24, fixture_plan(true));
    desk.keys("s");
    assert!(desk.status().contains("blocked by target: crm_new.orders"), "{}", desk.status());
    desk.keys("9");
    assert!(desk.status().contains("ways 1 to 5"), "{}", desk.status());
    desk.take();
    desk.keys("1");
    let wizard = desk.model.wizard.as_ref().unwrap();
    assert!(wizard.draft.to_text().contains("if_exists = \"truncate\""));
    send_report(&mut desk, fixture_plan(false));
    desk.keys("s");
    let frame = desk.frame();
    assert!(frame.contains("EMPTIED first when there: crm.orders"), "{frame}");
    assert!(frame.contains("type the name"), "{frame}");
}

#[test]
fn a_table_is_left_out_or_gets_another_name_and_a_page_is_opened() {
    let mut desk = reported(80, 24, fixture_plan(true));
    desk.keys("3 Ctrl-U").text("orders_new").keys("Enter");
    let text = |desk: &Desk| desk.model.wizard.as_ref().unwrap().draft.to_text();
    assert!(text(&desk).contains("rename = \"orders_new\""), "{}", text(&desk));
    send_report(&mut desk, fixture_plan(true));
    desk.keys("2");
    assert!(text(&desk).contains("exclude = [\"crm.orders\"]"), "{}", text(&desk));
    send_report(&mut desk, fixture_plan(true));
    desk.keys("5");
    assert!(desk.frame().contains("2 of 4"));
}

#[test]
fn statements_run_only_after_they_were_read_and_agreed_to() {
    let mut desk = reported(80, 24, fixture_plan(true));
    desk.take();
    desk.keys("4");
    let frame = desk.frame();
    assert!(frame.contains("set global local_infile = 1;"), "{frame}");
    desk.keys("Ctrl-X");
    assert!(desk.frame().contains("Run 1 statement on my:crm@db7.internal"), "{}", desk.frame());
    desk.keys("y");
    assert!(requests(&mut desk).iter().all(|(_, r)| !matches!(r, SurveyRequest::Conform { .. })));
    desk.pass(400).keys("y");
    let asked = requests(&mut desk);
    let conform = asked.iter().find_map(|(id, request)| match request {
        SurveyRequest::Conform { statements, .. } => Some((*id, statements.clone())),
        _ => None,
    });
    let (id, statements) = conform.expect("they run");
    assert_eq!(statements, ["set global local_infile = 1"]);
    answer(&mut desk, id, SurveyAnswer::Conformed { done: 1, failed: None });
    assert!(desk.status().contains("1 statement ran on the target"), "{}", desk.status());
    send_report(&mut desk, fixture_plan(false));
}

#[test]
fn a_production_target_is_named_before_the_start_and_the_draft_goes_when_the_job_is_there() {
    let mut desk = report(filled(80, 24, true), fixture_plan(false));
    desk.keys("s");
    desk.frame();
    desk.pass(400).text("crm").keys("Enter");
    let cmds = desk.take();
    let start = cmds.iter().find_map(|cmd| match cmd {
        Cmd::StartJob { start } => Some(start.clone()),
        _ => None,
    });
    let start = start.unwrap_or_else(|| panic!("{}", desk.frame()));
    assert!(start.text.contains("production = true") && start.name == "crm-1120");
    assert_eq!(start.target_password.as_ref().map(|p| p.reveal()), Some("hunter2"));
    desk.keys("s");
    assert!(desk.status().contains("is being started"), "{}", desk.status());
    let refused = Err("no room\nNothing was changed.".to_owned());
    desk.msg(Msg::Started { draft: "crm-1120".to_owned(), result: refused });
    assert!(desk.frame().contains("no room"));
    assert!(desk.take().iter().all(|cmd| !matches!(cmd, Cmd::DropDraft { .. })));
    desk.msg(Msg::Started { draft: "crm-1120".to_owned(), result: Ok(()) });
    let cmds = desk.take();
    assert!(cmds.contains(&Cmd::DropDraft { name: "crm-1120".to_owned() }), "{cmds:?}");
}

#[test]
fn a_started_draft_is_attached_to() {
    let mut desk = reported(80, 24, fixture_plan(false));
    desk.keys("s");
    desk.frame();
    desk.pass(400).keys("y");
    desk.take();
    desk.msg(Msg::Started { draft: "crm-1120".to_owned(), result: Ok(()) });
    let cmds = desk.take();
    assert!(cmds.contains(&Cmd::Attach { job: "crm-1120".to_owned() }), "{cmds:?}");
    assert!(desk.model.wizard.is_none());
}

#[test]
fn a_draft_is_thrown_away_after_a_question() {
    let mut desk = filled(80, 24, false);
    while desk.model.in_text_field() {
        desk.keys("Tab");
    }
    desk.keys(":").text("discard").keys("Enter");
    desk.frame();
    desk.take();
    desk.pass(400).keys("y");
    let cmds = desk.take();
    assert!(cmds.contains(&Cmd::DropDraft { name: "crm-1120".to_owned() }), "{cmds:?}");
    assert!(!cmds.iter().any(|cmd| matches!(cmd, Cmd::SaveDraft { .. })));
    assert!(desk.frame().contains("Jobs"));
}

#[test]
fn a_console_that_may_only_look_opens_no_wizard() {
    let mut desk = Desk::jobs(80, 24);
    desk.model.read_only = true;
    desk.keys("n");
    assert!(desk.model.wizard.is_none());
    assert!(desk.status().contains("[RO]"), "{}", desk.status());
}
