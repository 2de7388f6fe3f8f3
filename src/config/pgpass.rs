//! libpq's password file: `hostname:port:database:username:password`, first match wins.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::core::spec::ServerAddress;

/// Why a password file was not used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    Missing,
    Refused(String),
}

/// The file's text, on libpq's conditions: a plain file nobody else may read.
pub(super) fn read_file(path: &Path) -> Result<String, Unusable> {
    let refused = |e: &dyn std::fmt::Display| Unusable::Refused(e.to_string());
    let mut file = File::open(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Unusable::Missing,
        _ => refused(&e),
    })?;
    let metadata = file.metadata().map_err(|e| refused(&e))?;
    if !metadata.is_file() {
        return Err(refused(&"it is no plain file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(refused(&"others may read it; its permissions should be 0600"));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|e| refused(&e))?;
    Ok(text)
}

/// The password of the first line that matches.
pub(super) fn find(text: &str, server: &ServerAddress) -> Option<String> {
    let port = server.port.to_string();
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (fields, password) = split(line)?;
        let [host, a_port, database, user] = fields.as_slice() else {
            return None;
        };
        let local = server.host.starts_with('/') && host.matches("localhost");
        let hit = (local || host.matches(&server.host))
            && a_port.matches(&port)
            && database.matches(&server.database)
            && user.matches(&server.user);
        hit.then_some(password)
    })
}

/// One of the first four fields. A lone unescaped `*` matches everything.
#[derive(Debug, PartialEq, Eq)]
enum Field {
    Any,
    Text(String),
}

impl Field {
    fn matches(&self, value: &str) -> bool {
        match self {
            Field::Any => true,
            Field::Text(text) => text == value,
        }
    }
}

/// Four fields and the rest; `\:` and `\\` are escapes, in the password too.
fn split(line: &str) -> Option<(Vec<Field>, String)> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let (mut fields, mut text, mut raw) = (Vec::new(), String::new(), String::new());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ':' if fields.len() < 4 => {
                let field = std::mem::take(&mut text);
                let any = std::mem::take(&mut raw) == "*";
                fields.push(if any { Field::Any } else { Field::Text(field) });
            }
            '\\' => {
                raw.push(c);
                // A backslash at the very end stands for itself.
                let escaped = rest.next().unwrap_or('\\');
                raw.push(escaped);
                text.push(escaped);
            }
            c => {
                raw.push(c);
                text.push(c);
            }
        }
    }
    if fields.len() == 4 { Some((fields, text)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16, database: &str, user: &str) -> ServerAddress {
        let own = str::to_owned;
        ServerAddress { host: own(host), port, database: own(database), user: own(user) }
    }

    const FILE: &str = "# db1:5432:crm:ana:comment\n\
                        db1:5432:crm:ana:first\n\
                        db1:*:crm:ana:any port\n\
                        too:few:fields\n\
                        \\*:5432:x:y:a star\n\
                        h\\:1:5432:a\\\\b:c:p\\:q:r\\\\s\n\
                        localhost:5432:*:bo:local\r\n\
                        *:*:*:ana:fallback\n";

    #[test]
    fn the_first_matching_line_wins() {
        for (host, port, database, user, password) in [
            ("db1", 5432, "crm", "ana", Some("first")),
            ("db1", 5433, "crm", "ana", Some("any port")),
            ("db2", 5432, "crm", "ana", Some("fallback")),
            ("db1", 5432, "crm", "eve", None),
            ("anything", 5432, "x", "y", None),
            ("*", 5432, "x", "y", Some("a star")),
            ("h:1", 5432, "a\\b", "c", Some("p:q:r\\s")),
            ("localhost", 5432, "z", "bo", Some("local")),
            ("/run/postgresql", 5432, "z", "bo", Some("local")),
        ] {
            let found = find(FILE, &server(host, port, database, user));
            assert_eq!(found.as_deref(), password, "{host}:{port}:{database}:{user}");
        }
    }

    #[test]
    fn a_file_others_may_read_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pgpass");
        assert_eq!(read_file(&path), Err(Unusable::Missing));
        std::fs::write(&path, "x").unwrap();
        for (mode, used) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(read_file(&path).is_ok(), used, "{mode:o}");
        }
        assert!(matches!(read_file(directory.path()), Err(Unusable::Refused(_))));
    }
}
