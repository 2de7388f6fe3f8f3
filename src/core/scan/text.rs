//! Looking at one value: for engines that cannot do it in SQL.

use super::super::value::WireForm;
use super::super::wire::{parse_date, parse_time, parse_timestamp};
use super::Charset;

/// Windows-1252 from 0x80 to 0x9F; the five bytes it does not use stand for themselves.
pub(super) const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// The byte a character has in Windows-1252 or, where that has none, in Latin-1.
fn single_byte(c: char) -> Option<u8> {
    let at = WINDOWS_1252.iter().position(|known| *known == c);
    match at {
        Some(at) => u8::try_from(0x80 + at).ok(),
        None => u8::try_from(u32::from(c)).ok(),
    }
}

/// Is this text UTF-8 that was read as Windows-1252 or Latin-1 and encoded again? Read back it is
/// then valid UTF-8 with characters of several bytes. Real text of that kind (`Ã©` meant as two
/// characters) is rare enough to be worth a look by someone.
#[must_use]
pub fn is_encoded_twice(text: &[u8]) -> bool {
    if text.is_ascii() {
        return false;
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let bytes: Option<Vec<u8>> = text.chars().map(single_byte).collect();
    bytes.is_some_and(|bytes| !bytes.is_ascii() && std::str::from_utf8(&bytes).is_ok())
}

/// Digits with an optional sign and point, and nothing else.
#[must_use]
pub fn is_decimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let points = digits.iter().filter(|b| **b == b'.').count();
    let plain = digits.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    plain && points <= 1 && digits.len() > points
}

impl Charset {
    /// Has the set every character of this text? Bytes that are no text are another question.
    #[must_use]
    pub fn holds(self, text: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(text) else { return true };
        let has = |c: char| match self {
            Charset::Ascii => c.is_ascii(),
            Charset::Latin1 => u32::from(c) <= 0xff,
            Charset::Windows1252 => {
                WINDOWS_1252.contains(&c)
                    || (u32::from(c) <= 0xff && !matches!(c, '\u{80}'..='\u{9f}'))
            }
            Charset::Utf8mb3 => u32::from(c) <= 0xffff,
        };
        text.chars().all(has)
    }

    /// The set that [`Charset::word`] names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Charset> {
        let all = [Charset::Ascii, Charset::Latin1, Charset::Windows1252, Charset::Utf8mb3];
        all.into_iter().find(|charset| charset.word() == word)
    }
}

/// Does SQLite's text hold the moment that `kind` names, as the copy reads it?
#[must_use]
pub fn is_moment(kind: &str, text: &[u8]) -> bool {
    let form = WireForm::Native;
    let stamp = || parse_timestamp(text, form).ok();
    match kind {
        "date" => parse_date(text, form).is_ok(),
        "timestamp" => stamp().is_some_and(|moment| moment.local().is_ok()),
        "timestamptz" => stamp().is_some_and(|moment| moment.utc().is_ok()),
        "time" => parse_time(text).is_ok_and(|(_, zone)| zone.is_none()),
        _ => parse_time(text).is_ok_and(|(_, zone)| zone.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(byte: u8) -> char {
        match byte {
            0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
            _ => char::from(byte),
        }
    }

    #[test]
    fn twice_encoded_text_is_known_and_honest_text_is_not() {
        for text in ["é", "naïve café", "日本語", "Ελλάδα", "🦀 crab", "“quoted” – dash €"]
        {
            let again: String = text.bytes().map(seen).collect();
            assert!(is_encoded_twice(again.as_bytes()), "{again}");
            assert!(!is_encoded_twice(text.as_bytes()), "{text}");
        }
        // Read as Latin-1 proper: the bytes from 0x80 to 0x9F are control characters.
        let latin: String = "日本語".bytes().map(char::from).collect();
        assert!(is_encoded_twice(latin.as_bytes()));
        for honest in ["", "plain", "Ã", "50 € für 2", "\u{c3}\u{28}"] {
            assert!(!is_encoded_twice(honest.as_bytes()), "{honest}");
        }
        assert!(!is_encoded_twice(b"\xc3\x28"), "no text at all");
    }

    #[test]
    fn moments_are_read_as_the_copy_reads_them() {
        for (kind, text, expected) in [
            ("date", "2024-02-29", true),
            ("date", "2023-02-29", false),
            ("date", "yesterday", false),
            ("timestamp", "2024-02-29 12:00:00.5", true),
            ("timestamp", "2024-02-29T12:00:00Z", false),
            ("timestamptz", "2024-02-29T12:00:00Z", true),
            ("timestamptz", "2024-02-29T12:00:00", false),
            ("time", "12:34:56", true),
            ("time", "noon", false),
            ("timetz", "12:34:56", false),
            ("timetz", "12:34:56+02:00", true),
        ] {
            assert_eq!(is_moment(kind, text.as_bytes()), expected, "{kind} {text}");
        }
    }
}
