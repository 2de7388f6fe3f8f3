//! What consoles ask: actions for the machine, questions for the file.

use super::control::Engine;
use super::incoming::ConsoleId;
use super::narrate::narrate_wish;
use crate::core::fault::Fault;
use crate::core::job::{Actor, ChunkStatus, Command, Input, JobState, Refusal, RejectRow};
use crate::core::plan::{Severity, StepId, TableIndex};
use crate::core::time::Timestamp;
use crate::protocol::convert::{
    checklist_view, chunk_runs, chunk_view, command_of, finding_view, log_line, plan_table_view,
    range_text, reject_group_view, reject_view, step_view,
};
use crate::protocol::{
    Action, ChunkView, LogLine, PlanView, RejectView, Reply, Request, RequestBody, RunView,
    StepView,
};
use crate::store::{ActionRecord, ChunkFilter, ChunkRow, EventRow, RejectFilter, RunRow, StepRow};

/// Answers to actions kept for repeats, and for how long: a console that reconnects repeats within
/// seconds.
const REMEMBERED_MAX: usize = 1_024;
const REMEMBERED_MS: u64 = 600_000;
/// Longest lists in one reply.
const CHUNKS_MAX: u32 = 5_000;
const LINES_MAX: u32 = 10_000;
const REJECTS_MAX: u64 = 5_000;

/// An action that was answered, so that its repeat is not done again.
pub(super) struct Remembered {
    at: Timestamp,
    pid: u32,
    by: Actor,
    id: u64,
    action: Action,
    reply: Reply,
}

impl Engine {
    pub(super) fn on_request(&mut self, console: ConsoleId, request: Request) {
        let Some(found) = self.publisher.console(console) else { return };
        let by = Actor { user: found.hello.user.clone(), tty: found.hello.tty.clone() };
        let (read_only, pid) = (found.hello.read_only, found.hello.pid);
        let id = request.id;
        let reply = match request.body {
            RequestBody::Action { action } if read_only => {
                Reply::Refused { message: format!("{}: this console is read-only", action.verb()) }
            }
            RequestBody::Action { action } => self.on_action(pid, &by, id, action),
            RequestBody::Subscribe => {
                self.publisher.reply(console, id, done("attached"));
                // The others are told first: then what comes next is a change for him as well.
                self.sample();
                self.publish();
                let (job, workers) = self.views();
                let snapshot = self.publisher.snapshot(job, workers);
                self.publisher.subscribe(console, snapshot);
                return;
            }
            RequestBody::Values { table, limit } => {
                match self.read_values((console, id), table, limit) {
                    Some(refused) => refused,
                    // The answer comes when both databases have given theirs.
                    None => return,
                }
            }
            question => self.answer(question).unwrap_or_else(|fault| Reply::Refused {
                message: format!("the master table cannot be read: {fault}"),
            }),
        };
        match self.trouble {
            // It goes out when what it acknowledges is durable.
            None => self.replies.push((console, id, reply)),
            // Nothing of this reply waits for the disk: what would, was refused.
            Some(_) => self.publisher.reply(console, id, reply),
        }
    }

    fn on_action(&mut self, pid: u32, by: &Actor, id: u64, action: Action) -> Reply {
        let now = self.clock.now();
        while self.remembered.front().is_some_and(|r| now.since_ms(r.at) > REMEMBERED_MS) {
            self.remembered.pop_front();
        }
        let same =
            |r: &&Remembered| r.pid == pid && r.id == id && r.by == *by && r.action == action;
        if let Some(before) = self.remembered.iter().find(same) {
            return before.reply.clone();
        }
        let reply = self.act(by, &action);
        if self.remembered.len() == REMEMBERED_MAX {
            self.remembered.pop_front();
        }
        let (by, reply_kept) = (by.clone(), reply.clone());
        self.remembered.push_back(Remembered { at: now, pid, by, id, action, reply: reply_kept });
        reply
    }

    fn act(&mut self, by: &Actor, action: &Action) -> Reply {
        let outcome = self.try_action(by, action);
        let (result, message, reply) = match outcome {
            Ok(message) => ("done", message.clone(), Reply::Done { message }),
            Err(message) => ("refused", message.clone(), Reply::Refused { message }),
        };
        let at = self.clock.now();
        let verb = action.verb().to_owned();
        self.unsaved.actions.push(ActionRecord { at, by: by.clone(), verb, result, message });
        reply
    }

