//! From cells to bytes. A frame is gathered and leaves as one write between the marks of a
//! synchronized update; a frame that changes nothing is no byte at all.
//!
//! Colours go out as 30-37 and 90-97, which every terminal knows, in place of `38;5;n`, which some
//! read as blink.

use std::convert::Infallible;
use std::fmt::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const SYNC_BEGIN: &str = "\x1b[?2026h";
const SYNC_END: &str = "\x1b[?2026l";

/// So many cells cost no more to write again than to jump over.
const GAP_MAX: u16 = 4;

/// Cells from one place of a row to a later one.
fn gap(from: Position, to: Position) -> u16 {
    to.x.saturating_sub(from.x)
}

/// What the cells written last looked like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pencil {
    fg: Option<u8>,
    bg: Option<u8>,
    bold: bool,
    reversed: bool,
}

/// ratatui's backend that writes into a buffer.
#[derive(Debug)]
pub struct Screen {
    out: String,
    size: Size,
    /// Where the terminal's cursor is.
    at: Option<Position>,
    /// `at` may be wrong on a terminal that draws some glyphs two cells wide.
    unsure: bool,
    pencil: Pencil,
    /// What was written where, as far as it is one plain character: to write it again may be
    /// shorter than to jump over it.
    written: Vec<Option<(char, Pencil)>>,
    cursor_shown: bool,
    /// Where the visible cursor belongs.
    cursor: Position,
    sync: bool,
}

impl Screen {
    #[must_use]
    pub fn new(columns: u16, rows: u16, sync: bool) -> Screen {
        Screen {
            out: String::new(),
            size: Size::new(columns, rows),
            at: None,
            unsure: false,
            pencil: Pencil::default(),
            written: vec![None; usize::from(columns) * usize::from(rows)],
            cursor_shown: false,
            cursor: Position::new(0, 0),
            sync,
        }
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(columns, rows);
        self.written = vec![None; usize::from(columns) * usize::from(rows)];
    }

    /// The terminal was entered again: cursor hidden, attributes off.
    pub fn forget(&mut self) {
        self.out.clear();
        self.at = None;
        self.unsure = false;
        self.pencil = Pencil::default();
        self.written.fill(None);
        self.cursor_shown = false;
    }

    fn index(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.size.width) + usize::from(x)
    }

    /// The characters from one place of a row to another, when the pencil could write them as they
    /// stand there.
    fn between(&self, from: Position, until: u16) -> Option<String> {
        let cells = self.written.get(self.index(from.x, from.y)..self.index(until, from.y))?;
        let same = |cell: &Option<(char, Pencil)>| {
            cell.filter(|(_, pencil)| *pencil == self.pencil).map(|(c, _)| c)
        };
        cells.iter().map(same).collect()
    }

    /// The bytes of the frame; empty when nothing changed.
    pub fn take_frame(&mut self) -> Vec<u8> {
        if self.out.is_empty() {
            return Vec::new();
        }
        let body = std::mem::take(&mut self.out);
        if self.sync { format!("{SYNC_BEGIN}{body}{SYNC_END}") } else { body }.into_bytes()
    }

    fn go(&mut self, to: Position) {
        if self.at == Some(to) && !self.unsure {
            return;
        }
        let near = match self.at {
            Some(at) if !self.unsure && at.y == to.y && (1..=GAP_MAX).contains(&gap(at, to)) => {
                self.between(at, to.x)
            }
            _ => None,
        };
        let _ = match self.at {
            Some(_) if near.is_some() => {
                self.out.push_str(near.as_deref().unwrap_or_default());
                Ok(())
            }
            // Shorter than naming the row as well.
            Some(at) if !self.unsure && at.y == to.y && to.x == at.x + 1 => {
                write!(self.out, "\x1b[C")
            }
            Some(at) if !self.unsure && at.y == to.y && to.x > at.x => {
                write!(self.out, "\x1b[{}C", to.x - at.x)
            }
            _ => write!(self.out, "\x1b[{};{}H", to.y + 1, to.x + 1),
        };
        self.at = Some(to);
        self.unsure = false;
    }

    fn dress(&mut self, cell: &Cell) {
        let wanted = Pencil {
            fg: number(cell.fg),
            bg: number(cell.bg),
            bold: cell.modifier.contains(Modifier::BOLD),
            reversed: cell.modifier.contains(Modifier::REVERSED),
        };
        if wanted == self.pencil {
            return;
        }
        let mut codes: Vec<String> = Vec::new();
        let now = self.pencil;
        let undone = (now.bold && !wanted.bold)
            || (now.reversed && !wanted.reversed)
            || (now.fg.is_some() && wanted.fg.is_none())
            || (now.bg.is_some() && wanted.bg.is_none());
        let from = if undone { Pencil::default() } else { now };
        if undone {
            codes.push(String::new());
        }
        if wanted.bold && !from.bold {
            codes.push("1".to_owned());
        }
        if wanted.reversed && !from.reversed {
            codes.push("7".to_owned());
        }
        if let (Some(n), true) = (wanted.fg, wanted.fg != from.fg) {
            codes.push((if n < 8 { 30 + n } else { 82 + n }).to_string());
        }
        if let (Some(n), true) = (wanted.bg, wanted.bg != from.bg) {
            codes.push((if n < 8 { 40 + n } else { 92 + n }).to_string());
        }
        let _ = write!(self.out, "\x1b[{}m", codes.join(";"));
        self.pencil = wanted;
    }
}

