//! Private PostgreSQL servers in temporary directories, and databases in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use rustix::process::{Pid, Signal, kill_process};

use super::leash::Leash;
use super::programs::{
    Account, Outcome, could_not_start, find, free_port, give_to, run, run_as, run_with_input,
};
use super::wait::{Deadline, wait_until};

/// Ends the server that lives in `$1` and removes it. The postmaster takes its backends along.
const LEASH: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    n=0
    while kill -0 "$pid" && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
    kill -9 "$pid"
fi
rm -rf "$1"
"#;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct PgOptions {
    /// Off only where no test takes the server down.
    pub fsync: bool,
    /// With one, logging in needs it (scram-sha-256); otherwise everyone is trusted.
    pub password: Option<&'static str>,
    pub settings: Vec<(&'static str, String)>,
}

impl Default for PgOptions {
    fn default() -> PgOptions {
        PgOptions { fsync: true, password: None, settings: Vec::new() }
    }
}

/// How a server is taken down.
#[derive(Clone, Copy, Debug)]
pub enum StopMode {
    /// Disconnects everybody and writes everything.
    Fast,
    /// As in a crash: what was not flushed is gone.
    Immediate,
}

/// One server. Dropping it stops it and removes its files.
pub struct PgServer {
    home: PathBuf,
    bin: PathBuf,
    account: Option<Account>,
    options: PgOptions,
    port: u16,
    postmaster: Mutex<Option<Child>>,
    databases: AtomicU32,
    _leash: Leash,
}

impl PgServer {
    /// The server that all tests of this process share. Nobody stops it but the end.
    pub fn shared() -> &'static PgServer {
        static SHARED: OnceLock<PgServer> = OnceLock::new();
        SHARED.get_or_init(|| PgServer::start(PgOptions { fsync: false, ..PgOptions::default() }))
    }

    /// A server of one's own, for tests that stop it or measure it.
    pub fn start(options: PgOptions) -> PgServer {
        let bin = match find(&["initdb"]).map(|p| fs::canonicalize(&p).unwrap_or(p)) {
            Some(initdb) => initdb.parent().expect("a file has a folder").to_owned(),
            None => could_not_start("PostgreSQL", "initdb is not installed"),
        };
        let account = Account::for_servers(&["postgres", "nobody"]);
        let home = super::temporary("tgpg").keep();
        give_to(&home, account);
        let leash = Leash::new(LEASH, &[&home]);
        let server = PgServer {
            home,
            bin,
            account,
            options,
            port: free_port(),
            postmaster: Mutex::new(None),
            databases: AtomicU32::new(0),
            _leash: leash,
        };
        server.make_cluster();
        server.start_again();
        server
    }

    /// Starts after a stop, on the same port, and waits until it answers.
    pub fn start_again(&self) {
        let log = fs::File::options().create(true).append(true).open(self.home.join("log"));
        let log = log.expect("the server's log can be opened");
        let mut command = Command::new(self.bin.join("postgres"));
        command.arg("-D").arg(self.home.join("data")).args(["-p", &self.port.to_string()]);
        run_as(&mut command, self.account)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log);
        let child =
            command.spawn().unwrap_or_else(|e| could_not_start("PostgreSQL", &e.to_string()));
        *self.postmaster.lock().expect("no test panicked in here") = Some(child);
        let deadline = Deadline::seconds(60);
        while self.maintenance().try_run("SELECT 1").code != Some(0) {
            let ended = self.has_ended();
            if ended || deadline.has_passed() {
                could_not_start("PostgreSQL", &format!("ended: {ended}; log: {}", self.log_tail()));
            }
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
    }

    /// Takes the server down and waits until it is.
    pub fn stop(&self, mode: StopMode) {
        let taken = self.postmaster.lock().expect("no test panicked in here").take();
        let mut child = taken.expect("a server that runs");
        let signal = match mode {
            StopMode::Fast => Signal::INT,
            StopMode::Immediate => Signal::QUIT,
        };
        kill_process(Pid::from_child(&child), signal).expect("the server is ours");
        child.wait().expect("a child can be waited for");
        let lock = self.home.join("data/postmaster.pid");
        wait_until("the server's lock file to go", Deadline::seconds(20), || {
            // An immediate stop leaves it behind; the next start takes it over.
            matches!(mode, StopMode::Immediate) || !lock.exists()
        });
    }

    /// Takes it down as in a crash and starts it again.
    pub fn crash_and_restart(&self) {
        self.stop(StopMode::Immediate);
        self.start_again();
    }

    /// A new empty database.
    pub fn create(&self, name: &str) -> Database {
        let number = self.databases.fetch_add(1, Ordering::SeqCst);
        let name = format!("{name}_{}_{number}", std::process::id());
        self.maintenance().run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.database(&name)
    }

    /// A new database with these files run in it.
    pub fn create_from(&self, name: &str, files: &[PathBuf]) -> Database {
        let database = self.create(name);
        for file in files {
            database.run_file(file);
        }
        database
    }

    pub fn database(&self, name: &str) -> Database {
        Database {
            name: name.to_owned(),
            port: self.port,
            user: "postgres".to_owned(),
            password: self.options.password.map(str::to_owned),
        }
    }

    pub fn maintenance(&self) -> Database {
        self.database("postgres")
    }

    /// The end of the server's log, for messages.
    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn has_ended(&self) -> bool {
        let mut postmaster = self.postmaster.lock().expect("no test panicked in here");
        postmaster.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    fn make_cluster(&self) {
        let data = self.home.join("data");
        let mut command = Command::new(self.bin.join("initdb"));
        command.arg("-D").arg(&data).args(["-U", "postgres", "-E", "UTF8", "--no-sync"]);
        command.args(["--locale=C.UTF-8", "--lc-messages=C"]);
        match self.options.password {
            Some(password) => {
                let file = self.home.join("password");
                fs::write(&file, password).expect("the password file can be written");
                give_to(&file, self.account);
                command.arg("--auth=scram-sha-256").arg(format!("--pwfile={}", file.display()));
            }
            None => drop(command.arg("--auth=trust")),
        }
        let made = run(run_as(command.current_dir(&self.home), self.account));
        if made.code != Some(0) {
            could_not_start("PostgreSQL", &format!("{made:?}"));
        }
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("unix_socket_directories", self.home.display().to_string()),
            ("fsync", if self.options.fsync { "on" } else { "off" }.to_owned()),
            ("max_connections", "120".to_owned()),
            ("shared_buffers", "64MB".to_owned()),
            ("max_wal_size", "2GB".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_line_prefix", "%m [%p] %a ".to_owned()),
        ];
        settings.extend(self.options.settings.iter().cloned());
        let line = |(key, value): (&str, String)| format!("{key} = '{value}'\n");
        let text: String = settings.into_iter().map(line).collect();
        let file = data.join("postgresql.auto.conf");
        fs::write(&file, text).expect("the settings can be written");
    }
}

