//! Keys in, effects and frames out.

use super::{Desk, fixture};
use crate::console::commands::{ACTIONS, Place};
use crate::console::msg::{Cmd, DownCause, LinkDown, LinkNews, Msg, Ticket};
use crate::protocol::{Action, Reply, RequestBody, Update};

fn actions(cmds: &[Cmd]) -> Vec<Action> {
    cmds.iter()
        .filter_map(|cmd| match cmd {
            Cmd::Request { body: RequestBody::Action { action }, .. } => Some(action.clone()),
            _ => None,
        })
        .collect()
}

fn done(desk: &mut Desk, message: &str) {
    let serial = desk.model.next_serial - 1;
    let reply = Ok(Reply::Done { message: message.to_owned() });
    desk.msg(Msg::Reply { ticket: Ticket::Act(serial), reply });
}

fn on_failed() -> Desk {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.keys("f");
    for (ticket, reply) in [
        (Ticket::FailedChunks, fixture::failed_chunks()),
        (Ticket::FailedSteps, fixture::failed_steps()),
    ] {
        desk.msg(Msg::Reply { ticket, reply: Ok(reply) });
    }
    desk.take();
    desk
}

#[test]
fn presses_go_out_as_one_absolute_value() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys("+ + + >");
    assert!(desk.frame().contains("23? want"), "{}", desk.frame());
    assert_eq!(actions(&desk.take()), []);
    desk.pass(200);
    assert_eq!(actions(&desk.take()), [Action::Threads { want: 23 }]);
    done(&mut desk, "threads 16 -> 23");
    let frame = desk.frame();
    assert!(frame.contains("23 want") && frame.contains("threads 16 -> 23"), "{frame}");
    desk.keys("< -").pass(200);
    assert_eq!(actions(&desk.take()), [Action::Threads { want: 18 }]);
}

#[test]
fn digits_set_and_refusals_say_why() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys("1");
    assert!(desk.status().contains("threads: 1"), "{}", desk.status());
    desk.keys("6 Enter");
    assert_eq!(actions(&desk.take()), [Action::Threads { want: 16 }]);
    desk.keys("0 Enter");
    assert!(desk.status().contains("Press p to pause"), "{}", desk.status());
    desk.keys("9 9 9 Enter");
    assert!(desk.status().contains("Max is 32"), "{}", desk.status());
    desk.keys("1 Esc");
    assert_eq!(actions(&desk.take()), []);
}

#[test]
fn an_unconfirmed_action_is_said_and_not_repeated() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys("p");
    assert!(desk.status().contains("pause ..."), "{}", desk.status());
    desk.pass(2_100);
    assert!(desk.status().contains("not confirmed by the engine"), "{}", desk.status());
    assert_eq!(actions(&desk.take()), [Action::Pause]);
}

#[test]
fn the_engines_refusal_is_known_before_asking() {
    let mut shot = fixture::crm();
    shot.job.refused = vec![("pause".to_owned(), "it is paused already".to_owned())];
    let mut desk = Desk::attached(80, 24, shot);
    desk.take();
    desk.keys("p");
    assert!(desk.status().contains("it is paused already"), "{}", desk.status());
    assert_eq!(actions(&desk.take()), []);
}

#[test]
fn what_holds_the_job_is_always_said() {
    let mut desk = Desk::attached(80, 24, fixture::draining());
    assert!(desk.frame().contains("held by: rate limit 40 MB/s, set by bo 14:33"));
    desk.keys("t");
    assert!(desk.frame().contains("held by: rate limit"), "{}", desk.frame());
    let mut quiet = Desk::attached(80, 16, fixture::draining());
    assert!(quiet.frame().contains("held by: rate limit"), "{}", quiet.frame());
}

