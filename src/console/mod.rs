//! The full-screen console, in the shape of Elm: a [`model`], messages ([`msg`]), an `update` that
//! changes the model and answers with effects as data, and a `view` that is a pure function from
//! the model to a frame. `runtime` is the only module that reads or writes anything.
//!
//! The console never owns the job: leaving it, losing the line or killing it changes nothing there.
//! It knows the job from the wire alone. [`commands`] is the one table of actions that feeds key
//! handling, key line, help, palette and the command line's `keys`.

pub mod commands;
mod field;
pub mod figures;
pub mod keymap;
mod layout;
mod model;
mod msg;
pub mod runtime;
mod shown;
mod terminal;
mod theme;
mod update;
mod view;

pub use model::wizard::Password;
pub use model::{DraftStart, JobRow, SavedConnection, cause_of_failure};
pub use runtime::{ConsoleOptions, JobText, JobsSource, StartDraft, StoredSource, run, theme_of};
pub use theme::{Glyphs, Theme};

#[cfg(test)]
mod tests;
