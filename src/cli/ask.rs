//! Questions and who may answer them: levels T2 and T3 of the manual.
//!
//! T2 is answered by `y` or `-y`; T3 by typing a name, or `--yes-target` and `--yes-job`. Without a
//! terminal an unanswered question ends the command and nothing has happened. Enter never says yes.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions};

use super::failure::{Exit, Failure};
use super::output::clean;
use crate::console::commands::names_of_target;
use crate::core::spec::Secret;

/// What a T3 question wants to see typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// `target` or `job`, for the sentence.
    pub what: &'a str,
    /// The flag that answers without a terminal.
    pub flag: &'a str,
    /// The short form that is asked for.
    pub name: String,
    /// Longer forms that are accepted too: `crm@db1`, `pg:crm@db1`.
    pub also: Vec<String>,
}

impl<'a> Name<'a> {
    /// The target of a job, from what the engine shows of both ends: `pg:crm@db1`.
    #[must_use]
    pub fn target(source: &str, target: &str) -> Name<'a> {
        let mut names = names_of_target(source, target);
        Name { what: "target", flag: "--yes-target", name: names.remove(0), also: names }
    }

    #[must_use]
    pub fn job(name: &str) -> Name<'a> {
        Name { what: "job", flag: "--yes-job", name: name.to_owned(), also: Vec::new() }
    }

    /// Does this name it?
    #[must_use]
    pub fn is(&self, typed: &str) -> bool {
        typed == self.name || self.also.iter().any(|name| name == typed)
    }
}

/// T2: `y` or `-y`.
///
/// # Errors
/// `WouldAsk` without a terminal, a plain refusal when the answer is no.
pub fn yes(question: &str, given: bool) -> Result<(), Failure> {
    if given {
        return Ok(());
    }
    let question = clean(question);
    let mut terminal =
        Terminal::open().ok_or_else(|| would_ask(&format!("{question}? Answer with -y")))?;
    let answer = terminal.ask(&format!("{question}? y = yes, anything else = no: "))?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(refused()),
    }
}

/// T3: the name, typed or in a flag.
///
/// # Errors
/// `WouldAsk` without a terminal and flag; a refusal when the name is another.
pub fn name(doing: &str, wanted: &Name<'_>, given: Option<&str>) -> Result<(), Failure> {
    let doing = clean(doing);
    if let Some(typed) = given {
        if wanted.is(typed) {
            return Ok(());
        }
        return Err(Failure::usage(format!(
            "{} {typed:?} does not name the {}, which is {:?}",
            wanted.flag, wanted.what, wanted.name
        ))
        .with_detail("Nothing was changed."));
    }
    let mut terminal = Terminal::open().ok_or_else(|| {
        would_ask(&format!("{doing}? Answer with {} {}", wanted.flag, wanted.name))
    })?;
    let (what, shown) = (wanted.what, clean(&wanted.name));
    let typed = terminal.ask(&format!("{doing}? Type the {what}'s name ({shown}) to go on: "))?;
    if wanted.is(typed.trim()) { Ok(()) } else { Err(refused()) }
}

/// A password, typed without echo.
///
/// # Errors
/// `WouldAsk` without a terminal.
pub fn password(whom: &str) -> Result<Secret, Failure> {
    let whom = clean(whom);
    let mut terminal = Terminal::open().ok_or_else(|| {
        would_ask(&format!("password of {whom}"))
            .with_hint("Put it into ~/.pgpass, PGPASSWORD, or name its source in config.toml.")
    })?;
    let hidden = Hidden::begin(&terminal.input);
    let typed = terminal.ask(&format!("Password of {whom}: "));
    drop(hidden);
    let _ = terminal.output.write_all(b"\n");
    Ok(Secret::new(typed?))
}

fn would_ask(question: &str) -> Failure {
    Failure::new(Exit::WouldAsk, format!("would ask, and there is no terminal: {question}"))
        .with_detail("Nothing was changed.")
}

fn refused() -> Failure {
    Failure::new(Exit::Error, "not done: the answer was no").with_detail("Nothing was changed.")
}

/// Where questions go: stdin must be a terminal (a pipe's bytes are data, never an answer), and
/// stderr takes the words, so that stdout stays the result's.
struct Terminal {
    input: BufReader<File>,
    output: File,
}

impl Terminal {
    fn open() -> Option<Terminal> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        let file = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let output = file.try_clone().ok()?;
        Some(Terminal { input: BufReader::new(file), output })
    }

    fn ask(&mut self, prompt: &str) -> Result<String, Failure> {
        self.output.write_all(prompt.as_bytes())?;
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        let kept = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(kept);
        Ok(line)
    }
}

/// Echo is off while this lives.
struct Hidden {
    terminal: File,
    before: rustix::termios::Termios,
}

impl Hidden {
    fn begin(input: &BufReader<File>) -> Option<Hidden> {
        let terminal = input.get_ref().try_clone().ok()?;
        let before = rustix::termios::tcgetattr(&terminal).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        rustix::termios::tcsetattr(&terminal, OptionalActions::Flush, &quiet).ok()?;
        Some(Hidden { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = rustix::termios::tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_by_its_database_or_longer() {
        let wanted = Name::target("pg:shop@db1", "pg:crm@db1");
        for (given, lawful) in [
            ("crm", true),
            ("crm@db1", true),
            ("pg:crm@db1", true),
            ("", false),
            ("CRM", false),
            ("db1", false),
        ] {
            assert_eq!(name("skip", &wanted, Some(given)).is_ok(), lawful, "{given}");
        }
        let shared = Name::target("pg:crm@db7", "pg:crm@db1");
        assert!(name("skip", &shared, Some("crm")).is_err(), "both ends are called crm");
        assert!(name("skip", &shared, Some("crm@db1")).is_ok());
    }
}