impl Drop for PgServer {
    fn drop(&mut self) {
        // The leash, dropped after this, stops the server and removes its files.
        if let Ok(mut postmaster) = self.postmaster.lock()
            && let Some(mut child) = postmaster.take()
        {
            let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
            let _ = child.wait();
        }
    }
}

/// One database, as a user of `psql` knows it.
#[derive(Clone, Debug)]
pub struct Database {
    pub name: String,
    pub port: u16,
    pub user: String,
    pub password: Option<String>,
}

impl Database {
    /// Without the password: it does not belong into a process list.
    pub fn url(&self) -> String {
        format!("postgres://{}@127.0.0.1:{}/{}", self.user, self.port, self.name)
    }

    /// With it, for tests of what happens to it.
    pub fn url_with(&self, password: &str) -> String {
        format!("postgres://{}:{password}@127.0.0.1:{}/{}", self.user, self.port, self.name)
    }

    /// A client program pointed at this database.
    pub fn client(&self, program: &str) -> Command {
        let Some(program) = find(&[program]) else {
            could_not_start("PostgreSQL", &format!("{program} is not installed"));
        };
        let mut command = Command::new(program);
        command.env("PGHOST", "127.0.0.1").env("PGPORT", self.port.to_string());
        command.env("PGUSER", &self.user).env("PGDATABASE", &self.name).env("PGTZ", "UTC");
        command.env("PGCLIENTENCODING", "UTF8").env("PGCONNECT_TIMEOUT", "10");
        command.env_remove("PGSERVICE").env_remove("PGOPTIONS").env_remove("PGPASSWORD");
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        command
    }

    pub fn psql(&self) -> Command {
        let mut command = self.client("psql");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    pub fn try_run(&self, sql: &str) -> Outcome {
        run_with_input(self.psql().args(["-f", "-"]), sql)
    }

    /// Runs statements and returns what they print, columns separated by `|`.
    #[track_caller]
    pub fn run(&self, sql: &str) -> String {
        self.try_run(sql).expect_ok()
    }

    /// One value.
    #[track_caller]
    pub fn one(&self, sql: &str) -> String {
        self.run(sql).trim_end_matches('\n').to_owned()
    }

    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        let text = self.one(sql);
        text.parse().unwrap_or_else(|_| panic!("{sql} gave {text:?}, not a number"))
    }

    pub fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    #[track_caller]
    pub fn lines(&self, sql: &str) -> Vec<String> {
        self.run(sql).lines().map(str::to_owned).collect()
    }

    #[track_caller]
    pub fn run_file(&self, file: &Path) {
        run(self.psql().arg("-f").arg(file)).expect_ok();
    }

    /// Sessions of tidegate in this database.
    pub fn sessions(&self) -> i64 {
        self.number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND application_name LIKE 'tidegate%'",
        )
    }
}
