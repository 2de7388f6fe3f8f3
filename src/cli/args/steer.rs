//! Arguments of the commands that steer a job, and of `report`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct StopArgs {
    /// Name of the job
    pub job: String,
    /// Do not wait for chunks under way: they are rolled back and done again later
    #[arg(long)]
    pub now: bool,
    /// Answer yes (an orderly stop only)
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// The target's name, instead of typing it (--now)
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,
}

#[derive(Debug, Args)]
pub struct ThreadsArgs {
    /// Name of the job
    pub job: String,
    /// Workers wanted; without it, the present number is printed
    pub number: Option<String>,
    /// Right end of the slider
    #[arg(long, value_name = "N")]
    pub max: Option<String>,
}

#[derive(Debug, Args)]
pub struct RateArgs {
    /// Name of the job
    pub job: String,
    /// `40MB/s`, or `none`; without it, the present limit is printed
    pub rate: Option<String>,
}

#[derive(Debug, Args)]
pub struct IndexWorkersArgs {
    /// Name of the job
    pub job: String,
    /// Workers wanted; without it, the present number is printed
    pub number: Option<String>,
}

#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Name of the job
    pub job: String,
    /// A chunk, such as crm.orders#81; may be given several times
    #[arg(long, value_name = "TABLE#N")]
    pub chunk: Vec<String>,
    /// A failed step by its number in `chunks --steps`; may be given several times
    #[arg(long, value_name = "ID")]
    pub step: Vec<u32>,
    /// Everything that failed
    #[arg(long, conflicts_with_all = ["chunk", "step"])]
    pub all: bool,
    /// Answer yes
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Ask for passwords that are found nowhere, when an engine has to be started
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct SkipArgs {
    /// Name of the job
    pub job: String,
    /// A chunk, such as crm.orders#81; may be given several times
    #[arg(long, value_name = "TABLE#N", required = true)]
    pub chunk: Vec<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The target's name, instead of typing it
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReloadArgs {
    /// Name of the job
    pub job: String,
    /// The table, as `tables` lists it
    pub table: String,
    /// The target's name, instead of typing it
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,
}

#[derive(Debug, Args)]
pub struct DrainArgs {
    /// Name of the job
    pub job: String,
    /// Roll the chunks of leaving workers back and give them back
    #[arg(long, required = true)]
    pub now: bool,
    /// Answer yes
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// The target's name, instead of typing it (production targets)
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Name of the job
    pub job: String,
    /// Write it to this file; without it, to stdout
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}
