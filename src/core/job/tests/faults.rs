//! Faults by their disposition.

use super::core::fault::{Fault, FaultKind, Side};
use super::core::job::*;
use super::core::plan::{LockMode, Section, StepKind, TableIndex};
use super::core::spec::Limit;
use super::kit::{PlanKit, key};
use super::rig::{Rig, fault, has_kind, lost};

fn chunks(count: usize) -> PlanKit {
    let mut kit = PlanKit::new();
    kit.table(key(), &vec![100; count]);
    kit
}

#[test]
fn a_deadlock_is_tried_again_later_and_fails_at_the_limit() {
    let mut rig = Rig::loading(&chunks(1));
    for (attempts, wait) in [(1, 1_000), (2, 4_000)] {
        let one = rig.assign_chunk();
        rig.fail(one, FaultKind::Deadlock);
        assert_eq!(rig.chunk(0).attempts, attempts);
        assert_eq!(rig.chunk(0).not_before, Some(rig.now.plus_ms(wait)));
        assert_eq!(rig.job.next_wakeup(rig.now), Some(rig.now.plus_ms(wait)));
        assert_eq!(rig.offer(4, 0), Vec::new(), "not before its time");
        rig.tick(wait);
    }
    let one = rig.assign_chunk();
    let events = rig.fail(one, FaultKind::Deadlock);
    assert!(matches!(events[0], Event::ChunkFailed { .. }));
    assert_eq!(rig.chunk(0).status, ChunkStatus::ProcessedWithError);
    assert_eq!(rig.chunk(0).attempts, 3);
}

#[test]
fn a_refused_row_fails_its_chunk_at_once_and_a_retry_begins_afresh() {
    let mut rig = Rig::loading(&chunks(2));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::RowRefused);
    assert_eq!(rig.chunk(0).status, ChunkStatus::ProcessedWithError);
    rig.finish();
    assert_eq!(rig.job.state, JobState::Completed);
    assert!(!rig.job.is_whole() && !rig.job.wants_cleanup(), "the ledger stays for the retry");
    let events = rig.command(Command::Retry { chunks: Vec::new(), steps: Vec::new() });
    assert!(matches!(events[0], Event::ChunkRetried { .. }));
    assert_eq!(rig.job.state, JobState::Executing);
    assert_eq!(rig.chunk(0).attempts, 0);
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn skipped_chunks_are_settled_and_come_back_when_named() {
    let mut rig = Rig::loading(&chunks(2));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::RowRefused);
    let id = super::core::chunk::ChunkId(0);
    rig.command(Command::Skip { chunks: vec![id], reason: "known bad".to_owned() });
    rig.finish();
    assert_eq!(rig.job.state, JobState::Completed);
    assert!(rig.job.is_whole());
    assert_eq!(rig.job.progress().chunks_skipped, 1);
    let all = rig.command(Command::Retry { chunks: Vec::new(), steps: Vec::new() });
    assert_eq!(all, Vec::new(), "what was skipped on purpose is not failed");
    rig.command(Command::Retry { chunks: vec![id, id], steps: Vec::new() });
    rig.finish();
    assert_eq!(rig.job.progress().chunks_done, 2);
}

#[test]
fn work_given_back_counts_nothing() {
    let mut rig = Rig::loading(&chunks(1));
    let before = *rig.chunk(0);
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::Cancelled);
    assert_eq!(*rig.chunk(0), Chunk { handouts: before.handouts + 1, ..before });
}

