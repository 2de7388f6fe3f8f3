//! The numbered ways out of a finding: each changes the draft and has the report made again.

use super::{check, page};
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::model::wizard::editor::Subject;
use crate::console::model::wizard::{Draft, What};
use crate::console::model::{Decision, Model, PromptKind, WizardStep};
use crate::console::msg::Cmd;
use crate::console::update::wizard::{ask, editor, go_to, target};
use crate::console::update::{prompt, question, reader};
use crate::core::spec::TableExists;
use crate::protocol::survey::{SurveyAnswer, SurveyNews, SurveyRequest};
use crate::protocol::{ChangeView, WayView};

/// Takes one way.
pub fn take(model: &mut Model, way: &WayView) -> Vec<Cmd> {
    match &way.change {
        ChangeView::Page { page } => open_page(model, page),
        ChangeView::Rename { table } => {
            let bare = table.rsplit_once('.').map_or(table.as_str(), |(_, name)| name).to_owned();
            if let Some(page) = page(model) {
                page.renaming = Some(table.clone());
            }
            prompt::open(model, PromptKind::Rename, &bare)
        }
        ChangeView::Conform { statements } => show_statements(model, statements),
        change => {
            let Some(wizard) = &mut model.wizard else {
                return Vec::new();
            };
            match change_draft(&mut wizard.draft, change) {
                Ok(()) => {
                    model.say(format!("changed: {}; checking again", way.title));
                    check(model)
                }
                Err(problem) => {
                    model.say(problem);
                    Vec::new()
                }
            }
        }
    }
}

fn change_draft(draft: &mut Draft, change: &ChangeView) -> Result<(), String> {
    match change {
        ChangeView::TableExists { table, policy } => {
            draft.entry_mut(table).if_exists = Some(policy_of(policy)?);
        }
        ChangeView::LeaveOut { table } => {
            let selection = &mut draft.keys_mut().selection;
            selection.tables.retain(|name| name != table);
            if !selection.exclude.contains(table) {
                selection.exclude.push(table.clone());
            }
        }
        ChangeView::AcceptLossy => draft.keys_mut().accept_lossy = Some(true),
        ChangeView::Set { key, value } => draft.set(key, value)?,
        ChangeView::Rename { .. } | ChangeView::Conform { .. } | ChangeView::Page { .. } => {}
    }
    Ok(())
}

fn policy_of(word: &str) -> Result<TableExists, String> {
    Ok(match word {
        "stop" => TableExists::Stop,
        "skip" => TableExists::Skip,
        "append" => TableExists::Append,
        "truncate" => TableExists::Truncate,
        "replace" => TableExists::Replace,
        other => return Err(format!("this console does not know the policy {other:?}")),
    })
}

fn open_page(model: &mut Model, word: &str) -> Vec<Cmd> {
    let pages = [Place::Connect, Place::Pick, Place::Options];
    match pages.into_iter().find(|page| page.word() == word) {
        Some(page) => go_to(model, page),
        None => {
            model.say(format!("this console knows no page {word:?}"));
            Vec::new()
        }
    }
}

/// Another name for a table was typed.
pub fn renamed(model: &mut Model, name: &str) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let Some(table) = wizard.preflight.renaming.take() else {
        return Vec::new();
    };
    if name.is_empty() {
        model.say(format!("{table} keeps its name"));
        return Vec::new();
    }
    wizard.draft.entry_mut(&table).rename = Some(name.to_owned());
    model.say(format!("{table} will be {name} on the target; checking again"));
    check(model)
}

/// Statements are read, and may be changed, before they are agreed to.
fn show_statements(model: &mut Model, statements: &[String]) -> Vec<Cmd> {
    let ends = |text: &String| format!("{};", text.trim_end().trim_end_matches(';'));
    let text: Vec<String> = statements.iter().map(ends).collect();
    let cmds = editor::open(model, Subject::Conform);
    if let Some(wizard) = &mut model.wizard {
        wizard.editor.begin(&text.join("\n\n"));
    }
    cmds
}

/// Statements of a text: each ends with a line that ends with a semicolon.
fn statements_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut statement = String::new();
    for line in text.lines() {
        statement.push_str(line);
        statement.push('\n');
        if line.trim_end().ends_with(';') {
            found.push(std::mem::take(&mut statement));
        }
    }
    found.push(statement);
    let bare = found.iter().map(|text| text.trim().trim_end_matches(';').trim().to_owned());
    bare.filter(|text| !text.is_empty()).collect()
}

/// The statements were read and kept: asks whether to run them.
pub fn statements_read(model: &mut Model, text: &str) -> Vec<Cmd> {
    let statements = statements_of(text);
    let count = statements.len();
    if count == 0 {
        model.say("there is no statement left; nothing runs");
        return Vec::new();
    }
    if let Some(page) = page(model) {
        page.conform = statements;
    }
    let target = target(model);
    let title = format!("Run {} on {}", figures::counted(count as u64, "statement"), target.text());
    let lines = vec![
        "They run one after the other and stop at the first that fails.".to_owned(),
        "What ran stays; the report is made again afterwards.".to_owned(),
    ];
    let name = target.production.then(|| target.name());
    question::open(model, title, lines, Decision::Wizard(WizardStep::Conform), name, false)
}

/// Consent was given.
pub fn decided_conform(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let statements = std::mem::take(&mut wizard.preflight.conform);
    let target = wizard.end(crate::console::model::wizard::End::Target);
    let count = figures::counted(statements.len() as u64, "statement");
    model.say(format!("running {count} ..."));
    let request = SurveyRequest::Conform { target, statements };
    ask(model, Place::Preflight, What::Conform, request)
}

/// What became of them.
pub fn conformed(model: &mut Model, news: SurveyNews) -> Vec<Cmd> {
    match news {
        SurveyNews::Progress { text } => {
            model.say(text);
            Vec::new()
        }
        SurveyNews::Answer { answer: SurveyAnswer::Conformed { done, failed } } => {
            let ran = figures::counted(u64::from(done), "statement");
            let mut cmds = check(model);
            match failed {
                None => model.say(format!("{ran} ran on the target; checking again")),
                Some(why) => {
                    let text = format!(
                        "{why}\n\nRan before it: {ran}. They stay.\nNothing else was changed; the \
                         report is being made again."
                    );
                    let title = "A statement failed".to_owned();
                    cmds.extend(reader::open(model, title, text));
                }
            }
            cmds
        }
        SurveyNews::Failed { what, hint } => {
            let hint = hint.unwrap_or_default();
            reader::open(model, "Nothing was run".to_owned(), format!("{what}\n\n{hint}"))
        }
        SurveyNews::Answer { .. } | SurveyNews::Counted { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_its_statements() {
        let text = "set global x = 1;\n\nalter database crm\n  character set utf8mb4;\n-- no\n;\n";
        let found = statements_of(text);
        assert_eq!(found[..2], ["set global x = 1", "alter database crm\n  character set utf8mb4"]);
        assert_eq!(statements_of(" ;\n"), Vec::<String>::new());
    }
}
