//! What changes the job: sliders, pause, resume, stop, re-run, skip. Actions are absolute, carry a
//! number, and show `...` until the engine has answered.

use super::{go, jobs, prompt, question};
use crate::console::commands::{Do, Place};
use crate::console::figures;
use crate::console::keymap::Key;
use crate::console::model::{Attached, Model, Pending, PromptKind, Wish};
use crate::console::msg::{Cmd, Ticket};
use crate::protocol::{Action, RequestBody};

/// Presses within this time go out as one value.
pub const MERGE_MS: u64 = 150;
/// An engine that has not answered by then is said to be silent.
pub const CONFIRM_MS: u64 = 2_000;
/// Steps of `(` and `)`, in MB/s; above the last one there is no limit.
const RATE_STEPS_MB: [u64; 15] = [1, 2, 5, 10, 20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800];
const MB: u64 = 1_000_000;

/// The actions that steer, whatever screen they come from; `None`: not one of them.
pub fn perform(model: &mut Model, does: Do, key: Option<Key>) -> Option<Vec<Cmd>> {
    if model.job.is_none() {
        return match does {
            Do::Pause => Some(jobs::act(model, Action::Pause)),
            Do::Resume => Some(jobs::act(model, Action::Resume)),
            _ => None,
        };
    }
    Some(match does {
        Do::Pause => act(model, Action::Pause, "pause"),
        Do::Resume => resume(model),
        Do::ThreadsUp => slide(model, 1),
        Do::ThreadsDown => slide(model, -1),
        Do::ThreadsUp4 => slide(model, 4),
        Do::ThreadsDown4 => slide(model, -4),
        Do::ThreadsSet => {
            let digit = match key {
                Some(Key::Char(c)) if c.is_ascii_digit() => c.to_string(),
                _ => String::new(),
            };
            prompt::open(model, PromptKind::Threads, &digit)
        }
        Do::RestartWith => restart_with(model, key),
        Do::RateUp => step_rate(model, 1),
        Do::RateDown => step_rate(model, -1),
        Do::Stop => question::stop(model),
        Do::StopNow => question::stop_now(model),
        Do::DrainNow => question::drain_now(model),
        Do::Start => question::start(model),
        _ => return None,
    })
}

/// Sends an action, unless it is known that it would be refused.
pub fn act(model: &mut Model, action: Action, what: &str) -> Vec<Cmd> {
    if let Some(reason) = cannot(model, &action) {
        model.say(reason);
        return Vec::new();
    }
    let serial = model.next_serial;
    model.next_serial += 1;
    let since_ms = model.now.mono_ms;
    if let Some(job) = &mut model.job {
        let what = what.to_owned();
        job.pending.push(Pending { serial, what, since_ms, overdue: false });
    }
    model.say(format!("{what} ..."));
    vec![Cmd::Request { ticket: Ticket::Act(serial), body: RequestBody::Action { action } }]
}

/// Why an action cannot be sent now.
fn cannot(model: &Model, action: &Action) -> Option<String> {
    if model.read_only {
        return Some("[RO] this console may only look".to_owned());
    }
    let job = model.job.as_ref()?;
    if job.engine_is_gone() {
        return Some(format!("{} has no engine now; r starts it, nothing was sent", job.name));
    }
    if !job.is_up() {
        return Some("not connected to the engine; nothing was sent".to_owned());
    }
    job.refusal(action.verb()).map(ToOwned::to_owned)
}

fn resume(model: &mut Model) -> Vec<Cmd> {
    let gone = model.job.as_ref().is_some_and(|j| j.engine_is_gone());
    if gone { restart(model, None) } else { act(model, Action::Resume, "resume") }
}

fn restart_with(model: &mut Model, key: Option<Key>) -> Vec<Cmd> {
    match key {
        Some(Key::Char(c)) => restart(model, c.to_digit(10)),
        _ => Vec::new(),
    }
}

/// Starts an engine for a job that has none; it then goes on where the old one was.
fn restart(model: &mut Model, threads: Option<u32>) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    if !job.engine_is_gone() {
        model.say("the engine may still be there; trying to reach it");
        return Vec::new();
    }
    job.then.clear();
    if let Some(want) = threads {
        job.then.push(Action::Threads { want });
    }
    if job.shot.job.state != "COMPLETED" && job.shot.job.state != "DEFINING" {
        job.then.push(Action::Resume);
    }
    job.lost.restarting = true;
    job.link = crate::console::model::Link::Connecting { since_ms: now };
    let name = job.name.clone();
    model.say(format!("starting an engine for {name} ..."));
    vec![Cmd::Attach { job: name }]
}

