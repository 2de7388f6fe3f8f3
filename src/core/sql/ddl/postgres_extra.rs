//! What MySQL's tables say beyond SQLite's: labels, unsigned numbers, prefixes, fulltext, ON
//! UPDATE, comments.

use super::super::expression::translate_condition;
use super::super::{fit_name, literal};
use super::postgres::sequence_of;
use super::{
    Column, Dialect, LogicalType, ObjectName, Planned, Writer, column_list, qualified, quote,
};
use crate::core::catalog::Index;
use crate::core::mapping::Labels;

const PG: Dialect = Dialect::Postgres;

/// Conditions that a column's type on the source implied and the target's does not, each with a
/// word for its name. Values without these cannot be there, but for labels: MySQL keeps an empty
/// text where it was once given a wrong one.
pub(super) fn lost_checks(planned: &Planned<'_>, to: Dialect) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (number, column) in planned.table.columns.iter().enumerate() {
        let fit = &planned.fits[number];
        if planned.left_out.contains(&number) {
            continue;
        }
        let name = quote(to, &planned.names[number]);
        let number_there = matches!(
            fit.logical,
            LogicalType::Int { unsigned: false, .. } | LogicalType::Decimal { .. }
        );
        if matches!(column.logical, LogicalType::Int { unsigned: true, .. }) && number_there {
            found.push((format!("{}_unsigned", column.name), format!("{name} >= 0")));
        }
        if fit.labels == Labels::Check && to == Dialect::Sqlite {
            found.push((format!("{}_labels", column.name), one_of(to, &name, &column.labels)));
        }
    }
    found
}

fn one_of(to: Dialect, name: &str, labels: &[String]) -> String {
    let list: Vec<String> = labels.iter().map(|label| literal(to, label)).collect();
    format!("{name} IN ({})", list.join(", "))
}

