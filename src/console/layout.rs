//! Where things stand in a window of some size (UX 6.2). `update` asks for heights, to keep
//! cursors in view; `view` asks for places.

use ratatui::layout::Rect;

use super::model::{LowerPane, Model, Pane};

/// Width from which there are two panes.
pub const WIDE: u16 = 110;
/// Columns of the right pane, without its bar.
pub const RIGHT_COLUMNS: u16 = 39;

/// How much of a screen fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Under 40 columns or 8 rows.
    OneLine,
    /// 40 to 59 columns: one list, no panes.
    Small,
    Full,
}

#[must_use]
pub fn fit(columns: u16, rows: u16) -> Fit {
    if columns < 40 || rows < 8 {
        Fit::OneLine
    } else if columns < 60 {
        Fit::Small
    } else {
        Fit::Full
    }
}

/// The run screen's parts. Every `Rect` with a title has it in its first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunLayout {
    /// Speed and phase lines are there.
    pub tall: bool,
    pub tables: Rect,
    pub right: Option<Rect>,
    pub map: Option<Rect>,
    pub lower: Option<Rect>,
    /// Row of the trouble line above the status line.
    pub alert: Option<u16>,
    pub status: u16,
    pub keys: u16,
}

#[must_use]
pub fn run(model: &Model, lower: LowerPane, pane: Pane) -> RunLayout {
    let (w, h) = (model.columns, model.rows);
    let tall = h >= 24;
    let wide = w >= WIDE;
    let (status, keys) = (h.saturating_sub(2), h.saturating_sub(1));
    let mut parts = RunLayout { tall, status, keys, ..RunLayout::default() };
    if tall {
        parts.alert = Some(h - 3);
    }
    let end = parts.alert.unwrap_or(parts.status);
    if model.zoomed {
        let all = Rect::new(0, 1, w, end.saturating_sub(1));
        match pane {
            Pane::Tables => parts.tables = all,
            Pane::Lower => parts.lower = Some(all),
        }
        return parts;
    }
    let top = if tall { 6 } else { 4 };
    let mut bottom = end;
    if h >= 16 {
        let rows = lower_rows(h, lower, wide);
        bottom -= rows;
        parts.lower = Some(Rect::new(0, bottom, w, rows));
    }
    let left = if wide { w - RIGHT_COLUMNS - 1 } else { w };
    if wide && h >= 16 {
        parts.right = Some(Rect::new(w - RIGHT_COLUMNS, top, RIGHT_COLUMNS, bottom - top));
    }
    if h >= 36 {
        let rows = 3 + (h - 36) / 12;
        bottom -= rows;
        parts.map = Some(Rect::new(0, bottom, left, rows));
    }
    parts.tables = Rect::new(0, top, left, bottom.saturating_sub(top));
    parts
}

fn lower_rows(h: u16, lower: LowerPane, wide: bool) -> u16 {
    match (h, lower) {
        (16..=23, _) => 3,
        (24..=35, LowerPane::Workers) if !wide => 8,
        (24..=35, _) => 5,
        (_, LowerPane::Workers) if !wide => h / 4,
        _ => 6 + (h - 36) / 8,
    }
}

/// Screens made of a list with a detail below it, or beside it in a wide window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListLayout {
    /// Lines between header and list, for sums.
    pub info: Rect,
    /// Title, column heads, lines.
    pub list: Rect,
    pub detail: Option<Rect>,
    pub alert: Option<u16>,
    pub status: u16,
    pub keys: u16,
}

/// How a list screen divides its height.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub info_rows: u16,
    /// Detail rows at 24 rows of window, title included; grows with the window.
    pub detail_rows: u16,
    /// In a wide window the detail stands on the right.
    pub beside: bool,
}

