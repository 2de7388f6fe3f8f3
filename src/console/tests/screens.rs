//! What the screens of a job and the jobs list make of what they are told.

use super::{Desk, fixture};
use crate::console::model::JobRow;
use crate::console::msg::{Cmd, Msg, Ticket};
use crate::protocol::{Action, RequestBody};

fn on_history(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::attached(columns, rows, fixture::crm());
    desk.keys("H");
    desk.msg(Msg::Reply { ticket: Ticket::History, reply: Ok(fixture::history()) });
    desk
}

#[test]
fn the_history_shows_what_was_done_in_the_run_under_the_cursor() {
    let mut desk = on_history(80, 24);
    let frame = desk.frame();
    assert!(frame.contains("threads 12 -> 16") && frame.contains("Totals of this run"), "{frame}");
    let frame = desk.keys("j").frame();
    assert!(!frame.contains("threads 12 -> 16") && frame.contains("nothing yet"), "{frame}");
    // A search looks in all runs; Enter reads what it found.
    desk.keys("/").text("rate 40").keys("Enter");
    let frame = desk.frame();
    assert!(frame.contains("all runs: 1") && frame.contains("rate 40 MB/s -> none"), "{frame}");
    let frame = desk.keys("Enter").frame();
    assert!(frame.contains("by     bo (pts/7)"), "{frame}");
}

#[test]
fn a_small_history_shows_the_pane_that_keys_move_in() {
    let mut desk = on_history(40, 10);
    let frame = desk.frame();
    assert!(frame.contains("Runs 2") && !frame.contains("Who did what"), "{frame}");
    let frame = desk.keys("Enter").frame();
    assert!(frame.contains("Who did what") && !frame.contains("Runs 2"), "{frame}");
}

fn working(bytes_done: u64) -> JobRow {
    let mut row = fixture::jobs().remove(0);
    row.view.rate.bytes_per_s = 0;
    row.view.progress.eta_ms = None;
    row.view.progress.bytes_done = bytes_done;
    row.view.progress.bytes_total = 100_000_000_000;
    row
}

#[test]
fn the_jobs_list_knows_a_speed_without_asking_an_engine() {
    let mut desk = Desk::jobs(120, 40);
    desk.msg(Msg::Jobs(Ok(vec![working(40_000_000_000)])));
    let line = |desk: &mut Desk| {
        let frame = desk.frame();
        frame.lines().find(|line| line.contains("EXECUTING")).unwrap().to_owned()
    };
    assert!(!line(&mut desk).contains("MB/s"), "one look tells no speed");
    desk.pass(10_000);
    desk.msg(Msg::Jobs(Ok(vec![working(40_500_000_000)])));
    let shown = line(&mut desk);
    // 500 MB in 10 s; the other 59.5 GB take 20 minutes.
    assert!(shown.contains("50 MB/s") && shown.contains("~14:51"), "{shown}");
}

#[test]
fn the_first_job_that_needs_hands_is_told_whatever_is_under_the_cursor() {
    let mut desk = Desk::jobs(80, 24);
    desk.msg(Msg::Jobs(Ok(fixture::jobs())));
    for keys in ["k", "j"] {
        let frame = desk.keys(keys).frame();
        assert!(frame.contains("billing-t1 needs you"), "{frame}");
        assert!(frame.contains("process 4411 is gone") && frame.contains("r restarts"), "{frame}");
    }
}

#[test]
fn a_long_drain_offers_to_give_the_chunks_back() {
    let mut shot = fixture::draining();
    shot.job.held_by.clear();
    assert!(!Desk::attached(80, 24, shot.clone()).frame().contains(":drain now"));
    shot.job.threads.draining_oldest_ms = 125_000;
    let frame = Desk::attached(80, 24, shot).frame();
    assert!(frame.contains("\":drain now\" gives the chunks back"), "{frame}");
    assert!(frame.contains("8 draining, old 2:05"), "{frame}");
}

#[test]
fn while_indexes_are_built_the_slider_sets_their_workers() {
    let mut desk = Desk::attached(80, 24, fixture::completing());
    assert!(desk.frame().lines().nth(1).unwrap().starts_with(" indexes ["));
    desk.take();
    desk.keys("+").pass(200);
    desk.keys("4");
    assert!(desk.status().contains("index workers: 4"), "{}", desk.status());
    desk.keys("Enter");
    let sent: Vec<Action> = desk
        .take()
        .into_iter()
        .filter_map(|cmd| match cmd {
            Cmd::Request { body: RequestBody::Action { action }, .. } => Some(action),
            _ => None,
        })
        .collect();
    assert_eq!(sent, [Action::IndexWorkers { want: 3 }, Action::IndexWorkers { want: 4 }]);
}

#[test]
fn why_more_threads_do_not_write_is_said() {
    let mut shot = fixture::crm();
    shot.job.threads.connecting = 0;
    shot.job.threads.note = Some("SQLite has one writer: more threads only read ahead".to_owned());
    let status = Desk::attached(80, 24, shot).status();
    assert!(status.contains("SQLite has one writer: more threads only read ahead"), "{status}");
}

#[test]
fn a_job_that_hurts_its_source_says_so_in_place_of_the_phases() {
    let frame = Desk::attached(120, 40, fixture::pressed()).frame();
    let line = frame.lines().nth(5).unwrap();
    assert!(line.starts_with(" source   oldest snapshot 3h12m (limit 6h) | "), "{line}");
    assert!(!frame.contains("COPY 63%"), "{frame}");
}

#[test]
fn more_rows_than_estimated_raise_the_total() {
    let mut shot = fixture::crm();
    shot.job.progress.rows_moving = 200_000_000;
    let frame = Desk::attached(80, 24, shot).frame();
    assert!(frame.contains("296M/~>496M rows"), "{frame}");
}

#[test]
fn the_label_of_the_target_outlives_everything_in_the_header() {
    for columns in [40, 50, 60, 70, 80, 100, 120, 160] {
        for keys in ["o", "f", "H", "L"] {
            let mut desk = Desk::attached(columns, 20, fixture::crm());
            let frame = desk.keys(keys).frame();
            let first = frame.lines().next().unwrap();
            let kept = first.contains("[PROD]") || (keys == "f" && first.ends_with('>'));
            // The small run screen has it on its fourth line.
            let small = keys == "o" && columns < 60 && frame.contains("[PROD]");
            assert!(kept || small, "{columns}: {first}");
        }
    }
}

#[test]
fn a_cut_list_says_how_much_follows_in_a_wide_window() {
    let mut desk = Desk::attached(120, 40, fixture::many(60));
    let is_table = |line: &&str| line.contains(".t") && line.contains('[');
    let shown = |frame: &str| frame.lines().filter(is_table).count();
    let frame = desk.frame();
    let listed = shown(&frame);
    assert!(frame.contains(&format!("     {} more ", 60 - listed)), "{listed}: {frame}");
    let frame = desk.keys("G").frame();
    assert!(!frame.contains(" more ") && frame.contains("t59"), "{frame}");
}
