//! A text being edited: a WHERE clause, an expression, a statement, rules. The editor holds a copy;
//! what it was opened for changes only when the text is saved.

use tui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

use crate::console::commands::Place;
use crate::console::field::Field;
use crate::console::keymap::Key;
use crate::console::model::List;
use crate::protocol::survey::{CheckView, SurveyColumn};

/// Longest text in bytes: a statement that creates a table of thousands of columns fits.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// The text is checked when nothing was typed for so long.
pub const CHECK_REST_MS: u64 = 1_000;
/// How far Ctrl-7 goes back.
const UNDO_MAX: usize = 1_000;

/// What a text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Condition of a source table.
    Filter { table: String },
    /// Value of one column, in the source's words.
    Expression { table: String, column: String },
    /// The statement that makes the table on the target.
    Ddl { table: String },
    /// `[[map]]` and `[switches]`.
    Rules,
    /// Statements that make the target conform; saving asks whether to run them.
    Conform,
}

impl Subject {
    /// The word in the title.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Subject::Filter { .. } => "WHERE",
            Subject::Expression { .. } => "Expression",
            Subject::Ddl { .. } => "DDL",
            Subject::Rules => "Type rules",
            Subject::Conform => "Statements",
        }
    }

    /// `row filter of crm.orders`.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self {
            Subject::Filter { table } => format!("row filter of {table}"),
            Subject::Expression { table, column } => format!("expression for {column} of {table}"),
            Subject::Ddl { table } => format!("DDL of {table}"),
            Subject::Rules => "rules for types".to_owned(),
            Subject::Conform => "statements for the target".to_owned(),
        }
    }

    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match self {
            Subject::Filter { table }
            | Subject::Expression { table, .. }
            | Subject::Ddl { table } => Some(table),
            Subject::Rules | Subject::Conform => None,
        }
    }

    /// Is it SQL of the source? Then names of columns can be put in.
    #[must_use]
    pub fn is_source_sql(&self) -> bool {
        matches!(self, Subject::Filter { .. } | Subject::Expression { .. })
    }
}

/// Where keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    #[default]
    Text,
    Columns,
    Button(usize),
}

/// The buttons under the text.
pub const BUTTONS: [&str; 4] = ["Save", "Check", "$EDITOR", "Cancel"];

/// What the database makes of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing typed yet, or the text is empty.
    #[default]
    None,
    /// Will be asked when typing stops.
    Due {
        at_ms: u64,
    },
    Asked,
    Done(CheckView),
    Failed {
        what: String,
        hint: Option<String>,
    },
}

#[derive(Clone, Debug)]
pub struct Editor {
    pub subject: Subject,
    before: String,
    area: TextArea<'static>,
    pub focus: Focus,
    pub check: Check,
    /// Columns of the table; absent: not read yet.
    pub columns: Option<Vec<SurveyColumn>>,
    /// Typed in the list of columns.
    pub find: Field,
    pub list: List,
    /// First line and first character in view.
    pub top: usize,
    pub left: usize,
    /// The statement to begin with is on its way.
    pub loading: bool,
    /// Where it was opened, and closes to.
    pub back: Place,
}

impl Default for Editor {
    fn default() -> Editor {
        Editor::new(Subject::Rules, "", Place::Options)
    }
}

impl Editor {
    #[must_use]
    pub fn new(subject: Subject, text: &str, back: Place) -> Editor {
        let mut editor = Editor {
            subject,
            before: String::new(),
            area: TextArea::default(),
            focus: Focus::Text,
            check: Check::None,
            columns: None,
            find: Field::default(),
            list: List::default(),
            top: 0,
            left: 0,
            loading: false,
            back,
        };
        editor.begin(text);
        editor
    }

    /// Puts a text in as the one that was there.
    pub fn begin(&mut self, text: &str) {
        self.before = cleaned(text);
        self.area = area_of(&self.before);
        self.check = Check::None;
    }

    /// Are letters letters now? Always: no key of the editor is a letter.
    #[must_use]
    pub fn in_text(&self) -> bool {
        true
    }

