//! `--from` and `--to`: URLs or names of connections, and the passwords that go with them.

use super::ask;
use super::failure::Failure;
use crate::config::{Config, PasswordSource, password_for};
use crate::core::fault::{Fault, Side};
use crate::core::name::Dialect;
use crate::core::spec::{Endpoint, Secret};
use crate::driver::url::parse_url;

/// One end as typed: where, and the password if the URL held one.
pub struct End {
    pub endpoint: Endpoint,
    pub password: Option<Secret>,
    /// The configuration wants it typed at every start.
    pub asks: bool,
}

/// Reads one end. A name of config.toml wins over a file of the same name.
///
/// # Errors
/// `Usage` with what is wrong and what is known.
pub fn read(text: &str, side: Side, config: &Config) -> Result<End, Failure> {
    let Some(connection) = config.connections.get(text) else {
        let (endpoint, password) = parse_url(text, side).map_err(|fault| {
            let failure = named(flag_of(side), fault);
            match known_connections(config) {
                Some(known) if !text.contains(':') => failure.with_detail(known),
                _ => failure.with_detail("Nothing was changed."),
            }
        })?;
        return Ok(End { endpoint, password, asks: false });
    };
    let (endpoint, password) = parse_url(&connection.url, side)
        .map_err(|fault| named(&format!("connection {text:?}"), fault))?;
    if password.is_some() {
        return Err(Failure::usage(format!("connection {text:?} has a password in its URL"))
            .with_detail("A password does not belong into config.toml. Nothing was changed.")
            .with_hint(
                "Take it out and say where it is found: password = \"pgpass\", \"ask\", \
                        { env = \"VARIABLE\" } or { command = \"...\" }.",
            ));
    }
    let endpoint = Endpoint {
        connection: Some(text.to_owned()),
        label: connection.label.clone(),
        production: connection.production,
        ..endpoint
    };
    let asks = connection.password == Some(PasswordSource::Ask);
    Ok(End { endpoint, password: None, asks })
}

fn flag_of(side: Side) -> &'static str {
    match side {
        Side::Source => "--from",
        Side::Target => "--to",
        Side::Engine => "engine",
    }
}

/// The fault with the place where the operator wrote what is wrong.
fn named(place: &str, fault: Fault) -> Failure {
    let message = format!("{place}: {}", fault.message);
    Failure { message, ..Failure::from(fault) }
}

fn known_connections(config: &Config) -> Option<String> {
    let names: Vec<&str> = config.connections.keys().map(String::as_str).collect();
    match names.is_empty() {
        true => None,
        false => Some(format!("Connections in config.toml: {}.", names.join(", "))),
    }
}

/// The password to hand to the engine: typed in the URL, or asked for now. `None`: the engine
/// finds it by itself, or there is none.
///
/// # Errors
/// `WouldAsk` when it has to be typed and nobody is there; a broken password source.
pub fn password_to_send(end: &End, ask_too: bool) -> Result<Option<Secret>, Failure> {
    if end.password.is_some() || end.endpoint.dialect == Dialect::Sqlite {
        return Ok(end.password.clone());
    }
    let missing = end.asks || (ask_too && password_for(&end.endpoint)?.is_none());
    if missing && end.endpoint.server().is_some() {
        return ask::password(&end.endpoint.display()).map(Some);
    }
    Ok(None)
}

/// Do both ends name one database? Users may differ, it is still the same.
#[must_use]
pub fn same_place(source: &Endpoint, target: &Endpoint) -> bool {
    match (source.server(), target.server()) {
        (Some(a), Some(b)) => {
            source.dialect == target.dialect
                && (a.host, a.port, a.database) == (b.host, b.port, b.database)
        }
        (None, None) => {
            let file = |e: &Endpoint| e.file().and_then(|path| std::fs::canonicalize(path).ok());
            source.url == target.url || (file(source).is_some() && file(source) == file(target))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::name::Dialect;

    fn config() -> Config {
        let text = "[connections.prod]\nurl = \"postgres://ana@db1/crm\"\nlabel = \"PROD\"\n\
                    production = true\npassword = \"ask\"\n\
                    [connections.bad]\nurl = \"postgres://ana:hunter2@db1/crm\"\n";
        Config::parse(text, std::path::Path::new("config.toml")).unwrap()
    }

    #[test]
    fn a_connection_brings_its_label_and_its_way_to_the_password() {
        let end = read("prod", Side::Target, &config()).ok().unwrap();
        assert_eq!(end.endpoint.connection.as_deref(), Some("prod"));
        assert_eq!(end.endpoint.label.as_deref(), Some("PROD"));
        assert!(end.endpoint.production && end.asks);
        assert_eq!(end.endpoint.dialect, Dialect::Postgres);
    }

    #[test]
    fn a_password_in_the_configured_url_is_refused_and_not_repeated() {
        let failure = read("bad", Side::Target, &config()).err().unwrap();
        assert!(!format!("{failure:?}").contains("hunter2"));
    }

    #[test]
    fn an_unknown_name_hears_the_known_ones() {
        let failure = read("produ", Side::Source, &config()).err().unwrap();
        assert!(failure.detail.unwrap().contains("prod"));
    }

    #[test]
    fn one_database_under_two_logins_is_one_place() {
        let end = |text: &str| read(text, Side::Source, &config()).ok().unwrap().endpoint;
        for (a, b, same) in [
            ("postgres://a@h/x", "postgres://b@h:5432/x", true),
            ("postgres://a@h/x", "postgres://a@h/y", false),
            ("sqlite:/tmp/q.db", "sqlite:///tmp/q.db", true),
            ("sqlite:/tmp/q.db", "postgres://a@h/x", false),
        ] {
            assert_eq!(same_place(&end(a), &end(b)), same, "{a} {b}");
        }
    }
}
