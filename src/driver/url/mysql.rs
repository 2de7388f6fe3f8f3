//! URLs of MySQL and MariaDB. What they leave open comes from `~/.my.cnf`, then from the
//! environment of MySQL's clients, then from where a local server usually is.

use std::path::Path;

use super::{Parts, Surroundings, absolute, plain};
use crate::core::name::Dialect;
use crate::core::spec::{ClientOptions, Endpoint, MYSQL_PORT, Secret, percent_encode};

/// Words of `ssl-mode` in the normal form.
const SSL_MODES: [&str; 5] = ["disabled", "preferred", "required", "verify_ca", "verify_identity"];
const TLS_FILES: [&str; 3] = ["ssl-ca", "ssl-cert", "ssl-key"];
/// Where servers of the common distributions listen.
const SOCKETS: [&str; 5] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/run/mariadb/mariadb.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

/// A URL as typed.
#[derive(Default)]
struct Typed {
    host: Option<String>,
    port: Option<u16>,
    socket: Option<String>,
    user: Option<String>,
    database: Option<String>,
    password: Option<String>,
    /// `ssl-mode` and files, in the order typed.
    tls: Vec<(&'static str, String)>,
}

/// Reads `text` and writes the normal form.
pub(super) fn endpoint(
    text: &str,
    around: &Surroundings<'_>,
) -> Result<(Endpoint, Option<Secret>), String> {
    let parts = Parts::read(text)?;
    let mut typed = Typed {
        host: parts.host,
        port: parts.port,
        user: parts.user,
        database: parts.database,
        password: parts.password,
        ..Typed::default()
    };
    for (name, value) in parts.parameters {
        typed.set(&name, value)?;
    }
    typed.resolve(around)
}

impl Typed {
    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "host" => self.host = Some(value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "database" | "dbname" => self.database = Some(value),
            "socket" => self.socket = Some(value),
            "port" => self.port = Some(port_of(&value)?),
            "ssl-mode" | "sslmode" => self.set_tls("ssl-mode", value)?,
            other => match TLS_FILES.iter().find(|known| **known == other) {
                Some(known) => self.set_tls(known, value)?,
                None => {
                    return Err(format!(
                        "the URL parameter {name:?} is not known; known are host, port, user, \
                         password, database, socket, ssl-mode, {}",
                        TLS_FILES.join(", ")
                    ));
                }
            },
        }
        Ok(())
    }

    fn set_tls(&mut self, name: &'static str, value: String) -> Result<(), String> {
        let value = match name {
            "ssl-mode" => ssl_mode(&value)?,
            _ => value,
        };
        self.tls.retain(|(have, _)| *have != name);
        self.tls.push((name, value));
        Ok(())
    }

    /// What the URL left open, from `~/.my.cnf`. A password in it is looked up at login.
    fn fill_from_file(&mut self, file: ClientOptions) -> Result<(), String> {
        let in_file = |m: String| format!("~/.my.cnf: {m}");
        // A socket is an address: it says nothing about a host the URL names.
        if self.host.is_none() && self.socket.is_none() {
            self.socket = file.socket;
            self.host = file.host.filter(|host| host != "localhost");
        }
        if let (None, Some(port)) = (self.port, file.port) {
            self.port = Some(port_of(&port).map_err(in_file)?);
        }
        self.user = self.user.take().or(file.user);
        self.database = self.database.take().or(file.database);
        for (name, value) in file.tls {
            if !self.tls.iter().any(|(have, _)| *have == name) {
                self.set_tls(name, value).map_err(in_file)?;
            }
        }
        Ok(())
    }

    fn resolve(mut self, around: &Surroundings<'_>) -> Result<(Endpoint, Option<Secret>), String> {
        let variable = around.variable;
        self.fill_from_file(ClientOptions::read(&around.option_file))?;
        if let (None, Some(port)) = (self.port, variable("MYSQL_TCP_PORT")) {
            self.port = Some(port_of(&port).map_err(|m| format!("MYSQL_TCP_PORT: {m}"))?);
        }
        if self.host.is_none() && self.socket.is_none() {
            self.host = variable("MYSQL_HOST").filter(|host| host != "localhost");
        }
        if self.host.is_none() && self.socket.is_none() {
            let usual = SOCKETS.iter().find(|path| Path::new(path).exists());
            let usual = usual.filter(|_| self.port.is_none());
            self.socket = variable("MYSQL_UNIX_PORT").or(usual.map(|path| (*path).to_owned()));
        }
        // A host that is a path is a socket, as elsewhere.
        if let (None, Some(path)) = (&self.socket, self.host.take_if(|h| h.starts_with('/'))) {
            self.socket = Some(path);
        }
        let user = self.user.or_else(|| variable("USER").or_else(|| variable("LOGNAME")));
        let user = user.ok_or("the URL names no user and neither ~/.my.cnf nor USER does")?;
        let database = self.database.unwrap_or_default();
        let mut parameters = Vec::new();
        if let Some(socket) = &self.socket {
            if !socket.starts_with('/') {
                return Err(format!("the socket {socket:?} is no absolute path"));
            }
            parameters.push(format!("socket={}", percent_encode(socket)));
        }
        for (name, value) in &self.tls {
            let value = match *name {
                "ssl-mode" => value.clone(),
                _ => absolute(value, around)?,
            };
            parameters.push(format!("{name}={}", percent_encode(&value)));
        }
        let host = match &self.socket {
            Some(_) => "localhost".to_owned(),
            None => self.host.unwrap_or_else(|| "localhost".to_owned()),
        };
        let authority =
            if host.contains(':') { format!("[{host}]") } else { percent_encode(&host) };
        let port = self.port.unwrap_or(MYSQL_PORT);
        let (user, database) = (percent_encode(&user), percent_encode(&database));
        let query = match parameters.is_empty() {
            true => String::new(),
            false => format!("?{}", parameters.join("&")),
        };
        let url = format!("mysql://{user}@{authority}:{port}/{database}{query}");
        Ok((plain(Dialect::Mysql, url), self.password.map(Secret::new)))
    }
}

fn port_of(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a port"))
}

/// MySQL's word in any case, with `-` or `_`; PostgreSQL's words are understood as well.
fn ssl_mode(text: &str) -> Result<String, String> {
    let word = text.to_ascii_lowercase().replace('-', "_");
    let word = match word.as_str() {
        "disable" => "disabled",
        "prefer" => "preferred",
        "require" => "required",
        "verify_full" => "verify_identity",
        other => other,
    };
    match SSL_MODES.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(format!("ssl-mode {text:?} is none of {}", SSL_MODES.join(", "))),
    }
}

/// The text of `~/.my.cnf`; empty when there is none, or when others may write it, as MySQL's own
/// clients do.
pub(super) fn option_file(variable: &dyn Fn(&str) -> Option<String>) -> String {
    use std::os::unix::fs::PermissionsExt;
    let Some(home) = variable("HOME") else { return String::new() };
    let path = Path::new(&home).join(".my.cnf");
    let safe = std::fs::metadata(&path).is_ok_and(|m| m.permissions().mode() & 0o002 == 0);
    if safe { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}
