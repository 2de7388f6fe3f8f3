//! Page 1: what to do, and where the two ends are.

use super::{ask, free_name, leave, next_page};
use crate::config::{FileEnd, FileKind};
use crate::console::commands::{Do, Place};
use crate::console::keymap::Key;
use crate::console::model::Model;
use crate::console::model::wizard::{
    Address, Asked, Connect, End, Engine, FROM_ASK, Outcome, Part, TASK_SCRIPT, TASK_VERIFY, TASKS,
    Tested, What,
};
use crate::console::msg::Cmd;
use crate::core::name::JobName;
use crate::protocol::survey::{SurveyAnswer, SurveyNews, SurveyRequest};

/// The page is opened.
pub fn enter(model: &mut Model) -> Vec<Cmd> {
    model.dirty = true;
    Vec::new()
}

/// A key that goes into a field; `None`: it is no such key.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    let page = page(model)?;
    if !page.form.in_text() {
        return None;
    }
    let from = page.form.focused();
    let outcome = page.form.type_key(key)?;
    Some(moved(model, from, outcome))
}

pub fn perform(model: &mut Model, does: Do) -> Vec<Cmd> {
    if does == Do::Test {
        return test(model);
    }
    let Some(page) = page(model) else {
        return Vec::new();
    };
    let from = page.form.focused();
    match page.form.perform(does) {
        Some(outcome) => moved(model, from, outcome),
        None => Vec::new(),
    }
}

/// A paste; `None`: no field has the focus.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    let page = page(model)?;
    let part = page.form.focused()?;
    let outcome = page.form.paste(text)?;
    let mut cmds = after(model, outcome);
    cmds.extend(take_apart(model, part));
    Some(cmds)
}

fn page(model: &mut Model) -> Option<&mut Connect> {
    model.wizard.as_mut().map(|wizard| &mut wizard.connect)
}

/// After a key: a URL that was typed into a field is taken apart when the focus leaves it.
fn moved(model: &mut Model, from: Option<Part>, outcome: Outcome<Part>) -> Vec<Cmd> {
    let mut cmds = after(model, outcome);
    let now = page(model).and_then(|page| page.form.focused());
    if let Some(part) = from.filter(|_| from != now) {
        cmds.extend(take_apart(model, part));
    }
    cmds
}

fn after(model: &mut Model, outcome: Outcome<Part>) -> Vec<Cmd> {
    model.dirty = true;
    match outcome {
        Outcome::Kept => Vec::new(),
        Outcome::Changed(part) => {
            changed(model, part);
            Vec::new()
        }
        Outcome::Pressed(Part::Cancel) => leave(model),
        Outcome::Pressed(Part::Test) => test(model),
        Outcome::Pressed(Part::Next) => next_page(model),
        Outcome::Pressed(_) => Vec::new(),
    }
}

/// A URL in the host's field, or before a file's path.
fn take_apart(model: &mut Model, part: Part) -> Vec<Cmd> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    let (Part::Host(end) | Part::Path(end)) = part else {
        return Vec::new();
    };
    let text = page.form.text(part).to_owned();
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme.trim());
    let known = ["postgres", "postgresql", "mysql", "mariadb", "sqlite", "sqlite3"];
    if !known.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Vec::new();
    }
    let (address, password) = Address::read(&text);
    page.put(end, &address);
    let mut told = format!("the URL was taken apart: {}", address.engine.name());
    if address.engine == Engine::Url {
        "this URL has more to it than fields; it is kept whole".clone_into(&mut told);
    }
    if !password.is_empty() {
        page.form.choose(Part::From(end), FROM_ASK);
        page.arrange(end);
        page.form.set_password(Part::Password(end), password);
        told.push_str("; its password is kept nowhere but here");
    }
    let next = if address.engine == Engine::Sqlite { Part::Path(end) } else { Part::Database(end) };
    page.form.focus_on(next);
    keep(model, end);
    model.say(told);
    Vec::new()
}

