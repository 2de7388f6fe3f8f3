//! Sessions of the target: login with every TLS mode, and statements over mysql_async.
//!
//! The library's options, connections and some of its errors hold the password or rows; none of
//! them is ever printed with `Debug`.

use mysql_async::prelude::Queryable;
use mysql_async::{
    ClientIdentity, Conn, DriverError, Error, Opts, OptsBuilder, Row, SslOpts, Value,
};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Duration;

use super::super::address::{MysqlAddress, TlsMode};
use super::fault::{fault, login_fault};
use super::settings;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::sql;

/// How long a login may take.
const LOGIN_WITHIN: Duration = Duration::from_secs(15);

/// A peer that vanished without a word is noticed.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// Longest piece of a job id in names on the server (64 characters, with prefix and suffix).
const JOB_TAG_LEN_MAX: usize = 40;

/// One target of one job, ready to connect. Without `Debug`: it holds the password.
#[derive(Clone)]
pub(super) struct Link {
    pub address: MysqlAddress,
    /// The job's id in the form names on the server can carry.
    pub job_tag: String,
    /// Tells this process's sessions from those an earlier engine of the job left behind.
    pub nonce: u32,
}

/// What a session found out about its server when it logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    /// May LOAD DATA LOCAL be asked for at all?
    pub local_infile: bool,
    pub max_allowed_packet: u64,
    /// Every commit waits for the disk.
    pub commits_durable: bool,
}

/// An open session.
pub(super) struct Line {
    conn: Conn,
    pub side: Side,
    pub traits: Traits,
}

/// What a statement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub affected: u64,
    pub warnings: u64,
}

impl Link {
    pub fn new(address: MysqlAddress) -> Link {
        let job_tag = job_tag(&address.job_id);
        Link { address, job_tag, nonce: process_nonce() }
    }

    pub fn of_job(&self, job_id: &str) -> Link {
        Link { job_tag: job_tag(job_id), ..self.clone() }
    }

    pub fn side(&self) -> Side {
        self.address.side
    }

    /// Logs in and applies our settings.
    pub async fn connect(&self) -> Result<Line, Fault> {
        let login = async {
            match Conn::new(self.options(self.uses_tls())).await {
                // Preferred: a server without TLS is spoken to in the clear.
                Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
                    if self.address.tls == TlsMode::Preferred =>
                {
                    Conn::new(self.options(false)).await
                }
                done => done,
            }
        };
        let conn = match tokio::time::timeout(LOGIN_WITHIN, login).await {
            Ok(Ok(conn)) => conn,
            Ok(Err(error)) => return Err(login_fault(&self.address, self.uses_tls(), &error)),
            Err(_) => return Err(self.timed_out()),
        };
        super::super::pressure::is_ours(&self.address, u64::from(conn.id()));
        let mut line = Line { conn, side: self.side(), traits: Traits::unknown() };
        line.traits = settings::apply(&mut line).await?;
        // It may yet be created, and nothing of ours depends on it: all names are full.
        if !self.address.database.is_empty() {
            let name = sql::quote(Dialect::Mysql, &self.address.database);
            match line.statement(format!("USE {name}")).await {
                Err(fault) if fault.kind == FaultKind::ConnectionLost => return Err(fault),
                _ => {}
            }
        }
        Ok(line)
    }

    fn timed_out(&self) -> Fault {
        let what =
            format!("{} did not answer within {} s", self.address.place(), LOGIN_WITHIN.as_secs());
        Fault::new(FaultKind::ConnectionLost, self.side(), what)
            .with_hint("Check host, port and firewall.")
    }

    /// A unix socket never leaves the machine: no TLS on it.
    fn uses_tls(&self) -> bool {
        self.address.tls != TlsMode::Disabled && self.address.socket.is_none()
    }

    fn options(&self, with_tls: bool) -> Opts {
        let address = &self.address;
        let password = address.password.as_ref().map(|secret| secret.reveal().to_owned());
        let socket = address.socket.as_ref().map(|path| path.display().to_string());
        OptsBuilder::default()
            .ip_or_hostname(address.host.as_str())
            .tcp_port(address.port)
            .socket(socket)
            // Never to another way in than the one that was named.
            .prefer_socket(false)
            .user(Some(address.user.as_str()))
            .pass(password)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(KEEPALIVE_AFTER))
            .stmt_cache_size(0)
            .connect_attribute("program_name", format!("tidegate {}", self.job_tag))
            .ssl_opts(with_tls.then(|| self.tls_options()))
            .into()
    }

    fn tls_options(&self) -> SslOpts {
        let address = &self.address;
        let identity = address.cert.clone().zip(address.key.clone());
        let identity = identity.map(|(cert, key)| ClientIdentity::new(cert.into(), key.into()));
        // With `verify_ca` the library checks the name as well: more than was asked, never less.
        let (any_issuer, any_name) = match address.tls {
            TlsMode::Disabled | TlsMode::Preferred | TlsMode::Required => (true, true),
            TlsMode::VerifyCa => (false, true),
            TlsMode::VerifyIdentity => (false, false),
        };
        let options = SslOpts::default()
            .with_client_identity(identity)
            .with_danger_accept_invalid_certs(any_issuer)
            .with_danger_skip_domain_validation(any_name);
        match &address.ca {
            // The one authority that was named, and not the whole world's.
            Some(path) => options
                .with_root_certs(vec![path.clone().into()])
                .with_disable_built_in_roots(!any_issuer),
            None => options,
        }
    }
}

