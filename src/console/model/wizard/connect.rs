//! Page 1: what to do, and where the two ends are.

use super::address::{Address, Engine};
use super::draft::Draft;
use super::form::{Control, Form};
use super::secret::Password;
use crate::config::{FileEnd, FileKind};
use crate::console::field::Field;
use crate::core::name::Dialect;
use crate::core::spec::Endpoint;
use crate::protocol::survey::ProbeView;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Source,
    Target,
}

impl End {
    pub const BOTH: [End; 2] = [End::Source, End::Target];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            End::Source => "source",
            End::Target => "target",
        }
    }
}

/// Controls of the page, in the order of Tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Task,
    Name,
    Engine(End),
    Saved(End),
    Path(End),
    Host(End),
    Port(End),
    Database(End),
    User(End),
    /// Where the password comes from.
    From(End),
    Password(End),
    Tls(End),
    Label(End),
    Production(End),
    Cancel,
    Test,
    Next,
}

/// A connection of config.toml.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedConnection {
    pub name: String,
    pub url: String,
    pub label: Option<String>,
    pub production: bool,
    /// Where its password is found, in words: `~/.pgpass`, `command`, `ask`, ...
    pub password: String,
}

/// What there is to do. Those behind the first three come later, and say so.
pub const TASKS: [&str; 7] =
    ["copy", "verify two sides", "SQL script of the DDL", "export", "import", "estimate", "sync"];
pub const TASK_COPY: usize = 0;
pub const TASK_VERIFY: usize = 1;
pub const TASK_SCRIPT: usize = 2;

/// Ways to a password, where no saved connection says one.
pub const FROM_CLIENT: usize = 0;
pub const FROM_ASK: usize = 1;

