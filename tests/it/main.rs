//! The program as a whole: built, started, killed, compared. One binary, so that two cores link
//! once. `tests/run` installs what it needs.

mod servers;
mod simulate;
mod support;
