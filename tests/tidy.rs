//! The rules of the house as a test: which module may use which, what stays out of the pure core,
//! where stored and sent forms live, how long a line, a function and a file may be. A failure
//! prints the file, the line and the sentence that explains. A new rule goes here instead of into
//! a review comment.

#[path = "tidy/source.rs"]
mod source;

use std::path::Path;

use source::{Source, read_all};

/// What one module may use besides itself. The longest name that fits a file or a path wins, so
/// `console::runtime` may be allowed more than `console`.
struct Module {
    name: &'static str,
    may_use: &'static [&'static str],
}

const fn module(name: &'static str, may_use: &'static [&'static str]) -> Module {
    Module { name, may_use }
}

/// From the bottom to the top. Every module may use `core::time`, every module of the core may use
/// layer 0 (`core::name`, `core::value`, `core::time`).
const MODULES: &[Module] = &[
    module("core::name", &[]),
    module("core::value", &[]),
    module("core::time", &[]),
    module("core::fault", &[]),
    module("core::catalog", &[]),
    module("core::mapping", &["core::catalog"]),
    module("core::chunk", &["core::catalog", "core::fault"]),
    module("core::spec", &["core::catalog", "core::chunk", "core::mapping", "core::fault"]),
    module("core::sql", &["core::catalog", "core::chunk", "core::mapping"]),
    module(
        "core::plan",
        &["core::spec", "core::sql", "core::mapping", "core::chunk", "core::catalog"],
    ),
    module(
        "core::wire",
        &[
            "core::plan",
            "core::sql",
            "core::mapping",
            "core::chunk",
            "core::catalog",
            "core::fault",
        ],
    ),
    module(
        "core::scan",
        &["core::plan", "core::spec", "core::sql", "core::mapping", "core::catalog", "core::wire"],
    ),
    module(
        "core::canon",
        &["core::wire", "core::plan", "core::sql", "core::mapping", "core::catalog", "core::fault"],
    ),
    module(
        "core::job",
        &["core::plan", "core::spec", "core::chunk", "core::catalog", "core::fault"],
    ),
    module(
        "core::verify",
        &[
            "core::plan",
            "core::canon",
            "core::fault",
            "core::wire",
            "core::mapping",
            "core::chunk",
            "core::catalog",
        ],
    ),
    module("clock", &[]),
    module("config", &["core::spec", "core::chunk", "core::name", "core::fault"]),
    module("sqlite", &["core::fault"]),
    module("store", &["core", "sqlite"]),
    module(
        "driver",
        &[
            "core::canon",
            "core::catalog",
            "core::chunk",
            "core::fault",
            "core::mapping",
            "core::name",
            "core::plan",
            "core::scan",
            "core::spec",
            "core::sql",
            "core::value",
            "core::verify",
            "core::wire",
            "sqlite",
        ],
    ),
    module("protocol", &[]),
    module("protocol::convert", &["protocol", "core"]),
    module(
        "engine",
        &["core", "clock", "config", "sqlite", "store", "driver", "protocol", "engine::sim"],
    ),
    module("engine::sim", &["engine", "protocol", "clock", "config", "core::name"]),
    module("survey", &["core", "config", "driver", "protocol", "engine", "clock"]),
    module("client", &["protocol", "config", "clock", "core::name"]),
    // The wizard edits the job file's own form, and drafts are told apart by names of jobs.
    module("console", &["protocol", "core::spec", "core::mapping", "core::name", "config"]),
    module("console::runtime", &["console", "protocol", "client", "clock", "config", "core::name"]),
    module(
        "cli",
        &[
            "console", "client", "engine", "survey", "config", "clock", "protocol", "store",
            "driver", "sqlite", "core",
        ],
    ),
    module("main", &["cli"]),
];

const LAYER_0: &[&str] = &["core::name", "core::value", "core::time"];

/// Words that have no place under `src/core`, each with what to do instead.
const CORE_BANS: &[(&[&str], &str)] = &[
    (&["tokio"], "the core is synchronous; async belongs to driver, engine and console::runtime"),
    (&["sqlx"], "the core knows no connection; put it into driver::postgres"),
    (&["rusqlite"], "the core knows no connection; put it into driver::sqlite, store or sqlite"),
    (&["ratatui"], "the core knows no screen; put it into console::view"),
    (&["crossterm"], "the core knows no terminal; put it into console::runtime"),
    (&["std", ":", ":", "fs"], "the core reads no file; pass the text as an argument"),
    (&["std", ":", ":", "net"], "the core opens no socket"),
    (&["std", ":", ":", "env"], "the core reads no environment; pass the value as an argument"),
    (&["std", ":", ":", "process"], "the core starts no process"),
    (&["std", ":", ":", "thread"], "the core starts no thread"),
    (&["Instant", ":", ":", "now"], "the core reads no clock; time is an argument"),
    (&["SystemTime", ":", ":", "now"], "the core reads no clock; time is an argument"),
];

/// Libraries and the only modules that may name them.
const CRATES: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["driver"], "servers are spoken to in driver only"),
    ("mysql_async", &["driver"], "servers are spoken to in driver only"),
    ("rusqlite", &["sqlite", "store", "driver", "cli"], "SQLite is opened below the engine only"),
    ("ratatui", &["console"], "only the console draws"),
    ("crossterm", &["console"], "only the console knows the terminal"),
];

