//! Where one end of a copy is, and what people read of it. Works on the URL's normal form, which
//! `driver::url` makes: everything resolved, percent-encoded, without a password.

use super::super::name::Dialect;

/// PostgreSQL's port when nobody names one.
pub const POSTGRES_PORT: u16 = 5432;

/// MySQL's and MariaDB's.
pub const MYSQL_PORT: u16 = 3306;

/// The port a server of `dialect` has when nobody names one; SQLite has none.
#[must_use]
pub fn default_port(dialect: Dialect) -> u16 {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => POSTGRES_PORT,
        Dialect::Mysql => MYSQL_PORT,
    }
}

/// Where one end of a copy is, without any secret: passwords are looked up by the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub dialect: Dialect,
    /// Normal form, password removed: `postgres://ana@db1:5432/crm?sslmode=require`,
    /// `postgres://ana@localhost:5432/crm?host=%2Frun%2Fpostgresql`, `sqlite:/data/x.db`,
    /// `memory:demo`.
    pub url: String,
    /// Name of the connection in config.toml, when it came from there: its password source is read
    /// again by the engine.
    pub connection: Option<String>,
    /// Label shown in every header (`PROD`).
    pub label: Option<String>,
    pub production: bool,
}

/// What a login needs to know, read from an endpoint's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name, an address, or a unix socket (begins with `/`): PostgreSQL's directory of it,
    /// MySQL's
    /// file.
    pub host: String,
    pub port: u16,
    pub user: String,
    pub database: String,
}

impl Endpoint {
    /// The server, for engines that have one; `None` for files and memory.
    #[must_use]
    pub fn server(&self) -> Option<ServerAddress> {
        if self.dialect == Dialect::Sqlite {
            return None;
        }
        let (_, rest) = self.url.split_once("://")?;
        let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        let (user, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = split_port(host_port)?;
        // `host` is a directory of libpq's, `socket` a file of MySQL's.
        let parameter = if self.dialect == Dialect::Mysql { "socket=" } else { "host=" };
        let socket = query.split('&').find_map(|pair| pair.strip_prefix(parameter));
        Some(ServerAddress {
            host: percent_decode(socket.unwrap_or(host))?,
            port: port.unwrap_or(default_port(self.dialect)),
            user: percent_decode(user)?,
            database: percent_decode(database)?,
        })
    }

    /// The file, for engines that are one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self.dialect {
            Dialect::Sqlite => self.url.strip_prefix("sqlite:"),
            Dialect::Postgres | Dialect::Mysql => None,
        }
    }

    /// What a person types to confirm: the database's name, or the file's without its folder.
    #[must_use]
    pub fn database(&self) -> String {
        if let Some(file) = self.file() {
            return file.rsplit('/').next().unwrap_or(file).to_owned();
        }
        match self.server() {
            Some(server) => server.database,
            None => {
                let rest = self.url.split_once(':').map_or("", |(_, rest)| rest);
                rest.split('?').next().unwrap_or_default().to_owned()
            }
        }
    }

    /// As shown in headers and lists: `pg:crm@db1`, `pg:crm@db1:5433`, `li:shop.db`.
    #[must_use]
    pub fn display(&self) -> String {
        let short = self.dialect.short();
        let database = self.database();
        match self.server() {
            None => format!("{short}:{database}"),
            Some(server) => {
                let local = server.host.starts_with('/');
                let host = if local { "local" } else { &server.host };
                match server.port {
                    port if port == default_port(self.dialect) => {
                        format!("{short}:{database}@{host}")
                    }
                    port => format!("{short}:{database}@{host}:{port}"),
                }
            }
        }
    }
}

/// `host:port`, `[::1]:5432`, `host`. `None` when the port is no port.
#[must_use]
pub fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            None if after.is_empty() => Some((host, None)),
            None => None,
            Some(port) => Some((host, Some(port.parse().ok()?))),
        };
    }
    match text.rsplit_once(':') {
        None => Some((text, None)),
        Some((host, _)) if host.contains(':') => None,
        Some((host, "")) => Some((host, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
    }
}

/// `%41` to `A`. `None` when an escape is cut short, is not hexadecimal, or the result is no UTF-8
/// or holds a NUL.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let hex = |digit: u8| char::from(digit).to_digit(16);
        let value = hex(digits[0])? * 16 + hex(digits[1])?;
        bytes.push(u8::try_from(value).ok()?);
    }
    let decoded = String::from_utf8(bytes).ok()?;
    if decoded.contains('\0') { None } else { Some(decoded) }
}

/// Everything but letters, digits and `-._~` becomes `%XX`.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(dialect: Dialect, url: &str) -> Endpoint {
        let url = url.to_owned();
        Endpoint { dialect, url, connection: None, label: None, production: false }
    }

    #[test]
    fn people_read_database_and_host() {
        for (dialect, url, shown, name) in [
            (Dialect::Postgres, "postgres://ana@db1:5432/crm", "pg:crm@db1", "crm"),
            (Dialect::Postgres, "postgres://ana@db1:5433/crm", "pg:crm@db1:5433", "crm"),
            (
                Dialect::Postgres,
                "postgres://a%40b@localhost:5432/my%20db?host=%2Frun%2Fpg&sslmode=disable",
                "pg:my db@local",
                "my db",
            ),
            (Dialect::Postgres, "postgres://a@[::1]:5432/x", "pg:x@::1", "x"),
            (Dialect::Sqlite, "sqlite:/data/shop.db", "li:shop.db", "shop.db"),
            (Dialect::Postgres, "memory:crm@db1?x=a:b", "pg:crm@db1", "crm@db1"),
        ] {
            let endpoint = endpoint(dialect, url);
            assert_eq!(endpoint.display(), shown);
            assert_eq!(endpoint.database(), name);
        }
    }

    #[test]
    fn a_login_finds_its_parts_again() {
        let url = "postgres://a%40b@localhost:5433/my%20db?sslmode=disable&host=%2Frun%2Fpg";
        let server = endpoint(Dialect::Postgres, url).server().unwrap();
        assert_eq!(
            server,
            ServerAddress {
                host: "/run/pg".to_owned(),
                port: 5433,
                user: "a@b".to_owned(),
                database: "my db".to_owned(),
            }
        );
    }

    #[test]
    fn escapes_go_there_and_back() {
        for text in ["plain", "ä ö", "a/b?c#d@e:f%g", "100%"] {
            assert_eq!(percent_decode(&percent_encode(text)).as_deref(), Some(text));
        }
        for bad in ["%", "%4", "%zz", "%ff", "a%00b", "%+1"] {
            assert_eq!(percent_decode(bad), None, "{bad}");
        }
    }
}
