//! A database's address as fields, and as the URL that a job file holds.

use super::secret::Password;
use crate::core::spec::{percent_decode, percent_encode, split_port};

/// Which kind of database, as chosen on page 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    #[default]
    Postgres,
    Mysql,
    Sqlite,
    /// A URL that has more to it than fields.
    Url,
}

/// `prefer` and its like stand first: what nobody chose.
const POSTGRES_TLS: [&str; 6] =
    ["as the server", "disable", "prefer", "require", "verify-ca", "verify-full"];
const MYSQL_TLS: [&str; 6] =
    ["as the server", "disabled", "preferred", "required", "verify_ca", "verify_identity"];

impl Engine {
    pub const ALL: [Engine; 4] = [Engine::Postgres, Engine::Mysql, Engine::Sqlite, Engine::Url];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "PostgreSQL",
            Engine::Mysql => "MySQL, MariaDB",
            Engine::Sqlite => "SQLite",
            Engine::Url => "as a URL",
        }
    }

    /// Modes of encryption; the first means that the URL says nothing.
    #[must_use]
    pub fn tls_modes(self) -> &'static [&'static str] {
        match self {
            Engine::Postgres => &POSTGRES_TLS,
            Engine::Mysql => &MYSQL_TLS,
            Engine::Sqlite | Engine::Url => &[],
        }
    }

    /// The port when none is typed.
    #[must_use]
    pub fn port(self) -> &'static str {
        match self {
            Engine::Postgres => "5432",
            Engine::Mysql => "3306",
            Engine::Sqlite | Engine::Url => "",
        }
    }

    fn is_server(self) -> bool {
        matches!(self, Engine::Postgres | Engine::Mysql)
    }

    fn tls_key(self) -> &'static str {
        if self == Engine::Mysql { "ssl-mode" } else { "sslmode" }
    }

    fn socket_key(self) -> &'static str {
        if self == Engine::Mysql { "socket" } else { "host" }
    }
}

/// The fields of one end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub engine: Engine,
    /// A name, an address, or a socket's path.
    pub host: String,
    pub port: String,
    pub database: String,
    pub user: String,
    /// A mode of [`Engine::tls_modes`]; empty: none was chosen.
    pub tls: String,
    /// The file of SQLite; the whole of a URL.
    pub path: String,
    /// Parameters that have no field, encoded: they stay as they were.
    pub rest: Vec<String>,
}

impl Address {
    /// The URL; a relative file is one of `directory`.
    #[must_use]
    pub fn url(&self, directory: &str) -> String {
        match self.engine {
            Engine::Url => self.path.trim().to_owned(),
            Engine::Sqlite => {
                let path = self.path.trim();
                let whole = path.is_empty() || path.starts_with(['/', '~']) || directory.is_empty();
                if whole { format!("sqlite:{path}") } else { format!("sqlite:{directory}/{path}") }
            }
            Engine::Postgres | Engine::Mysql => self.server_url(),
        }
    }

    fn server_url(&self) -> String {
        let scheme = if self.engine == Engine::Mysql { "mysql" } else { "postgres" };
        let host = self.host.trim();
        let mut parameters = Vec::new();
        let authority = if host.starts_with('/') {
            parameters.push(format!("{}={}", self.engine.socket_key(), percent_encode(host)));
            String::new()
        } else if host.contains(':') {
            format!("[{host}]")
        } else {
            percent_encode(host)
        };
        let user = match self.user.trim() {
            "" => String::new(),
            user => format!("{}@", percent_encode(user)),
        };
        // A port of a socket's file name is a parameter: the authority is empty there.
        let port = match (self.port.trim(), authority.is_empty()) {
            ("", _) => String::new(),
            (port, true) => {
                parameters.push(format!("port={}", percent_encode(port)));
                String::new()
            }
            (port, false) => format!(":{}", percent_encode(port)),
        };
        if !self.tls.is_empty() {
            parameters.push(format!("{}={}", self.engine.tls_key(), self.tls));
        }
        parameters.extend(self.rest.iter().cloned());
        let database = percent_encode(self.database.trim());
        let query = match parameters.is_empty() {
            true => String::new(),
            false => format!("?{}", parameters.join("&")),
        };
        format!("{scheme}://{user}{authority}{port}/{database}{query}")
    }

