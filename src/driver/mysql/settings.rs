//! What a server and its databases are set to, for the report; and questions about orphans. Reads
//! only.

use std::time::{Duration, Instant};

use super::address::MysqlAddress;
use super::connect::{Session, number, text, word};
use crate::core::catalog::Settings;
use crate::core::fault::{Disposition, Fault, disposition_of};
use crate::driver::room;

/// Global variables that the report speaks of.
const ASKED: [&str; 20] = [
    "sql_mode",
    "time_zone",
    "system_time_zone",
    "character_set_server",
    "collation_server",
    "lower_case_table_names",
    "default_storage_engine",
    "transaction_isolation",
    "tx_isolation",
    "max_allowed_packet",
    "local_infile",
    "read_only",
    "super_read_only",
    "innodb_strict_mode",
    "innodb_default_row_format",
    "innodb_page_size",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "log_bin",
    "datadir",
];

/// The settings of the server at `address`.
pub(super) async fn read(address: &MysqlAddress) -> Result<Settings, Fault> {
    let mut session = Session::open(address).await?;
    let mut settings = Settings::default();
    let names: Vec<String> = ASKED.iter().map(|name| format!("'{name}'")).collect();
    let asked = format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({})", names.join(", "));
    for row in &session.rows(&asked).await? {
        settings.values.insert(word(row, 0), word(row, 1));
    }
    let asked = "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME \
                 FROM information_schema.SCHEMATA";
    for row in &session.rows(asked).await? {
        settings.charsets.insert(word(row, 0), (word(row, 1), word(row, 2)));
    }
    // MariaDB's newer list has names that fit several character sets, and their short forms.
    let asked = "SELECT COLLATION_NAME FROM information_schema.COLLATIONS";
    settings.collations = session.rows(asked).await?.iter().filter_map(|r| text(r, 0)).collect();
    let asked = "SELECT FULL_COLLATION_NAME \
                 FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY";
    if session.flavour.mariadb_since(101_001) {
        let more = session.rows(asked).await?;
        settings.collations.extend(more.iter().filter_map(|row| text(row, 0)));
    }
    settings.user = user(&mut session).await?;
    let directory = settings.values.remove("datadir");
    let host = match &address.socket {
        Some(_) => "localhost",
        None => address.host.as_str(),
    };
    settings.room = room::of_server(host, directory.as_deref());
    Ok(settings)
}

/// `'ana'@'%'`: whom a GRANT would name.
async fn user(session: &mut Session) -> Result<String, Fault> {
    let current = session.value("SELECT CURRENT_USER()").await?.unwrap_or_default();
    let (name, host) = current.rsplit_once('@').unwrap_or((&current, "%"));
    Ok(format!("{}@{}", super::types::quoted(name), super::types::quoted(host)))
}

/// Answers questions that count something, each within a time; `None` where it did not suffice.
pub(super) async fn counts(
    address: &MysqlAddress,
    questions: &[String],
    each: Duration,
    all: Duration,
) -> Result<Vec<Option<u64>>, Fault> {
    let mut session = Session::open(address).await?;
    let limit = match session.flavour.mariadb {
        true => format!("SET SESSION max_statement_time = {}", each.as_secs_f32()),
        false => format!("SET SESSION max_execution_time = {}", each.as_millis()),
    };
    session.run(&limit).await?;
    let until = Instant::now() + all;
    let mut answers = Vec::new();
    for question in questions {
        if Instant::now() >= until {
            break;
        }
        match session.rows(question).await {
            Ok(rows) => answers.push(rows.first().and_then(|row| number(row, 0))),
            Err(fault) if disposition_of(fault.kind) == Disposition::AwaitServer => {
                return Err(fault);
            }
            Err(_) => answers.push(None),
        }
    }
    answers.resize(questions.len(), None);
    Ok(answers)
}
