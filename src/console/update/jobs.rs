//! The jobs list.

use super::{list, prompt, steer};
use crate::console::commands::{Do, Place};
use crate::console::model::{JobRow, JobsSort, Model};
use crate::console::msg::Cmd;
use crate::protocol::Action;

/// Between two looks at the master tables.
pub const RELOAD_MS: u64 = 2_000;
pub fn loaded(model: &mut Model, jobs: Result<Vec<JobRow>, String>) {
    let on = model.jobs.selected().map(|row| row.view.name.clone());
    model.jobs.loaded = true;
    match jobs {
        Ok(rows) => {
            if model.jobs.rows != rows {
                model.dirty = true;
            }
            model.jobs.rows = rows;
            model.jobs.problem = None;
            model.jobs.sample(model.now.mono_ms);
        }
        Err(problem) => model.jobs.problem = Some(problem),
    }
    sort(model);
    keep_cursor(model, on);
}

fn sort(model: &mut Model) {
    let sort = model.jobs.sort;
    model.jobs.rows.sort_by(|a, b| {
        let (a, b) = (&a.view, &b.view);
        match sort {
            JobsSort::Newest => b.started_ms.cmp(&a.started_ms).then(a.name.cmp(&b.name)),
            JobsSort::Name => a.name.cmp(&b.name),
            JobsSort::State => a.state.cmp(&b.state).then(a.name.cmp(&b.name)),
        }
    });
}

fn keep_cursor(model: &mut Model, on: Option<String>) {
    if let Some(name) = on {
        let shown = model.jobs.shown();
        if let Some(at) = shown.iter().position(|i| model.jobs.rows[*i].view.name == name) {
            model.jobs.list.cursor = at;
        }
    }
    list::refit(model, Place::Jobs);
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if list::moved(model, Place::Jobs, does) {
        return Vec::new();
    }
    match does {
        Do::Open | Do::Run => attach(model),
        Do::Log | Do::History | Do::Failed => {
            let mut cmds = attach(model);
            if model.job.is_some() {
                cmds.extend(match does {
                    Do::Log => super::log::open(model),
                    Do::History => super::history::open(model),
                    _ => super::failed::open(model),
                });
            }
            cmds
        }
        Do::Sort => {
            let on = model.jobs.selected().map(|row| row.view.name.clone());
            model.jobs.sort = match model.jobs.sort {
                JobsSort::Newest => JobsSort::Name,
                JobsSort::Name => JobsSort::State,
                JobsSort::State => JobsSort::Newest,
            };
            sort(model);
            keep_cursor(model, on);
            Vec::new()
        }
        Do::Filter => prompt::open_filter(model),
        Do::Discard => super::wizard::ask_discard(model),
        Do::NewJob => super::wizard::new(model),
        Do::NewLike => super::wizard::new_like(model),
        _ => Vec::new(),
    }
}

fn attach(model: &mut Model) -> Vec<Cmd> {
    let Some(row) = model.jobs.selected() else {
        model.say("there is no job here; tidegate copy --from URL --to URL makes one");
        return Vec::new();
    };
    if let Some(trouble) = row.trouble.clone() {
        model.say(trouble);
        return Vec::new();
    }
    let name = row.view.name.clone();
    if row.draft {
        return super::wizard::load(model, &name);
    }
    steer::attach(model, &name)
}

/// Pause and resume of the job under the cursor, without attaching.
pub fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    let Some(row) = model.jobs.selected() else {
        model.say("there is no job here");
        return Vec::new();
    };
    let start = matches!(action, Action::Resume);
    if row.draft {
        let text = format!("{} is a draft; Enter opens it", row.view.name);
        model.say(text);
        return Vec::new();
    }
    if !row.alive && !start {
        let text = format!("{} has no engine, so there is nothing to pause", row.view.name);
        model.say(text);
        return Vec::new();
    }
    let job = row.view.name.clone();
    model.say(format!("{} {job} ...", action.verb()));
    model.jobs.load_due_ms = model.now.mono_ms + 500;
    vec![Cmd::Act { job, action, start }]
}
