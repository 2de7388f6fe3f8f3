//! Drafts of jobs: job files that the console's wizard writes as it is filled in. A draft has no
//! engine and no master table; `tidegate copy --job-file` takes one as it is.

use std::fs;
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::Paths;
use crate::core::name::JobName;

/// The folder of one user's drafts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafts {
    folder: PathBuf,
}

/// One draft as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    pub name: JobName,
    /// A job file; it may still be full of holes.
    pub text: String,
    /// When it was written last.
    pub changed_ms: i64,
}

impl Drafts {
    #[must_use]
    pub fn new(paths: &Paths) -> Drafts {
        Drafts { folder: paths.state.join("drafts") }
    }

    #[must_use]
    pub fn path(&self, name: &JobName) -> PathBuf {
        self.folder.join(format!("{name}.toml"))
    }

    /// Every draft, by name. Files that are no drafts are passed over.
    ///
    /// # Errors
    /// The folder cannot be read; one that is not there holds none.
    pub fn list(&self) -> Result<Vec<DraftFile>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let file = entry?.file_name();
            let stem = file.to_str().and_then(|text| text.strip_suffix(".toml"));
            if let Some(Ok(name)) = stem.map(JobName::parse) {
                match self.read(&name) {
                    Ok(draft) => found.push(draft),
                    // It was dropped between the two looks.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(found)
    }

    /// One draft.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn read(&self, name: &JobName) -> Result<DraftFile> {
        let path = self.path(name);
        let text = fs::read_to_string(&path)?;
        let changed = fs::metadata(&path)?.modified()?;
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Ok(DraftFile { name: name.clone(), text, changed_ms })
    }

    /// Writes a draft whole, or leaves the one that is there.
    ///
    /// # Errors
    /// No room, no permission.
    pub fn write(&self, name: &JobName, text: &str) -> Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let beside = self.folder.join(format!(".{name}.{}", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&beside, self.path(name)));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Removes a draft; one that is not there is removed already.
    ///
    /// # Errors
    /// No permission.
    pub fn remove(&self, name: &JobName) -> Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_draft_is_private_whole_and_gone_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("state");
        let drafts =
            Drafts::new(&Paths { state: here.clone(), config: here.clone(), runtime: here });
        assert_eq!(drafts.list().unwrap(), []);
        let name = JobName::parse("crm-nov").unwrap();
        drafts.write(&name, "job = \"crm-nov\"\n").unwrap();
        drafts.write(&name, "job = \"crm\"\n").unwrap();
        fs::write(drafts.folder.join("no name.toml"), "").unwrap();
        let found = drafts.list().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "job = \"crm\"\n");
        assert!(found[0].changed_ms > 0);
        let mode = fs::metadata(drafts.path(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&drafts.folder).unwrap().count(), 2, "nothing beside is left");
        drafts.remove(&name).unwrap();
        drafts.remove(&name).unwrap();
        assert_eq!(drafts.list().unwrap(), []);
    }
}
