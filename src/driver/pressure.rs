//! How a server is doing, for jobs that hold themselves back for its sake (`[limits]`).

use std::path::Path;

/// What is asked; a server answers what it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressureAsked {
    pub sessions: bool,
    pub load: bool,
    pub replica_lag: bool,
    pub room: bool,
}

impl PressureAsked {
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == PressureAsked::default()
    }
}

/// What it answered; `None`: not asked, or it cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Sessions at work that are not this job's.
    pub sessions: Option<u64>,
    /// One-minute load of the server's host, in hundredths.
    pub load: Option<u64>,
    /// Of the replica that is furthest behind, or of the server itself when it is one; in
    /// milliseconds.
    pub replica_lag_ms: Option<u64>,
    /// Free bytes where the database lies.
    pub room_bytes: Option<u64>,
}

/// One-minute load in hundredths, from the text of `/proc/loadavg` (proc(5)).
#[must_use]
pub fn load_of(text: &str) -> Option<u64> {
    let load: f64 = text.split_whitespace().next()?.parse().ok()?;
    (load.is_finite() && load >= 0.0).then(|| (load * 100.0).round() as u64)
}

/// The load of this machine.
#[must_use]
pub fn own_load() -> Option<u64> {
    load_of(&std::fs::read_to_string("/proc/loadavg").ok()?)
}

/// Free bytes for ordinary users on the file system of `path`, or of what of it is there.
#[must_use]
pub fn room_at(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists())?;
    let space = rustix::fs::statvfs(there).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// Is this address the machine we are on? A socket's directory counts.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_and_hosts_are_read() {
        assert_eq!(load_of("9.25 8.10 7.00 3/512 4711\n"), Some(925));
        assert_eq!(load_of(""), None);
        for (host, here) in
            [("127.0.0.1", true), ("::1", true), ("/run/postgresql", true), ("db1", false)]
        {
            assert_eq!(is_this_machine(host), here, "{host}");
        }
        assert!(room_at(Path::new("/no/such/place")).is_some(), "the root is there");
    }
}
