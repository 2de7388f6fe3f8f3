//! Who is asking: user and terminal, for the job's history.

use crate::config::system_user;
use crate::protocol::{Hello, PROTOCOL};

/// The person and the terminal behind this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user: String,
    /// `pts/3`; empty without a terminal (cron, systemd, a pipe).
    pub tty: String,
    pub read_only: bool,
}

impl Identity {
    /// Of the calling process.
    #[must_use]
    pub fn here() -> Identity {
        Identity { user: user_name(), tty: tty_name(), read_only: false }
    }

    /// The first line to an engine.
    #[must_use]
    pub fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            user: self.user.clone(),
            tty: self.tty.clone(),
            read_only: self.read_only,
            pid: std::process::id(),
        }
    }
}

/// The login name: the person behind sudo, if any, because the history is about people.
fn user_name() -> String {
    let named = ["SUDO_USER", "LOGNAME", "USER"].iter().find_map(|variable| {
        std::env::var(variable).ok().filter(|name| !name.is_empty() && name.len() <= 64)
    });
    named.unwrap_or_else(system_user)
}

fn tty_name() -> String {
    let stdin = rustix::stdio::stdin();
    let stderr = rustix::stdio::stderr();
    let name = [stdin, stderr].into_iter().find_map(|fd| {
        let name = rustix::termios::ttyname(fd, Vec::new()).ok()?;
        Some(name.to_string_lossy().trim_start_matches("/dev/").to_owned())
    });
    name.unwrap_or_default()
}
