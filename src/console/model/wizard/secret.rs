//! A password typed in the wizard. It goes over the socket once; no file, log or debug print ever
//! shows it.

use std::fmt;

/// Longest password that is taken.
const CHARS_MAX: usize = 1_000;

/// A password in memory, overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Password {
    #[must_use]
    pub fn new(text: String) -> Password {
        Password(text)
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text to send; `None` when nothing was typed.
    #[must_use]
    pub fn given(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }

    pub fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }

    /// Types a text at its end; a growing text leaves no copy behind.
    pub fn push(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.0.chars().count() == CHARS_MAX {
                return;
            }
            if self.0.len() + c.len_utf8() > self.0.capacity() {
                let mut wider = String::with_capacity((self.0.len() + 64) * 2);
                wider.push_str(&self.0);
                self.clear();
                self.0 = wider;
            }
            self.0.push(c);
        }
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Up to eight, so that the length is no secret given away.
    #[must_use]
    pub fn dots(&self) -> usize {
        self.0.chars().take(8).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_typed_and_never_printed() {
        let mut password = Password::default();
        assert_eq!(password.given(), None);
        password.push("hunter2\u{1b}\n and more, which is long enough to grow");
        password.pop();
        assert_eq!(password.dots(), 8);
        assert!(password.given().unwrap().starts_with("hunter2 and more"));
        assert!(!format!("{password:?}").contains("hunter2"));
        password.clear();
        assert!(password.is_empty());
    }
}
