//! Where a database is: URLs in, [`Endpoint`]s out, secrets kept apart.
//!
//! What is typed may lean on the environment of each engine's own clients (`PGHOST`, `PGSERVICE`,
//! `~/.my.cnf`, ...) and on the current directory; what comes out leans on nothing, because the
//! engine runs elsewhere and later. No message of this module ever repeats a password.

mod mysql;

use std::path::{Path, PathBuf};

use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::spec::{Endpoint, POSTGRES_PORT, percent_decode, percent_encode, split_port};

pub use crate::core::spec::Secret;

/// Parameters of a PostgreSQL URL that are passed on to the driver; `user`, `password`, `port`,
/// `dbname`, `host` and `service` are taken apart here.
const PARAMETERS: [&str; 7] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "hostaddr", "options", "application_name"];
/// Parameters that name files: made absolute.
const FILE_PARAMETERS: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// libpq's environment variable for each parameter that has one.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("options", "PGOPTIONS"),
];
/// Where servers of the common distributions keep their sockets.
const SOCKET_DIRECTORIES: [&str; 3] = ["/run/postgresql", "/var/run/postgresql", "/tmp"];
const EXAMPLES: &str = "Try postgres://user@host/database, mysql://user@host/database, \
     sqlite:PATH, or the name of a connection in config.toml.";

/// How to reach one end.
#[derive(Clone)]
pub struct Access {
    pub endpoint: Endpoint,
    pub password: Option<Secret>,
    pub side: Side,
    /// The job's id: sessions carry it in their application name, so that leftovers of a dead
    /// engine can be found.
    pub job_id: String,
}

/// What a URL may lean on.
pub struct Surroundings<'a> {
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    pub directory: PathBuf,
    /// Contents of `pg_service.conf` files, the user's first.
    pub services: Vec<String>,
    /// The text of `~/.my.cnf`.
    pub option_file: String,
}

/// Reads a URL as typed. A password in it is split off and never part of the endpoint.
///
/// # Errors
/// `Usage` with what is wrong and an example.
pub fn parse_url(text: &str, side: Side) -> Result<(Endpoint, Option<Secret>), Fault> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let services = read_services(&variable);
    let option_file = mysql::option_file(&variable);
    let around = Surroundings { variable: &variable, directory, services, option_file };
    parse_url_within(text, side, &around)
}

/// [`parse_url`] with everything it leans on as an argument.
///
/// # Errors
/// As [`parse_url`].
pub fn parse_url_within(
    text: &str,
    side: Side,
    around: &Surroundings<'_>,
) -> Result<(Endpoint, Option<Secret>), Fault> {
    let usage = |message: String| Fault::new(FaultKind::Usage, side, message);
    let text = text.trim();
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("postgres" | "postgresql") => {
            let typed = Typed::read(text, around).map_err(|m| usage(m).with_hint(EXAMPLES))?;
            typed.resolve(around).map_err(|m| usage(m).with_hint(EXAMPLES))
        }
        Some("sqlite" | "sqlite3") => {
            let path = sqlite_path(text).map_err(|m| usage(m).with_hint(EXAMPLES))?;
            file_endpoint(&path, around).map_err(usage).map(|endpoint| (endpoint, None))
        }
        Some("memory") => Ok((plain(Dialect::Postgres, text.to_owned()), None)),
        Some("mysql" | "mariadb") => {
            mysql::endpoint(text, around).map_err(|m| usage(m).with_hint(EXAMPLES))
        }
        _ if looks_like_database_file(text, &around.directory) => {
            file_endpoint(text, around).map_err(usage).map(|endpoint| (endpoint, None))
        }
        _ => Err(usage(format!("{:?} is not a database URL", redacted(text))).with_hint(EXAMPLES)),
    }
}

fn plain(dialect: Dialect, url: String) -> Endpoint {
    Endpoint { dialect, url, connection: None, label: None, production: false }
}

/// The URL without what may be a password, for messages: the part between the first `:` after the
/// scheme and the last `@`, and a `password` parameter.
#[must_use]
pub fn redacted(text: &str) -> String {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let rest = match (rest.find(':'), rest.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => {
            format!("{}:***{}", &rest[..colon], &rest[at..])
        }
        _ => rest.to_owned(),
    };
    let rest = match rest.find("password=") {
        Some(at) => {
            let end = rest[at..].find('&').map_or(rest.len(), |length| at + length);
            format!("{}password=***{}", &rest[..at], &rest[end..])
        }
        None => rest,
    };
    format!("{scheme}{rest}")
}

// --- SQLite ------------------------------------------------------------------------------------

