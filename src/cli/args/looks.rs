//! How the screen looks and how often it is drawn.

use clap::Args;

/// How the screen looks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Screen")]
pub struct Looks {
    /// Colours of the console
    #[arg(long, value_name = "THEME",
          value_parser = ["auto", "dark", "light", "contrast", "mono"])]
    pub theme: Option<String>,

    /// Characters the console may draw with
    #[arg(long, value_name = "SET", value_parser = ["auto", "unicode", "ascii"])]
    pub glyphs: Option<String>,

    /// When to use colour; NO_COLOR is obeyed unless this is given
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"])]
    pub color: Option<String>,

    /// Draw rarely and in ASCII, for slow lines
    #[arg(long)]
    pub slow: bool,

    /// Pictures a second for news of the job, 0.2 to 10 [default: 2]; keys are answered at once
    #[arg(long, value_name = "N", value_parser = frames)]
    pub fps: Option<f64>,

    /// Do not mark pictures as synchronized updates, for terminals that are confused by the marks
    #[arg(long)]
    pub no_sync: bool,

    /// Write a line for every picture to this file: its cause, milliseconds, bytes
    #[arg(long, hide = true, value_name = "FILE")]
    pub measure: Option<std::path::PathBuf>,

    /// Make the console fail on purpose, to try that the terminal comes back
    #[arg(long, hide = true, value_name = "KIND")]
    pub fault: Option<String>,
}

/// Pictures a second.
fn frames(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (0.2..=10.0).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{text} is not between 0.2 and 10"))
    }
}
