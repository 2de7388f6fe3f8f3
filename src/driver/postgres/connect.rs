//! Sessions: login, names the server shows for us, and the settings every session begins with.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use super::address::Address;
use super::fault::{fault, login_fault};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::core::sql;
use crate::driver::url::{Access, Secret};

/// Longest piece of a job id in names on the server: with prefix and suffix below 63 bytes.
const JOB_TAG_LEN_MAX: usize = 40;

/// With the longest job tag, `application_name` is 63 bytes: the server cuts longer ones.
const NONCE_LEN: usize = 6;

/// Statements wait this long for another session's lock, then the work is tried again.
const LOCK_TIMEOUT: &str = "60s";

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reads rows or the catalogue; values as text must cast back exactly.
    Read,
    /// Writes rows and runs DDL.
    Write,
}

/// One end of a job, ready to connect.
#[derive(Clone)]
pub(super) struct Link {
    pub address: Address,
    pub password: Option<Secret>,
    pub side: Side,
    /// The job's id in the form names on the server can carry.
    pub job_tag: String,
    /// Tells this process's sessions from those an earlier engine of the job left behind.
    pub nonce: String,
}

impl Link {
    pub fn new(access: &Access) -> Result<Link, Fault> {
        let mut address = Address::parse(&access.endpoint.url, access.side)?;
        if let Some(password) = &access.password {
            address.options = address.options.password(password.reveal());
        }
        let job_tag = job_tag(&access.job_id);
        let (password, nonce) = (access.password.clone(), process_nonce().to_owned());
        Ok(Link { address, password, side: access.side, job_tag, nonce })
    }

    /// How our sessions are called in `pg_stat_activity`.
    pub fn application_name(&self) -> String {
        format!("{} {}", self.job_sessions(), self.nonce)
    }

    /// What the names of all sessions of this job and side begin with, whoever opened them.
    pub fn job_sessions(&self) -> String {
        format!("tidegate {} {}", self.job_tag, self.side.word())
    }

    /// Logs in and applies the settings of `purpose`.
    pub async fn connect(&self, purpose: Purpose) -> Result<PgConnection, Fault> {
        let options = self.address.options.clone();
        let options = options
            .application_name(&self.application_name())
            .extra_float_digits(3)
            .disable_statement_logging();
        let limit = self.address.connect_timeout;
        let label = &self.address.label;
        let mut connection =
            match tokio::time::timeout(limit, PgConnection::connect_with(&options)).await {
                Ok(Ok(connection)) => connection,
                Ok(Err(e)) => return Err(login_fault(self.side, label, &e)),
                Err(_) => return Err(self.timed_out()),
            };
        quicken_sockets();
        self.statement(&mut connection, settings_of(purpose)).await?;
        // Long statements notice that their engine has died: PostgreSQL 14, and only where the
        // server's platform can tell, so a refusal is no trouble.
        let noticing = self.statement(&mut connection, NOTICE_DEATH.to_owned()).await;
        match noticing {
            Err(fault) if fault.kind == FaultKind::ConnectionLost => Err(fault),
            _ => Ok(connection),
        }
    }

    /// As [`Link::connect`], for rows: text of a SQL_ASCII database travels unread, because the
    /// server
    /// would call its bytes UTF-8, and refuse them without a word of column and row. Whoever
    /// needs text checks it.
    pub async fn connect_for_rows(&self, purpose: Purpose) -> Result<PgConnection, Fault> {
        let mut connection = self.connect(purpose).await?;
        self.statement(&mut connection, KEEP_BYTES.to_owned()).await?;
        Ok(connection)
    }

    fn timed_out(&self) -> Fault {
        let seconds = self.address.connect_timeout.as_secs();
        Fault::new(
            FaultKind::ConnectionLost,
            self.side,
            format!("{} did not answer within {seconds} s", self.address.label),
        )
        .with_hint("Check host, port and firewall; connect_timeout in the URL changes the limit.")
    }

    /// Runs statements without parameters.
    pub async fn statement(&self, on: &mut PgConnection, text: String) -> Result<u64, Fault> {
        let done = on.execute(sqlx::raw_sql(AssertSqlSafe(text))).await;
        done.map(|r| r.rows_affected()).map_err(|e| fault(self.side, &e))
    }

    /// Rows of a query without parameters.
    pub async fn rows(&self, on: &mut PgConnection, text: String) -> Result<Vec<PgRow>, Fault> {
        let rows = sqlx::query(AssertSqlSafe(text)).persistent(false).fetch_all(on).await;
        rows.map_err(|e| fault(self.side, &e))
    }

    /// An sqlx error as a fault of this side.
    pub fn fault(&self, error: &sqlx::Error) -> Fault {
        fault(self.side, error)
    }

    /// A column of a row of our own queries.
    pub fn get<'r, T>(&self, row: &'r PgRow, column: &str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        row.try_get(column).map_err(|e| self.fault(&e))
    }
}

