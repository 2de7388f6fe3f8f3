//! Arguments of `verify`.

use clap::{Args, Subcommand};

use super::{FollowArgs, Looks, SpecArgs};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct VerifyArgs {
    #[command(subcommand)]
    pub command: Option<VerifyCommand>,

    /// Compare what this job copied, instead of --from and --to
    #[arg(value_name = "JOB")]
    pub of: Option<String>,

    #[command(flatten)]
    pub spec: SpecArgs,

    /// Name of the verification; made from the job or the database when not given
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,

    /// Copy rows that differ again, and delete rows that only the target has
    #[arg(long)]
    pub repair: bool,

    /// The target's name, instead of typing it (--repair)
    #[arg(long, value_name = "NAME")]
    pub yes_target: Option<String>,

    /// Return as soon as the job runs; `tidegate attach JOB` opens its screen
    #[arg(long)]
    pub detach: bool,

    #[command(flatten)]
    pub follow: FollowArgs,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Subcommand)]
pub enum VerifyCommand {
    /// List the tables of a verification with their verdicts
    List(VerifyListArgs),
    /// List rows that differ, with table, key and columns
    Show(VerifyShowArgs),
}

#[derive(Debug, Args)]
pub struct VerifyListArgs {
    /// Name of the verification
    pub job: String,
}

#[derive(Debug, Args)]
pub struct VerifyShowArgs {
    /// Name of the verification
    pub job: String,
    /// Only this table
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// Read the values of both sides and show them; rows are private
    #[arg(long)]
    pub values: bool,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
    /// Ask for passwords that are found nowhere (--values)
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}
