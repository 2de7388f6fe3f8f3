//! The one table of actions on the screen: changed keys, the four levels of asking, consoles that
//! only look, help.

use super::{Desk, fixture};
use crate::console::commands::{ACTIONS, Action as Row, Do, Place, Tier, key_line};
use crate::console::keymap;
use crate::console::model::Overlay;
use crate::console::msg::{Cmd, Msg, Ticket};
use crate::protocol::{Action, RequestBody, Snapshot};

fn actions(cmds: &[Cmd]) -> Vec<Action> {
    cmds.iter()
        .filter_map(|cmd| match cmd {
            Cmd::Request { body: RequestBody::Action { action }, .. } => Some(action.clone()),
            _ => None,
        })
        .collect()
}

fn remapped(text: &str) -> Desk {
    let (mut map, troubles) = keymap::read(text);
    map.file = "~/.config/tidegate/keys.toml".to_owned();
    map.troubles = troubles.into_iter().map(|t| format!("line {}: {}", t.line, t.text)).collect();
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.model.keymap = map;
    desk.take();
    desk
}

fn on(place: Place, production: bool) -> Desk {
    let mut shot = fixture::crm();
    shot.job.production = production;
    shot.job.threads.draining = 4;
    shot.job.progress.rows_rejected = 3;
    if place == Place::Plan {
        shot.job.state = "DEFINING".to_owned();
    }
    on_failed(shot, place)
}

fn on_failed(shot: Snapshot, place: Place) -> Desk {
    let mut desk = Desk::attached(80, 24, shot);
    match place {
        Place::Failed => {
            desk.keys("f");
            let replies = [
                (Ticket::FailedChunks, fixture::failed_chunks()),
                (Ticket::FailedSteps, fixture::failed_steps()),
            ];
            for (ticket, reply) in replies {
                desk.msg(Msg::Reply { ticket, reply: Ok(reply) });
            }
        }
        Place::Table => {
            desk.keys("Enter");
        }
        Place::Rejects => {
            desk.keys("b");
        }
        _ => {}
    }
    desk.take();
    desk
}

#[test]
fn changed_keys_are_obeyed_and_printed_everywhere() {
    let mut desk = remapped("pause = [\"P\", \"f5\"]\nhelp = [\"F1\"]\nresume = [\"p\"]\n");
    let frame = desk.frame();
    let keys = frame.lines().last().unwrap();
    assert!(keys.contains("P pause") && keys.contains("F1 help"), "{keys}");
    desk.keys("P");
    assert_eq!(actions(&desk.take()), [Action::Pause]);
    desk.keys("p");
    assert_eq!(actions(&desk.take()), [Action::Resume]);
    desk.keys("?");
    assert!(desk.status().contains("? is not used here; F1 lists the keys"), "{}", desk.status());
    desk.keys("F1").text("pause");
    let help = desk.frame();
    for words in ["P F5", "Undo with p. Pressing P again", "keys.toml, 3 changes"] {
        assert!(help.replace('\n', " ").contains(words), "{words}:\n{help}");
    }
    desk.keys("Esc :").text("paus");
    assert!(desk.frame().contains("P F5"), "{}", desk.frame());
}

#[test]
fn a_key_that_is_switched_off_does_nothing_and_is_not_shown() {
    let mut desk = remapped("pause = []\n");
    assert!(!desk.frame().lines().last().unwrap().contains("pause"));
    desk.keys("p");
    assert_eq!(actions(&desk.take()), []);
    desk.keys(":").text("pause").keys("Enter");
    assert_eq!(actions(&desk.take()), [Action::Pause], "the command is still there");
}

#[test]
fn trouble_with_the_keys_stands_in_the_status_line_from_the_start() {
    let (mut map, troubles) = keymap::read("puase = [\"P\"]\nskip = [\"C-b\"]\n");
    map.troubles = troubles.iter().map(|t| format!("keys.toml line {}", t.line)).collect();
    let mut desk = Desk::with_keys(80, 24, map);
    let status = desk.status();
    assert!(status.contains("! keys.toml line 1; and 1 more"), "{status}");
}

#[test]
fn a_remapped_digit_still_opens_the_thread_prompt() {
    let mut desk = remapped("threads_set = [\"T\"]\n");
    desk.keys("T 7 Enter");
    assert_eq!(actions(&desk.take()), [Action::Threads { want: 7 }]);
}

/// Places where an action that asks can be tried.
fn place_of(row: &Row) -> Place {
    [Place::Failed, Place::Run, Place::Plan, Place::Table, Place::Rejects]
        .into_iter()
        .find(|place| row.at(*place))
        .unwrap_or_else(|| panic!("{} is asked nowhere", row.id))
}

