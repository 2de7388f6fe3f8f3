//! Options of one table, as a picture.
