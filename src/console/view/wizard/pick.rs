//! Page 2 as a picture: the tree in its window, what is under the cursor, sums.

use ratatui::layout::Rect;

use super::{bottom, header, table};
use crate::console::commands::{Action, Do};
use crate::console::figures;
use crate::console::model::Model;
use crate::console::model::wizard::pick::{
    Branch, Columns, Leaf, Parts, Pick, PickId, Reading, Sums, Thing, Tri,
};
use crate::console::model::wizard::{Wizard, shape};
use crate::console::shown::{Shown, wrapped};
use crate::console::view::pen::Pen;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    if wizard.table.is_open() {
        return table::draw(model, wizard, pen);
    }
    header(model, wizard, pen, None);
    let pick = &wizard.pick;
    let parts = Parts::of(model.columns, model.rows, model.zoomed);
    title(pick, pen);
    if let Some(y) = parts.sums {
        sums(pick, pen, y);
    }
    match &pick.reading {
        Reading::Here => {}
        _ if !pick.tree.branches.is_empty() => {}
        other => reading(other, pen, parts.list),
    }
    let places = Places::of(parts.list.width);
    if let Some(y) = parts.heads {
        heads(pen, &places, y);
    }
    lines(wizard, pen, parts.list, &places);
    if let Some(area) = parts.right {
        pen.bar(area.x - 1, area.y, area.bottom());
        beside(model, pick, pen, area);
    }
    if let Some(area) = parts.detail {
        let said = detail(pick);
        let hints = area.height > 2;
        if hints {
            let keys = hints_text(model, usize::from(area.width) - 2);
            pen.put((1, area.bottom() - 1), area.width - 1, keys, pen.look.plain());
        }
        let end = area.bottom() - u16::from(hints);
        for (line, y) in wrapped(&said, usize::from(area.width - 2)).iter().zip(area.y..) {
            if y < end {
                pen.put((1, y), area.width - 1, line, pen.look.plain());
            }
        }
    }
    let buttons = [(PickId::Back, "< Back"), (PickId::Next, "Next >")];
    let standing = if parts.detail.is_some() { standing(model, pick) } else { detail(pick) };
    bottom(model, pen, &pick.form, &buttons, &standing);
}

/// The keys that the key line has no room for beside the buttons.
fn hints_text(model: &Model, room: usize) -> String {
    const WORDS: [(Do, &str); 7] = [
        (Do::TableOptions, "options"),
        (Do::CountExact, "exact counts"),
        (Do::Filter, "filter"),
        (Do::Invert, "invert"),
        (Do::Right, "unfold"),
        (Do::UnfoldAll, "unfold all"),
        (Do::NextPane, "buttons"),
    ];
    let mut out = String::new();
    for (does, word) in WORDS {
        let Some(key) = model.keymap.first(Action::of(does)) else { continue };
        let entry = format!("{key} {word}");
        if out.len() + entry.len() + 2 > room {
            break;
        }
        if !out.is_empty() {
            out.push_str("  ");
        }
        out.push_str(&entry);
    }
    out
}

/// `-- 2 of 4  Schemas and tables ---------- filter: ord  8 of 312 shown`
fn title(pick: &Pick, pen: &mut Pen<'_>) {
    let tables = pick.tree.tables() as u64;
    let shown =
        format!("{} of {} shown", figures::grouped(pick.tree.shown()), figures::grouped(tables));
    let note = match pick.filter.is_empty() {
        true => shown,
        false => format!("filter: {}  {shown}", pick.filter),
    };
    let narrow = pen.columns() < 60;
    let name = if narrow { "2 of 4  Tables" } else { "2 of 4  Schemas and tables" };
    pen.rule(Rect::new(0, 1, pen.columns(), 1), name, note, pick.in_tree());
}

