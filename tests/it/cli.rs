//! The command line as scripts use it: exit codes, what stdout carries, what is left behind. On
//! made-up databases and SQLite files, so that no server is needed.

use std::fs::{self, File};
use std::process::{Child, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::tidegate::{is_alive, kill};
use crate::support::{Deadline, Tidegate, sqlite, wait_until};

const JOB: &str = "sim";

fn soon() -> Deadline {
    Deadline::seconds(30)
}

/// A simulated job that is at work and takes a while.
fn simulated(more: &[&str]) -> Tidegate {
    let tidegate = Tidegate::new();
    let mut arguments = vec!["sim", "--detach", "--tables", "4", "--chunks", "60"];
    if !more.contains(&"--chunk-ms") {
        arguments.extend(["--chunk-ms", "500"]);
    }
    arguments.extend(more);
    tidegate.ok(&arguments);
    tidegate
}

fn code(tidegate: &Tidegate, arguments: &[&str]) -> Option<i32> {
    tidegate.run(arguments).code
}

/// Starts a command whose stdout goes into a file.
fn begin(tidegate: &Tidegate, arguments: &[&str]) -> (Child, std::path::PathBuf) {
    let path = tidegate.file("stdout");
    let stdout = File::create(&path).expect("a file of ours");
    let mut command = tidegate.command(arguments);
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    (command.spawn().expect("the program starts"), path)
}

fn pid(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a process id")
}

#[test]
fn a_new_user_sees_an_empty_list_and_help_that_teaches() {
    let tidegate = Tidegate::new();
    for arguments in [&["ls"][..], &[]] {
        let outcome = tidegate.run(arguments);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(0), ""), "{outcome:?}");
        assert!(outcome.stderr.contains("tidegate demo"), "{outcome:?}");
    }
    assert_eq!(tidegate.json(&["ls"])["jobs"], Value::Array(Vec::new()));
    for verb in ["copy", "new", "plan", "attach", "status", "stop", "threads", "rate", "retry"] {
        let help = tidegate.ok(&[verb, "--help"]);
        assert!(help.contains("Examples:"), "{verb}:\n{help}");
        assert!(!help.contains("engine JOB"), "the hidden command is shown");
    }
    assert!(tidegate.ok(&["completions", "bash"]).contains("tidegate"));
    assert_eq!(code(&tidegate, &["frobnicate"]), Some(2));
    assert_eq!(tidegate.ok(&["--version"]).trim(), "tidegate 0.1.0");
}

#[test]
fn a_job_is_steered_by_commands_alone() {
    let tidegate = simulated(&["--threads", "4"]);
    let number = |path: &str| tidegate.status_number(JOB, path);
    assert_eq!(number("v"), 1);
    assert_eq!(number("threads.want"), 4);
    tidegate.ok(&["threads", JOB, "8"]);
    tidegate.ok(&["threads", JOB, "--max", "10"]);
    assert_eq!((number("threads.want"), number("threads.max")), (8, 10));
    assert_eq!(code(&tidegate, &["threads", JOB, "x"]), Some(2));
    assert_eq!(code(&tidegate, &["threads", JOB, "0"]), Some(2));
    assert_eq!(code(&tidegate, &["threads", JOB, "11"]), Some(1));
    assert!(tidegate.ok(&["threads", JOB]).starts_with("8 want"));

    assert_eq!(tidegate.ok(&["rate", JOB]), "none\n");
    tidegate.ok(&["rate", JOB, "40MB/s"]);
    assert!(tidegate.ok(&["rate", JOB]).starts_with("40 MB/s, set by "));
    assert_eq!(number("rate.limit_bytes_per_s"), 40_000_000);
    assert_eq!(code(&tidegate, &["rate", JOB, "fast"]), Some(2));
    tidegate.ok(&["rate", JOB, "none"]);

    // A set, not a flip: three times is once.
    for _ in 0..3 {
        tidegate.ok(&["pause", JOB]);
    }
    tidegate.await_state(JOB, "IDLING", soon());
    assert_eq!(code(&tidegate, &["wait", JOB, "--for", "idle"]), Some(0));
    assert_eq!(code(&tidegate, &["wait", JOB, "--timeout", "1s"]), Some(9));
    let paused = "SELECT count(*) FROM event WHERE text LIKE '%-> STOP PENDING%'";
    assert_eq!(tidegate.stored(JOB, paused), ["1"]);
    tidegate.ok(&["resume", JOB]);
    assert_eq!(tidegate.status(JOB)["state"], "EXECUTING");
    tidegate.wait_done(JOB, 60);
    let summary = tidegate.json(&["wait", JOB]);
    assert_eq!((&summary["type"], &summary["exit"]), (&Value::from("summary"), &Value::from(0)));
    assert_eq!(summary["percent"], 100);
}

