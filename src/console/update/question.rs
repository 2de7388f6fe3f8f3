//! Questions before what cannot be taken back with one key. Enter never says yes.

use super::{failed, prompt, steer, wizard};
use crate::console::commands::target_name;
use crate::console::field::Field;
use crate::console::figures;
use crate::console::keymap::Key;
use crate::console::model::{Decision, Model, Overlay, Question};
use crate::console::msg::Cmd;
use crate::protocol::Action;

impl Question {
    /// The field that takes letters now.
    pub fn active_field(&mut self) -> Option<&mut Field> {
        if self.in_reason { self.reason.as_mut() } else { self.field.as_mut() }
    }
}

/// T2: one line, y.
fn ask(model: &mut Model, title: String, lines: Vec<String>, decision: Decision) -> Vec<Cmd> {
    open(model, title, lines, decision, None, false)
}

/// T3: type a name.
fn ask_name(
    model: &mut Model,
    title: String,
    lines: Vec<String>,
    decision: Decision,
    with_reason: bool,
) -> Vec<Cmd> {
    let name = model.job.as_ref().map(|job| target_name(&job.job().source, &job.job().target));
    open(model, title, lines, decision, name, with_reason)
}

/// On a production target a T2 question asks for the name as well.
fn ask_by_target(
    model: &mut Model,
    title: String,
    lines: Vec<String>,
    decision: Decision,
) -> Vec<Cmd> {
    let production = model.job.as_ref().is_some_and(|job| job.job().production);
    if production {
        ask_name(model, title, lines, decision, false)
    } else {
        ask(model, title, lines, decision)
    }
}

pub(super) fn open(
    model: &mut Model,
    title: String,
    lines: Vec<String>,
    decision: Decision,
    name: Option<String>,
    with_reason: bool,
) -> Vec<Cmd> {
    model.overlay = Some(Overlay::Question(Box::new(Question {
        title,
        lines,
        decision,
        field: name.as_ref().map(|_| Field::default()),
        name,
        reason: with_reason.then(Field::default),
        in_reason: with_reason,
        painted_ms: None,
        remark: String::new(),
    })));
    model.status.text.clear();
    model.dirty = true;
    Vec::new()
}

/// `my:crm@db7 [PROD]`.
#[must_use]
pub fn target_text(model: &Model) -> String {
    let Some(job) = &model.job else {
        return String::new();
    };
    let job = job.job();
    match &job.target_label {
        Some(label) => format!("{} [{label}]", job.target),
        None if job.production => format!("{} [PROD]", job.target),
        None => job.target.clone(),
    }
}

/// The editor's text is not saved yet.
pub fn drop_text(model: &mut Model, phrase: &str) -> Vec<Cmd> {
    let lines = vec!["Ctrl-X saves it; the draft is as it was before.".to_owned()];
    ask(model, format!("Drop the changes to the {phrase}"), lines, Decision::DropText)
}

/// Rejected rows are read again: what is loaded by that stays.
pub fn retry_rejects(model: &mut Model) -> Vec<Cmd> {
    let rejected = model.job.as_ref().map_or(0, |job| job.job().progress.rows_rejected);
    if rejected == 0 {
        model.say("no row is rejected, so there is nothing to read again");
        return Vec::new();
    }
    let refused = model.job.as_ref().and_then(|job| job.refusal("rejects retry"));
    if let Some(reason) = refused.map(ToString::to_string) {
        model.say(reason);
        return Vec::new();
    }
    let title = format!("Read {} again", figures::counted(rejected, "rejected row"));
    let lines = vec![
        format!(
            "They are read from the source by their keys, as they are now, and go to {}.",
            target_text(model)
        ),
        "What fits is loaded once; the others stay rejected.".to_owned(),
    ];
    ask_by_target(model, title, lines, Decision::Act(Action::RetryRejects { table: None }))
}