/// `picked 41 of 312 tables   ~604M rows   ~617 GB       numbers: statistics, 12 exact`
fn sums(pick: &Pick, pen: &mut Pen<'_>, y: u16) {
    let going = pick.tree.going();
    let text = format!(
        "picked {} of {} tables   {} rows   {}",
        figures::grouped(u64::from(going.tables)),
        figures::grouped(pick.tree.tables() as u64),
        rough(going.rough > 0, figures::count(clamped(going.rows))),
        rough(going.tables > 0, figures::bytes(clamped(going.bytes)))
    );
    let end = pen.put((1, y), pen.columns().saturating_sub(1), text, pen.look.plain());
    let exact = going.tables - going.rough;
    let from = match (going.rough, exact) {
        (0, 0) => String::new(),
        (0, _) => "numbers: counted exactly".to_owned(),
        (_, 0) => "numbers: fast (statistics)".to_owned(),
        (_, n) => format!("numbers: statistics, {} exact", figures::grouped(u64::from(n))),
    };
    let wanted = u16::try_from(from.len()).unwrap_or(0);
    if end + wanted + 4 < pen.columns() {
        pen.put((pen.columns() - wanted - 2, y), wanted, from, pen.look.plain());
    }
}

fn clamped(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn rough(is: bool, text: String) -> String {
    if is { format!("~{text}") } else { text }
}

fn reading(state: &Reading, pen: &mut Pen<'_>, area: Rect) {
    let text = match state {
        Reading::Not => "Enter reads the tables of the source".to_owned(),
        Reading::Asked { progress } if progress.is_empty() => {
            "reading the tables of the source ...".to_owned()
        }
        Reading::Asked { progress } => format!("reading the tables of the source: {progress}"),
        Reading::Failed { what, hint } => {
            let hint = hint.as_deref().unwrap_or("");
            format!(
                "! The tables of the source could not be read: {what}\n\n{hint}\nNothing was \
                 changed; the draft is saved.\nEnter reads again   Esc goes back to the \
                 connections"
            )
        }
        Reading::Here => "The source has no table that this user may see.".to_owned(),
    };
    for (line, y) in wrapped(&text, usize::from(area.width.saturating_sub(3))).iter().zip(area.y..)
    {
        if y < area.bottom() {
            pen.put((2, y), area.width.saturating_sub(2), line, pen.look.plain());
        }
    }
}

/// Columns of a line: what has no room is absent. Each is its first column.
#[derive(Clone, Copy, Default)]
struct Places {
    width: u16,
    /// End of the name.
    name: u16,
    rows: u16,
    size: Option<u16>,
    key: Option<u16>,
    filter: Option<u16>,
    notes: Option<u16>,
}

const ROWS: u16 = 8;
const SIZE: u16 = 9;
const KEY: u16 = 9;
const FILTER: u16 = 6;
const NOTES: u16 = 13;

impl Places {
    fn of(width: u16) -> Places {
        let mut places = Places { width, ..Places::default() };
        let mut end = width;
        if width >= 50 {
            end -= NOTES;
            places.notes = Some(end);
        }
        if width >= 70 {
            end -= FILTER;
            places.filter = Some(end);
            end -= KEY;
            places.key = Some(end);
        }
        if width >= 56 {
            end -= SIZE + 2;
            places.size = Some(end);
        } else {
            end = end.saturating_sub(1);
        }
        places.rows = end.saturating_sub(ROWS);
        places.name = places.rows.saturating_sub(1);
        places
    }
}

fn heads(pen: &mut Pen<'_>, places: &Places, y: u16) {
    let plain = pen.look.plain();
    pen.put((5, y), 10, "name", plain);
    pen.right((places.rows, y), ROWS, "rows", plain);
    if let Some(x) = places.size {
        pen.right((x, y), SIZE, "size", plain);
    }
    for (x, head) in [(places.key, "key"), (places.filter, "where"), (places.notes, "notes")] {
        if let Some(x) = x {
            pen.put((x, y), 8, head, plain);
        }
    }
}

fn lines(wizard: &Wizard, pen: &mut Pen<'_>, area: Rect, places: &Places) {
    let tree = &wizard.pick.tree;
    let top = tree.list.top.clamp(0, tree.lines.len());
    let end = (top + usize::from(area.height)).clamp(0, tree.lines.len());
    for (row, thing) in tree.lines[top..end].iter().enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        let here = top + row == tree.list.cursor;
        match *thing {
            Thing::Schema(b) => {
                if let Some(branch) = tree.branches.get(b) {
                    schema(pen, y, branch, tree.unfolded(b), places);
                }
            }
            Thing::Table(b, l) => {
                if let Some(leaf) = tree.leaf((b, l)) {
                    leaf_line(wizard, pen, y, leaf, places);
                }
            }
        }
        if here {
            pen.put((0, y), 1, ">", pen.look.bold());
            if wizard.pick.in_tree() {
                pen.restyle(Rect::new(1, y, places.width - 1, 1), pen.look.cursor());
            }
        }
    }
    if tree.lines.is_empty() && wizard.pick.reading == Reading::Here {
        let text = match tree.is_filtered() {
            true => "no table fits the filter; Esc clears it",
            false => "the source has no table that this user may see",
        };
        pen.put((5, area.y), area.width.saturating_sub(5), text, pen.look.plain());
    }
}

