//! `man`: the manual page in roff, written from the command line's own description and from the
//! console's action table, so that it cannot say anything else than they do.

use clap::{Arg, Command};

use super::failure::Exit;
use crate::console::commands::{ACTIONS, Action, Place};
use crate::console::keymap::Keymap;

/// Where keys are pressed, as the page groups them: a title and what belongs to it.
type Group = (&'static str, fn(&Action) -> bool);
const GROUPS: [Group; 4] = [
    ("Everywhere", |a| a.places.len() == Place::ALL.len()),
    ("In a job", |a| a.places.len() < Place::ALL.len() && a.places.iter().any(in_job)),
    ("In the list of jobs", |a| a.places == [Place::Jobs]),
    ("In the wizard", |a| a.places.iter().all(|place| place.is_wizard())),
];

const EXITS: [(Exit, &str); 14] = [
    (Exit::Done, "Done; nothing failed or was skipped."),
    (Exit::Error, "Another error."),
    (Exit::Usage, "Wrong arguments, wrong configuration or keys file."),
    (Exit::WithFailures, "The job ended with failed or skipped chunks or rejected rows."),
    (Exit::Differs, "A verification found differences."),
    (Exit::Blocked, "The plan has a BLOCK finding."),
    (Exit::NoEngine, "No engine for this job, or no way to reach it."),
    (Exit::ServerLost, "Source or target lost for longer than allowed."),
    (Exit::NoSpace, "Out of space."),
    (Exit::Timeout, "The time of wait --timeout passed."),
    (Exit::WouldAsk, "A question would have been asked, and nobody was there."),
    (Exit::HungUp, "This command was hung up; the job goes on."),
    (Exit::Interrupted, "This command was interrupted; the job goes on."),
    (Exit::Terminated, "This command was terminated; the job goes on."),
];

const FILES: [(&str, &str); 4] = [
    ("~/.config/tidegate/config.toml", "Connections, defaults of new jobs, looks."),
    (
        "~/.config/tidegate/keys.toml",
        "Other keys: pause = [\"p\", \"f5\"] gives keys to an action, skip = [] takes them away, \
         base = \"arrows\" moves by arrow keys alone. `tidegate keys --json` lists the names of \
         the actions, `tidegate keys --check` says what is wrong.",
    ),
    ("~/.local/state/tidegate/jobs/JOB/", "A job: its master table, lock and log."),
    ("~/.pgpass", "Passwords of PostgreSQL."),
];

const VARIABLES: [(&str, &str); 4] = [
    ("NO_COLOR", "No colour, unless --color is given."),
    ("TIDEGATE_PLAIN", "Lines and a prompt instead of a screen; so does TERM=dumb."),
    ("TIDEGATE_THEME", "Colours of the console."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR", "Where the files are."),
];

/// The whole page.
#[must_use]
pub fn page(mut command: Command) -> String {
    command.build();
    let mut page = Roff::default();
    let version = command.get_version().unwrap_or_default().to_owned();
    page.raw(&format!(".TH TIDEGATE 1 \"\" \"tidegate {}\" \"User Commands\"", escaped(&version)));
    page.section("NAME");
    page.text("tidegate - moves databases while you watch and steer");
    page.section("SYNOPSIS");
    page.text("tidegate [COMMAND] [OPTIONS]");
    page.section("DESCRIPTION");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    page.text(&about.unwrap_or_default());
    page.section("OPTIONS");
    command.get_arguments().for_each(|argument| page.argument(argument));
    page.section("COMMANDS");
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        page.verb("tidegate", verb);
    }
    page.section("KEYS OF THE CONSOLE");
    let keymap = Keymap::new();
    for (title, belongs) in GROUPS {
        page.raw(&format!(".SS \"{title}\""));
        ACTIONS.iter().filter(|action| belongs(action)).for_each(|action| {
            page.action(&keymap, action);
        });
    }
    page.section("EXIT STATUS");
    EXITS.iter().for_each(|(exit, text)| page.item(&(*exit as u8).to_string(), text));
    page.section("FILES");
    FILES.iter().for_each(|(path, text)| page.item(path, text));
    page.section("ENVIRONMENT");
    VARIABLES.iter().for_each(|(name, text)| page.item(name, text));
    page.text
}

fn in_job(place: &Place) -> bool {
    *place != Place::Jobs && !place.is_wizard()
}

#[derive(Default)]
struct Roff {
    text: String,
}

impl Roff {
    fn raw(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.raw(&format!(".SH {title}"));
    }

    /// Paragraphs; indented lines keep their shape.
    fn text(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            self.raw(".PP");
            let shaped = paragraph.lines().any(|line| line.starts_with("  "));
            if shaped {
                self.raw(".nf");
            }
            paragraph.lines().for_each(|line| self.raw(&escaped(line)));
            if shaped {
                self.raw(".fi");
            }
        }
    }

    fn item(&mut self, term: &str, text: &str) {
        self.raw(".TP");
        self.raw(&format!("\\fB{}\\fR", escaped_in_line(term)));
        text.lines().filter(|line| !line.is_empty()).for_each(|line| self.raw(&escaped(line)));
    }

    fn argument(&mut self, argument: &Arg) {
        if argument.is_hide_set() {
            return;
        }
        let value = argument.get_value_names().map(|names| names.join(" "));
        let takes = argument.get_action().takes_values();
        let mut term = match (argument.get_short(), argument.get_long()) {
            (Some(short), Some(long)) => format!("-{short}, --{long}"),
            (Some(short), None) => format!("-{short}"),
            (None, Some(long)) => format!("--{long}"),
            (None, None) => argument.get_id().as_str().to_uppercase(),
        };
        if let (true, Some(value), false) = (takes, value, argument.is_positional()) {
            term.push_str(&format!(" {value}"));
        }
        let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string);
        let mut help = help.unwrap_or_default();
        let words: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| takes && !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !words.is_empty() {
            help.push_str(&format!(" [{}]", words.join(", ")));
        }
        self.item(&term, &help);
    }

    /// A command with its arguments, and the commands below it.
    fn verb(&mut self, above: &str, verb: &Command) {
        let name = format!("{above} {}", verb.get_name());
        let positional: Vec<String> = verb
            .get_positionals()
            .map(|argument| argument.get_id().as_str().to_uppercase())
            .collect();
        let words = [vec![name.clone()], positional].concat().join(" ");
        self.raw(&format!(".SS \"{}\"", escaped_in_line(&words)));
        let about = verb.get_long_about().or(verb.get_about()).map(ToString::to_string);
        self.text(&about.unwrap_or_default());
        for argument in verb.get_arguments().filter(|argument| !argument.is_global_set()) {
            self.argument(argument);
        }
        if let Some(examples) = verb.get_after_help() {
            self.text(&examples.to_string());
        }
        for below in verb.get_subcommands().filter(|below| !below.is_hide_set()) {
            self.verb(&name, below);
        }
    }

    fn action(&mut self, keymap: &Keymap, action: &Action) {
        let verb = format!(":{}", action.verb);
        let term = match (keymap.shown(action), action.verb.is_empty()) {
            (keys, _) if keys.is_empty() => verb,
            (keys, true) => keys,
            (keys, false) => format!("{keys}   {verb}"),
        };
        let asks = match action.tier.word() {
            "asks" => " It asks y.",
            "types" => " It asks for the target's name.",
            _ => "",
        };
        let text = keymap.fill(action.help);
        let title = action.title;
        self.item(&term, &format!("{title}. {text}{asks}"));
    }
}

