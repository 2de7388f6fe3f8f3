//! `doctor`: what on this host may stand in the way, each finding with what to do. Changes nothing.

mod host;
mod jobs;

use std::io::IsTerminal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::failure::{Exit, Failure};
use super::figures;
use super::output::clean;
use super::session::Session;
use crate::config::{Config, unused_password_file};
use crate::core::name::{JOB_NAME_LEN_MAX, JobName};
use crate::core::plan::Finding;
use crate::engine::state_room;
use crate::protocol::convert::finding_view;
use crate::protocol::{FindingView, PROTOCOL};

/// `sun_path` of the system, its NUL included.
const SOCKET_PATH_MAX: usize = 108;

/// Findings in the making.
#[derive(Default)]
pub(super) struct Findings(Vec<FindingView>);

impl Findings {
    fn add(&mut self, severity: &str, topic: &str, message: String, hint: Option<&str>) {
        self.0.push(FindingView {
            severity: severity.to_owned(),
            topic: topic.to_owned(),
            message,
            detail: None,
            hint: hint.map(str::to_owned),
            ways: Vec::new(),
        });
    }

    /// As the report of a plan has it.
    pub(super) fn found(&mut self, finding: &Finding) {
        self.0.push(finding_view(finding));
    }

    pub(super) fn ok(&mut self, topic: &str, message: impl Into<String>) {
        self.add("ok", topic, message.into(), None);
    }

    pub(super) fn warn(&mut self, topic: &str, message: impl Into<String>, hint: &str) {
        self.add("warn", topic, message.into(), Some(hint));
    }

    pub(super) fn block(&mut self, topic: &str, message: impl Into<String>, hint: &str) {
        self.add("BLOCK", topic, message.into(), Some(hint));
    }
}

/// # Errors
/// None of its own: trouble is what it lists. Exit code 1 when something is a BLOCK.
pub async fn doctor(session: &Session) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    let build = env!("CARGO_PKG_VERSION");
    findings.ok("program", format!("tidegate {build}, protocol {PROTOCOL}"));
    terminal(&mut findings);
    files(session, &mut findings);
    configuration(session, &mut findings);
    host::look(session, &mut findings);
    jobs::look(session, &mut findings).await;
    session.output.object("doctor", json!({ "findings": findings.0 }));
    for finding in &findings.0 {
        let text =
            format!("{:<5} {:<9} {}", finding.severity, finding.topic, clean(&finding.message));
        session.output.text(&text);
        if let Some(hint) = &finding.hint {
            session.output.text(&format!("{:16}{}", "", clean(hint)));
        }
    }
    let blocked = findings.0.iter().any(|finding| finding.severity == "BLOCK");
    Ok(if blocked { Exit::Error } else { Exit::Done })
}

fn terminal(findings: &mut Findings) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let term = variable("TERM");
    if !std::io::stdout().is_terminal() {
        return findings.ok("terminal", "stdout is no terminal: commands print lines");
    }
    if term.is_empty() || term == "dumb" {
        return findings.warn(
            "terminal",
            format!("TERM is {term:?}"),
            "The screen needs a terminal that can move its cursor; lines are printed instead.",
        );
    }
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout());
    let size =
        size.map_or_else(|_| "unknown size".to_owned(), |s| format!("{}x{}", s.ws_col, s.ws_row));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
    let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let utf8 = locale.to_lowercase().replace('-', "").contains("utf8");
    let glyphs = if utf8 { "unicode" } else { "ascii" };
    let within: Vec<&str> = [("TMUX", "tmux"), ("STY", "screen"), ("SSH_TTY", "ssh")]
        .into_iter()
        .filter(|(name, _)| !variable(name).is_empty())
        .map(|(_, word)| word)
        .collect();
    let within = match within.is_empty() {
        true => String::new(),
        false => format!(", within {}", within.join(" and ")),
    };
    findings.ok("terminal", format!("{term}, {size}, {glyphs} glyphs{within}"));
}

fn files(session: &Session, findings: &mut Findings) {
    let state = &session.paths.state;
    match try_directory(state) {
        Ok(()) => findings.ok("files", format!("{} can be written and locked", state.display())),
        Err(trouble) => findings.block(
            "files",
            format!("{}: {trouble}", state.display()),
            "Jobs live there. Set XDG_STATE_HOME to a directory of a local file system.",
        ),
    }
    if let Some(room) = state_room(&session.paths) {
        findings.found(&room);
    }
    let name = "x".repeat(JOB_NAME_LEN_MAX);
    let job = JobName::parse(&name).expect("letters up to the limit are a name");
    let socket = session.paths.socket(&job, PROTOCOL);
    let length = socket.as_os_str().len();
    let directory = session.paths.runtime.display();
    match length < SOCKET_PATH_MAX {
        true => findings.ok("sockets", format!("under {directory}")),
        false => findings.warn(
            "sockets",
            format!("{directory} is long: jobs with long names get no socket"),
            "Set XDG_RUNTIME_DIR to a shorter directory.",
        ),
    }
}

/// Makes the directory as an engine would, and tries a lock in it.
fn try_directory(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    let text = |e: std::io::Error| e.to_string();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(text)?;
    let mode = std::fs::metadata(path).map_err(text)?.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(format!("others may write there (mode {:o})", mode & 0o777));
    }
    let probe = path.join(format!(".doctor.{}", std::process::id()));
    let file = std::fs::File::create(&probe).map_err(text)?;
    let locked = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    let _ = std::fs::remove_file(&probe);
    locked.map_err(|e| format!("files cannot be locked there: {e}"))
}

fn configuration(session: &Session, findings: &mut Findings) {
    let path = session.paths.config.join("config.toml");
    match Config::load(&session.paths) {
        Ok(_) if !path.exists() => {
            findings.ok("config", format!("no {}, defaults are used", path.display()));
        }
        Ok(config) => {
            let count = figures::counted(config.connections.len() as u64, "connection");
            findings.ok("config", format!("{}, {count}", path.display()));
        }
        Err(error) => findings.block("config", error.to_string(), "Mend that line."),
    }
    if let Some(trouble) = unused_password_file() {
        let hint = "chmod 600 it, as psql asks for too.";
        findings.warn("passwords", format!("not used: {trouble}"), hint);
    }
}