#[test]
fn strong_verbs_want_the_name() {
    let tidegate = simulated(&[]);
    let before = tidegate.stored_state(JOB);
    for (arguments, expected) in [
        (&["kill", JOB][..], 10),
        (&["kill", JOB, "--yes-job", "simx"], 2),
        (&["stop", JOB, "--now"], 10),
        // -y answers what can be undone, not this.
        (&["stop", JOB, "--now", "-y"], 10),
        (&["stop", JOB, "--now", "--yes-target", "crm"], 2),
        // Its target is marked as production: -y is not enough.
        (&["stop", JOB, "-y"], 10),
        (&["reload", JOB, "made.table_00000"], 10),
        (&["skip", JOB, "--chunk", "made.table_00000#1", "--reason", "x"], 10),
        (&["retry", JOB], 2),
        (&["skip", JOB, "--chunk", "made.table_00000#999", "--reason", "x"], 2),
        (&["skip", JOB, "--chunk", "nonsense", "--reason", "x"], 2),
    ] {
        let outcome = tidegate.run(arguments);
        assert_eq!(outcome.code, Some(expected), "{outcome:?}");
        assert_eq!(outcome.stdout, "", "{outcome:?}");
    }
    assert_eq!(tidegate.stored_state(JOB), before);
    assert_eq!(tidegate.chunks(JOB).failed, 0);
    for name in ["crm_new", "crm_new@db7", "pg:crm_new@db7"] {
        tidegate.ok(&["stop", JOB, "--now", "--yes-target", name]);
        wait_until("the engine to leave", soon(), || tidegate.engine_pid(JOB).is_none());
        tidegate.ok(&["resume", JOB]);
    }
    tidegate.ok(&["kill", JOB, "--yes-job", JOB]);
    assert_eq!(tidegate.engine_pid(JOB), None);
    assert!(!tidegate.job_folder(JOB).exists(), "the job's files are still there");
    assert_eq!(code(&tidegate, &["status", JOB]), Some(6));
}

#[test]
fn looking_starts_nothing_and_resuming_does() {
    let tidegate = simulated(&["--threads", "2"]);
    tidegate.await_chunks(JOB, 3, soon());
    tidegate.kill_engine(JOB);
    assert_eq!(tidegate.status(JOB)["state"], "NOT RUNNING");
    assert!(tidegate.ok(&["ls"]).contains("! NOT RUNNING"));
    for arguments in [
        &["status", JOB, "--sup"][..],
        &["tables", JOB],
        &["chunks", JOB],
        &["chunks", JOB, "--table", "made.table_00000", "--state", "processed"],
        &["chunks", JOB, "--steps"],
        &["log", JOB],
        &["log", JOB, "-f"],
        &["history", JOB],
        &["plan", JOB],
        &["threads", JOB],
        &["rate", JOB],
        &["doctor"],
        &["wait", JOB, "--for", "idle"],
    ] {
        tidegate.ok(arguments);
    }
    assert_eq!(tidegate.engine_pid(JOB), None, "looking started an engine");
    for verb in ["pause", "threads", "rate", "wait", "stop"] {
        let value = match verb {
            "threads" => &["threads", JOB, "3"][..],
            "rate" => &["rate", JOB, "none"],
            verb => &[verb, JOB],
        };
        assert_eq!(code(&tidegate, value), Some(6), "{verb}");
    }
    let done = tidegate.chunks(JOB).processed;
    tidegate.ok(&["resume", JOB]);
    tidegate.wait_done(JOB, 60);
    let twice = "SELECT count(*) FROM chunk WHERE attempts > 1 AND state = 2";
    assert_eq!(tidegate.stored(JOB, twice), ["0"]);
    assert!(tidegate.chunks(JOB).processed > done);
}

