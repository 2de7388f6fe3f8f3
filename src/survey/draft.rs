//! What becomes of a draft: its columns, its statements, its plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::refusal;
use super::surveyor::Surveyor;
use super::{Tell, Trouble};
use crate::core::catalog::Table;
use crate::core::fault::Side;
use crate::core::mapping::affinity;
use crate::core::name::{Dialect, ObjectName};
use crate::core::plan::{MigrationPlan, PlanInput, StepKind, TablePlan, build_plan, target_names};
use crate::core::spec::{JobSpec, Pattern, Secret, Selection, TableExists};
use crate::driver::look::{Made, Tried, open_look};
use crate::driver::{open_source, open_target};
use crate::engine::{Passwords, plan_of};
use crate::protocol::convert::plan_view;
use crate::protocol::survey::{CheckView, SurveyAnswer, SurveyColumn, SurveyDraft, SurveyNews};

impl Surveyor {
    fn read_draft(&self, draft: &SurveyDraft) -> Result<(JobSpec, Passwords), Trouble> {
        let (spec, in_urls) = (self.readers.draft)(&draft.job_file)?;
        let typed = |text: &Option<String>| text.clone().map(Secret::new);
        let passwords = Passwords {
            source: typed(&draft.source_password).or(in_urls.source),
            target: typed(&draft.target_password).or(in_urls.target),
        };
        Ok((spec, passwords))
    }

    /// The same plan as `tidegate plan` makes.
    pub(super) async fn preflight(
        &self,
        draft: &SurveyDraft,
        tell: &Tell,
    ) -> Result<SurveyAnswer, Trouble> {
        let (spec, passwords) = self.read_draft(draft)?;
        let plan = planned(&spec, &passwords, tell).await?;
        Ok(SurveyAnswer::Preflight { plan: Box::new(plan_view(&plan)) })
    }

    /// The table of the draft with its plan: only what its types need.
    async fn one_table(
        &self,
        draft: &SurveyDraft,
        table: &str,
    ) -> Result<(JobSpec, Passwords, Table, TablePlan), Trouble> {
        let (mut spec, passwords) = self.read_draft(draft)?;
        spec.selection = only(table);
        let ends = (spec.source.clone(), spec.target.clone());
        let source = self.access(ends.0, passwords.source.clone(), Side::Source).await?;
        let target = self.access(ends.1, passwords.target.clone(), Side::Target).await?;
        let here = open_source(source)?.inspect(&spec.selection).await?;
        let names = target_names(&spec, &here);
        let tables = names.iter().map(|name| Pattern::new(&name.to_string())).collect();
        let there = Selection { tables, ..Selection::default() };
        let there = open_target(target)?.inspect(&there).await?;
        let plan = build_plan(&PlanInput {
            spec: &spec,
            source: &here,
            target: &there,
            preamble: &[],
            items: &[],
            nonempty: &[],
            bounds: &BTreeMap::new(),
            attachable: false,
        });
        let found = here.tables.into_iter().find(|t| t.name.to_string() == table);
        let planned = plan.tables.into_iter().find(|t| t.source.to_string() == table);
        match (found, planned) {
            (Some(found), Some(planned)) => Ok((spec, passwords, found, planned)),
            (Some(_), None) => Err(Trouble::usage(format!("{table} is not copied"))),
            (None, _) => Err(Trouble::usage(format!("there is no table {table} on the source"))),
        }
    }

    pub(super) async fn columns(
        &self,
        draft: &SurveyDraft,
        table: &str,
    ) -> Result<SurveyAnswer, Trouble> {
        let (_, _, found, planned) = self.one_table(draft, table).await?;
        let keys: BTreeSet<&String> = planned.key.iter().collect();
        let column = |plan: &crate::core::plan::ColumnPlan| SurveyColumn {
            name: plan.name.clone(),
            source_type: plan.source_declared.clone(),
            target_type: plan.target_declared.clone(),
            fit: plan.fit.word().to_owned(),
            reason: plan.reason.clone(),
            not_null: found.column(&plan.name).is_some_and(|c| c.not_null),
            key: keys.contains(&plan.name),
        };
        let columns = planned.columns.iter().map(column).collect();
        let computed = found.columns.iter().filter(|c| c.generated.is_some());
        let mut notes: Vec<String> =
            computed.map(|c| format!("{} is computed on the target", c.name)).collect();
        if planned.key.is_empty() {
            notes.push("no key names a row".to_owned());
        }
        Ok(SurveyAnswer::Columns { columns, notes })
    }

    pub(super) async fn ddl(
        &self,
        draft: &SurveyDraft,
        table: &str,
        tell: &Tell,
    ) -> Result<SurveyAnswer, Trouble> {
        let (mut spec, passwords) = self.read_draft(draft)?;
        spec.selection = only(table);
        // As if it were not there: only then a statement makes it.
        spec.table_exists = TableExists::Replace;
        for shape in &mut spec.shaping.tables {
            shape.if_exists = Some(TableExists::Replace);
        }
        let plan = planned(&spec, &passwords, tell).await?;
        let found = plan.tables.iter().find(|t| t.source.to_string() == table);
        let statement = found.and_then(|found| statement_of(&plan, &found.target));
        match statement {
            Some(text) => Ok(SurveyAnswer::Ddl { text }),
            None => Err(Trouble::usage(format!("the plan makes no table of {table}"))
                .with_hint("Look at the plan's findings: it may be left out or data only.")),
        }
    }

