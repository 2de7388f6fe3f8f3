//! Arguments of `drain` and `report`.

use std::path::PathBuf;

use clap::Args;

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
