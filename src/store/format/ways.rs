//! Ways out of findings as the file keeps them: JSON, readable with `json_each`.

use serde::{Deserialize, Serialize};

use super::{list_from, list_text};
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::plan::{Change, WayOut};
use crate::core::spec::TableExists;

#[derive(Serialize, Deserialize)]
struct StoredWay {
    title: String,
    #[serde(flatten)]
    change: StoredChange,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum StoredChange {
    TableExists { schema: String, table: String, policy: TableExists },
    LeaveOut { schema: String, table: String },
    Rename { schema: String, table: String },
    AcceptLossy,
    Set { key: String, value: String },
    Conform { statements: Vec<String> },
    Page { page: String },
}

pub(in crate::store) fn ways_text(ways: &[WayOut]) -> String {
    let stored = ways.iter().map(|way| StoredWay {
        title: way.title.clone(),
        change: match &way.change {
            Change::TableExists { table: ObjectName { schema, name }, policy } => {
                let (schema, table) = (schema.clone(), name.clone());
                StoredChange::TableExists { schema, table, policy: *policy }
            }
            Change::LeaveOut { table: ObjectName { schema, name } } => {
                StoredChange::LeaveOut { schema: schema.clone(), table: name.clone() }
            }
            Change::Rename { table: ObjectName { schema, name } } => {
                StoredChange::Rename { schema: schema.clone(), table: name.clone() }
            }
            Change::AcceptLossy => StoredChange::AcceptLossy,
            Change::Set { key, value } => {
                StoredChange::Set { key: key.clone(), value: value.clone() }
            }
            Change::Conform { statements } => {
                StoredChange::Conform { statements: statements.clone() }
            }
            Change::Page { page } => StoredChange::Page { page: page.clone() },
        },
    });
    list_text(&stored.collect::<Vec<_>>())
}

pub(in crate::store) fn ways_from(text: &str) -> Result<Vec<WayOut>, Fault> {
    let stored: Vec<StoredWay> = list_from("ways out", text)?;
    let way = |stored: StoredWay| WayOut {
        title: stored.title,
        change: match stored.change {
            StoredChange::TableExists { schema, table, policy } => {
                Change::TableExists { table: ObjectName::new(schema, table), policy }
            }
            StoredChange::LeaveOut { schema, table } => {
                Change::LeaveOut { table: ObjectName::new(schema, table) }
            }
            StoredChange::Rename { schema, table } => {
                Change::Rename { table: ObjectName::new(schema, table) }
            }
            StoredChange::AcceptLossy => Change::AcceptLossy,
            StoredChange::Set { key, value } => Change::Set { key, value },
            StoredChange::Conform { statements } => Change::Conform { statements },
            StoredChange::Page { page } => Change::Page { page },
        },
    };
    Ok(stored.into_iter().map(way).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_comes_back_as_it_was() {
        let table = || ObjectName::new("crm", "a.b");
        let text = |text: &str| text.to_owned();
        let ways: Vec<WayOut> = [
            Change::TableExists { table: table(), policy: TableExists::Truncate },
            Change::LeaveOut { table: table() },
            Change::Rename { table: table() },
            Change::AcceptLossy,
            Change::Set { key: text("switches.enum"), value: text("\"native\"") },
            Change::Conform { statements: vec![text("alter table x add y int")] },
            Change::Page { page: text("pick") },
        ]
        .into_iter()
        .map(|change| WayOut { title: text("do it"), change })
        .collect();
        let stored = ways_text(&ways);
        assert!(stored.starts_with(r#"[{"title":"do it","do":"table_exists","schema":"crm""#));
        assert_eq!(ways_from(&stored), Ok(ways));
        assert!(ways_from("[{\"title\":\"x\",\"do\":\"nothing\"}]").is_err());
    }
}
