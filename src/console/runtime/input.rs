//! Keys as they arrive over slow lines, made into keys as they were pressed.
//!
//! A split arrow key arrives as Esc and then `[A`: an Esc is held for a moment, and outside text
//! fields a bare `[` or `O` eats what came with it. Many printable keys in one read are a paste of
//! a terminal that does not bracket.

use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Input;
use crate::console::keymap::Key;
use crate::console::msg::Msg;

/// An Esc waits so long for the rest of an arrow key; longer on a line through SSH.
pub const ESC_HOLD: Duration = Duration::from_millis(60);
pub const ESC_HOLD_SSH: Duration = Duration::from_millis(150);
/// More printable keys in one read than a hand can press, of at least so many kinds.
const PASTE_KEYS_MIN: usize = 13;
const PASTE_KINDS_MIN: usize = 4;
/// Events taken as one read at most.
const BATCH_MAX: usize = 4_096;
/// How often the reader looks whether anybody still wants keys.
const POLL: Duration = Duration::from_secs(60);

/// How long the reader may take to let go of the terminal.
const LET_GO: Duration = Duration::from_secs(2);

/// Whether somebody else has the terminal, and whether the reader has let go of it.
static GATE: (Mutex<Gate>, Condvar) =
    (Mutex::new(Gate { closed: false, waiting: false }), Condvar::new());

struct Gate {
    closed: bool,
    waiting: bool,
}

fn gate() -> MutexGuard<'static, Gate> {
    GATE.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While it lives no key is read here.
pub struct Pause(());

impl Drop for Pause {
    fn drop(&mut self) {
        gate().closed = false;
        GATE.1.notify_all();
    }
}

/// Makes the reader let go of the terminal: it is woken as by a change of the window, which costs
/// nothing while nobody pauses.
#[must_use]
pub fn pause() -> Pause {
    let mut held = gate();
    held.closed = true;
    // SAFETY: a signal to ourselves that means "look at the window's size".
    unsafe { libc::kill(libc::getpid(), libc::SIGWINCH) };
    let _ = GATE.1.wait_timeout_while(held, LET_GO, |gate| !gate.waiting);
    Pause(())
}

