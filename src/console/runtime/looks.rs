//! What the environment says of the terminal's looks. The terminal itself is never asked: answers
//! come late, or into somebody else's keys.

use std::env;

use crate::console::theme::{Glyphs, Theme};

/// The theme for a terminal: `--theme`, the environment, the file; all of them only where colour
/// is not off (`--color never`, NO_COLOR, TERM=dumb). Without a wish, what the environment says of
/// the background. The terminal itself is not asked.
///
/// # Errors
/// The sentence for an unknown theme.
pub fn theme_of(theme: Option<&str>, color: Option<&str>, config: Theme) -> Result<Theme, String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let colourless = set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb");
    if color == Some("never") || (colourless && color != Some("always")) {
        return Ok(Theme::Mono);
    }
    if let Some(name) = theme.map(ToOwned::to_owned).or_else(|| set("TIDEGATE_THEME")) {
        return Theme::parse(&name);
    }
    if config != Theme::Auto {
        return Ok(config);
    }
    // `15;0`: the last number is the background's.
    let background = set("COLORFGBG").and_then(|v| v.rsplit(';').next()?.parse::<u8>().ok());
    Ok(match background {
        Some(0..=6 | 8) => Theme::Dark,
        Some(7 | 15) => Theme::Light,
        _ => Theme::Auto,
    })
}

/// Unicode glyphs where the locale says UTF-8.
pub(super) fn glyphs_of_locale() -> Glyphs {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = locale.is_some_and(|l| {
        let l = l.to_ascii_lowercase();
        l.contains("utf-8") || l.contains("utf8")
    });
    // The Linux console has no glyphs beyond its font.
    if utf8 && env::var("TERM").ok().as_deref() != Some("linux") {
        Glyphs::Unicode
    } else {
        Glyphs::Ascii
    }
}