/// A line of text that troff takes as it is.
fn escaped(line: &str) -> String {
    let text = escaped_in_line(line);
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

fn escaped_in_line(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('"', "\\(dq").replace('`', "\\(ga")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Invocation;

    #[test]
    fn the_page_names_every_command_and_every_action() {
        let page = page(Invocation::command());
        let command = Invocation::command();
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!(".SS \"tidegate {}", escaped_in_line(verb.get_name()));
            assert!(page.contains(&name), "{name}");
        }
        for action in ACTIONS {
            assert!(page.contains(&escaped_in_line(action.title)), "{}", action.id);
            let groups = GROUPS.iter().filter(|(_, belongs)| belongs(action)).count();
            assert_eq!(groups, 1, "{} stands in {groups} groups", action.id);
        }
        assert!(!page.contains("tidegate engine"), "the hidden command is shown");
    }

    #[test]
    fn no_line_is_taken_for_a_request() {
        assert_eq!(escaped(".config"), "\\&.config");
        assert_eq!(escaped("'x' a-b \\"), "\\&'x' a\\-b \\e");
        let lawful = [".TH ", ".SH ", ".SS ", ".PP", ".TP", ".nf", ".fi"];
        for line in page(Invocation::command()).lines().filter(|line| line.starts_with('.')) {
            assert!(lawful.iter().any(|request| line.starts_with(request)), "{line}");
        }
    }
}
