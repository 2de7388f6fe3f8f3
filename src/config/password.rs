//! Where a password comes from when the operator does not type it.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::Deserialize;

use super::{Config, ConfigError, Paths, pgpass};
use crate::core::name::Dialect;
use crate::core::spec::{ClientOptions, Endpoint, Secret};

/// Longest wait for a password command: it may ask a person to touch a key.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);
/// Longest password: whatever prints more is not a password command.
const PASSWORD_BYTES_MAX: u64 = 64 * 1024;

/// `password = ...` of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum PasswordSource {
    /// ~/.pgpass, or the file PGPASSFILE names.
    Pgpass,
    /// This environment variable of the command that starts the engine.
    Env(String),
    /// The first line this shell command prints.
    Command(String),
    /// Typed at every start; an engine without it holds the job and says so.
    Ask,
}

/// The forms in the file. Untagged on purpose: its error does not repeat the value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    Env(WrittenEnv),
    Command(WrittenCommand),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEnv {
    env: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCommand {
    command: String,
}

impl TryFrom<Written> for PasswordSource {
    type Error = String;

    fn try_from(written: Written) -> Result<PasswordSource, String> {
        match written {
            Written::Word(word) => match word.as_str() {
                "pgpass" => Ok(PasswordSource::Pgpass),
                "ask" => Ok(PasswordSource::Ask),
                _ => Err("password is \"pgpass\", \"ask\", { env = \"VARIABLE\" } or \
                          { command = \"...\" }; a password itself does not belong in this file"
                    .to_owned()),
            },
            Written::Env(WrittenEnv { env }) => Ok(PasswordSource::Env(env)),
            Written::Command(WrittenCommand { command }) => Ok(PasswordSource::Command(command)),
        }
    }
}

/// Looks the password of `endpoint` up where its connection in config.toml says, or, without a
/// connection, where its own client would: PGPASSWORD, then the password file; `~/.my.cnf`, then
/// MYSQL_PWD. `Ok(None)`: there is none, or it has to be typed. May run a command: not for an
/// async thread.
///
/// # Errors
/// A configuration that cannot be read, a variable that is not set, a command that failed.
pub fn password_for(endpoint: &Endpoint) -> Result<Option<Secret>, ConfigError> {
    password_within(&Paths::from_env(), endpoint)
}

/// [`password_for`] with the places as an argument.
///
/// # Errors
/// As [`password_for`].
pub fn password_within(paths: &Paths, endpoint: &Endpoint) -> Result<Option<Secret>, ConfigError> {
    if endpoint.dialect == Dialect::Sqlite || endpoint.server().is_none() {
        return Ok(None);
    }
    let Some(name) = &endpoint.connection else {
        return Ok(like_its_client(endpoint));
    };
    let config = Config::load(paths)?;
    let wrong = |message: String| ConfigError {
        path: paths.config.join("config.toml"),
        line: None,
        message: format!("connection {name:?}: {message}"),
    };
    let connection = config
        .connections
        .get(name)
        .ok_or_else(|| wrong("is not there any more; the job was defined with it".to_owned()))?;
    match &connection.password {
        None => Ok(like_its_client(endpoint)),
        Some(PasswordSource::Ask) => Ok(None),
        Some(PasswordSource::Pgpass) => Ok(from_pgpass(endpoint)),
        Some(PasswordSource::Env(variable)) => match std::env::var(variable) {
            Ok(value) => Ok(Some(Secret::new(value))),
            Err(_) => Err(wrong(format!("the environment variable {variable} is not set"))),
        },
        Some(PasswordSource::Command(command)) => {
            run(command).map(Some).map_err(|m| wrong(format!("password command: {m}")))
        }
    }
}

/// Where the engine's own client would look: libpq's places, or those of MySQL.
fn like_its_client(endpoint: &Endpoint) -> Option<Secret> {
    match endpoint.dialect {
        Dialect::Mysql => like_mysql(endpoint),
        Dialect::Postgres | Dialect::Sqlite => like_libpq(endpoint),
    }
}

/// `~/.my.cnf`, then MYSQL_PWD.
fn like_mysql(endpoint: &Endpoint) -> Option<Secret> {
    let server = endpoint.server()?;
    let text = option_file().unwrap_or_default();
    let found = ClientOptions::read(&text).password_of(&server.user).map(str::to_owned);
    let given = || std::env::var("MYSQL_PWD").ok();
    found.or_else(given).filter(|password| !password.is_empty()).map(Secret::new)
}

fn like_libpq(endpoint: &Endpoint) -> Option<Secret> {
    match std::env::var("PGPASSWORD") {
        Ok(value) if !value.is_empty() => Some(Secret::new(value)),
        _ => from_pgpass(endpoint),
    }
}

fn from_pgpass(endpoint: &Endpoint) -> Option<Secret> {
    let server = endpoint.server()?;
    let text = pgpass::read_file(&password_file()?).ok()?;
    pgpass::find(&text, &server).map(Secret::new)
}

/// libpq's password file: the one PGPASSFILE names, else ~/.pgpass.
fn password_file() -> Option<PathBuf> {
    std::env::var_os("PGPASSFILE")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pgpass")))
}

/// A password file that is there and is not used, with the reason: to be said to people, because
/// a login that fails for it looks like a wrong password.
#[must_use]
pub fn unused_password_file() -> Option<String> {
    let file = password_file()?;
    match pgpass::read_file(&file) {
        Err(pgpass::Unusable::Refused(reason)) => Some(format!("{}: {reason}", file.display())),
        Ok(_) | Err(pgpass::Unusable::Missing) => None,
    }
}

/// The text of `~/.my.cnf`, on the one condition of MySQL's clients: nobody else may write it.
fn option_file() -> Option<String> {
    let file = PathBuf::from(std::env::var_os("HOME")?).join(".my.cnf");
    let mode = std::fs::metadata(&file).ok()?.permissions().mode();
    if mode & 0o002 == 0 { std::fs::read_to_string(file).ok() } else { None }
}

/// The first line a shell command prints, within [`COMMAND_DEADLINE`].
fn run(command: &str) -> Result<Secret, String> {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot be run: {e}"))?;
    let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(PASSWORD_BYTES_MAX).read_to_string(&mut text);
        let _ = sender.send(read.map(|_| text));
    });
    let Ok(read) = receiver.recv_timeout(COMMAND_DEADLINE) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("printed nothing within {} s", COMMAND_DEADLINE.as_secs()));
    };
    let text = read.map_err(|e| format!("its output cannot be read: {e}"))?;
    let status = child.wait().map_err(|e| e.to_string())?;
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err("printed nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(connection: &str) -> Endpoint {
        Endpoint {
            dialect: Dialect::Postgres,
            url: "postgres://ana@db1:5432/crm".to_owned(),
            connection: Some(connection.to_owned()),
            label: None,
            production: false,
        }
    }

    fn paths_with(config: &str) -> (tempfile::TempDir, Paths) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.toml"), config).unwrap();
        let here = directory.path().to_owned();
        (directory, Paths { state: here.clone(), config: here.clone(), runtime: here })
    }

    #[test]
    fn a_connection_says_where_its_password_is() {
        let (_keep, paths) = paths_with(
            "[connections]\n\
             c = { url = \"postgres://b/c\", password = { command = \"echo hunter2; echo x\" } }\n\
             f = { url = \"postgres://b/c\", password = { command = \"echo hunter2; exit 3\" } }\n\
             s = { url = \"postgres://b/c\", password = { command = \"true\" } }\n\
             e = { url = \"postgres://b/c\", password = { env = \"TIDEGATE_NOT_SET\" } }\n\
             a = { url = \"postgres://b/c\", password = \"ask\" }\n",
        );
        let look = |name: &str| password_within(&paths, &endpoint(name));
        assert_eq!(look("c").unwrap().map(|s| s.reveal().to_owned()).as_deref(), Some("hunter2"));
        assert!(look("a").unwrap().is_none());
        for (name, word) in
            [("f", "exit status: 3"), ("s", "nothing"), ("e", "NOT_SET"), ("gone", "not there")]
        {
            let error = look(name).err().unwrap().to_string();
            assert!(error.contains(word) && !error.contains("hunter2"), "{name}: {error}");
        }
    }
}
