//! The log in full, with its search.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{footer, job_header, panes};
use crate::console::figures;
use crate::console::layout;
use crate::console::model::{Attached, Model};

pub fn draw(model: &Model, job: &Attached, pen: &mut Pen<'_>) {
    let parts = layout::list(model, layout::LOG);
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
    let lines = usize::from(area.height.saturating_sub(1));
    let top = job.log.list.top.clamp(0, all.len());
    let end = (top + lines).clamp(0, all.len());
    for (row, line) in all[top..end].iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let selected = top + row == job.log.list.cursor;
        let found = !wanted.is_empty() && line.text.to_lowercase().contains(&wanted);
        let bold = selected || found || line.level == "error";
        let style = if bold { pen.look.bold() } else { pen.look.plain() };
        if selected {
            pen.put((0, y), 1, ">", style);
        }
        pen.put((1, y), area.width - 1, panes::log_text(line, model.now.utc_offset_s), style);
        if selected {
            pen.restyle(Rect::new(1, y, 8, 1), pen.look.cursor());
        }
    }
    if all.is_empty() {
        pen.put((1, area.y + 1), area.width, "no lines yet", pen.look.plain());
    }
    footer(model, pen, parts.alert, parts.status, parts.keys);
}
