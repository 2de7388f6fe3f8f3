//! The driver against a real server.

mod server;
mod voyage;

mod copying;
mod faults;
