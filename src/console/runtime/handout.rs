//! Text that leaves the console: to the terminal's clipboard, and always to a file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Above this only the file gets it: terminals drop or truncate longer sequences.
pub const CLIPBOARD_BYTES_MAX: usize = 8 * 1024;

/// Where the text went, and what is still to be written to the terminal.
#[derive(Debug)]
pub struct Handed {
    pub told: String,
    /// OSC 52, for the one writer of the terminal.
    pub sequence: Vec<u8>,
}

/// Hands a text to the clipboard and to `copied.txt`. `tmux`: we stand in tmux, which drops the
/// sequence of programs and has a buffer of its own.
#[must_use]
pub fn copy(state: &Path, text: &str, note: &str, tmux: bool) -> Handed {
    let file = state.join("copied.txt");
    let kept = match write_private(&file, text.as_bytes()) {
        Ok(()) => format!("also in {}", home_short(&file)),
        Err(error) => format!("{} cannot be written: {error}", home_short(&file)),
    };
    let size = text.len();
    if size > CLIPBOARD_BYTES_MAX {
        let told = format!("{size} bytes are too many for a clipboard; {kept}{note}");
        return Handed { told, sequence: Vec::new() };
    }
    if tmux && load_tmux_buffer(text).is_ok() {
        let told = format!("{size} bytes sent to tmux and your terminal's clipboard; {kept}{note}");
        return Handed { told, sequence: Vec::new() };
    }
    let sequence = format!("\x1b]52;c;{}\x07", base64(text.as_bytes())).into_bytes();
    Handed {
        told: format!("{size} bytes sent to your terminal's clipboard; {kept}{note}"),
        sequence,
    }
}

/// Writes a page to a file with a name of its own and says where.
#[must_use]
pub fn write(state: &Path, name: &str, text: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    let folder = state.join("pages");
    let free =
        (1..10_000).map(|n| folder.join(format!("{safe}-{n}.txt"))).find(|path| !path.exists());
    let Some(path) = free else {
        return format!("{} is full of pages; delete some", home_short(&folder));
    };
    match write_private(&path, text.as_bytes()) {
        Ok(()) => format!("{} bytes written to {}", text.len(), home_short(&path)),
        Err(error) => format!("{} cannot be written: {error}", home_short(&path)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// `~` for the home directory, so that the line fits.
fn home_short(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match home.and_then(|home| path.strip_prefix(&home).ok().map(Path::to_path_buf)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

fn load_tmux_buffer(text: &str) -> std::io::Result<()> {
    let mut child = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    if child.wait()?.success() { Ok(()) } else { Err(std::io::Error::other("tmux refused")) }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place <= group.len() {
                let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
                out.push(char::from(letter));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// What a command of this program prints.
///
/// # Errors
/// Its first words when it ends badly.
pub fn shell(program: &Path, words: &[String]) -> Result<String, String> {
    let mut command = std::process::Command::new(program);
    command.args(words).stdin(std::process::Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() || !text.is_empty() {
        return Ok(text);
    }
    let trouble = String::from_utf8_lossy(&output.stderr);
    let first = trouble.lines().next().unwrap_or("it ended without a word");
    Err(first.trim_start_matches("tidegate: ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (text, coded) in pairs {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[test]
    fn a_copy_is_in_the_file_whole_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let text = "x".repeat(50_000);
        let handed = copy(folder.path(), &text, "", false);
        assert!(handed.sequence.is_empty(), "50 kB go to the file only");
        assert!(handed.told.contains("too many"), "{}", handed.told);
        let file = folder.path().join("copied.txt");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let handed = copy(folder.path(), "hi", "", false);
        assert_eq!(handed.sequence, b"\x1b]52;c;aGk=\x07");
        assert!(handed.told.contains("sent") && !handed.told.contains("copied to"));
        let first = write(folder.path(), "a/b", "1");
        let second = write(folder.path(), "a/b", "2");
        assert!(first.contains("a-b-1.txt") && second.contains("a-b-2.txt"), "{first} {second}");
    }
}