/// A control has another value.
fn changed(model: &mut Model, part: Part) {
    match part {
        Part::Task => task(model),
        Part::Name => name(model),
        Part::Saved(end) => {
            if let Some(page) = page(model) {
                if let Some(at) = page.form.chosen(Part::Saved(end)).checked_sub(1) {
                    page.show_connection(end, at);
                }
                page.arrange(end);
            }
            keep(model, end);
        }
        Part::Engine(end) | Part::From(end) => {
            if let Some(page) = page(model) {
                page.arrange(end);
            }
            keep(model, end);
        }
        Part::Path(end)
        | Part::Host(end)
        | Part::Port(end)
        | Part::Database(end)
        | Part::User(end)
        | Part::Tls(end)
        | Part::Label(end)
        | Part::Production(end) => keep(model, end),
        Part::Password(end) => forget_test(model, end),
        Part::Cancel | Part::Test | Part::Next => {}
    }
}

fn task(model: &mut Model) {
    let Some(wizard) = &mut model.wizard else {
        return;
    };
    let task = wizard.connect.form.chosen(Part::Task);
    if task > TASK_SCRIPT {
        let text =
            format!("{} comes later; this build copies, verifies and writes DDL", TASKS[task]);
        model.say(text);
        return;
    }
    wizard.draft.keys_mut().kind = match task {
        TASK_VERIFY => Some(FileKind::Verify),
        TASK_SCRIPT => Some(FileKind::Script),
        _ => None,
    };
    model.status.text.clear();
}

/// The draft follows a name that can be and is free; else it stays under the name it has.
fn name(model: &mut Model) {
    let Some(wizard) = &mut model.wizard else {
        return;
    };
    wizard.connect.named = true;
    let name = wizard.connect.form.text(Part::Name).trim().to_owned();
    match lawful(model, &name) {
        Ok(()) => {
            if let Some(wizard) = &mut model.wizard {
                wizard.draft.rename(&name);
            }
            model.status.text.clear();
        }
        Err(sentence) => model.say(sentence),
    }
}

fn lawful(model: &Model, name: &str) -> Result<(), String> {
    JobName::parse(name)?;
    let own = model.wizard.as_ref().and_then(|w| w.saved.as_ref()).map(|(_, name)| name.as_str());
    let taken = model.jobs.rows.iter().find(|row| row.view.name == name && own != Some(name));
    match taken {
        Some(row) if row.draft => Err(format!("there is a draft {name} already")),
        Some(_) => Err(format!("there is a job {name} already")),
        None => Ok(()),
    }
}

/// What the fields say of an end into the draft.
fn keep(model: &mut Model, end: End) {
    forget_test(model, end);
    let Some(wizard) = &mut model.wizard else {
        return;
    };
    let page = &wizard.connect;
    if page.is_private(end) {
        return;
    }
    let url = page.url(end);
    let own = page.saved(end).is_none();
    let label = page.form.text(Part::Label(end)).trim().to_owned();
    let asks = own && page.form.is_shown(Part::Password(end));
    let told = match own {
        true => FileEnd {
            label: (!label.is_empty()).then_some(label),
            production: page.form.ticked(Part::Production(end)).then_some(true),
            ask_password: asks.then_some(true),
        },
        // The connection says it.
        false => FileEnd::default(),
    };
    let keys = wizard.draft.keys();
    let (old_url, old_told) = match end {
        End::Source => (&keys.from, &keys.source),
        End::Target => (&keys.to, &keys.target),
    };
    if old_url.as_deref() != Some(&url) || *old_told != told {
        let keys = wizard.draft.keys_mut();
        match end {
            End::Source => (keys.from, keys.source) = (Some(url), told),
            End::Target => (keys.to, keys.target) = (Some(url), told),
        }
    }
    if end == End::Source {
        suggest(model);
    }
}

/// A name from the source's database and the day, until one is typed.
fn suggest(model: &mut Model) {
    let Some(wizard) = &model.wizard else {
        return;
    };
    if wizard.connect.named {
        return;
    }
    let stem = wizard.connect.address(End::Source).stem();
    let name = free_name(model, &stem);
    if let Some(wizard) = &mut model.wizard {
        wizard.connect.form.set_text(Part::Name, &name);
        wizard.draft.rename(&name);
    }
}

