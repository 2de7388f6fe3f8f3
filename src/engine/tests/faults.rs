//! Trouble: lost servers, refused rows, full disks, a ledger that is gone.

use super::*;
use crate::driver::memory::crm_tables;

fn alert(job: &JobView, id: &str) -> bool {
    job.alerts.iter().any(|a| a.id == id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_source_is_waited_for_and_the_job_goes_on_by_itself() {
    let place = Place::new(3, 60, 10, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("a chunk", |job| job.progress.chunks_done > 3).await;
    console.must(Action::SimFault { script: "source-lost for 700ms".to_owned() }).await;
    let held = console.wait_until("the hold", |job| alert(job, "source-lost")).await;
    let told = held.job.alerts.iter().find(|a| a.id == "source-lost").unwrap();
    assert!(told.what.contains("57P01") && !told.safe.is_empty() && !told.keys.is_empty());
    assert!(told.next.contains("Next look at"), "{}", told.next);
    let end = console.wait_state("COMPLETED").await;
    assert_eq!(end.job.snapshots, 2);
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_cut_by_position_begins_again_with_a_new_snapshot() {
    let mut tables = crm_tables();
    tables.truncate(1);
    tables[0].has_key = false;
    tables[0].refers_to = None;
    tables[0].chunks = 30;
    tables[0].rows = 30_000;
    tables[0].bytes = 30 * 32 * 1024 * 1024;
    let shape = Shape {
        tables,
        chunk_time: Duration::from_millis(20),
        index_time: Duration::from_millis(1),
        script: Vec::new(),
        file: None,
    };
    let place = Place::with(shape, |_| {});
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("chunks", |job| job.progress.chunks_done > 5).await;
    console.must(Action::SimFault { script: "snapshot-lost".to_owned() }).await;
    let end = console.wait_state("COMPLETED").await;
    assert_eq!(end.job.snapshots, 2);
    assert_eq!(place.world.verdict(), None);
    let story = place.master().events(1000).unwrap();
    assert!(story.iter().any(|e| e.text.contains("begins again")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_the_target_lost_are_made_again() {
    let place = Place::new(3, 60, 10, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("chunks", |job| job.progress.chunks_done > 8).await;
    console.must(Action::SimFault { script: "target-lost for 500ms".to_owned() }).await;
    console.wait_until("the hold", |job| alert(job, "target-lost")).await;
    place.world.forget_commits(5);
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
    let story = place.master().events(1000).unwrap();
    assert!(story.iter().any(|e| e.text.contains("is not in the target's ledger")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_row_fails_its_chunk_only_and_a_retry_mends_it() {
    let place = Place::new(2, 20, 1, "reject-rows made.table_00000 3 2");
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    let end = console.wait_state("COMPLETED").await;
    assert_eq!((end.job.progress.chunks_done, end.job.progress.chunks_failed), (18, 2));
    assert!(end.job.progress.percent < 100, "100 means committed");
    assert!(alert(&end.job, "chunks-failed"));
    let failed = failed_ones();
    let Reply::Chunks { total, chunks } =
        console.ask(RequestBody::Chunks { filter: failed, offset: 0, limit: 10 }).await
    else {
        panic!("no chunks")
    };
    assert_eq!(total, 2);
    assert_eq!((chunks[0].number, chunks[0].state), (3, 3));
    assert!(chunks[0].range.starts_with("id from"), "{}", chunks[0].range);
    assert_eq!(chunks[0].error_code.as_deref(), Some("23505"));
    assert!(chunks[0].error_message.as_deref().unwrap().contains("already exists"));
    assert_eq!(place.master().failed_by_cause().unwrap()[0].chunks, 2);

    // Another engine knows of them as well, and the ledger is still there.
    engine.kill().await;
    let _second = place.start();
    let mut console = place.console().await;
    console.wait_state("COMPLETED").await;
    console.must(Action::Retry { chunks: vec![], steps: vec![] }).await;
    let end = console
        .wait_until("all", |job| job.state == "COMPLETED" && job.progress.chunks_failed == 0)
        .await;
    assert_eq!(end.job.progress.percent, 100);
    assert_eq!(place.world.verdict(), None);
}

fn failed_ones() -> crate::protocol::ChunkFilter {
    crate::protocol::ChunkFilter { table: None, state: Some(3) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_tried_again_without_anybody_asking() {
    let place = Place::new(1, 6, 1, "deadlock made.table_00000 2 2");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
    let (_, chunks) = place.master().chunks(Default::default(), 0, 10).unwrap();
    assert_eq!(chunks.iter().filter(|c| c.attempts == 2).count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_login_is_not_tried_again_until_somebody_says_so() {
    let place = Place::new(1, 40, 20, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("a chunk", |job| job.progress.chunks_done > 0).await;
    console.must(Action::SimFault { script: "login-refused target".to_owned() }).await;
    console.wait_until("the hold", |job| alert(job, "login-refused")).await;
    console.must(Action::SimFault { script: "clear".to_owned() }).await;
    let still = console.status().await;
    assert!(alert(&still.job, "login-refused"), "nobody asked yet");
    console.must(Action::Resume).await;
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_target_holds_the_job_and_nothing_fails() {
    let place = Place::new(1, 20, 5, "target-full");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    let held = console.wait_until("the hold", |job| alert(job, "out-of-space")).await;
    assert_eq!(held.job.progress.chunks_failed, 0);
    console.must(Action::SimFault { script: "clear".to_owned() }).await;
    console.must(Action::Resume).await;
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_that_cannot_be_saved() {
    let place = Place::new(2, 200, 10, "");
    let _engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("a chunk", |job| job.progress.chunks_done > 0).await;
    place.world.faults.add(parse_script("state-disk-full").unwrap());
    let held = console.wait_until("the hold", |job| alert(job, "store-unwritable")).await;
    let told = &held.job.alerts[0];
    assert!(told.safe.contains("nothing is written to the target"), "{}", told.safe);
    assert!(matches!(console.act(Action::Pause).await, Reply::Refused { .. }));
    // At most what was at its commit when the disk filled up was still committed.
    let committed = |place: &Place| place.world.commits().len();
    let count = console.wait_until("rest", |job| job.threads.run <= 4).await;
    let before = committed(&place);
    for _ in 0..20 {
        console.status().await;
    }
    assert!(committed(&place) <= before + 4, "{:?}", count.job.progress);
    place.world.faults.clear();
    console.must(Action::Resume).await;
    console.wait_state("COMPLETED").await;
    assert_eq!(place.world.verdict(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_gone_stops_everything_until_somebody_looks() {
    let place = Place::new(2, 40, 10, "");
    let engine = place.start();
    let mut console = place.console().await;
    console.start_job().await;
    console.wait_until("chunks", |job| job.progress.chunks_done > 3).await;
    engine.kill().await;
    let target = place.world.target();
    target.drop_ledger("test_1").await.unwrap();
    let _second = place.start();
    let mut console = place.console().await;
    let held = console.wait_until("the hold", |job| alert(job, "ledger-missing")).await;
    assert_eq!(held.job.threads.run, 0);
    assert!(held.workers.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_cannot_be_made_says_why_and_is_made_again_on_request() {
    let place = Place::new(1, 2, 1, "source-lost for 400ms");
    let _engine = place.start();
    let mut console = place.console().await;
    let failed = console.wait_until("the fault", |job| alert(job, "plan-failed")).await;
    assert!(!failed.job.planned);
    let deadline = Instant::now() + PATIENCE;
    while let Reply::Refused { message } = console.act(Action::Start).await {
        assert!(Instant::now() < deadline, "{message}");
    }
    console.wait_state("COMPLETED").await;
}
