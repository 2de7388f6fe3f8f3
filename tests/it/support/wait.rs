//! Waiting for a named condition with a deadline.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at. Most look through another process, so not more often.
const POLL: Duration = Duration::from_millis(20);

/// A moment until which something must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn seconds(seconds: u64) -> Deadline {
        Deadline(Instant::now() + Duration::from_secs(seconds))
    }

    pub fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }
}

/// Looks again and again until `look` finds something. Panics with what was waited for and the
/// last thing seen.
#[track_caller]
pub fn wait_for<T, S: Debug>(
    what: &str,
    deadline: Deadline,
    mut look: impl FnMut() -> Result<T, S>,
) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if deadline.has_passed() => {
                panic!("waited {:.1?} for: {what}\nlast seen: {seen:#?}", begun.elapsed())
            }
            Err(_) => thread::park_timeout(POLL),
        }
    }
}

/// The same for a plain condition.
#[track_caller]
pub fn wait_until(what: &str, deadline: Deadline, mut holds: impl FnMut() -> bool) {
    wait_for(what, deadline, || if holds() { Ok(()) } else { Err("not yet") });
}

/// Looks for a while and panics when `look` finds what must not happen.
#[track_caller]
pub fn never_during<S: Debug>(what: &str, span: Duration, mut look: impl FnMut() -> Option<S>) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        if let Some(seen) = look() {
            panic!("must not happen: {what}\nseen: {seen:#?}");
        }
        thread::park_timeout(POLL);
    }
}
