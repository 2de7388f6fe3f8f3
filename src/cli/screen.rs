//! Where the command line hands the process over: to the console, or to the engine.

use std::process::ExitCode;
use std::sync::Arc;

use super::args::Looks;
use super::demo;
use super::failure::{Exit, Failure};
use super::keys;
use super::session::{ScreenRequest, Session};
use super::stored::{Stored, job_names};
use crate::client::lock_is_held;
use crate::config::{self, Config};
use crate::console::{ConsoleOptions, Glyphs, JobRow, Theme};
use crate::core::name::JobName;
use crate::protocol::JobView;

/// Opens the screen; what it has to say at the end is said when it is gone.
///
/// # Errors
/// A configuration that cannot be read.
pub fn open(session: &Session, request: &ScreenRequest) -> Result<ExitCode, Failure> {
    let config = Config::load(&session.paths)?;
    let (reader, stored) = (session.clone(), session.clone());
    let code = crate::console::run(ConsoleOptions {
        job: request.job.clone(),
        read_only: request.read_only,
        keymap: keys::keymap(&session.paths).0,
        theme: theme(&session.looks, &config),
        glyphs: glyphs(&session.looks, &config),
        fps: f64::from(config.console.fps),
        slow: session.looks.slow,
        no_sync: false,
        fault: session.looks.fault.clone(),
        paths: session.paths.clone(),
        jobs: Box::new(move || rows(&reader)),
        stored: Arc::new(move |job| Stored::open(&stored, job).and_then(|s| s.snapshot()).ok()),
    });
    match &request.job {
        Some(job) if code == ExitCode::SUCCESS && demo::is_over(session, job) => {
            demo::verify(session).map(|exit| ExitCode::from(exit as u8))
        }
        _ => Ok(code),
    }
}

/// The jobs for the list: from their files, so that listing starts nothing.
fn rows(session: &Session) -> Result<Vec<JobRow>, String> {
    let names = job_names(session).map_err(|failure| failure.message)?;
    Ok(names.iter().map(|name| row(session, name)).collect())
}

fn row(session: &Session, name: &JobName) -> JobRow {
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

/// `--color` wins over NO_COLOR, that over `--theme`, the environment and the file.
fn theme(looks: &Looks, config: &Config) -> Theme {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match looks.color.as_deref() {
        Some("never") => return Theme::Mono,
        Some("always") => {}
        _ if variable("NO_COLOR").is_some() => return Theme::Mono,
        _ => {}
    }
    let word = looks.theme.clone().or_else(|| variable("TIDEGATE_THEME"));
    match (word.as_deref(), config.console.theme) {
        (Some("dark"), _) | (None, config::Theme::Dark) => Theme::Dark,
        (Some("light"), _) | (None, config::Theme::Light) => Theme::Light,
        (Some("contrast"), _) | (None, config::Theme::Contrast) => Theme::Contrast,
        (Some("mono"), _) | (None, config::Theme::Mono) => Theme::Mono,
        (Some(_), _) | (None, config::Theme::Auto) => Theme::Auto,
    }
}

/// `None`: as the locale says.
fn glyphs(looks: &Looks, config: &Config) -> Option<Glyphs> {
    match (looks.glyphs.as_deref(), config.console.glyphs) {
        (Some("ascii"), _) | (None, config::Glyphs::Ascii) => Some(Glyphs::Ascii),
        (Some("unicode"), _) | (None, config::Glyphs::Unicode) => Some(Glyphs::Unicode),
        (Some(_), _) | (None, config::Glyphs::Auto) => None,
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
