//! A cursor in a list and the part of it that is in view. Both are kept by `update`, so that
//! drawing changes nothing.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub cursor: usize,
    /// First line in view.
    pub top: usize,
}

/// A way to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    By(isize),
    Pages(isize),
    HalfPages(isize),
    First,
    Last,
}

impl List {
    /// Moves the cursor within `len` lines of which `height` are in view.
    pub fn go(&mut self, to: Move, len: usize, height: usize) {
        let page = isize::try_from(height.clamp(1, 10_000)).unwrap_or(1);
        let by = match to {
            Move::By(n) => n,
            Move::Pages(n) => n * page,
            Move::HalfPages(n) => n * ((page + 1) / 2),
            Move::First => isize::MIN / 2,
            Move::Last => isize::MAX / 2,
        };
        let last = isize::try_from(len.saturating_sub(1)).unwrap_or(0);
        let at = isize::try_from(self.cursor).unwrap_or(0).saturating_add(by).clamp(0, last);
        self.cursor = usize::try_from(at).unwrap_or(0);
        self.fit(len, height);
    }

    /// Brings the cursor back into the list and into view.
    pub fn fit(&mut self, len: usize, height: usize) {
        let height = height.clamp(1, 10_000);
        self.cursor = self.cursor.clamp(0, len.saturating_sub(1));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.clamp(0, len.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_list_and_in_view() {
        let mut list = List::default();
        list.go(Move::By(1), 0, 5);
        assert_eq!(list, List { cursor: 0, top: 0 });
        list.go(Move::Last, 100, 10);
        assert_eq!(list, List { cursor: 99, top: 90 });
        list.go(Move::Pages(-1), 100, 10);
        assert_eq!(list, List { cursor: 89, top: 89 });
        list.go(Move::HalfPages(1), 100, 10);
        assert_eq!(list, List { cursor: 94, top: 89 });
        list.go(Move::First, 100, 10);
        assert_eq!(list, List { cursor: 0, top: 0 });
        list.cursor = 50;
        list.fit(20, 10);
        assert_eq!(list, List { cursor: 19, top: 10 });
        list.fit(20, 40);
        assert_eq!(list.top, 0);
    }
}
