//! Who is given what.

use super::core::chunk::ChunkMethod;
use super::core::fault::FaultKind;
use super::core::job::*;
use super::core::plan::{LockMode, Section, StepId, StepKind, TableIndex};
use super::kit::{PlanKit, key};
use super::rig::{Rig, chunk_of, step_of, tables_of};

#[test]
fn the_largest_table_gets_several_workers_and_the_others_their_turn() {
    let mut kit = PlanKit::new();
    let big = kit.table(key(), &[1000; 10]).table;
    let middle = kit.table(key(), &[1000; 3]).table;
    let small = kit.table(key(), &[10]).table;
    let mut rig = Rig::loading(&kit);
    rig.command(Command::Threads { want: 8 });
    let given = rig.assign(8, 0);
    let tables = tables_of(&rig.job, &given);
    let count = |table: TableIndex| tables.iter().filter(|other| **other == table).count();
    assert_eq!(tables[0], big);
    assert_eq!((count(big), count(middle), count(small)), (6, 2, 0), "{tables:?}");
}

#[test]
fn the_slider_is_the_limit_and_lowering_it_drains() {
    let mut kit = PlanKit::new();
    kit.table(key(), &[100; 20]);
    let mut rig = Rig::loading(&kit);
    let first = rig.assign(32, 0);
    assert_eq!(first.len(), 4);
    rig.command(Command::Threads { want: 2 });
    assert!(rig.job.may_keep(WorkerId(2)) && !rig.job.may_keep(WorkerId(3)));
    assert_eq!(rig.offer(32, 0), Vec::new(), "all that may stay are busy");
    rig.done(first[3]);
    assert_eq!(rig.offer(32, 0), Vec::new(), "worker 4 leaves");
    rig.done(first[0]);
    assert_eq!(rig.offer(32, 0).len(), 1);
    assert!(rig.job.may_keep(WorkerId(BUILD_WORKER_FIRST + 1)));
    assert!(!rig.job.may_keep(WorkerId(BUILD_WORKER_FIRST + 2)), "two index workers");
}

#[test]
fn indexes_of_one_table_are_built_while_another_still_loads() {
    let mut kit = PlanKit::new();
    let big = kit.table(key(), &[1000, 1000]);
    let small = kit.table(key(), &[10]);
    let light = kit.index(small, 5, LockMode::Shared);
    let heavy = kit.index(small, 50, LockMode::Shared);
    let other = kit.index(big, 500, LockMode::Shared);
    let mut rig = Rig::loading(&kit);
    let chunks = rig.assign(3, 2);
    assert_eq!(chunks.len(), 3, "no index before its rows: {chunks:?}");
    let of_small = |one: &&Assignment| chunk_of(**one) == 2;
    let one = *chunks.iter().find(of_small).expect("the small table has its turn");
    rig.done(one);
    assert_eq!(rig.job.state, JobState::Executing);
    let built: Vec<StepId> = rig.assign(0, 2).into_iter().map(step_of).collect();
    assert_eq!(built, [heavy, light], "the heaviest first");
    assert_eq!(rig.job.standing(other).status, StepStatus::Waiting);
}

#[test]
fn a_failed_chunk_does_not_keep_the_indexes_waiting() {
    let mut kit = PlanKit::new();
    let table = kit.table(key(), &[10, 10]);
    kit.index(table, 5, LockMode::Shared);
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    rig.fail(given[1], FaultKind::RowRefused);
    assert_eq!(rig.offer(0, 1).len(), 1);
}

#[test]
fn steps_share_a_table_only_when_both_may() {
    for (one, other, together) in [
        (LockMode::Shared, LockMode::Shared, 2),
        (LockMode::Shared, LockMode::Exclusive, 1),
        (LockMode::Exclusive, LockMode::Exclusive, 1),
    ] {
        let mut kit = PlanKit::new();
        let table = kit.table(key(), &[10]);
        kit.index(table, 2, one);
        kit.index(table, 1, other);
        let mut rig = Rig::loading(&kit);
        let chunk = rig.assign_chunk();
        rig.done(chunk);
        assert_eq!(rig.offer(0, 2).len(), together, "{one:?} {other:?} in one round");
        let first = rig.assign(0, 1);
        let second = rig.offer(0, 2);
        assert_eq!(first.len() + second.len(), together, "{one:?} {other:?} in two rounds");
        rig.done(first[0]);
        assert_eq!(rig.offer(0, 2).len(), 1);
    }
}