    pub(super) async fn check_ddl(
        &self,
        draft: &SurveyDraft,
        table: &str,
        ddl: &str,
    ) -> Result<CheckView, Trouble> {
        let (spec, passwords, _, planned) = self.one_table(draft, table).await?;
        let end = spec.target.clone();
        let dialect = end.dialect;
        let look = open_look(self.access(end, passwords.target, Side::Target).await?)?;
        Ok(match look.try_table(&planned.target, ddl).await? {
            Tried::Refused(refused) => refusal(ddl, &refused),
            Tried::Valid(made) => {
                let mut lines = vec![("ok".to_owned(), format!("{} takes it", dialect.word()))];
                lines.extend(differences(dialect, &planned, &made));
                CheckView { valid: true, lines, line: None, column: None }
            }
        })
    }
}

fn only(table: &str) -> Selection {
    Selection { tables: vec![Pattern::new(table)], ..Selection::default() }
}

async fn planned(
    spec: &JobSpec,
    passwords: &Passwords,
    tell: &Tell,
) -> Result<MigrationPlan, Trouble> {
    let tell = Arc::clone(tell);
    let told = move |text: String| tell(SurveyNews::Progress { text });
    told("reading the catalogues, making the plan".to_owned());
    Ok(plan_of(spec, passwords, &told).await?)
}

/// The statement that makes `table`.
fn statement_of(plan: &MigrationPlan, table: &ObjectName) -> Option<String> {
    let steps = plan.steps.iter().filter(|step| step.kind == StepKind::Ddl);
    let mut all = steps.flat_map(|step| &step.statements);
    let makes = |statement: &&String| {
        let head = statement.split('(').next().unwrap_or_default();
        let upper = head.to_ascii_uppercase();
        upper.trim_start().starts_with("CREATE")
            && upper.contains("TABLE")
            && head.contains(&table.name.replace('"', "\"\"").replace('`', "``"))
    };
    all.find(makes).cloned()
}

/// How the columns of a table that was made differ from those that are copied.
fn differences(dialect: Dialect, planned: &TablePlan, made: &Made) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> =
        made.notes.iter().map(|note| ("note".to_owned(), note.clone())).collect();
    let Some(columns) = &made.columns else { return lines };
    let alike = |a: &str, b: &str| match dialect {
        Dialect::Postgres => a == b,
        Dialect::Mysql | Dialect::Sqlite => a.eq_ignore_ascii_case(b),
    };
    let mut diff = |text: String| lines.push(("diff".to_owned(), text));
    for column in &planned.columns {
        let name = &column.target_name;
        match columns.iter().find(|(other, _)| alike(name, other)) {
            None => diff(format!("- {name} (the source has it)")),
            Some((_, declared)) if !is_same_type(dialect, declared, &column.target_declared) => {
                diff(format!("~ {name} {declared} instead of {}", column.target_declared));
            }
            Some(_) => {}
        }
    }
    for (name, declared) in columns {
        if !planned.columns.iter().any(|column| alike(&column.target_name, name)) {
            diff(format!("+ {name} {declared}").trim_end().to_owned());
        }
    }
    lines
}

/// Does the engine keep the same values in both? SQLite looks at the affinity alone.
fn is_same_type(dialect: Dialect, a: &str, b: &str) -> bool {
    match dialect {
        Dialect::Sqlite => affinity(a) == affinity(b),
        Dialect::Postgres | Dialect::Mysql => plain(dialect, a) == plain(dialect, b),
    }
}

/// A type without what its engine adds by itself: MySQL prints widths that mean nothing.
fn plain(dialect: Dialect, declared: &str) -> String {
    let lower = declared.to_ascii_lowercase();
    let words = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((name, rest)) = words.split_once('(') else { return words };
    let whole = ["tinyint", "smallint", "mediumint", "int", "integer", "bigint"];
    match (dialect, rest.split_once(')')) {
        (Dialect::Mysql, Some((_, behind))) if whole.contains(&name) => format!("{name}{behind}"),
        _ => words.replace(", ", ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_type_are_no_difference() {
        for (dialect, a, b, same) in [
            (Dialect::Mysql, "int(11)", "INT", true),
            (Dialect::Mysql, "bigint(20) unsigned", "bigint unsigned", true),
            (Dialect::Mysql, "varchar(9)", "varchar(8)", false),
            (Dialect::Postgres, "numeric(9,2)", "numeric(9, 2)", true),
            (Dialect::Sqlite, "INTEGER", "BIGINT", true),
            (Dialect::Sqlite, "TEXT", "BLOB", false),
        ] {
            assert_eq!(is_same_type(dialect, a, b), same, "{a} {b}");
        }
    }
}
