//! What keys and answers change in a draft: what all pages share, and the way to the page that is
//! meant.
//!
//! A page is a module with the same functions: `enter` when it is opened, `press` for keys that go
//! into a field, `perform` for actions, `news` for what the survey says, `paste`, `refit` after the
//! window changed, and its filter.

mod connect;
mod editor;
mod options;
mod pick;
mod preflight;
mod table;

pub use preflight::estimate;

use super::question;
use super::refit as refit_all;
use crate::console::commands::{Do, Place, target_name};
use crate::console::keymap::Key;
use crate::console::model::wizard::{Asked, Draft, End, What, Wizard};
use crate::console::model::{Decision, Model, WizardStep};
use crate::console::msg::Cmd;
use crate::core::name::JobName;
use crate::protocol::survey::{SurveyNews, SurveyRequest};

/// The pages in their order.
const PAGES: [Place; 4] = [Place::Connect, Place::Pick, Place::Options, Place::Preflight];

// --- opening and leaving ------------------------------------------------------------------------

/// `n`: a new draft, named when its database is known.
pub fn new(model: &mut Model) -> Vec<Cmd> {
    if refused_read_only(model) {
        return Vec::new();
    }
    let name = free_name(model, "job");
    open(model, Draft::new(&name), false)
}

/// `N`: a draft like the job under the cursor.
pub fn new_like(model: &mut Model) -> Vec<Cmd> {
    if refused_read_only(model) {
        return Vec::new();
    }
    let Some(row) = model.jobs.selected() else {
        model.say("there is no job here; n begins a new one");
        return Vec::new();
    };
    if let Some(trouble) = row.trouble.clone() {
        model.say(trouble);
        return Vec::new();
    }
    let job = row.view.name.clone();
    let name = free_name(model, &job);
    model.say(format!("reading the definition of {job} ..."));
    vec![Cmd::LikeJob { job, name }]
}

/// Enter on a draft.
pub fn load(model: &mut Model, name: &str) -> Vec<Cmd> {
    if refused_read_only(model) {
        return Vec::new();
    }
    model.say(format!("opening the draft {name} ..."));
    vec![Cmd::LoadDraft { name: name.to_owned() }]
}

fn refused_read_only(model: &mut Model) -> bool {
    if model.read_only {
        model.say("[RO] this console may only look: no draft was opened");
    }
    model.read_only
}

/// A draft's text has come.
pub fn opened(model: &mut Model, name: &str, text: Result<String, String>) -> Vec<Cmd> {
    // Asked for, and meanwhile something else was opened.
    if model.place() != Place::Jobs || model.wizard.is_some() {
        return Vec::new();
    }
    match text.and_then(|text| Draft::parse(name, &text)) {
        Ok(draft) => open(model, draft, true),
        Err(problem) => {
            model.say(format!("{name} cannot be opened: {problem}"));
            Vec::new()
        }
    }
}

/// `kept`: there is a file of it under its name.
fn open(model: &mut Model, draft: Draft, kept: bool) -> Vec<Cmd> {
    let page = draft.page();
    let mut wizard = Wizard::new(draft, &model.connections, &model.directory);
    wizard.saved = kept.then(|| (wizard.draft.changes(), wizard.draft.name.clone()));
    // A password is kept nowhere: it has to be typed again before anything else is asked.
    let lacks = wizard.connect.lacks_password().filter(|_| page != Place::Connect);
    model.wizard = Some(Box::new(wizard));
    model.status.text.clear();
    let cmds = go_to(model, if lacks.is_some() { Place::Connect } else { page });
    if let Some(end) = lacks {
        model.say(format!("type the password of the {} again: it is kept nowhere", end.word()));
        connect::focus_password(model, end);
    }
    cmds
}

/// Closes the wizard. The draft stays, and is in the list of jobs.
pub fn leave(model: &mut Model) -> Vec<Cmd> {
    let mut cmds = save(model);
    let Some(wizard) = model.wizard.take() else {
        return cmds;
    };
    model.screens.retain(|place| !place.is_wizard());
    if model.screens.is_empty() {
        model.screens.push(Place::Jobs);
    }
    if wizard.saved.is_some() {
        model.say(format!("the draft {} is kept; Enter opens it again", wizard.draft.name));
    }
    model.jobs.load_due_ms = 0;
    model.dirty = true;
    refit_all(model);
    cmds.push(Cmd::EndSurvey);
    cmds
}

