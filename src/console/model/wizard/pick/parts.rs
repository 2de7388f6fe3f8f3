//! Where things stand on page 2 in a window of some size.

use ratatui::layout::Rect;

use crate::console::layout::{RIGHT_COLUMNS, WIDE};

/// The page's parts; what is absent has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub sums: Option<u16>,
    pub heads: Option<u16>,
    /// The tree's lines.
    pub list: Rect,
    /// Beside the tree: kind, size, columns.
    pub right: Option<Rect>,
    /// Below it: what is to be said of the thing under the cursor.
    pub detail: Option<Rect>,
}

/// Header and title above, status line and keys below.
const FIXED_ROWS: u16 = 4;

impl Parts {
    #[must_use]
    pub fn of(columns: u16, rows: u16, zoomed: bool) -> Parts {
        let end = rows.saturating_sub(2);
        let mut parts = Parts::default();
        let mut top = 2;
        if rows >= 16 {
            parts.sums = Some(top);
            top += 1 + u16::from(rows >= 24);
        }
        if rows >= 12 {
            parts.heads = Some(top);
            top += 1;
        }
        let detail = match rows {
            0..16 => 0,
            16..24 => 1,
            // Two lines and the keys.
            24.. => 3,
        };
        let bottom = end.saturating_sub(detail);
        let wide = columns >= WIDE && !zoomed && rows >= 16;
        let left = if wide { columns - RIGHT_COLUMNS - 1 } else { columns };
        parts.list = Rect::new(0, top, left, bottom.saturating_sub(top));
        if wide {
            let from = FIXED_ROWS - 1;
            let height = bottom.saturating_sub(from);
            parts.right = Some(Rect::new(columns - RIGHT_COLUMNS, from, RIGHT_COLUMNS, height));
        }
        if detail > 0 {
            parts.detail = Some(Rect::new(0, bottom, columns, detail));
        }
        parts
    }
}
