//! The host: what ends processes at logout (as the report of a plan says it), and the client
//! programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::session::Session;
use super::Findings;
use crate::engine::logout;

/// Where distributions keep PostgreSQL's programs beside the PATH.
const PROGRAM_ROOTS: [&str; 2] = ["/usr/lib/postgresql", "/usr"];

pub(super) fn look(session: &Session, findings: &mut Findings) {
    findings.found(&logout(&session.paths));
    dump_programs(findings);
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
