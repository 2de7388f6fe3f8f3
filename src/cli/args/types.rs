//! Arguments about types and names: rules, switches, schemas, the job file.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Default, Args)]
pub struct TypeArgs {
    /// Read the job's definition from a file; flags win over it (see job.example.toml)
    #[arg(long, value_name = "FILE")]
    pub job_file: Option<PathBuf>,

    /// Give columns another type: TABLE.COLUMN=TYPE, COLUMN=TYPE or SOURCETYPE=TYPE (patterns);
    /// may be given several times
    #[arg(long, value_name = "WHAT=TYPE", help_heading = "Types and names")]
    pub map: Vec<String>,
    /// A usual wish, such as tinyint1_as_boolean or enum=native; may be given several times
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Types and names")]
    pub switch: Vec<String>,
    /// Another name for a schema on the target; may be given several times
    #[arg(long, value_name = "FROM:TO", help_heading = "Types and names")]
    pub remap_schema: Vec<String>,
    /// Let the plan look at values where types alone may lose something
    #[arg(long, help_heading = "Types and names")]
    pub scan: bool,
}
