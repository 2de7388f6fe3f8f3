//! Becoming nobody's child: own session, no terminal, output to the job's log.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tracing_subscriber::EnvFilter;

/// Leaves the session of whoever started us. The client that starts engines has done it already
/// between fork and exec; by hand (`tidegate engine JOB`) it is done here.
pub(super) fn leave_session() {
    // Refused only to the leader of a session or group, which nobody can hang up any more.
    let _ = rustix::process::setsid();
    let _ = std::env::set_current_dir("/");
}

/// Opens the log for appending.
pub(super) fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Lets go of standard input, output and error: from here on they are nothing and the log.
pub(super) fn let_go_of_terminal(log: &File) -> io::Result<()> {
    let nothing = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(nothing.as_fd())?;
    rustix::stdio::dup2_stdout(log.as_fd())?;
    rustix::stdio::dup2_stderr(log.as_fd())?;
    Ok(())
}

/// Lines of this process go to `log`. Row values and secrets are never among them. `RUST_LOG`
/// widens or narrows it.
pub(super) fn begin_log(log: File) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let writer = std::sync::Mutex::new(log);
    let made =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer);
    // A second engine in one process happens in tests only, and shares the first one's log.
    let _ = made.try_init();
}
