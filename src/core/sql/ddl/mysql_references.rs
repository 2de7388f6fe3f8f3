//! Foreign keys on MySQL: both ends of one type, each with an index, no action that InnoDB lacks.

use super::mysql::Naming;
use super::{Dialect, ForeignKey, Planned, Writer, foreign_key_text, qualified, quote};

use super::super::mysql_foreign_key::checked_foreign_key;

const MY: Dialect = Dialect::Mysql;

impl Writer<'_> {
    pub(super) fn mysql_foreign_keys(&mut self, at: usize, state: &mut Naming) {
        for key in self.planned[at].table.foreign_keys.clone() {
            let target = self.planned[at].target.clone();
            let fallback = format!("{}_{}_fkey", target.name, key.columns.join("_"));
            let wanted = if key.name.is_empty() { fallback } else { key.name.clone() };
            match self.mysql_foreign_key(at, &key) {
                Ok((body, parent, columns)) => {
                    let name = state.constraint(&target, &wanted);
                    let body = format!("CONSTRAINT {} {body}", quote(MY, &name));
                    let id = self.mysql_alter(at, "FK CONSTRAINT", &name, &body);
                    if let Some(item) = self.made.items.iter_mut().find(|item| item.id == id) {
                        item.statements =
                            item.statements.iter().flat_map(|s| checked_foreign_key(s)).collect();
                    }
                    self.depend_on_key(id, parent, &columns);
                    if key.initially_deferred {
                        let why = "made, but MySQL checks it at once and never at the end of a \
                                   transaction";
                        self.refuse("FK CONSTRAINT", self.part(at, &wanted), why, None);
                    }
                }
                Err(reason) => {
                    let text = Some(foreign_key_text(&key));
                    self.refuse("FK CONSTRAINT", self.part(at, &wanted), reason, text);
                }
            }
        }
    }

    fn mysql_foreign_key(
        &self,
        at: usize,
        key: &ForeignKey,
    ) -> Result<(String, usize, Vec<String>), String> {
        let (parent, columns) = self.parent_of(key)?;
        if !self.is_unique(parent, &columns) {
            return Err("the columns it refers to are not unique".to_owned());
        }
        if key.match_full && key.columns.len() > 1 {
            return Err("MySQL knows no MATCH FULL".to_owned());
        }
        let (child, other) = (&self.planned[at], &self.planned[parent]);
        let mut text = String::new();
        for (event, action) in [("UPDATE", &key.on_update), ("DELETE", &key.on_delete)] {
            let nullable = || {
                key.columns
                    .iter()
                    .all(|c| child.position(c).is_some_and(|n| !child.table.columns[n].not_null))
            };
            match action.to_uppercase().as_str() {
                "" | "NO ACTION" => {}
                "SET DEFAULT" => return Err("InnoDB knows no SET DEFAULT".to_owned()),
                "SET NULL" if !nullable() => {
                    return Err(format!("ON {event} SET NULL of a column that is NOT NULL"));
                }
                action => text.push_str(&format!(" ON {event} {action}")),
            }
        }
        for (here, there) in key.columns.iter().zip(&columns) {
            let declared = |planned: &Planned<'_>, name: &str| {
                let position = planned.position(name).ok_or("a column of it is not known")?;
                Ok::<_, String>(comparable_type(&planned.fits[position].declared))
            };
            if declared(child, here)? != declared(other, there)? {
                return Err(format!("{here} and {there} have different types"));
            }
        }
        let list = self.key_list(at, &key.columns)?;
        let body = format!(
            "FOREIGN KEY ({list}) REFERENCES {} ({}){text}",
            qualified(MY, &other.target),
            self.key_list(parent, &columns)?,
        );
        Ok((body, parent, columns))
    }
}

/// Lengths of texts may differ between the two ends of a foreign key, all else may not.
fn comparable_type(declared: &str) -> String {
    match declared.split_once('(') {
        Some((base @ ("varchar" | "char" | "varbinary" | "binary"), rest)) => {
            let after = rest.split_once(')').map_or("", |(_, after)| after);
            format!("{}{after}", base.trim_start_matches("var"))
        }
        _ => declared.to_owned(),
    }
}
