//! Rejected rows in the machine: counted, read again, taken back.

use super::core::chunk::{ChunkId, ChunkMethod, Rejects};
use super::core::job::*;
use super::core::plan::TableIndex;
use super::kit::PlanKit;
use super::rig::Rig;

fn rejects(count: u32) -> Rejects {
    Rejects { count, handout: 1 }
}

fn done_with(rig: &mut Rig, one: Assignment, count: u32) {
    let Work::Chunk { chunk, attempt, .. } = one.work else { panic!("{one:?} is no chunk") };
    let rejects = Rejects { count, handout: attempt };
    rig.report(Report::ChunkDone {
        worker: one.worker,
        chunk,
        attempt,
        rows: 7,
        bytes: 70,
        rejects,
    });
}

/// Two chunks are in, with three and with no rejected rows; the job is completed.
fn completed() -> Rig {
    let mut kit = PlanKit::new();
    kit.bare_table(ChunkMethod::Key { columns: vec!["id".to_owned()] }, &[100, 100]);
    let mut rig = Rig::running(&kit);
    let first = rig.assign_chunk();
    done_with(&mut rig, first, 3);
    let second = rig.assign_chunk();
    done_with(&mut rig, second, 0);
    rig.final_check();
    assert_eq!(rig.job.state, JobState::Completed);
    rig
}

fn retry(rig: &mut Rig, keys: u32) {
    let key = vec!["id".to_owned()];
    let tables = vec![RejectRetry { table: TableIndex(0), key, batches: vec![keys] }];
    rig.command(Command::RetryRejects { tables });
    if rig.job.wants_snapshot(rig.now) {
        rig.open_snapshot();
    }
}

#[test]
fn a_job_with_rejected_rows_keeps_its_ledger_and_says_so() {
    let rig = completed();
    assert_eq!(rig.job.progress().rows_rejected, 3);
    assert!(!rig.job.is_whole() && !rig.job.wants_cleanup());
}

#[test]
fn a_retry_takes_up_what_was_rejected_and_adds_what_is_again() {
    let mut rig = completed();
    retry(&mut rig, 3);
    assert_eq!(rig.job.progress().rows_rejected, 3, "until it is done");
    let again = rig.assign_chunk();
    assert_eq!(again.work, Work::Chunk { chunk: ChunkId(2), attempt: 1, snapshot: 2 });
    done_with(&mut rig, again, 1);
    assert_eq!(rig.job.progress().rows_rejected, 1);
    assert_eq!(rig.job.rejects_open(TableIndex(0)), 1);
    rig.final_check();
    retry(&mut rig, 1);
    let last = rig.assign_chunk();
    done_with(&mut rig, last, 0);
    rig.final_check();
    assert!(rig.job.is_whole() && rig.job.wants_cleanup());
}

#[test]
fn a_chunk_that_is_done_again_takes_its_rows_from_a_retry_that_waits() {
    let mut rig = completed();
    retry(&mut rig, 3);
    // The target has lost the first chunk.
    rig.notice(Notice::TargetLost {
        fault: super::rig::fault(super::core::fault::FaultKind::ConnectionLost),
    });
    rig.notice(Notice::Recovered { side: super::core::fault::Side::Target });
    let kept = Committed { chunk: ChunkId(1), rows: 7, rejects: rejects(0) };
    rig.notice(Notice::Reconciled { chunks: vec![kept], steps: Vec::new() });
    assert_eq!(rig.chunk(0).status, ChunkStatus::Unassigned);
    assert_eq!(rig.chunk(2).keys, 0, "its rows come with the first chunk again");
    assert_eq!(rig.job.progress().rows_rejected, 0);
}

#[test]
fn a_table_that_begins_again_takes_its_retries_along() {
    let mut rig = completed();
    retry(&mut rig, 3);
    let again = rig.assign_chunk();
    done_with(&mut rig, again, 0);
    rig.command(Command::Reload { table: TableIndex(0) });
    assert!(rig.job.chunks.iter().all(|c| c.status == ChunkStatus::Unassigned && c.keys == 0));
    assert_eq!(rig.job.progress().rows_rejected, 0);
    assert!(rig.job.tables.iter().all(|t| t.begins_again));
}

#[test]
fn nothing_is_read_again_while_rows_are_copied() {
    let mut kit = PlanKit::new();
    kit.bare_table(ChunkMethod::Whole, &[100]);
    let rig = Rig::running(&kit);
    let wish = Command::RetryRejects { tables: Vec::new() };
    assert!(rig.job.permits(&wish).is_err());
}
