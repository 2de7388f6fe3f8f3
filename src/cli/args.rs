//! The command line as typed. What it means is decided by the modules beside this one.

mod conform;
mod demo;
mod ends;
mod examples;
mod limits;
mod look;
mod rejects;
mod shaping;
mod steer;
mod types;
mod verify;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::conform::{ConformArgs, PlanReportArgs};
pub use self::demo::{DemoArgs, SimArgs};
pub use self::ends::{CleanupArgs, DraftsArgs, DraftsCommand, KillArgs};
use self::examples::*;
pub use self::limits::LimitsArgs;
pub use self::look::{ProbeArgs, TablesArgs};
pub use self::rejects::{
    BadRowArgs, BadRowPolicy, ExportForm, RejectsArgs, RejectsCommand, RejectsExportArgs,
    RejectsLimitArgs, RejectsListArgs, RejectsRetryArgs,
};
pub use self::shaping::{ContentWord, Order, PlanArgs, ShapeArgs};
pub use self::steer::{
    DrainArgs, IndexWorkersArgs, RateArgs, ReloadArgs, ReportArgs, RetryArgs, SkipArgs, StopArgs,
    ThreadsArgs,
};
pub use self::types::TypeArgs;
pub use self::verify::{VerifyArgs, VerifyCommand, VerifyListArgs, VerifyShowArgs};

/// Moves databases while you watch and steer.
///
/// A job copies from one database to another in chunks, run by an engine process of its own:
/// closing a console, a shell or an SSH connection never touches it. Without a command the list of
/// jobs is shown.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, disable_help_subcommand = true)]
#[command(after_help = EXAMPLES_TOP)]
pub struct Invocation {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub global: Global,

    #[command(flatten)]
    pub looks: Looks,
}

impl Invocation {
    /// How the screen is to look, said before or behind the command.
    #[must_use]
    pub fn looks(&self) -> Looks {
        let behind = match &self.command {
            Some(Command::Demo(args)) => &args.looks,
            Some(Command::Sim(args)) => &args.looks,
            Some(Command::Copy(args)) => &args.looks,
            Some(Command::Start(args)) => &args.looks,
            Some(Command::Attach(args)) => &args.looks,
            Some(Command::Verify(args)) => &args.looks,
            _ => &self.looks,
        };
        let before = self.looks.clone();
        Looks {
            theme: behind.theme.clone().or(before.theme),
            glyphs: behind.glyphs.clone().or(before.glyphs),
            color: behind.color.clone().or(before.color),
            slow: behind.slow || before.slow,
            fps: behind.fps.or(before.fps),
            no_sync: behind.no_sync || before.no_sync,
            measure: behind.measure.clone().or(before.measure),
            fault: behind.fault.clone().or(before.fault),
        }
    }
}

#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Print the result as JSON, one object per line
    #[arg(long, global = true)]
    pub json: bool,

    /// Print the result only, no progress and no remarks
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// How the screen looks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Screen")]
pub struct Looks {
    /// Colours of the console
    #[arg(long, value_name = "THEME",
          value_parser = ["auto", "dark", "light", "contrast", "mono"])]
    pub theme: Option<String>,

    /// Characters the console may draw with
    #[arg(long, value_name = "SET", value_parser = ["auto", "unicode", "ascii"])]
    pub glyphs: Option<String>,

    /// When to use colour; NO_COLOR is obeyed unless this is given
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"])]
    pub color: Option<String>,

    /// Draw rarely and in ASCII, for slow lines
    #[arg(long)]
    pub slow: bool,

    /// Pictures a second for news of the job, 0.2 to 10 [default: 2]; keys are answered at once
    #[arg(long, value_name = "N", value_parser = frames)]
    pub fps: Option<f64>,

    /// Do not mark pictures as synchronized updates, for terminals that are confused by the marks
    #[arg(long)]
    pub no_sync: bool,

    /// Write a line for every picture to this file: its cause, milliseconds, bytes
    #[arg(long, hide = true, value_name = "FILE")]
    pub measure: Option<std::path::PathBuf>,

    /// Make the console fail on purpose, to try that the terminal comes back
    #[arg(long, hide = true, value_name = "KIND")]
    pub fault: Option<String>,
}

