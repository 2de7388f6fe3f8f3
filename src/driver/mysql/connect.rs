//! Sessions that read: login, what kind of server answered, and the settings every session begins
//! with.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Executor, Row};

use super::address::{MysqlAddress, TlsMode};
use super::fault::{fault, login_fault};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::driver::postgres::quicken_sockets;

/// A server that has not answered by then is taken for unreachable.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Oldest servers whose catalogue and snapshots are known to be what this driver expects.
const MYSQL_SINCE: u32 = 50_700;
const MARIADB_SINCE: u32 = 100_300;

/// First MySQL whose information schema caches statistics for a day unless told otherwise.
const CACHED_STATISTICS_SINCE: u32 = 80_000;

/// What kind of server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flavour {
    pub mariadb: bool,
    /// As the server prints it: `10.11.6-MariaDB-log`, `8.4.3`.
    pub version_text: String,
    /// Comparable within one kind: `10.11.6` is 101106, `8.4.3` is 80403.
    pub version_num: u32,
}

impl Flavour {
    /// Reads `VERSION()`. `None` for what is no version.
    pub(super) fn read(text: &str) -> Option<Flavour> {
        // MariaDB before 11 puts this in front for replicas of old.
        let plain = text.strip_prefix("5.5.5-").unwrap_or(text);
        let mut numbers = plain.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        let (major, minor) = (next()?, next()?);
        let patch = next().unwrap_or(0);
        Some(Flavour {
            mariadb: text.to_ascii_lowercase().contains("mariadb"),
            version_text: plain.to_owned(),
            version_num: major * 10_000 + minor * 100 + patch,
        })
    }

    pub(super) fn word(&self) -> &'static str {
        if self.mariadb { "MariaDB" } else { "MySQL" }
    }

    /// MySQL from this version on, never MariaDB.
    pub(super) fn mysql_since(&self, version: u32) -> bool {
        !self.mariadb && self.version_num >= version
    }

    /// MariaDB from this version on, never MySQL.
    pub(super) fn mariadb_since(&self, version: u32) -> bool {
        self.mariadb && self.version_num >= version
    }
}

/// A connection with its settings made.
pub(super) struct Session {
    pub connection: MySqlConnection,
    pub flavour: Flavour,
    /// The server's number for it, for KILL.
    pub id: u64,
    pub side: Side,
}

impl Session {
    /// Logs in and applies the settings of a reader.
    pub(super) async fn open(address: &MysqlAddress) -> Result<Session, Fault> {
        let side = address.side;
        let mut connection = match tokio::time::timeout(CONNECT_LIMIT, log_in(address)).await {
            Ok(connection) => connection?,
            Err(_) => return Err(timed_out(address)),
        };
        quicken_sockets();
        let asked = "SELECT VERSION(), CONNECTION_ID(), @@version_comment";
        let rows = connection.fetch_all(sqlx::raw_sql(asked)).await;
        let rows = rows.map_err(|e| login_fault(side, &address.place(), &e))?;
        let cell = |at| rows.first().and_then(|row| text(row, at)).unwrap_or_default();
        let flavour = admitted(side, &cell(0), &cell(2))?;
        let id = cell(1).parse().unwrap_or(0);
        super::pressure::is_ours(address, id);
        let mut session = Session { connection, flavour, id, side };
        let settings = settings_of(&session.flavour);
        session.run(&settings).await.map_err(|f| f.while_doing("set the session up"))?;
        Ok(session)
    }

    /// Runs statements without looking at what they return.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), Fault> {
        let done = self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        done.map(|_| ()).map_err(|e| fault(self.side, &e))
    }

    /// All rows of a query, as text.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<MySqlRow>, Fault> {
        let rows = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        rows.map_err(|e| fault(self.side, &e))
    }

    /// The first cell of the first row; `None` when there is no row, or it is NULL.
    pub(super) async fn value(&mut self, sql: &str) -> Result<Option<String>, Fault> {
        Ok(self.rows(sql).await?.first().and_then(|row| text(row, 0)))
    }
}

