//! A private MariaDB server per test, in a temporary directory on a free loopback port.

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
}

impl Server {
    pub fn start() -> Server {
        Server::with(&[])
    }

    /// With more options for the server.
    pub fn with(options: &[&str]) -> Server {
        let directory = tempfile::Builder::new().prefix("tidegate-my-").tempdir().unwrap();
        let mut install = Command::new(on_path(&["mariadb-install-db", "mysql_install_db"]));
        install.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        install.args(["--skip-test-db", "--innodb-log-file-size=8M", &as_user()]);
        install.arg(format!("--datadir={}", directory.path().join("data").display()));
        let made = install.current_dir(directory.path()).stdin(Stdio::null()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Server { directory, port, process: None, options };
        server.boot();
        server.sql(&format!(
            "CREATE USER keeper@'127.0.0.1' IDENTIFIED BY '{}'; \
             GRANT ALL ON *.* TO keeper@'127.0.0.1' WITH GRANT OPTION; CREATE DATABASE home",
            PASSWORD.replace('\'', "''")
        ));
        server
    }

    pub fn boot(&mut self) {
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
            .arg(format!("--socket={}", self.socket()))
            .arg(format!("--pid-file={}", path("pid")))
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
        self.directory.path().join("sock").display().to_string()
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
