//! Consoles come and go, in every way a terminal can go, and the job does not notice.

use rustix::process::Signal;

use crate::support::made::{SMALL_CHUNKS, source};
use crate::support::postgres::{Database, PgServer};
use crate::support::tidegate::{is_alive, kill, processor_ticks};
use crate::support::tmux::Terminal;
use crate::support::{Deadline, Tidegate, oracle, wait_until};

const JOB: &str = "watched";

fn begin(rows: u64) -> (Tidegate, Database, Database) {
    let server = PgServer::shared();
    let (source, target) = (source(server, rows), server.create("copy"));
    let tidegate = Tidegate::new();
    let mut more = vec!["--threads", "2", "--rate", "2MB/s"];
    more.extend(SMALL_CHUNKS);
    tidegate.copy_detached(JOB, &source.url(), &target.url(), &more);
    tidegate.await_chunks(JOB, 1, Deadline::seconds(60));
    (tidegate, source, target)
}

fn soon() -> Deadline {
    Deadline::seconds(20)
}

/// The job runs to its end at full speed and everything is there.
fn end(tidegate: &Tidegate, source: &Database, target: &Database) {
    tidegate.ok(&["rate", JOB, "none"]);
    tidegate.wait_done(JOB, 180);
    oracle::assert_copied(source, target);
}

#[test]
fn keys_steer_and_q_leaves() {
    let (tidegate, source, target) = begin(40_000);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    let screen = console.await_text("EXECUTING", soon());
    assert!(screen.contains(JOB), "{screen}");
    let want = || tidegate.status_number(JOB, "threads.want");
    console.keys(&["+"]);
    wait_until("3 threads", soon(), || want() == 3);
    console.keys(&["-"]);
    wait_until("2 threads", soon(), || want() == 2);
    console.keys(&["1", "2", "Enter"]);
    wait_until("12 threads", soon(), || want() == 12);
    console.keys(&["p"]);
    console.await_text("IDLING", soon());
    console.keys(&["r"]);
    console.await_text("EXECUTING", soon());
    console.resize(120, 40);
    console.await_text("Workers", soon());
    console.resize(80, 24);
    console.keys(&["?"]);
    console.await_text("leave", soon());
    console.keys(&["Escape"]);
    console.await_text("EXECUTING", soon());
    console.keys(&["q"]);
    let left = console.await_text("ended with 0", soon());
    assert!(left.contains("goes on"), "leaving says that the job goes on:\n{left}");
    end(&tidegate, &source, &target);
}

#[test]
fn two_consoles_and_a_script_see_each_other() {
    let (tidegate, source, target) = begin(40_000);
    let one = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    let two = Terminal::open(&tidegate, 120, 40, &["attach", JOB]);
    one.await_text("EXECUTING", soon());
    two.await_text("EXECUTING", soon());
    one.keys(&["5", "Enter"]);
    two.await_text("-> 5", soon());
    two.keys(&["+"]);
    one.await_text("-> 6", soon());
    tidegate.ok(&["threads", JOB, "3"]);
    one.await_text("-> 3", soon());
    two.await_text("-> 3", soon());
    tidegate.ok(&["pause", JOB]);
    one.await_text("IDLING", soon());
    two.await_text("IDLING", soon());
    two.keys(&["r"]);
    one.await_text("EXECUTING", soon());
    end(&tidegate, &source, &target);
    one.await_text("COMPLETED", soon());
    two.await_text("COMPLETED", soon());
}

#[test]
fn a_read_only_console_cannot_act() {
    let (tidegate, source, target) = begin(60_000);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB, "--read-only"]);
    console.await_text("EXECUTING", soon());
    console.keys(&["p"]);
    console.await_text("may only look", soon());
    assert_eq!(tidegate.stored_state(JOB), "EXECUTING");
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM action WHERE verb = 'pause'"), ["0"]);
    end(&tidegate, &source, &target);
}