#[test]
fn following_prints_whole_lines_and_ends_with_a_summary() {
    let tidegate = simulated(&["--chunk-ms", "100"]);
    let lines = tidegate.run(&["attach", JOB]);
    assert_eq!(lines.code, Some(0), "{lines:?}");
    assert!(!lines.stdout.contains(['\x1b', '\r']), "{lines:?}");
    let last = lines.stdout.lines().last().unwrap_or_default();
    assert!(last.contains(" sim COMPLETED 100% chunks=60/60 failed=0"), "{lines:?}");
    assert!(last.starts_with("20") && last.contains("Z sim "), "{last}");

    // Again, with an engine that has nothing to do any more.
    let lines = tidegate.ok(&["attach", JOB, "--json"]);
    let objects: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert!(objects.iter().all(|object| object["v"] == 1), "{lines}");
    assert_eq!(objects.last().expect("a line")["type"], "summary");
    let quiet = tidegate.ok(&["attach", JOB, "--json", "--quiet"]);
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
}

#[test]
fn a_following_command_ends_and_the_job_does_not() {
    let tidegate = simulated(&["--threads", "1"]);
    let engine = tidegate.engine_pid(JOB).expect("an engine that runs");
    let (mut child, stdout) = begin(&tidegate, &["attach", JOB, "--quiet"]);
    let said = || fs::read_to_string(&stdout).unwrap_or_default();
    // Quiet prints nothing until it is asked; its handlers are armed before it attaches.
    let watching = || tidegate.status(JOB)["consoles"].as_array().map_or(0, Vec::len);
    wait_until("the follower to be there", soon(), || watching() == 1);
    kill(pid(&child), Signal::USR1);
    wait_until("a line", soon(), || said().contains(" sim EXECUTING "));
    assert_eq!(said().lines().count(), 1, "{}", said());
    kill(pid(&child), Signal::INT);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));

    for (signal, expected) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        wait_until("the last one to be gone", soon(), || watching() == 0);
        let (mut child, _) = begin(&tidegate, &["status", JOB, "--follow"]);
        wait_until("the follower to be there", soon(), || watching() == 1);
        kill(pid(&child), signal);
        assert_eq!(child.wait().expect("it ends").code(), Some(expected));
    }
    assert!(is_alive(engine), "the engine noticed");
    assert_eq!(tidegate.status(JOB)["state"], "EXECUTING");
}

#[test]
fn failures_have_their_exit_codes() {
    let script = "reject-rows made.table_00000 2 2 1";
    let tidegate = simulated(&["--chunk-ms", "20", "--script", script]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3));
    let failed = tidegate.json(&["chunks", JOB, "--state", "failed"]);
    assert_eq!(failed["total"], 2, "{failed:#}");
    assert_eq!(failed["chunks"][0]["name"], "made.table_00000#2");
    assert_eq!(failed["chunks"][0]["state_word"], "processed, error");
    assert!(tidegate.ok(&["ls"]).contains("! COMPLETED"));
    assert_eq!(code(&tidegate, &["retry", JOB, "--all"]), Some(10));
    tidegate.ok(&["retry", JOB, "--chunk", "made.table_00000#2"]);
    assert_eq!(tidegate.wait(JOB, 60), Some(3));
    tidegate.ok(&["retry", JOB, "--all", "-y"]);
    tidegate.wait_done(JOB, 60);
}

#[test]
fn a_job_that_cannot_begin_leaves_nothing() {
    let tidegate = Tidegate::new();
    let bad = tidegate.run(&["sim", "--detach", "--script", "rain"]);
    assert_eq!(bad.code, Some(2), "{bad:?}");
    assert!(bad.stderr.contains("rain"), "{bad:?}");
    let source = tidegate.file("a.db");
    sqlite::build_from_text(&source, "CREATE TABLE t (i INTEGER PRIMARY KEY)");
    let target = tidegate.file("b.db");
    sqlite::build_from_text(&target, "CREATE TABLE t (i INTEGER PRIMARY KEY)");
    let (from, to) = (sqlite::url(&source), sqlite::url(&target));
    let blocked = tidegate.run(&["copy", "--from", &from, "--to", &to, "--json"]);
    assert_eq!(blocked.code, Some(5), "{blocked:?}");
    let kinds: Vec<Value> = blocked
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].clone())
        .collect();
    assert_eq!(kinds, ["plan", "error"], "{blocked:?}");
    for wrong in [
        &["--to", "oracle://a:hunter2@db/x"][..],
        &["--to", "mysql://a:hunter2#@db/x"],
        &["--to", "postgres://a:hunter2#@db/x"],
        &["--to", &from],
        &["--to", &to, "--rate", "0"],
        &["--to", &to, "--threads", "9", "--threads-max", "3"],
        &["--to", &to, "--schema", ""],
    ] {
        let mut arguments = vec!["copy", "--from", &from];
        arguments.extend(wrong);
        let outcome = tidegate.run(&arguments);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
        assert_eq!(outcome.stdout, "", "{outcome:?}");
    }
    // Emptying what is there wants the target's name.
    let truncate = ["copy", "--from", &from, "--to", &to, "--if-exists", "truncate"];
    assert_eq!(code(&tidegate, &truncate), Some(10));
    assert_eq!(tidegate.json(&["ls"])["jobs"], Value::Array(Vec::new()));
    let jobs = tidegate.home().join("state/tidegate/jobs");
    let left: Vec<_> = fs::read_dir(jobs).into_iter().flatten().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(tidegate.processes().is_empty(), "an engine stayed behind");
}

