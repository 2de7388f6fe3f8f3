//! Where things stand on the pages of options and in the editor, in a window of some size.

use ratatui::layout::Rect;

use crate::console::layout::WIDE;

/// Columns of the options when the editor stands beside them.
const LEFT_COLUMNS: u16 = 80;
/// Header and title above, status line and keys below.
const FIXED_ROWS: u16 = 4;

/// A page that is one sheet: options, options of a table.
#[must_use]
pub fn sheet(columns: u16, rows: u16) -> Rect {
    Rect::new(0, 2, columns, rows.saturating_sub(FIXED_ROWS))
}

/// The editor's parts. Panes have their title in the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EditorPanes {
    /// What the editor was opened from, at its left.
    pub left: Option<Rect>,
    pub title: Rect,
    /// Lines of text with their numbers.
    pub text: Rect,
    pub check: Rect,
    pub columns: Option<Rect>,
    pub buttons: u16,
}

/// `beside`: the page below may stay in sight where there is room.
#[must_use]
pub fn editor(columns: u16, rows: u16, beside: bool, has_columns: bool) -> EditorPanes {
    let mut panes = EditorPanes::default();
    let beside = beside && columns >= WIDE && rows >= 16;
    let x = if beside { LEFT_COLUMNS } else { 0 };
    let width = columns.saturating_sub(x);
    if beside {
        panes.left = Some(Rect::new(0, 1, LEFT_COLUMNS - 1, rows.saturating_sub(3)));
    }
    panes.title = Rect::new(x, 1, width, 1);
    let body = rows.saturating_sub(FIXED_ROWS);
    let mut end = 2 + body;
    // The buttons stand in the key line, except beside another page.
    panes.buttons = rows.saturating_sub(1);
    if has_columns && body >= 14 {
        let lines = 3 + (body - 14) / 8;
        end -= lines;
        panes.columns = Some(Rect::new(x, end, width, lines));
    }
    let lines = match body {
        0..5 => 0,
        5..9 => 2,
        _ => 3 + (body - 9) / 4,
    };
    end -= lines;
    panes.check = Rect::new(x, end, width, lines);
    panes.text = Rect::new(x, 2, width, end.saturating_sub(2));
    panes
}
