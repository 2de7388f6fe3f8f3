//! This host, as far as an engine depends on it: what ends processes at logout, room beside the
//! master tables. Reads only.

use std::path::{Path, PathBuf};

use crate::config::{Paths, list_templates, system_user};
use crate::core::name::Dialect;
use crate::core::plan::{Change, Finding, Severity, bytes_text};
use crate::core::sql::statements;
use crate::driver::pressure::room_at;

/// Below this much room under the state directory a large job's file may not fit.
const STATE_BYTES_MIN: u64 = 200 * 1000 * 1000;

/// What the report of a plan says of the host.
#[must_use]
pub fn host_findings(paths: &Paths) -> Vec<Finding> {
    std::iter::once(logout(paths)).chain(state_room(paths)).collect()
}

/// Does this host end a user's processes, or remove the socket's directory, when he logs out?
#[must_use]
pub fn logout(paths: &Paths) -> Finding {
    let found = |severity, text: String| Finding::new(severity, "host", text);
    if !Path::new("/run/systemd/system").exists() {
        return found(Severity::Ok, "no systemd here: a logout ends no engine".to_owned());
    }
    let user = system_user();
    let lingers = Path::new("/var/lib/systemd/linger").join(&user).exists();
    let hint = format!("Run once: loginctl enable-linger {user}");
    if kills_user_processes(&logind_texts()) && !lingers {
        let text = "systemd ends a user's processes at logout (KillUserProcesses=yes), engines too";
        return found(Severity::Warn, text.to_owned()).with_hint(hint);
    }
    if paths.runtime.starts_with("/run/user") && !lingers {
        let place = paths.runtime.display();
        let text = format!("at logout systemd removes {place}, where sockets live");
        return found(Severity::Warn, text).with_hint(format!(
            "The engine goes on, but nobody can attach until it is back. {hint}"
        ));
    }
    found(Severity::Ok, "a logout ends no engine".to_owned())
}

/// Room for master tables; `None` where it cannot be asked for.
#[must_use]
pub fn state_room(paths: &Paths) -> Option<Finding> {
    let free = room_at(&paths.state)?;
    let text = format!("{} free under {}", bytes_text(free), paths.state.display());
    Some(match free < STATE_BYTES_MIN {
        true => Finding::new(Severity::Warn, "files", text).with_hint(
            "When the disk is full all workers hold until there is room; nothing is lost.",
        ),
        false => Finding::new(Severity::Ok, "files", text),
    })
}

/// Templates that were kept for targets of this engine.
pub(super) fn templates(paths: &Paths, target: Dialect) -> Option<Finding> {
    let all = list_templates(paths).into_iter().filter(|template| template.dialect == target);
    let all: Vec<_> = all.collect();
    let names: Vec<&str> = all.iter().map(|template| template.name.as_str()).collect();
    let noun = if names.len() == 1 { "template" } else { "templates" };
    let message = format!("{noun} for {} targets: {}", target.word(), names.join(", "));
    let finding = Finding::new(Severity::Ok, "template", message)
        .with_hint("Look before you run one: tidegate conform --template NAME --show.");
    (!all.is_empty()).then(|| {
        all.iter().fold(finding, |finding, template| {
            let title = format!("run the statements of template {}", template.name);
            let found = statements(target, &template.text);
            let statements = found.iter().map(|(_, text)| text.trim().to_owned()).collect();
            finding.with_way(title, Change::Conform { statements })
        })
    })
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
