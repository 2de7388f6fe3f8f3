//! A private MariaDB server per test, in a temporary directory on a free loopback port.
//!
//! By hand, another server that runs already: `TIDEGATE_TEST_MYSQL=SOCKET,PORT` and one test at a
//! time. It is given a user and the database `home`, and must be one that can be thrown away.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::core::fault::Side;
use crate::core::name::Dialect;
use crate::core::spec::Endpoint;
use crate::driver::url::{Access, Secret};

pub const PASSWORD: &str = "gate keeper's";

/// Ended and removed when dropped.
pub struct Server {
    directory: tempfile::TempDir,
    pub port: u16,
    process: Option<Child>,
    options: Vec<String>,
    /// Of a server that is not ours.
    socket: Option<String>,
}

impl Server {
    pub fn start() -> Server {
        Server::with(&[])
    }

    /// With more options for the server.
    pub fn with(options: &[&str]) -> Server {
        let mut server = match std::env::var("TIDEGATE_TEST_MYSQL") {
            Ok(named) => Server::that_runs(&named, options),
            Err(_) => Server::private(options),
        };
        server.boot();
        server.sql(&format!(
            "CREATE USER keeper@'127.0.0.1' IDENTIFIED BY '{}'; \
             GRANT ALL ON *.* TO keeper@'127.0.0.1' WITH GRANT OPTION; \
             CREATE DATABASE home CHARACTER SET utf8mb4",
            PASSWORD.replace('\'', "''")
        ));
        server
    }

    fn that_runs(named: &str, options: &[&str]) -> Server {
        let directory = tempfile::tempdir().unwrap();
        let (socket, port) = named.split_once(',').expect("SOCKET,PORT");
        let (socket, port) = (Some(socket.to_owned()), port.parse().unwrap());
        let server = Server { directory, port, process: None, options: Vec::new(), socket };
        server.sql(
            "DROP DATABASE IF EXISTS home; DROP DATABASE IF EXISTS tidegate; \
             DROP DATABASE IF EXISTS other; DROP USER IF EXISTS keeper@'127.0.0.1', \
             keeper@localhost, guest@'127.0.0.1'; SET GLOBAL local_infile = 1; \
             SET GLOBAL max_allowed_packet = 67108864",
        );
        for option in options {
            let (name, value) = option.trim_start_matches("--").split_once('=').unwrap();
            server.sql(&format!("SET GLOBAL {} = {value}", name.replace('-', "_")));
        }
        server
    }

    fn private(options: &[&str]) -> Server {
        let directory = tempfile::Builder::new().prefix("tidegate-my-").tempdir().unwrap();
        let mut install = Command::new(on_path(&["mariadb-install-db", "mysql_install_db"]));
        install.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        install.args(["--skip-test-db", "--innodb-log-file-size=8M", &as_user()]);
        install.arg(format!("--datadir={}", directory.path().join("data").display()));
        // Servers that start at the same moment take each other's temporary tables away.
        install.env("TMPDIR", directory.path());
        let made = install.current_dir(directory.path()).stdin(Stdio::null()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Server { directory, port, process: None, options, socket: None }
    }

    pub fn boot(&mut self) {
        if self.socket.is_some() {
            return;
        }
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.path().join("log"))
            .unwrap();
        let mut command = Command::new(on_path(&["mariadbd", "mysqld"]));
        command
            .args(["--no-defaults", "--skip-name-resolve", "--bind-address=127.0.0.1", &as_user()])
            .args(["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M"])
            .arg(format!("--datadir={}", path("data")))
            .arg(format!("--tmpdir={}", self.directory.path().display()))
            .arg(format!("--socket={}", self.socket()))
            .arg(format!("--pid-file={}", path("pid")))
            // A server removes what it takes for its own leftovers when it starts.
            .arg(format!("--tmpdir={}", directory_of(&self.directory)))
            .arg(format!("--port={}", self.port))
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.process = Some(command.spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.client("SELECT 1").status().unwrap().success() {
            let said = || std::fs::read_to_string(self.directory.path().join("log"));
            assert!(Instant::now() < deadline, "MariaDB: {}", said().unwrap_or_default());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// As the machine's power button does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub fn socket(&self) -> String {
        let own = || self.directory.path().join("sock").display().to_string();
        self.socket.clone().unwrap_or_else(own)
    }

    fn client(&self, text: &str) -> Command {
        let mut command = Command::new(on_path(&["mariadb", "mysql"]));
        command.args(["--no-defaults", "-uroot", "-N", "-B", "-S", &self.socket(), "-e", text]);
        command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Runs SQL as the superuser and returns what it printed.
    #[track_caller]
    pub fn sql(&self, text: &str) -> String {
        let mut command = self.client(text);
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}: {said}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn access(&self, job_id: &str) -> Access {
        let url = format!("mysql://keeper@127.0.0.1:{}/home", self.port);
        self.access_at(&url, job_id, PASSWORD)
    }

    pub fn access_at(&self, url: &str, job_id: &str, password: &str) -> Access {
        Access {
            endpoint: Endpoint {
                dialect: Dialect::Mysql,
                url: url.to_owned(),
                connection: None,
                label: None,
                production: false,
            },
            password: Some(Secret::new(password.to_owned())),
            side: Side::Target,
            job_id: job_id.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn directory_of(directory: &tempfile::TempDir) -> String {
    directory.path().display().to_string()
}

/// MariaDB refuses root unless it is told so.
fn as_user() -> String {
    if rustix::process::getuid().is_root() {
        "--user=root".to_owned()
    } else {
        // Ignored: only root may become someone else.
        "--loose-user=nobody".to_owned()
    }
}

fn on_path(programs: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = programs
        .iter()
        .flat_map(|program| places.iter().map(move |place| place.join(program)))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("none of {programs:?} is installed: tests/run installs them"))
}
