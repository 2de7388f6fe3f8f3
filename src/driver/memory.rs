//! Memory databases: the fake twin of the tests and of `tidegate sim`.