/// The settings of a session as one statement. A setting this server does not know is left alone;
/// `set_config` refuses none of these to an ordinary user.
fn settings_of(purpose: Purpose) -> String {
    let common = [
        // Only full names mean anything in a copied definition or cast.
        ("search_path", ""),
        ("bytea_output", "hex"),
        ("intervalstyle", "postgres"),
        ("lc_monetary", "C"),
        ("xmloption", "content"),
        ("standard_conforming_strings", "on"),
        ("client_min_messages", "warning"),
        // A session idles while its job is paused and is busy for as long as a chunk takes.
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("idle_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("lock_timeout", LOCK_TIMEOUT),
        // A dead client's socket: found by the server within two minutes.
        ("tcp_keepalives_idle", "60"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "6"),
        // Row security fails loudly instead of hiding rows.
        ("row_security", "off"),
    ];
    let own: &[(&str, &str)] = match purpose {
        Purpose::Read => &[
            // The same rows in the same order for whoever compares; and our own parallelism.
            ("synchronize_seqscans", "off"),
            ("max_parallel_workers_per_gather", "0"),
            ("jit", "off"),
        ],
        Purpose::Write => &[
            // Safe: the ledger is compared with the job's file after every loss (DESIGN 5).
            ("synchronous_commit", "off"),
            // The ledger's INSERT waits for its twin and then sees what it wrote.
            ("default_transaction_isolation", "read committed"),
            ("default_transaction_read_only", "off"),
            ("check_function_bodies", "off"),
            ("max_parallel_maintenance_workers", "4"),
        ],
    };
    let values: Vec<String> = common
        .iter()
        .chain(own)
        .map(|(name, value)| {
            let text = |t| sql::literal(Dialect::Postgres, t);
            format!("({}, {})", text(name), text(value))
        })
        .collect();
    // Index builds: raised, never lowered.
    let memory = if purpose == Purpose::Write { RAISE_MEMORY } else { "" };
    format!(
        "SELECT pg_catalog.set_config(v.name, v.value, false) FROM (VALUES {}) AS v(name, value) \
         WHERE pg_catalog.current_setting(v.name, true) IS NOT NULL;{memory}",
        values.join(", ")
    )
}

const KEEP_BYTES: &str = "SELECT pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) \
     WHERE pg_catalog.current_setting('server_encoding') = 'SQL_ASCII'";

const NOTICE_DEATH: &str = "\
SELECT pg_catalog.set_config('client_connection_check_interval', '5s', false) \
WHERE pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL";

const RAISE_MEMORY: &str = " SELECT pg_catalog.set_config('maintenance_work_mem', '512MB', false) \
     FROM pg_catalog.pg_settings \
     WHERE name = 'maintenance_work_mem' AND setting::bigint < 524288;";

/// sqlx leaves Nagle's algorithm on: the last small message of a COPY then waits for a delayed
/// acknowledgement, 40 ms per chunk. It shows nobody its socket, so every TCP socket of this
/// process is told; one that is told twice, or is not a database's, is none the worse.
pub(in crate::driver) fn quicken_sockets() {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return };
    let open = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<i32>().ok());
    for number in open.collect::<Vec<_>>() {
        // SAFETY: the number is only handed to setsockopt; if another thread closed it meanwhile
        // the call fails or sets a harmless option on the socket that took its place.
        let socket = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
        if rustix::net::sockopt::set_tcp_nodelay(socket, true).is_ok() {
            // A server that vanished without a word is noticed within a minute.
            let idle = std::time::Duration::from_secs(30);
            let again = std::time::Duration::from_secs(10);
            let _ = rustix::net::sockopt::set_socket_keepalive(socket, true)
                .and_then(|()| rustix::net::sockopt::set_tcp_keepidle(socket, idle))
                .and_then(|()| rustix::net::sockopt::set_tcp_keepintvl(socket, again))
                .and_then(|()| rustix::net::sockopt::set_tcp_keepcnt(socket, 3));
        }
    }
}

/// `job_id` as part of a name: lower-case letters, digits and `_`. An id that loses something on
/// the way gets its hash, so that two jobs never share a name.
#[must_use]
pub(super) fn job_tag(job_id: &str) -> String {
    let plain: String = job_id
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' })
        .collect();
    if plain == job_id && plain.len() <= JOB_TAG_LEN_MAX {
        return plain;
    }
    let hash = fnv1a(job_id.as_bytes());
    let kept: String = plain.chars().take(JOB_TAG_LEN_MAX - 17).collect();
    format!("{kept}_{hash:016x}")
}

/// Letters and digits that another process, living or dead, hardly has: a process id alone comes
/// back, and is 1 in every container.
fn process_nonce() -> &'static str {
    static NONCE: OnceLock<String> = OnceLock::new();
    NONCE.get_or_init(|| {
        // Keys of a RandomState come from the system's random numbers.
        let mut rest = RandomState::new().hash_one(std::process::id());
        let alphabet: Vec<char> = ('a'..='z').chain('0'..='9').collect();
        let letters = (0..NONCE_LEN).map(|_| {
            let letter = alphabet[(rest % 36) as usize];
            rest /= 36;
            letter
        });
        letters.collect()
    })
}

/// FNV-1a, 64 bits: stable for all time, which the standard library's hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_of_a_session_is_not_cut_by_the_server() {
        assert_eq!(process_nonce(), process_nonce());
        let side = Side::Target.word().len();
        assert_eq!("tidegate ".len() + JOB_TAG_LEN_MAX + 1 + side + 1 + process_nonce().len(), 63);
    }

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
