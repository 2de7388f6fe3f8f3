//! News from the engine: the link, snapshots, changes, and replies to what was asked.

use super::{refit, run, steer};
use crate::console::model::{Attached, Link, Model, RejectItem, TableScreen};
use crate::console::msg::{Cmd, DownCause, LinkDown, LinkNews, Ticket};
use crate::protocol::{ChunkView, LogLine, Reply, Snapshot, TableView, Update};

use crate::console::model::LOG_LINES_MAX;

pub fn link(model: &mut Model, news: LinkNews) -> Vec<Cmd> {
    match news {
        LinkNews::Up { build, pid } => up(model, build, pid),
        LinkNews::Update(update) => changed(model, *update),
        LinkNews::Down(down) => lost(model, down),
    }
}

fn up(model: &mut Model, build: String, pid: u32) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let was_down = match &job.link {
        Link::Down { since_ms, .. } => Some(now.saturating_sub(*since_ms)),
        Link::Connecting { .. } | Link::Up { .. } => None,
    };
    job.link = Link::Up { build, pid };
    job.silent = false;
    job.lost = crate::console::model::LostScreen::default();
    job.history.loaded = false;
    job.failed.due_ms = 0;
    job.rejects.due_ms = 0;
    // Said with the picture, which tells what others did meanwhile.
    job.was_down_ms = was_down;
    model.dirty = true;
    Vec::new()
}

