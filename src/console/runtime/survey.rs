//! The process that looks at a draft's databases: `tidegate survey`, started when something is
//! asked, ended by the end of its input. It is spoken to by two threads of its own, so that the
//! console never waits for it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use super::Input;
use crate::console::msg::Msg;
use crate::protocol::survey::{SurveyAnswerLine, SurveyLine, SurveyRequest};

/// Requests that may wait for a process that does not read.
const REQUESTS_MAX: usize = 64;
/// Longest answer: a plan of ten thousand tables is a few megabytes.
const LINE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The way to the process, which is there or is not.
#[derive(Default)]
pub struct Survey {
    requests: Option<SyncSender<SurveyLine>>,
    /// Which process is listened to: what one that was ended still says is not heard.
    heard: Arc<AtomicU64>,
}

impl Survey {
    /// Asks; starts the process when there is none.
    ///
    /// # Errors
    /// It cannot be started, or does not read what it is asked.
    pub fn ask(
        &mut self,
        id: u64,
        request: SurveyRequest,
        console: &SyncSender<Input>,
    ) -> Result<(), String> {
        let line = SurveyLine { id, request };
        let line = match &self.requests {
            Some(requests) => match requests.try_send(line) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => {
                    return Err("it does not answer".to_owned());
                }
                Err(TrySendError::Disconnected(line)) => line,
            },
            None => line,
        };
        if matches!(line.request, SurveyRequest::Cancel { .. }) {
            return Ok(());
        }
        self.end();
        let requests = self.start(console).map_err(|error| error.to_string())?;
        let sent = requests.try_send(line).map_err(|_| "it ended at once".to_owned());
        self.requests = Some(requests);
        sent
    }

    /// Ends the process: its input ends.
    pub fn end(&mut self) {
        self.requests = None;
        self.heard.fetch_add(1, Ordering::SeqCst);
    }

    fn start(&self, console: &SyncSender<Input>) -> std::io::Result<SyncSender<SurveyLine>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("survey")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("stdin was asked to be a pipe");
        let (sender, requests): (_, Receiver<SurveyLine>) = sync_channel(REQUESTS_MAX);
        let write = move || {
            // Its input ends when the sender is dropped, and the process with it.
            for line in requests {
                let Ok(mut text) = serde_json::to_vec(&line) else { continue };
                text.push(b'\n');
                if stdin.write_all(&text).and_then(|()| stdin.flush()).is_err() {
                    break;
                }
            }
        };
        let (console, heard) = (console.clone(), Arc::clone(&self.heard));
        let number = heard.load(Ordering::SeqCst);
        let read = move || {
            let is_heard = || heard.load(Ordering::SeqCst) == number;
            let why = hear(&mut child, &console, &is_heard);
            let _ = child.kill();
            let status = child.wait().map_or_else(|e| e.to_string(), |status| status.to_string());
            if is_heard() {
                let why = why.unwrap_or(status);
                let _ = console.send(Input::Msg(Box::new(Msg::SurveyDown(why))));
            }
        };
        thread::Builder::new().name("survey-requests".to_owned()).spawn(write)?;
        thread::Builder::new().name("survey-answers".to_owned()).spawn(read)?;
        Ok(sender)
    }
}

/// Hands every answer to the console until there are no more; gives the reason when it is ours.
fn hear(
    child: &mut Child,
    console: &SyncSender<Input>,
    is_heard: &dyn Fn() -> bool,
) -> Option<String> {
    let mut stdout = BufReader::new(child.stdout.take()?);
    loop {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut stdout, LINE_BYTES_MAX);
        match limited.read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(error.to_string()),
        }
        let Ok(SurveyAnswerLine { id, news }) = serde_json::from_slice(&line) else {
            return Some("its answer cannot be read".to_owned());
        };
        if !is_heard() || console.send(Input::Msg(Box::new(Msg::Survey { id, news }))).is_err() {
            return Some("the console has left".to_owned());
        }
    }
}