fn schema(pen: &mut Pen<'_>, y: u16, branch: &Branch, unfolded: bool, places: &Places) {
    let mark = match branch.tri() {
        Tri::All => "[x]",
        Tri::Some => "[-]",
        Tri::None => "[ ]",
    };
    let bold = pen.look.bold();
    pen.put((1, y), 3, mark, bold);
    let fold = if unfolded || branch.leaves.is_empty() { "" } else { " ..." };
    let name = format!("{}{fold}", branch.name);
    pen.put((5, y), places.name.saturating_sub(5), name, bold);
    let sums = if branch.picked == 0 { &branch.whole } else { &branch.going };
    amounts(pen, y, sums, places);
    if let Some(x) = places.notes {
        let text = format!("{} of {}", branch.going.tables, branch.leaves.len());
        pen.right((x, y), NOTES - 1, text, pen.look.plain());
    }
}

fn amounts(pen: &mut Pen<'_>, y: u16, sums: &Sums, places: &Places) {
    let plain = pen.look.plain();
    let rows = rough(sums.rough > 0, figures::count(clamped(sums.rows)));
    pen.right((places.rows, y), ROWS, rows, plain);
    if let Some(x) = places.size {
        pen.right((x, y), SIZE, rough(sums.tables > 0, size(clamped(sums.bytes))), plain);
    }
}

/// `124G`: bytes in three digits, the unit goes without saying.
fn size(bytes: u64) -> String {
    figures::count(bytes)
}

fn leaf_line(wizard: &Wizard, pen: &mut Pen<'_>, y: u16, leaf: &Leaf, places: &Places) {
    let plain = pen.look.plain();
    let table = &leaf.table;
    let mark = match (leaf.picked, table.obstacle.is_some()) {
        (true, true) => "[!]",
        (true, false) => "[x]",
        (false, _) => "[ ]",
    };
    pen.put((1, y), 3, mark, plain);
    pen.put((7, y), places.name.saturating_sub(7), &table.name, plain);
    let rows = table.rows.map(|rows| rough(!table.exact, figures::count(rows)));
    pen.right((places.rows, y), ROWS, rows.unwrap_or_else(|| "-".to_owned()), plain);
    if let Some(x) = places.size {
        let bytes = table.bytes.map(|bytes| format!("~{}", size(bytes)));
        pen.right((x, y), SIZE, bytes.unwrap_or_else(|| "-".to_owned()), plain);
    }
    if let Some(x) = places.key {
        let key = match (table.key.as_str(), table.obstacle.is_some() || is_view(leaf)) {
            ("", true) => "-",
            ("", false) => "NO KEY",
            (key, _) => key,
        };
        pen.put((x, y), KEY - 1, key, plain);
    }
    let wished = wizard.draft.shape(&shape::object_name(&leaf.full));
    if let Some(x) = places.filter {
        pen.put((x, y), FILTER - 1, if wished.filter.is_some() { "yes" } else { "-" }, plain);
    }
    if let Some(x) = places.notes {
        pen.put((x, y), NOTES - 1, note(leaf, &wished), plain);
    }
}

/// What is unusual about a table, most telling first.
fn note(leaf: &Leaf, wished: &crate::core::spec::TableShape) -> String {
    let table = &leaf.table;
    let kind = match table.kind.as_str() {
        "table" | "" => "",
        "materialized view" => "mat. view",
        "partitioned table" => "partitioned",
        other => other,
    };
    if table.obstacle.is_some() && !kind.is_empty() {
        return kind.to_owned();
    }
    if wished.rename.is_some() {
        return "renamed".to_owned();
    }
    let changed = !shape::summary(wished).is_empty() || wished.ddl.is_some();
    match (table.note.is_empty(), changed) {
        (_, true) => "options".to_owned(),
        (false, _) => table.note.clone(),
        (true, _) => kind.to_owned(),
    }
}

