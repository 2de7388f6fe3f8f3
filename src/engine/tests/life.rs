//! A job's life: planned, run, steered, stopped, killed, resumed.

use super::*;
use crate::driver::LedgerKey;

/// Every chunk was committed exactly once.
fn committed_once(place: &Place) -> bool {
    place.world.commits().iter().all(|(key, count)| match key {
        LedgerKey::Chunk(_) => *count == 1,
        LedgerKey::Step(_) => true,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_to_its_end_and_every_row_is_there_once() {
    let place = Place::new(5, 40, 2, "");
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    let end = console.wait_state("COMPLETED").await;
    assert_eq!(end.job.progress.percent, 100);
    assert_eq!(end.job.progress.chunks_done, 40);
    assert_eq!(place.world.verdict(), None);
    assert!(committed_once(&place));
    console.must(Action::Stop { now: false }).await;
    assert_eq!(engine.end().await, JobState::Completed);
    let master = place.master();
    assert!(master.externals().unwrap().is_empty(), "the ledger was removed");
    let runs = master.runs(10).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].chunks, runs[0].end_state.as_deref()), (40, Some("COMPLETED")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pausing_thrice_is_pausing_once_and_the_snapshot_stays() {
    let place = Place::new(3, 60, 20, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("a chunk", |job| job.progress.chunks_done > 0).await;
    for _ in 0..3 {
        console.must(Action::Pause).await;
    }
    let paused = console.wait_state("IDLING").await;
    assert!(paused.job.held_by[0].starts_with("paused by ana"), "{:?}", paused.job.held_by);
    assert_eq!(paused.job.threads.run, 0);
    for _ in 0..3 {
        console.must(Action::Resume).await;
    }
    let end = console.wait_state("COMPLETED").await;
    assert_eq!(end.job.snapshots, 1, "a pause keeps the snapshot");
    assert_eq!(place.world.verdict(), None);
    let story = place.master().events(1000).unwrap();
    let asked = story.iter().filter(|e| e.text.contains("-> STOP PENDING")).count();
    assert_eq!(asked, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_remembered_and_the_next_engine_goes_on() {
    let place = Place::new(4, 60, 20, "");
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("a chunk", |job| job.progress.chunks_done > 0).await;
    console.must(Action::Stop { now: false }).await;
    assert_eq!(engine.end().await, JobState::Stopped);

    let done_before = place.master().summary().unwrap().chunks_done;
    assert!(done_before > 0);
    let _second = place.start();
    let mut console = place.console().await;
    let found = console.wait_state("STOPPED").await;
    assert_eq!(found.job.progress.chunks_done, done_before);
    console.must(Action::Resume).await;
    let end = console.wait_state("COMPLETED").await;
    assert_eq!(end.job.snapshots, 2);
    assert!(end.job.alerts.iter().any(|a| a.id == "snapshots-mixed"));
    assert_eq!(place.world.verdict(), None);
    assert!(committed_once(&place));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_given_back_by_a_hard_stop_is_done_again_once() {
    let place = Place::new(2, 8, 10_000, "");
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("work", |job| job.progress.chunks_running == 4).await;
    console.must(Action::Stop { now: true }).await;
    assert_eq!(engine.end().await, JobState::Stopped);
    let summary = place.master().summary().unwrap();
    assert_eq!((summary.chunks_done, summary.chunks_failed), (0, 0));
    assert!(place.world.verdict().is_some(), "nothing was copied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_killed_again_and_again_copies_every_chunk_once() {
    let mut place = Place::new(4, 120, 4, "");
    place.world = World::new(Shape {
        tables: made_tables(4, 120),
        chunk_time: Duration::from_millis(4),
        index_time: Duration::from_millis(1),
        script: Vec::new(),
        file: None,
    })
    .unwrap();
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    let mut goal = 5;
    let mut engine = Some(engine);
    loop {
        let view = console
            .wait_until("progress", |job| {
                job.progress.chunks_done >= goal || job.state == "COMPLETED"
            })
            .await;
        if view.job.state == "COMPLETED" {
            break;
        }
        if let Some(running) = engine.take() {
            running.kill().await;
        }
        let before = place.master().summary().unwrap().chunks_done;
        engine = Some(place.start());
        console = place.console().await;
        let found = console.wait_state("IDLING").await;
        assert!(found.job.progress.chunks_done >= before, "nothing finished is thrown away");
        console.must(Action::Resume).await;
        goal = found.job.progress.chunks_done + 9;
    }
    assert_eq!(place.world.verdict(), None);
    assert!(committed_once(&place));
    assert!(place.master().runs(100).unwrap().len() > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lowering_the_slider_restarts_nothing() {
    let place = Place::new(2, 48, 250, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.must(Action::Threads { want: 12 }).await;
    console.wait_until("12 workers", |job| job.threads.run == 12).await;
    console.must(Action::Threads { want: 2 }).await;
    console.wait_until("2 workers", |job| job.threads.run == 2).await;
    console.wait_state("COMPLETED").await;
    let (_, chunks) = place.master().chunks(Default::default(), 0, 100).unwrap();
    assert!(chunks.iter().all(|c| c.attempts == 1), "no chunk was begun twice");
    assert!(committed_once(&place));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drain_now_gives_back_what_draining_workers_hold() {
    let place = Place::new(1, 8, 20_000, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("4 chunks", |job| job.progress.chunks_running == 4).await;
    console.must(Action::Threads { want: 1 }).await;
    console.wait_until("draining", |job| job.threads.draining == 3).await;
    let message = console.must(Action::DrainNow).await;
    assert_eq!(message, "3 workers give their work back");
    let after = console
        .wait_until("1 worker", |job| job.threads.run == 1 && job.progress.chunks_running == 1)
        .await;
    assert_eq!(after.job.progress.chunks_failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_holds_the_whole_job_and_says_so() {
    let place = Place::new(1, 4, 0, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.wait_until("the plan", |job| job.planned).await;
    console.must(Action::Rate { bytes: Some(1_000_000) }).await;
    console.must(Action::Start).await;
    let held = console
        .wait_until("the limit", |job| {
            job.held_by.iter().any(|h| h.starts_with("rate limit 1 MB/s"))
        })
        .await;
    assert_eq!(held.job.rate.limit_by.as_deref().map(|by| &by[..3]), Some("ana"));
    console.must(Action::Rate { bytes: None }).await;
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequences_and_indexes_are_made_after_the_rows() {
    let place = Place::new(3, 9, 1, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    let end = console.wait_state("COMPLETED").await;
    let statements = place.world.statements();
    assert!(statements.iter().any(|s| s.starts_with("setval made.table_00000_id_seq")));
    assert!(statements.iter().any(|s| s.contains("ix_table_00002_1")), "{statements:?}");
    let failed: u32 = end.job.phases.iter().map(|p| p.failed).sum();
    assert_eq!(failed, 0);
    assert!(end.job.phases.iter().all(|p| p.done == p.total), "{:?}", end.job.phases);
}
