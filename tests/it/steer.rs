//! Threads, rate, pause, resume and stop act on the servers as they say, and cost nothing.

use std::time::Duration;

use crate::support::made::{SMALL_CHUNKS, source};
use crate::support::postgres::{Database, PgServer};
use crate::support::wait::never_during;
use crate::support::{Deadline, Tidegate, oracle, wait_until};

const JOB: &str = "steered";

struct Scene {
    tidegate: Tidegate,
    source: Database,
    target: Database,
}

/// A slow job with one thread.
fn begin(rows: u64, rate: &str) -> Scene {
    let server = PgServer::shared();
    let (source, target) = (source(server, rows), server.create("copy"));
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "1", "--rate", rate];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
    tidegate.await_chunks(JOB, 2, Deadline::seconds(60));
    Scene { tidegate, source, target }
}

impl Scene {
    fn await_sessions(&self, source: i64, target: i64, deadline: Deadline) {
        wait_until(&format!("{source} and {target} sessions"), deadline, || {
            self.source.sessions() == source && self.target.sessions() == target
        });
    }

    fn end(&self) {
        self.tidegate.ok(&["rate", JOB, "none"]);
        self.tidegate.wait_done(JOB, 180);
        oracle::assert_copied(&self.source, &self.target);
        let begun = "SELECT count(*) FROM chunk WHERE handouts > 1";
        assert_eq!(self.tidegate.stored(JOB, begun), ["0"], "chunks were begun more than once");
    }
}

#[test]
fn the_slider_goes_up_and_down() {
    let scene = begin(60_000, "3MB/s");
    let (source, target) = (scene.source.sessions(), scene.target.sessions());
    scene.tidegate.ok(&["threads", JOB, "16"]);
    // A second for fifteen connections; the rest is for looking.
    scene.await_sessions(source + 15, target + 15, Deadline::seconds(5));
    assert_eq!(scene.tidegate.status_number(JOB, "threads.run"), 16);
    scene.tidegate.ok(&["threads", JOB, "2"]);
    scene.await_sessions(source + 1, target + 1, Deadline::seconds(20));
    assert_eq!(scene.tidegate.status_number(JOB, "threads.run"), 2);
    let refused = scene.tidegate.run(&["threads", JOB, "0"]);
    assert!(refused.code != Some(0) && refused.text().contains("pause"), "{refused:?}");
    let refused = scene.tidegate.run(&["threads", JOB, "999"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_eq!(scene.tidegate.status_number(JOB, "threads.want"), 2);
    scene.end();
}

#[test]
fn pause_resume_stop_resume() {
    let scene = begin(30_000, "3MB/s");
    scene.tidegate.ok(&["pause", JOB]);
    scene.tidegate.await_state(JOB, "IDLING", Deadline::seconds(30));
    let at_rest = scene.tidegate.chunks(JOB);
    never_during("a paused job copies", Duration::from_millis(600), || {
        let now = scene.tidegate.chunks(JOB);
        (now != at_rest).then_some(now)
    });
    let engine = scene.tidegate.engine_pid(JOB).expect("an engine stays through a pause");

    scene.tidegate.ok(&["resume", JOB]);
    scene.tidegate.await_chunks(JOB, at_rest.processed + 2, Deadline::seconds(30));
    assert_eq!(scene.tidegate.engine_pid(JOB), Some(engine));
    assert_eq!(scene.tidegate.status_number(JOB, "snapshots"), 1);

    scene.tidegate.ok(&["stop", JOB, "-y"]);
    scene.tidegate.await_state(JOB, "STOPPED", Deadline::seconds(30));
    wait_until("the engine to leave", Deadline::seconds(20), || {
        scene.tidegate.engine_pid(JOB).is_none()
    });
    scene.await_sessions(0, 0, Deadline::seconds(10));
    let stopped = scene.tidegate.chunks(JOB);
    assert!(stopped.processed > 0 && stopped.processed < stopped.total, "{stopped:?}");

    scene.tidegate.ok(&["resume", JOB]);
    scene.tidegate.ok(&["rate", JOB, "none"]);
    scene.tidegate.wait_done(JOB, 180);
    oracle::assert_copied(&scene.source, &scene.target);
    let redone = "SELECT count(*) FROM chunk c JOIN plan_table t ON t.id = c.table_id \
                  WHERE c.handouts > 1 AND t.method = 'key'";
    assert_eq!(scene.tidegate.stored(JOB, redone), ["0"], "an orderly stop redoes nothing");
}

#[test]
fn stop_now_gives_back_what_is_under_way() {
    let scene = begin(30_000, "2MB/s");
    let name = scene.target.name.clone();
    scene.tidegate.ok(&["stop", JOB, "--now", "--yes-target", &name]);
    scene.tidegate.await_state(JOB, "STOPPED", Deadline::seconds(15));
    let held = "SELECT count(*) FROM chunk WHERE state = 1";
    assert_eq!(scene.tidegate.stored(JOB, held), ["0"]);
    scene.tidegate.ok(&["resume", JOB]);
    scene.tidegate.ok(&["rate", JOB, "none"]);
    scene.tidegate.wait_done(JOB, 180);
    oracle::assert_copied(&scene.source, &scene.target);
}

/// 24 MB at 4 MB/s cannot take less than five seconds, whatever the number of threads.
#[test]
fn the_rate_limit_holds_for_all_threads_together() {
    let scene = begin(60_000, "1MB/s");
    let bytes = |scene: &Scene| scene.tidegate.status_number(JOB, "progress.bytes_done");
    scene.tidegate.ok(&["threads", JOB, "8"]);
    scene.tidegate.ok(&["rate", JOB, "4MB/s"]);
    let (at, begun) = (bytes(&scene), std::time::Instant::now());
    let enough = at + 12_000_000;
    wait_until("12 MB more", Deadline::seconds(60), || bytes(&scene) >= enough);
    let spent = begun.elapsed().as_secs_f64();
    let rate = (bytes(&scene) - at) as f64 / spent / 1e6;
    assert!(rate < 5.5, "{rate:.1} MB/s with a limit of 4");
    assert!(rate > 2.0, "{rate:.1} MB/s with a limit of 4");
    scene.end();
}
