//! The places files live (XDG base directories).

use std::env;
use std::path::{Path, PathBuf};

use crate::core::name::JobName;

/// Where everything of one user lives (XDG base directories).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `$XDG_STATE_HOME/tidegate`, else `~/.local/state/tidegate`.
    pub state: PathBuf,
    /// `$XDG_CONFIG_HOME/tidegate`, else `~/.config/tidegate`.
    pub config: PathBuf,
    /// `$XDG_RUNTIME_DIR/tidegate`, else `<state>/run`.
    pub runtime: PathBuf,
}

impl Paths {
    /// From the environment.
    #[must_use]
    pub fn from_env() -> Paths {
        let home = PathBuf::from(env::var_os("HOME").unwrap_or_else(|| "/".into()));
        let base = |variable: &str, fallback: &str| match env::var_os(variable) {
            Some(value) if Path::new(&value).is_absolute() => PathBuf::from(value),
            _ => home.join(fallback),
        };
        let state = base("XDG_STATE_HOME", ".local/state").join("tidegate");
        let config = base("XDG_CONFIG_HOME", ".config").join("tidegate");
        let runtime = match env::var_os("XDG_RUNTIME_DIR") {
            Some(value) if Path::new(&value).is_dir() => PathBuf::from(value).join("tidegate"),
            _ => state.join("run"),
        };
        Paths { state, config, runtime }
    }

    #[must_use]
    pub fn jobs(&self) -> PathBuf {
        self.state.join("jobs")
    }

    #[must_use]
    pub fn job(&self, job: &JobName) -> PathBuf {
        self.jobs().join(job.as_str())
    }

    /// The master table.
    #[must_use]
    pub fn master(&self, job: &JobName) -> PathBuf {
        self.job(job).join("master.db")
    }

    /// Held with `flock` by the engine while it lives: liveness is this lock, never a process id.
    #[must_use]
    pub fn lock(&self, job: &JobName) -> PathBuf {
        self.job(job).join("engine.lock")
    }

    #[must_use]
    pub fn log(&self, job: &JobName) -> PathBuf {
        self.job(job).join("engine.log")
    }

    /// The socket's directory is named after the protocol, so that consoles of another protocol do
    /// not even find it.
    #[must_use]
    pub fn socket(&self, job: &JobName, protocol: u32) -> PathBuf {
        self.runtime.join(protocol.to_string()).join(format!("{job}.sock"))
    }
}
