//! Why a job is not moving, and trouble in four parts: what happened, what is safe, what happens
//! next by itself, which keys there are (UX.md 11).

use super::job::{JobContext, start_refusal};
use super::{clock_text, rate_text, seconds_text};
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::job::{Hold, HoldReason, JobState};
use crate::core::spec::JobKind;
use crate::core::time::Timestamp;
use crate::protocol::{AlertView, TableView};

/// The engine's own file cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreTrouble {
    pub fault: Fault,
    pub since: Timestamp,
    pub next_try: Timestamp,
}

/// The file that consoles look for was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketTrouble {
    pub path: String,
    pub since: Timestamp,
    /// When it was there again.
    pub made_at: Option<Timestamp>,
    pub next_try: Timestamp,
}

const SAFE_CHUNKS: &str = "Finished chunks are on the target and recorded; they are not copied \
    again. A chunk that was in work is on the target wholly or not at all.";

/// Everything that holds the job back, each as a phrase with who and since when.
#[must_use]
pub fn held_by(context: &JobContext<'_>) -> Vec<String> {
    let job = context.job;
    let clock = |at| clock_text(at, context.utc_offset_s);
    let mut held = Vec::new();
    if let Some(trouble) = context.store_trouble {
        held.push(format!("progress cannot be saved since {}", clock(trouble.since)));
    }
    match job.state {
        JobState::Defining => match start_refusal(context) {
            Some(reason) => held.push(reason),
            None => held.push("not started yet".to_owned()),
        },
        JobState::Idling | JobState::StopPending { .. } | JobState::Stopping => {
            held.push(state_phrase(context));
        }
        JobState::Executing | JobState::Completing => {}
        JobState::Stopped | JobState::Completed => return held,
    }
    held.extend(job.holds.iter().map(|hold| hold_phrase(context, hold)));
    if job.state.is_working() && job.holds.is_empty() {
        if !job.reconciled {
            let doing = match context.spec.kind {
                JobKind::Copy => "the target's ledger is being compared",
                JobKind::Verify => "the job's file is being read",
            };
            held.push(doing.to_owned());
        } else if context.workers.run == 0 && context.workers.connecting > 0 {
            held.push("workers are connecting".to_owned());
        }
    }
    if let (Some(limit), true) = (job.rate_bytes, context.figures.is_throttled) {
        let by =
            context.rate_by.map(|(actor, at)| format!(", set by {} {}", actor.user, clock(*at)));
        held.push(format!("rate limit {}{}", rate_text(limit), by.unwrap_or_default()));
    }
    held
}

/// `paused by ana 14:33`, `stop asked by bo 14:33: 3 chunks are being finished`.
fn state_phrase(context: &JobContext<'_>) -> String {
    let (word, tail) = match context.job.state {
        JobState::StopPending { then_leave } => {
            let word = if then_leave { "stop asked" } else { "pause asked" };
            let busy = context.job.busy.len();
            (
                word,
                format!(
                    ", {busy} {} finishing",
                    if busy == 1 { "worker is" } else { "workers are" }
                ),
            )
        }
        JobState::Stopping => ("stopping", ", work under way is given back".to_owned()),
        _ => ("paused", String::new()),
    };
    let Some((actor, at, reason)) = context.state_by else { return format!("{word}{tail}") };
    let by = match actor {
        Some(actor) => format!(" by {}", actor.user),
        None => reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default(),
    };
    format!("{word}{by} {}{tail}", clock_text(*at, context.utc_offset_s))
}

fn hold_phrase(context: &JobContext<'_>, hold: &Hold) -> String {
    let since = clock_text(hold.since, context.utc_offset_s);
    match hold.reason {
        HoldReason::ServerLost(side) => format!("{} lost since {since}", side.word()),
        HoldReason::LoginRefused(side) => {
            format!("{} refuses the login since {since}", side.word())
        }
        HoldReason::OutOfSpace(side) => format!("{} is full since {since}", side.word()),
        HoldReason::Refused(side) => format!("{} refuses since {since}", side.word()),
        HoldReason::LedgerMissing => format!("the target's ledger is missing since {since}"),
        HoldReason::TooManyFailures => format!("too many chunks failed, held since {since}"),
        HoldReason::Limit(_) => format!("{}, since {since}", hold.message),
    }
}

