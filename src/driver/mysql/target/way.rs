//! How rows get into a target: LOAD DATA LOCAL unless the server refuses it. Chosen once, for all
//! sessions of a target.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::core::fault::Fault;

/// LOCAL is off: at the server (3948), for this command (1148), at either end (4166: MariaDB).
const LOCAL_REFUSED: [&str; 3] = ["1148", "3948", "4166"];

#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    inserts: Arc<AtomicBool>,
}

impl Way {
    pub fn loads(&self) -> bool {
        !self.inserts.load(Ordering::Relaxed)
    }

    pub fn use_inserts(&self) {
        self.inserts.store(true, Ordering::Relaxed);
    }

    /// Does the fault say that LOCAL is not allowed?
    pub fn is_refusal(fault: &Fault) -> bool {
        fault.code.as_deref().is_some_and(|code| LOCAL_REFUSED.contains(&code))
    }
}