/// Waits while somebody else has the terminal.
fn await_turn() {
    let mut held = gate();
    while held.closed {
        held.waiting = true;
        GATE.1.notify_all();
        held = GATE.1.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
    held.waiting = false;
}

/// What came in one read.
#[derive(Debug)]
pub struct Batch {
    pub events: Vec<Event>,
    pub at: Instant,
}

/// Reads the terminal for as long as somebody listens.
///
/// # Errors
/// The system refuses a thread.
pub fn read_terminal(sender: SyncSender<Input>) -> std::io::Result<()> {
    let read = move || {
        while let Ok(ready) = event::poll(POLL) {
            if !ready {
                continue;
            }
            let Some(batch) = read_batch() else { break };
            if sender.send(Input::Terminal(batch)).is_err() {
                break;
            }
            await_turn();
        }
    };
    thread::Builder::new().name("terminal-input".to_owned()).spawn(read).map(drop)
}

fn read_batch() -> Option<Batch> {
    let mut events = vec![event::read().ok()?];
    while events.len() < BATCH_MAX && event::poll(Duration::ZERO).unwrap_or(false) {
        events.push(event::read().ok()?);
    }
    Some(Batch { events, at: Instant::now() })
}

/// Turns events into messages; holds an Esc back until it is sure.
#[derive(Debug)]
pub struct KeyFilter {
    hold: Duration,
    esc_at: Option<Instant>,
    /// An Esc and `[` or `O` have come, the final byte has not.
    sequence: Option<(String, Instant)>,
}

impl KeyFilter {
    #[must_use]
    pub fn new(hold: Duration) -> KeyFilter {
        KeyFilter { hold, esc_at: None, sequence: None }
    }

    /// When something held back is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let sequence = self.sequence.as_ref().map(|(_, at)| *at);
        self.esc_at.or(sequence).map(|at| at + self.hold)
    }

    /// Lets go of an Esc that nothing followed.
    pub fn expire(&mut self, now: Instant) -> Option<Msg> {
        if self.sequence.as_ref().is_some_and(|(_, at)| now >= *at + self.hold) {
            self.sequence = None;
        }
        if self.esc_at.is_some_and(|at| now >= at + self.hold) {
            self.esc_at = None;
            return Some(Msg::Key(Key::Esc));
        }
        None
    }

    /// The messages of one read.
    pub fn take(&mut self, batch: &Batch, in_text_field: bool) -> Vec<Msg> {
        let mut out: Vec<Msg> = self.expire(batch.at).into_iter().collect();
        let typed = printable(&batch.events);
        if !in_text_field && is_paste(&typed) {
            self.esc_at = None;
            out.extend(burst(&typed));
            return out;
        }
        let mut eating = false;
        for event in &batch.events {
            match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    self.key(*key, batch.at, in_text_field, &mut eating, &mut out);
                }
                Event::Paste(text) => out.push(Msg::Paste(text.clone())),
                Event::Resize(columns, rows) => {
                    out.push(Msg::Resize { columns: *columns, rows: *rows });
                }
                Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
            }
        }
        out
    }

    fn key(
        &mut self,
        event: KeyEvent,
        at: Instant,
        in_text_field: bool,
        eating: &mut bool,
        out: &mut Vec<Msg>,
    ) {
        let Some(key) = key_of(event) else { return };
        if let Some((mut text, since)) = self.sequence.take()
            && let Key::Char(c) = key
        {
            text.push(c);
            if is_final(c) {
                out.extend(arrow(&text).map(Msg::Key));
            } else {
                self.sequence = Some((text, since));
            }
            return;
        }
        if *eating {
            if let Key::Char(c) = key {
                *eating = !is_final(c);
                return;
            }
            *eating = false;
        }
        if self.esc_at.take().is_some() {
            if let Key::Char(c @ ('[' | 'O')) = key {
                self.sequence = Some((c.to_string(), at));
                return;
            }
            out.push(Msg::Key(Key::Esc));
        }
        match key {
            Key::Esc => self.esc_at = Some(at),
            Key::Char('[' | 'O') if !in_text_field => *eating = true,
            // Esc and a letter in one read: nobody knows whether it was one key or two.
            Key::Alt(_) if in_text_field => {}
            key => out.push(Msg::Key(key)),
        }
    }
}

fn printable(events: &[Event]) -> Vec<char> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. })
                if !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                Some(*c)
            }
            Event::Key(KeyEvent { code: KeyCode::Enter, .. }) => Some('\n'),
            _ => None,
        })
        .collect()
}

fn is_paste(typed: &[char]) -> bool {
    // Held movement keys arrive in lumps over a slow line.
    let moves = |c: &&char| matches!(c, 'h' | 'j' | 'k' | 'l');
    let mut seen: Vec<char> = typed.iter().filter(|c| !moves(c)).copied().collect();
    let keys = seen.len();
    seen.sort_unstable();
    seen.dedup();
    keys >= PASTE_KEYS_MIN && seen.len() >= PASTE_KINDS_MIN
}

/// What many keys in one read mean where no text field is open: a line typed ahead that begins with
/// the key of a text field, or a paste, which is ignored. Nothing in it is ever Enter.
fn burst(typed: &[char]) -> Vec<Msg> {
    match typed {
        [opens @ (':' | '/'), line @ ..] if !line.contains(&'\n') => {
            vec![Msg::Key(Key::Char(*opens)), Msg::Paste(line.iter().collect())]
        }
        _ => vec![Msg::PasteIgnored { characters: typed.len() }],
    }
}

/// Last byte of a control sequence.
fn is_final(c: char) -> bool {
    ('@'..='~').contains(&c) && c != '['
}

