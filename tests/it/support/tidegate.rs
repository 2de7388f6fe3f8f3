//! The built program in a home of its own, as an operator's shell sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::leash::Leash;
use super::programs::{Outcome, run};
use super::wait::{Deadline, wait_for, wait_until};

/// Ends every process that carries the home `$1` in its environment, then removes the home.
const LEASH: &str = r#"
mark="TIDEGATE_TEST_HOME=$1"
n=0
while [ $n -lt 50 ]; do
    found=
    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/}
        if [ "$pid" != $$ ] && grep -qzxF "$mark" "$dir/environ" 2>/dev/null; then
            kill -9 "$pid" 2>/dev/null && found=1
        fi
    done
    [ -n "$found" ] || break
    n=$((n + 1))
    sleep 0.02
done
rm -rf "$1"
"#;

const FAILED_CHUNKS: &str =
    "SELECT chunk, error_code, error_message, error_detail FROM failed_chunks LIMIT 10";
const FAILED_STEPS: &str = "SELECT title, error_code, error_message, error_detail FROM step \
                            WHERE state = 'failed' LIMIT 20";
const NEWEST_EVENTS: &str =
    "SELECT kind, text FROM event WHERE id > (SELECT max(id) - 25 FROM event) ORDER BY id";

/// Chunks of a job by state, read from its master table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunks {
    pub total: i64,
    pub processed: i64,
    pub failed: i64,
}

/// One installation: state, configuration and runtime directory of one user.
pub struct Tidegate {
    home: PathBuf,
    _leash: Leash,
}

impl Tidegate {
    pub fn new() -> Tidegate {
        let home = super::temporary("tg").keep();
        let leash = Leash::new(LEASH, &[&home]);
        for (folder, mode) in [("state", 0o700), ("config", 0o700), ("run", 0o700)] {
            use std::os::unix::fs::PermissionsExt;
            let path = home.join(folder);
            fs::create_dir(&path).expect("a folder can be made");
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(&path, permissions).expect("a folder of ours");
        }
        Tidegate { home, _leash: leash }
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A file of this home, such as a SQLite database.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// The environment every process of this home gets.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let folder = |name: &str| self.home.join(name).display().to_string();
        vec![
            ("TIDEGATE_TEST_HOME", self.home.display().to_string()),
            ("HOME", self.home.display().to_string()),
            ("XDG_STATE_HOME", folder("state")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_RUNTIME_DIR", folder("run")),
            ("TZ", "UTC".to_owned()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ]
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(arguments).current_dir(&self.home);
        for variable in ["PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGUSER", "PGHOST", "PGDATABASE"]
        {
            command.env_remove(variable);
        }
        command.envs(self.environment());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        run(&mut self.command(arguments))
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert!(outcome.code == Some(0), "{outcome:?}\n{}", self.engine_logs());
        outcome.stdout
    }

    /// Runs a command with `--json`; the last line is the result.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let with_json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let text = self.ok(&with_json);
        let line = text.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Copies to the end; the job must end with everything done.
    #[track_caller]
    pub fn copy(&self, job: &str, from: &str, to: &str, more: &[&str]) {
        let outcome = self.try_copy(job, from, to, more);
        assert!(outcome.code == Some(0), "{outcome:?}\n{}", self.troubles(job));
    }

    pub fn try_copy(&self, job: &str, from: &str, to: &str, more: &[&str]) -> Outcome {
        let mut arguments = vec!["copy", "--job", job, "--from", from, "--to", to];
        arguments.extend(more);
        self.run(&arguments)
    }

    #[track_caller]
    pub fn copy_detached(&self, job: &str, from: &str, to: &str, more: &[&str]) {
        let detached: Vec<&str> = more.iter().copied().chain(["--detach"]).collect();
        let outcome = self.try_copy(job, from, to, &detached);
        assert!(outcome.code == Some(0), "{outcome:?}\n{}", self.troubles(job));
    }

    /// Waits for COMPLETED and gives the exit code: 0 when everything is there.
    #[track_caller]
    pub fn wait(&self, job: &str, seconds: u64) -> Option<i32> {
        let outcome = self.run(&["wait", job, "--timeout", &format!("{seconds}s")]);
        assert!(outcome.code != Some(9), "not completed in {seconds} s\n{}", self.troubles(job));
        outcome.code
    }

    /// Waits until the job is COMPLETED with everything done.
    #[track_caller]
    pub fn wait_done(&self, job: &str, seconds: u64) {
        let code = self.wait(job, seconds);
        assert!(code == Some(0), "wait ended with {code:?}\n{}", self.troubles(job));
    }

    pub fn status(&self, job: &str) -> Value {
        self.json(&["status", job])
    }

    /// A number of `status --json`, such as `threads.run`.
    #[track_caller]
    pub fn status_number(&self, job: &str, path: &str) -> i64 {
        let status = self.status(job);
        let value = path.split('.').fold(&status, |value, key| &value[key]);
        value.as_i64().unwrap_or_else(|| panic!("no number {path} in {status:#}"))
    }

    #[track_caller]
    pub fn await_state(&self, job: &str, state: &str, deadline: Deadline) {
        wait_for(&format!("{job} to be {state}"), deadline, || {
            let now = self.stored_state(job);
            if now == state { Ok(()) } else { Err(format!("{now}\n{}", self.troubles(job))) }
        });
    }

    // What the master table says: any program may read it while the engine writes.

    pub fn job_folder(&self, job: &str) -> PathBuf {
        self.home.join("state/tidegate/jobs").join(job)
    }

    pub fn master(&self, job: &str) -> Option<Connection> {
        let file = self.job_folder(job).join("master.db");
        let connection =
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).ok()?;
        Some(connection)
    }

    /// Rows of a query on the master table, cells separated by blanks.
    #[track_caller]
    pub fn stored(&self, job: &str, query: &str) -> Vec<String> {
        let connection = self.master(job).expect("the job's master table");
        let text = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            let mut cells = Vec::new();
            for at in 0..row.as_ref().column_count() {
                cells.push(match row.get::<_, rusqlite::types::Value>(at)? {
                    rusqlite::types::Value::Null => "null".to_owned(),
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Real(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(_) => "blob".to_owned(),
                });
            }
            Ok(cells.join(" "))
        };
        let mut statement = connection.prepare(query).unwrap_or_else(|e| panic!("{e}: {query}"));
        let rows = statement.query_map([], text).unwrap_or_else(|e| panic!("{e}: {query}"));
        rows.map(|row| row.unwrap_or_else(|e| panic!("{e}: {query}"))).collect()
    }

    /// Empty before the engine has written the job down.
    pub fn stored_state(&self, job: &str) -> String {
        let read = || self.master(job)?.query_row("SELECT state FROM job", [], |r| r.get(0)).ok();
        read().unwrap_or_default()
    }

    pub fn chunks(&self, job: &str) -> Chunks {
        let read = || {
            let query = "SELECT count(*), ifnull(sum(state = 2), 0), ifnull(sum(state = 3), 0) \
                         FROM chunk";
            let row = |row: &rusqlite::Row<'_>| {
                Ok(Chunks { total: row.get(0)?, processed: row.get(1)?, failed: row.get(2)? })
            };
            self.master(job)?.query_row(query, [], row).ok()
        };
        read().unwrap_or_default()
    }

