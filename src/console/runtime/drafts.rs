//! What the wizard wants done: drafts read and written, engines started, questions to the survey,
//! the operator's own editor.

use std::sync::Arc;
use std::thread;

use super::{Console, Input, editor, input};
use crate::config::Drafts;
use crate::console::msg::{Cmd, Msg};
use crate::console::terminal;
use crate::core::name::JobName;
use crate::protocol::survey::SurveyNews;

/// Where the console was started.
#[must_use]
pub fn directory() -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|path| path.to_str().map(ToOwned::to_owned)).unwrap_or_default()
}

impl Console {
    /// Carries out an effect of the wizard.
    pub(super) fn obey_wizard(&mut self, cmd: Cmd) -> std::io::Result<()> {
        match cmd {
            Cmd::Survey { id, request } => {
                if let Err(why) = self.survey.ask(id, *request, &self.sender) {
                    let what = format!("the databases cannot be looked at: {why}");
                    let news = SurveyNews::Failed { what, hint: None };
                    self.take(Msg::Survey { id, news })?;
                }
            }
            Cmd::EndSurvey => self.survey.end(),
            Cmd::SaveDraft { name, text } => {
                if let Err(why) = self.draft(&name, |drafts, name| drafts.write(name, &text)) {
                    self.take(Msg::Told(format!("the draft could not be saved: {why}")))?;
                }
            }
            Cmd::DropDraft { name } => {
                if let Err(why) = self.draft(&name, Drafts::remove) {
                    self.take(Msg::Told(format!("the draft could not be removed: {why}")))?;
                }
            }
            Cmd::LoadDraft { name } => {
                let text = self.draft(&name, Drafts::read).map(|draft| draft.text);
                self.take(Msg::Draft { name, text })?;
            }
            Cmd::LikeJob { job, name } => {
                let like = Arc::clone(&self.like);
                self.later("draft-like", move || {
                    let text = like(&job, &name);
                    Msg::Draft { name, text }
                })?;
            }
            Cmd::StartJob { start } => {
                let begin = Arc::clone(&self.start);
                self.later("draft-start", move || {
                    let result = begin(&start);
                    Msg::Started { draft: start.name.clone(), result }
                })?;
            }
            Cmd::OutsideEditor { text } => self.edit_outside(&text)?,
            _ => {}
        }
        Ok(())
    }

    fn draft<T>(
        &self,
        name: &str,
        act: impl Fn(&Drafts, &JobName) -> std::io::Result<T>,
    ) -> Result<T, String> {
        let name = JobName::parse(name)?;
        act(&Drafts::new(&self.paths), &name).map_err(|error| error.to_string())
    }

    /// Does something that takes long on a thread of its own; what it says comes as a message.
    fn later(
        &self,
        name: &str,
        work: impl FnOnce() -> Msg + Send + 'static,
    ) -> std::io::Result<()> {
        let sender = self.sender.clone();
        let run = move || {
            let _ = sender.send(Input::Msg(Box::new(work())));
        };
        thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
    }

    /// The terminal is the editor's until it ends; nobody else reads a key meanwhile.
    fn edit_outside(&mut self, text: &str) -> std::io::Result<()> {
        let pause = input::pause();
        terminal::leave();
        let edited = editor::edit(&self.paths.state, text);
        terminal::enter()?;
        drop(pause);
        self.repaint()?;
        self.take(Msg::Edited(edited))
    }
}
