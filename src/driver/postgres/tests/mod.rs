//! The driver against a real server.

mod scan;
mod server;
mod shaped;
mod voyage;

mod copying;
mod faults;