#[test]
fn consoles_die_and_the_job_does_not_notice() {
    let (tidegate, source, target) = begin(60_000);
    let engine = tidegate.engine_pid(JOB).expect("an engine that runs");
    let open = || {
        let terminal = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
        terminal.await_text("EXECUTING", soon());
        let pid = terminal.console_pid(&tidegate);
        (terminal, pid)
    };

    let (closed, first) = open();
    closed.close();
    wait_until("the console of a closed pane to end", soon(), || !is_alive(first));

    let (_hung_up, second) = open();
    kill(second, Signal::HUP);
    wait_until("a console that was hung up to end", soon(), || !is_alive(second));

    let (_killed, third) = open();
    kill(third, Signal::KILL);
    wait_until("a console that was killed to end", soon(), || !is_alive(third));

    let (terminated, fourth) = open();
    kill(fourth, Signal::TERM);
    wait_until("a console that was terminated to end", soon(), || !is_alive(fourth));
    let restored = terminated.await_text("ended with 143", soon());
    assert!(!restored.contains("threads ["), "the screen was not given back:\n{restored}");

    // The terminal goes away whole, its server with it.
    let (gone, fifth) = open();
    drop(gone);
    wait_until("the console of a lost terminal to end", soon(), || !is_alive(fifth));

    assert_eq!(tidegate.engine_pid(JOB), Some(engine), "the engine is the same");
    let still_there: Vec<i32> = tidegate.processes().into_iter().filter(|p| *p != engine).collect();
    let consoles: Vec<i32> = [first, second, third, fourth, fifth]
        .into_iter()
        .filter(|p| still_there.contains(p))
        .collect();
    assert!(consoles.is_empty(), "consoles are still there: {consoles:?}");
    assert_eq!(tidegate.stored(JOB, "SELECT count(*) FROM run"), ["1"]);
    end(&tidegate, &source, &target);
}

/// A console on a quiet job draws nothing and uses next to no processor.
#[test]
fn an_idle_console_rests() {
    let (tidegate, source, target) = begin(20_000);
    tidegate.ok(&["pause", JOB]);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    console.await_text("IDLING", soon());
    let pid = console.console_pid(&tidegate);
    let engine = tidegate.engine_pid(JOB).expect("an engine that runs");
    let used = || (processor_ticks(pid), processor_ticks(engine));
    let before = used();
    crate::support::wait::never_during(
        "an idle console or engine uses more than a tenth of a processor",
        std::time::Duration::from_secs(3),
        || {
            let now = used();
            (now.0 > before.0 + 30 || now.1 > before.1 + 30).then_some((before, now))
        },
    );
    tidegate.ok(&["resume", JOB]);
    end(&tidegate, &source, &target);
}

/// At 80x24 a busy job costs at most 1 kB a second, so that a slow line keeps up.
#[test]
fn a_busy_console_is_light_on_the_line() {
    let (tidegate, source, target) = begin(60_000);
    tidegate.ok(&["threads", JOB, "8"]);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    console.await_text("EXECUTING", soon());
    let sent = console.record();
    let seconds = 6;
    let size = || std::fs::metadata(&sent).expect("the record").len();
    crate::support::wait::never_during(
        "more than 1 kB a second is sent",
        std::time::Duration::from_secs(seconds),
        || (size() > 1_024 * seconds).then(size),
    );
    assert!(size() > 0, "nothing was drawn in {seconds} s of a busy job");
    end(&tidegate, &source, &target);
}

#[test]
fn the_demo_needs_nothing_but_the_program() {
    let tidegate = Tidegate::new();
    let more = ["demo", "--rows", "200000", "--rate", "5MB/s"];
    let console = Terminal::open(&tidegate, 80, 24, &more);
    console.await_text("EXECUTING", Deadline::seconds(60));
    console.keys(&["q"]);
    console.await_text("ended with 0", soon());
    let again = Terminal::open(&tidegate, 80, 24, &["attach", "demo"]);
    again.await_text("demo", soon());
    tidegate.ok(&["rate", "demo", "none"]);
    tidegate.wait_done("demo", 120);
    again.await_text("COMPLETED", soon());
}
