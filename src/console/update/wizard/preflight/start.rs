//! From a report without a BLOCK to a running job, or to a script.

use super::{check, page};
use crate::config::FileKind;
use crate::console::commands::Place;
use crate::console::figures;
use crate::console::model::wizard::{Draft, DraftStart, End, Password, What};
use crate::console::model::{Decision, Model, WizardStep};
use crate::console::msg::Cmd;
use crate::console::update::wizard::{ask, target};
use crate::console::update::{question, reader, steer};
use crate::core::spec::TableExists;
use crate::protocol::survey::{SurveyAnswer, SurveyNews, SurveyRequest};

/// Tables that the question names one by one.
const NAMED_MAX: usize = 3;
/// Warnings that the question repeats.
const WARNINGS_MAX: usize = 3;

/// `s` and the button: the question before the start, or why it cannot be.
pub fn start(model: &mut Model) -> Vec<Cmd> {
    if let Some(reason) = refusal(model) {
        model.say(reason);
        return Vec::new();
    }
    let Some(wizard) = &model.wizard else {
        return Vec::new();
    };
    if wizard.preflight.of != wizard.draft.to_text() {
        model.say("the draft has changed since the report; checking again before the start");
        return check(model);
    }
    match wizard.draft.keys().kind {
        Some(FileKind::Script) => write_script(model),
        _ => question(model),
    }
}

/// Why it cannot start; the button is grey and says the same.
#[must_use]
pub fn refusal(model: &Model) -> Option<String> {
    let wizard = model.wizard.as_ref()?;
    let page = &wizard.preflight;
    if wizard.starting {
        return Some("its engine is being started".to_owned());
    }
    if !page.progress.is_empty() {
        return Some(format!("the report is not ready: {}", page.progress));
    }
    if page.plan.is_none() {
        return Some("there is no report, so nothing can start; R checks again".to_owned());
    }
    let mut blocks = page.blocks();
    let first = blocks.next()?;
    Some(match blocks.count() {
        0 => format!("blocked by {}: {}", first.topic, first.message),
        more => format!("blocked by {}: {}, and {more} more", first.topic, first.message),
    })
}

fn question(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &model.wizard else {
        return Vec::new();
    };
    let target = target(model);
    let verify = wizard.draft.keys().kind == Some(FileKind::Verify);
    let mut lines = vec![match verify {
        true => format!("Both sides are read and compared; {} is not changed.", target.text()),
        false => format!("Rows will be written to {}.", target.text()),
    }];
    let destroys = if verify { Vec::new() } else { destroyed(&wizard.draft) };
    lines.extend(destroys.iter().cloned());
    let findings = wizard.preflight.plan.iter().flat_map(|plan| &plan.findings);
    let warnings: Vec<String> = findings
        .filter(|finding| finding.severity == "warn")
        .map(|finding| format!("warn {}: {}", finding.topic, finding.message))
        .collect();
    let more = warnings.len().saturating_sub(WARNINGS_MAX);
    lines.extend(warnings.into_iter().take(WARNINGS_MAX));
    if more > 0 {
        lines.push(format!("{more} more warnings are in the report"));
    }
    let name = (target.production && !verify || !destroys.is_empty()).then(|| target.name());
    let title = match &name {
        Some(_) => format!("START {}", wizard.draft.name),
        None if verify => format!("Compare the two sides of {}", wizard.draft.name),
        None => format!("Start {}: write to {}", wizard.draft.name, target.text()),
    };
    question::open(model, title, lines, Decision::Wizard(WizardStep::Start), name, false)
}

/// What deletes rows of the target, in words.
#[must_use]
pub fn destroyed(draft: &Draft) -> Vec<String> {
    let mut lines = Vec::new();
    match draft.keys().if_exists.as_deref() {
        Some("truncate") => lines.push("Tables that are there are EMPTIED first.".to_owned()),
        Some("replace") => {
            lines.push("Tables that are there are DROPPED and made anew.".to_owned())
        }
        _ => {}
    }
    for (policy, does) in [(TableExists::Truncate, "EMPTIED"), (TableExists::Replace, "DROPPED")] {
        let shapes = draft.shaping().tables.iter();
        let tables: Vec<&str> =
            shapes.filter(|s| s.if_exists == Some(policy)).map(|s| s.table.as_str()).collect();
        if tables.is_empty() {
            continue;
        }
        let more = match tables.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = tables[..tables.len() - tables.len().saturating_sub(NAMED_MAX)].join(", ");
        lines.push(format!("{does} first when there: {named}{more}"));
    }
    lines
}

