//! `copy`, `new`, `plan`, `start`: from a definition to a running job.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::args::{CopyArgs, NewArgs, PlanArgs, PlanReportArgs, StartArgs};
use super::ask;
use super::define::{Defined, define, draft};
use super::discard;
use super::failure::{Exit, Failure};
use super::figures;
use super::follow;
use super::job_file;
use super::lines::summary;
use super::mirror::Mirror;
use super::plan_text;
use super::session::{Outcome, ScreenRequest, Session};
use super::signals::{Caught, Signals};
use super::view::{View, plan_of, snapshot_of};
use crate::client::{Client, ClientError, Connection};
use crate::config::{Config, JobFile};
use crate::core::name::JobName;
use crate::core::spec::{JobKind, JobSpec, TableExists};
use crate::engine::{self, Passwords};
use crate::protocol::convert::{finding_view, plan_view};
use crate::protocol::{Action, AlertView, FindingView, JobView, PlanView, StartMessage};

/// After this long of planning the user is told that it goes on.
const PLANNING_NOTE: Duration = Duration::from_secs(3);

/// How long the engine of a finished copy may take to start its verification, and how often that
/// is looked at.
const VERIFICATION_BEGINS: Duration = Duration::from_secs(60);
const VERIFICATION_LOOK: Duration = Duration::from_millis(200);

const NOTHING_LEFT: &str = "Nothing was changed on either side, and nothing was left behind.";

/// Defines, checks, starts, and shows.
///
/// # Errors
/// `Blocked` with the findings; then nothing is left behind.
pub async fn copy(session: &Session, args: &CopyArgs) -> Result<Outcome, Failure> {
    job_file::read(&args.spec)?.refuse_other_than_copy()?;
    let mut defined = define(session, args.job.as_deref(), &args.spec)?;
    defined.spec.verify_after |= args.verify;
    ask_destructive(&defined.spec, args.yes_target.as_deref())?;
    let outcome = define_and_begin(session, &defined, args.detach, args.follow.every).await?;
    match outcome {
        Outcome::Exit(Exit::Done) if defined.spec.verify_after && !args.detach => {
            follow_verification(session, &defined.spec.name, args.follow.every).await
        }
        other => Ok(other),
    }
}

/// The verification that the engine of a copy starts when it is done.
async fn follow_verification(
    session: &Session,
    copied: &JobName,
    every_s: u64,
) -> Result<Outcome, Failure> {
    let job = copied.verification(1);
    let deadline = std::time::Instant::now() + VERIFICATION_BEGINS;
    loop {
        match session.engine(&job).await {
            Ok(engine) => {
                return Ok(Outcome::Exit(follow::follow(session, &job, engine, every_s).await?));
            }
            Err(failure) if std::time::Instant::now() >= deadline => {
                return Err(failure.with_hint(format!(
                    "The copy is complete. Compare by hand: tidegate verify {copied}"
                )));
            }
            Err(_) => tokio::time::sleep(VERIFICATION_LOOK).await,
        }
    }
}

/// Defines, plans, checks and starts a job, and shows it.
///
/// # Errors
/// `Blocked` with the findings; then nothing is left behind.
pub async fn define_and_begin(
    session: &Session,
    defined: &Defined,
    detach: bool,
    every_s: u64,
) -> Result<Outcome, Failure> {
    let job = defined.spec.name.clone();
    let engine = open_draft(session, defined).await?;
    let plan = match checked_plan(session, &job, &engine).await {
        Ok(plan) => plan,
        Err(failure) => {
            discard::draft(session, &job, Some(engine)).await?;
            return Err(failure.with_detail(NOTHING_LEFT));
        }
    };
    if plan.blocked {
        plan_text::blocks(&plan).iter().for_each(|line| session.output.note(line));
        session.output.object("plan", json!(plan));
        discard::draft(session, &job, Some(engine)).await?;
        return Err(blocked(&job).with_detail(NOTHING_LEFT));
    }
    tell_warnings(session, &job, &plan);
    begin(session, &job, engine, detach, every_s).await
}

/// Truncating and replacing destroy rows of the target: they want its name.
pub fn ask_destructive(spec: &JobSpec, given: Option<&str>) -> Result<(), Failure> {
    let target = spec.target.display();
    if spec.kind == JobKind::Verify {
        let doing = format!("Change rows of {target} that differ, delete those only it has");
        return match spec.repair {
            true => ask::name(&doing, &ask::Name::target(&spec.source.display(), &target), given),
            false => Ok(()),
        };
    }
    let asked = |policy| {
        spec.table_exists == policy
            || spec.shaping.tables.iter().any(|shape| shape.if_exists == Some(policy))
    };
    let doing = match (asked(TableExists::Replace), asked(TableExists::Truncate)) {
        (true, _) => format!("Drop tables that are already on {target}"),
        (_, true) => format!("Empty tables that are already on {target}"),
        _ => return Ok(()),
    };
    ask::name(&doing, &ask::Name::target(&spec.source.display(), &target), given)
}

/// The new job's engine, which plans by itself.
async fn open_draft(session: &Session, defined: &Defined) -> Result<Connection, Failure> {
    begin_engine(session, &session.client(), &defined.spec.name, &defined.start_message()).await
}

