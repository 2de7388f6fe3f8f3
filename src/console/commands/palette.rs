//! Typed commands: the shell's verbs without `tidegate` and without the job, or any word that
//! describes what is wanted.

use super::{ACTIONS, Action, Do, Place};

/// What a typed command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// As if its key was pressed.
    Do(Do),
    Threads(u32),
    ThreadsMax(u32),
    IndexWorkers(u32),
    /// `None`: no limit.
    Rate(Option<u64>),
    Set {
        name: String,
        value: String,
    },
    /// Help, with these words searched for.
    Help(String),
}

/// Reads a command line.
///
/// # Errors
/// The sentence to show: an unknown verb, a missing or unlawful value.
pub fn parse(line: &str, place: Place) -> Result<Ask, String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if words.first() == Some(&"tidegate") {
        words.remove(0);
    }
    let text = words.join(" ").replace("--", "");
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    match words.as_slice() {
        [] => Err("type a verb, or a word that describes what you want".to_owned()),
        ["threads"] => Ok(Ask::Do(Do::ThreadsSet)),
        ["threads", "max", n] => number(n).map(Ask::ThreadsMax),
        ["threads", n] => number(n).map(Ask::Threads),
        ["index-workers" | "indexes", n] => number(n).map(Ask::IndexWorkers),
        ["rate", amount @ ..] if !amount.is_empty() => rate(&amount.concat()).map(Ask::Rate),
        ["set", name, value] => {
            Ok(Ask::Set { name: (*name).to_owned(), value: (*value).to_owned() })
        }
        ["help", words @ ..] if !words.is_empty() => Ok(Ask::Help(words.join(" "))),
        ["rate"] => Err("rate needs a value: rate 40 MB/s, rate none".to_owned()),
        ["set", ..] => Err("set theme NAME, set glyphs unicode or ascii".to_owned()),
        ["index-workers" | "indexes", ..] => Err("index-workers needs a number".to_owned()),
        _ => whole_verb(&text, place),
    }
}

