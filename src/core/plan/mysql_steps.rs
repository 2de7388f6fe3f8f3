//! What MySQL asks of steps: its changes of one table go together, and tables that refer to each
//! other go without its looking.

use super::super::catalog::DdlItem;
use super::super::name::Dialect;
use super::super::sql::qualified;

/// MySQL looks at each foreign key while tables go that refer to each other.
pub(super) fn unchecked(statements: impl IntoIterator<Item = String>) -> Vec<String> {
    let off = "SET SESSION foreign_key_checks = 0".to_owned();
    let on = "SET SESSION foreign_key_checks = 1".to_owned();
    [off].into_iter().chain(statements).chain([on]).collect()
}

/// An index that refuses no row, as what comes after `ALTER TABLE ...`.
fn plain_addition(item: &DdlItem) -> Option<(&str, &str)> {
    let [statement] = item.statements.as_slice() else { return None };
    let table = qualified(Dialect::Mysql, item.table.as_ref()?);
    let at = "ALTER TABLE ".len() + table.len() + 1;
    let (alter, addition) = (statement.get(..at)?, statement.get(at..)?);
    (item.kind == "INDEX" && addition.starts_with("ADD KEY ")).then_some((alter, addition))
}

/// MySQL reads the table once for all indexes of one statement. Those that can refuse rows, and
/// fulltext ones, stay alone: a failure is theirs only.
pub(super) fn go_together(a: &DdlItem, b: &DdlItem) -> bool {
    match (plain_addition(a), plain_addition(b)) {
        (Some((alter, _)), Some((other, _))) => alter == other && a.depends_on == b.depends_on,
        _ => false,
    }
}

pub(super) fn together(items: &[&DdlItem]) -> Vec<String> {
    let additions: Option<Vec<_>> = items.iter().map(|item| plain_addition(item)).collect();
    match additions.as_deref() {
        Some([(alter, _), _, ..]) => {
            let list = additions.iter().flatten().map(|(_, addition)| *addition);
            vec![format!("{alter}{}", list.collect::<Vec<_>>().join(", "))]
        }
        _ => items.iter().flat_map(|item| item.statements.iter().cloned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::Section;
    use super::super::super::name::ObjectName;
    use super::*;

    #[test]
    fn plain_indexes_of_one_table_of_mysql_are_built_together() {
        let index = |id, table: &str, text: &str| DdlItem {
            statements: vec![format!("ALTER TABLE `s`.`{table}` ADD {text}")],
            id,
            kind: "INDEX".to_owned(),
            name: ObjectName::new("s", text),
            section: Section::PostData,
            table: Some(ObjectName::new("s", table)),
            depends_on: vec![1],
        };
        let (a, b) = (index(2, "a", "KEY `x` (`x`)"), index(3, "a", "KEY `y` (`y`)"));
        let (unique, other) =
            (index(4, "a", "UNIQUE KEY `z` (`z`)"), index(5, "b", "KEY `x` (`x`)"));
        assert!(go_together(&a, &b) && !go_together(&b, &unique) && !go_together(&a, &other));
        let both = [&a, &b];
        assert_eq!(together(&both), ["ALTER TABLE `s`.`a` ADD KEY `x` (`x`), ADD KEY `y` (`y`)"]);
        assert_eq!(together(&[&unique]), unique.statements);
    }
}
