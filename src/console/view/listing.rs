//! The frame that every list shares: its title, the lines in view, and what it says when none is.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::console::figures;
use crate::console::layout::{self, ListLayout};
use crate::console::model::{List, Model};

/// A list in its area. Title and column heads stand in its first lines.
pub struct Listing {
    area: Rect,
    heads: u16,
    list: List,
    len: usize,
    lines: usize,
}

impl Listing {
    #[must_use]
    pub fn new(area: Rect, heads: u16, list: List, len: usize) -> Listing {
        let lines = usize::from(area.height.saturating_sub(heads));
        Listing { area, heads, list, len, lines }
    }

    /// On its last line a list that is cut says how many lines follow (wide windows).
    #[must_use]
    pub fn counting_more(self, model: &Model) -> Listing {
        Listing { lines: layout::lines_of(model, self.lines, self.len), ..self }
    }

    /// Calls `line` for every line in view: where it stands, what it is, whether the cursor is on
    /// it.
    pub fn draw<'b>(
        &self,
        pen: &mut Pen<'b>,
        mut line: impl FnMut(&mut Pen<'b>, Rect, usize, bool),
    ) {
        let area = self.area;
        let end = (self.list.top + self.lines).clamp(0, self.len);
        let top = self.list.top.clamp(0, end);
        let mut y = area.y + self.heads;
        for at in top..end {
            line(pen, Rect::new(area.x, y, area.width, 1), at, at == self.list.cursor);
            y += 1;
        }
        if end < self.len && y < area.bottom() {
            let more = format!("{} more", figures::grouped((self.len - end) as u64));
            pen.put((area.x + 5, y), area.width.saturating_sub(5), more, pen.look.plain());
        }
    }

    /// What stands in place of lines.
    pub fn say(&self, pen: &mut Pen<'_>, text: &str) {
        if self.lines > 0 {
            let (x, y) = (self.area.x + 3, self.area.y + self.heads);
            pen.put((x, y), self.area.width.saturating_sub(3), text, pen.look.plain());
        }
    }
}

/// Why a list has no lines: not loaded, nothing there, or a filter that nothing passes.
#[must_use]
pub fn nothing(
    loaded: bool,
    filter: &str,
    none: &'static str,
    unmatched: &'static str,
) -> &'static str {
    match (loaded, filter.is_empty()) {
        (false, _) => "...",
        (true, true) => none,
        (true, false) => unmatched,
    }
}

/// `/word` while a filter holds, else what the keys would do.
#[must_use]
pub fn note(filter: &str, keys: &str) -> String {
    if filter.is_empty() { keys.to_owned() } else { format!("/{filter}") }
}

/// The bar left of the right pane.
pub fn divide(pen: &mut Pen<'_>, parts: &ListLayout) {
    if let Some(area) = parts.right() {
        pen.bar(area.x - 1, area.top(), area.bottom());
    }
}

/// The part of a pane below its title.
#[must_use]
pub fn body(area: Rect) -> Rect {
    Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1))
}

/// Lines of text, one below the other, as many as there is room for.
pub fn lines(pen: &mut Pen<'_>, area: Rect, lines: &[String]) {
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        pen.put((area.x + 1, y), area.width.saturating_sub(1), line, pen.look.plain());
    }
}
