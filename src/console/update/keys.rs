//! From a key to what it does: first what is fixed, then the box on top, then the table.

use super::{
    close, copying, failed, go, help, history, jobs, log, palette, plan, prompt, question, reader,
    refit, rejects, run, steer, table, verify, wizard,
};
use crate::console::commands::{Action, Do, Place};
use crate::console::keymap::{Key, owner};
use crate::console::model::{Model, Overlay};
use crate::console::msg::Cmd;

/// Two Ctrl-C within this time leave the console.
pub const CANCEL_TWICE_MS: u64 = 1_000;

pub fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    match key {
        Key::Ctrl('c') => return cancel(model),
        Key::Ctrl('z') => return vec![Cmd::Suspend],
        _ => model.cancelled_ms = None,
    }
    let means = model.keymap.action(model.place(), key);
    // A broken picture is painted anew whatever lies over the screen.
    if means.is_some_and(|action| action.does == Do::Repaint) && !matches!(key, Key::Char(_)) {
        return vec![Cmd::Repaint];
    }
    if model.frozen {
        model.frozen = false;
        model.say("the picture moves again");
        return Vec::new();
    }
    match model.overlay {
        Some(Overlay::Help(_)) => help::press(model, key),
        Some(Overlay::Palette(_)) => palette::press(model, key),
        Some(Overlay::Question(_)) => question::press(model, key),
        Some(Overlay::Reader(_)) => reader::press(model, key),
        Some(Overlay::Prompt(_)) => prompt::press(model, key),
        None => match (wizard::press(model, key), means) {
            (Some(cmds), _) => cmds,
            (None, Some(action)) => perform(model, action.does, Some(key)),
            (None, None) => {
                unbound(model, key);
                Vec::new()
            }
        },
    }
}

/// Does what an action of the table says, from a key, the palette or the help list.
pub fn perform(model: &mut Model, does: Do, key: Option<Key>) -> Vec<Cmd> {
    let action = Action::of(does);
    if action.changes() && model.read_only {
        model.say(format!("[RO] this console may only look: {} was not done", action.title));
        return Vec::new();
    }
    if let Some(cmds) = wizard::before(model, does) {
        return cmds;
    }
    if let Some(cmds) = everywhere(model, does) {
        return cmds;
    }
    if let Some(cmds) = steer::perform(model, does, key) {
        return cmds;
    }
    match model.place() {
        Place::Jobs => jobs::perform(model, does),
        Place::Plan => plan::perform(model, does),
        Place::Run => run::perform(model, does),
        Place::Table => table::perform(model, does),
        Place::Failed => failed::perform(model, does),
        Place::Rejects => rejects::perform(model, does),
        Place::Log => log::perform(model, does),
        Place::History => history::perform(model, does),
        Place::Verify => verify::perform(model, does),
        Place::Connect | Place::Pick | Place::Options | Place::Preflight | Place::Editor => {
            wizard::perform(model, does, key)
        }
        Place::Lost => lost(model, does),
    }
}

/// As help and palette do it, without a key.
#[cfg(test)]
pub fn perform_by_table(model: &mut Model, does: Do) -> Vec<Cmd> {
    perform(model, does, None)
}

/// What means the same on every screen.
fn everywhere(model: &mut Model, does: Do) -> Option<Vec<Cmd>> {
    Some(match does {
        Do::Help => help::open(model),
        Do::Command => palette::open(model),
        Do::Leave => vec![Cmd::Leave],
        Do::Close => close(model),
        Do::Cancel => cancel(model),
        Do::Suspend => vec![Cmd::Suspend],
        Do::Repaint => vec![Cmd::Repaint],
        Do::Freeze => {
            model.frozen = true;
            model.say("frozen, any key goes on; the job does not notice");
            Vec::new()
        }
        Do::Zoom => {
            model.zoomed = !model.zoomed;
            refit(model);
            Vec::new()
        }
        Do::ReadOnly => only_look(model),
        Do::Doctor => ask_shell(model, &["doctor"]),
        Do::Report => {
            let job = model.job.as_ref().map(|job| job.name.clone()).unwrap_or_default();
            ask_shell(model, &["report", &job])
        }
        Do::Jobs => go(model, Place::Jobs),
        Do::Back => back(model),
        Do::Copy => copying::copy(model, copying::Extent::Message),
        Do::CopyAll => copying::copy(model, copying::Extent::All),
        Do::Write => copying::write(model),
        Do::Log | Do::History | Do::Verify | Do::Run | Do::Failed | Do::Rejects => {
            return side_screens(model, does);
        }
        _ => return None,
    })
}

