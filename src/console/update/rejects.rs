//! Rejected rows: folding, a row in full on request, reading them again.

use super::{copying, go, list, prompt, question, reader};
use crate::console::commands::{Do, Place};
use crate::console::model::{Model, RejectItem};
use crate::console::msg::{Cmd, Ticket};
use crate::protocol::{RejectView, RequestBody};

pub fn open(model: &mut Model) -> Vec<Cmd> {
    if let Some(job) = &mut model.job {
        job.rejects.due_ms = 0;
    }
    go(model, Place::Rejects)
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Rejects, does) {
        return Vec::new();
    }
    match does {
        Do::Left => fold(model, true),
        Do::Right => fold(model, false),
        Do::Open => return open_line(model),
        Do::Filter => return prompt::open_filter(model),
        Do::RetryRejects => return question::retry_rejects(model),
        Do::NextPane | Do::PrevPane => model.say("Enter shows the row and its error in full"),
        _ => {}
    }
    Vec::new()
}

fn fold(model: &mut Model, close: bool) {
    if let Some(job) = &mut model.job {
        let screen = &mut job.rejects;
        let cause = match screen.selected() {
            Some(RejectItem::Group(g)) => screen.groups[g].cause.clone(),
            Some(RejectItem::Row(i)) => screen.rows[i].cause.clone(),
            None => return,
        };
        if close {
            let group = screen.groups.iter().position(|g| g.cause == cause);
            screen.folded.insert(cause);
            let of_group = |item: &RejectItem| Some(*item) == group.map(RejectItem::Group);
            screen.list.cursor = screen.items().iter().position(of_group).unwrap_or(0);
        } else {
            screen.folded.remove(&cause);
        }
    }
    list::refit(model, Place::Rejects);
}

/// On a cause Enter folds; on a row it asks the engine for the row's text, which travels only then.
fn open_line(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    match job.rejects.selected() {
        Some(RejectItem::Group(g)) => {
            let closed = job.rejects.folded.contains(&job.rejects.groups[g].cause);
            fold(model, !closed);
            Vec::new()
        }
        Some(RejectItem::Row(i)) => {
            let id = job.rejects.rows[i].id;
            let body = RequestBody::RejectText { id };
            vec![Cmd::Request { ticket: Ticket::RejectText, body }]
        }
        None => Vec::new(),
    }
}

/// The row has come.
pub fn show_row(model: &mut Model, row: Option<RejectView>) -> Vec<Cmd> {
    let Some(row) = row else {
        model.say("this row is not rejected any more");
        return Vec::new();
    };
    let title = format!("{} {}", row.table_name, crate::console::model::reject_key_text(&row));
    let text = copying::reject_text(&row, model.now.utc_offset_s);
    reader::open(model, title, text)
}
