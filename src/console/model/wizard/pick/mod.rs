//! The tree of schemas and tables, what of it is picked, and sums of both.
//!
//! Ten thousand tables are usual. A key visits at most every table a few times, a frame only what
//! the window holds: [`Tree::lines`] is made when a fold or the filter changes, sums are kept.

mod filter;
mod page;
mod parts;
pub mod selection;

use std::collections::HashMap;

pub use filter::Filter;
pub use page::{COLUMNS_REST_MS, Columns, Counting, Pick, PickId, Reading};
pub use parts::Parts;

use crate::config::FileSelection;
use crate::console::model::{List, Move};
use crate::protocol::survey::{SchemaView, SurveyTable};

/// Up to so many tables everything is unfolded at first.
const UNFOLDED_MAX: usize = 200;

/// A table with its pick.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    pub table: SurveyTable,
    /// `crm.orders`.
    pub full: String,
    lower: String,
    /// Wanted; with an obstacle it stays out all the same.
    pub picked: bool,
    shown: bool,
}

impl Leaf {
    fn new(schema: &str, table: SurveyTable) -> Leaf {
        let full = format!("{schema}.{}", table.name);
        Leaf { lower: full.to_lowercase(), full, table, picked: false, shown: true }
    }

    /// Will it be copied?
    #[must_use]
    pub fn goes(&self) -> bool {
        self.picked && self.table.obstacle.is_none()
    }
}

/// Amounts of some tables. Estimates of hostile sizes add up without overflowing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub tables: u32,
    pub rows: u128,
    pub bytes: u128,
    /// Tables whose rows are an estimate, or not known at all.
    pub rough: u32,
}

impl Sums {
    fn add(&mut self, table: &SurveyTable) {
        self.tables += 1;
        self.rows += u128::from(table.rows.unwrap_or(0));
        self.bytes += u128::from(table.bytes.unwrap_or(0));
        self.rough += u32::from(!table.exact);
    }

    fn take(&mut self, table: &SurveyTable) {
        self.tables -= 1;
        self.rows -= u128::from(table.rows.unwrap_or(0));
        self.bytes -= u128::from(table.bytes.unwrap_or(0));
        self.rough -= u32::from(!table.exact);
    }

    fn join(&mut self, other: &Sums) {
        self.tables += other.tables;
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.rough += other.rough;
    }
}

/// `[x]`, `[-]`, `[ ]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tri {
    All,
    Some,
    None,
}

/// A schema.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    pub name: String,
    pub leaves: Vec<Leaf>,
    pub unfolded: bool,
    /// A filter shows what it finds: folding counts anew under it.
    folded_under_filter: bool,
    /// Tables that the filter lets through.
    pub shown: u32,
    /// Picked ones, those with an obstacle among them.
    pub picked: u32,
    /// Of what will be copied.
    pub going: Sums,
    /// Of everything.
    pub whole: Sums,
}

impl Branch {
    #[must_use]
    pub fn tri(&self) -> Tri {
        match self.picked as usize {
            0 => Tri::None,
            n if n == self.leaves.len() => Tri::All,
            _ => Tri::Some,
        }
    }

    fn count(&mut self) {
        self.picked = 0;
        (self.going, self.whole) = (Sums::default(), Sums::default());
        for leaf in &self.leaves {
            self.picked += u32::from(leaf.picked);
            self.whole.add(&leaf.table);
            if leaf.goes() {
                self.going.add(&leaf.table);
            }
        }
    }

    fn pick(&mut self, at: usize, wanted: bool) {
        let leaf = &mut self.leaves[at];
        if leaf.picked == wanted {
            return;
        }
        leaf.picked = wanted;
        let goes = leaf.table.obstacle.is_none();
        if wanted {
            self.picked += 1;
            if goes {
                self.going.add(&leaf.table);
            }
        } else {
            self.picked -= 1;
            if goes {
                self.going.take(&leaf.table);
            }
        }
    }
}

/// What a line stands for: the cursor is on a thing, whatever happens to the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Schema(usize),
    Table(usize, usize),
}

/// What a pick did, for the status line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Tables whose pick changed to this.
    pub tables: u32,
    pub picked: bool,
    /// Tables that the filter hides, which stayed as they were.
    pub hidden: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub branches: Vec<Branch>,
    by_name: HashMap<String, (usize, usize)>,
    filter: Filter,
    /// In the order shown.
    pub lines: Vec<Thing>,
    pub list: List,
    /// Where the cursor is; absent: nothing is shown.
    pub at: Option<Thing>,
    /// Tables looked at so far: what bounds the work of a key is bounded by this.
    pub work: u64,
}