    fn try_action(&mut self, by: &Actor, action: &Action) -> Result<String, String> {
        if let Some(trouble) = &self.trouble {
            let message = format!("progress cannot be saved: {}", trouble.fault);
            if *action == Action::Resume {
                self.save_now();
                return Ok(format!("trying to save again ({message})"));
            }
            return Err(message);
        }
        match action {
            Action::Start => {
                if let Some(reason) = self.start_refusal() {
                    return Err(reason);
                }
            }
            Action::Stop { now } => return self.stop(by, *now),
            Action::SimFault { .. } => return self.on_sim_fault(action),
            Action::RetryRejects { table } => return self.retry_rejects(by, *table),
            Action::BadRows { fail, per_table, per_job } => {
                return self.set_bad_rows(by, *fail, *per_table, *per_job);
            }
            Action::Limits { text } => return self.set_limits(by, text),
            Action::Resume => {
                self.workers.try_now();
                self.look_at_limits_now();
            }
            _ => {}
        }
        let Some(command) = command_of(action) else {
            return Err("this engine does not know that".to_owned());
        };
        self.wish(by, command)
    }

    /// A command to the machine; the sentence for the status line.
    pub(super) fn wish(&mut self, by: &Actor, command: Command) -> Result<String, String> {
        let draining = command == Command::DrainNow;
        let (told, decided) = (self.unsaved.notes.len(), self.unsaved.events.len());
        match self.decide(&Input::Operator(by.clone(), command)) {
            Err(Refusal(reason)) => Err(reason),
            Ok(_) if draining => match self.drain_now() {
                0 => Ok("no worker is draining".to_owned()),
                1 => Ok("1 worker gives its work back".to_owned()),
                n => Ok(format!("{n} workers give their work back")),
            },
            Ok(0) => Ok("already so".to_owned()),
            Ok(_) => {
                let events = &self.unsaved.events[decided..];
                if let Some(note) = narrate_wish(&self.job, &self.tables, events) {
                    self.tell(note);
                }
                let notes = &self.unsaved.notes[told..];
                Ok(match notes {
                    [] => "done".to_owned(),
                    [one] => one.text.clone(),
                    [first, rest @ ..] => format!("{} (and {} more)", first.text, rest.len()),
                })
            }
        }
    }

    /// An orderly stop, from a console or by SIGTERM.
    pub(super) fn stop(&mut self, by: &Actor, now: bool) -> Result<String, String> {
        let message = self.wish(by, Command::Stop { now })?;
        match self.job.state {
            // Nothing is under way: there is nothing to wait for.
            JobState::Defining | JobState::Stopped | JobState::Completed => {
                self.leave = Some(format!("asked to by {}", by.user));
                Ok("the engine leaves".to_owned())
            }
            JobState::Executing
            | JobState::StopPending { .. }
            | JobState::Stopping
            | JobState::Idling
            | JobState::Completing => Ok(message),
        }
    }

