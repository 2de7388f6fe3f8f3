//! Names as the databases hold them: unquoted, case as stored. Quoting is `core::sql`'s.

use std::fmt;

/// The SQL a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    Postgres,
    Mysql,
    Sqlite,
}

impl Dialect {
    /// The word used in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Mysql => "MySQL",
            Dialect::Sqlite => "SQLite",
        }
    }

    /// The two letters used on screen (`pg:crm@db1`).
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Dialect::Postgres => "pg",
            Dialect::Mysql => "my",
            Dialect::Sqlite => "li",
        }
    }
}

/// A table, view, index or sequence with the schema that holds it. In SQLite the schema is `main`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    pub schema: String,
    pub name: String,
}

impl ObjectName {
    #[must_use]
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> ObjectName {
        ObjectName { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// Does `text` match `pattern`, where `*` is any run and `?` any one character? Two pointers:
/// linear for one `*`, never exponential.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut pi, mut ti, mut star, mut mark) = (0, 0, None, 0);
    while ti < t.len() {
        if pi < p.len() && p[pi] == '*' {
            star = Some(pi);
            mark = ti;
            pi += 1;
        } else if pi < p.len() && (p[pi] == '?' || p[pi] == t[ti]) {
            pi += 1;
            ti += 1;
        } else if let Some(at) = star {
            pi = at + 1;
            mark += 1;
            ti = mark;
        } else {
            return false;
        }
    }
    p[pi..].iter().all(|c| *c == '*')
}

/// Does a pattern of the operator's match a word? Case counts only when the pattern holds an
/// upper-case letter.
#[must_use]
pub fn matches_word(pattern: &str, word: &str) -> bool {
    match pattern.chars().any(char::is_uppercase) {
        true => glob(pattern, word),
        false => glob(pattern, &word.to_lowercase()),
    }
}

/// The same for `schema.table` or, without a dot, a table in any schema.
#[must_use]
pub fn matches_name(pattern: &str, name: &ObjectName) -> bool {
    matches_word(pattern, &name.to_string())
        || (!pattern.contains('.') && matches_word(pattern, &name.name))
}

/// A job's name: also a directory and a socket name, so it is short and plain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobName(String);

/// Longest job name. A socket path must fit in 108 bytes (`sun_path`), most of it directory.
pub const JOB_NAME_LEN_MAX: usize = 40;

impl JobName {
    /// Accepts ASCII letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
    ///
    /// # Errors
    /// The sentence to show when the name cannot be used.
    pub fn parse(text: &str) -> Result<JobName, String> {
        let lawful = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > JOB_NAME_LEN_MAX {
            return Err(format!("a job name has 1 to {JOB_NAME_LEN_MAX} characters"));
        }
        if !text.chars().all(lawful) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(format!(
                "job name {text:?} may hold only letters, digits, '-', '_' and '.', \
                 and begins with a letter or digit"
            ));
        }
        Ok(JobName(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a verification of this job is called: `crm-1120.verify`, `crm-1120.verify-2`.
    #[must_use]
    pub fn verification(&self, number: u32) -> JobName {
        let tail = match number {
            0 | 1 => ".verify".to_owned(),
            number => format!(".verify-{number}"),
        };
        let room = JOB_NAME_LEN_MAX - tail.len();
        let stem = self.0.get(..room).unwrap_or(&self.0);
        JobName(format!("{stem}{tail}"))
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_name_cannot_leave_its_directory() {
        for bad in ["", "..", "a/b", ".hidden", "-x", "a b", "ä", &"x".repeat(41)] {
            assert!(JobName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(JobName::parse("crm-nov.2").unwrap().as_str(), "crm-nov.2");
    }
}
