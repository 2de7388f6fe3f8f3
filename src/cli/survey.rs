//! `survey`: looks at databases for the console's wizard; lines of JSON in, lines of JSON out. And
//! its twins for people: `probe`, and `tables` of a database.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use tokio::sync::mpsc;

use super::define;
use super::endpoints;
use super::failure::{Exit, Failure};
use super::session::Session;
use crate::config::Config;
use crate::core::fault::{Fault, Side};
use crate::protocol::codec;
use crate::survey::{self, Readers, Surveyor, Trouble};

/// What a message calls the text of a draft.
const DRAFT: &str = "draft";

/// Longest line of the console: a draft and its passwords.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        let mut trouble = Trouble::usage(failure.message);
        if let Some(detail) = failure.detail.filter(|detail| !trouble.what.contains(detail)) {
            trouble.what = format!("{} {detail}", trouble.what);
        }
        trouble.hint = failure.hint;
        trouble
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let exit = Failure::from(Fault::new(trouble.kind, Side::Engine, "")).exit;
        let failure = Failure::new(exit, trouble.what);
        match trouble.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// A surveyor that reads texts as the commands do. The configuration is read at each request: the
/// wizard's user may be writing it.
#[must_use]
pub fn surveyor(session: &Session) -> Surveyor {
    let (paths, same) = (session.paths.clone(), session.paths.clone());
    Surveyor::new(Readers {
        end: Box::new(move |text, side| {
            let config = Config::load(&paths).map_err(Failure::from)?;
            let end = endpoints::read(text, side, &config)?;
            Ok((end.endpoint, end.password))
        }),
        draft: Box::new(move |text| {
            let config = Config::load(&same).map_err(Failure::from)?;
            Ok(define::draft(&config, text, DRAFT)?)
        }),
    })
}

/// The process behind the wizard. Ends when its standard input does.
#[must_use]
pub fn serve(session: &Session) -> ExitCode {
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                session.output.failure(&error.into());
                return ExitCode::from(Exit::Error as u8);
            }
        };
    let (line, lines) = mpsc::channel(16);
    let (news, mut said) = survey::news_channel();
    std::thread::spawn(move || read_lines(&line));
    let telling = std::thread::spawn(move || {
        while let Some(news) = said.blocking_recv() {
            let mut out = std::io::stdout().lock();
            if out.write_all(&codec::to_line(&news)).and_then(|()| out.flush()).is_err() {
                break;
            }
        }
    });
    runtime.block_on(survey::serve(surveyor(session), lines, news));
    // What a dropped request still holds ends with the process.
    runtime.shutdown_background();
    let _ = telling.join();
    ExitCode::from(Exit::Done as u8)
}

fn read_lines(line: &mpsc::Sender<Vec<u8>>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut text = Vec::new();
        match input.read_until(b'\n', &mut text) {
            Ok(0) | Err(_) => return,
            Ok(length) if length > LINE_BYTES_MAX => return,
            Ok(_) => {
                if line.blocking_send(text).is_err() {
                    return;
                }
            }
        }
    }
}

/// Is it the name of no job, but of a database?
#[must_use]
pub fn names_database(session: &Session, text: &str) -> bool {
    let known = Config::load(&session.paths).is_ok_and(|c| c.connections.contains_key(text));
    text.contains(':') || known || std::path::Path::new(text).is_file()
}