    /// Waits until at least so many chunks are processed, or the job is over.
    #[track_caller]
    pub fn await_chunks(&self, job: &str, at_least: i64, deadline: Deadline) {
        wait_for(&format!("{at_least} processed chunks of {job}"), deadline, || {
            let chunks = self.chunks(job);
            let over = self.stored_state(job) == "COMPLETED";
            if chunks.processed >= at_least || over { Ok(()) } else { Err(self.troubles(job)) }
        });
    }

    // The engine as the operating system sees it.

    /// The process that runs `tidegate engine JOB` in this home.
    pub fn engine_pid(&self, job: &str) -> Option<i32> {
        self.processes().into_iter().find(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = line.split(|b| *b == 0).collect();
            words.get(1) == Some(&&b"engine"[..]) && words.get(2) == Some(&job.as_bytes())
        })
    }

    /// Every living process of this home.
    pub fn processes(&self) -> Vec<i32> {
        let mark = format!("TIDEGATE_TEST_HOME={}", self.home.display());
        let ours = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|entry| entry == mark.as_bytes())
        };
        let entries = fs::read_dir("/proc").expect("/proc is there");
        let pids = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
        pids.filter(ours).filter(|pid| is_alive(*pid)).collect()
    }

    /// `kill -9`, and waits until the process is gone.
    #[track_caller]
    pub fn kill_engine(&self, job: &str) {
        let pid = self.engine_pid(job).expect("an engine that runs");
        kill(pid, Signal::KILL);
        wait_until("the engine to be gone", Deadline::seconds(20), || !is_alive(pid));
    }

    /// For messages: state, failures and the newest lines of the log.
    pub fn troubles(&self, job: &str) -> String {
        if self.master(job).is_none() {
            return format!("no master table of {job}\n{}", self.engine_logs());
        }
        let mut text = format!("state {} {:?}", self.stored_state(job), self.chunks(job));
        for (title, query) in [
            ("failed chunk", FAILED_CHUNKS),
            ("failed step", FAILED_STEPS),
            ("BLOCK", "SELECT topic, message FROM finding WHERE severity = 'BLOCK'"),
            ("event", NEWEST_EVENTS),
        ] {
            for line in self.stored(job, query) {
                text.push_str(&format!("\n{title}: {line}"));
            }
        }
        text + "\n" + &self.engine_logs()
    }

    /// The end of every engine's log in this home.
    pub fn engine_logs(&self) -> String {
        let jobs = fs::read_dir(self.home.join("state/tidegate/jobs"));
        let mut text = String::new();
        for job in jobs.into_iter().flatten().flatten() {
            let log = fs::read_to_string(job.path().join("engine.log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(20)..].join("\n");
            text.push_str(&format!("--- log of {}\n{tail}\n", job.file_name().display()));
        }
        text
    }
}

/// Is there such a process, and is it more than a zombie that nobody has collected?
pub fn is_alive(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, Some('Z' | 'X') | None)
}

#[track_caller]
pub fn kill(pid: i32, signal: Signal) {
    let pid = Pid::from_raw(pid).expect("a process id is not zero");
    kill_process(pid, signal).expect("a process of ours");
}

/// Processor time a process has used, in clock ticks (hundredths of a second).
pub fn processor_ticks(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // utime and stime are fields 14 and 15 of the line; the name is the second.
    let tick = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    tick(11) + tick(12)
}

/// A line of `/proc/PID/status` in kB, such as `VmHWM`.
pub fn memory_kb(pid: i32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let found = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