#[test]
fn what_asks_is_answered_by_no_key_but_y_and_on_production_by_the_name_alone() {
    for production in [false, true] {
        for row in ACTIONS.iter().filter(|a| matches!(a.tier, Tier::Asks | Tier::Types)) {
            if row.does == Do::Start && !production {
                continue;
            }
            let mut desk = on(place_of(row), production);
            if row.at(Place::Failed) {
                desk.keys("a");
            }
            let open = |desk: &mut Desk| {
                let cmds = crate::console::update::perform_for_test(&mut desk.model, row.does);
                desk.cmds.extend(cmds);
            };
            open(&mut desk);
            let Some(Overlay::Question(question)) = &desk.model.overlay else {
                panic!("{} does not ask: {}", row.id, desk.status());
            };
            let types = row.tier_on(production) == Tier::Types;
            assert_eq!(question.name.is_some(), types, "{} production {production}", row.id);
            // Before the frame, and just after it.
            desk.text("y").keys("Enter");
            desk.frame();
            desk.pass(100).text("y").keys("Enter");
            desk.msg(Msg::Paste("crm".to_owned()));
            desk.keys("Enter");
            desk.pass(400).keys("Enter Space");
            for key in row.keys {
                desk.keys(key);
            }
            if types {
                desk.keys("Enter").text("y").keys("Enter").text("crm ").keys("Backspace x Enter");
            }
            assert_eq!(actions(&desk.take()), [], "{} production {production}", row.id);
            desk.keys("Esc");
            assert_eq!(actions(&desk.take()), [], "{}: Esc is no", row.id);
            // And the right answer does it.
            open(&mut desk);
            desk.frame();
            desk.pass(301);
            if row.does == Do::Skip {
                desk.text("agreed").keys("Enter");
            }
            desk.text(if types { "crm" } else { "y" });
            if types {
                desk.keys("Enter");
            }
            assert_eq!(actions(&desk.take()).len(), 1, "{} production {production}", row.id);
        }
    }
}

#[test]
fn one_chunk_is_skipped_with_y_but_on_production_with_the_name() {
    for (production, named) in [(false, false), (true, true)] {
        let mut desk = on(Place::Failed, production);
        desk.keys("j X");
        let Some(Overlay::Question(question)) = &desk.model.overlay else { panic!("no question") };
        assert_eq!(question.name.is_some(), named);
    }
}

#[test]
fn ends_of_one_kind_with_one_name_are_told_apart() {
    let mut shot = fixture::crm();
    shot.job.source = "my:crm@db1".to_owned();
    let mut desk = on_failed(shot, Place::Failed);
    desk.keys("a X");
    desk.frame();
    desk.pass(301).text("agreed").keys("Enter").text("crm").keys("Enter");
    assert_eq!(actions(&desk.take()), []);
    desk.text("crm@db7").keys("Enter");
    assert_eq!(actions(&desk.take()).len(), 1);
}

#[test]
fn a_console_that_only_looks_has_no_key_that_acts() {
    for place in Place::ALL {
        let mut desk = Desk::read_only(120, 40, fixture::crm());
        desk.take();
        if place != Place::Run && !place.is_wizard() {
            desk.model.screens.push(place);
        }
        let place = desk.model.place();
        for row in ACTIONS.iter().filter(|a| a.at(place) && a.changes()) {
            let before = desk.model.overlay.is_some();
            let cmds = crate::console::update::perform_for_test(&mut desk.model, row.does);
            assert_eq!(cmds, [], "{} in {place:?}", row.id);
            assert_eq!(desk.model.overlay.is_some(), before, "{} asks", row.id);
        }
        let shown = desk.frame();
        let keys = shown.lines().last().unwrap_or_default().to_owned();
        for does in key_line(place).iter().filter(|does| Row::of(**does).changes()) {
            let row = Row::of(*does);
            let entry = format!("{} {}", row.keys[0], row.short);
            assert!(!keys.contains(&entry), "{entry} in {place:?}: {keys}");
        }
        desk.keys("?");
        let found = desk.frame();
        assert!(!found.contains("undo ") && !found.contains(" asks\n"), "{found}");
    }
}

#[test]
fn a_console_becomes_one_that_only_looks_and_tells_the_engine() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys(":").text("read-only").keys("Enter");
    assert_eq!(desk.take(), [Cmd::OnlyLook { job: Some("crm-nov".to_owned()) }]);
    assert!(desk.frame().lines().next().unwrap().contains("[RO]"));
    desk.keys("p +").pass(300);
    assert_eq!(actions(&desk.take()), []);
}

#[test]
fn wide_help_shows_every_key_of_a_screen_at_once() {
    for place in [Place::Run, Place::Failed, Place::Table, Place::Log, Place::Verify] {
        let mut desk = Desk::attached(120, 40, fixture::crm());
        if place != Place::Run {
            desk.model.screens.push(place);
        }
        desk.keys("?");
        let frame = desk.frame();
        for row in ACTIONS.iter().filter(|a| a.at(place) && !a.keys.is_empty()) {
            let title: String = row.title.chars().take(30).collect();
            assert!(frame.contains(&title), "{} in {place:?}:\n{frame}", row.id);
        }
    }
}

#[test]
fn help_is_opened_with_a_word_and_other_commands_are_asked() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.keys(":").text("help rate").keys("Enter");
    let frame = desk.frame();
    assert!(frame.contains("match \"rate\"") && frame.contains("limit the copy"), "{frame}");
    desk.keys("Esc");
    desk.take();
    desk.keys(":").text("doctor").keys("Enter");
    let words = vec!["doctor".to_owned()];
    assert_eq!(desk.take(), [Cmd::Shell { words: words.clone() }]);
    desk.msg(Msg::Shell { words, said: Ok("ok     room\n".to_owned()) });
    assert!(desk.frame().contains("ok     room"), "{}", desk.frame());
    desk.keys("Esc :").text("report").keys("Enter");
    let words = vec!["report".to_owned(), "crm-nov".to_owned()];
    assert!(desk.take().contains(&Cmd::Shell { words: words.clone() }));
    desk.msg(Msg::Shell { words, said: Ok("Report".to_owned()) });
    let write = Cmd::Write { name: "crm-nov-report".to_owned(), text: "Report".to_owned() };
    assert_eq!(desk.take(), [write]);
}
