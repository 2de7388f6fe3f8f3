//! A long form as lines of a window: rows of controls that flow to the width there is, titled
//! sections, entries of lists. `update` asks it where the focus is, `view` what stands where.

use super::form::{Control, Form};

/// Columns that the labels at the left take.
const LABEL_COLUMNS: u16 = 10;

/// One control in a row, with words before and behind it.
#[derive(Clone, Debug)]
pub struct Cell<Id> {
    pub before: String,
    pub id: Id,
    /// Columns of a text field's inside.
    pub width: u16,
    pub after: String,
    /// What an empty field means.
    pub empty: String,
}

impl<Id> Cell<Id> {
    #[must_use]
    pub fn field(before: &str, id: Id, width: u16, empty: &str, after: &str) -> Cell<Id> {
        Cell {
            before: before.to_owned(),
            id,
            width,
            after: after.to_owned(),
            empty: empty.to_owned(),
        }
    }

    #[must_use]
    pub fn plain(id: Id) -> Cell<Id> {
        Cell::field("", id, 0, "", "")
    }

    /// A box with its words.
    #[must_use]
    pub fn tick(id: Id, after: &str) -> Cell<Id> {
        Cell::field("", id, 0, "", after)
    }
}

#[derive(Clone, Debug)]
pub enum Row<Id> {
    Title {
        text: String,
        note: String,
    },
    Line {
        label: String,
        cells: Vec<Cell<Id>>,
    },
    /// A line of a list: a control (drawn when it is a box), then columns of text with widths; the
    /// last one takes the rest.
    Entry {
        id: Id,
        columns: Vec<(String, u16)>,
    },
    /// A line that opens something: its label and what it is now.
    Act {
        id: Id,
        label: String,
        text: String,
    },
    /// A field over the whole width.
    Field {
        label: String,
        id: Id,
        empty: String,
    },
    Text(String),
    Blank,
}

/// What stands at a place of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece<Id> {
    Title {
        text: String,
        note: String,
    },
    Text {
        text: String,
        width: u16,
    },
    Field {
        id: Id,
        width: u16,
        empty: String,
    },
    Tick {
        id: Id,
        text: String,
    },
    /// `(*) copy`: option `at` of a choice.
    Radio {
        id: Id,
        at: usize,
        text: String,
    },
    Button {
        id: Id,
    },
    /// The mark of a list's line; the whole line shows the focus.
    Entry {
        id: Id,
    },
}

impl<Id: Copy> Piece<Id> {
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        match self {
            Piece::Field { id, .. }
            | Piece::Tick { id, .. }
            | Piece::Radio { id, .. }
            | Piece::Button { id }
            | Piece::Entry { id } => Some(*id),
            Piece::Title { .. } | Piece::Text { .. } => None,
        }
    }
}

/// A piece in its place, in lines and columns of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed<Id> {
    pub line: usize,
    pub x: u16,
    pub piece: Piece<Id>,
}

/// A sheet laid out for one width.
#[derive(Clone, Debug)]
pub struct Sheet<Id> {
    pub placed: Vec<Placed<Id>>,
    pub lines: usize,
}

fn columns(text: &str) -> u16 {
    u16::try_from(crate::console::shown::Shown::from(text).width()).unwrap_or(u16::MAX)
}

struct Flow<'f, Id> {
    form: &'f Form<Id>,
    width: u16,
    out: Vec<Placed<Id>>,
    line: usize,
    x: u16,
    indent: u16,
}

impl<Id: Copy + PartialEq> Sheet<Id> {
    #[must_use]
    pub fn lay(rows: &[Row<Id>], form: &Form<Id>, width: u16) -> Sheet<Id> {
        let mut flow = Flow { form, width, out: Vec::new(), line: 0, x: 0, indent: LABEL_COLUMNS };
        for row in rows {
            flow.row(row);
        }
        Sheet { placed: flow.out, lines: flow.line }
    }

    /// The line of the control with the focus.
    #[must_use]
    pub fn line_of(&self, id: Id) -> Option<usize> {
        self.placed.iter().find(|placed| placed.piece.id() == Some(id)).map(|placed| placed.line)
    }

    /// The first control below a title after, or before, this line: for a jump by sections.
    #[must_use]
    pub fn section(&self, line: usize, forward: bool) -> Option<Id> {
        let is_title = |p: &&Placed<Id>| matches!(p.piece, Piece::Title { .. });
        let titles = self.placed.iter().filter(is_title).map(|p| p.line);
        let start = match forward {
            true => titles.into_iter().find(|at| *at > line),
            false => {
                let mut above: Vec<usize> = titles.filter(|at| *at < line).collect();
                above.pop();
                Some(above.pop().unwrap_or(0))
            }
        }?;
        let behind = self.placed.iter().filter(|p| p.line >= start);
        behind.filter_map(|p| p.piece.id()).next()
    }
}

