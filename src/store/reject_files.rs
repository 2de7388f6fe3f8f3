//! Rejected rows as files: SQL*Loader's bad file, and a line of JSON for each row.
//!
//! `<schema.table>.bad` has the rows alone, one a line as COPY text spells them, in the order of
//! the columns of the plan; `COPY table FROM 'file'` loads it. `<schema.table>.ndjson` has an
//! object per row with key, error, its line in the bad file and the row again. Both are written
//! whole beside their names and then renamed, readable by nobody but the job's user: rows are
//! private.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::rejects::RejectFilter;
use super::{MasterTable, lock, store_fault};
use crate::core::fault::Fault;
use crate::core::job::RejectRow;
use crate::core::name::ObjectName;
use crate::core::plan::TableIndex;

/// Rows read at once.
const PAGE: u64 = 500;

/// Which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectForm {
    /// The rows alone.
    Bad,
    Ndjson,
}

/// A table on its way into files.
#[derive(Clone, Copy, Debug)]
pub struct RejectExport<'a> {
    pub table: TableIndex,
    pub name: &'a ObjectName,
    /// Columns that name a row.
    pub key: &'a [String],
    pub directory: &'a Path,
}

impl RejectExport<'_> {
    /// Where a form goes.
    #[must_use]
    pub fn path(&self, form: RejectForm) -> PathBuf {
        let ending = match form {
            RejectForm::Bad => "bad",
            RejectForm::Ndjson => "ndjson",
        };
        self.directory.join(format!("{}.{ending}", file_stem(self.name)))
    }
}

/// `schema.table` as a file's name: whatever a file system or a shell could take amiss is written
/// as `%` and two hexadecimal digits.
fn file_stem(name: &ObjectName) -> String {
    let mut stem = String::new();
    for byte in name.to_string().bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        match plain && !(stem.is_empty() && byte == b'.') {
            true => stem.push(char::from(byte)),
            false => stem.push_str(&format!("%{byte:02X}")),
        }
    }
    // Room for an ending within what file systems take.
    stem.truncate(200);
    stem
}

impl MasterTable {
    /// Writes the rejected rows of a table that are in force, or removes the file when there are
    /// none. Returns how many there were.
    ///
    /// # Errors
    /// `Store` when the file cannot be written.
    pub fn write_rejects(&self, export: &RejectExport<'_>, form: RejectForm) -> Result<u64, Fault> {
        let path = export.path(form);
        let failed = |e: std::io::Error| {
            store_fault(format!("cannot write {}: {e}", path.display()))
                .with_hint("The rejected rows are in the job's file; export them elsewhere.")
        };
        let filter = RejectFilter { table: Some(export.table), cause: None };
        let (total, _) = self.rejects(&filter, 0, 0, false)?;
        if total == 0 {
            return match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(e)),
                _ => Ok(0),
            };
        }
        lock::make_private_dir(export.directory)?;
        let fresh = path.with_extension("new");
        let mut file = BufWriter::new(open_private(&fresh).map_err(failed)?);
        let (mut done, mut line) = (0, 0);
        while done < total {
            let (_, page) = self.rejects(&filter, done, PAGE, true)?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                let in_bad_file = !row.gone && row.row.is_some();
                line += u64::from(in_bad_file);
                let place = in_bad_file.then_some(line);
                write_row(&mut file, export, form, row, place).map_err(failed)?;
            }
            done += page.len() as u64;
        }
        file.flush().map_err(failed)?;
        std::fs::rename(&fresh, &path).map_err(failed)?;
        Ok(done)
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn write_row(
    file: &mut impl Write,
    export: &RejectExport<'_>,
    form: RejectForm,
    row: &RejectRow,
    line: Option<u64>,
) -> std::io::Result<()> {
    match form {
        RejectForm::Bad => match (line, &row.row) {
            (Some(_), Some(text)) => {
                file.write_all(text)?;
                file.write_all(b"\n")
            }
            _ => Ok(()),
        },
        RejectForm::Ndjson => {
            let object = object_of(row, export.name, export.key, line);
            writeln!(file, "{object}")
        }
    }
}

/// A rejected row as JSON.
fn object_of(row: &RejectRow, name: &ObjectName, key: &[String], line: Option<u64>) -> Value {
    let pairs = row.key.iter().flat_map(|values| key.iter().zip(values));
    let named: Map<String, Value> = pairs.map(|(k, v)| (k.clone(), json!(v))).collect();
    let text = row.row.as_ref().map(|bytes| match std::str::from_utf8(bytes) {
        Ok(text) => ("row", text.to_owned()),
        // JSON is text: other bytes are spelled out.
        Err(_) => ("row_hex", bytes.iter().map(|b| format!("{b:02x}")).collect()),
    });
    let mut object = json!({
        "table": name.to_string(),
        "key": if row.key.is_some() { Value::Object(named) } else { Value::Null },
        "column": row.column,
        "code": row.code,
        "message": row.message,
        "detail": row.detail,
        "gone": row.gone,
        "at": row.at.to_string(),
        "line": line,
        "row_bytes": row.row_bytes,
    });
    if let Some((field, text)) = text {
        object[field] = json!(text);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_table_leads_out_of_the_directory() {
        for (schema, name, stem) in [
            ("crm", "orders", "crm.orders"),
            ("..", "/etc/passwd", "%2E..%2Fetc%2Fpasswd"),
            ("a b", "x'y", "a%20b.x%27y"),
        ] {
            assert_eq!(file_stem(&ObjectName::new(schema, name)), stem);
        }
    }
}
