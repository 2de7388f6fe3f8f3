//! Reads Rust text as far as the rules of the house need it: words and marks with their lines,
//! functions with their length, the modules a path leads to. No comment and no string literal ever
//! counts as code. It is not a parser: text that rustc refuses may be misread here.

use std::fs;
use std::path::{Path, PathBuf};

/// A word or a single mark of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub text: String,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// A path that starts at `crate` or `super`, from the crate's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub line: usize,
    pub path: Vec<String>,
}

/// One file of the project.
#[derive(Debug)]
pub struct Source {
    /// From the project's root, with forward slashes.
    pub path: String,
    pub text: String,
    pub tokens: Vec<Token>,
    /// Per token: is it in a file of tests or in a module behind `#[cfg(test)]`?
    pub in_tests: Vec<bool>,
}

/// What stands in front of a module that only tests have.
const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let tokens = tokens_of(text);
        let in_tests = match path.starts_with("tests/") {
            true => vec![true; tokens.len()],
            false => test_modules(&tokens),
        };
        Source { path: path.to_owned(), text: text.to_owned(), tokens, in_tests }
    }

    /// Modules in files of their own that only tests have: `#[cfg(test)] mod name;`.
    fn test_files(&self) -> Vec<Vec<String>> {
        let declared = |at: &usize| {
            self.tokens[*at..].iter().zip(CFG_TEST).all(|(token, word)| token.text == word)
                && self.word(at + 7) == "mod"
                && self.word(at + 9) == ";"
        };
        let path = |at: usize| {
            let mut path = self.module();
            path.push(self.word(at + 8).to_owned());
            path
        };
        (0..self.tokens.len()).filter(declared).map(path).collect()
    }

    /// The module this file is, from the crate's root; `main.rs` is `main`.
    pub fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
            parts.pop();
        }
        parts
    }

    /// Lines where `words` stand one after the other.
    pub fn find(&self, words: &[&str]) -> Vec<usize> {
        self.find_where(words, |_| true)
    }

    /// The same, of the places whose first token is `wanted`.
    pub fn find_where(&self, words: &[&str], wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let here = |at: usize| words.iter().zip(&self.tokens[at..]).all(|(w, t)| *w == t.text);
        (0..(self.tokens.len() + 1).saturating_sub(words.len()))
            .filter(|at| here(*at) && wanted(*at))
            .map(|at| self.tokens[at].line)
            .collect()
    }

    /// The functions with a body, nested ones too.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            if self.word(at) != "fn" || !is_word(self.word(at + 1)) {
                continue;
            }
            let Some(open) = self.body_of(at) else { continue };
            let close = closing(&self.tokens, open);
            let line = self.tokens[at].line;
            let name = self.word(at + 1).to_owned();
            found.push(Function { name, line, lines: self.tokens[close].line - line + 1 });
        }
        found
    }

    /// All paths into this crate, imports and others, with groups spread out.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut inline: Vec<usize> = Vec::new();
        for at in 0..self.tokens.len() {
            inline.retain(|end| at < *end);
            if self.word(at) == "mod" && self.word(at + 2) == "{" {
                inline.push(closing(&self.tokens, at + 2));
            }
            let start = match self.word(at) {
                "crate" => Vec::new(),
                "super" => {
                    let mut here = self.module();
                    // Names of inline modules do not matter: `super` only leaves them.
                    here.extend(inline.iter().map(|_| String::new()));
                    here.pop();
                    here
                }
                _ => continue,
            };
            let before = if at == 0 { "" } else { self.word(at - 1) };
            let continues = before == ":" || before == "$" || before == "in";
            if !continues && self.word(at + 1) == ":" {
                self.spread(at + 1, start, &mut found);
            }
        }
        found
    }

    /// Follows `::a::b::{c, d::e}` from the first colon; returns the token behind it.
    fn spread(&self, mut at: usize, mut path: Vec<String>, found: &mut Vec<Reference>) -> usize {
        let line = self.tokens[at - 1].line;
        while self.word(at) == ":" && self.word(at + 1) == ":" {
            let next = self.word(at + 2);
            if next == "{" {
                return self.spread_group(at + 3, &path, found);
            }
            match next {
                "super" => drop(path.pop()),
                word if is_word(word) => path.push(word.to_owned()),
                _ => break,
            }
            at += 3;
        }
        path.retain(|part| !part.is_empty());
        found.push(Reference { line, path });
        at
    }

    fn spread_group(&self, mut at: usize, path: &[String], found: &mut Vec<Reference>) -> usize {
        while at < self.tokens.len() && self.word(at) != "}" {
            if is_word(self.word(at)) && self.word(at) != "as" {
                let mut inner = path.to_vec();
                match self.word(at) {
                    "self" => {}
                    word => inner.push(word.to_owned()),
                }
                at = self.spread(at + 1, inner, found);
                if self.word(at) == "as" {
                    at += 2;
                }
            } else {
                at += 1;
            }
        }
        at + 1
    }

    /// The opening brace of the function whose `fn` is at `at`, if it has a body.
    fn body_of(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        for next in at..self.tokens.len() {
            match self.word(next) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                ";" if depth == 0 => return None,
                "{" if depth == 0 => return Some(next),
                _ => {}
            }
        }
        None
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }
}