impl<Id: Copy + PartialEq> Flow<'_, Id> {
    fn row(&mut self, row: &Row<Id>) {
        self.x = 1;
        match row {
            Row::Title { text, note } => {
                let (text, note) = (text.clone(), note.clone());
                self.x = 0;
                self.push(Piece::Title { text, note }, 0);
            }
            Row::Text(text) => {
                let width = self.width.saturating_sub(1);
                self.push(Piece::Text { text: text.clone(), width }, width);
            }
            Row::Entry { id, columns } => self.entry(*id, columns),
            Row::Act { id, label, text } => {
                self.push(Piece::Entry { id: *id }, 0);
                self.words(label);
                self.indent_to(self.indent);
                let width = self.width.saturating_sub(self.x);
                self.push(Piece::Text { text: text.clone(), width }, width);
            }
            Row::Field { label, id, empty } => {
                self.words(label);
                self.indent_to(self.indent);
                let width = self.width.saturating_sub(self.x + 5).clamp(4, 200);
                self.push(Piece::Field { id: *id, width, empty: empty.clone() }, width + 4);
            }
            Row::Line { label, cells } => {
                self.words(label);
                self.indent_to(self.indent);
                for cell in cells {
                    if self.form.is_shown(cell.id) {
                        self.cell(cell);
                    }
                }
            }
            Row::Blank => {}
        }
        self.line += 1;
    }

    fn entry(&mut self, id: Id, texts: &[(String, u16)]) {
        let ticks = matches!(self.form.get(id).map(|i| &i.control), Some(Control::Tick(_)));
        self.push(Piece::Entry { id }, 2);
        if ticks {
            self.push(Piece::Tick { id, text: String::new() }, 4);
        }
        for (at, (text, width)) in texts.iter().enumerate() {
            let last = at + 1 == texts.len();
            let rest = self.width.saturating_sub(self.x);
            // In a narrow window no column takes more than half of what is left.
            let half = if self.width < 60 { rest / 2 } else { rest };
            let width = match last {
                true => rest,
                false if text.is_empty() => 0,
                false if *width > half => half,
                false => *width,
            };
            // One column between neighbours.
            let inner = if last { width } else { width.saturating_sub(1) };
            self.push(Piece::Text { text: text.clone(), width: inner }, width);
        }
    }

    fn push(&mut self, piece: Piece<Id>, width: u16) {
        self.out.push(Placed { line: self.line, x: self.x, piece });
        self.x += width;
    }

    fn words(&mut self, text: &str) {
        if !text.is_empty() {
            let width = columns(text);
            self.need(width);
            self.push(Piece::Text { text: text.to_owned(), width }, width + 1);
        }
    }

    fn indent_to(&mut self, x: u16) {
        if self.x < x + 1 {
            self.x = x + 1;
        }
    }

    /// Goes to the next line when so many columns do not fit any more.
    fn need(&mut self, width: u16) {
        if self.x + width > self.width && self.x > self.indent + 1 {
            self.line += 1;
            self.x = self.indent + 1;
        }
    }

    fn cell(&mut self, cell: &Cell<Id>) {
        let Some(item) = self.form.get(cell.id) else { return };
        let id = cell.id;
        match &item.control {
            Control::Text(_) | Control::Secret(_) => {
                let (before, after) = (columns(&cell.before), columns(&cell.after));
                let gaps = u16::from(before > 0) + u16::from(after > 0);
                self.need(before + after + gaps + cell.width + 4);
                self.words(&cell.before);
                let (width, empty) = (cell.width, cell.empty.clone());
                self.push(Piece::Field { id, width, empty }, width + 5);
                self.words(&cell.after);
            }
            Control::Tick(_) => {
                let width = columns(&cell.after) + 4;
                self.need(width);
                self.push(Piece::Tick { id, text: cell.after.clone() }, width + 1);
            }
            Control::Choice { options, .. } => {
                for (at, option) in options.iter().enumerate() {
                    let width = columns(option) + 4;
                    self.need(width);
                    self.push(Piece::Radio { id, at, text: option.clone() }, width + 2);
                }
                self.words(&cell.after);
            }
            Control::Button => {
                let width = columns(&cell.before) + 4;
                self.need(width);
                self.push(Piece::Button { id }, 0);
                self.words(&format!("[ {} ]", cell.before));
            }
        }
        self.x += 1;
    }
}

impl<Id> Sheet<Id> {
    /// The first line in view, so that this line is.
    #[must_use]
    pub fn scrolled(&self, top: usize, line: usize, height: usize) -> usize {
        let height = height.clamp(1, 10_000);
        let top = if line < top { line } else { top };
        let top = if line >= top + height { line + 1 - height } else { top };
        // The title above the first control comes along.
        let top = if line == 1 { 0 } else { top };
        top.clamp(0, self.lines.saturating_sub(height))
    }
}
