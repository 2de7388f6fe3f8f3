//! Private MariaDB (or MySQL) servers in temporary directories, and databases in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use super::leash::Leash;
use super::programs::{
    Account, Outcome, could_not_start, find, free_port, give_to, run, run_as, run_with_input,
};
use super::wait::Deadline;

const LEASH: &str = r#"
pid=$(cat "$1/pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -9 "$pid"
    n=0
    while kill -0 "$pid" && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
fi
rm -rf "$1"
"#;

/// One server. Dropping it ends it and removes its files.
pub struct MariaDbServer {
    home: PathBuf,
    program: PathBuf,
    account: Option<Account>,
    settings: Vec<String>,
    port: u16,
    server: Mutex<Option<Child>>,
    databases: AtomicU32,
    _leash: Leash,
}

impl MariaDbServer {
    /// The server that all tests of this process share. Nobody stops it but the end.
    pub fn shared() -> &'static MariaDbServer {
        static SHARED: OnceLock<MariaDbServer> = OnceLock::new();
        SHARED.get_or_init(|| {
            MariaDbServer::start_with(&["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0"])
        })
    }

    pub fn start() -> MariaDbServer {
        MariaDbServer::start_with(&[])
    }

    /// A server of one's own with more settings, for tests that stop it or measure it.
    pub fn start_with(settings: &[&str]) -> MariaDbServer {
        let Some(program) = find(&["mariadbd", "mysqld"]) else {
            could_not_start("MariaDB", "neither mariadbd nor mysqld is installed");
        };
        let account = Account::for_servers(&["mysql", "nobody"]);
        let home = super::temporary("tgmy").keep();
        give_to(&home, account);
        let leash = Leash::new(LEASH, &[&home]);
        make_data(&home, account);
        let started = MariaDbServer {
            home,
            program,
            account,
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            port: free_port(),
            server: Mutex::new(None),
            databases: AtomicU32::new(0),
            _leash: leash,
        };
        started.start_again();
        started
    }

    /// Starts after a crash, on the same port, and waits until it answers.
    pub fn start_again(&self) {
        let home = &self.home;
        let log = fs::File::options().create(true).append(true).open(home.join("log"));
        let log = log.expect("the log can be made");
        let mut command = Command::new(&self.program);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", home.join("data").display()))
            .arg(format!("--socket={}", home.join("sock").display()))
            .arg(format!("--pid-file={}", home.join("pid").display()))
            // A server removes what it takes for its own leftovers when it starts.
            .arg(format!("--tmpdir={}", home.display()))
            .args(["--bind-address=127.0.0.1", &format!("--port={}", self.port)])
            .arg(format!("--init-file={}", home.join("init.sql").display()))
            .args(["--innodb-buffer-pool-size=32M", "--skip-name-resolve"])
            .arg("--innodb-use-native-aio=0")
            .args(["--max-allowed-packet=64M", "--default-time-zone=+00:00"])
            .args(&self.settings);
        run_as(&mut command, self.account)
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log);
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => could_not_start("MariaDB", &error.to_string()),
        };
        *self.server.lock().expect("no test panicked in here") = Some(child);
        self.await_answer();
    }

    /// Ends it as a crash does: what was not flushed is gone.
    pub fn kill(&self) {
        let taken = self.server.lock().expect("no test panicked in here").take();
        let mut child = taken.expect("a server that runs");
        child.kill().expect("the server is ours");
        child.wait().expect("a child can be waited for");
    }

    /// Runs a statement as the superuser over TCP and returns what it prints.
    #[track_caller]
    pub fn run(&self, sql: &str) -> String {
        self.database("mysql").run(sql)
    }

    /// A new empty database with a name of its own.
    pub fn create(&self, name: &str) -> MyDatabase {
        let number = self.databases.fetch_add(1, Ordering::SeqCst);
        let name = format!("{name}_{number}");
        self.run(&format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
        self.database(&name)
    }

    /// Runs a file that makes its own database and says which it was.
    pub fn load(&self, file: &Path, name: &str) -> MyDatabase {
        self.database("mysql").run_file(file);
        self.database(name)
    }

    /// An existing database.
    pub fn database(&self, name: &str) -> MyDatabase {
        MyDatabase { name: name.to_owned(), port: self.port }
    }

    fn await_answer(&self) {
        let deadline = Deadline::seconds(60);
        loop {
            let answer = self.database("mysql").try_run("SELECT 1");
            if answer.code == Some(0) {
                return;
            }
            let mut server = self.server.lock().expect("no test panicked in here");
            let ended = server.as_mut().is_none_or(|c| !matches!(c.try_wait(), Ok(None)));
            if ended || deadline.has_passed() {
                let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
                could_not_start("MariaDB", &format!("{}\nlog: {log}", answer.text()));
            }
            drop(server);
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for MariaDbServer {
    fn drop(&mut self) {
        if let Ok(mut server) = self.server.lock()
            && let Some(mut child) = server.take()
        {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One database, as a user of the `mariadb` client knows it.
#[derive(Clone, Debug)]
pub struct MyDatabase {
    pub name: String,
    pub port: u16,
}

impl MyDatabase {
    pub fn url(&self) -> String {
        format!("mysql://tidegate@127.0.0.1:{}/{}", self.port, self.name)
    }

    /// Batch mode, without names of columns: cells separated by tabs, special characters escaped.
    pub fn client(&self) -> Command {
        let Some(client) = find(&["mariadb", "mysql"]) else {
            could_not_start("MariaDB", "its client is not installed");
        };
        let mut command = Command::new(client);
        command.args(["--no-defaults", "--protocol=tcp", "-h", "127.0.0.1", "-u", "tidegate"]);
        command.args(["--default-character-set=utf8mb4", "-N", "-B"]);
        command.arg(format!("-P{}", self.port)).args(["-D", &self.name]);
        command
    }

    pub fn try_run(&self, sql: &str) -> Outcome {
        run_with_input(&mut self.client(), sql)
    }

    /// Runs statements and returns what they print.
    #[track_caller]
    pub fn run(&self, sql: &str) -> String {
        self.try_run(sql).expect_ok()
    }

    #[track_caller]
    pub fn run_file(&self, file: &Path) {
        // Read by the client itself: such files need not be UTF-8.
        run(self.client().arg("-e").arg(format!("source {}", file.display()))).expect_ok();
    }

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
}

/// A data directory with a superuser `tidegate` who needs no password from this host.
fn make_data(home: &std::path::Path, account: Option<Account>) {
    let Some(installer) = find(&["mariadb-install-db", "mysql_install_db"]) else {
        could_not_start("MariaDB", "mariadb-install-db is not installed");
    };
    let data = home.join("data");
    let mut command = Command::new(installer);
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--tmpdir={}", home.display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        // Kernels allow only so many of these; many servers at once run out of them.
        .arg("--innodb-use-native-aio=0");
    let made = run(run_as(command.current_dir(home), account));
    if made.code != Some(0) {
        could_not_start("MariaDB", &format!("{made:?}"));
    }
    // Read at the first start; root may only come from the socket.
    let init = "CREATE USER IF NOT EXISTS tidegate@'127.0.0.1';\n\
                GRANT ALL ON *.* TO tidegate@'127.0.0.1';\n";
    fs::write(home.join("init.sql"), init).expect("a file can be written");
}
