//! Arguments about rows that the target refuses.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What a new job does with them.
#[derive(Clone, Debug, Default, Args)]
pub struct BadRowArgs {
    /// What to do with rows that the target refuses
    #[arg(long, value_name = "POLICY", default_value = "fail", help_heading = "What")]
    pub bad_rows: BadRowPolicy,
    /// Rows of one table that may be put aside; implies --bad-rows reject [default: 1000]
    #[arg(long, value_name = "N", help_heading = "What",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub rejects_per_table: Option<u64>,
    /// Rows of the whole job that may be put aside; implies --bad-rows reject [default: 10000]
    #[arg(long, value_name = "N", help_heading = "What",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub rejects_per_job: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BadRowPolicy {
    #[default]
    /// Their chunk fails, and nothing of it is kept
    Fail,
    /// They are put aside with their error, the others are loaded
    Reject,
}

#[derive(Debug, Args)]
pub struct RejectsArgs {
    #[command(subcommand)]
    pub command: RejectsCommand,
}

#[derive(Debug, Subcommand)]
pub enum RejectsCommand {
    /// List rejected rows: causes, then keys and errors
    List(RejectsListArgs),
    /// Write them to files: the rows as COPY text, and a line of JSON each
    Export(RejectsExportArgs),
    /// Read them again from the source, as they are now, and load what fits
    Retry(RejectsRetryArgs),
    /// Show or set how many rows may be rejected
    Limit(RejectsLimitArgs),
}

#[derive(Debug, Args)]
pub struct RejectsListArgs {
    /// Name of the job
    pub job: String,
    /// Only rows of this table
    #[arg(long, value_name = "SCHEMA.TABLE")]
    pub table: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
    /// The rows themselves as well: they are private
    #[arg(long)]
    pub rows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// Both
    All,
    /// A line of JSON per row: key, error, row
    Ndjson,
    /// The rows alone, as COPY text
    Tsv,
}

#[derive(Debug, Args)]
pub struct RejectsExportArgs {
    /// Name of the job
    pub job: String,
    /// Only rows of this table
    #[arg(long, value_name = "SCHEMA.TABLE")]
    pub table: Option<String>,
    /// Which files
    #[arg(long, value_name = "FORM", default_value = "all")]
    pub format: ExportForm,
    /// Where to; the job's own directory when not given
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RejectsRetryArgs {
    /// Name of the job
    pub job: String,
    /// Only rows of this table
    #[arg(long, value_name = "SCHEMA.TABLE")]
    pub table: Option<String>,
    /// Answer yes
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Ask for passwords that are found nowhere, when an engine has to be started
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct RejectsLimitArgs {
    /// Name of the job
    pub job: String,
    /// Rows of one table
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub per_table: Option<u64>,
    /// Rows of the whole job
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub per_job: Option<u64>,
    /// Reject no more: a bad row fails its chunk from now on
    #[arg(long, conflicts_with_all = ["per_table", "per_job"])]
    pub fail: bool,
    /// Ask for passwords that are found nowhere, when an engine has to be started
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}
