//! The chunks of one table.

use super::{list, prompt, question, reader, steer};
use crate::console::commands::{Do, Place};
use crate::console::model::{List, Model, Move, PromptKind, TableScreen};
use crate::console::msg::Cmd;

/// Turns the screen to a table.
pub fn show(model: &mut Model, number: u32) {
    let now = model.now.mono_ms;
    if let Some(job) = &mut model.job {
        job.table = TableScreen {
            table: number,
            due_ms: Some(now),
            map: match &job.run.map {
                Some((table, runs)) if *table == number => runs.clone(),
                _ => Vec::new(),
            },
            ..TableScreen::default()
        };
    }
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Table, does) {
        return Vec::new();
    }
    match does {
        // One cell of the chunk map is one chunk of the list.
        Do::Left => list::go(model, Place::Table, Move::By(-1)),
        Do::Right => list::go(model, Place::Table, Move::By(1)),
        Do::Open => return reader::open_chunk(model),
        Do::View => next_view(model),
        Do::Filter => return prompt::open(model, PromptKind::GoTo, ""),
        Do::Mark => mark(model),
        Do::MarkAll => mark_all(model),
        Do::MarkNone => {
            if let Some(job) = &mut model.job {
                job.marked.clear();
            }
            model.say("nothing is marked");
        }
        Do::Retry => {
            let chunks = chosen(model);
            return steer::retry(model, chunks, Vec::new(), false);
        }
        Do::Skip => {
            let chunks = chosen(model);
            return question::skip(model, chunks);
        }
        Do::Reload => return question::reload(model),
        Do::NextPane | Do::PrevPane => model.say("this screen has one list; z makes it bigger"),
        _ => {}
    }
    Vec::new()
}

/// All, failed, at work, left, done, skipped.
fn next_view(model: &mut Model) {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return;
    };
    job.table.state = match job.table.state {
        None => Some(3),
        Some(3) => Some(1),
        Some(1) => Some(0),
        Some(0) => Some(2),
        Some(2) => Some(4),
        Some(_) => None,
    };
    job.table.list = List::default();
    job.table.offset = 0;
    job.table.chunks.clear();
    job.table.total = 0;
    job.table.due_ms = Some(now);
    let text = format!("chunks shown: {}", view_word(job.table.state));
    model.say(text);
}

#[must_use]
pub fn view_word(state: Option<u8>) -> &'static str {
    match state {
        None => "all",
        Some(0) => "left",
        Some(1) => "at work",
        Some(2) => "done",
        Some(3) => "failed",
        Some(_) => "skipped",
    }
}

fn mark(model: &mut Model) {
    let mut remark = None;
    if let Some(job) = &mut model.job {
        match job.table.selected().map(|c| (c.id, c.state, c.number)) {
            Some((id, 3 | 4, _)) => {
                if !job.marked.remove(&id) {
                    job.marked.insert(id);
                }
                list::go(model, Place::Table, Move::By(1));
            }
            Some((_, _, number)) => remark = Some(format!("chunk {number} has not failed")),
            None => {}
        }
    }
    if let Some(remark) = remark {
        model.say(remark);
    }
}

fn mark_all(model: &mut Model) {
    let Some(job) = &mut model.job else {
        return;
    };
    let failed: Vec<u32> = job.table.chunks.iter().filter(|c| c.state == 3).map(|c| c.id).collect();
    let count = failed.len();
    job.marked.extend(failed);
    let text = format!(
        "{} marked of those near the cursor",
        crate::console::figures::counted(count as u64, "failed chunk")
    );
    model.say(text);
}

/// What `R` and `X` mean: the marked chunks of this table, else the one under the cursor.
fn chosen(model: &Model) -> Vec<u32> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let marked: Vec<u32> =
        job.table.chunks.iter().filter(|c| job.marked.contains(&c.id)).map(|c| c.id).collect();
    if !marked.is_empty() {
        return marked;
    }
    match job.table.selected() {
        Some(chunk) if matches!(chunk.state, 3 | 4) => vec![chunk.id],
        _ => Vec::new(),
    }
}
