//! Against a private MariaDB server: what arrives, what is refused, and what is left afterwards.

mod crossing;
mod ledger;
mod refused;
mod server;
mod steps;
mod trouble;
