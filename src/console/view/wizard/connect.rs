//! Page 1 as a picture: one column, in wide windows source and target beside each other.

use std::ops::Range;

use ratatui::layout::Rect;

use super::form::{control, radio};
use super::{body, bottom, header};
use crate::console::layout::WIDE;
use crate::console::model::Model;
use crate::console::model::wizard::{
    Connect, End, Engine, FROM_ASK, Part, TASK_SCRIPT, TASKS, Tested, Wizard,
};
use crate::console::view::pen::Pen;

/// Lines of the test below the fields of a wide window.
const TEST_LINES: u16 = 10;

/// One thing in a row.
enum Piece {
    /// In the column of labels.
    Label(&'static str),
    Text(String),
    Control(Part, u16),
    Radio(Part, Range<usize>),
}

type Row = Vec<Piece>;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    header(model, wizard, pen, None);
    let page = &wizard.connect;
    let (w, h) = (pen.columns(), pen.rows());
    pen.rule(Rect::new(0, 1, w, 1), "1 of 4  Connections", "saved as you type", true);
    let area = body(pen);
    if w >= WIDE && h >= 24 {
        beside(page, pen, area);
    } else {
        let mut rows = tasks(page, w);
        for end in End::BOTH {
            if h >= 24 {
                rows.push(Row::new());
            }
            rows.extend(end_rows(page, end, w));
        }
        if h >= 24 {
            rows.push(Row::new());
        }
        rows.extend(results(page, 1).into_iter().map(|line| vec![Piece::Text(line)]));
        scrolled(page, pen, area, &rows);
    }
    let buttons = [(Part::Cancel, "Cancel"), (Part::Test, "Test"), (Part::Next, "Next >")];
    bottom(model, pen, &page.form, &buttons, &standing(page));
}

/// Source left, target right, the test below them.
fn beside(page: &Connect, pen: &mut Pen<'_>, area: Rect) {
    let half = area.width / 2;
    let top = tasks(page, area.width);
    let top_rows = rows_of(&top);
    scrolled(page, pen, Rect { height: top_rows, ..area }, &top);
    let y = area.y + top_rows + 1;
    let sides = End::BOTH.map(|end| end_rows(page, end, half - 1));
    let height = sides.iter().map(|side| rows_of(side)).fold(0, |a, b| if a > b { a } else { b });
    scrolled(page, pen, Rect::new(0, y, half - 1, height), &sides[0]);
    scrolled(page, pen, Rect::new(half + 1, y, half - 1, height), &sides[1]);
    pen.bar(half - 1, y, y + height);
    let below = y + height + 1;
    pen.rule(Rect::new(0, below, area.width, 1), "Connection test", "t test both", false);
    let room = area.bottom().saturating_sub(below + 1).clamp(0, TEST_LINES);
    let lines = results(page, usize::from(room));
    let skip = lines.len().saturating_sub(usize::from(room));
    for (i, line) in (0u16..).zip(lines.iter().skip(skip)) {
        pen.put((1, below + 1 + i), area.width - 1, line, pen.look.plain());
    }
}

fn rows_of(rows: &[Row]) -> u16 {
    u16::try_from(rows.len()).unwrap_or(u16::MAX)
}

/// The rows that fit, with the one that has the focus among them.
fn scrolled(page: &Connect, pen: &mut Pen<'_>, area: Rect, rows: &[Row]) {
    let height = usize::from(area.height);
    let focus = page.form.focused();
    let has_focus = |row: &Row| {
        row.iter().any(|piece| match piece {
            Piece::Control(part, _) | Piece::Radio(part, _) => Some(*part) == focus,
            Piece::Label(_) | Piece::Text(_) => false,
        })
    };
    // A button has the focus: the end of the form is before it.
    let buttons = matches!(focus, Some(Part::Cancel | Part::Test | Part::Next));
    let at = rows.iter().rposition(has_focus).unwrap_or(if buttons { rows.len() } else { 0 });
    let top = at.saturating_sub(height / 2).clamp(0, rows.len().saturating_sub(height));
    let labels = if area.width < 56 { 10 } else { 14 };
    for (i, row) in (0u16..).zip(rows[top..].iter().take(height)) {
        draw_row(page, pen, row, Rect::new(area.x, area.y + i, area.width, 1), labels);
    }
}

