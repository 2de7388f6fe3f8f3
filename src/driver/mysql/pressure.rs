//! How the server is doing: sessions of others, load of its host, replication lag, free room.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::address::MysqlAddress;
use super::connect::Session;
use crate::core::fault::Fault;
use crate::driver::pressure::{is_this_machine, own_load, room_at};
use crate::driver::{Pressure, PressureAsked};

/// Numbers of the sessions this process ever opened, by server. A server counts its sessions up
/// and gives no number twice while it runs.
static OWN: Mutex<BTreeSet<(String, u64)>> = Mutex::new(BTreeSet::new());

/// Takes note of a session of ours: it is not counted as load.
pub(super) fn is_ours(address: &MysqlAddress, id: u64) {
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    own.insert((address.place(), id));
}

/// Asks the server what it knows.
pub(super) async fn pressure(
    address: &MysqlAddress,
    asked: PressureAsked,
) -> Result<Pressure, Fault> {
    let mut session = Session::open(address).await?;
    let here = address.socket.is_some() || is_this_machine(&address.host);
    let mut found = Pressure::default();
    if asked.sessions {
        found.sessions = Some(sessions(&mut session, address).await?);
    }
    if asked.replica_lag {
        found.replica_lag_ms = replica_lag(&mut session).await;
    }
    if asked.load && here {
        found.load = own_load();
    }
    if asked.room && here {
        let place = session.value("SELECT @@datadir").await?;
        found.room_bytes = place.and_then(|place| room_at(Path::new(&place)));
    }
    Ok(found)
}

/// Sessions of others that do something now. Without the PROCESS privilege only those of this
/// user's are seen.
async fn sessions(session: &mut Session, address: &MysqlAddress) -> Result<u64, Fault> {
    let text = "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND NOT IN \
                ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO', 'Slave_SQL', \
                'Slave_worker') AND ID <> CONNECTION_ID() AND USER <> 'system user'";
    let rows = session.rows(text).await?;
    let place = address.place();
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    let ids = rows.iter().filter_map(|row| super::connect::number::<u64>(row, 0));
    Ok(ids.filter(|id| !own.contains(&(place.clone(), *id))).count() as u64)
}

/// How far this server is behind its own source; a server that replicates nothing has no lag.
/// What its replicas lack is not known here.
async fn replica_lag(session: &mut Session) -> Option<u64> {
    let new_words = session.flavour.mysql_since(80_022) || session.flavour.mariadb_since(100_501);
    let text = if new_words { "SHOW REPLICA STATUS" } else { "SHOW SLAVE STATUS" };
    let rows = session.rows(text).await.ok()?;
    let Some(row) = rows.first() else { return Some(0) };
    let names = ["Seconds_Behind_Source", "Seconds_Behind_Master"];
    let at = names.iter().find_map(|name| super::connect::position(row, name))?;
    super::connect::number::<u64>(row, at).map(|seconds| seconds * 1_000)
}
