//! The terminal is taken and given back here, on every way out: return, error, panic, signals,
//! Ctrl-Z and a line that hangs up.
//!
//! Giving back is one routine of fixed bytes and one `tcsetattr`, safe inside a signal handler.
//! A line that is gone gets nothing written: the process leaves with 129. crossterm 0.29 spins for
//! ever on such a line, so a thread of its own looks for it, which never reads.

use std::io;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use libc::{c_int, termios};

/// Alternate screen, cursor off, bracketed paste. Nothing is asked, no mouse, no title.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[0m\x1b[H\x1b[2J";
/// End of a synchronized update, paste off, mouse off, attributes off, cursor on, normal screen.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\
\x1b[0m\x1b[?25h\x1b[?1049l";
/// Between two looks at the line when `poll` did not wake up by itself.
const WATCH_MS: c_int = 1_000;
/// A dying process does not wait longer for a terminal that takes nothing.
const LAST_WORDS_MS: c_int = 200;
const EXIT_HANGUP: c_int = 129;

/// As the terminal was before us.
static SAVED: OnceLock<termios> = OnceLock::new();
/// We have it now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal: raw mode, alternate screen. The first call remembers how it was.
///
/// # Errors
/// Standard input or output is no terminal, or it is gone.
pub fn enter() -> io::Result<()> {
    let before = attributes()?;
    let saved = SAVED.get_or_init(|| before);
    let mut raw = *saved;
    // SAFETY: `raw` is a valid termios; cfmakeraw only changes its fields.
    unsafe { libc::cfmakeraw(&mut raw) };
    set_attributes(&raw)?;
    TAKEN.store(true, Ordering::SeqCst);
    write_all(ENTER)
}

/// Gives it back. Harmless when it is not ours; safe in a signal handler.
pub fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut wait = libc::pollfd { fd: libc::STDOUT_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: poll, write and tcsetattr are async-signal-safe and get valid pointers.
    unsafe {
        if libc::poll(&mut wait, 1, LAST_WORDS_MS) == 1 {
            let _ = libc::write(libc::STDOUT_FILENO, LEAVE.as_ptr().cast(), LEAVE.len());
        }
        if let Some(saved) = SAVED.get() {
            let _ = libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, saved);
        }
    }
}

/// Columns and rows.
#[must_use]
pub fn size() -> (u16, u16) {
    let mut window = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: the kernel fills the struct, which is all zeros otherwise.
    let window = unsafe {
        libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, window.as_mut_ptr());
        window.assume_init()
    };
    match (window.ws_col, window.ws_row) {
        (0, _) | (_, 0) => (80, 24),
        size => size,
    }
}

/// Writes a frame, whole.
///
/// # Errors
/// The terminal is gone.
pub fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: pointer and length belong to one slice.
        let n = unsafe { libc::write(libc::STDOUT_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(n) {
            Ok(n) => rest = &rest[n..],
            Err(_) => {
                let error = io::Error::last_os_error();
                match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => await_room()?,
                    _ => return Err(error),
                }
            }
        }
    }
    Ok(())
}

/// Standard output was set non-blocking by somebody else.
fn await_room() -> io::Result<()> {
    let mut wait = libc::pollfd { fd: libc::STDOUT_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd.
    if unsafe { libc::poll(&mut wait, 1, -1) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(())
}

fn attributes() -> io::Result<termios> {
    let mut found = MaybeUninit::<termios>::uninit();
    // SAFETY: on success the kernel has filled the struct.
    unsafe {
        if libc::tcgetattr(libc::STDIN_FILENO, found.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(found.assume_init())
    }
}

fn set_attributes(wanted: &termios) -> io::Result<()> {
    loop {
        // SAFETY: a valid termios. In the background this stops us until `fg`, as it should.
        if unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, wanted) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Ctrl-Z: the terminal goes to the shell, this process stops, and comes back here with `fg`.
///
/// # Errors
/// The terminal is gone.
pub fn suspend() -> io::Result<()> {
    leave();
    // SAFETY: stops the whole process, as the shell expects of Ctrl-Z.
    unsafe { libc::raise(libc::SIGSTOP) };
    enter()
}

extern "C" fn on_deadly_signal(signal: c_int) {
    leave();
    // SAFETY: ends the process at once; nothing of ours may run in a handler.
    unsafe { libc::_exit(128 + signal) }
}

extern "C" fn on_hangup(_: c_int) {
    // SAFETY: as above. Nobody is there to write to.
    unsafe { libc::_exit(EXIT_HANGUP) }
}

extern "C" fn on_stop(_: c_int) {
    leave();
    // SAFETY: SIGSTOP cannot be caught, so this stops us here.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// Signals from outside end or stop the console with the terminal given back.
///
/// # Errors
/// The system refuses a handler.
pub fn catch_signals() -> io::Result<()> {
    let plan: [(c_int, extern "C" fn(c_int)); 5] = [
        (libc::SIGTERM, on_deadly_signal),
        (libc::SIGINT, on_deadly_signal),
        (libc::SIGQUIT, on_deadly_signal),
        (libc::SIGHUP, on_hangup),
        (libc::SIGTSTP, on_stop),
    ];
    for (signal, handler) in plan {
        // SAFETY: the handlers above use async-signal-safe calls only.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            if libc::sigaction(signal, &action, std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

/// Ends the process when the line hangs up, also where SIGHUP is ignored. Never reads: that would
/// take keys from the one who does.
///
/// # Errors
/// The system refuses a thread.
pub fn watch_line() -> io::Result<()> {
    let watch = || loop {
        let mut line = libc::pollfd { fd: libc::STDIN_FILENO, events: 0, revents: 0 };
        // SAFETY: one valid pollfd.
        let woken = unsafe { libc::poll(&mut line, 1, WATCH_MS) };
        if woken > 0 && line.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0 {
            // SAFETY: ends the process; the main thread may be stuck in a write.
            unsafe { libc::_exit(EXIT_HANGUP) }
        }
    };
    thread::Builder::new().name("line-watch".to_owned()).spawn(watch).map(drop)
}

/// Are standard input and output a terminal that can show a screen?
#[must_use]
pub fn is_there() -> bool {
    // SAFETY: isatty only looks.
    unsafe { libc::isatty(libc::STDIN_FILENO) == 1 && libc::isatty(libc::STDOUT_FILENO) == 1 }
}

/// Seconds east of UTC where the operator stands.
#[must_use]
pub fn utc_offset_s(wall_ms: i64) -> i32 {
    let seconds: libc::time_t = wall_ms.div_euclid(1000);
    let mut local = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: localtime_r fills the struct, which is all zeros otherwise.
    let local = unsafe {
        libc::localtime_r(&seconds, local.as_mut_ptr());
        local.assume_init()
    };
    i32::try_from(local.tm_gmtoff).unwrap_or(0)
}

/// The machine's name.
#[must_use]
pub fn host_name() -> String {
    let mut name = [0_u8; 256];
    // SAFETY: the buffer's length is given; one byte stays zero at the end.
    let ok = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) } == 0;
    let end = name.iter().position(|b| *b == 0).unwrap_or(0);
    if ok { String::from_utf8_lossy(&name[..end]).into_owned() } else { "this host".to_owned() }
}
