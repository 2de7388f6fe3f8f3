//! A job's life: planned, run, steered, stopped, killed, resumed.

use super::*;

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
    assert!(place.world.commits().values().all(|count| *count == 1));
    console.must(Action::Stop { now: false }).await;
    assert_eq!(engine.end().await, JobState::Completed);
    let master = place.master();
    assert!(master.externals().unwrap().is_empty(), "the ledger was removed");
    let runs = master.runs(10).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].chunks, runs[0].end_state.as_deref()), (40, Some("COMPLETED")));
}