/// Starts the engine of a new job; when it does not come up, its beginnings are removed.
///
/// # Errors
/// The engine's own words.
pub async fn begin_engine(
    session: &Session,
    client: &Client,
    job: &JobName,
    start: &StartMessage,
) -> Result<Connection, Failure> {
    match client.attach(job, start).await {
        Ok(engine) => Ok(engine),
        Err(error) => {
            discard::never_started(session, job).await?;
            Err(not_begun(error))
        }
    }
}

/// The engine of a new job that did not come up: nothing is left, which is worth saying.
fn not_begun(error: ClientError) -> Failure {
    match error {
        ClientError::StartFailed { ref detail, .. } => {
            let failure = Failure { hint: detail.clone(), ..Failure::from(error) };
            failure.with_detail(NOTHING_LEFT)
        }
        other => other.into(),
    }
}

/// Waits for the plan.
///
/// # Errors
/// Why there is none; an interrupt.
async fn checked_plan(
    session: &Session,
    job: &JobName,
    engine: &Connection,
) -> Result<PlanView, Failure> {
    let mut signals = Signals::arm()?;
    let mut updates = engine.subscribe().await?;
    let mut mirror = Mirror::default();
    let mut told = false;
    loop {
        tokio::select! {
            update = updates.next() => {
                mirror.apply(update?);
            }
            caught = signals.next() => if let Caught::End(exit) = caught {
                return Err(Failure::new(exit, format!("job {job} was not started")));
            },
            () = tokio::time::sleep(PLANNING_NOTE), if !told => {
                told = true;
                session.output.note(&format!("{job}: reading the catalogues, making the plan"));
            }
        }
        let Some(snapshot) = mirror.snapshot() else { continue };
        if snapshot.job.planned {
            return plan_of(engine).await;
        }
        if let Some(alert) = snapshot.job.alerts.first() {
            return Err(no_plan(alert));
        }
    }
}