pub fn start(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let view = job.job();
    if !view.planned {
        model.say("the plan is not ready yet; the engine is looking at both databases");
        return Vec::new();
    }
    if view.blocks > 0 {
        let text = format!(
            "{} the start; each says what to do about it",
            if view.blocks == 1 {
                "1 finding blocks".to_owned()
            } else {
                format!("{} findings block", view.blocks)
            }
        );
        model.say(text);
        return Vec::new();
    }
    if !view.production {
        return steer::act(model, Action::Start, "start");
    }
    let warnings: Vec<String> = job
        .plan
        .plan
        .iter()
        .flat_map(|plan| plan.findings.iter())
        .filter(|f| f.severity == "warn")
        .take(5)
        .map(|f| format!("warn {}: {}", f.topic, f.message))
        .collect();
    let mut lines = vec![format!("Rows will be written to {}.", target_text(model))];
    lines.extend(warnings);
    let title = format!("START {}", model.job.as_ref().map_or("", |j| &j.name));
    ask_name(model, title, lines, Decision::Act(Action::Start), false)
}

pub fn retry_all(model: &mut Model) -> Vec<Cmd> {
    let (chunks, steps) = failed::chosen_marked(model);
    if !chunks.is_empty() || !steps.is_empty() {
        return steer::retry(model, chunks, steps, false);
    }
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let progress = &job.job().progress;
    if progress.chunks_failed == 0 && progress.steps_failed == 0 {
        model.say("nothing has failed, so there is nothing to run again");
        return Vec::new();
    }
    steer::retry(model, Vec::new(), Vec::new(), true)
}

/// Plain re-run asks y also on production: it takes nothing away.
pub fn retry(model: &mut Model, chunks: Vec<u32>, steps: Vec<u32>) -> Vec<Cmd> {
    let what = what_of(model, chunks.len(), steps.len());
    let title = format!("Re-run {what} on {}?", target_text(model));
    ask(model, title, Vec::new(), Decision::Act(Action::Retry { chunks, steps }))
}

fn what_of(model: &Model, chunks: usize, steps: usize) -> String {
    if chunks == 0 && steps == 0 {
        let p = model.job.as_ref().map(|j| j.job().progress.clone()).unwrap_or_default();
        return what_counted(u64::from(p.chunks_failed), u64::from(p.steps_failed));
    }
    what_counted(chunks as u64, steps as u64)
}

fn what_counted(chunks: u64, steps: u64) -> String {
    match (chunks, steps) {
        (chunks, 0) => figures::counted(chunks, "failed chunk"),
        (0, steps) => figures::counted(steps, "failed step"),
        (chunks, steps) => format!(
            "{} and {}",
            figures::counted(chunks, "failed chunk"),
            figures::counted(steps, "failed step")
        ),
    }
}

/// T3 with a reason; one chunk on a target that is not production asks y.
pub fn skip(model: &mut Model, chunks: Vec<u32>) -> Vec<Cmd> {
    if chunks.is_empty() {
        model.say("nothing here has failed; only failed chunks can be skipped");
        return Vec::new();
    }
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let known = job.failed.chunks.iter().chain(&job.table.chunks);
    let mut rows = 0;
    let mut tables: Vec<String> = Vec::new();
    let mut counted = Vec::new();
    for chunk in known.filter(|c| chunks.contains(&c.id)) {
        if !counted.contains(&chunk.id) {
            counted.push(chunk.id);
            rows += chunk.rows;
            if !tables.contains(&chunk.table_name) {
                tables.push(chunk.table_name.clone());
            }
        }
    }
    let skipped = u64::from(job.job().progress.chunks_skipped) + chunks.len() as u64;
    let of = if tables.len() == 1 {
        tables.remove(0)
    } else {
        figures::counted(tables.len() as u64, "table")
    };
    let count = figures::counted(chunks.len() as u64, "chunk");
    let rows =
        if rows == 0 { "Their".to_owned() } else { format!("About {}", figures::grouped(rows)) };
    let mut lines = vec![
        format!("{rows} rows will NOT be copied to {}.", target_text(model)),
        format!("The job will end as COMPLETED with {skipped} skipped, exit code 3."),
        "You can take it back until the job ends: mark them again and press R.".to_owned(),
    ];
    if chunks.len() == 1 && !job.job().production {
        let title = format!("Skip {count} of {of}: {}", lines[0]);
        return ask(model, title, lines.split_off(1), Decision::Skip { chunks });
    }
    let title = format!("SKIP {} of {of}", count.to_uppercase());
    ask_name(model, title, lines, Decision::Skip { chunks }, true)
}

