//! PostgreSQL 13 to 18, over sqlx's plain connections.
//!
//! * Rows travel as COPY streams that nobody parses on the way ([`reader`], [`writer`]); binary
//!   where [`types`] says that both servers mean the same by the bytes.
//! * DDL comes from the vendor's own `pg_dump` ([`schema`], [`archive`]).
//! * One exported snapshot serves all workers ([`snapshot`]).
//! * The [`ledger`] on the target is written in the transaction of every chunk and step.
//!
//! The driver never decides what is copied and never retries: it reports a fault and stops.

mod address;
mod archive;
mod catalog;
mod connect;
mod dump;
mod fault;
mod schema;
mod types;
