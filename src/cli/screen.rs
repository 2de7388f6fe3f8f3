//! Where the command line hands the process over: to the console, or to the engine.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::args::Looks;
use super::demo;
use super::drafts;
use super::failure::{Exit, Failure};
use super::keys;
use super::session::{ScreenRequest, Session};
use super::stored::{Stored, job_names};
use crate::client::lock_is_held;
use crate::config::{self, Config};
use crate::console::{ConsoleOptions, Glyphs, JobRow, Theme};
use crate::core::name::JobName;
use crate::protocol::JobView;

/// As much of a lost engine's log as its last line may need.
const TAIL_BYTES: u64 = 4_096;

/// Opens the screen; what it has to say at the end is said when it is gone.
///
/// # Errors
/// A configuration that cannot be read.
pub fn open(session: &Session, request: &ScreenRequest) -> Result<ExitCode, Failure> {
    let config = Config::load(&session.paths)?;
    let (likes, starts) = (session.clone(), session.clone());
    let (reader, stored) = (session.clone(), session.clone());
    let looks = &session.looks;
    let in_file = theme_of_file(&config);
    let theme = crate::console::theme_of(looks.theme.as_deref(), looks.color.as_deref(), in_file)
        .map_err(Failure::usage)?;
    let code = crate::console::run(ConsoleOptions {
        job: request.job.clone(),
        read_only: request.read_only,
        keymap: keys::keymap(&session.paths).0,
        theme,
        glyphs: glyphs(looks, &config),
        fps: looks.fps.unwrap_or_else(|| f64::from(config.console.fps)),
        slow: looks.slow,
        no_sync: looks.no_sync,
        fault: looks.fault.clone(),
        measure: looks.measure.clone(),
        paths: session.paths.clone(),
        jobs: Box::new(move || rows(&reader)),
        connections: drafts::connections(&config),
        like: Box::new(move |job, name| drafts::like(&likes, job, name)),
        start: Box::new(move |start| drafts::start(&starts, start)),
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
    let drafts = drafts::rows(session).map_err(|failure| failure.message)?;
    Ok(names.iter().map(|name| row(session, name)).chain(drafts).collect())
}

fn row(session: &Session, name: &JobName) -> JobRow {
    let alive = lock_is_held(&session.paths.lock(name));
    match Stored::open(session, name).and_then(|stored| stored.summary_with_run()) {
        Ok((mut view, last)) => {
            // A summary names no files.
            view.state_path = session.paths.master(name).display().to_string();
            view.log_path = session.paths.log(name).display().to_string();
            let lost = view.state == "NOT RUNNING";
            JobRow {
                alive,
                trouble: None,
                by: last.user,
                engine_pid: last.pid,
                tables: last.tables,
                state_bytes: file_bytes(&session.paths.master(name)),
                last_line: lost.then(|| last_line(&session.paths.log(name))).flatten(),
                view,
                ..JobRow::default()
            }
        }
        Err(failure) => JobRow {
            view: JobView { name: name.to_string(), ..JobView::default() },
            alive,
            trouble: Some(failure.message),
            ..JobRow::default()
        },
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

/// The last line of a log that says something.
fn last_line(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL_BYTES))).ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let text = String::from_utf8_lossy(&tail).into_owned();
    text.lines().rev().find(|line| !line.trim().is_empty()).map(ToOwned::to_owned)
}

/// The file's wish as the console spells it.
fn theme_of_file(config: &Config) -> Theme {
    match config.console.theme {
        config::Theme::Auto => Theme::Auto,
        config::Theme::Dark => Theme::Dark,
        config::Theme::Light => Theme::Light,
        config::Theme::Contrast => Theme::Contrast,
        config::Theme::Mono => Theme::Mono,
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
