//! What a verification found, as a console shows it.

use crate::core::plan::TablePlan;
use crate::core::verify::Difference;
use crate::protocol::{ComparedView, DifferenceView};

/// Figures of one table's compared chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComparedFigures {
    pub equal: u32,
    pub differ: u32,
    pub repaired: u32,
    pub source_rows: u64,
    pub target_rows: u64,
    pub missing: u64,
    pub extra: u64,
    pub different: u64,
    pub at_least: bool,
}

/// The figures of several tables together; `shape`: tables and columns only the source has.
pub fn compared_view(
    figures: impl IntoIterator<Item = ComparedFigures>,
    shape: usize,
) -> ComparedView {
    let shape = u32::try_from(shape).unwrap_or(u32::MAX);
    let mut view = ComparedView { shape, ..ComparedView::default() };
    for one in figures {
        view.chunks_equal += one.equal;
        view.chunks_differ += one.differ;
        view.chunks_repaired += one.repaired;
        view.source_rows += one.source_rows;
        view.target_rows += one.target_rows;
        view.missing += one.missing;
        view.extra += one.extra;
        view.different += one.different;
        view.at_least |= one.at_least;
    }
    view.differs = view.chunks_differ > 0 || shape > 0;
    view
}

/// A differing row for people.
#[must_use]
pub fn difference_view(plan: &TablePlan, chunk: u32, difference: &Difference) -> DifferenceView {
    let pairs = plan.key.iter().zip(&difference.key);
    let key = match difference.has_key {
        true => pairs.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", "),
        false => format!("row {}", difference.key.join(" ")),
    };
    DifferenceView {
        table: plan.source.to_string(),
        chunk,
        change: difference.change.word().to_owned(),
        key,
        columns: difference.columns.clone(),
        values: Vec::new(),
    }
}

/// The same row with both sides' values: of the columns that differ, or of all.
#[must_use]
pub fn with_values(
    plan: &TablePlan,
    view: DifferenceView,
    source: Option<&[Option<String>]>,
    target: Option<&[Option<String>]>,
) -> DifferenceView {
    let value = |side: Option<&[Option<String>]>, at: usize| {
        side.and_then(|values| values.get(at).cloned().flatten())
    };
    let shown = plan
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| view.columns.is_empty() || view.columns.contains(&column.name));
    let values = shown.map(|(at, c)| (c.name.clone(), value(source, at), value(target, at)));
    DifferenceView { values: values.collect(), ..view }
}
