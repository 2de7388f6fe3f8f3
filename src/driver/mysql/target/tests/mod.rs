//! Against a private MariaDB server: what arrives, what is refused, and what is left afterwards.

mod crossing;
mod ledger;
mod refused;
pub(in crate::driver::mysql) mod server;
mod steps;
mod trouble;
