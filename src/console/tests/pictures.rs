//! Every screen as a picture, in a small, a usual and a wide window.

use super::{Desk, fixture};
use crate::console::msg::{DownCause, LinkDown, LinkNews, Msg, Ticket};
use crate::protocol::Reply;

/// Takes the picture of a desk that `make` prepares, at the three sizes.
pub fn pictures(name: &str, make: impl Fn(u16, u16) -> Desk) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/it/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (columns, rows) in [(40, 10), (80, 24), (120, 40)] {
            let frame = make(columns, rows).frame();
            for line in frame.lines() {
                assert!(line.chars().count() <= usize::from(columns), "too wide: {line:?}");
            }
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), frame);
        }
    });
}

fn reply(desk: &mut Desk, ticket: Ticket, reply: Reply) {
    desk.msg(Msg::Reply { ticket, reply: Ok(reply) });
}

fn on_failed(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::attached(columns, rows, fixture::crm());
    desk.keys("f");
    reply(&mut desk, Ticket::FailedChunks, fixture::failed_chunks());
    reply(&mut desk, Ticket::FailedSteps, fixture::failed_steps());
    desk
}

fn on_customers(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::attached(columns, rows, fixture::crm());
    desk.keys("/").text("customers").keys("Enter Enter");
    reply(
        &mut desk,
        Ticket::Chunks { table: 2, offset: 0, state: None },
        fixture::customer_chunks(),
    );
    let runs = vec![(2, 80), (3, 5), (0, 3)];
    reply(&mut desk, Ticket::ChunkMap { table: 2 }, Reply::ChunkMap { runs });
    desk
}

#[test]
fn run_screen() {
    pictures("run", |w, h| Desk::attached(w, h, fixture::crm()));
    pictures("run_draining_workers", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::draining());
        desk.keys("w");
        desk
    });
    pictures("run_map", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.keys("c");
        let runs = vec![(2, 995), (3, 2), (1, 6), (0, 168)];
        reply(&mut desk, Ticket::ChunkMap { table: 0 }, Reply::ChunkMap { runs });
        desk
    });
    pictures("run_trouble", |w, h| {
        let mut shot = fixture::crm();
        shot.job.alerts = vec![fixture::target_lost()];
        shot.job.held_by = vec!["target lost since 14:30:02".to_owned()];
        Desk::attached(w, h, shot)
    });
}

#[test]
fn table_detail() {
    pictures("table", on_customers);
    pictures("table_error", |w, h| {
        let mut desk = on_customers(w, h);
        desk.keys("/").text("81").keys("Enter Space");
        desk
    });
}

#[test]
fn failed_chunks() {
    pictures("failed", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("Space j");
        desk
    });
    pictures("failed_skip_question", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("Space X");
        desk
    });
    pictures("failed_full_text", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("j Enter");
        desk
    });
}

#[test]
fn plan_page() {
    let plan = |blocked: bool| {
        move |w: u16, h: u16| {
            let mut shot = fixture::crm();
            shot.job.state = "DEFINING".to_owned();
            shot.job.started_ms = 0;
            shot.job.blocks = u32::from(blocked);
            let mut desk = Desk::attached(w, h, shot);
            reply(&mut desk, Ticket::Plan, Reply::Plan { plan: fixture::plan(blocked) });
            desk
        }
    };
    pictures("plan", plan(false));
    pictures("plan_blocked", |w, h| {
        let mut desk = plan(true)(w, h);
        desk.keys("j");
        desk
    });
    pictures("plan_tables", |w, h| {
        let mut desk = plan(false)(w, h);
        desk.keys("Tab");
        desk
    });
}

#[test]
fn jobs_list() {
    pictures("jobs", |w, h| {
        let mut desk = Desk::jobs(w, h);
        desk.msg(Msg::Jobs(Ok(fixture::jobs())));
        desk
    });
    pictures("jobs_none", |w, h| {
        let mut desk = Desk::jobs(w, h);
        desk.msg(Msg::Jobs(Ok(Vec::new())));
        desk
    });
}

#[test]
fn help_and_commands() {
    pictures("help", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.keys("?").text("pa");
        desk
    });
    pictures("palette", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.keys(":").text("slow");
        desk
    });
}

#[test]
fn log_and_history() {
    pictures("log", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.keys("L /").text("attempt").keys("Enter");
        desk
    });
    pictures("history", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.keys("H");
        reply(&mut desk, Ticket::History, fixture::history());
        desk
    });
}

#[test]
fn engine_lost() {
    pictures("lost", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.msg(Msg::Link(LinkNews::Down(LinkDown {
            cause: DownCause::NoEngine,
            message: "no engine runs for job crm-nov".to_owned(),
            advice: "Finished chunks are safe.".to_owned(),
            tries: 1,
        })));
        desk.msg(Msg::Tail(vec![
            "14:32:09 worker 7: write crm.orders #1009".to_owned(),
            "14:32:10 memory allocation of 805306368 bytes failed".to_owned(),
        ]));
        desk.pass(120_000);
        desk
    });
    pictures("reconnecting", |w, h| {
        let mut desk = Desk::attached(w, h, fixture::crm());
        desk.msg(Msg::Link(LinkNews::Down(LinkDown {
            cause: DownCause::Lost,
            message: "no word from the engine for 15 s".to_owned(),
            advice: String::new(),
            tries: 3,
        })));
        desk.pass(20_000);
        desk
    });
}

#[test]
fn every_size_is_drawn_and_q_leaves() {
    for (columns, rows) in [
        (1, 1),
        (20, 3),
        (30, 8),
        (39, 24),
        (40, 8),
        (59, 12),
        (60, 16),
        (79, 20),
        (110, 16),
        (200, 60),
    ] {
        for make in [on_failed, on_customers] {
            let mut desk = make(columns, rows);
            for key in ["?", "Esc", ":", "Esc", "o", "w", "z", "z", "c", "L", "Esc", "H", "Esc"] {
                desk.keys(key);
                desk.frame();
            }
            desk.take();
            desk.keys("Q");
            assert_eq!(desk.take(), [crate::console::msg::Cmd::Leave], "{columns}x{rows}");
        }
    }
    let line = Desk::attached(30, 6, fixture::crm()).frame();
    assert!(line.starts_with("crm-nov EXECUTING 63% fail 7"), "{line}");
}