const LINE_COLUMNS_MAX: usize = 100;
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;

/// A broken rule: `file:line: sentence`.
type Broken = Vec<String>;

fn broken(source: &Source, line: usize, sentence: &str) -> String {
    format!("{}:{line}: {sentence}", source.path)
}

/// The entry of the table that fits a path best.
fn entry_for(path: &[String]) -> Option<&'static Module> {
    let fits = |module: &&Module| {
        let parts: Vec<&str> = module.name.split("::").collect();
        parts.len() <= path.len() && parts.iter().zip(path).all(|(a, b)| a == b)
    };
    MODULES.iter().filter(fits).max_by_key(|module| module.name.len())
}

fn is_under(name: &str, ancestor: &str) -> bool {
    name == ancestor || name.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with("::"))
}

fn check_arrows(source: &Source) -> Broken {
    let here = source.module();
    if here.is_empty() || !source.path.starts_with("src/") {
        return Broken::new(); // lib.rs lists the modules and uses none.
    }
    let Some(from) = entry_for(&here) else {
        let sentence = "this module is not in the table of tests/tidy.rs; give it a layer there";
        return if here == ["core"] { Broken::new() } else { vec![broken(source, 1, sentence)] };
    };
    let mut found = Broken::new();
    for reference in source.references() {
        let Some(to) = entry_for(&reference.path) else { continue };
        let free = to.name == "core::time"
            || (from.name.starts_with("core::") && LAYER_0.contains(&to.name))
            || is_under(to.name, from.name);
        if !free && !from.may_use.iter().any(|allowed| is_under(to.name, allowed)) {
            let sentence = format!(
                "{} may not use {}; arrows point down, and only along the table of tests/tidy.rs",
                from.name, to.name
            );
            found.push(broken(source, reference.line, &sentence));
        }
    }
    found
}

fn check_core(source: &Source) -> Broken {
    let mut found = Broken::new();
    if source.path.starts_with("src/core/") {
        for (words, sentence) in CORE_BANS {
            let sentence = format!("{}: {sentence}", words.concat());
            let lines = source.find_where(words, |at| !source.in_tests[at]).into_iter();
            found.extend(lines.map(|line| broken(source, line, &sentence)));
        }
    }
    found
}

fn check_crates(source: &Source) -> Broken {
    let here = source.module().join("::");
    let mut found = Broken::new();
    for (name, modules, sentence) in CRATES {
        let allowed = modules.iter().any(|module| is_under(&here, module));
        if source.path.starts_with("src/") && !allowed {
            let from_outside = |at: usize| at == 0 || source.tokens[at - 1].text != ":";
            let lines = source.find_where(&[name, ":", ":"], from_outside).into_iter();
            found.extend(lines.map(|line| broken(source, line, &format!("{name}: {sentence}"))));
        }
    }
    found
}

fn check_forms(source: &Source) -> Broken {
    let sent_or_stored =
        source.path.starts_with("src/protocol/") || source.path.starts_with("src/store/format");
    // A job file is written by the wizard and by hand, and read by both: one form.
    let job_file =
        source.path.starts_with("src/core/spec/") || source.path.starts_with("src/config/job_file");
    let from_the_operator = source.path.starts_with("src/core/spec/")
        || source.path.starts_with("src/core/mapping/rules")
        || source.path.starts_with("src/config/")
        || source.path == "src/config.rs";
    let mut found = Broken::new();
    if source.path.starts_with("src/") && !sent_or_stored && !job_file {
        let sentence = "Serialize belongs to protocol (what is sent) and store/format.rs (what is \
                        kept): what is meant ages differently";
        let lines = forms_of(source, "Serialize").into_iter();
        found.extend(lines.map(|line| broken(source, line, sentence)));
        if !from_the_operator {
            let sentence = "Deserialize belongs to protocol, store/format.rs, config, core/spec \
                            and core/mapping/rules";
            let lines = forms_of(source, "Deserialize").into_iter();
            found.extend(lines.map(|line| broken(source, line, sentence)));
        }
    }
    found
}

