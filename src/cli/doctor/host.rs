//! The host: what ends processes at logout, and the client programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::session::Session;
use super::Findings;

/// Where distributions keep PostgreSQL's programs beside the PATH.
const PROGRAM_ROOTS: [&str; 2] = ["/usr/lib/postgresql", "/usr"];

pub(super) fn look(session: &Session, findings: &mut Findings) {
    logout(session, findings);
    dump_programs(findings);
}

/// Does this host end a user's processes, or remove the socket's directory, when he logs out?
fn logout(session: &Session, findings: &mut Findings) {
    if !Path::new("/run/systemd/system").exists() {
        return findings.ok("host", "no systemd here: a logout ends no engine");
    }
    let user = &session.client().identity.user;
    let lingers = Path::new("/var/lib/systemd/linger").join(user).exists();
    let hint = format!("Run once: loginctl enable-linger {user}");
    if kills_user_processes(&logind_texts()) && !lingers {
        return findings.warn(
            "host",
            "systemd ends a user's processes at logout (KillUserProcesses=yes), engines too",
            &hint,
        );
    }
    if session.paths.runtime.starts_with("/run/user") && !lingers {
        return findings.warn(
            "host",
            format!(
                "at logout systemd removes {}, where sockets live",
                session.paths.runtime.display()
            ),
            &format!("The engine goes on, but nobody can attach until it is back. {hint}"),
        );
    }
    findings.ok("host", "a logout ends no engine");
}

/// logind's configuration in the order in which it is read; the last word counts.
fn logind_texts() -> Vec<String> {
    let mut files = vec![PathBuf::from("/etc/systemd/logind.conf")];
    for directory in ["/usr/lib/systemd/logind.conf.d", "/etc/systemd/logind.conf.d"] {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let mut more: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn kills_user_processes(texts: &[String]) -> bool {
    let settings = texts.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let (key, value) = line.trim().split_once('=')?;
        (key.trim() == "KillUserProcesses").then(|| value.trim().to_lowercase())
    });
    settings
        .fold(None, |_, last| Some(last))
        .is_some_and(|value| matches!(value.as_str(), "yes" | "true" | "on" | "1"))
}

/// PostgreSQL's schema travels through pg_dump, which must be as new as the source's server.
fn dump_programs(findings: &mut Findings) {
    let mut found: Vec<String> = programs().iter().filter_map(|path| version_of(path)).collect();
    found.sort();
    found.dedup();
    match found.is_empty() {
        true => findings.warn(
            "pg_dump",
            "no pg_dump is installed: copies from PostgreSQL to PostgreSQL need it",
            "Install the postgresql-client package, as new as the source's server.",
        ),
        false => findings.ok("pg_dump", found.join("; ")),
    }
}

fn programs() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for root in PROGRAM_ROOTS {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let versions = entries.map(|entry| entry.path()).filter(|path| {
            root != "/usr"
                || path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"pgsql-"))
        });
        directories.extend(versions.map(|path| path.join("bin")));
    }
    let files = directories.into_iter().map(|directory| directory.join("pg_dump"));
    // One program may be found under several names of its directory.
    let mut found: Vec<PathBuf> = files.filter_map(|path| path.canonicalize().ok()).collect();
    found.sort();
    found.dedup();
    found
}

fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(format!("{} at {}", text.trim(), program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_logind_counts() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (list, kills) in [
            (vec![], false),
            (vec!["#KillUserProcesses=yes\n"], false),
            (vec!["[Login]\nKillUserProcesses = yes\n"], true),
            (vec!["KillUserProcesses=yes\n", "KillUserProcesses=no\n"], false),
        ] {
            assert_eq!(kills_user_processes(&texts(&list)), kills, "{list:?}");
        }
    }
}