/// Planning failed: the trouble in its parts.
fn no_plan(alert: &AlertView) -> Failure {
    let exit = match alert.id.as_str() {
        "source-lost" | "target-lost" => Exit::ServerLost,
        "out-of-space" => Exit::NoSpace,
        _ => Exit::Error,
    };
    let mut failure = Failure::new(exit, alert.what.clone());
    if !alert.safe.is_empty() {
        failure = failure.with_detail(alert.safe.clone());
    }
    match alert.next.strip_prefix("Nothing by itself. ") {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn blocked(job: &JobName) -> Failure {
    Failure::new(Exit::Blocked, format!("job {job} cannot start: its plan has BLOCK findings"))
        .with_hint("Each finding above says what to do.")
}

fn tell_warnings(session: &Session, job: &JobName, plan: &PlanView) {
    let count = plan.findings.iter().filter(|finding| finding.severity == "warn").count();
    if count > 0 {
        let what = figures::counted(count as u64, "warning");
        session.output.note(&format!("{what} in the plan: tidegate plan {job}"));
    }
}

/// Starts the planned job and shows it the way that fits.
async fn begin(
    session: &Session,
    job: &JobName,
    engine: Connection,
    detach: bool,
    every_s: u64,
) -> Result<Outcome, Failure> {
    session.act(&engine, Action::Start).await?;
    if detach {
        let view = snapshot_of(&engine).await?.job;
        session.output.text(&format!("{job} is {}", view.state));
        session.output.object("summary", summary(&view, Exit::Done as u8));
        session.output.note(&format!("Watch: tidegate attach {job}   Wait: tidegate wait {job}"));
        return Ok(Outcome::Exit(Exit::Done));
    }
    show(session, job, engine, every_s).await
}

/// Waits for the plan and starts, for a job that is ours to make up.
///
/// # Errors
/// A plan that cannot be made or is blocked; then the job is removed again.
pub async fn begin_quietly(
    session: &Session,
    job: &JobName,
    engine: &Connection,
) -> Result<(), Failure> {
    let planned = match checked_plan(session, job, engine).await {
        Ok(plan) if plan.blocked => {
            plan_text::blocks(&plan).iter().for_each(|line| session.output.note(line));
            Err(blocked(job))
        }
        other => other,
    };
    match planned {
        Ok(_) => session.act(engine, Action::Start).await.map(|_| ()),
        Err(failure) => {
            let again = session.client().connect(job).await.ok();
            discard::draft(session, job, again).await?;
            Err(failure)
        }
    }
}

/// The screen in a terminal, lines elsewhere.
///
/// # Errors
/// As `follow`.
pub async fn show(
    session: &Session,
    job: &JobName,
    engine: Connection,
    every_s: u64,
) -> Result<Outcome, Failure> {
    if session.output.on_terminal() {
        let request = ScreenRequest { job: Some(job.clone()), read_only: false };
        return Ok(Outcome::Screen(request));
    }
    // This one has been subscribed to already, for the plan.
    drop(engine);
    let engine = session.engine(job).await?;
    Ok(Outcome::Exit(follow::follow(session, job, engine, every_s).await?))
}

/// Defines and checks.
///
/// # Errors
/// `Blocked` when the plan forbids the start; the draft stays, to be looked at.
pub async fn new(session: &Session, args: &NewArgs) -> Result<Exit, Failure> {
    let defined = define(session, Some(&args.name), &args.spec)?;
    let job = defined.spec.name.clone();
    let engine = open_draft(session, &defined).await?;
    let plan = match checked_plan(session, &job, &engine).await {
        Ok(plan) => plan,
        Err(failure) => {
            return Err(failure.with_hint(format!(
                "The job is defined. When the cause is mended: tidegate plan {job}; to remove it: \
                 tidegate kill {job}"
            )));
        }
    };
    tell_plan(session, &job, &plan, &PlanReportArgs::default())?;
    session.output.note(&format!("Start: tidegate start {job}"));
    Ok(Exit::Done)
}

/// # Errors
/// `Blocked` when the plan forbids the start.
pub async fn plan(session: &Session, args: &PlanArgs) -> Result<Exit, Failure> {
    if let Some(path) = &args.job_file {
        return plan_of_file(session, path, args).await;
    }
    let job = session.existing(args.job.as_deref().unwrap_or_default())?;
    let view = View::open(session, &job).await?;
    let shown = view.snapshot().await?.job;
    let mut plan = match (shown.planned, view) {
        (true, view) => view.plan().await?,
        // Not made yet: an engine makes it.
        (false, View::Live(engine)) => checked_plan(session, &job, &engine).await?,
        (false, View::Stored(_)) => {
            let engine = session.engine_or_start(&job, false).await?;
            checked_plan(session, &job, &engine).await?
        }
    };
    if args.report.estimate {
        plan.findings.push(speed(session, &job).await?);
    }
    tell_plan(session, &job, &plan, &args.report)?;
    if shown.state == "DEFINING" {
        session.output.note(&format!("Start: tidegate start {job}"));
    }
    Ok(Exit::Done)
}

/// The plan of a job file. No job is made and nothing is written on either side.
async fn plan_of_file(session: &Session, path: &Path, args: &PlanArgs) -> Result<Exit, Failure> {
    let config = Config::load(&session.paths)?;
    let text = JobFile::load(path)?.text;
    let (spec, mut passwords) = draft(&config, &text, &path.display().to_string())?;
    session.complete(&spec, &mut passwords, args.ask_password)?;
    let told = |text: String| session.output.note(&text);
    let mut plan = engine::plan_of(&spec, &passwords, &told).await?;
    if args.report.estimate {
        plan.findings.push(engine::estimate(&spec, &passwords, &plan).await?);
    }
    let plan = plan_view(&plan);
    plan_text::tell(session, &plan, &args.report)?;
    if plan.blocked {
        let what = format!("{} cannot start: its plan has BLOCK findings", path.display());
        return Err(Failure::new(Exit::Blocked, what)
            .with_detail("No job was made, and nothing was changed on either side.")
            .with_hint("Each finding above says what to do."));
    }
    session.output.note(&format!("Start: tidegate copy --job-file {}", path.display()));
    Ok(Exit::Done)
}

/// What a short read of a defined job's largest table says.
async fn speed(session: &Session, job: &JobName) -> Result<FindingView, Failure> {
    let spec = session.spec(job)?;
    let mut passwords = Passwords::default();
    session.complete(&spec, &mut passwords, false)?;
    let told = |text: String| session.output.note(&text);
    let plan = engine::plan_of(&spec, &passwords, &told).await?;
    Ok(finding_view(&engine::estimate(&spec, &passwords, &plan).await?))
}

fn tell_plan(
    session: &Session,
    job: &JobName,
    plan: &PlanView,
    report: &PlanReportArgs,
) -> Result<(), Failure> {
    plan_text::tell(session, plan, report)?;
    match plan.blocked {
        true => Err(blocked(job)),
        false => Ok(()),
    }
}

/// # Errors
/// `Blocked`; a job that is started already; unanswered questions.
pub async fn start(session: &Session, args: &StartArgs) -> Result<Outcome, Failure> {
    let job = session.existing(&args.job)?;
    ask_destructive(&session.spec(&job)?, args.yes_target.as_deref())?;
    let engine = session.engine_or_start(&job, args.ask_password).await?;
    refuse_started(&job, &snapshot_of(&engine).await?.job)?;
    let plan = checked_plan(session, &job, &engine).await?;
    if plan.blocked {
        plan_text::blocks(&plan).iter().for_each(|line| session.output.note(line));
        session.output.object("plan", json!(plan));
        return Err(blocked(&job).with_detail("Nothing was changed."));
    }
    drop(engine);
    let engine = session.engine(&job).await?;
    begin(session, &job, engine, args.detach, args.follow.every).await
}

fn refuse_started(job: &JobName, view: &JobView) -> Result<(), Failure> {
    match view.state.as_str() {
        "DEFINING" => Ok(()),
        state => Err(Failure::new(Exit::Error, format!("job {job} was started before: {state}"))
            .with_detail("Nothing was changed.")
            .with_hint(format!("`tidegate resume {job}` goes on where it is."))),
    }
}
