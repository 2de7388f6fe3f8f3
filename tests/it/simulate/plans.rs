//! Plans as a seed makes them: a few tables cut in different ways, with all that belongs to them.

use super::kit::{PlanKit, TableKit, key};
use super::rng::Rng;
use tidegate::core::chunk::ChunkMethod;
use tidegate::core::plan::Section;
use tidegate::core::plan::{LockMode, MigrationPlan, StepKind};

pub fn random_plan(rng: &mut Rng) -> MigrationPlan {
    let mut kit = PlanKit::new();
    let schema = kit.step(StepKind::Ddl, Section::PreData, &[]);
    let tables: Vec<TableKit> = (0..=rng.below(7)).map(|_| random_table(&mut kit, rng)).collect();
    let mut indexed = Vec::new();
    for table in &tables {
        kit.step_mut(table.create).waits_for.push(schema);
        for _ in 0..rng.below(3) {
            let mode = rng.pick(&[LockMode::Shared, LockMode::Exclusive]);
            indexed.push((*table, kit.index(*table, rng.next() % 1000, mode)));
        }
    }
    for _ in 0..rng.below(3) {
        let ((from, _), (to, index)) = match indexed.is_empty() {
            true => break,
            false => (rng.pick(&indexed), rng.pick(&indexed)),
        };
        let waits = [from.load, to.load, index];
        let key = kit.step(StepKind::Constraint, Section::PostData, &waits);
        kit.step_mut(key).locks =
            vec![(from.table, LockMode::Exclusive), (to.table, LockMode::Exclusive)];
    }
    if rng.chance(50) {
        kit.step(StepKind::LargeObjects, Section::Data, &[schema]);
    }
    let loads: Vec<_> = tables.iter().map(|table| table.load).collect();
    if rng.chance(70) {
        kit.step(StepKind::Sequence, Section::PostData, &loads);
    }
    let comment = kit.step(StepKind::Ddl, Section::PostData, &loads[..1]);
    kit.step_mut(comment).optional = true;
    kit.step(StepKind::Analyse, Section::PostData, &[comment]);
    kit.plan
}

fn random_table(kit: &mut PlanKit, rng: &mut Rng) -> TableKit {
    let method = rng.pick(&[key(), ChunkMethod::Ctid, ChunkMethod::Rowid, ChunkMethod::Whole]);
    let chunks = match method {
        ChunkMethod::Whole => 1,
        ChunkMethod::Key { .. } | ChunkMethod::Ctid | ChunkMethod::Rowid => 1 + rng.below(12),
    };
    let sizes: Vec<u64> = (0..chunks).map(|_| rng.next() % 5000).collect();
    let table = kit.table(method, &sizes);
    if rng.chance(30) {
        kit.step_mut(table.create).kind = StepKind::Truncate;
    }
    table
}
