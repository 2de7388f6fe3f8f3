//! keys.toml, and the verbs that the action table feeds or names.

use std::fs;

use crate::support::tmux::Terminal;
use crate::support::{Deadline, Tidegate, wait_until};

const JOB: &str = "sim";

fn soon() -> Deadline {
    Deadline::seconds(30)
}

fn with_keys(text: &str) -> Tidegate {
    let tidegate = Tidegate::new();
    let folder = tidegate.home().join("config/tidegate");
    fs::create_dir_all(&folder).expect("a folder of ours");
    fs::write(folder.join("keys.toml"), text).expect("a file of ours");
    tidegate
}

fn simulate(tidegate: &Tidegate, more: &[&str]) {
    let mut arguments = vec!["sim", "--detach", "--tables", "4", "--chunks", "400"];
    arguments.extend(more);
    tidegate.ok(&arguments);
}

#[test]
fn wrong_lines_are_named_and_the_others_are_obeyed() {
    let tidegate = with_keys("pause = [\"P\"]\n");
    let fine = tidegate.ok(&["keys", "--check"]);
    assert!(fine.contains("1 change in ~/config/tidegate/keys.toml"), "{fine}");
    for (text, words) in [
        ("puase = [\"P\"]\n", "line 1: there is no action \"puase\"; pause?"),
        ("\npause = [\"C-b\"]\n", "line 2: Ctrl-B is tmux's prefix; pause keeps its default"),
        ("pause = [\"P\"\n", "built-in keys are in force"),
    ] {
        let tidegate = with_keys(text);
        let outcome = tidegate.run(&["keys", "--check"]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(words), "{outcome:?}");
        let keys = tidegate.json(&["keys"]);
        let pause = keys.as_array().expect("a list").iter().find(|a| a["id"] == "pause");
        assert_eq!(pause.expect("an action")["keys"][0], "p");
    }
    let elsewhere = Tidegate::new();
    let folder = elsewhere.home().join("config/tidegate");
    fs::create_dir_all(&folder).expect("a folder of ours");
    fs::write(folder.join("keymap.toml"), "pause = [\"P\"]").expect("a file of ours");
    let outcome = elsewhere.run(&["keys", "--check"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("keymap.toml is not read"), "{outcome:?}");
}

#[test]
fn changed_keys_are_pressed_and_printed() {
    let tidegate = with_keys("pause = [\"P\"]\n");
    simulate(&tidegate, &["--chunk-ms", "500"]);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    console.await_text("P pause", soon());
    console.keys(&["P"]);
    console.await_text("IDLING", soon());
    console.keys(&["?", "p", "a", "u", "s", "e"]);
    let help = console.await_text("1 change", soon());
    assert!(help.contains("P   pause after current chunks"), "{help}");

    let tidegate = with_keys("puase = [\"P\"]\n");
    simulate(&tidegate, &["--chunk-ms", "500"]);
    let console = Terminal::open(&tidegate, 80, 24, &["attach", JOB]);
    console.await_text("there is no action \"puase\"", soon());
}

#[test]
fn every_verb_of_the_table_ends_as_documented() {
    let tidegate = Tidegate::new();
    simulate(&tidegate, &["--threads", "8", "--chunk-ms", "30000"]);
    let code = |arguments: &[&str]| tidegate.run(arguments).code;
    assert_eq!(code(&["kill", JOB]), Some(10));
    assert_eq!(code(&["stop", JOB]), Some(10));
    assert_eq!(code(&["threads", JOB, "x"]), Some(2));
    assert_eq!(code(&["resume", JOB, "--threads", "x"]), Some(2));
    assert_eq!(code(&["drain", JOB]), Some(2), "say --now");
    assert_eq!(code(&["pause", "nobody"]), Some(6));
    assert_eq!(code(&["keys", "--screen", "kitchen"]), Some(2));
    wait_until("8 at work", soon(), || tidegate.status_number(JOB, "threads.run") == 8);
    tidegate.ok(&["threads", JOB, "2"]);
    wait_until("6 leaving", soon(), || tidegate.status_number(JOB, "threads.draining") == 6);
    assert_eq!(code(&["drain", JOB, "--now"]), Some(10));
    // The sim's target is a production one: y is not enough.
    assert_eq!(code(&["drain", JOB, "--now", "-y"]), Some(10));
    tidegate.ok(&["drain", JOB, "--now", "--yes-target", "crm_new"]);
    wait_until("nobody leaving", soon(), || tidegate.status_number(JOB, "threads.draining") == 0);
    tidegate.ok(&["resume", JOB, "--threads", "5"]);
    assert_eq!(tidegate.status_number(JOB, "threads.want"), 5);
    let report = tidegate.ok(&["report", JOB]);
    for words in ["Report of job sim", "Tables", "Story", "made.table_00000"] {
        assert!(report.contains(words), "{words}:\n{report}");
    }
    let file = tidegate.file("report.txt");
    let name = file.display().to_string();
    tidegate.ok(&["report", JOB, "-o", &name]);
    assert!(fs::read_to_string(&file).expect("a report").contains("Report of job sim"));
    assert_eq!(tidegate.json(&["report", JOB])["type"], "report");
    assert_eq!(code(&["report", JOB, "-o", "/nowhere/at/all"]), Some(1));
}

#[test]
fn the_manual_page_is_roff() {
    let tidegate = Tidegate::new();
    let page = tidegate.ok(&["man"]);
    assert!(page.starts_with(".TH TIDEGATE 1"), "{}", &page[..80]);
    for words in [".SH COMMANDS", ".SH KEYS OF THE CONSOLE", ".SH EXIT STATUS", "keys.toml"] {
        assert!(page.contains(words), "{words}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(tidegate.ok(&["completions", shell]).contains("index-workers"), "{shell}");
    }
}
