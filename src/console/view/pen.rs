//! Writes into the frame. It takes only [`Shown`] text, cuts it with a mark, and knows the look.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::console::shown::Shown;
use crate::console::theme::{Glyphs, Look, Mark};

pub struct Pen<'b> {
    buffer: &'b mut Buffer,
    pub look: Look,
    /// Where the terminal's cursor goes: text fields only.
    pub cursor: Option<Position>,
}

impl<'b> Pen<'b> {
    pub fn new(buffer: &'b mut Buffer, look: Look) -> Pen<'b> {
        Pen { buffer, look, cursor: None }
    }

    pub fn columns(&self) -> u16 {
        self.buffer.area.width
    }

    pub fn rows(&self) -> u16 {
        self.buffer.area.height
    }

    /// Text in at most `width` columns; gives the column behind it.
    pub fn put<'a>(
        &mut self,
        (x, y): (u16, u16),
        width: u16,
        text: impl Into<Shown<'a>>,
        style: Style,
    ) -> u16 {
        let area = self.buffer.area;
        if y >= area.height || x >= area.width {
            return x;
        }
        let room = usize::from(if width < area.width - x { width } else { area.width - x });
        let mut text: Shown<'a> = text.into();
        if self.look.glyphs == Glyphs::Ascii {
            text = text.ascii();
        }
        self.buffer.set_stringn(x, y, text.cut(room), room, style).0
    }

    /// Text that ends at column `x + width`.
    pub fn right<'a>(
        &mut self,
        (x, y): (u16, u16),
        width: u16,
        text: impl Into<Shown<'a>>,
        style: Style,
    ) {
        let text: Shown<'a> = text.into();
        let used = u16::try_from(text.width()).unwrap_or(u16::MAX);
        let indent = width.saturating_sub(used);
        self.put((x + indent, y), width - indent, text, style);
    }

    /// One of our own glyphs, which need no filter.
    pub fn glyph(&mut self, (x, y): (u16, u16), mark: Mark) {
        let style = self.look.mark(mark);
        self.raw((x, y), self.look.glyph(mark), style);
    }

    /// A symbol of the glyph set.
    pub fn raw(&mut self, (x, y): (u16, u16), symbol: &'static str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// Puts a style over what is there: the cursor's line, header and key line.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        let all = self.buffer.area;
        self.buffer.set_style(area.intersection(all), style);
    }

    /// Empties an area for what lies over it.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// `-- title ------------------------------- note --`; a focused pane's title is bold.
    pub fn rule<'a>(
        &mut self,
        area: Rect,
        title: impl Into<Shown<'a>>,
        note: impl Into<Shown<'a>>,
        focused: bool,
    ) {
        if area.height == 0 || area.width < 6 {
            return;
        }
        let (x, y, w) = (area.x, area.y, area.width);
        let line = match self.look.glyphs {
            Glyphs::Ascii => "-",
            Glyphs::Unicode => "─",
        };
        for column in x..x + w {
            self.raw((column, y), line, self.look.plain());
        }
        let title: Shown<'a> = title.into();
        let note: Shown<'a> = note.into();
        let style = if focused { self.look.bold() } else { self.look.plain() };
        let mut at = x + 2;
        if title.width() > 0 {
            self.put((at, y), 1, " ", style);
            at = self.put((at + 1, y), w - 4, title, style);
            at = self.put((at, y), 1, " ", style);
        }
        let needed = u16::try_from(note.width()).unwrap_or(u16::MAX);
        if needed > 0 && at + needed + 6 <= x + w {
            let from = x + w - needed - 4;
            let end = self.put((from, y), 1, " ", self.look.plain());
            let end = self.put((end, y), needed, note, self.look.plain());
            self.put((end, y), 1, " ", self.look.plain());
        }
    }

    /// The one vertical bar of wide windows.
    pub fn bar(&mut self, x: u16, top: u16, bottom: u16) {
        let line = match self.look.glyphs {
            Glyphs::Ascii => "|",
            Glyphs::Unicode => "│",
        };
        for y in top..bottom {
            self.raw((x, y), line, self.look.plain());
        }
    }
}