#[test]
fn a_lost_server_is_held_and_looked_at_on_a_ladder() {
    let mut rig = Rig::loading(&chunks(2));
    let given = rig.assign(2, 0);
    rig.fail_with(given[0], lost(Side::Source));
    let again = rig.fail_with(given[1], lost(Side::Source));
    assert_eq!(again.len(), 1, "one hold for many workers: {again:?}");
    assert_eq!((rig.chunk(0).interruptions, rig.chunk(0).attempts), (1, 0));
    assert_eq!(rig.offer(4, 2), Vec::new());
    assert!(rig.job.reconciled, "the source remembers nothing of ours");
    let side = Side::Source;
    for wait in [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 30_000] {
        assert_eq!(rig.job.probes_due(rig.now), Vec::new());
        assert_eq!(rig.job.next_wakeup(rig.now), Some(rig.now.plus_ms(wait)));
        rig.tick(wait);
        assert_eq!(rig.job.probes_due(rig.now), [side]);
        rig.notice(Notice::StillLost { fault: lost(side) });
    }
    assert_eq!(rig.held(HoldReason::ServerLost(side)).map(|hold| hold.tries), Some(7));
    rig.notice(Notice::Recovered { side });
    assert_eq!(rig.job.holds, Vec::new());
    assert_eq!(rig.offer(4, 0).len(), 2);
}

#[test]
fn the_target_does_its_steps_while_the_source_is_away() {
    let mut kit = chunks(1);
    let small = kit.table(key(), &[1]);
    kit.index(small, 1, LockMode::Shared);
    let mut rig = Rig::loading(&kit);
    let given = rig.assign(2, 0);
    rig.fail_with(given[0], lost(Side::Source));
    rig.done(given[1]);
    let given = rig.offer(4, 2);
    assert!(given.len() == 1 && has_kind(&rig.job, &given, StepKind::Index), "{given:?}");
}

#[test]
fn a_chunk_that_kills_its_connection_fails_in_the_end() {
    let mut rig = Rig::loading(&chunks(1));
    for _ in 0..19 {
        let one = rig.assign_chunk();
        rig.fail_with(one, lost(Side::Source));
        assert_eq!(rig.chunk(0).status, ChunkStatus::Unassigned);
        rig.notice(Notice::Recovered { side: Side::Source });
    }
    let one = rig.assign_chunk();
    rig.fail_with(one, lost(Side::Source));
    assert_eq!(rig.chunk(0).status, ChunkStatus::ProcessedWithError);
}

#[test]
fn a_full_target_is_tried_with_one_chunk_a_minute() {
    let mut rig = Rig::loading(&chunks(4));
    let given = rig.assign(2, 0);
    rig.fail(given[0], FaultKind::OutOfSpace);
    let reason = HoldReason::OutOfSpace(Side::Target);
    rig.done(given[1]);
    assert!(rig.held(reason).is_some(), "a chunk that was under way proves nothing yet");
    assert_eq!(rig.offer(4, 2), Vec::new());
    rig.tick(60_000);
    let trial = rig.assign(4, 2);
    assert_eq!(trial.len(), 1);
    assert_eq!(rig.offer(4, 2), Vec::new(), "one at a time");
    rig.fail(trial[0], FaultKind::OutOfSpace);
    assert_eq!(rig.held(reason).map(|hold| hold.tries), Some(1));
    assert_eq!(rig.offer(4, 2), Vec::new());
    rig.tick(60_000);
    let trial = rig.assign(4, 2);
    rig.done(trial[0]);
    assert_eq!(rig.job.holds, Vec::new());
    assert_eq!(rig.chunk(0).attempts + rig.chunk(1).attempts, 2, "a full disk counts nothing");
}

#[test]
fn a_refused_login_waits_for_the_operator() {
    let mut rig = Rig::loading(&chunks(1));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::LoginRefused);
    let hold = rig.held(HoldReason::LoginRefused(Side::Target)).expect("it holds");
    assert_eq!(hold.next_try, None, "trying again may lock the account");
    rig.tick(10_000_000);
    assert_eq!(rig.offer(4, 2), Vec::new());
    let events = rig.command(Command::Resume);
    assert!(matches!(events[..], [Event::HoldLifted { .. }]));
    assert_eq!(rig.offer(4, 0).len(), 1);
}