impl Tree {
    /// Everything is picked, as in a job file that names nothing.
    #[must_use]
    pub fn new(schemas: Vec<SchemaView>) -> Tree {
        let tables: usize = schemas.iter().map(|schema| schema.tables.len()).sum();
        let unfolded = tables <= UNFOLDED_MAX || schemas.len() == 1;
        let mut tree = Tree::default();
        for (b, schema) in schemas.into_iter().enumerate() {
            let leaves: Vec<Leaf> =
                schema.tables.into_iter().map(|table| Leaf::new(&schema.name, table)).collect();
            let names = leaves.iter().enumerate().map(|(l, leaf)| (leaf.full.clone(), (b, l)));
            tree.by_name.extend(names);
            tree.branches.push(Branch { name: schema.name, leaves, unfolded, ..Branch::default() });
        }
        tree.pick_as(&FileSelection::default());
        tree.at = tree.lines.first().copied();
        tree
    }

    #[must_use]
    pub fn tables(&self) -> usize {
        self.branches.iter().map(|branch| branch.leaves.len()).sum()
    }

    #[must_use]
    pub fn shown(&self) -> u64 {
        self.branches.iter().map(|branch| u64::from(branch.shown)).sum()
    }

    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Of everything that will be copied.
    #[must_use]
    pub fn going(&self) -> Sums {
        let mut sums = Sums::default();
        self.branches.iter().for_each(|branch| sums.join(&branch.going));
        sums
    }

    #[must_use]
    pub fn find(&self, full: &str) -> Option<(usize, usize)> {
        self.by_name.get(full).copied()
    }

    #[must_use]
    pub fn leaf(&self, (b, l): (usize, usize)) -> Option<&Leaf> {
        self.branches.get(b)?.leaves.get(l)
    }

