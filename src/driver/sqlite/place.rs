//! Where a database file is, and how it is opened.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::{fault, on};
use crate::core::catalog::Server;
use crate::core::fault::{Fault, FaultKind, Side};
use crate::core::name::Dialect;
use crate::driver::url::Access;

/// How long a lock of another program is waited for before the work is given back to be retried.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of the writing connection in KiB: index builds and random keys profit.
const WRITER_CACHE_KIB: i64 = 8 * 1024;

/// One database file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub path: PathBuf,
    pub side: Side,
}

impl Place {
    /// # Errors
    /// `Usage` when the URL names no file.
    pub(super) fn of(access: &Access) -> Result<Place, Fault> {
        let url = &access.endpoint.url;
        let rest = url.strip_prefix("sqlite:").unwrap_or(url);
        let named = rest.strip_prefix("//").unwrap_or(rest);
        if named.is_empty() || named == ":memory:" {
            let message = format!("{url:?} names no file");
            return Err(Fault::new(FaultKind::Usage, access.side, message)
                .with_hint("Write the path after the scheme: sqlite:/data/shop.db"));
        }
        // Absolute, because the engine may have another working directory, and because a path
        // that begins with `file:` would be read as a URI.
        let path = std::path::absolute(named).map_err(|error| {
            let message = format!("{named:?} is not a usable path: {error}");
            Fault::new(FaultKind::Usage, access.side, message)
        })?;
        Ok(Place { path, side: access.side })
    }

    /// For messages.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn file_name(&self) -> String {
        self.path.file_name().map_or_else(|| self.shown(), |n| n.to_string_lossy().into_owned())
    }

    /// Is there a file? Says what is wrong with what is there instead.
    ///
    /// # Errors
    /// When it is no file, or its directory is missing or closed to us.
    pub(super) fn exists(&self) -> Result<bool, Fault> {
        match std::fs::metadata(&self.path) {
            Ok(found) if found.is_dir() => Err(self.trouble(
                FaultKind::Usage,
                "is a directory and not a database file",
                "Name the file itself.",
            )),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let parent = self.path.parent().unwrap_or(Path::new("/"));
                if parent.is_dir() {
                    return Ok(false);
                }
                Err(self.trouble(
                    FaultKind::ObjectMissing,
                    "is in a directory that does not exist",
                    "Nothing was created. Make the directory first, or name another path.",
                ))
            }
            Err(error) => Err(self.trouble(
                FaultKind::Privilege,
                &format!("cannot be looked at: {error}"),
                "The user that runs the job needs access to the file and its directories.",
            )),
        }
    }

    pub(super) fn trouble(&self, kind: FaultKind, what: &str, hint: &str) -> Fault {
        Fault::new(kind, self.side, format!("{} {what}", self.shown())).with_hint(hint)
    }

    /// Opens an existing file for reading only.
    ///
    /// # Errors
    /// `ObjectMissing` when there is none: a source is never created.
    pub(super) fn open_to_read(&self) -> Result<Connection, Fault> {
        if !self.exists()? {
            return Err(self.trouble(
                FaultKind::ObjectMissing,
                "does not exist",
                "Nothing was created. Check the path; it is read on the machine that runs the job.",
            ));
        }
        match self.try_to_read(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
            Err(error) if self.on_closed_media(&error) => {
                let uri = format!("file:{}?immutable=1", escaped(&self.path));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                self.try_to_read(Path::new(&uri), flags)
            }
            other => other,
        }
        .map_err(|error| self.open_fault(&error))
    }

    fn try_to_read(&self, path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // A misspelled "name" in a filter is an error and not a text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        // Opening is lazy: this reads the header, and meets hot journals and missing WAL files.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    }

    /// A WAL file's database in a place where nobody can write: nothing can change it either.
    fn on_closed_media(&self, error: &rusqlite::Error) -> bool {
        let refused =
            matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
        let parent = self.path.parent().unwrap_or(Path::new("/"));
        let open = rustix::fs::access(parent, rustix::fs::Access::WRITE_OK).is_ok();
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let log_len = std::fs::metadata(log).map_or(0, |found| found.len());
        refused && !open && log_len == 0
    }

    fn open_fault(&self, error: &rusqlite::Error) -> Fault {
        let mut made = fault(self.side, &format!("open {}", self.shown()), error);
        let rusqlite::Error::SqliteFailure(code, _) = error else { return made };
        if code.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK {
            made.hint = Some(
                "A program died while writing to the file. Open it once with sqlite3 and read \
                 something, so that its journal is rolled back."
                    .to_owned(),
            );
        } else if code.code == ErrorCode::CannotOpen {
            made.kind = FaultKind::Privilege;
            made.hint = Some("The user that runs the job cannot open the file.".to_owned());
        }
        made
    }

    /// Opens the file for writing; creates it when it is missing.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn open_to_write(&self) -> Result<Connection, Fault> {
        self.exists()?;
        let doing = format!("open {}", self.shown());
        let setup = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
                | OpenFlags::SQLITE_OPEN_URI;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
            connection.pragma_update(None, "foreign_keys", false)?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        setup().map_err(|error| {
            let mut made = self.open_fault(&error);
            if made.kind == FaultKind::ObjectMissing {
                made = fault(self.side, &doing, &error);
            }
            made
        })
    }

    /// Who answers. `None`: there is no file yet.
    ///
    /// # Errors
    /// As SQLite says.
    pub(super) fn server(&self, connection: Option<&Connection>) -> Result<Server, Fault> {
        let encoding = match connection {
            Some(open) => open
                .query_row("PRAGMA encoding", [], |row| row.get::<_, String>(0))
                .map_err(on(self.side, "read the encoding"))?
                .replace("UTF-8", "UTF8"),
            None => "UTF8".to_owned(),
        };
        let identity = std::fs::metadata(&self.path)
            .ok()
            .map(|found| format!("{}/{}", found.dev(), found.ino()));
        Ok(Server {
            dialect: Dialect::Sqlite,
            version_text: rusqlite::version().to_owned(),
            version_num: u32::try_from(rusqlite::version_number()).unwrap_or(0),
            database: self.file_name(),
            encoding,
            identity,
            superuser: true,
            connections_free: None,
            mariadb: false,
        })
    }
}

/// A path as part of a `file:` URI.
pub(super) fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing to a string succeeds");
        }
    }
    uri
}