/// Trouble, worst first.
#[must_use]
pub fn alerts(context: &JobContext<'_>, tables: &[TableView]) -> Vec<AlertView> {
    let mut alerts = Vec::new();
    alerts.extend(context.store_trouble.map(|trouble| store_alert(context, trouble)));
    alerts.extend(context.plan_fault.map(plan_alert));
    // A limit is wished for: it is told where the job is held, not as trouble.
    let wished = |hold: &&Hold| matches!(hold.reason, HoldReason::Limit(_));
    let holds = context.job.holds.iter().filter(|hold| !wished(hold));
    alerts.extend(holds.map(|hold| hold_alert(context, hold)));
    alerts.extend(context.socket_trouble.map(|trouble| socket_alert(context, trouble)));
    alerts.extend(failures_alert(context, tables));
    alerts.extend(snapshots_alert(context));
    alerts
}

fn alert(id: &str, what: String, safe: &str, next: String, keys: &[&str]) -> AlertView {
    AlertView {
        id: id.to_owned(),
        what,
        safe: safe.to_owned(),
        next,
        keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        since_ms: 0,
    }
}

fn store_alert(context: &JobContext<'_>, trouble: &StoreTrouble) -> AlertView {
    let mut made = alert(
        "store-unwritable",
        format!("Cannot save progress in {}: {}", context.engine.state_path, trouble.fault),
        "All workers hold; nothing is written to the target while progress cannot be saved. \
         Finished chunks are recorded or in the target's ledger.",
        format!(
            "Tried again at {}; the job goes on by itself when there is room.",
            seconds_text(trouble.next_try, context.utc_offset_s)
        ),
        &["r try now", "L log"],
    );
    made.since_ms = trouble.since.0;
    made
}

fn socket_alert(context: &JobContext<'_>, trouble: &SocketTrouble) -> AlertView {
    let clock = |at| seconds_text(at, context.utc_offset_s);
    let pid = context.engine.pid;
    let (what, next) = match trouble.made_at {
        Some(at) => (
            format!(
                "The engine runs (process {pid}) but its socket was missing; it made a new one: {}",
                trouble.path
            ),
            format!(
                "Nothing: since {} new consoles and commands find the engine again. Somebody, or \
                 a clean-up service, removes files there.",
                clock(at)
            ),
        ),
        None => (
            format!("The engine runs (process {pid}) but its socket is missing: {}", trouble.path),
            format!(
                "It tries again at {} to make a new one; see its log for what is in the way.",
                clock(trouble.next_try)
            ),
        ),
    };
    let safe = "The job is not touched; workers and the consoles that are open go on.";
    let mut made = alert("socket-missing", what, safe, next, &["L log", "y copy"]);
    made.since_ms = trouble.since.0;
    made
}

fn plan_alert(fault: &Fault) -> AlertView {
    alert(
        "plan-failed",
        format!("The plan could not be made: {fault}"),
        "Nothing was changed on either side.",
        match &fault.hint {
            Some(hint) => format!("Nothing by itself. {hint}"),
            None => "Nothing by itself; a start makes the plan anew.".to_owned(),
        },
        &["L log", "q leave"],
    )
}

/// What the engine does about a hold by itself.
fn next_look(context: &JobContext<'_>, hold: &Hold) -> String {
    let tries =
        if hold.tries > 0 { format!(" ({} tries so far)", hold.tries) } else { String::new() };
    match hold.next_try {
        Some(at) => format!(
            "Next look at {}{tries}; when it is back, the job goes on by itself.",
            seconds_text(at, context.utc_offset_s)
        ),
        None => "Nothing by itself: waits for you.".to_owned(),
    }
}

