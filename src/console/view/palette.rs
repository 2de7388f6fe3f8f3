//! The command list over the lower part of a screen.

use ratatui::layout::Rect;

use super::pen::Pen;
use super::place_cursor;
use crate::console::commands::{Action, Do, in_a_shell};
use crate::console::figures;
use crate::console::model::{Model, Palette};
use crate::console::update::{PALETTE_LINES_MAX, palette_found};

pub fn draw(model: &Model, palette: &Palette, pen: &mut Pen<'_>) {
    let (w, h) = (pen.columns(), pen.rows());
    let place = model.place();
    let found = palette_found(palette.field.text(), place, model.read_only);
    let room = usize::from(h.saturating_sub(6)).clamp(1, PALETTE_LINES_MAX);
    let height = u16::try_from(room + 4).unwrap_or(8);
    let area = Rect::new(0, (h - 1).saturating_sub(height), w, height);
    pen.clear(area);
    pen.rule(area, "Commands", "Tab complete  Up Down choose  Enter run", true);
    let top = palette.list.top.clamp(0, found.len());
    let end = (top + room).clamp(0, found.len());
    let plain = pen.look.plain();
    for (row, action) in found[top..end].iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let selected = top + row == palette.list.cursor;
        let style = if selected { pen.look.bold() } else { plain };
        if selected {
            pen.put((1, y), 1, ">", style);
        }
        pen.put((3, y), 17, action.verb, style);
        let now = present(model, action.id);
        let title = format!("{}{now}", action.title);
        // In a narrow window the words are worth more than the keys.
        let narrow = w < 60;
        let room = w.saturating_sub(if narrow { 21 + 8 } else { 21 + 21 });
        pen.put((21, y), room, title, style);
        if !narrow {
            pen.put((w.saturating_sub(20), y), 12, keys(model, action), style);
        }
        pen.put((w.saturating_sub(7), y), 7, action.tier.word(), style);
        if selected && palette.chosen {
            pen.restyle(Rect::new(2, y, 18, 1), pen.look.cursor());
        }
    }
    if found.is_empty() {
        pen.put((3, area.y + 1), w - 3, "no command is described by that", plain);
    }
    let line = area.bottom() - 2;
    if let Some(action) = found.get(palette.list.cursor)
        && !action.shell.is_empty()
    {
        let job = model.job.as_ref().map(|job| job.name.as_str());
        let text = format!("in a shell: {}", in_a_shell(action, job, palette.field.text()));
        pen.put((1, line - 1), w - 1, text, plain);
    }
    let x = pen.put((0, line), 1, ":", pen.look.bold());
    pen.put((x, line), w - 1, palette.field.text(), pen.look.bold());
    place_cursor(pen, x, line, &palette.field.before_cursor());
    let text = if model.status_is_fresh() {
        model.status.text.as_str()
    } else {
        "a command is the shell's verb without \"tidegate\" and without the job"
    };
    pen.put((1, line + 1), w - 1, text, plain);
}

/// The keys that do the same; of a value those that move it.
fn keys(model: &Model, action: &Action) -> String {
    let steps: &[Do] = match action.does {
        Do::Rate => &[Do::RateDown, Do::RateUp],
        Do::ThreadsSet => &[Do::ThreadsUp, Do::ThreadsDown, Do::ThreadsDown4, Do::ThreadsUp4],
        _ => return model.keymap.shown(action),
    };
    let first = steps.iter().filter_map(|does| model.keymap.first(Action::of(*does)));
    let mut keys: Vec<String> = first.map(|key| key.to_string()).collect();
    keys.push(model.keymap.shown(action));
    keys.join(" ").trim_end().to_owned()
}

/// What a setting is now.
fn present(model: &Model, id: &str) -> String {
    let Some(job) = &model.job else {
        return String::new();
    };
    let threads = &job.job().threads;
    match id {
        "threads_set" => format!(", 1 to {}; now {}", threads.max, threads.want),
        "threads_max" => format!("; now {}", threads.max),
        "index_workers" => format!("; now {}", threads.index_workers),
        "rate" => match job.rate_limit().0 {
            None => "; now no limit".to_owned(),
            Some(limit) => format!("; now {}", figures::rate(limit)),
        },
        _ => String::new(),
    }
}
