//! What the present screen needs from the engine and has not, asked for at a calm pace.

use crate::console::commands::Place;
use crate::console::layout;
use crate::console::model::{FAILED_LISTED_MAX, LowerPane, Model, REJECTS_LISTED_MAX};
use crate::console::msg::{Cmd, Ticket};
use crate::protocol::{ChunkFilter, RequestBody};

/// The same page is not asked for more often.
pub const PACE_MS: u64 = 1_000;
/// Chunks asked for around the cursor.
const WINDOW_CHUNKS: u32 = 200;
const LOG_LINES: u32 = 2_000;
const HISTORY_LINES: u32 = 500;

/// A working engine that sends nothing for so long is asked whether it is there.
const QUIET_MS: u64 = 10_000;
/// It answers between two commits: without an answer for so long it is called silent.
const PATIENCE_MS: u64 = 5_000;

pub fn wanted(model: &mut Model) -> Vec<Cmd> {
    let mut cmds = ping(model);
    cmds.extend(page(model));
    cmds
}

/// A question with a short answer; without one the header says so.
fn ping(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if !job.is_up() || !job.is_working() {
        return Vec::new();
    }
    let asked = job.pinged_ms > job.received_ms;
    let heard = if asked { job.pinged_ms } else { job.received_ms };
    let mut cmds = Vec::new();
    if asked && !job.silent && now >= job.pinged_ms + PATIENCE_MS {
        job.silent = true;
        model.dirty = true;
        cmds.push(Cmd::LookAtProcess { pid: job.job().engine_pid });
    }
    if now >= heard + QUIET_MS {
        job.pinged_ms = now;
        cmds.push(Cmd::Request { ticket: Ticket::Ping, body: RequestBody::Log { lines: 1 } });
    }
    cmds
}

fn page(model: &mut Model) -> Vec<Cmd> {
    let place = model.place();
    let Some(job) = &model.job else {
        return Vec::new();
    };
    if !job.is_up() || !job.known {
        return Vec::new();
    }
    match place {
        Place::Table => table(model),
        // Rows that are known to be bad stand beside their chunks.
        Place::Failed if job.job().progress.rows_rejected > 0 => {
            let mut cmds = failed(model);
            cmds.extend(rejects(model));
            cmds
        }
        Place::Failed => failed(model),
        Place::Rejects => rejects(model),
        Place::Run => map(model),
        Place::Plan => plan(model),
        Place::History => history(model),
        Place::Verify => super::verify::refresh(model),
        _ => Vec::new(),
    }
}

fn table(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let screen = &mut job.table;
    let cursor = u32::try_from(screen.list.cursor).unwrap_or(u32::MAX);
    let held = u32::try_from(screen.chunks.len()).unwrap_or(u32::MAX);
    let margin = WINDOW_CHUNKS / 4;
    let near_top = screen.offset > 0 && cursor < screen.offset + margin;
    let near_end = screen.offset + held < screen.total && cursor + margin > screen.offset + held;
    let due = screen.due_ms.is_some_and(|at| now >= at);
    if !(due || (screen.loaded && (near_top || near_end))) {
        return Vec::new();
    }
    let changed = due;
    screen.due_ms = None;
    // Until the answer comes the same is not asked again.
    screen.loaded = false;
    let (table, state) = (screen.table, screen.state);
    let offset = cursor.saturating_sub(WINDOW_CHUNKS / 2);
    let mut cmds = vec![Cmd::Request {
        ticket: Ticket::Chunks { table, offset, state },
        body: RequestBody::Chunks {
            filter: ChunkFilter { table: Some(table), state },
            offset,
            limit: WINDOW_CHUNKS,
        },
    }];
    if changed {
        cmds.push(chunk_map(table));
    }
    cmds
}

fn chunk_map(table: u32) -> Cmd {
    Cmd::Request { ticket: Ticket::ChunkMap { table }, body: RequestBody::ChunkMap { table } }
}

fn failed(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if now < job.failed.due_ms {
        return Vec::new();
    }
    job.failed.due_ms = u64::MAX;
    vec![
        Cmd::Request {
            ticket: Ticket::FailedChunks,
            body: RequestBody::Chunks {
                filter: ChunkFilter { table: None, state: Some(3) },
                offset: 0,
                limit: FAILED_LISTED_MAX,
            },
        },
        Cmd::Request {
            ticket: Ticket::FailedSteps,
            body: RequestBody::Steps { failed_only: true },
        },
    ]
}

fn rejects(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if now < job.rejects.due_ms {
        return Vec::new();
    }
    job.rejects.due_ms = u64::MAX;
    let (table, cause) = (None, None);
    let body = RequestBody::Rejects { table, cause, offset: 0, limit: REJECTS_LISTED_MAX };
    vec![Cmd::Request { ticket: Ticket::Rejects, body }]
}

/// The map of the table under the cursor, when it is in view.
fn map(model: &mut Model) -> Vec<Cmd> {
    if layout::fit(model.columns, model.rows) != layout::Fit::Full {
        return Vec::new();
    }
    let now = model.now.mono_ms;
    let in_view = {
        let Some(job) = &model.job else {
            return Vec::new();
        };
        let parts = layout::run(model, job.run.lower, job.run.pane);
        parts.map.is_some() || (parts.lower.is_some() && job.run.lower == LowerPane::Map)
    };
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let Some(table) = super::run::selected(job) else {
        return Vec::new();
    };
    let other = job.run.map.as_ref().is_none_or(|(held, _)| *held != table);
    if !in_view || (now < job.run.map_due_ms && !other) {
        return Vec::new();
    }
    if other {
        job.run.map = Some((table, Vec::new()));
    }
    job.run.map_due_ms = now + PACE_MS;
    vec![chunk_map(table)]
}

fn plan(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let asked_lately = job.plan.asked_ms > 0 && now < job.plan.asked_ms + PACE_MS;
    if !job.job().planned || job.plan.plan.is_some() || asked_lately {
        return Vec::new();
    }
    job.plan.asked_ms = if now > 0 { now } else { 1 };
    vec![Cmd::Request { ticket: Ticket::Plan, body: RequestBody::Plan }]
}

fn history(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if job.history.loaded {
        return Vec::new();
    }
    job.history.loaded = true;
    let body = RequestBody::History { limit: HISTORY_LINES };
    vec![Cmd::Request { ticket: Ticket::History, body }]
}

/// The log in full, once when its screen is opened.
pub fn log() -> Cmd {
    Cmd::Request { ticket: Ticket::Log, body: RequestBody::Log { lines: LOG_LINES } }
}
