//! Consoles.
