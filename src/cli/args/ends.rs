//! Arguments of the commands that end a job, or its draft.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct KillArgs {
    /// Name of the job
    pub job: String,
    /// The job's name again, instead of typing it
    #[arg(long, value_name = "JOB")]
    pub yes_job: Option<String>,
    /// Remove the job even when its ledger on the target cannot be removed
    #[arg(long)]
    pub leave_ledger: bool,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct CleanupArgs {
    /// Name of the job
    pub job: String,
    /// Answer yes
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct DraftsArgs {
    #[command(subcommand)]
    pub command: Option<DraftsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum DraftsCommand {
    /// List them, with the path of each job file
    List,
    /// Throw one away; no job and no database is touched
    Discard {
        /// Name of the draft
        name: String,
        /// Answer yes
        #[arg(long, short = 'y')]
        yes: bool,
    },
}
