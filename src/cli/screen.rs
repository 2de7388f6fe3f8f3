//! Where the command line hands the process over: to the console, or to the engine.

use std::process::ExitCode;

use super::failure::{Exit, Failure};
use super::session::{ScreenRequest, Session};
use super::stored::{self, Stored};
use crate::client::lock_is_held;
use crate::config::{self, Config};
use crate::console::{self, ConsoleOptions, Glyphs, JobRow};
use crate::core::name::JobName;
use crate::protocol::JobView;

/// Opens the console; it ends the process's work with an exit code of its own.
///
/// # Errors
/// A broken configuration, before a screen hides it.
pub fn open(session: &Session, request: &ScreenRequest) -> Result<ExitCode, Failure> {
    let config = Config::load(&session.paths)?;
    let looks = &session.looks;
    let theme = match (&looks.theme, config.console.theme) {
        (Some(asked), _) => Some(asked.as_str()),
        (None, config::Theme::Auto) => None,
        (None, config::Theme::Dark) => Some("dark"),
        (None, config::Theme::Light) => Some("light"),
        (None, config::Theme::Contrast) => Some("contrast"),
        (None, config::Theme::Mono) => Some("mono"),
    };
    let theme = console::theme_of(theme, looks.color.as_deref());
    let glyphs = match (looks.glyphs.as_deref(), config.console.glyphs) {
        (Some("ascii"), _) | (None, config::Glyphs::Ascii) => Some(Glyphs::Ascii),
        (Some("unicode"), _) | (None, config::Glyphs::Unicode) => Some(Glyphs::Unicode),
        _ => None,
    };
    let lister = session.clone();
    Ok(console::run(ConsoleOptions {
        job: request.job.clone(),
        read_only: request.read_only,
        theme: theme.map_err(Failure::usage)?,
        glyphs,
        fps: f64::from(config.console.fps),
        slow: looks.slow,
        no_sync: false,
        fault: looks.fault.clone(),
        paths: session.paths.clone(),
        jobs: Box::new(move || jobs(&lister)),
    }))
}

/// Every job as its file tells it, so that listing starts no engine.
fn jobs(session: &Session) -> Result<Vec<JobRow>, String> {
    let names = stored::job_names(session).map_err(|failure| failure.message)?;
    Ok(names.iter().map(|name| job_row(session, name)).collect())
}

fn job_row(session: &Session, name: &JobName) -> JobRow {
    let alive = lock_is_held(&session.paths.lock(name));
    match Stored::open(session, name).and_then(|stored| stored.summary()) {
        Ok(mut view) => {
            // A summary names no files.
            view.state_path = session.paths.master(name).display().to_string();
            view.log_path = session.paths.log(name).display().to_string();
            JobRow { view, alive, trouble: None }
        }
        Err(failure) => JobRow {
            view: JobView { name: name.to_string(), ..JobView::default() },
            alive,
            trouble: Some(failure.message),
        },
    }
}

/// The engine of one job, in this process.
#[must_use]
pub fn engine(session: &Session, job: &str) -> ExitCode {
    match JobName::parse(job) {
        Ok(job) => crate::engine::serve(&job, &session.paths),
        Err(sentence) => {
            session.output.failure(&Failure::usage(sentence));
            ExitCode::from(Exit::Usage as u8)
        }
    }
}