fn whole_verb(text: &str, place: Place) -> Result<Ask, String> {
    let mut elsewhere = None;
    for action in ACTIONS.iter().filter(|a| a.verb == text) {
        if action.at(place) {
            return Ok(Ask::Do(action.does));
        }
        elsewhere = Some(action);
    }
    match elsewhere {
        Some(action) => {
            let places: Vec<&str> = action.places.iter().map(|p| p.word()).collect();
            Err(format!("{text} is not for this screen; it is for: {}", places.join(", ")))
        }
        None => Err(format!("there is no command {text:?}")),
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

/// `40MB/s`, `500k`, `none`: bytes a second. Units: k M G are 1000, with `i` 1024; a bare number
/// is MB, as on the slider.
fn rate(text: &str) -> Result<Option<u64>, String> {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "none" | "off" | "unlimited") {
        return Ok(None);
    }
    let amount = lower.strip_suffix("/s").unwrap_or(&lower);
    let split = amount.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(amount.len());
    let (digits, unit) = amount.split_at(split);
    let number: f64 =
        digits.parse().map_err(|_| format!("{text:?} is not a rate; try 40 MB/s or none"))?;
    let factor = match unit {
        "b" => 1.0,
        "k" | "kb" => 1e3,
        "" | "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1024.0 * 1024.0,
        "gi" | "gib" => 1024.0 * 1024.0 * 1024.0,
        other => return Err(format!("{other:?} is not a unit; use kB, MB or GB per second")),
    };
    let bytes = number * factor;
    if !bytes.is_finite() || bytes >= 1e15 {
        return Err(format!("{text:?} is out of range"));
    }
    if bytes < 1.0 {
        return Err("0 would stop the copy but not the job. Press p to pause.".to_owned());
    }
    Ok(Some(bytes.round() as u64))
}

/// The same in a shell, with the job's name and the value typed so far.
#[must_use]
pub fn in_a_shell(action: &Action, job: Option<&str>, typed: &str) -> String {
    let value = match parse(typed, Place::Run) {
        Ok(Ask::Threads(n) | Ask::ThreadsMax(n) | Ask::IndexWorkers(n)) => n.to_string(),
        Ok(Ask::Rate(bytes)) => rate_text(bytes),
        _ => String::new(),
    };
    let own = |word: &str| match word {
        "JOB" => job.unwrap_or("JOB").to_owned(),
        "N" | "40MB/s" if !value.is_empty() => value.clone(),
        other => other.to_owned(),
    };
    let words: Vec<String> = action.shell.split(' ').map(own).collect();
    format!("tidegate {}", words.join(" "))
}

/// As the command line reads it back.
fn rate_text(bytes: Option<u64>) -> String {
    match bytes {
        None => "none".to_owned(),
        Some(n) if n % 1_000_000 == 0 => format!("{}MB/s", n / 1_000_000),
        Some(n) if n % 1_000 == 0 => format!("{}kB/s", n / 1_000),
        Some(n) => format!("{n}B/s"),
    }
}

/// Commands of a place that fit what was typed, best first: verbs that begin with it, then verbs
/// that hold it, then titles and words.
#[must_use]
pub fn suggest(text: &str, place: Place) -> Vec<&'static Action> {
    let wanted = text.trim().to_lowercase();
    let first = wanted.split(' ').next().unwrap_or_default();
    let mut found: Vec<(u8, &'static Action)> = ACTIONS
        .iter()
        .filter(|a| a.at(place) && !a.verb.is_empty())
        .filter_map(|a| rank(a, &wanted, first).map(|r| (r, a)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, action)| action).collect()
}

fn rank(action: &Action, wanted: &str, first: &str) -> Option<u8> {
    let title = action.title.to_lowercase();
    if wanted.is_empty() || action.verb.starts_with(wanted) {
        Some(0)
    } else if action.verb_word() == first && wanted != first {
        Some(1)
    } else if action.verb.contains(wanted) {
        Some(2)
    } else if action.words.split(' ').any(|w| w.starts_with(wanted)) || title.contains(wanted) {
        Some(3)
    } else if action.help.to_lowercase().contains(wanted) {
        Some(4)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shells_words_work_without_the_job() {
        for (line, ask) in [
            ("pause", Ask::Do(Do::Pause)),
            ("tidegate pause", Ask::Do(Do::Pause)),
            ("threads 16", Ask::Threads(16)),
            ("threads --max 40", Ask::ThreadsMax(40)),
            ("threads max 40", Ask::ThreadsMax(40)),
            ("rate 40 MB/s", Ask::Rate(Some(40_000_000))),
            ("rate 40", Ask::Rate(Some(40_000_000))),
            ("rate 500kB/s", Ask::Rate(Some(500_000))),
            ("rate none", Ask::Rate(None)),
            ("stop --now", Ask::Do(Do::StopNow)),
            ("drain now", Ask::Do(Do::DrainNow)),
            ("help rate limit", Ask::Help("rate limit".to_owned())),
            ("read-only", Ask::Do(Do::ReadOnly)),
            ("set theme dark", Ask::Set { name: "theme".to_owned(), value: "dark".to_owned() }),
        ] {
            assert_eq!(parse(line, Place::Run), Ok(ask), "{line}");
        }
    }

    #[test]
    fn the_twin_in_a_shell_has_the_job_and_the_value() {
        for (does, typed, line) in [
            (Do::Rate, "rate 40 mb/s", "tidegate rate crm-nov 40MB/s"),
            (Do::Rate, "rate 1500", "tidegate rate crm-nov 1500MB/s"),
            (Do::Rate, "rate 37.5kB", "tidegate rate crm-nov 37500B/s"),
            (Do::Rate, "rate off", "tidegate rate crm-nov none"),
            (Do::Rate, "slow", "tidegate rate crm-nov 40MB/s"),
            (Do::ThreadsSet, "threads 16", "tidegate threads crm-nov 16"),
            (Do::ThreadsMax, "threads max 40", "tidegate threads crm-nov --max 40"),
            (Do::Pause, "", "tidegate pause crm-nov"),
        ] {
            assert_eq!(in_a_shell(Action::of(does), Some("crm-nov"), typed), line);
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for line in ["", "frobnicate", "threads x", "rate 0", "rate 4 furlongs", "skip"] {
            assert!(parse(line, Place::Run).is_err(), "{line}");
        }
        let elsewhere = parse("skip", Place::Run).unwrap_err();
        assert!(elsewhere.contains("failed"), "{elsewhere}");
    }

    #[test]
    fn a_word_finds_commands_by_what_they_are_for() {
        let ids = |text| suggest(text, Place::Run).iter().map(|a| a.id).collect::<Vec<_>>();
        let slow = ids("slow");
        for id in ["rate", "threads_set", "pause"] {
            assert!(slow.contains(&id), "{slow:?}");
        }
        assert_eq!(ids("paus")[0], "pause");
        assert_eq!(ids("rate 40")[0], "rate");
        assert!(ids("").len() > 15);
    }
}
