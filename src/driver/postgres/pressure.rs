//! How the server is doing: sessions of others, load of its host, replication lag, free room.

use std::path::Path;

use super::connect::{Link, Purpose};
use crate::core::fault::Fault;
use crate::core::name::Dialect;
use crate::core::sql;
use crate::driver::pressure::{is_this_machine, load_of, own_load, room_at};
use crate::driver::{Pressure, PressureAsked};

/// Asks the server what it knows; sessions of this job, whoever opened them, are not counted.
pub(super) async fn pressure(link: &Link, asked: PressureAsked) -> Result<Pressure, Fault> {
    let mut connection = link.connect(Purpose::Read).await?;
    let own = sql::literal(Dialect::Postgres, &format!("tidegate {} ", link.job_tag));
    let mut columns = vec!["0::int8 AS nothing".to_owned()];
    if asked.sessions {
        columns.push(format!(
            "(SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'active' \
             AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid() \
             AND NOT starts_with(application_name, {own})) AS sessions"
        ));
    }
    if asked.replica_lag {
        columns.push(REPLICA_LAG.to_owned());
    }
    let rows = link.rows(&mut connection, format!("SELECT {}", columns.join(", "))).await?;
    let number = |name: &str| -> Result<Option<u64>, Fault> {
        let Some(row) = rows.first() else { return Ok(None) };
        let value: Option<i64> = link.get(row, name)?;
        Ok(value.map(|n| u64::try_from(n).unwrap_or(0)))
    };
    let mut found = Pressure::default();
    if asked.sessions {
        found.sessions = number("sessions")?;
    }
    if asked.replica_lag {
        found.replica_lag_ms = number("lag_ms")?;
    }
    if asked.load {
        found.load = load(link, &mut connection).await;
    }
    if asked.room {
        found.room_bytes = room(link, &mut connection).await;
    }
    Ok(found)
}

/// Of the replica furthest behind; of the server itself while it is a replica. Without replicas
/// there is no lag. Rows of other users' replicas need `pg_monitor`: then the lag is not known.
const REPLICA_LAG: &str = "CASE \
    WHEN pg_catalog.pg_is_in_recovery() THEN (extract(epoch FROM \
    pg_catalog.now() - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::int8 \
    WHEN EXISTS (SELECT FROM pg_catalog.pg_stat_replication) THEN \
    (SELECT (extract(epoch FROM max(replay_lag)) * 1000)::int8 \
    FROM pg_catalog.pg_stat_replication) ELSE 0 END AS lag_ms";

/// From the server's own `/proc`, where this user may read files there; else this machine's, when
/// the server is on it.
async fn load(link: &Link, on: &mut sqlx::postgres::PgConnection) -> Option<u64> {
    let text = "SELECT CASE WHEN pg_catalog.pg_has_role('pg_read_server_files', 'USAGE') \
                THEN pg_catalog.pg_read_file('/proc/loadavg', 0, 100, true) END AS load";
    let rows = link.rows(on, text.to_owned()).await.unwrap_or_default();
    let read: Option<String> = rows.first().and_then(|row| link.get(row, "load").ok());
    match read.as_deref().and_then(load_of) {
        Some(load) => Some(load),
        None if is_this_machine(link.address.options.get_host()) => own_load(),
        None => None,
    }
}

/// Known where the data directory may be seen and lies on this machine.
async fn room(link: &Link, on: &mut sqlx::postgres::PgConnection) -> Option<u64> {
    if !is_this_machine(link.address.options.get_host())
        && link.address.options.get_socket().is_none()
    {
        return None;
    }
    let text = "SELECT pg_catalog.current_setting('data_directory', true) AS place";
    let rows = link.rows(on, text.to_owned()).await.ok()?;
    let place: Option<String> = link.get(rows.first()?, "place").ok()?;
    room_at(Path::new(&place?))
}
