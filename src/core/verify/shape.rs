//! What is read on each side, and where the two sides may be cut alike.

use super::super::chunk::ChunkMethod;
use super::super::plan::{ColumnPlan, DataPath, Existing, RowChoice, TablePlan};

/// The target's table as if it were a source: what a reader of the target is told to read, cell by
/// cell. All its rows and its own values: filters, samples and expressions are of the source.
#[must_use]
pub fn mirrored(plan: &TablePlan) -> TablePlan {
    let target_name = |name: &String| {
        let column = plan.columns.iter().find(|c| c.name == *name);
        column.map_or_else(|| name.clone(), |c| c.target_name.clone())
    };
    let columns = plan.columns.iter().map(|column| ColumnPlan {
        name: column.target_name.clone(),
        source_declared: column.target_declared.clone(),
        source_logical: column.target_logical.clone(),
        expression: None,
        ..column.clone()
    });
    TablePlan {
        source: plan.target.clone(),
        target: plan.target.clone(),
        columns: columns.collect(),
        path: DataPath::Conventional,
        method: match &plan.method {
            ChunkMethod::Key { columns } => {
                ChunkMethod::Key { columns: columns.iter().map(target_name).collect() }
            }
            other => other.clone(),
        },
        chunks: Vec::new(),
        key: plan.key.iter().map(target_name).collect(),
        existing: Existing::Append,
        rows: RowChoice::default(),
        ..plan.clone()
    }
}

/// Positions of the key's columns among those that are compared; `None` for a table without a key,
/// or whose key is not compared whole.
#[must_use]
pub fn keys_of(plan: &TablePlan) -> Option<Vec<usize>> {
    let at = |name: &String| plan.columns.iter().position(|c| c.name == *name);
    let found: Option<Vec<usize>> = plan.key.iter().map(at).collect();
    found.filter(|positions| !positions.is_empty())
}

/// The source's table as a comparison reads it: cell by cell.
#[must_use]
pub fn read_by_cells(plan: &TablePlan) -> TablePlan {
    TablePlan { path: DataPath::Conventional, chunks: Vec::new(), ..plan.clone() }
}

/// Do the servers hash the chunks of this table?
#[must_use]
pub fn hashed_in_servers(plan: &TablePlan) -> bool {
    plan.path != DataPath::Conventional
}