/// The sixteen names; anything else is not used by our themes and goes out as the default.
fn number(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

impl Backend for Screen {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            let symbol = cell.symbol();
            let to = Position::new(x, y);
            // Within a bar of wide-drawn glyphs the cells may spill; what follows it may not.
            if symbol.is_ascii() || self.at != Some(to) {
                self.go(to);
            }
            self.dress(cell);
            self.out.push_str(symbol);
            let place = self.index(x, y);
            let pencil = self.pencil;
            if let Some(written) = self.written.get_mut(place) {
                let mut letters = symbol.chars();
                *written = match (letters.next(), letters.next()) {
                    (Some(c), None) if c.is_ascii() => Some((c, pencil)),
                    _ => None,
                };
            }
            let next = x + u16::try_from(symbol.width()).unwrap_or(1);
            // A full last column leaves the cursor between two places.
            self.at = (next < self.size.width).then_some(Position::new(next, y));
            self.unsure = self.unsure || !symbol.is_ascii();
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        if self.cursor_shown {
            self.out.push_str("\x1b[?25l");
            self.cursor_shown = false;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        if !self.cursor_shown {
            self.out.push_str("\x1b[?25h");
            self.cursor_shown = true;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let position = position.into();
        self.cursor = position;
        self.go(position);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.pencil = Pencil::default();
        self.written.fill(Some((' ', self.pencil)));
        self.out.push_str("\x1b[0m\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        self.clear()
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::new(0, 0) })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::style::Style;

    use super::*;

    fn draw(terminal: &mut Terminal<Screen>, cells: &[(u16, u16, &str, Style)]) -> String {
        terminal
            .draw(|frame| {
                for (x, y, text, style) in cells {
                    frame.buffer_mut().set_string(*x, *y, text, *style);
                }
            })
            .unwrap();
        String::from_utf8(terminal.backend_mut().take_frame()).unwrap()
    }

    #[test]
    fn an_equal_frame_is_no_byte() {
        let mut terminal = Terminal::new(Screen::new(20, 4, true)).unwrap();
        let cells = [(0, 0, "hello", Style::new())];
        let first = draw(&mut terminal, &cells);
        assert!(first.starts_with(SYNC_BEGIN) && first.ends_with(SYNC_END), "{first:?}");
        assert_eq!(draw(&mut terminal, &cells), "");
        let last = draw(&mut terminal, &[(0, 0, "hellO", Style::new())]);
        assert_eq!(last, format!("{SYNC_BEGIN}\x1b[1;5HO{SYNC_END}"));
    }

    #[test]
    fn a_short_gap_is_written_again() {
        let mut terminal = Terminal::new(Screen::new(20, 4, false)).unwrap();
        draw(&mut terminal, &[(0, 0, "12 of 40 and 17", Style::new())]);
        let next = draw(&mut terminal, &[(0, 0, "13 of 41 and 18", Style::new())]);
        assert_eq!(next, "\x1b[1;2H3\x1b[5C1\x1b[6C8");
        let next = draw(&mut terminal, &[(0, 0, "14 xf 51 and 18", Style::new())]);
        assert_eq!(next, "\x1b[1;2H4 xf 5");
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let next =
            draw(&mut terminal, &[(0, 0, "14 xf 51 and 18", Style::new()), (3, 0, "yf z", bold)]);
        assert_eq!(next, "\x1b[1;4H\x1b[1myf z");
    }

    #[test]
    fn bold_and_reverse_survive_without_colour_and_colours_are_the_old_ones() {
        let mut terminal = Terminal::new(Screen::new(20, 4, false)).unwrap();
        let both = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
        let red = both.fg(Color::Red);
        let bytes =
            draw(&mut terminal, &[(0, 0, "a", both), (1, 0, "b", red), (2, 0, "c", Style::new())]);
        assert!(bytes.contains("\x1b[1;7ma\x1b[31mb\x1b[mc"), "{bytes:?}");
        assert!(!bytes.contains("38;5"));
    }

    #[test]
    fn text_behind_glyphs_is_placed_anew() {
        let mut terminal = Terminal::new(Screen::new(20, 4, false)).unwrap();
        let bytes = draw(&mut terminal, &[(0, 0, "██·]63%", Style::new())]);
        assert!(bytes.contains("██·\x1b[1;4H]63%"), "{bytes:?}");
    }
}
