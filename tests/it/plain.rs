//! `attach --plain`: a job followed and steered by lines, on dumb terminals and by pipes.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Stdio};

use rustix::process::Signal;

use crate::support::tidegate::kill;
use crate::support::tmux::Terminal;
use crate::support::{Deadline, Tidegate, wait_until};

const JOB: &str = "sim";

fn soon() -> Deadline {
    Deadline::seconds(30)
}

fn simulated(more: &[&str]) -> Tidegate {
    let tidegate = Tidegate::new();
    let mut arguments = vec!["sim", "--detach", "--tables", "4", "--chunks", "400"];
    arguments.extend(more);
    tidegate.ok(&arguments);
    tidegate
}

/// Begins a command with a pipe to type into; its stdout goes into a file.
fn begin(tidegate: &Tidegate, arguments: &[&str]) -> (Child, std::path::PathBuf) {
    let path = tidegate.file("said");
    let stdout = File::create(&path).expect("a file of ours");
    let mut command = tidegate.command(arguments);
    command.stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::null());
    (command.spawn().expect("the program starts"), path)
}

#[test]
fn lines_steer_and_answers_are_words() {
    let tidegate = simulated(&["--threads", "4", "--chunk-ms", "500"]);
    let (mut child, path) = begin(&tidegate, &["attach", JOB, "--plain"]);
    let said = || fs::read_to_string(&path).unwrap_or_default();
    let await_words = |words: &str| wait_until(words, soon(), || said().contains(words));
    await_words("sim is EXECUTING");
    let mut keys = child.stdin.take().expect("a pipe");
    let mut types = |line: &str| writeln!(keys, "{line}").expect("it reads");
    types("threads 9");
    await_words("threads: 9 asked");
    assert_eq!(tidegate.status_number(JOB, "threads.want"), 9);
    types("rate 40 MB/s");
    await_words("limit 40.0 megabytes a second");
    types("tables");
    await_words("chunks");
    types("failed");
    await_words("Nothing has failed.");
    types("frobnicate");
    await_words("there is no command \"frobnicate\"");
    types("skip");
    await_words("skip needs more words: tidegate skip sim --chunk T#N --reason TEXT");
    // A pipe's lines never answer a question.
    types("stop");
    types("y");
    await_words("stop would ask, and there is no terminal");
    types("pause");
    await_words("sim is IDLING");
    types("leave");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let bytes = fs::read(&path).expect("what it said");
    assert!(!bytes.iter().any(|b| matches!(b, 0x1b | b'\r')), "{}", said());
    assert_eq!(tidegate.status(JOB)["state"], "IDLING");
}

#[test]
fn a_dumb_terminal_gets_a_prompt_by_itself() {
    let tidegate = simulated(&["--threads", "4", "--chunk-ms", "500"]);
    tidegate.ok(&["threads", JOB, "4"]);
    let terminal = Terminal::dumb(&tidegate, 80, 24, &["attach", JOB]);
    terminal.await_text("Enter for the prompt", soon());
    terminal.keys(&["Enter"]);
    terminal.await_text("sim>", soon());
    terminal.keys(&["threads 6", "Enter"]);
    terminal.await_text("threads: 6 asked", soon());
    terminal.keys(&["stop", "Enter"]);
    // The target is a production one: y is not enough.
    terminal.await_text("Type the target's name, crm_new", soon());
    // What comes too soon was typed before the question and is no answer.
    wait_until("an answer that counts", soon(), || {
        terminal.keys(&["y", "Enter"]);
        terminal.screen().contains("nothing was changed")
    });
    assert_eq!(tidegate.status(JOB)["state"], "EXECUTING");
    terminal.keys(&["C-c"]);
    terminal.await_text("Ctrl-C again leaves", soon());
    terminal.keys(&["continue", "Enter"]);
    terminal.await_text("Following.", soon());
    terminal.keys(&["leave", "Enter"]);
    terminal.await_text("goes on without this console", soon());
    terminal.await_text("ended with 0", soon());
}

#[test]
fn it_follows_to_the_end_and_says_how_it_ended() {
    let script = "reject-rows made.table_00000 2 2 1";
    let tidegate = simulated(&["--chunk-ms", "20", "--script", script]);
    let (mut child, path) = begin(&tidegate, &["attach", JOB, "--plain", "--every", "1"]);
    let _open = child.stdin.take();
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    let said = fs::read_to_string(path).expect("what it said");
    assert!(said.contains("sim COMPLETED") && said.contains("percent"), "{said}");
}

#[test]
fn a_hang_up_ends_it_and_not_the_job() {
    let tidegate = simulated(&["--threads", "1", "--chunk-ms", "500"]);
    for (signal, expected) in [(Signal::HUP, 129), (Signal::TERM, 143)] {
        let (mut child, path) = begin(&tidegate, &["attach", JOB, "--plain"]);
        let said = || fs::read_to_string(&path).unwrap_or_default();
        wait_until("the first line", soon(), || said().contains("sim is "));
        kill(i32::try_from(child.id()).expect("a process id"), signal);
        assert_eq!(child.wait().expect("it ends").code(), Some(expected));
    }
    assert_eq!(tidegate.status(JOB)["state"], "EXECUTING");
}

#[test]
fn looking_starts_no_engine() {
    let tidegate = simulated(&["--threads", "1", "--chunk-ms", "500"]);
    tidegate.ok(&["pause", JOB]);
    tidegate.await_state(JOB, "IDLING", soon());
    tidegate.ok(&["stop", JOB, "--yes-target", "crm_new"]);
    wait_until("the engine to leave", soon(), || tidegate.engine_pid(JOB).is_none());
    for more in [&[][..], &["--plain"]] {
        let mut arguments = vec!["attach", JOB, "--read-only"];
        arguments.extend(more);
        let outcome = tidegate.run(&arguments);
        assert_eq!(outcome.code, Some(6), "{outcome:?}");
        assert!(outcome.stdout.contains("sim  STOPPED"), "{outcome:?}");
    }
    let screen = Terminal::open(&tidegate, 80, 24, &["attach", JOB, "--read-only"]);
    let shown = screen.await_text("STOPPED", soon());
    assert!(shown.contains("[RO]") && shown.contains("made.table_00000"), "{shown}");
    assert!(tidegate.engine_pid(JOB).is_none(), "looking started an engine");
}