    /// When the text is checked.
    #[must_use]
    pub fn due_ms(&self) -> Option<u64> {
        match self.check {
            Check::Due { at_ms } => Some(at_ms),
            _ => None,
        }
    }

    /// The text changed: it is checked when typing stops.
    pub fn typed(&mut self, now_ms: u64) {
        self.check = match self.text().trim().is_empty() {
            true => Check::None,
            false => Check::Due { at_ms: now_ms + CHECK_REST_MS },
        };
    }

    /// Puts a text in as an edit: from an editor outside.
    pub fn replace(&mut self, text: &str) {
        self.area = area_of(&cleaned(text));
    }

    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// What is kept: without blank ends.
    #[must_use]
    pub fn saved_text(&self) -> String {
        self.text().trim_end().trim_start_matches('\n').to_owned()
    }

    #[must_use]
    pub fn changed(&self) -> bool {
        self.saved_text() != self.before.trim_end().trim_start_matches('\n')
    }

    /// Line and character, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// The characters left of the cursor in its line, from the first in view.
    #[must_use]
    pub fn before_cursor(&self) -> String {
        let (row, column) = self.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        line.chars().take(column).skip(self.left).collect()
    }

    fn bytes(&self) -> usize {
        self.area.lines().iter().map(|line| line.len() + 1).sum()
    }

    /// Takes a key of UX 7.3 while the text has the cursor; says whether it was one.
    pub fn key(&mut self, key: Key, height: usize) -> bool {
        let full = self.bytes() >= TEXT_BYTES_MAX;
        let area = &mut self.area;
        match key {
            Key::Char(c) if !full && !c.is_control() => put(area, AreaKey::Char(c)),
            Key::Enter if !full => put(area, AreaKey::Enter),
            Key::Char(_) | Key::Enter => {}
            Key::Backspace => put(area, AreaKey::Backspace),
            Key::Delete => put(area, AreaKey::Delete),
            Key::Left => area.move_cursor(CursorMove::Back),
            Key::Right => area.move_cursor(CursorMove::Forward),
            Key::Up => area.move_cursor(CursorMove::Up),
            Key::Down => area.move_cursor(CursorMove::Down),
            Key::PageUp => (0..height).for_each(|_| area.move_cursor(CursorMove::Up)),
            Key::PageDown => (0..height).for_each(|_| area.move_cursor(CursorMove::Down)),
            Key::Home | Key::Ctrl('a') => area.move_cursor(CursorMove::Head),
            Key::End | Key::Ctrl('e') => area.move_cursor(CursorMove::End),
            Key::Ctrl('w') => _ = area.delete_word(),
            Key::Ctrl('u') => _ = area.delete_line_by_head(),
            Key::Ctrl('k') => _ = area.delete_line_by_end(),
            Key::Ctrl('y') => _ = area.paste(),
            // Ctrl-_ arrives as Ctrl-7.
            Key::Ctrl('7' | '_') => _ = area.undo(),
            Key::Ctrl('r') => _ = area.redo(),
            _ => return false,
        }
        true
    }

    /// Inserts a paste as text; says how many characters found no room.
    pub fn paste(&mut self, text: &str) -> usize {
        let text = cleaned(text);
        // Three lines are three lines, whether or not the last one is ended.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let mut end = TEXT_BYTES_MAX.saturating_sub(self.bytes()).clamp(0, text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.area.insert_str(&text[..end]);
        text[end..].chars().count()
    }