/// One end's test.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tested {
    #[default]
    No,
    Running(String),
    Ok(ProbeView),
    Failed {
        what: String,
        hint: Option<String>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Connect {
    pub form: Form<Part>,
    pub connections: Vec<SavedConnection>,
    /// Where relative files are.
    pub directory: String,
    pub tests: [Tested; 2],
    /// Parameters of the URLs that have no field.
    pub rest: [Vec<String>; 2],
    /// The name was typed, not suggested.
    pub named: bool,
}

fn choice(options: &[&str]) -> Control {
    Control::Choice { options: options.iter().map(|o| (*o).to_owned()).collect(), at: 0 }
}

fn text() -> Control {
    Control::Text(Field::default())
}

impl Connect {
    /// The page as a draft has it.
    #[must_use]
    pub fn of(draft: &Draft, connections: &[SavedConnection], directory: &str) -> Connect {
        let engines: Vec<&str> = Engine::ALL.iter().map(|e| e.name()).collect();
        let mut items = vec![(Part::Task, choice(&TASKS)), (Part::Name, text())];
        for end in End::BOTH {
            let mut saved = vec!["none"];
            saved.extend(connections.iter().map(|c| c.name.as_str()));
            items.extend([
                (Part::Engine(end), choice(&engines)),
                (Part::Saved(end), choice(&saved)),
                (Part::Path(end), text()),
                (Part::Host(end), text()),
                (Part::Port(end), text()),
                (Part::Database(end), text()),
                (Part::User(end), text()),
                (Part::From(end), choice(&["", ""])),
                (Part::Password(end), Control::Secret(Password::default())),
                (Part::Tls(end), choice(&[""])),
                (Part::Label(end), text()),
                (Part::Production(end), Control::Tick(false)),
            ]);
        }
        items.extend([
            (Part::Cancel, Control::Button),
            (Part::Test, Control::Button),
            (Part::Next, Control::Button),
        ]);
        let mut page = Connect {
            form: Form::new(items),
            connections: connections.to_vec(),
            directory: directory.to_owned(),
            ..Connect::default()
        };
        page.fill(draft);
        page.named = draft.keys().from.is_some();
        page
    }

    fn fill(&mut self, draft: &Draft) {
        let keys = draft.keys();
        let task = match keys.kind {
            Some(FileKind::Verify) => TASK_VERIFY,
            Some(FileKind::Script) => TASK_SCRIPT,
            Some(FileKind::Copy) | None => TASK_COPY,
        };
        self.form.choose(Part::Task, task);
        self.form.set_text(Part::Name, &draft.name);
        for (end, url, told) in
            [(End::Source, &keys.from, &keys.source), (End::Target, &keys.to, &keys.target)]
        {
            let url = url.clone().unwrap_or_default();
            let saved = self.connections.iter().position(|c| c.name == url);
            self.form.choose(Part::Saved(end), saved.map_or(0, |at| at + 1));
            match saved {
                Some(at) => self.show_connection(end, at),
                None if url.is_empty() => {}
                None => {
                    self.put(end, &Address::read(&url).0);
                    self.told(end, told);
                }
            }
            self.arrange(end);
        }
    }

    fn told(&mut self, end: End, told: &FileEnd) {
        self.form.set_text(Part::Label(end), told.label.as_deref().unwrap_or_default());
        self.form.tick(Part::Production(end), told.production == Some(true));
        let ask = told.ask_password == Some(true);
        self.form.choose(Part::From(end), if ask { FROM_ASK } else { FROM_CLIENT });
    }

    /// The fields of a saved connection; they are shown, and its name is what the draft keeps.
    pub fn show_connection(&mut self, end: End, at: usize) {
        let Some(saved) = self.connections.get(at).cloned() else {
            return;
        };
        self.put(end, &Address::read(&saved.url).0);
        self.form.set_text(Part::Label(end), saved.label.as_deref().unwrap_or_default());
        self.form.tick(Part::Production(end), saved.production);
        let ask = saved.password == "ask";
        self.form.choose(Part::From(end), if ask { FROM_ASK } else { FROM_CLIENT });
    }

    /// An address into the fields.
    pub fn put(&mut self, end: End, address: &Address) {
        let form = &mut self.form;
        let engine = Engine::ALL.iter().position(|e| *e == address.engine).unwrap_or(0);
        form.choose(Part::Engine(end), engine);
        for (part, value) in [
            (Part::Path(end), &address.path),
            (Part::Host(end), &address.host),
            (Part::Port(end), &address.port),
            (Part::Database(end), &address.database),
            (Part::User(end), &address.user),
        ] {
            form.set_text(part, value);
        }
        self.rest[end as usize].clone_from(&address.rest);
        self.arrange(end);
        let modes = address.engine.tls_modes();
        let tls = modes.iter().position(|mode| *mode == address.tls).unwrap_or(0);
        self.form.choose(Part::Tls(end), tls);
    }

    /// The fields that the engine and the way to the password want.
    pub fn arrange(&mut self, end: End) {
        let engine = self.engine(end);
        let saved = self.saved(end).cloned();
        let server = matches!(engine, Engine::Postgres | Engine::Mysql);
        let own = saved.is_none();
        let form = &mut self.form;
        let modes = engine.tls_modes().iter().map(|mode| (*mode).to_owned()).collect();
        form.set_options(Part::Tls(end), modes);
        let client = match (&saved, engine) {
            (Some(saved), _) if saved.password != "ask" => saved.password.as_str(),
            (_, Engine::Mysql) => "~/.my.cnf or MYSQL_PWD",
            _ => "~/.pgpass or PGPASSWORD",
        };
        form.set_options(Part::From(end), vec![client.to_owned(), "ask me now".to_owned()]);
        form.show(Part::Saved(end), !self.connections.is_empty());
        form.show(Part::Engine(end), own);
        form.show(Part::Path(end), own && !server);
        for part in
            [Part::Host(end), Part::Port(end), Part::Database(end), Part::User(end), Part::Tls(end)]
        {
            form.show(part, own && server);
        }
        let logs_in = engine != Engine::Sqlite;
        form.show(Part::From(end), logs_in);
        form.show(Part::Password(end), logs_in && form.chosen(Part::From(end)) == FROM_ASK);
        form.show(Part::Label(end), own);
        form.show(Part::Production(end), own);
    }

    #[must_use]
    pub fn engine(&self, end: End) -> Engine {
        Engine::ALL[self.form.chosen(Part::Engine(end))]
    }

    /// The saved connection that is chosen.
    #[must_use]
    pub fn saved(&self, end: End) -> Option<&SavedConnection> {
        let at = self.form.chosen(Part::Saved(end));
        at.checked_sub(1).and_then(|at| self.connections.get(at))
    }

    /// The fields as an address.
    #[must_use]
    pub fn address(&self, end: End) -> Address {
        let engine = self.engine(end);
        let text = |part: Part| self.form.text(part).trim().to_owned();
        let tls = match self.form.chosen(Part::Tls(end)) {
            0 => "",
            at => engine.tls_modes().get(at).copied().unwrap_or_default(),
        };
        Address {
            engine,
            host: text(Part::Host(end)),
            port: text(Part::Port(end)),
            database: text(Part::Database(end)),
            user: text(Part::User(end)),
            tls: tls.to_owned(),
            path: text(Part::Path(end)),
            rest: self.rest[end as usize].clone(),
        }
    }

    /// What the draft keeps of an end: a connection's name or a URL.
    #[must_use]
    pub fn url(&self, end: End) -> String {
        match self.saved(end) {
            Some(saved) => saved.name.clone(),
            None => self.address(end).url(&self.directory),
        }
    }

    /// Does a field hold what no file may keep: a URL that is still being typed, which may have a
    /// password in it, or one that is kept whole and has one?
    #[must_use]
    pub fn is_private(&self, end: End) -> bool {
        let address = self.address(end);
        match (self.saved(end), address.engine) {
            (Some(_), _) => false,
            (None, Engine::Url) => has_password(&address.path),
            (None, _) => address.host.contains("://") || address.path.contains("://"),
        }
    }

    /// As people read an end: `pg:crm@db1`.
    #[must_use]
    pub fn display(&self, end: End) -> String {
        let address = match self.saved(end) {
            Some(saved) => Address::read(&saved.url).0,
            None => self.address(end),
        };
        let dialect = match address.engine {
            Engine::Mysql => Dialect::Mysql,
            Engine::Sqlite => Dialect::Sqlite,
            Engine::Postgres | Engine::Url => Dialect::Postgres,
        };
        let url = address.url(&self.directory);
        Endpoint { dialect, url, connection: None, label: None, production: false }.display()
    }

    /// The label of an end, and whether it is production.
    #[must_use]
    pub fn marks(&self, end: End) -> (Option<String>, bool) {
        match self.saved(end) {
            Some(saved) => (saved.label.clone(), saved.production),
            None => {
                let label = self.form.text(Part::Label(end)).trim().to_owned();
                ((!label.is_empty()).then_some(label), self.form.ticked(Part::Production(end)))
            }
        }
    }

    /// The password typed for an end, when it is to be typed.
    #[must_use]
    pub fn typed(&self, end: End) -> Option<String> {
        if !self.form.is_shown(Part::Password(end)) {
            return None;
        }
        self.form.password(Part::Password(end)).and_then(Password::given)
    }

    /// A password that has to be typed and was not.
    #[must_use]
    pub fn lacks_password(&self) -> Option<End> {
        let asks = |end: &End| self.form.is_shown(Part::Password(*end));
        End::BOTH.into_iter().find(|end| asks(end) && self.typed(*end).is_none())
    }
}

/// Does the URL name a password, before its `@` or as a parameter?
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (main, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = main.split('/').next().unwrap_or_default();
    let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
    let named = |pair: &str| pair.split('=').next().is_some_and(|name| name.contains("passw"));
    login.contains(':') || query.split('&').any(named)
}
