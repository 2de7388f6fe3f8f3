//! Statements that make a target conform, kept for other jobs: `<config>/templates/NAME.sql`, a
//! text anybody may read and edit. Its first line says for which engine it is.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::{ConfigError, Paths};
use crate::core::name::Dialect;

/// Longest name of a template.
const NAME_LEN_MAX: usize = 40;
/// A template is a page of statements; more than this is some other file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// What the first line begins with; the engine's word follows.
const HEAD: &str = "-- tidegate template for ";
const ENGINES: [Dialect; 3] = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];

/// One template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    pub dialect: Dialect,
    /// Everything below the first line.
    pub text: String,
}

impl Paths {
    #[must_use]
    pub fn templates(&self) -> PathBuf {
        self.config.join("templates")
    }
}

fn path_of(paths: &Paths, name: &str) -> Result<PathBuf, ConfigError> {
    let lawful = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let path = paths.templates().join(format!("{name}.sql"));
    if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(lawful) {
        let message =
            format!("a template's name has letters, digits, - and _, up to {NAME_LEN_MAX}");
        return Err(ConfigError { path: paths.templates(), line: None, message });
    }
    Ok(path)
}

/// A template by its name.
///
/// # Errors
/// A name that is none; a file that is not there or says nothing of its engine.
pub fn load_template(paths: &Paths, name: &str) -> Result<Template, ConfigError> {
    let path = path_of(paths, name)?;
    let trouble = |line, message: String| ConfigError { path: path.clone(), line, message };
    let found = std::fs::metadata(&path).map_err(|error| trouble(None, error.to_string()))?;
    if found.len() > FILE_BYTES_MAX {
        return Err(trouble(None, "too large for a template".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| trouble(None, error.to_string()))?;
    let (head, rest) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    let engine = head.strip_prefix(HEAD).map(str::trim);
    let dialect = engine.and_then(|word| ENGINES.into_iter().find(|d| d.word() == word));
    let Some(dialect) = dialect else {
        let words: Vec<&str> = ENGINES.into_iter().map(Dialect::word).collect();
        let message = format!("the first line must be {HEAD:?} and one of {}", words.join(", "));
        return Err(trouble(Some(1), message));
    };
    Ok(Template { name: name.to_owned(), dialect, text: rest.to_owned() })
}

/// Those that can be read, by name.
#[must_use]
pub fn list_templates(paths: &Paths) -> Vec<Template> {
    let entries = std::fs::read_dir(paths.templates()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".sql")?.to_owned()))
        .collect();
    names.sort();
    names.iter().filter_map(|name| load_template(paths, name).ok()).collect()
}

/// Keeps statements under a name; what was there before is replaced.
///
/// # Errors
/// A name that is none; a directory that cannot be written.
pub fn save_template(
    paths: &Paths,
    name: &str,
    dialect: Dialect,
    statements: &[String],
) -> Result<PathBuf, ConfigError> {
    let path = path_of(paths, name)?;
    let mut text = format!("{HEAD}{}\n", dialect.word());
    for statement in statements {
        text.push_str(&format!("{statement};\n"));
    }
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(paths.templates())?;
        // Whole or not at all.
        let draft = paths.templates().join(format!(".{name}.{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &path)
    };
    write().map_err(|error| ConfigError {
        path: path.clone(),
        line: None,
        message: error.to_string(),
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_come_back_and_other_files_are_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let paths = Paths { state: at("s"), config: at("c"), runtime: at("r") };
        assert!(list_templates(&paths).is_empty());
        let kept = ["ALTER DATABASE \"a\" SET timezone TO 'UTC'".to_owned()];
        save_template(&paths, "crm", Dialect::Postgres, &kept).unwrap();
        let read = load_template(&paths, "crm").unwrap();
        assert_eq!(read.dialect, Dialect::Postgres);
        assert_eq!(read.text, format!("{};\n", kept[0]));
        std::fs::write(paths.templates().join("other.sql"), "SELECT 1").unwrap();
        assert_eq!(list_templates(&paths), [read]);
        let error = load_template(&paths, "other").unwrap_err();
        assert_eq!(error.line, Some(1), "{error}");
        for name in ["", "../x", "a b", &"x".repeat(41)] {
            assert!(save_template(&paths, name, Dialect::Mysql, &[]).is_err(), "{name}");
        }
    }
}