/// Where a type is given a form: derived or implemented; in the core, any mention. A bound on what
/// is handed through to be written says nothing about how it ages.
fn forms_of(source: &Source, name: &str) -> Vec<usize> {
    if source.path.starts_with("src/core/") {
        return source.find(&[name]);
    }
    let given = |at: usize| {
        let word = |at: usize| source.tokens.get(at).map_or("", |t| t.text.as_str());
        let implemented = (at + 1..at + 6).any(|next| word(next) == "for");
        let before = source.tokens[..at].iter().rev().map(|token| token.text.as_str());
        let derived = before.take_while(|word| *word != ")" && *word != "{" && *word != "}");
        implemented || derived.take(24).any(|word| word == "derive")
    };
    source.find_where(&[name], given)
}

fn check_sizes(source: &Source) -> Broken {
    let mut found = Broken::new();
    for (number, line) in source.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX {
            let sentence = format!("{columns} columns; a line has at most {LINE_COLUMNS_MAX}");
            found.push(broken(source, number + 1, &sentence));
        }
    }
    for function in source.functions() {
        if function.lines > FUNCTION_LINES_MAX {
            let sentence = format!(
                "fn {} has {} lines; a function fits a screen ({FUNCTION_LINES_MAX}): let the \
                 parent branch and the leaves compute",
                function.name, function.lines
            );
            found.push(broken(source, function.line, &sentence));
        }
    }
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        let sentence = format!(
            "{lines} lines; a file is read in one sitting ({FILE_LINES_MAX}): split it where it \
             has two reasons to change"
        );
        found.push(broken(source, lines, &sentence));
    }
    found
}

/// Text from outside may hold anything: it reaches a cell only through the pen, which takes nothing
/// but filtered text. A widget or a buffer in a view would be a way around it.
fn check_pen(source: &Source) -> Broken {
    let mut found = Broken::new();
    let drawing = source.path.starts_with("src/console/view/");
    if !drawing || source.path == "src/console/view/pen.rs" {
        return found;
    }
    let around = ["widgets", "Buffer", "set_string", "set_stringn", "set_line", "set_symbol"];
    for word in around {
        let sentence = format!("{word}: only the pen writes cells, it takes filtered text");
        found.extend(source.find(&[word]).iter().map(|l| broken(source, *l, &sentence)));
    }
    found
}

fn check_leftovers(source: &Source) -> Broken {
    let mut found = Broken::new();
    for word in ["dbg", "todo", "unimplemented"] {
        let sentence = format!("{word}! is for the way there and does not stay");
        found.extend(source.find(&[word, "!"]).iter().map(|l| broken(source, *l, &sentence)));
    }
    let mark = concat!("FIX", "ME");
    for (number, line) in source.text.lines().enumerate() {
        if line.contains(mark) {
            let sentence = format!("{mark}: mend it, or write what is missing into the issue");
            found.push(broken(source, number + 1, &sentence));
        }
    }
    found
}

fn check_habits(source: &Source) -> Broken {
    let mut found = Broken::new();
    let sentence = "every queue has a limit with a name and a reason; use a bounded channel";
    for words in [&["unbounded_channel"][..], &["mpsc", ":", ":", "channel", "(", ")"]] {
        found.extend(source.find(words).iter().map(|line| broken(source, *line, sentence)));
    }
    let sentence = "a test waits for a named condition with a deadline, it does not sleep";
    let slept = source.find_where(&["sleep", "("], |at| source.in_tests[at]);
    found.extend(slept.iter().map(|line| broken(source, *line, sentence)));
    if source.path.starts_with("src/") {
        let sentence = "unwrap is for tests; expect states the invariant, ? hands the fault on";
        let in_code = |at: usize| !source.in_tests[at];
        let lines = source.find_where(&[".", "unwrap", "(", ")"], in_code);
        found.extend(lines.iter().map(|line| broken(source, *line, sentence)));
    }
    found
}

fn the_project() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = read_all(root, &["src", "tests", "benches"]);
    assert!(sources.len() > 10, "the sources were not found under {}", root.display());
    sources
}

fn hold(check: fn(&Source) -> Broken) {
    let found: Vec<String> = the_project().iter().flat_map(check).collect();
    assert!(found.is_empty(), "{} to tidy:\n{}", found.len(), found.join("\n"));
}

#[test]
fn arrows_point_down() {
    hold(check_arrows);
}

#[test]
fn the_core_is_pure() {
    hold(check_core);
}

#[test]
fn libraries_stay_in_their_layer() {
    hold(check_crates);
}

#[test]
fn forms_live_where_they_are_sent_or_kept() {
    hold(check_forms);
}

#[test]
fn lines_functions_and_files_are_short() {
    hold(check_sizes);
}

#[test]
fn only_the_pen_writes_cells() {
    hold(check_pen);
}

#[test]
fn nothing_is_left_over() {
    hold(check_leftovers);
}

#[test]
fn queues_are_bounded_tests_wait_and_code_does_not_unwrap() {
    hold(check_habits);
}

