//! What MySQL's option files say about logging in: `~/.my.cnf` as its clients read it.

/// Groups that concern a client of either server.
const GROUPS: [&str; 6] =
    ["client", "client-server", "client-mariadb", "mysql", "mariadb", "mariadb-client"];

/// The options of one file that lead to a login. Later lines win, as with MySQL's own clients.
#[derive(Clone, Default)]
pub struct ClientOptions {
    pub host: Option<String>,
    pub port: Option<String>,
    pub socket: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
    /// `ssl-mode`, `ssl-ca`, `ssl-cert` and `ssl-key`, by these names.
    pub tls: Vec<(&'static str, String)>,
}

impl ClientOptions {
    /// Reads the simple syntax: groups, `name=value`, comments, quotes, escapes. Files that others
    /// include are not followed.
    #[must_use]
    pub fn read(text: &str) -> ClientOptions {
        let mut options = ClientOptions::default();
        let mut ours = false;
        for line in text.lines().map(str::trim) {
            if let Some(group) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
                ours = GROUPS.contains(&group.trim().to_ascii_lowercase().as_str());
            } else if ours && !line.is_empty() && !line.starts_with(['#', ';', '!']) {
                let line = without_comment(line);
                let (name, value) = match line.split_once('=') {
                    Some((name, value)) => (name, Some(unquoted(value.trim()))),
                    None => (line, None),
                };
                options.set(&name.trim().to_ascii_lowercase().replace('_', "-"), value);
            }
        }
        options
    }

    /// The password for a login as `user`: of the file's user, or of everybody when it names none.
    #[must_use]
    pub fn password_of(&self, user: &str) -> Option<&str> {
        match &self.user {
            Some(own) if own != user => None,
            _ => self.password.as_deref(),
        }
    }

    fn set(&mut self, name: &str, value: Option<String>) {
        let is_off = || matches!(value.as_deref(), Some("0" | "off" | "OFF" | "false" | "FALSE"));
        match name.strip_prefix("loose-").unwrap_or(name) {
            "host" => self.host = value,
            "port" => self.port = value,
            "socket" => self.socket = value,
            "user" => self.user = value,
            "password" => self.password = value,
            "database" => self.database = value,
            "ssl-mode" => self.set_tls("ssl-mode", value),
            "ssl-ca" => self.set_tls("ssl-ca", value),
            "ssl-cert" => self.set_tls("ssl-cert", value),
            "ssl-key" => self.set_tls("ssl-key", value),
            "skip-ssl" => self.set_tls("ssl-mode", Some("disabled".to_owned())),
            "ssl" => {
                let mode = if is_off() { "disabled" } else { "required" };
                self.set_tls("ssl-mode", Some(mode.to_owned()));
            }
            "ssl-verify-server-cert" if !is_off() => {
                self.set_tls("ssl-mode", Some("verify_identity".to_owned()));
            }
            _ => {}
        }
    }

    fn set_tls(&mut self, name: &'static str, value: Option<String>) {
        self.tls.retain(|(have, _)| *have != name);
        self.tls.extend(value.map(|value| (name, value)));
    }
}

/// The line up to a `#` outside quotes.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line.char_indices() {
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            ('#', None) => return line[..at].trim_end(),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    line
}

/// Without the quotes around it, and with escapes read.
fn unquoted(value: &str) -> String {
    let inner = ['\'', '"'].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
    let mut text = String::new();
    let mut rest = inner.unwrap_or(value).chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('s') => text.push(' '),
            Some(same @ ('\\' | '"' | '\'')) => text.push(same),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_groups_are_read_as_mysql_reads_them() {
        let options = ClientOptions::read(
            "user=nobody\n[mysqld]\nport=1\n# c\n[client]\nuser = ana # me\nhost=db1\n\
             password=\"p#1 \\\"x\\\\\"\n!include other.cnf\n[mysqldump]\nuser=dump\n\
             [client-mariadb]\nssl_ca='/etc/ca.pem'\nloose-ssl-mode=REQUIRED\n\
             [mysql]\ndatabase=crm\nport=3307\nno-auto-rehash\n",
        );
        assert_eq!(options.user.as_deref(), Some("ana"));
        assert_eq!(options.host.as_deref(), Some("db1"));
        assert_eq!(options.password.as_deref(), Some("p#1 \"x\\"));
        assert_eq!(options.database.as_deref(), Some("crm"));
        assert_eq!(options.port.as_deref(), Some("3307"));
        let tls: Vec<(&str, &str)> = options.tls.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(tls, [("ssl-ca", "/etc/ca.pem"), ("ssl-mode", "REQUIRED")]);
        assert_eq!(options.password_of("ana"), Some("p#1 \"x\\"));
        assert_eq!(options.password_of("eve"), None);
    }

    #[test]
    fn switches_of_tls_become_modes() {
        for (line, mode) in [
            ("skip-ssl", "disabled"),
            ("ssl=0", "disabled"),
            ("ssl", "required"),
            ("ssl-verify-server-cert", "verify_identity"),
        ] {
            let options = ClientOptions::read(&format!("[client]\n{line}\n"));
            assert_eq!(options.tls, [("ssl-mode", mode.to_owned())], "{line}");
        }
    }
}
