//! The source side against a private MariaDB server: what is seen, what is read, and what is left
//! of a snapshot when things go wrong.
//!
//! By hand against another server: TIDEGATE_TEST_MYSQL_SOCKET names its socket, where root needs
//! no password. Tests that end the server or need users of their own are for private ones only.

mod catalogue;
mod cutting;
mod moments;
mod shaped;
mod yard;
