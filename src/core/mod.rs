//! The pure core: no runtime, connection, terminal, file, clock or environment below this line.

pub mod canon;
pub mod catalog;
pub mod chunk;
pub mod fault;
pub mod job;
pub mod mapping;
pub mod name;
pub mod plan;
pub mod scan;
pub mod spec;
pub mod sql;
pub mod time;
pub mod value;
pub mod verify;
pub mod wire;