/// Pictures a second.
fn frames(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (0.2..=10.0).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{text} is not between 0.2 and 10"))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy a sample database and watch: needs nothing but this program
    Demo(DemoArgs),
    /// Run a fake engine that plays faults, to try the console
    Sim(SimArgs),
    /// Define a job, check it and start it
    #[command(after_help = EXAMPLES_COPY)]
    Copy(CopyArgs),
    /// Define a job and check it, without starting
    #[command(after_help = EXAMPLES_NEW)]
    New(NewArgs),
    /// Show what a job will do: findings, tables, objects
    #[command(after_help = EXAMPLES_PLAN, visible_alias = "preflight")]
    Plan(PlanArgs),
    /// Show or run statements that set the target as the source is set
    #[command(after_help = EXAMPLES_CONFORM)]
    Conform(ConformArgs),
    /// Start a job that was defined with `new`
    Start(StartArgs),
    /// Compare two databases, row by row where they differ; repair them
    #[command(after_help = EXAMPLES_VERIFY)]
    Verify(VerifyArgs),
    /// Open the console of a job; starts its engine when none runs
    #[command(after_help = EXAMPLES_ATTACH)]
    Attach(AttachArgs),
    /// List the jobs
    Ls,
    /// Show the state of a job
    #[command(after_help = EXAMPLES_STATUS)]
    Status(StatusArgs),
    /// Let workers finish their chunks, then wait; engine and snapshot stay
    Pause(JobArg),
    /// Go on: after a pause, a stop, a lost server or a lost engine
    Resume(ResumeArgs),
    /// Let workers finish their chunks, then end the engine; `resume` goes on later
    #[command(after_help = EXAMPLES_STOP)]
    Stop(StopArgs),
    /// Show or set the number of copy workers
    #[command(after_help = EXAMPLES_THREADS)]
    Threads(ThreadsArgs),
    /// Show or set the rate limit
    #[command(after_help = EXAMPLES_RATE)]
    Rate(RateArgs),
    /// Show or set limits on server load, lag, room and hours that hold the job
    #[command(after_help = EXAMPLES_LIMITS)]
    Limits(LimitsArgs),
    /// Show or set the number of workers that build indexes and keys
    IndexWorkers(IndexWorkersArgs),
    /// List the tables of a job, or of a database
    #[command(after_help = EXAMPLES_TABLES)]
    Tables(TablesArgs),
    /// Try connections: who answers, how far away, what would be in the way
    #[command(after_help = EXAMPLES_PROBE)]
    Probe(ProbeArgs),
    /// List chunks: failed ones, or those of a table
    #[command(after_help = EXAMPLES_CHUNKS)]
    Chunks(ChunksArgs),
    /// Run failed chunks and steps again
    #[command(after_help = EXAMPLES_RETRY)]
    Retry(RetryArgs),
    /// List, export and read again the rows that the target refused
    #[command(after_help = EXAMPLES_REJECTS)]
    Rejects(RejectsArgs),
    /// Leave chunks out for good: their rows will be missing on the target
    #[command(after_help = EXAMPLES_SKIP)]
    Skip(SkipArgs),
    /// Empty a table on the target and load it again
    Reload(ReloadArgs),
    /// Give chunks of leaving workers back instead of finishing them
    Drain(DrainArgs),
    /// Tell everything about a job as one text: figures, tables, failures, story
    Report(ReportArgs),
    /// Show what happened
    Log(LogArgs),
    /// Show the runs of a job and who did what
    History(HistoryArgs),
    /// Block until a job is where you want it
    #[command(after_help = EXAMPLES_WAIT)]
    Wait(WaitArgs),
    /// Remove a job; rows on the target stay
    Kill(KillArgs),
    /// List the drafts of the console's wizard, or throw one away
    Drafts(DraftsArgs),
    /// Remove what a finished job left on the target for itself
    Cleanup(CleanupArgs),
    /// Check this host, its files, locks, sockets and terminal
    Doctor,
    /// List the keys of the console
    Keys(KeysArgs),
    /// Print the manual page
    Man,
    /// Print a completion script for a shell
    #[command(after_help = EXAMPLES_COMPLETIONS)]
    Completions { shell: clap_complete::Shell },
    /// The engine of one job; started by the commands above
    #[command(hide = true)]
    Engine { job: String },
    /// Looks at databases for the console; started by it
    #[command(hide = true)]
    Survey,
}

#[derive(Debug, Args)]
pub struct JobArg {
    /// Name of the job
    pub job: String,
}

#[derive(Debug, Args)]
pub struct CopyArgs {
    #[command(flatten)]
    pub spec: SpecArgs,

    /// Name of the job; made from database and date when not given
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,

    /// Return as soon as the job runs; `tidegate attach JOB` opens its screen
    #[arg(long)]
    pub detach: bool,

    /// The target's name, instead of typing it (--if-exists truncate, replace)
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,

    /// Compare both sides when the copy is done, as job NAME.verify
    #[arg(long)]
    pub verify: bool,

    /// Answer yes to questions that can be undone
    #[arg(long, short = 'y')]
    pub yes: bool,

    #[command(flatten)]
    pub follow: FollowArgs,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name of the job
    pub name: String,

    #[command(flatten)]
    pub spec: SpecArgs,
}

/// What is to be copied, and how.
#[derive(Clone, Debug, Default, Args)]
pub struct SpecArgs {
    /// Source: a URL or the name of a connection in config.toml
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// Target: a URL or the name of a connection in config.toml
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,