/// Moves the slider by so many threads from where it shows.
fn slide(model: &mut Model, by: i64) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let want = i64::from(job.threads_want().0) + by;
    let max = i64::from(job.job().threads.max);
    // A big step stops at the ends; only a step that would change nothing is refused.
    let at_end =
        (by > 0 && i64::from(job.threads_want().0) >= max) || (by < 0 && job.threads_want().0 <= 1);
    let value = if at_end { want } else { want.clamp(1, if max < 1 { 1 } else { max }) };
    wish_threads(model, value, MERGE_MS)
}

/// Asks for a number of threads; over the maximum and 0 are refused with a sentence.
pub fn wish_threads(model: &mut Model, value: i64, wait_ms: u64) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &model.job else {
        return Vec::new();
    };
    if let Some(refusal) = refuse_threads(job, value) {
        model.say(refusal);
        return Vec::new();
    }
    let action = wished(job, 1);
    if let Some(reason) = cannot(model, &action) {
        model.say(reason);
        return Vec::new();
    }
    if let (Some(job), Ok(value)) = (&mut model.job, u32::try_from(value)) {
        job.threads_wish = Some(Wish { value, due_ms: now + wait_ms, serial: None });
        let what = if job.slides_indexes() { "index workers" } else { "threads" };
        let text = format!("{what}: {value} asked for ...");
        model.say(text);
    }
    if wait_ms == 0 { send_wishes(model) } else { Vec::new() }
}

/// The action behind the slider, with a value in it.
fn wished(job: &Attached, want: u32) -> Action {
    if job.slides_indexes() { Action::IndexWorkers { want } } else { Action::Threads { want } }
}

fn refuse_threads(job: &Attached, value: i64) -> Option<String> {
    let threads = &job.job().threads;
    if value < 1 {
        return Some("0 would stop the copy but not the job. Press p to pause.".to_owned());
    }
    if value > i64::from(threads.max) {
        let why = threads.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        return Some(format!("Max is {}{why}. :threads max {value} raises it.", threads.max));
    }
    None
}

fn step_rate(model: &mut Model, by: i64) -> Vec<Cmd> {
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let limit = job.rate_limit().0;
    let next = next_rate(limit, by);
    if next == limit {
        model.say(match limit {
            None => "there is no rate limit; ( sets one".to_owned(),
            Some(_) => "this is the lowest step; :rate 500 kB/s sets any rate".to_owned(),
        });
        return Vec::new();
    }
    wish_rate(model, next, MERGE_MS)
}

/// The neighbour of a limit on the scale; `None` lies above its end.
fn next_rate(limit: Option<u64>, by: i64) -> Option<u64> {
    let steps = RATE_STEPS_MB.map(|mb| mb * MB);
    match limit {
        None if by > 0 => None,
        None => Some(steps[steps.len() - 1]),
        Some(now) if by > 0 => steps.into_iter().find(|s| *s > now),
        Some(now) => steps.into_iter().rev().find(|s| *s < now).or(Some(now)),
    }
}

pub fn wish_rate(model: &mut Model, value: Option<u64>, wait_ms: u64) -> Vec<Cmd> {
    if let Some(reason) = cannot(model, &Action::Rate { bytes: value }) {
        model.say(reason);
        return Vec::new();
    }
    let now = model.now.mono_ms;
    if let Some(job) = &mut model.job {
        job.rate_wish = Some(Wish { value, due_ms: now + wait_ms, serial: None });
    }
    let text = value.map_or("no limit".to_owned(), |v| {
        format!("{} for all threads together", figures::rate(v))
    });
    model.say(format!("rate: {text} ..."));
    if wait_ms == 0 { send_wishes(model) } else { Vec::new() }
}

/// Sends what was pressed and is due.
pub fn send_wishes(model: &mut Model) -> Vec<Cmd> {
    let now = model.now.mono_ms;
    let Some(job) = &model.job else {
        return Vec::new();
    };
    let threads = job.threads_wish.filter(|w| w.serial.is_none() && now >= w.due_ms);
    let rate = job.rate_wish.filter(|w| w.serial.is_none() && now >= w.due_ms);
    let threads_action = threads.map(|w| wished(job, w.value));
    let mut cmds = Vec::new();
    if let (Some(wish), Some(action)) = (threads, threads_action) {
        let said = model.status.text.trim_end_matches(" ...").to_owned();
        let serial = model.next_serial;
        let sent = act(model, action, &said);
        if let Some(job) = &mut model.job {
            let serial = (!sent.is_empty()).then_some(serial);
            job.threads_wish = serial.map(|s| Wish { serial: Some(s), ..wish });
        }
        cmds.extend(sent);
    }
    if let Some(wish) = rate {
        let said = model.status.text.trim_end_matches(" ...").to_owned();
        let serial = model.next_serial;
        let sent = act(model, Action::Rate { bytes: wish.value }, &said);
        if let Some(job) = &mut model.job {
            let serial = (!sent.is_empty()).then_some(serial);
            job.rate_wish = serial.map(|s| Wish { serial: Some(s), ..wish });
        }
        cmds.extend(sent);
    }
    cmds
}