#[test]
fn rerunning_several_asks_and_typed_ahead_keys_do_not_answer() {
    let mut desk = on_failed();
    desk.keys("a R y");
    assert_eq!(actions(&desk.take()), [], "the box was not painted yet");
    desk.frame();
    desk.keys("y");
    assert_eq!(actions(&desk.take()), [], "within 300 ms");
    desk.pass(301).keys("R Enter Space");
    assert_eq!(actions(&desk.take()), []);
    desk.keys("y");
    let sent = actions(&desk.take());
    let [Action::Retry { chunks, steps }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((chunks.len(), steps.len()), (7, 1));
}

#[test]
fn one_failed_chunk_is_run_again_without_a_question() {
    let mut desk = on_failed();
    desk.keys("j R");
    assert_eq!(actions(&desk.take()), [Action::Retry { chunks: vec![3081], steps: vec![] }]);
}

#[test]
fn skipping_wants_the_targets_name() {
    let mut desk = on_failed();
    desk.keys("Space X");
    desk.frame();
    desk.pass(301).text("agreed").keys("Enter Enter Space X y Enter");
    assert_eq!(actions(&desk.take()), []);
    desk.text("crmx").keys("Enter");
    assert_eq!(actions(&desk.take()), []);
    assert!(desk.frame().contains("that is not its name"), "{}", desk.frame());
    desk.text("crm").keys("Enter");
    let sent = actions(&desk.take());
    let [Action::Skip { chunks, reason }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(chunks.as_slice(), [3081, 3082, 3083, 3084, 3085]);
    assert_eq!(reason, "agreed");
}

#[test]
fn a_read_only_console_changes_nothing() {
    let mut desk = Desk::read_only(80, 24, fixture::crm());
    assert!(desk.frame().lines().next().unwrap().contains("[RO]"));
    desk.take();
    desk.keys("+ p R ) 4 Enter").pass(300);
    desk.keys(":").text("stop").keys("Enter").pass(400).keys("y");
    assert_eq!(actions(&desk.take()), []);
}

#[test]
fn leaving_is_harmless_and_needs_no_question() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys("Ctrl-C");
    assert_eq!(desk.take(), []);
    assert!(desk.status().contains("the job goes on"), "{}", desk.status());
    desk.pass(1_500).keys("Ctrl-C");
    assert_eq!(desk.take(), []);
    desk.keys("Ctrl-C");
    assert_eq!(desk.take(), [Cmd::Leave]);
    desk.keys("Esc q");
    assert_eq!(desk.take(), [Cmd::Leave]);
}

#[test]
fn screens_open_over_each_other_and_close_in_turn() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    for (keys, place) in [
        ("Enter", Place::Table),
        ("Esc", Place::Run),
        ("f", Place::Failed),
        ("L", Place::Log),
        ("H", Place::History),
        ("q", Place::Failed),
        ("o", Place::Run),
    ] {
        desk.keys(keys);
        assert_eq!(desk.model.place(), place, "after {keys}");
    }
}

#[test]
fn frozen_means_still_until_any_key() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.keys("Z");
    assert!(desk.model.frozen && desk.frame().contains("FROZEN"));
    desk.take();
    desk.keys("p");
    assert!(!desk.model.frozen);
    assert_eq!(actions(&desk.take()), [], "the key that thaws does nothing else");
}

#[test]
fn a_paste_outside_a_field_is_refused() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.msg(Msg::Paste(":stop now\nR\nq".to_owned()));
    assert!(desk.status().contains("13 pasted characters ignored"), "{}", desk.status());
    assert_eq!(desk.take(), []);
    desk.keys("/");
    desk.msg(Msg::Paste("ord\r\ners".to_owned()));
    assert!(desk.status().contains("/ord ers"), "{}", desk.status());
}

#[test]
fn the_palette_runs_verbs_and_completes_descriptions() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.keys(":").text("rate 40 MB/s").keys("Enter");
    assert_eq!(actions(&desk.take()), [Action::Rate { bytes: Some(40_000_000) }]);
    desk.keys(":").text("slower").keys("Enter");
    assert_eq!(actions(&desk.take()), [], "a description runs nothing by itself");
    assert!(desk.model.overlay.is_some());
    desk.keys("Esc :").keys("Up Enter");
    assert_eq!(actions(&desk.take()), [Action::Rate { bytes: Some(40_000_000) }], "recalled");
    desk.keys(":").text("set theme mono").keys("Enter");
    assert!(desk.status().contains("theme is mono"));
}