/// The key a late sequence stands for.
fn arrow(sequence: &str) -> Option<Key> {
    Some(match sequence {
        "[A" | "OA" => Key::Up,
        "[B" | "OB" => Key::Down,
        "[C" | "OC" => Key::Right,
        "[D" | "OD" => Key::Left,
        "[H" | "OH" | "[1~" => Key::Home,
        "[F" | "OF" | "[4~" => Key::End,
        "[5~" => Key::PageUp,
        "[6~" => Key::PageDown,
        "[3~" => Key::Delete,
        "[Z" => Key::BackTab,
        _ => return None,
    })
}

fn key_of(event: KeyEvent) -> Option<Key> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    Some(match event.code {
        KeyCode::Char(c) if alt => Key::Alt(c),
        KeyCode::Char(c) if ctrl => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<Event> {
        text.chars()
            .map(|c| {
                let code = match c {
                    '\u{1b}' => KeyCode::Esc,
                    '\n' => KeyCode::Enter,
                    c => KeyCode::Char(c),
                };
                Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
            })
            .collect()
    }

    /// Reads at given milliseconds; then all the time in the world passes.
    fn run(reads: &[(u64, &str)], in_text_field: bool) -> Vec<Msg> {
        let begin = Instant::now();
        let mut filter = KeyFilter::new(ESC_HOLD);
        let mut out = Vec::new();
        for (ms, text) in reads {
            let at = begin + Duration::from_millis(*ms);
            out.extend(filter.expire(at));
            out.extend(filter.take(&Batch { events: typed(text), at }, in_text_field));
        }
        out.extend(filter.expire(begin + Duration::from_secs(60)));
        out
    }

    #[test]
    fn a_split_arrow_key_is_one_arrow_key() {
        assert_eq!(run(&[(0, "\u{1b}"), (40, "[A")], false), [Msg::Key(Key::Up)]);
        assert_eq!(run(&[(0, "\u{1b}"), (40, "["), (50, "A")], false), [Msg::Key(Key::Up)]);
        assert_eq!(run(&[(0, "\u{1b}"), (40, "[5~")], true), [Msg::Key(Key::PageUp)]);
    }

    #[test]
    fn a_very_late_one_is_at_most_an_esc() {
        assert_eq!(run(&[(0, "\u{1b}"), (300, "[A")], false), [Msg::Key(Key::Esc)]);
        assert_eq!(
            run(&[(0, "\u{1b}"), (300, "OB"), (400, "+")], false),
            [Msg::Key(Key::Esc), Msg::Key(Key::Char('+'))]
        );
    }

    #[test]
    fn esc_and_brackets_mean_themselves_where_they_should() {
        assert_eq!(run(&[(0, "\u{1b}")], false), [Msg::Key(Key::Esc)]);
        assert_eq!(run(&[(0, "\u{1b}\u{1b}")], false), [Msg::Key(Key::Esc), Msg::Key(Key::Esc)]);
        assert_eq!(run(&[(0, "[x")], true), [Msg::Key(Key::Char('[')), Msg::Key(Key::Char('x'))]);
    }

    #[test]
    fn a_paste_without_brackets_is_no_command() {
        let paste = run(&[(0, ":kill sim\nR\nq999\n")], false);
        assert_eq!(paste, [Msg::PasteIgnored { characters: 17 }]);
        let line = [Msg::Key(Key::Char(':')), Msg::Paste("rate 40 MB/s".to_owned())];
        assert_eq!(run(&[(0, ":rate 40 MB/s")], false), line);
        assert_eq!(run(&[(0, "jjjjjjjjjjjjjjjjjjjj")], false).len(), 20);
        assert_eq!(run(&[(0, "++++++++++++++++")], false).len(), 16);
        assert_eq!(run(&[(0, ":kill sim\nR\nq999\n")], true).len(), 17);
    }
}