/// A yes: the engine begins with what the draft says now.
pub fn begin(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    wizard.starting = true;
    let password = |end: End| wizard.connect.typed(end).map(Password::new);
    let start = DraftStart {
        name: wizard.draft.name.clone(),
        text: wizard.draft.to_text(),
        source_password: password(End::Source),
        target_password: password(End::Target),
    };
    model.say(format!("starting the engine of {} ...", start.name));
    vec![Cmd::StartJob { start: Box::new(start) }]
}

/// The engine has the job: the draft is not needed any more. Or the reason why not; then the
/// draft stays.
pub fn started(model: &mut Model, draft: &str, result: Result<(), String>) -> Vec<Cmd> {
    model.dirty = true;
    let own = model.wizard.as_ref().is_some_and(|wizard| wizard.starting);
    if let Err(why) = result {
        if let Some(wizard) = &mut model.wizard {
            wizard.starting = false;
        }
        let text = format!(
            "{why}\n\nThe draft {draft} is kept as it was, and no job was begun.\n\nKeys  R check \
             again     Esc back to the report"
        );
        model.status.text.clear();
        return reader::open(model, format!("{draft} was not started"), text);
    }
    let mut cmds = vec![Cmd::DropDraft { name: draft.to_owned() }];
    if !own {
        model.say(format!("{draft} was started; it is in the list of jobs"));
        model.jobs.load_due_ms = 0;
        return cmds;
    }
    model.wizard = None;
    model.overlay = None;
    model.screens.retain(|place| !place.is_wizard());
    model.status.text.clear();
    cmds.push(Cmd::EndSurvey);
    cmds.extend(steer::attach(model, draft));
    cmds
}

// --- the script -----------------------------------------------------------------------------------

/// Asks for the statements of every table, one after the other.
fn write_script(model: &mut Model) -> Vec<Cmd> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    let tables: Vec<String> =
        page.plan.iter().flat_map(|p| &p.tables).map(|t| t.source.clone()).rev().collect();
    page.script.tables = tables.len();
    page.script.left = tables;
    page.script.text.clear();
    next_table(model)
}

fn next_table(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let script = &mut wizard.preflight.script;
    match script.left.pop() {
        Some(table) => {
            let (of, at) = (script.tables, script.tables - script.left.len());
            let draft = wizard.survey_draft();
            wizard.preflight.progress = format!("writing the statements of table {at} of {of}");
            let request = SurveyRequest::Ddl { draft, table: table.clone() };
            ask(model, Place::Preflight, What::Ddl { table }, request)
        }
        None => {
            let text = std::mem::take(&mut script.text);
            let tables = figures::counted(script.tables as u64, "table");
            wizard.preflight.progress.clear();
            reader::open(model, format!("DDL of {tables}; y copies it, W writes a file"), text)
        }
    }
}

/// The statements of one table have come.
pub fn scripted(model: &mut Model, news: SurveyNews) -> Vec<Cmd> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    match news {
        SurveyNews::Answer { answer: SurveyAnswer::Ddl { text } } => {
            page.script.text.push_str(text.trim_end());
            page.script.text.push_str("\n\n");
            next_table(model)
        }
        SurveyNews::Failed { what, hint } => {
            page.progress.clear();
            page.script.left.clear();
            let text = format!("{what}\n\n{}", hint.unwrap_or_default());
            reader::open(model, "The script could not be written".to_owned(), text)
        }
        SurveyNews::Progress { .. } | SurveyNews::Answer { .. } | SurveyNews::Counted { .. } => {
            Vec::new()
        }
    }
}