    /// Takes a URL apart; what cannot be stays whole, as [`Engine::Url`]. A password in it comes
    /// back beside it and is in no field.
    #[must_use]
    pub fn read(url: &str) -> (Address, Password) {
        let url = url.trim();
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        let engine = match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => Engine::Postgres,
            "mysql" | "mariadb" => Engine::Mysql,
            "sqlite" | "sqlite3" => {
                let path = match rest.strip_prefix("//") {
                    Some(encoded) => percent_decode(encoded).unwrap_or_else(|| encoded.to_owned()),
                    None => rest.to_owned(),
                };
                let address = Address { engine: Engine::Sqlite, path, ..Address::default() };
                return (address, Password::default());
            }
            _ => return (Address::whole(url), Password::default()),
        };
        match Address::server(engine, rest) {
            Some(parts) => parts,
            None => (Address::whole(url), Password::default()),
        }
    }

    fn whole(url: &str) -> Address {
        Address { engine: Engine::Url, path: url.to_owned(), ..Address::default() }
    }

    fn server(engine: Engine, rest: &str) -> Option<(Address, Password)> {
        let rest = rest.strip_prefix("//")?;
        let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        let (login, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, port) = split_port(host_port)?;
        let mut password = Password::new(percent_decode(password)?);
        let mut address = Address {
            engine,
            host: percent_decode(host)?,
            port: port.map(|port| port.to_string()).unwrap_or_default(),
            database: percent_decode(database)?,
            user: percent_decode(user)?,
            ..Address::default()
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, coded) = pair.split_once('=')?;
            let value = percent_decode(coded)?;
            match name {
                "sslmode" | "ssl-mode" | "ssl_mode" if !address.set_tls(&value) => {
                    return None;
                }
                "sslmode" | "ssl-mode" | "ssl_mode" => {}
                "host" | "socket" => address.host = value,
                "user" => address.user = value,
                "password" => password = Password::new(value),
                "port" => address.port = value,
                "dbname" | "database" => address.database = value,
                _ => address.rest.push(pair.to_owned()),
            }
        }
        Some((address, password))
    }

    /// Is the word a mode of this engine?
    fn set_tls(&mut self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let modes = self.engine.tls_modes().iter().skip(1);
        let known = modes.clone().any(|mode| *mode == word);
        if known {
            self.tls = word;
        }
        known
    }

    /// What a name of a job may begin with: the database, or the file without its folder.
    #[must_use]
    pub fn stem(&self) -> String {
        let name = if self.engine.is_server() {
            self.database.as_str()
        } else {
            let bare = self.path.split_once(':').map_or(self.path.as_str(), |(_, rest)| rest);
            bare.split('?').next().unwrap_or_default().trim_end_matches('/')
        };
        let file = name.rsplit('/').next().unwrap_or(name);
        let file = file.trim_end_matches(".sqlite3").trim_end_matches(".sqlite");
        let file = file.trim_end_matches(".db");
        let plain = file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
        let text: String = plain.take(28).collect();
        match text.trim_matches('-') {
            "" => "job".to_owned(),
            stem => stem.to_lowercase(),
        }
    }

    /// What is missing before anybody can be asked; empty: nothing.
    #[must_use]
    pub fn missing(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite if self.path.trim().is_empty() => "the path of the file",
            Engine::Url if self.path.trim().is_empty() => "the URL",
            // PostgreSQL has a database of the user's name, MySQL may have none.
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_goes_into_fields_and_back() {
        for url in [
            "postgres://mig_ro@db1.internal:5432/crm?sslmode=verify-full",
            "postgres://a%40b@[::1]:5433/my%20db",
            "postgres://ana@/crm?host=%2Frun%2Fpostgresql&port=5433&options=-c%20x%3Dy",
            "mysql://root@/crm?socket=%2Frun%2Fmysqld.sock&ssl-mode=required",
            "postgres:///",
            "sqlite:/data/a b.db",
            "memory:demo?x=1",
            "postgres://h1,h2:x/y",
        ] {
            let (address, password) = Address::read(url);
            assert_eq!(address.url("/here"), url);
            assert!(password.is_empty());
        }
        let (address, password) = Address::read("mysql://ana:p%40ss@db7/crm?ssl_mode=REQUIRED");
        assert_eq!((address.user.as_str(), address.tls.as_str()), ("ana", "required"));
        assert_eq!(password.reveal(), "p@ss");
        assert_eq!(address.url(""), "mysql://ana@db7/crm?ssl-mode=required");
    }

    #[test]
    fn a_file_is_made_absolute_and_names_the_job() {
        let (address, _) = Address::read("sqlite:data/Shop 2.db");
        assert_eq!(address.url("/here"), "sqlite:/here/data/Shop 2.db");
        assert_eq!(address.stem(), "shop-2");
        assert_eq!(Address::read("postgres://a@b/Crm").0.stem(), "crm");
        assert_eq!(Address::read("sqlite:").0.missing(), "the path of the file");
    }
}
