//! tidegate moves databases while an operator watches and steers.
//!
//! The library is layered; `tests/tidy.rs` enforces the arrows and `ARCHITECTURE.md` is the map.
//!
//! * [`core`] is pure: names, catalogues, type mapping, chunk planning, SQL text, the plan and the
//!   job machine. It knows no connection, terminal, file, clock or runtime.
//! * [`driver`] speaks to PostgreSQL and SQLite; [`store`] is the master table; [`protocol`] is
//!   what travels on the socket.
//! * [`engine`] is the detached process that runs one job; [`client`] finds, starts and talks to
//!   it.
//! * [`survey`] looks at databases for a draft, before there is a job.
//! * [`console`] is the full-screen program; [`cli`] is everything else on the command line.
//!
//! Start reading at `core/job/mod.rs` (what a job is), then `engine/mod.rs` (how it runs).

#![forbid(unsafe_op_in_unsafe_fn)]

pub mod core;

pub mod clock;
pub mod config;
pub mod sqlite;

pub mod driver;
pub mod protocol;
pub mod store;

pub mod client;
pub mod engine;
pub mod survey;

pub mod console;

pub mod cli;