/// Every `.rs` file under the folders, sorted.
pub fn read_all(root: &Path, folders: &[&str]) -> Vec<Source> {
    let mut files = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).expect("a source file can be read as UTF-8");
        let inner = file.strip_prefix(root).expect("collected below the root");
        Source::new(&inner.to_string_lossy().replace('\\', "/"), &text)
    };
    let mut sources: Vec<Source> = files.iter().map(read).collect();
    let tests: Vec<Vec<String>> = sources.iter().flat_map(Source::test_files).collect();
    for source in &mut sources {
        let module = source.module();
        if tests.iter().any(|test| module.starts_with(test)) {
            source.in_tests.fill(true);
        }
    }
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder of the project can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// The token that closes the bracket at `open`; the last token when nothing does.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// Marks what is inside `#[cfg(test)] mod name { ... }`.
fn test_modules(tokens: &[Token]) -> Vec<bool> {
    let mut marks = vec![false; tokens.len()];
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    for at in 0..tokens.len() {
        let behind = (0..CFG_TEST.len()).all(|i| word(at + i) == CFG_TEST[i]);
        if behind && word(at + 7) == "mod" && word(at + 9) == "{" {
            let end = closing(tokens, at + 9);
            marks[at..=end].fill(true);
        }
    }
    marks
}

fn tokens_of(text: &str) -> Vec<Token> {
    let code = without_comments_and_literals(text);
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut word = String::new();
        for c in line.chars().chain(std::iter::once(' ')) {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                tokens.push(Token { line: number + 1, text: std::mem::take(&mut word) });
            }
            if !c.is_whitespace() {
                tokens.push(Token { line: number + 1, text: c.to_string() });
            }
        }
    }
    tokens
}

/// The text with every comment and the inside of every literal blanked; lines stay where they are.
fn without_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip_from(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` itself when none starts there.
fn skip_from(chars: &[char], at: usize) -> usize {
    let next = |offset: usize| chars.get(at + offset).copied().unwrap_or(' ');
    let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next(1) == '/' => {
            chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n)
        }
        '/' if next(1) == '*' => end_of_block_comment(chars, at),
        '"' => end_of_quoted(chars, at + 1, '"'),
        'r' if !after_word || chars[at - 1] == 'b' || chars[at - 1] == 'c' => {
            end_of_raw(chars, at + 1).unwrap_or(at)
        }
        '\'' if next(1) == '\\' || next(2) == '\'' => end_of_quoted(chars, at + 1, '\''),
        _ => at,
    }
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn end_of_quoted(chars: &[char], mut at: usize, quote: char) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `at` is behind the `r`: any number of `#`, a quote, and all until the same in reverse.
fn end_of_raw(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut from = at + hashes + 1;
    while from < chars.len() {
        let behind = &chars[from + 1..];
        if chars[from] == '"' && behind.iter().take_while(|c| **c == '#').count() >= hashes {
            return Some(from + 1 + hashes);
        }
        from += 1;
    }
    Some(chars.len())
}