/// What is to be said of the thing under the cursor.
fn detail(pick: &Pick) -> String {
    let tree = &pick.tree;
    match tree.at {
        Some(Thing::Table(b, l)) => match tree.leaf((b, l)) {
            Some(leaf) => table_detail(leaf),
            None => String::new(),
        },
        Some(Thing::Schema(b)) => tree.branches.get(b).map(schema_detail).unwrap_or_default(),
        None => String::new(),
    }
}

/// A view has a definition and no rows of its own.
fn is_view(leaf: &Leaf) -> bool {
    leaf.table.kind == "view"
}

fn table_detail(leaf: &Leaf) -> String {
    let table = &leaf.table;
    if let Some(obstacle) = &table.obstacle {
        let kind = if table.kind.is_empty() { "no plain table" } else { &table.kind };
        return format!(
            "{} ({kind}) cannot be copied as it is: {obstacle}. It is left out.",
            leaf.full
        );
    }
    let mut parts = vec![match leaf.picked {
        true => format!("{} is picked.", leaf.full),
        false => format!("{} is left out.", leaf.full),
    }];
    if is_view(leaf) {
        parts.push("It comes along as a view; its rows are not copied.".to_owned());
    } else if table.key.is_empty() {
        parts.push("It has no key: one thread copies it, and a retry starts it over.".to_owned());
    }
    if !table.note.is_empty() {
        parts.push(format!("{}.", table.note));
    }
    parts.push("e sets its options.".to_owned());
    parts.join(" ")
}

fn schema_detail(branch: &Branch) -> String {
    let blocked = branch.picked - branch.going.tables;
    let mut text = match branch.tri() {
        _ if branch.leaves.is_empty() => format!("{} holds no table.", branch.name),
        Tri::All => format!(
            "{} is picked whole: tables that appear there before the start come along.",
            branch.name
        ),
        Tri::Some => format!(
            "{}: {} of {} tables are picked. Space picks the others too.",
            branch.name,
            branch.going.tables,
            branch.leaves.len()
        ),
        Tri::None => format!("{} is left out. Space picks all of it.", branch.name),
    };
    if blocked > 0 {
        let things =
            if blocked == 1 { "1 is wanted but cannot" } else { "Some are wanted but cannot" };
        text.push_str(&format!(" {things} be copied as it is: [!]."));
    }
    text
}

fn standing(model: &Model, pick: &Pick) -> String {
    if let Some(counting) = &pick.counting {
        return format!(
            "counting exactly: {} of {} tables, {}; Esc stops it",
            figures::grouped(u64::from(counting.done)),
            figures::grouped(u64::from(counting.total)),
            figures::short_time(model.now.mono_ms.saturating_sub(counting.since_ms))
        );
    }
    match &pick.reading {
        Reading::Asked { .. } if !pick.tree.branches.is_empty() => {
            "reading the tables again ...".to_owned()
        }
        Reading::Failed { what, .. } => format!("! {what}"),
        _ => "[x] all  [-] some  [ ] none picked  [!] cannot be copied as it is".to_owned(),
    }
}

// --- beside the tree -----------------------------------------------------------------------------

fn beside(model: &Model, pick: &Pick, pen: &mut Pen<'_>, area: Rect) {
    let x = area.x + 1;
    let room = area.width.saturating_sub(1);
    let plain = pen.look.plain();
    let line = |y: u16, height: u16| Rect::new(area.x, y, area.width, height);
    let mut bottom = area.bottom();
    if let Some(counting) = &pick.counting {
        bottom -= 2;
        pen.rule(line(bottom, 2), "Counting exactly (m)", "", false);
        let time = figures::short_time(model.now.mono_ms.saturating_sub(counting.since_ms));
        let text = format!("{} of {} tables, {time}, Esc stops", counting.done, counting.total);
        pen.put((x, bottom + 1), room, text, plain);
    }
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |label: &str, text: String| facts.push((label.to_owned(), text));
    let (name, columns) = match pick.tree.at {
        Some(Thing::Table(b, l)) => match pick.tree.leaf((b, l)) {
            Some(leaf) => {
                table_facts(leaf, &mut fact);
                (leaf.full.clone(), pick.columns.get(&leaf.full))
            }
            None => return,
        },
        Some(Thing::Schema(b)) => match pick.tree.branches.get(b) {
            Some(branch) => {
                schema_facts(branch, &mut fact);
                (branch.name.clone(), None)
            }
            None => return,
        },
        None => return,
    };
    pen.rule(line(area.y, 1), name, "", false);
    let mut y = area.y + 1;
    for (label, text) in facts {
        let indent = if label.is_empty() { 0 } else { 10 };
        pen.put((x, y), 10, label, plain);
        for part in wrapped(&text, usize::from(room.saturating_sub(indent))) {
            if y < bottom {
                pen.put((x + indent, y), room.saturating_sub(indent), part, plain);
            }
            y += 1;
        }
    }
    if let Some(known) = columns
        && y + 1 < bottom
    {
        table_columns(pen, line(y, bottom - y), known);
    }
}

