//! What is neither table nor sequence: views, triggers, routines, events, with their statements.

use super::Reading;
use crate::core::catalog::OtherObject;
use crate::core::fault::Fault;
use crate::core::name::ObjectName;
use crate::core::spec::Selection;
use crate::driver::mysql::connect::word;
use crate::driver::mysql::show::{Shown, show_create};

/// Names by kind, whether selected or not.
pub(in crate::driver::mysql) async fn names(
    reading: &mut Reading<'_>,
) -> Result<Vec<(Shown, Vec<ObjectName>)>, Fault> {
    let mut found = vec![(Shown::View, reading.of_type("VIEW").await?)];
    let scope = reading.scope.clone();
    let queries = [
        (Shown::Trigger, "TRIGGER_SCHEMA, TRIGGER_NAME", "TRIGGERS", "TRIGGER_SCHEMA", ""),
        (Shown::Function, ROUTINE, "ROUTINES", "ROUTINE_SCHEMA", "FUNCTION"),
        (Shown::Procedure, ROUTINE, "ROUTINES", "ROUTINE_SCHEMA", "PROCEDURE"),
        (Shown::Package, ROUTINE, "ROUTINES", "ROUTINE_SCHEMA", "PACKAGE"),
        (Shown::PackageBody, ROUTINE, "ROUTINES", "ROUTINE_SCHEMA", "PACKAGE BODY"),
        (Shown::Event, "EVENT_SCHEMA, EVENT_NAME", "EVENTS", "EVENT_SCHEMA", ""),
    ];
    for (what, columns, table, schema, kind) in queries {
        let kind = match kind {
            "" => String::new(),
            kind => format!(" AND ROUTINE_TYPE = '{kind}'"),
        };
        let query = format!(
            "SELECT {columns} FROM information_schema.{table} WHERE {schema} {scope}{kind} \
             ORDER BY 1, 2"
        );
        let rows = reading.session.rows(&query).await?;
        let names = rows.iter().map(|row| ObjectName::new(word(row, 0), word(row, 1)));
        found.push((what, names.collect()));
    }
    Ok(found)
}

const ROUTINE: &str = "ROUTINE_SCHEMA, ROUTINE_NAME";

/// All of them; those in selected schemas with their text.
pub(super) async fn read(
    reading: &mut Reading<'_>,
    selection: &Selection,
) -> Result<Vec<OtherObject>, Fault> {
    let mut others = Vec::new();
    for (what, names) in names(reading).await? {
        let kind = || what.word().to_owned();
        let (taken, left): (Vec<ObjectName>, Vec<ObjectName>) =
            names.into_iter().partition(|name| selection.takes_table(name));
        let shown = show_create(reading.session, what, &taken).await?;
        others.extend(taken.into_iter().zip(shown).map(|(name, statement)| OtherObject {
            kind: kind(),
            name,
            definition: statement.map(|statement| statement.text),
        }));
        let unread = left.into_iter();
        others.extend(unread.map(|name| OtherObject { kind: kind(), name, definition: None }));
    }
    Ok(others)
}
