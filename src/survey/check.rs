//! Texts of the operator's, tried on the source without a row being written.

use super::Trouble;
use super::surveyor::{Surveyor, resolve};
use crate::core::fault::Side;
use crate::core::name::{Dialect, ObjectName};
use crate::core::spec::{Pattern, Selection};
use crate::core::sql::{check_lone, line_and_column};
use crate::driver::look::{Explained, Refused, Shown, Tried};
use crate::driver::open_source;
use crate::protocol::survey::{CheckView, SurveyEnd};

/// Characters of a value that is shown.
const VALUE_CHARS: usize = 60;

impl Surveyor {
    /// Is the condition lawful, and how many rows does it leave? It is explained, never run.
    ///
    /// # Errors
    /// As the server says of anything but the condition.
    pub async fn check_filter(
        &self,
        source: &SurveyEnd,
        table: &str,
        filter: &str,
    ) -> Result<CheckView, Trouble> {
        let (look, dialect) = self.open(source, Side::Source).await?;
        if let Err(not) = check_lone(dialect, filter) {
            let refused = Refused { message: not.what, at: Some(not.at) };
            return Ok(refusal(filter, &refused));
        }
        let name = resolve(look.as_ref(), table).await?;
        match look.explain(&name, filter).await? {
            Tried::Refused(refused) => Ok(refusal(filter, &refused)),
            Tried::Valid(found) => {
                let mut lines = vec![("ok".to_owned(), format!("valid on {}", dialect.word()))];
                lines.extend(rows_line(&found).map(|text| ("rows".to_owned(), text)));
                if !found.cost.is_empty() {
                    lines.push(("cost".to_owned(), found.cost));
                }
                let note = "the same filter is used by a verification";
                lines.push(("note".to_owned(), note.to_owned()));
                Ok(CheckView { valid: true, lines, line: None, column: None })
            }
        }
    }

    /// Is the expression lawful, of which type, and what does it give?
    ///
    /// # Errors
    /// As the server says of anything but the expression.
    pub async fn check_expression(
        &self,
        source: &SurveyEnd,
        (table, column): (&str, &str),
        expression: &str,
    ) -> Result<CheckView, Trouble> {
        let (look, dialect) = self.open(source, Side::Source).await?;
        if let Err(not) = check_lone(dialect, expression) {
            let refused = Refused { message: not.what, at: Some(not.at) };
            return Ok(refusal(expression, &refused));
        }
        let name = resolve(look.as_ref(), table).await?;
        let declared = self.declared(source, &name, column).await?;
        let shown = match look.try_expression(&name, &declared, expression).await? {
            Tried::Refused(refused) => return Ok(refusal(expression, &refused)),
            Tried::Valid(shown) => shown,
        };
        let note = match dialect {
            Dialect::Postgres => format!("cast to {declared}, the type of {column}"),
            _ => format!("must fit {declared}, the type of {column}"),
        };
        let mut lines = vec![("ok".to_owned(), ok_line(dialect, &shown))];
        lines.extend(shown.values.iter().map(|value| ("note".to_owned(), value_line(value))));
        lines.push(("note".to_owned(), note));
        Ok(CheckView { valid: true, lines, line: None, column: None })
    }

    /// The type of a column as its database declares it.
    async fn declared(
        &self,
        source: &SurveyEnd,
        table: &ObjectName,
        column: &str,
    ) -> Result<String, Trouble> {
        let (endpoint, in_url) = (self.readers.end)(&source.url, Side::Source)?;
        let typed = source.password.clone().map(crate::core::spec::Secret::new).or(in_url);
        let source = open_source(self.access(endpoint, typed, Side::Source).await?)?;
        let tables = vec![Pattern::new(&table.to_string())];
        let catalog = source.inspect(&Selection { tables, ..Selection::default() }).await?;
        let found = catalog.tables.iter().find(|t| t.name == *table);
        let found = found.ok_or_else(|| Trouble::usage(format!("there is no table {table}")))?;
        match found.column(column) {
            Some(column) => Ok(column.declared.clone()),
            None => Err(Trouble::usage(format!("{table} has no column {column}"))),
        }
    }
}

/// What is wrong, and where in the text.
pub(super) fn refusal(text: &str, refused: &Refused) -> CheckView {
    let place = refused.at.map(|at| line_and_column(text, at));
    CheckView {
        valid: false,
        lines: vec![("error".to_owned(), refused.message.clone())],
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
    }
}

/// `~64000000 of ~198000000 (32 %)`, in figures a person reads.
fn rows_line(found: &Explained) -> Option<String> {
    let grouped = |n: u64| {
        let digits = n.to_string();
        let mut text = String::new();
        for (at, c) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(c);
        }
        text
    };
    match (found.rows, found.total) {
        (Some(rows), Some(total)) if total > 0 => {
            let share = u128::from(rows) * 100 / u128::from(total);
            Some(format!("~{} of ~{} ({}%)", grouped(rows), grouped(total), share.clamp(0, 100)))
        }
        (Some(rows), _) => Some(format!("~{}", grouped(rows))),
        (None, _) => None,
    }
}

fn ok_line(dialect: Dialect, shown: &Shown) -> String {
    match (&shown.of_type, shown.values.is_empty()) {
        (Some(of_type), _) => format!("valid on {}, gives {of_type}", dialect.word()),
        (None, _) => format!("valid on {}; the table has no row to try it on", dialect.word()),
    }
}

fn value_line(value: &Option<String>) -> String {
    let Some(value) = value else { return "gives NULL".to_owned() };
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => format!("gives {}...", &line[..end]),
        None => format!("gives {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_with_their_share() {
        let found = |rows, total| Explained { rows, total, cost: String::new() };
        assert_eq!(
            rows_line(&found(Some(64_000), Some(200_000))).as_deref(),
            Some("~64,000 of ~200,000 (32%)")
        );
        assert_eq!(rows_line(&found(Some(7), None)).as_deref(), Some("~7"));
        assert_eq!(rows_line(&found(None, Some(5))), None);
    }

    #[test]
    fn a_mistake_has_its_line_and_column() {
        let refused = Refused { message: "no".to_owned(), at: Some(7) };
        let view = refusal("a = 1\nand b", &refused);
        assert_eq!((view.valid, view.line, view.column), (false, Some(2), Some(2)));
    }
}
