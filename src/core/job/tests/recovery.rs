//! The ledger against the master table.

use super::core::fault::{FaultKind, Side};
use super::core::job::*;
use super::core::plan::{LockMode, StepId, StepKind};
use super::kit::{PlanKit, TableKit, key};
use super::rig::{Rig, lost};

fn one_table() -> (PlanKit, TableKit, StepId) {
    let mut kit = PlanKit::new();
    let table = kit.table(key(), &[100, 100, 100]);
    let index = kit.index(table, 1, LockMode::Shared);
    (kit, table, index)
}

#[test]
fn a_new_engine_compares_before_it_gives_anything_out() {
    let (kit, table, _) = one_table();
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    rig.restart();
    assert!(rig.job.wants_reconcile());
    rig.command(Command::Resume);
    assert_eq!(rig.offer(4, 2), Vec::new());
    assert!(!rig.job.wants_snapshot(rig.now) && !rig.job.wants_final_check());
    // Committed and recorded; committed and not recorded.
    let events = rig.reconcile(&[0, 1], &[table.create]);
    assert!(events.contains(&Event::Reconciled { adopted: 1, revoked: 0 }), "{events:?}");
    assert_eq!((rig.chunk(1).status, rig.chunk(1).rows), (ChunkStatus::Processed, 7));
    rig.open_snapshot();
    rig.finish();
    let handouts: Vec<u32> = rig.job.chunks.iter().map(|chunk| chunk.handouts).collect();
    assert_eq!(handouts, [2, 2, 2], "each once to see, once to load, none twice");
}

#[test]
fn what_was_in_work_and_is_not_in_the_ledger_goes_back_uncounted() {
    let (kit, table, _) = one_table();
    let mut rig = Rig::loading(&kit);
    rig.assign(2, 0);
    rig.restart();
    let events = rig.reconcile(&[], &[table.create]);
    assert!(events.contains(&Event::Reconciled { adopted: 0, revoked: 0 }), "{events:?}");
    for id in [0, 1] {
        assert_eq!((rig.chunk(id).status, rig.chunk(id).attempts), (ChunkStatus::Unassigned, 0));
    }
}

#[test]
fn what_the_target_forgot_is_done_again() {
    let (kit, table, index) = one_table();
    let mut rig = Rig::loading(&kit);
    rig.finish();
    assert_eq!(rig.job.state, JobState::Completed);
    // The same at the final check: the target lost the index and the last chunk.
    let mut rig = Rig::loading(&kit);
    for one in rig.assign(3, 0) {
        rig.done(one);
    }
    let given = rig.assign(0, 1);
    rig.done(given[0]);
    assert!(rig.job.wants_final_check());
    let events = rig.reconcile(&[0, 1], &[table.create]);
    assert!(events.contains(&Event::ChunkRevoked { chunk: super::core::chunk::ChunkId(2) }));
    assert!(events.contains(&Event::StepRevoked { step: index }));
    assert_eq!(rig.job.state, JobState::Executing);
    assert!(!rig.job.wants_final_check());
    assert_eq!(rig.notice(Notice::FinalCheckDone), Vec::new(), "it is not done at all");
    rig.finish();
    assert!(rig.job.is_whole());
    assert_eq!(rig.job.standing(index).handouts, 2);
}

