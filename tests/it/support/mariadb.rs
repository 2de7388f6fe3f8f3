//! Private MariaDB (or MySQL) servers in temporary directories.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::leash::Leash;
use super::programs::{Account, could_not_start, find, free_port, give_to, run, run_as};
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
    port: u16,
    server: Child,
    _leash: Leash,
}

impl MariaDbServer {
    pub fn start() -> MariaDbServer {
        let Some(program) = find(&["mariadbd", "mysqld"]) else {
            could_not_start("MariaDB", "neither mariadbd nor mysqld is installed");
        };
        let account = Account::for_servers(&["mysql", "nobody"]);
        let home = super::temporary("tgmy").keep();
        give_to(&home, account);
        let leash = Leash::new(LEASH, &[&home]);
        make_data(&home, account);
        let port = free_port();
        let log = fs::File::create(home.join("log")).expect("the log can be made");
        let mut command = Command::new(program);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", home.join("data").display()))
            .arg(format!("--socket={}", home.join("sock").display()))
            .arg(format!("--pid-file={}", home.join("pid").display()))
            // A server removes what it takes for its own leftovers when it starts.
            .arg(format!("--tmpdir={}", home.display()))
            .args(["--bind-address=127.0.0.1", &format!("--port={port}")])
            .arg(format!("--init-file={}", home.join("init.sql").display()))
            .args(["--innodb-buffer-pool-size=32M", "--skip-name-resolve"]);
        run_as(&mut command, account)
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log);
        let server = match command.spawn() {
            Ok(child) => child,
            Err(error) => could_not_start("MariaDB", &error.to_string()),
        };
        let mut started = MariaDbServer { home, port, server, _leash: leash };
        started.await_answer();
        started
    }

    /// Runs a statement as the superuser over TCP and returns what it prints.
    #[track_caller]
    pub fn run(&self, sql: &str) -> String {
        self.client(sql).expect_ok()
    }

    fn client(&self, sql: &str) -> super::programs::Outcome {
        let Some(client) = find(&["mariadb", "mysql"]) else {
            could_not_start("MariaDB", "its client is not installed");
        };
        let mut command = Command::new(client);
        command.args(["--no-defaults", "--protocol=tcp", "-h", "127.0.0.1", "-u", "tidegate"]);
        run(command.arg(format!("-P{}", self.port)).args(["-N", "-B", "-e", sql]))
    }

    fn await_answer(&mut self) {
        let deadline = Deadline::seconds(60);
        loop {
            let answer = self.client("SELECT 1");
            if answer.code == Some(0) {
                return;
            }
            let ended = !matches!(self.server.try_wait(), Ok(None));
            if ended || deadline.has_passed() {
                let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
                could_not_start("MariaDB", &format!("{}\nlog: {log}", answer.text()));
            }
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for MariaDbServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
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
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
    let made = run(run_as(command.current_dir(home), account));
    if made.code != Some(0) {
        could_not_start("MariaDB", &format!("{made:?}"));
    }
    // Read at the first start; root may only come from the socket.
    let init = "CREATE USER IF NOT EXISTS tidegate@'127.0.0.1';\n\
                GRANT ALL ON *.* TO tidegate@'127.0.0.1';\n";
    fs::write(home.join("init.sql"), init).expect("a file can be written");
}
