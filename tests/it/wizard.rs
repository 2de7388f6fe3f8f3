//! The wizard from `n` to a copied database, in a real terminal, and what lies on disk meanwhile.

use crate::support::tmux::Terminal;
use crate::support::{Deadline, Tidegate, own_data, sqlite, wait_until};

fn soon() -> Deadline {
    Deadline::seconds(40)
}

/// Types into the field that has the focus. Many letters that come in one piece with the keys
/// before them would be a paste for which no field is open.
fn type_path(console: &Terminal, path: &str) {
    console.await_text("Tab field", soon());
    console.keys(&[path]);
    let name = path.rsplit('/').next().unwrap_or(path);
    console.await_text(name, soon());
}

/// Types two files into page 1 and waits until the draft lies there; gives its name.
fn two_files(tidegate: &Tidegate, console: &Terminal, from: &str, to: &str) -> String {
    console.keys(&["n"]);
    console.await_text("1 of 4", soon());
    // Task, name, engine of the source: SQLite is the third.
    console.keys(&["Tab", "Tab", "Right", "Right", "Tab"]);
    type_path(console, from);
    // Label and production, then the engine of the target.
    console.keys(&["Tab", "Tab", "Tab", "Right", "Right", "Tab"]);
    type_path(console, to);
    let drafts = || {
        let listed = tidegate.json(&["drafts"]);
        listed["drafts"].as_array().cloned().unwrap_or_default()
    };
    let url = format!("sqlite:{to}");
    let saved = || {
        let path = drafts().first()?["state_path"].as_str()?.to_owned();
        std::fs::read_to_string(path).ok().filter(|text| text.contains(&url))
    };
    wait_until("the draft is saved", soon(), || saved().is_some());
    drafts()[0]["name"].as_str().unwrap().to_owned()
}

#[test]
fn from_n_to_a_copied_database() {
    let tidegate = Tidegate::new();
    let (source, target) = (tidegate.file("shop.db"), tidegate.file("copy.db"));
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    let console = Terminal::open(&tidegate, 80, 24, &[]);
    console.await_text("Jobs 0", soon());
    let (from, to) = (source.display().to_string(), target.display().to_string());
    let name = two_files(&tidegate, &console, &from, &to);
    console.keys(&["C-x"]);
    console.await_text("2 of 4", soon());
    console.await_text("picked", soon());
    console.keys(&["C-x"]);
    console.await_text("3 of 4", soon());
    // Leaving and coming back: the draft is in the list and opens where it was.
    console.keys(&["Escape"]);
    console.await_text("2 of 4", soon());
    console.keys(&["Escape"]);
    console.await_text("1 of 4", soon());
    console.keys(&["C-x"]);
    console.await_text("2 of 4", soon());
    console.keys(&["q"]);
    console.await_text("DEFINING", soon());
    assert!(tidegate.ok(&["ls"]).contains("DEFINING"), "ls shows drafts");
    console.keys(&["Enter"]);
    console.await_text("2 of 4", soon());
    console.await_text("picked", soon());
    console.keys(&["C-x"]);
    console.await_text("3 of 4", soon());
    console.keys(&["C-x"]);
    console.await_text("nothing blocks", soon());
    // A question takes no answer in its first moments: y is pressed until it is taken.
    console.keys(&["s"]);
    console.await_text("y = yes", soon());
    wait_until("the question takes y", soon(), || {
        console.keys(&["y"]);
        !console.screen().contains("y = yes")
    });
    tidegate.wait_done(&name, 60);
    sqlite::assert_copied(&source, &target);
    console.await_text("COMPLETED", soon());
    wait_until("the draft is gone", soon(), || !tidegate.ok(&["drafts"]).contains(&name));
}

#[test]
fn a_draft_survives_the_console_and_is_discarded_by_its_verb() {
    let tidegate = Tidegate::new();
    let source = tidegate.file("shop.db");
    sqlite::build(&source, &own_data("shop_sqlite.sql"));
    let console = Terminal::open(&tidegate, 80, 24, &[]);
    console.await_text("Jobs 0", soon());
    let to = tidegate.file("copy.db").display().to_string();
    let name = two_files(&tidegate, &console, &source.display().to_string(), &to);
    console.close();
    let path = tidegate.json(&["drafts"])["drafts"][0]["state_path"].clone();
    let path = path.as_str().unwrap().to_owned();
    // It is a job file as it stands.
    tidegate.ok(&["plan", "--job-file", &path]);
    let refused = tidegate.run(&["drafts", "discard", &name]);
    assert_eq!(refused.code, Some(10), "{refused:?}");
    tidegate.ok(&["drafts", "discard", &name, "-y"]);
    assert!(!std::path::Path::new(&path).exists());
    assert!(!std::path::Path::new(&to).exists(), "nothing was written");
}