/// A bare path is taken for a database only when it ends like one and is there.
fn looks_like_database_file(text: &str, directory: &Path) -> bool {
    let ending = Path::new(text).extension().and_then(|e| e.to_str()).unwrap_or_default();
    matches!(ending, "db" | "sqlite" | "sqlite3") && directory.join(text).is_file()
}

/// `sqlite:PATH` takes the path as it is; `sqlite://PATH` is a URL and may hold escapes.
fn sqlite_path(text: &str) -> Result<String, String> {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let path = match rest.strip_prefix("//") {
        None => rest.to_owned(),
        Some(encoded) => {
            percent_decode(encoded).ok_or_else(|| format!("{text:?} has a broken % escape"))?
        }
    };
    match path.as_str() {
        "" => Err("the path of the SQLite file is missing".to_owned()),
        ":memory:" => Err("a SQLite database in memory lives in one process only and cannot be \
                           copied by another; give a file"
            .to_owned()),
        _ if path.contains('\0') => Err("the path holds a NUL byte".to_owned()),
        _ => Ok(path),
    }
}

/// Absolute, because the engine works in another directory.
fn file_endpoint(path: &str, around: &Surroundings<'_>) -> Result<Endpoint, String> {
    let path = absolute(path, around)?;
    Ok(plain(Dialect::Sqlite, format!("sqlite:{path}")))
}

/// Joins with the current directory (and home for `~/`) and takes `.` and `..` out where that is
/// certain: a `..` after a symbolic link is left to the file system.
fn absolute(path: &str, around: &Surroundings<'_>) -> Result<String, String> {
    let joined = match (path.strip_prefix("~/"), (around.variable)("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => around.directory.join(path),
    };
    let folder = joined.parent().unwrap_or(Path::new("/"));
    let tidy = match (folder.canonicalize(), joined.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => joined,
    };
    let text = tidy.to_str().ok_or_else(|| format!("the path {path:?} is no UTF-8"))?;
    Ok(text.to_owned())
}

// --- servers -----------------------------------------------------------------------------------

/// A server's URL taken apart and decoded. Empty parts are absent.
struct Parts {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    /// In the order typed.
    parameters: Vec<(String, String)>,
}

impl Parts {
    fn read(text: &str) -> Result<Parts, String> {
        let broken = || {
            format!(
                "{:?} cannot be read; in user and password write @ as %40, / as %2F, : as %3A, \
                 ? as %3F, # as %23 and % as %25",
                redacted(text)
            )
        };
        let (_, rest) = text.split_once("://").ok_or_else(broken)?;
        if rest.contains('#') || rest.contains(char::is_whitespace) {
            return Err(broken());
        }
        let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        if authority.matches('@').count() > 1 || database.contains('@') {
            return Err(broken());
        }
        let (login, host_port) = match authority.split_once('@') {
            Some((login, host_port)) => (Some(login), host_port),
            None => (None, authority),
        };
        if host_port.contains(',') {
            return Err("several hosts in one URL are not supported; name one".to_owned());
        }
        let (host, port) = split_port(host_port).ok_or_else(broken)?;
        let decode = |part: &str| match part {
            "" => Ok(None),
            part => percent_decode(part).map(Some).ok_or_else(broken),
        };
        let (user, password) = match login {
            Some(login) => login.split_once(':').unwrap_or((login, "")),
            None => ("", ""),
        };
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(broken)?;
            parameters.push((name.to_owned(), percent_decode(value).ok_or_else(broken)?));
        }
        Ok(Parts {
            host: decode(host)?,
            port,
            user: decode(user)?,
            password: decode(password)?,
            database: decode(database)?,
            parameters,
        })
    }
}

// --- PostgreSQL --------------------------------------------------------------------------------

/// A PostgreSQL URL as typed; absent parts come from the service file, then the environment.
#[derive(Default)]
struct Typed {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    database: Option<String>,
    password: Option<String>,
    /// In the order typed.
    parameters: Vec<(String, String)>,
}

