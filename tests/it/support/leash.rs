//! Ends what a test started, however the test itself ends.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell that reads from a pipe of this process and runs its script at end of file: when the
/// leash is dropped, and just as well when the test process panics, exits or is killed. Only the
/// standard handles of a child are inherited, so nobody else keeps the pipe open.
pub struct Leash {
    pipe: Option<ChildStdin>,
    shell: Child,
}

impl Leash {
    /// `script` finds `arguments` as `$1`, `$2`, ...
    pub fn new<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Leash {
        let whole = format!("trap '' INT TERM HUP QUIT\ncat >/dev/null\n{script}");
        let mut shell = Command::new("sh")
            .arg("-c")
            .arg(whole)
            .arg("leash")
            .args(arguments)
            .env_remove("TIDEGATE_TEST_RUN")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // A Ctrl-C for the tests is not for it.
            .spawn()
            .expect("sh can be started");
        let pipe = shell.stdin.take();
        Leash { pipe, shell }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}
