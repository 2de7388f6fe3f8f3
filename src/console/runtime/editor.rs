//! A text in the operator's own editor: in a file that only he can read, which is gone afterwards.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

/// Opens the text and gives back what was saved. The terminal is the editor's meanwhile.
///
/// # Errors
/// The sentence to show: no editor, no file, an editor that failed.
pub fn edit(folder: &Path, text: &str) -> Result<String, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let file = folder.join(format!("edit-{}.sql", std::process::id()));
    let result = with_file(&file, text, &editor);
    let _ = fs::remove_file(&file);
    result
}

fn with_file(file: &Path, text: &str, editor: &str) -> Result<String, String> {
    let told = |error: std::io::Error| format!("the text was not edited: {error}");
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(told)?;
    }
    let mut made = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map_err(told)?;
    made.write_all(text.as_bytes()).map_err(told)?;
    drop(made);
    // `EDITOR="vim -u NONE"` is a command, as git takes it.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(file)
        .status()
        .map_err(told)?;
    if !status.success() {
        return Err(format!("{editor} ended with {status}; the text is as it was"));
    }
    let text = fs::read_to_string(file).map_err(told)?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