    /// The table under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&Leaf> {
        match self.at? {
            Thing::Table(b, l) => self.leaf((b, l)),
            Thing::Schema(_) => None,
        }
    }

    /// Names of what will be copied.
    #[must_use]
    pub fn going_names(&self) -> Vec<String> {
        let leaves = self.branches.iter().flat_map(|branch| &branch.leaves);
        leaves.filter(|leaf| leaf.goes()).map(|leaf| leaf.full.clone()).collect()
    }

    fn is_open(&self, b: usize) -> bool {
        let branch = &self.branches[b];
        match self.filter.is_empty() {
            true => branch.unfolded,
            false => !branch.folded_under_filter,
        }
    }

    #[must_use]
    pub fn unfolded(&self, b: usize) -> bool {
        b < self.branches.len() && self.is_open(b)
    }

    /// Makes the lines anew; the cursor stays on its thing, or goes to the nearest one before it.
    fn arrange(&mut self) {
        let was = self.at;
        let row = self.list.cursor;
        self.lines.clear();
        for b in 0..self.branches.len() {
            let filtered = !self.filter.is_empty();
            let branch = &mut self.branches[b];
            branch.shown = 0;
            for leaf in &mut branch.leaves {
                self.work += 1;
                leaf.shown = self.filter.lets(leaf);
                branch.shown += u32::from(leaf.shown);
            }
            if filtered && branch.shown == 0 {
                continue;
            }
            self.lines.push(Thing::Schema(b));
            if self.is_open(b) {
                let leaves = self.branches[b].leaves.iter().enumerate();
                let shown = leaves.filter(|(_, leaf)| leaf.shown);
                self.lines.extend(shown.map(|(l, _)| Thing::Table(b, l)));
            }
        }
        self.list.cursor = was.and_then(|thing| self.row_of(thing)).unwrap_or(row);
        self.list.cursor = self.list.cursor.clamp(0, self.lines.len().saturating_sub(1));
        self.at = self.lines.get(self.list.cursor).copied();
    }

    /// The line of a thing, or of the schema that hides it.
    fn row_of(&self, thing: Thing) -> Option<usize> {
        let place = |thing: Thing| match thing {
            Thing::Schema(b) => (b, 0),
            Thing::Table(b, l) => (b, l + 1),
        };
        let found = self.lines.binary_search_by_key(&place(thing), |line| place(*line));
        match (found, thing) {
            (Ok(row), _) => Some(row),
            (Err(_), Thing::Table(b, _)) => {
                self.lines.binary_search_by_key(&(b, 0), |line| place(*line)).ok()
            }
            (Err(_), Thing::Schema(_)) => None,
        }
    }

    pub fn set_filter(&mut self, text: &str) {
        let filter = Filter::parse(text);
        if filter != self.filter {
            self.filter = filter;
            self.branches.iter_mut().for_each(|branch| branch.folded_under_filter = false);
            self.arrange();
        }
    }

    pub fn go(&mut self, to: Move, height: usize) {
        self.list.go(to, self.lines.len(), height);
        self.at = self.lines.get(self.list.cursor).copied();
    }

    pub fn fit(&mut self, height: usize) {
        self.list.fit(self.lines.len(), height);
    }

    /// Puts the cursor on a table, unfolding its schema; says whether it is shown.
    pub fn go_to(&mut self, full: &str) -> bool {
        let Some((b, l)) = self.find(full) else { return false };
        self.set_open(b, true);
        match self.row_of(Thing::Table(b, l)) {
            Some(row) => {
                self.list.cursor = row;
                self.at = self.lines.get(row).copied();
                self.at == Some(Thing::Table(b, l))
            }
            None => false,
        }
    }

    fn set_open(&mut self, b: usize, open: bool) {
        if self.is_open(b) == open {
            return;
        }
        match self.filter.is_empty() {
            true => self.branches[b].unfolded = open,
            false => self.branches[b].folded_under_filter = !open,
        }
        self.arrange();
    }

    /// `h`: folds, or goes from a table to its schema.
    pub fn left(&mut self) {
        match self.at {
            Some(Thing::Table(b, _)) => {
                self.at = Some(Thing::Schema(b));
                self.list.cursor = self.row_of(Thing::Schema(b)).unwrap_or(0);
            }
            Some(Thing::Schema(b)) => self.set_open(b, false),
            None => {}
        }
    }

    /// `l`: unfolds, or goes to the first table.
    pub fn right(&mut self, height: usize) {
        if let Some(Thing::Schema(b)) = self.at {
            match self.is_open(b) {
                true if self.branches[b].shown > 0 => self.go(Move::By(1), height),
                true => {}
                false => self.set_open(b, true),
            }
        }
    }

    /// Enter on a schema.
    pub fn fold_other(&mut self) {
        if let Some(Thing::Schema(b)) = self.at {
            let open = self.is_open(b);
            self.set_open(b, !open);
        }
    }

    /// `*`: unfolds all, or folds all when all are unfolded; says which.
    pub fn unfold_all(&mut self) -> bool {
        let all = (0..self.branches.len()).all(|b| self.is_open(b));
        let filtered = !self.filter.is_empty();
        for branch in &mut self.branches {
            match filtered {
                true => branch.folded_under_filter = all,
                false => branch.unfolded = !all,
            }
        }
        self.arrange();
        !all
    }

    /// Space: a table the other way; of a schema what is shown: none or some become all, all none.
    pub fn tick(&mut self) -> Changed {
        let changed = match self.at {
            Some(Thing::Table(b, l)) => {
                self.work += 1;
                let wanted = !self.branches[b].leaves[l].picked;
                self.branches[b].pick(l, wanted);
                Changed { tables: 1, picked: wanted, hidden: 0 }
            }
            Some(Thing::Schema(b)) => {
                let leaves = &self.branches[b].leaves;
                self.work += leaves.len() as u64;
                let wanted = leaves.iter().any(|leaf| leaf.shown && !leaf.picked);
                self.pick_shown(b..b + 1, |_| wanted)
            }
            None => Changed::default(),
        };
        self.picks_changed();
        changed
    }

    /// `a`, `A`, `i`: everything shown.
    pub fn tick_all(&mut self, how: How) -> Changed {
        let all = 0..self.branches.len();
        let changed = self.pick_shown(all, |was| match how {
            How::All => true,
            How::None => false,
            How::Invert => !was,
        });
        self.picks_changed();
        changed
    }

    fn pick_shown(
        &mut self,
        branches: std::ops::Range<usize>,
        wanted: impl Fn(bool) -> bool,
    ) -> Changed {
        let mut changed = Changed::default();
        for branch in &mut self.branches[branches] {
            for l in 0..branch.leaves.len() {
                self.work += 1;
                if !branch.leaves[l].shown {
                    changed.hidden += 1;
                    continue;
                }
                let (was, picked) = (branch.leaves[l].picked, wanted(branch.leaves[l].picked));
                changed.picked |= picked;
                changed.tables += u32::from(was != picked);
                branch.pick(l, picked);
            }
        }
        changed
    }

    fn picks_changed(&mut self) {
        if self.filter.asks_for_picks() {
            self.arrange();
        }
    }

    /// A count came in.
    pub fn counted(&mut self, full: &str, rows: u64) {
        let Some((b, l)) = self.find(full) else { return };
        self.work += 1;
        let branch = &mut self.branches[b];
        let leaf = &mut branch.leaves[l];
        branch.whole.take(&leaf.table);
        if leaf.goes() {
            branch.going.take(&leaf.table);
        }
        leaf.table.rows = Some(rows);
        leaf.table.exact = true;
        branch.whole.add(&leaf.table);
        if leaf.goes() {
            branch.going.add(&leaf.table);
        }
        if self.filter.asks_for_rows() {
            self.arrange();
        }
    }

    /// Reading the tables again keeps what is unfolded, filtered and under the cursor.
    pub fn like(&mut self, old: &Tree) {
        self.filter = old.filter.clone();
        for branch in &mut self.branches {
            if let Some(before) = old.branches.iter().find(|b| b.name == branch.name) {
                branch.unfolded = before.unfolded;
                branch.folded_under_filter = before.folded_under_filter;
            }
        }
        self.arrange();
        if let Some(leaf) = old.selected() {
            self.go_to(&leaf.full);
        }
    }
}

/// What happens to everything that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    All,
    None,
    Invert,
}

#[cfg(test)]
mod tests;
