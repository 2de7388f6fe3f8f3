//! Columns of the selected tables.

use std::collections::{HashMap, HashSet};

use sqlx::mysql::MySqlRow;

use super::{Reading, Tables, identity_of};
use crate::core::catalog::{Check, Column, Generated};
use crate::core::fault::Fault;
use crate::core::mapping::mysql_labels;
use crate::core::name::ObjectName;
use crate::driver::mysql::connect::{text, word};
use crate::driver::mysql::types::{expression, logical_of, mysql_default};

/// First MySQL with checks that are enforced.
const MYSQL_CHECKS_SINCE: u32 = 80_016;

/// First MariaDB whose defaults are SQL and not values.
const MARIADB_SQL_DEFAULTS_SINCE: u32 = 100_207;

/// The columns that order a table's rows on disk: of its primary key, else of the unique key that
/// the server takes for one.
pub(super) type Clustered = HashMap<ObjectName, HashSet<String>>;

/// Fills columns and checks.
pub(super) async fn read(
    reading: &mut Reading<'_>,
    tables: &mut Tables,
) -> Result<Clustered, Fault> {
    let json = checks(reading, tables).await?;
    let rows = reading
        .session
        .rows(&format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_DEFAULT, IS_NULLABLE, \
             COLUMN_TYPE, COLUMN_KEY, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA, COLUMN_COMMENT, \
             GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA {} \
             ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
            reading.scope
        ))
        .await?;
    let flavour = &reading.session.flavour;
    let mut clustered = Clustered::new();
    let sql_defaults = flavour.mariadb_since(MARIADB_SQL_DEFAULTS_SINCE);
    for row in &rows {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        let Some(table) = tables.get_mut(&name) else { continue };
        if word(row, 6) == "PRI" {
            clustered.entry(name.clone()).or_default().insert(word(row, 2));
        }
        let is_json = json.contains(&(name, word(row, 2)));
        table.columns.push(column_of(row, sql_defaults, is_json));
    }
    Ok(clustered)
}

fn column_of(row: &MySqlRow, sql_defaults: bool, checked_json: bool) -> Column {
    let (declared, extra) = (word(row, 5), word(row, 9));
    let logical = logical_of(&declared, checked_json);
    let upper = extra.to_ascii_uppercase();
    let written = text(row, 11).filter(|e| !e.is_empty());
    let generated = match written {
        Some(text) => Some(Generated {
            expression: if sql_defaults { text } else { expression(&text) },
            stored: !upper.contains("VIRTUAL"),
        }),
        // MariaDB's period columns of a system-versioned table have no expression.
        None => upper
            .contains("STORED GENERATED")
            .then(|| Generated { expression: "ROW".to_owned(), stored: true }),
    };
    let default = text(row, 3).filter(|_| generated.is_none());
    let default = match sql_defaults {
        true => default.filter(|sql| sql != "NULL"),
        false => default.map(|value| mysql_default(&logical, &value, &extra)),
    };
    let on_update = upper.find("ON UPDATE ").map(|at| extra[at + "ON UPDATE ".len()..].trim());
    let on_update = on_update.and_then(|rest| rest.split_whitespace().next());
    Column {
        name: word(row, 2),
        labels: mysql_labels(&declared),
        declared,
        logical,
        not_null: word(row, 4) == "NO",
        default,
        generated,
        identity: identity_of(&extra),
        collation: text(row, 8),
        binary_portable: false,
        charset: text(row, 7),
        on_update: on_update.map(str::to_owned),
        invisible: upper.split_whitespace().any(|w| w.trim_end_matches(',') == "INVISIBLE"),
        comment: text(row, 10).filter(|comment| !comment.is_empty()),
    }
}

/// Fills checks; returns the columns that MariaDB calls JSON: those with a check `json_valid` of
/// themselves, which is not repeated as a check.
async fn checks(
    reading: &mut Reading<'_>,
    tables: &mut Tables,
) -> Result<HashSet<(ObjectName, String)>, Fault> {
    let mut json = HashSet::new();
    let flavour = reading.session.flavour.clone();
    let query = if flavour.mariadb {
        format!(
            "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, 'YES' \
             FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA {}",
            reading.scope
        )
    } else if flavour.mysql_since(MYSQL_CHECKS_SINCE) {
        format!(
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED \
             FROM information_schema.CHECK_CONSTRAINTS c \
             JOIN information_schema.TABLE_CONSTRAINTS t \
             ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA \
             AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK' \
             WHERE t.TABLE_SCHEMA {}",
            reading.scope
        )
    } else {
        return Ok(json);
    };
    for row in &reading.session.rows(&query).await? {
        let name = ObjectName::new(word(row, 0), word(row, 1));
        let Some(table) = tables.get_mut(&name) else { continue };
        let clause = word(row, 3);
        if let (true, Some(column)) = (flavour.mariadb, json_valid_of(&clause)) {
            json.insert((name, column));
        } else if word(row, 4) == "YES" {
            let text = if flavour.mariadb { clause } else { expression(&clause) };
            table.checks.push(Check { name: word(row, 2), expression: text });
        }
    }
    Ok(json)
}

/// The column of a lone json_valid(`column`).
fn json_valid_of(clause: &str) -> Option<String> {
    let start = clause.get(..11).filter(|start| start.eq_ignore_ascii_case("json_valid("))?;
    let quoted = clause[start.len()..].strip_suffix(')')?.trim();
    let inner = quoted.strip_prefix('`')?.strip_suffix('`')?;
    let name = inner.replace("``", "`");
    (name.replace('`', "``") == inner).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lone_json_valid_makes_a_json_column() {
        assert_eq!(json_valid_of("json_valid(`a``b`)").as_deref(), Some("a`b"));
        for other in [
            "json_valid(`a`) and `b` <> ''",
            "json_valid(`a`) and json_valid(`b`)",
            "json_valid(concat(`a`))",
            "`a` > 1",
        ] {
            assert_eq!(json_valid_of(other), None, "{other}");
        }
    }
}
