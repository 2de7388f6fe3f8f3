//! Who is asking: user and terminal, for the job's history.

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
    let uid = rustix::process::getuid().as_raw();
    named
        .or_else(|| name_in(&std::fs::read_to_string("/etc/passwd").ok()?, uid))
        .unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a uid in the text of a passwd file.
fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found = fields.nth(1)?.parse() == Ok(uid);
        found.then(|| name.to_owned())
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_has_its_name_from_the_passwd_file() {
        let passwd = "root:x:0:0::/root:/bin/sh\nbroken\nana:x:1001:1001::/home/ana:/bin/sh\n";
        assert_eq!(name_in(passwd, 1001).as_deref(), Some("ana"));
        assert_eq!(name_in(passwd, 7), None);
    }
}
