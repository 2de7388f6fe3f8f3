//! Trouble.
