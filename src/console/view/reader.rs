//! A text in full.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::{draw_keys, header, piece};
use crate::console::model::{Model, Reader};
use crate::console::shown;
use crate::console::update::reader_height;

pub fn draw(model: &Model, reader: &Reader, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let mut pieces = Vec::new();
    if let Some(job) = &model.job {
        pieces.push(piece(job.name.clone(), 0));
        pieces.push(piece(job.state_word(), 1));
        pieces.push(piece(job.job().target.clone(), 2));
        if let Some(label) = super::label(job) {
            pieces.push(piece(format!("[{label}]"), 0).styled(pen.look.alarm()).close(1));
        }
    }
    header(pen, pieces);
    let lines = shown::wrapped(&reader.text, usize::from(w.saturating_sub(2)));
    let room = reader_height(h);
    let top = reader.top.clamp(0, lines.len());
    let end = (top + room).clamp(0, lines.len());
    let note = if lines.len() > room {
        format!("lines {}-{end} of {}", top + 1, lines.len())
    } else {
        String::new()
    };
    pen.rule(Rect::new(0, 1, w, 1), &reader.title, note, true);
    for (row, line) in lines[top..end].iter().enumerate() {
        let y = 2 + u16::try_from(row).unwrap_or(0);
        pen.put((1, y), w - 1, line, pen.look.plain());
    }
    if model.status_is_fresh() {
        pen.put((1, h - 2), w - 1, &model.status.text, pen.look.plain());
    }
    draw_keys(model, pen, h - 1);
}
