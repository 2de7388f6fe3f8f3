//! Arguments about single tables and kinds of objects, and of `plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PlanReportArgs;

/// What is wanted of single tables. A flag wins over the job file.
#[derive(Clone, Debug, Default, Args)]
pub struct ShapeArgs {
    /// Only the rows of a table for which a condition of the source's SQL is true; may be given
    /// several times, as all of these
    #[arg(long = "where", value_name = "TABLE=CONDITION", help_heading = "Single tables")]
    pub filter: Vec<String>,
    /// A share of a table's rows in percent, the same rows each time
    #[arg(long, value_name = "TABLE=PERCENT", help_heading = "Single tables")]
    pub sample: Vec<String>,
    /// Another name for a table on the target: NAME or SCHEMA.NAME
    #[arg(long, value_name = "TABLE=NAME", help_heading = "Single tables")]
    pub rename: Vec<String>,
    /// Only these columns
    #[arg(long, value_name = "TABLE=A,B", help_heading = "Single tables")]
    pub columns: Vec<String>,
    /// All columns but these
    #[arg(long, value_name = "TABLE=A,B", help_heading = "Single tables")]
    pub without: Vec<String>,
    /// Read an expression of the source's SQL instead of a column
    #[arg(long, value_name = "TABLE.COLUMN=EXPRESSION", help_heading = "Single tables")]
    pub expression: Vec<String>,
    /// Another name for a column on the target
    #[arg(long, value_name = "TABLE.COLUMN=NAME", help_heading = "Single tables")]
    pub rename_column: Vec<String>,
    /// What to do with one table that is there already, instead of --if-exists
    #[arg(long, value_name = "TABLE=POLICY", help_heading = "Single tables")]
    pub table_exists: Vec<String>,
    /// Make a table by the CREATE TABLE in a file, in the target's SQL
    #[arg(long, value_name = "TABLE=FILE", help_heading = "Single tables")]
    pub ddl: Vec<String>,
    /// Which tables are loaded first [default: largest]
    #[arg(long, value_name = "ORDER", help_heading = "Single tables")]
    pub order: Option<Order>,

    /// Tables and only this kind of other objects, such as index or view
    #[arg(long, value_name = "KIND", help_heading = "What")]
    pub only: Vec<String>,
    /// Leave out a kind of objects, such as trigger or grant
    #[arg(long, value_name = "KIND", help_heading = "What")]
    pub leave_out: Vec<String>,
    /// Definitions and rows, or one of them [default: all]
    #[arg(long, value_name = "WHAT", help_heading = "What",
          conflicts_with_all = ["data_only", "schema_only"])]
    pub content: Option<ContentWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The largest table first: the job ends soonest
    Largest,
    Smallest,
    /// As the job file lists them, then as the source does
    Listed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContentWord {
    All,
    #[value(alias = "data_only")]
    DataOnly,
    #[value(alias = "schema_only")]
    SchemaOnly,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Name of the job
    #[arg(required_unless_present = "job_file", conflicts_with = "job_file")]
    pub job: Option<String>,
    /// Plan what a job file describes, without making a job
    #[arg(long, value_name = "FILE")]
    pub job_file: Option<PathBuf>,
    /// Ask for passwords that are found nowhere (--job-file)
    #[arg(long, short = 'W', requires = "job_file")]
    pub ask_password: bool,
    #[command(flatten)]
    pub report: PlanReportArgs,
}