impl Writer<'_> {
    /// The column's type; an enum that gets a type of its own makes it first.
    pub(super) fn declared(&mut self, at: usize, number: usize) -> String {
        let planned = &self.planned[at];
        let (column, fit) = (&planned.table.columns[number], &planned.fits[number]);
        if fit.labels != Labels::Native {
            return fit.declared.clone();
        }
        let target = planned.target.clone();
        let labels: Vec<String> = column.labels.iter().map(|l| literal(PG, l)).collect();
        let wanted = format!("{}_{}", target.name, planned.names[number]);
        let owner = planned.table.name.to_string();
        // Types and tables share one namespace.
        let name = self.relations.give(&wanted, &owner);
        let kind = qualified(PG, &ObjectName::new(target.schema.as_str(), name.as_str()));
        let statement = format!("CREATE TYPE {kind} AS ENUM ({})", labels.join(", "));
        self.make_before_table("TYPE", &target, &name, statement);
        kind
    }

    fn make_before_table(&mut self, kind: &str, table: &ObjectName, name: &str, text: String) {
        let id = self.push(kind, table, name, text);
        let schema = self.schema_id(&table.schema);
        self.made.items[id as usize - 1].depends_on = schema.into_iter().collect();
        self.before_table.push(id);
    }

    /// Numbers for a column that is too wide for an identity.
    pub(super) fn own_sequence(&mut self, at: usize, number: usize) -> String {
        let planned = &self.planned[at];
        if !matches!(planned.fits[number].logical, LogicalType::Decimal { .. }) {
            let part = self.part(at, &planned.table.columns[number].name);
            self.refuse("IDENTITY", part, "PostgreSQL numbers integers only", None);
            return String::new();
        }
        let sequence = sequence_of(planned, number);
        let target = planned.target.clone();
        let written = qualified(PG, &sequence);
        let text = format!("CREATE SEQUENCE {written}");
        self.make_before_table("SEQUENCE", &target, &sequence.name, text);
        format!(" DEFAULT nextval({})", literal(PG, &written))
    }

    pub(super) fn index_body(&self, at: usize, index: &Index) -> Result<String, String> {
        if index.columns.is_empty() {
            return Err("an index on an expression".to_owned());
        }
        let planned = &self.planned[at];
        match index.method.to_ascii_lowercase().as_str() {
            "btree" | "hash" => {}
            "fulltext" => return fulltext_body(planned, index),
            other => return Err(format!("PostgreSQL has no {other} indexes for this type")),
        }
        let names: Vec<String> = index.columns.iter().map(|c| c.name.clone()).collect();
        if let Some(trouble) = self.unordered(at, &names) {
            return Err(trouble);
        }
        let mut parts = Vec::new();
        for column in &index.columns {
            let position = planned.position(&column.name).ok_or("a column is not known")?;
            let name = quote(PG, &planned.names[position]);
            let order = if column.descending { " DESC" } else { "" };
            // Unique over the first characters only, and short enough for a page.
            parts.push(match (column.prefix, &planned.fits[position].logical) {
                (Some(length), LogicalType::Bytes { .. }) => {
                    format!("substr({name}, 1, {length}){order}")
                }
                (Some(length), _) => format!("left({name}, {length}){order}"),
                (None, _) => format!("{name}{order}"),
            });
        }
        let condition = match &index.predicate {
            None => String::new(),
            Some(predicate) => {
                format!(" WHERE {}", translate_condition(predicate, &self.scope(at))?)
            }
        };
        Ok(format!("USING btree ({}){condition}", parts.join(", ")))
    }

    /// A key that told fewer texts apart on the source.
    pub(super) fn note_folded_key(&mut self, at: usize, name: &str, columns: &[String]) {
        if self.request.from != Dialect::Mysql {
            return;
        }
        let planned = &self.planned[at];
        let folding = columns.iter().find_map(|name| {
            let column = &planned.table.columns[planned.position(name)?];
            let text = matches!(column.logical, LogicalType::Text { .. });
            let collation = column.collation.as_deref()?;
            (text && !collation.ends_with("_bin")).then(|| collation.to_owned())
        });
        if let Some(collation) = folding {
            let reason = format!(
                "made, but texts that {collation} calls equal (by case, accents or trailing \
                 blanks) are different here"
            );
            self.refuse("COLLATION", self.part(at, name), reason, None);
        }
    }

    /// Checks, triggers and comments, after the rows.
    pub(super) fn extras(&mut self, at: usize) {
        self.label_checks(at);
        self.on_update(at);
        self.comments(at);
        for index in self.planned[at].table.indexes.clone() {
            if index.method.eq_ignore_ascii_case("fulltext") && !index.columns.is_empty() {
                let reason = "made as a GIN index over to_tsvector('simple', ...): queries with \
                              MATCH become queries with @@";
                let text = Some(index.definition);
                self.refuse("INDEX", self.part(at, &index.name), reason, text);
            }
        }
    }

    fn label_checks(&mut self, at: usize) {
        for number in 0..self.planned[at].names.len() {
            let planned = &self.planned[at];
            if planned.fits[number].labels != Labels::Check {
                continue;
            }
            let column = &planned.table.columns[number];
            let condition = one_of(PG, &quote(PG, &planned.names[number]), &column.labels);
            let name = self.check_name(at, &format!("{}_labels", column.name));
            self.alter(at, "CHECK CONSTRAINT", &name, &format!("CHECK ({condition})"));
        }
    }

    /// A name that no check of the table has.
    pub(super) fn check_name(&self, at: usize, wanted: &str) -> String {
        let planned = &self.planned[at];
        let mut name = fit_name(PG, &format!("{}_{wanted}", planned.target.name));
        while planned.table.checks.iter().any(|check| check.name == name) {
            name = fit_name(PG, &format!("{name}_"));
        }
        name
    }

    /// `ON UPDATE CURRENT_TIMESTAMP`: a trigger that sets the column when another one changes and
    /// the statement did not set it to something else.
    fn on_update(&mut self, at: usize) {
        let planned = &self.planned[at];
        let numbers = |wanted: bool| {
            let columns = planned.table.columns.iter().enumerate();
            columns.filter_map(move |(number, c)| {
                let sets = c.on_update.is_some()
                    && matches!(planned.fits[number].logical, LogicalType::Timestamp { .. });
                let takes = c.on_update.is_some() == wanted && (sets || !wanted);
                (takes && c.generated.is_none()).then_some(number)
            })
        };
        let set: Vec<usize> = numbers(true).collect();
        let others: Vec<usize> = numbers(false).collect();
        for column in planned.table.columns.clone() {
            let known = set.iter().any(|n| planned_name(&self.planned[at], *n) == column.name);
            if let (Some(text), false) = (&column.on_update, known) {
                let why = "the column is no point in time on the target";
                let source = Some(format!("ON UPDATE {text}"));
                self.refuse("ON UPDATE", self.part(at, &column.name), why, source);
            }
        }
        if set.is_empty() || others.is_empty() {
            return;
        }
        let planned = &self.planned[at];
        let target = planned.target.clone();
        let name = fit_name(PG, &format!("{}_on_update", target.name));
        let function = qualified(PG, &ObjectName::new(target.schema.as_str(), name.as_str()));
        let (create, trigger) = (
            function_text(planned, &set, &function),
            trigger_text(planned, &others, &name, &function),
        );
        let first = self.push("FUNCTION", &target, &name, create);
        let second = self.push("TRIGGER", &target, &name, trigger);
        self.made.items[second as usize - 1].depends_on.push(first);
    }

    fn comments(&mut self, at: usize) {
        let planned = &self.planned[at];
        let target = planned.target.clone();
        let table = planned.qualified(PG);
        let mut statements = Vec::new();
        if let Some(comment) = &planned.table.comment {
            statements.push(format!("COMMENT ON TABLE {table} IS {}", literal(PG, comment)));
        }
        for (number, column) in planned.table.columns.iter().enumerate() {
            let Some(comment) = &column.comment else { continue };
            if !planned.left_out.contains(&number) {
                let name = quote(PG, &planned.names[number]);
                let comment = literal(PG, comment);
                statements.push(format!("COMMENT ON COLUMN {table}.{name} IS {comment}"));
            }
        }
        for statement in statements {
            self.push("COMMENT", &target, &target.name, statement);
        }
    }
}

