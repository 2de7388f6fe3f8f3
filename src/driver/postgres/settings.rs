//! What database and server are set to, for the report. Reads only.

use super::connect::{Link, Purpose};
use crate::core::catalog::Settings;
use crate::core::fault::{Fault, FaultKind};
use crate::driver::room;

/// The settings of the end that `link` leads to.
pub(super) async fn read(link: &Link) -> Result<Settings, Fault> {
    let mut connection = link.connect(Purpose::Read).await?;
    let on = &mut connection;
    let mut settings = Settings::default();
    let text = include_str!("../../../assets/sql/postgres/settings.sql");
    for row in &link.rows(on, text.to_owned()).await? {
        let (kind, name): (String, String) = (link.get(row, "kind")?, link.get(row, "name")?);
        let value: Option<String> = link.get(row, "value")?;
        match (kind.as_str(), value) {
            ("collation", _) => {
                settings.collations.insert(name);
            }
            ("extension", value) => {
                settings.extensions.insert(name, value.unwrap_or_default());
            }
            ("database", Some(value)) => {
                settings.of_database.insert(name, value);
            }
            (_, Some(value)) => {
                settings.values.insert(name, value);
            }
            (_, None) => {}
        }
    }
    // For administrators only; without it the zone is known where the database has its own.
    let asked = include_str!("../../../assets/sql/postgres/time_zone.sql");
    match link.rows(on, asked.to_owned()).await {
        Ok(rows) => {
            if let Some(row) = rows.first() {
                settings.values.insert("TimeZone".to_owned(), link.get(row, "value")?);
            }
        }
        Err(fault) if fault.kind == FaultKind::ConnectionLost => return Err(fault),
        Err(_) => {}
    }
    let own = settings.of_database.iter().find(|(name, _)| name.eq_ignore_ascii_case("timezone"));
    if let Some((_, zone)) = own {
        settings.values.insert("TimeZone".to_owned(), zone.clone());
    }
    settings.user = settings.values.remove("user").unwrap_or_default();
    settings.connections_max =
        settings.number("max_connections").and_then(|n| u32::try_from(n).ok());
    let directory = settings.values.remove("data_directory");
    settings.room = room::of_server(&host(link), directory.as_deref());
    Ok(settings)
}

fn host(link: &Link) -> String {
    let named = link.address.conninfo.iter().find(|(name, _)| name == "host");
    named.map(|(_, host)| host.clone()).unwrap_or_default()
}