    /// Puts a name in at the cursor, with spaces where it would run into a word.
    pub fn insert_name(&mut self, name: &str) {
        let (row, column) = self.cursor();
        let line = self.area.lines().get(row).map_or("", String::as_str);
        let before = column.checked_sub(1).and_then(|at| line.chars().nth(at));
        let space = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '`'));
        let gap = if space { " " } else { "" };
        self.area.insert_str(format!("{gap}{name}"));
    }

    /// Keeps the cursor in view.
    pub fn fit(&mut self, width: usize, height: usize) {
        let (row, column) = self.cursor();
        let (width, height) = (width.clamp(4, 10_000), height.clamp(1, 10_000));
        if row < self.top {
            self.top = row;
        } else if row >= self.top + height {
            self.top = row + 1 - height;
        }
        if column < self.left {
            self.left = column.saturating_sub(width / 2);
        }
        let line = self.area.lines().get(row).map_or("", String::as_str);
        // The filter may write one character as many columns.
        let columns = |from: usize| {
            let text: String = line.chars().take(column).skip(from).collect();
            crate::console::shown::Shown::from(text).width()
        };
        while columns(self.left) + 1 >= width && self.left < column {
            self.left += 1 + (columns(self.left) + 1 - width) / 8;
        }
    }

    /// Columns that the words typed in the list let through.
    #[must_use]
    pub fn found(&self) -> Vec<&SurveyColumn> {
        let wanted = self.find.text().trim().to_lowercase();
        let columns = self.columns.iter().flatten();
        columns.filter(|column| column.name.to_lowercase().contains(&wanted)).collect()
    }

    /// The next thing that takes keys.
    pub fn tab(&mut self, forward: bool) {
        let has_columns = self.subject.is_source_sql();
        let mut order = vec![Focus::Text];
        if has_columns {
            order.push(Focus::Columns);
        }
        order.extend((0..BUTTONS.len()).map(Focus::Button));
        let at = order.iter().position(|focus| *focus == self.focus).unwrap_or(0);
        let step = if forward { 1 } else { order.len() - 1 };
        self.focus = order[(at + step) % order.len()];
    }
}

fn put(area: &mut TextArea<'static>, key: AreaKey) {
    area.input_without_shortcuts(Input { key, ctrl: false, alt: false, shift: false });
}

fn area_of(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(ToOwned::to_owned).collect());
    area.set_max_histories(UNDO_MAX);
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

/// Line breaks as LF (tmux sends CR inside a paste), tabs kept, other control characters removed.
fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

/// A column's name as the source's SQL has it; `mark`: the dialect's quotation mark. Plain names
/// stay as they are.
#[must_use]
pub fn quoted(name: &str, mark: char) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if starts && name.chars().all(plain) && !is_word_of_sql(name) {
        return name.to_owned();
    }
    let doubled: String =
        name.chars().flat_map(|c| std::iter::repeat_n(c, if c == mark { 2 } else { 1 })).collect();
    format!("{mark}{doubled}{mark}")
}