pub fn stop(model: &mut Model) -> Vec<Cmd> {
    let title = "Stop the job and its engine?".to_owned();
    let lines = vec![
        "Chunks under way are finished first. Nothing copied is lost; r starts it again."
            .to_owned(),
        "The snapshot of the source is given up: later rows come from a new one.".to_owned(),
    ];
    ask_by_target(model, title, lines, Decision::Act(Action::Stop { now: false }))
}

pub fn stop_now(model: &mut Model) -> Vec<Cmd> {
    let lines = vec![
        "Chunks under way are rolled back and given back; they are copied again later.".to_owned(),
        "Everything finished is safe. r starts the job again.".to_owned(),
    ];
    let title = "STOP NOW".to_owned();
    ask_name(model, title, lines, Decision::Act(Action::Stop { now: true }), false)
}

pub fn drain_now(model: &mut Model) -> Vec<Cmd> {
    let draining = model.job.as_ref().map_or(0, |j| j.job().threads.draining);
    if draining == 0 {
        model.say("no thread is draining");
        return Vec::new();
    }
    let held = figures::counted(u64::from(draining), "chunk");
    let title = format!("Give {held} back instead of finishing?");
    ask_by_target(model, title, Vec::new(), Decision::Act(Action::DrainNow))
}

pub fn reload(model: &mut Model) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let table = job.table.table;
    let name = job.shot.tables.get(table as usize).map_or("", |t| &t.name);
    let title = format!("EMPTY AND RELOAD {name}");
    let lines = vec![
        format!("Every row of this table on {} is deleted,", target_text(model)),
        "and all of its chunks are copied again.".to_owned(),
    ];
    ask_name(model, title, lines, Decision::Act(Action::Reload { table }), false)
}

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    if key == Key::Esc {
        prompt::drop_overlay(model);
        model.say("no; nothing was changed");
        return Vec::new();
    }
    let now = model.now.mono_ms;
    let Some(Overlay::Question(question)) = &mut model.overlay else {
        return Vec::new();
    };
    if !question.accepts(now) {
        return Vec::new();
    }
    if question.field.is_some() {
        return press_named(model, key);
    }
    match key {
        Key::Char('y') => decide(model),
        Key::Char('n') => {
            model.overlay = None;
            model.say("no; nothing was changed");
            Vec::new()
        }
        _ => {
            question.remark = "y = yes, n or Esc = no; other keys are ignored".to_owned();
            Vec::new()
        }
    }
}

fn press_named(model: &mut Model, key: Key) -> Vec<Cmd> {
    let Some(Overlay::Question(question)) = &mut model.overlay else {
        return Vec::new();
    };
    match key {
        Key::Tab | Key::BackTab | Key::Up | Key::Down if question.reason.is_some() => {
            question.in_reason = !question.in_reason;
        }
        Key::Enter if question.in_reason => question.in_reason = false,
        Key::Enter => {
            let typed = question.field.as_ref().map_or("", Field::text).trim();
            if Some(typed) == question.name.as_deref() {
                return decide(model);
            }
            question.remark = if typed.is_empty() {
                "Enter works only when the name is typed".to_owned()
            } else {
                "that is not its name; nothing was changed".to_owned()
            };
            // The next try begins afresh.
            question.field = Some(Field::default());
        }
        key => {
            question.remark.clear();
            if let Some(field) = question.active_field() {
                field.key(key);
            }
        }
    }
    Vec::new()
}

fn decide(model: &mut Model) -> Vec<Cmd> {
    let Some(Overlay::Question(question)) = model.overlay.take() else {
        return Vec::new();
    };
    let action = match question.decision {
        Decision::Act(action) => action,
        Decision::DropText => return wizard::drop_text(model),
        Decision::Wizard(step) => return wizard::decided(model, &step),
        Decision::Skip { chunks } => {
            let reason = question.reason.as_ref().map_or("", Field::text).trim().to_owned();
            Action::Skip { chunks, reason }
        }
    };
    let what = match &action {
        Action::Retry { chunks, steps } => {
            format!("re-run {}", what_of(model, chunks.len(), steps.len()))
        }
        Action::Skip { chunks, .. } => {
            format!("skip {}", figures::counted(chunks.len() as u64, "chunk"))
        }
        other => other.verb().replace('_', " "),
    };
    let cmds = steer::act(model, action, &what);
    if let (Some(job), false) = (&mut model.job, cmds.is_empty()) {
        job.marked.clear();
        job.marked_steps.clear();
    }
    cmds
}