#[test]
fn a_lost_engine_is_restarted_with_r_and_goes_on() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    let down = LinkDown {
        cause: DownCause::NoEngine,
        message: "no engine runs for job crm-nov".to_owned(),
        advice: String::new(),
        tries: 1,
    };
    desk.msg(Msg::Link(LinkNews::Down(down)));
    assert_eq!(desk.model.place(), Place::Lost);
    assert!(desk.frame().lines().next().unwrap().contains("NOT RUNNING"));
    desk.take();
    desk.keys("+ p").pass(300);
    assert_eq!(actions(&desk.take()), []);
    desk.keys("8");
    assert_eq!(desk.take(), [Cmd::Attach { job: "crm-nov".to_owned() }]);
    desk.msg(Msg::Link(LinkNews::Up { build: "x".to_owned(), pid: 2 }));
    let mut shot = fixture::crm();
    shot.job.state = "IDLING".to_owned();
    let update = Update::Snapshot { snapshot: Box::new(shot) };
    desk.msg(Msg::Link(LinkNews::Update(Box::new(update))));
    assert_eq!(actions(&desk.take()), [Action::Threads { want: 8 }, Action::Resume]);
    assert_eq!(desk.model.place(), Place::Run);
}

#[test]
fn trouble_is_read_with_enter_and_then_enter_opens_the_table() {
    let mut shot = fixture::crm();
    shot.job.alerts = vec![fixture::target_lost()];
    let mut desk = Desk::attached(80, 24, shot);
    assert!(desk.frame().contains("! Target my:crm@db7 is lost"), "{}", desk.frame());
    desk.keys("Enter");
    let page = desk.frame();
    assert!(page.contains("Safe") && page.contains("Next") && page.contains("r try now"), "{page}");
    desk.keys("Esc Enter");
    assert_eq!(desk.model.place(), Place::Table);
}

#[test]
fn copying_takes_the_whole_unfiltered_message() {
    let mut desk = on_failed();
    let long = format!("{}\r\nend", "x\u{1b}[31m".repeat(100));
    if let Some(job) = &mut desk.model.job {
        job.failed.chunks[0].error_message = Some(long.clone());
    }
    desk.keys("j y");
    let cmds = desk.take();
    let [Cmd::Copy { text, note }] = cmds.as_slice() else { panic!("{cmds:?}") };
    assert_eq!(text, &long);
    assert!(note.contains("not as shown"), "{note}");
}

#[test]
fn hostile_text_stays_text() {
    let mut shot = fixture::crm();
    shot.tables[0].name = "a\u{1b}]52;c;SEFDSw==\u{7}b".to_owned();
    shot.tables[1].name = "漢字漢字漢字漢字漢字漢字".to_owned();
    shot.tables[3].name = "x\u{202e}evil".to_owned();
    shot.log.push(fixture::log(0, "engine", "one\r\ntwo", "error"));
    let mut desk = Desk::attached(80, 24, shot);
    let frame = desk.frame();
    assert!(frame.contains("\\x1b]52") && frame.contains("one / two"), "{frame}");
    assert!(!frame.contains('\u{1b}') && !frame.contains('\u{202e}'));
    // The fail column stands where it stood.
    let column = |name: &str| {
        let line = frame.lines().find(|l| l.contains(name)).unwrap();
        line.trim_end().len()
    };
    assert_eq!(column("\\x1b]52"), column("crm.customers"));
}

#[test]
fn ascii_mode_has_nothing_but_ascii() {
    let mut shot = fixture::crm();
    shot.tables[0].name = "straße".to_owned();
    let mut desk = Desk::attached(120, 40, shot);
    for keys in ["o", "w", "c", "f", "L", "H", "?", "Esc", ":"] {
        desk.keys(keys);
        let frame = desk.frame();
        assert!(frame.bytes().all(|b| b == b'\n' || (0x20..0x7f).contains(&b)), "{frame}");
    }
}

#[test]
fn help_finds_every_action_of_its_screen() {
    for action in ACTIONS.iter().filter(|a| a.at(Place::Run)) {
        let mut desk = Desk::attached(80, 24, fixture::crm());
        desk.keys("?").text(action.id);
        let frame = desk.frame();
        let title: String = action.title.chars().take(20).collect();
        assert!(frame.contains(&title), "{} is not found:\n{frame}", action.id);
    }
}

