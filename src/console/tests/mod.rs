//! Screens as pictures, and keys in, frames out. The frames are the drawings of the design, at
//! 40x10, 80x24 and 120x40, taken with ratatui's test backend. A file with scenes of its own names
//! them in `scene::all`, and they are drawn at every size, in every theme and glyph set.

mod fixture;
mod keys;
mod pages;
mod pictures;
mod scene;
mod screens;
mod steering;
mod verify;
mod wizard;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::keymap::{Key, Keymap};
use super::model::{Model, Now, Start};
use super::msg::{Cmd, LinkNews, Msg};
use super::theme::{Glyphs, Look, Theme};
use super::{update, view};
use crate::protocol::{Snapshot, Update};

/// 14:31:16 UTC on a Friday.
pub const NOW_MS: i64 = 1_795_185_076_000;

/// A console without a terminal: keys go in, frames and effects come out.
pub struct Desk {
    pub model: Model,
    /// Effects nobody has looked at yet.
    pub cmds: Vec<Cmd>,
}

impl Desk {
    pub fn jobs(columns: u16, rows: u16) -> Desk {
        Desk::new(columns, rows, None, false)
    }

    /// Attached to `crm-nov`, with its snapshot.
    pub fn attached(columns: u16, rows: u16, snapshot: Snapshot) -> Desk {
        Desk::new(columns, rows, Some("crm-nov"), false).up(snapshot)
    }

    pub fn read_only(columns: u16, rows: u16, snapshot: Snapshot) -> Desk {
        Desk::new(columns, rows, Some("crm-nov"), true).up(snapshot)
    }

    /// Attached, with other keys.
    pub fn with_keys(columns: u16, rows: u16, keymap: Keymap) -> Desk {
        let mut desk = Desk::new(columns, rows, Some("crm-nov"), false);
        let start = Start {
            columns,
            rows,
            now: desk.model.now,
            look: desk.model.look,
            job: Some("crm-nov".to_owned()),
            keymap,
            ..Start::default()
        };
        desk.model = Model::new(start);
        desk.up(super::tests::fixture::crm())
    }

    fn new(columns: u16, rows: u16, job: Option<&str>, read_only: bool) -> Desk {
        let now = Now { mono_ms: 10_000, wall_ms: NOW_MS, utc_offset_s: 0 };
        let model = Model::new(Start {
            columns,
            rows,
            now,
            look: Look { theme: Theme::Auto, glyphs: Glyphs::Ascii },
            read_only,
            slow: false,
            user: "ana".to_owned(),
            host: "db-ops1".to_owned(),
            job: job.map(ToOwned::to_owned),
            keymap: Keymap::new(),
            ..Start::default()
        });
        Desk { model, cmds: Vec::new() }
    }

    fn up(mut self, snapshot: Snapshot) -> Desk {
        self.msg(Msg::Link(LinkNews::Up {
            build: env!("CARGO_PKG_VERSION").to_owned(),
            pid: 4411,
        }));
        let update = Update::Snapshot { snapshot: Box::new(snapshot) };
        self.msg(Msg::Link(LinkNews::Update(Box::new(update))));
        self
    }

    pub fn msg(&mut self, msg: Msg) {
        self.cmds.extend(update::update(&mut self.model, msg));
    }

    /// Presses keys by name: `p`, `Enter`, `Ctrl-C`.
    pub fn keys(&mut self, names: &str) -> &mut Desk {
        for name in names.split(' ') {
            self.msg(Msg::Key(Key::parse(name).unwrap_or_else(|| panic!("{name} is no key"))));
        }
        self
    }

    /// Types a text, letter by letter.
    pub fn text(&mut self, text: &str) -> &mut Desk {
        for c in text.chars() {
            self.msg(Msg::Key(Key::Char(c)));
        }
        self
    }

    /// Time passes, with the ticks the loop would send.
    pub fn pass(&mut self, ms: u64) -> &mut Desk {
        let Now { mono_ms, wall_ms, utc_offset_s } = self.model.now;
        let wall_ms = wall_ms + i64::try_from(ms).unwrap();
        self.msg(Msg::Clock { mono_ms: mono_ms + ms, wall_ms, utc_offset_s });
        self.msg(Msg::Tick);
        self
    }

    /// The frame; drawn twice, because drawing changes nothing.
    pub fn frame(&mut self) -> String {
        let first = self.backend();
        let second = self.backend();
        assert_eq!(first.buffer(), second.buffer(), "drawing twice gives two pictures");
        self.msg(Msg::Painted);
        text_of(&first)
    }

    pub fn backend(&self) -> TestBackend {
        let backend = TestBackend::new(self.model.columns, self.model.rows);
        let mut terminal = Terminal::new(backend).unwrap();
        self.draw(&mut terminal);
        terminal.backend().clone()
    }

    /// Draws over what the terminal shows.
    pub fn draw(&self, terminal: &mut Terminal<TestBackend>) {
        terminal.draw(|frame| view::view(&self.model, frame)).unwrap();
    }

    /// The line above the key line.
    pub fn status(&mut self) -> String {
        let frame = self.frame();
        let lines: Vec<&str> = frame.lines().collect();
        lines[lines.len() - 2].to_owned()
    }

    /// Effects so far, which are then forgotten.
    pub fn take(&mut self) -> Vec<Cmd> {
        std::mem::take(&mut self.cmds)
    }
}

fn text_of(backend: &TestBackend) -> String {
    let buffer = backend.buffer();
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
