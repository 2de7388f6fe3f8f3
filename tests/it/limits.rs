//! A job holds itself back for the sake of its servers, says why, and goes on by itself.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::made::{SMALL_CHUNKS, mysql_source, source};
use crate::support::mariadb::MariaDbServer;
use crate::support::postgres::{Database, PgOptions, PgServer};
use crate::support::wait::never_during;
use crate::support::{Deadline, Tidegate, oracle, wait_until};

const JOB: &str = "held";

/// Sessions of somebody else that are busy until they are dropped.
struct Others(Vec<Child>);

impl Others {
    fn on_postgres(database: &Database, count: usize) -> Others {
        let start = |_| {
            let mut psql = database.psql();
            psql.args(["-c", "select pg_sleep(600)"]).stdout(Stdio::null()).stderr(Stdio::null());
            psql.spawn().expect("psql is there")
        };
        Others((0..count).map(start).collect())
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn held_by(tidegate: &Tidegate) -> String {
    let status = tidegate.status(JOB);
    let phrases = status["held_by"].as_array().cloned().unwrap_or_default();
    phrases.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
}

fn await_held(tidegate: &Tidegate, words: &[&str]) {
    wait_until(&format!("held by {words:?}"), Deadline::seconds(30), || {
        let held = held_by(tidegate);
        words.iter().all(|word| held.contains(word))
    });
}

fn await_free(tidegate: &Tidegate) {
    wait_until("nothing holds the job", Deadline::seconds(30), || {
        let held = held_by(tidegate);
        !held.contains("(limit") && !held.contains("hours")
    });
}

/// What is in work is finished; then nothing moves.
fn stands_still(tidegate: &Tidegate) {
    wait_until("workers to finish their chunk", Deadline::seconds(30), || {
        tidegate.status(JOB)["progress"]["chunks_running"] == 0
    });
    let before = tidegate.chunks(JOB);
    never_during("a held job copies", Duration::from_millis(1_500), || {
        let now = tidegate.chunks(JOB);
        (now != before).then_some(now)
    });
}

#[test]
fn sessions_of_others_hold_the_job_and_its_own_do_not() {
    let server = PgServer::start(PgOptions::default());
    let (source, target) = (source(&server, 30_000), server.create("copy"));
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "6", "--rate", "2MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
    tidegate.await_chunks(JOB, 2, Deadline::seconds(60));
    // Six readers and six writers of its own are no reason.
    tidegate.ok(&["limits", JOB, "target_sessions=2", "every=1s"]);
    wait_until("a figure", Deadline::seconds(30), || {
        tidegate.ok(&["limits", JOB]).contains("now: active sessions on the target")
    });
    assert!(!held_by(&tidegate).contains("(limit"), "{}", held_by(&tidegate));

    let others = Others::on_postgres(&target, 5);
    await_held(&tidegate, &["active sessions on the target", "(limit 2)", "set by"]);
    stands_still(&tidegate);
    // An operator who wants to pass the limit changes it.
    tidegate.ok(&["resume", JOB]);
    await_held(&tidegate, &["(limit 2)"]);
    drop(others);
    // A server notices a dead client only when it writes to it.
    target.run(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where query = 'select pg_sleep(600)'",
    );
    await_free(&tidegate);
    tidegate.ok(&["rate", JOB, "none"]);
    tidegate.wait_done(JOB, 180);
    oracle::assert_copied(&source, &target);
    let history = tidegate.ok(&["history", JOB]);
    assert!(history.contains("target_sessions"), "{history}");
}

#[test]
fn hours_hold_a_job_and_limits_outlive_a_killed_engine() {
    let server = PgServer::shared();
    let (source, target) = (source(server, 20_000), server.create("copy"));
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "2", "--rate", "1MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
    tidegate.await_chunks(JOB, 1, Deadline::seconds(60));
    let hour = tidegate.status(JOB)["now_ms"].as_i64().unwrap_or(0) / 3_600_000 % 24;
    // Twelve hours away, whatever the zone of this machine is: zones differ by whole quarters.
    let window = format!("hours={:02}:00-{:02}:30", (hour + 11) % 24, (hour + 11) % 24);
    tidegate.ok(&["limits", JOB, &window, "every=1s"]);
    await_held(&tidegate, &["outside its hours"]);
    tidegate.kill_engine(JOB);
    tidegate.ok(&["resume", JOB]);
    await_held(&tidegate, &["outside its hours"]);
    tidegate.ok(&["limits", JOB, "hours=none"]);
    await_free(&tidegate);
    tidegate.ok(&["rate", JOB, "none"]);
    tidegate.wait_done(JOB, 180);
    oracle::assert_copied(&source, &target);
}

#[test]
fn mariadb_tells_its_sessions_room_and_load() {
    let server = MariaDbServer::start();
    let source = mysql_source(&server, 20_000);
    let target = server.create("copy");
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "4", "--rate", "1MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
    tidegate.await_chunks(JOB, 1, Deadline::seconds(60));
    tidegate.ok(&["limits", JOB, "source_sessions=0", "target_free=1kB", "every=1s"]);
    let figures = ["active sessions on the source 0", "free room on the target"];
    wait_until("figures", Deadline::seconds(30), || {
        let told = tidegate.ok(&["limits", JOB]);
        figures.iter().all(|figure| told.contains(figure))
    });
    assert!(!held_by(&tidegate).contains("(limit"), "{}", held_by(&tidegate));
    let mut client = source.client();
    client.args(["-e", "select sleep(600)"]).stdout(Stdio::null()).stderr(Stdio::null());
    let others = Others(vec![client.spawn().expect("the client is there")]);
    await_held(&tidegate, &["active sessions on the source 1 (limit 0)"]);
    drop(others);
    server.run(
        "select group_concat(concat('kill ', id) separator ';') into @kill from \
         information_schema.processlist where info like 'select sleep%'; execute immediate @kill",
    );
    await_free(&tidegate);
    tidegate.ok(&["limits", JOB, "target_free=900TiB"]);
    await_held(&tidegate, &["free room on the target"]);
    tidegate.ok(&["limits", JOB, "target_free=none"]);
    await_free(&tidegate);
    tidegate.ok(&["rate", JOB, "none"]);
    tidegate.wait_done(JOB, 180);
}

#[test]
fn limits_are_checked_before_anything_is_asked() {
    let tidegate = Tidegate::new();
    let wrong = tidegate.run(&["limits", "nobody", "target_sessions=many"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.text().contains("target_sessions"), "{wrong:?}");
}