#[test]
fn what_the_engine_cannot_do_itself_holds_until_someone_acts() {
    let mut rig = Rig::loading(&chunks(1));
    let refused = Fault::new(FaultKind::Privilege, Side::Source, "no snapshot for you");
    rig.notice(Notice::SourceLost { fault: refused });
    assert!(rig.held(HoldReason::Refused(Side::Source)).is_some());
    assert_eq!(rig.offer(4, 0), Vec::new());
    // A time limit of our own says as much about the server as its own word.
    let mut rig = Rig::loading(&chunks(1));
    rig.notice(Notice::TargetLost { fault: lost(Side::Engine) });
    assert!(rig.held(HoldReason::ServerLost(Side::Target)).is_some() && !rig.job.reconciled);
    // A probe that is refused turns a lost server into a refused login.
    let mut rig = Rig::loading(&chunks(1));
    rig.notice(Notice::TargetLost { fault: lost(Side::Target) });
    rig.notice(Notice::StillLost { fault: fault(FaultKind::LoginRefused) });
    let reasons: Vec<_> = rig.job.holds.iter().map(|hold| hold.reason).collect();
    assert_eq!(reasons, [HoldReason::LoginRefused(Side::Target)]);
}

#[test]
fn a_server_that_stays_away_too_long_pauses_the_job() {
    let mut rig = Rig::loading(&chunks(2));
    let one = rig.assign_chunk();
    rig.fail_with(one, lost(Side::Source));
    let limit_ms = 60_000;
    let too_long = Notice::LostTooLong { side: Side::Source, limit_ms };
    rig.tick(limit_ms - 1);
    rig.notice(too_long.clone());
    assert_eq!(rig.job.state, JobState::Executing, "not yet");
    rig.tick(1);
    let events = rig.notice(too_long.clone());
    let paused = |event: &Event| match event {
        Event::StateChanged { reason: Some(why), .. } => why.contains("1 min"),
        _ => false,
    };
    assert!(events.iter().any(paused), "{events:?}");
    assert_eq!(rig.job.state, JobState::Idling);
    assert_eq!(rig.notice(too_long), Vec::new(), "said once");
    rig.notice(Notice::Recovered { side: Side::Source });
    assert_eq!(rig.job.state, JobState::Idling, "waits for somebody");
    rig.command(Command::Resume);
    assert_eq!(rig.job.state, JobState::Executing);
}

