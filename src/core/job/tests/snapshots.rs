//! One snapshot after another.

use super::core::chunk::ChunkMethod;
use super::core::fault::FaultKind;
use super::core::job::*;
use super::core::plan::TableIndex;
use super::kit::{PlanKit, key};
use super::rig::{Rig, fault};

fn one_table(method: ChunkMethod, chunks: usize) -> PlanKit {
    let mut kit = PlanKit::new();
    kit.table(method, &vec![100; chunks]);
    kit
}

fn lose_snapshot(rig: &mut Rig) {
    rig.notice(Notice::SnapshotLost { fault: fault(FaultKind::SnapshotLost) });
    assert!(rig.job.wants_snapshot(rig.now));
    assert_eq!(rig.offer(4, 0), Vec::new(), "no rows without a snapshot");
}

#[test]
fn a_snapshot_is_wanted_before_the_first_row() {
    let mut rig = Rig::new(&one_table(key(), 1));
    assert!(!rig.job.wants_snapshot(rig.now), "nobody started it");
    rig.command(Command::Start);
    assert!(!rig.job.wants_snapshot(rig.now), "the ledger first");
    rig.reconcile(&[], &[]);
    assert!(rig.job.wants_snapshot(rig.now));
    rig.open_snapshot();
    assert!(!rig.job.wants_snapshot(rig.now));
    assert_eq!(rig.job.snapshots, 1);
}

#[test]
fn a_table_cut_by_key_goes_on_with_a_new_snapshot() {
    let mut rig = Rig::loading(&one_table(key(), 3));
    let one = rig.assign_chunk();
    rig.done(one);
    lose_snapshot(&mut rig);
    let events = rig.open_snapshot();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(rig.job.snapshots, 2);
    rig.finish();
    assert_eq!(rig.job.progress().chunks_done, 3);
}

#[test]
fn a_table_cut_by_position_begins_again() {
    for method in [ChunkMethod::Ctid, ChunkMethod::Rowid] {
        let mut rig = Rig::loading(&one_table(method, 3));
        let given = rig.assign(2, 0);
        rig.done(given[0]);
        lose_snapshot(&mut rig);
        let events = rig.open_snapshot();
        assert!(matches!(events[1], Event::TableBeginsAgain { by: None, .. }), "{events:?}");
        assert_eq!(rig.offer(4, 0), Vec::new(), "one of its chunks is still in work");
        let events = rig.done(given[1]);
        assert!(matches!(events[0], Event::ChunkReleased { charge: Charge::Nothing, .. }));
        let emptying = rig.assign(4, 0);
        assert!(matches!(emptying[..], [Assignment { work: Work::BeginAgain { .. }, .. }]));
        assert_eq!(rig.job.progress().rows_done, 0);
        rig.done(emptying[0]);
        rig.finish();
        assert_eq!(rig.job.progress().chunks_done, 3);
        assert_eq!(rig.job.tables[0].snapshot, 2);
    }
}

#[test]
fn what_is_complete_whole_or_not_begun_stays_as_it_is() {
    let mut kit = PlanKit::new();
    let done = kit.table(ChunkMethod::Ctid, &[900, 900]);
    let single = kit.table(ChunkMethod::Ctid, &[500]);
    let whole = kit.table(ChunkMethod::Whole, &[400]);
    let untouched = kit.table(ChunkMethod::Ctid, &[1, 1]);
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(4, 0);
    for one in given {
        match rig.job.chunks[super::rig::chunk_of(one) as usize].table {
            table if table == done.table => rig.done(one),
            _ => rig.fail(one, FaultKind::SnapshotLost),
        };
    }
    assert!(!rig.job.snapshot_open, "its workers said so");
    assert_eq!(rig.job.progress().chunks_done, 2);
    let events = rig.open_snapshot();
    assert_eq!(events.len(), 1, "{events:?}");
    for table in [single, whole, untouched] {
        assert!(!rig.job.tables[table.table.0 as usize].begins_again);
    }
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn a_worker_of_an_older_snapshot_says_nothing_about_the_present_one() {
    let mut rig = Rig::loading(&one_table(key(), 2));
    let one = rig.assign_chunk();
    lose_snapshot(&mut rig);
    rig.open_snapshot();
    rig.fail(one, FaultKind::SnapshotLost);
    assert!(rig.job.snapshot_open);
    assert_eq!((rig.chunk(0).interruptions, rig.chunk(0).attempts), (1, 0));
}

#[test]
fn a_failed_chunk_cut_by_position_takes_its_table_along_when_the_snapshot_is_gone() {
    let mut rig = Rig::loading(&one_table(ChunkMethod::Ctid, 3));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::RowRefused);
    rig.finish();
    assert_eq!((rig.job.state, rig.job.snapshot_open), (JobState::Completed, false));
    rig.command(Command::Retry { chunks: Vec::new(), steps: Vec::new() });
    assert!(!rig.job.tables[0].begins_again, "its own snapshot might still be there");
    rig.open_snapshot();
    assert!(rig.job.tables[0].begins_again, "2 chunks of snapshot 1 and one of 2 do not mix");
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn a_retry_under_the_same_snapshot_begins_nothing_again() {
    let mut rig = Rig::loading(&one_table(ChunkMethod::Ctid, 3));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::RowRefused);
    rig.command(Command::Retry { chunks: Vec::new(), steps: Vec::new() });
    rig.finish();
    assert!(rig.job.is_whole());
    assert_eq!(rig.chunk(1).handouts, 1 + 1, "once to see, once to load");
}

#[test]
fn a_reload_takes_back_what_is_in_work() {
    let mut rig = Rig::loading(&one_table(key(), 2));
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    rig.command(Command::Reload { table: TableIndex(0) });
    assert_eq!(rig.command(Command::Reload { table: TableIndex(0) }), Vec::new());
    assert_eq!(rig.chunk(0).status, ChunkStatus::Unassigned);
    assert_eq!(rig.chunk(1).status, ChunkStatus::Assigned);
    let events = rig.fail(given[1], FaultKind::RowRefused);
    assert!(matches!(events[0], Event::ChunkReleased { .. }), "not failed: it is emptied anyway");
    rig.finish();
    assert!(rig.job.is_whole());
}
