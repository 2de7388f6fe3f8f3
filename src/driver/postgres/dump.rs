//! Finds and runs `pg_dump`. The password travels in the child's environment, never in its
//! arguments, which every user of the machine can read.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::archive::{Archive, parse};
use super::connect::Link;
use crate::core::fault::{Fault, FaultKind, Side};

/// Locks of other sessions are waited for this long.
const LOCK_WAIT: &str = "60s";

/// Most lines of complaint kept.
const COMPLAINT_LINES_MAX: usize = 6;

/// A usable `pg_dump`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DumpProgram {
    pub path: PathBuf,
    /// Major version: 15.
    pub major: u32,
}

/// The program nearest to the server's version and not older: an older one refuses to run.
///
/// # Errors
/// `Unsupported` with what to install.
pub(super) async fn find(side: Side, server_version_num: u32) -> Result<DumpProgram, Fault> {
    let wanted = server_version_num / 10_000;
    let mut found = Vec::new();
    for path in candidates() {
        if let Some(major) = major_of(&path).await {
            found.push(DumpProgram { path, major });
        }
    }
    choose(&found, wanted).cloned().ok_or_else(|| missing(side, wanted, &found))
}

fn choose(found: &[DumpProgram], wanted: u32) -> Option<&DumpProgram> {
    found.iter().filter(|p| p.major >= wanted).min_by_key(|p| p.major)
}

fn missing(side: Side, wanted: u32, found: &[DumpProgram]) -> Fault {
    let message = match found.iter().map(|p| p.major).max() {
        None => format!("pg_dump was not found, and the server has version {wanted}"),
        Some(newest) => {
            format!("pg_dump {newest} is too old for a server of version {wanted}")
        }
    };
    Fault::new(FaultKind::Unsupported, side, message)
        .with_detail(
            "Definitions are read with the vendor's own program, of the server's version or newer.",
        )
        .with_hint(format!(
            "Install the client programs here, for example postgresql-client-{wanted} \
             (Debian, Ubuntu) or postgresql{wanted} (Red Hat, SUSE)."
        ))
}

/// Where packages put it: the search path, then the version directories of Debian and PGDG.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&path).map(|d| d.join("pg_dump")).filter(|p| p.is_file()).collect();
    found.extend(versions_below(Path::new("/usr/lib/postgresql"), ""));
    found.extend(versions_below(Path::new("/usr"), "pgsql-"));
    found.extend(versions_below(Path::new("/opt/homebrew/opt"), "postgresql@"));
    found
}

fn versions_below(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let named = entries.filter_map(Result::ok).filter(|e| {
        let name = e.file_name();
        let version = name.to_str().and_then(|n| n.strip_prefix(prefix));
        version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    });
    let mut found: Vec<PathBuf> =
        named.map(|e| e.path().join("bin/pg_dump")).filter(|p| p.is_file()).collect();
    found.sort();
    found
}

async fn major_of(path: &Path) -> Option<u32> {
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    major_in(std::str::from_utf8(&output.stdout).ok()?)
}

/// `pg_dump (PostgreSQL) 15.20 (Debian 15.20-0)`: 15.
fn major_in(text: &str) -> Option<u32> {
    let version = text.split_once(") ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// The archive of every definition of the database, without rows.
pub(super) async fn schema_archive(link: &Link, program: &DumpProgram) -> Result<Archive, Fault> {
    let output = command(link, program).output().await.map_err(|e| {
        Fault::new(FaultKind::Other, link.side, format!("pg_dump could not be run: {e}"))
    })?;
    if !output.status.success() {
        return Err(complaint(link.side, &output));
    }
    parse(&output.stdout).map_err(|e| {
        Fault::new(FaultKind::Unsupported, link.side, format!("pg_dump {}: {e}", program.major))
            .with_hint("Install the pg_dump of the server's own version.")
    })
}

fn command(link: &Link, program: &DumpProgram) -> Command {
    let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
    let conninfo: Vec<String> = link
        .address
        .conninfo
        .iter()
        .map(|(name, value)| format!("{name}='{}'", quoted(value)))
        .collect();
    let mut command = Command::new(&program.path);
    command
        .args(["--format=custom", "--compress=0", "--schema-only", "--encoding=UTF8"])
        // A subscription's definition holds a password; it is named in the checklist instead.
        .args(["--no-subscriptions", "--exclude-schema=tidegate", "--no-password"])
        .arg(format!("--lock-wait-timeout={LOCK_WAIT}"))
        .arg(format!("--dbname={}", conninfo.join(" ")))
        // These would lead to another server than the one named.
        .env_remove("PGSERVICE")
        .env_remove("PGHOSTADDR")
        .env("PGAPPNAME", link.application_name())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(password) = &link.password {
        command.env("PGPASSWORD", password.reveal());
    }
    command
}

/// What `pg_dump` said, without its name in front of every line.
fn complaint(side: Side, output: &Output) -> Fault {
    let text = String::from_utf8_lossy(&output.stderr);
    let said = |line: &str| {
        let line = line.strip_prefix("pg_dump: ").unwrap_or(line);
        line.strip_prefix("error: ").unwrap_or(line).trim().to_owned()
    };
    let mut lines = text.lines().map(said).filter(|l| !l.is_empty()).take(COMPLAINT_LINES_MAX);
    let message = lines.next().unwrap_or_else(|| format!("it ended with {}", output.status));
    let rest: Vec<String> = lines.collect();
    let fault = Fault::new(FaultKind::Other, side, format!("pg_dump: {message}"))
        .with_hint("The user needs SELECT on every table it reads (or the role pg_read_all_data).");
    if rest.is_empty() { fault } else { fault.with_detail(rest.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_vendors_words() {
        for (text, major) in [
            ("pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", Some(15)),
            ("pg_dump (PostgreSQL) 18beta1\n", Some(18)),
            ("pg_dump (EnterpriseDB) 16.4.1", Some(16)),
            ("bash: pg_dump", None),
        ] {
            assert_eq!(major_in(text), major, "{text}");
        }
    }

    #[test]
    fn the_nearest_version_that_is_not_older_is_chosen() {
        let of = |major| DumpProgram { path: PathBuf::from(format!("/{major}")), major };
        let found = [of(17), of(13), of(15)];
        assert_eq!(choose(&found, 14), Some(&of(15)));
        assert_eq!(choose(&found, 18), None);
        let fault = missing(Side::Source, 18, &found);
        assert_eq!(fault.kind, FaultKind::Unsupported);
        assert!(fault.hint.unwrap().contains("postgresql-client-18"));
    }
}
