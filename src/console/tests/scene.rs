//! What every screen must stand, whatever it shows: a picture at three sizes, any size at all,
//! every theme, ASCII. A scene is a state of the console; each file of scenes adds its list to
//! [`all`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::Desk;
use crate::console::msg::Msg;
use crate::console::theme::{Glyphs, Look, Theme};

/// A name, unique among all scenes, and what leads to it in a window of some size.
pub type Scene = (&'static str, fn(u16, u16) -> Desk);

/// The scenes of all files.
fn all() -> Vec<Scene> {
    [super::pictures::SCENES, super::pages::SCENES, super::wizard::SCENES].concat()
}

const SIZES: [(u16, u16); 3] = [(40, 10), (80, 24), (120, 40)];

/// Compares scenes with their pictures; all that differ are named.
pub fn pictures(scenes: &[Scene]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../tests/it/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut failed = Vec::new();
    settings.bind(|| {
        for (name, make) in scenes {
            for (columns, rows) in SIZES {
                let frame = make(columns, rows).frame();
                let picture = format!("{name}_{columns}x{rows}");
                let check = || insta::assert_snapshot!(picture.clone(), frame);
                if catch_unwind(AssertUnwindSafe(check)).is_err() {
                    failed.push(picture.clone());
                }
            }
        }
    });
    assert!(failed.is_empty(), "these pictures differ: {failed:?}");
}

/// Widths and heights around every border where a screen changes its shape, and some between.
const WIDTHS: [u16; 26] = [
    1, 2, 3, 7, 13, 20, 30, 39, 40, 41, 50, 59, 60, 61, 70, 79, 80, 81, 100, 109, 110, 111, 120,
    132, 160, 200,
];
const HEIGHTS: [u16; 23] =
    [1, 2, 3, 5, 7, 8, 9, 10, 12, 15, 16, 17, 20, 23, 24, 25, 31, 32, 35, 36, 40, 47, 60];

/// A window that is drawn at every size in turn looks as one that was opened with it.
#[test]
fn every_size_is_drawn_and_leaves_nothing_of_the_one_before() {
    for (at, (name, make)) in all().into_iter().enumerate() {
        let mut desk = make(80, 24);
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        for (i, columns) in WIDTHS.into_iter().enumerate() {
            for (j, rows) in HEIGHTS.into_iter().enumerate() {
                // Every third size of each scene: all of them among three neighbours.
                if (i + j + at) % 3 != 0 {
                    continue;
                }
                terminal.backend_mut().resize(columns, rows);
                desk.msg(Msg::Resize { columns, rows });
                desk.draw(&mut terminal);
                let fresh = desk.backend();
                let drawn = terminal.backend().buffer();
                assert_eq!(drawn, fresh.buffer(), "{name} at {columns}x{rows}");
                let text = super::text_of(&fresh);
                assert!(!text.trim().is_empty(), "{name} at {columns}x{rows} is empty");
            }
        }
    }
}

#[test]
fn a_line_that_is_cut_says_so() {
    for (name, make) in all() {
        for columns in [44, 66, 80, 100, 120] {
            let mut desk = make(columns, 24);
            let short = desk.frame();
            desk.msg(Msg::Resize { columns: 200, rows: 24 });
            let long = desk.frame();
            // The header is made of pieces, which are left out whole.
            for line in short.lines().skip(1) {
                let Some(last) = line.split_whitespace().last() else { continue };
                let full = line.chars().count() >= usize::from(columns);
                let word = last.trim_end_matches(|c: char| !c.is_alphanumeric());
                if !full || word.is_empty() || !line.ends_with(char::is_alphanumeric) {
                    continue;
                }
                let whole = long.split_whitespace().any(|w| w.contains(word));
                let begins = long.split_whitespace().any(|w| w.starts_with(word) && w != word);
                assert!(whole || !begins, "{name} at {columns}: cut without a mark: {line:?}");
            }
        }
    }
}

#[test]
fn ascii_glyphs_are_nothing_but_ascii() {
    for (name, make) in all() {
        for (columns, rows) in SIZES {
            let mut desk = make(columns, rows);
            desk.model.look = Look { theme: Theme::Auto, glyphs: Glyphs::Ascii };
            let frame = desk.frame();
            let fits = |b: u8| b == b'\n' || (0x20..0x7f).contains(&b);
            assert!(frame.bytes().all(fits), "{name} at {columns}x{rows}:\n{frame}");
        }
    }
}

/// Thin text stays in the terminal's own colour; no theme uses colours that vanish on some
/// background, and without colour there is none in any style.
#[test]
fn colours_are_those_of_the_theme() {
    let hidden = [Color::Black, Color::White, Color::Gray, Color::DarkGray, Color::LightBlue];
    for (name, make) in all() {
        for (columns, rows) in SIZES {
            let mut desk = make(columns, rows);
            for theme in [Theme::Auto, Theme::Dark, Theme::Light, Theme::Contrast, Theme::Mono] {
                desk.model.look = Look { theme, glyphs: Glyphs::Unicode };
                let backend = desk.backend();
                for cell in backend.buffer().content() {
                    let what = format!("{name} {theme:?} {:?}", cell.symbol());
                    assert_eq!(cell.bg, Color::Reset, "{what}");
                    let odd = matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_));
                    assert!(!odd && !hidden.contains(&cell.fg), "{what}");
                    let faint = Modifier::DIM | Modifier::SLOW_BLINK | Modifier::RAPID_BLINK;
                    assert!(!cell.modifier.intersects(faint), "{what}");
                    let coloured = cell.fg != Color::Reset;
                    let reversed = cell.modifier.contains(Modifier::REVERSED);
                    let letter = cell.symbol().chars().all(char::is_alphanumeric);
                    assert!(!(coloured && letter && !reversed), "{what}");
                    assert!(!(coloured && theme == Theme::Mono), "{what}");
                    let blue = cell.fg == Color::Blue;
                    assert!(!blue || theme == Theme::Light, "{what}");
                }
            }
        }
    }
}

#[test]
fn every_scene_has_a_name_of_its_own() {
    let mut names: Vec<&str> = all().iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