/// The draft that is open, or under the cursor of the list.
fn draft_name(model: &Model) -> Option<String> {
    match (&model.wizard, model.jobs.selected()) {
        (Some(wizard), _) => {
            let saved = wizard.saved.as_ref().map(|(_, name)| name.clone());
            Some(saved.unwrap_or_else(|| wizard.draft.name.clone()))
        }
        (None, Some(row)) if row.draft => Some(row.view.name.clone()),
        (None, _) => None,
    }
}

/// `:discard`: asks before the draft is thrown away.
pub fn ask_discard(model: &mut Model) -> Vec<Cmd> {
    if refused_read_only(model) {
        return Vec::new();
    }
    let Some(name) = draft_name(model) else {
        model.say("this is no draft; a job is removed by tidegate kill JOB");
        return Vec::new();
    };
    let title = format!("Throw the draft {name} away; no database is touched");
    question::open(model, title, Vec::new(), Decision::Wizard(WizardStep::Discard), None, false)
}

/// A question of the wizard was answered with yes.
pub fn decided(model: &mut Model, step: &WizardStep) -> Vec<Cmd> {
    match step {
        WizardStep::Conform => preflight::decided_conform(model),
        WizardStep::Start => preflight::begin(model),
        WizardStep::Discard => discard(model),
    }
}

/// A name for a table was typed.
pub fn renamed(model: &mut Model, name: &str) -> Vec<Cmd> {
    preflight::renamed(model, name)
}

/// The target as questions name it.
pub struct Target {
    source: String,
    display: String,
    label: Option<String>,
    pub production: bool,
}

impl Target {
    /// `my:crm@db7 [PROD]`.
    #[must_use]
    pub fn text(&self) -> String {
        match (&self.label, self.production) {
            (Some(label), _) => format!("{} [{label}]", self.display),
            (None, true) => format!("{} [PROD]", self.display),
            (None, false) => self.display.clone(),
        }
    }

    /// What is typed to agree.
    #[must_use]
    pub fn name(&self) -> String {
        target_name(&self.source, &self.display)
    }
}

/// The target of the draft.
#[must_use]
pub fn target(model: &Model) -> Target {
    let page = model.wizard.as_ref().map(|wizard| &wizard.connect);
    let display = |end: End| page.map_or_else(String::new, |page| page.display(end));
    let (label, production) = page.map(|page| page.marks(End::Target)).unwrap_or_default();
    Target { source: display(End::Source), display: display(End::Target), label, production }
}

/// Why the draft cannot start now; `None`: it can.
#[must_use]
pub fn start_refusal(model: &Model) -> Option<String> {
    preflight::refusal(model)
}

/// Removes the draft, after the question.
fn discard(model: &mut Model) -> Vec<Cmd> {
    let Some(name) = draft_name(model) else {
        return Vec::new();
    };
    let mut cmds = Vec::new();
    if let Some(wizard) = model.wizard.take() {
        drop(wizard);
        model.screens.retain(|place| !place.is_wizard());
        cmds.push(Cmd::EndSurvey);
    }
    model.say(format!("the draft {name} is gone; no database was touched"));
    model.jobs.load_due_ms = 0;
    refit_all(model);
    cmds.push(Cmd::DropDraft { name });
    cmds
}

/// A name that neither a job nor a draft has: the stem with the day, then with a number.
#[must_use]
pub fn free_name(model: &Model, stem: &str) -> String {
    let local = model.now.wall_ms + i64::from(model.now.utc_offset_s) * 1_000;
    let (_, month, day, ..) = crate::core::time::Timestamp(local).civil();
    let stem = stem.get(..28).unwrap_or(stem).trim_end_matches(['-', '.']);
    let first = format!("{stem}-{month:02}{day:02}");
    let own = model.wizard.as_ref().and_then(|w| w.saved.as_ref()).map(|(_, name)| name.as_str());
    let taken =
        |name: &str| own != Some(name) && model.jobs.rows.iter().any(|row| row.view.name == name);
    let more = (2..1_000).map(|n| format!("{first}-{n}"));
    let mut names = std::iter::once(first.clone()).chain(more);
    names.find(|name| !taken(name)).unwrap_or(first)
}

// --- saving --------------------------------------------------------------------------------------