    /// Only these schemas (pattern with * and ?); may be given several times
    #[arg(long, value_name = "SCHEMA", help_heading = "What")]
    pub schema: Vec<String>,
    /// Only these tables, or these besides --schema: SCHEMA.TABLE or TABLE (pattern)
    #[arg(long, value_name = "TABLE", help_heading = "What")]
    pub table: Vec<String>,
    /// Leave these out, schemas or tables (pattern); wins over the two above
    #[arg(long, value_name = "PATTERN", help_heading = "What")]
    pub exclude: Vec<String>,
    /// Only rows: the tables are there already
    #[arg(long, conflicts_with = "schema_only", help_heading = "What")]
    pub data_only: bool,
    /// Only the schema, no rows
    #[arg(long, help_heading = "What")]
    pub schema_only: bool,
    /// What to do with a target table that is there already [default: stop]
    #[arg(long, value_name = "POLICY", help_heading = "What")]
    pub if_exists: Option<IfExists>,
    /// Accept conversions that lose something; the plan lists them
    #[arg(long, help_heading = "What")]
    pub accept_lossy: bool,
    /// Path of the rows; the plan says which one each table gets [default: automatic]
    #[arg(long, value_name = "PATH", help_heading = "What")]
    pub access: Option<AccessPath>,
    #[command(flatten)]
    pub bad_rows: BadRowArgs,

    /// Copy workers at the start, each with one connection to both sides [default: 4]
    #[arg(long, value_name = "N", help_heading = "How fast")]
    pub threads: Option<String>,
    /// Right end of the slider [default: 32]
    #[arg(long, value_name = "N", help_heading = "How fast")]
    pub threads_max: Option<String>,
    /// Workers that build indexes and keys [default: 2]
    #[arg(long, value_name = "N", help_heading = "How fast")]
    pub index_workers: Option<String>,
    /// Rate limit of the whole job, such as 40MB/s
    #[arg(long, value_name = "RATE", help_heading = "How fast")]
    pub rate: Option<String>,
    /// Bytes a chunk aims at, one transaction each [default: 32MiB]
    #[arg(long, value_name = "SIZE", help_heading = "How fast")]
    pub chunk_size: Option<String>,

    #[command(flatten)]
    pub shape: ShapeArgs,

    #[command(flatten)]
    pub types: TypeArgs,

    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IfExists {
    /// Refuse to start
    Stop,
    /// Leave the table as it is and do not copy it
    Skip,
    /// Add rows to it
    Append,
    /// Empty it first
    Truncate,
    /// Drop it and create it anew
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccessPath {
    /// Direct where both ends allow it
    Automatic,
    /// Rows pass through unread; refused where that is not possible
    Direct,
    /// Cells are converted one by one
    Conventional,
}

/// How progress is told when there is no screen.
#[derive(Clone, Debug, Args)]
pub struct FollowArgs {
    /// A line at least every so many seconds, when not on a terminal
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub every: u64,
}

#[derive(Debug, Args)]
pub struct StartArgs {
    /// Name of the job
    pub job: String,
    /// Return as soon as the job runs
    #[arg(long)]
    pub detach: bool,
    /// The target's name, instead of typing it (--if-exists truncate, replace)
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
    #[command(flatten)]
    pub follow: FollowArgs,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// Name of the job
    pub job: String,
    /// Copy workers from now on
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct AttachArgs {
    /// Name of the job
    pub job: String,
    /// Look, do not act
    #[arg(long)]
    pub read_only: bool,
    /// Lines instead of a screen
    #[arg(long)]
    pub plain: bool,
    /// Ask for passwords that are found nowhere, when an engine has to be started
    #[arg(long, short = 'W')]
    pub ask_password: bool,
    #[command(flatten)]
    pub follow: FollowArgs,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Name of the job
    pub job: String,
    /// Go on printing until the job ends
    #[arg(long, short)]
    pub follow: bool,
    /// One line
    #[arg(long)]
    pub sup: bool,
    #[command(flatten)]
    pub pace: FollowArgs,
}

#[derive(Debug, Args)]
pub struct ChunksArgs {
    /// Name of the job
    pub job: String,
    /// Only chunks in this state
    #[arg(long, value_parser = ["unassigned", "assigned", "processed", "failed", "skipped"])]
    pub state: Option<String>,
    /// Only chunks of this table
    #[arg(long, value_name = "SCHEMA.TABLE")]
    pub table: Option<String>,
    /// Failed steps (indexes, keys, views) instead of chunks
    #[arg(long, conflicts_with_all = ["state", "table"])]
    pub steps: bool,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Name of the job
    pub job: String,
    /// Go on printing
    #[arg(long, short)]
    pub follow: bool,
    /// So many of the newest lines
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    pub lines: u32,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Name of the job
    pub job: String,
    /// So many of the newest events
    #[arg(long, short = 'n', value_name = "N", default_value_t = 200)]
    pub lines: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// Every row is in; indexes and keys may remain
    Copied,
    /// The job is COMPLETED
    Completed,
    /// Nothing moves: IDLING, STOPPED or COMPLETED
    Idle,
}

#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Name of the job
    pub job: String,
    /// What to wait for
    #[arg(long = "for", value_name = "WHAT", default_value = "completed")]
    pub goal: WaitFor,
    /// Give up after this long: 90s, 30m, 2h (exit code 9)
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

#[derive(Debug, Args)]
pub struct KeysArgs {
    /// Only the keys of this screen
    #[arg(long, value_name = "SCREEN")]
    pub screen: Option<String>,
    /// Check the keys instead of listing them; exit code 2 when something is wrong
    #[arg(long)]
    pub check: bool,
}
