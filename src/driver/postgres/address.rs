//! A `postgres://` URL as a server address, for sqlx and for `pg_dump`.
//!
//! Reads what libpq reads, refuses what it cannot honour, and never holds a password.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::time::Duration;
use url::Url;

use crate::core::fault::{Fault, FaultKind, Side};

/// How long a login may take when the URL does not say.
const CONNECT_TIMEOUT_DEFAULT: Duration = Duration::from_secs(15);

/// Parameters that change nothing for us and appear in URLs made for other programs.
const IGNORED: [&str; 13] = [
    "application_name",
    "fallback_application_name",
    "channel_binding",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "passfile",
    "sslcompression",
    "sslsni",
    "tcp_user_timeout",
];

/// Where a database is and how to speak to it.
#[derive(Clone)]
pub(super) struct Address {
    pub options: PgConnectOptions,
    /// The same for `pg_dump`: keyword and value, without a password.
    pub conninfo: Vec<(String, String)>,
    pub connect_timeout: Duration,
    /// What people read: `db1:5432/crm`.
    pub label: String,
}

/// Stands where a URL names no host; no host is called so.
const NO_HOST: &str = "-";

/// What the URL says, before anything is filled in.
#[derive(Default)]
struct Given {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Address {
    /// Reads `text`; what it leaves out comes from the environment as libpq does it.
    ///
    /// # Errors
    /// `Usage` with what is wrong.
    pub fn parse(text: &str, side: Side) -> Result<Address, Fault> {
        let given = read(text).map_err(|what| usage(side, &what))?;
        build(given).map_err(|what| usage(side, &what))
    }
}

fn usage(side: Side, what: &str) -> Fault {
    Fault::new(FaultKind::Usage, side, what).with_hint(
        "A PostgreSQL URL looks like postgres://user@host:5432/database?sslmode=require; \
         a server on a unix socket like postgres://user@/database?host=/var/run/postgresql.",
    )
}

fn read(text: &str) -> Result<Given, String> {
    let url = Url::parse(&with_host(text)).map_err(|e| format!("the URL cannot be read: {e}"))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(format!("{:?} is not a PostgreSQL URL scheme", url.scheme()));
    }
    let filled = |part: &str| -> Result<Option<String>, String> {
        if part.is_empty() { Ok(None) } else { decode(part).map(Some) }
    };
    let mut given = Given {
        host: filled(url.host_str().unwrap_or_default())?.filter(|host| host != NO_HOST),
        port: url.port(),
        user: filled(url.username())?,
        database: filled(url.path().trim_start_matches('/'))?,
        parameters: Vec::new(),
    };
    for (name, value) in url.query_pairs() {
        let (name, value) = (name.into_owned(), value.into_owned());
        match name.as_str() {
            "host" | "hostaddr" => given.host = Some(value),
            "port" => {
                let port = value.parse().map_err(|_| format!("port {value:?} is not a number"))?;
                given.port = Some(port);
            }
            "user" => given.user = Some(value),
            "dbname" => given.database = Some(value),
            _ => given.parameters.push((name, value)),
        }
    }
    if given.host.as_deref().is_some_and(|h| h.contains(',')) {
        return Err("several hosts in one URL are not supported: name one server".to_owned());
    }
    Ok(given)
}

/// libpq allows a user without a host (`postgres://ana@/crm`), the URL standard does not.
fn with_host(text: &str) -> String {
    for empty in ["@/", "@:", "@?"] {
        let head = text.find(['/', '?']).and_then(|at| text.get(at + 2..)).unwrap_or_default();
        let authority = head.find(['/', '?']).unwrap_or(head.len());
        if head.find(empty).is_some_and(|at| at < authority) {
            return text.replacen(empty, &format!("@{NO_HOST}{}", &empty[1..]), 1);
        }
    }
    text.to_owned()
}

