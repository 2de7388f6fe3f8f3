//! Arguments of `conform`, and of the report of a plan.

use std::path::PathBuf;

use clap::Args;

/// What becomes of a plan's report.
#[derive(Clone, Debug, Default, Args)]
pub struct PlanReportArgs {
    /// Every finding, table and object, not only what needs attention
    #[arg(long)]
    pub all: bool,
    /// Write the whole report to a file: JSON when its name ends in .json, else text
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Read one table for a few seconds and say how long the job may take
    #[arg(long)]
    pub estimate: bool,
}

#[derive(Debug, Args)]
pub struct ConformArgs {
    /// Name of a defined job
    #[arg(conflicts_with_all = ["job_file", "from", "to"])]
    pub job: Option<String>,
    /// The job that a file describes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "to"])]
    pub job_file: Option<PathBuf>,
    /// Source: a URL or the name of a connection in config.toml
    #[arg(long, value_name = "URL", requires = "to")]
    pub from: Option<String>,
    /// Target: a URL or the name of a connection in config.toml
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Run only what is numbered so in the list; may be given several times
    #[arg(long, value_name = "N", conflicts_with = "template")]
    pub only: Vec<usize>,
    /// The statements of a template instead of those the plan found
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
    /// Keep the statements as a template for other jobs, to be edited and run later
    #[arg(long, value_name = "NAME", conflicts_with = "template")]
    pub save: Option<String>,
    /// Show the statements and run none
    #[arg(long)]
    pub show: bool,
    /// The target's name, instead of typing it
    #[arg(long, value_name = "NAME", conflicts_with = "show")]
    pub yes_target: Option<String>,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}
