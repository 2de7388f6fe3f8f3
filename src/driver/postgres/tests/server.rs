//! A private PostgreSQL server per test, in a temporary directory on a free loopback port.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::core::fault::Side;
use crate::core::name::Dialect;
use crate::core::spec::Endpoint;
use crate::driver::url::{Access, Secret};

pub const PASSWORD: &str = "gate keeper's";

/// Stopped and removed when dropped.
pub struct Server {
    directory: tempfile::TempDir,
    /// Where the server's programs are, and the clients'.
    bin: PathBuf,
    client: PathBuf,
    pub port: u16,
    /// Who may run it: PostgreSQL refuses root.
    account: Option<(u32, u32)>,
}

impl Server {
    pub fn start() -> Server {
        let directory = tempfile::Builder::new().prefix("tidegate-pg-").tempdir().unwrap();
        let account = (rustix::process::getuid().is_root()).then(|| (id("-u"), id("-g")));
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        if let Some((uid, gid)) = account {
            chown(directory.path(), Some(uid), Some(gid)).unwrap();
        }
        let bin = bin();
        let client = if bin.join("pg_dump").is_file() { bin.clone() } else { on_path("pg_dump") };
        let server = Server { directory, bin, client, port: free_port(), account };
        let password_file = server.directory.path().join("password");
        std::fs::write(&password_file, PASSWORD).unwrap();
        server.tool(
            "initdb",
            &[
                "-D",
                &server.data(),
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                &format!("--pwfile={}", password_file.display()),
            ],
        );
        server.boot();
        server
    }

    fn data(&self) -> String {
        self.directory.path().join("data").display().to_string()
    }

    /// Where its unix socket is.
    pub fn socket(&self) -> String {
        self.directory.path().display().to_string()
    }

    pub fn boot(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off \
             -c max_connections=40 -c max_prepared_transactions=2 -c shared_buffers=64MB",
            self.port,
            self.socket()
        );
        let log = self.directory.path().join("server.log").display().to_string();
        self.tool("pg_ctl", &["-D", &self.data(), "-w", "-s", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops it: `fast` as a DBA does, `immediate` as a crash does.
    pub fn halt(&self, mode: &str) {
        self.tool("pg_ctl", &["-D", &self.data(), "-w", "-s", "-m", mode, "stop"]);
    }

    fn tool(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.bin.join(program));
        if let Some((uid, gid)) = self.account {
            command.gid(gid).uid(uid);
        }
        // pg_ctl leaves the server running with whatever output it was given.
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.path().join("tools.log"))
            .unwrap();
        command.args(arguments).current_dir("/").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let status = command.status().unwrap();
        let said = || std::fs::read_to_string(self.directory.path().join("tools.log"));
        assert!(status.success(), "{program}: {}", said().unwrap_or_default());
    }

    /// Runs SQL as the superuser and returns what it printed, unaligned.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let mut command = self.psql(database);
        command.args(["-c", text]);
        output(command)
    }

    pub fn sql_file(&self, database: &str, path: &std::path::Path) {
        let mut command = self.psql(database);
        command.arg("-f").arg(path);
        output(command);
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.client.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
        command.args(["-h", &self.socket(), "-p", &self.port.to_string(), "-d", database]);
        command
    }

    /// `pg_dump --schema-only`, without what names the moment.
    pub fn schema(&self, database: &str) -> String {
        let mut command = Command::new(self.client.join("pg_dump"));
        command.args(["--schema-only", "--no-owner", "-N", "tidegate", "-U", "postgres"]);
        command.args(["-h", &self.socket(), "-p", &self.port.to_string(), database]);
        let text = output(command);
        let is_moment = |l: &&str| !l.starts_with("\\restrict") && !l.starts_with("\\unrestrict");
        text.lines().filter(is_moment).collect::<Vec<_>>().join("\n")
    }

    pub fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0"));
    }

    pub fn access(&self, database: &str, side: Side, job_id: &str) -> Access {
        self.access_at(
            &format!("postgres://postgres@127.0.0.1:{}/{database}", self.port),
            side,
            job_id,
        )
    }

    pub fn access_at(&self, url: &str, side: Side, job_id: &str) -> Access {
        Access {
            endpoint: Endpoint {
                dialect: Dialect::Postgres,
                url: url.to_owned(),
                connection: None,
                label: None,
                production: false,
            },
            password: Some(Secret::new(PASSWORD.to_owned())),
            side,
            job_id: job_id.to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut command = Command::new(self.bin.join("pg_ctl"));
        if let Some((uid, gid)) = self.account {
            command.gid(gid).uid(uid);
        }
        command.args(["-D", &self.data(), "-w", "-s", "-m", "immediate", "stop"]);
        let _ = command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn id(what: &str) -> u32 {
    let mut command = Command::new("id");
    command.args([what, "postgres"]);
    output(command).parse().unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The server named by TIDEGATE_TEST_PG_BIN (another version, by hand), else the newest that the
/// packages installed, else the search path's.
fn bin() -> PathBuf {
    if let Some(named) = std::env::var_os("TIDEGATE_TEST_PG_BIN") {
        return PathBuf::from(named);
    }
    let entries = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| on_path("initdb"))
}

fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|bin| bin.join(program).is_file())
        .unwrap_or_else(|| panic!("{program} is not installed: tests/run installs it"))
}
