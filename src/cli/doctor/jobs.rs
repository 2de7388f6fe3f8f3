//! Each job: its file, its lock, its socket.

use super::super::session::Session;
use super::super::stored::{Stored, job_names};
use super::Findings;
use crate::client::Probe;
use crate::core::name::JobName;
use crate::protocol::PROTOCOL;

pub(super) async fn look(session: &Session, findings: &mut Findings) {
    let names = match job_names(session) {
        Ok(names) => names,
        Err(failure) => {
            let hint = "Check the directory's owner and rights.";
            return findings.block("jobs", failure.message, hint);
        }
    };
    for name in &names {
        one(session, name, findings).await;
    }
    for name in stray_sockets(session, &names) {
        findings.warn(
            "sockets",
            format!("{name} has a socket and no job"),
            "A leftover without effect; it may be removed.",
        );
    }
}

async fn one(session: &Session, name: &JobName, findings: &mut Findings) {
    let state = match Stored::open(session, name).and_then(|stored| stored.summary()) {
        Ok(job) => job.state,
        Err(failure) => {
            let text = format!("{name}: {}", failure.message);
            return findings.block("jobs", text, &failure.hint.unwrap_or_default());
        }
    };
    match session.client().probe(name).await {
        Probe::Ready(engine) => {
            let hello = engine.engine();
            let text = format!("{name}: {state}, process {} answers", hello.pid);
            if hello.build == env!("CARGO_PKG_VERSION") {
                findings.ok("jobs", text);
            } else {
                findings.warn(
                    "jobs",
                    format!("{text}, build {}", hello.build),
                    "Another build than this one; it can be watched and steered all the same.",
                );
            }
        }
        Probe::NoEngine if state == "NOT RUNNING" => findings.warn(
            "jobs",
            format!("{name}: NOT RUNNING: its engine is gone"),
            &format!("Finished chunks are safe. Go on with: tidegate resume {name}"),
        ),
        Probe::NoEngine => findings.ok("jobs", format!("{name}: {state}, no engine")),
        Probe::OtherProtocol { protocol } => findings.warn(
            "jobs",
            format!("{name}: its engine speaks protocol {protocol}, this program {PROTOCOL}"),
            "Use the tidegate it was started with, or wait until it is done.",
        ),
        Probe::Unreachable(error) => {
            findings.warn("jobs", format!("{name}: {error}"), &error.advice());
        }
    }
}

/// Sockets of jobs that are not there any more.
fn stray_sockets(session: &Session, names: &[JobName]) -> Vec<String> {
    let directory = session.paths.runtime.join(PROTOCOL.to_string());
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sockets = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".sock")?.to_owned()));
    sockets.filter(|name| names.iter().all(|job| job.as_str() != name)).collect()
}
