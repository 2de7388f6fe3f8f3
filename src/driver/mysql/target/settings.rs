//! The settings every session of the target begins with. Per session, and none weakens what the
//! server promises.
//!
//! Left alone on purpose:
//! * `sql_log_bin`: replicas get what the target gets.
//! * `innodb_flush_log_at_trx_commit`: how durable a commit is, is the server's own affair and no
//!   session's; where it is not 1, the ledger is compared before the job ends (DESIGN 4.1).
//! * `unique_checks`: turned off, InnoDB may let duplicates into unique indexes, and MariaDB's
//!   bulk insert into an empty table takes back the rows of others when it fails.

use std::collections::BTreeMap;

use super::link::{Line, Traits};
use crate::core::fault::Fault;
use crate::core::value::WireForm;

/// Ours whatever the server's own is: without strictness values would be bent, and without
/// `NO_AUTO_VALUE_ON_ZERO` a stored 0 would become the next number. Zero dates and dates of no
/// calendar are not forbidden to DDL, whose defaults may be such.
const SQL_MODE: &str =
    "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO";

/// Statements wait this long for a row or a table that someone else holds; then the work is tried
/// again.
const LOCK_WAIT_SECONDS: u32 = 120;

/// The server's own limits would end a session that is paused, throttled, or busy with a long
/// index: 30 s for the next bytes of LOAD DATA, 8 h for the next statement.
const PATIENCE_SECONDS: u32 = 31_536_000;

/// What is asked of the server before anything is set.
const ASKED: [&str; 12] = [
    "local_infile",
    "max_allowed_packet",
    "innodb_flush_log_at_trx_commit",
    "log_bin",
    "binlog_format",
    "max_statement_time",
    "max_execution_time",
    "idle_transaction_timeout",
    "idle_write_transaction_timeout",
    "transaction_isolation",
    "tx_isolation",
    "explicit_defaults_for_timestamp",
];

/// Sets up a session and says what its server is like.
pub(super) async fn apply(line: &mut Line) -> Result<Traits, Fault> {
    let names: Vec<String> = ASKED.iter().map(|name| format!("'{name}'")).collect();
    let rows = line
        .rows(format!("SHOW SESSION VARIABLES WHERE Variable_name IN ({})", names.join(", ")))
        .await?;
    let known: BTreeMap<String, String> = rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            row.next().flatten().zip(row.next().flatten())
        })
        .collect();
    let is = |name: &str, word: &str| known.get(name).is_some_and(|v| v.eq_ignore_ascii_case(word));
    line.statement("SET NAMES utf8mb4").await?;
    line.statement(session_settings(&known)).await?;
    // The ledger's INSERT waits for its twin and then sees what it wrote. Statement-based logging
    // refuses to write at this level and keeps its own.
    if !(is("log_bin", "ON") && is("binlog_format", "STATEMENT")) {
        line.statement("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    }
    // A NULL for a TIMESTAMP would become the time of day. MySQL lets administrators only set it.
    if is("explicit_defaults_for_timestamp", "OFF") {
        let _ = line.statement("SET SESSION explicit_defaults_for_timestamp = ON").await;
    }
    Ok(Traits {
        local_infile: is("local_infile", "ON"),
        max_allowed_packet: number(&known, "max_allowed_packet").unwrap_or(1024 * 1024),
        commits_durable: number(&known, "innodb_flush_log_at_trx_commit") == Some(1),
    })
}

fn number(known: &BTreeMap<String, String>, name: &str) -> Option<u64> {
    known.get(name).and_then(|text| text.parse().ok())
}

fn session_settings(known: &BTreeMap<String, String>) -> String {
    let mut settings = vec![
        format!("sql_mode = '{SQL_MODE}'"),
        "time_zone = '+00:00'".to_owned(),
        "foreign_key_checks = 1".to_owned(),
        "unique_checks = 1".to_owned(),
        // Notes tell of digits and blanks that were dropped: they are counted with the warnings.
        "sql_notes = 1".to_owned(),
        format!("innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}"),
        format!("lock_wait_timeout = {LOCK_WAIT_SECONDS}"),
        format!("wait_timeout = {PATIENCE_SECONDS}"),
        format!("interactive_timeout = {PATIENCE_SECONDS}"),
        format!("net_read_timeout = {PATIENCE_SECONDS}"),
        format!("net_write_timeout = {PATIENCE_SECONDS}"),
        "autocommit = 1".to_owned(),
    ];
    // One flavour has these, the other those.
    for name in [
        "max_statement_time",
        "max_execution_time",
        "idle_transaction_timeout",
        "idle_write_transaction_timeout",
    ] {
        if known.contains_key(name) {
            settings.push(format!("{name} = 0"));
        }
    }
    format!("SET {}", settings.join(", "))
}

/// How a table's rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LoadMode {
    /// The table was there before the job: its foreign keys hold for our rows too. Tables the job
    /// creates get theirs after the rows, checked as they are added.
    pub foreign_keys: bool,
    /// Whose rows: only MySQL itself holds zero dates and dates of no calendar.
    pub form: WireForm,
}

impl LoadMode {
    pub fn statement(self) -> String {
        let dates = match self.form {
            WireForm::MysqlText => "ALLOW_INVALID_DATES",
            WireForm::Native | WireForm::CopyText => "NO_ZERO_DATE,NO_ZERO_IN_DATE",
        };
        let keys = u8::from(self.foreign_keys);
        format!(
            "SET sql_mode = '{SQL_MODE},{dates}', foreign_key_checks = {keys}, sql_notes = 1, \
             unique_checks = 1, time_zone = '+00:00'"
        )
    }
}

/// Back to what statements of steps expect.
pub(super) fn for_steps() -> String {
    format!(
        "SET sql_mode = '{SQL_MODE}', foreign_key_checks = 1, unique_checks = 1, \
         time_zone = '+00:00', autocommit = 1"
    )
}
