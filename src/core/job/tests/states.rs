//! States against commands.

use super::core::job::*;
use super::core::plan::TableIndex;
use super::kit::{PlanKit, key};
use super::rig::Rig;
use JobState::{Completed, Completing, Defining, Executing, Idling, Stopped, Stopping};

const PAUSING: JobState = JobState::StopPending { then_leave: false };
const LEAVING: JobState = JobState::StopPending { then_leave: true };

fn two_chunks() -> PlanKit {
    let mut kit = PlanKit::new();
    let table = kit.table(key(), &[100, 100]);
    kit.index(table, 1, super::core::plan::LockMode::Shared);
    kit
}

/// A job in a state, with a chunk in work wherever the state allows it.
fn rig_in(state: JobState) -> Rig {
    let kit = two_chunks();
    let mut rig = match state {
        Defining => Rig::new(&kit),
        _ => Rig::loading(&kit),
    };
    match state {
        Defining => {}
        Executing => drop(rig.assign(1, 0)),
        JobState::StopPending { then_leave } => {
            rig.assign(1, 0);
            rig.command(if then_leave { Command::Stop { now: false } } else { Command::Pause });
        }
        Stopping => {
            rig.assign(1, 0);
            rig.command(Command::Stop { now: true });
        }
        Idling => drop(rig.command(Command::Pause)),
        Stopped => drop(rig.command(Command::Stop { now: false })),
        Completing => {
            for one in rig.assign(2, 0) {
                rig.done(one);
            }
            rig.assign(0, 1);
        }
        Completed => rig.finish(),
    }
    assert_eq!(rig.job.state, state);
    rig
}

#[test]
fn every_state_answers_every_command() {
    let (start, pause, resume) = (Command::Start, Command::Pause, Command::Resume);
    let (stop, abort) = (Command::Stop { now: false }, Command::Stop { now: true });
    let no = None;
    let table = [
        (Defining, [Some(Executing), no, no, Some(Defining), Some(Defining)]),
        (
            Executing,
            [Some(Executing), Some(PAUSING), Some(Executing), Some(LEAVING), Some(Stopping)],
        ),
        (PAUSING, [no, Some(PAUSING), Some(Executing), Some(LEAVING), Some(Stopping)]),
        (LEAVING, [no, Some(PAUSING), Some(Executing), Some(LEAVING), Some(Stopping)]),
        (Stopping, [no, no, no, Some(Stopping), Some(Stopping)]),
        (Idling, [no, Some(Idling), Some(Executing), Some(Stopped), Some(Stopped)]),
        (Stopped, [no, Some(Stopped), Some(Executing), Some(Stopped), Some(Stopped)]),
        (
            Completing,
            [Some(Completing), Some(PAUSING), Some(Completing), Some(LEAVING), Some(Stopping)],
        ),
        (Completed, [no, no, no, Some(Completed), Some(Completed)]),
    ];
    for (state, outcomes) in table {
        let commands = [&start, &pause, &resume, &stop, &abort];
        for (command, outcome) in commands.into_iter().zip(outcomes) {
            let mut rig = rig_in(state);
            let case = format!("{command:?} in {}", state.word());
            let Some(outcome) = outcome else {
                let refusal = rig.job.permits(command).expect_err(&case);
                assert!(refusal.0.len() > 20, "{case}: a sentence, not {refusal:?}");
                continue;
            };
            rig.command(command.clone());
            assert_eq!(rig.job.state, outcome, "{case}");
            let before = rig.job.clone();
            assert_eq!(rig.command(command.clone()), Vec::new(), "{case}, pressed again");
            assert_eq!(rig.job, before, "{case}, pressed again");
        }
    }
}

#[test]
fn changes_of_work_are_refused_before_the_start_and_in_mid_stop() {
    let chunks = vec![super::core::chunk::ChunkId(1)];
    let retry = Command::Retry { chunks: Vec::new(), steps: Vec::new() };
    let skip = Command::Skip { chunks, reason: "bad row".to_owned() };
    let reload = Command::Reload { table: TableIndex(0) };
    for state in [Defining, Executing, PAUSING, LEAVING, Stopping, Idling, Stopped, Completing] {
        let allowed = !matches!(state, Defining | Stopping);
        let rig = rig_in(state);
        for command in [&retry, &reload] {
            let granted = rig.job.permits(command).is_ok();
            assert_eq!(granted, allowed, "{command:?} in {}", state.word());
        }
        let granted = rig.job.permits(&skip).is_ok();
        assert_eq!(granted, allowed && state != Completing, "skip in {}", state.word());
    }
}

#[test]
fn sliders_move_in_every_state_and_within_their_limits() {
    for state in [Defining, Executing, PAUSING, Stopping, Idling, Stopped, Completing, Completed] {
        let mut rig = rig_in(state);
        rig.command(Command::Threads { want: 32 });
        rig.command(Command::IndexWorkers { want: 1 });
        rig.command(Command::Rate { bytes: Some(40_000_000) });
        assert_eq!((rig.job.threads, rig.job.index_workers), (32, 1));
        assert_eq!(rig.job.rate_bytes, Some(40_000_000));
        rig.command(Command::ThreadsMax { max: 8 });
        assert_eq!((rig.job.threads, rig.job.threads_max), (8, 8), "lowered along");
    }
    let rig = rig_in(Executing);
    for (command, sentence) in [
        (Command::Threads { want: 0 }, "0 would stop the copy but not the job. Press p to pause."),
        (Command::Threads { want: 33 }, "max is 32"),
        (Command::ThreadsMax { max: 257 }, "257 is more than 256"),
        (
            Command::Rate { bytes: Some(0) },
            "0 would stop the copy but not the job; pause it instead",
        ),
    ] {
        assert_eq!(rig.job.permits(&command), Err(Refusal(sentence.to_owned())));
    }
    assert!(rig.job.permits(&Command::IndexWorkers { want: 0 }).is_err());
}