fn draw_row(page: &Connect, pen: &mut Pen<'_>, row: &Row, line: Rect, labels: u16) {
    let mut x = line.x + 1;
    for piece in row {
        let room = line.right().saturating_sub(x);
        x = match piece {
            Piece::Label(text) => {
                pen.put((x, line.y), labels - 1, *text, pen.look.plain());
                line.x + labels
            }
            Piece::Text(text) => pen.put((x, line.y), room, text, pen.look.plain()) + 1,
            Piece::Control(part, width) => {
                let width = if *width < room { *width } else { room };
                let end = control(pen, &page.form, *part, (x, line.y), width);
                if end == x { x } else { end + 1 }
            }
            Piece::Radio(part, range) => {
                radio(pen, &page.form, *part, (x, line.y), range.clone()) + 1
            }
        };
    }
}

fn tasks(page: &Connect, width: u16) -> Vec<Row> {
    let name = vec![Piece::Label("Draft name"), Piece::Control(Part::Name, 34)];
    if width < 76 {
        let task = vec![Piece::Label("What to do"), Piece::Control(Part::Task, width)];
        let later = page.form.chosen(Part::Task) > TASK_SCRIPT;
        let note =
            later.then(|| vec![Piece::Label(""), Piece::Text("that comes later".to_owned())]);
        return [task].into_iter().chain(note).chain([name]).collect();
    }
    vec![
        vec![Piece::Label("What to do"), Piece::Radio(Part::Task, 0..TASK_SCRIPT + 1)],
        vec![
            Piece::Label(""),
            Piece::Radio(Part::Task, TASK_SCRIPT + 1..TASKS.len()),
            Piece::Text("  come later".to_owned()),
        ],
        name,
    ]
}

/// The fields of one end in the order of Tab.
fn end_rows(page: &Connect, end: End, width: u16) -> Vec<Row> {
    let wide = width >= 76;
    let title = if end == End::Source { "Source" } else { "Target" };
    let mut first = vec![Piece::Label(title)];
    let saved = page.form.is_shown(Part::Saved(end));
    if page.form.is_shown(Part::Engine(end)) {
        first.push(Piece::Control(Part::Engine(end), 24));
    }
    let mut rows = vec![first];
    if saved {
        let control = Piece::Control(Part::Saved(end), 30);
        match wide {
            true => rows[0].extend([Piece::Text(" saved".to_owned()), control]),
            false => rows.push(vec![Piece::Label("  saved"), control]),
        }
    }
    match page.saved(end) {
        Some(connection) => {
            rows.push(vec![Piece::Label("  is"), Piece::Text(plain_url(&connection.url))]);
        }
        None => rows.extend(address_rows(page, end, width)),
    }
    rows.extend(password_rows(page, end, wide));
    rows.extend(mark_rows(page, end, width));
    rows
}

/// A URL of the configuration without what may be a password.
fn plain_url(url: &str) -> String {
    let (address, _) = crate::console::model::wizard::Address::read(url);
    address.url("")
}

fn address_rows(page: &Connect, end: End, width: u16) -> Vec<Row> {
    let all = width.saturating_sub(15);
    let field = if all < 34 { all } else { 34 };
    match page.engine(end) {
        Engine::Sqlite => vec![vec![Piece::Label("  file"), Piece::Control(Part::Path(end), all)]],
        Engine::Url => vec![vec![Piece::Label("  URL"), Piece::Control(Part::Path(end), all)]],
        engine => {
            let mut rows = Vec::new();
            let port = Piece::Control(Part::Port(end), 9);
            let usual = match page.form.text(Part::Port(end)) {
                "" => format!("else {}", engine.port()),
                _ => String::new(),
            };
            let host = Piece::Control(Part::Host(end), field);
            if width < 60 {
                rows.push(vec![Piece::Label("  host"), host]);
                rows.push(vec![Piece::Label("  port"), port, Piece::Text(usual)]);
            } else {
                rows.push(vec![Piece::Label("  host port"), host, port, Piece::Text(usual)]);
            }
            rows.push(vec![Piece::Label("  database"), Piece::Control(Part::Database(end), field)]);
            rows.push(vec![Piece::Label("  user"), Piece::Control(Part::User(end), field)]);
            rows
        }
    }
}