/// Says of actions without an answer that there is none yet. They are not repeated by themselves.
pub fn mark_overdue(model: &mut Model) {
    let now = model.now.mono_ms;
    let Some(job) = &mut model.job else {
        return;
    };
    let mut late = None;
    for pending in &mut job.pending {
        if !pending.overdue && now.saturating_sub(pending.since_ms) >= CONFIRM_MS {
            pending.overdue = true;
            late = Some(pending.what.clone());
        }
    }
    if let Some(what) = late {
        model.say(format!("{what}: not confirmed by the engine"));
    }
}

/// The engine's answer to an action.
pub fn answered(model: &mut Model, serial: u64, answer: Result<String, String>) -> Vec<Cmd> {
    let Some(job) = &mut model.job else {
        return Vec::new();
    };
    let Some(at) = job.pending.iter().position(|p| p.serial == serial) else {
        return Vec::new();
    };
    let pending = job.pending.remove(at);
    if job.threads_wish.is_some_and(|w| w.serial == Some(serial)) {
        if let (Some(wish), true) = (job.threads_wish, answer.is_ok()) {
            // The next update tells the same; until then the slider must not jump back.
            if job.slides_indexes() {
                job.shot.job.threads.index_workers = wish.value;
            } else {
                job.shot.job.threads.want = wish.value;
            }
        }
        job.threads_wish = None;
    }
    if job.rate_wish.is_some_and(|w| w.serial == Some(serial)) {
        if let (Some(wish), true) = (job.rate_wish, answer.is_ok()) {
            job.shot.job.rate.limit_bytes_per_s = wish.value;
        }
        job.rate_wish = None;
    }
    job.failed.due_ms = 0;
    job.table.due_ms = Some(model.now.mono_ms);
    match answer {
        Ok(message) => {
            let text = if message.is_empty() { pending.what.clone() } else { message };
            // What one key did, one key takes back.
            let undo = if pending.what == "pause" { "; r goes on" } else { "" };
            model.say(format!("{text}{undo}"));
        }
        Err(message) => model.say(format!("{}: {message}", pending.what)),
    }
    Vec::new()
}

/// Runs failed chunks and steps again: what is marked, else what is under the cursor.
pub fn retry(model: &mut Model, chunks: Vec<u32>, steps: Vec<u32>, all: bool) -> Vec<Cmd> {
    let count = chunks.len() + steps.len();
    if count == 0 && !all {
        model.say("nothing here has failed, so there is nothing to run again");
        return Vec::new();
    }
    if count == 1 && !all {
        return act(model, Action::Retry { chunks, steps }, "re-run 1");
    }
    question::retry(model, chunks, steps)
}

/// After a restart or a first attach: what was to be done once an engine answers.
pub fn send_then(model: &mut Model) -> Vec<Cmd> {
    let then = model.job.as_mut().map(|job| std::mem::take(&mut job.then)).unwrap_or_default();
    let mut cmds = Vec::new();
    for action in then {
        let what = format!("engine started, {}", action.verb());
        cmds.extend(act(model, action, &what));
    }
    cmds
}

/// Begins to attach to a job, or comes back to the one that is attached.
pub fn attach(model: &mut Model, name: &str) -> Vec<Cmd> {
    if model.job.as_ref().is_some_and(|j| j.name == name) {
        return go(model, Place::Run);
    }
    model.job = Some(Box::new(Attached::new(name.to_owned(), model.now.mono_ms)));
    model.screens.truncate(1);
    model.screens[0] = Place::Jobs;
    model.screens.push(Place::Run);
    model.say(format!("attaching to {name} ..."));
    vec![Cmd::Attach { job: name.to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_scale_goes_down_and_up_again_to_where_it_was() {
        assert_eq!(next_rate(None, 1), None);
        assert_eq!(next_rate(None, -1), Some(800 * MB));
        assert_eq!(next_rate(Some(800 * MB), 1), None);
        assert_eq!(next_rate(Some(37 * MB), 1), Some(40 * MB));
        assert_eq!(next_rate(Some(37 * MB), -1), Some(20 * MB));
        assert_eq!(next_rate(Some(MB), -1), Some(MB));
    }
}
