//! A declared type taken apart: its words, its numbers, its labels.

/// `decimal(10,2) unsigned` is the words `decimal`, `unsigned` and the numbers 10 and 2;
/// `enum('a','b')` is the word `enum` and two labels. Lower case but for the labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    pub words: Vec<String>,
    /// In the first parentheses.
    pub numbers: Vec<i64>,
    pub labels: Vec<String>,
    /// Pairs of `[]` at the end.
    pub dimensions: usize,
}

impl Spelling {
    /// Never fails: what is no word, number or label is a word of its own.
    pub fn read(declared: &str) -> Spelling {
        let mut spelling = Spelling::default();
        let mut rest = declared.trim();
        let mut inside = false;
        while let Some(first) = rest.chars().next() {
            match first {
                '\'' => {
                    let (label, after) = label(rest);
                    spelling.labels.push(label);
                    rest = after;
                    continue;
                }
                '(' => inside = true,
                ')' => inside = false,
                ',' => {}
                '[' => spelling.dimensions += 1,
                ']' => {}
                c if c.is_whitespace() => {}
                '"' => {
                    let end = rest[1..].find('"').map_or(rest.len(), |at| at + 2);
                    spelling.words.push(rest[..end].to_owned());
                    rest = &rest[end..];
                    continue;
                }
                _ => {
                    let ends = |c: char| c.is_whitespace() || "(),'[]".contains(c);
                    let end = rest.find(ends).unwrap_or(rest.len());
                    spelling.take(&rest[..end], inside);
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[first.len_utf8()..];
        }
        spelling
    }

    fn take(&mut self, word: &str, inside: bool) {
        match word.parse() {
            Ok(number) if inside => self.numbers.push(number),
            _ => self.words.push(word.to_ascii_lowercase()),
        }
    }

    /// The first word.
    pub fn base(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// All words with single blanks: `timestamp with time zone`.
    pub fn name(&self) -> String {
        self.words.join(" ")
    }
}

/// The label at the beginning of `text`, which is a quote, and what follows it. Both servers escape
/// with backslashes here, and double quotes.
fn label(text: &str) -> (String, &str) {
    let mut label = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                label.push('\'');
            }
            '\'' => return (label, &text[at + 1..]),
            '\\' => match chars.next() {
                Some((_, '0')) => label.push('\0'),
                Some((_, 'n')) => label.push('\n'),
                Some((_, 'r')) => label.push('\r'),
                Some((_, 't')) => label.push('\t'),
                Some((_, 'Z')) => label.push('\u{1a}'),
                Some((_, other)) => label.push(other),
                None => label.push('\\'),
            },
            c => label.push(c),
        }
    }
    (label, "")
}
