//! The run screen: which tables are shown, in which order, and what the lower pane holds.

use super::list::List;
use crate::protocol::TableView as Table;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    Tables,
    Lower,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LowerPane {
    #[default]
    Log,
    Workers,
    Map,
}

/// Part of the tables that is listed (`t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableView {
    #[default]
    All,
    Running,
    Failed,
    Left,
    Done,
}

impl TableView {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TableView::All => "all",
            TableView::Running => "running",
            TableView::Failed => "failed",
            TableView::Left => "left",
            TableView::Done => "done",
        }
    }

    #[must_use]
    pub fn next(self) -> TableView {
        match self {
            TableView::All => TableView::Running,
            TableView::Running => TableView::Failed,
            TableView::Failed => TableView::Left,
            TableView::Left => TableView::Done,
            TableView::Done => TableView::All,
        }
    }

    fn admits(self, table: &Table) -> bool {
        match self {
            TableView::All => true,
            TableView::Running => table.chunks_running > 0 || table.state == "running",
            TableView::Failed => table.chunks_failed > 0,
            TableView::Left => {
                let settled = table.chunks_done + table.chunks_failed + table.chunks_skipped;
                settled < table.chunks_total
            }
            TableView::Done => table.state == "done",
        }
    }
}

/// Order of the tables (`S`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableSort {
    /// At work first, then failed, then done lately, then waiting.
    #[default]
    Busy,
    Size,
    Name,
    /// As in the plan.
    Plan,
}

impl TableSort {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TableSort::Busy => "busy",
            TableSort::Size => "size",
            TableSort::Name => "name",
            TableSort::Plan => "plan",
        }
    }

    #[must_use]
    pub fn next(self) -> TableSort {
        match self {
            TableSort::Busy => TableSort::Size,
            TableSort::Size => TableSort::Name,
            TableSort::Name => TableSort::Plan,
            TableSort::Plan => TableSort::Busy,
        }
    }
}

/// The list is not sorted again while the cursor moved less than this ago.
pub const SORT_REST_MS: u64 = 2_000;

#[derive(Clone, Debug, Default)]
pub struct RunScreen {
    /// Positions in the snapshot's tables, filtered and in order.
    pub order: Vec<u32>,
    /// The cursor sits on a table, not on a row; on the first row it stays there (`None`).
    pub table: Option<u32>,
    /// What was under the cursor when the frame was painted: that is what a key means.
    pub painted: Option<u32>,
    pub list: List,
    pub view: TableView,
    pub sort: TableSort,
    pub filter: String,
    pub pane: Pane,
    pub lower: LowerPane,
    /// Lines back from the newest log line, or first worker, or first map row.
    pub lower_top: usize,
    pub moved_ms: u64,
    /// The alert on top was read.
    pub alert_read: Option<String>,
    /// Chunk states of a table, run-length encoded.
    pub map: Option<(u32, Vec<(u8, u32)>)>,
    pub map_due_ms: u64,
}

impl RunScreen {
    /// Puts the tables in order again; the cursor stays on its table.
    pub fn arrange(&mut self, tables: &[Table], height: usize) {
        let wanted = self.filter.to_lowercase();
        let fits = |t: &Table| wanted.is_empty() || t.name.to_lowercase().contains(&wanted);
        self.order.clear();
        self.order
            .extend(tables.iter().filter(|t| self.view.admits(t) && fits(t)).map(|t| t.number));
        let at = |number: &u32| &tables[*number as usize];
        match self.sort {
            TableSort::Plan => {}
            TableSort::Name => self.order.sort_by(|a, b| at(a).name.cmp(&at(b).name)),
            TableSort::Size => {
                self.order.sort_by_key(|n| std::cmp::Reverse(at(n).bytes_total));
            }
            TableSort::Busy => self.order.sort_by_key(|n| busy_key(at(n))),
        }
        self.place_cursor(height);
    }

    /// Finds the row of the table the cursor sits on.
    pub fn place_cursor(&mut self, height: usize) {
        let row = self.table.and_then(|t| self.order.iter().position(|n| *n == t));
        match row {
            Some(row) => self.list.cursor = row,
            None => self.table = None,
        }
        self.list.fit(self.order.len(), height);
    }
}

/// Smaller comes first.
fn busy_key(table: &Table) -> (u8, i64, u32) {
    let large_first = i64::try_from(table.bytes_total).map_or(i64::MIN, |bytes| -bytes);
    if table.chunks_running > 0 || table.state == "running" {
        (0, large_first, table.number)
    } else if table.chunks_failed > 0 {
        (1, large_first, table.number)
    } else if table.state == "done" {
        (2, -table.last_change_ms, table.number)
    } else if table.state == "waiting" {
        (3, large_first, table.number)
    } else {
        (4, large_first, table.number)
    }
}
