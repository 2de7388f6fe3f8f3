//! Everything is killed, again and again, and nothing is lost or doubled.

use crate::support::made::{Dice, source};
use crate::support::postgres::{Database, PgOptions, PgServer, StopMode};
use crate::support::{Deadline, Tidegate, oracle, wait_until};

/// Rows of the largest table; `tests/show` asks for more, and for more deaths.
fn size() -> u64 {
    number_from("TIDEGATE_TEST_ROWS", 40_000)
}

fn deaths(usual: u64) -> u64 {
    number_from("TIDEGATE_TEST_DEATHS", usual)
}

fn number_from(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Long enough for everything, slow machines included.
fn seconds() -> u64 {
    180 + size() / 5_000
}

struct Scene {
    tidegate: Tidegate,
    source_server: PgServer,
    target_server: PgServer,
    source: Database,
    target: Database,
    dice: Dice,
}

const JOB: &str = "perilous";

impl Scene {
    /// A job that runs, slow enough to be caught in the middle.
    fn begin() -> Scene {
        let source_server = PgServer::start(PgOptions::default());
        let target_server = PgServer::start(PgOptions::default());
        let source = source(&source_server, size());
        let target = target_server.create("copy");
        let tidegate = Tidegate::new();
        let rate = format!("{}MB/s", 4 + size() / 100_000);
        let chunk = std::env::var("TIDEGATE_TEST_CHUNK").unwrap_or("64KiB".to_owned());
        let more = ["--threads", "4", "--rate", &rate, "--chunk-size", &chunk];
        tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
        tidegate.await_chunks(JOB, 1, Deadline::seconds(60));
        Scene { tidegate, source_server, target_server, source, target, dice: Dice::new() }
    }

    /// Lets some more chunks get done.
    fn go_on(&mut self, deaths_left: u64) {
        let chunks = self.tidegate.chunks(JOB);
        let left = u64::try_from(chunks.total - chunks.processed).unwrap_or(0);
        let most = std::cmp::max(left / (deaths_left + 1), 1);
        let more = i64::try_from(self.dice.roll(most) + 1).expect("a small number");
        self.tidegate.await_chunks(JOB, chunks.processed + more, Deadline::seconds(seconds()));
    }

    /// Chunks that are done for good: those of tables cut by key, with how often each was begun.
    fn done_by_key(&self) -> Vec<String> {
        let query = "SELECT c.id, c.handouts, c.rows FROM chunk c JOIN plan_table t \
                     ON t.id = c.table_id WHERE c.state = 2 AND t.method = 'key' ORDER BY c.id";
        self.tidegate.stored(JOB, query)
    }

    fn is_over(&self) -> bool {
        self.tidegate.stored_state(JOB) == "COMPLETED"
    }

    fn end(&self) {
        self.tidegate.wait_done(JOB, seconds());
        oracle::assert_copied(&self.source, &self.target);
        oracle::assert_nothing_left(&self.target);
        let sums = "SELECT sum(rows), sum(state = 2), count(*) FROM chunk";
        let rows = self.source.one(
            "SELECT (SELECT count(*) FROM by_id) + (SELECT count(*) FROM by_pair)
                  + (SELECT count(*) FROM by_uuid) + (SELECT count(*) FROM without_key)
                  + (SELECT count(*) FROM unlogged) + (SELECT count(*) FROM refers)",
        );
        let stored = self.tidegate.stored(JOB, sums).concat();
        assert!(stored.starts_with(&format!("{rows} ")), "{stored} in the books, {rows} rows");
    }
}

#[test]
fn the_engine_is_killed_again_and_again() {
    let mut scene = Scene::begin();
    let deaths = deaths(6);
    let mut killed = 0;
    for death in 0..deaths {
        scene.go_on(deaths - death);
        if scene.is_over() {
            break;
        }
        let before = scene.done_by_key();
        scene.tidegate.kill_engine(JOB);
        killed += 1;
        // What was recorded as processed before the death is never begun again.
        scene.tidegate.ok(&["resume", JOB]);
        scene.go_on(deaths - death);
        let now = scene.done_by_key();
        let redone: Vec<_> = before.iter().filter(|chunk| !now.contains(chunk)).collect();
        assert!(redone.is_empty(), "death {death}: begun again: {redone:?}");
    }
    assert!(killed >= std::cmp::min(deaths, 3), "only {killed} kills before the job was over");
    scene.end();
    let runs = scene.tidegate.stored(JOB, "SELECT count(*) FROM run").concat();
    assert_eq!(runs, (killed + 1).to_string(), "every engine has its row");
}

#[test]
fn the_target_crashes_and_comes_back() {
    let mut scene = Scene::begin();
    let deaths = deaths(2);
    for death in 0..deaths {
        scene.go_on(deaths - death);
        if scene.is_over() {
            break;
        }
        scene.target_server.stop(StopMode::Immediate);
        if death == 0 {
            await_alert(&scene.tidegate, "target-lost");
        }
        scene.target_server.start_again();
    }
    scene.end();
}

#[test]
fn the_source_crashes_and_comes_back() {
    let mut scene = Scene::begin();
    scene.go_on(1);
    scene.source_server.stop(StopMode::Immediate);
    await_alert(&scene.tidegate, "source-lost");
    scene.source_server.start_again();
    scene.end();
    let snapshots = scene.tidegate.stored(JOB, "SELECT snapshots FROM job").concat();
    assert_eq!(snapshots, "2", "the first snapshot went with its server");
}

/// Engine and target at once: nobody is there who remembers.
#[test]
fn the_engine_and_the_target_die_together() {
    let mut scene = Scene::begin();
    scene.go_on(2);
    scene.tidegate.kill_engine(JOB);
    scene.target_server.crash_and_restart();
    scene.tidegate.ok(&["resume", JOB]);
    scene.go_on(1);
    scene.target_server.stop(StopMode::Immediate);
    scene.tidegate.kill_engine(JOB);
    scene.target_server.start_again();
    scene.tidegate.ok(&["resume", JOB]);
    scene.end();
}

/// A stopped server that comes back only while no engine is there.
#[test]
fn attaching_to_a_killed_job_changes_nothing_by_itself() {
    let mut scene = Scene::begin();
    scene.go_on(2);
    scene.tidegate.kill_engine(JOB);
    let shown = scene.tidegate.json(&["status", JOB]);
    assert_eq!(shown["state"], "NOT RUNNING", "{shown:#}");
    assert!(scene.tidegate.engine_pid(JOB).is_none(), "a question started an engine");
    let before = scene.tidegate.chunks(JOB).processed;
    scene.tidegate.ok(&["resume", JOB]);
    scene.go_on(1);
    assert!(scene.tidegate.chunks(JOB).processed >= before);
    scene.end();
}

fn await_alert(tidegate: &Tidegate, id: &str) {
    wait_until(&format!("the alert {id}"), Deadline::seconds(30), || {
        let status = tidegate.status(JOB);
        let alerts = status["alerts"].as_array().cloned().unwrap_or_default();
        let Some(alert) = alerts.iter().find(|alert| alert["id"] == id) else { return false };
        for part in ["what", "safe", "next"] {
            assert!(alert[part].as_str().is_some_and(|text| !text.is_empty()), "{alert:#}");
        }
        true
    });
}
