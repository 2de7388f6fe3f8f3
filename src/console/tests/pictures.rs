//! Every screen of a job as a picture, in a small, a usual and a wide window.

use super::scene::{self, Scene};
use super::{Desk, fixture, verify};
use crate::console::msg::{DownCause, LinkDown, LinkNews, Msg, Ticket};
use crate::protocol::{DifferenceView, PlanView, Reply, Snapshot};

pub const SCENES: &[Scene] = &[
    ("jobs", |w, h| jobs(w, h, fixture::jobs())),
    ("jobs_none", |w, h| jobs(w, h, Vec::new())),
    ("run", |w, h| Desk::attached(w, h, fixture::crm())),
    ("run_draining_workers", |w, h| keyed(w, h, fixture::draining(), "w")),
    ("run_map", run_map),
    ("run_trouble", run_trouble),
    ("run_completing", |w, h| Desk::attached(w, h, fixture::completing())),
    ("run_source_pressed", |w, h| Desk::attached(w, h, fixture::pressed())),
    ("run_zoomed", |w, h| keyed(w, h, fixture::crm(), "z")),
    ("table", on_customers),
    ("table_error", |w, h| {
        let mut desk = on_customers(w, h);
        desk.keys("/").text("81").keys("Enter Space");
        desk
    }),
    ("failed", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("Space j");
        desk
    }),
    ("failed_skip_question", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("Space X");
        desk
    }),
    ("failed_full_text", |w, h| {
        let mut desk = on_failed(w, h);
        desk.keys("j Enter");
        desk
    }),
    ("rejects", rejects),
    ("verify", on_verify),
    ("plan", |w, h| plan(w, h, fixture::plan(false), "")),
    ("plan_blocked", |w, h| plan(w, h, fixture::plan(true), "j")),
    ("plan_tables", |w, h| plan(w, h, fixture::plan(false), "Tab")),
    ("help", |w, h| {
        let mut desk = keyed(w, h, fixture::crm(), "?");
        desk.text("pa");
        desk
    }),
    ("palette", |w, h| {
        let mut desk = keyed(w, h, fixture::crm(), ":");
        desk.text("slow");
        desk
    }),
    ("log", |w, h| {
        let mut desk = keyed(w, h, fixture::crm(), "L /");
        desk.text("attempt").keys("Enter");
        desk
    }),
    ("history", history),
    ("lost", lost),
    ("reconnecting", reconnecting),
];

#[test]
fn the_screens_of_a_job_are_as_drawn() {
    scene::pictures(SCENES);
}

pub fn reply(desk: &mut Desk, ticket: Ticket, reply: Reply) {
    desk.msg(Msg::Reply { ticket, reply: Ok(reply) });
}

fn jobs(w: u16, h: u16, rows: Vec<crate::console::model::JobRow>) -> Desk {
    let mut desk = Desk::jobs(w, h);
    desk.msg(Msg::Jobs(Ok(rows)));
    desk
}

fn keyed(w: u16, h: u16, shot: Snapshot, keys: &str) -> Desk {
    let mut desk = Desk::attached(w, h, shot);
    desk.keys(keys);
    desk
}

fn run_map(w: u16, h: u16) -> Desk {
    let mut desk = keyed(w, h, fixture::crm(), "c");
    let runs = vec![(2, 995), (3, 2), (1, 6), (0, 168)];
    reply(&mut desk, Ticket::ChunkMap { table: 0 }, Reply::ChunkMap { runs });
    desk
}

fn run_trouble(w: u16, h: u16) -> Desk {
    let mut shot = fixture::crm();
    shot.job.alerts = vec![fixture::target_lost()];
    shot.job.held_by = vec!["target lost since 14:30:02".to_owned()];
    Desk::attached(w, h, shot)
}

fn on_failed(columns: u16, rows: u16) -> Desk {
    let mut shot = fixture::crm();
    shot.job.progress.rows_rejected = 3;
    let mut desk = keyed(columns, rows, shot, "f");
    reply(&mut desk, Ticket::FailedChunks, fixture::failed_chunks());
    reply(&mut desk, Ticket::FailedSteps, fixture::failed_steps());
    reply(&mut desk, Ticket::Rejects, fixture::rejects());
    desk
}

fn rejects(columns: u16, rows: u16) -> Desk {
    let mut shot = fixture::crm();
    shot.job.progress.rows_rejected = 3;
    let mut desk = keyed(columns, rows, shot, "b");
    reply(&mut desk, Ticket::Rejects, fixture::rejects());
    desk.keys("j");
    desk
}

fn on_customers(columns: u16, rows: u16) -> Desk {
    let mut desk = Desk::attached(columns, rows, fixture::crm());
    desk.keys("/").text("customers").keys("Enter Enter");
    let ticket = Ticket::Chunks { table: 2, offset: 0, state: None };
    reply(&mut desk, ticket, fixture::customer_chunks());
    let runs = vec![(2, 80), (3, 5), (0, 3)];
    reply(&mut desk, Ticket::ChunkMap { table: 2 }, Reply::ChunkMap { runs });
    desk
}

fn on_verify(columns: u16, rows: u16) -> Desk {
    let mut desk = keyed(columns, rows, verify::compared(), "v");
    let row = |key: &str| DifferenceView {
        table: "crm.customers".to_owned(),
        chunk: 82,
        change: "missing".to_owned(),
        key: key.to_owned(),
        columns: Vec::new(),
        values: Vec::new(),
    };
    let rows = ["id 4052880", "id 4069002", "id 4080114", "id 4099001"].map(row).to_vec();
    let ticket = Ticket::Differences { with_values: false };
    reply(&mut desk, ticket, Reply::Differences { table: 2, rows });
    desk
}

fn plan(w: u16, h: u16, plan: PlanView, keys: &str) -> Desk {
    let mut shot = fixture::crm();
    shot.job.state = "DEFINING".to_owned();
    shot.job.started_ms = 0;
    shot.job.blocks = u32::from(plan.blocked);
    let mut desk = Desk::attached(w, h, shot);
    reply(&mut desk, Ticket::Plan, Reply::Plan { plan });
    if !keys.is_empty() {
        desk.keys(keys);
    }
    desk
}

fn history(w: u16, h: u16) -> Desk {
    let mut desk = keyed(w, h, fixture::crm(), "H");
    reply(&mut desk, Ticket::History, fixture::history());
    desk
}

fn lost(w: u16, h: u16) -> Desk {
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
}

fn reconnecting(w: u16, h: u16) -> Desk {
    let mut desk = Desk::attached(w, h, fixture::crm());
    desk.msg(Msg::Link(LinkNews::Down(LinkDown {
        cause: DownCause::Lost,
        message: "no word from the engine for 15 s".to_owned(),
        advice: String::new(),
        tries: 3,
    })));
    desk.pass(20_000);
    desk
}

#[test]
fn keys_work_and_q_leaves_at_every_size() {
    let sizes =
        [(1, 1), (20, 3), (30, 8), (39, 24), (40, 8), (59, 12), (60, 16), (79, 20), (200, 60)];
    for (columns, rows) in sizes {
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