/// A cell of one of our own queries. NULL, and what is no UTF-8, is `None`.
pub(super) fn text(row: &MySqlRow, at: usize) -> Option<String> {
    let bytes = row.try_get_unchecked::<Option<&[u8]>, _>(at).ok()??;
    String::from_utf8(bytes.to_vec()).ok()
}

/// As [`text`], with NULL as nothing.
pub(super) fn word(row: &MySqlRow, at: usize) -> String {
    text(row, at).unwrap_or_default()
}

/// Where a column of one of our own queries is.
pub(super) fn position(row: &MySqlRow, name: &str) -> Option<usize> {
    row.columns().iter().position(|column| column.name() == name)
}

/// As [`text`], for a count.
pub(super) fn number<T: std::str::FromStr>(row: &MySqlRow, at: usize) -> Option<T> {
    text(row, at)?.parse().ok()
}

impl MysqlAddress {
    /// As messages name the server.
    pub(super) fn place(&self) -> String {
        match &self.socket {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", self.host, self.port),
        }
    }
}

fn timed_out(address: &MysqlAddress) -> Fault {
    let seconds = CONNECT_LIMIT.as_secs();
    let what = format!("{} did not answer within {seconds} s", address.place());
    Fault::new(FaultKind::ConnectionLost, address.side, what)
        .with_hint("Check host, port and firewall, and that MySQL or MariaDB listens there.")
}

fn options_of(address: &MysqlAddress, tls: TlsMode) -> MySqlConnectOptions {
    let mode = match tls {
        TlsMode::Disabled => MySqlSslMode::Disabled,
        TlsMode::Preferred => MySqlSslMode::Preferred,
        TlsMode::Required => MySqlSslMode::Required,
        TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
        TlsMode::VerifyIdentity => MySqlSslMode::VerifyIdentity,
    };
    // Everything sqlx would set by itself is in our own settings.
    let mut options = MySqlConnectOptions::new()
        .host(&address.host)
        .port(address.port)
        .username(&address.user)
        .ssl_mode(mode)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    if let Some(socket) = &address.socket {
        options = options.socket(socket);
    }
    if let Some(password) = &address.password {
        options = options.password(password.reveal());
    }
    // A source that is not there is refused at once; a target's database may yet be created.
    if !address.database.is_empty() && address.side == Side::Source {
        options = options.database(&address.database);
    }
    if let Some(ca) = &address.ca {
        options = options.ssl_ca(ca);
    }
    if let (Some(cert), Some(key)) = (&address.cert, &address.key) {
        options = options.ssl_client_cert(cert).ssl_client_key(key);
    }
    options
}

