//! Real terminals: private tmux servers whose screens can be read.

use std::process::Command;

use super::leash::Leash;
use super::programs::{Outcome, could_not_start, find, run};
use super::tidegate::Tidegate;
use super::wait::{Deadline, wait_for};

/// One terminal of a given size with a program in it.
pub struct Terminal {
    // Dropped in this order: the server is found through its folder.
    _leash: Leash,
    folder: tempfile::TempDir,
}

impl Terminal {
    /// Opens a terminal and runs `tidegate` with these arguments in it.
    pub fn open(tidegate: &Tidegate, columns: u32, lines: u32, arguments: &[&str]) -> Terminal {
        Terminal::of_kind(None, tidegate, (columns, lines), arguments)
    }

    /// The same on a terminal that says it can print lines only.
    pub fn dumb(tidegate: &Tidegate, columns: u32, lines: u32, arguments: &[&str]) -> Terminal {
        Terminal::of_kind(Some("dumb"), tidegate, (columns, lines), arguments)
    }

    fn of_kind(
        kind: Option<&str>,
        tidegate: &Tidegate,
        (columns, lines): (u32, u32),
        arguments: &[&str],
    ) -> Terminal {
        let folder = super::temporary("tgtm");
        let leash = Leash::new("TMUX_TMPDIR=\"$1\" tmux -L t kill-server", &[folder.path()]);
        let terminal = Terminal { _leash: leash, folder };
        let mut command = terminal.tmux();
        command.args(["-f", "/dev/null", "new-session", "-d", "-s", "main"]);
        command.args(["-x", &columns.to_string(), "-y", &lines.to_string()]);
        command.envs(tidegate.environment()).env_remove("NO_COLOR");
        let quoted: Vec<String> = arguments.iter().map(|a| format!("'{a}'")).collect();
        // The shell stays, so that what the program leaves behind can be seen.
        let kind = kind.map_or(String::new(), |kind| format!("TERM={kind} "));
        let words = quoted.join(" ");
        let line = format!("{kind}{} {words}; echo ended with $?; exec cat", program());
        run(command.current_dir(tidegate.home()).arg(line)).expect_ok();
        terminal
    }

    fn tmux(&self) -> Command {
        let Some(tmux) = find(&["tmux"]) else { could_not_start("tmux", "it is not installed") };
        let mut command = Command::new(tmux);
        command.env_remove("TMUX").env("TMUX_TMPDIR", self.folder.path()).args(["-L", "t"]);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Outcome {
        run(self.tmux().args(arguments))
    }

    /// Types keys, in tmux's names: `q`, `Enter`, `C-c`, `+`.
    pub fn keys(&self, keys: &[&str]) {
        let arguments: Vec<&str> =
            ["send-keys", "-t", "main", "--"].iter().chain(keys).copied().collect();
        self.ask(&arguments).expect_ok();
    }

    /// What is on the screen now.
    pub fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p", "-t", "main"]).stdout
    }

    /// Waits until the screen shows a text; gives the whole screen.
    #[track_caller]
    pub fn await_text(&self, text: &str, deadline: Deadline) -> String {
        wait_for(&format!("{text:?} on the screen"), deadline, || {
            let screen = self.screen();
            if screen.contains(text) { Ok(screen) } else { Err(screen.replace('\n', "\n  ")) }
        })
    }

    /// From now on counts the bytes that the program sends to the terminal.
    pub fn record(&self) -> std::path::PathBuf {
        let file = self.folder.path().join("sent");
        let pipe = format!("cat >> {}", file.display());
        std::fs::write(&file, "").expect("a file can be made");
        self.ask(&["pipe-pane", "-t", "main", "-o", &pipe]).expect_ok();
        file
    }

    pub fn resize(&self, columns: u32, lines: u32) {
        let (columns, lines) = (columns.to_string(), lines.to_string());
        self.ask(&["resize-window", "-t", "main", "-x", &columns, "-y", &lines]).expect_ok();
    }

    /// Closes the pane as a person closes a window: everything in it is hung up.
    pub fn close(&self) {
        self.ask(&["kill-pane", "-t", "main"]).expect_ok();
    }

    /// The console's own process: the child of the pane's shell.
    #[track_caller]
    pub fn console_pid(&self, tidegate: &Tidegate) -> i32 {
        let shell = self.ask(&["display-message", "-p", "-t", "main", "#{pane_pid}"]).expect_ok();
        let shell: i32 = shell.trim().parse().expect("a process id");
        wait_for("the console's process", Deadline::seconds(10), || {
            let children = tidegate.processes().into_iter().filter(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                let parent = stat.rsplit(") ").next().and_then(|s| s.split(' ').nth(1));
                parent == Some(shell.to_string().as_str())
            });
            children.into_iter().next().ok_or("no child of the shell")
        })
    }
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_tidegate")
}