#[test]
fn a_pause_waits_for_the_work_and_keeps_the_snapshot() {
    let mut rig = rig_in(Executing);
    let held = rig.job.busy.clone();
    rig.command(Command::Pause);
    assert_eq!(rig.job.state, PAUSING);
    assert_eq!(rig.offer(4, 2), Vec::new(), "nothing new is given out");
    for (worker, work) in held {
        rig.done(Assignment { worker, work });
    }
    assert_eq!(rig.job.state, Idling);
    assert!(rig.job.snapshot_open);
    assert_eq!(rig.chunk(0).status, ChunkStatus::Processed);
}

#[test]
fn a_stop_goes_through_stopping_to_stopped() {
    let mut rig = rig_in(Executing);
    rig.command(Command::Stop { now: true });
    assert_eq!(rig.job.state, Stopping);
    let events = rig.notice(Notice::WorkersGone);
    assert!(matches!(events[0], Event::ChunkReleased { charge: Charge::Nothing, .. }));
    assert_eq!(rig.job.state, Stopped);
    assert!(!rig.job.snapshot_open);
    assert_eq!((rig.chunk(0).status, rig.chunk(0).attempts), (ChunkStatus::Unassigned, 0));
    // An orderly stop has nothing to give back, and passes the same states.
    let mut rig = rig_in(Idling);
    let to = |event: &Event| match event {
        Event::StateChanged { to, .. } => Some(*to),
        _ => None,
    };
    let states: Vec<JobState> =
        rig.command(Command::Stop { now: false }).iter().filter_map(to).collect();
    assert_eq!(states, [LEAVING, Stopping, Stopped]);
}

#[test]
fn a_killed_engine_leaves_a_job_that_waits_for_the_operator() {
    for (state, after) in [
        (Defining, Defining),
        (Executing, Idling),
        (PAUSING, Idling),
        (LEAVING, Stopped),
        (Stopping, Stopped),
        (Idling, Idling),
        (Stopped, Stopped),
        (Completing, Idling),
        (Completed, Completed),
    ] {
        let mut rig = rig_in(state);
        rig.restart();
        assert_eq!(rig.job.state, after, "killed while {}", state.word());
        assert!(!rig.job.reconciled && !rig.job.snapshot_open);
    }
}

#[test]
fn the_last_chunk_makes_it_completing_and_the_final_check_completed() {
    let mut rig = rig_in(Completing);
    let held: Vec<_> = rig.job.busy.clone().into_iter().collect();
    assert!(!rig.job.wants_final_check(), "the index is being built");
    for (worker, work) in held {
        rig.done(Assignment { worker, work });
    }
    assert!(rig.job.wants_final_check());
    assert!(!rig.job.wants_cleanup());
    rig.final_check();
    assert_eq!(rig.job.state, Completed);
    assert!(rig.job.is_whole() && rig.job.wants_cleanup());
    rig.notice(Notice::CleanedUp);
    assert!(!rig.job.wants_cleanup());
    let refusal = rig.job.permits(&Command::Reload { table: TableIndex(0) });
    assert!(refusal.is_err_and(|refusal| refusal.0.contains("ledger removed")));
}

#[test]
fn a_completed_job_executes_again_when_a_table_is_reloaded() {
    let mut rig = rig_in(Completed);
    rig.command(Command::Reload { table: TableIndex(0) });
    assert_eq!(rig.job.state, Executing);
    assert!(!rig.job.final_check_done);
    let given = rig.assign(1, 1);
    assert!(matches!(given[..], [Assignment { work: Work::BeginAgain { .. }, .. }]));
    rig.done(given[0]);
    rig.finish();
    assert_eq!(rig.job.state, Completed);
    assert_eq!(rig.chunk(0).handouts, 3, "given back once, loaded twice");
}

#[test]
fn an_impossible_event_is_named_and_changes_nothing() {
    let mut rig = rig_in(Idling);
    let before = rig.job.clone();
    for event in [
        Event::ChunkRevoked { chunk: super::core::chunk::ChunkId(0) },
        Event::ChunkRevoked { chunk: super::core::chunk::ChunkId(99) },
        Event::StepDone { step: super::core::plan::StepId(99) },
        Event::StepDone { step: super::core::plan::StepId(1) },
        Event::TableEmptied { table: TableIndex(0) },
        Event::StateChanged { from: Executing, to: Idling, by: None, reason: None },
        Event::SnapshotOpened { number: 7, label: String::new() },
    ] {
        let error = rig.job.apply(&event, rig.now).expect_err("cannot follow");
        assert!(error.to_string().contains("cannot follow"), "{error}");
        assert_eq!(rig.job, before);
    }
}