#[test]
fn a_lost_target_is_compared_again_once_it_is_back() {
    let (kit, table, _) = one_table();
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(3, 0);
    rig.done(given[0]);
    rig.fail_with(given[1], lost(Side::Target));
    assert!(!rig.job.reconciled && !rig.job.wants_reconcile(), "it does not answer");
    assert_eq!(rig.reconcile(&[0], &[table.create]), Vec::new(), "read before the loss");
    rig.tick(1_000);
    rig.notice(Notice::Recovered { side: Side::Target });
    assert!(rig.job.wants_reconcile());
    // Chunk 0 is gone; chunk 1 had been committed; chunk 2 is still in work.
    let events = rig.reconcile(&[1], &[table.create]);
    assert!(events.contains(&Event::Reconciled { adopted: 1, revoked: 1 }), "{events:?}");
    assert_eq!(rig.chunk(2).status, ChunkStatus::Assigned);
    // Its good news may be about a commit that is gone.
    let events = rig.done(given[2]);
    assert!(matches!(events[1], Event::TrustLost { .. }), "{events:?}");
    assert_eq!(rig.offer(4, 0), Vec::new());
    rig.reconcile(&[1, 2], &[table.create]);
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn a_killed_step_is_looked_up_as_well() {
    let (kit, table, index) = one_table();
    for committed in [true, false] {
        let mut rig = Rig::loading(&kit);
        for one in rig.assign(3, 0) {
            rig.done(one);
        }
        rig.assign(0, 1);
        rig.restart();
        let steps = if committed { vec![table.create, index] } else { vec![table.create] };
        rig.reconcile(&[0, 1, 2], &steps);
        let expected = if committed { StepStatus::Done } else { StepStatus::Waiting };
        assert_eq!(rig.job.standing(index).status, expected);
        assert_eq!(rig.job.standing(index).attempts, u32::from(committed));
    }
}

#[test]
fn a_failed_chunk_that_is_in_the_ledger_was_processed() {
    let (kit, table, _) = one_table();
    let mut rig = Rig::loading(&kit);
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::Other);
    rig.restart();
    rig.reconcile(&[0], &[table.create]);
    assert_eq!(rig.chunk(0).status, ChunkStatus::Processed);
}

#[test]
fn a_missing_ledger_is_fine_at_first_and_a_riddle_later() {
    let (kit, _, _) = one_table();
    let mut rig = Rig::new(&kit);
    rig.command(Command::Start);
    rig.notice(Notice::LedgerMissing);
    assert!(rig.job.reconciled, "nothing is recorded, nothing is missing");
    let mut rig = Rig::loading(&kit);
    let one = rig.assign_chunk();
    rig.done(one);
    rig.restart();
    rig.command(Command::Resume);
    rig.notice(Notice::LedgerMissing);
    assert!(rig.held(HoldReason::LedgerMissing).is_some());
    assert!(!rig.job.wants_reconcile());
    assert_eq!(rig.offer(4, 2), Vec::new());
    assert_eq!(rig.chunk(0).status, ChunkStatus::Processed, "nothing is thrown away");
    rig.command(Command::Resume);
    assert!(rig.job.wants_reconcile(), "the operator wants it looked for again");
}

#[test]
fn rows_that_outlive_their_truncate_begin_again() {
    let (mut kit, table, _) = one_table();
    kit.step_mut(table.create).kind = StepKind::Truncate;
    let mut rig = Rig::loading(&kit);
    let one = rig.assign_chunk();
    rig.done(one);
    rig.restart();
    rig.command(Command::Resume);
    rig.reconcile(&[0], &[]);
    rig.open_snapshot();
    let given = rig.assign(4, 0);
    assert_eq!(given.len(), 1, "the truncate alone: {given:?}");
    rig.done(given[0]);
    let given = rig.assign(4, 0);
    assert!(matches!(given[..], [Assignment { work: Work::BeginAgain { .. }, .. }]), "{given:?}");
    rig.done(given[0]);
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn an_emptying_that_was_interrupted_is_done_again_and_old_rows_are_not_adopted() {
    let (kit, table, _) = one_table();
    let mut rig = Rig::loading(&kit);
    let one = rig.assign_chunk();
    rig.done(one);
    rig.command(Command::Reload { table: table.table });
    rig.assign(1, 0);
    rig.restart();
    rig.command(Command::Resume);
    rig.reconcile(&[0], &[table.create]);
    assert_eq!(rig.chunk(0).status, ChunkStatus::Unassigned);
    let given = rig.assign(1, 0);
    assert!(matches!(given[..], [Assignment { work: Work::BeginAgain { .. }, .. }]), "{given:?}");
}
