//! The log in full, with its search.

use ratatui::layout::Rect;

use super::listing::Listing;
use super::pen::Pen;
use super::{footer, job_header, panes};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::of(model, Place::Log);
    job_header(model, job, pen, "  Log");
    let area = parts.list;
    let all = &job.log.lines;
    let title = format!("Log, {}", figures::counted(all.len() as u64, "line"));
    let note = match (job.log.search.is_empty(), job.log.follows) {
        (false, _) => format!("/{}  n next  N before", job.log.search),
        (true, true) => "newest line  / search".to_owned(),
        (true, false) => "G newest  / search".to_owned(),
    };
    pen.rule(area, title, note, !model.zoomed);
    let wanted = job.log.search.to_lowercase();
    let listing = Listing::new(area, 1, job.log.list, all.len());
    listing.draw(pen, |pen, place, at, selected| {
        let line = &all[at];
        let y = place.y;
        let found = !wanted.is_empty() && line.text.to_lowercase().contains(&wanted);
        let bold = selected || found || line.level == "error";
        let style = if bold { pen.look.bold() } else { pen.look.plain() };
        if selected {
            pen.put((0, y), 1, ">", style);
        }
        pen.put((1, y), place.width - 1, panes::log_text(line, model.now.utc_offset_s), style);
        if selected {
            pen.restyle(Rect::new(1, y, 8, 1), pen.look.cursor());
        }
    });
    if all.is_empty() {
        listing.say(pen, "no lines yet");
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}
