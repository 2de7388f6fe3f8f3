//! The run screen's own keys.

use super::{go, list, question, reader, table};
use crate::console::commands::{Do, Place};
use crate::console::layout;
use crate::console::model::{Attached, List, LowerPane, Model, Move, Pane, SILENT};
use crate::console::msg::Cmd;

/// Lines of the table list.
pub fn height(model: &Model) -> usize {
    list::height(model, Place::Run)
}

/// Number of the table under the cursor.
pub fn selected(job: &Attached) -> Option<u32> {
    job.run.order.get(job.run.list.cursor).copied()
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if let Some(to) = list::movement(does) {
        step(model, to);
        return Vec::new();
    }
    match does {
        Do::Open => return open(model),
        Do::NextPane | Do::PrevPane => change(model, |job| {
            job.run.pane = match job.run.pane {
                Pane::Tables => Pane::Lower,
                Pane::Lower => Pane::Tables,
            };
            job.run.lower_top = 0;
        }),
        Do::Workers if model.columns >= layout::WIDE => {
            model.say("the workers stand on the right; z makes the lower pane bigger");
        }
        Do::Workers => lower(model, LowerPane::Workers),
        Do::ChunkMap => lower(model, LowerPane::Map),
        Do::View => change(model, |job| job.run.view = job.run.view.next()),
        Do::Sort => change(model, |job| job.run.sort = job.run.sort.next()),
        Do::Filter => return super::prompt::open_filter(model),
        Do::Retry => return question::retry_all(model),
        Do::Left | Do::Right => model.say("Enter opens the table; c shows its chunk map"),
        _ => {}
    }
    Vec::new()
}

fn step(model: &mut Model, to: Move) {
    let now = model.now.mono_ms;
    let on_tables = model.job.as_ref().is_some_and(|job| job.run.pane == Pane::Tables);
    if on_tables {
        list::go(model, Place::Run, to);
    }
    let Some(job) = &mut model.job else {
        return;
    };
    if on_tables {
        job.run.table = if job.run.list.cursor == 0 { None } else { selected(job) };
        job.run.painted = None;
        job.run.moved_ms = now;
    } else {
        scroll_lower(job, to);
    }
}

fn lower(model: &mut Model, pane: LowerPane) {
    change(model, |job| {
        job.run.lower = if job.run.lower == pane { LowerPane::Log } else { pane };
        job.run.lower_top = 0;
        job.run.map_due_ms = 0;
    });
}

/// Changes how the list is shown and puts it in order again.
fn change(model: &mut Model, change: impl FnOnce(&mut Attached)) {
    if let Some(job) = &mut model.job {
        change(job);
    }
    arrange(model);
    list::refit(model, Place::Run);
}

pub fn arrange(model: &mut Model) {
    let height = height(model);
    if let Some(job) = &mut model.job {
        job.run.arrange(&job.shot.tables, height);
    }
}

/// Scrolling back from the newest line, the first worker or the map's first row.
fn scroll_lower(job: &mut Attached, to: Move) {
    let len = match job.run.lower {
        LowerPane::Log => job.shot.log.len(),
        LowerPane::Workers => job.shot.workers.len(),
        LowerPane::Map => 200,
    };
    let mut list = List { cursor: job.run.lower_top, top: 0 };
    let to = if job.run.lower == LowerPane::Log { upside_down(to) } else { to };
    list.go(to, len, 4);
    job.run.lower_top = list.cursor;
}

fn upside_down(to: Move) -> Move {
    match to {
        Move::By(n) => Move::By(-n),
        Move::Pages(n) => Move::Pages(-n),
        Move::HalfPages(n) => Move::HalfPages(-n),
        Move::First => Move::Last,
        Move::Last => Move::First,
    }
}

/// Enter: trouble that was not read yet comes before the table under the cursor.
fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if job.silent && job.run.alert_read.as_deref() != Some(SILENT) {
        job.run.alert_read = Some(SILENT.to_owned());
        return reader::open_silence(model);
    }
    if let Some(alert) = job.job().alerts.first().cloned()
        && job.run.alert_read.as_ref() != Some(&alert.id)
    {
        job.run.alert_read = Some(alert.id);
        return reader::open_alerts(model);
    }
    let painted = job.run.painted.filter(|n| job.run.order.contains(n));
    let Some(number) = job.run.table.or(painted).or_else(|| selected(job)) else {
        model.say("there is no table here");
        return Vec::new();
    };
    table::show(model, number);
    go(model, Place::Table)
}
