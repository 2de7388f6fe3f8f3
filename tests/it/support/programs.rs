//! Finding programs, running them, and saying what they said.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program did.
#[derive(Clone)]
pub struct Outcome {
    /// The command as one line, for messages.
    pub command: String,
    /// `None`: ended by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The output of a program that must have succeeded.
    #[track_caller]
    pub fn expect_ok(self) -> String {
        assert!(self.code == Some(0), "must succeed: {self:?}");
        self.stdout
    }

    /// Both outputs, for looking for words.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        write!(f, "{}\nended with {code}\n", self.command)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Runs to the end with an empty standard input.
#[track_caller]
pub fn run(command: &mut Command) -> Outcome {
    run_with_input(command, "")
}

/// Runs to the end with `input` on standard input.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &str) -> Outcome {
    let shown = format!("{command:?}");
    let spawned =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let stderr = format!("could not be started: {error}");
            return Outcome { command: shown, code: None, stdout: String::new(), stderr };
        }
    };
    let mut pipe = child.stdin.take().expect("stdin was asked to be a pipe");
    let input = input.to_owned();
    // Of its own, so that a program that talks before it has read all does not block us.
    let writer = std::thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("a child can be waited for");
    writer.join().expect("the writer does not panic");
    Outcome {
        command: shown,
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program in PATH or where distributions keep programs of servers.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders.extend(versions_below("/usr/lib/postgresql", "bin"));
    folders.extend(versions_below("/usr", "bin").filter(|p| p.starts_with("/usr/pgsql")));
    for fixed in ["/usr/local/pgsql/bin", "/usr/sbin", "/usr/local/sbin", "/usr/libexec"] {
        folders.push(PathBuf::from(fixed));
    }
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

/// `base/*/inner`, the highest version first.
fn versions_below(base: &str, inner: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join(inner)).collect();
    let number = |path: &PathBuf| -> u32 {
        let name = path.parent().and_then(Path::file_name).map(OsStr::to_string_lossy);
        let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
        name.and_then(|name| digits(&name).parse().ok()).unwrap_or(0)
    };
    found.sort_by_key(number);
    found.into_iter().rev()
}

/// An account that servers may run under: they refuse to be root.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The first of `names` this machine knows; `None` when this process is not root and so runs
    /// servers as itself.
    pub fn for_servers(names: &[&str]) -> Option<Account> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let of = |name: &&str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2).map(str::parse);
            Some(Account { uid: fields.next()?.ok()?, gid: fields.next()?.ok()? })
        };
        Some(names.iter().find_map(of).expect("an account for servers exists"))
    }
}

/// Runs `command` as the account, if there is one.
pub fn run_as(command: &mut Command, account: Option<Account>) -> &mut Command {
    match account {
        Some(Account { uid, gid }) => command.uid(uid).gid(gid),
        None => command,
    }
}

/// Hands a directory to the account, if there is one.
pub fn give_to(path: &Path, account: Option<Account>) {
    if let Some(Account { uid, gid }) = account {
        std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("root may give files away");
    }
}

/// Says in the run's last line why a server could not be started, and fails this test.
#[track_caller]
pub fn could_not_start(server: &str, why: &str) -> ! {
    let sentence = format!("could not start {server}: {why}");
    if let Some(notes) = std::env::var_os("TIDEGATE_TEST_NOTES") {
        let one_line = sentence.replace('\n', " | ");
        let _ = fs::write(Path::new(&notes).join("why"), one_line + "\n");
    }
    panic!("{sentence}");
}

/// A loopback port that is free and outside the range from which outgoing connections take
/// theirs, so that a server that is stopped finds it again.
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TRIED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..1000 {
        let turn = TRIED.fetch_add(1, Ordering::Relaxed);
        let spread = std::process::id().wrapping_mul(2_654_435_761).wrapping_add(turn * 7919);
        let port = 15_000 + u16::try_from(spread % 16_000).expect("below 16,000");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between 15000 and 31000");
}