    /// Why the job cannot start yet. A plan that stands in the way is made again, because what it
    /// complains of may have been mended meanwhile.
    fn start_refusal(&mut self) -> Option<String> {
        if self.job.state != JobState::Defining {
            return None;
        }
        if self.under_way.planning {
            return Some("the plan is being made; try again in a moment".to_owned());
        }
        let block = self.plan.findings.iter().find(|f| f.severity == Severity::Block)?;
        let more = match self.plan.blocks {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let hint = block.hint.as_ref().map(|h| format!(" {h}")).unwrap_or_default();
        let reason = format!("BLOCK {}: {}{more}.{hint}", block.topic, block.message);
        self.begin_planning();
        Some(format!("{reason} The plan is made again now; if that is mended, start again."))
    }

    /// Questions.
    fn answer(&mut self, question: RequestBody) -> Result<Reply, Fault> {
        Ok(match question {
            RequestBody::Status => {
                self.sample();
                let (job, workers) = self.views();
                Reply::Status { snapshot: Box::new(self.publisher.snapshot(job, workers)) }
            }
            RequestBody::Chunks { filter, offset, limit } => {
                let filter = ChunkFilter {
                    table: filter.table.map(TableIndex),
                    status: filter.state.and_then(status_of),
                };
                let limit = limit.clamp(0, CHUNKS_MAX);
                let (total, rows) = self.master.chunks(filter, offset, limit)?;
                let chunks = rows.into_iter().map(|row| self.chunk_row(row)).collect();
                Reply::Chunks { total, chunks }
            }
            RequestBody::ChunkMap { table } if (table as usize) < self.job.tables.len() => {
                Reply::ChunkMap { runs: chunk_runs(&self.job, TableIndex(table)) }
            }
            RequestBody::ChunkMap { table } => {
                Reply::Refused { message: format!("there is no table number {table}") }
            }
            RequestBody::Steps { failed_only } => {
                let now = self.clock.now();
                let steps = self.master.steps()?.into_iter().map(|row| self.step_row(row, now));
                let steps = steps.filter(|s| !failed_only || s.state == "failed").collect();
                Reply::Steps { steps }
            }
            RequestBody::Log { lines } => {
                let rows = self.master.events(lines.clamp(0, LINES_MAX))?;
                Reply::Log { lines: rows.into_iter().map(event_line).collect() }
            }
            RequestBody::History { limit } => {
                let limit = limit.clamp(0, LINES_MAX);
                let runs = self.master.runs(limit)?.into_iter().map(run_view).collect();
                let events = self.master.history(limit)?.into_iter().map(event_line).collect();
                Reply::History { runs, events }
            }
            RequestBody::Rejects { table, cause, offset, limit } => {
                let filter = RejectFilter { table: table.map(TableIndex), cause };
                let limit = limit.clamp(0, REJECTS_MAX);
                let (total, rows) = self.master.rejects(&filter, offset, limit, false)?;
                let groups = self.master.reject_groups(filter.table)?;
                Reply::Rejects {
                    total,
                    groups: groups.iter().map(reject_group_view).collect(),
                    rows: rows.iter().map(|row| self.reject_row(row)).collect(),
                }
            }
            RequestBody::RejectText { id } => {
                let row = self.master.reject(id)?;
                Reply::RejectText { row: row.map(|row| self.reject_row(&row)) }
            }
            RequestBody::Plan => Reply::Plan { plan: self.plan_view()? },
            RequestBody::Differences { table, limit } => self.differences(table, limit)?,
            // Handled before.
            RequestBody::Subscribe | RequestBody::Action { .. } | RequestBody::Values { .. } => {
                done("")
            }
        })
    }

    fn chunk_row(&self, row: ChunkRow) -> ChunkView {
        let plan = &self.tables[row.table.0 as usize];
        let mut view = chunk_view(&self.job, row.id, plan);
        let now = self.clock.now();
        view.range = range_text(&row.range, &plan.method);
        view.started_ms = row.started_at.map(|t| t.0);
        view.elapsed_ms = row.started_at.map(|from| row.ended_at.unwrap_or(now).since_ms(from));
        view.error_code = row.error_code;
        view.error_detail = row.error_detail.clone();
        view.error_hint = row.error_hint.clone();
        view.error_message = whole_text([row.error_message, row.error_detail, row.error_hint]);
        view
    }

    fn reject_row(&self, row: &RejectRow) -> RejectView {
        let (plan, chunk) = (&self.tables[row.table.0 as usize], &self.job.chunks);
        let owner = chunk.get(row.chunk.0 as usize).map(|c| c.table);
        let first = owner.map_or(0, |t| self.job.tables[t.0 as usize].first_chunk.0);
        reject_view(row, plan, row.chunk.0 - first + 1)
    }

    fn step_row(&self, row: StepRow, now: Timestamp) -> StepView {
        let mut view = step_view(&self.job, StepId(row.id));
        view.elapsed_ms = row.started_at.map(|from| row.ended_at.unwrap_or(now).since_ms(from));
        let code = row.error_code.map(|c| format!("{c}: ")).unwrap_or_default();
        view.error_message = whole_text([row.error_message, row.error_detail, row.error_hint])
            .map(|text| format!("{code}{text}"));
        view
    }

    fn plan_view(&self) -> Result<PlanView, Fault> {
        let tables = self.tables.iter().zip(&self.job.tables);
        Ok(PlanView {
            findings: self.plan.findings.iter().map(finding_view).collect(),
            tables: tables
                .map(|(plan, status)| plan_table_view(plan, status.chunk_count))
                .collect(),
            checklist: self.master.checklist()?.iter().map(checklist_view).collect(),
            steps: self.job.steps.len() as u32,
            blocked: self.plan.blocks > 0,
        })
    }
}

fn done(message: &str) -> Reply {
    Reply::Done { message: message.to_owned() }
}

/// Message, detail and hint, whole: what people copy.
fn whole_text(parts: [Option<String>; 3]) -> Option<String> {
    let lines: Vec<String> = parts.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn status_of(number: u8) -> Option<ChunkStatus> {
    match number {
        0 => Some(ChunkStatus::Unassigned),
        1 => Some(ChunkStatus::Assigned),
        2 => Some(ChunkStatus::Processed),
        3 => Some(ChunkStatus::ProcessedWithError),
        4 => Some(ChunkStatus::Skipped),
        _ => None,
    }
}

fn event_line(row: EventRow) -> LogLine {
    let by = row.user.map(|user| Actor { user, tty: row.tty.unwrap_or_default() });
    log_line(row.at, by.as_ref(), &row.level, &row.text)
}

fn run_view(row: RunRow) -> RunView {
    RunView {
        number: row.number,
        started_ms: row.started_at.0,
        ended_ms: row.ended_at.map(|t| t.0),
        by: row.user,
        end_state: row.end_state.unwrap_or_default(),
        rows: row.rows,
        bytes: row.bytes,
        chunks: row.chunks,
        failed: row.failed,
        skipped: row.skipped,
    }
}
