//! The program as a whole: built, started, steered, killed, compared. One binary, so that two cores
//! link once. `tests/run` installs what it needs.

mod support;

mod servers;
mod shaping;
mod simulate;

mod copy_postgres;
mod copy_sqlite;

mod bad_input;
mod canon;
mod charsets;
mod cli;
mod consoles;
mod crash;
mod crash_across;
mod ddl;
mod keys;
mod limits;
mod nine;
mod plain;
mod preflight;
mod rejected;
mod rejects;
mod roundtrip;
mod scan;
mod snapshot;
mod steer;
mod survey;
mod types_mysql;
mod types_postgres;
mod types_sqlite;
mod verify;
mod wizard;