#[test]
fn ten_thousand_tables_are_drawn_as_fast_as_ten() {
    let mut desk = Desk::attached(80, 24, fixture::many(10_000));
    desk.keys("G");
    assert!(desk.frame().contains("Tables 10,000"));
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        desk.backend();
    }
    let many = begin.elapsed();
    let mut few = Desk::attached(80, 24, fixture::many(12));
    few.frame();
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        few.backend();
    }
    let few = begin.elapsed();
    assert!(many < few * 5 + std::time::Duration::from_millis(50), "{many:?} against {few:?}");
}

#[test]
fn a_key_means_what_was_painted_and_not_what_came_since() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.frame();
    desk.pass(3_000);
    let mut tables = fixture::crm().tables;
    tables[0].chunks_running = 0;
    tables[0].state = "done".to_owned();
    let update = Update::Changed {
        job: None,
        tables: vec![tables[0].clone()],
        workers: None,
        log: Vec::new(),
        consoles: None,
    };
    desk.msg(Msg::Link(LinkNews::Update(Box::new(update))));
    desk.keys("Enter");
    let job = desk.model.job.as_ref().unwrap();
    assert_eq!(job.table.table, 0, "crm.orders was under the cursor in the last frame");
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.keys("Enter t");
    let late = Ticket::Chunks { table: 0, offset: 0, state: None };
    desk.msg(Msg::Reply { ticket: late, reply: Ok(fixture::customer_chunks()) });
    assert_eq!(desk.model.job.as_ref().unwrap().table.chunks.len(), 0);
}

#[test]
fn the_cursor_stays_on_its_failure_when_others_come() {
    let mut desk = on_failed();
    desk.keys("j j j");
    let before = desk.model.job.as_ref().unwrap().failed.place();
    let Reply::Chunks { chunks, .. } = fixture::failed_chunks() else { panic!() };
    let reply = Ok(Reply::Chunks { total: 6, chunks: chunks[1..].to_vec() });
    desk.msg(Msg::Reply { ticket: Ticket::FailedChunks, reply });
    assert_eq!(desk.model.job.as_ref().unwrap().failed.place(), before);
}

#[test]
fn a_restart_that_fails_says_why() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    let down = |message: &str| {
        Msg::Link(LinkNews::Down(LinkDown {
            cause: DownCause::NoEngine,
            message: message.to_owned(),
            advice: String::new(),
            tries: 1,
        }))
    };
    desk.msg(down("no engine runs for job crm-nov"));
    desk.keys("r");
    desk.msg(down("the engine of crm-nov did not start: master.db is damaged"));
    desk.msg(down("no engine runs for job crm-nov"));
    let frame = desk.frame();
    assert!(frame.contains("did not start: master.db is"), "{frame}");
}

#[test]
fn a_silent_engine_is_asked_and_then_named() {
    let mut desk = Desk::attached(80, 24, fixture::crm());
    desk.take();
    desk.pass(10_500);
    let asked = desk.take();
    assert!(matches!(asked.as_slice(), [Cmd::Request { ticket: Ticket::Ping, .. }]), "{asked:?}");
    desk.pass(1_000);
    assert_eq!(desk.take(), [], "asked once");
    assert!(!desk.frame().contains("EXECUTING?"), "an answer may still come");
    desk.pass(4_000);
    assert!(matches!(desk.take().as_slice(), [Cmd::LookAtProcess { .. }]), "whether it lives");
    desk.msg(Msg::Process(Some('D')));
    // The whole sentence needs a wide window; Enter has it in every one.
    desk.msg(Msg::Resize { columns: 120, rows: 40 });
    let frame = desk.frame();
    assert!(frame.contains("! No word from the engine for 15 s (process "), "{frame}");
    assert!(frame.contains("state D: waits for disk"), "{frame}");
    let reply = Err("no word from the engine for 15 s".to_owned());
    desk.msg(Msg::Reply { ticket: Ticket::Ping, reply });
    let frame = desk.frame();
    assert!(frame.contains("EXECUTING?") && frame.contains("! No word from"), "{frame}");
    let update = Update::Snapshot { snapshot: Box::new(fixture::crm()) };
    desk.msg(Msg::Link(LinkNews::Update(Box::new(update))));
    assert!(!desk.frame().contains("EXECUTING?"));
}
