//! Layered settings, checked.