/// Percent-decoding for the parts of a URL that are not its query.
fn decode(part: &str) -> Result<String, String> {
    let bytes = part.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = part.get(at + 1..at + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
            decoded.push(hex.ok_or_else(|| "a '%' in the URL is not an escape".to_owned())?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).map_err(|_| "an escape in the URL is not UTF-8".to_owned())
}

fn build(given: Given) -> Result<Address, String> {
    let mut options = PgConnectOptions::new_without_pgpass().statement_cache_capacity(32);
    if let Some(host) = &given.host {
        // The brackets of an IPv6 address belong to the URL.
        options = options.host(host.trim_start_matches('[').trim_end_matches(']'));
    }
    if let Some(port) = given.port {
        options = options.port(port);
    }
    if let Some(user) = &given.user {
        options = options.username(user);
    }
    // libpq: the database is named after the user when nothing says otherwise.
    let named = given.database.or_else(|| options.get_database().map(str::to_owned));
    let database = named.unwrap_or_else(|| options.get_username().to_owned());
    options = options.database(&database);
    let mut conninfo = vec![
        ("host".to_owned(), options.get_host().to_owned()),
        ("port".to_owned(), options.get_port().to_string()),
        ("user".to_owned(), options.get_username().to_owned()),
        ("dbname".to_owned(), database.clone()),
    ];
    let mut connect_timeout = CONNECT_TIMEOUT_DEFAULT;
    let mut root_given = false;
    for (name, value) in &given.parameters {
        match name.as_str() {
            "sslmode" => {
                let mode: PgSslMode = value.parse().map_err(|_| bad_sslmode(value))?;
                options = options.ssl_mode(mode);
            }
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => {
                options = options.ssl_root_cert(value);
                root_given = true;
            }
            "sslcert" => options = options.ssl_client_cert(value),
            "sslkey" => options = options.ssl_client_key(value),
            "options" => options = options.options(server_options(value)?),
            "connect_timeout" => {
                let seconds: u64 =
                    value.parse().map_err(|_| format!("connect_timeout {value:?} is no number"))?;
                // libpq: 0 is no limit, 1 is rounded up to 2.
                let seconds = if seconds == 0 { 86_400 } else { seconds.clamp(2, 86_400) };
                connect_timeout = Duration::from_secs(seconds);
            }
            "target_session_attrs" if matches!(value.as_str(), "any" | "prefer-standby") => {}
            other if IGNORED.contains(&other) => continue,
            other => return Err(format!("the URL parameter {other:?} is not supported")),
        }
        conninfo.push((name.clone(), value.clone()));
    }
    // libpq: a root certificate turns `require` into `verify-ca`.
    if root_given && matches!(options.get_ssl_mode(), PgSslMode::Require) {
        options = options.ssl_mode(PgSslMode::VerifyCa);
    }
    let label = format!("{}:{}/{database}", options.get_host(), options.get_port());
    Ok(Address { options, conninfo, connect_timeout, label })
}

fn bad_sslmode(value: &str) -> String {
    format!(
        "sslmode {value:?} is not one of disable, allow, prefer, require, verify-ca, verify-full"
    )
}

/// `-c geqo=off --work_mem=64MB` as pairs.
fn server_options(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut words = split_options(text).into_iter();
    let mut pairs = Vec::new();
    while let Some(word) = words.next() {
        let setting = if word == "-c" {
            words.next().ok_or_else(|| "options ends with -c".to_owned())?
        } else if let Some(rest) = word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            rest.to_owned()
        } else {
            return Err(format!("options: {word:?} is not -c name=value"));
        };
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| format!("options: {setting:?} is not name=value"))?;
        pairs.push((name.to_owned(), value.to_owned()));
    }
    Ok(pairs)
}

/// Words of an `options` string: blanks separate, a backslash takes the next character as it is.
fn split_options(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(text, Side::Source).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn the_parts_of_a_url_are_found() {
        let address = parse("postgres://an%40a@db1:5433/cr%20m?sslmode=require");
        assert_eq!(address.options.get_host(), "db1");
        assert_eq!(address.options.get_port(), 5433);
        assert_eq!(address.options.get_username(), "an@a");
        assert_eq!(address.options.get_database(), Some("cr m"));
        assert!(matches!(address.options.get_ssl_mode(), PgSslMode::Require));
        assert_eq!(address.label, "db1:5433/cr m");
    }

    #[test]
    fn a_socket_directory_is_a_host() {
        for text in [
            "postgres://u@/d?host=/run/pg&port=6000",
            "postgres://u@:6000/d?host=/run/pg",
            "postgres:///d?host=/run/pg&port=6000",
            "postgres://u@%2Frun%2Fpg:6000/d",
        ] {
            let address = parse(text);
            assert_eq!(address.options.get_host(), "/run/pg", "{text}");
            assert_eq!(address.options.get_port(), 6000, "{text}");
        }
    }

    #[test]
    fn the_database_defaults_to_the_user() {
        if std::env::var_os("PGDATABASE").is_none() {
            assert_eq!(parse("postgres://ana@h").options.get_database(), Some("ana"));
        }
    }

    #[test]
    fn a_root_certificate_makes_require_check_it() {
        let address = parse("postgres://u@h/d?sslmode=require&sslrootcert=/c.pem");
        assert!(matches!(address.options.get_ssl_mode(), PgSslMode::VerifyCa));
    }

    #[test]
    fn server_options_are_split_as_the_server_does() {
        let pairs = server_options(r"-c geqo=off --work_mem=64MB -cx=a\ b").unwrap();
        let expected = [("geqo", "off"), ("work_mem", "64MB"), ("x", "a b")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(server_options("-c").is_err());
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for text in [
            "mysql://h/d",
            "postgres://h1,h2/d",
            "postgres://h/d?sslmode=maybe",
            "postgres://h/d?service=x",
            "postgres://h/d?options=geqo",
            "postgres://h/%zz",
        ] {
            let fault = Address::parse(text, Side::Target).err().expect(text);
            assert_eq!(fault.kind, FaultKind::Usage, "{text}");
        }
    }
}