/// Words that cannot stand alone as a name on at least one of the servers; quoting too much does no
/// harm.
fn is_word_of_sql(name: &str) -> bool {
    const WORDS: &str = "all analyse analyze and any array as asc between both by case cast check collate \
        column condition constraint create cross current_date current_time current_timestamp \
        current_user database default delete desc describe distinct div do drop dual each \
        else end except exists false fetch float for force foreign from full function grant \
        group groups having if ilike in index inner insert int integer intersect interval \
        into is join key keys kill lag lead leading left like limit lines load lock long \
        match mod natural not null of offset on only option or order out outer over \
        partition primary range rank read references release rename repeat replace require \
        return revoke right row row_number rows schema select session_user set show similar \
        some sql starting system table then to trailing trigger true undo union unique \
        unlock update usage use user using values varying when where while window with write \
        xor";
    WORDS.split_whitespace().any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(text: &str) -> Editor {
        Editor::new(Subject::Filter { table: "crm.orders".to_owned() }, text, Place::Options)
    }

    fn typed(editor: &mut Editor, text: &str) {
        for c in text.chars() {
            assert!(editor.key(if c == '\n' { Key::Enter } else { Key::Char(c) }, 10));
        }
    }

    #[test]
    fn our_keys_edit_many_lines_and_undo_goes_all_the_way_back() {
        let mut editor = editor("a = 1");
        typed(&mut editor, "\nand b = 'q?:'");
        assert_eq!(editor.text(), "a = 1\nand b = 'q?:'");
        assert_eq!(editor.cursor(), (1, 13));
        editor.key(Key::Ctrl('u'), 10);
        assert_eq!(editor.text(), "a = 1\n");
        editor.key(Key::Ctrl('y'), 10);
        assert_eq!(editor.text(), "a = 1\nand b = 'q?:'");
        editor.key(Key::Up, 10);
        editor.key(Key::Home, 10);
        editor.key(Key::Ctrl('k'), 10);
        assert_eq!(editor.text(), "\nand b = 'q?:'");
        for _ in 0..40 {
            editor.key(Key::Ctrl('7'), 10);
        }
        assert_eq!(editor.text(), "a = 1");
        assert!(!editor.changed());
        for _ in 0..40 {
            editor.key(Key::Ctrl('r'), 10);
        }
        assert_eq!(editor.text(), "\nand b = 'q?:'");
        for other in [Key::Ctrl('x'), Key::Esc, Key::Tab, Key::Ctrl('b'), Key::F(1)] {
            assert!(!editor.key(other, 10), "{other}");
        }
    }

    #[test]
    fn a_paste_is_text_with_lf_and_without_controls() {
        let mut editor = editor("");
        assert_eq!(editor.paste(":kill sim\rR\r\nq99\u{1b}[A9\u{7}\n"), 0);
        assert_eq!(editor.lines(), [":kill sim", "R", "q99[A9"]);
        assert!(editor.changed());
        let left = editor.paste(&"ä".repeat(TEXT_BYTES_MAX));
        assert!(left > 0 && editor.text().len() <= TEXT_BYTES_MAX);
        typed(&mut editor, "x");
        assert!(editor.text().len() <= TEXT_BYTES_MAX, "a full text takes no letter");
    }

    #[test]
    fn blank_ends_are_no_change() {
        let mut editor = editor("a = 1");
        typed(&mut editor, "\n\n  ");
        assert!(!editor.changed());
        assert_eq!(editor.saved_text(), "a = 1");
    }

    #[test]
    fn the_cursor_stays_in_view_in_long_lines_of_wide_letters() {
        let mut editor = editor("");
        editor.paste(&"漢字\u{202e}x".repeat(200));
        for _ in 0..50 {
            editor.fit(40, 5);
            let width = crate::console::shown::Shown::from(editor.before_cursor()).width();
            assert!(width < 40, "{width}");
            editor.key(Key::Left, 5);
        }
        editor.key(Key::Home, 5);
        editor.fit(40, 5);
        assert_eq!(editor.left, 0);
        (0..100).for_each(|_| _ = editor.key(Key::Enter, 5));
        editor.fit(40, 5);
        assert_eq!((editor.top, editor.cursor().0), (96, 100));
        editor.key(Key::PageUp, 5);
        assert_eq!(editor.cursor().0, 95);
    }

    #[test]
    fn names_are_quoted_when_they_must_be() {
        for (name, mark, text) in [
            ("region", '"', "region"),
            ("Region", '"', "\"Region\""),
            ("order", '`', "`order`"),
            ("a`b", '`', "`a``b`"),
            ("2nd", '"', "\"2nd\""),
            ("", '"', "\"\""),
        ] {
            assert_eq!(quoted(name, mark), text);
        }
        let mut editor = editor("a =");
        editor.insert_name("b");
        assert_eq!(editor.text(), "a =b");
        editor.insert_name("c");
        assert_eq!(editor.text(), "a =b c");
    }

    #[test]
    fn tab_goes_round() {
        let mut where_text = editor("");
        for expected in
            [Focus::Columns, Focus::Button(0), Focus::Button(1), Focus::Button(2), Focus::Button(3)]
        {
            where_text.tab(true);
            assert_eq!(where_text.focus, expected);
        }
        where_text.tab(true);
        assert_eq!(where_text.focus, Focus::Text);
        where_text.tab(false);
        assert_eq!(where_text.focus, Focus::Button(3));
        let mut ddl = Editor::new(Subject::Ddl { table: "t".to_owned() }, "", Place::Pick);
        ddl.tab(true);
        assert_eq!(ddl.focus, Focus::Button(0));
    }
}