fn hold_alert(context: &JobContext<'_>, hold: &Hold) -> AlertView {
    let clock = |at| clock_text(at, context.utc_offset_s);
    let end = |side| match side {
        Side::Source => format!("Source {}", context.spec.source.display()),
        Side::Target => format!("Target {}", context.spec.target.display()),
        Side::Engine => "The engine".to_owned(),
    };
    let next = next_look(context, hold);
    let retry: &[&str] = &["r try now", "p pause", "y copy"];
    let mut made = match hold.reason {
        HoldReason::ServerLost(side) => alert(
            if side == Side::Source { "source-lost" } else { "target-lost" },
            format!("{} is lost since {}: {}", end(side), clock(hold.since), hold.message),
            SAFE_CHUNKS,
            match side {
                Side::Source => format!("{next} A snapshot that was lost with it is said below."),
                _ => format!("{next} The target's ledger is compared before anything is copied."),
            },
            retry,
        ),
        HoldReason::LoginRefused(side) => alert(
            "login-refused",
            format!("{} refuses the login: {}", end(side), hold.message),
            SAFE_CHUNKS,
            "No more tries by itself, to avoid a lockout.".to_owned(),
            &["r try again", "p pause", "y copy"],
        ),
        HoldReason::OutOfSpace(side) => alert(
            "out-of-space",
            format!("{} is full: {}", end(side), hold.message),
            SAFE_CHUNKS,
            next,
            retry,
        ),
        HoldReason::Refused(side) => alert(
            if side == Side::Source { "source-refused" } else { "target-refused" },
            format!("{} refuses what every worker needs: {}", end(side), hold.message),
            SAFE_CHUNKS,
            next,
            retry,
        ),
        HoldReason::LedgerMissing => alert(
            "ledger-missing",
            format!(
                "{} has no ledger of this job, although the job made one: {}",
                end(Side::Target),
                hold.message
            ),
            "Nothing was written since this was found. Rows copied before are not touched.",
            "Nothing by itself: someone dropped the ledger, or another server answers under this \
             address."
                .to_owned(),
            &["r look again", "p pause", "y copy"],
        ),
        HoldReason::TooManyFailures | HoldReason::Limit(_) => alert(
            "too-many-failures",
            hold.message.clone(),
            SAFE_CHUNKS,
            "Nothing by itself: held so that the rest is not burned through.".to_owned(),
            &["f failed chunks", "r go on all the same", "R re-run failed"],
        ),
    };
    made.since_ms = hold.since.0;
    made
}

fn failures_alert(context: &JobContext<'_>, tables: &[TableView]) -> Option<AlertView> {
    let chunks: u32 = tables.iter().map(|t| t.chunks_failed).sum();
    let steps = context
        .job
        .step_standings
        .iter()
        .filter(|s| s.status == crate::core::job::StepStatus::Failed)
        .count();
    let what = match (chunks, steps) {
        (0, 0) => return None,
        (chunks, 0) => format!("{chunks} {} failed", plural(chunks as usize, "chunk")),
        (0, steps) => format!("{steps} {} failed", plural(steps, "step")),
        (chunks, steps) => format!(
            "{chunks} {} and {steps} {} failed",
            plural(chunks as usize, "chunk"),
            plural(steps, "step")
        ),
    };
    let first = tables.iter().find(|t| t.chunks_failed > 0);
    let place = first.map(|t| format!(", first in {}", t.name)).unwrap_or_default();
    let next = match context.job.state {
        JobState::Completed => "Nothing by itself. The ledger stays on the target for a re-run.",
        _ => "The job goes on with everything else.",
    };
    Some(alert(
        "chunks-failed",
        format!("{what}{place}"),
        "Of a failed chunk nothing is on the target: one chunk is one transaction.",
        next.to_owned(),
        &["f failed chunks", "R re-run", "X skip"],
    ))
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// Two moments in one target is a thing to know for ever, not a fault.
fn snapshots_alert(context: &JobContext<'_>) -> Option<AlertView> {
    if context.job.snapshots < 2 {
        return None;
    }
    let clock = |at| clock_text(at, context.utc_offset_s);
    let when = match context.snapshots {
        [(first, _), .., (last, _)] => format!(", of {} to {}", clock(*first), clock(*last)),
        _ => String::new(),
    };
    let mut made = alert(
        "snapshots-mixed",
        format!("The target mixes {} snapshots of the source{when}", context.job.snapshots),
        "Every row comes from one of them, once. Tables cut by position were begun again.",
        "Nothing by itself. Rows changed between the moments may not fit together; to have one \
         moment, reload the tables that matter."
            .to_owned(),
        &["Enter table", "y copy"],
    );
    made.since_ms = context.snapshots.last().map_or(0, |(at, _)| at.0);
    Some(made)
}

/// What a fault of planning is called when it becomes a finding.
#[must_use]
pub fn topic_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::ConnectionLost | FaultKind::TooManyConnections => "connection",
        FaultKind::LoginRefused => "login",
        FaultKind::Privilege => "privileges",
        FaultKind::ObjectMissing | FaultKind::ObjectExists => "objects",
        FaultKind::OutOfSpace => "space",
        FaultKind::Unsupported | FaultKind::Usage => "request",
        FaultKind::Deadlock
        | FaultKind::Serialization
        | FaultKind::LockTimeout
        | FaultKind::SnapshotLost
        | FaultKind::RowRefused
        | FaultKind::ValueUnfit
        | FaultKind::CountMismatch
        | FaultKind::Cancelled
        | FaultKind::Store
        | FaultKind::Other => "server",
    }
}
