//! `limits`: when a job holds itself back.

use clap::Args;

#[derive(Debug, Args)]
pub struct LimitsArgs {
    /// Name of the job
    pub job: String,

    /// `target_sessions=40`, `replica_lag=30s`, `target_free=20GiB`, `hours=20:00-06:00`,
    /// `source_load=none`; without any: show the present ones
    #[arg(value_name = "KEY=VALUE")]
    pub wishes: Vec<String>,
}
