//! A SQLite connection on a thread of its own, behind a bounded queue.
