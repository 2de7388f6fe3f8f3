//! Arguments of `demo` and `sim`.

use clap::Args;

use super::Looks;

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Return at once; `tidegate attach demo` opens the screen
    #[arg(long)]
    pub detach: bool,
    /// Rows of the sample's largest table
    #[arg(long, value_name = "N")]
    pub rows: Option<u64>,
    /// Rate limit of the demo
    #[arg(long, value_name = "RATE", default_value = "15MB/s")]
    pub rate: String,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Args)]
pub struct SimArgs {
    /// Return at once
    #[arg(long)]
    pub detach: bool,
    /// What happens when: `at 5s source-lost for 20s`; may be given several times, also to a
    /// simulation that runs
    #[arg(long, value_name = "LINE")]
    pub script: Vec<String>,
    /// Copy workers at the start
    #[arg(long, value_name = "N", default_value = "12")]
    pub threads: String,
    /// How long one chunk takes
    #[arg(long, value_name = "MS", default_value_t = 4_000)]
    pub chunk_ms: u32,
    /// So many tables instead of the usual 41
    #[arg(long, value_name = "N")]
    pub tables: Option<u32>,
    /// So many chunks
    #[arg(long, value_name = "N")]
    pub chunks: Option<u32>,
    /// Name of the job
    #[arg(long, value_name = "NAME", default_value = "sim")]
    pub job: String,
    #[command(flatten)]
    pub looks: Looks,
}
