//! Where things stand in a window of some size (UX 6.2). `update` asks for heights, to keep
//! cursors in view; `view` asks for places.

use ratatui::layout::Rect;

use super::commands::Place;
use super::model::{LowerPane, Model, Pane};

/// Width from which there are two panes.
pub const WIDE: u16 = 110;
/// Columns of the right pane, without its bar.
pub const RIGHT_COLUMNS: u16 = 39;
/// Columns of a left pane that leaves all others to the right one.
const LEFT_COLUMNS: u16 = 80;

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

/// Screens made of a list with panes below it, and beside it in a wide window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListLayout {
    /// Lines between header and list, for sums.
    pub info: Rect,
    /// Title, column heads, lines.
    pub list: Rect,
    /// What is under the cursor: below the list, or right of it.
    pub detail: Option<Rect>,
    /// In a wide window: what else stands on the right.
    pub side: Option<Rect>,
    /// In a wide and high window: below the list, as wide as it.
    pub below: Option<Rect>,
    /// Below all of these, as wide as the window.
    pub foot: Option<Rect>,
    pub alert: Option<u16>,
    pub status: u16,
    pub keys: u16,
}

impl ListLayout {
    /// The right pane of a wide window.
    #[must_use]
    pub fn right(&self) -> Option<Rect> {
        self.side.or(self.detail.filter(|area| area.x > 0))
    }
}

/// How a list screen divides its height.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// Title and column heads of the list.
    pub heads: u16,
    pub info_rows: u16,
    /// Detail rows at 24 rows of window, title included; grows with the window.
    pub detail_rows: u16,
    /// Rows of the pane at the bottom, when the window is high; 0: none.
    pub foot_rows: u16,
    /// It is there in a narrow window too.
    pub foot_always: bool,
    /// In a wide window ...
    pub wide: Wide,
    /// ... and rows below the list there, when the window is high.
    pub below_rows: u16,
    /// A list that is cut says on its last line how many lines follow, in a wide window.
    pub counts_more: bool,
}

/// What stands right of the list in a wide window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wide {
    #[default]
    Nothing,
    /// The detail.
    Detail,
    /// The detail, which gets all columns that the list does not need.
    LargeDetail,
    /// A pane of its own; the detail stays below the list.
    Side,
}

/// From this height on wide windows show what their lower panes hold.
const HIGH: u16 = 32;

/// The parts of a place's screen.
#[must_use]
pub fn of(model: &Model, place: Place) -> ListLayout {
    list(model, share(place))
}

fn list(model: &Model, share: Share) -> ListLayout {
    let (w, h) = (model.columns, model.rows);
    let (status, keys) = (h.saturating_sub(2), h.saturating_sub(1));
    let mut parts = ListLayout { status, keys, ..ListLayout::default() };
    if h >= 24 {
        parts.alert = Some(h - 3);
    }
    let mut end = parts.alert.unwrap_or(parts.status);
    if model.zoomed {
        parts.list = Rect::new(0, 1, w, end.saturating_sub(1));
        return parts;
    }
    let info_rows = if h >= 16 { share.info_rows } else { 0 };
    parts.info = Rect::new(0, 1, w, info_rows);
    let top = 1 + info_rows;
    let wide = w >= WIDE && share.wide != Wide::Nothing;
    if h < 16 || w < 60 {
        parts.list = Rect::new(0, top, w, end.saturating_sub(top));
        return parts;
    }
    let foot = if share.foot_always { h >= 24 } else { wide && h >= HIGH };
    if share.foot_rows > 0 && foot {
        let rows = share.foot_rows + if h >= HIGH { (h - HIGH) / 4 } else { 0 };
        end -= rows;
        parts.foot = Some(Rect::new(0, end, w, rows));
    }
    let right = match share.wide {
        Wide::LargeDetail => w.saturating_sub(LEFT_COLUMNS + 1).clamp(RIGHT_COLUMNS, w),
        _ => RIGHT_COLUMNS,
    };
    let left = if wide { w - right - 1 } else { w };
    let right = Rect::new(left + 1, top, right, end - top);
    let mut bottom = end;
    let detail = share.detail_rows > 0;
    match share.wide {
        Wide::Detail | Wide::LargeDetail if wide => parts.detail = Some(right),
        _ if detail => {
            let rows =
                if h < 24 { share.detail_rows / 2 + 1 } else { share.detail_rows + (h - 24) / 3 };
            bottom -= rows;
            parts.detail = Some(Rect::new(0, bottom, left, rows));
        }
        _ => {}
    }
    if wide && share.wide == Wide::Side {
        parts.side = Some(right);
    }
    if wide && share.below_rows > 0 && h >= HIGH {
        bottom -= share.below_rows + (h - HIGH) / 4;
        parts.below = Some(Rect::new(0, bottom, left, end - bottom));
    }
    parts.list = Rect::new(0, top, left, bottom - top);
    parts
}

/// How the screen of a place is divided; the run screen and the wizard divide theirs themselves.
#[must_use]
pub fn share(place: Place) -> Share {
    let list =
        |heads, info_rows, detail_rows| Share { heads, info_rows, detail_rows, ..Share::default() };
    match place {
        Place::Jobs => list(2, 0, 10),
        Place::Table => list(2, 4, 5),
        Place::Failed => Share { wide: Wide::Detail, below_rows: 6, foot_rows: 3, ..list(2, 0, 8) },
        Place::Rejects => Share { wide: Wide::Detail, ..list(2, 0, 8) },
        Place::Plan => Share { wide: Wide::Detail, ..list(1, 1, 7) },
        Place::Verify => Share { wide: Wide::Side, counts_more: true, ..list(2, 3, 7) },
        // Runs, then what was done in the one under the cursor.
        Place::History => {
            Share { wide: Wide::LargeDetail, foot_rows: 3, foot_always: true, ..list(2, 0, 11) }
        }
        _ => list(1, 0, 0),
    }
}

/// Lines of a place's list that fit when it has `len`.
#[must_use]
pub fn list_lines(model: &Model, place: Place, len: usize) -> usize {
    let share = share(place);
    let lines = usize::from(list(model, share).list.height.saturating_sub(share.heads));
    if share.counts_more { lines_of(model, lines, len) } else { lines }
}

/// One line less where a wide list says how many follow.
#[must_use]
pub fn lines_of(model: &Model, lines: usize, len: usize) -> usize {
    if model.columns >= WIDE && len > lines && lines > 1 { lines - 1 } else { lines }
}

/// Lines of the run screen's table list when it has `len`.
#[must_use]
pub fn run_lines(model: &Model, lower: LowerPane, pane: Pane, len: usize) -> usize {
    match fit(model.columns, model.rows) {
        Fit::OneLine => 1,
        Fit::Small => usize::from(model.rows.saturating_sub(SMALL_FIXED_ROWS)),
        Fit::Full => {
            let parts = run(model, lower, pane);
            let heads = if parts.right.is_some() { 2 } else { 1 };
            let lines = usize::from(parts.tables.height.saturating_sub(heads));
            lines_of(model, lines, len)
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
