//! Views whose queries are known in every part.

use std::collections::BTreeMap;

use super::super::expression::{Known, Relation, Scope, known_columns, translate_query};
use super::{Dialect, ObjectName, TableKind, Writer, qualified};
use crate::core::catalog::OtherObject;

/// A view that was made.
struct Made {
    target: ObjectName,
    columns: Vec<Known>,
    id: u32,
}

impl Writer<'_> {
    /// Makes what can be made, those first that others read. For each of the other objects: why it
    /// was not made; `None` for views that were and for everything else.
    pub(super) fn views(&mut self) -> Vec<Option<String>> {
        let others = self.request.others;
        let mut reasons: Vec<Option<String>> = vec![None; others.len()];
        let is_view = |o: &OtherObject| o.kind.eq_ignore_ascii_case("VIEW");
        let mut left: Vec<usize> = (0..others.len()).filter(|n| is_view(&others[*n])).collect();
        let mut made: BTreeMap<ObjectName, Made> = BTreeMap::new();
        loop {
            let before = left.len();
            left.retain(|number| match self.view(&others[*number], &made) {
                Ok(view) => {
                    made.insert(others[*number].name.clone(), view);
                    reasons[*number] = None;
                    false
                }
                Err(why) => {
                    reasons[*number] = Some(why);
                    true
                }
            });
            if left.len() == before {
                return reasons;
            }
        }
    }

    fn view(
        &mut self,
        view: &OtherObject,
        made: &BTreeMap<ObjectName, Made>,
    ) -> Result<Made, String> {
        let (from, to) = (self.request.from, self.request.to);
        let text = view.definition.as_deref().ok_or("its text could not be read")?;
        let query = {
            let find = |name: &ObjectName| self.relation(name, &view.name.schema, made);
            let scope = Scope { from, to, relations: Vec::new(), tables: Some(&find) };
            translate_query(text, &scope)?
        };
        let wanted = (self.request.name)(&view.name);
        let name = self.relations.give(&wanted.name, &view.name.to_string());
        let target = ObjectName::new(wanted.schema.as_str(), name.as_str());
        let statement = format!("CREATE VIEW {} AS\n{}", qualified(to, &target), query.sql);
        let tables = self.table_ids.iter().map(|(name, id)| (qualified(to, name), *id));
        let views = made.values().map(|view| (qualified(to, &view.target), view.id));
        let needed: Vec<u32> = tables
            .chain(views)
            .filter(|(name, _)| query.reads.contains(name))
            .map(|(_, id)| id)
            .collect();
        let id = self.push("VIEW", &target, &target.name, statement);
        let item = &mut self.made.items[id as usize - 1];
        item.table = None;
        item.depends_on = needed;
        item.depends_on.extend(self.schema_ids.get(&target.schema));
        for note in query.notes {
            self.refuse("VIEW", view.name.clone(), format!("made, but {note}"), None);
        }
        Ok(Made { target, columns: query.columns, id })
    }

    /// A table or view by the name that a query of `schema` uses.
    fn relation(
        &self,
        name: &ObjectName,
        schema: &str,
        made: &BTreeMap<ObjectName, Made>,
    ) -> Option<Relation> {
        let from = self.request.from;
        let same = |a: &str, b: &str| match from {
            Dialect::Sqlite => a.eq_ignore_ascii_case(b),
            Dialect::Mysql | Dialect::Postgres => a == b,
        };
        let is_it = |own: &ObjectName| {
            let wanted = if name.schema.is_empty() { schema } else { &name.schema };
            same(&own.name, &name.name) && same(&own.schema, wanted)
        };
        if let Some((own, view)) = made.iter().find(|(own, _)| is_it(own)) {
            let mut relation = Relation::new(own.clone(), view.columns.clone());
            relation.table = qualified(self.request.to, &view.target);
            return Some(relation);
        }
        let planned = self.planned.iter().find(|p| is_it(&p.table.name))?;
        let there = matches!(planned.table.kind, TableKind::Plain | TableKind::Partitioned);
        if !there || !self.table_ids.contains_key(&planned.target) {
            return None;
        }
        let to = self.request.to;
        let targets = planned.names.iter().map(String::as_str);
        let targets = targets.zip(planned.fits.iter().map(|fit| &fit.logical));
        let all = known_columns(from, to, &planned.table.columns, targets);
        let key: Vec<String> = planned.primary_key().map(|k| k.columns.clone()).unwrap_or_default();
        let kept = all.into_iter().enumerate().filter(|(n, _)| !planned.left_out.contains(n));
        let columns: Vec<Known> = kept.map(|(_, column)| column).collect();
        let position = |name: &String| columns.iter().position(|c| c.name == *name);
        let key = key.iter().map(position).collect::<Option<Vec<usize>>>().unwrap_or_default();
        let mut relation = Relation::new(planned.table.name.clone(), columns);
        relation.table = qualified(to, &planned.target);
        relation.key = key;
        Some(relation)
    }
}