/// Over a socket TLS protects nothing and costs a third of the speed: only on demand.
async fn log_in(address: &MysqlAddress) -> Result<MySqlConnection, Fault> {
    let tls = match (address.tls, &address.socket) {
        (TlsMode::Preferred, Some(_)) => TlsMode::Disabled,
        (asked, _) => asked,
    };
    let options = options_of(address, tls);
    let refused = match options.connect().await {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    // caching_sha2_password without TLS: sqlx cannot send the password itself, the other library
    // can, and from then on the server knows it by its hash until it is restarted.
    let unsent = matches!(&refused, sqlx::Error::Configuration(_))
        || address.socket.is_some()
            && fault(address.side, &refused).code.as_deref() == Some("1045");
    if unsent && address.password.is_some() && introduce(address).await {
        let again = options.connect().await;
        return again.map_err(|e| login_fault(address.side, &address.place(), &e));
    }
    Err(login_fault(address.side, &address.place(), &refused))
}

/// Logs in once over the other library. True when the server took the password.
async fn introduce(address: &MysqlAddress) -> bool {
    let mut options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(&address.host)
        .tcp_port(address.port)
        .user(Some(&address.user))
        .pass(address.password.as_ref().map(|secret| secret.reveal()))
        .prefer_socket(false);
    if let Some(socket) = &address.socket {
        options = options.socket(Some(socket.display().to_string()));
    }
    match mysql_async::Conn::new(options).await {
        Ok(connection) => connection.disconnect().await.is_ok(),
        Err(_) => false,
    }
}

/// Is this a server this driver knows?
fn admitted(side: Side, version: &str, comment: &str) -> Result<Flavour, Fault> {
    let refuse = |what: String| {
        Err(Fault::new(FaultKind::Unsupported, side, what)
            .with_hint("tidegate reads and writes MySQL from 5.7 and MariaDB from 10.3 on."))
    };
    let says = format!("{version} {comment}").to_ascii_lowercase();
    let twins = ["tidb", "vitess", "singlestore", "starrocks", "doris", "oceanbase", "clickhouse"];
    if let Some(twin) = twins.iter().find(|twin| says.contains(**twin)) {
        return refuse(format!("the server is {twin}, which only speaks MySQL's protocol"));
    }
    let Some(flavour) = Flavour::read(version) else {
        return refuse(format!(
            "the server calls itself {version:?}, which is no version of MySQL"
        ));
    };
    let since = if flavour.mariadb { MARIADB_SINCE } else { MYSQL_SINCE };
    if flavour.version_num < since {
        let (kind, version) = (flavour.word(), &flavour.version_text);
        return refuse(format!("the server is {kind} {version}, which is too old"));
    }
    Ok(flavour)
}

/// The settings of a session as one statement each kind of server understands.
fn settings_of(flavour: &Flavour) -> String {
    let mut settings: Vec<String> = [
        // Nothing implied: backslashes escape, double quotes are strings, zero dates compare.
        "sql_mode = ''",
        "time_zone = '+00:00'",
        "autocommit = 1",
        "completion_type = 0",
        // A global limit must not cut a table short.
        "sql_select_limit = 18446744073709551615",
        "sql_big_selects = 1",
        "group_concat_max_len = 4294967295",
        "sql_quote_show_create = 1",
        // A session idles while its job is paused, and the target may take its time.
        "wait_timeout = 31536000",
        "interactive_timeout = 31536000",
        "net_read_timeout = 31536000",
        "net_write_timeout = 31536000",
        "lock_wait_timeout = 60",
    ]
    .map(str::to_owned)
    .to_vec();
    let own: &[&str] = match flavour.mariadb {
        true => &[
            "max_statement_time = 0",
            "idle_transaction_timeout = 0",
            "idle_readonly_transaction_timeout = 0",
        ],
        false => &["max_execution_time = 0"],
    };
    settings.extend(own.iter().map(|s| (*s).to_owned()));
    if flavour.mysql_since(CACHED_STATISTICS_SINCE) {
        settings.push("information_schema_stats_expiry = 0".to_owned());
    }
    let all: Vec<String> = settings.iter().map(|s| format!("SESSION {s}")).collect();
    format!(
        "SET NAMES utf8mb4; SET {}; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        all.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_say_what_kind_of_server_it_is() {
        for (text, mariadb, number) in [
            ("10.11.6-MariaDB-0+deb12u1", true, 101_106),
            ("5.5.5-10.6.12-MariaDB-log", true, 100_612),
            ("8.0.36", false, 80_036),
            ("8.0.36-28.1", false, 80_036),
            ("8.0.mysql_aurora.3.04.0", false, 80_000),
            ("9.7.4-2", false, 90_704),
            ("5.7.44-log", false, 50_744),
        ] {
            let flavour = Flavour::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((flavour.mariadb, flavour.version_num), (mariadb, number), "{text}");
            assert!(admitted(Side::Source, text, "").is_ok(), "{text}");
        }
        assert_eq!(Flavour::read("unknown"), None);
    }

    #[test]
    fn servers_of_another_kind_and_old_ones_are_refused() {
        for (version, comment, word) in [
            ("8.0.11-TiDB-v7.5.0", "TiDB Server", "tidb"),
            ("8.0.30-Vitess", "", "vitess"),
            ("5.6.51", "", "too old"),
            ("10.1.48-MariaDB", "", "too old"),
            ("PostgreSQL", "", "no version"),
        ] {
            let fault = admitted(Side::Source, version, comment).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unsupported);
            assert!(fault.message.contains(word), "{version}: {}", fault.message);
        }
    }
}