#[test]
fn a_passed_limit_gives_out_nothing_and_no_resume_lifts_it() {
    let mut rig = Rig::loading(&chunks(3));
    let limit = Limit::TargetSessions;
    let one = rig.assign_chunk();
    let passed = Notice::LimitPassed { limit, message: "52 (limit 40)".to_owned() };
    assert_eq!(rig.notice(passed.clone()).len(), 1);
    assert_eq!(rig.notice(passed), Vec::new(), "one hold, however often it is seen");
    assert_eq!(rig.offer(4, 0), Vec::new());
    assert_eq!(rig.done(one).len(), 1, "what is in work is finished");
    rig.command(Command::Resume);
    assert!(rig.held(HoldReason::Limit(limit)).is_some());
    rig.notice(Notice::LimitKept { limit });
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn twenty_failures_of_one_cause_pause_the_job() {
    let mut rig = Rig::loading(&chunks(60));
    for number in 0..20 {
        assert_eq!(rig.job.state, JobState::Executing, "after {number}");
        let one = rig.assign_chunk();
        rig.fail(one, FaultKind::RowRefused);
    }
    assert_eq!(rig.job.state, JobState::Idling);
    assert!(rig.held(HoldReason::TooManyFailures).is_some());
    rig.command(Command::Resume);
    assert_eq!((rig.job.state, rig.job.holds.len()), (JobState::Executing, 0));
    let one = rig.assign_chunk();
    rig.fail(one, FaultKind::RowRefused);
    assert_eq!(rig.job.state, JobState::Executing, "counted from the resume");
}

#[test]
fn fifty_failures_pause_the_job_whatever_their_causes() {
    let mut rig = Rig::loading(&chunks(60));
    for number in 0..50 {
        assert_eq!(rig.job.state, JobState::Executing, "after {number}");
        let one = rig.assign_chunk();
        let code = format!("{:05}", number / 10);
        rig.fail_with(one, fault(FaultKind::RowRefused).with_code(code));
    }
    assert_eq!(rig.job.state, JobState::Idling);
}

#[test]
fn a_late_report_leads_to_nothing() {
    let mut rig = Rig::loading(&chunks(2));
    let old = rig.assign_chunk();
    rig.fail(old, FaultKind::Cancelled);
    assert_eq!(rig.done(old), Vec::new(), "nobody holds it");
    let new = rig.assign_chunk();
    assert_ne!(old, new);
    assert_eq!(rig.done(old), Vec::new(), "an older attempt");
    assert_eq!(rig.fail(old, FaultKind::RowRefused), Vec::new(), "an older attempt");
    let other = Assignment { worker: WorkerId(2), ..new };
    assert_eq!(rig.done(other), Vec::new(), "another worker");
    assert_eq!(rig.done(new).len(), 1);
    assert_eq!(rig.done(new), Vec::new(), "twice");
}

#[test]
fn a_worker_that_vanishes_gives_back_and_the_ledger_is_asked() {
    let mut rig = Rig::loading(&chunks(1));
    let one = rig.assign_chunk();
    rig.notice(Notice::WorkerGone { worker: one.worker });
    assert_eq!((rig.chunk(0).status, rig.chunk(0).attempts), (ChunkStatus::Unassigned, 1));
    assert!(rig.job.wants_reconcile(), "its commit may have gone through");
    assert_eq!(rig.notice(Notice::WorkerGone { worker: one.worker }), Vec::new());
}

#[test]
fn an_optional_step_is_a_warning() {
    let mut kit = chunks(1);
    let comment = kit.step(StepKind::Ddl, Section::PreData, &[]);
    kit.step_mut(comment).optional = true;
    let after = kit.step(StepKind::Ddl, Section::PreData, &[comment]);
    let mut rig = Rig::running(&kit);
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    rig.fail(given[1], FaultKind::ObjectMissing);
    rig.finish();
    assert_eq!(rig.job.standing(after).status, StepStatus::Done);
    let progress = rig.job.progress();
    assert_eq!((progress.steps_failed, progress.steps_warned, progress.steps_done), (0, 1, 2));
    assert!(rig.job.is_whole());
}

#[test]
fn what_waits_for_a_failed_step_never_starts_and_a_retry_mends_it() {
    let mut kit = chunks(2);
    let other = kit.table(key(), &[50]);
    kit.index(other, 1, LockMode::Shared);
    let mut rig = Rig::running(&kit);
    let given = rig.assign(2, 0);
    rig.done(given[0]);
    rig.fail(given[1], FaultKind::Privilege);
    rig.finish();
    assert_eq!(rig.job.state, JobState::Completed);
    let progress = rig.job.progress();
    assert_eq!((progress.chunks_done, progress.chunks_left, progress.steps_failed), (2, 1, 1));
    assert!(!rig.job.is_whole());
    rig.command(Command::Retry { chunks: Vec::new(), steps: vec![other.create] });
    rig.finish();
    assert!(rig.job.is_whole());
}

#[test]
fn a_table_that_cannot_be_emptied_fails_and_is_emptied_by_a_retry() {
    let mut rig = Rig::loading(&chunks(2));
    let one = rig.assign_chunk();
    rig.done(one);
    rig.command(Command::Reload { table: TableIndex(0) });
    let given = rig.assign(4, 0);
    assert_eq!(given.len(), 1, "nothing of it is loaded before");
    rig.fail(given[0], FaultKind::Privilege);
    assert_eq!(rig.job.progress().chunks_failed, 2);
    let skip = Command::Skip {
        chunks: vec![super::core::chunk::ChunkId(0)],
        reason: "leave it".to_owned(),
    };
    assert!(rig.job.permits(&skip).is_err(), "its old rows are still there");
    rig.finish();
    assert_eq!(rig.job.state, JobState::Completed);
    rig.command(Command::Retry { chunks: Vec::new(), steps: Vec::new() });
    let given = rig.assign(4, 0);
    assert!(matches!(given[..], [Assignment { work: Work::BeginAgain { .. }, .. }]));
    rig.done(given[0]);
    rig.finish();
    assert!(rig.job.is_whole());
}