impl Traits {
    fn unknown() -> Traits {
        Traits { local_infile: true, max_allowed_packet: 1024 * 1024, commits_durable: false }
    }
}

impl Line {
    /// Runs one statement that returns no rows, or whose rows do not matter.
    pub async fn statement(&mut self, text: impl Into<String>) -> Result<Done, Fault> {
        let ran = self.conn.query_drop(text.into()).await;
        ran.map_err(|error| fault(self.side, &error))?;
        Ok(Done {
            affected: self.conn.affected_rows(),
            warnings: u64::from(self.conn.get_warnings()),
        })
    }

    /// As [`Self::statement`], for text that is not all UTF-8.
    pub async fn statement_bytes(&mut self, text: Vec<u8>) -> Result<Done, Fault> {
        let ran = self.conn.query_drop(text).await;
        ran.map_err(|error| fault(self.side, &error))?;
        Ok(Done {
            affected: self.conn.affected_rows(),
            warnings: u64::from(self.conn.get_warnings()),
        })
    }

    /// The rows of a query as texts.
    pub async fn rows(
        &mut self,
        text: impl Into<String>,
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        self.rows_of_bytes(text.into().into_bytes()).await
    }

    /// As [`Self::rows`], for text that is not all UTF-8.
    pub async fn rows_of_bytes(
        &mut self,
        text: Vec<u8>,
    ) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let read: Result<Vec<Row>, Error> = self.conn.query(text).await;
        let rows = read.map_err(|error| fault(self.side, &error))?;
        let texts = |row: &Row| (0..row.len()).map(|at| text_of(row.as_ref(at)?)).collect();
        Ok(rows.iter().map(texts).collect())
    }

    /// The first column of the first row, when there is one and it is not NULL.
    pub async fn one(&mut self, text: impl Into<String>) -> Result<Option<String>, Fault> {
        let rows = self.rows(text).await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// As [`Self::one`], a number.
    pub async fn number(&mut self, text: impl Into<String>) -> Result<Option<u64>, Fault> {
        Ok(self.one(text).await?.and_then(|text| text.parse().ok()))
    }

    /// What the next LOAD DATA LOCAL is fed with.
    pub fn feed_next_load<F>(&mut self, handler: F)
    where
        F: Future<Output = mysql_async::Result<mysql_async::InfileData>> + Send + Sync + 'static,
    {
        self.conn.set_infile_handler(handler);
    }

    /// Lets go of a feed that was not asked for.
    pub fn forget_feed(&mut self) {
        self.conn
            .set_infile_handler(async { Err(mysql_async::LocalInfileError::NoHandler.into()) });
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        // Not in the text protocol.
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

/// `job_id` as part of a name: lower-case letters, digits and `_`. An id that loses something on
/// the way gets its hash, so that two jobs never share a name.
pub(super) fn job_tag(job_id: &str) -> String {
    let plain: String = job_id
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' })
        .collect();
    if plain == job_id && plain.len() <= JOB_TAG_LEN_MAX {
        return plain;
    }
    let hash = blake3::hash(job_id.as_bytes()).to_hex();
    let kept: String = plain.chars().take(JOB_TAG_LEN_MAX - 17).collect();
    format!("{kept}_{}", &hash[..16])
}

/// A number that another process, living or dead, hardly has: a process id alone comes back.
fn process_nonce() -> u32 {
    static NONCE: OnceLock<u32> = OnceLock::new();
    *NONCE.get_or_init(|| {
        // Keys of a RandomState come from the system's random numbers.
        let random = RandomState::new().hash_one(std::process::id());
        u32::try_from(random >> 33).expect("31 bits fit")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_tags_are_short_plain_and_apart() {
        assert_eq!(job_tag("crm_2026"), "crm_2026");
        let (a, b) = (job_tag("Crm-2026"), job_tag("crm.2026"));
        assert_ne!(a, b);
        for tag in [a, b, job_tag(&"x".repeat(200))] {
            assert!(tag.len() <= JOB_TAG_LEN_MAX, "{tag}");
            let lawful = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(tag.chars().all(lawful), "{tag}");
        }
    }
}