/// Saves the draft when it changed since it was saved last. A name that cannot be is not followed:
/// the draft stays under the name it had.
pub fn save(model: &mut Model) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let draft = &wizard.draft;
    let changes = draft.changes();
    let old = wizard.saved.as_ref().map(|(_, name)| name.clone());
    if changes == 0 && old.is_none() {
        // Opened, and nothing was done to it so far.
        return Vec::new();
    }
    if wizard.saved.as_ref().is_some_and(|(at, name)| *at == changes && *name == draft.name) {
        return Vec::new();
    }
    if JobName::parse(&draft.name).is_err() {
        return Vec::new();
    }
    let mut cmds = vec![Cmd::SaveDraft { name: draft.name.clone(), text: draft.to_text() }];
    if let Some(old) = old.filter(|old| *old != draft.name) {
        cmds.push(Cmd::DropDraft { name: old });
    }
    wizard.saved = Some((changes, draft.name.clone()));
    cmds
}

// --- pages ---------------------------------------------------------------------------------------

/// Opens a page. Only the page that is open stands in the stack of screens.
pub fn go_to(model: &mut Model, page: Place) -> Vec<Cmd> {
    model.screens.retain(|place| !place.is_wizard());
    model.screens.push(page);
    model.zoomed = false;
    model.dirty = true;
    if let Some(wizard) = &mut model.wizard {
        wizard.draft.set_page(page);
    }
    refit_all(model);
    enter(model, page)
}

fn enter(model: &mut Model, page: Place) -> Vec<Cmd> {
    match page {
        Place::Connect => connect::enter(model),
        Place::Pick => pick::enter(model),
        Place::Options => options::enter(model),
        Place::Preflight => preflight::enter(model),
        Place::Editor => editor::enter(model),
        _ => Vec::new(),
    }
}

/// The page behind this one; from the last one it starts.
pub fn next_page(model: &mut Model) -> Vec<Cmd> {
    let place = model.place();
    if place == Place::Connect
        && let Err(missing) = connect::complete(model)
    {
        model.say(missing);
        return Vec::new();
    }
    match PAGES.iter().position(|page| *page == place) {
        Some(at) if at + 1 < PAGES.len() => go_to(model, PAGES[at + 1]),
        Some(_) => preflight::start(model),
        None => Vec::new(),
    }
}

/// The page before; from the first one the wizard closes.
pub fn prev_page(model: &mut Model) -> Vec<Cmd> {
    match PAGES.iter().position(|page| *page == model.place()) {
        Some(0) => leave(model),
        Some(at) => go_to(model, PAGES[at - 1]),
        None => Vec::new(),
    }
}

/// A number for a request to the survey, and the effect that asks.
pub fn ask(model: &mut Model, by: Place, what: What, request: SurveyRequest) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let older = wizard.survey.under_way(by, &what);
    let id = wizard.survey.ask(by, what);
    let cancel = older.map(|older| Cmd::Survey {
        id: older,
        request: Box::new(SurveyRequest::Cancel { id: older }),
    });
    let asked = Cmd::Survey { id, request: Box::new(request) };
    cancel.into_iter().chain([asked]).collect()
}

/// Stops waiting for an answer.
pub fn cancel(model: &mut Model, by: Place, what: &What) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let Some(id) = wizard.survey.under_way(by, what) else {
        return Vec::new();
    };
    wizard.survey.done(id);
    vec![Cmd::Survey { id, request: Box::new(SurveyRequest::Cancel { id }) }]
}

// --- what happens --------------------------------------------------------------------------------

/// A key that goes into a field of the page; `None`: it is no such key.
pub fn press(model: &mut Model, key: Key) -> Option<Vec<Cmd>> {
    model.wizard.as_ref()?;
    match model.place() {
        Place::Connect => connect::press(model, key),
        Place::Pick => pick::press(model, key),
        Place::Options => options::press(model, key),
        Place::Editor => editor::press(model, key),
        _ => None,
    }
}

/// A paste; `None`: no field is open.
pub fn paste(model: &mut Model, text: &str) -> Option<Vec<Cmd>> {
    model.wizard.as_ref()?;
    model.dirty = true;
    match model.place() {
        Place::Connect => connect::paste(model, text),
        Place::Pick => pick::paste(model, text),
        Place::Options => options::paste(model, text),
        Place::Editor => editor::paste(model, text),
        _ => None,
    }
}