fn password_rows(page: &Connect, end: End, wide: bool) -> Vec<Row> {
    if !page.form.is_shown(Part::From(end)) {
        return Vec::new();
    }
    let typed = page.form.is_shown(Part::Password(end)).then_some(Part::Password(end));
    let typed = typed.map(|part| Piece::Control(part, 14));
    if wide {
        let from = Piece::Radio(Part::From(end), 0..FROM_ASK + 1);
        return vec![[Piece::Label("  password"), from].into_iter().chain(typed).collect()];
    }
    let mut rows = vec![vec![Piece::Label("  password"), Piece::Control(Part::From(end), 40)]];
    rows.extend(typed.map(|piece| vec![Piece::Label(""), piece]));
    rows
}

fn mark_rows(page: &Connect, end: End, width: u16) -> Vec<Row> {
    if let Some(connection) = page.saved(end) {
        let label = connection.label.clone();
        let prod = connection.production.then(|| "production".to_owned());
        let told: Vec<String> = label.map(|l| format!("[{l}]")).into_iter().chain(prod).collect();
        let row = vec![Piece::Label("  marked"), Piece::Text(told.join(" "))];
        return if told.is_empty() { Vec::new() } else { vec![row] };
    }
    let tls = page.form.get(Part::Tls(end)).is_some_and(|item| !item.hidden);
    let tls = if tls {
        vec![Piece::Label("  TLS"), Piece::Control(Part::Tls(end), 22)]
    } else {
        vec![Piece::Label("")]
    };
    let label = || Piece::Control(Part::Label(end), 14);
    let tick =
        || [Piece::Control(Part::Production(end), 3), Piece::Text("this is production".to_owned())];
    if width >= 76 {
        let mut row = tls;
        row.push(Piece::Text("label".to_owned()));
        row.push(label());
        row.extend(tick());
        return vec![row];
    }
    let mut rows = Vec::new();
    if tls.len() > 1 {
        rows.push(tls);
    }
    let mut marks = vec![Piece::Label("  label"), label()];
    if width >= 56 {
        marks.extend(tick());
        rows.push(marks);
    } else {
        rows.push(marks);
        rows.push([Piece::Label("")].into_iter().chain(tick()).collect());
    }
    rows
}

/// What the tests found: with room for one line an end, its gravest.
fn results(page: &Connect, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for end in End::BOTH {
        let who = end.word();
        match &page.tests[end as usize] {
            Tested::No if room > 1 => lines.push(format!("{who}  not tested yet")),
            Tested::No => lines.push(String::new()),
            Tested::Running(text) => lines.push(format!("{who}  {text} ...")),
            Tested::Failed { what, hint } => {
                let hint = hint.clone().unwrap_or_default();
                lines.push(format!("{who} FAILED  {what}"));
                if room > 1 && !hint.is_empty() {
                    lines.push(format!("        {hint}"));
                }
            }
            Tested::Ok(view) => {
                let away = format!("{} ms away", view.round_trip_ms);
                let facts: Vec<String> = [view.server.clone(), away]
                    .into_iter()
                    .chain(view.facts.iter().cloned())
                    .collect();
                let ok = format!("{who} ok  {}", facts.join(", "));
                match (room > 1, view.warnings.as_slice()) {
                    (false, [first, more @ ..]) => {
                        let more = match more.len() {
                            0 => String::new(),
                            n => format!("; {n} more"),
                        };
                        lines.push(format!("{who} warn  {first}{more}"));
                    }
                    (_, warnings) => {
                        lines.push(ok);
                        lines.extend(warnings.iter().map(|text| format!("{who} warn  {text}")));
                    }
                }
            }
        }
    }
    lines
}

/// The status line while nothing else is said: what is under the focus.
fn standing(page: &Connect) -> String {
    let text = match page.form.focused() {
        Some(Part::Task) => "left and right choose; what comes later says so",
        Some(Part::Name) => "name of the draft and of the job it becomes",
        Some(Part::Engine(_) | Part::Tls(_) | Part::Saved(_)) => "left and right, or Space, choose",
        Some(Part::Host(_)) => "a name, an address or a socket's path; a URL is taken apart",
        Some(Part::Path(end)) if page.engine(end) == Engine::Sqlite => "the file's path",
        Some(Part::From(end)) => match page.saved(end) {
            Some(_) => "config.toml says where the password is",
            None => "a command or another variable: make a connection in config.toml and choose it",
        },
        Some(Part::Password(_)) => "goes to the engine once and is kept nowhere; Ctrl-U empties it",
        Some(Part::Production(_)) => "questions about it will ask for its name",
        _ => "",
    };
    text.to_owned()
}