/// `back after 0:08, 3 actions by others meanwhile (H)`.
fn back_after(ms: u64, others: usize) -> String {
    let back = format!("back after {}", crate::console::figures::short_time(ms));
    match others {
        0 => back,
        n => {
            let actions = crate::console::figures::counted(n as u64, "action");
            format!("{back}, {actions} by others meanwhile (H)")
        }
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`.
fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

fn lost(model: &mut Model, down: LinkDown) -> Vec<Cmd> {
    let now = model.now;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let (since_ms, since_wall_ms, first) = match &job.link {
        Link::Down { since_ms, since_wall_ms, .. } => (*since_ms, *since_wall_ms, false),
        Link::Up { .. } => (now.mono_ms, now.wall_ms, true),
        Link::Connecting { .. } if job.known => (now.mono_ms, now.wall_ms, true),
        Link::Connecting { .. } => (now.mono_ms, now.wall_ms, true),
    };
    let was_left = matches!(&job.link, Link::Down { down, .. } if down.cause == DownCause::Left);
    // After a goodbye every further try finds nobody: that is no news.
    let cause =
        if was_left && down.cause == DownCause::NoEngine { DownCause::Left } else { down.cause };
    let restarted = matches!(&job.link, Link::Connecting { .. }) && job.known;
    if restarted && cause == DownCause::NoEngine {
        job.lost.failure = Some(down.message.clone());
    }
    let changed_cause = !matches!(&job.link, Link::Down { down: d, .. } if d.cause == cause);
    let message = down.message.clone();
    let tries = down.tries;
    job.link = Link::Down { down: LinkDown { cause, ..down }, since_ms, since_wall_ms };
    job.pending.clear();
    job.threads_wish = None;
    job.rate_wish = None;
    job.lost.restarting = false;
    job.then.clear();
    model.dirty = true;
    let gone = cause == DownCause::NoEngine;
    let path = job.shot.job.log_path.clone();
    let clock = crate::console::figures::clock(job.received_wall_ms, now.utc_offset_s);
    match cause {
        DownCause::Left if changed_cause => model.say(format!("{message}; r starts it again")),
        DownCause::Lost => {
            let tries = ordinal(tries);
            model.say(format!("reconnecting to the engine, {tries} try, numbers are from {clock}"));
        }
        DownCause::Refused if first => model.say(message),
        DownCause::NoEngine if !model.job.as_ref().is_some_and(|j| j.known) => {
            model.say(message);
        }
        // The page that opens says it all.
        DownCause::NoEngine if changed_cause => model.status.text.clear(),
        DownCause::NoEngine | DownCause::Left | DownCause::Refused => {}
    }
    if gone && changed_cause && !path.is_empty() {
        return vec![Cmd::Tail { path }];
    }
    Vec::new()
}

fn changed(model: &mut Model, update: Update) -> Vec<Cmd> {
    let now = model.now;
    let height = run::height(model);
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    job.received_ms = now.mono_ms;
    job.silent = false;
    job.received_wall_ms = now.wall_ms;
    model.dirty = true;
    match update {
        Update::Snapshot { snapshot } => {
            let newest = job.shot.log.last().map_or(0, |line| line.at_ms);
            take_snapshot(job, *snapshot, now.mono_ms, height);
            if let Some(ms) = job.was_down_ms.take() {
                let by_others = |l: &&LogLine| l.level == "action" && l.at_ms > newest;
                let others = job.shot.log.iter().filter(by_others).count();
                model.say(back_after(ms, others));
            }
            refit(model);
            return steer::send_then(model);
        }
        Update::Changed { job: view, tables, workers, log, consoles } => {
            if let Some(view) = view {
                take_job(job, *view, now.mono_ms);
            }
            take_tables(job, tables, now.mono_ms, height);
            if let Some(workers) = workers {
                job.shot.workers = workers;
            }
            if let Some(consoles) = consoles {
                job.shot.consoles = consoles;
            }
            take_log(job, log);
            super::log::follow(model);
        }
        Update::Goodbye { .. } => {}
    }
    Vec::new()
}

fn take_snapshot(job: &mut Attached, snapshot: Snapshot, mono_ms: u64, height: usize) {
    job.shot = snapshot;
    job.known = true;
    // A table is found by its number: its position in the snapshot.
    job.shot.tables.sort_by_key(|t| t.number);
    for (i, table) in job.shot.tables.iter_mut().enumerate() {
        table.number = u32::try_from(i).unwrap_or(u32::MAX);
    }
    job.run.arrange(&job.shot.tables, height);
    job.run.map = None;
    job.run.map_due_ms = mono_ms;
    job.plan.plan = None;
    job.plan.asked_ms = 0;
    job.table.due_ms = Some(mono_ms);
    job.failed.due_ms = mono_ms;
    job.rejects.due_ms = mono_ms;
}

fn take_job(job: &mut Attached, view: crate::protocol::JobView, mono_ms: u64) {
    let before = &job.shot.job.progress;
    let failures = (before.chunks_failed, before.steps_failed);
    if failures != (view.progress.chunks_failed, view.progress.steps_failed) {
        job.failed.due_ms = mono_ms;
    }
    if before.rows_rejected != view.progress.rows_rejected || job.job().state != view.state {
        job.rejects.due_ms = mono_ms;
    }
    if view.alerts.first().map(|a| &a.id) != job.run.alert_read.as_ref() {
        job.run.alert_read = None;
    }
    job.shot.job = view;
}

fn take_tables(job: &mut Attached, tables: Vec<TableView>, mono_ms: u64, height: usize) {
    if tables.is_empty() {
        return;
    }
    for table in tables {
        if job.table.table == table.number && job.table.due_ms.is_none() {
            job.table.due_ms = Some(mono_ms + super::refresh::PACE_MS);
        }
        let number = table.number as usize;
        // A number beyond the end would be a fault of the engine; a gap is not drawn.
        if number < job.shot.tables.len() {
            job.shot.tables[number] = table;
        } else if number == job.shot.tables.len() {
            job.shot.tables.push(table);
        }
    }
    let rested = mono_ms.saturating_sub(job.run.moved_ms) >= crate::console::model::SORT_REST_MS;
    if rested || job.run.order.is_empty() {
        job.run.arrange(&job.shot.tables, height);
    }
}

fn take_log(job: &mut Attached, lines: Vec<LogLine>) {
    if lines.is_empty() {
        return;
    }
    job.log.lines.extend(lines.iter().cloned());
    job.shot.log.extend(lines);
    for kept in [&mut job.shot.log, &mut job.log.lines] {
        if kept.len() > LOG_LINES_MAX {
            kept.drain(..kept.len() - LOG_LINES_MAX);
        }
    }
    job.history.loaded = false;
}

pub fn reply(model: &mut Model, ticket: Ticket, reply: Result<Reply, String>) -> Vec<Cmd> {
    model.dirty = true;
    let reply = match (ticket, reply) {
        (Ticket::Act(serial), Ok(Reply::Done { message })) => {
            return steer::answered(model, serial, Ok(message));
        }
        (Ticket::Act(serial), Ok(Reply::Refused { message })) => {
            return steer::answered(model, serial, Err(message));
        }
        (Ticket::Ping, reply) => {
            let now = model.now;
            let Some(job) = &mut model.job else { return Vec::new() };
            job.silent = reply.is_err();
            if job.silent {
                return vec![Cmd::LookAtProcess { pid: job.job().engine_pid }];
            }
            // It is well and has nothing new: what is on screen is how it is.
            job.received_ms = now.mono_ms;
            job.received_wall_ms = now.wall_ms;
            return Vec::new();
        }
        (Ticket::Act(serial), Err(message)) => {
            let message = format!("not confirmed by the engine ({message})");
            return steer::answered(model, serial, Err(message));
        }
        (_, Err(message)) => {
            model.say(message);
            return Vec::new();
        }
        (_, Ok(Reply::Refused { message })) => {
            model.say(message);
            return Vec::new();
        }
        (Ticket::RejectText, Ok(Reply::RejectText { row })) => {
            return super::rejects::show_row(model, row);
        }
        (_, Ok(reply)) => reply,
    };
    if let Some(job) = &mut model.job {
        take_reply(job, ticket, reply);
    }
    refit(model);
    Vec::new()
}

/// A page of chunks; the cursor stays on its chunk, also where others come and go.
fn take_chunks(screen: &mut TableScreen, total: u32, offset: u32, chunks: Vec<ChunkView>) {
    let on = screen.selected().map(|c| c.id);
    screen.total = total;
    screen.offset = offset;
    screen.chunks = chunks;
    screen.loaded = true;
    if let Some(at) = on.and_then(|id| screen.chunks.iter().position(|c| c.id == id)) {
        screen.list.cursor = offset as usize + at;
    }
}

/// What was asked for arrives; an answer that fits no question any more is dropped.
fn take_reply(job: &mut Attached, ticket: Ticket, reply: Reply) {
    match (ticket, reply) {
        (Ticket::Chunks { table, offset, state }, Reply::Chunks { total, chunks }) => {
            if job.table.table == table && job.table.state == state {
                take_chunks(&mut job.table, total, offset, chunks);
            }
        }
        (Ticket::ChunkMap { table }, Reply::ChunkMap { runs }) => {
            if job.table.table == table {
                job.table.map = runs.clone();
            }
            job.run.map = Some((table, runs));
        }
        (Ticket::FailedChunks, Reply::Chunks { total, chunks }) => {
            let on = job.failed.place();
            job.failed.total = total;
            job.failed.loaded = true;
            job.failed.chunks = chunks;
            let there: Vec<u32> = job.failed.chunks.iter().map(|c| c.id).collect();
            job.marked.retain(|id| there.contains(id));
            job.failed.group();
            job.failed.return_to(on);
        }
        (Ticket::FailedSteps, Reply::Steps { steps }) => {
            let on = job.failed.place();
            job.failed.steps = steps.into_iter().filter(|s| s.state == "failed").collect();
            let there: Vec<u32> = job.failed.steps.iter().map(|s| s.id).collect();
            job.marked_steps.retain(|id| there.contains(id));
            job.failed.group();
            job.failed.return_to(on);
        }
        (Ticket::Rejects, Reply::Rejects { total, groups, rows }) => {
            let on = job.rejects.detail().map(|row| row.id);
            job.rejects.loaded = true;
            (job.rejects.total, job.rejects.groups, job.rejects.rows) = (total, groups, rows);
            let is_it = |item: &RejectItem| match item {
                RejectItem::Row(i) => Some(job.rejects.rows[*i].id) == on,
                RejectItem::Group(_) => false,
            };
            if let (true, Some(row)) =
                (job.rejects.list.cursor > 0, job.rejects.items().iter().position(is_it))
            {
                job.rejects.list.cursor = row;
            }
        }
        (Ticket::Log, Reply::Log { lines }) => job.log.lines = lines,
        (Ticket::History, Reply::History { runs, events }) => {
            job.history.loaded = true;
            // The newest first, whatever order they came in.
            job.history.runs = runs;
            job.history.runs.sort_by_key(|run| std::cmp::Reverse(run.number));
            job.history.events = events;
            job.history.events.reverse();
            job.history.events.sort_by_key(|event| std::cmp::Reverse(event.at_ms));
        }
        (Ticket::Differences { with_values }, Reply::Differences { table, rows }) => {
            job.verify.table = Some(table);
            job.verify.rows = rows;
            job.verify.with_values = with_values;
        }
        (Ticket::Plan, Reply::Plan { plan }) => job.plan.plan = Some(plan),
        (Ticket::Act(_) | Ticket::Ping, _) | (_, Reply::Done { .. } | Reply::Status { .. }) => {}
        (_, _mismatch) => {}
    }
}
