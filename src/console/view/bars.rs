//! Bars and maps: shares of chunk states, the slider, the speed line. A share that is not zero
//! always gets at least one cell, so one failed chunk in a thousand is visible.

use super::pen::Pen;
use crate::console::theme::Mark;
use crate::protocol::{ProgressView, TableView};

/// Up to this many chunks a bar shows each one in its place.
const CELLS_IN_PLACE_MIN: u32 = 6;

/// Cells per share, largest remainder first; shares above zero get at least one.
#[must_use]
pub fn shares(cells: u16, amounts: &[u64]) -> Vec<u16> {
    let total: u128 = amounts.iter().map(|a| u128::from(*a)).sum();
    if total == 0 || cells == 0 {
        return vec![0; amounts.len()];
    }
    let exact = |a: u64| u128::from(a) * u128::from(cells);
    let mut out: Vec<u16> = amounts
        .iter()
        .map(|a| {
            let floor = u16::try_from(exact(*a) / total).unwrap_or(cells);
            if *a > 0 && floor == 0 { 1 } else { floor }
        })
        .collect();
    loop {
        let used: u16 = out.iter().sum();
        if used == cells {
            return out;
        }
        let gap = |i: usize| {
            let wanted = i128::try_from(exact(amounts[i])).unwrap_or(i128::MAX);
            let total = i128::try_from(total).unwrap_or(i128::MAX);
            wanted - i128::from(out[i]) * total
        };
        let candidates = (0..out.len()).filter(|i| amounts[*i] > 0);
        if used < cells {
            let most = candidates.max_by_key(|i| (gap(*i), std::cmp::Reverse(*i)));
            out[most.expect("the total is above zero")] += 1;
        } else {
            let most = candidates
                .filter(|i| out[*i] > 1)
                .min_by_key(|i| (gap(*i), std::cmp::Reverse(out[*i])));
            match most {
                Some(i) => out[i] -= 1,
                // More states than cells: the ones on the right lose.
                None => match (0..out.len()).rev().find(|i| out[*i] > 0) {
                    Some(i) => out[i] -= 1,
                    None => return out,
                },
            }
        }
    }
}

/// Draws `[`, the runs, `]`.
pub fn bar(pen: &mut Pen<'_>, (x, y): (u16, u16), cells: u16, runs: &[(Mark, u16)]) {
    pen.put((x, y), 1, "[", pen.look.plain());
    let mut at = x + 1;
    for (mark, count) in runs {
        for _ in 0..*count {
            if at <= x + cells {
                pen.glyph((at, y), *mark);
                at += 1;
            }
        }
    }
    while at <= x + cells {
        pen.glyph((at, y), Mark::Free);
        at += 1;
    }
    pen.put((at, y), 1, "]", pen.look.plain());
}

/// Processed, assigned, error, skipped, unassigned.
struct States {
    done: u32,
    running: u32,
    failed: u32,
    skipped: u32,
    left: u32,
    /// Parts in a hundred that are through, chunks under way included.
    percent: u8,
}

/// Work under way fills its share up to what is through, so that a bar of few chunks moves; what
/// is not committed is never drawn as done.
fn runs(cells: u16, s: &States) -> Vec<(Mark, u16)> {
    let amounts = [s.done, s.running, s.failed, s.skipped, s.left].map(u64::from);
    let share = shares(cells, &amounts);
    let through = u32::from(cells) * u32::from(s.percent) / 100;
    let through = u16::try_from(through).unwrap_or(cells);
    let settled = share[0] + share[2] + share[3];
    let under_way =
        if share[1] == 0 { 0 } else { through.saturating_sub(settled).clamp(1, share[1]) };
    vec![
        (Mark::Done, share[0]),
        (Mark::Running, under_way),
        (Mark::Failed, share[2]),
        (Mark::Skipped, share[3]),
        (Mark::Left, share[4] + share[1] - under_way),
    ]
}

/// A table's bar.
pub fn table(pen: &mut Pen<'_>, at: (u16, u16), cells: u16, table: &TableView) {
    if let Some(states) = &table.cells
        && (CELLS_IN_PLACE_MIN..=u32::from(cells)).contains(&table.chunks_total)
        && states.len() == table.chunks_total as usize
    {
        let states: Vec<char> = states.chars().collect();
        let marks: Vec<(Mark, u16)> = (0..usize::from(cells))
            .map(|i| (mark_of(states[i * states.len() / usize::from(cells)]), 1))
            .collect();
        bar(pen, at, cells, &marks);
        return;
    }
    let settled = table.chunks_done + table.chunks_running + table.chunks_failed;
    let left = table.chunks_total.saturating_sub(settled + table.chunks_skipped);
    let states = States {
        done: table.chunks_done,
        running: table.chunks_running,
        failed: table.chunks_failed,
        skipped: table.chunks_skipped,
        left,
        percent: percent_of(table),
    };
    bar(pen, at, cells, &runs(cells, &states));
}

