//! config.toml: connections, defaults of new jobs, the console's looks.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{ConfigError, PasswordSource, Paths};
use crate::core::chunk::CHUNK_BYTES_DEFAULT;
use crate::core::spec::{
    ATTEMPTS_DEFAULT, THREADS_CEILING, THREADS_DEFAULT, THREADS_MAX_DEFAULT, parse_chunk_size,
};

/// Workers for indexes and keys when nobody says otherwise.
const INDEX_WORKERS_DEFAULT: u32 = 2;
/// Most attempts at one chunk: more would hide a broken row behind an hour of retries.
const ATTEMPTS_MAX: u32 = 100;
/// Frames a second of a busy screen (UX.md 10.1).
const FPS_DEFAULT: u32 = 2;
const FPS_MAX: u32 = 30;

/// Everything an operator can set in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub defaults: Defaults,
    pub console: Console,
    pub connections: BTreeMap<String, Connection>,
}

/// Of new jobs; a flag of the command line wins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Defaults {
    #[serde(deserialize_with = "thread_count")]
    pub threads: u32,
    #[serde(deserialize_with = "thread_count")]
    pub threads_max: u32,
    #[serde(rename = "chunk_size", deserialize_with = "chunk_size")]
    pub chunk_bytes: u64,
    #[serde(deserialize_with = "thread_count")]
    pub index_workers: u32,
    #[serde(deserialize_with = "attempts")]
    pub attempts: u32,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults {
            threads: THREADS_DEFAULT,
            threads_max: THREADS_MAX_DEFAULT,
            chunk_bytes: CHUNK_BYTES_DEFAULT,
            index_workers: INDEX_WORKERS_DEFAULT,
            attempts: ATTEMPTS_DEFAULT,
        }
    }
}

/// How the screen looks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    pub theme: Theme,
    pub glyphs: Glyphs,
    #[serde(deserialize_with = "fps")]
    pub fps: u32,
}

impl Default for Console {
    fn default() -> Console {
        Console { theme: Theme::Auto, glyphs: Glyphs::Auto, fps: FPS_DEFAULT }
    }
}

/// UX.md 9.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    Auto,
    Dark,
    Light,
    Contrast,
    Mono,
}

/// UX.md 9.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    #[default]
    Auto,
    Unicode,
    Ascii,
}

/// A database with a name, to be used instead of its URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub url: String,
    /// Absent: PGPASSWORD, then ~/.pgpass, as libpq does.
    #[serde(default)]
    pub password: Option<PasswordSource>,
    /// Shown beside the database in every header.
    #[serde(default)]
    pub label: Option<String>,
    /// Marks it `[PROD]`: questions about it ask for its name.
    #[serde(default)]
    pub production: bool,
}

impl Config {
    /// The user's file; the defaults when there is none.
    ///
    /// # Errors
    /// File, line and what is wrong.
    pub fn load(paths: &Paths) -> Result<Config, ConfigError> {
        let path = paths.config.join("config.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Config::parse(&text, &path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => Err(ConfigError { path, line: None, message: error.to_string() }),
        }
    }

    /// From text; `path` is for messages.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text).map_err(|error| ConfigError {
            path: path.to_owned(),
            line: error.span().map(|span| line_of(text, span.start)),
            message: error.message().to_owned(),
        })?;
        let wrong = config.contradiction();
        match wrong {
            None => Ok(config),
            Some((word, message)) => {
                let line = text.find(&word).map(|at| line_of(text, at));
                Err(ConfigError { path: path.to_owned(), line, message })
            }
        }
    }

    /// What single keys cannot know: a word to find the line by, and the sentence.
    fn contradiction(&self) -> Option<(String, String)> {
        if self.defaults.threads > self.defaults.threads_max {
            let (threads, max) = (self.defaults.threads, self.defaults.threads_max);
            let message = format!("threads = {threads} is more than threads_max = {max}");
            return Some(("threads".to_owned(), message));
        }
        let (name, _) = self.connections.iter().find(|(name, _)| name.contains(':'))?;
        let message = format!("a connection name holds no ':', {name:?} would look like a URL");
        Some((name.clone(), message))
    }
}