#[must_use]
pub fn list(model: &Model, share: Share) -> ListLayout {
    let (w, h) = (model.columns, model.rows);
    let (status, keys) = (h.saturating_sub(2), h.saturating_sub(1));
    let mut parts = ListLayout { status, keys, ..ListLayout::default() };
    if h >= 24 {
        parts.alert = Some(h - 3);
    }
    let end = parts.alert.unwrap_or(parts.status);
    if model.zoomed {
        parts.list = Rect::new(0, 1, w, end.saturating_sub(1));
        return parts;
    }
    let info_rows = if h >= 16 { share.info_rows } else { 0 };
    parts.info = Rect::new(0, 1, w, info_rows);
    let top = 1 + info_rows;
    if share.detail_rows == 0 || h < 16 || w < 60 {
        parts.list = Rect::new(0, top, w, end.saturating_sub(top));
    } else if share.beside && w >= WIDE {
        parts.list = Rect::new(0, top, w - RIGHT_COLUMNS - 1, end - top);
        parts.detail = Some(Rect::new(w - RIGHT_COLUMNS, top, RIGHT_COLUMNS, end - top));
    } else {
        let rows =
            if h < 24 { share.detail_rows / 2 + 1 } else { share.detail_rows + (h - 24) / 3 };
        parts.list = Rect::new(0, top, w, end - top - rows);
        parts.detail = Some(Rect::new(0, end - rows, w, rows));
    }
    parts
}

impl ListLayout {
    /// Lines of the list without its title and column heads.
    #[must_use]
    pub fn lines(&self, heads: u16) -> usize {
        usize::from(self.list.height.saturating_sub(heads))
    }
}

/// Lines of the run screen's table list.
#[must_use]
pub fn run_lines(model: &Model, lower: LowerPane, pane: Pane) -> usize {
    match fit(model.columns, model.rows) {
        Fit::OneLine => 1,
        Fit::Small => usize::from(model.rows.saturating_sub(SMALL_FIXED_ROWS)),
        Fit::Full => {
            let parts = run(model, lower, pane);
            let heads = if parts.right.is_some() { 2 } else { 1 };
            usize::from(parts.tables.height.saturating_sub(heads))
        }
    }
}

/// Rows of the small run screen that are not tables: four above, log, blank and keys below.
pub const SMALL_FIXED_ROWS: u16 = 7;

/// Page 4 of the wizard: findings, the chosen one with its ways out, and the estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreflightLayout {
    /// Without its title, which is the page's.
    pub list: Rect,
    /// With a title.
    pub detail: Option<Rect>,
    pub estimate: Option<Rect>,
}

#[must_use]
pub fn preflight(model: &Model) -> PreflightLayout {
    let (w, h) = (model.columns, model.rows);
    let end = h.saturating_sub(2);
    let estimate = (h >= 20).then(|| Rect::new(0, end - 2, w, 2));
    let bottom = if estimate.is_some() { end - 2 } else { end };
    let room = bottom.saturating_sub(2);
    if w >= WIDE && h >= 16 {
        let list = Rect::new(0, 2, w - RIGHT_COLUMNS - 1, room);
        let detail = Some(Rect::new(w - RIGHT_COLUMNS, 1, RIGHT_COLUMNS, room + 1));
        return PreflightLayout { list, detail, estimate };
    }
    let rows = if h >= 12 { room * 9 / 20 } else { 0 };
    PreflightLayout {
        list: Rect::new(0, 2, w, room - rows),
        detail: (rows > 1).then(|| Rect::new(0, bottom - rows, w, rows)),
        estimate,
    }
}

pub const JOBS: Share = Share { info_rows: 0, detail_rows: 10, beside: false };
pub const TABLE: Share = Share { info_rows: 4, detail_rows: 5, beside: false };
pub const FAILED: Share = Share { info_rows: 0, detail_rows: 8, beside: true };
pub const PLAN: Share = Share { info_rows: 1, detail_rows: 7, beside: true };
pub const LOG: Share = Share { info_rows: 0, detail_rows: 0, beside: false };
/// Tables above, differing rows below.
pub const VERIFY: Share = Share { info_rows: 1, detail_rows: 9, beside: false };
pub const HISTORY: Share = Share { info_rows: 0, detail_rows: 11, beside: false };
/// Is there room for the chosen action's text below the help list?
#[must_use]
pub fn help_has_detail(rows: u16) -> bool {
    rows >= 24
}

/// Lines of the help list: the window without header, rule, heads, detail and key line.
#[must_use]
pub fn help_lines(rows: u16) -> usize {
    usize::from(rows.saturating_sub(if help_has_detail(rows) { 13 } else { 4 }))
}