fn mark_of(state: char) -> Mark {
    match state {
        '1' => Mark::Running,
        '2' => Mark::Done,
        '3' => Mark::Failed,
        '4' => Mark::Skipped,
        ':' => Mark::Again,
        _ => Mark::Left,
    }
}

/// A table's percent; 100 only when everything is committed.
#[must_use]
pub fn percent_of(table: &TableView) -> u8 {
    if table.chunks_total > 0 && table.chunks_done == table.chunks_total {
        return 100;
    }
    if table.chunks_total == 0 {
        return if table.state == "done" { 100 } else { 0 };
    }
    let (done, total) = if table.bytes_total > 0 {
        (table.bytes_done.saturating_add(table.bytes_moving), table.bytes_total)
    } else if table.rows_total > 0 {
        (table.rows_done.saturating_add(table.rows_moving), table.rows_total)
    } else {
        (u64::from(table.chunks_done), u64::from(table.chunks_total))
    };
    let percent = u128::from(done) * 100 / u128::from(if total == 0 { 1 } else { total });
    u8::try_from(percent.clamp(0, 99)).unwrap_or(99)
}

/// The whole job's bar.
pub fn total(pen: &mut Pen<'_>, at: (u16, u16), cells: u16, p: &ProgressView) {
    let states = States {
        done: p.chunks_done,
        running: p.chunks_running,
        failed: p.chunks_failed,
        skipped: p.chunks_skipped,
        left: p.chunks_left,
        percent: p.percent,
    };
    bar(pen, at, cells, &runs(cells, &states));
}

/// Filled up to `amount` of `full`, with a mark where a limit stands.
pub fn gauge(
    pen: &mut Pen<'_>,
    at: (u16, u16),
    cells: u16,
    (amount, full): (u64, u64),
    limit: Option<u64>,
) {
    let cell = |n: u64| {
        let n = u128::from(n) * u128::from(cells) / u128::from(if full == 0 { 1 } else { full });
        u16::try_from(n).unwrap_or(cells).clamp(0, cells)
    };
    let mut filled = cell(amount);
    if amount > 0 && filled == 0 {
        filled = 1;
    }
    bar(pen, at, cells, &[(Mark::Flow, filled)]);
    if let Some(limit) = limit {
        let column = cell(limit).clamp(0, cells.saturating_sub(1));
        pen.glyph((at.0 + 1 + column, at.1), Mark::Limit);
    }
}

/// The slider (UX 8). `max` threads over the cells; gives threads per cell when more than one.
pub struct Slider {
    pub stay: u32,
    pub starting: u32,
    pub draining: u32,
    pub max: u32,
    /// Where the wish stands while nothing runs.
    pub wish: Option<u32>,
}

impl Slider {
    /// Threads per cell.
    #[must_use]
    pub fn scale(&self, cells: u16) -> u32 {
        let cells = u32::from(if cells == 0 { 1 } else { cells });
        self.max.div_ceil(cells).clamp(1, u32::MAX)
    }

    pub fn draw(&self, pen: &mut Pen<'_>, at: (u16, u16), cells: u16) {
        let scale = self.scale(cells);
        let steps = self.max.div_ceil(scale).clamp(1, u32::from(cells));
        // With fewer threads than cells every thread gets as many cells as fit.
        let per = u32::from(cells) / steps;
        let width = |threads: u32| {
            let n = threads.div_ceil(scale) * per;
            u16::try_from(n).unwrap_or(cells).clamp(0, cells)
        };
        let all = u16::try_from(steps * per).unwrap_or(cells);
        let stay = width(self.stay);
        let draining = width(self.stay + self.draining).saturating_sub(stay);
        let starting =
            width(self.stay + self.draining + self.starting).saturating_sub(stay + draining);
        bar(
            pen,
            at,
            all,
            &[(Mark::Filled, stay), (Mark::Starting, starting), (Mark::Draining, draining)],
        );
        if let Some(wish) = self.wish {
            let column = width(wish).clamp(1, all) - 1;
            pen.glyph((at.0 + 1 + column, at.1), Mark::Limit);
        }
    }
}