/// The table itself: nothing points up, so no two modules can come to need each other.
#[test]
fn the_table_has_no_circle_but_between_a_folder_and_its_part() {
    let place = |name: &str| MODULES.iter().position(|m| m.name == name);
    for (at, module) in MODULES.iter().enumerate() {
        for used in module.may_use.iter().filter(|used| **used != "core") {
            let below = place(used).is_some_and(|p| p < at);
            let family = is_under(used, module.name) || is_under(module.name, used);
            assert!(below || family, "{} may use {used}, which is not below it", module.name);
        }
    }
}

#[cfg(test)]
mod each_rule_catches_its_case {
    use super::*;

    fn lines(found: &[String]) -> Vec<usize> {
        let line = |text: &String| text.split(':').nth(1).and_then(|n| n.parse().ok());
        found.iter().filter_map(line).collect()
    }

    #[test]
    fn arrows() {
        let text = "use crate::core::{name::X, job::Job};\n\
                    use super::super::engine;\n\
                    fn f() { crate::store::open() }\n\
                    // use crate::console;\n\
                    const S: &str = \"crate::cli::x\";\n\
                    pub(in crate::engine) fn g() {}\n\
                    mod tests { use super::*; use super::super::super::client; }\n";
        let source = Source::new("src/driver/postgres/read.rs", text);
        assert_eq!(lines(&check_arrows(&source)), vec![1, 3]);
        let source = Source::new("src/driver/url.rs", text);
        assert_eq!(lines(&check_arrows(&source)), vec![1, 2, 3, 7]);
    }

    #[test]
    fn a_module_without_a_layer() {
        let found = check_arrows(&Source::new("src/core/extra.rs", ""));
        assert_eq!(lines(&found), vec![1]);
        assert!(check_arrows(&Source::new("src/core/mod.rs", "pub mod name;")).is_empty());
    }

    #[test]
    fn the_core() {
        let text = "use std::fs;\nuse std::time::Instant;\nfn f() { Instant::now(); }\n/* tokio */";
        assert_eq!(lines(&check_core(&Source::new("src/core/sql/mod.rs", text))), vec![1, 3]);
        assert!(check_core(&Source::new("src/engine/mod.rs", text)).is_empty());
    }

    #[test]
    fn crates() {
        let text = "use rusqlite::Connection;\nfn sqlx() {}\nuse sqlx::postgres;";
        assert_eq!(lines(&check_crates(&Source::new("src/client/mod.rs", text))), vec![3, 1]);
    }

    #[test]
    fn forms() {
        let text = "#[derive(Serialize)]\nstruct A;\n#[derive(Deserialize)]\nstruct B;";
        assert_eq!(lines(&check_forms(&Source::new("src/core/job/mod.rs", text))), vec![1, 3]);
        assert_eq!(lines(&check_forms(&Source::new("src/core/mapping/rules.rs", text))), vec![1]);
        assert!(check_forms(&Source::new("src/core/spec/mod.rs", text)).is_empty());
        assert!(check_forms(&Source::new("src/protocol/view.rs", text)).is_empty());
        let text = [
            "use serde::Serialize;",
            "fn f<T: Serialize>(t: &T) {}",
            "#[derive(Debug, Serialize)]",
            "struct A;",
            "impl Serialize for B {}",
            "impl<'de> Deserialize<'de> for B {}",
        ];
        let text = text.join("\n");
        assert_eq!(lines(&check_forms(&Source::new("src/cli/output.rs", &text))), vec![3, 5, 6]);
    }

    #[test]
    fn sizes() {
        let text =
            format!("fn long(a: [u8; 3]) {{\n{}}}\n// {}\n", "f();\n".repeat(70), "é".repeat(98));
        let found = check_sizes(&Source::new("src/a.rs", &text));
        assert_eq!(lines(&found), vec![73, 1]);
        let found = check_sizes(&Source::new("src/a.rs", &"\n".repeat(601)));
        assert_eq!(lines(&found), vec![601]);
    }

    #[test]
    fn leftovers_and_habits() {
        let text = "fn f() { todo!() }\nfn g() { x.unwrap(); sleep(1) }\n\
                    #[cfg(test)] mod any { fn h() { x.unwrap(); sleep(1) } }\n\
                    fn i() { tokio::sync::mpsc::unbounded_channel(); }\n\
                    const C: (char, &str) = ('\"', r#\"\"todo!()\"#);\n";
        let source = Source::new("src/engine/mod.rs", text);
        assert_eq!(lines(&check_leftovers(&source)), vec![1]);
        assert_eq!(lines(&check_habits(&source)), vec![4, 3, 2]);
        let source = Source::new("tests/it/crash.rs", text);
        assert_eq!(lines(&check_habits(&source)), vec![4, 2, 3]);
    }
}