fn planned_name<'p>(planned: &'p Planned<'_>, number: usize) -> &'p str {
    &planned.table.columns[number].name
}

fn fulltext_body(planned: &Planned<'_>, index: &Index) -> Result<String, String> {
    let mut parts = Vec::new();
    for column in &index.columns {
        let position = planned.position(&column.name).ok_or("a column is not known")?;
        parts.push(format!("coalesce({}, '')", quote(PG, &planned.names[position])));
    }
    let text = parts.join(" || ' ' || ");
    Ok(format!("USING gin (to_tsvector('simple'::regconfig, {text}))"))
}

fn function_text(planned: &Planned<'_>, set: &[usize], function: &str) -> String {
    let mut body = String::new();
    for number in set {
        let column: &Column = &planned.table.columns[*number];
        let name = quote(PG, &planned.names[*number]);
        let text = column.on_update.as_deref().unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = if digits.is_empty() { "0" } else { &digits };
        body.push_str(&format!(
            "    IF NEW.{name} IS NOT DISTINCT FROM OLD.{name} THEN\n        \
             NEW.{name} := CURRENT_TIMESTAMP({digits});\n    END IF;\n"
        ));
    }
    // A name may hold dollars: the quotes around the body must not.
    let mut tag = "on_update".to_owned();
    while body.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS ${tag}$\n\
         BEGIN\n{body}    RETURN NEW;\nEND\n${tag}$"
    )
}

fn trigger_text(planned: &Planned<'_>, others: &[usize], name: &str, function: &str) -> String {
    // Types without equality are compared as text.
    let row = |side: &str| {
        let parts: Vec<String> = others
            .iter()
            .map(|number| {
                let column = column_list(PG, [planned.names[*number].as_str()]);
                let comparable = !matches!(
                    planned.fits[*number].logical,
                    LogicalType::Json { .. } | LogicalType::Xml | LogicalType::Other(_)
                );
                format!("{side}.{column}{}", if comparable { "" } else { "::text" })
            })
            .collect();
        format!("ROW({})", parts.join(", "))
    };
    format!(
        "CREATE TRIGGER {} BEFORE UPDATE ON {} FOR EACH ROW WHEN ({} IS DISTINCT FROM {}) \
         EXECUTE FUNCTION {function}()",
        quote(PG, name),
        planned.qualified(PG),
        row("OLD"),
        row("NEW")
    )
}
