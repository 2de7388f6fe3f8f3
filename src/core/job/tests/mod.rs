//! The machine's rules, one by one. `tests/it/simulate` has them all at once.

use crate::core;

mod faults;
mod kit;
mod recovery;
mod rejects;
mod rig;
mod scheduling;
mod snapshots;
mod states;