fn side_screens(model: &mut Model, does: Do) -> Option<Vec<Cmd>> {
    // Without a job it is the jobs list, which attaches first.
    model.job.as_ref()?;
    if model.place() == Place::Lost && does == Do::Run {
        if let Some(job) = &mut model.job {
            job.lost.dismissed = true;
        }
        model.say("this is the last picture; r restarts the engine");
        return Some(Vec::new());
    }
    Some(match does {
        Do::Log => log::open(model),
        Do::History => history::open(model),
        Do::Verify => verify::open(model),
        Do::Failed => failed::open(model),
        Do::Rejects => rejects::open(model),
        _ => go(model, Place::Run),
    })
}

/// Esc: closes, clears, goes up one; never leaves the program.
fn back(model: &mut Model) -> Vec<Cmd> {
    if model.zoomed {
        return close(model);
    }
    if clear_filter(model) {
        model.say("filter cleared");
        return Vec::new();
    }
    if model.screens.len() > 1 {
        return close(model);
    }
    model.say("this is the top screen; q leaves, the job goes on");
    Vec::new()
}

fn clear_filter(model: &mut Model) -> bool {
    if prompt::filter_of(model).is_empty() {
        return false;
    }
    prompt::set_filter(model, "");
    true
}

/// Ctrl-C: like Esc, and twice in a second leaves.
fn cancel(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    if model.cancelled_ms.is_some_and(|at| now.saturating_sub(at) <= CANCEL_TWICE_MS) {
        return vec![Cmd::Leave];
    }
    model.cancelled_ms = Some(now);
    model.frozen = false;
    if model.overlay.is_some() {
        prompt::drop_overlay(model);
    } else {
        clear_filter(model);
    }
    model.say("Ctrl-C again to leave; the job goes on");
    Vec::new()
}

fn lost(model: &mut Model, does: Do) -> Vec<Cmd> {
    if matches!(does, Do::Open) {
        return side_screens(model, Do::Run).unwrap_or_default();
    }
    Vec::new()
}

/// Every key is answered, also one that means nothing here.
fn unbound(model: &mut Model, key: Key) {
    let skips = Action::of(Do::Skip).at(model.place());
    let text = match (key, owner(key)) {
        (Key::Char('d' | 'D'), _) | (Key::Delete | Key::Backspace, _) if skips => {
            ". Skip is {skip}, re-run is {retry}.".to_owned()
        }
        (Key::Char('u' | 'U'), _) => {
            ". What a key did, its counter-key takes back; see {help}.".to_owned()
        }
        (_, Some(owner)) => format!(": it is {owner}; {{help}} lists the keys"),
        (_, None) => "; {help} lists the keys".to_owned(),
    };
    let text = format!("{key} is not used here{}", model.keymap.fill(&text));
    model.say(text);
}

/// What another command of this program prints.
fn ask_shell(model: &mut Model, words: &[&str]) -> Vec<Cmd> {
    model.say(format!("{} ...", words.join(" ")));
    vec![Cmd::Shell { words: words.iter().map(|word| (*word).to_owned()).collect() }]
}

/// It has answered: a report goes to a file, the rest is shown.
pub fn shell_said(model: &mut Model, words: &[String], said: Result<String, String>) -> Vec<Cmd> {
    match (words, said) {
        (_, Err(problem)) => {
            model.say(format!("{}: {problem}", words.join(" ")));
            Vec::new()
        }
        ([verb, job], Ok(text)) if verb == "report" => {
            vec![Cmd::Write { name: format!("{job}-report"), text }]
        }
        // A box that was opened meanwhile stays.
        (_, Ok(_)) if model.overlay.is_some() => Vec::new(),
        (_, Ok(text)) => {
            model.status.text.clear();
            reader::open(model, words.join(" "), text)
        }
    }
}

/// From now on this console looks and does not act; the engine hears of it too.
fn only_look(model: &mut Model) -> Vec<Cmd> {
    if model.read_only {
        model.say("[RO] this console only looks already");
        return Vec::new();
    }
    model.read_only = true;
    model.say("[RO] this console only looks from now on; attach again to act");
    let job = model.job.as_ref().map(|job| job.name.clone());
    vec![Cmd::OnlyLook { job }]
}
