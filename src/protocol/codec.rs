//! Lines of JSON with a length limit, so that `nc -U` is a debugging tool.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One message as a line, newline included.
#[must_use]
pub fn to_line<T: Serialize>(message: &T) -> Vec<u8> {
    // Our own types hold nothing that JSON cannot: no maps with other keys than strings.
    let mut line = serde_json::to_vec(message).expect("protocol types are plain JSON");
    line.push(b'\n');
    line
}

/// A message from a line without its newline.
///
/// # Errors
/// The sentence for the log: what is wrong and where.
pub fn from_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|e| format!("this line is no message: {e}"))
}