impl Typed {
    fn read(text: &str, around: &Surroundings<'_>) -> Result<Typed, String> {
        let parts = Parts::read(text)?;
        let mut typed = Typed {
            host: parts.host,
            port: parts.port,
            user: parts.user,
            database: parts.database,
            password: parts.password,
            parameters: Vec::new(),
        };
        let mut service = (around.variable)("PGSERVICE");
        for (name, value) in parts.parameters {
            if name == "service" {
                service = Some(value);
            } else {
                typed.set(&name, value)?;
            }
        }
        match service {
            Some(service) => typed.fill_from_service(&service, around).map(|()| typed),
            None => Ok(typed),
        }
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "host" => self.host = Some(value),
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "port" => {
                let port = value.parse().map_err(|_| format!("{value:?} is not a port"))?;
                self.port = Some(port);
            }
            "sslmode" if !SSL_MODES.contains(&value.as_str()) => {
                return Err(format!("sslmode {value:?} is none of {}", SSL_MODES.join(", ")));
            }
            _ if PARAMETERS.contains(&name) => self.parameters.push((name.to_owned(), value)),
            _ => {
                return Err(format!(
                    "the URL parameter {name:?} is not known; known are host, port, user, \
                     password, dbname, service, {}",
                    PARAMETERS.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// What the URL left open, from `[service]` in pg_service.conf.
    fn fill_from_service(
        &mut self,
        service: &str,
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        let section = around.services.iter().find_map(|text| service_section(text, service));
        let section =
            section.ok_or_else(|| format!("the service {service:?} is in no pg_service.conf"))?;
        for (name, value) in section {
            let given = match name.as_str() {
                "host" => self.host.is_some(),
                "port" => self.port.is_some(),
                "user" => self.user.is_some(),
                "password" => self.password.is_some(),
                "dbname" => self.database.is_some(),
                other => self.has(other),
            };
            if !given {
                self.set(&name, value).map_err(|m| format!("service {service:?}: {m}"))?;
            }
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(have, _)| have == name)
    }

    /// Fills what is open from the environment and writes the normal form.
    fn resolve(mut self, around: &Surroundings<'_>) -> Result<(Endpoint, Option<Secret>), String> {
        let variable = around.variable;
        for (name, env) in ENVIRONMENT {
            if let (false, Some(value)) = (self.has(name), variable(env)) {
                self.set(name, value).map_err(|m| format!("{env}: {m}"))?;
            }
        }
        let port = match (self.port, variable("PGPORT")) {
            (Some(port), _) => port,
            (None, Some(text)) => {
                text.parse().map_err(|_| format!("PGPORT {text:?} is not a port"))?
            }
            (None, None) => POSTGRES_PORT,
        };
        let host = self.host.take().or_else(|| variable("PGHOST"));
        let host = host.unwrap_or_else(|| default_host(port));
        let user = self.user.take().or_else(|| variable("PGUSER"));
        let user = user
            .or_else(|| variable("USER").or_else(|| variable("LOGNAME")))
            .ok_or("the URL names no user and neither PGUSER nor USER is set")?;
        let database = self.database.take().or_else(|| variable("PGDATABASE"));
        let database = database.unwrap_or_else(|| user.clone());
        let mut parameters = Vec::new();
        let authority = if host.starts_with('/') {
            parameters.push(format!("host={}", percent_encode(&host)));
            "localhost".to_owned()
        } else if host.contains(':') {
            format!("[{host}]")
        } else {
            percent_encode(&host)
        };
        for (name, value) in &self.parameters {
            let value = match FILE_PARAMETERS.contains(&name.as_str()) {
                true => absolute(value, around)?,
                false => value.clone(),
            };
            parameters.push(format!("{name}={}", percent_encode(&value)));
        }
        let (user, database) = (percent_encode(&user), percent_encode(&database));
        let query = match parameters.is_empty() {
            true => String::new(),
            false => format!("?{}", parameters.join("&")),
        };
        let url = format!("postgres://{user}@{authority}:{port}/{database}{query}");
        Ok((plain(Dialect::Postgres, url), self.password.map(Secret::new)))
    }
}

/// libpq's default: the local socket when a server has one, else localhost.
fn default_host(port: u16) -> String {
    let socket = format!(".s.PGSQL.{port}");
    let found = SOCKET_DIRECTORIES.iter().find(|d| Path::new(d).join(&socket).exists());
    found.map_or("localhost", |directory| directory).to_owned()
}

/// The lines of one section of a pg_service.conf.
fn service_section(text: &str, service: &str) -> Option<Vec<(String, String)>> {
    let header = format!("[{service}]");
    let mut lines = text.lines().map(str::trim).skip_while(|line| *line != header);
    lines.next()?;
    let body = lines.take_while(|line| !line.starts_with('['));
    let pairs = body.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = pairs.filter_map(|line| line.split_once('='));
    Some(split.map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())).collect())
}

fn read_services(variable: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let user = variable("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".pg_service.conf")));
    let system = variable("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned());
    let system = Path::new(&system).join("pg_service.conf");
    let files = user.into_iter().chain([system]);
    files.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

#[cfg(test)]
mod tests;