/// What means something else here than on the screens of a job; `None`: the same.
pub fn before(model: &mut Model, does: Do) -> Option<Vec<Cmd>> {
    let place = model.place();
    if model.wizard.is_none() || !place.is_wizard() {
        return None;
    }
    if place == Place::Editor {
        return editor::before(model, does);
    }
    Some(match does {
        Do::Back if !filter_of(model).is_empty() => {
            set_filter(model, "");
            model.say("filter cleared");
            Vec::new()
        }
        Do::Back => match place {
            Place::Pick => pick::back(model).unwrap_or_else(|| prev_page(model)),
            Place::Options => options::back(model).unwrap_or_else(|| prev_page(model)),
            _ => prev_page(model),
        },
        Do::Close | Do::Jobs => leave(model),
        Do::Log | Do::History => {
            model.say("a draft has neither log nor history; its job will have both");
            Vec::new()
        }
        Do::NextPage => next_page(model),
        Do::PrevPage => prev_page(model),
        Do::Start => preflight::start(model),
        Do::Discard => ask_discard(model),
        Do::Copy | Do::CopyAll | Do::Write if place == Place::Preflight => {
            preflight::hand_out(model, does)
        }
        _ => return None,
    })
}

/// Does what an action says on a page.
pub fn perform(model: &mut Model, does: Do, key: Option<Key>) -> Vec<Cmd> {
    match model.place() {
        Place::Connect => connect::perform(model, does),
        Place::Pick => pick::perform(model, does),
        Place::Options => options::perform(model, does),
        Place::Preflight => preflight::perform(model, does, key),
        Place::Editor => editor::perform(model, does),
        _ => Vec::new(),
    }
}

/// News of a request; what nobody waits for any more is passed over.
pub fn news(model: &mut Model, id: u64, news: SurveyNews) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let ends = matches!(news, SurveyNews::Answer { .. } | SurveyNews::Failed { .. });
    let asked = match ends {
        true => wizard.survey.done(id),
        false => wizard.survey.waiting(id).cloned(),
    };
    let Some(asked) = asked else {
        return Vec::new();
    };
    model.dirty = true;
    route(model, &asked, news)
}

fn route(model: &mut Model, asked: &Asked, news: SurveyNews) -> Vec<Cmd> {
    match asked.by {
        Place::Connect => connect::news(model, asked, news),
        Place::Pick => pick::news(model, asked, news),
        Place::Options => options::news(model, asked, news),
        Place::Preflight => preflight::news(model, asked, news),
        Place::Editor => editor::news(model, asked, news),
        _ => Vec::new(),
    }
}

/// Everything that was asked failed, and can be asked again.
pub fn survey_down(model: &mut Model, why: &str) -> Vec<Cmd> {
    let Some(wizard) = &mut model.wizard else {
        return Vec::new();
    };
    let lost = wizard.survey.lost();
    let mut cmds = Vec::new();
    for asked in lost {
        let news = SurveyNews::Failed {
            what: format!("the process that looks at the databases ended: {why}"),
            hint: Some("Nothing was changed. Asking again starts another one.".to_owned()),
        };
        cmds.extend(route(model, &asked, news));
    }
    model.dirty = true;
    cmds
}

/// The operator's own editor is closed.
pub fn edited(model: &mut Model, text: Result<String, String>) -> Vec<Cmd> {
    model.dirty = true;
    match text {
        Ok(text) if model.wizard.is_some() => editor::edited(model, &text),
        Ok(_) => Vec::new(),
        Err(problem) => {
            model.say(problem);
            Vec::new()
        }
    }
}

/// The engine has the job, or the reason why not.
pub fn started(model: &mut Model, draft: &str, result: Result<(), String>) -> Vec<Cmd> {
    preflight::started(model, draft, result)
}

/// What is due by itself: columns where the cursor rests, a check when typing stopped.
pub fn due(model: &mut Model) -> Vec<Cmd> {
    if model.wizard.is_none() {
        return Vec::new();
    }
    match model.place() {
        Place::Pick => pick::due(model),
        Place::Editor => editor::due(model),
        _ => Vec::new(),
    }
}

/// A text in the editor is dropped, after the question.
pub fn drop_text(model: &mut Model) -> Vec<Cmd> {
    editor::close(model)
}

/// After the window or what is shown changed.
pub fn refit(model: &mut Model) {
    if model.wizard.is_some() {
        pick::refit(model);
        options::refit(model);
        editor::refit(model);
        preflight::refit(model);
    }
}

/// The filter of the page.
#[must_use]
pub fn filter_of(model: &Model) -> &str {
    match (&model.wizard, model.place()) {
        (Some(wizard), Place::Pick) => pick::filter_of(wizard),
        (Some(wizard), Place::Options) => options::filter_of(wizard),
        _ => "",
    }
}

pub fn set_filter(model: &mut Model, text: &str) {
    match model.place() {
        Place::Pick => pick::set_filter(model, text),
        Place::Options => options::set_filter(model, text),
        _ => {}
    }
    model.dirty = true;
}
