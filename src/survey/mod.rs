//! Looking at databases for a draft: what the wizard asks before there is a job, answered by a
//! process of its own (`tidegate survey`) that the console starts and talks to in lines of JSON.
//!
//! Everything is done by a [`Surveyor`], whose functions the command line calls as well. Reads are
//! read-only and limited in time; what writes says so ([`Surveyor::conform`]). Several requests are
//! at work at once; a request that is cancelled, and the end of the lines, drop what they opened.

mod check;
mod draft;
mod surveyor;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::core::fault::{Fault, FaultKind};
use crate::protocol::codec;
use crate::protocol::survey::{
    SurveyAnswer, SurveyAnswerLine, SurveyLine, SurveyNews, SurveyRequest,
};

pub use surveyor::{DraftRead, EndRead, Readers, Surveyor};

/// News waiting for whoever reads them. A reader that does not read stops the survey.
const NEWS_MAX: usize = 256;
/// What one request may say before it is passed on: more than there are tables to count.
const PROGRESS_MAX: usize = 65_536;

/// After the last line, statements that were cut off have so long to be ended on their servers.
const CLOSING: std::time::Duration = std::time::Duration::from_millis(500);

/// Why there is no answer: what happened and what is safe, then what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub what: String,
    pub hint: Option<String>,
    /// For exit codes.
    pub kind: FaultKind,
}

const NOTHING_CHANGED: &str = "Nothing was changed.";

impl Trouble {
    #[must_use]
    pub fn usage(what: impl Into<String>) -> Trouble {
        let what = format!("{}. {NOTHING_CHANGED}", what.into());
        Trouble { what, hint: None, kind: FaultKind::Usage }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Trouble {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        let what = format!("{fault}. {NOTHING_CHANGED}");
        Trouble { what, hint: fault.hint, kind: fault.kind }
    }
}

/// Who is told while a request is worked at.
pub type Tell = Arc<dyn Fn(SurveyNews) + Send + Sync>;

/// Answers lines until there are no more.
pub async fn serve(
    surveyor: Surveyor,
    mut lines: mpsc::Receiver<Vec<u8>>,
    news: mpsc::Sender<SurveyAnswerLine>,
) {
    let surveyor = Arc::new(surveyor);
    let mut work = JoinSet::new();
    let mut under_way: HashMap<u64, AbortHandle> = HashMap::new();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            Some(done) = work.join_next() => {
                if let Ok(id) = done {
                    under_way.remove(&id);
                }
                continue;
            }
        };
        let Some(line) = line else { break };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let SurveyLine { id, request } = match codec::from_line::<SurveyLine>(&line) {
            Ok(line) => line,
            Err(why) => {
                let said = SurveyNews::Failed { what: why, hint: None };
                if send(&news, id_of(&line), said).await {
                    continue;
                }
                break;
            }
        };
        if let SurveyRequest::Cancel { id: other } = request {
            // Done already: its answer is on the way, and there is nothing to cancel.
            if let Some(at_work) = under_way.remove(&other) {
                at_work.abort();
                send(&news, other, SurveyNews::Answer { answer: SurveyAnswer::Cancelled }).await;
            }
            send(&news, id, SurveyNews::Answer { answer: SurveyAnswer::Cancelled }).await;
            continue;
        }
        let task = answer(surveyor.clone(), id, request, news.clone());
        under_way.insert(id, work.spawn(task));
    }
    let busy = !work.is_empty();
    work.shutdown().await;
    if busy {
        tokio::time::sleep(CLOSING).await;
    }
}

/// The id of a line that is no request otherwise.
fn id_of(line: &[u8]) -> u64 {
    let value: Option<serde_json::Value> = codec::from_line(line).ok();
    value.and_then(|value| value.get("id")?.as_u64()).unwrap_or(0)
}

async fn send(news: &mpsc::Sender<SurveyAnswerLine>, id: u64, said: SurveyNews) -> bool {
    news.send(SurveyAnswerLine { id, news: said }).await.is_ok()
}

async fn answer(
    surveyor: Arc<Surveyor>,
    id: u64,
    request: SurveyRequest,
    news: mpsc::Sender<SurveyAnswerLine>,
) -> u64 {
    let (progress, mut waiting) = mpsc::channel(PROGRESS_MAX);
    let tell: Tell = Arc::new(move |said| {
        let _ = progress.try_send(said);
    });
    let working = async move {
        let done = surveyor.answer(request, &tell).await;
        drop(tell);
        done
    };
    let passing = async {
        while let Some(said) = waiting.recv().await {
            if !send(&news, id, said).await {
                break;
            }
        }
    };
    let (done, ()) = tokio::join!(working, passing);
    let said = match done {
        Ok(answer) => SurveyNews::Answer { answer },
        Err(Trouble { what, hint, .. }) => SurveyNews::Failed { what, hint },
    };
    send(&news, id, said).await;
    id
}

/// A channel for the news of a survey.
#[must_use]
pub fn news_channel() -> (mpsc::Sender<SurveyAnswerLine>, mpsc::Receiver<SurveyAnswerLine>) {
    mpsc::channel(NEWS_MAX)
}
