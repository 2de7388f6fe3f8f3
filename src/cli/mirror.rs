//! The job as the engine last told it: one snapshot, then changes.

use crate::protocol::{LogLine, Snapshot, Update};

/// Log lines kept: a follower prints them as they come.
const LOG_LINES_MAX: usize = 200;

/// A snapshot kept up to date.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    /// `None` until the first snapshot.
    snapshot: Option<Snapshot>,
}

/// What one update brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    pub log: Vec<LogLine>,
    /// The engine's last words.
    pub goodbye: Option<String>,
}

impl Mirror {
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// Takes an update in. Changes before the first snapshot are about nothing we know.
    pub fn apply(&mut self, update: Update) -> News {
        match update {
            Update::Snapshot { snapshot } => {
                self.snapshot = Some(*snapshot);
                News::default()
            }
            Update::Goodbye { reason } => News { goodbye: Some(reason), ..News::default() },
            Update::Changed { job, tables, workers, log, consoles } => {
                let Some(have) = &mut self.snapshot else {
                    return News::default();
                };
                if let Some(job) = job {
                    have.job = *job;
                }
                for table in tables {
                    let at = table.number as usize;
                    if let Some(place) = have.tables.get_mut(at) {
                        *place = table;
                    } else {
                        have.tables.push(table);
                    }
                }
                if let Some(workers) = workers {
                    have.workers = workers;
                }
                if let Some(consoles) = consoles {
                    have.consoles = consoles;
                }
                have.log.extend(log.iter().cloned());
                let excess = have.log.len().saturating_sub(LOG_LINES_MAX);
                have.log.drain(..excess);
                News { log, goodbye: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{JobView, TableView};

    #[test]
    fn changes_replace_parts_and_leave_the_rest() {
        let table = |number: u32, rows_done: u64| TableView { number, rows_done, ..<_>::default() };
        let mut mirror = Mirror::default();
        let snapshot = Snapshot { tables: vec![table(0, 1), table(1, 2)], ..Snapshot::default() };
        mirror.apply(Update::Snapshot { snapshot: Box::new(snapshot) });
        let job = JobView { state: "EXECUTING".to_owned(), ..JobView::default() };
        let line = LogLine { text: "x".to_owned(), ..LogLine::default() };
        let news = mirror.apply(Update::Changed {
            job: Some(Box::new(job)),
            tables: vec![table(1, 9), table(2, 5)],
            workers: None,
            log: vec![line.clone()],
            consoles: None,
        });
        assert_eq!(news.log, vec![line]);
        let have = mirror.snapshot().unwrap();
        assert_eq!(have.job.state, "EXECUTING");
        assert_eq!(have.tables.iter().map(|t| t.rows_done).collect::<Vec<_>>(), [1, 9, 5]);
    }
}