#[test]
fn a_copy_of_files_from_the_command_line() {
    let tidegate = Tidegate::new();
    let source = tidegate.file("shop.db");
    sqlite::build_from_text(
        &source,
        "CREATE TABLE t (i INTEGER PRIMARY KEY, v TEXT);
         INSERT INTO t SELECT value, 'v' || value FROM json_each('[1,2,3,4,5,6,7,8,9]');",
    );
    let config = "[connections.shop]\nurl = \"sqlite:shop.db\"\nlabel = \"SHOP\"\n";
    fs::create_dir_all(tidegate.home().join("config/tidegate")).expect("a folder of ours");
    let file = tidegate.home().join("config/tidegate/config.toml");
    fs::write(&file, config).expect("a file of ours");
    // A connection of the configuration, a relative path, a name made up.
    let outcome = tidegate.run(&["copy", "--from", "shop", "--to", "sqlite:copy.db", "--json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}\n{}", tidegate.engine_logs());
    sqlite::assert_copied(&source, &tidegate.file("copy.db"));
    let jobs = tidegate.json(&["ls"]);
    let name = jobs["jobs"][0]["name"].as_str().expect("a job").to_owned();
    assert!(name.starts_with("shop-"), "{name}");
    assert_eq!(jobs["jobs"][0]["source"], "li:shop.db");
    tidegate.ok(&["cleanup", &name, "-y"]);
    tidegate.ok(&["kill", &name, "--yes-job", &name]);

    // Two steps, with a look in between.
    tidegate.ok(&["new", "second", "--from", "shop", "--to", "sqlite:second.db"]);
    assert_eq!(tidegate.status("second")["state"], "DEFINING");
    let target = tidegate.file("second.db");
    let empty = !target.exists() || sqlite::tables(&sqlite::open(&target)).is_empty();
    assert!(empty, "defining made something on the target");
    let plan = tidegate.json(&["plan", "second"]);
    assert_eq!(plan["blocked"], false, "{plan:#}");
    assert_eq!(plan["tables"][0]["source"], "main.t");
    tidegate.ok(&["start", "second"]);
    sqlite::assert_copied(&source, &tidegate.file("second.db"));
    assert_eq!(code(&tidegate, &["start", "second"]), Some(1));

    fs::write(&file, "[defaults]\nthraeds = 3\n").expect("a file of ours");
    let wrong = tidegate.run(&["copy", "--from", "sqlite:shop.db", "--to", "sqlite:c.db"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("line 2") && wrong.stderr.contains("thraeds"), "{wrong:?}");
    assert_eq!(code(&tidegate, &["doctor"]), Some(1));
}

#[test]
fn the_demo_ends_with_equal_tables_and_begins_again() {
    let tidegate = Tidegate::new();
    let arguments = ["demo", "--rows", "20000", "--rate", "none"];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let verified = tidegate.json(&arguments);
        assert_eq!(verified["type"], "verify");
        assert_eq!(verified["equal"], true, "{verified:#}");
        runs.push(tidegate.stored("demo", "SELECT job_id FROM job"));
    }
    assert_ne!(runs[0], runs[1], "the second run is a job of its own");
    assert_eq!(tidegate.json(&["ls"])["jobs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_keys_are_listed_from_the_one_table() {
    let tidegate = Tidegate::new();
    let text = tidegate.ok(&["keys", "--json"]);
    let keys: Vec<Value> = serde_json::from_str(&text).expect("an array");
    assert!(keys.iter().any(|k| k["id"] == "pause" && k["keys"][0] == "p"), "{text}");
    let run: Vec<Value> =
        serde_json::from_str(&tidegate.ok(&["keys", "--json", "--screen", "run"])).expect("JSON");
    assert!(!run.is_empty() && run.len() <= keys.len());
    assert_eq!(code(&tidegate, &["keys", "--screen", "nowhere"]), Some(2));
    tidegate.ok(&["keys", "--check"]);
}
