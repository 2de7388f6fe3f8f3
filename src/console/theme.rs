//! Styles and glyphs. Colour never carries meaning by itself: words and glyphs say the same in
//! every theme. In `mono` no style holds a colour at all (crossterm 0.29 loses bold and reverse
//! when it has to strip one).

use ratatui::style::{Color, Modifier, Style};

/// Which colours (UX 9.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own colours; colour only as reversed blocks and in bars.
    #[default]
    Auto,
    Dark,
    Light,
    /// Bold and reverse, and red.
    Contrast,
    /// No colour at all.
    Mono,
}

impl Theme {
    /// # Errors
    /// The sentence to show for an unknown name.
    pub fn parse(name: &str) -> Result<Theme, String> {
        Ok(match name {
            "auto" => Theme::Auto,
            "dark" => Theme::Dark,
            "light" => Theme::Light,
            "contrast" => Theme::Contrast,
            "mono" => Theme::Mono,
            other => {
                return Err(format!(
                    "there is no theme {other:?}; themes are auto, dark, light, contrast, mono"
                ));
            }
        })
    }
}

/// Which characters (UX 9.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    #[default]
    Ascii,
    Unicode,
}

impl Glyphs {
    /// # Errors
    /// The sentence to show for an unknown name.
    pub fn parse(name: &str) -> Result<Glyphs, String> {
        match name {
            "ascii" => Ok(Glyphs::Ascii),
            "unicode" => Ok(Glyphs::Unicode),
            other => Err(format!("there are no glyphs {other:?}; there are ascii and unicode")),
        }
    }
}

/// What a cell of a bar or map stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Unassigned.
    Left,
    /// Unassigned, waits for a retry.
    Again,
    /// Assigned.
    Running,
    /// Processed.
    Done,
    /// Processed with error.
    Failed,
    Skipped,
    /// Slider: connecting.
    Starting,
    /// Slider: finishes its chunk, then leaves.
    Draining,
    /// Slider and gauges: where the limit or the wish stands.
    Limit,
    /// Slider: free up to the maximum; gauges: not filled.
    Free,
    /// Slider and total: filled.
    Filled,
    /// The rate gauge: filled. Thinner, so that it does not run into the slider above it.
    Flow,
}

/// Theme and glyphs together: all a view asks about looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    pub glyphs: Glyphs,
}

impl Look {
    #[must_use]
    pub fn glyph(self, mark: Mark) -> &'static str {
        let (ascii, unicode) = match mark {
            Mark::Left | Mark::Free => (".", "·"),
            Mark::Again => (":", ":"),
            Mark::Running => (">", "▶"),
            Mark::Done | Mark::Filled => ("#", "█"),
            Mark::Flow => ("#", "▄"),
            Mark::Failed => ("!", "!"),
            Mark::Skipped => ("-", "–"),
            Mark::Starting => ("+", "▒"),
            Mark::Draining => ("-", "▓"),
            Mark::Limit => ("|", "|"),
        };
        match self.glyphs {
            Glyphs::Ascii => ascii,
            Glyphs::Unicode => unicode,
        }
    }

    /// Eight heights for the speed line, lowest first.
    #[must_use]
    pub fn spark(self) -> [&'static str; 8] {
        match self.glyphs {
            Glyphs::Ascii => ["_", ".", "-", "=", "+", "*", "#", "@"],
            Glyphs::Unicode => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        }
    }

    /// Style of a cell of a bar or map.
    #[must_use]
    pub fn mark(self, mark: Mark) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        match (self.theme, mark) {
            (_, Mark::Failed) => self.alarm(),
            (Theme::Mono | Theme::Contrast, Mark::Running) => bold,
            (Theme::Mono | Theme::Contrast, _) => plain,
            (Theme::Auto | Theme::Dark, Mark::Running) => bold.fg(Color::Cyan),
            (Theme::Light, Mark::Running) => bold.fg(Color::Blue),
            (_, Mark::Done) => plain.fg(Color::Green),
            (Theme::Dark, Mark::Skipped | Mark::Again | Mark::Draining) => plain.fg(Color::Yellow),
            (Theme::Light, Mark::Skipped | Mark::Again | Mark::Draining) => {
                plain.fg(Color::Magenta)
            }
            (Theme::Dark | Theme::Auto, Mark::Filled | Mark::Flow) => plain.fg(Color::Cyan),
            (Theme::Light, Mark::Filled | Mark::Flow) => plain.fg(Color::Blue),
            (_, Mark::Left | Mark::Again | Mark::Skipped | Mark::Starting) => plain,
            (_, Mark::Draining | Mark::Limit | Mark::Free) => plain,
        }
    }

    /// Header and key line.
    #[must_use]
    pub fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    #[must_use]
    pub fn plain(self) -> Style {
        Style::new()
    }

    #[must_use]
    pub fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The line under the cursor.
    #[must_use]
    pub fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Bold and reversed: near a limit.
    #[must_use]
    pub fn loud(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// Errors and production: a red block, or a bold one.
    #[must_use]
    pub fn alarm(self) -> Style {
        let block = self.loud();
        match self.theme {
            Theme::Mono => block,
            Theme::Auto | Theme::Dark | Theme::Light | Theme::Contrast => block.fg(Color::Red),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: [Mark; 12] = [
        Mark::Left,
        Mark::Again,
        Mark::Running,
        Mark::Done,
        Mark::Failed,
        Mark::Skipped,
        Mark::Starting,
        Mark::Draining,
        Mark::Limit,
        Mark::Free,
        Mark::Filled,
        Mark::Flow,
    ];

    #[test]
    fn mono_has_no_colour_in_any_style() {
        let look = Look { theme: Theme::Mono, glyphs: Glyphs::Unicode };
        let styles = MARKS.map(|m| look.mark(m)).into_iter();
        let others = [look.bar(), look.plain(), look.bold(), look.cursor(), look.alarm()];
        for style in styles.chain(others) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn auto_writes_no_thin_text_in_colours_that_vanish() {
        let look = Look { theme: Theme::Auto, glyphs: Glyphs::Unicode };
        for mark in MARKS {
            let colour = look.mark(mark).fg;
            assert!(matches!(colour, None | Some(Color::Cyan | Color::Green | Color::Red)));
        }
    }

    #[test]
    fn chunk_states_differ_by_glyph_alone() {
        for glyphs in [Glyphs::Ascii, Glyphs::Unicode] {
            let look = Look { theme: Theme::Mono, glyphs };
            let mut seen: Vec<&str> = MARKS[..6].iter().map(|m| look.glyph(*m)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 6);
        }
    }
}