fn table_facts(leaf: &Leaf, fact: &mut impl FnMut(&str, String)) {
    let table = &leaf.table;
    if !table.kind.is_empty() {
        fact("kind", table.kind.clone());
    }
    if let Some(bytes) = table.bytes {
        fact("size", format!("~{}", figures::bytes(bytes)));
    }
    let from = if table.exact { "counted" } else { "statistics" };
    match table.rows {
        Some(rows) => fact("rows", format!("{} ({from})", figures::grouped(rows))),
        None => fact("rows", "not known; m counts".to_owned()),
    }
    if !is_view(leaf) {
        let key = if table.key.is_empty() { "none: one thread" } else { &table.key };
        fact("key", key.to_owned());
    }
    if !table.note.is_empty() {
        fact("notes", table.note.clone());
    }
    if let Some(obstacle) = &table.obstacle {
        fact("", String::new());
        fact("", format!("[!] {obstacle}"));
    }
}

fn schema_facts(branch: &Branch, fact: &mut impl FnMut(&str, String)) {
    fact("tables", format!("{} of {} picked", branch.going.tables, branch.leaves.len()));
    let whole = &branch.whole;
    let rows = rough(whole.rough > 0, figures::count(clamped(whole.rows)));
    fact("rows", format!("{rows} in all"));
    fact("size", format!("~{} in all", figures::bytes(clamped(whole.bytes))));
}

fn table_columns(pen: &mut Pen<'_>, area: Rect, known: &Columns) {
    let plain = pen.look.plain();
    let x = area.x + 1;
    let room = area.width.saturating_sub(1);
    let columns = match known {
        Columns::Here { columns, .. } => columns,
        Columns::Asked => {
            pen.rule(area, "Columns", "", false);
            pen.put((x, area.y + 1), room, "being read ...", plain);
            return;
        }
        Columns::Failed { what, .. } => {
            pen.rule(area, "Columns", "", false);
            for (line, y) in wrapped(what, usize::from(room)).iter().zip(area.y + 1..area.bottom())
            {
                pen.put((x, y), room, line, plain);
            }
            return;
        }
    };
    pen.rule(area, format!("Columns {}", columns.len()), "", false);
    let lines = usize::from(area.height.saturating_sub(1));
    let all = columns.len() <= lines;
    let shown = if all { columns.len() } else { lines.saturating_sub(1) };
    for (column, y) in columns.iter().take(shown).zip(area.y + 1..) {
        let name = room / 3;
        pen.put((x, y), name - 1, &column.name, plain);
        pen.put((x + name, y), name - 1, &column.source_type, plain);
        let mark = match column.fit.as_str() {
            "lossy" => " !",
            "unsupported" => " !!",
            _ => "",
        };
        let rest = area.right().saturating_sub(x + 2 * name);
        let width = Shown::from(column.target_type.as_str()).width() + mark.len();
        let end = match width <= usize::from(rest) {
            true => pen.put((x + 2 * name, y), rest, &column.target_type, plain),
            false => {
                let room = rest.saturating_sub(u16::try_from(mark.len()).unwrap_or(0));
                pen.put((x + 2 * name, y), room, &column.target_type, plain)
            }
        };
        pen.put((end, y), 3, mark, plain);
    }
    if !all {
        let text = format!("{} more; e shows them", columns.len() - shown);
        pen.put((x, area.bottom() - 1), room, text, plain);
    }
}