/// 1-based line of a byte offset.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn within<'de, D: Deserializer<'de>>(
    from: D,
    what: &str,
    least: u32,
    most: u32,
) -> Result<u32, D::Error> {
    let number = i64::deserialize(from)?;
    match u32::try_from(number) {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(D::Error::custom(format!("{number} is not {what} from {least} to {most}"))),
    }
}

fn thread_count<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "a number of workers", 1, THREADS_CEILING)
}

fn attempts<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "a number of attempts", 1, ATTEMPTS_MAX)
}

fn fps<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    within(from, "a number of frames a second", 1, FPS_MAX)
}

fn chunk_size<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    parse_chunk_size(&text).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../config.example.toml");

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("config.toml"))
    }

    /// The example with its commented keys in force.
    fn uncommented() -> String {
        let is_key = |line: &str| {
            let word = line.split([' ', '.']).next().unwrap_or_default();
            line.starts_with("[connections")
                || (line.contains(" = ")
                    && !word.is_empty()
                    && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        };
        let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_key(rest) => rest,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_is_the_defaults() {
        assert_eq!(parse(EXAMPLE), Ok(Config::default()));
    }

    #[test]
    fn the_example_names_every_key() {
        // An unknown key's error lists the known ones: the lists cannot drift from the types.
        for (section, text) in [
            ("defaults", "[defaults]\nzz = 1".to_owned()),
            ("console", "[console]\nzz = 1".to_owned()),
            ("connections", "[connections.x]\nurl = \"y\"\nzz = 1".to_owned()),
        ] {
            let error = parse(&text).unwrap_err();
            let known: Vec<&str> = error.message.split('`').skip(3).step_by(2).collect();
            assert!(known.len() >= 3, "{section}: {error}");
            for key in known {
                let found = EXAMPLE
                    .lines()
                    .any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
                assert!(found, "{section}.{key} is not in config.example.toml");
            }
        }
        let full = parse(&uncommented()).expect("the commented examples are lawful");
        let sources: Vec<_> = full.connections.values().map(|c| c.password.clone()).collect();
        assert!(sources.contains(&Some(PasswordSource::Pgpass)));
        assert!(sources.contains(&Some(PasswordSource::Ask)));
        assert!(sources.iter().any(|s| matches!(s, Some(PasswordSource::Env(_)))));
        assert!(sources.iter().any(|s| matches!(s, Some(PasswordSource::Command(_)))));
        assert!(full.connections.values().any(|c| c.production && c.label.is_some()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, word) in [
            ("[defaults]\nthreads = 4\nthraeds = 5\n", 3, "thraeds"),
            ("[colours]\n", 1, "colours"),
            ("[defaults]\nthreads = 0\n", 2, "0 is not a number of workers"),
            ("[defaults]\nthreads = 40\n", 2, "threads_max = 32"),
            ("[defaults]\nchunk_size = \"1 banana\"\n", 2, "banana"),
            ("[defaults]\nattempts = -1\n", 2, "-1"),
            ("[console]\nfps = 1000\n", 2, "1000"),
            ("[console]\ntheme = \"pink\"\n", 2, "pink"),
            ("\n\n[connections.x]\nlabel = \"y\"\n", 3, "url"),
            ("[connections.\"a:b\"]\nurl = \"sqlite:x\"\n", 1, "a:b"),
            ("x\n", 1, ""),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.line, Some(line), "{text}: {error}");
            assert!(error.to_string().contains(word), "{text}: {error}");
            assert!(!error.to_string().contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_file_is_refused_and_not_repeated() {
        for text in [
            "[connections.x]\nurl = \"postgres://a@b/c\"\npassword = \"hunter2\"\n",
            "[connections.x]\nurl = \"postgres://a@b/c\"\npassword = { plain = \"hunter2\" }\n",
        ] {
            let error = parse(text).expect_err(text);
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert_eq!(error.line, Some(3), "{error}");
        }
    }
}
