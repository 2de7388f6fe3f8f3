//! Layered settings, checked, and the places files live.
//!
//! `config.toml` is read by commands and by the engine (for password sources). Anything in it that
//! is not understood is refused with its line: a setting that is silently ignored is worse than
//! none. Passwords are never in this file, only where to find them.

mod drafts;
mod job_file;
mod password;
mod paths;
mod pgpass;
mod settings;
mod system;
mod templates;

pub use drafts::{DraftFile, Drafts};
pub use job_file::{
    FileContent, FileEnd, FileKind, FilePolicy, FileRejects, FileSelection, JobFile, JobKeys,
};
pub use password::{PasswordSource, password_for, unused_password_file};
pub use paths::Paths;
pub use settings::{Config, Connection, Console, Defaults, Glyphs, Theme};
pub use system::system_user;
pub use templates::{Template, list_templates, load_template, save_template};

use std::path::PathBuf;

/// Why a configuration cannot be used: file, line and what is wrong. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub path: PathBuf,
    /// 1-based; `None` when the trouble is not in one line.
    pub line: Option<usize>,
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}", self.message)
    }
}