/// The newest values, scaled to the highest one.
pub fn spark(pen: &mut Pen<'_>, (x, y): (u16, u16), cells: u16, values: &[u64]) {
    let levels = pen.look.spark();
    let shown = &values[values.len().saturating_sub(usize::from(cells))..];
    let top = shown.iter().copied().max().unwrap_or(0);
    for (i, value) in shown.iter().enumerate() {
        let level = if top == 0 { 0 } else { u128::from(*value) * 7 / u128::from(top) };
        let level = usize::try_from(level).unwrap_or(7);
        let column = x + u16::try_from(i).unwrap_or(0);
        pen.raw((column, y), levels[level], pen.look.plain());
    }
}

/// A chunk map: one cell per chunk, or per equal group when there are more chunks than cells; then
/// the worst state of the group is drawn. Gives chunks per cell.
pub struct Map<'a> {
    pub runs: &'a [(u8, u32)],
    pub cells: usize,
}

impl Map<'_> {
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.runs.iter().map(|(_, n)| *n as usize).sum()
    }

    #[must_use]
    pub fn per_cell(&self) -> usize {
        self.chunks().div_ceil(if self.cells == 0 { 1 } else { self.cells }).clamp(1, usize::MAX)
    }

    /// Marks of the cells from `skip` on, at most `take`.
    #[must_use]
    pub fn marks(&self, skip: usize, take: usize) -> Vec<Mark> {
        let per = self.per_cell();
        let (from, to) = (skip * per, (skip + take) * per);
        let mut out = Vec::new();
        let mut position = 0;
        for (state, count) in self.runs {
            let (begin, end) = (position, position + *count as usize);
            position = end;
            if end <= from || begin >= to {
                continue;
            }
            let first = if begin < from { from } else { begin };
            let last = if end > to { to } else { end };
            for cell in first / per..=(last - 1) / per {
                let at = cell - skip;
                if at == out.len() {
                    out.push(*state);
                } else if at < out.len() && worse(*state, out[at]) {
                    out[at] = *state;
                }
            }
        }
        out.into_iter().map(mark_of_number).collect()
    }
}

/// `!` before `-` before `>` before `.` before `#`.
fn worse(a: u8, b: u8) -> bool {
    let rank = |state: u8| match state {
        3 => 5,
        4 => 4,
        1 => 3,
        5 => 2,
        2 => 0,
        _ => 1,
    };
    rank(a) > rank(b)
}

#[must_use]
pub fn mark_of_number(state: u8) -> Mark {
    match state {
        1 => Mark::Running,
        2 => Mark::Done,
        3 => Mark::Failed,
        4 => Mark::Skipped,
        // Unassigned, tried before.
        5 => Mark::Again,
        _ => Mark::Left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_bar_and_lose_nobody() {
        assert_eq!(shares(20, &[995, 2, 2, 0, 172]), [16, 1, 1, 0, 2]);
        assert_eq!(shares(20, &[1170, 0, 1, 0, 0]), [19, 0, 1, 0, 0]);
        assert_eq!(shares(20, &[0, 0, 0, 0, 0]), [0; 5]);
        assert_eq!(shares(20, &[1, 0, 0, 0, 0]), [20, 0, 0, 0, 0]);
        assert_eq!(shares(3, &[1000, 1, 1, 1, 1]).iter().sum::<u16>(), 3);
        for amounts in [[7, 1, 1, 1, 90_000], [1, 1, 1, 1, 1], [50, 50, 0, 0, 1]] {
            let cells = shares(20, &amounts);
            assert_eq!(cells.iter().sum::<u16>(), 20);
            assert!(amounts.iter().zip(&cells).all(|(a, c)| *a == 0 || *c > 0), "{cells:?}");
        }
    }

    #[test]
    fn a_map_shows_the_worst_of_each_group() {
        let map = Map { runs: &[(2, 10), (3, 1), (2, 9), (1, 4), (0, 6)], cells: 10 };
        assert_eq!(map.per_cell(), 3);
        let marks = map.marks(0, 100);
        assert_eq!(marks.len(), 10);
        assert_eq!(marks[3], Mark::Failed);
        assert_eq!(marks[0], Mark::Done);
        assert_eq!(marks[6], Mark::Running);
        assert_eq!(marks[9], Mark::Left);
        assert_eq!(map.marks(3, 2), marks[3..5]);
    }

    #[test]
    fn a_running_chunk_is_never_drawn_as_done() {
        let states = States { done: 0, running: 1, failed: 0, skipped: 0, left: 0, percent: 40 };
        assert_eq!(runs(20, &states)[0], (Mark::Done, 0));
        assert_eq!(runs(20, &states)[1], (Mark::Running, 8));
        assert_eq!(runs(20, &states)[4], (Mark::Left, 12));
    }
}
