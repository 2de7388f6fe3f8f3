//! Arguments of what looks at databases and tables.

use clap::Args;

#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// URLs, or names of connections in config.toml
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,
    /// They are to be written: say what would be in the way of that
    #[arg(long)]
    pub target: bool,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}

#[derive(Debug, Args)]
pub struct TablesArgs {
    /// Name of the job; or a database: a URL or the name of a connection in config.toml
    #[arg(value_name = "JOB|URL")]
    pub job: String,
    /// Only tables in this state (of a job)
    #[arg(long, value_parser = ["waiting", "running", "done", "failed", "skipped"])]
    pub state: Option<String>,
    /// Count rows instead of asking the statistics (of a database)
    #[arg(long, conflicts_with = "state")]
    pub exact: bool,
    /// Only these tables, as with copy --table (of a database)
    #[arg(long, value_name = "TABLE", conflicts_with = "state")]
    pub table: Vec<String>,
    /// What could not be copied to this database (of a database)
    #[arg(long, value_name = "URL", conflicts_with = "state")]
    pub to: Option<String>,
    /// Check a condition for --where instead: explained by the server, never run; may be given
    /// several times (of a database)
    #[arg(long, value_name = "TABLE=CONDITION", conflicts_with = "state")]
    pub check_where: Vec<String>,
    /// Ask for passwords that are found nowhere
    #[arg(long, short = 'W')]
    pub ask_password: bool,
}