fn forget_test(model: &mut Model, end: End) {
    if let Some(page) = page(model) {
        page.tests[end as usize] = Tested::No;
    }
}

/// The focus on a password that has to be typed.
pub fn focus_password(model: &mut Model, end: End) {
    if let Some(page) = page(model) {
        page.form.focus_on(Part::Password(end));
    }
}

/// Is all there that the next pages need?
///
/// # Errors
/// What is missing; the focus is on it.
pub fn complete(model: &mut Model) -> Result<(), String> {
    let name = model.wizard.as_ref().map_or("", |w| w.connect.form.text(Part::Name)).to_owned();
    let named = lawful(model, name.trim());
    for end in End::BOTH {
        if page(model).is_some_and(|page| page.is_private(end)) {
            take_apart(model, Part::Host(end));
            take_apart(model, Part::Path(end));
        }
    }
    let Some(page) = page(model) else {
        return Ok(());
    };
    let task = page.form.chosen(Part::Task);
    if task > TASK_SCRIPT {
        page.form.focus_on(Part::Task);
        return Err(format!("{} comes later; choose another thing to do", TASKS[task]));
    }
    if let Err(sentence) = named {
        page.form.focus_on(Part::Name);
        return Err(sentence);
    }
    for end in End::BOTH {
        if page.is_private(end) {
            page.form.focus_on(Part::Path(end));
            let end = end.word();
            return Err(format!("the URL of the {end} names a password, and no file may keep it"));
        }
        let missing = page.address(end).missing();
        if page.saved(end).is_none() && !missing.is_empty() {
            page.form.focus_on(Part::Path(end));
            return Err(format!("{missing} of the {} is missing", end.word()));
        }
    }
    if let Some(end) = page.lacks_password() {
        page.form.focus_on(Part::Password(end));
        return Err(format!("the password of the {} is to be typed", end.word()));
    }
    if page.url(End::Source) == page.url(End::Target) {
        page.form.focus_on(Part::Engine(End::Target));
        return Err("source and target are the same database".to_owned());
    }
    // Ends that were left as they first stood are kept as well.
    keep_both(model);
    Ok(())
}

fn keep_both(model: &mut Model) {
    let tests = page(model).map(|page| page.tests.clone());
    End::BOTH.into_iter().for_each(|end| keep(model, end));
    if let (Some(page), Some(tests)) = (page(model), tests) {
        page.tests = tests;
    }
}

/// Connects to both ends and leaves again.
fn test(model: &mut Model) -> Vec<Cmd> {
    keep_both(model);
    let mut cmds = Vec::new();
    for end in End::BOTH {
        let Some(wizard) = &mut model.wizard else {
            return cmds;
        };
        let page = &mut wizard.connect;
        let missing = page.address(end).missing();
        if page.saved(end).is_none() && !missing.is_empty() {
            let what = format!("{missing} is missing");
            page.tests[end as usize] = Tested::Failed { what, hint: None };
            continue;
        }
        page.tests[end as usize] = Tested::Running("connecting".to_owned());
        let is_target = end == End::Target;
        let request = SurveyRequest::Probe { end: wizard.end(end), is_target };
        cmds.extend(ask(model, Place::Connect, What::Probe { is_target }, request));
    }
    model.status.text.clear();
    cmds
}

/// What the survey says of a test.
pub fn news(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    let What::Probe { is_target } = asked.what else {
        return Vec::new();
    };
    let tested = match news {
        SurveyNews::Progress { text } => Tested::Running(text),
        SurveyNews::Answer { answer: SurveyAnswer::Probe(view) } => Tested::Ok(view),
        SurveyNews::Failed { what, hint } => Tested::Failed { what, hint },
        SurveyNews::Answer { .. } | SurveyNews::Counted { .. } => Tested::No,
    };
    if let Some(page) = page(model) {
        page.tests[usize::from(is_target)] = tested;
    }
    Vec::new()
}
