//! Text that may be put on a screen.
//!
//! Table names, values, errors, log lines and user names come from outside and may hold anything:
//! escape sequences, line breaks, marks that turn the writing direction. [`Shown`] is the only text
//! the pen accepts, and making one filters, so that the filter cannot be forgotten. Copying (`y`)
//! uses the unfiltered text.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Filtered text for one line of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'a>(Cow<'a, str>);

impl<'a> Shown<'a> {
    /// Columns it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.0.is_ascii() { self.0.len() } else { self.0.width() }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything beyond ASCII written out, for terminals that have nothing else.
    #[must_use]
    pub fn ascii(self) -> Shown<'a> {
        if self.0.is_ascii() {
            return self;
        }
        let mut out = String::with_capacity(self.0.len() * 2);
        for c in self.0.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
        Shown(Cow::Owned(out))
    }

    /// At most `width` columns, cut on grapheme borders; a cut is marked with `>` at the end.
    #[must_use]
    pub fn cut(&self, width: usize) -> Cow<'_, str> {
        if self.width() <= width {
            return Cow::Borrowed(&self.0);
        }
        if width == 0 {
            return Cow::Borrowed("");
        }
        let mut out = String::with_capacity(width);
        let mut used = 0;
        for grapheme in self.0.graphemes(true) {
            let columns = grapheme.width();
            if used + columns > width - 1 {
                break;
            }
            used += columns;
            out.push_str(grapheme);
        }
        out.push('>');
        Cow::Owned(out)
    }

    /// Lines of at most `width` columns, broken at spaces where there are any.
    #[must_use]
    pub fn wrap(&self, width: usize) -> Vec<String> {
        let width = if width == 0 { 1 } else { width };
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut used = 0;
        for word in self.0.split_inclusive(' ') {
            let bare = word.trim_end().width();
            if used > 0 && used + bare > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if bare <= width {
                line.push_str(word);
                used += word.width();
                continue;
            }
            for grapheme in word.graphemes(true) {
                let columns = grapheme.width();
                if used + columns > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += columns;
            }
        }
        lines.push(line);
        for line in &mut lines {
            line.truncate(line.trim_end().len());
        }
        lines
    }
}

impl<'a> From<&'a str> for Shown<'a> {
    fn from(text: &'a str) -> Shown<'a> {
        if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Shown(Cow::Borrowed(text));
        }
        Shown(filter(text))
    }
}

impl<'a> From<&'a String> for Shown<'a> {
    fn from(text: &'a String) -> Shown<'a> {
        Shown::from(text.as_str())
    }
}

impl<'a> From<String> for Shown<'a> {
    fn from(text: String) -> Shown<'a> {
        if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Shown(Cow::Owned(text));
        }
        Shown(Cow::Owned(filter(&text).into_owned()))
    }
}

/// The text of many lines (an error, a statement) as filtered, wrapped lines.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| Shown::from(line).wrap(width))
        .collect()
}

/// Does the filter change this text?
#[must_use]
pub fn differs(text: &str) -> bool {
    !text.split('\n').all(|line| Shown::from(line).as_str() == line)
}

fn filter(text: &str) -> Cow<'_, str> {
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push_str(" / "),
            '\t' => out.push(' '),
            c if harmless(c) => out.push(c),
            c if u32::from(c) < 0x100 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// May this character reach a cell? Controls, marks that turn or hide text, private use and the
/// code points where nothing is assigned may not. (Gaps within the assigned blocks are drawn by
/// terminals as one replacement box, which harms nobody.)
fn harmless(c: char) -> bool {
    !matches!(u32::from(c),
        0x00..=0x1f | 0x7f..=0x9f | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5
        | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0x3164 | 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xffff | 0x1d173..=0x1d17a | 0x3_2000..=0x10_ffff)
        && u32::from(c) & 0xfffe != 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_attack_the_screen_is_written_out() {
        for (text, shown) in [
            ("a\u{1b}]52;c;SEFDSw==\u{7}b", "a\\x1b]52;c;SEFDSw==\\x07b"),
            ("one\r\ntwo\nthree\rfour", "one / two / three / four"),
            ("tab\there", "tab here"),
            ("x\u{202e}evil", "x\\u{202e}evil"),
            ("c1\u{9b}31m", "c1\\x9b31m"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("plain ünïcode 漢字", "plain ünïcode 漢字"),
        ] {
            assert_eq!(Shown::from(text).as_str(), shown);
            assert_eq!(Shown::from(text.to_owned()).as_str(), shown);
        }
    }

    #[test]
    fn a_cut_is_marked_and_respects_wide_letters() {
        assert_eq!(Shown::from("abcdef").cut(6), "abcdef");
        assert_eq!(Shown::from("abcdef").cut(4), "abc>");
        assert_eq!(Shown::from("漢字漢字").cut(4), "漢>");
        assert_eq!(Shown::from("abc").cut(0), "");
        assert_eq!(Shown::from("漢").ascii().as_str(), "\\u{6f22}");
    }

    #[test]
    fn wrapping_loses_no_word() {
        let text = "the quick brown fox averyveryverylongwordwithoutspaces jumps";
        let lines = Shown::from(text).wrap(12);
        assert!(lines.iter().all(|l| l.len() <= 12), "{lines:?}");
        let joined: String = lines.concat().split_whitespace().collect();
        assert_eq!(joined, text.split_whitespace().collect::<String>());
        assert_eq!(wrapped("a\r\nb", 9), ["a", "b"]);
    }
}