#[test]
fn a_foreign_key_waits_for_both_loads_and_the_key_it_refers_to() {
    let mut kit = PlanKit::new();
    let parent = kit.table(key(), &[10]);
    let child = kit.table(key(), &[10]);
    let primary = kit.index(parent, 1, LockMode::Exclusive);
    let waits = [parent.load, child.load, primary];
    let foreign = kit.step(StepKind::Constraint, Section::PostData, &waits);
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    let index = rig.assign(0, 2);
    assert_eq!(index.iter().map(|one| step_of(*one)).collect::<Vec<_>>(), [primary]);
    rig.done(index[0]);
    assert_eq!(rig.offer(0, 2), Vec::new());
    rig.done(given[1]);
    let given = rig.offer(0, 2);
    assert_eq!(given.iter().map(|one| step_of(*one)).collect::<Vec<_>>(), [foreign]);
}

#[test]
fn definitions_come_before_rows_and_the_rest_after() {
    let mut kit = PlanKit::new();
    let table = kit.table(key(), &[10, 10]);
    let view = kit.step(StepKind::Ddl, Section::PostData, &[table.create]);
    let objects = kit.step(StepKind::LargeObjects, Section::Data, &[table.create]);
    let mut rig = Rig::running(&kit);
    let given = rig.assign(4, 2);
    assert_eq!(given.iter().map(|one| step_of(*one)).collect::<Vec<_>>(), [table.create]);
    rig.done(given[0]);
    let given = rig.offer(4, 2);
    assert_eq!((step_of(given[0]), step_of(given[3])), (objects, view), "{given:?}");
    assert_eq!(tables_of(&rig.job, &given[1..3]), [table.table, table.table]);
}

#[test]
fn an_empty_table_does_not_skip_its_definition() {
    let mut kit = PlanKit::new();
    let table = kit.table(key(), &[]);
    kit.index(table, 1, LockMode::Shared);
    let mut rig = Rig::running(&kit);
    let given = rig.assign(1, 2);
    assert_eq!(given.len(), 1);
    rig.done(given[0]);
    assert_eq!(rig.offer(1, 2).len(), 1);
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn a_chunk_whose_wait_is_over_goes_first() {
    let mut kit = PlanKit::new();
    kit.table(key(), &[1000; 3]);
    let small = kit.table(ChunkMethod::Whole, &[1]).table;
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(4, 0);
    let of_small = *given
        .iter()
        .find(|one| rig.job.chunks[chunk_of(**one) as usize].table == small)
        .expect("four workers, four chunks");
    for one in given {
        rig.fail(one, if one == of_small { FaultKind::Deadlock } else { FaultKind::Cancelled });
    }
    assert_ne!(tables_of(&rig.job, &rig.offer(1, 0)), [small]);
    rig.tick(1_000);
    assert_eq!(tables_of(&rig.job, &rig.offer(1, 0)), [small]);
}

/// A scan over all chunks for each input would take this test days.
#[test]
fn a_million_chunks_cost_no_more_than_a_few() {
    let mut kit = PlanKit::new();
    for number in 0..10_000 {
        kit.table(key(), &vec![number; 100]);
    }
    let mut job = Job::new(&kit.plan, &super::kit::spec());
    let now = super::core::time::Timestamp(0);
    let idle = IdleWorkers {
        copy: (1..=32).map(WorkerId).collect(),
        build: vec![WorkerId(BUILD_WORKER_FIRST)],
    };
    let feed = |job: &mut Job, input: Input| {
        for event in job.decide(&input, now).expect("granted") {
            job.apply(&event, now).expect("lawful");
        }
    };
    feed(&mut job, Input::Engine(Notice::EngineStarted));
    feed(&mut job, Input::Operator(super::kit::ana(), Command::Start));
    feed(&mut job, Input::Operator(super::kit::ana(), Command::Threads { want: 32 }));
    feed(&mut job, Input::Engine(Notice::Reconciled { chunks: vec![], steps: vec![] }));
    feed(&mut job, Input::Engine(Notice::SnapshotOpened { label: String::new() }));
    for _ in 0..600 {
        let given = job.assignments(&idle, now);
        assert_eq!(given.len(), 32);
        for event in job.assignment_events(&given) {
            job.apply(&event, now).expect("lawful");
        }
        for Assignment { worker, work } in given {
            let report = match work {
                Work::Chunk { chunk, attempt, .. } => {
                    let rejects = super::core::chunk::Rejects::default();
                    Report::ChunkDone { worker, chunk, attempt, rows: 1, bytes: 1, rejects }
                }
                Work::Step { step, attempt } => Report::StepDone { worker, step, attempt },
                Work::BeginAgain { .. } => unreachable!("nothing begins again"),
            };
            feed(&mut job, Input::Worker(report));
            feed(&mut job, Input::Tick);
            let _ = (job.progress(), job.next_wakeup(now), job.wants_final_check());
        }
    }
    assert_eq!(job.progress().chunks_done, 19_200 - 10_000);
}
